"""Cases of indices that the text puts, letters that count steps elsewhere, and softmax by cases as notes write it.

The truth of each is computed here in NumPy, from the definition of the softmax by central differences.
"""

from __future__ import annotations

import numpy as np
import pytest

import bpttsym

SOFTMAX = r"$$\hat{y} = \mathrm{softmax}(z)$$" + "\n\n"
NETWORK = r"$$h_t = \tanh(W h_{t-1} + U x_t), \quad z_t = V h_t, \quad \hat{y}_t = \mathrm{softmax}(z_t)$$" + "\n\n"
CELL = r"$$h_t = \tanh(W h_{t-1} + U x_t)$$" + "\n\n"
ENTRY = r"\frac{\partial \hat{y}_i}{\partial z_j}"


def statuses(text: str) -> list[str]:
    """The verdicts on the claims of a document, definitions left out."""
    return [verdict.status for verdict in bpttsym.verify(text) if verdict.status != "definition"]


def claim(text: str) -> tuple[str, tuple[str, ...]]:
    """The verdict on the last equation of a document, and its conditions."""
    verdict = bpttsym.verify(text)[-1]
    return verdict.status, verdict.conditions


def softmax(z: np.ndarray) -> np.ndarray:
    return np.exp(z) / np.exp(z).sum()


def holds(right: str, same: bool) -> bool:
    """Whether a formula of two outputs is the entry of the Jacobian, on the diagonal or beside it, by differences."""
    z = np.array([0.3, -0.8, 1.1, 0.4])
    y, size = softmax(z), 1e-6
    jacobian = np.stack([(softmax(z + size * e) - softmax(z - size * e)) / (2 * size) for e in np.eye(4)], axis=1)
    pairs = [(i, j) for i in range(4) for j in range(4) if (i == j) == same]
    formula = {
        r"\hat{y}_i (1 - \hat{y}_i)": lambda i, j: y[i] * (1 - y[i]),
        r"\hat{y}_i (1 - \hat{y}_j)": lambda i, j: y[i] * (1 - y[j]),
        r"-\hat{y}_i \hat{y}_j": lambda i, j: -y[i] * y[j],
        r"\hat{y}_i \hat{y}_j": lambda i, j: y[i] * y[j],
        r"-\hat{y}_i (1 - \hat{y}_i)": lambda i, j: -y[i] * (1 - y[i]),
    }[right]
    return all(abs(jacobian[i, j] - formula(i, j)) < 1e-8 for i, j in pairs)


FORMULAS = (
    r"\hat{y}_i (1 - \hat{y}_i)",
    r"\hat{y}_i (1 - \hat{y}_j)",
    r"-\hat{y}_i \hat{y}_j",
    r"\hat{y}_i \hat{y}_j",
    r"-\hat{y}_i (1 - \hat{y}_i)",
)


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("right", FORMULAS)
@pytest.mark.parametrize(
    "around",
    ["Case {}:\n\n$${}$$", "If {} then\n\n$${}$$", "### The case {}\n\n$${}$$"],
)
def test_the_case_of_the_text_before(around: str, right: str, same: bool) -> None:
    """An equation behind ``Case $i = j$`` is true in that case, and said to be, or refuted."""
    put = "i = j" if same else r"i \ne j"
    status, conditions = claim(SOFTMAX + around.format(f"${put}$", f"{ENTRY} = {right}"))
    if holds(right, same):
        shown = "i = j" if same else "i ≠ j"
        assert status == "conditional"
        assert conditions[0].startswith(shown)
    else:
        assert status == "refuted"


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("right", FORMULAS)
def test_the_case_right_behind(right: str, same: bool) -> None:
    """``for $i = j$`` right behind a display is a condition of it."""
    put = "i = j" if same else r"i \ne j"
    for words in ("\nfor ${}$.", ", if ${}$", "\nwhenever ${}$,"):
        text = SOFTMAX + f"$${ENTRY} = {right}$$" + words.format(put)
        assert claim(text)[0] == ("conditional" if holds(right, same) else "refuted")


@pytest.mark.parametrize(
    "between",
    ["\n\nA student may think so everywhere:\n\n", "\n\n## Another section\n\n", "\n\nThe case $i = j$:\n\n"],
)
def test_a_case_ends(between: str) -> None:
    """A case is for what stands right behind it; words, a heading and another case end it."""
    display = f"$${ENTRY} = -\\hat{{y}}_i \\hat{{y}}_j$$"
    text = SOFTMAX + r"Case $i \ne j$:" + f"\n\n{display}{between}{display}"
    assert statuses(text) == ["conditional", "refuted"]


def test_a_case_goes_on() -> None:
    """Displays that follow each other without a word stand in the same case."""
    display = f"$${ENTRY} = -\\hat{{y}}_i \\hat{{y}}_j$$"
    assert statuses(SOFTMAX + r"Case $i \ne j$:" + f"\n\n{display}\n\n{display}") == ["conditional", "conditional"]


def test_a_case_of_a_display() -> None:
    """What stands before an arrow in a display is the case of the next."""
    text = (
        SOFTMAX
        + r"$$\text{case 2: } i \ne j \Rightarrow \frac{\partial z_i}{\partial z_j} = 0$$"
        + "\n\n"
        + f"$${ENTRY} = -\\hat{{y}}_i \\hat{{y}}_j$$"
    )
    assert statuses(text)[-1] == "conditional"


@pytest.mark.parametrize(
    ("case", "equation", "status"),
    [
        ("k > t", r"\frac{\partial h_t}{\partial x_k} = 0", "conditional"),
        ("k < t", r"\frac{\partial h_t}{\partial x_k} = 0", "refuted"),
        ("k = t", r"\frac{\partial h_t}{\partial x_k} = \mathrm{diag}(1 - h_t^2) U", "conditional"),
        ("k = t - 1", r"\frac{\partial h_t}{\partial x_k} = \mathrm{diag}(1 - h_t^2) U", "refuted"),
        ("k = t - 1", r"\frac{\partial h_t}{\partial h_k} = \mathrm{diag}(1 - h_t^2) W", "conditional"),
        ("k = t - 1", r"\frac{\partial h_t}{\partial h_k} = \mathrm{diag}(1 - h_k^2) W", "refuted"),
        ("k = t - 2", r"\frac{\partial h_t}{\partial h_k} = \mathrm{diag}(1 - h_t^2) W", "refuted"),
    ],
)
def test_cases_of_steps(case: str, equation: str, status: str) -> None:
    """A case may be one of steps."""
    assert claim(f"{CELL}When ${case}$,\n\n$${equation}$$")[0] == status


def cases(first: str, second: str, left: str = r"\frac{\partial \hat{y}_t}{\partial z_k}") -> str:
    return rf"$${left} = \begin{{cases}} {first}, & t = k \\ {second}, & t \ne k \end{{cases}}$$"


@pytest.mark.parametrize(
    "left", [r"\frac{\partial \hat{y}_t}{\partial z_k}", r"\frac{\partial \hat{y}_t}{\partial z_t}"]
)
@pytest.mark.parametrize(
    ("first", "second", "true"),
    [
        (r"\hat{y}_t (1 - \hat{y}_t)", r"-\hat{y}_t \hat{y}_k", True),
        (r"\hat{y}_t (1 - \hat{y}_k)", r"-\hat{y}_t \hat{y}_k", True),
        (r"\hat{y}_t (1 - \hat{y}_t)", r"\hat{y}_t \hat{y}_k", False),
        (r"-\hat{y}_t (1 - \hat{y}_t)", r"-\hat{y}_t \hat{y}_k", False),
        (r"\hat{y}_t (1 - \hat{y}_t)", r"-\hat{y}_t (1 - \hat{y}_k)", False),
        (r"\hat{y}_t", r"-\hat{y}_t \hat{y}_k", False),
    ],
)
def test_the_letter_of_steps_counts_classes(left: str, first: str, second: str, true: bool) -> None:
    """In cases the letter of the steps may count classes: the step is left out, and that is a condition."""
    status, conditions = claim(NETWORK + cases(first, second, left))
    if true:
        assert status == "conditional"
        assert conditions[0].startswith("k and t count entries, the step is left out")
    else:
        assert status == "refuted"


def test_the_letter_of_steps_in_a_kronecker_delta() -> None:
    """The same with the indicator written as a Kronecker delta, and a near miss."""
    left = r"\frac{\partial \hat{y}_t}{\partial z_k} = "
    assert claim(NETWORK + rf"$${left}\hat{{y}}_t (\delta_{{tk}} - \hat{{y}}_k)$$")[0] == "conditional"
    assert claim(NETWORK + rf"$${left}\hat{{y}}_t (\delta_{{tk}} - \hat{{y}}_t)$$")[0] == "refuted"


FORMULA = (
    r"$$h_t = \tanh(W h_{t-1} + U x_t), \quad z_t = V h_t$$"
    + "\n\n"
    + r"$$\hat{y}_t = \frac{e^{z_t}}{\sum_{k=1}^{K} e^{z_k}}$$"
)


@pytest.mark.parametrize(
    ("equation", "status"),
    [
        (r"\frac{\partial \hat{y}_t}{\partial z_t} = \mathrm{diag}(\hat{y}_t) - \hat{y}_t \hat{y}_t^\top", "proved"),
        (r"\frac{\partial \hat{y}_t}{\partial z_t} = \mathrm{diag}(\hat{y}_t) + \hat{y}_t \hat{y}_t^\top", "refuted"),
        (r"\hat{y}_t = \mathrm{softmax}(z_t)", "proved"),
        (r"\frac{\partial \hat{y}_t}{\partial z_k} = -\hat{y}_t \hat{y}_k, \quad t \ne k", "conditional"),
        (r"\frac{\partial \hat{y}_t}{\partial z_k} = \hat{y}_t \hat{y}_k, \quad t \ne k", "refuted"),
    ],
)
def test_a_definition_that_leaves_its_step_out(equation: str, status: str) -> None:
    """A softmax with sums over classes and no step beside them is that of the step that it defines, and says so."""
    text = f"{FORMULA}\n\n$${equation}$$"
    assert claim(text)[0] == status
    assert "the step is left out" in bpttsym.verify(text)[2].assumed[0]


def test_what_is_defined_already_stays() -> None:
    """The same formula behind ``\\mathrm{softmax}`` is a claim, and takes nothing away from what follows."""
    again = NETWORK + r"$$\hat{y}_t = \frac{e^{z_t}}{\sum_{k=1}^{K} e^{z_k}}$$" + "\n\n"
    wrong = NETWORK + r"$$\hat{y}_t = \frac{e^{-z_t}}{\sum_{k=1}^{K} e^{z_k}}$$" + "\n\n"
    last = r"$$\frac{\partial \hat{y}_t}{\partial z_t} = \mathrm{diag}(\hat{y}_t) - \hat{y}_t \hat{y}_t^\top$$"
    assert statuses(again + last) == ["conditional", "proved"]
    assert statuses(wrong + last)[0] != "conditional"


TARGET = r"$$z = V h, \quad \hat{y} = \mathrm{softmax}(z), \quad L = -\sum_{j=1}^{K} y_j \log \hat{y}_j$$" + "\n\n"
COLUMN = r"\begin{bmatrix} 0 \\ \vdots \\ 1 \\ \vdots \\ 0 \end{bmatrix}"


@pytest.mark.parametrize("left", ["y", "y_t", "y_k"])
def test_a_column_of_zeros_with_a_one_is_a_one_hot_vector(left: str) -> None:
    """What it says of its target is taken as given, and makes nothing true that fails for one-hot vectors."""
    text = f"{TARGET}$${left} = {COLUMN}$$\n\n"
    verdict = bpttsym.verify(text)[-1]
    if left == "y_k":  # k counts entries, and an entry is no column
        assert (verdict.status, verdict.conditions) == ("conditional", ("y_k stands for the whole of y",))
    else:
        assert verdict.status == "definition"
        assert "one-hot" in verdict.assumed[0]
    gradient = r"\frac{\partial L}{\partial z_k} = "
    assert claim(f"{text}$${gradient}\\hat{{y}}_k - y_k$$")[0] == "proved"
    assert claim(f"{text}$${gradient}\\hat{{y}}_k + y_k$$")[0] == "refuted"


@pytest.mark.parametrize(
    "column",
    [
        COLUMN.replace("1", "2"),
        COLUMN.replace("0", "1"),
        COLUMN.replace(r"\vdots \\ ", ""),
        COLUMN.replace("1", "1 & 0"),
        COLUMN.replace("1", "0"),
    ],
)
def test_other_columns_of_numbers_are_not_read(column: str) -> None:
    """A two, a second one, no dots, no one: nothing is taken for a one-hot vector."""
    assert bpttsym.verify(f"{TARGET}$$y = {column}$$")[-1].status == "unchecked"
