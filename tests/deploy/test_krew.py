"""The krew plugin: an archive that holds what its manifest says, and a launcher that says what it lacks."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.paths import PROJECT

URI = "https://downloads.example.com/place-volumes.tar.gz"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("krew")
    command = [sys.executable, str(PROJECT / "deploy/krew/build.py"), "--uri", URI, "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_the_manifest_is_a_plugin_with_the_checksum_of_its_archive(made: Path) -> None:
    manifest = yaml.safe_load((made / "place-volumes.yaml").read_text())
    assert (manifest["apiVersion"], manifest["kind"]) == (
        "krew.googlecontainertools.github.com/v1alpha2",
        "Plugin",
    )
    assert manifest["metadata"]["name"] == "place-volumes"
    assert manifest["spec"]["version"] == "v0.1.0"
    (platform,) = manifest["spec"]["platforms"]
    assert platform["uri"] == URI
    assert platform["sha256"] == hashlib.sha256((made / "place-volumes.tar.gz").read_bytes()).hexdigest()


def test_the_archive_has_the_launcher_the_wheel_and_its_locked_requirements(made: Path) -> None:
    manifest = yaml.safe_load((made / "place-volumes.yaml").read_text())
    with tarfile.open(made / "place-volumes.tar.gz") as archive:
        modes = {entry.name: entry.mode for entry in archive}
    assert modes.pop(manifest["spec"]["platforms"][0]["bin"]) == 0o755
    assert set(modes) == {"kube_bulkhead-0.1.0-py3-none-any.whl", "requirements.lock", "LICENSE"}


def test_the_launcher_names_what_it_needs_where_there_is_no_such_python(made: Path, tmp_path: Path) -> None:
    with tarfile.open(made / "place-volumes.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    environment = {**os.environ, "BULKHEAD_PYTHON": "false", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ran = subprocess.run(
        [str(tmp_path / "kubectl-place_volumes"), "version"], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 1
    assert "Python 3.11 or newer" in ran.stderr
    assert not (tmp_path / "cache").exists()


def test_a_finished_environment_is_used_as_it_is(made: Path, tmp_path: Path) -> None:
    with tarfile.open(made / "place-volumes.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    home = tmp_path / "cache/kube-bulkhead/0.1.0"
    (home / "bin").mkdir(parents=True)
    (home / ".ready").touch()
    (home / "bin/kubectl-place_volumes").symlink_to(Path(sys.executable).parent / "kubectl-place_volumes")
    environment = {**os.environ, "BULKHEAD_PYTHON": "false", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ran = subprocess.run(
        [str(tmp_path / "kubectl-place_volumes"), "--help"], env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert "kubectl place-volumes" in ran.stdout
