"""Filter and prioritize: which of these nodes may the pod have, and how much is each worth?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extender import wire
from extender.book.answers import Answer
from extender.book.roster import Roster
from extender.book.verdicts import KEPT, REASONS
from extender.metrics import Fallback, Metrics, Outcome, Verb
from extender.pods import read_pod
from extender.verbs.calls import Ending, Handler
from extender.verbs.ladder import Ladder
from extender.verbs.scores import scores
from solver.model.names import NodeName
from solver.scheduler.columns import IntArray


class NodeVerbs:
    """What filter and prioritize have in common; they differ in the words of the answer."""

    def __init__(self, ladder: Ladder, metrics: Metrics) -> None:
        self._ladder = ladder
        self._metrics = metrics

    def filter(self) -> Handler:
        return Handler(
            verb=Verb.FILTER,
            answer=lambda body: self._answered(Verb.FILTER, body),
            refuse=wire.encode_filter_error,
        )

    def prioritize(self) -> Handler:
        return Handler(
            verb=Verb.PRIORITIZE,
            answer=lambda body: self._answered(Verb.PRIORITIZE, body),
            refuse=lambda _text: wire.encode_listed(b""),
        )

    def _answered(self, verb: Verb, body: bytes) -> Ending:
        args = wire.decode_args(body)
        ask = self._ladder.answer if verb is Verb.FILTER else self._ladder.at_once
        plan, answer = ask(read_pod(args.pod), self._nodes(args))
        nodes = answer.nodes
        kept = answer.kept_count
        self._metrics.nodes.labels(verb, "asked").observe(len(nodes))
        self._metrics.nodes.labels(verb, "kept").observe(kept)
        if answer.why is not None:
            self._metrics.fallbacks.labels(Fallback(answer.why)).inc()
        if verb is Verb.FILTER:
            text = filter_text(args, answer, plan.slots.roster)
        else:
            text = priorities_text(answer, scores(plan, answer), plan.slots.roster)
        return Ending(
            outcome=Outcome.KEPT if kept else Outcome.NONE_KEPT,
            body=text,
            log_fields={
                "pod": answer.pod.key,
                "nodes": len(nodes),
                "kept": kept,
                "planned": answer.planned or "none",
                "fallback": answer.why or "none",
                "rung": answer.rung,
            },
        )

    def _nodes(self, args: wire.ExtenderArgs) -> Sequence[NodeName]:
        known = self._ladder.read(args.names) if args.objects is None else None
        return args.nodes() if known is None else known


def filter_text(args: wire.ExtenderArgs, answer: Answer, roster: Roster) -> bytes:
    """In the mode of the question."""
    if args.objects is not None or _has_strangers(answer):
        return wire.encode_filter(args, wire.FilterResult(kept=answer.kept, refused=answer.refused))
    kept = roster.kept(answer.located[answer.kept_at])
    refused = [
        roster.refused(answer.located[answer.codes == code], REASONS[code - 1])
        for code in np.flatnonzero(np.bincount(answer.codes)).tolist()
        if code != KEPT
    ]
    return wire.encode_names(kept, b"".join(refused))


def priorities_text(answer: Answer, found: IntArray, roster: Roster) -> bytes:
    if _has_strangers(answer):
        return wire.encode_priorities(
            {NodeName(n): score for n, score in zip(answer.nodes, found.tolist(), strict=True)}
        )
    return wire.encode_listed(roster.scored(answer.located, found))


def _has_strangers(answer: Answer) -> bool:
    return bool(answer.located.size) and bool((answer.located < 0).any())
