"""Which volumes the unbound claims of a pod would get on one node (V27-V37).

A function of the claims, the node and the volume book; what to report about it is the plugin's business
(``volume_binding``). Source: ``volumebinding/binder.go`` and ``FindMatchingVolume`` at v1.34.1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from solver.model.names import VolumeName
from solver.model.node import Node
from solver.model.pod import Pod
from solver.model.quantity import whole
from solver.model.selector import selects
from solver.model.storage import NO_PROVISIONER, Claim, StorageCapacity, StorageClass, Volume
from solver.scheduler.volume_book import Undo, VolumeBook

BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind"
NOT_ENOUGH_SPACE = "node(s) did not have enough free storage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What would happen to a pod's delayed claims on a node; with a ``reason``, nothing would."""

    static: tuple[tuple[Claim, Volume], ...] = ()
    provisioned: tuple[Claim, ...] = ()
    reason: str = ""


NOTHING = Binding()


def delayed_claims(pod: Pod, book: VolumeBook) -> tuple[Claim, ...]:
    """V20, in pod volume order; a claim used by two volumes of the pod appears twice."""
    claims = (book.claim(use.claim) for use in pod.claims)
    return tuple(claim for claim in claims if claim is not None and is_delayed(claim, book))


def is_delayed(claim: Claim, book: VolumeBook) -> bool:
    """V20."""
    if claim.volume_name is not None:
        return False
    storage_class = book.storage_class(claim.storage_class)
    return storage_class is not None and storage_class.waits


def assume(pod: Pod, node: Node, book: VolumeBook) -> tuple[Binding, Undo]:
    """V36: what placing the pod on the node does to the book at once."""
    claims = delayed_claims(pod, book)
    if not claims:
        return NOTHING, ()
    binding = bind(claims, node, book)
    return binding, book.assume(binding.static, binding.provisioned, node.name)


def bind(claims: Iterable[Claim], node: Node, book: VolumeBook) -> Binding:
    """V27-V28: claims already promised to a node, then a static volume each, then provisioning."""
    provisioned: list[Claim] = []
    to_match: list[Claim] = []
    for claim in claims:
        if claim.selected_node is None:
            to_match.append(claim)
        elif claim.selected_node == node.name:
            provisioned.append(claim)
        else:
            return Binding(reason=BIND_CONFLICT)
    static, unmatched = _match(to_match, node, book)
    provisioned += unmatched
    for claim in provisioned:
        reason = _provisioning_obstacle(claim, node, book)
        if reason:
            return Binding(reason=reason)
    return Binding(static=tuple(static), provisioned=tuple(provisioned))


def _match(
    claims: list[Claim], node: Node, book: VolumeBook
) -> tuple[list[tuple[Claim, Volume]], list[Claim]]:
    """V29, V33: greedy, by ascending size (the sort is stable), never taken back."""
    static: list[tuple[Claim, Volume]] = []
    unmatched: list[Claim] = []
    taken: set[VolumeName] = set()
    for claim in sorted(claims, key=lambda claim: claim.request_milli):
        volume = _find_volume(claim, node, book, taken)
        if volume is None:
            unmatched.append(claim)
        else:
            taken.add(volume.name)
            static.append((claim, volume))
    return static, unmatched


def _find_volume(claim: Claim, node: Node, book: VolumeBook, taken: Collection[VolumeName]) -> Volume | None:
    for volume in book.reserved_for(claim):
        if volume.name not in taken and _suits(volume, claim):
            return volume if reaches(volume, node) else None  # V31: it hides every other volume
    for volume in book.unclaimed(claim, node.labels):
        if (
            volume.name not in taken
            and _suits(volume, claim)
            and _is_offered(volume, claim)
            and reaches(volume, node)
        ):
            return volume
    return None


def _suits(volume: Volume, claim: Claim) -> bool:
    """V30, apart from claimRef."""
    return (
        volume.capacity_milli >= claim.request_milli
        and volume.volume_mode == claim.volume_mode
        and volume.attributes_class == claim.attributes_class
        and not volume.deleting
    )


def _is_offered(volume: Volume, claim: Claim) -> bool:
    """V32, apart from the node."""
    return (
        volume.phase == "Available"
        and (claim.selector is None or selects(claim.selector, volume.labels))
        and set(claim.access_modes) <= set(volume.access_modes)
    )


def reaches(volume: Volume, node: Node) -> bool:
    """V23, V24; no affinity means any node."""
    return volume.node_affinity is None or volume.node_affinity.reaches(node.labels)


def _provisioning_obstacle(claim: Claim, node: Node, book: VolumeBook) -> str:
    """V34, then V35; "" when the claim could be provisioned on the node."""
    storage_class = book.storage_class(claim.storage_class)
    assert storage_class is not None  # a claim whose class is missing is not delayed (V20)
    if storage_class.provisioner in ("", NO_PROVISIONER) or not _allows(storage_class, node):
        return BIND_CONFLICT
    return "" if _has_capacity(claim, storage_class, node, book) else NOT_ENOUGH_SPACE


def _allows(storage_class: StorageClass, node: Node) -> bool:
    """V34: terms are ORed, a term without expressions matches nothing."""
    terms = storage_class.allowed_topologies
    return not terms or any(
        bool(term.requirements) and all(node.labels.get(key) in values for key, values in term.requirements)
        for term in terms
    )


def _has_capacity(claim: Claim, storage_class: StorageClass, node: Node, book: VolumeBook) -> bool:
    """V35: each claim on its own."""
    driver = book.csi_driver(storage_class.provisioner)
    if driver is None or not driver.storage_capacity or claim.request_milli == 0:
        return True
    return any(
        _holds(capacity, claim) and selects(capacity.node_topology, node.labels)
        for capacity in book.capacities(storage_class.name)
    )


def _holds(capacity: StorageCapacity, claim: Claim) -> bool:
    """V35; both sides are rounded up to whole bytes before they are compared."""
    limit = capacity.maximum_volume_milli
    if limit is None:
        limit = capacity.capacity_milli
    return limit is not None and whole(limit) >= whole(claim.request_milli)
