"""Numbers of the programs that ``derive --format sympy`` or ``python`` writes, beside a complex step on the document.

A program checks its gradient against its own loss, so it cannot see that both are about another model than the one it
was made for. Here its leaves get numbers, and its gradients are compared with what a complex step through the
definitions of the document gives for the same numbers.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from bpttsym.check import main_model
from bpttsym.document import load_preset, read_document
from bpttsym.ground import make_ground
from bpttsym.leaves import Array
from bpttsym.model import Key, Model
from bpttsym.names import of_number, plain
from bpttsym.numeric import NumericWorld
from bpttsym.source import source_from_text
from bpttsym.symbolic import numpy_code, sympy_code
from bpttsym.symbolic_names import identifier

LENGTH = 2
CODE = {"sympy": sympy_code, "numpy": numpy_code}


@cache
def preset(name: str) -> Model:
    """The model of a preset."""
    return main_model(load_preset(name))


@cache
def program(library: str, model: Model, by: tuple[str, ...]) -> str:
    """The text of a program for the gradients of the loss of a model, written once for all tests of it."""
    return CODE[library](model, plain(of_number(model, "L").name), list(by), LENGTH)


@cache
def loaded(text: str) -> dict[str, Any]:
    """What a program defines when it is imported; nothing that is done with it here changes that."""
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(text, "program", "exec"), names)
    return names


def by_sympy(names: dict[str, Any], values: dict[str, Array]) -> dict[str, Array]:
    """The gradients of a SymPy program at some numbers of its leaves."""
    import sympy

    given = {
        symbol: sympy.ImmutableMatrix(values[symbol.name])
        if symbol.is_Matrix
        else sympy.Float(values[symbol.name].item())
        for symbol in names["leaves"]
    }
    known = names["computed"]({**names["graph"], **names["back"]}, given, {})
    found = {symbol.name: names["number"](value, known) for symbol, value in names["gradients"].items()}
    return {name: np.array(value, dtype=float) for name, value in found.items()}


def by_numpy(names: dict[str, Any], values: dict[str, Array]) -> dict[str, Array]:
    """The gradients of a NumPy program at some numbers of its leaves."""
    shaped = {name: values[name].reshape(shape) for name, shape in names["shapes"].items()}
    return {name: np.asarray(value) for name, value in names["gradients"](**shaped).items()}


def shapes_of(library: str, names: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of the leaves of a program, by their names in it."""
    if library == "numpy":
        return {name: tuple(shape) or (1, 1) for name, shape in names["shapes"].items()}
    return {s.name: tuple(map(int, s.shape)) if s.is_Matrix else (1, 1) for s in names["leaves"]}


def by_definitions(
    model: Model, shapes: dict[str, tuple[int, ...]], by: tuple[str, ...]
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Numbers for the leaves of a program, and the gradients that a complex step through the definitions gives."""
    ground = make_ground(model, LENGTH)
    leaves = {identifier(*key): key for key in ground.graph.nodes if ground.graph.is_leaf(key)}
    sizes = {
        ours: theirs
        for name, shape in shapes.items()
        for ours, theirs in zip(ground.shapes[leaves[name][0]], shape, strict=True)
    }
    fitting = {name: tuple(sizes.get(size, size) for size in shape) for name, shape in ground.shapes.items()}
    random = np.random.default_rng(7)
    drawn = {leaves[name]: random.uniform(0.1, 0.6, shape) for name, shape in shapes.items()}

    def leaf(name: str, index: tuple[int, ...], shape: tuple[int, int]) -> Array:
        return drawn.get((name, index), np.full(shape, 0.3))[None]

    world = NumericWorld(ground.graph, fitting, samples=1, leaf=leaf)  # type: ignore[arg-type]
    loss: Key = (of_number(model, "L").name, ())
    wanted = {name: leaves[name] for name in by}
    found = {
        name: np.asarray(world.derivative(loss, (key,), False)).real.reshape(fitting[key[0]])
        for name, key in wanted.items()
    }
    return {name: drawn[leaves[name]] for name in shapes}, found


@cache
def largest_gap(library: str, text: str, model: Model, by: tuple[str, ...]) -> float:
    """How far the gradients of a program are from those of the definitions, relative to their size."""
    names = loaded(text)
    values, right = by_definitions(model, shapes_of(library, names), by)
    found = {"sympy": by_sympy, "numpy": by_numpy}[library](names, values)
    assert set(found) == set(by)
    gaps = []
    for name, gradient in right.items():
        size = np.abs(gradient).max()
        assert size > 1e-6, f"the derivative by {name} is zero, so that it says nothing"
        gaps.append(np.abs(found[name].reshape(gradient.shape) - gradient).max() / size)
    return float(max(gaps))


CASES = {
    "tanh_many_to_one": ("W", "h_0"),
    "tanh_many_to_many": ("W", "U", "b", "V", "c", "x_1"),
    "sigmoid_many_to_many": ("W", "x_2"),
    "identity_many_to_one": ("W", "U"),
    "tanh_classifier": ("W", "V"),
    "tanh_tagger": ("W", "c"),
    "tanh_multi_layer": ("W_1", "U_2"),
    "torch_rnn": ("W_hh", "b_ih"),
    "lstm": ("U_f", "W_i", "b_o"),
    "gru": ("U_z",),
}


@pytest.mark.campaign(quick=7)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("library", CODE)
def test_the_number_of_a_program_is_that_of_the_definitions(library: str, name: str) -> None:
    """For the same numbers of the leaves, the gradient is the one of the document."""
    model, by = preset(name), CASES[name]
    assert largest_gap(library, program(library, model, by), model, by) < 1e-9


TEXT = r"""$$
\begin{gathered}
h_t = \tanh(W h_{t-1} + U x_t + b) \\
\hat{y}_t = V h_t \\
L = \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert^2
\end{gathered}
$$
"""


@cache
def model_of(text: str) -> Model:
    """The model of a text."""
    return read_document(source_from_text(text)).models[-1]


OTHERS = {
    "another sign": ("+ b", "- b"),
    "another function": (r"\tanh", r"\sigma"),
    "another step": ("V h_t", "V h_{t-1}"),
    "another power": (r"\rVert^2", r"\rVert"),
    "half the loss": (r"L = \sum", r"L = \frac{1}{2}\sum"),
}


@pytest.mark.campaign(quick=6)
@pytest.mark.parametrize("case", OTHERS)
@pytest.mark.parametrize("library", CODE)
def test_a_program_of_another_model_is_found_out(library: str, case: str) -> None:
    """It agrees with itself, and a comparison with the definitions sees it."""
    right, by = model_of(TEXT), ("W", "U")
    assert largest_gap(library, program(library, right, by), right, by) < 1e-9
    old, new = OTHERS[case]
    assert old in TEXT
    other = program(library, model_of(TEXT.replace(old, new)), by)
    assert loaded(other)["check"]()
    assert largest_gap(library, other, right, by) > 1e-3


ERRORS = {
    "sympy": [("sympy.HadamardPower(h_2, 2)", "h_2"), ("*x_1.T", "*x_2.T"), ("V.T*", "2*V.T*")],
    "numpy": [("(1 - h_1**2)", "(1 - h_1)"), ("= 2*", "= -2*")],
}


@pytest.mark.parametrize(
    ("library", "right", "wrong"), [(library, *pair) for library, pairs in ERRORS.items() for pair in pairs]
)
def test_an_error_in_a_program_is_found_out(library: str, right: str, wrong: str) -> None:
    """One wrong term in the gradients, and they are not those of the definitions."""
    model, by = model_of(TEXT), ("W", "U")
    text = program(library, model, by)
    back = text.index("back =") if library == "sympy" else text.index("def gradients")
    place = re.search(re.escape(right), text[back:])
    assert place is not None
    broken = text[:back] + text[back:].replace(right, wrong)
    assert largest_gap(library, broken, model, by) > 1e-3
