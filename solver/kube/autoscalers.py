"""HorizontalPodAutoscalers: what is wrong with them. What they do to replica counts is in ``planning``."""

from __future__ import annotations

from collections.abc import Iterator

from solver.kube import raw
from solver.kube.faults import Problem, show


def autoscaler_problems(stored: raw.HorizontalPodAutoscaler, manifest: bool) -> Iterator[Problem]:  # noqa: ARG001
    spec = stored.spec or raw.HorizontalPodAutoscalerSpec()
    least, most = spec.min_replicas, spec.max_replicas
    if least is not None and least < 0:
        yield Problem("spec.minReplicas", show(least), "a whole number from 0")
    if most is not None and most < max(1, least or 0):
        yield Problem("spec.maxReplicas", show(most), f"at least {max(1, least or 0)}")
