"""The manifests in deploy/ as kubectl and helm render them: they name what is served, and each other."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from typing import Any

import pytest
import yaml
from kubernetes import client

from extender.app import create_app
from extender.config import ExtenderConfig
from extender.config.file import parse_config
from extender.metrics import Metrics
from extender.watch.connection import kinds
from tests.paths import PROJECT

DEPLOY = PROJECT / "deploy"
Object = dict[str, Any]
RENDERED = ("base", "overlays/service", "overlays/local")

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on the PATH")
needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not on the PATH")


def documents(path: str) -> list[Object]:
    return [d for d in yaml.safe_load_all((DEPLOY / path).read_text(encoding="utf-8")) if d]


@cache
def kustomized(path: str) -> tuple[Object, ...]:
    done = subprocess.run(
        ["kubectl", "kustomize", str(DEPLOY / path)], capture_output=True, text=True, check=True
    )
    return tuple(d for d in yaml.safe_load_all(done.stdout) if d)


@cache
def helmed(*values: str) -> tuple[Object, ...]:
    flags = [flag for value in values for flag in ("--set", value)]
    where = ("--namespace", "bulkhead", "--kube-version", "1.34.1")
    command = ["helm", "template", "bulkhead", str(DEPLOY / "chart"), *where, *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(d for d in yaml.safe_load_all(done.stdout) if d)


def the(kind: str, objects: tuple[Object, ...], name: str = "") -> Object:
    (found,) = [d for d in objects if d["kind"] == kind and name in d["metadata"]["name"]]
    return found


def pod(objects: tuple[Object, ...]) -> Object:
    found: Object = the("Deployment", objects)["spec"]["template"]["spec"]
    return found


def configuration(objects: tuple[Object, ...], file: str) -> Object:
    found: Object = yaml.safe_load(the("ConfigMap", objects, "config")["data"][file])
    return found


CONFIG = documents("scheduler/kube-scheduler.yaml")[0]
ROLE = next(d for d in documents("base/rbac.yaml") if d["kind"] == "ClusterRole")


def test_every_verb_kube_scheduler_is_told_of_is_served() -> None:
    for config in (CONFIG, documents("overlays/service/scheduler-patch.yaml")[0]):
        (extender,) = config["extenders"]
        verbs = {value for key, value in extender.items() if key.endswith("Verb")}
        assert len(verbs) == 3
        rules = create_app(ExtenderConfig()).url_map.iter_rules()
        posts = {rule.rule for rule in rules if "POST" in (rule.methods or ())}
        assert {f"/{verb}" for verb in verbs} <= posts


def test_the_second_scheduler_has_its_own_name_and_lease_and_looks_at_all_nodes() -> None:
    (profile,) = CONFIG["profiles"]
    assert profile["schedulerName"] != "default-scheduler"
    assert profile["percentageOfNodesToScore"] == 100
    election = CONFIG["leaderElection"]
    assert (election["resourceNamespace"], election["resourceName"]) != ("kube-system", "kube-scheduler")
    lease = next(d for d in documents("base/rbac.yaml") if d["kind"] == "Role")
    assert lease["metadata"]["namespace"] == election["resourceNamespace"]
    assert [election["resourceName"]] in [rule.get("resourceNames") for rule in lease["rules"]]


def test_the_extender_plans_for_the_profiles_that_ask_it_within_their_timeout() -> None:
    for extender, scheduler in (
        ("scheduler/extender.yaml", CONFIG),
        ("overlays/service/extender.yaml", documents("overlays/service/scheduler-patch.yaml")[0]),
    ):
        config = parse_config((DEPLOY / extender).read_text(encoding="utf-8"), extender)
        assert list(config.scheduler_names) == [p["schedulerName"] for p in scheduler["profiles"]]
        (entry,) = scheduler["extenders"]
        spent = config.deadlines.solve_s + config.deadlines.greedy_s
        assert spent < float(entry["httpTimeout"].removesuffix("s")) / 2
        assert entry["urlPrefix"].endswith(f":{config.port}")


def test_the_role_allows_what_is_followed_and_nothing_that_changes_the_cluster() -> None:
    api = client.ApiClient()
    allowed = {
        resource for rule in ROLE["rules"] if "watch" in rule["verbs"] for resource in rule["resources"]
    }
    assert {plural(kind.name) for kind in kinds(api)} <= allowed
    writing = {verb for rule in ROLE["rules"] for verb in rule["verbs"]} - {"get", "list", "watch"}
    assert writing == {"create", "patch"}
    assert {r for rule in ROLE["rules"] if "create" in rule["verbs"] for r in rule["resources"]} == {"events"}
    assert "secrets" not in allowed


def plural(kind: str) -> str:
    """As the API server calls the resource."""
    name = kind.lower()
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith("s") else f"{name}s"


def test_alerts_and_dashboard_ask_for_metrics_that_there_are() -> None:
    text = (DEPLOY / "components/monitoring/alerts.yaml").read_text(encoding="utf-8")
    text += (DEPLOY / "components/monitoring/dashboard.json").read_text(encoding="utf-8")
    asked = set(re.findall(r"bulkhead_[a-z_]+", text))
    exposed = set(re.findall(r"^# TYPE (\w+)", Metrics().exposition().decode(), re.MULTILINE))
    families = {name.removesuffix("_bucket") for name in asked}
    assert families - exposed <= OPT_IN


OPT_IN = {"bulkhead_domain_loss_quorum_ok"}


@needs_kubectl
@pytest.mark.parametrize("path", RENDERED)
def test_no_container_may_do_more_than_it_needs(path: str) -> None:
    check_hardened(pod(kustomized(path)))


def check_hardened(spec: Object) -> None:
    assert spec["schedulerName"] == "default-scheduler"  # it must not depend on itself
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= container["resources"].keys()
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()


@needs_kubectl
@pytest.mark.parametrize("path", RENDERED)
def test_everything_that_is_named_is_there(path: str) -> None:
    objects = kustomized(path)
    accounts = {d["metadata"]["name"] for d in objects if d["kind"] == "ServiceAccount"}
    roles = {(d["kind"], d["metadata"]["name"]) for d in objects if d["kind"] in ("Role", "ClusterRole")}
    assert pod(objects)["serviceAccountName"] in accounts
    for binding in (d for d in objects if d["kind"].endswith("Binding")):
        assert {subject["name"] for subject in binding["subjects"]} <= accounts
        ref = binding["roleRef"]
        built_in = ref["name"].startswith("system:") or ref["name"].startswith("extension-apiserver")
        assert built_in or (ref["kind"], ref["name"]) in roles
    maps = {d["metadata"]["name"] for d in objects if d["kind"] == "ConfigMap"}
    assert {v["configMap"]["name"] for v in pod(objects)["volumes"] if "configMap" in v} <= maps


@needs_kubectl
def test_behind_a_service_there_is_one_extender_and_no_scheduler() -> None:
    objects = kustomized("overlays/service")
    assert [c["name"] for c in pod(objects)["containers"]] == ["extender"]
    assert the("Deployment", objects)["spec"]["replicas"] == 1
    assert {d["metadata"]["name"] for d in objects if d["kind"].startswith("ClusterRole")} == {
        "bulkhead-extender"
    }


@needs_helm
@needs_kubectl
def test_the_chart_renders_what_the_base_is() -> None:
    chart, base = helmed(), kustomized("base")
    left_out = ("Namespace",)  # helm makes it with --create-namespace
    assert sorted(d["kind"] for d in chart) == sorted(d["kind"] for d in base if d["kind"] not in left_out)
    for ours, theirs in zip(pod(chart)["containers"], pod(base)["containers"], strict=True):
        ours = {key: value for key, value in ours.items() if key != "imagePullPolicy"}
        assert ours == {**theirs, "image": ours["image"]}
    for file in ("kube-scheduler.yaml", "extender.yaml"):
        assert configuration(chart, file) == configuration(base, file)
    assert the("ClusterRole", chart)["rules"] == ROLE["rules"]


def test_the_chart_has_the_rights_of_the_base() -> None:
    assert documents("chart/files/extender-rules.yaml") == [ROLE["rules"]]


@needs_helm
@pytest.mark.parametrize(
    "values",
    [
        ("mode=service",),
        ("monitoring.serviceMonitor=true", "monitoring.alerts=true", "monitoring.dashboard=true"),
        ("schedulerNamePolicy.enabled=true", "scheduler.name=other"),
        ("networkPolicy.enabled=false", "extender.config.solver.seed=7"),
    ],
)
def test_the_chart_renders_with_other_values(values: tuple[str, ...]) -> None:
    objects = helmed(*values)
    check_hardened(pod(objects))
    config = configuration(objects, "extender.yaml")
    assert config["kind"] == "ExtenderConfiguration"
    assert ("extender.config.solver.seed=7" in values) == (config.get("solver") == {"seed": 7})


@needs_helm
@pytest.mark.parametrize("value", ["mode=both", "scheduler.weight=0", "sheduler.name=x"])
def test_the_chart_refuses_values_that_mean_nothing(value: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        helmed(value)
