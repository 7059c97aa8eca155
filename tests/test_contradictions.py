r"""What a document says that cannot be: sizes of vectors among rows, letters that are more than they are."""

from __future__ import annotations

import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge
from bpttsym.wording import diagnose

ROWS = r"h_t = \tanh(x_t W_{xh} + h_{t-1} W_{hh} + b)"
COLUMNS = r"h_t = \tanh(W_{xh} x_t + W_{hh} h_{t-1} + b)"


def judged(*displays: str) -> list[Verdict]:
    """The verdicts on displays."""
    return judge(read_document(source_from_text("\n\n".join(f"$${one}$$" for one in displays), "notes.md")))


@pytest.mark.parametrize(
    ("cell", "state", "input_"),
    [
        (ROWS, r"h_t \in \mathbb R^{1 \times H}", r"x_t \in \mathbb R^{1 \times D}"),
        (ROWS, r"h_t \in \mathbb R^{B \times H}", r"x_t \in \mathbb R^{B \times D}"),
        (COLUMNS, r"h_t \in \mathbb R^H", r"x_t \in \mathbb R^D"),
    ],
)
def test_a_bias_has_the_size_of_what_it_is_added_to(cell: str, state: str, input_: str) -> None:
    """``b`` has H entries; D is the size of something else, among rows as among columns."""
    true = judged(cell, state, input_, r"b \in \mathbb R^H")
    assert [one.status for one in true] == ["definition"] * 4
    false = judged(cell, state, input_, r"b \in \mathbb R^D")[-1]
    assert false.status == "refuted"
    assert "H" in false.message
    assert "D" in false.message


@pytest.mark.parametrize("size", ["H", "n"])
def test_a_bias_among_rows_may_name_a_size(size: str) -> None:
    """Where nothing else has a name for it, or has the same, the size of the bias is taken in."""
    assert judged(ROWS, rf"b \in \mathbb R^{size}", r"x_t \in \mathbb R^{1 \times D}")[1].status == "definition"


@pytest.mark.parametrize("text", ["t = t + 1", "L = L + 1", "k = 2 k - 1"])
def test_an_index_that_is_another_than_itself_is_told(text: str) -> None:
    """A step of a program is written with an arrow; with an equality sign no number is what is said."""
    assert judged(text)[0].status == "unchecked"
    assert judged(text.replace("=", r"\leftarrow", 1))[0].status == "definition"


def test_a_relation_of_indices_is_still_one() -> None:
    """Indices of other letters are related, and an index is itself."""
    assert [one.status for one in judged("k = t - 1", "t = t", "k < t")] == ["definition"] * 3


def test_a_defined_total_is_false_of_itself_and_one_more() -> None:
    """Where the letter is a loss that is defined the equation is a claim about it."""
    assert judged(rf"{COLUMNS},\quad L = \sum_t \|h_t\|^2", "L = L + 1")[-1].status == "refuted"


def test_an_unknown_part_is_named_with_its_index() -> None:
    r"""``\mathcal L_t`` beside a defined ``\mathcal L`` is what is missing, and the message points at it."""
    text = (rf"{COLUMNS},\quad \mathcal L = \ell(h_T)", r"\frac{\partial \mathcal L}{\partial W_{hh}} = \mathcal L_t V")
    document = read_document(source_from_text("\n\n".join(f"$${one}$$" for one in text), "notes.md"))
    verdict = judge(document)[-1]
    assert verdict.status == "unchecked"
    assert "`ℒ_t`" in verdict.message
    found = diagnose(document, verdict)
    assert found is not None
    assert document.source.text[found.span.start : found.span.end] == r"\mathcal L_t"
