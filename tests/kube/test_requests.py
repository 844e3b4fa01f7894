"""Effective and non-zero requests: R2-R7, R15, W20, W22 and their examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from solver.model.pod import Pod
from tests import builders as b
from tests.builders import Raw, f_nodes, snapshot

MI = 2**20


def read_pod(
    *,
    containers: Sequence[Raw] = (),
    init: Sequence[Raw] = (),
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Pod:
    stored = b.pod(name="p", containers=containers, init_containers=init, spec=spec, status=status)
    return snapshot(*f_nodes(), stored).pods[0]


def cpu(amount: str, name: str = "c") -> Raw:
    return b.container(name=name, requests={"cpu": amount})


def test_ex_r1_a_large_init_container_decides() -> None:
    assert read_pod(containers=[cpu("200m"), cpu("300m")], init=[cpu("1000m")]).requests == {"cpu": 1000}


def sidecar(amount: str) -> Raw:
    return b.container(name="s", requests={"cpu": amount}, sidecar=True)


def test_ex_r2_an_init_container_runs_beside_the_sidecars_before_it() -> None:
    made = read_pod(containers=[cpu("500m")], init=[sidecar("200m"), cpu("900m"), sidecar("100m")])
    assert made.requests == {"cpu": 1100}


def test_ex_r3_a_sidecar_after_an_init_container_does_not_run_beside_it() -> None:
    made = read_pod(containers=[cpu("500m")], init=[cpu("900m"), sidecar("200m")])
    assert made.requests == {"cpu": 900}


def test_ex_r4_pod_level_requests_replace_what_they_name_and_overhead_adds() -> None:
    made = read_pod(
        containers=[b.container(requests={"cpu": "600m", "memory": "1Gi"})],
        resources={"requests": {"cpu": "2"}},
        overhead={"cpu": "250m"},
    )
    assert made.requests == {"cpu": 2250, "memory": 2**30}


def test_pod_level_requests_replace_nothing_but_cpu_memory_and_huge_pages() -> None:
    """R3."""
    made = read_pod(
        containers=[b.container(requests={"example.com/gpu": "1"})],
        resources={"requests": {"example.com/gpu": "5", "hugepages-2Mi": "4Mi"}},
    )
    assert made.requests == {"example.com/gpu": 1, "hugepages-2Mi": 4 * MI}


def test_ex_r5_a_quantity_is_rounded_up_to_a_thousandth() -> None:
    assert read_pod(containers=[cpu("0.1001")]).requests == {"cpu": 101}


def test_ex_r17_overhead_alone_is_a_request() -> None:
    assert read_pod(containers=[b.container()], overhead={"cpu": "100m"}).requests == {"cpu": 100}


def test_ex_r18_rounding_comes_before_the_sum() -> None:
    assert read_pod(containers=[cpu("0.1001"), cpu("0.1001")]).requests == {"cpu": 202}


def test_ex_r19_pod_level_requests_do_not_count_in_the_score_of_the_incoming_pod() -> None:
    made = read_pod(containers=[b.container()], resources={"requests": {"cpu": "3", "memory": "3Gi"}})
    assert made.requests == {"cpu": 3000, "memory": 3 * 2**30}
    assert (made.incoming_score_cpu_millis, made.incoming_score_memory_bytes) == (100, 200 * MI)
    assert (made.running_score_cpu_millis, made.running_score_memory_bytes) == (3000, 3 * 2**30)


def test_a_running_pod_with_pod_level_cpu_gets_the_default_only_for_memory() -> None:
    """R15."""
    made = read_pod(containers=[b.container(), b.container(name="d")], resources={"requests": {"cpu": "3"}})
    assert (made.running_score_cpu_millis, made.running_score_memory_bytes) == (3000, 400 * MI)


def test_each_container_that_states_nothing_scores_the_default_and_zero_stays_zero() -> None:
    """R15: init containers too; the larger of init and regular containers counts."""
    made = read_pod(
        containers=[b.container(), cpu("0", name="zero")], init=[b.container(requests={"memory": "1Gi"})]
    )
    assert made.incoming_score_cpu_millis == 100
    assert made.incoming_score_memory_bytes == 2**30
    assert made.requests == {"memory": 2**30}


def test_bytes_are_rounded_up_after_the_sum() -> None:
    """R5."""
    half = b.container(requests={"memory": "500m"})
    assert read_pod(containers=[half, half, half]).requests == {"memory": 2}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("ephemeral-storage", True),
        ("hugepages-1Gi", True),
        ("attachable-volumes-csi-x", True),
        ("example.com/fpga", True),
        ("kubernetes.io/batch-cpu", True),
        ("fpga", False),
        ("requests.example.com/fpga", False),
        ("bad name/x y", False),
    ],
)
def test_names_that_count(name: str, counts: bool) -> None:
    """R6."""
    assert (name in read_pod(containers=[b.container(requests={name: "1"})]).requests) is counts


def resized(*, requests: str, reported: str, allocated: str, infeasible: bool = False) -> Pod:
    conditions = [{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]
    status = {
        "conditions": conditions if infeasible else [],
        "containerStatuses": [
            {
                "name": "c",
                "resources": {"requests": {"cpu": reported}},
                "allocatedResources": {"cpu": allocated},
            }
        ],
    }
    return read_pod(containers=[cpu(requests)], status=status, nodeName="a1")


def test_during_a_resize_the_largest_amount_counts() -> None:
    """R7."""
    assert resized(requests="1", reported="2", allocated="3").requests == {"cpu": 3000}
    assert resized(requests="4", reported="2", allocated="3").requests == {"cpu": 4000}


def test_an_infeasible_resize_leaves_the_spec_out() -> None:
    """R7."""
    assert resized(requests="9", reported="2", allocated="3", infeasible=True).requests == {"cpu": 3000}


def test_ex_w4_a_limit_without_request_is_the_request() -> None:
    assert read_pod(containers=[b.container(limits={"cpu": "1"})]).requests == {"cpu": 1000}


def test_ex_w5_each_limit_is_looked_at_by_itself() -> None:
    made = read_pod(containers=[b.container(limits={"memory": "1Gi"}, requests={"cpu": "200m"})])
    assert made.requests == {"cpu": 200, "memory": 2**30}


def test_ex_w6_pod_level_limits_take_the_sum_of_the_containers_as_request() -> None:
    made = read_pod(containers=[cpu("500m"), b.container(name="d")], resources={"limits": {"cpu": "2"}})
    assert made.requests == {"cpu": 500}
    assert made.running_score_cpu_millis == 500


def test_ex_w7_pod_level_limits_are_the_request_when_no_container_has_one() -> None:
    made = read_pod(containers=[b.container()], resources={"limits": {"cpu": "2"}})
    assert made.requests == {"cpu": 2000}


def test_numbers_without_quotes_are_quantities_too() -> None:
    made = read_pod(containers=[{"name": "c", "resources": {"requests": {"cpu": 0.5, "memory": 1024}}}])
    assert made.requests == {"cpu": 500, "memory": 1024}


def test_capacity_stands_in_for_missing_allocatable() -> None:
    """W33, R6."""
    node = b.node(name="n")
    del node["status"]["allocatable"]
    node["status"]["capacity"] = {"cpu": "1.0001", "memory": "1Ki", "pods": "10", "strange": "1"}
    assert snapshot(node).nodes[0].allocatable == {"cpu": 1001, "memory": 1024, "pods": 10}


def test_allocatable_wins_over_capacity() -> None:
    node = b.node(name="n", cpu="2")
    node["status"]["capacity"] = {"cpu": "64"}
    assert snapshot(node).nodes[0].allocatable["cpu"] == 2000
