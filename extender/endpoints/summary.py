"""What the extender sees of the cluster, in numbers."""

from __future__ import annotations

from collections import Counter

from extender.book.plans import Plan
from extender.endpoints.explain import API_VERSION
from extender.snapshots import SnapshotSource
from solver.model.names import ZONE


def snapshot_summary(source: SnapshotSource, plan: Plan) -> dict[str, object]:
    """Of the snapshot the plan in use was made for."""
    snapshot = plan.slots.snapshot
    zones = Counter(node.labels.get(ZONE, "") for node in snapshot.nodes)
    schedulers = Counter(pod.scheduler_name for pod in snapshot.pending)
    return {
        "apiVersion": API_VERSION,
        "kind": "SnapshotSummary",
        "generation": plan.sighting.generation,
        "ageSeconds": round(source.age_s(), 1),
        "troubles": list(source.troubles()),
        "nodes": len(snapshot.nodes),
        "nodesByZone": dict(sorted(zones.items())),
        "pods": {
            "running": len(snapshot.running),
            "pending": len(snapshot.pending),
            "expected": sum(pod.from_manifest for pod in snapshot.pending),
            "gated": sum(bool(pod.scheduling_gates) for pod in snapshot.pending),
        },
        "pendingByScheduler": dict(sorted(schedulers.items())),
        "claims": len(snapshot.claims),
        "volumes": len(snapshot.volumes),
        "storageClasses": sorted(found.name for found in snapshot.storage_classes),
        "skipped": [
            {"code": row.code, "feature": row.feature, "count": row.count, "example": row.example}
            for row in snapshot.skipped
        ],
        "warnings": list(snapshot.warnings),
    }
