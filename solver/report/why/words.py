"""Facts, findings and suspects as sentences; the same in text and documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from solver.model.names import HOSTNAME, ZONE
from solver.model.node import Taint
from solver.model.pod import HostPort, PodAffinityTerm, SpreadConstraint
from solver.model.quantity import whole
from solver.model.requirement import NodeSelector, Operator, Requirement
from solver.model.selector import selects
from solver.model.snapshot import Snapshot
from solver.model.storage import READ_WRITE_ONCE_POD
from solver.model.units import amount, size
from solver.planning.why.answer import (
    Cleared,
    EmptyPlace,
    History,
    Holder,
    KeptVolumes,
    LeftOverClaims,
    RememberedNode,
)
from solver.planning.why.core import Core
from solver.planning.why.facts import Fact, FactKind
from solver.planning.why.gather import claim_trouble
from solver.report.units import count

_NAMED = 3


class Words:
    """Sentences about one conflict."""

    def __init__(self, snapshot: Snapshot, core: Core) -> None:
        self._snapshot = snapshot
        self._core = core

    def fact(self, fact: Fact) -> str:
        return _SENTENCES[fact.kind](self, fact)

    def _volume_place(self, fact: Fact) -> str:
        volume = self._snapshot.volume_by_name[min(fact.volumes)]
        if volume.node_affinity is not None:
            place = selected(volume.node_affinity)
        else:
            labels = sorted(
                f"{short_key(k)} {v}" for k, v in volume.labels.items() if k.endswith(("/zone", "/region"))
            )
            place = ", ".join(labels)
        if fact.owner is None:
            return (
                f"{count(len(fact.volumes), 'free volume')} of {volume.storage_class or 'no class'}: {place}"
            )
        if len(fact.volumes) == 1:
            return f"its volume is {_at(place)}" if len(fact.pods) == 1 else f"the volume is {_at(place)}"
        return f"{len(fact.volumes)} volumes of {fact.owner.name} are {_at(place)}"

    def _claim(self, fact: Fact) -> str:
        pod = self._snapshot.pod_by_key[min(fact.pods)]
        key = next(use.claim for use in pod.claims if use.claim in fact.claims)
        told = claim_trouble(self._snapshot, pod, key)
        more = f" (and {len(fact.claims) - 1} more like it)" if len(fact.claims) > 1 else ""
        return f"claim {key.partition('/')[2]} {told}{more}"

    def _selected_node(self, fact: Fact) -> str:
        return f"claim {min(fact.claims).partition('/')[2]} is being provisioned for node {fact.name}"

    def _allowed_topologies(self, fact: Fact) -> str:
        terms = self._snapshot.class_by_name[fact.name].allowed_topologies
        places = [
            ", ".join(f"{short_key(key)} {' or '.join(values)}" for key, values in term.requirements)
            for term in terms
        ]
        return f"storage class {fact.name} makes volumes only in {' or in '.join(places)}"

    def _storage_capacity(self, fact: Fact) -> str:
        rooms = [
            whole(room)
            for c in self._snapshot.capacities
            if c.storage_class == fact.name
            and (room := c.maximum_volume_milli or c.capacity_milli) is not None
        ]
        most = f"at most {size(max(rooms))} in one place" if rooms else "no capacity anywhere"
        return f"storage class {fact.name} reports {most}"

    def _access_mode(self, fact: Fact) -> str:
        claim = self._snapshot.claim_by_key[min(fact.claims)]
        modes = " ".join(claim.access_modes)
        limit = "one pod" if READ_WRITE_ONCE_POD in claim.access_modes else "one node"
        return f"claim {claim.name} is {modes}: {limit} at a time, and {count(len(fact.pods), 'pod')} want it"

    def _attach_limit(self, fact: Fact) -> str:
        limits = Counter(
            driver.limit
            for name in fact.nodes
            if (driver := self._snapshot.csi_node_by_name[name].driver(fact.name)) is not None
        )
        shown = " and ".join(f"{count(number, 'node')} {limit}" for limit, number in sorted(limits.items()))
        return f"volumes of {fact.name} that nodes can attach: {shown}"

    def _spread(self, fact: Fact) -> str:
        rule = fact.rule
        assert isinstance(rule, SpreadConstraint)
        domains = f", at least {rule.min_domains} domains" if rule.min_domains > 1 else ""
        return (
            f"{self._of(fact)}{short_key(rule.topology_key)} spread, at most {rule.max_skew}, hard{domains}"
        )

    def _anti_affinity(self, fact: Fact) -> str:
        mine = [key for key in self._core.pods if key in fact.pods]
        domains = {node.labels[fact.name] for node in self._snapshot.nodes if fact.name in node.labels}
        noun = short_key(fact.name)
        many = f" ({len(mine)} pods, {count(len(domains), noun)})" if len(mine) > 1 else ""
        return f"{self._of(fact)}{noun} anti-affinity, required{many}"

    def _affinity(self, fact: Fact) -> str:
        rule = fact.rule
        assert isinstance(rule, PodAffinityTerm)
        wanted = ", ".join(map(written, rule.selector.requirements)) if rule.selector else "nothing"
        others = any(selects(rule.selector, pod.labels) for pod in self._snapshot.running)
        none = "" if others else ", of which none runs"
        return f"{self._of(fact)}{short_key(fact.name)} affinity, required, to pods with {wanted}{none}"

    def _node_selector(self, fact: Fact) -> str:
        value = self._snapshot.pod_by_key[min(fact.pods)].node_selector[fact.name]
        having = sum(node.labels.get(fact.name) == value for node in self._snapshot.nodes)
        return f"{self._of(fact)}node selector {fact.name}={value}, which {_have(having)}"

    def _node_affinity(self, fact: Fact) -> str:
        selector = self._snapshot.pod_by_key[min(fact.pods)].required_nodes
        assert selector is not None
        having = sum(selector.matches(node.labels, node.name) for node in self._snapshot.nodes)
        return f"{self._of(fact)}required node affinity {selected(selector)}, which {_have(having)}"

    def _taint(self, fact: Fact) -> str:
        taint = fact.rule
        assert isinstance(taint, Taint)
        value = f"={taint.value}" if taint.value else ""
        verb = "has" if len(fact.nodes) == 1 else "have"
        return f"{count(len(fact.nodes), 'node')} {verb} the taint {taint.key}{value}:{taint.effect}"

    def _cordon(self, fact: Fact) -> str:
        verb = "is" if len(fact.nodes) == 1 else "are"
        return f"{count(len(fact.nodes), 'node')} {verb} cordoned"

    def _host_port(self, fact: Fact) -> str:
        port = fact.rule
        assert isinstance(port, HostPort)
        taken = {
            pod.node_name
            for pod in self._snapshot.running
            if any(port.conflicts(other) for other in pod.host_ports)
        }
        where = f", taken on {count(len(taken), 'node')}" if taken else ""
        return f"{self._of(fact)}host port {fact.name}{where}"

    def _disk(self, fact: Fact) -> str:
        return f"{self._of(fact)}disk {fact.name}, which one pod uses at a time"

    def _devices(self, fact: Fact) -> str:
        return f"{self._of(fact)}resource claims, which are not modelled"

    def _order(self, fact: Fact) -> str:
        return f"{self._of(fact)}pods are made one after another"

    def _request(self, fact: Fact) -> str:
        pods = [self._snapshot.pod_by_key[key] for key in fact.pods]
        amounts = Counter(pod.requests.get(fact.name, 0) for pod in pods)
        shown = " and ".join(
            f"{count(number, 'pod')} of {unit(fact.name, asked)}" for asked, number in sorted(amounts.items())
        )
        return f"{fact.owner.name if fact.owner else 'the pod'} wants {shown}"

    def _allocatable(self, fact: Fact) -> str:
        nodes = [self._snapshot.node_by_name[name] for name in fact.nodes]
        amounts = Counter(node.allocatable.get(fact.name, 0) for node in nodes)
        ranked = sorted(amounts.items(), reverse=True)
        shown = [f"{count(number, 'node')} of {_round(fact.name, has)}" for has, number in ranked[:_NAMED]]
        if len(ranked) > _NAMED:
            least, most = ranked[-1][0], ranked[0][0]
            shown = [
                f"{count(len(nodes), 'node')} of {_round(fact.name, least)} to {_round(fact.name, most)}"
            ]
        zones = {node.labels.get(ZONE) for node in self._snapshot.nodes}
        mine = {node.labels.get(ZONE) for node in nodes}
        where = f"in {_zones(mine)} " if mine != zones and mine - {None} else ""
        verb = "is" if len(nodes) == 1 else "are"
        used = self._used(fact)
        return f"{where}there {verb} {' and '.join(shown)}{f' ({used})' if used else ''}"

    def _used(self, fact: Fact) -> str:
        """What runs there already, by workload."""
        used: Counter[str] = Counter()
        for pod in self._snapshot.running:
            if pod.node_name in fact.nodes:
                name = pod.workload.name if pod.workload else pod.name
                used[name] += 1 if fact.name == "pods" else pod.requests.get(fact.name, 0)
        total = sum(used.values())
        if not total:
            return ""
        if len(used) <= _NAMED:
            names = " and ".join(sorted(name for name, taken in used.items() if taken))
        else:
            names = f"{len(used)} workloads"
        verb = "uses" if len(used) == 1 else "use"
        return f"{names} {verb} {amount(fact.name, total)} in total"

    def _of(self, fact: Fact) -> str:
        """Whose rule it is, where several workloads are asked about or it is somebody else's."""
        pods = self._snapshot.pod_by_key
        owners = {pods[key].workload for key in self._core.pods}
        alone = len(owners) == 1 and (fact.owner in owners or None in owners)
        return "" if alone or fact.owner is None else f"{fact.owner.name}: "

    def suspect(self, cleared: Cleared) -> str:
        known = {FactKind.ATTACH_LIMIT.value: "attach limits"}
        if not cleared.facts or cleared.what not in _SUSPECTS:
            return known.get(cleared.what, cleared.what)
        fact = cleared.facts[0]
        owner = self._of(fact).removesuffix(": ")
        name = f"{short_key(fact.name)} " if fact.name and fact.kind is not FactKind.NODE_SELECTOR else ""
        return f"{owner} {name}{_SUSPECTS[cleared.what]}".strip()

    def in_words(self) -> list[str]:
        """What does not fit together on one node, where the whole conflict is about one resource."""
        requests = [f for f in self._core.facts if f.kind is FactKind.REQUEST]
        rooms = [f for f in self._core.facts if f.kind is FactKind.ALLOCATABLE]
        if len(rooms) != 1 or len(requests) + 1 != len(self._core.facts):
            return []
        resource, free = rooms[0].name, self._most_free(rooms[0])
        asked = {f.owner.name if f.owner else "": self._largest(f) for f in requests}
        lines = []
        for name, wants in asked.items():
            if wants > free:
                lines.append(
                    f"no node can hold a {name} pod ({amount(resource, wants)} > {amount(resource, free)})"
                )
            elif wants:
                most = count(free // wants, f"{name} pod")
                lines.append(f"a node holds at most {most} ({amount(resource, wants)} each)")
        names = sorted(asked)
        for one, other in ((a, b) for i, a in enumerate(names) for b in names[i + 1 :]):
            both = asked[one] + asked[other]
            if both > free and max(asked[one], asked[other]) <= free:
                told = f"{amount(resource, both)} > {amount(resource, free)}"
                lines.append(f"no node can hold both a {one} and a {other} pod ({told})")
        return lines

    def _most_free(self, fact: Fact) -> int:
        used: Counter[str] = Counter()
        for pod in self._snapshot.running:
            if pod.node_name is not None:
                used[pod.node_name] += pod.requests.get(fact.name, 0)
        nodes = self._snapshot.node_by_name
        return max(nodes[name].allocatable.get(fact.name, 0) - used[name] for name in fact.nodes)

    def _largest(self, fact: Fact) -> int:
        return max(self._snapshot.pod_by_key[key].requests.get(fact.name, 0) for key in fact.pods)


_SENTENCES: dict[FactKind, Callable[[Words, Fact], str]] = {
    FactKind.VOLUME_PLACE: Words._volume_place,
    FactKind.CLAIM: Words._claim,
    FactKind.SELECTED_NODE: Words._selected_node,
    FactKind.ALLOWED_TOPOLOGIES: Words._allowed_topologies,
    FactKind.STORAGE_CAPACITY: Words._storage_capacity,
    FactKind.ACCESS_MODE: Words._access_mode,
    FactKind.ATTACH_LIMIT: Words._attach_limit,
    FactKind.SPREAD: Words._spread,
    FactKind.ANTI_AFFINITY: Words._anti_affinity,
    FactKind.AFFINITY: Words._affinity,
    FactKind.NODE_SELECTOR: Words._node_selector,
    FactKind.NODE_AFFINITY: Words._node_affinity,
    FactKind.TAINT: Words._taint,
    FactKind.CORDON: Words._cordon,
    FactKind.HOST_PORT: Words._host_port,
    FactKind.DISK: Words._disk,
    FactKind.DEVICES: Words._devices,
    FactKind.ORDER: Words._order,
    FactKind.REQUEST: Words._request,
    FactKind.ALLOCATABLE: Words._allocatable,
}
_SUSPECTS = {
    FactKind.SPREAD.value: "spread",
    FactKind.ANTI_AFFINITY.value: "anti-affinity",
    FactKind.AFFINITY.value: "affinity",
    FactKind.NODE_SELECTOR.value: "node selector",
    FactKind.NODE_AFFINITY.value: "node affinity",
    FactKind.HOST_PORT.value: "host port",
}


def history_words(found: History) -> str:
    match found:
        case LeftOverClaims():
            return _left_over(found)
        case RememberedNode():
            return f"{found.object} can be used on node {found.node} only, which {found.state.value}"
        case EmptyPlace():
            known = f"; there are {', '.join(found.known[:8])}" if found.known else "; no node has that label"
            return (
                f"{found.object} asks for {found.label} {' or '.join(found.values)}, which no node has{known}"
            )
        case KeptVolumes():
            return (
                f"{count(len(found.volumes), 'volume')} of storage class {found.storage_class}"
                f" ({', '.join(found.volumes[:_NAMED])}) still name claims that are gone"
                f" ({', '.join(found.claims[:_NAMED])})"
            )
        case Holder():
            dying = ", and is terminating" if found.terminating else ""
            claim = found.claim.partition("/")[2]
            return f"claim {claim} is held by pod {found.pod} on node {found.node}{dying}"


def _left_over(found: LeftOverClaims) -> str:
    names = [claim.partition("/")[2] for claim in found.claims]
    shown = names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
    before, after = ("/".join(map(str, numbers)) for numbers in (found.before, found.after))
    verb = "exists" if len(names) == 1 else "exist"
    told = (
        f"claims {shown} still {verb}: {found.workload.name} was scaled {found.was} → {found.now} by ordinal"
    )
    if len(found.zones) > 1:
        told += f", which removed pods unevenly (zones {'/'.join(found.zones)} went {before} → {after})"
    return told


# small change


def short_key(key: str) -> str:
    if key == HOSTNAME:
        return "host"
    return "zone" if key == ZONE else key.removeprefix("topology.kubernetes.io/")


def selected(selector: NodeSelector) -> str:
    """``zone a or b``."""
    terms = [
        ", ".join(map(written, (*term.expressions, *term.fields))) or "nothing" for term in selector.terms
    ]
    return " or in ".join(terms) or "nothing"


def written(requirement: Requirement) -> str:
    key = short_key(requirement.key)
    match requirement.operator:
        case Operator.IN:
            return f"{key} {' or '.join(requirement.values)}"
        case Operator.NOT_IN:
            return f"{key} not {' or '.join(requirement.values)}"
        case Operator.EXISTS:
            return key
        case Operator.DOES_NOT_EXIST:
            return f"no {key}"
        case Operator.GT:
            return f"{key} > {requirement.values[0]}"
        case Operator.LT:
            return f"{key} < {requirement.values[0]}"


def unit(resource: str, value: int) -> str:
    """``6.0 CPU``, ``24Gi memory``."""
    return f"{amount(resource, value)} {'CPU' if resource == 'cpu' else resource}"


def _round(resource: str, value: int) -> str:
    if resource == "pods":
        return f"at most {count(value, 'pod')}"
    return unit(resource, value).replace(".0 ", " ")


def _at(place: str) -> str:
    return f"on node {place.removeprefix('host ')}" if place.startswith("host ") else f"in {place}"


def _have(nodes: int) -> str:
    return "no node has" if nodes == 0 else f"{count(nodes, 'node')} {'has' if nodes == 1 else 'have'}"


def _zones(names: Iterable[str | None]) -> str:
    known = sorted(name for name in names if name)
    return f"zone {known[0]}" if len(known) == 1 else f"zones {', '.join(known)}"


def objects(names: Sequence[str]) -> str:
    """``pv/pvc-1 … and 3 more``."""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
