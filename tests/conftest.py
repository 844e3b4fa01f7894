"""Property tests draw the same examples in every run, so that a change is judged by what it changes.

``make fuzz`` looks for new ones; what it finds becomes a test of its own.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.register_profile("fresh", deadline=None, print_blob=True)
settings.load_profile("repeatable")
