"""The cluster after a loss, as kube-scheduler would see it (C26), and the pods that ask for a node in it.

Two moments: ``unfenced``, when controllers have made what new pods they make by themselves, and ``fenced``,
when somebody has seen to it that the lost nodes are dead and their pods gone (C23).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from frozendict import frozendict

from solver.model.names import ClaimKey, PodKey, claim_key, pod_key
from solver.model.node import NO_EXECUTE, NO_SCHEDULE, Node, Taint
from solver.model.outcome import Outcome, Question, ReasonCode
from solver.model.placement import Placement
from solver.model.pod import ClaimUse, Owner, Pod
from solver.model.snapshot import Snapshot
from solver.model.storage import Claim
from solver.planning.carried_out import carried_out
from solver.planning.outage.answer import Obstacle
from solver.planning.outage.loss import Loss
from solver.planning.outage.pods import Controller, controller_of
from solver.planning.outage.prospects import Prospect, Prospects
from solver.planning.outage.timing import OUT_OF_SERVICE, UNREACHABLE
from solver.planning.storage import Recovery

_AGAIN = "+"
"""Ends the name of a replacement: no stored pod can have such a name."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """``replaced`` leads from each pod that asks for a node to the one that was lost."""

    snapshot: Snapshot
    replaced: Mapping[PodKey, PodKey]

    @property
    def question(self) -> Question:
        return Question(pods=tuple(self.replaced))


def unfenced(snapshot: Snapshot, loss: Loss, found: Prospects, *, nodes_deleted: bool) -> Scene:
    """Lost nodes are tainted and take nobody; the pods on them are being deleted and stop counting for
    spreading, but not for anti-affinity (G6). With ``nodes_deleted`` both are gone instead (C19)."""
    returning = [p for p in found.lost if p.recovery is Recovery.AUTO]
    if nodes_deleted:
        return _asking(_without_nodes(snapshot, loss), [_named_anew(p) for p in returning])
    never_evicted = {p.pod.key for p in found.lost if not p.evicted} | {pod.key for pod in found.staying}
    base = _tainted(snapshot, loss, (UNREACHABLE,))
    dying = replace(
        base,
        pods=tuple(_dying(pod, never_evicted) if pod.node_name in loss.nodes else pod for pod in base.pods),
    )
    return _asking(dying, [(_renamed(p.pod), p.pod) for p in returning])


def fenced(before: Scene, returned: Placement, loss: Loss, found: Prospects) -> Scene:
    """After those that came back by themselves: the lost pods are gone (C23), and the others ask, those among
    them that found no node before included."""
    stay = {pod.key for pod in found.staying}
    settled = carried_out(before.snapshot, returned)
    kept = tuple(pod for pod in settled.pods if pod.node_name not in loss.nodes or pod.key in stay)
    base = _tainted(replace(settled, pods=kept), loss, (UNREACHABLE, OUT_OF_SERVICE))
    scene = _asking(base, [_named_anew(p) for p in found.lost if p.recovery is Recovery.FENCE])
    waiting = {new: old for new, old in before.replaced.items() if new not in returned.node_of}
    return replace(scene, replaced=frozendict({**waiting, **scene.replaced}))


def freed_of_lost_domain(scene: Scene, found: Outcome) -> Scene | None:
    """C27: the pods that spread rules keep out, with rules that leave tainted nodes out; None if there are
    none."""
    kept_out = {
        unplaced.pod
        for unplaced in found.unplaced
        if any(reason.code is ReasonCode.TOPOLOGY_SPREAD for reason in unplaced.reasons)
    }
    if not kept_out:
        return None
    settled = carried_out(scene.snapshot, found.placement)
    return Scene(
        snapshot=replace(
            settled,
            pods=tuple(_heeding_taints(pod) if pod.key in kept_out else pod for pod in settled.pods),
        ),
        replaced=frozendict({key: scene.replaced[key] for key in scene.replaced if key in kept_out}),
    )


def rebuilt(after_fencing: Scene, returned: Placement, found: Prospects) -> Scene | None:
    """Pods whose volumes are out of reach, made again with empty claims; None if there are none."""
    lacking = [p for p in found.lost if p.obstacle is Obstacle.VOLUMES and p.claims]
    settled = carried_out(after_fencing.snapshot, returned)
    users = Counter(use.claim for pod in settled.pods for use in pod.claims)
    alone = [p for p in lacking if not any(users[use.claim] for use in p.pod.claims)]
    if not alone:
        return None
    fresh = {use.claim for p in alone for use in p.pod.claims}
    claims = tuple(emptied(claim) if claim.key in fresh else claim for claim in settled.claims)
    return _asking(replace(settled, claims=claims), [_named_anew(p) for p in alone])


def emptied(claim: Claim) -> Claim:
    """Made anew, to be bound to a new volume."""
    return replace(
        claim,
        volume_name=None,
        bind_completed=False,
        selected_node=None,
        phase="Pending",
        deleting=False,
        from_template=True,
    )


def _heeding_taints(pod: Pod) -> Pod:
    return replace(pod, spread=tuple(replace(rule, honor_taints=True) for rule in pod.spread))


def _named_anew(prospect: Prospect) -> tuple[Pod, Pod]:
    """The pod that is made, and the one that was lost. Only a StatefulSet uses a name again."""
    pod = prospect.pod
    if controller_of(pod) is Controller.ONE_OF_A_NAME:
        return replace(_remade(pod), created_after=prospect.created_after), pod
    return _renamed(pod), pod


def _asking(snapshot: Snapshot, pods: Iterable[tuple[Pod, Pod]]) -> Scene:
    """New pods and the ones they replace, added with fresh claims for their generic ephemeral volumes."""
    asking: list[Pod] = []
    fresh: dict[ClaimKey, Claim] = {}
    replaced: dict[PodKey, PodKey] = {}
    for new, old in pods:
        own = {use.volume: _fresh(snapshot, new, use) for use in new.claims if use.ephemeral}
        fresh |= {claim.key: claim for claim in own.values()}
        uses = (replace(use, claim=own[use.volume].key) if use.ephemeral else use for use in new.claims)
        asking.append(replace(new, claims=tuple(uses)))
        replaced[new.key] = old.key
    claims = tuple(claim for claim in snapshot.claims if claim.key not in fresh)
    return Scene(
        snapshot=replace(snapshot, pods=(*snapshot.pods, *asking), claims=(*claims, *fresh.values())),
        replaced=frozendict(replaced),
    )


def _fresh(snapshot: Snapshot, new: Pod, use: ClaimUse) -> Claim:
    """W19: the controller of ephemeral volumes makes a claim for the new pod."""
    key = claim_key(new.namespace, f"{new.name}-{use.volume}")
    known = snapshot.claim_by_key.get(use.claim) or Claim(key=key, namespace=new.namespace, name="")
    return replace(
        emptied(known),
        key=key,
        name=f"{new.name}-{use.volume}",
        uid=f"new/{key}",
        owner=Owner(kind="Pod", name=new.name, uid=new.uid),
    )


def _remade(pod: Pod) -> Pod:
    """The pod as its controller makes it again under the same name."""
    return replace(
        pod,
        uid=f"new/{pod.key}",
        node_name=None,
        phase="Pending",
        terminating=False,
        nominated_node=None,
        created_after=None,
        start_time="",
    )


def _renamed(pod: Pod) -> Pod:
    name = pod.name + _AGAIN
    return replace(_remade(pod), key=pod_key(pod.namespace, name), name=name, uid=f"new/{pod.key}{_AGAIN}")


def _dying(pod: Pod, never_evicted: set[PodKey]) -> Pod:
    """Its claims are left out: what it still holds on a lost node keeps nobody from using them elsewhere but
    for single-pod claims, whose pods wait for fencing anyway."""
    return replace(pod, claims=(), terminating=pod.terminating or pod.key not in never_evicted)


def _without_nodes(snapshot: Snapshot, loss: Loss) -> Snapshot:
    return replace(
        snapshot,
        nodes=tuple(node for node in snapshot.nodes if node.name not in loss.nodes),
        csi_nodes=tuple(node for node in snapshot.csi_nodes if node.name not in loss.nodes),
        pods=tuple(pod for pod in snapshot.pods if pod.node_name not in loss.nodes),
        attachments=tuple(a for a in snapshot.attachments if a.node_name not in loss.nodes),
    )


def _tainted(snapshot: Snapshot, loss: Loss, keys: Sequence[str]) -> Snapshot:
    return replace(
        snapshot,
        nodes=tuple(_lost(node, keys) if node.name in loss.nodes else node for node in snapshot.nodes),
    )


def _lost(node: Node, keys: Sequence[str]) -> Node:
    """C16, C23; and no room, so that not even a pod that tolerates everything is put there (C26)."""
    taints = [Taint(key=key, effect=effect) for key in keys for effect in (NO_SCHEDULE, NO_EXECUTE)]
    new = tuple(taint for taint in taints if taint not in node.taints)
    return replace(
        node,
        taints=(*node.taints, *new),
        ready=False,
        allocatable=frozendict({**node.allocatable, "pods": 0}),
    )
