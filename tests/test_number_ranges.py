r"""What a document says of the numbers of its model, ``0 < \alpha < 1``, is assumed, and the samples satisfy it.

The truth of each row is found in NumPy at random numbers of the range.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

LEAKY = r"h_t = (1-\alpha) h_{t-1} + \alpha \tanh(W h_{t-1} + U x_t), \quad L = \|h_T\|^2"
TRUE = ("proved", "verified", "conditional")
Side = Callable[[float, np.ndarray, np.ndarray], float]


def norm(matrix: np.ndarray) -> float:
    """The largest singular value of a matrix, or the length of a vector."""
    return float(np.linalg.norm(matrix, 2))


def jacobian(alpha: float, weights: np.ndarray, state: np.ndarray) -> np.ndarray:
    """The derivative of a leaky state by the one before; without input this is any state's."""
    slopes = 1 - np.tanh(weights @ state) ** 2
    return (1 - alpha) * np.eye(len(state)) + alpha * np.diag(slopes) @ weights


STEP: Side = lambda a, w, h: norm(jacobian(a, w, h))  # noqa: E731
ROWS: list[tuple[str, Side, str, Side]] = [
    (
        r"\left\|\frac{\partial h_t}{\partial h_{t-1}}\right\| \le 1 - \alpha + \alpha \|W\|",
        STEP,
        "<=",
        lambda a, w, h: 1 - a + a * norm(w),
    ),
    (
        r"\left\|\frac{\partial h_t}{\partial h_{t-1}}\right\| \le 1 - \alpha + \frac{\alpha}{2} \|W\|",
        STEP,
        "<=",
        lambda a, w, h: 1 - a + a / 2 * norm(w),
    ),
    (
        r"\|(1 - \alpha) h_t\| = (1-\alpha) \|h_t\|",
        lambda a, w, h: norm((1 - a) * h),
        "=",
        lambda a, w, h: (1 - a) * norm(h),
    ),
    (
        r"\|(1 - 2 \alpha) h_t\| = (1-2\alpha) \|h_t\|",
        lambda a, w, h: norm((1 - 2 * a) * h),
        "=",
        lambda a, w, h: (1 - 2 * a) * norm(h),
    ),
]


def judged(text: str) -> list[Verdict]:
    """The verdicts on all relations of a text, without repairs."""
    return judge(read_document(source_from_text(text)), mend=False)


def holds(left: Side, operator: str, right: Side) -> bool:
    """Whether a relation holds at many numbers between 0 and 1, small states and large ones."""
    random = np.random.default_rng(4)
    for scale in (0.0, 0.1, 1.0, 3.0):
        for _ in range(40):
            alpha, weights = random.uniform(), random.normal(size=(3, 3))
            for matrix in (weights, 2 * np.eye(3)):
                state = scale * random.normal(size=3)
                first, second = left(alpha, matrix, state), right(alpha, matrix, state)
                if (first > second + 1e-9) if operator == "<=" else abs(first - second) > 1e-9:
                    return False
    return True


@pytest.mark.parametrize("said", [r", \quad 0 < \alpha < 1$$", "$$\n\n$$\\alpha \\in (0, 1)$$"])
def test_what_is_said_of_a_number_is_assumed(said: str) -> None:
    """Claims are judged under it as NumPy judges them, written as inequalities or an interval."""
    verdicts = judged(f"$${LEAKY}{said}\n\n" + "\n\n".join(f"$${row[0]}$$" for row in ROWS))
    claims = verdicts[-len(ROWS) :]
    assert [verdict.status for verdict in verdicts[: -len(ROWS)]] == ["definition"] * 4
    for verdict, (text, left, operator, right) in zip(claims, ROWS, strict=True):
        assert (verdict.status in TRUE) == holds(left, operator, right), (text, verdict.message)
        assert verdict.status in (*TRUE, "refuted"), (text, verdict.message)


def test_without_a_word_of_the_number_the_bound_is_false() -> None:
    """The same bound, where the number may be negative."""
    assert judged(f"$${LEAKY}$$\n\n$${ROWS[0][0]}$$")[-1].status == "refuted"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (r"$$h_t = \tanh(W h_{t-1}), \quad L = \|h_T\|^2 + \lambda \|W\|_F^2$$ $$\lambda > 0$$", "definition"),
        (
            r"$$h_t = \tanh(W h_{t-1}), \quad L = \|h_T\|^2 + \lambda \|W\|_F^2$$ $$\lambda \in [0, \infty)$$",
            "definition",
        ),
        (r"$$\alpha = 2, \quad h_t = \alpha \tanh(W h_{t-1})$$ $$\alpha < 1$$", "refuted"),  # it has a value
        (r"$$\alpha = 2, \quad h_t = \alpha \tanh(W h_{t-1})$$ $$\alpha > 1$$", "verified"),
        (r"$$h_t = \tanh(W h_{t-1})$$ $$W > 0$$", "unchecked"),  # of a matrix it says nothing that is read
    ],
)
def test_only_a_number_that_is_left_open_is_assumed_of(text: str, status: str) -> None:
    """What has a value is claimed, and what is no number is not understood."""
    assert judged(text.replace("$$ $$", "$$\n\n$$"))[-1].status == status
