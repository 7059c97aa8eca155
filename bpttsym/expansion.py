r"""The expanded form: one term for each path of the unrolled graph, in the order of the source sheets.

    \frac{\partial L}{\partial\psi} = \frac{\partial L}{\partial h_2}\frac{\partial^{+} h_2}{\partial\psi}
        + \frac{\partial L}{\partial h_2}\frac{\partial h_2}{\partial h_1}\frac{\partial^{+} h_1}{\partial\psi}

The paths that begin at the last output come first, then those of the earlier ones; within one output from the
shortest path to the longest. Terms are made one at a time, so an expansion of any length needs little memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby

from bpttsym.axes import Place
from bpttsym.expr import Expr, Negate, Number, Symbol, integer, multiply
from bpttsym.structure import NotDerived, Structure
from bpttsym.ways import Unrolled, Way

Terms = Iterator[Expr]


def weighted(weight: Fraction, *factors: Expr) -> Expr:
    """The product of factors with a number in front; 1 is left out, and -1 is a minus."""
    if weight < 0:
        return Negate(weighted(-weight, *factors))
    parts = factors if weight == 1 and factors else (Number(weight), *factors)
    return multiply(*parts)


def expanded_groups(structure: Structure, of: Symbol, by: Symbol) -> Iterator[Terms]:
    """The terms of the derivative of ``of`` by ``by``, an iterator for each output, the last output first."""
    walker = Unrolled(structure, by)
    if walker.key(of) == walker.target:
        raise NotDerived(f"the derivative of `{of.name}` by itself is 1")
    if not walker.leads(of):
        raise NotDerived(f"`{of.name}` does not depend on `{by.name}`")
    starts = walker.ways(of) if not structure.is_state(of) else [Way((), of, first=of)]
    for _, group in groupby(sorted(starts, key=_output, reverse=True), _output):
        yield _terms(walker, list(group))


def _output(way: Way) -> int:
    """The step of the output that a way begins with; a way without steps stands before all others."""
    if way.first is None:
        return 1_000_000
    step = way.first.index[0]
    assert isinstance(step, Number)
    return int(step.value)


def _terms(walker: Unrolled, open_: list[Way]) -> Terms:
    """The terms of some beginnings of paths, all of them a step longer in each round."""
    while open_:
        further: list[Way] = []
        for way in open_:
            if way.factors and walker.is_end(way.end):
                yield weighted(way.weight, *way.factors)
                continue
            for hop in walker.hops(way.end):
                further.append(Way((*way.factors, *hop.factors), hop.end, way.weight * hop.weight))
        open_ = further


def count_paths(structure: Structure, of: Symbol, by: Symbol) -> tuple[int, int]:
    """How many terms and how many factors the expanded form has, without making it."""
    walker = Unrolled(structure, by)
    known: dict[Symbol, tuple[int, int]] = {}

    def below(start: Symbol) -> tuple[int, int]:
        """Terms and factors from a node on, nodes nearer to the variable first."""
        waiting = [start]
        while waiting:
            node = waiting[-1]
            missing = [w.end for w in walker.hops(node) if not walker.is_end(w.end) and w.end not in known]
            if missing:
                waiting.extend(missing)
                continue
            waiting.pop()
            terms = factors = 0
            for way in walker.hops(node):
                ends = (1, 0) if walker.is_end(way.end) else known[way.end]
                terms += ends[0]
                factors += ends[1] + ends[0] * len(way.factors)
            known[node] = (terms, factors)
        return known[start]

    return below(of)


def expanded(structure: Structure, of: Symbol, by: Symbol) -> list[list[Expr]]:
    """All terms, grouped by output; for expansions that fit in memory."""
    return [list(group) for group in expanded_groups(structure, of, by)]


def numbered(structure: Structure, symbol: Symbol) -> Symbol:
    """The quantity with its last step written as a number."""
    last = Symbol(structure.model.horizon)
    return Symbol(symbol.name, tuple(integer(structure.length) if part == last else part for part in symbol.index))


def steps_of(structure: Structure, by: Symbol) -> list[Symbol]:
    """The variable at each step where its index is a letter; itself where it is not."""
    by = numbered(structure, by)
    letters = [part for part in by.index if isinstance(part, Symbol) and part.name != structure.model.horizon]
    if not letters:
        return [by]
    found = []
    place = Place(by.name, len(by.index), by.index.index(letters[0]))
    for step in range(structure.model.first, structure.model.axes.end(place, structure.length) + 1):
        index = tuple(integer(step) if part == letters[0] else part for part in by.index)
        found.append(Symbol(by.name, index))
    return found
