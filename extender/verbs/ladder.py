"""How an answer is found in time (A9): from the plan that is there."""

from __future__ import annotations

from extender.book.answers import Answer
from extender.book.plans import Plan
from extender.book.shelf import PlanBook
from solver.model.names import NodeName
from solver.model.pod import Pod


class Ladder:
    def __init__(self, book: PlanBook) -> None:
        self._book = book

    def answer(self, pod: Pod, nodes: tuple[NodeName, ...]) -> tuple[Plan, Answer]:
        """The plan that answers, and its answer. Raises NotReadyError."""
        plan = self._book.plan
        return plan, plan.answer(pod, nodes)
