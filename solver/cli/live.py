"""The cluster of a kubeconfig context, read once, as the documents `kubectl get -o json` would give.

The only place in ``solver`` that talks to a cluster. Lists stay undecoded text: ``solver.kube`` reads them
like any file. Nothing is written, to the cluster or to the kubeconfig.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
import urllib3
import yaml
from kubernetes import client, config

from solver.errors import Fault, InputError
from solver.kube.decoding import decode
from solver.kube.documents import Document

PAGE_SIZE = 500
TIMEOUT_S = (10, 60)
"""Connecting, and waiting for the next bytes of an answer."""
RESTARTS = 3
"""How often a list may begin again because its continue token expired (410 Gone)."""

_UNUSABLE = (config.ConfigException, OSError, yaml.YAMLError, TypeError, AttributeError, ValueError)
"""How the client fails on a kubeconfig; the last three where a field has the wrong type."""
_FORBIDDEN = 403
_ABSENT = 404
_GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCluster:
    documents: tuple[Document, ...]
    listed_kinds: frozenset[str]
    """Also those of which there was no object."""
    warnings: tuple[str, ...]
    """Kinds that could not be listed, each named with the reason."""


def read_cluster(context: str | None, config_file: str | None = None) -> LiveCluster:
    """Every kind of W37 in all namespaces. Raises InputError when the cluster cannot be reached."""
    documents: list[Document] = []
    listed_kinds: list[str] = []
    warnings: list[str] = []
    with connect(context, config_file) as api:
        for kind, list_call in list_calls(api):
            try:
                documents.extend(_pages(kind, list_call))
                listed_kinds.append(kind)
            except client.ApiException as error:
                warnings.append(_excused(kind, error))
            except urllib3.exceptions.HTTPError as error:
                raise InputError([_unreachable(api.configuration.host, kind, str(error))]) from error
    return LiveCluster(
        documents=tuple(documents), listed_kinds=frozenset(listed_kinds), warnings=tuple(warnings)
    )


def connect(context: str | None, config_file: str | None, connections: int | None = None) -> client.ApiClient:
    """``connections`` stay open for reuse. Raises InputError for a kubeconfig that cannot be used."""
    configuration = client.Configuration()
    configuration.retries = False
    if connections is not None:
        configuration.connection_pool_maxsize = connections
    try:
        config.load_kube_config(  # type: ignore[no-untyped-call]  # the client ships no types
            config_file=config_file,
            context=context,
            client_configuration=configuration,
            persist_config=False,
        )
    except _UNUSABLE as error:
        expected = "a kubeconfig with a usable context, or --snapshot PATH to work from a file"
        raise InputError([_fault("kubeconfig", " ".join(str(error).split()), expected)]) from error
    return client.ApiClient(configuration)


def list_calls(api: client.ApiClient) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The kinds of W37 in reading order, each with its list call over all namespaces."""
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
    storage = client.StorageV1Api(api)
    yield "Node", core.list_node
    yield "Namespace", core.list_namespace
    yield "Pod", core.list_pod_for_all_namespaces
    yield "PersistentVolumeClaim", core.list_persistent_volume_claim_for_all_namespaces
    yield "PersistentVolume", core.list_persistent_volume
    yield "StorageClass", storage.list_storage_class
    yield "CSINode", storage.list_csi_node
    yield "CSIDriver", storage.list_csi_driver
    yield "CSIStorageCapacity", storage.list_csi_storage_capacity_for_all_namespaces
    yield "VolumeAttachment", storage.list_volume_attachment
    yield "Service", core.list_service_for_all_namespaces
    yield "ReplicationController", core.list_replication_controller_for_all_namespaces
    yield "Deployment", apps.list_deployment_for_all_namespaces
    yield "ReplicaSet", apps.list_replica_set_for_all_namespaces
    yield "StatefulSet", apps.list_stateful_set_for_all_namespaces
    yield "DaemonSet", apps.list_daemon_set_for_all_namespaces
    yield "Job", client.BatchV1Api(api).list_job_for_all_namespaces
    yield "PriorityClass", client.SchedulingV1Api(api).list_priority_class
    yield "RuntimeClass", client.NodeV1Api(api).list_runtime_class
    yield "LimitRange", core.list_limit_range_for_all_namespaces
    yield "ResourceQuota", core.list_resource_quota_for_all_namespaces
    yield "PodDisruptionBudget", client.PolicyV1Api(api).list_pod_disruption_budget_for_all_namespaces
    autoscaling = client.AutoscalingV2Api(api)
    yield "HorizontalPodAutoscaler", autoscaling.list_horizontal_pod_autoscaler_for_all_namespaces
    yield "ResourceClaim", client.ResourceV1Api(api).list_resource_claim_for_all_namespaces


def _pages(kind: str, list_call: Callable[..., Any]) -> list[Document]:
    """All pages of one list; begun again when the server forgets where we were."""
    get = partial(list_call, limit=PAGE_SIZE, _preload_content=False, _request_timeout=TIMEOUT_S)
    for _ in range(RESTARTS):
        try:
            return _read_to_end(kind, get)
        except client.ApiException as error:
            if error.status != _GONE:
                raise
    return _read_to_end(kind, get)


class _ListMeta(msgspec.Struct, rename={"token": "continue"}):
    token: str = ""


class _List(msgspec.Struct):
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)


def _read_to_end(kind: str, get: Callable[..., Any]) -> list[Document]:
    pages: list[Document] = []
    token = ""
    while not pages or token:
        content = get(_continue=token).data if token else get().data
        try:
            token = decode(content, _List).metadata.token
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(
                [_fault(f"live {kind} list", str(error), "a Kubernetes list in JSON")]
            ) from error
        pages.append(Document(f"live cluster, {kind} list", content))
    return pages


def _excused(kind: str, error: client.ApiException) -> str:
    """Why one kind is missing, when going on without it is sensible. Raises InputError otherwise."""
    if error.status == _FORBIDDEN:
        return f"{kind}: listing it is forbidden to this user; going on as if there were none"
    if error.status == _ABSENT:
        return f"{kind}: this cluster does not serve it; going on as if there were none"
    found = f"{error.status} {error.reason}"
    raise InputError([_fault(f"live {kind} list", found, "an answer from the API server")]) from error


def _unreachable(host: str, kind: str, found: str) -> Fault:
    return _fault(
        f"live {kind} list", found, f"an answer from {host}, or --snapshot PATH to work from a file"
    )


def _fault(name: str, found: str, expected: str) -> Fault:
    return Fault(kind="cluster", name=name, path="", found=found, expected=expected)
