"""The preempt verb on the wire: bytes to candidates, and those kept to bytes. Nothing is decided here.

Source: ``ExtenderPreemptionArgs`` and ``ExtenderPreemptionResult`` in
``k8s.io/kube-scheduler/extender/v1/types.go`` at v0.34.1. Keys are Go field names in any letter case. The
answer never holds a null: for a node mapped to null kube-scheduler exits (B1.6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from frozendict import frozendict

from extender.wire import Fields, WireError, decode_as, fields_of, present, require_body
from solver.model.names import NodeName

_ReadUid = Callable[[msgspec.Raw, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    uids: tuple[str, ...] = ()
    """Of the pods that would be evicted. Empty is legal."""
    budget_violations: int = 0
    """Disruption budgets that would be violated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreemptionArgs:
    pod: bytes
    candidates: frozendict[NodeName, Candidate]


def decode_preemption(body: bytes) -> PreemptionArgs:
    """The body of a preempt request, in either mode. Raises WireError."""
    pod, fields = require_body(body)
    names, objects = present(fields, "nodenametometavictims"), present(fields, "nodenametovictims")
    given = names if names is not None else objects
    if given is None:
        return PreemptionArgs(pod=pod, candidates=frozendict())
    what = "NodeNameToMetaVictims" if given is names else "NodeNameToVictims"
    read_uid = _meta_uid if given is names else _object_uid
    listed = decode_as(given, dict[NodeName, msgspec.Raw], what)
    found = {name: _candidate(value, f"{what}[{name}]", read_uid) for name, value in listed.items()}
    return PreemptionArgs(pod=pod, candidates=frozendict(found))


def encode_preemption(kept: Mapping[NodeName, Candidate]) -> bytes:
    """The answer in both modes."""
    victims = {
        name: {
            "Pods": [{"UID": uid} for uid in candidate.uids],
            "NumPDBViolations": candidate.budget_violations,
        }
        for name, candidate in kept.items()
    }
    return msgspec.json.encode({"NodeNameToMetaVictims": victims})


def _candidate(value: msgspec.Raw, where: str, read_uid: _ReadUid) -> Candidate:
    fields: Fields = {} if bytes(value).strip() == b"null" else fields_of(value, where)
    pods, violations = present(fields, "pods"), present(fields, "numpdbviolations")
    listed = [] if pods is None else decode_as(pods, list[msgspec.Raw], f"{where}.Pods")
    return Candidate(
        uids=tuple(read_uid(pod, f"{where}.Pods[{position}]") for position, pod in enumerate(listed)),
        budget_violations=0
        if violations is None
        else decode_as(violations, int, f"{where}.NumPDBViolations"),
    )


def _meta_uid(pod: msgspec.Raw, where: str) -> str:
    uid = present(fields_of(pod, where), "uid")
    if uid is None:
        raise WireError(f"{where} has no UID")
    return decode_as(uid, str, f"{where}.UID")


class _Meta(msgspec.Struct):
    uid: str


class _Object(msgspec.Struct):
    metadata: _Meta


def _object_uid(pod: msgspec.Raw, where: str) -> str:
    return decode_as(pod, _Object, where).metadata.uid
