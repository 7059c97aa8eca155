"""Steps in parentheses, entries below and above: the recursion of Williams and Zipser, as NumPy judges it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from complex_step import STEP, Array, equal

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

UNITS, INPUTS, STEPS = 3, 2, 4

DEFINITIONS = r"""
$$s_k(t+1)=\sum_lw_{kl}y_l(t)+\sum_mu_{km}x_m(t)$$

$$y_k(t+1)=f_k(s_k(t+1))$$

$$p^k_{ij}(t)=\frac{\partial y_k(t)}{\partial w_{ij}}$$

$$J(t)=\frac12\sum_k(d_k(t)-y_k(t))^2$$
"""

random = np.random.default_rng(7)
W, U = random.normal(size=(UNITS, UNITS)), random.normal(size=(UNITS, INPUTS))
X, D = random.normal(size=(STEPS, INPUTS)), random.normal(size=(STEPS + 1, UNITS))
START = random.normal(size=UNITS)


def run(w: Array) -> tuple[list[Array], list[Array]]:
    """The units at each step, and what each of them got."""
    y, s = [START], [np.zeros(UNITS)]
    for t in range(STEPS):
        s.append(w @ y[t] + U @ X[t])
        y.append(np.tanh(s[-1]))
    return y, s


def by_w(value: Callable[[Array], Array]) -> Array:
    """The derivative by W: the axes of the value, then i and j."""
    found = np.zeros((*np.shape(value(W)), UNITS, UNITS))
    for i, j in np.ndindex(UNITS, UNITS):
        moved = W.astype(complex)
        moved[i, j] += 1j * STEP
        found[..., i, j] = np.imag(value(moved)) / STEP
    return found


Y, S = run(W)
NOW = 2
P = by_w(lambda w: run(w)[0][NOW])
NEXT = by_w(lambda w: run(w)[0][NOW + 1])
SLOPE = (1 - Y[NOW + 1] ** 2)[:, None, None]
OWN = np.einsum("ik,j->kij", np.eye(UNITS), Y[NOW])
ERROR = D[NOW] - Y[NOW]

Row = tuple[str, tuple[Array, Array]]
LEFT = r"p^k_{ij}(t+1)=f'_k(s_k(t+1))"

ROWS: dict[str, Row] = {
    "the recursion": (
        LEFT + r"\left[\sum_lw_{kl}p^l_{ij}(t)+\delta_{ik}y_j(t)\right]",
        (NEXT, SLOPE * (np.einsum("kl,lij->kij", W, P) + OWN)),
    ),
    "the recursion, the slope without its letter": (
        r"p^k_{ij}(t+1)=f'(s_k(t+1))\left[\sum_lw_{kl}p^l_{ij}(t)+\delta_{ik}y_j(t)\right]",
        (NEXT, SLOPE * (np.einsum("kl,lij->kij", W, P) + OWN)),
    ),
    "the recursion with other letters": (
        r"p^m_{nr}(t+1)=f'_m(s_m(t+1))\left[\sum_lw_{ml}p^l_{nr}(t)+\delta_{nm}y_r(t)\right]",
        (NEXT, SLOPE * (np.einsum("kl,lij->kij", W, P) + OWN)),
    ),
    "the weight transposed": (
        LEFT + r"\left[\sum_lw_{lk}p^l_{ij}(t)+\delta_{ik}y_j(t)\right]",
        (NEXT, SLOPE * (np.einsum("lk,lij->kij", W, P) + OWN)),
    ),
    "the letters of the weight exchanged": (
        LEFT + r"\left[\sum_lw_{kl}p^l_{ji}(t)+\delta_{ik}y_j(t)\right]",
        (NEXT, SLOPE * (np.einsum("kl,lji->kij", W, P) + OWN)),
    ),
    "the wrong delta": (
        LEFT + r"\left[\sum_lw_{kl}p^l_{ij}(t)+\delta_{jk}y_i(t)\right]",
        (NEXT, SLOPE * (np.einsum("kl,lij->kij", W, P) + np.einsum("jk,i->kij", np.eye(UNITS), Y[NOW]))),
    ),
    "without the new term": (
        LEFT + r"\left[\sum_lw_{kl}p^l_{ij}(t)\right]",
        (NEXT, SLOPE * np.einsum("kl,lij->kij", W, P)),
    ),
    "without the old terms": (LEFT + r"\delta_{ik}y_j(t)", (NEXT, SLOPE * OWN)),
    "the gradient": (
        r"\frac{\partial J(t)}{\partial w_{ij}}=-\sum_k(d_k(t)-y_k(t))p^k_{ij}(t)",
        (by_w(lambda w: ((D[NOW] - run(w)[0][NOW]) ** 2).sum() / 2), -np.einsum("k,kij->ij", ERROR, P)),
    ),
    "the gradient, the sign lost": (
        r"\frac{\partial J(t)}{\partial w_{ij}}=\sum_k(d_k(t)-y_k(t))p^k_{ij}(t)",
        (by_w(lambda w: ((D[NOW] - run(w)[0][NOW]) ** 2).sum() / 2), np.einsum("k,kij->ij", ERROR, P)),
    ),
}


def last(definitions: str, claim: str) -> tuple[str, str]:
    verdict = judge(read_document(source_from_text(f"{definitions}\n\n$${claim}$$\n")), mend=False)[-1]
    return verdict.status, verdict.message


@pytest.mark.parametrize("name", ROWS)
def test_the_recursion_of_sensitivities(name: str) -> None:
    """Three letters of entries and a step: verified where NumPy finds both sides equal, refuted elsewhere."""
    claim, (left, right) = ROWS[name]
    status, message = last(DEFINITIONS, claim)
    assert status in ({"proved", "verified", "conditional"} if equal(left, right) else {"refuted"}), message


def test_a_function_with_the_letter_of_another_unit_is_another_function() -> None:
    """``f_j(s_k)`` is the function of another unit, if anything."""
    assert last(DEFINITIONS, r"y_k(t+1)=f_j(s_k(t+1))")[0] in {"refuted", "unchecked"}
    assert last(DEFINITIONS, r"p^k_{ij}(t+1)=f'_j(s_k(t+1))\delta_{ik}y_j(t)")[0] in {"refuted", "unchecked"}


def test_a_list_of_inputs_and_states_that_is_said_in_words_refutes_nothing() -> None:
    """What z is stands in no formula: the recursion is right where it holds the states, and wrong where it does not."""
    definitions = DEFINITIONS.replace(r"\sum_lw_{kl}y_l(t)+\sum_mu_{km}x_m(t)", r"\sum_lw_{kl}z_l(t)")
    status, message = last(definitions, LEFT + r"\left[\sum_lw_{kl}p^l_{ij}(t)+\delta_{ik}z_j(t)\right]")
    assert (status, "nothing says what `z` is" in message) == ("unchecked", True)


NET = r"$$NET_k(t)=\sum_lw_{kl}y_l(t-1)+\sum_mu_{km}x_m(t)$$" "\n\n" r"$$y_k(t)=\sigma(NET_k(t))$$"
ONE = r"\frac{\partial y_k(t)}{\partial y_l(t-1)}=y_k(t)(1-y_k(t))"


@pytest.mark.parametrize("name", ["net", r"\mathrm{net}", "s"])
def test_what_a_unit_gets_may_be_a_word(name: str) -> None:
    """``net_k(t)`` is one name, with its step in parentheses."""
    definitions = NET.replace("NET", name)
    assert last(definitions, ONE + "w_{kl}")[0] == "proved"
    assert last(definitions, ONE + "w_{lk}")[0] == "refuted"
    assert (
        last(definitions, r"\frac{\partial y_k(t)}{\partial NET_k(t)}=y_k(t)(1-y_k(t))".replace("NET", name))[0]
        == "proved"
    )


def test_a_function_on_the_left_has_no_step() -> None:
    """``diag(1 - h_t^2)`` on the left side is no quantity at a later step."""
    text = r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$\mathrm{diag}(1-h_t^2)W=\frac{\partial h_t}{\partial h_{t-1}}$$"
    more = r"$$\mathrm{diag}(1-h_t^2)=\mathrm{diag}(1-h_t\odot h_t)$$ $$g(1-h_t^2)=g(1-h_t\odot h_t)$$"
    found = [v.status for v in judge(read_document(source_from_text(text + more)), mend=False)]
    assert found[:3] == ["definition", "conditional", "proved"]


def test_a_power_stays_a_power() -> None:
    """A base that stands without its exponent somewhere is raised; so is a number."""
    text = (
        r"$$h_t=Wh_{t-1}$$ $$\frac{\partial h_t}{\partial h_{t-k}}=W^k$$ $$\frac{\partial h_t}{\partial h_{t-k}}=W^t$$"
    )
    assert [v.status for v in judge(read_document(source_from_text(text)), mend=False)] == [
        "definition",
        "conditional",
        "refuted",
    ]
