"""The plugins, in the order of section 1's table (G)."""

from __future__ import annotations

from solver.scheduler.balanced_allocation import BalancedAllocation
from solver.scheduler.dynamic_resources import DynamicResources
from solver.scheduler.image_locality import ImageLocality
from solver.scheduler.inter_pod_affinity import InterPodAffinity
from solver.scheduler.node_affinity import NodeAffinity
from solver.scheduler.node_name import NodeName
from solver.scheduler.node_ports import NodePorts
from solver.scheduler.node_resources_fit import NodeResourcesFit
from solver.scheduler.node_unschedulable import NodeUnschedulable
from solver.scheduler.node_volume_limits import NodeVolumeLimits
from solver.scheduler.plugin import FilterPlugin, ScorePlugin
from solver.scheduler.pod_topology_spread import PodTopologySpread
from solver.scheduler.taint_toleration import TaintToleration
from solver.scheduler.volume_binding import VolumeBinding
from solver.scheduler.volume_restrictions import VolumeRestrictions
from solver.scheduler.volume_zone import VolumeZone

_TAINTS = TaintToleration()
_AFFINITY = NodeAffinity()
_RESOURCES = NodeResourcesFit()
_SPREAD = PodTopologySpread()
_PODS = InterPodAffinity()
_BALANCE = BalancedAllocation()
_IMAGES = ImageLocality()

FILTERS: tuple[FilterPlugin, ...] = (
    NodeUnschedulable(),
    NodeName(),
    _TAINTS,
    _AFFINITY,
    NodePorts(),
    _RESOURCES,
    VolumeRestrictions(),
    NodeVolumeLimits(),
    VolumeBinding(),
    VolumeZone(),
    _SPREAD,
    _PODS,
    DynamicResources(),
)
SCORERS: tuple[ScorePlugin, ...] = (
    _TAINTS,
    _AFFINITY,
    _RESOURCES,
    _SPREAD,
    _PODS,
    _BALANCE,
    _IMAGES,
)
FILTER_BY_NAME = {plugin.name: plugin for plugin in FILTERS}
PLUGINS: tuple[FilterPlugin | ScorePlugin, ...] = (*FILTERS, _BALANCE, _IMAGES)
