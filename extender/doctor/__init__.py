"""``extender doctor``: traps in a scheduler's configuration, the rights and the wiring, before anything runs.

Reads files only. ``wiring`` gathers what belongs together, one file per family of rules looks at it,
``codes`` says what each finding means.
"""
