"""Fixes on nodes there are: opened, labelled, freed of taints. New ones are in ``growth``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from solver.model.names import HOSTNAME, ZONE, NodeName
from solver.model.node import Taint
from solver.model.pod import Pod, owner_of
from solver.model.requirement import Operator, Requirement
from solver.planning.change import Change, Object, Ref, editing
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
from solver.planning.why.relax import is_cordon

_MOST_LABELLED = 6
_SET_AGAIN = "node.kubernetes.io/"
"""Taints of the node controller: they come back while their cause lasts."""


def node_knobs(bench: Bench) -> Iterator[Knob]:
    for fact in bench.conflict.core.facts:
        match fact.kind:
            case FactKind.TAINT:
                yield from _taint(bench, fact)
            case FactKind.CORDON:
                yield _opened(bench, fact)
            case FactKind.NODE_SELECTOR | FactKind.NODE_AFFINITY:
                yield from _labels(bench, fact)


def _node_ref(name: str) -> Ref:
    return Ref(kind="Node", name=name)


def _some_of(bench: Bench, names: Sequence[str], edit: Callable[[Object], None]) -> Change:
    change = Change()
    for name in names:
        change += editing(bench.inputs, _node_ref(name), edit)
    return change


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _by_room(bench: Bench, names: frozenset[NodeName]) -> list[str]:
    """Nodes that the conflict's own fact alone keeps closed first, then by name."""
    opening = {name for _, opened in bench.conflict.openings for name in opened}
    return sorted(names, key=lambda name: (name not in opening, name))


def _opened(bench: Bench, fact: Fact) -> Knob:
    names = _by_room(bench, fact.nodes)

    def edit(found: Object) -> None:
        spec = found.setdefault("spec", {})
        spec.pop("unschedulable", None)
        spec["taints"] = [t for t in spec.get("taints") or [] if not _is(t, is_cordon)]

    def some(position: int) -> Candidate:
        chosen = names[: position + 1]
        told = f"uncordon {_listed(chosen)}"
        caution = "nodes are cordoned for a reason: ask whoever did it"
        return Candidate(
            sentence=told, change=_some_of(bench, chosen, edit), cautions=(caution,), rank=Rank.OPEN
        )

    return Knob(positions=len(names), make=some)


def _is(stated: dict[str, str], wanted: Callable[[Taint], bool]) -> bool:
    taint = Taint(key=stated.get("key", ""), value=stated.get("value") or "", effect=stated.get("effect", ""))
    return wanted(taint)


def _taint(bench: Bench, fact: Fact) -> Iterator[Knob]:
    """Tolerated by the workloads of the conflict, or taken from nodes."""
    taint = fact.rule
    assert isinstance(taint, Taint)
    toleration = {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect}

    def tolerate(spec: Object) -> None:
        spec.setdefault("tolerations", []).append(dict(toleration))

    told = f"{taint.key}{f'={taint.value}' if taint.value else ''}:{taint.effect}"
    for owner in dict.fromkeys(owner_of(pod) for pod in bench.pods):
        yield single(
            Candidate(
                sentence=f"{owner.name}: tolerate {told}",
                change=in_template(bench, owner, tolerate),
                cost=template_cost(bench, owner),
                cautions=template_cautions(bench, owner),
                stateful=is_stateful(owner),
                owner=owner.name,
            )
        )
    if taint.key.startswith(_SET_AGAIN):
        return
    names = _by_room(bench, fact.nodes)

    def untaint(found: Object) -> None:
        spec = found.setdefault("spec", {})
        spec["taints"] = [t for t in spec.get("taints") or [] if not _is(t, lambda one: one == taint)]

    def some(position: int) -> Candidate:
        chosen = names[: position + 1]
        caution = "the taint keeps others off these nodes too"
        return Candidate(
            sentence=f"remove the taint {told} from {_listed(chosen)}",
            change=_some_of(bench, chosen, untaint),
            cautions=(caution,),
            rank=Rank.OPEN,
        )

    yield Knob(positions=len(names), make=some)


def _labels(bench: Bench, fact: Fact) -> Iterator[Knob]:
    """One node more with the label."""
    pod = bench.snapshot.pod_by_key[min(fact.pods)]
    wanted = _wanted(fact, pod)
    if not wanted or HOSTNAME in wanted or ZONE in wanted:
        return  # those say where a node is: they cannot be given to another

    def edit(found: Object) -> None:
        found.setdefault("metadata", {}).setdefault("labels", {}).update(wanted)

    told = ", ".join(f"{key}={value}" for key, value in sorted(wanted.items()))
    lacking = frozenset(
        node.name for node in bench.snapshot.nodes if any(node.labels.get(k) != v for k, v in wanted.items())
    )
    for name in _by_room(bench, lacking)[:_MOST_LABELLED]:
        change = editing(bench.inputs, _node_ref(name), edit)
        yield single(Candidate(sentence=f"label node {name} with {told}", change=change, rank=Rank.OPEN))


def _wanted(fact: Fact, pod: Pod) -> dict[str, str]:
    if fact.kind is FactKind.NODE_SELECTOR:
        return {fact.name: pod.node_selector[fact.name]}
    terms = pod.required_nodes.terms if pod.required_nodes else ()
    if len(terms) != 1 or terms[0].fields:
        return {}
    return {e.key: value for e in terms[0].expressions if (value := _accepted(e)) is not None}


def _accepted(requirement: Requirement) -> str | None:
    if requirement.operator is Operator.IN:
        return requirement.values[0]
    return "true" if requirement.operator is Operator.EXISTS else None
