"""A kube-scheduler that asks extenders a test tells what to say, over nodes the test has for itself.

Beside the extender that most tests script, there is one with TLS and no CA, one behind a proxy and one that
is ignorable and always fails; and, for pods that ask for a resource of theirs only, one that gets whole
nodes, one that offers HTTP/2 and one that binds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import builders as b
from tests.e2e.harness.api import ApiError, Raw
from tests.e2e.harness.build import Programs
from tests.e2e.harness.cluster import Cluster, Scheduling, runs
from tests.e2e.harness.scripted import Call, Reply, Say, Scripted, as_json
from tests.e2e.harness.watching import Store, conditions

GROUPS = 80
NODES = 3 * GROUPS
WHOLE_NODES, MODERN, BINDING = (f"example.com/{name}" for name in ("whole-nodes", "modern", "binding"))
"""Resources that no node needs to have."""
URGENT = "urgent"
WAIT_S = 60.0
_GROUP = "group"
_GONE = 404


@dataclass(frozen=True)
class Extenders:
    main: Scripted
    secure: Scripted
    proxied: Scripted
    failing: Scripted
    whole: Scripted
    modern: Scripted
    binder: Scripted

    @classmethod
    def started(cls, certificate: tuple[Path, Path]) -> Extenders:
        return cls(
            main=Scripted(),
            secure=Scripted(certificate=certificate),
            proxied=Scripted(),
            failing=Scripted(default=lambda _: as_json({"Error": "out of order"}, 500)),
            whole=Scripted(),
            modern=Scripted(certificate=certificate, offers=("h2", "http/1.1")),
            binder=Scripted(),
        )

    def close(self) -> None:
        for server in vars(self).values():
            server.close()

    def entries(self) -> list[Raw]:
        verbs = {"filterVerb": "filter", "prioritizeVerb": "prioritize", "preemptVerb": "preempt"}
        only_filter = {"filterVerb": "filter"}
        modern = {"enableHTTPS": True, "ignorable": True, **_only_for(MODERN)}
        return [
            _entry(f"http://{self.main.address}/", httpTimeout="3s", weight=13, **verbs),
            _entry(f"https://{self.secure.address}", enableHTTPS=True, **only_filter),
            _entry("http://extender.example.com/", **only_filter),
            _entry(f"http://{self.failing.address}", ignorable=True, **only_filter),
            _entry(f"http://{self.whole.address}", **only_filter, **_only_for(WHOLE_NODES), names=False),
            _entry(f"https://{self.modern.address}", **only_filter, **modern),
            _entry(f"http://{self.binder.address}", bindVerb="bind", **_only_for(BINDING)),
        ]


def _entry(address: str, *, names: bool = True, **more: Any) -> Raw:
    return {"urlPrefix": address, "nodeCacheCapable": names, **more}


def _only_for(resource: str) -> Raw:
    return {"managedResources": [{"name": resource, "ignoredByScheduler": True}]}


def asking(resource: str, **requests: str) -> list[Raw]:
    """The containers of a pod that asks for one of it."""
    wanted = {resource: "1"}
    return [b.container(requests=wanted | requests, limits=wanted)]


@dataclass
class Wire:
    cluster: Cluster
    extenders: Extenders
    _groups: Iterator[int] = field(default_factory=lambda: iter(range(GROUPS)))

    @classmethod
    def started(cls, programs: Programs, folder: Path) -> Wire:
        cluster = Cluster(programs, folder, Scheduling.PLAIN)
        certificates = folder / "certificates"
        certificate = (certificates / "apiserver.crt", certificates / "apiserver.key")
        wire = cls(cluster, Extenders.started(certificate))
        try:
            wire._begin()
        except BaseException:
            wire.stop()
            raise
        return wire

    def stop(self) -> list[str]:
        """What went wrong with the programs themselves meanwhile."""
        failures = self.cluster.stop()
        self.extenders.close()
        return failures

    @property
    def main(self) -> Scripted:
        return self.extenders.main

    def group(self) -> Group:
        """Three nodes of 4 CPUs that no other test has."""
        return Group(f"g{next(self._groups)}")

    def pod(
        self,
        name: str,
        group: Group | None = None,
        *,
        labels: Mapping[str, str] | None = None,
        priority_class: str = "",
        **spec: Any,
    ) -> None:
        """A pod that waits; with a group it may go to that group's nodes only. No name is used twice: KWOK,
        which deletes by name, may do so late."""
        extra = {"terminationGracePeriodSeconds": 0, "priorityClassName": priority_class}
        made = b.pod_spec(node_selector=group.labels if group else {}, extra=extra, **spec)
        meta = {"name": name, "namespace": "default", "labels": dict(labels or {})}
        self.cluster.add({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": made})

    def urgent(self, name: str, group: Group) -> None:
        """A pod that takes most of a node and is worth more than others."""
        self.pod(name, group, requests={"cpu": "3"}, priority_class=URGENT)

    def fill(self, group: Group) -> list[str]:
        """Every node of the group gets a pod that is worth little and takes most of it."""
        return [self.running(f"low-{node}", node, "3") for node in group.nodes]

    def running(self, name: str, node: str, cpu: str, **labels: str) -> str:
        """A pod that runs there; kube-scheduler has then heard of it."""
        self.pod(name, node=node, requests={"cpu": cpu}, labels=labels)
        self._wait(f"{name} runs", name, runs)
        return name

    def node_of(self, name: str) -> str:
        """Once it has one."""
        found = self._wait(f"{name} has a node", name, lambda pod: bool(pod["spec"].get("nodeName")))
        return str(found["spec"]["nodeName"])

    def message(self, name: str, reason: str) -> str:
        """Why it has none, once that is said for this reason."""

        def said(pod: Raw) -> bool:
            return conditions(pod).get("PodScheduled", {}).get("reason") == reason

        pod = self._wait(f"{name} is left out for {reason}", name, said)
        return str(conditions(pod)["PodScheduled"]["message"])

    def evicted(self) -> set[str]:
        return {pod["metadata"]["name"] for pod in self.cluster.pods.deleted()}

    def clear(self) -> None:
        """Pods that wait would ask again whenever another test changes something."""
        for key in self.cluster.pods.now():
            try:
                self.cluster.api.delete("Pod", key.split("/")[1], "default", grace_s=0)
            except ApiError as error:
                if error.status != _GONE:  # evicted meanwhile
                    raise
        self.cluster.pods.wait("all pods are gone", lambda pods: not pods, WAIT_S, self.cluster.summary)

    def _begin(self) -> None:
        for group in (Group(f"g{number}") for number in range(GROUPS)):
            self.cluster.add(*(b.node(name=name, labels=group.labels) for name in group.nodes))
        self.cluster.add(b.priority_class(name=URGENT, value=1000))
        configuration = {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "profiles": [{"schedulerName": "all", "percentageOfNodesToScore": 100}],
            "extenders": self.extenders.entries(),
        }
        proxy = f"http://{self.extenders.proxied.address}"
        self.cluster.schedule_by(configuration, {"HTTP_PROXY": proxy})

    def _wait(self, what: str, name: str, holds: Callable[[Raw], bool]) -> Raw:
        def now(pods: Store) -> bool:
            return f"default/{name}" in pods and holds(pods[f"default/{name}"])

        return self.cluster.pods.wait(what, now, WAIT_S, self.cluster.summary)[f"default/{name}"]


@dataclass(frozen=True)
class Group:
    name: str

    @property
    def labels(self) -> Mapping[str, str]:
        return {_GROUP: self.name}

    @property
    def nodes(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(3)]


def keep(*names: str, **more: Any) -> Say:
    return lambda _: as_json({"NodeNames": list(names), **more})


def refuse(field_name: str, reason: str = "no") -> Say:
    """Every node, in that map of the answer."""

    def say(call: Call) -> Reply:
        return as_json({"NodeNames": [], field_name: dict.fromkeys(call.body["NodeNames"], reason)})

    return say
