"""The talk's table: each of its storage types, told apart on a cluster of its own classes and volumes."""

from __future__ import annotations

import pytest

import tests.builders as b
from solver.model.snapshot import Snapshot
from solver.planning.storage import Kind, Recovery, StorageBook, StorageRow, driver_table, storage_table
from solver.planning.storage.consequences import Fate


def at(key: str, *values: str) -> b.Raw:
    return b.node_term(expressions=[b.expression(key=key, operator="In", values=values)])


def talk() -> Snapshot:
    """One class for each storage type of the talk, one that nobody knows, and a volume unlike its class."""
    return b.snapshot(
        *b.f_nodes(),
        b.storage_class(name="local", provisioner="kubernetes.io/no-provisioner"),
        b.storage_class(name="zonal", provisioner="ebs.csi.aws.com"),
        b.storage_class(
            name="replicated",
            provisioner="pd.csi.storage.gke.io",
            parameters={"replication-type": "regional-pd"},
        ),
        b.storage_class(name="nfs", provisioner="nfs.csi.k8s.io"),
        b.storage_class(name="ceph", provisioner="rook-ceph.rbd.csi.ceph.com"),
        b.storage_class(name="odd", provisioner="csi.example.com"),
        b.csi_driver(name="ebs.csi.aws.com"),
        b.csi_driver(name="nfs.csi.k8s.io", attach_required=False),
        b.csi_node(
            name="a1", limits={"ebs.csi.aws.com": 25}, topology_keys=["topology.ebs.csi.aws.com/zone"]
        ),
        b.volume(name="disk", storage_class="local", local=True, affinity=[at(b.HOSTNAME, "a1")]),
        b.volume(
            name="ebs",
            storage_class="zonal",
            storage="4Gi",
            driver="ebs.csi.aws.com",
            affinity=[at(b.ZONE, "za")],
        ),
        b.volume(name="share", storage_class="nfs", driver="nfs.csi.k8s.io", modes=["ReadWriteMany"]),
        b.volume(name="stray", spec={"hostPath": {"path": "/data"}}),
        b.claim(name="wish", storage_class="ceph", modes=["ReadWriteOncePod"]),
    )


@pytest.fixture(scope="module")
def rows() -> dict[str, StorageRow]:
    snapshot = talk()
    return {row.storage_class: row for row in storage_table(snapshot, StorageBook(snapshot))}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("local", Kind.LOCAL),
        ("zonal", Kind.ZONAL),
        ("replicated", Kind.REGIONAL),
        ("nfs", Kind.SERVER),
        ("ceph", Kind.DISTRIBUTED),
        ("odd", Kind.UNKNOWN),
        ("", Kind.HOST_PATH),
    ],
)
def test_each_storage_type_is_told_apart(rows: dict[str, StorageRow], name: str, kind: Kind) -> None:
    assert rows[name].nature.kind is kind


def test_volumes_that_are_like_their_class_count_with_it(rows: dict[str, StorageRow]) -> None:
    assert rows["zonal"].volumes == ("ebs",)
    assert rows["zonal"].size_bytes == 4 * 2**30
    assert rows["zonal"].of_class


def test_a_volume_unlike_its_class_has_a_row_of_its_own() -> None:
    snapshot = b.snapshot(
        *b.f_nodes(),
        b.storage_class(name="zonal", provisioner="ebs.csi.aws.com"),
        b.volume(
            name="odd", storage_class="zonal", driver="ebs.csi.aws.com", affinity=[at(b.ZONE, "za", "zb")]
        ),
    )
    of_class, own = storage_table(snapshot, StorageBook(snapshot))
    assert (of_class.of_class, of_class.volumes) == (True, ())
    assert (own.of_class, own.volumes, own.nature.kind) == (False, ("odd",), Kind.REGIONAL)


def test_c15_access_modes_are_those_seen_and_unknown_otherwise(rows: dict[str, StorageRow]) -> None:
    assert (rows["nfs"].access_modes, rows["nfs"].modes_seen_on) == (("ReadWriteMany",), "volumes")
    assert (rows["ceph"].access_modes, rows["ceph"].modes_seen_on) == (("ReadWriteOncePod",), "claims")
    assert (rows["odd"].access_modes, rows["odd"].modes_seen_on) == ((), "")


@pytest.mark.parametrize(
    ("name", "node_loss", "node_data", "zone_loss", "zone_data"),
    [
        ("local", (Recovery.NO, Recovery.NO), Fate.DISK, (Recovery.NO, Recovery.NO), Fate.DISK),
        ("zonal", (Recovery.FENCE, Recovery.FENCE), Fate.KEPT, (Recovery.NO, Recovery.NO), Fate.UNREACHABLE),
        (
            "replicated",
            (Recovery.FENCE, Recovery.FENCE),
            Fate.KEPT,
            (Recovery.FENCE, Recovery.FENCE),
            Fate.KEPT,
        ),
        ("nfs", (Recovery.AUTO, Recovery.FENCE), Fate.KEPT, (None, None), Fate.UNKNOWN),
        ("ceph", (Recovery.FENCE, Recovery.FENCE), Fate.KEPT, (None, None), Fate.UNKNOWN),
        ("odd", (None, None), Fate.UNKNOWN, (None, None), Fate.UNKNOWN),
        (
            "",
            (Recovery.AUTO, Recovery.FENCE),
            Fate.LEFT_BEHIND,
            (Recovery.AUTO, Recovery.FENCE),
            Fate.LEFT_BEHIND,
        ),
    ],
)
def test_c24_what_losses_mean_for_each_type(
    rows: dict[str, StorageRow],
    name: str,
    node_loss: tuple[Recovery | None, Recovery | None],
    node_data: Fate,
    zone_loss: tuple[Recovery | None, Recovery | None],
    zone_data: Fate,
) -> None:
    found = rows[name].consequences
    assert (found.node_loss.deployment, found.node_loss.stateful_set) == node_loss
    assert found.node_loss.data is node_data
    assert (found.zone_loss.deployment, found.zone_loss.stateful_set) == zone_loss
    assert found.zone_loss.data is zone_data


def test_c9_drivers_say_only_what_their_objects_say() -> None:
    found = {row.driver: row for row in driver_table(talk())}
    assert found["nfs.csi.k8s.io"].attachable is False
    assert found["ebs.csi.aws.com"].topology_keys == ("topology.ebs.csi.aws.com/zone",)
    assert (found["ebs.csi.aws.com"].nodes, found["ebs.csi.aws.com"].all_nodes) == (1, 5)
    assert "csi.example.com" not in found
