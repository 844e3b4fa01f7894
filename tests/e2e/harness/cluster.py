"""A cluster as a scenario uses it: nodes and workloads go in, and one waits for what becomes of the pods."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path

from tests.builders import ZONE
from tests.e2e.harness.api import ApiError, Raw
from tests.e2e.harness.build import Programs
from tests.e2e.harness.controlplane import ControlPlane, shipped
from tests.e2e.harness.extender import Extender, Server
from tests.e2e.harness.line import Line
from tests.e2e.harness.watching import Store, Watched, conditions

_UP_S = 120
_PLACED_S = 180
_CONFLICT = 409


class Scheduling(Enum):
    PLAIN = "plain"
    """kube-scheduler with its defaults."""
    SNAPSHOT = "snapshot"
    """kube-scheduler as configured in deploy/scheduler, with an extender that planned a dump of it."""
    LIVE = "live"
    """The same with an extender that watches the cluster."""


OURS = (Scheduling.SNAPSHOT, Scheduling.LIVE)
"""Every way with the extender."""

_DUMPED = (
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "StorageClass",
    "CSINode",
    "CSIDriver",
    "CSIStorageCapacity",
    "VolumeAttachment",
    "Service",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "Job",
    "PriorityClass",
    "PodDisruptionBudget",
    "Pod",
)


class Cluster:
    """A control plane; nothing is scheduled before ``schedule``."""

    def __init__(self, programs: Programs, folder: Path, scheduling: Scheduling) -> None:
        self.plane = ControlPlane(programs, folder)
        self.api, self.scheduling = self.plane.api, scheduling
        self.pods = Watched(self.api, "Pod", broken=self.plane.failures)
        self.nodes: dict[str, Raw] = {}
        self.extender: Extender | None = None
        self.line: Line | None = None
        self._configuration: Raw = {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
        }
        if scheduling is not Scheduling.PLAIN:
            (self._configuration,) = shipped("scheduler/kube-scheduler.yaml")
        if scheduling is Scheduling.LIVE:
            self.plane.apply_role()

    def stop(self) -> list[str]:
        """What went wrong with the programs themselves meanwhile."""
        failures = self.plane.failures()
        self.pods.close()
        self.plane.stop()
        if self.line:
            self.line.close()
        return failures

    @property
    def scheduler_name(self) -> str:
        profiles = self._configuration.get("profiles", ({},))
        return str(profiles[0].get("schedulerName", "default-scheduler"))

    def schedule(self, **followed: str) -> None:
        """Starts the scheduler, and the extender before it, once the nodes and volumes are ready.

        ``followed`` is for ``live_extender``.
        """
        self.until_nodes_are_up()
        self._until_volumes_are_bound()
        if self.scheduling is Scheduling.SNAPSHOT:
            snapshot = self.plane.folder / "snapshot.json"
            snapshot.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": self.dump()}))
            self.extender = Extender(self.plane, snapshot=[str(snapshot)])
        if self.scheduling is Scheduling.LIVE:
            self.extender = self.live_extender(**followed)
        if self.extender:
            self.schedule_with(self.extender)
        else:
            self.reschedule()

    def live_extender(self, **followed: str) -> Extender:
        """Watches this cluster with the rights that are shipped, and plans for its scheduler.

        ``followed`` are fields of ``cluster`` in its configuration.
        """
        kubeconfig = self.plane.kubeconfig("extender", self.line.url if self.line else "")
        return Extender(
            self.plane,
            cluster={"kubeconfig": str(kubeconfig), **followed},
            schedulerNames=[self.scheduler_name],
        )

    def schedule_with(self, server: Server) -> None:
        """Starts the scheduler, which asks this one."""
        (entry,) = self._configuration["extenders"]
        entry["urlPrefix"] = server.url
        self.reschedule()

    def over_a_line(self) -> Line:
        """The extender that ``schedule`` starts reaches the API server over it."""
        self.line = Line(self.plane.url)
        return self.line

    def schedule_by(self, configuration: Raw, environment: Mapping[str, str]) -> None:
        """Starts the scheduler with a configuration of the test's own, once the nodes are ready."""
        self._configuration = configuration
        self.until_nodes_are_up()
        self.plane.start_scheduler(configuration, environment)

    def unschedule(self) -> None:
        """Stops the scheduler, so that pods can gather."""
        self.plane.processes["kube-scheduler"].kill()

    def reschedule(self) -> None:
        """Starts it again; of the pods that wait it takes those first whose namespace and name come first."""
        self.plane.start_scheduler(self._configuration)

    def dump(self) -> list[Raw]:
        """What ``kubectl get -o json`` would show of everything that matters."""
        return [item for kind in _DUMPED for item in self.api.items(kind)]

    def add(self, *items: Raw) -> None:
        """Creates the objects in their order, as they would be before anything ran. Pods get this cluster's
        scheduler; running ones stay on their node."""
        for item in items:
            made = creatable(item)
            if made["kind"] == "Node":
                self.nodes[made["metadata"]["name"]] = made
            for spec in _pod_specs(made):
                spec["schedulerName"] = self.scheduler_name
            try:
                self.api.create(made)
            except ApiError as error:
                if error.status != _CONFLICT or made["kind"] != "Namespace":  # the default one is there
                    raise

    def zone_of(self, node: str) -> str:
        return str(self.nodes[node]["metadata"]["labels"][ZONE])

    def until_nodes_are_up(self) -> None:
        nodes = Watched(self.api, "Node", broken=self.plane.failures)

        def up(node: Raw) -> bool:
            ready = conditions(node).get("Ready", {}).get("status") == "True"
            keys = {taint["key"] for taint in node["spec"].get("taints", ())}
            return ready and "node.kubernetes.io/not-ready" not in keys

        nodes.wait("all nodes are up", lambda found: all(map(up, found.values())), _UP_S)
        nodes.close()

    def _until_volumes_are_bound(self) -> None:
        claims = Watched(self.api, "PersistentVolumeClaim", broken=self.plane.failures)

        def settled(claim: Raw) -> bool:
            return "volumeName" not in claim["spec"] or claim["status"].get("phase") == "Bound"

        claims.wait(
            "claims of ready-made volumes are bound", lambda found: all(map(settled, found.values())), _UP_S
        )
        claims.close()

    def until_pods_exist(self, count: int, seconds: float = 60) -> None:
        self.pods.wait(f"{count} pods exist", lambda pods: len(pods) >= count, seconds, self.summary)

    def until_placed(self, count: int, seconds: float = _PLACED_S) -> dict[str, str]:
        """The node of every pod, once ``count`` pods have one and run there, and no other pods are left."""

        def holds(pods: Store) -> bool:
            alive = [pod for pod in pods.values() if not ending(pod)]
            return len(alive) == count == len(pods) and all(runs(pod) for pod in alive)

        pods = self.pods.wait(f"{count} pods run", holds, seconds, self.summary)
        return {key: pod["spec"]["nodeName"] for key, pod in pods.items()}

    def until_settled(self, count: int, seconds: float = _PLACED_S) -> list[str]:
        """The pods that kube-scheduler finds no node for, once it has said so of all of the ``count`` pods
        that do not run."""

        def holds(pods: Store) -> bool:
            return len(pods) == count and all(runs(pod) or refused(pod) for pod in pods.values())

        pods = self.pods.wait(f"{count} pods run or are refused", holds, seconds, self.summary)
        return sorted(key for key, pod in pods.items() if not runs(pod))

    def per_zone(self, placements: Mapping[str, str], prefix: str) -> Counter[str]:
        """How many of the pods whose ``namespace/name`` begins so are in each zone."""
        return Counter(self.zone_of(node) for key, node in placements.items() if key.startswith(prefix))

    def until_event(self, regarding: str, reason: str, seconds: float = 60) -> Raw:
        """The first event about that pod, ``namespace/name``, with that reason."""
        namespace, name = regarding.split("/")
        events = Watched(self.api, "Event", namespace, broken=self.plane.failures)

        def said(event: Raw) -> bool:
            return event["regarding"].get("name") == name and event.get("reason") == reason

        def told(found: Store) -> str:
            return "\n".join(
                f"{e.get('reason')} {e['regarding'].get('name')}: {e.get('note')}" for e in found.values()
            )

        found = events.wait(
            f"an event {reason} about {regarding}", lambda now: any(map(said, now.values())), seconds, told
        )
        events.close()
        return next(event for event in found.values() if said(event))

    def summary(self, pods: Store) -> str:
        """A line per pod, for messages."""
        lines = []
        for key, pod in sorted(pods.items()):
            told = conditions(pod).get("PodScheduled", {}).get("message", "")
            phase = pod["status"].get("phase")
            lines.append(
                f"  {key} {phase} on {pod['spec'].get('nodeName')} {told}{' (ending)' * ending(pod)}"
            )
        return "\n".join(["", *lines])


def runs(pod: Raw) -> bool:
    return bool(pod["spec"].get("nodeName")) and pod["status"].get("phase") == "Running"


def ending(pod: Raw) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def refused(pod: Raw) -> bool:
    """kube-scheduler looked and found no node."""
    scheduled = conditions(pod).get("PodScheduled", {})
    return scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable"


def creatable(item: Raw) -> Raw:
    """A stored object as one would have written it: the server, the controllers and KWOK fill in the rest."""
    made = copy.deepcopy(item)
    meta = made["metadata"]
    for given in ("uid", "resourceVersion", "ownerReferences", "creationTimestamp"):
        meta.pop(given, None)
    if made["kind"] == "Node":
        made["status"].pop("conditions", None)
    else:
        made.pop("status", None)
    annotations = meta.get("annotations", {})
    meta["annotations"] = {k: v for k, v in annotations.items() if not k.startswith("pv.kubernetes.io/")}
    reference = made.get("spec", {}).get("claimRef", {}) if made["kind"] == "PersistentVolume" else {}
    for given in ("uid", "resourceVersion"):
        reference.pop(given, None)
    return made


def _pod_specs(item: Raw) -> Iterable[Raw]:
    if item["kind"] == "Pod":
        return [item["spec"]]
    template = item.get("spec", {}).get("template")
    return [template["spec"]] if template else []
