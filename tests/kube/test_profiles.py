"""Reading a KubeSchedulerConfiguration: what it means, and that every fault is named at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from solver.errors import InputError
from solver.kube.documents import Document
from solver.kube.profiles import Configuration, read_profiles
from solver.model.profile import DEFAULT_PROFILE, FILTERS, WEIGHTS, Profile
from tests import builders as b


def configuration(*profiles: dict[str, Any], **top: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": list(profiles),
        **top,
    }


def read(value: dict[str, Any]) -> Configuration:
    return read_profiles(Document("scheduler.yaml", json.dumps(value).encode()))


def the_profile(**profile: Any) -> Profile:
    return read(configuration({"schedulerName": "default-scheduler", **profile})).profiles.of(
        "default-scheduler"
    )


def faults(value: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        read(value)
    return {fault.path: f"{fault.found}: {fault.expected}" for fault in caught.value.faults}


def test_a_configuration_that_says_nothing_is_the_default_profile() -> None:
    assert the_profile() == DEFAULT_PROFILE
    assert read(configuration()).profiles.of("default-scheduler") == DEFAULT_PROFILE


def test_yaml_is_read_as_json_is() -> None:
    text = b"apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles:\n- {}\n"
    assert read_profiles(Document("s.yaml", text)).profiles.otherwise == DEFAULT_PROFILE


def test_a_plugin_named_again_under_multi_point_without_a_weight_weighs_one() -> None:
    plugins = {"multiPoint": {"enabled": [{"name": "TaintToleration"}]}}
    assert the_profile(plugins=plugins).weights == {**WEIGHTS, "TaintToleration": 1}


def test_the_weight_at_score_comes_before_the_one_of_multi_point() -> None:
    plugins = {
        "multiPoint": {"enabled": [{"name": "NodeAffinity", "weight": 9}]},
        "score": {"enabled": [{"name": "NodeAffinity", "weight": 4}]},
    }
    assert the_profile(plugins=plugins).weights["NodeAffinity"] == 4


def test_filters_named_at_their_point_come_first() -> None:
    plugins = {"filter": {"enabled": [{"name": "InterPodAffinity"}]}}
    rest = tuple(name for name in FILTERS if name != "InterPodAffinity")
    assert the_profile(plugins=plugins).filters == ("InterPodAffinity", *rest)


def test_disabling_a_filter_leaves_its_prefilter() -> None:
    profile = the_profile(plugins={"filter": {"disabled": [{"name": "VolumeBinding"}]}})
    assert profile.left_out == ("VolumeBinding",)
    assert profile.prefilters == FILTERS


def test_a_filter_without_its_prefilter_is_refused() -> None:
    plugins = {"preFilter": {"disabled": [{"name": "NodePorts"}]}}
    told = faults(configuration({"plugins": plugins}))
    assert told == {
        "profiles[0].plugins.preFilter": "NodePorts enabled at filter but not here: "
        "NodePorts at both points or at neither"
    }


def test_every_fault_is_told_at_once_with_the_nearest_name() -> None:
    told = faults(
        configuration(
            {
                "schedulerNam": "x",
                "plugins": {"score": {"disabled": [{"name": "ImagLocality"}]}},
                "pluginConfig": [
                    {"name": "NodeResourcesFit", "args": {"scoringStrategy": {"type": "MostAlocated"}}},
                    {"name": "PodTopologySpread", "args": {"defaultingTyp": "List"}},
                    {"name": "InterPodAffinity", "args": {"hardPodAffinityWeight": "1"}},
                ],
            },
            leaderElection={"leaderElekt": True},
        )
    )
    assert set(told) == {
        "profiles[0].schedulerNam",
        "profiles[0].plugins.score.disabled[0].name",
        "profiles[0].pluginConfig[0].args.scoringStrategy.type",
        "profiles[0].pluginConfig[1].args.defaultingTyp",
        "profiles[0].pluginConfig[2].args.hardPodAffinityWeight",
        "leaderElection.leaderElekt",
    }
    assert "did you mean schedulerName?" in told["profiles[0].schedulerNam"]
    assert "did you mean ImageLocality?" in told["profiles[0].plugins.score.disabled[0].name"]


def test_another_version_or_kind_is_refused_by_name() -> None:
    old = {**configuration({}), "apiVersion": "kubescheduler.config.k8s.io/v1beta3"}
    assert "kubescheduler.config.k8s.io/v1," in faults(old)["apiVersion"]
    wrapped = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {}}
    assert "ConfigMap" in faults(wrapped)["kind"]


def test_each_profile_needs_a_name_of_its_own() -> None:
    assert "profiles[1].schedulerName" in faults(
        configuration({"schedulerName": "a"}, {"schedulerName": "a"})
    )


def test_what_is_not_modelled_is_named() -> None:
    found = read(
        configuration(
            {"plugins": {"filter": {"enabled": [{"name": "Coscheduling"}]}}},
            percentageOfNodesToScore=30,
            extenders=[{"urlPrefix": "http://x", "filterVerb": "filter"}],
        )
    )
    assert [(row.code, row.example) for row in found.skipped] == [
        ("SKIP-030", "KubeSchedulerConfiguration percentageOfNodesToScore"),
        ("SKIP-031", "extenders[0] at http://x"),
        ("SKIP-032", "Coscheduling at profiles[0].plugins.filter.enabled[0]"),
    ]


def test_x10_resources_an_extender_manages_and_the_scheduler_ignores_are_ignored() -> None:
    managed = [{"name": "example.com/gpu", "ignoredByScheduler": True}, {"name": "example.com/fpga"}]
    found = read(configuration({}, extenders=[{"urlPrefix": "http://x", "managedResources": managed}]))
    assert found.profiles.of("default-scheduler").ignored_resources == {"example.com/gpu"}


def test_pods_are_judged_by_the_profile_of_their_scheduler() -> None:
    most = {"scoringStrategy": {"type": "MostAllocated"}}
    packer = {
        "schedulerName": "packer",
        "pluginConfig": [{"name": "NodeResourcesFit", "args": most}],
    }
    profiles = read(configuration({"schedulerName": "default-scheduler"}, packer)).profiles
    assert profiles.of("packer").strategy.type == "MostAllocated"
    assert profiles.of("default-scheduler") == profiles.of("stranger") == DEFAULT_PROFILE


def test_default_constraints_of_ones_own_need_the_list_type() -> None:
    constraint = {"maxSkew": 1, "topologyKey": b.ZONE, "whenUnsatisfiable": "DoNotSchedule"}
    args = {"defaultConstraints": [constraint]}
    spread = {"name": "PodTopologySpread", "args": args}
    assert "profiles[0].pluginConfig[0].args.defaultingType" in faults(
        configuration({"pluginConfig": [spread]})
    )
    spread["args"] = {**args, "defaultingType": "List"}
    constraints = the_profile(pluginConfig=[spread]).default_constraints
    assert constraints is not None
    assert [(c.topology_key, c.max_skew, c.hard) for c in constraints] == [(b.ZONE, 1, True)]
