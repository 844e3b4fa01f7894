"""``az vm list-skus -o json``: virtual machine sizes with the zones they are sold in.

Sources: Resource SKUs API reference; AKS: the zone label is ``REGION-NUMBER``; azuredisk-csi-driver: the
limit is ``MaxDataDiskCount``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from frozendict import frozendict

from solver.kube.documents import Document
from solver.kube.offers.offer import ARCHITECTURE, NVIDIA, Offer, Offers, named, nothing_found, records
from solver.kube.raw import Raw
from solver.model.quantity import parse_milli, whole

DRIVER = "disk.csi.azure.com"
PODS = 110
"""Of AKS with an overlay network; the kubelet's flag decides."""
_MACHINES = "virtualMachines"


class _Capability(Raw):
    name: str | None = None
    value: str | None = None


class _Place(Raw):
    location: str | None = None
    zones: list[str] | None = None


class _Barred(Raw):
    locations: list[str] | None = None
    zones: list[str] | None = None


class _Restriction(Raw):
    type: str | None = None
    restriction_info: _Barred | None = None
    values: list[str] | None = None


class _Sku(Raw):
    name: str | None = None
    resource_type: str | None = None
    location_info: list[_Place] | None = None
    capabilities: list[_Capability] | None = None
    restrictions: list[_Restriction] | None = None


def read(documents: Sequence[Document]) -> Offers:
    """Raises InputError."""
    skus = [one for one, _ in records(documents, "value", _Sku) if one.name]
    machines: dict[str, list[_Sku]] = {}
    for one in skus:
        if one.resource_type == _MACHINES:
            machines.setdefault(one.name or "", []).append(one)
    if not machines:
        raise nothing_found(documents, "what `az vm list-skus -o json` prints, with virtualMachines in it")
    offers = {name: _offer(name, several) for name, several in sorted(machines.items())}
    return Offers(
        tuple(offer for offer in offers.values() if offer is not None and offer.zones),
        tuple(_left(skus, offers)),
    )


def _left(skus: list[_Sku], offers: dict[str, Offer | None]) -> Iterator[str]:
    others = [one.name or "" for one in skus if one.resource_type != _MACHINES]
    if others:
        yield named(len(others), "entries that are no virtual machines", set(others))
    if empty := [name for name, offer in offers.items() if offer is None]:
        yield named(len(empty), "sizes without cpu or memory", empty)
    if barred := [name for name, offer in offers.items() if offer is not None and not offer.zones]:
        yield named(len(barred), "sizes sold in no zone, or not to this subscription", barred)


def _offer(name: str, several: list[_Sku]) -> Offer | None:
    known = {c.name or "": c.value or "" for c in several[0].capabilities or ()}
    cpus = _number(known.get("vCPUsAvailable") or known.get("vCPUs"))
    memory = _number(known.get("MemoryGB"))
    if not cpus or not memory:
        return None
    amounts = {"cpu": cpus, "memory": memory * 2**30 // 1000, "pods": PODS}
    if gpus := whole(_number(known.get("GPUs"))):
        amounts[NVIDIA] = gpus
    disks = known.get("MaxDataDiskCount", "")
    return Offer(
        name=name,
        amounts=frozendict(amounts),
        zones=tuple(sorted({zone for one in several for zone in _zones(one)})),
        labels=frozendict(
            {ARCHITECTURE: "arm64" if known.get("CpuArchitectureType") == "Arm64" else "amd64"}
        ),
        attach_limits=frozendict({DRIVER: int(disks)} if disks.isdigit() else {}),
    )


def _number(text: str | None) -> int:
    """Thousandths; 0 where there is no number."""
    try:
        return max(0, parse_milli(text or "0"))
    except ValueError:
        return 0


def _zones(one: _Sku) -> set[str]:
    sold = {
        f"{place.location.lower()}-{zone}"
        for place in one.location_info or ()
        if place.location
        for zone in place.zones or ()
    }
    for restriction in one.restrictions or ():
        info = restriction.restriction_info or _Barred()
        regions = [name.lower() for name in info.locations or restriction.values or ()]
        if restriction.type == "Location":
            sold = {zone for zone in sold if zone.rpartition("-")[0] not in regions}
        elif restriction.type == "Zone":
            sold -= {f"{region}-{zone}" for region in regions for zone in info.zones or ()}
    return sold
