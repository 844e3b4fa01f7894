"""``aws ec2 describe-instance-types``, and beside it ``describe-instance-type-offerings`` by availability
zone.

Sources: EC2 API reference (InstanceTypeInfo); amazon-vpc-cni-k8s ``pods per node``: network interfaces
times (addresses - 1), plus 2, and at most 110 up to 30 vCPUs, 250 above; aws-ebs-csi-driver: the root
volume takes an attachment and, where the limit is shared, so do a network interface and instance store
disks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec
from frozendict import frozendict

from solver.kube.documents import Document
from solver.kube.offers.offer import (
    AMD,
    ARCHITECTURE,
    MI,
    NVIDIA,
    Offer,
    Offers,
    named,
    nothing_found,
    records,
)
from solver.kube.raw import Raw

DRIVER = "ebs.csi.aws.com"
_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
_FEW_CPUS, _FEW_PODS, _MANY_PODS = 30, 110, 250
_FAMILY = re.compile(r"([a-z]+)([0-9]+).*")
_PREFIX = "karpenter.k8s.aws/instance-"


class _Cpus(Raw, rename="pascal"):
    default_v_cpus: int | None = None


class _Memory(Raw, rename="pascal"):
    size_in_mi_b: int | None = None


class _Processor(Raw, rename="pascal"):
    supported_architectures: list[str] | None = None


class _Network(Raw, rename="pascal"):
    maximum_network_interfaces: int | None = None
    ipv4_addresses_per_interface: int | None = None


class _Gpu(Raw, rename="pascal"):
    name: str | None = None
    manufacturer: str | None = None
    count: int | None = None


class _Gpus(Raw, rename="pascal"):
    gpus: list[_Gpu] | None = None


class _Ebs(Raw, rename="pascal"):
    maximum_ebs_attachments: int | None = None
    attachment_limit_type: str | None = None


class _Disk(Raw, rename="pascal"):
    count: int | None = None


class _Store(Raw, rename="pascal"):
    disks: list[_Disk] | None = None


class _Type(Raw, rename="pascal"):
    instance_type: str | None = None
    v_cpu_info: _Cpus = msgspec.field(default_factory=_Cpus)
    memory_info: _Memory = msgspec.field(default_factory=_Memory)
    processor_info: _Processor = msgspec.field(default_factory=_Processor)
    network_info: _Network = msgspec.field(default_factory=_Network)
    gpu_info: _Gpus | None = None
    ebs_info: _Ebs = msgspec.field(default_factory=_Ebs)
    instance_storage_info: _Store | None = None


class _Offering(Raw, rename="pascal"):
    instance_type: str | None = None
    location_type: str | None = None
    location: str | None = None


def read(documents: Sequence[Document]) -> Offers:
    """Raises InputError."""
    types = {
        one.instance_type: one for one, _ in records(documents, "InstanceTypes", _Type) if one.instance_type
    }
    if not types:
        raise nothing_found(documents, "what `aws ec2 describe-instance-types` prints, as JSON")
    zones = _zones(documents)
    offers = [offer for _, one in sorted(types.items()) if (offer := _offer(one, zones)) is not None]
    if zones:
        offers = [offer for offer in offers if offer.zones]
    return Offers(tuple(offers), tuple(_left(types, offers, zones)))


def _zones(documents: Sequence[Document]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one, _ in records(documents, "InstanceTypeOfferings", _Offering):
        if one.instance_type and one.location and one.location_type == "availability-zone":
            found[one.instance_type].append(one.location)
    return found


def _left(types: dict[str, _Type], offers: list[Offer], zones: dict[str, list[str]]) -> Iterator[str]:
    kept = {offer.name for offer in offers}
    if gone := set(types) - kept:
        why = "types without cpu or memory, or offered in no zone" if zones else "types without cpu or memory"
        yield named(len(gone), why, gone)
    if not zones:
        yield (
            "zones: not in the list; taken to be sold in every zone of the cluster "
            "(add --from aws with the output of `aws ec2 describe-instance-type-offerings "
            "--location-type availability-zone`)"
        )
    unlimited = [offer.name for offer in offers if DRIVER not in offer.attach_limits]
    if unlimited:
        yield named(len(unlimited), f"types without a stated attach limit of {DRIVER}", unlimited)
    other = [one.instance_type or "" for one in types.values() if _accelerators(one)[1]]
    if other:
        yield named(len(other), "types with accelerators of makers that are not known", other)


def _offer(one: _Type, zones: dict[str, list[str]]) -> Offer | None:
    cpus, memory = one.v_cpu_info.default_v_cpus, one.memory_info.size_in_mi_b
    if not cpus or not memory or one.instance_type is None:
        return None
    amounts = {"cpu": 1000 * cpus, "memory": memory * MI, "pods": _pods(one, cpus), **_accelerators(one)[0]}
    return Offer(
        name=one.instance_type,
        amounts=frozendict(amounts),
        zones=tuple(sorted(set(zones.get(one.instance_type, ())))),
        labels=frozendict({ARCHITECTURE: _architecture(one)}),
        traits=frozendict(_traits(one.instance_type, cpus, memory)),
        attach_limits=frozendict(_limits(one)),
    )


def _architecture(one: _Type) -> str:
    known = (_ARCHITECTURES.get(name) for name in one.processor_info.supported_architectures or ())
    return next((name for name in known if name is not None), "amd64")


def _pods(one: _Type, cpus: int) -> int:
    most = _FEW_PODS if cpus <= _FEW_CPUS else _MANY_PODS
    interfaces = one.network_info.maximum_network_interfaces
    addresses = one.network_info.ipv4_addresses_per_interface
    return min(most, interfaces * (addresses - 1) + 2) if interfaces and addresses else most


def _accelerators(one: _Type) -> tuple[dict[str, int], bool]:
    """By resource, and whether there are others."""
    found: dict[str, int] = defaultdict(int)
    others = False
    for gpu in (one.gpu_info.gpus if one.gpu_info else None) or ():
        resource = {"NVIDIA": NVIDIA, "AMD": AMD}.get((gpu.manufacturer or "").upper())
        if resource is None:
            others = True
        else:
            found[resource] += gpu.count or 0
    return dict(found), others


def _limits(one: _Type) -> dict[str, int]:
    most = one.ebs_info.maximum_ebs_attachments
    if most is None:
        return {}
    taken = 1
    if one.ebs_info.attachment_limit_type == "shared":
        disks = (one.instance_storage_info.disks if one.instance_storage_info else None) or ()
        taken += 1 + sum(disk.count or 0 for disk in disks)
    return {DRIVER: max(0, most - taken)}


def _traits(name: str, cpus: int, memory: int) -> dict[str, str]:
    """Karpenter's labels for the AWS provider."""
    family, _, size = name.partition(".")
    found = {"family": family, "size": size, "cpu": str(cpus), "memory": str(memory)}
    parts = _FAMILY.fullmatch(family)
    if parts is not None:
        found |= {"category": parts[1], "generation": parts[2]}
    return {f"{_PREFIX}{key}": value for key, value in found.items() if value}
