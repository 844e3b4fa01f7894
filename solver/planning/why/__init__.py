"""Why not everything fits: the facts that exclude each other, what is not to blame, and what would help."""

from solver.planning.why.answer import Conflict, ConflictKind, Why
from solver.planning.why.asking import why, why_among
from solver.planning.why.facts import Fact, FactKind

__all__ = ["Conflict", "ConflictKind", "Fact", "FactKind", "Why", "why", "why_among"]
