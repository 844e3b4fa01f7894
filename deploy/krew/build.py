"""Make the krew plugin: its manifest, and an archive with the wheel, its locked requirements and a launcher.

    python deploy/krew/build.py --uri https://…/place-volumes.tar.gz

Writes ``place-volumes.tar.gz`` and ``place-volumes.yaml`` to ``build/krew``. Upload the former to the address
given; try both with ``kubectl krew install --manifest=build/krew/place-volumes.yaml --archive=…``.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from string import Template

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
LAUNCHER = HERE / "kubectl-place_volumes"
ARCHIVE = "place-volumes.tar.gz"
MANIFEST = "place-volumes.yaml"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--uri", required=True, help="where the archive will be downloaded from")
    arguments.add_argument("--out", type=Path, default=PROJECT / "build/krew")
    given = arguments.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheel = built(Path(folder))
        pack(given.out / ARCHIVE, [LAUNCHER, wheel, PROJECT / "requirements.lock", PROJECT / "LICENSE"])
    checksum = hashlib.sha256((given.out / ARCHIVE).read_bytes()).hexdigest()
    filled = Template((HERE / MANIFEST).read_text(encoding="utf-8")).substitute(
        VERSION=wheel.name.split("-")[1], URI=given.uri, SHA256=checksum
    )
    (given.out / MANIFEST).write_text(filled, encoding="utf-8")
    sys.stdout.write(f"{given.out / MANIFEST}\n")


def built(folder: Path) -> Path:
    """The wheel of this project, made without asking an index for anything."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--no-build-isolation", "--wheel-dir", str(folder), str(PROJECT)], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def pack(archive: Path, files: list[Path]) -> None:
    """The same bytes for the same files: no times, no owners."""
    with (
        archive.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(mode="w", fileobj=packed) as tar,
    ):
        for file in files:
            entry = tarfile.TarInfo(file.name)
            entry.size = file.stat().st_size
            entry.mode = 0o755 if file == LAUNCHER else 0o644
            with file.open("rb") as content:
                tar.addfile(entry, content)


if __name__ == "__main__":
    main()
