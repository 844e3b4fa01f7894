"""Preempt: which of these evictions should kube-scheduler still think of? (A6, B1.6)"""

from __future__ import annotations

from extender.book.preemption import worthwhile
from extender.config import ExtenderConfig
from extender.metrics import Metrics, Outcome, Verb
from extender.pods import read_pod
from extender.verbs.calls import Ending, Handler
from extender.verbs.ladder import Ladder
from extender.victims import decode_preemption, encode_preemption
from solver.engine.budget import Budget


def preempt(ladder: Ladder, metrics: Metrics, config: ExtenderConfig) -> Handler:
    def answered(body: bytes) -> Ending:
        args = decode_preemption(body)
        pod = read_pod(args.pod)
        victims = {name: candidate.uids for name, candidate in args.candidates.items()}
        budget = Budget(config.deadlines.total_s)
        kept = worthwhile(ladder.plan_for(pod), pod, victims, config.solve, budget)
        metrics.nodes.labels(Verb.PREEMPT, "asked").observe(len(victims))
        metrics.nodes.labels(Verb.PREEMPT, "kept").observe(len(kept))
        return Ending(
            outcome=Outcome.KEPT if kept else Outcome.NONE_KEPT,
            body=encode_preemption({name: args.candidates[name] for name in kept}),
            log_fields={"pod": pod.key, "nodes": len(victims), "kept": len(kept), "late": budget.spent},
        )

    # the answer has no room for a text, and no candidate is the safe one: nobody is evicted
    return Handler(verb=Verb.PREEMPT, answer=answered, refuse=lambda _text: encode_preemption({}))
