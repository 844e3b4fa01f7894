"""The way to the API server: which cluster, which credentials, which kinds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kubernetes import client, config
from kubernetes.config.incluster_config import SERVICE_HOST_ENV_NAME, SERVICE_TOKEN_FILENAME

from extender.config import ClusterConfig
from solver.cli.live import connect, list_calls
from solver.errors import Fault, InputError

CONNECTIONS = 64
"""Kept open: one watch for each kind, and room for the rest."""
REQUIRED = frozenset(
    {
        "Node",
        "Namespace",
        "Pod",
        "PersistentVolumeClaim",
        "PersistentVolume",
        "StorageClass",
        "CSINode",
        "CSIDriver",
        "CSIStorageCapacity",
        "VolumeAttachment",
        "Service",
        "ReplicationController",
        "Deployment",
        "ReplicaSet",
        "StatefulSet",
        "Job",
        "PriorityClass",
        "PodDisruptionBudget",
    }
)
"""Without these there is no snapshot. The others, such as limit ranges and device claims, are followed where
that is allowed and served."""
_UNREAD = frozenset({"ResourceQuota", "HorizontalPodAutoscaler"})
"""Kinds that no placement rule reads."""
_SELECTORS = {"Pod": "status.phase!=Succeeded,status.phase!=Failed"}
"""G5: finished pods hold nothing."""

ListCall = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind and the call that lists or watches it in all namespaces; it returns the response unread."""

    name: str
    call: ListCall
    required: bool


def connected(settings: ClusterConfig) -> client.ApiClient:
    """Raises InputError when there is no usable kubeconfig and we run in no pod either."""
    if not settings.kubeconfig and not settings.context and _in_cluster():
        return _from_service_account()
    return connect(settings.context or None, settings.kubeconfig or None, CONNECTIONS)


def kinds(api: client.ApiClient) -> Iterator[Kind]:
    for name, call in list_calls(api):
        if name in _UNREAD:
            continue
        selected = {"field_selector": _SELECTORS[name]} if name in _SELECTORS else {}
        unread = partial(call, _preload_content=False, **selected)
        yield Kind(name, unread, name in REQUIRED)


def _in_cluster() -> bool:
    return bool(os.environ.get(SERVICE_HOST_ENV_NAME)) and Path(SERVICE_TOKEN_FILENAME).exists()


def _from_service_account() -> client.ApiClient:
    configuration = client.Configuration()
    configuration.retries = False
    configuration.connection_pool_maxsize = CONNECTIONS
    try:
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    except config.ConfigException as error:
        found = " ".join(str(error).split())
        expected = "the service account Kubernetes mounts into a pod, or --kubeconfig FILE"
        raise InputError(
            [Fault(kind="cluster", name="service account", path="", found=found, expected=expected)]
        ) from error
    return client.ApiClient(configuration)
