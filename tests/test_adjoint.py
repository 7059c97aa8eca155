"""The recursive form of models with several states: gates with a cell, layers, two directions."""

from __future__ import annotations

import pytest

from bpttsym.adjoint import Adjoint, Hand
from bpttsym.check import CheckedDerivation, NotProved, derive
from bpttsym.document import read_document
from bpttsym.errors import BpttsymError
from bpttsym.model import Model
from bpttsym.patterns import Pattern
from bpttsym.source import source_from_text

CELL = r"""$$i_t = \sigma(W_i x_t + U_i h_{t-1}), \quad f_t = \sigma(W_f x_t + U_f h_{t-1})$$
$$o_t = \sigma(W_o x_t + U_o h_{t-1})$$
$$g_t = \tanh(W_g x_t + U_g h_{t-1})$$
$$c_t = f_t \odot c_{t-1} + i_t \odot g_t, \quad h_t = o_t \odot \tanh(c_t)$$
$$L = \sum_{t=1}^{T} \lVert V h_t - y_t\rVert^2$$"""
LAYERS = r"""$$h_t^{(l)} = f_l(h_t^{(l-1)}, h_{t-1}^{(l)};\psi_l), \quad h_t^{(0)} = x_t$$
$$\hat y_t = g(h_t^{(L)};\phi)$$
$$\mathcal{L} = \sum_{t=1}^{T} \lVert \hat y_t - y_t\rVert$$"""
DIRECTIONS = r"""$$\overrightarrow{h}_t = f(x_t, \overrightarrow{h}_{t-1}; \psi)$$
$$\overleftarrow{h}_t = g(x_t, \overleftarrow{h}_{t+1}; \chi)$$
$$\hat y_t = q(\overrightarrow{h}_t, \overleftarrow{h}_t; \phi)$$
$$L = \sum_{t=1}^{T} \lVert \hat y_t - y_t\rVert$$"""
LAST = r"""$$h_t^{(l)} = \tanh(W^{(l)} h_t^{(l-1)} + R^{(l)} h_{t-1}^{(l)}), \quad h_t^{(0)} = x_t$$
$$\mathcal{L} = \lVert V h_T^{(L)} - y\rVert$$"""

MODELS = {
    "a cell": (CELL, ("U_f", "W_g", "x_t", "h_0", "c_0", "c_t"), ()),
    "layers": (LAYERS, ("psi_1", "psi_2", "x_2", "h_0_1", "h_t_1", "phi"), ()),
    "three layers": (LAYERS, ("psi_1",), (("L", "3"),)),
    "layers with a last loss": (LAST, ("R_1", "x_t"), ()),
    "two directions": (DIRECTIONS, ("psi", "chi", "x_t", "phi"), ()),
}
CASES = [(name, by) for name, (_, variables, _) in MODELS.items() for by in variables]


def model_of(name: str) -> Model:
    """The model of one of the texts."""
    text, _, settings = MODELS[name]
    return read_document(source_from_text(text.replace("$$\n$$", "$$\n\n$$")), dict(settings)).models[-1]


def recursive(name: str, by: str) -> CheckedDerivation:
    """A derivation whose recursive form is proved, or an error."""
    checked = derive(model_of(name), by=by, T=4)
    checked.form("recursive")
    return checked


@pytest.mark.campaign(quick=6)
@pytest.mark.parametrize(("name", "by"), CASES)
def test_every_step_is_proved(name: str, by: str) -> None:
    """Names are definitions, and every other step is proved for several T."""
    steps = recursive(name, by).form("recursive")
    assert {step.verdict.status for step in steps} <= {"proved", "definition"}
    assert steps[-1].verdict.status == "proved"


def test_layers_hand_down_and_on() -> None:
    """A lower layer gets from the layer above at its step and from itself at the next, as one draws it."""
    text = recursive("layers", "psi_1").latex("recursive")
    assert (
        r"\delta_{t,1} &= \delta_{t,2}\frac{\partial h_{t,2}}{\partial h_{t,1}}"
        r" + \delta_{t+1,1}\frac{\partial h_{t+1,1}}{\partial h_{t,1}}"
    ) in text


def _without_last(self: Adjoint, state: Pattern) -> list[Hand]:
    return _HANDS(self, state)[:-1]


def _shifted(self: Adjoint, state: Pattern) -> list[Hand]:
    return [Hand(hand.source, hand.way, 0 if hand.source else hand.offset, hand.once) for hand in _HANDS(self, state)]


_HANDS = Adjoint.hands


@pytest.mark.parametrize("error", [_without_last, _shifted])
@pytest.mark.parametrize(("name", "by"), [("a cell", "U_f"), ("layers", "psi_1"), ("two directions", "chi")])
def test_a_planted_error_is_not_printed(name: str, by: str, error: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a way left out, or taken at the wrong step, nothing is given back."""
    monkeypatch.setattr(Adjoint, "hands", error)
    with pytest.raises((NotProved, BpttsymError)):
        recursive(name, by)


def test_what_reaches_back_two_steps_is_refused() -> None:
    """There is no recursion between neighbouring steps."""
    text = r"$$h_t = f(h_{t-1}, h_{t-2}, x_t; \psi), \quad L = \sum_{t=1}^{T} \lVert h_t - y_t \rVert$$"
    with pytest.raises(BpttsymError, match=r"several steps|own step before"):
        derive(read_document(source_from_text(text)).models[-1], by="psi", T=4).form("recursive")
