r"""Bounds on the slope of a known function without its argument: ``|\sigma'| \le 1/4`` says it of every one."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

CELL = r"h_t = \tanh(W h_{t-1} + \sigma(U x_t))"
GRID = np.unique(np.concatenate([np.linspace(-12, 12, 4801), [0.0]]))
SLOPES: dict[str, np.ndarray] = {
    r"\tanh": 1 / np.cosh(GRID) ** 2,
    r"\sigma": np.exp(-GRID) / (1 + np.exp(-GRID)) ** 2,
}
SIGNS: dict[str, Callable] = {r"\le": operator.le, "<": operator.lt, r"\ge": operator.ge, ">": operator.gt}
BOUNDS = [(r"\frac14", 0.25), (r"\frac15", 0.2), ("1", 1.0), ("0", 0.0), (r"\frac12", 0.5)]


def judged(*displays: str) -> list[Verdict]:
    """The verdicts on displays."""
    return judge(read_document(source_from_text("\n\n".join(f"$${one}$$" for one in displays), "notes.md")))


@pytest.mark.parametrize("function", SLOPES)
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("form", ["{}'", "|{}'|"])
def test_a_bound_on_a_slope_is_about_every_argument(function: str, sign: str, form: str) -> None:
    """What holds at every point of a grid is verified; what fails at one of them is refuted, wherever it is written."""
    bounds = [f"{form.format(function)} {sign} {text}" for text, _ in BOUNDS]
    for (_, value), verdict in zip(BOUNDS, judged(CELL, *bounds)[1:], strict=True):
        true = bool(np.all(SIGNS[sign](SLOPES[function], value)))
        assert verdict.status == ("verified" if true else "refuted"), verdict.read


def test_a_chain_of_two_bounds() -> None:
    """The slope may stand between its bounds, each of which is judged."""
    assert [v.status for v in judged(CELL, r"0 < \tanh' \le 1")][1:] == ["verified", "verified"]
    assert [v.status for v in judged(CELL, r"0 < \tanh' < 1")][1:] == ["verified", "refuted"]


def test_it_is_a_hypothesis_on_a_function_without_a_formula() -> None:
    r"""``|\phi'| \le \gamma`` says what gamma is, and the bound behind it needs it."""
    cell, bound = (
        r"h_t = \phi(W h_{t-1} + U x_t)",
        r"\left\|\frac{\partial h_t}{\partial h_{t-1}}\right\| \le \gamma \|W\|",
    )
    given = judged(cell, r"|\phi'| \le \gamma", bound)
    assert [one.status for one in given[1:]] == ["definition", "proved"]
    wrong = bound.replace(r"\gamma \|W\|", r"\frac12 \gamma \|W\|")
    assert judged(cell, r"|\phi'| \le \gamma", wrong)[-1].status == "refuted"


def test_a_slope_beside_other_things_needs_its_argument() -> None:
    """In a product nothing says where the slope of a function is taken that no formula applies."""
    assert judged(CELL, r"|\sigma' W| \le 1")[-1].status == "unchecked"


def test_a_slope_is_taken_where_the_cell_applies_it() -> None:
    """Of the function of the cell there is one argument, and it is named as a condition; the order still counts."""
    found = judged(CELL, r"\frac{\partial h_t}{\partial h_{t-1}} = \tanh' W")[-1]
    assert found.status == "conditional"
    assert found.conditions[0].startswith("tanh′ is tanh′(")
    assert judged(CELL, r"\frac{\partial h_t}{\partial h_{t-1}} = W \mathrm{diag}(\tanh')")[-1].status == "unchecked"
