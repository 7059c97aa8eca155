r"""Bounds that are proved by norms of factors: what is proved holds of networks in NumPy, what is false is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce

import numpy as np
import pytest
from test_bounds import FALSE as FALSE_BOUNDS

from bpttsym.bounds import Hypotheses
from bpttsym.document import read_document
from bpttsym.norms import proves
from bpttsym.source import source_from_text
from bpttsym.verdict import Judge, Verdict, judge

TANH = r"h_t=\tanh(W h_{t-1}+U x_t)"
LOGISTIC = r"h_t=\sigma(W h_{t-1}+U x_t)"
LINEAR = r"h_t=W h_{t-1}+U x_t"
RESIDUAL = r"h_t=h_{t-1}+\tanh(W h_{t-1}+U x_t)"
INSIDE = r"h_t=W\sigma(h_{t-1})+U x_t"
FACTORS = r"h_t=\tanh(W A h_{t-1}+U x_t)"
LOSS = (TANH, r"\hat y=V h_T", r"L=\lVert\hat y-y\rVert^2")

STEP = r"\lVert\frac{\partial h_t}{\partial h_{t-1}}\rVert"
LONG = r"\lVert\frac{\partial h_T}{\partial h_1}\rVert"
ANY = r"\lVert\frac{\partial h_t}{\partial h_k}\rVert"
GRADIENT = r"\lVert\frac{\partial L}{\partial h_t}\rVert"
STEEP = r"\gamma=\max_x|\tanh'(x)|"
SLOPE = r"|\phi'(z)|\le\gamma"
ANY_CELL = r"h_t=\phi(W h_{t-1}+U x_t)"

Sides = Callable[["Sample"], tuple[float, float]]


def size(matrix: np.ndarray) -> float:
    """The largest singular value, or the length of a vector."""
    return float(np.linalg.norm(matrix, 2))


class Sample:
    """A network of one state over five steps with its Jacobians by hand; step 0 is the state before the first."""

    def __init__(self, cell: str, seed: int) -> None:
        random = np.random.default_rng(seed)
        scale = 10.0 ** random.uniform(-2, 1.0)
        self.T = 5
        self.W, self.A = (random.normal(size=(3, 3)) * scale for _ in range(2))
        self.U, self.V, self.y = random.normal(size=(3, 2)), random.normal(size=(4, 3)), random.normal(size=4)
        if seed % 3 == 0:  # far from normal
            self.W = np.triu(self.W, 1)
        quiet = 0.0 if seed % 4 == 1 else 1.0  # all states zero, where the slopes are largest
        self.h, self.J, self.slopes = [random.normal(size=3) * quiet], [np.eye(3)], [np.ones(3)]
        for _ in range(self.T):
            before, x = self.h[-1], random.normal(size=2) * quiet
            weights = self.W @ self.A if cell == FACTORS else self.W
            a = weights @ before + self.U @ x
            if cell in (TANH, FACTORS, RESIDUAL):
                value, slopes = np.tanh(a), 1 - np.tanh(a) ** 2
                jacobian = np.diag(slopes) @ weights + (np.eye(3) if cell == RESIDUAL else 0)
                value = value + (before if cell == RESIDUAL else 0)
            elif cell == LOGISTIC:
                value = 1 / (1 + np.exp(-a))
                slopes = value * (1 - value)
                jacobian = np.diag(slopes) @ weights
            elif cell == INSIDE:
                inner = 1 / (1 + np.exp(-before))
                value, slopes = weights @ inner + self.U @ x, inner * (1 - inner)
                jacobian = weights @ np.diag(slopes)
            else:
                value, slopes, jacobian = a, np.ones(3), weights
            self.h.append(value)
            self.J.append(jacobian)
            self.slopes.append(slopes)

    def between(self, end: int, start: int) -> np.ndarray:
        """The Jacobian of one step by an earlier one."""
        return reduce(lambda total, step: self.J[step] @ total, range(start + 1, end + 1), np.eye(3))

    def gradient(self, step: int) -> np.ndarray:
        """The gradient of the loss after the last step."""
        return 2 * (self.V @ self.h[-1] - self.y) @ self.V @ self.between(self.T, step)


PROVED: dict[str, tuple[tuple[str, ...], str, Sides]] = {
    "a step": ((TANH,), rf"{STEP}\le\lVert W\rVert", lambda s: (size(s.J[2]), size(s.W))),
    "a logistic step": ((LOGISTIC,), rf"{STEP}\le\frac14\sigma_{{\max}}(W)", lambda s: (size(s.J[2]), size(s.W) / 4)),
    "a step by its factors": (
        (TANH,),
        rf"{STEP}\le\lVert\mathrm{{diag}}(1-h_t^2)\rVert\lVert W\rVert",
        lambda s: (size(s.J[2]), max(s.slopes[2]) * size(s.W)),
    ),
    "many steps": ((TANH,), rf"{LONG}\le\lVert W\rVert^{{T-1}}", lambda s: (size(s.between(5, 1)), size(s.W) ** 4)),
    "any two steps": ((TANH,), rf"{ANY}\le\lVert W\rVert^{{t-k}}", lambda s: (size(s.between(4, 2)), size(s.W) ** 2)),
    "many logistic steps": (
        (LOGISTIC,),
        rf"{LONG}\le\left(\frac14\lVert W\rVert\right)^{{T-1}}",
        lambda s: (size(s.between(5, 1)), (size(s.W) / 4) ** 4),
    ),
    "step by step": (
        (TANH,),
        rf"{LONG}\le\prod_{{t=2}}^T{STEP}",
        lambda s: (size(s.between(5, 1)), float(np.prod([size(s.J[t]) for t in range(2, 6)]))),
    ),
    "a norm of Frobenius": (
        (TANH,),
        rf"{LONG}\le\lVert W\rVert_F^{{T-1}}",
        lambda s: (size(s.between(5, 1)), float(np.linalg.norm(s.W)) ** 4),
    ),
    "a way around": ((RESIDUAL,), rf"{STEP}\le1+\lVert W\rVert", lambda s: (size(s.J[2]), 1 + size(s.W))),
    "an activation inside": (
        (INSIDE,),
        rf"{LONG}\le\left(\frac14\lVert W\rVert\right)^{{T-1}}",
        lambda s: (size(s.between(5, 1)), (size(s.W) / 4) ** 4),
    ),
    "two weights": (
        (FACTORS,),
        rf"{LONG}\le(\lVert W\rVert\lVert A\rVert)^{{T-1}}",
        lambda s: (size(s.between(5, 1)), (size(s.W) * size(s.A)) ** 4),
    ),
    "a gradient": (
        LOSS,
        rf"{GRADIENT}\le\lVert\frac{{\partial L}}{{\partial h_T}}\rVert\lVert W\rVert^{{T-t}}",
        lambda s: (size(s.gradient(2)), size(s.gradient(5)) * size(s.W) ** 3),
    ),
    "a gradient and the next": (
        LOSS,
        rf"{GRADIENT}\le\lVert\frac{{\partial L}}{{\partial h_{{t+1}}}}\rVert\lVert W\rVert",
        lambda s: (size(s.gradient(2)), size(s.gradient(3)) * size(s.W)),
    ),
    "an input": (
        (TANH,),
        r"\lVert\frac{\partial h_t}{\partial x_{t-1}}\rVert\le\lVert W\rVert\lVert U\rVert",
        lambda s: (size(s.J[3] @ np.diag(s.slopes[2]) @ s.U), size(s.W) * size(s.U)),
    ),
    "a triangle": (
        (LINEAR,),
        r"\lVert h_t\rVert\le\lVert W\rVert\lVert h_{t-1}\rVert+\lVert U x_t\rVert",
        lambda s: (size(s.h[2]), size(s.W) * size(s.h[1]) + size(s.h[2] - s.W @ s.h[1])),
    ),
    "the largest slope": ((TANH, STEEP), rf"{STEP}\le\gamma\lVert W\rVert", lambda s: (size(s.J[2]), size(s.W))),
}

WRONG: dict[str, tuple[tuple[str, ...], str, Sides]] = {
    "a smaller slope": ((LOGISTIC,), rf"{STEP}\le\frac15\lVert W\rVert", lambda s: (size(s.J[2]), size(s.W) / 5)),
    "the slopes of another step": (
        (TANH,),
        rf"{STEP}\le\lVert\mathrm{{diag}}(1-h_{{t-1}}^2)\rVert\lVert W\rVert",
        lambda s: (size(s.J[2]), max(s.slopes[1]) * size(s.W)),
    ),
    "one step fewer": ((TANH,), rf"{LONG}\le\lVert W\rVert^{{T-2}}", lambda s: (size(s.between(5, 1)), size(s.W) ** 3)),
    "one step more": ((TANH,), rf"{LONG}\le\lVert W\rVert^{{T}}", lambda s: (size(s.between(5, 1)), size(s.W) ** 5)),
    "the norm of a power": (
        (TANH,),
        rf"{LONG}\le\lVert W^{{T-1}}\rVert",
        lambda s: (size(s.between(5, 1)), size(np.linalg.matrix_power(s.W, 4))),
    ),
    "the spectral radius": (
        (LINEAR,),
        rf"{LONG}\le\rho(W)^{{T-1}}",
        lambda s: (size(s.between(5, 1)), float(max(abs(np.linalg.eigvals(s.W)))) ** 4),
    ),
    "a factor left out": (
        (TANH,),
        rf"{LONG}\le\prod_{{t=3}}^T{STEP}",
        lambda s: (size(s.between(5, 1)), float(np.prod([size(s.J[t]) for t in range(3, 6)]))),
    ),
    "other weights": ((TANH,), rf"{STEP}\le\lVert U\rVert", lambda s: (size(s.J[2]), size(s.U))),
    "no way around": ((RESIDUAL,), rf"{STEP}\le\lVert W\rVert", lambda s: (size(s.J[2]), size(s.W))),
    "a slope inside that is too small": (
        (INSIDE,),
        rf"{LONG}\le\left(\frac15\lVert W\rVert\right)^{{T-1}}",
        lambda s: (size(s.between(5, 1)), (size(s.W) / 5) ** 4),
    ),
    "two weights in the wrong order": (
        (FACTORS,),
        rf"{LONG}\le\lVert A W\rVert^{{T-1}}",
        lambda s: (size(s.between(5, 1)), size(s.A @ s.W) ** 4),
    ),
    "a gradient, one step fewer": (
        LOSS,
        rf"{GRADIENT}\le\lVert\frac{{\partial L}}{{\partial h_T}}\rVert\lVert W\rVert^{{T-t-1}}",
        lambda s: (size(s.gradient(2)), size(s.gradient(5)) * size(s.W) ** 2),
    ),
    "a gradient the wrong way": (
        LOSS,
        r"\lVert\frac{\partial L}{\partial h_{t+1}}\rVert\le\lVert\frac{\partial L}{\partial h_t}\rVert\lVert W\rVert",
        lambda s: (size(s.gradient(3)), size(s.gradient(2)) * size(s.W)),
    ),
    "a norm from below": (
        (LINEAR,),
        r"\lVert W\rVert^2\le\lVert W W\rVert",
        lambda s: (size(s.W) ** 2, size(s.W @ s.W)),
    ),
    "ones beside a vector": (
        (TANH,),
        r"\lVert 1-h_t\rVert\le1+\lVert h_t\rVert",
        lambda s: (size(1 - s.h[2]), 1 + size(s.h[2])),
    ),
    "a root of a vector": (
        (LINEAR,),
        r"\lVert h_t^2\rVert^{1/2}\ge\lVert h_t\rVert",
        lambda s: (size(s.h[2]), size(s.h[2] ** 2) ** 0.5),
    ),
    "half of the largest slope": (
        (TANH, STEEP),
        rf"{STEP}\le\frac12\gamma\lVert W\rVert",
        lambda s: (size(s.J[2]), size(s.W) / 2),
    ),
}

SEEDS = range(400)
CLEAR = 1 + 1e-9


def judged(definitions: tuple[str, ...], bound: str) -> Verdict:
    """The verdict on the last of some displays."""
    return judge(
        read_document(source_from_text("\n\n".join(f"$${display}$$" for display in (*definitions, bound)))), mend=False
    )[-1]


def is_proved(*displays: str) -> bool:
    """Whether the prover alone, without any search for a violation, proves the last of some displays."""
    document = read_document(source_from_text("\n\n".join(f"$${display}$$" for display in displays)))
    judging, entry = Judge(document), document.entries[-1]
    assert entry.relation is not None
    relation = judging.candidates.resolved(entry, entry.relation)
    given = judging.inequalities.hypotheses.get(entry.scope, Hypotheses())
    found = judging.candidates.of(entry, relation, judging.inequalities.models)
    return any(proves(relation, variant.base, given.relations) for variant in found)


@pytest.mark.campaign(quick=6)
@pytest.mark.parametrize("name", PROVED)
def test_what_is_proved_holds_of_every_network(name: str) -> None:
    """NumPy finds no violation, and the proof says what it is."""
    definitions, bound, sides = PROVED[name]
    for seed in SEEDS:
        left, right = sides(Sample(definitions[0], seed))
        assert left <= right * CLEAR, seed
    verdict = judged(definitions, bound)
    assert (verdict.status, verdict.method) == ("proved", "submultiplicativity"), verdict.message
    assert verdict.scope == "every T and every size"


@pytest.mark.parametrize("name", WRONG)
def test_what_some_network_breaks_is_not_proved(name: str) -> None:
    """NumPy finds a violation, the prover no proof, and the verdict is neither proved nor verified."""
    definitions, bound, sides = WRONG[name]
    found = (sides(Sample(definitions[0], seed)) for seed in SEEDS)
    assert any(left > right * CLEAR for left, right in found)
    assert not is_proved(*definitions, bound)
    assert judged(definitions, bound).status in ("refuted", "unchecked")


@pytest.mark.parametrize("name", FALSE_BOUNDS)
def test_no_bound_that_is_refuted_is_proved(name: str) -> None:
    """The prover alone, which knows of no refutation, proves none of the bounds that a search refutes."""
    definitions, bound = FALSE_BOUNDS[name]
    assert not is_proved(*definitions, bound)


UNDER = {
    "a slope": ((ANY_CELL, SLOPE), rf"{STEP}\le\gamma\lVert W\rVert"),
    "a slope and a norm": ((ANY_CELL, SLOPE, r"\lVert W\rVert\le\beta"), rf"{LONG}\le(\gamma\beta)^{{T-1}}"),
    "a norm": ((TANH, r"\lVert W\rVert\le\beta"), rf"{STEP}\le\beta"),
    "a norm over a slope": ((TANH, STEEP, r"\sigma_{\max}(W)\le\frac{\alpha}{\gamma}"), rf"{STEP}\le\alpha"),
    "a number between": ((TANH, r"\lVert W\rVert\le\beta", r"\beta\le\eta"), rf"{LONG}\le\eta^{{T-1}}"),
    "a number that is small": ((TANH, r"\lVert W\rVert\le\beta", r"\beta<1"), rf"{STEP}<1"),
}
NOT_UNDER = {
    "a slope from below": ((ANY_CELL, r"|\phi'(z)|\ge\gamma"), rf"{STEP}\le\gamma\lVert W\rVert"),
    "no slope": ((ANY_CELL,), rf"{STEP}\le\lVert W\rVert"),
    "a step too few": ((ANY_CELL, SLOPE, r"\lVert W\rVert\le\beta"), rf"{LONG}\le(\gamma\beta)^{{T-2}}"),
    "other weights": ((TANH, r"\lVert U\rVert\le\beta"), rf"{STEP}\le\beta"),
    "a norm from below": ((TANH, r"\lVert W\rVert\ge\beta"), rf"{STEP}\le\beta"),
    "no more than equal": ((TANH, r"\lVert W\rVert\le\beta", r"\beta\le1"), rf"{STEP}<1"),
    "a number of any sign": ((TANH, r"\beta<1"), r"\beta^2\lVert W\rVert\le\lVert W\rVert"),
    "two steps back": ((r"h_t=\tanh(W h_{t-1}+A h_{t-2}+U x_t)",), rf"{LONG}\le\lVert W\rVert^{{T-1}}"),
    "an output fed back": (
        (r"h_t=\tanh(W h_{t-1}+A o_{t-1}+U x_t)", r"o_t=V h_t"),
        rf"{STEP}\le\lVert W\rVert",
    ),
    "a loss of every step": (
        (TANH, r"L=\sum_{t=1}^T\lVert h_t-y_t\rVert^2"),
        rf"{GRADIENT}\le\lVert\frac{{\partial L}}{{\partial h_T}}\rVert\lVert W\rVert^{{T-t}}",
    ),
    "an immediate gradient": (
        LOSS,
        rf"{GRADIENT}\le\lVert\frac{{\partial^{{+}}L}}{{\partial h_T}}\rVert\lVert W\rVert^{{T-t}}",
    ),
    "a gate": ((r"f_t=\sigma(A h_{t-1})", r"h_t=f_t\odot h_{t-1}+\tanh(W x_t)"), rf"{STEP}\le\lVert f_t\rVert"),
    "a softmax": ((r"h_t=\mathrm{softmax}(W h_{t-1}+U x_t)",), rf"{STEP}\le\frac14\lVert W\rVert"),
    "a number for every entry": (
        (r"h_t=\tanh(W h_{t-1}+v^\top h_{t-1}+U x_t)",),
        rf"{STEP}\le\lVert W\rVert+\lVert v\rVert",
    ),
}


@pytest.mark.parametrize("name", UNDER)
def test_what_follows_from_hypotheses_is_proved(name: str) -> None:
    """Hypotheses are put in as often as the exponent says, and told."""
    definitions, bound = UNDER[name]
    verdict = judged(definitions, bound)
    assert verdict.status in ("proved", "conditional"), verdict.message
    assert verdict.method == "submultiplicativity"
    assert verdict.conditions or any("under the hypothesis" in words for words in verdict.told) or STEEP in definitions


@pytest.mark.campaign(quick=9)
@pytest.mark.parametrize("name", NOT_UNDER)
def test_what_does_not_follow_is_not_proved(name: str) -> None:
    """Hypotheses the other way round, of other weights or of numbers of any sign, and other ways between the steps."""
    definitions, bound = NOT_UNDER[name]
    assert not is_proved(*definitions, bound)
    assert judged(definitions, bound).status != "proved"


def test_the_evidence_says_how_a_bound_is_proved() -> None:
    """The words of the report."""
    from bpttsym.evidence import evidence

    words = evidence(judged((TANH,), rf"{STEP}\le\lVert W\rVert"))
    assert re.match(r"proved for every T and every size \(submultiplicativity: the norm of a product", words)
