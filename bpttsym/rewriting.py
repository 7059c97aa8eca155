"""A tree made of another: with other children, with every node changed, with symbols replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bpttsym.expr import Expr, Product, Sum, Symbol, child_fields, children
from bpttsym.records import replace


def with_children(node: Expr, new: tuple[Expr, ...]) -> Expr:
    """The same node with its children replaced, in the order of :func:`children`."""
    changes: dict[str, Any] = {}
    position = 0
    for name in child_fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, tuple):
            changes[name] = new[position : position + len(value)]
            position += len(value)
        elif value is not None:
            changes[name] = new[position]
            position += 1
    return replace(node, **changes) if changes else node


def transform(node: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The tree with ``change`` applied to every node, children first."""
    below = children(node)
    new = tuple(transform(child, change) for child in below)
    if any(a is not b for a, b in zip(below, new, strict=True)):
        node = with_children(node, new)
    return change(node)


def substitute(node: Expr, values: Mapping[str, Expr]) -> Expr:
    """The tree with index-free symbols replaced by name; an index bound inside is left alone."""
    match node:
        case Symbol(name, ()) if name in values:
            return values[name]
        case Sum(_, index) | Product(_, index) if index in values:
            inner = {name: value for name, value in values.items() if name != index}
            bounds = tuple(substitute(bound, values) for bound in children(node)[1:])
            return with_children(node, (substitute(node.body, inner), *bounds))
        case _:
            below = children(node)
            new = tuple(substitute(child, values) for child in below)
            return with_children(node, new) if any(a is not b for a, b in zip(below, new, strict=True)) else node
