"""The plan book: plans, the slots they give to pods, and what anybody else may have beside them.

No HTTP and no clocks of its own; what a verb makes of an answer is in ``extender.verbs``.
"""
