"""The volumes that pods bring to a node and that attach limits count (V10-V12, V16).

A volume is its driver and handle, whatever claim or inline source leads to it. How many more a node takes is
in ``attach_limits``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from solver.compile.access import owns
from solver.compile.problem import UNLIMITED, BoolArray, IntArray
from solver.compile.storage import Storage
from solver.model.csi_translation import PORTWORX, REPLACED, counting_driver
from solver.model.names import ClaimKey
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import IN_TREE_DRIVERS, Claim, CSINode

_NOWHERE: Counter[int] = Counter()


class Identity(NamedTuple):
    """V11, V16. ``plugin`` is set for volumes that count only on nodes that list it as migrated."""

    driver: str
    handle: str
    plugin: str = ""


class Identities:
    """Pods to the volumes they bring."""

    def __init__(self, fixed: Snapshot, storage: Storage) -> None:
        self._fixed = fixed
        self._storage = storage

    def of(self, pod: Pod) -> frozenset[Identity]:
        found = {self._of_claim(use.claim) for use in pod.claims}
        found |= {_in_tree(inline.plugin, inline.handle) for inline in pod.inline_volumes}
        return frozenset(identity for identity in found if identity is not None)

    def has_foreign_claim(self, pod: Pod) -> bool:
        """V13: it uses an ephemeral claim that exists and is not its own."""
        claims = (self._storage.claims.get(use.claim) for use in pod.claims if use.ephemeral)
        return any(claim is not None and not owns(pod, claim) for claim in claims)

    def _of_claim(self, key: ClaimKey) -> Identity | None:
        claim = self._storage.claims.get(key)
        if claim is None:
            return None
        volume = self._storage.volume_of(claim)
        if volume is None:
            return self._future(claim)
        if volume.driver:
            return Identity(volume.driver, volume.handle) if volume.handle else None
        return _in_tree(volume.plugin, volume.handle)

    def _future(self, claim: Claim) -> Identity | None:
        """V11: a claim without a volume counts under its class's provisioner."""
        storage_class = self._fixed.class_by_name.get(claim.storage_class)
        if storage_class is None or not storage_class.provisioner:
            return None
        handle = f"unprovisioned {claim.key}"
        if storage_class.provisioner in REPLACED:
            return _in_tree(storage_class.provisioner, handle)
        return Identity(storage_class.provisioner, handle)


def _in_tree(plugin: str, handle: str) -> Identity | None:
    driver = IN_TREE_DRIVERS.get(plugin)
    if driver is None or not handle:
        return None
    return Identity(driver, handle, plugin if plugin == PORTWORX else "")


class Attached:
    """Volumes of the pods on nodes. What a pod brings depends on its claims and their volumes: take it out
    before they change and put it back afterwards."""

    def __init__(self, fixed: Snapshot, identities: Identities) -> None:
        self._identities = identities
        self._csi = [fixed.csi_node_by_name.get(node.name) for node in fixed.nodes]
        self._counting: dict[str, BoolArray] = {}
        self._limits: dict[str, IntArray] = {}
        self._limited = np.array([csi is not None and _has_limit(csi) for csi in self._csi], dtype=np.bool_)
        self.node_index = {node.name: i for i, node in enumerate(fixed.nodes)}
        self.limited_drivers = {
            d.name for csi in self._csi if csi for d in csi.drivers if d.limit is not None
        }
        """Drivers with a limit on some node."""
        self._users: Counter[Identity] = Counter()
        self._nodes: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        self._used: dict[str, Counter[int]] = defaultdict(Counter)
        self._foreign: Counter[int] = Counter()

    def add(self, pod: Pod) -> None:
        self._change(pod, 1)

    def remove(self, pod: Pod) -> None:
        self._change(pod, -1)

    def _change(self, pod: Pod, by: int) -> None:
        if pod.node_name is None or not (pod.claims or pod.inline_volumes):
            return
        node = self.node_index[pod.node_name]
        self._foreign[node] += by * self._identities.has_foreign_claim(pod)
        for identity in self._identities.of(pod):
            self._users[identity] += by
            if self.counting_nodes(identity.plugin)[node]:
                pods = self._nodes[identity.driver, identity.handle]
                before = pods[node] > 0
                pods[node] += by
                self._used[identity.driver][node] += (pods[node] > 0) - before

    def has_user(self, identity: Identity) -> bool:
        return self._users.get(identity, 0) > 0

    def is_used_on(self, node: int, driver: str, handle: str) -> bool:
        """Some pod there uses the volume and it counts there (V12)."""
        return self._nodes.get((driver, handle), _NOWHERE)[node] > 0

    def nodes_with(self, identity: Identity) -> list[int]:
        """Nodes on which pods use a volume and it counts (V12)."""
        pods = self._nodes.get((identity.driver, identity.handle), _NOWHERE)
        return [node for node, count in pods.items() if count]

    def used(self, driver: str) -> IntArray:
        """[N], volumes of a driver that pods use."""
        counts = np.zeros(len(self._csi), dtype=np.int64)
        used = self._used.get(driver, _NOWHERE)
        counts[list(used)] = list(used.values())
        return counts

    def counting_nodes(self, plugin: str) -> BoolArray:
        """[N], nodes on which volumes of an in-tree plugin, or of a driver ("") count (V10, V16)."""
        if plugin not in self._counting:
            self._counting[plugin] = np.array(
                [
                    csi is not None if not plugin else counting_driver(plugin, csi) is not None
                    for csi in self._csi
                ],
                dtype=np.bool_,
            )
        return self._counting[plugin]

    def limits(self, driver: str) -> IntArray:
        """[N]; UNLIMITED where there is no limit."""
        if driver not in self._limits:
            entries = [csi.driver(driver) if csi else None for csi in self._csi]
            self._limits[driver] = np.array(
                [UNLIMITED if e is None or e.limit is None else e.limit for e in entries], dtype=np.int64
            )
        return self._limits[driver]

    def uncountable_nodes(self) -> BoolArray:
        """[N], nodes with limits and a pod that uses an ephemeral claim of another pod (V13)."""
        mask = np.zeros(len(self._csi), dtype=np.bool_)
        mask[[node for node, pods in self._foreign.items() if pods]] = True
        return mask & self._limited


def _has_limit(csi: CSINode) -> bool:
    return any(driver.limit is not None for driver in csi.drivers)


class Brought:
    """What the asked pods bring along, and which of it counts once a node (V12)."""

    def __init__(self, identities: Identities, attached: Attached, pods: Sequence[Pod]) -> None:
        self._of = {pod.key: identities.of(pod) for pod in pods if pod.claims or pod.inline_volumes}
        users = Counter(identity for found in self._of.values() for identity in found)
        self._together = {i for i, count in users.items() if count > 1 or i.plugin or attached.has_user(i)}

    def of(self, pod: Pod) -> frozenset[Identity]:
        return self._of.get(pod.key, frozenset())

    def shared(self, pod: Pod) -> frozenset[Identity]:
        """Those of its volumes that count once a node, however many pods bring them."""
        return self.of(pod) & self._together

    def own(self, pod: Pod) -> tuple[tuple[str, int], ...]:
        """(driver, volumes) for the rest, by driver."""
        return tuple(sorted(Counter(i.driver for i in self.of(pod) - self._together).items()))

    def all_of(self, pods: Iterable[Pod]) -> set[Identity]:
        return {identity for pod in pods for identity in self.of(pod)}
