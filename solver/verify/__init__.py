"""The second statement of every hard rule, over a snapshot and the final state of a placement.

Written from SEMANTICS.md, one small file per rule family; it knows neither the compiled problem nor the
solver, and shares no code with ``scheduler``. The checks reject only what no order of the pods could reach;
rules that depend on the order (J3) get their exact answer from ``replay``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.placement import Placement
from solver.model.snapshot import Snapshot
from solver.verify import (
    access_modes,
    capacity,
    node_rules,
    ordering,
    pod_affinity,
    pod_anti_affinity,
    ports,
    topology_spread,
    volume_access,
    volume_limits,
    volume_matching,
)
from solver.verify.state import FinalState
from solver.verify.violation import Violation
from solver.verify.well_formed import malformed

Check = Callable[[FinalState], Iterable[Violation]]

CHECKS: tuple[Check, ...] = (
    node_rules.check,
    ports.check,
    capacity.check,
    volume_access.check,
    volume_matching.check,
    volume_limits.check,
    access_modes.check,
    topology_spread.check,
    pod_affinity.check,
    pod_anti_affinity.check,
    ordering.check,
)


def verify(
    snapshot: Snapshot, question: Question, placement: Placement, config: SolveConfig
) -> tuple[Violation, ...]:
    """Every broken rule; empty when the final state is right.

    A placement that is not even well formed is reported as such, and not looked at further.
    """
    wrong = tuple(malformed(snapshot, question, placement))
    if wrong:
        return wrong
    state = FinalState(snapshot, placement, config)
    return tuple(violation for check in CHECKS for violation in check(state))


__all__ = ["CHECKS", "Check", "FinalState", "Violation", "verify"]
