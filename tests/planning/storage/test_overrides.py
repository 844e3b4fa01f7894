"""C10: what users say wins over what is recognised, the most specific first."""

from __future__ import annotations

import pytest
from frozendict import frozendict

import tests.builders as b
from solver.errors import InputError
from solver.model.names import DomainName
from solver.model.snapshot import Snapshot
from solver.planning.storage import Kind, Override, Overrides, Recovery, StorageBook
from solver.planning.storage.overrides import override_of

NFS = b.volume(name="share", storage_class="nfs", driver="nfs.csi.k8s.io", modes=["ReadWriteMany"])


def world(**notes: str) -> Snapshot:
    noted = {f"bulkhead.dev/{key.replace('_', '-')}": text for key, text in notes.items()}
    volume = {**NFS, "metadata": {**NFS["metadata"], "annotations": noted}}
    return b.snapshot(*b.f_nodes(), b.storage_class(name="nfs", provisioner="nfs.csi.k8s.io"), volume)


def said(source: str, **texts: str) -> Override:
    return override_of({key.replace("_", "-"): text for key, text in texts.items()}, source)


def test_an_annotation_says_where_the_data_is() -> None:
    snapshot = world(data_zones="za, zb", storage="distributed")
    found = StorageBook(snapshot).of_volume(snapshot.volumes[0])
    assert (found.kind, found.zones) == (Kind.DISTRIBUTED, {"za", "zb"})
    assert found.decided_by == "annotation of PersistentVolume/share"


def test_what_is_not_said_stays_as_recognised() -> None:
    snapshot = world(data_zones="za")
    found = StorageBook(snapshot).of_volume(snapshot.volumes[0])
    assert (found.kind, found.zones, found.recovery) == (Kind.SERVER, {"za"}, None)


def test_a_volume_wins_over_its_class_and_that_over_the_driver() -> None:
    snapshot = world()
    overrides = Overrides(
        drivers=frozendict({"nfs.csi.k8s.io": said("driver", storage="distributed", recovery="no")}),
        classes=frozendict({"nfs": said("class", recovery="fence")}),
        volumes=frozendict({"share": said("volume", storage="regional")}),
    )
    found = StorageBook(snapshot, overrides).of_volume(snapshot.volumes[0])
    assert (found.kind, found.recovery, found.decided_by) == (Kind.REGIONAL, Recovery.FENCE, "volume")


def test_a_file_wins_over_an_annotation() -> None:
    snapshot = world(data_zones="za")
    file = Overrides(volumes=frozendict({"share": said("file", data_zones="zc")}))
    assert StorageBook(snapshot, file).of_volume(snapshot.volumes[0]).zones == {DomainName("zc")}


def test_an_annotation_nobody_can_read_is_a_fault_of_its_object() -> None:
    with pytest.raises(InputError) as caught:
        StorageBook(world(storage="cloudy"))
    (fault,) = caught.value.faults
    assert (fault.kind, fault.name, fault.path) == (
        "PersistentVolume",
        "share",
        'metadata.annotations["bulkhead.dev/storage"]',
    )
    assert "distributed" in fault.expected


def test_an_override_of_nothing_is_a_fault() -> None:
    with pytest.raises(InputError, match="StorageClass typo"):
        StorageBook(world(), Overrides(classes=frozendict({"typo": said("--storage", storage="local")})))
