"""What is seen in the input and not modelled; every row met becomes a ``Skipped`` entry.

Codes are stable: a row may go when its feature is modelled, its code is not used again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from solver.model.snapshot import Skipped


@dataclass(frozen=True, slots=True)
class Feature:
    code: str
    text: str
    reason: str


UNKNOWN_KIND = Feature(
    "SKIP-001", "kind {kind}", "not a kind this tool knows; its pods, if any, are not planned"
)
IRRELEVANT_KINDS = Feature(
    "SKIP-002", "kinds that do not affect placement", "kube-scheduler does not look at them"
)
DISRUPTION_BUDGET = Feature(
    "SKIP-004",
    "PodDisruptionBudget",
    "placement never evicts a pod; only preemption and drains look at budgets",
)
AUTOSCALER = Feature(
    "SKIP-005",
    "autoscalers",
    "load is not known: replicas are taken within the bounds, or as --set WORKLOAD.replicas=N says",
)
QUOTA = Feature(
    "SKIP-006",
    "ResourceQuota with scopes, or on limits and other objects",
    "only pods, claims and their requests are counted; kube-scheduler checks no quota at all (G12)",
)
OTHER_LIMITS = Feature(
    "SKIP-007",
    "LimitRange of type Pod or PersistentVolumeClaim, and maxLimitRequestRatio",
    "only limits of type Container are applied (W28)",
)
DATA_SOURCE = Feature(
    "SKIP-008", "claims made from a snapshot or another claim", "the source may limit where the volume can be"
)
CRON_JOB = Feature("SKIP-009", "CronJob", "makes no pods by itself; a run is planned on request only (W10)")
ROLLING_UPDATE = Feature(
    "SKIP-010",
    "rolling update to a changed template",
    "pods of the old revision are kept, not replaced (W17)",
)
DEVICES = Feature(
    "SKIP-011", "dynamic resource allocation", "pods whose claims are not allocated yet are refused (D3)"
)
WEBHOOK = Feature(
    "SKIP-012", "admission webhooks and policies", "they may change pods at creation; they are not run"
)
SAMPLING = Feature(
    "SKIP-030", "percentageOfNodesToScore", "every node is examined: sampling starts at a random node (G9)"
)
EXTENDER = Feature(
    "SKIP-031", "scheduler extenders", "they are asked over HTTP and may refuse or score any node (X)"
)
FOREIGN_PLUGIN = Feature(
    "SKIP-032", "plugins that are no part of kube-scheduler", "what they refuse or score is not known"
)
OTHER_SCHEDULER = Feature(
    "SKIP-033",
    "pods of a scheduler that the configuration has no profile for",
    "they are judged by the default profile (G7)",
)
KEPT_FILTER = Feature(
    "SKIP-034",
    "left out by the scheduler's profile, kept by the plan",
    "a plan that keeps the rule passes all the same; that something does not fit is then not proved",
)
LOAD = Feature(
    "SKIP-040", "load on what is left after a loss", "pods that are left are taken to serve as before"
)
PREEMPTION = Feature(
    "SKIP-041", "preemption", "pods that come back take the room that is free; none is evicted for them (E)"
)
BUDGETS_AT_LOSS = Feature(
    "SKIP-042", "disruption budgets at a loss", "they hold for evictions, not for nodes that die"
)
SERVER_ON_NODE = Feature(
    "SKIP-043",
    "file servers on lost nodes",
    "a node lost by itself is taken not to be the server; overrides say where servers are (C24)",
)
FOREIGN_EVICTION = Feature(
    "SKIP-044", "who fences", "nobody is taken to delete or taint lost nodes, unless --nodes-deleted says so"
)
NO_EVICTION = Feature(
    "SKIP-035",
    "preemption",
    "the emulated scheduler evicts nobody: pods of higher priority find room or wait (E9)",
)
RETENTION = Feature(
    "SKIP-036",
    "persistentVolumeClaimRetentionPolicy Delete",
    "claims go with pods scaled away; a plan only adds pods and uses the claims it finds (W13)",
)
GATED = Feature("SKIP-013", "pods with scheduling gates", "the scheduler does not queue them (Q1)")

FEATURE_KINDS = {
    "PodDisruptionBudget": DISRUPTION_BUDGET,
    "VerticalPodAutoscaler": AUTOSCALER,
    "ResourceClaimTemplate": DEVICES,
    "ResourceSlice": DEVICES,
    "DeviceClass": DEVICES,
    "MutatingWebhookConfiguration": WEBHOOK,
    "MutatingAdmissionPolicy": WEBHOOK,
    "MutatingAdmissionPolicyBinding": WEBHOOK,
}
"""Kinds of Kubernetes itself that have a row of their own."""

_IRRELEVANT = frozenset(
    {
        "APIService",
        "Binding",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "ComponentStatus",
        "ConfigMap",
        "ControllerRevision",
        "CustomResourceDefinition",
        "EndpointSlice",
        "Endpoints",
        "Event",
        "FlowSchema",
        "IPAddress",
        "Ingress",
        "IngressClass",
        "Lease",
        "NetworkPolicy",
        "NodeMetrics",
        "PodMetrics",
        "PodTemplate",
        "PriorityLevelConfiguration",
        "Role",
        "RoleBinding",
        "Secret",
        "ServiceAccount",
        "ServiceCIDR",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttributesClass",
    }
)


def is_built_in(group: str) -> bool:
    """Groups of Kubernetes itself; a custom kind may share a name with one of theirs."""
    return "." not in group or group.endswith(".k8s.io")


def feature_of_kind(group: str, kind: str) -> tuple[Feature, str]:
    """The row of a kind that is not read, and the text to show for it."""
    if is_built_in(group) and kind in FEATURE_KINDS:
        feature = FEATURE_KINDS[kind]
        return feature, feature.text
    if is_built_in(group) and kind in _IRRELEVANT:
        return IRRELEVANT_KINDS, IRRELEVANT_KINDS.text
    return UNKNOWN_KIND, UNKNOWN_KIND.text.format(kind=f"{kind}.{group}" if group else kind)


@dataclass(slots=True)
class SkipList:
    """Counts what was skipped."""

    _rows: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def add(self, feature: Feature, example: str, text: str = "") -> None:
        row = (feature.code, text or feature.text)
        count, first = self._rows.get(row, (0, example))
        self._rows[row] = (count + 1, first)

    def rows(self) -> Iterator[Skipped]:
        for (code, text), (count, example) in sorted(self._rows.items()):
            yield Skipped(code=code, feature=text, count=count, example=example)
