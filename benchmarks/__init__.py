"""Seeded instances, one driver per stage, peers measured in the same run, and the gate that CI keeps.

``python -m benchmarks`` is the way in; README.md beside this file says how to run it, add to it and read it.
Nothing in the product imports this package.
"""
