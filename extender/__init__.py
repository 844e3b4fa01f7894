"""The HTTP shell around the solver: a kube-scheduler extender.

``solver`` decides, ``extender`` answers. Imports go from here to ``solver``, never back.
"""
