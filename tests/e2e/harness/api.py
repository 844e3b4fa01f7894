"""The API server as a test uses it: plain JSON objects in and out, over one pool of connections."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

Raw = dict[str, Any]

_APPS, _STORAGE, _RBAC = "apis/apps/v1", "apis/storage.k8s.io/v1", "apis/rbac.authorization.k8s.io/v1"
_ADMISSION = "apis/admissionregistration.k8s.io/v1beta1"
_RESOURCES = {
    "Namespace": ("api/v1", "namespaces", False),
    "Node": ("api/v1", "nodes", False),
    "Pod": ("api/v1", "pods", True),
    "PersistentVolume": ("api/v1", "persistentvolumes", False),
    "PersistentVolumeClaim": ("api/v1", "persistentvolumeclaims", True),
    "Service": ("api/v1", "services", True),
    "ServiceAccount": ("api/v1", "serviceaccounts", True),
    "ConfigMap": ("api/v1", "configmaps", True),
    "Event": ("apis/events.k8s.io/v1", "events", True),
    "StatefulSet": (_APPS, "statefulsets", True),
    "Deployment": (_APPS, "deployments", True),
    "ReplicaSet": (_APPS, "replicasets", True),
    "Job": ("apis/batch/v1", "jobs", True),
    "StorageClass": (_STORAGE, "storageclasses", False),
    "CSINode": (_STORAGE, "csinodes", False),
    "CSIDriver": (_STORAGE, "csidrivers", False),
    "CSIStorageCapacity": (_STORAGE, "csistoragecapacities", True),
    "VolumeAttachment": (_STORAGE, "volumeattachments", False),
    "PriorityClass": ("apis/scheduling.k8s.io/v1", "priorityclasses", False),
    "PodDisruptionBudget": ("apis/policy/v1", "poddisruptionbudgets", True),
    "MutatingAdmissionPolicy": (_ADMISSION, "mutatingadmissionpolicies", False),
    "MutatingAdmissionPolicyBinding": (_ADMISSION, "mutatingadmissionpolicybindings", False),
    "ClusterRole": (_RBAC, "clusterroles", False),
    "ClusterRoleBinding": (_RBAC, "clusterrolebindings", False),
    "Role": (_RBAC, "roles", True),
    "RoleBinding": (_RBAC, "rolebindings", True),
}
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"


class ApiError(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Connection:
    url: str
    token: str
    authority: Path
    """Certificates the server's one is checked with."""

    def kubeconfig(self) -> str:
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [
                    {
                        "name": "e2e",
                        "cluster": {"server": self.url, "certificate-authority": str(self.authority)},
                    }
                ],
                "users": [{"name": "e2e", "user": {"token": self.token}}],
                "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}],
                "current-context": "e2e",
            }
        )


class Api:
    """Raises ApiError for every answer that is not a 2xx."""

    def __init__(self, connection: Connection) -> None:
        self._url = connection.url
        self._headers = {"Authorization": f"Bearer {connection.token}"}
        self._pool = urllib3.PoolManager(maxsize=16, ca_certs=str(connection.authority), retries=False)

    def text(self, path: str) -> str:
        return self._call("GET", path).decode()

    def items(self, kind: str, namespace: str | None = None) -> list[Raw]:
        return self.listing(kind, namespace)[0]

    def listing(self, kind: str, namespace: str | None = None) -> tuple[list[Raw], str]:
        """The objects and the resource version of the list."""
        found = self._json("GET", path_of(kind, namespace))
        typed = {"apiVersion": _RESOURCES[kind][0].removeprefix("apis/").removeprefix("api/"), "kind": kind}
        return [typed | item for item in found["items"]], found["metadata"]["resourceVersion"]

    def get(self, kind: str, name: str, namespace: str | None = None) -> Raw:
        return self._json("GET", f"{path_of(kind, namespace)}/{name}")

    def create(self, item: Raw) -> Raw:
        return self._json("POST", path_of(item["kind"], item["metadata"].get("namespace")), item)

    def replace(self, item: Raw) -> Raw:
        meta = item["metadata"]
        return self._json("PUT", f"{path_of(item['kind'], meta.get('namespace'))}/{meta['name']}", item)

    def patch(
        self,
        kind: str,
        name: str,
        change: Raw,
        namespace: str | None = None,
        *,
        part: str = "",
        how: str = MERGE,
    ) -> Raw:
        """``part`` is a subresource, as in ``/status``."""
        return self._json("PATCH", f"{path_of(kind, namespace)}/{name}{part}", change, how)

    def bind(self, pod: str, namespace: str, node: str) -> None:
        target = {"kind": "Node", "name": node}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod}, "target": target}
        self._json("POST", f"{path_of('Pod', namespace)}/{pod}/binding", binding)

    def delete(
        self, kind: str, name: str, namespace: str | None = None, *, grace_s: int | None = None
    ) -> None:
        options = None if grace_s is None else {"gracePeriodSeconds": grace_s}
        self._json("DELETE", f"{path_of(kind, namespace)}/{name}", options)

    def watch(self, kind: str, namespace: str | None, version: str, quiet_s: float) -> Iterator[Raw]:
        """Events from a resource version on; ends when the server closes the stream or says nothing for
        ``quiet_s``."""
        query = f"?watch=1&allowWatchBookmarks=1&resourceVersion={version}"
        answer = self._open("GET", path_of(kind, namespace) + query, None, MERGE, read_s=quiet_s)
        buffer = b""
        try:
            for chunk in answer.stream(65536):
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    yield json.loads(line)
        except urllib3.exceptions.TimeoutError:
            return
        finally:
            answer.close()

    def _json(
        self, method: str, path: str, body: Raw | None = None, content: str = "application/json"
    ) -> Raw:
        found: Raw = json.loads(self._call(method, path, body, content))
        return found

    def _call(
        self, method: str, path: str, body: Raw | None = None, content: str = "application/json"
    ) -> bytes:
        return self._open(method, path, body, content, read_s=60).data

    def _open(
        self, method: str, path: str, body: Raw | None, content: str, *, read_s: float
    ) -> urllib3.BaseHTTPResponse:
        answer = self._pool.request(
            method,
            f"{self._url}/{path}",
            body=None if body is None else json.dumps(body).encode(),
            headers={**self._headers, "Content-Type": content, "Accept": "application/json"},
            timeout=urllib3.Timeout(connect=10, read=read_s),
            preload_content=False,
        )
        if not 200 <= answer.status < 300:
            raise ApiError(answer.status, answer.data.decode(errors="replace")[:2000])
        return answer


def path_of(kind: str, namespace: str | None) -> str:
    group, plural, namespaced = _RESOURCES[kind]
    return f"{group}/namespaces/{namespace}/{plural}" if namespaced and namespace else f"{group}/{plural}"


def key_of(item: Mapping[str, Any]) -> str:
    meta = item["metadata"]
    return f"{meta['namespace']}/{meta['name']}" if "namespace" in meta else str(meta["name"])
