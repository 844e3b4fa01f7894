"""What the planner makes of news: who waits for a slot, who took one, and what may have broken one.

For the planner's thread alone; nothing is planned here.
"""

from __future__ import annotations

import logging

from extender.book.plans import Plan
from extender.config import ExtenderConfig
from extender.logs import event as log_line
from extender.metrics import Metrics
from extender.planner.inbox import News
from extender.planner.rounds import Given
from extender.planner.standing import Standing
from extender.planner.world import World
from extender.snapshots import Sighting
from solver.model.event import Event, Gone, Put
from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod
from solver.model.storage import Claim

log = logging.getLogger(__name__)


class Follower:
    def __init__(self, sighting: Sighting, metrics: Metrics, config: ExtenderConfig) -> None:
        self._metrics = metrics
        self._config = config
        self.world = World(sighting, config.scheduler_names)
        self.standing = Standing(config.reservations.ttl_s)
        self._planned: frozenset[PodKey] = frozenset()
        """Pods with a slot of the plan in use."""
        self._left_out: dict[PodKey, Pod] = {}
        """Planned for as they are, without success."""
        self._expired: dict[PodKey, Pod] = {}
        """Lost their slots because they never came; planned for again when they change or are asked about."""
        self.is_urgent = False
        """A pod waits for its first plan."""
        self.is_disturbed = False
        """Somebody came to a node against the plan."""
        self.is_dirty = False
        """Something happened that may free or take room, or bear on a rule."""
        self.is_behind = False
        """A verb waits until the plan knows what happened, which may still have to reach us."""

    def lacking(self) -> list[PodKey]:
        """Pods that need a slot and have not been planned for as they are, or have a place that the plan does
        not know of yet."""
        slots = self._planned & self.standing.node_of.keys()
        return [
            key
            for key, pod in self.world.waiting.items()
            if key not in slots and self._left_out.get(key) is not pod and self._expired.get(key) is not pod
        ]

    def left_out(self) -> list[PodKey]:
        return [key for key in self._left_out if key in self.world.waiting]

    def everybody_lacking(self) -> list[PodKey]:
        """Those left out before as well: there may be room for them now."""
        known = self.standing.node_of
        return [
            key
            for key, pod in self.world.waiting.items()
            if key not in known and self._expired.get(key) is not pod
        ]

    def given(self, now: float) -> Given:
        waiting = self.world.waiting
        alive = {key: name for key, name in self.standing.node_of.items() if key in waiting}
        return Given(node_of=alive, fixed=self.standing.in_flight(now) & alive.keys())

    def forget_slots(self, now: float) -> None:
        """All but those of pods that may be on their way."""
        for key in self.given(now).loose:
            self.standing.drop(key)

    def planned(self, plan: Plan, now: float) -> None:
        self.standing.follow(plan, now)
        self._planned = frozenset(plan.slots.node_of)
        waiting = self.world.waiting
        self._left_out = {key: waiting[key] for key in plan.unplaced if key in waiting}
        self.is_urgent = self.is_disturbed = self.is_dirty = False

    def take_in(self, news: News, plan: Plan, now: float) -> None:
        if news.sighting is not None:
            self._begin_again(news.sighting)
        for event in news.events:
            self._follow(event, plan, now)
        if news.generation:
            self.world.generation = news.generation
        for key, (name, at) in news.answered.items():
            if key in self.world.waiting:
                self.standing.answered(key, name, at)
        for pod in news.asked.values():
            self._asked(pod, plan)
        self.is_behind |= news.is_behind
        late = self.standing.expire(now)
        self._metrics.reservations_expired.inc(len(late))
        self._expired |= {key: self.world.waiting[key] for key in late if key in self.world.waiting}
        landed = self.standing.land(now)
        self.is_dirty |= bool(late) or (landed and bool(self._left_out))

    def _begin_again(self, sighting: Sighting) -> None:
        self.world = World(sighting, self._config.scheduler_names)
        for key in list(self.standing.node_of):
            if key not in self.world.waiting:
                self.standing.drop(key)
        self._left_out = {}
        self.is_disturbed = True  # the slots may not hold any more
        self.is_urgent = bool(self.lacking())

    def _asked(self, pod: Pod, plan: Plan) -> None:
        """A verb knows the pod, or knows it otherwise than the plan; it may be ahead of the watch."""
        self._expired.pop(pod.key, None)
        known = self.world.pod(pod.key)
        if known is None or (known.is_pending and not _is_alike(known, pod, plan)):
            self._put(pod, plan)
        self.is_urgent |= pod.key in self.world.waiting

    def _follow(self, event: Event, plan: Plan, now: float) -> None:
        match event:
            case Put(Pod() as pod):
                before = self.world.pod(pod.key)
                if pod.node_name is not None and not pod.is_terminal:
                    self._bound(pod, pod.node_name, before, plan, now)
                else:
                    self._put(pod, plan)
            case Gone(Pod() as pod):
                self.standing.drop(pod.key)
                self.is_dirty = True
                self.world.apply(event)
            case Put(Claim() as claim):
                self._claimed(claim, plan)
                self.world.apply(event)
            case _:
                self.is_dirty = True
                self.world.apply(event)

    def _put(self, pod: Pod, plan: Plan) -> None:
        """A pod without a node, or one that is over."""
        before = self.world.pod(pod.key)
        was_waiting = pod.key in self.world.waiting
        self.world.apply(Put(pod))
        if pod.key not in self.world.waiting:
            self.standing.drop(pod.key)
            self.is_dirty = True
            return
        if before is not None and was_waiting and _is_alike(before, pod, plan):
            self._carry_over(before, pod)
        else:
            self.standing.drop(pod.key)
            self.is_urgent = True

    def _carry_over(self, before: Pod, pod: Pod) -> None:
        """The same pod to every rule: what is known of it stays."""
        for known in (self._left_out, self._expired):
            if known.get(pod.key) is before:
                known[pod.key] = pod
        if before.from_manifest and not pod.from_manifest:
            self._expired.pop(pod.key, None)  # here it is
            self.is_urgent |= pod.key not in self.standing

    def _bound(self, pod: Pod, name: NodeName, before: Pod | None, plan: Plan, now: float) -> None:
        was_there = before is not None and before.node_name == name and not before.is_terminal
        if not was_there:
            if pod.key in self.standing:
                self._taken(pod, name, plan, now)
            elif plan.is_disturbed_by(pod, name):
                self._conflict(pod, name)
        elif before is not None and (before.labels, before.terminating) != (pod.labels, pod.terminating):
            self.is_dirty = True
        self.world.apply(Put(pod))

    def _taken(self, pod: Pod, name: NodeName, plan: Plan, now: float) -> None:
        self.is_dirty = True  # nothing is lost, but the plan should rest on what runs by and by
        if not self.standing.take(pod, name, plan, now) and plan.is_disturbed_by(pod, name):
            self._conflict(pod, name)

    def _conflict(self, pod: Pod, name: NodeName) -> None:
        log.warning(log_line("reservation_conflict", pod=pod.key, node=name))
        self._metrics.reservation_conflicts.inc()
        self.is_disturbed = True

    def _claimed(self, claim: Claim, plan: Plan) -> None:
        """A claim that carries a node shows where its pod is going, before the pod does."""
        if claim.selected_node is None:
            self.is_dirty = True
            return
        for key in plan.slots.users.get(claim.key, ()):
            if key in self.standing:
                self.standing.move(plan.slots.snapshot.pod_by_key[key], claim.selected_node, plan)
        self.is_dirty = True


def _is_alike(before: Pod, pod: Pod, plan: Plan) -> bool:
    """To every rule; an expected pod is known by its name alone."""
    if before.from_manifest and not pod.from_manifest:
        return True
    needs = plan.slots.kind_book.needs
    return needs(before) == needs(pod)
