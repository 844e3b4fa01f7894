"""L601-L602: what pods request (R)."""

from __future__ import annotations

from collections.abc import Iterator

from solver.model.units import amount
from solver.planning.lint.hit import Hit
from solver.planning.lint.scene import Scene


def _no_requests(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        requests = workload.pod.requests
        if workload.claim_templates and not requests.get("cpu") and not requests.get("memory"):
            yield Hit(workload.loaded, f"{workload.path}.containers", "no container requests cpu or memory")


def _larger_than_any_node(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        for resource, wanted in sorted(workload.pod.requests.items()):
            most = scene.largest(workload, resource)
            if most is not None and wanted > most:
                largest = f"the largest node it may use has {amount(resource, most)}"
                sentence = f"{amount(resource, wanted)} {resource} requested; {largest}"
                yield Hit(workload.loaded, f"{workload.path}.containers", sentence)


FINDERS = {"L601": _no_requests, "L602": _larger_than_any_node}
