"""World: one sample in Python's own complex numbers, for a few small equations that are not worth loading NumPy.

A value is a matrix as rows; a derivative perturbs the definitions by a complex step, as in ``numeric``, and knows no
chain rule. A function without a formula is a random smooth network, keyed by its name.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import chain, product
from operator import mul
from typing import NoReturn

from bpttsym.dice import Dice
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Expr
from bpttsym.grid import Grid, GridOperations, each, in_rows
from bpttsym.model import Graph, Key
from bpttsym.readings import Readings
from bpttsym.shapes import Shape
from bpttsym.world import CannotSay, World

STEP = 1e-30
ABSOLUTE = 1e-13

Matrix = Grid[complex]

FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    r"\tanh": cmath.tanh,
    r"\sinh": cmath.sinh,
    r"\cosh": cmath.cosh,
    r"\exp": cmath.exp,
    r"\log": cmath.log,
    r"\sigma": lambda a: 1 / (1 + cmath.exp(-a)),
    r"\mathrm{relu}": lambda a: a if a.real > 0 else 0j,
    r"\mathrm{softplus}": lambda a: cmath.log(1 + cmath.exp(a)),
    r"\mathrm{id}": lambda a: a,
    "abs": lambda a: -a if a.real < 0 else a,
}


class PlainWorld(GridOperations[complex]):
    """One sample of a model on an unrolled graph."""

    zero = 0j
    one = 1 + 0j

    def __init__(self, graph: Graph, shapes: Mapping[str, Shape], seed: int = 0) -> None:
        self.graph = graph
        self.shapes = shapes
        self.seed = seed
        self._values: dict[Key, Matrix] = {}
        self._jacobians: dict[tuple[Key, tuple[Key, ...], bool], Matrix] = {}
        self._moved: dict[tuple[tuple[Key, ...], bool], list[_Moved]] = {}
        self._networks: dict[tuple[str, int, int], tuple[Matrix, Matrix]] = {}
        self.evaluator = Evaluator(self, Readings({}))

    def number(self, value: Fraction) -> Matrix:
        return ((complex(value),),)

    def node(self, key: Key) -> Matrix:
        if key not in self._values:
            for one in self.graph.missing(key, self._values):
                leaf = self.graph.nodes[one].body is None
                self._values[one] = self._draw(one) if leaf else self.evaluator.node(one)
        return self._values[key]

    def _draw(self, key: Key) -> Matrix:
        """A leaf; the entries of a distribution are positive and sum to one."""
        drawn = self.random(("leaf", key), self.shapes[key[0]], 1.4)
        if key[0] in self.graph.model.distributions:
            powers = [[cmath.exp(entry) for entry in row] for row in drawn]
            total = sum(chain.from_iterable(powers))
            return tuple(tuple(entry / total for entry in row) for row in powers)
        return drawn

    def random(self, name: object, shape: Shape, scale: float) -> Matrix:
        dice = Dice((self.seed, name))
        return tuple(tuple(complex(dice.uniform(scale)) for _ in range(shape[1])) for _ in range(shape[0]))

    def derivative(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Matrix:
        if (of, by, immediate) not in self._jacobians:
            moved = [world.value(of, immediate) for world in self._directions(by, immediate)]
            self._jacobians[of, by, immediate] = _jacobian(moved)
        return self._jacobians[of, by, immediate]

    def derivative_of(self, of: Callable[[World], Matrix], by: tuple[Key, ...], frozen: bool) -> Matrix:
        return _jacobian([of(world) for world in self._directions(by, frozen)])

    def _directions(self, by: tuple[Key, ...], frozen: bool) -> list[_Moved]:
        """The sample with each entry of some variables moved by a step."""
        if (by, frozen) not in self._moved:
            places = [(key, i, j) for key in by for i, j in product(*map(range, self.shapes[key[0]]))]
            self._moved[by, frozen] = [_Moved(self, key, (i, j), frozen, frozenset(by)) for key, i, j in places]
        return self._moved[by, frozen]

    def add(self, first: Matrix, second: Matrix) -> Matrix:
        return each(lambda a, b: a + b, first, second)

    def matrix_product(self, first: Matrix, second: Matrix) -> Matrix:
        columns = tuple(zip(*second, strict=True))
        return tuple(tuple(sum(map(mul, row, column), 0j) for column in columns) for row in first)

    def reciprocal(self, value: Matrix) -> Matrix:
        return each(lambda a: 1 / a, value)

    def power(self, value: Matrix, exponent: Fraction) -> Matrix:
        plain = int(exponent) if exponent.denominator == 1 else float(exponent)
        return each(lambda a: a**plain, value)

    def norm(self, value: Matrix, order: str) -> Matrix:
        if 1 not in self.shape(value) or order not in ("", "2", "F"):
            raise CannotSay("this norm has no value here")
        return ((cmath.sqrt(sum(entry * entry for entry in chain.from_iterable(value))),),)

    def spectral(self, function: str, value: Matrix) -> NoReturn:
        raise CannotSay("a singular value or an eigenvalue has no value here")

    def apply(self, function: str, arguments: tuple[Matrix, ...], primes: int, shape: Shape) -> Matrix:
        slopes = primes == 1 and function in FUNCTIONS and not any(a.imag for a in chain.from_iterable(arguments[0]))
        if (primes and not slopes) or (function in self.graph.model.elementwise and function not in FUNCTIONS):
            raise CannotSay(f"this derivative of `{function}` has no value here")
        if slopes:
            known = FUNCTIONS[function]
            return each(lambda a: complex(known(a + 1j * STEP).imag / STEP), arguments[0])
        if function == r"\mathrm{softmax}":
            powers = each(cmath.exp, arguments[0])
            total = sum(chain.from_iterable(powers))
            return each(lambda a: a / total, powers)
        if function in FUNCTIONS:
            return each(FUNCTIONS[function], arguments[0])
        entries = [entry for argument in arguments for entry in chain.from_iterable(argument)]
        inner, outer = self.network(function, len(entries), shape[0] * shape[1])
        hidden = [cmath.tanh(sum(map(mul, row, entries), row[-1])) for row in inner]
        return in_rows((sum(map(mul, row, hidden), 0j) for row in outer), shape)

    def is_zero(self, value: Matrix) -> bool:
        return all(abs(entry) <= ABSOLUTE for entry in chain.from_iterable(value))

    def difference(self, first: Matrix, second: Matrix, relation: Expr | None = None) -> tuple[float, int]:
        """The relative difference; one below the absolute floor counts as zero."""
        gap = max(map(abs, chain.from_iterable(self.add(first, self.negate(second)))))
        size = max(map(abs, chain(chain.from_iterable(first), chain.from_iterable(second))))
        return (0.0 if gap <= ABSOLUTE else gap / max(size, ABSOLUTE)), 0

    def agree_elsewhere(self, first: Matrix, second: Matrix, relation: Expr) -> bool:
        """Whether most samples agree where one does not: there is but one."""
        return False


class _Moved(PlainWorld):
    """The same sample with one entry of one variable moved, others held ``still``; frozen, every other node is."""

    def __init__(self, base: PlainWorld, by: Key, place: tuple[int, int], frozen: bool, still: frozenset[Key]) -> None:
        super().__init__(base.graph, base.shapes, base.seed)
        self.base = base
        self.still = still
        self.moving = frozenset() if frozen else base.graph.dependents((by,)) - still
        self.evaluator.lean_on(base.evaluator, (by, *self.moving))
        moved = [list(row) for row in base.node(by)]
        moved[place[0]][place[1]] += 1j * STEP
        self._values[by] = tuple(map(tuple, moved))
        self.network = base.network  # type: ignore[method-assign]

    def value(self, of: Key, immediate: bool) -> Matrix:
        """The moved value of a node; immediate: by its own definition alone."""
        own = immediate and of not in self.still and self.graph.nodes[of].body is not None
        return self.evaluator.node(of) if own else self.node(of)

    def node(self, key: Key) -> Matrix:
        if key not in self._values:
            for one in self.graph.missing(key, self._values, self.moving):
                self._values[one] = (self.evaluator if one in self.moving else self.base).node(one)
        return self._values[key]


def _jacobian(moved: list[Matrix]) -> Matrix:
    """Rows are the entries of a value, columns the directions."""
    return tuple(zip(*([complex(entry.imag / STEP) for entry in chain(*value)] for value in moved), strict=True))
