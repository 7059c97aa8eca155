"""The world of numbers: derivatives by perturbing the definitions (complex step); it knows no chain rule.

A value is an array (..., samples, rows, columns); perturbed values have one more leading axis, the direction.
A function without a formula is a random smooth network, the same wherever it is applied, so that an equation
which holds here holds for a generic differentiable function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np

from bpttsym.common import Kept
from bpttsym.evaluate import Evaluator
from bpttsym.leaves import FUNCTIONS, SPECTRA, Array, LeafRule, identity, inverses, where_positive
from bpttsym.model import Graph, Key
from bpttsym.opaque import StandIns, under_logarithm
from bpttsym.readings import Readings
from bpttsym.samples import Samples
from bpttsym.shapes import Shape
from bpttsym.world import RELATIVE as RELATIVE
from bpttsym.world import CannotSay, World

STEP = 1e-30
QUIET = np.errstate(all="ignore")
"""Numbers that overflow are no values, which the comparison sees; nothing is written about them.

It stands around each evaluation: around each operation it would take longer than the operation itself.
"""

SHIFT = 0.01
WEIGHTS = tuple(
    (sign * n, sign * weight)
    for n, weight in ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))
    for sign in (1, -1)
)
"""The step and the weights of the differences that give the derivative of a derivative."""


class NumericWorld(StandIns, Samples):
    """Random samples of one model on one unrolled graph.

    ``leaf`` may give a leaf its array (samples, rows, columns); without it, leaves are drawn from ``seed``. ``kept`` is
    what worlds of the same draws know of the same nodes in graphs of more or fewer steps.
    ``simple`` replaces the random network of an unknown function by tanh of a sum (see :meth:`opaque`).
    """

    def __init__(
        self,
        graph: Graph,
        shapes: Mapping[str, Shape],
        samples: int = 6,
        seed: int = 0,
        leaf: LeafRule | None = None,
        simple: bool = False,
        kept: Kept | None = None,
    ) -> None:
        self.graph = graph
        self.shapes = shapes
        self.samples = samples
        self.seed = seed
        self.leaf = leaf
        self.simple = simple
        self._kept = kept
        self._values: dict[Key, Array] = {}
        self._networks: dict[tuple[str, int, int], tuple[Array, Array, Array]] = {}
        self._perturbed: dict[tuple[tuple[Key, ...], bool], _Perturbed] = {}
        self._jacobians: dict[tuple[Key, tuple[Key, ...], bool], Array] = {}
        self.positive = under_logarithm(graph)
        self._evaluator = Evaluator(self, Readings({}))

    def quiet(self) -> np.errstate:
        """Within this no operation complains of what is no number."""
        return np.errstate(all="ignore")

    def shape(self, value: Array) -> Shape:
        return value.shape[-2:]

    def number(self, value: Fraction) -> Array:
        return np.array([[[float(value)]]])

    def zeros(self, shape: Shape) -> Array:
        return np.zeros((1, *shape))

    def identity(self, size: int) -> Array:
        return identity(size)[None]

    def unit(self, shape: Shape, row: int, column: int) -> Array:
        value = self.zeros(shape)
        value[0, row, column] = 1.0
        return value

    def entry(self, value: Array, row: int, column: int) -> Array:
        return value[..., row : row + 1, column : column + 1]

    def node(self, key: Key) -> Array:
        found = self._values.get(key)
        if found is not None:
            return found
        self._reach(key)
        return self._values[key]

    @QUIET
    def _reach(self, key: Key) -> None:
        """Find a node and those before it that are not known."""
        for one in self.graph.missing(key, self._values):
            value = self._kept.value(one) if self._kept else None
            if value is None:
                leaf = self.graph.nodes[one].body is None
                value = self._draw(one) if leaf else self._evaluator.node(one)
                if self._kept:
                    self._kept.keep(one, value)
            self._values[one] = value

    def _draw(self, key: Key) -> Array:
        name, index = key
        shape = self.shapes[name]
        if self.leaf is not None:
            return np.asarray(self.leaf(name, index, shape))
        if name in self.graph.model.one_hot:
            size = shape[0] * shape[1]
            classes = self.random("class", key).integers(0, size, self.samples)
            return np.asarray(np.eye(size)[classes].reshape(self.samples, *shape))
        values = self.random("leaf", key).standard_normal((self.samples, *shape))
        if name in self.graph.model.distributions:
            positive = np.exp(values)
            return np.asarray(positive / positive.sum(axis=(-2, -1), keepdims=True))
        if shape[0] > 1 and shape[1] > 1:
            return np.asarray(values * 1.3 / np.sqrt(shape[1]))
        return np.asarray(values * 0.8)

    def derivative(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Array:
        asked = of, by, immediate
        cached = self._jacobians.get(asked)
        if cached is not None:
            return cached
        if self._kept:
            cached = self._kept.derivative(asked)
        if cached is None:
            cached = self._jacobian(of, by, immediate)
            if self._kept:
                self._kept.keep_derivative(asked, cached)
        self._jacobians[asked] = cached
        return cached

    @QUIET
    def _jacobian(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Array:
        world = self._perturb(by, immediate)
        if immediate and of not in by and self.graph.nodes[of].body is not None:
            value = world.evaluator.node(of)
        else:
            value = world.node(of)
        return world.jacobian(value)

    @QUIET
    def derivative_of(self, of: Callable[[World], Array], by: tuple[Key, ...], frozen: bool) -> Array:
        world = self._perturb(by, frozen)
        try:
            return world.jacobian(of(world))
        except Nested:
            if frozen:
                raise CannotSay("an immediate derivative of a derivative is not read") from None
        return self._by_differences(of, by)

    def _by_differences(self, of: Callable[[World], Array], by: tuple[Key, ...]) -> Array:
        """The derivative of a derivative: differences of eighth order, good to some ten digits."""
        columns = []
        for key in by:
            rows, width = self.shapes[key[0]]
            for place in range(rows * width):
                sides = [of(_Moved(self, key, divmod(place, width), n * SHIFT)) for n, _ in WEIGHTS]
                parts = [weight * side for (_, weight), side in zip(WEIGHTS, sides, strict=True)]
                columns.append(np.asarray(sum(parts) / SHIFT))
        flat = np.stack([column.reshape(*column.shape[:-2], -1) for column in columns], axis=-1)
        return np.ascontiguousarray(flat)

    def _perturb(self, by: tuple[Key, ...], frozen: bool) -> _Perturbed:
        found = self._perturbed.get((by, frozen))
        if found is None:
            kept = self._kept.moved(by, frozen) if self._kept else None
            found = self._perturbed[by, frozen] = _Perturbed(self, by, frozen, kept=kept)
        return found

    def add(self, first: Array, second: Array) -> Array:
        return first + second

    def negate(self, value: Array) -> Array:
        return -value

    def scale(self, number: Array, value: Array) -> Array:
        return number * value

    def matrix_product(self, first: Array, second: Array) -> Array:
        return first @ second

    def elementwise(self, first: Array, second: Array) -> Array:
        return first * second

    def reciprocal(self, value: Array) -> Array:
        return 1 / value

    def power(self, value: Array, exponent: Fraction) -> Array:
        if exponent.denominator == 1:
            return np.asarray(value ** int(exponent))
        return where_positive(value, value ** float(exponent))

    def transpose(self, value: Array) -> Array:
        return np.swapaxes(value, -1, -2)

    def reshape(self, value: Array, shape: Shape) -> Array:
        return value.reshape(*value.shape[:-2], *shape)

    def broadcast(self, value: Array, shape: Shape) -> Array:
        return np.broadcast_to(value, (*value.shape[:-2], *shape))

    def diagonal(self, value: Array) -> Array:
        size = max(self.shape(value))
        return value.reshape(*value.shape[:-2], size, 1) * identity(size)

    def norm(self, value: Array, order: str) -> Array:
        rows, columns = self.shape(value)
        if rows > 1 and columns > 1 and order in ("", "2"):
            return self.spectral(r"\sigma_{\max}", value)
        axes = (-2, -1)
        if order in ("", "2", "F"):
            return np.asarray(np.sqrt((value * value).sum(axis=axes, keepdims=True)))
        if rows > 1 and columns > 1:
            raise CannotSay(f"the norm of order {order} of a matrix is not read")
        size = FUNCTIONS["abs"](value)
        if order == "1":
            return np.asarray(size.sum(axis=axes, keepdims=True))
        return np.asarray(size.max(axis=axes, keepdims=True))

    def inverse(self, value: Array) -> Array:
        return inverses(value)

    def determinant(self, value: Array) -> Array:
        return np.asarray(np.linalg.det(value)[..., None, None])

    def spectral(self, function: str, value: Array) -> Array:
        if np.iscomplexobj(value):
            raise CannotSay("singular values and eigenvalues are not differentiated")
        return SPECTRA[function](value)[..., None, None]

    def apply(self, function: str, arguments: tuple[Array, ...], primes: int, shape: Shape) -> Array:
        unknown = function in self.graph.model.elementwise and function not in FUNCTIONS
        entrywise = unknown and len(arguments) == 1
        known = self.entrywise(function) if entrywise else FUNCTIONS.get(function)
        if known is None:
            if primes:
                raise CannotSay(f"the derivative of the unknown function `{function}` is not read")
            return self.opaque(function, arguments, shape)
        with np.errstate(all="ignore"):
            if primes == 0:
                return known(arguments[0])
            if primes == 1 and not np.iscomplexobj(arguments[0]):
                if function == r"\mathrm{softmax}":
                    raise CannotSay("softmax has no elementwise derivative")
                return np.asarray(known(arguments[0] + 1j * STEP).imag / STEP)
            if primes == 2 and not np.iscomplexobj(arguments[0]) and function != r"\mathrm{softmax}":
                slopes = (w * known(arguments[0] + n * SHIFT + 1j * STEP).imag / STEP for n, w in WEIGHTS)
                return np.asarray(sum(slopes) / SHIFT)
        raise CannotSay("this derivative of a function is not read")

    def central_difference(self, of: Key, by: Key, step: float = 1e-5) -> Array:
        """The total derivative by central differences, sharing nothing with the complex step."""
        sides: list[Array] = []
        for sign in (1.0, -1.0):
            world = _Perturbed(self, (by,), False, sign * step)
            value = world.node(of)
            full = np.broadcast_to(value, (world.directions, *value.shape[-3:]))
            sides.append(full.reshape(world.directions, full.shape[1], -1))
        return np.ascontiguousarray(np.moveaxis((sides[0] - sides[1]) / (2 * step), 0, -1).real)


class Nested(CannotSay):
    """A derivative is asked for inside of another, which one complex step does not give."""


class _Moved(NumericWorld):
    """The same samples with one entry of one variable moved by a real step."""

    def __init__(self, base: NumericWorld, key: Key, place: tuple[int, int], step: float) -> None:
        super().__init__(base.graph, base.shapes, base.samples, base.seed, base.leaf, base.simple)
        self._networks = base._networks
        self.base = base
        self.moving = base.graph.dependents((key,))
        moved = np.array(base.node(key), dtype=float)
        moved[..., place[0], place[1]] += step
        self._values[key] = moved
        self._evaluator.lean_on(base._evaluator, (key, *self.moving))

    @QUIET
    def _reach(self, key: Key) -> None:
        for one in self.graph.missing(key, self._values, self.moving):
            self._values[one] = self._evaluator.node(one) if one in self.moving else self.base.node(one)


class _Perturbed(NumericWorld):
    """The same samples with one variable moved by an imaginary step in each of its directions.

    Frozen: every other node keeps its value (the immediate derivative).
    """

    def __init__(
        self,
        base: NumericWorld,
        by: tuple[Key, ...],
        frozen: bool,
        step: complex = 1j * STEP,
        kept: Kept | None = None,
    ) -> None:
        self.base = base
        self._kept = kept
        self.graph = base.graph
        self.shapes = base.shapes
        self.samples = base.samples
        self.simple = base.simple
        self.seed = base.seed
        self.positive = base.positive
        self.by = by
        self.moving = frozenset() if frozen else base.graph.dependents(by)
        self._values = {}
        self.evaluator = Evaluator(self, Readings({}))
        self.evaluator.lean_on(base._evaluator, (*by, *self.moving))
        self.directions = sum(base.shapes[key[0]][0] * base.shapes[key[0]][1] for key in by)
        start = 0
        for key in by:
            value = base.node(key)
            count = value.shape[-2] * value.shape[-1]
            steps = complex(step) * identity(self.directions)[:, None, start : start + count]
            moved = value.reshape(1, value.shape[-3], count) + steps
            self._values[key] = moved.reshape(self.directions, *value.shape[-3:])
            start += count

    @QUIET
    def _reach(self, key: Key) -> None:
        for one in self.graph.missing(key, self._values, self.moving):
            value = self._kept.value(one) if self._kept else None
            if value is None:
                value = (self.evaluator if one in self.moving else self.base).node(one)
                if self._kept:
                    self._kept.keep(one, value)
            self._values[one] = value

    def opaque(self, function: str, arguments: tuple[Array, ...], shape: Shape) -> Array:
        return NumericWorld.opaque(self, function, arguments, shape)

    def network(self, function: str, inputs: int, outputs: int) -> tuple[Array, Array, Array]:
        return self.base.network(function, inputs, outputs)

    def derivative(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Array:
        raise Nested("a derivative of a derivative")

    def derivative_of(self, of: Callable[[World], Array], by: tuple[Key, ...], frozen: bool) -> Array:
        raise Nested("a derivative of a derivative")

    def jacobian(self, value: Array) -> Array:
        """Rows are the entries of the value, columns the directions."""
        rows, columns = self.shape(value)
        if value.dtype.kind != "c":
            return np.zeros((1, rows * columns, self.directions))
        full = value.imag
        if value.ndim < 4 or len(value) != self.directions:
            full = np.broadcast_to(full, (self.directions, *value.shape[-3:]))
        flat = full.reshape(self.directions, full.shape[1], rows * columns) / STEP
        return np.ascontiguousarray(flat.transpose(1, 2, 0))
