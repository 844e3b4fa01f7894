"""Snapshot and question to Problem: names become indices, objects become arrays. No I/O, no solver."""

from __future__ import annotations

from solver.compile.cluster import Cluster
from solver.compile.formulate import formulate
from solver.compile.problem import Problem
from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.snapshot import Snapshot

__all__ = ["Cluster", "Problem", "compile_problem", "formulate"]


def compile_problem(snapshot: Snapshot, question: Question, config: SolveConfig) -> Problem:
    """The integer form of ``question``. Its pods must be pending pods of the snapshot."""
    return formulate(Cluster(snapshot), question, config)
