"""NodeVolumeLimits: how many volumes of each CSI driver a node can hold (V10-V17)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from copy import copy
from typing import NamedTuple

import numpy as np

from solver.model.csi_translation import REPLACED, counting_driver
from solver.model.names import NodeName, PodKey
from solver.model.node import Node
from solver.model.pod import ClaimUse, Pod
from solver.model.storage import Claim, CSINode
from solver.scheduler.columns import BoolArray, IntArray
from solver.scheduler.plugin import SKIP, PreFilterResult
from solver.scheduler.state import VOLUME_USAGE, ClusterState, NodeState
from solver.scheduler.status import Code, Status
from solver.scheduler.volume_book import VolumeBook

TOO_MANY_VOLUMES = "node(s) exceed max volume count"

_NO_LIMIT = 2**40

_FULL = Status(plugin="NodeVolumeLimits", code=Code.UNSCHEDULABLE, reasons=(TOO_MANY_VOLUMES,))


class Identity(NamedTuple):
    """V11. ``handle`` of an unprovisioned claim is the claim's own key."""

    driver: str
    handle: str


class ForeignClaimError(Exception):
    """A generic ephemeral volume whose claim belongs to somebody else (V2)."""


def not_owner(pod: Pod, claim: Claim) -> str:
    return f"PVC {claim.key} was not created for pod {pod.key} (pod is not owner)"


def owns(pod: Pod, claim: Claim) -> bool:
    """V2: the claim's controller is this very pod."""
    return claim.namespace == pod.namespace and claim.owner is not None and claim.owner.uid == pod.uid


class NodeVolumeLimits:
    name = "NodeVolumeLimits"

    def prefilter(self, pod: Pod, state: ClusterState) -> PreFilterResult:
        if not pod.claims and not pod.inline_volumes:
            return SKIP
        usage = state.table(VOLUME_USAGE, lambda: _Usage(state))

        def has_room(node: NodeState) -> Status | None:
            csi_node = state.volumes.csi_node(node.node.name)
            limits = _limits(csi_node)
            new = volumes_of(pod, csi_node, state.volumes)
            if not new or not limits:
                return None
            present = usage.on(node)
            if present.faults:  # V13
                fault = present.faults[min(present.faults)]  # pods are listed by namespace and name
                return Status(plugin=self.name, code=Code.ERROR, reasons=(fault,))
            if _exceeds(new, present, limits):
                return _FULL
            return None

        def refusals() -> Iterator[tuple[Status, BoolArray]]:
            full, by_themselves = usage.full(pod)
            yield _FULL, full
            for index in by_themselves:
                status = has_room(state.nodes[index])
                if status is not None:
                    alone = state.columns.none()
                    alone[index] = True
                    yield status, alone

        return PreFilterResult(filter=has_room, refusals=refusals)


def volume_slots(node: NodeState, state: ClusterState) -> dict[str, tuple[int, int]]:
    """Per driver with a limit on this node: how many volumes count against it now, and the limit."""
    limits = _limits(state.volumes.csi_node(node.node.name))
    if not limits:
        return {}
    usage = state.table(VOLUME_USAGE, lambda: _Usage(state)).on(node)
    return {driver: (usage.count(driver), limit) for driver, limit in limits.items()}


def _limits(csi_node: CSINode | None) -> dict[str, int]:
    """V10; a driver without a count has no limit."""
    if csi_node is None:
        return {}
    return {driver.name: driver.limit for driver in csi_node.drivers if driver.limit is not None}


def volumes_of(pod: Pod, csi_node: CSINode | None, book: VolumeBook) -> set[Identity]:
    """V11, V16: the volumes of a pod that count on this node.

    A missing claim is left out (V13; a *new* pod with one was rejected in PreFilter, V7 and V18).
    Raises ForeignClaimError.
    """
    found: set[Identity] = set()
    for use in pod.claims:
        identity = _claim_identity(pod, use, csi_node, book)
        if identity is not None:
            found.add(identity)
    for inline in pod.inline_volumes:
        identity = _in_tree(inline.plugin, inline.handle, csi_node)
        if identity is not None:
            found.add(identity)
    return found


def _claim_identity(pod: Pod, use: ClaimUse, csi_node: CSINode | None, book: VolumeBook) -> Identity | None:
    claim = book.claim(use.claim)
    if claim is None:
        return None
    if use.ephemeral and not owns(pod, claim):
        raise ForeignClaimError(not_owner(pod, claim))
    volume = book.volume(claim.volume_name) if claim.volume_name is not None else None
    if volume is None:
        return _future_identity(claim, csi_node, book)
    if volume.driver:
        return Identity(volume.driver, volume.handle) if volume.handle else None
    return _in_tree(volume.plugin, volume.handle, csi_node)


def _future_identity(claim: Claim, csi_node: CSINode | None, book: VolumeBook) -> Identity | None:
    """A claim without a volume counts under its class's provisioner, with a handle of its own."""
    storage_class = book.storage_class(claim.storage_class)
    if storage_class is None:
        return None
    handle = f"unprovisioned {claim.key}"
    if storage_class.provisioner in REPLACED:
        return _in_tree(storage_class.provisioner, handle, csi_node)
    return Identity(storage_class.provisioner, handle) if storage_class.provisioner else None


def _in_tree(plugin: str, handle: str, csi_node: CSINode | None) -> Identity | None:
    driver = counting_driver(plugin, csi_node)
    return Identity(driver, handle) if driver and handle else None


class _NodeUsage:
    """Volumes on one node: by pods, and by attachments no pod accounts for."""

    def __init__(self, attached: set[Identity]) -> None:
        self.users: Counter[Identity] = Counter()
        self.per_driver: Counter[str] = Counter()
        self.attached = attached
        """VolumeAttachments naming the node; each counts under its attacher (V14)."""
        self.faults: dict[PodKey, str] = {}
        """Why the volumes of a pod cannot be told (V13)."""

    def copied(self) -> _NodeUsage:
        twin = _NodeUsage(self.attached)
        twin.users = Counter(self.users)
        twin.per_driver = Counter(self.per_driver)
        twin.faults = {**self.faults}
        return twin

    def shift(self, volumes: set[Identity], delta: int) -> None:
        for identity in volumes:
            before = self.users[identity] > 0
            self.users[identity] += delta
            self.per_driver[identity.driver] += (self.users[identity] > 0) - before  # V12

    def count(self, driver: str) -> int:
        orphans = sum(identity.driver == driver and not self.users[identity] for identity in self.attached)
        return self.per_driver[driver] + orphans


class _Usage:
    """Volumes per node, kept up to date from the journal."""

    def __init__(self, state: ClusterState) -> None:
        self._state = state.lent
        self._cursor = state.journal.everything()
        self._shared: set[int] = set()
        """Nodes whose usage a fork looks at, too."""
        self._nodes = {
            state.node(name).index: _NodeUsage(attached)
            for name, attached in _attachments(state).items()
            if state.has_node(name)
        }
        self._peculiar = set(self._nodes)
        """Nodes with attachments or faults, for which ``_present`` is not the whole truth."""
        self._holders: dict[Identity, frozenset[int]] = {}
        """Nodes that each volume is or was on."""
        self._present: dict[str, IntArray] = {}
        """By driver: [N], volumes that pods bring."""
        self._limits: dict[str, IntArray] = {}

    def fork(self, state: ClusterState) -> _Usage:
        self._refresh()
        twin = copy(self)
        twin._state = state.lent
        twin._cursor = state.journal.from_now()
        twin._nodes = {**self._nodes}
        twin._peculiar = {*self._peculiar}
        twin._holders = {**self._holders}
        twin._present = {driver: counts.copy() for driver, counts in self._present.items()}
        self._shared, twin._shared = set(self._nodes), set(self._nodes)
        return twin

    def on(self, node: NodeState) -> _NodeUsage:
        self._refresh()
        return self._at(node.index)

    def full(self, pod: Pod) -> tuple[BoolArray, set[int]]:
        """[N], nodes without room for the pod's volumes; and those to be asked one by one."""
        self._refresh()
        state = self._state
        full = state.columns.none()
        by_themselves = set(self._peculiar)
        migrated = state.table("migrated plugins", lambda: state.columns.alike(self._drivers_seen))
        for look, first in enumerate(migrated.first):
            csi_node = state.volumes.csi_node(state.nodes[first].node.name)
            volumes = volumes_of(pod, csi_node, state.volumes) if csi_node is not None else set()
            for driver, count in Counter(identity.driver for identity in volumes).items():
                full |= (migrated.of == look) & (self._present_of(driver) + count > self._limits_of(driver))
            by_themselves.update(*(self._holders.get(identity, ()) for identity in volumes))
        full[list(by_themselves)] = False
        return full, by_themselves

    def _drivers_seen(self, node: Node) -> Hashable:
        """All that decides how a pod's volumes are counted on a node (V10, V16)."""
        csi_node = self._state.volumes.csi_node(node.name)
        return None if csi_node is None else csi_node.migrated_plugins

    def _limits_of(self, driver: str) -> IntArray:
        if driver not in self._limits:
            found = (self._state.volumes.csi_node(node.node.name) for node in self._state.nodes)
            self._limits[driver] = np.array([_limits(n).get(driver, _NO_LIMIT) for n in found], np.int64)
        return self._limits[driver]

    def _present_of(self, driver: str) -> IntArray:
        if driver not in self._present:
            self._present[driver] = np.zeros(len(self._state.nodes), dtype=np.int64)
        return self._present[driver]

    def _at(self, index: int) -> _NodeUsage:
        if index not in self._nodes:
            self._nodes[index] = _NodeUsage(set())
        return self._nodes[index]

    def _changeable(self, index: int) -> _NodeUsage:
        if index in self._shared:
            self._shared.remove(index)
            self._nodes[index] = self._nodes[index].copied()
        return self._at(index)

    def _refresh(self) -> None:
        for pod, index, delta in self._cursor.fresh():
            if pod.claims or pod.inline_volumes:
                self._shift(pod, index, delta)

    def _shift(self, pod: Pod, index: int, delta: int) -> None:
        book = self._state.volumes
        usage = self._changeable(index)
        try:
            volumes = volumes_of(pod, book.csi_node(self._state.nodes[index].node.name), book)
        except ForeignClaimError as error:
            self._peculiar.add(index)
            if delta > 0:
                usage.faults[pod.key] = str(error)
            else:
                usage.faults.pop(pod.key, None)
        else:
            usage.shift(volumes, delta)
            for identity in volumes:
                self._holders[identity] = self._holders.get(identity, frozenset()) | {index}
                self._present_of(identity.driver)[index] = usage.per_driver[identity.driver]


def _attachments(state: ClusterState) -> dict[NodeName, set[Identity]]:
    """V14: attachments whose volume exists and is CSI."""
    found: dict[NodeName, set[Identity]] = {}
    for attachment in state.snapshot.attachments:
        if not attachment.attacher or attachment.volume_name is None:
            continue
        volume = state.volumes.volume(attachment.volume_name)
        if volume is not None and volume.driver:
            identity = Identity(attachment.attacher, volume.handle)
            found.setdefault(attachment.node_name, set()).add(identity)
    return found


def _exceeds(new: set[Identity], present: _NodeUsage, limits: dict[str, int]) -> bool:
    """V15; a volume some pod on the node already uses is not new (V12)."""
    added = Counter(identity.driver for identity in new if not present.users[identity])
    return any(
        driver in limits and present.count(driver) + count > limits[driver] for driver, count in added.items()
    )
