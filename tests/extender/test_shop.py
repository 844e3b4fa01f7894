"""The shop, whole: web comes up first and kube-scheduler alone gives it the nodes the database needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient

from extender.app import create_app, planner_of
from extender.book.verdicts import Refusal
from extender.config import ExtenderConfig
from solver.model.names import NodeName
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from tests.extender.arrivals import Ask, arrive, everything
from tests.extender.desk import args, post, told
from tests.paths import SHOP_PENDING

RAW: dict[str, Any] = {
    f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}": item
    for item in json.loads(Path(SHOP_PENDING).read_text(encoding="utf-8"))["items"]
    if item["kind"] == "Pod"
}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    app = create_app(ExtenderConfig(snapshot=(SHOP_PENDING,)))
    planner_of(app).run()
    return app.test_client()


@pytest.fixture(scope="module")
def shop(client: FlaskClient) -> Snapshot:
    return planner_of(client.application).book.plan.slots.snapshot


def through(client: FlaskClient) -> Ask:
    """Asks the extender over its own protocol."""

    def ask(pod: Pod, nodes: Sequence[NodeName]) -> Sequence[NodeName]:
        names: list[NodeName] = post(client, "filter", args(RAW[pod.key], nodes))["NodeNames"]
        return names

    return ask


def test_without_the_extender_some_pods_are_stranded(shop: Snapshot) -> None:
    """Guards the test below: this world is one in which choices matter."""
    placed = [len(arrive(shop, shop.pending, everything, Random(s).choice).node_of) for s in range(20)]
    assert min(placed) < len(shop.pending) == 7


@pytest.mark.parametrize("seed", range(20))
def test_with_the_extender_every_pod_finds_a_place_whatever_is_chosen(
    client: FlaskClient, shop: Snapshot, seed: int
) -> None:
    assert len(arrive(shop, shop.pending, through(client), Random(seed).choice).node_of) == 7


def test_the_only_node_of_a_zone_is_kept_for_the_database(client: FlaskClient, shop: Snapshot) -> None:
    names = [node.name for node in shop.nodes]
    web = next(pod for pod in shop.pending if pod.name.startswith("web"))
    db = next(pod for pod in shop.pending if pod.name.startswith("db"))
    assert told(post(client, "filter", args(RAW[web.key], names)))["c1"] == Refusal.NEEDED
    assert told(post(client, "filter", args(RAW[db.key], names)))["c1"] == "kept"
