"""Section 5: effective requests, the resource filter and the two resource scores (R)."""

from __future__ import annotations

from solver.model.profile import Profile
from tests.builders import container, node, pod, snapshot
from tests.scheduler.judge import OK, by_node, judge, scores

GI = 2**30
FPGA = "example.com/fpga"


def cpu(amount, **fields):
    return container(requests={"cpu": amount}, **fields)


def requests(**fields):
    """The effective request of a pod with these fields."""
    world = snapshot(node(name="a1"), pod(name="p", **fields))
    return dict(world.pod_by_key["prod/p"].requests)


def on_node(*, node_fields=None, used=None, **incoming):
    """What a node (cpu 4, memory 8Gi) says to a pod, after another pod took ``used``."""
    olds = [pod(name="old", node="a1", requests=used)] if used else []
    found = judge(node(name="a1", **(node_fields or {})), *olds, pod(name="p", **incoming))
    return by_node(found)["a1"]


def test_ex_r1_largest_of_containers_and_init_container():
    got = requests(containers=[cpu("200m"), cpu("300m")], init_containers=[cpu("1000m", name="i")])
    assert got == {"cpu": 1000}


def test_ex_r2_sidecars_run_beside_later_init_containers():
    init = [cpu("200m", name="s1", sidecar=True), cpu("900m", name="i"), cpu("100m", name="s2", sidecar=True)]
    assert requests(containers=[cpu("500m")], init_containers=init) == {"cpu": 1100}


def test_ex_r3_sidecars_after_an_init_container_do_not_add_to_it():
    init = [cpu("900m", name="i"), cpu("200m", name="s", sidecar=True)]
    assert requests(containers=[cpu("500m")], init_containers=init) == {"cpu": 900}


def test_ex_r4_pod_level_requests_replace_and_overhead_adds():
    got = requests(
        containers=[container(requests={"cpu": "200m", "memory": "1Gi"}), cpu("400m")],
        spec={"resources": {"requests": {"cpu": "2"}}, "overhead": {"cpu": "250m"}},
    )
    assert got == {"cpu": 2250, "memory": GI}


def test_ex_r5_cpu_is_rounded_up_to_millicores():
    assert requests(containers=[cpu("0.1001")]) == {"cpu": 101}


def test_ex_r18_every_quantity_is_rounded_before_adding():
    assert requests(containers=[cpu("0.1001"), cpu("0.1001")]) == {"cpu": 202}


def test_ex_r17_overhead_alone_is_a_request():
    assert requests(spec={"overhead": {"cpu": "100m"}}) == {"cpu": 100}
    crowded = on_node(used={"cpu": "4"}, spec={"overhead": {"cpu": "100m"}})
    assert crowded == "U Insufficient cpu"


def test_ex_r6_shortage_by_others_is_unschedulable():
    assert on_node(used={"cpu": "3500m"}, requests={"cpu": "600m"}) == "U Insufficient cpu"
    assert on_node(used={"cpu": "3500m"}, requests={"cpu": "500m"}) == OK


def test_ex_r7_request_larger_than_the_node_is_unresolvable():
    assert on_node(requests={"cpu": "5"}) == "UU Insufficient cpu"


def test_ex_r8_one_unresolvable_resource_decides():
    said = on_node(used={"memory": "8Gi"}, requests={"cpu": "5", "memory": "1Gi"})
    assert said == "UU Insufficient cpu, Insufficient memory"


def test_ex_r9_pod_count_limits_even_empty_pods():
    crowd = [pod(name=f"old-{i}", node="a1") for i in range(110)]
    assert by_node(judge(node(name="a1"), *crowd, pod(name="p")))["a1"] == "U Too many pods"


def test_r8_pod_count_is_never_unresolvable():
    assert on_node(node_fields={"pods": "0"}) == "U Too many pods"


def test_ex_r10_overcommitted_resource_does_not_matter_to_others():
    assert on_node(used={"memory": "9Gi"}, requests={"cpu": "1"}) == OK


def test_r13_zero_request_never_fails():
    assert on_node(used={"memory": "9Gi"}, requests={"cpu": "1", "memory": "0"}) == OK


def test_ex_r11_resource_the_node_lacks_is_unresolvable():
    assert on_node(requests={FPGA: "1"}) == f"UU Insufficient {FPGA}"


def test_ex_r12_huge_pages_are_resources():
    fields = {"allocatable": {"hugepages-2Mi": "2Mi"}}
    assert on_node(node_fields=fields, requests={"hugepages-2Mi": "4Mi"}) == "UU Insufficient hugepages-2Mi"


def test_r6_unqualified_unknown_names_are_ignored():
    assert on_node(requests={"dongles": "5"}) == OK


def test_r10_reasons_are_reported_together():
    crowd = [pod(name=f"old-{i}", node="a1", requests={"cpu": "2", "memory": "4Gi"}) for i in range(2)]
    wanted = {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi", FPGA: "1"}
    found = judge(node(name="a1", pods="2"), *crowd, pod(name="p", requests=wanted))
    assert by_node(found)["a1"] == (
        "UU Too many pods, Insufficient cpu, Insufficient memory, Insufficient ephemeral-storage, "
        f"Insufficient {FPGA}"
    )


def test_r14_ignored_resources_and_groups_are_left_alone():
    objects = (node(name="a1"), pod(name="p", requests={FPGA: "1", "other.com/x": "1"}))
    by_name = judge(*objects, config=Profile(ignored_resources=frozenset({FPGA})))
    assert by_node(by_name)["a1"] == "UU Insufficient other.com/x"
    groups = frozenset({"example.com", "other.com"})
    assert by_node(judge(*objects, config=Profile(ignored_resource_groups=groups)))["a1"] == OK


def test_r7_running_pods_count_what_they_were_given():
    status = {
        "containerStatuses": [
            {"name": "c", "resources": {"requests": {"cpu": "3"}}, "allocatedResources": {"cpu": "2"}}
        ]
    }
    resized = pod(name="old", node="a1", requests={"cpu": "1"}, status=status)
    assert by_node(judge(node(name="a1"), resized, pod(name="p", requests={"cpu": "2"})))["a1"] == (
        "U Insufficient cpu"
    )
    assert by_node(judge(node(name="a1"), resized, pod(name="p", requests={"cpu": "1"})))["a1"] == OK


def test_r7_status_of_a_pod_without_a_node_does_not_count():
    status = {"containerStatuses": [{"name": "c", "resources": {"requests": {"cpu": "3"}}}]}
    assert requests(containers=[cpu("1")], status=status) == {"cpu": 1000}


def test_r7_infeasible_resize_leaves_the_specified_request_out():
    status = {
        "containerStatuses": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}],
        "conditions": [{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}],
    }
    stuck = pod(name="old", node="a1", requests={"cpu": "4"}, status=status)
    assert by_node(judge(node(name="a1"), stuck, pod(name="p", requests={"cpu": "3"})))["a1"] == OK


def least(used, **incoming):
    """NodeResourcesFit score of a node after ``used``."""
    found = judge(node(name="a1"), pod(name="old", node="a1", requests=used), pod(name="p", **incoming))
    return scores(found, "NodeResourcesFit")["a1"]


def balance(used, **incoming):
    found = judge(node(name="a1"), pod(name="old", node="a1", requests=used), pod(name="p", **incoming))
    return scores(found, "NodeResourcesBalancedAllocation")["a1"]


def test_ex_r13_mean_of_the_free_shares():
    assert least({"cpu": "1", "memory": "2Gi"}, requests={"cpu": "500m", "memory": "1Gi"}) == 62


def test_ex_r14_unstated_requests_count_a_little():
    assert least({"cpu": "1", "memory": "2Gi"}, containers=[container()]) == 72


def test_r15_stated_zero_stays_zero():
    assert least({"cpu": "1", "memory": "2Gi"}, requests={"cpu": "0", "memory": "0"}) == 75


def test_ex_r15_overcommitted_resource_scores_nothing():
    defaults_only = [pod(name=f"d{i}", node="a1", requests={"memory": "0"}) for i in range(41)]
    found = judge(node(name="a1"), *defaults_only, pod(name="p", requests={"cpu": "0", "memory": "1Gi"}))
    assert scores(found, "NodeResourcesFit")["a1"] == 43


def test_r16_resources_without_allocatable_are_skipped():
    found = judge(node(name="a1", memory="0"), pod(name="p", requests={"cpu": "1"}))
    assert scores(found, "NodeResourcesFit") == {"a1": 75}
    assert scores(found, "NodeResourcesBalancedAllocation") == {"a1": 100}


def test_ex_r16_balance_is_about_equal_shares():
    assert balance({"cpu": "1", "memory": "1Gi"}, requests={"cpu": "1", "memory": "2Gi"}) == 93
    assert balance({"cpu": "1"}, requests={"cpu": "2", "memory": "1Gi"}) == 68


def test_r17_balance_is_skipped_for_pods_without_requests():
    found = judge(node(name="a1"), pod(name="p", requests={"ephemeral-storage": "0"}))
    assert scores(found, "NodeResourcesBalancedAllocation") == {}


def test_ex_r19_pod_level_requests_count_for_balance_but_not_for_the_free_share():
    big = node(name="a1", cpu="8", memory="16Gi")
    levels = {"resources": {"requests": {"cpu": "3", "memory": "3Gi"}}}
    found = judge(big, pod(name="p", containers=[container()], spec=levels))
    assert scores(found, "NodeResourcesFit") == {"a1": 98}  # (7900/8000 -> 98, 16184/16384 -> 98)
    assert scores(found, "NodeResourcesBalancedAllocation") == {"a1": 90}  # 3/8 against 3/16
    assert on_node(node_fields={"cpu": "2"}, containers=[container()], spec=levels) == "UU Insufficient cpu"


def test_r15_running_pod_with_pod_level_requests_counts_them():
    levels = {"resources": {"requests": {"cpu": "2"}}}
    running = pod(name="old", node="a1", containers=[container()], spec=levels)
    found = judge(node(name="a1"), running, pod(name="p", requests={"cpu": "0", "memory": "0"}))
    assert scores(found, "NodeResourcesFit") == {"a1": (50 + 97) // 2}  # memory: only the default of 200Mi


def test_r16_amounts_beyond_64_bits_are_scored_exactly():
    """A hundred times the memory left does not fit into 64 bits; the score does."""
    found = judge(
        node(name="a1", cpu="4", memory="7Ei"),
        pod(name="old", node="a1", requests={"memory": "1Ei"}),
        pod(name="p", requests={"cpu": "1", "memory": "1Ei"}),
    )
    assert scores(found, "NodeResourcesFit") == {"a1": (72 + 71) // 2}
