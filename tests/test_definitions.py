"""What defines and what claims, what an index counts, and which network comes of it; wrong neighbours stay wrong."""

from __future__ import annotations

import time

import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

TANH = r"$$h_t=\tanh(W h_{t-1}+U x_t)$$"
LAST = r"$$L=\lVert h_T-y\rVert^2$$"
SUMMED = r"$$L=\sum_{t=1}^{T}\lVert h_t-y_t\rVert^2$$"
ABSTRACT = r"""
$$h_t=f(x_t,h_{t-1};\psi)$$
$$\hat y_t=g(h_t;\phi)$$
$$L=\sum_{t=1}^{T}\lVert\hat y_t-y_t\rVert$$
"""
LAYOUT = "---\nlayout: numerator\n---\n"
GRADIENT = r"\nabla_W L=\sum_{t=1}^{%s}\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1}^\top"


def verdicts(text: str) -> list[Verdict]:
    """The verdicts of all relations of a document in numerator layout."""
    return judge(read_document(source_from_text(LAYOUT + text)))


def statuses(*claims: str, after: str) -> list[str]:
    """The words for some claims behind definitions."""
    text = after + "\n\n" + "\n\n".join(f"$${claim}$$" for claim in claims)
    return [verdict.status for verdict in verdicts(text)][-len(claims) :]


@pytest.mark.parametrize("claim", ["L=2L", "h_t=h_t+x_t", "h_t=2h_t", "h_{t+1}=h_{t+1}+h_t"])
def test_what_names_itself_defines_nothing(claim: str) -> None:
    """A right side that names the node of the left side is a claim, also as the first word about it."""
    assert statuses(claim, after=TANH + LAST) == ["refuted"]
    assert statuses(claim, after="") == ["unchecked"]


def test_a_formula_from_right_to_left() -> None:
    """`f(x_t, h_{t-1}) = h_t` says again what is known, defines what is not, and is a claim about anything else."""
    claim = r"\frac{\partial L}{\partial\phi}=\sum_{t=1}^{T}\frac{\partial L}{\partial\hat y_t}"
    claim += r"\frac{\partial\hat y_t}{\partial\phi}"
    again = r"f(x_t,h_{t-1};\psi)=h_t"
    assert statuses(again, claim, after=ABSTRACT) == ["definition", "proved"]
    assert statuses(again, claim, after=ABSTRACT.replace(r"h_t=f(x_t,h_{t-1};\psi)", again)) == ["definition", "proved"]
    assert statuses(r"f(x_t,h_{t-1};\psi)=\hat y_t", claim, after=ABSTRACT)[0] == "refuted"


@pytest.mark.parametrize("number", ["0", "-3", "0.5", "1000000000"])
def test_a_number_of_steps_is_checked(number: str) -> None:
    """A horizon that counts no steps is told once, and the equations keep their verdicts."""
    found = verdicts(
        rf"$$T={number}$$ {TANH} $$\frac{{\partial h_t}}{{\partial h_{{t-1}}}}=\mathrm{{diag}}(1-h_t^2)W$$"
    )
    assert [verdict.status for verdict in found] == ["unchecked", "definition", "proved"]
    assert "steps" in found[0].message


def test_another_horizon_begins_a_scope() -> None:
    """`T = 4` after `T = 3` says nothing of the equations before it; in one display it contradicts."""
    before = GRADIENT % "3"
    assert statuses(before, "T=4", before, after=TANH + SUMMED + "$$T=3$$") == ["proved", "definition", "refuted"]
    assert [v.status for v in verdicts(r"$$T=3 \\ T=4$$")] == ["definition", "unchecked"]


def test_the_end_of_a_sum_may_be_a_number() -> None:
    r"""`\sum_{t=1}^{4}` beside a symbolic T is the whole sum where T is 4, and wrong elsewhere."""
    found = verdicts(TANH + SUMMED + f"$${GRADIENT % '4'}$$ $${(GRADIENT % '4').replace('^2', '')}$$")[2:]
    assert [(verdict.status, verdict.conditions) for verdict in found] == [("conditional", ("T = 4",)), ("refuted", ())]


def test_a_letter_for_the_last_step() -> None:
    r"""`\sum_{t=1}^{\tau}` in the definition of the loss runs to the last step, and so does that of a claim."""
    outputs = r"$$h_t=\tanh(W h_{t-1}+U x_t),\quad o_t=V h_t,\quad \hat y_t=\mathrm{softmax}(o_t)$$"
    loss = r"$$L=\sum_{t=1}^{\tau}L_t,\qquad L_t=-y_t^\top\log\hat y_t$$"
    claims = (
        r"\nabla_{o_t}L=\hat y_t-y_t",
        r"\frac{\partial L}{\partial L_t}=1",
        r"\nabla_V L=\sum_{t=1}^{\tau}(\nabla_{o_t}L)h_t^\top",
        r"\nabla_V L=(\nabla_{o_\tau}L)h_\tau^\top",
        r"\nabla_V L=\sum_{t=1}^{\tau-1}(\nabla_{o_t}L)h_t^\top",
    )
    assert statuses(*claims, after=outputs + loss) == ["proved", "proved", "proved", "refuted", "refuted"]


def test_a_definition_one_step_later() -> None:
    """`h_{t+1} = ...` alone defines the state, and with another letter says it again."""
    later = r"$$h_{t+1}=\tanh(W h_t+U x_{t+1})$$"
    claim = r"\frac{\partial h_{t+1}}{\partial h_t}=\mathrm{diag}(1-h_{t+1}^2)W"
    assert statuses(claim, GRADIENT % "T", after=later + LAST) == ["proved", "proved"]
    assert statuses(claim.replace("_{t+1}^2", "_t^2"), after=later + LAST) == ["refuted"]
    assert statuses(r"h_t=\tanh(W h_{t-1}+U x_t)", r"h_t=\tanh(W h_{t-1}+U x_{t-1})", after=later) == [
        "definition",
        "definition",
    ]
    assert statuses(r"h_{k+1}=\tanh(W h_k+U x_k)", after=later) == ["refuted"]


FEEDBACK = r"""
$$a_t=W h_{t-1}+U x_t, \quad h_t=\tanh(a_t)$$
$$x_{t+1}=\hat y_t=V h_t$$
$$L=\sum_{t=1}^{T}\lVert\hat y_t-y_t\rVert^2$$
"""


def test_an_output_that_is_the_next_input() -> None:
    """Free running: the gradient goes through the input as well (checked against torch: without it, 0.22 off)."""
    claims = (
        r"\frac{\mathrm d h_{t+1}}{\mathrm d h_t}=\mathrm{diag}(1-h_{t+1}^2)(W+UV)",
        r"\frac{\mathrm d h_{t+1}}{\mathrm d h_t}=\mathrm{diag}(1-h_{t+1}^2)W",
        r"\nabla_V L=\sum_{t=1}^{T}\left(2(\hat y_t-y_t)+U^\top\nabla_{a_{t+1}}L\right)h_t^\top",
        r"\nabla_V L=\sum_{t=1}^{T}2(\hat y_t-y_t)h_t^\top",
    )
    assert statuses(*claims[:2], after=FEEDBACK) == ["proved", "refuted"]
    assert statuses(claims[3], after=FEEDBACK) == ["refuted"]


def test_a_thousand_definitions() -> None:
    """Definitions are found by their names: a thousand take no second."""
    names = [f"{a}{b}" for a in "abcdefghijklmnopqrstuvwxyzABCDEFGHI" for b in "abcdefghijklmnopqrstuvwxyzABCDEF"]
    text = "\n\n".join(rf"$$h_{{{name}}}=2 x_{{{name}}}$$" for name in names[:1000])
    start = time.perf_counter()
    document = read_document(source_from_text(text))
    assert len(document.models[-1].definitions) == 1000
    assert time.perf_counter() - start < 5


LSTM = r"""
$$i_t=\sigma(W_i h_{t-1}+U_i x_t), \quad f_t=\sigma(W_f h_{t-1}+U_f x_t), \quad o_t=\sigma(W_o h_{t-1}+U_o x_t)$$
$$g_t=\tanh(W_g h_{t-1}+U_g x_t), \quad C_t=f_t\odot C_{t-1}+i_t\odot g_t, \quad h_t=o_t\odot\tanh(C_t)$$
$$L=\lVert h_T-y\rVert^2$$
"""


def test_the_letter_of_a_loss_may_be_that_of_a_state() -> None:
    """`C_t` that goes into a state is a vector; `L` that nothing but a loss adds up is a number."""
    claim = r"\nabla_{C_T}L=o_T\odot(1-\tanh^2(C_T))\odot\nabla_{h_T}L"
    assert statuses(claim, claim.replace("^2", ""), after=LSTM) == ["proved", "refuted"]
    product = r"\nabla_{h_T}E=2(h_T-y)"
    after = TANH + r"$$E=(h_T-y)^2$$"
    assert statuses(product, r"\nabla_{h_T}E=h_T-y", after=after) == ["proved", "refuted"]


def test_an_unknown_loss_of_each_state_is_a_number() -> None:
    r"""`L = \sum_t \ell(h_t)` adds up numbers, whatever `\ell` is."""
    claim = (
        r"\frac{\mathrm dL}{\mathrm dW}=\sum_{t=1}^{T}\frac{\mathrm dL}{\mathrm dh_t}\frac{\partial^+ h_t}{\partial W}"
    )
    after = TANH + r"$$L=\sum_{t=1}^{T}\ell(h_t)$$"
    wrong = claim.replace(r"\sum_{t=1}^{T}\frac", r"\sum_{t=2}^{T}\frac")
    assert statuses(claim, wrong, after=after) == ["proved", "refuted"]


LAYERS = r"""
$$h_t^{(l)}=\tanh(U^{(l)}h_t^{(l-1)}+W^{(l)}h_{t-1}^{(l)}+b^{(l)}),\quad h_t^{(0)}=x_t$$
$$\hat y_t=V h_t^{(L)},\quad L=\sum_{t=1}^{T}\lVert\hat y_t-y_t\rVert^2$$
"""
SLOPE = r"\mathrm{diag}(1-(h_t^{(l)})^2)"


def test_layers_with_cells() -> None:
    """Parameters of layers are matrices, the loss may have the letter of their number."""
    claims = (
        rf"\nabla_{{W^{{(l)}}}}L=\sum_{{t=1}}^{{T}}{SLOPE}(\nabla_{{h_t^{{(l)}}}}L)(h_{{t-1}}^{{(l)}})^\top",
        rf"\nabla_{{U^{{(l)}}}}L=\sum_{{t=1}}^{{T}}{SLOPE}(\nabla_{{h_t^{{(l)}}}}L)(h_t^{{(l-1)}})^\top",
        rf"\nabla_{{U^{{(l)}}}}L=\sum_{{t=1}}^{{T}}{SLOPE}(\nabla_{{h_t^{{(l)}}}}L)(h_{{t-1}}^{{(l)}})^\top",
        rf"\frac{{\partial h_t^{{(l)}}}}{{\partial h_t^{{(l-1)}}}}={SLOPE}U^{{(l)}}",
        rf"\frac{{\partial h_t^{{(l)}}}}{{\partial h_t^{{(l-1)}}}}={SLOPE}W^{{(l)}}",
        r"\nabla_V L=\sum_{t=1}^{T}2(\hat y_t-y_t)(h_t^{(L)})^\top",
        r"\nabla_V L=\sum_{t=1}^{T}2(\hat y_t-y_t)(h_t^{(L-1)})^\top",
    )
    assert statuses(*claims, after=LAYERS) == ["proved", "proved", "refuted", "proved", "refuted", "proved", "refuted"]
