"""T4-T12 on the final state, as far as it can condemn a plan in *every* order (J3, J4).

For one constraint, take the planned pods in a domain that state it. Whichever of them comes last finds the
pods that ran before, and all the others; so with ``before`` and ``stated`` counted, and the minimum no higher
than it is in the end, ``before + stated - minimum <= maxSkew`` must hold. For identical self-matching pods
that is J4 exactly. Pods that match but do not state the constraint may come afterwards and are left out.

Not here: whether one order satisfies several constraints at once (J5). Only the replay answers that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from frozendict import frozendict

from solver.model.names import NodeName, TopologyKey
from solver.model.node import Node
from solver.model.pod import Pod, SpreadConstraint, Toleration, tolerated
from solver.model.requirement import NodeSelector, Operator, Requirement
from solver.model.selector import selects
from solver.verify.state import FinalState, Resident
from solver.verify.violation import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inclusion:
    """Which nodes count (T4): the joint keys, and what the two policies look at."""

    keys: tuple[TopologyKey, ...]
    node_selector: frozendict[str, str] = frozendict()
    required_nodes: NodeSelector | None = None
    tolerations: tuple[Toleration, ...] | None = None
    """None when taints are ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Pods with this in common ask the same question of the same domains."""

    namespace: str
    constraint: SpreadConstraint
    inclusion: _Inclusion


class _Domains:
    """Eligible nodes (T4) with their domains."""

    def __init__(self, of: dict[NodeName, str]) -> None:
        self.of = of
        self.names = frozenset(of.values())


def check(state: FinalState) -> Iterator[Violation]:
    domains: dict[tuple[_Inclusion, TopologyKey], _Domains] = {}
    for resident in state.planned:
        yield from _missing_keys(resident)
    for group, members in _grouped(state.planned).items():
        counted = group.inclusion, group.constraint.topology_key
        if counted not in domains:
            domains[counted] = _domains(state, *counted)
        yield from _skew(state, group, members, domains[counted])


def _missing_keys(resident: Resident) -> Iterator[Violation]:
    """T8."""
    for constraint in resident.pod.hard_spread:
        if constraint.topology_key not in resident.node.labels:
            yield Violation(
                rule="T8",
                pods=(resident.pod.key,),
                node=resident.node.name,
                sentence=(
                    f"pod {resident.pod.key} must spread over {constraint.topology_key},"
                    f" a label node {resident.node.name} does not have"
                ),
            )


def _grouped(planned: Sequence[Resident]) -> dict[_Group, list[Resident]]:
    groups: dict[_Group, list[Resident]] = defaultdict(list)
    known: dict[Hashable, list[_Group]] = {}
    for resident in planned:
        pod = resident.pod
        if not pod.hard_spread:
            continue
        stated = (pod.namespace, pod.hard_spread, pod.node_selector, pod.required_nodes, pod.tolerations)
        if stated not in known:
            known[stated] = [_group(pod, c) for c in pod.hard_spread if not _never_rejects(c)]
        for group in known[stated]:
            groups[group].append(resident)
    return groups


def _never_rejects(constraint: SpreadConstraint) -> bool:
    """T10: ``{}`` counts nobody. T3: a null selector selects nobody."""
    return constraint.selector is None or constraint.selector.is_empty


def _group(pod: Pod, constraint: SpreadConstraint) -> _Group:
    inclusion = _Inclusion(
        keys=tuple(c.topology_key for c in pod.hard_spread),  # T4(a)
        node_selector=pod.node_selector if constraint.honor_affinity else frozendict(),  # T4(b)
        required_nodes=pod.required_nodes if constraint.honor_affinity else None,
        tolerations=pod.tolerations if constraint.honor_taints else None,  # T4(c)
    )
    return _Group(namespace=pod.namespace, constraint=constraint, inclusion=inclusion)


def _domains(state: FinalState, inclusion: _Inclusion, key: TopologyKey) -> _Domains:
    """T4, T5: every eligible node with its value of ``key``."""
    wanted = [
        Requirement(key=label, operator=Operator.IN, values=(value,))
        for label, value in inclusion.node_selector.items()
    ]
    nodes = state.nodes.satisfying(wanted)
    if inclusion.required_nodes is not None:
        matching = state.nodes.matching(inclusion.required_nodes)
        nodes = [n for n in nodes if n.name in matching]
    keys = frozenset(inclusion.keys)
    return _Domains(
        {
            n.name: n.labels[key]
            for n in nodes
            if keys <= n.labels.keys() and _tolerates(inclusion.tolerations, n)
        }
    )


def _tolerates(tolerations: tuple[Toleration, ...] | None, node: Node) -> bool:
    if tolerations is None or not node.taints:
        return True
    return not any(taint.repels and not tolerated(taint, tolerations) for taint in node.taints)


def _skew(
    state: FinalState, group: _Group, members: list[Resident], domains: _Domains
) -> Iterator[Violation]:
    constraint = group.constraint
    final: Counter[str] = Counter()
    before: Counter[str] = Counter()
    for resident in state.index.selected(group.namespace, constraint.selector):
        domain = domains.of.get(resident.node.name)
        if domain is not None and not resident.pod.terminating:  # T12, G6
            final[domain] += 1
            before[domain] += not resident.planned
    enough = len(domains.names) >= constraint.min_domains  # T6
    everywhere = len(final) == len(domains.names)
    minimum = min(final.values(), default=0) if enough and everywhere else 0
    for domain, stating in _by_domain(members, constraint.topology_key).items():
        if domain not in domains.names:
            continue  # T9: counts 0, and a skew of at most 1 is always allowed
        counted = (resident for resident in stating if resident.node.name in domains.of)
        stated = sum(selects(constraint.selector, resident.pod.labels) for resident in counted)
        if before[domain] + stated - minimum > constraint.max_skew:
            yield _too_skewed(constraint, stating, domain, before[domain] + stated, minimum)


def _by_domain(members: list[Resident], key: TopologyKey) -> dict[str, list[Resident]]:
    found: dict[str, list[Resident]] = defaultdict(list)
    for resident in members:
        if key in resident.node.labels:  # T8 is reported on its own
            found[resident.node.labels[key]].append(resident)
    return found


def _too_skewed(
    constraint: SpreadConstraint, stating: list[Resident], domain: str, count: int, minimum: int
) -> Violation:
    return Violation(
        rule="T7",
        pods=tuple(r.pod.key for r in stating),
        node=None,
        sentence=(
            f"pod {stating[-1].pod.key} would be one of {count} in {constraint.topology_key}={domain},"
            f" the least of any domain is {minimum}: skew {count - minimum}, allowed {constraint.max_skew}"
        ),
    )
