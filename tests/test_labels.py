r"""What stands above a name: a label (``W^{(hh)}``), a step beside an entry (``o^{(t)}_j``), a copy (``W^{(t)}``).

The truth of each row follows from the network that is written out beside it: the same claims are true of it under
plain names, and each has near misses that must stay false.
"""

from __future__ import annotations

import pytest

import bpttsym
from bpttsym.latex import latex


def statuses(definitions: str, *claims: str) -> list[str]:
    """What becomes of claims, each a display of its own; whether by proof or in one layout only makes no difference."""
    text = definitions + "\n".join(f"$${claim}$$\n" for claim in claims)
    found = [verdict.status for verdict in bpttsym.verify(text)][-len(claims) :]
    return ["true" if status in ("proved", "verified", "conditional") else status for status in found]


RNN = r"""
$$h_t = \tanh(@W h_{t-1} + @U x_t + @b),\qquad y_t = @V h_t,\qquad E = \sum_{t=1}^{T} \lVert y_t - d_t\rVert^2$$
"""
CLAIMS = (
    (r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1-h_t^2)\,@W", "true"),
    (r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1-h_t^2)\,@U", "refuted"),
    (r"\nabla_{@W} E = \sum_{t=1}^{T} \mathrm{diag}(1-h_t^2)(\nabla_{h_t}E)h_{t-1}^\top", "true"),
    (r"\nabla_{@U} E = \sum_{t=1}^{T} \mathrm{diag}(1-h_t^2)(\nabla_{h_t}E)h_{t-1}^\top", "refuted"),
    (r"\nabla_{h_T} E = 2\,(@V)^\top(y_T-d_T)", "true"),
    (r"\nabla_{h_T} E = 2\,(@V)(y_T-d_T)", "refuted"),
)
SPELLINGS: dict[str, tuple[str, str, str, str]] = {
    "letters in brackets": ("W^{(hh)}", "W^{(hx)}", "b^{(h)}", "W^{(S)}"),
    "square brackets": ("W^{[aa]}", "W^{[ax]}", "b^{[a]}", "W^{[ya]}"),
    "words": (r"W^{\mathrm{rec}}", r"W^{\text{in}}", r"b^{\mathrm{rec}}", r"W^{(\text{out})}"),
    "no brackets": ("W^{hh}", "W^{xh}", "b^h", "W^{hy}"),
    "letters of indices": ("W^{(i)}", "U^{(i)}", "b^{(i)}", "V^{(o)}"),
    "a label below as well": ("W^{(h)}_{g}", "W^{(x)}_{g}", "b_{g}^{(h)}", "W^{(y)}"),
    "a group": ("{W^{(hh)}}", "{W^{(hx)}}", "{b^{(h)}}", "{W^{(yh)}}"),
}
GATES = r"$$i_t = \sigma(i_{t-1}),\quad o_t = \sigma(o_{t-1})$$" + "\n"


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_label_above_is_a_part_of_the_name(spelling: str) -> None:
    """The same claims have the same verdicts, however the matrices are called."""

    def named(text: str) -> str:
        for mark, name in zip(("@W", "@U", "@b", "@V"), SPELLINGS[spelling], strict=True):
            text = text.replace(mark, name)
        return text

    model = (GATES if spelling == "letters of indices" else "") + named(RNN)
    assert statuses(model, *(named(claim) for claim, _ in CLAIMS)) == [status for _, status in CLAIMS]


def test_a_transpose_beside_a_label() -> None:
    """`W^{(hh)\\top}` is the transpose of the matrix."""
    model = RNN.replace("@W", "W^{(hh)}").replace("@U", "U").replace("@b", "b").replace("@V", "W^{(S)}")
    right = r"\nabla_{h_t}E=W^{(hh)\top}\mathrm{diag}(1-h_{t+1}^2)\nabla_{h_{t+1}}E+2W^{(S)T}(y_t-d_t)"
    assert statuses(model, right, right.replace(r"(hh)\top", "(hh)")) == ["true", "refuted"]


POWERS = r"""
$$h_t = W h_{t-1} + U x_t,\qquad L = \lVert h_T - d\rVert^2$$
"""


def test_powers_stay_powers() -> None:
    """A power by a difference and by a number; in parentheses it may be a copy, and nothing is said."""
    claims = (
        (r"\frac{\partial h_t}{\partial h_k} = W^{t-k}", "true"),
        (r"\frac{\partial h_t}{\partial h_k} = W^{(t-k)}", "unchecked"),
        (r"\frac{\partial h_t}{\partial h_k} = W^{t-k+1}", "refuted"),
        (r"\frac{\partial h_t}{\partial h_{t-2}} = W^{(2)}", "unchecked"),
        (r"\frac{\partial h_t}{\partial h_{t-2}} = W^2", "true"),
    )
    assert statuses(POWERS, *(claim for claim, _ in claims)) == [status for _, status in claims]


def test_labels_are_printed_as_they_were_written() -> None:
    """The name is read back as the same name, with and without a transpose."""
    text = RNN.replace("@W", "W^{(hh)}").replace("@U", "W^{[x]}").replace("@b", "b").replace("@V", "V")
    claim = r"$$\frac{\partial E}{\partial W^{(hh)}} = (W^{(hh)})^\top W^{[x]}$$"
    relation = bpttsym.load(text + claim).entries[-1].relation
    assert relation is not None
    assert latex(relation) == r"\frac{\partial E}{\partial W^{(hh)}} = (W^{(hh)})^{\top} W^{[x]}"


BOOK = r"""
$$
\begin{aligned}
h^{(t)} &= \tanh(b + W h^{(t-1)} + U x^{(t)}) \\
o^{(t)} &= c + V h^{(t)} \\
\hat y^{(t)} &= \mathrm{softmax}(o^{(t)}) \\
L^{(t)} &= -\log \hat y^{(t)}_{y^{(t)}} \\
L &= \sum_t L^{(t)}
\end{aligned}
$$
"""
STEPS: tuple[tuple[str, str], ...] = (
    (r"(\nabla_{o^{(t)}} L)_i = \hat y^{(t)}_i - \mathbf{1}_{i = y^{(t)}}", "true"),
    (r"(\nabla_{o^{(t)}} L)_i = \hat y_i^{(t)} - 1 + \mathbf{1}_{i \ne y^{(t)}}", "true"),
    (r"(\nabla_{o^{(t)}} L)_i = \hat y^{(t)}_i - \mathbf{1}_{i \ne y^{(t)}}", "refuted"),
    (r"(\nabla_{o^{(t)}} L)_i = \hat y^{(t-1)}_i - \mathbf{1}_{i = y^{(t)}}", "refuted"),
    (r"\frac{\partial \hat y^{(t)}_i}{\partial o^{(t)}_j} = \hat y^{(t)}_i(\delta_{ij}-\hat y^{(t)}_j)", "true"),
    (r"\frac{\partial \hat y^{(t)}_i}{\partial o^{(t)}_j} = \hat y^{(t)}_j(\delta_{ij}-\hat y^{(t)}_j)", "refuted"),
    (r"\nabla_V L = \sum_t\sum_i\frac{\partial L}{\partial o_i^{(t)}}\nabla_V o_i^{(t)}", "true"),
    (r"\nabla_W L = \sum_t\sum_i\frac{\partial L}{\partial h_i^{(t)}}\nabla_{W^{(t)}} h_i^{(t)}", "true"),
    (r"\nabla_W L = \sum_t\sum_i\frac{\partial L}{\partial h_i^{(t)}}\nabla_{W^{(t-1)}} h_i^{(t)}", "refuted"),
    (r"\nabla_b L = \sum_t(\frac{\partial h^{(t)}}{\partial b^{(t)}})^\top\nabla_{h^{(t)}}L", "true"),
    (r"\nabla_b L = \sum_t(\frac{\partial h^{(t)}}{\partial b^{(t)}})^\top\nabla_{o^{(t)}}L", "refuted"),
    (r"\nabla_W L = \sum_t\nabla_{W^{(t)}} L", "true"),
    (r"\nabla_{W^{(t)}} L = \mathrm{diag}(1-(h^{(t)})^2)(\nabla_{h^{(t)}}L)h^{(t-1)\top}", "true"),
    (r"\nabla_{W^{(t)}} L = \mathrm{diag}(1-(h^{(t)})^2)(\nabla_{h^{(t)}}L)h^{(t)\top}", "refuted"),
    (r"\nabla_{W^{(t)}} L = \nabla_W L", "refuted"),
    (r"\frac{\partial h^{(t)}}{\partial b} = \sum_{k=1}^{t}\frac{\partial h^{(t)}}{\partial b^{(k)}}", "true"),
    (r"\frac{\partial h^{(t)}}{\partial b} = \sum_{k=1}^{t-1}\frac{\partial h^{(t)}}{\partial b^{(k)}}", "refuted"),
    (
        r"\frac{\partial h^{(t)}}{\partial b^{(k)}} ="
        r" \frac{\partial h^{(t)}}{\partial h^{(k)}}\frac{\partial h^{(k)}}{\partial b^{(k)}} \quad (k \le t)",
        "true",
    ),
    (
        r"\frac{\partial h^{(t)}}{\partial b^{(k)}} = \frac{\partial h^{(k)}}{\partial b^{(k)}} \quad (k \le t)",
        "refuted",
    ),
)


@pytest.mark.parametrize(("claim", "wanted"), STEPS)
def test_steps_above_entries_below_and_copies(claim: str, wanted: str) -> None:
    """The step comes first wherever it stands above, and a copy of a parameter belongs to its step only."""
    assert statuses(BOOK, claim) == [wanted]


def test_a_copy_says_so() -> None:
    """What `b^{(t)}` is stands beside the verdict; without copies nothing is said."""
    claim = r"$$\nabla_b L = \sum_t\nabla_{b^{(t)}} L$$"
    [told] = [verdict.assumed for verdict in bpttsym.verify(BOOK + claim)][-1:]
    assert told == ("b_t is the copy of b at its step",)
