r"""Letters of functions beside names that only look like them, and the slopes of functions that a document defines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bpttsym import load
from bpttsym.verdict import judge

MODEL = r"""---
layout: numerator
---
$$ h_t = \sigma(W h_{t-1} + U x_t) $$
"""
RIGHT = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(h_t \odot (1-h_t)) W"
WRONG = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(h_t) W"

BESIDE = {
    "singular values": r"Let $\sigma_1 \ge \dots \ge \sigma_n$ be the singular values of $W$.",
    "the largest one": r"$$ \sigma_{\max} = \lVert W \rVert_2 $$",
    "in words": r"$$ \sigma_{\mathrm{max}} = \lVert W \rVert_2 $$",
    "of a matrix": r"Its largest singular value is $\sigma_{\max}(W)$.",
}


def statuses(text: str) -> list[str]:
    return [verdict.status for verdict in judge(load(text), mend=False) if verdict.status != "definition"]


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize(("equation", "status"), [(RIGHT, "proved"), (WRONG, "refuted")])
def test_a_name_with_a_label_does_not_make_a_function_a_quantity(beside: str, equation: str, status: str) -> None:
    assert statuses(f"{MODEL}\n{BESIDE[beside]}\n\n$${equation}$$\n") == [status]


def test_a_bound_by_a_name_for_the_largest_singular_value() -> None:
    bound = r"\left\lVert \frac{\partial h_T}{\partial h_t} \right\rVert \le (\sigma_{\max}/%s)^{T-t}"
    text = MODEL + "\n" + BESIDE["the largest one"] + "\n"
    assert statuses(f"{text}\n$${bound % 4}$$\n\n$${bound % 5}$$\n") == ["proved", "refuted"]


def test_a_gate_with_the_letter_of_its_function() -> None:
    text = r"""---
layout: numerator
---
$$ \sigma_t = \sigma(W h_{t-1} + U x_t), \quad h_t = \tanh(\sigma_t) $$

$$ \frac{\partial h_t}{\partial \sigma_t} = \mathrm{diag}(1 - h_t^2) $$

$$ \frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) \mathrm{diag}(\sigma_t) W $$
"""
    assert statuses(text) == ["proved", "refuted"]


Formula = Callable[[np.ndarray], np.ndarray]

SLOPES: dict[str, tuple[str, Formula, str, Formula, str]] = {
    "logistic": (
        r"\frac{1}{1+e^{-z}}",
        lambda z: 1 / (1 + np.exp(-z)),
        r"f(a_t) \odot (1 - f(a_t))",
        lambda z: 1 / (1 + np.exp(-z)) * (1 - 1 / (1 + np.exp(-z))),
        r"f(a_t) \odot (1 + f(a_t))",
    ),
    "hyperbolic": (
        r"\frac{e^z - e^{-z}}{e^z + e^{-z}}",
        np.tanh,
        r"1 - f(a_t)^2",
        lambda z: 1 - np.tanh(z) ** 2,
        r"1 - f(a_t)",
    ),
    "a polynomial": (
        r"z^3 - 2 z^2 + 4",
        lambda z: z**3 - 2 * z**2 + 4,
        r"3 a_t^2 - 4 a_t",
        lambda z: 3 * z**2 - 4 * z,
        r"3 a_t^2 - 2 a_t",
    ),
    "a product": (
        r"2 z \tanh(z)",
        lambda z: 2 * z * np.tanh(z),
        r"2 \tanh(a_t) + 2 a_t \odot (1 - \tanh(a_t)^2)",
        lambda z: 2 * np.tanh(z) + 2 * z * (1 - np.tanh(z) ** 2),
        r"2 \tanh(a_t) + a_t \odot (1 - \tanh(a_t)^2)",
    ),
    "a line": (
        "3 z + 1",
        lambda z: 3 * z + 1,
        r"3 a_t^0",
        lambda z: 3 * z**0,
        r"2 a_t^0",
    ),
}


@pytest.mark.parametrize("name", SLOPES)
def test_the_slope_of_a_function_that_the_document_defines(name: str) -> None:
    formula, function, right, slope, wrong = SLOPES[name]
    z = np.random.default_rng(3).standard_normal(7)
    np.testing.assert_allclose(function(z + 1e-30j).imag / 1e-30, slope(z), rtol=1e-12)
    text = (
        f"---\nlayout: numerator\n---\n$$ a_t = W h_{{t-1}} + U x_t, \\quad h_t = f(a_t), \\quad f(z) = {formula} $$\n"
        f"\n$$ f'(a_t) = {right} $$\n\n$$ f'(a_t) = {wrong} $$\n"
        "\n$$ \\frac{\\partial h_t}{\\partial h_{t-1}} = \\mathrm{diag}(f'(a_t)) W $$\n"
    )
    first, second, third = statuses(text)
    assert first in ("proved", "verified")
    assert second == "refuted"
    assert third in ("proved", "verified")


@pytest.mark.parametrize("formula", ["z^{z}", r"R \tanh(z)", "R z"])
def test_the_slope_of_a_formula_without_a_rule_is_told(formula: str) -> None:
    """So is that of one in which a matrix mixes the entries: ``f'`` is no vector there, and nothing is refuted."""
    text = (
        f"$$ a_t = W h_{{t-1}}, \\quad h_t = f(a_t), \\quad f(z) = {formula} $$\n"
        "\n$$ \\frac{\\partial h_t}{\\partial h_{t-1}} = \\mathrm{diag}(f'(a_t)) W $$\n"
    )
    assert statuses(text) == ["unchecked"]
