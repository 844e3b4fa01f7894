"""The codes as a page for people; ``docs/lint.md`` is this text."""

from __future__ import annotations

from solver.planning.lint import CODES, Code

_INTRODUCTION = """\
# Findings of `solve lint`

`solve lint -f app.yaml` looks for contradictions and traps in manifests alone; with `--snapshot` (or
`--context`) they are also held against a cluster, and without `-f` the cluster's own workloads are looked at.
Nothing is solved: whether everything fits together is `solve fit`'s to say.

| `--fail-on` | Exit code 3 when there is |
|---|---|
| `error` (default) | an error: as written it cannot work |
| `warning` | also a warning: it works until something fails, or most likely is a slip |
| `note` | anything at all |
| `never` | nothing; findings are only printed |

`-o sarif` (2.1.0) is for code hosts, `-o junit` for CI systems; `json`, `yaml`, `csv`, `name` and `wide` as
everywhere. A finding is silenced by its code or name, for one object by an annotation, for all by a flag:

```
metadata:
  annotations:
    bulkhead.dev/lint-ignore: "L401, no-budget"

solve lint -f app.yaml --ignore L401,no-budget
```

Suppressed findings are counted in the answer. Codes are never used again for something else.

| Code | Name | Severity | Needs a cluster |
|---|---|---|---|
"""


def page() -> str:
    rows = [
        f"| [{code.id}](#{code.id.lower()}-{code.name}) | {code.name} | {code.severity.value} |"
        f" {'yes' if code.needs_cluster else ''} |"
        for code in CODES
    ]
    return _INTRODUCTION + "\n".join(rows) + "\n\n" + "\n".join(map(section, CODES))


def section(code: Code) -> str:
    cluster = " Looked for only with a cluster." if code.needs_cluster else ""
    return (
        f"## {code.id} {code.name}\n\n"
        f"{code.title} ({code.severity.value}).{cluster}\n\n"
        f"{code.why}\n\n"
        f"What to do: {code.remedy}\n"
    )
