"""The manifests in deploy/: they name what the extender serves, and each other."""

from __future__ import annotations

from typing import Any

import yaml

from extender.app import create_app
from extender.config import ExtenderConfig
from tests.paths import PROJECT

DEPLOY = PROJECT / "deploy"


def documents(path: str) -> list[dict[str, Any]]:
    return [d for d in yaml.safe_load_all((DEPLOY / path).read_text(encoding="utf-8")) if d]


CONFIG = documents("scheduler/kube-scheduler.yaml")[0]
BASE = DEPLOY / "base"
OBJECTS = [
    document
    for path in sorted(BASE.glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for document in documents(f"base/{path.name}")
]


def the(kind: str) -> dict[str, Any]:
    (found,) = [document for document in OBJECTS if document["kind"] == kind]
    return found


def containers() -> dict[str, dict[str, Any]]:
    return {c["name"]: c for c in the("Deployment")["spec"]["template"]["spec"]["containers"]}


def test_every_verb_kube_scheduler_is_told_of_is_served() -> None:
    (extender,) = CONFIG["extenders"]
    verbs = {value for key, value in extender.items() if key.endswith("Verb")}
    rules = create_app(ExtenderConfig()).url_map.iter_rules()
    assert {f"/{verb}" for verb in verbs} <= {rule.rule for rule in rules if "POST" in (rule.methods or ())}


def test_kube_scheduler_finds_the_extender_where_it_listens() -> None:
    (extender,) = CONFIG["extenders"]
    assert extender["urlPrefix"] == "http://127.0.0.1:8888"
    assert "--bind=0.0.0.0:8888" in containers()["extender"]["args"]
    assert extender["weight"] > 0  # refused otherwise, with a prioritize verb
    assert extender["nodeCacheCapable"] is True


def test_the_second_scheduler_has_its_own_name_and_lease_and_looks_at_all_nodes() -> None:
    (profile,) = CONFIG["profiles"]
    assert profile["schedulerName"] != "default-scheduler"
    assert profile["percentageOfNodesToScore"] == 100
    election = CONFIG["leaderElection"]
    assert (election["resourceNamespace"], election["resourceName"]) != ("kube-system", "kube-scheduler")
    lease = next(d for d in OBJECTS if d["kind"] == "Role")
    assert lease["metadata"]["namespace"] == election["resourceNamespace"]
    assert [election["resourceName"]] in [rule.get("resourceNames") for rule in lease["rules"]]


def test_the_scheduler_does_not_depend_on_itself() -> None:
    assert the("Deployment")["spec"]["template"]["spec"]["schedulerName"] == "default-scheduler"


def test_no_container_may_do_more_than_it_needs() -> None:
    pod = the("Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers().values():
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= container["resources"].keys()
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()


def test_everything_that_is_named_is_there() -> None:
    kustomization = documents("base/kustomization.yaml")[0]
    assert {p.name for p in BASE.iterdir()} - {"kustomization.yaml"} <= set(kustomization["resources"])
    assert all((BASE / name).exists() for name in kustomization["resources"])
    accounts = {d["metadata"]["name"] for d in OBJECTS if d["kind"] == "ServiceAccount"}
    assert the("Deployment")["spec"]["template"]["spec"]["serviceAccountName"] in accounts
    for binding in (d for d in OBJECTS if d["kind"].endswith("Binding")):
        assert {subject["name"] for subject in binding["subjects"]} <= accounts
