"""The documents of ``fit`` and ``nodes``, and any document as JSON or YAML text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import yaml

from solver.model.names import TopologyKey
from solver.model.pod import DEFAULT_SCHEDULER
from solver.model.units import size
from solver.planning.quota import OverQuota
from solver.report import reasons
from solver.report.envelope import API_VERSION, Document, placement_envelope, unplaced_section
from solver.report.facts import FitFacts, PlacedPod, PlacedVolume, SpreadFact, UnmetPreference
from solver.scheduler.framework import PodVerdict
from solver.scheduler.status import Status

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""libyaml's where PyYAML was built with it: the same text, several times faster."""


def to_json(document: Document) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def to_yaml(document: Document) -> str:
    """The same document, with a readable size beside each number of bytes."""
    plain = _with_sizes(document)
    return str(yaml.dump(plain, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=120))


def placement_result(facts: FitFacts) -> Document:
    outcome = facts.outcome
    return placement_envelope(
        facts.run,
        verb="fit",
        verdict=outcome.verdict,
        proof=outcome.proof,
        summary={
            "podsPlaced": len(facts.placed),
            "podsRequested": len(facts.requested),
            "volumesNew": facts.new_volumes,
            "maxZoneSkew": facts.max_zone_skew,
        },
        search=outcome.search,
        skipped=facts.skipped,
        warnings=facts.warnings,
        sections={
            "placements": [placement(placed) for placed in facts.placed],
            **({} if facts.unmet is None else {"unmetPreferences": [_unmet(one) for one in facts.unmet]}),
            "overQuota": [_over_quota(over) for over in facts.over_quota],
            "unplaced": unplaced_section(outcome.unplaced),
            "constraints": [_constraint(fact) for fact in facts.spread if fact.rule is not None],
        },
    )


def _unmet(one: UnmetPreference) -> Document:
    owner, path = reasons.located(one.source, one.path)
    return {
        "kind": one.kind,
        "message": one.sentence,
        "source": {"object": owner, "path": path},
        "pods": list(one.pods),
    }


def _over_quota(over: OverQuota) -> Document:
    return {
        "quota": f"{over.namespace}/{over.quota}",
        "resource": over.resource,
        "hard": over.hard,
        "wanted": over.wanted,
        "refused": list(over.refused),
    }


def node_verdicts(verdicts: Iterable[PodVerdict]) -> Document:
    """What each pending pod was told, one at a time, in input order."""
    return {
        "apiVersion": API_VERSION,
        "kind": "NodeVerdicts",
        "pods": [_verdict(verdict) for verdict in verdicts],
    }


def placement(placed: PlacedPod) -> Document:
    pod = placed.pod
    document: Document = {
        "pod": pod.key,
        "workload": str(pod.workload) if pod.workload else None,
        "ordinal": pod.ordinal,
        "node": placed.node,
        "domains": dict(placed.domains),
        "volumes": [_volume(volume) for volume in placed.volumes],
    }
    if pod.scheduler_name != DEFAULT_SCHEDULER:
        document["schedulerName"] = pod.scheduler_name
    return document


def _volume(volume: PlacedVolume) -> Document:
    document: Document = {
        "claim": volume.claim.partition("/")[2],
        "state": volume.state.value,
        "class": volume.storage_class,
        "bytes": volume.size_bytes,
        "accessibleFrom": {key: list(values) for key, values in volume.accessible_from},
    }
    if volume.persistent_volume is not None:
        document["persistentVolume"] = volume.persistent_volume
    return document


def _constraint(fact: SpreadFact) -> Document:
    assert fact.rule is not None  # rows without a rule are not constraints
    workload = fact.workload
    owner, path = reasons.located(fact.source, f"spec.topologySpreadConstraints[{fact.rule_index}]")
    return {
        "id": "/".join(
            ["spread", workload.namespace, workload.name, _short(fact.topology_key)]
            + ["soft"] * (not fact.rule.hard)
        ),
        "kind": "TopologySpread",
        "hard": fact.rule.hard,
        "slack": fact.rule.max_skew - fact.skew,
        "source": {
            "object": owner or str(workload),
            "path": path,
        },
    }


def _short(key: TopologyKey) -> str:
    """``zone``, ``region`` and ``hostname`` for Kubernetes' own keys; others in full."""
    return key.removeprefix("topology.kubernetes.io/").removeprefix("kubernetes.io/")


def _verdict(verdict: PodVerdict) -> Document:
    return {
        "pod": verdict.pod,
        "prefilter": _status(verdict.prefilter) if verdict.prefilter else None,
        "feasible": list(verdict.feasible),
        "failed": {node: _status(verdict.failed[node]) for node in sorted(verdict.failed)},
        "scores": {
            node: {**verdict.scores[node], "total": verdict.totals[node]} for node in sorted(verdict.scores)
        },
    }


def _status(status: Status) -> Document:
    return {"plugin": status.plugin, "code": status.code.value, "reasons": sorted(set(status.reasons))}


def _with_sizes(value: Any) -> Any:
    if isinstance(value, Mapping):
        plain = {key: _with_sizes(inner) for key, inner in value.items()}
        if "bytes" in plain:
            plain["size"] = size(plain["bytes"])
        return plain
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_with_sizes(inner) for inner in value]
    return value
