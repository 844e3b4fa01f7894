"""The steps of a plan in an order in which each is admissible: kube-scheduler's own filters accept the pod
on its new node when it is its turn, its PodDisruptionBudget allows the eviction, and its workload keeps
enough replicas.

Steps are made one at a time; the next begins when every pod runs again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from solver.engine.budget import Budget
from solver.model.names import ClaimKey, NodeName, PodKey
from solver.model.placement import Assignment, Placement
from solver.model.pod import Pod, WorkloadKey
from solver.model.quantity import whole
from solver.model.snapshot import Snapshot
from solver.planning.carried_out import carried_out
from solver.planning.lift import lifted, taken_off
from solver.planning.rebalance.answer import Renewed, Step, StepKind
from solver.planning.rebalance.loose import covered_by, renewed
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState

_TRIES = 2_000
"""Times the filters may be asked before the search for an order is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One pod's part in a plan. ``claims`` are created anew."""

    pod: PodKey
    target: NodeName
    claims: tuple[ClaimKey, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """``stuck`` pods had no turn; then ``steps`` is what came before, and ``all_tried`` says that every order
    was tried."""

    steps: tuple[Step, ...]
    after: Snapshot
    stuck: tuple[PodKey, ...] = ()
    all_tried: bool = True


def ordered(
    snapshot: Snapshot,
    wanted: Mapping[PodKey, Wanted],
    needs: Mapping[WorkloadKey, int],
    budget: Budget,
) -> Ordered:
    """Depth first, by name; ``needs`` are replicas that a workload must never be below."""
    search = _Search(needs, budget)
    all_wanted = tuple(wanted[key] for key in sorted(wanted))
    moments = [_Moment(snapshot=snapshot, state=ClusterState.of(snapshot), left=all_wanted)]
    longest = moments[0]
    while moments:
        now = moments[-1]
        if len(now.done) > len(longest.done):
            longest = now
        if not now.left:
            return Ordered(steps=now.done, after=now.snapshot)
        following = search.next(now)
        if following is None:
            moments.pop()
        else:
            moments.append(following)
    stuck = tuple(one.pod for one in longest.left)
    return Ordered(steps=longest.done, after=longest.snapshot, stuck=stuck, all_tried=not search.spent)


@dataclass(slots=True, kw_only=True)
class _Moment:
    """The cluster between two steps; ``tried`` of what is left were its next step already."""

    snapshot: Snapshot
    state: ClusterState
    left: tuple[Wanted, ...]
    done: tuple[Step, ...] = ()
    tried: int = 0


class _Search:
    def __init__(self, needs: Mapping[WorkloadKey, int], budget: Budget) -> None:
        self._needs = needs
        self._budget = budget
        self._tries = _TRIES

    @property
    def spent(self) -> bool:
        return self._tries <= 0 or self._budget.spent

    def next(self, now: _Moment) -> _Moment | None:
        """After the next step that is admissible; None when there is none, or no time to look."""
        while now.tried < len(now.left) and not self.spent:
            one = now.left[now.tried]
            now.tried += 1
            self._tries -= 1
            following = self._step(now, one)
            if following is not None:
                return following
        return None

    def _step(self, now: _Moment, one: Wanted) -> _Moment | None:
        """After the step, if it is admissible now."""
        snapshot = now.snapshot
        pod = snapshot.pod_by_key[one.pod]
        if not _exists(snapshot, pod):
            return None
        budget = _budget(snapshot, pod) if pod.node_name is not None else ""
        replicas = _replicas(snapshot, pod) if pod.node_name is not None else None
        needed = self._needs.get(pod.workload, 0) if pod.workload is not None else 0
        if budget is None or (replicas is not None and replicas[0] < needed):
            return None
        begun, state = _asked(now, one)
        feasible = verdict(begun, state, scored=False).feasible
        if one.target not in feasible:
            return None
        step = Step(
            kind=_kind(pod, one),
            pod=one.pod,
            workload=pod.workload,
            source=pod.node_name,
            target=one.target,
            renewed=tuple(
                Renewed(claim=key, size_bytes=whole(snapshot.claim_by_key[key].request_milli))
                for key in one.claims
            ),
            others=tuple(NodeName(name) for name in feasible if name != one.target),
            budget=budget,
            replicas=replicas,
        )
        return _after(now, one, step, state)


def _exists(snapshot: Snapshot, pod: Pod) -> bool:
    """W14: its controller makes it only once the one before runs."""
    before = snapshot.pod_by_key.get(pod.created_after) if pod.created_after is not None else None
    return before is None or before.node_name is not None


def _kind(pod: Pod, one: Wanted) -> StepKind:
    if pod.node_name is None:
        return StepKind.PLACE
    return StepKind.REPLACE if one.claims else StepKind.MOVE


def _budget(snapshot: Snapshot, pod: Pod) -> str | None:
    """What allows the eviction, in words; None when it is refused."""
    budgets = [budget for budget in snapshot.budgets if budget.covers(pod)]
    if not budgets:
        return ""
    covered = covered_by(budgets[0], snapshot)
    if len(budgets) > 1 or not budgets[0].lets_go(pod, covered):
        return None
    allowed = budgets[0].allows(covered)
    return f"{budgets[0]} allows {allowed}" if pod.ready else f"{budgets[0]}: the pod is not Ready"


def _replicas(snapshot: Snapshot, pod: Pod) -> tuple[int, int]:
    """Of the pod's workload: running while the pod is away, and altogether."""
    peers = [p for p in snapshot.pods if p.workload == pod.workload and not p.is_terminal]
    running = sum(p.node_name is not None and p.ready and not p.terminating for p in peers)
    return running - (1 if pod.ready else 0), len(peers)


def _asked(now: _Moment, one: Wanted) -> tuple[Pod, ClusterState]:
    """The pod when it is its turn, and the cluster then: made anew only where volumes change."""
    pod = now.snapshot.pod_by_key[one.pod]
    if pod.claims:
        begun = _begun(now.snapshot, one)
        return begun.pod_by_key[one.pod], ClusterState.of(begun)
    state = now.state.fork()
    if pod.node_name is not None:
        state.remove(pod.key)
    return taken_off(pod), state


def _after(now: _Moment, one: Wanted, step: Step, state: ClusterState) -> _Moment:
    """``state`` is the cluster while the pod was away."""
    snapshot = carried(now.snapshot, step)
    pod = snapshot.pod_by_key[one.pod]
    if pod.claims:
        state = ClusterState.of(snapshot)
    else:
        state.add(pod, step.target)
    rest = tuple(other for other in now.left if other is not one)
    return _Moment(snapshot=snapshot, state=state, left=rest, done=(*now.done, step))


def _begun(snapshot: Snapshot, one: Wanted) -> Snapshot:
    """The pod evicted, the claims that are to be created anew gone with their volumes and made again."""
    pod = snapshot.pod_by_key[one.pod]
    begun = lifted(snapshot, [pod.key]) if pod.node_name is not None else snapshot
    if not one.claims:
        return begun
    volumes = {begun.claim_by_key[key].volume_name for key in one.claims}
    return replace(
        begun,
        claims=tuple(renewed(claim) if claim.key in one.claims else claim for claim in begun.claims),
        volumes=tuple(volume for volume in begun.volumes if volume.name not in volumes),
    )


def carried(snapshot: Snapshot, step: Step) -> Snapshot:
    """The cluster after a step."""
    one = Wanted(pod=step.pod, target=step.target, claims=tuple(r.claim for r in step.renewed))
    placed = Placement(assignments=(Assignment(pod=step.pod, node=step.target),))
    return carried_out(_begun(snapshot, one), placed)
