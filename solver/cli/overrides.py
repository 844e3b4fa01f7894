"""``--storage`` and ``--storage-file``: what users say of their storage (C10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import click
from frozendict import frozendict

from solver.cli.flags import with_all
from solver.cli.inputs import read_documents
from solver.cli.parsed import Parsed
from solver.errors import Fault, InputError
from solver.kube.documents import Document, DocumentError, Entry, entries, plain
from solver.planning.storage.overrides import (
    KIND_NOTE,
    RECOVERY_NOTE,
    ZONES_NOTE,
    Override,
    Overrides,
    override_of,
)

KIND = "StorageOverrides"
_TARGETS = {"pv": "volumes", "sc": "classes", "driver": "drivers"}
_FIELDS = {"volume": "volumes", "storageClass": "classes", "driver": "drivers"}
_SAID = {"storage": KIND_NOTE, "dataZones": ZONES_NOTE, "recovery": RECOVERY_NOTE}
_FLAG = re.compile(r"(?P<target>pv|sc|driver)/(?P<name>[^=]+)=(?P<kind>[A-Za-z]+)(?P<more>(,[a-z]+=[^,]+)*)")
_EXPECTED = "pv/NAME, sc/NAME or driver/NAME = KIND[,zones=a+b][,recovery=auto|fence|no]"


class Said(NamedTuple):
    """One override, the table it belongs to, and the name it is about."""

    table: str
    name: str
    override: Override


def _said(text: str) -> Said:
    """``sc/nfs=server,zones=a``. Raises ValueError."""
    found = _FLAG.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no storage override; write {_EXPECTED}")
    notes = {KIND_NOTE: found["kind"]}
    for part in filter(None, found["more"].split(",")):
        key, _, value = part.partition("=")
        if key not in ("zones", "recovery"):
            raise ValueError(f"{key!r} is not known; write {_EXPECTED}")
        notes[ZONES_NOTE if key == "zones" else RECOVERY_NOTE] = value.replace("+", ",")
    try:
        override = override_of(notes, f"--storage {text}")
    except ValueError as error:
        raise ValueError(f"{text!r}: {error.args[0]} is {error.args[1]}") from None
    return Said(_TARGETS[found["target"]], found["name"], override)


def storage_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    return with_all(
        command,
        click.option(
            "--storage",
            multiple=True,
            type=Parsed("storage", _said),
            metavar="TARGET=KIND",
            help="What one volume, storage class or driver is like, e.g. sc/nfs=server,zones=a. Repeatable.",
        ),
        click.option(
            "--storage-file",
            multiple=True,
            metavar="FILE",
            help=f"The same for many of them, as kind: {KIND} (docs/outage.md). Repeatable.",
        ),
    )


def overrides_of(flags: tuple[Said, ...], files: tuple[str, ...]) -> Overrides:
    """Flags win over files. Raises InputError with every fault of the files."""
    faults: list[Fault] = []
    in_files: list[Said] = []
    for document in read_documents(files):
        in_files += _in_document(document, faults)
    if faults:
        raise InputError(faults)
    return _collected(flags).over(_collected(in_files))


def _collected(said: Any) -> Overrides:
    tables: dict[str, dict[str, Override]] = {table: {} for table in _TARGETS.values()}
    for one in said:
        tables[one.table][one.name] = one.override
    return Overrides(**{table: frozendict(found) for table, found in tables.items()})


def _in_document(document: Document, faults: list[Fault]) -> Iterator[Said]:
    for found in entries(document):
        if not isinstance(found, Entry):
            subject, problem = found
            faults.append(subject.fault(problem))
            continue
        try:
            value = plain(found.value)
        except DocumentError as error:
            faults.append(_fault(found, "", str(error), "a readable document"))
            continue
        listed = value.get("overrides") if isinstance(value, dict) else None
        if found.kind != KIND or not isinstance(listed, list):
            faults.append(_fault(found, "kind", repr(found.kind), f"{KIND} with a list of overrides"))
            continue
        for number, one in enumerate(listed):
            yield from _in_entry(one, f"overrides[{number}]", found, faults)


def _in_entry(one: Any, path: str, entry: Entry, faults: list[Fault]) -> Iterator[Said]:
    if not isinstance(one, Mapping):
        faults.append(_fault(entry, path, repr(one), "a mapping"))
        return
    targets = [field for field in _FIELDS if field in one]
    odd = sorted(set(one) - set(_FIELDS) - set(_SAID))
    if len(targets) != 1 or odd:
        found = f"unknown field {odd[0]}" if odd else f"{len(targets)} of them"
        faults.append(_fault(entry, path, found, f"one of {', '.join(_FIELDS)}, and {', '.join(_SAID)}"))
        return
    texts = {note: _text(one[field]) for field, note in _SAID.items() if field in one}
    try:
        override = override_of(texts, f"{entry.source} {path}")
    except ValueError as error:
        faults.append(_fault(entry, f"{path}.{error.args[0]}", repr(texts[error.args[0]]), error.args[1]))
        return
    yield Said(_FIELDS[targets[0]], str(one[targets[0]]), override)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _fault(entry: Entry, path: str, found: str, expected: str) -> Fault:
    return Fault(
        kind=KIND, name=entry.position, path=path, found=found, expected=expected, source=entry.source
    )
