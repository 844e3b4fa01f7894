"""A live extender, asked as kube-scheduler asks it, beside an endpoint of the same server that only echoes.

The server is a process of its own (``benchmarks.stages.rehearsal``). Three questions, each over one
connection that stays open:

- with a ready plan: filter, prioritize and echo in turn, the nodes in another order every time, as
  kube-scheduler's parallel filters leave them; what counts is the ratio of the 99th percentiles;
- the first call for a StatefulSet that arrives at the same moment;
- the same as first while planning never rests and a hundred pod events a second arrive.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from benchmarks.case import Raw, Stage
from benchmarks.process import ProcessFailedError
from benchmarks.results import StageTime

_ROUNDS = 1000
_PORT = re.compile(r"event=serving .*port=(\d+)")
_SERVE = (sys.executable, "-m", "benchmarks.stages.rehearsal")
_START_S = 120
_WARM_UP = 20


def measure(path: Path) -> StageTime:
    """Raises ProcessFailedError when the extender does not get ready or refuses a request."""
    items = json.loads(path.read_bytes())["items"]
    nodes = [item["metadata"]["name"] for item in items if item["kind"] == "Node"]
    workloads: dict[str, list[Raw]] = defaultdict(list)
    for item in items:
        if item["kind"] == "Pod" and "nodeName" not in item["spec"]:
            workloads[item["metadata"]["ownerReferences"][0]["name"]].append(item)
    names = sorted(workloads)
    present, late = names[: len(names) // 2], names[len(names) // 2 :]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with _serving(path) as port:
        asker = _Asker(port, nodes, [pod for name in present for pod in workloads[name]])
        asker.rounds(_WARM_UP)
        calm = asker.rounds(_ROUNDS)
        first = [asker.first_call(name, workloads[name][0]) for name in late]
        asker.post("/storm", b"{}")
        asker.rounds(_WARM_UP)
        storm = asker.rounds(_ROUNDS)
        asker.post("/calm", b"{}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return StageTime(
        stage=Stage.LIVE,
        wall_s=sum(map(sum, calm.values())) / 1000,
        cpu_s=used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
        repeats=3 * _ROUNDS,
        facts={
            "nodes": len(nodes),
            **{f"{verb} p50 ms": round(median(calm[verb]), 2) for verb in calm},
            **{f"{verb} p99 ms": _p99(calm[verb]) for verb in calm},
            "filter to echo": round(_p99(calm["filter"]) / _p99(calm["echo"]), 2),
            "prioritize to echo": round(_p99(calm["prioritize"]) / _p99(calm["echo"]), 2),
            "first call max ms": round(max(first), 1),
            **{f"{verb} p99 ms while planning": _p99(storm[verb]) for verb in storm},
        },
    )


class _Asker:
    def __init__(self, port: int, nodes: Sequence[str], pods: Sequence[Raw]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._nodes = list(nodes)
        self._pods = pods
        self._chance = random.Random(1)

    def rounds(self, number: int) -> Mapping[str, list[float]]:
        """Milliseconds by verb."""
        times: dict[str, list[float]] = {"echo": [], "filter": [], "prioritize": []}
        for turn in range(number):
            body = self._body(self._pods[turn % len(self._pods)])
            for verb, taken in times.items():
                taken.append(self.post(f"/{verb}", body))
        return times

    def first_call(self, workload: str, pod: Raw) -> float:
        """Milliseconds from its pods being there to the answer."""
        body = self._body(pod)
        return self.post(f"/arrive/{workload}", b"{}") + self.post("/filter", body)

    def post(self, path: str, body: bytes) -> float:
        started = time.perf_counter()
        self._connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        answer = response.read()
        taken_ms = 1000 * (time.perf_counter() - started)
        if response.status != 200 or b'"Error":"bulkhead' in answer:
            raise ProcessFailedError(f"{path} answered {response.status}: {answer[-500:].decode()}")
        return taken_ms

    def _body(self, pod: Raw) -> bytes:
        self._chance.shuffle(self._nodes)
        body = {"Pod": pod, "Nodes": None, "NodeNames": self._nodes}
        return json.dumps(body, separators=(",", ":")).encode()  # as Go writes it


@contextmanager
def _serving(path: Path) -> Iterator[int]:
    """The port of an extender that has its first plan."""
    with tempfile.NamedTemporaryFile() as log:  # not a pipe: reading it would disturb what is measured
        process = subprocess.Popen([*_SERVE, str(path)], stderr=log)
        try:
            yield _port_when_ready(process, Path(log.name))
        finally:
            process.terminate()
            process.wait()


def _port_when_ready(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        said = log.read_text(encoding="utf-8")
        found = _PORT.search(said)
        if found and "event=ready" in said:
            return int(found[1])
        time.sleep(0.1)
    raise ProcessFailedError("the extender did not get ready")


def _p99(times_ms: Sequence[float]) -> float:
    return round(quantiles(times_ms, n=100, method="inclusive")[98], 2)
