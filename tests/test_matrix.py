r"""The matrix form of layers, both directions, row vectors and two sequences; near misses are refuted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bpttsym import gradients, pullback
from bpttsym.check import NotProved, derive, main_model
from bpttsym.document import load_preset, read_document
from bpttsym.expr import Expr, Symbol
from bpttsym.latex import unicode_line
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

ENDS = {
    ("tanh_multi_layer", "W_1"): "∇_{W₁} ℒ = Σ_{t=1..T} diag(1 - h_{t,1}²) · (∇_{h_{t,1}} ℒ) · h_{t-1,1}ᵀ",
    ("tanh_multi_layer", "U_2"): "∇_{U₂} ℒ = Σ_{t=1..T} diag(1 - h_{t,2}²) · (∇_{h_{t,2}} ℒ) · h_{t,1}ᵀ",
    ("tanh_multi_layer", "b_1"): "∇_{b₁} ℒ = Σ_{t=1..T} diag(1 - h_{t,1}²) · ∇_{h_{t,1}} ℒ",
    ("tanh_multi_layer", "h_0_2"): "∇_{h_{0,2}} ℒ = W₂ᵀ diag(1 - h_{1,2}²) · ∇_{h_{1,2}} ℒ",
    ("multi_layer", "psi_1"): "∇_{ψ₁} ℒ = Σ_{t=1..T} (∂⁺h_{t,1}/∂ψ₁)ᵀ · ∇_{h_{t,1}} ℒ",
    ("bidirectional", r"\overleftarrow{\psi}"): "∇_{ψ⃖} ℒ = Σ_{t=1..T} (∂⁺h⃖_t/∂ψ⃖)ᵀ · ∇_{h⃖_t} ℒ",
    ("torch_rnn", "W_hh"): "∇_{W_hh} ℒ = Σ_{t=1..T} diag(1 - h_t²) · (∇_{h_t} ℒ)ᵀ h_{t-1}",
    ("torch_rnn", "b_ih"): "∇_{b_ih} ℒ = Σ_{t=1..T} (∇_{h_t} ℒ) · diag(1 - h_t²)",
    ("encoder_decoder", "psi"): "∇_ψ ℒ = Σ_{t=1..T_x} (∂⁺h_t/∂ψ)ᵀ · ∇_{h_t} ℒ",
}


@pytest.mark.campaign(quick=6)
@pytest.mark.parametrize(("name", "by"), ENDS)
def test_the_matrix_form_ends_as_it_was_typed(name: str, by: str) -> None:
    """The last line, proved."""
    checked = derive(name, by=by).form("matrix")
    assert unicode_line(checked[-1].step.relation) == ENDS[name, by]
    assert {one.verdict.status for one in checked} == {"proved"}


MODELS = {
    "both directions of tanh": (
        r"p_t = \tanh(W p_{t-1} + U x_t + b), \quad q_t = \tanh(A q_{t+1} + B x_t + a)"
        r"\\ \hat{y}_t = V p_t + R q_t + c, \quad L = \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert^2",
        ("A", "B", "a", "R", "x_t", "q_t", "W"),
    ),
    "the ends of both directions": (
        r"p_t = \tanh(W p_{t-1} + U x_t), \quad q_t = \tanh(A q_{t+1} + B x_t)"
        r"\\ \hat{y} = V p_T + R q_1, \quad L = \lVert \hat{y} - y \rVert",
        ("A", "W", "x_t", "V", "R"),
    ),
    "three layers of gates": (
        r"z_t^{(l)} = \sigma(W^{(l)} h_{t-1}^{(l)} + U^{(l)} h_t^{(l-1)}), \quad h_t^{(0)} = x_t"
        r"\\ h_t^{(l)} = z_t^{(l)} \odot h_{t-1}^{(l)}, \quad E = \sum_{t=1}^{T} \lVert V h_t^{(L)} - y_t \rVert",
        ("W_1", "U_3", "x_t"),
    ),
    "rows with softmax": (
        r"h_t = \sigma(x_t W^\top + h_{t-1} R^\top), \quad p_t = \mathrm{softmax}(h_t V^\top)"
        r"\\ L = \sum_{t=1}^{T} \lVert p_t - y_t \rVert^2",
        ("W", "V", "h_0"),
    ),
    "an encoder and a decoder of tanh": (
        r"h_t = \tanh(W h_{t-1} + U x_t), \quad c = h_{T_x}, \quad s_t = \tanh(A s_{t-1} + B c)"
        r"\\ L = \sum_{t=1}^{T_y} \lVert V s_t - y_t \rVert^2",
        ("W", "U", "A", "B", "h_0", "x_t"),
    ),
}
CASES = [(name, by) for name, (_, variables) in MODELS.items() for by in variables]


@pytest.mark.campaign(quick=5)
@pytest.mark.parametrize(("name", "by"), CASES)
def test_every_line_is_proved(name: str, by: str) -> None:
    """Each gradient from the loss down, and the one that is asked for."""
    model = main_model(read_document(source_from_text(f"---\nlayers: 3\n---\n\n$$\n{MODELS[name][0]}\n$$\n")))
    assert {one.verdict.status for one in derive(model, "E" if "layers" in name else "L", by, 4).form("matrix")} == {
        "proved"
    }


NEAR_MISSES = {
    "the layer above in the place of its own": (r"(h_{t-1}^{(1)})^\top", r"(h_{t-1}^{(2)})^\top"),
    "the same step": (r"(h_{t-1}^{(1)})^\top", r"(h_t^{(1)})^\top"),
    "no square": (r"(h_t^{(1)})^2", r"h_t^{(1)}"),
    "the gradient by the layer above": (r"\nabla_{h_t^{(1)}}", r"\nabla_{h_t^{(2)}}"),
}
LAYERS = r"""---
layout: numerator
---
$$h_t^{(l)} = \tanh(U^{(l)} h_t^{(l-1)} + W^{(l)} h_{t-1}^{(l)}), \quad h_t^{(0)} = x_t$$

$$L = \sum_{t=1}^{T} \lVert V h_t^{(2)} - y_t \rVert^2$$

$$\nabla_{W^{(1)}} L = \sum_{t=1}^{T} \mathrm{diag}(1 - (h_t^{(1)})^2) (\nabla_{h_t^{(1)}} L) (h_{t-1}^{(1)})^\top$$
"""


@pytest.mark.parametrize("slip", [None, *NEAR_MISSES])
def test_a_slip_in_a_layer_is_refuted(slip: str | None) -> None:
    """The true equation is proved, and none of the others."""
    text = LAYERS.replace(*NEAR_MISSES[slip]) if slip else LAYERS
    assert slip is None or text != LAYERS
    assert judge(read_document(source_from_text(text)), mend=False)[-1].status == ("refuted" if slip else "proved")


def _last_always(self: gradients.Gradients, quantity: Symbol) -> Expr:
    return Symbol("T")


def _column(self: pullback.Pullback, factor: Expr, gradient: Expr | None, argument: Expr) -> Expr:
    return pullback.product(factor, gradient)


PLANTED: dict[str, tuple[type, str, Callable[..., object], str, str]] = {
    "rows as columns": (pullback.Pullback, "_before", _column, "torch_rnn", "W_hh"),
    "one last step for two sequences": (gradients.Gradients, "last", _last_always, "encoder_decoder", "theta"),
}


@pytest.mark.parametrize("error", PLANTED)
def test_a_planted_error_is_not_printed(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an error in a rule, nothing is given back."""
    owner, rule, wrong, name, by = PLANTED[error]
    monkeypatch.setattr(owner, rule, wrong)
    with pytest.raises(NotProved):
        derive(main_model(load_preset(name)), by=by).form("matrix")
