"""Layers as numbers above names without brackets, and powers beside them: judged as NumPy judges them.

The network has two layers and is differentiated by complex steps in this file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from complex_step import Array, Network, equal

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

T, SIZES = 4, {0: 2, 1: 3, 2: 4, 3: 5}


class Layers(Network):
    """h^l_t = tanh(W^l h^l_{t-1} + U^l h^{l-1}_t), h^0 = x, L = the sum of the squares of V h^2_t - y_t."""

    def __init__(self) -> None:
        random = np.random.default_rng(5)
        leaves: dict[Any, Array] = {("V",): random.normal(size=(SIZES[3], SIZES[2]))}
        for layer in (1, 2):
            leaves["W", layer] = random.normal(size=(SIZES[layer], SIZES[layer]))
            leaves["U", layer] = random.normal(size=(SIZES[layer], SIZES[layer - 1]))
            leaves["h", 0, layer] = random.normal(size=SIZES[layer])
        for t in range(1, T + 1):
            leaves["h", t, 0] = random.normal(size=SIZES[0])
            leaves["y", t] = random.normal(size=SIZES[3])
        super().__init__(leaves)

    def run(self, moved: dict[Any, Array]) -> dict[Any, Array]:
        v = {**self.leaves, **moved}
        v["L",] = 0.0
        for t in range(1, T + 1):
            for layer in (1, 2):
                new = np.tanh(v["W", layer] @ v["h", t - 1, layer] + v["U", layer] @ v["h", t, layer - 1])
                v["h", t, layer] = moved.get(("h", t, layer), new)
            v["L",] = v["L",] + ((v["V",] @ v["h", t, 2] - v["y", t]) ** 2).sum()
        return v


N = Layers()
S = range(1, T + 1)


def h(layer: int, t: int) -> Array:
    return N.values["h", t, layer]


def slope(layer: int, t: int) -> Array:
    return np.diag(1 - h(layer, t) ** 2)


def by(layer: int, t: int) -> Array:
    return N.d(("L",), ("h", t, layer))


def w(name: str, layer: int) -> Array:
    return N.values[name, layer]


Row = tuple[str, Callable[[], tuple[Array, Array]]]
t = 2

ROWS: dict[str, Row] = {
    "up a layer": (
        r"\frac{\partial h<2,t>}{\partial h<1,t>} = \mathrm{diag}(1-(h<2,t>)^2)U<2>",
        lambda: (N.d(("h", t, 2), ("h", t, 1)), slope(2, t) @ w("U", 2)),
    ),
    "up a layer, with the slope of the lower one": (
        r"\frac{\partial h<2,t>}{\partial h<1,t>} = U<2>\mathrm{diag}(1-(h<1,t>)^2)",
        lambda: (N.d(("h", t, 2), ("h", t, 1)), w("U", 2) @ slope(1, t)),
    ),
    "a step of a layer": (
        r"\frac{\partial^+ h<2,t>}{\partial h<2,t-1>} = \mathrm{diag}(1-(h<2,t>)^2)W<2>",
        lambda: (N.d(("h", t, 2), ("h", t - 1, 2)), slope(2, t) @ w("W", 2)),
    ),
    "a step of a layer, its weight squared": (
        r"\frac{\partial^+ h<2,t>}{\partial h<2,t-1>} = \mathrm{diag}(1-(h<2,t>)^2)W<2>W<2>",
        lambda: (N.d(("h", t, 2), ("h", t - 1, 2)), slope(2, t) @ w("W", 2) @ w("W", 2)),
    ),
    "the recursion of the lower layer": (
        r"\nabla_{h<1,t>}L = (W<1>)^\top\mathrm{diag}(1-(h<1,t+1>)^2)\nabla_{h<1,t+1>}L"
        r" + (U<2>)^\top\mathrm{diag}(1-(h<2,t>)^2)\nabla_{h<2,t>}L, \quad t < T",
        lambda: (by(1, t), w("W", 1).T @ slope(1, t + 1) @ by(1, t + 1) + w("U", 2).T @ slope(2, t) @ by(2, t)),
    ),
    "the recursion of the lower layer, one way only": (
        r"\nabla_{h<1,t>}L = (W<1>)^\top\mathrm{diag}(1-(h<1,t+1>)^2)\nabla_{h<1,t+1>}L, \quad t < T",
        lambda: (by(1, t), w("W", 1).T @ slope(1, t + 1) @ by(1, t + 1)),
    ),
    "the recursion of the lower layer, not transposed": (
        r"\nabla_{h<1,t>}L = W<1>\mathrm{diag}(1-(h<1,t+1>)^2)\nabla_{h<1,t+1>}L"
        r" + (U<2>)^\top\mathrm{diag}(1-(h<2,t>)^2)\nabla_{h<2,t>}L, \quad t < T",
        lambda: (by(1, t), w("W", 1) @ slope(1, t + 1) @ by(1, t + 1) + w("U", 2).T @ slope(2, t) @ by(2, t)),
    ),
    "a weight": (
        r"\nabla_{W<1>}L = \sum_t\mathrm{diag}(1-(h<1,t>)^2)(\nabla_{h<1,t>}L)(h<1,t-1>)^\top",
        lambda: (N.d(("L",), ("W", 1)), sum(np.outer(slope(1, s) @ by(1, s), h(1, s - 1)) for s in S)),
    ),
    "a weight, at the wrong step": (
        r"\nabla_{W<1>}L = \sum_t\mathrm{diag}(1-(h<1,t>)^2)(\nabla_{h<1,t>}L)(h<1,t>)^\top",
        lambda: (N.d(("L",), ("W", 1)), sum(np.outer(slope(1, s) @ by(1, s), h(1, s)) for s in S)),
    ),
    "a weight between layers": (
        r"\nabla_{U<2>}L = \sum_t\mathrm{diag}(1-(h<2,t>)^2)(\nabla_{h<2,t>}L)(h<1,t>)^\top",
        lambda: (N.d(("L",), ("U", 2)), sum(np.outer(slope(2, s) @ by(2, s), h(1, s)) for s in S)),
    ),
    "a weight between layers, from the step before": (
        r"\nabla_{U<2>}L = \sum_t\mathrm{diag}(1-(h<2,t>)^2)(\nabla_{h<2,t>}L)(h<1,t-1>)^\top",
        lambda: (N.d(("L",), ("U", 2)), sum(np.outer(slope(2, s) @ by(2, s), h(1, s - 1)) for s in S)),
    ),
}

STYLES = {"above, then below": (r"h^\1_{\2}", r"\1^\2"), "below, then above": (r"h_{\2}^\1", r"\1^\2")}
STYLES["in brackets"] = (r"h_{\2}^{(\1)}", r"\1^{(\2)}")

DEFINITIONS = r"""
$$h<1,t>=\tanh(W<1>h<1,t-1>+U<1>x_t)$$

$$h<2,t>=\tanh(W<2>h<2,t-1>+U<2>h<1,t>)$$

$$L=\sum_{t=1}^T\|Vh<2,t>-y_t\|^2$$
"""


def styled(text: str, style: str) -> str:
    """A text whose layers are written in a style."""
    state, weight = STYLES[style]
    text = re.sub(r"h<(\d),([^>]*)>", state.replace("\\1_", "\\g<1>_"), text)
    return re.sub(r"([A-Z])<(\d)>", weight, text)


def verdicts(text: str) -> list[tuple[str, str]]:
    return [(v.status, v.message) for v in judge(read_document(source_from_text(text)), mend=False)]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ROWS)
def test_layers_by_their_numbers(name: str, style: str) -> None:
    """Numbers above without brackets are the layers that they are in brackets."""
    claim, sides = ROWS[name]
    status, message = verdicts(styled(f"{DEFINITIONS}\n\n$${claim}$$\n", style))[-1]
    assert status in ({"proved", "verified", "conditional"} if equal(*sides()) else {"refuted"}), message


def test_a_square_stays_a_square_where_no_layer_is_defined() -> None:
    """The 2 above a state of a network of one layer."""
    text = r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$"
    assert [status for status, _ in verdicts(text)] == ["definition", "conditional"]
    false = text.replace("h_t^2", "h_t^3")
    assert verdicts(false)[-1][0] == "refuted"


def test_what_is_defined_with_and_without_a_number_is_refused() -> None:
    """Nothing says whether the 2 is a layer: neither a proof nor a refutation."""
    one = r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$" "\n\n"
    text = one + styled(DEFINITIONS, "below, then above")
    found = verdicts(text + "\n\n" + r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$")
    assert found[1][0] == found[-1][0] == "unchecked"
    assert "whether the 2 above `h` is a layer or a power is not said" in found[-1][1]


def test_a_square_in_a_document_of_layers_is_doubtful() -> None:
    """It is the second layer as written, and false; but the author may mean a square."""
    claim = r"\frac{\partial h_t^2}{\partial h_t^1} = \mathrm{diag}(1-h_t^2)U^2"
    status, message = verdicts(styled(DEFINITIONS, "below, then above") + f"\n\n$${claim}$$\n")[-1]
    assert status == "unchecked"
    assert "a square" in message


def test_powers_of_a_matrix_beside_layers_of_another() -> None:
    """A matrix that stands without a number somewhere has powers, and one above it says nothing."""
    text = (
        r"$$h_t=Wh_{t-1}$$ $$\frac{\partial h_t}{\partial h_{t-2}}=W^2$$ $$\frac{\partial h_t}{\partial h_{t-3}}=W^2$$"
    )
    assert [status for status, _ in verdicts(text)][1:] == ["conditional", "refuted"]


GENERAL = r"$$h_t^{(l)}=\tanh(W^{(l)}h_{t-1}^{(l)}+U^{(l)}h_t^{(l-1)})$$" "\n\n" r"$$h_t^{(0)}=x_t$$"
TOP = GENERAL + "\n\n" + r"$$L=\sum_t\|h_t^{(N)}-y_t\|^2$$"
UP = (
    r"\frac{\partial h_t^{(3)}}{\partial h_t^{(1)}}"
    r"=\mathrm{diag}(1-(h_t^{(3)})^2)U^{(3)}\mathrm{diag}(1-(h_t^{(2)})^2)U^{(2)}"
)

NAMED = {
    "three layers": (GENERAL, UP, "proved"),
    "three layers, weights exchanged": (
        GENERAL,
        UP.replace("U^{(3)}", "U^{(4)}").replace("U^{(2)}", "U^{(3)}"),
        "refuted",
    ),
    "three layers of several": (TOP, UP, "proved"),
    "the last layer, if it is the last": (
        TOP,
        r"\frac{\partial L}{\partial h_T^{(3)}}=2(h_T^{(3)}-y_T)^\top",
        "conditional: N = 3",
    ),
    "the last layer, if it is the second": (
        TOP,
        r"\frac{\partial L}{\partial h_T^{(2)}}=2(h_T^{(2)}-y_T)^\top",
        "conditional: N = 2",
    ),
    "a layer below another": (
        TOP,
        r"\frac{\partial L}{\partial h_T^{(2)}}=\frac{\partial L}{\partial h_T^{(3)}}"
        r"\frac{\partial h_T^{(3)}}{\partial h_T^{(2)}}",
        "proved",
    ),
    "a layer below another, but two": (
        TOP,
        r"\frac{\partial L}{\partial h_T^{(2)}}=\frac{\partial L}{\partial h_T^{(3)}}"
        r"\frac{\partial h_T^{(4)}}{\partial h_T^{(2)}}",
        "refuted",
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_claim_may_name_more_layers_than_are_counted(name: str) -> None:
    """As many layers as it names, once as the last one and once below others."""
    definitions, claim, expected = NAMED[name]
    verdict = judge(
        read_document(source_from_text(f"---\nlayout: numerator\n---\n\n{definitions}\n\n$${claim}$$\n")), mend=False
    )[-1]
    assert ": ".join(filter(None, (verdict.status, *verdict.conditions))) == expected
