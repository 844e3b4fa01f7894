"""Which nodes count for a spread constraint (T4) and how many matching pods each domain holds (T5).

Shared by the filter and the score. Tables are kept per constraint as written, not per pod.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from solver.model.names import TopologyKey
from solver.model.pod import Pod, SpreadConstraint
from solver.model.selector import LabelSelector
from solver.scheduler.journal import Cursor
from solver.scheduler.node_affinity import selects_node
from solver.scheduler.state import ClusterState
from solver.scheduler.taint_toleration import first_untolerated
from solver.scheduler.tally import Places, Tally


def domain_counts(
    pod: Pod, constraint: SpreadConstraint, required_keys: Sequence[TopologyKey], state: ClusterState
) -> Tally:
    """Matching pods per eligible domain, up to date. ``required_keys`` are T4(a)'s."""
    key = ("spread", pod.namespace, constraint.selector, _policy(pod, constraint, required_keys))

    def build() -> Tally:
        domains = eligible_domains(pod, constraint, required_keys, state)
        return _tally(pod.namespace, constraint.selector, domains, state)

    return state.table(key, build).refresh()


def eligible_domains(
    pod: Pod, constraint: SpreadConstraint, required_keys: Sequence[TopologyKey], state: ClusterState
) -> Places:
    """T4: by node index, the domain, or None where the node does not count."""
    key = ("spread domains", _policy(pod, constraint, required_keys))
    return state.table(key, lambda: _eligible_domains(pod, constraint, required_keys, state))


def node_counts(pod: Pod, constraint: SpreadConstraint, state: ClusterState) -> Tally:
    """Matching pods per node name, whatever the inclusion policies (T17, hostname)."""
    key = ("spread per node", pod.namespace, constraint.selector)

    def build() -> Tally:
        names = Places(node.node.name for node in state.nodes)
        return _tally(pod.namespace, constraint.selector, names, state)

    return state.table(key, build).refresh()


def _policy(
    pod: Pod, constraint: SpreadConstraint, required_keys: Sequence[TopologyKey]
) -> tuple[Hashable, ...]:
    """Everything eligibility depends on."""
    return (
        constraint.topology_key,
        tuple(required_keys),
        (pod.node_selector, pod.required_nodes) if constraint.honor_affinity else None,
        pod.tolerations if constraint.honor_taints else None,
    )


def _eligible_domains(
    pod: Pod, constraint: SpreadConstraint, required_keys: Sequence[TopologyKey], state: ClusterState
) -> Places:
    domains: list[str | None] = []
    for node_state in state.nodes:
        node = node_state.node
        eligible = (
            all(key in node.labels for key in required_keys)
            and (not constraint.honor_affinity or selects_node(pod, node))
            and (not constraint.honor_taints or first_untolerated(node, pod.tolerations) is None)
        )
        domains.append(node.labels.get(constraint.topology_key) if eligible else None)
    return Places(domains)


def _tally(namespace: str, selector: LabelSelector | None, place_of: Places, state: ClusterState) -> Tally:
    """T5. A null selector counts nothing (T3), and so does an empty one (T10)."""
    if selector is None or selector.is_empty:
        return Tally(Cursor(()), lambda _: False, place_of)

    def matches(pod: Pod) -> bool:
        return pod.namespace == namespace and not pod.terminating and selector.matches(pod.labels)

    return Tally(state.journal.about(selector, (namespace,)), matches, place_of)
