"""A plan that is no longer needed goes by itself: the garbage collector would stop every call to find it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from solver.model.snapshot import Snapshot
from tests import builders as b
from tests.builders import HOSTNAME, ZONE, f_nodes, snapshot
from tests.extender.changing import Stage

APP = {"app": "db"}


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def with_every_rule(count: int) -> Snapshot:
    """Replicas under rules of every kind that counts pods."""
    near = b.affinity_term(key=ZONE, labels=APP)
    apart = b.affinity_term(key=HOSTNAME, labels=APP)
    pods = [
        b.pod(
            name=f"db-{number}",
            labels=APP,
            requests={"cpu": "1"},
            spread=[b.spread(key=HOSTNAME, labels=APP)],
            pod_affinity=b.required_terms(near),
            pod_anti_affinity=b.required_terms(apart),
            volumes=[b.claim_volume(claim=f"data-{number}")],
        )
        for number in range(count)
    ]
    claims = [b.claim(name=f"data-{number}", storage_class="fast") for number in range(count)]
    return snapshot(*f_nodes(), b.storage_class(name="fast"), *claims, *pods)


@pytest.mark.usefixtures("without_collector")
def test_a_plan_goes_when_another_takes_its_place() -> None:
    stage = Stage(with_every_rule(2))
    old = ref(stage.book.plan)
    state = ref(stage.book.plan.slots.final)
    stage.source.put(*with_every_rule(3).pods[2:])
    stage.settle()
    assert old() is None
    assert state() is None
