"""A what-if as data: the objects a command was given, edits on named ones, and what an edited input comes to.

Edits are JSON Patch (RFC 6902) operations per object, so that they can be printed, and applied by others.
Which edits are worth trying is not decided here, and nothing is solved here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import Any

import msgspec

from solver.errors import Fault, InputError
from solver.kube.decoding import convert, decode
from solver.kube.documents import Document, Entry, Found, entries, plain
from solver.kube.kinds import BY_NAME
from solver.kube.read import DEFAULT_OPTIONS, ReadOptions, read_objects
from solver.model.outcome import Outcome
from solver.model.snapshot import Snapshot

Object = dict[str, Any]
"""A Kubernetes object as plain data."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Ref:
    """Which object. ``namespace`` is "" for cluster-scoped ones."""

    kind: str
    namespace: str = ""
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)


class Operation(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One JSON Patch operation on one object; the empty path is the object as a whole."""

    target: Ref
    operation: Operation
    path: str = ""
    """JSON Pointer (RFC 6901)."""
    value: Any = None
    applied: bool = False
    """The object as it is then is also given to the cluster to carry out: it counts as a manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    edits: tuple[Edit, ...] = ()

    def __add__(self, other: Change) -> Change:
        return Change(edits=self.edits + other.edits)

    def by_object(self) -> dict[Ref, list[Edit]]:
        found: dict[Ref, list[Edit]] = {}
        for edit in self.edits:
            found.setdefault(edit.target, []).append(edit)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a change costs to carry out."""

    pods: int = 0
    """Running pods that are restarted."""
    bytes: int = 0
    """Data that is copied or rebuilt."""
    volumes: int = 0
    money_per_hour: Decimal | None = Decimal(0)
    """None where it costs money, but not known how much."""

    def __add__(self, other: Cost) -> Cost:
        money, more = self.money_per_hour, other.money_per_hour
        return Cost(
            pods=self.pods + other.pods,
            bytes=self.bytes + other.bytes,
            volumes=self.volumes + other.volumes,
            money_per_hour=None if money is None or more is None else money + more,
        )

    @property
    def rank(self) -> tuple[bool, Decimal, int, int, int]:
        """Cheapest first: money, then data, then restarts."""
        money = self.money_per_hour
        return (money is None, money or Decimal(0), self.bytes, self.volumes, self.pods)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change that was applied and solved again before anyone is told of it."""

    sentence: str
    change: Change
    cost: Cost
    outcome: Outcome
    """Of the changed input; its verdict is what the fix promises."""
    afterwards: str = ""
    cautions: tuple[str, ...] = ()
    mends: tuple[int, ...] = ()
    """Where not everything can be mended: the numbers, from 1, of the reasons it does away with."""
    lasts: bool = True
    """Pods that restart later fit again."""
    recommended: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Inputs:
    """Everything a command was given, object by object, and how it is read. ``snapshot`` reads it."""

    cluster: tuple[Found, ...]
    manifests: tuple[Found, ...] = ()
    options: ReadOptions = DEFAULT_OPTIONS
    warn_of_missing: bool = field(default=True)

    def snapshot(self) -> Snapshot:
        """Raises InputError with every fault of the objects."""
        return read_objects(self.cluster, self.manifests, self.options, warn_of_missing=self.warn_of_missing)

    def get(self, ref: Ref) -> Object | None:
        """A copy of the object as plain data; of the manifest where there are both."""
        places = self._places.get(ref)
        if not places:
            return None
        is_manifest, position = places[-1]
        found = self._side(is_manifest)[position]
        assert isinstance(found, Entry)  # that is what _places leads to
        return as_object(found)

    def refs(self, kind: str) -> Iterator[Ref]:
        """Every named object of the kind, in input order."""
        return (ref for ref in self._places if ref.kind == kind)

    def objects(self, kind: str) -> Iterator[tuple[Ref, Object]]:
        for ref in self.refs(kind):
            found = self.get(ref)
            if found is not None:
                yield ref, found

    def is_manifest(self, ref: Ref) -> bool:
        return any(among_manifests for among_manifests, _ in self.positions(ref))

    def _side(self, is_manifest: bool) -> tuple[Found, ...]:
        return self.manifests if is_manifest else self.cluster

    @cached_property
    def _places(self) -> dict[Ref, list[tuple[bool, int]]]:
        """Where each named object stands; manifests last."""
        found: dict[Ref, list[tuple[bool, int]]] = {}
        for is_manifest in (False, True):
            for position, entry in enumerate(self._side(is_manifest)):
                ref = ref_of(entry, self.options.default_namespace) if isinstance(entry, Entry) else None
                if ref is not None:
                    found.setdefault(ref, []).append((is_manifest, position))
        return found

    def positions(self, ref: Ref) -> Sequence[tuple[bool, int]]:
        """(among the manifests, index) of every copy of the object."""
        return self._places.get(ref, ())


def inputs_of(
    cluster: Sequence[Document], manifests: Sequence[Document] = (), options: ReadOptions = DEFAULT_OPTIONS
) -> Inputs:
    """The objects in the documents; what cannot be read is kept, and is told by ``snapshot``."""
    return Inputs(
        cluster=tuple(chain.from_iterable(map(entries, cluster))),
        manifests=tuple(chain.from_iterable(map(entries, manifests))),
        options=options,
        warn_of_missing=bool(cluster),
    )


class _Meta(msgspec.Struct):
    name: str | None = None
    namespace: str | None = None


class _Named(msgspec.Struct):
    metadata: _Meta | None = None


def ref_of(entry: Entry, default_namespace: str) -> Ref | None:
    """None for kinds that are not read and for objects without a usable name."""
    kind = BY_NAME.get(entry.kind)
    if kind is None:
        return None
    try:
        read = decode if isinstance(entry.value, msgspec.Raw) else convert
        named = read(entry.value, _Named)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    meta = named.metadata
    if meta is None or not meta.name:
        return None
    namespace = (meta.namespace or default_namespace) if kind.namespaced else ""
    return Ref(kind=kind.name, namespace=namespace, name=meta.name)


def as_object(entry: Entry) -> Object:
    """The entry's value as plain data that may be changed."""
    value = plain(entry.value)
    return value if isinstance(entry.value, msgspec.Raw) else deepcopy(value)


def difference(ref: Ref, before: Any, after: Any, path: str = "") -> Iterator[Edit]:
    """Edits that make ``after`` of ``before``; lists of another length are replaced as a whole."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() - after.keys()):
            yield Edit(target=ref, operation=Operation.REMOVE, path=f"{path}/{_escaped(key)}")
        for key, value in after.items():
            inner = f"{path}/{_escaped(key)}"
            if key in before:
                yield from difference(ref, before[key], value, inner)
            else:
                yield Edit(target=ref, operation=Operation.ADD, path=inner, value=value)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from difference(ref, old, new, f"{path}/{index}")
    else:
        yield Edit(target=ref, operation=Operation.REPLACE, path=path, value=after)


def editing(inputs: Inputs, ref: Ref, edit: Callable[[Object], None], *, applied: bool = False) -> Change:
    """The change that ``edit`` makes to an object of the inputs. Raises InputError when there is none."""
    before = inputs.get(ref)
    if before is None:
        raise _missing(ref)
    after = deepcopy(before)
    edit(after)
    edits = tuple(difference(ref, before, after))
    return Change(edits=tuple(replace(one, applied=applied) for one in edits))


def adding(ref: Ref, value: Object) -> Change:
    return Change(edits=(Edit(target=ref, operation=Operation.ADD, value=value),))


def adding_all(objects: Iterable[Object]) -> Change:
    """Objects as they would be stored, with their kind and name."""
    change = Change()
    for value in objects:
        meta = value["metadata"]
        ref = Ref(kind=value["kind"], namespace=meta.get("namespace", ""), name=meta["name"])
        change += adding(ref, value)
    return change


def removing(ref: Ref) -> Change:
    return Change(edits=(Edit(target=ref, operation=Operation.REMOVE),))


def apply(inputs: Inputs, change: Change) -> Inputs:
    """The changed inputs; ``inputs`` stay as they are.

    Raises InputError where an edit names an object or a field that is not there.
    """
    sides: tuple[list[Found | None], list[Found | None]] = (list(inputs.cluster), list(inputs.manifests))
    for ref, edits in change.by_object().items():
        places = list(inputs.positions(ref))
        value = inputs.get(ref)
        for edit in edits:
            value = edited(value, edit)
        if value is None:
            for is_manifest, position in places:
                sides[is_manifest][position] = None
            continue
        entry = Entry(ref.kind, str(value.get("apiVersion", "")), value, "changed", str(ref))
        applied = any(edit.applied for edit in edits)
        if places and applied <= places[-1][0]:
            is_manifest, position = places[-1]
            sides[is_manifest][position] = entry
        else:
            sides[applied].append(entry)
    cluster, manifests = (tuple(found for found in side if found is not None) for side in sides)
    options = replace(inputs.options, review=None)  # odd fields were told when the inputs were read
    return replace(inputs, cluster=cluster, manifests=manifests, options=options)


def edited(value: Object | None, edit: Edit) -> Object | None:
    """One operation on an object, None standing for no object. Raises InputError."""
    if not edit.path:
        if (value is None) != (edit.operation is Operation.ADD):
            raise (
                _missing(edit.target) if value is None else _unfit(edit, "an object of that name", "none yet")
            )
        return None if edit.operation is Operation.REMOVE else deepcopy(edit.value)
    if value is None:
        raise _missing(edit.target)
    *steps, last = (_unescaped(step) for step in edit.path.split("/")[1:])
    inside: Any = value
    for step in steps:
        inside = _inner(inside, step, edit)
    _operate(inside, last, edit)
    return value


def _inner(inside: Any, step: str, edit: Edit) -> Any:
    try:
        return inside[int(step)] if isinstance(inside, list) else inside[step]
    except (KeyError, IndexError, ValueError, TypeError):
        raise _unfit(edit, "no such field", "a field of the object") from None


def _operate(inside: Any, last: str, edit: Edit) -> None:
    value = deepcopy(edit.value)
    if isinstance(inside, list):
        if edit.operation is Operation.ADD:
            inside.insert(len(inside) if last == "-" else int(last), value)
            return
        _inner(inside, last, edit)
        inside[int(last) : int(last) + 1] = [] if edit.operation is Operation.REMOVE else [value]
        return
    if edit.operation is not Operation.ADD:
        _inner(inside, last, edit)
    if not isinstance(inside, dict):
        raise _unfit(edit, "a plain value", "an object with fields")
    if edit.operation is Operation.REMOVE:
        del inside[last]
    else:
        inside[last] = value


def patches(change: Change) -> list[dict[str, Any]]:
    """The change as documents: per object its name and a JSON Patch."""
    return [
        {
            "object": str(ref),
            "operations": [_operation(edit) for edit in edits],
            "apply": any(edit.applied for edit in edits),
        }
        for ref, edits in change.by_object().items()
    ]


def from_patches(documents: Iterable[Mapping[str, Any]]) -> Change:
    """What ``patches`` wrote, read back."""
    return Change(
        edits=tuple(
            Edit(
                target=parsed_ref(one["object"]),
                operation=Operation(step["op"]),
                path=step["path"],
                value=step.get("value"),
                applied=one.get("apply", False),
            )
            for one in documents
            for step in one["operations"]
        )
    )


def parsed_ref(text: str) -> Ref:
    """``Kind/namespace/name`` or ``Kind/name``."""
    kind, _, rest = text.partition("/")
    namespace, _, name = rest.rpartition("/")
    return Ref(kind=kind, namespace=namespace, name=name)


def _operation(edit: Edit) -> dict[str, Any]:
    made: dict[str, Any] = {"op": edit.operation.value, "path": edit.path}
    return made if edit.operation is Operation.REMOVE else {**made, "value": edit.value}


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _missing(ref: Ref) -> InputError:
    expected = f"a {ref.kind} of this name in the cluster or the manifests"
    name = f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
    return InputError([Fault(kind=ref.kind, name=name, path="", found="nothing", expected=expected)])


def _unfit(edit: Edit, found: str, expected: str) -> InputError:
    ref = edit.target
    name = f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
    told = f"{found} (change: {edit.operation.value} {json.dumps(edit.value, default=str)[:60]})"
    return InputError([Fault(kind=ref.kind, name=name, path=edit.path, found=told, expected=expected)])
