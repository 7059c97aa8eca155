"""The world of a prime field proves what is true, never what is false, and its printed bounds are bounds."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from bpttsym import exact
from bpttsym.errors import NotRead
from bpttsym.evaluate import Evaluator
from bpttsym.exact import FUNCTIONS, PRIME, ExactWorld, Oracle, Value, constant
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Divide,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    Transpose,
    add,
    children,
    integer,
    multiply,
    shifted,
)
from bpttsym.leaves import FUNCTIONS as NUMERIC_FUNCTIONS
from bpttsym.model import Definition, Graph, Model
from bpttsym.notation import read_chain
from bpttsym.numeric import NumericWorld
from bpttsym.parse import read_display
from bpttsym.positions import at, replace_at, walk_paths
from bpttsym.readings import Readings
from bpttsym.rewriting import with_children
from bpttsym.shapes import DEFAULT_SIZES, Shape, SizedDefinition, infer_sizes
from bpttsym.signature import signature
from bpttsym.world import CannotSay

T = 3
TOLERANCE = 1e-9
NUMBERS = (r"\mathcal{L}", r"\ell")


def cell(activation: str, output: str, loss: str) -> tuple[str, ...]:
    """An Elman network with named pre-activations a and o."""
    return (
        r"a_t = W h_{t-1} + U x_t + b",
        rf"h_t = {activation}(a_t)",
        r"o_t = V h_t + c",
        rf"\hat{{y}}_t = {output}",
        r"\mathcal{L} = \sum_{t=1}^{T} \ell_t",
        rf"\ell_t = {loss}",
    )


CROSS_ENTROPY = r"-y_t^\top \log\hat{y}_t"
SQUARED = r"\frac{1}{2} \lVert\hat{y}_t - y_t\rVert^2"
DISTANCE = r"\lVert\hat{y}_t - y_t\rVert"

MODELS: dict[str, tuple[str, ...]] = {
    "abstract": (
        r"h_t = f(x_t, h_{t-1}; \psi)",
        r"\hat{y}_t = g(h_t; \phi)",
        rf"\mathcal{{L}} = \sum_{{t=1}}^{{T}} {DISTANCE}",
    ),
    "last": (
        r"h_t = f(x_t, h_{t-1}; \psi)",
        r"\hat{y} = g(h_T; \phi)",
        r"\mathcal{L} = \lVert\hat{y} - y\rVert",
    ),
    "tanh": cell(r"\tanh", r"\mathrm{softmax}(o_t)", CROSS_ENTROPY),
    "free": cell(r"\tanh", r"\mathrm{softmax}(o_t)", CROSS_ENTROPY),
    "sigmoid": cell(r"\sigma", "o_t", SQUARED),
    "relu": cell(r"\mathrm{relu}", r"\tanh(o_t)", DISTANCE),
    "softplus": cell(r"\mathrm{softplus}", r"\cosh(o_t)", SQUARED),
    "gated": (
        r"z_t = \sigma(W_z h_{t-1} + U_z x_t)",
        r"c_t = \tanh(W h_{t-1} + U x_t)",
        r"h_t = (1 - z_t) \odot h_{t-1} + z_t \odot c_t",
        r"\hat{y}_t = \exp(V h_t)",
        r"\mathcal{L} = \sum_{t=1}^{T} y_t^\top \hat{y}_t",
    ),
}
DISTRIBUTIONS = {"tanh": ("y",)}

PATHS = r"\Big(\prod_{i=k}^{t-1} \frac{\partial h_{i+1}}{\partial h_i}\Big)"
TO_STATE = r"\frac{\partial\mathcal{L}}{\partial\hat{y}_t} \frac{\partial\hat{y}_t}{\partial h_t}"

# A model, an equation that is true in it, and the readings under which it is.
TRUE: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("abstract", r"\frac{\partial\mathcal{L}}{\partial\phi} = \sum_{t=1}^{T} \frac{\partial\mathcal{L}}"
     r"{\partial\hat{y}_t} \frac{\partial\hat{y}_t}{\partial\phi}", {}),
    ("abstract", r"\frac{\partial\mathcal{L}}{\partial\psi} = \sum_{t=1}^{T} \sum_{k=1}^{t} " + TO_STATE + PATHS
     + r"\frac{\partial^+ h_k}{\partial\psi}", {"product": "decreasing"}),
    ("abstract", r"\frac{\partial\mathcal{L}}{\partial\psi} = \sum_{t=1}^{T} \sum_{k=1}^{t} " + TO_STATE
     + r"\frac{\partial h_t}{\partial h_k} \frac{\partial^+ h_k}{\partial\psi}", {}),
    ("abstract", r"\frac{\partial\mathcal{L}}{\partial\psi} = \sum_{t=1}^{T} \frac{\partial\mathcal{L}}{\partial h_t} "
     r"\frac{\partial^+ h_t}{\partial\psi}", {}),
    ("abstract", r"\frac{\partial h_t}{\partial\psi} = \frac{\partial f(x_t, h_{t-1}; \psi)}{\partial\psi} + "
     r"\frac{\partial f(x_t, h_{t-1}; \psi)}{\partial h_{t-1}} \frac{\partial h_{t-1}}{\partial\psi}", {}),
    ("abstract", r"\frac{\partial\mathcal{L}}{\partial\hat{y}_t} = "
     r"\frac{(\hat{y}_t - y_t)^\top}{\lVert\hat{y}_t - y_t\rVert}", {}),
    ("last", r"\frac{\partial\mathcal{L}}{\partial\hat{y}} = \frac{(\hat{y} - y)^\top}{\mathcal{L}}", {}),
    ("last", r"\frac{\partial\mathcal{L}}{\partial\psi} = \sum_{t=1}^{T} \frac{\partial\mathcal{L}}{\partial\hat{y}} "
     r"\frac{\partial\hat{y}}{\partial h_T} \Big(\prod_{i=t}^{T-1} \frac{\partial h_{i+1}}{\partial h_i}\Big) "
     r"\frac{\partial^+ h_t}{\partial\psi}", {"product": "decreasing"}),
    ("last", r"\frac{\partial\mathcal{L}}{\partial h_t} = \frac{\partial h_{t+1}}{\partial h_t} "
     r"\frac{\partial\mathcal{L}}{\partial h_{t+1}}", {"layout": "denominator"}),
    ("last", r"\mathcal{L}^2 = (\hat{y} - y)^\top (\hat{y} - y)", {}),
    ("last", r"\mathcal{L} \mathcal{L} = \lVert\hat{y} - y\rVert^2", {}),
    ("tanh", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W", {}),
    ("tanh", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(\tanh'(a_t)) W", {}),
    ("tanh", r"\frac{\partial\mathcal{L}}{\partial o_t} = (\hat{y}_t - y_t)^\top", {}),
    ("tanh", r"\frac{\partial\hat{y}_t}{\partial o_t} = \mathrm{diag}(\hat{y}_t) - \hat{y}_t \hat{y}_t^\top", {}),
    ("tanh", r"\frac{\partial\mathcal{L}}{\partial V} = \sum_{t=1}^{T} (\hat{y}_t - y_t) h_t^\top",
     {"layout": "denominator"}),
    ("tanh", r"\nabla_W \mathcal{L} = \sum_{t=1}^{T} \mathrm{diag}(1 - h_t^2) (\nabla_{h_t} \mathcal{L}) "
     r"h_{t-1}^\top", {}),
    ("tanh", r"\nabla_{h_t} \mathcal{L} = W^\top \mathrm{diag}(1 - h_{t+1}^2) (\nabla_{h_{t+1}} \mathcal{L}) + "
     r"V^\top (\hat{y}_t - y_t)", {}),
    ("tanh", r"\frac{\partial\mathcal{L}}{\partial W} = \sum_{t=1}^{T} \sum_{k=1}^{t} " + TO_STATE + PATHS
     + r"\frac{\partial h_k}{\partial a_k} \frac{\partial^+ a_k}{\partial W}", {"product": "decreasing"}),
    ("free", r"\frac{\partial\mathcal{L}}{\partial\hat{y}_t} = -\Big(\frac{y_t}{\hat{y}_t}\Big)^\top", {}),
    ("sigmoid", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(h_t \odot (1 - h_t)) W", {}),
    ("sigmoid", r"\frac{\partial\mathcal{L}}{\partial\hat{y}_t} = (\hat{y}_t - y_t)^\top", {}),
    ("sigmoid", r"\nabla_c \mathcal{L} = \sum_{t=1}^{T} (\hat{y}_t - y_t)", {}),
    ("relu", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(\mathrm{relu}'(a_t)) W", {}),
    ("relu", r"\ell_t \frac{\partial\ell_t}{\partial\hat{y}_t} = (\hat{y}_t - y_t)^\top", {}),
    ("relu", r"\frac{\partial\ell_t}{\partial h_t} = \frac{(\hat{y}_t - y_t)^\top}{\ell_t} "
     r"\mathrm{diag}(1 - \hat{y}_t^2) V", {}),
    ("softplus", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(\sigma(a_t)) W", {}),
    ("softplus", r"\frac{\partial\hat{y}_t}{\partial h_t} = \mathrm{diag}(\sinh(o_t)) V", {}),
    ("gated", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - z_t) + \mathrm{diag}(c_t - h_{t-1}) "
     r"\mathrm{diag}(z_t \odot (1 - z_t)) W_z + \mathrm{diag}(z_t \odot (1 - c_t^2)) W", {}),
    ("gated", r"\frac{\partial\mathcal{L}}{\partial h_T} = y_T^\top \mathrm{diag}(\hat{y}_T) V", {}),
    ("gated", r"\frac{\partial\hat{y}_t}{\partial V} = \frac{\partial\hat{y}_t}{\partial V}", {}),
)  # fmt: skip

# Mistakes as people make them; each is refuted by numbers, and must never be proved.
FALSE: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("tanh", r"\frac{\partial h_t}{\partial h_{t-1}} = W \mathrm{diag}(1 - h_t^2)", {}),
    ("tanh", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t) W", {}),
    ("tanh", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_{t-1}^2) W", {}),
    ("tanh", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W^\top", {}),
    ("tanh", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(\tanh'(h_t)) W", {}),
    ("tanh", r"\frac{\partial\mathcal{L}}{\partial o_t} = (y_t - \hat{y}_t)^\top", {}),
    ("free", r"\frac{\partial\mathcal{L}}{\partial o_t} = (\hat{y}_t - y_t)^\top", {}),
    ("tanh", r"\nabla_W \mathcal{L} = \sum_{t=1}^{T} \mathrm{diag}(1 - h_t^2) (\nabla_{h_t} \mathcal{L}) h_t^\top", {}),
    ("tanh", r"\nabla_W \mathcal{L} = \sum_{t=2}^{T} \mathrm{diag}(1 - h_t^2) (\nabla_{h_t} \mathcal{L}) "
     r"h_{t-1}^\top", {}),
    ("tanh", r"\nabla_{h_t} \mathcal{L} = W \mathrm{diag}(1 - h_{t+1}^2) (\nabla_{h_{t+1}} \mathcal{L}) + "
     r"V^\top (\hat{y}_t - y_t)", {}),
    ("tanh", r"\nabla_{h_t} \mathcal{L} = W^\top \mathrm{diag}(1 - h_{t+1}^2) (\nabla_{h_{t+1}} \mathcal{L})", {}),
    ("tanh", r"\frac{\partial\mathcal{L}}{\partial W} = \sum_{t=1}^{T} \sum_{k=1}^{t} " + TO_STATE + PATHS
     + r"\frac{\partial h_k}{\partial a_k} \frac{\partial a_k}{\partial W}", {"product": "decreasing"}),
    ("sigmoid", r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(h_t \odot h_t) W", {}),
    ("sigmoid", r"\frac{\partial\mathcal{L}}{\partial\hat{y}_t} = 2 (\hat{y}_t - y_t)^\top", {}),
    ("relu", r"\frac{\partial h_t}{\partial h_{t-1}} = W", {}),
    ("relu", r"h_t = a_t", {}),
    ("relu", r"\ell_t = (\hat{y}_t - y_t)^\top (\hat{y}_t - y_t)", {}),
    ("abstract", r"\frac{\partial\mathcal{L}}{\partial\psi} = \sum_{t=1}^{T} \frac{\partial\mathcal{L}}{\partial h_t} "
     r"\frac{\partial h_t}{\partial\psi}", {}),
    ("abstract", r"\frac{\partial\mathcal{L}}{\partial\psi} = \sum_{t=1}^{T} \sum_{k=1}^{t} " + TO_STATE + PATHS
     + r"\frac{\partial^+ h_k}{\partial\psi}", {"product": "increasing"}),
    ("abstract", r"f(x_t, h_{t-1}; \psi) = f(x_{t-1}, h_{t-1}; \psi)", {}),
    ("last", r"\frac{\partial\mathcal{L}}{\partial\hat{y}} = (\hat{y} - y)^\top", {}),
    ("last", r"\mathcal{L}^3 = (\hat{y} - y)^\top (\hat{y} - y)", {}),
)  # fmt: skip


class Case:
    """An equation of a model with both worlds: its sides, and the readings under which they are evaluated."""

    def __init__(self, name: str, equation: str, readings: dict[str, str], length: int = T) -> None:
        chains = [read_display(text, 0)[0].chain for text in (*MODELS[name], equation)]
        known = signature(chain for chain in chains if chain is not None)
        definitions = []
        for chain in chains[:-1]:
            assert chain is not None
            (left, right), _ = read_chain(chain, known)
            assert isinstance(left, Symbol)
            assert right is not None
            definitions.append(Definition(left.name, left.index, right))
        assert chains[-1] is not None
        (left, right), _ = read_chain(chains[-1], known)
        assert left is not None
        assert right is not None
        self.sides = left, right
        self.readings = readings
        self.length = length
        self.graph, self.shapes = unrolled(tuple(definitions), DISTRIBUTIONS.get(name, ()), length)
        self.exact = ExactWorld(self.graph, self.shapes)
        self.numeric = NumericWorld(self.graph, self.shapes)

    def values(self, world: Any, sides: tuple[Expr, Expr] | None = None) -> tuple[Any, Any]:
        """Both sides in a world, at t = 2."""
        left, right = sides or self.sides
        evaluator = Evaluator(world, Readings(self.readings))
        bindings = {"T": self.length, "t": 2, "k": 1}
        return evaluator.value(left, bindings), evaluator.value(right, bindings)

    def error(self, sides: tuple[Expr, Expr] | None = None) -> float:
        """The relative difference of the two sides in numbers."""
        first, second = self.values(self.numeric, sides)
        if self.numeric.shape(first) != self.numeric.shape(second):
            return float("inf")
        return self.numeric.difference(first, second)[0]

    def proved(self, sides: tuple[Expr, Expr] | None = None) -> bool:
        """Whether the prime field says that both sides are equal."""
        return self.exact.equal(*self.values(self.exact, sides))


def unrolled(
    definitions: tuple[Definition, ...], distributions: tuple[str, ...] = (), length: int = T
) -> tuple[Graph, dict[str, Shape]]:
    """The graph of a model, and its shapes, all sizes being different."""
    sized = [SizedDefinition(d.name, bool(d.index), d.body, d.name in NUMBERS) for d in definitions]
    shapes = infer_sizes(sized, "T", False).assign(lambda position: DEFAULT_SIZES[position])
    return Graph(Model(definitions, distributions=distributions), length), shapes


@cache
def case(name: str, equation: str, readings: tuple[tuple[str, str], ...]) -> Case:
    """A case that tests share."""
    return Case(name, equation, dict(readings))


def shared(row: tuple[str, str, dict[str, str]]) -> Case:
    """The case of a row of a table."""
    return case(row[0], row[1], tuple(row[2].items()))


# ---------------------------------------------------------------------------------------------- what is proved


@pytest.mark.parametrize("row", TRUE, ids=lambda row: f"{row[0]}: {row[1]}")
def test_true_equations_are_proved(row: tuple[str, str, dict[str, str]]) -> None:
    """Every equation of the table holds in numbers, and the prime field proves it with a bound under 2^-100."""
    known = shared(row)
    assert known.error() < TOLERANCE
    first, second = known.values(known.exact)
    assert known.exact.equal(first, second)
    assert known.exact.exponent(first, second) >= 100


@pytest.mark.parametrize("row", FALSE, ids=lambda row: f"{row[0]}: {row[1]}")
def test_false_equations_are_not_proved(row: tuple[str, str, dict[str, str]]) -> None:
    """Every mistake of the table differs in numbers, and no seed proves it."""
    known = shared(row)
    assert known.error() > 1e-3
    for seed in range(5):
        world = ExactWorld(known.graph, known.shapes, seed=seed)
        assert not world.equal(*known.values(world))


def leaves_world(points: int = 8, seed: int = 0) -> tuple[ExactWorld, NumericWorld]:
    """Two vectors x, y of three entries, a matrix A, and numbers r, s, in both worlds."""
    vectors, numbers = dict.fromkeys(("x", "y", "p", "f()"), (3, 1)), dict.fromkeys("rs", (1, 1))
    shapes: dict[str, Shape] = {"A": (3, 3), **vectors, **numbers}
    definitions = tuple(Definition(f"q{name}", (), Symbol(name)) for name in "Axyprs")
    graph = Graph(Model(definitions, distributions=("p",)), 1)
    return ExactWorld(graph, shapes, points, seed), NumericWorld(graph, shapes)


X, Y, R, S, P = (Symbol(name) for name in "xyrsp")
ONE, TWO = integer(1), integer(2)


def call(function: str, argument: Expr) -> Call:
    """A function of one argument."""
    return Call(function, (argument,))


def minus(first: Expr, second: Expr) -> Expr:
    """A difference."""
    return Add((first, Negate(second)))


def total(vector: Expr) -> Expr:
    """The sum of the entries of a vector of x's size."""
    return multiply(Transpose(Power(X, integer(0))), vector)


def same(first: Expr, second: Expr, seed: int = 0) -> bool:
    """Whether the prime field proves an identity between the leaves."""
    world = leaves_world(seed=seed)[0]
    evaluator = Evaluator(world, Readings({}))
    return world.equal(evaluator.value(first, {}), evaluator.value(second, {}))


IDENTITIES: tuple[tuple[Expr, Expr], ...] = (
    (call(r"\tanh", Negate(X)), Negate(call(r"\tanh", X))),
    (call(r"\exp", Negate(X)), Divide(ONE, call(r"\exp", X))),
    (call(r"\exp", minus(X, X)), Power(X, integer(0))),
    (call(r"\sigma", Negate(X)), minus(ONE, call(r"\sigma", X))),
    (call(r"\sigma", X), Divide(ONE, Add((ONE, call(r"\exp", Negate(X)))))),
    (call(r"\tanh", X), Divide(call(r"\sinh", X), call(r"\cosh", X))),
    (minus(Power(call(r"\cosh", X), TWO), Power(call(r"\sinh", X), TWO)), Power(X, integer(0))),
    (Add((call(r"\cosh", X), call(r"\sinh", X))), call(r"\exp", X)),
    (total(call(r"\mathrm{softmax}", X)), ONE),
    (total(P), ONE),
    (minus(call(r"\mathrm{relu}", X), call(r"\mathrm{relu}", Negate(X))), X),
    (Add((call(r"\mathrm{relu}", X), call(r"\mathrm{relu}", Negate(X)))), call("abs", X)),
    (call("abs", minus(R, S)), call("abs", minus(S, R))),
    (Norm(minus(X, Y)), Norm(minus(Y, X))),
    (Power(Norm(X), TWO), multiply(Transpose(X), X)),
    (Power(multiply(Transpose(X), X), Number(Fraction(1, 2))), Norm(X, "2")),
    (multiply(Norm(X), Power(multiply(Transpose(X), X), Number(Fraction(-1, 2)))), ONE),
    (Power(R, integer(-3)), Divide(ONE, multiply(R, R, R))),
    (Norm(Symbol("A"), "F"), Norm(Transpose(Symbol("A")), "F")),
    (Number(Fraction(1, 2)), Divide(R, Add((R, R)))),
    (Call(r"\tanh", (X,), (), 1), minus(ONE, Power(call(r"\tanh", X), TWO))),
    (Call(r"\exp", (X,), (), 1), call(r"\exp", X)),
    (Call(r"\log", (X,), (), 1), Power(X, integer(-1))),
    (Call(r"\mathrm{softplus}", (X,), (), 1), call(r"\sigma", X)),
    (Call(r"\mathrm{id}", (X,), (), 1), Power(X, integer(0))),
    (Call("abs", (R,), (), 1), Divide(call("abs", R), R)),
)

NOT_IDENTITIES: tuple[tuple[Expr, Expr], ...] = (
    (Norm(R), R),
    (call("abs", R), R),
    (call("abs", R), Negate(R)),
    (Power(Power(R, TWO), Number(Fraction(1, 2))), R),
    (Power(Power(R, Number(Fraction(-1, 2))), TWO), R),
    (Power(Power(R, Number(Fraction(3, 2))), TWO), R),
    (call(r"\mathrm{relu}", X), X),
    (call(r"\log", Negate(R)), call(r"\log", R)),
    (call(r"\mathrm{softplus}", minus(R, R)), ONE),
    (Call(r"\mathrm{relu}", (minus(R, R),), (), 1), ONE),
    (call(r"\tanh", Negate(X)), call(r"\tanh", X)),
    (call(r"\exp", Negate(X)), call(r"\exp", X)),
    (Norm(Add((X, Y))), Add((Norm(X), Norm(Y)))),
    (total(Y), ONE),
    (Call("f", (X, Y)), Call("f", (Y, X))),
    (Call("f", (X,)), Negate(Call("f", (Negate(X),)))),
    (call(r"\log", multiply(R, S)), Add((call(r"\log", R), call(r"\log", Power(S, TWO))))),
)

UNSEEN: tuple[tuple[Expr, Expr], ...] = (
    (call(r"\exp", Add((R, S))), multiply(call(r"\exp", R), call(r"\exp", S))),
    (call(r"\exp", Add((R, R))), Power(call(r"\exp", R), TWO)),
    (call(r"\log", call(r"\exp", R)), R),
    (Power(call("abs", R), TWO), Power(R, TWO)),
    (Norm(R), call("abs", R)),
    (call(r"\mathrm{softplus}", R), call(r"\log", Add((ONE, call(r"\exp", R))))),
)


@pytest.mark.parametrize("pair", IDENTITIES, ids=range(len(IDENTITIES)))
def test_identities_of_the_functions_are_seen(pair: tuple[Expr, Expr]) -> None:
    """The relations of a function at one argument and its negative are built in, whichever sign is drawn."""
    assert all(same(*pair, seed) for seed in range(6))


@pytest.mark.parametrize("pair", NOT_IDENTITIES, ids=range(len(NOT_IDENTITIES)))
def test_what_holds_for_one_sign_only_is_no_identity(pair: tuple[Expr, Expr]) -> None:
    """Neither the sign of a root nor that of an absolute value is ever guessed."""
    assert not any(same(*pair, seed) for seed in range(40))


@pytest.mark.parametrize("pair", UNSEEN, ids=range(len(UNSEEN)))
def test_the_blind_spots_are_as_told(pair: tuple[Expr, Expr]) -> None:
    """True relations that the docstring calls unseen are unseen: False is no counterexample."""
    assert not same(*pair)


def test_every_function_of_the_numbers_has_a_value_and_a_slope() -> None:
    """The table of functions is that of the numbers, softmax aside, and f' is the derivative of f in every row."""
    assert set(FUNCTIONS) == set(NUMERIC_FUNCTIONS) - {r"\mathrm{softmax}"}
    world = leaves_world()[0]
    for function in FUNCTIONS:
        slope = Evaluator(world, Readings({})).value(Call(r"\mathrm{diag}", (Call(function, (X,), (), 1),)), {})
        whole = Evaluator(world, Readings({})).value(Derivative(call(function, X), X), {})
        assert world.equal(slope, whole), function


# ------------------------------------------------------------------------------- agreement with numbers, at large


def mutants(side: Expr) -> Iterator[Expr]:
    """One-edit neighbours: factors swapped and dropped, indices and bounds moved, transposes and signs changed."""
    for path, node in walk_paths(side):
        below = children(node)
        match node:
            case Multiply(factors, operators):
                for i in range(len(factors) - 1):
                    swapped = (*factors[:i], factors[i + 1], factors[i], *factors[i + 2 :])
                    yield replace_at(side, path, Multiply(swapped, operators))
                for i in range(len(factors)):
                    rest = (*factors[:i], *factors[i + 1 :])
                    yield replace_at(side, path, multiply(*rest))
            case Add(terms):
                for i, term in enumerate(terms):
                    yield replace_at(side, path, add(*terms[:i], *terms[i + 1 :]))
                    yield replace_at(side, path, Add((*terms[:i], Negate(term), *terms[i + 1 :])))
            case Transpose(body) | Negate(body):
                yield replace_at(side, path, body)
            case Symbol(name, index) if index:
                for step in (-1, 1):
                    yield replace_at(side, path, Symbol(name, (shifted(index[0], step),)))
            case Number(value):
                yield replace_at(side, path, Number(value + 1))
            case Sum() | Product():
                for i in (1, 2):
                    for step in (-1, 1):
                        moved = (*below[:i], shifted(below[i], step), *below[i + 1 :])
                        yield replace_at(side, path, with_children(node, moved))
            case Call(function, arguments) if function in FUNCTIONS:
                yield replace_at(side, path, Call(r"\sigma" if function == r"\tanh" else r"\tanh", arguments))
            case Derivative(of, by, kind):
                yield replace_at(side, path, Derivative(of, by, "total" if kind == "immediate" else "immediate"))
            case Norm(body):
                yield replace_at(side, path, multiply(Transpose(body), body))
            case _:
                pass
        if path and len(path) < 4:
            yield replace_at(side, path, Negate(at(side, path)))
            yield replace_at(side, path, Transpose(at(side, path)))


@pytest.mark.campaign(quick=10)
@pytest.mark.parametrize("row", TRUE, ids=lambda row: f"{row[0]}: {row[1]}")
def test_mutants_are_proved_only_if_the_numbers_agree(row: tuple[str, str, dict[str, str]]) -> None:
    """Of all one-edit neighbours of a true equation, only those are proved that hold in numbers; most are not."""
    known = shared(row)
    judged = proved = 0
    for right in mutants(known.sides[1]):
        sides = known.sides[0], right
        try:
            error = known.error(sides)
            found = known.proved(sides)
        except NotRead:
            continue
        judged += 1
        proved += found
        assert not found or error < TOLERANCE, right
    assert judged >= 2
    assert proved < judged


UNARY = (r"\tanh", r"\sigma", r"\exp", r"\mathrm{relu}", r"\mathrm{softmax}", r"\cosh", r"\sinh", "abs", "f")


def random_expression(random: random.Random, shape: str, depth: int) -> Expr:
    """A random vector ("x") or number ("r") of the leaves."""
    if depth == 0 or random.random() < 0.1:
        return random.choice((X, Y) if shape == "x" else (R, S, ONE, TWO))
    one = random_expression(random, shape, depth - 1)
    other = random_expression(random, shape, random.randrange(depth))
    if shape == "x":
        number = random_expression(random, "r", random.randrange(depth))
        functions = [call(random.choice(UNARY), one) for _ in range(3)]
        vectors: tuple[Expr, ...] = (Add((one, other)), minus(one, other), Multiply((one, other), (r"\odot",)))
        numbers: tuple[Expr, ...] = (multiply(number, one), Negate(one), Power(one, TWO), Divide(one, number))
        return random.choice((*vectors, *numbers, *functions))
    vector = random_expression(random, "x", depth - 1)
    again = random_expression(random, "x", random.randrange(depth))
    inner = multiply(Transpose(vector), again)
    products: tuple[Expr, ...] = (inner, multiply(one, other), Norm(vector), Divide(one, other))
    sums: tuple[Expr, ...] = (Add((one, other)), minus(one, other), Negate(one), Power(one, TWO), total(vector))
    return random.choice((*products, *sums, call("abs", one), call(r"\tanh", one)))


def test_random_expressions_with_one_fingerprint_have_one_value() -> None:
    """Among thousands of random expressions, those that the prime field takes for equal are equal in numbers."""
    field, numbers = leaves_world()
    generator = random.Random(1)
    groups: dict[bytes, dict[Expr, np.ndarray]] = defaultdict(dict)
    found = 0
    for _ in range(6000):
        expression = random_expression(generator, generator.choice("xr"), generator.randrange(1, 4))
        try:
            value = Evaluator(field, Readings({})).value(expression, {})
            with np.errstate(all="ignore"):
                number = Evaluator(numbers, Readings({})).value(expression, {})
        except NotRead:
            continue
        if not np.all(np.isfinite(number)) or np.abs(number).max() > 1e6:
            continue
        entries = np.broadcast_to(value.entries, (8, *value.shape))
        group = groups[entries.tobytes()]
        for other, seen in group.items():
            if other != expression:
                found += 1
                assert numbers.difference(seen, number)[0] < 1e-7, (expression, other)
        group[expression] = number
    assert len(groups) > 1000
    assert found > 300


# ----------------------------------------------------------------------------------------- arithmetic and bounds


def test_nothing_overflows() -> None:
    """Sums of 2^15 products of the largest residues are those of Python's integers."""
    size = 2**15
    largest = Value(np.full((2, 1, size), PRIME - 1), 1)
    rows, columns = largest, largest.moved(lambda entries: np.swapaxes(entries, -1, -2))
    assert (rows @ columns).entries.ravel().tolist() == [size % PRIME] * 2
    generator = np.random.default_rng(0)
    first, second = (generator.integers(PRIME - 50, PRIME, (2, 4, 4)) for _ in range(2))
    product = np.asarray(first.astype(object) @ second.astype(object)) % PRIME
    assert (Value(first) @ Value(second)).entries.tolist() == product.tolist()
    assert (Value(first) * Value(second)).entries.tolist() == (first.astype(object) * second % PRIME).tolist()
    assert (Value(first) + Value(second)).entries.tolist() == ((first + second) % PRIME).tolist()


def test_inverses_and_powers_are_those_of_the_field() -> None:
    """A value times its inverse is one, and negative powers are powers of the inverse."""
    value = Oracle(8, 0).draw("any", b"", (3, 4))
    assert np.all((value * value.power(-1)).entries == 1)
    assert np.all((value.power(5) * value.power(-5)).entries == 1)
    assert np.all(value.power(0).entries == 1)
    assert (constant(7).power(PRIME - 1)).entries.item() == 1


def test_tangents_are_derivatives() -> None:
    """A dual number of a polynomial has the polynomial's derivative, for every operation."""
    x = Value(np.array([[[5]]]), 1, tangent=constant(1))
    for value, slope in (
        (x * x, 10),
        (x + x, 2),
        (-x, -1),
        (x @ x, 10),
        (x.power(3), 75),
        (x.power(-1), -pow(25, -1, PRIME)),
        (x.power(0), 0),
        (constant(3) - x, -1),
    ):
        tangent = value.tangent.entries.item() if value.tangent is not None else 0
        assert tangent == slope % PRIME


def test_one_seed_gives_one_world() -> None:
    """The values depend on the seed alone, not on the order in which they are asked for."""
    known = shared(TRUE[1])
    keys = [key for key in known.graph.nodes if key[0] in ("h", "x", r"\hat{y}")]
    first, again, other = (ExactWorld(known.graph, known.shapes, seed=seed) for seed in (1, 1, 2))
    forward = {key: first.node(key).entries for key in keys}
    for key in reversed(keys):
        assert np.array_equal(again.node(key).entries, forward[key])
        assert not np.array_equal(other.node(key).entries, forward[key])
    assert forward["h", (1,)].shape == (8, *known.shapes["h"])


def test_all_residues_are_canonical() -> None:
    """Every node holds numbers from 0 to p - 1, and a distribution sums to one."""
    known = shared(next(row for row in TRUE if row[0] == "tanh"))
    for key in known.graph.nodes:
        entries = known.exact.node(key).entries
        assert entries.dtype == np.int64
        assert entries.min() >= 0
        assert entries.max() < PRIME
        assert key[0] != "y" or np.all(entries.sum(axis=(1, 2)) % PRIME == 1)


DEGREES: tuple[tuple[Expr, int, int], ...] = (
    (ONE, 0, 0),
    (R, 1, 0),
    (Add((R, Power(S, TWO))), 2, 0),
    (multiply(R, R, S), 3, 0),
    (Power(Add((R, S)), integer(7)), 7, 0),
    (multiply(Transpose(X), X), 2, 0),
    (Divide(R, S), 1, 1),
    (Power(Divide(R, S), integer(3)), 3, 3),
    (Power(Divide(R, S), integer(-3)), 3, 3),
    (Add((Divide(R, S), Divide(ONE, S), Divide(TWO, S))), 1, 1),
    (Add((Divide(ONE, R), Divide(ONE, S))), 1, 2),
    (Add((R, Divide(ONE, S))), 2, 1),
    (Divide(X, Y), 3, 3),
    (total(Power(X, integer(-1))), 2, 3),
    (total(Divide(Divide(X, R), Add((X, Divide(Y, S))))), 6, 7),
    (call(r"\sigma", R), 1, 1),
    (call(r"\tanh", R), 2, 2),
    (total(call(r"\tanh", X)), 6, 6),
    (Norm(X), 1, 0),
    (call(r"\exp", Power(R, integer(9))), 2, 1),
    (Derivative(Norm(X), X), 1, 1),
)
"""Expressions with bounds of the degrees of numerator and denominator, as a student would count them."""


@pytest.mark.parametrize(("expression", "above", "depth"), DEGREES, ids=range(len(DEGREES)))
def test_degrees(expression: Expr, above: int, depth: int) -> None:
    """The tracked degrees are those that a student counts, and along a line the values have them."""
    value = Evaluator(leaves_world()[0], Readings({})).value(expression, {})
    assert (value.above, value.depth) == (above, depth)
    assert value.degree == max(above, depth)
    line = Evaluator(on_a_line(leaves_world()[0], 20), Readings({})).value(expression, {})
    entries = np.broadcast_to(line.entries, (20, *line.shape))
    assert is_rational(entries[:, 0, 0], line.above, line.depth)


def test_the_exponent_is_that_of_schwartz_and_zippel() -> None:
    """Two polynomials of degree d are told apart but for a chance of (d/(p-1))^(points-1); more points tell more."""
    for points, degree, expected in ((8, 1, 215), (8, 2**10, 145), (5, 2**10, 82), (8, 2**31, 0), (3, 4, 56)):
        world = leaves_world(points)[0]
        evaluator = Evaluator(world, Readings({}))
        sides = evaluator.value(Power(R, integer(degree)), {}), evaluator.value(S, {})
        assert world.exponent(*sides) == expected


def test_the_exponent_counts_the_arguments_of_functions() -> None:
    """Any two arguments may be taken for one, of either sign: here three of degree 2^20, at most nine pairs."""
    world = leaves_world()[0]
    value = Evaluator(world, Readings({})).value(call(r"\tanh", Power(X, integer(2**20))), {})
    assert world.exponent(value, value) == int(7 * 10 - 2 * np.log2(3)) - 1


class LineOracle(Oracle):
    """Every generator runs along a line, the points being its parameter 0, 1, 2, ..."""

    def draw(self, name: object, argument: bytes, shape: Shape) -> Value:
        start, step = Oracle(2, self.seed).draw(name, argument, shape).entries
        parameter = np.arange(self.points)[:, None, None]
        return Value((start + step * parameter) % PRIME, 1)


def nullity(rows: np.ndarray) -> int:
    """The dimension of the kernel of a matrix modulo the prime."""
    rows = rows.copy() % PRIME
    rank = 0
    for column in range(rows.shape[1]):
        pivots = np.nonzero(rows[rank:, column])[0]
        if not len(pivots):
            continue
        rows[[rank, rank + pivots[0]]] = rows[[rank + pivots[0], rank]]
        rows[rank] = rows[rank] * pow(int(rows[rank, column]), -1, PRIME) % PRIME
        others = np.nonzero(rows[:, column])[0]
        others = others[others != rank]
        rows[others] = (rows[others] - rows[others, column, None] * rows[rank] % PRIME) % PRIME
        rank += 1
        if rank == len(rows):
            break
    return rows.shape[1] - rank


def is_rational(values: np.ndarray, above: int, depth: int) -> bool:
    """Whether values at 0, 1, 2, ... are those of a fraction of polynomials of these degrees."""
    count = above + depth + 2
    powers = np.ones((count, max(above, depth) + 1), dtype=np.int64)
    for exponent in range(1, powers.shape[1]):
        powers[:, exponent] = powers[:, exponent - 1] * np.arange(count) % PRIME
    below = values[:count, None] * powers[:, : depth + 1] % PRIME
    return nullity(np.concatenate([powers[:, : above + 1], below], axis=1)) > 0


def on_a_line(world: ExactWorld, points: int) -> ExactWorld:
    """The world with all points on one line."""
    world.oracle = LineOracle(points, 3)
    return world


@pytest.mark.parametrize("row", TRUE[::3], ids=lambda row: f"{row[0]}: {row[1]}")
def test_degree_bounds_hold_on_a_line(row: tuple[str, str, dict[str, str]]) -> None:
    """Along a line every entry is a fraction of polynomials in one variable of no more than the tracked degrees."""
    known = Case(*row, length=2)
    world = on_a_line(known.exact, 400)
    for value in known.values(world):
        assert value.above + value.depth + 2 <= 400
        entries = np.broadcast_to(value.entries, (400, *value.shape))
        for place in {(0, 0), (value.shape[0] - 1, value.shape[1] - 1)}:
            assert is_rational(entries[:, *place], value.above, value.depth)


def test_a_wrong_degree_is_seen_on_the_line() -> None:
    """The test above can fail: one degree less than that of the tanh of a step does not fit."""
    known = Case("tanh", r"h_1 = h_1", {}, length=1)
    value = known.values(on_a_line(known.exact, 100))[0]
    size = value.shape[0]
    assert (value.above, value.depth) == (2 * size, 2 * size)
    assert is_rational(value.entries[:, 0, 0], 2, 2)
    assert not is_rational(value.entries[:, 0, 0], 2, 1)


def test_false_identities_pass_as_seldom_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a field of 127 elements false identities do pass at one point: not more often than degree/(p-1)."""
    monkeypatch.setattr(exact, "PRIME", 127)
    roots = multiply(*(minus(R, integer(root)) for root in range(1, 11)))
    seeds = 800
    for first, second in (
        (roots, integer(0)),
        (Power(R, integer(6)), Power(S, integer(6))),
        (total(call(r"\mathrm{softmax}", X)), R),
        (multiply(Transpose(X), X), multiply(Transpose(Y), Y)),
        (total(call(r"\tanh", X)), total(call(r"\tanh", Y))),
        (Derivative(Norm(X), X), Transpose(X)),
    ):
        passed = judged = bound = 0
        for seed in range(seeds):
            world = leaves_world(1, seed)[0]
            evaluator = Evaluator(world, Readings({}))
            try:
                sides = evaluator.value(first, {}), evaluator.value(second, {})
            except CannotSay:
                continue
            judged += 1
            passed += world.equal(*sides)
            bound = (sides[0] - sides[1]).above
        expected = judged * bound / 126
        assert judged > seeds / 2
        assert passed <= expected + 5 * expected**0.5
        if first is roots:
            assert passed >= expected - 5 * expected**0.5


# ------------------------------------------------------------------------------------------- what it cannot say

Z = minus(X, X)
CANNOT: tuple[Expr, ...] = (
    Norm(Symbol("A")),
    Norm(Symbol("A"), "2"),
    Norm(X, "1"),
    Norm(X, r"\infty"),
    Norm(Z),
    Call(r"\sigma_{\max}", (Symbol("A"),)),
    Power(X, Number(Fraction(1, 3))),
    Divide(ONE, minus(R, R)),
    Divide(X, Z),
    Number(Fraction(PRIME)),
    Number(Fraction(1, PRIME + 1)),
    Call("f", (X,), (), 1),
    Call(r"\tanh", (X,), (), 2),
    Call(r"\mathrm{softmax}", (X,), (), 1),
    Derivative(Call(r"\tanh", (X,), (), 1), X),
    Derivative(multiply(Derivative(Norm(X), X), Y), Y),
)


@pytest.mark.parametrize("expression", CANNOT, ids=range(len(CANNOT)))
def test_what_it_cannot_say_is_said(expression: Expr) -> None:
    """Where there is no algebra the world raises CannotSay, and never guesses."""
    with pytest.raises(CannotSay):
        Evaluator(leaves_world()[0], Readings({})).value(expression, {})


def test_a_derivative_by_several_parameters_has_all_their_columns() -> None:
    """A set of parameters stands for its members side by side, as in the world of numbers."""
    known = shared(TRUE[0])
    by = ((r"\phi", ()), (r"\psi", ()))
    of = (r"\mathcal{L}", ())
    both = known.exact.derivative(of, by, False)
    parts = [known.exact.derivative(of, (key,), False).entries for key in by]
    assert np.array_equal(both.entries, np.concatenate(parts, axis=-1))
    assert both.shape == known.numeric.shape(known.numeric.derivative(of, by, False))


def test_the_square_of_a_root_moves_with_the_root() -> None:
    """Where a norm itself is the variable, its square is no longer the sum of squares that it was the root of."""
    known = case("last", r"\mathcal{L} = \mathcal{L}", ())
    loss = Symbol(r"\mathcal{L}")
    for square in (multiply(loss, loss), Power(loss, TWO)):
        sides = Derivative(square, loss), multiply(TWO, loss)
        assert known.error(sides) < TOLERANCE
        assert known.proved(sides)


def test_a_state_that_starts_at_zero() -> None:
    """With h_0 = 0 the first term of the gradient by W vanishes, and derivatives by h_0 still exist."""
    definitions = (
        Definition("h", (Symbol("t"),), call(r"\tanh", multiply(Symbol("W"), Symbol("h", (minus(Symbol("t"), ONE),))))),
    )
    shapes: dict[str, Shape] = {"h": (3, 1), "W": (3, 3)}
    world = ExactWorld(Graph(Model(definitions, initial_zero=True), 2), shapes)
    assert world.is_zero(world.node(("h", (1,))))
    assert world.is_zero(world.derivative(("h", (1,)), (("W", ()),), False))
    assert world.equal(world.derivative(("h", (1,)), (("h", (0,)),), False), world.node(("W", ())))
