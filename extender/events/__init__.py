"""Kubernetes Events on pods that cannot be placed as planned: what is said, and how often (A10)."""
