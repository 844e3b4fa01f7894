"""Alibaba 2023 ``openb``: 1,523 nodes of a GPU cluster and 8,152 pods, all of them pending at once.

Modelled: CPU, memory, whole GPUs, required GPU models (in the ``gpuspec`` lists), pods of one request class
as one workload. Not in the trace and made here: zones, dealt out in turn among nodes alike. Not modelled:
phases and times (who ran when), and which of a node's GPUs a share comes from. ``gpus`` says what becomes of
the shares:

``shares``: thousandths of a GPU as one resource of the node. Too lax: two pods of 600 count as 1,200 of a
node's 2,000, and three of them as fitting, although each GPU holds one.
``whole``: every share takes a GPU of its own. Too strict: shares are there to be shared.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from benchmarks import objects
from benchmarks.case import Instance, Raw
from benchmarks.generators.workload import labels_of
from benchmarks.traces.files import rows
from solver.model.names import ZONE

_NODES = "alibaba-gpu-v2023/openb_node_list_all_node.csv"
_PODS = "alibaba-gpu-v2023/openb_pod_list_{}.csv"
GPU, GPU_MILLIS = "nvidia.com/gpu", "example.com/gpu-millis"
MODEL = "example.com/gpu-model"
_MOST_PODS = "110"

_Row = dict[str, str]


def openb(
    *,
    pods: str = "default",
    zones: int = 3,
    gpus: str = "shares",
    sample: float = 1.0,
    load: float = 1.0,
    seed: int,
) -> Instance:
    """``pods`` names the list of pods; ``sample`` keeps that share of nodes and pods, ``load`` that share of
    the pods left, all drawn by ``seed``.

    Raises UnavailableError without the files, ValueError when ``gpus`` is none of the two above.
    """
    if gpus not in ("shares", "whole"):
        raise ValueError(f"gpus is {gpus!r}; it may be shares or whole")
    rng = random.Random(seed)
    nodes = _drawn(rng, rows(_NODES), sample)
    nodes.sort(key=lambda row: (row["model"], row["gpu"], row["cpu_milli"], row["memory_mib"], row["sn"]))
    asked = _drawn(rng, rows(_PODS.format(pods)), sample * load)
    return Instance(
        objects=[
            *objects.base(),
            *(_node(row, f"z{number % zones}", gpus) for number, row in enumerate(nodes)),
            *_pods(asked, gpus),
        ]
    )


def _drawn(rng: random.Random, every: Iterable[_Row], sample: float) -> list[_Row]:
    """In the order of the file."""
    listed = list(every)
    kept = sorted(rng.sample(range(len(listed)), round(sample * len(listed))))
    return [listed[index] for index in kept]


def _node(row: _Row, zone: str, gpus: str) -> Raw:
    labels = {ZONE: zone, **({MODEL: row["model"]} if row["model"] else {})}
    room = {
        "cpu": f"{row['cpu_milli']}m",
        "memory": f"{row['memory_mib']}Mi",
        "pods": _MOST_PODS,
        **_devices(1000 * int(row["gpu"]), gpus),
    }
    return objects.node(name=row["sn"], labels=labels, allocatable=room)


def _devices(millis: int, gpus: str) -> Mapping[str, str]:
    """Thousandths of a GPU as what a node offers or a pod requests."""
    if not millis:
        return {}
    return {GPU_MILLIS: str(millis)} if gpus == "shares" else {GPU: str(-(-millis // 1000))}


def _pods(asked: Iterable[_Row], gpus: str) -> Iterable[Raw]:
    classes: dict[tuple[str, ...], tuple[Raw, Raw]] = {}
    for row in asked:
        wants = (row["cpu_milli"], row["memory_mib"], row["num_gpu"], row["gpu_milli"], row["gpu_spec"])
        labels, spec = classes.setdefault(wants, (labels_of(f"class-{len(classes):03}"), _spec(row, gpus)))
        yield objects.pod(name=row["name"], labels=labels, spec=spec)


def _spec(row: _Row, gpus: str) -> Raw:
    millis = int(row["num_gpu"]) * int(row["gpu_milli"] or 0)
    models = [model for model in row["gpu_spec"].split("|") if model]
    return objects.pod_spec(
        cpu_millis=int(row["cpu_milli"]),
        memory_mib=int(row["memory_mib"]),
        more=_devices(millis, gpus),
        affinity=objects.on_nodes_with(MODEL, *models) if models else None,
    )
