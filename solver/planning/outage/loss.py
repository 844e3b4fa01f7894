"""What is lost: domains of topology keys, or nodes by name, and the nodes and zones that come to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from solver.errors import Fault, InputError
from solver.model.names import HOSTNAME, REGION, ZONE, DomainName, NodeName
from solver.model.node import Node
from solver.model.snapshot import Snapshot
from solver.planning.storage.drivers import is_zone_key

NODE = "node"
"""In place of a topology key: one node by its name."""
_SHORT = {"zone": ZONE, "region": REGION, "hostname": HOSTNAME}
_LABEL = re.compile(r"(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Domain:
    """``key`` is a label key, or ``NODE``."""

    key: str
    value: str

    @property
    def label(self) -> str:
        """``zone a``, ``node a1``, ``example.com/rack r1``."""
        return f"{short_key(self.key)} {self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    domains: tuple[Domain, ...]
    nodes: frozenset[NodeName]
    zones: frozenset[DomainName]
    """Zones whose storage goes too: those that lose every node because a domain of some key is lost. Nodes
    lost one by one leave the storage of their zone alone."""

    @property
    def label(self) -> str:
        return " and ".join(domain.label for domain in self.domains)


def short_key(key: str) -> str:
    return next((short for short, full in _SHORT.items() if full == key), key)


def parse_key(text: str) -> str:
    """``zone``, ``region``, ``node`` or a label key in full. Raises ValueError."""
    if text == NODE or text in _SHORT:
        return _SHORT.get(text, text)
    if not _LABEL.fullmatch(text):
        raise ValueError(f"{text!r} is no topology key; write zone, region, node or a node label")
    return text


def parse_domain(text: str) -> Domain:
    """``zone=a``. Raises ValueError."""
    key, sign, value = text.partition("=")
    if not sign or not value:
        raise ValueError(f"{text!r} names no failure domain; write zone=NAME, node=NAME or LABEL=VALUE")
    return Domain(key=parse_key(key), value=value)


def lose(snapshot: Snapshot, domains: Sequence[Domain]) -> Loss:
    """All the domains at once. Raises InputError naming every domain without a node."""
    faults = [_absent(snapshot, domain) for domain in domains if not _members(snapshot.nodes, domain)]
    if faults:
        raise InputError(faults)
    return _loss(snapshot, tuple(dict.fromkeys(domains)))


def each(snapshot: Snapshot, key: str) -> list[Loss]:
    """One loss per domain of the key, by name. Raises InputError when no node has the label."""
    if key == NODE:
        values = {str(node.name) for node in snapshot.nodes}
    else:
        values = {node.labels[key] for node in snapshot.nodes if key in node.labels}
    if not values:
        path = f'metadata.labels["{key}"]'
        raise InputError(
            [Fault(kind="Node", name="*", path=path, found="no node with it", expected="a label of nodes")]
        )
    return [_loss(snapshot, (Domain(key=key, value=value),)) for value in sorted(values)]


def outside(snapshot: Snapshot, key: str) -> int:
    """Nodes that are in no domain of the key."""
    return 0 if key == NODE else sum(key not in node.labels for node in snapshot.nodes)


def _members(nodes: Iterable[Node], domain: Domain) -> list[Node]:
    if domain.key == NODE:
        return [node for node in nodes if node.name == domain.value]
    return [node for node in nodes if node.labels.get(domain.key) == domain.value]


def _loss(snapshot: Snapshot, domains: tuple[Domain, ...]) -> Loss:
    nodes = frozenset(node.name for domain in domains for node in _members(snapshot.nodes, domain))
    gone_as_domain = frozenset(
        node.name
        for domain in domains
        if domain.key not in (NODE, HOSTNAME)
        for node in _members(snapshot.nodes, domain)
    )
    zoned = [(node.labels[ZONE], node.name) for node in snapshot.nodes if ZONE in node.labels]
    left = {zone for zone, name in zoned if name not in nodes}
    hit = {zone for zone, name in zoned if name in gone_as_domain}
    named = {domain.value for domain in domains if domain.key != NODE and is_zone_key(domain.key)}
    return Loss(domains=domains, nodes=nodes, zones=frozenset(map(DomainName, (hit - left) | named)))


def _absent(snapshot: Snapshot, domain: Domain) -> Fault:
    if domain.key == NODE:
        return Fault(kind="Node", name=domain.value, path="", found="no such node", expected="a node's name")
    there = sorted({node.labels[domain.key] for node in snapshot.nodes if domain.key in node.labels})
    return Fault(
        kind="Node",
        name="*",
        path=f'metadata.labels["{domain.key}"]',
        found=f"no node with {domain.value!r}",
        expected=f"one of {', '.join(there[:8])}" if there else "a label that some node has",
    )
