r"""World: identities tested at a random point of one large prime field, in Python's own integers.

The same test as in ``exact``, for a few small equations that are not worth loading NumPy: a single point, but of the
field of 2^521 - 1 elements. A value is a matrix of residues with its derivatives; ``degree`` bounds the degrees of
every numerator and denominator. What has no rational formula is drawn at random, once for each argument; tanh, sigmoid
and softmax are rational in exp. Anything else has no value here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from fractions import Fraction
from itertools import chain
from typing import NamedTuple, NoReturn

from bpttsym.dice import Dice
from bpttsym.evaluate import Evaluator
from bpttsym.model import Graph, Key
from bpttsym.plain import FUNCTIONS as KNOWN
from bpttsym.readings import Readings
from bpttsym.shapes import Shape
from bpttsym.square import SquareMatrices
from bpttsym.world import SILENT, CannotSay, World

BITS = 521
PRIME = 2**BITS - 1

Rows = tuple[tuple[int, ...], ...]


class Residues(NamedTuple):
    """A matrix at the point, its derivative in each direction (none where it does not depend on what moves)."""

    rows: Rows
    degree: int = 0
    tangent: tuple[Rows, ...] = ()

    def moved(self, move: Callable[[Rows], Rows]) -> Residues:
        """The same entries in other places, in the value and in every direction."""
        return Residues(move(self.rows), self.degree, tuple(map(move, self.tangent)))


def _each(function: Callable[..., int], *values: Rows) -> Rows:
    return tuple(tuple(map(function, *rows)) for rows in zip(*values, strict=True))


def _plus(first: Rows, second: Rows) -> Rows:
    return _each(lambda a, b: (a + b) % PRIME, first, second)


def _times(first: Rows, second: Rows) -> Rows:
    return _each(lambda a, b: a * b % PRIME, first, second)


def _matrix_times(first: Rows, second: Rows) -> Rows:
    columns = tuple(zip(*second, strict=True))
    return tuple(tuple(sum(map(int.__mul__, row, column)) % PRIME for column in columns) for row in first)


def _scaled(first: Rows, second: Rows) -> Rows:
    return _each(lambda b: first[0][0] * b % PRIME, second)


def _shaped(entries: Iterable[int], shape: Shape) -> Rows:
    flat = [*entries]
    return tuple(tuple(flat[i * shape[1] : (i + 1) * shape[1]]) for i in range(shape[0]))


def _product(times: Callable[[Rows, Rows], Rows], first: Residues, second: Residues, terms: int = 1) -> Residues:
    """A product with its derivatives; each entry is a sum of so many ``terms``."""
    left = [times(moved, second.rows) for moved in first.tangent]
    right = [times(first.rows, moved) for moved in second.tangent]
    tangent = map(_plus, left, right) if left and right else left or right
    grown = first.degree + second.degree
    return Residues(times(first.rows, second.rows), terms * grown * (2 if left and right else 1), tuple(tangent))


class PlainExact(SquareMatrices):
    """One random point for a model on an unrolled graph; see ``ExactWorld`` for what ``equal`` says and does not see.

    An entry of an identity that does not hold is zero at the point with a chance of at most degree/(PRIME - 1). exp(a)
    and exp(-a) have one generator g, given to the smaller of a and -a: which one that is depends on the point, but
    1/g is as random as g, so that the chance is the same. Two arguments are taken for one with the chance of
    their difference to be zero.
    """

    def __init__(self, graph: Graph, shapes: Mapping[str, Shape], seed: int = 0) -> None:
        self.graph = graph
        self.shapes = shapes
        self.dice = Dice(("exact", seed))
        self.drawn: dict[object, int] = {}
        self.argued = 0
        self.evaluator = Evaluator(self, Readings({}))
        self._values: dict[Key, Residues] = {}
        self._moved: dict[tuple[tuple[Key, ...], bool], _Moved] = {}

    def draw(self, name: object) -> int:
        """A random nonzero residue, one for each name."""
        if name not in self.drawn:
            bits = sum(self.dice.integer() << 64 * place for place in range(BITS // 64 + 2))
            self.drawn[name] = bits % (PRIME - 1) + 1
        return self.drawn[name]

    def equal(self, first: Residues, second: Residues) -> bool:
        """Whether two values agree in every entry."""
        return self.shape(first) == self.shape(second) and first.rows == second.rows

    def exponent(self, first: Residues, second: Residues) -> int:
        """n such that two different values are found equal with a chance of at most 2^-n."""
        entries = len(first.rows) * len(first.rows[0])
        sides = (entries * (first.degree + second.degree)).bit_length()
        arguments = (2 * self.argued).bit_length() + 2 * len(self.drawn).bit_length()
        return max(0, BITS - 2 - max(sides, arguments))

    def quiet(self) -> AbstractContextManager[object]:
        return SILENT

    def shape(self, value: Residues) -> Shape:
        return len(value.rows), len(value.rows[0])

    def is_zero(self, value: Residues) -> bool:
        return not any(chain.from_iterable(value.rows))

    def number(self, value: Fraction) -> Residues:
        if max(abs(value.numerator), value.denominator) >= PRIME:
            raise CannotSay(f"the number {value} is too large")
        return Residues(((value.numerator * pow(value.denominator, -1, PRIME) % PRIME,),))

    def zeros(self, shape: Shape) -> Residues:
        return Residues(((0,) * shape[1],) * shape[0])

    def identity(self, size: int) -> Residues:
        return Residues(tuple(tuple(int(i == j) for j in range(size)) for i in range(size)))

    def unit(self, shape: Shape, row: int, column: int) -> Residues:
        return Residues(tuple(tuple(int((i, j) == (row, column)) for j in range(shape[1])) for i in range(shape[0])))

    def entry(self, value: Residues, row: int, column: int) -> Residues:
        return value.moved(lambda rows: ((rows[row][column],),))

    def node(self, key: Key) -> Residues:
        if key not in self._values:
            for one in self.graph.missing(key, self._values):
                leaf = self.graph.nodes[one].body is None
                self._values[one] = self._leaf(one) if leaf else self.evaluator.node(one)
        return self._values[key]

    def _leaf(self, key: Key) -> Residues:
        """A leaf; the entries of a distribution sum to one."""
        shape = self.shapes[key[0]]
        entries = [self.draw(("leaf", key, place)) for place in range(shape[0] * shape[1])]
        if key[0] in self.graph.model.distributions:
            entries[-1] = (1 - sum(entries[:-1])) % PRIME
        return Residues(_shaped(entries, shape), 1)

    def derivative(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Residues:
        world = self._seed(by, immediate)
        own = immediate and of not in by and self.graph.nodes[of].body is not None
        return world.jacobian(world.evaluator.node(of) if own else world.node(of))

    def derivative_of(self, of: Callable[[World], Residues], by: tuple[Key, ...], frozen: bool) -> Residues:
        world = self._seed(by, frozen)
        return world.jacobian(of(world))

    def _seed(self, by: tuple[Key, ...], frozen: bool) -> _Moved:
        if (by, frozen) not in self._moved:
            self._moved[by, frozen] = _Moved(self, by, frozen)
        return self._moved[by, frozen]

    def add(self, first: Residues, second: Residues) -> Residues:
        both = first.tangent and second.tangent
        tangent = tuple(map(_plus, first.tangent, second.tangent)) if both else first.tangent or second.tangent
        return Residues(_plus(first.rows, second.rows), first.degree + second.degree, tangent)

    def negate(self, value: Residues) -> Residues:
        return value.moved(lambda rows: _each(lambda a: -a % PRIME, rows))

    def scale(self, number: Residues, value: Residues) -> Residues:
        """A number times a matrix; the derivatives of the number have the number's size."""
        return _product(_scaled, number, value)

    def matrix_product(self, first: Residues, second: Residues) -> Residues:
        return _product(_matrix_times, first, second, len(second.rows))

    def elementwise(self, first: Residues, second: Residues) -> Residues:
        return _product(_times, first, second)

    def reciprocal(self, value: Residues) -> Residues:
        return self.power(value, Fraction(-1))

    def power(self, value: Residues, exponent: Fraction) -> Residues:
        if exponent.denominator > 2 or not (exponent > 0 or all(chain.from_iterable(value.rows))):
            raise CannotSay(f"the power with exponent {exponent} has no value here")
        if exponent.denominator == 2:
            return self._root(value, exponent)
        count = int(exponent)
        rows = _each(lambda a: pow(a, count, PRIME), value.rows)
        slope = _each(lambda a: count * pow(a, count - 1, PRIME) % PRIME, value.rows) if value.tangent else ()
        return self._composed(value, rows, (abs(count) + 1) * value.degree, slope)

    def _root(self, value: Residues, exponent: Fraction) -> Residues:
        """A power of the square root, which is a generator for each entry."""
        count, half = exponent.numerator, exponent.numerator * pow(2, -1, PRIME)
        self.argued = max(self.argued, 2 * value.degree)
        roots = _each(lambda a: self.draw(("root", a)), value.rows)
        rows = _each(lambda root: pow(root, count, PRIME), roots)
        slope = _each(lambda root: half * pow(root, count - 2, PRIME) % PRIME, roots)
        return self._composed(value, rows, abs(count) + 2, slope)

    def _composed(self, argument: Residues, rows: Rows, degree: int, slope: Rows) -> Residues:
        """An elementwise function; ``degree`` bounds its value and its ``slope``."""
        tangent = tuple(_times(slope, moved) for moved in argument.tangent)
        return Residues(rows, degree + (argument.degree if tangent else 0), tangent)

    def transpose(self, value: Residues) -> Residues:
        return value.moved(lambda rows: tuple(zip(*rows, strict=True)))

    def reshape(self, value: Residues, shape: Shape) -> Residues:
        return value.moved(lambda rows: _shaped(chain.from_iterable(rows), shape))

    def broadcast(self, value: Residues, shape: Shape) -> Residues:
        return value.moved(lambda rows: ((rows[0][0],) * shape[1],) * shape[0])

    def diagonal(self, value: Residues) -> Residues:
        def spread(rows: Rows) -> Rows:
            entries = [*chain.from_iterable(rows)]
            return tuple(tuple(a if i == j else 0 for j in range(len(entries))) for i, a in enumerate(entries))

        return value.moved(spread)

    def norm(self, value: Residues, order: str) -> Residues:
        if order not in ("", "2", "F") or (order != "F" and 1 not in self.shape(value)):
            raise CannotSay(f"the norm of order {order or 2} has no value here")
        flat = self.reshape(value, (len(value.rows) * len(value.rows[0]), 1))
        return self.power(self.matrix_product(self.transpose(flat), flat), Fraction(1, 2))

    def spectral(self, function: str, value: Residues) -> NoReturn:
        raise CannotSay("singular values and eigenvalues are not algebraic")

    def apply(self, function: str, arguments: tuple[Residues, ...], primes: int, shape: Shape) -> Residues:
        value = arguments[0]
        if function in FUNCTIONS and primes == 0:
            return FUNCTIONS[function](self, value)
        if function in FUNCTIONS and primes == 1 and not value.tangent:
            one = _each(lambda a: 1, value.rows)
            found = FUNCTIONS[function](self, value._replace(tangent=(one,)))
            return Residues(found.tangent[0], found.degree)
        if function == r"\mathrm{softmax}" and not primes:
            powers = self.exp(value)
            count = len(powers.rows) * len(powers.rows[0])
            ones = Residues(((1,) * count,))
            total = self.matrix_product(ones, self.reshape(powers, (count, 1)))
            return self.scale(self.reciprocal(total), powers)
        if primes or function in KNOWN or function in self.graph.model.elementwise:
            raise CannotSay(f"`{function}` has no value here")
        return self._opaque(function, arguments, shape)

    def _opaque(self, function: str, arguments: tuple[Residues, ...], shape: Shape) -> Residues:
        """A function without a formula: its value and its Jacobian are drawn by all of its arguments."""
        entries = tuple(chain.from_iterable(chain.from_iterable(value.rows) for value in arguments))
        name = (function, shape, *map(self.shape, arguments), entries)
        degree = max(value.degree for value in arguments)
        self.argued = max(self.argued, 2 * degree)
        count = shape[0] * shape[1]
        rows = _shaped((self.draw(("value", name, place)) for place in range(count)), shape)
        directions = max(len(value.tangent) for value in arguments)
        if not directions:
            return Residues(rows, 1)
        slope = tuple(tuple(self.draw(("slope", name, i, j)) for j in range(len(entries))) for i in range(count))
        still = [((0,) * len(value.rows[0]),) * len(value.rows) for value in arguments]
        tangent = []
        for direction in range(directions):
            parts = [v.tangent[direction] if v.tangent else zero for v, zero in zip(arguments, still, strict=True)]
            column = tuple((entry,) for part in parts for entry in chain.from_iterable(part))
            tangent.append(_shaped(chain.from_iterable(_matrix_times(slope, column)), shape))
        return Residues(rows, len(entries) * (1 + degree), tuple(tangent))

    def generators(self, name: str, value: Residues) -> Rows:
        """A generator g for each entry a, where -a has 1/g."""
        self.argued = max(self.argued, 2 * value.degree)

        def one(a: int) -> int:
            if a == 0:
                return 1
            drawn = self.draw((name, min(a, PRIME - a)))
            return drawn if a < PRIME - a else pow(drawn, -1, PRIME)

        return _each(one, value.rows)

    def exp(self, value: Residues) -> Residues:
        """The exponential; exp(-a) = 1/exp(a) and exp(0) = 1."""
        rows = self.generators("exp", value)
        return self._composed(value, rows, 1, rows)

    def tanh(self, value: Residues) -> Residues:
        """The hyperbolic tangent, (g^2 - 1)/(g^2 + 1)."""
        rows = _each(lambda g: (g * g - 1) * pow(g * g + 1, -1, PRIME) % PRIME, self.generators("exp", value))
        return self._composed(value, rows, 4, _each(lambda a: (1 - a * a) % PRIME, rows))

    def sigmoid(self, value: Residues) -> Residues:
        """The logistic function, g/(g + 1)."""
        rows = _each(lambda g: g * pow(g + 1, -1, PRIME) % PRIME, self.generators("exp", value))
        return self._composed(value, rows, 2, _each(lambda a: (a - a * a) % PRIME, rows))

    def log(self, value: Residues) -> Residues:
        """The logarithm: a generator for each entry, whose slope is 1/a."""
        if not all(chain.from_iterable(value.rows)):
            raise CannotSay("the logarithm of zero has no value")
        self.argued = max(self.argued, 2 * value.degree)
        rows = _each(lambda a: self.draw(("log", a)), value.rows)
        return self._composed(value, rows, 1 + value.degree, _each(lambda a: pow(a, -1, PRIME), value.rows))

    def step(self, value: Residues) -> Residues:
        """1 where an entry is positive and 0 where it is negative: only step(-a) = 1 - step(a) is known."""
        self.argued = max(self.argued, 2 * value.degree)

        def one(a: int) -> int:
            drawn = self.draw(("step", min(a, PRIME - a)))
            return drawn if a < PRIME - a else (1 - drawn) % PRIME

        return Residues(_each(one, value.rows), 1)


FUNCTIONS: dict[str, Callable[[PlainExact, Residues], Residues]] = {
    r"\exp": PlainExact.exp,
    r"\tanh": PlainExact.tanh,
    r"\sigma": PlainExact.sigmoid,
    r"\log": PlainExact.log,
    r"\mathrm{relu}": lambda world, value: world.elementwise(world.step(value), value),
    r"\mathrm{id}": lambda world, value: value,
}


class _Moved(PlainExact):
    """The same point with variables moved in each of their directions; ``frozen`` holds every other node."""

    def __init__(self, base: PlainExact, by: tuple[Key, ...], frozen: bool) -> None:
        super().__init__(base.graph, base.shapes)
        self.base = base
        self.moving = frozenset() if frozen else base.graph.dependents(by)
        self.evaluator.lean_on(base.evaluator, (*by, *self.moving))
        values = [base.node(key) for key in by]
        sizes = [len(value.rows) * len(value.rows[0]) for value in values]
        self.directions = sum(sizes)
        before = 0
        for key, value, size in zip(by, values, sizes, strict=True):
            shape = self.shape(value)
            units = (
                _shaped((int(place + before == direction) for place in range(size)), shape)
                for direction in range(self.directions)
            )
            self._values[key] = value._replace(tangent=tuple(units))
            before += size

    def draw(self, name: object) -> int:
        return self.base.draw(name)

    def _seed(self, by: tuple[Key, ...], frozen: bool) -> NoReturn:
        raise CannotSay("a derivative inside of a derivative has no value here")

    def node(self, key: Key) -> Residues:
        if key not in self._values:
            for one in self.graph.missing(key, self._values, self.moving):
                self._values[one] = (self.evaluator if one in self.moving else self.base).node(one)
        return self._values[key]

    def jacobian(self, value: Residues) -> Residues:
        """Rows are the entries of the value, columns the directions."""
        self.base.argued = max(self.base.argued, self.argued)
        count = len(value.rows) * len(value.rows[0])
        if not value.tangent:
            return self.zeros((count, self.directions))
        columns = [tuple(chain.from_iterable(rows)) for rows in value.tangent]
        return Residues(tuple(zip(*columns, strict=True)), value.degree)
