"""Offers and prices as the NodeCatalogue that ``size`` reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solver.kube.catalogue import API_VERSION, KIND
from solver.kube.offers.offer import MI, Offer, named
from solver.kube.offers.prices import Prices
from solver.model.names import INSTANCE_TYPE


@dataclass(frozen=True, slots=True)
class Listed:
    document: dict[str, Any]
    left: tuple[str, ...]
    """What is not in it, and why."""


def listed(offers: Sequence[Offer], prices: Prices, reserved: Mapping[str, int], currency: str) -> Listed:
    """``reserved`` (units as in ``Offer.amounts``) is taken off where ``amounts`` are the machine's own.
    Offers without a price are left out: ``size`` could not weigh them."""
    types = []
    unpriced, too_small = [], []
    for offer in offers:
        money = _money(offer, prices)
        amounts = dict(offer.amounts) if offer.allocatable else _usable(offer, reserved)
        if money is None:
            unpriced.append(offer.name)
        elif not (amounts.get("cpu", 0) > 0 and amounts.get("memory", 0) > 0):
            too_small.append(offer.name)
        else:
            types.append({"name": offer.name, **money, **_rest(offer, amounts)})
    document = {"apiVersion": API_VERSION, "kind": KIND}
    if currency:
        document["currency"] = currency
    left = []
    if unpriced:
        left.append(named(len(unpriced), "types without a price", unpriced))
    if unsold := [offer.name for offer in offers if _unsold(offer, prices)]:
        left.append(
            named(len(unsold), "types without a price in some of their zones, left out there", unsold)
        )
    if too_small:
        left.append(named(len(too_small), "types of which the reservation leaves nothing", too_small))
    machines = {offer.machine for offer in offers} | {offer.name for offer in offers}
    if unknown := {name for name, _ in prices if name not in machines}:
        left.append(named(len(unknown), "prices of types that are not in the list", unknown))
    if types and not reserved and not all(offer.allocatable for offer in offers):
        left.append("nothing is taken off for kubelet and system: state it with --reserve cpu=…,memory=…")
    return Listed({**document, "nodeTypes": types}, tuple(left))


def _money(offer: Offer, prices: Prices) -> dict[str, Any] | None:
    """Prices under the offer's own name come before those of its machine type."""
    names = (offer.name, offer.machine)
    everywhere = next((prices[name, ""] for name in names if (name, "") in prices), None)
    by_zone: dict[str, Decimal] = {}
    for name in reversed(names):
        by_zone |= {zone: price for (one, zone), price in prices.items() if one == name and zone}
    if offer.zones:
        by_zone = {zone: price for zone, price in by_zone.items() if zone in offer.zones}
    if everywhere is None and not by_zone:
        return None
    zones = offer.zones if everywhere is not None else tuple(sorted(by_zone))
    return {
        **({} if everywhere is None else {"pricePerHour": _number(everywhere)}),
        **({"priceByZone": {z: _number(p) for z, p in sorted(by_zone.items())}} if by_zone else {}),
        **({"zones": list(zones)} if zones else {}),
    }


def _unsold(offer: Offer, prices: Prices) -> bool:
    money = _money(offer, prices)
    return money is not None and set(money.get("zones", ())) < set(offer.zones)


def _number(price: Decimal) -> int | float:
    return int(price) if price == int(price) else float(price)


def _usable(offer: Offer, reserved: Mapping[str, int]) -> dict[str, int]:
    return {name: max(0, amount - reserved.get(name, 0)) for name, amount in offer.amounts.items()}


def _rest(offer: Offer, amounts: Mapping[str, int]) -> dict[str, Any]:
    labels = dict(offer.labels)
    if offer.machine != offer.name:
        labels[INSTANCE_TYPE] = offer.machine
    stated: dict[str, Any] = {
        "allocatable": dict(_quantities(amounts)),
        "labels": dict(sorted(labels.items())),
        "taints": [
            {"key": t.key, **({"value": t.value} if t.value else {}), "effect": t.effect}
            for t in offer.taints
        ],
        "attachLimits": dict(sorted(offer.attach_limits.items())),
        "nodeGroup": offer.group,
        "atMost": offer.most,
    }
    return {key: value for key, value in stated.items() if value not in (None, "", {}, [])}


def _quantities(amounts: Mapping[str, int]) -> Iterator[tuple[str, str | int]]:
    for name, amount in amounts.items():
        if name == "cpu":
            yield name, f"{amount}m" if amount % 1000 else amount // 1000
        elif name in ("memory", "ephemeral-storage") and amount and amount % MI == 0:
            yield name, f"{amount // MI}Mi"
        else:
            yield name, amount
