r"""Losses that are called by their name: ``\mathrm{CE}(\hat y_t, y_t)`` is ``-y_t^\top \log \hat y_t`` (document).

Only where it is plain which of the two is the output, because a softmax gives it, and which is the target. A mean
squared error is not spelled out: what it is divided by differs from book to book.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from bpttsym.definitions import Definition
from bpttsym.expr import (
    Call,
    Expr,
    Multiply,
    Negate,
    Symbol,
    Transpose,
    walk,
)
from bpttsym.rewriting import transform

CROSS_ENTROPIES = frozenset(
    rf"\mathrm{{{name}}}" for name in ("CE", "XE", "ce", "CrossEntropy", "crossentropy", "xent", "CELoss")
)


def spelled_out(body: Expr, definitions: Iterable[Definition]) -> Expr:
    """A formula in which cross entropies are written out."""
    if not any(isinstance(part, Call) and part.function in CROSS_ENTROPIES for part in walk(body)):
        return body
    known = list(definitions)
    outputs = {d.name for d in known if isinstance(d.body, Call) and d.body.function == r"\mathrm{softmax}"}
    computed = {d.name for d in known}
    return transform(body, lambda part: _written(part, outputs, computed))


def _written(part: Expr, outputs: Collection[str], computed: Collection[str]) -> Expr:
    match part:
        case Call(function, (Symbol() as first, Symbol() as second)) if function in CROSS_ENTROPIES:
            for output, target in ((first, second), (second, first)):
                if output.name in outputs and target.name not in computed:
                    product = Multiply((Transpose(target), Call(r"\log", (output,))), ("",), span=part.span)
                    return Negate(product, span=part.span)
            return part
        case _:
            return part
