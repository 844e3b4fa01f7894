"""``extender doctor``: what is shipped is sound, and each trap is found where it is laid."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from extender.doctor.codes import BY_ID, CODES
from extender.doctor.rights import READ
from extender.watch.connection import REQUIRED
from extender.wsgi import main
from tests.paths import PROJECT

Object = dict[str, Any]
DEPLOY = PROJECT / "deploy"


def doctor(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments], input=given)


def shipped() -> list[Object]:
    """The base and its configurations, as files."""
    paths = (
        *DEPLOY.glob("base/*.yaml"),
        DEPLOY / "scheduler/kube-scheduler.yaml",
        DEPLOY / "scheduler/extender.yaml",
    )
    found = [d for path in paths for d in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    return [d for d in found if d and d["kind"] != "Kustomization"]


def the(objects: list[Object], kind: str, name: str = "") -> Object:
    (found,) = [d for d in objects if d["kind"] == kind and name in str(d.get("metadata", {}).get("name"))]
    return found


def codes(objects: list[Object]) -> set[str]:
    ran = doctor("-f", "-", "-o", "json", given=yaml.safe_dump_all(objects))
    assert ran.exit_code in (0, 3), ran.output
    return {finding["code"] for finding in json.loads(ran.output)["findings"]}


def test_what_is_shipped_has_no_findings() -> None:
    assert codes(shipped()) == set()


def entry(**changes: object) -> Any:
    def change(objects: list[Object]) -> None:
        found = the(objects, "KubeSchedulerConfiguration")["extenders"][0]
        for field, value in changes.items():
            found.pop(field) if value is None else found.update({field: value})

    return change


def configuration(kind: str, **changes: object) -> Any:
    return lambda objects: the(objects, kind).update(changes)


def without(kind: str, name: str) -> Any:
    return lambda objects: objects.remove(the(objects, kind, name))


def rules(*added: Object, dropped: str = "") -> Any:
    def change(objects: list[Object]) -> None:
        role = the(objects, "ClusterRole", "bulkhead-extender")
        role["rules"] = [r for r in role["rules"] if dropped not in r["resources"]] + list(added)

    return change


def pod(**changes: object) -> Any:
    return lambda objects: the(objects, "Deployment")["spec"]["template"]["spec"].update(changes)


def alone(objects: list[Object]) -> None:
    spec = the(objects, "Deployment")["spec"]["template"]["spec"]
    spec["containers"] = [c for c in spec["containers"] if c["name"] == "extender"]


SCHEDULER, EXTENDER = "KubeSchedulerConfiguration", "ExtenderConfiguration"
TRAPS = [
    ("BD01", configuration(SCHEDULER, extendrs=[])),
    ("BD01", configuration(EXTENDER, serverr={})),
    ("BD02", configuration(SCHEDULER, extenders=[])),
    ("BD03", entry(nodeCacheCapable=False)),
    ("BD03", entry(nodeCacheCapable=None)),
    ("BD04", configuration(SCHEDULER, profiles=[{"schedulerName": "bulkhead"}])),
    ("BD05", entry(filterVerb=None)),
    ("BD06", entry(prioritizeVerb=None)),
    ("BD07", entry(preemptVerb=None)),
    ("BD08", entry(weight=12)),
    ("BD09", entry(weight=None)),
    ("BD10", entry(filterVerb="fliter")),
    ("BD11", entry(bindVerb="bind")),
    ("BD12", entry(httpTimeout="30s")),
    ("BD12", entry(httpTimeout=None)),
    ("BD12", entry(httpTimeout="500ms")),
    ("BD13", entry(enableHTTPS=True)),
    ("BD14", entry(urlPrefix="https://127.0.0.1:8888")),
    ("BD15", entry(urlPrefix="http://bulkhead.bulkhead.svc:8888")),
    ("BD16", configuration(SCHEDULER, leaderElection={"leaderElect": True})),
    ("BD17", entry(managedResources=[{"name": "example.com/x"}])),
    ("BD18", entry(ignorable=True)),
    ("BD19", configuration(EXTENDER, schedulerNames=["default-scheduler"])),
    ("BD20", entry(urlPrefix="http://127.0.0.1:8889")),
    ("BD21", pod(schedulerName="bulkhead")),
    ("BD22", rules(dropped="csinodes")),
    ("BD23", rules(dropped="events")),
    ("BD24", rules({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]})),
    ("BD25", without("ClusterRoleBinding", "volume-scheduler")),
    ("BD26", alone),
    (
        "BD27",
        configuration(
            SCHEDULER,
            profiles=[
                {
                    "schedulerName": "bulkhead",
                    "percentageOfNodesToScore": 100,
                    "plugins": {"filter": {"disabled": [{"name": "PodTopologySpread"}]}},
                }
            ],
        ),
    ),
]


@pytest.mark.parametrize(("code", "trap"), TRAPS, ids=[f"{code}-{i}" for i, (code, _) in enumerate(TRAPS)])
def test_each_trap_is_found(code: str, trap: Any) -> None:
    objects = deepcopy(shipped())
    trap(objects)
    assert code in codes(objects)


def test_every_code_has_a_trap() -> None:
    assert {code for code, _ in TRAPS} == set(BY_ID)
    assert len(BY_ID) == len(CODES)


def test_what_is_required_of_the_rights_is_what_is_followed() -> None:
    assert len(READ) == len(REQUIRED)


def test_configurations_are_found_in_config_maps() -> None:
    scheduler = the(shipped(), SCHEDULER) | {"extenders": []}
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": {"s.yaml": yaml.safe_dump(scheduler)},
    }
    ran = doctor("-f", "-", given=yaml.safe_dump(config_map))
    assert ran.exit_code == 3
    assert "ConfigMap/c s.yaml  extenders: none" in ran.output


def test_each_finding_says_why_and_what_to_do() -> None:
    objects = shipped()
    entry(nodeCacheCapable=False)(objects)
    ran = doctor("-f", "-", given=yaml.safe_dump_all(objects))
    assert ran.output.startswith("ERROR   BD03")
    assert "why:" in ran.output and "do:  nodeCacheCapable: true" in ran.output


@pytest.mark.parametrize("given", ["{", "kind: Pot\napiVersion: v1\n", "a: [1"])
def test_what_is_no_configuration_is_refused(given: str) -> None:
    ran = doctor("-f", "-", given=given)
    assert ran.exit_code == 1
    assert ran.output


def test_the_list_explains_every_code() -> None:
    listed = doctor("--list").output
    assert all(code.id in listed for code in CODES)
