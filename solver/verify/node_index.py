"""Which nodes meet label requirements, found through their labels instead of a scan.

Reads L4 (pods) and V24 (volumes); decides no rule about a pod.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from solver.model.names import NodeName
from solver.model.node import Node
from solver.model.requirement import NodeSelector, Operator, Requirement


class NodeIndex:
    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = tuple(nodes)
        self._by_value: dict[str, dict[str, list[Node]]] = {}
        self._matching: dict[NodeSelector, frozenset[NodeName]] = {}
        self._reached: dict[NodeSelector, frozenset[NodeName]] = {}

    @cached_property
    def names(self) -> frozenset[NodeName]:
        return frozenset(n.name for n in self._nodes)

    def matching(self, selector: NodeSelector) -> frozenset[NodeName]:
        """L4: nodes that match at least one term of a required node affinity."""
        if selector not in self._matching:
            self._matching[selector] = frozenset(
                node.name
                for term in selector.terms
                for node in self.satisfying(term.expressions)
                if term.matches(node.labels, node.name)
            )
        return self._matching[selector]

    def reached(self, affinity: NodeSelector | None) -> frozenset[NodeName]:
        """V23, V24: nodes on which a volume with this affinity can be used; none stated, every node."""
        if affinity is None:
            return self.names
        if affinity not in self._reached:
            self._reached[affinity] = frozenset(
                node.name
                for term in affinity.terms
                if term.usable and (term.expressions or term.fields)
                for node in self.satisfying(term.expressions)
            )
        return self._reached[affinity]

    def satisfying(self, requirements: Sequence[Requirement]) -> Sequence[Node]:
        """Nodes whose labels meet all of ``requirements``; every node for none."""
        fewest: Sequence[Node] = self._nodes
        narrowing: Requirement | None = None
        for requirement in requirements:
            if requirement.operator is Operator.IN:
                by_value = self._values(requirement.key)
                found = [node for value in set(requirement.values) for node in by_value.get(value, ())]
                if narrowing is None or len(found) < len(fewest):
                    fewest, narrowing = found, requirement
        rest = [r for r in requirements if r is not narrowing]
        return [node for node in fewest if all(r.matches(node.labels) for r in rest)] if rest else fewest

    def _values(self, key: str) -> Mapping[str, Sequence[Node]]:
        if key not in self._by_value:
            by_value: dict[str, list[Node]] = defaultdict(list)
            for node in self._nodes:
                if key in node.labels:
                    by_value[node.labels[key]].append(node)
            self._by_value[key] = by_value
        return self._by_value[key]
