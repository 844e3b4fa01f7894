"""The picture as code: one line per stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from solver.compile import Cluster, Problem, formulate
from solver.engine.bound import Bound
from solver.engine.budget import Budget
from solver.engine.extract import assignments
from solver.engine.leftovers import Leftovers, place_leftovers
from solver.engine.refusals import unplaced
from solver.engine.shortage import Shortage, shortages
from solver.engine.solve import Solution, solve
from solver.errors import InternalError
from solver.executors import Stop
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.outcome import Outcome, Proof, Question, ReasonCode, Unplaced, Verdict
from solver.model.placement import Placement
from solver.model.progress import Phase, Progress, Watcher, unwatched
from solver.model.snapshot import Snapshot
from solver.objectives import OBJECTIVES
from solver.scheduler.state import ClusterState
from solver.verify import verify
from solver.verify.replay import replay

_CHECKING_S, _CHECKING_SHARE = 0.00018, 1.7
"""To set aside for verify, replay and the verdicts on pods left over: wall seconds per pod, or what compiling
took times so much if that is more. Compiling goes over the same pods and nodes, on the machine as it is."""
_LATE_S = 0.8
"""Wall seconds after the time limit for a first placement that compiling has left no time for."""
_ASKING_S = 1.0
"""Wall seconds for the pods left over, whatever the time limit: a few hundred, also in large clusters."""
_GREEDY_S = 0.0007
"""The same for placing one pod at a time, where that is done."""
_GREEDY_PAIRS = 1_000_000
"""Pods times nodes up to which it is done."""


def place(
    snapshot: Snapshot,
    question: Question,
    config: SolveConfig,
    stop: Stop | None = None,
    *,
    cluster: Cluster | None = None,
    watch: Watcher = unwatched,
) -> Outcome:
    """One joint placement of every pod the question names, verified and replayed (J2, J9).

    Setting ``stop`` ends the search early, with the best placement so far; ``watch`` is told how far it is.
    A ``cluster`` that has followed events up to this snapshot spares indexing it. Raises InternalError when
    the placement found breaks a rule: never an answer.
    """
    whole = Budget(config.time_limit_s, stop, watch)
    asked = len(question.pods)
    watch(Progress(phase=Phase.MODEL, asked=asked))
    problem = formulate(cluster or Cluster(snapshot), question, config)
    compiling_s = whole.elapsed_s
    aside_s = min(_set_aside_s(snapshot, question, compiling_s), whole.left_s / 2)
    budget = whole.within(whole.left_s - aside_s)
    solution = solve(problem, budget, config, _late_s(budget, compiling_s, config))
    searched_s = whole.elapsed_s
    placing = solution.report.stages[0]
    watch(Progress(phase=Phase.VERIFY, asked=asked, placed=placing.value, at_best=placing.bound))
    planned = Placement(assignments=assignments(problem, solution.counts))
    insist(snapshot, question, planned, config)
    state = _state(snapshot, cluster)
    replayed = replay(snapshot, planned, config, state)
    class_of = {pod.key: i for i, c in enumerate(problem.classes) for pod in c.members}
    asking = Budget(_ASKING_S if whole.spent else max(_ASKING_S, whole.left_s))
    rest = place_leftovers(snapshot, question, replayed.order, class_of, config, state, asking)
    if rest.refused and not (solution.proved and not replayed.stuck):
        rest = _no_worse_than_greedy(snapshot, question, rest, class_of, config, state)
    placement = Placement(assignments=rest.order)
    if placement.node_of != planned.node_of:
        insist(snapshot, question, placement, config)
    lacking = _shortages(problem, solution, class_of, [pod.key for pod, _ in rest.refused])
    refused = tuple(unplaced(pod, verdict, lacking.get(pod.key)) for pod, verdict in rest.refused)
    as_planned = not replayed.stuck and len(rest.order) == len(replayed.order)
    verdict, proof = _verdict(solution, refused, as_planned=as_planned)
    return Outcome(
        verdict=verdict,
        proof=proof,
        placement=placement,
        unplaced=refused,
        search=replace(solution.report, checking_s=whole.elapsed_s - searched_s),
    )


def _state(snapshot: Snapshot, cluster: Cluster | None) -> ClusterState:
    if cluster is None:
        return ClusterState.of(snapshot)
    state = cluster.companion(ClusterState.of)
    state.renew(snapshot)
    return state


def _shortages(
    problem: Problem, solution: Solution, class_of: Mapping[PodKey, int], refused: list[PodKey]
) -> dict[PodKey, Shortage | Bound]:
    """What a plan cannot mend: of a pod's own family, or else of everything around it."""
    around = {key: solution.shortage_of.get(class_of[key]) for key in refused}
    found = {key: bound for key, bound in around.items() if bound is not None}
    return {**found, **shortages(problem, set(refused))}


def _is_greedy_quick(snapshot: Snapshot, question: Question) -> bool:
    return len(question.pods) * len(snapshot.nodes) <= _GREEDY_PAIRS


def _set_aside_s(snapshot: Snapshot, question: Question, compiling_s: float) -> float:
    """What comes after the search."""
    asked = len(question.pods)
    checking_s = max(_CHECKING_S * asked, _CHECKING_SHARE * compiling_s)
    return checking_s + _GREEDY_S * asked * _is_greedy_quick(snapshot, question)


def _late_s(budget: Budget, compiling_s: float, config: SolveConfig) -> float:
    """How long after ``budget`` a first placement may take: checking apart, the time limit is kept within a
    tenth and a second. Where compiling shows a machine so busy that this would not be enough, it gets what
    compiling took twice, at most the time limit once more: half a placement is of no use to anybody."""
    kept_s = 1.1 * config.time_limit_s + _LATE_S - compiling_s - budget.left_s
    return max(kept_s, min(config.time_limit_s, 2 * compiling_s))


def _no_worse_than_greedy(
    snapshot: Snapshot,
    question: Question,
    rest: Leftovers,
    class_of: Mapping[PodKey, int],
    config: SolveConfig,
    state: ClusterState,
) -> Leftovers:
    """``rest``, or what kube-scheduler's way of one pod at a time would place if that is more."""
    if not _is_greedy_quick(snapshot, question):
        return rest
    greedy = place_leftovers(snapshot, question, (), class_of, config, state)
    return max(rest, greedy, key=lambda plan: _by_priority(snapshot, plan))


def _by_priority(snapshot: Snapshot, plan: Leftovers) -> list[int]:
    """Priorities of the pods placed, the highest first: the greater list is the better plan."""
    return sorted((snapshot.pod_by_key[a.pod].priority for a in plan.order), reverse=True)


def insist(snapshot: Snapshot, question: Question, placement: Placement, config: SolveConfig) -> None:
    """Raises InternalError for a placement that breaks a rule."""
    violations = verify(snapshot, question, placement, config)
    if violations:
        raise InternalError(
            "the placement found breaks rules: " + "; ".join(f"{v.rule}: {v.sentence}" for v in violations)
        )


def _verdict(solution: Solution, refused: tuple[Unplaced, ...], *, as_planned: bool) -> tuple[Verdict, Proof]:
    """Only a plan that stands as the search made it may be called proved to be the best."""
    stages = solution.report.stages
    optimal = as_planned and len(stages) == 1 + len(OBJECTIVES) and all(stage.proved for stage in stages)
    proof = Proof.OPTIMAL if optimal else Proof.PROVED
    if not refused:
        return Verdict.FITS, proof
    judged = not any(r.code is ReasonCode.UNSUPPORTED for u in refused for r in u.reasons)
    if solution.proved and as_planned and judged:
        return Verdict.DOES_NOT_FIT, proof
    if judged and solution.shortage_of:
        return Verdict.DOES_NOT_FIT, Proof.PROVED
    if any(u.reasons and all(r.code in _PLAIN for r in u.reasons) for u in refused):
        return Verdict.DOES_NOT_FIT, Proof.PROVED
    return Verdict.UNKNOWN, Proof.NOT_PROVED


_PLAIN = frozenset({ReasonCode.BAD_OBJECT, ReasonCode.NODE_SELECTION, ReasonCode.TAINT})
"""Refusals that look at the pod and the nodes alone: no plan changes them, so one pod proves the shortage."""
