r"""A short name for several states, ``s_t := (h_t, c_t)``: a derivative of it or by it is that of all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bpttsym.check import derive
from bpttsym.cli import main
from bpttsym.document import read_document
from bpttsym.joint import joint_names
from bpttsym.source import source_from_text
from bpttsym.structure import NotDerived
from bpttsym.verdict import judge

CELL = r"""
i_t = \sigma(W_i x_t + U_i h_{t-1}) \\
f_t = \sigma(W_f x_t + U_f h_{t-1}) \\
o_t = \sigma(W_o x_t + U_o h_{t-1}) \\
c_t = f_t \odot c_{t-1} + i_t \odot \tanh(W x_t + U h_{t-1}) \\
h_t = o_t \odot \tanh(c_t) \\
\hat{y}_t = V h_t \\
L = \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert^2
"""
NAMES = {
    "parentheses": "s_t := (h_t, c_t)",
    "equals": "s_t = (h_t, c_t)",
    "brackets": "s_t = [h_t; c_t]",
    "block": r"s_t = \begin{bmatrix} h_t \\ c_t \end{bmatrix}",
}
TRUE = {
    "chain": r"\frac{\partial L}{\partial U_f}"
    r" = \sum_{t=1}^{T} \frac{\partial L}{\partial s_t} \frac{\partial^+ s_t}{\partial U_f}",
    "forward": r"\frac{d s_t}{d U_f}"
    r" = \frac{\partial^+ s_t}{\partial U_f} + \frac{\partial s_t}{\partial s_{t-1}} \frac{d s_{t-1}}{d U_f}",
    "product": r"\frac{\partial s_T}{\partial s_1} = \prod_{T-1 \ge k \ge 1} \frac{\partial s_{k+1}}{\partial s_k}",
    "backward": r"\frac{\partial L}{\partial s_t} = \frac{\partial^+ L}{\partial \hat{y}_t}"
    r" \frac{\partial \hat{y}_t}{\partial s_t}"
    r" + \frac{\partial L}{\partial s_{t+1}} \frac{\partial s_{t+1}}{\partial s_t}",
    "delta": r"\frac{\partial L}{\partial U_f} = \sum_{t=1}^{T} \delta_t \frac{\partial^+ s_t}{\partial U_f}",
}
FALSE = {
    "chain": (r"\sum_{t=1}^{T}", r"\sum_{t=2}^{T}"),
    "forward": (r"\frac{d s_{t-1}}", r"\frac{\partial^+ s_{t-1}}"),
    "product": (r"k \ge 1}", r"k \ge 2}"),
    "backward": (r"\frac{\partial^+ L}{\partial \hat{y}_t} \frac{\partial \hat{y}_t}{\partial s_t} + ", ""),
    "delta": (r"\delta_t \frac{\partial^+", r"\delta_t \frac{d"),
}


def statuses(name: str, claims: list[str], cell: str = CELL) -> list[str]:
    """The verdicts on some claims about a cell and a name for its states."""
    shown = "\n\n".join(f"$${claim}$$" for claim in (name, r"\delta_t := \frac{\partial L}{\partial s_t}", *claims))
    text = f"---\nlayout: numerator\n---\n\n$$\n\\begin{{gathered}}\n{cell}\\end{{gathered}}\n$$\n\n{shown}\n"
    return [verdict.status for verdict in judge(read_document(source_from_text(text)), mend=False)[-len(claims) :]]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_true_of_the_states_is_true_of_their_name(name: str) -> None:
    """However the name is given."""
    assert statuses(NAMES[name], list(TRUE.values())) == ["proved"] * len(TRUE)


@pytest.mark.parametrize("name", ["parentheses", "brackets"])
def test_a_slip_with_a_name_for_states_is_refuted(name: str) -> None:
    """One step short, one mark too many, one factor missing."""
    assert all(old in TRUE[case] for case, (old, _) in FALSE.items())
    wrong = [TRUE[case].replace(old, new) for case, (old, new) in FALSE.items()]
    assert statuses(NAMES[name], wrong) == ["refuted"] * len(wrong)


def test_the_order_of_the_states_counts() -> None:
    """A name for the pair turned round is another column."""
    claim = r"\frac{\partial L}{\partial s_t} = \frac{\partial L}{\partial (h_t, c_t)}"
    assert statuses("s_t := (h_t, c_t)", [claim]) == ["proved"]
    assert statuses("s_t := (c_t, h_t)", [claim]) == ["refuted"]


def names_of(text: str) -> set[str]:
    """The joint names of the last model of a text."""
    return set(
        joint_names(
            read_document(source_from_text(f"$$\n\\begin{{gathered}}\n{text}\\end{{gathered}}\n$$\n")).models[-1]
        )
    )


def test_a_stack_that_is_read_is_a_quantity() -> None:
    """What other formulas compute with is no mere name; nor is a row, a list of inputs, or of other steps."""
    assert names_of(rf"{CELL} \\ s_t = [h_t; c_t]") == {"s"}
    assert names_of(CELL.replace("V h_t", "V s_t") + r"\\ s_t = [h_t; c_t]") == set()
    assert names_of(rf"{CELL} \\ s_t = [h_t, c_t]") == set()
    assert names_of(rf"{CELL} \\ s_t = [h_t; x_t]") == set()
    assert names_of(rf"{CELL} \\ s_t = [h_t; c_{{t-1}}]") == set()
    assert names_of(rf"{CELL} \\ s_t = [h_t; h_t]") == set()


def test_the_name_by_one_of_its_states() -> None:
    """The states by one of them: itself, and what depends on it in the same step."""
    claims = [
        r"\frac{\partial c_t}{\partial s_t} = \frac{\partial c_t}{\partial (h_t, c_t)}",
        r"\frac{\partial s_t}{\partial c_t} = [\frac{\partial h_t}{\partial c_t}; I]",
    ]
    assert statuses("s_t := (h_t, c_t)", claims)[0] == "proved"


@pytest.mark.parametrize("wrong", ["s_t = (h_t, W)", "s = (h_t, c_t)", "s_t = (h_t, c_{t-1})", "s_t = (h_t, 1)"])
def test_a_list_that_is_no_name_for_states_is_not_read(wrong: str) -> None:
    """It is called unchecked, and what depends on it is not guessed."""
    assert "proved" not in statuses(wrong, [TRUE["chain"]])
    assert "refuted" not in statuses(wrong, [TRUE["chain"]])


def test_a_derivation_by_a_name_for_states_names_them() -> None:
    """Nothing is computed from the name itself, so that ``L does not depend on it`` would say something else."""
    text = f"$$\n\\begin{{gathered}}\n{CELL} \\\\ s_t = [h_t; c_t]\n\\end{{gathered}}\n$$\n"
    model = read_document(source_from_text(text)).models[-1]
    with pytest.raises(NotDerived, match="`s` is a name for h and c taken as one; derive by each of them"):
        derive(model, "L", "s_t", 3)
    assert derive(model, "L", "U_f", 3).form("sum")


def derived(tmp_path: Path, by: str, capsys: pytest.CaptureFixture[str]) -> str:
    file = tmp_path / "notes.md"
    file.write_text(f"$$\n\\begin{{gathered}}\n{CELL} \\\\ s_t = [h_t; c_t]\n\\end{{gathered}}\n$$\n", "utf-8")
    status = main(["derive", str(file), "--by", by, "--form", "recursive", "--format", "markdown"])
    out, err = capsys.readouterr()
    assert status == (2 if err else 0)
    return out or err


@pytest.mark.parametrize("by", ["s_t", "(h_t, c_t)", "h_t, c_t", "h_t,c_t,h_t"])
def test_a_derivation_by_several_at_once(tmp_path: Path, by: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``derive --by s_t`` derives by each of the states, every step proved when it is read back."""
    text = derived(tmp_path, by, capsys)
    titles = [line for line in text.splitlines() if line.startswith("###")]
    assert [title.partition(" by ")[2].partition(",")[0] for title in titles] == ["$h_t$", "$c_t$"]
    found = [verdict.status for verdict in judge(read_document(source_from_text(text)))]
    assert set(found) == {"definition", "proved"}


@pytest.mark.parametrize("by", ["h_t, q", "h_t,", ",", "()", "(s_t, )"])
def test_several_at_once_of_which_one_is_unknown(tmp_path: Path, by: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One message, and nothing is derived."""
    said = derived(tmp_path, by, capsys)
    assert said.startswith("bpttsym: there is no quantity")
    assert said.count("\n") == 1
