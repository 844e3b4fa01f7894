"""Kubernetes quantities as exact integers (R5, V4).

The unit of every function here is 1/1000 of the quantity's own unit: millicores for cpu, milli-bytes for
memory. The API server rounds each stated quantity *up* to that grain; sums are then rounded up again to
millicores or whole units by the caller.
Source: apimachinery ``pkg/api/resource/quantity.go`` at v0.34.1.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal, localcontext
from functools import lru_cache

MAX_VALUE = 2**63 - 1
"""Whole units; larger quantities are capped here, as the API server does."""

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
}
_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d{1,4})?")


@lru_cache(maxsize=65536)
def parse_milli(text: str) -> int:
    """``text`` in thousandths of its unit, rounded up (R5).

    Raises ValueError when ``text`` is not a quantity.
    """
    found = _FORM.fullmatch(text)
    if found is None or len(text) > 64:
        raise ValueError(f"{text!r} is not a quantity")
    number, suffix = found.group(1), found.group(2) or ""
    with localcontext() as context:
        context.prec = 120
        if suffix in _BINARY:
            factor = Decimal(_BINARY[suffix])
        elif suffix in _DECIMAL:
            factor = _DECIMAL[suffix]
        else:
            exponent = max(-100, min(100, int(suffix[1:])))  # beyond this every value is 0 or capped
            factor = Decimal(10) ** exponent
        milli = (Decimal(number) * factor * 1000).to_integral_value(rounding=ROUND_CEILING)
    return max(-MAX_VALUE * 1000, min(MAX_VALUE * 1000, int(milli)))


def whole(milli: int) -> int:
    """Thousandths to whole units, rounded up (R5)."""
    return -(-milli // 1000)
