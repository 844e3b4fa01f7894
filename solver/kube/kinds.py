"""The kinds that are read: their API group, whether they are namespaced (W2), their type and their checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from solver.kube import raw
from solver.kube.autoscalers import autoscaler_problems
from solver.kube.budgets import budget_problems
from solver.kube.faults import Problem
from solver.kube.nodes import node_problems
from solver.kube.quotas import quota_problems
from solver.kube.selectors import label_problems
from solver.kube.valid_pod import pod_problems
from solver.kube.valid_storage import (
    attachment_problems,
    capacity_problems,
    claim_problems,
    csi_node_problems,
    storage_class_problems,
    volume_problems,
)
from solver.kube.valid_workload import (
    cron_job_problems,
    daemon_set_problems,
    deployment_problems,
    job_problems,
    limit_range_problems,
    replication_controller_problems,
    runtime_class_problems,
    stateful_set_problems,
)

Check = Callable[[Any, bool], Iterator[Problem]]


def _no_problems(_stored: raw.Object, _manifest: bool) -> Iterator[Problem]:
    return iter(())


def _pod_problems(stored: raw.Pod, manifest: bool) -> Iterator[Problem]:
    yield from pod_problems(stored.spec, "spec", manifest)
    if manifest and stored.metadata is not None:
        for key, value in (stored.metadata.labels or {}).items():
            yield from label_problems(key, value, "metadata.labels")


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    group: str
    type: type[raw.Object]
    namespaced: bool
    problems: Check = _no_problems
    workload: bool = False
    """Manifests of this kind are made into pods."""


_STORAGE = "storage.k8s.io"

_KINDS = (
    Kind("Node", "", raw.Node, False, node_problems),
    Kind("Namespace", "", raw.Namespace, False),
    Kind("Pod", "", raw.Pod, True, _pod_problems, workload=True),
    Kind("PersistentVolumeClaim", "", raw.Claim, True, claim_problems),
    Kind("PersistentVolume", "", raw.Volume, False, volume_problems),
    Kind("StorageClass", _STORAGE, raw.StorageClass, False, storage_class_problems),
    Kind("CSINode", _STORAGE, raw.CSINode, False, csi_node_problems),
    Kind("CSIDriver", _STORAGE, raw.CSIDriver, False),
    Kind("CSIStorageCapacity", _STORAGE, raw.StorageCapacity, True, capacity_problems),
    Kind("VolumeAttachment", _STORAGE, raw.VolumeAttachment, False, attachment_problems),
    Kind("Service", "", raw.Service, True),
    Kind(
        "ReplicationController",
        "",
        raw.ReplicationController,
        True,
        replication_controller_problems,
        workload=True,
    ),
    Kind("ReplicaSet", "apps", raw.ReplicaSet, True, deployment_problems, workload=True),
    Kind("Deployment", "apps", raw.Deployment, True, deployment_problems, workload=True),
    Kind("StatefulSet", "apps", raw.StatefulSet, True, stateful_set_problems, workload=True),
    Kind("DaemonSet", "apps", raw.DaemonSet, True, daemon_set_problems, workload=True),
    Kind("Job", "batch", raw.Job, True, job_problems, workload=True),
    Kind("CronJob", "batch", raw.CronJob, True, cron_job_problems, workload=True),
    Kind("PriorityClass", "scheduling.k8s.io", raw.PriorityClass, False),
    Kind("RuntimeClass", "node.k8s.io", raw.RuntimeClass, False, runtime_class_problems),
    Kind("LimitRange", "", raw.LimitRange, True, limit_range_problems),
    Kind("ResourceClaim", "resource.k8s.io", raw.ResourceClaim, True),
    Kind("ResourceQuota", "", raw.ResourceQuota, True, quota_problems),
    Kind("PodDisruptionBudget", "policy", raw.PodDisruptionBudget, True, budget_problems),
    Kind("HorizontalPodAutoscaler", "autoscaling", raw.HorizontalPodAutoscaler, True, autoscaler_problems),
)
KINDS = {(kind.group, kind.name): kind for kind in _KINDS}
BY_NAME = {kind.name: kind for kind in _KINDS}


def group_of(api_version: str) -> str:
    return api_version.rpartition("/")[0]
