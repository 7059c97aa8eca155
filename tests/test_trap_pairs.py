"""Documents that once led to a wrong verdict, with a true and a false equation about each."""

from __future__ import annotations

from functools import cache

import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

CELL = r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$"
SQUARES = r"$$L=\frac12\sum_{t=1}^T\|h_t-y_t\|^2$$"
LSTM = r"""
$$i_t=\sigma(W_ix_t+U_ih_{t-1})$$
$$g_t=\tanh(W_gx_t+U_gh_{t-1})$$
$$c_t=c_{t-1}+i_t\odot g_t$$
$$h_t=\tanh(c_t)$$
$$L=\frac12\sum_t\|h_t-y_t\|^2$$
"""
EULER = r"""
$$z_{t+1}=z_t+\Delta t\,\tanh(Wz_t+b)$$
$$L=\frac12\|z_T-y\|^2$$
$$a_t=\frac{\partial L}{\partial z_t}$$
"""
JORDAN = r"$$h_t=\sigma_h(Wx_t+Uy_{t-1})$$ $$y_t=\sigma_y(Vh_t)$$"
JACOBIAN = r"$$\frac{\mathrm dh_t}{\mathrm dh_{t-1}}=\mathrm{diag}(1-h_t^2)W$$"
TURNED = r"$$\frac{\mathrm dh_t}{\mathrm dh_{t-1}}=W\mathrm{diag}(1-h_t^2)$$"
OUTPUTS = r"$$\frac{\mathrm dy_t}{\mathrm dy_{t-1}}=V\mathrm{diag}(1-h_t^2)U$$"
SWAPPED = r"$$\frac{\mathrm dy_t}{\mathrm dy_{t-1}}=U\mathrm{diag}(1-h_t^2)V$$"

QUADRATIC = CELL + r"$$L=\frac12h_T^\top Qh_T$$"

ROWS: dict[str, tuple[str, str, str]] = {
    "derivatives with a delta, in running text": (
        LSTM
        + r"We write $\delta h_t=\partial L/\partial h_t$ and $\delta c_t=\partial L/\partial c_t$."
        + "\n\n"
        + r"$$\bar i_t=\delta c_t\odot g_t\odot i_t\odot(1-i_t)$$",
        r"$$\nabla_{U_i}L=\sum_{t=1}^T\bar i_th_{t-1}^\top$$",
        r"$$\nabla_{U_i}L=\sum_{t=1}^T\bar i_th_t^\top$$",
    ),
    "derivatives with a delta": (
        CELL + SQUARES + r"$$\delta h_t=\frac{\partial L}{\partial h_t}$$",
        r"$$\delta W=\sum_t((1-h_t^2)\odot\delta h_t)h_{t-1}^\top$$",
        r"$$\delta W=\sum_t(1-h_t^2)\odot\delta h_th_t^\top$$",
    ),
    "derivatives with a d": (
        CELL + SQUARES + r"$$dh_t=\nabla_{h_t}L$$",
        r"$$dh_t=h_t-y_t+W^\top((1-h_{t+1}^2)\odot dh_{t+1})$$",
        r"$$dh_t=h_t-y_t+W^\top((1-h_{t}^2)\odot dh_{t+1})$$",
    ),
    "the time between two steps": (
        EULER,
        r"$$a_t=a_{t+1}+\Delta t\,W^\top((1-\tanh^2(Wz_t+b))\odot a_{t+1})$$",
        r"$$a_t=a_{t+1}-\Delta t\,W^\top((1-\tanh^2(Wz_t+b))\odot a_{t+1})$$",
    ),
    "by the time between two steps": (
        EULER,
        r"$$\frac{\partial L}{\partial\Delta t}=\sum_{t=0}^{T-1}a_{t+1}^\top\tanh(Wz_t+b)$$",
        r"$$\frac{\partial L}{\partial\Delta t}=\sum_{t=0}^{T-1}a_t^\top\tanh(Wz_t+b)$$",
    ),
    "a target with a star": (
        CELL + r"$$L=\frac12\sum_t\|h_t-h_t^*\|^2$$",
        r"$$\nabla_{h_T}L=h_T-h_T^{*}$$",
        r"$$\nabla_{h_T}L=h_T$$",
    ),
    "a prime that is raised": (
        r"$$h_t=W\sigma(h_{t-1})+Ux_t$$",
        r"$$\frac{\mathrm dh_t}{\mathrm dh_{t-1}}=W\mathrm{diag}(\sigma^\prime(h_{t-1}))$$",
        r"$$\frac{\mathrm dh_t}{\mathrm dh_{t-1}}=W\mathrm{diag}(\sigma^{\prime}(h_t))$$",
    ),
    "functions with labels, equal to known ones": (JORDAN + r"$$\sigma_h=\tanh$$ $$\sigma_y(z)=z$$", OUTPUTS, SWAPPED),
    "functions with labels, in running text": (
        JORDAN + "\n\n" + r"with $\sigma_h=\tanh$ and $\sigma_y(z)=z$." + "\n\n",
        OUTPUTS,
        SWAPPED,
    ),
    "functions of a dot": (JORDAN + r"$$\sigma_h(\cdot)=\tanh(\cdot)$$ $$\sigma_y(z)=z$$", OUTPUTS, SWAPPED),
    "functions of which something is not read": (
        JORDAN + r"$$\sigma_h=\tanh$$ $$\sigma_y(z)=\unknown z$$",
        OUTPUTS,
        SWAPPED,
    ),
    "a function in words": (
        r"$$h_t=f(Wh_{t-1}+Ux_t)$$" + "\n\nwhere $f$ is the hyperbolic tangent.\n\n",
        JACOBIAN,
        TURNED,
    ),
    "a function in Korean words": (
        r"$$h_t=\phi(Wh_{t-1}+Ux_t)$$" + "\n\n여기서 $\\phi$는 하이퍼볼릭 탄젠트이다.\n\n",
        JACOBIAN,
        TURNED,
    ),
    "a function for which the text has an example": (
        "With a nonlinearity $f$ such as tanh or ReLU\n\n" + r"$$h_t=f(Wh_{t-1}+Ux_t)$$",
        JACOBIAN,
        TURNED,
    ),
    "a symmetric matrix, in running text": (
        QUADRATIC + "\n\nwith $Q=Q^\\top$.\n\n",
        r"$$\nabla_{h_T}L=Qh_T$$",
        r"$$\nabla_{h_T}L=h_T$$",
    ),
    "a symmetric matrix, in words": (
        QUADRATIC + "\n\nfor a symmetric positive matrix $Q$.\n\n",
        r"$$\nabla_{h_T}L=Qh_T$$",
        r"$$\nabla_{h_T}L=Q^\top h_T$$",
    ),
    "a matrix in an order": (
        QUADRATIC + r"$$Q=Q^\top\succeq0$$",
        r"$$\nabla_{h_T}L=Qh_T$$",
        r"$$\nabla_{h_T}L=h_T$$",
    ),
    "an orthogonal matrix": (
        "Let $W$ be orthogonal.\n\n" + r"$$h_t=Wh_{t-1}+Ux_t$$",
        r"$$h_{t-1}=W^\top(h_t-Ux_t)$$",
        r"$$h_{t-1}=W(h_t-Ux_t)$$",
    ),
    "a start at zero": (
        "The initial hidden state is set to zero.\n\n" + CELL,
        r"$$h_1=\tanh(Ux_1)$$",
        r"$$h_1=\tanh(Wx_1)$$",
    ),
    "a step and another step": (
        CELL,
        r"$$\left\|\frac{\partial h_t}{\partial h_{t-1}}\right\|=\left\|\mathrm{diag}(1-h_t^2)W\right\|$$",
        r"$$\left\|\frac{\partial h_t}{\partial h_k}\right\|=1$$",
    ),
    "a function in bold": (r"$$h_t=\mathbf f(Wh_{t-1}+Ux_t)$$ $$\mathbf f=\tanh$$", JACOBIAN, TURNED),
    "a function of any letter, in words": (
        r"$$h_t=s(Wh_{t-1}+Ux_t)$$" + "\n\nwhere $s$ is tanh.\n\n",
        JACOBIAN,
        TURNED,
    ),
    "a function that is a word": (
        CELL + r"$$L=\|h_T\|^2$$ $$J=L+\lambda\,\mathrm{reg}(W)$$",
        r"$$\nabla_WJ=\nabla_WL+2\lambda W$$",
        r"$$\nabla_WJ=\nabla_WL$$",
    ),
    "a number in a denominator": (
        CELL + r"$$L=\frac{1}{2N}\sum_{t=1}^T\|h_t-y_t\|^2$$",
        r"$$\nabla_{h_T}L=\frac1N(h_T-y_T)$$",
        r"$$\nabla_{h_T}L=\frac1{2N}(h_T-y_T)$$",
    ),
    "a target that is smoothed": (
        CELL + r"$$o_t=Vh_t$$ $$p_t=\mathrm{softmax}(o_t)$$ $$q_t=(1-\epsilon)y_t+\frac{\epsilon}{K}\mathbf 1$$"
        r"$$L=-\sum_{t=1}^T\sum_{k=1}^Kq_{t,k}\log p_{t,k}$$",
        r"$$\nabla_{o_t}L=p_t-q_t$$",
        r"$$\nabla_{o_t}L=p_t-y_t$$",
    ),
    "a product that falls to the first step": (
        r"$$s_0=h_T$$" + CELL + r"$$s_t=\tanh(Rs_{t-1})$$",
        r"$$\frac{\mathrm ds_t}{\mathrm dh_T}=\prod_{i=t}^1\mathrm{diag}(1-s_i^2)R$$",
        r"$$\frac{\mathrm ds_t}{\mathrm dh_T}=\prod_{i=t}^2\mathrm{diag}(1-s_i^2)R$$",
    ),
    "steps in brackets": (
        r"$$h[t]=\tanh(Wh[t-1]+Ux[t])$$ $$L=\frac12\sum_{t=1}^T\|h[t]-y[t]\|^2$$",
        r"$$\nabla_{h[t]}L=h[t]-y[t]+W^\top((1-h[t+1]^2)\odot\nabla_{h[t+1]}L)$$",
        r"$$\nabla_{h[t]}L=h[t]-y[t]+W^\top((1-h[t]^2)\odot\nabla_{h[t+1]}L)$$",
    ),
    "a letter of entries as a step": (
        r"$$h(t)=\tanh(Wh(t-1)+Ux(t))$$",
        r"$$\frac{\partial h(T)}{\partial h(k)}=\prod_{j=T}^{k+1}\mathrm{diag}(1-h(j)^2)W$$",
        r"$$\frac{\partial h(T)}{\partial h(k)}=\prod_{j=T}^{k}\mathrm{diag}(1-h(j)^2)W$$",
    ),
    "a transpose by a prime": (
        CELL + SQUARES,
        r"$$\nabla_{h_t}L=h_t-y_t+W'((1-h_{t+1}^2)\odot\nabla_{h_{t+1}}L)$$",
        r"$$\nabla_{h_t}L=h_t-y_t+W'((1-h_{t}^2)\odot\nabla_{h_{t+1}}L)$$",
    ),
    "a formula of the logistic function behind another": (
        r"$$h_t=\sigma(Wh_{t-1}+Ux_t)$$ $$\sigma(-x)=1-\sigma(x)$$",
        r"$$\sigma(-x)=1-\sigma(x)$$",
        r"$$\sigma(-x)=-\sigma(x)$$",
    ),
    "a number to the power of the steps, and other powers": (
        r"$$h_t=wh_{t-1}+ux_t$$",
        r"$$h_T=w^Th_0+u\sum_{t=1}^Tw^{T-t}x_t$$",
        r"$$h_T=w^Th_0+u\sum_{t=1}^Tw^{t}x_t$$",
    ),
    "a probability of one of two classes": (
        CELL + r"$$p_t=\sigma(Vh_t)$$ $$L=-\sum_t(y_t\log p_t+(1-y_t)\log(1-p_t))$$",
        r"$$\nabla_VL=\sum_t(p_t-y_t)h_t^\top$$",
        r"$$\nabla_VL=\sum_t(p_t-y_t)(\mathbf 1^\top y_t)h_t^\top$$",
    ),
    "a vector and a matrix, entry by entry": (
        CELL,
        r"$$\frac{\mathrm dh_t}{\mathrm dh_{t-1}}=(1-h_t^2)\odot W$$",
        r"$$\frac{\mathrm dh_t}{\mathrm dh_{t-1}}=(1-h_t^2)\odot W^\top$$",
    ),
    "a state with its unit above": (
        r"$$y^i(t)=f(net_i(t))$$ $$net_i(t)=\sum_jw_{ij}y^j(t-1)$$ $$E=\frac12\sum_i(d_i-y^i(T))^2$$"
        r"$$\vartheta_j(t)=-\frac{\partial E}{\partial net_j(t)}$$",
        r"$$\vartheta_j(t)=f'(net_j(t))\sum_iw_{ij}\vartheta_i(t+1)$$",
        r"$$\vartheta_j(t)=f'(net_j(t))\sum_iw_{ji}\vartheta_i(t+1)$$",
    ),
    "a function that nothing says what it is": (
        CELL + SQUARES,
        r"$$\nabla_WL=\sum_t\mathrm{outer}(\nabla_{h_t}L\odot(1-h_t^2),h_{t-1})$$",
        r"$$\nabla_WL=\sum_t\mathrm{outer}(\nabla_{h_t}L,h_{t-1})$$",
    ),
}


@cache
def last(text: str) -> tuple[str, str]:
    """The status of the last relation of a document, and what is told of it."""
    verdict = judge(read_document(source_from_text(text.replace("$$ $$", "$$\n\n$$"))), mend=False)[-1]
    return verdict.status, verdict.message


@pytest.mark.parametrize("name", ROWS)
def test_what_is_true_is_not_refuted(name: str) -> None:
    """A true equation, read as its author means it, is never refuted."""
    document, true, _ = ROWS[name]
    status, message = last(f"{document}\n\n{true}")
    assert status in ("proved", "verified", "conditional", "unchecked"), message


@pytest.mark.parametrize("name", ROWS)
def test_what_is_false_is_not_called_true(name: str) -> None:
    """Its false neighbour is neither proved nor verified, and not swallowed as a definition."""
    document, _, false = ROWS[name]
    status, message = last(f"{document}\n\n{false}")
    assert status in ("refuted", "unchecked"), message


UNCHECKED = {
    "a function that nothing says what it is",
    "a function that is a word",
    "functions of which something is not read",
    "a symmetric matrix, in running text",
    "a symmetric matrix, in words",
    "a matrix in an order",
    "an orthogonal matrix",
    "a step and another step",
    "a transpose by a prime",
    "a state with its unit above",
    "a probability of one of two classes",
}


@pytest.mark.parametrize("name", sorted(ROWS.keys() - UNCHECKED))
def test_both_are_told_apart(name: str) -> None:
    """Neither the true nor the false one is left unchecked."""
    document, true, false = ROWS[name]
    statuses = last(f"{document}\n\n{true}")[0], last(f"{document}\n\n{false}")[0]
    assert "unchecked" not in statuses


def test_a_delta_that_is_no_derivative_says_what_is_missing() -> None:
    """Where nothing says what `\\delta h` is, it is no product that could be refuted."""
    status, message = last(CELL + SQUARES + r"$$\delta h_T=h_T-y_T$$")
    assert (status, message) == (
        "unchecked",
        r"nothing says what `\delta h` is; expected `\delta h = \partial L/\partial h`",
    )


def test_a_delta_that_is_a_number_is_one() -> None:
    """A letter that stands alone somewhere is a factor."""
    text = r"$$h_t=(1-\delta)h_{t-1}+\delta\tanh(Wh_{t-1})$$ $$\frac{\mathrm dh_t}{\mathrm dh_{t-1}}="
    right = r"(1-\delta)I+\delta\,\mathrm{diag}(1-\tanh^2(Wh_{t-1}))W$$"
    assert last(text + right)[0] in ("proved", "conditional")
    assert last(text + right.replace("(1-", "(2-", 1))[0] == "refuted"


LOOSE = r"$$\nabla_WL=((1-h_T^2)\odot(h_T-y))h_{T-1}^\top$$"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We treat $h_{T-1}$ as a constant. Then\n\n", "unchecked"),
        ("마지막 단계만 보는 근사는\n\n", "unchecked"),
        ("The gradient is\n\n", "refuted"),
        ("We ignore the biases.\n\nThe gradient is\n\n", "refuted"),
    ],
)
def test_what_text_calls_an_approximation_is_not_refuted(text: str, expected: str) -> None:
    """The paragraph before a display may say that it is no equation; one further up does not."""
    assert last(f"{CELL}\n\n$$L=\\frac12\\|h_T-y\\|^2$$\n\n{text}{LOOSE}")[0] == expected
