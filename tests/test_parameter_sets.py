r"""``\theta`` without a definition: derivatives by it are those by parameters of the model, which are named.

Which sets make an equation true, and that the others are far from it, is what a network in NumPy says, written here
and differentiated by complex steps.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np
import pytest
from complex_step import STEP, Array, Network, equal

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

MODEL = r"""
$$h_t = \tanh(W h_{t-1} + U x_t + b), \quad \hat y_t = V h_t + c, \quad L_t = \ell(\hat y_t, y_t)$$

$$L = \sum_t L_t$$
"""
PARAMETERS = ("W", "U", "b", "V", "c")
ALL, STATE, READOUT = "W, U, b, V, c", "W, U, b", "V, c"
T, HIDDEN, INPUT, OUTPUT = 4, 3, 2, 4


class Cell(Network):
    """The network of MODEL for some loss of a step."""

    def __init__(self, loss: Callable[[Array, Array], Array], seed: int = 1) -> None:
        self.loss = loss
        random = np.random.default_rng(seed)
        shapes = {"W": (HIDDEN, HIDDEN), "U": (HIDDEN, INPUT), "b": HIDDEN, "V": (OUTPUT, HIDDEN), "c": OUTPUT}
        leaves = {name: random.normal(size=shape) for name, shape in shapes.items()} | {("h", 0): np.ones(HIDDEN) / 2}
        for t in range(1, T + 1):
            leaves |= {("x", t): random.normal(size=INPUT), ("y", t): random.normal(size=OUTPUT)}
        super().__init__(leaves)

    def run(self, moved: dict[object, Array]) -> dict[object, Array]:
        v = {**self.leaves, **moved}
        for t in range(1, T + 1):
            v["h", t] = moved.get(("h", t), np.tanh(v["W"] @ v["h", t - 1] + v["U"] @ v["x", t] + v["b"]))
            v["o", t] = moved.get(("o", t), v["V"] @ v["h", t] + v["c"])
            v["L", t] = self.loss(v["o", t], v["y", t])
        v["L"] = sum(v["L", t] for t in range(1, T + 1))
        return v

    def own(self, of: str, t: int, by: str) -> Array:
        """The immediate derivative of a quantity of step t: whatever else its formula reads is held."""
        held = {key: self.values[key] for key in (("h", t - 1), ("h", t)) if key != (of, t)}
        columns = []
        for place in np.ndindex(self.leaves[by].shape):
            moved = self.leaves[by].astype(complex)
            moved[place] += 1j * STEP
            columns.append(np.imag(self.run({by: moved, **held})[of, t]) / STEP)
        return np.stack(columns, -1)

    def flat(self, of: object, by: str) -> Array:
        """The derivative by a parameter whose entries stand in one row."""
        return self.d(of, by).reshape(*np.shape(self.values[of]), -1)


N = Cell(lambda output, target: (np.exp(output / 3) * target).sum() + (output**3).sum() / 9)
S = range(1, T + 1)
Sides = Callable[[str], tuple[list[Array], list[Array]]]


def through(t: int, last: int, by: str) -> Array:
    """The gradient of the loss of step t through the states up to a last one."""
    return sum(
        (N.d(("L", t), ("h", t)) @ N.d(("h", t), ("h", k)) @ N.own("h", k, by) for k in range(1, last + 1)),
        np.zeros(N.leaves[by].size),
    )


def on(t: int, by: str) -> Array:
    """What a state has from the one before."""
    return N.d(("h", t), ("h", t - 1)) @ N.flat(("h", t - 1), by)


def outputs(first: int, by: str) -> Array:
    """The gradient through the outputs from a first step on."""
    return sum(N.d("L", ("o", t)) @ N.own("o", t, by) for t in range(first, T + 1))


TRUE: list[tuple[str, str, Sides]] = [
    (
        r"\frac{\partial L}{\partial @} = \sum_{t=1}^T \frac{\partial L_t}{\partial @}",
        ALL,
        lambda by: ([N.flat("L", by)], [sum(N.flat(("L", t), by) for t in S)]),
    ),
    (
        r"\frac{\partial L_t}{\partial @} = \sum_{k=1}^t \frac{\partial L_t}{\partial h_t}"
        r"\frac{\partial h_t}{\partial h_k}\frac{\partial^+ h_k}{\partial @}",
        STATE,
        lambda by: ([N.flat(("L", t), by) for t in S], [through(t, t, by) for t in S]),
    ),
    (
        r"\frac{\partial L}{\partial @} = \sum_{t=1}^T \frac{\partial L}{\partial \hat y_t}"
        r"\frac{\partial^+ \hat y_t}{\partial @}",
        READOUT,
        lambda by: ([N.flat("L", by)], [outputs(1, by)]),
    ),
    (
        r"\frac{\mathrm{d} h_t}{\mathrm{d} @} = \frac{\partial^+ h_t}{\partial @} + "
        r"\frac{\partial h_t}{\partial h_{t-1}}\frac{\mathrm{d} h_{t-1}}{\mathrm{d} @}",
        ALL,
        lambda by: ([N.flat(("h", t), by) for t in S], [N.own("h", t, by) + on(t, by) for t in S]),
    ),
]
FALSE: list[tuple[str, Sides]] = [
    (
        r"\frac{\partial L}{\partial @} = \sum_{t=2}^T \frac{\partial L_t}{\partial @}",
        lambda by: ([N.flat("L", by)], [sum(N.flat(("L", t), by) for t in S[1:])]),
    ),
    (
        r"\frac{\partial L_t}{\partial @} = \sum_{k=1}^{t-1} \frac{\partial L_t}{\partial h_t}"
        r"\frac{\partial h_t}{\partial h_k}\frac{\partial^+ h_k}{\partial @}",
        lambda by: ([N.flat(("L", t), by) for t in S], [through(t, t - 1, by) for t in S]),
    ),
    (
        r"\frac{\partial L_t}{\partial @} = \frac{\partial L_t}{\partial h_t}\frac{\partial^+ h_t}{\partial @}",
        lambda by: ([N.flat(("L", t), by) for t in S], [N.d(("L", t), ("h", t)) @ N.own("h", t, by) for t in S]),
    ),
    (
        r"\frac{\partial L}{\partial @} = \sum_{t=2}^T \frac{\partial L}{\partial \hat y_t}"
        r"\frac{\partial^+ \hat y_t}{\partial @}",
        lambda by: ([N.flat("L", by)], [outputs(2, by)]),
    ),
    (
        r"\frac{\mathrm{d} h_t}{\mathrm{d} @} = \frac{\partial h_t}{\partial h_{t-1}}"
        r"\frac{\mathrm{d} h_{t-1}}{\mathrm{d} @}",
        lambda by: ([N.flat(("h", t), by) for t in S], [on(t, by) for t in S]),
    ),
    (
        r"\frac{\mathrm{d} h_t}{\mathrm{d} @} = \frac{\partial^+ h_t}{\partial @} - "
        r"\frac{\partial h_t}{\partial h_{t-1}}\frac{\mathrm{d} h_{t-1}}{\mathrm{d} @}",
        lambda by: ([N.flat(("h", t), by) for t in S], [N.own("h", t, by) - on(t, by) for t in S]),
    ),
]


def members_of(sides: Sides) -> list[str]:
    """The parameters by which both sides have the same numbers; by the others they are off by more than 1e-3."""
    return [by for by in PARAMETERS if equal(*sides(by))]


def zero(sides: Sides, by: str) -> bool:
    """Whether both sides vanish at every step, so that nothing is said."""
    return not any(np.any(side) for side in chain(*sides(by)))


LETTERS = (r"\theta", r"\Theta", r"\boldsymbol{\theta}")


def verdict(claim: str, letter: str, said: str = "", model: str = MODEL) -> Verdict:
    text = f"---\nlayout: numerator\n---\n{model}\n{said}\n$${claim.replace('@', letter)}$$\n"
    return judge(read_document(source_from_text(text)), mend=False)[-1]


@pytest.mark.parametrize(("claim", "members", "sides"), TRUE)
def test_numpy_says_which_parameters_make_it_true(claim: str, members: str, sides: Sides) -> None:
    """All those that the verdict is to name, and no other."""
    assert members_of(sides) == members.split(", ")
    assert not all(zero(sides, by) for by in members.split(", "))


@pytest.mark.parametrize(("claim", "sides"), FALSE)
def test_numpy_says_that_no_parameter_makes_it_true(claim: str, sides: Sides) -> None:
    """Where the sides agree both are zero."""
    assert all(zero(sides, by) for by in members_of(sides))


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(("claim", "members"), [row[:2] for row in TRUE])
def test_the_largest_set_that_makes_it_true_is_named(claim: str, members: str, letter: str) -> None:
    """The verdict is conditional, and says which parameters the letter has to stand for."""
    found = verdict(claim, letter)
    assert found.status == "conditional"
    assert any(words.endswith(f"stands for {members}") for words in found.conditions), found.conditions


@pytest.mark.parametrize("claim", [row[0] for row in FALSE])
def test_what_holds_for_no_parameter_is_refuted(claim: str) -> None:
    """Neither all of them nor any of them make it true."""
    assert verdict(claim, r"\theta").status == "refuted"


def test_a_set_that_is_said_is_the_one_that_counts() -> None:
    """With a definition nothing is guessed."""
    claim, _, sides = TRUE[1]
    assert members_of(sides) == ["W", "U", "b"]
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
    short = set()
    for seed in range(20):
        cell = Cell(lambda output, target: ((output - target) ** 2).sum(), seed)
        for by in PARAMETERS:
            whole, *parts = (np.linalg.norm(cell.flat(of, by)) for of in ("L", *(("L", t) for t in S)))
            assert whole <= sum(parts) * (1 + 1e-12)
            short |= {by} if whole > sum(parts[1:]) + 1e-3 else set()
    assert short == set(PARAMETERS)
    bound = r"\lVert\frac{\partial L}{\partial @}\rVert \le \sum_{t=%d}^T \lVert\frac{\partial L_t}{\partial @}\rVert"
    model = MODEL.replace(r"\ell(\hat y_t, y_t)", r"\lVert \hat y_t - y_t \rVert^2")
    found = verdict(bound % 1, r"\theta", model=model)
    assert (found.status, found.conditions) == ("conditional", (f"θ stands for {ALL}",))
    assert verdict(bound % 2, r"\theta", model=model).status == "refuted"
