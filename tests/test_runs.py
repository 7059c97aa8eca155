"""Sizes that are said of steps, one by one and together, and lists of steps; what contradicts is never taken in.

Whether sizes go together is established by NumPy: names become different prime numbers, arrays are stacked and joined.
"""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

ROWS = r"h_t=\tanh(x_t U+h_{t-1}W+b)"
COLUMNS = r"h_t=\tanh(W h_{t-1}+U x_t+b)"
SIZES = {"B": 5, "n": 4, "H": 3, "D": 2}


def verdicts(*claims: str) -> list[Verdict]:
    """The verdicts on some displays of one document."""
    text = "\n\n".join(f"$${claim}$$" for claim in claims)
    return judge(read_document(source_from_text(text)), mend=False)


def words(*claims: str) -> list[str]:
    """The words for some displays of one document."""
    return [verdict.status for verdict in verdicts(*claims)]


def test_the_tensors_of_the_slides() -> None:
    """What slides say of their tensors, as they write it: all of it goes together, under the readings that are told."""
    found = verdicts(
        r"|X| = (\text{batch\_size}, n, \text{input\_size})",
        r"\text{where } X = \{x_1, x_2, \dots, x_n\}",
        r"|h_t| = (\text{batch\_size}, \text{hidden\_size})",
        r"|h_{1:n}| = (\text{batch\_size}, n, \text{hidden\_size})",
        r"\text{where } h_{1:n} = [h_1; h_2; \cdots; h_n].",
    )
    assert [verdict.status for verdict in found] == ["definition", "conditional", *["definition"] * 2, "conditional"]
    assert found[1].conditions == ("the steps stand in order",)
    assert "have an axis of their own in (batch_size, n, hidden_size)" in found[3].message
    assert found[4].conditions == ("the steps stand on an axis of their own",)
    assert "they would be (n batch_size, hidden_size)" in found[4].readings[1][1]


@pytest.mark.parametrize(
    ("listing", "whole", "expected"),
    [
        (r"[h_1;\dots;h_n]", "(B, n, H)", "conditional"),
        (r"[h_1;\dots;h_n]", "(n, B, H)", "conditional"),
        (r"[h_1;\dots;h_n]", "(nB, H)", "definition"),
        (r"[h_1,\dots,h_n]", "(B, nH)", "definition"),
        (r"[h_1,\dots,h_n]", "(B, H, n)", "conditional"),
        (r"(h_1,\dots,h_n)", "(B, n, H)", "definition"),
        (r"\{h_1,\dots,h_n\}", "(B, n, H)", "conditional"),
    ],
)
def test_what_brackets_say_of_a_list(listing: str, whole: str, expected: str) -> None:
    """Brackets make blocks, braces a set; where the sizes say otherwise, that is a condition."""
    assert words("|h_t| = (B, H)", f"|h_{{1:n}}| = {whole}", f"h_{{1:n}} = {listing}")[-1] == expected


def test_columns_side_by_side_are_a_matrix() -> None:
    """Vectors in brackets, with commas, are the columns of a matrix; its rows they are on a condition only."""
    steps, matrix = r"x_t\in\mathbb{R}^d", r"x_{1:T}=[x_1,\dots,x_T]"
    assert words(steps, r"x_{1:T}\in\mathbb{R}^{d\times T}", matrix)[-1] == "definition"
    assert words(steps, r"x_{1:T}\in\mathbb{R}^{T\times d}", matrix)[-1] == "conditional"


def together(single: tuple[str, ...]) -> set[tuple[int, ...]]:
    """The shapes that n arrays of some sizes make, by NumPy: on an axis of their own, or joined along one."""
    arrays = [np.zeros([SIZES[name] for name in single])] * SIZES["n"]
    stacked = {np.stack(arrays, axis).shape for axis in range(len(single) + 1)}
    return stacked | {np.concatenate(arrays, axis).shape for axis in range(len(single))}


WHOLES = [
    *permutations(("B", "n", "H")),
    *permutations(("B", "n", "D")),
    *product(("B", "n", "H", "nB", "nH", "D"), repeat=2),
    ("B", "n"),
    ("B", "n", "n"),
    ("B", "B", "H"),
    ("B", "n", "D", "H"),
]


@pytest.mark.parametrize("said", WHOLES)
@pytest.mark.parametrize("first", ["one step", "all steps"])
def test_sizes_of_steps_against_numpy(said: tuple[str, ...], first: str) -> None:
    """With B, H, n and D in use for other things, sizes of all steps go with those of one exactly if arrays do."""
    known = (r"|h_t| = (B, H)", r"|x_t| = (B, D)", r"x_{1:n} = (x_1, \dots, x_n)")
    whole = rf"|h_{{1:n}}| = ({', '.join(said)})"
    numbers = tuple(int(np.prod([SIZES[letter] for letter in name])) for name in said)
    found = words(*known, whole) if first == "one step" else words(whole, *known)
    place = found[-1] if first == "one step" else found[1]
    rest = found[:-1] if first == "one step" else [found[0], *found[2:]]
    assert rest == ["definition"] * 3
    if numbers in together(("B", "H")):
        assert place == "definition"
    else:
        assert place == ("unchecked" if {"nB", "nH"} & set(said) else "refuted")


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([r"|h_t| = (B, H)", r"|h_{1:n}| = (B, n, K)"], "unchecked"),  # K may be another name for H
        ([r"|h_t| = (B, H)", r"|h_{1:n}| = (B, m, H)"], "unchecked"),  # and m for n
        ([r"|h_t| = (B, H)", r"|h_t| = (H, B)"], "refuted"),
        ([r"|h_t| = (B, H)", r"|h_t| = (B, K)"], "unchecked"),
        ([r"|X| = (B, n, D)", r"X = \{x_1, \dots, x_m\}"], "unchecked"),
        ([r"X = \{x_1, \dots, x_n\}", r"|x_t| = (B, D)", r"|X| = (D, n, B)"], "refuted"),
        ([r"\mathrm{shape}(h_t)=(B,H)", r"h_{1:n} \in \mathbb{R}^{B \times n \times H}"], "definition"),
        ([r"\mathrm{shape}(h_t)=(B,H)", r"h_{1:n} \in \mathbb{R}^{H \times n \times B}"], "refuted"),
        ([r"h_t \in \mathbb{R}^{B\times H}", r"h_{1:n}: n \times B \times H"], "definition"),
        ([r"h_t \in \mathbb{R}^{B\times H}", r"h_{1:n}: n \times B"], "refuted"),
        ([r"x_t \in \mathbb{R}^d", r"x_{1:T} \in \mathbb{R}^{T \times d}"], "definition"),
        ([r"x_t \in \mathbb{R}^d", r"x_{1:T} \in \mathbb{R}^{B \times T \times d}"], "definition"),
        ([r"x_t \in \mathbb{R}^d", r"x_{1:T} \in \mathbb{R}^{T \times T}"], "refuted"),
        ([r"|h_t| = (32, 128)", r"|h_{1:n}| = (32, n, 128)"], "definition"),
        ([r"|h_t| = (32, 128)", r"|h_{1:n}| = (128, n, 32)"], "refuted"),
        ([r"|h_t| = (32, 128)", r"|h_{1:n}| = (64, n, 128)"], "refuted"),
        ([r"|h_t| = (B, H)", r"|h_{1:n}| = (32, n, 128)"], "unchecked"),
        (["T=4", r"|h_t| = (B, H)", r"|h_{1:T}| = (B, 4, H)"], "definition"),
        (["T=4", r"|h_t| = (B, H)", r"|h_{1:T}| = (B, 5, H)"], "refuted"),
        ([r"|h_t| = (B, H)", r"|h_{0:T}| = (B, T+1, H)"], "definition"),
        ([r"|h_t| = (B, H)", r"|h_{0:T}| = (B, T, H)"], "unchecked"),
    ],
)
def test_sizes_that_are_said(claims: list[str], expected: str) -> None:
    """Sizes agree, contradict in names or numbers that are in use, or it is told that nothing decides."""
    *before, last = words(*claims)
    assert (before, last) == (["definition"] * len(before), expected)


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"x_{1:T}=(x_1,\dots,x_T)", "definition"),
        (r"x_{1:T}=[x_1;x_2;\cdots;x_T]", "definition"),
        (r"(x_1,x_2,\ldots,x_T)=x_{1:T}", "definition"),
        (r"x_{k:T}=(x_k,x_{k+1},\dots,x_T)", "definition"),
        (r"X=x_{1:T}", "definition"),
        (r"x_{1:T}=(x_2,\dots,x_T)", "refuted"),
        (r"x_{1:T}=(x_1,\dots,x_{T+2})", "refuted"),
        (r"x_{1:T}=(x_T,\dots,x_1)", "refuted"),
        (r"x_{1:4}=(x_1,\dots,x_3)", "unchecked"),
        (r"x_{0:T}=(x_0,\dots,x_{T-1})", "unchecked"),  # a range may leave its end out
        (r"x_{1:T}=(x_1,x_3,\dots,x_T)", "unchecked"),
        (r"x_{1:T}=(x_1,\dots,x_n)", "unchecked"),
        (r"h_{1:T}=(x_1,\dots,x_T)", "unchecked"),  # h_t is defined
        (r"z_{1:T}=(x_1,\dots,x_T)", "definition"),
        (r"y=f(x_{1:T})", "unchecked"),
        (r"x_{1:T}+b=0", "unchecked"),
        (r"2(W,U)=b", "unchecked"),
        (r"|(W,U)|=(H,D)", "unchecked"),
    ],
)
def test_lists_of_steps(claim: str, expected: str) -> None:
    """A range of steps is the list from its first to its last; in a formula neither has a value."""
    assert words(COLUMNS, claim) == ["definition", expected]


def test_a_name_for_steps_has_no_value() -> None:
    """A formula that holds a name for several steps is not judged, and a name that has a formula gets no steps."""
    assert words(r"X=[x_1,\dots,x_T]", COLUMNS, r"\frac{\partial h_t}{\partial x_t}=X")[-1] == "unchecked"
    assert words(COLUMNS, r"X=W h_T", r"X=\{x_1,\dots,x_n\}")[-1] == "unchecked"


BATCH = {ROWS: (r"D\times H", r"H\times D"), COLUMNS: (r"H\times D", r"D\times H")}


@pytest.mark.parametrize("cell", BATCH)
@pytest.mark.parametrize("axes", [r"B\times %s", r"%s\times B"])
def test_samples_leave_the_sizes_of_one(cell: str, axes: str) -> None:
    """Where every step has an axis of samples, the other axis is held against the definitions and the weights."""
    right, wrong = BATCH[cell]
    steps = [rf"{name}_t\in\mathbb{{R}}^{{{axes % size}}}" for name, size in (("h", "H"), ("x", "D"))]
    weights = [r"W\in\mathbb{R}^{H\times H}", rf"U\in\mathbb{{R}}^{{{right}}}"]
    false = [rf"U\in\mathbb{{R}}^{{{wrong}}}", r"W\in\mathbb{R}^{H\times D}", r"W\in\mathbb{R}^{B\times B}"]
    assert words(cell, *steps, *weights) == ["definition"] * 5
    for claim in false:
        assert words(cell, *steps, claim)[-1] == "refuted"
        assert words(cell, claim, *steps)[1] == "refuted"


def test_samples_are_counted_by_one_axis() -> None:
    """Two quantities whose samples are on different axes, or of no common size, are told."""
    both = (r"h_t\in\mathbb{R}^{B\times H}", r"x_t\in\mathbb{R}^{D\times B}")
    assert words(ROWS, *both) == ["definition", "definition", "unchecked"]
    assert words(ROWS, both[0], r"x_t\in\mathbb{R}^{N\times D}")[-1] == "unchecked"


def test_sizes_of_all_steps_are_held_against_the_definitions() -> None:
    """Where only all steps together have sizes, what they leave for one step is compared with the formulas."""
    whole = (r"|h_{1:T}| = (B, T, H)", r"|x_{1:T}| = (B, T, D)")
    assert words(COLUMNS, *whole, r"|U| = (H, D)", r"|W| = (H, H)") == ["definition"] * 5
    assert words(COLUMNS, *whole, r"|U| = (D, H)")[-1] == "refuted"
    assert words(COLUMNS, *whole, r"|W| = (H, D)")[-1] == "refuted"


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"|U x_t| = (H, 1)", "verified"),
        (r"|U x_t| = (D, 1)", "refuted"),
        (r"|h_t x_t^\top| = (H, D)", "verified"),
        (r"|h_t x_t^\top| = (D, H)", "refuted"),
        (r"|U x_t| = (K, 1)", "unchecked"),
        (r"|U x_t| = (B, H, 1)", "unchecked"),
        (r"W h_t \in \mathbb{R}^{B\times T\times H}", "unchecked"),
    ],
)
def test_the_size_of_a_formula_is_a_claim(claim: str, expected: str) -> None:
    """``|U x_t| = (H, 1)`` is judged as ``U x_t \\in R^{H x 1}`` is."""
    assert words(COLUMNS, r"h_t\in\mathbb{R}^H", r"x_t\in\mathbb{R}^D", claim)[-1] == expected


def test_a_later_section_may_say_other_sizes() -> None:
    """Sizes of another section contradict nothing: they are told, or taken in."""
    text = "# A\n\n$$|h_t| = (B, H)$$\n\n# B\n\n$$|h_{1:n}| = (n, H)$$\n\n$$|h_t| = (H, B)$$"
    found = [verdict.status for verdict in judge(read_document(source_from_text(text)), mend=False)]
    assert "refuted" not in found[:2]
    assert found[0] == "definition"
