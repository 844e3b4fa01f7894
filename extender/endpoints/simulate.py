"""What if these pods, workloads and nodes were there, too? Nothing is kept of the question.

Slots of the plan in use stay where they are: the hypothetical pods are planned on top of them.
"""

from __future__ import annotations

import time
from dataclasses import replace
from importlib.metadata import version

from extender.book.plans import Plan
from extender.snapshots import SnapshotSource
from solver.cli.exits import exit_code_of
from solver.cli.inputs import digest
from solver.kube.documents import Document
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome, Question
from solver.model.pod import Pod
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.report.collect import fit_facts
from solver.report.facts import Run
from solver.report.json import placement_result

SOURCE = "request body"


def simulation(source: SnapshotSource, plan: Plan, body: bytes, config: SolveConfig) -> dict[str, object]:
    """A PlacementResult for the pods of the body, as ``solve fit -o json`` gives it. Raises InputError."""
    started = time.perf_counter()
    document = Document(SOURCE, body)
    snapshot = _as_planned(source.with_manifests([document]), plan)
    question = Question(pods=tuple(pod.key for pod in snapshot.pending if _is_hypothetical(pod, plan)))
    read = time.perf_counter()
    outcome = place(snapshot, question, config)
    seconds = read - started, time.perf_counter() - read
    run = _run(document, plan.sighting.generation, outcome, config, *seconds)
    return placement_result(fit_facts(snapshot, question, outcome, run))


def _as_planned(snapshot: Snapshot, plan: Plan) -> Snapshot:
    """Pods with a slot stand on it."""
    node_of = plan.slots.node_of
    names = snapshot.node_by_name

    def seated(pod: Pod) -> Pod:
        name = node_of.get(pod.key) if pod.is_pending else None
        return replace(pod, node_name=name) if name in names else pod

    return replace(snapshot, pods=tuple(seated(pod) for pod in snapshot.pods))


def _is_hypothetical(pod: Pod, plan: Plan) -> bool:
    return pod.from_manifest and pod.key not in plan.slots.snapshot.pod_by_key


def _run(
    document: Document,
    generation: int,
    outcome: Outcome,
    config: SolveConfig,
    read_seconds: float,
    wall_seconds: float,
) -> Run:
    """A cluster that changes has no text to make a checksum of; its generation stands for it."""
    return Run(
        version=version("kube-bulkhead"),
        arguments="",
        exit_code=exit_code_of(outcome),
        config=config,
        snapshot_digest=digest([Document("cluster", b"generation %d" % generation)]),
        manifest_digests=(digest([document]),),
        read_seconds=read_seconds,
        wall_seconds=wall_seconds,
    )
