"""Every field of the configuration file: where it stands, how it is written, what it sets, what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from extender.config.forms import (
    ADDRESS,
    DURATION,
    NUMBER,
    SIZE,
    SWITCH,
    TEXT,
    TEXTS,
    WHOLE,
    WHOLE_SECONDS,
    Form,
    choice,
)
from extender.config.policies import OnInfeasible, OnUndecided


@dataclass(frozen=True, slots=True)
class Setting:
    path: str
    """In the file."""
    fields: tuple[str, ...]
    """Of ``ExtenderConfig``, dotted; two for the address."""
    form: Form
    about: str


RULES = "policies.rules"
"""The one field that is read in ``rules``."""

SECTIONS: Mapping[str, str] = {
    "server": "The HTTP server that kube-scheduler asks.",
    "cluster": "How the live cluster is reached and followed.",
    "plan": "How much of the cluster a plan keeps for itself.",
    "solver": "Limits of making one plan.",
    "deadlines": "Time for one answer, step by step: a plan that includes the pod, then a greedy joint"
    " answer, then every node is passed through. Together well under the httpTimeout of kube-scheduler:"
    " the whole scheduler waits for a filter call.",
    "policies": "What is answered when there is no complete plan.",
    "reservations": "Slots of a plan that are kept free for the pods they are planned for.",
    "events": "Kubernetes Events on pods that cannot be placed as planned.",
    "metrics": "Metrics that are not always there.",
    "metrics.domainLoss": "bulkhead_domain_loss_quorum_ok: one time series for each workload and domain.",
}


def _one(path: str, field: str, form: Form, about: str) -> Setting:
    return Setting(path, (field,), form, about)


SETTINGS: tuple[Setting, ...] = (
    _one(
        "snapshot", "snapshot", TEXTS, "Files or directories to read the cluster from, instead of a live one."
    ),
    _one(
        "schedulerNames",
        "scheduler_names",
        TEXTS,
        "spec.schedulerName of the pods to plan for: the profiles of the kube-scheduler that asks.",
    ),
    Setting("server.bind", ("host", "port"), ADDRESS, "Address and port to serve on."),
    _one("server.threads", "threads", WHOLE, "Requests answered at the same time."),
    _one("server.maxBody", "max_body_bytes", SIZE, "Largest request body."),
    _one(
        "server.idleTimeout",
        "idle_timeout_s",
        WHOLE_SECONDS,
        "Idle connections are closed after this time; kube-scheduler keeps its own for 90s.",
    ),
    _one(
        "cluster.kubeconfig",
        "cluster.kubeconfig",
        TEXT,
        "A file. Empty: the service account of the pod, or else what kubectl would use.",
    ),
    _one("cluster.context", "cluster.context", TEXT, "Context of the kubeconfig. Empty: the current one."),
    _one("cluster.pageSize", "cluster.page_size", WHOLE, "Objects in one answer of a list."),
    _one(
        "cluster.listTimeout",
        "cluster.list_timeout_s",
        DURATION,
        "Without a byte of its answer a list is given up and asked for again.",
    ),
    _one(
        "cluster.watchTimeout",
        "cluster.watch_timeout_s",
        WHOLE_SECONDS,
        "The API server is asked to end a watch after one to two times this; it goes on where it stopped.",
    ),
    _one(
        "cluster.staleAfter",
        "cluster.stale_after_s",
        DURATION,
        "/readyz names a kind of which nothing was heard for so long. API servers send a bookmark about every"
        " minute.",
    ),
    _one(
        "plan.sharedNodes", "shared_nodes", WHOLE, "Nodes of others that are offered to a pod beside its own."
    ),
    _one("plan.newcomers", "newcomers", WHOLE, "Pods from outside the plan that may have room set aside."),
    _one(
        "solver.timeLimit", "solve.time_limit_s", DURATION, "For the first plan, and for pods left undecided."
    ),
    _one("solver.workers", "solve.workers", WHOLE, "Search threads."),
    _one("solver.seed", "solve.seed", WHOLE, "Same snapshot, same seed, same plan."),
    _one("deadlines.solve", "deadlines.solve_s", DURATION, "Waiting for a plan that includes the pod."),
    _one("deadlines.greedy", "deadlines.greedy_s", DURATION, "The greedy joint answer after that."),
    _one(
        "policies.onInfeasible",
        "policies.default.on_infeasible",
        choice(OnInfeasible),
        "A pod that was proved not to fit. FallThrough: as without an extender, and an Event names the"
        " conflict. Hold: no node.",
    ),
    _one(
        "policies.onUndecided",
        "policies.default.on_undecided",
        choice(OnUndecided),
        "Neither a place nor a proof in time. Greedy: the best joint placement so far. PassThrough: every"
        " node.",
    ),
    _one("reservations.ttl", "reservations.ttl_s", DURATION, "Given up when the pod has not come by then."),
    _one("events.enabled", "events.enabled", SWITCH, "Needs the right to create and patch events."),
    _one("events.perSecond", "events.per_second", NUMBER, "In the long run, over all pods."),
    _one("events.burst", "events.burst", WHOLE, "At once."),
    _one(
        "events.repeatAfter", "events.repeat_after_s", DURATION, "The same about the same pod, not earlier."
    ),
    _one("metrics.domainLoss.enabled", "domain_loss.enabled", SWITCH, "Opt-in."),
    _one("metrics.domainLoss.topologyKeys", "domain_loss.topology_keys", TEXTS, "Whose domains may be lost."),
)
BY_PATH: Mapping[str, Setting] = {setting.path: setting for setting in SETTINGS}
