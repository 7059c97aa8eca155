"""One relation on one model under one reading: the numbers, the proofs, and whether the truth is a real one.

Rules of SEMANTICS section 7: only algebra says that an equation is true and only numbers say that it is false;
both must agree; a true verdict needs that no part vanishes and that some neighbour of each factor fails.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from typing import Any, Literal

from bpttsym.common import Common, Kept
from bpttsym.edits import factors, neighbours
from bpttsym.errors import Contradiction, LimitExceeded, NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import (
    Component,
    Expr,
    Relation,
    Sum,
    integer,
)
from bpttsym.ground import Ground, beyond_the_edge, instances
from bpttsym.horizons import is_out_of_reach
from bpttsym.model import Key
from bpttsym.paths import PathWorld
from bpttsym.positions import at, is_one_factor
from bpttsym.readings import Readings
from bpttsym.reckoner import Lone, Vanished, lone_sides
from bpttsym.records import dataclass, replace
from bpttsym.scrutiny import Scrutiny, conform, largest, may_cancel
from bpttsym.shapes import ShapeClash
from bpttsym.variants import collected_target
from bpttsym.world import RELATIVE, CannotSay, MissingNode

Instance = tuple[tuple[str, int], ...]
"""Values of the free indices."""

Kind = Literal["holds", "differs", "impossible", "vacuous", "unknown"]
NEIGHBOUR_KINDS = ("index", "swapped-symbol", "dropped-factor", "kind", "transpose", "missing-diag", "power", "sign")
TOO_FAR = "a window as long as this is not tried: networks have at most {} steps here"
DENIED = "denied"
"""The answer in the place of a method where exact arithmetic has values and they differ."""

VISIBLE = 1e-3
"""A difference below this share of the sides is told."""

LITERAL = 2
"""How many horizons are tried of a relation that names a step by its number."""

TINY = 1e-4
"""Sides below this agree in floats whatever they are."""

SECURITY = 100
"""Minus the binary logarithm of the largest probability of error that a fingerprint may have."""


@dataclass(frozen=True)
class Outcome:
    """What one trial showed.

    ``error`` is the largest relative difference; ``instance`` the index values where a difference was seen or
    a part vanished; ``part`` the part that is to blame.
    """

    kind: Kind
    length: int
    error: float = 0.0
    instance: tuple[tuple[str, int], ...] = ()
    message: str = ""
    part: Expr | None = None
    count: int = 0
    passed: tuple[Instance, ...] = ()
    skipped: tuple[Instance, ...] = ()


def claimed_zero(relation: Relation) -> Expr | None:
    """The side of which the relation says that it is zero; its vanishing is what is claimed."""
    for side, other in ((relation.left, relation.right), (relation.right, relation.left)):
        if other == integer(0):
            return side
    return None


class Trial:
    """All that is computed for one ground: its worlds, shared by every relation and reading."""

    def __init__(self, ground: Ground, samples: int = 6, seed: int = 0, common: Common | None = None) -> None:
        self.ground = ground
        self.common = common
        self.numbers: Any = self.make_numbers(samples, seed)
        self.scrutiny = Scrutiny(ground, self.sample)
        self._inner: dict[int, tuple[Relation, Relation]] = {}
        self._paths: PathWorld | None = None
        self._exact: Any = None

    def make_numbers(self, samples: int, seed: int) -> Any:
        """The world of numbers."""
        from bpttsym.numeric import NumericWorld

        return NumericWorld(
            self.ground.graph, self.ground.shapes, samples, seed, kept=self.kept(f"numbers {samples} {seed}")
        )

    def kept(self, world: str) -> Kept | None:
        """What is known in a kind of world from other numbers of steps."""
        return self.common.kept(world, self.ground.graph, self.ground.shapes) if self.common else None

    def sample(self, key: Key, number: int) -> list[list[float]]:
        """One sample of a leaf."""
        values = self.numbers.node(key)
        rows: list[list[float]] = values[min(number, len(values) - 1)].tolist()
        return rows

    def make_exact(self) -> Any:
        """The world in which identities are tested."""
        from bpttsym.exact import ExactWorld

        world = ExactWorld(self.ground.graph, self.ground.shapes, kept=self.kept("exact"))
        if self.common:
            world.oracle = self.common.shared("oracle", world.oracle)
        return world

    @property
    def paths(self) -> PathWorld:
        if self._paths is None:
            self._paths = PathWorld(self.ground.graph, self.ground.shapes)
        return self._paths

    @property
    def exact(self) -> Any:
        if self._exact is None:
            self._exact = self.make_exact()
        return self._exact

    def read(self, relation: Relation, readings: Readings) -> Relation:
        """The relation with inner products written out, where the reading says so; made once for each relation."""
        if readings.fixed.get("shorthand") != "inner":
            return relation
        if id(relation) not in self._inner:
            sides = self.ground.scalar_side(relation.left), self.ground.scalar_side(relation.right)
            self._inner[id(relation)] = relation, Relation(sides[0], relation.operator, sides[1], span=relation.span)
        read = self._inner[id(relation)][1]
        if read != relation:
            readings.ask("shorthand", relation.right)
        return read

    def compare(self, relation: Relation, evaluator: Evaluator, bindings: Mapping[str, int]) -> tuple[float, int]:
        """The relative difference of the two sides in numbers, and the sample where it is largest."""
        relation = self.read(relation, evaluator.readings)
        left, right = evaluator.sides(relation, bindings)
        try:
            left, right = conform(self.numbers, evaluator.readings, relation, left, right)
        except ShapeClash:
            if self.ground.scalar_side(relation, inside=True) != relation:
                evaluator.readings.ask("shorthand", relation.right)
            raise
        error, sample = self.numbers.difference(left, right, relation)
        small = error < VISIBLE or may_cancel(evaluator, error, left, right)
        if error > RELATIVE and (small or self.numbers.agree_elsewhere(left, right, relation)):
            found = self.scrutiny.separation(relation, evaluator.readings, bindings, sample)
            error = error if found is None else found
        return error, sample

    def closely(self, relation: Relation, readings: Readings) -> Outcome | None:
        """The outcome in many digits, which tell apart what floats do not; None where they say nothing."""
        relation = self.read(relation, readings)
        before = self.ground.model.first - 1
        for bindings in instances(relation, self.ground, readings):
            if before in bindings.values() or beyond_the_edge(relation, self.ground, bindings):
                continue
            error = self.scrutiny.separation(relation, readings, bindings)
            if error is None:
                return None
            if error:
                free = tuple((k, v) for k, v in bindings.items() if k not in self.ground.graph.ends)
                message = f"the two sides differ, by {error:.1g} of their size" if error < VISIBLE else ""
                return Outcome("differs", self.ground.length, error, free, message)
        return Outcome("holds", self.ground.length)

    def numeric(self, relation: Relation, readings: Readings, observe: bool = True) -> tuple[Outcome, Evaluator]:
        """The outcome in numbers over all instances, with the evaluator for further questions."""
        evaluator = Evaluator(self.numbers, readings, lone_sides(relation), observe)
        length = self.ground.length
        worst, count = 0.0, 0
        skipped: list[Instance] = []
        passed: list[Instance] = []
        before = self.ground.model.first - 1
        try:
            everywhere = list(instances(relation, self.ground, readings))
        except ShapeClash as clash:
            return Outcome("impossible", length, 1.0, (), str(clash), _spot(clash)), evaluator
        except NotRead as failure:
            return Outcome("unknown", length, message=str(failure), part=_spot(failure)), evaluator
        for bindings in everywhere:
            free = tuple((letter, value) for letter, value in bindings.items() if letter not in self.ground.graph.ends)
            told, vanished = set(evaluator.told), dict(evaluator.vanished)
            try:
                error, _ = self.compare(relation, evaluator, bindings)
            except MissingNode as missing:
                if missing.letter and not any(value == before for _, value in free):
                    message = f"at `{missing.letter} = {missing.value}` {missing}"
                    return Outcome("impossible", length, 1.0, free, message, _spot(missing)), evaluator
                skipped.append(free)
                evaluator.told, evaluator.vanished = told, vanished
                continue
            except ShapeClash as clash:
                return Outcome("impossible", length, 1.0, free, str(clash), _spot(clash)), evaluator
            except (LimitExceeded, CannotSay, NotRead) as error_:
                if isinstance(error_, CannotSay) and any(value == before for _, value in free):
                    skipped.append(free)
                    evaluator.told, evaluator.vanished = told, vanished
                    continue
                return Outcome("unknown", length, message=str(error_), part=_spot(error_)), evaluator
            empty = len(evaluator.told) > len(told) or len(evaluator.vanished) > len(vanished)
            if any(value == before for _, value in free) and (empty or error > RELATIVE):
                evaluator.told, evaluator.vanished = told, vanished
                skipped.append(free)
                continue
            ended = error <= RELATIVE and self._ended(relation, evaluator, bindings, vanished)
            if ended or (error > RELATIVE and beyond_the_edge(relation, self.ground, bindings)):
                evaluator.told, evaluator.vanished = told, vanished
                skipped.append(free)
                continue
            passed.append(free)
            count += 1
            worst = max(worst, error)
            if error > RELATIVE:
                return Outcome("differs", length, error, free), evaluator
        if count == 0:
            return Outcome("unknown", length, message="no index value exists for which every step exists"), evaluator
        claimed = claimed_zero(relation)
        for zero in evaluator.vanished.values():
            if zero.part is claimed or self._is_tiny(zero, evaluator):
                continue
            free = tuple((k, v) for k, v in zero.bindings if k not in self.ground.graph.ends)
            return Outcome("vacuous", length, worst, free, "is zero on every sample", zero.part), evaluator
        return Outcome("holds", length, worst, count=count, passed=tuple(passed), skipped=tuple(skipped)), evaluator

    def _ended(
        self, relation: Relation, evaluator: Evaluator, bindings: Mapping[str, int], before: Collection[object]
    ) -> bool:
        """Whether one side is empty at an instance, and what vanishes there is only the whole other side."""
        key = tuple(bindings.items())
        new = [zero.part for place, zero in evaluator.vanished.items() if place not in before]
        sides = ((relation.left, relation.right), (relation.right, relation.left))
        return any((id(side), key) in evaluator.told and new == [other] for side, other in sides)

    def sensitive(self, relation: Relation, evaluator: Evaluator, readings: Readings) -> Expr | None:
        """The first factor none of whose one-edit neighbours fails on the same samples; None if all have one."""
        evaluator.observe = False
        evaluator.readings = readings.settled()
        before = self.ground.model.first - 1
        tried = [
            bindings
            for bindings in instances(relation, self.ground, evaluator.readings)
            if before not in bindings.values()
        ]
        for path in factors(relation):
            if evaluator.is_literal(at(relation, path)):
                continue
            while path and is_one_factor(at(relation, path[:-1])):
                path = path[:-1]
            if path and _is_sum_of_entries(at(relation, path[:-1])):
                path = path[:-1]
            part = at(relation, path)
            if collected_target(part, self.ground.model):
                continue  # that it is one is what is assumed of it
            kinds = (*NEIGHBOUR_KINDS, "doubled-factor") if isinstance(part, Component) else NEIGHBOUR_KINDS
            edits = neighbours(relation, kinds, within=path)
            if not any(self._fails(edit.relation, evaluator, tried) for edit in edits):
                return at(relation, path)
        return None

    def holds_of_all_targets(self, relation: Relation, readings: Readings) -> bool:
        """Whether a relation holds, and depends on each of its factors, where the entries of no target sum to one."""
        if not self.ground.model.distributions:
            return False
        graph = copy(self.ground.graph)
        graph.model = replace(graph.model, distributions=())
        other = type(self)(replace(self.ground, model=graph.model, graph=graph))
        outcome, evaluator = other.numeric(relation, readings.settled())
        return outcome.kind == "holds" and other.sensitive(relation, evaluator, readings) is None

    def _is_tiny(self, zero: Vanished, evaluator: Evaluator) -> bool:
        """Whether a part that is zero in floats is not zero: only too small for them."""
        exact = Evaluator(self.exact, evaluator.readings.settled(), Lone(evaluator.lone, evaluator.recurs))
        try:
            return not self.exact.is_zero(exact.value(zero.part, dict(zero.bindings)))
        except NotRead:
            return False

    def _fails(self, relation: Relation, evaluator: Evaluator, tried: list[dict[str, int]]) -> bool:
        """Whether a relation is false at one of the given instances; a missing free step says nothing."""
        for bindings in tried:
            try:
                if self.compare(relation, evaluator, bindings)[0] > RELATIVE:
                    return True
                if self._differs_tinily(relation, evaluator, bindings):
                    return True
            except ShapeClash:
                return True
            except MissingNode as missing:
                if missing.letter:
                    return True
            except NotRead:
                return False
        return False

    def _differs_tinily(self, relation: Relation, evaluator: Evaluator, bindings: Mapping[str, int]) -> bool:
        """Whether two sides that are too small for floats differ, unlike two that are zero."""
        values = evaluator.sides(self.read(relation, evaluator.readings), bindings)
        if any(largest(value) > TINY for value in values):
            return False
        exact = Evaluator(self.exact, evaluator.readings.settled(), lone_sides(relation))
        sides = exact.sides(self.read(relation, exact.readings), bindings)
        return not self.exact.equal(*conform(self.exact, exact.readings, relation, *sides))

    def proof(self, relation: Relation, readings: Readings, outcome: Outcome) -> str:
        """The method by which the relation is proved on every instance that the numbers tried, or empty.

        Raises Contradiction if it is proved although the numbers differ.
        """
        denied = False
        for method, world in (("free ring", self.paths), ("fingerprint", self.exact)):
            proved = self._proved(relation, readings, world)
            if proved:
                if outcome.kind not in ("holds", "vacuous"):
                    raise Contradiction(f"the {method} proves an equation that the numbers refute")
                return method
            denied = denied or (proved is False and method == "fingerprint")
        return DENIED if denied and not self.ground.model.elementwise else ""

    def _proved(self, relation: Relation, readings: Readings, world: Any) -> bool | None:
        """Whether the world proves the relation; None where it has no value for it."""
        evaluator = Evaluator(world, readings.settled(), lone_sides(relation))
        before = self.ground.model.first - 1
        tried = 0
        for bindings in instances(relation, self.ground, evaluator.readings):
            try:
                read = self.read(relation, evaluator.readings)
                left, right = evaluator.sides(read, bindings)
                left, right = conform(world, evaluator.readings, relation, left, right)
            except MissingNode:
                continue
            except NotRead as failure:
                if isinstance(failure, CannotSay) and before in bindings.values():
                    continue
                return None
            if not world.equal(left, right):
                if before in bindings.values() or beyond_the_edge(relation, self.ground, bindings):
                    continue
                return False
            tried += 1
            if world is not self.paths and world.exponent(left, right) < SECURITY:
                return None
        return True if tried else None


def _is_sum_of_entries(node: Expr) -> bool:
    """A sum of all entries of one quantity stands for the quantity."""
    return isinstance(node, Sum) and node.components


def _spot(error: NotRead) -> Expr | None:
    return Expr(span=error.span) if error.span is not None else None


def outcomes_of(relation: Relation, trials: Sequence[Trial], readings: Readings) -> list[Outcome]:
    """The outcomes of a relation at each horizon, up to the first that is no success."""
    outcomes: list[Outcome] = []
    for trial in trials:
        outcome, evaluator = trial.numeric(relation, readings)
        if outcome.kind == "holds" and not outcomes:
            part = trial.sensitive(relation, evaluator, readings)
            if part is not None and not trial.holds_of_all_targets(relation, readings):
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
