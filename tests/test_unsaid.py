"""Derivative marks without an argument, entries under the small letter of their whole, and the notes that use both.

Truth by differences in NumPy, or by the shapes of what stands there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bpttsym

CELL = r"$$h_t = \tanh(W h_{t-1} + U x_t + b)$$" + "\n\n"
ANY_CELL = r"$$h_t = f(W h_{t-1} + U x_t + b)$$" + "\n\n"
READOUT = r"$$Z_t = V h_t, \quad \hat{y}_t = g(Z_t)$$" + "\n\n"
SOFTMAX = r"$$g = \mathrm{softmax}$$" + "\n\n"


def last(text: str) -> tuple[str, str]:
    """The verdict on the last equation of a document, and its conditions in one text."""
    verdict = bpttsym.verify(text)[-1]
    return verdict.status, "; ".join(verdict.conditions)


@pytest.mark.parametrize(
    ("equation", "status"),
    [
        (r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(f') W", "conditional"),
        (r"\frac{\partial h_k}{\partial h_{k-1}} = \mathrm{diag}(f') W", "conditional"),
        (r"\frac{\partial h_{k+1}}{\partial h_k} = \mathrm{diag}(f') W", "conditional"),
        (r"\frac{\partial h_t}{\partial h_{t-1}} = f' W", "conditional"),
        (
            r"\frac{\mathrm{d} h_t}{\mathrm{d} b} = \mathrm{diag}(f') (I + W \frac{\mathrm{d} h_{t-1}}{\mathrm{d} b})",
            "conditional",
        ),
        (r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(f') U", "refuted"),  # 3x3 and 3x2
        (r"\frac{\partial h_t}{\partial h_{t-1}} = W \mathrm{diag}(f')", "unchecked"),  # f' might be meant elsewhere
        (r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(f')^2 W", "unchecked"),
        (r"\frac{\partial h_t}{\partial h_k} = \prod_{t \ge i > k} \mathrm{diag}(f') W", "unchecked"),  # at which step?
    ],
)
def test_a_mark_is_taken_where_the_function_is_applied(equation: str, status: str) -> None:
    """One formula applies the function: there its derivative is meant, at the step that the equation is about."""
    found, conditions = last(f"{ANY_CELL}$${equation}$$")
    assert found == status
    assert (found == "conditional") == conditions.startswith("f′ is f′(")


def test_the_step_is_written_as_it_is() -> None:
    """A step after, and the one before it, have no sums of sums in them."""
    claim = r"$$\frac{\partial h_{k+1}}{\partial h_k} = \mathrm{diag}(f') W$$"
    assert last(ANY_CELL + claim)[1].startswith("f′ is f′(W h_k + U x_{k+1} + b)")


def test_two_applications_leave_it_open() -> None:
    """Where two formulas apply the function, it is not known which of them is meant."""
    two = ANY_CELL + r"$$q_t = f(V h_t)$$" + "\n\n"
    assert last(two + r"$$\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(f') W$$")[0] == "unchecked"


@pytest.mark.parametrize("mark", [r"\mathrm{diag}(\tanh') W", r"\tanh' W"])
def test_a_matrix_behind_a_mark_is_a_factor(mark: str) -> None:
    r"""``\tanh' W`` is no hyperbolic tangent of a matrix; what it is of has a name in the conditions."""
    found, conditions = last(CELL + rf"$$\frac{{\partial h_t}}{{\partial h_{{t-1}}}} = {mark}$$")
    assert found == "conditional"
    assert "tanh′ is tanh′(W h_{t-1} + U x_t + b)" in conditions


@pytest.mark.parametrize(
    ("equation", "status"),
    [
        (r"\frac{\partial \hat{y}_t}{\partial h_t} = g' V", "conditional"),
        (r"\frac{\partial \hat{y}_t}{\partial Z_t} = g'", "conditional"),
        (r"\frac{\partial \hat{y}_t}{\partial Z_t} = g' V", "refuted"),
        (r"\frac{\partial \hat{y}_t}{\partial h_t} = V g'", "refuted"),
    ],
)
def test_the_derivative_of_a_softmax_is_its_jacobian(equation: str, status: str) -> None:
    """``g'`` of a softmax is no vector of slopes."""
    assert last(f"{CELL}{READOUT}{SOFTMAX}$${equation}$$")[0] == status


def test_no_readout_behind_the_derivative_by_the_scores() -> None:
    """The notes: the derivative by the scores has no V behind it, whatever g is."""
    equation = r"\frac{\partial \hat{y}_t}{\partial Z_t} = \frac{\partial (g(V h_t))}{\partial Z_t} = g' \cdot V"
    assert last(f"{CELL}{READOUT}$${equation}$$")[0] == "refuted"


# ------------------------------------------------------------------------------------ the notes on softmax by cases

Formula = Callable[[np.ndarray, int, int], float]
Z = np.array([0.3, -0.8, 1.1, 0.4])


def softmax(z: np.ndarray) -> np.ndarray:
    return np.exp(z) / np.exp(z).sum()


def jacobian() -> np.ndarray:
    size = 1e-6
    return np.stack([(softmax(Z + size * e) - softmax(Z - size * e)) / (2 * size) for e in np.eye(4)], axis=1)


TOTAL = r"\sum_{k=1}^K e^{z_k}"
ROWS: tuple[tuple[str, Formula], ...] = (
    (r"\hat{y}_t (1 - \hat{y}_t)", lambda y, t, k: y[t] * (1 - y[t])),
    (r"\hat{y}_t (1 - \hat{y}_k)", lambda y, t, k: y[t] * (1 - y[k])),
    (r"-\hat{y}_t \hat{y}_k", lambda y, t, k: -y[t] * y[k]),
    (r"\hat{y}_t \hat{y}_k", lambda y, t, k: y[t] * y[k]),
    (rf"\frac{{-e^{{z_t}} \cdot e^{{z_k}}}}{{\left({TOTAL}\right)^2}}", lambda y, t, k: -y[t] * y[k]),
    (rf"\frac{{-e^{{z_t}} \cdot e^{{z_k}}}}{{{TOTAL}}}", lambda y, t, k: -y[t] * y[k] * np.exp(Z).sum()),
    (
        rf"\frac{{e^{{z_t}}}}{{{TOTAL}}} - e^{{z_t}} \left[\frac{{e^{{z_t}}}}{{\left({TOTAL}\right)^2}}\right]",
        lambda y, t, k: y[t] - y[t] ** 2,
    ),
    (
        rf"\frac{{e^{{z_t}}}}{{{TOTAL}}} + e^{{z_t}} \left[\frac{{e^{{z_t}}}}{{\left({TOTAL}\right)^2}}\right]",
        lambda y, t, k: y[t] + y[t] ** 2,
    ),
)


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize(("right", "formula"), ROWS, ids=range(len(ROWS)))
def test_the_notes_case_by_case(right: str, formula: Formula, same: bool) -> None:
    r"""``g' = ...`` behind ``Case 2: t \ne k``, z the entries of Z: conditional where numbers say so, never else."""
    y, truth = softmax(Z), jacobian()
    pairs = [(t, k) for t in range(4) for k in range(4) if (t == k) == same]
    true = all(abs(truth[t, k] - formula(y, t, k)) < 1e-8 for t, k in pairs)
    case = "t = k" if same else r"t \ne k"
    found, conditions = last(f"{CELL}{READOUT}{SOFTMAX}Case: ${case}$.\n\n$$g' = {right}$$")
    assert (found == "conditional") == true
    if true:
        assert "softmax′ is ∂ŷ_t/∂Z_t" in conditions
        assert ("t = k" if same else "t ≠ k") in conditions


def test_small_letters_are_entries_only_of_what_is_known() -> None:
    """Where z is defined itself, it is no entry of Z; where there is no Z, it stays unknown."""
    own = CELL + r"$$Z_t = V h_t, \quad z_t = U x_t$$" + "\n\n"
    claim = r"$$\frac{\partial Z_t}{\partial h_t} = V, \quad z_t = V h_t$$"
    assert bpttsym.verify(own + claim)[-1].status == "definition"  # defined anew
    assert last(CELL + r"$$\frac{e^{z_t}}{\sum_{k=1}^{K} e^{z_k}} = \mathrm{softmax}(h_t)$$")[0] == "unchecked"


@pytest.mark.parametrize(
    ("right", "status"), [(r"-\hat{y}_{t,i} \hat{y}_{t,j}", "proved"), (r"\hat{y}_{t,i} \hat{y}_{t,j}", "refuted")]
)
def test_entries_by_a_quantity_on_the_side(right: str, status: str) -> None:
    """The outputs are written with the formula of Z, not with its name; a derivative by an entry of Z is no zero."""
    aside = CELL + r"$$\hat{y}_t = \mathrm{softmax}(V h_t), \quad Z_t = V h_t$$" + "\n\n"
    claim = rf"$$\frac{{\partial \hat{{y}}_{{t,i}}}}{{\partial Z_{{t,j}}}} = {right}, \quad i \ne j$$"
    assert last(aside + claim)[0] == status
