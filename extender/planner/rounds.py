"""One round of planning: slots for pods that have none, on top of those that were given before.

Slots given before stay where they are as long as that leaves nobody without a place. When it does, they are
planned again together with the others, all but those of pods that kube-scheduler may just be binding. Where
not everything fits, a replica that returns goes before pods that wait and are no more urgent: its room was
empty for a moment only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from extender.book.cohort import coupled
from extender.book.successors import returning
from extender.planner.world import World
from solver.executors import Stop
from solver.model.config import SolveConfig
from solver.model.names import NodeName, PodKey
from solver.model.outcome import Outcome, Proof, Question, Verdict
from solver.model.placement import Assignment, Placement
from solver.pipeline import place
from solver.verify import verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Slots given before, in plan order."""

    node_of: Mapping[PodKey, NodeName]
    fixed: frozenset[PodKey]
    """Those that must not be changed: kube-scheduler may be binding these pods."""

    def without(self, keys: Collection[PodKey]) -> dict[PodKey, NodeName]:
        return {key: name for key, name in self.node_of.items() if key not in keys}

    @property
    def loose(self) -> list[PodKey]:
        return [key for key in self.node_of if key not in self.fixed]


NOTHING_ASKED = Outcome(verdict=Verdict.FITS, proof=Proof.PROVED, placement=Placement())


def plan_round(
    world: World, given: Given, asked: Iterable[PodKey], config: SolveConfig, stop: Stop | None = None
) -> Outcome:
    """Slots for the pods asked about and for those given before; ``placement`` has both."""
    wanted = [key for key in asked if key not in given.node_of]
    if not wanted:
        return _joined(given.node_of, NOTHING_ASKED)
    pods = world.waiting
    loose = given.loose
    cohort = coupled((pods[key] for key in wanted), (pods[key] for key in loose))
    together = [*wanted, *cohort]
    found = _on_top(world, given.without(cohort), together, config, stop)
    if not found.unplaced:
        return found
    tried = [found]
    if len(cohort) < len(loose):
        tried.append(_on_top(world, given.without(set(loose)), [*wanted, *loose], config, stop))
    back = returning(world.snapshot())
    if any(pod.pod in back for pod in found.unplaced):
        tried.append(_in_turn(world, given, found, together, back, config, stop))
    return max(tried, key=lambda outcome: _worth(world, given, back, outcome))


def still_holds(world: World, given: Given, config: SolveConfig) -> bool:
    """Would every slot still break no rule?"""
    question = Question(pods=tuple(given.node_of))
    return not verify(world.snapshot(), question, _placement(given.node_of), config)


def _on_top(
    world: World,
    held: Mapping[PodKey, NodeName],
    asked: Collection[PodKey],
    config: SolveConfig,
    stop: Stop | None,
) -> Outcome:
    chosen = set(asked)
    in_order = [key for key in world.waiting if key in chosen]
    with world.holding(held) as cluster:
        found = place(cluster.snapshot(), Question(pods=tuple(in_order)), config, stop, cluster=cluster)
    return _joined(held, found)


def _in_turn(
    world: World,
    given: Given,
    found: Outcome,
    asked: Collection[PodKey],
    back: Collection[PodKey],
    config: SolveConfig,
    stop: Stop | None,
) -> Outcome:
    """Replicas that return before the others, together with whoever is more urgent or has a slot. What was
    ``found`` for all of them at once when that leaves the same replicas out."""
    urgent = max(world.waiting[key].priority for key in asked if key in back)
    first = {
        key for key in asked if key in back or key in given.node_of or world.waiting[key].priority > urgent
    }
    begun = _on_top(world, given.without(asked), first, config, stop)
    if not (begun.placement.node_of.keys() - found.placement.node_of.keys()) & set(back):
        return found
    others = [key for key in asked if key not in first]
    ended = _on_top(world, begun.placement.node_of, others, config, stop)
    unplaced = (*begun.unplaced, *ended.unplaced)
    if not unplaced:
        return ended
    return replace(ended, verdict=found.verdict, proof=found.proof, unplaced=unplaced)


def _joined(held: Mapping[PodKey, NodeName], found: Outcome) -> Outcome:
    joined = (*_placement(held).assignments, *found.placement.assignments)
    return replace(found, placement=Placement(assignments=joined))


def _placement(node_of: Mapping[PodKey, NodeName]) -> Placement:
    return Placement(assignments=tuple(Assignment(pod=k, node=n) for k, n in node_of.items()))


def _worth(
    world: World, given: Given, back: Collection[PodKey], outcome: Outcome
) -> tuple[list[tuple[int, bool]], int, bool]:
    """Priorities of the pods placed, the highest first, replicas that return before others; then who keeps a
    slot; then what is proved."""
    node_of = outcome.placement.node_of
    placed = sorted(((world.waiting[key].priority, key in back) for key in node_of), reverse=True)
    return placed, len(given.node_of.keys() & node_of.keys()), outcome.verdict is not Verdict.UNKNOWN
