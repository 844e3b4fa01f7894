"""``gcloud compute machine-types list --format json``: one entry for each machine type and zone.

Sources: Compute Engine API reference (machineTypes); gcp-compute-persistent-disk-csi-driver: the boot disk
takes one of ``maximumPersistentDisks``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from frozendict import frozendict

from solver.kube.documents import Document
from solver.kube.offers.offer import ARCHITECTURE, MI, NVIDIA, Offer, Offers, named, nothing_found, records
from solver.kube.raw import Raw

DRIVER = "pd.csi.storage.gke.io"
PODS = 110


class _Accelerator(Raw):
    guest_accelerator_type: str | None = None
    guest_accelerator_count: int | None = None


class _Machine(Raw):
    name: str | None = None
    zone: str | None = None
    guest_cpus: int | None = None
    memory_mb: int | None = None
    maximum_persistent_disks: int | None = None
    architecture: str | None = None
    accelerators: list[_Accelerator] | None = None
    deprecated: Any = None


def read(documents: Sequence[Document]) -> Offers:
    """Raises InputError."""
    machines = [one for one, _ in records(documents, "items", _Machine) if one.name]
    if not machines:
        raise nothing_found(documents, "what `gcloud compute machine-types list --format json` prints")
    by_name: dict[str, list[_Machine]] = defaultdict(list)
    for one in machines:
        by_name[one.name or ""].append(one)
    left: list[str] = []
    retired = sorted(name for name, several in by_name.items() if any(one.deprecated for one in several))
    if retired:
        left.append(named(len(retired), "deprecated types", retired))
    offers = [_offer(name, several) for name, several in sorted(by_name.items()) if name not in retired]
    if empty := [
        name for name, offer in zip(sorted(set(by_name) - set(retired)), offers, strict=True) if not offer
    ]:
        left.append(named(len(empty), "types without cpu or memory", empty))
    other = sorted(one.name or "" for one in machines if _others(one))
    if other:
        left.append(named(len(set(other)), "types with accelerators that are not GPUs of NVIDIA", set(other)))
    return Offers(tuple(offer for offer in offers if offer is not None), tuple(left))


def _offer(name: str, several: list[_Machine]) -> Offer | None:
    """Of what zones say differently, the least."""
    cpus = min(one.guest_cpus or 0 for one in several)
    memory = min(one.memory_mb or 0 for one in several)
    if not cpus or not memory:
        return None
    amounts = {"cpu": 1000 * cpus, "memory": memory * MI, "pods": PODS}
    gpus = min(_gpus(one) for one in several)
    if gpus:
        amounts[NVIDIA] = gpus
    disks = [one.maximum_persistent_disks for one in several if one.maximum_persistent_disks is not None]
    arm = any(one.architecture == "ARM64" for one in several)
    zones = {one.zone.rpartition("/")[2] for one in several if one.zone}
    return Offer(
        name=name,
        amounts=frozendict(amounts),
        zones=tuple(sorted(zones)),
        labels=frozendict({ARCHITECTURE: "arm64" if arm else "amd64"}),
        traits=frozendict({"karpenter.k8s.gcp/instance-family": name.partition("-")[0]}),
        attach_limits=frozendict({DRIVER: max(0, min(disks) - 1)} if disks else {}),
    )


def _gpus(one: _Machine) -> int:
    return sum(a.guest_accelerator_count or 0 for a in one.accelerators or () if _is_gpu(a))


def _others(one: _Machine) -> bool:
    return any(not _is_gpu(accelerator) for accelerator in one.accelerators or ())


def _is_gpu(accelerator: _Accelerator) -> bool:
    return (accelerator.guest_accelerator_type or "").startswith("nvidia")
