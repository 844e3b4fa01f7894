"""ResourceQuotas: raw to model, what is wrong with them, and which of them are judged."""

from __future__ import annotations

from collections.abc import Iterator

from frozendict import frozendict

from solver.kube import raw
from solver.kube.faults import Problem
from solver.kube.quantities import millis, quantity_problems
from solver.model.quota import Quota

_CLASS = ".storageclass.storage.k8s.io/"
_NAMES = frozenset(
    {
        *("pods", "count/pods", "cpu", "memory", "ephemeral-storage"),
        *("persistentvolumeclaims", "count/persistentvolumeclaims", "requests.storage"),
    }
)


def quota(namespace: str, name: str, stored: raw.ResourceQuota) -> Quota:
    """Only what ``is_judged``."""
    spec, status = stored.spec or raw.ResourceQuotaSpec(), stored.status or raw.ResourceQuotaStatus()
    hard = {} if is_scoped(stored) else _amounts(spec.hard)
    return Quota(
        namespace=namespace,
        name=name,
        hard=frozendict({name: amount for name, amount in hard.items() if is_judged(name)}),
        used=None if status.used is None else frozendict(_amounts(status.used)),
    )


def is_judged(name: str) -> bool:
    """Pods, claims and what they request; limits and other kinds of objects are not."""
    return name in _NAMES or name.startswith(("requests.", "hugepages-")) or _CLASS in name


def is_scoped(stored: raw.ResourceQuota) -> bool:
    """Scopes pick some of the pods; which ones is not worked out."""
    spec = stored.spec or raw.ResourceQuotaSpec()
    return bool(spec.scopes) or spec.scope_selector is not None


def is_left_out(stored: raw.ResourceQuota) -> bool:
    """In whole or in part."""
    spec = stored.spec or raw.ResourceQuotaSpec()
    return is_scoped(stored) or not all(map(is_judged, spec.hard or {}))


def quota_problems(stored: raw.ResourceQuota, manifest: bool) -> Iterator[Problem]:  # noqa: ARG001
    spec, status = stored.spec or raw.ResourceQuotaSpec(), stored.status or raw.ResourceQuotaStatus()
    yield from quantity_problems(spec.hard, "spec.hard")
    yield from quantity_problems(status.used, "status.used")


def _amounts(quantities: raw.Quantities) -> dict[str, int]:
    return {
        name: amount if name in ("cpu", "requests.cpu") else amount // 1000
        for name, amount in millis(quantities).items()
    }
