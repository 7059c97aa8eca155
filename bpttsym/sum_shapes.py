r"""Sizes in sums: a Greek letter may be a number that is added to each entry, or a vector (a part of shapes).

If ``\beta`` in ``\tanh(W h + \beta)`` were a number, the state would be one, and everything would commute.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeGuard

from bpttsym.entry_shapes import Dimensions, Inference
from bpttsym.errors import NotRead
from bpttsym.expr import Add, Component, Divide, Expr, Multiply, Negate, Ones, Power, Symbol, Transpose, walk
from bpttsym.shape_words import is_capital
from bpttsym.weight_shapes import is_constant
from bpttsym.weighted import is_weight


def infer_sum(
    sizes: Inference, terms: tuple[Expr, ...], hint: Dimensions | None, letters: frozenset[str]
) -> Dimensions | None:
    """The shape of a sum, which its terms share; ``letters`` are those that stand for numbers."""
    square = next((sizes.infer(term, hint) for term in terms if _is_outer(term)), None)
    if square is not None and not sizes.is_vector(square):
        for name in filter(None, map(_state, terms)):
            sizes.give(name, square)  # `A_t = \lambda A_{t-1} + h_t h_t^\top`
    known = [(term, None if _is_offset(sizes, term, letters) else sizes.infer(term, hint)) for term in terms]
    shapes = [shape for _, shape in known if shape is not None]
    listed = any(_names(term) & sizes.listed for term in terms)
    numbers = [
        is_constant(term, letters & sizes.multiplied) or (listed and _names(term) and _names(term) <= sizes.single)
        for term in terms
    ]
    wide = [shape for (_, shape), number in zip(known, numbers, strict=True) if shape is not None and not number]
    if not shapes:
        return (0, 0) if any(_is_offset(sizes, term, letters) for term in terms) else None
    base = wide[0] if wide else shapes[0]
    for (term, shape), number in zip(known, numbers, strict=True):
        if shape is None:
            if sizes.batch and not sizes.is_vector(base):
                raise NotRead("whether this is added to each sample of the batch is not said", term.span)
            sizes.expect(_unsigned(term), base)
        elif not number:
            sizes.same(base, shape)
    return base


def _is_outer(term: Expr) -> bool:
    """A column before a row: small letters with a step, the second one transposed."""
    match _unsigned(term):
        case Multiply((*_, Symbol(first, (_, *_)), Transpose(Symbol(second, (_, *_)))), (*_, "")):
            return not is_capital(first) and not is_capital(second)
        case _:
            return False


def _state(term: Expr) -> str:
    """The name of a quantity with a step, perhaps behind numbers; empty for anything else."""
    match _unsigned(term):
        case Symbol(name, (_, *_)):
            return name
        case Multiply((*weights, Symbol(name, (_, *_)))) if all(map(is_weight, weights)):
            return name
        case _:
            return ""


def _unsigned(term: Expr) -> Expr:
    return term.body if isinstance(term, Negate) else term


def _names(term: Expr) -> frozenset[str]:
    """The name that a term is, if it is one."""
    inner = _unsigned(term)
    return frozenset((inner.name,)) if isinstance(inner, Symbol) else frozenset()


def with_entries(bodies: Iterable[Expr]) -> frozenset[str]:
    """The names of which an entry stands somewhere: vectors and matrices, from which a number may be taken."""
    found: set[str] = set()
    for part in (part for body in bodies for part in walk(body)):
        match part:
            case Component(Symbol(name)) | Multiply((*_, Transpose(Ones()), Symbol(name))):
                found.add(name)
            case _:
                continue
    return frozenset(found)


def _is_offset(sizes: Inference, term: Expr, letters: frozenset[str]) -> bool:
    """A letter of numbers that is only ever added: it has the shape of what it is added to."""
    letter = _unsigned(term)
    return _is_plain(letter) and letter.name in letters - sizes.multiplied and not sizes.is_known(letter.name)


def multiplied(bodies: Iterable[Expr]) -> frozenset[str]:
    """The names without an index that stand in a product, a quotient or a power."""
    found: set[str] = set()
    for body in bodies:
        for part in walk(body):
            match part:
                case Multiply(factors):
                    inside = factors
                case Divide(numerator, denominator):
                    inside = (numerator, denominator)
                case Power(base):
                    inside = (base,)
                case _:
                    continue
            # a number may be a sum itself, as in (1 - a) h
            terms = [term for one in inside for term in (one.terms if isinstance(one, Add) else (one,))]
            found |= {n.name for t in terms for n in (_bare(t),) if _is_plain(n)}
    return frozenset(found)


def _is_plain(node: Expr) -> TypeGuard[Symbol]:
    return isinstance(node, Symbol) and not node.index


def _bare(node: Expr) -> Expr:
    inner = _unsigned(node)
    return inner.body if isinstance(inner, Transpose) else inner
