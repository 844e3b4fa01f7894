"""What claims decide together: attach limits (V10-V17), static volumes (V29-V33), shared claims
(V8, V36, V44)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from solver.compile.access import Access, ClaimAccess
from solver.compile.classes import claim_users
from solver.compile.counts import RunningPods
from solver.compile.problem import (
    UNLIMITED,
    BoolArray,
    ClaimKind,
    IntArray,
    PodClass,
    SharedClaim,
    VolumeGroup,
    VolumeLimit,
)
from solver.model.csi_translation import REPLACED, counting_driver
from solver.model.names import ClaimKey
from solver.model.node import Node
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import IN_TREE_DRIVERS, READ_WRITE_ONCE, Claim, CSINode, Volume

_MANY_NODES = frozenset({"ReadWriteMany", "ReadOnlyMany"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeRules:
    """Everything this module compiles; ``blocked`` [C, N] are nodes that shared claims rule out at once."""

    limits: tuple[VolumeLimit, ...]
    kinds: tuple[ClaimKind, ...]
    groups: tuple[VolumeGroup, ...]
    shared: tuple[SharedClaim, ...]
    blocked: BoolArray
    approximations: tuple[str, ...]


def volume_rules(
    snapshot: Snapshot,
    nodes: tuple[Node, ...],
    classes: tuple[PodClass, ...],
    access: Access,
    running: RunningPods,
    *,
    strict_rwo: bool,
) -> VolumeRules:
    return _Compiler(snapshot, nodes, classes, access, running, strict_rwo).rules()


class _Compiler:
    def __init__(
        self,
        snapshot: Snapshot,
        nodes: tuple[Node, ...],
        classes: tuple[PodClass, ...],
        access: Access,
        running: RunningPods,
        strict_rwo: bool,
    ) -> None:
        self._snapshot = snapshot
        self._nodes = nodes
        self._classes = classes
        self._access = access
        self._running = running
        self._strict_rwo = strict_rwo
        self._csi = [snapshot.csi_node_by_name.get(n.name) for n in nodes]
        everyone = tuple(p for c in classes for p in c.members)
        self._users = claim_users(snapshot, everyone)
        self._approximations: set[str] = set()

    def rules(self) -> VolumeRules:
        kinds, groups, kind_of = self._static()
        present = self._present_volumes()
        drivers = self._limited_drivers()
        shared, blocked = self._shared(kind_of, drivers, present)
        return VolumeRules(
            limits=tuple(self._limit(driver, present) for driver in drivers),
            kinds=kinds,
            groups=groups,
            shared=shared,
            blocked=blocked,
            approximations=tuple(sorted(self._approximations)),
        )

    # attach limits

    def _limited_drivers(self) -> list[str]:
        """Drivers with a limit somewhere that some asked pod brings volumes of."""
        brought = {
            driver
            for c in self._classes
            for pod in c.members
            for csi in {id(x): x for x in self._csi}.values()
            for driver, _ in self._identities(pod, csi)
        }
        limited = {d.name for csi in self._csi if csi for d in csi.drivers if d.limit is not None}
        return sorted(brought & limited)

    def _identities(self, pod: Pod, csi: CSINode | None) -> set[tuple[str, str]]:
        """(driver, handle) of the volumes a pod brings to a node (V11, V16), inline ones included."""
        found = {self._claim_identity(use.claim, csi) for use in pod.claims}
        for inline in pod.inline_volumes:
            driver = counting_driver(inline.plugin, csi)
            found.add((driver, inline.handle) if driver else None)
        return {identity for identity in found if identity is not None}

    def _claim_identity(self, key: ClaimKey, csi: CSINode | None) -> tuple[str, str] | None:
        claim = self._snapshot.claim_by_key.get(key)
        if claim is None:
            return None
        volume = self._snapshot.volume_by_name.get(claim.volume_name) if claim.volume_name else None
        if volume is None:
            storage_class = self._snapshot.class_by_name.get(claim.storage_class)
            provisioner = storage_class.provisioner if storage_class else ""
            driver = counting_driver(provisioner, csi) if provisioner in REPLACED else provisioner
            return (driver, f"claim {key}") if driver else None
        driver = volume.driver or counting_driver(volume.plugin, csi)
        return (driver, volume.handle) if driver and volume.handle else None

    def _present_volumes(self) -> list[dict[str, set[str]]]:
        """Per node, driver to handles already used by pods there (V12)."""
        found: list[dict[str, set[str]]] = [defaultdict(set) for _ in self._nodes]
        for node, pod in self._running.on_nodes():
            if pod.claims or pod.inline_volumes:
                for driver, handle in self._identities(pod, self._csi[node]):
                    found[node][driver].add(handle)
        return found

    def _limit(self, driver: str, present: list[dict[str, set[str]]]) -> VolumeLimit:
        attached = self._attachments(driver, present)
        free = np.full(len(self._nodes), UNLIMITED, dtype=np.int64)
        for node, csi in enumerate(self._csi):
            entry = csi.driver(driver) if csi else None
            if entry is not None and entry.limit is not None:
                free[node] = entry.limit - len(present[node][driver]) - attached[node]
        added = np.array([self._added(c.sample, driver) for c in self._classes], dtype=np.int64)
        return VolumeLimit(driver=driver, added=added, free=free)

    def _added(self, pod: Pod, driver: str) -> int:
        """Volumes of the driver that only this pod uses; the same on every node that has the driver."""
        csi = CSINode(name=self._nodes[0].name, migrated_plugins=frozenset(IN_TREE_DRIVERS))
        own = {self._claim_identity(u.claim, csi) for u in pod.claims if self._users[u.claim] == 1}
        own |= {(counting_driver(i.plugin, csi) or "", i.handle) for i in pod.inline_volumes}
        return sum(1 for identity in own if identity is not None and identity[0] == driver)

    def _attachments(self, driver: str, present: list[dict[str, set[str]]]) -> IntArray:
        """[N], attachments no pod on the node accounts for (V14)."""
        index = {n.name: i for i, n in enumerate(self._nodes)}
        seen: set[tuple[int, str]] = set()
        asked = {
            identity[1]
            for c in self._classes
            for p in c.members
            for identity in self._identities(p, None)
            if identity[0] == driver
        }
        for attachment in self._snapshot.attachments:
            node = index.get(attachment.node_name)
            volume = (
                self._snapshot.volume_by_name.get(attachment.volume_name) if attachment.volume_name else None
            )
            if node is None or attachment.attacher != driver or volume is None or not volume.driver:
                continue
            if volume.handle in asked:
                self._approximations.add("attachment of a volume that is asked about stays counted (V14)")
            if volume.handle not in present[node][driver]:
                seen.add((node, volume.handle))
        return np.bincount([node for node, _ in seen], minlength=len(self._nodes)).astype(np.int64)

    # static volumes

    def _static(self) -> tuple[tuple[ClaimKind, ...], tuple[VolumeGroup, ...], dict[ClaimKey, int]]:
        """Claim kinds that may need a static volume, volume groups, and the kind of every such claim."""
        views: dict[ClaimKey, ClaimAccess] = {}
        for c in self._classes:
            for pod in c.members:
                for use in pod.claims:
                    views[use.claim] = self._access.of(pod, use)
        needy = {k: v for k, v in views.items() if v.candidates and not (v.provisionable >= v.nodes).all()}
        signature = {k: _kind_signature(v) for k, v in needy.items()}
        kinds = list(dict.fromkeys(signature.values()))
        kind_of = {key: kinds.index(s) for key, s in signature.items()}
        samples = {kind_of[key]: view for key, view in needy.items()}
        groups, groups_of = self._groups([samples[i].candidates for i in range(len(kinds))])
        per_pod = np.zeros((len(kinds), len(self._classes)), dtype=np.int64)
        for index, c in enumerate(self._classes):
            for use in c.sample.claims:
                if use.claim in kind_of and self._users[use.claim] == 1:
                    per_pod[kind_of[use.claim], index] += 1
        if any(v.provisionable.any() for v in needy.values()):
            self._approximations.add("a claim may take a static volume where it could be provisioned (V28)")
        compiled = tuple(
            ClaimKind(per_pod=per_pod[i], groups=groups_of[i], needed=~samples[i].provisionable)
            for i in range(len(kinds))
        )
        return compiled, groups, kind_of

    def _groups(
        self, candidates: list[tuple[Volume, ...]]
    ) -> tuple[tuple[VolumeGroup, ...], list[tuple[int, ...]]]:
        """Volumes with the same reach that the same kinds accept become one group."""
        takers: dict[str, list[int]] = defaultdict(list)
        volumes: dict[str, Volume] = {}
        for kind, accepted in enumerate(candidates):
            for volume in accepted:
                takers[volume.name].append(kind)
                volumes[volume.name] = volume
        alike: dict[tuple[tuple[int, ...], bytes], list[Volume]] = defaultdict(list)
        for name, volume in volumes.items():
            alike[tuple(takers[name]), self._access.reach(volume.node_affinity).tobytes()].append(volume)
        groups: list[VolumeGroup] = []
        groups_of: list[list[int]] = [[] for _ in candidates]
        for (kinds, _), members in alike.items():
            for kind in kinds:
                groups_of[kind].append(len(groups))
            groups.append(VolumeGroup(size=len(members), reach=self._access.reach(members[0].node_affinity)))
        return tuple(groups), [tuple(g) for g in groups_of]

    # shared claims

    def _shared(
        self, kind_of: dict[ClaimKey, int], drivers: list[str], present: list[dict[str, set[str]]]
    ) -> tuple[tuple[SharedClaim, ...], BoolArray]:
        blocked = np.zeros((len(self._classes), len(self._nodes)), dtype=np.bool_)
        users: dict[ClaimKey, list[int]] = defaultdict(list)
        for index, c in enumerate(self._classes):
            for key in {use.claim for pod in c.members for use in pod.claims}:
                users[key].append(index)
        found: list[SharedClaim] = []
        for key in sorted(users):
            claim = self._snapshot.claim_by_key.get(key)
            if claim is None or (self._users[key] < 2 and not claim.single_pod):
                continue
            homes = [n for n, pod in self._running.on_nodes() if any(u.claim == key for u in pod.claims)]
            self._block(claim, users[key], homes, blocked)
            found.append(
                SharedClaim(
                    users=tuple(users[key]),
                    one_node=self._keeps_to_one_node(claim),
                    one_pod=claim.single_pod,
                    drivers=self._shared_volumes(key, drivers, present),
                    claim_kind=kind_of.get(key),
                )
            )
        return tuple(found), blocked

    def _keeps_to_one_node(self, claim: Claim) -> bool:
        if not claim.is_bound:
            if self._access_is_static(claim):
                self._approximations.add("pods sharing an unbound static claim are kept on one node (V36)")
            return True
        return (
            self._strict_rwo
            and READ_WRITE_ONCE in claim.access_modes
            and not (_MANY_NODES & set(claim.access_modes))
        )

    def _access_is_static(self, claim: Claim) -> bool:
        storage_class = self._snapshot.class_by_name.get(claim.storage_class)
        return storage_class is not None and any(
            v.storage_class == claim.storage_class for v in self._snapshot.volumes
        )

    def _block(self, claim: Claim, classes: list[int], homes: list[int], blocked: BoolArray) -> None:
        """Where running users leave no room: RWOP (V8) anywhere, RWO (V44) on every other node."""
        if not homes:
            return
        if claim.single_pod:
            blocked[classes, :] = True
        elif self._keeps_to_one_node(claim):
            elsewhere = np.ones(len(self._nodes), dtype=np.bool_)
            if len(set(homes)) == 1:
                elsewhere[homes] = False
            blocked[classes] |= elsewhere

    def _shared_volumes(
        self, key: ClaimKey, drivers: list[str], present: list[dict[str, set[str]]]
    ) -> tuple[tuple[int, IntArray], ...]:
        """V12: one volume however many pods use it, none where a running pod has it already."""
        found: list[tuple[int, IntArray]] = []
        for index, driver in enumerate(drivers):
            added = np.zeros(len(self._nodes), dtype=np.int64)
            for node, csi in enumerate(self._csi):
                identity = self._claim_identity(key, csi)
                if identity is not None and identity[0] == driver:
                    added[node] = identity[1] not in present[node][driver]
            if added.any():
                found.append((index, added))
        return tuple(found)


def _kind_signature(view: ClaimAccess) -> Hashable:
    assert view.claim is not None
    return (view.claim.storage_class, tuple(v.name for v in view.candidates), view.provisionable.tobytes())
