r"""What is printed about a document, whole blocks at a time; the JSON; and that the underline stands where it must."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bpttsym.advice import helps_for
from bpttsym.document import read_document
from bpttsym.evidence import figure, matrix, read_line, reading_rows, same_values, spectral_norm, witness_lines
from bpttsym.expr import Relation, Span
from bpttsym.report import Style, block, quotation, report, to_json, visible, width
from bpttsym.source import read_source, source_from_text
from bpttsym.verdict import Verdict, judge
from bpttsym.witness import Counterexample
from bpttsym.wording import STATUSES, Judged, diagnose, message, summary

DATA = Path(__file__).parent / "data"
CELL = r"$$h_t=\tanh(W h_{t-1}+U x_t)$$" + "\n"
ABSTRACT = r"$$h_t=f(x_t,h_{t-1};\psi),\quad \hat y=g(h_T;\phi),\quad L=\|\hat y-y\|,\quad T=3$$" + "\n"
NUMERATOR = "---\nlayout: numerator\n---\n"


@cache
def judged(text: str) -> Judged:
    """The verdicts of a text that is called notes.md."""
    document = read_document(source_from_text(text, "notes.md"))
    return Judged(document, tuple(judge(document)))


def printed(text: str, style: Style | None = None) -> str:
    """The whole report on a text."""
    return report(judged(text), style)


@pytest.fixture(scope="module")
def sheet() -> Judged:
    """The source sheet with its verdicts."""
    source = read_source(DATA / "sheet.md")
    document = read_document(replace(source, name="sheet.md"))
    return Judged(document, tuple(judge(document)))


GOLDEN: dict[str, tuple[str, str]] = {
    "Korean before the equation": (
        NUMERATOR + CELL + r"따라서 $$\frac{\partial h_t}{\partial h_{t-1}}=W$$ 이다.",
        r"""
        error[false-equation]: the two sides differ
         --> notes.md:5:45
          |
        5 | 따라서 $$\frac{\partial h_t}{\partial h_{t-1}}=W$$ 이다.
          |                                                ^ one change here makes it true
          |
          = read as: ∂h_t/∂h_{t-1} = W
          = model: line 4 of notes.md
          = smallest counterexample:
                T = 1, t = 1, all sizes 1
                W = U = x₁ = 1
                h₀ = 0
                left                 0.42
                right                1
                central differences  0.42
        help: with the factor diag(1 - h_t²) put in it holds (proved; 53 one-edit changes were tried):
              \frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^{2}) W

        notes.md: 2 relations: 1 definition, 1 refuted
        """,
    ),
    "a tab before an unclosed brace": (
        CELL + "\t" r"$$\frac{\partial h_2}{\partial h_1}=\frac{\partial h_2$$",
        r"""
        warning[not-read]: `{` is opened here and never closed
         --> notes.md:2:43
          |
        2 |     $$\frac{\partial h_2}{\partial h_1}=\frac{\partial h_2$$
          |                                              ^

        notes.md: 2 relations: 1 definition, 1 unchecked
        """,
    ),
    "a display of several lines": (
        NUMERATOR + ABSTRACT + r"$$"
        "\n"
        r"\frac{\partial L}{\partial h_1}"
        "\n"
        r"  = \frac{\partial L}{\partial\hat y}"
        "\n"
        r"    W"
        "\n"
        r"$$",
        r"""
        warning[undefined]: no definition in the document says what `W` is
         --> notes.md:8:5
          |
        8 |     W
          |     ^
          |
          = read as: ∂L/∂h₁ = ∂L/∂ŷ · W

        notes.md: 5 relations: 4 definitions, 1 unchecked
        """,
    ),
    "a display of several lines, refuted": (
        NUMERATOR + CELL + r"$$" "\n" r"\frac{\partial h_2}{\partial h_1}" "\n" r"  = W + W" "\n" r"$$",
        r"""
        error[false-equation]: the two sides differ
         --> notes.md:6:1
          |
        6 | \frac{\partial h_2}{\partial h_1}
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ down to line 7
          |
          = read as: ∂h₂/∂h₁ = W + W
          = model: line 4 of notes.md
          = smallest counterexample:
                T = 2, all sizes 1
                W = U = x₁ = x₂ = 1
                h₀ = 0
                left                 0.1114
                right                2
                central differences  0.1114

        notes.md: 2 relations: 1 definition, 1 refuted
        """,
    ),
    "a conditional": (
        NUMERATOR + ABSTRACT + r"$$\frac{\partial L}{\partial\psi}=\frac{\partial L}{\partial h_3}\Bigl(\frac{"
        r"\partial h_3}{\partial\psi}+\frac{\partial h_3}{\partial h_2}\frac{"
        r"\partial h_2}{\partial\psi}+\frac{\partial h_3}{\partial h_2}\frac{"
        r"\partial h_2}{\partial h_1}\frac{\partial h_1}{\partial\psi}\Bigr)$$",
        r"""
        warning[depends-on-reading]: this holds only if ∂h₃/∂ψ is the immediate derivative
         --> notes.md:5:72
          |
        5 | …c{\partial L}{\partial h_3}\Bigl(\frac{\partial h_3}{\partial\psi}+\frac{\partial h_3}{\partia…
          |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ total or immediate?
          |
          = read as: ∂L/∂ψ = ∂L/∂h₃ · (∂h₃/∂ψ + ∂h₃/∂h₂ · ∂h₂/∂ψ + ∂h₃/∂h₂ · ∂h₂/∂h₁ · ∂h₁/∂ψ)
          = model: line 4 of notes.md
          = readings:
                1 | ∂h₃/∂ψ is the total derivative     | fails
                2 | ∂h₃/∂ψ is the immediate derivative | holds
          = evidence: proved under this reading for T = 3 (free ring: both sides expanded over all paths);
                the numbers agree on 6 samples
        help: if this is what you mean, say it once for the whole document, in its front matter:
              partial: immediate

        notes.md: 5 relations: 4 definitions, 1 conditional
        """,
    ),
    "a refuted bound": (
        CELL + r"$$\frac{\partial h_{t+1}}{\partial h_t}\le1$$",
        r"""
        error[false-bound]: the bound does not hold
         --> notes.md:2:3
          |
        2 | $$\frac{\partial h_{t+1}}{\partial h_t}\le1$$
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ ∂h_{t+1}/∂h_t is a matrix: its spectral norm is 2
          |
          = read as: ∂h_{t+1}/∂h_t ≤ 1
          = model: line 1 of notes.md
          = counterexample:
                T = 3, t = 1, sizes 2
                W = 2·I
                h₀ = U = x₁ = x₂ = 0
                taking h_t = tanh(W h_{t-1} + U x_t)
                left   2·I
                right  1
        help: the same search finds no violation of this bound, with γ = sup|f′|, which is 1 for tanh:
              \left\lVert \frac{\partial h_{t+1}}{\partial h_t} \right\rVert_{2} \le \gamma \sigma_{\max}(W)

        notes.md: 2 relations: 1 definition, 1 refuted
        """,
    ),
    "a refuted bound on a number": (
        CELL + r"$$\lVert\frac{\partial h_{t+1}}{\partial h_t}\rVert\le1$$",
        r"""
        error[false-bound]: the bound does not hold
         --> notes.md:2:3
          |
        2 | $$\lVert\frac{\partial h_{t+1}}{\partial h_t}\rVert\le1$$
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the left side is 2 and the right side 1
          |
          = read as: ‖∂h_{t+1}/∂h_t‖ ≤ 1
          = model: line 1 of notes.md
          = counterexample:
                T = 3, t = 1, sizes 2
                W = 2·I
                h₀ = U = x₁ = x₂ = 0
                taking h_t = tanh(W h_{t-1} + U x_t)
                left   2
                right  1
        help: the same search finds no violation of this bound, with γ = sup|f′|, which is 1 for tanh:
              \left\lVert \frac{\partial h_{t+1}}{\partial h_t} \right\rVert_{2} \le \gamma \sigma_{\max}(W)

        notes.md: 2 relations: 1 definition, 1 refuted
        """,
    ),
    "a false equation with a repair": (
        NUMERATOR + CELL + r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t)W$$",
        r"""
        error[false-equation]: the two sides differ
         --> notes.md:5:57
          |
        5 | $$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t)W$$
          |                                                         ^^^ one change here makes it true
          |
          = read as: ∂h_t/∂h_{t-1} = diag(1 - h_t) · W
          = model: line 4 of notes.md
          = smallest counterexample:
                T = 1, t = 1, all sizes 1
                W = U = x₁ = 1
                h₀ = 0
                left                 0.42
                right                0.2384
                central differences  0.42
        help: with a term squared it holds (proved; 25 one-edit changes were tried):
              \frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^{2}) W

        notes.md: 2 relations: 1 definition, 1 refuted
        """,
    ),
    "an expectation not met": (
        NUMERATOR + CELL + r"<!-- expect: refuted -->"
        "\n"
        r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$",
        r"""
        error[unexpected]: expected refuted, but it is proved
         --> notes.md:6:3
          |
        6 | $$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = read as: ∂h_t/∂h_{t-1} = diag(1 - h_t²) · W
          = model: line 4 of notes.md
          = evidence: proved for T = 3, 4, 5 (fingerprint: both sides compared at random points of a prime
                field); the numbers agree on 18 samples

        notes.md: 2 relations: 1 definition, 1 proved; 1 not as expected
        """,
    ),
    "an expectation met": (
        NUMERATOR + CELL + r"<!-- expect: refuted -->" "\n" r"$$\frac{\partial h_2}{\partial h_1}=0$$",
        r"""
        note[false-equation]: refuted, as expected: the two sides differ
         --> notes.md:6:3
          |
        6 | $$\frac{\partial h_2}{\partial h_1}=0$$
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = read as: ∂h₂/∂h₁ = 0
          = model: line 4 of notes.md
          = smallest counterexample:
                T = 2, all sizes 1
                W = U = x₁ = x₂ = 1
                h₀ = 0
                left                 0.1114
                right                0
                central differences  0.1114

        notes.md: 2 relations: 1 definition, 1 refuted; as expected
        """,
    ),
    "an expectation of nothing known": (
        NUMERATOR + CELL + r"<!-- expect: refutd -->" "\n" r"$$\frac{\partial h_2}{\partial h_1}=0$$",
        r"""
        error[unexpected]: `refutd` is no verdict; this is refuted
         --> notes.md:6:3
          |
        6 | $$\frac{\partial h_2}{\partial h_1}=0$$
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = read as: ∂h₂/∂h₁ = 0
          = model: line 4 of notes.md
          = smallest counterexample:
                T = 2, all sizes 1
                W = U = x₁ = x₂ = 1
                h₀ = 0
                left                 0.1114
                right                0
                central differences  0.1114
        help: the nearest is `refuted`

        notes.md: 2 relations: 1 definition, 1 refuted; 1 not as expected
        """,
    ),
    "a vacuous equation": (
        NUMERATOR + ABSTRACT + r"$$\frac{\partial L}{\partial \psi}=\sum_{t=1}^T \frac{\partial L}{\partial h_T}"
        r"\Big(\prod_{i=t}^{T-1} \frac{\partial h_{i-1}}{\partial h_i}\Big)\frac{"
        r"\partial h_t}{\partial \psi}$$",
        r"""
        warning[vacuous]: it holds only because ∂h_{i-1}/∂h_i is zero on every sample at t = 1, i = 2
         --> notes.md:5:103
          |
        5 | …ial h_T}\Big(\prod_{i=t}^{T-1} \frac{\partial h_{i-1}}{\partial h_i}\Big)\frac{\partial h_t}{\…
          |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = read as: ∂L/∂ψ = Σ_{t=1..T} ∂L/∂h_T · (∏_{i=t..T-1} ∂h_{i-1}/∂h_i) · ∂h_t/∂ψ
          = model: line 4 of notes.md
          = readings:
                1 | ∂h_t/∂ψ is the total derivative;                      | vacuous
                  | increasing product: the largest i stands on the right
                2 | ∂h_t/∂ψ is the immediate derivative;                  | fails
                  | increasing product: the largest i stands on the right
                3 | ∂h_t/∂ψ is the total derivative;                      | vacuous
                  | decreasing product: the largest i stands on the left
                4 | ∂h_t/∂ψ is the immediate derivative;                  | fails
                  | decreasing product: the largest i stands on the left

        notes.md: 5 relations: 4 definitions, 1 unchecked
        """,
    ),
    "a step that does not exist": (
        NUMERATOR + ABSTRACT + r"$$\frac{\partial h_3}{\partial h_1}=\prod_{3\ge i\ge1}\frac{\partial h_{i+1}}{"
        r"\partial h_i}$$",
        r"""
        error[impossible]: at `i = 3` `h_{4}` does not exist
         --> notes.md:5:70
          |
        5 | $$\frac{\partial h_3}{\partial h_1}=\prod_{3\ge i\ge1}\frac{\partial h_{i+1}}{\partial h_i}$$
          |                                                                      ^^^^^^^
          |
          = read as: ∂h₃/∂h₁ = ∏_{i=3 down to 1} ∂h_{i+1}/∂h_i
          = model: line 4 of notes.md
          = readings: both fail: as written; the states are scalars
        help: with the upper bound moved by one it holds (proved; 22 one-edit changes were tried):
              \frac{\partial h_3}{\partial h_1} = \prod_{2 \ge i \ge 1}\frac{\partial h_{i+1}}{\partial h_i}

        notes.md: 5 relations: 4 definitions, 1 refuted
        """,
    ),
    "a name that nothing defines": (
        CELL + r"$$\frac{\partial h_2}{\partial q}=W$$",
        r"""
        warning[undefined]: no definition in the document says what `q` is
         --> notes.md:2:32
          |
        2 | $$\frac{\partial h_2}{\partial q}=W$$
          |                                ^
          |
          = read as: ∂h₂/∂q = W

        notes.md: 2 relations: 1 definition, 1 unchecked
        """,
    ),
    "a display left open": (
        CELL + r"$$\frac{\partial h_2}{\partial h_1}",
        r"""
        warning[not-closed]: `$$` is opened here and never closed
         --> notes.md:2:1
          |
        2 | $$\frac{\partial h_2}{\partial h_1}
          | ^^

        warning[not-read]: there is no relation here to judge
         --> notes.md:2:3
          |
        2 | $$\frac{\partial h_2}{\partial h_1}
          |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ expected two sides and a sign such as `=`

        notes.md: 2 relations: 1 definition, 1 unchecked
        """,
    ),
}


@pytest.mark.parametrize("case", GOLDEN)
def test_a_whole_report_reads_as_it_should(case: str) -> None:
    """Every word, blank and caret of a report is what a person has read and approved of."""
    text, expected = GOLDEN[case]
    assert printed(text) == dedent(expected).lstrip("\n")


def test_the_bound_of_the_sheet_is_refuted_with_numbers_for_a_blackboard(sheet: Judged) -> None:
    """The one false line of the source sheet: W = 2·I, everything else 0, and the true bound proposed."""
    blocks = [block(sheet.document.source, item, Style()) for item in sheet.diagnostics]
    [bound] = [text for text in blocks if text.startswith("error")]
    lines = bound.splitlines()
    assert lines[:6] == [
        "error[false-bound]: the bound does not hold",
        "  --> sheet.md:84:1",
        "   |",
        r"84 | \frac{\partial{h_{t+1}}}{\partial{h_t}}\le1",
        f"   | {'^' * 43} ∂h_{{t+1}}/∂h_t is a matrix: its spectral norm is 2",
        "   |",
    ]
    assert "         W = 2·I" in lines
    assert (
        r"      \left\lVert \frac{\partial h_{t+1}}{\partial h_t} \right\rVert_{2} \le \gamma \sigma_{\max}(W)" in lines
    )


def test_the_sheet_says_which_readings_hold(sheet: Judged) -> None:
    """A conditional equation of the sheet shows its readings in a table, and how to declare the one that holds."""
    text = block(sheet.document.source, sheet.diagnostics[0], Style())
    assert "this holds only if ∂h₄/∂ψ is the immediate derivative" in text
    assert "| ∂h₄/∂ψ is the immediate derivative" in text
    assert text.endswith("in its front matter:\n      partial: immediate\n")
    assert "model: lines 6-10 of sheet.md" in text


def test_a_true_relation_is_only_counted(sheet: Judged) -> None:
    """What is simply true makes no block; the summary line counts every verdict."""
    loud = [item.verdict for item in sheet.diagnostics]
    quiet = [verdict for verdict in sheet.verdicts if verdict not in loud]
    assert {verdict.status for verdict in quiet} <= {"definition", "proved", "verified"}
    counts = [sum(v.status == status for v in sheet.verdicts) for status in STATUSES]
    line = summary(sheet, 0.25)
    assert line.startswith(f"sheet.md: {len(sheet.verdicts)} relations: {counts[0]} definitions, {counts[1]} proved")
    assert line.endswith("1 refuted (0.2 s)")
    assert summary(sheet).endswith("1 refuted")


def test_no_equation_is_said_in_one_line() -> None:
    """A text without mathematics is no failure, and is not passed over in silence."""
    assert printed("only words\n") == "notes.md: no equation was found\n"


# Layout


ODD = st.builds(
    lambda text, times: text * times,
    st.text(st.sampled_from("ab∂^_{}\t가나漢字é\u0301\u200b\x1b…\\"), min_size=1, max_size=30),
    st.integers(1, 9),
)


@given(ODD, st.integers(0, 170), st.integers(1, 170), st.sampled_from(["", "label", "라벨 " * 9]), st.booleans())
def test_the_underline_stands_below_the_span(text: str, start: int, length: int, label: str, plain: bool) -> None:
    """Whatever stands on the line, the carets stand below the span, or below as much of it as fits."""
    line = f"x{text}".rstrip()
    start = min(start, len(line) - 1)
    assume(width(visible(line[start])))
    cut = Style(plain=plain).cut
    quoted, *marks = quotation(source_from_text(line), Span(start, start + length), label, 60, cut)
    assert all(width(shown) <= 60 for shown in (quoted, *marks))
    begin, carets = marks[0].index("^"), marks[0].count("^")
    places = [sum(width(character) for character in quoted[:position]) for position in range(len(quoted))]
    under = "".join(c for c, place in zip(quoted, places, strict=True) if begin <= place < begin + carets and width(c))
    wanted = "".join(visible(character) for character in line[start : start + length])
    bare = "".join(character for character in wanted if width(character))
    assert bare.startswith(under)
    assert under == bare or quoted.endswith(cut)
    assert label.rstrip() in "\n".join(marks)


@pytest.mark.parametrize(("text", "columns"), [("가", 2), ("漢字", 4), ("e\u0301", 1), ("ａ", 2), ("ｱ", 1), ("∂…", 2)])
def test_the_columns_of_a_text(text: str, columns: int) -> None:
    """Korean and Chinese letters take two columns, an accent that combines with a letter none."""
    assert width(text) == columns


def test_a_line_is_cut_around_the_span() -> None:
    """Of a long line the span is shown whole with as much around it as fits, cut marks at both ends."""
    text = "a" * 100 + "SPAN" + "b" * 100
    quoted, mark = quotation(source_from_text(text), Span(100, 104), "", 40, "…")
    assert width(quoted) == 40
    assert quoted.startswith("…a")
    assert quoted.endswith("b…")
    assert quoted[mark.index("^") : len(mark)] == "SPAN"


def test_a_plain_frame_is_ascii() -> None:
    """``--plain`` leaves no other character in the frame than ASCII; what was written stays as it was written."""
    text = CELL + r"$$\frac{\partial h_t}{\partial h_{t-1}}=W" + "+W" * 60 + "$$"
    [_, cut, *_] = [line for line in printed(text, Style(plain=True)).splitlines() if line.startswith(("2 |", "  | "))]
    assert "..." in printed(text, Style(plain=True))
    assert "…" not in printed(text, Style(plain=True))
    assert cut.isascii()


def test_colour_is_for_margin_and_underline_only() -> None:
    """Without the codes of colour the text is the same, and title, source line and notes carry none."""
    text = CELL + r"$$\frac{\partial h_2}{\partial h_1}=0$$"
    coloured = printed(text, Style(colour=True))
    assert coloured != printed(text)
    for code in ("\033[34m", "\033[31m", "\033[33m", "\033[36m", "\033[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == printed(text)
    titles = [line for line in printed(text, Style(colour=True)).splitlines() if line.startswith("error")]
    assert titles == ["error[false-equation]: the two sides differ"]


def test_what_is_printed_steers_no_terminal() -> None:
    """Control characters and marks of direction in a document are shown, not sent."""
    text = printed("$$a = \x1b[31m b$$\n$$a=\u202e b$$\n")
    assert "\x1b" not in text
    assert "\u202e" not in text


# Words


def example(**changes: object) -> Verdict:
    """A verdict that no judge has to be asked for."""
    document = judged(r"$$\frac{\partial h_2}{\partial h_1}=0$$")
    return replace(document.verdicts[0], **changes)  # type: ignore[arg-type]


def test_numbers_are_such_that_a_student_can_redo_them() -> None:
    """At most four significant digits; zero, the identity and its multiples by name; a column as a row's transpose."""
    assert figure(0.123456) == "0.1235"
    assert figure(-0.0) == "0"
    assert figure(2.0) == "2"
    assert matrix(((0.42,),)) == "0.42"
    assert matrix(((0.0, -0.0), (0.0, 0.0))) == "0"
    assert matrix(((1.0, 0.0), (0.0, 1.0))) == "I"
    assert matrix(((2.0, 0.0), (0.0, 2.0))) == "2·I"
    assert matrix(((2.0, 0.0), (0.0, 3.0))) == "[[2, 0], [0, 3]]"
    assert matrix(((1.0,), (2.5,))) == "[1, 2.5]ᵀ"
    assert matrix(((1.0, 2.5),)) == "[1, 2.5]"


def test_names_that_share_a_value_share_a_line() -> None:
    """Equal values are said once, and a run of four steps or more by its ends; names stay apart from steps."""
    values = [("W", "1"), ("x_{1}", "1"), ("x_{2}", "1"), ("h_{0}", "0")]
    assert same_values(values) == ["W = x₁ = x₂ = 1", "h₀ = 0"]
    assert same_values([(f"x_{{{step}}}", "1") for step in range(1, 6)]) == ["x₁ = ⋯ = x₅ = 1"]
    assert same_values([("W_{hh}", "1"), (r"\hat{y}_{2}", "2")]) == ["W_hh = 1", "ŷ₂ = 2"]


@given(st.lists(st.floats(-9, 9), min_size=4, max_size=4))
def test_the_spectral_norm_is_the_largest_singular_value(entries: list[float]) -> None:
    """It agrees with the closed form of a 2×2 matrix, also where both singular values are almost the same."""
    a, b, c, d = entries
    square = a * a + b * b + c * c + d * d
    exact = math.sqrt((square + math.sqrt(max(0.0, square**2 - 4 * (a * d - b * c) ** 2))) / 2)
    assert spectral_norm(((a, b), (c, d))) == pytest.approx(exact, rel=1e-7, abs=1e-7)


def test_sides_that_only_look_alike_get_more_digits() -> None:
    """Where four digits do not part the two sides, more are shown."""
    witness = Counterexample(3, (), (), (), ((1.0,),), ((1.00001,),))
    assert witness_lines(witness, "T") == (("T = 3, all sizes 1",), ("left", "1"), ("right", "1.00001"))


def test_readings_that_fail_alike_share_a_row() -> None:
    """A table of more than eight readings shows those that hold, and counts the others by how they fail."""
    rows = [("a", "holds"), *((f"b{n}", "fails") for n in range(7)), ("c", "fails: 2×1 and 3×2 are multiplied")]
    assert reading_rows(example(readings=tuple(rows))) == (
        ("1", "a", "holds"),
        ("2", "7 readings", "fails"),
        ("3", "c", "fails: shapes that do not fit"),
    )
    many = example(readings=tuple((f"a{n}", "holds") for n in range(9)))
    assert reading_rows(many)[-1] == ("5", "5 more readings", "holds")


def test_readings_that_all_fail_are_one_line() -> None:
    """Where no reading holds, there is nothing to tell apart in a table."""
    assert reading_rows(example(readings=(("a", "fails"), ("b", "fails")))) == (("both fail: a; b",),)


def test_a_reading_does_not_repeat_the_title() -> None:
    """What the title says of all is not said again in each row."""
    rows = (("a", "fails: too big"), ("b", "holds"))
    assert reading_rows(example(readings=rows, message="too big"))[0] == ("1", "a", "fails")


def test_a_long_sum_is_read_out_by_its_ends() -> None:
    """Ten terms are told by the first two and the last, with their number."""
    terms = "+".join(
        rf"\frac{{\partial L}}{{\partial h_{n}}}\frac{{\partial h_{n}}}{{\partial\psi}}" for n in range(10)
    )
    relation = judged(f"$$a={terms}$$").verdicts[0].entry.relation
    assert isinstance(relation, Relation)
    assert read_line(relation).endswith(" + ⋯ + ∂L/∂h₉ · ∂h₉/∂ψ (⋯ stands for 7 more terms)")


@pytest.mark.parametrize(
    ("conditions", "title", "lines"),
    [
        (("T = 4",), "this holds only if T = 4", ("T: 4",)),
        (("h is the total derivative",), "this holds only if h is the total derivative", ("partial: total",)),
        (("numerator layout (a gradient is a row)",), "this holds only in numerator layout", ("layout: numerator",)),
        (("the states are scalars",), "this holds only if the states are scalars", ("state: scalar",)),
        (("the model of lines 3-5",), "this holds only of the model of lines 3-5", ()),
        (("increasing product: so", "T = 2"), "this holds only under 2 conditions", ("product: increasing", "T: 2")),
    ],
)
def test_a_condition_is_a_sentence_and_a_line_of_front_matter(
    conditions: tuple[str, ...], title: str, lines: tuple[str, ...]
) -> None:
    """Every condition reads as a sentence, and each that front matter can declare comes with the line that does."""
    verdict = example(status="conditional", conditions=conditions, code="depends-on-reading", suggestions=())
    document = judged(CELL).document
    found = diagnose(document, verdict)
    assert found is not None
    assert found.title == title == message(document, verdict)
    assert [line for _, *proposed in helps_for(document, verdict) for line in proposed] == list(lines)


def test_in_tex_a_convention_is_declared_by_a_comment() -> None:
    """A TeX file has no front matter; what is proposed is a comment that bpttsym reads."""
    source = source_from_text(r"\[a=b\]", "notes.tex", "tex")
    verdict = example(status="conditional", conditions=("T = 4",))
    [(_, line)] = helps_for(read_document(source), verdict)
    assert line == "% bpttsym: T: 4"


def test_a_person_finds_every_error_by_its_title_alone() -> None:
    """Titles are lower case and without a full stop, for every verdict that is not simply true."""
    for text, _ in GOLDEN.values():
        for item in judged(text).diagnostics:
            assert item.title[-1] != "."
            assert not item.title[0].isupper()


# JSON


RELATION_KEYS = [
    *("equation", "part", "line", "column", "end_line", "end_column", "latex", "verdict", "conditions", "message"),
    *("model", "evidence", "counterexample", "suggestions", "expected"),
]


def test_json_has_the_keys_of_the_contract_in_their_order(sheet: Judged) -> None:
    """Other programs rely on these keys; more may follow them, none may go."""
    data = to_json([sheet])
    assert list(data) == ["version", "documents"]
    [document] = data["documents"]
    assert list(document)[:2] == ["file", "relations"]
    assert data["version"] == 1
    for relation in document["relations"]:
        assert list(relation)[: len(RELATION_KEYS)] == RELATION_KEYS
        assert set(relation) >= {"read", "told", "readings", "code", "open"}
        assert list(relation["evidence"]) == ["proof", "samples", "max_error"]
        assert all(list(item)[:2] == ["latex", "verdict"] for item in relation["suggestions"])


def test_json_has_the_types_of_the_contract(sheet: Judged) -> None:
    """Numbers are numbers, texts are texts, and what is not there is null."""
    for relation in to_json([sheet])["documents"][0]["relations"]:
        for key in ("equation", "part", "line", "column", "end_line", "end_column"):
            assert type(relation[key]) is int
            assert relation[key] >= 1
        for key in ("latex", "verdict", "message", "model", "read", "code"):
            assert type(relation[key]) is str
        assert relation["verdict"] in STATUSES
        assert relation["message"]
        assert all(type(condition) is str for condition in relation["conditions"])
        proof = relation["evidence"]["proof"]
        assert proof is None or set(proof) == {"method", "scope"}
        assert (proof is not None) <= (relation["verdict"] in ("proved", "conditional"))
        assert (relation["counterexample"] is not None) <= (relation["verdict"] != "proved")
        assert relation["expected"] is None


def test_json_places_are_where_the_text_is(sheet: Judged) -> None:
    """Line and column lead to the first character of a relation, the end to the column after its last."""
    lines = sheet.document.source.text.split("\n")
    for relation, verdict in zip(to_json([sheet])["documents"][0]["relations"], sheet.verdicts, strict=True):
        written = sheet.document.source.text[verdict.entry.span.start : verdict.entry.span.end]
        assert lines[relation["line"] - 1][relation["column"] - 1 :].startswith(written.split("\n")[0])
        assert lines[relation["end_line"] - 1][: relation["end_column"] - 1].endswith(written.split("\n")[-1])


def test_json_rounds_nothing() -> None:
    """Numbers are rounded for people only; what is no number in JSON is null."""
    result = judged(CELL + r"$$\frac{\partial h_2}{\partial h_1}=0$$")
    witness = result.verdicts[1].counterexample
    assert witness is not None
    shown = to_json([result])["documents"][0]["relations"][1]["counterexample"]
    assert shown["left"] == [list(row) for row in witness.left]
    assert shown["horizon"] == {"T": witness.length}
    endless = Judged(result.document, (replace(result.verdicts[1], max_error=math.inf),))
    assert to_json([endless])["documents"][0]["relations"][0]["evidence"]["max_error"] is None


def test_json_can_be_written_and_is_the_same_twice() -> None:
    """The object holds nothing that JSON does not know, for every kind of verdict, in a stable order."""
    for text, _ in GOLDEN.values():
        assert json.loads(json.dumps(to_json([judged(text)]), allow_nan=False))["version"] == 1
    text, _ = GOLDEN["a false equation with a repair"]
    first, second = (json.dumps(to_json([judged.__wrapped__(text)])) for _ in range(2))
    assert first == second


def test_json_tells_what_the_text_tells_beside_the_relations() -> None:
    """A display that is left open and a wrong number of expectations are remarks of the document."""
    text = CELL + "<!-- expect: proved, proved -->\n$$h_1=h_1$$\n\n$$h_2=x"
    remarks = to_json([judged(text)])["documents"][0]["remarks"]
    assert [(item["code"], item["severity"], item["line"]) for item in remarks] == [
        ("not-closed", "warning", 5),
        ("unexpected", "error", 3),
    ]


def test_json_says_in_one_line_what_each_relation_is() -> None:
    """The message of a relation stands alone: what was refuted, what was proved and how far, what was given."""
    text = NUMERATOR + CELL + "$$" + r"\frac{\partial h_2}{\partial h_1}=0, \quad h_2\propto q" + "$$\n$$h_9$$\n"
    text += r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$" + "\n"
    text += r"$$\frac{\partial h_2}{\partial h_1}\le1$$"
    messages = [relation["message"] for relation in to_json([judged(text)])["documents"][0]["relations"]]
    assert messages[:4] == [
        "taken as given",
        "the two sides differ",
        r"a relation `\propto` is not judged",
        "there is no relation here to judge (expected two sides and a sign such as `=`)",
    ]
    assert messages[4].startswith("proved for T = 3, 4, 5 (fingerprint: ")
    assert messages[5] == "the bound does not hold (∂h₂/∂h₁ is a matrix: its spectral norm is 2)"


# What passes


@pytest.mark.parametrize(
    ("text", "passes", "strictly"),
    [
        (CELL, True, True),
        (CELL + r"$$\frac{\partial h_2}{\partial h_1}=0$$", False, False),
        (CELL + "<!-- expect: refuted -->\n" + r"$$\frac{\partial h_2}{\partial h_1}=0$$", True, True),
        (CELL + "<!-- expect: proved -->\n" + r"$$\frac{\partial h_2}{\partial h_1}=0$$", False, False),
        (CELL + "<!-- expect: unchecked -->\n" + r"$$\frac{\partial h_2}{\partial q}=0$$", True, True),
        (CELL + r"$$\frac{\partial h_2}{\partial q}=0$$", True, False),
        (CELL + "<!-- expect: proved, refuted -->\n$$h_1=x$$", False, False),
        (CELL + "<!-- expect: refutd -->\n" + r"$$\frac{\partial h_2}{\partial h_1}=0$$", False, False),
    ],
)
def test_what_passes(text: str, passes: bool, strictly: bool) -> None:
    """Nothing refuted, or exactly what is expected; strictly, nothing in doubt that was not expected to be."""
    assert (judged(text).passes(), judged(text).passes(strict=True)) == (passes, strictly)


def test_a_summary_counts_what_is_refuted_though_nobody_expects_it() -> None:
    text = (
        "$$ h_t = W h_{t-1}, \\quad L = \\lVert h_T \\rVert^2 $$\n\n<!-- expect: refuted -->\n"
        "$$ \\nabla_{h_T} L = h_T $$\n\n$$ \\nabla_{h_T} L = 3 h_T $$\n"
    )
    document = read_document(source_from_text(text, "notes.md"))
    judged = Judged(document, tuple(judge(document, mend=False)))
    assert summary(judged) == "notes.md: 4 relations: 2 definitions, 2 refuted; 1 not as expected"
