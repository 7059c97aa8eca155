r"""What a definition hands back: the gradient by each quantity that it is computed from, as columns and matrices.

    h = \tanh(W v)    hands    W^{\top}\mathrm{diag}(1 - h^2) g    to v,    \mathrm{diag}(1 - h^2) g v^{\top}    to W

where g is the gradient by h. A function with a formula is a row of ``SLOPES``; one without hands back its transposed
local Jacobian, and so does a column that others are put together to. Every result becomes a claim, and is judged there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bpttsym.expr import (
    Add,
    Call,
    Concatenate,
    Divide,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    ProductOperator,
    Sum,
    Symbol,
    Transpose,
    integer,
    multiply,
    shifted,
    walk,
)
from bpttsym.records import replace
from bpttsym.shapes import Shape
from bpttsym.structure import NotDerived, at_step

ELEMENTWISE = (r"\odot", r"\circ")
DIAG = r"\mathrm{diag}"
ONE: Shape = (1, 1)

Slope = Callable[[Expr, Expr], Expr | None]
"""The entries of a function's derivative from its argument and its value; None where they are all one."""

SLOPES: dict[str, Slope] = {
    r"\tanh": lambda a, value: _less(integer(1), Power(value, integer(2))),
    r"\sigma": lambda a, value: Multiply((value, _less(integer(1), value)), (r"\odot",)),
    r"\mathrm{relu}": lambda a, value: Call(r"\mathrm{relu}", (a,), (), 1),
    r"\mathrm{softplus}": lambda a, value: Call(r"\sigma", (a,)),
    r"\mathrm{id}": lambda a, value: None,
    r"\exp": lambda a, value: value,
    r"\log": lambda a, value: Divide(integer(1), a),
}


def _less(first: Expr, second: Expr) -> Expr:
    return Add((first, Negate(second)))


class Pullback:
    """What the definition of ``node`` hands back to ``target``; ``jacobian`` is the local Jacobian between them.

    The gradient by a column is a column, and the Jacobian is transposed before it; that by a row is a row, and what a
    function of its entries hands back stands behind it.
    """

    def __init__(self, shapes: Mapping[str, Shape], target: Symbol, node: Symbol, jacobian: Expr) -> None:
        self.shapes = shapes
        self.target = target
        self.node = node
        self.jacobian = jacobian

    def of_definition(self, body: Expr, gradient: Expr | None) -> list[Expr]:
        """The terms that a definition hands back; ``gradient`` is None for the quantity that is derived itself."""
        unknown = isinstance(body, Call) and body.function not in (*SLOPES, r"\mathrm{softmax}")
        if unknown or any(isinstance(part, Concatenate) and self._mentions(part) for part in walk(body)):
            if self._is_row(self.node) or (gradient is None and self._is_row(self.target)):
                return [product(gradient, self.jacobian)]
            return [product(Transpose(self.jacobian), gradient)]
        return list(self._terms(body, gradient, self.node))

    def _is_row(self, part: Expr) -> bool:
        rows, columns = self.shape(part)
        return rows == 1 < columns

    def _before(self, factor: Expr, gradient: Expr | None, argument: Expr) -> Expr:
        """A symmetric matrix times the gradient by a column, or the gradient by a row times the matrix."""
        return product(gradient, factor) if self._is_row(argument) else product(factor, gradient)

    def _mentions(self, body: Expr) -> bool:
        return any(isinstance(part, Symbol) and part.name == self.target.name for part in walk(body))

    def _terms(self, body: Expr, gradient: Expr | None, value: Expr) -> Iterator[Expr]:
        """The terms from a part of a definition, whose own value may be written as ``value``."""
        if not self._mentions(body):
            return
        match body:
            case Symbol():
                if body == self.target:
                    yield integer(1) if gradient is None else gradient
            case Negate(inner):
                yield from (negated(term) for term in self._terms(inner, gradient, inner))
            case Add(terms):
                for term in terms:
                    yield from self._terms(term, gradient, term)
            case Sum(inner, letter):
                if not self.target.index:
                    yield from (replace(body, body=term) for term in self._terms(inner, gradient, inner))
                for solved in self._solutions(inner, letter):
                    yield from self._terms(solved, gradient, solved)
            case Multiply(factors, operators):
                yield from self._product(factors, operators, gradient)
            case Transpose(inner):
                yield from self._terms(inner, None if gradient is None else transposed(gradient), inner)
            case Norm(inner, order) if order in ("", "2"):
                yield from self._terms(inner, scaled(gradient, Divide(inner, body)), inner)
            case Power(Norm(inner, order), Number(exponent)) if order in ("", "2") and exponent == 2:
                yield from self._terms(inner, scaled(gradient, product(integer(2), inner)), inner)
            case Divide(inner, Number(number)):
                yield from self._terms(inner, scaled(gradient, Divide(integer(1), Number(number))), inner)
            case Call(r"\mathrm{softmax}", (argument,)) if gradient is not None:
                outer = (Transpose(value), value) if self._is_row(argument) else (value, Transpose(value))
                spread = _less(Call(DIAG, (value,)), Multiply(outer, ("",)))
                yield from self._terms(argument, self._before(spread, gradient, argument), argument)
            case Call(r"\log", (argument,)) if gradient is not None and self.shape(argument) != ONE:
                yield from self._terms(argument, quotient(gradient, argument), argument)
            case Power(inner, Number(exponent)) if self.shape(inner) == ONE:
                lower = inner if exponent == 2 else Power(inner, Number(exponent - 1))
                yield from self._terms(inner, scaled(gradient, product(Number(exponent), lower)), inner)
            case Call(function, (argument,), (), 0) if function in SLOPES:
                slope = SLOPES[function](argument, value)
                if slope is not None and self.shape(argument) != ONE:
                    slope = Call(DIAG, (slope,))
                handed = gradient if slope is None else self._before(slope, gradient, argument)
                yield from self._terms(argument, handed, argument)
            case _:
                raise NotDerived(f"no rule says what a part of the definition of `{self.node.name}` hands back")

    def _solutions(self, body: Expr, letter: str) -> Iterator[Expr]:
        """The summands of a sum over steps in which a target with a step stands."""
        steps = {part.index for part in walk(body) if isinstance(part, Symbol) and part.name == self.target.name}
        for index in sorted(steps, key=repr) if self.target.index else ():
            for offset in (0, 1, -1, 2, -2):
                if index == (shifted(Symbol(letter), offset),):
                    yield at_step(body, letter, shifted(self.target.index[0], -offset))

    def _product(
        self, factors: tuple[Expr, ...], operators: tuple[ProductOperator, ...], gradient: Expr | None
    ) -> Iterator[Expr]:
        """The product rule for the first factor and the rest, by their shapes."""
        first = factors[0]
        rest = factors[1] if len(factors) == 2 else Multiply(factors[1:], operators[1:])
        a, b = self.shape(first), self.shape(rest)
        if operators[0] in ELEMENTWISE or (a == b and a[1] == 1 and a != ONE):
            if gradient is not None:
                yield from self._terms(first, self._before(Call(DIAG, (rest,)), gradient, first), first)
                yield from self._terms(rest, self._before(Call(DIAG, (first,)), gradient, rest), rest)
                return
        elif a == b == ONE:
            yield from self._terms(first, scaled(gradient, rest), first)
            yield from self._terms(rest, scaled(gradient, first), rest)
            return
        elif a == ONE and not self._mentions(first):
            yield from self._terms(rest, scaled(gradient, first) if b == ONE else product(first, gradient), rest)
            return
        elif a[1] == b[0] and a != ONE and b != ONE and operators[0] != r"\otimes":
            yield from self._terms(first, product(gradient, transposed(rest)), first)
            yield from self._terms(rest, product(transposed(first), gradient), rest)
            return
        raise NotDerived(f"no rule says what a product in the definition of `{self.node.name}` hands back")

    def shape(self, body: Expr) -> Shape:
        """Rows and columns of a part of a definition."""
        match body:
            case Symbol(name):
                return self.shapes.get(name, ONE)
            case Transpose(inner):
                rows, columns = self.shape(inner)
                return columns, rows
            case Negate(inner) | Power(inner) | Sum(inner) | Divide(inner):
                return self.shape(inner)
            case Concatenate(parts):
                return sum(self.shape(part)[0] for part in parts), 1
            case Add(terms):
                return max(self.shape(term) for term in terms)
            case Multiply(factors, operators):
                total = self.shape(factors[0])
                for operator, factor in zip(operators, factors[1:], strict=True):
                    other = self.shape(factor)
                    if ONE in (total, other):
                        total = max(total, other)
                    elif operator not in ELEMENTWISE and total[1] == other[0]:
                        total = (total[0], other[1])
                return total
            case Call(function, arguments):
                inner_shape = self.shape(arguments[0])
                return (max(inner_shape), max(inner_shape)) if function == DIAG else inner_shape
            case _:
                return ONE


def product(*factors: Expr | None) -> Expr:
    """The product of the factors that are there; products among them are taken as they are."""
    flat: list[Expr] = []
    minus = False
    for factor in factors:
        if isinstance(factor, Negate):
            minus, factor = not minus, factor.body
        if isinstance(factor, Multiply) and not any(factor.operators):
            flat += factor.factors
        elif factor is not None:
            flat.append(factor)
    return negated(multiply(*flat)) if minus else multiply(*flat)


def scaled(gradient: Expr | None, value: Expr) -> Expr:
    """A value times the gradient by a number; None is one."""
    return product(gradient, value)


def quotient(gradient: Expr, argument: Expr) -> Expr:
    """Entry by entry; a minus stays before the fraction."""
    return negated(Divide(gradient.body, argument)) if isinstance(gradient, Negate) else Divide(gradient, argument)


def negated(term: Expr) -> Expr:
    """Minus a term."""
    return term.body if isinstance(term, Negate) else Negate(term)


def transposed(expr: Expr) -> Expr:
    """The transpose, taken inside of a product; a diagonal matrix is its own."""
    match expr:
        case Transpose(inner):
            return inner
        case Call(function) if function == DIAG:
            return expr
        case Multiply(factors, operators) if not any(operators):
            return Multiply(tuple(transposed(factor) for factor in reversed(factors)), operators)
        case _:
            return Transpose(expr)
