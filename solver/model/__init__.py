"""What the solver talks about: frozen, hashable values with their invariants. No I/O, no solver."""
