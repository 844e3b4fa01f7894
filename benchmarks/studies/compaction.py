"""The fewest nodes that still hold a workload, placed one pod at a time and placed together.

Nodes are shuffled by a seed and only a prefix of them is kept; bisection finds the shortest prefix that
holds every pod. Several seeds, because which nodes come first matters. Utilisation would hide stranded room;
this does not (Verma, Korupolu, Wilkes: Evaluating job packing in warehouse-scale computing, 2014).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import mean
from threading import Event

from benchmarks.case import Instance
from benchmarks.peers import greedy
from benchmarks.studies.worlds import World, world
from benchmarks.traces.openb import openb
from benchmarks.traces.priority_matters import priority_matters
from solver.executors import Stop, opened
from solver.model.config import SolveConfig
from solver.model.outcome import Verdict
from solver.pipeline import place

Holds = Callable[[World], bool]

_EQUAL_NODES = {"priorities": 1, "utilisation_percent": 100, "spare": 8, "seed": 1}
INSTANCES: dict[str, Callable[[], Instance]] = {
    "priority-matters, 16 nodes × 4": partial(priority_matters, nodes=16, pods_per_node=4, **_EQUAL_NODES),
    "priority-matters, 32 nodes × 8": partial(priority_matters, nodes=32, pods_per_node=8, **_EQUAL_NODES),
    "openb, 5 % of it, load 60 %": partial(openb, sample=0.05, load=0.6, seed=1),
    "openb, 5 % of it, load 60 %, no GPU shared": partial(openb, sample=0.05, load=0.6, gpus="whole", seed=1),
}
"""Small enough for one pod at a time; equal nodes and very unequal ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    order: int
    """The seed the nodes were shuffled by."""
    nodes: int
    greedy: int | None
    """None where even all nodes do not do."""
    planner: int | None
    proved: bool
    """It is proved that one node less does not do for this order."""


def study(instance: Instance, orders: int, limit_s: float, executor: str) -> list[Compacted]:
    here = world(instance)
    items = [(here, order) for order in range(1, orders + 1)]
    probes = len(here[0].nodes).bit_length() + 2
    with opened(executor, probes * limit_s) as crew:
        return crew.map(partial(compact, limit_s), items, Event())


def compact(limit_s: float, item: tuple[World, int], stop: Stop) -> Compacted:
    (snapshot, question), order = item
    nodes = list(snapshot.nodes)
    random.Random(order).shuffle(nodes)
    shuffled = replace(snapshot, nodes=tuple(nodes)), question
    verdicts: dict[int, Verdict] = {}

    def planned(kept: World) -> bool:
        found = place(*kept, SolveConfig(time_limit_s=limit_s), stop).verdict
        verdicts[len(kept[0].nodes)] = found
        return found is Verdict.FITS

    fewest = shortest(shuffled, planned)
    return Compacted(
        order=order,
        nodes=len(nodes),
        greedy=shortest(shuffled, _one_at_a_time),
        planner=fewest,
        proved=fewest is not None and verdicts.get(fewest - 1) is Verdict.DOES_NOT_FIT,
    )


def shortest(world: World, holds: Holds) -> int | None:
    """The shortest prefix of the nodes that holds every pod, as far as bisection can tell: one pod at a time
    may succeed with fewer nodes where it failed with more. None when all nodes are too few."""
    snapshot, question = world

    def enough(count: int) -> bool:
        return holds((replace(snapshot, nodes=snapshot.nodes[:count]), question))

    few, many = 0, len(snapshot.nodes)
    if not enough(many):
        return None
    while many - few > 1:
        middle = (few + many) // 2
        if enough(middle):
            many = middle
        else:
            few = middle
    return many


def _one_at_a_time(world: World) -> bool:
    assignments, _ = greedy.place(*world)
    return len(assignments) == len(world[1].pods)


def report(name: str, compacted: Sequence[Compacted]) -> str:
    """Markdown: one row."""
    both = [(c.greedy, c.planner) for c in compacted if c.greedy is not None and c.planner is not None]
    fewer = [1 - planner / one for one, planner in both]
    cells = [
        name,
        str(compacted[0].nodes),
        _listed([c.greedy for c in compacted]),
        _listed([c.planner for c in compacted]),
        f"{100 * mean(fewer):.1f} %" if fewer else "-",
        f"{sum(c.proved for c in compacted)} of {len(compacted)}",
    ]
    return f"| {' | '.join(cells)} |"


def head() -> str:
    titles = ("instance", "nodes", "one at a time, by order", "planner, by order", "fewer", "proved")
    return f"| {' | '.join(titles)} |\n{'|---' * len(titles)}|"


def _listed(counts: Sequence[int | None]) -> str:
    return " ".join("too few" if count is None else str(count) for count in counts)
