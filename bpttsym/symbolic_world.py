"""The world of SymPy: values are matrix expressions in one symbol for each quantity of the unrolled graph.

A definition is read by the evaluator that all worlds share; its derivatives come from the table of differentials.
Derivatives are in numerator layout, parameters flattened row by row; a total one is the sum over the paths of the graph
of the products of local Jacobians, the factor nearest to the numerator leftmost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import sympy

from bpttsym.errors import LimitExceeded, UsageError
from bpttsym.evaluate import Evaluator
from bpttsym.model import Graph, Key
from bpttsym.readings import Readings
from bpttsym.records import dataclass
from bpttsym.shapes import Shape
from bpttsym.symbolic_functions import Sym, Unknown
from bpttsym.symbolic_jacobians import Term, Unknowns, differential, jacobian, pull
from bpttsym.symbolic_matrices import flat_product, identity, shape, symbol, total, zeros
from bpttsym.symbolic_names import Names, shown
from bpttsym.symbolic_values import SymbolicValues
from bpttsym.world import CannotSay, World

MAXIMUM_PATHS = 5_000


@dataclass(frozen=True, slots=True)
class Adjoints:
    """The gradients of a number by quantities, and what the symbols in them stand for, in order of computation."""

    values: dict[Key, Sym]
    definitions: dict[Sym, Sym]


class SymbolicWorld(SymbolicValues):
    """SymPy values and their derivatives on one unrolled graph."""

    def __init__(
        self,
        graph: Graph,
        shapes: Mapping[str, Shape],
        dimension: Callable[[int], Sym],
        names: Names,
        concrete: bool = False,
    ) -> None:
        super().__init__(graph, shapes, dimension, names, concrete)
        self._bodies: dict[Key, Sym] = {}
        self._terms: dict[tuple[Key, Key], list[Term]] = {}
        self._gradients: dict[tuple[Key, Key], Sym] = {}
        self._unknown: dict[tuple[Unknown, int], Sym] = {}
        self._owner: dict[Sym, Key] = {}
        self._unknowns = Unknowns(self._unknown_jacobian)
        self._evaluator = Evaluator(self, Readings({}))

    def body(self, key: Key) -> Sym:
        """The definition of a quantity as an expression in the symbols of its parents."""
        if key not in self._bodies:
            found = self._evaluator.node(key)
            self._bodies[key] = found
            self._owner.setdefault(found, key)
        return self._bodies[key]

    def computed(self, of: Key) -> list[Key]:
        """A quantity and those that it is made of, leaves left out, in the order of computation."""
        used = {of, *self.graph.ancestors(of)}
        return [key for key in self.graph.nodes if key in used and self.graph.nodes[key].body is not None]

    def terms(self, of: Key, by: Key) -> list[Term]:
        """The differential of a quantity by one of its parents, all others held fixed."""
        if (of, by) not in self._terms:
            if self.graph.nodes[of].body is None or by not in self.graph.nodes[of].parents:
                self._terms[of, by] = []
            else:
                self._terms[of, by] = differential(self.body(of), self.node(by), self.node(of), self._unknowns)
        return self._terms[of, by]

    def local(self, of: Key, by: Key) -> Sym:
        """The local Jacobian of a quantity by one of its parents, in numerator layout."""
        if of == by:
            return identity(self.entries(of))
        return jacobian(self.terms(of, by), self.node(of), self.node(by))

    def _unknown_jacobian(self, value: Unknown, position: int) -> Sym:
        """The symbol of the Jacobian of a function without a formula by one of its arguments."""
        if (value, position) not in self._unknown:
            argument = value.arguments[position]
            owner = self._owner.get(value) or self._owner.get(sympy.Trace(value))
            above = self.names.of(owner) if owner else str(value.args[0].name)
            latex_above = shown(owner) if owner else self.names.latex[above]
            below = argument.name if argument.is_symbol else f"argument_{position + 1}"
            latex_below = self.names.latex.get(below, rf"\text{{argument {position + 1}}}")
            latex = rf"\frac{{\partial^{{+}} {latex_above}}}{{\partial {latex_below}}}"
            size = (value.shape[0] * value.shape[1], shape(argument)[0])
            self._unknown[value, position] = sympy.MatrixSymbol(self.names.fresh(f"d{above}_d{below}", latex), *size)
        return self._unknown[value, position]

    def derivative(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Sym:
        if len(by) != 1:
            raise CannotSay("a derivative by several parameters at once has no single path sum")
        return self.local(of, by[0]) if immediate else self.total(of, by[0])

    def derivative_of(self, of: Callable[[World], Sym], by: tuple[Key, ...], frozen: bool) -> Sym:
        if len(by) != 1:
            raise CannotSay("a derivative by several parameters at once has no single path sum")
        value = of(self)
        found = []
        for key, own_symbol in list(self._symbols.items()):
            onward = self.local(key, by[0]) if key == by[0] else None if frozen else self.total(key, by[0])
            if onward is not None and not self.is_zero(onward) and value.has(own_symbol):
                own = jacobian(differential(value, own_symbol, value, self._unknowns), value, own_symbol)
                found.append(flat_product((own, onward)))
        rows, columns = shape(value)
        return total(found) if found else zeros(rows * columns, self.entries(by[0]))

    def paths(self, of: Key, by: Key) -> list[tuple[Key, ...]]:
        """The paths of the graph from ``of`` down to ``by``, each with both ends; the shortest first."""
        graph = self.graph
        if by not in graph.nodes or (of != by and by not in graph.ancestors(of)):
            return []
        found: list[tuple[Key, ...]] = []
        open_paths: list[tuple[Key, ...]] = [(of,)]
        while open_paths:
            path = open_paths.pop()
            if path[-1] == by:
                found.append(path)
                if len(found) > MAXIMUM_PATHS:
                    raise LimitExceeded(f"a sum over paths is over the limit of {MAXIMUM_PATHS} paths in SymPy")
                continue
            for parent in graph.nodes[path[-1]].parents:
                if parent == by or by in graph.ancestors(parent):
                    open_paths.append((*path, parent))
        return sorted(found, key=len)

    def total(self, of: Key, by: Key) -> Sym:
        """The total derivative in numerator layout: the sum over paths of products of local Jacobians."""
        products = [
            flat_product(tuple(self.local(above, below) for above, below in pairwise(path)))
            for path in self.paths(of, by)
            if len(path) > 1
        ]
        if of == by:
            return identity(self.entries(of))
        return total(products) if products else zeros(self.entries(of), self.entries(by))

    def adjoints(self, of: Key, kept: Callable[[Key], bool] | None = None) -> Adjoints:
        """The gradient of a number by everything that it depends on, each in the shape of the variable.

        The gradient by a quantity is made of those by the quantities that use it, dL/dh_t = sum of J^T dL/dh: the sum
        over paths with what is common taken out. Where ``kept`` says so it gets a symbol of its own, so that no
        expression is deep; elsewhere it is put in.
        """
        if self.shapes[of[0]] != (1, 1):
            raise UsageError(f"only a number has a gradient in the shape of the variable, and `{shown(of)}` is none")
        used = {of, *self.graph.ancestors(of)}
        order = [key for key in self.graph.nodes if key in used]  # every quantity after those that it is made of
        users: dict[Key, list[Key]] = {key: [] for key in order}
        for key in order:
            for parent in self.graph.nodes[key].parents:
                users[parent].append(key)
        found = Adjoints({of: sympy.S.One}, {})
        for key in reversed(order):
            if key != of:
                parts = [pull(term, found.values[user]) for user in users[key] for term in self.terms(user, key)]
                value = total(parts) if parts else self.zeros(self.shapes[key[0]])
                if kept is not None and kept(key) and value.args:
                    own_symbol = self._gradient_symbol(of, key)
                    found.definitions[own_symbol] = value
                    value = own_symbol
                found.values[key] = value
        return found

    def _gradient_symbol(self, of: Key, by: Key) -> Sym:
        if (of, by) not in self._gradients:
            latex = rf"\nabla_{{{shown(by)}}} {shown(of)}"
            name = self.names.fresh(f"d{self.names.of(of)}_d{self.names.of(by)}", latex)
            self._gradients[of, by] = symbol(name, shape(self.node(by)))
        return self._gradients[of, by]
