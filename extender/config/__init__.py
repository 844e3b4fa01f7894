"""What an operator can set: as frozen values (``values``), and as a versioned file (``file``)."""

from extender.config.policies import OnInfeasible, OnUndecided, Policies, Policy, PolicyRule
from extender.config.values import (
    MIB,
    ClusterConfig,
    ConfigError,
    Deadlines,
    DomainLoss,
    EventsConfig,
    ExtenderConfig,
    Reservations,
    parse_bind,
)

__all__ = [
    "MIB",
    "ClusterConfig",
    "ConfigError",
    "Deadlines",
    "DomainLoss",
    "EventsConfig",
    "ExtenderConfig",
    "OnInfeasible",
    "OnUndecided",
    "Policies",
    "Policy",
    "PolicyRule",
    "Reservations",
    "parse_bind",
]
