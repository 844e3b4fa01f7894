"""Questions that need many instances for one answer; ``python -m benchmarks study NAME`` runs them."""
