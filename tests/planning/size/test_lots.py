"""Prices and zones tell nodes on sale apart where no rule does; what new nodes are taken to be."""

from __future__ import annotations

import pytest
from frozendict import frozendict

import tests.builders as b
from solver.model.catalogue import MICROS, Catalogue, NodeType
from solver.model.config import SolveConfig
from solver.model.snapshot import Snapshot
from solver.planning.size import Option, Wish
from solver.planning.size.size import size
from solver.planning.size.stock import Stock
from tests.strategies import question_of

SHAPE = frozendict({"cpu": 4000, "memory": 2**33, "pods": 110})
DRIVER, CSI_ZONE = "csi.example.com", "topology.csi.example.com/zone"


def kind(name: str, price: int = MICROS, **rest: object) -> NodeType:
    return NodeType(name=name, allocatable=SHAPE, price_micros=price, **rest)  # type: ignore[arg-type]


def waiting(*zones: str | None, pods: int = 1) -> Snapshot:
    """Full nodes in these zones, and pods that follow no rule."""
    nodes = [b.node(name=f"n{i}", zone=zone, cpu="1") for i, zone in enumerate(zones)]
    return b.snapshot(*nodes, *(b.pod(name=f"p{i}", requests={"cpu": "3"}) for i in range(pods)))


def only_option(snapshot: Snapshot, *types: NodeType) -> Option:
    answer = size(snapshot, question_of(snapshot), Wish(catalogue=Catalogue(types=types)), SolveConfig())
    (option,) = answer.options
    assert option.proved
    return option


@pytest.mark.parametrize("pods", [1, 2, 3])
def test_of_zones_that_no_rule_tells_apart_the_cheaper_is_bought_in(pods: int) -> None:
    by_zone = frozendict({"za": 2 * MICROS, "zb": MICROS, "zc": 3 * MICROS})
    option = only_option(waiting("za", "zb", "zc", pods=pods), kind("n4", price_in_zone=by_zone))
    assert [(one.lot.zone, one.count) for one in option.bought] == [("zb", pods)]


def test_of_types_of_one_shape_the_cheaper_is_bought() -> None:
    option = only_option(waiting("za"), kind("dear", 2 * MICROS), kind("cheap"), kind("dearer", 3 * MICROS))
    assert [one.lot.node_type.name for one in option.bought] == ["cheap"]


def test_a_cluster_without_zones_can_grow() -> None:
    option = only_option(waiting(None), kind("n4"))
    assert [(str(one.lot), one.lot.node_name(1)) for one in option.bought] == [("n4", "new-n4-1")]


def test_nodes_in_a_zone_that_is_new_have_the_labels_that_volumes_are_made_by() -> None:
    nodes = [
        b.node(
            name=f"n{zone}", zone=zone, cpu="1", labels={CSI_ZONE: zone, "topology.kubernetes.io/region": "r"}
        )
        for zone in ("za", "zb")
    ]
    csi = [b.csi_node(name=f"n{zone}", limits={DRIVER: 9}, topology_keys=[CSI_ZONE]) for zone in ("za", "zb")]
    snapshot = b.snapshot(*nodes, *csi)
    stock = Stock(snapshot, [kind("n4", zones=("zc",))])
    labels = stock.with_nodes([(stock.lots[0], 1)], snapshot).node_by_name[stock.lots[0].node_name(1)].labels
    assert (labels[CSI_ZONE], labels["topology.kubernetes.io/region"]) == ("zc", "r")
