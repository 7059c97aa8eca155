r"""``W = 0`` behind a claim is a condition of it; on its own it makes W a number, and what is said points there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from complex_step import Array, Network, equal

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

DEFINITIONS = r"$$ h_t = \tanh(W h_{t-1} + U x_t), \quad L = \frac12 \|h_T - y\|^2 $$" + "\n\n"
LAST = r"\nabla_{h_T} L = h_T - y"


class Last(Network):
    """The last step of a network."""

    def run(self, moved: dict[Any, Array]) -> dict[Any, Array]:
        """All values, where some quantities have the given ones whatever their formula says."""
        v = {**self.leaves, **moved}
        v["h"] = moved.get("h", np.tanh(v["W"] @ v["before"] + v["a"]))
        v["L"] = ((v["h"] - v["y"]) ** 2).sum() / 2
        return v


def test_what_the_equations_say_is_true_and_false() -> None:
    """The gradient of the state before vanishes where W does, and that of the last state is what is said."""
    random = np.random.default_rng(23)
    leaves = {name: random.normal(size=3) for name in ("before", "a", "y")}
    some, none = (Last({**leaves, "W": matrix}) for matrix in (random.normal(size=(3, 3)), np.zeros((3, 3))))
    assert equal(none.d("L", "before"), np.zeros(3))
    assert not equal(some.d("L", "before"), np.zeros(3))
    assert equal(some.d("L", "h"), some.values["h"] - leaves["y"])


@pytest.mark.parametrize("condition", [r", \quad W = 0", r" \quad \text{if } W = 0"])
def test_a_number_behind_a_claim_restricts_it(condition: str) -> None:
    """It gives no parameter of the model a value, and the other claims are judged."""
    claims = (LAST, r"\nabla_{h_{T-1}} L = 0" + condition, LAST + condition, r"\nabla_{h_T} L = h_T + y")
    verdicts = judge(read_document(source_from_text(DEFINITIONS + "\n\n".join(f"$${c}$$" for c in claims))), mend=False)
    assert [verdict.status for verdict in verdicts[2:]] == ["proved", "unchecked", "proved", "refuted"]
    assert "W = 0` behind it may restrict it" in verdicts[3].message


def test_the_definition_that_makes_a_number_of_a_matrix_is_named() -> None:
    """Where it stands on its own it is a definition, and the place of it is told."""
    text = f"{DEFINITIONS}$$W = 0$$\n\n$${LAST}$$"
    verdict = judge(read_document(source_from_text(text)), mend=False)[-1]
    assert verdict.status == "unchecked"
    assert "because `W = 0` is one" in verdict.message
    assert verdict.blame is not None
    assert text[verdict.blame.start : verdict.blame.end] == "W = 0"
