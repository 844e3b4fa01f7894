"""KubeSchedulerConfiguration of ``kubescheduler.config.k8s.io/v1``, every field. No defaults, no meaning."""

from __future__ import annotations

from typing import Any

from msgspec import field

from solver.kube.raw import Flag, Int32, Int64, NodeAffinity, Raw, SpreadConstraint, Text, Texts

Number = int | float | None


class Plugin(Raw):
    name: Text = None
    weight: Int32 = None


class PluginSet(Raw):
    enabled: list[Plugin] | None = None
    disabled: list[Plugin] | None = None


class Plugins(Raw):
    """By extension point."""

    pre_enqueue: PluginSet | None = None
    queue_sort: PluginSet | None = None
    pre_filter: PluginSet | None = None
    filter: PluginSet | None = None
    post_filter: PluginSet | None = None
    pre_score: PluginSet | None = None
    score: PluginSet | None = None
    reserve: PluginSet | None = None
    permit: PluginSet | None = None
    pre_bind: PluginSet | None = None
    bind: PluginSet | None = None
    post_bind: PluginSet | None = None
    multi_point: PluginSet | None = None


class PluginConfig(Raw):
    name: Text = None
    args: dict[str, Any] | None = None


class Profile(Raw):
    scheduler_name: Text = None
    percentage_of_nodes_to_score: Int32 = None
    plugins: Plugins | None = None
    plugin_config: list[PluginConfig] | None = None


class ManagedResource(Raw):
    name: Text = None
    ignored_by_scheduler: Flag = None


class TlsConfig(Raw):
    insecure: Flag = None
    server_name: Text = None
    cert_file: Text = None
    key_file: Text = None
    ca_file: Text = None
    cert_data: Text = None
    key_data: Text = None
    ca_data: Text = None


class Extender(Raw):
    url_prefix: Text = None
    filter_verb: Text = None
    preempt_verb: Text = None
    prioritize_verb: Text = None
    weight: Int64 = None
    bind_verb: Text = None
    enable_https: Flag = field(name="enableHTTPS", default=None)
    tls_config: TlsConfig | None = None
    http_timeout: Text = None
    node_cache_capable: Flag = None
    managed_resources: list[ManagedResource] | None = None
    ignorable: Flag = None


class LeaderElection(Raw):
    leader_elect: Flag = None
    lease_duration: Text = None
    renew_deadline: Text = None
    retry_period: Text = None
    resource_lock: Text = None
    resource_name: Text = None
    resource_namespace: Text = None


class ClientConnection(Raw):
    kubeconfig: Text = None
    accept_content_types: Text = None
    content_type: Text = None
    qps: Number = None
    burst: Int32 = None


class Configuration(Raw):
    api_version: Text = None
    kind: Text = None
    parallelism: Int32 = None
    leader_election: LeaderElection | None = None
    client_connection: ClientConnection | None = None
    enable_profiling: Flag = None
    enable_contention_profiling: Flag = None
    percentage_of_nodes_to_score: Int32 = None
    pod_initial_backoff_seconds: Int64 = None
    pod_max_backoff_seconds: Int64 = None
    profiles: list[Profile] | None = None
    extenders: list[Extender] | None = None
    delay_cache_until_active: Flag = None


# Arguments of plugins


class Arguments(Raw):
    api_version: Text = None
    kind: Text = None


class Resource(Raw):
    name: Text = None
    weight: Int64 = None


class ShapePoint(Raw):
    utilization: Int32 = None
    score: Int32 = None


class Ratio(Raw):
    shape: list[ShapePoint] | None = None


class ScoringStrategy(Raw):
    type: Text = None
    resources: list[Resource] | None = None
    requested_to_capacity_ratio: Ratio | None = None


class NodeResourcesFitArgs(Arguments):
    ignored_resources: Texts = None
    ignored_resource_groups: Texts = None
    scoring_strategy: ScoringStrategy | None = None


class NodeResourcesBalancedAllocationArgs(Arguments):
    resources: list[Resource] | None = None


class InterPodAffinityArgs(Arguments):
    hard_pod_affinity_weight: Int32 = None
    ignore_preferred_terms_of_existing_pods: Flag = None


class NodeAffinityArgs(Arguments):
    added_affinity: NodeAffinity | None = None


class PodTopologySpreadArgs(Arguments):
    default_constraints: list[SpreadConstraint] | None = None
    defaulting_type: Text = None


class DefaultPreemptionArgs(Arguments):
    min_candidate_nodes_percentage: Int32 = None
    min_candidate_nodes_absolute: Int32 = None


class VolumeBindingArgs(Arguments):
    bind_timeout_seconds: Int64 = None
    shape: list[ShapePoint] | None = None


class DynamicResourcesArgs(Arguments):
    filter_timeout: Text = None
