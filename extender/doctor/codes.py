"""The closed list of finding codes. Sources are facts of kube-scheduler v1.34 (PROTOCOL.md, B0 and B1)."""

from __future__ import annotations

from solver.planning.lint.codes import Code, Severity

_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


def _code(severity: Severity, id_and_name: str, title: str, why: str, remedy: str) -> Code:
    id_, name = id_and_name.split()
    return Code(id=id_, name=name, severity=severity, title=title, why=why, remedy=remedy)


CODES: tuple[Code, ...] = (
    _code(
        _ERROR,
        "BD01 BadConfiguration",
        "the file cannot be read as what it says it is",
        "kube-scheduler and the extender refuse such a file at start.",
        "Mend the field that is named.",
    ),
    _code(
        _ERROR,
        "BD02 NoExtender",
        "the scheduler's configuration names no extender",
        "Nothing is ever asked.",
        "Add the extenders entry of deploy/scheduler/kube-scheduler.yaml.",
    ),
    _code(
        _ERROR,
        "BD03 WholeNodes",
        "nodeCacheCapable is not true",
        "Every call carries whole node objects (91 MB at 5,000 nodes), and kube-scheduler 1.34 then scores"
        " every node as if it were empty.",
        "nodeCacheCapable: true",
    ),
    _code(
        _WARNING,
        "BD04 Sampled",
        "percentageOfNodesToScore is not 100",
        "The extender is asked about a sample (500 of 5,000 nodes): if the planned node is not in it, the"
        " pod is refused although there is room.",
        "percentageOfNodesToScore: 100 in the profile or for all of them.",
    ),
    _code(
        _ERROR,
        "BD05 NoFilter",
        "filterVerb is missing",
        "Without it no room is ever kept for the replicas still to come.",
        "filterVerb: filter",
    ),
    _code(
        _WARNING,
        "BD06 NoPrioritize",
        "prioritizeVerb is missing",
        "Of the nodes that are kept, kube-scheduler then takes any.",
        "prioritizeVerb: prioritize, with weight 13 or more.",
    ),
    _code(
        _WARNING,
        "BD07 NoPreempt",
        "preemptVerb is missing",
        "For a pod that the extender refuses everywhere kube-scheduler evicts victims node after node, for"
        " nothing.",
        "preemptVerb: preempt",
    ),
    _code(
        _WARNING,
        "BD08 LightWeight",
        "the weight is below 13",
        "Built-in scores add up to 1,200 points, the extender's to 100 for each unit of weight: they can"
        " overrule it.",
        "weight: 13 or more.",
    ),
    _code(
        _ERROR,
        "BD09 NoWeight",
        "prioritizeVerb without a weight above 0",
        "kube-scheduler refuses to start.",
        "weight: 13",
    ),
    _code(
        _ERROR,
        "BD10 UnknownVerb",
        "a verb that the extender does not serve",
        "Every call ends in an error, and every pod in SchedulerError.",
        "filter, prioritize and preempt.",
    ),
    _code(
        _ERROR,
        "BD11 BindVerb",
        "bindVerb is set",
        "The extender binds nothing: pods would stay without a node.",
        "Leave bindVerb out.",
    ),
    _code(
        _WARNING,
        "BD12 Timeout",
        "httpTimeout leaves no time, or too much",
        "The whole scheduler waits for each filter call: a long timeout stops it when the extender hangs,"
        " one below the extender's own deadlines turns slow answers into errors.",
        "At least twice deadlines.solve + deadlines.greedy, and a few seconds at most (2s).",
    ),
    _code(
        _WARNING,
        "BD13 Unverified",
        "enableHTTPS without a certificate authority",
        "kube-scheduler then verifies no certificate, and says nothing about it.",
        "tlsConfig.caFile or caData, or plain http within the pod.",
    ),
    _code(
        _NOTE,
        "BD14 SystemRoots",
        "an https address without enableHTTPS or tlsConfig",
        "Certificates are checked against the roots of the scheduler's image.",
        "enableHTTPS: true with tlsConfig.caFile, unless a public authority signed it.",
    ),
    _code(
        _NOTE,
        "BD15 Proxied",
        "the extender is not on the loopback interface",
        "kube-scheduler's own HTTP_PROXY applies to extenders; on the host network Service names only"
        " resolve with dnsPolicy ClusterFirstWithHostNet.",
        "List the address in NO_PROXY, or run the extender in the scheduler's pod.",
    ),
    _code(
        _ERROR,
        "BD16 SharedLease",
        "a second scheduler with the lease of the first",
        "With the default name kube-scheduler in kube-system it waits for the cluster's own scheduler for"
        " ever, or takes over from it.",
        "leaderElection.resourceName and resourceNamespace of its own.",
    ),
    _code(
        _WARNING,
        "BD17 OnlySomePods",
        "managedResources is set",
        "Only pods that ask for one of these resources are sent; a plan does not hold for the others.",
        "Leave managedResources out, or choose pods by schedulerName.",
    ),
    _code(
        _NOTE,
        "BD18 Ignorable",
        "ignorable is true",
        "While the extender is away pods are placed as without it: promises to later replicas may break.",
        "ignorable: false, where only pods that need the extender ask it.",
    ),
    _code(
        _ERROR,
        "BD19 OtherNames",
        "the extender plans for other scheduler names than those that ask",
        "Pods of a profile that it does not plan for are judged as strangers, and their plans are not made.",
        "schedulerNames in the extender's configuration: every profile's schedulerName.",
    ),
    _code(
        _ERROR,
        "BD20 OtherPort",
        "the extender listens somewhere else",
        "kube-scheduler finds nobody at the address it asks.",
        "The port of urlPrefix and of server.bind have to agree.",
    ),
    _code(
        _ERROR,
        "BD21 OwnScheduler",
        "the scheduler's own pod is scheduled by itself",
        "After a restart of all replicas nobody schedules them.",
        "spec.schedulerName: default-scheduler, or none.",
    ),
    _code(
        _ERROR,
        "BD22 MissingRight",
        "the extender may not read what plans are made from",
        "/readyz stays at 503: there is no snapshot without these kinds.",
        "The ClusterRole bulkhead-extender of deploy/base/rbac.yaml.",
    ),
    _code(
        _WARNING,
        "BD23 NoEvents",
        "the extender may not create Events",
        "Conflicts are only in /explain and the log then, not where users look.",
        "create and patch on events, in the core group and events.k8s.io; or events.enabled: false.",
    ),
    _code(
        _WARNING,
        "BD24 TooManyRights",
        "the extender may do what it never does",
        "It binds nothing, evicts nothing and reads no secrets; whoever takes over its pod could.",
        "Only the rules of deploy/base/rbac.yaml.",
    ),
    _code(
        _ERROR,
        "BD25 SchedulerRights",
        "the second scheduler lacks a built-in role",
        "It needs system:kube-scheduler, system:volume-scheduler, extension-apiserver-authentication-reader"
        " in kube-system and its own lease; copies of these rules drift with every version.",
        "The bindings of deploy/base/rbac.yaml.",
    ),
    _code(
        _WARNING,
        "BD26 SeveralExtenders",
        "several extenders behind one Service",
        "They plan apart and promise the same room twice.",
        "One replica; or a scheduler in each pod, of which one leads.",
    ),
    _code(
        _WARNING,
        "BD27 DisabledFilters",
        "a profile leaves out filters that plans keep",
        "Plans are stricter than that scheduler: pods may be called infeasible that it would place.",
        "Leave the built-in filters on, or expect that.",
    ),
)
BY_ID = {code.id: code for code in CODES}
