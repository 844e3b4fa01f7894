"""The readable form: the answer first, nothing that was not computed, short unless asked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from solver.kube.documents import Document
from solver.kube.read import read_snapshot
from solver.model.names import pod_key
from solver.model.outcome import (
    Outcome,
    Proof,
    Question,
    Reason,
    ReasonCode,
    SearchReport,
    StoppedBy,
    Unplaced,
    Verdict,
)
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Skipped
from solver.report import reasons
from solver.report.collect import fit_facts
from solver.report.text import ROWS, render
from tests import builders as b
from tests.paths import SHOP_APP, SHOP_CLUSTER
from tests.report.plans import RUN, facts

SHOP = """\
FITS     7 of 7 pods, 6 of 6 new volumes
         proved optimal   (5 nodes, 3 zones)

      zone a   zone b   zone c   skew   rule
db    1        1        1        0      at most 1, hard   ok
web   2        2        0        2      none

POD        NODE          CPU        MEM        NEW VOLUMES
db-0       a2            6.0        24Gi       data 200Gi ssd-zonal in a   wal 50Gi ssd-zonal in a
db-1       b2            6.0        24Gi       data 200Gi ssd-zonal in b   wal 50Gi ssd-zonal in b
db-2       c1            6.0        24Gi       data 200Gi ssd-zonal in c   wal 50Gi ssd-zonal in c
web (×4)   a1 a1 b1 b1   2.5 each   4Gi each

NODE   CPU                         MEM                         VOLUMES   CPU LEFT
a1     █████████████░░░░░░░  66%   ██████░░░░░░░░░░░░░░  28%   1/25      2.75
a2     ████████████████░░░░  78%   ████████████████░░░░  78%   3/25      1.75
b1     █████████████░░░░░░░  66%   ██████░░░░░░░░░░░░░░  28%   1/25      2.75
b2     ███████████████░░░░░  75%   ███████████████░░░░░  75%   2/25      2.0
c1     ███████████████░░░░░  75%   ███████████████░░░░░  75%   2/25      2.0

NOTES
 1 db is scale-down safe: every prefix (db-0, db-0..1, db-0..2) is balanced across zones.
 2 web has no pod in zone c, and none of its pods could be there: Insufficient cpu (1 node).
 3 zk has 2 of 3 pods in zone a. See: solve outage --each zone
 4 Order matters: as written (web, then db) kube-scheduler, emulated, strands 2 pods. See: solve compare

next: solve fit -f app.yaml --snapshot prod.json --out plan.json
"""
PLAN = {"db-0": "a2", "db-1": "b2", "db-2": "c1", "web-0": "a1", "web-1": "a1", "web-2": "b1", "web-3": "b1"}


def test_the_shop_reads_as_documented() -> None:
    cluster, app = (Document(path, Path(path).read_bytes()) for path in (SHOP_CLUSTER, SHOP_APP))
    snapshot = read_snapshot([cluster], [app])
    by_name = {pod.name: pod.key for pod in snapshot.pending}
    nodes = {node.name: node.name for node in snapshot.nodes}
    assignments = tuple(Assignment(pod=by_name[pod], node=nodes[node]) for pod, node in PLAN.items())
    outcome = Outcome(verdict=Verdict.FITS, proof=Proof.OPTIMAL, placement=Placement(assignments=assignments))
    question = Question(pods=tuple(pod.key for pod in snapshot.pending))
    assert render(fit_facts(snapshot, question, outcome, RUN)) == SHOP


def pods(count: int) -> list[b.Raw]:
    return [b.pod(name=f"p{i}") for i in range(count)]


def unplaced(*names: str, reason: Reason | None = None) -> list[Unplaced]:
    return [Unplaced(pod=f"prod/{name}", reasons=(reason,) if reason else ()) for name in names]  # type: ignore[arg-type]


RESOURCES = Reason(
    code=ReasonCode.RESOURCES, message="", object="Deployment/prod/web", path="spec.template.spec.containers"
)


@pytest.mark.parametrize(
    ("verdict", "proof", "stopped_by", "first", "second"),
    [
        (
            Verdict.DOES_NOT_FIT,
            Proof.OPTIMAL,
            StoppedBy.COMPLETE,
            "DOES NOT FIT     at most 1 of 2 pods",
            "proved",
        ),
        (Verdict.DOES_NOT_FIT, Proof.PROVED, StoppedBy.COMPLETE, "DOES NOT FIT     1 of 2 pods", "proved"),
        (Verdict.CONTRADICTION, Proof.PROVED, StoppedBy.COMPLETE, "CONTRADICTION     1 of 2 pods", "proved"),
        (Verdict.UNKNOWN, Proof.NOT_PROVED, StoppedBy.WALL, "UNKNOWN     1 of 2 pods", "not proved"),
        (Verdict.UNKNOWN, Proof.NOT_PROVED, StoppedBy.INTERRUPT, "UNKNOWN     1 of 2 pods", "not proved"),
    ],
)
def test_proved_and_not_found_in_time_are_different_words(
    verdict: Verdict, proof: Proof, stopped_by: StoppedBy, first: str, second: str
) -> None:
    plan = facts(
        b.snapshot(*b.f_nodes(), *pods(2)),
        {"p0": "a1"},
        unplaced=unplaced("p1", reason=RESOURCES),
        verdict=verdict,
        proof=proof,
        search=SearchReport(stopped_by=stopped_by),
    )
    lines = render(plan).splitlines()
    assert lines[0].startswith(first)
    assert lines[1].strip().startswith(second)


def test_pods_of_different_priority_are_not_counted_against_each_other() -> None:
    """One important pod may be worth more than two others: then nothing is said about "at most"."""
    waiting = [b.pod(name="p0", priority=10), b.pod(name="p1")]
    plan = facts(b.snapshot(*b.f_nodes(), *waiting), {"p0": "a1"}, unplaced=unplaced("p1"))
    assert render(plan).startswith("DOES NOT FIT     1 of 2 pods")


def test_unplaced_pods_of_one_workload_and_reason_share_a_line() -> None:
    manifest = b.deployment(name="web", replicas=4)
    snapshot = b.snapshot(*b.f_nodes(), manifests=[manifest])
    plan = facts(snapshot, {"web-0": "a1"}, unplaced=unplaced("web-1", "web-2", "web-3", reason=RESOURCES))
    text = render(plan)
    line = next(line for line in text.splitlines() if "Resources" in line)
    assert line.startswith("web-1 … web-3 (×3)")
    assert "no node it may use has enough free resources" in line
    assert line.endswith("Deployment/prod/web spec.template.spec.containers")
    assert text.splitlines()[-1] == "next: solve why -f app.yaml --snapshot prod.json"


def test_alike_pods_of_nobody_share_a_line_too() -> None:
    waiting = [b.pod(name=f"p{i}", labels={"app": "p"}) for i in range(3)] + [
        b.pod(name="other", namespace="ops", labels={"app": "p"})
    ]
    told = [
        Unplaced(pod=pod_key(*name), reasons=(replace(RESOURCES, object=f"Pod/{name[0]}/{name[1]}"),))
        for name in (("prod", "p0"), ("prod", "p1"), ("prod", "p2"), ("ops", "other"))
    ]
    text = render(facts(b.snapshot(*b.f_nodes(), *waiting), {}, unplaced=told))
    assert re.search(r"^prod/p0 … p2 \(×3\) +Resources .*Pod/prod/p0 ", text, re.MULTILINE)
    assert re.search(r"^ops/other +Resources ", text, re.MULTILINE)


def test_siblings_that_each_lack_their_own_claim_share_a_line() -> None:
    told = [
        Unplaced(
            pod=pod_key("prod", name),
            reasons=(replace(RESOURCES, message=f'persistentvolumeclaim "data-{name}" not found'),),
        )
        for name in ("db-1", "db-10")
    ]
    waiting = [b.pod(name=name, labels={"app": "db"}) for name in ("db-1", "db-10")]
    snapshot = b.snapshot(*b.f_nodes(), *waiting)
    assert 'persistentvolumeclaim "data-<pod>" not found' in render(facts(snapshot, {}, unplaced=told))
    (first, _) = told
    alone = render(facts(b.snapshot(*b.f_nodes(), *waiting[:1]), {}, unplaced=[first]))
    assert 'persistentvolumeclaim "data-db-1" not found' in alone


def test_ordinals_behind_one_that_has_no_place_share_a_line() -> None:
    """EX-W3."""
    manifest = b.stateful_set(name="db", replicas=4)
    told = unplaced("db-0", reason=RESOURCES)
    for i in range(1, 4):
        behind = Reason(
            code=ReasonCode.ORDERED_BEHIND,
            message=f"not created before pod prod/db-{i - 1} runs",
            object="StatefulSet/prod/db spec.template",
            path="spec.podManagementPolicy",
        )
        told += unplaced(f"db-{i}", reason=behind)
    text = render(facts(b.snapshot(*b.f_nodes(), manifests=[manifest]), {}, unplaced=told))
    assert re.search(
        r"^db-1 … db-3 \(×3\) +OrderedBehind +it is created only after a pod that has no place",
        text,
        re.MULTILINE,
    )


def test_a_pod_without_reasons_is_not_given_one() -> None:
    plan = facts(
        b.snapshot(*b.f_nodes(), *pods(1)),
        {},
        unplaced=unplaced("p0"),
        verdict=Verdict.UNKNOWN,
        proof=Proof.NOT_PROVED,
        search=SearchReport(stopped_by=StoppedBy.WALL),
    )
    assert re.search(r"^p0 +not placed before the search ended$", render(plan), re.MULTILINE)


def test_a_search_that_ran_out_of_time_suggests_more_of_it() -> None:
    plan = facts(
        b.snapshot(*b.f_nodes(), *pods(1)),
        {"p0": "a1"},
        proof=Proof.PROVED,
        search=SearchReport(stopped_by=StoppedBy.WALL),
    )
    assert render(plan).splitlines()[-1].endswith(f"--time-limit {4 * RUN.config.time_limit_s:g}s")


@pytest.mark.parametrize("proof", [Proof.OPTIMAL, Proof.PROVED])
def test_that_every_pod_fits_is_proved_whatever_preferences_are_met(proof: Proof) -> None:
    plan = facts(b.snapshot(*b.f_nodes(), *pods(1)), {"p0": "a1"}, proof=proof)
    assert render(plan).splitlines()[1].strip().startswith("proved")


def test_what_is_proved_optimal_needs_no_more_time() -> None:
    """One of several searches may have ended early without changing what is proved."""
    search = SearchReport(stopped_by=StoppedBy.DETERMINISTIC)
    plan = facts(b.snapshot(*b.f_nodes(), *pods(1)), {"p0": "a1"}, proof=Proof.OPTIMAL, search=search)
    assert render(plan).splitlines()[-1].endswith("--out plan.json")


def test_a_rule_on_a_label_no_node_has_is_not_called_kept() -> None:
    rule = b.spread(key="rack", labels={"app": "web"}, soft=True)
    manifest = b.deployment(name="web", labels={"app": "web"}, spec=b.pod_spec(spread=[rule]))
    plan = facts(b.snapshot(*b.f_nodes(), manifests=[manifest]), {"web-0": "a1"})
    assert "by rack   skew 0   at most 1, soft   no node it may use has this label" in render(plan)


def test_every_command_suggested_next_exists() -> None:
    from solver.cli.app import app

    words = render(facts(b.snapshot(*b.f_nodes(), *pods(1)), {"p0": "a1"})).splitlines()[-1].split()
    assert words[:2] == ["next:", "solve"]
    assert words[2] in app.commands


def test_what_was_not_modelled_is_listed() -> None:
    row = Skipped(code="SKIP-013", feature="pods with scheduling gates", count=2, example="Pod prod/x")
    text = render(facts(b.snapshot(*b.f_nodes()), {}, skipped=[row]))
    assert re.search(r"SKIP-013 +pods with scheduling gates +×2 +e\.g\. Pod prod/x", text)


def test_a_question_about_nothing_says_so() -> None:
    text = render(facts(b.snapshot(*b.f_nodes()), {}))
    assert text.startswith("FITS     0 of 0 pods, 0 new volumes\n")
    assert "nothing was asked about" in text


def test_rules_that_were_tightened_are_told_when_the_answer_may_hang_on_them() -> None:
    search = SearchReport(approximations=("zone targets fixed beforehand",), stopped_by=StoppedBy.COMPLETE)
    snapshot = b.snapshot(*b.f_nodes(), *pods(2))
    told = "tightened for this question: zone targets fixed beforehand"
    short = facts(
        snapshot,
        {"p0": "a1"},
        unplaced=unplaced("p1"),
        verdict=Verdict.UNKNOWN,
        proof=Proof.NOT_PROVED,
        search=search,
    )
    assert told in render(short)
    assert told not in render(facts(snapshot, {"p0": "a1", "p1": "a2"}, search=search))


def test_namespaces_are_shown_only_when_there_are_several() -> None:
    waiting = [b.pod(name="p"), b.pod(name="q", namespace="ops")]
    plan = facts(b.snapshot(*b.f_nodes(), *waiting), {"p": "a1"}, unplaced=[])
    assert re.search(r"^prod/p +a1", render(plan), re.MULTILINE)
    alone = facts(b.snapshot(*b.f_nodes(), b.pod(name="p")), {"p": "a1"})
    assert re.search(r"^p +a1", render(alone), re.MULTILINE)


def test_pods_of_another_scheduler_are_marked() -> None:
    foreign = b.pod(name="p", spec={"schedulerName": "volcano"})
    text = render(facts(b.snapshot(*b.f_nodes(), foreign), {"p": "a1"}))
    assert re.search(r"^p\* +a1", text, re.MULTILINE)
    assert "* planned here, but left to another scheduler: volcano" in text


def test_long_tables_are_cut_unless_wide() -> None:
    nodes = [b.node(name=f"n{i:03}", zone="z") for i in range(ROWS + 10)]
    waiting = [b.pod(name=f"p{i:03}") for i in range(ROWS + 10)]
    plan = facts(b.snapshot(*nodes, *waiting), {f"p{i:03}": f"n{i:03}" for i in range(ROWS + 10)})
    short, wide = render(plan), render(plan, wide=True)
    assert "… and 11 more rows" in short
    assert "… and 11 more nodes" in short
    assert "… and" not in wide
    assert wide.count("\np0") > short.count("\np0")


def test_many_zones_are_shown_as_fewest_and_most() -> None:
    nodes = [b.node(name=f"n{i}", zone=f"z{i}") for i in range(12)]
    snapshot = b.snapshot(*nodes, manifests=[b.deployment(name="web", replicas=2)])
    text = render(facts(snapshot, {"web-0": "n0", "web-1": "n0"}))
    assert re.search(r"^web +0 +2 +2 +none$", text, re.MULTILINE)
    assert "zone z11 " not in text


def test_a_rule_that_older_pods_already_break_is_not_called_ok() -> None:
    """J4: a domain that receives nothing may exceed the skew."""
    labels = {"app": "web"}
    older = [b.pod(name=f"old{i}", node="a1", labels=labels) for i in range(3)]
    manifest = b.deployment(name="web", replicas=1, spec=b.pod_spec(spread=[b.spread(labels=labels)]))
    plan = facts(b.snapshot(*b.f_nodes(), *older, manifests=[manifest]), {"web-0": "b1"})
    assert "at most 1, hard   exceeded by pods from before" in render(plan)


def test_rules_about_other_domains_have_their_own_line() -> None:
    rule = b.spread(labels={"app": "web"}, key=b.HOSTNAME, soft=True)
    manifest = b.deployment(name="web", replicas=2, spec=b.pod_spec(spread=[rule]))
    plan = facts(b.snapshot(*b.f_nodes(), manifests=[manifest]), {"web-0": "a1", "web-1": "a1"})
    assert re.search(
        r"^web +by kubernetes.io/hostname +skew 2 +at most 1, soft +not met$", render(plan), re.MULTILINE
    )


def test_every_reason_code_and_verdict_has_words() -> None:
    assert set(reasons.SENTENCE) == set(ReasonCode)
    assert set(reasons.HEADLINE) == set(Verdict)


def test_a_reason_with_words_of_its_own_keeps_them() -> None:
    assert (
        reasons.sentence(replace(RESOURCES, message="3 nodes: Insufficient cpu"))
        == "3 nodes: Insufficient cpu"
    )


def test_no_time_is_printed() -> None:
    """Same inputs, same text: times are for stderr and ``solver.*Seconds``."""
    plan = facts(b.snapshot(*b.f_nodes(), *pods(1)), {"p0": "a1"})
    later = replace(plan, run=replace(RUN, read_seconds=99.0, wall_seconds=77.0))
    assert render(plan) == render(later)
