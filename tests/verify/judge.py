"""Ask ``verify`` and ``replay`` about a plan written as pod name to node name."""

from __future__ import annotations

from collections.abc import Mapping

from solver.model.config import SolveConfig
from solver.model.names import NodeName, PodKey
from solver.model.outcome import Question
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Snapshot
from solver.verify import Violation, verify
from solver.verify.replay import ReplayResult, replay
from tests.builders import NAMESPACE

Plan = Mapping[str, str]
"""Pod names stand for pods of the builders' namespace unless they carry their own."""


def key_of(name: str) -> PodKey:
    return PodKey(name if "/" in name else f"{NAMESPACE}/{name}")


def placement_of(plan: Plan) -> Placement:
    return Placement(
        assignments=tuple(Assignment(pod=key_of(pod), node=NodeName(node)) for pod, node in plan.items())
    )


def violations(world: Snapshot, plan: Plan, *, strict_rwo: bool = True) -> tuple[Violation, ...]:
    question = Question(pods=tuple(pod.key for pod in world.pending))
    return verify(world, question, placement_of(plan), SolveConfig(strict_rwo=strict_rwo))


def broken(world: Snapshot, plan: Plan, *, strict_rwo: bool = True) -> set[str]:
    """Ids of the rules the plan breaks."""
    return {violation.rule for violation in violations(world, plan, strict_rwo=strict_rwo)}


def replayed(world: Snapshot, plan: Plan, *, replay_checks: int = 20_000) -> ReplayResult:
    return replay(world, placement_of(plan), SolveConfig(replay_checks=replay_checks))


def order(world: Snapshot, plan: Plan) -> list[tuple[str, str]]:
    """Pod and node names in an admissible order, which must exist."""
    result = replayed(world, plan)
    assert result.stuck == ()
    return [(a.pod.removeprefix(f"{NAMESPACE}/"), str(a.node)) for a in result.order]


def is_admissible(world: Snapshot, plan: Plan) -> bool:
    return not replayed(world, plan).stuck
