"""J2, J9: an order in which kube-scheduler would accept every planned pod on its node.

Every step is decided by ``scheduler``, the same filters that ``solve nodes`` uses. Queue order (Q2, W14)
is kept where it can be. Pods that are alike in every respect may trade nodes to keep it: which of them gets
which node is no part of a plan, and kube-scheduler asks them in queue order.
"""

from __future__ import annotations

from dataclasses import dataclass

from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.placement import Assignment, Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.scheduler.state import ClusterState
from solver.scheduler.status import Code, Status
from solver.verify.attempt import Attempt, waits_for_others
from solver.verify.plan import Plan
from solver.verify.search import search

_PROMOTIONS = 4
_ORDER_DEPENDENT = frozenset({"VolumeBinding", "NodeVolumeLimits", "InterPodAffinity"})
"""V33 and V36, V14, A18: plugins that may accept a pod only before another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """``order`` holds every pod that was accepted, with its node; ``stuck`` the others with their refusal."""

    order: tuple[Assignment, ...]
    stuck: tuple[tuple[PodKey, Status], ...] = ()


def replay(
    snapshot: Snapshot, placement: Placement, config: SolveConfig, state: ClusterState | None = None
) -> ReplayResult:
    """Place the plan pod by pod. The placement must be well formed (``verify``).

    With ``stuck`` empty, ``order`` is the whole plan in an admissible order; its nodes are the plan's, except
    that pods alike in every respect may have traded theirs. A ``state`` of this snapshot spares making one;
    what it holds afterwards is of no use.
    """
    plan = Plan(snapshot, placement, state)
    best = _best_in_turn(plan)
    waiting = [key for key, refusal in best.refusals.items() if waits_for_others(refusal)]
    if waiting:
        found = search(plan, waiting, config.replay_checks)
        if found is not None:
            return ReplayResult(order=tuple(found))
    return ReplayResult(order=tuple(best.order), stuck=_stuck(plan, best))


def _best_in_turn(plan: Plan) -> Attempt:
    """Ask in queue order; then, as far as it may help, with those who were refused asked first."""
    pods = plan.pods
    best = latest = Attempt(plan, pods)
    latest.run()
    for _ in range(_PROMOTIONS):
        refused = {k for k, refusal in latest.refusals.items() if refusal.plugin in _ORDER_DEPENDENT}
        if not refused:
            break
        pods = sorted(pods, key=lambda pod: pod.key not in refused)
        latest = Attempt(plan, pods)
        latest.run()
        if len(latest.order) > len(best.order):
            best = latest
    return best


def _stuck(plan: Plan, attempt: Attempt) -> tuple[tuple[PodKey, Status], ...]:
    """What each unplaced pod was told last; one that does not exist yet (W14) was told nothing."""
    placed = {assignment.pod for assignment in attempt.order}
    left = [pod for pod in plan.pods if pod.key not in placed]
    return tuple((pod.key, attempt.refusals.get(pod.key) or _not_created(pod)) for pod in left)


def _not_created(pod: Pod) -> Status:
    reason = f"not created before pod {pod.created_after} runs"
    return Status(plugin="", code=Code.UNRESOLVABLE, reasons=(reason,))
