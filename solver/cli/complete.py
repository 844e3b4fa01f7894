"""What a shell may put for a half-typed word: paths, and names out of the files already named.

Names are looked for only in small files of ``--snapshot`` and ``-f``: a shell asks at every key. Nothing here
complains; a file that cannot be read just offers nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from solver.cli.inputs import read_documents
from solver.errors import InputError
from solver.kube.documents import Document, DocumentError, Entry, entries, plain
from solver.planning.workloads import SHORT_KINDS

MOST_BYTES = 8 * 1024**2
"""Files larger than this are not opened for completing a name."""
_SHORT = {kind: short for short, kind in reversed(SHORT_KINDS.items())}
"""The first of each kind's names."""


def paths(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def pods(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """``pod/NAME`` with ``-n``, else ``NAMESPACE/NAME``, of pods without a node."""
    namespace = context.params.get("namespace")
    words = set()
    for kind, space, name, on_node in _objects(context):
        if kind == "Pod" and not on_node:
            words.add(f"{space}/{name}")
            words.update([f"pod/{name}"] if space == (namespace or "default") else [])
    return _offered(words, incomplete)


def nodes(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """``node/NAME``."""
    return _offered({f"node/{name}" for kind, _, name, _ in _objects(context) if kind == "Node"}, incomplete)


def workloads(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """``sts/NAME`` and the like."""
    found = {f"{_SHORT[kind]}/{name}" for kind, _, name, _ in _objects(context) if kind in _SHORT}
    return _offered(found, incomplete)


def pods_and_workloads(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    return [*pods(context, parameter, incomplete), *workloads(context, parameter, incomplete)]


def _offered(words: set[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in sorted(words) if word.startswith(incomplete)]


def _objects(context: click.Context) -> Iterator[tuple[str, str, str, bool]]:
    """Kind, namespace, name, and whether it has a node, of every object in the files named so far."""
    named = (*context.params.get("snapshot", ()), *context.params.get("filename", ()))
    try:
        documents = read_documents([path for path in named if _is_small(path)])
    except InputError:
        return
    for document in documents:
        yield from filter(None, map(_object, _entries(document)))


def _is_small(path: str) -> bool:
    """Standard input is never touched: it belongs to whoever types."""
    return Path(path).is_file() and Path(path).stat().st_size <= MOST_BYTES


def _entries(document: Document) -> Iterator[Entry]:
    yield from (entry for entry in entries(document) if isinstance(entry, Entry))


def _object(entry: Entry) -> tuple[str, str, str, bool] | None:
    try:
        value = plain(entry.value)
        about = value["metadata"]
        on_node = bool((value.get("spec") or {}).get("nodeName"))
        return entry.kind, str(about.get("namespace") or "default"), str(about["name"]), on_node
    except (DocumentError, KeyError, TypeError, AttributeError):
        return None  # not an object of Kubernetes' form
