"""One control plane for all facts of the wire; it ends after the last of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import LOGS
from tests.e2e.harness.build import Programs
from tests.e2e.harness.wire import Group, Wire


@pytest.fixture(scope="package")
def wire(built: Programs) -> Iterator[Wire]:
    folder = LOGS / "wire"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = Wire.started(built, folder)
    yield started
    failures = started.stop()
    assert not failures, "\n".join(failures)


@pytest.fixture
def group(wire: Wire) -> Iterator[Group]:
    """The test's own nodes; its pods are gone when it ends."""
    yield wire.group()
    wire.clear()
