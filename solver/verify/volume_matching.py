"""V28-V34, V36: every open claim must get a volume: a static one of its own, or one provisioned on the spot.

A claim that cannot be provisioned where its pods go needs a static volume, and no volume serves two claims:
a matching of such claims to distinct candidates must exist. Which volume the greedy rule V33 takes depends
on the order and may fail where a matching exists; the replay decides that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from solver.model.names import ClaimKey, NodeName, VolumeName
from solver.model.selector import selects
from solver.model.storage import Claim, Volume
from solver.verify.claims import OpenClaim, open_claims
from solver.verify.provisioning import Provisioning
from solver.verify.state import FinalState
from solver.verify.violation import Violation

_Candidates = Mapping[ClaimKey, Sequence[VolumeName]]


def check(state: FinalState) -> Iterator[Violation]:
    provisioning = Provisioning(state)
    needy = {o.claim.key: o for o in open_claims(state) if not _can_provision(provisioning, o)}
    if not needy:
        return
    volumes = _StaticVolumes(state)
    candidates = {key: volumes.candidates(o.claim, _nodes(o)) for key, o in needy.items()}
    for key in _left_over(candidates):
        yield _violation(needy[key], len(candidates[key]))


def _can_provision(provisioning: Provisioning, open_claim: OpenClaim) -> bool:
    """V34, V35; V36: the first pod selects the node for everyone who shares the claim."""
    node = open_claim.users[0].node
    return len(_nodes(open_claim)) == 1 and provisioning.refusal(open_claim.claim, node) is None


def _nodes(open_claim: OpenClaim) -> frozenset[NodeName]:
    return frozenset(user.node.name for user in open_claim.users)


class _StaticVolumes:
    """Volumes a delayed claim may be bound to, found by class and node."""

    def __init__(self, state: FinalState) -> None:
        self._pre_bound: dict[tuple[str, str], list[Volume]] = defaultdict(list)
        self._free: dict[tuple[str, NodeName], list[list[Volume]]] = defaultdict(list)
        self._nodes = state.nodes
        alike: dict[tuple[str, frozenset[NodeName]], list[Volume]] = defaultdict(list)
        for volume in state.snapshot.volumes:
            if volume.claim_ref is not None:
                self._pre_bound[volume.claim_ref.namespace, volume.claim_ref.name].append(volume)
            elif volume.phase == "Available":
                alike[volume.storage_class, self._nodes.reached(volume.node_affinity)].append(volume)
        for (storage_class, reached), volumes in alike.items():
            for node in reached:
                self._free[storage_class, node].append(volumes)

    def candidates(self, claim: Claim, nodes: frozenset[NodeName]) -> list[VolumeName]:
        """V29-V32 for a claim whose pods go to ``nodes``; each of them must reach the volume (V36)."""
        chosen = [v for v in self._pre_bound[claim.namespace, claim.name] if _fits(v, claim)]
        if not chosen:  # V31: a volume set aside for the claim hides all others
            free = (v for group in self._free[claim.storage_class, min(nodes)] for v in group)
            chosen = [v for v in free if _fits(v, claim) and _offers(v, claim)]
        return [v.name for v in chosen if nodes <= self._nodes.reached(v.node_affinity)]


def _fits(volume: Volume, claim: Claim) -> bool:
    """V29, V30."""
    return (
        volume.storage_class == claim.storage_class
        and (volume.claim_ref is None or volume.claim_ref.names(claim))
        and volume.capacity_milli >= claim.request_milli
        and volume.volume_mode == claim.volume_mode
        and volume.attributes_class == claim.attributes_class
        and not volume.deleting
    )


def _offers(volume: Volume, claim: Claim) -> bool:
    """V32, for volumes not set aside for anyone; a null selector accepts any volume."""
    return (claim.selector is None or selects(claim.selector, volume.labels)) and set(
        claim.access_modes
    ) <= set(volume.access_modes)


def _left_over(candidates: _Candidates) -> list[ClaimKey]:
    """Claims that get nothing in a largest matching of claims to volumes."""
    if _greedy_serves_all(candidates):
        return []
    import networkx as nx  # rarely needed, and slow to import

    graph: nx.Graph[tuple[str, str]] = nx.Graph()
    claims = [("claim", str(key)) for key in candidates]
    graph.add_nodes_from(claims)
    graph.add_edges_from((("claim", k), ("volume", v)) for k, names in candidates.items() for v in names)
    matching = nx.bipartite.hopcroft_karp_matching(graph, claims)
    return [key for key in candidates if ("claim", key) not in matching]


def _greedy_serves_all(candidates: _Candidates) -> bool:
    """The common case, without a graph: most constrained first, first free volume."""
    taken: set[VolumeName] = set()
    for names in sorted(candidates.values(), key=len):
        name = next((n for n in names if n not in taken), None)
        if name is None:
            return False
        taken.add(name)
    return True


def _violation(open_claim: OpenClaim, candidates: int) -> Violation:
    nodes = sorted(_nodes(open_claim))
    return Violation(
        rule="V36" if len(nodes) > 1 else "V28",
        pods=tuple(user.pod.key for user in open_claim.users),
        node=nodes[0],
        sentence=(
            f"claim {open_claim.claim.key}, used on {', '.join(nodes)}, cannot be provisioned there and gets"
            f" none of its {candidates} candidate volumes: other claims need them too"
        ),
    )
