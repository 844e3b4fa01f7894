"""How many replicas of a workload fit the cluster as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solver.model.names import PodKey
from solver.model.outcome import Outcome, Proof, Question, Verdict
from solver.model.placement import Placement
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot

OUT_OF_TIME = Outcome(verdict=Verdict.UNKNOWN, proof=Proof.NOT_PROVED, placement=Placement())
"""Of a number of replicas that there was no time left to ask about."""


@dataclass(frozen=True, kw_only=True)
class HowMany:
    """``fits`` replicas have a verified placement; ``proved`` when one more is proved to have none."""

    now: int
    fits: int
    proved: bool
    refused: Outcome | None
    """Of the fewest replicas that have no placement, or none found; None where ``ceiling`` still fits."""
    left_out: tuple[PodKey, ...] = ()
    """Other pods that wait, and would without this workload, too: they were not asked for a place."""


def stranded(
    snapshot: Snapshot, question: Question, workload: WorkloadKey, place: Callable[[Question], Outcome]
) -> tuple[PodKey, ...]:
    """Pods of the question, of others than ``workload``, that have no place even without it."""
    others = tuple(key for key in question.pods if snapshot.pod_by_key[key].workload != workload)
    return tuple(one.pod for one in place(Question(pods=others)).unplaced) if others else ()


def how_many(now: int, ceiling: int, ask: Callable[[int], Outcome]) -> HowMany:
    """``ask`` answers for one number of replicas. Doubles the step, then halves it.

    Where ``now`` itself does not fit, fewer are tried. A number that does not fit is taken to bar larger
    ones.
    """
    fits, refused = 0, ceiling + 1
    outcomes: dict[int, Outcome] = {}

    def try_one(replicas: int) -> bool:
        outcomes[replicas] = ask(replicas)
        return outcomes[replicas].verdict is Verdict.FITS

    step, wanted = 1, min(now, ceiling)
    while wanted < refused:
        if not try_one(wanted):
            refused = wanted
            break
        fits = wanted
        wanted, step = min(wanted + step, ceiling) if wanted < ceiling else refused, 2 * step
    while refused - fits > 1:
        middle = (fits + refused) // 2
        if try_one(middle):
            fits = middle
        else:
            refused = middle
    last = outcomes.get(refused)
    return HowMany(
        now=now,
        fits=fits,
        proved=last is None or last.proof is not Proof.NOT_PROVED,
        refused=last,
    )
