"""The decision variables and the questions constraints may ask about them.

One integer per pod class and node: how many pods of the class go there. Constraints ask this container and
never reach for a variable by index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from ortools.sat.python import cp_model

from solver.compile.problem import IntArray, Problem

Term = tuple[int, cp_model.IntVar]
"""(coefficient, variable)"""


def total(terms: Iterable[Term]) -> cp_model.LinearExpr:
    pairs = list(terms)
    return cp_model.LinearExpr.weighted_sum([v for _, v in pairs], [c for c, _ in pairs])


class Variables:
    def __init__(self, model: cp_model.CpModel, problem: Problem) -> None:
        self.model = model
        self._problem = problem
        self._pods: list[dict[int, cp_model.IntVar]] = []
        for index, row in enumerate(problem.limit):
            nodes = np.flatnonzero(row)
            self._pods.append({int(n): model.new_int_var(0, int(row[n]), f"pods_{index}_{n}") for n in nodes})
        self._at: dict[int, list[tuple[int, cp_model.IntVar]]] = defaultdict(list)
        for pod_class, mine in enumerate(self._pods):
            for node, variable in mine.items():
                self._at[node].append((pod_class, variable))
        self._placed = [model.new_int_var(0, c.count, f"placed_{i}") for i, c in enumerate(problem.classes)]
        self._present: dict[tuple[int, frozenset[int]], cp_model.IntVar] = {}
        self._arrived: dict[tuple[int, int], cp_model.IntVar] = {}
        self._any: dict[tuple[int, ...], cp_model.IntVar] = {}
        self.definitions: set[int] = set()
        """Constraints, by index, that only say what a variable of this container means."""
        self._there = {n: model.new_bool_var(f"there_{n}") for n in problem.optional}
        for node, flag in self._there.items():
            for pod_class, variable in self._at[node]:
                model.add(variable <= int(problem.limit[pod_class, node]) * flag)

    def there(self, node: int) -> cp_model.IntVar:
        """1 when an optional node is there."""
        return self._there[node]

    def exists(self, nodes: Iterable[int]) -> cp_model.IntVar | None:
        """1 when one of the nodes is there; None when that is so anyway. Without any nodes it is, too: then
        the problem is a part of another one that has them."""
        flags = [self._there.get(node) for node in nodes]
        optional = [flag for flag in flags if flag is not None]
        return self.any_of(optional) if optional and len(optional) == len(flags) else None

    def on(self, pod_class: int, node: int) -> cp_model.IntVar | None:
        """How many pods of the class are on the node; None when none can be."""
        return self._pods[pod_class].get(node)

    def nodes(self, pod_class: int) -> dict[int, cp_model.IntVar]:
        """Node to pods of the class, over the nodes open to it."""
        return self._pods[pod_class]

    def at(self, node: int, weights: IntArray) -> list[Term]:
        """Pods on a node, each class weighted by ``weights`` [C]; zero weights are left out."""
        return [(int(weights[pod_class]), v) for pod_class, v in self._at.get(node, ()) if weights[pod_class]]

    def by_domain(self, pod_class: int, domain_of: IntArray) -> dict[int, list[int]]:
        """Domain to the nodes open to the class in it."""
        found: dict[int, list[int]] = defaultdict(list)
        for node in self._pods[pod_class]:
            domain = int(domain_of[node])
            if domain >= 0:
                found[domain].append(node)
        return found

    def count(self, pod_class: int, nodes: Iterable[int]) -> list[Term]:
        """Pods of the class on the nodes."""
        mine = self._pods[pod_class]
        return [(1, mine[n]) for n in nodes if n in mine]

    def placed(self, pod_class: int) -> cp_model.IntVar:
        """How many pods of the class have a node."""
        return self._placed[pod_class]

    def complete(self, pod_class: int) -> cp_model.IntVar:
        """At most 1 when all pods of the class have a node, else 0."""
        placed, count = self._placed[pod_class], self._problem.classes[pod_class].count
        if count == 1:
            return placed
        flag = self.model.new_bool_var(f"complete_{pod_class}")
        self._define(self.model.add(placed >= count * flag))
        return flag

    def most(self, pod_class: int, nodes: Iterable[int]) -> int:
        """Upper limit of ``count``."""
        open_here = int(self._problem.limit[pod_class, list(nodes)].sum())
        return min(open_here, self._problem.classes[pod_class].count)

    def present(self, pod_class: int, nodes: Iterable[int]) -> cp_model.IntVar:
        """1 exactly when some pod of the class is on one of the nodes."""
        key = (pod_class, frozenset(n for n in nodes if n in self._pods[pod_class]))
        if key not in self._present:
            self._present[key] = self._make_present(pod_class, sorted(key[1]))
        return self._present[key]

    def arrives(self, pod_class: int, nodes: Iterable[int]) -> cp_model.IntVar:
        """1 where pods of the class come to one of the nodes; those that stay at home there do not."""
        open_here = [node for node in nodes if node in self._pods[pod_class]]
        homes = self._problem.homes
        if homes is None or not homes[pod_class, open_here].any():
            return self.present(pod_class, open_here)
        return self.any_of([self._arrives_at(pod_class, node) for node in open_here])

    def at_home(self, pod_classes: Iterable[int], nodes: Iterable[int]) -> bool:
        """Some pod of the classes may stay on one of the nodes without being admitted to it."""
        homes = self._problem.homes
        return homes is not None and bool(homes[np.ix_(list(pod_classes), list(nodes))].any())

    def _arrives_at(self, pod_class: int, node: int) -> cp_model.IntVar:
        key = (pod_class, node)
        if key not in self._arrived:
            assert self._problem.homes is not None
            home, most = int(self._problem.homes[pod_class, node]), int(self._problem.limit[pod_class, node])
            flag = self.model.new_bool_var(f"arrives_{pod_class}_{node}")
            here = self._pods[pod_class][node]
            self.model.add(here <= home + (most - home) * flag)
            self.model.add(here >= (home + 1) * flag)
            self._arrived[key] = flag
        return self._arrived[key]

    def _make_present(self, pod_class: int, nodes: list[int]) -> cp_model.IntVar:
        if len(nodes) == 1 and self._problem.limit[pod_class, nodes[0]] == 1:
            return self._pods[pod_class][nodes[0]]
        flag = self.model.new_bool_var(f"present_{pod_class}_{'_'.join(map(str, nodes[:3]))}")
        pods = total(self.count(pod_class, nodes))
        self._define(self.model.add(pods <= self.most(pod_class, nodes) * flag))
        self._define(self.model.add(pods >= flag))
        return flag

    def _define(self, constraint: cp_model.Constraint) -> None:
        self.definitions.add(constraint.index)

    def any_of(self, flags: list[cp_model.IntVar]) -> cp_model.IntVar:
        """1 exactly when one of the literals is."""
        key = tuple(flag.index for flag in flags)
        if key not in self._any:
            flag = self.model.new_bool_var(f"any_{'_'.join(map(str, key[:3]))}")
            self._define(self.model.add_max_equality(flag, flags))
            self._any[key] = flag
        return self._any[key]

    def hint(self, counts: IntArray) -> None:
        """Suggest a whole placement, ``counts`` [C, N]."""
        self.model.clear_hints()  # type: ignore[no-untyped-call] # ortools leaves it untyped
        for pod_class, mine in enumerate(self._pods):
            for node, variable in mine.items():
                self.model.add_hint(variable, int(counts[pod_class, node]))
            self.model.add_hint(self._placed[pod_class], int(counts[pod_class].sum()))
