"""Names that stand for a quantity of each kind of units, by the letters below them: ``w_{ih}`` and ``w_{hk}``.

The truth comes from a network written here, differentiated by complex steps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from complex_step import Array, Network, equal

from bpttsym.document import read_document
from bpttsym.latex import unicode_line
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

T, INPUTS, HIDDEN, OUTPUTS = 4, 2, 3, 4

DEFINITIONS = r"""
$$a_h^t=\sum_{i=1}^Iw_{ih}x_i^t+\sum_{h'=1}^Hw_{h'h}b_{h'}^{t-1}$$

$$b_h^t=\tanh(a_h^t)$$

$$a_k^t=\sum_{h=1}^Hw_{hk}b_h^t$$

$$L=\sum_{t=1}^T\sum_{k=1}^K(a_k^t-z_k^t)^2$$

$$\delta_j^t=\frac{\partial L}{\partial a_j^t}$$
"""


class Units(Network):
    """Hidden units with inputs and recurrent weights, outputs, and a sum of squares."""

    def __init__(self) -> None:
        random = np.random.default_rng(11)
        shapes = {"ih": (INPUTS, HIDDEN), "hh": (HIDDEN, HIDDEN), "hk": (HIDDEN, OUTPUTS)}
        leaves: dict[Any, Array] = {name: random.normal(size=shape) for name, shape in shapes.items()}
        leaves["b", 0] = random.normal(size=HIDDEN)
        for t in range(1, T + 1):
            leaves["x", t], leaves["z", t] = random.normal(size=INPUTS), random.normal(size=OUTPUTS)
        super().__init__(leaves)

    def run(self, moved: dict[Any, Array]) -> dict[Any, Array]:
        v = {**self.leaves, **moved}
        v["L"] = 0.0
        for t in range(1, T + 1):
            new = np.einsum("ih,i->h", v["ih"], v["x", t]) + np.einsum("gh,g->h", v["hh"], v["b", t - 1])
            v["ah", t] = moved.get(("ah", t), new)
            v["b", t] = moved.get(("b", t), np.tanh(v["ah", t]))
            v["ak", t] = moved.get(("ak", t), np.einsum("hk,h->k", v["hk"], v["b", t]))
            v["L"] = v["L"] + ((v["ak", t] - v["z", t]) ** 2).sum()
        return v


N = Units()
S = range(1, T + 1)
t = 2


def hidden(s: int) -> Array:
    return N.d("L", ("ah", s))


def output(s: int) -> Array:
    return N.d("L", ("ak", s))


def v(name: str, s: int) -> Array:
    return N.values[name, s]


SLOPE = 1 - v("b", t) ** 2
W = N.values
FORWARD = r"\delta_h^t=(1-(b_h^t)^2)\left("
Row = tuple[str, Callable[[], tuple[Array, Array]]]

ROWS: dict[str, Row] = {
    "the recursion": (
        FORWARD + r"\sum_{k=1}^K\delta_k^tw_{hk}+\sum_{h'=1}^H\delta_{h'}^{t+1}w_{hh'}\right)",
        lambda: (hidden(t), SLOPE * (W["hk"] @ output(t) + W["hh"] @ hidden(t + 1))),
    ),
    "the recursion, letters exchanged": (
        FORWARD + r"\sum_{k=1}^K\delta_k^tw_{hk}+\sum_{h'=1}^H\delta_{h'}^{t+1}w_{h'h}\right)",
        lambda: (hidden(t), SLOPE * (W["hk"] @ output(t) + W["hh"].T @ hidden(t + 1))),
    ),
    "the recursion without its outputs": (
        FORWARD + r"\sum_{h'=1}^H\delta_{h'}^{t+1}w_{hh'}\right)",
        lambda: (hidden(t), SLOPE * (W["hh"] @ hidden(t + 1))),
    ),
    "the recursion at one step": (
        FORWARD + r"\sum_{k=1}^K\delta_k^tw_{hk}+\sum_{h'=1}^H\delta_{h'}^{t}w_{hh'}\right)",
        lambda: (hidden(t), SLOPE * (W["hk"] @ output(t) + W["hh"] @ hidden(t))),
    ),
    "an output": (r"\delta_k^t=2(a_k^t-z_k^t)", lambda: (output(t), 2 * (v("ak", t) - v("z", t)))),
    "an output, the sign lost": (r"\delta_k^t=2(z_k^t-a_k^t)", lambda: (output(t), 2 * (v("z", t) - v("ak", t)))),
    "input weights": (
        r"\frac{\partial L}{\partial w_{ih}}=\sum_{t=1}^T\delta_h^tx_i^t",
        lambda: (N.d("L", "ih"), sum(np.outer(v("x", s), hidden(s)) for s in S)),
    ),
    "recurrent weights": (
        r"\frac{\partial L}{\partial w_{h'h}}=\sum_{t=1}^T\delta_h^tb_{h'}^{t-1}",
        lambda: (N.d("L", "hh"), sum(np.outer(v("b", s - 1), hidden(s)) for s in S)),
    ),
    "recurrent weights, letters exchanged": (
        r"\frac{\partial L}{\partial w_{h'h}}=\sum_{t=1}^T\delta_{h'}^tb_h^{t-1}",
        lambda: (N.d("L", "hh"), sum(np.outer(hidden(s), v("b", s - 1)) for s in S)),
    ),
    "output weights": (
        r"\frac{\partial L}{\partial w_{hk}}=\sum_{t=1}^T\delta_k^tb_h^t",
        lambda: (N.d("L", "hk"), sum(np.outer(v("b", s), output(s)) for s in S)),
    ),
    "output weights, of the step before": (
        r"\frac{\partial L}{\partial w_{hk}}=\sum_{t=1}^T\delta_k^tb_h^{t-1}",
        lambda: (N.d("L", "hk"), sum(np.outer(v("b", s - 1), output(s)) for s in S)),
    ),
    "one step": (
        r"\frac{\partial b_h^t}{\partial b_{h'}^{t-1}}=(1-(b_h^t)^2)w_{h'h}",
        lambda: (N.d(("b", t), ("b", t - 1)), SLOPE[:, None] * W["hh"].T),
    ),
    "one step, letters exchanged": (
        r"\frac{\partial b_h^t}{\partial b_{h'}^{t-1}}=(1-(b_h^t)^2)w_{hh'}",
        lambda: (N.d(("b", t), ("b", t - 1)), SLOPE[:, None] * W["hh"]),
    ),
}

PLAIN = DEFINITIONS.replace("{i=1}^I", "i").replace("{h'=1}^H", "{h'}").replace("{h=1}^H", "h").replace("{k=1}^K", "k")


@pytest.mark.campaign(quick=14)
@pytest.mark.parametrize("definitions", ["with ends", "without ends"])
@pytest.mark.parametrize("name", ROWS)
def test_units_of_several_kinds(name: str, definitions: str) -> None:
    """What NumPy says of hidden units and outputs is what is said of their letters."""
    claim, sides = ROWS[name]
    text = {"with ends": DEFINITIONS, "without ends": PLAIN}[definitions]
    verdict = judge(read_document(source_from_text(f"{text}\n\n$${claim}$$\n")), mend=False)[-1]
    assert verdict.status in ({"proved", "verified"} if equal(*sides()) else {"refuted"}), verdict.message


def test_an_unknown_function_of_each_unit() -> None:
    """``\\theta_h(a_h)`` is one function of all units; with the letter of another unit it is not read."""
    text = DEFINITIONS.replace(r"\tanh(a_h^t)", r"\theta_h(a_h^t)") + "\n\n"
    right = r"\left(\sum_k\delta_k^tw_{hk}+\sum_{h'}\delta_{h'}^{t+1}w_{hh'}\right)"
    for claim, status in (
        (rf"\delta_h^t=\theta'(a_h^t){right}", "verified"),
        (rf"\delta_h^t=\theta_h'(a_h^t){right}", "verified"),
        (rf"\delta_h^t=\theta'(a_h^{{t+1}}){right}", "refuted"),
    ):
        assert judge(read_document(source_from_text(f"{text}$${claim}$$\n")), mend=False)[-1].status == status


def test_a_kind_that_no_definition_has_is_told() -> None:
    """No weight leads from one unknown kind to another."""
    text = DEFINITIONS + "\n\n" + r"$$\frac{\partial L}{\partial w_{kh}}=\sum_t\delta_h^tb_h^t$$"
    verdict = judge(read_document(source_from_text(text)), mend=False)[-1]
    assert verdict.status == "unchecked"
    assert verdict.message.startswith("`w` is another quantity for each kind of letters below it")


def test_kinds_are_printed_as_they_are_written() -> None:
    """The letters show the kind; nothing else is added."""
    text = DEFINITIONS + "\n\n" + r"$$\frac{\partial L}{\partial w_{ih}}=\sum_t\delta_h^tx_i^t$$"
    relation = judge(read_document(source_from_text(text)), mend=False)[-1].entry.relation
    assert relation is not None
    assert unicode_line(relation) == "∂L/∂w_{i,h} = Σ_t δ_{t,h} x_{t,i}"


NOT_KINDS = {
    "the same said with other letters": (
        r"$$h_{t,i}=\tanh(\sum_jW_{ij}h_{t-1,j})$$ $$h_{t,j}=\tanh(\sum_iW_{ji}h_{t-1,i})$$",
        r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}}=(1-h_{t,i}^2)W_{ij}",
        "proved",
    ),
    "the same said with other letters, transposed": (
        r"$$h_{t,i}=\tanh(\sum_jW_{ij}h_{t-1,j})$$ $$h_{t,j}=\tanh(\sum_iW_{ji}h_{t-1,i})$$",
        r"\frac{\partial h_{t,i}}{\partial h_{t-1,j}}=(1-h_{t,i}^2)W_{ji}",
        "refuted",
    ),
    "one kind only": (
        r"$$a_h^t=\sum_iu_{ih}x_i^t+\sum_{h'}w_{h'h}b_{h'}^{t-1}$$ $$b_h^t=\tanh(a_h^t)$$",
        r"\frac{\partial b_h^t}{\partial b_{h'}^{t-1}}=(1-(b_h^t)^2)w_{h'h}",
        "proved",
    ),
    "one kind only, transposed": (
        r"$$a_h^t=\sum_iu_{ih}x_i^t+\sum_{h'}w_{h'h}b_{h'}^{t-1}$$ $$b_h^t=\tanh(a_h^t)$$",
        r"\frac{\partial b_h^t}{\partial b_{h'}^{t-1}}=(1-(b_h^t)^2)w_{hh'}",
        "refuted",
    ),
}


@pytest.mark.parametrize("name", NOT_KINDS)
def test_other_letters_are_no_other_kinds(name: str) -> None:
    """Where nothing is defined for two letters at once, a letter is only a letter."""
    definitions, claim, expected = NOT_KINDS[name]
    assert judge(read_document(source_from_text(f"{definitions}\n\n$${claim}$$\n")), mend=False)[-1].status == expected
