"""Orders of arrival: how many there are, and that ordinals keep theirs."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from solver.model.pod import Pod
from solver.planning.compare.orders import (
    Lane,
    every_order,
    helm_order,
    lanes_of,
    led_by,
    manifest_order,
    order_count,
    random_orders,
    runs_of,
)
from tests import builders as b


def lanes(*sizes: int) -> tuple[Lane, ...]:
    """Deployments d0, d1, … of these sizes."""
    manifests = [b.deployment(name=f"d{number}", replicas=size) for number, size in enumerate(sizes)]
    return lanes_of(b.snapshot(*b.f_nodes(), manifests=manifests).pending)


def names(arrival: Sequence[Pod]) -> list[str]:
    return [pod.name for pod in arrival]


def test_four_and_three_pods_arrive_in_35_distinct_orders() -> None:
    some = lanes(4, 3)
    orders = list(every_order(some))
    assert order_count(some) == len(orders) == len({tuple(names(one)) for one in orders}) == 35


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_every_order_is_given_once_and_keeps_each_workload_in_its_order(sizes: list[int]) -> None:
    some = lanes(*sizes)
    orders = [tuple(names(one)) for one in every_order(some)]
    assert len(orders) == len(set(orders)) == order_count(some)
    for order in orders:
        for lane in some:
            mine = [name for name in order if name in set(names(lane.pods))]
            assert mine == names(lane.pods)


def test_orders_beyond_counting_are_drawn_all_the_same() -> None:
    many = lanes(*[1] * 40)
    assert order_count(many) is None
    assert len(list(random_orders(many, 3, seed=0))) == 3


def test_random_orders_are_distinct_and_the_same_for_the_same_seed() -> None:
    some = lanes(4, 3)
    once = [tuple(names(one)) for one in random_orders(some, 10, seed=1)]
    assert len(set(once)) == 10
    assert once == [tuple(names(one)) for one in random_orders(some, 10, seed=1)]
    assert once != [tuple(names(one)) for one in random_orders(some, 10, seed=2)]


def test_asking_for_more_random_orders_than_there_are_gives_all_of_them() -> None:
    assert len(list(random_orders(lanes(2, 1), 50, seed=0))) == 3


def test_helm_installs_deployments_before_stateful_sets() -> None:
    sets = b.stateful_set(name="db", replicas=2)
    world = b.snapshot(
        *b.f_nodes(), manifests=[b.job(name="j"), sets, b.deployment(name="web"), b.pod(name="solo")]
    )
    some = lanes_of(world.pending)
    assert names(helm_order(some)) == ["solo", "web-0", "db-0", "db-1", "j-0"]
    assert names(manifest_order(world.pending, some)) == ["j-0", "db-0", "db-1", "web-0", "solo"]


def test_a_stateful_set_arrives_by_ordinals_however_its_pods_are_listed() -> None:
    pods = [
        b.pod(name="db-1", owner=("StatefulSet", "db")),
        b.pod(name="solo"),
        b.pod(name="db-0", owner=("StatefulSet", "db")),
    ]
    world = b.snapshot(*b.f_nodes(), *pods)
    assert names(manifest_order(world.pending, lanes_of(world.pending))) == ["db-0", "solo", "db-1"]


def test_a_workload_led_by_leaves_the_rest_as_it_was() -> None:
    some = lanes(2, 1, 1)
    stages = led_by([some[2]], next(every_order(some)))
    assert [names(stage) for stage in stages] == [["d2-0"], ["d0-0", "d0-1", "d1-0"]]
    arrival = [pod for stage in stages for pod in stage]
    assert [(workload.name, number) for workload, number in runs_of(tuple(arrival))] == [
        ("d2", 1),
        ("d0", 2),
        ("d1", 1),
    ]
