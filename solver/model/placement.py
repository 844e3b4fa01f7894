"""A placement: which pod goes on which node, in an order in which each is admissible (J2)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from frozendict import frozendict

from solver.model.names import NodeName, PodKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    pod: PodKey
    node: NodeName


@dataclass(frozen=True, kw_only=True)
class Placement:
    """``assignments`` stand in placing order; pods asked about and not named here stay unplaced."""

    assignments: tuple[Assignment, ...] = ()

    @cached_property
    def node_of(self) -> frozendict[PodKey, NodeName]:
        return frozendict({a.pod: a.node for a in self.assignments})
