"""C2-C9: what volumes and classes are recognised as, and where their data is."""

from __future__ import annotations

from typing import Any

import pytest

import tests.builders as b
from solver.model.names import VolumeName
from solver.planning.storage import Kind, Nature, StorageBook

GKE = "topology.gke.io/zone"
EBS = "topology.ebs.csi.aws.com/zone"


def zoned(key: str, *values: str) -> dict[str, Any]:
    return b.node_term(expressions=[b.expression(key=key, operator="In", values=values)])


def nature(volume: dict[str, Any], *more: dict[str, Any]) -> Nature:
    snapshot = b.snapshot(*b.f_nodes(), volume, *more)
    return StorageBook(snapshot).of_volume(snapshot.volume_by_name[VolumeName(volume["metadata"]["name"])])


def class_nature(storage_class: dict[str, Any], *more: dict[str, Any]) -> Nature:
    snapshot = b.snapshot(*b.f_nodes(), storage_class, *more)
    return StorageBook(snapshot).of_class(snapshot.storage_classes[0])


def test_ex_c1_a_gke_disk_with_two_zones_is_regional() -> None:
    found = nature(
        b.volume(
            name="v",
            driver="pd.csi.storage.gke.io",
            handle="projects/p/regions/r/disks/d",
            affinity=[zoned(GKE, "r-b", "r-c")],
        )
    )
    assert (found.kind, found.zones, found.remarks) == (Kind.REGIONAL, {"r-b", "r-c"}, ())


def test_ex_c2_two_ored_terms_make_an_ebs_volume_regional_and_that_is_remarked() -> None:
    volume = b.volume(name="v", driver="ebs.csi.aws.com", affinity=[zoned(EBS, "za"), zoned(EBS, "zb")])
    found = nature(volume)
    assert (found.kind, found.zones) == (Kind.REGIONAL, {"za", "zb"})
    assert any("unusual" in remark for remark in found.remarks)


def test_ex_c3_an_nfs_volume_is_on_one_server_nobody_knows_where() -> None:
    found = nature(b.volume(name="v", spec={"nfs": {"server": "10.0.0.1", "path": "/"}}))
    assert (found.kind, found.zones, found.nodes, found.attachable) == (Kind.SERVER, None, None, False)


def test_ex_c4_a_host_path_without_affinity_is_flagged() -> None:
    found = nature(b.volume(name="v", spec={"hostPath": {"path": "/data"}}))
    assert found.kind is Kind.HOST_PATH
    assert any("differs per node" in remark for remark in found.remarks)


def test_ex_c5_an_azure_zrs_volume_is_regional_over_its_named_zones() -> None:
    key = "topology.disk.csi.azure.com/zone"
    found = nature(
        b.volume(name="v", driver="disk.csi.azure.com", affinity=[zoned(key, "r-1", "r-2", "r-3", "")])
    )
    assert (found.kind, found.zones) == (Kind.REGIONAL, {"r-1", "r-2", "r-3"})


def test_ex_c6_a_linstor_volume_is_distributed_over_the_nodes_it_names() -> None:
    nodes = [
        b.node(name=n, zone=z, labels={"linbit.com/hostname": n}) for n, z in (("x1", "za"), ("y1", "zb"))
    ]
    volume = b.volume(
        name="v", driver="linstor.csi.linbit.com", affinity=[zoned("linbit.com/hostname", "x1", "y1")]
    )
    found = nature(volume, *nodes)
    assert (found.kind, found.nodes, found.zones) == (Kind.DISTRIBUTED, {"x1", "y1"}, None)


def test_c5_zones_of_a_driver_are_those_of_the_nodes_with_its_label() -> None:
    nodes = [b.node(name=f"x{n}", zone="za", labels={EBS: "use1-az4"}) for n in (1, 2)]
    found = nature(b.volume(name="v", driver="ebs.csi.aws.com", affinity=[zoned(EBS, "use1-az4")]), *nodes)
    assert (found.kind, found.zones) == (Kind.ZONAL, {"za"})


def test_c2_local_volumes_are_on_the_node_their_host_label_names() -> None:
    found = nature(b.volume(name="v", local=True, affinity=[zoned(b.HOSTNAME, "a1")]))
    assert (found.kind, found.nodes, found.decided_by) == (Kind.LOCAL, {"a1"}, "C2.1")
    topolvm = b.volume(name="w", driver="topolvm.io", affinity=[zoned("topology.topolvm.io/node", "a1")])
    assert nature(topolvm).kind is Kind.LOCAL


def test_c2_zone_labels_decide_where_there_is_no_affinity() -> None:
    assert nature(b.volume(name="v", labels={b.ZONE: "za"})).zones == {"za"}
    assert nature(b.volume(name="v", labels={b.ZONE: "za__zb"})).kind is Kind.REGIONAL


def test_c2_a_region_alone_says_nothing_about_zones() -> None:
    found = nature(b.volume(name="v", affinity=[zoned("topology.kubernetes.io/region", "r1")]))
    assert (found.kind, found.zones) == (Kind.DISTRIBUTED, None)


def test_c2_two_zones_at_once_are_reported() -> None:
    both = b.node_term(
        expressions=[b.expression(key=b.ZONE, operator="In", values=[zone]) for zone in ("za", "zb")]
    )
    assert any("matches no node" in remark for remark in nature(b.volume(name="v", affinity=[both])).remarks)


@pytest.mark.parametrize(
    ("driver", "kind"),
    [
        ("nfs.csi.k8s.io", Kind.SERVER),
        ("rook-ceph.cephfs.csi.ceph.com", Kind.DISTRIBUTED),
        ("efs.csi.aws.com", Kind.DISTRIBUTED),
        ("csi.example.com", Kind.UNKNOWN),
        ("ebs.csi.aws.com", Kind.UNKNOWN),
    ],
)
def test_c7_the_driver_decides_last_and_a_zonal_disk_without_a_zone_stays_unknown(
    driver: str, kind: Kind
) -> None:
    assert nature(b.volume(name="v", driver=driver)).kind is kind


@pytest.mark.parametrize(
    ("provisioner", "parameters", "kind"),
    [
        ("pd.csi.storage.gke.io", {"replication-type": "regional-pd"}, Kind.REGIONAL),
        ("pd.csi.storage.gke.io", {}, Kind.ZONAL),
        ("disk.csi.azure.com", {"skuName": "Premium_ZRS"}, Kind.REGIONAL),
        ("kubernetes.io/aws-ebs", {}, Kind.ZONAL),
        ("rancher.io/local-path", {}, Kind.LOCAL),
        ("csi.example.com", {}, Kind.UNKNOWN),
    ],
)
def test_c8_parameters_make_a_class_regional(
    provisioner: str, parameters: dict[str, str], kind: Kind
) -> None:
    found = class_nature(b.storage_class(name="c", provisioner=provisioner, parameters=parameters))
    assert found.kind is kind


def test_c8_exactly_two_allowed_zones_are_where_a_regional_disk_is() -> None:
    def allowed(*zones: str) -> dict[str, Any]:
        return b.storage_class(
            name="c",
            provisioner="pd.csi.storage.gke.io",
            parameters={"replication-type": "regional-pd"},
            topologies=[[(GKE, zones)]],
        )

    assert class_nature(allowed("za", "zb")).zones == {"za", "zb"}
    assert class_nature(allowed("za", "zb", "zc")).zones is None


def test_c7_an_unknown_driver_is_what_csi_nodes_say_of_its_keys() -> None:
    csi = b.csi_node(name="a1", limits={"csi.example.com": 5})
    assert class_nature(b.storage_class(name="c"), csi).kind is Kind.ZONAL
    hosts = b.csi_node(name="a1", limits={"csi.example.com": 5}, topology_keys=["csi.example.com/node"])
    assert class_nature(b.storage_class(name="c"), hosts).kind is Kind.LOCAL


def test_c3_immediate_binding_of_local_and_zonal_storage_is_remarked() -> None:
    immediate = b.storage_class(name="c", provisioner="ebs.csi.aws.com", waits=False)
    assert any("(C3)" in remark for remark in class_nature(immediate).remarks)
    assert class_nature(b.storage_class(name="c", provisioner="ebs.csi.aws.com")).remarks == ()


def test_c9_only_a_csi_driver_object_says_whether_volumes_are_attached() -> None:
    volume = b.volume(name="v", driver="csi.example.com")
    assert nature(volume).attachable is None
    assert nature(volume, b.csi_driver(name="csi.example.com", attach_required=False)).attachable is False
