"""Facts for reports, from a snapshot and a placement written down by the test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from solver.model.config import SolveConfig
from solver.model.names import NodeName, PodKey
from solver.model.outcome import Outcome, Proof, Question, SearchReport, Unplaced, Verdict
from solver.model.placement import Assignment, Placement
from solver.model.snapshot import Skipped, Snapshot
from solver.report.collect import fit_facts
from solver.report.facts import FitFacts, Run

RUN = Run(
    version="1.2.3",
    arguments="-f app.yaml --snapshot prod.json",
    exit_code=0,
    config=SolveConfig(),
    snapshot_digest="sha256:" + "0" * 64,
    manifest_digests=(),
    read_seconds=0.1,
    wall_seconds=0.2,
)


def facts(
    snapshot: Snapshot,
    placed: Mapping[str, str],
    *,
    unplaced: Sequence[Unplaced] = (),
    verdict: Verdict | None = None,
    proof: Proof = Proof.OPTIMAL,
    search: SearchReport = SearchReport(),  # noqa: B008 (immutable)
    skipped: Sequence[Skipped] = (),
    run: Run = RUN,
    strict: bool = False,
) -> FitFacts:
    """The report's facts when ``placed`` (pod name in prod to node, in placing order) is the plan."""
    assignments = tuple(
        Assignment(pod=PodKey(f"prod/{pod}"), node=NodeName(node)) for pod, node in placed.items()
    )
    outcome = Outcome(
        verdict=verdict or (Verdict.DOES_NOT_FIT if unplaced else Verdict.FITS),
        proof=proof,
        placement=Placement(assignments=assignments),
        unplaced=tuple(unplaced),
        search=search,
    )
    question = Question(pods=tuple(pod.key for pod in snapshot.pending))
    return fit_facts(snapshot, question, outcome, run, skipped, strict=strict)
