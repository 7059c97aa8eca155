"""An index that stands on one side only: an equation of a row or a column, never one of the whole.

The truth of each row, under the meaning that its author has, comes from the network of test_components.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from complex_step import Array, equal
from test_components import ALL, DEFINITIONS, H, N, P, T, Y, delta, last

from bpttsym.document import read_document
from bpttsym.latex import latex, unicode_line
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

Row = tuple[str, Callable[[], tuple[Array, Array]]]


def by_v(outer: Callable[[int], Array]) -> tuple[Array, Array]:
    return N.d("L", "V"), sum(outer(t) for t in ALL)


def by_w(outer: Callable[[int], Array]) -> tuple[Array, Array]:
    return N.d("L", "W"), sum(outer(t) for t in ALL)


def step(right: Array) -> tuple[Array, Array]:
    return N.d(("h", T), ("h", T - 1)), right


SLOPE = 1 - H(T) ** 2

MISSING: dict[str, Row] = {
    "a row of the output matrix": (
        r"\frac{\partial L}{\partial V} = \sum_t(\hat y_{t,i}-y_{t,i})h_t",
        lambda: by_v(lambda t: np.outer(P(t) - Y(t), H(t))),
    ),
    "a row, as a row": (
        r"\nabla_V L = \sum_t(\hat y_{t,i}-y_{t,i})h_t^\top",
        lambda: by_v(lambda t: np.outer(P(t) - Y(t), H(t))),
    ),
    "a row with the sign lost": (
        r"\frac{\partial L}{\partial V} = \sum_t(y_{t,i}-\hat y_{t,i})h_t",
        lambda: by_v(lambda t: np.outer(Y(t) - P(t), H(t))),
    ),
    "a row with a term missing": (
        r"\frac{\partial L}{\partial V} = \sum_t\hat y_{t,i}h_t",
        lambda: by_v(lambda t: np.outer(P(t), H(t))),
    ),
    "a row named by one index": (
        r"\frac{\partial L}{\partial V_i} = \sum_t(\hat y_{t,i}-y_{t,i})h_t",
        lambda: by_v(lambda t: np.outer(P(t) - Y(t), H(t))),
    ),
    "a row named by one index, with a term missing": (
        r"\frac{\partial L}{\partial V_i} = \sum_t\hat y_{t,i}h_t",
        lambda: by_v(lambda t: np.outer(P(t), H(t))),
    ),
    "a column of the square matrix": (
        r"\frac{\partial L}{\partial W} = \sum_t\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1,j}",
        lambda: by_w(lambda t: np.outer(delta(t), H(t - 1))),
    ),
    "a column of the square matrix, of the wrong step": (
        r"\frac{\partial L}{\partial W} = \sum_t\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t,j}",
        lambda: by_w(lambda t: np.outer(delta(t), H(t))),
    ),
    "a Jacobian without its letters": (
        r"\frac{\partial h_T}{\partial h_{T-1}} = (1-h_{T,i}^2)W_{ij}",
        lambda: step(SLOPE[:, None] * N("W")),
    ),
    "a Jacobian without its letters, transposed": (
        r"\frac{\partial h_T}{\partial h_{T-1}} = (1-h_{T,i}^2)W_{ji}",
        lambda: step(SLOPE[:, None] * N("W").T),
    ),
    "a letter on the left only": (
        r"\frac{\partial L}{\partial V_{ij}} = \sum_t(\hat y_{t,i}-y_{t,i})h_t",
        lambda: by_v(lambda t: np.outer(P(t) - Y(t), H(t))),
    ),
    "a letter on the left only, with the sign lost": (
        r"\frac{\partial L}{\partial V_{ij}} = \sum_t(y_{t,i}-\hat y_{t,i})h_t",
        lambda: by_v(lambda t: np.outer(Y(t) - P(t), H(t))),
    ),
    "a slope beside a whole matrix": (
        r"\frac{\partial h_T}{\partial h_{T-1}} = (1-h_{T,i}^2)W",
        lambda: step(SLOPE[:, None] * N("W")),
    ),
    "a definition said again without its letter": (
        r"h_t = \tanh(\sum_j W_{ij}h_{t-1,j} + \sum_k U_{ik}x_{t,k} + b_i)",
        lambda: (H(T), np.tanh(N("W") @ H(T - 1) + N("U") @ N("x", T) + N("b"))),
    ),
    "a definition said again without its letter, transposed": (
        r"h_t = \tanh(\sum_j W_{ji}h_{t-1,j} + \sum_k U_{ik}x_{t,k} + b_i)",
        lambda: (H(T), np.tanh(N("W").T @ H(T - 1) + N("U") @ N("x", T) + N("b"))),
    ),
}

LINES: dict[str, Row] = {
    "a row with a colon": (
        r"\frac{\partial L}{\partial V_{i,:}} = \sum_t(\hat y_{t,i}-y_{t,i})h_t",
        lambda: by_v(lambda t: np.outer(P(t) - Y(t), H(t))),
    ),
    "a row with a colon, with the sign lost": (
        r"\frac{\partial L}{\partial V_{i,:}} = \sum_t(y_{t,i}-\hat y_{t,i})h_t",
        lambda: by_v(lambda t: np.outer(Y(t) - P(t), H(t))),
    ),
    "a column with a dot": (
        r"\nabla_{V_{\cdot,j}}L = \sum_t(\hat y_t-y_t)h_{t,j}",
        lambda: by_v(lambda t: np.outer(P(t) - Y(t), H(t))),
    ),
    "a column of the square matrix": (
        r"\nabla_{W_{:,j}}L = \sum_t\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1,j}",
        lambda: by_w(lambda t: np.outer(delta(t), H(t - 1))),
    ),
    "a row for a column": (
        r"\nabla_{W_{j,:}}L = \sum_t\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1,j}",
        lambda: by_w(lambda t: np.outer(H(t - 1), delta(t))),
    ),
    "an entry of the state": (
        r"h_{t,i} = \tanh(W_{i,:}h_{t-1} + U_{i,:}x_t + b_i)",
        lambda: (H(T), np.tanh(N("W") @ H(T - 1) + N("U") @ N("x", T) + N("b"))),
    ),
    "an entry of the state by a column": (
        r"h_{t,i} = \tanh(W_{:,i}^\top h_{t-1} + U_{i,:}x_t + b_i)",
        lambda: (H(T), np.tanh(N("W").T @ H(T - 1) + N("U") @ N("x", T) + N("b"))),
    ),
    "a state by columns": (
        r"h_t = \tanh(\sum_j W_{:,j}h_{t-1,j} + U x_t + b)",
        lambda: (H(T), np.tanh(N("W") @ H(T - 1) + N("U") @ N("x", T) + N("b"))),
    ),
    "a state by rows": (
        r"h_t = \tanh(\sum_j W_{j,:}^\top h_{t-1,j} + U x_t + b)",
        lambda: (H(T), np.tanh(N("W").T @ H(T - 1) + N("U") @ N("x", T) + N("b"))),
    ),
}


def is_true(row: Row) -> bool:
    """What NumPy says of a row."""
    return equal(*row[1]())


@pytest.mark.parametrize("name", MISSING)
def test_a_letter_on_one_side_only_is_never_true_as_written(name: str) -> None:
    """What is true of the row is conditional on it, or is not judged; what is false of it is never true."""
    status, message = last(DEFINITIONS, MISSING[name][0])
    assert status in ({"conditional", "unchecked"} if is_true(MISSING[name]) else {"refuted", "unchecked"}), message


@pytest.mark.parametrize("name", LINES)
def test_a_colon_names_a_row_or_a_column(name: str) -> None:
    """``V_{i,:}`` is the row i of V and ``V_{:,j}`` its column j."""
    status, message = last(DEFINITIONS, LINES[name][0])
    expected = (
        {"proved", "verified", "conditional", "definition"} if is_true(LINES[name]) else {"refuted", "definition"}
    )
    assert status in expected, message


def test_the_condition_names_the_missing_index() -> None:
    """The sentence says what the author left out, so that it can be written."""
    claim = MISSING["a row of the output matrix"][0]
    verdict = judge(read_document(source_from_text(f"{DEFINITIONS}\n\n$${claim}$$\n")), mend=False)[-1]
    assert verdict.conditions == ("∂L/∂V stands for ∂L/∂V_{i,:}",)


def test_what_is_not_refuted_names_the_index_and_how_to_write_it() -> None:
    """A whole matrix beside one slope: no entry, row or column makes it fit."""
    status, message = last(DEFINITIONS, r"\frac{\partial L}{\partial V} = \sum_t(\hat y_{t,i}-y_{t,i})x_t")
    assert status == "unchecked"
    assert message.startswith("the index `i` stands on the right side only, so this is no equation of the whole")
    assert "`V_{i,:}`" in message


def test_a_number_for_each_letter_is_still_refuted() -> None:
    """Both sides are numbers: it is said of every i, and false."""
    status, _ = last(DEFINITIONS, r"\frac{\partial h_{t,i}}{\partial h_{t-1,i}} = 1")
    assert status == "refuted"


def test_a_number_on_the_other_side_has_no_entries() -> None:
    """The right side is a number for each i, whose axes do not fit: nothing else can be meant."""
    claim = r"\frac{\partial L}{\partial V_{ij}} = \sum_t(\hat y_{t,i}-y_{t,i})h_{t,i}"
    assert last(DEFINITIONS, claim)[0] == "refuted"


def test_a_definition_with_a_letter_too_many_defines_nothing() -> None:
    """Nothing says which entry of h it is: the letter is told."""
    text = r"$$h_t = \tanh(\sum_j W_{ij}h_{t-1,j} + \sum_k U_{ik}x_{t,k})$$"
    (verdict,) = judge(read_document(source_from_text(text)), mend=False)
    assert verdict.status == "unchecked"
    assert "the index `i` stands on the right side only" in verdict.message


OF_DELTA = {
    r"\frac{\partial L}{\partial W_{i,*}} = \sum_t\delta_{t,i}h_{t-1}": "proved",
    r"\frac{\partial L}{\partial W_{i,*}} = \sum_t\delta_{t,i}h_t": "refuted",
    r"\frac{\partial L}{\partial W_{ij}} = \sum_t\delta_{t,i}h_{t-1,j}": "proved",
    r"\frac{\partial L}{\partial W_{ij}} = \sum_t\delta_{t,j}h_{t-1,i}": "refuted",
    r"W V^\top = \sum_jW_{:,j}V_{j,:}": "refuted",
    r"W V^\top = \sum_jW_{:,j}V_{:,j}^\top": "proved",
    r"W W = \sum_jW_{:,j}W_{j,:}": "proved",
    r"(W^\top)_{i,:} = (W_{:,i})^\top": "proved",
    r"(W^\top)_{i,:} = W_{i,:}": "refuted",
    r"\frac{\partial o_{t,i}}{\partial h_t} = V_{i,:}": "proved",
    r"\frac{\partial o_t}{\partial h_{t,j}} = V_{:,j}": "proved",
    r"\frac{\partial o_t}{\partial h_{t,j}} = V_j": "conditional",
}


@pytest.mark.parametrize("claim", OF_DELTA)
def test_lines_beside_abbreviations_and_products(claim: str) -> None:
    """Of an abbreviation entry by entry, of a product as a sum of outer products, of a transpose."""
    delta_ = r"$$\delta_t = \frac{\partial L}{\partial h_t}\odot(1-h_t^2)$$"
    status, message = last(f"---\nlayout: mixed\n---\n{DEFINITIONS}\n\n{delta_}", claim)
    assert status == OF_DELTA[claim], message


def test_rows_and_columns_print_as_they_are_read() -> None:
    """A row is printed with its colon, and read back as the same tree."""
    for written in (r"V_{i,:}", r"W_{:,j}"):
        text = f"{DEFINITIONS}\n\n$$\\nabla_{{{written}}}L = 0$$\n"
        relation = judge(read_document(source_from_text(text)), mend=False)[-1].entry.relation
        assert relation is not None
        again = text.replace(f"\\nabla_{{{written}}}L = 0", latex(relation))
        assert judge(read_document(source_from_text(again)), mend=False)[-1].entry.relation == relation
        assert written.replace("{", "").replace("}", "")[2:] in unicode_line(relation)
