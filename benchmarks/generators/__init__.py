"""One family of instances per file, each a function of its parameters and a seed.

Where a family is planted, a complete placement is made first and every capacity is cut to it, with some
slack: whoever leaves a pod out has missed something.
"""
