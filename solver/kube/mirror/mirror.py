"""What a changed object changes."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from solver.errors import Fault
from solver.kube.expand import POLICY_KINDS, admission_policy
from solver.kube.inventory import Loaded
from solver.kube.kinds import KINDS
from solver.kube.mirror.change import Change, Shift
from solver.kube.mirror.expected import Touched
from solver.kube.mirror.kept import Kept
from solver.kube.mirror.reader import read_object
from solver.kube.mirror.shown import Shown
from solver.kube.mirror.view import snapshot_of
from solver.kube.nodes import node
from solver.kube.storage import ClaimContext, claim
from solver.kube.stored import default_class, stored_pod
from solver.model.names import ClaimKey, PodKey
from solver.model.node import Node
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.model.storage import Claim

_ABOVE_PODS = frozenset(kind.name for kind in KINDS.values() if kind.workload and kind.name != "Pod")


class Mirror:
    """Filled with what was listed, then begun, then changed object by object. Not safe for several threads.

    Objects are named by ``namespace/name``, or by name alone. One that cannot be read counts as absent and
    is in ``faults``. Until ``begin`` nothing is derived and no change is told.
    """

    def __init__(self) -> None:
        self.faults: dict[tuple[str, str], tuple[Fault, ...]] = {}
        """By kind and name."""
        self.kept = Kept()
        self._begun = False
        self._context = ClaimContext()
        self._pods_shown: Shown[PodKey, Pod] = Shown(self.kept.pod_now)
        self._claims_shown: Shown[ClaimKey, Claim] = Shown(self.kept.claim_now)

    def labels(self, kind: str) -> set[str]:
        """The names of all objects of a kind, those with faults included."""
        return {label for of_kind, label in self.faults if of_kind == kind}.union(self.kept.labels(kind))

    def snapshot(self) -> Snapshot:
        return snapshot_of(self.kept)

    def begin(self) -> None:
        """Everything was listed; from here on changes are told."""
        self._begun = True
        self._context = self._claim_context()
        for loaded in self.kept.of("PersistentVolumeClaim"):
            self._read_claim(loaded.label, loaded)
        for key in tuple(self.kept.pods.by_key):
            self.kept.pods.put(self.kept.pods.renewed(key))
        self.kept.expected.change_rules(admission_policy(self.kept.of), self._context)
        for loaded in self.kept.of("StatefulSet"):
            self.kept.expected.change_set(loaded.label, loaded)
        self._tell(
            Touched(frozenset({*self.kept.pods.by_key, *self.kept.expected.pods}), self.kept.claim_keys())
        )

    def put(self, kind: str, value: msgspec.Raw) -> tuple[str, list[Change]]:
        """One object as it is now: its name, and what that changes."""
        loaded, faults = read_object(kind, value)
        if loaded is None:
            label = faults[0].name
            changes = self.drop(kind, label)
            self.faults[kind, label] = faults
            return label, changes or [Shift.SCORES]
        known = self.faults.pop((kind, loaded.label), None)
        changes = self._change(kind, loaded.label, loaded)
        return loaded.label, changes or ([Shift.SCORES] if known else [])

    def drop(self, kind: str, label: str) -> list[Change]:
        """The object is not there (any more)."""
        known = self.faults.pop((kind, label), None)
        return self._change(kind, label, None) or ([Shift.SCORES] if known else [])

    def _change(self, kind: str, label: str, loaded: Loaded | None) -> list[Change]:
        match kind:
            case "Pod":
                return self._change_pod(PodKey(label), loaded)
            case "Node":
                return self._change_node(label, loaded)
            case _:
                return self._change_object(kind, label, loaded)

    def _change_node(self, label: str, loaded: Loaded | None) -> list[Change]:
        before = self.kept.nodes.get(label)
        now = node(loaded.name, loaded.stored) if loaded is not None else None
        if now == before:
            return []
        self.kept.nodes.set(label, now)
        return [Shift.SCORES if before and now and _filters_alike(before, now) else Shift.RULES]

    def _change_pod(self, key: PodKey, loaded: Loaded | None) -> list[Change]:
        now = stored_pod(loaded, self.kept.get) if loaded is not None else None
        if now == self.kept.pods.by_key.get(key):
            return []
        if now is None:
            self.kept.pods.drop(key)
        else:
            self.kept.pods.put(now)
        if not self._begun:
            return []
        touched = self.kept.expected.change_pod(key)
        return self._tell(Touched(touched.pods | {key}, touched.claims))

    def _change_object(self, kind: str, label: str, loaded: Loaded | None) -> list[Change]:
        table = self.kept.loaded[kind]
        before = table.get(label)
        if (before and before.stored) == (loaded and loaded.stored):
            return []
        table.set(label, loaded)
        self.kept.remarks.change(kind, label, loaded)
        models = (self.kept.plain.get(kind), self.kept.workloads.get(kind))
        changes = [change for model in models if model is not None for change in model.change(label, loaded)]
        if kind == "Namespace":
            changes = self.kept.namespaces.change(label, loaded)
        if self._begun:
            changes = [*changes, *self._consequences(kind, label, before or loaded, loaded)]
        return changes or [Shift.SCORES]

    def _consequences(
        self, kind: str, label: str, known: Loaded | None, loaded: Loaded | None
    ) -> list[Change]:
        """What else depends on an object that came, changed or went."""
        assert known is not None
        if kind == "PersistentVolumeClaim":
            self._read_claim(label, loaded)
            return self._tell(Touched(claims=frozenset({ClaimKey(label)})))
        if kind == "StorageClass" or kind in POLICY_KINDS:
            return self._tell(self._change_rules(known.namespace))
        touched = Touched()
        if kind == "StatefulSet":
            touched = self.kept.expected.change_set(label, loaded)
        if kind in _ABOVE_PODS:
            pods = self._renew_pods(WorkloadKey(kind=kind, namespace=known.namespace, name=known.name))
            touched = Touched(touched.pods | pods, touched.claims)
        return self._tell(touched)

    def _renew_pods(self, workload: WorkloadKey) -> frozenset[PodKey]:
        keys = self.kept.pods.owned(workload)
        for key in keys:
            self.kept.pods.put(self.kept.pods.renewed(key))
        return frozenset(keys)

    def _read_claim(self, label: str, loaded: Loaded | None) -> None:
        now = None
        if loaded is not None:
            now = claim(loaded.namespace, loaded.name, loaded.stored, self._context)
        self.kept.claims.set(label, now)

    def _change_rules(self, namespace: str) -> Touched:
        """W24-W29: what is made of templates, and of claims that name no class."""
        context = self._claim_context()
        touched = self.kept.expected.change_rules(admission_policy(self.kept.of), context, namespace)
        if context == self._context:
            return touched
        self._context = context
        for loaded in self.kept.of("PersistentVolumeClaim"):
            self._read_claim(loaded.label, loaded)
        return Touched(touched.pods, touched.claims | self.kept.claim_keys())

    def _claim_context(self) -> ClaimContext:
        return ClaimContext(default_class=default_class(self.kept.of("StorageClass")))

    def _tell(self, touched: Touched) -> list[Change]:
        """Claims first: whoever hears of a pod knows its claims."""
        pods = self._pods_shown.look(touched.pods)
        self.kept.namespaces.follow(pods)
        return [*self._claims_shown.look(touched.claims), *pods]


def _filters_alike(one: Node, other: Node) -> bool:
    """Images bear on scores only, annotations and readiness (G4) on reports."""
    return one == replace(other, images=one.images, annotations=one.annotations, ready=one.ready)
