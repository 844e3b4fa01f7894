"""Fixes in storage: claims made anew where there is room, volumes freed, classes and access modes changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from solver.model.names import ClaimKey, PodKey
from solver.model.pod import WorkloadKey
from solver.model.quantity import whole
from solver.model.snapshot import Snapshot
from solver.model.storage import (
    BIND_COMPLETED,
    NO_PROVISIONER,
    READ_WRITE_ONCE,
    READ_WRITE_ONCE_POD,
    SELECTED_NODE,
    StorageClass,
)
from solver.model.units import size
from solver.planning.change import Change, Cost, Inputs, Object, Ref, adding, editing, removing
from solver.planning.why.answer import KeptVolumes
from solver.planning.why.facts import Fact, FactKind
from solver.planning.why.fixes.knobs import Bench, Candidate, Knob, Rank, is_stateful, single
from solver.planning.workloads import claim_ref, pod_ref, restarted, workload_ref

_BINDING_NOTES = (BIND_COMPLETED, "pv.kubernetes.io/bound-by-controller", SELECTED_NODE)
_CLASS_NOTE = "volume.beta.kubernetes.io/storage-class"
REBUILD = "the application must be able to rebuild a replica from its peers: a claim made anew starts empty"
_MOST_CLASSES = 3


def claim_knobs(bench: Bench) -> Iterator[Knob]:
    for fact in bench.conflict.core.facts:
        knobs = _OF_KIND.get(fact.kind)
        if knobs is not None:
            yield from knobs(bench, fact)
    for found in bench.conflict.history:
        if isinstance(found, KeptVolumes):
            yield from _release(bench, found)


def is_dynamic(storage_class: StorageClass | None) -> bool:
    return storage_class is not None and storage_class.provisioner not in ("", NO_PROVISIONER)


def recreated(inputs: Inputs, snapshot: Snapshot, key: ClaimKey) -> tuple[Change, int] | None:
    """The claim without its volume, and the bytes that were on it; None where there is no volume, or the
    class does not let the new claim follow its pod."""
    claim = snapshot.claim_by_key.get(key)
    if claim is None or claim.volume_name is None or claim.deleting:
        return None
    storage_class = snapshot.class_by_name.get(claim.storage_class)
    if storage_class is None or not storage_class.waits:
        return None
    change = editing(inputs, claim_ref(key), unbind)
    volume = Ref(kind="PersistentVolume", name=claim.volume_name)
    if inputs.get(volume) is not None:
        change += removing(volume)
    return change, whole(claim.request_milli)


def unbind(found: Object) -> None:
    found.get("spec", {}).pop("volumeName", None)
    notes = found.get("metadata", {}).get("annotations") or {}
    for note in _BINDING_NOTES:
        notes.pop(note, None)
    found["status"] = {"phase": "Pending"}


def recreating(
    inputs: Inputs, snapshot: Snapshot, uses: Sequence[tuple[PodKey, ClaimKey]], sentence: str
) -> Candidate | None:
    """All these claims made anew, with the pods that use them."""
    change, lost = Change(), 0
    claims = list(dict.fromkeys(claim for _, claim in uses))
    for key in claims:
        made = recreated(inputs, snapshot, key)
        if made is None:
            return None
        change, lost = change + made[0], lost + made[1]
    pods = list(dict.fromkeys(pod for pod, _ in uses))
    for pod in pods:
        if snapshot.pod_by_key[pod].node_name is not None:
            change += editing(inputs, pod_ref(pod), restarted)
    owner = snapshot.pod_by_key[pods[0]].workload
    return Candidate(
        sentence=sentence,
        change=change,
        cost=Cost(pods=len(pods), bytes=lost, volumes=len(claims)),
        cautions=(REBUILD,),
        rank=Rank.CLAIM,
        stateful=owner is not None and is_stateful(owner),
        owner=owner.name if owner else "",
        recreated=frozenset(claims),
    )


def named_claims(claims: Sequence[ClaimKey]) -> str:
    """``claim data-db-0``, ``claims data-db-0, data-db-1 and 3 more``."""
    shown = ", ".join(claim.partition("/")[2] for claim in claims[:3])
    more = f" and {len(claims) - 3} more" if len(claims) > 3 else ""
    return f"claim{'s' if len(claims) > 1 else ''} {shown}{more}"


def _volume_place(bench: Bench, fact: Fact) -> Iterator[Knob]:
    uses = _uses(bench.snapshot, fact)

    def some(position: int) -> Candidate | None:
        chosen = uses[: position + 1]
        told = f"re-create {named_claims([claim for _, claim in chosen])}"
        return recreating(bench.inputs, bench.snapshot, chosen, told)

    if uses:
        yield Knob(positions=len(uses), make=some)


def _uses(snapshot: Snapshot, fact: Fact) -> list[tuple[PodKey, ClaimKey]]:
    found = []
    for key in sorted(fact.pods):
        for use in snapshot.pod_by_key[key].claims:
            claim = snapshot.claim_by_key.get(use.claim)
            if claim is not None and claim.volume_name in fact.volumes:
                found.append((key, use.claim))
    return found


def _claim(bench: Bench, fact: Fact) -> Iterator[Knob]:
    """Another storage class, or a claim where there is none."""
    classes = [c for c in bench.snapshot.storage_classes if is_dynamic(c) and c.waits]
    for storage_class in classes[:_MOST_CLASSES]:
        change, lost, missing = Change(), 0, False
        for key in sorted(fact.claims):
            made, bytes_lost, was_missing = _with_class(bench, key, storage_class.name)
            change, lost, missing = change + made, lost + bytes_lost, missing or was_missing
        change += _template_class(bench, fact, storage_class.name)
        verb = "create" if missing else "re-create"
        named = ", ".join(sorted(key.partition("/")[2] for key in fact.claims)[:3])
        told = f"{verb} claim {named} with storage class {storage_class.name}"
        caution = "its size here is 1Gi: set what the application needs" if missing else REBUILD
        yield single(
            Candidate(
                sentence=told,
                change=change,
                cost=Cost(
                    pods=_stored_users(bench, fact), bytes=lost, volumes=len(fact.claims) if lost else 0
                ),
                cautions=(caution,) if missing or lost else (),
                rank=Rank.CLAIM,
                recreated=fact.claims,
            )
        )


def _stored_users(bench: Bench, fact: Fact) -> int:
    return sum(not bench.snapshot.pod_by_key[key].from_manifest for key in fact.pods)


def _with_class(bench: Bench, key: ClaimKey, name: str) -> tuple[Change, int, bool]:
    """The claim with another class and unbound; the bytes lost; whether there was none at all."""
    ref, claim = claim_ref(key), bench.snapshot.claim_by_key.get(key)
    if claim is None:
        return adding(ref, _new_claim(ref, name)), 0, True
    if bench.inputs.get(ref) is None:  # it will be made from a template
        return Change(), 0, False

    def edit(found: Object) -> None:
        unbind(found)
        (found.get("metadata", {}).get("annotations") or {}).pop(_CLASS_NOTE, None)
        found["spec"]["storageClassName"] = name
        found["metadata"].pop("deletionTimestamp", None)

    return editing(bench.inputs, ref, edit), whole(claim.request_milli) if claim.volume_name else 0, False


def _new_claim(ref: Ref, storage_class: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": {
            "accessModes": [READ_WRITE_ONCE],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }


def _template_class(bench: Bench, fact: Fact, name: str) -> Change:
    """The same in the set's volumeClaimTemplates, for claims that are yet to be made."""

    def edit(template: dict[str, Any]) -> None:
        template.setdefault("spec", {})["storageClassName"] = name

    owned = fact.owner is not None and bench.inputs.get(workload_ref(fact.owner)) is not None
    return _in_claim_template(bench, fact.owner, fact.name, edit) if owned else Change()


def _in_claim_template(
    bench: Bench, owner: WorkloadKey | None, name: str, edit: Callable[[dict[str, Any]], None]
) -> Change:
    if owner is None or owner.kind != "StatefulSet":
        return Change()

    def in_set(found: Object) -> None:
        for template in (found.get("spec") or {}).get("volumeClaimTemplates") or []:
            if (template.get("metadata") or {}).get("name") == name:
                edit(template)

    return editing(bench.inputs, workload_ref(owner), in_set)


def _selected_node(bench: Bench, fact: Fact) -> Iterator[Knob]:
    change = Change()
    for key in sorted(fact.claims):
        change += editing(bench.inputs, claim_ref(key), _forget_node)
    told = f"claim {min(fact.claims).partition('/')[2]}: remove the annotation {SELECTED_NODE}"
    yield single(Candidate(sentence=told, change=change, rank=Rank.OPEN))


def _forget_node(found: Object) -> None:
    (found.get("metadata", {}).get("annotations") or {}).pop(SELECTED_NODE, None)


def _allowed_topologies(bench: Bench, fact: Fact) -> Iterator[Knob]:
    ref = Ref(kind="StorageClass", name=fact.name)
    change = editing(bench.inputs, ref, _anywhere)
    told = f"storage class {fact.name}: no allowedTopologies"
    caution = "the field cannot be changed in place: delete the class and create it anew; volumes stay"
    yield single(Candidate(sentence=told, change=change, cautions=(caution,)))


def _anywhere(found: Object) -> None:
    found.pop("allowedTopologies", None)


def _access_mode(bench: Bench, fact: Fact) -> Iterator[Knob]:
    for key in sorted(fact.claims):
        claim = bench.snapshot.claim_by_key[key]
        wanted = READ_WRITE_ONCE if READ_WRITE_ONCE_POD in claim.access_modes else "ReadWriteMany"
        change = Change()
        for ref in (claim_ref(key), Ref(kind="PersistentVolume", name=claim.volume_name or "")):
            if bench.inputs.get(ref) is not None:
                change += editing(bench.inputs, ref, partial(_set_mode, wanted))
        told = f"claim {key.partition('/')[2]}: access mode {' '.join(claim.access_modes)} → {wanted}"
        caution = "the storage has to support it, and the claim has to be made anew over the same volume"
        yield single(Candidate(sentence=told, change=change, cautions=(caution,), cost=Cost(pods=1)))


def _storage_capacity(bench: Bench, fact: Fact) -> Iterator[Knob]:
    """Smaller claims, for those that are yet to be made."""
    rooms = {
        whole(room)
        for c in bench.snapshot.capacities
        if c.storage_class == fact.name and (room := c.maximum_volume_milli or c.capacity_milli)
    }
    for key in sorted({use.claim for pod in bench.pods for use in pod.claims}):
        claim = bench.snapshot.claim_by_key.get(key)
        if claim is None or claim.volume_name is not None or claim.storage_class != fact.name:
            continue
        wanted = whole(claim.request_milli)
        for room in sorted((room for room in rooms if room < wanted), reverse=True)[:_MOST_CLASSES]:
            change = _with_size(bench, key, room)
            if change.edits:
                told = f"{named_claims([key])}: {size(wanted)} → {size(room)}"
                yield single(Candidate(sentence=told, change=change, rank=Rank.REQUEST))


def _with_size(bench: Bench, key: ClaimKey, room: int) -> Change:
    """In the claim, or in the template it is going to be made from."""
    asked = {"requests": {"storage": str(room)}}
    if bench.inputs.get(claim_ref(key)) is not None:
        return editing(bench.inputs, claim_ref(key), lambda found: found["spec"].update(resources=asked))
    pod = next(pod for pod in bench.pods if any(use.claim == key for use in pod.claims))
    template = key.partition("/")[2].removesuffix(f"-{pod.name}")
    return _in_claim_template(
        bench, pod.workload, template, lambda found: found["spec"].update(resources=asked)
    )


def _set_mode(mode: str, found: Object) -> None:
    found["spec"]["accessModes"] = [mode]


def _release(bench: Bench, kept: KeptVolumes) -> Iterator[Knob]:
    """Let go of claims that are gone."""

    def some(position: int) -> Candidate:
        change = Change()
        for name in kept.volumes[: position + 1]:
            change += editing(bench.inputs, Ref(kind="PersistentVolume", name=name), _forget_claim)
        told = f"remove the claimRef of volume {', '.join(kept.volumes[: position + 1])}"
        caution = "what the claim before left on it is still there: wipe it first unless it is wanted"
        return Candidate(sentence=told, change=change, cautions=(caution,), rank=Rank.OPEN)

    yield Knob(positions=len(kept.volumes), make=some)


def _forget_claim(found: Object) -> None:
    found["spec"].pop("claimRef", None)
    found["status"] = {"phase": "Available"}


_OF_KIND = {
    FactKind.VOLUME_PLACE: _volume_place,
    FactKind.CLAIM: _claim,
    FactKind.SELECTED_NODE: _selected_node,
    FactKind.ALLOWED_TOPOLOGIES: _allowed_topologies,
    FactKind.ACCESS_MODE: _access_mode,
    FactKind.STORAGE_CAPACITY: _storage_capacity,
}
