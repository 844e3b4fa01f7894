"""Which policy holds for a pod: the first rule that covers it, else the default."""

from __future__ import annotations

from extender.config import OnInfeasible, OnUndecided, Policies, Policy, PolicyRule
from solver.model.selector import equals

HOLD = Policy(on_infeasible=OnInfeasible.HOLD)
PASS = Policy(on_undecided=OnUndecided.PASS_THROUGH)


def test_without_rules_the_default_falls_through_and_decides_greedily() -> None:
    policy = Policies().of({}, {})
    assert (policy.on_infeasible, policy.on_undecided) == (OnInfeasible.FALL_THROUGH, OnUndecided.GREEDY)


def test_the_first_rule_that_covers_namespace_and_pod_decides() -> None:
    databases = PolicyRule(namespaces=equals({"team": "data"}), pods=equals({"app": "db"}), policy=HOLD)
    team = PolicyRule(namespaces=equals({"team": "data"}), policy=PASS)
    policies = Policies(rules=(databases, team))
    assert policies.of({"team": "data"}, {"app": "db"}) == HOLD
    assert policies.of({"team": "data"}, {"app": "web"}) == PASS
    assert policies.of({"team": "web"}, {"app": "db"}) == policies.default
