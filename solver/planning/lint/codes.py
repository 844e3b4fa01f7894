"""The closed list of finding codes, with what each means. ``docs/lint.md`` is made from it.

A code is never used again for something else. How a code is found stands in the file of its family.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """In order of weight."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def weight(self) -> int:
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    id: str
    name: str
    severity: Severity
    title: str
    why: str
    remedy: str
    needs_cluster: bool = False
    """Silent without ``--snapshot`` or a live cluster."""


def _code(
    severity: Severity, id_and_name: str, title: str, why: str, remedy: str, *, needs_cluster: bool = False
) -> Code:
    id_, name = id_and_name.split()
    return Code(
        id=id_,
        name=name,
        severity=severity,
        title=title,
        why=why,
        remedy=remedy,
        needs_cluster=needs_cluster,
    )


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

CODES: tuple[Code, ...] = (
    _code(
        _W,
        "L001 unknown-suppression",
        "An annotation suppresses a code that does not exist",
        "A typing error in bulkhead.dev/lint-ignore silences nothing.",
        "Use a code or a name of this list.",
    ),
    # Topology spread
    _code(
        _E,
        "L101 spread-misses-own-pods",
        "A spread constraint does not select the pods that carry it",
        "kube-scheduler counts the pods that the selector finds. If these are others, or none, the pods "
        "themselves are not spread at all.",
        "Make the labelSelector match labels of the pod template.",
    ),
    _code(
        _E,
        "L102 min-domains-out-of-reach",
        "minDomains asks for more domains than there are, and not all replicas fit in those",
        "Below minDomains the emptiest domain counts as empty: each domain takes at most maxSkew pods.",
        "Lower minDomains or the replicas, raise maxSkew, or add a domain.",
        needs_cluster=True,
    ),
    _code(
        _E,
        "L103 spread-key-on-no-node",
        "No node that the pods may use has the topology key of a hard spread constraint",
        "kube-scheduler refuses nodes without the key.",
        "Correct the topologyKey, or label the nodes.",
        needs_cluster=True,
    ),
    _code(
        _W,
        "L104 replicas-not-kept-apart",
        "Replicas with volumes of their own may all run in one place",
        "Without a hard spread constraint or required anti-affinity that selects its own pods, one node or "
        "zone may hold every replica, and losing it loses all of them at once.",
        "Add a zone spread constraint (DoNotSchedule) or required anti-affinity by host.",
    ),
    _code(
        _E,
        "L105 spread-counts-closed-domain",
        "A domain counts for a hard spread constraint although its nodes take none of the pods",
        "Taints are not looked at when domains are counted, unless nodeTaintsPolicy is Honor. The closed "
        "domain stays empty and holds the others at maxSkew.",
        "Set nodeTaintsPolicy: Honor, or tolerate the taint.",
        needs_cluster=True,
    ),
    _code(
        _N,
        "L106 spread-counts-old-revision",
        "A hard spread constraint of a Deployment counts pods of the old revision during an update",
        "New pods are placed around old ones that are about to go; they may wait, and end up uneven.",
        "Add pod-template-hash to matchLabelKeys.",
    ),
    _code(
        _N,
        "L107 spread-without-effect",
        "maxSkew is so large that the constraint never holds anything back",
        "With maxSkew at or above the number of replicas, all of them may be in one domain.",
        "Lower maxSkew, mostly to 1.",
    ),
    # Node selection and affinity
    _code(
        _E,
        "L201 anti-affinity-more-replicas-than-domains",
        "Pods that keep each other away are more than there are places to be apart",
        "With required anti-affinity against its own pods, every domain of the topology key takes one.",
        "Lower the replicas, add nodes, or make the rule preferred.",
        needs_cluster=True,
    ),
    _code(
        _E,
        "L202 affinity-to-nothing",
        "Required pod affinity selects no pod there is",
        "Unless a pod selects itself, it waits for another that never comes. Without a cluster to look at "
        "this is only a warning: the pod may be running there.",
        "Correct the selector or its namespaces.",
    ),
    _code(
        _E,
        "L203 affinity-against-itself",
        "Required affinity and required anti-affinity select the same pods by the same topology key",
        "The second replica must be where the first is, and must not.",
        "Drop one of the two terms, or use different topology keys.",
    ),
    _code(
        _E,
        "L204 no-node-selected",
        "No node matches the node selector and the required node affinity",
        "No pod of the workload can be placed.",
        "Correct the labels asked for, or label nodes.",
        needs_cluster=True,
    ),
    _code(
        _E,
        "L205 selector-against-affinity",
        "Node selector and required node affinity exclude each other",
        "Both must hold; no node can have both values of one label.",
        "Drop one of the two.",
    ),
    _code(
        _E,
        "L206 every-node-tainted",
        "Every node that the pods may use has a taint they do not tolerate, or is cordoned",
        "No pod of the workload can be placed.",
        "Add the toleration, or select other nodes.",
        needs_cluster=True,
    ),
    # Volumes
    _code(
        _E,
        "L301 storage-class-missing",
        "A claim names a storage class that does not exist",
        "Nobody provisions the volume; the pod waits.",
        "Correct the name, or create the class.",
        needs_cluster=True,
    ),
    _code(
        _E,
        "L302 no-default-class",
        "A claim names no storage class, and the cluster has no default",
        "Nobody provisions the volume; the pod waits.",
        "Name a class, or mark one as the default.",
        needs_cluster=True,
    ),
    _code(
        _W,
        "L303 immediate-zonal-volume",
        "Volumes of one zone or node are made before the pod is placed",
        "With volumeBindingMode Immediate the zone is chosen without looking at spread constraints, "
        "affinity, node selectors or free room; later the pod can only go there.",
        "Use a class with volumeBindingMode: WaitForFirstConsumer.",
    ),
    _code(
        _E,
        "L304 local-class-binds-at-once",
        "A class of local volumes does not wait for the first consumer",
        "Claims are bound to volumes of any node, whether or not the pod fits there; two claims of one pod "
        "may end up on different nodes.",
        "Set volumeBindingMode: WaitForFirstConsumer.",
    ),
    _code(
        _E,
        "L305 single-writer-claim-shared",
        "Several replicas share one claim that only one node may mount",
        "ReadWriteOnce ties all replicas to one node, or leaves them waiting for the volume to be attached; "
        "with ReadWriteOncePod only one of them ever runs.",
        "Use a StatefulSet with volumeClaimTemplates, or a ReadWriteMany volume.",
    ),
    _code(
        _W,
        "L306 update-waits-for-volume",
        "A rolling update starts the new pod before the old one lets go of its volume",
        "On another node the new pod cannot attach a ReadWriteOnce volume until the old one is gone, and the "
        "old one stays until the new one is ready.",
        "Set strategy.type: Recreate.",
    ),
    _code(
        _E,
        "L307 volume-out-of-reach",
        "A claim is bound to a volume that no node the pods may use can reach",
        "Node selector or affinity point elsewhere than the volume's own node affinity.",
        "Let the pods go where the volume is, or create the claim anew.",
        needs_cluster=True,
    ),
    _code(
        _E,
        "L308 claim-missing",
        "A pod mounts a claim that does not exist",
        "The pod waits for it. Without a cluster to look at this is only a warning.",
        "Correct claimName, or create the claim.",
    ),
    _code(
        _W,
        "L309 data-on-host-path",
        "Data lies in a directory of whichever node the pod happens to run on",
        "kube-scheduler moves the pod freely and the data stays behind, in silence.",
        "Use a local PersistentVolume, whose node affinity the scheduler knows.",
    ),
    _code(
        _E,
        "L310 shared-access-on-disk",
        "A claim asks for access by many nodes from a disk that one node attaches",
        "Zonal and local disks have no ReadWriteMany file systems; provisioning or attaching fails.",
        "Use a file server's class, or ReadWriteOnce.",
    ),
    # StatefulSets
    _code(
        _N,
        "L401 ordered-recovery",
        "Pods of a StatefulSet are created one after the other, each only when the one before is ready",
        "After a failure that takes several of them, one that cannot come back (its zone is gone) keeps all "
        "with higher ordinals down, also those that could run.",
        "Set podManagementPolicy: Parallel if the application can start in any order (only for a new set).",
    ),
    _code(
        _W,
        "L402 no-headless-service",
        "A StatefulSet has no headless service of its own",
        "Its pods have no stable names in the network, by which peers find each other after a move.",
        "Set serviceName to a Service with clusterIP: None.",
    ),
    _code(
        _W,
        "L403 claims-deleted",
        "Claims are deleted with the pods or the set",
        "persistentVolumeClaimRetentionPolicy Delete removes data when the set is scaled down or deleted.",
        "Use Retain, unless the data can be made again.",
    ),
    _code(
        _E,
        "L404 killed-without-grace",
        "Pods of a StatefulSet are killed at once",
        "With terminationGracePeriodSeconds 0 a pod is forgotten before its node confirms that it ended: two "
        "pods of one ordinal may write to one volume.",
        "Give it the time the application needs to stop.",
    ),
    _code(
        _W,
        "L405 left-over-claims",
        "Claims of ordinals above the replica count still exist",
        "Scaling up again uses them, in the zones where they happen to be, whatever the spread constraints "
        "would choose.",
        "Delete them if their data is not needed, or reckon with their zones.",
        needs_cluster=True,
    ),
    _code(
        _W,
        "L406 never-evicted",
        "Pods tolerate a lost node for ever",
        "A toleration of unreachable or not-ready nodes without tolerationSeconds keeps pods bound to a dead "
        "node; no replacement is made.",
        "Set tolerationSeconds, or leave the toleration to the API server (300 s).",
    ),
    # Budgets and selectors
    _code(
        _W,
        "L501 budget-blocks-drain",
        "A disruption budget allows no eviction at all",
        "Draining a node, and so every upgrade of the cluster, waits for ever.",
        "Allow at least one disruption, or run one replica more.",
    ),
    _code(
        _W,
        "L502 budget-selects-nothing",
        "A disruption budget selects no pods",
        "Most likely a typing error in its selector: nothing is protected.",
        "Make the selector match labels of the pod template.",
    ),
    _code(
        _E,
        "L503 two-budgets",
        "Two disruption budgets select the same pods",
        "The eviction API refuses pods with more than one budget: they cannot be drained.",
        "Keep one of them.",
    ),
    _code(
        _W,
        "L504 service-selects-nothing",
        "A service selects no pods",
        "Most likely a typing error in its selector.",
        "Make the selector match labels of the pod template.",
    ),
    _code(
        _N,
        "L505 no-budget",
        "Replicas with volumes of their own have no disruption budget",
        "A drain may take several of them at a time, and a quorum with them.",
        "Add a PodDisruptionBudget with maxUnavailable: 1.",
        needs_cluster=True,
    ),
    # Resources
    _code(
        _W,
        "L601 no-requests",
        "Pods with volumes of their own request neither cpu nor memory",
        "Nothing is reserved for them: any number is put on one node, and they are the first to be evicted.",
        "State requests.",
    ),
    _code(
        _E,
        "L602 larger-than-any-node",
        "A pod requests more than any node that it may use has",
        "It waits for a node that does not exist.",
        "Lower the requests, or add larger nodes.",
        needs_cluster=True,
    ),
)

BY_NAME = {key: code for code in CODES for key in (code.id, code.name)}
