"""Entries by their numbers: ``a_1`` of what is defined by the sum of its entries (a part of components)."""

from __future__ import annotations

from collections.abc import Iterable

from bpttsym.expr import Component, Expr, Number, Relation, Symbol, walk
from bpttsym.kinds import is_line
from bpttsym.model import Definition
from bpttsym.records import replace
from bpttsym.rewriting import transform


def with_numbered_entries(relation: Relation, definitions: Iterable[Definition]) -> Relation:
    r"""A relation in which ``a_1`` is the first entry of what is defined by its entries: ``q = \sum_{k=1}^{K} a_k``."""
    numbered = {
        part.name
        for part in walk(relation)
        if isinstance(part, Symbol) and len(part.index) == 1 and isinstance(part.index[0], Number)
    }
    if not numbered:
        return relation
    parts = [part for definition in definitions for part in walk(definition.body)]
    entered = {name for part in parts if isinstance(part, Component) and (name := _of_vector(part))}
    stepped = {part.name for part in parts if isinstance(part, Symbol) and part.index}
    named = numbered & (entered - stepped - {definition.name for definition in definitions if definition.index})

    def change(node: Expr) -> Expr:
        if isinstance(node, Symbol) and node.name in named and len(node.index) == 1:
            return Component(replace(node, index=()), node.index, span=node.span)
        return node

    read = transform(relation, change) if named else relation
    assert isinstance(read, Relation)
    return read


def _of_vector(part: Component) -> str:
    """The name of a quantity without steps of which a part is one entry by one index; empty for any other part."""
    if not isinstance(part.of, Symbol) or part.of.index or len(part.index) != 1 or is_line(part.index):
        return ""
    return part.of.name
