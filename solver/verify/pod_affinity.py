"""A5, A6, A9-A11 and J6 on the final state, as far as it can condemn a plan in *every* order (J3).

Pods that state the same terms are judged together. A pod placed next to a match adds no domain that was not
covered before, so the domains these pods may use are those held by others, and those of the single pod that
may come first (A9). Others are all taken to be there in time; whether they can be (J7) only the replay tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from solver.model.names import TopologyKey
from solver.model.pod import Pod, PodAffinityTerm
from solver.verify.pod_terms import matched, matches
from solver.verify.state import FinalState, Resident
from solver.verify.violation import Violation

_Terms = tuple[PodAffinityTerm, ...]
_Domains = frozenset[tuple[TopologyKey, str]]


def check(state: FinalState) -> Iterator[Violation]:
    by_terms: dict[_Terms, list[Resident]] = defaultdict(list)
    for resident in state.planned:
        yield from _unreadable(resident)
        if resident.pod.affinity:
            by_terms[resident.pod.affinity].append(resident)
    for terms, members in by_terms.items():
        yield from _lonely(state, terms, members)


def _unreadable(resident: Resident) -> Iterator[Violation]:
    """A14."""
    for term in resident.pod.affinity + resident.pod.anti_affinity:
        for selector in (term.selector, term.namespace_selector):
            if selector is not None and selector.error:
                yield _violation(
                    "A14", resident, f"has an affinity selector that cannot be read: {selector.error}"
                )


def _lonely(state: FinalState, terms: _Terms, members: Sequence[Resident]) -> Iterator[Violation]:
    own = {id(member) for member in members}
    others = [r for r in _matching_all(state, terms) if id(r) not in own]
    covered = frozenset(pair for other in others for pair in _domains(terms, other))  # A5
    waiting: dict[_Domains, list[Resident]] = defaultdict(list)
    for member in members:
        domains = _domains(terms, member)
        if any(term.topology_key not in member.node.labels for term in terms):  # A11
            yield _violation("A6", member, "lacks a topology key of its required affinity")
        elif not domains <= covered:
            waiting[domains].append(member)
    first_allowed = not any(_domains(terms, other) for other in others if not other.planned)  # A10
    if waiting and not (first_allowed and _one_seed_serves(state, terms, waiting, covered)):
        rule = "J6" if first_allowed and len(waiting) > 1 else "A6"
        for lonely in waiting.values():
            yield _violation(rule, lonely[0], "finds no pod there that its required affinity asks for")


def _matching_all(state: FinalState, terms: _Terms) -> Iterator[Resident]:
    """A5: only pods that match every term count. The terms are read as the incoming pod's (A18)."""
    for resident in matched(state, terms[0], incoming=True):
        if _matches_all(state, terms[1:], resident.pod):
            yield resident


def _matches_all(state: FinalState, terms: _Terms, pod: Pod) -> bool:
    return all(matches(state, term, pod, incoming=True) for term in terms)


def _domains(terms: _Terms, resident: Resident) -> _Domains:
    labels = resident.node.labels
    return frozenset((t.topology_key, labels[t.topology_key]) for t in terms if t.topology_key in labels)


def _one_seed_serves(
    state: FinalState, terms: _Terms, waiting: Mapping[_Domains, Sequence[Resident]], covered: _Domains
) -> bool:
    """A9, J6: can one self-matching pod come first and open the domains of all the others?"""
    for seed, members in waiting.items():
        opened = covered | seed
        reaches_all = all(domains <= opened for domains in waiting)
        if reaches_all and any(_matches_all(state, terms, member.pod) for member in members):
            return True
    return False


def _violation(rule: str, resident: Resident, why: str) -> Violation:
    pod, node = resident.pod, resident.node
    return Violation(
        rule=rule, pods=(pod.key,), node=node.name, sentence=f"pod {pod.key} on node {node.name} {why}"
    )
