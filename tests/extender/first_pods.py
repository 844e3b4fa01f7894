"""The first pods of a cluster, which threads of watches and of kube-scheduler's calls read at the same time.

A process of its own, because what is read first matters, and because it dies if threads get in each other's
way.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import msgspec

from extender.pods import read_pod
from solver.kube.mirror.reader import read_object
from tests import builders as b

THREADS = 9
SWITCH_S = 1e-6

SPREAD = [b.spread(labels={"app": "db"})]
APART = b.required_terms(b.affinity_term(key=b.HOSTNAME, labels={"app": "db"}))
POD = json.dumps(
    b.pod(name="db-0", spread=SPREAD, pod_anti_affinity=APART, volumes=[b.claim_volume(claim="data-db-0")])
).encode()
WORKLOAD = json.dumps(
    b.stateful_set(name="db", spec=b.pod_spec(spread=SPREAD, pod_anti_affinity=APART))
).encode()


def called() -> str:
    return read_pod(POD).name


def watched_pod() -> str:
    return _named(*read_object("Pod", msgspec.Raw(POD)))


def watched_workload() -> str:
    return _named(*read_object("StatefulSet", msgspec.Raw(WORKLOAD)))


def _named(loaded: Any, faults: Any) -> str:
    assert not faults, faults
    return str(loaded.name)


def work(number: int) -> None:
    gate.wait()
    read.append((called, watched_pod, watched_workload)[number % 3]())


gate = threading.Barrier(THREADS)
read: list[str] = []

if __name__ == "__main__":
    sys.setswitchinterval(SWITCH_S)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read) == ["db"] * 3 + ["db-0"] * 6, read
