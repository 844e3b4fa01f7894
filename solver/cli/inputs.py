"""Files, directories and standard input to documents. What is in them is read by ``solver.kube``."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from solver.errors import Fault, InputError
from solver.kube.documents import Document

STANDARD_INPUT = "-"
SUFFIXES = (".json", ".yaml", ".yml")
"""What is read in a directory; each may also end in ``.gz``."""


def read_all(*groups: Sequence[str]) -> tuple[tuple[Document, ...], ...]:
    """``read_documents`` for each group of paths; the faults of all of them are raised together."""
    faults: list[Fault] = []
    read: list[tuple[Document, ...]] = []
    if sum(list(paths).count(STANDARD_INPUT) for paths in groups) > 1:
        raise InputError([_fault(STANDARD_INPUT, "standard input, named more than once", "it once")])
    for paths in groups:
        try:
            read.append(read_documents(paths))
        except InputError as error:
            faults.extend(error.faults)
    if faults:
        raise InputError(faults)
    return tuple(read)


def read_documents(paths: Sequence[str]) -> tuple[Document, ...]:
    """Every file the paths lead to, in order; directories recursively, sorted by path.

    Raises InputError naming every path that cannot be read.
    """
    documents: list[Document] = []
    faults: list[Fault] = []
    for path in dict.fromkeys(paths):
        try:
            files = _files(path)
        except OSError as error:
            faults.append(_unreadable(error.filename or path, error))
            continue
        if not files:
            wanted = ", ".join(f"*{suffix}" for suffix in SUFFIXES)
            faults.append(_fault(path, "a directory without such files", f"{wanted} (or the same with .gz)"))
        for file in files:
            try:
                documents.append(Document(source=file, data=_content(file)))
            except OSError as error:
                faults.append(_unreadable(file, error))
    if faults:
        raise InputError(faults)
    return tuple(documents)


def kustomized(directory: str) -> Document:
    """What ``kubectl kustomize DIR`` builds. Raises InputError when it cannot."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise InputError(
            [_fault(directory, "no kubectl on the PATH", "kubectl, which -k uses to build a kustomization")]
        )
    built = subprocess.run([kubectl, "kustomize", directory], capture_output=True, check=False)
    if built.returncode != 0:
        told = built.stderr.decode(errors="replace").strip() or f"exit code {built.returncode}"
        raise InputError([_fault(directory, told, "a directory that `kubectl kustomize` can build")])
    return Document(source=directory, data=built.stdout)


def digest(documents: Iterable[Document]) -> str:
    """One checksum over several documents, for the result's record of its inputs."""
    total = hashlib.sha256()
    for document in documents:
        total.update(hashlib.sha256(document.data).digest())
    return f"sha256:{total.hexdigest()}"


def _files(path: str) -> list[str]:
    """Raises OSError for a folder that cannot be listed: what is in it must not go missing in silence."""
    if path == STANDARD_INPUT or not Path(path).is_dir():
        return [path]
    walk = os.walk(path, onerror=_raise)
    found = sorted(Path(folder, name) for folder, _, names in walk for name in names)
    return [str(file) for file in found if _is_wanted(file)]


def _raise(error: OSError) -> None:
    raise error


def _content(path: str) -> bytes:
    if path != STANDARD_INPUT:
        return Path(path).read_bytes()
    if sys.stdin is None:
        raise OSError("standard input is closed")
    return sys.stdin.buffer.read()


def _is_wanted(path: Path) -> bool:
    """Links that lead nowhere are: reading them says so."""
    return path.name.removesuffix(".gz").endswith(SUFFIXES) and (path.is_file() or not path.exists())


def _unreadable(path: str, error: OSError) -> Fault:
    return _fault(path, error.strerror or str(error), "a readable file or directory")


def _fault(path: str, found: str, expected: str) -> Fault:
    return Fault(kind="document", name=path, path="", found=found, expected=expected)
