"""A running extender, asked as kube-scheduler asks it: percentiles of the answers to filter and prioritize.

``extender serve`` runs as a process of its own with the instance as its snapshot; every request names one
pending pod and every node, over one connection that stays open. Planning is over before the first request.
"""

from __future__ import annotations

import http.client
import json
import re
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from benchmarks.case import Raw, Stage
from benchmarks.process import BENCHMARKS, ProcessFailedError
from benchmarks.results import StageTime

_REQUESTS = 200
_SERVE = (BENCHMARKS[0], "-c", "from extender.wsgi import main; main()", "serve", "--bind", "127.0.0.1:0")
_PORT = re.compile(r"event=serving .*port=(\d+)")


def measure(path: Path, time_limit_s: float) -> StageTime:
    """CPU is that of the whole process, its plan included.

    Raises ProcessFailedError when the extender does not get ready or refuses a request.
    """
    items = json.loads(path.read_bytes())["items"]
    nodes = [item["metadata"]["name"] for item in items if item["kind"] == "Node"]
    pods = [i for i in items if i["kind"] == "Pod" and "nodeName" not in i["spec"]][:_REQUESTS]
    bodies = [json.dumps({"Pod": pod, "Nodes": None, "NodeNames": nodes}).encode() for pod in pods]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with _serving(path, time_limit_s) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        filtered = [_asked(connection, "/filter", body) for body in bodies]
        scored = [_asked(connection, "/prioritize", body) for body in bodies]
        connection.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return StageTime(
        stage=Stage.HTTP,
        wall_s=(sum(filtered) + sum(scored)) / 1000,
        cpu_s=used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
        repeats=2 * len(bodies),
        facts={"nodes": len(nodes), **_percentiles("filter", filtered), **_percentiles("prioritize", scored)},
    )


@contextmanager
def _serving(path: Path, time_limit_s: float) -> Iterator[int]:
    """The port of an extender that has its plan. Waits on its log."""
    command = (*_SERVE, "--snapshot", str(path), "--time-limit", str(time_limit_s))
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None  # asked for above
    try:
        port, ready, said = 0, False, ""
        while not ready:
            line = process.stderr.readline()
            if not line:
                raise ProcessFailedError(f"the extender did not get ready: {said[-2000:]}")
            said += line
            found = _PORT.search(line)
            port = int(found[1]) if found else port
            ready = "event=ready" in line
        yield port
    finally:
        process.terminate()
        process.communicate()


def _asked(connection: http.client.HTTPConnection, verb: str, body: bytes) -> float:
    """Milliseconds from the request to the last byte of its answer."""
    started = time.perf_counter()
    connection.request("POST", verb, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    took_ms = 1000 * (time.perf_counter() - started)
    if response.status != 200 or _error(answer):
        raise ProcessFailedError(f"{verb} answered {response.status}: {answer[:500].decode()}")
    return took_ms


def _error(answer: bytes) -> str:
    decoded: Raw | Sequence[Raw] = json.loads(answer)
    return str(decoded.get("Error", "")) if isinstance(decoded, dict) else ""


def _percentiles(verb: str, times_ms: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(times_ms, n=100, method="inclusive")
    return {f"{verb} p50 ms": round(cuts[49], 2), f"{verb} p99 ms": round(cuts[98], 2)}
