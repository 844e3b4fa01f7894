"""One driver per stage of an answer, from the bytes of a dump to the bytes of a report.

Every driver times one public function and says what it had to do. A driver needs what the stages before it
made; the ``Workbench`` makes it, outside the time measured. A snapshot keeps the tables it derives on first
use, so every repeat gets a copy without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from benchmarks.case import Stage
from benchmarks.results import StageTime
from benchmarks.stages.timing import Timed, once, quickest
from solver.compile import Problem, compile_problem
from solver.engine.bound import most_placed
from solver.engine.budget import Budget
from solver.engine.construct import construct
from solver.engine.solve import solve
from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Question
from solver.model.placement import Placement
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.report import text
from solver.report.collect import fit_facts
from solver.report.facts import FitFacts, Run
from solver.report.json import placement_result, to_json
from solver.verify import verify
from solver.verify.replay import replay

Facts = Mapping[str, int | float | str]


@dataclass(frozen=True, kw_only=True)
class Workbench:
    """An instance, and what the stages make of it; each is made once, when it is first asked for."""

    data: bytes
    """A dump of the cluster."""
    config: SolveConfig

    @cached_property
    def snapshot(self) -> Snapshot:
        return parse(self.data)

    @cached_property
    def question(self) -> Question:
        return Question(pods=tuple(pod.key for pod in self.snapshot.pending if not pod.scheduling_gates))

    @cached_property
    def problem(self) -> Problem:
        return compile_problem(self.snapshot, self.question, self.config)

    @cached_property
    def placed(self) -> Timed[Outcome]:
        """Once: where nothing is proved it takes its time limit, and another repeat would as well."""
        snapshot, question = replace(self.snapshot), self.question
        return once(lambda: place(snapshot, question, self.config))

    @property
    def placement(self) -> Placement:
        return self.placed.value.placement

    @cached_property
    def facts(self) -> FitFacts:
        run = Run(
            version="benchmark",
            arguments="",
            exit_code=0,
            config=self.config,
            snapshot_digest="",
            manifest_digests=(),
            read_seconds=0.0,
            wall_seconds=self.placed.wall_s,
        )
        return fit_facts(self.snapshot, self.question, self.placed.value, run)


def parse(data: bytes) -> Snapshot:
    return read_snapshot([Document("instance.json", data)])


def _parse(bench: Workbench) -> tuple[Timed[object], Facts]:
    timed = quickest(lambda: parse(bench.data))
    return timed, {"mebibytes": round(len(bench.data) / 2**20, 2)}


def _compile(bench: Workbench) -> tuple[Timed[object], Facts]:
    snapshot, question = bench.snapshot, bench.question
    timed = quickest(lambda: compile_problem(replace(snapshot), question, bench.config))
    problem = timed.value
    return timed, {
        "pod classes": len(problem.classes),
        "node classes": int(problem.node_class.max(initial=-1)) + 1,
        "places": problem.places,
    }


def _construct(bench: Workbench) -> tuple[Timed[object], Facts]:
    problem = bench.problem
    timed = quickest(lambda: construct(problem, Budget(bench.config.time_limit_s)))
    return timed, {"placed": int(timed.value.counts.sum()), "asked": problem.pods_asked}


def _bound(bench: Workbench) -> tuple[Timed[object], Facts]:
    """Of all components together, though each is bounded by itself in an answer."""
    problem = bench.problem
    timed = quickest(lambda: most_placed(problem, Budget(bench.config.time_limit_s)))
    found = timed.value
    if found is None:
        return timed, {"asked": problem.pods_asked}
    return timed, {"at most": found.pods, "asked": problem.pods_asked, "lacking": len(found.lacking)}


def _search(bench: Workbench) -> tuple[Timed[object], Facts]:
    """Construction included: it is where the search starts. Once, as ``Workbench.placed``."""
    problem = bench.problem
    timed = once(lambda: solve(problem, Budget(bench.config.time_limit_s), bench.config))
    report = timed.value.report
    return timed, {
        "placed": report.stages[0].value,
        "at most": report.stages[0].bound,
        "stopped by": report.stopped_by.value,
        "components": report.components,
        "variables": report.variables,
    }


def _place(bench: Workbench) -> tuple[Timed[object], Facts]:
    outcome = bench.placed.value
    return bench.placed, {
        "placed": len(outcome.placement.assignments),
        "verdict": outcome.verdict.value,
        "proof": outcome.proof.value,
    }


def _verify(bench: Workbench) -> tuple[Timed[object], Facts]:
    snapshot, question, placement = bench.snapshot, bench.question, bench.placement
    timed = quickest(lambda: verify(replace(snapshot), question, placement, bench.config))
    return timed, {"pods": len(placement.assignments), "violations": len(timed.value)}


def _replay(bench: Workbench) -> tuple[Timed[object], Facts]:
    snapshot, placement = bench.snapshot, bench.placement
    timed = quickest(lambda: replay(replace(snapshot), placement, bench.config))
    return timed, {"pods": len(timed.value.order), "stuck": len(timed.value.stuck)}


def _report(bench: Workbench) -> tuple[Timed[object], Facts]:
    """Both forms, from the facts they share."""
    facts = bench.facts
    timed = quickest(lambda: text.render(facts, wide=False) + to_json(placement_result(facts)))
    return timed, {"mebibytes": round(len(timed.value.encode()) / 2**20, 2)}


DRIVERS: Mapping[Stage, Callable[[Workbench], tuple[Timed[object], Facts]]] = {
    Stage.PARSE: _parse,
    Stage.COMPILE: _compile,
    Stage.CONSTRUCT: _construct,
    Stage.BOUND: _bound,
    Stage.SEARCH: _search,
    Stage.PLACE: _place,
    Stage.VERIFY: _verify,
    Stage.REPLAY: _replay,
    Stage.REPORT: _report,
}


def measure(path: Path, stages: Sequence[Stage], config: SolveConfig) -> list[StageTime]:
    """In the order of the stages, whatever order they are asked in."""
    bench = Workbench(data=path.read_bytes(), config=config)
    found = []
    for stage in DRIVERS:
        if stage in stages:
            timed, facts = DRIVERS[stage](bench)
            found.append(
                StageTime(
                    stage=stage,
                    wall_s=timed.wall_s,
                    cpu_s=timed.cpu_s,
                    repeats=timed.repeats,
                    facts=facts,
                )
            )
    return found
