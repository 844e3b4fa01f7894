"""Loaders of public traces, on small files written here in the form of the real ones."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.case import Instance, UnavailableError
from benchmarks.traces import alibaba2025 as dlrm
from benchmarks.traces import openb as gpu
from benchmarks.traces.alibaba2025 import alibaba2025
from benchmarks.traces.files import FOLDER
from benchmarks.traces.openb import openb
from benchmarks.traces.priority_matters import SHAPES, priority_matters, published
from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.model.config import SolveConfig
from solver.model.names import ZONE
from solver.model.outcome import Question, Verdict
from solver.model.snapshot import Snapshot
from solver.pipeline import place


def read(instance: Instance) -> Snapshot:
    return read_snapshot([Document("trace.json", b"".join(instance.lines()))])


def answered(snapshot: Snapshot) -> Any:
    return place(snapshot, Question(pods=tuple(p.key for p in snapshot.pending)), SolveConfig(workers=1))


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("load", [openb, alibaba2025])
def test_absent_data_is_said_in_one_line(load: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnavailableError, match=r"no trace data: .*\.csv is not there$"):
        load(seed=1)
    monkeypatch.delenv(FOLDER)
    with pytest.raises(UnavailableError, match="say --data DIR or set BULKHEAD_TRACES"):
        load(seed=1)


# openb


def openb_node(number: int, *, gpus: int = 0, model: str = "") -> dict[str, Any]:
    return {"sn": f"n{number}", "cpu_milli": 32000, "memory_mib": 65536, "gpu": gpus, "model": model}


def openb_pod(number: int, *, num_gpu: int = 0, gpu_milli: int = 0, spec: str = "") -> dict[str, Any]:
    return {
        "name": f"p{number}",
        "cpu_milli": 1000,
        "memory_mib": 1024,
        "num_gpu": num_gpu,
        "gpu_milli": gpu_milli,
        "gpu_spec": spec,
        "qos": "LS",
        "pod_phase": "Running",
    }


def openb_files(folder: Path, nodes: list[dict[str, Any]], pods: list[dict[str, Any]]) -> None:
    write(folder / "alibaba-gpu-v2023/openb_node_list_all_node.csv", nodes)
    write(folder / "alibaba-gpu-v2023/openb_pod_list_default.csv", pods)


def test_openb_pods_of_one_request_class_are_one_workload(folder: Path) -> None:
    wants = [{}, {"num_gpu": 1, "gpu_milli": 500}, {}, {"num_gpu": 1, "gpu_milli": 500}, {"num_gpu": 2}]
    openb_files(folder, [openb_node(0)], [openb_pod(n, **want) for n, want in enumerate(wants)])
    pods = read(openb(seed=1)).pending
    assert [pod.labels["app"] for pod in pods] == [
        "class-000",
        "class-001",
        "class-000",
        "class-001",
        "class-002",
    ]


def test_openb_zones_are_dealt_out_among_nodes_alike(folder: Path) -> None:
    nodes = [openb_node(n, gpus=2 * (n % 2), model="T4" if n % 2 else "") for n in range(12)]
    openb_files(folder, nodes, [openb_pod(0)])
    zones = Counter((node.labels[ZONE], gpu.MODEL in node.labels) for node in read(openb(seed=1)).nodes)
    assert zones == {(f"z{zone}", has_gpu): 2 for zone in range(3) for has_gpu in (False, True)}


@pytest.mark.parametrize(("gpus", "verdict"), [("shares", Verdict.FITS), ("whole", Verdict.DOES_NOT_FIT)])
def test_openb_shares_of_a_gpu(folder: Path, gpus: str, verdict: Verdict) -> None:
    shares = [openb_pod(n, num_gpu=1, gpu_milli=500) for n in range(4)]
    openb_files(folder, [openb_node(0, gpus=2, model="T4")], shares)
    snapshot = read(openb(gpus=gpus, seed=1))
    resource, amount = {"shares": (gpu.GPU_MILLIS, 500), "whole": (gpu.GPU, 1)}[gpus]
    assert {pod.requests[resource] for pod in snapshot.pending} == {amount}
    assert answered(snapshot).verdict is verdict


def test_openb_pods_come_to_the_gpu_models_they_name(folder: Path) -> None:
    nodes = [openb_node(n, gpus=8, model=model) for n, model in enumerate(["T4", "P100", "G2"])]
    pods = [
        openb_pod(0, num_gpu=1, gpu_milli=1000, spec="G2"),
        openb_pod(1, num_gpu=8, gpu_milli=1000, spec="G2|P100"),
    ]
    openb_files(folder, nodes, pods)
    outcome = answered(read(openb(seed=1)))
    assert outcome.placement.node_of == {"bench/p0": "n2", "bench/p1": "n1"}


def test_openb_sample_is_a_share_of_nodes_and_pods_drawn_by_seed(folder: Path) -> None:
    openb_files(folder, [openb_node(n) for n in range(40)], [openb_pod(n) for n in range(80)])
    one, again, other = (read(openb(sample=0.25, seed=seed)) for seed in (1, 1, 2))
    assert (len(one.nodes), len(one.pending)) == (10, 20)
    assert len(read(openb(sample=0.25, load=0.5, seed=1)).pending) == 10
    assert one == again
    assert [p.key for p in one.pending] != [p.key for p in other.pending]


def test_openb_knows_no_other_way_to_share(folder: Path) -> None:
    with pytest.raises(ValueError, match="shares or whole"):
        openb(gpus="half", seed=1)


# Alibaba 2025


def dlrm_row(number: int, *, role: str = "CN", most: int = -1, **more: Any) -> dict[str, Any]:
    return {
        "instance_sn": f"instance_{number}",
        "role": role,
        "app_name": "app_7",
        "cpu_request": 2,
        "gpu_request": int(role == "HN"),
        "rdma_request": 1,
        "memory_request": 16.0,
        "disk_request": 10.0,
        "max_instance_per_node": most,
        **more,
    }


def dlrm_file(folder: Path, rows: list[dict[str, Any]]) -> None:
    write(folder / "alibaba-gpu-v2025/disaggregated_DLRM_trace.csv", rows)


@pytest.mark.parametrize(("most", "placed"), [(2, 2), (4, 4), (-1, 6)])
def test_alibaba2025_limit_per_node_is_exact(folder: Path, most: int, placed: int) -> None:
    """All six would fit the only node of their kind; the other kind has one as well."""
    dlrm_file(folder, [*(dlrm_row(n, most=most) for n in range(6)), dlrm_row(6, role="HN")])
    snapshot = read(alibaba2025(seed=1))
    assert [node.labels[dlrm.ROLE] for node in snapshot.nodes] == ["cn", "hn"]
    outcome = answered(snapshot)
    assert Counter(outcome.placement.node_of.values()) == {"cn-0000": placed, "hn-0000": 1}


def test_alibaba2025_has_nodes_for_the_utilisation_asked_for(folder: Path) -> None:
    """Eight GPUs on a node: ten of them at 60 % want three nodes, at 90 % two."""
    dlrm_file(folder, [dlrm_row(n, role="HN") for n in range(10)])
    counts = {u: len(read(alibaba2025(utilisation=u, seed=1)).nodes) for u in (0.6, 0.9)}
    assert counts == {0.6: 3, 0.9: 2}


# Priority Matters


def test_the_shapes_of_priority_matters() -> None:
    assert len(SHAPES) == 96
    assert {shape.nodes * shape.pods_per_node for shape in SHAPES} == {16, 32, 64, 128, 256}


@pytest.mark.parametrize("percent", [90, 105])
def test_priority_matters_comes_to_the_utilisation_asked_for(percent: int) -> None:
    instance = priority_matters(nodes=8, pods_per_node=4, priorities=2, utilisation_percent=percent, seed=3)
    snapshot = read(instance)
    assert len(snapshot.pending) == 32
    assert {pod.priority for pod in snapshot.pending} == {1, 2}
    for resource in ("cpu", "memory"):
        room = sum(node.allocatable[resource] for node in snapshot.nodes)
        asked = sum(pod.requests[resource] for pod in snapshot.pending)
        assert asked / room == pytest.approx(percent / 100, abs=0.01)


def test_priority_matters_repeats_by_seed() -> None:
    def drawn(seed: int) -> Snapshot:
        shape = {"nodes": 4, "pods_per_node": 8, "priorities": 4, "utilisation_percent": 95}
        return read(priority_matters(**shape, seed=seed))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_a_published_run_has_the_pods_kube_scheduler_left_out(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    nodes = [{"name": "kwok-node-1", "cap_cpu_m": 1000, "cap_mem_bytes": 2000}]
    pods = [
        {"name": "rs-01-p2-a", "cpu_m": 600, "mem_b": 500, "priority": 2, "node": "kwok-node-1"},
        {"name": "rs-01-p2-b", "cpu_m": 600, "mem_b": 500, "priority": 2, "node": ""},
    ]
    file.write_text(json.dumps({"nodes": nodes, "pods": pods}), encoding="utf-8")
    run = published(file)
    assert run.placed == {"bench/rs-01-p2-a": "kwok-node-1"}
    outcome = answered(read(run.instance))
    assert (outcome.verdict, len(outcome.unplaced)) == (Verdict.DOES_NOT_FIT, 1)
