"""Others who answer the same question in the same run, each in a process of its own.

``naive`` is a plain CP-SAT model, ``greedy`` is kube-scheduler's own logic one pod at a time, and
``kube_scheduler`` is the real one where it has been built.
"""
