r"""What norms are at most, by the norms of factors and the slopes of activations (a part of the proof of bounds)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product as choices

from bpttsym.exact_norms import EUCLIDEAN, Exact, plain
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
    names,
    walk,
)
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

COUNTED = range(1, 10)
"""Powers of a vector, entry by entry, that are products of it."""

SHRINKING = frozenset((r"\tanh", r"\mathrm{relu}", r"\mathrm{id}"))
"""Activations with ``|f(x)| <= |x|``."""


class Estimates(Exact):
    """Products that a side is at most; ``steps`` are what the norm of every single step of the state is at most."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.steps: list[Monomial] = []

    def bound_step(self, small: Monomial, large: Monomial) -> None:
        """Take in that one product is at most another, where the first is the norm of the Jacobian of any step."""
        match small.powers:
            case ((("norm", Derivative(Symbol(of, (above,)), Symbol(by, (below,)), kind)), power),) if of == by:
                later, earlier = linear(above), linear(below)
                near = later is not None and earlier is not None and plus(later, earlier, -1) == constant(1)
                anywhere = isinstance(above, Symbol) and above.name != self.model.horizon and kind != "immediate"
                numbers = all(kind in ("number", "unknown number") for (kind, _), _ in large.powers)
                if near and anywhere and numbers and of == self.spread.state and power == constant(1):
                    self.steps.append(large)

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
                    yield [self.power(number(value), constant(-1), term) for term in terms]
            case Power(base, exponent):
                yield from self._powers(list(self.above(base)), linear(exponent))
            case Product(body, index, lower, upper) if index not in names(body):
                yield from self._powers(list(self.above(body)), self.count(lower, upper))
            case Product(Norm(Derivative(Symbol(of, (above,)), Symbol(by, (below,)))), index, lower, upper) if of == by:
                yield self.terms(side)
                start, end = self.links(above, below, index, lower, upper)
                yield from self._steps(of, plus(end, start, -1))
            case _:
                yield self.terms(side)

    @staticmethod
    def _products(parts: Sequence[Sequence[list[Monomial]]]) -> Iterator[list[Monomial]]:
        for found in choices(*parts):
            yield [product_of(each) for each in choices(*found)]

    def _powers(self, bases: Sequence[list[Monomial]], exponent: Linear | None) -> Iterator[list[Monomial]]:
        for terms in bases:
            if exponent is not None and len(terms) == 1 and self.not_negative(exponent):
                yield [self.power(terms[0], exponent)]

    def norm(self, body: Expr, within: bool = False) -> Iterator[list[Monomial]]:
        """What the norm of an expression is at most; ``within`` the formula of a quantity, no other is opened."""
        body = plain(body)
        match body:
            case Number(value) if value:
                yield [number(abs(value))]
            case Multiply(parts):
                yield [self.norm_of(body)]
                yield from self._products([list(self.norm(part, within)) for part in parts])
            case Add(parts):
                yield [self.norm_of(body)]
                if len({self.shape(part) for part in parts}) > 1:
                    return
                for found in choices(*(list(self.norm(part, within)) for part in parts)):
                    yield [term for terms in found for term in terms]
            case Divide(above, Number(value)) if value:
                for terms in self.norm(above, within):
                    yield [self.power(number(abs(value)), constant(-1), term) for term in terms]
            case Power(base, exponent):
                yield [self.norm_of(body)]
                steps, (rows, columns) = linear(exponent), self.shape(base)
                counted = steps is not None and is_constant(steps) and value_of(steps) in COUNTED
                if counted or rows == columns > 1:
                    yield from self._powers(list(self.norm(base, within)), steps)
            case Product(Derivative(Symbol(of, (above,)), Symbol(by, (below,))), index, lower, upper) if of == by:
                start, end = self.links(above, below, index, lower, upper)
                yield [atom("chain", (of, start, end))]
                yield from self._steps(of, plus(end, start, -1))
            case Product(inner, index, lower, upper) if index not in names(inner):
                yield from self._powers(list(self.norm(inner, within)), self.count(lower, upper))
            case Derivative(Symbol() as of, Symbol() as by, kind) if kind != "immediate":
                yield [self.norm_of(body)]
                yield from self._jacobian(of, by)
            case Symbol() if self.spread.is_computed(body) and not within:
                yield [self.norm_of(body)]
                yield from self._state(body)
            case _:
                yield [self.norm_of(body)]

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
                yield [product_of((atom("norm", plain(anchor)), term)) for term in terms]

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
        yield from ([self.power(bound, steps)] for bound in self.steps)
        try:
            terms = [self._everywhere(term) for term in self._local(here, before)]
        except Unproved:
            if self.steps:
                return
            raise
        if len(terms) == 1:
            yield [self.power(terms[0], steps)]
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
                return self.norm_of(part)
