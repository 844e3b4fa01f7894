"""A what-if as data: edits reach the objects they name, and what was given stays as it was."""

from __future__ import annotations

import json

import pytest

from solver.errors import InputError
from solver.planning.change import (
    Change,
    Edit,
    Inputs,
    Operation,
    Ref,
    adding,
    apply,
    difference,
    edited,
    editing,
    from_patches,
    inputs_of,
    patches,
    removing,
)
from solver.planning.setting import find_workload, parse_setting, set_all
from tests import builders as b

NODE = Ref(kind="Node", name="n1")
DB = Ref(kind="StatefulSet", namespace="prod", name="db")


def inputs(*objects: b.Raw, manifests: tuple[b.Raw, ...] = ()) -> Inputs:
    return inputs_of([b.document(*objects)], [b.document(*manifests)] if manifests else [])


def world(*, replicas: int = 2, pending: int = 0, manifest: bool = False) -> Inputs:
    """A node, and a set with two running pods and perhaps pending ones; its template asks for one CPU."""
    spec = b.pod_spec(requests={"cpu": "1"}, spread=[b.spread(labels={"app": "db"})])
    db = b.stateful_set(name="db", replicas=replicas, parallel=True, spec=spec)
    pods = [
        b.pod(name=f"db-{i}", node="n1" if i < 2 else None, owner=("StatefulSet", "db"), spec=spec)
        for i in range(2 + pending)
    ]
    pods[0]["spec"]["nodeName"] = pods[1]["spec"]["nodeName"] = "n1"
    stored = [b.node(name="n1", cpu="8"), *pods]
    return inputs(*stored, manifests=(db,)) if manifest else inputs(*stored, db)


def test_a_change_reaches_the_object_it_names_and_leaves_the_inputs_alone() -> None:
    given = inputs(b.node(name="n1", cpu="4"), b.node(name="n2", cpu="4"))
    change = editing(given, NODE, lambda n: n["status"]["allocatable"].update(cpu="9"))
    assert [node.allocatable["cpu"] for node in apply(given, change).snapshot().nodes] == [9000, 4000]
    assert [node.allocatable["cpu"] for node in given.snapshot().nodes] == [4000, 4000]


def test_objects_are_added_and_removed() -> None:
    given = inputs(b.node(name="n1"), b.node(name="n2"))
    change = removing(NODE) + adding(Ref(kind="Node", name="n3"), b.node(name="n3"))
    assert [node.name for node in apply(given, change).snapshot().nodes] == ["n2", "n3"]


def test_a_printed_change_read_back_is_the_same_change() -> None:
    given = inputs(b.node(name="n1", labels={"a/b~c": "1"}))
    change = editing(given, NODE, lambda n: n["metadata"]["labels"].update({"a/b~c": "2"}))
    printed = json.loads(json.dumps(patches(change)))
    assert printed[0]["operations"] == [{"op": "replace", "path": "/metadata/labels/a~1b~0c", "value": "2"}]
    assert apply(given, from_patches(printed)).snapshot().nodes[0].labels["a/b~c"] == "2"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3], "c": {}}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"a": {"b": 1}}, {}),
        ({"a": None}, {"a": {"b": None}}),
    ],
)
def test_the_difference_of_two_objects_turns_one_into_the_other(before: b.Raw, after: b.Raw) -> None:
    value = json.loads(json.dumps(before))
    for edit in difference(NODE, before, after):
        value = edited(value, edit)
    assert value == after


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (Edit(target=Ref(kind="Node", name="no"), operation=Operation.REMOVE), "Node no: found nothing"),
        (Edit(target=NODE, operation=Operation.REPLACE, path="/spec/x/y", value=1), "no such field"),
        (Edit(target=NODE, operation=Operation.REMOVE, path="/spec/x"), "no such field"),
        (Edit(target=NODE, operation=Operation.ADD, value={}), "an object of that name"),
    ],
)
def test_an_edit_that_finds_nothing_is_an_error_that_names_it(edit: Edit, told: str) -> None:
    with pytest.raises(InputError, match=told):
        apply(inputs(b.node(name="n1")), Change(edits=(edit,)))


# --set


def settled(given: Inputs, *texts: str) -> Inputs:
    return apply(given, set_all(given, [parse_setting(text) for text in texts]))


@pytest.mark.parametrize("manifest", [False, True])
def test_more_replicas_add_the_missing_pods(manifest: bool) -> None:
    after = settled(world(manifest=manifest), "db.replicas=4").snapshot()
    assert [pod.name for pod in after.pending] == ["db-2", "db-3"]


def test_fewer_replicas_take_the_highest_ordinals_away() -> None:
    after = settled(world(replicas=4, pending=2), "db.replicas=1").snapshot()
    assert [pod.name for pod in after.pods] == ["db-0"]


def test_fewer_replicas_of_a_deployment_take_pending_pods_first() -> None:
    pods = [b.pod(name=f"web-{i}", node=None if i == 0 else "n1", owner=("ReplicaSet", "web")) for i in "012"]
    pods[0]["spec"].pop("nodeName", None)
    web = b.deployment(name="web", replicas=3, kind="ReplicaSet")
    given = inputs(b.node(name="n1"), *pods, web)
    after = settled(given, "web.replicas=2").snapshot()
    assert len(after.pods) == 2


@pytest.mark.parametrize("manifest", [False, True])
def test_a_template_change_reaches_pending_pods_and_not_running_ones(manifest: bool) -> None:
    given = world(replicas=3, pending=1, manifest=manifest)
    after = settled(given, "sts/db.cpu=2500m", "prod/db.maxSkew=3").snapshot()
    pods = {pod.name: pod for pod in after.pods}
    assert pods["db-2"].requests["cpu"] == 2500
    assert pods["db-2"].spread[0].max_skew == 3
    assert pods["db-0"].requests["cpu"] == 1000


def test_the_total_of_several_containers_is_set_by_the_largest() -> None:
    containers = [b.container(name="a", requests={"cpu": "3"}), b.container(name="b", requests={"cpu": "1"})]
    web = b.deployment(name="web", replicas=1, spec=b.pod_spec(containers=containers))
    given = inputs(b.node(name="n1"), manifests=(web,))
    assert settled(given, "web.cpu=2").snapshot().pending[0].requests["cpu"] == 2000
    with pytest.raises(InputError, match="ask for more already"):
        settled(given, "web.cpu=500m")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("db.cpus=4", "did you mean cpu"),
        ("db=4", "not of the form"),
        ("db.replicas=-1", "not a whole number from 0"),
        ("db.maxSkew=0", "not a whole number from 1"),
        ("db.cpu=four", "not a quantity"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_setting(text)


def test_every_setting_that_finds_nothing_is_told_at_once() -> None:
    given = world()
    with pytest.raises(InputError) as error:
        set_all(given, [parse_setting("bd.cpu=1"), parse_setting("deploy/db.cpu=1")])
    told = str(error.value)
    assert "bd" in told and "did you mean db?" in told and "deploy/db" in told


def test_a_resource_with_a_domain_is_a_field() -> None:
    setting = parse_setting("sts/db.nvidia.com/gpu=2")
    assert (setting.workload, setting.field) == ("sts/db", "nvidia.com/gpu")


def test_a_name_that_several_workloads_have_needs_its_kind() -> None:
    given = inputs(b.node(name="n1"), b.stateful_set(name="db"), b.deployment(name="db"))
    with pytest.raises(InputError, match="several: Deployment/prod/db and StatefulSet/prod/db"):
        find_workload(given, "db", None, "")
    assert find_workload(given, "sts/db", None, "") == DB
