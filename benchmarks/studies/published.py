"""Published runs of "Priority Matters": what kube-scheduler placed then, and what the planner places now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import greedy
from benchmarks.studies.worlds import by_priority, world
from benchmarks.traces.files import folder
from benchmarks.traces.priority_matters import published
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.pipeline import place

_RUNS = "priority-matters/nodes*.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Pods placed at each priority, the highest first."""

    name: str
    asked: tuple[int, ...]
    kube_scheduler: tuple[int, ...]
    greedy: tuple[int, ...]
    planner: tuple[int, ...]
    proof: str


def study(limit_s: float) -> list[Compared]:
    """Raises UnavailableError without the folder."""
    return [compared(path, limit_s) for path in sorted(folder().glob(_RUNS))]


def compared(path: Path, limit_s: float) -> Compared:
    run = published(path)
    here = world(run.instance)
    outcome = place(*here, SolveConfig(time_limit_s=limit_s))
    one_at_a_time, _ = greedy.place(*here)
    return Compared(
        name=path.stem,
        asked=by_priority(here, here[1].pods),
        kube_scheduler=by_priority(here, map(PodKey, run.placed)),
        greedy=by_priority(here, (a.pod for a in one_at_a_time)),
        planner=by_priority(here, outcome.placement.node_of),
        proof=outcome.proof.value,
    )


def report(runs: Sequence[Compared]) -> str:
    """Markdown."""
    lines = [
        "| run | asked | kube-scheduler, as published | one at a time | planner | proof |",
        "|---|---|---|---|---|---|",
    ]
    for run in runs:
        counts = (run.asked, run.kube_scheduler, run.greedy, run.planner)
        cells = [run.name, *(" + ".join(map(str, levels)) for levels in counts), run.proof]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
