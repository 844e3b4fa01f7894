"""Pieces that several scenarios are made of: zones of equal nodes, and storage that waits for its pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.builders import (
    HOSTNAME,
    Raw,
    affinity_term,
    claim_spec,
    csi_driver,
    csi_node,
    namespace,
    node,
    node_term,
    pod_spec,
    required_terms,
    spread,
    stateful_set,
    storage_class,
    volume,
)

DRIVER = "csi.example.com"
ZONAL, LOCAL = "zonal", "local"


def zones(nodes: Mapping[str, str], *, cpu: str = "4", namespaces: tuple[str, ...] = ()) -> Iterator[Raw]:
    """Nodes by name with their zone, a zonal class and a local one, and the namespaces."""
    yield from (namespace(name=name) for name in namespaces)
    yield storage_class(name=ZONAL, provisioner=DRIVER)
    yield storage_class(name=LOCAL, provisioner="kubernetes.io/no-provisioner")
    yield csi_driver(name=DRIVER, attach_required=False)
    for name, zone in nodes.items():
        yield node(name=name, zone=zone, cpu=cpu, memory="32Gi")
        yield csi_node(name=name, limits={DRIVER: None})


def disks(node_name: str, count: int, size: str = "100Gi") -> Iterator[Raw]:
    """Free local volumes of a node."""
    here = node_term(expressions=[{"key": HOSTNAME, "operator": "In", "values": [node_name]}])
    for number in range(count):
        name = f"disk-{node_name}-{number}"
        yield volume(name=name, storage=size, storage_class=LOCAL, affinity=[here], local=True)


def database(
    *,
    name: str,
    namespace: str,
    replicas: int,
    cpu: str,
    claims: tuple[str, ...] = ("data",),
    parallel: bool = True,
    priority_class: str | None = None,
) -> Raw:
    """A StatefulSet that is even over zones (maxSkew 1), one replica per node, with zonal claims."""
    labels = {"app": name}
    apart = required_terms(affinity_term(key=HOSTNAME, labels=labels))
    return stateful_set(
        name=name,
        namespace=namespace,
        replicas=replicas,
        parallel=parallel,
        spec=pod_spec(
            requests={"cpu": cpu},
            spread=[spread(labels=labels)],
            pod_anti_affinity=apart,
            extra={"priorityClassName": priority_class} if priority_class else None,
        ),
        claims={claim: claim_spec(storage_class=ZONAL) for claim in claims},
    )
