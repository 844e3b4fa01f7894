"""``solve outage`` as a command: the worked session on the shop, documents, forms, exit codes, faults."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from solver.kube.documents import Document, Entry
from solver.planning.change import apply, as_object, from_patches, inputs_of
from solver.report.schema import bundle
from tests import builders as b
from tests.cli.conftest import Ran
from tests.paths import PROJECT

Solve = Callable[..., Ran]
DATA = PROJECT / "tests/data/scenarios"
SAMPLE = str(PROJECT / "solver/planning/size/sample-catalogue.yaml")
SHOP = ("-f", str(DATA / "shop-app.json"), "--snapshot", str(DATA / "shop-cluster.json"))
SESSION = ("outage", *SHOP, "--each", "zone", "--quorum", "zk=2,db=2", "--catalog", SAMPLE)


def document(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, bundle("PlacementResult"), cls=jsonschema.Draft202012Validator)
    assert found["question"]["verb"] == "outage"
    assert found["answer"]["exitCode"] == ran.code
    return found


def row(outages: dict[str, dict[str, Any]], zone: str, workload: str) -> tuple[int, int, int, int, str]:
    """Now, left, back by itself, still down, verdict."""
    one = next(w for w in outages[zone]["workloads"] if w["workload"].endswith(f"/{workload}"))
    back = sum(returned["recovery"] == "auto" for returned in one["comesBack"])
    return one["now"], one["left"], back, len(one["staysDown"]), one["verdict"]


def test_the_worked_session_gives_its_facts(solve: Solve) -> None:
    """Which loss breaks quorum, and what comes back."""
    ran = solve(*SESSION, "-o", "json")
    found = document(ran)
    assert ran.code == 3
    outages = {one["lost"]["topology.kubernetes.io/zone"][0]: one for one in found["outages"]}
    assert {zone: one["verdict"] for zone, one in outages.items()} == {
        "a": "FAILS",
        "b": "DEGRADED",
        "c": "OK",
    }
    assert row(outages, "a", "zk") == (3, 1, 0, 2, "QuorumLost")
    assert row(outages, "a", "db") == (3, 2, 0, 1, "QuorumHeld")
    assert row(outages, "a", "web") == (4, 2, 1, 1, "Degraded")
    assert row(outages, "b", "zk") == (3, 2, 0, 1, "QuorumHeld")
    assert row(outages, "b", "db") == (3, 2, 0, 1, "QuorumHeld")
    assert row(outages, "b", "web") == (4, 2, 1, 1, "Degraded")
    assert row(outages, "c", "zk") == (3, 3, 0, 0, "Unaffected")
    assert row(outages, "c", "db") == (3, 2, 0, 1, "QuorumHeld")
    assert row(outages, "c", "web") == (4, 4, 0, 0, "Unaffected")
    assert all(
        down["why"] == ("Resources" if "web" in down["pod"] else "Volumes")
        for one in outages.values()
        for workload in one["workloads"]
        for down in workload["staysDown"]
    )


def test_the_fixes_of_the_worked_session_mend_every_zone_together(solve: Solve) -> None:
    found = document(solve(*SESSION, "-o", "json"))
    move, add = found["fixes"]
    assert move["cost"] == {"pods": 1, "bytes": 10 * 2**30, "volumes": 1, "moneyPerHour": 0.0}
    assert {p["object"].partition("/")[0] for p in move["patches"]} == {
        "Pod",
        "PersistentVolumeClaim",
        "PersistentVolume",
    }
    assert add["sentence"] == "+1 n4 in zone c"
    assert add["cost"]["moneyPerHour"] == 0.2
    assert {one["verdict"] for one in found["summary"]["together"]} == {"OK"}


def changed(arguments: Sequence[str], patches: list[dict[str, Any]], folder: Path) -> list[str]:
    """The ``-f`` and ``--snapshot`` of ``arguments`` with patches made to what is in them, as new files."""
    files = {
        flag: Path(arguments[arguments.index(flag) + 1]) for flag in ("--snapshot", "-f") if flag in arguments
    }
    documents = {flag: [Document(str(file), file.read_bytes())] for flag, file in files.items()}
    inputs = apply(inputs_of(documents["--snapshot"], documents.get("-f", [])), from_patches(patches))
    made = []
    for flag, found in (("--snapshot", inputs.cluster), ("-f", inputs.manifests)):
        items = [as_object(entry) for entry in found if isinstance(entry, Entry)]
        if items:
            file = folder / f"{flag.strip('-')}.json"
            file.write_bytes(b.document(*items).data)
            made += [flag, str(file)]
    return made


def verdicts(found: dict[str, Any]) -> list[str]:
    return [one["verdict"] for one in found["outages"]]


def test_every_fix_of_the_worked_session_does_what_it_says(solve: Solve, tmp_path: Path) -> None:
    """Made to the input files, and everything asked again."""
    flags = ("--each", "zone", "--quorum", "zk=2,db=2", "--no-fixes", "-o", "json")
    found = document(solve(*SESSION, "-o", "json"))
    assert [fix["verified"] for fix in found["fixes"]] == [True, True]
    for fix in found["fixes"]:
        again = document(solve("outage", *changed(SHOP, fix["patches"], tmp_path), *flags))
        assert verdicts(again) == [one["verdict"] for one in fix["after"]["losses"]]
    together = [patch for fix in found["fixes"] for patch in fix["patches"]]
    again = document(solve("outage", *changed(SHOP, together, tmp_path), *flags))
    assert verdicts(again) == ["OK", "OK", "OK"]


def spread_world(folder: Path) -> tuple[str, str]:
    """Three replicas over three zones with a hard rule that counts dead zones, and room for all."""
    template = b.pod_spec(requests={"cpu": "1"}, spread=[b.spread(labels={"app": "web"})])
    objects = [*b.f_nodes(), b.deployment(name="web", replicas=3, spec=template)]
    objects.append(
        b.deployment(name="web-1", replicas=3, spec=template, kind="ReplicaSet", owner=("Deployment", "web"))
    )
    for number, node in enumerate(("a1", "b1", "c1")):
        pod = b.pod(
            name=f"web-1-{number}",
            node=node,
            labels={"app": "web"},
            owner=("ReplicaSet", "web-1"),
            spec=template,
        )
        objects.append({**pod, "spec": {**pod["spec"], "nodeName": node}})
    file = folder / "spread.json"
    file.write_bytes(b.document(*objects).data)
    return "--snapshot", str(file)


def test_a_rule_that_counts_dead_zones_is_mended_and_the_fix_holds(solve: Solve, tmp_path: Path) -> None:
    """C27 as a resilience defect."""
    world = spread_world(tmp_path)
    found = document(solve("outage", *world, "-o", "json"))
    assert verdicts(found) == ["DEGRADED"] * 3
    assert all(one["workloads"][0]["staysDown"][0]["lostDomainCounts"] for one in found["outages"])
    fix = found["fixes"][0]
    assert fix["sentence"] == "web: nodeTaintsPolicy Honor on its hard spread rules"
    again = document(solve("outage", *changed(world, fix["patches"], tmp_path), "--no-fixes", "-o", "json"))
    assert verdicts(again) == ["OK"] * 3


def test_without_a_catalogue_nodes_like_those_there_are_help_at_an_unknown_price(
    solve: Solve, tmp_path: Path
) -> None:
    nodes = [b.node(name=n, zone=z, cpu="2") for n, z in (("a1", "za"), ("b1", "zb"))]
    web = [
        b.pod(
            name=f"web-{n}", node=n, owner=("ReplicaSet", "web"), labels={"app": "web"}, requests={"cpu": "2"}
        )
        for n in ("a1", "b1")
    ]
    file = tmp_path / "small.json"
    file.write_bytes(b.document(*nodes, *web).data)
    world = ("--snapshot", str(file))
    found = document(solve("outage", *world, "--lose", "zone=za", "-o", "json"))
    (fix,) = found["fixes"]
    assert fix["sentence"] == "+1 like-a1 in zone zb"
    assert "moneyPerHour" not in fix["cost"]
    again = changed(world, fix["patches"], tmp_path)
    assert verdicts(document(solve("outage", *again, "--lose", "zone=za", "--no-fixes", "-o", "json"))) == [
        "OK"
    ]


def test_the_first_lines_say_what_fails_and_how_sure_that_is(solve: Solve) -> None:
    lines = solve(*SESSION, "--with-timeline").out.splitlines()
    assert lines[0].split() == ["FAILS", "zone", "a", "FAILS,", "zone", "b", "DEGRADED,", "zone", "c", "OK"]
    assert "placed and verified" in lines[1]
    text = "\n".join(lines)
    assert "QUORUM LOST, needs 2" in text
    assert "1: no 2.5 CPU slot" in text
    assert "zk-0 zk-1 (volume)" in text
    assert "made again at 5:40-6:00 (≈ 6 min)" in text
    assert "no zone loss breaks its quorum" in text
    assert "out-of-service" in text
    assert "shard and replicate" in text
    assert lines[-1].startswith("next: solve outage --each zone --quorum zk=2,db=2")


def test_the_same_question_has_the_same_answer(solve: Solve) -> None:
    assert solve(*SESSION).out == solve(*SESSION).out


def test_local_processes_give_the_same_answer(solve: Solve) -> None:
    assert solve(*SESSION, "--executor", "processes=2").out == solve(*SESSION).out


def test_every_form_can_be_printed(solve: Solve) -> None:
    for form in ("table", "wide", "json", "yaml", "name", "csv"):
        ran = solve("outage", *SHOP, "--no-fixes", "-o", form)
        assert ran.code == 3
        assert "FAILS" in ran.out or "QuorumLost" in ran.out


def test_zones_are_what_is_lost_when_nothing_is_said(solve: Solve) -> None:
    assert solve("outage", *SHOP, "--no-fixes", "-o", "name").out == (
        "loss/zone=a FAILS\nloss/zone=b DEGRADED\nloss/zone=c OK\n"
    )


def test_several_domains_are_lost_at_once(solve: Solve) -> None:
    ran = solve("outage", *SHOP, "--lose", "zone=b", "--lose", "node=a1", "--no-fixes", "-o", "json")
    (one,) = document(ran)["outages"]
    assert one["lost"] == {"node": ["a1"], "topology.kubernetes.io/zone": ["b"]}
    assert one["nodes"] == ["a1", "b1", "b2"]
    assert one["storageZones"] == ["b"]


def test_only_the_workloads_asked_about_are_judged(solve: Solve) -> None:
    found = document(solve("outage", *SHOP, "-l", "app=web", "--no-fixes", "-o", "json"))
    assert {w["workload"] for one in found["outages"] for w in one["workloads"]} == {"Deployment/default/web"}


def test_timing_moves_the_timeline(solve: Solve) -> None:
    said = solve("outage", *SHOP, "--no-fixes", "--with-timeline", "--timing", "eviction=30s").out
    assert "made again at 1:10-1:30" in said
    assert "with eviction=30s" in said


def test_a_survived_loss_ends_with_zero_and_what_nobody_knows_with_four(solve: Solve, tmp_path: Path) -> None:
    nfs = b.volume(name="v", storage_class="nfs", driver="nfs.csi.k8s.io", modes=["ReadWriteMany"], claim="d")
    web = [
        b.pod(name=f"web-{n}", node=node, owner=("ReplicaSet", "web-1"), claims=["d"])
        for n, node in enumerate(("a1", "b1"))
    ]
    dump = tmp_path / "dump.json"
    objects = [*b.f_nodes(), nfs, b.claim(name="d", storage_class="nfs", volume="v"), *web]
    objects.append(b.storage_class(name="nfs", provisioner="nfs.csi.k8s.io"))
    dump.write_bytes(b.document(*objects).data)
    asked = ("outage", "--snapshot", str(dump), "--lose", "zone=za", "--no-fixes", "-o", "json")
    ran = solve(*asked)
    found = document(ran)
    assert (ran.code, found["summary"]["verdict"], found["answer"]["verdict"]) == (4, "UNKNOWN", "Unknown")
    assert found["outages"][0]["workloads"][0]["uncertain"] == 1
    ran = solve(*asked, "--storage", "sc/nfs=server,zones=zc")
    assert (ran.code, document(ran)["summary"]["verdict"]) == (0, "OK")
    ran = solve(*asked, "--storage", "sc/nfs=server,zones=za")
    assert (ran.code, document(ran)["summary"]["verdict"]) == (3, "FAILS")
    file = tmp_path / "storage.yaml"
    file.write_text(
        "apiVersion: bulkhead.dev/v1alpha1\nkind: StorageOverrides\n"
        "overrides:\n- storageClass: nfs\n  storage: server\n  dataZones: [zc]\n"
    )
    assert solve(*asked, "--storage-file", str(file)).code == 0


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--lose", "zone"), "names no failure domain"),
        (("--lose", "zone=nowhere"), "no node with 'nowhere'"),
        (("--lose", "node=zz"), "no such node"),
        (("--each", "example.com/rack"), "no node with it"),
        (("--each", "a b"), "no topology key"),
        (("--quorum", "zk"), "is no quorum"),
        (("--quorum", "typo=2"), "no running one of this name"),
        (("--timing", "grace=soon"), "is no timing"),
        (("--storage", "sc/x"), "is no storage override"),
        (("--storage", "sc/x=floppy"), "one of local"),
        (("--storage", "sc/typo=local"), "nothing of this name"),
    ],
)
def test_flags_that_make_no_sense_are_refused(solve: Solve, flags: tuple[str, ...], told: str) -> None:
    ran = solve("outage", *SHOP, *flags)
    assert ran.code in (1, 2)
    assert told in ran.err
    assert ran.out == ""


def test_every_fault_of_a_storage_file_is_named(solve: Solve, tmp_path: Path) -> None:
    file = tmp_path / "storage.yaml"
    file.write_text(
        "kind: StorageOverrides\napiVersion: bulkhead.dev/v1alpha1\noverrides:\n"
        "- storageClass: a\n  storage: floppy\n- zones: [a]\n- volume: v\n  driver: d\n"
    )
    ran = solve("outage", *SHOP, "--storage-file", str(file))
    assert ran.code == 1
    assert [f"overrides[{number}]" in ran.err for number in range(3)] == [True] * 3
