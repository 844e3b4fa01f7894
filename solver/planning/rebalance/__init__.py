"""``solve rebalance`` and ``solve drain``: the fewest and cheapest moves to a goal, and their order."""
