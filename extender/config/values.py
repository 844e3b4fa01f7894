"""Everything an operator can set, validated once and frozen. No file access and no environment here."""

from __future__ import annotations

from dataclasses import dataclass, field

from extender.config.policies import Policies
from solver.model.config import SolveConfig

MIB = 1024 * 1024
DEFAULT_SCHEDULER = "default-scheduler"


class ConfigError(ValueError):
    """A setting that cannot work; the text names it."""

    def __init__(self, what: str, found: object, expected: str) -> None:
        super().__init__(f"{what}: found {found}; expected {expected}")
        self.found = str(found)
        self.expected = expected


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterConfig:
    """How the live cluster is reached and followed. Not looked at when there is a snapshot."""

    kubeconfig: str = ""
    """A file. Empty: the service account of the pod we run in, or else what kubectl would use."""
    context: str = ""
    """Empty: the current one of the kubeconfig."""
    page_size: int = 500
    """Objects per answer of a list."""
    list_timeout_s: float = 60.0
    """Without a byte of its answer a list is given up and asked for again."""
    watch_timeout_s: int = 300
    """The API server is asked to end a watch after this time; it goes on where it stopped."""
    stale_after_s: float = 120.0
    """A kind counts as stale when nothing, neither change nor bookmark, was heard of it for so long. API
    servers send a bookmark about every minute."""

    def __post_init__(self) -> None:
        _require(1 <= self.page_size <= 10_000, "page size", self.page_size, "1 to 10000")
        _require(self.list_timeout_s > 0, "list timeout", self.list_timeout_s, "more than 0 seconds")
        _require(self.watch_timeout_s >= 1, "watch timeout", self.watch_timeout_s, "1 second or more")
        _require(self.stale_after_s > 0, "stale after", self.stale_after_s, "more than 0 seconds")

    @property
    def silence_s(self) -> float:
        """A watch that is silent for so long is begun again: its connection may be dead."""
        return 0.75 * self.stale_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Time for one answer of a verb, step by step down the ladder (A9). Together well under kube-scheduler's
    ``httpTimeout``; the filter call stops the whole scheduler while it lasts (B0.2)."""

    solve_s: float = 0.4
    """Waiting for a plan that includes the pod."""
    greedy_s: float = 0.3
    """The greedy joint answer after that; when it takes longer, the answer passes all nodes through."""

    def __post_init__(self) -> None:
        _require(self.solve_s >= 0, "deadline of solve", self.solve_s, "0 seconds or more")
        _require(self.greedy_s >= 0, "deadline of greedy", self.greedy_s, "0 seconds or more")

    @property
    def total_s(self) -> float:
        return self.solve_s + self.greedy_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservations:
    """A7: slots of a plan, kept free for the pods they are planned for."""

    ttl_s: float = 300.0

    def __post_init__(self) -> None:
        _require(self.ttl_s > 0, "reservation TTL", self.ttl_s, "more than 0 seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsConfig:
    """Kubernetes Events on pods that cannot be placed as planned."""

    enabled: bool = True
    per_second: float = 5.0
    """In the long run, over all pods."""
    burst: int = 25
    repeat_after_s: float = 600.0
    """The same thing is said again about the same pod only after this time."""

    def __post_init__(self) -> None:
        _require(self.per_second > 0, "events per second", self.per_second, "more than 0")
        _require(self.burst >= 1, "burst of events", self.burst, "1 or more")
        _require(self.repeat_after_s >= 0, "repeat of events", self.repeat_after_s, "0 seconds or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLoss:
    """The opt-in metric ``bulkhead_domain_loss_quorum_ok``: one time series per workload and domain."""

    enabled: bool = False
    topology_keys: tuple[str, ...] = ("topology.kubernetes.io/zone",)

    def __post_init__(self) -> None:
        _require(bool(self.topology_keys), "topology keys of domain loss", "none", "at least one")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtenderConfig:
    snapshot: tuple[str, ...] = ()
    """Files, directories or ``-``: where the cluster is read from instead of a live one (A15)."""
    cluster: ClusterConfig = field(default_factory=ClusterConfig)
    scheduler_names: tuple[str, ...] = (DEFAULT_SCHEDULER,)
    """``spec.schedulerName`` of the pods to plan for: those of the kube-scheduler that asks us."""
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
    deadlines: Deadlines = field(default_factory=Deadlines)
    policies: Policies = field(default_factory=Policies)
    reservations: Reservations = field(default_factory=Reservations)
    events: EventsConfig = field(default_factory=EventsConfig)
    domain_loss: DomainLoss = field(default_factory=DomainLoss)
    solve: SolveConfig = field(default_factory=lambda: SolveConfig(time_limit_s=20.0))

    def __post_init__(self) -> None:
        _require(bool(self.scheduler_names), "scheduler names", "none", "at least one")
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
        raise ConfigError("the address to bind", repr(text), "HOST:PORT")
    return host.strip("[]"), int(port)


def _require(holds: bool, what: str, found: object, expected: str) -> None:
    if not holds:
        raise ConfigError(what, found, expected)
