"""``solve catalog``: node types and prices for ``size``, a sample or converted from what others export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files

import click

from solver.cli.exits import ExitCode
from solver.cli.inputs import read_documents
from solver.cli.output import write
from solver.cli.parsed import Parsed
from solver.errors import Fault, InputError
from solver.kube.catalogue import read_catalogue
from solver.kube.documents import Document
from solver.kube.offers import aws, azure, cluster_api, gcp, karpenter, nodes
from solver.kube.offers.catalogue import listed
from solver.kube.offers.offer import Offer, Offers
from solver.kube.offers.prices import read_prices
from solver.kube.quantities import in_units
from solver.kube.read import read_snapshot
from solver.model.quantity import parse_milli
from solver.report.json import to_yaml

_KARPENTER = "karpenter"
_LISTS: Mapping[str, Callable[[Sequence[Document]], Offers]] = {
    "aws": aws.read,
    "gcp": gcp.read,
    "azure": azure.read,
    "cluster-api": cluster_api.read,
    "nodes": lambda documents: nodes.shapes(read_snapshot(documents)),
}
_SOURCES = (*_LISTS, _KARPENTER)


def _reservation(text: str) -> dict[str, int]:
    """``cpu=100m,memory=1Gi``, in millicores and whole units."""
    found: dict[str, int] = {}
    for part in text.split(","):
        resource, equals, quantity = part.strip().partition("=")
        if not resource or not equals:
            raise ValueError(f"{part!r} is not RESOURCE=QUANTITY, such as cpu=100m")
        amount = parse_milli(quantity)
        if amount < 0:
            raise ValueError(f"{part!r} is negative")
        found[resource] = amount
    return in_units(found)


@click.command(short_help="Node types and prices for size: a sample, or converted from what others export.")
@click.option(
    "--from",
    "sources",
    multiple=True,
    type=(click.Choice(_SOURCES), str),
    metavar="KIND FILE",
    help=f"Convert a list: {', '.join(_SOURCES)}. Repeatable; NodePools of karpenter take a second list.",
)
@click.option(
    "--prices", multiple=True, metavar="FILE", help="CSV with the columns type, zone, price (an hour)."
)
@click.option("--currency", default="", metavar="CODE", help="Of the prices, e.g. USD.")
@click.option(
    "--reserve",
    type=Parsed("reservation", _reservation),
    metavar="cpu=…,memory=…",
    help="What kubelet and system keep of every machine.",
)
def catalog(
    sources: tuple[tuple[str, str], ...],
    prices: tuple[str, ...],
    currency: str,
    reserve: dict[str, int] | None,
) -> int:
    """A small catalogue with invented prices, to be changed into your own; or one made of a cloud's list of
    machine types, of Karpenter's NodePools, of node groups of Cluster API, or of the nodes a cluster has.

    What could not be converted is named, on stderr and in the catalogue's first lines.

    \b
    solve catalog > nodes.yaml
    aws ec2 describe-instance-types > types.json
    solve catalog --from aws types.json --prices prices.csv --reserve cpu=100m,memory=1Gi > nodes.yaml
    solve catalog --from karpenter pools.yaml --from aws types.json --prices prices.csv > nodes.yaml
    """
    if not sources:
        if prices or currency or reserve:
            raise click.UsageError("--prices, --currency and --reserve are about lists that --from names")
        write(files("solver.planning.size").joinpath("sample-catalogue.yaml").read_text(encoding="utf-8"))
        return ExitCode.YES
    found = _converted(sources)
    answer = listed(found.offers, read_prices(read_documents(prices)), reserve or {}, currency)
    left = (*found.left, *answer.left)
    if not answer.document["nodeTypes"]:
        raise InputError([_nothing(left)])
    text = "".join(f"# not converted: {one}\n" for one in left) + to_yaml(answer.document)
    read_catalogue([Document("the catalogue", text.encode())])  # it can be read back, or the fault is told
    for one in left:
        click.echo(f"not converted: {one}", err=True)
    write(text)
    return ExitCode.YES


def _converted(sources: Sequence[tuple[str, str]]) -> Offers:
    """The lists one after another; with NodePools, what those may make of them."""
    by_kind: dict[str, list[str]] = {}
    for kind, path in sources:
        by_kind.setdefault(kind, []).append(path)
    pools = by_kind.pop(_KARPENTER, [])
    if pools and not by_kind:
        raise click.UsageError("--from karpenter needs a second --from: the machine types to choose from")
    offers: dict[str, Offer] = {}
    left: list[str] = []
    for kind, paths in by_kind.items():
        found = _LISTS[kind](read_documents(paths))
        left += found.left
        left += [
            f"{one.name}: in more than one list, the first was taken"
            for one in found.offers
            if one.name in offers
        ]
        offers = {**{one.name: one for one in found.offers}, **offers}
    if not pools:
        return Offers(tuple(offers.values()), tuple(left))
    made = karpenter.over(read_documents(pools), tuple(offers.values()))
    return Offers(made.offers, (*left, *made.left))


def _nothing(left: Sequence[str]) -> Fault:
    return Fault(
        kind="catalogue",
        name="as a whole",
        path="nodeTypes",
        found="none" + "".join(f"; {one}" for one in left),
        expected="at least one type with a price: --prices FILE, with a line TYPE,ZONE,PRICE for it",
    )
