"""The world of a prime field: identities tested at random points, functions as generators under their derivatives.

A value is an array (points, rows, columns) of residues modulo 2^31 - 1, a dual number where it has a tangent
(directions, points, rows, columns). What has no rational formula (exp, log, a square root, an unknown function and
its Jacobian) is drawn at random by its argument; tanh, sigmoid and softmax are rational in exp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from fractions import Fraction
from math import floor, log2
from typing import NoReturn

import numpy as np

from bpttsym.common import Kept
from bpttsym.evaluate import Evaluator
from bpttsym.field import FUNCTIONS, PRIME, Oracle, Value, constant, identity, zeros
from bpttsym.model import Graph, Key
from bpttsym.readings import Readings
from bpttsym.records import replace
from bpttsym.shapes import Shape
from bpttsym.square import SquareMatrices
from bpttsym.world import SILENT, CannotSay, World


class ExactWorld(SquareMatrices):
    """Random points of a prime field for one model on one unrolled graph.

    If ``equal(a, b)``, then, but for a chance of at most 2^-exponent(a, b) over the seeds, a = b modulo 2^31 - 1 as
    rational functions of the leaves, of the functions without a formula and of their Jacobians: at these sizes and
    steps the equation holds wherever both sides exist, unless a multiple of 2^31 - 1 stands in it for zero (which
    numbers see). Take more ``points`` where the exponent is under 100.

    Worlds of the same model at several numbers of steps may have one ``oracle``, and what is ``kept`` of the nodes that
    are the same in all of them.

    If not, nothing follows. It sees the rational relations of exp, tanh, sigmoid and softmax of one argument and of
    its negative, and that relu(a) has the sign of a, and no others: not exp(a + b) = exp(a) exp(b),
    exp(2a) = exp(a)^2, log(exp(a)) = a, |a|^2 = a^2, sqrt(s)^2 = s beyond the square of a root as a whole, the sign of
    a root, or anything that holds only for some of the functions without a formula.
    """

    def __init__(
        self,
        graph: Graph,
        shapes: Mapping[str, Shape],
        points: int = 8,
        seed: int = 0,
        kept: Kept | None = None,
        oracle: Oracle | None = None,
    ) -> None:
        self.graph = graph
        self.shapes = shapes
        self.oracle = oracle or Oracle(points, seed)
        self._kept = kept
        self.evaluator = Evaluator(self, Readings({}))
        self._values: dict[Key, Value] = {}
        self._seeded: dict[tuple[tuple[Key, ...], bool], _Seeded] = {}
        self._jacobians: dict[tuple[Key, tuple[Key, ...], bool], Value] = {}

    def equal(self, first: Value, second: Value) -> bool:
        """Whether two values agree in every entry at every point."""
        return first.shape == second.shape and self.is_zero(first - second)

    def exponent(self, first: Value, second: Value) -> int:
        """n such that two different values are found equal with a chance of at most 2^-n.

        A difference of degree d vanishes at a random point with a chance of at most d/(p-1) (Schwartz and Zippel), at
        all points with its power; so does that of two arguments of the oracle, of either sign. The first point, which
        decides the signs, is not counted.
        """
        oracle, bits = self.oracle, log2(PRIME - 1)
        sides = (oracle.points - 1) * (bits - log2(max(1, (first - second).above)))
        arguments = (oracle.points - 1) * (bits - log2(max(1, 2 * oracle.degree))) - 2 * log2(max(1, oracle.questions))
        return max(0, floor(min(sides, arguments)) - 1)

    add = staticmethod(Value.__add__)
    negate = staticmethod(Value.__neg__)
    scale = elementwise = staticmethod(Value.__mul__)
    matrix_product = staticmethod(Value.__matmul__)

    def quiet(self) -> AbstractContextManager[object]:
        return SILENT

    def shape(self, value: Value) -> Shape:
        return value.shape

    def is_zero(self, value: Value) -> bool:
        return not value.entries.any()

    def number(self, value: Fraction) -> Value:
        if max(abs(value.numerator), value.denominator) >= PRIME:
            raise CannotSay(f"the number {value} is too large for a field of {PRIME} elements")
        return constant(value.numerator * pow(value.denominator, -1, PRIME) % PRIME)

    def zeros(self, shape: Shape) -> Value:
        return zeros(shape)

    def identity(self, size: int) -> Value:
        return identity(size)

    def unit(self, shape: Shape, row: int, column: int) -> Value:
        entries = np.zeros(shape)
        entries[row, column] = 1
        return constant(entries)

    def entry(self, value: Value, row: int, column: int) -> Value:
        return value.moved(lambda entries: entries[..., row : row + 1, column : column + 1])

    def node(self, key: Key) -> Value:
        known = self._values.get(key)
        if known is not None:
            return known
        for one in self.graph.missing(key, self._values):
            value = self._kept.value(one) if self._kept else None
            if value is None:
                leaf = self.graph.nodes[one].body is None
                value = self._draw(one) if leaf else self.evaluator.node(one)
                if self._kept:
                    self._kept.keep(one, value)
            self._values[one] = value
        return self._values[key]

    def _draw(self, key: Key) -> Value:
        """A leaf; the entries of a distribution sum to one."""
        if key[0] in self.graph.model.one_hot:
            raise CannotSay("a target that names a class is no point of a field")
        drawn = self.oracle.draw(("leaf", key), b"", self.shapes[key[0]])
        if key[0] in self.graph.model.distributions:
            drawn = drawn.moved(np.copy)
            drawn.entries[:, -1, -1] += 1 - drawn.entries.sum(axis=(-2, -1))
        return drawn.moved(lambda entries: entries % PRIME)

    def derivative(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Value:
        asked = of, by, immediate
        found = self._jacobians.get(asked)
        if found is not None:
            return found
        if self._kept:
            found = self._kept.derivative(asked)
        if found is None:
            world = self._seed(by, immediate)
            own = immediate and of not in by and self.graph.nodes[of].body is not None
            found = world.jacobian(world.evaluator.node(of) if own else world.node(of))
            if self._kept:
                self._kept.keep_derivative(asked, found)
        self._jacobians[asked] = found
        return found

    def derivative_of(self, of: Callable[[World], Value], by: tuple[Key, ...], frozen: bool) -> Value:
        world = self._seed(by, frozen)
        return world.jacobian(of(world))

    def _seed(self, by: tuple[Key, ...], frozen: bool) -> _Seeded:
        if (by, frozen) not in self._seeded:
            self._seeded[by, frozen] = _Seeded(self, by, frozen, self._kept and self._kept.moved(by, frozen))
        return self._seeded[by, frozen]

    def reciprocal(self, value: Value) -> Value:
        return value.power(-1)

    def power(self, value: Value, exponent: Fraction) -> Value:
        if exponent.denominator == 1:
            return value.power(int(exponent))
        if exponent.denominator != 2 or not value.entries.any(axis=0).all():
            raise CannotSay(f"the power with exponent {exponent} has no value here")
        count, root = exponent.numerator, self.oracle.each("root", value)
        result = value.composed(root.power(count), lambda: self.number(exponent) * root.power(count - 2))
        return replace(result, square=value) if count == 1 else result

    def transpose(self, value: Value) -> Value:
        return value.moved(lambda entries: np.swapaxes(entries, -1, -2))

    def reshape(self, value: Value, shape: Shape) -> Value:
        return value.moved(lambda entries: entries.reshape(*entries.shape[:-2], *shape))

    def broadcast(self, value: Value, shape: Shape) -> Value:
        return value.moved(lambda entries: np.broadcast_to(entries, (*entries.shape[:-2], *shape)))

    def diagonal(self, value: Value) -> Value:
        size = max(value.shape)
        return self.reshape(value, (size, 1)) * self.identity(size)

    def norm(self, value: Value, order: str) -> Value:
        if order not in ("", "2", "F") or (order != "F" and min(value.shape) > 1):
            raise CannotSay(f"the norm of order {order or 2} of a value {value.shape} is not algebraic")
        flat = self.reshape(value, (value.shape[0] * value.shape[1], 1))
        return self.power(self.transpose(flat) @ flat, Fraction(1, 2))

    def spectral(self, function: str, value: Value) -> NoReturn:
        raise CannotSay("singular values and eigenvalues are not algebraic")

    def apply(self, function: str, arguments: tuple[Value, ...], primes: int, shape: Shape) -> Value:
        known, value = FUNCTIONS.get(function), arguments[0]
        if known is not None and primes == 0:
            return known(self.oracle, value)
        if known is not None and primes == 1 and value.tangent is None:
            slope = known(self.oracle, replace(value, tangent=constant(np.ones(value.shape)))).tangent
            return slope if slope is not None else self.zeros(value.shape)
        if primes:
            raise CannotSay(f"this derivative of `{function}` has no value here")
        if function == r"\mathrm{softmax}":
            value = self.oracle.exp(value)
            return value * value.moved(lambda entries: entries.sum(axis=(-2, -1), keepdims=True) % PRIME).power(-1)
        return self._opaque(function, arguments, shape)

    def _opaque(self, function: str, arguments: tuple[Value, ...], shape: Shape) -> Value:
        """A function without a formula: its value and its Jacobian are drawn by all of its arguments."""
        sizes = [value.shape[0] * value.shape[1] for value in arguments]
        places = np.split(np.eye(sum(sizes)), np.cumsum(sizes)[:-1], axis=1)
        flat = self.zeros((sum(sizes), 1))
        for place, size, value in zip(places, sizes, arguments, strict=True):
            flat += constant(place) @ self.reshape(value, (size, 1))
        name = (function, shape, *(value.shape for value in arguments))
        key, count = self.oracle.keys(flat).tobytes(), shape[0] * shape[1]
        result = self.oracle.draw(("value", *name), key, (count, 1))
        if flat.tangent is not None:
            slope = self.oracle.draw(("slope", *name), key, (count, sum(sizes)))
            result = replace(result, tangent=slope @ flat.tangent)
        return self.reshape(result, shape)


class _Seeded(ExactWorld):
    """The same points with one variable moved in each of its directions; ``frozen`` holds every other node."""

    def __init__(self, base: ExactWorld, by: tuple[Key, ...], frozen: bool, kept: Kept | None = None) -> None:
        super().__init__(base.graph, base.shapes, kept=kept, oracle=base.oracle)
        self.base = base
        self.by = by
        self.moving = frozenset() if frozen else base.graph.dependents(by)
        self.evaluator.lean_on(base.evaluator, (*by, *self.moving))
        values = [base.node(key) for key in by]
        sizes = [value.shape[0] * value.shape[1] for value in values]
        self.directions = sum(sizes)
        units = np.split(np.eye(self.directions), np.cumsum(sizes)[:-1], axis=1)
        for key, value, unit in zip(by, values, units, strict=True):
            tangent = constant(unit.reshape(self.directions, 1, *value.shape))
            self._values[key] = replace(value, tangent=tangent, square=None)

    def _seed(self, by: tuple[Key, ...], frozen: bool) -> NoReturn:
        raise CannotSay("a derivative inside of a derivative has no value here")

    def node(self, key: Key) -> Value:
        if key not in self._values:
            for one in self.graph.missing(key, self._values, self.moving):
                value = self._kept.value(one) if self._kept else None
                if value is None:
                    value = (self.evaluator if one in self.moving else self.base).node(one)
                    if self._kept:
                        self._kept.keep(one, value)
                self._values[one] = value
        return self._values[key]

    def jacobian(self, value: Value) -> Value:
        """Rows are the entries of the value, columns the directions."""
        count = value.shape[0] * value.shape[1]
        if value.tangent is None:
            return self.zeros((count, self.directions))
        return value.tangent.moved(lambda entries: np.moveaxis(entries.reshape(self.directions, -1, count), 0, -1))
