"""Alibaba 2025, disaggregated recommendation models: 23,871 instances of 156 services, pending at once.

Modelled: CPU, memory, disk, GPUs, RDMA bandwidth, the two kinds of node, and how many instances of one
service a node may hold: a topology spread constraint over hosts whose ``minDomains`` no cluster reaches, so
that the emptiest host counts as empty and ``maxSkew`` is the limit itself. The trace names no nodes: their
shapes are ours, their number follows from ``utilisation`` of the resource that runs out first. Not modelled:
times, and which network card bandwidth comes from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.workload import labels_of
from benchmarks.traces.files import rows
from solver.model.names import HOSTNAME, ZONE

_FILE = "alibaba-gpu-v2025/disaggregated_DLRM_trace.csv"
ROLE = "example.com/role"
GPU, RDMA = "nvidia.com/gpu", "example.com/rdma-percent"
_MANY_DOMAINS = 1_000_000

_Row = dict[str, str]
_Amounts = dict[str, int]
"""By resource; CPU in millicores, memory and disk in MiB."""

_SHAPES: Mapping[str, _Amounts] = {
    "CN": {"cpu": 192_000, "memory": 1024 * 1024, "ephemeral-storage": 2048 * 1024, GPU: 0, RDMA: 200},
    "HN": {"cpu": 128_000, "memory": 768 * 1024, "ephemeral-storage": 4096 * 1024, GPU: 8, RDMA: 400},
}


def alibaba2025(*, zones: int = 3, utilisation: float = 0.9, seed: int) -> Instance:
    """Nothing is drawn: ``seed`` changes nothing. Raises UnavailableError without the file."""
    del seed
    asked = list(rows(_FILE))
    cluster = [node for role in _SHAPES for node in _nodes(role, asked, zones, utilisation)]
    return Instance(objects=[*objects.base(), *cluster, *_pods(asked)])


def _nodes(role: str, asked: Sequence[_Row], zones: int, utilisation: float) -> Iterator[Raw]:
    mine = [_wanted(row) for row in asked if row["role"] == role]
    shape = _SHAPES[role]
    number = max(
        math.ceil(sum(wanted[name] for wanted in mine) / (room * utilisation))
        for name, room in shape.items()
        if room
    )
    room = {**_written(shape), "pods": "110"}
    for index in range(number):
        labels = {ZONE: f"z{index % zones}", ROLE: role.lower()}
        yield objects.node(name=f"{role.lower()}-{index:04}", labels=labels, allocatable=room)


def _wanted(row: _Row) -> _Amounts:
    return {
        "cpu": 1000 * int(row["cpu_request"]),
        "memory": math.ceil(1024 * float(row["memory_request"])),
        "ephemeral-storage": math.ceil(1024 * float(row["disk_request"])),
        GPU: int(row["gpu_request"]),
        RDMA: int(row["rdma_request"]),
    }


def _written(amounts: _Amounts) -> dict[str, str]:
    units = {"cpu": "m", "memory": "Mi", "ephemeral-storage": "Mi"}
    return {name: f"{amount}{units.get(name, '')}" for name, amount in amounts.items() if amount}


def _pods(asked: Iterable[_Row]) -> Iterator[Raw]:
    classes: dict[tuple[str, ...], Raw] = {}
    for row in asked:
        alike = tuple(row[name] for name in ("role", "app_name", "max_instance_per_node"))
        wanted = _wanted(row)
        labels = labels_of(_name(row["app_name"]))
        spec = classes.setdefault((*alike, *map(str, wanted.values())), _spec(row, labels, wanted))
        yield objects.pod(name=_name(row["instance_sn"]), labels=labels, spec=spec)


def _spec(row: _Row, labels: Raw, wanted: _Amounts) -> Raw:
    most = int(row["max_instance_per_node"])  # -1: as many as fit
    limit = objects.spread(labels, key=HOSTNAME, max_skew=most, minDomains=_MANY_DOMAINS)
    return objects.pod_spec(
        cpu_millis=wanted["cpu"],
        memory_mib=wanted["memory"],
        more=_written({name: wanted[name] for name in ("ephemeral-storage", GPU, RDMA)}),
        nodeSelector={ROLE: row["role"].lower()},
        topologySpreadConstraints=[limit] if most > 0 else [],
    )


def _name(text: str) -> str:
    """As Kubernetes allows it."""
    return text.replace("_", "-")
