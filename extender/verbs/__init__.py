"""What kube-scheduler asks: one call from its body to its answer."""
