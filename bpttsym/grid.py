"""A matrix as rows of entries of any kind of number, and what a world does with it that needs no more than + and *."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain
from typing import Any, Generic, TypeVar

from bpttsym.shapes import Shape
from bpttsym.square import SquareMatrices
from bpttsym.world import SILENT

Entry = TypeVar("Entry")
Grid = tuple[tuple[Entry, ...], ...]


def each(function: Callable[..., Entry], *values: Grid[Any]) -> Grid[Entry]:
    """A function of the entries at each place."""
    return tuple(map(tuple, map(partial(map, function), *values)))


def in_rows(entries: Iterable[Entry], shape: Shape) -> Grid[Entry]:
    """Entries, row by row, as a matrix of a shape."""
    flat = [*entries]
    return tuple(tuple(flat[i * shape[1] : (i + 1) * shape[1]]) for i in range(shape[0]))


class GridOperations(SquareMatrices, Generic[Entry]):
    """The part of a world that moves entries; a world on rows adds ``zero``, ``one`` and ``random``.

    ``network`` makes the weights of a function without a formula, C tanh(A z + a).
    """

    zero: Any
    one: Any
    _networks: dict[tuple[str, int, int], tuple[Grid[Entry], Grid[Entry]]]

    def quiet(self) -> AbstractContextManager[object]:
        return SILENT

    def random(self, name: object, shape: Shape, scale: float) -> Grid[Entry]:
        """Entries between ``-scale`` and ``scale``, the same for the same name."""
        raise NotImplementedError

    def shape(self, value: Grid[Entry]) -> Shape:
        return len(value), len(value[0])

    def zeros(self, shape: Shape) -> Grid[Entry]:
        return ((self.zero,) * shape[1],) * shape[0]

    def identity(self, size: int) -> Grid[Entry]:
        return self.diagonal(((self.one,) * size,))

    def unit(self, shape: Shape, row: int, column: int) -> Grid[Entry]:
        places = (tuple((i, j) == (row, column) for j in range(shape[1])) for i in range(shape[0]))
        return tuple(tuple(self.one if here else self.zero for here in places_of_row) for places_of_row in places)

    def entry(self, value: Grid[Entry], row: int, column: int) -> Grid[Entry]:
        return ((value[row][column],),)

    def negate(self, value: Grid[Entry]) -> Grid[Entry]:
        return each(lambda a: -a, value)

    def scale(self, number: Grid[Entry], value: Grid[Entry]) -> Grid[Entry]:
        factor: Any = number[0][0]
        return each(lambda a: factor * a, value)

    def elementwise(self, first: Grid[Entry], second: Grid[Entry]) -> Grid[Entry]:
        return each(lambda a, b: a * b, first, second)

    def transpose(self, value: Grid[Entry]) -> Grid[Entry]:
        return tuple(zip(*value, strict=True))

    def reshape(self, value: Grid[Entry], shape: Shape) -> Grid[Entry]:
        return in_rows(chain.from_iterable(value), shape)

    def broadcast(self, value: Grid[Entry], shape: Shape) -> Grid[Entry]:
        return ((value[0][0],) * shape[1],) * shape[0]

    def diagonal(self, value: Grid[Entry]) -> Grid[Entry]:
        entries = [*chain.from_iterable(value)]
        return tuple(
            tuple(entry if i == j else self.zero for j in range(len(entries))) for i, entry in enumerate(entries)
        )

    def network(self, function: str, inputs: int, outputs: int) -> tuple[Grid[Entry], Grid[Entry]]:
        """(A a) and C of a function without a formula."""
        key = (function, inputs, outputs)
        if key not in self._networks:
            width = outputs + 2
            self._networks[key] = (
                self.random(("inner", function), (width, inputs + 1), 2 * inputs**-0.5),
                self.random(("outer", function), (outputs, width), 2.0),
            )
        return self._networks[key]
