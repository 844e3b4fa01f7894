"""``solve compare``: the default scheduler, one pod at a time, beside the joint plan."""

from solver.planning.compare.answer import (
    Ask,
    Attempt,
    Closing,
    Comparison,
    NodeAnswer,
    OrderName,
    Remedy,
    Row,
    Shortfall,
    Tally,
    WentWrong,
)

__all__ = [
    "Ask",
    "Attempt",
    "Closing",
    "Comparison",
    "NodeAnswer",
    "OrderName",
    "Remedy",
    "Row",
    "Shortfall",
    "Tally",
    "WentWrong",
]
