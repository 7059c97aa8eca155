r"""Quantities at steps that nobody defines and that may be numbers: ``m_t`` in ``m_t \tanh(W h) + (1 - m_t) h``.

Side by side with a vector a letter may be a vector, which multiplies entry by entry, or a number; the notation does
not tell. A vector is tried first.
"""

from __future__ import annotations

from collections.abc import Iterator

from bpttsym.declarations import Declared
from bpttsym.expr import Add, Expr, Multiply, Negate, Number, Symbol, walk
from bpttsym.latex import unicode_line
from bpttsym.model import Model
from bpttsym.sized import with_declared
from bpttsym.weight_shapes import is_capital

STEP = Symbol("t")
BESIDE = frozenset(("", r"\cdot", "*"))


def with_numbers(model: Model) -> tuple[Model, str] | None:
    """The model in which such quantities are numbers, and what then is assumed; None where there are none."""
    computed = {definition.name for definition in (*model.definitions, *model.abbreviations)}
    declared = {one.name for one in model.declared}
    bodies = [definition.body for definition in model.definitions if definition.name not in model.losses]
    parts = [part for body in bodies for part in walk(body)]
    everywhere = [part for part in parts if isinstance(part, Symbol) and part.index]
    weights = [symbol for part in parts if isinstance(part, Multiply) for symbol in _weights(part)]
    found = {symbol.name for symbol in weights if len(symbol.index) == 1} - computed - declared
    found = {name for name in found if _count(everywhere, name) == _count(weights, name)}
    if not found or model.scalar:
        return None
    numbers = [Declared(name, (STEP,), ()) for name in sorted(found)]
    read, refused = with_declared(model, [*model.declared, *numbers])
    if refused or len(read.declared) < len(model.declared) + len(numbers):
        return None
    shown = ", ".join(f"`{unicode_line(Symbol(name, (STEP,)))}`" for name in sorted(found))
    return read, f"the {shown} are numbers"


def _weights(product: Multiply) -> Iterator[Symbol]:
    """The quantities that stand before something in a product, also in a sum with a number (``1 - m_t``)."""
    for factor, operator in zip(product.factors, product.operators, strict=False):
        if operator in BESIDE:
            yield from _in_sum(factor)


def _in_sum(factor: Expr) -> Iterator[Symbol]:
    match factor:
        case Symbol(name, (_, *_) as index):
            if not is_capital(name) and not all(isinstance(part, Number) for part in index):  # `W_2` is a matrix
                yield factor
        case Negate(body):
            yield from _in_sum(body)
        case Add(terms):
            for term in terms:
                yield from _in_sum(term)
        case _:
            return


def _count(symbols: list[Symbol], name: str) -> int:
    return sum(symbol.name == name for symbol in symbols)
