"""PodDisruptionBudgets: raw to model, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from solver.kube import raw
from solver.kube.faults import Problem, show
from solver.kube.selectors import label_selector, label_selector_problems
from solver.model.disruption import DisruptionBudget, Share

_PERCENT = re.compile(r"\d+%")
_AMOUNT = 'a number of pods, or a percentage such as "50%"'


def budget(namespace: str, name: str, stored: raw.PodDisruptionBudget) -> DisruptionBudget:
    spec = stored.spec or raw.PodDisruptionBudgetSpec()
    return DisruptionBudget(
        namespace=namespace,
        name=name,
        selector=label_selector(spec.selector),
        min_available=_share(spec.min_available),
        max_unavailable=_share(spec.max_unavailable),
    )


def _share(value: int | str | None) -> Share | None:
    if value is None:
        return None
    if isinstance(value, int):
        return Share(amount=value)
    return Share(amount=int(value.removesuffix("%")), percent=True)


def budget_problems(stored: raw.PodDisruptionBudget, manifest: bool) -> Iterator[Problem]:  # noqa: ARG001
    spec = stored.spec or raw.PodDisruptionBudgetSpec()
    yield from label_selector_problems(spec.selector, "spec.selector")
    for path, value in (("minAvailable", spec.min_available), ("maxUnavailable", spec.max_unavailable)):
        wrong = value < 0 if isinstance(value, int) else value is not None and not _PERCENT.fullmatch(value)
        if wrong:
            yield Problem(f"spec.{path}", show(value), _AMOUNT)
