"""Lists of machine types that others export, as offers for a node catalogue: one source, one file.

What a source says is taken; what it leaves open stays open and is named. Prices come from elsewhere.
"""
