"""Redaction: nothing but what is listed gets through, and answers stay the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from kubernetes.client import models
from msgspec import inspect

from solver.kube import raw
from solver.kube.documents import Document, entries
from solver.kube.kinds import KINDS, Kind
from solver.kube.read import read_snapshot
from solver.kube.redact import Redacted, redacted
from solver.kube.redact.fields import TREATMENT
from solver.model.config import SolveConfig
from solver.model.outcome import Outcome
from solver.model.snapshot import Snapshot
from solver.pipeline import place
from solver.scheduler.framework import verdict
from solver.scheduler.state import ClusterState
from tests import builders as b
from tests.strategies import World, question_of, worlds

SECRET = "S3cret!"
"""Not of any form that a text may have."""


def redact(*objects: b.Raw, hash_names: bool = False) -> Redacted:
    return redacted(entries(b.document(*objects)), hash_names=hash_names)


def snapshot_of(found: Redacted) -> Snapshot:
    return read_snapshot([Document("redacted", json.dumps({"kind": "List", "items": found.items}).encode())])


# Fields


def text_fields() -> Iterator[tuple[type[raw.Raw], str]]:
    for kind in vars(raw).values():
        if isinstance(kind, type) and issubclass(kind, raw.Raw):
            own = inspect.type_info(kind)
            assert isinstance(own, inspect.StructType)
            yield from ((kind, field.name) for field in own.fields if holds_text(field.type))


def holds_text(kind: inspect.Type) -> bool:
    match kind:
        case inspect.StrType() | inspect.DictType():
            return True
        case inspect.UnionType(types=types):
            return any(map(holds_text, types))
        case inspect.ListType(item_type=item):
            return holds_text(item)
    return False


def test_every_text_that_is_read_has_a_treatment() -> None:
    """A new field of ``raw`` is left out of redacted snapshots until it has one."""
    assert {(kind, field) for kind, field in text_fields()} == {
        (kind, field) for kind, fields in TREATMENT.items() for field in fields
    }


# Secrets


def full(kind: str, path: str, seen: tuple[str, ...]) -> Any:
    """An object of the client's model with a secret in every text it can hold."""
    if inner := re.fullmatch(r"[Ll]ist\[(.+)\]", kind):
        return [full(inner[1], path, seen)]
    if inner := re.fullmatch(r"[Dd]ict[\[(]str, (.+)[\])]", kind):
        value = full(inner[1], f"{path}[]", seen)
        return {"S3cret!key": value, "plain": value}
    model = getattr(models, kind, None)
    if path.endswith(("min_available", "max_unavailable")):
        return SECRET  # a number or text, though the client's model says object
    if model is None:
        plain = {"int": 1, "bool": True, "float": 1.0, "datetime": "2026-01-01"}
        return plain.get(kind, SECRET)
    if kind in seen:
        return {}
    return {
        model.attribute_map[attribute]: full(inner, f"{path}.{attribute}", (*seen, kind))
        for attribute, inner in model.openapi_types.items()
    }


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if hasattr(models, f"V1{kind.name}")])
@pytest.mark.parametrize("hash_names", [False, True])
def test_no_text_gets_through_that_is_not_of_the_form_its_field_has(kind: Kind, hash_names: bool) -> None:
    stored = full(f"V1{kind.name}", "", ())
    stored |= {"apiVersion": f"{kind.group}/v1".lstrip("/"), "kind": kind.name}
    found = redact(stored, hash_names=hash_names)
    assert len(found.items) == 1
    assert "S3cret" not in json.dumps(found.items)


def canary_pod() -> b.Raw:
    """Secrets of a form that many fields may have, in fields that nobody needs."""
    pod = b.pod(name="db-0", node="a1", labels={"app": "db"}, requests={"cpu": "1"})
    pod["metadata"]["annotations"] = {"vault/token": "canary1", "bulkhead.dev/quorum": "2"}
    pod["metadata"]["managedFields"] = [{"manager": "canary2"}]
    pod["metadata"]["finalizers"] = ["canary3"]
    container = pod["spec"]["containers"][0]
    container |= {
        "image": "registry.example.com/canary4:1",
        "command": ["canary5"],
        "args": ["--password=canary6"],
        "env": [{"name": "canary7", "value": "canary8"}],
        "envFrom": [{"secretRef": {"name": "canary9"}}],
        "livenessProbe": {
            "httpGet": {"path": "/canary10", "httpHeaders": [{"name": "a", "value": "canary11"}]}
        },
    }
    pod["spec"] |= {
        "serviceAccountName": "canary12",
        "hostname": "canary13",
        "imagePullSecrets": [{"name": "canary14"}],
    }
    pod["spec"]["volumes"] = [{"name": "v", "secret": {"secretName": "canary15"}}]
    pod.setdefault("status", {})["message"] = "canary16"
    pod["status"]["podIP"] = "canary17"
    return pod


@pytest.mark.parametrize("hash_names", [False, True])
def test_what_nobody_needs_does_not_get_through_whatever_its_form(hash_names: bool) -> None:
    volume = b.volume(name="pv", storage="1Gi")
    volume["spec"]["csi"] = {
        "driver": "csi.example.com",
        "volumeHandle": "canary18",
        "volumeAttributes": {"a": "canary19"},
        "nodeStageSecretRef": {"name": "canary20"},
    }
    volume["spec"].pop("local", None)
    storage_class = b.storage_class(name="ssd") | {"parameters": {"secret-name": "canary21", "type": "ssd"}}
    node = b.node(name="a1")
    node["status"]["addresses"] = [{"type": "InternalIP", "address": "canary22"}]
    node["status"]["images"] = [{"names": ["registry.example.com/canary4:1"], "sizeBytes": 7}]
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "canary23"},
        "data": {"a": "canary24"},
    }
    found = redact(canary_pod(), volume, storage_class, node, secret, hash_names=hash_names)
    text = json.dumps(found.items)
    assert "canary" not in text
    assert found.left_out == (("Secret", 1),)
    assert '"bulkhead.dev/quorum": "2"' in text
    assert '"type": "ssd"' in text
    pod, _, _, shown_node = found.items
    assert shown_node["status"]["images"][0]["names"] == [pod["spec"]["containers"][0]["image"]]


def test_hashed_names_leave_no_trace_of_the_old_ones() -> None:
    labels = {"app": "payroll", "acme.example/team": "ledger"}
    pod = b.pod(name="payroll-0", namespace="finance", node="ip-10-1-2-3.ec2.internal", labels=labels)
    node = b.node(name="ip-10-1-2-3.ec2.internal", zone="eu-1a", labels={"acme.example/rack": "basement"})
    static = b.pod(name="proxy-ip-10-1-2-3.ec2.internal", namespace="kube-system", node="x")
    text = json.dumps(redact(pod, node, static, hash_names=True).items)
    for word in ("payroll", "ledger", "finance", "acme", "basement", "10-1-2-3", "ec2", "proxy"):
        assert word not in text
    assert "eu-1a" in text  # zones stay: answers are about them


def test_parts_of_names_stay_parts_of_names() -> None:
    objects = [b.pod(name="db-0"), b.pod(name="db-12"), b.claim(name="data-db-0"), b.claim(name="db-0-tmp")]
    names = redact(*objects, hash_names=True).names
    assert names("db-0") == f"{names('db')}-0"
    assert names("db-12") == f"{names('db')}-12"
    assert names("data-db-0") == f"{names('data')}-{names('db')}-0"
    assert names("db-0-tmp") == f"{names('db')}-0-{names('tmp')}"


# Answers


def answer(snapshot: Snapshot) -> Outcome:
    return place(snapshot, question_of(snapshot), SolveConfig(time_limit_s=60, workers=1))


@given(worlds())
@settings(max_examples=25)
def test_a_redacted_snapshot_gives_the_same_answer(world: World) -> None:
    found = redact(*world.objects)
    one, other = read_snapshot([b.document(*world.objects)]), snapshot_of(found)
    assert answer(one) == answer(other)
    assert told(one) == told(other)


@given(worlds())
@settings(max_examples=25)
def test_with_other_names_the_answer_is_the_same_under_the_other_names(world: World) -> None:
    found = redact(*world.objects, hash_names=True)
    one, other = answer(read_snapshot([b.document(*world.objects)])), answer(snapshot_of(found))
    assert (one.verdict, one.proof) == (other.verdict, other.proof)
    renamed = {
        "/".join(map(found.names, a.pod.split("/"))): found.names(a.node) for a in one.placement.assignments
    }
    assert renamed == dict(other.placement.node_of)


def told(snapshot: Snapshot) -> list[Any]:
    """What kube-scheduler says of each pending pod: the scores look at more than a plan does."""
    state = ClusterState.of(snapshot)
    return [verdict(pod, state) for pod in snapshot.pending]
