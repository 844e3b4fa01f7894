"""What every end-to-end test gets: the programs, an oracle, and control planes that end with the test.

``make test`` does not come here; ``make e2e`` does.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e.harness.build import Programs, programs
from tests.e2e.harness.cluster import Cluster, Scheduling
from tests.e2e.harness.oracle import Oracle
from tests.e2e.harness.seed import SEED

LOGS = Path(__file__).parents[2] / "build/e2e"

StartCluster = Callable[[Scheduling], Cluster]


@pytest.fixture(scope="session")
def built() -> Programs:
    return programs()


@pytest.fixture(scope="session")
def oracle(built: Programs) -> Iterator[Oracle]:
    with Oracle(built.controlplane) as started:
        yield started


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"random snapshots were made with E2E_SEED={SEED}")


@pytest.fixture
def start(built: Programs, request: pytest.FixtureRequest) -> Iterator[StartCluster]:
    """Starts a cluster with one way of scheduling. Its data and logs are kept when the test fails."""
    folder = LOGS / request.node.name
    shutil.rmtree(folder, ignore_errors=True)
    started: list[Cluster] = []

    def begin(scheduling: Scheduling) -> Cluster:
        place = folder / scheduling.value
        place.mkdir(parents=True)
        started.append(Cluster(built, place, scheduling))
        return started[-1]

    yield begin
    failures = [failure for cluster in started for failure in cluster.stop()]
    if request.node.stash.get(_FAILED, True) or failures:
        sys.stdout.write("\n".join([f"logs are in {folder}", *failures, ""]))
    else:
        shutil.rmtree(folder, ignore_errors=True)
    assert not failures, "\n".join(failures)
