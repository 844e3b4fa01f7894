"""C2-C9: what a volume, or a class that volumes will be made from, is like."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from solver.model.csi_translation import BETA_ZONE
from solver.model.names import ZONE, DomainName, NodeName
from solver.model.node import Node
from solver.model.requirement import NodeSelector, Operator
from solver.model.snapshot import Snapshot
from solver.model.storage import IN_TREE_DRIVERS, PREDICTED, StorageClass, Volume
from solver.planning.storage.drivers import (
    KIND_BY_SOURCE,
    is_host_key,
    is_region_key,
    is_zone_key,
    kind_of_driver,
    regional_sign,
)
from solver.planning.storage.nature import UNKNOWN, Kind, Nature

_ZONE_LABELS = (ZONE, BETA_ZONE)
_IMMEDIATE = "bound without looking at the pod: its place may fit no pod later (C3)"
_HOST_PATH = "data differs per node, and kube-scheduler moves the pod freely (C2.2)"


class Recognition:
    """Asks a snapshot about its volumes and classes; places are looked up on every node there is."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._nodes_by_label: dict[str, Mapping[str, Sequence[Node]]] = {}

    def of_volume(self, volume: Volume) -> Nature:
        """C2, first match wins."""
        driver = volume.driver or IN_TREE_DRIVERS.get(volume.plugin, "")
        found = self._by_source(volume) or self._by_affinity(volume, driver) or self._by_labels(volume)
        found = found or self._by_driver(volume, driver)
        if PREDICTED in volume.notes and self._is_class_unknown(volume.storage_class):
            found = replace(found, kind=Kind.UNKNOWN, decided_by="V46, C2.9")
        return replace(found, attachable=self._attachable(volume, driver))

    def of_class(self, storage_class: StorageClass) -> Nature:
        """C3: a volume that does not exist yet."""
        driver = IN_TREE_DRIVERS.get(storage_class.provisioner, storage_class.provisioner)
        found = self._class_kind(storage_class, driver)
        zones = self._allowed_zones(storage_class, driver)
        if found.kind is Kind.ZONAL and zones is not None and len(zones) == 1:
            found = replace(found, zones=zones)
        if found.kind is Kind.REGIONAL and zones is not None and len(zones) == 2:
            found = replace(found, zones=zones)  # C8: exactly two are those two
        if not storage_class.waits and found.kind in (Kind.LOCAL, Kind.ZONAL):
            found = replace(found, remarks=(*found.remarks, _IMMEDIATE))
        known = self._snapshot.csi_driver_by_name.get(driver)
        return replace(found, attachable=known.attach_required if known else None)

    def _is_class_unknown(self, name: str) -> bool:
        storage_class = self._snapshot.class_by_name.get(name)
        return storage_class is None or self.of_class(storage_class).kind is Kind.UNKNOWN

    # volumes

    def _by_source(self, volume: Volume) -> Nature | None:
        if volume.source == "local":
            return Nature(kind=Kind.LOCAL, nodes=self._reached(volume), decided_by="C2.1")
        if volume.source == "hostPath" and volume.node_affinity is None:
            return Nature(kind=Kind.HOST_PATH, decided_by="C2.2", remarks=(_HOST_PATH,))
        return None

    def _by_affinity(self, volume: Volume, driver: str) -> Nature | None:
        """C2.1, C2.3, C2.4, C2.6."""
        affinity = volume.node_affinity
        if affinity is None or not affinity.terms:
            return None
        hosts = _values(affinity, is_host_key)
        if hosts:
            alone = len(set().union(*hosts.values())) == 1
            nodes = self._nodes_with(hosts)
            if alone:
                return Nature(kind=Kind.LOCAL, nodes=nodes, decided_by="C2.1")
            return Nature(kind=Kind.DISTRIBUTED, nodes=nodes, decided_by="C2.3")
        zoned = _values(affinity, lambda key: is_zone_key(key, driver))
        if zoned:
            return self._zonal(volume, driver, zoned)
        if _values(affinity, lambda key: is_region_key(key, driver)):
            return Nature(kind=Kind.DISTRIBUTED, decided_by="C2.6")
        return None

    def _zonal(self, volume: Volume, driver: str, zoned: Mapping[str, frozenset[str]]) -> Nature:
        """C2.4, C5: one location however many names nodes have for it."""
        values = max(zoned.values(), key=lambda found: (len(found - {""}), sorted(found))) - {""}
        zones = self._zones_with(zoned)
        remarks: tuple[str, ...] = ()
        if any(_contradicts(term, driver) for term in _expressions(volume)):
            remarks = ("its node affinity asks for two zones at once and matches no node (C2.4)",)
        if len(values) < 2:
            return Nature(kind=Kind.ZONAL, zones=zones, decided_by="C2.4", remarks=remarks)
        if kind_of_driver(driver) is Kind.ZONAL and not _may_be_regional(driver):
            remarks = (*remarks, f"unusual: {driver} keeps its data in one zone (EX-C2)")
        return Nature(kind=Kind.REGIONAL, zones=zones, decided_by="C2.4", remarks=remarks)

    def _by_labels(self, volume: Volume) -> Nature | None:
        """C2.5, V41."""
        for label in _ZONE_LABELS:
            parts = {part.strip() for part in volume.labels.get(label, "").split("__")}
            if "" not in parts:
                zones = frozenset(DomainName(part) for part in parts)
                kind = Kind.ZONAL if len(zones) == 1 else Kind.REGIONAL
                return Nature(kind=kind, zones=zones, decided_by="C2.5")
        return None

    def _by_driver(self, volume: Volume, driver: str) -> Nature:
        """C2.1 for local drivers without usable affinity, C2.7, C2.8, C2.9."""
        kind = KIND_BY_SOURCE.get(volume.source) or kind_of_driver(driver)
        if kind is Kind.LOCAL:
            return Nature(kind=kind, decided_by="C2.1")
        if kind is Kind.SERVER:
            return Nature(kind=kind, decided_by="C2.7")
        if kind is Kind.DISTRIBUTED:
            return Nature(kind=kind, decided_by="C2.8")
        return UNKNOWN

    def _attachable(self, volume: Volume, driver: str) -> bool | None:
        """C9; in-tree disks and iSCSI are attached, what is only mounted is not (C18)."""
        known = self._snapshot.csi_driver_by_name.get(driver)
        if known is not None:
            return known.attach_required
        if volume.plugin:
            return True
        return False if volume.source in ("nfs", "cephfs", "azureFile", "local", "hostPath") else None

    # classes

    def _class_kind(self, storage_class: StorageClass, driver: str) -> Nature:
        sign = regional_sign(driver, storage_class.parameters)
        if sign:
            return Nature(kind=Kind.REGIONAL, decided_by=f"C8, {sign}")
        known = kind_of_driver(driver)
        if known is not None:
            return Nature(kind=known, decided_by="C7")
        keys = self._topology_keys(driver)
        if any(is_host_key(key) for key in keys):
            return Nature(kind=Kind.LOCAL, decided_by="V46, C2.1")
        if any(is_zone_key(key, driver) for key in keys):
            return Nature(kind=Kind.ZONAL, decided_by="V46, C2.4")
        return UNKNOWN

    def _topology_keys(self, driver: str) -> set[str]:
        """C7: what CSINode objects say of the driver."""
        drivers = (d for node in self._snapshot.csi_nodes for d in node.drivers if d.name == driver)
        return {key for found in drivers for key in found.topology_keys}

    def _allowed_zones(self, storage_class: StorageClass, driver: str) -> frozenset[DomainName] | None:
        terms = storage_class.allowed_topologies
        per_term = [
            {key: frozenset(values) for key, values in term.requirements if is_zone_key(key, driver)}
            for term in terms
        ]
        if not terms or not all(per_term):
            return None
        return frozenset().union(*(self._zones_with(values) for values in per_term))

    # places

    def _reached(self, volume: Volume) -> frozenset[NodeName] | None:
        affinity = volume.node_affinity
        if affinity is None:
            return None
        hosts = _values(affinity, is_host_key)
        if hosts:
            return self._nodes_with(hosts)
        return frozenset(node.name for node in self._snapshot.nodes if affinity.reaches(node.labels))

    def _nodes_with(self, values: Mapping[str, frozenset[str]]) -> frozenset[NodeName]:
        return frozenset(
            node.name for key, wanted in values.items() for value in wanted for node in self._at(key, value)
        )

    def _zones_with(self, values: Mapping[str, frozenset[str]]) -> frozenset[DomainName]:
        """C5: by the labels on nodes; the values themselves where no node has them or nodes have no zone."""
        zones: set[str] = set()
        for key, wanted in values.items():
            for value in wanted - {""}:
                zones |= {node.labels.get(ZONE, value) for node in self._at(key, value)} or {value}
        return frozenset(map(DomainName, zones))

    def _at(self, key: str, value: str) -> Sequence[Node]:
        """Nodes with this label."""
        if key not in self._nodes_by_label:
            nodes: dict[str, list[Node]] = defaultdict(list)
            for node in self._snapshot.nodes:
                if key in node.labels:
                    nodes[node.labels[key]].append(node)
            self._nodes_by_label[key] = nodes
        return self._nodes_by_label[key].get(value, ())


def _values(affinity: NodeSelector, wanted: Callable[[str], bool]) -> dict[str, frozenset[str]]:
    """Values of the wanted keys, the union over all ORed terms."""
    found: dict[str, frozenset[str]] = {}
    for term in affinity.terms:
        for requirement in term.expressions:
            if requirement.operator is Operator.IN and wanted(requirement.key):
                found[requirement.key] = found.get(requirement.key, frozenset()) | set(requirement.values)
    return found


def _expressions(volume: Volume) -> Iterable[dict[str, list[frozenset[str]]]]:
    """Per term, the lists of values that each key has to be in."""
    for term in volume.node_affinity.terms if volume.node_affinity else ():
        lists: dict[str, list[frozenset[str]]] = {}
        for requirement in term.expressions:
            if requirement.operator is Operator.IN:
                lists.setdefault(requirement.key, []).append(frozenset(requirement.values))
        yield lists


def _contradicts(term: Mapping[str, list[frozenset[str]]], driver: str) -> bool:
    return any(is_zone_key(key, driver) and not frozenset.intersection(*lists) for key, lists in term.items())


def _may_be_regional(driver: str) -> bool:
    return driver in ("pd.csi.storage.gke.io", "disk.csi.azure.com")
