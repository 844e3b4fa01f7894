"""Fields of manifests that do not exist or are given twice: warned of, never an error, no false alarm."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from solver.cli.strict import odd_fields
from solver.kube.documents import Document, entries
from solver.kube.inventory import Inventory
from solver.kube.kinds import KINDS
from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import SHOP_APP, SHOP_CLUSTER
from tests.strategies import World, worlds

Solve = Callable[..., Ran]


def odd(*manifests: b.Raw) -> list[str]:
    return found_in(b.document(*manifests).data)


def found_in(data: bytes, source: str = "") -> list[str]:
    inventory = Inventory("default")
    inventory.load(entries(Document(source=source, data=data)), manifest=True)
    return [remark for manifest in inventory.manifests() for remark in odd_fields(manifest)]


def deployment(**spec: Any) -> b.Raw:
    made = b.deployment(name="web", replicas=2, labels={"app": "web"})
    made["spec"].update(spec)
    return made


def pod_spec_of(manifest: b.Raw) -> dict[str, Any]:
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return found


def test_a_misspelled_field_is_named_with_object_path_and_the_nearest_one() -> None:
    manifest = deployment(replica=3)
    pod_spec_of(manifest)["containers"][0]["resources"] = {"request": {"cpu": "1"}}
    assert odd(manifest) == [
        "Deployment prod/web spec.template.spec.containers[0].resources.request:"
        " no such field, ignored; did you mean requests?",
        "Deployment prod/web spec.replica: no such field, ignored; did you mean replicas?",
    ]


def test_a_field_at_the_wrong_place_is_shown_where_it_belongs() -> None:
    """Most often a matter of indentation."""
    by_zone = [b.spread(labels={"app": "web"})]
    (remark,) = odd(deployment(topologySpreadConstraints=by_zone))
    assert remark.endswith("did you mean spec.template.spec.topologySpreadConstraints?")
    manifest = deployment()
    pod_spec_of(manifest)["containers"][0]["nodeSelector"] = {"disk": "ssd"}
    (remark,) = odd(manifest)
    assert remark.endswith(
        ".containers[0].nodeSelector: no such field, ignored; did you mean spec.template.spec.nodeSelector?"
    )


def test_a_field_unlike_any_other_gets_no_advice() -> None:
    assert odd(deployment(xyzzy=1)) == ["Deployment prod/web spec.xyzzy: no such field, ignored"]


def test_letter_case_matters() -> None:
    manifest = deployment()
    pod_spec_of(manifest)["nodeselector"] = {"disk": "ssd"}
    (remark,) = odd(manifest)
    assert remark.endswith("did you mean nodeSelector?")


def test_maps_of_any_keys_are_not_judged() -> None:
    manifest = deployment(selector={"matchLabels": {"app": "web"}})
    manifest["metadata"] |= {"annotations": {"replica": "x"}, "creationTimestamp": None}
    pod_spec_of(manifest)["nodeSelector"] = {"nodeselector": "x"}
    pod_spec_of(manifest)["containers"][0]["resources"] = {"requests": {"example.com/cpus": "1"}}
    assert odd(manifest) == []


def test_kinds_versions_and_fields_that_nobody_can_judge_are_left_alone() -> None:
    status = deployment() | {"status": {"brandNew": 1}}
    assert odd(status) == []
    old = deployment(replica=3) | {"apiVersion": "apps/v1beta1"}
    assert odd(old) == []
    assert odd({"apiVersion": "example.com/v1", "kind": "Pod", "metadata": {"name": "x"}, "foo": 1}) == []


@settings(max_examples=40)
@given(worlds())
def test_what_the_api_knows_is_no_reason_to_warn(world: World) -> None:
    assert odd(*world.objects, *world.manifests) == []


@pytest.mark.parametrize("path", [SHOP_APP, SHOP_CLUSTER])
def test_real_objects_are_no_reason_to_warn(path: str) -> None:
    assert found_in(Path(path).read_bytes()) == []


def test_almost_every_kind_that_is_read_can_be_judged() -> None:
    """ResourceClaim has a model of another name."""
    named = {"metadata": {"name": "x"}, "metadatas": {}}
    judged = set()
    for group, kind in KINDS:
        raw = {"apiVersion": f"{group}/v1".lstrip("/"), "kind": kind, **named}
        judged |= {kind for remark in odd(raw) if "did you mean metadata?" in remark}
    assert {kind for _, kind in KINDS} - judged == {"ResourceClaim"}


def test_a_field_given_twice_in_json_is_named() -> None:
    text = """{"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "labels": {"a": "1", "a": "2"}},
         "spec": {"priority": 0, "priority": 0, "containers": [{"name": "c", "image": "i"}]}}]}"""
    assert found_in(text.encode(), source="app.json") == [
        "app.json: Pod default/x metadata.labels.a: given more than once; the last one counts",
        "app.json: Pod default/x spec.priority: given more than once; the last one counts",
    ]


def test_deep_nesting_is_no_reason_to_fail() -> None:
    """Whatever reading itself still takes."""
    assert [len(found_in(nested(depth))) for depth in (10, 100)] == [1, 1]
    for depth in range(900, 1020):
        found_in(nested(depth))


def nested(depth: int) -> bytes:
    deep = "[" * depth + "]" * depth
    fields = f'"managedFields": [{{"fieldsV1": {deep}}}]'
    text = f'{{"apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "x", {fields}}}, "oddity": 1}}'
    return text.encode()


@pytest.mark.parametrize("verb", ["fit", "nodes"])
def test_odd_fields_are_warnings_of_the_command(solve: Solve, tmp_path: Path, verb: str) -> None:
    file = tmp_path / "app.yaml"
    file.write_text(yaml.safe_dump(deployment(replica=3)))
    ran = solve(verb, "-f", str(file), "--snapshot", SHOP_CLUSTER)
    assert ran.code == 0
    warning = f"{file}: Deployment prod/web spec.replica: no such field, ignored; did you mean replicas?"
    assert f"warning: {warning}\n" in ran.err
    if verb == "fit":
        document = solve(verb, "-f", str(file), "--snapshot", SHOP_CLUSTER, "-o", "json").out
        assert warning in json.loads(document)["warnings"]


def test_fields_of_the_dump_are_not_judged(solve: Solve, tmp_path: Path) -> None:
    """A newer API server may know more than this tool; nobody wrote these by hand."""
    file = tmp_path / "dump.json"
    odd_node = b.node(name="n") | {"brandNew": 1}
    file.write_bytes(b.document(odd_node, b.pod(name="p")).data)
    assert "brandNew" not in solve("fit", "--snapshot", str(file)).err


def test_a_misspelled_field_is_told_with_the_error_it_causes(solve: Solve, tmp_path: Path) -> None:
    file = tmp_path / "app.json"
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"contaners": []}}
    file.write_text(json.dumps(pod))
    ran = solve("fit", "-f", str(file), "--snapshot", SHOP_CLUSTER)
    assert ran.code == 1
    warning, error = ran.err.splitlines()
    assert warning.endswith("spec.contaners: no such field, ignored; did you mean containers?")
    assert error.startswith("error: ")


def test_a_long_list_of_odd_fields_is_cut(solve: Solve, tmp_path: Path) -> None:
    file = tmp_path / "app.json"
    pods = [{**b.pod(name=f"p{i}"), "oddity": 1} for i in range(25)]
    file.write_bytes(b.document(*pods).data)
    err = solve("nodes", "-f", str(file), "--snapshot", SHOP_CLUSTER).err
    assert err.count("oddity") == 20
    assert "warning: 5 more such fields\n" in err
