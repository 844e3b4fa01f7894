"""Which pods a term of pod (anti-)affinity picks, by domain (A1, A2, A11). Decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from solver.model.pod import Pod, PodAffinityTerm
from solver.model.requirement import NEGATIVE
from solver.model.selector import LabelSelector, selects
from solver.verify.state import FinalState, Resident, ResidentIndex


@dataclass(slots=True)
class Crowd:
    """Pods of one domain."""

    planned: list[Resident] = field(default_factory=list)
    running: list[Resident] = field(default_factory=list)

    def __iter__(self) -> Iterator[Resident]:
        yield from self.planned
        yield from self.running


def matched_by_domain(
    state: FinalState, term: PodAffinityTerm, *, incoming: bool = False
) -> Mapping[str, Crowd]:
    """Pods the term matches, by the value of its key on their node; pods on nodes without the key are
    invisible (A11). ``incoming`` reads the term as v1.34 does for the pod being scheduled (A18)."""
    found: dict[str, Crowd] = defaultdict(Crowd)
    for resident in matched(state, term, incoming=incoming):
        domain = resident.node.labels.get(term.topology_key)
        if domain is not None:
            crowd = found[domain]
            (crowd.planned if resident.planned else crowd.running).append(resident)
    return found


def matched(state: FinalState, term: PodAffinityTerm, *, incoming: bool = False) -> Iterator[Resident]:
    """A2. Terminating pods count (A4); a null selector matches nobody (A13)."""
    return _matched(state.index, state, term, incoming=incoming)


def matches_planned(state: FinalState, term: PodAffinityTerm) -> bool:
    """Is there a planned pod the term matches?"""
    return next(_matched(state.planned_index, state, term, incoming=False), None) is not None


def _matched(
    index: ResidentIndex, state: FinalState, term: PodAffinityTerm, *, incoming: bool
) -> Iterator[Resident]:
    for namespace in index.namespaces:
        if covers(state, term, namespace, incoming=incoming):
            yield from index.selected(namespace, term.selector)


def matches(state: FinalState, term: PodAffinityTerm, pod: Pod, *, incoming: bool = False) -> bool:
    """A2 for one pod."""
    return covers(state, term, pod.namespace, incoming=incoming) and selects(term.selector, pod.labels)


def covers(state: FinalState, term: PodAffinityTerm, namespace: str, *, incoming: bool = False) -> bool:
    """A1, or A18."""
    if namespace in term.namespaces:
        return True
    chosen = term.namespace_selector
    if chosen is None:
        return False
    return (incoming and is_negative_only(chosen)) or chosen.matches(
        state.snapshot.namespace_labels(namespace)
    )


def is_negative_only(selector: LabelSelector) -> bool:
    """A18: a non-empty selector of nothing but NotIn and DoesNotExist."""
    return bool(selector.requirements) and all(r.operator in NEGATIVE for r in selector.requirements)


def is_unreadable(term: PodAffinityTerm) -> bool:
    """A14: one of its selectors cannot be parsed."""
    return any(s is not None and bool(s.error) for s in (term.selector, term.namespace_selector))
