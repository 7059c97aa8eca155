r"""``\tanh^{-1}`` is the inverse function; one over it is said, and other functions are not guessed."""

from __future__ import annotations

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

DEFINITIONS = r"$$h_t = \tanh(a_t), \quad a_t = W h_{t-1} + U x_t$$" + "\n\n"
TRUE = ("proved", "verified", "conditional")


def test_the_inverse_of_tanh() -> None:
    """As NumPy has it: what gives the argument back, and its slope."""
    a = np.random.default_rng(5).normal(size=7)
    h = np.tanh(a)
    rows = [
        (r"\tanh^{-1}(h_t) = a_t", np.arctanh(h), a),
        (r"\tanh^{-1}(h_t) = 2 a_t", np.arctanh(h), 2 * a),
        (r"\tanh^{-1} h_t = a_t", np.arctanh(h), a),
        (r"\tanh^{-1}(h_t) = h_t", np.arctanh(h), h),
    ]
    text = DEFINITIONS + "\n\n".join(f"$${row[0]}$$" for row in rows)
    verdicts = judge(read_document(source_from_text(text)), mend=False)[2:]
    for verdict, (claim, left, right) in zip(verdicts, rows, strict=True):
        assert (verdict.status in TRUE) == np.allclose(left, right), (claim, verdict.message)
        assert verdict.status in (*TRUE, "refuted"), (claim, verdict.message)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (r"\tanh^{-1}(a_t) = \frac{1}{\tanh(a_t)}", "holds if the exponent -1 of a function makes one over it"),
        (r"\mathrm{softplus}^{-1}(h_t) = a_t", "is an inverse or a reciprocal is not said"),
    ],
)
def test_what_may_be_a_reciprocal_is_not_refuted(claim: str, message: str) -> None:
    """The other meaning is named, and nothing is judged."""
    verdict = judge(read_document(source_from_text(f"{DEFINITIONS}$${claim}$$")), mend=False)[-1]
    assert verdict.status == "unchecked"
    assert message in verdict.message
