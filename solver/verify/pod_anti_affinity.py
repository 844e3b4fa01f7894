"""A7, A8: nobody shares a domain with a pod it refuses, or that refuses it.

The two rules are one condition on the final state: whichever of the pair comes second is refused, by its own
term (A7) or by the other's (A8). The quirk A18 makes a term reach further while its owner is the incoming
pod, so there the order counts: such a pair condemns the plan only if the other pod runs already, or refuses
the owner in the same way. Longer cycles of quirks are left to the replay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from solver.model.pod import PodAffinityTerm
from solver.verify.pod_terms import (
    is_negative_only,
    is_unreadable,
    matched_by_domain,
    matches,
    matches_planned,
)
from solver.verify.state import FinalState, Resident
from solver.verify.violation import Violation


def check(state: FinalState) -> Iterator[Violation]:
    for term, owners in _owners(state).items():
        if any(owner.planned for owner in owners) or matches_planned(state, term):
            yield from _clashes(state, term, owners)
        if term.namespace_selector is not None and is_negative_only(term.namespace_selector):
            yield from _quirk_clashes(state, term, owners)


def _owners(state: FinalState) -> dict[PodAffinityTerm, list[Resident]]:
    """Every required anti-affinity term, with the pods that state it on a node with its key (A11).

    A list with a term that cannot be read counts for nothing once its pod is on a node (A14).
    """
    alike: dict[int, list[Resident]] = defaultdict(list)
    for resident in state.residents:
        if resident.pod.anti_affinity:
            alike[id(resident.pod.anti_affinity)].append(resident)  # pods of one template share the list
    found: dict[PodAffinityTerm, list[Resident]] = defaultdict(list)
    for residents in alike.values():
        terms = residents[0].pod.anti_affinity
        if any(is_unreadable(term) for term in terms):
            continue
        for term in terms:
            found[term] += [r for r in residents if term.topology_key in r.node.labels]
    return found


def _clashes(state: FinalState, term: PodAffinityTerm, owners: Sequence[Resident]) -> Iterator[Violation]:
    refused = matched_by_domain(state, term)
    for owner in owners:
        crowd = refused.get(owner.node.labels[term.topology_key])
        if crowd is None:
            continue
        others = crowd if owner.planned else crowd.planned  # two running pods are none of our business
        other = next((o for o in others if o is not owner), None)
        if other is not None:
            yield _violation("A7" if owner.planned else "A8", term, owner, other)


def _quirk_clashes(
    state: FinalState, term: PodAffinityTerm, owners: Sequence[Resident]
) -> Iterator[Violation]:
    refused = matched_by_domain(state, term, incoming=True)
    for owner in owners:
        crowd = refused.get(owner.node.labels[term.topology_key])
        if crowd is None or not owner.planned:
            continue
        mutual = (o for o in crowd.planned if o is not owner and _refuses(state, o, owner))
        other = next(iter(crowd.running), None) or next(mutual, None)
        if other is not None:
            yield _violation("A18", term, owner, other)


def _refuses(state: FinalState, incoming: Resident, other: Resident) -> bool:
    """Would ``incoming`` be refused on its node if ``other`` stood on its own already?"""
    return any(
        term.topology_key in incoming.node.labels
        and incoming.node.labels[term.topology_key] == other.node.labels.get(term.topology_key)
        and matches(state, term, other.pod, incoming=True)
        for term in incoming.pod.anti_affinity
    )


def _violation(rule: str, term: PodAffinityTerm, owner: Resident, other: Resident) -> Violation:
    domain = f"{term.topology_key}={owner.node.labels[term.topology_key]}"
    return Violation(
        rule=rule,
        pods=(owner.pod.key, other.pod.key),
        node=owner.node.name,
        sentence=(
            f"pod {owner.pod.key} on node {owner.node.name} refuses the company of pod {other.pod.key}"
            f" on node {other.node.name} in {domain}"
        ),
    )
