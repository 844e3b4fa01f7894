"""Everything an operator can set, validated once and frozen. No file access and no environment here.

What is answered when the plan is not complete: a pod that was proved not to fit, and a pod for which no
place was found in time, both *fall through*: kube-scheduler goes on with them as without an extender, except
that they do not get room which the plan needs for other pods.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from solver.model.config import SolveConfig

MIB = 1024 * 1024


class ConfigError(ValueError):
    """A setting that cannot work; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtenderConfig:
    snapshot: tuple[str, ...] = ()
    """Files, directories or ``-``: where the cluster is read from."""
    host: str = "127.0.0.1"
    port: int = 8888
    """0 lets the system choose one."""
    threads: int = 8
    """Requests answered at the same time; kube-scheduler asks one by one, people and probes do not."""
    idle_timeout_s: int = 300
    """Kept above the 90 s after which kube-scheduler drops an idle connection itself."""
    max_body_bytes: int = 128 * MIB
    """Full node objects of 5,000 nodes are 91 MB."""
    shared_nodes: int = 4
    """How many nodes that other pods count on are offered to a pod, where it is proved that all fit."""
    newcomers: int = 10_000
    """How many pods from outside the plan may have room set aside for them."""
    solve: SolveConfig = field(default_factory=SolveConfig)

    def __post_init__(self) -> None:
        _require(0 <= self.port <= 65535, "the port to bind", self.port, "0 to 65535")
        _require(1 <= self.threads <= 256, "threads", self.threads, "1 to 256")
        _require(self.idle_timeout_s > 90, "idle timeout", self.idle_timeout_s, "more than 90 seconds")
        _require(self.max_body_bytes > 0, "body limit", self.max_body_bytes, "a positive number of bytes")
        _require(self.shared_nodes >= 0, "shared nodes", self.shared_nodes, "0 or more")
        _require(self.newcomers >= 0, "newcomers", self.newcomers, "0 or more")
        _require(self.solve.time_limit_s > 0, "time limit", self.solve.time_limit_s, "more than 0 seconds")
        _require(self.solve.workers >= 1, "workers", self.solve.workers, "1 or more")


def parse_bind(text: str) -> tuple[str, int]:
    """``HOST:PORT``, with an IPv6 host in brackets. Raises ConfigError."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not host or not port.isascii() or not port.isdigit() or (":" in host and not bracketed):
        raise ConfigError(f"the address to bind is {text!r}; expected HOST:PORT")
    return host.strip("[]"), int(port)


def _require(holds: bool, what: str, found: object, expected: str) -> None:
    if not holds:
        raise ConfigError(f"{what}: found {found}; expected {expected}")
