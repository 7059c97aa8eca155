r"""The ranges of ``\sum`` and ``\prod``: every way to write them below and above the sign, and the order of factors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from bpttsym.census import base_name
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Expr,
    Indicator,
    Multiply,
    Negate,
    Number,
    Product,
    Relation,
    Sum,
    Symbol,
    children,
    integer,
    shifted,
    walk,
)
from bpttsym.rewriting import with_children
from bpttsym.surface import Big, Chain, Fence, Surface, Term, Word
from bpttsym.whole_numbers import is_whole

FORM = r"`_{t=1}^{T}`"
DOWN, UP = frozenset((r"\ge", ">")), frozenset((r"\le", "<"))
EXTREMES = frozenset((r"\max", r"\min"))

IndexReader = Callable[[Surface], Expr]


def read_big(node: Big, body: Expr, read: IndexReader, horizon: str, first: int) -> Expr:
    """A sum or product over a range; ``read`` gives the tree of an index, ``first`` is the first step."""
    bounds = dict(node.scripts)
    if len(bounds) != len(node.scripts) or "sub" not in bounds:
        raise NotRead(f"`{node.operator}` needs its index below it", node.span, FORM)
    below = bounds["sub"]
    assert below is not None
    items = below.items if isinstance(below, Fence) else [below]
    above = bounds.get("sup")
    if node.operator == r"\sum" and above is None and all(_is_name(item) for item in items):
        for item in reversed(items):
            body = Sum(body, base_name(item), None, None, span=node.span)
        return body
    inner = items[0] if len(items) == 1 else below
    if not isinstance(inner, Chain) or inner.sides[0] is None:
        raise NotRead(f"the range of `{node.operator}` is not read", below.span, FORM)
    if above is None and inner.relations == [r"\in"] and _is_name(inner.sides[0]) and _is_whole_set(inner.sides[1]):
        return Sum(body, base_name(inner.sides[0]), None, None, span=node.span)
    if above is None:
        return _inequalities(node, inner, body, read, horizon, first)
    if inner.relations != ["="] or not base_name(inner.sides[0]):
        raise NotRead(f"the range of `{node.operator}` is not read", below.span, FORM)
    assert inner.sides[1] is not None
    index, lower, upper = base_name(inner.sides[0]), _bound(inner.sides[1], read), _bound(above, read)
    if node.operator == r"\sum":
        return Sum(body, index, lower, upper, span=node.span)
    if lower == Symbol(horizon) and upper != lower:
        return Product(body, index, upper, lower, "decreasing", span=node.span)
    return Product(body, index, lower, upper, span=node.span)


def _is_whole_set(node: Surface | None) -> bool:
    r"""A capital, which names all that a letter can be: ``w \in V``."""
    return isinstance(node, Word) and re.fullmatch(r"(?:\\[a-z]+\{)?[A-Z]\}?", node.text) is not None


def _is_name(node: Surface) -> bool:
    return isinstance(node, Word) and node.kind == "NAME"


def _bound(node: Surface, read: IndexReader) -> Expr:
    r"""The end of a range, which may be the larger of two steps, ``\max(1, t-10)``, or reckoned from indices."""
    while isinstance(node, Fence) and node.opening == "{" and len(node.items) == 1:
        node = node.items[0]
    if isinstance(node, Fence) and node.opening == "|" and len(node.items) == 1 and _is_whole_set(node.items[0]):
        node = node.items[0]  # the number of what is in a set: `|V|`
    if isinstance(node, Term) and len(node.factors) == 2:
        head, fence = node.factors
        if isinstance(head, Word) and head.text in EXTREMES and isinstance(fence, Fence) and len(fence.items) > 1:
            return Call(head.text, tuple(_bound(item, read) for item in fence.items), span=node.span)
    return _whole(node, read)


def _whole(node: Surface, read: IndexReader) -> Expr:
    found = read(node)
    if not is_whole(found):
        raise NotRead("this end of a range is no index", node.span, "steps, numbers, `+` and `-`")
    return found


def _inequalities(node: Big, chain: Chain, body: Expr, read: IndexReader, horizon: str, first: int) -> Expr:
    r"""``_{k<t}``, ``_{1\le k\le t}``, ``_{t\ge i>k}``: the order of factors is the order of the inequality.

    ``_{j \ne k}`` below a sum leaves one out of all: the others have an indicator.
    """
    sides = [side for side in chain.sides if side is not None]
    relations = chain.relations
    if len(sides) == 2 and _is_name(sides[0]) and relations == [r"\ne"] and node.operator == r"\sum":
        other = Indicator(
            Relation(_whole(sides[0], read), r"\ne", _whole(sides[1], read), span=chain.span), span=chain.span
        )
        factors = body.factors if isinstance(body, Multiply) else (body,)
        operators = body.operators if isinstance(body, Multiply) else ()
        body = Multiply((other, *factors), ("", *operators), span=body.span)
        return Sum(body, base_name(sides[0]), None, None, span=node.span)
    if len(sides) == 2 and _is_name(sides[0]) and relations[0] in UP | DOWN and node.operator == r"\sum":
        end = shifted(_whole(sides[1], read), {"<": -1, ">": 1}.get(relations[0], 0))
        lower, upper = (integer(first), end) if relations[0] in UP else (end, Symbol(horizon))
        return Sum(body, base_name(sides[0]), lower, upper, span=node.span)
    if len(sides) > 3 and node.operator == r"\sum":
        return _triangle(node, sides, relations, body, read)
    if len(sides) != 3 or not (set(relations) <= UP or set(relations) <= DOWN) or not _is_name(sides[1]):
        raise NotRead(f"the range of `{node.operator}` is not read", chain.span, r"`_{t=1}^{T}` or `_{t \ge i > k}`")
    rising = set(relations) <= UP
    ends = (
        (_whole(sides[0], read), _whole(sides[2], read)) if rising else (_whole(sides[2], read), _whole(sides[0], read))
    )
    strict = [relation in "<>" for relation in (relations if rising else reversed(relations))]
    lower, upper = shifted(ends[0], int(strict[0])), shifted(ends[1], -strict[1])
    if node.operator == r"\sum":
        return Sum(body, base_name(sides[1]), lower, upper, span=node.span)
    return Product(body, base_name(sides[1]), lower, upper, "increasing" if rising else "decreasing", span=node.span)


def _triangle(node: Big, sides: list[Surface], relations: list[str], body: Expr, read: IndexReader) -> Expr:
    r"""``_{1\le k\le t\le T}``: a sum for each letter, that over the largest one outermost."""
    rising = set(relations) <= UP
    if not (rising or set(relations) <= DOWN) or not all(map(_is_name, sides[1:-1])):
        raise NotRead(rf"the range of `{node.operator}` is not read", node.span, FORM)
    ordered = [_whole(side, read) for side in (sides if rising else reversed(sides))]
    strict = [int(relation in "<>") for relation in (relations if rising else reversed(relations))]
    for place, letter in enumerate(ordered[1:-1], 1):
        assert isinstance(letter, Symbol)
        lower, upper = shifted(ordered[0], sum(strict[:place])), shifted(ordered[place + 1], -strict[place])
        body = Sum(body, letter.name, lower, upper, span=node.span)
    return body


Linear = dict[str, Fraction]
"""An index as a sum: the coefficient of each letter, and under the empty name the number."""


def with_falling_products(sides: Sequence[Expr | None], backwards: Mapping[str, frozenset[bool]]) -> list[Expr | None]:
    r"""The sides of a chain with each product whose range certainly falls taken from its start down.

    ``\prod_{i=t}^{k+1}`` falls where k runs up to t, or where the chain differentiates step t by step k: from left
    to right its factors are those of t, t-1, ..., k+1. What runs ``backwards`` has the later step as the one by which
    it is differentiated; of what runs both ways under one letter nothing is known. A range of numbers that ends just
    before its start is empty.
    """
    products = (part for side in sides if side is not None for part in walk(side) if isinstance(part, Product))
    if all(part.direction != "written" for part in products):
        return list(sides)
    known: list[Linear] = []
    for side in sides:
        for part in walk(side) if side is not None else ():
            if isinstance(part, Derivative) and isinstance(part.of, Symbol) and isinstance(part.by, Symbol):
                if len(part.of.index) == len(part.by.index) == 1:
                    ways = backwards.get(re.split(r"[_^]", part.of.name)[0], frozenset((False,)))
                    ends = part.of.index[0], part.by.index[0]
                    known += _at_least(*(reversed(ends) if True in ways else ends)) if len(ways) == 1 else []
    return [None if side is None else _fallen(side, known) for side in sides]


def _fallen(node: Expr, known: list[Linear]) -> Expr:
    below = children(node)
    if isinstance(node, Sum | Product):
        letter = Symbol(node.index)
        ends = (*_at_least(letter, node.lower), *_at_least(node.upper, letter))
        new = (_fallen(node.body, [*known, *ends]), *below[1:])
    else:
        new = tuple(_fallen(child, known) for child in below)
    if any(a is not b for a, b in zip(below, new, strict=True)):
        node = with_children(node, new)
    if isinstance(node, Product) and node.direction == "written" and _falls(node, known):
        return Product(node.body, node.index, node.upper, node.lower, "decreasing", span=node.span)
    return node


def _falls(node: Product, known: list[Linear]) -> bool:
    """Whether a range starts at its larger end, but for an empty one."""
    falls, rises = _at_least(node.lower, node.upper), _at_least(node.upper, node.lower)
    if not falls:
        return False
    if set(falls[0]) <= {""}:
        return falls[0].get("", Fraction(0)) > 1
    if _linear(node.upper) is not None and set(_linear(node.upper) or ()) <= {""}:  # from a letter of steps to a number
        known = [*known, *({name: Fraction(1), "": Fraction(-1)} for name in falls[0] if name)]
    return _follows(falls[0], known) and not _follows(rises[0], known)


def _follows(wanted: Linear, known: list[Linear]) -> bool:
    """Whether a sum is at least -1 because one or two known ones are at least 0."""
    for count in (1, 2):
        for chosen in combinations(known, count):
            rest = dict(wanted)
            for one in chosen:
                rest = _minus(rest, one)
            if set(rest) <= {""} and rest.get("", Fraction(0)) >= -1:
                return True
    return False


def _at_least(larger: Expr | None, smaller: Expr | None) -> list[Linear]:
    """The difference of two indices, as a list of one; of none where they are no sums of letters and numbers."""
    first, second = _linear(larger), _linear(smaller)
    return [] if first is None or second is None else [_minus(first, second)]


def _minus(first: Linear, second: Linear) -> Linear:
    found = {name: first.get(name, Fraction(0)) - second.get(name, Fraction(0)) for name in {*first, *second}}
    return {name: number for name, number in found.items() if number}


def _linear(index: Expr | None) -> Linear | None:
    match index:
        case Number(value):
            return {"": value}
        case Symbol(name, ()):
            return {name: Fraction(1)}
        case Negate(body):
            inner = _linear(body)
            return None if inner is None else _minus({}, inner)
        case Add(terms):
            return _total(map(_linear, terms))
        case _:
            return None


def _total(parts: Iterable[Linear | None]) -> Linear | None:
    total: Linear = {}
    for part in parts:
        if part is None:
            return None
        total = _minus(total, _minus({}, part))
    return total
