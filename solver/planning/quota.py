"""Which new pods the API server would refuse to create: beyond a ResourceQuota of their namespace.

kube-scheduler does not look at quota (G12), and pods in the cluster are counted already; so only pods of
manifests are judged, in the order in which they are created.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from solver.model.names import PodKey
from solver.model.pod import Pod
from solver.model.quantity import whole
from solver.model.quota import Quota
from solver.model.snapshot import Snapshot
from solver.model.storage import Claim

_COMPUTE = ("cpu", "memory")
"""A quota on these refuses pods that do not request them."""
_CLASS = ".storageclass.storage.k8s.io/"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverQuota:
    """One limit of one quota, and the new pods it refuses."""

    namespace: str
    quota: str
    resource: str
    hard: int
    wanted: int
    """With every new pod, those refused included."""
    refused: tuple[PodKey, ...]


def over_quota(snapshot: Snapshot, pods: Iterable[Pod]) -> tuple[OverQuota, ...]:
    """``pods``: asked about, in creation order; those not of manifests exist already."""
    new = [pod for pod in pods if pod.from_manifest]
    found: list[OverQuota] = []
    for quota in snapshot.quotas:
        mine = [pod for pod in new if pod.namespace == quota.namespace]
        if mine:
            found += _over(snapshot, quota, mine)
    return tuple(found)


def _over(snapshot: Snapshot, quota: Quota, pods: list[Pod]) -> Iterator[OverQuota]:
    used = Counter(_used(snapshot, quota))
    wanted = Counter(used)
    refused: dict[str, list[PodKey]] = {name: [] for name in quota.hard}
    seen: set[str] = set()
    for pod in pods:
        asks = _asks(snapshot, pod, quota.hard, seen)
        wanted.update(asks)
        beyond = [n for n, limit in quota.hard.items() if used[n] + asks.get(n, 0) > limit and asks.get(n)]
        beyond += [n for n in quota.hard if _must_state(n) and not asks.get(n) and n not in beyond]
        for name in beyond:
            refused[name].append(pod.key)
        if not beyond:
            used.update(asks)
    for name, keys in refused.items():
        if keys:
            yield OverQuota(
                namespace=quota.namespace,
                quota=quota.name,
                resource=name,
                hard=quota.hard[name],
                wanted=wanted[name],
                refused=tuple(keys),
            )


def _used(snapshot: Snapshot, quota: Quota) -> dict[str, int]:
    """As the API server counted, or else pods and claims of the dump."""
    if quota.used is not None:
        return dict(quota.used)
    total: Counter[str] = Counter()
    seen: set[str] = set()
    for pod in snapshot.pods:
        if pod.namespace == quota.namespace and not pod.from_manifest and not pod.is_terminal:
            total.update(_asks(snapshot, pod, quota.hard, seen))
    for claim in snapshot.claims:
        if claim.namespace == quota.namespace and not claim.from_template:
            total.update(_of_claim(claim, quota.hard))
    return dict(total)


def _asks(snapshot: Snapshot, pod: Pod, names: Iterable[str], seen: set[str]) -> dict[str, int]:
    """What a pod counts for, with the claims that are made along with it."""
    total: Counter[str] = Counter()
    for name in names:
        if name in ("pods", "count/pods"):
            total[name] = 1
        else:
            total[name] = pod.requests.get(name.removeprefix("requests."), 0)
    for use in pod.claims:
        claim = snapshot.claim_by_key.get(use.claim)
        if claim is not None and claim.from_template and use.claim not in seen:
            seen.add(use.claim)
            total.update(_of_claim(claim, names))
    return {name: amount for name, amount in total.items() if amount}


def _of_claim(claim: Claim, names: Iterable[str]) -> dict[str, int]:
    total = {}
    for name in names:
        owner, of_class, what = name.partition(_CLASS)
        plain = what if of_class else name
        if of_class and owner != claim.storage_class:
            continue
        if plain in ("persistentvolumeclaims", "count/persistentvolumeclaims"):
            total[name] = 1
        elif plain == "requests.storage":
            total[name] = whole(claim.request_milli)
    return total


def _must_state(name: str) -> bool:
    return name.removeprefix("requests.") in _COMPUTE
