"""Derivatives beside programs that share nothing with the rules: SymPy, the hand-written network, a complex step."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from bpttsym import build, rnn_functions
from bpttsym.check import main_model
from bpttsym.derivation import FORMS, Derivation, derivation
from bpttsym.document import load_preset, presets, read_document
from bpttsym.errors import Contradiction
from bpttsym.expr import Negate, Relation, Symbol
from bpttsym.jobs import done
from bpttsym.model import Model
from bpttsym.names import loss_names, parameters
from bpttsym.oracles import Oracles, compared
from bpttsym.recognise import recurrent
from bpttsym.source import source_from_text

ALL = ("complex step", "SymPy", "by hand")
MODEL = r"""
$$
\begin{gathered}
a_t = U x_t + W h_{t-1} + b, \quad h_t = \tanh(a_t) \\
\hat{y}_t = V h_t + c, \quad L = \sum_{t=1}^{T} \lVert y_t - \hat{y}_t \rVert^2
\end{gathered}
$$
"""


def model_of(text: str) -> Model:
    """The last model of a document."""
    return read_document(source_from_text(text)).models[-1]


def all_compared(model: Model, length: int = 3) -> dict[str, tuple[str, ...]]:
    """With what each parameter's derivative was compared, in all forms."""
    of, by = Symbol(loss_names(model)[0]), tuple(parameters(model))
    made = {name: derivation(model, of, Symbol(name), length) for name in by}
    oracles = Oracles(next(iter(made.values())).structure.ground, of, by)
    return {name: compared(oracles, one, tuple(FORMS)).programs for name, one in made.items()}


WIDE = ("multi_layer", "tanh_multi_layer", "bidirectional", "output_feedback", "encoder_decoder", "torch_rnn", "lstm")
"""Presets of which not every form is derived, or which SymPy cannot read; test_oracle_models compares such networks."""


@pytest.mark.parametrize("name", [name for name in presets() if name not in (*WIDE, "gru")])
def test_every_preset_agrees_with_every_program_that_can_run_it(name: str) -> None:
    """Where f and g are any functions there is no program to run; everything else is compared with all three."""
    abstract = name in ("many_to_one", "many_to_many")
    assert set(all_compared(main_model(load_preset(name))).values()) == {ALL[:1] if abstract else ALL}


@pytest.mark.parametrize(
    ("old", "new", "run"),
    [
        ("", "", True),
        ("h_", "s_", True),
        (r"\tanh(a_t)", r"\sigma(a_t)", True),
        (" + b", "", True),
        ("U x_t + W", "W", True),
        (r"\hat{y}_t = V h_t + c", r"z_t = V h_t, \quad \hat{y}_t = \mathrm{softmax}(z_t)", True),
        (r"\sum_{t=1}^{T} \lVert y_t - \hat{y}_t \rVert^2", r"-\sum_{t=1}^{T} y_t^\top \log \hat{y}_t", True),
        (r"\lVert y_t - \hat{y}_t \rVert^2", r"\frac{1}{2} \lVert y_t - \hat{y}_t \rVert^2", False),
        (r"\lVert y_t - \hat{y}_t \rVert^2", r"\lVert y_t + \hat{y}_t \rVert^2", False),
        (r"\sum_{t=1}^{T}", r"\sum_{t=2}^{T}", False),
        ("W h_{t-1}", "W h_{t-2}", False),
        ("W h_{t-1}", r"W (h_{t-1} \odot h_{t-1})", False),
        ("+ b", "- b", False),
        ("V h_t", "V h_{t-1}", False),
        ("V h_t", "W h_t", False),
        (r"\tanh(a_t)", r"\exp(a_t)", False),
    ],
)
def test_the_network_is_known_by_its_structure(old: str, new: str, run: bool) -> None:
    """Names and written-out quantities do not matter; whatever the hand-written network does not compute does."""
    assert (recurrent(model_of(MODEL.replace(old, new)), Symbol("L")) is not None) == run


def test_a_wrong_derivation_differs_from_a_complex_step() -> None:
    """A sign that a rule gets wrong is told with the equation and the form."""
    made = derivation(model_of(MODEL), "L", "W", 3)
    oracles = Oracles(made.structure.ground, made.of, ("W",))
    *before, last = made.steps("matrix")
    wrong = replace(last, relation=Relation(last.relation.left, "=", Negate(last.relation.right)))
    broken = Derivation(made.model, made.of, made.by, made.length, {"matrix": (*before, wrong)})
    with pytest.raises(Contradiction, match=r"form `matrix`, differs in numbers from a complex step"):
        compared(oracles, broken, ("matrix",))


def run(folder: Path) -> int:
    """The main job on a folder that holds one document."""
    (folder / "notes").mkdir()
    (folder / "notes" / "notes.md").write_text(MODEL, encoding="utf-8")
    output = str(folder / "output")
    return build.main(Namespace(folder=str(folder / "notes"), output=output, check=False, figures=False))


def test_a_build_says_with_what_it_was_compared(tmp_path: Path) -> None:
    """The report names the programs, in its page and in its JSON."""
    assert run(tmp_path) == 0
    data = json.loads((tmp_path / "output" / "report.json").read_text(encoding="utf-8"))
    assert [one["compared"]["with"] for one in data["derivations"]] == [list(ALL)] * 5
    assert ", ".join(ALL) in (tmp_path / "output" / "report.md").read_text(encoding="utf-8")


def test_an_error_in_the_hand_written_network_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slope of 1 - h where 1 - h^2 is right: status 3, and nothing is written."""
    wrong = replace_rule(rnn_functions.ACTIVATIONS["tanh"])
    monkeypatch.setitem(rnn_functions.ACTIVATIONS, "tanh", wrong)
    assert run(tmp_path) == 3
    assert "differs in numbers from the backward pass that is written by hand" in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


def replace_rule(rule: rnn_functions.Rule) -> rnn_functions.Rule:
    """The same function with a wrong derivative."""
    return rule._replace(derivative=lambda a, h: 1.0 - h)


def test_an_error_in_a_jacobian_row_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What SymPy differentiates by a wrong row of its table differs: status 3, and nothing is written."""
    from bpttsym import symbolic_jacobians

    kind, row = next((k, r) for k, r in symbolic_jacobians.DIFFERENTIALS.items() if k.__name__ == "Elementwise")

    def wrong(*arguments):
        return [*row(*arguments), *row(*arguments)]

    monkeypatch.setitem(symbolic_jacobians.DIFFERENTIALS, kind, wrong)
    assert run(tmp_path) == 3
    assert "differs in numbers from what SymPy differentiates" in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


def test_an_error_in_a_rule_of_derivation_fails_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong slope in the rules is refuted before anything is compared or written."""
    from bpttsym import pullback

    monkeypatch.setitem(pullback.SLOPES, r"\tanh", lambda a, value: value)
    assert run(tmp_path) == 1
    assert "not proved" in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


def test_definitions_that_do_not_fit_are_told_and_the_rest_is_written(tmp_path: Path) -> None:
    """A model whose loss has no value has no derivations, and the report says why."""
    misfit = MODEL.replace(r"L = \sum_{t=1}^{T} \lVert y_t - \hat{y}_t \rVert^2", r"L = \sum_{t=1}^{T} \hat{y}_t")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.md").write_text(misfit, encoding="utf-8")
    output = str(tmp_path / "output")
    folder = str(tmp_path / "notes")
    assert build.main(Namespace(folder=folder, output=output, check=False, figures=False)) == 0
    data = json.loads((tmp_path / "output" / "report.json").read_text(encoding="utf-8"))
    assert all(one["forms"] == [] for one in data["derivations"])
    assert all("do not fit" in why for one in data["derivations"] for why in one["not_derived"].values())


def _third(number: int) -> int:
    if number == 3:
        raise Contradiction("three")
    return number


def test_jobs_are_done_in_order_and_fail_with_their_failure() -> None:
    """Results keep their order; the kind of a failure, on which the exit status depends, survives."""
    from functools import partial

    assert done([partial(_third, n) for n in (5, 1, 4, 2)]) == [5, 1, 4, 2]
    with pytest.raises(Contradiction, match="three"):
        done([partial(_third, n) for n in (5, 3, 4)])
    assert done([]) == []


def test_two_states_of_one_model_have_two_short_names(tmp_path: Path) -> None:
    """The recursive forms by the parameters of both directions stand in one text, where a name has one meaning."""
    text = r"""
$$
p_t = \tanh(A p_{t-1} + B x_t), \quad q_t = \tanh(C q_{t-1} + D x_t), \quad
L = \sum_{t=1}^{T} (\lVert p_t - y_t \rVert^2 + \lVert q_t - z_t \rVert^2)
$$
"""
    model = model_of(text)
    named = [derivation(model, "L", name, 3).steps("recursive")[0].relation.left for name in ("A", "C")]
    assert named[0] != named[1]
