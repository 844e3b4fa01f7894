"""What would make losses harmless: every remedy, and all of them together.

Each was made to the input and everything asked again before it is told of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from solver.engine.budget import Budget
from solver.model.catalogue import NodeType
from solver.planning.change import Inputs
from solver.planning.outage.answer import LossVerdict
from solver.planning.outage.asking import Answer, Asking
from solver.planning.outage.moves import moves
from solver.planning.outage.purchase import more_nodes
from solver.planning.outage.remedy import Remedies
from solver.planning.outage.rules import spread_rules
from solver.planning.outage.search import Search, verdicts
from solver.planning.size.like import shapes


def remedies(
    asking: Asking,
    inputs: Inputs,
    found: Answer,
    types: Sequence[NodeType] | None,
    budget: Budget,
) -> Remedies:
    """``types`` are the nodes that may be added; None for more of the shapes there are, prices unknown."""
    here = replace(
        asking.config, executor="inline"
    )  # one question after another: starting workers costs more
    asking = replace(asking, assumptions=replace(asking.assumptions, rebuild=False), config=here)
    search = Search(asking=asking, inputs=inputs, found=found, budget=budget)
    on_sale = shapes(found.settled) if types is None else types
    told = [*moves(search), *spread_rules(search), *more_nodes(search, on_sale, priced=types is not None)]
    together: tuple[tuple[str, LossVerdict], ...] = ()
    if len(told) > 1:
        change = told[0].change
        for remedy in told[1:]:
            change += remedy.change
        after = search.ask(change)
        together = verdicts(after) if after is not None else ()
    return Remedies(
        remedies=tuple(sorted(told, key=lambda remedy: remedy.cost.rank)),
        together=together,
        cut_short=search.cut_short,
    )
