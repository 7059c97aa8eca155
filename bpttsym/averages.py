r"""Expectations over the data, ``L = \mathbb{E}[\sum_t L_t]``: what an equation about them says of one sample.

An expectation is linear, and passes derivatives by parameters, for the data does not depend on these. So an equation
that is linear in expectations, and names nothing of the data outside of one, holds for every distribution just where
it holds for every sample: point masses are distributions too.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from enum import IntEnum

from bpttsym.expr import (
    Add,
    Call,
    Component,
    Derivative,
    Divide,
    Expr,
    Multiply,
    Negate,
    Number,
    Product,
    Relation,
    Sum,
    Symbol,
    Transpose,
    children,
    walk,
)
from bpttsym.model import Definition
from bpttsym.records import replace
from bpttsym.rewriting import transform
from bpttsym.shape_words import EXPECTATION
from bpttsym.weighted import LOSS_LETTERS

PARAMETERS = frozenset("bcw")
"""Small letters of parameters; other small Latin letters are taken for data."""


class Kind(IntEnum):
    """What an expression is to the data; a sum is what the last of its terms is."""

    FIXED = 0
    MEAN = 1
    RANDOM = 2
    PRODUCT = 3


def has_average(expr: Expr) -> bool:
    return any(isinstance(part, Call) and part.function == EXPECTATION for part in walk(expr))


def of_one_sample(expr: Expr) -> Expr:
    """An expression with what stands in expectations in their place."""

    def change(node: Expr) -> Expr:
        return node.arguments[0] if isinstance(node, Call) and node.function == EXPECTATION else node

    return transform(expr, change) if has_average(expr) else expr


def defined_for_one_sample(definition: Definition) -> Definition:
    """A definition with what stands in expectations in their place."""
    body = of_one_sample(definition.body)
    return definition if body is definition.body else replace(definition, body=body)


class Averages:
    """The formulas of a scope by their names, as they are written, and the letters of its indices."""

    def __init__(self, formulas: Iterable[Definition], indices: Container[str]) -> None:
        self.indices = indices
        self.formulas: dict[tuple[str, int], list[Expr]] = {}
        for one in formulas:
            self.formulas.setdefault((one.name, len(one.index)), []).append(one.body)
        self._known: dict[tuple[str, int], Kind] = {}

    def concerns(self, relation: Relation) -> bool:
        """Whether a relation holds an expectation, or something that is one."""
        return has_average(relation) or any(
            isinstance(part, Symbol) and self._of(part) is Kind.MEAN for part in walk(relation)
        )

    def is_mean(self, expr: Expr) -> bool:
        """Whether an expression is an expectation, or linear in some."""
        return self.kind(expr) is Kind.MEAN

    def kind(self, expr: Expr) -> Kind:
        """What an expression is to the data."""
        match expr:
            case Number():
                return Kind.FIXED
            case Symbol():
                return self._of(expr)
            case Call(function, (body,)) if function == EXPECTATION:
                return Kind.PRODUCT if self.kind(body) is Kind.PRODUCT else Kind.MEAN
            case Negate(body) | Transpose(body) | Sum(body) | Component(body):
                return self.kind(body)
            case Add(terms):
                return max(map(self.kind, terms))
            case Divide(above, below):
                return self._product((above, below), self.kind(below) is Kind.FIXED)
            case Product(body):
                return self._product((body,), False)
            case Multiply(factors):
                return self._product(factors, True)
            case Derivative(of, Symbol() as by):
                fixed = not by.index and self._of(by) is Kind.FIXED
                return self.kind(of) if fixed else max(self.kind(of), Kind.RANDOM)
            case _:
                return self._product(children(expr), False)

    def _product(self, parts: Sequence[Expr], linear: bool) -> Kind:
        kinds = sorted(map(self.kind, parts))
        if Kind.MEAN not in kinds:
            return max(kinds, default=Kind.FIXED)
        return Kind.MEAN if linear and kinds[-1] is Kind.MEAN and kinds.count(Kind.MEAN) == 1 else Kind.PRODUCT

    def _of(self, symbol: Symbol) -> Kind:
        key = symbol.name, len(symbol.index)
        if key not in self.formulas:
            letter = symbol.name.rpartition("{")[2].strip("}")
            small = letter[:1].islower() and letter[:1] not in PARAMETERS
            data = bool(symbol.index) or small or symbol.name in LOSS_LETTERS
            return Kind.RANDOM if data and symbol.name not in self.indices else Kind.FIXED
        if key not in self._known:
            self._known[key] = Kind.FIXED  # where a formula names itself
            self._known[key] = max(map(self.kind, self.formulas[key]))
        return self._known[key]
