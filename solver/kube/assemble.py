"""A sound inventory to a Snapshot. Nothing can fail here any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from frozendict import frozendict

from solver.kube import raw
from solver.kube.completeness import missing_kinds, missing_nodes
from solver.kube.defaults import DefaultableClass, default_storage_class, namespace_labels
from solver.kube.expand import expand_manifests
from solver.kube.inventory import Inventory, Key, Loaded
from solver.kube.limits import has_other_limits
from solver.kube.nodes import node, node_warnings
from solver.kube.owners import controller
from solver.kube.pods import Identity, pod
from solver.kube.replicas import HASH_LABEL
from solver.kube.selectors import label_selector, node_selector
from solver.kube.stateful_sets import ordinal_of
from solver.kube.storage import (
    ClaimContext,
    attachment,
    claim,
    csi_driver,
    csi_node,
    says_bound,
    storage_capacity,
    storage_class,
    volume,
)
from solver.kube.templates import Planned, template_labels
from solver.kube.unsupported import DATA_SOURCE, DISRUPTION_BUDGET, OTHER_LIMITS
from solver.model.names import claim_key
from solver.model.pod import Owner, Pod, WorkloadKey
from solver.model.selector import LabelSelector, equals
from solver.model.snapshot import Controller, ResourceClaim, Service, Snapshot

_CONTROLLERS = ("ReplicaSet", "ReplicationController", "StatefulSet")


def assemble(
    inventory: Inventory, specs: Mapping[Key, raw.PodSpec], lenient_binding: bool, *, warn_of_missing: bool
) -> Snapshot:
    nodes = tuple(node(n.name, n.stored) for n in inventory.of("Node"))
    context = ClaimContext(default_class=_default_class(inventory), lenient_binding=lenient_binding)
    claims = (claim(c.namespace, c.name, c.stored, context) for c in inventory.of("PersistentVolumeClaim"))
    stored_pods = (_stored_pod(p, inventory) for p in inventory.of("Pod") if not p.manifest)
    planned = Planned(
        inventory=inventory,
        nodes=nodes,
        claim_context=context,
        existing={p.key: p for p in stored_pods},
        claims={c.key: c for c in claims},
    )
    expand_manifests(inventory, specs, planned)
    _note_skipped(inventory)
    made = Snapshot(
        nodes=nodes,
        pods=(*planned.existing.values(), *planned.pods),
        claims=tuple(planned.claims.values()),
        volumes=tuple(volume(v.name, v.stored) for v in inventory.of("PersistentVolume")),
        storage_classes=tuple(storage_class(c.name, c.stored) for c in inventory.of("StorageClass")),
        csi_nodes=tuple(csi_node(n.name, n.stored) for n in inventory.of("CSINode")),
        csi_drivers=tuple(csi_driver(d.name, d.stored) for d in inventory.of("CSIDriver")),
        capacities=tuple(storage_capacity(c.stored) for c in inventory.of("CSIStorageCapacity")),
        attachments=tuple(attachment(a.name, a.stored) for a in inventory.of("VolumeAttachment")),
        namespaces=_namespaces(inventory, (*planned.existing.values(), *planned.pods)),
        services=tuple(_service(s) for s in inventory.of("Service")),
        controllers=(*_stored_controllers(inventory), *planned.controllers),
        resource_claims=tuple(_resource_claim(c) for c in inventory.of("ResourceClaim")),
    )
    warnings = [
        *(missing_kinds(inventory.dumped, made) if warn_of_missing else ()),
        *node_warnings(nodes),
        *missing_nodes(made),
        *_binding_warnings(inventory, lenient_binding),
        *planned.warnings,
    ]
    return replace(made, skipped=tuple(inventory.skipped.rows()), warnings=tuple(warnings))


def _default_class(inventory: Inventory) -> str | None:
    """W29."""
    return default_storage_class(
        DefaultableClass(
            name=c.name,
            created="" if c.manifest else c.metadata.creation_timestamp or "0",
            annotations=c.metadata.annotations or {},
        )
        for c in inventory.of("StorageClass")
    )


def _stored_pod(loaded: Loaded, inventory: Inventory) -> Pod:
    meta = loaded.metadata
    owner = controller(meta)
    labels = frozendict(meta.labels or {})
    workload = _workload(owner, loaded.namespace, labels, inventory) if owner else None
    stored: raw.Pod = loaded.stored
    known = workload and inventory.get(workload.kind, workload.namespace, workload.name)
    identity = Identity(
        namespace=loaded.namespace,
        name=loaded.name,
        uid=meta.uid or "",
        labels=labels,
        owner=owner,
        workload=workload,
        ordinal=ordinal_of(loaded.name, labels) if owner and owner.kind == "StatefulSet" else None,
        source=f"{workload} spec.template" if known else f"Pod/{loaded.label}",
        terminating=meta.deletion_timestamp is not None,
    )
    return pod(identity, stored.spec or raw.PodSpec(), stored.status)


def _workload(owner: Owner, namespace: str, labels: Mapping[str, str], inventory: Inventory) -> WorkloadKey:
    """The workload a user would name. A ReplicaSet that was not dumped has its Deployment in its name."""
    kind, name = owner.kind, owner.name
    if kind == "ReplicaSet":
        replica_set = inventory.get(kind, namespace, name)
        above = controller(replica_set.metadata) if replica_set else None
        suffix = f"-{labels.get(HASH_LABEL, '')}"
        if above is not None:
            kind, name = above.kind, above.name
        elif replica_set is None and len(suffix) > 1 and name.endswith(suffix):
            kind, name = "Deployment", name.removesuffix(suffix)
    return WorkloadKey(kind=kind, namespace=namespace, name=name)


def _stored_controllers(inventory: Inventory) -> Iterator[Controller]:
    """T21. Manifests of these kinds are added when they are expanded."""
    for kind in _CONTROLLERS:
        for loaded in inventory.of(kind):
            if loaded.manifest:
                continue
            spec = loaded.stored.spec
            plain = kind == "ReplicationController"
            yield Controller(
                kind=kind,
                namespace=loaded.namespace,
                name=loaded.name,
                selector=_map_selector(spec) if plain else label_selector(spec.selector),
                owner=controller(loaded.metadata),
            )


def _map_selector(spec: raw.ReplicationControllerSpec) -> LabelSelector:
    """W6: a ReplicationController's selector defaults to the labels of its template."""
    return equals(spec.selector or template_labels(spec.template))


def _service(loaded: Loaded) -> Service:
    stored: raw.Service = loaded.stored
    selector = stored.spec.selector if stored.spec else None
    return Service(namespace=loaded.namespace, name=loaded.name, selector=frozendict(selector or {}))


def _resource_claim(loaded: Loaded) -> ResourceClaim:
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


def _namespaces(inventory: Inventory, pods: Iterable[Pod]) -> frozendict[str, frozendict[str, str]]:
    """S2, and W37: a namespace that was not dumped is known from the pods in it."""
    found = {n.name: dict(n.metadata.labels or {}) for n in inventory.of("Namespace")}
    for known in pods:
        found.setdefault(known.namespace, {})
    return frozendict({name: frozendict(namespace_labels(name, labels)) for name, labels in found.items()})


def _note_skipped(inventory: Inventory) -> None:
    for budget in inventory.of("PodDisruptionBudget"):
        inventory.skipped.add(DISRUPTION_BUDGET, f"PodDisruptionBudget/{budget.label}")
    for limit in inventory.of("LimitRange"):
        if has_other_limits(limit.stored):
            inventory.skipped.add(OTHER_LIMITS, f"LimitRange/{limit.label}")
    for wanted in inventory.of("PersistentVolumeClaim"):
        spec: raw.ClaimSpec | None = wanted.stored.spec
        if spec is not None and not spec.volume_name and (spec.data_source or spec.data_source_ref):
            inventory.skipped.add(DATA_SOURCE, f"PersistentVolumeClaim/{wanted.label}")


def _binding_warnings(inventory: Inventory, lenient: bool) -> Iterator[str]:
    """V47."""
    found = [
        claim_key(c.namespace, c.name) for c in inventory.of("PersistentVolumeClaim") if says_bound(c.stored)
    ]
    if found and lenient:
        yield f"claims taken as bound by their phase alone: {found[0]} and {len(found) - 1} more (V47)"
    elif found:
        yield (
            f"claims with phase Bound but without the annotation pv.kubernetes.io/bind-completed count as "
            f"unbound: {found[0]} and {len(found) - 1} more (V19)"
        )
