"""KubeSchedulerConfiguration documents to profiles of the model, read as strictly as kube-scheduler does."""

from solver.kube.profiles.read import Configuration, read_profiles

__all__ = ["Configuration", "read_profiles"]
