"""A small API server on loopback that speaks list and watch: pages, bookmarks, history and faults on demand.

It stands in for kube-apiserver where the other end of the wire is measured or made to fail. It stores what it
is given and checks nothing; what a real API server does is tested against a real one in ``tests/e2e``.
"""

from benchmarks.loopback.server import ApiServer
from benchmarks.loopback.store import Fault, Store

__all__ = ["ApiServer", "Fault", "Store"]
