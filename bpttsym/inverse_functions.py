r"""Functions with the exponent -1, ``\tanh^{-1}(h)``: their inverses, and no reciprocals (a part of the notation)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from bpttsym.errors import NotRead
from bpttsym.expr import Add, Call, Expr, Multiply, Negate, Number, Power, Span, integer
from bpttsym.scripts import ungroup
from bpttsym.surface import Sums, Surface, Word

LOG, TANH = r"\log", r"\tanh"


def _artanh(x: Expr, span: Span | None) -> Expr:
    ends = Call(LOG, (Add((integer(1), x)),)), Negate(Call(LOG, (Add((integer(1), Negate(x))),)))
    return Multiply((Number(Fraction(1, 2)), Add(ends)), ("",), span=span)


INVERSES: dict[str, Callable[[Expr, Span | None], Expr]] = {TANH: _artanh}
"""The formula of the inverse of a function, entry by entry."""


def is_minus_one(script: Surface | None) -> bool:
    """Whether a superscript is -1."""
    match ungroup(script) if script is not None else None:
        case Sums(_, ["-"], [Word(_, "NUMBER", "1")]):
            return True
        case _:
            return False


def inverse(function: str, name: str, arguments: tuple[Expr, ...], span: Span) -> Expr:
    """The inverse of a function at its argument; raises NotRead where none is known."""
    if function not in INVERSES or len(arguments) != 1:
        words = f"whether `{name}` with the exponent -1 is an inverse or a reciprocal is not said"
        raise NotRead(words, span, "a fraction, or a name for the inverse")
    return INVERSES[function](arguments[0], span)


def reciprocal(node: Expr) -> Expr | None:
    r"""One over a function, where a tree is what the function with the exponent -1 is read as."""
    match node:
        case Multiply((_, Add((Call(_, (Add((_, x)),)), _)))) if node == _artanh(x, None):
            return Power(Call(TANH, (x,)), integer(-1), span=node.span)
        case _:
            return None
