"""Workloads as raw objects: where their pod template is, which pods are theirs, and what they request.

Reading and changing plain data for what-ifs; the rules of expansion are in ``solver.kube``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from solver.model.names import ClaimKey, PodKey
from solver.model.pod import WorkloadKey
from solver.model.quantity import parse_milli
from solver.planning.change import Change, Inputs, Object, Ref, editing, removing

WORKLOAD_KINDS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
)
SCALED_KINDS = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
"""With replicas."""
SHORT_KINDS = {
    "deploy": "Deployment",
    "deployment": "Deployment",
    "sts": "StatefulSet",
    "statefulset": "StatefulSet",
    "ds": "DaemonSet",
    "daemonset": "DaemonSet",
    "rs": "ReplicaSet",
    "replicaset": "ReplicaSet",
    "rc": "ReplicationController",
    "replicationcontroller": "ReplicationController",
    "job": "Job",
    "cronjob": "CronJob",
    "cj": "CronJob",
}
"""As kubectl abbreviates them."""

Spec = dict[str, Any]
"""A raw pod spec."""


def workload_ref(key: WorkloadKey) -> Ref:
    return Ref(kind=key.kind, namespace=key.namespace, name=key.name)


def pod_ref(key: PodKey) -> Ref:
    namespace, _, name = key.partition("/")
    return Ref(kind="Pod", namespace=namespace, name=name)


def claim_ref(key: ClaimKey) -> Ref:
    namespace, _, name = key.partition("/")
    return Ref(kind="PersistentVolumeClaim", namespace=namespace, name=name)


def restarted(pod: Object) -> None:
    """The pod made anew: it has no node yet."""
    pod.get("spec", {}).pop("nodeName", None)
    pod["status"] = {"phase": "Pending"}


def workload_key(ref: Ref) -> WorkloadKey:
    return WorkloadKey(kind=ref.kind, namespace=ref.namespace, name=ref.name)


def pod_spec(found: Object) -> Spec | None:
    """The pod spec in a pod or in a workload's template; None when there is none."""
    spec: Any = found.get("spec")
    steps = {"Pod": (), "CronJob": ("jobTemplate", "spec", "template", "spec")}
    for step in steps.get(str(found.get("kind")), ("template", "spec")):
        spec = spec.get(step) if isinstance(spec, dict) else None
    return spec if isinstance(spec, dict) else None


def template_path(kind: str) -> str:
    """Where the pod spec is in an object of the kind."""
    return {"Pod": "spec", "CronJob": "spec.jobTemplate.spec.template.spec"}.get(kind, "spec.template.spec")


def pods_of(inputs: Inputs, workload: Ref) -> Iterator[Ref]:
    """Stored pods of the workload; a Deployment's through its ReplicaSets."""
    owners = {(workload.kind, workload.name)}
    if workload.kind == "Deployment":
        owners |= {
            ("ReplicaSet", ref.name)
            for ref, found in inputs.objects("ReplicaSet")
            if ref.namespace == workload.namespace and controller_of(found) == ("Deployment", workload.name)
        }
    for ref, found in inputs.objects("Pod"):
        if ref.namespace == workload.namespace and controller_of(found) in owners:
            yield ref


def pending_pods_of(inputs: Inputs, workload: Ref) -> list[Ref]:
    return [ref for ref in pods_of(inputs, workload) if _is_pending(inputs.get(ref) or {})]


def running_pods_of(inputs: Inputs, workload: Ref) -> list[Ref]:
    """Those with a node that have not ended."""
    return [ref for ref in pods_of(inputs, workload) if _runs(inputs.get(ref) or {})]


def controller_of(found: Object) -> tuple[str, str] | None:
    """Kind and name."""
    for owner in (found.get("metadata") or {}).get("ownerReferences") or []:
        if owner.get("controller"):
            return str(owner.get("kind")), str(owner.get("name"))
    return None


def _is_pending(pod: Object) -> bool:
    """As in the contract of the command line: no node, not terminating, not ended."""
    return not (pod.get("spec") or {}).get("nodeName") and not _is_over(pod)


def _runs(pod: Object) -> bool:
    return bool((pod.get("spec") or {}).get("nodeName")) and not _is_over(pod)


def _is_over(pod: Object) -> bool:
    ended = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return ended or bool((pod.get("metadata") or {}).get("deletionTimestamp"))


# replicas


def scaling(inputs: Inputs, workload: Ref, replicas: int) -> Change:
    """The workload at another number of replicas, its missing pods added, or its surplus ones removed: the
    highest ordinals of a StatefulSet, elsewhere pending pods first."""

    def scale(found: Object) -> None:
        found.setdefault("spec", {})["replicas"] = replicas

    change = editing(inputs, workload, scale, applied=True)
    stored = [(*_leaving(workload, ref, inputs.get(ref) or {}), ref) for ref in pods_of(inputs, workload)]
    if workload.kind == "StatefulSet":
        start = (((inputs.get(workload) or {}).get("spec") or {}).get("ordinals") or {}).get("start") or 0
        surplus = [ref for ordinal, _, ref in stored if ordinal >= start + replicas]
    else:
        surplus = [ref for *_, ref in sorted(stored)][replicas:]
    for ref in surplus:
        change += removing(ref)
    return change


def _leaving(workload: Ref, ref: Ref, pod: Object) -> tuple[int, str]:
    """Sorts pods so that the last ones go first."""
    if workload.kind == "StatefulSet":
        text = ref.name.rpartition("-")[2]
        return int(text) if text.isdigit() else -1, ref.name
    return int(_is_pending(pod)), ref.name


# requests


def set_request(spec: Spec, resource: str, total_milli: int) -> bool:
    """Make the containers ask for ``total_milli`` thousandths of a unit together, by changing the one that
    asks for most. False when the others ask for more than that already."""
    containers = spec.get("containers") or []
    asked = [_asked(container, resource) for container in containers]
    if not containers:
        return False
    largest = max(range(len(containers)), key=lambda i: (asked[i], -i))
    rest = total_milli - (sum(asked) - asked[largest])
    if rest < 0:
        return False
    resources = containers[largest].setdefault("resources", {})
    resources.setdefault("requests", {})[resource] = quantity(rest, resource)
    limit = (resources.get("limits") or {}).get(resource)
    if limit is not None and parse_milli(str(limit)) < rest:
        resources["limits"][resource] = quantity(rest, resource)
    return True


def asked_in_containers(spec: Spec, resource: str) -> int:
    """What the containers ask for together, in thousandths of a unit."""
    return sum(_asked(container, resource) for container in spec.get("containers") or [])


def requests_text(spec: Spec, resource: str) -> str:
    shown = [
        f"{container.get('name', '?')} {quantity(_asked(container, resource), resource)}"
        for container in spec.get("containers") or []
    ]
    return ", ".join(shown)


def _asked(container: dict[str, Any], resource: str) -> int:
    resources = container.get("resources") or {}
    stated = (resources.get("requests") or {}).get(resource)
    if stated is None:  # the API server takes the limit then (W20)
        stated = (resources.get("limits") or {}).get(resource, 0)
    return parse_milli(str(stated))


def quantity(milli: int, resource: str) -> str:
    """As people write it: ``2500m``, ``2``, ``4Gi``."""
    if milli % 1000:
        return f"{milli}m"
    whole = milli // 1000
    if resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-"):
        for unit, factor in (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
            if whole and whole % factor == 0:
                return f"{whole // factor}{unit}"
    return str(whole)
