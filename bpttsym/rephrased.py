r"""What a relation may also say where it fails as written (SEMANTICS 5): sums without a sign, entries of a whole.

    \partial h_{t,i}/\partial h_{t-2,j} = (1-h_{t,i}^2) W_{ik} (1-h_{t-1,k}^2) W_{kj}    k is summed over
    \nabla_{\hat y} L = -y_j/\hat y_j                                                    the left side is its entry j

Both are about letters of entries that stand free on one side only. Such a letter has no meaning as written.

    \prod_{k < i \le t} \partial h_i/\partial h_{i-1}    names a set of steps, whose largest stands on the left
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from itertools import permutations, product
from typing import Literal

from bpttsym.expr import (
    Add,
    Component,
    Derivative,
    Divide,
    Every,
    Expr,
    Indicator,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    Transpose,
    children,
    walk,
)
from bpttsym.extents import free_entries
from bpttsym.inverse_functions import reciprocal
from bpttsym.latex import unicode_line
from bpttsym.records import replace
from bpttsym.rewriting import transform, with_children
from bpttsym.shape_words import is_capital

MAXIMUM_LETTERS = 3
Meaning = Literal["summed", "entry"]


def one_sided(relation: Relation) -> list[str]:
    """The letters of entries that stand free on one side only."""
    return sorted(free_entries(relation.left) ^ free_entries(relation.right))


def rephrasings(relation: Relation, named: Iterable[str] = ()) -> Iterator[tuple[str, Relation]]:
    """The relation with each letter that stands on one side only summed over or put on the other; in words what was.

    Letters that are ``named`` in its conditions only, as in ``t = k``, are of the right side.
    """
    left, letters = free_entries(relation.left), _in_order(relation, one_sided(relation))
    if letters and not left:
        letters += [letter for letter in named if letter not in free_entries(relation.right)]
    if not 0 < len(letters) <= MAXIMUM_LETTERS:
        return
    sides = {letter: relation.left if letter in left else relation.right for letter in letters}
    options = [_meanings(sides[letter], letter) for letter in letters]
    for meanings in product(*options):
        chosen = dict(zip(letters, meanings, strict=True))
        yield from _rephrased(relation, sides, chosen)


def _in_order(relation: Relation, letters: list[str]) -> list[str]:
    """The letters as the relation names them: the first is the row where both are those of an entry."""
    met = [part.name for part in walk(relation) if isinstance(part, Symbol) and part.name in letters]
    return list(dict.fromkeys((*met, *letters)))


def turned_primes(relation: Relation, known: Container[str]) -> Iterator[tuple[str, Relation]]:
    """The relation whose names with a prime, where only the name without one is known, are transposes."""
    found: dict[Symbol, Symbol] = {}

    def change(node: Expr) -> Expr:
        plain = node.name.removesuffix("'") if isinstance(node, Symbol) else ""
        if not isinstance(node, Symbol) or node.name in known or plain == node.name or plain not in known:
            return node
        found[Symbol(node.name)] = Symbol(plain)
        return Transpose(replace(node, name=plain), span=node.span)

    read = transform(relation, change)
    if found and isinstance(read, Relation):
        words = (f"{unicode_line(one)} is {unicode_line(Transpose(plain))}" for one, plain in found.items())
        yield " and ".join(words), read


def is_number(side: Expr, losses: Container[str]) -> bool:
    """Whether a side is a number by its form, so that no entry, row or column of it can be meant."""
    match side:
        case Component(_, index):
            return not any(isinstance(part, Every) for part in index)
        case Number() | Indicator() | Norm():
            return True
        case Symbol(name):
            return name in losses
        case Derivative(of, by):
            return is_number(of, losses) and is_number(by, losses)
        case Sum(body) | Product(body):
            return is_number(body, losses)
        case Multiply() | Add() | Negate() | Power() | Divide():
            return all(is_number(part, losses) for part in children(side))
        case _:
            return False


def missing_words(relation: Relation, letters: list[str]) -> str:
    """What is said of letters that stand on one side only where no entry, row or column of the other side fits."""
    left = free_entries(relation.left)
    places = " and ".join(f"`{one}` stands on the {'left' if one in left else 'right'} side only" for one in letters)
    of_whole = relation.right if letters[0] in left else relation.left
    by = of_whole.by if isinstance(of_whole, Derivative) else of_whole
    index = (Symbol(letters[0]), Every()) if isinstance(by, Symbol) and is_capital(by.name) else (Symbol(letters[0]),)
    meant = f", as in `{unicode_line(Component(by, index))}`" if isinstance(by, Symbol) else ""
    words = "the index " if len(letters) == 1 else "the indices "
    return f"{words}{places}, so this is no equation of the whole; write it on both sides{meant}, or sum over it"


def of_lines(relation: Relation) -> Iterator[tuple[str, Relation]]:
    """The relation whose matrices with one index are rows or columns: ``V_i`` is the row i of V, or the column."""
    letters: dict[Expr, None] = {}
    for name, place in (("row", 0), ("column", 1)):

        def change(node: Expr, place: int = place) -> Expr:
            match node:
                case Component(Symbol(matrix, ()) as of, (Symbol(letter, ()) as index,)) if is_capital(matrix):
                    letters[node] = None
                    return next(line for line in [*_lines(of, letter)] if line.index[place] == index)
            return node

        turned = transform(relation, change)
        if letters and isinstance(turned, Relation):
            shown = " and ".join(
                f"{unicode_line(one)} is the {name} {unicode_line(one.index[0])} of {unicode_line(one.of)}"
                for one in letters
                if isinstance(one, Component)
            )
            yield shown, turned


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


def of_reciprocals(relation: Relation) -> Iterator[tuple[str, Relation]]:
    r"""The relation whose functions with the exponent -1 are no inverses but one over them."""
    turned = transform(relation, lambda node: reciprocal(node) or node)
    if turned != relation and isinstance(turned, Relation):
        yield "the exponent -1 of a function makes one over it", turned


def _meanings(side: Expr, letter: str) -> tuple[Meaning, ...]:
    return ("summed", "entry") if _repeats(side, letter) else ("entry",)


def _rephrased(
    relation: Relation, sides: dict[str, Expr], chosen: dict[str, Meaning]
) -> Iterator[tuple[str, Relation]]:
    new: list[Expr] = []
    for side in (relation.left, relation.right):
        for letter in chosen:
            if chosen[letter] == "summed" and sides[letter] is side:
                side = summed(side, letter)
        new.append(side)
    summing = [letter for letter in chosen if chosen[letter] == "summed"]
    words = [f"summed over {' and '.join(summing)}, as repeated indices are"] if summing else []
    wanted = [
        [letter for letter in chosen if chosen[letter] == "entry" and sides[letter] is other]
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
            if len(letters) == 1 and not isinstance(by, Component):
                yield from (replace(side, by=line) for line in _lines(by, letters[0]))
        case _:
            yield from (_entry(side, order) for order in permutations(letters))
            yield from _lines(side, letters[0]) if len(letters) == 1 else ()


def _ends(of: Expr, by: Expr, letters: list[str]) -> Iterator[tuple[Expr, Expr]]:
    """Both ends of a derivative with the letters shared out between those that are no entries yet."""
    for order in permutations(letters):
        for share in range(len(order) + 1):
            above, below = order[:share], order[share:]
            if not (above and isinstance(of, Component)) and not (below and isinstance(by, Component)):
                yield _entry(of, above), _entry(by, below)


def has_lines(relation: Relation) -> bool:
    """Whether a row or a column of a matrix stands anywhere inside."""
    return any(isinstance(part, Every) for part in walk(relation))


def _lines(node: Expr, letter: str) -> Iterator[Component]:
    """The row and the column of a matrix that a letter counts."""
    for index in ((Symbol(letter), Every()), (Every(), Symbol(letter))):
        yield Component(node, index, span=node.span)


def _entry(node: Expr, letters: tuple[str, ...]) -> Expr:
    if not letters:
        return node
    return Component(node, tuple(map(Symbol, letters)), span=node.span)
