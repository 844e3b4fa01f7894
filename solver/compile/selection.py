"""Which pods a label selector selects, without asking every pod: most selectors name one label value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from solver.compile.problem import PodClass
from solver.model.requirement import Operator
from solver.model.selector import LabelSelector

Label = tuple[str, str]


def named_labels(selector: LabelSelector) -> tuple[Label, ...] | None:
    """Labels of which every pod selected has one; None where the selector names none."""
    for requirement in selector.requirements:
        if requirement.operator is Operator.IN:
            return tuple((requirement.key, value) for value in dict.fromkeys(requirement.values))
    return None


class ClassIndex:
    def __init__(self, classes: Sequence[PodClass]) -> None:
        self._classes = classes
        self._by_label: dict[Label, list[int]] = defaultdict(list)
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
        labels = named_labels(selector)
        if labels is None:
            return range(len(self._classes))
        return sorted({index for label in labels for index in self._by_label.get(label, ())})
