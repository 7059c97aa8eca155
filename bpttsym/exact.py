"""The world of a prime field: identities tested at random points, functions as generators under their derivatives.

A value is an array (points, rows, columns) of residues modulo 2^31 - 1, a dual number where it has a tangent
(directions, points, rows, columns). What has no rational formula (exp, log, a square root, an unknown function and
its Jacobian) is drawn at random by its argument; tanh, sigmoid and softmax are rational in exp.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import blake2b, shake_128
from math import floor, log2
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from bpttsym.evaluate import Evaluator
from bpttsym.model import Graph, Key
from bpttsym.readings import Readings
from bpttsym.shapes import Shape
from bpttsym.world import CannotSay, World

PRIME = 2**31 - 1
Integers = NDArray[Any]
Map = Callable[["Value"], "Value"]


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """Rational functions at random points, all entries over one denominator; ``above`` bounds the numerators' degrees.

    ``below`` counts the factors of the denominator (a digest and a degree each). Because it is shared, sums over
    steps and products of Jacobians add degrees and multiply none. ``square`` is what the value is the root of.
    """

    entries: Integers
    above: int = 0
    below: Counter[tuple[bytes, int]] = field(default_factory=Counter)
    tangent: Value | None = None
    square: Value | None = None

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return int(self.entries.shape[-2]), int(self.entries.shape[-1])

    @property
    def plain(self) -> Value:
        """The value without its derivatives."""
        return self if self.tangent is None else Value(self.entries, self.above, self.below)

    @property
    def depth(self) -> int:
        """A bound of the degree of the denominator."""
        return sum(degree * exponent for (_, degree), exponent in self.below.items())

    @property
    def degree(self) -> int:
        """A bound of the total degrees of the numerators and of the denominator."""
        return max(self.above, self.depth)

    def moved(self, move: Callable[[Integers], Integers]) -> Value:
        """The same entries in other places, or their sums, in the value and in every direction."""
        return Value(move(self.entries), self.above, self.below, self.tangent and self.tangent.moved(move))

    def composed(self, result: Value, slope: Callable[[], Value]) -> Value:
        """The elementwise function of this dual number with the value ``result`` and the derivative ``slope``."""
        return result if self.tangent is None else replace(result, tangent=slope() * self.tangent)

    def __neg__(self) -> Value:
        return self.moved(lambda entries: -entries % PRIME)

    def __sub__(self, other: Value) -> Value:
        return self + -other

    def __add__(self, other: Value) -> Value:
        total = Value((self.entries + other.entries) % PRIME, max(self.above, other.above), self.below)
        if self.below != other.below:
            total = replace(total, below=self.below | other.below)
            total = replace(total, above=total.depth + max(self.above - self.depth, other.above - other.depth))
        return replace(total, tangent=_sum(self.tangent, other.tangent))

    def __mul__(self, other: Value) -> Value:
        if self.square is not None and self.square is other.square:
            return self.square
        return self._product(lambda a, b: a * b % PRIME, other)

    def __matmul__(self, other: Value) -> Value:
        """The matrix product; halves of 16 bits keep sums of up to 2^15 products below 2^63."""
        return self._product(lambda a, b: (((a >> 16) @ b % PRIME << 16) + (a & 0xFFFF) @ b) % PRIME, other)

    def _product(self, times: Callable[[Integers, Integers], Integers], other: Value) -> Value:
        left = self.tangent and self.tangent._product(times, other.plain)
        right = other.tangent and self.plain._product(times, other.tangent)
        below = self.below + other.below if self.below and other.below else self.below or other.below
        return Value(times(self.entries, other.entries), self.above + other.above, below, _sum(left, right))

    def power(self, exponent: int) -> Value:
        """Elementwise; an even power of a root is a power of what it is the root of."""
        if self.square is not None and exponent % 2 == 0:
            return self.square.power(exponent // 2)
        base, size = self.plain if exponent >= 0 else self._inverse(), abs(exponent)
        below = Counter({factor: size * count for factor, count in base.below.items() if size})
        result = Value(_power(base.entries, size), size * base.above, below)
        return self.composed(result, lambda: constant(exponent % PRIME) * self.plain.power(exponent - 1))

    def _inverse(self) -> Value:
        """1 over every entry of the plain value, by Fermat's little theorem."""
        if not self.entries.all():
            raise CannotSay("a denominator is zero at a random point")
        size, depth = self.shape[0] * self.shape[1], self.depth
        digest = blake2b(self.entries.tobytes() + repr((self.above, depth)).encode(), digest_size=16).digest()
        below = Counter([(digest, self.above * size)] if self.above else [])
        return Value(_power(self.entries, PRIME - 2), depth + self.above * (size - 1), below)


def _sum(first: Value | None, second: Value | None) -> Value | None:
    return first + second if first is not None and second is not None else first or second


def _power(base: Integers, exponent: int) -> Integers:
    result = np.ones_like(base)
    while exponent:
        result = result * base % PRIME if exponent & 1 else result
        base = base * base % PRIME
        exponent >>= 1
    return result


def constant(entries: Any) -> Value:
    """Integers that are the same at all points; an integer alone is 1×1."""
    return Value(np.array(entries, np.int64, ndmin=3) % PRIME)


ONE, TWO = constant(1), constant(2)


class Oracle:
    """Random nonzero field elements by name and argument: the same question has the same answer, in any order."""

    def __init__(self, points: int, seed: int) -> None:
        self.points, self.seed = points, seed
        self.questions, self.degree = 0, 0

    def draw(self, name: object, argument: bytes, shape: Shape) -> Value:
        """Generators, each of degree one."""
        digest = shake_128(repr((self.seed, name)).encode() + b"\0" + argument)
        bits = np.frombuffer(digest.digest(8 * self.points * shape[0] * shape[1]), "<u8") % (PRIME - 1) + 1
        return Value(bits.astype(np.int64).reshape(self.points, *shape), 1)

    def keys(self, argument: Value) -> Integers:
        """The argument (entries, points), counted for the chance that two arguments are taken for one."""
        keys = np.broadcast_to(argument.entries, (self.points, *argument.shape)).reshape(self.points, -1).T
        self.questions += len(keys)
        self.degree = max(self.degree, argument.above + argument.depth)
        return np.ascontiguousarray(keys, "<i8")

    def each(self, name: str, a: Value, other: Map | None = None, formula: Map = lambda g: g) -> Value:
        """A formula f of a generator for every entry; if given, f(-a) = other(f(a)), by the sign at the first point."""
        keys = self.keys(a)
        minus = (keys[:, 0] > PRIME // 2) & (other is not None)
        keys = np.where(minus[:, None], -keys % PRIME, keys)
        drawn = np.concatenate([self.draw(name, key.tobytes(), (1, 1)).entries for key in keys], axis=-1)
        drawn[..., (name == "exp") & ~keys.any(axis=1)] = 1
        value = formula(Value(drawn.reshape(self.points, *a.shape), 1))
        if other is None or not minus.any():
            return value
        flag = constant(minus.reshape(a.shape))
        return flag * other(value) + (ONE - flag) * value

    def exp(self, a: Value) -> Value:
        """The exponential; it knows exp(-a) = 1/exp(a) and exp(0) = 1, as do its rational functions below."""
        value = self.each("exp", a, lambda generator: generator.power(-1))
        return a.composed(value, lambda: value)

    def tanh(self, a: Value) -> Value:
        """The hyperbolic tangent, 1 - 2 / (exp(a)^2 + 1)."""
        value = self.each("exp", a, Value.__neg__, lambda e: ONE - TWO * (e.power(2) + ONE).power(-1))
        return a.composed(value, lambda: ONE - value * value)

    def sigmoid(self, a: Value) -> Value:
        """The logistic function, 1 - 1 / (exp(a) + 1)."""
        value = self.each("exp", a, lambda sigmoid: ONE - sigmoid, lambda e: ONE - (e + ONE).power(-1))
        return a.composed(value, lambda: value - value * value)

    def step(self, a: Value) -> Value:
        """1 where a > 0 and 0 where a < 0, as a generator of which only step(-a) = 1 - step(a) is known."""
        return self.each("step", a, lambda step: ONE - step)


FUNCTIONS: dict[str, Callable[[Oracle, Value], Value]] = {
    r"\exp": Oracle.exp,
    r"\sinh": lambda oracle, a: (oracle.exp(a) - oracle.exp(-a)) * TWO.power(-1),
    r"\cosh": lambda oracle, a: (oracle.exp(a) + oracle.exp(-a)) * TWO.power(-1),
    r"\tanh": Oracle.tanh,
    r"\sigma": Oracle.sigmoid,
    r"\log": lambda oracle, a: a.composed(oracle.each("log", a), lambda: a.plain.power(-1)),
    r"\mathrm{softplus}": lambda oracle, a: a.composed(oracle.each("softplus", a), lambda: oracle.sigmoid(a.plain)),
    r"\mathrm{relu}": lambda oracle, a: oracle.step(a) * a,
    "abs": lambda oracle, a: (TWO * oracle.step(a) - ONE) * a,
    r"\mathrm{id}": lambda oracle, a: a,
}
"""Elementwise functions of a dual number."""


class ExactWorld:
    """Random points of a prime field for one model on one unrolled graph.

    If ``equal(a, b)``, then, but for a chance of at most 2^-exponent(a, b) over the seeds, a = b modulo 2^31 - 1 as
    rational functions of the leaves, of the functions without a formula and of their Jacobians: at these sizes and
    steps the equation holds wherever both sides exist, unless a multiple of 2^31 - 1 stands in it for zero (which
    numbers see). Take more ``points`` where the exponent is under 100.

    If not, nothing follows. It sees the rational relations of exp, tanh, sigmoid and softmax of one argument and of
    its negative, and no others: not exp(a + b) = exp(a) exp(b), exp(2a) = exp(a)^2, log(exp(a)) = a, |a|^2 = a^2,
    relu(relu(a)) = relu(a), sqrt(s)^2 = s beyond the square of a root as a whole, the sign of a root, or anything
    that holds only for some of the functions without a formula.
    """

    def __init__(self, graph: Graph, shapes: Mapping[str, Shape], points: int = 8, seed: int = 0) -> None:
        self.graph = graph
        self.shapes = shapes
        self.oracle = Oracle(points, seed)
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

    def shape(self, value: Value) -> Shape:
        return value.shape

    def is_zero(self, value: Value) -> bool:
        return not value.entries.any()

    def number(self, value: Fraction) -> Value:
        if max(abs(value.numerator), value.denominator) >= PRIME:
            raise CannotSay(f"the number {value} is too large for a field of {PRIME} elements")
        return constant(value.numerator * pow(value.denominator, -1, PRIME) % PRIME)

    def zeros(self, shape: Shape) -> Value:
        return constant(np.zeros(shape))

    def identity(self, size: int) -> Value:
        return constant(np.eye(size))

    def node(self, key: Key) -> Value:
        if key not in self._values:
            leaf = self.graph.nodes[key].body is None
            self._values[key] = self._draw(key) if leaf else self.evaluator.node(key)
        return self._values[key]

    def _draw(self, key: Key) -> Value:
        """A leaf; the entries of a distribution sum to one."""
        drawn = self.oracle.draw(("leaf", key), b"", self.shapes[key[0]])
        if key[0] in self.graph.model.distributions:
            drawn.entries[:, -1, -1] += 1 - drawn.entries.sum(axis=(-2, -1))
        return drawn.moved(lambda entries: entries % PRIME)

    def derivative(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Value:
        found = self._jacobians.get((of, by, immediate))
        if found is None:
            world = self._seed(by, immediate)
            own = immediate and of not in by and self.graph.nodes[of].body is not None
            found = world.jacobian(world.evaluator.node(of) if own else world.node(of))
            self._jacobians[of, by, immediate] = found
        return found

    def derivative_of(self, of: Callable[[World], Value], by: tuple[Key, ...], frozen: bool) -> Value:
        world = self._seed(by, frozen)
        return world.jacobian(of(world))

    def _seed(self, by: tuple[Key, ...], frozen: bool) -> _Seeded:
        if (by, frozen) not in self._seeded:
            self._seeded[by, frozen] = _Seeded(self, by, frozen)
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

    def largest_singular_value(self, value: Value) -> NoReturn:
        raise CannotSay("a spectral norm is not algebraic")

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

    def __init__(self, base: ExactWorld, by: tuple[Key, ...], frozen: bool) -> None:
        super().__init__(base.graph, base.shapes)
        self.oracle = base.oracle
        self.base = base
        self.by = by
        self.frozen = frozen
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
            depends = not self.frozen and not self.graph.ancestors(key).isdisjoint(self.by)
            own = depends and self.graph.nodes[key].body is not None
            self._values[key] = self.evaluator.node(key) if own else self.base.node(key)
        return self._values[key]

    def jacobian(self, value: Value) -> Value:
        """Rows are the entries of the value, columns the directions."""
        count = value.shape[0] * value.shape[1]
        if value.tangent is None:
            return self.zeros((count, self.directions))
        return value.tangent.moved(lambda entries: np.moveaxis(entries.reshape(self.directions, -1, count), 0, -1))
