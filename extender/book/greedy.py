"""The joint answer for a pod that no plan knows yet: one node, with room left for the rest of its workload.

Pod by pod, as kube-scheduler would go on by itself, so it finds less than a plan does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from extender.book.answers import Answer
from extender.book.plans import Plan
from extender.book.verdicts import CODE, KEPT, Refusal
from solver.engine.budget import Budget
from solver.model.names import ZONE, NodeName
from solver.model.pod import Pod
from solver.scheduler.framework import check, choose
from solver.scheduler.state import ClusterState
from solver.scheduler.status import Status

TRIES = 12


def narrowed(answer: Answer, plan: Plan, siblings: Sequence[Pod], budget: Budget) -> Answer:
    """Of the nodes kept, one from which the siblings still find places; all of them where none is found."""
    if not siblings or not answer.kept_count:
        return answer
    state = plan.final_state()
    known = [pod for pod in siblings if all(state.volumes.claim(use.claim) for use in pod.claims)]
    for name in _candidates(answer, state):
        if budget.spent:
            break
        if _leaves_room(answer.pod, name, known, state.fork(), budget):
            return _only(answer, name)
    return answer


def _candidates(answer: Answer, state: ClusterState) -> list[NodeName]:
    """The first few kept nodes of every zone, zone by zone in turn."""
    ranks: dict[str | None, int] = {}
    ordered: list[tuple[int, NodeName]] = []
    for name in answer.kept:
        if not state.has_node(name):
            continue
        zone = state.node(name).node.labels.get(ZONE)
        ranks[zone] = ranks.get(zone, -1) + 1
        ordered.append((ranks[zone], name))
    ordered.sort(key=lambda entry: entry[0])
    return [name for _, name in ordered[:TRIES]]


def _leaves_room(
    pod: Pod, name: NodeName, siblings: Sequence[Pod], state: ClusterState, budget: Budget
) -> bool:
    if check(pod, name, state) is not None:
        return False
    state.add(pod, name)
    for sibling in siblings:
        found = None if budget.spent else choose(sibling, state)
        if found is None or isinstance(found, Status):
            return False
        state.add(sibling, found)
    return True


def _only(answer: Answer, name: NodeName) -> Answer:
    codes = answer.codes.copy()
    codes[codes == KEPT] = CODE[Refusal.ELSEWHERE]
    codes[np.array([node == name for node in answer.nodes], dtype=np.bool_)] = KEPT
    return replace(answer, codes=codes)
