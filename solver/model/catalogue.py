"""Nodes that can be bought: their shapes, prices and zones."""

from __future__ import annotations

from dataclasses import dataclass

from frozendict import frozendict

from solver.model.node import Taint

MICROS = 1_000_000
"""Prices are whole millionths of the currency unit an hour: they add up exactly."""
HOURS_A_MONTH = 730
MOST_MICROS = 10_000_000 * MICROS
"""No node costs more: sums of prices have to stay exact in 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    name: str
    allocatable: frozendict[str, int]
    """What pods can use; units as in ``Node.allocatable``."""
    price_micros: int
    zones: tuple[str, ...] = ()
    """Where it is sold; empty: in every zone of the cluster."""
    price_in_zone: frozendict[str, int] = frozendict()
    """Micros, where it differs."""
    labels: frozendict[str, str] = frozendict()
    taints: tuple[Taint, ...] = ()
    attach_limits: frozendict[str, int] = frozendict()
    """CSI driver to volumes that can be attached."""
    storage_bytes: frozendict[str, int] = frozendict()
    """Storage class to what each node of the type can provision of it by itself."""
    group: str = ""
    """Node group to scale, with ``{zone}`` for the zone."""
    most: int | None = None
    """Nodes to be had in one zone."""

    def price_in(self, zone: str) -> int:
        return self.price_in_zone.get(zone, self.price_micros)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    types: tuple[NodeType, ...]
    currency: str = ""
    note: str = ""
    """Where the prices come from."""
    priced: bool = True
    """False: every node counts one, because no price is known."""
