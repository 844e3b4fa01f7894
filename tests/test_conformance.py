"""Every verdict and score of recorded snapshots, as kube-scheduler v1.34.1 itself gave them.

``core`` and ``wide`` hold 650 random snapshots with 5,886 pending pods, one JSON object a line. Reasons are
compared as sets (V37); everything else exactly.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.scheduler import ClusterState, PodVerdict, Status, verdict

FOLDER = Path(__file__).parent / "data/conformance"
CASES = {"core": 400, "wide": 250}
CHUNK = 50
CHUNKS = [(corpus, start) for corpus, cases in CASES.items() for start in range(0, cases, CHUNK)]


@cache
def lines(corpus: str) -> list[bytes]:
    return gzip.decompress((FOLDER / f"{corpus}-v1.34.1.jsonl.gz").read_bytes()).splitlines()


def test_the_corpus_is_complete() -> None:
    assert {corpus: len(lines(corpus)) for corpus in CASES} == CASES
    assert sum(len(json.loads(line)["verdicts"]) for corpus in CASES for line in lines(corpus)) == 5886


@pytest.mark.parametrize(("corpus", "start"), CHUNKS)
def test_verdicts_and_scores_are_those_of_kube_scheduler(corpus: str, start: int) -> None:
    differences = [
        difference
        for line in lines(corpus)[start : start + CHUNK]
        for difference in compare(json.loads(line))
    ]
    assert differences == []


def compare(case: dict[str, Any]) -> Iterator[str]:
    """A line for every pod that is judged differently."""
    world = read_snapshot([Document("snapshot", json.dumps(case["snapshot"]).encode())])
    state = ClusterState.of(world)
    for recorded in case["verdicts"]:
        expected = of_recorded(recorded)
        got = of_verdict(verdict(world.pod_by_key[recorded["pod"]], state))
        for part in expected:
            if got[part] != expected[part]:
                yield f"{case['case']} {recorded['pod']} {part}: got {got[part]}, recorded {expected[part]}"


def of_recorded(recorded: dict[str, Any]) -> dict[str, Any]:
    def status(stored: dict[str, Any]) -> tuple[str, str, frozenset[str]]:
        return stored["plugin"], stored["code"], frozenset(stored.get("reasons") or ())

    rejection = recorded.get("prefilter")
    return {
        "prefilter": status(rejection) if rejection else None,
        "feasible": sorted(recorded.get("feasible") or ()),
        "failed": {node: status(stored) for node, stored in (recorded.get("failed") or {}).items()},
        "scores": recorded.get("scores") or {},
    }


def of_verdict(found: PodVerdict) -> dict[str, Any]:
    def status(given: Status) -> tuple[str, str, frozenset[str]]:
        return given.plugin, given.code, frozenset(given.reasons)

    assert found.score_error is None
    return {
        "prefilter": status(found.prefilter) if found.prefilter else None,
        "feasible": list(found.feasible),
        "failed": {node: status(given) for node, given in found.failed.items()},
        "scores": {node: {**parts, "total": found.totals[node]} for node, parts in found.scores.items()},
    }
