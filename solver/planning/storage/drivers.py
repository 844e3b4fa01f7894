"""Known drivers and the keys their volumes use (C4, C7, C8). Data, and how to look things up in it."""

from __future__ import annotations

from collections.abc import Mapping

from frozendict import frozendict

from solver.model.names import HOSTNAME, REGION, ZONE
from solver.model.storage import IN_TREE_DRIVERS, NO_PROVISIONER
from solver.planning.storage.nature import Kind

_HOST_KEYS = frozenset({HOSTNAME, "openebs.io/nodename", "linbit.com/hostname"})
_HOST_ENDINGS = ("/node", "/nodename", "/nodeid", "/hostname")
_ZONE_KEYS = frozenset({ZONE, "failure-domain.beta.kubernetes.io/zone", "csi.hetzner.cloud/location"})
_REGION_KEYS = frozenset({REGION, "failure-domain.beta.kubernetes.io/region"})
_ONE_LOCATION = frozendict(
    {"dobs.csi.digitalocean.com": "region", "linodebs.csi.linode.com": "topology.linode.com/region"}
)
"""C7: drivers whose volumes live in one location that a region-like key names."""

KIND_BY_DRIVER = frozendict(
    {
        NO_PROVISIONER: Kind.LOCAL,
        "rancher.io/local-path": Kind.LOCAL,
        "topolvm.io": Kind.LOCAL,
        "topolvm.cybozu.com": Kind.LOCAL,
        "local.csi.openebs.io": Kind.LOCAL,
        "zfs.csi.openebs.io": Kind.LOCAL,
        "lvm.hwameistor.io": Kind.LOCAL,
        "disk.hwameistor.io": Kind.LOCAL,
        "carina.storage.io": Kind.LOCAL,
        "local.csi.aliyun.com": Kind.LOCAL,
        "ebs.csi.aws.com": Kind.ZONAL,
        "pd.csi.storage.gke.io": Kind.ZONAL,
        "disk.csi.azure.com": Kind.ZONAL,
        "cinder.csi.openstack.org": Kind.ZONAL,
        "csi.hetzner.cloud": Kind.ZONAL,
        "dobs.csi.digitalocean.com": Kind.ZONAL,
        "linodebs.csi.linode.com": Kind.ZONAL,
        "nfs.csi.k8s.io": Kind.SERVER,
        "smb.csi.k8s.io": Kind.SERVER,
        "filestore.csi.storage.gke.io": Kind.SERVER,
        "fsx.csi.aws.com": Kind.SERVER,
        "fsx.openzfs.csi.aws.com": Kind.SERVER,
        "file.csi.azure.com": Kind.SERVER,
        "csi.trident.netapp.io": Kind.SERVER,
        "efs.csi.aws.com": Kind.DISTRIBUTED,
        "driver.longhorn.io": Kind.DISTRIBUTED,
        "io.openebs.csi-mayastor": Kind.DISTRIBUTED,
        "pxd.portworx.com": Kind.DISTRIBUTED,
        "linstor.csi.linbit.com": Kind.DISTRIBUTED,
    }
)
"""C7, where the driver alone decides; vSphere depends on the datastore and is left out."""

_PREFIXED = ("cephfs.csi.ceph.com", "rbd.csi.ceph.com")
"""Rook puts its namespace in front."""

KIND_BY_SOURCE = frozendict(
    {
        "nfs": Kind.SERVER,
        "iscsi": Kind.SERVER,
        "fc": Kind.SERVER,
        "azureFile": Kind.SERVER,
        "cephfs": Kind.DISTRIBUTED,
        "rbd": Kind.DISTRIBUTED,
    }
)
"""C2.7, C2.8: volume sources that are no CSI driver."""


def is_host_key(key: str) -> bool:
    """C4."""
    return key in _HOST_KEYS or key.endswith(_HOST_ENDINGS)


def is_zone_key(key: str, driver: str = "") -> bool:
    """C4; with the drivers of C7 that call their zones otherwise."""
    return key in _ZONE_KEYS or key.endswith("/zone") or _ONE_LOCATION.get(driver) == key


def is_region_key(key: str, driver: str = "") -> bool:
    """C4."""
    return (key in _REGION_KEYS or key.endswith("/region")) and not is_zone_key(key, driver)


def kind_of_driver(driver: str) -> Kind | None:
    """C7, in-tree names included (V16)."""
    name = IN_TREE_DRIVERS.get(driver, driver)
    if name.endswith(_PREFIXED):
        return Kind.DISTRIBUTED
    return KIND_BY_DRIVER.get(name)


def regional_sign(driver: str, parameters: Mapping[str, str]) -> str:
    """C8: the parameter that says so, or ""."""
    for key, value in parameters.items():
        plain = key.lower()
        if plain == "replication-type" and value.lower() == "regional-pd":
            return f"{key}: {value}"
        if plain in ("skuname", "storageaccounttype") and value.lower().endswith("_zrs"):
            return f"{key}: {value}"
        if plain == "zones" and "," in value and kind_of_driver(driver) is Kind.ZONAL:
            return f"{key}: {value}"
    return ""
