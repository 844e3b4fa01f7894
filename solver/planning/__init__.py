"""Questions asked of the core, one per file."""
