"""The published schema: whole, self-contained, and true of every example in the documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from solver.report.schema import bundle, kinds
from tests.paths import PROJECT

API = "bulkhead.dev/v1alpha1"
_JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every result document printed in a page for people, with the page's name."""
    pages = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
    for page in pages:
        for number, found in enumerate(_JSON.finditer(page.read_text(encoding="utf-8")), start=1):
            document = json.loads(found[1])
            if document.get("apiVersion") == API:
                yield f"{page.relative_to(PROJECT)} {number}", document


EXAMPLES = dict(examples())


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_schema_accepts_every_example_in_the_documentation(name: str) -> None:
    document = EXAMPLES[name]
    jsonschema.validate(document, bundle(), cls=jsonschema.Draft202012Validator)
    jsonschema.validate(document, bundle(document["kind"]), cls=jsonschema.Draft202012Validator)


def test_the_documentation_has_an_example_of_every_document() -> None:
    assert {document["kind"] for document in EXAMPLES.values()} == set(kinds())


@pytest.mark.parametrize("kind", [None, *kinds()])
def test_a_bundle_is_a_schema_that_needs_nothing_else(kind: str | None) -> None:
    whole = bundle(kind)
    jsonschema.Draft202012Validator.check_schema(whole)
    named = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(whole)))
    assert named == {f"#/$defs/{name}" for name in whole["$defs"]}


def test_a_document_of_another_kind_is_refused() -> None:
    document = next(d for d in EXAMPLES.values() if d["kind"] == "NodeVerdicts")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, bundle("PlacementResult"))


@pytest.mark.parametrize("broken", ["answer", "metadata", "summary"])
def test_a_fit_result_that_lacks_a_part_is_refused(broken: str) -> None:
    document = next(d for d in EXAMPLES.values() if d.get("question") == {"verb": "fit"})
    for change in (
        {key: value for key, value in document.items() if key != broken},
        {**document, broken: {}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(change, bundle())


def test_every_definition_is_part_of_some_document() -> None:
    files = {file.stem for file in Path(PROJECT / "solver/report/schema").glob("*.json")}
    assert files == {*bundle()["$defs"], "head"}
