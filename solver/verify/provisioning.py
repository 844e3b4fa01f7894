"""V34, V35: may a volume be provisioned for this claim when its pod goes to this node?

Asked per claim; never summed over claims or pods, as kube-scheduler does not either (V35).
"""

from __future__ import annotations

from collections.abc import Mapping

from solver.model.names import NodeName
from solver.model.node import Node
from solver.model.quantity import whole
from solver.model.storage import NO_PROVISIONER, Claim, StorageClass
from solver.verify.state import FinalState


class Provisioning:
    def __init__(self, state: FinalState) -> None:
        self._snapshot = state.snapshot
        self._nodes = state.nodes
        self._largest: dict[str, Mapping[NodeName, int]] = {}

    def refusal(self, claim: Claim, node: Node) -> tuple[str, str] | None:
        """The rule that forbids it and why, or None."""
        storage_class = self._snapshot.class_by_name[claim.storage_class]
        if storage_class.provisioner in ("", NO_PROVISIONER):
            return "V34", f"class {storage_class.name} provisions nothing"
        if not _allowed(storage_class, node):
            return "V34", f"class {storage_class.name} does not allow the topology of node {node.name}"
        if not self._has_room(storage_class, claim, node):
            return (
                "V35",
                f"no storage capacity reported for node {node.name} holds {whole(claim.request_milli)} bytes",
            )
        return None

    def _has_room(self, storage_class: StorageClass, claim: Claim, node: Node) -> bool:
        """V35."""
        driver = self._snapshot.csi_driver_by_name.get(storage_class.provisioner)
        if driver is None or not driver.storage_capacity or claim.request_milli == 0:
            return True
        if storage_class.name not in self._largest:
            self._largest[storage_class.name] = self._largest_by_node(storage_class.name)
        return self._largest[storage_class.name].get(node.name, -1) >= whole(claim.request_milli)

    def _largest_by_node(self, storage_class: str) -> Mapping[NodeName, int]:
        """The largest volume, in bytes, that any capacity object promises a node."""
        largest: dict[NodeName, int] = {}
        for capacity in self._snapshot.capacities:
            size = capacity.maximum_volume_milli
            if size is None:
                size = capacity.capacity_milli
            topology = capacity.node_topology
            if capacity.storage_class != storage_class or size is None or topology is None or topology.error:
                continue
            for node in self._nodes.satisfying(topology.requirements):
                largest[node.name] = max(whole(size), largest.get(node.name, 0))
        return largest


def _allowed(storage_class: StorageClass, node: Node) -> bool:
    """V34: terms are ORed, and a term without requirements matches nothing."""
    terms = storage_class.allowed_topologies
    return not terms or any(
        term.requirements and all(node.labels.get(key) in values for key, values in term.requirements)
        for term in terms
    )
