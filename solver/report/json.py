"""Results as versioned documents; ``schema.json`` beside this file describes them.

Plain dictionaries of JSON types come out. Times stand only in ``solver.*Seconds``; all else is the same for
the same inputs and seed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import yaml

from solver.model.names import TopologyKey
from solver.model.outcome import Proof, Reason, Unplaced
from solver.model.pod import DEFAULT_SCHEDULER
from solver.model.snapshot import Skipped
from solver.model.units import size
from solver.report import reasons
from solver.report.facts import FitFacts, PlacedPod, PlacedVolume, SpreadFact
from solver.scheduler.framework import PodVerdict
from solver.scheduler.status import Status

API_VERSION = "bulkhead.dev/v1alpha1"

Document = dict[str, Any]

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""libyaml's where PyYAML was built with it: the same text, several times faster."""


def schema_text() -> str:
    return files("solver.report").joinpath("schema.json").read_text(encoding="utf-8")


def to_json(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def to_yaml(document: Document) -> str:
    """The same document, with a readable size beside each number of bytes."""
    plain = _with_sizes(document)
    return str(yaml.dump(plain, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=120))


def placement_result(facts: FitFacts) -> Document:
    outcome, run = facts.outcome, facts.run
    return {
        "apiVersion": API_VERSION,
        "kind": "PlacementResult",
        "metadata": {
            "generatedBy": f"solve {run.version}",
            "seed": run.config.seed,
            "inputs": {"snapshot": run.snapshot_digest, "manifests": list(run.manifest_digests)},
        },
        "question": {"verb": "fit"},
        "answer": {
            "verdict": outcome.verdict.value,
            "proof": outcome.proof.value,
            "exitCode": run.exit_code,
        },
        "summary": {
            "podsPlaced": len(facts.placed),
            "podsRequested": len(facts.requested),
            "volumesNew": facts.new_volumes,
            "maxZoneSkew": facts.max_zone_skew,
        },
        "placements": [_placement(placed) for placed in facts.placed],
        "unplaced": [_unplaced(unplaced) for unplaced in outcome.unplaced],
        "conflicts": [],
        "fixes": [],
        "nodesToAdd": [],
        "outages": [],
        "moves": [],
        "constraints": [_constraint(fact) for fact in facts.spread if fact.rule is not None],
        "skipped": [_skipped(skip) for skip in facts.skipped],
        "warnings": list(facts.warnings),
        "solver": _solver(facts),
    }


def node_verdicts(verdicts: Iterable[PodVerdict]) -> Document:
    """What each pending pod was told, one at a time, in input order."""
    return {
        "apiVersion": API_VERSION,
        "kind": "NodeVerdicts",
        "pods": [_verdict(verdict) for verdict in verdicts],
    }


def _placement(placed: PlacedPod) -> Document:
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


def _unplaced(unplaced: Unplaced) -> Document:
    return {"pod": unplaced.pod, "reasons": [_reason(reason) for reason in unplaced.reasons]}


def _reason(reason: Reason) -> Document:
    owner, path = reasons.located(reason.object, reason.path)
    return {
        "code": reason.code.value,
        "message": reasons.sentence(reason),
        "object": owner,
        "path": path,
    }


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


def _skipped(skip: Skipped) -> Document:
    return {"code": skip.code, "feature": skip.feature, "count": skip.count, "example": skip.example}


def _solver(facts: FitFacts) -> Document:
    search, run = facts.outcome.search, facts.run
    last = search.stages[-1] if search.stages else None
    return {
        "status": "OPTIMAL" if facts.outcome.proof is Proof.OPTIMAL else "FEASIBLE",
        "objective": last.value if last else None,
        "bestBound": last.bound if last else None,
        "stages": [{"name": s.name, "value": s.value, "bound": s.bound} for s in search.stages],
        "stoppedBy": search.stopped_by.value,
        "workers": search.workers,
        "variables": search.variables,
        "components": search.components,
        "podClasses": search.pod_classes,
        "nodeClasses": search.node_classes,
        "approximations": list(search.approximations),
        "readSeconds": round(run.read_seconds, 3),
        "wallSeconds": round(run.wall_seconds, 3),
    }


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
