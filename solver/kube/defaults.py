"""Every default an API server applies, W20-W36, and where each one comes from.

| rule | what | here |
|---|---|---|
| W20 | requests from limits | ``defaulted`` |
| W21 | host ports of hostNetwork pods | ``host_port`` |
| W22 | pod-level requests | ``defaulted`` |
| W23 | restartPolicy, schedulerName, toleration operator | constants below |
| W24 | not-ready and unreachable tolerations | ``DEFAULT_TOLERATIONS``, added in ``admission.py`` |
| W25, W34, W36 | optional plugins, off in a default cluster | not applied |
| W26 | built-in priority classes | ``BUILT_IN_PRIORITIES``; resolved in ``admission.py`` |
| W27, W28 | runtime classes, limit ranges | ``admission.py``, ``limits.py`` |
| W29 | storage class of a claim | ``default_storage_class`` |
| W30, W31 | binding mode, volume mode, phases | constants below |
| W32 | namespace label | ``namespace_labels`` |
| W33 | allocatable from capacity | ``nodes.py`` |
| W35 | selector merges of key lists | ``pods.py`` |

Source: kubernetes ``pkg/apis/core/v1/defaults.go``, ``pkg/apis/storage/v1/defaults.go`` and the admission
plugins, v1.34.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import structs

from solver.kube import raw
from solver.kube.parts import Needs
from solver.kube.requests import container_total, is_pod_level_name
from solver.model.pod import DEFAULT_SCHEDULER

RESTART_POLICY = "Always"  # W23
SCHEDULER_NAME = DEFAULT_SCHEDULER  # W23
TOLERATION_OPERATOR = "Equal"  # W23
PROTOCOL = "TCP"  # P1
HOST_IP = "0.0.0.0"  # P1
PREEMPTION_POLICY = "PreemptLowerPriority"  # W26
BINDING_MODE = "Immediate"  # W30
VOLUME_MODE = "Filesystem"  # W31
CLAIM_PHASE = "Pending"  # W31
VOLUME_PHASE = "Available"  # W31: what the PV controller sets at once
REPLICAS = 1  # W5-W7

DEFAULT_TOLERATIONS = tuple(  # W24
    raw.Toleration(key=key, operator="Exists", effect="NoExecute", toleration_seconds=300)
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
)
BUILT_IN_PRIORITIES: Mapping[str, int] = {  # W26
    "system-cluster-critical": 2_000_000_000,
    "system-node-critical": 2_000_001_000,
}
DEFAULT_CLASS_ANNOTATIONS = (  # W29
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)
NAMESPACE_LABEL = "kubernetes.io/metadata.name"  # W32


def namespace_labels(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """W32, S2."""
    return {**labels, NAMESPACE_LABEL: name}


def defaulted(spec: raw.PodSpec) -> raw.PodSpec:
    """The pod spec with its requests filled in: W20, then W22, which builds on it."""
    if any(_lacks_requests(c.resources) for c in (*(spec.containers or ()), *(spec.init_containers or ()))):
        spec = structs.replace(
            spec,
            containers=[_with_requests(c) for c in spec.containers or ()],
            init_containers=[_with_requests(c) for c in spec.init_containers or ()],
        )
    if spec.resources is not None and spec.resources.limits:
        spec = structs.replace(spec, resources=_pod_level(spec, spec.resources))
    return spec


def _lacks_requests(resources: raw.ResourceRequirements | None) -> bool:
    return resources is not None and bool((resources.limits or {}).keys() - (resources.requests or {}).keys())


def _with_requests(container: raw.Container) -> raw.Container:
    """W20: for each limit without a request of that name, the request is the limit."""
    resources = container.resources
    if resources is None or not _lacks_requests(resources):
        return container
    requests = {**(resources.limits or {}), **(resources.requests or {})}
    return structs.replace(container, resources=structs.replace(resources, requests=requests))


def _pod_level(spec: raw.PodSpec, resources: raw.ResourceRequirements) -> raw.ResourceRequirements:
    """W22: cpu and memory from the containers if any states it, else, as always for huge pages, the limit."""
    requests: dict[str, raw.Quantity] = dict(resources.requests or {})
    for name, amount in container_total(Needs(spec=spec), {}).items():
        if name in ("cpu", "memory"):
            requests.setdefault(name, f"{amount}m")
    for name, limit in (resources.limits or {}).items():
        if is_pod_level_name(name):
            requests.setdefault(name, limit)
    return structs.replace(resources, requests=requests)


def host_port(port: raw.ContainerPort, host_network: bool) -> int:
    """W21, P4."""
    return port.host_port or ((port.container_port or 0) if host_network else 0)


class DefaultableClass(NamedTuple):
    """A storage class as a candidate for W29."""

    name: str
    created: str
    """creationTimestamp, or "" for a manifest, which will be newer than anything stored."""
    annotations: Mapping[str, str]


def default_storage_class(classes: Iterable[DefaultableClass]) -> str | None:
    """W29: the newest of the classes marked as default, ties by name."""
    marked = [c for c in classes if any(c.annotations.get(a) == "true" for a in DEFAULT_CLASS_ANNOTATIONS)]
    if not marked:
        return None
    newest = max(c.created or "~" for c in marked)
    return min(c.name for c in marked if (c.created or "~") == newest)
