"""Which pending pods have to be planned together (A2): those that share an owner, a claim or a rule.

Scarce nodes couple pods, too; whoever plans finds that out when some are left without a place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator

from extender.book.rules import Filed
from solver.model.names import PodKey
from solver.model.pod import Pod
from solver.model.selector import LabelSelector


def coupled(pods: Iterable[Pod], others: Iterable[Pod]) -> set[PodKey]:
    """Those of the others that are coupled to one of the pods, or to one that is, and so on."""
    reach = _Reach(others)
    found: set[PodKey] = set()
    todo = list(pods)
    while todo:
        for other in reach.of(todo.pop()):
            if other.key not in found:
                found.add(other.key)
                todo.append(other)
    return found


class _Reach:
    """Finds the pods coupled to one. Pods that asked before are not named again where that spares work."""

    def __init__(self, pods: Iterable[Pod]) -> None:
        self._by_tie: dict[Hashable, list[Pod]] = defaultdict(list)
        self._labelled = Filed[Pod]()
        self._selecting = Filed[tuple[LabelSelector, Pod]]()
        for pod in pods:
            for tie in _ties(pod):
                self._by_tie[tie].append(pod)
            self._labelled.file_under(pod.labels.items(), pod)
            for selector in _selectors(pod):
                self._selecting.file(selector, (selector, pod))

    def of(self, pod: Pod) -> Iterator[Pod]:
        for tie in _ties(pod):
            yield from self._by_tie.pop(tie, ())  # everybody with this tie is known from now on
        for selector in _selectors(pod):
            found = self._labelled.selected(selector)
            yield from (other for other in found if selector.matches(other.labels))
        for selector, other in self._selecting.candidates(pod):
            if selector.matches(pod.labels):
                yield other


def _ties(pod: Pod) -> Iterator[Hashable]:
    if pod.workload is not None:
        yield pod.workload
    for use in pod.claims:
        yield use.claim


def _selectors(pod: Pod) -> Iterator[LabelSelector]:
    """Of hard rules; whoever they select in whatever namespace counts, which errs to the side of more."""
    written = [constraint.selector for constraint in pod.hard_spread]
    written += [term.selector for term in (*pod.affinity, *pod.anti_affinity)]
    yield from (selector for selector in written if selector is not None)
