r"""What norms are at most, by the norms of factors and the slopes of activations (a part of the proof of bounds)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import product as choices

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
    walk,
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
COUNTED = range(1, 10)
"""Powers of a vector, entry by entry, that are products of it."""

SHRINKING = frozenset((r"\tanh", r"\mathrm{relu}", r"\mathrm{id}"))
"""Activations with ``|f(x)| <= |x|``."""


class Estimates:
    """Exact values of sides as products of norms, and products that a side is at most.

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

    # ---------------------------------------------------------------------------------------------------- exact values

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
                return self._norm(body)
            case Norm(body, "F"):
                return atom("norm of Frobenius", _plain(body))
            case Call(r"\sigma_{\max}", (body,)):
                return self._norm(body)
            case Call(function, ()) if function in self.steepest:
                return atom("largest slope", self.steepest[function])
            case Call("abs", (Call(function, (argument,), (), 1),)) | Call(function, (argument,), (), 1):
                return self._largest(function, argument)
            case Symbol(name, ()):
                return self._number(name)
            case Multiply(parts):
                return product_of(map(self.exact, parts))
            case Divide(above, below):
                return self._power(self.exact(below), constant(-1), self.exact(above))
            case Power(base, exponent):
                steps = linear(exponent)
                return self._power(self.exact(base), steps)
            case Product(Norm(Derivative(Symbol(of, (above,)), Symbol(by, (below,)))), index, lower, upper) if of == by:
                return atom("chain", (of, *self._links(above, below, index, lower, upper)))
            case Product(body, index, lower, upper) if index not in names(body):
                return self._power(self.exact(body), self._count(lower, upper))
            case _:
                raise Unproved

    def _power(self, base: Monomial, exponent: Linear | None, first: Monomial = ONE) -> Monomial:
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

    def _norm(self, body: Expr) -> Monomial:
        body = _plain(body)
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

    def _count(self, lower: Expr, upper: Expr) -> Linear:
        first, last = linear(lower), linear(upper)
        if first is None or last is None:
            raise Unproved
        steps = plus(plus(last, first, -1), constant(1))
        self.gaps.add(steps)
        return steps

    def _links(self, above: Expr, below: Expr, index: str, lower: Expr, upper: Expr) -> tuple[Linear, Linear]:
        """The first and the last step of a product of the Jacobians of single steps."""
        one, other, first = linear(above), linear(below), linear(lower)
        if one is None or other is None or first is None:
            raise Unproved
        if plus(one, other, -1) != constant(1) or dict(one).get(index) != 1:
            raise Unproved
        offset = plus(one, ((index, Fraction(1)),), -1)
        start = plus(plus(first, offset), constant(-1))
        return start, plus(start, self._count(lower, upper))

    # ---------------------------------------------------------------------------------------------------- upper bounds

    def above(self, side: Expr) -> Iterator[list[Monomial]]:
        """Sums of products that a side is at most, the nearest first."""
        match side:
            case Norm(body, order) if order in EUCLIDEAN:
                yield from self.norm(body)
            case Call(r"\sigma_{\max}" | r"\rho", (body,)):
                yield from self.norm(body)
            case Multiply(parts):
                yield from self._products([list(self.above(part)) for part in parts])
            case Add(parts):
                for found in choices(*(list(self.above(part)) for part in parts)):
                    yield [term for terms in found for term in terms]
            case Divide(above, Number(value)) if value > 0:
                for terms in self.above(above):
                    yield [self._power(number(value), constant(-1), term) for term in terms]
            case Power(base, exponent):
                yield from self._powers(list(self.above(base)), linear(exponent))
            case Product(body, index, lower, upper) if index not in names(body):
                yield from self._powers(list(self.above(body)), self._count(lower, upper))
            case _:
                yield self.terms(side)

    @staticmethod
    def _products(parts: Sequence[Sequence[list[Monomial]]]) -> Iterator[list[Monomial]]:
        for found in choices(*parts):
            yield [product_of(each) for each in choices(*found)]

    def _powers(self, bases: Sequence[list[Monomial]], exponent: Linear | None) -> Iterator[list[Monomial]]:
        for terms in bases:
            if exponent is not None and len(terms) == 1 and self.not_negative(exponent):
                yield [self._power(terms[0], exponent)]

    def norm(self, body: Expr, within: bool = False) -> Iterator[list[Monomial]]:
        """What the norm of an expression is at most; ``within`` the formula of a quantity, no other is opened."""
        body = _plain(body)
        match body:
            case Number(value) if value:
                yield [number(abs(value))]
            case Multiply(parts):
                yield [self._norm(body)]
                yield from self._products([list(self.norm(part, within)) for part in parts])
            case Add(parts):
                yield [self._norm(body)]
                if len({self.shape(part) for part in parts}) > 1:
                    return
                for found in choices(*(list(self.norm(part, within)) for part in parts)):
                    yield [term for terms in found for term in terms]
            case Divide(above, Number(value)) if value:
                for terms in self.norm(above, within):
                    yield [self._power(number(abs(value)), constant(-1), term) for term in terms]
            case Power(base, exponent):
                yield [self._norm(body)]
                steps, (rows, columns) = linear(exponent), self.shape(base)
                counted = steps is not None and is_constant(steps) and value_of(steps) in COUNTED
                if counted or rows == columns > 1:
                    yield from self._powers(list(self.norm(base, within)), steps)
            case Product(Derivative(Symbol(of, (above,)), Symbol(by, (below,))), index, lower, upper) if of == by:
                start, end = self._links(above, below, index, lower, upper)
                yield [atom("chain", (of, start, end))]
                yield from self._steps(of, plus(end, start, -1))
            case Product(inner, index, lower, upper) if index not in names(inner):
                yield from self._powers(list(self.norm(inner, within)), self._count(lower, upper))
            case Derivative(Symbol() as of, Symbol() as by, kind) if kind != "immediate":
                yield [self._norm(body)]
                yield from self._jacobian(of, by)
            case Symbol() if self.spread.is_computed(body) and not within:
                yield [self._norm(body)]
                yield from self._state(body)
            case _:
                yield [self._norm(body)]

    def _state(self, symbol: Symbol) -> Iterator[list[Monomial]]:
        body = self.spread.formula(symbol)
        if isinstance(body, Call) and body.function in SHRINKING and len(body.arguments) == 1:
            yield from self.norm(body.arguments[0], True)
        elif body is not None and not isinstance(body, Call):
            yield from self.norm(body, True)

    def _jacobian(self, of: Symbol, by: Symbol) -> Iterator[list[Monomial]]:
        """A Jacobian through the one state step by step, or a gradient by a later one and the steps between."""
        state = self.spread.state
        start = linear(by.index[0]) if len(by.index) == 1 else None
        if state is None or by.name != state or start is None:
            if self.spread.is_near(of, by):
                yield self._local(of, by)
            return
        if of.name == state and len(of.index) == 1 and (end := linear(of.index[0])) is not None:
            yield from self._between(of, by, end, start)
            return
        last = self.spread.last_reached(of)
        for anchor in self.anchors:
            if last is None or anchor.of != of or not isinstance(anchor.by, Symbol) or anchor.by.name != state:
                continue
            end = linear(anchor.by.index[0])
            if end is None or not (end == last or self._is_between(start, end, last)):
                continue
            for terms in self._between(anchor.by, by, end, start):
                yield [product_of((atom("norm", _plain(anchor)), term)) for term in terms]

    def _is_between(self, start: Linear, end: Linear, last: Linear) -> bool:
        """Whether a step is a fixed number of steps behind another, and the last one never before it."""
        near, far = plus(end, start, -1), dict(plus(last, end, -1))
        letters = {letter: value for letter, value in far.items() if letter}
        horizon = letters.pop(self.model.horizon, None)
        ends = horizon is None and not letters and far.get("", Fraction(0)) >= 0
        behind = horizon == 1 and list(letters.values()) == [-1]  # missing nodes leave out what is behind the last
        return is_constant(near) and value_of(near) >= 0 and (ends or behind)

    def _between(self, of: Symbol, by: Symbol, end: Linear, start: Linear) -> Iterator[list[Monomial]]:
        steps = plus(end, start, -1)
        if steps == constant(1):
            yield self._local(of, by)
        if is_constant(steps) and value_of(steps) < 0:
            raise Unproved
        self.gaps.add(steps)
        yield [atom("chain", (of.name, start, end))]
        yield from self._steps(of.name, steps)

    def _steps(self, state: str, steps: Linear) -> Iterator[list[Monomial]]:
        """As many steps, each at most what every step is."""
        if state != self.spread.state:
            raise Unproved
        here, before = Symbol(state, (Symbol("t"),)), Symbol(state, (Add((Symbol("t"), Negate(Number(Fraction(1))))),))
        terms = [self._everywhere(term) for term in self._local(here, before)]
        if len(terms) == 1:
            yield [self._power(terms[0], steps)]
        elif is_constant(steps) and value_of(steps).denominator == 1:
            yield [product_of(each) for each in choices(terms, repeat=int(value_of(steps)))]

    @staticmethod
    def _everywhere(term: Monomial) -> Monomial:
        """A bound on a step in which each slope is the largest."""
        parts = []
        for (kind, of), exponent in term.powers:
            if kind == "slope" and isinstance(of, tuple):
                kind, of = "slope anywhere", of[0]
            elif isinstance(of, Expr) and any(isinstance(p, Symbol) and p.index for p in walk(of)):
                raise Unproved
            parts.append(Monomial((((kind, of), exponent),)))
        return product_of(parts)

    def _local(self, of: Symbol, by: Symbol) -> list[Monomial]:
        """What the derivative of a quantity by one that its own formula holds is at most."""
        if of == by:
            return [ONE]
        body = self.spread.formula(of)
        if body is None or self.shape(body) != self.shape(of):
            raise Unproved
        return self._slope_of(body, of, by)

    def _slope_of(self, body: Expr, of: Symbol, by: Symbol) -> list[Monomial]:
        if not self.spread.depends(body, by):
            return []
        match body:
            case Symbol() if self.spread.same(body, by):
                return [ONE]
            case Symbol():
                return self._local(body, by)
            case Negate(inner):
                return self._slope_of(inner, of, by)
            case Add(parts):
                if len({self.shape(part) for part in parts if self.spread.depends(part, by)} | {self.shape(body)}) > 1:
                    raise Unproved
                return [term for part in parts for term in self._slope_of(part, of, by)]
            case Divide(above, Number(value)) if value:
                scale = number(1 / abs(value))
                return [product_of((scale, term)) for term in self._slope_of(above, of, by)]
            case Call(function, (argument,), (), 0) if function in self.spread.activations:
                slope = atom("slope", (function, self.spread.key(of) if body == self.spread.formula(of) else body))
                return [product_of((slope, term)) for term in self._slope_of(argument, of, by)]
            case Multiply((*before, last)) if not any(self.spread.depends(part, by) for part in before):
                norms = [self._size(part) for part in before]
                return [product_of((*norms, term)) for term in self._slope_of(last, of, by)]
            case _:
                raise Unproved

    def _size(self, part: Expr) -> Monomial:
        """The norm of a factor, or the size of a number."""
        match part:
            case Number(value) if value:
                return number(abs(value))
            case Divide(Number(above), Number(below)) if above and below:
                return number(abs(above / below))
            case Number() | Divide():
                raise Unproved
            case _:
                return self._norm(part)


def _plain(body: Expr) -> Expr:
    """An expression without the signs and transposes that no norm sees."""
    while isinstance(body, Negate | Transpose):
        body = body.body
    return body
