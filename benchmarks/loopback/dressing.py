"""Objects as large as those of a real cluster: what the API server sends besides and nobody reads.

Sizes follow what is known of clusters in use: a node of 15 KB with 50 images, a pod of 5 KB.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Raw = dict[str, Any]

_IMAGES = 50
_TIME = "2026-01-01T00:00:00Z"
_DIGEST = "sha256:" + "0123456789abcdef" * 4


def dressed(stored: Mapping[str, Any], number: int) -> Raw:
    """The same object with a uid, managed fields, and the status a kubelet writes."""
    meta = {
        **stored["metadata"],
        "creationTimestamp": _TIME,
        "managedFields": _managed_fields(2 if stored["kind"] in ("Pod", "Node") else 1),
    }
    meta.setdefault("uid", f"00000000-0000-4000-8000-{number:012}")
    made = {**stored, "metadata": meta}
    if stored["kind"] == "Node":
        made["status"] = {**stored.get("status", {}), "images": _images(), "nodeInfo": _node_info()}
    elif stored["kind"] == "Pod" and stored["spec"].get("nodeName"):
        made["status"] = {**stored.get("status", {}), **_pod_status(stored)}
    return made


def _managed_fields(managers: int) -> list[Raw]:
    fields: Raw = {f"f:field{number}": {"f:name": {}, "f:value": {}} for number in range(20)}
    return [
        {
            "manager": f"manager-{number}",
            "operation": "Update",
            "apiVersion": "v1",
            "time": _TIME,
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": fields, "f:spec": fields},
        }
        for number in range(managers)
    ]


def _images() -> list[Raw]:
    return [
        {
            "names": [
                f"registry.example.com/team/app-{number}@{_DIGEST}",
                f"registry.example.com/team/app-{number}:v1",
            ],
            "sizeBytes": 50_000_000 + number,
        }
        for number in range(_IMAGES)
    ]


def _node_info() -> Raw:
    return {"kubeletVersion": "v1.34.1", "osImage": "Linux", "machineID": _DIGEST, "bootID": _DIGEST}


def _pod_status(stored: Mapping[str, Any]) -> Raw:
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": "Running",
        "hostIP": "10.0.0.1",
        "podIP": "10.1.0.1",
        "startTime": _TIME,
        "qosClass": "Burstable",
        "conditions": [
            {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": _TIME}
            for kind in kinds
        ],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container.get("image", ""),
                "imageID": f"registry.example.com/team/app@{_DIGEST}",
                "containerID": f"containerd://{_DIGEST}",
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": _TIME}},
                "lastState": {},
                "allocatedResources": container.get("resources", {}).get("requests", {}),
                "resources": container.get("resources", {}),
            }
            for container in stored["spec"]["containers"]
        ],
    }
