"""Progress in words: the domain's, and nothing that is not known."""

from __future__ import annotations

import json

import pytest

from solver.model.progress import Phase, Progress
from solver.report.progress import line, words


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Progress(phase=Phase.READ), "read 12 s · 1 worker · limit 30 s"),
        (Progress(phase=Phase.MODEL, asked=7), "model 12 s · 7 pods · 1 worker · limit 30 s"),
        (
            Progress(phase=Phase.SEARCH, asked=7, placed=5),
            "search 12 s · best: 5/7 pods · 1 worker · limit 30 s",
        ),
        (
            Progress(phase=Phase.SEARCH, asked=7, placed=5, at_best=7),
            "search 12 s · best: 5/7 pods · could be 7 at best · gap 2 pods · 1 worker · limit 30 s",
        ),
        (
            Progress(phase=Phase.IMPROVE, objective="even use", cost=9, cost_at_best=4),
            "improve 12 s · even use: 9, could be 4 at best · 1 worker · limit 30 s",
        ),
        (Progress(phase=Phase.SEARCH, done=3, total=20), "search 12 s · 3 of 20 · 1 worker · limit 30 s"),
        (Progress(phase=Phase.SEARCH, done=3), "search 12 s · 3 begun · 1 worker · limit 30 s"),
    ],
)
def test_words_say_what_is_known(progress: Progress, text: str) -> None:
    assert words(progress, 12.3, 30.0, 1) == text


def test_a_line_is_one_json_object_with_null_for_the_unknown() -> None:
    told = json.loads(line(Progress(phase=Phase.SEARCH, asked=7, placed=5), 1.23456, None, 2))
    assert (told["phase"], told["seconds"], told["podsPlaced"], told["podsRequested"]) == (
        "search",
        1.235,
        5,
        7,
    )
    assert told["podsAtBest"] is told["timeLimitSeconds"] is told["objective"] is told["questions"] is None
