"""What a list of machine types says of one of them, and of what could not be taken from the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from frozendict import frozendict

from solver.errors import Fault, InputError
from solver.kube.documents import Document, DocumentError, values
from solver.kube.faults import Subject
from solver.kube.raw import Raw
from solver.kube.shape import ShapeError, typed
from solver.model.node import Taint

T = TypeVar("T", bound=Raw)
MI = 2**20
ARCHITECTURE = "kubernetes.io/arch"
NVIDIA, AMD = "nvidia.com/gpu", "amd.com/gpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    name: str
    amounts: frozendict[str, int]
    """Resource to amount: millicores for cpu, whole units otherwise."""
    allocatable: bool = False
    """``amounts`` are what pods can use; else they are the machine's, and nodes keep some for themselves."""
    zones: tuple[str, ...] = ()
    """Empty: not said."""
    labels: frozendict[str, str] = frozendict()
    traits: frozendict[str, str] = frozendict()
    """Labels that Karpenter gives nodes of this type; only its NodePools ask for them."""
    taints: tuple[Taint, ...] = ()
    attach_limits: frozendict[str, int] = frozendict()
    group: str = ""
    most: int | None = None
    """Nodes to be had in one zone."""
    type_name: str = ""
    """Of the machine, where ``name`` is another: what its price is listed under."""

    @property
    def machine(self) -> str:
        return self.type_name or self.name


class Offers(NamedTuple):
    """``left``: what could not be converted, a sentence each."""

    offers: tuple[Offer, ...]
    left: tuple[str, ...] = ()


def records(documents: Iterable[Document], key: str, wanted: type[T]) -> Iterator[tuple[T, Document]]:
    """The objects under ``key`` of every value, or a value's own where it is a list. Raises InputError with
    all faults."""
    faults: list[Fault] = []
    found: list[tuple[T, Document]] = []
    for document in documents:
        try:
            for value in values(document):
                for number, one in enumerate(_listed(value, key)):
                    where = f"{key}[{number}]"
                    try:
                        found.append((typed(one, wanted), document))
                    except ShapeError as error:
                        subject = Subject("list", where, document.source)
                        faults += [subject.fault(problem) for problem in error.problems]
        except DocumentError as error:
            faults.append(Subject("document", "as a whole", document.source).fault(error.problem))
    if faults:
        raise InputError(faults)
    yield from found


def _listed(value: Any, key: str) -> list[Any]:
    if isinstance(value, list):
        return value
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, list) else []


def nothing_found(documents: Iterable[Document], expected: str) -> InputError:
    return InputError(
        Fault(
            kind="document",
            name=document.source,
            path="",
            found="no such list",
            expected=expected,
            source=document.source,
        )
        for document in documents
    )


def named(count: int, one: str, names: Iterable[str]) -> str:
    """``3 types without a price: a, b, c``."""
    shown = sorted(names)
    few = ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")
    return f"{count} {one}: {few}"
