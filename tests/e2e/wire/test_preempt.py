"""B1.6 preempt: what kube-scheduler v1.34.1 itself does with the answers."""

from __future__ import annotations

from tests.e2e.harness.scripted import Call, Reply, as_json
from tests.e2e.harness.watching import poll
from tests.e2e.harness.wire import WAIT_S, Group, Wire, refuse


def test_no_candidate_means_that_nobody_is_evicted(wire: Wire, group: Group) -> None:
    low = wire.fill(group)
    wire.main.tell("preempt", "nobody", lambda _: as_json({"NodeNameToMetaVictims": {}}))
    wire.urgent("nobody", group)
    (call, *_) = wire.main.until_called("preempt", "nobody")
    assert call.body["NodeNameToVictims"] is None
    assert sorted(call.body["NodeNameToMetaVictims"]) == group.nodes
    wire.message("nobody", "Unschedulable")
    assert not wire.evicted() & set(low)


def test_only_on_the_node_that_is_left_somebody_is_evicted(wire: Wire, group: Group) -> None:
    low, middle = wire.fill(group), group.nodes[1]

    def one(call: Call) -> Reply:
        return as_json({"NodeNameToMetaVictims": {middle: call.body["NodeNameToMetaVictims"][middle]}})

    wire.main.tell("preempt", "chosen", one)
    wire.urgent("chosen", group)
    assert wire.node_of("chosen") == middle
    assert wire.evicted() & set(low) == {f"low-{middle}"}


def test_an_extender_without_the_verb_lets_pods_be_evicted_for_nothing(wire: Wire, group: Group) -> None:
    """B0.6: here the one with TLS refuses, and it is not asked about evictions."""
    low = wire.fill(group)
    wire.extenders.secure.tell("filter", "vain", refuse("FailedNodes"))
    wire.urgent("vain", group)
    poll("all of them are evicted", lambda: set(low) <= wire.evicted(), WAIT_S)
    assert "nodeName" not in wire.cluster.api.get("Pod", "vain", "default")["spec"]


def complained(wire: Wire, group: Group, field_name: str) -> bool:
    """Whether the dry run missed victims, on nodes that fit and are refused so."""
    log, complaint = wire.cluster.plane.processes["kube-scheduler"].log, "expected at least one victim"
    for node in group.nodes:
        wire.running(f"small-{node}", node, "1")
    name = field_name.lower()
    wire.main.tell("filter", name, refuse(field_name))
    before = log.read_text().lower().count(complaint)
    wire.urgent(name, group)
    said = wire.message(name, "Unschedulable").lower()
    return complaint in said or log.read_text().lower().count(complaint) > before


def test_refusing_a_node_that_fits_as_unresolvable_starts_no_preemption_there(
    wire: Wire, group: Group
) -> None:
    assert not complained(wire, group, "FailedAndUnresolvableNodes")


def test_refusing_a_node_that_fits_otherwise_does(wire: Wire, group: Group) -> None:
    assert complained(wire, group, "FailedNodes")


def test_a_null_in_the_answer_ends_the_process(wire: Wire, group: Group) -> None:
    """B0.6."""
    wire.fill(group)
    wire.main.tell("preempt", "fatal", lambda _: as_json({"NodeNameToMetaVictims": {group.nodes[0]: None}}))
    wire.urgent("fatal", group)
    scheduler = wire.cluster.plane.processes["kube-scheduler"]
    poll("kube-scheduler ends", lambda: scheduler.exit_code is not None, WAIT_S)
    assert scheduler.exit_code == 2
    wire.main.tell("preempt", "fatal", lambda _: as_json({"NodeNameToMetaVictims": {}}))
    scheduler.start()
