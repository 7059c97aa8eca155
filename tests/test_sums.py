r"""The sum form of models with several states: pairs of states as one, layers, directions, two sequences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bpttsym import limits
from bpttsym.blocks import Blocks
from bpttsym.check import CheckedDerivation, NotProved, derive, main_model
from bpttsym.document import load_preset, read_document
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Concatenate, Derivative, Expr, Symbol, integer
from bpttsym.ground import make_ground
from bpttsym.latex import latex, unicode_line
from bpttsym.nested import Nested
from bpttsym.numeric import NumericWorld
from bpttsym.readings import Readings
from bpttsym.source import source_from_text
from bpttsym.structure import NotDerived
from bpttsym.verdict import judge

PEEPHOLE = r"""i_t = \sigma(P h_{t-1} + Q x_t + B c_{t-1}), \quad o_t = \sigma(R h_{t-1} + C c_t) \\
c_t = i_t \odot c_{t-1} + \tanh(U x_t) \\
h_t = o_t \odot \tanh(c_t) \\
L = \sum_{t=1}^{T} \lVert V h_t - y_t \rVert"""
PAIR = r"""h_t = f(x_t, h_{t-1}, c_{t-1}; \psi) \\
c_t = g(h_t, c_{t-1}; \psi) \\
L = \lVert c_T - y \rVert"""
DEEP = r"""\overrightarrow{u}_t = f(x_t, \overrightarrow{u}_{t-1}; \alpha) \\
\overleftarrow{u}_t = f(x_t, \overleftarrow{u}_{t+1}; \beta) \\
\overrightarrow{v}_t = e(\overrightarrow{u}_t, \overleftarrow{u}_t, \overrightarrow{v}_{t-1}; \xi) \\
\overleftarrow{v}_t = e(\overrightarrow{u}_t, \overleftarrow{u}_t, \overleftarrow{v}_{t+1}; \zeta) \\
\hat{y}_t = g(\overrightarrow{v}_t, \overleftarrow{v}_t; \phi) \\
L = \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert"""
ENDS = r"""\overrightarrow{h}_t = f(x_t, \overrightarrow{h}_{t-1}; \alpha) \\
\overleftarrow{h}_t = f(x_t, \overleftarrow{h}_{t+1}; \beta) \\
L = \lVert g(\overrightarrow{h}_T, \overleftarrow{h}_1; \phi) - y \rVert"""
LATE = r"""h_t = f(x_t, h_{t-1}; \alpha) \\
s_t = e(h_{t-1}, s_{t-1}; \beta) \\
L = \sum_{t=1}^{T} \lVert s_t - y_t \rVert"""
BOTH = r"""h_t = f(x_t, h_{t-1}; \alpha) \\
s_t = e(h_t, h_{t-1}, s_{t-1}; \beta) \\
L = \sum_{t=1}^{T} \lVert s_t - y_t \rVert"""
STACKED = r"""i_t = \sigma(P h_{t-1} + Q x_t), \quad c_t = i_t \odot c_{t-1} + x_t, \quad h_t = i_t \odot \tanh(c_t) \\
j_t = \sigma(R s_{t-1} + S h_t), \quad d_t = j_t \odot d_{t-1} + \tanh(M h_t), \quad s_t = j_t \odot \tanh(d_t) \\
L = \sum_{t=1}^{T} \lVert s_t - y_t \rVert"""

CASES = [
    *((PEEPHOLE, by) for by in ("P", "B", "C", "U", "c_0", "h_t", "x_t")),
    *((PAIR, by) for by in (r"\psi", "h_0", "c_t", "x_2")),
    *((DEEP, by) for by in (r"\alpha", r"\beta", r"\xi", r"\zeta", "x_t", r"\overleftarrow{u}_t")),
    *((ENDS, by) for by in (r"\alpha", r"\beta", "x_t", r"\overrightarrow{h}_0")),
    *((LATE, by) for by in (r"\alpha", "h_0", "x_t", "h_t")),
    *((BOTH, by) for by in (r"\alpha", "h_0", "x_t")),
    *((STACKED, by) for by in ("P", "S", "x_t", "c_0")),
]


def summed(text: str, by: str) -> CheckedDerivation:
    """A derivation whose sum and recursive forms are proved, or an error."""
    model = main_model(read_document(source_from_text(f"$$\n{text}\n$$\n")))
    checked = derive(model, "L", by, 4)
    checked.form("sum")
    return checked


@pytest.mark.campaign(quick=5)
@pytest.mark.parametrize(("text", "by"), CASES)
def test_every_step_is_proved(text: str, by: str) -> None:
    """No step of the sum form, or of the recursive one, holds under a condition only."""
    checked = summed(text, by)
    assert {one.verdict.status for one in checked.form("sum")} == {"proved"}
    if text not in (LATE, BOTH):  # nothing reads the last state of the lower layer
        assert checked.form("recursive")[-1].verdict.status == "proved"


GOLDEN = {
    ("lstm", "U_f"): (
        r"\sum_{t=1}^{T} \sum_{k=1}^{t}\frac{\partial \mathcal{L}}{\partial \hat{y}_t}"
        r"\,\frac{\partial \hat{y}_t}{\partial (h_t, c_t)}\biggl(\prod_{t-1 \ge j \ge k}"
        r"\frac{\partial (h_{j+1}, c_{j+1})}{\partial (h_j, c_j)}\biggr)\frac{\partial (h_k, c_k)}{\partial f_k}"
        r"\,\frac{\partial^{+} f_k}{\partial U_{f}}"
    ),
    ("bidirectional", r"\overleftarrow{\psi}"): (
        r"\sum_{t=1}^{T} \sum_{k=t}^{T}\frac{\partial \mathcal{L}}{\partial \hat{y}_t}"
        r"\,\frac{\partial \hat{y}_t}{\partial \overleftarrow{h}_t}\biggl(\prod_{t \le i \le k-1}"
        r"\frac{\partial \overleftarrow{h}_i}{\partial \overleftarrow{h}_{i+1}}\biggr)"
        r"\frac{\partial^{+} \overleftarrow{h}_k}{\partial \overleftarrow{\psi}}"
    ),
    ("multi_layer", "psi_1"): (
        r"\sum_{t=1}^{T} \sum_{k=1}^{t} \sum_{s=1}^{k}\frac{\partial \mathcal{L}}{\partial \hat{y}_t}"
        r"\,\frac{\partial \hat{y}_t}{\partial h_{t,2}}\biggl(\prod_{t-1 \ge i \ge k}"
        r"\frac{\partial h_{i+1,2}}{\partial h_{i,2}}\biggr)\frac{\partial h_{k,2}}{\partial h_{k,1}}"
        r"\biggl(\prod_{k-1 \ge i \ge s}\frac{\partial h_{i+1,1}}{\partial h_{i,1}}\biggr)"
        r"\frac{\partial^{+} h_{s,1}}{\partial \psi_1}"
    ),
    ("output_feedback", "V"): (
        r"\sum_{t=1}^{T}\frac{\partial^{+} \mathcal{L}}{\partial \hat{y}_t}"
        r"\,\frac{\partial^{+} \hat{y}_t}{\partial V} + \sum_{t=2}^{T} \sum_{k=2}^{t}"
        r"\frac{\partial^{+} \mathcal{L}}{\partial \hat{y}_t}\,\frac{\partial \hat{y}_t}{\partial h_t}"
        r"\biggl(\prod_{t-1 \ge i \ge k}\frac{\partial h_{i+1}}{\partial h_i}\biggr)\frac{\partial h_k}{\partial a_k}"
        r"\,\frac{\partial a_k}{\partial x_k}\,\frac{\partial x_k}{\partial \hat{y}_{k-1}}"
        r"\,\frac{\partial^{+} \hat{y}_{k-1}}{\partial V}"
    ),
}


@pytest.mark.parametrize(("name", "by"), GOLDEN)
def test_the_sum_is_printed_as_it_was_typed(name: str, by: str) -> None:
    """Pairs of states, a product that runs the other way, a sum for each layer, a sum that begins later."""
    last = derive(name, by=by).form("sum")[-1].step.relation
    assert latex(last.right) == GOLDEN[name, by]


def test_the_limits_of_sums_follow_from_a_given_step() -> None:
    """By the input of one step, both sums of two layers run from there on, the nearer one outside."""
    last = derive("multi_layer", by="x_t").derivation.steps("sum")[-1].relation
    assert unicode_line(last.right).startswith("Σ_{s=t..T} Σ_{k=s..T} ∂ℒ/∂ŷ_k")
    last = derive("bidirectional", by="x_t").derivation.steps("sum")[-1].relation
    assert "Σ_{k=t..T}" in unicode_line(last.right)
    assert "Σ_{k=1..t}" in unicode_line(last.right)


def test_two_steps_back_are_refused() -> None:
    """There is no product of Jacobians between neighbouring steps."""
    with pytest.raises(NotDerived, match="reaches back over several steps"):
        summed(r"h_t = f(h_{t-1}, h_{t-2}, x_t; \psi), \quad L = \lVert h_T - y \rVert", r"\psi")


# ----------------------------------------------------------------------------------- what (h_t, c_t) means as one

TEXT = r"""$$
\begin{gathered}
i_t = \sigma(P h_{t-1} + Q x_t) \\
c_t = i_t \odot c_{t-1} + R x_t \\
h_t = i_t \odot \tanh(c_t) \\
L = \sum_{t=1}^{T} \lVert h_t - y_t \rVert
\end{gathered}
$$

$$\frac{\partial L}{\partial P} = SIDE$$
"""
TRUE = (
    r"\sum_{t=1}^{T}\sum_{k=1}^{t} \frac{\partial^{+} L}{\partial h_t}\frac{\partial h_t}{\partial (h_t, c_t)}"
    r"\left(\prod_{t-1 \ge i \ge k} \frac{\partial (h_{i+1}, c_{i+1})}{\partial (h_i, c_i)}\right)"
    r"\frac{\partial (h_k, c_k)}{\partial i_k}\frac{\partial^{+} i_k}{\partial P}"
)
NEAR_MISSES = {
    "another order of the pair": (r"\partial (h_i, c_i)", r"\partial (c_i, h_i)"),
    "one state in the place of the pair": (r"\partial (h_k, c_k)}{\partial i_k", r"\partial h_k}{\partial i_k"),
    "the product is one factor short": (r"i \ge k}", r"i \ge k+1}"),
    "the product runs the other way": (r"\prod_{t-1 \ge i \ge k}", r"\prod_{k \le i \le t-1}"),
    "the pair by one of them": (
        r"\frac{\partial h_t}{\partial (h_t, c_t)}",
        r"\frac{\partial h_t}{\partial (c_t, h_t)}",
    ),
    "of the pair a step later": (
        r"\frac{\partial (h_k, c_k)}{\partial i_k}",
        r"\frac{\partial (h_k, c_k)}{\partial i_k} 2",
    ),
}


def verdict_on(side: str) -> str:
    """The verdict on the derivative by P."""
    return judge(
        read_document(source_from_text("---\nlayout: numerator\n---\n" + TEXT.replace("SIDE", side))), mend=False
    )[-1].status


def test_a_pair_of_states_is_one_node() -> None:
    """The chain rule over the joint state is true as it stands; brackets say the same as parentheses."""
    assert verdict_on(TRUE) == "proved"
    assert verdict_on(TRUE.replace("(h_i, c_i)", "[h_i; c_i]")) == "proved"


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize("slip", NEAR_MISSES)
def test_a_slip_beside_a_pair_is_refuted(slip: str) -> None:
    """Each of these is false, or cannot be multiplied."""
    wrong = TRUE.replace(*NEAR_MISSES[slip])
    assert wrong != TRUE
    assert verdict_on(wrong) == ("unchecked" if "other way" in slip else "refuted")  # an inequality may name a set


def test_the_immediate_derivative_of_a_pair_by_a_gate_has_nothing_before_it() -> None:
    """What a gate does in its own step is all that the pair takes from it, so the mark changes nothing."""
    assert verdict_on(TRUE.replace(r"\partial (h_k", r"\partial^{+} (h_k")) == "proved"


def test_the_jacobian_of_a_pair_is_that_of_the_step_as_a_function() -> None:
    """Central differences of the cell, written here, with both states moved each on its own."""
    model = main_model(read_document(source_from_text(TEXT.split("\n\n")[0] + "\n")))
    ground = make_ground(model, 3)
    world = NumericWorld(ground.graph, ground.shapes, samples=1)
    leaf = {name: np.asarray(world.node((name, ())))[0] for name in "PQR"}
    x, h, c = (np.asarray(world.node(key))[0] for key in (("x", (3,)), ("h", (2,)), ("c", (2,))))
    size = len(h)

    def cell(state: np.ndarray) -> np.ndarray:
        gate = 1 / (1 + np.exp(-(leaf["P"] @ state[:size] + leaf["Q"] @ x)))
        memory = gate * state[size:] + leaf["R"] @ x
        return np.concatenate([gate * np.tanh(memory), memory])

    state, step = np.concatenate([h, c]), 1e-6
    columns = [
        (cell(state + step * e[:, None]) - cell(state - step * e[:, None])) / (2 * step) for e in np.eye(2 * size)
    ]

    def pair(step: int) -> Expr:
        return Concatenate((Symbol("h", (integer(step),)), Symbol("c", (integer(step),))))

    found = Evaluator(world, Readings({})).value(Derivative(pair(3), pair(2)), {"T": 3})[0]
    np.testing.assert_allclose(found, np.hstack(columns), rtol=1e-7, atol=1e-8)


# ------------------------------------------------------------------------------------------------------ planted errors


def _turned(self: Nested, *arguments: object) -> tuple[Expr, ...]:
    found = _PRODUCT(self, *arguments)  # type: ignore[arg-type]
    other = {"increasing": "decreasing", "decreasing": "increasing"}
    return tuple(replace(part, direction=other[part.direction]) for part in found)  # type: ignore[type-var, attr-defined]


def _swapped(self: limits._Arrangement, position: int) -> tuple[Expr, Expr]:
    own = self.variables[position]
    return own.lower, own.upper


def _everywhere(self: Blocks, *arguments: object) -> bool:
    return True


_PRODUCT = Nested._product
PLANTED = {
    "the product the other way": (Nested, "_product", _turned, "bidirectional", r"\overleftarrow{\psi}"),
    "the product the other way, of pairs": (Nested, "_product", _turned, "lstm", "U_f"),
    "the second sum over all steps": (limits._Arrangement, "_after", _swapped, "multi_layer", "psi_1"),
    "one step taken for all that leads on": (Blocks, "covers", _everywhere, "encoder_decoder", "psi"),
}


@pytest.mark.parametrize("error", PLANTED)
def test_a_planted_error_is_not_printed(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an error in a rule, nothing is given back."""
    owner, rule, wrong, name, by = PLANTED[error]
    monkeypatch.setattr(owner, rule, wrong)
    with pytest.raises(NotProved):
        derive(main_model(load_preset(name)), by=by).form("sum")


@pytest.mark.parametrize(
    ("right", "status"),
    [
        (r"\sum_{t=1}^T(t-1)\gamma^{t-2}r_t", "proved"),
        (r"\sum_{t=2}^T(t-1)\gamma^{t-2}r_t", "proved"),
        (r"\sum_{t=1}^T t\gamma^{t-2}r_t", "refuted"),
        (r"\sum_{t=1}^T(t-1)\gamma^{t-1}r_t", "refuted"),
        (r"\sum_{t=2}^T(t-1)\gamma^{t-2}r_t+\sum_{t=1}^T(t-t)\gamma^t r_t", "unchecked"),
    ],
)
def test_a_number_of_steps_may_be_zero_at_one_of_them(right: str, status: str) -> None:
    """``t-1`` leaves out the first step as a range would; what is zero at every step says nothing."""
    model = r"$$h_t=\tanh(W h_{t-1}+U x_t)$$" "\n" r"$$r_t=\|h_t-y_t\|^2$$" "\n" r"$$J=\sum_{t=1}^T\gamma^{t-1}r_t$$"
    text = rf"{model}" "\n\n" rf"$$\frac{{\partial J}}{{\partial\gamma}}={right}$$"
    assert judge(read_document(source_from_text(text)), mend=False)[-1].status == status
