"""``extender serve`` as its own process."""

from __future__ import annotations

import json
import sys
from typing import Any

import urllib3
import yaml

from tests.e2e.harness.build import E2E
from tests.e2e.harness.controlplane import ControlPlane
from tests.e2e.harness.processes import Process, free_port
from tests.e2e.harness.watching import NotInTimeError, poll

_READY_S = 120
_STALE_S = 60


class Extender:
    def __init__(self, plane: ControlPlane, **settings: Any) -> None:
        """``settings`` are fields of the configuration file. Ready when this returns."""
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._pool = urllib3.PoolManager(retries=False, timeout=10)
        configuration = plane.folder / "extender.yaml"
        kind = {"apiVersion": "bulkhead.dev/v1alpha1", "kind": "ExtenderConfiguration"}
        server = {"bind": f"127.0.0.1:{self._port}"}
        configuration.write_text(yaml.safe_dump({**kind, "server": server, **settings}))
        self.process: Process = plane.run(
            "extender",
            sys.executable,
            "-c",
            "import sys; from extender.wsgi import main; sys.argv[0] = 'extender'; main()",
            "serve",
            f"--config={configuration}",
            environment={"PYTHONPATH": str(E2E.parents[1]), "PYTHONFAULTHANDLER": "1"},
        )
        self.until_ready()

    def until_ready(self) -> None:
        try:
            poll("the extender is ready", self._is_ready, _READY_S)
        except NotInTimeError as error:
            raise NotInTimeError(f"{error}\n{self.process.tail()}") from None

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

    def _is_ready(self) -> bool:
        if self.process.exit_code is not None:
            raise NotInTimeError(f"the extender ended with {self.process.exit_code}:\n{self.process.tail()}")
        try:
            return bool(self._pool.request("GET", f"{self.url}/readyz").status == 200)
        except urllib3.exceptions.HTTPError:
            return False
