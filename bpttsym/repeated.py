r"""Sums without a sign: a letter of entries that stands twice in a product is summed over (Einstein).

    a_{t,i} = W_{ij} h_{t-1,j} + b_i    says    a_{t,i} = \sum_j W_{ij} h_{t-1,j} + b_i

In a definition nothing else can be meant: each term that has a letter which the left side does not have, has it in
two of its factors. In a claim it is one reading among others (rephrased).
"""

from __future__ import annotations

from collections.abc import Iterable

from bpttsym.expr import Add, Component, Expr, Multiply, Relation, Sum, Symbol, children, walk
from bpttsym.kinds import ENTRY_LETTERS, letters_in, letters_of_entry
from bpttsym.model import free_letters, has_derivative
from bpttsym.rewriting import with_children
from bpttsym.weighted import LOSS_LETTERS


def with_repeated_summed(relation: Relation, horizon: str) -> tuple[Relation, tuple[str, ...]]:
    """A definition with a sum for each letter that is repeated, and the letters; itself where one is not."""
    left, right = relation.left, relation.right
    if not isinstance(left, Symbol) or has_derivative(right):
        return relation, ()
    letters = sorted(letters_beyond(left, right) - {horizon})
    entries = _of_entries(right)
    by_entry = any(name in entries for part in left.index for name in letters_in(part))
    if not by_entry and left.name.partition("_{")[0] not in LOSS_LETTERS:
        return relation, ()  # of a vector it may be the left side's own letter that is missing
    if not letters or not all(letter in ENTRY_LETTERS and letter in entries for letter in letters):
        return relation, ()
    for letter in letters:
        found = contracted(right, letter)
        if found is None:
            return relation, ()
        right = found
    return Relation(left, relation.operator, right, span=relation.span), tuple(letters)


def letters_beyond(left: Symbol, right: Expr) -> set[str]:
    """The letters of a formula that neither a sum nor the left side binds, those of entries such as ``W_{ij}`` too."""
    given = {name for part in left.index for name in letters_in(part)}
    summed = {part.index for part in walk(right) if isinstance(part, Sum)}
    shifts = (index for part in walk(right) if isinstance(part, Symbol) for index in part.index)
    steps = {name for index in shifts if isinstance(index, Add) for name in letters_in(index)}
    known = (given - steps) | summed | free_letters(right) - given
    pairs = [set(pair) for part in walk(right) if isinstance(part, Symbol) and (pair := letters_of_entry(part))]
    while any(pair & known and pair - known for pair in pairs):
        known |= {letter for pair in pairs if pair & known for letter in pair}
    return known - given - summed


def loose_letters(left: Symbol, right: Expr) -> set[str]:
    r"""Letters of a matrix that are not in what a formula would define: ``h_t = \sum_j W_{ij} h_{t-1,j}``."""
    pairs = {letter for part in walk(right) if isinstance(part, Symbol) for letter in letters_of_entry(part)}
    return letters_beyond(left, right) & pairs


def _of_entries(right: Expr) -> set[str]:
    """The letters that stand where entries are counted: two together below a name, or behind its step."""
    symbols = [part for part in walk(right) if isinstance(part, Symbol)]
    pairs = {letter for part in symbols for letter in letters_of_entry(part)}
    return pairs | {name for part in symbols for index in part.index[1:] for name in letters_in(index)}


def contracted(node: Expr, letter: str) -> Expr | None:
    """A formula in which each product that has a letter in two factors is summed over it; None where one stands alone.

    The sum is no wider than the innermost such product.
    """
    match node:
        case Symbol() | Component():
            return None
        case Multiply(factors) if sum(has_letter(factor, letter) for factor in factors) > 1:
            return Sum(node, letter, None, None, span=node.span)
        case _:
            below = children(node)
            new = [contracted(child, letter) if has_letter(child, letter) else child for child in below]
            found = [child for child in new if child is not None]
            return with_children(node, tuple(found)) if len(found) == len(new) else None


def has_letter(node: Expr, letter: str) -> bool:
    """Whether a letter counts entries somewhere in a formula and no sum inside binds it."""
    match node:
        case Symbol(_, index) | Component(_, index):
            own: Iterable[str] = letters_of_entry(node) if isinstance(node, Symbol) else ()
            inside = isinstance(node, Component) and has_letter(node.of, letter)
            return letter in own or inside or any(letter in letters_in(part) for part in index)
        case Sum(_, bound) if bound == letter:
            return False
        case _:
            return any(has_letter(child, letter) for child in children(node))
