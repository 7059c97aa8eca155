"""What defines and what claims, what an index counts, and which network comes of it; wrong neighbours stay wrong."""

from __future__ import annotations

import pytest

from bpttsym.check import derive
from bpttsym.document import load_preset, presets, read_document
from bpttsym.ground import make_ground
from bpttsym.names import parameters
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
    return judge(read_document(source_from_text(LAYOUT + text)), mend=False)


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
    """All of them are in force; that the work grows no faster than their number is tested with hostile documents."""
    names = [f"{a}{b}" for a in "abcdefghijklmnopqrstuvwxyzABCDEFGHI" for b in "abcdefghijklmnopqrstuvwxyzABCDEF"]
    text = "\n\n".join(rf"$$h_{{{name}}}=2 x_{{{name}}}$$" for name in names[:1000])
    document = read_document(source_from_text(text))
    assert len(document.models[-1].definitions) == 1000


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


ANY_LAYERS = r"""
$$h_t^{(l)}=f_l(h_t^{(l-1)},h_{t-1}^{(l)};\psi_l),\quad h_t^{(0)}=x_t,\quad \hat y_t=g(h_t^{(L)};\phi)$$
$$\mathcal L=\sum_{t=1}^{T}\lVert\hat y_t-y_t\rVert$$
$$\delta_t^{(l)}:=\frac{\partial\mathcal L}{\partial h_t^{(l)}}$$
"""
UP = r"\delta_t^{(l+1)}\frac{\partial h_t^{(l+1)}}{\partial h_t^{(l)}}"
ON = r"\delta_{t+1}^{(l)}\frac{\partial h_{t+1}^{(l)}}{\partial h_t^{(l)}}"


@pytest.mark.parametrize("layers", ["", "$$L=3$$"])
def test_layers_of_any_cells(layers: str) -> None:
    """The recursion over steps and layers: both terms are needed, each for its own layer."""
    weights = r"\frac{\partial\mathcal L}{\partial\psi_l}="
    weights += r"\sum_{t=1}^{T}\delta_t^{(%s)}\frac{\partial^{+}h_t^{(l)}}{\partial\psi_l}"
    claims = (
        rf"\delta_t^{{(l)}}={UP}+{ON}",
        rf"\delta_t^{{(l)}}={UP}",
        rf"\delta_t^{{(l)}}={UP}+{ON.replace('_{t+1}', '_t')}",
        weights % "l",
        weights % "L",
    )
    found = statuses(*claims, after=layers + ANY_LAYERS)
    assert found[0] == found[3] == "proved"
    assert found[1] == found[4] == "refuted"
    assert found[2] in ("refuted", "unchecked")
    told = verdicts(layers + ANY_LAYERS + f"$${claims[0]}$$")[-1].told
    assert "for l < L" in told


def test_the_number_of_layers_may_be_declared() -> None:
    """`L: 3` and `layers: 3` in the front matter: what holds for two fails for three, and is conditional on two."""
    two = r"\frac{\partial\mathcal L}{\partial h_T^{(L)}}\frac{\partial h_T^{(2)}}{\partial h_T^{(1)}}"
    claim = rf"$$\frac{{\partial\mathcal L}}{{\partial h_T^{{(1)}}}}={two}$$"
    for line, expected in {"": "conditional", "L: 2": "proved", "L: 3": "refuted", "layers: 3": "refuted"}.items():
        text = f"---\nlayout: numerator\n{line}\n---\n{ANY_LAYERS}{claim}"
        assert judge(read_document(source_from_text(text)), mend=False)[-1].status == expected


BOTH_WAYS = r"""
$$\overrightarrow h_t=\tanh(W\overrightarrow h_{t-1}+U x_t)$$
$$\overleftarrow h_t=\tanh(Q\overleftarrow h_{t+1}+P x_t)$$
$$\hat y_t=V\overrightarrow h_t+S\overleftarrow h_t, \quad L=\sum_{t=1}^{T}\lVert\hat y_t-y_t\rVert^2$$
"""


def test_a_state_that_runs_back() -> None:
    """The backward direction is computed from later steps; its gradient comes from the step before."""
    error = r"2S^\top(\hat y_t-y_t)+Q^\top\mathrm{diag}(1-\overleftarrow h_{%s}^2)\nabla_{\overleftarrow h_{%s}}L"
    outer = r"\sum_{t=1}^{T}\mathrm{diag}(1-\overleftarrow h_t^2)(\nabla_{\overleftarrow h_t}L)"
    outer += r"\overleftarrow h_{%s}^\top"
    claims = (
        rf"\nabla_{{\overleftarrow h_t}}L={error % ('t-1', 't-1')}",
        rf"\nabla_{{\overleftarrow h_t}}L={error % ('t+1', 't+1')}",
        rf"\nabla_Q L={outer % 't+1'}",
        rf"\nabla_Q L={outer % 't-1'}",
        rf"\nabla_W L={outer % 't-1'}".replace("left", "right"),
    )
    assert statuses(*claims, after=BOTH_WAYS) == ["proved", "refuted", "proved", "refuted", "proved"]


def test_a_helper_of_a_helper_is_no_node() -> None:
    r"""`\alpha_t` in terms of `\delta_t`, which runs back from the end, abbreviates too."""
    after = r"""
$$a_t=W h_{t-1}+U x_t, \quad h_t=\tanh(a_t), \quad \hat y_t=V h_t$$
$$L=\sum_{t=1}^{T}\lVert\hat y_t-y_t\rVert^2$$
$$\delta_t=2V^\top(\hat y_t-y_t)+W^\top\alpha_{t+1}, \quad \alpha_t=(1-h_t^2)\odot\delta_t, \quad \alpha_{T+1}=0$$
"""
    claims = (r"\nabla_W L=\sum_{t=1}^{T}\alpha_t h_{t-1}^\top", r"\nabla_W L=\sum_{t=1}^{T}\delta_t h_{t-1}^\top")
    assert statuses(*claims, after=after) == ["proved", "refuted"]


ENCODER = r"""
$$h_t=f(x_t,h_{t-1};\psi),\quad c=h_{T_x},\quad s_t=r(s_{t-1},c;\theta),\quad \hat y_t=g(s_t;\phi)$$
$$\mathcal L=\sum_{t=1}^{T_y}\lVert\hat y_t-y_t\rVert$$
"""


def test_two_sequences() -> None:
    """Encoder and decoder have steps of their own, and the sums over them do not mix."""
    context = r"\frac{\partial\mathcal L}{\partial c}=\sum_{t=1}^{%s}"
    context += r"\frac{\partial\mathcal L}{\partial s_t}\frac{\partial^{+}s_t}{\partial c}"
    weights = r"\frac{\partial\mathcal L}{\partial\psi}=\sum_{k=1}^{%s}\frac{\partial\mathcal L}{\partial c}"
    weights += r"(\prod_{T_x\ge i>k}\frac{\partial h_i}{\partial h_{i-1}})\frac{\partial^{+}h_k}{\partial\psi}"
    claims = (
        context % "T_y",
        context % "T_x",
        weights % "T_x",
        weights % "T_y",
        weights.replace("i>k", r"i\ge k") % "T_x",
    )
    assert statuses(*claims, after=ENCODER) == ["proved", "refuted", "proved", "refuted", "refuted"]
    one = ENCODER.replace("T_x", "T").replace("T_y", "T")
    assert statuses(context % "T", weights.replace("T_x", "T") % "T", after=one) == ["proved", "proved"]


FALLING = r"\frac{\partial h_t}{\partial h_k}=\prod_{i=%s}^{%s}\frac{\partial h_i}{\partial h_{i-1}}"


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [("t", "k+1", "proved"), ("t", "k", "refuted"), ("t-1", "k+1", "refuted"), ("t", "k+2", "refuted")],
)
def test_a_product_that_starts_at_its_end(lower: str, upper: str, expected: str) -> None:
    r"""`\prod_{i=t}^{k+1}` beside `\partial h_t/\partial h_k` runs down from t."""
    assert statuses(FALLING % (lower, upper), after=TANH) == [expected]


def test_a_product_inside_of_a_sum_that_bounds_it() -> None:
    """The sum over k up to t says that the product from t to k+1 falls; from k to t-1 it does not."""
    claim = r"\frac{\mathrm dh_t}{\mathrm dW}=\sum_{k=1}^{t}"
    claim += r"\Big(\prod_{i=%s}^{%s}\frac{\partial h_i}{\partial h_{i-1}}\Big)\frac{\partial^+h_k}{\partial W}"
    assert statuses(claim % ("t", "k+1"), claim % ("k+1", "t"), claim % ("t", "k"), after=TANH) == [
        "proved",
        "conditional",
        "refuted",
    ]


RANGES = {
    r"\sum_{t=1}^{T}\sum_{k\le t}": "proved",
    r"\sum_{t=1}^{T}\sum_{1\le k\le t}": "proved",
    r"\sum_{t}\sum_{t\ge k\ge 1}": "proved",
    r"\sum_{t}\sum_{0<k\le t}": "proved",
    r"\sum_{t}\sum_{k=\max(1,t-10)}^{t}": "refuted",
    r"\sum_{t}\sum_{k=\max(1,t-1)}^{t}": "refuted",
    r"\sum_{t}\sum_{k<t}": "refuted",
    r"\sum_{t}\sum_{1<k\le t}": "refuted",
    r"\sum_{t}\sum_{k=1}^{\min(t,T)}": "proved",
    r"\sum_{k}\sum_{t\ge k}": "proved",
    r"\sum_{k}\sum_{t>k}": "refuted",
}


@pytest.mark.parametrize("ranges", RANGES)
def test_the_ways_to_write_a_range(ranges: str) -> None:
    """Each form of a range is read, and one that leaves out a term is wrong."""
    claim = (
        r"\frac{\partial L}{\partial\psi}=%s\frac{\partial L}{\partial\hat y_t}\frac{\partial\hat y_t}{\partial h_t}"
    )
    claim += r"\left(\prod_{t\ge i>k}\frac{\partial h_i}{\partial h_{i-1}}\right)\frac{\partial^+h_k}{\partial\psi}"
    assert statuses(claim % ranges, after=ABSTRACT) == [RANGES[ranges]]


def test_parentheses_in_an_exponent() -> None:
    """`(1-x)^{2(x+y)}` is one power; `h^{(t)}` is a step and `h^{(t)\\top}` its transpose."""
    after = r"$$h^{(t)}=\tanh(W h^{(t-1)}+U x^{(t)})$$ $$L=\lVert h^{(T)}-y\rVert^2$$"
    claim = r"\nabla_W L=\sum_{t=1}^{T}\mathrm{diag}(1-(h^{(t)})^2)(\nabla_{h^{(t)}}L)h^{(t-1)\top}"
    assert statuses(claim, claim.replace("h^{(t-1)", "h^{(t)"), after=after) == ["proved", "refuted"]


RECURSION = (
    r"\mathbf 1_{[l=L]}\frac{\partial\mathcal L}{\partial\hat y_t}\frac{\partial\hat y_t}{\partial h_t^{(L)}}"
    + rf"+\mathbf 1_{{[l<L]}}{UP}+\mathbf 1_{{[t<T]}}{ON}"
)


def test_the_recursion_over_layers_with_indicators() -> None:
    """Where an indicator is zero its term need not exist; the whole recursion is a claim, or defines what it names."""
    weights = r"\frac{\partial\mathcal L}{\partial\psi_l}=\sum_{t=%s}^{T}\delta_t^{(l)}"
    weights += r"\frac{\partial^{+}h_t^{(l)}}{\partial\psi_l}"
    wrong = RECURSION.replace("[l<L]", "[l<T]")
    halved = RECURSION.replace(r"+\mathbf 1_{[t<T]}", r"+\frac12\mathbf 1_{[t<T]}")
    found = statuses(*(rf"\delta_t^{{(l)}}={side}" for side in (RECURSION, wrong, halved)), after=ANY_LAYERS)
    assert found[0] == "proved"
    assert found[1] in ("refuted", "unchecked", "proved")
    assert found[2] == "refuted"
    defined = ANY_LAYERS.partition(r"$$\delta")[0] + rf"$$\delta_t^{{(l)}}={RECURSION}$$"
    assert statuses(weights % 1, weights % 2, after=defined) == ["proved", "refuted"]


FROM_ZERO = TANH + r"$$L=\sum_{t=0}^{T-1}\lVert h_t-y_t\rVert^2$$"
COUNTED = r"\nabla_WL=\sum_{t=%s}^{%s}\mathrm{diag}(1-h_t^2)\nabla_{h_t}L\,h_{t-1}^\top"


def test_steps_counted_from_zero() -> None:
    """Sums from 0 to T-1 in the definitions say that the steps are those; h_{-1} is the state before the first."""
    claims = (COUNTED % ("0", "T-1"), COUNTED % ("1", "T-1"), r"\nabla_{h_{T-1}}L=2(h_{T-1}-y_{T-1})")
    assert statuses(*claims, after=FROM_ZERO) == ["proved", "refuted", "proved"]
    assert statuses(COUNTED % ("1", "T"), after=TANH + SUMMED) == ["proved"]
    assert statuses(COUNTED % ("0", "T-1"), after=TANH + SUMMED) == ["refuted"]


WRITTEN = {
    "parentheses": lambda name, step: f"{name}({step})",
    "brackets": lambda name, step: f"{name}[{step}]",
    "angles": lambda name, step: rf"{name}^{{\langle {step}\rangle}}",
    "signs": lambda name, step: f"{name}^{{<{step}>}}",
    "a superscript": lambda name, step: f"{name}^{{({step})}}",
}


@pytest.mark.parametrize("way", WRITTEN)
def test_the_ways_to_write_a_step(way: str) -> None:
    """`h(t)`, `h[t]`, `h^{<t>}` and the like are the state at a step."""
    write = WRITTEN[way]
    h, before, x, y = write("h", "t"), write("h", "t-1"), write("x", "t"), write("y", "t")
    after = rf"$${h}=\tanh(W {before}+U {x})$$ $$L=\sum_{{t=1}}^{{T}}\lVert {h}-{y}\rVert^2$$"
    claim = rf"\nabla_W L=\sum_{{t=1}}^{{T}}\mathrm{{diag}}(1-({h})^2)(\nabla_{{{h}}}L)({before})^\top"
    wrong = claim.replace(f"({before})", f"({h})")
    assert statuses(claim, wrong, claim.replace("^2", ""), after=after) == ["proved", "refuted", "refuted"]


def test_a_step_in_parentheses_beside_components() -> None:
    """`h_i(t)` is entry i of the state at step t; a factor before a difference stays a factor."""
    after = r"""
$$h_i(t)=\tanh\Big(\sum_j W_{ij}h_j(t-1)+\sum_k U_{ik}x_k(t)+b_i\Big)$$
$$o_k(t)=\sum_i V_{ki}h_i(t),\qquad E=\frac12\sum_{t=1}^{T}\sum_k\big(o_k(t)-d_k(t)\big)^2$$
"""
    claim = r"\frac{\partial E}{\partial o_k(t)}=o_k(t)-d_k(t)"
    assert statuses(claim, claim.replace("=o", "=2o"), after=after) == ["proved", "refuted"]
    assert statuses(r"\frac{\mathrm dz}{\mathrm da}=n-1", after=r"$$z=a(n-1)$$") != ["refuted"]


@pytest.mark.parametrize("name", presets())
def test_every_preset_unrolls_and_expands(name: str) -> None:
    """The sum over paths of each preset is proved for two steps, by one of its parameters."""
    document = load_preset(name)
    assert {verdict.status for verdict in judge(document, mend=False)} == {"definition"}
    model = document.models[-1]
    assert make_ground(model, 4).graph.nodes
    checked = derive(model, of="L", by=parameters(model)[-1], T=2)
    assert {one.verdict.status for one in checked.form("expanded")} <= {"proved", "definition"}
