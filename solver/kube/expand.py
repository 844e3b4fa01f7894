"""Manifests into pods: where each kind keeps its template, admission (W24-W28), expansion (W5-W11)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from frozendict import frozendict

from solver.kube import raw
from solver.kube.admission import Admitted, Policy, admit
from solver.kube.daemon_sets import expand_daemon_set, with_daemon_tolerations
from solver.kube.inventory import Inventory, Key, Loaded
from solver.kube.jobs import expand_cron_job, expand_job
from solver.kube.limits import container_limits
from solver.kube.owners import controller
from solver.kube.pods import Identity, pod
from solver.kube.replicas import expand_deployment, expand_replica_set, expand_replication_controller
from solver.kube.stateful_sets import expand_stateful_set, pod_names
from solver.kube.templates import Planned
from solver.kube.unsupported import CRON_JOB
from solver.model.names import pod_key

POLICY_KINDS = ("PriorityClass", "RuntimeClass", "LimitRange")


def _plain(spec: raw.PodSpec) -> raw.PodSpec:
    return spec


def _own_spec(stored: raw.Pod) -> raw.PodSpec | None:
    return stored.spec


def _template_spec(stored: Any) -> raw.PodSpec | None:
    """Of every controller that has ``spec.template``."""
    template = stored.spec.template if stored.spec else None
    return template.spec if template else None


def _cron_spec(stored: raw.CronJob) -> raw.PodSpec | None:
    job = stored.spec.job_template if stored.spec else None
    template = job.spec.template if job and job.spec else None
    return template.spec if template else None


def _expand_pod(loaded: Loaded, spec: raw.PodSpec, planned: Planned) -> None:
    """W11."""
    meta = loaded.metadata
    identity = Identity(
        namespace=loaded.namespace,
        name=loaded.name,
        uid=meta.uid or f"new/{loaded.label}",
        labels=frozendict(meta.labels or {}),
        owner=controller(meta),
        from_manifest=True,
        source=f"Pod/{loaded.label}",
        terminating=meta.deletion_timestamp is not None,
    )
    stored: raw.Pod = loaded.stored
    planned.add(pod(identity, spec, stored.status), spec)


@dataclass(frozen=True, slots=True)
class _Workload:
    spec: Callable[[Any], raw.PodSpec | None]
    path: str
    expand: Callable[[Loaded, raw.PodSpec, Planned], None]
    prepare: Callable[[raw.PodSpec], raw.PodSpec] = _plain
    """What the controller changes before the API server sees the pod."""


_WORKLOADS = {
    "Pod": _Workload(_own_spec, "spec", _expand_pod),
    "Deployment": _Workload(_template_spec, "spec.template.spec", expand_deployment),
    "ReplicaSet": _Workload(_template_spec, "spec.template.spec", expand_replica_set),
    "ReplicationController": _Workload(_template_spec, "spec.template.spec", expand_replication_controller),
    "StatefulSet": _Workload(_template_spec, "spec.template.spec", expand_stateful_set),
    "DaemonSet": _Workload(_template_spec, "spec.template.spec", expand_daemon_set, with_daemon_tolerations),
    "Job": _Workload(_template_spec, "spec.template.spec", expand_job),
    "CronJob": _Workload(_cron_spec, "spec.jobTemplate.spec.template.spec", expand_cron_job),
}


def admitted_specs(inventory: Inventory, run_cron_jobs: bool) -> dict[Key, raw.PodSpec]:
    """The pod spec of every manifest as it would be stored; what admission rejects becomes a fault.

    With a broken policy object nothing is judged: its consequences would hide the cause.
    """
    if not inventory.broken_kinds.isdisjoint(POLICY_KINDS):
        return {}
    policy = admission_policy(inventory.of)
    specs: dict[Key, raw.PodSpec] = {}
    for loaded in inventory.workloads:
        if loaded.kind.name == "CronJob" and not run_cron_jobs:
            inventory.skipped.add(CRON_JOB, f"CronJob/{loaded.label}")
            continue
        admitted = None if loaded.key in inventory.broken else admitted_spec(loaded, policy)
        if admitted is None:
            continue
        specs[loaded.key] = admitted.spec
        for problem in admitted.problems:
            inventory.fault(loaded, problem)
    return specs


def admitted_spec(loaded: Loaded, policy: Policy) -> Admitted | None:
    """The pod spec of one manifest as it would be stored, with paths from the manifest; None without one."""
    workload = _WORKLOADS[loaded.kind.name]
    spec = workload.spec(loaded.stored)
    if spec is None:
        return None
    admitted = admit(workload.prepare(spec), loaded.namespace, policy)
    return Admitted(admitted.spec, tuple(problem.under(workload.path) for problem in admitted.problems))


def expand_manifests(inventory: Inventory, specs: Mapping[Key, raw.PodSpec], planned: Planned) -> None:
    """Names that are fixed (pods, StatefulSets) are reserved before placeholder names are given out (W18)."""
    for loaded in inventory.workloads:
        if loaded.kind.name in ("Pod", "StatefulSet"):
            names = pod_names(loaded) if loaded.kind.name == "StatefulSet" else [loaded.name]
            for name in names:
                planned.reserve(pod_key(loaded.namespace, name))
    for loaded in inventory.workloads:
        if loaded.key in specs:
            _WORKLOADS[loaded.kind.name].expand(loaded, specs[loaded.key], planned)


def admission_policy(of: Callable[[str], Iterable[Loaded]]) -> Policy:
    """``of`` gives the objects of a kind."""
    limits: dict[str, list[Any]] = {}
    for loaded in of("LimitRange"):
        limits.setdefault(loaded.namespace, []).extend(container_limits(loaded.stored))
    return Policy(
        priority_classes={p.name: p.stored for p in of("PriorityClass")},
        runtime_classes={r.name: r.stored for r in of("RuntimeClass")},
        limits=limits,
    )
