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
from extender.book.plans import NotReadyError
from extender.logs import event
from extender.metrics import Fallback, Metrics, Outcome, Verb
from solver.errors import InputError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ended."""

    outcome: Outcome
    body: bytes
    log_fields: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """What makes one verb different from the others."""

    verb: Verb
    answer: Callable[[bytes], Ending]
    """Body to answer. May raise WireError, InputError and NotReadyError."""
    refuse: Callable[[str], bytes]
    """The answer when something is wrong, with a text where it has room for one."""


class Desk:
    """Answers calls, whatever they bring."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics

    def answer(self, handler: Handler, read_body: Callable[[], bytes]) -> bytes:
        started = time.perf_counter()
        ending = self._run(handler, read_body)
        seconds = time.perf_counter() - started
        self.metrics.requests.labels(handler.verb, ending.outcome).inc()
        self.metrics.duration.labels(handler.verb).observe(seconds)
        if log.isEnabledFor(logging.INFO):
            log.info(
                event(handler.verb, outcome=ending.outcome, ms=round(1000 * seconds, 1), **ending.log_fields)
            )
        return ending.body

    def _run(self, handler: Handler, read_body: Callable[[], bytes]) -> Ending:
        try:
            return handler.answer(read_body())
        except (wire.WireError, InputError) as error:
            return _refused(handler, Outcome.BAD_INPUT, str(error))
        except NotReadyError as error:
            self.metrics.fallbacks.labels(Fallback.NOT_READY).inc()
            return _refused(handler, Outcome.NOT_READY, str(error))
        except Exception as error:  # a bug of ours must not look like "no node fits"
            log.exception(event("verb_failed", verb=handler.verb, error=type(error).__name__))
            text = "internal error; the extender's log has the details"
            return _refused(handler, Outcome.FAILED, text)


def _refused(handler: Handler, outcome: Outcome, text: str) -> Ending:
    return Ending(outcome=outcome, body=handler.refuse(text), log_fields={"error": text})
