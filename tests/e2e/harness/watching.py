"""Waiting for the cluster to become something, by watching it; never by sleeping and hoping."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import urllib3

from tests.e2e.harness.api import Api, ApiError, Raw, key_of

Store = Mapping[str, Raw]
"""Objects by ``namespace/name``."""
_QUIET_S = 60.0


class NotInTimeError(AssertionError):
    """What was waited for did not happen; the text says what was there instead."""


class Watched:
    """One kind of object, kept current by a thread until ``close``.

    A lost connection or an expired version is answered with a new list, as a client should.
    """

    def __init__(
        self,
        api: Api,
        kind: str,
        namespace: str | None = None,
        broken: Callable[[], Sequence[str]] = tuple,
        seen: Callable[[Raw], None] = lambda _item: None,
    ) -> None:
        """``broken`` tells what makes further waiting vain; ``seen`` gets every object as it comes in, in the
        thread that watches."""
        self._api, self._kind, self._namespace, self._broken = api, kind, namespace, broken
        self._seen = seen
        self._changed = threading.Condition()
        self._objects: dict[str, Raw] = {}
        self._deleted: list[Raw] = []
        self._closed = False
        self._fill()
        threading.Thread(target=self._follow, name=f"watch {kind}", daemon=True).start()

    def close(self) -> None:
        self._closed = True

    def now(self) -> dict[str, Raw]:
        with self._changed:
            return dict(self._objects)

    def deleted(self) -> list[Raw]:
        """Everything that went away since the start, as it was last."""
        with self._changed:
            return list(self._deleted)

    def wait(
        self,
        what: str,
        holds: Callable[[Store], bool],
        seconds: float,
        told: Callable[[Store], str] | None = None,
    ) -> dict[str, Raw]:
        """The objects as soon as ``holds`` is true of them. Raises NotInTimeError with what ``told`` says."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not holds(self._objects):
                left = deadline - time.monotonic()
                broken = "\n".join(self._broken())
                if left <= 0 or broken:
                    found = told(self._objects) if told else ", ".join(sorted(self._objects))
                    raise NotInTimeError(f"not within {seconds:.0f} s: {what}. {broken}\nThere is: {found}")
                self._changed.wait(min(left, 1))
            return dict(self._objects)

    def wait_for_any(self, holds: Callable[[Raw], bool], seconds: float) -> list[Raw]:
        """The objects for which it is true, as soon as there are some; none when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: any(map(holds, self._objects.values())), seconds)
            return [item for item in self._objects.values() if holds(item)]

    def _fill(self) -> None:
        items, self._version = self._api.listing(self._kind, self._namespace)
        for item in items:
            self._seen(item)
        with self._changed:
            fresh = {key_of(item): item for item in items}
            self._deleted += [item for key, item in self._objects.items() if key not in fresh]
            self._objects = fresh
            self._changed.notify_all()

    def _follow(self) -> None:
        while not self._closed:
            try:
                for event in self._api.watch(self._kind, self._namespace, self._version, _QUIET_S):
                    if self._closed:
                        return
                    if event["type"] == "ERROR":
                        break
                    self._apply(event["type"], event["object"])
                else:
                    continue
                self._fill()
            except (urllib3.exceptions.HTTPError, ApiError, OSError):
                self._refill()

    def _refill(self) -> None:
        """After a broken connection; the server may be away for a while."""
        while not self._closed:
            try:
                self._fill()
                return
            except (urllib3.exceptions.HTTPError, ApiError, OSError):
                with self._changed:
                    self._changed.wait(0.2)

    def _apply(self, change: str, item: Raw) -> None:
        self._version = item["metadata"]["resourceVersion"]
        if change == "BOOKMARK":
            return
        self._seen(item)
        with self._changed:
            if change == "DELETED":
                self._objects.pop(key_of(item), None)
                self._deleted.append(item)
            else:
                self._objects[key_of(item)] = item
            self._changed.notify_all()


def poll(what: str, holds: Callable[[], bool], seconds: float, every_s: float = 0.1) -> None:
    """For what cannot be watched: ports, health endpoints, logs. Raises NotInTimeError."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            raise NotInTimeError(f"not within {seconds:.0f} s: {what}")
        pause.wait(every_s)


def conditions(item: Raw) -> dict[str, Raw]:
    found: Iterable[Raw] = item.get("status", {}).get("conditions") or ()
    return {condition["type"]: condition for condition in found}
