"""``solve nodes`` and kube-scheduler v1.34.1 say the same of fresh random snapshots, node by node and point
by point, and kube-scheduler accepts what ``solve fit`` plans. ``E2E_SEED`` repeats a run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from benchmarks.generators.rich import rich
from solver.cli import main
from tests.builders import Raw
from tests.e2e.harness.oracle import Oracle
from tests.e2e.harness.seed import SEED
from tests.e2e.harness.shrink import smallest
from tests.strategies import World, worlds
from tests.wild import wild_worlds

WORLDS = int(os.environ.get("E2E_WORLDS") or 150)
"""Snapshots of each kind."""
RICH = 3

FRESH = settings(
    max_examples=WORLDS,
    derandomize=False,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)

Solve = Callable[..., Any]


@pytest.fixture(scope="module")
def solve(tmp_path_factory: pytest.TempPathFactory) -> Solve:
    """A verb of the command, its arguments before the snapshot; the JSON it answers."""
    folder = tmp_path_factory.mktemp("solve")

    def run(objects: Sequence[Raw], *arguments: str) -> Any:
        snapshot, answer = folder / "snapshot.json", folder / "answer.json"
        snapshot.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))
        answer.unlink(missing_ok=True)
        code = main([*arguments, "--snapshot", str(snapshot), "-o", "json", "--out", str(answer), "--quiet"])
        assert answer.exists(), f"solve {' '.join(arguments)} ended with {code} and said nothing"
        return json.loads(answer.read_text())

    return run


@pytest.mark.parametrize("source", [worlds, wild_worlds])
def test_verdicts_and_scores_are_those_of_the_real_scheduler(
    source: Callable[..., Any], oracle: Oracle, solve: Solve
) -> None:
    @seed(SEED)
    @FRESH
    @given(source())
    def agree(world: World) -> None:
        found = disagreements(world.objects, oracle, solve)
        assert not found, report(world.objects, found)

    agree()


@pytest.mark.parametrize("source", [worlds, wild_worlds])
def test_the_real_filters_accept_every_plan_pod_by_pod(
    source: Callable[..., Any], oracle: Oracle, solve: Solve
) -> None:
    @seed(SEED)
    @FRESH
    @given(source())
    def accepted(world: World) -> None:
        refused = oracle.refusal(world.objects, solve(world.objects, "fit")["placements"])
        assert not refused, report(world.objects, [refused])

    accepted()


@pytest.mark.parametrize("number", range(RICH))
def test_the_same_on_sixty_nodes(number: int, oracle: Oracle, solve: Solve) -> None:
    objects = rich(nodes=60, workloads=30, slack=0.1, seed=SEED + number).objects
    found = disagreements(objects, oracle, solve)
    if found:
        few = smallest(objects, lambda part: bool(readable_disagreements(part, oracle, solve)))
        pytest.fail(report(few, disagreements(few, oracle, solve)))
    assert oracle.refusal(objects, solve(objects, "fit")["placements"]) == ""


def disagreements(objects: Sequence[Raw], oracle: Oracle, solve: Solve) -> list[str]:
    ours = {told["pod"]: told for told in solve(objects, "nodes")["pods"]}
    theirs = {told["pod"]: told for told in oracle.verdicts(objects)}
    assert ours.keys() == theirs.keys(), f"we judge {sorted(ours)}, the scheduler judges {sorted(theirs)}"
    return [line for pod in theirs for line in differences(pod, ours[pod], theirs[pod])]


def readable_disagreements(objects: Sequence[Raw], oracle: Oracle, solve: Solve) -> list[str]:
    """None in a part that lacks what its objects refer to: ours refuses to read such a snapshot."""
    try:
        return disagreements(objects, oracle, solve)
    except AssertionError:
        return []


def differences(pod: str, ours: Raw, theirs: Raw) -> Iterator[str]:
    expected = comparable(theirs)
    got = comparable(ours)
    for part, wanted in expected.items():
        if got[part] != wanted:
            yield f"{pod} {part}: ours {got[part]}, kube-scheduler {wanted}"


def comparable(told: Raw) -> Raw:
    """Reasons as sets (V37); of an error only that it is one (its text is for programmers)."""

    def status(stored: Raw) -> tuple[str, str, frozenset[str]]:
        reasons = () if stored["code"] == "Error" else stored.get("reasons") or ()
        return stored["plugin"], stored["code"], frozenset(reasons)

    rejection = told.get("prefilter")
    return {
        "prefilter": status(rejection) if rejection else None,
        "feasible": sorted(told.get("feasible") or ()),
        "failed": {node: status(stored) for node, stored in (told.get("failed") or {}).items()},
        "scores": told.get("scores") or {},
    }


def report(objects: Sequence[Raw], found: Sequence[str]) -> str:
    """The disagreement, and the snapshot for a test of its own."""
    snapshot = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}, indent=1)
    return "\n".join([f"E2E_SEED={SEED}", *found, "in the snapshot", snapshot])
