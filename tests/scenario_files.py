"""Scenario files as snapshots."""

from __future__ import annotations

from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.model.snapshot import Snapshot
from tests.paths import PROJECT

DATA = PROJECT / "tests/data/scenarios"


def shop() -> Snapshot:
    """The shop's cluster with its workloads still to be placed."""
    return read_snapshot(*shop_documents())


def shop_documents() -> tuple[list[Document], list[Document]]:
    """The cluster and the manifests."""
    cluster, app = DATA / "shop-cluster.json", DATA / "shop-app.json"
    return [Document(str(cluster), cluster.read_bytes())], [Document(str(app), app.read_bytes())]
