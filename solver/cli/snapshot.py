"""``solve snapshot``: one file with all of a cluster that answers rest on, fit to be shown or not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click

from solver.cli import complete
from solver.cli.exits import ExitCode
from solver.cli.flags import refuse_empty
from solver.cli.inputs import read_documents
from solver.cli.output import cannot_write, write
from solver.errors import Fault, InputError
from solver.kube.documents import Document, DocumentError, Entry, Found, entries, plain
from solver.kube.redact import redacted


@click.command(short_help="Capture a cluster in one file; --redact leaves out what no rule reads.")
@click.option(
    "--snapshot",
    multiple=True,
    metavar="PATH",
    shell_complete=complete.paths,
    help="Files to take the cluster from. Without it the live cluster is read.",
)
@click.option("--context", metavar="NAME", help="The kubeconfig context to read live.")
@click.option("--redact", is_flag=True, help="Leave out what no placement rule reads.")
@click.option(
    "--hash-names", is_flag=True, help="Also exchange names and labels for pseudonyms; means --redact."
)
@click.option("--out", metavar="FILE", shell_complete=complete.paths, help="Write to FILE (.gz: compressed).")
@click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr.")
def snapshot(
    snapshot: tuple[str, ...],
    context: str | None,
    redact: bool,
    hash_names: bool,
    out: str | None,
    quiet: bool,
) -> int:
    """One JSON list of every object that answers rest on, for --snapshot of any verb.

    With --redact only fields that placement rules read are kept: no environment, arguments, commands,
    annotations (but for a few of storage), image names or volume handles. `solve fit` gives the same answer.

    \b
    solve snapshot --out prod.json.gz
    solve snapshot --redact --hash-names --snapshot prod.json --out to-share.json
    """
    refuse_empty(*snapshot, out)
    if snapshot and context is not None:
        raise click.UsageError("--context is for reading a live cluster; leave it out with --snapshot")
    remarks: list[str] = []
    found = chain.from_iterable(map(entries, _documents(snapshot, context, remarks)))
    if redact or hash_names:
        shown = redacted(found, hash_names=hash_names)
        items: Iterable[Any] = shown.items
        remarks += [f"left out: {kind} ×{number}" for kind, number in shown.left_out]
    else:
        items = _whole(found)
    _save(_text(items), out)
    for remark in [] if quiet else remarks:
        click.echo(remark, err=True)
    return ExitCode.YES


def _documents(paths: tuple[str, ...], context: str | None, remarks: list[str]) -> tuple[Document, ...]:
    if paths:
        return read_documents(paths)
    from solver.cli.live import read_cluster  # the client takes a second to import; files do not need it

    live = read_cluster(context)
    remarks += [f"warning: {warning}" for warning in live.warnings]
    return live.documents


def _whole(objects: Iterable[Found]) -> Iterator[Any]:
    """Raises InputError with every document that cannot be read."""
    faults: list[Fault] = []
    for found in objects:
        if not isinstance(found, Entry):
            subject, problem = found
            faults.append(subject.fault(problem))
            continue
        try:
            value = plain(found.value)
        except DocumentError as error:
            faults.append(
                Fault(kind=found.kind, name=found.position, path="", found=str(error), expected="JSON")
            )
            continue
        yield {**value, "apiVersion": found.api_version or "v1", "kind": found.kind}
    if faults:
        raise InputError(faults)


def _text(items: Iterable[Any]) -> str:
    """An object a line, so that two snapshots can be compared."""
    lines = (json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in items)
    return '{"apiVersion":"v1","kind":"List","items":[\n' + ",\n".join(lines) + "\n]}\n"


def _save(text: str, out: str | None) -> None:
    if out is None:
        write(text)
        return
    data = text.encode()
    try:
        Path(out).write_bytes(gzip.compress(data, mtime=0) if out.endswith(".gz") else data)
    except OSError as error:
        raise cannot_write(out, error) from error
