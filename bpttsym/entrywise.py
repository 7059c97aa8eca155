r"""Sums over entries as products of columns: ``\sum_k y_k \log p_k`` is ``y^{\top} \log p``."""

from __future__ import annotations

from bpttsym.expr import (
    Add,
    Call,
    Component,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Sum,
    Symbol,
    Transpose,
    integer,
    multiply,
    walk,
)
from bpttsym.rewriting import transform
from bpttsym.structure import NotDerived


def without_entries(body: Expr) -> Expr:
    """A definition without sums over entries; NotDerived for one that is no product of two columns, and no square."""

    def change(node: Expr) -> Expr:
        return _summed(node.body, node.index) if isinstance(node, Sum) and node.components else node

    return transform(body, change)


def _summed(body: Expr, letter: str) -> Expr:
    match body:
        case Negate(inner):
            return Negate(_summed(inner, letter))
        case Add(terms):
            return Add(tuple(_summed(term, letter) for term in terms))
        case Power(inner, Number(exponent)) if exponent == 2:
            return Power(Norm(_column(inner, letter)), integer(2))
        case Multiply(factors):
            numbers = [factor for factor in factors if not _counts(factor, letter)]
            columns = [_column(factor, letter) for factor in factors if _counts(factor, letter)]
            if len(columns) == 2:
                return multiply(*numbers, Transpose(columns[0]), columns[1])
    raise NotDerived(f"a sum over the entries `{letter}` that is no product of two columns is not opened")


def _counts(part: Expr, letter: str) -> bool:
    return any(isinstance(inner, Component) and Symbol(letter) in inner.index for inner in walk(part))


def _column(part: Expr, letter: str) -> Expr:
    """The column whose entries a part of a sum is."""
    match part:
        case Component(of, (Symbol(own),)) if own == letter:
            return of
        case Call(function, (argument,), (), 0):
            return Call(function, (_column(argument, letter),))
        case Add(terms):
            return Add(tuple(_column(term, letter) for term in terms))
        case Negate(inner):
            return Negate(_column(inner, letter))
    raise NotDerived(f"a sum over the entries `{letter}` is not opened")
