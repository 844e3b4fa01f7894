"""``extender serve`` as its own process."""

from __future__ import annotations

import json
import sys
from typing import Any

import urllib3
import yaml

from tests.builders import node
from tests.e2e.harness.build import E2E
from tests.e2e.harness.controlplane import ControlPlane
from tests.e2e.harness.processes import Process, free_port
from tests.e2e.harness.watching import NotInTimeError, poll

_READY_S = 120
_STALE_S = 60


class Server:
    """A program that kube-scheduler asks; ready when it was made."""

    verbs = ""
    """Where the verbs are, behind the address."""

    def __init__(self, plane: ControlPlane, name: str, port: int, *words: str) -> None:
        """``words`` follow Python's own name."""
        self._address = f"http://127.0.0.1:{port}"
        self.url = self._address + self.verbs
        self._pool = urllib3.PoolManager(retries=False, timeout=10)
        environment = {"PYTHONPATH": str(E2E.parents[1]), "PYTHONFAULTHANDLER": "1"}
        self.process: Process = plane.run(name, sys.executable, *words, environment=environment)
        self.until_ready()

    def until_ready(self) -> None:
        try:
            poll(f"{self.process.name} is ready", self._is_ready, _READY_S)
        except NotInTimeError as error:
            raise NotInTimeError(f"{error}\n{self.process.tail()}") from None

    def _is_ready(self) -> bool:
        if self.process.exit_code is not None:
            name, code = self.process.name, self.process.exit_code
            raise NotInTimeError(f"{name} ended with {code}:\n{self.process.tail()}")
        try:
            return bool(self._pool.request("GET", f"{self._address}/readyz").status == 200)
        except urllib3.exceptions.HTTPError:
            return False


class Extender(Server):
    def __init__(self, plane: ControlPlane, **settings: Any) -> None:
        """``settings`` are fields of the configuration file."""
        port = free_port()
        configuration = plane.folder / "extender.yaml"
        kind = {"apiVersion": "bulkhead.dev/v1alpha1", "kind": "ExtenderConfiguration"}
        server = {"bind": f"127.0.0.1:{port}"}
        configuration.write_text(yaml.safe_dump({**kind, "server": server, **settings}))
        program = "import sys; from extender.wsgi import main; sys.argv[0] = 'extender'; main()"
        super().__init__(plane, "extender", port, "-c", program, "serve", f"--config={configuration}")

    def until_stale(self, kind: str) -> None:
        """It is not ready, and says that it has not heard of that kind for too long."""
        told: list[str] = []

        def tells() -> bool:
            told[:] = self.get("/readyz").get("troubles", ())
            return any(line.startswith(f"{kind}: nothing heard for") for line in told)

        try:
            poll(f"the extender says that what it knows of {kind} is old", tells, _STALE_S)
        except NotInTimeError as error:
            raise NotInTimeError(f"{error}; its troubles are {told}\n{self.process.tail()}") from None

    def get(self, path: str) -> Any:
        """The JSON behind a path such as ``/plans``."""
        return json.loads(self._pool.request("GET", self.url + path).data)

    def metric(self, name: str, **labels: str) -> float:
        """The sum over all series of that name with these labels."""
        total = 0.0
        for line in self._pool.request("GET", f"{self.url}/metrics").data.decode().splitlines():
            series, _, value = line.rpartition(" ")
            if series.split("{")[0] == name and all(
                f'{key}="{text}"' in series for key, text in labels.items()
            ):
                total += float(value)
        return total


class Echo(Server):
    """See ``harness.echo``."""

    verbs = "/echo"

    def __init__(self, plane: ControlPlane) -> None:
        port, any_cluster = free_port(), plane.folder / "any-cluster.json"
        any_cluster.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [node(name="any")]}))
        super().__init__(plane, "echo", port, "-m", "tests.e2e.harness.echo", str(port), str(any_cluster))
