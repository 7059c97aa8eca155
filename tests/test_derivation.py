r"""Derivations: the terms, their order and their number, what is printed, and that nothing unproved gets out.

The LaTeX below was typed by hand after the source sheets, with ``\partial^{+}`` where they leave the meaning open.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import comb
from pathlib import Path

import numpy as np
import pytest

from bpttsym import rnn
from bpttsym.blocks import Block
from bpttsym.check import CheckedDerivation, NotProved, derive, main_model, manuscript_of, proved_text
from bpttsym.derivation import FORMS, TooLong, derivation
from bpttsym.document import load_preset, presets, read_document
from bpttsym.errors import BpttsymError, UsageError
from bpttsym.evaluate import Evaluator
from bpttsym.expansion import count_paths, expanded, expanded_groups
from bpttsym.expr import Derivative, Expr, Multiply, Negate, Number, Symbol, multiply
from bpttsym.latex import latex
from bpttsym.manuscript import markdown, settings, tex
from bpttsym.model import Model
from bpttsym.names import of_number, parameters, plain
from bpttsym.nested import Nested
from bpttsym.numeric import NumericWorld
from bpttsym.path_sum import NoPathSum
from bpttsym.plain import PlainWorld
from bpttsym.readings import Readings
from bpttsym.source import source_from_text
from bpttsym.stream import Printer, prover
from bpttsym.structure import NotDerived, Structure
from bpttsym.verdict import judge

ROOT = Path(__file__).parents[1]
LENGTHS = range(1, 7)


def model_of(text: str) -> Model:
    """The model that one display defines."""
    return main_model(read_document(source_from_text(f"$$\n{text}\n$$\n")))


def statuses(text: str, kind: str = "markdown") -> set[str]:
    """The words that a verifier has for the relations of a text."""
    return {verdict.status for verdict in judge(read_document(source_from_text(text, "text", kind)), mend=False)}  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ LaTeX, typed by hand

MANY_TO_ONE_PSI = r"""\frac{\partial \mathcal{L}}{\partial \psi} = \frac{\partial \mathcal{L}}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial h_4}\,\frac{\partial^{+} h_4}{\partial \psi} + \frac{\partial \mathcal{L}}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial h_4}\,\frac{\partial h_4}{\partial h_3}\,\frac{\partial^{+} h_3}{\partial \psi} + \frac{\partial \mathcal{L}}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial h_4}\,\frac{\partial h_4}{\partial h_3}\,\frac{\partial h_3}{\partial h_2}\,\frac{\partial^{+} h_2}{\partial \psi} + \frac{\partial \mathcal{L}}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial h_4}\,\frac{\partial h_4}{\partial h_3}\,\frac{\partial h_3}{\partial h_2}\,\frac{\partial h_2}{\partial h_1}\,\frac{\partial^{+} h_1}{\partial \psi}"""  # noqa: E501

MANY_TO_MANY_PSI = r"""\begin{aligned}
\frac{\partial \mathcal{L}}{\partial \psi} &= \frac{\partial \mathcal{L}}{\partial \hat{y}_4}\,\frac{\partial \hat{y}_4}{\partial h_4}\,\frac{\partial^{+} h_4}{\partial \psi} + \frac{\partial \mathcal{L}}{\partial \hat{y}_4}\,\frac{\partial \hat{y}_4}{\partial h_4}\,\frac{\partial h_4}{\partial h_3}\,\frac{\partial^{+} h_3}{\partial \psi} + \frac{\partial \mathcal{L}}{\partial \hat{y}_4}\,\frac{\partial \hat{y}_4}{\partial h_4}\,\frac{\partial h_4}{\partial h_3}\,\frac{\partial h_3}{\partial h_2}\,\frac{\partial^{+} h_2}{\partial \psi} + \frac{\partial \mathcal{L}}{\partial \hat{y}_4}\,\frac{\partial \hat{y}_4}{\partial h_4}\,\frac{\partial h_4}{\partial h_3}\,\frac{\partial h_3}{\partial h_2}\,\frac{\partial h_2}{\partial h_1}\,\frac{\partial^{+} h_1}{\partial \psi} \\
&\quad + \frac{\partial \mathcal{L}}{\partial \hat{y}_3}\,\frac{\partial \hat{y}_3}{\partial h_3}\,\frac{\partial^{+} h_3}{\partial \psi} + \frac{\partial \mathcal{L}}{\partial \hat{y}_3}\,\frac{\partial \hat{y}_3}{\partial h_3}\,\frac{\partial h_3}{\partial h_2}\,\frac{\partial^{+} h_2}{\partial \psi} + \frac{\partial \mathcal{L}}{\partial \hat{y}_3}\,\frac{\partial \hat{y}_3}{\partial h_3}\,\frac{\partial h_3}{\partial h_2}\,\frac{\partial h_2}{\partial h_1}\,\frac{\partial^{+} h_1}{\partial \psi} \\
&\quad + \frac{\partial \mathcal{L}}{\partial \hat{y}_2}\,\frac{\partial \hat{y}_2}{\partial h_2}\,\frac{\partial^{+} h_2}{\partial \psi} + \frac{\partial \mathcal{L}}{\partial \hat{y}_2}\,\frac{\partial \hat{y}_2}{\partial h_2}\,\frac{\partial h_2}{\partial h_1}\,\frac{\partial^{+} h_1}{\partial \psi} \\
&\quad + \frac{\partial \mathcal{L}}{\partial \hat{y}_1}\,\frac{\partial \hat{y}_1}{\partial h_1}\,\frac{\partial^{+} h_1}{\partial \psi}
\end{aligned}"""  # noqa: E501

GOLDEN = {
    ("many_to_one", "psi", "expanded"): MANY_TO_ONE_PSI,
    ("many_to_many", "psi", "expanded"): MANY_TO_MANY_PSI,
    ("many_to_one", "phi", "expanded"): (
        r"\frac{\partial \mathcal{L}}{\partial \phi} = \frac{\partial \mathcal{L}}{\partial \hat{y}}"
        r"\,\frac{\partial \hat{y}}{\partial \phi}"
    ),
    ("many_to_many", "phi", "expanded"): (
        r"\frac{\partial \mathcal{L}}{\partial \phi} = "
        r"\frac{\partial \mathcal{L}}{\partial \hat{y}_4}\,\frac{\partial \hat{y}_4}{\partial \phi}"
        r" + \frac{\partial \mathcal{L}}{\partial \hat{y}_3}\,\frac{\partial \hat{y}_3}{\partial \phi}"
        r" + \frac{\partial \mathcal{L}}{\partial \hat{y}_2}\,\frac{\partial \hat{y}_2}{\partial \phi}"
        r" + \frac{\partial \mathcal{L}}{\partial \hat{y}_1}\,\frac{\partial \hat{y}_1}{\partial \phi}"
    ),
    ("many_to_one", "psi", "sum"): (
        r"\frac{\partial \mathcal{L}}{\partial \psi} = \sum_{t=1}^{T}"
        r"\frac{\partial \mathcal{L}}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial h_T}"
        r"\biggl(\prod_{T-1 \ge i \ge t}\frac{\partial h_{i+1}}{\partial h_i}\biggr)"
        r"\frac{\partial^{+} h_t}{\partial \psi}"
    ),
    ("many_to_many", "psi", "sum"): (
        r"\frac{\partial \mathcal{L}}{\partial \psi} = \sum_{t=1}^{T} \sum_{k=1}^{t}"
        r"\frac{\partial \mathcal{L}}{\partial \hat{y}_t}\,\frac{\partial \hat{y}_t}{\partial h_t}"
        r"\biggl(\prod_{t-1 \ge i \ge k}\frac{\partial h_{i+1}}{\partial h_i}\biggr)"
        r"\frac{\partial^{+} h_k}{\partial \psi}"
    ),
    ("many_to_one", "phi", "sum"): (
        r"\frac{\partial \mathcal{L}}{\partial \phi} = \frac{\partial \mathcal{L}}{\partial \hat{y}}"
        r"\,\frac{\partial \hat{y}}{\partial \phi}"
    ),
    ("many_to_many", "phi", "sum"): (
        r"\frac{\partial \mathcal{L}}{\partial \phi} = \sum_{t=1}^{T}\frac{\partial \mathcal{L}}{\partial \hat{y}_t}"
        r"\,\frac{\partial \hat{y}_t}{\partial \phi}"
    ),
    ("many_to_many", "psi", "recursive"): r"""\begin{aligned}
\delta_t &:= \frac{\partial \mathcal{L}}{\partial h_t} \\
\delta_T &= \frac{\partial \mathcal{L}}{\partial \hat{y}_T}\,\frac{\partial \hat{y}_T}{\partial h_T} \\
\delta_t &= \frac{\partial \mathcal{L}}{\partial \hat{y}_t}\,\frac{\partial \hat{y}_t}{\partial h_t} + \delta_{t+1}\frac{\partial h_{t+1}}{\partial h_t} \\
\frac{\partial \mathcal{L}}{\partial \psi} &= \sum_{t=1}^{T} \delta_t \frac{\partial^{+} h_t}{\partial \psi}
\end{aligned}""",  # noqa: E501
    ("tanh_many_to_one", "W", "matrix"): r"""\begin{aligned}
\nabla_{\hat{y}} \mathcal{L} &= \frac{\hat{y} - y}{\left\lVert \hat{y} - y \right\rVert} \\
\nabla_{h_T} \mathcal{L} &= V^{\top} \nabla_{\hat{y}} \mathcal{L} \\
\nabla_{h_t} \mathcal{L} &= W^{\top} \mathrm{diag}(1 - h_{t+1}^{2}) \nabla_{h_{t+1}} \mathcal{L} \\
\nabla_{W} \mathcal{L} &= \sum_{t=1}^{T} \mathrm{diag}(1 - h_t^{2}) (\nabla_{h_t} \mathcal{L}) h_{t-1}^{\top}
\end{aligned}""",
}


def spaceless(text: str) -> str:
    """LaTeX without the blanks that change nothing in mathematics mode."""
    return re.sub(r"(?<![A-Za-z]) | (?![A-Za-z])", "", text)


@pytest.mark.parametrize(("name", "by", "form"), GOLDEN)
def test_four_steps_are_printed_as_they_were_typed(name: str, by: str, form: str) -> None:
    """The forms of the source sheets at T = 4, character by character but for blanks."""
    assert spaceless(derive(name, by=by, T=4).latex(form)) == spaceless(GOLDEN[name, by, form])


def test_softmax_and_cross_entropy_cancel() -> None:
    """Before a softmax whose output meets a cross entropy, the gradient is the output minus the target."""
    last = derive("tanh_tagger", by="z_t").form("matrix")[-1].step.relation
    assert spaceless(latex(last)) == spaceless(r"\nabla_{z_t} \mathcal{L} = \hat{y}_t - y_t")
    other = model_of(
        r"h_t = f(h_{t-1}; w), \quad p_t = \mathrm{softmax}(h_t), \quad L = \sum_{t=1}^{T} \lVert p_t \rVert"
    )
    assert len(derive(other, by="w").form("matrix")) == 4


MATRIX_ENDS = {
    "W": r"\nabla_{W} \mathcal{L} = \sum_{t=1}^{T} \mathrm{diag}(1 - h_t^{2})(\nabla_{h_t} \mathcal{L}) h_{t-1}^{\top}",
    "U": r"\nabla_{U} \mathcal{L} = \sum_{t=1}^{T} \mathrm{diag}(1 - h_t^{2}) (\nabla_{h_t} \mathcal{L}) x_t^{\top}",
    "b": r"\nabla_{b} \mathcal{L} = \sum_{t=1}^{T} \mathrm{diag}(1 - h_t^{2}) \nabla_{h_t} \mathcal{L}",
    "V": r"\nabla_{V} \mathcal{L} = \sum_{t=1}^{T} (\nabla_{\hat{y}_t} \mathcal{L}) h_t^{\top}",
    "c": r"\nabla_{c} \mathcal{L} = \sum_{t=1}^{T} \nabla_{\hat{y}_t} \mathcal{L}",
    "x_t": r"\nabla_{x_t} \mathcal{L} = U^{\top} \mathrm{diag}(1 - h_t^{2}) \nabla_{h_t} \mathcal{L}",
    "h_0": r"\nabla_{h_0} \mathcal{L} = W^{\top} \mathrm{diag}(1 - h_1^{2}) \nabla_{h_1} \mathcal{L}",
}


@pytest.mark.parametrize("by", MATRIX_ENDS)
def test_the_matrix_form_ends_as_it_was_typed(by: str) -> None:
    """The last line of the matrix form of a tanh network with an answer after every step."""
    last = derive("tanh_many_to_many", by=by).form("matrix")[-1].step.relation
    assert spaceless(latex(last)) == spaceless(MATRIX_ENDS[by])


# ------------------------------------------------------------------------------------------------ terms and their order

ORDER = {
    ("many_to_one", "psi"): [
        ["L y h3 psi", "L y h3 h2 psi", "L y h3 h2 h1 psi"],
    ],
    ("many_to_many", "psi"): [
        ["L y3 h3 psi", "L y3 h3 h2 psi", "L y3 h3 h2 h1 psi"],
        ["L y2 h2 psi", "L y2 h2 h1 psi"],
        ["L y1 h1 psi"],
    ],
    ("many_to_many", "phi"): [["L y3 phi"], ["L y2 phi"], ["L y1 phi"]],
    ("many_to_many", "h_1"): [["L y3 h3 h2 h1"], ["L y2 h2 h1"], ["L y1 h1"]],
    ("many_to_many", "x_2"): [["L y3 h3 h2 x2"], ["L y2 h2 x2"]],
    ("many_to_one", "h_0"): [["L y h3 h2 h1 h0"]],
}


def node(symbol: Expr) -> str:
    """A quantity in short: ``y3`` for the output of step 3."""
    assert isinstance(symbol, Symbol)
    short = plain(symbol.name).removesuffix("_hat")
    return short + "".join(str(part.value) for part in symbol.index if isinstance(part, Number))


def walked(term: Expr) -> str:
    """The nodes that a product of Jacobians leads through."""
    factors = [part for part in getattr(term, "factors", (term,)) if isinstance(part, Derivative)]
    for before, after in pairwise(factors):
        assert before.by == after.of
    return " ".join([node(factors[0].of), *(node(factor.by) for factor in factors)])


@pytest.mark.parametrize(("name", "by"), ORDER)
def test_the_terms_stand_in_the_order_of_the_sheets(name: str, by: str) -> None:
    """The last output first; within one output from the shortest path to the longest."""
    made = derivation(main_model(load_preset(name)), "L", by, 3)
    groups = expanded(made.structure, made.of, made.by)
    assert [[walked(term) for term in group] for group in groups] == ORDER[name, by]


def counted(many: bool, by: str, length: int) -> int:
    """How many paths there are: one output or all, and how many uses of the variable each one sees."""
    outputs = range(1, length + 1) if many else [length]
    if by in ("phi", "V", "c"):
        return len(outputs)
    if by == "h_0":
        return len(outputs)
    return sum(comb(output, 1) for output in outputs)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", ["many_to_one", "many_to_many", "tanh_many_to_one", "relu_many_to_many"])
def test_the_terms_are_as_many_as_there_are_paths(name: str, length: int) -> None:
    """T terms for one answer and T(T+1)/2 for an answer after every step, as counted by hand."""
    model = main_model(load_preset(name))
    for by in [*map(plain, parameters(model)), "h_0"]:
        made = derivation(model, "L", by, length)
        terms = sum(map(len, expanded(made.structure, made.of, made.by)))
        assert terms == counted("many_to_many" in name, by, length)
        assert count_paths(made.structure, made.of, made.by)[0] == terms


def gated_paths(length: int) -> set[str]:
    """All paths from W to L of the gated cell below, by a walk over edges that were typed by hand."""
    parents = {"L": [f"o{t}" for t in range(1, length + 1)]}
    for t in range(1, length + 1):
        parents |= {f"o{t}": [f"h{t}"], f"h{t}": [f"z{t}", f"h{t - 1}"], f"z{t}": ["W", f"h{t - 1}"]}
    found: set[str] = set()

    def walk(path: list[str]) -> None:
        for parent in parents.get(path[-1], []):
            if parent == "W":
                found.add(" ".join([*path, "W"]))
            else:
                walk([*path, parent])

    walk(["L"])
    return found


GATED = r"""\begin{gathered}
z_t = \sigma(W h_{t-1} + U x_t) \\
h_t = z_t \odot h_{t-1} + x_t \\
o_t = V h_t + c \\
L = \sum_{t=1}^{T} \lVert o_t - y_t \rVert
\end{gathered}"""


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_a_step_of_a_gated_cell_stands_for_its_ways(length: int) -> None:
    """With each step taken as its two ways, the terms are the paths of the graph, each of them once."""
    made = derivation(model_of(GATED), "L", "W", length)
    spelled: list[str] = []
    for group in expanded(made.structure, made.of, made.by):
        for term in group:
            spelled += _ways(walked(term).split())
    assert len(spelled) == len(set(spelled))
    assert set(spelled) == gated_paths(length)


def _ways(nodes: list[str]) -> Iterator[str]:
    """A sequence of nodes with each step between two states made directly, and through the gate."""
    if len(nodes) == 1:
        yield nodes[0]
        return
    here, after = nodes[0], nodes[1]
    for rest in _ways(nodes[1:]):
        yield f"{here} {rest}"
        if here[0] == after[0] == "h":
            yield f"{here} z{here[1:]} {rest}"


# ------------------------------------------------------------------------------------------------------- proved, always


WIDE = frozenset("multi_layer tanh_multi_layer bidirectional output_feedback encoder_decoder torch_rnn lstm".split())
"""Presets that have no matrix form or no general sum yet; their expansions are proved in test_definitions.py."""

DERIVED = [name for name in presets() if name not in WIDE]


@pytest.mark.campaign(quick=2)
@pytest.mark.parametrize("name", DERIVED)
def test_every_form_of_every_preset_is_proved(name: str) -> None:
    """Each preset, by each parameter, the input, the state and the start, in each form and over one to six steps."""
    model = main_model(load_preset(name))
    for by in [*map(plain, parameters(model)), "h_0", "h_t", "x_t"]:
        for length in LENGTHS:
            checked = derive(model, "L", by, length)
            for form in FORMS if length == 4 else ["expanded"]:
                assert {one.verdict.status for one in checked.form(form)} <= {"proved", "definition"}


@pytest.mark.campaign(quick=1)
@pytest.mark.parametrize("name", DERIVED)
def test_what_is_printed_verifies_as_proved(name: str) -> None:
    """All derivatives of a preset in one document, as Markdown and as TeX: every relation proved, none conditional."""
    model = main_model(load_preset(name))
    wanted = [(derive(model, "L", by, 3), form) for by in parameters(model) for form in FORMS]
    blocks, declared = manuscript_of(wanted), settings(wanted[0][0].derivation.model)
    assert statuses(markdown(blocks, declared)) == {"proved", "definition"}
    assert statuses(tex(blocks, declared), "tex") == {"proved", "definition"}


LSTM = r"""\begin{gathered}
i_t = \sigma(P h_{t-1} + Q x_t) \\
c_t = i_t \odot c_{t-1} + x_t \\
h_t = i_t \odot \tanh(c_t) \\
L = \lVert h_T - y \rVert
\end{gathered}"""
OTHERS = {
    "a gate": (GATED, "W", tuple(FORMS)),
    "two states": (LSTM, "P", tuple(FORMS)),
    "two steps back": (
        r"h_t = f(h_{t-1}, h_{t-2}, x_t; \psi), \quad L = \sum_{t=1}^{T} \lVert h_t - y_t \rVert",
        "psi",
        ("expanded",),
    ),
    "a sum of losses": (
        r"s_t = f(x_t, s_{t-1}; w), \quad E_t = \lVert s_t - y_t \rVert, \quad E = \sum_{t=1}^{T} E_t",
        "w",
        tuple(FORMS),
    ),
    "minus twice": (
        r"s_t = f(x_t, s_{t-1}; w), \quad E_t = \lVert s_t - y_t \rVert, \quad E = -2 \sum_{t=1}^{T} E_t",
        "w",
        tuple(FORMS),
    ),
    "a zero start": (
        r"h_0 = 0, \quad h_t = \tanh(W h_{t-1} + U x_t), \quad L = \lVert h_T - y \rVert",
        "W",
        tuple(FORMS),
    ),
    "a shared matrix": (
        r"h_t = \tanh(W h_{t-1} + U x_t), \quad o_t = W h_t, \quad L = \sum_{t=1}^{T} \lVert o_t - y_t \rVert",
        "W",
        tuple(FORMS),
    ),
    "labels": (
        r"h_t = \tanh(W_{hh} h_{t-1} + W_{xh} x_t), \quad J = \lVert h_T - y \rVert^2",
        "W_hh",
        tuple(FORMS),
    ),
    "a loss of the states": (
        r"h_t = \tanh(W h_{t-1} + U x_t), \quad L = \sum_{t=1}^{T} \lVert h_t - y_t \rVert",
        "h_t",
        tuple(FORMS),
    ),
    "a penalty": (
        r"h_t = \tanh(W h_{t-1} + U x_t), \quad L = \lVert h_T - y \rVert + \lVert b \rVert, \quad h_0 = b",
        "b",
        ("expanded",),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_models_are_derived_or_refused(name: str) -> None:
    """Nothing is made for two presets only; what no rule covers is refused with a reason, never printed wrongly."""
    text, by, forms = OTHERS[name]
    checked = derive(model_of(text), "L", by, 3)
    for form in FORMS:
        if form in forms:
            assert {one.verdict.status for one in checked.form(form)} <= {"proved", "definition"}
        else:
            with pytest.raises(BpttsymError):
                checked.form(form)


RNN = {
    "tanh_many_to_one": ("tanh", "linear", "norm", "many_to_one"),
    "tanh_many_to_many": ("tanh", "linear", "squared_error", "many_to_many"),
    "sigmoid_many_to_many": ("sigmoid", "linear", "norm", "many_to_many"),
    "sigmoid_many_to_one": ("sigmoid", "softmax", "cross_entropy", "many_to_one"),
    "relu_many_to_one": ("relu", "linear", "squared_error", "many_to_one"),
    "identity_many_to_many": ("identity", "linear", "squared_error", "many_to_many"),
}


@pytest.mark.campaign(quick=1)
@pytest.mark.parametrize("name", RNN)
def test_the_forms_give_the_numbers_of_the_network_written_by_hand(name: str) -> None:
    """The right sides, put into numbers, are the gradients of ``rnn``, which knows none of the rules."""
    length = 4
    checked = {by: derive(name, by=by, T=length) for by in "WUbVc"}
    ground = checked["W"].derivation.structure.ground
    world = NumericWorld(ground.graph, ground.shapes, samples=1)

    def leaf(name: str, *index: int) -> np.ndarray:
        return np.asarray(world.node((name, index)))[0]

    weights = rnn.Parameters(leaf("W"), leaf("U"), leaf("b")[:, 0], leaf("V"), leaf("c")[:, 0])
    inputs = np.stack([leaf("x", t).T for t in range(1, length + 1)])
    many = RNN[name][3] == "many_to_many"
    targets = np.stack([leaf("y", t).T for t in range(1, length + 1)]) if many else leaf("y").T
    configuration = rnn.Configuration(*RNN[name])  # type: ignore[arg-type]
    gradients = rnn.backward(weights, rnn.forward(weights, inputs, leaf("h", 0).T, targets, configuration))
    for by, one in checked.items():
        wanted = getattr(gradients, by)
        for form in FORMS:
            right = one.form(form)[-1].step.relation.right
            if form == "recursive" and by in "WUb":
                continue  # its last line needs the names of the lines before it
            value = Evaluator(world, Readings({"layout": "numerator"})).value(right, {"T": length})[0]
            np.testing.assert_allclose(value.reshape(wanted.shape), wanted, rtol=1e-9, atol=1e-12)


# ------------------------------------------------------------------------------------------------------- planted errors


def _unmarked(self: Structure, of: Symbol, by: Symbol) -> Derivative:
    return Derivative(of, by)


def _turned(original: Callable[..., tuple[Expr, ...]]) -> Callable[..., tuple[Expr, ...]]:
    def product(self: Nested, block: Block, enter: Expr, leave: Expr, letter: str) -> tuple[Expr, ...]:
        found = original(self, block, enter, leave, letter)
        from dataclasses import replace

        return tuple(replace(part, direction="increasing") for part in found)  # type: ignore[type-var]

    return product


def _plant(monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    """Put an error into one rule of derivation."""
    from bpttsym import expansion, pullback

    match error:
        case "an immediate derivative is not marked":
            monkeypatch.setattr(Structure, "local", _unmarked)
        case "the product runs the other way":
            monkeypatch.setattr(Nested, "_product", _turned(Nested._product))
        case "a path is left out":
            original = expansion.expanded_groups

            def shorter(*arguments: object) -> Iterator[Iterator[Expr]]:
                for group in original(*arguments):  # type: ignore[arg-type]
                    terms = list(group)
                    yield iter(terms[:-1] or terms)

            monkeypatch.setattr(expansion, "expanded_groups", shorter)
        case "the slope of tanh is 1 - h":
            monkeypatch.setitem(pullback.SLOPES, r"\tanh", lambda a, value: pullback._less(Number(1), value))  # type: ignore[arg-type]
        case "a transpose is forgotten":
            monkeypatch.setattr(pullback, "transposed", lambda expr: expr)


PLANTED = {
    "an immediate derivative is not marked": ("many_to_many", "psi", "expanded"),
    "the product runs the other way": ("many_to_one", "psi", "sum"),
    "a path is left out": ("many_to_many", "psi", "expanded"),
    "the slope of tanh is 1 - h": ("tanh_many_to_one", "W", "matrix"),
    "a transpose is forgotten": ("tanh_many_to_one", "W", "matrix"),
}


@pytest.mark.parametrize("error", PLANTED)
def test_an_error_in_a_rule_does_not_get_out(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an error planted in a rule, the form is refused and not printed."""
    name, by, form = PLANTED[error]
    assert derive(name, by=by).latex(form)
    _plant(monkeypatch, error)
    with pytest.raises(NotProved):
        derive(name, by=by).latex(form)


def test_a_text_that_is_not_proved_is_not_given_back() -> None:
    """The last gate before a file: a true document passes, one with a slip does not."""
    text = derive("many_to_one").tex("sum")
    assert proved_text(text, "tex") == text
    with pytest.raises(NotProved, match=r"\\frac|∂"):
        proved_text(text.replace(r"T-1 \ge i \ge t", r"T-2 \ge i \ge t"), "tex")


# ---------------------------------------------------------------------------------------------------- long expansions


def terms_of(checked: CheckedDerivation) -> list[Expr]:
    """The terms of an expansion in one list."""
    made = checked.derivation
    return [term for group in expanded_groups(made.structure, made.of, made.by) for term in group]


def summed(checked: CheckedDerivation, terms: list[Expr]) -> None:
    """Let the proof of long sums judge some terms."""
    proof = prover(checked.derivation.structure.ground, checked.derivation.left)
    for term in terms:
        proof.take(term)
    assert proof.finish() < 1e-9


LONG = [("many_to_many", "psi"), ("many_to_one", "h_0"), ("tanh_tagger", "W"), ("many_to_many", "x_2")]


@pytest.mark.parametrize(("name", "by"), LONG)
def test_the_proof_of_long_sums_accepts_the_terms_in_any_order(name: str, by: str) -> None:
    """One pass over the terms proves the sum, however it is ordered."""
    checked = derive(name, by=by, T=5)
    summed(checked, terms_of(checked))
    summed(checked, terms_of(checked)[::-1])


def _changes(terms: list[Expr]) -> Iterator[tuple[str, list[Expr]]]:
    """Slips of the pen in a sum of products."""
    first = terms[0]
    assert isinstance(first, Multiply)
    yield "left out", terms[:-1]
    yield "twice", [*terms, terms[0]]
    yield "a sign", [Negate(first), *terms[1:]]
    yield "a number", [multiply(Number(2), *first.factors), *terms[1:]]  # type: ignore[arg-type]
    yield "a factor less", [multiply(*first.factors[1:]), *terms[1:]]
    yield "another order", [multiply(*first.factors[::-1]), *terms[1:]]
    last = first.factors[-1]
    assert isinstance(last, Derivative)
    yield "another kind", [multiply(*first.factors[:-1], Derivative(last.of, last.by, "total")), *terms[1:]]


def test_the_proof_of_long_sums_finds_every_slip() -> None:
    """A term left out, doubled, with another sign, number, factor, order or kind of derivative is found."""
    checked = derive("many_to_many", T=5)
    for slip, terms in _changes(terms_of(checked)):
        assert slip
        with pytest.raises(NoPathSum):
            summed(checked, terms)


def test_a_long_expansion_is_proved_and_agrees_with_the_verifier() -> None:
    """Few terms without NumPy, many with it: what either accepts, the verifier proves as well."""
    for length, samples in ((3, 1), (9, 3)):
        checked = derive("many_to_many", T=length)
        assert {one.verdict.samples for one in checked.form("expanded")} == {samples}
        assert statuses(checked.markdown("expanded")) == {"proved", "definition"}


@pytest.mark.parametrize("kind", ["tex", "markdown", "unicode"])
@pytest.mark.parametrize("name", ["many_to_many", "many_to_one"])
def test_pieces_are_the_text_of_the_whole(name: str, kind: str) -> None:
    """What is printed piece by piece holds the rows that are printed at once."""
    checked = derive(name, T=4)
    streamed = "".join(checked.stream(kind))
    whole = {"tex": checked.tex, "markdown": checked.markdown, "unicode": checked.unicode}[kind]("expanded")
    rows = [line.strip(" \\") for line in whole.splitlines() if "∂⁺" in line or r"\partial^{+}" in line]
    printed = [line.strip(" \\") for line in streamed.splitlines() if "∂⁺" in line or r"\partial^{+}" in line]
    assert len(rows) == (4 if name == "many_to_many" else 1)
    assert [row.replace("&", "") for row in rows] == [row.replace("&", "") for row in printed]
    if kind != "unicode":
        assert statuses(streamed, kind) == {"proved", "definition"}


def test_the_printer_of_long_products_is_the_printer_of_trees() -> None:
    """Term by term the same text, whatever was printed before."""
    printer = Printer(latex)
    for name, by in LONG:
        for term in terms_of(derive(name, by=by, T=5)):
            assert printer.text(term) == latex(term)


def test_an_expansion_that_is_too_long_offers_the_sum() -> None:
    """Above 100 000 factors no tree is made; the message has the numbers and the way out."""
    terms, factors = comb(101, 2), comb(102, 3) + 2 * comb(101, 2)
    with pytest.raises(TooLong, match=f"{terms} terms with {factors} factors; its sum form is one line"):
        derive("many_to_many", T=100).form("expanded")
    assert derive("many_to_many", T=100).latex("sum") == derive("many_to_many", T=4).latex("sum")


# ------------------------------------------------------------------------------------------------------ names, messages

NAMES = {
    "psi": r"\psi",
    r"\psi": r"\psi",
    "L": r"\mathcal{L}",
    r"\mathcal{L}": r"\mathcal{L}",
    "y_hat_2": r"\hat{y}_{2}",
    "yhat_2": r"\hat{y}_{2}",
    r"\hat{y}_2": r"\hat{y}_{2}",
    "h_t": "h_{t}",
    "h_0": "h_{0}",
    "h_T": "h_{T}",
}


@pytest.mark.parametrize("typed", NAMES)
def test_names_are_found_as_people_type_them(typed: str) -> None:
    """Plain text, LaTeX, and a step behind an underscore."""
    found = of_number(main_model(load_preset("many_to_many")), typed)
    index = "".join(f"_{{{getattr(part, 'name', getattr(part, 'value', ''))}}}" for part in found.index)
    assert found.name + index == NAMES[typed]


MESSAGES = {
    "form": (lambda: derive("many_to_one").latex("matrx"), "there is no form `matrx`; the nearest is `matrix`"),
    "parameter": (lambda: derive("tanh_many_to_one", by="w"), "there is no quantity `w`; the nearest is `W`"),
    "preset": (lambda: derive("many_to_on"), "there is no model `many_to_on`; did you mean `many_to_one`?"),
    "steps": (lambda: derive("many_to_one", T=0), "the number of steps is at least 1"),
    "quantity": (lambda: derive(model_of(r"h_t = f(x_t, h_{t-1}; \psi)"), "z"), "there is no quantity `z`"),
}


@pytest.mark.parametrize("wish", MESSAGES)
def test_a_wish_that_cannot_be_met_names_the_nearest(wish: str) -> None:
    """One sentence, and the nearest right thing in it."""
    asked, message = MESSAGES[wish]
    with pytest.raises(UsageError, match=re.escape(message)):
        asked()


def test_a_quantity_that_does_not_depend_on_the_other_is_refused() -> None:
    """Nothing is derived where no path leads, and the message says so."""
    with pytest.raises(NotDerived, match=r"`h` does not depend on `\\phi`"):
        derive(r"many_to_one", "h_T", "phi").latex("sum")


def test_a_notebook_shows_the_derivation() -> None:
    """Both notebook forms hold the mathematics, and the Markdown reads back as proved."""
    checked = derive("many_to_one")
    assert checked._repr_latex_() == f"$$\n{checked.latex()}\n$$"
    assert statuses(checked._repr_markdown_()) == {"proved", "definition"}


def test_the_steps_have_reasons() -> None:
    """Every step of every form has a name and a reason in words."""
    for one in derive("tanh_many_to_many", by="W").steps:
        assert one.step.name
        assert any(isinstance(part, str) and len(part) > 8 for part in one.step.reason)


def test_a_derivation_needs_neither_sympy_nor_matplotlib() -> None:
    """Deriving, proving and printing load NumPy and lark alone."""
    code = (
        "import sys; from bpttsym.check import derive; derive('many_to_one').tex(); "
        "print([name for name in ('sympy', 'matplotlib') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["tanh_tagger", "sigmoid_many_to_one", "relu_many_to_one", "identity_many_to_many"])
def test_numbers_without_numpy_are_those_of_numpy(name: str) -> None:
    """The same leaves give the same derivatives in both worlds of numbers."""
    ground = derive(name, by="W", T=3).derivation.structure.ground
    plain_world = PlainWorld(ground.graph, ground.shapes)
    leaves = {key: plain_world.node(key) for key in ground.graph.nodes if ground.graph.is_leaf(key)}
    world = NumericWorld(ground.graph, ground.shapes, 1, leaf=lambda n, i, s: np.array(leaves[n, i]).real[None])
    for by in (("W", ()), ("V", ()), ("h", (0,)), ("x", (2,))):
        ours = np.array(plain_world.derivative((r"\mathcal{L}", ()), (by,), False)).real
        np.testing.assert_allclose(
            ours, world.derivative((r"\mathcal{L}", ()), (by,), False)[0], rtol=1e-12, atol=1e-13
        )


def test_the_gradient_goes_on_in_sympy_and_numpy() -> None:
    """The derivative as matrix expressions, and as a function of arrays, of the same derivation."""
    checked = derive("tanh_many_to_one", by="c", T=2)
    assert str(checked.sympy().expression).count("y_hat") == 3
    assert callable(checked.lambdify())


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize("by", ["w", "u", "h_t", "x_t"])
@pytest.mark.parametrize(("front", "first"), [("state: scalar", "1"), ("first: 0\nstate: scalar", "0")])
def test_steps_may_begin_at_zero_and_states_may_be_numbers(front: str, first: str, by: str) -> None:
    """What a document declares holds for its derivations: they are proved, and say it themselves."""
    loss = r"h_t = \tanh(w h_{t-1} + u x_t), \quad L = \sum_{t=FIRST}^{T} (h_t - y_t)^2"
    text = f"---\n{front}\n---\n\n$$\n{loss.replace('FIRST', first)}\n$$\n"
    checked = derive(main_model(read_document(source_from_text(text))), by=by, T=3)
    for form in FORMS:
        assert {one.verdict.status for one in checked.form(form)} <= {"proved", "definition"}
    assert statuses(checked.markdown()) == {"proved", "definition"}
