"""Goals as rows of the model: which classes, which domains, which nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from frozendict import frozendict

from solver.compile import Cluster, Problem
from solver.compile.problem import BoolArray
from solver.engine.moves import Levels
from solver.errors import Fault, InputError
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.rebalance.goal import Crowd, Empty, Goal, Skew, emptied


def check(goals: Iterable[Goal], snapshot: Snapshot) -> None:
    """Raises InputError for workloads, keys and domains that are not there, all of them at once."""
    faults = [fault for goal in goals for fault in _faults(goal, snapshot)]
    if faults:
        raise InputError(faults)


def _faults(goal: Goal, snapshot: Snapshot) -> Iterator[Fault]:
    if isinstance(goal, Skew | Crowd):
        if not any(goal.topology_key in node.labels for node in snapshot.nodes):
            yield _fault("label", goal.topology_key, "a label that some node has", "no node with it")
        if goal.workload is not None:
            workloads = {pod.workload for pod in snapshot.pods if pod.workload is not None}
            if len(_named(goal.workload, workloads)) != 1:
                known = ", ".join(sorted({key.name for key in workloads})[:8]) or "none"
                yield _fault("workload", goal.workload, f"one of {known}")
    elif isinstance(goal, Empty) and not emptied([goal], snapshot):
        values = sorted({name for node in snapshot.nodes for name in goal.names(node)})
        yield _fault(goal.topology_key, goal.domain, f"one of {', '.join(values[:8]) or 'none'}")


def _fault(kind: str, name: str, expected: str, found: str = "nothing of that name") -> Fault:
    return Fault(kind=kind, name=name, path="", found=found, expected=expected, source="--goal")


def _named(name: str, workloads: Iterable[WorkloadKey]) -> list[WorkloadKey]:
    return [key for key in workloads if name in (key.name, f"{key.namespace}/{key.name}", str(key))]


def without(problem: Problem, nodes: frozenset[str]) -> Problem:
    """No pod stays on the nodes, and none comes."""
    if not nodes:
        return problem
    limit = problem.limit.copy()
    limit[:, [i for i, name in enumerate(problem.nodes) if name in nodes]] = 0
    return replace(problem, limit=limit)


def levels(
    goals: Iterable[Goal],
    cluster: Cluster,
    problem: Problem,
    leaving: frozenset[str],
    held: Mapping[WorkloadKey, Pod] = frozendict(),
) -> Iterator[Levels]:
    """``cluster`` has the movable pods lifted; ``leaving`` are nodes that do not count any more; ``held`` is
    a pod of each workload that goals are about even where none of its pods may move."""
    classes = _by_workload(problem)
    samples = {key: problem.classes[numbers[0]].sample for key, numbers in classes.items()}
    samples = dict(sorted({**held, **samples}.items()))
    for goal in goals:
        if not isinstance(goal, Skew | Crowd):
            continue
        chosen = list(samples) if goal.workload is None else _named(goal.workload, samples)
        for workload in chosen:
            numbers = classes.get(workload, ())
            yield _level(goal, samples[workload], numbers, cluster, problem, leaving)


def _by_workload(problem: Problem) -> Mapping[WorkloadKey, tuple[int, ...]]:
    found: dict[WorkloadKey, list[int]] = defaultdict(list)
    for index, pod_class in enumerate(problem.classes):
        if pod_class.sample.workload is not None:
            found[pod_class.sample.workload].append(index)
    return {workload: tuple(found[workload]) for workload in sorted(found)}


def _level(
    goal: Skew | Crowd,
    sample: Pod,
    classes: tuple[int, ...],
    cluster: Cluster,
    problem: Problem,
    leaving: frozenset[str],
) -> Levels:
    domain_of = cluster.domains.of(goal.topology_key)
    there = np.array([name not in leaving for name in problem.nodes], dtype=np.bool_)
    size = int(domain_of.max(initial=-1)) + 1
    assert sample.workload is not None  # it stands for one
    staying = cluster.running.replicas(sample.workload)
    held = domain_of >= 0
    present = np.bincount(domain_of[held], weights=staying[held], minlength=size).astype(np.int64)
    open_here = _open(cluster, sample) & there & held
    counted = np.bincount(domain_of[open_here], minlength=size) > 0
    return Levels(
        classes=classes,
        domain_of=domain_of,
        present=present,
        counted=counted,
        skew=goal.most if isinstance(goal, Skew) else None,
        most=goal.most if isinstance(goal, Crowd) else None,
    )


def _open(cluster: Cluster, pod: Pod) -> BoolArray:
    """[N], nodes that would let the pod in as far as labels, taints and cordons say."""
    return cluster.eligibility.node_rules(pod)
