"""Noncommutative symbols for local Jacobians, as functions of the step where they stand at several steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy

from bpttsym.model import Key
from bpttsym.paths import PathWorld
from bpttsym.records import dataclass, field
from bpttsym.symbolic_functions import Sym
from bpttsym.symbolic_names import Names, identifier

Edge = tuple[Key, Key]
Way = tuple[Edge, ...]
"""The steps of a path from a quantity down to one that it is made of."""

STEP = sympy.Symbol("t", integer=True)


@dataclass
class Alphabet:
    """Noncommutative symbols for local Jacobians: functions of a step, ``dh_dh(4)`` for dh_4/dh_3."""

    paths: PathWorld
    names: Names = field(default_factory=Names)
    letters: dict[Sym, str] = field(default_factory=dict)
    _functions: dict[tuple[str, str, int | None], str] = field(default_factory=dict)

    def factor(self, edge: Edge, step: Sym | None = None, at: int = 0) -> Sym:
        """The Jacobian of an edge; as a function of ``step``, which has the value ``at`` for this edge."""
        ring = self.paths.local(*edge).words
        word, number = next(iter(ring.items()), ("", 0))
        value = sympy.Rational(number.numerator, number.denominator)
        if not word:
            return value
        base = base_step(edge)
        shift = edge[1][1][0] - base if base is not None and len(edge[1][1]) == 1 else None
        lone = base is None or not all(len(index) < 2 for _, index in edge)
        kind = (str(edge[0]), str(edge[1]), None) if lone else (edge[0][0], edge[1][0], shift)
        if kind not in self._functions:
            wanted = "d{}_d{}".format(*(identifier(*key) if lone else identifier(key[0]) for key in edge))
            self._functions[kind] = self.names.fresh(wanted, "")
        name = self._functions[kind]
        if lone:
            found = sympy.Symbol(name, commutative=False)
            self.letters[found] = word[0]
            return value * found
        function = sympy.Function(name, commutative=False)
        self.letters[function(sympy.Integer(base))] = word[0]
        return value * function(sympy.Integer(base) if step is None else step + base - at)

    def product(self, way: Way, step: Sym | None = None, at: int = 0) -> Sym:
        """The Jacobians along a way, the nearest to the numerator leftmost."""
        return sympy.Mul(*(self.factor(edge, step, at) for edge in way))

    def sum(self, ways: Iterable[Way], step: Sym | None = None, at: int = 0) -> Sym:
        """The sum over some ways."""
        return sympy.Add(*(self.product(way, step, at) for way in ways))


def base_step(edge: Edge) -> int | None:
    """The step that an edge is known by: that of its upper end, else of its lower."""
    return next((index[0] for _, index in edge if index), None)


@dataclass(frozen=True)
class Run:
    """Steps ``first .. last`` at which the same expression in the step stands."""

    first: int
    last: int
    expression: Sym

    def at(self, step: Sym) -> Sym:
        """The expression at a step."""
        return self.expression.subs(STEP, step)


def runs(ways: Mapping[int, list[Way]], alphabet: Alphabet) -> list[Run]:
    """The expressions at steps, those of one form taken together."""
    found: list[Run] = []
    for step in sorted(ways):
        expression = alphabet.sum(ways[step], STEP, step)
        if found and found[-1].last == step - 1 and found[-1].expression == expression:
            found[-1] = Run(found[-1].first, step, expression)
        else:
            found.append(Run(step, step, expression))
    return found
