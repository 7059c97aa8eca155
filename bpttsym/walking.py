"""What every node of a tree has, a span and children, and the walkers that need to know no more of it (a part of expr).

Trees are asked the same many times: what is below a node is found once and kept, as its nodes never change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from bpttsym.records import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets into the text of a document."""

    start: int
    end: int

    def join(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Expr:
    """A node of the tree; only its subclasses are made."""

    span: Span | None = field(default=None, compare=False, repr=False, kw_only=True)


SOME, ONE, PERHAPS = "tuple[Expr, ...]", "Expr", "Expr | None"
"""The types of the fields that hold children."""

_CHILD_FIELDS: dict[type[Expr], tuple[str, ...]] = {}
_CHILDREN: dict[type[Expr], Callable[[Any], tuple[Expr, ...]]] = {}


def child_fields(kind: type[Expr]) -> tuple[str, ...]:
    """The names of the fields that hold children."""
    if kind not in _CHILD_FIELDS:
        _CHILD_FIELDS[kind] = tuple(f.name for f in fields(kind) if f.type in (SOME, ONE, PERHAPS))
    return _CHILD_FIELDS[kind]


def children(node: Expr) -> tuple[Expr, ...]:
    """The direct children of a node, from left to right as the fields are declared."""
    found = _CHILDREN.get(type(node))
    if found is None:
        found = _CHILDREN[type(node)] = _getter(type(node))
    return found(node)


def _getter(kind: type[Expr]) -> Callable[[Any], tuple[Expr, ...]]:
    """The shortest way to the children of a kind of node."""
    names = child_fields(kind)
    types = [f.type for f in fields(kind) if f.name in names]
    if not names:
        return lambda node: ()
    get: Any = attrgetter(*names)
    match types:
        case [kept] if kept == SOME:
            return get  # type: ignore[no-any-return]
        case [kept] if kept == ONE:
            return lambda node: (get(node),)
        case _ if set(types) == {ONE}:
            return get  # type: ignore[no-any-return]
        case _:
            return _gathered


def _gathered(node: Expr) -> tuple[Expr, ...]:
    """The children of a node whose fields hold one, none or several."""
    found: list[Expr] = []
    for name in child_fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, tuple):
            found.extend(value)
        elif value is not None:
            found.append(value)
    return tuple(found)


MAXIMUM_KEPT = 300_000
"""How many nodes are kept as those below others, before all is forgotten."""

_below: dict[int, tuple[Expr, ...]] = {}
_kept = 0


def walk(node: Expr) -> Sequence[Expr]:
    """The node and all below it, parents first, from left to right."""
    found = _below.get(id(node))  # what is found holds the node, so that its number is no other's
    return _walked(node) if found is None else found


def _walked(root: Expr) -> tuple[Expr, ...]:
    global _kept
    found: list[Expr] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        found.append(node)
        below = children(node)
        if below:
            waiting.extend(below[::-1])
    _kept += len(found)
    if _kept > MAXIMUM_KEPT:
        _below.clear()
        _kept = len(found)
    _below[id(root)] = kept = tuple(found)
    return kept
