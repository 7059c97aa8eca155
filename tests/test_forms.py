"""The table of forms: every preset by every parameter, state and input, each form, one to six steps; all proved."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from bpttsym.check import CheckedDerivation, NotProved, derive, derive_each, loss_model, main_model
from bpttsym.derivation import FORMS
from bpttsym.derive_job import Wish, text
from bpttsym.document import load_preset, presets, read_document
from bpttsym.errors import BpttsymError, UsageError
from bpttsym.expansion import count_paths, steps_of
from bpttsym.expr import Relation, Symbol, children
from bpttsym.latex import latex
from bpttsym.model import Model
from bpttsym.names import of_number, parameters
from bpttsym.source import source_from_text
from bpttsym.structure import Structure
from bpttsym.undefined import completed
from bpttsym.verdict import judge

ROOT = Path(__file__).parents[1]
LENGTHS = range(1, 7)

STATES = {
    "multi_layer": ("h_t_1", "h_0_1", "h_t_2", "h_0_2"),
    "tanh_multi_layer": ("h_t_1", "h_0_1", "h_t_2", "h_0_2"),
    "lstm": ("h_t", "h_0", "c_t", "c_0"),
    "bidirectional": (
        *(r"\overrightarrow{h}_t", r"\overrightarrow{h}_0"),
        *(r"\overleftarrow{h}_t", r"\overleftarrow{h}_{T+1}"),
    ),
    "encoder_decoder": ("h_t", "h_0", "s_t", "s_0", "c"),
}
"""The states of each preset and where they begin, by hand; of all others, those of h."""


@cache
def model_of(name: str) -> Model:
    """The model of a preset."""
    return main_model(load_preset(name))


def variables(name: str) -> list[str]:
    """By what a preset is derived."""
    return [*parameters(model_of(name)), *STATES.get(name, ("h_t", "h_0")), "x_t"]


CASES = [(name, by) for name in presets() for by in variables(name)]

NONE = frozenset[tuple[str, str, str]]()
"""The preset, the variable and the form that is not derived, for a mathematical reason; there is none."""


def statuses(text: str) -> set[str]:
    """The words that a verifier has for the relations of a text."""
    return {verdict.status for verdict in judge(read_document(source_from_text(text)), mend=False)}


def test_the_table_of_states_is_complete() -> None:
    """Every state of every preset stands in the table, at any step and where it begins."""
    for name in presets():
        model = model_of(name)
        kinds = {of_number(model, text).name for text in STATES.get(name, ("h_t", "h_0"))}
        assert {state for state, _ in Structure(model, 3).states} <= kinds


@pytest.mark.slow
@pytest.mark.parametrize(("name", "by"), CASES)
def test_what_is_derived_verifies_as_proved(name: str, by: str) -> None:
    """What is printed is read back and judged as any document is: proved, never conditional, over one to six steps."""
    general: dict[str, list[Relation]] = {}
    for length in LENGTHS:
        checked = derive(model_of(name), "L", by, length)
        for form in FORMS:
            if (name, by, form) in NONE:
                continue
            relations = [step.relation for step in checked.derivation.steps(form)]
            if form != "expanded" and general.setdefault(form, relations) == relations and length > 1:
                continue  # the same text as for one step
            if form == "expanded" and terms(checked) > MANY:  # over the limits of a verifier of any equation
                assert {one.verdict.status for one in checked.form(form)} == {"proved"}
                continue
            assert statuses(checked.markdown(form)) <= {"proved", "definition"}


MANY = 100
"""The most terms that are read back and judged as those of any document; more are proved in one pass over them."""


def terms(checked: CheckedDerivation) -> int:
    """How many terms the longest expansion of a derivative has."""
    made = checked.derivation
    return max(count_paths(made.structure, made.of, by)[0] for by in steps_of(made.structure, made.by))


QUICK = [
    ("many_to_one", "psi"),
    ("bidirectional", r"\overleftarrow{h}_{T+1}"),
    ("multi_layer", "psi_1"),
    ("output_feedback", "V"),
    ("encoder_decoder", "c"),
    ("torch_rnn", "W_hh"),
]


@pytest.mark.campaign(quick=2)
@pytest.mark.parametrize(("name", "by"), QUICK)
def test_every_form_is_derived(name: str, by: str) -> None:
    """The same for one variable of some presets, at one, two and four steps."""
    for length in (1, 2, 4):
        checked = derive(model_of(name), "L", by, length)
        for form in FORMS:
            assert {one.verdict.status for one in checked.form(form)} <= {"proved", "definition"}


SEQUENCES = r"""h_t = f(x_t, h_{t-1}; \psi) \\
c = h_{T_x} \\
s_j = r(s_{j-1}, c; \theta) \\
\hat{y}_j = g(s_j; \phi) \\
L = \sum_{j=1}^{T_y} \lVert \hat{y}_j - y_j \rVert"""


@pytest.mark.parametrize("by", ["psi", "theta", "s_j", "h_t"])
def test_a_second_sequence_has_a_letter_and_an_end_of_its_own(by: str) -> None:
    """The recursion begins at the last step of each; at each step there is an expansion."""
    checked = derive(main_model(read_document(source_from_text(f"$$\n{SEQUENCES}\n$$\n"))), "L", by, 2)
    for form in FORMS:
        assert {one.verdict.status for one in checked.form(form)} <= {"proved", "definition"}
    last = [one.step.relation.left for one in checked.form("recursive") if one.step.name == "last"]
    assert latex(last[0]) == r"\lambda_{T_{y}}"
    assert len(checked.form("expanded")) == {"psi": 2, "theta": 2, "s_j": 3, "h_t": 2}[by]


def test_layers_are_named_one_by_one() -> None:
    """By their numbers, where parameters are listed and where a name is not found."""
    assert parameters(model_of("multi_layer")) == [r"\psi_1", r"\psi_2", r"\phi"]
    assert parameters(model_of("tanh_multi_layer")) == ["U_1", "U_2", "W_1", "W_2", "b_1", "b_2", "V", "c"]
    with pytest.raises(UsageError, match=r"there are L, h_t_1, h_t_2, phi, psi_1, psi_2, x_t, y_hat_t, y_t"):
        derive("multi_layer", by="Q")
    with pytest.raises(UsageError, match=r"the nearest is `h_t_[12]`"):
        derive("multi_layer", by="h_t")


def test_what_has_no_such_step_is_refused() -> None:
    """A state that runs back has none before the first one."""
    checked = derive("bidirectional", by=r"\overleftarrow{h}_0")
    for form in FORMS:
        with pytest.raises(BpttsymError, match="has no step 0 in this model"):
            checked.form(form)


def test_what_two_derivatives_have_in_common_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gradients by the states are those of the first parameter; an error in what is left is still found."""
    first, second = derive_each(model_of("tanh_many_to_many"), "L", ["W", "U"])
    first.form("matrix")
    known = len(first.known.evidence)
    second.form("matrix")
    assert len(second.known.evidence) == known + 1
    from bpttsym import pullback

    monkeypatch.setattr(pullback, "transposed", lambda expr: expr)
    (third,) = derive_each(model_of("tanh_many_to_many"), "L", ["U"])
    third.known.evidence.update(first.known.evidence)
    with pytest.raises(NotProved):
        third.form("matrix")


# ------------------------------------------------------------------------------------------------------------ formats


def command(*arguments: str) -> str:
    """What the command line prints."""
    run = subprocess.run(
        [sys.executable, "-m", "bpttsym", *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def runs(code: str, folder: Path) -> str:
    """What a program prints that has nothing but the libraries; it must end well."""
    file = folder / "program.py"
    file.write_text(code, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, str(file)], cwd=folder, capture_output=True, text=True, env=environment, check=False
    )
    assert run.returncode == 0, run.stderr + run.stdout
    return run.stdout


@pytest.mark.parametrize("kind", ["python", "sympy"])
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name == "many_to_one" else pytest.mark.slow) for name in presets()],
)
def test_the_programs_of_every_preset_run(name: str, kind: str, tmp_path: Path) -> None:
    """They compare their own gradients with central differences, for every parameter, and say so."""
    wanted = parameters(model_of(name))
    wanted = [r"\psi"] if r"\psi" in wanted else wanted
    code = "".join(text(Wish(name, length="3", format=kind), lambda remark: None))
    assert len(runs(code, tmp_path).splitlines()) == len(wanted)


PROGRAMS = [("lstm", "U_f"), ("multi_layer", "psi_1"), ("torch_rnn", "W_hh"), ("output_feedback", "V")]


@pytest.mark.parametrize(("name", "by"), PROGRAMS)
def test_the_number_of_a_program_is_that_of_a_complex_step(name: str, by: str) -> None:
    """What the NumPy program computes for one choice of numbers is the derivative of the definitions."""
    import numpy as np

    from bpttsym import symbolic
    from bpttsym.names import plain, typed
    from bpttsym.numeric import NumericWorld

    checked = derive(name, by=by, T=3)
    ground, variable = checked.derivation.structure.ground, checked.derivation.by
    code = symbolic.numpy_code(checked.derivation.model, plain(checked.derivation.of.name), [typed(variable)], 3)
    program: dict[str, object] = {"__name__": "program"}
    exec(compile(code, "program", "exec"), program)
    random = np.random.default_rng(3)
    shapes: dict[str, tuple[int, ...]] = program["shapes"]  # type: ignore[assignment]
    values = {leaf: random.uniform(0.1, 0.6, shape) for leaf, shape in shapes.items()}
    found = program["gradients"](**values)  # type: ignore[operator]
    ((_, gradient),) = found.items()
    loss = program["loss"]
    (own,) = [leaf for leaf in values if values[leaf].shape == gradient.shape and leaf in found]
    moved = np.zeros(gradient.shape)
    for place in np.ndindex(gradient.shape):
        step = np.zeros(gradient.shape, dtype=complex)
        step[place] = 1e-30j
        moved[place] = np.squeeze(loss(**{**values, own: values[own] + step})).imag / 1e-30  # type: ignore[operator]
    np.testing.assert_allclose(gradient, moved, rtol=1e-10, atol=1e-13)
    assert NumericWorld(ground.graph, ground.shapes, samples=1).graph.length == 3


@pytest.mark.parametrize("kind", ["tex", "latex", "markdown", "unicode"])
def test_every_form_is_printed(kind: str) -> None:
    """All forms of layers in one text, by all parameters; `latex` is another name for `tex`."""
    printed = command("derive", "multi_layer", "-T", "2", "--by", "psi_1", "--format", kind)
    for title in ("path by path", "as a sum over steps", "from the last step down", "in matrices"):
        assert title in printed


# --------------------------------------------------------------------------------------------------- undefined losses

CELL = r"h_t = \tanh(W h_{t-1} + U x_t), \quad \hat{y}_t = V h_t"
UNDEFINED = {
    "a loss of each step": (rf"{CELL}, \quad L = \sum_{{t=1}}^{{T}} L_t", "L_t is not defined", r"L_{t}"),
    "with its arguments": (rf"{CELL}, \quad L = \sum_{{t=1}}^{{T}} L_t(\hat{{y}}_t, y_t)", "L_t is not defined", "L_t"),
    "another letter": (rf"{CELL}, \quad E = \sum_{{t=1}}^{{T}} E_t", "E_t is not defined", "E_t"),
    "no loss at all": (r"h_t = \tanh(W h_{t-1} + U x_t), \quad \hat{y} = V h_T", "L is not defined", "L"),
    "no loss, outputs at each step": (CELL, "L is not defined, and is taken for a sum over all steps", "L"),
}


@pytest.mark.campaign(quick=1)
@pytest.mark.parametrize("case", UNDEFINED)
def test_an_undefined_loss_is_any_function_of_the_outputs(case: str) -> None:
    """It is told, stands as a definition in the text, and every form is proved."""
    text, words, _ = UNDEFINED[case]
    model, assumed = loss_model(read_document(source_from_text(f"$$\n{text}\n$$\n")))
    assert [remark.startswith(words) for remark in assumed] == [True]
    assert "any function of ŷ" in assumed[0]
    for by in ("W", "V", "x_t", "h_0"):
        checked = derive(model, "E" if case == "another letter" else "L", by, 3)
        for form in FORMS:
            assert {one.verdict.status for one in checked.form(form)} <= {"proved", "definition"}


def test_losses_of_steps_are_added_up() -> None:
    """Where they are defined and their sum is not; it is told."""
    written = rf"$$ {CELL}, \quad L_t = \lVert \hat{{y}}_t - y_t \rVert^2 $$"
    model, assumed = completed(read_document(source_from_text(written)).models[-1], Symbol("L"))
    assert assumed == ("L is not defined, and is taken for the sum of L_t over all steps",)
    right = derive(model, "L", "W", 3).form("expanded")[-1].step.relation.right
    assert len(children(right)) == 6


NOT_SAID = {
    "steps that are not read": rf"{CELL}, \quad L = L(\hat{{y}}_1, \ldots, \hat{{y}}_T)",
    "nothing is computed": r"W \in \mathbb{R}^{3 \times 3}",
}


@pytest.mark.parametrize("case", NOT_SAID)
def test_a_loss_that_cannot_be_told_is_asked_for(case: str, tmp_path: Path) -> None:
    """Nothing is assumed of what was said and not understood; the message says what to write."""
    file = tmp_path / "notes.md"
    file.write_text(f"$$\n{NOT_SAID[case]}\n$$\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"does not say what the loss `L` is; define it, `L = "):
        list(text(Wish(str(file), by="W"), lambda remark: None))


def test_a_question_about_an_undefined_loss_is_sent_back(tmp_path: Path) -> None:
    """An answer would be about a loss that the document does not have."""
    file = tmp_path / "notes.md"
    file.write_text(f"$$\n{CELL}\n$$\n\n$$\\frac{{\\partial L}}{{\\partial W}} = ?$$\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"notes.md:5: `L` is not defined, so its derivative has no answer"):
        list(text(Wish(str(file)), lambda remark: None))


def test_a_defined_loss_is_left_alone() -> None:
    """Nothing is assumed where nothing is missing, nor of a letter that counts layers."""
    for name in presets():
        assert loss_model(load_preset(name)).words == ()


CLASSES = r"""h_t = \tanh(W h_{t-1} + U x_t + b) \\
o_t = V h_t + c \\
\hat{y}_t = \mathrm{softmax}(o_t) \\
L = -\sum_{t=1}^{T} \sum_{k=1}^{K} y_{t,k} \log \hat{y}_{t,k}"""


@pytest.mark.campaign(quick=2)
@pytest.mark.parametrize("by", ["W", "V", "c", "x_t", "h_0"])
def test_a_loss_that_sums_over_classes_is_derived(by: str) -> None:
    """In all forms; in matrices it is opened, and softmax and cross entropy cancel."""
    model = main_model(read_document(source_from_text(f"$$\n{CLASSES}\n$$\n")))
    checked = derive(model, "L", by, 3)
    for form in FORMS:
        assert {one.verdict.status for one in checked.form(form)} <= {"proved", "definition"}
    assert r"\hat{y}_t - y_t" in checked.latex("matrix")
