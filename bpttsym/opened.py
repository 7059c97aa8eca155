r"""Quantities with three letters, ``p^k_{ij}(t) = \partial y_k(t) / \partial w_{ij}``: replaced by what they stand for.

No value has three axes; as a derivative with its letters it needs none (a part of document).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bpttsym.expr import Derivative, Expr, Relation, Symbol
from bpttsym.kinds import labelled
from bpttsym.model import Definition
from bpttsym.records import replace
from bpttsym.rewriting import substitute, transform


def has_three_letters(one: Definition) -> bool:
    """Whether it says of which derivative a name with three letters of entries is short."""
    return labelled(Symbol(one.name)) is not None and len(one.index) > 1 and isinstance(one.body, Derivative)


def is_opened(symbol: Symbol, abbreviations: Iterable[Definition]) -> bool:
    """Whether a symbol is the value of a name of three letters, whatever its letters are."""
    found = labelled(Symbol(symbol.name))
    given = (one for one in abbreviations if has_three_letters(one) and len(one.index) == len(symbol.index))
    return found is not None and any((labelled(Symbol(one.name)) or ("",))[0] == found[0] for one in given)


def with_three_letters_opened(relation: Relation, abbreviations: Iterable[Definition]) -> Relation:
    """A relation with each name of three letters replaced by the derivative that it abbreviates."""
    known = {
        (found[0], len(one.index)): (one, found[1])
        for one in abbreviations
        if has_three_letters(one) and (found := labelled(Symbol(one.name)))
    }
    if not known:
        return relation

    def opened(node: Expr) -> Expr:
        found = labelled(Symbol(node.name)) if isinstance(node, Symbol) and node.index else None
        if not isinstance(node, Symbol) or found is None or (found[0], len(node.index)) not in known:
            return node
        one, letters = known[found[0], len(node.index)]
        body = _relettered(one.body, dict(zip(letters, found[1], strict=True)))
        values = {part.name: new for part, new in zip(one.index, node.index, strict=True) if isinstance(part, Symbol)}
        return replace(substitute(body, values), span=node.span)

    changed = transform(relation, opened)
    return changed if isinstance(changed, Relation) else relation


def _relettered(body: Expr, letters: Mapping[str, str]) -> Expr:
    """A formula with other letters below its matrices."""

    def named(node: Expr) -> Expr:
        found = labelled(node) if isinstance(node, Symbol) else None
        if not isinstance(node, Symbol) or found is None:
            return node
        return replace(node, name=f"{found[0]}_{{{''.join(letters.get(letter, letter) for letter in found[1])}}}")

    return transform(body, named) if any(new != old for old, new in letters.items()) else body
