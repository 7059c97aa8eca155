r"""Sides that are lists: sizes, ``(B, n, d)``, and steps, ``h_{1:n} = [h_1; \dots; h_n]`` (a part of the notation).

They stand only where a relation says how large something is, or which steps it holds; in a formula they have no value.
"""

from __future__ import annotations

from bpttsym import dots
from bpttsym import notation_parts as parts
from bpttsym.errors import NotRead
from bpttsym.expr import Call, Expr, Listing, Span, Steps, Symbol
from bpttsym.surface import Fence, Surface, Term, Word

SIZED = frozenset(rf"\mathrm{{{word}}}" for word in ("shape", "size", "dim", "Shape", "Size"))
"""Words before parentheses that ask how large something is."""

BRACKETS = frozenset(("(", "[", r"\{"))


def run(reader: parts.Reader, name: str, index: tuple[Expr, ...], script: Surface, span: Span) -> Steps | None:
    """``h_{1:n}``, ``x_{i,1:n}``: the steps that a subscript with a colon names; None for any other subscript."""
    if not isinstance(script, Fence) or ":" not in script.separators:
        return None
    at = script.separators.index(":")
    if script.separators.count(":") > 1:
        raise NotRead("this range of steps is not read", script.span, "`1:n`")
    items = [reader.index(item) for item in script.items]
    before, behind = (*index, *items[:at]), tuple(items[at + 2 :])
    ends = (Symbol(name, (*before, end, *behind), span=span) for end in items[at : at + 2])
    return Steps(*ends, span=span)


def side(reader: parts.Reader, node: Surface) -> Expr | None:
    """A side that is a list in brackets, of sizes or with dots, or that asks for a size; None for any other."""
    match node:
        case Fence(span, opening, items, separators) if opening in BRACKETS and len(items) > 1:
            sign = separators[0]
            if set(separators) != {sign} or not (opening == "(" or any(map(_is_dots, items))):
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
