"""An answer of the book about one pod: every node asked about, once, with a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from extender.book.roster import Roster
from extender.book.verdicts import CODE, KEPT, REASONS, Codes, Refusal
from solver.model.names import NodeName
from solver.model.pod import Pod
from solver.scheduler.columns import IntArray


class Rung(StrEnum):
    """How far down the ladder of deadlines the answer was found (A9)."""

    READY = "ready"
    """From a plan that was there."""
    SOLVED = "solved"
    """From a plan that was made while the call waited."""
    GREEDY = "greedy"
    """Time was up: pod by pod, on top of the plan."""
    PASS_THROUGH = "pass_through"
    """Time was up for that, too: every node that no slot needs."""


class Why(StrEnum):
    """Why an answer did not come straight from a slot of the plan."""

    REPLANNED = "replanned"
    """None of the pod's nodes was in the request."""
    NEWCOMER = "newcomer"
    """No plan knows the pod, or knows it with other needs."""
    INFEASIBLE = "infeasible"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    pod: Pod
    nodes: Sequence[NodeName]
    """In the order of the request."""
    located: IntArray
    """Of each node: where the roster has it."""
    codes: Codes
    """Of each node: the verdict."""
    planned: NodeName | None = None
    """The pod's node in the plan, whether asked about or not."""
    why: Why | None = None
    rung: Rung = Rung.READY

    @classmethod
    def of(
        cls,
        pod: Pod,
        nodes: Sequence[NodeName],
        refused: Mapping[NodeName, Refusal],
        roster: Roster,
        *,
        planned: NodeName | None = None,
        why: Why | None = None,
    ) -> Answer:
        codes = np.array([CODE[refused[n]] if n in refused else KEPT for n in nodes], dtype=np.int8)
        return cls(pod=pod, nodes=nodes, located=roster.locate(nodes), codes=codes, planned=planned, why=why)

    @cached_property
    def kept_at(self) -> IntArray:
        """Positions of the nodes that are kept."""
        return np.flatnonzero(self.codes == KEPT)

    @property
    def kept(self) -> tuple[NodeName, ...]:
        return tuple(self.nodes[position] for position in self.kept_at.tolist())

    @property
    def kept_count(self) -> int:
        return len(self.kept_at)

    @property
    def refused(self) -> dict[NodeName, Refusal]:
        codes = self.codes.tolist()
        return {n: REASONS[code - 1] for n, code in zip(self.nodes, codes, strict=True) if code != KEPT}
