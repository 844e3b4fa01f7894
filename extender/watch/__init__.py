"""A live cluster as a source of snapshots: every kind is listed once and watched from there on.

``reflector`` talks to the API server, one thread per kind; ``solver.kube.mirror`` keeps what it hears;
``source`` hands it out. What a snapshot means and what is done with it is not here.
"""

from extender.watch.source import LiveSource, Tally

__all__ = ["LiveSource", "Tally"]
