"""Results survive being written, and the tables and pictures say what is in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import plots, table
from benchmarks.results import ResultsError, Skip, decode, encode
from tests.benchmarks.documents import case_result, results


def test_a_document_comes_back_as_it_was_written() -> None:
    document = results(case_result("one", 10), case_result("two", 40, placed=19, missed=("3 s",)))
    assert decode(encode(document)) == document


def test_another_schema_version_is_refused() -> None:
    text = encode(results()).replace(b'"schema_version": 1', b'"schema_version": 2')
    with pytest.raises(ResultsError, match="schema version 2; expected 1"):
        decode(text)


def test_what_is_no_results_document_is_refused() -> None:
    with pytest.raises(ResultsError, match="not a results document"):
        decode(b'{"cases": 3}')


def test_the_tables_name_command_machine_versions_and_seedless_nothing() -> None:
    text = table.document(results(case_result("one", 10)))
    for said in (
        "python -m benchmarks run",
        "0123456789ab",
        "A processor, 2 cores, 24.0 GiB",
        "ortools 9.15",
    ):
        assert said in text


def test_every_instance_is_named_with_parameters_and_seed() -> None:
    text = table.document(results(case_result("one", 10)))
    assert "| one | made_up | nodes 10, zones 3 | 1 | 3 | 1.5 |" in text


def test_a_missed_target_is_said_with_what_was_missed() -> None:
    text = table.document(results(case_result("slow", 10, placed=19, missed=("3 s", "500 MiB"))))
    row = next(line for line in text.splitlines() if line.startswith("| slow | 10 |"))
    assert "19 (95.00%)" in row
    assert "missed 3 s, 500 MiB" in row


def test_a_peer_and_one_that_did_not_run_are_told_apart() -> None:
    text = table.document(results(case_result("one", 10)))
    assert "15 (75.00%) in 1.0 s, 240 MiB (stopped after 1 s)" in text
    assert "| all in 3.0 s, 120 MiB |" in text
    assert "- kube-scheduler: not built" in text


def test_a_case_that_failed_is_named_with_what_it_said_in_one_line() -> None:
    document = replace(results(), failed=(Skip(name="bad", why="ended with 1:\n  no such\n  thing"),))
    assert "- bad failed: ended with 1: no such thing\n" in table.document(document)
    assert decode(encode(document)) == document


def test_repeats_that_gave_different_plans_are_named() -> None:
    once = case_result("one", 10)
    (run,) = once.whole
    same = replace(once, name="same", whole=(run, run))
    other = replace(once, name="other", whole=(run, replace(run, plan="cd34")))
    assert "different plans" not in table.document(results(once))
    assert "gave different plans: none." in table.document(results(once, same))
    assert "gave different plans: other." in table.document(results(same, other))


def test_every_table_has_as_many_cells_as_its_header() -> None:
    text = table.document(results(case_result("one", 10), case_result("two", 20)))
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 5
    for lines in tables:
        assert {line.count(" | ") for line in lines} == {lines[0].count(" | ")}


def test_a_curve_becomes_pictures_and_a_single_point_does_not(tmp_path: Path) -> None:
    one, two = case_result("one", 10), case_result("two", 100, placed=19)
    written = plots.draw(results(two, one), tmp_path)
    assert sorted(path.name for path in written) == [
        "growth-nodes.png",
        "growth-nodes.svg",
        "stages-nodes.png",
        "stages-nodes.svg",
    ]
    assert all(path.stat().st_size > 1000 for path in written)
    assert plots.draw(results(one), tmp_path) == []
