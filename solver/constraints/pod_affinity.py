"""Required pod affinity (A5, A6, A9, A10, J6, J7).

A domain opens for a class when a matching pod runs there, when a supporting class is there before it, or
when the class itself starts there as its first pod (A9), and then in that one domain only. "Before" is a
rank per class, posted in the strict form; the relaxed form keeps only the order that W14 dictates.
"""

from __future__ import annotations

from ortools.sat.python import cp_model

from solver.compile.problem import AttractionRule, AttractionTerm, Problem
from solver.constraints.ordering import followers
from solver.variables import Variables


def post(problem: Problem, variables: Variables, *, relaxed: bool) -> None:
    later = followers(problem)
    ranks = {} if relaxed else _ranks(problem, variables)
    for rule in problem.attractions:
        _Poster(variables, rule, ranks, later.get(rule.owner, frozenset())).post()


def _ranks(problem: Problem, variables: Variables) -> dict[int, cp_model.IntVar]:
    named = {index for rule in problem.attractions for index in (rule.owner, *rule.supporters)}
    ranks = {i: variables.model.new_int_var(0, len(problem.classes), f"rank_{i}") for i in sorted(named)}
    for earlier, later in problem.chains:
        if earlier in ranks and later in ranks:
            variables.model.add(ranks[earlier] + 1 <= ranks[later])
    return ranks


class _Poster:
    def __init__(
        self,
        variables: Variables,
        rule: AttractionRule,
        ranks: dict[int, cp_model.IntVar],
        later: frozenset[int],
    ) -> None:
        self._variables = variables
        self._later = later
        self._model = variables.model
        self._rule = rule
        self._ranks = ranks
        self._starts = self._model.new_bool_var(f"starts_{rule.owner}")

    def post(self) -> None:
        rule = self._rule
        if not rule.itself or rule.started:
            self._model.add(self._starts == 0)
        elif self._ranks:
            for other in rule.supporters:  # A10: nobody it matches may be there before its first pod
                self._precedes(rule.owner, other, self._starts)
        for term in rule.terms:
            self._post_term(term)

    def _post_term(self, term: AttractionTerm) -> None:
        mine = self._variables.by_domain(self._rule.owner, term.domain_of)
        keyless = [n for n in self._variables.nodes(self._rule.owner) if term.domain_of[n] < 0]
        for node in keyless:  # A11
            self._model.add(self._variables.nodes(self._rule.owner)[node] == 0)
        seeds: list[cp_model.IntVar] = []
        for domain in sorted(mine):
            if term.occupied[domain]:
                continue
            seed = self._model.new_bool_var(f"seed_{self._rule.owner}_{domain}")
            seeds.append(seed)
            here = self._variables.present(self._rule.owner, mine[domain])
            self._model.add_bool_or([here.negated(), seed, *self._supports(term, domain)])
        self._model.add_at_most_one(seeds)
        for seed in seeds:
            self._model.add_implication(seed, self._starts)

    def _supports(self, term: AttractionTerm, domain: int) -> list[cp_model.IntVar]:
        """Literals, each of which opens the domain: a supporting class is there, and was first."""
        found: list[cp_model.IntVar] = []
        for other in self._rule.supporters:
            if other in self._later:
                continue
            nodes = self._variables.by_domain(other, term.domain_of).get(domain)
            if not nodes:
                continue
            opens = self._model.new_bool_var(f"opens_{self._rule.owner}_{other}_{domain}")
            self._model.add_implication(opens, self._variables.present(other, nodes))
            if self._ranks:
                self._model.add_implication(opens, self._starts.negated())
                self._precedes(other, self._rule.owner, opens)
            found.append(opens)
        return found

    def _precedes(self, first: int, second: int, literal: cp_model.IntVar) -> None:
        ranked = self._ranks[first] + 1 <= self._ranks[second]
        self._model.add(ranked).only_enforce_if(literal)
