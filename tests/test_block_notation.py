"""Notation of matrices: blocks, batches, inverses, traces. True equations and near misses, from a table in data/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.ground import make_ground
from bpttsym.numeric import NumericWorld
from bpttsym.source import source_from_text
from bpttsym.verdict import Verdict, judge

TABLE = Path(__file__).parent / "data" / "matrix_notation.txt"
HELD = ("proved", "verified", "conditional")
"""What the marks of the table allow: T is true, P is proved, F is refuted, N is never called true."""

ALLOWED = {"T": HELD, "P": ("proved",), "F": ("refuted",), "N": ("refuted", "unchecked")}


def rows() -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """Each claim of the table: its heading, the definitions before it, its mark and its LaTeX."""
    title, model = "", []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            title, model = line[3:], []
        elif line[:2].strip() in ALLOWED and line[1:2] == " ":
            yield title, tuple(model), line[0], line[2:]
        elif line.strip() and not line.startswith("#"):
            model.append(line)


ROWS = list(rows())


def verdicts(*displays: str) -> list[Verdict]:
    """The verdicts of displays, one relation or block each."""
    text = "\n\n".join(f"$${display}$$" for display in displays)
    return judge(read_document(source_from_text(text)), mend=False)


@pytest.mark.campaign(quick=131)
@pytest.mark.parametrize(("title", "model", "mark", "claim"), ROWS, ids=[f"{r[0]}: {r[2]} {r[3]}"[:90] for r in ROWS])
def test_what_the_table_says(title: str, model: tuple[str, ...], mark: str, claim: str) -> None:
    """A true equation is not left unchecked, and a near miss of it is never called true."""
    found = verdicts(*model, claim)
    assert found[-1].status in ALLOWED[mark], (title, found[-1].message)
    assert all(verdict.status == "definition" for verdict in found[:-1]), [verdict.message for verdict in found]


def world_of(*displays: str, length: int = 3) -> NumericWorld:
    """The numbers of a model that some displays define."""
    document = read_document(source_from_text("\n\n".join(f"$${display}$$" for display in displays)))
    ground = make_ground(document.models[-1], length)
    return NumericWorld(ground.graph, ground.shapes, samples=1)


def leaf(world: NumericWorld, name: str, *index: int) -> np.ndarray:
    """The value of a node of the first sample."""
    return np.asarray(world.node((name, index)))[0]


STACKED = (
    r"\begin{pmatrix}i_t\\f_t\\o_t\\g_t\end{pmatrix}=\begin{pmatrix}\sigma\\\sigma\\\sigma\\\tanh\end{pmatrix}"
    r"\left(W\begin{pmatrix}x_t\\h_{t-1}\end{pmatrix}+b\right)",
    r"c_t=f_t\odot c_{t-1}+i_t\odot g_t",
    r"h_t=o_t\odot\tanh(c_t)",
    r"L=\sum_t\|h_t-y_t\|^2",
)


def test_stacked_gates_are_those_of_a_hand_written_lstm() -> None:
    """The loss and its gradient by the stacked weight, by NumPy and central differences."""
    world = world_of(*STACKED)
    weight, bias = leaf(world, "W"), leaf(world, "b")

    def loss(weight: np.ndarray) -> float:
        h, c, total = leaf(world, "h", 0), leaf(world, "c", 0), 0.0
        for t in (1, 2, 3):
            a = weight @ np.vstack([leaf(world, "x", t), h]) + bias
            i, f, o, g = np.split(a, 4)
            c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            h = np.tanh(c) / (1 + np.exp(-o))
            total += float(((h - leaf(world, "y", t)) ** 2).sum())
        return total

    assert loss(weight) == pytest.approx(leaf(world, "L").item())
    gradient = np.asarray(world.derivative(("L", ()), (("W", ()),), False))[0].reshape(weight.shape)
    for place in ((0, 0), (4, 1), (weight.shape[0] - 1, weight.shape[1] - 1)):
        moved = np.zeros_like(weight)
        moved[place] = 1e-6
        assert (loss(weight + moved) - loss(weight - moved)) / 2e-6 == pytest.approx(gradient[place], rel=1e-5)


def test_a_bias_for_each_sample_is_that_of_numpy() -> None:
    """A batch of rows: the loss and its gradient by the bias, by NumPy's own broadcasting and central differences."""
    world = world_of(
        r"H_t=\tanh(X_tW+H_{t-1}U+\mathbf 1b)", r"O_t=H_tV+\mathbf 1c", r"L=\frac12\sum_t\|O_t-Y_t\|^2", length=3
    )

    def loss(b: np.ndarray) -> float:
        h, total = leaf(world, "H", 0), 0.0
        for t in (1, 2, 3):
            h = np.tanh(leaf(world, "X", t) @ leaf(world, "W") + h @ leaf(world, "U") + b)
            total += 0.5 * float(((h @ leaf(world, "V") + leaf(world, "c") - leaf(world, "Y", t)) ** 2).sum())
        return total

    bias = leaf(world, "b")
    assert min(leaf(world, "H", 1).shape) > 1
    assert bias.shape[0] == 1
    assert loss(bias) == pytest.approx(leaf(world, "L").item())
    gradient = np.asarray(world.derivative(("L", ()), (("b", ()),), False))[0].ravel()
    for place in range(bias.size):
        moved = np.zeros_like(bias)
        moved[0, place] = 1e-6
        assert (loss(bias + moved) - loss(bias - moved)) / 2e-6 == pytest.approx(gradient[place], rel=1e-5)


def test_what_a_differential_holds_still_is_told() -> None:
    """A differential moves the leaves that have one in the equation, and says so of the others."""
    cell = r"h_t=\tanh(Wh_{t-1}+Ux_t)"
    claim = r"\mathrm dh_t=\mathrm{diag}(1-h_t^2)(W\,\mathrm dh_{t-1}+\mathrm dW\,h_{t-1})"
    assert "what has no differential here is held still" in verdicts(cell, claim)[-1].told
    assert not verdicts(cell, r"\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W")[-1].told
