"""What each pod that a loss hits can hope for before anybody looks for room (C16-C25)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from solver.model.names import ClaimKey, NodeName, PodKey
from solver.model.pod import Pod, WorkloadKey
from solver.model.snapshot import Snapshot
from solver.planning.outage.answer import Fencing, Obstacle
from solver.planning.outage.fates import fate_of
from solver.planning.outage.loss import Loss
from solver.planning.outage.pods import Controller, Pods, Store, controller_of
from solver.planning.outage.timing import Span, Timing, eviction_delays
from solver.planning.storage import Kind, Recovery
from solver.planning.storage.consequences import Fate

_GONE = frozenset({Fate.UNREACHABLE, Fate.DISK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """With an ``obstacle`` nobody has to look for room. ``recovery`` is then NO, or None if nobody knows."""

    pod: Pod
    recovery: Recovery | None
    obstacle: Obstacle | None = None
    claims: tuple[ClaimKey, ...] = ()
    fencing: tuple[Fencing, ...] = ()
    evicted: bool = True
    """Marked for deletion in time (C16): it counts no more for spreading, but for anti-affinity (G6)."""
    created_after: PodKey | None = None
    """W14: made again only after this other lost pod."""
    after: Span | None = None
    """AUTO only: when the new pod is made, and started as far as that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospects:
    lost: tuple[Prospect, ...]
    """Pods on the lost nodes that a controller could bring elsewhere, by workload and name."""
    stranded: tuple[Prospect, ...]
    """Pods whose node is left and whose data is not, or may not be."""
    staying: tuple[Pod, ...]
    """DaemonSet and static pods on the lost nodes."""


def prospects(pods: Pods, loss: Loss, timing: Timing, *, nodes_deleted: bool) -> Prospects:
    """``nodes_deleted``: something takes the Node objects away, which is fencing enough (C19)."""
    there = (pod for name in sorted(loss.nodes) for pod in pods.by_node.get(name, ()))
    on_lost = [pod for pod in there if not pod.terminating]
    staying = tuple(pod for pod in on_lost if controller_of(pod) is Controller.ON_ITS_NODE)
    movable = sorted((pod for pod in on_lost if controller_of(pod) is not Controller.ON_ITS_NODE), key=_order)
    judge = _Judge(pods, loss, timing, nodes_deleted=nodes_deleted)
    stranded = [pod for pod in pods.with_data if pod.node_name not in loss.nodes]
    return Prospects(
        lost=tuple(_in_order([judge.lost(pod) for pod in movable], pods.snapshot)),
        stranded=tuple(found for pod in stranded if (found := judge.left(pod)) is not None),
        staying=staying,
    )


def _in_order(found: list[Prospect], snapshot: Snapshot) -> Iterator[Prospect]:
    """W14: of an ordered StatefulSet, an ordinal that stays down keeps the later ones from being made."""
    before: dict[WorkloadKey, Prospect] = {}
    for prospect in found:  # ordinals of a workload stand one after another
        workload = prospect.pod.workload
        known = snapshot.workload_by_key.get(workload) if workload is not None else None
        if workload is None or known is None or not known.ordered:
            yield prospect
            continue
        earlier = before.get(workload)
        if earlier is not None and prospect.obstacle is None:
            if earlier.obstacle is not None:
                nobody_knows = earlier.recovery is None
                prospect = replace(
                    prospect,
                    recovery=None if nobody_knows else Recovery.NO,
                    obstacle=earlier.obstacle if nobody_knows else Obstacle.ORDERED,
                )
            else:
                prospect = replace(prospect, created_after=earlier.pod.key)
        before[workload] = prospect
        yield prospect


def _order(pod: Pod) -> tuple[str, str, int, str]:
    return pod.namespace, str(pod.workload or pod.name), pod.ordinal or 0, pod.name


class _Judge:
    def __init__(self, pods: Pods, loss: Loss, timing: Timing, *, nodes_deleted: bool) -> None:
        self._pods = pods
        self._loss = loss
        self._timing = timing
        self._nodes_deleted = nodes_deleted
        self._survivors = ~pods.mask(loss.nodes)
        self._delays: Mapping[NodeName, Span | None] = eviction_delays(pods.snapshot.nodes, loss.nodes)

    def left(self, pod: Pod) -> Prospect | None:
        """A pod whose node is not lost; None when all its data is still there."""
        fates = [(store, self._fate(store, on_lost_node=False)) for store in self._lasting(pod)]
        gone = _claims(store for store, fate in fates if fate in _GONE)
        if any(fate in _GONE for _, fate in fates):
            return Prospect(pod=pod, recovery=Recovery.NO, obstacle=Obstacle.DATA, claims=gone)
        unknown = _claims(store for store, fate in fates if fate is Fate.UNKNOWN)
        if any(fate is Fate.UNKNOWN for _, fate in fates):
            return Prospect(pod=pod, recovery=None, obstacle=Obstacle.UNKNOWN_STORAGE, claims=unknown)
        return None

    def lost(self, pod: Pod) -> Prospect:
        return replace(self._lost(pod), evicted=self._is_evicted(pod))

    def _is_evicted(self, pod: Pod) -> bool:
        assert pod.node_name is not None
        return self._timing.eviction_of(pod) is not None and self._delays[pod.node_name] is not None

    def _lost(self, pod: Pod) -> Prospect:
        controller = controller_of(pod)
        if controller is Controller.NOBODY:
            return Prospect(pod=pod, recovery=Recovery.NO, obstacle=Obstacle.NO_CONTROLLER)
        blocked = self._blocked_by_data(pod)
        if blocked is not None:
            return blocked
        if controller is Controller.UNKNOWN:
            return Prospect(pod=pod, recovery=None, obstacle=Obstacle.UNKNOWN_CONTROLLER)
        fencing = tuple(dict.fromkeys(self._fencing(pod, controller)))
        if fencing and not self._nodes_deleted:
            return Prospect(pod=pod, recovery=Recovery.FENCE, fencing=fencing)
        return Prospect(pod=pod, recovery=Recovery.AUTO, fencing=fencing, after=self._after(pod))

    def _blocked_by_data(self, pod: Pod) -> Prospect | None:
        """C24, C25: the worst of its volumes decides."""
        stores = list(self._lasting(pod))
        said_no = _claims(s for s in stores if s.nature is not None and s.nature.recovery is Recovery.NO)
        if any(s.nature is not None and s.nature.recovery is Recovery.NO for s in stores):
            return Prospect(pod=pod, recovery=Recovery.NO, obstacle=Obstacle.OVERRIDE, claims=said_no)
        fates = [(store, self._fate(store, on_lost_node=True)) for store in stores]
        reachable = bool((self._pods.reach(pod) & self._survivors).any())
        if not reachable or any(fate in _GONE for _, fate in fates):
            gone = _claims(store for store, fate in fates if fate in _GONE)
            blamed = gone or _claims(store for store in stores)
            return Prospect(pod=pod, recovery=Recovery.NO, obstacle=Obstacle.VOLUMES, claims=blamed)
        if any(fate is Fate.UNKNOWN for _, fate in fates):
            unknown = _claims(store for store, fate in fates if fate is Fate.UNKNOWN)
            return Prospect(pod=pod, recovery=None, obstacle=Obstacle.UNKNOWN_STORAGE, claims=unknown)
        return None

    def _fencing(self, pod: Pod, controller: Controller) -> Iterator[Fencing]:
        """C18, C21, C22."""
        assert pod.node_name is not None
        if controller is Controller.ONE_OF_A_NAME:
            yield Fencing.STATEFUL_SET
        for store in self._lasting(pod):
            if store.single_pod:
                yield Fencing.SINGLE_POD_CLAIM  # V8: the old pod still uses it
            elif _waits_for_detaching(store):
                yield Fencing.ATTACHED_VOLUME
            if store.nature is not None and store.nature.recovery is Recovery.FENCE:
                yield Fencing.OVERRIDE
        if self._timing.eviction_of(pod) is None:
            yield Fencing.TOLERATES_FOR_EVER
        if self._delays[pod.node_name] is None:
            yield Fencing.EVICTIONS_STOPPED

    def _after(self, pod: Pod) -> Span | None:
        """C16, C20; unknown when it is up to who deletes the nodes."""
        assert pod.node_name is not None
        wait, delay = self._timing.eviction_of(pod), self._delays[pod.node_name]
        if wait is None or delay is None or self._nodes_deleted:
            return None
        fixed = wait + self._timing.start_s
        return self._timing.grace + delay + Span(low_s=fixed, high_s=fixed)

    def _fate(self, store: Store, *, on_lost_node: bool) -> Fate:
        assert store.nature is not None
        return fate_of(store.nature, self._loss, on_lost_node=on_lost_node)

    def _lasting(self, pod: Pod) -> Iterator[Store]:
        return (store for store in self._pods.stores(pod) if store.nature is not None)


def _waits_for_detaching(store: Store) -> bool:
    """C15, C18; a driver nobody knows is taken to attach. A user who says AUTO knows better (C10)."""
    nature = store.nature
    if nature is None or nature.kind is Kind.HOST_PATH or nature.recovery is Recovery.AUTO:
        return False
    return nature.attachable is not False and not store.shared


def _claims(stores: Iterator[Store]) -> tuple[ClaimKey, ...]:
    return tuple(store.claim for store in stores if store.claim is not None)
