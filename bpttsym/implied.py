r"""Quantities of a step that are written without it: ``z = W h_{t-1} + U x_t`` and then ``h_t = \tanh(z)`` (document).

A name that never has an index, and whose formula is about one step, is a quantity of that step wherever the letter of
the step is the only one that can be meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from bpttsym.census import INDEX_LETTERS
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Call,
    Expr,
    Number,
    Power,
    Product,
    Steps,
    Sum,
    Symbol,
    children,
    names,
    walk,
)
from bpttsym.model import free_letters, has_derivative
from bpttsym.notation import read_chain
from bpttsym.rewriting import with_children
from bpttsym.signature import Signature
from bpttsym.surface import Chain, Fraction
from bpttsym.weight_shapes import IDENTITIES

DEFINING = frozenset(("=", ":="))


def implied_steps(chains: Iterable[Chain], signature: Signature) -> dict[str, str]:
    """The letter of the step of each name that is written without it."""
    letters: dict[str, set[str]] = {}
    waiting: list[Chain] = []
    skipped = (INDEX_LETTERS - {"L"}) | IDENTITIES | {signature.horizon}
    for chain in chains:
        if not _heads_alone(chain, signature):
            waiting.append(chain)
            continue
        try:
            sides, _ = read_chain(chain, signature)
        except NotRead:
            continue
        skipped |= _indexed(sides)
        left, *formulas = [side for side in sides if side is not None]
        assert isinstance(left, Symbol)
        listed = any(isinstance(part, Steps) for formula in formulas for part in walk(formula))  # are of no one step
        itself = listed or any(left.name in names(formula) or has_derivative(formula) for formula in formulas)
        found = set() if itself else _steps(formulas[:1], signature)
        letters.setdefault(left.name, set()).update(found or {""})
    kept = {name: min(found) for name, found in letters.items() if len(found) == 1 and found != {""}}
    for chain in waiting:
        if kept.keys() <= skipped:
            return {}
        with suppress(NotRead):
            skipped |= _indexed(read_chain(chain, signature)[0])
    return {name: letter for name, letter in kept.items() if name not in skipped}


def _heads_alone(chain: Chain, signature: Signature) -> bool:
    """Whether a chain gives a formula to a name without an index; its first side alone is read for that."""
    first = chain.sides[0]
    if first is None or not chain.relations or chain.relations[0] not in DEFINING or isinstance(first, Fraction):
        return False
    try:
        (left,), _ = read_chain(Chain(chain.span, [first], [], []), signature)
    except NotRead:
        return False
    return isinstance(left, Symbol) and not left.index


def _indexed(sides: Iterable[Expr | None]) -> set[str]:
    """The names that have an index somewhere."""
    parts = (part for side in sides if side is not None for part in walk(side))
    return {part.name for part in parts if isinstance(part, Symbol) and part.index}


def _steps(sides: Sequence[Expr | None], signature: Signature) -> set[str]:
    """The letters that stand in indices, without names of a last step or entry."""
    found = {letter for side in sides if side is not None for letter in free_letters(side)}
    lasts = {letter for letter in found if letter[:1].isupper() or signature.is_last(letter)}
    return found - lasts - {signature.horizon}


def with_steps(sides: Sequence[Expr | None], implied: Mapping[str, str], signature: Signature) -> list[Expr | None]:
    """The sides of a chain with the steps that are implied. Raises NotRead where another step may be meant."""
    used = {name for side in sides if side is not None for name in names(side)} & set(implied)
    if not used:
        return list(sides)
    other = _steps(sides, signature) - {implied[name] for name in used}
    bound = {part.index for side in sides if side is not None for part in walk(side) if isinstance(part, Sum | Product)}
    here = _steps(sides, signature)
    parts = [part for side in sides if side is not None for part in walk(side)]
    other |= {"" for part in parts if isinstance(part, Symbol) and part.index}
    for name in used:
        if other and implied[name] not in here | bound:
            raise _unclear(name, implied[name])
    return [None if side is None else _stepped(side, implied, bound, frozenset()) for side in sides]


def _unclear(name: str, letter: str) -> NotRead:
    return NotRead(f"`{name}` is given without the index `{letter}`, and of which step it is here is not said", None)


def _stepped(node: Expr, implied: Mapping[str, str], bound: set[str], inside: frozenset[str]) -> Expr:
    """A tree with steps; ``bound`` are letters of sums in the chain, ``inside`` those that run at this place."""
    match node:
        case Symbol(name, ()) if name in implied:
            if implied[name] in bound and implied[name] not in inside:
                raise _unclear(name, implied[name])
            return Symbol(name, (Symbol(implied[name]),), span=node.span)
        case Symbol():
            return node
        case Sum(body, index) | Product(body, index):
            for name in names(body) & set(implied):
                if index != implied[name] and index not in free_letters(body):
                    raise _unclear(name, implied[name])
            new = (_stepped(body, implied, bound, inside | {index}), *children(node)[1:])
            return with_children(node, new)
        case Power(base, exponent) if not isinstance(exponent, Number) and names(base) & set(implied):
            raise _unclear(min(names(base) & set(implied)), "t")
        case Call(index=(_, *_)):
            return node
        case _:
            below = children(node)
            stepped = tuple(_stepped(child, implied, bound, inside) for child in below)
            return (
                with_children(node, stepped) if any(a is not b for a, b in zip(below, stepped, strict=True)) else node
            )
