"""No vacuous truth: of each factor of an equation that holds, some one-edit neighbour fails (SEMANTICS section 7).

One neighbour is enough, whichever it is. So one that plainly fails at one step is looked for first, of which only what
was edited is evaluated; only where there is none, all neighbours are compared closely at every step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Any

from bpttsym.edits import Change, changes, factors
from bpttsym.errors import NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import (
    Add,
    Component,
    Expr,
    Indicator,
    Ones,
    Relation,
    Sum,
    children,
    walk,
)
from bpttsym.ground import instances
from bpttsym.horizons import is_out_of_reach
from bpttsym.positions import Path, at, is_one_factor, replace_at
from bpttsym.readings import Readings
from bpttsym.reckoner import lone_sides, names_within
from bpttsym.records import replace
from bpttsym.scrutiny import conform, largest
from bpttsym.shapes import ShapeClash
from bpttsym.trial import Outcome, Trial
from bpttsym.variants import collected_target
from bpttsym.weight_shapes import IDENTITIES
from bpttsym.world import RELATIVE, MissingNode

NEIGHBOUR_KINDS = ("index", "swapped-symbol", "dropped-factor", "kind", "transpose", "missing-diag", "power", "sign")

TOO_FAR = "a window as long as this is not tried: networks have at most {} steps here"

LITERAL = 2
"""How many horizons are tried of a relation that names a step by its number."""

TINY = 1e-4
"""Sides below this agree in floats whatever they are."""


def outcomes_of(relation: Relation, trials: Sequence[Trial], readings: Readings) -> list[Outcome]:
    """The outcomes of a relation at each horizon, up to the first that is no success."""
    outcomes: list[Outcome] = []
    for trial in trials:
        outcome, evaluator = trial.numeric(relation, readings)
        if outcome.kind == "holds" and not outcomes:
            part = Guard(trial, relation, evaluator, readings, outcome).needless()
            if part is not None and not _holds_of_all_targets(trial, relation, readings):
                outcome = Outcome("vacuous", outcome.length, message="can be changed without harm", part=part)
        outcomes.append(outcome)
        if outcome.kind != "holds":
            break
    if len(trials) > LITERAL and outcomes[-1].kind in ("differs", "impossible"):
        return outcomes[-1:]  # true of the shortest horizon only: no condition that somebody means
    last = trials[-1].ground
    if outcomes[-1].kind == "holds" and is_out_of_reach(relation, last.model, readings.where, last.length):
        return [Outcome("unknown", last.length, message=TOO_FAR.format(last.length), part=relation)]
    return outcomes


def _holds_of_all_targets(trial: Trial, relation: Relation, readings: Readings) -> bool:
    """Whether a relation holds, and depends on each of its factors, where the entries of no target sum to one."""
    if not trial.ground.model.distributions:
        return False
    graph = copy(trial.ground.graph)
    graph.model = replace(graph.model, distributions=())
    other = type(trial)(replace(trial.ground, model=graph.model, graph=graph))
    outcome, evaluator = other.numeric(relation, readings.settled())
    return outcome.kind == "holds" and Guard(other, relation, evaluator, readings, outcome).needless() is None


class Guard:
    """A relation that holds in a trial, with the evaluator that found it out."""

    def __init__(
        self, trial: Trial, relation: Relation, evaluator: Evaluator, readings: Readings, outcome: Outcome
    ) -> None:
        self.trial = trial
        self.relation = relation
        self.evaluator = evaluator
        evaluator.observe = False
        evaluator.readings = readings.settled()
        self.as_written = trial.read(relation, evaluator.readings) is relation
        before, ends = trial.ground.model.first - 1, trial.ground.graph.ends
        found = instances(relation, trial.ground, evaluator.readings)
        self.tried = [bindings for bindings in found if before not in bindings.values()]
        passed = set(outcome.passed)
        plain = (one for one in self.tried if tuple((k, v) for k, v in one.items() if k not in ends) in passed)
        self.step = None if trial.ground.model.moved else next(plain, None)
        self.special = frozenset((*IDENTITIES, *trial.ground.model.abbreviated))
        self._plain: dict[int, bool] = {}

    def needless(self) -> Expr | None:
        """The first factor none of whose one-edit neighbours fails on the same samples; None if all have one."""
        for path in self._factors():
            part = at(self.relation, path)
            if collected_target(part, self.trial.ground.model):
                continue  # that it is one is what is assumed of it
            kinds = (*NEIGHBOUR_KINDS, "doubled-factor") if isinstance(part, Component) else NEIGHBOUR_KINDS
            if not self._matters(changes(self.relation, kinds, path)):
                return part
        return None

    def _factors(self) -> Iterator[Path]:
        """What stands where a factor does, with what it is the only part of."""
        for path in factors(self.relation):
            if self.evaluator.is_literal(at(self.relation, path)):
                continue
            while path and is_one_factor(at(self.relation, path[:-1])):
                path = path[:-1]
            if path and _is_sum_of_entries(at(self.relation, path[:-1])):
                path = path[:-1]
            yield path

    def _matters(self, edits: Iterator[Change]) -> bool:
        """Whether one of the neighbours fails."""
        doubtful: list[Change] = []
        for edit in edits:
            if self.step is not None and self._fails_plainly(edit, self.step):
                return True
            doubtful.append(edit)
        return any(self._fails(edit.applied(self.relation)) for edit in doubtful)

    def _fails_plainly(self, edit: Change, bindings: Mapping[str, int]) -> bool:
        """Whether a neighbour is plainly false at a step at which the relation holds."""
        try:
            return self.trial.differ_plainly(*self._changed(edit, bindings))
        except ShapeClash:
            return True
        except MissingNode as missing:
            return bool(missing.letter)
        except NotRead:
            return False

    def _changed(self, edit: Change, bindings: Mapping[str, int]) -> tuple[Relation, Evaluator, Any, Any]:
        """A neighbour with the values of its sides; where one term of several was edited, the sum is only moved."""
        evaluator, world = self.evaluator, self.trial.numbers
        terms = self._term(edit)
        if terms is not None:
            sides = list(evaluator.sides(self.relation, bindings))
            whole = sides[edit.place[0]]
            with world.quiet():
                former, new = (evaluator.value(term, bindings) for term in terms)
                if world.shape(former) == world.shape(new) == world.shape(whole):
                    sides[edit.place[0]] = world.add(whole, world.add(new, world.negate(former)))
                    return self.relation, evaluator, *sides
        neighbour = self.trial.read(edit.applied(self.relation), evaluator.readings)
        return neighbour, evaluator, *evaluator.sides(neighbour, bindings)

    def _term(self, edit: Change) -> tuple[Expr, Expr] | None:
        """The term of a side that an edit changes, and what it becomes; None where it is no term like any other."""
        if not edit.place or not self.as_written:
            return None
        side = children(self.relation)[edit.place[0]]
        if not isinstance(side, Add) or len(edit.path) < 2 or not self._is_plain(side):
            return None
        former, below = side.terms[edit.path[1]], edit.place[2:]
        if len(edit.place) > 1:
            new = replace_at(former, below, edit.new)
        elif isinstance(edit.new, Add) and len(edit.new.terms) == len(side.terms):
            new = edit.new.terms[edit.path[1]]
        else:
            return None
        return (former, new) if names_within(new).isdisjoint(self.special) else None

    def _is_plain(self, side: Expr) -> bool:
        """Whether the terms of a sum have sizes of their own, and none is left out at the end of the steps."""
        if id(side) not in self._plain:
            odd = any(isinstance(part, Indicator | Ones) for part in walk(side))
            self._plain[id(side)] = not odd and names_within(side).isdisjoint(self.special)
        return self._plain[id(side)]

    def _fails(self, relation: Relation) -> bool:
        """Whether a relation is false at one of the steps; a missing free step says nothing."""
        for bindings in self.tried:
            try:
                if self.trial.compare(relation, self.evaluator, bindings)[0] > RELATIVE:
                    return True
                if self._differs_tinily(relation, bindings):
                    return True
            except ShapeClash:
                return True
            except MissingNode as missing:
                if missing.letter:
                    return True
            except NotRead:
                return False
        return False

    def _differs_tinily(self, relation: Relation, bindings: Mapping[str, int]) -> bool:
        """Whether two sides that are too small for floats differ, unlike two that are zero."""
        trial, readings = self.trial, self.evaluator.readings
        values = self.evaluator.sides(trial.read(relation, readings), bindings)
        if any(largest(value) > TINY for value in values):
            return False
        exact = Evaluator(trial.exact, readings.settled(), lone_sides(relation))
        sides = exact.sides(trial.read(relation, exact.readings), bindings)
        return not trial.exact.equal(*conform(trial.exact, exact.readings, relation, *sides))


def _is_sum_of_entries(node: Expr) -> bool:
    """A sum of all entries of one quantity stands for the quantity."""
    return isinstance(node, Sum) and node.components
