"""What the cluster would be with manifests added to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from solver.kube.assemble import Known
from solver.kube.documents import Document, Found, entries
from solver.kube.inventory import Inventory, Key
from solver.kube.kinds import BY_NAME
from solver.kube.mirror.mirror import Mirror
from solver.kube.read import DEFAULT_OPTIONS, completed
from solver.model.snapshot import Snapshot


def with_manifests(mirror: Mirror, manifests: Sequence[Document]) -> Snapshot:
    """The workloads of the manifests made into pods, beside the replicas that StatefulSets lack anyway.

    The mirror stays as it is. Raises InputError with every fault of the manifests.
    """
    inventory = Inventory(DEFAULT_OPTIONS.default_namespace)
    inventory.dumped.update(BY_NAME.keys() - mirror.kept.unlisted)
    for kind in BY_NAME:
        for loaded in mirror.kept.of(kind):
            inventory.keep(loaded)
    found = [found for document in manifests for found in entries(document)]
    replaced = _keys(found)
    for loaded in mirror.kept.expected.sets():
        if loaded.key not in replaced:
            inventory.keep(replace(loaded, manifest=True))
    inventory.load(found, manifest=True)
    known = Known(nodes=mirror.kept.nodes.values(), pods=mirror.kept.pods.values())
    return completed(inventory, DEFAULT_OPTIONS, warn_of_missing=True, known=known)


def _keys(manifests: Sequence[Found]) -> set[Key]:
    alone = Inventory(DEFAULT_OPTIONS.default_namespace)
    alone.load(manifests, manifest=True)
    return {loaded.key for loaded in alone.manifests()}
