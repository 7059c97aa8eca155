"""From one sample to many: a sample is a column, and a product entry by entry takes the place of diag(v) w.

A vector (n, 1) of each of N samples becomes a matrix (n, N), a number of each sample a row (1, N). So W h stays W h,
diag(s) g becomes s ∘ g, a^T b the sums of the columns of a ∘ b, and a gradient g h^T, summed over the samples, is the
product of (m, N) and (N, n). What cannot be said so raises CannotSay; then samples are taken one by one.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy
from sympy import DiagMatrix, HadamardPower, HadamardProduct, MatAdd, MatMul, MatrixSymbol, OneMatrix, Trace

from bpttsym.symbolic_functions import Elementwise, Softmax, Sym
from bpttsym.symbolic_jacobians import scalar_atoms
from bpttsym.symbolic_matrices import entrywise, is_column, is_matrix, product_of, scale, shape, total, transpose
from bpttsym.world import CannotSay

N = sympy.Symbol("N", integer=True, positive=True)
"""The number of samples."""


class Batch:
    """Expressions of one sample to those of N samples; ``symbols`` are what differs from sample to sample."""

    def __init__(self, symbols: Iterable[Sym]) -> None:
        self.lifted = {symbol: MatrixSymbol(symbol.name, shape(symbol)[0], N) for symbol in symbols}
        if any(is_matrix(symbol) and not is_column(symbol) for symbol in self.lifted):
            raise CannotSay("a matrix that differs from sample to sample")
        self._known: dict[Sym, Sym] = {}
        self._differs: dict[Sym, bool] = dict.fromkeys(self.lifted, True)

    def differs(self, expr: Sym) -> bool:
        """Whether an expression differs from sample to sample."""
        if expr not in self._differs:
            self._differs[expr] = any(self.differs(part) for part in expr.args)
        return self._differs[expr]

    def each(self, expr: Sym) -> Sym:
        """A vector or number of every sample side by side; as it is where it is the same for all."""
        if not self.differs(expr):
            return expr
        if expr not in self._known:
            self._known[expr] = self._vector(expr) if is_matrix(expr) else self._number(expr)
        return self._known[expr]

    def wide(self, expr: Sym) -> Sym:
        """Like :meth:`each`, with a column repeated where it is the same for all samples."""
        return self.each(expr) if self.differs(expr) else self._repeated(expr)

    def summed(self, expr: Sym) -> Sym:
        """The sum over the samples, in the shape of one."""
        if not self.differs(expr):
            return scale(N, expr)
        terms = expr.args if isinstance(expr, MatAdd) else (expr,)
        columns = [term for term in terms if not is_matrix(term) or is_column(term)]
        sums = [self._contracted(sympy.S.One, [term]) for term in terms if term not in columns]
        if columns:
            sums.append(MatMul(total([self.wide(term) for term in columns]), OneMatrix(N, 1)))
        return total(sums)

    def _repeated(self, expr: Sym) -> Sym:
        if isinstance(expr, OneMatrix):
            return OneMatrix(expr.shape[0], N)
        return MatMul(expr, OneMatrix(1, N)) if is_matrix(expr) else scale(expr, OneMatrix(1, N))

    def _vector(self, expr: Sym) -> Sym:
        match expr:
            case MatrixSymbol():
                return self.lifted[expr]
            case MatAdd():
                return MatAdd(*(self.wide(term) for term in expr.args))
            case HadamardProduct() if is_column(expr):
                return HadamardProduct(*(self.wide(factor) for factor in expr.args))
            case HadamardPower() if is_column(expr):
                return HadamardPower(self.each(expr.args[0]), expr.args[1])
            case Elementwise() if is_column(expr):
                return Elementwise(expr.word, self.each(expr.args[1]))
            case Softmax():
                return Softmax(self.each(expr.args[0]))
            case MatMul() if is_column(expr):
                return self._chain(expr)
            case _:
                raise CannotSay(f"`{type(expr).__name__}` of many samples at once")

    def _number(self, expr: Sym) -> Sym:
        """A number of every sample as a row: sums and products of numbers are those of rows, entry by entry."""
        parts = [part for part in scalar_atoms(expr) if self.differs(part)]
        rows = {part: self._chain(part.args[0]) if isinstance(part, Trace) else self.lifted[part] for part in parts}
        return entrywise(expr, rows, (sympy.S.One, N))

    def _chain(self, expr: Sym) -> Sym:
        """A product that ends in a column, multiplied from the right."""
        if not isinstance(expr, MatMul):
            return self.wide(expr)
        number, factors = expr.as_coeff_matrices()
        found: Sym = factors[-1]
        found = self.each(found)
        wide = self.differs(factors[-1])
        for factor in reversed(factors[:-1]):
            found, wide = self._times(factor, found, wide)
        return self._numbered(number, found, wide)

    def _numbered(self, number: Sym, found: Sym, wide: bool) -> Sym:
        if not self.differs(number):
            return scale(number, found if wide else self._repeated(found))
        found = found if wide else self._repeated(found)
        return HadamardProduct(self._tall(self.each(number), found.shape[0]), found)

    @staticmethod
    def _tall(row: Sym, rows: Sym) -> Sym:
        """A row repeated in so many rows."""
        return row if rows == 1 else MatMul(OneMatrix(rows, 1), row)

    def _times(self, factor: Sym, found: Sym, wide: bool) -> tuple[Sym, bool]:
        """A factor before what has been multiplied, and whether the result differs from sample to sample."""
        if not self.differs(factor):
            return (MatMul(factor, found), wide)
        column = found if wide else self._repeated(found)
        match factor:
            case DiagMatrix():
                return HadamardProduct(self.each(factor.args[0]), column), True
            case MatAdd():
                return MatAdd(*(self._wide(*self._times(term, found, wide)) for term in factor.args)), True
            case MatMul():
                number, factors = factor.as_coeff_matrices()
                for one in reversed(factors):
                    found, wide = self._times(one, found, wide)
                return self._numbered(number, found, wide), True
            case _ if is_column(factor):
                return HadamardProduct(self.each(factor), self._tall(column, factor.shape[0])), True
            case _ if factor.shape[0] == 1:
                both = HadamardProduct(self.each(transpose(factor)), column)
                return MatMul(OneMatrix(1, both.shape[0]), both), True
            case _:
                raise CannotSay(f"`{type(factor).__name__}` of many samples at once")

    def _wide(self, found: Sym, wide: bool) -> Sym:
        return found if wide else self._repeated(found)

    def _contracted(self, number: Sym, factors: list[Sym]) -> Sym:
        """A number times a product of matrices, of a column and a row in the end, summed over the samples."""
        if not any(map(self.differs, (number, *factors))):
            return scale(N * number, product_of(tuple(factors)))
        cut = next((place for place, factor in enumerate(factors) if factor.shape[1] == 1), None)
        if cut is not None:
            left = scale(number, product_of(tuple(factors[: cut + 1])))
            right = product_of(tuple(transpose(factor) for factor in reversed(factors[cut + 1 :])))
            return MatMul(self.wide(left), transpose(self.wide(right)))
        for place, factor in enumerate(factors):
            before, after = factors[:place], factors[place + 1 :]
            if isinstance(factor, MatMul):
                inner, below = factor.as_coeff_matrices()
                return self._contracted(number * inner, [*before, *below, *after])
            if isinstance(factor, MatAdd):
                return total([self._contracted(number, [*before, term, *after]) for term in factor.args])
        raise CannotSay("the sum over samples of a product of matrices")
