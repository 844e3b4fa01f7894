"""How an answer is found in time (A9): a ready plan, one that is made while the call waits, pod by pod on
top of the plan, and in the end every node that no slot needs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from extender.book.answers import Answer, Rung, Why
from extender.book.greedy import narrowed
from extender.book.plans import Plan
from extender.book.roster import Roster
from extender.book.shelf import PlanBook
from extender.book.verdicts import Refusal
from extender.config import ExtenderConfig, OnInfeasible, OnUndecided
from extender.logs import event
from extender.metrics import Fallback, Metrics
from extender.planner.live import LivePlanner
from solver.engine.budget import Budget
from solver.model.names import NodeName, PodKey
from solver.model.pod import Pod

log = logging.getLogger(__name__)


class Ladder:
    def __init__(
        self, book: PlanBook, config: ExtenderConfig, metrics: Metrics, planner: LivePlanner | None = None
    ) -> None:
        """Without a ``planner`` the plan is what it is (A15)."""
        self._book = book
        self._config = config
        self._metrics = metrics
        self._planner = planner
        self._vain: set[PodKey] = set()
        """Pods for which the plan stayed behind as long as a call waited; the next call does not."""
        self._strange: set[str] = set()
        """Scheduler names that were warned of."""

    def answer(self, pod: Pod, nodes: Sequence[NodeName]) -> tuple[Plan, Answer]:
        """The plan that answers, and its answer. Raises NotReadyError."""
        rung = self._wait_for(pod, nodes)
        plan = self._book.plan
        answer = self._by_policy(plan, pod, plan.slots.roster.distinct(nodes), rung)
        if rung is Rung.GREEDY and plan.knows(pod):
            answer = plan.without_awaited(answer)
        if answer.rung in _LATE:
            self._metrics.fallbacks.labels(Fallback(answer.rung)).inc()
        self._book.note(answer)
        if self._planner is not None and answer.kept_count:
            self._planner.inbox.answered(pod.key, _place_of(answer, plan.slots.roster))
        return plan, answer

    def read(self, names: bytes) -> Sequence[NodeName] | None:
        """The nodes of a JSON list of names. None when it has to be decoded. Raises NotReadyError."""
        return self._book.plan.slots.roster.read(names)

    def at_once(self, pod: Pod, nodes: Sequence[NodeName]) -> tuple[Plan, Answer]:
        """The same without waiting, and without leaving word. Raises NotReadyError."""
        plan = self._book.plan
        return plan, self._by_policy(plan, pod, plan.slots.roster.distinct(nodes), Rung.READY)

    def plan_for(self, pod: Pod) -> Plan:
        """The plan, made for this pod if that could be waited for. Raises NotReadyError."""
        self._wait_for(pod, ())
        return self._book.plan

    def _wait_for(self, pod: Pod, nodes: Sequence[NodeName]) -> Rung:
        """Give the planner a chance to plan for the pod."""
        planner, plan = self._planner, self._book.plan
        if planner is None or not self._is_ours(pod):
            return Rung.READY
        if plan.is_recent_for(pod, nodes):
            self._vain.discard(pod.key)
            return Rung.READY
        is_known = plan.knows(pod)
        if is_known:
            planner.inbox.hurry()
        else:
            planner.inbox.ask(pod)
        limit_s = self._config.deadlines.solve_s
        is_hopeless = is_known and pod.key in self._vain
        if is_hopeless or planner.working_s() >= limit_s:
            return Rung.GREEDY
        if self._book.wait_until(lambda p: p.is_recent_for(pod, nodes), limit_s):
            return Rung.SOLVED
        self._vain.add(pod.key)
        return Rung.GREEDY

    def _is_ours(self, pod: Pod) -> bool:
        name = pod.scheduler_name
        if name not in self._config.scheduler_names and name not in self._strange:
            self._strange.add(name)
            log.warning(event("scheduler_not_planned_for", scheduler=name, pod=pod.key))
        return pod.is_pending and name in self._config.scheduler_names

    def _by_policy(self, plan: Plan, pod: Pod, nodes: Sequence[NodeName], rung: Rung) -> Answer:
        if plan.group(pod) is not None:
            return replace(plan.answer(pod, nodes), rung=rung)
        why = plan.why_not(pod.key)
        labels = plan.slots.snapshot.namespace_labels(pod.namespace)
        policy = self._config.policies.of(labels, pod.labels)
        if why is Why.INFEASIBLE and plan.knows(pod) and policy.on_infeasible is OnInfeasible.HOLD:
            return replace(plan.refuse_all(pod, nodes, Refusal.HELD, why), rung=rung)
        is_open = why is Why.UNDECIDED or rung is Rung.GREEDY
        if is_open and policy.on_undecided is OnUndecided.PASS_THROUGH:
            return replace(plan.pass_through(pod, nodes), rung=Rung.PASS_THROUGH)
        if is_open and self._planner is not None:
            return self._greedy(plan, pod, nodes, self._planner)
        return replace(plan.answer(pod, nodes), rung=rung)

    def _greedy(self, plan: Plan, pod: Pod, nodes: Sequence[NodeName], planner: LivePlanner) -> Answer:
        """On top of everything planned, and with room for the rest of its workload if that can be seen."""
        budget = Budget(self._config.deadlines.greedy_s)
        if budget.spent:
            return replace(plan.pass_through(pod, nodes), rung=Rung.PASS_THROUGH)
        found = replace(plan.answer(pod, nodes), rung=Rung.GREEDY)
        return narrowed(found, plan, planner.siblings(pod), budget)


_LATE = (Rung.GREEDY, Rung.PASS_THROUGH)


def _place_of(answer: Answer, roster: Roster) -> NodeName | None:
    """Where kube-scheduler will bind the pod, as far as that can be told."""
    kept = answer.kept_at
    home = roster.index_of.get(answer.planned) if answer.planned is not None else None
    if home is not None and (answer.located[kept] == home).any():
        return answer.planned
    return answer.nodes[kept[0]] if kept.size == 1 else None
