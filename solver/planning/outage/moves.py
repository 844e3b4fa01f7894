"""Remedies for lost quorums: replicas with their volumes made anew in other domains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from solver.model.names import NodeName
from solver.model.pod import Pod, WorkloadKey
from solver.model.quantity import whole
from solver.model.snapshot import Snapshot
from solver.model.storage import Claim
from solver.planning.change import Change, Cost, Inputs
from solver.planning.outage.aftermath import emptied
from solver.planning.outage.answer import WorkloadVerdict
from solver.planning.outage.asking import Answer
from solver.planning.outage.changes import moving
from solver.planning.outage.loss import NODE, Loss
from solver.planning.outage.remedy import Moved, Remedy, RemedyKind
from solver.planning.outage.search import MOST_WORKLOADS, Search, fates, verdicts
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState

_MOST_MOVES = 2


def moves(search: Search) -> Iterator[Remedy]:
    lost = list(fates(search.found, [WorkloadVerdict.QUORUM_LOST]))
    for workload in list(dict.fromkeys(one.workload for _, one in lost))[:MOST_WORKLOADS]:
        remedy = _move(search, workload)
        if remedy is not None:
            yield remedy


def _move(search: Search, workload: WorkloadKey) -> Remedy | None:
    """One replica after another, each to where it helps most."""
    change, now, cost = Change(), search.found, Cost()
    moved: list[Moved] = []
    key = ""
    for _ in range(_MOST_MOVES):
        losses = [loss for loss, one in fates(now, [WorkloadVerdict.QUORUM_LOST]) if one.workload == workload]
        if not losses:
            break
        key = losses[0].domains[0].key
        best: tuple[int, Change, Moved, Answer, Cost] | None = None
        for step, step_change, step_cost in _steps(search.inputs, now.settled, workload, losses[0], moved):
            after = search.ask(change + step_change)
            if after is None or not search.is_harmless(after):
                continue
            left = sum(one.workload == workload for _, one in fates(after, [WorkloadVerdict.QUORUM_LOST]))
            if left < (len(losses) if best is None else best[0]):
                best = (left, step_change, step, after, step_cost)
            if not left:
                break
        if best is None:
            break
        change, moved, now = change + best[1], [*moved, best[2]], best[3]
        cost += best[4]
    if not moved:
        return None
    left = any(one.workload == workload for _, one in fates(now, [WorkloadVerdict.QUORUM_LOST]))
    return Remedy(
        kind=RemedyKind.MOVE,
        change=change,
        cost=cost,
        workloads=(workload,),
        moved=tuple(moved),
        key=key,
        after=verdicts(now),
        mends_all=not left,
    )


def _steps(
    inputs: Inputs, snapshot: Snapshot, workload: WorkloadKey, loss: Loss, moved: Sequence[Moved]
) -> Iterator[tuple[Moved, Change, Cost]]:
    """Of the replicas that go with the loss, the one of the highest ordinal, to every other domain, those
    with the fewest of its siblings first."""
    key = loss.domains[0].key
    domain = {n.name: _domain_of(n.name, n.labels.get(key), key) for n in snapshot.nodes}
    done = {step.pod for step in moved}
    pods = [p for p in snapshot.running if p.workload == workload and not p.terminating]
    here = [p for p in pods if p.node_name in loss.nodes and p.key not in done and p.claims]
    if not here:
        return
    pod = max(here, key=lambda p: (p.ordinal or 0, p.name))
    assert pod.node_name is not None
    counts = Counter(domain[p.node_name] for p in pods if p.node_name is not None)
    source = domain[pod.node_name]
    claims = _own_claims(pod, snapshot)
    targets = {d for name, d in domain.items() if d is not None and name not in loss.nodes}
    if claims is None or source is None:
        return
    seats = _seats(pod, snapshot, claims)
    for target in sorted(targets, key=lambda d: (counts[d], d)):
        node = next((name for name in seats if domain[name] == target), None)
        change = moving(inputs, pod, node, snapshot) if node is not None else None
        if node is not None and change is not None:
            step = Moved(pod=pod.key, source=source, target=target, node=node, siblings=counts[source])
            sizes = sum(whole(claim.request_milli) for claim in claims)
            yield step, change, Cost(pods=1, bytes=sizes, volumes=len(claims))


def _domain_of(name: NodeName, label: str | None, key: str) -> str | None:
    return str(name) if key == NODE else label


def _own_claims(pod: Pod, snapshot: Snapshot) -> list[Claim] | None:
    """None when one of them is shared, missing, or goes with the pod."""
    users = Counter(use.claim for other in snapshot.running for use in other.claims)
    claims = [snapshot.claim_by_key.get(use.claim) for use in pod.claims]
    alone = all(users[use.claim] == 1 and not use.ephemeral for use in pod.claims)
    known = [claim for claim in claims if claim is not None]
    return known if alone and len(known) == len(claims) else None


def _seats(pod: Pod, snapshot: Snapshot, claims: Sequence[Claim]) -> list[NodeName]:
    """Nodes that would take it with claims made anew, the best by kube-scheduler's scores first."""
    fresh = {claim.key: emptied(claim) for claim in claims}
    waiting = replace(pod, node_name=None, phase="Pending")
    state = ClusterState.of(
        replace(
            snapshot,
            pods=tuple(waiting if other.key == pod.key else other for other in snapshot.pods),
            claims=tuple(fresh.get(claim.key, claim) for claim in snapshot.claims),
        )
    )
    told = verdict(waiting, state)
    return sorted(told.feasible, key=lambda name: (-told.totals.get(name, 0), name))
