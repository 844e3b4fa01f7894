"""Cases that are points of growth curves: one thing grows, everything else stays."""

from __future__ import annotations

from benchmarks.case import Case, Curve, Peer, Target
from benchmarks.generators.empty import empty
from benchmarks.generators.planted import planted

_NAIVE_PLACES = 250_000
"""Pairs of pod and node up to which the naive model is worth building."""
_PEER_LIMIT_S = 40.0
_REPLICAS = 10
"""Of every workload on an empty cluster."""
_NODES_LABEL, _PODS_LABEL = "nodes", "pending pods"


def _peers(nodes: int, pods: int) -> tuple[Peer, ...]:
    return tuple(peer for peer in Peer if peer is not Peer.NAIVE or nodes * pods <= _NAIVE_PLACES)


def _nodes(nodes: int) -> Case:
    """The same pods on ever more nodes."""
    return _empty(nodes=nodes, workloads=50, curve=Curve(name="nodes", label=_NODES_LABEL, x=nodes))


def _pods(workloads: int) -> Case:
    """Ever more pods on the same nodes."""
    pods = workloads * _REPLICAS
    return _empty(nodes=1000, workloads=workloads, curve=Curve(name="pods", label=_PODS_LABEL, x=pods))


def _empty(*, nodes: int, workloads: int, curve: Curve) -> Case:
    return Case(
        name=f"growth-{curve.name}-{curve.x}",
        build=empty,
        parameters={"nodes": nodes, "zones": 3, "workloads": workloads, "replicas": _REPLICAS},
        targets=(Target(wall_s=20, peak_mib=2048, time_limit_s=15),),
        peers=_peers(nodes, workloads * _REPLICAS),
        peer_limit_s=_PEER_LIMIT_S,
        curves=(curve,),
    )


def _both(nodes: int) -> Case:
    """Tight clusters that grow with what they hold."""
    workloads = nodes * 2 // 5
    return Case(
        name=f"growth-planted-{nodes}",
        build=planted,
        parameters={"nodes": nodes, "zones": 5, "workloads": workloads, "slack": 0.15},
        targets=(Target(wall_s=25, peak_mib=2048, placed_share=0.99, time_limit_s=20),),
        peers=_peers(nodes, 6 * workloads),
        peer_limit_s=_PEER_LIMIT_S,
        curves=(Curve(name="planted", label=f"{_NODES_LABEL} (about 2.2 pods each)", x=nodes),),
    )


GROWTH = (
    *(_nodes(nodes) for nodes in (100, 250, 500, 1000, 2500, 5000, 10_000)),
    *(_pods(workloads) for workloads in (5, 10, 25, 50, 100, 250, 500)),
    *(_both(nodes) for nodes in (50, 100, 300, 1000, 2500)),
)
