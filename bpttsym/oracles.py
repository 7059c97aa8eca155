"""Derived gradients in numbers beside those of programs that share nothing with the rules that derived them.

The last equation of each form is computed from the definitions, and compared with the derivative by a complex step,
with the function that SymPy has differentiated and compiled, and with the backward pass that is written by hand, where
the model is one that it runs. Any difference is an error of bpttsym, told as a Contradiction.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from bpttsym import rnn
from bpttsym.common import Common
from bpttsym.derivation import Derivation
from bpttsym.errors import Contradiction, NotRead, UsageError
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Call, Relation, Symbol, walk
from bpttsym.ground import Ground
from bpttsym.latex import unicode_line
from bpttsym.leaves import FUNCTIONS, Array
from bpttsym.model import Definition, Graph, Key
from bpttsym.numeric import NumericWorld
from bpttsym.readings import Readings
from bpttsym.recognise import Recurrent, recurrent
from bpttsym.records import dataclass, replace
from bpttsym.shapes import Shape

TOLERANCE, FLOOR = 1e-9, 1e-11
LONGEST = 8
"""The most steps that are compiled by SymPy: its programs grow with them."""


@dataclass(frozen=True)
class Compared:
    """With what the forms of a derivative were compared, and the largest relative difference."""

    programs: tuple[str, ...] = ()
    error: float = 0.0


@dataclass
class Oracles:
    """The gradients of one number of a model by its parameters, as each program has them, for one choice of numbers."""

    ground: Ground
    of: Symbol
    by: tuple[str, ...]

    def leaf(self, name: str, index: tuple[int, ...], shape: Shape) -> Array:
        """The number of a leaf: the same for every program."""
        key = (name, index)
        if key not in self._leaves:
            drawn = np.random.default_rng(len(self._leaves)).normal(size=shape) / np.sqrt(shape[1])
            if name in self.ground.model.one_hot:
                drawn = np.eye(shape[0] * shape[1])[0].reshape(shape)
            elif name in self.ground.model.distributions:
                drawn = np.exp(drawn) / np.exp(drawn).sum()
            self._leaves[key] = drawn
        return self._leaves[key][None]

    @cached_property
    def _leaves(self) -> dict[Key, Array]:
        return {}

    @cached_property
    def world(self) -> NumericWorld:
        """The definitions at these numbers."""
        return self._numbers(self.ground.graph)

    @cached_property
    def _common(self) -> Common:
        return Common()

    def _numbers(self, graph: Graph) -> NumericWorld:
        """A graph at these numbers, which are found once for the graphs of all forms."""
        kept = self._common.kept("complex step", graph, self.ground.shapes)
        return NumericWorld(graph, self.ground.shapes, samples=1, leaf=self.leaf, kept=kept)

    @cached_property
    def by_sympy(self) -> dict[str, Array]:
        """The gradients that SymPy has differentiated and compiled; none where a function has no formula."""
        model = self.ground.model
        called = {part.function for d in model.definitions for part in walk(d.body) if isinstance(part, Call)}
        if self.ground.length - model.first >= LONGEST or not called <= FUNCTIONS.keys() | {r"\mathrm{diag}"}:
            return {}
        from bpttsym.symbolic import unroll
        from bpttsym.symbolic_lambdify import Gradients, arguments

        try:
            graph = unroll(model, self.ground.length)
            leaves = arguments(graph.world)
            wanted = {one.keys[0][0]: one.name for one in leaves if one.keys[0] in [(by, ()) for by in self.by]}
            compiled = Gradients(graph.world, graph.key((self.of.name, ())), tuple(wanted.values()))
            arrays = {}
            for name, argument in compiled.arguments.items():
                parts = [self.leaf(*key, self.ground.shapes[key[0]])[0] for key in argument.keys]
                parts = [part.reshape(part.shape[: argument.axes - int(argument.steps)]) for part in parts]
                arrays[name] = np.stack(parts) if argument.steps else parts[0]
            found = compiled(arrays)
        except (NotRead, UsageError):
            return {}
        return {name: found[argument] for name, argument in wanted.items()}

    @cached_property
    def by_hand(self) -> dict[str, Array]:
        """The gradients of the backward pass that is written by hand; none where it does not run the model."""
        network = recurrent(self.ground.model, self.of)
        return {} if network is None else self._by_hand(network)

    def _by_hand(self, network: Recurrent) -> dict[str, Array]:
        names, shapes = network.names, self.ground.shapes
        steps = range(self.ground.model.first, self.ground.length + 1)
        hidden, output = shapes[network.state][0], shapes[names["y"] or ""][0]
        width = shapes[names["x"]][0] if names["x"] else 1
        sizes = {"W": (hidden, hidden), "U": (hidden, width), "b": (hidden,), "V": (output, hidden), "c": (output,)}
        arrays = {}
        for role, size in sizes.items():
            name = names[role]
            arrays[role] = self.leaf(name, (), shapes[name])[0].reshape(size) if name else np.zeros(size)
        parameters = rnn.Parameters(**arrays)

        def row(name: str | None, index: tuple[int, ...]) -> Array:
            return self.leaf(name, index, shapes[name])[0].reshape(1, -1) if name else np.zeros((1, 1))

        inputs = np.stack([row(names["x"], (step,)) for step in steps])
        start = row(network.state, (steps[0] - 1,))
        many = network.form == "many_to_many"
        targets = np.stack([row(names["y"], (step,)) for step in steps]) if many else row(names["y"], ())
        configuration = rnn.Configuration(network.activation, network.readout, network.loss, network.form)  # type: ignore[arg-type]
        found = rnn.backward(parameters, rnn.forward(parameters, inputs, start, targets, configuration))
        return {name: getattr(found, role) for role in sizes if (name := names[role]) is not None}

    def derived(self, derivation: Derivation, form: str) -> list[tuple[Relation, Array, Array]]:
        """The last equation of a form with both of its sides in numbers; those of each step where there are many."""
        steps = derivation.steps(form)
        named = [step.relation for step in steps if step.relation.operator == ":="]
        short = tuple(
            Definition(one.left.name, one.left.index, one.right) for one in named if isinstance(one.left, Symbol)
        )
        world = self.world
        if short:
            model = replace(self.ground.model, abbreviations=short)
            world = self._numbers(Graph(model, self.ground.length))
        relation = steps[-1].relation
        evaluator = Evaluator(world, Readings({"layout": "numerator"}))
        ends = dict(self.ground.graph.ends)
        left, right = evaluator.sides(relation, ends)
        return [(relation, left, right)]


def compared(oracles: Oracles, derivation: Derivation, forms: Sequence[str]) -> Compared:
    """What the forms of a derivative by a parameter were compared with; raises Contradiction where one differs."""
    if not forms:
        return Compared()
    name = derivation.by.name
    programs = {"complex step": None, "SymPy": oracles.by_sympy.get(name), "by hand": oracles.by_hand.get(name)}
    worst, told = 0.0, dict.fromkeys(("complex step",))
    for form in forms:
        for relation, left, right in oracles.derived(derivation, form):
            for program, array in programs.items():
                given = left if program == "complex step" else array
                if given is None:
                    continue
                told[program] = None
                error = _difference(right, np.asarray(given))
                if error is None:
                    shown = unicode_line(relation)
                    raise Contradiction(f"{shown}, in the form `{form}`, differs in numbers from {WORDS[program]}")
                worst = max(worst, error)
    return Compared(tuple(told), worst)


def _difference(ours: Array, theirs: Array) -> float | None:
    """The relative difference of all entries; None where it is more than rounding."""
    ours, theirs = ours.reshape(-1), theirs.reshape(-1)
    if ours.shape == theirs.shape:
        gap = float(np.abs(ours - theirs).max())
        size = max(float(np.abs(ours).max()), float(np.abs(theirs).max()), FLOOR)
        if gap <= TOLERANCE * size + FLOOR:
            return gap / size if gap > FLOOR else 0.0
    return None


WORDS = {
    "complex step": "a complex step on the definitions",
    "SymPy": "what SymPy differentiates",
    "by hand": "the backward pass that is written by hand",
}
