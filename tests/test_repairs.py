"""Repairs: of a true equation with one planted error the right repair is the first suggestion, nearly always."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import pytest
from equations import CASES, Case

from bpttsym.conditions import Row
from bpttsym.document import read_document
from bpttsym.edits import neighbours
from bpttsym.expr import Relation
from bpttsym.latex import latex
from bpttsym.repairs import suggestions
from bpttsym.source import source_from_text
from bpttsym.verdict import Judge, Verdict, judge

ERRORS = (
    *("index", "bound", "order", "transpose", "sign", "power", "missing-diag"),
    *("dropped-factor", "swapped-symbol", "bound-index", "coefficient"),
)
LEAST = 0.85


def vocabulary(judged: Judge) -> dict[int, set[str]]:
    """The names of a model by how many indices they carry: what a hand may write in the place of another."""
    found: dict[int, set[str]] = {}
    for name, counts in judged.document.models[-1].arities.items():
        for count in counts:
            found.setdefault(count, set()).add(name)
    return found


def true_relations(case: Case) -> tuple[Judge, list[tuple[Relation, Row]]]:
    """The equations of a case, each with the reading under which it is true."""
    text = case.definitions + "".join(f"\n\n$${equation}$$\n" for equation, _ in case.equations)
    judged = Judge(read_document(source_from_text(text)))
    claims = [entry for entry in judged.document.entries if entry.kind == "claim"]
    found = []
    for entry, (_, reading) in zip(claims, case.equations, strict=True):
        assert entry.relation is not None
        rows = [row for row in judged.attempts.on(entry, entry.relation).rows if row.holds and agrees(row, reading)]
        found += [(entry.relation, rows[0])] if rows else []
    return judged, found


def agrees(row: Row, reading: dict[str, str]) -> bool:
    """Whether a row is of a reading, in numerator layout."""
    wanted = {**reading, "layout": "numerator"}
    return all(row.choices.get(choice, option) == option for choice, option in wanted.items())


@cache
def measured() -> tuple[Counter[str], Counter[str], tuple[str, ...]]:
    """By kind of error: how many were planted, how often the first suggestion is what stood there; the others."""
    planted, mended = Counter[str](), Counter[str]()
    missed: list[str] = []
    chance = random.Random(0)
    for case in CASES:
        judged, relations = true_relations(case)
        names = vocabulary(judged)
        for relation, row in relations:
            for kind in ERRORS:
                errors = [edit.relation for edit in neighbours(relation, [kind], vocabulary=names)]
                wrong = next(
                    (error for error in chance.sample(errors, len(errors)) if is_false(judged, error, row)), None
                )
                if wrong is not None and len(latex(wrong)) < 500:
                    planted[kind] += 1
                    first = [suggestion.relation for suggestion in suggestions(judged.bench, wrong, row)][:1]
                    mended[kind] += first == [relation]
                    missed += [] if first == [relation] else [f"{kind}: {latex(wrong)}"]
    return planted, mended, tuple(missed)


def is_false(judged: Judge, relation: Relation, row: Row) -> bool:
    return judged.bench.status_under(relation, row)[0] == "refuted"


@pytest.mark.slow
def test_the_first_suggestion_is_the_right_one() -> None:
    """At least 85% of the planted errors are mended by the first suggestion; the table is printed."""
    planted, mended, missed = measured()
    for kind, count in planted.items():
        print(f"{kind:16}{mended[kind]:4} of {count}")
    assert planted.total() >= 120
    assert mended.total() >= LEAST * planted.total(), "\n".join(missed)


@pytest.mark.slow
def test_every_kind_of_error_is_planted_and_mended() -> None:
    """No kind is left out, and none is mended less than half of the time."""
    planted, mended, missed = measured()
    assert set(planted) == set(ERRORS)
    assert all(2 * mended[kind] >= planted[kind] for kind in planted), "\n".join(missed)


MODEL = r"""
$$h_t=\tanh(W h_{t-1}+U x_t+b)$$

$$\hat y_t=V h_t$$

$$L=\sum_{t=1}^T\lVert\hat y_t-y_t\rVert^2$$
"""


def last(equation: str) -> Verdict:
    """The verdict on an equation about a plain network, in numerator layout."""
    return judge(read_document(source_from_text(f"---\nlayout: numerator\n---\n{MODEL}\n$${equation}$$\n")))[-1]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (r"\frac{\partial h_t}{\partial h_{t-1}}=W", r"\mathrm{diag}(1 - h_t^{2}) W"),
        (r"\nabla_b L=\sum_{t=1}^T\mathrm{diag}(1-h_t^2)", r"\nabla_{h_t} L"),
        (r"\nabla_V L=\sum_{t=1}^T(\hat y_t-y_t)h_t^\top", "2"),
        (r"\frac{\partial\hat y_t}{\partial h_t}=W", "V"),
        (r"\frac{\partial L}{\partial h_T}=\frac{\partial\hat y_T}{\partial h_T}", r"\partial \hat{y}_T}"),
        (r"\nabla_{h_T}L=2V(\hat y_T-y_T)", r"V^{\top}"),
    ],
)
def test_what_was_left_out_or_taken_for_another_is_named(wrong: str, right: str) -> None:
    """The first suggestion holds, and says what was missing."""
    verdict = last(wrong)
    assert verdict.status == "refuted"
    first = verdict.suggestions[0]
    assert first.verdict in ("proved", "verified")
    assert right in latex(first.relation)
    assert "were tried" in first.note


def test_a_clash_of_shapes_names_both_shapes_and_the_transpose() -> None:
    """What cannot be multiplied is told with the sizes, and a transpose is proposed where it mends it."""
    verdict = last(r"\nabla_{h_T}L=2V(\hat y_T-y_T)")
    assert verdict.code == "impossible"
    assert verdict.message.count("×") >= 2


def test_a_repair_is_never_an_equation_of_zeros() -> None:
    """An equation that is true because both sides vanish is no repair."""
    for suggestion in last(r"\frac{\partial y_t}{\partial W}=\frac{\partial L}{\partial h_t}").suggestions:
        assert r"\partial y_t" not in latex(suggestion.relation)


def test_an_unknown_name_is_told_with_the_names_close_to_it() -> None:
    """A name that is written almost like one of the model is named beside it."""
    text = r"$$h_t=\tanh(W_{hh}h_{t-1}+W_{xh}x_t)$$" + "\n\n" + r"$$\frac{\partial h_t}{\partial W_{hx}}=0$$"
    verdict = judge(read_document(source_from_text(text)))[-1]
    assert verdict.status == "unchecked"
    assert "close to it" in verdict.message
    assert "`W_{xh}`" in verdict.message
