"""A CSI driver's provisioner, as far as scheduling can see one: a claim with a node gets a volume there."""

from __future__ import annotations

import threading

import urllib3

from tests.builders import node_term
from tests.e2e.harness.api import Api, ApiError, Raw
from tests.e2e.harness.watching import Watched

SELECTED = "volume.kubernetes.io/selected-node"
_CONFLICT, _UNAVAILABLE, _PAUSE_S = 409, 500, 0.2


class Provisioner:
    """Watches claims as external-provisioner does. The volume carries claimRef and node affinity; binding the
    two is the work of the real volume controller."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._claims = Watched(api, "PersistentVolumeClaim")
        self._done: set[str] = set()
        self._stopped = False
        self.failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="provisioner", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        self._claims.close()

    def _run(self) -> None:
        pause = threading.Event()
        while not self._stopped:
            try:
                for claim in self._claims.wait_for_any(self._waits, seconds=1):
                    self._provision(claim)
            except urllib3.exceptions.HTTPError:  # the server is away; the claim still waits
                pause.wait(_PAUSE_S)
            except ApiError as error:
                if error.status < _UNAVAILABLE:
                    self.failure = error
                    return
                pause.wait(_PAUSE_S)  # the server is only just coming back
            except Exception as error:  # shown by whoever waits in vain for the volume
                self.failure = error
                return

    def _waits(self, claim: Raw) -> bool:
        meta = claim["metadata"]
        selected = SELECTED in meta.get("annotations", {})
        return selected and not claim["spec"].get("volumeName") and meta["uid"] not in self._done

    def _provision(self, claim: Raw) -> None:
        meta, spec = claim["metadata"], claim["spec"]
        try:
            storage_class = self._api.get("StorageClass", spec["storageClassName"])
            volume = volume_for(
                claim, storage_class, self._terms(meta["annotations"][SELECTED], storage_class)
            )
            self._api.create(volume)
        except ApiError as error:
            if error.status != _CONFLICT:  # made before
                raise
        self._done.add(meta["uid"])

    def _terms(self, node_name: str, storage_class: Raw) -> list[Raw]:
        """The node's segment, by the topology keys its driver reported."""
        node = self._api.get("Node", node_name)
        drivers = self._api.get("CSINode", node_name)["spec"]["drivers"]
        (keys,) = [
            driver["topologyKeys"] for driver in drivers if driver["name"] == storage_class["provisioner"]
        ]
        labels = node["metadata"]["labels"]
        return [{"key": key, "operator": "In", "values": [labels[key]]} for key in keys]


def volume_for(claim: Raw, storage_class: Raw, terms: list[Raw]) -> Raw:
    meta, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{meta['uid']}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": name,
            "annotations": {"pv.kubernetes.io/provisioned-by": storage_class["provisioner"]},
        },
        "spec": {
            "capacity": spec["resources"]["requests"],
            "accessModes": spec["accessModes"],
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": meta["namespace"],
                "name": meta["name"],
                "uid": meta["uid"],
                "resourceVersion": meta["resourceVersion"],
            },
            "nodeAffinity": {"required": {"nodeSelectorTerms": [node_term(expressions=terms)]}},
            "csi": {"driver": storage_class["provisioner"], "volumeHandle": name},
        },
    }
