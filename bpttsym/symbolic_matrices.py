"""Shapes and products of SymPy's values: of shape (1, 1) a scalar, every other one a matrix; a column is a vector."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import sympy
from sympy import Identity, MatMul, Trace

from bpttsym.symbolic_functions import FUNCTIONS, WORDS, Elementwise, Sym, U
from bpttsym.world import CannotSay


def is_matrix(value: Sym) -> bool:
    """Whether a value is a matrix expression and no scalar."""
    return bool(getattr(value, "is_Matrix", False))


def shape(value: Sym) -> tuple[Sym, Sym]:
    """Rows and columns; a scalar is (1, 1)."""
    return tuple(value.shape) if is_matrix(value) else (sympy.S.One, sympy.S.One)


def symbol(name: str, like: tuple[Sym, Sym]) -> Sym:
    """A symbol for a matrix of a shape, or for a number where that is (1, 1)."""
    return sympy.Symbol(name, real=True) if like == (1, 1) else sympy.MatrixSymbol(name, *like)


def is_column(value: Sym) -> bool:
    """Whether a value is a vector: a matrix with one column."""
    return is_matrix(value) and shape(value)[1] == 1


def scale(number: Sym, value: Sym) -> Sym:
    """A scalar times anything; 1 leaves it as it is."""
    if number == 1:
        return value
    if value == 1:
        return number
    return sympy.MatMul(number, value) if is_matrix(value) else number * value


def product(first: Sym, second: Sym) -> Sym:
    """The matrix product, nested as it is made, so that what is shared stays one node; a scalar where it is (1, 1)."""
    if not is_matrix(first):
        return scale(first, second)
    if not is_matrix(second):
        return scale(second, first)
    if isinstance(first, sympy.Identity):
        return second
    if isinstance(second, sympy.Identity):
        return first
    found = sympy.MatMul(first, second)
    return sympy.Trace(found) if found.shape == (1, 1) else found


def total(terms: list[Sym]) -> Sym:
    """The sum of one or more terms of one shape."""
    if len(terms) == 1:
        return terms[0]
    return sympy.MatAdd(*terms) if is_matrix(terms[0]) else sympy.Add(*terms)


def transpose(value: Sym) -> Sym:
    """The transpose: of a column as it stands, of a matrix carried to its factors and terms."""
    if not is_matrix(value) or isinstance(value, sympy.DiagMatrix | sympy.Identity):
        return value
    match value:
        case sympy.Transpose():
            return value.args[0]
        case sympy.MatMul() if not is_column(value):
            numbers, matrices = value.as_coeff_matrices()
            factors = [transpose(factor) for factor in reversed(matrices)]
            return scale(numbers, sympy.MatMul(*factors) if len(factors) > 1 else factors[0])
        case sympy.MatAdd() if not is_column(value):
            return sympy.MatAdd(*(transpose(term) for term in value.args))
        case _:
            return sympy.Transpose(value)


def zeros(rows: Sym, columns: Sym) -> Sym:
    """The zero of a shape."""
    return sympy.S.Zero if (rows, columns) == (1, 1) else sympy.ZeroMatrix(rows, columns)


def identity(size: Sym) -> Sym:
    """The identity of a size."""
    return sympy.S.One if size == 1 else Identity(size)


def ones(like: tuple[Sym, Sym], number: Sym) -> Sym:
    """A matrix with one number in every entry."""
    return sympy.ZeroMatrix(*like) if number == 0 else scale(number, sympy.OneMatrix(*like))


_SCALAR_CLASSES: dict[type, str] = {
    sympy.tanh: "tanh",
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.Abs: "Abs",
    sympy.sign: "sign",
}


def entrywise(formula: Sym, values: Mapping[Sym, Sym], like: tuple[Sym, Sym]) -> Sym:
    """A formula in scalars with a matrix of shape ``like`` put for some of them, entry by entry.

    Sums, products and powers become those of matrices; a function becomes ``Elementwise``.
    """

    def inside(part: Sym) -> Sym:
        if part in values:
            return values[part]
        if not part.has(*values):
            return part
        match part:
            case sympy.Add():
                below = [inside(arg) for arg in part.args]
                return sympy.MatAdd(*(arg if is_matrix(arg) else ones(like, arg) for arg in below))
            case sympy.Mul():
                below = [inside(arg) for arg in part.args]
                matrices = [arg for arg in below if is_matrix(arg)]
                number = sympy.Mul(*(arg for arg in below if not is_matrix(arg)))
                return scale(number, hadamard(*matrices))
            case sympy.Pow() if not part.exp.has(*values):
                return sympy.HadamardPower(inside(part.base), part.exp)
            case sympy.Piecewise():
                return _piecewise(part, inside)
            case _ if type(part) in _SCALAR_CLASSES:
                return Elementwise(_SCALAR_CLASSES[type(part)], inside(part.args[0]))
            case _:
                raise CannotSay(f"the function `{type(part).__name__}` has no form for vectors")

    result = inside(formula)
    return result if is_matrix(result) else ones(like, result)


def _piecewise(part: Sym, inside: Callable[[Sym], Sym]) -> Sym:
    """The two functions of our table that are given by cases."""
    for word in ("relu", "step"):
        argument = part.args[0].cond.args[0]
        if part == WORDS[word].subs(U, argument):
            return Elementwise(word, inside(argument))
    raise CannotSay("a function given by cases has no form for vectors")


def hadamard(*values: Sym) -> Sym:
    """The product entry by entry of one or more matrices."""
    return values[0] if len(values) == 1 else sympy.HadamardProduct(*values)


def apply(function: str, argument: Sym) -> Sym:
    """A function of FUNCTIONS of a scalar or of every entry of a matrix."""
    row = FUNCTIONS[function]
    if row.formula == U:
        return argument
    return Elementwise(row.word, argument) if is_matrix(argument) else row.formula.subs(U, argument)


def product_of(factors: tuple[Sym, ...]) -> Sym:
    """The product of some factors, from the right, so that a vector at the end is met first; 1 if there are none."""
    found: Sym = sympy.S.One
    for factor in reversed(factors):
        found = product(factor, found)
    return found


def flat_product(factors: Iterable[Sym]) -> Sym:
    """The product of some factors as one MatMul in order, numbers in front; a scalar where it is (1, 1)."""
    number: Sym = sympy.S.One
    matrices: list[Sym] = []
    for factor in factors:
        if not is_matrix(factor):
            number *= factor
        elif isinstance(factor, MatMul):
            coefficient, below = factor.as_coeff_matrices()
            number *= coefficient
            matrices += below
        elif not isinstance(factor, Identity):
            matrices.append(factor)
    if not matrices:
        last = [factor for factor in factors if isinstance(factor, Identity)]
        return scale(number, last[0]) if last else number
    if matrices[0].shape[0] == 1 and matrices[-1].shape[1] == 1:
        return number * Trace(MatMul(*matrices))
    if len(matrices) == 1:
        return scale(number, matrices[0])
    return MatMul(*matrices) if number == 1 else MatMul(number, *matrices)
