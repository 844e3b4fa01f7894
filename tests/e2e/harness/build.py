"""The programs of a control plane: built once, kept in a cache, keyed by version and source.

kube-apiserver, kube-controller-manager, kube-scheduler and the oracle are one binary of ``../controlplane``.
KWOK comes from its own Go module. etcd is the one on the path, else Debian's, else its Go module.
Run as a program it builds what is missing and prints where everything is.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

E2E = Path(__file__).parents[1]
KUBERNETES = "v1.34.1"
KWOK = "v0.8.0"
_STAGES = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
)
_NO_GO = "Go is needed to build kube-apiserver, kube-scheduler and KWOK (https://go.dev/dl): nothing was run."
_STAMP = "k8s.io/component-base/version"
_LDFLAGS = f"-s -w -X {_STAMP}.gitVersion={KUBERNETES} -X {_STAMP}.gitMajor=1 -X {_STAMP}.gitMinor=34"


class BuildError(Exception):
    """A program is missing and cannot be made; the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    controlplane: Path
    """Component name as first argument: kube-apiserver, kube-controller-manager, kube-scheduler, oracle."""
    kwok: Path
    stages: Path
    """KWOK's own stages, of the same version: what its nodes and pods do."""
    etcd: Path


def programs() -> Programs:
    """All of them, made where they are missing. Raises BuildError."""
    return Programs(
        etcd=_etcd(),
        kwok=_kwok(),
        stages=_stages(),
        controlplane=_module("controlplane", KUBERNETES, ("-ldflags", _LDFLAGS)),
    )


def cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bulkhead"


def _module(name: str, version: str, flags: Sequence[str] = ()) -> Path:
    """The program of the Go module in the folder of that name."""
    folder = E2E / name
    key = hashlib.sha256(repr(flags).encode())
    for source in sorted([*folder.glob("*.go"), folder / "go.mod", folder / "go.sum"]):
        key.update(source.name.encode() + b"\0" + source.read_bytes())
    kept = cache() / f"{name}-{version}-{key.hexdigest()[:12]}" / name
    if not kept.exists():
        command = [_go(), "build", "-trimpath", "-buildvcs=false", *flags, "-o"]
        _into(
            kept, lambda made: _run([*command, str(made), "."], cwd=folder, told=f"building {name} {version}")
        )
    return kept


def _kwok() -> Path:
    kept = cache() / f"kwok-{KWOK}" / "kwok"

    def install(made: Path) -> None:
        command = [_go(), "install", "-trimpath", f"sigs.k8s.io/kwok/cmd/kwok@{KWOK}"]
        _run(command, told=f"building kwok {KWOK}", environment={"GOBIN": str(made.parent)})

    if not kept.exists():
        _into(kept, install)
    return kept


def _stages() -> Path:
    kept = cache() / f"kwok-{KWOK}" / "stages.yaml"

    def copy(made: Path) -> None:
        downloaded = _run(
            [_go(), "mod", "download", "-json", f"sigs.k8s.io/kwok@{KWOK}"], told=f"reading kwok {KWOK}"
        )
        folder = Path(json.loads(downloaded)["Dir"]) / "kustomize/stage"
        made.write_text("---\n".join((folder / stage).read_text() for stage in _STAGES))

    if not kept.exists():
        _into(kept, copy)
    return kept


def _etcd() -> Path:
    found = shutil.which("etcd")
    if found:
        return Path(found)
    kept = cache() / "etcd-debian" / "etcd"
    if not kept.exists():
        if not shutil.which("apt-get"):
            return _module("etcd", "3.6")
        _into(kept, _debian_etcd)
    return kept


def _debian_etcd(made: Path) -> None:
    """Unpacks the package without installing it: no service is started and root is not needed."""
    folder = made.parent
    try:
        subprocess.run(["apt-get", "download", "etcd-server"], cwd=folder, check=True, capture_output=True)
    except subprocess.CalledProcessError:  # no package lists yet
        _run(["apt-get", "update"], told="reading Debian's package lists")
        _run(["apt-get", "download", "etcd-server"], cwd=folder, told="downloading etcd")
    (package,) = folder.glob("etcd-server_*.deb")
    _run(["dpkg-deb", "--extract", str(package), str(folder / "root")], told="unpacking etcd")
    shutil.move(folder / "root/usr/bin/etcd", made)


def _into(kept: Path, make: Callable[[Path], object]) -> None:
    """Makes the file aside and moves it into place, so that a half-made one is never taken for it."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as aside:
        made = Path(aside) / kept.name
        make(made)
        made.replace(kept)


def _go() -> str:
    found = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if not found:
        raise BuildError(_NO_GO)
    return found


def _run(
    command: Sequence[str],
    *,
    told: str,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What the command wrote. Raises BuildError."""
    _tell(f"e2e: {told} ...")
    started = time.monotonic()
    whole = {**os.environ, "CGO_ENABLED": "0", **(environment or {})}
    done = subprocess.run(command, cwd=cwd, env=whole, capture_output=True, text=True)
    if done.returncode:
        text = (done.stdout + done.stderr)[-4000:]
        raise BuildError(f"{told}: {' '.join(command)} ended with {done.returncode}:\n{text}")
    _tell(f"e2e: {told}: {time.monotonic() - started:.0f} s")
    return done.stdout


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> int:
    try:
        made = programs()
    except BuildError as error:
        _tell(f"e2e: {error}")
        return 1
    for field in fields(made):
        sys.stdout.write(f"{field.name} {getattr(made, field.name)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
