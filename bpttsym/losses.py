r"""Which names with the letter of a loss are numbers: told by how they are used, not by the letter alone.

``C_t`` in ``h_t = o_t \odot \tanh(C_t)`` is a state; ``L_t`` in ``L = \sum_t L_t`` is a loss.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bpttsym.axes import Head
from bpttsym.expr import Add, Divide, Expr, Multiply, Negate, Sum, Symbol, walk
from bpttsym.memo import of_nodes
from bpttsym.weighted import LOSS_LETTERS, is_weight


@of_nodes
def losses(definitions: Sequence[Head]) -> frozenset[str]:
    """The names of losses among those that some definitions speak of.

    A loss is only ever added up, perhaps with a weight, in the definition of another loss.
    """
    bodies = [(one.name, one.body) for one in definitions]
    found = {name for name, body in bodies for name in (name, *_names(body)) if name in LOSS_LETTERS}
    while True:
        states = {
            part.name
            for name, body in bodies
            for part in (_inside(body) if name in found else walk(body))
            if isinstance(part, Symbol) and part.name in found
        }
        if not states:
            return frozenset(found)
        found -= states


def _names(body: Expr) -> Iterator[str]:
    return (part.name for part in walk(body) if isinstance(part, Symbol))


def _inside(body: Expr) -> Iterator[Expr]:
    """All that does not stand for itself in a weighted sum."""
    match body:
        case Symbol():
            return
        case Negate(inner) | Sum(inner):
            yield from _inside(inner)
        case Add(terms):
            for term in terms:
                yield from _inside(term)
        case Divide(above, below):
            yield from _inside(above)
            yield from walk(below)
        case Multiply((*weights, last)) if all(is_weight(weight) for weight in weights):
            yield from _inside(last)
        case _:
            yield from walk(body)
