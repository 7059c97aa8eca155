"""Sides that floats cannot tell apart, or cannot tell to be equal: the same sample in many digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, log10
from typing import TYPE_CHECKING, Any

from bpttsym.errors import NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Call, Expr, Number, Power, Relation, walk
from bpttsym.ground import Ground
from bpttsym.model import Key
from bpttsym.readings import Readings
from bpttsym.reckoner import lone_sides
from bpttsym.world import MissingNode

if TYPE_CHECKING:
    from bpttsym.precise import PreciseWorld

Conform = Callable[..., tuple[Any, Any]]
"""What brings two sides into one shape."""

DIGITS, DIGITS_OF_A_STEP, ROUNDED = 60, 2, 15
"""How many there are, how many more for each step, in which a gradient may shrink, and how many rounding may take."""

CANCELLED = 1e-12
"""Two floats that differ by less than this share of the largest number met on the way may be equal."""

SHORT = 9
"""Literals of so few digits in all leave no difference that floats do not see."""

MAXIMUM_DIGITS = 2000
KINKED = frozenset((r"\mathrm{relu}", "abs"))


def literal_digits(*roots: Expr) -> int:
    """How many digits the literal numbers of some expressions take together: so near can two sides be, and differ."""
    return sum(_digits(part) for root in roots for part in walk(root))


def _digits(part: Expr) -> int:
    match part:
        case Power(Number(base), Number(exponent)) if base:
            return int(abs(exponent) * abs(log10(abs(base.numerator)) - log10(base.denominator))) + 1
        case Number(value):
            return len(str(abs(value.numerator))) + len(str(value.denominator)) - 2
        case _:
            return 0


def is_short(relation: Relation, ground: Ground) -> bool:
    """Whether the literals of a relation and its model are too short to hide a difference from floats."""
    return literal_digits(relation, *(definition.body for definition in ground.model.definitions)) <= SHORT


def is_kinked(relation: Relation, ground: Ground) -> bool:
    """Whether a function with a kink stands in a relation or its model: one sample then says nothing of all."""
    roots = (relation, *(definition.body for definition in ground.model.definitions))
    return any(isinstance(part, Call) and part.function in KINKED for root in roots for part in walk(root))


def largest(value: Any) -> float:
    """The largest finite size of an entry of a value, be it an array or rows of numbers."""
    if hasattr(value, "dtype"):
        sizes = abs(value)
        return float(sizes[sizes < inf].max(initial=0.0))
    return max((abs(entry) for row in value for entry in row), default=0.0)


def may_cancel(evaluator: Evaluator, error: float, left: Any, right: Any) -> bool:
    """Whether two sides in floats differ by no more than what was lost of the numbers that they are made of."""
    met = max((largest(value) for _, value in evaluator.memory.values()), default=0.0)
    return error * max(largest(left), largest(right)) <= CANCELLED * met


class Scrutiny:
    """One sample of a world of floats, as ``sample`` gives its leaves, in many digits."""

    def __init__(self, ground: Ground, sample: Callable[[Key], list[list[float]]]) -> None:
        self.ground = ground
        self.sample = sample
        self._refused: Relation | None = None
        self._worlds: dict[int, PreciseWorld] = {}

    def separation(
        self, relation: Relation, readings: Readings, bindings: Mapping[str, int], conform: Conform
    ) -> float | None:
        """By how much of their size two sides differ, 0 if in no digit; None where this cannot be said."""
        bodies = (definition.body for definition in self.ground.model.definitions)
        digits = DIGITS + 2 * literal_digits(relation, *bodies) + DIGITS_OF_A_STEP * self.ground.length
        if digits > MAXIMUM_DIGITS or relation is self._refused:
            return None
        world = self._world(digits)
        world.work = 0
        evaluator = Evaluator(world, readings.settled(), lone_sides(relation))
        try:
            sides = evaluator.sides(relation, bindings)
            found = world.separation(*conform(world, evaluator.readings, relation, *sides))
        except MissingNode:
            return 0.0
        except NotRead:
            self._refused = relation
            return None
        if not world.context.isfinite(found):
            return None
        return float(found) if found > world.context.mpf(10) ** (ROUNDED - digits) else 0.0

    def _world(self, digits: int) -> PreciseWorld:
        from bpttsym.precise import PreciseWorld

        if digits not in self._worlds:
            self._worlds[digits] = PreciseWorld(self.ground.graph, self.ground.shapes, self.sample, digits)
        return self._worlds[digits]
