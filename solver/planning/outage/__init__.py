"""What a loss breaks, what comes back elsewhere, and what stays down (C16-C27).

``outage.outage`` answers for any number of losses of one snapshot, ``asking`` for inputs with pods that still
wait, ``fixes`` says what would help. The other modules import no solver.
"""
