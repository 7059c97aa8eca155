"""Numbers near one, large numbers that cancel, and identities that only many digits tell from what is nearly one."""

from __future__ import annotations

import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

MODEL = r"""
$$h_t=\tanh(W h_{t-1}+U x_t+b)$$

$$L=\sum_{t=1}^T\lVert h_t-y_t\rVert^2$$
"""
GRADIENT = r"\nabla_W L"


def last(equation: str, model: str = MODEL) -> Verdict:
    """The verdict on an equation about a model."""
    return judge(read_document(source_from_text(f"{model}\n$${equation}$$\n")), mend=False)[-1]


FALSE = {
    "a factor near one": f"1.0000000001{GRADIENT}={GRADIENT}",
    "a factor nearer than floats see": f"{GRADIENT}=1.00000000000000000000000000001{GRADIENT}",
    "a factor that is one modulo the prime": f"1.0000000000000000002147483647{GRADIENT}={GRADIENT}",
    "large numbers that leave two": f"10000000000{GRADIENT}-9999999998{GRADIENT}={GRADIENT}",
    "a power of ten and one": rf"(10^{{40}}+1){GRADIENT}=10^{{40}}{GRADIENT}",
    "an identity with a slip": r"\tanh(2x)=\frac{2\tanh(x)}{1.00000000001+\tanh(x)^2}",
}
TRUE = {
    "large numbers that leave one": f"10000000000{GRADIENT}-9999999999{GRADIENT}={GRADIENT}",
    "an identity that the field does not know": r"\tanh(2x)=\frac{2\tanh(x)}{1+\tanh(x)^2}",
    "a law of exponents": r"e^{2x}=e^x e^x",
}


@pytest.mark.parametrize("name", FALSE)
def test_a_small_difference_is_a_difference(name: str) -> None:
    """It is refuted, and where no float shows it the size of the difference is told."""
    verdict = last(FALSE[name])
    assert verdict.status == "refuted", verdict.message
    assert "the two sides differ" in verdict.message


@pytest.mark.parametrize("name", TRUE)
def test_rounding_refutes_nothing(name: str) -> None:
    """What only rounding keeps apart is equal."""
    assert last(TRUE[name]).status in ("proved", "verified")


def test_many_digits_say_how_small_the_difference_is() -> None:
    """The message names the share of the sides by which they differ."""
    assert last(FALSE["a factor near one"]).message == "the two sides differ, by 1e-10 of their size"
