"""Cluster API's MachineDeployments, MachineSets and MachinePools as the cluster autoscaler sees them: shape
from annotations, because there may be no node of the group to look at.

Source: Kubernetes autoscaler, cloudprovider/clusterapi: ``capacity.cluster-autoscaler.kubernetes.io/*`` and
the annotations for the least and largest size of a node group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from frozendict import frozendict
from msgspec import field

from solver.errors import Fault, InputError
from solver.kube import raw
from solver.kube.documents import Document, Entry, entries, plain
from solver.kube.faults import Problem, Subject, show
from solver.kube.offers.offer import NVIDIA, Offer, Offers, named
from solver.kube.quantities import in_units, millis, quantity_problems
from solver.kube.raw import Raw
from solver.kube.shape import ShapeError, typed
from solver.model.node import Taint

KINDS = ("MachineDeployment", "MachineSet", "MachinePool")
PODS = 110
_CAPACITY = "capacity.cluster-autoscaler.kubernetes.io/"
_MOST = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size"
_RESOURCES = {"cpu": "cpu", "memory": "memory", "ephemeral-disk": "ephemeral-storage", "maxPods": "pods"}
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


class _Machine(Raw):
    failure_domain: str | None = None


class _Template(Raw):
    spec: _Machine = field(default_factory=_Machine)


class _Spec(Raw):
    replicas: int | None = None
    template: _Template = field(default_factory=_Template)
    failure_domains: list[str] | None = None


class _Group(raw.Object):
    spec: _Spec = field(default_factory=_Spec)


def read(documents: Sequence[Document]) -> Offers:
    """Raises InputError with all faults."""
    offers: list[Offer] = []
    bare: list[str] = []
    left: list[str] = []
    faults: list[Fault] = []
    for entry in (entry for document in documents for entry in entries(document)):
        if not isinstance(entry, Entry):
            faults.append(entry[0].fault(entry[1]))
        elif entry.kind not in KINDS:
            left.append(f"{entry.kind} at {entry.position}: no node group")
        else:
            offer = _group(entry, faults)
            if offer is None:
                continue
            bare += [offer.name] if not {"cpu", "memory"} <= set(offer.amounts) else []
            offers += [offer] if {"cpu", "memory"} <= set(offer.amounts) else []
    if not offers and not bare and not faults:
        missing = Problem("", "no node group", f"manifests of {', '.join(KINDS)}")
        faults = [Subject("document", one.source, one.source).fault(missing) for one in documents]
    if faults:
        raise InputError(faults)
    return Offers(tuple(offers), (*left, *_left(offers, bare)))


def _left(offers: list[Offer], bare: list[str]) -> Iterator[str]:
    if bare:
        yield named(len(bare), f"groups without {_CAPACITY}cpu and memory", bare)
    if anywhere := [offer.name for offer in offers if not offer.zones]:
        yield named(
            len(anywhere), "groups without a failure domain, taken to be sold in every zone", anywhere
        )
    if endless := [offer.name for offer in offers if offer.most is None]:
        yield named(len(endless), f"groups without {_MOST}", endless)


def _group(entry: Entry, faults: list[Fault]) -> Offer | None:
    try:
        stored = typed(plain(entry.value), _Group)
    except ShapeError as error:
        subject = Subject(entry.kind, entry.position, entry.source)
        faults += [subject.fault(problem) for problem in error.problems]
        return None
    meta = stored.metadata or raw.Metadata()
    name = meta.name or ""
    notes = meta.annotations or {}
    subject = Subject(entry.kind, f"{meta.namespace or 'default'}/{name}", entry.source)
    found = [subject.fault(problem) for problem in _problems(notes)]
    faults += found
    return None if found else _offer(entry.kind, name, notes, stored.spec)


def _problems(notes: Mapping[str, str]) -> Iterator[Problem]:
    path = "metadata.annotations"
    stated: dict[str, raw.Quantity] = {
        _CAPACITY + key: notes[_CAPACITY + key] for key in _RESOURCES if _CAPACITY + key in notes
    }
    yield from quantity_problems(stated, path)
    for key in (_MOST, f"{_CAPACITY}gpu-count"):
        if not notes.get(key, "0").isdigit():
            yield Problem(f"{path}[{key}]", show(notes[key]), "a whole number")
    for text in _list(notes, "taints"):
        if text.rpartition(":")[2] not in _EFFECTS:
            yield Problem(f"{path}[{_CAPACITY}taints]", show(text), "KEY=VALUE:EFFECT, …")
    for text in _list(notes, "labels"):
        if "=" not in text:
            yield Problem(f"{path}[{_CAPACITY}labels]", show(text), "KEY=VALUE, …")
    for text in _list(notes, "csi-driver"):
        if not text.partition("=")[2].removeprefix("volume-limit=").isdigit():
            yield Problem(f"{path}[{_CAPACITY}csi-driver]", show(text), "DRIVER=volume-limit=NUMBER, …")


def _list(notes: Mapping[str, str], key: str) -> list[str]:
    return [part.strip() for part in notes.get(_CAPACITY + key, "").split(",") if part.strip()]


def _offer(kind: str, name: str, notes: Mapping[str, str], spec: _Spec) -> Offer:
    stated: dict[str, raw.Quantity] = {
        resource: notes[_CAPACITY + key] for key, resource in _RESOURCES.items() if _CAPACITY + key in notes
    }
    gpus = int(notes.get(f"{_CAPACITY}gpu-count", "0"))
    amounts = {"pods": PODS, **in_units(millis(stated))}
    if gpus:
        amounts[notes.get(f"{_CAPACITY}gpu-type", NVIDIA)] = gpus
    zone = spec.template.spec.failure_domain
    return Offer(
        name=name,
        amounts=frozendict(amounts),
        zones=(zone,) if zone else tuple(spec.failure_domains or ()),
        labels=frozendict(text.partition("=")[::2] for text in _list(notes, "labels")),
        taints=tuple(_taint(text) for text in _list(notes, "taints")),
        attach_limits=frozendict(
            {
                driver: int(limit.removeprefix("volume-limit="))
                for driver, _, limit in (text.partition("=") for text in _list(notes, "csi-driver"))
            }
        ),
        group=f"{kind.lower()}/{name}",
        most=max(0, int(notes[_MOST]) - (1 if spec.replicas is None else spec.replicas))
        if _MOST in notes
        else None,
    )


def _taint(text: str) -> Taint:
    body, _, effect = text.rpartition(":")
    key, _, value = body.partition("=")
    return Taint(key=key, value=value, effect=effect)
