r"""Local Jacobians: a table of what the differential of each matrix expression is, and f' by SymPy's ``diff``.

A differential is a sum of terms ``n L dX R`` (or ``n L dX^T R``), n a number. It gives at once

    the Jacobian in numerator layout, vec by rows:   vec(L dX R) = (L ⊗ R^T) vec dX,   d(W h) = (I ⊗ h^T) vec dW
    and the gradient in the shape of X:              G -> L^T G R^T,                   G -> G h^T

where G is the gradient by the expression in its own shape. For the cell h = f(W h' + U x + b) the first reads
dh/dh' = diag(f'(a)) W and dh/dvec W = diag(f'(a)) (I ⊗ h'^T).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sympy
from sympy import DiagMatrix, HadamardPower, HadamardProduct, Identity, KroneckerProduct, MatAdd, MatMul, Trace

from bpttsym.records import dataclass, replace
from bpttsym.symbolic_functions import FUNCTIONS, Elementwise, Softmax, Sym, U, Unknown, V, slope
from bpttsym.symbolic_matrices import (
    entrywise,
    flat_product,
    identity,
    is_column,
    is_matrix,
    product,
    product_of,
    scale,
    shape,
    total,
    transpose,
    zeros,
)
from bpttsym.world import CannotSay


@dataclass(frozen=True)
class Term:
    """``number * left[0] left[1] ... dX right[0] right[1] ...``; dX^T in the middle where ``transposed``.

    With ``inner`` the term is the number <inner, dX>, the sum over all entries.
    """

    left: tuple[Sym, ...] = ()
    right: tuple[Sym, ...] = ()
    transposed: bool = False
    number: Sym = sympy.S.One
    inner: Sym | None = None

    def times(self, number: Sym) -> Term:
        """The term multiplied by a number."""
        return replace(self, number=self.number * number)

    def before(self, *factors: Sym) -> Term:
        """The term with factors put before it."""
        if self.inner is not None:
            raise CannotSay("a vector times the norm of a matrix is not differentiated")
        return replace(self, left=(*factors, *self.left))

    def after(self, *factors: Sym) -> Term:
        """The term with factors put after it."""
        if self.inner is not None:
            raise CannotSay("the norm of a matrix times a vector is not differentiated")
        return replace(self, right=(*self.right, *factors))

    def flipped(self) -> Term:
        """The transpose of the term."""
        left = tuple(transpose(factor) for factor in reversed(self.right))
        right = tuple(transpose(factor) for factor in reversed(self.left))
        return replace(self, left=left, right=right, transposed=not self.transposed)


@dataclass(frozen=True)
class Unknowns:
    """How the Jacobian of a function without a formula by one of its arguments is called; a matrix symbol."""

    symbol: Callable[[Unknown, int], Sym]


Rule = Callable[[Sym, Sym, Sym, Unknowns], list[Term]]
"""Of an expression, the variable, a value that stands for the expression, and names of unknown Jacobians."""


def differential(expr: Sym, by: Sym, value: Sym, unknowns: Unknowns) -> list[Term]:
    """The terms of the differential of an expression by one symbol, all other symbols held fixed.

    ``value`` is a symbol that stands for the expression (or the expression itself): tanh' is written with it.
    """
    if expr == by:
        return [Term()]
    if not expr.has(by):
        return []
    if not is_matrix(expr):
        return _scalar(expr, by, value, unknowns)
    rule = DIFFERENTIALS.get(type(expr))
    if rule is None:
        raise CannotSay(f"the differential of `{type(expr).__name__}` is not known")
    return rule(expr, by, value, unknowns)


def _each(parts: Iterable[Sym], by: Sym, unknowns: Unknowns) -> list[Term]:
    return [term for part in parts for term in differential(part, by, part, unknowns)]


def _sum(expr: Sym, by: Sym, value: Sym, unknowns: Unknowns) -> list[Term]:
    """d(A + B) = dA + dB."""
    return _each(expr.args, by, unknowns)


def _transpose(expr: Sym, by: Sym, value: Sym, unknowns: Unknowns) -> list[Term]:
    """d(A^T) = (dA)^T."""
    return [term.flipped() for term in _each(expr.args, by, unknowns)]


def _product(expr: Sym, by: Sym, value: Sym, unknowns: Unknowns) -> list[Term]:
    """d(A B C) = dA B C + A dB C + A B dC, for a linear term and for a parameter matrix."""
    number, factors = expr.as_coeff_matrices()
    found: list[Term] = []
    for position, factor in enumerate(factors):
        before, after = tuple(factors[:position]), tuple(factors[position + 1 :])
        if isinstance(factor, DiagMatrix) and factor.has(by):
            inner = _diagonal(factor, after, by, unknowns)
        else:
            inner = [term.after(*after) for term in differential(factor, by, factor, unknowns)]
        found += [term.before(*before).times(number) for term in inner]
    if number.has(by):
        rest = product_of(tuple(factors))
        if not is_column(rest):
            raise CannotSay("a number times a matrix is differentiated by the number only before a vector")
        found += [_scaled(rest, term) for term in differential(number, by, number, unknowns)]
    return found


def _diagonal(factor: Sym, after: tuple[Sym, ...], by: Sym, unknowns: Unknowns) -> list[Term]:
    """d(diag(v) u) = diag(u) dv."""
    rest = product_of(after)
    if not after or not is_column(rest):
        raise CannotSay("a diagonal matrix is differentiated only before a vector")
    return [term.before(DiagMatrix(rest)) for term in differential(factor.args[0], by, factor.args[0], unknowns)]


def _scaled(column: Sym, term: Term) -> Term:
    """A column times a term that is a number: (n l dX r) c = n (c l) dX r, which is a column again."""
    return term.before(column)


def _hadamard(expr: Sym, by: Sym, value: Sym, unknowns: Unknowns) -> list[Term]:
    """d(a ∘ b) = diag(b) da + diag(a) db."""
    found: list[Term] = []
    for position, factor in enumerate(expr.args):
        others = (*expr.args[:position], *expr.args[position + 1 :])
        other = others[0] if len(others) == 1 else HadamardProduct(*others)
        found += [_column_times(other, term) for term in differential(factor, by, factor, unknowns)]
    return found


def _column_times(slopes: Sym, term: Term) -> Term:
    """diag(slopes) before a term, or behind it where it is a row; ones leave it as it is."""
    if not is_column(slopes) and shape(slopes)[0] != 1:
        raise CannotSay("a function of every entry of a matrix is differentiated only for vectors")
    if isinstance(slopes, sympy.OneMatrix):
        return term
    return term.before(DiagMatrix(slopes)) if is_column(slopes) else term.after(DiagMatrix(transpose(slopes)))


def _power(expr: Sym, by: Sym, value: Sym, unknowns: Unknowns) -> list[Term]:
    """d(a^n) = diag(n a^(n-1)) da, entry by entry."""
    base, exponent = expr.args
    slopes = entrywise(sympy.diff(U**exponent, U), {U: base}, shape(base))
    return [_column_times(slopes, term) for term in differential(base, by, base, unknowns)]


def _elementwise(expr: Sym, by: Sym, value: Sym, unknowns: Unknowns) -> list[Term]:
    """d f(a) = diag(f'(a)) da, f' by ``diff`` and in terms of the value f(a) where that is simpler."""
    argument = expr.args[1]
    function = next((name for name, row in FUNCTIONS.items() if row.word == expr.word), None)
    if function is None:
        raise CannotSay(f"a second derivative (of `{expr.word}`) is not read")
    derivative = slope(function)
    known = {V: value} if derivative.by_value else {U: argument}
    slopes = entrywise(derivative.formula, known, shape(argument))
    return [_column_times(slopes, term) for term in differential(argument, by, argument, unknowns)]


def _softmax(expr: Sym, by: Sym, value: Sym, unknowns: Unknowns) -> list[Term]:
    """d p = (diag(p) - p p^T) dz for p = softmax(z)."""
    local = MatAdd(DiagMatrix(value), MatMul(-1, value, transpose(value)))
    return [term.before(local) for term in differential(expr.args[0], by, expr.args[0], unknowns)]


def _unknown(expr: Sym, by: Sym, value: Sym, unknowns: Unknowns) -> list[Term]:
    """d f(a, b) = J_a da + J_b db with a symbol for each Jacobian (of a matrix argument: by its vec)."""
    found: list[Term] = []
    for position, argument in enumerate(expr.arguments):
        if not argument.has(by):
            continue
        if is_matrix(argument) and not is_column(argument):
            raise CannotSay("a function without a formula is differentiated by vectors only")
        local = unknowns.symbol(expr, position)
        found += [term.before(local) for term in differential(argument, by, argument, unknowns)]
    return found


def _scalar(expr: Sym, by: Sym, value: Sym, unknowns: Unknowns) -> list[Term]:
    """d g(s_1, s_2, ...) = sum g_i ds_i, g_i by ``diff``; the s_i are scalar symbols and traces of products."""
    atoms = sorted((atom for atom in scalar_atoms(expr) if atom.has(by)), key=sympy.default_sort_key)
    places = {atom: sympy.Dummy(f"s_{number}", real=True) for number, atom in enumerate(atoms)}
    back = {place: atom for atom, place in places.items()}
    formula = expr.xreplace(places)
    found: list[Term] = []
    for atom, place in places.items():
        derivative = sympy.diff(formula, place).xreplace(back)
        if value != expr:
            derivative = derivative.xreplace({expr: value})
        inner = [Term()] if atom == by else _trace(atom, by, unknowns)
        found += [term.times(derivative) for term in inner]
    return found


def scalar_atoms(expr: Sym) -> set[Sym]:
    """The outermost traces in a scalar expression, and the symbols outside of them."""
    if isinstance(expr, Trace | sympy.Symbol):
        return {expr}
    return set[Sym]().union(*(scalar_atoms(arg) for arg in expr.args))


def _trace(expr: Sym, by: Sym, unknowns: Unknowns) -> list[Term]:
    """d(a^T b) = b^T da + a^T db, d(a^T a) = 2 a^T da; d tr(A^T A) = <2 A, dA> for a matrix A."""
    body = expr.args[0]
    number, factors = body.as_coeff_matrices() if isinstance(body, MatMul) else (sympy.S.One, [body])
    square = len(factors) == 2 and transpose(factors[0]) == factors[1]
    if body.shape != (1, 1):
        if not square or factors[1] != by:
            raise CannotSay("of traces only that of A^T A is differentiated, by A itself")
        return [Term(inner=by, number=2 * number)]
    if square:
        return [
            term.before(factors[0]).times(2 * number) for term in differential(factors[1], by, factors[1], unknowns)
        ]
    return [_row(term) for term in differential(body, by, body, unknowns)]


def _row(term: Term) -> Term:
    """A term that is a number, written without a transpose where the variable is a vector."""
    return term.flipped() if term.transposed else term


DIFFERENTIALS: dict[type, Rule] = {
    MatAdd: _sum,
    sympy.Transpose: _transpose,
    MatMul: _product,
    HadamardProduct: _hadamard,
    HadamardPower: _power,
    Elementwise: _elementwise,
    Softmax: _softmax,
    Unknown: _unknown,
}


def jacobian(terms: list[Term], of: Sym, by: Sym) -> Sym:
    """The Jacobian in numerator layout: rows are the entries of ``of``, columns those of ``by``, row by row."""
    rows, columns = shape(of), shape(by)
    size = (rows[0] * rows[1], columns[0] * columns[1])
    if not terms:
        return zeros(*size)
    return total([_jacobian_of(term, rows, by) for term in terms])


def _jacobian_of(term: Term, rows: tuple[Sym, Sym], by: Sym) -> Sym:
    if term.inner is not None:
        raise CannotSay("the derivative of the norm of a matrix by the matrix is written only in its shape")
    held = flat_product(term.right) if term.right else sympy.S.One
    front = (term.number, *term.left) if is_matrix(held) else (term.number * held, *term.left)
    if is_column(by) or not is_matrix(by):
        if not is_matrix(held):
            return flat_product(front if term.left else (*front, identity(shape(by)[0])))
        if (term.transposed and is_column(held)) or (rows[0] == 1 and not term.left):
            return flat_product((*front, transpose(held)))  # dh^T k = k^T dh
    elif rows[1] == 1:
        row = transpose(held) if is_matrix(held) else Identity(1)
        if not term.transposed:
            return flat_product((*front, KroneckerProduct(Identity(shape(by)[0]), row)))
        left = flat_product(term.left) if term.left else Identity(shape(by)[1])
        return scale(front[0], KroneckerProduct(row, left))
    raise CannotSay("a derivative of a matrix by a matrix is not written")


def pull(term: Term, gradient: Sym) -> Sym:
    """The gradient by X in the shape of X, from the gradient by the expression in the shape of the expression."""
    if term.inner is not None:
        return scale(term.number * gradient, term.inner)
    if term.transposed:
        right, left = product_of(term.right), product_of(term.left)
        if not is_matrix(gradient):
            return scale(term.number * gradient, product(right, left))
        return scale(term.number, product(right, product(transpose(gradient), left)))
    for factor in term.left:
        gradient = product(transpose(factor), gradient)
    if term.right:
        gradient = product(gradient, transpose(product_of(term.right)))
    return scale(term.number, gradient)
