r"""Letters that say of which kind a unit is: ``a_h^t`` of a hidden one, ``a_k^t`` of an output, ``w_{ih}``, ``w_{hk}``.

    a_h^t = \sum_i w_{ih} x_i^t + \sum_{h'} w_{h'h} b_{h'}^{t-1}        a_k^t = \sum_h w_{hk} b_h^t

One name then stands for several quantities, told apart by the letters of their entries; ``h'`` is of the kind of
``h``. A document is read so only if it defines one name with two letters, and each kind that a definition uses is
defined or is one of the leaves (a part of document).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from bpttsym.census import base_name
from bpttsym.errors import NotRead
from bpttsym.expr import Expr, Symbol, walk
from bpttsym.kinds import labelled
from bpttsym.records import replace
from bpttsym.rewriting import transform
from bpttsym.surface import Big, Chain, Fence, Fraction, Scripted, Surface, Table, Term, Word, below

Pattern = tuple[str, ...]
"""The letters of the entries of a quantity, without primes."""

Kinds = Mapping[str, frozenset[Pattern]]
"""The names that stand for several quantities, each with the letters of their entries."""

STEPS = frozenset(("t", "T", "s", r"\tau"))


def unit_kinds(chains: Iterable[Chain]) -> Kinds:
    """The names of a document that stand for a quantity of each kind of units; none where that is not sure."""
    chains = list(chains)
    lefts: dict[str, set[Pattern]] = {}
    for chain in chains:
        if isinstance(chain.sides[0], Scripted):
            lefts.setdefault(base_name(chain.sides[0]), set()).add(_pattern(chain.sides[0]))
    if all(len(patterns) < 2 for patterns in lefts.values()):
        return {}  # nothing is defined with two letters
    heads: dict[str, set[Pattern]] = {}
    short: dict[str, set[Pattern]] = {}
    used: dict[str, set[Pattern]] = {}
    anywhere: dict[str, set[Pattern]] = {}
    for chain in chains:
        left, derived = chain.sides[0], any(_is_derivative(side) for side in chain.sides if side is not None)
        given = bool(chain.relations) and chain.relations[0] in ("=", ":=")
        if given and isinstance(left, Scripted) and isinstance(left.base, Word) and (pattern := _pattern(left)):
            (short if derived else heads).setdefault(base_name(left), set()).add(pattern)
        for side in chain.sides:
            for name, pattern in _patterns(side) if side is not None else ():
                anywhere.setdefault(name, set()).add(pattern)
                if given and not derived and side is not left:
                    used.setdefault(name, set()).add(pattern)
    for name in short:  # what is said of an abbreviation is a claim
        heads.pop(name, None)
        used.pop(name, None)
    split = {name for name, patterns in heads.items() if len({p for p in patterns if len(p) == 1}) > 1}
    pairs = {name for name, patterns in used.items() if name not in heads and len({p for p in patterns if p[1:]}) > 1}
    if not split or not pairs:
        return {}
    if any(p[0] != p[-1] and p[::-1] in used[name] for name in pairs for p in used[name]):
        return {}  # the same quantity, with its letters exchanged
    open_ = [name for name, patterns in used.items() if not patterns <= heads.get(name, patterns)]
    leaves = [name for name, patterns in used.items() if name not in {*heads, *pairs} and len(patterns) > 1]
    if open_ or leaves:
        return {}
    several = {name for name, patterns in anywhere.items() if len(patterns) > 1}
    computed = {pattern for name in split for pattern in heads[name]}
    leaves_known = {letter for patterns in used.values() for pattern in patterns for letter in pattern}
    for name, patterns in short.items():
        if any(letter not in leaves_known for pattern in patterns for letter in pattern):
            short[name] = computed  # of any kind
    known = {name: heads.get(name) or short.get(name) or used.get(name, set()) for name in split | pairs | several}
    return {name: frozenset(patterns) for name, patterns in known.items()}


def _is_derivative(node: Surface) -> bool:
    if isinstance(node, Fraction):
        inner = node.numerator
        while isinstance(inner, Fence) and len(inner.items) == 1:
            inner = inner.items[0]
        first = inner.factors[0] if isinstance(inner, Term) else inner
        first = first.base if isinstance(first, Scripted) else first
        return isinstance(first, Word) and first.kind == "SPECIAL"
    return any(map(_is_derivative, below(node)))


def _patterns(node: Surface) -> Iterator[tuple[str, Pattern]]:
    match node:
        case Scripted(_, Word(_, "NAME", text)):
            if pattern := _pattern(node):
                yield text, pattern
        case Scripted(_, base):
            yield from _patterns(base)
        case Big(_, _, _, body):
            yield from _patterns(body)
        case Table(_, _, rows):
            for row in rows:
                for cell in row:
                    yield from _patterns(cell)
        case _:
            for part in below(node):
                yield from _patterns(part)


def _pattern(node: Scripted) -> Pattern:
    """The letters below a name that are no steps; empty where anything else stands there."""
    found: list[str] = []
    for kind, script in node.scripts:
        parts = [script] if kind == "sub" and script is not None else []
        while parts:
            part = parts.pop(0)
            if isinstance(part, Fence):
                parts = [*part.items, *parts]
            elif isinstance(part, Term) and not any(part.operators):
                parts = [*part.factors, *parts]
            elif isinstance(part, Word) and len(part.text.rstrip("'")) == 1:
                found += [part.text.rstrip("'")] if part.text not in STEPS and not part.text.isdigit() else []
            elif isinstance(part, Word):
                return ()
    return tuple(found)


def each_kind(sides: Sequence[Expr | None], kinds: Kinds) -> Iterator[list[Expr | None]]:
    r"""The sides of a chain with each name of several quantities marked by its kind, for every kind of a free letter.

    A letter that no definition has for a kind, as in ``\delta_j = \partial L / \partial a_j``, stands for any.
    Raises NotRead where there is none.
    """
    if not kinds:
        yield list(sides)
        return
    known = {letter for patterns in kinds.values() for pattern in patterns for letter in pattern}
    uses = [use for side in sides if side is not None for part in walk(side) if (use := _use(part, kinds)) is not None]
    free = sorted({letter for _, pattern in uses for letter in pattern} - known)
    found = False
    for choice in product(sorted(known), repeat=len(free)):
        chosen = dict(zip(free, choice, strict=True))
        if all(tuple(chosen.get(letter, letter) for letter in pattern) in kinds[name] for name, pattern in uses):
            found = True
            yield [None if side is None else _marked(side, kinds, chosen) for side in sides]
    if not found:
        name = next(name for name, pattern in uses if pattern not in kinds[name])
        shown = ", ".join(f"`{''.join(pattern)}`" for pattern in sorted(kinds[name]))
        span = next((side.span for side in sides if side is not None), None)
        raise NotRead(f"`{name}` is another quantity for each kind of letters below it", span, shown)


def _use(node: Expr, kinds: Kinds) -> tuple[str, Pattern] | None:
    """A name of several quantities and the letters of its entries; None for anything else."""
    if not isinstance(node, Symbol):
        return None
    found = labelled(node)
    name = found[0] if found else node.name
    letters = found[1] if found else tuple(part.name for part in node.index if isinstance(part, Symbol))
    pattern = tuple(letter.rstrip("'") for letter in letters if letter not in STEPS)
    return (name, pattern) if name in kinds else None


def _marked(side: Expr, kinds: Kinds, chosen: Mapping[str, str]) -> Expr:
    def named(node: Expr) -> Expr:
        use = _use(node, kinds)
        if use is None or not isinstance(node, Symbol):
            return node
        mark = f"{use[0]}_{{[{''.join(chosen.get(letter, letter) for letter in use[1])}]}}"
        return replace(node, name=mark + node.name[len(use[0]) :])

    return transform(side, named)
