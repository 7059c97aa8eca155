r"""Ways of writing that say what plain notation says: each row is judged as its plain form is, true or false.

The plain forms are those whose truth other tests take from numbers; here only the writing differs.
"""

from __future__ import annotations

import pytest

import bpttsym

LAYOUT = "---\nlayout: numerator\n---\n"
MODEL = (
    LAYOUT
    + r"""
$$a_t = W h_{t-1} + U x_t + b,\quad h_t = \tanh(a_t),\quad L_t = \lVert h_t-y_t\rVert^2,\quad L=\sum_{t=1}^T L_t$$
"""
)


def judged(text: str, claims: tuple[str, ...]) -> list[str]:
    """What becomes of claims behind a model."""
    shown = "\n".join(f"$${claim}$$\n" for claim in claims)
    return [verdict.status for verdict in bpttsym.verify(text + "\n" + shown)][-len(claims) :]


CHAIN = r"\frac{\partial L_t}{\partial h_t}\frac{\partial h_t}{\partial h_k}"
OWN = r"\left.\frac{\partial h_k}{\partial W}\right|_{@}"
DOUBLE = r"\sum_{t=1}^{T}\sum_{k=1}^{t}"
TOTAL = r"\frac{\mathrm dL}{\mathrm dW} = " + DOUBLE
MARKED = rf"{CHAIN}\frac{{\partial^{{+}}h_k}}{{\partial W}}"
SAME: dict[str, tuple[str, str]] = {
    "a state held, in words": (TOTAL + CHAIN + OWN.replace("@", r"h_{k-1}\text{ fixed}"), TOTAL + MARKED),
    "a state held": (TOTAL + CHAIN + OWN.replace("@", "h_{k-1}"), TOTAL + MARKED),
    "a state held constant": (TOTAL + CHAIN + OWN.replace("@", r"h_{k-1}=\text{const}"), TOTAL + MARKED),
    "a triangle of steps": (
        TOTAL.replace(DOUBLE, r"\sum_{1\le k\le t\le T}") + MARKED,
        TOTAL + MARKED,
    ),
    "a triangle from above": (
        TOTAL.replace(DOUBLE, r"\sum_{T\ge t\ge k\ge 1}") + MARKED,
        TOTAL + MARKED,
    ),
    "a triangle without its edge": (
        TOTAL.replace(DOUBLE, r"\sum_{1\le k<t\le T}") + MARKED,
        TOTAL.replace(DOUBLE, r"\sum_{t=2}^{T}\sum_{k=1}^{t-1}") + MARKED,
    ),
    "a square entry by entry": (
        r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(1-h_t^{\odot 2})",
        r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(1-h_t\odot h_t)",
    ),
    "a cube entry by entry": (
        r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(1-h_t^{\circ 3})",
        r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(1-h_t^3)",
    ),
    "empty braces": (
        r"\frac{\partial h_t}{\partial a_t} ={} \mathrm{diag}(1-h_t^2)",
        r"\frac{\partial h_t}{\partial a_t} = \mathrm{diag}(1-h_t^2)",
    ),
    "the size of the identity": (
        r"\frac{\partial h_t}{\partial a_t} = I_n - \mathrm{diag}(h_t^2)",
        r"\frac{\partial h_t}{\partial a_t} = I - \mathrm{diag}(h_t^2)",
    ),
    "the size of the identity, in full": (
        r"\frac{\partial h_t}{\partial a_t} = I_{n\times n} - \mathrm{diag}(h_{t-1}^2)",
        r"\frac{\partial h_t}{\partial a_t} = I - \mathrm{diag}(h_{t-1}^2)",
    ),
}
TRUE = frozenset(SAME) - {"a triangle without its edge", "a cube entry by entry", "the size of the identity, in full"}


@pytest.mark.parametrize("name", SAME)
def test_another_way_of_writing(name: str) -> None:
    """Both forms have one verdict, and it is the right one."""
    written, plain = SAME[name]
    assert judged(MODEL, (written, plain)) == (["proved"] * 2 if name in TRUE else ["refuted"] * 2)


def test_what_is_put_in_is_not_held() -> None:
    """A value at a point is no derivative with something held."""
    for inside in ("h_{k-1}=0", "W=W_0", "k=1"):
        assert judged(MODEL, (TOTAL + CHAIN + OWN.replace("@", inside),)) == ["unchecked"], inside
    assert judged(MODEL, (r"\left.\frac{\partial h_t}{\partial a_t}\right|_{a_{t-1}} = \mathrm{diag}(1-h_t^2)",)) == [
        "unchecked"
    ]


def test_a_power_entry_by_entry_of_a_matrix() -> None:
    r"""`W^{\odot 2}` is no matrix product: the slope of a sum of squares tells them apart."""
    model = LAYOUT + r"$$z_t = W x_t,\quad L = \sum_{t=1}^{T}\lVert z_t-y_t\rVert^2$$" + "\n"
    claims = (r"W^{\odot 2}x_T = (W\odot W)x_T", r"W^{\odot 2}x_T = Wz_T")
    assert judged(model, claims) == ["proved", "refuted"]


NEIGHBOURS = (
    LAYOUT
    + r"""
$$a_{next} = \tanh(W_{ax}x_t + W_{aa}a_{prev} + b_a),\qquad \hat y_t = \mathrm{softmax}(W_{ya}a_{next} + b_y)$$
"""
)


def test_the_step_before_and_the_next_one_in_words() -> None:
    """`a_{next}` is computed from `a_{prev}` and the input of the step."""
    right = r"\frac{\partial a_{next}}{\partial a_{prev}} = \mathrm{diag}(1-a_{next}^2)W_{aa}"
    plain = r"\frac{\partial a_{\text{next}}}{\partial a_{\text{prev}}} = W_{aa}\mathrm{diag}(1-a_{next}^2)"
    late = r"\frac{\partial a_{next}}{\partial a_{prev}} = \mathrm{diag}(1-a_{prev}^2)W_{aa}"
    assert judged(NEIGHBOURS, (right, plain, late)) == ["proved", "refuted", "refuted"]


def test_the_next_one_is_not_guessed_beside_an_index() -> None:
    """Where a_t has an index too, a_{next} may be a_t or a_{t+1}; a_{prev} is a_{t-1} in any case."""
    model = LAYOUT + r"$$a_t = \tanh(Wa_{t-1} + Ux_t)$$" + "\n"
    right = r"\frac{\partial a_t}{\partial a_{prev}} = \mathrm{diag}(1-a_t^2)W"
    either = r"\frac{\partial a_{next}}{\partial a_t} = \mathrm{diag}(1-a_{next}^2)W"
    assert judged(model, (right, right.replace("W", "U"), either)) == ["proved", "refuted", "unchecked"]


IMPLIED = (
    LAYOUT
    + r"""
$$z = W h_{t-1} + U x_t$$

$$h_t = \tanh(z)$$
"""
)


def test_a_quantity_that_leaves_out_its_step() -> None:
    """`z` is computed at every step, from the state before: it is no constant."""
    right = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1-h_t^2)W"
    inner = r"\frac{\partial h_t}{\partial z} = \mathrm{diag}(1-\tanh^2(z))"
    none = r"\frac{\partial h_t}{\partial h_{t-1}} = 0"
    assert judged(IMPLIED, (right, right.replace("W", "U"), inner, none)) == ["proved", "refuted", "proved", "refuted"]


def test_a_gate_that_leaves_out_its_step_is_no_constant() -> None:
    """The path through the gate is a part of the total derivative."""
    model = LAYOUT + "$$g = \\sigma(Ax_t + Bh_{t-1})$$\n\n$$h_t = g\\odot h_{t-1} + x_t$$\n"
    marked = r"\frac{\partial^{+}h_t}{\partial h_{t-1}} = \mathrm{diag}(g)"
    total = r"\frac{\mathrm dh_t}{\mathrm dh_{t-1}} = \mathrm{diag}(g)"
    assert judged(model, (marked, total)) == ["proved", "refuted"]


def test_a_step_that_may_be_another_one_is_not_guessed() -> None:
    """Behind a product over other steps, beside a sum over the steps, and in a power, nothing is put in."""
    model = LAYOUT + "$$h_t = \\tanh(Wh_{t-1} + Ux_t)$$\n\n$$D = \\mathrm{diag}(1-h_t^2)$$\n\n$$E = (h_t-y_t)^2$$\n"
    claims = (
        r"\frac{\partial h_t}{\partial h_{t-1}} = DW",
        r"\frac{\partial h_t}{\partial h_k} = \prod_{i=k+1}^{t}DW",
        r"\frac{\partial h_k}{\partial h_{k-1}} = DW",
        r"\frac{\partial h_T}{\partial h_{T-1}} = DW",
        r"\frac{\partial h_t}{\partial h_k} = (DW)^{t-k}",
        r"\frac{\partial E}{\partial W} = \sum_{t=1}^{T}\frac{\partial E}{\partial h_t}\frac{\partial h_t}{\partial W}",
        r"\frac{\partial E}{\partial h_t} = 2(h_t-y_t)^\top",
    )
    assert judged(model, claims) == ["proved", *["unchecked"] * 5, "proved"]


def test_a_loss_that_is_written_with_and_without_arguments() -> None:
    r"""`\ell_t(\hat y_t, y_t)` in the sum and `\ell_t` below are one loss of each step."""
    model = (
        LAYOUT + "$$h_t=\\tanh(Wh_{t-1}+Ux_t),\\quad \\hat y_t=Vh_t,\\quad L=\\sum_{t=1}^{T}\\ell_t(\\hat y_t,y_t)$$\n"
    )
    right = r"\nabla_V L = \sum_{t=1}^{T}\left(\frac{\partial\ell_t}{\partial\hat y_t}\right)^\top h_t^\top"
    assert judged(model, (right, right.replace(r"h_t^\top", r"h_{t-1}^\top"))) == ["proved", "refuted"]


def test_a_power_by_the_horizon_is_no_mark_of_vectors() -> None:
    r"""`\gamma^T` is a power: the states may be numbers."""
    model = "$$h_t = \\gamma h_{t-1} + x_t$$\n"
    right = r"\frac{\partial h_T}{\partial h_0} = \gamma^T"
    assert judged(model, (right, right.replace("^T", "^{T-1}"))) == ["conditional", "refuted"]


CLASSES = (
    LAYOUT
    + r"$$h_t=\tanh(Wh_{t-1}+Ux_t),\quad o_t=Vh_t,\quad\hat y_t=\mathrm{softmax}(o_t),\quad L=\sum_{t=1}^{T}@$$"
    + "\n"
)


@pytest.mark.parametrize("loss", [r"\mathrm{CE}(\hat y_t, y_t)", r"\mathrm{CrossEntropy}(y_t, \hat y_t)"])
def test_a_cross_entropy_by_its_name(loss: str) -> None:
    """The output of a softmax and a target that nothing computes: the formula is known, in whatever order."""
    model = CLASSES.replace("@", loss)
    assert judged(model, (r"\nabla_{o_t}L = \hat y_t - y_t", r"\nabla_{o_t}L = \hat y_t + y_t")) == [
        "proved",
        "refuted",
    ]


@pytest.mark.parametrize(
    "loss", [r"\mathrm{CE}(o_t, y_t)", r"\mathrm{MSE}(\hat y_t, y_t)", r"\frac1T\mathrm{MSE}(o_t, y_t)"]
)
def test_a_loss_by_a_name_that_says_too_little(loss: str) -> None:
    """What holds for every function holds; nothing is refuted that may be true of the function that is meant."""
    claims = (r"\nabla_V L = \sum_{t=1}^{T}(\nabla_{o_t}L)h_t^\top", r"\nabla_{o_t}L = \hat y_t - y_t")
    assert judged(CLASSES.replace("@", loss), claims) == ["proved", "unchecked"]


def test_a_named_loss_with_its_own_formula() -> None:
    """A formula in the document goes before the name."""
    model = (
        CLASSES.replace("@", r"\mathrm{MSE}(o_t, y_t)") + r"$$\mathrm{MSE}(a, b) = \frac12\lVert a-b\rVert^2$$" + "\n"
    )
    assert judged(model, (r"\nabla_{o_t}L = o_t - y_t", r"\nabla_{o_t}L = 2(o_t - y_t)")) == ["proved", "refuted"]


RAISED = (
    LAYOUT
    + r"""
$$\mathbf z^t = g(\mathbf W_z\mathbf x^t + \mathbf R_z\mathbf y^{t-1})$$

$$\mathbf c^t = \mathbf z^t\odot\mathbf z^t + \mathbf c^{t-1}$$

$$\mathbf y^t = \tanh(\mathbf c^t),\quad \mathcal L = \sum_{t=1}^{T}\lVert\mathbf y^t-\mathbf d^t\rVert^2$$
"""
)


def test_steps_above_without_brackets() -> None:
    """Where a name is computed with a letter above from the same letter less one, that is its step, and no power."""
    right = r"\frac{\partial\mathbf y^t}{\partial\mathbf c^t} = \mathrm{diag}(1-\mathbf y^t\odot\mathbf y^t)"
    last = r"\nabla_{\mathbf y^T}\mathcal L = 2(\mathbf y^T-\mathbf d^T)"
    claims = (right, right.replace(r"\odot\mathbf y^t", r"\odot\mathbf y^{t-1}"), last, last.replace("2(", "("))
    assert judged(RAISED, claims) == ["proved", "refuted", "proved", "refuted"]
    square = right.replace(r"\mathbf y^t\odot\mathbf y^t", r"(\mathbf y^t)^2")
    assert judged(RAISED, (square, square.replace("^2", "^3"))) == ["proved", "refuted"]


def test_a_power_of_a_weight_beside_steps_above() -> None:
    """What stands without a letter above somewhere keeps its powers."""
    model = LAYOUT + r"$$h^t = Wh^{t-1}+Ux^t$$" + "\n"
    right = r"\frac{\partial h^t}{\partial h^k} = W^{t-k}"
    assert judged(model, (right, right.replace("t-k}", "t-k-1}"))) == ["proved", "refuted"]


STEPPED = (
    LAYOUT
    + r"""
$$\mathbf x(n) = \tanh(\mathbf W^{in}\mathbf u(n)+\mathbf W\mathbf x(n-1))$$

$$\mathbf e(n) = \mathbf W^{out}\mathbf x(n)-\mathbf d(n)$$

$$\mathcal E(n) = \frac12\mathbf e^T(n)\mathbf e(n)$$
"""
)


def test_a_transposed_quantity_with_its_step_in_parentheses() -> None:
    r"""`e^T(n)` is `e(n)^T`, and `W^{in}` is a name."""
    right = r"\nabla_{\mathbf W^{out}}\mathcal E(n) = \mathbf e(n)\mathbf x^T(n)"
    wrong = r"\nabla_{\mathbf W^{out}}\mathcal E(n) = \mathbf x(n)\mathbf e^T(n)"
    late = r"\nabla_{\mathbf W^{out}}\mathcal E(n) = \mathbf e(n)\mathbf x^T(n-1)"
    assert judged(STEPPED, (right, wrong, late)) == ["proved", "refuted", "refuted"]


def test_the_loss_of_a_step_in_parentheses() -> None:
    r"""`\mathcal L(t+1)` is the loss of step t+1, while `\mathcal L(\theta)` is the whole."""
    model = (
        LAYOUT
        + r"$$h_t=\tanh(Wh_{t-1}+Ux_t),\quad z_t=Vh_t,\quad \mathcal L(\theta)=\sum_{t=1}^{T}\lVert z_t-y_t\rVert^2$$"
    )
    right = (
        r"\frac{\mathrm d\mathcal L(t+1)}{\mathrm dV} ="
        r" \frac{\mathrm d\mathcal L(t+1)}{\mathrm dz_{t+1}}\frac{\partial^{+}z_{t+1}}{\partial V}"
    )
    assert judged(model + "\n", (right, right.replace(r"\partial^{+}z_{t+1}", r"\partial^{+}z_t"))) == [
        "proved",
        "refuted",
    ]


def test_sums_over_a_set_and_weights_below_a_derivative() -> None:
    r"""`\sum_{w \in V}` is over all entries; `\frac{\partial l}{T\cdot\partial o}` is divided by T."""
    model = (
        LAYOUT
        + r"""
$$e^{(t)}=Ex^{(t)},\quad h^{(t)}=\sigma(W_hh^{(t-1)}+W_ee^{(t)}),\quad \hat y^{(t)}=\mathrm{softmax}(Uh^{(t)})$$

$$J^{(t)}(\theta)=-\sum_{w\in V}y^{(t)}_w\log\hat y^{(t)}_w,\quad J(\theta)=\frac1T\sum_{t=1}^{T}J^{(t)}(\theta)$$
"""
    )
    right = r"\nabla_U J = \frac1T\sum_{t=1}^{T}(\hat y^{(t)}-y^{(t)})h^{(t)\top}"
    below = r"\frac{\partial J}{\partial\hat y^{(t)}} = \frac{\partial J^{(t)}}{T\cdot\partial\hat y^{(t)}}"
    copies = r"\frac{\partial J}{\partial W_h} = \sum_{i=1}^{T}\left.\frac{\partial J}{\partial W_h}\right|_{(i)}"
    counted = model.replace(r"\sum_{w\in V}", r"\sum_{w=1}^{|V|}")
    assert judged(counted, (right, right.replace(r"\frac1T", ""))) == ["proved", "refuted"]
    wrong = (right.replace(r"\frac1T", ""), below.replace(r"T\cdot", ""), copies.replace("i=1", "i=2"))
    assert judged(model, (right, below, copies)) == ["proved", "proved", "proved"]
    assert judged(model, wrong) == ["refuted", "refuted", "refuted"]


def test_what_was_not_read_is_no_constant() -> None:
    """Where the formula of a part is not read, nothing is said of what is computed from it; the rest is judged."""
    model = (
        LAYOUT
        + "$$z_t = W h_{t-1} \\oplus U x_t$$\n\n$$h_t=\\tanh(z_t)+Wx_t,\\quad L=\\sum_t\\lVert h_t-y_t\\rVert^2$$\n"
    )
    through = (
        r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1-\tanh^2(z_t))W",
        r"\nabla_{h_t}L = 2(h_t-y_t)",
        r"\frac{\partial h_t}{\partial h_{t-1}} = 0",
    )
    assert judged(model, through) == ["unchecked"] * 3
    beside = LAYOUT + "$$x_t = \\mathrm{onehot} \\oplus w_t$$\n\n$$h_t=\\tanh(Wh_{t-1}+Ux_t)$$\n"
    claim = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1-h_t^2)W"
    assert judged(beside, (claim, claim.replace("W", "U"))) == ["proved", "refuted"]


def test_another_loss_than_that_of_the_document_is_not_the_whole() -> None:
    """The document calls its loss by a word; L_T is a loss of the outputs of that step, not of the sum."""
    model = LAYOUT + (
        r"$$h_t=\tanh(Wh_{t-1}+Ux_t),\quad y_t=Vh_t,\quad\text{Loss}_t=\lVert y_t-d_t\rVert^2$$"
        "\n\n"
        r"$$\text{Loss}=\sum_t\text{Loss}_t$$"
    )
    right = r"\frac{\partial L_T}{\partial h_1} = \frac{\partial L_T}{\partial h_T}\frac{\partial h_T}{\partial h_1}"
    assert judged(model + "\n", (right,)) != ["refuted"]


CHAINED = LAYOUT + r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$" + "\n"
STEP = r"\frac{\partial h_t}{\partial h_{t-1}}"
VALUE = r"\mathrm{diag}(1-h_t^2)W"


@pytest.mark.parametrize("member", [r"\log_2W", r"\left.\frac{\partial f}{\partial h}\right|_{h=h_{t-1}}", r"\int W"])
def test_a_member_that_is_not_read_does_not_silence_the_others(member: str) -> None:
    """What stands on both sides of it is compared; the member itself is told."""
    for chain in (f"{STEP} = {member} = {VALUE}", f"{STEP} = {VALUE} = {member}"):
        assert judged(CHAINED, (chain,)) == ["unchecked"]
        verdicts = [verdict.status for verdict in bpttsym.verify(CHAINED + f"\n$${chain}$$\n")][1:]
        assert verdicts == ["proved", "unchecked"]
        wrong = [verdict.status for verdict in bpttsym.verify(CHAINED + f"\n$${chain}$$\n".replace("h_t^2", "h_t"))][1:]
        assert wrong == ["refuted", "unchecked"]


def test_a_member_that_is_defined_already_is_not_defined_anew() -> None:
    """The middle of a chain that says what it is in another way is a claim, not another definition."""
    model = CHAINED + f"\n$$Q_t = {VALUE}$$\n"
    verdicts = [v.status for v in bpttsym.verify(model + f"\n$${STEP} = Q_t = {VALUE.replace('^2', '')}$$\n")][2:]
    assert verdicts == ["proved", "refuted"]


BY_ENTRIES = (
    LAYOUT
    + r"""
$$a_j(t) = \sum_i w_{ji}\,y_i(t-1) + \sum_k v_{jk}x_k(t),\quad y_j(t) = g(a_j(t))$$

$$E = \frac12\sum_{t=1}^T\sum_j (y_j(t)-d_j(t))^2$$

$$\delta_j(t) = -\frac{\partial E}{\partial a_j(t)}$$
"""
)


def test_deltas_by_entries() -> None:
    """The recursion of the errors of single units, with the weights in the right order, and past the last step none."""
    back = r"\delta_j(t) = g'(a_j(t))\left[d_j(t)-y_j(t) + \sum_l w_{lj}\delta_l(t+1)\right]"
    last = r"\delta_j(T) = g'(a_j(T))(d_j(T)-y_j(T))"
    slope = r"\frac{\partial E}{\partial w_{ji}} = -\sum_{t=1}^T\delta_j(t)y_i(t-1)"
    assert set(judged(BY_ENTRIES, (back, last, slope))) <= {"proved", "verified"}
    wrong = (
        back.replace("w_{lj}", "w_{jl}"),
        back.replace(r"\delta_l(t+1)", r"\delta_l(t)"),
        last.replace("d_j(T)-y_j(T)", "y_j(T)-d_j(T)"),
        slope.replace("= -", "= "),
        slope.replace("y_i(t-1)", "y_i(t)"),
        slope.replace(r"\delta_j(t)", r"\delta_i(t)").replace("y_i", "y_j"),
    )
    assert judged(BY_ENTRIES, wrong) == ["refuted"] * len(wrong)


def test_functions_in_the_letters_of_formulas() -> None:
    """`softmax(V s_t)` is no product of seven letters; a word that ends like one is none."""
    model = LAYOUT + "$$s_t = tanh(Ux_t + Ws_{t-1}),\\quad \\hat y_t = softmax\\left(Vs_t\\right)$$\n"
    right = r"\frac{\partial\hat y_t}{\partial s_t} = (diag(\hat y_t) - \hat y_t\hat y_t^\top)V"
    slope = r"\frac{\partial s_t}{\partial s_{t-1}} = diag(1-s_t^2)W"
    assert judged(model, (right, slope, slope.replace("^2", ""))) == ["proved", "proved", "refuted"]


def test_the_letters_e_and_i_keep_their_usual_meaning() -> None:
    """An error `e_t` leaves `e^{o}` the exponential; an input `I_{ext}` is no identity matrix."""
    model = LAYOUT + (
        r"$$h_t=\tanh(Wh_{t-1}+I_{ext}),\quad o_t=Vh_t,\quad e_t=o_t-y_t,"
        r"\quad p_{t,i}=\frac{e^{o_{t,i}}}{\sum_je^{o_{t,j}}}$$" + "\n"
    )
    right = r"\frac{\partial p_{t,i}}{\partial o_{t,j}} = p_{t,i}(\delta_{ij}-p_{t,j})"
    outside = r"\frac{\partial^{+} h_t}{\partial I_{ext}} = \mathrm{diag}(1-h_t^2)"
    claims = (right, right.replace(r"p_{t,i}(", r"p_{t,j}("), outside)
    found = judged(model, claims)
    assert found == ["proved", "refuted", "proved"]


def test_a_rate_that_only_has_powers_is_no_quantity_of_a_step() -> None:
    r"""`\lambda^{t-k}` beside `h^t` is a power: a difference of two steps is no step."""
    model = (
        LAYOUT
        + r"$$h^t = h^{t-1} + x^t,\quad L=\sum_{t=1}^{T}\sum_{k=1}^{t}\lambda^{t-k}\lVert h^k-y^k\rVert^2$$"
        + "\n"
    )
    claim = r"\nabla_{h^T}L = 2(h^T-y^T)"
    assert judged(model, (claim, claim.replace("2(", "("))) == ["proved", "refuted"]
