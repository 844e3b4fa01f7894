"""Documents to a Snapshot: the one entry point of this package."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from solver.errors import InputError
from solver.kube.assemble import NOTHING_KNOWN, Known, assemble
from solver.kube.documents import Document, Found, entries
from solver.kube.expand import admitted_specs
from solver.kube.faults import Problem, Subject
from solver.kube.inventory import Inventory, Loaded
from solver.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    default_namespace: str = "default"
    """W2."""
    lenient_binding: bool = False
    """V47: a claim with a volume and phase Bound counts as bound without the annotation."""
    run_cron_jobs: bool = False
    """W10: plan one run of every CronJob among the manifests."""
    listed_kinds: frozenset[str] = frozenset()
    """Kinds known to have been listed, so that none of them means there are none (W37)."""
    review: Callable[[Loaded], None] | None = None
    """Shown every object of the manifests, also when reading fails afterwards."""


DEFAULT_OPTIONS = ReadOptions()


def read_snapshot(
    snapshot: Sequence[Document],
    manifests: Sequence[Document] = (),
    options: ReadOptions = DEFAULT_OPTIONS,
) -> Snapshot:
    """The cluster of ``snapshot`` with the workloads of ``manifests`` made into pods (W1-W37).

    Raises InputError with every fault found.
    """
    return read_objects(_found_in(snapshot), _found_in(manifests), options, warn_of_missing=bool(snapshot))


def read_objects(
    cluster: Iterable[Found],
    manifests: Iterable[Found],
    options: ReadOptions = DEFAULT_OPTIONS,
    *,
    warn_of_missing: bool = True,
) -> Snapshot:
    """The same from objects that are taken out of their documents already."""
    with _collector_paused():
        return _read(cluster, manifests, options, warn_of_missing=warn_of_missing)


def _found_in(documents: Sequence[Document]) -> Iterator[Found]:
    return chain.from_iterable(map(entries, documents))


def _read(
    cluster: Iterable[Found], manifests: Iterable[Found], options: ReadOptions, *, warn_of_missing: bool
) -> Snapshot:
    inventory = Inventory(options.default_namespace)
    inventory.dumped.update(options.listed_kinds)
    inventory.load(cluster, manifest=False)
    inventory.load(manifests, manifest=True)
    return completed(inventory, options, warn_of_missing=warn_of_missing)


def completed(
    inventory: Inventory, options: ReadOptions, *, warn_of_missing: bool, known: Known = NOTHING_KNOWN
) -> Snapshot:
    """The snapshot of what was read. Raises InputError with every fault."""
    if options.review is not None:
        for manifest in inventory.manifests():
            options.review(manifest)
    specs = admitted_specs(inventory, options.run_cron_jobs)
    if not inventory.faults and not inventory.of("Node") and not known.nodes:  # W37
        expected = "at least one Node object: without nodes there is no verdict"
        inventory.faults.append(Subject("input", "as a whole", "").fault(Problem("", "no nodes", expected)))
    if inventory.faults:
        raise InputError(inventory.faults)
    return assemble(inventory, specs, options.lenient_binding, warn_of_missing=warn_of_missing, known=known)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Reading makes millions of small values and no cycles; walking them over and over doubles its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
