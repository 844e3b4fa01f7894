"""The final state a placement leads to: running pods plus planned ones, each on its node.

Indexes live here so that every check stays near-linear. No rule is decided here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from solver.model.config import SolveConfig
from solver.model.names import ClaimKey, NodeName
from solver.model.node import Node
from solver.model.placement import Placement
from solver.model.pod import Pod
from solver.model.requirement import Operator, Requirement
from solver.model.selector import LabelSelector
from solver.model.snapshot import Snapshot
from solver.verify.node_index import NodeIndex


@dataclass(slots=True, eq=False)
class Resident:
    """A pod on a node. Compared by identity: there is one per pod and state. Nobody changes it; that it is
    not frozen only makes ten thousand of them sooner."""

    pod: Pod
    node: Node
    planned: bool
    """False for a pod that runs already (G5): it only consumes, no rule is asked of it (T13, A12)."""


class ResidentIndex:
    """Which residents a label selector picks, found through their labels instead of a scan."""

    def __init__(self, residents: Iterable[Resident]) -> None:
        self._in_namespace: dict[str, list[Resident]] = defaultdict(list)
        for resident in residents:
            self._in_namespace[resident.pod.namespace].append(resident)
        self._by_value: dict[tuple[str, str], dict[str, list[Resident]]] = {}

    @property
    def namespaces(self) -> Iterable[str]:
        return self._in_namespace.keys()

    def selected(self, namespace: str, selector: LabelSelector | None) -> Iterator[Resident]:
        """S1: a null selector picks nothing, an empty one everything in the namespace."""
        if selector is None or selector.error:
            return
        for resident in self._candidates(namespace, selector.requirements):
            if selector.matches(resident.pod.labels):
                yield resident

    def _candidates(self, namespace: str, requirements: Iterable[Requirement]) -> Sequence[Resident]:
        fewest: Sequence[Resident] = self._in_namespace.get(namespace, ())
        for requirement in requirements:
            if requirement.operator is Operator.IN:
                by_value = self._values(namespace, requirement.key)
                found = [r for value in set(requirement.values) for r in by_value.get(value, ())]
                fewest = min(fewest, found, key=len)
        return fewest

    def _values(self, namespace: str, key: str) -> Mapping[str, Sequence[Resident]]:
        by_value = self._by_value.get((namespace, key))
        if by_value is None:
            by_value = defaultdict(list)
            for resident in self._in_namespace.get(namespace, ()):
                value = resident.pod.labels.get(key)
                if value is not None:
                    by_value[value].append(resident)
            self._by_value[namespace, key] = by_value
        return by_value


class FinalState:
    """Running and planned pods on their nodes. The placement must be well formed (see ``well_formed``)."""

    def __init__(self, snapshot: Snapshot, placement: Placement, config: SolveConfig) -> None:
        self.snapshot = snapshot
        self.config = config
        nodes, pods = snapshot.node_by_name, snapshot.pod_by_key
        self.running = tuple(
            Resident(pod, nodes[pod.node_name], planned=False)
            for pod in snapshot.running
            if pod.node_name is not None
        )
        self.planned = tuple(
            Resident(pods[a.pod], nodes[a.node], planned=True) for a in placement.assignments
        )

    @property
    def residents(self) -> Iterator[Resident]:
        yield from self.running
        yield from self.planned

    @cached_property
    def index(self) -> ResidentIndex:
        return ResidentIndex(self.residents)

    @cached_property
    def planned_index(self) -> ResidentIndex:
        """Without the running pods, for rules that only ask whether a planned pod is there."""
        return ResidentIndex(self.planned)

    @cached_property
    def nodes(self) -> NodeIndex:
        return NodeIndex(self.snapshot.nodes)

    @cached_property
    def by_node(self) -> Mapping[NodeName, Sequence[Resident]]:
        """Only nodes that receive a planned pod: nothing is asked of the others."""
        receiving = {r.node.name for r in self.planned}
        found: dict[NodeName, list[Resident]] = defaultdict(list)
        for resident in self.residents:
            if resident.node.name in receiving:
                found[resident.node.name].append(resident)
        return found

    @cached_property
    def users(self) -> Mapping[ClaimKey, Sequence[Resident]]:
        """Claims used by at least one planned pod, with everyone who uses them."""
        found: dict[ClaimKey, list[Resident]] = {
            use.claim: [] for resident in self.planned for use in resident.pod.claims
        }
        for resident in self.residents:
            if not resident.pod.claims:
                continue
            for claim in {use.claim for use in resident.pod.claims}:
                if claim in found:
                    found[claim].append(resident)
        return found
