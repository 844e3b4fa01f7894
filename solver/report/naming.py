"""How pods and nodes are called in readable answers: line by line for scripts, and several at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from solver.model.names import NodeName, PodKey


def resource_names(placed: Iterable[tuple[PodKey, NodeName]]) -> str:
    """``pod/db-0 node/a2``, a line each; ``pod/prod/db-0`` while several namespaces are told of."""
    rows = list(placed)
    several = len({namespace_of(key) for key, _ in rows}) > 1
    return "".join(f"pod/{key if several else key.partition('/')[2]} node/{node}\n" for key, node in rows)


def few(names: Sequence[str], most: int, separator: str = ", ", then: str = " and") -> str:
    """``a1, b1 and 3 more``."""
    left = len(names) - most
    return separator.join(names[:most]) + (f"{then} {left} more" if left > 0 else "")


def namespace_of(key: PodKey) -> str:
    return key.partition("/")[0]


def stem(key: PodKey) -> str:
    """``prod/db-0`` to ``prod/db``: what the names of one controller's pods share."""
    namespace, _, name = key.partition("/")
    return f"{namespace}/{name.rpartition('-')[0] or name}"


def span(labels: Sequence[str]) -> str:
    """One label, or ``shop/web-0 … web-4 (×5)`` for several of one namespace."""
    if len(labels) == 1:
        return labels[0]
    return f"{labels[0]} … {labels[-1].rpartition('/')[2]} (×{len(labels)})"
