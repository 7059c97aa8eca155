"""Probabilities: what follows from their definition is proved; what only some distributions fulfil is never true.

An evaluator of its own decides here: it counts in tables of integers, over all values of a few random distributions.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import product

import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

CHAIN = r"p(a, b) = p(a \mid b) p(b)"
"""Says that p is a probability."""


def verdicts(*claims: str) -> list[Verdict]:
    """The verdicts on some displays of one document."""
    text = "\n\n".join(f"$${claim}$$" for claim in claims)
    return judge(read_document(source_from_text(text)), mend=False)


def word(claim: str) -> str:
    """The word for a claim about a probability."""
    return verdicts(CHAIN, claim)[-1].status


# ------------------------------------------------------------------------------------------- products of probabilities

Factor = tuple[str, str]
"""What is asked and what is given, a letter for each quantity."""


def table(seed: int) -> dict[tuple[int, ...], int]:
    """How often each of all values of a, b and c together occurs, of three values each."""
    dice = random.Random(seed)
    return {values: dice.randint(1, 9) for values in product(range(3), repeat=3)}


def counted(factor: Factor, counts: dict[tuple[int, ...], int], values: tuple[int, ...]) -> Fraction:
    """A probability by counting."""

    def number(letters: str) -> int:
        places = ["abc".index(letter) for letter in letters]
        return sum(count for row, count in counts.items() if all(row[at] == values[at] for at in places))

    asked, given = factor
    return Fraction(number(asked + given), number(given))


def holds(left: Sequence[Factor], right: Sequence[Factor]) -> bool:
    """Whether two products are the same for all values of random distributions."""
    for seed in range(3):
        counts = table(seed)
        for values in counts:
            sides = [Fraction(1), Fraction(1)]
            for place, factors in enumerate((left, right)):
                for factor in factors:
                    sides[place] *= counted(factor, counts, values)
            if sides[0] != sides[1]:
                return False
    return True


def written(factors: Sequence[Factor]) -> str:
    """A product as LaTeX."""
    parts = [f"p({', '.join(asked)}" + (rf" \mid {', '.join(given)})" if given else ")") for asked, given in factors]
    return " ".join(parts)


PIECES = [
    (asked, given) for asked in ("a", "b", "ab", "c") for given in ("", "a", "b", "bc") if not set(asked) & set(given)
]
PAIRS = [
    ([one], [two, three])
    for one in [("abc", ""), ("ab", "c"), ("ab", ""), ("a", "bc")]
    for two, three in product([*PIECES, ("c", "ab"), ("a", "c"), ("b", "ac"), ("b", "c")], repeat=2)
]


def test_products_against_counting() -> None:
    """Of 1000 equations between products exactly those that counting confirms are proved; no other one is true."""
    pairs = random.Random(7).sample(PAIRS, 150) + [pair for pair in PAIRS if holds(*pair)]
    assert sum(holds(*pair) for pair in pairs) >= 10
    found = verdicts(CHAIN, *(f"{written(left)} = {written(right)}" for left, right in pairs))[1:]
    for (left, right), verdict in zip(pairs, found, strict=True):
        if holds(left, right):
            assert verdict.status == "proved", verdict.latex
        else:
            assert verdict.status in ("refuted", "unchecked"), verdict.latex


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (r"p(a \mid b) = \frac{p(b \mid a) p(a)}{p(b)}", "proved"),
        (r"p(a | b) = \frac{p(b | a) p(b)}{p(a)}", "refuted"),
        (r"p(a | b) = p(b | a)", "refuted"),
        (r"p(a) = \sum_{b} p(a, b)", "verified"),
        (r"p(a) = \sum_{b} p(a \mid b) p(b)", "verified"),
        (r"p(a) = \sum_{b} p(a \mid b)", "refuted"),
        (r"\sum_{a} p(a \mid b) = 1", "verified"),
        (r"\sum_{b} p(a \mid b) = 1", "refuted"),
        (r"p(a, b) = p(a) p(b)", "unchecked"),
        (r"p(a, b) = p(a) + p(b)", "refuted"),
        (r"\log p(a, b) = \log p(a \mid b) + \log p(b)", "proved"),
        (r"\log p(a, b) = \log p(a \mid b) \log p(b)", "refuted"),
        (r"\log p(a, b) = \log p(a \mid b) - \log p(b)", "refuted"),
        (r"q(a \mid b) = p(a \mid b)", "unchecked"),
        (r"p(a \mid b) \approx p(a)", "unchecked"),
        (r"p(a \mid b; \theta) = p(a)", "unchecked"),
        (r"p(a \mid b) = \sigma(w)", "unchecked"),
        (r"p(W a \mid b) = p(a)", "unchecked"),
    ],
)
def test_equations_between_probabilities(claim: str, expected: str) -> None:
    """True of every distribution, false of every one that could be meant, or told why neither."""
    assert word(claim) == expected


WHOLE = r"p(x_{1:T}) = "
STEPS = {
    WHOLE + r"\prod_{t=1}^{T} p(x_t \mid x_{<t})": "proved",
    WHOLE + r"\prod_{t=1}^{T} p(x_t \mid x_1, \dots, x_{t-1})": "proved",
    WHOLE + r"\prod_{t=1}^{T} p(x_t \mid x_{t-1}, \dots, x_1)": "proved",
    r"p(x_1, \dots, x_T) = p(x_1) \prod_{t=2}^{T} p(x_t | x_{1:t-1})": "proved",
    r"\log p(x_{1:T}) = \sum_{t=1}^{T} \log p(x_t \mid x_{<t})": "proved",
    r"p(y_{1:T} \mid x_{1:T}) = \prod_{t=1}^{T} p(y_t \mid y_{<t}, x_{1:T})": "proved",
    r"p(x_t, x_{t-1}) = p(x_t \mid x_{t-1}) p(x_{t-1})": "proved",
    # the last step, the first one, itself, one alone, and the sign
    WHOLE + r"\prod_{t=1}^{T-1} p(x_t \mid x_{<t})": "refuted",
    WHOLE + r"\prod_{t=2}^{T} p(x_t \mid x_{<t})": "refuted",
    WHOLE + r"\prod_{t=1}^{T} p(x_t \mid x_{\le t})": "refuted",
    WHOLE + r"\sum_{t=1}^{T} p(x_t \mid x_{<t})": "refuted",
    r"\log p(x_{1:T}) = \prod_{t=1}^{T} \log p(x_t \mid x_{<t})": "refuted",
    r"\log p(x_{1:T}) = -\sum_{t=1}^{T} \log p(x_t \mid x_{<t})": "refuted",
    r"p(x_t, x_{t-1}) = p(x_t \mid x_{t-1}) p(x_t)": "refuted",
    # assumptions
    WHOLE + r"\prod_{t=1}^{T} p(x_t \mid x_{t-1})": "unchecked",
    WHOLE + r"\prod_{t=1}^{T} p(x_t)": "unchecked",
    r"p(y_{1:T} \mid x_{1:T}) = \prod_{t=1}^{T} p(y_t \mid y_{<t}, x_{\le t})": "unchecked",
}


@pytest.mark.parametrize("claim", STEPS)
def test_likelihoods_of_sequences(claim: str) -> None:
    """The rule of the product over time, with its ends, and what authors make of it."""
    assert word(claim) == STEPS[claim]


def test_the_likelihood_of_the_book() -> None:
    """Two answers to two questions: what the first answer may know of the second question is an assumption."""
    whole = r"\log p(y^{(1)},y^{(2)}\mid x^{(1)},x^{(2)})="
    last = r"\log p(y^{(2)}\mid y^{(1)},x^{(1)},x^{(2)})"
    found = verdicts(
        rf"{whole}{last}+\log p(y^{{(1)}}\mid x^{{(1)}},x^{{(2)}})", rf"{whole}{last}+\log p(y^{{(1)}}\mid x^{{(1)}})"
    )
    assert [verdict.status for verdict in found] == ["proved", "unchecked"]
    assert "assumption" in found[1].message


def test_probabilities_of_computed_quantities_are_not_refuted() -> None:
    """A state that follows from the inputs adds nothing to what is known: that is true of the network."""
    cell = r"h_t=\tanh(W h_{t-1}+U x_t)"
    assert verdicts(cell, r"p(h_t, x_{1:t} \mid h_0) = p(x_{1:t} \mid h_0)")[-1].status == "unchecked"


def test_a_loss_of_probabilities_is_not_known() -> None:
    """What is defined by a probability without a formula is not judged, nor anything that depends on it."""
    cell = r"h_t=\tanh(W h_{t-1}+U x_t)"
    claims = (r"L=-\sum_{t=1}^{T}\log p(y_t \mid x_{1:t})", r"\frac{\partial L}{\partial W}=0")
    assert [verdict.status for verdict in verdicts(cell, *claims)[1:]] == ["unchecked", "unchecked"]


@pytest.mark.parametrize(
    "claim",
    [r"\log(a | b) = 1", r"W(a | b) + |x| = 2", r"f(x \mid \theta)_i = 3", r"\{a \mid b\} = c", r"(a \mid b) = c"],
)
def test_other_bars_are_no_conditions(claim: str) -> None:
    """A bar in parentheses that is no probability's is told."""
    assert verdicts(claim)[-1].status == "unchecked"


def test_many_parentheses_are_read_in_time() -> None:
    """Bars are paired with their parentheses in one pass."""
    assert verdicts("f(" * 20_000 + "a | b" + ")" * 20_000)[-1].status == "unchecked"
