r"""Private commands: what ``\newcommand`` and its kin define is read in their place, and points at the source."""

from __future__ import annotations

import pytest

from bpttsym.document import read_document
from bpttsym.errors import LimitExceeded
from bpttsym.macros import definitions, expand
from bpttsym.source import Maths, source_from_text
from bpttsym.verdict import judge


def expanded(preamble: str, text: str) -> str:
    """A text with the commands of a preamble written out."""
    return expand(text, {each.name: each.macro for each in definitions(preamble)}).text


EXPANSIONS = {
    (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}", r"\pd{h_t}{W}"): r"\frac{\partial h_t}{\partial W}",
    (r"\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}", r"\pd h W"): r"\frac{\partial h}{\partial W}",
    (r"\newcommand\R{\mathbb R}", r"\R^n"): r"\mathbb R^n",
    (r"\newcommand{\g}[2][L]{\nabla_{#2} #1}", r"\g{W} + \g[E]{b}"): r"\nabla_{W} L + \nabla_{b} E",
    (r"\def\bm#1{\mathbf{#1}}", r"\bm h"): r"\mathbf{h}",
    (r"\renewcommand*{\vec}[1]{\mathbf{#1}}", r"\vec{x}"): r"\mathbf{x}",
    (r"\DeclareMathOperator*{\am}{argmax}", r"\am x"): r"\operatorname{argmax} x",
    (r"\DeclarePairedDelimiter{\norm}{\lVert}{\rVert}", r"\norm*{x}"): r"\lVert x\rVert ",
    (r"\let\old\hat \renewcommand{\hat}[1]{\old{\mathbf{#1}}}", r"\hat{y}"): r"\hat{\mathbf{y}}",
    (r"\def\a{\partial}", r"\a x \a{}y"): r"\partial x \partial{}y",
    (r"\newcommand{\h}{h_{t}% a comment" + "\n}", r"\h = 1"): r"h_{t} = 1",
    ("", r"\unknown{x}"): r"\unknown{x}",
    ("", r"\pdv{h_{t}}{W} = \norm{x}"): r"\frac{\partial h_{t}}{\partial W} = \lVert x\rVert ",
    ("", r"\pdv{x} = \norm x"): r"\pdv{x} = \norm x",
    (r"\def\norm#1{#1}", r"\norm{x}"): "x",
}


@pytest.mark.parametrize(("preamble", "text"), EXPANSIONS)
def test_commands_are_written_out(preamble: str, text: str) -> None:
    """All the ways to define a command, with arguments, defaults and calls of each other."""
    assert expanded(preamble, text) == EXPANSIONS[preamble, text]


@pytest.mark.parametrize(
    "preamble",
    [
        r"\def\a{\a}",
        r"\def\a{\a\a}",
        r"\def\a{\b}\def\b{\a x}",
        r"\def\a#1{\a{#1#1}}",
        "".join(
            rf"\def\{x}{{\{y}\{y}\{y}\{y}\{y}\{y}\{y}\{y}\{y}\{y}}}"
            for x, y in zip("abcdefgh", "bcdefghi", strict=True)
        ),
    ],
)
def test_commands_that_grow_without_end_are_told(preamble: str) -> None:
    """Recursion and blow-up meet a limit."""
    with pytest.raises(LimitExceeded, match="private commands"):
        expanded(preamble + r"\def\i{iiiiiiiiii}", r"\a{x}")


DOCUMENT = r"""\documentclass{article}
\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}} % private
\newcommand{\loss}{\mathcal{L}}
\begin{document}
\begin{align}
  h_t &= f(x_t, h_{t-1}; \psi) \\
  \hat y &= g(h_T; \phi) \\
  \loss &= \lVert \hat y - y \rVert
\end{align}
\begin{equation}
  \pd{\loss}{\phi} = \pd{\loss}{\hat y} \pd{\hat y}{\phi}
\end{equation}
\begin{equation}
  \pd{\loss}{\psi} = \pd{\loss}{\hat y} \pd{\hat y}{\phi}
\end{equation}
\begin{equation}
  \pd{\loss}{\phi} = \pd{\loss}{\hat y} \oops
\end{equation}
\end{document}
"""


def test_a_document_with_private_commands_is_judged_and_its_places_are_its_own() -> None:
    """True is proved, false is refuted, and what is blamed is what stands in the document."""
    source = source_from_text(DOCUMENT, kind="tex")
    found = judge(read_document(source), mend=False)
    statuses = [verdict.status for verdict in found]
    assert [statuses[:3], statuses[4:]] == [["definition"] * 3, ["refuted", "unchecked"]]
    assert statuses[3] in {"proved", "conditional"}
    blamed = found[-1].blame
    assert blamed is not None
    assert DOCUMENT[blamed.start : blamed.end] == r"\oops"
    span = found[3].entry.span
    assert DOCUMENT[span.start : span.end] == r"\pd{\loss}{\phi} = \pd{\loss}{\hat y} \pd{\hat y}{\phi}"


def test_the_last_definition_before_a_formula_holds() -> None:
    """A command that is defined twice means what was said last; a display of definitions only is no display."""
    text = "$$\\newcommand{\\x}{a}$$\n\n$$\\x = 1$$\n\n$\\renewcommand{\\x}{b}$\n\n$$\\x = 1$$\n"
    source = source_from_text(text)
    displays = [item for item in source.items if isinstance(item, Maths)]
    assert [(item.number, source.macros(item.start)[r"\x"].body) for item in displays] == [(1, "a"), (2, "b")]
