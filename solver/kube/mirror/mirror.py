"""The objects of a cluster by kind, and the Snapshot they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec

from solver.errors import Fault
from solver.kube.completeness import missing_kinds, unseen_pods
from solver.kube.expand import POLICY_KINDS, admission_policy
from solver.kube.inventory import Loaded
from solver.kube.kinds import BY_NAME, KINDS
from solver.kube.mirror.change import Change, Shift
from solver.kube.mirror.expected import Expected, Touched
from solver.kube.mirror.namespaces import Namespaces
from solver.kube.mirror.plain import READINGS, WORKLOAD_READINGS, PlainKind
from solver.kube.mirror.pods import StoredPods
from solver.kube.mirror.reader import read_object
from solver.kube.mirror.remarks import Remarks
from solver.kube.mirror.shown import Shown
from solver.kube.mirror.table import Table
from solver.kube.nodes import node, node_warnings
from solver.kube.stateful_sets import controller_of_set
from solver.kube.storage import ClaimContext, claim
from solver.kube.stored import CONTROLLERS, default_class, stored_pod, stored_workload
from solver.model.names import ClaimKey, PodKey
from solver.model.node import Node
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Controller, Snapshot, Workload
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
        self.unlisted: frozenset[str] = frozenset()
        """Kinds of which nothing is known because they could not be listed (W37)."""
        self._begun = False
        self._context = ClaimContext()
        self._loaded: dict[str, Table[Loaded]] = {kind: Table() for kind in BY_NAME}
        """Of every kind but nodes and pods, which are many and large."""
        self._plain = {kind: PlainKind(reading) for kind, reading in READINGS.items()}
        self._workloads = {kind: PlainKind(reading) for kind, reading in WORKLOAD_READINGS.items()}
        self._remarks = Remarks()
        self._namespaces = Namespaces()
        self._nodes: Table[Node] = Table()
        self._pods = StoredPods(self.get)
        self._claims: Table[Claim] = Table()
        self._expected = Expected(self._pods.by_key)
        self._pods_shown: Shown[PodKey, Pod] = Shown(self._pod_now)
        self._claims_shown: Shown[ClaimKey, Claim] = Shown(self._claim_now)

    # objects

    def get(self, kind: str, namespace: str, name: str) -> Loaded | None:
        """Of every kind but nodes and pods."""
        known = self._loaded.get(kind)
        return known.get(f"{namespace}/{name}" if namespace else name) if known is not None else None

    def of(self, kind: str) -> tuple[Loaded, ...]:
        """Of every kind but nodes and pods, in key order."""
        return self._loaded[kind].values()

    def labels(self, kind: str) -> set[str]:
        """The names of all objects of a kind, those with faults included."""
        faulty = {label for of_kind, label in self.faults if of_kind == kind}
        known: Iterable[str] = self._loaded[kind]
        if kind == "Pod":
            known = self._pods.by_key
        elif kind == "Node":
            known = self._nodes
        return faulty.union(known)

    @property
    def nodes(self) -> tuple[Node, ...]:
        return self._nodes.values()

    @property
    def pods(self) -> tuple[Pod, ...]:
        """Those that exist."""
        return self._pods.values()

    def sets(self) -> tuple[Loaded, ...]:
        """StatefulSets of which replicas are expected if they are missing, in key order."""
        return tuple(self._expected.sets())

    # changes

    def begin(self) -> None:
        """Everything was listed; from here on changes are told."""
        self._begun = True
        self._context = self._claim_context()
        for loaded in self.of("PersistentVolumeClaim"):
            self._read_claim(loaded.label, loaded)
        for key in tuple(self._pods.by_key):
            self._pods.put(self._pods.renewed(key))
        self._expected.change_rules(admission_policy(self.of), self._context)
        for loaded in self.of("StatefulSet"):
            self._expected.change_set(loaded.label, loaded)
        self._tell(Touched(frozenset({*self._pods.by_key, *self._expected.pods}), self._all_claim_keys()))

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
        before = self._nodes.get(label)
        now = node(loaded.name, loaded.stored) if loaded is not None else None
        if now == before:
            return []
        self._nodes.set(label, now)
        return [Shift.SCORES if before and now and _filters_alike(before, now) else Shift.RULES]

    def _change_pod(self, key: PodKey, loaded: Loaded | None) -> list[Change]:
        now = stored_pod(loaded, self.get) if loaded is not None else None
        if now == self._pods.by_key.get(key):
            return []
        if now is None:
            self._pods.drop(key)
        else:
            self._pods.put(now)
        if not self._begun:
            return []
        touched = self._expected.change_pod(key)
        return self._tell(Touched(touched.pods | {key}, touched.claims))

    def _change_object(self, kind: str, label: str, loaded: Loaded | None) -> list[Change]:
        table = self._loaded[kind]
        before = table.get(label)
        if (before and before.stored) == (loaded and loaded.stored):
            return []
        table.set(label, loaded)
        self._remarks.change(kind, label, loaded)
        models = (self._plain.get(kind), self._workloads.get(kind))
        changes = [change for model in models if model is not None for change in model.change(label, loaded)]
        if kind == "Namespace":
            changes = self._namespaces.change(label, loaded)
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
            touched = self._expected.change_set(label, loaded)
        if kind in _ABOVE_PODS:
            pods = self._renew_pods(WorkloadKey(kind=kind, namespace=known.namespace, name=known.name))
            touched = Touched(touched.pods | pods, touched.claims)
        return self._tell(touched)

    def _renew_pods(self, workload: WorkloadKey) -> frozenset[PodKey]:
        keys = self._pods.owned(workload)
        for key in keys:
            self._pods.put(self._pods.renewed(key))
        return frozenset(keys)

    def _read_claim(self, label: str, loaded: Loaded | None) -> None:
        now = None
        if loaded is not None:
            now = claim(loaded.namespace, loaded.name, loaded.stored, self._context)
        self._claims.set(label, now)

    def _change_rules(self, namespace: str) -> Touched:
        """W24-W29: what is made of templates, and of claims that name no class."""
        context = self._claim_context()
        touched = self._expected.change_rules(admission_policy(self.of), context, namespace)
        if context == self._context:
            return touched
        self._context = context
        for loaded in self.of("PersistentVolumeClaim"):
            self._read_claim(loaded.label, loaded)
        return Touched(touched.pods, touched.claims | self._all_claim_keys())

    def _claim_context(self) -> ClaimContext:
        return ClaimContext(default_class=default_class(self.of("StorageClass")))

    def _all_claim_keys(self) -> frozenset[ClaimKey]:
        to_come = (claim.key for replica in self._expected.replicas() for claim in replica.claims)
        return frozenset({*map(ClaimKey, self._claims), *to_come})

    def _tell(self, touched: Touched) -> list[Change]:
        """Claims first: whoever hears of a pod knows its claims."""
        pods = self._pods_shown.look(touched.pods)
        self._namespaces.follow(pods)
        return [*self._claims_shown.look(touched.claims), *pods]

    def _pod_now(self, key: PodKey) -> Pod | None:
        """An expected pod takes the place of one that has finished (W15)."""
        return self._expected.pods.get(key) or self._pods.by_key.get(key)

    def _claim_now(self, key: ClaimKey) -> Claim | None:
        return self._claims.get(key) or self._expected.claim(key)

    # the snapshot

    def snapshot(self) -> Snapshot:
        plain = {kind: kept.values() for kind, kept in self._plain.items()}
        made = Snapshot(
            nodes=self.nodes,
            pods=self._all_pods(),
            claims=self._all_claims(),
            volumes=plain["PersistentVolume"],
            storage_classes=plain["StorageClass"],
            csi_nodes=plain["CSINode"],
            csi_drivers=plain["CSIDriver"],
            capacities=plain["CSIStorageCapacity"],
            attachments=plain["VolumeAttachment"],
            namespaces=self._namespaces.labels(),
            services=plain["Service"],
            controllers=tuple(self._controllers()),
            workloads=tuple(self._all_workloads()),
            budgets=plain["PodDisruptionBudget"],
            resource_claims=plain["ResourceClaim"],
            skipped=self._remarks.skipped(),
        )
        return replace(made, warnings=tuple(self._warnings(made)))

    def _all_pods(self) -> tuple[Pod, ...]:
        existing, expected = self._pods.values(), self._expected.pods
        if not expected.keys().isdisjoint(self._pods.by_key):
            existing = tuple(pod for pod in existing if pod.key not in expected)
        return (*existing, *(replica.pod for replica in self._expected.replicas()))

    def _all_claims(self) -> tuple[Claim, ...]:
        to_come = (claim.key for replica in self._expected.replicas() for claim in replica.claims)
        new = (self._expected.claim(key) for key in dict.fromkeys(to_come) if key not in self._claims)
        return (*self._claims.values(), *(claim for claim in new if claim is not None))

    def _controllers(self) -> Iterator[Controller]:
        """As ``assemble`` has them: sets that are expanded come last."""
        expanded = {loaded.label: controller_of_set(loaded) for loaded in self._expected.sets()}
        for kind in CONTROLLERS:
            yield from self._plain[kind].without(expanded if kind == "StatefulSet" else ())
        yield from expanded.values()

    def _all_workloads(self) -> Iterator[Workload]:
        """Likewise."""
        expanded = {loaded.label: stored_workload(loaded) for loaded in self._expected.sets()}
        for kind, models in self._workloads.items():
            if kind == "StatefulSet":
                yield from models.without(expanded)
                yield from expanded.values()
            else:
                yield from models.values()

    def _warnings(self, made: Snapshot) -> Iterator[str]:
        yield from missing_kinds(BY_NAME.keys() - self.unlisted, made)
        yield from node_warnings(self.nodes)
        yield from unseen_pods(self._pods.elsewhere(self._nodes))
        yield from self._remarks.warnings()
        yield from self._expected.warnings()


def _filters_alike(one: Node, other: Node) -> bool:
    """Images bear on scores only, annotations and readiness (G4) on reports."""
    return one == replace(other, images=one.images, annotations=one.annotations, ready=one.ready)
