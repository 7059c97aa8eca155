"""Parameters that a document assumes to be orthogonal, symmetric or skew: claims are judged of just such ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.exact import ExactWorld
from bpttsym.ground import make_ground
from bpttsym.numeric import NumericWorld
from bpttsym.ruling import Verdict
from bpttsym.source import source_from_text
from bpttsym.structured import structure_of, structured
from bpttsym.verdict import judge

SETTINGS = "---\nlayout: numerator\npartial: total\n---\n"
LINEAR = "$$h_t=W h_{t-1}+U x_t$$\n"
TANH = r"$$h_t=\tanh(W h_{t-1}+U x_t)$$" "\n"
LOSS = r"$$L=\|h_T-y\|^2$$" "\n"
ORTHOGONAL, SYMMETRIC, SKEW = r"W^\top W=I", r"W=W^\top", r"W^\top=-W"
STEP = r"\frac{\partial h_t}{\partial h_{t-1}}"
LONG = r"\left\|\frac{\partial h_T}{\partial h_1}\right\|"
EARLY, LATE = r"\left\|\frac{\partial L}{\partial h_1}\right\|", r"\left\|\frac{\partial L}{\partial h_T}\right\|"


def verdicts(cell: str, *relations: str) -> list[Verdict]:
    """What is said of an assumption and of claims behind it."""
    shown = "\n\n".join(f"$${relation}$$" for relation in relations)
    return judge(read_document(source_from_text(f"{SETTINGS}{cell}{LOSS}\n{shown}\n")), mend=False)[2:]


def status(cell: str, assumption: str, claim: str) -> str:
    taken, found = verdicts(cell, assumption, claim)
    assert taken.status == "definition"
    return found.status


def orthogonal(random: np.random.Generator) -> np.ndarray:
    return np.asarray(np.linalg.qr(random.normal(size=(3, 3)))[0])


def symmetric(random: np.random.Generator) -> np.ndarray:
    matrix = random.normal(size=(3, 3))
    return np.asarray(matrix + matrix.T)


def skew(random: np.random.Generator) -> np.ndarray:
    matrix = random.normal(size=(3, 3))
    return np.asarray(matrix - matrix.T)


Weights = Callable[[np.random.Generator], np.ndarray]
Gap = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""By how much a claim on ``h_t = W h_{t-1}`` fails for a weight and a state, by hand."""

CLAIMS: list[tuple[str, Weights, str, Gap]] = [
    (ORTHOGONAL, orthogonal, rf"({STEP})^\top {STEP}=I", lambda W, h: W.T @ W - np.eye(3)),
    (ORTHOGONAL, orthogonal, rf"{STEP}({STEP})^\top=I", lambda W, h: W @ W.T - np.eye(3)),
    (ORTHOGONAL, orthogonal, rf"{STEP}{STEP}=I", lambda W, h: W @ W - np.eye(3)),
    (ORTHOGONAL, orthogonal, rf"{STEP}=W^\top", lambda W, h: W - W.T),
    (ORTHOGONAL, orthogonal, rf"{LONG}=1", lambda W, h: np.linalg.norm(W @ W, 2) - 1),
    (ORTHOGONAL, orthogonal, rf"{LONG}=2", lambda W, h: np.linalg.norm(W @ W, 2) - 2),
    (ORTHOGONAL, orthogonal, rf"{EARLY}={LATE}", lambda W, h: np.linalg.norm(h @ W) - np.linalg.norm(h)),
    (ORTHOGONAL, orthogonal, rf"{EARLY}=2{LATE}", lambda W, h: np.linalg.norm(h @ W) - 2 * np.linalg.norm(h)),
    (ORTHOGONAL, orthogonal, r"W W^\top h_t=h_t", lambda W, h: W @ W.T @ h - h),
    (ORTHOGONAL, orthogonal, r"W W h_t=h_t", lambda W, h: W @ W @ h - h),
    (SYMMETRIC, symmetric, rf"{STEP}=W^\top", lambda W, h: W - W.T),
    (SYMMETRIC, symmetric, rf"{STEP}=-W^\top", lambda W, h: W + W.T),
    (SYMMETRIC, symmetric, r"h_t^\top W h_t=0", lambda W, h: h @ W @ h),
    (SKEW, skew, rf"{STEP}=-W^\top", lambda W, h: W + W.T),
    (SKEW, skew, rf"{STEP}=W^\top", lambda W, h: W - W.T),
    (SKEW, skew, r"h_t^\top W h_t=0", lambda W, h: h @ W @ h),
]


@pytest.mark.parametrize(("assumption", "weights", "claim", "gap"), CLAIMS)
def test_a_claim_is_judged_of_the_assumed_weights(assumption: str, weights: Weights, claim: str, gap: Gap) -> None:
    """True on the condition, or false under it, just as it is for weights that NumPy makes."""
    random = np.random.default_rng(7)
    true = all(np.allclose(gap(weights(random), random.normal(size=3)), 0, atol=1e-9) for _ in range(20))
    assert status(LINEAR, assumption, claim) == ("conditional" if true else "refuted")


@pytest.mark.parametrize(
    ("claim", "wanted"),
    [
        (rf"{STEP}=\mathrm{{diag}}(1-h_t^2)W", "proved"),
        (rf"{STEP}=W", "refuted"),
        (rf"{STEP}({STEP})^\top=\mathrm{{diag}}(1-h_t^2)^2", "conditional"),
        (rf"{STEP}({STEP})^\top=\mathrm{{diag}}(1-h_t^2)", "refuted"),
        (rf"{LONG}\le 1", "conditional"),
        (rf"{LONG}\ge 1", "refuted"),
        (rf"{LONG}<\frac12", "refuted"),
    ],
)
def test_a_nonlinear_state_with_orthogonal_weights(claim: str, wanted: str) -> None:
    """What holds of all weights needs no condition, and a bound may hold of these alone."""
    assert status(TANH, ORTHOGONAL, claim) == wanted


def test_the_condition_and_the_assumption_are_told() -> None:
    """A true claim names the assumption as its condition, a false one says under what it was tried."""
    true, false = verdicts(LINEAR, ORTHOGONAL, rf"{LONG}=1", rf"{LONG}=2")[1:]
    assert true.conditions == ("Wᵀ W = I",)
    assert "under the assumption Wᵀ W = I" in false.told
    assert false.counterexample is not None


@pytest.mark.parametrize(
    ("words", "true", "false"),
    [
        ("Let $W$ be orthogonal.", rf"{STEP}({STEP})^\top=I", rf"{STEP}=W^\top"),
        (r"Suppose that $W W^\top = I$.", rf"{STEP}({STEP})^\top=I", rf"{STEP}=W^\top"),
        ("We assume that $W$ is symmetric.", rf"{STEP}=W^\top", rf"{STEP}({STEP})^\top=I"),
    ],
)
def test_running_text_assumes_as_well(words: str, true: str, false: str) -> None:
    """A property in words or in a formula of the text."""
    text = f"{SETTINGS}{words}\n\n{LINEAR}\n$${true}$$\n\n$${false}$$\n"
    found = judge(read_document(source_from_text(text)), mend=False)
    assert [one.status for one in found[-2:]] == ["conditional", "refuted"]


@pytest.mark.parametrize(
    "words",
    [
        "The two are one only if $W$ is symmetric.",
        "Here $W$ is not symmetric.",
        "Note that $W$ need not be symmetric.",
        "A symmetric $W$ makes this shorter.\n\nHere is another thing.\n\n$$x_t=x_t$$",
    ],
)
def test_what_the_text_says_of_a_case_or_denies_is_no_assumption(words: str) -> None:
    """A claim that symmetric weights would make true is false."""
    text = f"{SETTINGS}{LINEAR}\n{words}\n\n$${STEP}=W^\\top$$\n"
    assert judge(read_document(source_from_text(text)), mend=False)[-1].status == "refuted"


def test_what_the_text_says_at_the_end_of_an_example_reaches_no_display_before_it() -> None:
    """But the sentence right behind a display may be about that display."""
    claim = f"$${STEP}=W^\\top$$"
    text = f"{SETTINGS}{LINEAR}\n{claim}\n\n$$x_t=x_t$$\n\nAs an example, let $W$ be symmetric.\n\n{claim}\n"
    found = judge(read_document(source_from_text(text)), mend=False)
    assert (found[1].status, found[-1].status) == ("refuted", "conditional")


CLASSES = r"""
$$h_t=\tanh(W h_{t-1}+U x_t), \quad p_t=\mathrm{softmax}(V h_t), \quad L=-\sum_{t=1}^T y_t^\top\log p_t$$

where $y_t$ is a one-hot vector.
"""


@pytest.mark.parametrize(
    ("claim", "wanted"),
    [
        (r"\frac{\partial L}{\partial h_T}=(p_T-y_T)^\top V", "proved"),
        (r"\frac{\partial L}{\partial h_T}=(y_T-p_T)^\top V", "refuted"),
        (r"\nabla_V L=\sum_{t=1}^T(p_t-y_t\odot y_t)h_t^\top", "unchecked"),
        (r"\nabla_V L=\sum_{t=1}^T(p_t-y_t)h_{t-1}^\top", "refuted"),
    ],
)
def test_a_one_hot_target_leaves_open_only_what_is_not_affine_in_it(claim: str, wanted: str) -> None:
    """What fails for shares that sum to 1 fails for a corner of the simplex, unless the target is multiplied."""
    text = f"{SETTINGS}{CLASSES}\n$${claim}$$\n"
    assert judge(read_document(source_from_text(text)), mend=False)[-1].status == wanted


def test_an_earlier_section_without_the_parameter_stands_as_it_is() -> None:
    """The structure is that of the sections that have the parameter."""
    one, claims = "# One\n\n$$s_t=A s_{t-1}$$\n\n", (ORTHOGONAL, f"{LONG}=1", f"{LONG}=2")
    text = f"{SETTINGS}{one}# Two\n\n{LINEAR}\n" + "\n\n".join(f"$${claim}$$" for claim in claims)
    found = judge(read_document(source_from_text(text)), mend=False)
    assert [one.status for one in found[-2:]] == ["conditional", "refuted"]


def test_what_holds_of_too_much_says_nothing() -> None:
    """The length of ``W h_t`` is that of ``W^\\top h_t`` too, so that nothing is said of the W in it."""
    found = verdicts(LINEAR, ORTHOGONAL, r"\|W h_t\|=\|h_t\|", r"\|W h_t\|=2\|h_t\|")
    assert [one.status for one in found] == ["definition", "unchecked", "refuted"]
    assert "without harm" in found[1].message


def test_what_follows_from_an_assumption_is_no_other_one() -> None:
    """``W W^\\top = I`` is a consequence; ``W W = I`` says more, is taken in, and leaves open what fails."""
    found = verdicts(LINEAR, ORTHOGONAL, r"W W^\top=I", rf"{LONG}=1", rf"{LONG}=2")
    assert [one.status for one in found] == ["definition", "conditional", "conditional", "refuted"]
    found = verdicts(LINEAR, ORTHOGONAL, "W W=I", rf"{LONG}=2")
    assert [one.status for one in found] == ["definition", "definition", "unchecked"]


@pytest.mark.parametrize("assumption", [r"U^\top U=I", "W W=W", r"x_t=0"])
def test_other_assumptions_leave_a_failure_open(assumption: str) -> None:
    """Of these no samples are made: what fails stays unchecked."""
    name = "U" if "U" in assumption else "x_t" if "x" in assumption else "W"
    claim = r"\frac{\partial h_t}{\partial h_{t-1}}=2W" if name == "W" else rf"{name}={name}+{name}"
    assert status(LINEAR, assumption, claim) in ("unchecked", "definition")


@pytest.mark.parametrize("relation", [ORTHOGONAL, r"W W^\top=I"])
def test_products_of_reflections_are_orthogonal_in_every_world(relation: str) -> None:
    """Both kinds are made, with determinants 1 and -1, and the prime field has them exactly."""
    document = read_document(source_from_text(f"{TANH}{LOSS}\n$${relation}$$\n"))
    claim = document.entries[-1].relation
    assert claim is not None
    found = structure_of(claim)
    assert found is not None
    signs = set()
    for model in structured(document.models[0], dict([found])):
        ground = make_ground(model, 3)
        weight = NumericWorld(ground.graph, ground.shapes).node(("W", ()))
        assert np.abs(np.swapaxes(weight, -1, -2) @ weight - np.eye(weight.shape[-1])).max() < 1e-12
        signs |= set(np.linalg.det(weight).round().astype(int).tolist())
        exact = ExactWorld(ground.graph, ground.shapes)
        value = exact.node(("W", ()))
        assert exact.equal(exact.matrix_product(exact.transpose(value), value), exact.identity(value.shape[0]))
    assert signs == {1, -1}
