"""Random smooth networks that stand for functions without a formula, in the world of numbers."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection

import numpy as np

from bpttsym.expr import Call, Symbol, walk
from bpttsym.latex import unicode_line
from bpttsym.leaves import FUNCTIONS, Array
from bpttsym.model import Graph
from bpttsym.shapes import Shape


class StandIns:
    """What stands for each unknown function: the same network wherever the function is applied."""

    graph: Graph
    samples: int
    seed: int
    simple: bool
    positive: frozenset[str]
    _networks: dict[tuple[str, int, int], tuple[Array, Array, Array]]

    def random(self, *name: object) -> np.random.Generator:
        """A generator of its own for each name, so that the order of evaluation changes nothing."""
        return np.random.default_rng([self.seed, zlib.crc32(repr(name).encode())])

    def entrywise(self, function: str) -> Callable[[Array], Array]:
        """An unknown function of one number: a random sum of hyperbolic tangents, the same wherever it is applied."""
        if self.simple:
            return np.tanh
        random = np.random.default_rng([self.seed, zlib.crc32(repr(("entry", function)).encode())])
        scale, slope, offset = random.uniform(0.4, 1.0, 3), random.uniform(0.5, 1.3, 3), random.standard_normal(3)

        def value(x: Array) -> Array:
            return np.asarray(sum(scale[i] * np.tanh(slope[i] * x + offset[i]) for i in range(3)))

        return value

    def opaque(self, function: str, arguments: tuple[Array, ...], shape: Shape) -> Array:
        """A function without a formula: C tanh(A z + a) of all arguments z, with random A, a, C by its name.

        In a simple world tanh(M z), the entries of M being those of the parameters, taken in turn.
        """
        if self.simple:
            return self._simple(function, arguments, shape)
        stacked = _stack(arguments)
        inner, outer, offset = self.network(function, stacked.shape[-2], shape[0] * shape[1])
        value = outer @ np.tanh(inner @ stacked + offset)
        if function in self.positive:
            value = np.exp(value)
        return np.asarray(value.reshape(*value.shape[:-2], *shape))

    def _simple(self, function: str, arguments: tuple[Array, ...], shape: Shape) -> Array:
        count = self._parameter_count(function)
        vectors = arguments[: len(arguments) - count] or arguments
        weights = arguments[len(vectors) :]
        stacked = _stack(vectors)
        size = shape[0] * shape[1]
        inputs = stacked.shape[-2]
        if weights:
            entries = _stack(weights)
            taken = entries[..., np.arange(size * inputs) % entries.shape[-2], 0]
        else:
            taken = np.array([1.0, 0.5, -1.0])[None, np.arange(size * inputs) % 3]
        matrix = taken.reshape(*taken.shape[:-1], size, inputs)
        value = np.tanh(matrix @ stacked)
        if function in self.positive:
            value = np.exp(value)
        return np.asarray(value.reshape(*value.shape[:-2], *shape))

    def _application(self, function: str) -> Call | None:
        for definition in self.graph.model.definitions:
            for part in walk(definition.body):
                if isinstance(part, Call) and part.function == function:
                    return part
        return None

    def _parameter_count(self, function: str) -> int:
        part = self._application(function)
        if part is None:
            return 0
        everything = (*part.arguments, *part.parameters)
        trailing = 0
        while trailing < len(everything) and everything[-1 - trailing] in part.parameters:
            trailing += 1
        return trailing

    def formulas(self, names: Collection[str]) -> tuple[str, ...]:
        """What stands for each unknown function of the named quantities in a simple world, in one line each."""
        known = set(FUNCTIONS) | _defined(self.graph)
        found = []
        for definition in self.graph.model.definitions:
            body = definition.body
            if definition.name not in names or not isinstance(body, Call) or body.function in known:
                continue
            inside = ", ".join(unicode_line(argument) for argument in body.arguments)
            inside = f"({inside})" if len(body.arguments) > 1 else inside
            weights = "".join(f"{unicode_line(weight)} · " for weight in body.parameters)
            found.append(f"{unicode_line(body)} = tanh({weights}{inside})")
        return tuple(dict.fromkeys(found))

    def network(self, function: str, inputs: int, outputs: int) -> tuple[Array, Array, Array]:
        found = self._networks.get((function, inputs, outputs))
        if found is None:
            random = self.random("function", function)
            width = outputs + 4
            samples = self.samples
            found = (
                random.standard_normal((samples, width, inputs)) * 1.2 / np.sqrt(inputs),
                random.standard_normal((samples, outputs, width)) * 1.5 / np.sqrt(width),
                random.standard_normal((samples, width, 1)) * 0.5,
            )
            self._networks[function, inputs, outputs] = found
        return found


def under_logarithm(graph: Graph) -> frozenset[str]:
    """Unknown functions whose value stands under a logarithm: they are positive."""
    named = {
        part.arguments[0].name
        for definition in graph.model.definitions
        for part in walk(definition.body)
        if isinstance(part, Call) and part.function == r"\log" and isinstance(part.arguments[0], Symbol)
    }
    bodies = [definition.body for definition in graph.model.definitions if definition.name in named]
    return frozenset(body.function for body in bodies if isinstance(body, Call) and body.function not in FUNCTIONS)


def _stack(values: tuple[Array, ...]) -> Array:
    """All entries of some values as one column."""
    flat = [value.reshape(*value.shape[:-2], -1, 1) for value in values]
    if len({value.shape[:-2] for value in flat}) > 1:
        lead = np.broadcast_shapes(*(value.shape[:-2] for value in flat))
        flat = [np.broadcast_to(value, (*lead, *value.shape[-2:])) for value in flat]
    return np.concatenate(flat, axis=-2)


def _defined(graph: Graph) -> set[str]:
    return {name for name, _, _ in graph.model.functions}
