"""A gradient as a program: what is computed from what, forward and then back, each step from those before it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import sympy

from bpttsym.model import Key
from bpttsym.symbolic_batch import Batch, N
from bpttsym.symbolic_functions import Sym
from bpttsym.symbolic_world import SymbolicWorld


class Program(NamedTuple):
    """``wanted`` expressions in the symbols ``given`` and in those that ``steps`` define, each by those before it."""

    given: list[Sym]
    steps: dict[Sym, Sym]
    wanted: list[Sym]

    def shared(self, wanted: list[Sym]) -> tuple[list[tuple[Sym, Sym]], list[Sym]]:
        """Like SymPy's ``cse``, with the steps among what is computed before: only what is used, in order."""
        found, reduced = sympy.cse([*self.steps.values(), *wanted])
        ones = {symbol: expr for symbol, expr in found if isinstance(expr, sympy.OneMatrix)}  # to add 1 costs nothing
        reduced = [expr.xreplace(ones) for expr in reduced]
        steps = dict(zip(self.steps, reduced, strict=False))
        known = {symbol: expr.xreplace(ones) for symbol, expr in found} | steps
        order: dict[Sym, Sym] = {}
        open_symbols = [symbol for expr in reversed(reduced[len(steps) :]) for symbol in _known_in(expr, known)]
        while open_symbols:
            symbol = open_symbols[-1]
            missing = [other for other in _known_in(known[symbol], known) if other not in order]
            if symbol in order or not missing:
                order.setdefault(open_symbols.pop(), known[symbol])
            open_symbols += [] if symbol in order else missing
        return list(order.items()), reduced[len(steps) :]


def make_program(
    world: SymbolicWorld, of: Key, leaves: Sequence[Key], by: Sequence[Key], varied: Collection[Key] = ()
) -> Program:
    """The gradients of a number by some quantities, each in the shape of the variable.

    Leaves that differ from sample to sample (``varied``) are matrices with a column for each of N samples; gradients by
    the others are summed over the samples. Raises CannotSay where that cannot be written. The sizes that are symbols
    and N follow the leaves in what is given.
    """
    nodes = [key for key in world.computed(of) if key != of]
    differ = {*varied, *(key for key in nodes if not world.graph.ancestors(key).isdisjoint(varied))}
    kept = differ.intersection(nodes) if varied else set(nodes)
    adjoints = world.adjoints(of, kept.__contains__)
    steps = {world.node(key): world.body(key) for key in nodes} | adjoints.definitions
    lifted = {adjoints.values[key] for key in differ & kept}.intersection(adjoints.definitions)
    symbols = {*map(world.node, differ), *lifted}
    batch = Batch(symbols)
    wanted = []
    for key in by:
        value = adjoints.values.get(key)
        if value is None:
            value = world.zeros(world.shapes[key[0]])
        wanted.append(value if not varied else batch.wide(value) if key in differ else batch.summed(value))
    return Program(
        [*(batch.each(world.node(key)) for key in leaves), *world.stand_ins.values(), *world.dimensions, N],
        {batch.each(symbol): batch.wide(body) if symbol in symbols else body for symbol, body in steps.items()},
        wanted,
    )


def _known_in(expr: Sym, known: Mapping[Sym, Sym]) -> list[Sym]:
    return sorted((symbol for symbol in expr.free_symbols if symbol in known), key=str, reverse=True)
