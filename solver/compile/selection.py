"""Which classes a label selector selects, without asking every class: most selectors name one label value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from solver.compile.problem import PodClass
from solver.model.requirement import Operator
from solver.model.selector import LabelSelector


class ClassIndex:
    def __init__(self, classes: Sequence[PodClass]) -> None:
        self._classes = classes
        self._by_label: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._known: dict[LabelSelector, tuple[int, ...]] = {}
        for index, pod_class in enumerate(classes):
            for label in pod_class.sample.labels.items():
                self._by_label[label].append(index)

    def selected(self, selector: LabelSelector | None) -> tuple[int, ...]:
        """Class indices, ascending, in every namespace; a null selector selects none (S1)."""
        if selector is None:
            return ()
        if selector not in self._known:
            self._known[selector] = tuple(
                i for i in self._candidates(selector) if selector.matches(self._classes[i].sample.labels)
            )
        return self._known[selector]

    def _candidates(self, selector: LabelSelector) -> Sequence[int]:
        for requirement in selector.requirements:
            if requirement.operator is Operator.IN:
                found = {i for v in requirement.values for i in self._by_label.get((requirement.key, v), ())}
                return sorted(found)
        return range(len(self._classes))
