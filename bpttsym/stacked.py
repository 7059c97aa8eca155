r"""Definitions of several quantities in one block, parted into one definition each (a part of the notation).

    \begin{pmatrix} i_t \\ g_t \end{pmatrix} = \begin{pmatrix} \sigma \\ \tanh \end{pmatrix} W [x_t; h_{t-1}]

is ``i_t = \sigma(\mathrm{part}_{1,2}(W [x_t; h_{t-1}]))`` and ``g_t = \tanh(\mathrm{part}_{2,2}(W [x_t; h_{t-1}]))``.
This is done before anything else is read: a ``\sigma`` that stands alone would be taken for a quantity.
"""

from __future__ import annotations

from collections.abc import Iterable

from bpttsym.census import BUILTIN_FUNCTIONS, FUNCTION_LETTERS, base_name
from bpttsym.parse import Line
from bpttsym.records import replace
from bpttsym.shape_words import PART
from bpttsym.surface import Big, Chain, Evaluated, Fence, Fraction, Root, Scripted, Sums, Surface, Table, Term, Word

BLOCKS = frozenset(("matrix", "pmatrix", "bmatrix", "smallmatrix", "array"))
EQUALITIES = frozenset(("=", ":="))
APPLIED = frozenset(BUILTIN_FUNCTIONS) | FUNCTION_LETTERS
"""Names of functions that may stand in a block before what they are applied to."""


def parted(displays: Iterable[list[Line]]) -> list[list[Line]]:
    """The lines of each display, with one for each quantity of a block on the left.

    Left whole is what names nothing new: it is a statement about quantities that are known.
    """
    heads: set[str] = set()
    before: list[Chain] = []
    found: list[list[Line]] = []
    for display in displays:
        found.append([])
        for line in display:
            if line.chain is None:
                found[-1].append(line)
                continue
            for number, chain in enumerate(_parted(line.chain, heads, before) or [line.chain]):
                found[-1].append(replace(line, chain=chain, same_row=line.same_row or number > 0))
                if chain.relations and chain.sides[0] is not None:
                    heads.add(base_name(chain.sides[0]))
            before.append(line.chain)
    return found


def _names(node: Surface | None) -> set[str]:
    """All names in a line but those of functions."""
    match node:
        case Word(_, "NAME", text):
            return {text} - APPLIED
        case Scripted(_, base, scripts):
            return _names(base).union(*(_names(script) for _, script in scripts))
        case Fence(_, _, items) | Term(_, items) | Sums(_, _, items) | Chain(_, items):
            return set[str]().union(*map(_names, items))
        case Fraction(_, above, below):
            return _names(above) | _names(below)
        case Big(_, _, _, body) | Root(_, body) | Evaluated(_, body):
            return _names(body)
        case Table(_, _, rows):
            return set[str]().union(*(_names(cell) for row in rows for cell in row))
        case _:
            return set()


def _parted(chain: Chain, heads: set[str], before: Iterable[Chain]) -> list[Chain]:
    """A chain for each quantity of the block on the left; empty where the left side is none."""
    first = chain.sides[0]
    names = _column(first) if first is not None else []
    in_parentheses = isinstance(first, Fence) and first.opening == "(" and not isinstance(first.items[0], Table)
    if in_parentheses and not all(isinstance(name, Scripted) for name in names):
        return []  # sizes, `(B, n, d)`
    if len(names) < 2 or not EQUALITIES.issuperset(chain.relations) or not all(map(base_name, names)):
        return []
    columns: list[list[Surface]] = []
    whole = True
    for side in chain.sides[1:]:
        assert side is not None
        listed = _column(side)
        whole = whole and len(listed) == len(names)
        columns.append(listed if len(listed) == len(names) else _parts(side, len(names)))
    if not whole and heads.issuperset(map(base_name, names)) and _names(chain) <= set().union(*map(_names, before)):
        return []
    return [replace(chain, sides=[name, *(c[n] for c in columns)]) for n, name in enumerate(names)]


def _column(node: Surface) -> list[Surface]:
    """What stands in a block one below the other, or in a list between brackets; empty for anything else."""
    match node:
        case Table(_, environment, rows) if environment in BLOCKS and all(len(row) == 1 for row in rows):
            return [row[0] for row in rows]
        case Fence(_, "(" | "[", [Table() as table]):
            return _column(table)
        case Fence(_, "(" | "[", items, separators) if len(items) > 1 and set(separators) <= {",", ";"}:
            return items
        case _:
            return []


def _parts(side: Surface, count: int) -> list[Surface]:
    """The parts of a value, each under its function where a block of functions stands before it."""
    functions: list[Surface] = []
    inner = side
    if isinstance(side, Term) and len(side.factors) > 1 and side.operators[1] in ("", r"\odot", r"\circ", r"\cdot"):
        functions = [one for one in _column(side.factors[0]) if isinstance(one, Word) and one.text in APPLIED]
        if len(functions) == count == len(_column(side.factors[0])):
            rest = side.factors[1:]
            inner = rest[0] if len(rest) == 1 else Term(side.span, rest, ["", *side.operators[2:]])
        else:
            functions = []
    if isinstance(inner, Fence) and inner.opening in "([" and len(inner.items) == 1:
        inner = inner.items[0]
    parts = [_call(_part_name(side, n + 1, count), inner) for n in range(count)]
    return [_call(function, part) for function, part in zip(functions, parts, strict=True)] if functions else parts


def _part_name(near: Surface, number: int, count: int) -> Surface:
    numbers: list[Surface] = [Word(near.span, "NUMBER", str(one)) for one in (number, count)]
    return Scripted(near.span, Word(near.span, "NAME", PART), [("sub", Fence(near.span, "{", numbers, [","]))])


def _call(function: Surface, argument: Surface) -> Surface:
    return Term(argument.span, [function, Fence(argument.span, "(", [argument], [])], ["", ""])
