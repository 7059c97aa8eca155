"""Whatever stands in a document, there is a verdict that says so, in time, and every other equation keeps its own."""

from __future__ import annotations

import builtins
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from bpttsym.document import Document, read_document
from bpttsym.errors import BpttsymError, UnreadableSource, UsageError
from bpttsym.notation import read_chain
from bpttsym.parse import read_display
from bpttsym.source import Maths, source_from_text
from bpttsym.verdict import Verdict, judge

SHEET = (Path(__file__).parent / "data" / "sheet.md").read_text(encoding="utf-8")
SECONDS = 20
MEMORY = 2 << 30
WORDS = {"definition", "proved", "verified", "conditional", "refuted", "unchecked"}

MODEL = (r"h_t = f(x_t, h_{t-1}; \psi)", r"\hat{y} = g(h_T; \phi)", r"\mathcal{L} = \lVert \hat{y} - y \rVert")
TRUE = (
    r"\frac{\partial\mathcal{L}}{\partial\phi}"
    r"=\frac{\partial\mathcal{L}}{\partial\hat{y}}\frac{\partial\hat{y}}{\partial\phi}"
)
GRADIENT = r"\frac{\partial\mathcal{L}}{\partial h_t}"


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """No test of this file hangs: after some seconds it fails where it is."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"no answer in {SECONDS} seconds")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS * 3)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def document(*texts: str, front: str = "") -> str:
    """A document of displays."""
    return front + "\n\n".join(f"$${text}$$" for text in texts) + "\n"


def verdicts(text: str, mend: bool = True) -> list[Verdict]:
    """The verdicts of all relations of a document."""
    return judge(read_document(source_from_text(text)), mend=mend)


@cache
def known(text: str) -> list[Verdict]:
    """The verdicts of a document that many others are compared with."""
    return verdicts(text, mend=False)


def told(verdict: Verdict, text: str) -> bool:
    """Whether a verdict that is no definition says why, and points at a place in the document."""
    place = verdict.blame or verdict.entry.span
    inside = 0 <= place.start <= place.end <= len(text)
    return verdict.status in WORDS and inside and (verdict.status != "unchecked" or bool(verdict.message))


def broken(reason: str, *values: object) -> object:
    """A case that is known to fail, and how."""
    return pytest.param(*values, marks=pytest.mark.xfail(reason=reason))


CLAIMS: dict[str, str | tuple[str, str]] = {
    # marks that nothing closes, or that close nothing
    "an open brace": GRADIENT + r" = \frac{1}{2",
    "an open brace in a subscript": r"2 h_{t = 1",
    "a lone closing brace": r"2 h_t} = 1",
    "an open parenthesis": r"2 (h_t = 1",
    "parentheses that cross": r"2 (h_t] = 1",
    "an open block": r"2 = \begin{cases} 1",
    "a closed block that was not opened": r"2 = 1 \end{cases}",
    "a block in a block": r"\begin{aligned}" * 100 + "2=1" + r"\end{aligned}" * 100,
    "blocks without end": r"\begin{a}" * 3000,
    "a block": r"2 = \begin{pmatrix}1&2\\3&4\end{pmatrix}",
    "an open bar": r"2 = |y",
    "bars": r"2 = |a|b|c|",
    "a thousand bars": "2 = " + "|" * 1001,
    "a size without a delimiter": r"2 = \left",
    # depth
    "200 parentheses": "2 = " + "(" * 200 + "1" + ")" * 200,
    "50 parentheses": f"{GRADIENT} = " + "(" * 50 + GRADIENT + ")" * 50,
    "50 fractions": "2 = " + r"\frac{1}{" * 50 + "1" + "}" * 50,
    "50 exponents": "2 = " + "y^{" * 50 + "1" + "}" * 50,
    "50 minus signs": "2 = " + "-(" * 50 + "1" + ")" * 50,
    "50 accents": "2 = " + r"\hat{" * 50 + "y" + "}" * 50,
    "500 accents": "2 = " + r"\hat{" * 500 + "y" + "}" * 500,
    "10000 accents": "2 = " + r"\hat " * 10000 + "y",
    "3000 powers": "2 = y" + "^2" * 3000,
    "3000 transposes": "2 = y" + r"^\top" * 3000,
    "3000 functions": "2 = " + r"\tanh " * 3000 + "y",
    "3000 sums": "2 = " + r"\sum_{t=1}^{T} " * 3000 + "y",
    "3000 ends": "2 = y" + r"\big|_{x}" * 3000,
    "1000 primes": "2 = y" + "'" * 1000,
    "1000 subscripts": "2 = y" + "_1" * 1000,
    # numbers
    "a tower of powers": "2 = 9^{9^{9}}",
    "a tower in a gradient": GRADIENT + "=9^{9^{9}}" + GRADIENT,
    "a huge power": "2 = 9^{999999999}",
    "a huge power of a quantity": f"{GRADIENT} = y^{{99999999}}",
    "a number of 400 figures": f"{GRADIENT} = 1{'0' * 400}{GRADIENT}",
    "a number of 10000 figures": "2 = " + "9" * 10000,
    "a decimal of 10000 figures": "2 = 0." + "9" * 10000,
    "an index of 5000 figures": r"\frac{\partial\mathcal{L}}{\partial h_{" + "9" * 5000 + "}} = 1",
    "a division by zero": r"\frac{1}{0} = \frac{1}{0}",
    "zero to a negative power": "0^{-1} = 2",
    "a power that is a vector": r"2 = y^{y}",
    # ranges
    "a sum to 10^9": rf"{GRADIENT} = \sum_{{i=1}}^{{1000000000}} {GRADIENT}",
    "a sum down to -10^9": rf"{GRADIENT} = \sum_{{i=1}}^{{-1000000000}} {GRADIENT}",
    "a product of 10^6 factors": rf"{GRADIENT} = \prod_{{i=1}}^{{1000000}} \frac{{\partial h_t}}{{\partial h_t}}",
    "a sum over its own bound": rf"{GRADIENT} = \sum_{{i=i}}^{{i}} {GRADIENT}",
    "a sum over the horizon": rf"{GRADIENT} = \sum_{{T=1}}^{{T}} {GRADIENT}",
    "a sum over an expression": r"2 = \sum_{i+1=1}^{T} y",
    "a sum over nothing": r"2 = \sum y",
    "a sum alone": r"\sum = 2",
    "a fraction as a bound": r"2 = \prod_{i=\frac12}^{T} y",
    # what is no expression
    "nothing on the right": "2 =",
    "nothing but a sign": "=",
    "many signs": "=" * 5000,
    "a fraction alone": r"\frac",
    "half a fraction": r"\frac{1} = 2",
    "a differential alone": r"\partial = \partial",
    "a gradient by nothing": r"\nabla \mathcal{L} = 0",
    "a derivative of nothing": r"\frac{\partial}{\partial h_t} = 1",
    "a second derivative": r"\frac{\partial^2 \mathcal{L}}{\partial h_t \partial h_s} = 1",
    "a derivative by a number": r"\frac{\partial \mathcal{L}}{\partial 3} = 1",
    "a derivative by a sum": r"\frac{\partial \mathcal{L}}{\partial (h_t + x_t)} = 1",
    "an unknown function's derivative": r"2 = f'''(x_t, h_{t-1})",
    "dots": r"2 = y + \cdots + y",
    "a set": r"\{a, b\} = \{b, a\}",
    "no arguments": r"\mathrm{diag}() = 1",
    "empty arguments": r"\tanh(;;;) = 1",
    "many indices": r"2 = y_{1,2,3,4,5,6,7,8}",
    "unknown names": "2 = abc",
    # other programs
    "a python name": r"\__import__('os').system('true') = 2",
    "a python call": r"eval(__import__('os').system('true')) = 2",
    "words that are python": r"\mathrm{eval}(\mathrm{exec}) = \operatorname{compile}(y)",
    "a lambda": r"2 = (lambda: y)()",
    "a file": r"\input{/etc/passwd} = 2",
    "a shell": r"\write18{true} = 2",
    "a macro": r"\newcommand{\R}{\mathbb{R}} 2 = \R",
    "a macro that grows": r"\def\a{\a\a}\a = 2",
    # characters
    "a combining mark": "2 = h\u0302_t",
    "right to left": "2 = \u202ey\u202c",
    "a full width letter": "2 = ｈ",
    "a full width sign": "2 ＝ 1",
    "an Arabic figure": "2 = ٣",
    "a superscript figure": "2 = y²",
    "a figure in a circle": "2 = ①",
    "a half": "2 = ½",
    "a zero width space": "2\u200b = 1",
    "a byte order mark": "2 = \ufeff1",
    "an escape": "\x1b[31m2 = 1",
    "an emoji": "2 = 😀",
    "a mathematical letter": "2 = 𝓛",
    "a sign of Unicode": "∂ℒ/∂ψ = 1",
    "Korean": "손실 = 2",
    "separators of lines": "2\u2028=\u20291",
    # nothing
    "an empty display": "",
    "blanks": "  \n  ",
    "words": r"\text{only words}",
    "words and a sign": r"\text{this} = \text{that}",
    "no relation": r"\mathcal{L}",
    "not equal": r"2 \neq 1",
    # much
    "100 000 blanks": " " * 100_000,
    "100 000 letters of words": r"\text{" + "a" * 100_000 + "}",
    "100 000 braces": "{" * 100_000,
    "100 000 subscripts": "x" + "_" * 100_000,
    "50 000 rows": r"\\" * 50_000,
    "a million characters": "2 = " + "a" * 1_000_000,
}
"""Displays that redefine nothing; beside some, the failure that is known."""


def listed(table: dict[str, str | tuple[str, str]]) -> list[object]:
    """The rows of a table of displays as parameters."""
    rows: list[object] = []
    for name, row in table.items():
        text, marks = (row, ()) if isinstance(row, str) else (row[1], pytest.mark.xfail(reason=row[0]))
        rows.append(pytest.param(text, id=name, marks=marks))
    return rows


@pytest.mark.campaign(quick=45)
@pytest.mark.parametrize("text", listed(CLAIMS))
def test_a_bad_display_is_told_and_stops_no_other(text: str) -> None:
    """A display that cannot be read or judged has a verdict with a reason; those around it keep theirs."""
    plain = [(verdict.status, verdict.conditions) for verdict in known(document(*MODEL, TRUE, TRUE))]
    whole = document(*MODEL, TRUE, text, TRUE)
    found = verdicts(whole)
    assert all(told(verdict, whole) for verdict in found)
    around = [verdict for verdict in found if verdict.entry.equation != len(MODEL) + 2]
    assert [(verdict.status, verdict.conditions) for verdict in around] == plain
    assert len(found) > len(around)


NOT_TRUE: dict[str, str | tuple[str, str]] = {
    "two arguments of tanh": r"\tanh(y, \hat{y}) = \tanh(y)",
    "two arguments of softmax": r"\mathrm{softmax}(y, \hat{y}) = \mathrm{softmax}(y)",
    "two arguments of diag": r"\mathrm{diag}(y, \hat{y}) = \mathrm{diag}(y)",
    "a bound on a parameter": r"\lVert \phi \rVert \le 100",
    "a bound on an input": r"\lVert x_t \rVert \le 10",
    "a bound on a loss": r"\mathcal{L} \le 1000000",
    "a bound on a Jacobian": r"\lVert \frac{\partial h_t}{\partial h_{t-1}} \rVert \le 100",
    "a bound on nothing": r"\frac{\partial h_t}{\partial h_{t+1}} \le 1",
    "a bound on another nothing": r"\frac{\partial x_t}{\partial h_t} \le 1",
    "a quantity that is twice itself": r"\mathcal{L} = 2 \mathcal{L}",
    "a quantity that is itself and one": r"\hat{y} = \hat{y} + 1",
    "a step that the definition contradicts": r"h_2 = f(x_1, h_1; \psi)",
    "a last step that the definition contradicts": r"h_T = h_{T-1}",
    "an infinite number": r"\frac{1}{0} = \frac{1}{0}",
    "an unknown number": r"9^{9^{9}} = 9^{9^{9}}",
    "nothing at all": "= ",
    "two words": r"\text{this} = \text{this}",
}


@pytest.mark.parametrize("text", listed(NOT_TRUE))
def test_what_is_false_or_senseless_is_not_called_true(text: str) -> None:
    """What says nothing, or something false, is refuted or unchecked, not true and no definition."""
    found = [v for v in verdicts(document(*MODEL, text)) if v.entry.equation == len(MODEL) + 1]
    assert {verdict.status for verdict in found} <= {"refuted", "unchecked"}


HORIZONS = ["T=0", "T=-3", "T=0.5"]


@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_horizon_is_a_whole_number_of_at_least_one(horizon: str) -> None:
    """A horizon without steps is told, as it is in the front matter; nothing is true or conditional on it."""
    last = verdicts(document(*MODEL, horizon, TRUE))[len(MODEL)]
    assert last.status == "unchecked"
    assert last.message


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param((r"h_t = f(h_t)", r"\frac{\partial h_t}{\partial h_{t-1}} = 1"), id="of itself"),
        pytest.param(("a = b", "b = a", r"\frac{\partial a}{\partial b} = 1"), id="of two"),
        pytest.param((r"a = \tanh(b)", r"b = \tanh(a)", r"\frac{\partial a}{\partial b} = 1 - a^2"), id="of functions"),
        pytest.param((r"h_t = \tanh(h_{t+1} + h_{t-1})", r"\frac{\partial h_t}{\partial h_{t+1}} = 1"), id="both ways"),
        pytest.param(
            (*MODEL, rf"\delta_t := {GRADIENT} + \delta_t", rf"{GRADIENT} = \delta_t"), id="of an abbreviation"
        ),
    ],
)
def test_a_definition_that_runs_in_a_circle_is_told(texts: tuple[str, ...]) -> None:
    """What cannot be computed makes its claims unchecked, with the reason."""
    whole = document(*texts)
    last = verdicts(whole)[-1]
    assert last.status == "unchecked"
    assert told(last, whole)


UNBOUND = [
    (r"q_t = \tanh(h_k)", r"\frac{\partial q_t}{\partial h_k} = 1", "refuted"),
    (r"q_t = \sum_{k=1}^{m} h_k", r"\frac{\partial q_t}{\partial h_1} = 1", "proved"),
    (r"q_t = \sum_{k=1}^{m} h_k", r"\frac{\partial q_t}{\partial h_1} = 2", "refuted"),
    (r"q = \sum_{k=1}^{K} a_k b_k", r"\frac{\partial q}{\partial a_2} = b_2", "proved"),
    (r"q = \sum_{k=1}^{K} a_k b_k", r"\frac{\partial q}{\partial a_2} = b_1", "refuted"),
]


@pytest.mark.parametrize(("definition", "claim", "status"), UNBOUND)
def test_a_letter_that_nothing_binds(definition: str, claim: str, status: str) -> None:
    """A letter of one name alone is a mark of it; one that is summed to a size counts entries, and so do numbers."""
    assert verdicts(document(definition, claim))[-1].status == status


# Limits: each case in a process of its own, with a limit of memory and of time

LIMITS: dict[str, str | tuple[str, str]] = {
    "a sum in a sum in a sum": document(
        *MODEL,
        r"q = \sum_{i=1}^{4999}\sum_{j=1}^{4999}\sum_{k=1}^{4999} y",
        r"\frac{\partial q}{\partial y} = 2",
        TRUE,
    ),
    "twenty sums": document(*MODEL, r"q = " + r"\sum_{i=1}^{T}\sum_{j=1}^{T}" * 10 + "1", TRUE),
    "ten free indices": document(
        *MODEL,
        GRADIENT
        + "="
        + "".join(rf"\frac{{\partial h_{a}}}{{\partial h_{b}}}" for a, b in ("kt", "ij", "lm", "ns", "ru")),
        TRUE,
    ),
    "a step 10^9": document(*MODEL, *[rf"\frac{{\partial\mathcal{{L}}}}{{\partial h_{{{10**9}}}}} = 0"] * 2, TRUE),
    "a horizon 10^8 in front": document(*MODEL, TRUE, front=f"---\nT: {10**8}\n---\n"),
    "a horizon 10^9": document(*MODEL, f"T={10**9}", TRUE),
    "a horizon 3000": document(*MODEL, TRUE, front="---\nT: 3000\n---\n"),
    "a horizon 150": document(*MODEL, TRUE, front="---\nT: 150\n---\n"),
    "a step 300": document(*MODEL, r"\frac{\partial h_{300}}{\partial h_{299}} = 1", TRUE),
    "a horizon 40": document(*MODEL, TRUE, front="---\nT: 40\n---\n"),
}

PROGRAM = """
import resource, sys
if hasattr(resource, "RLIMIT_AS"):
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge
for verdict in judge(read_document(source_from_text(sys.stdin.read()))):
    print(verdict.status, verdict.message)
"""


def judged_apart(text: str) -> list[str]:
    """The verdicts of a document, judged by another process within the limits; fails if it ends otherwise."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(MEMORY)],
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr.strip().split("\n")[-1][:300]
    return done.stdout.splitlines()


SLOW = {"a sum in a sum in a sum", "twenty sums", "ten free indices"}


def apart() -> list[object]:
    """The limits as parameters; those that are known to run on until they are stopped are slow."""
    rows: list[object] = []
    for parameters in listed(LIMITS):
        marks = [*parameters.marks, *([pytest.mark.slow] if parameters.id in SLOW else [])]  # type: ignore[attr-defined]
        rows.append(pytest.param(*parameters.values, id=parameters.id, marks=marks))  # type: ignore[attr-defined]
    return rows


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are set by setrlimit")
@pytest.mark.parametrize("text", apart())
def test_a_limit_is_met_and_told(text: str) -> None:
    """What is too large is unchecked with the limit named, soon and in little memory."""
    lines = judged_apart(text)
    assert all(line.split()[0] in WORDS for line in lines)
    assert all(len(line.split()) > 1 for line in lines if line.startswith("unchecked"))


# Documents

UNREADABLE = {
    "a zero byte": (UnreadableSource, document("x = \0")),
    "nothing": (UnreadableSource, ""),
    "only blanks": (UnreadableSource, " \n\t\n"),
    "only a byte order mark": (UnreadableSource, "\ufeff"),
    "an unknown setting": (UsageError, document(*MODEL, front="---\nlayouts: numerator\n---\n")),
    "an unknown value": (UsageError, document(*MODEL, front="---\nlayout: sideways\n---\n")),
    "a horizon of words": (UsageError, document(*MODEL, front="---\nT: four\n---\n")),
    "a horizon of zero": (UsageError, document(*MODEL, front="---\nT: 0\n---\n")),
    "a negative horizon": (UsageError, document(*MODEL, front="---\nT: -4\n---\n")),
}


@pytest.mark.parametrize(("error", "text"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_document_that_cannot_be_read_at_all_is_told(error: type[BpttsymError], text: str) -> None:
    """What concerns the whole document is one foreseen error of one line."""
    with pytest.raises(error) as caught:
        verdicts(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["²", "9" * 6000])
def test_a_horizon_of_strange_figures_is_told(value: str) -> None:
    """A figure that is no decimal digit, or too many of them, is a bad setting like any other."""
    with pytest.raises(UsageError):
        verdicts(document(*MODEL, front=f"---\nT: {value}\n---\n"))


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.replace("\n", "\r"), id="CR"),
        pytest.param(lambda text: "\ufeff" + text, id="BOM"),
        pytest.param(lambda text: "\n\n" + text + "\n\n\n", id="blank lines"),
        pytest.param(lambda text: text.replace("## ", "### 손실과 기울기 — "), id="Korean headings"),
        pytest.param(
            lambda text: "".join(line.rstrip() + "  \n" for line in text.split("\n")), id="blanks at line ends"
        ),
        pytest.param(lambda text: text.replace("    ", "\t"), id="tabs"),
    ],
)
def test_the_form_of_a_file_does_not_matter(change: Callable[[str], str]) -> None:
    """Line ends, byte order marks and blanks change no verdict of the sheet."""
    assert [v.status for v in verdicts(change(SHEET), mend=False)] == [verdict.status for verdict in known(SHEET)]


@pytest.mark.parametrize("text", ["$" * 20_001, "$ " * 20_000, "$$\n" * 5000, r"\[" * 5000, r"\begin{align}" * 3000])
def test_delimiters_without_end_are_read(text: str) -> None:
    """A document of nothing but delimiters is read, and the model before it is untouched."""
    found = verdicts(document(*MODEL, TRUE) + "\n# Another heading\n\n" + text)
    assert [verdict.status for verdict in found[:4]] == ["definition"] * 3 + ["conditional"]


def test_no_text_reaches_an_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a document is evaluated, run, imported, or opened as a file."""
    verdicts(document(*MODEL, TRUE))

    def forbidden(*arguments: object, **_: object) -> None:
        raise AssertionError(f"called with {arguments!r}")

    texts = [text if isinstance(text, str) else text[1] for text in CLAIMS.values()]
    words = ("python", "eval", "exec", "import", "input", "write", "lambda", "system")
    chosen = [text for text in texts if any(word in text for word in words)]
    assert len(chosen) >= 5
    document_ = read_document(source_from_text(document(*MODEL, *chosen, TRUE)))
    with monkeypatch.context() as patched:
        for name in ("eval", "exec", "open"):
            patched.setattr(builtins, name, forbidden)
        patched.setattr(os, "system", forbidden)
        patched.setattr(subprocess, "Popen", forbidden)
        found = judge(document_)
    assert found[-1].status == "conditional"


# Work


def calls(action: Callable[[], object]) -> int:
    """The number of Python functions that are entered."""
    entered = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal entered
        entered += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(before)
    return entered


def claim(number: int) -> str:
    """A claim that differs from every other by a number."""
    last = r"\frac{\partial\mathcal{L}}{\partial\hat{y}}\frac{\partial\hat{y}}{\partial h_t}"
    return f"{number}{GRADIENT} = {number}{last}"


def definition(number: int) -> str:
    """A definition of a name of its own, one of the state of every step."""
    label = "".join("abcdefghij"[int(figure)] for figure in f"{number:03}")
    return rf"q_{{{label}}} = \tanh(A_{{{label}}} h_T)"


FACTOR = 2.8
"""Twice as many displays may take so many times the work: more than twice, far less than four times."""


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize(
    ("size", "make"),
    [
        pytest.param(40, lambda n: document(*MODEL, "T=4", *(claim(k) for k in range(2, n))), id="claims"),
        pytest.param(
            40, lambda n: document(*MODEL, *(rf"\text{{words}} {k}" for k in range(n)), TRUE), id="no relations"
        ),
        pytest.param(40, lambda n: document(*MODEL, *(r"2 = \frac{1" for _ in range(n)), TRUE), id="unreadable"),
        pytest.param(40, lambda n: document(*MODEL, "0 = " + "+".join(["y"] * n), TRUE), id="one long sum"),
        pytest.param(60, lambda n: document(*MODEL, "z = " + "y" * 50 * n, TRUE), id="one long product"),
        pytest.param(40, lambda n: ("# x\n\n" + document(*MODEL)) * n + document(TRUE), id="headings"),
        pytest.param(100, lambda n: document(*MODEL, *map(definition, range(n)), TRUE), id="definitions"),
    ],
)
def test_the_work_is_linear(size: int, make: Callable[[int], str]) -> None:
    """Twice as many displays, or terms, are about twice the work."""
    verdicts(make(4))
    small, large = calls(lambda: verdicts(make(size))), calls(lambda: verdicts(make(2 * size)))
    assert large <= FACTOR * small


@pytest.mark.slow
def test_two_thousand_displays_are_judged() -> None:
    """A long document has a verdict for each of its displays."""
    found = verdicts(document(*MODEL, *[TRUE] * 2000))
    assert len(found) == len(MODEL) + 2000
    assert {verdict.status for verdict in found[len(MODEL) :]} == {"proved"}


# Slips of the pen in the sheet

ALPHABET = [*r"{}()[]\$_^&=+-,;:.'|<>?!~%#*/ @`", *"abdefghTWxyt1204", "\n", "\u0302", "가", "∂", "½", '"']
PIECES = 6
EACH = 500
JUDGED = 10


class Slip(NamedTuple):
    """One character deleted, inserted or replaced in a display of the sheet (numbered from 0)."""

    display: int
    text: str
    start: int
    end: int


@cache
def sheet() -> tuple[tuple[Maths, ...], Document]:
    """The displays of the sheet and the sheet as read."""
    read = read_document(source_from_text(SHEET))
    return tuple(item for item in read.source.items if isinstance(item, Maths) and not item.inline), read


def slips(seed: int, count: int) -> Iterator[Slip]:
    """Random slips, the same for the same seed."""
    chance = random.Random(seed)
    displays, _ = sheet()
    for _ in range(count):
        number = chance.randrange(len(displays))
        place = chance.randrange(displays[number].start, displays[number].end)
        kind = chance.choice(("delete", "insert", "replace"))
        new = "" if kind == "delete" else chance.choice(ALPHABET)
        text = SHEET[:place] + new + SHEET[place + (kind != "insert") :]
        yield Slip(number, text, displays[number].start, displays[number].end + len(text) - len(SHEET))


@pytest.mark.campaign(quick=1)
@pytest.mark.parametrize("seed", range(PIECES))
def test_every_slip_is_read_or_told(seed: int) -> None:
    """Of 3000 one-character slips of the sheet each is read, or not read with a reason and a place in its display."""
    _, read = sheet()
    for slip in slips(seed, EACH):
        for line in read_display(slip.text[slip.start : slip.end], slip.start):
            failure: BpttsymError | None = line.failure
            if line.chain is not None:
                try:
                    read_chain(line.chain, read.signature)
                except BpttsymError as error:
                    failure = error
            if failure is not None:
                span = getattr(failure, "span", None) or line.span
                assert str(failure)
                assert slip.start <= span.start <= span.end <= slip.end


def same_models(first: Document, second: Document) -> bool:
    """Whether two documents define the same, whatever the places."""
    return [(m.definitions, m.abbreviations, m.functions, m.sets, m.length) for m in first.models] == [
        (m.definitions, m.abbreviations, m.functions, m.sets, m.length) for m in second.models
    ]


def check_judged(seed: int, count: int, mend: bool) -> None:
    """A slip in one display leaves every other display its verdict, unless it changed a definition."""
    displays, plain = sheet()
    before = known(SHEET)
    for slip in slips(seed, count):
        read = read_document(source_from_text(slip.text))
        found = judge(read, mend=mend)
        assert all(told(verdict, slip.text) for verdict in found)
        number = sum(isinstance(item, Maths) and not item.inline for item in read.source.items)
        if number == len(displays) and same_models(read, plain):
            around = [(v.status, v.conditions) for v in found if v.entry.equation != slip.display + 1]
            assert around == [(v.status, v.conditions) for v in before if v.entry.equation != slip.display + 1]


@pytest.mark.campaign(quick=2)
@pytest.mark.parametrize("seed", range(PIECES))
def test_a_slip_leaves_the_other_displays_their_verdicts(seed: int) -> None:
    """Judged with a slip in one display, the sheet has the same verdicts elsewhere."""
    check_judged(100 + seed, JUDGED, mend=seed == 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(PIECES))
def test_many_slips_leave_the_other_displays_their_verdicts(seed: int) -> None:
    """The same for 1500 other slips, each of them mended."""
    if hasattr(signal, "SIGALRM"):
        signal.alarm(0)
    check_judged(200 + seed, EACH // 2, mend=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [(r"h_{t-1};\psi)", r"h_{t-1}²;\psi)"), (r"\hat{y}_t=g(h_t;\phi)", r"\hat{y}_t=g(ht;\phi)")],
)
def test_slips_that_were_found_to_crash(old: str, new: str) -> None:
    """Slips that a longer search has found are read and judged like any other."""
    text = SHEET.replace(old, new)
    assert text != SHEET
    assert all(told(verdict, text) for verdict in verdicts(text))


@pytest.mark.parametrize("old", [r"\partial\phi}=", r"{\partial{h_t}}{\partial\psi}"])
def test_a_slip_in_one_row_leaves_the_other_rows(old: str) -> None:
    """A row that cannot be read is one unchecked relation; the definitions of its display stand."""
    wrong = old.replace(r"\partial", r"\partail", 1)
    found = verdicts(SHEET.replace(old, wrong, 1))
    plain = known(SHEET)
    assert sum(verdict.status == "definition" for verdict in found) == sum(v.status == "definition" for v in plain)
