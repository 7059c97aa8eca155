r"""The immediate derivative of a pair of states, ``\frac{\partial^+ (h_t, c_t)}{\partial W}``.

Taken as one, the pair of an LSTM uses a parameter in its own step: ``h_t`` also through ``c_t``, which is inside.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.evaluate import Evaluator
from bpttsym.expr import Derivative, Symbol, walk
from bpttsym.ground import make_ground
from bpttsym.leaves import Array
from bpttsym.numeric import NumericWorld
from bpttsym.readings import Readings
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

GATES = r"""
i_t = \sigma(W_i x_t + U_i h_{t-1}) \\
f_t = \sigma(W_f x_t + U_f h_{t-1}) \\
o_t = \sigma(W_o x_t + U_o h_{t-1}) \\
g_t = \tanh(W_g x_t + U_g h_{t-1}) \\
c_t = f_t \odot c_{t-1} + i_t \odot g_t \\
h_t = o_t \odot \tanh(c_t) \\
"""
OPENED = r"""
c_t = \sigma(Q h_{t-1}) \odot c_{t-1} + \sigma(P h_{t-1}) \odot \tanh(W x_t) \\
h_t = \sigma(R h_{t-1}) \odot \tanh(c_t) \\
"""
LOSS = r"\hat{y}_t = V h_t \\ L = \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert^2"


def verdict_on(claim: str, cell: str = GATES, declared: str = "") -> Verdict:
    """The verdict on a claim about a cell."""
    front = f"---\nlayout: numerator\n{declared}---\n\n"
    text = f"{front}$$\n\\begin{{gathered}}\n{cell}{LOSS}\n\\end{{gathered}}\n$$\n\n$${claim}$$\n"
    return judge(read_document(source_from_text(text)), mend=False)[-1]


CHAIN = (
    r"\frac{\partial L}{\partial U_f}"
    r" = \sum_{t=1}^{T} \frac{\partial L}{\partial (h_t, c_t)} \frac{\partial^+ (h_t, c_t)}{\partial U_f}"
)
RECURSION = (
    r"\frac{d (h_t, c_t)}{d U_f} = \frac{\partial^+ (h_t, c_t)}{\partial U_f}"
    r" + \frac{\partial (h_t, c_t)}{\partial (h_{t-1}, c_{t-1})} \frac{d (h_{t-1}, c_{t-1})}{d U_f}"
)
PATHS = (
    r"\frac{\partial L}{\partial U_o} = \sum_{t=1}^{T} \sum_{k=1}^{t} \frac{\partial^{+} L}{\partial \hat{y}_t}"
    r" \frac{\partial \hat{y}_t}{\partial (h_t, c_t)} \left(\prod_{t-1 \ge i \ge k}"
    r" \frac{\partial (h_{i+1}, c_{i+1})}{\partial (h_i, c_i)}\right) \frac{\partial^+ (h_k, c_k)}{\partial U_o}"
)


@pytest.mark.parametrize("cell", [GATES, OPENED], ids=["gates", "opened"])
@pytest.mark.parametrize("claim", [CHAIN, RECURSION, PATHS], ids=["chain", "recursion", "paths"])
def test_the_chain_rule_over_a_pair_is_proved(claim: str, cell: str) -> None:
    """Whether the gates have names or not."""
    if cell == OPENED:
        claim = claim.replace("U_f", "Q").replace("U_o", "R")
    assert verdict_on(claim, cell).status == "proved"


NEAR_MISSES = {
    "one step short": (CHAIN, r"^{T} \frac{\partial L}{\partial (h_t", r"^{T-1} \frac{\partial L}{\partial (h_t"),
    "the pair turned round": (CHAIN, r"\partial^+ (h_t, c_t)", r"\partial^+ (c_t, h_t)"),
    "one of the pair alone": (CHAIN, r"\partial^+ (h_t, c_t)", r"\partial^+ h_t"),
    "a step later": (RECURSION, r"\frac{\partial^+ (h_t, c_t)}", r"\frac{\partial^+ (h_{t-1}, c_{t-1})}"),
    "the step before immediate": (RECURSION, r"\frac{d (h_{t-1}, c_{t-1})}", r"\frac{\partial^+ (h_{t-1}, c_{t-1})}"),
    "another parameter": (PATHS, r"\partial^+ (h_k, c_k)}{\partial U_o}", r"\partial^+ (h_k, c_k)}{\partial U_f}"),
    "twice": (PATHS, r"\frac{\partial^+ (h_k", r"2 \frac{\partial^+ (h_k"),
}


@pytest.mark.campaign(quick=4)
@pytest.mark.parametrize("slip", NEAR_MISSES)
def test_a_slip_beside_an_immediate_derivative_of_a_pair_is_refuted(slip: str) -> None:
    """Each of these is false."""
    claim, old, new = NEAR_MISSES[slip]
    assert old in claim
    assert verdict_on(claim.replace(old, new)).status == "refuted"


def test_an_unmarked_derivative_of_a_pair_may_be_immediate() -> None:
    """As for one state: true under that reading only, which is named; a declared convention needs no condition."""
    unmarked = CHAIN.replace(r"\partial^+", r"\partial")
    found = verdict_on(unmarked)
    assert (found.status, found.conditions) == ("conditional", (r"∂(h_t, c_t)/∂U_f is the immediate derivative",))
    assert verdict_on(unmarked, declared="partial: immediate\n").status == "proved"
    assert verdict_on(unmarked, declared="partial: total\n").status == "refuted"
    assert verdict_on(RECURSION.replace(r"\partial^+", "d")).status == "refuted"


UNCLEAR = {
    "by the pair before": (
        r"\frac{\partial^+ (h_t, c_t)}{\partial (h_{t-1}, c_{t-1})}"
        r" = \frac{\partial (h_t, c_t)}{\partial (h_{t-1}, c_{t-1})}",
        "its part in the immediate derivative is not clear",
    ),
    "two steps": (
        r"\frac{\partial^+ (h_t, c_{t-1})}{\partial U_f} = \frac{d (h_t, c_{t-1})}{d U_f}",
        "an immediate derivative of several quantities is read at one step, by others",
    ),
    "by a member": (
        r"\frac{\partial^+ (h_t, c_t)}{\partial c_t} = \frac{\partial (h_t, c_t)}{\partial c_t}",
        "an immediate derivative of several quantities is read at one step, by others",
    ),
}


@pytest.mark.parametrize("case", UNCLEAR)
def test_what_the_immediate_derivative_of_a_pair_does_not_say(case: str) -> None:
    """It is called unchecked, not guessed."""
    claim, why = UNCLEAR[case]
    found = verdict_on(claim)
    assert found.status == "unchecked"
    assert why in found.message


def test_the_number_is_that_of_one_step_by_hand() -> None:
    """The states of the step before are held, and everything of the step itself is computed anew."""
    text = f"$$\n\\begin{{gathered}}\n{GATES}{LOSS}\n\\end{{gathered}}\n$$\n\n$${CHAIN}$$\n"
    document = read_document(source_from_text(text))
    relation = document.entries[-1].relation
    assert relation is not None
    ground = make_ground(document.models[-1], 3)
    world = NumericWorld(ground.graph, ground.shapes, samples=1)
    wanted = next(part for part in walk(relation.right) if isinstance(part, Derivative) and part.kind == "immediate")
    found = np.asarray(Evaluator(world, Readings({"layout": "numerator"})).value(wanted, {"t": 2, "T": 3}))[0]

    def given(name: str, *step: int) -> Array:
        return np.asarray(world.node((name, step)))[0]

    def logistic(a: Array) -> Array:
        return 1 / (1 + np.exp(-a))

    def pair(forget: Array) -> Array:
        x, h, c = given("x", 2), given("h", 1), given("c", 1)

        def gate(name: str, weight: Array, squash: Callable[[Array], Array]) -> Array:
            return squash(given(f"W_{{{name}}}") @ x + weight @ h)

        new = gate("f", forget, logistic) * c + gate("i", given("U_{i}"), logistic) * gate("g", given("U_{g}"), np.tanh)
        return np.concatenate([gate("o", given("U_{o}"), logistic) * np.tanh(new), new])

    weight = given("U_{f}").astype(complex)
    columns = []
    for place in np.ndindex(weight.shape):
        moved = weight.copy()
        moved[place] += 1e-30j
        columns.append(pair(moved).imag.ravel() / 1e-30)
    np.testing.assert_allclose(found, np.stack(columns, axis=1), rtol=1e-10, atol=1e-14)
    assert isinstance(wanted.by, Symbol)
