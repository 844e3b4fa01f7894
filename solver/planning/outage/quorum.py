"""How many replicas a workload needs at once: said by a flag or an annotation, or a named default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from solver.errors import Fault, InputError
from solver.model.names import OWN_PREFIX
from solver.model.pod import WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.outage.answer import Model, Quorum, QuorumSource, Wanted

NOTE = "quorum"
MAJORITY = "majority"
_EXPECTED = "a number of replicas, or majority"


def parse_quorums(text: str) -> tuple[Wanted, ...]:
    """``zk=2,db=majority``. Raises ValueError."""
    return tuple(_wanted(part) for part in text.split(","))


def _wanted(text: str) -> Wanted:
    name, sign, needs = text.strip().partition("=")
    if not sign or not name or not _is_needs(needs):
        raise ValueError(f"{text!r} is no quorum; write WORKLOAD=NUMBER or WORKLOAD=majority")
    return Wanted(name=name, needs=None if needs == MAJORITY else int(needs))


def _is_needs(text: str) -> bool:
    return text == MAJORITY or bool(re.fullmatch(r"[1-9][0-9]{0,5}", text))


def quorums(
    snapshot: Snapshot,
    replicas: Mapping[WorkloadKey, int],
    models: Mapping[WorkloadKey, Model],
    flags: Iterable[Wanted],
) -> dict[WorkloadKey, Quorum]:
    """For every workload with ``replicas``. Raises InputError for annotations nobody can read, and for flags
    that name no workload or several."""
    faults: list[Fault] = []
    said = _by_flag(replicas, flags, faults)
    found = {}
    for key, number in replicas.items():
        quorum = said.get(key) or _by_note(snapshot, key, number, faults)
        found[key] = quorum or _by_default(key, number, models[key])
    if faults:
        raise InputError(faults)
    return found


def _by_flag(
    replicas: Mapping[WorkloadKey, int], flags: Iterable[Wanted], faults: list[Fault]
) -> dict[WorkloadKey, Quorum]:
    found = {}
    for wanted in flags:
        named = [key for key in replicas if wanted.name in _names(key)]
        if len(named) != 1:
            there = ", ".join(map(str, sorted(named or replicas)[:8]))
            found_text = f"{len(named)} workloads of this name" if named else "no running one of this name"
            faults.append(
                Fault(
                    kind="workload",
                    name=wanted.name,
                    path="",
                    found=found_text,
                    expected=f"one of {there}" if there else "a workload with pods",
                    source=wanted.source,
                )
            )
            continue
        found[named[0]] = _quorum(wanted.needs, replicas[named[0]], QuorumSource.FLAG)
    return found


def _names(key: WorkloadKey) -> tuple[str, ...]:
    return key.name, f"{key.namespace}/{key.name}", f"{key.kind}/{key.name}", str(key)


def _by_note(snapshot: Snapshot, key: WorkloadKey, replicas: int, faults: list[Fault]) -> Quorum | None:
    workload = snapshot.workload_by_key.get(key)
    text = workload.notes.get(NOTE) if workload is not None else None
    if text is None:
        return None
    if not _is_needs(text):
        path = f'metadata.annotations["{OWN_PREFIX}{NOTE}"]'
        name = f"{key.namespace}/{key.name}"
        faults.append(Fault(kind=key.kind, name=name, path=path, found=repr(text), expected=_EXPECTED))
        return None
    return _quorum(None if text == MAJORITY else int(text), replicas, QuorumSource.ANNOTATION)


def _by_default(key: WorkloadKey, replicas: int, model: Model) -> Quorum:
    if key.kind == "StatefulSet" and model is not Model.SHARED_DATA:
        return _quorum(None, replicas, QuorumSource.MAJORITY)
    return Quorum(needs=1, source=QuorumSource.ONE)


def _quorum(needs: int | None, replicas: int, source: QuorumSource) -> Quorum:
    return Quorum(needs=replicas // 2 + 1 if needs is None else needs, source=source)
