"""On a Dask cluster. ``distributed`` is an extra and imported only here, when it is asked for.

Dask itself gives the work of a dead worker to another one. What the cluster cannot finish at all is finished
in this process.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from itertools import chain
from threading import Event
from typing import TYPE_CHECKING

from solver.errors import ExecutorError
from solver.executors.base import Item, Result, Stop
from solver.executors.flight import Flight

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_S = 10.0
_VERSIONS_OF = ("kube-bulkhead", "ortools", "numpy")
"""Packages whose version may change an answer."""

log = logging.getLogger(__name__)


@contextmanager
def dask(address: str, patience_s: float) -> Iterator[Dask]:
    """Raises ExecutorError when the extra is missing, when nothing answers at the address, and when the
    workers there are not like this process."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ExecutorError(
            "--executor dask needs the package distributed: pip install 'kube-bulkhead[dask]'"
        ) from error
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call] # half typed
    except (OSError, ValueError) as error:
        raise ExecutorError(f"no Dask cluster answers at {address}: {error}") from error
    with client:
        _insist_on_like_workers(client, address)
        yield Dask(client, patience_s)


class Dask:
    def __init__(self, client: Client, patience_s: float) -> None:
        """``patience_s`` without any result: the cluster is given up. More than one piece of work takes."""
        self._client = client
        self._patience_s = patience_s
        self.slots = max(1, sum(client.nthreads().values()))  # type: ignore[no-untyped-call] # likewise

    def map(self, work: Callable[[Item, Stop], Result], items: Iterable[Item], stop: Stop) -> list[Result]:
        """A wish to stop does not reach the workers: what is out there is done again here, where it does."""
        from distributed import KilledWorker

        def give_up(idle_s: float) -> bool:
            return stop.is_set() or idle_s > self._patience_s

        waiting = enumerate(items)
        pool = self._client.get_executor(pure=False)  # type: ignore[no-untyped-call] # likewise
        flight = Flight(pool, partial(_run, work), self.slots, losses=(KilledWorker,))
        try:
            flight.run(waiting, give_up)
        finally:
            pool.shutdown(wait=False)
        if flight.lost and not stop.is_set():
            log.warning("the Dask cluster did not finish its work; the rest is done here")
        results = flight.results | {n: work(item, stop) for n, item in chain(flight.lost, waiting)}
        return [results[number] for number in sorted(results)]


def _run(work: Callable[[Item, Stop], Result], item: Item) -> Result:
    return work(item, Event())


def _insist_on_like_workers(client: Client, address: str) -> None:
    """Another version may answer differently, and one without the package cannot answer at all."""
    try:
        client.wait_for_workers(1, timeout=_CONNECT_S)
        found = client.run(_versions)
    except TimeoutError as error:
        raise ExecutorError(f"the Dask cluster at {address} has no workers") from error
    except ImportError as error:
        raise ExecutorError(
            f"the workers at {address} cannot import {error.name}: run them from the image of this version"
        ) from error
    for worker, versions in sorted(found.items()):
        if versions != _versions():
            raise ExecutorError(
                f"the worker at {worker} has {_listed(versions)}; this process has {_listed(_versions())}:"
                " run both from the same image"
            )


def _versions() -> dict[str, str]:
    return {package: version(package) for package in _VERSIONS_OF}


def _listed(versions: dict[str, str]) -> str:
    return ", ".join(f"{package} {number}" for package, number in versions.items())
