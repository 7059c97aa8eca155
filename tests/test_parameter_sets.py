r"""``\theta`` without a definition: derivatives by it are those by parameters of the model, which are named.

Which sets make an equation true is known from where the parameters of the model stand: V and c after the state, W, U
and b in it. The numbers come from the definitions, as for every claim.
"""

import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

MODEL = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b), \quad \hat y_t = V h_t + c, \quad L_t = \ell(\hat y_t, y_t)$$

$$L = \sum_t L_t$$
"""
ALL, STATE, READOUT = "W, U, b, V, c", "W, U, b", "V, c"

TRUE = [
    (r"\frac{\partial L}{\partial @} = \sum_{t=1}^T \frac{\partial L_t}{\partial @}", ALL),
    (
        r"\frac{\partial L_t}{\partial @} = \sum_{k=1}^t \frac{\partial L_t}{\partial h_t}"
        r"\frac{\partial h_t}{\partial h_k}\frac{\partial^+ h_k}{\partial @}",
        STATE,
    ),
    (
        r"\frac{\partial L}{\partial @} = \sum_{t=1}^T \frac{\partial L}{\partial \hat y_t}"
        r"\frac{\partial^+ \hat y_t}{\partial @}",
        READOUT,
    ),
    (
        r"\frac{\mathrm{d} h_t}{\mathrm{d} @} = \frac{\partial^+ h_t}{\partial @} + "
        r"\frac{\partial h_t}{\partial h_{t-1}}\frac{\mathrm{d} h_{t-1}}{\mathrm{d} @}",
        ALL,
    ),
]
FALSE = [
    r"\frac{\partial L}{\partial @} = \sum_{t=2}^T \frac{\partial L_t}{\partial @}",
    r"\frac{\partial L_t}{\partial @} = \sum_{k=1}^{t-1} \frac{\partial L_t}{\partial h_t}"
    r"\frac{\partial h_t}{\partial h_k}\frac{\partial^+ h_k}{\partial @}",
    r"\frac{\partial L_t}{\partial @} = \frac{\partial L_t}{\partial h_t}\frac{\partial^+ h_t}{\partial @}",
    r"\frac{\mathrm{d} h_t}{\mathrm{d} @} = \frac{\partial h_t}{\partial h_{t-1}}"
    r"\frac{\mathrm{d} h_{t-1}}{\mathrm{d} @}",
]
LETTERS = (r"\theta", r"\Theta", r"\boldsymbol{\theta}")


def verdict(claim: str, letter: str, said: str = "", model: str = MODEL) -> Verdict:
    text = f"---\nlayout: numerator\n---\n{model}\n{said}\n$${claim.replace('@', letter)}$$\n"
    return judge(read_document(source_from_text(text)), mend=False)[-1]


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(("claim", "members"), TRUE)
def test_the_largest_set_that_makes_it_true_is_named(claim: str, members: str, letter: str) -> None:
    """The verdict is conditional, and says which parameters the letter has to stand for."""
    found = verdict(claim, letter)
    assert found.status == "conditional"
    assert any(words.endswith(f"stands for {members}") for words in found.conditions), found.conditions


@pytest.mark.parametrize("claim", FALSE)
def test_what_holds_for_no_parameter_is_refuted(claim: str) -> None:
    """Neither all of them nor any of them make it true."""
    assert verdict(claim, r"\theta").status == "refuted"


def test_a_set_that_is_said_is_the_one_that_counts() -> None:
    """With a definition nothing is guessed."""
    claim, _ = TRUE[1]
    assert verdict(claim, r"\theta", r"$$\theta = \{W, U, b\}$$").status == "proved"
    assert verdict(claim, r"\theta", r"$$\theta = \{W, V\}$$").status == "refuted"


@pytest.mark.parametrize(
    "claim",
    [
        r"\frac{\partial L}{\partial \theta} = \theta \sum_{t=1}^T \frac{\partial L_t}{\partial \theta}",
        r"\frac{\partial L}{\partial q} = \sum_{t=1}^T \frac{\partial L_t}{\partial q}",
        r"\frac{\partial \theta}{\partial \theta} = 1",
    ],
)
def test_nothing_is_guessed_of_other_letters(claim: str) -> None:
    """A letter that stands somewhere else as well, or that is no name for parameters, stays undefined."""
    assert verdict(claim, "").status == "unchecked"


def test_a_bound_names_the_set_as_well() -> None:
    """The triangle inequality holds for any set, and one that leaves a step out for none."""
    bound = r"\lVert\frac{\partial L}{\partial @}\rVert \le \sum_{t=%d}^T \lVert\frac{\partial L_t}{\partial @}\rVert"
    model = MODEL.replace(r"\ell(\hat y_t, y_t)", r"\lVert \hat y_t - y_t \rVert^2")
    found = verdict(bound % 1, r"\theta", model=model)
    assert (found.status, found.conditions) == ("conditional", (f"θ stands for {ALL}",))
    assert verdict(bound % 2, r"\theta", model=model).status == "refuted"
