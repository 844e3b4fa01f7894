"""What followers are told about the time since they last asked."""

from __future__ import annotations

from extender.snapshots import Changes
from extender.watch.journal import Journal
from solver.kube.mirror import Shift
from solver.model.event import Gone, Put
from solver.model.names import NodeName
from solver.model.storage import Attachment

ONE = Attachment(name="one", attacher="csi", node_name=NodeName("n"), volume_name=None)
TWO = Attachment(name="two", attacher="csi", node_name=NodeName("n"), volume_name=None)


def test_events_come_in_order_and_only_those_after_the_generation() -> None:
    journal = Journal()
    journal.write([Put(ONE)])
    seen = journal.generation
    journal.write([Put(TWO), Gone(ONE)])
    journal.write([Gone(TWO)])
    assert journal.since(seen) == Changes(generation=seen + 2, events=(Put(TWO), Gone(ONE), Gone(TWO)))
    assert journal.since(seen + 2) == Changes(generation=seen + 2)


def test_nothing_that_changes_nothing_is_a_generation() -> None:
    journal = Journal()
    journal.write([])
    assert journal.generation == 0


def test_a_change_of_the_rules_means_to_begin_again() -> None:
    journal = Journal()
    journal.write([Put(ONE)])
    journal.write([Shift.RULES, Put(TWO)])
    assert journal.since(0).restart
    assert journal.since(1).restart
    assert not journal.since(2).restart


def test_a_change_of_scores_only_is_a_generation_without_events() -> None:
    journal = Journal()
    journal.write([Shift.SCORES])
    assert journal.since(0) == Changes(generation=1)


def test_who_asks_too_late_or_about_the_future_begins_again() -> None:
    journal = Journal(remembered=2)
    for _ in range(4):
        journal.write([Put(ONE)])
    assert journal.since(1).restart
    assert not journal.since(2).restart
    assert journal.since(9).restart
