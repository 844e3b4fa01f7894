"""What a verb works on: the snapshot behind its input flags, and a record of what it was read from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from solver.cli.flags import InputFlags
from solver.cli.inputs import digest, kustomized, read_all
from solver.errors import InputError
from solver.kube.documents import Document
from solver.kube.read import ReadOptions, read_snapshot
from solver.model.snapshot import Snapshot

REMARKS = 20
"""Odd fields of manifests that are named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    snapshot: Snapshot
    snapshot_digest: str
    manifest_digests: tuple[str, ...]
    seconds: float


def load(flags: InputFlags, namespace: str | None) -> Loaded:
    """Read everything the flags name. Raises InputError with all faults of files and documents."""
    started = time.monotonic()
    cluster, manifests = read_all(flags.snapshot, flags.filename)
    if flags.kustomize is not None:
        manifests = (*manifests, kustomized(flags.kustomize))
    options = ReadOptions(default_namespace=namespace) if namespace else ReadOptions()
    warnings: tuple[str, ...] = ()
    if not flags.snapshot:
        from solver.cli.live import read_cluster  # the client takes a second to import; files do not need it

        live = read_cluster(flags.context)
        cluster, warnings = live.documents, live.warnings
        options = replace(options, listed_kinds=live.listed_kinds)
    snapshot = _read(cluster, manifests, options)
    return Loaded(
        snapshot=replace(snapshot, warnings=(*warnings, *snapshot.warnings)),
        snapshot_digest=digest(cluster),
        manifest_digests=tuple(digest([manifest]) for manifest in manifests),
        seconds=time.monotonic() - started,
    )


def _read(cluster: Sequence[Document], manifests: Sequence[Document], options: ReadOptions) -> Snapshot:
    """Odd fields of manifests are warnings; of an InputError they are notes, as they may be its cause."""
    if not manifests:
        return read_snapshot(cluster, manifests, options)
    from solver.cli.strict import odd_fields  # the client takes its time to import; only manifests need it

    remarks: list[str] = []
    options = replace(options, review=lambda manifest: remarks.extend(odd_fields(manifest)))
    try:
        snapshot = read_snapshot(cluster, manifests, options)
    except InputError as error:
        for remark in _few(remarks):
            error.add_note(remark)
        raise
    return replace(snapshot, warnings=(*_few(remarks), *snapshot.warnings))


def _few(remarks: Sequence[str]) -> Sequence[str]:
    if len(remarks) <= REMARKS:
        return remarks
    return [*remarks[:REMARKS], f"{len(remarks) - REMARKS} more such fields"]
