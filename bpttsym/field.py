"""Numbers of a prime field with derivatives: residues modulo 2^31 - 1 at random points, and random oracles.

What has no rational formula (exp, log, a square root, an unknown function and its Jacobian) is drawn at random by
its argument; tanh, sigmoid and softmax are rational in exp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import blake2b, shake_128
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpttsym.records import dataclass, field, replace
from bpttsym.shapes import Shape
from bpttsym.world import CannotSay

PRIME = 2**31 - 1
Integers = NDArray[Any]
Map = Callable[["Value"], "Value"]


Factors = Mapping[tuple[bytes, int], int]
FEW = 200
"""The most numbers that are inverted one by one."""


@dataclass(slots=True, eq=False)
class Value:
    """Rational functions at random points, all entries over one denominator; ``above`` bounds the numerators' degrees.

    ``below`` counts the factors of the denominator (a digest and a degree each). Because it is shared, sums over
    steps and products of Jacobians add degrees and multiply none. ``square`` is what the value is the root of.
    """

    entries: Integers
    above: int = 0
    below: Factors = field(default_factory=dict)
    tangent: Value | None = None
    square: Value | None = None

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.entries.shape[-2:]

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
        if self.below is not other.below and self.below != other.below:
            total.below = _either(self.below, other.below)
            total.above = total.depth + max(self.above - self.depth, other.above - other.depth)
        total.tangent = _sum(self.tangent, other.tangent)
        return total

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
        below = _both(self.below, other.below) if self.below and other.below else self.below or other.below
        return Value(times(self.entries, other.entries), self.above + other.above, below, _sum(left, right))

    def power(self, exponent: int) -> Value:
        """Elementwise; an even power of a root is a power of what it is the root of."""
        if self.square is not None and exponent % 2 == 0:
            return self.square.power(exponent // 2)
        base, size = self.plain if exponent >= 0 else self._inverse(), abs(exponent)
        below = {factor: size * count for factor, count in base.below.items() if size}
        result = Value(_power(base.entries, size), size * base.above, below)
        return self.composed(result, lambda: constant(exponent % PRIME) * self.plain.power(exponent - 1))

    def _inverse(self) -> Value:
        """1 over every entry of the plain value."""
        if not self.entries.all():
            raise CannotSay("a denominator is zero at a random point")
        size, depth = self.shape[0] * self.shape[1], self.depth
        digest = blake2b(self.entries.tobytes() + repr((self.above, depth)).encode(), digest_size=16).digest()
        below = {(digest, self.above * size): 1} if self.above else {}
        return Value(_reciprocal(self.entries), depth + self.above * (size - 1), below)


def _sum(first: Value | None, second: Value | None) -> Value | None:
    return first + second if first is not None and second is not None else first or second


def _both(first: Factors, second: Factors) -> Factors:
    """The factors of a product of denominators."""
    return {**first, **{factor: count + first.get(factor, 0) for factor, count in second.items()}}


def _either(first: Factors, second: Factors) -> Factors:
    """The factors of the least common denominator."""
    return {**first, **{factor: max(count, first.get(factor, 0)) for factor, count in second.items()}}


def _reciprocal(entries: Integers) -> Integers:
    """1 over every entry, none of which is zero; Python's own numbers are faster where there are few."""
    if entries.size > FEW:
        return _power(entries, PRIME - 2)
    return np.array([pow(entry, -1, PRIME) for entry in entries.ravel().tolist()], np.int64).reshape(entries.shape)


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


@cache
def zeros(shape: Shape) -> Value:
    """Nothing but zeros."""
    return constant(np.zeros(shape))


@cache
def identity(size: int) -> Value:
    """An identity matrix."""
    return constant(np.eye(size))


ONE, TWO = constant(1), constant(2)


class Oracle:
    """Random nonzero field elements by name and argument: the same question has the same answer, in any order."""

    def __init__(self, points: int, seed: int) -> None:
        self.points, self.seed = points, seed
        self.questions, self.degree = 0, 0
        self._answers: dict[tuple[str, Shape, bytes], Value] = {}
        self._drawn: dict[tuple[object, Shape, bytes], Value] = {}
        self.rectified: dict[bytes, Integers] = {}

    def draw(self, name: object, argument: bytes, shape: Shape) -> Value:
        """Generators, each of degree one."""
        asked = (name, shape, argument)
        if asked not in self._drawn:
            self._drawn[asked] = self._draw(name, argument, shape)
        return self._drawn[asked]

    def _draw(self, name: object, argument: bytes, shape: Shape) -> Value:
        digest = shake_128(repr((self.seed, name)).encode() + b"\0" + argument)
        bits = np.frombuffer(digest.digest(8 * self.points * shape[0] * shape[1]), "<u8") % (PRIME - 1) + 1
        return Value(bits.astype(np.int64).reshape(self.points, *shape), 1)

    def keys(self, argument: Value) -> Integers:
        """The argument (entries, points), counted for the chance that two arguments are taken for one."""
        keys = np.broadcast_to(argument.entries, (self.points, *argument.shape)).reshape(self.points, -1).T
        self.questions += len(keys)
        self.degree = max(self.degree, argument.above + argument.depth)
        return np.ascontiguousarray(keys, "<i8")

    def each(
        self, name: str, a: Value, other: Map | None = None, formula: Map = lambda g: g, function: str = ""
    ) -> Value:
        """A formula f of a generator for every entry; if given, f(-a) = other(f(a)), by the sign at the first point.

        ``function`` says which formula it is, where a generator has several.
        """
        keys = self.keys(a)
        asked = (function or name, a.shape, keys.tobytes())
        if asked not in self._answers:
            self._answers[asked] = self._each(name, a.shape, keys, other, formula)
        return self._answers[asked]

    def _each(self, name: str, shape: Shape, keys: Integers, other: Map | None, formula: Map) -> Value:
        minus = (keys[:, 0] > PRIME // 2) & (other is not None)
        keys = np.where(minus[:, None], -keys % PRIME, keys)
        drawn = np.concatenate([self.draw(name, key.tobytes(), (1, 1)).entries for key in keys], axis=-1)
        drawn[..., (name == "exp") & ~keys.any(axis=1)] = 1
        value = formula(Value(drawn.reshape(self.points, *shape), 1))
        if other is None or not minus.any():
            return value
        flag = constant(minus.reshape(shape))
        return flag * other(value) + (ONE - flag) * value

    def exp(self, a: Value) -> Value:
        """The exponential; it knows exp(-a) = 1/exp(a) and exp(0) = 1, as do its rational functions below."""
        value = self.each("exp", a, lambda generator: generator.power(-1))
        return a.composed(value, lambda: value)

    def tanh(self, a: Value) -> Value:
        """The hyperbolic tangent, 1 - 2 / (exp(a)^2 + 1)."""
        value = self.each("exp", a, Value.__neg__, lambda e: ONE - TWO * (e.power(2) + ONE).power(-1), "tanh")
        return a.composed(value, lambda: ONE - value * value)

    def sigmoid(self, a: Value) -> Value:
        """The logistic function, 1 - 1 / (exp(a) + 1)."""
        value = self.each("exp", a, lambda sigmoid: ONE - sigmoid, lambda e: ONE - (e + ONE).power(-1), "sigmoid")
        return a.composed(value, lambda: value - value * value)

    def step(self, a: Value) -> Value:
        """1 where a > 0, else 0, as a generator of which only step(-a) = 1 - step(a) is known, but for a rectified a.

        Of a value r = relu(b), step(r) = step(b) and step(-r) = 0.
        """
        value = self.each("step", a, lambda step: ONE - step)
        if not self.rectified:
            return value
        entries = np.array(value.entries).reshape(self.points, -1)
        for place, key in enumerate(self.keys(a)):
            known = self.rectified.get(key.tobytes())
            if known is not None:
                entries[:, place] = known
            elif key.any() and (-key % PRIME).tobytes() in self.rectified:
                entries[:, place] = 0
        return Value(entries.reshape(value.entries.shape), value.above, value.below)

    def relu(self, a: Value) -> Value:
        """The rectifier, step(a) a."""
        step = self.step(a)
        value = step * a
        steps = np.broadcast_to(step.entries, (self.points, *a.shape)).reshape(self.points, -1)
        self.rectified |= {key.tobytes(): steps[:, place] for place, key in enumerate(self.keys(value)) if key.any()}
        return value


FUNCTIONS: dict[str, Callable[[Oracle, Value], Value]] = {
    r"\exp": Oracle.exp,
    r"\sinh": lambda oracle, a: (oracle.exp(a) - oracle.exp(-a)) * TWO.power(-1),
    r"\cosh": lambda oracle, a: (oracle.exp(a) + oracle.exp(-a)) * TWO.power(-1),
    r"\tanh": Oracle.tanh,
    r"\sigma": Oracle.sigmoid,
    r"\log": lambda oracle, a: a.composed(oracle.each("log", a), lambda: a.plain.power(-1)),
    r"\mathrm{softplus}": lambda oracle, a: a.composed(oracle.each("softplus", a), lambda: oracle.sigmoid(a.plain)),
    r"\mathrm{relu}": Oracle.relu,
    "abs": lambda oracle, a: (TWO * oracle.step(a) - ONE) * a,
    r"\mathrm{id}": lambda oracle, a: a,
}
"""Elementwise functions of a dual number."""
