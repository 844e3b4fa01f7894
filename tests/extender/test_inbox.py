"""When the planner is given what it was told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError

import pytest

from extender.planner.inbox import Inbox, News
from extender.snapshots import Changes
from solver.model.event import Put
from solver.model.pod import Pod
from tests import builders as b
from tests.builders import f_nodes, snapshot

LONG_S, MOMENT_S = 60.0, 0.2
"""No test waits for the first; in the second, an inbox that does not rest gives what it has."""
ONE, TWO = snapshot(*f_nodes(), b.pod(name="one"), b.pod(name="two")).pods


def comes(inbox: Inbox, pod: Pod, generation: int) -> None:
    inbox.add(Changes(generation=generation, events=(Put(pod),)))


def is_given(taken: Future[News]) -> bool:
    try:
        taken.result(timeout=MOMENT_S)
    except NotYetError:
        return False
    return True


@pytest.mark.parametrize("call", [lambda inbox: inbox.ask(TWO), Inbox.hurry, Inbox.close])
def test_pods_are_gathered_while_the_planner_rests_until_a_call_waits(call: Callable[[Inbox], None]) -> None:
    inbox = Inbox()
    with ThreadPoolExecutor() as planner:
        taken = planner.submit(inbox.take, LONG_S, LONG_S)
        comes(inbox, ONE, 1)
        too_early = is_given(taken)
        comes(inbox, TWO, 2)
        call(inbox)
        news = taken.result(LONG_S / 2)
    assert not too_early
    assert [event.thing for event in news.events] == [ONE, TWO]


def test_a_planner_that_has_rested_gets_a_pod_as_it_comes() -> None:
    inbox = Inbox()
    with ThreadPoolExecutor() as planner:
        taken = planner.submit(inbox.take, LONG_S)
        comes(inbox, ONE, 1)
        assert taken.result(LONG_S / 2).events == [Put(ONE)]
