"""What an objective is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from solver.compile.problem import IntArray, Problem
from solver.variables import Term, Variables


class Objective(Protocol):
    """One preference. Modules satisfy this protocol; each is minimised in turn, as OBJECTIVES lists them."""

    NAME: str

    def merge(self, values: Iterable[int]) -> int:
        """The value over several independent components."""

    def cost(self, problem: Problem, variables: Variables) -> list[Term]:
        """Non-negative terms to minimise; empty when the preference has nothing to say."""

    def value(self, problem: Problem, counts: IntArray) -> int:
        """What a whole placement, ``counts`` [C, N], costs: the least that ``cost`` can come to with it."""
