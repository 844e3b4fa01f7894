"""The shop grows from three to six db replicas: what moves cost or save, and what a zone loss leaves."""

from __future__ import annotations

import pytest

from solver.kube.catalogue import read_catalogue
from solver.kube.documents import Document
from solver.model.catalogue import MICROS, Catalogue
from solver.model.config import SolveConfig
from solver.model.outcome import Question
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.change import inputs_of
from solver.planning.setting import parse_setting, set_all
from solver.planning.size import Option, ShareLimit, SizeAnswer, Wish
from solver.planning.size.size import size
from tests.planning.shop import running_shop
from tests.scenario_files import shop_documents

CATALOGUE = """
apiVersion: bulkhead.dev/v1alpha1
kind: NodeCatalogue
currency: USD
nodeTypes:
  - {name: n4, pricePerHour: 0.20, allocatable: {cpu: 4, memory: 16Gi}}
  - {name: n8, pricePerHour: 0.40, allocatable: {cpu: 8, memory: 32Gi}}
  - {name: n8r, pricePerHour: 0.52, allocatable: {cpu: 8, memory: 64Gi}}
  - {name: n16, pricePerHour: 0.80, allocatable: {cpu: 16, memory: 64Gi}}
"""
WEB = WorkloadKey(kind="Deployment", namespace="default", name="web")


def catalogue() -> Catalogue:
    return read_catalogue([Document("nodes.yaml", CATALOGUE.encode())])


@pytest.fixture(scope="module")
def grown() -> Snapshot:
    """Seven pods run as ``solve fit`` placed them; three more replicas of db are asked for."""
    return running_shop(set_all(inputs_of(*shop_documents()), [parse_setting("db.replicas=6")]))


def ask(snapshot: Snapshot, **wish: object) -> SizeAnswer:
    question = Question(pods=tuple(pod.key for pod in snapshot.pending))
    return size(snapshot, question, Wish(catalogue=catalogue(), **wish), SolveConfig())  # type: ignore[arg-type]


def told(option: Option) -> tuple[str, float, int, tuple[int, int]]:
    """What to add, the price an hour, moves, and web pods left after the worst zone loss."""
    nodes = ", ".join(f"{b.count} {b.lot.node_type.name} {b.lot.zone}" for b in option.bought)
    web = next((left.left, left.pods) for left in option.left if left.workload == WEB)
    return nodes, option.price_micros / MICROS, len(option.moves), web


def test_every_number_of_moves_has_its_cheapest_purchase(grown: Snapshot) -> None:
    answer = ask(grown, most_moves=4)
    none, some, all_moves = map(told, answer.options)
    assert none == ("1 n8 a, 1 n8 b, 1 n8 c", 1.20, 0, (2, 4))
    assert some[1:] == (1.00, 2, (1, 4))
    assert all_moves[1:] == (0.80, 4, (0, 4))
    assert all(option.proved for option in answer.options)
    assert {moved.workload for option in answer.options for moved in option.moves} == {WEB}


def test_what_leaves_most_after_a_zone_loss_is_recommended(grown: Snapshot) -> None:
    assert ask(grown, most_moves=4).recommended == 0


def test_with_half_of_web_at_most_in_one_zone_only_the_dearest_remains(grown: Snapshot) -> None:
    answer = ask(grown, most_moves=4, shares=(ShareLimit(workload=WEB, most=2),))
    assert [told(option)[1:] for option in answer.options] == [(1.20, 0, (2, 4))]


def test_attach_limits_that_a_catalogue_leaves_open_are_taken_from_existing_nodes_and_named(
    grown: Snapshot,
) -> None:
    assert ask(grown).assumed_limits == {"zonal.csi.example.com": 25}
