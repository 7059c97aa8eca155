r"""Numbers above names without brackets: layers in ``h^1_t = \tanh(W^1 h^1_{t-1} + U^1 x_t)``, else powers.

Nobody writes a first power on the left side of a formula: a document that gives ``h^1`` a meaning counts with the
numbers above ``h``, and above every name that never stands without one. A name that stands with and without is
doubtful there: its numbers are neither (a part of the notation).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bpttsym.census import base_name
from bpttsym.surface import Chain, Condition, Fence, Scripted, Sums, Surface, Table, Term, Word, below, everywhere

LAYER_LETTERS = frozenset(("l", r"\ell", "L"))
FIRST = "1"
LETTERS = frozenset("ijklmnpqr")

WORDS = frozenset(("in", "out", "rec", "fb", "back", "res", "hid", "enc", "dec"))
"""Labels above a name that are words, though their letters stand side by side: ``W^{in}``."""


def numbered(chains: Sequence[Chain]) -> tuple[frozenset[str], frozenset[str]]:
    """The names whose numbers above count layers, and those whose numbers may be layers or powers."""
    lefts = [chain.sides[0] for chain in chains if chain.relations]
    heads = {base_name(left) for left in lefts if isinstance(left, Scripted) and _number(left) == FIRST}
    if not heads:
        return frozenset(), frozenset()
    above: dict[str, set[str]] = {}
    bare: set[str] = set()
    for node in names_within(chains):
        number = _number(node)
        above.setdefault(base_name(node), set()).update([number] if number.isdigit() else [])
        bare.update([] if number else [base_name(node)])
    with_numbers = {name for name, numbers in above.items() if numbers}
    if heads <= bare:
        return frozenset(), frozenset(heads)
    doubtful = {name for name in with_numbers & bare if name in heads or FIRST in above[name] or name[:1].isupper()}
    return frozenset(with_numbers - bare), frozenset(doubtful)


def lettered(chains: Sequence[Chain]) -> frozenset[str]:
    r"""The names of three letters, one or two of them above: ``p^k_{ij}(t) = \partial y_k(t) / \partial w_{ij}``.

    They stand with two letters below, or with two letters above and others below (``p_{t,k}^{ij}``), and never without
    one above; a power has its base somewhere.
    """
    scripted = (node for chain in chains for node in everywhere(chain) if isinstance(node, Scripted))
    if not any(map(_has_three, scripted)):
        return frozenset()
    with_letters: set[str] = set()
    others: set[str] = set()
    for node in names_within(chains):
        (with_letters if _has_three(node) else others).add(base_name(node))
    return frozenset(with_letters - others)


def _has_three(node: Surface) -> bool:
    if not isinstance(node, Scripted) or len(node.scripts) != 2:
        return False
    scripts = dict(node.scripts)
    above, under = (_letters(scripts.get(kind)) for kind in ("sup", "sub"))
    pair = len(set(above)) == 2 and "".join(above) not in WORDS
    return (len(above) == 1 and len(under) == 2) or (pair and "sub" in scripts)


def _letters(script: Surface | None) -> list[str]:
    """The letters of entries that a script is; none of anything else."""
    parts: list[Surface] = [script] if script is not None else []
    found: list[str] = []
    while parts:
        part = parts.pop(0)
        if isinstance(part, Fence) and part.opening == "{":
            parts = [*part.items, *parts]
        elif isinstance(part, Term) and not any(part.operators):
            parts = [*part.factors, *parts]
        elif isinstance(part, Word) and part.text[:1] in LETTERS and len(part.text.rstrip("'")) == 1:
            found.append(part.text)
        else:
            return []
    return found


def names_within(chains: Iterable[Chain]) -> Iterator[Surface]:
    """The names in some chains, each with its scripts."""
    return (node for chain in chains for side in chain.sides if side is not None for node in _names(side))


def _names(node: Surface) -> Iterator[Surface]:
    """The names in a formula, each with its scripts; what stands in scripts is none."""
    match node:
        case Word(_, "NAME"):
            yield node
        case Scripted(_, Word(_, "NAME")):
            yield node
        case Scripted(_, base):
            yield from _names(base)
        case Table(_, _, rows):
            for row in rows:
                for cell in row:
                    yield from _names(cell)
        case Condition():
            return
        case _:
            for part in below(node):
                yield from _names(part)


def _number(node: Surface) -> str:
    """The number or the letter of a layer that stands above a name without brackets; empty if there is none."""
    for kind, script in node.scripts if isinstance(node, Scripted) else ():
        inner = script
        while isinstance(inner, Fence) and inner.opening == "{" and len(inner.items) == 1:
            inner = inner.items[0]
        inner = inner.factors[0] if isinstance(inner, Term) and not any(inner.operators) else inner
        if kind != "sup":
            continue
        if isinstance(inner, Word) and (inner.text.isdigit() or inner.text in LAYER_LETTERS):
            return inner.text
        if isinstance(inner, Sums) and all(isinstance(term, Word) for term in inner.terms):
            letters = {term.text for term in inner.terms if isinstance(term, Word)}
            if letters & LAYER_LETTERS:
                return min(letters & LAYER_LETTERS)
    return ""
