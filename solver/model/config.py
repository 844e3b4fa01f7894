"""Limits of a solve; recorded in every result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveConfig:
    time_limit_s: float = 12.0
    """From the end of reading to the verified answer, wall time."""
    workers: int = 2
    seed: int = 0
    strict_rwo: bool = True
    """V44: pods sharing a ReadWriteOnce claim must share a node; kube-scheduler does not check it."""
    replay_checks: int = 20_000
    """Filter runs that the search for an admissible order may spend once asking in turn got stuck (J9)."""
    executor: str = "inline"
    """Where independent parts are solved; changes no answer. Forms: ``solver.executors.choice``."""
