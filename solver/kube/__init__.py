"""The only place that knows Kubernetes JSON: documents in, a ``Snapshot`` out. No file or network access."""
