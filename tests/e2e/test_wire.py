"""What kube-scheduler v1.34.1 itself does on the wire (B0, B1), where our answers rest on it.

One control plane serves all tests. Beside the extender that the tests script there is one with TLS and no
CA, one behind a proxy, one that is ignorable and always fails, and one that gets whole nodes. Every test has
three nodes of its own, of 4 CPUs each.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests import builders as b
from tests.e2e.conftest import LOGS
from tests.e2e.harness.api import ApiError, Raw
from tests.e2e.harness.build import Programs
from tests.e2e.harness.cluster import Cluster, Scheduling, refused, runs
from tests.e2e.harness.scripted import Call, Reply, Scripted, as_json, echo
from tests.e2e.harness.watching import Store, conditions, poll

GROUP = "group"
GROUPS = 40
NODES = 3 * GROUPS
SAMPLE = 100
"""Of 120 nodes, half would be 60; 100 are the least."""
WHOLE_NODES = "example.com/whole-nodes"
WAIT_S = 60.0
GONE = 404


@dataclass
class Wire:
    cluster: Cluster
    main: Scripted
    secure: Scripted
    proxied: Scripted
    failing: Scripted
    whole: Scripted

    def pod(self, name: str, group: str | None = None, **spec: Any) -> None:
        """A pod that waits; with a group it may go to that group's nodes only. No name is used twice: KWOK,
        which deletes by name, may do so late."""
        extra = spec.pop("extra", {}) | {"terminationGracePeriodSeconds": 0}
        selector = {GROUP: group} if group else {}
        made = b.pod_spec(node_selector=selector, extra=extra, **spec)
        meta = {"name": name, "namespace": "default"}
        self.cluster.add({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": made})

    def node_of(self, name: str) -> str:
        """Once it has one."""
        found = self._wait(f"{name} has a node", name, lambda pod: bool(pod["spec"].get("nodeName")))
        return str(found["spec"]["nodeName"])

    def message(self, name: str, reason: str) -> str:
        """Why it has none, once that is said for this reason."""

        def said(pod: Raw) -> bool:
            return conditions(pod).get("PodScheduled", {}).get("reason") == reason

        pod = self._wait(f"{name} is left out for {reason}", name, said)
        return str(conditions(pod)["PodScheduled"]["message"])

    def fill(self, group: str) -> list[str]:
        """Every node of the group gets a pod that is worth little and takes it all."""
        names = [f"low-{node}" for node in nodes_of(group)]
        for node, name in zip(nodes_of(group), names, strict=True):
            self.pod(name, group, requests={"cpu": "3"}, extra={"nodeName": node})
        for name in names:
            self.until_running(name)
        return names

    def until_running(self, name: str) -> None:
        """Until it runs; kube-scheduler has then heard of it."""
        self._wait(f"{name} runs", name, runs)

    def evicted(self) -> set[str]:
        return {pod["metadata"]["name"] for pod in self.cluster.pods.deleted()}

    def _wait(self, what: str, name: str, holds: Any) -> Raw:
        def now(pods: Store) -> bool:
            return f"default/{name}" in pods and bool(holds(pods[f"default/{name}"]))

        return self.cluster.pods.wait(what, now, WAIT_S, self.cluster.summary)[f"default/{name}"]


def nodes_of(group: str) -> list[str]:
    return [f"{group}-{number}" for number in range(3)]


def entry(address: str, **more: Any) -> Raw:
    return {"urlPrefix": address, "filterVerb": "filter", "nodeCacheCapable": True, **more}


@pytest.fixture(scope="module")
def wire(built: Programs) -> Iterator[Wire]:
    folder = LOGS / "wire"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cluster = Cluster(built, folder, Scheduling.PLAIN)
    certificates = folder / "certificates"
    servers = [
        Scripted(),
        Scripted(certificate=(certificates / "apiserver.crt", certificates / "apiserver.key")),
        Scripted(),
        Scripted(default=lambda _: as_json({"Error": "out of order"}, 500)),
        Scripted(),
    ]
    main, secure, proxied, failing, whole = servers
    try:
        _start(cluster, Wire(cluster, *servers))
        yield Wire(cluster, main, secure, proxied, failing, whole)
        failures = cluster.stop()
        assert not failures, "\n".join(failures)
    finally:
        cluster.stop()
        for server in servers:
            server.close()


def _start(cluster: Cluster, wire: Wire) -> None:
    for group in (f"g{number}" for number in range(GROUPS)):
        cluster.add(*(b.node(name=name, labels={GROUP: group}) for name in nodes_of(group)))
    cluster.add(*(b.priority_class(name=name, value=value) for name, value in (("urgent", 1000),)))
    verbs = {"prioritizeVerb": "prioritize", "preemptVerb": "preempt", "weight": 13}
    gate = {"managedResources": [{"name": WHOLE_NODES, "ignoredByScheduler": True}]}
    configuration = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": [
            {"schedulerName": "all", "percentageOfNodesToScore": 100},
            {"schedulerName": "sampling"},
        ],
        "extenders": [
            entry(f"http://{wire.main.address}/", httpTimeout="3s", **verbs),
            entry(f"https://{wire.secure.address}", enableHTTPS=True),
            entry("http://extender.example.com/"),
            entry(f"http://{wire.failing.address}", ignorable=True),
            entry(f"http://{wire.whole.address}", **gate) | {"nodeCacheCapable": False},
        ],
    }
    cluster.schedule_by(configuration, {"HTTP_PROXY": f"http://{wire.proxied.address}"})


@pytest.fixture(autouse=True)
def tidy(wire: Wire) -> Iterator[None]:
    """Pods that wait would ask again whenever another test changes something."""
    yield
    for key in wire.cluster.pods.now():
        try:
            wire.cluster.api.delete("Pod", key.split("/")[1], "default", grace_s=0)
        except ApiError as error:
            if error.status != GONE:  # evicted meanwhile
                raise
    wire.cluster.pods.wait("all pods are gone", lambda pods: not pods, WAIT_S, wire.cluster.summary)


def keep(*names: str, **more: Any) -> Any:
    return lambda _: as_json({"NodeNames": list(names), **more})


# B1.2 Transport


def test_b1_2_a_call_is_a_json_post_with_its_length_in_one_of_the_modes(wire: Wire) -> None:
    """B1.4."""
    wire.pod("plain", "g0")
    assert wire.node_of("plain") in nodes_of("g0")
    (call,) = wire.main.calls("filter", "plain")
    assert (call.method, call.target) == ("POST", "/filter")
    assert call.headers["Content-Type"] == "application/json"
    assert int(call.headers["Content-Length"]) > 0
    assert sorted(call.body["NodeNames"]) == nodes_of("g0")
    assert call.body["Nodes"] is None


def test_b0_8_without_a_ca_any_certificate_is_good_enough(wire: Wire) -> None:
    wire.pod("secure", "g1")
    wire.node_of("secure")
    assert wire.secure.calls("filter", "secure")


def test_b1_2_the_proxy_of_kube_scheduler_gets_the_call(wire: Wire) -> None:
    wire.pod("proxied", "g2")
    wire.node_of("proxied")
    assert wire.proxied.calls("filter", "proxied")[0].target == "http://extender.example.com/filter"


def test_b1_1_errors_of_an_ignorable_extender_are_skipped(wire: Wire) -> None:
    wire.pod("ignoring", "g3")
    wire.node_of("ignoring")
    assert wire.failing.calls("filter", "ignoring")


def test_b1_2_a_connection_serves_many_calls_until_an_answer_is_not_200(wire: Wire) -> None:
    for number in range(5):
        wire.pod(f"steady-{number}", "g4")
        wire.node_of(f"steady-{number}")
    used = {wire.main.calls("filter", f"steady-{number}")[0].port for number in range(5)}
    assert len(used) == 1
    wire.main.tell("filter", "costly", lambda _: Reply(b"x" * 4096, 400))
    wire.pod("costly", "g4")
    assert {call.port for call in wire.main.until_called("filter", "costly")[:1]} == used
    wire.pod("steady-5", "g4")
    wire.node_of("steady-5")
    assert wire.main.calls("filter", "steady-5")[0].port not in used


def test_b1_2_a_redirect_is_followed_and_302_loses_the_question(wire: Wire) -> None:
    for status, name in ((302, "moved"), (307, "repeated")):
        there = {"Location": f"/elsewhere/{name}"}
        wire.main.tell("filter", name, lambda _, s=status, t=there: Reply(b"", s, t))
        wire.main.tell("elsewhere", name, echo_or_error)
        wire.pod(name, "g5")
    assert wire.main.until_called("elsewhere", "moved")[0].method == "GET"
    assert not wire.main.calls("elsewhere", "moved")[0].body
    assert wire.main.until_called("elsewhere", "repeated")[0].method == "POST"
    assert wire.node_of("repeated") in nodes_of("g5")


def echo_or_error(call: Call) -> Reply:
    return as_json({"NodeNames": call.body["NodeNames"]}) if call.body else as_json({"Error": "no question"})


# B1.3 JSON rules, B1.4 filter


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no-member", b"{}"),
        ("null", b"null"),
        ("null-names", b'{"NodeNames": null}'),
        ("no-names", b'{"NodeNames": []}'),
    ],
)
def test_b1_3_an_answer_without_nodes_means_that_none_fits_and_gives_no_reason(
    wire: Wire, name: str, text: bytes
) -> None:
    """B1.4: a node in neither list."""
    wire.main.tell("filter", name, lambda _: Reply(text))
    wire.pod(name)
    message = wire.message(name, "Unschedulable")
    nobody = f"0/{NODES} nodes are available:"
    beside = " no new claims to deallocate,"  # a plugin's, about preemption
    assert message.split(" preemption:")[0] in (nobody, nobody + beside)


def test_b1_3_letter_case_and_additions_do_not_matter(wire: Wire) -> None:
    (first, *_) = nodes_of("g6")
    wire.main.tell("filter", "lower", lambda _: as_json({"nodenames": [first], "more": {"deep": [1]}}))
    wire.pod("lower", "g6")
    assert wire.node_of("lower") == first


def test_b1_4_a_node_that_was_not_asked_about_is_an_error(wire: Wire) -> None:
    """Even one that the scheduler knows."""
    wire.main.tell("filter", "strange", keep(*nodes_of("g8")))
    wire.pod("strange", "g7")
    assert "g8-0" in wire.message("strange", "SchedulerError")


def test_b1_4_with_whole_nodes_a_node_that_does_not_exist_passes(wire: Wire) -> None:
    """Why no mode but names is shipped; and B1.1: only pods with the resource are asked about."""
    ghost = b.node(name="ghost", labels={GROUP: "g9"})
    wire.whole.tell("filter", "haunted", lambda _: as_json({"Nodes": {"metadata": {}, "items": [ghost]}}))
    one = {WHOLE_NODES: "1"}
    wire.pod("haunted", "g9", extra={"containers": [b.container(requests=one, limits=one)]})
    assert wire.node_of("haunted") == "ghost"
    (call,) = wire.whole.calls("filter", "haunted")
    assert call.body["NodeNames"] is None
    assert len(call.body["Nodes"]["items"]) == 3
    wire.pod("ordinary", "g9")
    assert wire.node_of("ordinary") in nodes_of("g9")
    assert not wire.whole.calls("filter", "ordinary")


def test_b1_4_equal_reasons_are_counted(wire: Wire) -> None:
    wire.main.tell(
        "filter",
        "refused",
        lambda call: as_json(
            {
                "NodeNames": [],
                "FailedAndUnresolvableNodes": dict.fromkeys(call.body["NodeNames"], "bulkhead: no"),
            }
        ),
    )
    wire.pod("refused", "g10")
    assert "3 bulkhead: no" in wire.message("refused", "Unschedulable")


# B1.5 prioritize

PREFERRED, OTHER = 0, 1


def scored(wire: Wire, name: str, group: str, score: Any) -> int:
    """Which of two nodes a pod takes that prefers one, when the extender gives the other one that score."""
    first, second, _ = nodes_of(group)
    wire.main.tell("filter", name, keep(first, second))
    wire.main.tell("prioritize", name, lambda _: score(first, second))
    like = [{"key": b.HOSTNAME, "operator": "In", "values": [first]}]
    preference = {"weight": 100, "preference": {"matchExpressions": like}}
    node_affinity = {"preferredDuringSchedulingIgnoredDuringExecution": [preference]}
    wire.pod(name, group, extra={"affinity": {"nodeAffinity": node_affinity}})
    return [first, second].index(wire.node_of(name))


def test_b1_5_the_shipped_weight_outweighs_what_the_pod_prefers(wire: Wire) -> None:
    def whole(_first: str, second: str) -> Reply:
        return as_json([{"Host": second, "Score": 10}])

    assert scored(wire, "weighed", "g11", whole) == OTHER


@pytest.mark.parametrize(("name", "written"), [("ten", "10.0"), ("half", "5.5"), ("text", '"10"')])
def test_b0_4_one_score_that_is_no_integer_discards_the_list_in_silence(
    wire: Wire, name: str, written: str
) -> None:
    """B1.5."""

    def odd(_first: str, second: str) -> Reply:
        return Reply(f'[{{"Host": "{second}", "Score": {written}}}]'.encode())

    assert scored(wire, name, "g12", odd) == PREFERRED


def test_b1_5_scores_are_neither_checked_nor_clamped(wire: Wire) -> None:
    """What is more than 10, or less than 0, counts in full."""

    def beyond(first: str, second: str) -> Reply:
        return as_json([{"Host": first, "Score": 10}, {"Host": second, "Score": 500}])

    def below(first: str, second: str) -> Reply:
        return as_json([{"Host": first, "Score": -7}, {"Host": second, "Score": 0}])

    assert scored(wire, "beyond", "g13", beyond) == OTHER
    assert scored(wire, "below", "g14", below) == OTHER


def test_b0_5_prioritize_may_fail_and_is_not_called_for_one_node(wire: Wire) -> None:
    """B1.5, B1.8."""

    def failed(_first: str, _second: str) -> Reply:
        return as_json({"Error": "out of order"}, 500)

    assert scored(wire, "failed", "g15", failed) == PREFERRED
    assert wire.main.calls("prioritize", "failed")
    wire.main.tell("filter", "single", keep("g15-2"))
    wire.pod("single", "g15")
    assert wire.node_of("single") == "g15-2"
    assert not wire.main.calls("prioritize", "single")


# B1.8 order and number of calls


def test_b0_3_without_a_percentage_of_100_only_a_sample_is_asked_about(wire: Wire) -> None:
    """B1.8."""
    for name in ("all", "sampling"):
        meta = {"name": name, "namespace": "default"}
        spec = b.pod_spec(extra={"schedulerName": name})
        wire.cluster.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
        wire.node_of(name)
    sent = [len(wire.main.calls("filter", name)[0].body["NodeNames"]) for name in ("all", "sampling")]
    assert sent == [NODES, SAMPLE]


def test_b0_2_while_one_pod_is_filtered_every_other_pod_waits(wire: Wire) -> None:
    order: list[str] = []
    arrived, go = threading.Event(), threading.Event()

    def slowly(call: Call) -> Reply:
        arrived.set()
        go.wait(2)  # less than httpTimeout
        order.append("slow answered")
        return echo(call)

    def at_once(call: Call) -> Reply:
        order.append("quick asked")
        return echo(call)

    wire.main.tell("filter", "slow", slowly)
    wire.main.tell("filter", "quick", at_once)
    wire.pod("slow", "g16")
    assert arrived.wait(WAIT_S)
    wire.pod("quick", "g16")
    wire.node_of("quick")
    assert order == ["slow answered", "quick asked"]


# B1.6 preempt


def urgent(wire: Wire, name: str, group: str) -> None:
    wire.pod(name, group, requests={"cpu": "3"}, extra={"priorityClassName": "urgent"})


def test_b1_6_no_candidate_means_that_nobody_is_evicted(wire: Wire) -> None:
    low = wire.fill("g17")
    wire.main.tell("preempt", "nobody", lambda _: as_json({"NodeNameToMetaVictims": {}}))
    urgent(wire, "nobody", "g17")
    (call, *_) = wire.main.until_called("preempt", "nobody")
    assert call.body["NodeNameToVictims"] is None
    assert sorted(call.body["NodeNameToMetaVictims"]) == nodes_of("g17")
    wire.message("nobody", "Unschedulable")
    assert not wire.evicted() & set(low)


def test_b1_6_only_on_the_node_that_is_left_somebody_is_evicted(wire: Wire) -> None:
    low = wire.fill("g18")

    def one(call: Call) -> Reply:
        return as_json({"NodeNameToMetaVictims": {"g18-1": call.body["NodeNameToMetaVictims"]["g18-1"]}})

    wire.main.tell("preempt", "chosen", one)
    urgent(wire, "chosen", "g18")
    assert wire.node_of("chosen") == "g18-1"
    assert wire.evicted() & set(low) == {"low-g18-1"}


def test_b0_6_an_extender_without_the_verb_lets_pods_be_evicted_for_nothing(wire: Wire) -> None:
    """Here the one with TLS refuses, and it is not asked about evictions."""
    low = wire.fill("g19")
    wire.secure.tell(
        "filter",
        "vain",
        lambda call: as_json({"NodeNames": [], "FailedNodes": dict.fromkeys(call.body["NodeNames"], "no")}),
    )
    urgent(wire, "vain", "g19")
    poll("all of them are evicted", lambda: set(low) <= wire.evicted(), WAIT_S)
    assert "nodeName" not in wire.cluster.api.get("Pod", "vain", "default")["spec"]


def test_b1_6_refusing_a_node_that_fits_as_unresolvable_starts_no_preemption_there(wire: Wire) -> None:
    log = wire.cluster.plane.processes["kube-scheduler"].log
    complaint = "expected at least one victim"
    for group, field_name in (("g20", "FailedAndUnresolvableNodes"), ("g21", "FailedNodes")):
        for node in nodes_of(group):
            wire.pod(f"small-{node}", requests={"cpu": "1"}, extra={"nodeName": node})
            wire.until_running(f"small-{node}")
        name = field_name.lower()
        wire.main.tell(
            "filter",
            name,
            lambda call, f=field_name: as_json(
                {"NodeNames": [], f: dict.fromkeys(call.body["NodeNames"], "no")}
            ),
        )
        before = log.read_text().lower().count(complaint)
        urgent(wire, name, group)
        said = wire.message(name, "Unschedulable").lower()
        complained = complaint in said or log.read_text().lower().count(complaint) > before
        assert complained == (field_name == "FailedNodes"), said


def test_b0_6_a_null_in_the_answer_ends_the_process(wire: Wire) -> None:
    """B1.6."""
    wire.fill("g22")
    wire.main.tell("preempt", "fatal", lambda _: as_json({"NodeNameToMetaVictims": {"g22-0": None}}))
    urgent(wire, "fatal", "g22")
    scheduler = wire.cluster.plane.processes["kube-scheduler"]
    poll("kube-scheduler ends", lambda: scheduler.exit_code is not None, WAIT_S)
    assert scheduler.exit_code == 2
    wire.main.tell("preempt", "fatal", lambda _: as_json({"NodeNameToMetaVictims": {}}))
    scheduler.start()


# B1.9 errors, rejection, requeue


@pytest.mark.parametrize(
    ("name", "reply", "told"),
    [
        (
            "error",
            as_json({"NodeNames": nodes_of("g23"), "Error": "bulkhead: a reason"}),
            "bulkhead: a reason",
        ),
        ("refusal", as_json({"Error": "bulkhead: a reason"}, 400), "code 400"),
        ("created", as_json({"NodeNames": nodes_of("g23")}, 201), "code 201"),
        ("nothing", Reply(b""), "EOF"),
        ("array", as_json([]), "cannot unmarshal array"),
        (
            "number-as-reason",
            as_json({"NodeNames": nodes_of("g23"), "FailedNodes": {"x": 1}}),
            "cannot unmarshal number",
        ),
    ],
)
def test_b1_9_only_the_error_of_a_200_reaches_the_user(
    wire: Wire, name: str, reply: Reply, told: str
) -> None:
    """B1.2, B1.3, B2."""
    wire.main.tell("filter", name, lambda _: reply)
    wire.pod(name, "g23")
    message = wire.message(name, "SchedulerError")
    assert told in message
    assert ("a reason" in message) == ("a reason" in told)


def test_b1_9_after_an_error_the_pod_is_tried_again_and_after_a_timeout_too(wire: Wire) -> None:
    never = threading.Event()

    def wait(call: Call) -> Reply:
        if len(wire.main.calls("filter", "late")) == 1:
            never.wait(5)  # more than httpTimeout
        return echo(call)

    wire.main.tell("filter", "late", wait)
    wire.pod("late", "g24")
    assert wire.node_of("late") in nodes_of("g24")
    assert len(wire.main.calls("filter", "late")) == 2


def test_b0_7_a_refused_pod_asks_again_when_a_node_changes(wire: Wire) -> None:
    """B1.9: long before the five minutes are over."""
    wire.main.tell("filter", "again", keep())
    wire.pod("again", "g25")
    wire.message("again", "Unschedulable")
    before = len(wire.main.calls("filter", "again"))
    wire.cluster.api.patch("Node", "g25-0", {"metadata": {"labels": {"turned": "over"}}})
    wire.main.until_called("filter", "again", before + 1)
    assert refused(wire.cluster.pods.now()["default/again"])
