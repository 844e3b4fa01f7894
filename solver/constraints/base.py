"""What a constraint is."""

from __future__ import annotations

from typing import Protocol

from solver.compile.problem import Problem
from solver.variables import Variables


class Constraint(Protocol):
    """One rule family, posted on the variables. Modules satisfy this protocol."""

    def post(self, problem: Problem, variables: Variables, *, relaxed: bool) -> None:
        """Post the rule. ``relaxed`` asks for a necessary condition only, for bounds: where the exact rule
        depends on the placing order, the strict form is sufficient and the relaxed one necessary."""
