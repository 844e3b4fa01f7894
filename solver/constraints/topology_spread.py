"""Hard topology spread (T1-T12): a domain that receives a constrained pod ends within maxSkew of the final
minimum (J4).

Strict form: all counted pods of the domain are held to the limit, sufficient for one constraint. Relaxed
form: pods that do not carry the constraint may have come later, so they do not count against it. Pods that
are only created afterwards (W14) count in neither, nor do they raise the minimum. Several constraints on one
pod may still have no order (J5); the replay decides.
"""

from __future__ import annotations

from collections import defaultdict

from ortools.sat.python import cp_model

from solver.compile.problem import Problem, SpreadRule
from solver.constraints.ordering import followers
from solver.variables import Term, Variables, total


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:
    later = followers(problem)
    for rule in problem.spreads:
        moments: dict[frozenset[int], list[int]] = defaultdict(list)
        for index in rule.constrained:
            moments[later.get(index, frozenset()) & set(rule.counted)].append(index)
        for absent, constrained in moments.items():
            counted = [i for i in rule.counted if i not in absent]
            held = [i for i in counted if not relaxed or i in rule.constrained]
            minimum = _minimum(problem, variables, rule, counted)
            for domain in range(len(rule.present)):
                _hold(variables, rule, domain, constrained, held, minimum)


def pods_in(variables: Variables, rule: SpreadRule, classes: list[int], domain: int) -> list[Term]:
    """Pods of the classes on the rule's eligible nodes in the domain."""
    nodes = _nodes_of(rule, domain)
    return [term for i in classes for term in variables.count(i, nodes)]


def _minimum(
    problem: Problem, variables: Variables, rule: SpreadRule, counted: list[int]
) -> cp_model.LinearExpr:
    """T6, as a variable that may be any value up to the true minimum."""
    pods = sum(problem.classes[i].count for i in counted)
    exists = [variables.exists(_nodes_of(rule, domain)) for domain in range(len(rule.present))]
    sure = [int(present) for present, flag in zip(rule.present, exists, strict=True) if flag is None]
    if rule.minimum_is_zero or pods < sure.count(0):  # not every empty domain gets a pod
        return total(())
    minimum = variables.model.new_int_var(0, min(sure, default=0) + pods, "minimum")
    for domain, flag in enumerate(exists):
        here = total(pods_in(variables, rule, counted, domain)) + int(rule.present[domain])
        held = variables.model.add(minimum <= here)
        if flag is not None:
            held.only_enforce_if(flag)
    return minimum


def _nodes_of(rule: SpreadRule, domain: int) -> list[int]:
    return [int(node) for node in (rule.domain_of == domain).nonzero()[0]]


def _hold(
    variables: Variables,
    rule: SpreadRule,
    domain: int,
    constrained: list[int],
    held: list[int],
    minimum: cp_model.LinearExpr,
) -> None:
    """T7 for one domain, if it receives a constrained pod."""
    nodes = _nodes_of(rule, domain)
    receivers = [i for i in constrained if variables.count(i, nodes)]
    settled = rule.settled is not None and bool(rule.settled[domain])
    if not receivers and not settled:
        return
    present = int(rule.present[domain])
    count = total(pods_in(variables, rule, held, domain)) + present
    # Without a constrained pod the count is what is there already, within reach of any minimum.
    always = set(held) <= set(receivers) and present <= rule.max_skew
    if settled or (always and not variables.at_home(receivers, nodes)):
        variables.model.add(count - minimum <= rule.max_skew)
        return
    for index in receivers:
        flag = variables.arrives(index, nodes)
        variables.model.add(count - minimum <= rule.max_skew).only_enforce_if(flag)


def post_when_complete(problem: Problem, variables: Variables) -> None:
    """Bounds that follow from T7 once every counted pod is placed, for searches that place all of them.

    With T pods over D empty domains the fullest domain holds at least T/D, so the others hold at least that
    less maxSkew; and the fullest holds at most what leaves the others within maxSkew of it. Linear
    relaxations do not see this by themselves.
    """
    if problem.optional or problem.homes is not None:
        return  # domains may be missing, and pods at home need not obey
    for rule in problem.spreads:
        domains = len(rule.present)
        if not rule.exact or rule.minimum_is_zero or rule.present.any():
            continue
        pods = sum(problem.classes[i].count for i in rule.counted)
        least = max(0, -(-pods // domains) - rule.max_skew)
        most = (pods + (domains - 1) * rule.max_skew) // domains
        for domain in range(domains):
            here = total(pods_in(variables, rule, list(rule.counted), domain))
            variables.model.add_linear_constraint(here, least, most)
