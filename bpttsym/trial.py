"""One relation on one model under one reading: the numbers, the proofs, and whether the truth is a real one.

Rules of SEMANTICS section 7: only algebra says that an equation is true and only numbers say that it is false;
both must agree; a true verdict needs that no part vanishes and that some neighbour of each factor fails.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

from bpttsym.common import Common, Kept
from bpttsym.errors import Contradiction, LimitExceeded, NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import (
    Expr,
    Relation,
    integer,
)
from bpttsym.ground import Ground, beyond_the_edge, instances
from bpttsym.model import Key
from bpttsym.paths import PathWorld
from bpttsym.readings import Readings
from bpttsym.reckoner import Lone, Vanished, lone_sides
from bpttsym.records import dataclass
from bpttsym.scrutiny import Scrutiny, conform, may_cancel
from bpttsym.shapes import ShapeClash
from bpttsym.world import RELATIVE, CannotSay, MissingNode

Instance = tuple[tuple[str, int], ...]
"""Values of the free indices."""

Kind = Literal["holds", "differs", "impossible", "vacuous", "unknown"]
FREE_RING, FINGERPRINT = "free ring", "fingerprint"
DENIED = "denied"
"""The answer in the place of a method where exact arithmetic has values and they differ."""

VISIBLE = 1e-3
"""A difference below this share of the sides is told."""

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
        if error > RELATIVE and not self._is_plain(relation, evaluator, error, left, right):
            found = self.scrutiny.separation(relation, evaluator.readings, bindings, sample)
            error = error if found is None else found
        return error, sample

    def _is_plain(self, relation: Relation, evaluator: Evaluator, error: float, left: Any, right: Any) -> bool:
        """Whether a difference in floats is too large to be lost digits, and no matter of a single sample."""
        if error < VISIBLE or may_cancel(evaluator, error, left, right):
            return False
        return not self.numbers.agree_elsewhere(left, right, relation)

    def differ_plainly(self, relation: Relation, evaluator: Evaluator, left: Any, right: Any) -> bool:
        """Whether two values that stand for the sides of a relation differ by far; says nothing where they do not."""
        left, right = conform(self.numbers, evaluator.readings, relation, left, right)
        error, _ = self.numbers.difference(left, right, relation)
        return error >= VISIBLE and self._is_plain(relation, evaluator, error, left, right)

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

    def _is_tiny(self, zero: Vanished, evaluator: Evaluator) -> bool:
        """Whether a part that is zero in floats is not zero: only too small for them."""
        exact = Evaluator(self.exact, evaluator.readings.settled(), Lone(evaluator.lone, evaluator.recurs))
        try:
            return not self.exact.is_zero(exact.value(zero.part, dict(zero.bindings)))
        except NotRead:
            return False

    def proof(self, relation: Relation, readings: Readings, outcome: Outcome, first: str = FREE_RING) -> str:
        """The method by which the relation is proved on every instance that the numbers tried, or empty.

        ``first`` is the method that is tried before the other. Raises Contradiction if it is proved although the
        numbers differ.
        """
        denied = False
        for method in (first, *(other for other in (FREE_RING, FINGERPRINT) if other != first)):
            proved = self._proved(relation, readings, self.paths if method == FREE_RING else self.exact)
            if proved:
                if outcome.kind not in ("holds", "vacuous"):
                    raise Contradiction(f"the {method} proves an equation that the numbers refute")
                return method
            denied = denied or (proved is False and method == FINGERPRINT)
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


def _spot(error: NotRead) -> Expr | None:
    return Expr(span=error.span) if error.span is not None else None
