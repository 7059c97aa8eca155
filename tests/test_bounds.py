r"""Bounds: what is false is found by search, what is true survives, and what says nothing is not called true."""

from __future__ import annotations

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.ground import make_ground
from bpttsym.leaves import SPECTRA
from bpttsym.numeric import NumericWorld
from bpttsym.precise import PreciseWorld
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

MODEL = (
    r"h_t=\tanh(W h_{t-1}+U x_t+b)",
    r"\hat y_t=V h_t+c",
    r"\mathcal L=\sum_{t=1}^T\lVert\hat y_t-y_t\rVert^2",
)
LOGISTIC = (r"h_t=\sigma(W h_{t-1}+U x_t+b)",)
LINEAR = (r"h_t=W h_{t-1}+U x_t",)
UNKNOWN = (r"h_t=f(x_t,h_{t-1};\psi)", r"\hat y=g(h_T;\phi)", r"\mathcal L=\lVert\hat y-y\rVert")
STEP = r"\lVert\frac{\partial h_t}{\partial h_{t-1}}\rVert"
LONG = r"\lVert\frac{\partial h_T}{\partial h_1}\rVert"

FALSE = {
    "an input": (MODEL, r"\lVert x_t\rVert\le10"),
    "an input by a large number": (MODEL, r"\lVert x_t\rVert\le10^{20}"),
    "an input from below": (MODEL, r"\lVert x_t\rVert\ge10^{-5}"),
    "a parameter": (MODEL, r"\lVert W\rVert\le1000000"),
    "a loss": (MODEL, r"\mathcal L\le1000000"),
    "a loss by a large number": (MODEL, r"\mathcal L\le10^{30}"),
    "a loss from below": (MODEL, r"\mathcal L\ge10^{-9}"),
    "a Jacobian": (MODEL, rf"{STEP}\le100"),
    "a Jacobian by a little less": (MODEL, rf"{STEP}\le0.999\lVert W\rVert"),
    "a Jacobian by a little less of a logistic cell": (LOGISTIC, rf"{STEP}\le0.249\sigma_{{\max}}(W)"),
    "a strict bound that is reached": (MODEL, rf"{STEP}<\lVert W\rVert"),
    "a power that is too small": (MODEL, rf"{LONG}\le\lVert W\rVert^{{T-2}}"),
    "the norm of a power": (MODEL, rf"{LONG}\le\lVert W^{{T-1}}\rVert"),
    "the norm of a nilpotent power": (LINEAR, r"\lVert W\rVert^2\le100\lVert W W\rVert"),
    "the norm of a state": (MODEL, r"\lVert h_t\rVert\le1"),
    "the norm of a state of twelve units": (MODEL, r"\lVert h_t\rVert\le3.4"),
    "a product of norms from below": (MODEL, r"\lVert W h_t\rVert\ge\lVert W\rVert\lVert h_t\rVert"),
    "a function of which nothing is known": (UNKNOWN, r"\lVert h_t\rVert_\infty\le1"),
    "an output of which nothing is known": (UNKNOWN, r"\lVert\hat y\rVert\le1000"),
    "a gradient": (MODEL, r"\lVert\frac{\partial\mathcal L}{\partial W}\rVert\le10000"),
    "all weights": (MODEL, r"\lVert W\rVert\le\lVert U\rVert"),
    "the order of two norms": (MODEL, r"\lVert h_t\rVert_1\le\lVert h_t\rVert_2"),
}
SENSELESS = {
    "a derivative that is zero": (MODEL, r"\frac{\partial h_t}{\partial h_{t+1}}\le1"),
    "the norm of a derivative that is zero": (MODEL, r"\lVert\frac{\partial h_t}{\partial h_{t+1}}\rVert\le1"),
    "a derivative of an input": (MODEL, r"\lVert\frac{\partial x_t}{\partial h_t}\rVert\le1"),
    "a derivative that is zero from below": (MODEL, r"\frac{\partial h_t}{\partial h_{t+1}}\ge0"),
    "a vector": (MODEL, r"h_t\le1"),
    "a vector from below": (MODEL, r"h_t\ge-1"),
    "a matrix": (MODEL, r"\mathrm{diag}(1-h_t^2)\le1"),
    "numbers": (MODEL, r"1\le2"),
    "longer vectors": (MODEL, r"\lVert h_t\rVert\le50"),
    "more steps": (LOGISTIC, r"\sum_{t=1}^T\lVert h_t\rVert_\infty\le100"),
    "a loss that is not given": ((*UNKNOWN[:2], r"E=\ell(\hat y)"), r"E\ge0"),
}
TRUE = {
    "a step": (MODEL, rf"{STEP}\le\lVert W\rVert"),
    "a step by the largest singular value": (MODEL, rf"{STEP}\le\sigma_{{\max}}(W)"),
    "a step of a logistic cell": (LOGISTIC, rf"{STEP}\le\frac14\sigma_{{\max}}(W)"),
    "a step by its factors": (MODEL, rf"{STEP}\le\lVert\mathrm{{diag}}(1-h_t^2)\rVert\lVert W\rVert"),
    "many steps": (MODEL, rf"{LONG}\le\lVert W\rVert^{{T-1}}"),
    "many steps one by one": (MODEL, rf"{LONG}\le\prod_{{t=2}}^T{STEP}"),
    "a power": (LINEAR, r"\lVert W W\rVert\le\lVert W\rVert^2"),
    "an entry of a state": (MODEL, r"\lVert h_t\rVert_\infty\le1"),
    "an entry of a state, strictly": (MODEL, r"\lVert h_t\rVert_\infty<1"),
    "a loss": (MODEL, r"\mathcal L\ge0"),
    "a triangle": (MODEL, r"\lVert h_t+x_t^\top x_t h_t\rVert\le\lVert h_t\rVert+\lVert x_t^\top x_t h_t\rVert"),
    "a triangle from below": (LINEAR, r"\lVert h_t\rVert\ge\lVert W h_{t-1}\rVert-\lVert U x_t\rVert"),
    "two norms": (MODEL, r"\lVert h_t\rVert_2\le\lVert h_t\rVert_1"),
    "the norm of Frobenius": (MODEL, r"\lVert W\rVert_2\le\lVert W\rVert_F"),
}
UNPROVED = frozenset(("an entry of a state", "an entry of a state, strictly", "a loss", "a triangle"))
UNPROVED |= {"a triangle from below", "two norms"}
"""True for other reasons than norms of factors."""


def verdicts(*displays: str) -> list[Verdict]:
    """The verdicts on a document of displays."""
    return judge(read_document(source_from_text("\n\n".join(f"$${display}$$" for display in displays))), mend=False)


@pytest.mark.parametrize("name", FALSE)
def test_a_false_bound_is_refuted_by_a_witness(name: str) -> None:
    """Values are found for which the bound fails, however large, small or skew they must be."""
    definitions, bound = FALSE[name]
    verdict = verdicts(*definitions, bound)[-1]
    assert verdict.status == "refuted", verdict.message
    assert verdict.counterexample is not None


@pytest.mark.parametrize("name", SENSELESS)
def test_a_senseless_bound_is_unchecked(name: str) -> None:
    """What vanishes, what is no number, and what larger sizes may break is neither true nor false, with a reason."""
    definitions, bound = SENSELESS[name]
    verdict = verdicts(*definitions, bound)[-1]
    assert verdict.status == "unchecked", verdict.message
    assert verdict.message


@pytest.mark.parametrize("name", TRUE)
def test_a_true_bound_survives_the_search(name: str) -> None:
    """Rounding breaks no bound that is reached; what does not follow from norms of factors is not called proved."""
    definitions, bound = TRUE[name]
    verdict = verdicts(*definitions, bound)[-1]
    assert verdict.status == ("verified" if name in UNPROVED else "proved"), (verdict.message, verdict.counterexample)


SLOPE = {
    "the largest slope": r"\gamma=\max|f'|",
    "the largest slope over a variable": r"\gamma=\max_x|\tanh'(x)|",
    "a bound on the slope": r"|\tanh'(x)|\le\gamma",
    "a bound on the derivative": r"\tanh'(x)\le\gamma",
    "a bound on the diagonal": r"\lVert\mathrm{diag}(\tanh'(z))\rVert\le\gamma",
}


@pytest.mark.parametrize("name", SLOPE)
def test_the_slope_of_the_activation_is_a_hypothesis(name: str) -> None:
    """A bound with gamma holds where gamma is what the document says of it, and half of gamma is too small."""
    *_, said, true, false = verdicts(
        *MODEL, SLOPE[name], rf"{STEP}\le\gamma\lVert W\rVert", rf"{STEP}\le\frac12\gamma\lVert W\rVert"
    )
    assert said.status == "definition"
    assert true.status == "proved", true.message
    assert false.status == "refuted", false.message


def test_a_hypothesis_on_the_weights_is_a_condition() -> None:
    """With the largest singular value under 1/gamma a step contracts, and not without it; to less than 1 only."""
    *_, said, step, more = verdicts(
        *MODEL, r"\gamma=\max|f'|", r"\sigma_{\max}(W)<\frac1\gamma", rf"{STEP}<1", rf"{STEP}<0.99"
    )
    assert said.status == "definition"
    assert step.status == "conditional"
    assert step.conditions == ("σ_max(W) < 1/γ",)
    assert more.status == "refuted"
    assert verdicts(*MODEL, rf"{STEP}<1")[-1].status == "refuted"


def test_a_hypothesis_does_not_stand_for_what_it_does_not_say() -> None:
    """A number that bounds one parameter bounds no other."""
    *_, true, false = verdicts(
        *MODEL, r"\lVert W\rVert\le\beta", rf"{STEP}\le\beta", r"\lVert\frac{\partial h_t}{\partial x_t}\rVert\le\beta"
    )
    assert true.status == "proved"
    assert false.status == "refuted"


def test_hypotheses_that_nothing_satisfies_prove_nothing() -> None:
    """Under a contradiction everything holds, so nothing is said to hold."""
    *_, verdict = verdicts(*MODEL, r"\lVert W\rVert\le\beta", r"\beta<-1", rf"{STEP}\le\beta")
    assert verdict.status == "unchecked"


def test_the_order_of_a_product_is_a_condition_of_a_bound() -> None:
    """The norm of a product in the wrong order is no bound; in the right one it is reached."""
    verdict = verdicts(*MODEL, rf"{LONG}\le\lVert\prod_{{i=2}}^T\frac{{\partial h_i}}{{\partial h_{{i-1}}}}\rVert")[-1]
    assert verdict.status == "conditional"
    assert any("decreasing" in condition for condition in verdict.conditions)


def test_a_bound_on_a_norm_is_a_condition() -> None:
    """How large the weights are is assumed, and told where a bound needs it."""
    *_, said, true, false = verdicts(*LINEAR, r"\lVert W\rVert<1", rf"{LONG}\le1", rf"{LONG}\le\frac12")
    assert (said.status, true.status, false.status) == ("definition", "conditional", "refuted")
    assert true.conditions == ("‖W‖ < 1",)
    *_, unused = verdicts(*LINEAR, rf"{LONG}\le\frac12", r"\lVert W\rVert<1")
    assert unused.status == "refuted"


def test_only_the_hypotheses_that_are_needed_are_conditions() -> None:
    """What a bound does not need is not named beside it."""
    *_, size, weights, true = verdicts(*LINEAR, r"\lVert x_t\rVert\le1", r"\lVert W\rVert<1", rf"{LONG}\le1")
    assert true.conditions == ("‖W‖ < 1",)
    assert (size.status, weights.status) == ("refuted", "definition")


def test_a_number_that_nothing_ties_to_the_network_bounds_nothing() -> None:
    """Of a number of which only its size is known, no bound is true or false, unless it bounds every step."""
    *_, last, said = verdicts(*LINEAR, rf"{LONG}\le\eta<1")
    assert (last.status, said.status) == ("unchecked", "definition")
    assert "compares it with" in last.message
    *_, every, said = verdicts(*LINEAR, rf"{STEP}\le\eta<1")
    assert (every.status, said.status) == ("definition", "definition")


@pytest.mark.parametrize("function", SPECTRA)
def test_the_numbers_of_a_matrix_are_the_same_in_many_digits(function: str) -> None:
    """Floats and many digits agree, and both with what NumPy's own roots and eigenvalues say."""
    matrix = np.array([[1.0, 4.0, 0.5], [-0.25, 0.5, 2.0], [3.0, 0.0, -1.0]])
    symmetric = function.startswith(r"\lambda")
    matrix = matrix + matrix.T if symmetric else matrix
    roots = np.roots(np.poly(matrix if symmetric or function == r"\rho" else matrix.T @ matrix))
    sizes = {"r": max(abs(roots)), "s": abs(roots) ** 0.5, "l": roots.real}[function[1]]
    wanted = sizes if function == r"\rho" else max(sizes) if "max" in function else min(sizes)
    ground = make_ground(read_document(source_from_text(f"$${LINEAR[0]}$$")).models[0], 2)
    precise = PreciseWorld(ground.graph, ground.shapes, lambda key: [[0.0]])
    rows = tuple(tuple(precise.context.mpf(entry) for entry in row) for row in matrix.tolist())
    assert float(precise.spectral(function, rows)[0][0]) == pytest.approx(wanted)
    assert NumericWorld(ground.graph, ground.shapes).spectral(function, matrix[None])[0, 0, 0] == pytest.approx(wanted)


STEEP = r"$$h_t=\phi(W h_{t-1}+U x_t)$$"
STEP = r"\left\|\frac{\partial h_t}{\partial h_{t-1}}\right\|"


@pytest.mark.campaign(quick=6)
@pytest.mark.parametrize(
    ("said", "bound", "status"),
    [
        ("", STEP + r"\le\|W\|", "refuted"),
        (r"Let $\|W\|\le\eta$.", STEP + r"\le\eta", "refuted"),
        (r"Suppose $|\phi'(z)|\le\gamma$ for all $z$ and $\|W\|\le\eta$.", STEP + r"\le\gamma\eta", "verified"),
        (r"Suppose $|\phi'(z)|\le\gamma$ for all $z$ and $\|W\|\le\eta$.", STEP + r"\le\gamma", "refuted"),
        (r"Suppose $|\phi'(z)|\le\gamma$ for all $z$ and $\|W\|\le\eta$.", STEP + r"\le\eta", "refuted"),
        (r"$$|\phi'(z)|\le\gamma$$", STEP + r"\le\gamma\|W\|", "proved"),
        (r"Here $\max_z|\phi'(z)|=\gamma$.", STEP + r"\le\gamma\|W\|", "verified"),
        (r"$$\gamma=\max_z|\phi'(z)|$$", STEP + r"\le\|W\|", "refuted"),
        (r"$$\|W\|_2=\omega$$ $$|\phi'(z)|\le1$$", STEP + r"\le\omega/2", "refuted"),
        ("", STEP + r"\le\|\mathrm{diag}(\phi'(W h_{t-1}+U x_t))\|\|W\|", "proved"),
    ],
)
def test_an_unknown_function_may_be_steep(said: str, bound: str, status: str) -> None:
    """What holds of tanh does not hold of every function; what is said of its slope, in running text too, counts."""
    text = "\n\n".join((STEEP, said.replace("$$ $$", "$$\n\n$$"), f"$${bound}$$"))
    assert judge(read_document(source_from_text(text)), mend=False)[-1].status == status


@pytest.mark.parametrize(
    "words",
    [
        r"If $\gamma\|W\|<1$, gradients vanish.",
        r"Gradients explode only when $\|W\|>1$. Let us see.",
        r"$\|W\|<1$ 이면 사라진다.",
        r"The norm $\|W\|<1$ is small.",
    ],
)
def test_a_theorem_in_running_text_supposes_nothing(words: str) -> None:
    """What stands behind ``if`` holds in a case only."""
    assert not read_document(source_from_text(f"{STEEP}\n\n{words}\n")).supposed


def test_an_assumption_in_korean_is_one() -> None:
    """The verb comes last."""
    assert read_document(source_from_text(f"{STEEP}\n\n$\\|W\\|\\le\\eta$ 라고 가정하자.\n")).supposed


@pytest.mark.parametrize("words", [r"for $k<t$", r"Let $1\le k\le t\le T$.", r"with $t\ge 1$"])
def test_running_text_on_steps_supposes_nothing(words: str) -> None:
    """A range of steps is no size of a number."""
    text = f"{STEEP}\n\n{words}\n\n$$\\|W\\|\\le\\eta$$"
    assert not read_document(source_from_text(text)).supposed


def test_what_an_earlier_section_assumed_of_a_number_is_assumed_later() -> None:
    """The number of an earlier section is not free in a later one."""
    first = r"$$h_t=\tanh(W h_{t-1}+U x_t)$$" "\n\n" r"$$\|W\|\le\eta$$"
    second = r"$$h_t=\tanh(W h_{t-1}+V x_t)$$" "\n\n" f"$${STEP}\\le\\eta$$"
    text = f"# One\n\n{first}\n\n# Two\n\n{second}"
    assert judge(read_document(source_from_text(text)), mend=False)[-1].status == "proved"


SAID = r"Let $\|\mathrm{diag}(\phi'(x_k))\|\le\gamma$ and $\lambda_1=\|W\|$ with $\lambda_1<\frac1\gamma$."
RECURRENT = r"$$x_t=W\phi(x_{t-1})+U u_t+b$$" "\n\n" + SAID
LONG_STEP = r"\left\|\frac{\partial x_t}{\partial x_k}\right\|"


@pytest.mark.parametrize(
    ("bound", "status"),
    [
        (LONG_STEP + r"\le(\gamma\lambda_1)^{t-k}", "verified"),
        (LONG_STEP + r"\le\lambda_1^{t-k}", "refuted"),
        (r"\|W^\top\|\|\mathrm{diag}(\phi'(x_k))\|<\frac1\gamma\gamma", "verified"),
        (r"\frac1\gamma\gamma<1", "refuted"),
    ],
)
def test_the_sufficient_condition_in_running_text(bound: str, status: str) -> None:
    """What is said of the slope at a step ties a bound to it; what is false of all numbers supposes nothing."""
    assert judge(read_document(source_from_text(f"{RECURRENT}\n\n$${bound}$$")), mend=False)[-1].status == status
