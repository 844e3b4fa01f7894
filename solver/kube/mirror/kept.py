"""What a mirror keeps, kind by kind, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable

from solver.kube.inventory import Loaded
from solver.kube.kinds import BY_NAME
from solver.kube.mirror.expected import Expected
from solver.kube.mirror.namespaces import Namespaces
from solver.kube.mirror.plain import READINGS, WORKLOAD_READINGS, PlainKind
from solver.kube.mirror.pods import StoredPods
from solver.kube.mirror.remarks import Remarks
from solver.kube.mirror.table import Table
from solver.model.names import ClaimKey, PodKey
from solver.model.node import Node
from solver.model.pod import Pod
from solver.model.storage import Claim


class Kept:
    def __init__(self) -> None:
        self.unlisted: frozenset[str] = frozenset()
        """Kinds of which nothing is known because they could not be listed (W37)."""
        self.loaded: dict[str, Table[Loaded]] = {kind: Table() for kind in BY_NAME}
        """Of every kind but nodes and pods, which are many and large."""
        self.plain = {kind: PlainKind(reading) for kind, reading in READINGS.items()}
        self.workloads = {kind: PlainKind(reading) for kind, reading in WORKLOAD_READINGS.items()}
        self.remarks = Remarks()
        self.namespaces = Namespaces()
        self.nodes: Table[Node] = Table()
        self.pods = StoredPods(self.get)
        """Those that exist."""
        self.claims: Table[Claim] = Table()
        """Likewise."""
        self.expected = Expected(self.pods.by_key)

    def get(self, kind: str, namespace: str, name: str) -> Loaded | None:
        """Of every kind but nodes and pods."""
        known = self.loaded.get(kind)
        return known.get(f"{namespace}/{name}" if namespace else name) if known is not None else None

    def of(self, kind: str) -> tuple[Loaded, ...]:
        """Of every kind but nodes and pods, in key order."""
        return self.loaded[kind].values()

    def labels(self, kind: str) -> Iterable[str]:
        """The names of all objects of a kind."""
        if kind == "Pod":
            return self.pods.by_key
        return self.nodes if kind == "Node" else self.loaded[kind]

    def pod_now(self, key: PodKey) -> Pod | None:
        """An expected pod takes the place of one that has finished (W15)."""
        return self.expected.pods.get(key) or self.pods.by_key.get(key)

    def claim_now(self, key: ClaimKey) -> Claim | None:
        return self.claims.get(key) or self.expected.claim(key)

    def claim_keys(self) -> frozenset[ClaimKey]:
        """Of claims that exist, and of those expected replicas will need."""
        to_come = (claim.key for replica in self.expected.replicas() for claim in replica.claims)
        return frozenset({*map(ClaimKey, self.claims), *to_come})
