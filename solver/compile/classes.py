"""Equivalence classes of pods: members no rule can tell apart.

Pods differ in name, uid and labels that no selector asks about; those differences are dropped. Claims are
compared by what they allow, not by name, unless several pods use the same claim.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import pairwise

from frozendict import frozendict

from solver.compile.access import Access
from solver.compile.brought import Brought
from solver.compile.problem import PodClass
from solver.compile.running import RunningPods, selector_keys
from solver.model.names import ClaimKey, PodKey
from solver.model.pod import ClaimUse, Pod


def pod_classes(
    pods: tuple[Pod, ...],
    access: Access,
    brought: Brought,
    running: RunningPods,
    *,
    by_workload: bool = False,
    variants: Mapping[PodKey, PodKey] = frozendict(),
) -> tuple[PodClass, ...]:
    """Classes of ``pods`` in the input order of their first members.

    Variants (``Question.variants``) are alike only if what they stand for is. Of pods that are created one
    after another (W14) only neighbours share a class, in their order.
    """
    asked = set().union(*map(selector_keys, pods))
    keys = {key for pod in pods for key in pod.labels}
    asked_labels = {key for key in keys if key in asked or running.asks_about(key)}
    users = claim_users(pods, running)
    rules = _Rules()
    alike: dict[PodKey, Hashable] = {}
    for pod in pods:
        labels = frozenset((k, v) for k, v in pod.labels.items() if k in asked_labels)
        volumes = (_claims(pod, access, users), brought.shared(pod), brought.own(pod))
        alike[pod.key] = (labels, rules.number(pod), volumes, pod.workload if by_workload else None)
    for variant, original in variants.items():
        alike[variant] = (alike[variant], alike[original])
    runs = _runs(pods, alike)
    grouped: dict[Hashable, list[Pod]] = defaultdict(list)
    for pod in pods:
        grouped[runs[pod.key][0], alike[pod.key]].append(pod)
    return tuple(
        PodClass(members=tuple(sorted(members, key=lambda pod: runs[pod.key][1])))
        for members in grouped.values()
    )


def _runs(pods: Iterable[Pod], alike: Mapping[PodKey, Hashable]) -> dict[PodKey, tuple[PodKey | None, int]]:
    """Pod to the first pod of its run and its place in it; (None, 0) for pods that no order concerns."""
    asked = {pod.key: pod for pod in pods}
    followed = {pod.created_after for pod in asked.values()}
    runs: dict[PodKey, tuple[PodKey | None, int]] = {
        key: (None, 0) for key, pod in asked.items() if pod.created_after is None and key not in followed
    }
    for key in asked:
        path = [key]
        while path[-1] not in runs:
            before = asked[path[-1]].created_after
            if before not in asked or alike[before] != alike[path[-1]]:
                runs[path[-1]] = (path[-1], 0)
            else:
                path.append(before)
        for earlier, later in pairwise(reversed(path)):
            first, place = runs[earlier]
            runs[later] = (first, place + 1)
    return runs


def claim_users(pods: Iterable[Pod], running: RunningPods) -> Counter[ClaimKey]:
    """How many pods, running or asked about, use each claim of the asked ones."""
    users: dict[ClaimKey, set[PodKey]] = defaultdict(set)
    for pod in pods:
        for use in pod.claims:
            users[use.claim].add(pod.key)
    for claim, asked in users.items():
        asked.update(home.pod.key for home in running.users(claim))
    return Counter({claim: len(everyone) for claim, everyone in users.items()})


class _Rules:
    """Numbers what pods ask for. Pods of one template share the very objects, and are then recognised
    without looking into them."""

    def __init__(self) -> None:
        self._by_value: dict[Hashable, int] = {}
        self._by_identity: dict[tuple[int, ...], int] = {}

    def number(self, pod: Pod) -> int:
        rules = _rules(pod)
        identity = tuple(map(id, rules))
        if identity not in self._by_identity:
            self._by_identity[identity] = self._by_value.setdefault(rules, len(self._by_value))
        return self._by_identity[identity]


def _rules(pod: Pod) -> tuple[Hashable, ...]:
    return (
        pod.namespace,
        pod.workload,
        pod.priority,
        pod.scheduler_name,
        pod.requests,
        pod.node_selector,
        pod.required_nodes,
        pod.preferred_nodes,
        pod.tolerations,
        pod.host_ports,
        pod.spread,
        pod.affinity,
        pod.anti_affinity,
        pod.preferred_affinity,
        pod.preferred_anti_affinity,
        pod.disks,
        pod.inline_volumes,
        pod.resource_claims,
    )


def _claims(pod: Pod, access: Access, users: Counter[ClaimKey]) -> Hashable:
    """In volume order, which decides who chooses first among static volumes (V29)."""
    return tuple(_claim(pod, use, access, users) for use in pod.claims)


def _claim(pod: Pod, use: ClaimUse, access: Access, users: Counter[ClaimKey]) -> Hashable:
    view = access.of(pod, use)
    claim = view.claim
    if claim is None:
        return "missing"
    if users[use.claim] > 1:
        return ("shared", use.claim)
    return (
        use.ephemeral,
        claim.storage_class,
        claim.request_milli,
        claim.access_modes,
        claim.volume_mode,
        claim.attributes_class,
        claim.selector,
        claim.is_bound,
        view.likeness,
    )
