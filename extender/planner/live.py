"""The planner of a live cluster: follows what happens, plans when pods appear, keeps what it promised.

Two threads: one waits for the source, the other plans. Verbs talk to neither; they read the book, and leave
word in the inbox.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from extender.book.plans import Plan
from extender.book.reservations import Reservation
from extender.book.shelf import PlanBook
from extender.book.slots import Slots
from extender.config import ExtenderConfig
from extender.logs import event as log_line
from extender.metrics import Metrics, Mode
from extender.planner.follow import Follower
from extender.planner.inbox import Inbox, News
from extender.planner.quorum import quorum_kept
from extender.planner.rounds import Given, plan_round, still_holds
from extender.planner.telling import record, tell_snapshot
from extender.snapshots import SnapshotSource
from solver.errors import BulkheadError
from solver.executors import Stop
from solver.model.names import PodKey
from solver.model.outcome import Outcome, Proof, Unplaced, Verdict
from solver.model.placement import Assignment, Placement
from solver.model.pod import Pod

log = logging.getLogger(__name__)

Announce = Callable[[Plan], None]
REFRESH_S = 1.0
"""What happened and asks for no slot is looked at together, so often at most,"""
SHARE = 10
"""and this many times the last round's time apart."""
REST_SHARE = 2
"""While pods keep coming and no call waits for them, the planner rests so many times as long as it planned,
up to"""
REST_S = 0.5
"""this: a round for many pods costs little more than one for few, and kube-scheduler needs the cores, too."""
QUICK_SHARE = 0.6
"""Part of the time for waiting that a round may search; the rest is for what comes before and after."""
RETRY_S = 1.0
"""Pause after the source failed."""


class LivePlanner:
    def __init__(
        self,
        source: SnapshotSource,
        book: PlanBook,
        metrics: Metrics,
        config: ExtenderConfig,
        clock: Callable[[], float] = time.monotonic,
        announce: Announce = lambda _plan: None,
    ) -> None:
        """``announce`` is told of every plan, once it is in use."""
        self.source = source
        self._announce = announce
        self.book = book
        self.inbox = Inbox(clock)
        self._metrics = metrics
        self._config = config
        self._clock = clock
        self._stopping = threading.Event()
        self._follower: Follower
        self._last_round = (clock(), 0.0)
        """When it ended, and how long it took."""
        self._working_since: float | None = None
        self._wants_depth = False

    # for others

    def run(self) -> Plan:
        """Make the first plan, then go on in threads. Raises BulkheadError when there can be none."""
        self.begin()
        for name, work in (("follower", self._listen), ("planner", self._work)):
            threading.Thread(target=work, name=name, daemon=True).start()
        return self.book.plan

    def stop(self) -> None:
        self._stopping.set()
        self.inbox.close()

    def working_s(self) -> float:
        """How long the present round has taken so far; 0 between rounds."""
        since = self._working_since
        return 0.0 if since is None else self._clock() - since

    def reservations(self) -> tuple[Reservation, ...]:
        return self.book.reservations

    def siblings(self, pod: Pod) -> list[Pod]:
        """Other pods of its workload that wait, too."""
        waiting = list(self._follower.world.waiting.values())  # at once: another thread changes it
        same = pod.workload is not None
        return [p for p in waiting if same and p.workload == pod.workload and p.key != pod.key]

    # the planner's thread

    def begin(self) -> None:
        """The first plan."""
        started = time.perf_counter()
        sighting = self.source.latest()
        tell_snapshot(sighting, time.perf_counter() - started)
        self._follower = Follower(sighting, self._metrics, self._config)
        self._round(self._follower.lacking(), Mode.LIVE, self._config.solve.time_limit_s)

    def step(self, timeout_s: float) -> None:
        """Take in what is there, or comes within this time, and plan if that is needed."""
        ended, took = self._last_round
        rest_s = min(REST_S, REST_SHARE * took) - (self._clock() - ended)
        self.digest(self.inbox.take(timeout_s, max(0.0, rest_s)))

    def digest(self, news: News) -> None:
        follower = self._follower
        follower.take_in(news, self.book.plan, self._clock())
        self._publish()
        lacking = follower.lacking()
        if lacking and (follower.is_urgent or not self._can_wait()):
            self._round(lacking, Mode.LIVE, QUICK_SHARE * self._config.deadlines.solve_s)
        elif follower.is_disturbed or (follower.is_dirty and (follower.is_behind or not self._can_wait())):
            self._refresh()
        elif self._wants_depth and not news:
            self._wants_depth = False
            self._round(
                lacking or follower.left_out(),
                Mode.DEEP,
                self._config.solve.time_limit_s,
                self.inbox.urgent,
            )

    def _can_wait(self) -> bool:
        ended, took = self._last_round
        return self._clock() - ended < max(REFRESH_S, SHARE * took)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.step(0.05 if self._wants_depth else REFRESH_S)
            except Exception as error:  # the next round may do better; verbs go on with the plan there is
                log.exception(log_line("round_failed", error=type(error).__name__))
                self._working_since = None

    def _listen(self) -> None:
        generation = self._follower.world.generation
        while not self._stopping.is_set():
            try:
                changes = self.source.changes_since(generation, REFRESH_S)
                if changes.restart:
                    sighting = self.source.latest()
                    self.inbox.begin_again(sighting)
                    generation = sighting.generation
                elif changes.events or changes.generation != generation:
                    self.inbox.add(changes)
                    generation = changes.generation
            except BulkheadError as error:
                log.error(log_line("source_failed", error=error))
                self._stopping.wait(RETRY_S)

    # a round

    def _refresh(self) -> None:
        """The same slots on the cluster as it is now, if they still hold; else all anew."""
        follower = self._follower
        if not still_holds(follower.world, follower.given(self._clock()), self._config.solve):
            log.info(log_line("slots_lost", slots=len(follower.standing)))
            follower.forget_slots(self._clock())
        follower.is_behind = False
        self._round(follower.everybody_lacking(), Mode.LIVE, QUICK_SHARE * self._config.deadlines.solve_s)

    def _round(self, asked: Iterable[PodKey], mode: Mode, limit_s: float, stop: Stop | None = None) -> None:
        follower = self._follower
        started = self._working_since = self._clock()
        given = follower.given(started)
        config = replace(self._config.solve, time_limit_s=min(limit_s, self._config.solve.time_limit_s))
        asked = list(asked)
        try:
            outcome = plan_round(follower.world, given, asked, config, stop)
        except BulkheadError as error:
            log.exception(log_line("solve_failed", error=type(error).__name__))
            outcome = _nothing_found(given, asked)
        if stop is not None and stop.is_set() and outcome.verdict is Verdict.UNKNOWN:
            self._wants_depth = True  # interrupted by something more urgent; begin again after it
        if mode is not Mode.DEEP:
            self._wants_depth |= outcome.verdict is Verdict.UNKNOWN
        self._adopt(self._with_left_out(outcome, asked), mode, started)

    def _with_left_out(self, outcome: Outcome, asked: Collection[PodKey]) -> Outcome:
        """Whoever was left out before and not asked for now is left out still."""
        placed = outcome.placement.node_of
        others = [key for key in self._follower.left_out() if key not in asked and key not in placed]
        if not others:
            return outcome
        before = self.book.plan
        verdicts = {before.outcome.verdict, outcome.verdict} - {Verdict.FITS}
        verdict = verdicts.pop() if len(verdicts) == 1 else Verdict.UNKNOWN
        return replace(
            outcome,
            verdict=verdict,
            proof=Proof.NOT_PROVED if verdict is Verdict.UNKNOWN else Proof.PROVED,
            unplaced=(*outcome.unplaced, *(before.unplaced[key] for key in others)),
        )

    def _adopt(self, outcome: Outcome, mode: Mode, started: float) -> None:
        world = self._follower.world
        slots = Slots(
            world.snapshot(), outcome.placement, self._config.shared_nodes, world.state(), world.roster
        )
        plan = Plan(
            sighting=world.sighting(),
            outcome=outcome,
            slots=slots,
            made_at=self._clock(),
            newcomers=self._config.newcomers,
        )
        plan.warm(self._follower.lacking())
        self.book.adopt(plan)
        self._follower.planned(plan, self._clock())
        self._last_round = (self._clock(), self._clock() - started)
        self._working_since = None
        self._publish()
        record(plan, mode, self._last_round[1], self._metrics)
        self._tell_of_losses(plan)
        self._announce(plan)

    def _tell_of_losses(self, plan: Plan) -> None:
        if self._config.domain_loss.enabled:
            found = quorum_kept(plan.slots.snapshot, self._config.domain_loss.topology_keys)
            self._metrics.quorum_kept.clear()  # workloads and domains come and go
            for labels, kept in found.items():
                self._metrics.quorum_kept.labels(*labels).set(kept)

    def _publish(self) -> None:
        standing = self._follower.standing
        if standing.has_changed:
            self.book.reservations = standing.reservations()
            self._metrics.reservations.set(len(standing))


def _nothing_found(given: Given, asked: Iterable[PodKey]) -> Outcome:
    placement = Placement(assignments=tuple(Assignment(pod=k, node=n) for k, n in given.node_of.items()))
    unplaced = tuple(Unplaced(pod=key) for key in asked if key not in given.node_of)
    verdict = Verdict.UNKNOWN if unplaced else Verdict.FITS
    return Outcome(verdict=verdict, proof=Proof.NOT_PROVED, placement=placement, unplaced=unplaced)
