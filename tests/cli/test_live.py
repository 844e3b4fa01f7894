"""A live cluster is read through the real client from a real HTTP server on the loopback interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from solver.cli import live
from solver.errors import InputError
from solver.kube.read import ReadOptions, read_snapshot
from tests import builders as b
from tests.cli.conftest import Ran

PATHS = {
    "/api/v1/nodes": "Node",
    "/api/v1/namespaces": "Namespace",
    "/api/v1/pods": "Pod",
    "/api/v1/persistentvolumeclaims": "PersistentVolumeClaim",
    "/api/v1/persistentvolumes": "PersistentVolume",
    "/apis/storage.k8s.io/v1/storageclasses": "StorageClass",
    "/apis/storage.k8s.io/v1/csinodes": "CSINode",
    "/apis/storage.k8s.io/v1/csidrivers": "CSIDriver",
    "/apis/storage.k8s.io/v1/csistoragecapacities": "CSIStorageCapacity",
    "/apis/storage.k8s.io/v1/volumeattachments": "VolumeAttachment",
    "/api/v1/services": "Service",
    "/api/v1/replicationcontrollers": "ReplicationController",
    "/apis/apps/v1/deployments": "Deployment",
    "/apis/apps/v1/replicasets": "ReplicaSet",
    "/apis/apps/v1/statefulsets": "StatefulSet",
    "/apis/apps/v1/daemonsets": "DaemonSet",
    "/apis/batch/v1/jobs": "Job",
    "/apis/scheduling.k8s.io/v1/priorityclasses": "PriorityClass",
    "/apis/node.k8s.io/v1/runtimeclasses": "RuntimeClass",
    "/api/v1/limitranges": "LimitRange",
    "/api/v1/resourcequotas": "ResourceQuota",
    "/apis/policy/v1/poddisruptionbudgets": "PodDisruptionBudget",
    "/apis/autoscaling/v2/horizontalpodautoscalers": "HorizontalPodAutoscaler",
    "/apis/resource.k8s.io/v1/resourceclaims": "ResourceClaim",
}


@dataclass
class ApiServer:
    """List endpoints over ``objects``. ``status`` makes a kind fail, ``gone`` lets continue tokens expire."""

    objects: list[b.Raw]
    status: dict[str, int] = field(default_factory=dict)
    gone: int = 0
    garbled: frozenset[str] = frozenset()
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    kubeconfig: str = ""

    def answer(self, target: str) -> tuple[int, bytes]:
        url = urlsplit(target)
        kind, query = PATHS[url.path], parse_qs(url.query)
        self.asked.append((kind, query))
        if kind in self.status:
            return self.status[kind], json.dumps({"kind": "Status", "message": "no"}).encode()
        if kind in self.garbled:
            return 200, b"<html>a login page</html>"
        if "continue" in query and self.gone > 0:
            self.gone -= 1
            return 410, json.dumps({"kind": "Status", "reason": "Expired"}).encode()
        return 200, json.dumps(self._page(kind, query)).encode()

    def _page(self, kind: str, query: dict[str, list[str]]) -> dict[str, Any]:
        """As an API server does it: items carry neither kind nor apiVersion."""
        items = [{k: v for k, v in o.items() if k not in ("kind", "apiVersion")} for o in self._of(kind)]
        start, limit = int(query.get("continue", ["0"])[0]), int(query["limit"][0])
        rest = str(start + limit) if start + limit < len(items) else ""
        version = next((o["apiVersion"] for o in self._of(kind)), "v1")
        metadata = {"resourceVersion": "7", "continue": rest}
        page = items[start : start + limit]
        return {"kind": f"{kind}List", "apiVersion": version, "metadata": metadata, "items": page}

    def _of(self, kind: str) -> list[b.Raw]:
        return [o for o in self.objects if o["kind"] == kind]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """A server for fixture F with seven pods, and a kubeconfig that leads to it."""
    pods = [b.pod(name=f"web-{i}", node="a1" if i < 3 else None) for i in range(7)]
    server = ApiServer(objects=[*b.f_nodes(), *pods, b.csi_node(name="a1", limits={"d": 3})])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = server.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    server.kubeconfig = str(tmp_path / "kubeconfig")
    write_kubeconfig(server.kubeconfig, http.server_address[1])
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    monkeypatch.delenv("http_proxy", raising=False)
    yield server
    http.shutdown()
    thread.join()
    http.server_close()


def write_kubeconfig(path: str, port: int) -> None:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "secret"}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    Path(path).write_text(yaml.safe_dump(config))


def test_everything_listed_becomes_the_same_snapshot_as_a_dump(cluster: ApiServer) -> None:
    read = live.read_cluster(None, cluster.kubeconfig)
    found = read_snapshot(read.documents)
    dumped = b.snapshot(*cluster.objects)
    assert (found.nodes, found.pods, found.csi_nodes) == (dumped.nodes, dumped.pods, dumped.csi_nodes)
    assert read.warnings == ()


def test_a_kind_without_objects_is_not_missing(cluster: ApiServer) -> None:
    """A dump without Services may have left them out; an empty list of Services says that there are none."""
    read = live.read_cluster(None, cluster.kubeconfig)
    options = ReadOptions(listed_kinds=read.listed_kinds)
    assert "Service" in " ".join(read_snapshot(read.documents).warnings)
    assert read_snapshot(read.documents, (), options).warnings == ()


def test_every_kind_that_matters_is_asked_for_once(cluster: ApiServer) -> None:
    live.read_cluster(None, cluster.kubeconfig)
    assert sorted(kind for kind, _ in cluster.asked) == sorted(PATHS.values())


def test_long_lists_are_read_page_by_page(cluster: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PAGE_SIZE", 3)
    read = live.read_cluster(None, cluster.kubeconfig)
    assert len(read_snapshot(read.documents).pods) == 7
    assert [query.get("continue") for kind, query in cluster.asked if kind == "Pod"] == [None, ["3"], ["6"]]


def test_an_expired_continue_token_starts_the_list_again(
    cluster: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PAGE_SIZE", 3)
    cluster.gone = 2
    read = live.read_cluster(None, cluster.kubeconfig)
    assert len(read_snapshot(read.documents).pods) == 7


def test_a_list_that_never_comes_to_an_end_is_an_error(
    cluster: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PAGE_SIZE", 3)
    cluster.gone = 1000
    with pytest.raises(InputError, match="410"):
        live.read_cluster(None, cluster.kubeconfig)


@pytest.mark.parametrize(("status", "told"), [(403, "forbidden"), (404, "does not serve it")])
def test_a_kind_that_cannot_be_listed_is_a_warning_that_names_it(
    cluster: ApiServer, status: int, told: str
) -> None:
    cluster.status = {"CSIStorageCapacity": status}
    read = live.read_cluster(None, cluster.kubeconfig)
    assert len(read.warnings) == 1
    assert read.warnings[0].startswith("CSIStorageCapacity: ")
    assert told in read.warnings[0]


@pytest.mark.parametrize("status", [401, 500, 503])
def test_any_other_refusal_is_an_error_that_names_the_kind(cluster: ApiServer, status: int) -> None:
    cluster.status = {"Pod": status}
    with pytest.raises(InputError, match=f"live Pod list: found {status}"):
        live.read_cluster(None, cluster.kubeconfig)


def test_an_answer_that_is_no_list_is_an_error(cluster: ApiServer) -> None:
    cluster.garbled = frozenset({"Node"})
    with pytest.raises(InputError, match="expected a Kubernetes list in JSON"):
        live.read_cluster(None, cluster.kubeconfig)


def test_a_server_that_is_not_there_is_an_error_that_says_where(tmp_path: Path) -> None:
    closed = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = closed.server_address[1]
    closed.server_close()
    write_kubeconfig(str(tmp_path / "config"), port)
    with pytest.raises(InputError, match=f"http://127.0.0.1:{port}, or --snapshot"):
        live.read_cluster(None, str(tmp_path / "config"))


@pytest.mark.parametrize("content", [None, "", "kind: Config", "[", "contexts: 7"])
def test_a_kubeconfig_that_cannot_be_used_is_an_error(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match="a kubeconfig with a usable context, or --snapshot"):
        live.read_cluster(None, str(path))


def test_a_context_that_does_not_exist_is_an_error(cluster: ApiServer) -> None:
    with pytest.raises(InputError, match="elsewhere"):
        live.read_cluster("elsewhere", cluster.kubeconfig)


def test_without_snapshot_the_verb_reads_the_context_it_is_told(
    cluster: ApiServer, solve: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", cluster.kubeconfig)
    cluster.status = {"LimitRange": 403}
    ran = solve("nodes", "--context", "here", "-o", "json")
    assert ran.code == 0
    assert [pod["pod"] for pod in json.loads(ran.out)["pods"]] == [f"prod/web-{i}" for i in range(3, 7)]
    assert "warning: LimitRange: " in ran.err


@pytest.mark.parametrize("flags", [[], ["--redact"]])
def test_a_captured_cluster_is_answered_like_the_live_one(
    cluster: ApiServer,
    solve: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    flags: list[str],
) -> None:
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", cluster.kubeconfig)
    saved = str(tmp_path / "taken.json")
    assert solve("snapshot", "--out", saved, *flags).code == 0
    live, taken = (solve("fit", *more, "-o", "name", "-q") for more in ([], ["--snapshot", saved]))
    assert (live.code, live.out) == (taken.code, taken.out)
    assert len(live.out.splitlines()) > 1
