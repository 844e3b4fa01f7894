"""A candidate that fits, as it is told: what it leads to, what to mind, and what would make it last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from solver.model.names import ZONE
from solver.model.pod import Pod, SpreadConstraint, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.change import Fix, Inputs
from solver.planning.why.facts import Fact, FactKind
from solver.planning.why.fitting import Fitting
from solver.planning.why.fixes.aftermath import Aftermath, Spread, aftermath
from solver.planning.why.fixes.claims import named_claims, recreating
from solver.planning.why.fixes.knobs import Candidate, both
from solver.planning.why.fixes.rules import short

_MOST_STEPS = 4
_PLACED = (FactKind.SPREAD, FactKind.VOLUME_PLACE)


def told(candidate: Candidate, fitting: Fitting, after: Snapshot, facts: Sequence[Fact]) -> Fix:
    effects = [aftermath(after, fitting.placement, owner) for owner in _owners(facts)]
    cautions = list(candidate.cautions)
    lasts = True
    for effect in effects:
        for spread in effect.too_wide:
            lasts = False
            cautions.append(_cannot_return(effect, spread))
        for spread in effect.spreads:
            if spread.rule.max_skew > 1 and _is_changed(spread.rule, facts) and spread not in effect.too_wide:
                lasts = False
                cautions.append(_just_enough(spread))
    return Fix(
        sentence=candidate.sentence + _where(candidate, fitting, after),
        change=candidate.change,
        cost=candidate.cost,
        outcome=fitting.outcome,
        afterwards="; ".join(_named(effect, len(effects)) for effect in effects if effect.text),
        cautions=tuple(dict.fromkeys(cautions)),
        lasts=lasts,
    )


def _owners(facts: Sequence[Fact]) -> list[WorkloadKey]:
    """Workloads of which it matters where they are."""
    found = (fact.owner for fact in facts if fact.kind in _PLACED and fact.owner is not None)
    return [owner for owner in dict.fromkeys(found) if owner.kind != "Pod"]


def _named(effect: Aftermath, several: int) -> str:
    return f"{effect.owner.name} {effect.text}" if several > 1 else effect.text


def _is_changed(rule: SpreadConstraint, facts: Sequence[Fact]) -> bool:
    """A wider form of a rule that is to blame."""
    blamed = [fact.rule for fact in facts if isinstance(fact.rule, SpreadConstraint)]
    return any(
        was.topology_key == rule.topology_key
        and was.selector == rule.selector
        and was.max_skew < rule.max_skew
        for was in blamed
    )


def _cannot_return(effect: Aftermath, spread: Spread) -> str:
    key = short(spread.rule.topology_key)
    return (
        f"{effect.owner.name} is then {spread.text}, skew {spread.skew} where {spread.rule.max_skew} is"
        f" allowed: a pod of {key} {spread.fullest} that restarts waits again"
    )


def _just_enough(spread: Spread) -> str:
    key = short(spread.rule.topology_key)
    return (
        f"a {key}-{spread.fullest} pod that restarts while a {key}-{spread.emptiest} pod is down would need"
        f" maxSkew {spread.skew + 1}"
    )


def _where(candidate: Candidate, fitting: Fitting, after: Snapshot) -> str:
    """Where the claims made anew come to be: ``in zone b``."""
    if not candidate.recreated:
        return ""
    node_of = fitting.placement.node_of
    places = []
    for key, node_name in node_of.items():
        if any(use.claim in candidate.recreated for use in after.pod_by_key[key].claims):
            labels = after.node_by_name[node_name].labels
            places.append(labels.get(ZONE) or str(node_name))
    if not places:
        return ""
    where = f"in zone {' and '.join(sorted(set(places)))}"
    return f" (made {where})" if candidate.parts > 1 else f", {where}"


# what would make it last


def steadied(
    inputs: Inputs, candidate: Candidate, fitting: Fitting, after: Snapshot, facts: Sequence[Fact]
) -> Iterator[Candidate]:
    """The candidate with claims of the fullest domains made anew as well, one more each time."""
    if not candidate.recreated:
        return
    for owner in _owners(facts):
        effect = aftermath(after, fitting.placement, owner)
        for spread in effect.too_wide[:1]:
            movable = _movable(after, owner, spread)
            for number in range(1, min(_MOST_STEPS, len(movable)) + 1):
                more = _with_more(inputs, after, candidate, movable[:number], spread)
                if more is not None:
                    yield more


def _with_more(
    inputs: Inputs, after: Snapshot, candidate: Candidate, pods: Sequence[Pod], spread: Spread
) -> Candidate | None:
    uses = [(pod.key, use.claim) for pod in pods for use in pod.claims]
    named = named_claims(list(dict.fromkeys(claim for _, claim in uses)))
    domain = f"{short(spread.rule.topology_key)} {spread.fullest}"
    more = recreating(inputs, after, uses, f"re-create {named} of {domain}")
    return both(candidate, more) if more is not None else None


def _movable(after: Snapshot, owner: WorkloadKey, spread: Spread) -> list[Pod]:
    """Running pods of the fullest domain, the highest ordinals first."""
    key = spread.rule.topology_key
    there = [
        pod
        for pod in after.running
        if pod.workload == owner
        and pod.node_name is not None
        and after.node_by_name[pod.node_name].labels.get(key) == spread.fullest
        and pod.claims
    ]
    return sorted(there, key=lambda pod: (-(pod.ordinal or 0), pod.key))
