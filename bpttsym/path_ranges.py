r"""Sums over the paths of the unrolled graph, as they are written.

    \sum_{\pi : h_1 \to h_3} \prod_{(u \to v) \in \pi} \frac{\partial v}{\partial u}

The ends of a path are quantities, or the indices alone, ``\pi : (k, l) \to (t, L)``, where what is multiplied names the
quantity: ``\partial h_v / \partial h_u``.
"""

from __future__ import annotations

from collections.abc import Callable

from bpttsym.census import base_name
from bpttsym.errors import NotRead
from bpttsym.expr import Derivative, Expr, Paths, Symbol
from bpttsym.scripts import is_index
from bpttsym.surface import Big, Chain, Fence, Fraction, Scripted, Surface, Term, Word

FORM = r"`\sum_{\pi : h_1 \to h_3} \prod_{(u \to v) \in \pi} \frac{\partial v}{\partial u}`"

Read = Callable[[Surface], Expr]


def read_paths(node: Big, read: Read) -> Expr | None:
    """A sum over paths; None for a sum or a product over anything else."""
    below = _below(node)
    if not isinstance(below, Chain) or below.relations != [":", r"\to"] or node.operator != r"\sum":
        return None
    path, start, end = below.sides
    assert path is not None and start is not None and end is not None
    inner = _plain(node.body)
    if isinstance(inner, Word) and inner.text == "1":
        return Paths(_end(read, start, ""), _end(read, end, ""), True, span=node.span)
    if not isinstance(inner, Big) or inner.operator != r"\prod":
        raise NotRead("what is added over paths is not read", node.body.span, FORM)
    tail, head = _edge(inner, base_name(path))
    name = _quantity(inner.body, read, tail, head)
    return Paths(_end(read, start, name), _end(read, end, name), span=node.span)


def _below(node: Big) -> Surface | None:
    bounds = dict(node.scripts)
    return _plain(bounds["sub"]) if bounds.keys() == {"sub"} else None


def _plain(node: Surface | None) -> Surface | None:
    """What stands alone in braces or in a term."""
    while True:
        match node:
            case Fence(_, "{", [only]) | Term(_, [only]):
                node = only
            case _:
                return node


def _edge(node: Big, path: str) -> tuple[str, str]:
    r"""The names of both ends of an edge: ``(u \to v) \in \pi``."""
    match _below(node):
        case Chain(
            _, [Fence(_, "(", [Chain(_, [Word(text=tail), Word(text=head)], [r"\to"])]), Word(text=of)], [r"\in"]
        ):
            if of == path:
                return tail, head
    raise NotRead("the edges of the paths are not read", node.span, FORM)


def _quantity(body: Surface, read: Read, tail: str, head: str) -> str:
    r"""The quantity whose indices u and v are in ``\partial h_v / \partial h_u``; none where they are nodes."""
    inner = _plain(body)
    found = read(inner) if isinstance(inner, Fraction) else None
    if isinstance(inner, Fraction) and isinstance(found, Derivative) and found.kind in ("partial", "immediate"):
        match _differential(inner.numerator), _differential(inner.denominator):
            case Word(text=of), Word(text=by) if (of, by) == (head, tail):
                return ""
            case (
                Scripted(_, Word(text=of), [("sub", Surface() as over)]),
                Scripted(_, Word(text=by), [("sub", Surface() as under)]),
            ) if of == by and (_word(over), _word(under)) == (head, tail):
                return of
    raise NotRead("what is multiplied along the paths is not read", body.span, FORM)


def _differential(half: Surface) -> Surface | None:
    """What stands behind the sign in one half of a fraction of differentials."""
    inner = _plain(half)
    return inner.factors[-1] if isinstance(inner, Term) else None


def _word(node: Surface) -> str:
    inner = _plain(node)
    return inner.text if isinstance(inner, Word) else ""


def _end(read: Read, node: Surface, name: str) -> Expr:
    """One end of the paths."""
    inner = _plain(node)
    if name and isinstance(inner, Fence) and inner.opening == "(":
        index = tuple(read(item) for item in inner.items)
        if all(map(is_index, index)):
            return Symbol(name, index, span=node.span)
    elif not name and isinstance(found := read(node), Symbol):
        return found
    raise NotRead("this end of a path is no quantity", node.span, FORM)
