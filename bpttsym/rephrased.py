r"""What a relation may also say where it fails as written (SEMANTICS 5): sums without a sign, entries of a whole.

    \partial h_{t,i}/\partial h_{t-2,j} = (1-h_{t,i}^2) W_{ik} (1-h_{t-1,k}^2) W_{kj}    k is summed over
    \nabla_{\hat y} L = -y_j/\hat y_j                                                    the left side is its entry j

Both are about letters of entries that stand free on one side only. Such a letter has no meaning as written.

    \prod_{k < i \le t} \partial h_i/\partial h_{i-1}    names a set of steps, whose largest stands on the left
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from typing import Literal

from bpttsym.expr import (
    Add,
    Component,
    Derivative,
    Expr,
    Multiply,
    Negate,
    Product,
    Relation,
    Sum,
    Symbol,
    children,
)
from bpttsym.extents import free_entries
from bpttsym.latex import unicode_line
from bpttsym.records import replace
from bpttsym.rewriting import transform, with_children

MAXIMUM_LETTERS = 3
Meaning = Literal["summed", "entry"]


def rephrasings(relation: Relation) -> Iterator[tuple[str, Relation]]:
    """The relation with each letter that stands on one side only summed over or put on the other; in words what was."""
    left, right = free_entries(relation.left), free_entries(relation.right)
    letters = sorted(left ^ right)
    if not 0 < len(letters) <= MAXIMUM_LETTERS:
        return
    sides = {letter: relation.left if letter in left else relation.right for letter in letters}
    options = [_meanings(sides[letter], letter) for letter in letters]
    for meanings in product(*options):
        chosen = dict(zip(letters, meanings, strict=True))
        yield from _rephrased(relation, sides, chosen)


def of_sets(relation: Relation) -> Iterator[tuple[str, Relation]]:
    r"""The relation whose rising inequalities under ``\prod`` name a set of steps, not an order."""
    letters: list[str] = []

    def change(node: Expr) -> Expr:
        if isinstance(node, Product) and node.direction == "increasing" and not node.listed:
            letters.append(node.index)
            return replace(node, direction="decreasing")
        return node

    turned = transform(relation, change)
    if letters and isinstance(turned, Relation):
        yield f"the largest {' and '.join(sorted(set(letters)))} of the product stands on the left", turned


def _meanings(side: Expr, letter: str) -> tuple[Meaning, ...]:
    return ("summed", "entry") if _repeats(side, letter) else ("entry",)


def _rephrased(
    relation: Relation, sides: dict[str, Expr], chosen: dict[str, Meaning]
) -> Iterator[tuple[str, Relation]]:
    new: list[Expr] = []
    for side in (relation.left, relation.right):
        for letter in sorted(chosen):
            if chosen[letter] == "summed" and sides[letter] is side:
                side = summed(side, letter)
        new.append(side)
    summing = [letter for letter in sorted(chosen) if chosen[letter] == "summed"]
    words = [f"summed over {' and '.join(summing)}, as repeated indices are"] if summing else []
    wanted = [
        [letter for letter in sorted(chosen) if chosen[letter] == "entry" and sides[letter] is other]
        for other in (relation.right, relation.left)
    ]
    for first in entries_of(new[0], wanted[0]):
        for second in entries_of(new[1], wanted[1]):
            changed = zip((relation.left, relation.right), (first, second), wanted, strict=True)
            named = [f"{unicode_line(old)} stands for {unicode_line(one)}" for old, one, asked in changed if asked]
            yield " and ".join((*words, *named)), replace(relation, left=first, right=second)


def _repeats(side: Expr, letter: str) -> bool:
    """Whether a letter stands at least twice in every term that has it."""
    match side:
        case Add(terms):
            return all(_repeats(term, letter) for term in terms if letter in free_entries(term))
        case Negate(body):
            return _repeats(body, letter)
        case _:
            return _count(side, letter) > 1


def _count(node: Expr, letter: str) -> int:
    own = sum(part == Symbol(letter) for part in node.index) if isinstance(node, Component) else 0
    return own + sum(_count(child, letter) for child in children(node) if letter in free_entries(child))


def summed(side: Expr, letter: str) -> Expr:
    """A side in which each term that has a letter is summed over it, the sum no wider than the factors that have it."""
    match side:
        case Add(parts) | Negate(Add(parts)):
            new = tuple(summed(part, letter) if letter in free_entries(part) else part for part in parts)
            total = replace(side.body if isinstance(side, Negate) else side, terms=new)  # type: ignore[call-arg]
            return replace(side, body=total) if isinstance(side, Negate) else total
        case Negate(body):
            return replace(side, body=summed(body, letter))
        case Multiply(parts):
            having = [position for position, part in enumerate(parts) if letter in free_entries(part)]
            if len(having) == 1 and _count(parts[having[0]], letter) > 1 and isinstance(parts[having[0]], Add):
                inner = summed(parts[having[0]], letter)
                return with_children(side, (*parts[: having[0]], inner, *parts[having[0] + 1 :]))
    return Sum(side, letter, None, None, components=True, span=side.span)


def entries_of(side: Expr, letters: list[str]) -> Iterator[Expr]:
    """The entries that a side without these letters may stand for; the side itself if there are none."""
    if not letters:
        yield side
        return
    match side:
        case Negate(body):
            yield from (replace(side, body=one) for one in entries_of(body, letters))
        case Derivative(of, by):
            yield from (replace(side, of=a, by=b) for a, b in _ends(of, by, letters))
        case _:
            yield from (_entry(side, order) for order in permutations(letters))


def _ends(of: Expr, by: Expr, letters: list[str]) -> Iterator[tuple[Expr, Expr]]:
    """Both ends of a derivative with the letters shared out between those that are no entries yet."""
    for order in permutations(letters):
        for share in range(len(order) + 1):
            above, below = order[:share], order[share:]
            if not (above and isinstance(of, Component)) and not (below and isinstance(by, Component)):
                yield _entry(of, above), _entry(by, below)


def _entry(node: Expr, letters: tuple[str, ...]) -> Expr:
    if not letters:
        return node
    return Component(node, tuple(map(Symbol, letters)), span=node.span)
