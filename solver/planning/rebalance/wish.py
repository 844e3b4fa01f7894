"""What is asked of a rebalance."""

from __future__ import annotations

from dataclasses import dataclass, field

from frozendict import frozendict

from solver.model.names import PodKey
from solver.model.pod import WorkloadKey
from solver.planning.rebalance.answer import Prices
from solver.planning.rebalance.goal import Goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    goals: tuple[Goal, ...]
    prices: Prices = field(default_factory=Prices)
    renewable: frozenset[str] = frozenset()
    """Storage classes whose claims may be created anew."""
    most_cost: int | None = None
    pending: tuple[PodKey, ...] | None = None
    """Those that the goal ``fit`` is about; None: every one without scheduling gates."""
    needs: frozendict[WorkloadKey, int] = frozendict()
    """Replicas that a workload must never be below while the plan is carried out."""
