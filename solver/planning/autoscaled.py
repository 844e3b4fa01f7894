"""How many replicas a workload has under its HorizontalPodAutoscaler, as far as objects say.

Load is not known. A manifest's count is moved into the autoscaler's bounds, as the autoscaler would move it;
without one the count that runs is kept, as applying the manifest would. Nothing else is foreseen:
``--set WORKLOAD.replicas=min``, ``max`` or a number asks about another count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from solver.kube.documents import Entry
from solver.planning.change import Change, Inputs, Object, Ref, as_object
from solver.planning.workloads import scaling

AUTOSCALER = "HorizontalPodAutoscaler"
_ONE = 1
"""minReplicas, and replicas of a workload that nobody wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscaled:
    """A workload that is asked about at some count, and what its autoscaler would allow."""

    autoscaler: Ref
    workload: Ref
    minimum: int
    maximum: int
    written: int | None
    """As it was given; None where nobody says."""
    replicas: int
    """What it is taken at."""


def bounds_of(inputs: Inputs, workload: Ref) -> tuple[Ref, int, int] | None:
    """The workload's autoscaler, its least and its most; the first by name. None without one."""
    found = ((ref, least, most) for ref, target, least, most in _autoscalers(inputs) if target == workload)
    return min(found, default=None)


def within_bounds(inputs: Inputs) -> Change:
    """What autoscalers do to the counts of manifests whatever the load is."""
    change = Change()
    for ref in _scaled_manifests(inputs):
        bounds = bounds_of(inputs, ref)
        assert bounds is not None  # that is what makes it a scaled one
        _, least, most = bounds
        written = _written(inputs.get(ref))
        now = _running_count(inputs, ref) if written is None else written
        wanted = 0 if now == 0 else min(max(now, least), most)  # at 0 the autoscaler is switched off
        if wanted != (_ONE if written is None else written):
            change += scaling(inputs, ref, wanted)
    return change


def autoscaled(given: Inputs, asked: Inputs) -> tuple[Autoscaled, ...]:
    """The autoscaled workloads among the manifests of ``asked``, which was made of ``given``; by name."""
    found = []
    for ref in _scaled_manifests(asked):
        bounds = bounds_of(asked, ref)
        assert bounds is not None  # as above
        autoscaler, least, most = bounds
        count = _written(asked.get(ref))
        found.append(
            Autoscaled(
                autoscaler=autoscaler,
                workload=ref,
                minimum=least,
                maximum=most,
                written=_written(given.get(ref)),
                replicas=_ONE if count is None else count,
            )
        )
    return tuple(found)


def _scaled_manifests(inputs: Inputs) -> list[Ref]:
    return sorted({workload for _, workload, _, _ in _autoscalers(inputs) if inputs.is_manifest(workload)})


def _autoscalers(inputs: Inputs) -> Iterator[tuple[Ref, Ref, int, int]]:
    """Autoscaler, workload, least and most; those that name no workload, or no most, scale nothing."""
    if not any(isinstance(found, Entry) and found.kind == AUTOSCALER for found in _everything(inputs)):
        return  # most often: spares looking for the names of everything
    for ref, found in inputs.objects(AUTOSCALER):
        spec: dict[str, Any] = found.get("spec") or {}
        target, most = spec.get("scaleTargetRef") or {}, spec.get("maxReplicas")
        if target.get("kind") and target.get("name") and most is not None:
            workload = Ref(kind=target["kind"], namespace=ref.namespace, name=target["name"])
            least = spec.get("minReplicas")
            yield ref, workload, _ONE if least is None else least, most


def _everything(inputs: Inputs) -> Iterator[object]:
    yield from inputs.manifests
    yield from inputs.cluster


def _written(found: Object | None) -> int | None:
    count = ((found or {}).get("spec") or {}).get("replicas")
    return count if isinstance(count, int) else None


def _running_count(inputs: Inputs, workload: Ref) -> int:
    """Of the cluster's own copy: applying a manifest that does not say keeps it."""
    for among_manifests, position in inputs.positions(workload):
        found = inputs.cluster[position] if not among_manifests else None
        if isinstance(found, Entry):
            count = _written(as_object(found))
            return _ONE if count is None else count
    return _ONE
