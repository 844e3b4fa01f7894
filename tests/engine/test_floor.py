"""No answer places fewer pods than kube-scheduler's way would, one pod at a time."""

from __future__ import annotations

import gzip
import json
from itertools import islice

import pytest

from solver.engine.leftovers import place_leftovers
from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.model.config import SolveConfig
from solver.pipeline import place
from tests.paths import PROJECT
from tests.planted import planted
from tests.strategies import question_of

CONFIG = SolveConfig(time_limit_s=4.0)
CORPUS = PROJECT / "tests/data/conformance/core-v1.34.1.jsonl.gz"


def recorded(number):
    with gzip.open(CORPUS, "rt") as lines:
        case = json.loads(next(islice(lines, number, None)))
    return read_snapshot([Document(source="case", data=json.dumps(case["snapshot"]).encode())])


@pytest.mark.parametrize("number", [76, 275])
def test_greedy_is_the_floor_where_rules_had_to_be_tightened(number):
    snapshot = recorded(number)
    question = question_of(snapshot)
    alone = {key: index for index, key in enumerate(question.pods)}
    greedy = place_leftovers(snapshot, question, (), alone, CONFIG)
    outcome = place(snapshot, question, CONFIG)
    assert outcome.search.approximations
    assert len(outcome.placement.assignments) >= len(greedy.order) > outcome.search.stages[0].value


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("limit_s", [0.2, 0.5, 1.0])
def test_greedy_is_the_floor_however_short_the_time(seed, limit_s):
    """Tight clusters, where the search needs longer than this."""
    tight = planted(nodes=60, zones=3, workloads=24, slack=0.05, seed=seed)
    alone = {key: index for index, key in enumerate(tight.question.pods)}
    config = SolveConfig(time_limit_s=limit_s)
    greedy = place_leftovers(tight.snapshot, tight.question, (), alone, config)
    outcome = place(tight.snapshot, tight.question, config)
    assert len(outcome.placement.assignments) >= len(greedy.order)
