"""A sound inventory to a Snapshot. Nothing can fail here any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from frozendict import frozendict

from solver.kube import raw
from solver.kube.budgets import budget
from solver.kube.completeness import missing_kinds, missing_nodes
from solver.kube.defaults import namespace_labels
from solver.kube.expand import expand_manifests
from solver.kube.inventory import Inventory, Key
from solver.kube.nodes import node, node_warnings
from solver.kube.quotas import quota
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
from solver.kube.stored import (
    CONTROLLERS,
    WORKLOADS,
    binding_warnings,
    default_class,
    skipped_feature,
    stored_controller,
    stored_pod,
    stored_resource_claim,
    stored_service,
    stored_workload,
)
from solver.kube.templates import Planned
from solver.model.names import claim_key
from solver.model.node import Node
from solver.model.pod import Pod
from solver.model.snapshot import Controller, Snapshot

_SKIPPED = (
    "PodDisruptionBudget",
    "ResourceQuota",
    "StatefulSet",
    "LimitRange",
    "PersistentVolumeClaim",
    "HorizontalPodAutoscaler",
)
"""Kinds of which some objects are not modelled or not in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What there is besides the inventory's objects, read already. Manifests of the same name replace it."""

    nodes: tuple[Node, ...] = ()
    pods: tuple[Pod, ...] = ()


NOTHING_KNOWN = Known()


def assemble(
    inventory: Inventory,
    specs: Mapping[Key, raw.PodSpec],
    lenient_binding: bool,
    *,
    warn_of_missing: bool,
    known: Known = NOTHING_KNOWN,
) -> Snapshot:
    nodes = tuple(_nodes(inventory, known.nodes))
    context = ClaimContext(
        default_class=default_class(inventory.of("StorageClass")), lenient_binding=lenient_binding
    )
    claims = (claim(c.namespace, c.name, c.stored, context) for c in inventory.of("PersistentVolumeClaim"))
    stored_pods = (stored_pod(p, inventory.get) for p in inventory.of("Pod") if not p.manifest)
    planned = Planned(
        inventory=inventory,
        nodes=nodes,
        claim_context=context,
        existing={p.key: p for p in (*known.pods, *stored_pods)},
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
        services=tuple(stored_service(s) for s in inventory.of("Service")),
        controllers=(*_stored_controllers(inventory), *planned.controllers),
        workloads=tuple(stored_workload(w) for kind in WORKLOADS for w in inventory.of(kind)),
        budgets=tuple(budget(b.namespace, b.name, b.stored) for b in inventory.of("PodDisruptionBudget")),
        quotas=tuple(quota(q.namespace, q.name, q.stored) for q in inventory.of("ResourceQuota")),
        resource_claims=tuple(stored_resource_claim(c) for c in inventory.of("ResourceClaim")),
    )
    warnings = [
        *(missing_kinds(inventory.dumped, made) if warn_of_missing else ()),
        *node_warnings(nodes),
        *missing_nodes(made),
        *_binding_warnings(inventory, lenient_binding),
        *planned.warnings,
    ]
    return replace(made, skipped=tuple(inventory.skipped.rows()), warnings=tuple(warnings))


def _nodes(inventory: Inventory, known: Iterable[Node]) -> Iterator[Node]:
    yield from (n for n in known if inventory.get("Node", "", n.name) is None)
    yield from (node(n.name, n.stored) for n in inventory.of("Node"))


def _stored_controllers(inventory: Inventory) -> Iterator[Controller]:
    """Manifests of these kinds are added when they are expanded."""
    for kind in CONTROLLERS:
        for loaded in inventory.of(kind):
            if not loaded.manifest:
                yield stored_controller(loaded)


def _namespaces(inventory: Inventory, pods: Iterable[Pod]) -> frozendict[str, frozendict[str, str]]:
    """S2, and W37: a namespace that was not dumped is known from the pods in it."""
    found = {n.name: dict(n.metadata.labels or {}) for n in inventory.of("Namespace")}
    for known in pods:
        found.setdefault(known.namespace, {})
    return frozendict({name: frozendict(namespace_labels(name, labels)) for name, labels in found.items()})


def _note_skipped(inventory: Inventory) -> None:
    for kind in _SKIPPED:
        for loaded in inventory.of(kind):
            feature = skipped_feature(loaded)
            if feature is not None:
                inventory.skipped.add(feature, f"{kind}/{loaded.label}")


def _binding_warnings(inventory: Inventory, lenient: bool) -> Iterator[str]:
    """V47."""
    claims = inventory.of("PersistentVolumeClaim")
    return binding_warnings((claim_key(c.namespace, c.name) for c in claims if says_bound(c.stored)), lenient)
