"""For one pod there is no order: the final-state checks must say exactly what kube-scheduler's filters say.

The verdicts are recorded from kube-scheduler v1.34.1 itself (``tests/data/conformance``).
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from solver.kube.read import read_snapshot
from solver.model.names import PodKey
from tests.builders import document
from tests.verify.judge import broken

CORPORA = Path(__file__).parents[1] / "data" / "conformance"
CASES = 40
"""Of each corpus; every one of them agrees, a sample keeps the test quick."""


@pytest.mark.parametrize("corpus", ["core-v1.34.1.jsonl.gz", "wide-v1.34.1.jsonl.gz"])
def test_lone_pod_is_refused_where_kube_scheduler_refuses_it(corpus):
    accepted = refused = 0
    with gzip.open(CORPORA / corpus) as lines:
        for _, line in zip(range(CASES), lines, strict=False):
            case = json.loads(line)
            world = read_snapshot([document(*case["snapshot"]["items"])])
            for verdict in case["verdicts"]:
                feasible = set(verdict.get("feasible", ()))
                for node in world.nodes:
                    rules = broken(world, {PodKey(verdict["pod"]): node.name}, strict_rwo=False)
                    assert bool(rules) == (node.name not in feasible), (
                        case["case"],
                        verdict["pod"],
                        node.name,
                        rules,
                    )
                    accepted += not rules
                    refused += bool(rules)
    assert min(accepted, refused) > 500
