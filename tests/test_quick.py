"""Steps judged without NumPy: what is proved there is proved by the whole verifier too, and no wrong step is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import pytest

from bpttsym.check import derive, main_model
from bpttsym.document import Document, load_preset, presets, read_document
from bpttsym.edits import neighbours
from bpttsym.evaluate import Evaluator
from bpttsym.exact import ExactWorld
from bpttsym.expr import Relation
from bpttsym.ground import make_ground
from bpttsym.latex import latex
from bpttsym.manuscript import manuscript, markdown, settings
from bpttsym.names import parameters
from bpttsym.plain_exact import PRIME, PlainExact
from bpttsym.quick import Quick, small_size
from bpttsym.readings import Readings
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

WIDE = frozenset("multi_layer tanh_multi_layer bidirectional output_feedback encoder_decoder torch_rnn lstm".split())
"""Presets of which not every form is derived yet."""

KNOWN = [name for name in presets() if name not in (*WIDE, "gru")]
CASES = [(name, by) for name in KNOWN for by in parameters(main_model(load_preset(name)))[:1]]


def printed(name: str, by: str, form: str) -> tuple[Document, int]:
    """The text of a form, read back, and the number of its steps."""
    made = derive(name, by=by).derivation
    text = markdown(manuscript([(made, form)]), settings(made.model))
    return read_document(source_from_text(text)), len(made.steps(form))


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize(("name", "by"), CASES)
def test_what_is_proved_quickly_is_proved(name: str, by: str) -> None:
    """The verifier proves each step that is proved without NumPy, by the same method at the same steps."""
    for form in ("sum", "recursive", "matrix"):
        document, count = printed(name, by, form)
        found = Quick().last(document, count)
        if found is not None:
            told = [(one.status, one.method, one.scope) for one in found]
            assert told == [(v.status, v.method, v.scope) for v in judge(document, mend=False)[-count:]]


@pytest.mark.parametrize("name", ["many_to_one", "many_to_many", "tanh_classifier", "sigmoid_many_to_many"])
def test_forms_of_the_sources_are_proved_quickly(name: str) -> None:
    """NumPy is not needed for them."""
    by = parameters(main_model(load_preset(name)))[0]
    assert all(Quick().last(*printed(name, by, form)) for form in ("sum", "recursive", "matrix"))


def with_last(document: Document, relation: Relation) -> Document:
    """The document with another last relation, read from its text."""
    entry = document.entries[-1]
    text = document.source.text
    text = text[: entry.span.start] + latex(relation) + text[entry.span.end :]
    return read_document(source_from_text(text))


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize("form", ["sum", "recursive", "matrix"])
@pytest.mark.parametrize("name", ["many_to_one", "tanh_many_to_many"])
def test_a_wrong_step_is_not_proved_quickly(name: str, form: str) -> None:
    """Of the one-edit neighbours of a step, only those that the verifier proves are proved without NumPy."""
    document, _ = printed(name, parameters(main_model(load_preset(name)))[0], form)
    relation = document.entries[-1].relation
    assert relation is not None
    refuted = 0
    for edit in islice(neighbours(relation), 0, None, 3):
        changed = with_last(document, edit.relation)
        if changed.entries[-1].relation != edit.relation:
            continue
        found = Quick().last(changed, 1)
        if found is None:
            refuted += 1
        else:
            assert judge(changed, mend=False)[-1].status == "proved", edit.words
    assert refuted > 5


ONE_STEP = r"""
$$h_t = %s(W h_{t-1} + U x_t + b), \quad \hat y = V h_T, \quad L = %s$$
$$%s$$
"""
LOSSES = (r"\lVert \hat y - y \rVert^2", r"\lVert \hat y - y \rVert", r"-y^\top \log \mathrm{softmax}(\hat y)")
CLAIMS = (
    r"\nabla_b L = \mathrm{diag}(1-h_T^2) V^\top \nabla_{\hat y} L + \frac{\partial h_T}{\partial b}^\top b - b",
    r"\frac{\partial L}{\partial h_T} = \frac{\partial L}{\partial \hat y} V",
    r"\frac{\partial h_T}{\partial h_{T-1}} = \mathrm{diag}(1-h_T^2) W",
    r"\frac{\partial h_T}{\partial h_{T-1}} = \mathrm{diag}(1+h_T^2) W",
    r"\frac{\partial h_T}{\partial h_{T-1}} = \mathrm{diag}(h_T \odot (1-h_T)) W",
    r"\frac{\partial h_T}{\partial h_{T-1}} = \mathrm{diag}(h_T) W",
    r"\nabla_{\hat y} L = 2(\hat y - y)",
    r"\nabla_{\hat y} L = \frac{\hat y - y}{\lVert \hat y - y \rVert}",
    r"\nabla_{\hat y} L = \mathrm{softmax}(\hat y) - y",
    r"\nabla_{\hat y} L = \mathrm{softmax}(\hat y) + y",
    r"\nabla_V L = (\nabla_{\hat y} L) h_T^\top",
    r"\nabla_V L = (\nabla_{\hat y} L) h_{T-1}^\top",
    r"\frac{\mathrm{d} h_T}{\mathrm{d} b} = \frac{\partial^{+} h_T}{\partial b}"
    r" + \frac{\partial h_T}{\partial h_{T-1}} \frac{\mathrm{d} h_{T-1}}{\mathrm{d} b}",
)


@pytest.mark.campaign(quick=10)
@pytest.mark.parametrize("function", [r"\tanh", r"\sigma", r"\exp", r"\mathrm{relu}", r"\mathrm{id}", "f"])
@pytest.mark.parametrize("loss", LOSSES)
def test_one_point_of_a_large_field_says_what_many_of_a_small_one_say(function: str, loss: str) -> None:
    """The exact worlds agree on what is equal, wherever both have a value, and say of it the same chance or less."""
    seen = set()
    for claim in CLAIMS:
        document = read_document(source_from_text(ONE_STEP % (function, loss, claim)))
        relation, model = document.entries[-1].relation, document.models[-1]
        assert relation is not None
        ground = make_ground(replace(model, label=""), 3, small_size)
        answers = []
        for world in (PlainExact(ground.graph, ground.shapes), ExactWorld(ground.graph, ground.shapes)):
            evaluator = Evaluator(world, Readings({"layout": "numerator"}))
            try:
                left, right = evaluator.sides(relation, {"T": 3})
                if world.shape(left) == world.shape(right):
                    answers.append(world.equal(left, right))
                    assert not isinstance(world, PlainExact) or world.exponent(left, right) >= 400
            except Exception as error:
                answers.append(type(error).__name__)
        assert len(set(answers)) <= 1, (claim, answers)
        seen |= set(answers)
    assert {True, False} <= seen


def test_the_degree_bounds_what_is_computed() -> None:
    """A rational function of one variable over its bound: as many points as the bound says, and no more zeros."""
    document = read_document(source_from_text(r"$$h_t = \tanh(a h_{t-1} + b), \quad L = h_T^2$$"))
    ground = make_ground(replace(document.models[-1], scalar=True), 3, small_size)
    world = PlainExact(ground.graph, ground.shapes)
    jacobian = world.derivative(("L", ()), (("a", ()),), False)
    assert jacobian.degree >= 2 * 3
    third = world.power(jacobian, Fraction(3))
    assert third.degree >= 3 * jacobian.degree
    assert third.rows[0][0] == pow(jacobian.rows[0][0], 3, PRIME)


@pytest.mark.parametrize("form", ["expanded", "sum", "recursive", "matrix"])
def test_a_preset_is_derived_without_numpy(form: str) -> None:
    """No heavy library is loaded for a form of the source sheet."""
    code = (
        f"import sys; from bpttsym.cli import main; main(['derive', 'many_to_one', '--by', 'psi', '--form', '{form}']);"
        "print(sorted({'numpy', 'lark', 'sympy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "[]"
