"""Events on their way to the API server: each said once in a while, few at a time, in a thread of their own.

Nobody waits for them. What cannot be sent is logged and forgotten: the next plan says it again.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import urllib3
from kubernetes import client

from extender.config import EventsConfig
from extender.events.conflicts import Remark
from extender.logs import event

log = logging.getLogger(__name__)

REASON = "PlacementConflict"
ACTION = "Planning"
CONTROLLER = "bulkhead.dev/extender"
WAITING = 1000
"""Remarks that may wait to be sent; more than that are dropped."""
REMEMBERED = 10_000
TIMEOUT_S = (5, 10)

Send = Callable[[str, client.EventsV1Event], object]
"""An event of this namespace to the API server."""


def sender(api: client.ApiClient) -> Send:
    """Through the official client, as events.k8s.io/v1."""
    events = client.EventsV1Api(api)
    return lambda namespace, body: events.create_namespaced_event(namespace, body, _request_timeout=TIMEOUT_S)


class Recorder:
    def __init__(self, send: Send, config: EventsConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._send = send
        self._config = config
        self._clock = clock
        self._waiting: queue.Queue[Remark] = queue.Queue(WAITING)
        self._said: dict[tuple[str, str, str], float] = {}
        """By namespace, pod and note: when it was offered last."""
        self._tokens = float(config.burst)
        self._refilled_at = clock()
        self._stopping = threading.Event()

    # for everybody

    def offer(self, remarks: Iterable[Remark]) -> None:
        """Say these unless they were said not long ago. Never waits."""
        now = self._clock()
        for remark in remarks:
            key = (remark.namespace, remark.name, remark.note)
            if now - self._said.get(key, -self._config.repeat_after_s) < self._config.repeat_after_s:
                continue
            try:
                self._waiting.put_nowait(remark)
            except queue.Full:
                log.warning(event("event_dropped", pod=f"{remark.namespace}/{remark.name}"))
                return
            self._remember(key, now)

    def start(self) -> None:
        threading.Thread(target=self._work, name="events", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    # the thread

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                remark = self._waiting.get(timeout=1)
            except queue.Empty:
                continue
            self._stopping.wait(self.pause_s())
            self.say(remark)

    def say_waiting(self) -> int:
        """Send what waits, as far as the rate allows it now. How many were sent."""
        sent = 0
        while not self._waiting.empty() and self.pause_s() == 0:
            self.say(self._waiting.get_nowait())
            sent += 1
        return sent

    def pause_s(self) -> float:
        """Until the next one may be sent."""
        now = self._clock()
        grown = (now - self._refilled_at) * self._config.per_second
        self._tokens = min(float(self._config.burst), self._tokens + grown)
        self._refilled_at = now
        return max(0.0, (1 - self._tokens) / self._config.per_second)

    def say(self, remark: Remark) -> None:
        self._tokens -= 1
        try:
            self._send(remark.namespace, _body(remark))
        except (client.ApiException, urllib3.exceptions.HTTPError) as error:
            text = error.reason if isinstance(error, client.ApiException) else error
            log.warning(event("event_not_sent", pod=f"{remark.namespace}/{remark.name}", error=text))

    def _remember(self, key: tuple[str, str, str], now: float) -> None:
        self._said.pop(key, None)
        self._said[key] = now
        if len(self._said) > REMEMBERED:
            del self._said[next(iter(self._said))]


def _body(remark: Remark) -> client.EventsV1Event:
    now = datetime.now(UTC)
    return client.EventsV1Event(
        api_version="events.k8s.io/v1",
        kind="Event",
        metadata=client.V1ObjectMeta(
            name=f"{remark.name[:200]}.{time.time_ns():x}", namespace=remark.namespace
        ),
        event_time=now.replace(microsecond=now.microsecond or 1),  # the API server insists on a fraction
        reporting_controller=CONTROLLER,
        reporting_instance=socket.gethostname(),
        action=ACTION,
        reason=REASON,
        type="Warning",
        note=remark.note,
        regarding=client.V1ObjectReference(
            api_version="v1", kind="Pod", namespace=remark.namespace, name=remark.name, uid=remark.uid
        ),
    )
