"""SymPy's values as the shared evaluator asks for them: one symbol for each quantity of the unrolled graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import NoReturn

import sympy

from bpttsym.model import Graph, Key
from bpttsym.shapes import Shape
from bpttsym.symbolic_functions import FUNCTIONS, Elementwise, Softmax, Sym, Unknown
from bpttsym.symbolic_matrices import (
    apply,
    flat_product,
    identity,
    is_column,
    is_matrix,
    ones,
    shape,
    symbol,
    total,
    transpose,
    zeros,
)
from bpttsym.symbolic_names import Names, identifier
from bpttsym.world import SILENT, CannotSay


class SymbolicValues:
    """Matrix expressions and scalars in the symbols of one graph, without derivatives.

    ``dimension`` gives the SymPy size that stands for each size in ``shapes``: a symbol, or the number itself. In a
    ``concrete`` world tanh of a linear function stands in for every function without a formula; ``stand_ins`` holds its
    matrices, by function and argument.
    """

    def quiet(self) -> AbstractContextManager[object]:
        return SILENT

    def __init__(
        self,
        graph: Graph,
        shapes: Mapping[str, Shape],
        dimension: Callable[[int], Sym],
        names: Names,
        concrete: bool = False,
    ) -> None:
        self.graph = graph
        self.shapes = shapes
        self.names = names
        self.concrete = concrete
        self.stand_ins: dict[tuple[str, int, tuple[Sym, Sym]], Sym] = {}
        self._dimension = {size: dimension(size) for pair in shapes.values() for size in pair} | {1: sympy.S.One}
        self._size = {symbol: size for size, symbol in self._dimension.items()}
        self._counts: dict[Sym, int] = {}
        self._symbols: dict[Key, Sym] = {}

    def sizes(self, like: Shape) -> tuple[Sym, Sym]:
        """The SymPy sizes of the shape of a quantity."""
        if not set(like) <= self._dimension.keys():
            raise CannotSay("sizes that are sums of others are not written in SymPy")
        return self._dimension[like[0]], self._dimension[like[1]]

    def entries(self, key: Key) -> Sym:
        """The number of entries of a quantity."""
        rows, columns = self.sizes(self.shapes[key[0]])
        return rows * columns

    @property
    def dimensions(self) -> dict[Sym, int]:
        """The sizes that are symbols, and what stands for each in ``shapes``."""
        return {size_symbol: size for size_symbol, size in self._size.items() if size_symbol.is_Symbol}

    def shape(self, value: Sym) -> Shape:
        rows, columns = shape(value)
        return self._counted(rows), self._counted(columns)

    def _counted(self, size: Sym) -> int:
        """The number that a size is, found once."""
        known = self._counts.get(size)
        if known is None:
            known = self._counts[size] = int(size.subs(self._size))
        return known

    def number(self, value: Fraction) -> Sym:
        return sympy.Rational(value.numerator, value.denominator)

    def unit(self, shape: Shape, row: int, column: int) -> Sym:
        raise CannotSay("entries are not written in SymPy")

    def entry(self, value: Sym, row: int, column: int) -> Sym:
        raise CannotSay("entries are not written in SymPy")

    def zeros(self, shape: Shape) -> Sym:
        return zeros(*self.sizes(shape))

    def identity(self, size: int) -> Sym:
        return identity(self._dimension[size])

    def node(self, key: Key) -> Sym:
        """The symbol of a quantity: a matrix symbol, or a scalar one where its shape is (1, 1)."""
        if key not in self._symbols:
            self._symbols[key] = symbol(self.names.of(key), self.sizes(self.shapes[key[0]]))
        return self._symbols[key]

    def add(self, first: Sym, second: Sym) -> Sym:
        if not is_matrix(first):
            return first + second
        terms = first.args if isinstance(first, sympy.MatAdd) else (first,)
        return sympy.MatAdd(*terms, second)

    def negate(self, value: Sym) -> Sym:
        return self.scale(sympy.S.NegativeOne, value)

    def scale(self, number: Sym, value: Sym) -> Sym:
        return flat_product((number, value))

    def matrix_product(self, first: Sym, second: Sym) -> Sym:
        return flat_product((first, second))

    def elementwise(self, first: Sym, second: Sym) -> Sym:
        return sympy.HadamardProduct(first, second)

    def reciprocal(self, value: Sym) -> Sym:
        return self.power(value, Fraction(-1))

    def power(self, value: Sym, exponent: Fraction) -> Sym:
        number = self.number(exponent)
        return sympy.HadamardPower(value, number) if is_matrix(value) else value**number

    def transpose(self, value: Sym) -> Sym:
        return transpose(value)

    def reshape(self, value: Sym, shape: Shape) -> Sym:
        own = self.shape(value)
        if own == shape:
            return value
        if own == (shape[1], shape[0]) and 1 in shape:
            return transpose(value)
        raise CannotSay("a matrix is not written as a vector here")

    def broadcast(self, value: Sym, shape: Shape) -> Sym:
        return ones(self.sizes(shape), value)

    def diagonal(self, value: Sym) -> Sym:
        return sympy.DiagMatrix(value if self.shape(value)[1] == 1 else transpose(value))

    def norm(self, value: Sym, order: str) -> Sym:
        if not is_matrix(value):
            return sympy.Abs(value)
        vector = 1 in self.shape(value)
        if order == "F" or (vector and order in ("", "2")):
            column = transpose(value) if self.shape(value)[0] == 1 else value
            squares = sympy.MatMul(transpose(column), column)
            return sympy.sqrt(sympy.Trace(squares))
        if order == "1" and vector:
            column = transpose(value) if self.shape(value)[0] == 1 else value
            return sympy.Trace(sympy.MatMul(sympy.OneMatrix(1, column.shape[0]), Elementwise("Abs", column)))
        raise CannotSay(f"a norm of order `{order or 2}` is not written in SymPy here")

    def inverse(self, value: Sym) -> NoReturn:
        raise CannotSay("the inverse of a matrix is not written in SymPy")

    def determinant(self, value: Sym) -> NoReturn:
        raise CannotSay("a determinant is not written in SymPy")

    def spectral(self, function: str, value: Sym) -> NoReturn:
        raise CannotSay("singular values and eigenvalues are not written in SymPy")

    def apply(self, function: str, arguments: tuple[Sym, ...], primes: int, shape: Shape) -> Sym:
        if function in FUNCTIONS and primes == 0:
            return apply(function, arguments[0])
        if function == r"\mathrm{softmax}" and primes == 0:
            return Softmax(arguments[0]) if is_matrix(arguments[0]) else sympy.S.One
        if primes:
            raise CannotSay(f"the derivative mark on `{function}` is not written in SymPy")
        if self.concrete:
            return self._stand_in(function, arguments, shape)
        value = Unknown(self.names.of_function(function), *self.sizes(shape), *arguments)
        return sympy.Trace(value) if shape == (1, 1) else value

    def _stand_in(self, function: str, arguments: tuple[Sym, ...], like: Shape) -> Sym:
        """tanh.(A_1 a + A_2 b + ...) for f(a, b, ...)."""
        if not all(is_column(argument) or not is_matrix(argument) for argument in arguments):
            raise CannotSay(f"there is no stand-in for `{function}` of a matrix")
        rows = like[0] * like[1]
        terms = []
        for position, argument in enumerate(arguments, 1):
            size = self._dimension[rows], shape(argument)[0]
            if (function, position, size) not in self.stand_ins:
                name = self.names.fresh(f"A_{identifier(function)}_{position}", rf"A_{{{function},{position}}}")
                self.stand_ins[function, position, size] = symbol(name, size)
            terms.append(flat_product((self.stand_ins[function, position, size], argument)))
        return apply(r"\tanh", total(terms))

    def is_zero(self, value: Sym) -> bool:
        return bool(value == 0) or isinstance(value, sympy.ZeroMatrix)
