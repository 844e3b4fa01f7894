"""One call of a verb from body to answer: decode, judge, encode, count, and say what went wrong.

A verb answers 200 whatever happens, because kube-scheduler reads no other body (X1): what went wrong stands
in ``Error`` of a filter answer. A prioritize answer is a bare array without room for text, and kube-scheduler
ignores its errors (X7), so a call that cannot be judged gets the empty array.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from extender import wire
from extender.book.plans import NotReadyError, PlanBook
from extender.book.verdicts import Answer
from extender.logs import event
from extender.metrics import Fallback, Metrics, Outcome, Verb
from extender.pods import read_pod
from extender.verbs.scores import scores
from solver.errors import InputError

log = logging.getLogger(__name__)

Encode = Callable[[PlanBook, wire.ExtenderArgs, Answer], bytes]

_REFUSALS: dict[Verb, Callable[[str], bytes]] = {
    Verb.FILTER: wire.encode_filter_error,
    Verb.PRIORITIZE: lambda _text: wire.encode_priorities({}),
}


def filter_nodes(_book: PlanBook, args: wire.ExtenderArgs, answer: Answer) -> bytes:
    return wire.encode_filter(args, wire.FilterResult(kept=answer.kept, refused=answer.refused))


def prioritize_nodes(book: PlanBook, args: wire.ExtenderArgs, answer: Answer) -> bytes:
    return wire.encode_priorities(scores(book.plan.slots, answer, args.nodes))


@dataclass(frozen=True, slots=True)
class _Ending:
    outcome: Outcome
    body: bytes
    log_fields: dict[str, object]


@dataclass(frozen=True, slots=True)
class Desk:
    """What answering a verb needs."""

    book: PlanBook
    metrics: Metrics
    max_body_bytes: int

    def answer(self, verb: Verb, encode: Encode, read_body: Callable[[], bytes]) -> bytes:
        started = time.perf_counter()
        ending = self._run(verb, encode, read_body)
        seconds = time.perf_counter() - started
        self.metrics.requests.labels(verb, ending.outcome).inc()
        self.metrics.duration.labels(verb).observe(seconds)
        log.info(event(verb, outcome=ending.outcome, ms=round(1000 * seconds, 1), **ending.log_fields))
        return ending.body

    def _run(self, verb: Verb, encode: Encode, read_body: Callable[[], bytes]) -> _Ending:
        try:
            args = wire.decode_args(read_body())
            answer = self.book.judge(read_pod(args.pod), args.nodes)
            self._count(verb, args, answer)
            outcome = Outcome.KEPT if answer.kept else Outcome.NONE_KEPT
            body = encode(self.book, args, answer)
            return _Ending(outcome, body, _described(args, answer))
        except (wire.WireError, InputError) as error:
            return self._refused(verb, Outcome.BAD_INPUT, str(error))
        except NotReadyError as error:
            self.metrics.fallbacks.labels(Fallback.NOT_READY).inc()
            return self._refused(verb, Outcome.NOT_READY, str(error))
        except Exception as error:  # a bug of ours must not look like "no node fits"
            log.exception(event("verb_failed", verb=verb, error=type(error).__name__))
            return self._refused(verb, Outcome.FAILED, "internal error; the extender's log has the details")

    def _refused(self, verb: Verb, outcome: Outcome, text: str) -> _Ending:
        return _Ending(outcome, _REFUSALS[verb](text), {"error": text})

    def _count(self, verb: Verb, args: wire.ExtenderArgs, answer: Answer) -> None:
        self.metrics.nodes.labels(verb, "asked").observe(len(args.nodes))
        self.metrics.nodes.labels(verb, "kept").observe(len(answer.kept))
        if answer.fallback is not None:
            self.metrics.fallbacks.labels(answer.fallback).inc()


def _described(args: wire.ExtenderArgs, answer: Answer) -> dict[str, object]:
    return {
        "pod": answer.pod.key,
        "nodes": len(args.nodes),
        "kept": len(answer.kept),
        "planned": answer.planned or "none",
        "fallback": answer.fallback or "none",
    }
