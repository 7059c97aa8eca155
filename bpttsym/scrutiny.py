"""Two sides in one shape; where floats cannot tell them apart, or to be equal: the same sample in many digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, log10
from typing import TYPE_CHECKING, Any

from bpttsym.errors import NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Call, Component, Derivative, Expr, Multiply, Norm, Number, Power, Relation, Symbol, walk
from bpttsym.extents import is_line
from bpttsym.ground import Ground
from bpttsym.model import Key
from bpttsym.readings import Readings
from bpttsym.reckoner import lone_sides
from bpttsym.shapes import Shape, ShapeClash
from bpttsym.world import CannotSay, MissingNode, World

if TYPE_CHECKING:
    from bpttsym.precise import PreciseWorld

DIGITS, DIGITS_OF_A_STEP = 60, 2
"""How many there are, and how many more for each step, in which a gradient may shrink."""

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


def bends(relation: Relation, ground: Ground) -> bool:
    r"""Whether two sides may agree in a region alone: ``\|(1 - 2a) h\| = (1 - 2a) \|h\|`` where a is below a half."""
    return is_kinked(relation, ground) or any(isinstance(part, Norm) for part in walk(relation))


def largest(value: Any) -> float:
    """The largest finite size of an entry of a value, be it an array or rows of numbers."""
    if hasattr(value, "dtype"):
        sizes = abs(value)
        found = float(sizes.max(initial=0.0))
        return found if found < inf else float(sizes[sizes < inf].max(initial=0.0))
    return max((abs(entry) for row in value for entry in row), default=0.0)


def may_cancel(evaluator: Evaluator, error: float, left: Any, right: Any) -> bool:
    """Whether two sides in floats differ by no more than what was lost of the numbers that they are made of."""
    return error * max(largest(left), largest(right)) <= CANCELLED * evaluator.largest(largest)


def conform(world: World, readings: Readings, relation: Relation, left: Any, right: Any) -> tuple[Any, Any]:
    """Both sides in one shape; a lone gradient may stand as a row, a column, or in its variable's shape.

    Any other column against a row is the shorthand that a column stands for its row.

    Raises ShapeClash if they cannot be compared.
    """
    a, b = world.shape(left), world.shape(right)
    if a == b:
        return left, right
    for side, other, value, shape in ((relation.left, right, left, b), (relation.right, left, right, a)):
        own = world.shape(value)
        if 1 in own and own[0] * own[1] == shape[0] * shape[1] and may_turn(world, side, shape):
            moved = world.reshape(value, shape)
            return (moved, other) if side is relation.left else (other, moved)
    if a == (1, 1) and world.is_zero(left):
        return world.zeros(b), right
    if b == (1, 1) and world.is_zero(right):
        return left, world.zeros(a)
    spreads = readings.fixed.get("jacobian") == "entries"
    for side, other, value, shape in ((relation.left, right, left, b), (relation.right, left, right, a)):
        if spreads and _is_by_rows(world, side, world.shape(value), shape):
            readings.ask("jacobian", side)
            spread = _spread(world, other)
            return (value, spread) if side is relation.left else (spread, value)
    if a == (b[1], b[0]) and 1 in a and readings.ask("shorthand", relation.right) == "row":
        return left, world.transpose(right)
    if (1, 1) in (a, b) and 1 in a and 1 in b and readings.ask("shorthand", relation.right) == "inner":
        raise ShapeClash("no inner product makes the two sides numbers", relation.span)
    words = f"the left side is {a[0]}×{a[1]} and the right side {b[0]}×{b[1]}"
    if 1 in (a[1], b[1]) and (1 in a) != (1 in b) and a[0] * a[1] == b[0] * b[1]:
        raise CannotSay(f"{words}, and whether this lists the entries of that is not said", relation.span)
    raise ShapeClash(words, relation.span)


def _is_by_rows(world: World, side: Expr, own: Shape, other: Shape) -> bool:
    """A vector's derivative by a matrix whose rows belong to its entries (``h = f(W x)``), against such a matrix."""
    by = side.by if isinstance(side, Derivative) else None
    fits = isinstance(by, Symbol) and world.shapes.get(by.name) == other
    return fits and min(other) > 1 and own == (other[0], other[0] * other[1])


def _spread(world: World, value: Any) -> Any:
    """The derivative of a vector by a matrix of which only the entries of each row by the same row are not zero."""
    rows, columns = world.shape(value)
    whole = (rows, rows * columns)
    total = world.zeros(whole)
    for row in range(rows):
        for column in range(columns):
            place = world.unit(whole, row, row * columns + column)
            total = world.add(total, world.scale(world.entry(value, row, column), place))
    return total


def may_turn(world: World, side: Expr, shape: tuple[int, int]) -> bool:
    """A lone gradient may turn into a column or a row; one by a matrix, also in a chain, into the matrix's shape."""
    last = side.factors[-1] if isinstance(side, Multiply) else side
    alone = last is side
    if alone and isinstance(last, Derivative) and isinstance(last.by, Component) and is_line(last.by):
        return 1 in shape
    if not isinstance(last, Derivative) or not isinstance(last.by, Symbol):
        return False
    return (alone and 1 in shape) or (shape == world.shapes.get(last.by.name) and (alone or 1 not in shape))


class Scrutiny:
    """One sample of a world of floats, as ``sample`` gives its leaves, in many digits."""

    def __init__(self, ground: Ground, sample: Callable[[Key, int], list[list[float]]]) -> None:
        self.ground = ground
        self.sample = sample
        self._refused: Relation | None = None
        self._worlds: dict[tuple[int, int], PreciseWorld] = {}

    def separation(
        self, relation: Relation, readings: Readings, bindings: Mapping[str, int], sample: int = 0
    ) -> float | None:
        """By how much of their size two sides differ, 0 if in no digit; None where this cannot be said."""
        bodies = (definition.body for definition in self.ground.model.definitions)
        digits = DIGITS + 2 * literal_digits(relation, *bodies) + DIGITS_OF_A_STEP * self.ground.length
        if digits > MAXIMUM_DIGITS or relation is self._refused:
            return None
        world = self._world(digits, sample)
        world.work = 0
        evaluator = Evaluator(world, readings.settled(), lone_sides(relation))
        try:
            sides = evaluator.sides(relation, bindings)
            met = (value for _, value in evaluator.memory.values())
            found = world.separation(*conform(world, evaluator.readings, relation, *sides), met)
        except MissingNode:
            return 0.0
        except NotRead:
            self._refused = relation
            return None
        if not world.context.isfinite(found):
            return None
        return float(found) if found > world.rounding else 0.0

    def _world(self, digits: int, number: int) -> PreciseWorld:
        from bpttsym.precise import PreciseWorld

        def leaf(key: Key) -> list[list[float]]:
            return self.sample(key, number)

        if (digits, number) not in self._worlds:
            self._worlds[digits, number] = PreciseWorld(self.ground.graph, self.ground.shapes, leaf, digits)
        return self._worlds[digits, number]
