"""A smaller snapshot that answers the same: running pods that only take up room become less room.

Asking hundreds of times about a large cluster is quick then. A pod stays where any rule may look at it, or at
its volumes, ports and disks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from frozendict import frozendict

from solver.model.names import NodeName, PodKey
from solver.model.node import Node
from solver.model.pod import Pod
from solver.model.selector import LabelSelector, selects
from solver.model.snapshot import Snapshot
from solver.planning.why.gather import PODS


def slim(snapshot: Snapshot, keys: Sequence[PodKey]) -> Snapshot:
    """For questions about ``keys`` and parts of them, with any of their rules left out."""
    asked = [snapshot.pod_by_key[key] for key in keys]
    selectors = frozenset(_selectors(asked))
    taken: dict[NodeName, Counter[str]] = defaultdict(Counter)
    kept: list[Pod] = []
    seen: dict[frozendict[str, str], bool] = {}
    wanted, running = frozenset(keys), frozenset(pod.key for pod in snapshot.running)
    for pod in snapshot.pods:
        if pod.key in running and _is_plain(pod) and not _is_seen(pod, selectors, seen):
            assert pod.node_name is not None
            taken[pod.node_name].update({**pod.requests, PODS: 1})
        elif pod.key in running or pod.key in wanted:
            kept.append(pod)
    nodes = tuple(_smaller(node, taken[node.name]) if node.name in taken else node for node in snapshot.nodes)
    return replace(snapshot, pods=tuple(kept), nodes=nodes)


def _selectors(pods: Iterable[Pod]) -> Iterable[LabelSelector | None]:
    for pod in pods:
        yield from (rule.selector for rule in pod.spread)
        yield from (term.selector for term in (*pod.affinity, *pod.anti_affinity))


def _is_plain(pod: Pod) -> bool:
    """No rule, volume, port or disk of its own concerns others."""
    return not (pod.anti_affinity or pod.claims or pod.host_ports or pod.disks or pod.inline_volumes)


def _is_seen(
    pod: Pod, selectors: Iterable[LabelSelector | None], seen: dict[frozendict[str, str], bool]
) -> bool:
    """Some rule of the asked pods may select it; the namespace is not looked at."""
    if pod.labels not in seen:
        seen[pod.labels] = any(selects(selector, pod.labels) for selector in selectors)
    return seen[pod.labels]


def _smaller(node: Node, taken: Counter[str]) -> Node:
    left = {name: max(0, amount - taken[name]) for name, amount in node.allocatable.items()}
    return replace(node, allocatable=frozendict(left))
