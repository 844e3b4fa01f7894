"""DaemonSets as pods: one for each node that qualifies, pinned to it by name (W8, W12, W16)."""

from __future__ import annotations

from msgspec import structs

from solver.kube import raw
from solver.kube.inventory import Loaded
from solver.kube.pods import Identity, pod
from solver.kube.templates import Planned, Template, owner_of, template_labels, workload_key
from solver.model.names import NodeName
from solver.model.node import Node
from solver.model.pod import Pod, tolerated

_PREFIX = "node.kubernetes.io/"


def _tolerations(host_network: bool) -> list[raw.Toleration]:
    """W12."""
    keys = [("not-ready", "NoExecute"), ("unreachable", "NoExecute")]
    keys += [(k, "NoSchedule") for k in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")]
    if host_network:
        keys.append(("network-unavailable", "NoSchedule"))
    return [raw.Toleration(key=f"{_PREFIX}{key}", operator="Exists", effect=effect) for key, effect in keys]


def with_daemon_tolerations(spec: raw.PodSpec) -> raw.PodSpec:
    """What the controller adds before the API server sees the pod, so that W24 finds them there."""
    added = [t for t in _tolerations(bool(spec.host_network)) if t not in (spec.tolerations or ())]
    return structs.replace(spec, tolerations=[*(spec.tolerations or ()), *added])


def expand_daemon_set(loaded: Loaded, spec: raw.PodSpec, planned: Planned) -> None:
    stored: raw.DaemonSet = loaded.stored
    template = Template(
        workload=workload_key(loaded),
        owner=owner_of(loaded),
        labels=template_labels(stored.spec.template if stored.spec else None),
        spec=spec,
    )
    probe = pod(Identity(namespace=loaded.namespace, name=loaded.name, from_manifest=True), spec)
    served = {node_of(known) for known in planned.active(template.workload)}
    qualified = [node for node in planned.nodes if _qualifies(probe, node)]
    if not qualified:
        planned.warnings.append(f"{template.workload}: no node qualifies, so no pod of it is asked about")
    for node in qualified:
        if node.name not in served:
            pinned = Template(
                workload=template.workload,
                owner=template.owner,
                labels=template.labels,
                spec=_pinned(spec, node.name),
            )
            planned.add_pod(pinned, f"{loaded.name}-{node.name}")


def _qualifies(probe: Pod, node: Node) -> bool:
    """W8: names, labels and taints decide; resources do not."""
    if probe.node_name not in (None, node.name):
        return False
    if any(node.labels.get(key) != value for key, value in probe.node_selector.items()):
        return False
    if probe.required_nodes is not None and not probe.required_nodes.matches(node.labels, node.name):
        return False
    return all(tolerated(taint, probe.tolerations) for taint in node.taints if taint.repels)


def _pinned(spec: raw.PodSpec, node: NodeName) -> raw.PodSpec:
    """W8: the required node affinity is replaced, the rest of the affinity stays."""
    named = raw.SelectorRequirement(key="metadata.name", operator="In", values=[node])
    required = raw.NodeSelector(node_selector_terms=[raw.NodeSelectorTerm(match_fields=[named])])
    affinity = spec.affinity or raw.Affinity()
    node_affinity = structs.replace(
        affinity.node_affinity or raw.NodeAffinity(),
        required_during_scheduling_ignored_during_execution=required,
    )
    return structs.replace(spec, affinity=structs.replace(affinity, node_affinity=node_affinity))


def node_of(known: Pod) -> NodeName | None:
    """The node a DaemonSet pod is on or pinned to."""
    if known.node_name is not None or known.required_nodes is None:
        return known.node_name
    names = [f.values[0] for term in known.required_nodes.terms for f in term.fields if f.values]
    return NodeName(names[0]) if names else None
