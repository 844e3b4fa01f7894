"""Finds what mends conflicts: every knob turned as little as will do, then combinations; all of it solved.

Nothing is told that was not applied to the input and solved again.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain, combinations, islice, product

from solver.engine.budget import Budget
from solver.errors import InputError
from solver.model.catalogue import NodeType
from solver.model.config import SolveConfig
from solver.model.names import PodKey
from solver.model.snapshot import Snapshot
from solver.planning.change import Cost, Fix, Inputs, apply
from solver.planning.why.answer import Conflict
from solver.planning.why.facts import Fact
from solver.planning.why.fitting import Fitting, fits
from solver.planning.why.fixes.claims import claim_knobs
from solver.planning.why.fixes.effects import steadied, told
from solver.planning.why.fixes.growth import growths
from solver.planning.why.fixes.knobs import Bench, Candidate, Knob, both
from solver.planning.why.fixes.nodes import node_knobs
from solver.planning.why.fixes.rules import rule_knobs
from solver.planning.why.relax import without

MOST_TOLD = 8
_MOST_COMBINED = 24
_OF_EACH = 4
"""Candidates of each conflict that are combined with those of others."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A candidate, and what the changed input came to."""

    candidate: Candidate
    fitting: Fitting
    after: Snapshot

    @property
    def rank(self) -> tuple[object, ...]:
        c = self.candidate
        return (c.cost.rank, c.rank, c.stateful, c.owner, c.sentence)


class Mending:
    """``inputs`` are what ``snapshot`` was read from; ``asked`` is what should fit."""

    def __init__(
        self,
        inputs: Inputs,
        snapshot: Snapshot,
        asked: Sequence[PodKey],
        config: SolveConfig,
        types: Sequence[NodeType] = (),
    ) -> None:
        self._inputs = inputs
        self._snapshot = snapshot
        self._asked = tuple(asked)
        self._config = config
        self._types = tuple(types)
        self._pending = frozenset(pod.key for pod in snapshot.pending)
        self._not_tried = 0

    def __call__(self, conflicts: Sequence[Conflict], budget: Budget) -> tuple[tuple[Fix, ...], int]:
        """Cheapest first, and how many there was no time for."""
        self._budget = budget
        mended = [list(self._mend(conflict, conflicts)) for conflict in conflicts]
        found = mended[0] if len(conflicts) == 1 else list(self._together(mended))
        fixes = [
            fix for one in sorted(found, key=lambda one: one.rank) for fix in self._fixes(one, conflicts)
        ]
        if not fixes and len(conflicts) > 1:
            fixes = list(self._partial(mended, conflicts))
        fixes.sort(key=lambda fix: fix.cost.rank)
        return _recommended(fixes[:MOST_TOLD]), self._not_tried

    # trying

    def _try(
        self,
        candidate: Candidate,
        others: Iterable[Fact] = (),
        about: Container[PodKey] | None = None,
    ) -> Tried | None:
        """Applied and solved, the facts of ``others`` left out; of the pods asked about only ``about``."""
        if self._budget.spent:
            self._not_tried += 1
            return None
        try:
            after = apply(self._inputs, candidate.change).snapshot()
        except InputError:
            return None  # such an object would be refused: it is no fix
        asked = self._asked if about is None else [key for key in self._asked if key in about]
        keys = [pod.key for pod in after.pending if pod.key in asked or pod.key not in self._pending]
        fitting = fits(without(after, others), keys, self._config, self._budget)
        return Tried(candidate=candidate, fitting=fitting, after=after) if fitting.possible else None

    def _mend(self, conflict: Conflict, conflicts: Sequence[Conflict]) -> Iterator[Tried]:
        """What mends one conflict as if the others were none."""
        bench = Bench(
            inputs=self._inputs,
            snapshot=self._snapshot,
            asked=self._asked,
            conflict=conflict,
            types=self._types,
        )
        rest = [other for other in conflicts if other is not conflict]
        others = [part for other in rest for part in other.core.parts]
        elsewhere = frozenset(key for other in rest for key in other.core.pods)
        about = frozenset(self._asked) - (elsewhere - frozenset(conflict.core.pods))

        def attempt(candidate: Candidate) -> Tried | None:
            return self._try(candidate, others, about)

        knobs = list(chain(node_knobs(bench), rule_knobs(bench), claim_knobs(bench)))
        found = [one[1] for knob in knobs if (one := _turned(knob, attempt)) is not None]
        found += _grown(bench, attempt)
        yield from found or self._pairs(knobs, attempt)

    def _pairs(self, knobs: Sequence[Knob], attempt: Callable[[Candidate], Tried | None]) -> Iterator[Tried]:
        """Two knobs turned as far as they go, where no single one is enough."""
        movable = [(knob, knob.strongest) for knob in knobs]
        strongest = [
            (knob, one)
            for knob, position in movable
            if position >= 0 and (one := knob.make(position)) is not None
        ]
        pairs = sorted(combinations(strongest, 2), key=lambda pair: (pair[0][1].cost + pair[1][1].cost).rank)
        for (first, _), (second, strong) in islice(pairs, _MOST_COMBINED):
            turned = _turned(first, lambda one, strong=strong: attempt(both(one, strong)))  # type: ignore[misc] # mypy#12557
            if turned is None:
                continue
            mild = first.make(turned[0])
            again = _turned(second, lambda one, mild=mild: attempt(both(mild, one)))  # type: ignore[misc] # mypy#12557
            yield (again or turned)[1]

    def _together(self, mended: Sequence[list[Tried]]) -> Iterator[Tried]:
        """One of each conflict, all of it in force. What one alone already mends is told alone."""
        choices = [sorted(some, key=lambda one: one.rank)[:_OF_EACH] for some in mended]
        alone = [whole for one in chain(*choices) if (whole := self._try(one.candidate)) is not None]
        if alone:
            yield from {one.candidate.sentence: one for one in alone}.values()
            return
        several = sorted(product(*choices), key=lambda some: _sum(one.candidate.cost for one in some).rank)
        for some in islice(several, _MOST_COMBINED):
            tried = self._try(reduce(both, (one.candidate for one in some)))
            if tried is not None:
                yield tried

    def _partial(self, mended: Sequence[list[Tried]], conflicts: Sequence[Conflict]) -> Iterator[Fix]:
        """What makes the pods of one conflict fit, where the others cannot be mended."""
        for number, (some, conflict) in enumerate(zip(mended, conflicts, strict=True), start=1):
            if sum(other.core.pods == conflict.core.pods for other in conflicts) > 1:
                continue  # these pods have another reason
            for one in sorted(some, key=lambda one: one.rank)[:_OF_EACH]:
                tried = self._try(one.candidate, about=frozenset(conflict.core.pods))
                if tried is not None:
                    fix = told(tried.candidate, tried.fitting, tried.after, conflict.core.facts)
                    yield replace(fix, sentence=f"{fix.sentence} (reason {number} only)", mends=(number,))

    # telling

    def _fixes(self, tried: Tried, conflicts: Sequence[Conflict]) -> Iterator[Fix]:
        facts = [fact for conflict in conflicts for fact in conflict.core.facts]
        yield told(tried.candidate, tried.fitting, tried.after, facts)
        for more in steadied(self._inputs, tried.candidate, tried.fitting, tried.after, facts):
            again = self._try(more)
            fix = told(more, again.fitting, again.after, facts) if again is not None else None
            if fix is not None and fix.lasts:
                yield fix
                return


def _turned(knob: Knob, attempt: Callable[[Candidate], Tried | None]) -> tuple[int, Tried] | None:
    """The mildest position that fits; as far as it goes first, as that decides whether there is one."""
    position, low = knob.strongest, -1
    best = _at(knob, position, attempt)
    if best is None:
        return None
    while position - low > 1:
        middle = (low + position) // 2
        milder = _at(knob, middle, attempt)
        if milder is not None:
            best, position = milder, middle
        else:
            low = middle
    return position, best


def _at(knob: Knob, position: int, attempt: Callable[[Candidate], Tried | None]) -> Tried | None:
    candidate = knob.make(position) if position >= 0 else None
    return attempt(candidate) if candidate is not None else None


def _grown(bench: Bench, attempt: Callable[[Candidate], Tried | None]) -> list[Tried]:
    """New nodes: the cheapest or smallest that will do, and in which zones."""
    for step in growths(bench):
        enough = [growth for growth in step if attempt(growth.candidate(bench, "")) is not None]
        if not enough:
            continue
        zones = list(dict.fromkeys(zone for growth in enough for zone in growth.zones if zone))
        if len(enough) == len(step) and len(step) > 1:
            places = ", in any zone"
        else:
            places = f", in zone {' or '.join(zones)}" if zones else ""
        if len(enough) == 1 and len(zones) > 1:
            places = f", over zones {', '.join(zones)}"
        found = attempt(enough[0].candidate(bench, places))
        return [found] if found is not None else []
    return []


def _sum(costs: Iterable[Cost]) -> Cost:
    return reduce(lambda one, other: one + other, costs, Cost())


def _recommended(fixes: Sequence[Fix]) -> tuple[Fix, ...]:
    """Where the cheapest one does not last, the cheapest that does."""
    lasting = [number for number, fix in enumerate(fixes) if fix.lasts]
    if not lasting or lasting[0] == 0:
        return tuple(fixes)
    return tuple(replace(fix, recommended=number == lasting[0]) for number, fix in enumerate(fixes))
