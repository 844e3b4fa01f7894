"""A plan in use: a joint placement of pending pods, and the answers it gives. Asking it is a lookup.

An answer for a pod with a slot is a function of snapshot, plan and request alone, so it is the same after a
restart.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from frozendict import frozendict

from extender.book.answers import Answer, Why
from extender.book.groups import Group
from extender.book.ledger import fit_alone, has_room
from extender.book.newcomers import Newcomers
from extender.book.slots import Slots
from extender.book.successors import awaited
from extender.book.verdicts import CODE, Refusal, SlotJudge
from extender.snapshots import Sighting
from solver.model.names import NodeName, PodKey
from solver.model.outcome import Outcome, Unplaced, Verdict
from solver.model.pod import Pod
from solver.scheduler.columns import IntArray
from solver.scheduler.state import ClusterState


class Plan:
    """Fixed once made, but for the seats of newcomers. Safe to share between threads."""

    def __init__(
        self,
        *,
        sighting: Sighting,
        outcome: Outcome,
        slots: Slots,
        made_at: float,
        newcomers: int,
    ) -> None:
        """``made_at`` is on the monotonic clock; ``newcomers`` as in ``ExtenderConfig``."""
        self.sighting = sighting
        self.outcome = outcome
        self.slots = slots
        self.made_at = made_at
        self._lock = threading.Lock()
        """Tables are made when first asked for, by one at a time."""
        self._compared: dict[PodKey, tuple[Pod, bool]] = {}
        """The last pod of each name that was asked about, and whether the plan knows it as it is."""
        self._judge = SlotJudge(slots)
        self._newcomers = Newcomers(slots, newcomers)

    @cached_property
    def unplaced(self) -> frozendict[PodKey, Unplaced]:
        return frozendict({pod.pod: pod for pod in self.outcome.unplaced})

    @property
    def is_proved(self) -> bool:
        """What is not placed was shown not to fit."""
        return self.outcome.verdict is not Verdict.UNKNOWN

    def why_not(self, key: PodKey) -> Why:
        """Why the pod has no slot."""
        if key not in self.unplaced:
            return Why.NEWCOMER
        return Why.INFEASIBLE if self.is_proved else Why.UNDECIDED

    def group(self, pod: Pod) -> Group | None:
        """The slot of this pod; None without one, and when the plan knows this name with other needs.

        A pod that the plan only expected (a replica still to be created) is known by its name alone: what the
        API server fills in at its creation is not in the template.
        """
        group = self.slots.group_of.get(pod.key)
        return group if group is not None and self.knows(pod) else None

    def knows(self, pod: Pod) -> bool:
        """The plan was made for this pod as it is, whether it got a slot or not."""
        last = self._compared.get(pod.key)
        if last is None or last[0] is not pod:
            last = self._compared[pod.key] = (pod, self._is_as_planned(pod))
        return last[1]

    def is_recent_for(self, pod: Pod, nodes: Sequence[NodeName]) -> bool:
        """The plan was made for this pod as it is, and for a cluster in which it may have these nodes: for
        one that was left out, kube-scheduler's filters tell when something has left since."""
        if not self.knows(pod):
            return False
        if pod.key in self.slots.group_of:
            return True
        with self._lock:
            located = self.slots.roster.locate(nodes)
            return bool(np.append(fit_alone(pod, self.slots.base), False)[located].all())

    def _is_as_planned(self, pod: Pod) -> bool:
        known = self.slots.snapshot.pod_by_key.get(pod.key)
        if known is None or (pod.key not in self.slots.group_of and pod.key not in self.unplaced):
            return False
        needs = self.slots.kind_book.needs
        return known is pod or known.from_manifest or needs(known) == needs(pod)

    def answer(self, pod: Pod, nodes: Sequence[NodeName]) -> Answer:
        """The verdict on every node."""
        with self._lock:
            group = self.group(pod)
            if group is None:
                return self._as_new(pod, nodes)
            found = self._on_slot(pod, group, nodes)
            if nodes and not found.kept_count:
                return self._elsewhere(found, group)
            return found

    def slot_answer(self, pod: Pod, group: Group, nodes: Sequence[NodeName] | None = None) -> Answer:
        """The verdicts on these nodes (default: all) for a pod on its slot. Sets nothing aside."""
        with self._lock:
            return self._on_slot(pod, group, self.slots.roster.names if nodes is None else nodes)

    def warm(self, keys: Iterable[PodKey]) -> None:
        """Find the verdicts for these pods, which will be asked about soon."""
        self.slots.roster.prepare()
        groups = dict.fromkeys(group for key in keys if (group := self.slots.group_of.get(key)))
        for group in groups:
            with self._lock:
                self._judge.codes(group, self.slots.roster.locate(group.planned))

    def is_disturbed_by(self, pod: Pod, name: NodeName) -> bool:
        """Could a slot be lost because this pod came to this node, for which it has none? If it could not,
        the pod is taken into account from now on."""
        with self._lock:
            return self._newcomers.disturb(pod, name)

    def room(self, answer: Answer) -> IntArray:
        """Of each node of the answer: what is left there once everything planned has come and the pod, too,
        which the plan has counted on its own node already (``room_left``)."""
        with self._lock:
            room = self.slots.room(answer.pod)
            home = self.slots.roster.index_of.get(answer.planned) if answer.planned is not None else None
            if home is not None:
                room[home] = self.slots.room()[home]
        return np.append(room, 0)[answer.located]  # 0 for a node that is not known

    def final_state(self) -> ClusterState:
        """What runs and everything planned, for the caller to try things on."""
        with self._lock:
            return self.slots.final.fork()

    def pass_through(self, pod: Pod, nodes: Sequence[NodeName]) -> Answer:
        """Every node but those where the pod would take the room of a slot."""
        with self._lock:
            claimed = self.slots.claimed
            room = has_room(replace(pod, claims=()), self.slots.final)
            refused = {name: Refusal.NEEDED for name in nodes if name in claimed and not room(name)}
        return Answer.of(pod, nodes, refused, self.slots.roster, why=self.why_not(pod.key))

    def without_awaited(self, answer: Answer) -> Answer:
        """For a plan that is behind: of the nodes kept, those no replica will come back to."""
        with self._lock:
            held = awaited(answer.pod, answer.kept, self.slots.base)
        codes = answer.codes.copy()
        codes[np.array([name in held for name in answer.nodes], dtype=np.bool_)] = CODE[Refusal.NEEDED]
        return replace(answer, codes=codes)

    def refuse_all(self, pod: Pod, nodes: Sequence[NodeName], refusal: Refusal, why: Why) -> Answer:
        return Answer.of(pod, nodes, dict.fromkeys(nodes, refusal), self.slots.roster, why=why)

    def _on_slot(self, pod: Pod, group: Group, nodes: Sequence[NodeName]) -> Answer:
        located = self.slots.roster.locate(nodes)
        return Answer(
            pod=pod,
            nodes=nodes,
            located=located,
            codes=self._judge.codes(group, located),
            planned=self.slots.node_of[pod.key],
        )

    def _as_new(self, pod: Pod, nodes: Sequence[NodeName]) -> Answer:
        refused = self._newcomers.judge(pod, nodes)
        return Answer.of(pod, nodes, refused, self.slots.roster, why=self.why_not(pod.key))

    def _elsewhere(self, found: Answer, group: Group) -> Answer:
        """None of the pod's nodes was in the request."""
        refused = found.refused
        other = self._newcomers.reseat(found.pod, group, list(refused))
        if other is not None:
            del refused[other]
        return Answer.of(
            found.pod,
            found.nodes,
            refused,
            self.slots.roster,
            planned=found.planned,
            why=Why.REPLANNED,
        )


class NotReadyError(Exception):
    """Asked before there is a plan."""


NOT_READY = "the plan is not ready yet"
