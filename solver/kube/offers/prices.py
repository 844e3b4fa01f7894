"""Price lists: a CSV with the columns ``type``, ``price`` (an hour) and, where it differs, ``zone``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from solver.errors import Fault, InputError
from solver.kube.documents import Document
from solver.model.catalogue import MICROS, MOST_MICROS

Prices = Mapping[tuple[str, str], Decimal]
"""Type and zone (empty: every zone) to the price of a node an hour."""
EXPECTED = f"a price an hour, 0 to {MOST_MICROS // MICROS}, with at most 6 decimals"
_COLUMNS = {"type", "zone", "price"}


def read_prices(documents: Sequence[Document]) -> Prices:
    """Raises InputError with all faults."""
    found: dict[tuple[str, str], Decimal] = {}
    faults: list[Fault] = []
    for document in documents:
        for line, row in _rows(document, faults):
            key = ((row.get("type") or "").strip(), (row.get("zone") or "").strip())
            price = _price(row.get("price"))
            if not key[0]:
                faults.append(_fault(document, line, "type", "none", "the name of a machine type"))
            elif price is None:
                faults.append(_fault(document, line, "price", repr(row.get("price")), EXPECTED))
            elif key in found:
                faults.append(
                    _fault(document, line, "type", " in ".join(filter(None, key)), "one price for it")
                )
            else:
                found[key] = price
    if faults:
        raise InputError(faults)
    return found


def _rows(document: Document, faults: list[Fault]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = document.data.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        columns = [(name or "").strip().lower() for name in reader.fieldnames or ()]
        if not {"type", "price"} <= set(columns) <= _COLUMNS:
            faults.append(
                _fault(document, 1, "", ",".join(columns) or "nothing", "a first line type,zone,price")
            )
            return
        reader.fieldnames = columns
        yield from ((reader.line_num, row) for row in reader)
    except UnicodeDecodeError:
        faults.append(_fault(document, 1, "", "bytes that are not text", "CSV in UTF-8"))
    except csv.Error as error:
        faults.append(_fault(document, reader.line_num, "", str(error), "CSV"))


def _price(text: str | None) -> Decimal | None:
    try:
        price = Decimal((text or "").strip())
    except InvalidOperation:
        return None
    if not price.is_finite() or not 0 <= price * MICROS <= MOST_MICROS:
        return None
    return price if price * MICROS == int(price * MICROS) else None


def _fault(document: Document, line: int, path: str, found: str, expected: str) -> Fault:
    return Fault(
        kind="prices", name=f"line {line}", path=path, found=found, expected=expected, source=document.source
    )
