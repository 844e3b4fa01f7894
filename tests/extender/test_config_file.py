"""The configuration file: strict, all faults at once, and printable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from extender.config import ConfigError, ExtenderConfig, OnInfeasible, OnUndecided
from extender.config.command import read_config
from extender.config.file import API_VERSION, KIND, parse_config, value_of
from extender.config.printed import printed
from extender.config.settings import SETTINGS
from extender.serve import overridden
from extender.wsgi import main
from solver.errors import Fault, InputError

HEAD = f"apiVersion: {API_VERSION}\nkind: {KIND}\n"


def faults(text: str) -> dict[str, Fault]:
    with pytest.raises(InputError) as refused:
        parse_config(HEAD + text, "extender.yaml")
    return {fault.path: fault for fault in refused.value.faults}


def config(text: str) -> ExtenderConfig:
    return parse_config(HEAD + text, "extender.yaml")


OTHER: dict[str, Any] = {
    "snapshot": ["dump.json"],
    "schedulerNames": ["bulkhead"],
    "server": {"bind": "[::1]:80", "threads": 3, "maxBody": "1Gi", "idleTimeout": "2m"},
    "cluster": {
        "kubeconfig": "/k",
        "context": "c",
        "pageSize": 7,
        "listTimeout": "5s",
        "watchTimeout": "1h",
        "staleAfter": "1m30s",
    },
    "plan": {"sharedNodes": 0, "newcomers": 1},
    "solver": {"timeLimit": "1500ms", "workers": 1, "seed": 9},
    "deadlines": {"solve": "100ms", "greedy": "0s"},
    "policies": {
        "onInfeasible": "Hold",
        "onUndecided": "PassThrough",
        "rules": [
            {
                "namespaceSelector": {"matchLabels": {"team": "data"}},
                "podSelector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
                "onInfeasible": "FallThrough",
            }
        ],
    },
    "reservations": {"ttl": "10s"},
    "events": {"enabled": False, "perSecond": 0.5, "burst": 1, "repeatAfter": "1s"},
    "metrics": {"domainLoss": {"enabled": True, "topologyKeys": ["rack"]}},
}
"""Every field, each with another value than its default."""


def test_an_empty_configuration_is_the_default() -> None:
    assert config("") == ExtenderConfig()


def test_every_field_of_the_file_reaches_the_configuration() -> None:
    read, default = _other(), ExtenderConfig()
    same = [s.path for s in SETTINGS if value_of(read, s) == value_of(default, s)]
    assert same == []


def _other() -> ExtenderConfig:
    return parse_config(json.dumps({"apiVersion": API_VERSION, "kind": KIND, **OTHER}), "extender.json")


def test_every_setting_of_the_configuration_is_in_the_file() -> None:
    told = {field.partition(".")[0] for setting in SETTINGS for field in setting.fields}
    assert told == set(ExtenderConfig.__dataclass_fields__)


@pytest.mark.parametrize("of", [ExtenderConfig, _other])
def test_what_is_printed_reads_back_as_the_same(of: Any) -> None:
    text = printed(of())
    assert parse_config(text, "printed") == of()
    assert all(len(line) <= 110 for line in text.splitlines() if line.lstrip().startswith("#"))


def test_units_are_settled_when_the_file_is_read() -> None:
    read = _other()
    assert (read.host, read.port) == ("::1", 80)
    assert read.max_body_bytes == 2**30
    assert read.idle_timeout_s == 120
    assert (read.cluster.watch_timeout_s, read.cluster.stale_after_s) == (3600, 90.0)
    assert (read.solve.time_limit_s, read.deadlines.solve_s) == (1.5, 0.1)


def test_a_rule_decides_for_the_pods_it_selects_and_the_default_says_what_it_leaves_out() -> None:
    policies = _other().policies
    chosen = policies.of({"team": "data"}, {"app": "db"})
    assert (chosen.on_infeasible, chosen.on_undecided) == (
        OnInfeasible.FALL_THROUGH,
        OnUndecided.PASS_THROUGH,
    )
    assert policies.of({"team": "data"}, {}).on_infeasible is OnInfeasible.HOLD


@pytest.mark.parametrize(
    ("text", "path", "suggestion"),
    [
        ("sever: {}", "sever", "server"),
        ("server: {idle_timeout: 100s}", "server.idle_timeout", "idleTimeout"),
        ("server: {MaxBody: 1Mi}", "server.MaxBody", "maxBody"),
        ("threads: 3", "threads", "server.threads"),
        ("policies: {rules: [{podSelectr: {}}]}", "policies.rules[0].podSelectr", "podSelector"),
        (
            "policies: {rules: [{podSelector: {matchLabel: {a: b}}}]}",
            "policies.rules[0].podSelector.matchLabel",
            "matchLabels",
        ),
    ],
)
def test_an_unknown_field_is_refused_with_the_one_that_was_meant(
    text: str, path: str, suggestion: str
) -> None:
    assert faults(text)[path].expected == f"a known field; did you mean {suggestion}?"


def test_a_field_like_no_other_is_refused_with_all_there_are() -> None:
    assert faults("reservations: {xyz: 1}")["reservations.xyz"].expected == "one of ttl"


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("server: {threads: 0}", "server.threads", "1 to 256"),
        ("server: {threads: true}", "server.threads", "a whole number"),
        ('server: {threads: "8"}', "server.threads", "a whole number"),
        ("server: {bind: here}", "server.bind", "HOST:PORT"),
        ("server: {bind: 'here:99999'}", "server.bind", "0 to 65535"),
        ("server: {maxBody: 5q}", "server.maxBody", "a size such as 128Mi"),
        ("server: {maxBody: 5}", "server.maxBody", "a size such as 128Mi"),
        ("server: {idleTimeout: 90s}", "server.idleTimeout", "more than 90 seconds"),
        (
            "server: {idleTimeout: 100500ms}",
            "server.idleTimeout",
            "a duration in whole seconds such as 90s or 5m",
        ),
        ("deadlines: {solve: 1}", "deadlines.solve", "a duration such as 250ms, 90s or 5m"),
        ("deadlines: {solve: soon}", "deadlines.solve", "a duration such as 250ms, 90s or 5m"),
        ("deadlines: {solve: ''}", "deadlines.solve", "a duration such as 250ms, 90s or 5m"),
        ("events: {perSecond: many}", "events.perSecond", "a number"),
        ("events: {perSecond: 0}", "events.perSecond", "more than 0"),
        ("events: {enabled: 1}", "events.enabled", "true or false"),
        ("schedulerNames: default", "schedulerNames", "a list of texts"),
        ("schedulerNames: []", "schedulerNames", "at least one"),
        ("policies: {onInfeasible: hold}", "policies.onInfeasible", "FallThrough or Hold"),
        ("policies: {rules: {}}", "policies.rules", "a list of rules"),
        ("policies: {rules: [{podSelector: 7}]}", "policies.rules[0].podSelector", "an object"),
        (
            "policies: {rules: [{podSelector: {matchExpressions: [{key: a, operator: Near}]}}]}",
            "policies.rules[0].podSelector.matchExpressions[0].operator",
            "one of DoesNotExist, Exists, In, NotIn",
        ),
        (
            "cluster: 7",
            "cluster",
            "an object with kubeconfig, context, pageSize, listTimeout, watchTimeout, staleAfter",
        ),
    ],
)
def test_a_value_that_cannot_work_is_refused_where_it_stands(text: str, path: str, expected: str) -> None:
    assert faults(text)[path].expected == expected


def test_all_faults_are_told_at_once() -> None:
    found = faults("sever: {}\nserver: {threads: 0, bind: x}\npolicies: {rules: [{onInfeasible: no way}, 7]}")
    assert set(found) == {
        "sever",
        "server.threads",
        "server.bind",
        "policies.rules[0].onInfeasible",
        "policies.rules[1]",
    }


def test_null_means_the_default() -> None:
    assert config("server: {threads: null}\nevents: null") == ExtenderConfig()


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ""),
        ("- 1", ""),
        ("a: [", ""),
        ("apiVersion: bulkhead.dev/v1\nkind: ExtenderConfiguration", "apiVersion"),
        (f"apiVersion: {API_VERSION}", "kind"),
        (f"{HEAD}---\n{HEAD}", ""),
        (f"{HEAD}server: {{threads: 1, threads: 2}}", ""),
    ],
)
def test_anything_but_one_configuration_of_this_version_is_refused(text: str, path: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_config(text, "extender.yaml")
    assert path in {fault.path for fault in refused.value.faults}


def test_the_command_validates_and_names_every_fault(tmp_path: Path) -> None:
    file = tmp_path / "extender.yaml"
    file.write_text(HEAD + "server: {threads: 0, thread: 1}")
    ran = CliRunner().invoke(main, ["config", "--validate", str(file)])
    assert ran.exit_code == 1
    assert "server.threads: found 0; expected 1 to 256" in ran.stderr
    assert "did you mean threads?" in ran.stderr
    file.write_text(HEAD)
    assert CliRunner().invoke(main, ["config", "--validate", str(file)]).output.endswith(": valid\n")


def test_the_command_prints_defaults_that_are_valid(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["config", "--print-defaults"])
    file = tmp_path / "extender.yaml"
    file.write_text(ran.output)
    assert read_config(str(file)) == ExtenderConfig()


def test_the_command_needs_to_know_what_to_do(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["config"]).exit_code == 2
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    assert (
        "found bytes that are not text"
        in CliRunner().invoke(main, ["config", "--validate", str(file)]).stderr
    )


def test_options_override_the_file() -> None:
    read = overridden(_other(), threads=5, bind="h:1", max_body=2, snapshot=(), seed=None, kubeconfig=None)
    assert (read.threads, read.host, read.port, read.max_body_bytes) == (5, "h", 1, 2 * 2**20)
    assert (read.solve.seed, read.snapshot) == (9, ("dump.json",))


def test_a_kubeconfig_option_overrides_a_snapshot_of_the_file() -> None:
    read = overridden(_other(), kubeconfig="/other", snapshot=())
    assert (read.snapshot, read.cluster.kubeconfig) == ((), "/other")


def test_a_snapshot_and_a_live_cluster_together_are_refused() -> None:
    with pytest.raises(ConfigError, match="both --snapshot and --context"):
        overridden(ExtenderConfig(), snapshot=("dump.json",), context="c")
