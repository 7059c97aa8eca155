"""Where the mathematics of a file stands: every offset exact, nothing lost behind a mark that nobody closed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpttsym.errors import UnreadableSource
from bpttsym.expr import Span
from bpttsym.source import (
    MAXIMUM_CHARACTERS,
    Heading,
    Kind,
    Location,
    Maths,
    Source,
    read_source,
    source_from_text,
)

DATA = Path(__file__).parent / "data"
KINDS: tuple[Kind, ...] = get_args(Kind)

# Line, column, level or number (0 for inline maths), and title or content.
Row = tuple[int, int, str, str]


def rows(source: Source) -> list[Row]:
    """Everything in a source as (line, column, what it is, title or content); displays are stripped."""
    found = []
    for item in source.items:
        place = source.locate(item.start)
        if isinstance(item, Heading):
            what, content = "#" * item.level, item.title
        else:
            what = "inline" if item.inline else f"{item.number} {item.environment}".strip()
            content = source.maths_text(item)
        found.append((place.line, place.column, what, content))
    return found


def displays(source: Source) -> list[Maths]:
    """The displays of a source."""
    return [item for item in source.items if isinstance(item, Maths) and not item.inline]


def contents(text: str, kind: Kind = "markdown") -> list[str]:
    """The contents of all formulas of a text, displays in double brackets."""
    source = source_from_text(text, kind=kind)
    formulas = [item for item in source.items if isinstance(item, Maths)]
    return [
        source.maths_text(maths) if maths.inline else f"[[{source.maths_text(maths).strip()}]]" for maths in formulas
    ]


def titles(text: str, kind: Kind = "markdown") -> list[tuple[int, str]]:
    """Level and title of the headings of a text."""
    return [(item.level, item.title) for item in source_from_text(text, kind=kind).items if isinstance(item, Heading)]


def notebook(*cells: tuple[str, str | list[str]]) -> str:
    """The JSON of a notebook with these cells."""
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": kind, "source": source} for kind, source in cells]})


MARKDOWN_TRAPS: list[Row] = [
    (8, 1, "#", "제목 한 줄"),
    (11, 8, "inline", "h_t"),
    (11, 52, "inline", "g(h_t)"),
    (11, 65, "inline", "x_t"),
    (13, 1, "##", "A heading with $T$ and `$code$`"),
    (13, 20, "inline", "T"),
    (25, 5, "1", "a = 1"),
    (25, 19, "2", "\n  b = 2\n  "),
    (34, 15, "3", "\n    c > d\n    > e\n    "),
    (37, 13, "inline", "f\n    g"),
    (40, 8, "4", "\nh = 1\n\n% two"),
    (46, 10, "5", "\n  q = 1"),
    (52, 15, "6 align*", "\na &= b \\\\[2pt]\n&= c\n"),
    (56, 3, "7", r" z = \text{$5 of $6} \\[1pt] "),
    (60, 1, "##", "Setext"),
    (63, 3, "8", "x\n"),
    (66, 1, "#", "Unclosed"),
    (68, 3, "9", " u = v\nw = 1\n"),
    (71, 12, "inline", "k"),
    (73, 17, "10 equation", "\nm = n\n"),
    (76, 3, "11", r"\begin{aligned} p &= q \end{aligned}"),
]

TEX_TRAPS: list[Row] = [
    (8, 1, "##", r"시점 $t$ and {\bf braces \{}"),
    (8, 15, "inline", "t"),
    (9, 27, "inline", " h_t = f(x_t) "),
    (10, 35, "inline", "a"),
    (13, 1, "#####", "제목"),
    (17, 3, "1", " x = 1 % \\]\n+ 2 "),
    (21, 1, "#####", "Second"),
    (22, 22, "inline", "b"),
    (24, 14, "2 align", "\n% expect: refuted, proved\n% \\end{align}\na &= b \\\\\n\nc &> d\n"),
    (32, 20, "3 alignat*", " u &= v "),
    (33, 3, "4", " y = 1 "),
    (33, 13, "######", "Last"),
    (38, 13, "5 math", "i"),
]

NOTEBOOK_TRAPS = [
    ("[cell 2]", 1, 1, "노트북"),
    ("[cell 2]", 3, 5, "h_t"),
    ("[cell 2]", 3, 16, " a = b\nc\n"),
    ("[cell 6]", 1, 5, "x"),
    ("[cell 7]", 1, 5, "y"),
]


def test_the_markdown_traps_are_read_exactly() -> None:
    """Line, column, number and content of every heading and formula of a document made of traps."""
    assert rows(read_source(DATA / "source_traps.md")) == MARKDOWN_TRAPS


def test_the_tex_traps_are_read_exactly() -> None:
    """Comments, verbatim text, macros before the document and what follows it hold no formulas; frames are headings."""
    assert rows(read_source(DATA / "source_traps.tex")) == TEX_TRAPS


def test_the_notebook_traps_are_read_exactly() -> None:
    """Lines are counted within a cell, code cells are passed over, and no open fence or display leaves its cell."""
    source = read_source(DATA / "source_notes.ipynb")
    places = [source.locate(item.start) for item in source.items]
    texts = [item.title if isinstance(item, Heading) else source.maths_text(item) for item in source.items]
    assert [
        (place.file.removeprefix(source.name), place.line, place.column, text)
        for place, text in zip(places, texts, strict=True)
    ] == NOTEBOOK_TRAPS
    assert source.settings == {"T": "3"}
    assert [maths.expectation for maths in displays(source)] == [(), ("proved",)]


@pytest.mark.parametrize("opening", ["<!-- ", "`", "```\n", "$$", "$", "\\[", "\\(", "\\begin{align}", "$`", "text\n"])
def test_nothing_goes_from_one_cell_into_the_next(opening: str) -> None:
    """What one cell opens ends with it, so that the next cell is read as it stands."""
    closings = "$x$ --> ` \n```\n \\] \\) \\end{align} `$ $$y$$\n---"
    source = source_from_text(notebook(("markdown", f"{opening}a"), ("markdown", closings)), kind="notebook")
    second = [
        source.maths_text(item) for item in source.items if isinstance(item, Maths) and item.start > len(opening) + 2
    ]
    assert second[0] == "x"


@pytest.mark.parametrize("file", ["source_traps.md", "source_traps.tex"])
@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_do_not_count(file: str, line_end: str, tmp_path: Path) -> None:
    """A file with CRLF or CR and a byte order mark gives the same offsets as one with LF."""
    plain = read_source(DATA / file)
    other = tmp_path / file
    other.write_bytes(b"\xef\xbb\xbf" + plain.text.replace("\n", line_end).encode())
    read = read_source(other)
    assert (read.text, read.items, read.settings) == (plain.text, plain.items, plain.settings)


def test_columns_count_characters() -> None:
    """Korean text before a formula moves its column by one for each character, not for each byte."""
    source = source_from_text("# 시점\n은닉 상태 $h_t$ 와 𝛿 $x$")
    assert [(place.line, place.column) for place in (source.locate(item.start) for item in source.items)] == [
        (1, 1),
        (2, 8),
        (2, 18),
    ]
    assert source.locate(len(source.text)) == Location("<text>", 2, 20)


def test_the_line_of_an_offset() -> None:
    """The whole line is given for each of its offsets, its line break included; the last needs none."""
    text = "one\n\n둘 $x$"
    source = source_from_text(text)
    assert [source.line_text(offset) for offset in (0, 3, 4, 5, len(text))] == ["one", "one", "", "둘 $x$", "둘 $x$"]
    assert [source.line_start(offset) for offset in (0, 3, 4, 5, len(text))] == [0, 0, 4, 5, 5]


INLINE_CASES = {
    "$5 and $6": [],
    "$5 and $6 and $h$": ["h"],
    "it costs $5, $h_t$ does not": ["h_t"],
    "$x$2": [],
    "2$y$": ["y"],
    "$ x$ $x $ $$": ["[[]]"],
    r"\$x$ \\$y$ $z\$$": ["y", r"z\$"],
    "$a$$b$": ["a", "b"],
    "$a\nb$": ["a\nb"],
    "$a\n \nb$": [],
    "$a\n- b$": [],
    "$a\n# b$": [],
    "`$a$` ``$`$b$`` $`c`$ $`d$": ["c", "`d"],
    "`$a$\n\n$b$` $c$": ["a", "b", "c"],
    "```$a$``` $b$": ["b"],
    "``$a$`": ["a"],
    r"\`$a$\` $b$": ["a", "b"],
    r"\(a\) \(b \(c\) \\(d\\)": ["a", "c"],
    "<!-- $a$ --> $b$ <!-- $c$": ["b", "c"],
    "- 값$x$은": ["x"],
    "    $x$": ["x"],
    "| $a$ | $b$ |\n|---|---|\n| $c$ | `$d$` |": ["a", "b", "c"],
}


@pytest.mark.parametrize("text", INLINE_CASES)
def test_inline_maths(text: str) -> None:
    """Pandoc's rule for dollars; escapes, code, comments and the ends of paragraphs part formulas from prices."""
    assert contents(text) == INLINE_CASES[text]


DISPLAY_CASES = {
    "$$a$$ $$b$$": ["[[a]]", "[[b]]"],
    "text $$a$$ text": ["[[a]]"],
    r"$$\text{if $x$ and \$$} y$$": [r"[[\text{if $x$ and \$$} y]]"],
    r"\[ a \\[2pt] b \\\]": [r"[[a \\[2pt] b \\]]"],
    r"\\[ no \\] \[ a \]": ["[[a]]"],
    r"$$\begin{align}a\end{align}$$": [r"[[\begin{align}a\end{align}]]"],
    r"\begin{equation}\begin{aligned}a\end{aligned}\end{equation}": [r"[[\begin{aligned}a\end{aligned}]]"],
    r"\begin{aligned}a\end{aligned} \begin{matrix}b\end{matrix}": [],
    r"\begin{alignat}{2}a\end{alignat}\begin{equation}{2}a\end{equation}": ["[[a]]", "[[{2}a]]"],
    "```math\na\n```\n```maths\nb\n```\n``` math x\nc\n````": ["[[a]]", "[[c]]"],
    "````math\na\n```\nb\n````": ["[[a]]"],
    "~~~\n$$a$$\n```\n~~~~\n$$b$$": ["[[b]]"],
    "1. x\n   ```\n   $$a$$\n   ```\n\n   $$b$$": ["[[b]]"],
    "> ```\n> $$a$$\n\n$$b$$": ["[[b]]"],
    "$$\na\n\nb\n$$\n\n$$\nc\n$$": ["[[a\n\nb]]", "[[c]]"],
    "a ` b\n```\n` $$c$$\n```\n$$d$$": ["[[d]]"],
    "$$a `$$` b$$": ["[[a `$$` b]]"],
    "$$a <!-- b\n\nc --> d$$": ["[[a <!-- b\n\nc --> d]]"],
}


@pytest.mark.parametrize("text", DISPLAY_CASES)
def test_displays(text: str) -> None:
    """Two dollars, brackets, environments and fences of maths; code and escapes are none."""
    assert contents(text) == DISPLAY_CASES[text]


UNCLOSED_CASES = {
    "$$ a\n\nText $k$\n\n$$b$$": (["$$"], ["[[a]]", "k", "[[b]]"]),
    "$$ a\n\nText $k$\n\n$$\nb\n$$\n\nEnd $c$": (["$$"], ["[[a]]", "k", "[[b]]", "c"]),
    "$$ a\n# Heading\n$$ b $$": (["$$"], ["[[a]]", "[[b]]"]),
    "$$a$$ $$": (["$$"], ["[[a]]", "[[]]"]),
    "\\[ a\n\n\\[ b \\] $c$": ([r"\["], ["[[a]]", "[[b]]", "c"]),
    "\\[ a \\[ b \\]": ([r"\["], ["[[a]]", "[[b]]"]),
    "\\begin{align}a\n\n\\begin{align}b\\end{align}": ([r"\begin{align}"], ["[[a]]", "[[b]]"]),
    "\\begin{align}a\\end{align*}\n\n$b$": ([r"\begin{align}"], [r"[[a\end{align*}]]", "b"]),
    "```math\na\n\n$b$\n```python\n$$c$$\n```\n$d$": (["```"], ["[[a]]", "b", "d"]),
    "> $$ a\n>\n> $b$ $$ c $$": (["$$"], ["[[a]]", "b", "[[c]]"]),
    "$$ a\n```math\nb\n```\n$$ c $$": (["$$"], ["[[a]]", "[[b]]", "[[c]]"]),
    "\\begin{equation": ([], []),
    "$$ a\n\n```math\nb": (["$$", "```"], ["[[a]]", "[[b]]"]),
}


@pytest.mark.parametrize("text", UNCLOSED_CASES)
def test_what_is_not_closed_is_told_and_loses_nothing(text: str) -> None:
    """A display without its closing mark ends with its paragraph; the rest of the document is read."""
    openings, expected = UNCLOSED_CASES[text]
    source = source_from_text(text)
    assert [text[span.start : span.end] for span in source.unclosed] == openings
    assert contents(text) == expected


HEADING_CASES = {
    "# a\n## b ##\n###### c # d\n#e\n####### f\n    # g\n#": [(1, "a"), (2, "b"), (6, "c # d"), (1, "")],
    "> ## quoted": [(2, "quoted")],
    "a\n=====\nb\n--\n\nc  d\n---\n": [(1, "a"), (2, "b"), (2, "c d")],
    "text\n\n---\n\n- item\n---\n\ntwo\nlines\n---\n\na | b\n-|-": [],
    "# a\nb\n---\n```\nc\n---\n```\nd\n===": [(1, "a"), (2, "b"), (1, "d")],
    "$$\n# a\n$$\n\n```\n# b\n```\n<!--\n# c\n-->\n# d `#`": [(1, "d `#`")],
    "$$\na\n---\n$$": [],
}


@pytest.mark.parametrize("text", HEADING_CASES)
def test_markdown_headings(text: str) -> None:
    """ATX and setext headings; rules, lists, tables, code, comments and formulas make none."""
    assert titles(text) == HEADING_CASES[text]


TEX_CASES: dict[str, tuple[list[str], list[tuple[int, str]]]] = {
    "$ a $ costs \\$5 % $b$\n$c$": ([" a ", "c"], []),
    "$a % $ b\n% c\n$ d": (["a % $ b\n% c\n"], []),
    "\\verb|$a$|$b$ \\verb*+$+ $c$ \\verbatim": (["b", "c"], []),
    "\\begin{lstlisting}$$a$$\\end{lstlisting}$$b$$": (["[[b]]"], []),
    "\\begin{verbatim*}$$a$$\\end{verbatim}": ([], []),
    "\\chapter{A}\\section[x]{B}\\subsection*{C $d$}\\subsubsection{}\\paragraph{E\nF}\\sectionmark{G}": (
        ["d"],
        [(1, "A"), (2, "B"), (3, "C $d$"), (4, ""), (6, "E F")],
    ),
    "\\begin{frame}\\frametitle<1>{A}\\end{frame}\\begin{frame}<2->[t]\n{B}{C}": ([], [(5, "A"), (5, "B")]),
    "# no\n\n> no\n\n`$a$`\n\nb\n---": (["a"], []),
    "a\\\\[2pt] $b$ \\\\% $c$": (["b"], []),
}


@pytest.mark.parametrize("text", TEX_CASES)
def test_tex(text: str) -> None:
    """Comments and verbatim text hide formulas; sections and frames are headings; Markdown means nothing."""
    assert (contents(text, "tex"), titles(text, "tex")) == TEX_CASES[text]


def test_front_matter_gives_settings_with_their_places() -> None:
    """Keys and values stand as written, the last of equal keys wins, and what is no ``key: value`` is a key."""
    source = source_from_text("---\nT: 4\n T: 5\n# no\n- no\nT = 6\nh_0: free\nh_0:  zero: x \n...\n$a$")
    assert source.settings == {"T": "4", "T = 6": "", "h_0": "zero: x"}
    written = {key: source.text[span.start : span.end] for key, span in source.setting_spans.items()}
    assert written == {"T": "T: 4", "T = 6": "T = 6", "h_0": "h_0:  zero: x"}


@pytest.mark.parametrize(
    "text", ["\n---\nT: 4\n---", "---\n\nT: 4\n---", "---\nT: 4\n", "--- x\nT: 4\n---", "---\nT\n---"]
)
def test_only_a_closed_block_at_the_top_is_front_matter(text: str) -> None:
    """A rule at the top of a text, or one that no rule closes, begins no front matter."""
    assert source_from_text(text).settings == {}


def test_comments_give_settings() -> None:
    """``bpttsym: key: value`` in a comment is a setting, wherever it stands, but not in code."""
    markdown = source_from_text("$a$\n<!--bpttsym:T:4-->\n`<!-- bpttsym: T: 5 -->`\n<!-- T: 6 -->")
    assert markdown.settings == {"T": "4"}
    assert markdown.setting_spans == {"T": Span(16, 19)}
    tex = source_from_text("%% bpttsym: T: 4\n\\verb|% bpttsym: T: 5| % T: 6\n\\% bpttsym: T: 7", kind="tex")
    assert tex.settings == {"T": "4"}


def said(text: str, kind: Kind = "markdown") -> list[tuple[tuple[str, ...], str]]:
    """What is said of each display of a text."""
    return [(maths.expectation, maths.model) for maths in displays(source_from_text(text, kind=kind))]


def test_a_comment_speaks_of_the_next_display_only() -> None:
    """The last comment before a display wins, inline formulas and blank lines may stand between."""
    text = "<!-- expect: refuted -->\n\n<!-- expect: proved,  -->\n\n$x$\n\n$$a$$\n$$b$$\n"
    text += "<!-- model: lstm -->\n$$c$$\n$$d$$"
    assert said(text) == [(("proved", ""), ""), ((), ""), ((), "lstm"), ((), "")]


def test_an_expectation_ends_with_its_section() -> None:
    """An expectation that no display follows before the next heading is about none, and is kept to be told."""
    text = "<!-- expect: refuted -->\n\n# B\n\n$$a$$\n\n<!-- expect: proved -->\n"
    source = source_from_text(text)
    assert [maths.expectation for maths in displays(source)] == [()]
    assert [text[span.start : span.end] for span in source.lost] == ["expect: refuted", "expect: proved"]


def test_a_comment_in_a_display_speaks_of_it() -> None:
    """In TeX, what a comment within a display says is said of that display."""
    text = "\\begin{align}\n% expect: refuted\na\n\\end{align} % expect: proved\n\\[b\\]\n$$c$$"
    assert said(text, "tex") == [(("refuted",), ""), (("proved",), ""), ((), "")]


def test_an_address_is_needed_in_tex_but_for_expectations() -> None:
    """A TeX comment ``model: ...`` is prose; ``bpttsym: model: ...`` speaks of the next display."""
    text = "% model: prose\n$$a$$\n% bpttsym: model: gru\n% bpttsym: expect: proved\n$$b$$"
    assert said(text, "tex") == [((), ""), (("proved",), "gru")]


def test_a_model_in_the_preamble_is_a_setting() -> None:
    """Before the document begins there is no next display: the model is the one of the whole document."""
    source = source_from_text("% bpttsym: model: gru\n\\begin{document}\n$$a$$\n\\end{document}", kind="tex")
    assert source.settings == {"model": "gru"}
    assert [maths.model for maths in displays(source)] == [""]


def test_every_display_is_counted() -> None:
    """Displays have the numbers 1, 2, ... in text order, of whatever form; inline formulas have 0."""
    source = source_from_text("$$a$$ $b$\n```math\nc\n```\n\\[\\]\n\\begin{gather}d\\end{gather}\n$$")
    assert [item.number for item in source.items if isinstance(item, Maths)] == [1, 0, 2, 3, 4, 5]


def test_only_the_marks_of_the_quote_are_blanked() -> None:
    """As many ``>`` as stand before the formula are blanked; a relation at the front of a line stays."""
    source = source_from_text("$$a\n> b$$\n\n- > $$c\n> > d\n  > e$$\n\n> $f\n> > g$")
    texts = [source.maths_text(item) for item in source.items if isinstance(item, Maths)]
    assert texts == ["a\n> b", "c\n  > d\n    e", "f\n  > g"]


def test_a_text_without_maths_is_no_error() -> None:
    """Prose alone, and a notebook without any text, have no items."""
    assert source_from_text("prose").items == ()
    empty = source_from_text(notebook(("code", "$$a$$")), name="n.ipynb", kind="notebook")
    assert (empty.items, empty.text, empty.locate(0)) == ((), "", Location("n.ipynb", 1, 1))


def test_the_kind_follows_the_suffix(tmp_path: Path) -> None:
    """``.tex`` and ``.ipynb`` in any case have their own rules, every other suffix is Markdown."""
    found = {}
    for name in ("a.tex", "a.TeX", "a.md", "a.markdown", "a.txt", "a.rst", "a", "a.ipynb"):
        path = tmp_path / name
        path.write_text(notebook(("markdown", "x")), encoding="utf-8")
        found[name] = read_source(str(path)).kind
    others = dict.fromkeys(("a.md", "a.markdown", "a.txt", "a.rst", "a"), "markdown")
    assert found == {"a.tex": "tex", "a.TeX": "tex", "a.ipynb": "notebook", **others}


def test_the_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single dash names the standard input, which is UTF-8 whatever the terminal is."""
    stdin = io.TextIOWrapper(io.BytesIO("값 $x$".encode()), encoding="ascii")
    monkeypatch.setattr("sys.stdin", stdin)
    source = read_source("-")
    assert (source.text, source.locate(0).file) == ("값 $x$", "<stdin>")
    assert not stdin.closed


UNREADABLE: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.md", b"", "it is empty"),
    "white space": ("a.md", b"\xef\xbb\xbf \r\n\t", "it is empty"),
    "binary": ("a.md", b"a\n\0b", "it is binary, with U+0000 at character 2"),
    "not UTF-8": ("a.tex", b"ab\nc\n\xffd", "it is not UTF-8 at byte 5, in line 3"),
    "UTF-16": ("a.md", "a".encode("utf-16"), "it is not UTF-8 at byte 0, in line 1"),
    "long": ("a.md", b"a" * (MAXIMUM_CHARACTERS + 1), "it is longer than the limit of 2000000 characters"),
    "very long": ("a.md", b" " * (32 * MAXIMUM_CHARACTERS + 1), "it is longer than the limit of 2000000 characters"),
    "an empty notebook": ("a.ipynb", b" \n", "it is empty"),
    "a half character": ("a.ipynb", notebook(("raw", "\ud800")).encode(), "it is binary, with U+D800 at character 0"),
    "a long cell": (
        "a.ipynb",
        notebook(("raw", "a" * (MAXIMUM_CHARACTERS + 1))).encode(),
        "it is longer than the limit of 2000000 characters",
    ),
} | {
    f"the notebook {text[:20]}": (
        "a.ipynb",
        text.encode(),
        "it is no notebook, which is JSON with a list of cells (format 4)",
    )
    for text in (
        "{",
        "[" * 100_000,
        "1" * 10_000,
        "[]",
        "{}",
        '"text"',
        '{"cells": 3}',
        '{"cells": [3]}',
        '{"cells": [{}]}',
        '{"cells": [{"cell_type": "markdown"}]}',
        '{"cells": [{"cell_type": "raw", "source": [1]}]}',
    )
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_said_in_one_sentence(case: str, tmp_path: Path) -> None:
    """The message names the file and the reason, with the place or the limit."""
    name, data, why = UNREADABLE[case]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UnreadableSource) as caught:
        read_source(path)
    assert str(caught.value) == f"cannot read {path}: {why}"


def test_a_text_of_the_greatest_length_is_read() -> None:
    """The limit itself is allowed, and a byte order mark does not count."""
    assert len(source_from_text("\ufeff" + "a" * MAXIMUM_CHARACTERS).text) == MAXIMUM_CHARACTERS


@pytest.mark.parametrize(
    ("path", "why"),
    [("missing.md", "no such file or directory"), (".", "is a directory"), ("a\0b.md", "embedded null byte")],
)
def test_what_is_no_file_is_unreadable(path: str, why: str, tmp_path: Path) -> None:
    """A missing file, a directory and an impossible name are told as the system tells them."""
    with pytest.raises(UnreadableSource, match=f"^cannot read .*: {why}$"):
        read_source(tmp_path / path)


def test_a_forbidden_file_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be opened is told so, not tracked back."""

    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(UnreadableSource, match=r"^cannot read secret\.md: permission denied$"):
        read_source("secret.md")


MANY = 40_000
LARGE: dict[str, Callable[[], str]] = {
    "dollars": lambda: "$" * 100_000,
    "dollars before words": lambda: "$a " * MANY,
    "pairs of dollars": lambda: "$$ a\n\n" * MANY,
    "begin": lambda: "\\begin{equation} " * MANY,
    "begin by turns": lambda: "".join(f"\\begin{{{name}}} a\n\n" for name in ("align", "gather*") * (MANY // 2)),
    "brackets": lambda: "\\[ \\( " * MANY,
    "fences of maths": lambda: "```math\na\n\n" * MANY,
    "longer and longer fences": lambda: "".join("`" * length + "math\na\n\n" for length in range(1500, 3, -1)),
    "backticks": lambda: "` `` ``` " * MANY,
    "longer and longer backticks": lambda: "".join("`" * length + " " for length in range(1, 1000)) + "a\n" * MANY,
    "dollars and backticks": lambda: "$`a\n" * MANY,
    "comments": lambda: "<!-- - " * MANY,
    "sections": lambda: "\\section[{ a \\section{ b " * (MANY // 2),
    "braces": lambda: "\\section{" + "{}" * MANY,
    "white space": lambda: "a" + " " * MANY + "b" + "\t\n" * MANY + "# c" + " " * MANY + "d",
    "hashes": lambda: "# " * MANY,
    "quotes": lambda: "> $$ - 1. " * MANY,
    "verb": lambda: "\\verb|\n" * MANY,
    "settings": lambda: "---\na: b\n" + "c: d\n" * MANY,
    "all at once": lambda: "$$ \\[ \\begin{align} \\( $ ` <!-- \n\n" * (MANY // 2),
}


@pytest.mark.campaign(quick=7)
@pytest.mark.parametrize("kind", ["markdown", "tex"])
@pytest.mark.parametrize("shape", LARGE)
def test_unclosed_marks_take_linear_time(shape: str, kind: Kind) -> None:
    """Ten thousands of marks that nothing closes are read in less than a second; quadratic time would be minutes."""
    text = LARGE[shape]()
    source = source_from_text(text, kind=kind)
    assert source.text == text


WORDS = r"""
$ $$ $` `$ \[ \] \( \) \\ \$ ` `` ```math ``` ~~~ <!-- --> - > # = --- === 1. 5 a 한 } { % \verb| \section{
\begin{align} \end{align} \begin{alignat*}{2} \end{alignat*} \begin{verbatim} \end{verbatim} \begin{frame}
\begin{document} \end{document} expect: bpttsym: T: model: proved
""".split()
SPACES = [" ", "\n", "\n\n", "\n> ", "\n- ", "\n    ", "\t", "\r\n", "\n```\n", "\n~~~math\n", "\n---\n", "\n$$\n"]
PIECES = st.sampled_from([*WORDS, *SPACES])
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=60))


def check_laws(source: Source) -> None:
    """What holds for every source."""
    text = source.text
    formulas = [item for item in source.items if isinstance(item, Maths)]
    assert [item.start for item in source.items] == sorted(item.start for item in source.items)
    assert all(0 <= maths.start <= maths.end <= len(text) for maths in formulas)
    assert all(before.end < after.start for before, after in pairwise(formulas))
    assert [maths.number for maths in formulas if not maths.inline] == list(range(1, len(displays(source)) + 1))
    assert len({span.start for span in source.unclosed}) == len(source.unclosed) <= len(displays(source))
    for maths in formulas:
        content = source.maths_text(maths)
        written = text[maths.start : maths.end]
        assert len(content) == len(written)
        assert content == written or source.kind != "tex"
        assert {old for old, new in zip(written, content, strict=True) if old != new} <= {">", "\t"}
    for span in source.setting_spans.values():
        assert 0 <= span.start <= span.end <= len(text)
    for item in source.items:
        if isinstance(item, Heading):
            assert not any(maths.start <= item.start < maths.end for maths in formulas)
    for offset in range(len(text) + 1):
        place = source.locate(offset)
        assert source.line_start(offset) == offset - place.column + 1 or source.kind == "notebook"
        assert source.line_text(offset) == text.split("\n")[text.count("\n", 0, offset)]


@given(TEXTS, st.sampled_from(["markdown", "tex"]))
def test_any_text_is_read_or_refused(text: str, kind: Kind) -> None:
    """No text breaks the reader; formulas lie within the text, apart from each other, and keep their length."""
    try:
        source = source_from_text(text, kind=kind)
    except UnreadableSource:
        assert not text.strip("\ufeff").strip() or "\0" in text
        return
    check_laws(source)


@given(st.lists(st.tuples(st.sampled_from(["markdown", "raw", "code"]), TEXTS), max_size=4))
def test_any_notebook_is_read_or_refused(cells: list[tuple[str, str]]) -> None:
    """The laws hold for notebooks, and each cell is read as if it stood alone, but for numbers and what is said."""
    try:
        source = source_from_text(notebook(*cells), kind="notebook")
    except UnreadableSource:
        assert any("\0" in text for _, text in cells)
        return
    check_laws(source)
    for start, number in source.cells.items():
        text = cells[number - 1][1].replace("\r\n", "\n").replace("\r", "\n")
        if not text.strip() or text.startswith(("---", "\ufeff")):
            continue
        alone = [(row.start, type(row)) for row in source_from_text(text).items]
        end = start + len(text)
        assert [(row.start - start, type(row)) for row in source.items if start <= row.start <= end] == alone


@given(TEXTS)
def test_any_bytes_of_json_are_read_or_refused(text: str) -> None:
    """A notebook that is none is unreadable, nothing worse."""
    with pytest.raises(UnreadableSource):
        source_from_text(text, kind="notebook")


@given(st.sampled_from(["markdown", "tex"]), st.data())
def test_a_formula_is_found_wherever_it_stands(kind: Kind, data: st.DataObject) -> None:
    """A well-formed paragraph after any document in which nothing is open is read as if it stood alone."""
    before = data.draw(
        st.sampled_from(["prose $5", "# head", "$$ a", r"\[ a", "`", "- list\n  1. `x", "> $q", "a\n---"])
    )
    after = data.draw(st.sampled_from(["$$x = y$$", "$x$", r"\(x\)", "\\begin{gather}\nx\n\\end{gather}"]))
    source = source_from_text(f"{before}\n\n{after}\n", kind=kind)
    alone = source_from_text(after, kind=kind)
    last, only = source.items[-1], alone.items[-1]
    assert isinstance(last, Maths)
    assert isinstance(only, Maths)
    assert (source.maths_text(last), last.environment) == (alone.maths_text(only), only.environment)
