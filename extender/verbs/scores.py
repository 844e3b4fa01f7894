"""Verdicts to integer scores, 0 to 10 (X7)."""

from __future__ import annotations

from collections.abc import Sequence

from extender.book.slots import Slots, room_left
from extender.book.verdicts import Answer
from solver.model.names import NodeName

TOP = 10


def scores(slots: Slots, answer: Answer, nodes: Sequence[NodeName]) -> dict[NodeName, int]:
    """One score per node.

    10 for the node the plan gives the pod, or for the roomiest of those kept when that one is not asked
    about. The other kept nodes share the range below it by the room that is left there once everything
    planned has come, from 9 for the most to 0 for the least (1 when refused nodes, which score 0, are asked
    about too).
    """
    found = dict.fromkeys(nodes, 0)
    if not answer.kept:
        return found
    room = {name: _room_after(slots, answer, name) for name in answer.kept}
    best = answer.planned if answer.planned in room else max(answer.kept, key=lambda n: (room[n], n))
    others = [name for name in answer.kept if name != best]
    least, most = min((room[n] for n in others), default=0), max((room[n] for n in others), default=0)
    floor = 1 if answer.refused else 0
    for name in others:
        share = (room[name] - least) * (TOP - 1 - floor) // (most - least) if most > least else 0
        found[name] = floor + share
    found[best] = TOP
    return found


def _room_after(slots: Slots, answer: Answer, name: NodeName) -> int:
    """What is left on the node if the pod comes there; the plan has counted it on its own node already."""
    return room_left(slots.final, name, None if name == answer.planned else answer.pod)
