"""Clusters made of islands: node pools that share no pod, so that each is a part of its own."""

from __future__ import annotations

import random

from solver.model.config import SolveConfig
from solver.model.outcome import Question, StoppedBy
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.report.collect import fit_facts
from solver.report.json import placement_result, to_json
from solver.report.text import render
from tests.builders import HOSTNAME, affinity_term, deployment, node, pod_spec, required_terms, snapshot
from tests.report.plans import RUN
from tests.strategies import question_of

POOL = "example.com/pool"


def islands(*, count: int, seed: int, nodes: int = 4, workloads: int = 4) -> tuple[Snapshot, Question]:
    """Tight enough that one island or another needs a search, and some hold too much."""
    rng = random.Random(seed)
    objects, manifests = [], []
    for island in range(count):
        labels = {POOL: f"pool-{island}"}
        for number in range(nodes):
            objects.append(node(name=f"n{island}-{number}", labels=labels, cpu="4", memory="8Gi"))
        for number in range(workloads):
            manifests.append(_workload(f"w{island}-{number}", labels, rng))
    world = snapshot(*objects, manifests=manifests)
    return world, question_of(world)


def _workload(name: str, pool: dict[str, str], rng: random.Random) -> dict[str, object]:
    apart = affinity_term(labels={"app": name}, key=HOSTNAME)
    spec = pod_spec(
        requests={"cpu": f"{rng.randint(3, 14) * 100}m", "memory": f"{rng.randint(4, 30) * 100}Mi"},
        node_selector=pool,
        pod_anti_affinity=required_terms(apart),
    )
    return deployment(name=name, replicas=rng.randint(2, 4), spec=spec)


def answer(world: Snapshot, question: Question, config: SolveConfig) -> str:
    """All that is ever printed, text and document; a search the clock has cut short would prove nothing."""
    outcome = place(world, question, config)
    assert outcome.search.stopped_by in (StoppedBy.COMPLETE, StoppedBy.DETERMINISTIC)
    facts = fit_facts(world, question, outcome, RUN)
    return render(facts, wide=True) + to_json(placement_result(facts))
