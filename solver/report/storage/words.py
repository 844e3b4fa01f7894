"""The talk's table in words: accessibility, availability, durability, access mode (C1, C11-C15, C24)."""

from __future__ import annotations

from solver.planning.storage import Kind, Nature, Recovery, StorageRow
from solver.planning.storage.consequences import Consequence
from solver.report.naming import few

UNKNOWN = "unknown"

KIND = {
    Kind.LOCAL: "local disk",
    Kind.HOST_PATH: "path of a node",
    Kind.ZONAL: "zonal cloud disk",
    Kind.REGIONAL: "replicated cloud disk",
    Kind.SERVER: "single file server",
    Kind.DISTRIBUTED: "scale-out storage",
    Kind.UNKNOWN: UNKNOWN,
}
"""The talk's names."""

_DURABLE = {
    Kind.LOCAL: "as the disk: lost with it",
    Kind.HOST_PATH: "as the disk: left behind when the pod moves",
    Kind.ZONAL: "kept inside its zone by the provider",
    Kind.REGIONAL: "a replica in each of its zones",
    Kind.SERVER: "as the server",
    Kind.DISTRIBUTED: "as many replicas as it is set up with",
    Kind.UNKNOWN: UNKNOWN,
}
_SHORT_MODE = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}
_RECOVERY = {Recovery.AUTO: "by itself", Recovery.FENCE: "after fencing", Recovery.NO: "no"}
_NAMED = 4


def accessible_from(nature: Nature) -> str:
    zones, nodes = _names(nature.zones), _names(nature.nodes)
    match nature.kind:
        case Kind.LOCAL:
            return f"node {nodes}" if nodes else "one node"
        case Kind.HOST_PATH:
            return "any node, other data on each"
        case Kind.ZONAL:
            return f"zone {zones}" if zones else "one zone"
        case Kind.REGIONAL:
            return f"zones {zones}" if zones else "several zones, which ones is known once bound"
        case Kind.DISTRIBUTED if nodes:
            return f"nodes {nodes}"
        case Kind.SERVER | Kind.DISTRIBUTED:
            return "any node with its client"
        case _:
            return UNKNOWN


def available_until(nature: Nature) -> str:
    """What takes the data away."""
    zones = _names(nature.zones)
    match nature.kind:
        case Kind.LOCAL | Kind.HOST_PATH:
            return "its node is lost"
        case Kind.ZONAL:
            return "its zone is lost"
        case Kind.REGIONAL:
            return "all of its zones are lost"
        case Kind.SERVER:
            return (
                f"its server is lost, in zone {zones}"
                if zones
                else "its server is lost; where it is: unknown"
            )
        case Kind.DISTRIBUTED if nature.nodes:
            return "all of its nodes are lost"
        case Kind.DISTRIBUTED:
            return f"most of zones {zones} are lost" if zones else "a zone is lost: unknown"
        case _:
            return UNKNOWN


def durable(nature: Nature) -> str:
    return _DURABLE[nature.kind]


def modes(row: StorageRow) -> str:
    """C11-C15: what was seen; nothing is concluded from the driver."""
    if not row.access_modes:
        return UNKNOWN
    shown = ",".join(_SHORT_MODE.get(mode, mode) for mode in row.access_modes)
    return f"{shown} (asked)" if row.modes_seen_on == "claims" else shown


def recovery(found: Consequence) -> str:
    """``by itself / after fencing`` for a Deployment and a StatefulSet."""
    return f"{_recovery(found.deployment)} / {_recovery(found.stateful_set)}"


def _recovery(found: Recovery | None) -> str:
    return UNKNOWN if found is None else _RECOVERY[found]


def _names(names: frozenset[str] | None) -> str:
    return few(sorted(names or ()), _NAMED, then=" …")
