"""Fixes in a workload's own rules: spread, affinity, selectors, ports, requests, replicas."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

from solver.model.pod import HostPort, SpreadConstraint, WorkloadKey
from solver.model.units import amount
from solver.planning.change import Change, editing
from solver.planning.why.facts import Fact, FactKind
from solver.planning.why.fixes.knobs import (
    Bench,
    Candidate,
    Knob,
    Rank,
    in_template,
    is_stateful,
    single,
    template_cautions,
    template_cost,
)
from solver.planning.why.gather import REQUIRED
from solver.planning.workloads import (
    SCALED_KINDS,
    Spec,
    asked_in_containers,
    scaling,
    set_request,
    workload_ref,
)

_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_MOST_SKEW = 64
_LEAST_SHARE = 0.5
"""Of a request: less would not be the same application."""


def rule_knobs(bench: Bench) -> Iterator[Knob]:
    for fact in bench.conflict.core.facts:
        if fact.owner is not None:
            yield from _OF_KIND.get(fact.kind, _none)(bench, fact, fact.owner)
    for owner in dict.fromkeys(fact.owner for fact in bench.conflict.core.facts if fact.owner is not None):
        yield from _replicas(bench, owner)


def _none(bench: Bench, fact: Fact, owner: WorkloadKey) -> Iterator[Knob]:  # noqa: ARG001 - as the others
    return iter(())


def _candidate(bench: Bench, owner: WorkloadKey, sentence: str, change: Change, **more: Any) -> Candidate:
    return Candidate(
        sentence=sentence,
        change=change,
        cost=more.pop("cost", template_cost(bench, owner)),
        cautions=template_cautions(bench, owner) + tuple(more.pop("cautions", ())),
        stateful=is_stateful(owner),
        owner=owner.name,
        **more,
    )


def short(topology_key: str) -> str:
    """``zone``, ``host`` or the last part of the key."""
    name = topology_key.rpartition("/")[2]
    return "host" if name == "hostname" else name


def _spread(bench: Bench, fact: Fact, owner: WorkloadKey) -> Iterator[Knob]:
    rule = fact.rule
    assert isinstance(rule, SpreadConstraint)

    def with_field(field: str, value: object) -> Change:
        def edit(spec: Spec) -> None:
            constraints = spec.get("topologySpreadConstraints") or []
            if fact.index < len(constraints):
                constraints[fact.index][field] = value

        return in_template(bench, owner, edit)

    def wider(position: int) -> Candidate:
        skew = rule.max_skew + 1 + position
        told = f"{owner.name}: {short(rule.topology_key)} rule maxSkew {rule.max_skew} → {skew}"
        return _candidate(bench, owner, told, with_field("maxSkew", skew))

    yield Knob(positions=_MOST_SKEW, make=wider)
    if rule.min_domains > 1:
        told = f"{owner.name}: {short(rule.topology_key)} rule minDomains {rule.min_domains} → 1"
        yield single(_candidate(bench, owner, told, with_field("minDomains", 1)))


def _anti_affinity(bench: Bench, fact: Fact, owner: WorkloadKey) -> Iterator[Knob]:
    change = in_template(bench, owner, lambda s: _prefer(s, "podAntiAffinity", fact.index), everywhere=True)
    told = f"{owner.name}: {short(fact.name)} anti-affinity preferred instead of required"
    yield single(_candidate(bench, owner, told, change))


def _affinity(bench: Bench, fact: Fact, owner: WorkloadKey) -> Iterator[Knob]:
    change = in_template(bench, owner, lambda s: _prefer(s, "podAffinity", fact.index))
    told = f"{owner.name}: {short(fact.name)} affinity preferred instead of required"
    yield single(_candidate(bench, owner, told, change))


def _prefer(spec: Spec, kind: str, index: int) -> None:
    rules = (spec.get("affinity") or {}).get(kind) or {}
    terms = rules.get(REQUIRED) or []
    if index < len(terms):
        term = terms.pop(index)
        rules.setdefault(_PREFERRED, []).append({"weight": 100, "podAffinityTerm": term})


def _node_selector(bench: Bench, fact: Fact, owner: WorkloadKey) -> Iterator[Knob]:
    def edit(spec: Spec) -> None:
        (spec.get("nodeSelector") or {}).pop(fact.name, None)

    told = f"{owner.name}: no node selector on {fact.name}"
    yield single(_candidate(bench, owner, told, in_template(bench, owner, edit)))


def _node_affinity(bench: Bench, fact: Fact, owner: WorkloadKey) -> Iterator[Knob]:  # noqa: ARG001 - as others
    def edit(spec: Spec) -> None:
        ((spec.get("affinity") or {}).get("nodeAffinity") or {}).pop(REQUIRED, None)

    told = f"{owner.name}: no required node affinity"
    yield single(_candidate(bench, owner, told, in_template(bench, owner, edit)))


def _host_port(bench: Bench, fact: Fact, owner: WorkloadKey) -> Iterator[Knob]:
    port = fact.rule
    assert isinstance(port, HostPort)

    def edit(spec: Spec) -> None:
        containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
        for stated in (one for container in containers for one in container.get("ports") or []):
            mine = stated.get("hostPort") or (
                stated.get("containerPort") if spec.get("hostNetwork") else None
            )
            if mine == port.port and (stated.get("protocol") or "TCP") == port.protocol:
                stated.pop("hostPort", None)
        if spec.get("hostNetwork"):
            spec["hostNetwork"] = False

    told = f"{owner.name}: no host port {fact.name}"
    yield single(_candidate(bench, owner, told, in_template(bench, owner, edit)))


def _order(bench: Bench, fact: Fact, owner: WorkloadKey) -> Iterator[Knob]:  # noqa: ARG001 - as the others
    def edit(found: dict[str, Any]) -> None:
        found.setdefault("spec", {})["podManagementPolicy"] = "Parallel"

    if bench.inputs.get(workload_ref(owner)) is not None:
        change = editing(bench.inputs, workload_ref(owner), edit)
        told = f"{owner.name}: podManagementPolicy Parallel"
        caution = "the field cannot be changed in place: delete the set with --cascade=orphan, create it anew"
        yield single(_candidate(bench, owner, told, change, cautions=(caution,)))


# how much, and how many


def _request(bench: Bench, fact: Fact, owner: WorkloadKey) -> Iterator[Knob]:
    resource = fact.name
    present = max(bench.snapshot.pod_by_key[key].requests.get(resource, 0) for key in fact.pods)
    values = _lower(resource, present)

    def less(position: int) -> Candidate | None:
        wanted = values[position]
        done = []

        def edit(spec: Spec) -> None:
            # Only what containers ask for is changed; overhead and init containers stay.
            stated = asked_in_containers(spec, resource)
            unit = 1 if resource == "cpu" else 1000
            done.append(set_request(spec, resource, stated - unit * (present - wanted)))

        change = in_template(bench, owner, edit)
        told = f"{owner.name} {resource} {amount(resource, present)} → {amount(resource, wanted)}"
        return _candidate(bench, owner, told, change, rank=Rank.REQUEST) if done and all(done) else None

    yield Knob(positions=len(values), make=less)


def _lower(resource: str, present: int) -> list[int]:
    """Round amounts below ``present``, the largest first."""
    grain = _grain(resource, present)
    first = present - 1 - (present - 1) % grain
    least = max(1, ceil(present * _LEAST_SHARE))
    return list(range(first, least - 1, -grain))


def _grain(resource: str, present: int) -> int:
    if resource == "cpu":
        return 100 if present > 1000 else 10 if present > 100 else 1
    if present >= 4 * 2**30:
        return 2**28
    if present >= 2**24:
        return 2**24 if present >= 2**28 else 2**20
    return max(1, present // 50)


def _replicas(bench: Bench, owner: WorkloadKey) -> Iterator[Knob]:
    """Fewer replicas, as long as no pod that runs goes."""
    ref = workload_ref(owner)
    found = bench.inputs.get(ref) if owner.kind in SCALED_KINDS else None
    if found is None:
        return
    stated = (found.get("spec") or {}).get("replicas")
    replicas = 1 if stated is None else int(stated)
    running = {str(ref) for ref in bench.running(owner)}

    def fewer(position: int) -> Candidate | None:
        wanted = replicas - 1 - position
        change = scaling(bench.inputs, ref, wanted)
        if any(str(edit.target) in running for edit in change.edits):
            return None
        told = f"{owner.name} replicas {replicas} → {wanted}"
        return Candidate(
            sentence=told,
            change=change,
            rank=Rank.REPLICAS,
            stateful=is_stateful(owner),
            owner=owner.name,
        )

    mine = sum(bench.snapshot.pod_by_key[key].workload == owner for key in bench.asked)
    yield Knob(positions=min(replicas - 1, mine), make=fewer)


_OF_KIND = {
    FactKind.SPREAD: _spread,
    FactKind.ANTI_AFFINITY: _anti_affinity,
    FactKind.AFFINITY: _affinity,
    FactKind.NODE_SELECTOR: _node_selector,
    FactKind.NODE_AFFINITY: _node_affinity,
    FactKind.HOST_PORT: _host_port,
    FactKind.ORDER: _order,
    FactKind.REQUEST: _request,
}
