"""etcd, kube-apiserver, kube-controller-manager, kube-scheduler and KWOK on loopback, for one test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import urllib3
import yaml

from tests.e2e.harness.api import Api, ApiError, Connection, Raw
from tests.e2e.harness.build import E2E, Programs
from tests.e2e.harness.processes import Process, free_port
from tests.e2e.harness.provisioner import Provisioner
from tests.e2e.harness.watching import NotInTimeError, poll

DEPLOY = E2E.parents[1] / "deploy"
EXTENDER_ROLE = "bulkhead-extender"
"""The ClusterRole in deploy/base that the extender's own user is bound to, and to nothing else."""
_USERS = {
    "admin": ("admin", "system:masters"),
    "scheduler": ("system:kube-scheduler", ""),
    "extender": ("bulkhead-extender", ""),
}
_CONTROLLERS = (
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "job-controller",
    "persistentvolume-binder-controller",
    "persistentvolume-protection-controller",
    "persistentvolumeclaim-protection-controller",
    "persistentvolume-attach-detach-controller",
    "node-lifecycle-controller",
    "taint-eviction-controller",
    "pod-garbage-collector-controller",
    "disruption-controller",
    "namespace-controller",
    "ephemeral-volume-controller",
    "garbage-collector-controller",
)
_SERVER = "kube-apiserver"
_READY_S = 90


class ControlPlane:
    """A cluster without nodes; ``api`` is its administrator's. Everything ends with ``stop``."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        """``folder`` is empty and takes data and logs."""
        self._programs, self.folder = programs, folder
        self.processes: dict[str, Process] = {}
        self.provisioner: Provisioner | None = None
        try:
            self._start_store()
            self._start_server()
            self._start_controllers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self.provisioner:
            self.provisioner.stop()
        for process in reversed(self.processes.values()):
            process.kill()  # the data is thrown away, so nobody needs time to write it

    def run(self, name: str, *command: str | Path, environment: Mapping[str, str] | None = None) -> Process:
        process = Process(name, command, self.folder / f"{name}.log", environment)
        self.processes[name] = process
        return process

    def kubeconfig(self, user: str, url: str = "") -> Path:
        """``url`` is another way to the API server."""
        path = self.folder / f"{user}.kubeconfig"
        path.write_text(Connection(url or self.url, self._token(user), self._authority).kubeconfig())
        path.chmod(0o600)
        return path

    def api_of(self, user: str) -> Api:
        return Api(Connection(self.url, self._token(user), self._authority))

    def failures(self) -> list[str]:
        """Programs that ended by themselves, and a provisioner that gave up."""
        ended = [
            f"{p.name} ended with {p.exit_code}:\n{p.tail()}"
            for p in self.processes.values()
            if p.exit_code is not None
        ]
        broken = self.provisioner.failure if self.provisioner else None
        return [*ended, *([f"provisioner: {broken!r}"] if broken else [])]

    def start_scheduler(self, configuration: Raw, environment: Mapping[str, str] | None = None) -> Process:
        """kube-scheduler with this KubeSchedulerConfiguration, once it is healthy."""
        path = self.folder / "kube-scheduler.yaml"
        kubeconfig = str(self.kubeconfig("scheduler"))
        leader = {**configuration.get("leaderElection", {}), "leaderElect": False}
        whole = {**configuration, "clientConnection": {"kubeconfig": kubeconfig, "qps": 1000, "burst": 2000}}
        path.write_text(yaml.safe_dump({**whole, "leaderElection": leader}))
        port = free_port()
        process = self._component(
            "kube-scheduler",
            f"--config={path}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={self.folder / 'scheduler-certificates'}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            environment=environment,
        )
        self._until_healthy(process, f"https://127.0.0.1:{port}/readyz")
        return process

    def kill_server(self) -> None:
        """``kill -9`` of the API server, which ends every watch."""
        self.processes[_SERVER].kill()

    def start_server_again(self) -> None:
        """Ready when this returns."""
        process = self.processes[_SERVER]
        process.start()
        self._until_served(process)

    def _until_served(self, process: Process) -> None:
        self._until_healthy(process, f"{self.url}/readyz")

    def apply_role(self) -> None:
        """The extender's ClusterRole as it is shipped, bound to the extender's user."""
        roles = [doc for doc in shipped("base/rbac.yaml") if doc["kind"] == "ClusterRole"]
        (role,) = [doc for doc in roles if doc["metadata"]["name"] == EXTENDER_ROLE]
        self.api.create(role)
        self.api.create(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": EXTENDER_ROLE},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": EXTENDER_ROLE,
                },
                "subjects": [
                    {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": _USERS["extender"][0]}
                ],
            }
        )

    def _start_store(self) -> None:
        self._etcd, peers = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
        help_text = subprocess.run([self._programs.etcd, "--help"], capture_output=True, text=True)
        known = help_text.stdout + help_text.stderr
        process = self.run(
            "etcd",
            self._programs.etcd,
            f"--listen-client-urls={self._etcd}",
            f"--advertise-client-urls={self._etcd}",
            f"--listen-peer-urls={peers}",
            f"--data-dir={self.folder / 'etcd'}",
            *(["--unsafe-no-fsync"] if "--unsafe-no-fsync" in known else []),
        )
        self._until_healthy(process, f"{self._etcd}/health")

    def _start_server(self) -> None:
        port = free_port()
        self.url = f"https://127.0.0.1:{port}"
        certificates = self.folder / "certificates"
        self._authority = certificates / "apiserver.crt"
        key = self.folder / "service-accounts.key"
        made = subprocess.run([self._programs.controlplane, "key"], check=True, capture_output=True)
        key.write_bytes(made.stdout)
        tokens = self.folder / "tokens.csv"
        tokens.write_text(
            "".join(
                f"{self._token(user)},{name},{user}{f',{groups}' if groups else ''}\n"
                for user, (name, groups) in _USERS.items()
            )
        )
        tokens.chmod(0o600)
        process = self._component(
            _SERVER,
            f"--etcd-servers={self._etcd}",
            "--bind-address=127.0.0.1",
            f"--secure-port={port}",
            f"--cert-dir={certificates}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
            f"--token-auth-file={tokens}",
            "--disable-admission-plugins=ServiceAccount",
            "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
            # without the progress etcd 3.4 does not tell, a watch list fails, and KWOK backs off to a minute
            "--feature-gates=MutatingAdmissionPolicy=true,WatchList=false",
        )
        self._until_served(process)
        self.api = self.api_of("admin")
        poll("the API server's own roles", self._has_roles, _READY_S)

    def _has_roles(self) -> bool:
        try:
            self.api.get("ClusterRoleBinding", "system:volume-scheduler")
            return bool(self.api.get("Namespace", "default"))
        except ApiError:
            return False

    def _start_controllers(self) -> None:
        kubeconfig = self.kubeconfig("admin")
        self._component(
            "kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            "--secure-port=0",
            "--kube-api-qps=1000",
            "--pvclaimbinder-sync-period=1s",
            "--node-monitor-grace-period=1h",  # no node is lost because this machine is busy
            "--kube-api-burst=2000",
            f"--controllers={','.join(_CONTROLLERS)}",
        )
        self.run(
            "kwok",
            self._programs.kwok,
            f"--kubeconfig={kubeconfig}",
            "--manage-all-nodes=true",
            f"--config={self._programs.stages}",
        )
        self.provisioner = Provisioner(self.api)

    def _component(self, name: str, *flags: str, environment: Mapping[str, str] | None = None) -> Process:
        return self.run(name, self._programs.controlplane, name, *flags, environment=environment)

    def _token(self, user: str) -> str:
        return f"token-of-{user}"

    def _until_healthy(self, process: Process, url: str) -> None:
        pool = urllib3.PoolManager(retries=False, timeout=5, cert_reqs="CERT_NONE")
        headers = {"Authorization": f"Bearer {self._token('admin')}"}

        def answers() -> bool:
            if process.exit_code is not None:
                raise NotInTimeError(f"{process.name} ended with {process.exit_code}:\n{process.tail()}")
            try:
                return bool(pool.request("GET", url, headers=headers).status == 200)
            except urllib3.exceptions.HTTPError:
                return False

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # made by itself a moment ago
        try:
            poll(f"{process.name} is healthy", answers, _READY_S)
        except NotInTimeError as error:
            raise NotInTimeError(f"{error}\n{process.tail()}") from None


def shipped(path: str) -> Iterator[Any]:
    """The documents of a file in deploy/."""
    yield from yaml.safe_load_all((DEPLOY / path).read_text())
