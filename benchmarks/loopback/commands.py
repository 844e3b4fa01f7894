"""The two processes of the stage ``watch``: an API server with an instance, and what follows it.

Both are told what to do on stdin, a line each, and answer on stdout: each has its own memory and time.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.loopback.dressing import dressed
from benchmarks.loopback.server import ApiServer
from benchmarks.loopback.store import Store

SENT = "benchmark/sent"
"""A label of changed pods: when the change was made, on the clock all processes share."""
_PATIENCE_S = 120.0


def serve(instance: Path, kubeconfig: Path) -> None:
    """``ready`` once it serves; then for ``RATE NUMBER`` so many changed pods, so many a second."""
    store = Store()
    items = json.loads(instance.read_bytes())["items"]
    store.put(*(dressed(item, number) for number, item in enumerate(items)))
    pods = [item for item in items if item["kind"] == "Pod" and item["spec"].get("nodeName")]
    store.compact()  # what was listed need not be kept as history, too
    with ApiServer(store).running() as server:
        server.write_kubeconfig(kubeconfig)
        _say("ready")
        for line in sys.stdin:
            rate, number = (int(word) for word in line.split())
            _say(_change(store, pods, rate, number))


def _change(store: Store, pods: list[dict[str, Any]], rate: int, number: int) -> float:
    """Seconds it took."""
    rng = random.Random(number)
    started = time.monotonic()
    for step in range(number):
        late_s = time.monotonic() - started - step / rate
        if late_s < 0:
            time.sleep(-late_s)
        pod = dressed(rng.choice(pods), step)
        labels = {**pod["metadata"].get("labels", {}), SENT: f"{time.monotonic():.6f}"}
        store.put({**pod, "metadata": {**pod["metadata"], "labels": labels}})
    return time.monotonic() - started


def follow(kubeconfig: Path) -> None:
    """What the first snapshot took; then for each ``NUMBER`` what following so many changes took."""
    from extender.config import ClusterConfig  # here, so that the server's process stays without it
    from extender.watch import LiveSource

    started_s, cpu_s = time.perf_counter(), time.process_time()
    source = LiveSource(ClusterConfig(kubeconfig=str(kubeconfig)))
    source.start()
    sighting = source.latest()
    _say(
        {
            "wall_s": time.perf_counter() - started_s,
            "cpu_s": time.process_time() - cpu_s,
            "peak_mib": peak_mib(),
            "nodes": len(sighting.snapshot.nodes),
            "pods": len(sighting.snapshot.pods),
        }
    )
    generation = sighting.generation
    for line in sys.stdin:
        cpu_s, wall_s = time.process_time(), time.monotonic()
        lags: list[float] = []
        while len(lags) < int(line):
            changes = source.changes_since(generation, _PATIENCE_S)
            if changes.generation == generation:
                raise SystemExit(f"only {len(lags)} of {line.strip()} changes arrived")
            generation = changes.generation
            lags.extend(_lags(changes.events))
        cuts = quantiles(lags, n=100, method="inclusive")
        _say(
            {
                "lag_p50_ms": round(1000 * cuts[49], 2),
                "lag_p99_ms": round(1000 * cuts[98], 2),
                "cpu_ms": round(1000 * (time.process_time() - cpu_s) / len(lags), 3),
                "per_s": round(len(lags) / (time.monotonic() - wall_s)),
                "peak_mib": peak_mib(),
            }
        )


def _lags(events: tuple[Any, ...]) -> Iterator[float]:
    now = time.monotonic()
    for event in events:
        sent = getattr(event.thing, "labels", {}).get(SENT)
        if sent is not None:
            yield now - float(sent)


def peak_mib() -> int:
    """Of this process alone; what it was started by does not count."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def _say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()
