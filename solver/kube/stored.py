"""Stored objects to models, one by one: what ``assemble`` and ``mirror`` share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from frozendict import frozendict

from solver.kube import raw
from solver.kube.defaults import REPLICAS, DefaultableClass, default_storage_class
from solver.kube.inventory import Loaded
from solver.kube.limits import has_other_limits
from solver.kube.owners import controller
from solver.kube.pods import Identity, pod
from solver.kube.quotas import is_left_out
from solver.kube.replicas import HASH_LABEL
from solver.kube.selectors import label_selector, node_selector
from solver.kube.stateful_sets import PARALLEL, ordinal_of
from solver.kube.storage import own_notes
from solver.kube.templates import template_labels
from solver.kube.unsupported import (
    AUTOSCALER,
    DATA_SOURCE,
    DISRUPTION_BUDGET,
    OTHER_LIMITS,
    QUOTA,
    RETENTION,
    Feature,
)
from solver.model.pod import Owner, Pod, WorkloadKey
from solver.model.selector import LabelSelector, equals
from solver.model.snapshot import Controller, ResourceClaim, Service, Workload

Find = Callable[[str, str, str], Loaded | None]
"""An object by kind, namespace and name."""
CONTROLLERS = ("ReplicaSet", "ReplicationController", "StatefulSet")
_REPLICATED = (*CONTROLLERS, "Deployment")
WORKLOADS = (*_REPLICATED, "DaemonSet", "Job")
"""Kinds of which a ``Workload`` tells, and which pods are told by."""


def default_class(classes: Iterable[Loaded]) -> str | None:
    """W29."""
    return default_storage_class(
        DefaultableClass(
            name=c.name,
            created="" if c.manifest else c.metadata.creation_timestamp or "0",
            annotations=c.metadata.annotations or {},
        )
        for c in classes
    )


def stored_pod(loaded: Loaded, find: Find) -> Pod:
    meta = loaded.metadata
    owner = controller(meta)
    labels = frozendict(meta.labels or {})
    workload = workload_of(owner, loaded.namespace, labels, find) if owner else None
    stored: raw.Pod = loaded.stored
    identity = Identity(
        namespace=loaded.namespace,
        name=loaded.name,
        uid=meta.uid or "",
        labels=labels,
        owner=owner,
        workload=workload,
        ordinal=ordinal_of(loaded.name, labels) if owner and owner.kind == "StatefulSet" else None,
        source=source_of_pod(loaded.label, workload, find),
        terminating=meta.deletion_timestamp is not None,
    )
    return pod(identity, stored.spec or raw.PodSpec(), stored.status)


def workload_of(owner: Owner, namespace: str, labels: Mapping[str, str], find: Find) -> WorkloadKey:
    """The workload a user would name. A ReplicaSet that was not dumped has its Deployment in its name."""
    kind, name = owner.kind, owner.name
    if kind == "ReplicaSet":
        replica_set = find(kind, namespace, name)
        above = controller(replica_set.metadata) if replica_set else None
        suffix = f"-{labels.get(HASH_LABEL, '')}"
        if above is not None:
            kind, name = above.kind, above.name
        elif replica_set is None and len(suffix) > 1 and name.endswith(suffix):
            kind, name = "Deployment", name.removesuffix(suffix)
    return WorkloadKey(kind=kind, namespace=namespace, name=name)


def source_of_pod(label: str, workload: WorkloadKey | None, find: Find) -> str:
    """Where an owner would change the pod."""
    known = workload and find(workload.kind, workload.namespace, workload.name)
    return f"{workload} spec.template" if known else f"Pod/{label}"


def stored_controller(loaded: Loaded) -> Controller:
    """T21. Of one of the kinds of CONTROLLERS."""
    spec = loaded.stored.spec
    plain = loaded.kind.name == "ReplicationController"
    return Controller(
        kind=loaded.kind.name,
        namespace=loaded.namespace,
        name=loaded.name,
        selector=_map_selector(spec) if plain else label_selector(spec.selector),
        owner=controller(loaded.metadata),
    )


def _map_selector(spec: raw.ReplicationControllerSpec) -> LabelSelector:
    """W6: a ReplicationController's selector defaults to the labels of its template."""
    return equals(spec.selector or template_labels(spec.template))


def stored_workload(loaded: Loaded) -> Workload:
    kind = loaded.kind.name
    replicas = getattr(loaded.stored.spec, "replicas", None)
    return Workload(
        key=WorkloadKey(kind=kind, namespace=loaded.namespace, name=loaded.name),
        replicas=REPLICAS if replicas is None and kind in _REPLICATED else replicas,
        ordered=kind == "StatefulSet" and loaded.stored.spec.pod_management_policy != PARALLEL,
        notes=own_notes(loaded.metadata),
    )


def stored_service(loaded: Loaded) -> Service:
    stored: raw.Service = loaded.stored
    selector = stored.spec.selector if stored.spec else None
    return Service(namespace=loaded.namespace, name=loaded.name, selector=frozendict(selector or {}))


def stored_resource_claim(loaded: Loaded) -> ResourceClaim:
    """D3."""
    stored: raw.ResourceClaim = loaded.stored
    allocation = stored.status.allocation if stored.status else None
    return ResourceClaim(
        namespace=loaded.namespace,
        name=loaded.name,
        allocated=allocation is not None,
        node_selector=node_selector(allocation.node_selector) if allocation else None,
        deleting=loaded.metadata.deletion_timestamp is not None,
    )


def skipped_feature(loaded: Loaded) -> Feature | None:
    """What is seen on the object and not modelled."""
    match loaded.stored:
        case raw.PodDisruptionBudget():
            return DISRUPTION_BUDGET
        case raw.HorizontalPodAutoscaler():
            return AUTOSCALER
        case raw.ResourceQuota() as quota if is_left_out(quota):
            return QUOTA
        case raw.StatefulSet(spec=spec) if spec is not None and _deletes_claims(spec):
            return RETENTION
        case raw.LimitRange() as limits if has_other_limits(limits):
            return OTHER_LIMITS
        case raw.Claim(spec=spec) if spec is not None and not spec.volume_name:
            return DATA_SOURCE if spec.data_source or spec.data_source_ref else None
    return None


def _deletes_claims(spec: raw.StatefulSetSpec) -> bool:
    policy = spec.persistent_volume_claim_retention_policy or raw.RetentionPolicy()
    return bool(spec.volume_claim_templates) and "Delete" in (policy.when_deleted, policy.when_scaled)


def binding_warnings(claims: Iterable[str], lenient: bool) -> Iterator[str]:
    """V47. Of claims bound by their phase alone."""
    found = list(claims)
    if found and lenient:
        yield f"claims taken as bound by their phase alone: {found[0]} and {len(found) - 1} more (V47)"
    elif found:
        yield (
            f"claims with phase Bound but without the annotation pv.kubernetes.io/bind-completed count as "
            f"unbound: {found[0]} and {len(found) - 1} more (V19)"
        )
