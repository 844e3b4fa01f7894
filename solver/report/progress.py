"""Progress in words and as JSON: how far the search is, in pods, and what could still be gained."""

from __future__ import annotations

import json

from solver.model.progress import Progress
from solver.report.units import count


def words(progress: Progress, seconds: float, limit_s: float | None, workers: int) -> str:
    """``search 12 s · best: 6/7 pods · could be 7 at best · gap 1 pod · 2 workers · limit 30 s``."""
    parts = [f"{progress.phase.value} {seconds:.0f} s", *_questions(progress), *_pods(progress)]
    parts += _preference(progress)
    parts.append(count(workers, "worker"))
    if limit_s is not None:
        parts.append(f"limit {limit_s:g} s")
    return " · ".join(parts)


def line(progress: Progress, seconds: float, limit_s: float | None, workers: int) -> str:
    """The same for machines, as one line of JSON; null where nothing is known yet."""
    preference = {
        "name": progress.objective,
        "value": progress.cost,
        "bound": progress.cost_at_best,
    }
    return json.dumps(
        {
            "phase": progress.phase.value,
            "seconds": round(seconds, 3),
            "podsRequested": progress.asked,
            "podsPlaced": progress.placed,
            "podsAtBest": progress.at_best,
            "objective": preference if progress.objective else None,
            "questionsBegun": progress.done,
            "questions": progress.total,
            "workers": workers,
            "timeLimitSeconds": limit_s,
        }
    )


def _questions(progress: Progress) -> list[str]:
    if progress.done is None:
        return []
    return [f"{progress.done} of {progress.total}" if progress.total else f"{progress.done} begun"]


def _pods(progress: Progress) -> list[str]:
    if progress.placed is None:
        return [] if progress.asked is None else [count(progress.asked, "pod")]
    best = f"best: {progress.placed}/{progress.asked} pods"
    if progress.at_best is None:
        return [best]
    gap = count(progress.at_best - progress.placed, "pod")
    return [best, f"could be {progress.at_best} at best", f"gap {gap}"]


def _preference(progress: Progress) -> list[str]:
    if not progress.objective:
        return []
    return [f"{progress.objective}: {progress.cost}, could be {progress.cost_at_best} at best"]
