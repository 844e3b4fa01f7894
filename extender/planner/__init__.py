"""How plans come to be: once from a snapshot, or again and again for a cluster that changes.

Verbs never wait here for longer than their deadline; what they answer from is in ``extender.book``.
"""
