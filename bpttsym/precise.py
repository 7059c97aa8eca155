"""World: one sample in as many digits as one asks for, where floats cannot tell two sides apart.

A value is a matrix as rows; a derivative perturbs the definitions by a complex step, as in ``numeric``, and knows no
chain rule. A function without a formula is a random smooth network, keyed by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import chain
from typing import Any, NoReturn

from mpmath.ctx_mp import MPContext  # type: ignore[import-untyped]

from bpttsym.dice import Dice
from bpttsym.evaluate import Evaluator
from bpttsym.grid import Grid, GridOperations, each, in_rows
from bpttsym.model import Graph, Key
from bpttsym.readings import Readings
from bpttsym.shapes import Shape
from bpttsym.world import CannotSay, World

MAXIMUM_WORK = 1500
DIGITS, ROUNDED = 60, 15
"""More than floats lose in any equation whose two sides agree in them, and how many of them rounding may take."""

Entry = Any
"""A real or complex number of the context: mpmath tells no types."""

Matrix = Grid[Entry]
Leaf = Callable[[Key], Iterable[Iterable[float]]]
"""The rows of a leaf."""


class PreciseWorld(GridOperations[Any]):
    """One sample of a model on an unrolled graph, the leaves as ``leaf`` gives them, in ``digits`` digits.

    ``separation`` of two values that are equal is about 10^-digits; what is far above that differs, unless digits were
    ``lost`` in a sum that is far smaller than its terms.
    """

    def __init__(self, graph: Graph, shapes: Mapping[str, Shape], leaf: Leaf, digits: int = DIGITS) -> None:
        self.graph = graph
        self.shapes = shapes
        self.leaf = leaf
        self.context = MPContext()
        self.context.dps = digits
        self.zero, self.one = self.context.zero, self.context.one
        self.step = self.context.mpf(10) ** (-2 * digits)
        self.least = self.context.mpf(10) ** (-2 * digits // 3)
        self.rounding = self.context.mpf(10) ** (ROUNDED - digits)
        self.top: PreciseWorld = self
        self.lost = False
        self.work = 0
        self.functions = _functions(self.context)
        self._values: dict[Key, Matrix] = {}
        self._jacobians: dict[tuple[Key, tuple[Key, ...], bool], tuple[Matrix, int]] = {}
        self._networks: dict[tuple[str, int, int], tuple[Matrix, Matrix]] = {}
        self.evaluator = Evaluator(self, Readings({}))

    def real(self, value: float | Fraction) -> Entry:
        """A number of the context."""
        if isinstance(value, Fraction):
            return self.context.mpf(value.numerator) / value.denominator
        return self.context.mpf(float(value))

    def number(self, value: Fraction) -> Matrix:
        return ((self.real(value),),)

    def node(self, key: Key) -> Matrix:
        if key not in self._values:
            for one in self.graph.missing(key, self._values):
                self.worked()
                leaf = self.graph.nodes[one].body is None
                self._values[one] = self._leaf(one) if leaf else self.evaluator.node(one)
        return self._values[key]

    def worked(self, nodes: int = 1) -> None:
        """Some more nodes; raises CannotSay where so many digits would take too long."""
        self.top.work += nodes
        if self.top.work > MAXIMUM_WORK:
            raise CannotSay(f"in many digits this is over the limit of {MAXIMUM_WORK} nodes")

    def _leaf(self, key: Key) -> Matrix:
        rows = tuple(tuple(map(self.real, row)) for row in self.leaf(key))
        if key[0] in self.graph.model.distributions:
            total = self.context.fsum(chain.from_iterable(rows))
            return tuple(tuple(entry / total for entry in row) for row in rows)
        return rows

    def derivative(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Matrix:
        """The derivative of a node, kept with the work that it was: that counts whenever it is asked for again."""
        asked = of, by, immediate
        if asked in self._jacobians:
            found, nodes = self._jacobians[asked]
            self.worked(nodes)
            return found
        before = self.work - len(self._values)
        found = self._jacobian(by, immediate, lambda world: world.moved(of, immediate))
        self._jacobians[asked] = found, self.work - len(self._values) - before
        return found

    def derivative_of(self, of: Callable[[World], Matrix], by: tuple[Key, ...], frozen: bool) -> Matrix:
        return self._jacobian(by, frozen, of)

    def _jacobian(self, by: tuple[Key, ...], frozen: bool, value: Callable[[Any], Matrix]) -> Matrix:
        """Rows are the entries of the value, columns those of the variables, row by row."""
        columns = []
        for key in by:
            rows, width = self.shapes[key[0]]
            for place in ((i, j) for i in range(rows) for j in range(width)):
                found = value(_Moved(self, key, place, frozen, frozenset(by)))
                columns.append([self.context.im(entry) / self.step for entry in chain(*found)])
        return tuple(zip(*columns, strict=True))

    def add(self, first: Matrix, second: Matrix) -> Matrix:
        return each(self._sum, first, second)

    def _sum(self, a: Entry, b: Entry) -> Entry:
        """A sum; one that is far smaller than what is added may have lost all its digits (1 - h^2 at a saturated h)."""
        total = a + b
        if a and b and abs(total) < self.least * abs(a):
            self.top.lost = True
        return total

    def matrix_product(self, first: Matrix, second: Matrix) -> Matrix:
        columns = tuple(zip(*second, strict=True))
        return tuple(tuple(self.context.fdot(row, column) for column in columns) for row in first)

    def reciprocal(self, value: Matrix) -> Matrix:
        return each(lambda a: self.context.one / a if a else self.context.inf, value)

    def power(self, value: Matrix, exponent: Fraction) -> Matrix:
        if exponent.denominator == 1:
            return each(lambda a: a ** int(exponent) if a or exponent >= 0 else self.context.inf, value)
        real = self.real(exponent)
        return each(lambda a: a**real if self.context.re(a) > 0 else self.context.nan, value)

    def norm(self, value: Matrix, order: str) -> Matrix:
        vector = 1 in self.shape(value)
        if not vector and order in ("", "2"):
            return self.spectral(r"\sigma_{\max}", value)
        if order in ("", "2", "F"):
            return ((self.context.sqrt(sum(entry * entry for entry in chain.from_iterable(value))),),)
        if not vector:
            raise CannotSay(f"the norm of order {order} of a matrix is not read")
        sizes = [self.functions["abs"](entry) for entry in chain.from_iterable(value)]
        return ((sum(sizes) if order == "1" else max(sizes, key=self.context.re),),)

    def spectral(self, function: str, value: Matrix) -> Matrix:
        if any(self.context.im(entry) for entry in chain.from_iterable(value)):
            raise CannotSay("singular values and eigenvalues are not differentiated")
        matrix = self.context.matrix([list(row) for row in value])
        match function:
            case r"\sigma_{\max}" | r"\sigma_{\min}":
                found = self._singular_values(matrix)
            case r"\rho":
                found = map(abs, self._eigenvalues(matrix))
            case _:
                found = self.context.eigsy(matrix, eigvals_only=True)
        return ((max(found) if "max" in function or function == r"\rho" else min(found),),)

    def _singular_values(self, matrix: Any) -> Any:
        try:
            return self.context.svd_r(matrix, compute_uv=False)
        except RuntimeError:
            raise CannotSay("the singular values of a matrix were not found") from None

    def _eigenvalues(self, matrix: Any) -> Any:
        try:
            return self.context.eig(matrix, left=False, right=False)
        except RuntimeError:
            raise CannotSay("the eigenvalues of a matrix were not found") from None

    def apply(self, function: str, arguments: tuple[Matrix, ...], primes: int, shape: Shape) -> Matrix:
        known = self.functions.get(function)
        if primes:
            if primes > 1 or known is None or any(self.context.im(a) for a in chain(*arguments[0])):
                raise CannotSay("this derivative of a function has no value here")
            return each(lambda a: self.context.im(known(self.context.mpc(a, self.step))) / self.step, arguments[0])
        if function == r"\mathrm{softmax}":
            powers = each(self.context.exp, arguments[0])
            total = sum(chain.from_iterable(powers))
            return each(lambda a: a / total, powers)
        if known is not None:
            return each(known, arguments[0])
        if function in self.graph.model.elementwise and len(arguments) == 1:
            return each(lambda a: self._opaque(function, [a], 1)[0], arguments[0])
        entries = [entry for argument in arguments for entry in chain.from_iterable(argument)]
        return in_rows(self._opaque(function, entries, shape[0] * shape[1]), shape)

    def _opaque(self, function: str, entries: list[Entry], outputs: int) -> list[Entry]:
        """C tanh(A z + a), with random A, a, C by the name of the function."""
        inner, outer = self.network(function, len(entries), outputs)
        fdot, tanh = self.context.fdot, self.context.tanh
        hidden = [tanh(fdot(row[:-1], entries) + row[-1]) for row in inner]
        return [fdot(row, hidden) for row in outer]

    def random(self, name: object, shape: Shape, scale: float) -> Matrix:
        dice = Dice(name)
        return tuple(tuple(self.real(dice.uniform(scale)) for _ in range(shape[1])) for _ in range(shape[0]))

    def is_zero(self, value: Matrix) -> bool:
        return not any(chain.from_iterable(value))

    def separation(self, first: Matrix, second: Matrix, met: Iterable[Matrix] = ()) -> Entry:
        """The largest difference of two entries, relative to the largest entry; no number where a side has none.

        It is zero where it is no more than what rounding leaves of the largest number that was ``met`` on the way.
        """
        gap = self._largest(self.add(first, self.negate(second)))
        if gap <= self.rounding * max(map(self._largest, met), default=self.context.zero):
            return self.context.zero
        size = max(self._largest(first), self._largest(second))
        return gap / size if size else self.context.zero

    def _largest(self, value: Matrix) -> Entry:
        return max(filter(self.context.isfinite, map(abs, chain.from_iterable(value))), default=self.context.zero)


class _Moved(PreciseWorld):
    """The same sample with one entry of one variable moved, others held ``still``; frozen, every other node is."""

    def __init__(
        self, base: PreciseWorld, by: Key, place: tuple[int, int], frozen: bool, still: frozenset[Key]
    ) -> None:
        self.graph, self.shapes, self.context = base.graph, base.shapes, base.context
        self.zero, self.one = base.zero, base.one
        self.step, self.functions, self.network = base.step, base.functions, base.network  # type: ignore[method-assign]
        self.least, self.top = base.least, base.top
        self.base = base
        self.still = still
        self.moving = frozenset() if frozen else base.graph.dependents((by,)) - still
        moved = [list(row) for row in base.node(by)]
        moved[place[0]][place[1]] += self.context.mpc(0, self.step)
        self._values = {by: tuple(map(tuple, moved))}
        self._jacobians = {}
        self.work = 0
        self.evaluator = Evaluator(self, Readings({}))

    def _jacobian(self, by: tuple[Key, ...], frozen: bool, value: Callable[[Any], Matrix]) -> NoReturn:
        raise CannotSay("a derivative of a derivative has no value in many digits")

    def moved(self, of: Key, immediate: bool) -> Matrix:
        """The moved value of a node; immediate: by its own definition alone."""
        own = immediate and of not in self.still and self.graph.nodes[of].body is not None
        return self.evaluator.node(of) if own else self.node(of)

    def node(self, key: Key) -> Matrix:
        if key not in self._values:
            for one in self.graph.missing(key, self._values, self.moving):
                self.worked()
                self._values[one] = (self.evaluator if one in self.moving else self.base).node(one)
        return self._values[key]


def _functions(context: Any) -> dict[str, Callable[[Entry], Entry]]:
    return {
        r"\tanh": context.tanh,
        r"\sinh": context.sinh,
        r"\cosh": context.cosh,
        r"\exp": context.exp,
        r"\log": lambda a: context.log(a) if context.re(a) > 0 else context.nan,
        r"\sigma": lambda a: 1 / (1 + context.exp(-a)),
        r"\mathrm{relu}": lambda a: a if context.re(a) > 0 else 0 * a,
        r"\mathrm{softplus}": lambda a: context.log(1 + context.exp(a)),
        r"\mathrm{id}": lambda a: a,
        "abs": lambda a: -a if context.re(a) < 0 else a,
    }
