"""Words behind an equation that restrict nothing keep a false one from nothing; all others do.

The truth of the two equations is found by complex steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from complex_step import Array, Network, equal

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

DEFINITIONS = "$$ h_t = \\tanh(W h_{t-1} + U x_t) $$\n\n"
TRUE = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2) W"
FALSE = r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 + h_t^2) W"
EVERYWHERE = [
    r"\text{for all } t",
    r"\text{for all $t$}",
    r"\forall t",
    r"\text{for } t = 1, \ldots, T",
    r"\text{for every } t \in \{1, \ldots, T\}",
    r"\text{for all } t > 1",
    r"\text{for all time steps } t",
    r"\text{for all } W",
    r"\text{(by the chain rule)}",
]
SOMEWHERE = [
    r"\text{for small } t",
    r"\text{if all states are small}",
    r"\text{for all } \epsilon",
    r"\text{when } W",
    r"\text{in the linear case}",
]


class Step(Network):
    """One step of a recurrent network without input."""

    def run(self, moved: dict[Any, Array]) -> dict[Any, Array]:
        """All values, where some quantities have the given ones whatever their formula says."""
        v = {**self.leaves, **moved}
        v["next"] = np.tanh(v["W"] @ v["h"])
        return v


def test_the_one_equation_is_true_and_the_other_false() -> None:
    """As complex steps see it."""
    random = np.random.default_rng(22)
    n = Step({"W": random.normal(size=(3, 3)), "h": random.normal(size=3)})
    slope = n.d("next", "h")
    h, weights = n.values["next"], n.values["W"]
    assert equal(slope, np.diag(1 - h**2) @ weights)
    assert not equal(slope, np.diag(1 + h**2) @ weights)


def statuses(claims: list[str]) -> list[str]:
    """The statuses of claims about a tanh network."""
    text = DEFINITIONS + "\n\n".join(f"$$ {claim} $$" for claim in claims)
    return [verdict.status for verdict in judge(read_document(source_from_text(text)), mend=False)][1:]


@pytest.mark.parametrize(("words", "false"), [(EVERYWHERE, "refuted"), (SOMEWHERE, "unchecked")])
def test_only_words_that_may_restrict_keep_from_being_refuted(words: list[str], false: str) -> None:
    """A true equation is true with any of them."""
    assert statuses([rf"{FALSE} \quad {one}" for one in words]) == [false] * len(words)
    assert set(statuses([rf"{TRUE} \quad {one}" for one in words])) == {"proved"}  # they say what the layout is
