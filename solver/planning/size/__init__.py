"""``solve size``: which nodes to add, of which type, in which zones, at what cost, and what moving saves.

The values; ``size.size`` finds them.
"""

from __future__ import annotations

from solver.planning.size.answer import Bought, Left, Moved, Option, ShareLimit, SizeAnswer, Wish

__all__ = ["Bought", "Left", "Moved", "Option", "ShareLimit", "SizeAnswer", "Wish"]
