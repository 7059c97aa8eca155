r"""Differentials outside of a fraction, ``\mathrm{d} h_t = J \mathrm{d} h_{t-1}`` (a part of the evaluator).

The leaves of which a differential stands in the equation move in some direction, each by a leaf of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from bpttsym.axes import letters_of
from bpttsym.derivatives import jacobian_of
from bpttsym.entries import below_one_another
from bpttsym.errors import NotRead
from bpttsym.expr import Call, Derivative, Expr, Number, Relation, Symbol, walk
from bpttsym.latex import unicode_line
from bpttsym.model import Key, differential_of
from bpttsym.reckoner import Reckoner
from bpttsym.shape_words import DIFFERENTIAL
from bpttsym.world import V


def differential(reckoner: Reckoner, node: Call, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    r"""``\mathrm{d} h_t``: the change of a quantity where the moved leaves change as their differentials say."""
    world, of = reckoner.world, node.arguments[0]
    moved = reckoner.graph.moved
    if not moved or not isinstance(of, Symbol):
        raise NotRead("nothing says what moves here", node.span)
    shape = world.shape(reckoner.value(of, bindings, bound))
    jacobian = jacobian_of(reckoner, Derivative(of, of, "total", span=node.span), of, moved, bindings, bound)[0]
    steps = [world.node((differential_of(name), index)) for name, index in moved]
    sizes = [world.shape(step) for step in steps]
    columns = [world.reshape(step, (rows * width, 1)) for step, (rows, width) in zip(steps, sizes, strict=True)]
    return world.reshape(world.matrix_product(jacobian, below_one_another(world, columns)), shape)


def check_moves(reckoner: Reckoner, relation: Relation, bindings: Mapping[str, int]) -> None:
    r"""Raise NotRead where a lone ``\mathrm{d} h_t`` is said by those of quantities that are computed from ``h_t``.

    A differential runs with the computation; a mark that runs against it stands for a gradient.
    """
    graph = reckoner.graph
    for side in (relation.left, relation.right):
        if not any(_of_differential(part) for part in walk(side)) and not isinstance(side, Number):
            raise NotRead("a differential stands on one side only, as a gradient might, and nothing says so", side.span)
    for side, other in ((relation.left, relation.right), (relation.right, relation.left)):
        own = _of_differential(side)
        key = reckoner.key(own, bindings, frozenset()) if own is not None else None
        for part in walk(other) if key is not None else ():
            inner = _of_differential(part)
            if inner is None:
                continue
            one = _key_if_any(reckoner, inner, bindings)
            keys = [one] if one is not None else [node for node in graph.nodes if node[0] == inner.name]
            if keys and all(key in graph.ancestors(node) for node in keys):
                shown = unicode_line(inner)
                raise NotRead(f"`d` stands before `{shown}` as before a gradient, and nothing says so", part.span)


def _of_differential(expr: Expr) -> Symbol | None:
    match expr:
        case Call(function, (Symbol() as of,)) if function == DIFFERENTIAL:
            return of
        case _:
            return None


def _key_if_any(reckoner: Reckoner, symbol: Symbol, bindings: Mapping[str, int]) -> Key | None:
    """The node of a symbol; None where one of its letters is bound."""
    known = set(bindings) | set(reckoner.graph.ends)
    letters = frozenset().union(*map(letters_of, symbol.index))
    return reckoner.key(symbol, bindings, frozenset()) if letters <= known else None
