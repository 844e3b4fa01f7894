"""``solve catalog --from``: what others export becomes a catalogue that ``size`` reads; the rest is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import PROJECT

Solve = Callable[..., Ran]
DATA = PROJECT / "tests/data/catalogues"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"


@pytest.fixture
def convert(solve: Solve, tmp_path: Path) -> Callable[..., tuple[dict[str, Any], str]]:
    """Types by name, and stderr; ``prices`` are lines of the price list."""

    def run(*arguments: str, prices: tuple[str, ...]) -> tuple[dict[str, Any], str]:
        listed = tmp_path / "prices.csv"
        listed.write_text("\n".join(("type,zone,price", *prices)) + "\n")
        ran = solve("catalog", *arguments, "--prices", str(listed))
        assert ran.code == 0, ran.err
        for line in ran.err.splitlines():
            assert f"# {line}" in ran.out  # what is named on stderr is in the file, too
        return {one["name"]: one for one in yaml.safe_load(ran.out)["nodeTypes"]}, ran.err

    return run


def data(name: str) -> str:
    return str(DATA / name)


def test_types_of_aws_have_pods_disks_and_the_zones_of_their_offerings(convert: Any) -> None:
    types, told = convert(
        *("--from", "aws", data("aws-types.json"), "--from", "aws", data("aws-offerings.json")),
        *("--reserve", "cpu=100m,memory=1Gi"),
        prices=("m5.large,,0.107", "m7g.4xlarge,,0.728", "g5.xlarge,eu-west-1a,1.123", "c9.huge,,4"),
    )
    assert types["m5.large"] == {
        "name": "m5.large",
        "pricePerHour": 0.107,
        "zones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
        "allocatable": {"cpu": "1900m", "memory": "7168Mi", "pods": 29},
        "labels": {"kubernetes.io/arch": "amd64"},
        "attachLimits": {"ebs.csi.aws.com": 26},  # 28, less the root volume and a network interface
    }
    assert types["m7g.4xlarge"]["labels"] == {"kubernetes.io/arch": "arm64"}
    assert types["m7g.4xlarge"]["attachLimits"] == {"ebs.csi.aws.com": 31}
    assert types["m7g.4xlarge"]["allocatable"]["pods"] == 110
    assert types["g5.xlarge"]["allocatable"]["nvidia.com/gpu"] == 1
    assert types["g5.xlarge"]["priceByZone"] == {"eu-west-1a": 1.123}
    assert "i3en.xlarge" not in types and "mac1.metal" not in types
    assert "offered in no zone: i3en.xlarge, mac1.metal" in told
    assert "attach limit of ebs.csi.aws.com: g5.xlarge" in told
    assert "not in the list: c9.huge" in told


def test_types_without_a_price_and_zones_that_are_not_known_are_named(convert: Any) -> None:
    types, told = convert("--from", "aws", data("aws-types.json"), prices=("i3en.xlarge,,0.5",))
    assert list(types) == ["i3en.xlarge"]
    assert "zones" not in types["i3en.xlarge"]
    assert types["i3en.xlarge"]["attachLimits"] == {
        "ebs.csi.aws.com": 25
    }  # less its instance store disk, too
    assert "describe-instance-type-offerings" in told
    assert "3 types without a price: g5.xlarge, m5.large, m7g.4xlarge" in told
    assert "nothing is taken off for kubelet and system" in told


def test_types_of_gcp_are_one_for_all_their_zones(convert: Any) -> None:
    types, told = convert(
        *("--from", "gcp", data("gcp-types.json"), "--currency", "EUR"),
        prices=("e2-standard-8,,0.27", "e2-standard-8,europe-west1-c,0.3", "a2-highgpu-1g,,3.6"),
    )
    assert types["e2-standard-8"]["zones"] == ["europe-west1-b", "europe-west1-c"]
    assert types["e2-standard-8"]["priceByZone"] == {"europe-west1-c": 0.3}
    assert types["e2-standard-8"]["allocatable"] == {"cpu": 8, "memory": "32768Mi", "pods": 110}
    assert types["e2-standard-8"]["attachLimits"] == {"pd.csi.storage.gke.io": 127}
    assert types["a2-highgpu-1g"]["allocatable"]["nvidia.com/gpu"] == 1
    assert "deprecated types: n1-standard-1-d" in told


def test_sizes_of_azure_are_sold_where_the_subscription_may_have_them(convert: Any) -> None:
    types, told = convert("--from", "azure", data("azure-skus.json"), prices=("Standard_D8s_v5,,0.46",))
    assert types["Standard_D8s_v5"]["zones"] == ["westeurope-1", "westeurope-2"]
    assert types["Standard_D8s_v5"]["attachLimits"] == {"disk.csi.azure.com": 16}
    assert types["Standard_D8s_v5"]["allocatable"] == {"cpu": 8, "memory": "32768Mi", "pods": 110}
    assert "not to this subscription: Standard_B1ls" in told
    assert "no virtual machines: Standard_LRS" in told


def test_a_node_pool_chooses_among_types_and_says_what_its_nodes_are_like(convert: Any) -> None:
    types, told = convert(
        *("--from", "karpenter", data("karpenter.yaml"), "--from", "aws", data("aws-types.json")),
        prices=("m5.large,,0.107", "m7g.4xlarge,,0.7", "i3en.xlarge,,0.5", "g5.xlarge,,1"),
    )
    assert sorted(types) == ["i3en.xlarge", "m5.large"]  # neither arm64 nor of category g
    large = types["m5.large"]
    assert large["allocatable"] == {"cpu": "1920m", "memory": "7480Mi", "pods": 58}
    assert large["zones"] == ["eu-west-1a", "eu-west-1b"]
    assert large["taints"] == [{"key": "dedicated", "value": "databases", "effect": "NoSchedule"}]
    assert large["nodeGroup"] == "nodepool/databases"
    assert large["atMost"] == 3  # 10 cpu allowed, 4 there, 2 each
    assert types["i3en.xlarge"]["atMost"] == 1
    assert {"team": "data", "tier": "stateful", "karpenter.sh/nodepool": "databases"}.items() <= large[
        "labels"
    ].items()
    assert large["labels"]["karpenter.sh/capacity-type"] == "on-demand"
    assert "requirement karpenter.k8s.aws/instance-hypervisor was not looked at" in told
    assert "limits are kept for each type and zone alone" in told


def test_several_node_pools_have_types_of_their_own(convert: Any, tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    spot = {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]}
    pool = {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "spot"},
        "spec": {"template": {"spec": {"requirements": [spot]}}},
    }
    more.write_text(yaml.safe_dump(pool))
    types, told = convert(
        *("--from", "karpenter", data("karpenter.yaml"), "--from", "karpenter", str(more)),
        *("--from", "aws", data("aws-types.json")),
        prices=("m5.large,,0.107", "spot.m5.large,,0.04"),
    )
    assert sorted(types) == ["databases.m5.large", "spot.m5.large"]
    assert types["spot.m5.large"]["pricePerHour"] == 0.04
    assert types["spot.m5.large"]["labels"][INSTANCE_TYPE] == "m5.large"
    assert "NodePool spot: nodes are spot" in told


def test_node_groups_of_cluster_api_are_what_their_annotations_say(convert: Any) -> None:
    types, told = convert("--from", "cluster-api", data("cluster-api.yaml"), prices=("db-a,,0.8",))
    assert types["db-a"] == {
        "name": "db-a",
        "pricePerHour": 0.8,
        "zones": ["eu-west-1a"],
        "allocatable": {"pods": 60, "cpu": 16, "memory": "65536Mi"},
        "labels": {"disk": "ssd", "team": "data"},
        "taints": [{"key": "dedicated", "value": "db", "effect": "NoSchedule"}],
        "attachLimits": {"ebs.csi.aws.com": 24},
        "nodeGroup": "machinedeployment/db-a",
        "atMost": 3,
    }
    assert "kubernetes.io/cpu and memory: bare" in told


def fleet(tmp_path: Path) -> str:
    kinds = [("n1", "za", "4"), ("n2", "zb", "3900m"), ("n3", "za", "4")]
    nodes = [
        b.node(name=name, zone=zone, cpu=cpu, labels={INSTANCE_TYPE: "big", "disk": "ssd"})
        for name, zone, cpu in kinds
    ]
    tainted = b.node(name="n4", zone="za", labels={INSTANCE_TYPE: "big"}, taints=[b.taint(key="gpu")])
    csi = b.csi_node(name="n1", limits={"csi.example.com": 7})
    dump = tmp_path / "dump.json"
    dump.write_bytes(b.document(*nodes, tainted, b.node(name="n5"), csi).data)
    return str(dump)


def test_the_nodes_there_are_become_types_by_their_kind(convert: Any, tmp_path: Path) -> None:
    types, told = convert(
        "--from", "nodes", fleet(tmp_path), "--reserve", "cpu=1", prices=("big,,1", "big-2,,2")
    )
    assert types["big"]["allocatable"]["cpu"] == "3900m"  # what pods can use already, and the least of them
    assert types["big"]["zones"] == ["za", "zb"]
    assert types["big"]["labels"] == {"disk": "ssd"}
    assert types["big"]["attachLimits"] == {"csi.example.com": 7}
    assert types["big-2"]["taints"] == [{"key": "gpu", "effect": "NoSchedule"}]
    assert types["big-2"]["labels"] == {INSTANCE_TYPE: "big"}
    assert types["big-2"]["pricePerHour"] == 2
    assert f"nodes without a label {INSTANCE_TYPE}: n5" in told
    assert "differ in what pods can use: the least was taken: big" in told


def test_a_converted_catalogue_is_one_that_size_reads(solve: Solve, tmp_path: Path) -> None:
    prices, catalogue, waiting = (tmp_path / name for name in ("prices.csv", "nodes.yaml", "pod.json"))
    prices.write_text("type,price\nbig,1.5\n")
    catalogue.write_text(solve("catalog", "--from", "nodes", fleet(tmp_path), "--prices", str(prices)).out)
    waiting.write_bytes(
        b.document(b.pod(name="p", requests={"cpu": "3900m"}, node_selector={"disk": "ssd"})).data
    )
    filled = [b.pod(name=f"f{i}", node=f"n{i}", requests={"cpu": "3"}) for i in range(1, 6)]
    busy = tmp_path / "busy.json"
    busy.write_bytes(b.document(*filled).data)
    ran = solve(
        *("size", "--snapshot", fleet(tmp_path), "--snapshot", str(busy), "-f", str(waiting)),
        *("--catalog", str(catalogue), "-o", "name"),
    )
    assert ran.code == 0
    assert ran.out in {f"nodetype/big zone/{zone} +1\n" for zone in ("za", "zb")}


@pytest.mark.parametrize("source", ["aws", "gcp", "azure", "cluster-api"])
@pytest.mark.parametrize("content", ["", "[]", "{}", "nonsense: [", '{"InstanceTypes": 3}', "[1]", '"x"'])
def test_what_is_no_such_list_is_refused(solve: Solve, tmp_path: Path, source: str, content: str) -> None:
    file = tmp_path / "list.json"
    file.write_text(content)
    ran = solve("catalog", "--from", source, str(file))
    assert ran.code == 1
    assert "list.json" in ran.err and "Traceback" not in ran.err


def test_faults_of_price_lists_are_told_all_at_once(solve: Solve, tmp_path: Path) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("type,zone,price\na,,cheap\nb,,-1\n,,1\nc,,1\nc,,2\nd,,1e9\ne,,0.00000001\n")
    ran = solve("catalog", "--from", "aws", data("aws-types.json"), "--prices", str(prices))
    assert ran.code == 1
    assert [f"line {n}" in ran.err for n in range(1, 9)] == [False, True, True, True, False, True, True, True]


def test_a_list_without_prices_says_what_is_missing(solve: Solve) -> None:
    ran = solve("catalog", "--from", "gcp", data("gcp-types.json"))
    assert ran.code == 1
    assert "--prices FILE" in ran.err


def test_node_pools_alone_are_no_list(solve: Solve) -> None:
    assert solve("catalog", "--from", "karpenter", data("karpenter.yaml")).code == 2
