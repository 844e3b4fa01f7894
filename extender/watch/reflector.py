"""Follows one kind: list, then watch from there, for ever. Every failure is survived and told.

The client's own ``Watch`` decodes each object twice and drops lines it cannot read, so the loop is ours;
calls, credentials and connections are the client's. Protocol: Kubernetes API concepts, "Efficient detection
of changes" and "Retrieving large results sets in chunks".
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from random import Random
from typing import Any, Protocol

import msgspec
import urllib3
from kubernetes.client import ApiException

from extender.config import ClusterConfig
from extender.logs import event
from extender.watch.backoff import PATIENCE, Backoff, Patience
from extender.watch.connection import Kind
from extender.watch.stream import GONE, BrokenStreamError, ExpiredError, WatchEvent, batches, page

log = logging.getLogger(__name__)

CONNECT_S = 10.0
UNPAGED_AFTER = 3
"""A list whose continue token expires so often in a row is asked for in one piece."""
REFUSED_RETRY_S = 300.0
"""A kind that is not needed and may not be read, or is not served, is asked for again after this time."""
REFUSALS = 6
"""So often in a row it is asked for soon again before that: an API server that has just started forbids
everything until it has read its roles."""
SHORT_S = 1.0
"""A watch that ends so soon, with nothing said, was not served."""
LIST_AGAIN_AFTER = 3
"""Refusals of a watch in a row: the version we ask for may never come, as after a restore from backup."""
_REFUSED = (403, 404)


class Sink(Protocol):
    """Takes what is heard. Called from the threads of all kinds."""

    def put(self, kind: str, objects: Sequence[msgspec.Raw]) -> set[str]:
        """Objects as they are now; their names."""

    def listed(self, kind: str, names: set[str]) -> None:
        """There are no objects but these."""

    def apply(self, kind: str, events: Sequence[WatchEvent]) -> None: ...

    def heard(self, kind: str) -> None:
        """What is known of the kind is up to date now."""

    def refused(self, kind: str, reason: str) -> None:
        """It may not be read, or is not served."""

    def restarted(self, kind: str, reason: str) -> None:
        """A list or a watch ended before its time."""


class Reflector:
    def __init__(
        self,
        kind: Kind,
        sink: Sink,
        settings: ClusterConfig,
        stopping: threading.Event,
        patience: Patience = PATIENCE,
    ) -> None:
        self._kind = kind
        self._sink = sink
        self._settings = settings
        self._stopping = stopping
        self._random = Random()
        self._backoff = Backoff(self._random, patience)
        self._version = ""
        """Where the next watch begins; "" before the first list and when it is no longer known."""
        self._expired_lists = 0
        self._refusals = 0
        """In a row."""
        self._response: Any = None

    def run(self) -> None:
        """Until told to stop."""
        while not self._stopping.is_set():
            try:
                self._step()
            except ExpiredError as error:
                self._version = ""
                self._failed(f"expired: {error}")
            except ApiException as error:
                self._answered(error)
            except BrokenStreamError as error:
                self._forget_if_stuck()
                self._failed(str(error))
            except (urllib3.exceptions.HTTPError, OSError) as error:
                self._failed(f"{type(error).__name__}: {error}")
            except Exception as error:  # a bug of ours in one kind must not stop it for ever
                log.exception(event("watch_failed", kind=self._kind.name))
                self._version = ""
                self._failed(f"internal error: {type(error).__name__}")

    def interrupt(self) -> None:
        """Ends a read that is under way in another thread."""
        response = self._response
        if response is not None:
            try:
                response.shutdown()
            except (OSError, ValueError) as error:  # it had ended by itself
                log.debug(event("watch_ended", kind=self._kind.name, error=error))

    def _step(self) -> None:
        if not self._version:
            self._list()
        self._watch()

    def _list(self) -> None:
        started = time.perf_counter()
        names: set[str] = set()
        token = ""
        while True:
            found = page(self._ask(self._settings.list_timeout_s, **self._page_arguments(token)).data)
            names |= self._sink.put(self._kind.name, found.items or ())
            token = found.metadata.token
            if not token or self._stopping.is_set():
                break
        if self._stopping.is_set():
            return
        self._sink.listed(self._kind.name, names)
        self._version = found.metadata.version
        self._expired_lists = 0
        self._well()
        ms = round(1000 * (time.perf_counter() - started))
        log.info(event("listed", kind=self._kind.name, objects=len(names), ms=ms))

    def _page_arguments(self, token: str) -> dict[str, Any]:
        if token:
            return {"limit": self._settings.page_size, "_continue": token}
        if self._expired_lists >= UNPAGED_AFTER:
            return {}
        return {"limit": self._settings.page_size}

    def _watch(self) -> None:
        """Until the server ends it, which is usual."""
        if self._stopping.is_set():
            return
        lasting = self._settings.watch_timeout_s
        response = self._ask(
            self._settings.silence_s,
            watch=True,
            allow_watch_bookmarks=True,
            resource_version=self._version,
            timeout_seconds=round(lasting * self._random.uniform(1.0, 2.0)),
        )
        self._response = response
        started = time.monotonic()
        silent = True
        try:
            self._sink.heard(self._kind.name)  # it goes on from what we know
            for events in batches(response.stream(amt=None, decode_content=False)):
                silent = False
                self._sink.apply(self._kind.name, events)
                self._version = events[-1].meta.resource_version or self._version
                self._well()
        except urllib3.exceptions.ReadTimeoutError:
            # No sign of a fault: a kind that never changed has no bookmarks either (apiserver's cacher.go).
            # If the connection is dead, the next one tells.
            log.debug(event("watch_silent", kind=self._kind.name))
            return
        finally:
            self._response = None
            response.close()
        if silent and time.monotonic() - started < SHORT_S:
            raise BrokenStreamError("a watch that ended at once")

    def _ask(self, read_s: float, **arguments: Any) -> Any:
        return self._kind.call(**arguments, _request_timeout=(CONNECT_S, read_s))

    def _well(self) -> None:
        self._backoff.succeeded()
        self._refusals = 0
        self._sink.heard(self._kind.name)

    def _answered(self, error: ApiException) -> None:
        """The server said no."""
        reason = f"{error.status} {error.reason}"
        if error.status == GONE:
            self._expired_lists += not self._version
            self._version = ""
            self._failed(f"expired: {reason}")
        elif error.status in _REFUSED:
            self._refused(reason)
        else:
            self._forget_if_stuck()
            self._failed(reason, at_least_s=_retry_after_s(error))

    def _refused(self, reason: str) -> None:
        self._version = ""
        self._refusals += 1
        self._sink.refused(self._kind.name, reason)
        log.warning(event("refused", kind=self._kind.name, reason=reason, needed=self._kind.required))
        for_good = self._refusals > REFUSALS and not self._kind.required
        self._stopping.wait(REFUSED_RETRY_S if for_good else self._backoff.failed())

    def _forget_if_stuck(self) -> None:
        if self._backoff.failures >= LIST_AGAIN_AFTER:
            self._version = ""

    def _failed(self, reason: str, at_least_s: float = 0.0) -> None:
        if self._stopping.is_set():
            return
        delay_s = self._backoff.failed(at_least_s)
        self._sink.restarted(self._kind.name, reason)
        log.warning(event("watch_restarts", kind=self._kind.name, reason=reason, wait_s=round(delay_s, 2)))
        self._stopping.wait(delay_s)


def _retry_after_s(error: ApiException) -> float:
    """429 and 503 may say when to come back."""
    text = (error.headers or {}).get("Retry-After", "")
    return min(float(text), 60.0) if text.isascii() and text.isdigit() else 0.0
