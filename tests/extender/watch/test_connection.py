"""Which cluster is followed, and with whose rights."""

from __future__ import annotations

from pathlib import Path

import pytest
from kubernetes.config import incluster_config

from benchmarks.loopback import ApiServer, Store
from benchmarks.loopback.store import RESOURCES
from extender.config import ClusterConfig
from extender.watch import connection
from extender.watch.connection import REQUIRED, connected, kinds
from solver.errors import InputError


@pytest.fixture
def in_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The service account as Kubernetes mounts it, but for its certificate."""
    token, authority = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("secret")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    monkeypatch.setattr(connection, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(authority))
    return authority


def test_in_a_pod_it_is_the_service_account(in_pod: Path) -> None:
    in_pod.write_text("a certificate")
    configuration = connected(ClusterConfig()).configuration
    assert configuration.host == "https://10.0.0.1:443"
    assert configuration.auth_settings()["BearerToken"]["value"] == "bearer secret"
    assert configuration.ssl_ca_cert == str(in_pod)


def test_a_service_account_that_is_not_whole_is_told(in_pod: Path) -> None:
    with pytest.raises(InputError, match="service account"):
        connected(ClusterConfig())


def test_a_kubeconfig_that_is_named_goes_before_the_service_account(in_pod: Path, tmp_path: Path) -> None:
    with ApiServer(Store()).running() as server:
        file = str(server.write_kubeconfig(tmp_path / "kubeconfig"))
        assert connected(ClusterConfig(kubeconfig=file)).configuration.host == server.url
        with pytest.raises(InputError, match="elsewhere"):
            connected(ClusterConfig(kubeconfig=file, context="elsewhere"))


def test_every_kind_that_is_needed_is_followed_and_only_kinds_with_a_place(tmp_path: Path) -> None:
    with ApiServer(Store()).running() as server:
        file = str(server.write_kubeconfig(tmp_path / "kubeconfig"))
        followed = {kind.name: kind.required for kind in kinds(connected(ClusterConfig(kubeconfig=file)))}
    assert {name for name, required in followed.items() if required} == REQUIRED
    assert followed.keys() == RESOURCES.keys()
