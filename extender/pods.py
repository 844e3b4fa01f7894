"""The pod of a request, read the way the stored pods of a snapshot are read (W4)."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from frozendict import frozendict

from solver.errors import InputError
from solver.kube import raw
from solver.kube.faults import Problem, Subject, show
from solver.kube.owners import controller
from solver.kube.pods import Identity, pod
from solver.kube.replicas import HASH_LABEL
from solver.kube.shape import ShapeError, typed
from solver.kube.syntax import OBJECT_NAME, is_object_name
from solver.kube.valid_pod import pod_problems
from solver.model.pod import Owner, Pod, WorkloadKey

SOURCE = "request"
DEFAULT_NAMESPACE = "default"
REMEMBERED = 64
"""Texts of pods; kube-scheduler sends each at least twice, for filter and prioritize."""


@lru_cache(maxsize=REMEMBERED)
def read_pod(text: bytes) -> Pod:
    """Raises InputError with every fault found."""
    try:
        stored = typed(msgspec.Raw(text), raw.Pod)
    except ShapeError as error:
        raise InputError(Subject("Pod", "", SOURCE).fault(p) for p in error.problems) from None
    meta = stored.metadata or raw.Metadata()
    name, namespace = meta.name or "", meta.namespace or DEFAULT_NAMESPACE
    problems = [
        Problem(f"metadata.{field}", show(value), OBJECT_NAME)
        for field, value in (("name", name), ("namespace", namespace))
        if not is_object_name(value)
    ]
    problems += pod_problems(stored.spec, "spec", manifest=False)
    if problems or stored.spec is None:
        raise InputError(Subject("Pod", f"{namespace}/{name}", SOURCE).fault(p) for p in problems)
    owner = controller(meta)
    labels = frozendict(meta.labels or {})
    identity = Identity(
        namespace=namespace,
        name=name,
        uid=meta.uid or "",
        labels=labels,
        owner=owner,
        workload=_workload(owner, namespace, labels) if owner else None,
        source=f"Pod/{namespace}/{name}",
        terminating=meta.deletion_timestamp is not None,
    )
    return pod(identity, stored.spec, stored.status)


def _workload(owner: Owner, namespace: str, labels: frozendict[str, str]) -> WorkloadKey:
    """The workload a user would name; a Deployment's ReplicaSet ends in the hash its pods carry."""
    suffix = f"-{labels.get(HASH_LABEL, '')}"
    if owner.kind == "ReplicaSet" and len(suffix) > 1 and owner.name.endswith(suffix):
        return WorkloadKey(kind="Deployment", namespace=namespace, name=owner.name.removesuffix(suffix))
    return WorkloadKey(kind=owner.kind, namespace=namespace, name=owner.name)
