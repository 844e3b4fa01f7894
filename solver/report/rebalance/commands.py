"""A plan as commands for people to run, one step after another. Nothing here runs them.

Evictions go through the eviction API, which respects PodDisruptionBudgets. Nodes that kube-scheduler might
choose instead of the planned one are cordoned meanwhile.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from solver.model.names import NodeName, PodKey
from solver.model.snapshot import Snapshot
from solver.planning.rebalance.answer import Step, StepKind
from solver.report.rebalance.document import handmade
from solver.report.rebalance.facts import RebalanceFacts

_ROLLOUTS = {"Deployment": "deployment", "StatefulSet": "statefulset", "DaemonSet": "daemonset"}


def commands(facts: RebalanceFacts) -> str:
    """A shell script; comments say what each step is for."""
    before = facts.answer.before
    open_nodes = {node.name for node in before.nodes if not node.unschedulable}
    lines = [
        "#!/bin/sh",
        "set -eu",
        "# Read it, then run it step by step. Each step waits for the one before.",
    ]
    for node in facts.leaving:
        lines += ["", f"kubectl cordon {shlex.quote(node)}"]
    for number, step in enumerate(facts.steps, start=1):
        lines += ["", *_step(number, step, before, open_nodes)]
    return "\n".join(lines) + "\n"


def _step(number: int, step: Step, before: Snapshot, open_nodes: set[NodeName]) -> Iterator[str]:
    held = [shlex.quote(node) for node in step.others if node in open_nodes]
    namespace, name = _split(step.pod)
    yield f"# {number}. {step.pod}: {step.source or 'pending'} -> {step.target}"
    if held:
        yield f"kubectl cordon {' '.join(held)}"
    yield from _volumes(step, before)
    if step.kind is not StepKind.PLACE:
        yield from _eviction(namespace, name)
    yield _wait(step, namespace, name)
    if held:
        yield f"kubectl uncordon {' '.join(held)}"


def _volumes(step: Step, before: Snapshot) -> Iterator[str]:
    """The old volume is kept; the claim goes once its pod is gone, and its controller makes it again."""
    retain = shlex.quote(json.dumps({"spec": {"persistentVolumeReclaimPolicy": "Retain"}}))
    for one in step.renewed:
        namespace, name = _split(PodKey(one.claim))
        volume = before.claim_by_key[one.claim].volume_name
        if volume is not None:
            yield f"kubectl patch pv {shlex.quote(volume)} -p {retain}"
        yield f"kubectl -n {namespace} delete pvc {name} --wait=false"
        if name in handmade(step):
            yield f"# then create claim {name} by hand, without volumeName: its workload does not"


def _eviction(namespace: str, name: str) -> Iterator[str]:
    body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
    }
    path = f"/api/v1/namespaces/{namespace}/pods/{name}/eviction"
    yield f"printf %s {shlex.quote(json.dumps(body))} | kubectl create --raw {path} -f -"
    yield f"kubectl -n {namespace} wait --for=delete pod/{name} --timeout=10m || true"


def _wait(step: Step, namespace: str, name: str) -> str:
    workload = step.workload
    if workload is not None and workload.kind in _ROLLOUTS:
        target = f"{_ROLLOUTS[workload.kind]}/{workload.name}"
        return f"kubectl -n {namespace} rollout status {target} --timeout=30m"
    return f"kubectl -n {namespace} wait --for=condition=Ready pod/{name} --timeout=30m"


def _split(key: PodKey) -> tuple[str, str]:
    namespace, _, name = key.partition("/")
    return namespace, name
