r"""Sides that are lists: sizes, ``(B, n, d)``, and steps, ``h_{1:n} = [h_1; \dots; h_n]`` (a part of the notation).

They stand only where a relation says how large something is, or which steps it holds; in a formula they have no value.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from bpttsym import dots
from bpttsym import notation_parts as parts
from bpttsym.errors import NotRead
from bpttsym.expr import Call, Expr, Listing, Probability, Span, Steps, Symbol, integer, shifted
from bpttsym.index_ranges import GIVEN as GIVEN
from bpttsym.surface import Chain, Fence, Scripted, Surface, Term, Word, within

SIZED = frozenset(rf"\mathrm{{{word}}}" for word in ("shape", "size", "dim", "Shape", "Size"))
"""Words before parentheses that ask how large something is."""

EARLIER = {"<": -1, r"\le": 0}
"""Signs before the last of some steps, and where they end."""

INFINITE = r"\infty"
BRACKETS = frozenset(("(", "[", r"\{"))


INTERVALS = {"(": "<", "[": r"\le"}


def with_interval(chain: Chain) -> Chain:
    r"""A chain of inequalities for ``\alpha \in (0, 1)``; an end that is infinite says nothing."""
    match chain.sides, chain.relations:
        case [Word() | Scripted() as name, Fence(_, "(" | "[" as opening, [low, high], [","])], [r"\in"]:
            ends = [(low, name), (name, high)]
        case _:
            return chain
    kept = [pair for pair in ends if not any(INFINITE in word_texts(side) for side in pair)]
    sides: list[Surface | None] = [*kept[0], *(pair[1] for pair in kept[1:])] if kept else []
    count = len(kept)
    return Chain(chain.span, sides, [INTERVALS[opening]] * count, chain.relation_spans * count) if kept else chain


def word_texts(node: Surface) -> set[str]:
    """The texts of all words in a formula."""
    return {part.text for part in within(node) if isinstance(part, Word)}


def run(reader: parts.Reader, name: str, index: tuple[Expr, ...], script: Surface, span: Span) -> Steps | None:
    """``h_{1:n}``, ``x_{<t}``: the steps that a subscript with a colon or a sign names; None for any other one."""
    inner = script.items[0] if isinstance(script, Fence) and len(script.items) == 1 else script
    if isinstance(inner, Chain) and inner.sides[0] is None and inner.relations[0] in EARLIER and inner.sides[1]:
        last = shifted(reader.index(inner.sides[1]), EARLIER[inner.relations[0]])
        first = integer(reader.signature.first)
        return Steps(Symbol(name, (*index, first), span=span), Symbol(name, (*index, last), span=span), span=span)
    if not isinstance(script, Fence) or ":" not in script.separators:
        return None
    at = script.separators.index(":")
    if script.separators.count(":") > 1:
        raise NotRead("this range of steps is not read", script.span, "`1:n`")
    items = [reader.index(item) for item in script.items]
    before, behind = (*index, *items[:at]), tuple(items[at + 2 :])
    ends = (Symbol(name, (*before, end, *behind), span=span) for end in items[at : at + 2])
    return Steps(*ends, span=span)


def chance(reader: parts.Reader, base: Expr, fence: Fence) -> Expr:
    r"""``p(a, b \mid c)``: a probability, in which dots leave out steps."""
    if fence.opening != "(" or not isinstance(base, Symbol) or base.index:
        raise NotRead("this probability is not read", fence.span, r"`p(a \mid b)`")
    at = fence.separators.index(GIVEN) + 1 if GIVEN in fence.separators else len(fence.items)
    if set(fence.separators) - {",", GIVEN}:
        raise NotRead("parameters of a probability are not read", fence.span, "them below its name")
    groups = [_values(reader, fence.items[:at], fence.span), _values(reader, fence.items[at:], fence.span)]
    span = base.span.join(fence.span) if base.span else fence.span
    return Probability(base.name, *groups, span=span)


def refuse_condition(fence: Fence) -> None:
    """Raises NotRead where a bar with a condition stands in anything but a probability."""
    if GIVEN in fence.separators:
        raise NotRead("a condition behind a bar is not read here", fence.span, r"a probability, `p(a \\mid b)`")


def _values(reader: parts.Reader, items: Sequence[Surface], span: Span) -> tuple[Expr, ...]:
    """The quantities that are listed, each of them alone or in a run of steps."""
    found = [reader.expression(item) for item in items]
    while (place := next((at for at, item in enumerate(found) if dots.is_dots(item)), None)) is not None:
        run, first, end = _longest_run(found, place, span)
        found[first:end] = [run]
    if not all(isinstance(item, Symbol | Steps) for item in found):
        raise NotRead("a formula stands in a probability", span, "quantities only")
    return tuple(found)


def _longest_run(items: Sequence[Expr], place: int, span: Span) -> tuple[Expr, int, int]:
    """The steps around dots, as many as there are of one quantity, and where they stand."""
    for first in range(place):
        for end in range(len(items), place + 1, -1):
            with suppress(NotRead):
                return dots.steps(items[first:end], span), first, end
    return dots.steps(items, span), 0, len(items)


def side(reader: parts.Reader, node: Surface) -> Expr | None:
    """A side that is a list in brackets, of sizes or with dots, or that asks for a size; None for any other."""
    match node:
        case Fence(span, opening, items, separators) if opening in BRACKETS and len(items) > 1:
            sign = separators[0]
            if set(separators) != {sign} or sign == GIVEN or not (opening == "(" or any(map(_is_dots, items))):
                return None
            found = [reader.expression(item) for item in items]
            listed = (dots.steps(found, span),) if any(map(_is_dots, items)) else tuple(found)
            return Listing(listed, opening, sign, span=span)
        case Term(span, [Word(_, "NAME", word), Fence(_, "(", [only])]) if word in SIZED:
            return Call("abs", (reader.expression(only),), span=span)
        case _:
            return None


def _is_dots(node: Surface) -> bool:
    return isinstance(node, Word) and node.kind == "DOTS"
