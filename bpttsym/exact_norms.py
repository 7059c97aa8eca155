r"""Sides of bounds as exact products of norms, largest slopes and numbers (a part of the proof of bounds)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Divide,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Product,
    Symbol,
    Transpose,
    names,
)
from bpttsym.extents import shape_of
from bpttsym.ground import make_ground
from bpttsym.model import Model
from bpttsym.monomials import (
    ONE,
    Linear,
    Monomial,
    Unproved,
    atom,
    constant,
    is_constant,
    linear,
    number,
    plus,
    product_of,
    value_of,
)
from bpttsym.shapes import Shape
from bpttsym.spread import Spread
from bpttsym.stand_ins import STEEPEST, has_extremum, slope_of

DIAG = r"\mathrm{diag}"
EUCLIDEAN = ("", "2")
SOME_STEPS = 3


class Exact:
    """Exact values of sides as products of norms.

    ``gaps`` are numbers of steps that were met, which are never negative; ``anchors`` are the derivatives of the larger
    side, which may be factors of the smaller one.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.spread = Spread(model)
        self.gaps: set[Linear] = set()
        self.anchors: list[Derivative] = []
        self.steepest = {STEEPEST % name: name for name in self.spread.activations}

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        return make_ground(self.model, SOME_STEPS).shapes

    def shape(self, expr: Expr) -> Shape:
        """The shape of an expression, where all sizes differ; a number beside a vector is added to each entry."""
        try:
            return shape_of(self.shapes, expr)
        except NotRead:
            raise Unproved from None

    def not_negative(self, exponent: Linear) -> bool:
        """Whether a sum of letters is never negative: a constant, or a multiple of the steps between two nodes."""
        if is_constant(exponent):
            return value_of(exponent) >= 0
        if plus(exponent, ((self.model.horizon, Fraction(1)),), -1) == constant(-1) and self.model.first == 1:
            return True
        for gap in self.gaps:
            for letter, value in gap:
                share = dict(exponent).get(letter, Fraction(0)) / value if letter else Fraction(0)
                rest = plus(exponent, gap, -share)
                if share > 0 and is_constant(rest) and value_of(rest) >= 0:
                    return True
        return False

    def terms(self, side: Expr) -> list[Monomial]:
        """A side that is a sum of products of numbers and norms, exactly."""
        if isinstance(side, Add):
            return [term for part in side.terms for term in self.terms(part)]
        return [self.exact(side)]

    def exact(self, side: Expr) -> Monomial:
        match side:
            case Number(value) if value > 0:
                return number(value)
            case Norm(body, order) if order in EUCLIDEAN:
                return self.norm_of(body)
            case Norm(body, "F"):
                return atom("norm of Frobenius", plain(body))
            case Call(r"\sigma_{\max}", (body,)):
                return self.norm_of(body)
            case Call(function, ()) if function in self.steepest:
                return atom("largest slope", self.steepest[function])
            case Call("abs", (Call(function, (argument,), (), 1),)) | Call(function, (argument,), (), 1):
                return self._largest(function, argument)
            case Symbol(name, ()):
                return self._number(name)
            case Multiply(parts):
                return product_of(map(self.exact, parts))
            case Divide(above, below):
                return self.power(self.exact(below), constant(-1), self.exact(above))
            case Power(base, exponent):
                steps = linear(exponent)
                return self.power(self.exact(base), steps)
            case Product(Norm(Derivative(Symbol(of, (above,)), Symbol(by, (below,)))), index, lower, upper) if of == by:
                return atom("chain", (of, *self.links(above, below, index, lower, upper)))
            case Product(body, index, lower, upper) if index not in names(body):
                return self.power(self.exact(body), self.count(lower, upper))
            case _:
                raise Unproved

    def power(self, base: Monomial, exponent: Linear | None, first: Monomial = ONE) -> Monomial:
        found = first.times(base, exponent) if exponent is not None else None
        if found is None:
            raise Unproved
        return found

    def _number(self, name: str) -> Monomial:
        """A number: one that is defined, the largest slope of a function, or one that a hypothesis is about."""
        found = [d for d in self.model.definitions if d.name == name and not d.index]
        if not found and name in self.model.variables:
            return atom("unknown number", name)
        if len(found) != 1:
            raise Unproved
        body = found[0].body
        if has_extremum(body):
            function = slope_of(body) or ""
            used = self.spread.used
            function = function if function in used else min(used) if len(used) == 1 else ""
            if not function:
                raise Unproved
            return atom("largest slope", function)
        return self.exact(body)

    def _largest(self, function: str, argument: Expr) -> Monomial:
        """The largest slope of a function, where the argument is any number."""
        if names(argument) & set(self.model.arities) or function not in self.spread.activations:
            raise Unproved
        return atom("largest slope", function)

    def norm_of(self, body: Expr) -> Monomial:
        body = plain(body)
        if isinstance(body, Call) and body.function == DIAG:
            vector = body.arguments[0]
            if isinstance(vector, Call) and vector.primes == 1 and not names(vector) & set(self.model.arities):
                return self._largest(vector.function, vector.arguments[0])
            slope = self.spread.slope(vector)
            if slope is not None:
                return atom("slope", slope)
        if isinstance(body, Symbol) and self.spread.is_computed(body) and body.index == ():
            raise Unproved
        return atom("norm", body)

    def count(self, lower: Expr, upper: Expr) -> Linear:
        first, last = linear(lower), linear(upper)
        if first is None or last is None:
            raise Unproved
        steps = plus(plus(last, first, -1), constant(1))
        self.gaps.add(steps)
        return steps

    def links(self, above: Expr, below: Expr, index: str, lower: Expr, upper: Expr) -> tuple[Linear, Linear]:
        """The first and the last step of a product of the Jacobians of single steps."""
        one, other, first = linear(above), linear(below), linear(lower)
        if one is None or other is None or first is None:
            raise Unproved
        if plus(one, other, -1) != constant(1) or dict(one).get(index) != 1:
            raise Unproved
        offset = plus(one, ((index, Fraction(1)),), -1)
        start = plus(plus(first, offset), constant(-1))
        return start, plus(start, self.count(lower, upper))


def plain(body: Expr) -> Expr:
    """An expression without the signs and transposes that no norm sees."""
    while isinstance(body, Negate | Transpose):
        body = body.body
    return body
