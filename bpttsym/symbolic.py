"""SymPy's part, and the only door to it: unrolled graphs as SymPy equations, and gradients to go on working with.

    unroll(model, T=4).equations          Eq(h_1, tanh.(W*h_0 + U*x_1 + b)), ...
    gradient(model, "L", "W").expression  a sum of matrix products, in the shape of W

Symbols carry only names that ``symbolic_names`` makes; ``latex`` prints them as the document writes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import sympy

from bpttsym.errors import UsageError
from bpttsym.ground import Ground, default_size, make_ground
from bpttsym.model import Key, Model
from bpttsym.paths import PathWorld
from bpttsym.records import dataclass
from bpttsym.shapes import Shape
from bpttsym.symbolic_code import numpy_program, sympy_program
from bpttsym.symbolic_expansion import Expansion, expand
from bpttsym.symbolic_functions import Sym
from bpttsym.symbolic_lambdify import Gradients, arguments
from bpttsym.symbolic_names import Names, identifier
from bpttsym.symbolic_world import SymbolicWorld


@dataclass(frozen=True)
class UnrolledGraph:
    """A model unrolled over ``T`` steps; quantities are named as here (``y_hat_4``) or by their LaTeX."""

    T: int
    world: SymbolicWorld
    explicit: bool = False

    @cached_property
    def equations(self) -> tuple[Sym, ...]:
        """A SymPy ``Eq`` for each quantity that a definition computes, in the order of computation.

        Vectors are columns. With ``explicit`` both sides are matrices of their components.
        """
        found = []
        for key, node in self.world.graph.nodes.items():
            if node.body is not None:
                sides = (self.world.node(key), self.world.body(key))
                found.append(sympy.Eq(*map(components, sides) if self.explicit else sides, evaluate=False))
        return tuple(found)

    @property
    def symbols(self) -> dict[str, Sym]:
        """The symbol of every quantity by its name here; leaves and parameters too."""
        return {self.world.names.of(key): self.world.node(key) for key in self.world.graph.nodes}

    def key(self, text: str | Key) -> Key:
        """The quantity that a person names; raises UsageError with the nearest names for one that is not here."""
        return self.world.names.key(text, self.world.graph)

    def jacobian(self, of: str | Key, by: str | Key) -> Sym:
        """The local Jacobian in numerator layout, parameters flattened row by row: rows are the entries of ``of``."""
        return self.world.local(self.key(of), self.key(by))

    def derivative(self, of: str | Key, by: str | Key) -> Sym:
        """The total derivative in numerator layout: the sum over paths of products of local Jacobians."""
        return self.world.total(self.key(of), self.key(by))

    def gradient(self, of: str | Key, by: str | Key) -> Gradient:
        """The gradient of a number by one quantity."""
        return Gradient(self, self.key(of), self.key(by))

    def latex(self, expression: Sym) -> str:
        """A SymPy expression in the symbols of this graph, with the names of the document."""
        return latex(expression, self.world)

    def _repr_latex_(self) -> str:
        rows = " \\\\\n".join(self.latex(equation).replace("=", "&=", 1) for equation in self.equations)
        return f"$\\displaystyle\\begin{{aligned}}\n{rows}\n\\end{{aligned}}$"


@dataclass(frozen=True)
class Gradient:
    """The gradient of a number by one quantity, as SymPy expressions in the symbols of the graph."""

    graph: UnrolledGraph
    of: Key
    by: Key

    @cached_property
    def expression(self) -> Sym:
        """In the shape of the variable, ``MatAdd`` and ``MatMul`` nested as in the recursion from the last step."""
        world = self.graph.world
        found = world.adjoints(self.of).values.get(self.by)
        return world.zeros(world.shapes[self.by[0]]) if found is None else found

    @cached_property
    def row(self) -> Sym:
        """In numerator layout (1, size), parameters flattened row by row: the sum over paths of local Jacobians."""
        return self.graph.world.total(self.of, self.by)

    @cached_property
    def definitions(self) -> dict[Sym, Sym]:
        """The symbols that occur in the gradient and are computed, with their definitions in order."""
        world = self.graph.world
        nodes = {self.of, *world.graph.ancestors(self.of)}
        return {
            world.node(key): world.body(key)
            for key in world.graph.nodes
            if key in nodes and world.graph.nodes[key].body is not None
        }

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.graph.latex(self.expression)}$"


def unroll(model: Model, T: int = 4, explicit: bool = False, sizes: Mapping[str, int] | None = None) -> UnrolledGraph:
    """A model unrolled over T steps as SymPy equations in symbolic matrices, of symbolic sizes ``n_h``.

    With ``sizes`` (the number of rows of some quantities, ``{"h": 3}``) or ``explicit`` the sizes are numbers.
    """
    if sizes is None and not explicit:
        return _unrolled(model, T)
    ground, names = _ground(model, T)
    chosen = _chosen(ground, names, sizes or {})
    fixed = make_ground(model, T, lambda position: chosen.get(position, default_size(position)))
    return UnrolledGraph(T, SymbolicWorld(fixed.graph, fixed.shapes, sympy.Integer, names), explicit)


def _unrolled(model: Model, T: int, concrete: bool = False) -> UnrolledGraph:
    ground, names = _ground(model, T)
    size = _size_symbols(ground, names).__getitem__
    return UnrolledGraph(T, SymbolicWorld(ground.graph, ground.shapes, size, names, concrete))


def _ground(model: Model, T: int) -> tuple[Ground, Names]:
    """A model unrolled, with a number of its own for every free size, and names for all quantities."""
    if T < 1:
        raise UsageError(f"a model is unrolled over at least 1 step, not {T}")
    ground, names = make_ground(model, T, _place), Names()
    for key in ground.graph.nodes:
        names.of(key)
    return ground, names


def gradient(model: Model, of: str | Key = "L", by: str | Key = "W", T: int = 4) -> Gradient:
    """The gradient of a number by one quantity, over T steps."""
    return unroll(model, T).gradient(of, by)


def gradients(model: Model, of: str | Key = "L", by: Sequence[str] | None = None, T: int = 4) -> Gradients:
    """The gradients of a number as a function of arrays, by ``lambdify``; by all leaves where none are named.

    See ``symbolic_lambdify`` for the shapes. ``x`` names the leaf of all steps, ``h_0`` the state before the first.
    """
    graph = unroll(model, T)
    everything = tuple(argument.name for argument in arguments(graph.world))
    return Gradients(graph.world, graph.key(of), everything if by is None else tuple(by))


def expansion(model: Model, of: str | Key = "L", by: str | Key = "psi", T: int = 4) -> Expansion:
    """The chain rule expanded by SymPy: sums and products of noncommutative Jacobians with all ranges written out.

    Raises Contradiction if that is not the sum over the paths of the graph, word for word.
    """
    graph = unroll(model, T)
    world = graph.world
    return expand(world.graph, PathWorld(world.graph, world.shapes), graph.key(of), graph.key(by))


def numpy_code(model: Model, of: str | Key = "L", by: str | Sequence[str | Key] = "W", T: int = 4) -> str:
    """A program in NumPy that computes gradients of a number, and checks itself when it is run."""
    return numpy_program(*_for_code(model, of, by, T))


def sympy_code(model: Model, of: str | Key = "L", by: str | Sequence[str | Key] = "W", T: int = 4) -> str:
    """A program in SymPy that holds gradients of a number as matrix expressions, and checks itself when it is run."""
    return sympy_program(*_for_code(model, of, by, T))


def _for_code(
    model: Model, of: str | Key, by: str | Sequence[str | Key], T: int
) -> tuple[SymbolicWorld, Key, list[Key]]:
    graph = _unrolled(model, T, concrete=True)
    return graph.world, graph.key(of), [graph.key(name) for name in ([by] if isinstance(by, str) else by)]


def components(value: Sym) -> Sym:
    """An expression of sizes in numbers as the matrix of its components; a scalar with its traces written out."""
    written = value.replace(lambda part: isinstance(part, sympy.Trace), lambda part: part.args[0].as_explicit().trace())
    return written.as_explicit().doit() if isinstance(written, sympy.MatrixExpr) else written


def latex(expression: Sym, world: SymbolicWorld) -> str:
    """A SymPy expression in LaTeX, its symbols with the names of the document."""
    symbols = {
        symbol: world.names.latex[symbol.name] for symbol in expression.free_symbols if symbol.name in world.names.latex
    }
    return str(sympy.latex(expression, symbol_names=symbols, mat_symbol_style="plain", order="none"))


def _place(position: int) -> int:
    """A number for the n-th free size that is no 1, to know it by."""
    return position + 2


def _size_symbols(ground: Ground, names: Names) -> dict[int, Sym]:
    """A symbol for each free size, called after the first quantity that has so many entries."""
    called: dict[int, str] = {}
    known = {name for (name, index), node in ground.graph.nodes.items() if index or node.body is not None}
    for name in sorted(ground.shapes, key=lambda name: (ground.shapes[name][1] != 1, name not in known)):
        rows, columns = ground.shapes[name]
        called.setdefault(rows, identifier(name))
        called.setdefault(columns, f"{identifier(name)}_columns")
    found: dict[int, Sym] = {1: sympy.S.One}
    for size in sorted(set(called) - {1}):
        shown = called[size].replace("_", r"\_")
        name = names.fresh(f"n_{called[size]}", rf"n_{{\mathrm{{{shown}}}}}")
        found[size] = sympy.Symbol(name, integer=True, positive=True)
    return found


def _chosen(ground: Ground, names: Names, sizes: Mapping[str, int]) -> dict[int, int]:
    """The sizes that are given, by the position of the free size."""
    shapes: dict[str, Shape] = {}
    for name, index in ground.graph.nodes:
        shapes |= dict.fromkeys((name, identifier(name), names.of((name, index))), ground.shapes[name])
    chosen: dict[int, int] = {}
    for text, size in sizes.items():
        if text not in shapes:
            raise UsageError(f"the model has no `{text}` to give a size to; there are {', '.join(sorted(shapes))}")
        if size < 1:
            raise UsageError(f"the size of `{text}` is at least 1, not {size}")
        position = shapes[text][0] - 2
        if position < 0:
            raise UsageError(f"`{text}` is a number and has no size")
        if chosen.setdefault(position, size) != size:
            raise UsageError(f"the size of `{text}` is {chosen[position]} by another of these, not {size}")
    return chosen
