"""What no loss is judged by, told with every answer about losses."""

from __future__ import annotations

from solver.kube.unsupported import BUDGETS_AT_LOSS, FOREIGN_EVICTION, LOAD, PREEMPTION, SERVER_ON_NODE
from solver.model.snapshot import Skipped

_FEATURES = (LOAD, PREEMPTION, BUDGETS_AT_LOSS, SERVER_ON_NODE)


def not_modelled(*, nodes_deleted: bool = False) -> list[Skipped]:
    features = [*_FEATURES, *([] if nodes_deleted else [FOREIGN_EVICTION])]
    return [Skipped(code=feature.code, feature=f"{feature.text}: {feature.reason}") for feature in features]
