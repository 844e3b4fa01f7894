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
from solver.engine.budget import Budget
from solver.engine.construct import construct
from solver.engine.extract import assignments
from solver.engine.solve import Solution, solve
from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Proof, Question, Unplaced, Verdict
from solver.model.placement import Placement
from solver.model.snapshot import Snapshot
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
    def searched(self) -> Timed[Solution]:
        """Once: the time limit makes repeats alike, and long."""
        self.problem  # noqa: B018  # made before the clock starts
        return once(lambda: solve(self.problem, Budget(self.config.time_limit_s), self.config))

    @cached_property
    def placement(self) -> Placement:
        return Placement(assignments=assignments(self.problem, self.searched.value.counts))

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
            wall_seconds=0.0,
        )
        return fit_facts(self.snapshot, self.question, self._outcome, run)

    @property
    def _outcome(self) -> Outcome:
        replayed = replay(self.snapshot, self.placement, self.config)
        placement = Placement(assignments=replayed.order)
        left = [key for key in self.question.pods if key not in placement.node_of]
        return Outcome(
            verdict=Verdict.UNKNOWN if left else Verdict.FITS,
            proof=Proof.NOT_PROVED if left else Proof.PROVED,
            placement=placement,
            unplaced=tuple(Unplaced(pod=key) for key in left),
            search=self.searched.value.report,
        )


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
        "places": int((problem.limit > 0).sum()),
    }


def _construct(bench: Workbench) -> tuple[Timed[object], Facts]:
    problem = bench.problem
    timed = quickest(lambda: construct(problem, Budget(bench.config.time_limit_s)))
    return timed, {"asked": problem.pods_asked}


def _search(bench: Workbench) -> tuple[Timed[object], Facts]:
    """Construction included: it is where the search starts."""
    solution = bench.searched.value
    stage = solution.report.stages[0]
    return bench.searched, {
        "placed": stage.value,
        "at most": stage.bound,
        "stopped by": solution.report.stopped_by.value,
        "components": solution.report.components,
        "variables": solution.report.variables,
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
    Stage.SEARCH: _search,
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
