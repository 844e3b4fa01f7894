"""Names of things. All are plain text at run time; the types keep them apart."""

from __future__ import annotations

from typing import NewType

NodeName = NewType("NodeName", str)
PodKey = NewType("PodKey", str)
"""``namespace/name``."""
ClaimKey = NewType("ClaimKey", str)
"""``namespace/name``."""
VolumeName = NewType("VolumeName", str)
TopologyKey = NewType("TopologyKey", str)
DomainName = NewType("DomainName", str)
"""One value of a topology key."""

OWN_PREFIX = "bulkhead.dev/"
"""Of annotations that are meant for us."""
HOSTNAME = TopologyKey("kubernetes.io/hostname")
ZONE = TopologyKey("topology.kubernetes.io/zone")
REGION = TopologyKey("topology.kubernetes.io/region")
INSTANCE_TYPE = "node.kubernetes.io/instance-type"


def pod_key(namespace: str, name: str) -> PodKey:
    return PodKey(f"{namespace}/{name}")


def claim_key(namespace: str, name: str) -> ClaimKey:
    return ClaimKey(f"{namespace}/{name}")
