r"""What ``\cdots`` leaves out: read where its neighbours determine it, told where they do not."""

from __future__ import annotations

import pytest

from bpttsym.document import read_document
from bpttsym.errors import NotRead
from bpttsym.latex import unicode_line
from bpttsym.notation import read_chain
from bpttsym.parse import read_display
from bpttsym.signature import signature
from bpttsym.source import source_from_text
from bpttsym.verdict import judge


def step(of: str, by: str) -> str:
    """The derivative of a state by a state."""
    return rf"\frac{{\partial h_{{{of}}}}}{{\partial h_{{{by}}}}}"


def right_side(text: str) -> str:
    """The right side of an equation as it is read, in one line; or why it is not."""
    (line,) = read_display(f"x = {text}")
    assert line.chain is not None, line.failure
    try:
        sides, _ = read_chain(line.chain, signature([line.chain]))
    except NotRead as error:
        return f"!! {error}"
    assert sides[1] is not None
    return unicode_line(sides[1])


UNCLEAR = "!! the terms that the dots leave out are not determined by their neighbours"
NOT_HERE = "!! dots leave out terms, which are not guessed here"

READ = {
    step("t", "t-1") + step("t-1", "t-2") + r"\cdots" + step("k+1", "k"): "∏_{i=t down to k+1} ∂h_i/∂h_{i-1}",
    step("t", "t-1") + r"\cdots" + step("k+1", "k"): "∏_{i=t down to k+1} ∂h_i/∂h_{i-1}",
    step("k+1", "k") + r"\cdots" + step("t", "t-1"): "∏_{i=k+1 up to t} ∂h_i/∂h_{i-1}",
    step("4", "3") + r" \cdot \ldots \cdot " + step("2", "1"): "∏_{i=4 down to 2} ∂h_i/∂h_{i-1}",
    r"\nabla_{h_T} L \," + step("T", "T-1") + r"\cdots" + step("2", "1") + r"\frac{\partial h_1}{\partial W}": (
        "(∇_{h_T} L) · (∏_{i=T down to 2} ∂h_i/∂h_{i-1}) · ∂h₁/∂W"
    ),
    r"a_1 a_2 \cdots a_n": "∏_{i=1 up to n} a_i",
    r"a_n \cdots a_1": "∏_{i=n down to 1} a_i",
    r"a_t a_{t-1} \cdots a_k": "∏_{i=t down to k} a_i",
    r"W^\top D_T W^\top D_{T-1} \cdots W^\top D_{k+1}": "∏_{i=T down to k+1} Wᵀ D_i",
    r"a_1 + a_2 + \dots + a_T": "Σ_{i=1..T} a_i",
    r"c - a_1 - \cdots - a_T": "c - Σ_{i=1..T} a_i",
    r"(a_1 b_1 + \cdots + a_T b_T) c": "(Σ_{i=1..T} a_i b_i) · c",
    r"x^1 + x^2 + \cdots + x^n": "Σ_{i=1..n} x^i",
    # what is not determined
    step("t", "k") + r"\cdots" + step("k+1", "k"): UNCLEAR,
    r"a_t \cdots a_k": UNCLEAR,
    r"a_t a_{t-2} \cdots a_0": UNCLEAR,
    r"a_1 a_3 \cdots a_n": UNCLEAR,
    r"a_3 a_2 \cdots a_4": UNCLEAR,
    r"W \cdots W": UNCLEAR,
    r"a + \cdots + b": UNCLEAR,
    r"a_1 - a_2 + \cdots + a_T": UNCLEAR,
    r"a_1 a_2 \cdots": UNCLEAR,
    r"a_1 \odot a_2 \odot \cdots \odot a_n": "!! dots in a product that is no matrix product are not read",
    r"a_1 \cdots a_2 \cdots a_3": "!! dots stand twice in one product or sum",
    r"\{h_1, \dots, h_T\}": "{h₁, …, h_T}",
    r"(h_k, h_{k+1}, \dots, h_T)": "(h_k, h_{k+1}, …, h_T)",
    r"[h_T; h_{T-1}; \dots; h_1]": "[h_T; …; h₁]",
    r"(h_k, \dots, h_T)": UNCLEAR,
    r"(h_1, h_3, \dots, h_T)": UNCLEAR,
    r"(h_1, x_2, \dots, h_T)": UNCLEAR,
    r"f(h_1, \dots, h_T)": NOT_HERE,
    r"2 \{h_1, \dots, h_T\}": NOT_HERE,
    r"h_{\cdots}": NOT_HERE,
}


@pytest.mark.parametrize("text", READ)
def test_dots_are_read_where_their_neighbours_determine_them(text: str) -> None:
    """The first two and the last terms are one term at values of one index, in steps of one; else it is told."""
    assert right_side(text) == READ[text]


def test_dots_between_relations_leave_out_members() -> None:
    """In a chain, the members beside the dots are compared."""
    (line,) = read_display(r"x = y = \cdots = z")
    assert line.chain is not None
    assert line.chain.relations == ["=", "="]


MODEL = r"$$h_t = \tanh(W h_{t-1} + U x_t + b)$$ $$\hat{y} = V h_T$$ $$L = \lVert \hat{y} - y \rVert^2$$"


def verdict(claim: str) -> str:
    """The verdict of a claim about a small network."""
    return judge(read_document(source_from_text(f"{MODEL}\n\n$${claim}$$\n")), mend=False)[-1].status


def test_what_is_true_with_dots_is_true_and_its_neighbours_are_not() -> None:
    """A chain of Jacobians down to a step; one that ends a step early or starts a step late is refuted."""
    whole = r"\frac{\partial h_T}{\partial h_1} = "
    true = step("T", "T-1") + step("T-1", "T-2") + r"\cdots" + step("2", "1")
    assert verdict(whole + true) in {"proved", "conditional"}
    assert verdict(whole + true.replace("2}}{\\partial h_{1", "3}}{\\partial h_{2")) == "refuted"
    late = step("T-1", "T-2") + step("T-2", "T-3") + r"\cdots" + step("2", "1")
    assert verdict(whole + late) == "refuted"
    assert verdict(r"\frac{\partial L}{\partial W} = a_1 + \cdots + b_T") == "unchecked"


def test_a_chain_may_show_one_link_only() -> None:
    """From one link to the state that the next factor differentiates; in the other direction from behind."""
    whole, end = r"\frac{\partial L}{\partial b} = ", r"\frac{\partial^+ h_1}{\partial b}"
    front = r"\frac{\partial L}{\partial h_T}"
    assert right_side(front + step("T", "T-1") + r"\cdots" + end).count("∏_{i=T down to 2} ∂h_i/∂h_{i-1}") == 1
    assert right_side(end + r"\cdots" + step("T", "T-1") + front).count("∏_{i=2 up to T} ∂h_i/∂h_{i-1}") == 1
    assert right_side(front + step("T", "T-2") + r"\cdots" + end).startswith("!!")
    assert right_side(front + step("2", "1") + r"\cdots" + end).startswith("!!")
    term = front + step("T", "T-1") + r"\cdots" + end
    assert verdict(r"\frac{\partial h_T}{\partial h_0} = " + step("T", "T-1") + r"\cdots" + step("1", "0")) != "refuted"
    assert verdict(whole + term) == "refuted"


@pytest.mark.parametrize(
    "total",
    [
        r"\gamma^0+\cdots+\gamma^T",
        r"\gamma^0+\gamma^1+\cdots+\gamma^T",
        r"1+\gamma+\cdots+\gamma^T",
        r"1+\gamma+\gamma^2+\cdots+\gamma^{T}",
        r"\gamma^T+\cdots+\gamma+1",
    ],
)
def test_a_geometric_sum_is_known_by_its_ends(total: str) -> None:
    """One and the bare letter are powers as well, and a raised T beside powers is one; the closed form is proved."""
    closed = [rf"\frac{{1-\gamma^{{{power}}}}}{{1-\gamma}}" for power in ("T+1", "T", "T+2")]
    text = r"$$J=\sum_{t=0}^T\gamma^t r_t$$" + "\n\n" + "\n\n".join(f"$${total}={one}$$" for one in closed)
    found = judge(read_document(source_from_text(text)), mend=False)[1:]
    assert [one.status for one in found] == ["proved", "refuted", "refuted"]


@pytest.mark.parametrize("total", [r"1+W+\cdots+W^T", r"1+\gamma+\cdots+\beta^T", r"1+\gamma+\cdots+\gamma^T+\gamma^3"])
def test_what_is_no_run_of_powers_of_one_number_is_not_guessed(total: str) -> None:
    """A one beside a matrix, another letter, or a power out of its turn leaves the dots unread."""
    text = r"$$J=\sum_{t=0}^T\gamma^t r_t$$" + f"\n\n$${total}=2$$\n"
    assert judge(read_document(source_from_text(text)), mend=False)[-1].status == "unchecked"
