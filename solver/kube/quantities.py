"""Raw quantities to thousandths of their unit (R5, V4), and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from solver.kube.faults import Problem, show
from solver.kube.raw import Quantities, Quantity
from solver.kube.syntax import is_label_key
from solver.model.quantity import parse_milli, whole

QUANTITY = "a quantity such as 500m, 2 or 10Gi, not negative"


def milli(quantity: Quantity) -> int:
    """Thousandths. Raises ValueError when it is no quantity."""
    return parse_milli(quantity if isinstance(quantity, str) else _number(quantity))


def _number(value: float) -> str:
    """A JSON number as the text the API server would parse."""
    return str(value)


def millis(quantities: Quantities) -> dict[str, int]:
    return {name: milli(quantity) for name, quantity in (quantities or {}).items()}


def in_units(amounts: Mapping[str, int]) -> dict[str, int]:
    """Millicores for cpu, whole units otherwise, rounded up (R5); zero amounts are kept out."""
    return {
        name: amount if name == "cpu" else whole(amount) for name, amount in amounts.items() if amount > 0
    }


def quantity_problems(quantities: Quantities, path: str) -> Iterator[Problem]:
    for name, quantity in (quantities or {}).items():
        yield from one_quantity_problems(quantity, f"{path}[{name}]" if "." in name else f"{path}.{name}")


def one_quantity_problems(quantity: Quantity | None, path: str) -> Iterator[Problem]:
    if quantity is None:
        return
    try:
        negative = milli(quantity) < 0
    except ValueError:
        yield Problem(path, show(quantity), QUANTITY)
    else:
        if negative:
            yield Problem(path, show(quantity), QUANTITY)


def counts_for_scheduling(name: str) -> bool:
    """R6: names that kube-scheduler looks at."""
    if name in ("cpu", "memory", "ephemeral-storage", "pods"):
        return True
    if name.startswith(("hugepages-", "attachable-volumes-")) or "kubernetes.io/" in name:
        return True
    return "/" in name and not name.startswith("requests.") and is_label_key(f"requests.{name}")
