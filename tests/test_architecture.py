"""The shape of the code: who may import whom, and rule ids that lead somewhere."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import PROJECT

MODULES = sorted(path for top in ("solver", "extender") for path in (PROJECT / top).rglob("*.py"))
SEMANTICS = (PROJECT / "solver/SEMANTICS.md").read_text(encoding="utf-8")
RULE = re.compile(r"\b([GJNKLPRSTAVIDQEXWCY])(\d{1,2})\b")
DEFINED = {f"{a}{n}" for bold in re.findall(r"\*\*([^*]+)\*\*", SEMANTICS) for a, n in RULE.findall(bold)}


def test_import_contracts_hold() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    ran = subprocess.run([str(lint), "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_module_says_what_it_is(module: Path) -> None:
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_types_are_decoded_in_one_place(module: Path) -> None:
    """msgspec crashes when two threads make it look through the same type; ``decoding`` sees to that."""
    used = {ast.unparse(n) for n in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if _decodes(n)}
    assert not used or module == PROJECT / "solver/kube/decoding.py"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_rule_cited_is_in_the_rules(module: Path) -> None:
    cited = {f"{a}{n}" for text in _prose(module) for a, n in RULE.findall(text)}
    assert cited <= DEFINED


def test_the_rules_are_found_where_they_are_written() -> None:
    """Guards the test above against an empty or half-read list."""
    assert {"G1", "T7", "V31", "A18", "W37", "C27", "Y18", "X12", "K7"} <= DEFINED
    assert not {"T22", "V48", "Z1"} & DEFINED


def test_every_worked_example_is_a_test() -> None:
    """Apart from what is mostly reference (Q, E) and what kube-scheduler does with our answers (X)."""
    examples = re.findall(r"^\| EX-([A-Z])(\d+) \|", SEMANTICS, re.MULTILINE)
    assert len(examples) > 200
    tests = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "tests").rglob("test_*.py"))
    named = {(a.upper(), n) for a, n in re.findall(r"ex[-_]([a-z])(\d+)", tests, re.IGNORECASE)}
    assert [f"EX-{a}{n}" for a, n in examples if a not in "QEX" and (a, n) not in named] == []


def _decodes(node: ast.AST) -> bool:
    """To a type: without one there is nothing to look through."""
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    typed = any(keyword.arg == "type" for keyword in node.keywords) or len(node.args) > 1
    return name.startswith("msgspec.") and (
        name.endswith((".convert", ".Decoder")) or (name.endswith(".decode") and typed)
    )


def _prose(module: Path) -> Iterator[str]:
    """Comments and string constants."""
    source = io.StringIO(module.read_text(encoding="utf-8"))
    for token in tokenize.generate_tokens(source.readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield token.string
