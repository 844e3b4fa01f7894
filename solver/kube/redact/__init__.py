"""Kubernetes objects without what no placement rule reads, so that a dump can be shown to others.

An allow-list: objects are read into the types of ``raw``, and of those only what ``fields`` names is written
again. Nothing here reads files; a new field of ``raw`` stays out until ``fields`` says what becomes of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from solver.errors import Fault, InputError
from solver.kube import raw
from solver.kube.documents import Entry, Found
from solver.kube.faults import Subject
from solver.kube.kinds import BY_NAME, KINDS, Kind, group_of
from solver.kube.redact.fields import Treatment
from solver.kube.redact.names import Pseudonyms, Verbatim
from solver.kube.redact.walk import written
from solver.kube.shape import ShapeError, typed
from solver.kube.unsupported import FEATURE_KINDS, is_built_in

__all__ = ["Redacted", "redacted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    items: tuple[dict[str, Any], ...]
    """In input order, as plain data."""
    left_out: tuple[tuple[str, int], ...]
    """Kinds that are not read, and how many objects of each; by name."""
    names: Callable[[str], str]
    """What became of a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    api_version: str
    kind: str
    stored: raw.Object


def redacted(objects: Iterable[Found], *, hash_names: bool = False) -> Redacted:
    """Every object of a kind that is read. With ``hash_names`` names and labels are exchanged for others, the
    same ones for the same, in the same order, so that ties are broken alike.

    Raises InputError with every fault of form.
    """
    read, left_out = _read(objects)
    pseudonyms = Pseudonyms() if hash_names else Verbatim()
    for one in read:
        written(one.stored, pseudonyms.learn)
    pseudonyms.settle()
    return Redacted(
        items=tuple(_item(one, pseudonyms) for one in read),
        left_out=tuple(sorted(left_out.items())),
        names=lambda name: str(pseudonyms.shown(Treatment.NAME, name, raw.Raw())),
    )


def _item(one: _Object, pseudonyms: Verbatim) -> dict[str, Any]:
    made = {"apiVersion": one.api_version, "kind": one.kind, **written(one.stored, pseudonyms.shown)}
    if one.kind == "CSIDriver" and one.stored.metadata is not None:  # storage classes name it as it is
        made["metadata"]["name"] = pseudonyms.shown(Treatment.DRIVER, one.stored.metadata.name, one.stored)
    return made


def _read(objects: Iterable[Found]) -> tuple[list[_Object], Counter[str]]:
    read: list[_Object] = []
    left_out: Counter[str] = Counter()
    faults: list[Fault] = []
    for found in objects:
        if not isinstance(found, Entry):
            subject, problem = found
            faults.append(subject.fault(problem))
            continue
        wanted = _type_of(found)
        if wanted is None:
            left_out[found.kind] += 1
            continue
        try:
            stored = typed(found.value, wanted)
        except ShapeError as error:
            where = Subject(found.kind, found.position, found.source)
            faults.extend(where.fault(problem) for problem in error.problems)
            continue
        read.append(_Object(api_version=_version(found), kind=found.kind, stored=stored))
    if faults:
        raise InputError(faults)
    return read, left_out


def _type_of(entry: Entry) -> type[raw.Object] | None:
    """Of kinds that answers mention but do not read, name and namespace are kept."""
    kind = _kind(entry)
    if kind is not None:
        return kind.type
    noted = is_built_in(group_of(entry.api_version)) and entry.kind in FEATURE_KINDS
    return raw.Object if noted else None


def _kind(entry: Entry) -> Kind | None:
    if entry.api_version:
        return KINDS.get((group_of(entry.api_version), entry.kind))
    return BY_NAME.get(entry.kind)


def _version(entry: Entry) -> str:
    """As written where that is a version of a kind's own group; otherwise a dump may leave it out."""
    kind = _kind(entry)
    return entry.api_version or (f"{kind.group}/v1" if kind is not None and kind.group else "v1")
