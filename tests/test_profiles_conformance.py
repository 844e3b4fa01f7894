"""Verdicts and scores under unusual configurations, as kube-scheduler v1.34.1 itself gave them.

``tests/data/profiles`` says how they were recorded. Reasons are compared as sets (V37).
"""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from solver.errors import InputError
from solver.kube.documents import Document
from solver.kube.profiles import read_profiles
from solver.kube.read import read_snapshot
from solver.scheduler import ClusterState, verdict
from tests.test_conformance import of_recorded, of_verdict

FILE = Path(__file__).parent / "data/profiles/recorded-v1.34.1.jsonl.gz"


@cache
def cases() -> dict[str, dict[str, Any]]:
    return {case["case"]: case for case in map(json.loads, gzip.decompress(FILE.read_bytes()).splitlines())}


JUDGED = sorted({name.rsplit("-", 1)[0] for name in cases() if not name.startswith("bad-")})
REFUSED = sorted(name for name in cases() if name.startswith("bad-"))


@pytest.mark.parametrize("configuration", JUDGED)
def test_verdicts_and_scores_are_those_of_kube_scheduler_under(configuration: str) -> None:
    named = [case for name, case in cases().items() if name.rsplit("-", 1)[0] == configuration]
    assert sum(len(case["verdicts"]) for case in named) > 3
    for case in named:
        read = read_profiles(Document("configuration", json.dumps(case["configuration"]).encode()))
        world = read_snapshot([Document("snapshot", json.dumps(case["snapshot"]).encode())])
        world = replace(world, profiles=read.profiles)
        state = ClusterState.of(world)
        for recorded in case["verdicts"]:
            got = of_verdict(verdict(world.pod_by_key[recorded["pod"]], state))
            assert got == of_recorded(recorded), (case["case"], recorded["pod"])


@pytest.mark.parametrize("name", REFUSED)
def test_configurations_that_kube_scheduler_does_not_start_with_are_refused(name: str) -> None:
    assert cases()[name]["error"]
    with pytest.raises(InputError) as caught:
        read_profiles(Document("configuration", json.dumps(cases()[name]["configuration"]).encode()))
    assert all(fault.expected for fault in caught.value.faults)
