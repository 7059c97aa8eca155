"""The gradients of a graph as a function of NumPy arrays, by ``lambdify``.

Only names made by ``symbolic_names`` reach ``lambdify``. Its ``cse`` is SymPy's, run over the quantities of the graph
and the gradients together: what many paths share is computed once. Arrays are given by name:

    W (m, n), b (n,)      h_0, y (n,) or (N, n)      x of all steps: (T, n) or (T, N, n)

The first axis N are samples, which all arrays that have it share. A gradient has the shape of its array; it is the
sum over the samples where the array is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from bpttsym.errors import UsageError
from bpttsym.model import Key
from bpttsym.records import dataclass
from bpttsym.shapes import Shape
from bpttsym.symbolic_functions import Unknown
from bpttsym.symbolic_names import SAFE, identifier
from bpttsym.symbolic_numpy import printer
from bpttsym.symbolic_program import Program, make_program
from bpttsym.symbolic_world import SymbolicWorld
from bpttsym.world import CannotSay

Array = NDArray[np.float64]


def softmax(z: Array) -> Array:
    """exp(z_i) / sum_k exp(z_k), for every column."""
    powers: Array = np.exp(z - z.max(0))
    powers /= powers.sum(0)
    return powers


@dataclass(frozen=True)
class Argument:
    """An array that a function takes: one leaf, or (``steps``) a leaf of every step along the first axis."""

    name: str
    keys: tuple[Key, ...]
    steps: bool
    shape: Shape

    @property
    def axes(self) -> int:
        """The number of axes without that of the samples."""
        return int(self.steps) + (0 if self.shape == (1, 1) else 1 if self.shape[1] == 1 else 2)


def arguments(world: SymbolicWorld) -> tuple[Argument, ...]:
    """The leaves of a graph as arrays: those of all steps under one name, the state before the first alone."""
    graph = world.graph
    families: dict[tuple[str, bool], list[Key]] = {}
    for key in graph.nodes:
        if graph.is_leaf(key):
            steps = _steps(world, key)
            families.setdefault((key[0] if steps else world.names.of(key), steps), []).append(key)
    taken = {world.names.of(key) for key in graph.nodes}
    found = []
    for (family, steps), keys in families.items():
        name = identifier(family) if steps else family
        while steps and name in taken:
            name += "_"
        found.append(Argument(name, tuple(sorted(keys, key=lambda key: key[1])), steps, world.shapes[keys[0][0]]))
    return tuple(found)


def _steps(world: SymbolicWorld, key: Key) -> bool:
    """Whether a leaf is one of a row over the steps of the graph."""
    return len(key[1]) == 1 and world.graph.model.first <= key[1][0] <= world.graph.length


@dataclass(frozen=True, slots=True)
class Call:
    """The arrays of one call: ``differing`` names those with an axis of samples, ``sizes`` is by size of the graph."""

    arrays: Mapping[str, Array]
    sizes: Mapping[int, int]
    samples: int
    differing: frozenset[str]


class Gradients:
    """A function of arrays, by name, that gives the gradients of one number by some of them.

    ``by`` are names of arguments. Vectors of all samples are columns side by side wherever the equations allow it;
    else the samples are taken one by one.
    """

    def __init__(self, world: SymbolicWorld, of: Key, by: tuple[str, ...]) -> None:
        self.arguments = {argument.name: argument for argument in arguments(world)}
        unknown = [name for name in by if name not in self.arguments]
        if unknown:
            raise UsageError(f"`{unknown[0]}` is no leaf of the model; there are {', '.join(self.arguments)}")
        self.by = by
        self._world = world
        self._of = of
        for key in world.computed(of):
            if unread := world.body(key).atoms(Unknown):
                function = world.names.latex[unread.pop().args[0].name]
                raise CannotSay(f"`{function}` has no formula, so there are no numbers")
        self._dimensions = {size: symbol for symbol, size in world.dimensions.items()}
        self._compiled: dict[frozenset[str], Callable[..., list[Any]] | None] = {}

    def __call__(self, values: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """The gradients by name, each in the shape of its array."""
        call = self._read(values)
        if call.differing not in self._compiled:
            self._compiled[call.differing] = self._compile(call.differing)
        compiled = self._compiled[call.differing]
        return self._one_by_one(call) if compiled is None else self._shaped(compiled(*self._given(call)), call)

    def numerator(self, values: Mapping[str, ArrayLike]) -> dict[str, Array]:
        """The gradients in numerator layout: a row (1, size), parameters flattened row by row.

        An array of all steps gives a row for each of its steps, one that differs from sample to sample one for each.
        """
        found = {}
        for name, gradient in self(values).items():
            own = self.arguments[name].axes - int(self.arguments[name].steps)
            found[name] = gradient.reshape(*gradient.shape[: gradient.ndim - own], 1, -1)
        return found

    def _read(self, values: Mapping[str, ArrayLike]) -> Call:
        """The arrays as floats; raises UsageError where their shapes do not fit together."""
        arrays: dict[str, Array] = {}
        counts: dict[str, int] = {}
        sizes: dict[int, int] = {1: 1}
        for name, argument in self.arguments.items():
            if name not in values:
                raise UsageError(f"the array `{name}` is missing; needed are {', '.join(self.arguments)}")
            array = np.asarray(values[name], dtype=np.float64)
            if array.ndim == argument.axes + 1:
                counts[name] = array.shape[argument.steps]
            elif array.ndim != argument.axes:
                raise UsageError(f"`{name}` has {argument.axes} axes, or one more for samples, not {array.ndim}")
            if argument.steps and len(array) != len(argument.keys):
                raise UsageError(f"`{name}` has {len(argument.keys)} steps, not {len(array)}")
            own = array.shape[array.ndim - argument.axes + argument.steps :]
            for size, length in zip(argument.shape, own, strict=False):
                if sizes.setdefault(size, length) != length:
                    raise UsageError(f"`{name}` has {length} entries where the arrays before it say {sizes[size]}")
            arrays[name] = array
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{count} in `{name}`" for name, count in counts.items())
            raise UsageError(f"the arrays have different numbers of samples: {told}")
        return Call(arrays, sizes, next(iter(counts.values()), 1), frozenset(counts))

    def _given(self, call: Call) -> list[Any]:
        """The arguments of the compiled functions: a matrix for each leaf, the sizes, the number of samples."""
        given: list[Any] = []
        for name, argument in self.arguments.items():
            array, columns = call.arrays[name], name in call.differing
            parts = array if argument.steps else (array,)
            if argument.shape == (1, 1):
                given += [part[None] if columns else part for part in parts]
            elif argument.shape[1] == 1:
                given += [part.T if columns else part[:, None] for part in parts]
            else:
                given += list(parts)
        given += [call.sizes.get(size, 1) for size in self._dimensions]
        given.append(call.samples)
        return given

    def _shaped(self, results: list[Any], call: Call) -> dict[str, Array]:
        """What the compiled function returns, a matrix for each leaf, in the shapes of the arrays."""
        found: dict[str, Array] = {}
        place = 0
        for name in self.by:
            argument, array = self.arguments[name], call.arrays[name]
            parts = results[place : place + len(argument.keys)]
            place += len(argument.keys)
            if name in call.differing:
                parts = [part.T for part in parts]
            found[name] = (np.stack(parts) if argument.steps else np.asarray(parts[0])).reshape(array.shape)
        return found

    def _one_by_one(self, call: Call) -> dict[str, Array]:
        """The gradients of samples taken one by one, summed where the array is the same for all."""
        found: dict[str, Array] = {name: np.zeros_like(call.arrays[name]) for name in self.by}
        for sample in range(call.samples):
            own = {
                name: array.take(sample, int(self.arguments[name].steps)) if name in call.differing else array
                for name, array in call.arrays.items()
            }
            for name, gradient in self(own).items():
                if name not in call.differing:
                    found[name] += gradient
                elif self.arguments[name].steps:
                    found[name][:, sample] = gradient
                else:
                    found[name][sample] = gradient
        return found

    def _compile(self, differing: frozenset[str]) -> Callable[..., list[Any]] | None:
        """The function for arrays of which some have an axis of samples; None where samples must be alone."""
        try:
            return self._lambdified(differing)
        except CannotSay:
            if not differing:
                raise
            return None

    def _lambdified(self, differing: frozenset[str]) -> Callable[..., list[Any]]:
        varied = {key for name in differing for key in self.arguments[name].keys}
        leaves = [key for argument in self.arguments.values() for key in argument.keys]
        wanted = [key for name in self.by for key in self.arguments[name].keys]
        return lambdified(make_program(self._world, self._of, leaves, wanted, varied))


def lambdified(program: Program) -> Callable[..., list[Any]]:
    """A function of arrays that gives a list of arrays; every name in it is one that we made."""
    for symbol in (*program.given, *program.steps):
        if not SAFE.fullmatch(symbol.name):
            raise AssertionError(f"{symbol.name!r} was not made by symbolic_names")
    function: Callable[..., list[Any]] = sympy.lambdify(
        program.given,
        program.wanted,
        modules=[{"softmax": softmax}, "numpy"],
        printer=printer(),
        cse=program.shared,
        docstring_limit=0,
    )
    return function
