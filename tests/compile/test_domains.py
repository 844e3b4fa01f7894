"""Questions about node labels, asked once per value, against the labels themselves."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.compile.domains import Domains
from solver.model.requirement import NodeSelector, NodeSelectorTerm, Operator, Requirement
from solver.model.selector import LabelSelector
from tests.builders import node, snapshot

KEYS = ("size", "tier")
VALUES = ("1", "5", "07", "fast", "")


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    operator = draw(st.sampled_from(Operator))
    if operator in (Operator.IN, Operator.NOT_IN):
        values = tuple(draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=3)))
    elif operator in (Operator.GT, Operator.LT):
        values = (draw(st.sampled_from(["0", "4", "7"])),)
    else:
        values = ()
    return Requirement(key=draw(st.sampled_from(KEYS)), operator=operator, values=values)


@st.composite
def terms(draw: st.DrawFn, names: list[str]) -> NodeSelectorTerm:
    named = Requirement(
        key="metadata.name",
        operator=draw(st.sampled_from([Operator.IN, Operator.NOT_IN])),
        values=(draw(st.sampled_from([*names, "nobody"])),),
    )
    return NodeSelectorTerm(
        expressions=tuple(draw(st.lists(requirements(), max_size=2))),
        fields=draw(st.sampled_from([(), (), (named,)])),
        usable=draw(st.sampled_from([True, True, True, False])),
    )


@given(st.data())
def test_selectors_mean_the_nodes_whose_labels_match(data: st.DataObject) -> None:
    """L4-L7, V24, S1."""
    labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))
    names = [f"n{i}" for i in range(data.draw(st.integers(1, 4)))]
    nodes = snapshot(*(node(name=name, labels=data.draw(labels)) for name in names)).nodes
    domains = Domains(nodes)
    selector = NodeSelector(terms=tuple(data.draw(st.lists(terms(names), max_size=2))))
    asked = LabelSelector(
        requirements=tuple(data.draw(st.lists(requirements(), max_size=2))),
        error=data.draw(st.sampled_from(["", "", "cannot be read"])),
    )
    assert domains.selected(selector).tolist() == [selector.matches(n.labels, n.name) for n in nodes]
    assert domains.reached(selector).tolist() == [selector.reaches(n.labels) for n in nodes]
    assert domains.labelled(asked).tolist() == [asked.matches(n.labels) for n in nodes]


def test_domains_are_numbered_by_name_and_a_missing_label_is_none() -> None:
    named = snapshot(*(node(name=n, zone=z) for n, z in (("m", "zb"), ("n", None), ("o", "za")))).nodes
    domains = Domains(named)
    assert domains.of("topology.kubernetes.io/zone").tolist() == [1, -1, 0]
    assert np.flatnonzero(domains.named(named[2].name)).tolist() == [2]
