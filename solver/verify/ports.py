"""P2, P3: no two pods on a node claim the same host port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from solver.model.pod import HostPort
from solver.verify.state import FinalState, Resident
from solver.verify.violation import Violation


def check(state: FinalState) -> Iterator[Violation]:
    for residents in state.by_node.values():
        by_port: dict[tuple[str, int], list[tuple[Resident, HostPort]]] = defaultdict(list)
        for resident in residents:
            for port in resident.pod.host_ports:
                by_port[port.protocol, port.port].append((resident, port))
        for claimants in by_port.values():
            yield from _conflicts(claimants)


def _conflicts(claimants: list[tuple[Resident, HostPort]]) -> Iterator[Violation]:
    for index, (one, port) in enumerate(claimants):
        for other, other_port in claimants[:index]:
            new = one.planned or other.planned
            if new and one is not other and port.conflicts(other_port):
                yield Violation(
                    rule="P3",
                    pods=(one.pod.key, other.pod.key),
                    node=one.node.name,
                    sentence=(
                        f"pods {one.pod.key} ({port.ip}:{port.port}/{port.protocol}) and {other.pod.key}"
                        f" ({other_port.ip}:{other_port.port}/{other_port.protocol})"
                        f" want one host port of node {one.node.name}"
                    ),
                )
