"""The traces as cases of the full suite. Nobody knows how many of their pods can be placed: the shares asked
for are what the planner reached when the case was added, rounded down."""

from __future__ import annotations

from benchmarks.case import Case, Target
from benchmarks.traces.alibaba2025 import alibaba2025
from benchmarks.traces.openb import openb

TRACES = (
    Case(
        name="openb",
        build=openb,
        targets=(Target(wall_s=60, peak_mib=700, placed_share=0.89, time_limit_s=50),),
    ),
    Case(
        name="openb-whole-gpus",
        build=openb,
        parameters={"gpus": "whole"},
        targets=(Target(wall_s=60, peak_mib=700, placed_share=0.83, time_limit_s=50),),
    ),
    Case(
        name="openb-gpu-models",
        build=openb,
        parameters={"pods": "gpuspec33"},
        targets=(Target(wall_s=60, peak_mib=700, placed_share=0.86, time_limit_s=50),),
    ),
    Case(
        name="alibaba-2025",
        build=alibaba2025,
        parameters={"utilisation": 0.9},
        targets=(Target(wall_s=120, peak_mib=2560, time_limit_s=90),),
    ),
)
