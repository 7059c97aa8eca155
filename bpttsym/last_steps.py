r"""What the document calls its last step: T, or the letter up to which it adds over the letter of its recursion.

    h_n = f(h_{n-1}, x_n)    L = \sum_{n=1}^{N} L_n

Here N is the last step, as long as the document has no step T. What is computed from its own later step,
``h_t = f(h_{t+1}, x_t)``, runs backwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from bpttsym.surface import (
    Big,
    Chain,
    Condition,
    Evaluated,
    Fence,
    Fraction,
    Root,
    Scripted,
    Sums,
    Surface,
    Table,
    Term,
    Word,
)

USUAL = "T"
LAYERS = frozenset(("l", r"\ell"))
"""Letters of recursions that run through layers."""


def last_step(chains: Iterable[Chain]) -> str:
    """The name of the last step of a document, from all of its chains."""
    known = list(chains)
    heads: set[tuple[str, str]] = set()
    shifts: dict[str, set[str]] = {}
    ends: dict[str, Counter[str]] = {}
    for chain in known:
        for side in chain.sides[:1]:
            heads |= {(name, letter) for name, index in _indexed(side) for letter in _names(index)}
        for part in _parts(chain):
            if isinstance(part, Word) and part.text == USUAL:
                return USUAL
            for name, index in _indexed(part):
                if isinstance(index, Sums):
                    for letter in _names(index):
                        shifts.setdefault(letter, set()).add(name)
            if isinstance(part, Big):
                letter, end = _range(part)
                if letter and end:
                    ends.setdefault(letter, Counter())[end] += 1
    steps = [letter for letter, names in shifts.items() if any((name, letter) in heads for name in names)]
    found = [letter for letter in steps if letter in ends and letter not in LAYERS]
    if not found:
        return USUAL
    end = max(ends[min(found, key=lambda letter: letter != "t")].items(), key=lambda pair: pair[1])[0]
    return USUAL if end in shifts or end in ends else end


def backwards(chains: Iterable[Chain]) -> dict[str, frozenset[bool]]:
    """By name, whether its first formula computes it from a later step of its own; each way, where labels differ."""
    found: dict[str, dict[frozenset[str], bool]] = {}
    for chain in chains:
        if not chain.relations or chain.sides[0] is None:
            continue
        heads = {(name, *_shift(index)) for name, index in _indexed(chain.sides[0])}
        places = {(name, letter): shift for name, letter, shift in heads if letter}
        if len({name for name, _ in places}) != 1:
            continue
        labels = frozenset(word for _, index in _indexed(chain.sides[0]) for word in _names(index))
        uses = {
            (name, *_shift(index))
            for side in chain.sides[1:]
            for part in _parts(side)
            for name, index in _indexed(part)
        }
        steps = {shift - places[name, letter] for name, letter, shift in uses if (name, letter) in places}
        if steps - {0}:
            (name,) = {name for name, _ in places}
            found.setdefault(name, {}).setdefault(labels, max(steps) > 0)
    return {name: frozenset(ways.values()) for name, ways in found.items()}


def _shift(index: Surface) -> tuple[str, int]:
    """The letter of an index and what is added to it; no letter for anything else."""
    match index:
        case Word(_, "NAME", letter):
            return letter, 0
        case Sums(_, signs, [Word(_, "NAME", letter), Word(_, "NUMBER", number)]) if number.isdigit():
            return letter, -int(number) if signs[-1] == "-" else int(number)
        case _:
            return "", 0


def _inner(node: Surface | None) -> Surface | None:
    while isinstance(node, Fence) and len(node.items) == 1:
        node = node.items[0]
    return node


def _indexed(node: Surface | None) -> Iterator[tuple[str, Surface]]:
    """A name with each of its indices: below, above in brackets, or in parentheses behind it."""
    match node:
        case Scripted(_, Word(_, "NAME", name), scripts):
            for kind, script in scripts:
                if kind == "sub" or (kind == "sup" and isinstance(_braced(script), Fence)):
                    yield from ((name, item) for item in _items(script))
        case Term(_, factors):
            for first, second in pairwise(factors):
                if isinstance(first, Word) and first.kind == "NAME" and isinstance(second, Fence):
                    yield from ((first.text, item) for item in second.items)
                yield from _indexed(first) if len(factors) == 2 and isinstance(second, Fence) else ()


def _braced(node: Surface | None) -> Surface | None:
    """What stands in the braces of a script."""
    while isinstance(node, Fence) and node.opening == "{" and len(node.items) == 1:
        node = node.items[0]
    return node


def _items(script: Surface | None) -> Iterator[Surface]:
    inner = _braced(script)
    if isinstance(inner, Fence):
        for item in inner.items:
            yield from _items(item)
    elif inner is not None:
        yield inner


def _names(node: Surface) -> Iterator[str]:
    match node:
        case Word(_, "NAME", text):
            yield text
        case Sums(_, _, terms):
            for term in terms:
                yield from _names(term)


def _range(node: Big) -> tuple[str, str]:
    """The letter of a sum or product and the one name that stands above it, as in ``N-1``; empty for anything else."""
    below, above = (_inner(dict(node.scripts).get(kind)) for kind in ("sub", "sup"))
    if isinstance(below, Chain) and isinstance(above, Word | Sums):
        first, ends = below.sides[0], list(_names(above))
        if isinstance(first, Word) and below.relations == ["="] and len(ends) == 1:
            return first.text, ends[0]
    return "", ""


def _parts(node: Surface | None) -> Iterator[Surface]:
    """All that stands inside, but for a T above something, which is a transpose."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if part is None:
            continue
        yield part
        match part:
            case Scripted(_, base, scripts):
                waiting.append(base)
                waiting += [script for kind, script in scripts if kind == "sub" or not _is_turn(script)]
            case Big(_, _, scripts, body):
                waiting += [body, *(script for _, script in scripts)]
            case Fence(_, _, items) | Sums(_, _, items) | Chain(_, items):
                waiting += items
            case Term(_, items):
                waiting += items
            case Fraction(_, above, below):
                waiting += [above, below]
            case Root(_, body) | Evaluated(_, body):
                waiting.append(body)
            case Table(_, _, rows):
                waiting += [cell for row in rows for cell in row]
            case Condition(_, relations):
                waiting += relations
            case Word():
                continue
            case _:
                raise TypeError(f"no rule for the surface node {type(part).__name__}")


def _is_turn(script: Surface | None) -> bool:
    inner = _braced(script)
    return isinstance(inner, Word) and inner.text == USUAL
