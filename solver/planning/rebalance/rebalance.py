"""The cheapest moves that reach the goals, in an order that can be carried out.

The plan as a whole comes from a model of the final state (``engine.moves``); the order from kube-
scheduler's own filters, step by step (``order``). Nothing is promised that was not carried out that way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from frozendict import frozendict

from solver.compile import Cluster, Problem, formulate
from solver.engine import moves
from solver.engine.budget import Budget
from solver.engine.extract import assignments_near_home
from solver.executors import Stop
from solver.model.config import SolveConfig
from solver.model.names import ZONE, NodeName, PodKey
from solver.model.outcome import Outcome, Question
from solver.model.placement import Placement
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import Claim
from solver.pipeline import place
from solver.planning.lift import lifted, movable
from solver.planning.rebalance import aim
from solver.planning.rebalance.answer import RebalanceAnswer, StepKind
from solver.planning.rebalance.goal import Crowd, FitPending, Skew, emptied
from solver.planning.rebalance.loose import Loose, Renewal, loosen
from solver.planning.rebalance.order import Wanted, ordered
from solver.planning.rebalance.wish import Wish

_GIB = 2**30
_EVEN = Skew(topology_key=ZONE, most=0)
"""What is aimed at among plans of equal cost."""
_SEARCH_SHARE = 0.7
"""Of the time limit, for the plan as a whole; the rest is for its order."""


def rebalance(
    snapshot: Snapshot, wish: Wish, config: SolveConfig, stop: Stop | None = None
) -> RebalanceAnswer:
    """Raises InputError for goals about what is not there."""
    aim.check(wish.goals, snapshot)
    budget = Budget(config.time_limit_s, stop)
    leaving = emptied(wish.goals, snapshot)
    cordoned = _cordoned(snapshot, leaving)
    loose = loosen(cordoned, wish.renewable, leaving, config)
    question = _question(cordoned, loose, wish)
    cluster = Cluster(loose.snapshot)
    problem = aim.without(formulate(cluster, question, config), leaving)
    held = {pod.workload: pod for pod in movable(snapshot) if pod.workload is not None}
    found = moves.cheapest_moves(
        problem,
        _model_prices(problem, loose, wish),
        aim.levels(wish.goals, cluster, problem, leaving, held),
        aim.levels([_EVEN], cluster, problem, leaving),
        wish.most_cost,
        budget.within(_SEARCH_SHARE * config.time_limit_s),
        config,
    )
    kept = tuple(one for one in loose.kept if not leaving or one.node in leaving)
    approximations = (*loose.approximations, *problem.approximations)
    base = RebalanceAnswer(
        steps=None,
        before=snapshot,
        after=snapshot,
        kept=kept,
        in_the_way=bool(leaving and kept),
        searched_all=found.proved,
        approximations=approximations,
    )
    if found.counts is None:
        return replace(base, proved=found.proved and not approximations)
    planned = assignments_near_home(problem, found.counts, loose.homes)
    wanted = _wanted(cordoned, problem, planned, loose, wish.renewable)
    order = ordered(cordoned, wanted, wish.needs, budget)
    if order.stuck:
        return replace(base, stuck=order.stuck, searched_all=order.all_tried)
    moved = {step.pod for step in order.steps if step.kind is not StepKind.PLACE}
    stays = [pod for pod in snapshot.running if pod.key not in moved]
    return replace(
        base,
        steps=order.steps,
        cost=found.cost,
        bound=found.bound,
        proved=found.proved and not approximations,
        after=order.after,
        stay=len(stays),
        pinned=sum(_is_pinned(snapshot, pod) for pod in stays),
    )


def hindered(snapshot: Snapshot, wish: Wish, config: SolveConfig, stop: Stop | None = None) -> Outcome | None:
    """Where the pods that have to leave could go if nothing else moved; None when none has to."""
    leaving = emptied(wish.goals, snapshot)
    pods = [pod.key for pod in movable(snapshot) if pod.node_name in leaving]
    if not pods:
        return None
    return place(lifted(_cordoned(snapshot, leaving), pods), Question(pods=tuple(pods)), config, stop)


def _cordoned(snapshot: Snapshot, leaving: frozenset[str]) -> Snapshot:
    """As ``kubectl drain`` does first."""
    if not leaving:
        return snapshot
    return replace(
        snapshot,
        nodes=tuple(
            replace(node, unschedulable=True) if node.name in leaving else node for node in snapshot.nodes
        ),
    )


def _question(snapshot: Snapshot, loose: Loose, wish: Wish) -> Question:
    asks_pending = any(isinstance(goal, FitPending) for goal in wish.goals)
    ungated = (pod.key for pod in snapshot.pending if not pod.scheduling_gates)
    pending = () if not asks_pending else ungated if wish.pending is None else wish.pending
    return Question(
        pods=(*pending, *loose.homes, *loose.variants),
        homes=loose.homes,
        variants=loose.variants,
        by_workload=True,
        told_apart=_numbers(snapshot, wish),
    )


def _numbers(snapshot: Snapshot, wish: Wish) -> frozendict[NodeName, int]:
    """Nodes in the same domains of every goal, and in one zone, alike."""
    keys = {ZONE} | {goal.topology_key for goal in wish.goals if isinstance(goal, Skew | Crowd)}
    groups: dict[tuple[str | None, ...], int] = {}
    return frozendict(
        {
            node.name: groups.setdefault(tuple(node.labels.get(key) for key in sorted(keys)), len(groups))
            for node in snapshot.nodes
        }
    )


def _model_prices(problem: Problem, loose: Loose, wish: Wish) -> moves.Prices:
    """A pod that moves costs ``pod``; its claims created anew cost ``volume`` and their size besides."""
    renewal = Renewal(loose.snapshot, wish.renewable)
    renew = np.zeros(len(problem.classes), dtype=np.int64)
    for index, pod_class in enumerate(problem.classes):
        sample = pod_class.sample.key
        if sample in loose.variants:
            renew[index] = max(
                _renewal(renewal.claims(loose.snapshot.pod_by_key[loose.variants[pod.key]]), wish)
                for pod in pod_class.members
            )
    move = np.full(len(problem.classes), wish.prices.pod, dtype=np.int64)
    return moves.Prices(move=move, renew=renew)


def _renewal(claims: Iterable[Claim], wish: Wish) -> int:
    gib = [-(-claim.request_milli // (1000 * _GIB)) for claim in claims]
    return wish.prices.volume * len(gib) + wish.prices.gib * sum(gib)


def _wanted(
    snapshot: Snapshot, problem: Problem, planned: Placement, loose: Loose, renewable: frozenset[str]
) -> Mapping[PodKey, Wanted]:
    """What of the plan is to be done."""
    placed = planned.node_of
    renewal = Renewal(snapshot, renewable)
    wanted = {
        key: Wanted(pod=key, target=node)
        for key, node in placed.items()
        if key not in loose.variants and loose.homes.get(key) != node
    }
    for number, variant in problem.variants:  # pods of one class are alike, so are those that stand for them
        originals = [pod.key for pod in problem.classes[number].members if pod.key not in placed]
        targets = [placed[pod.key] for pod in problem.classes[variant].members if pod.key in placed]
        for key, target in zip(originals, targets, strict=True):
            claims = renewal.claims(snapshot.pod_by_key[key])
            wanted[key] = Wanted(pod=key, target=target, claims=tuple(claim.key for claim in claims))
    return wanted


def _is_pinned(snapshot: Snapshot, pod: Pod) -> bool:
    """One of its volumes cannot be reached from every node."""
    claims = (snapshot.claim_by_key.get(use.claim) for use in pod.claims)
    names = [claim.volume_name for claim in claims if claim is not None and claim.volume_name is not None]
    volumes = (snapshot.volume_by_name.get(name) for name in names)
    return any(volume is not None and volume.node_affinity is not None for volume in volumes)
