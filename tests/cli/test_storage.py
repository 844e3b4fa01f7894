"""``solve storage`` as a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from solver.report.schema import bundle
from tests import builders as b
from tests.cli.conftest import Ran

Solve = Callable[..., Ran]


@pytest.fixture
def dump(tmp_path: Path) -> str:
    file = tmp_path / "dump.json"
    objects = [
        *b.f_nodes(),
        b.pod(name="p", node="a1"),
        b.storage_class(name="zonal", provisioner="ebs.csi.aws.com"),
        b.storage_class(name="odd", provisioner="csi.example.com"),
        b.csi_driver(name="ebs.csi.aws.com"),
        b.volume(name="share", storage_class="odd", driver="csi.example.com", modes=["ReadWriteMany"]),
    ]
    file.write_bytes(b.document(*objects).data)
    return str(file)


def entries(ran: Ran) -> dict[str, dict[str, Any]]:
    found = json.loads(ran.out)
    jsonschema.validate(found, bundle("PlacementResult"), cls=jsonschema.Draft202012Validator)
    assert (found["question"]["verb"], found["answer"]["exitCode"], ran.code) == ("storage", 0, 0)
    return {one.get("class", one.get("driver")): one for one in found["storage"]}


def test_what_nobody_says_is_unknown(solve: Solve, dump: str) -> None:
    found = entries(solve("storage", "--snapshot", dump, "-o", "json"))
    assert (found["zonal"]["kind"], found["odd"]["kind"]) == ("zonal", "unknown")
    assert found["odd"]["zoneLoss"] == {"deployment": None, "statefulSet": None, "data": "Unknown"}
    assert found["odd"]["accessModes"] == ["ReadWriteMany"]
    assert found["ebs.csi.aws.com"]["attachRequired"] is True
    text = solve("storage", "--snapshot", dump).out
    assert text.startswith("STORAGE   2 storage classes, 1 volume\n")
    assert "1 row unknown" in text


def test_a_flag_says_what_it_is(solve: Solve, dump: str) -> None:
    flags = ("--storage", "driver/csi.example.com=distributed,zones=za+zb+zc")
    odd = entries(solve("storage", "--snapshot", dump, *flags, "-o", "json"))["odd"]
    assert (odd["kind"], odd["zones"]) == ("distributed", ["za", "zb", "zc"])
    assert odd["zoneLoss"] == {"deployment": "auto", "statefulSet": "fence", "data": "Kept"}
    assert odd["decidedBy"] == "--storage driver/csi.example.com=distributed,zones=za+zb+zc"
    assert "unknown: " not in solve("storage", "--snapshot", dump, *flags).out


def test_every_form_can_be_printed(solve: Solve, dump: str) -> None:
    for form in ("table", "wide", "json", "yaml", "name", "csv"):
        ran = solve("storage", "--snapshot", dump, "-o", form)
        assert ran.code == 0
        assert "zonal" in ran.out
