"""The question as a whole: what does not fit, for which reasons, how sure that is, and what would help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from solver.engine.budget import Budget
from solver.executors import Stop
from solver.model.catalogue import NodeType
from solver.model.config import SolveConfig
from solver.model.names import NodeName, PodKey
from solver.model.outcome import Outcome, Proof, Question, StoppedBy, Verdict
from solver.model.progress import Phase, Progress, Watcher, unwatched
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.planning.change import Inputs
from solver.planning.why.answer import Conflict, ConflictKind, Why
from solver.planning.why.clear import cleared
from solver.planning.why.core import Checker, Core, cores
from solver.planning.why.facts import Fact, FactKind
from solver.planning.why.fixes.mending import Mending
from solver.planning.why.history import history
from solver.planning.why.ideal import help_of_nodes
from solver.planning.why.questions import Questions, behind
from solver.planning.why.relax import without
from solver.planning.why.slim import slim
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState

_SHARE = 0.8
"""Of the time limit, for everything: what was begun in time is finished."""
_PLACING_SHARE = 0.25
_EXPLAINING_SHARE = 0.6
"""Of the time limit, for the best placement, and until the conflicts are found; the rest is for fixes."""
_KINDS = {
    True: ConflictKind.SHORTAGE,
    False: ConflictKind.CONTRADICTION,
    None: ConflictKind.UNDECIDED,
}


def why_among(
    inputs: Inputs,
    snapshot: Snapshot,
    keys: Sequence[PodKey],
    all_keys: Sequence[PodKey],
    config: SolveConfig,
    stop: Stop | None = None,
    *,
    types: Sequence[NodeType] = (),
    watch: Watcher = unwatched,
) -> Why:
    """``why`` of ``keys``; where these fit by themselves, of ``all_keys`` if some of ``keys`` are left over
    then."""
    answer = why(inputs, snapshot, keys, config, stop, types=types, watch=watch)
    if answer.verdict is not Verdict.FITS or set(all_keys) <= set(keys):
        return answer
    together = why(inputs, snapshot, all_keys, config, stop, types=types, watch=watch)
    left_over = {one.pod for one in together.outcome.unplaced}
    return together if left_over & set(keys) else answer


def why(
    inputs: Inputs,
    snapshot: Snapshot,
    keys: Sequence[PodKey],
    config: SolveConfig,
    stop: Stop | None = None,
    *,
    types: Sequence[NodeType] = (),
    watch: Watcher = unwatched,
) -> Why:
    """Why the pods do not all fit, and what would help. ``inputs`` are what ``snapshot`` was read from,
    ``types`` nodes that can be bought.

    Raises as ``place`` does.
    """
    whole = Budget(_SHARE * config.time_limit_s, stop)
    placing = replace(config, time_limit_s=_PLACING_SHARE * config.time_limit_s)
    outcome = place(snapshot, Question(pods=tuple(keys)), placing, stop, watch=watch)
    answer = Why(
        snapshot=snapshot,
        asked=tuple(keys),
        outcome=outcome,
        verdict=outcome.verdict,
        proof=outcome.proof,
    )
    if outcome.verdict is Verdict.FITS:
        return answer
    watch(Progress(phase=Phase.EXPLAIN, asked=len(keys), placed=len(outcome.placement.assignments)))
    return _Asking(answer, config, whole).answer(Mending(inputs, snapshot, keys, config, types))


class _Asking:
    def __init__(self, answer: Why, config: SolveConfig, whole: Budget) -> None:
        self._answer = answer
        self._snapshot = answer.snapshot
        self._config = config
        self._whole = whole
        self._explaining = whole.within(_EXPLAINING_SHARE * config.time_limit_s)

    def answer(self, mend: Mending) -> Why:
        left_over = [one.pod for one in self._answer.outcome.unplaced]
        questions = Questions(self._snapshot, self._config, self._explaining)
        conflicts: list[Conflict] = []
        explained: set[PodKey] = set()
        for question in questions.failing(self._answer.asked, left_over):
            found = list(self._conflicts(question))
            conflicts += found
            if found:
                explained |= set(question)
        waiting = behind(self._snapshot, explained, left_over) - explained
        unexplained = tuple(key for key in left_over if key not in explained | waiting)
        outcome = self._interrupted(self._answer.outcome)
        answer = replace(
            self._answer,
            outcome=outcome,
            conflicts=tuple(conflicts),
            waiting=tuple(key for key in left_over if key in waiting),
            unexplained=unexplained,
        )
        verdict, proof = _verdict(answer)
        fixes, not_tried = mend(conflicts, self._whole) if conflicts else ((), 0)
        return replace(answer, verdict=verdict, proof=proof, fixes=fixes, not_tried=not_tried)

    def _interrupted(self, outcome: Outcome) -> Outcome:
        if not self._whole.stop.is_set():
            return outcome
        return replace(outcome, search=replace(outcome.search, stopped_by=StoppedBy.INTERRUPT))

    def _conflicts(self, question: Sequence[PodKey]) -> Iterator[Conflict]:
        checker = Checker(self._snapshot, question, self._config, self._explaining)
        found = cores(checker)
        innocent = cleared(checker, found) if found else ()
        for core in found:
            others = frozenset(part for other in found if other is not core for part in other.parts)
            world = without(slim(self._snapshot, question), others)
            helped = help_of_nodes(world, question, self._config, self._explaining)
            yield Conflict(
                kind=_KINDS[helped.helps] if is_judged(core) else ConflictKind.UNDECIDED,
                core=core,
                help=helped,
                openings=tuple(self._openings(core, world)),
                cleared=innocent,
                history=history(self._snapshot, core.facts),
            )

    def _openings(self, core: Core, world: Snapshot) -> Iterator[tuple[Fact, tuple[NodeName, ...]]]:
        """What kube-scheduler's filters say of a single pod if one of the facts did not hold."""
        if len(core.pods) != 1:
            return
        for fact in core.facts:
            freed = without(world, [fact])
            found = verdict(freed.pod_by_key[core.pods[0]], ClusterState.of(freed))
            yield fact, tuple(NodeName(name) for name in found.feasible)


def is_judged(core: Core) -> bool:
    """False where something that is not modelled is among the facts."""
    return all(fact.kind is not FactKind.DEVICES for fact in core.facts)


def _verdict(answer: Why) -> tuple[Verdict, Proof]:
    """A contradiction anywhere is one of the whole: no nodes make everything fit."""
    judged = [conflict for conflict in answer.conflicts if is_judged(conflict.core)]
    if not judged:
        return answer.outcome.verdict, answer.outcome.proof
    contradicted = any(c.kind is ConflictKind.CONTRADICTION for c in judged)
    return (Verdict.CONTRADICTION if contradicted else Verdict.DOES_NOT_FIT), Proof.PROVED
