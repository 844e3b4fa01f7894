"""The manifests of deploy/ on a real API server: server-side dry run, and the policy for real."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import builders as b
from tests.e2e.conftest import LOGS
from tests.e2e.harness.api import Api
from tests.e2e.harness.build import Programs
from tests.e2e.harness.controlplane import ControlPlane
from tests.e2e.harness.watching import poll
from tests.paths import PROJECT

DEPLOY = PROJECT / "deploy"
NO_CRD = ("ServiceMonitor", "PrometheusRule")
"""Of the Prometheus operator, which is not part of a cluster."""
PATIENCE_S = 60.0

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on the PATH")
needs_helm = pytest.mark.skipif(shutil.which("helm") is None, reason="helm is not on the PATH")


@pytest.fixture(scope="module")
def plane(built: Programs) -> Iterator[ControlPlane]:
    folder = LOGS / "test_deploy"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = ControlPlane(built, folder)
    try:
        started.api.create(yaml.safe_load((DEPLOY / "base/namespace.yaml").read_text()))
        yield started
    finally:
        started.stop()


def kustomized(path: str) -> list[dict[str, Any]]:
    command = ["kubectl", "kustomize", str(DEPLOY / path)]
    return documents(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def documents(text: str) -> list[dict[str, Any]]:
    return [d for d in yaml.safe_load_all(text) if d and d["kind"] not in NO_CRD]


def dry_run(
    plane: ControlPlane, objects: list[dict[str, Any]], folder: Path
) -> subprocess.CompletedProcess[str]:
    file = folder / "objects.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    command = ["kubectl", "--kubeconfig", str(plane.kubeconfig("admin")), "apply", "--server-side"]
    command += ["--dry-run=server", "--validate=strict", "-f", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@needs_kubectl
@pytest.mark.parametrize("path", ["base", "overlays/service", "overlays/local", "components/policy"])
def test_the_api_server_accepts_what_kustomize_renders(
    plane: ControlPlane, path: str, tmp_path: Path
) -> None:
    objects = kustomized(path)
    ran = dry_run(plane, objects, tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("dry run") == len(objects)


@needs_kubectl
@needs_helm
@pytest.mark.parametrize("mode", ["sidecar", "service"])
def test_the_api_server_accepts_what_helm_renders(plane: ControlPlane, mode: str, tmp_path: Path) -> None:
    command = ["helm", "template", "bulkhead", str(DEPLOY / "chart"), "--namespace", "bulkhead"]
    command += [
        "--kube-version",
        "1.34.1",
        "--set",
        f"mode={mode}",
        "--set",
        "schedulerNamePolicy.enabled=true",
    ]
    rendered = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    ran = dry_run(plane, documents(rendered), tmp_path)
    assert ran.returncode == 0, ran.stderr


def test_the_policy_sets_the_scheduler_of_pods_in_labelled_namespaces_only(plane: ControlPlane) -> None:
    api = plane.api
    for document in yaml.safe_load_all((DEPLOY / "components/policy/policy.yaml").read_text()):
        api.create(document)
    for name, labels in (("on", {"bulkhead.dev/scheduling": "enabled"}), ("off", {})):
        api.create(b.namespace(name=name, labels=labels))
    poll("the policy is in force", lambda: scheduler_of(api, "on", "probe") == "bulkhead", PATIENCE_S)
    assert scheduler_of(api, "off", "plain") == "default-scheduler"
    assert scheduler_of(api, "on", "chosen", scheduler="other") == "other"
    annotations = {"bulkhead.dev/scheduling": "disabled"}
    assert scheduler_of(api, "on", "left-out", annotations=annotations) == "default-scheduler"


def scheduler_of(
    api: Api,
    namespace: str,
    name: str,
    *,
    scheduler: str | None = None,
    annotations: dict[str, str] | None = None,
) -> str:
    """Of a pod made for the purpose; it is deleted again."""
    pod = b.pod(name=name, namespace=namespace, spec={"schedulerName": scheduler} if scheduler else {})
    pod["metadata"]["annotations"] = annotations or {}
    created = api.create(pod)
    api.delete("Pod", name, namespace, grace_s=0)
    return str(created["spec"]["schedulerName"])
