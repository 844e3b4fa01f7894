"""Verdicts to integer scores, 0 to 10 (X7)."""

from __future__ import annotations

import numpy as np

from extender.book.answers import Answer
from extender.book.plans import Plan
from extender.book.roster import TOP, Roster
from solver.scheduler.columns import IntArray


def scores(plan: Plan, answer: Answer) -> IntArray:
    """One score per node of the answer, in its order.

    10 for the node the plan gives the pod, or for the roomiest of those kept when that one is not asked
    about. The other kept nodes share the range below it by the room that is left there once everything
    planned has come, from 9 for the most to 0 for the least (1 when refused nodes, which score 0, are asked
    about too).
    """
    found = np.zeros(len(answer.nodes), dtype=np.int64)
    kept = answer.kept_at
    if not kept.size:
        return found
    room = plan.room(answer)[kept]
    best = _best(plan.slots.roster, answer, kept, room)
    others = np.delete(kept, best)
    floor = 1 if kept.size < len(answer.nodes) else 0
    found[others] = floor + _shares(np.delete(room, best), TOP - 1 - floor)
    found[kept[best]] = TOP
    return found


def _best(roster: Roster, answer: Answer, kept: IntArray, room: IntArray) -> int:
    """Position among those kept: the planned node, or the roomiest, the last by name among equals."""
    home = roster.index_of.get(answer.planned) if answer.planned is not None else None
    planned = np.flatnonzero(answer.located[kept] == home)
    if planned.size:
        return int(planned[0])
    roomiest = np.flatnonzero(room == room.max()).tolist()
    return max(roomiest, key=lambda position: answer.nodes[int(kept[position])])


def _shares(room: IntArray, most: int) -> IntArray:
    if not room.size or room.min() == room.max():
        return np.zeros_like(room)
    shares: IntArray = (room - room.min()) * most // (room.max() - room.min())
    return shares
