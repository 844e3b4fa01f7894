"""The facts a question could fail for: everything written that keeps one of its pods from some node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any

from solver.model.names import ZONE, ClaimKey, PodKey
from solver.model.pod import DiskKind, HostPort, Pod, PodAffinityTerm, WorkloadKey, owner_of, tolerated
from solver.model.selector import selects
from solver.model.snapshot import Snapshot
from solver.model.storage import NO_PROVISIONER, Claim, Volume
from solver.planning.why.facts import ORDER, Fact, FactKind, Rule
from solver.planning.why.relax import PLACE_LABELS, is_cordon

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PODS = "pods"


def facts_of(snapshot: Snapshot, keys: Sequence[PodKey]) -> tuple[Fact, ...]:
    """In the order of ``FactKind``, then by name."""
    gathering = _Gathering(snapshot, [snapshot.pod_by_key[key] for key in keys])
    found = [fact for part in gathering.parts() for fact in part]
    return tuple(sorted(found, key=lambda f: (ORDER[f.kind], f.id, f.index)))


def written_in(pod: Pod, path: str) -> tuple[str, str]:
    """The object a pod's rules are written in, and ``path`` (inside a pod) from that object's top."""
    owner, _, template = pod.source.partition(" ")
    return owner, f"{template}.{path}" if template else path


class _Gathering:
    def __init__(self, snapshot: Snapshot, pods: Sequence[Pod]) -> None:
        self._snapshot = snapshot
        self._pods = pods
        self._keys = {pod.key for pod in pods}
        self._users: dict[ClaimKey, list[Pod]] = defaultdict(list)
        for pod in (*snapshot.running, *pods):
            for use in pod.claims:
                self._users[use.claim].append(pod)

    def parts(self) -> Iterator[Iterable[Fact]]:
        yield self._volume_places()
        yield self._claims()
        yield self._selected_nodes()
        yield self._classes()
        yield self._access_modes()
        yield self._attach_limits()
        yield self._spreads()
        yield self._anti_affinities()
        yield self._of_pods(FactKind.AFFINITY, lambda p: p.affinity, f"spec.affinity.podAffinity.{REQUIRED}")
        yield self._node_selections()
        yield self._taints()
        yield self._cordons()
        yield self._ports_and_disks()
        yield self._devices_and_order()
        yield self._requests()
        yield self._allocatables()

    # rules that pods carry

    def _of_pods(
        self, kind: FactKind, rules: Callable[[Pod], Iterable[Any]], path: str, pods: Iterable[Pod] = ()
    ) -> Iterator[Fact]:
        """One fact for each rule of each workload, written in a list at ``path``."""
        groups: dict[tuple[WorkloadKey, int, Any], list[Pod]] = defaultdict(list)
        for pod in pods or self._pods:
            for index, rule in enumerate(rules(pod)):
                groups[owner_of(pod), index, rule].append(pod)
        for (owner, index, rule), members in groups.items():
            yield self._rule(kind, owner, members, f"{path}[{index}]", index=index, rule=rule)

    def _rule(
        self,
        kind: FactKind,
        owner: WorkloadKey,
        members: Sequence[Pod],
        path: str,
        *,
        index: int = 0,
        rule: Rule | None = None,
        name: str = "",
    ) -> Fact:
        where = [written_in(pod, path) for pod in members]
        return Fact(
            kind=kind,
            objects=tuple(dict.fromkeys(source for source, _ in where)),
            path=where[0][1],
            owner=owner,
            pods=frozenset(pod.key for pod in members),
            name=name or _topology_key(rule),
            index=index,
            rule=rule,
        )

    def _spreads(self) -> Iterator[Fact]:
        path = "spec.topologySpreadConstraints"
        for fact in self._of_pods(FactKind.SPREAD, lambda p: p.spread, path):
            if getattr(fact.rule, "hard", False):
                yield fact

    def _anti_affinities(self) -> Iterator[Fact]:
        """Those of asked pods, and those of others that keep asked pods away (A8)."""
        carriers = [
            *self._pods,
            *(p for p in self._snapshot.running if any(map(self._repels, p.anti_affinity))),
        ]
        path = f"spec.affinity.podAntiAffinity.{REQUIRED}"
        for fact in self._of_pods(FactKind.ANTI_AFFINITY, lambda p: p.anti_affinity, path, carriers):
            if fact.pods & self._keys or (isinstance(fact.rule, PodAffinityTerm) and self._repels(fact.rule)):
                yield fact

    def _repels(self, term: PodAffinityTerm) -> bool:
        namespaces = self._snapshot
        return any(
            selects(term.selector, pod.labels)
            and (
                pod.namespace in term.namespaces
                or selects(term.namespace_selector, namespaces.namespace_labels(pod.namespace))
            )
            for pod in self._samples
        )

    @property
    def _samples(self) -> Iterable[Pod]:
        """One of each kind of labels."""
        return {(pod.namespace, pod.labels): pod for pod in self._pods}.values()

    def _node_selections(self) -> Iterator[Fact]:
        groups: dict[tuple[FactKind, WorkloadKey, str], list[Pod]] = defaultdict(list)
        for pod in self._pods:
            for key in pod.node_selector:
                groups[FactKind.NODE_SELECTOR, owner_of(pod), key].append(pod)
            if pod.required_nodes is not None:
                groups[FactKind.NODE_AFFINITY, owner_of(pod), ""].append(pod)
        for (kind, owner, key), members in groups.items():
            selector = kind is FactKind.NODE_SELECTOR
            path = f"spec.nodeSelector[{key}]" if selector else f"spec.affinity.nodeAffinity.{REQUIRED}"
            yield self._rule(kind, owner, members, path, name=key)

    def _ports_and_disks(self) -> Iterator[Fact]:
        ports: dict[tuple[WorkloadKey, HostPort], list[Pod]] = defaultdict(list)
        disks: dict[tuple[WorkloadKey, DiskKind, str], list[Pod]] = defaultdict(list)
        for pod in self._pods:
            for port in pod.host_ports:
                ports[owner_of(pod), port].append(pod)
            for disk in pod.disks:
                disks[owner_of(pod), disk.kind, disk.identity].append(pod)
        for (owner, port), members in ports.items():
            path, name = "spec.containers[*].ports[*].hostPort", f"{port.protocol} {port.port}"
            yield self._rule(FactKind.HOST_PORT, owner, members, path, rule=port, name=name)
        for (owner, kind, identity), members in disks.items():
            yield self._rule(FactKind.DISK, owner, members, "spec.volumes", rule=kind, name=identity)

    def _devices_and_order(self) -> Iterator[Fact]:
        groups: dict[tuple[FactKind, WorkloadKey], list[Pod]] = defaultdict(list)
        for pod in self._pods:
            if pod.resource_claims:
                groups[FactKind.DEVICES, owner_of(pod)].append(pod)
            if pod.created_after is not None:
                groups[FactKind.ORDER, owner_of(pod)].append(pod)
        for (kind, owner), members in groups.items():
            if kind is FactKind.DEVICES:
                yield self._rule(kind, owner, members, "spec.resourceClaims")
            else:
                source, _ = written_in(members[0], "")
                pods = frozenset(pod.key for pod in members)
                yield Fact(
                    kind=kind, objects=(source,), path="spec.podManagementPolicy", owner=owner, pods=pods
                )

    def _requests(self) -> Iterator[Fact]:
        groups: dict[tuple[WorkloadKey, str], list[Pod]] = defaultdict(list)
        for pod in self._pods:
            for resource, amount in pod.requests.items():
                if amount:
                    groups[owner_of(pod), resource].append(pod)
        for (owner, resource), members in groups.items():
            path = f"spec.containers[*].resources.requests.{resource}"
            yield self._rule(FactKind.REQUEST, owner, members, path, name=resource)

    # what nodes say

    def _taints(self) -> Iterator[Fact]:
        met: dict[Any, list[str]] = defaultdict(list)
        for node in self._snapshot.nodes:
            for taint in node.taints:
                if taint.repels and not is_cordon(taint):
                    met[taint].append(node.name)
        tolerations = {pod.tolerations for pod in self._pods}
        for taint, names in met.items():
            if not all(tolerated(taint, some) for some in tolerations):
                yield self._on_nodes(FactKind.TAINT, names, "spec.taints", rule=taint, name=taint.key)

    def _cordons(self) -> Iterator[Fact]:
        names = [n.name for n in self._snapshot.nodes if n.unschedulable or any(map(is_cordon, n.taints))]
        if names:
            yield self._on_nodes(FactKind.CORDON, names, "spec.unschedulable")

    def _allocatables(self) -> Iterator[Fact]:
        resources = sorted({name for pod in self._pods for name, amount in pod.requests.items() if amount})
        for resource in (*resources, PODS):
            for place, names in self._by_zone(n.name for n in self._snapshot.nodes):
                path = f"status.allocatable.{resource}"
                yield self._on_nodes(FactKind.ALLOCATABLE, names, path, name=resource, place=place)

    def _attach_limits(self) -> Iterator[Fact]:
        if not any(pod.claims or pod.inline_volumes for pod in self._pods):
            return
        limited: dict[str, list[str]] = defaultdict(list)
        for csi_node in self._snapshot.csi_nodes:
            if csi_node.name in self._snapshot.node_by_name:
                for driver in csi_node.drivers:
                    if driver.limit is not None:
                        limited[driver.name].append(csi_node.name)
        for driver_name, nodes in limited.items():
            for place, names in self._by_zone(nodes):
                path = "spec.drivers[*].allocatable.count"
                yield self._on_nodes(
                    FactKind.ATTACH_LIMIT, names, path, kind_name="CSINode", name=driver_name, place=place
                )

    def _by_zone(self, names: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
        zones: dict[str, list[str]] = defaultdict(list)
        for name in names:
            zones[self._snapshot.node_by_name[name].labels.get(ZONE, "")].append(name)  # type: ignore[index]
        yield from sorted(zones.items())

    def _on_nodes(
        self,
        kind: FactKind,
        names: Iterable[str],
        path: str,
        *,
        kind_name: str = "Node",
        rule: Rule | None = None,
        name: str = "",
        place: str = "",
    ) -> Fact:
        ordered = sorted(names)
        return Fact(
            kind=kind,
            objects=tuple(f"{kind_name}/{one}" for one in ordered),
            path=path,
            nodes=frozenset(ordered),  # type: ignore[arg-type] # names of nodes all along
            rule=rule,
            name=name,
            place=place,
        )

    # volumes

    def _asked_claims(self) -> Iterator[tuple[Pod, ClaimKey, Claim | None]]:
        for pod in self._pods:
            for use in pod.claims:
                yield pod, use.claim, self._snapshot.claim_by_key.get(use.claim)

    def _volume_places(self) -> Iterator[Fact]:
        groups: dict[Hashable, dict[Volume, list[Pod]]] = defaultdict(lambda: defaultdict(list))
        owners: dict[Hashable, WorkloadKey | None] = {}
        classes = set()
        for pod, _, claim in self._asked_claims():
            if claim is None:
                continue
            volume = self._snapshot.volume_by_name.get(claim.volume_name) if claim.volume_name else None
            if volume is not None and has_place(volume):
                key: Hashable = (owner_of(pod), volume.node_affinity, _place_labels(volume))
                groups[key][volume].append(pod)
                owners[key] = owner_of(pod)
            elif volume is None:
                classes.add(claim.storage_class)
        for volume in self._snapshot.volumes:
            if volume.storage_class in classes and volume.claim_ref is None and has_place(volume):
                key = (volume.storage_class, volume.node_affinity, _place_labels(volume))
                groups[key][volume] += []
                owners[key] = None
        for key, volumes in groups.items():
            names = sorted(v.name for v in volumes)
            yield Fact(
                kind=FactKind.VOLUME_PLACE,
                objects=tuple(f"PersistentVolume/{name}" for name in names),
                path=_place_path(next(iter(volumes))),
                owner=owners[key],
                pods=frozenset(pod.key for pods in volumes.values() for pod in pods),
                volumes=frozenset(names),
                name=names[0],
            )

    def _claims(self) -> Iterator[Fact]:
        groups: dict[tuple[WorkloadKey, str, str], list[tuple[Pod, ClaimKey]]] = defaultdict(list)
        for pod, key, _ in self._asked_claims():
            trouble = claim_trouble(self._snapshot, pod, key)
            if trouble:
                own = key.partition("/")[2].removesuffix(f"-{pod.name}")
                groups[owner_of(pod), own, trouble].append((pod, key))
        for (owner, name, _), uses in groups.items():
            yield Fact(
                kind=FactKind.CLAIM,
                objects=tuple(dict.fromkeys(f"PersistentVolumeClaim/{key}" for _, key in uses)),
                path="spec",
                owner=owner,
                pods=frozenset(pod.key for pod, _ in uses),
                claims=frozenset(key for _, key in uses),
                name=name,
            )

    def _selected_nodes(self) -> Iterator[Fact]:
        for pod, key, claim in self._asked_claims():
            if claim is not None and not claim.is_bound and claim.selected_node is not None:
                yield Fact(
                    kind=FactKind.SELECTED_NODE,
                    objects=(f"PersistentVolumeClaim/{key}",),
                    path="metadata.annotations[volume.kubernetes.io/selected-node]",
                    owner=owner_of(pod),
                    pods=frozenset([pod.key]),
                    claims=frozenset([key]),
                    name=claim.selected_node,
                )

    def _classes(self) -> Iterator[Fact]:
        users: dict[str, set[PodKey]] = defaultdict(set)
        for pod, _, claim in self._asked_claims():
            if claim is not None and not claim.is_bound:
                users[claim.storage_class].add(pod.key)
        for name, pods in users.items():
            storage_class = self._snapshot.class_by_name.get(name)
            if storage_class is None:
                continue
            driver = self._snapshot.csi_driver_by_name.get(storage_class.provisioner)
            if storage_class.allowed_topologies:
                yield Fact(
                    kind=FactKind.ALLOWED_TOPOLOGIES,
                    objects=(f"StorageClass/{name}",),
                    path="allowedTopologies",
                    pods=frozenset(pods),
                    name=name,
                )
            if driver is not None and driver.storage_capacity:
                pools = [c.name for c in self._snapshot.capacities if c.storage_class == name and c.name]
                yield Fact(
                    kind=FactKind.STORAGE_CAPACITY,
                    objects=tuple(f"CSIStorageCapacity/{pool}" for pool in pools)
                    or (f"CSIDriver/{driver.name}",),
                    path="capacity" if pools else "spec.storageCapacity",
                    pods=frozenset(pods),
                    name=name,
                )

    def _access_modes(self) -> Iterator[Fact]:
        for key in dict.fromkeys(key for _, key, _ in self._asked_claims()):
            claim, users = self._snapshot.claim_by_key.get(key), self._users[key]
            if claim is None or len({pod.key for pod in users}) < 2:
                continue
            volume = claim.volume_name if claim.volume_name in self._snapshot.volume_by_name else None
            yield Fact(
                kind=FactKind.ACCESS_MODE,
                objects=(f"PersistentVolumeClaim/{key}",),
                path="spec.accessModes",
                owner=owner_of(users[-1]),
                pods=frozenset(pod.key for pod in users),
                claims=frozenset([key]),
                volumes=frozenset([volume] if volume else []),
                name=key,
            )


def _topology_key(rule: object) -> str:
    return str(getattr(rule, "topology_key", ""))


def has_place(volume: Volume) -> bool:
    return volume.node_affinity is not None or not PLACE_LABELS.isdisjoint(volume.labels)


def _place_labels(volume: Volume) -> frozenset[tuple[str, str]]:
    return frozenset(item for item in volume.labels.items() if item[0] in PLACE_LABELS)


def _place_path(volume: Volume) -> str:
    return "spec.nodeAffinity" if volume.node_affinity is not None else "metadata.labels"


def claim_trouble(snapshot: Snapshot, pod: Pod, key: ClaimKey) -> str:
    """What keeps a claim from being made or used wherever its pod goes; "" for nothing."""
    claim = snapshot.claim_by_key.get(key)
    if claim is None:
        return "does not exist"
    if claim.deleting:
        return "is being deleted"
    if claim.phase == "Lost":
        return "has lost its volume"
    if any(use.claim == key and use.ephemeral for use in pod.claims) and not _owns(pod, claim):
        return "was not made for this pod"
    if claim.volume_name is not None:
        return _bound_trouble(snapshot, claim)
    storage_class = snapshot.class_by_name.get(claim.storage_class)
    if storage_class is None:
        return (
            f"names storage class {claim.storage_class!r}, which does not exist"
            if claim.storage_class
            else ("names no storage class, and there is no default")
        )
    if not storage_class.waits:
        return f"is unbound, and its storage class {storage_class.name} does not wait for a pod"
    if storage_class.provisioner in ("", NO_PROVISIONER):
        return f"needs an existing volume of storage class {storage_class.name}"
    return ""


def _owns(pod: Pod, claim: Claim) -> bool:
    return claim.owner is not None and claim.owner.uid == pod.uid


def _bound_trouble(snapshot: Snapshot, claim: Claim) -> str:
    if not claim.bind_completed:
        return f"names volume {claim.volume_name}, but is not bound to it yet"
    if claim.volume_name not in snapshot.volume_by_name:
        return f"is bound to volume {claim.volume_name}, which does not exist"
    return ""
