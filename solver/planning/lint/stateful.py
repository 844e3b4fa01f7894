"""L401-L406: what StatefulSets do in failures, and what makes that worse."""

from __future__ import annotations

from collections.abc import Iterator

from solver.kube.documents import plain
from solver.model.node import NO_EXECUTE
from solver.model.pod import Toleration
from solver.planning.lint.hit import Hit
from solver.planning.lint.scene import Scene, Workload

_STATEFUL_SET = "StatefulSet"
_LOST_NODE = ("node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready")
_FEW = 3
"""Replicas from which one that cannot start may hold up others that could."""


def _sets(scene: Scene) -> Iterator[Workload]:
    return (workload for workload in scene.workloads if workload.kind == _STATEFUL_SET)


def _ordered(scene: Scene) -> Iterator[Hit]:
    for workload in _sets(scene):
        policy = workload.loaded.stored.spec.pod_management_policy
        if policy in (None, "OrderedReady") and workload.claim_templates and workload.replicas >= _FEW:
            sentence = f"{workload.replicas} replicas come back one after the other (OrderedReady)"
            yield Hit(workload.loaded, "spec.podManagementPolicy", sentence)


def _no_service(scene: Scene) -> Iterator[Hit]:
    for workload in _sets(scene):
        name = workload.loaded.stored.spec.service_name
        known = scene.get("Service", workload.namespace, name) if name else None
        if not name:
            yield Hit(workload.loaded, "spec.serviceName", "it names no service")
        elif known is None and scene.knows("Service"):
            yield Hit(workload.loaded, "spec.serviceName", f"there is no service {name}")
        elif known is not None and _address(plain(known.entry.value)) != "None":
            yield Hit(
                workload.loaded, "spec.serviceName", f"service {name} is not headless (clusterIP: None)"
            )


def _address(service: object) -> object:
    spec = service.get("spec") if isinstance(service, dict) else None
    return spec.get("clusterIP") if isinstance(spec, dict) else None


def _deleted(scene: Scene) -> Iterator[Hit]:
    for workload in _sets(scene):
        for field, when in (("whenDeleted", "the set is deleted"), ("whenScaled", "it is scaled down")):
            path = f"spec.persistentVolumeClaimRetentionPolicy.{field}"
            if workload.claim_templates and workload.field(path) == "Delete":
                yield Hit(workload.loaded, path, f"its claims are deleted when {when}")


def _no_grace(scene: Scene) -> Iterator[Hit]:
    for workload in _sets(scene):
        path = f"{workload.path}.terminationGracePeriodSeconds"
        if workload.field(path) == 0:
            yield Hit(workload.loaded, path, "its pods are removed before they are known to have stopped")


def _left_over(scene: Scene) -> Iterator[Hit]:
    for workload in _sets(scene):
        ordinals = workload.loaded.stored.spec.ordinals
        end = ((ordinals.start if ordinals else None) or 0) + workload.replicas
        for index, template in enumerate(workload.claim_templates):
            named = template.metadata.name if template.metadata else None
            found = _ordinals(scene, workload, f"{named}-{workload.loaded.name}-")
            beyond = sorted(ordinal for ordinal in found if ordinal >= end)
            if beyond:
                claims = ", ".join(f"{named}-{workload.loaded.name}-{ordinal}" for ordinal in beyond)
                sentence = f"{claims} exist, but there are {workload.replicas} replicas"
                yield Hit(workload.loaded, f"spec.volumeClaimTemplates[{index}]", sentence)


def _ordinals(scene: Scene, workload: Workload, prefix: str) -> Iterator[int]:
    for found in scene.everything("PersistentVolumeClaim"):
        rest = found.name.removeprefix(prefix)
        if found.namespace == workload.namespace and found.name != rest and rest.isdigit():
            yield int(rest)


def _never_evicted(scene: Scene) -> Iterator[Hit]:
    for workload in scene.workloads:
        if workload.is_per_node or workload.kind == "Pod":
            continue
        for index, toleration in enumerate(workload.pod.tolerations):
            if _for_ever(toleration):
                key = toleration.key or "every taint"
                sentence = f"{key} is tolerated without tolerationSeconds"
                yield Hit(workload.loaded, f"{workload.path}.tolerations[{index}]", sentence)


def _for_ever(toleration: Toleration) -> bool:
    lasting = toleration.effect in ("", NO_EXECUTE) and toleration.seconds is None
    everything = toleration.key == "" and toleration.operator == "Exists"
    return lasting and (everything or toleration.key in _LOST_NODE)


FINDERS = {
    "L401": _ordered,
    "L402": _no_service,
    "L403": _deleted,
    "L404": _no_grace,
    "L405": _left_over,
    "L406": _never_evicted,
}
