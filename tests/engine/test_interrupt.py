"""The wish to stop ends a search with the best placement so far, never with a proof."""

from __future__ import annotations

from threading import Event

from solver.cli.exits import ExitCode, exit_code_of
from solver.model.config import SolveConfig
from solver.model.outcome import Proof, StoppedBy, Verdict
from solver.pipeline import place
from tests.planted import planted


def test_a_stopped_search_still_answers():
    world = planted(nodes=40, zones=4, workloads=40, slack=0.0, seed=1)
    stop = Event()
    stop.set()
    outcome = place(world.snapshot, world.question, SolveConfig(), stop)
    assert outcome.search.stopped_by is StoppedBy.INTERRUPT
    assert (outcome.verdict, outcome.proof) == (Verdict.UNKNOWN, Proof.NOT_PROVED)
    assert len(outcome.placement.assignments) + len(outcome.unplaced) == len(world.question.pods)
    assert outcome.placement.assignments
    assert exit_code_of(outcome) is ExitCode.INTERRUPTED
