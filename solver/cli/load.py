"""What a verb works on: the snapshot behind its input flags, and a record of what it was read from."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from solver.cli.flags import InputFlags
from solver.cli.inputs import digest, kustomized, read_all
from solver.errors import InputError
from solver.kube.read import ReadOptions
from solver.model.snapshot import Snapshot
from solver.planning.autoscaled import Autoscaled, autoscaled, within_bounds
from solver.planning.change import Inputs, apply, inputs_of
from solver.planning.setting import set_all

REMARKS = 20
"""Odd fields of manifests that are named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    snapshot: Snapshot
    inputs: Inputs
    """What ``snapshot`` was read from, ``--set`` laid over it: for what-ifs."""
    snapshot_digest: str
    manifest_digests: tuple[str, ...]
    seconds: float
    autoscaled: tuple[Autoscaled, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The objects the flags name, not looked at yet."""

    inputs: Inputs
    warnings: tuple[str, ...]
    snapshot_digest: str
    manifest_digests: tuple[str, ...]


def given(flags: InputFlags, namespace: str | None, *, live: bool = True) -> Given:
    """``live``: without a snapshot the cluster is read. Raises InputError with all faults of files."""
    cluster, manifests = read_all(flags.snapshot, flags.filename)
    if flags.kustomize is not None:
        manifests = (*manifests, kustomized(flags.kustomize))
    options = ReadOptions(default_namespace=namespace) if namespace else ReadOptions()
    warnings: tuple[str, ...] = ()
    if not flags.snapshot and live:
        from solver.cli.live import read_cluster  # the client takes a second to import; files do not need it

        found = read_cluster(flags.context)
        cluster, warnings = found.documents, found.warnings
        options = replace(options, listed_kinds=found.listed_kinds)
    return Given(
        inputs=inputs_of(cluster, manifests, options),
        warnings=warnings,
        snapshot_digest=digest(cluster),
        manifest_digests=tuple(digest([manifest]) for manifest in manifests),
    )


def load(flags: InputFlags, namespace: str | None) -> Loaded:
    """Read everything the flags name. Raises InputError with all faults of files and documents."""
    started = time.monotonic()
    found = given(flags, namespace)
    inputs, snapshot = _read(found.inputs, flags, namespace)
    taken = autoscaled(found.inputs, inputs)
    warnings = (*found.warnings, *snapshot.warnings, *filter(None, map(_moved, taken)))
    return Loaded(
        snapshot=replace(snapshot, warnings=warnings),
        inputs=inputs,
        snapshot_digest=found.snapshot_digest,
        manifest_digests=found.manifest_digests,
        seconds=time.monotonic() - started,
        autoscaled=taken,
    )


def _moved(one: Autoscaled) -> str:
    """Where a count is not the one that is written."""
    if one.replicas == one.written:
        return ""
    written = "none is" if one.written is None else f"{one.written} are"
    bounds = f"{one.autoscaler} allows {one.minimum} to {one.maximum}"
    return f"{one.workload} is taken at {one.replicas} replicas; {written} written, {bounds}"


def _read(inputs: Inputs, flags: InputFlags, namespace: str | None) -> tuple[Inputs, Snapshot]:
    """With ``--set``, or counts that autoscalers would change, read once as given, so that faults are those
    of the files, and once as set."""
    snapshot = _reviewed(inputs)
    inputs = replace(inputs, options=replace(inputs.options, review=None))
    scaled = within_bounds(inputs)
    if not flags.settings and not scaled.edits:
        return inputs, snapshot
    inputs = apply(inputs, scaled)
    inputs = apply(inputs, set_all(inputs, flags.settings, namespace))
    warnings = snapshot.warnings
    snapshot = inputs.snapshot()
    return inputs, replace(snapshot, warnings=tuple(dict.fromkeys((*warnings, *snapshot.warnings))))


def _reviewed(inputs: Inputs) -> Snapshot:
    """Odd fields of manifests are warnings; of an InputError they are notes, as they may be its cause."""
    if not inputs.manifests:
        return inputs.snapshot()
    from solver.cli.strict import odd_fields  # the client takes its time to import; only manifests need it

    remarks: list[str] = []
    options = replace(inputs.options, review=lambda manifest: remarks.extend(odd_fields(manifest)))
    try:
        snapshot = replace(inputs, options=options).snapshot()
    except InputError as error:
        for remark in _few(remarks):
            error.add_note(remark)
        raise
    return replace(snapshot, warnings=(*_few(remarks), *snapshot.warnings))


def _few(remarks: list[str]) -> list[str]:
    if len(remarks) <= REMARKS:
        return remarks
    return [*remarks[:REMARKS], f"{len(remarks) - REMARKS} more such fields"]
