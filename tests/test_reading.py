"""How displays are read: each row of a table is a display as people write it, and what the reader makes of it."""

from __future__ import annotations

import pytest

from bpttsym.parse import read_display
from bpttsym.surface import (
    Big,
    Chain,
    Condition,
    Evaluated,
    Fence,
    Fraction,
    Root,
    Scripted,
    Sums,
    Surface,
    Table,
    Term,
    Word,
)

CLOSING = {"{": "}", "(": ")", "[": "]", r"\{": r"\}", "<": ">", "|": "|", "||": "||", r"\lfloor": r"\rfloor"}
MARKS = {"sub": "_", "sup": "^", "prime": "'"}


def spelled(node: Surface | None) -> str:
    """A surface node in a short form that shows how it is built."""
    match node:
        case None:
            return ""
        case Word(_, kind, text):
            return text or f"<{kind}>"
        case Scripted(_, base, scripts):
            return spelled(base) + spelled_scripts(scripts)
        case Fence(_, opening, items):
            return opening + ", ".join(map(spelled, items)) + CLOSING[opening]
        case Fraction(_, numerator, denominator):
            return f"{spelled(numerator)}/{spelled(denominator)}"
        case Root(_, body):
            return f"root {spelled(body)}"
        case Big(_, operator, scripts, body):
            return f"{operator}{spelled_scripts(scripts)}<{spelled(body)}>"
        case Term(_, factors, operators):
            return " ".join(f"{o} {spelled(f)}".strip() for f, o in zip(factors, operators, strict=True))
        case Sums(_, signs, terms):
            return " ".join(f"{sign}{spelled(term)}" for sign, term in zip(signs, terms, strict=True))
        case Chain(_, sides, relations):
            rest = zip(relations, sides[1:], strict=True)
            return spelled(sides[0]) + "".join(f" {relation} {spelled(side)}" for relation, side in rest)
        case Table(_, environment, rows):
            return f"{environment}[{' // '.join(' & '.join(map(spelled, row)) for row in rows)}]"
        case Evaluated(_, body, at, _):
            return f"{spelled(body)} at {spelled(at)}"
        case Condition(_, (), _):
            return "otherwise"
        case Condition(_, relations, connective):
            return f"if {f' {connective} '.join(map(spelled, relations))}"
        case _:
            raise TypeError(f"no spelling of {node!r}")


def spelled_scripts(scripts: list[tuple[str, Surface | None]]) -> str:
    """Scripts in the order in which they are written."""
    return "".join(MARKS[kind] + spelled(script) for kind, script in scripts)


def read(text: str) -> list[str]:
    """The lines of a display in short form, or why a line was not read, after two exclamation marks."""
    return [f"!! {line.failure}" if line.chain is None else spelled(line.chain) for line in read_display(text)]


TABLES = {
    r"a = \begin{cases} b, & t=k \\ -c & \text{otherwise} \end{cases}": ["a = cases[b & if t = k // -c & otherwise]"],
    r"a = \begin{cases} b & \text{if } i = j \\ c & \text{else.} \end{cases}, \quad d = 2": [
        "a = cases[b & if i = j // c & otherwise]",
        "d = 2",
    ],
    r"a = \begin{cases} b & \text{if $i=j$ and $0<j<3$,} \\ c \end{cases}": [
        "a = cases[b & if i = j and 0 < j < 3 // c]"
    ],
    r"a = \begin{cases} b & i=1 \text{ or } i=3 \\ c & \mathrm{otherwise} \end{cases}": [
        "a = cases[b & if i = 1 or i = 3 // c & otherwise]"
    ],
    r"a = -b \left\{ \begin{array}{l} c d, \quad t \neq k \\ d - c, \quad (t = k) \end{array} \right.": [
        r"a = -b cases[c d & if t \ne k // +d -c & if t = k]"
    ],
    r"a = \begin{dcases*} b & 만약 \\ c & \text{그 외} \end{dcases*}": ["!! the condition `만약` is not read"],
    r"a = \begin{cases} b & \text{if $i$ is odd} \\ c \end{cases}": ["!! this is no condition"],
    r"\begin{cases} a = b \\ c = \frac{d}{e} \end{cases}": ["a = b", "c = {d}/{e}"],
    r"\left\{\begin{aligned} a &= b \\ c &= d \end{aligned}\right.": ["a = b", "c = d"],
    r"\left. \begin{array}{rcl} a & = & b \\ & = & c \end{array} \right\}": ["a = b = c"],
    r"\begin{array}{ll} a = b & c = d \\ e = f & g = h \end{array}": ["a = b", "c = d", "e = f", "g = h"],
    r"\begin{cases} a = b, & t > 0 \\ c = d \end{cases}": ["a = b", "t > 0", "c = d"],
    r"y = \begin{bmatrix} 0 \\ \vdots \\ 1 \end{bmatrix} x": [r"y = bmatrix[0 // \vdots // 1] x"],
    r"y = \left[\begin{array}{c|c} a & b_{i,j} \\ \hline & 1 \end{array}\right]^\top": [
        r"y = [array[a & b_{i, j} // <EMPTY> & 1]]^\top"
    ],
    r"y = \sum_{\substack{i=1 \\ i \ne j}}^{n} a_i": [r"y = \sum_{substack[i = 1 // i \ne j]}^{n}<a_i>"],
    r"y = \begin{pmatrix} \begin{bmatrix} a \end{bmatrix} & b \end{pmatrix}": ["y = pmatrix[bmatrix[a] & b]"],
    r"y = \begin{pmatrx} 1 \end{pmatrx} \\ z = 1": ["!! a `pmatrx` block is not read", "z = 1"],
    r"y = \begin{cases} 1 \end{array} \\ z = 1": [r"!! `\begin{cases}` is closed by `\end{array}`", "z = 1"],
    r"z = 1 \\ y = \begin{cases} 1": ["z = 1", r"!! `\begin{cases}` is never closed"],
    r"\left( a + b \right. \\ \left. + c \right) = 2": ["(+a +b +c) = 2"],
}


@pytest.mark.parametrize("text", TABLES)
def test_tables_are_read(text: str) -> None:
    """Cases have values and conditions, matrices have cells, systems of equations are lines."""
    assert read(text) == TABLES[text]


def test_tables_in_tables_have_a_limit() -> None:
    """Many tables in one another are told, in time, and stop no other line."""
    deep = r"\begin{cases}" * 3000 + "1" + r"\end{cases}" * 3000
    assert read(rf"a = {deep} \\ b = 1") == ["!! more than 8 tables stand in one another", "b = 1"]


NAMES = {
    r"\text{Loss} = \sum_t \text{Loss}_t": [r"\mathrm{Loss} = \sum_t<\mathrm{Loss}_t>"],
    r"b_{\text{h}} = W_{\text{hh}} c_{\text{in-out}}": [
        r"b_{\mathrm{h}} = W_{\mathrm{hh}} c_{\mathrm{in-out}}",
    ],
    r"\text{total loss} = 2 \\ a = 1": ["!! the words `total loss` stand where a symbol is expected", "a = 1"],
    r"a = b \text{ where } c = d": ["a = b", "c = d"],
    r"a = b \text{prod}\left(c, d\right)": [r"a = b \mathrm{prod} (c, d)"],
    r"a = b \text{ hence } (c, d)": ["a = b", "(c, d)"],
    r"a = \text{const}": [r"a = \mathrm{const}"],
    r"손실 = a \quad \text{여기서 } t = 1": [r"\mathrm{손실} = a", "t = 1"],
    r"\mathbf{x_t} = \hat{y_t} + \hat{\mathbf{y}}_t \bm W \boldsymbol\theta": [
        r"\mathbf{x}_t = +\hat{y}_t +\hat{\mathbf{y}}_t \mathbf{W} \mathbf{\theta}"
    ],
    r"\hat{x y} = 1": [r"!! `\hat` stands over more than one name"],
    r"a = \operatorname*{softmax}(x) \mathop{\mathrm{argmax}} {\rm d} y": [
        r"a = \mathrm{softmax} (x) \mathrm{argmax} {\mathrm{d}} y"
    ],
    r"h^{<t>} = a^{\langle t-1 \rangle} x^{<t>T}": ["h^{<t>} = a^{<+t -1>} x^{<t> T}"],
    r"a < b": ["a < b"],
    r"h_0 = \mathbf 0 = \vec{0}": ["h_0 = 0 = 0"],
}

NORMS = {
    text: ["a = ||+x -y||_2"]
    for text in (
        r"a = ||x-y||_2",
        r"a = \|x-y\|_2",
        r"a = \lVert x-y \rVert_2",
        r"a = \Vert x-y \Vert_2",
        r"a = \left|\left| x-y \right|\right|_2",
        r"a = \vert\vert x-y \vert\vert_2",
        r"a = \big\| x-y \big\|_2",
        r"a = \Big|\Big| x-y \Big|\Big|_2",
        r"a = | \! | x-y | \! |_2",
        r"a = ‖x-y‖_2",
    )
} | {
    r"a = |b||c|": ["a = |b| |c|"],
    r"a = \left|b\right|\left|c\right|": ["a = |b| |c|"],
    r"a = \lfloor b \rfloor": ["a = \\lfloorb\\rfloor"],
    r"a = b \middle| c": [r"!! `\middle|` (a condition behind a bar) is not read"],
    r"a = |b": ["!! `|` is opened here and never closed"],
    r"\left.\frac{a}{b}\right|_{c=0} = 2": ["{{a}/{b}} at {c = 0} = 2"],
    r"\frac{a}{b}\Big|_{h_t} = 2": ["{a}/{b} at {h_t} = 2"],
}

ORNAMENTS = {
    r"a = \underbrace{b}_{t} \underbrace{\frac{c}{d}}_{\text{slope $x$}} \overbrace{e}^{k} f_A": [
        "a = {b} {{c}/{d}} {e} f_A"
    ],
    r"a = \underbrace{b}_A \cdot \underbrace{c}_B": [r"a = {b} \cdot {c}"],
    r"\boxed{a = b}.": ["a = b"],
    r"\boxed{\boxed{{a = b}}},": ["a = b"],
    r"\boxed{a} = b": ["{a} = b"],
    r"{\color{red} a = \textcolor{blue}{b}}, \phantom{xyz}": ["a = {b}"],
    r"a = b \label{eq:1} \tag{3.1} \nonumber.": ["a = b"],
    r"a = b \quad (2)": ["a = b"],
    r"a = b \qquad (3.1a) \\ c = d \hfill (**)": ["a = b", "c = d"],
    r"a = b\;\;\;(1.2)": ["a = b"],
    r"a = b~~~~(7)": ["a = b"],
    r"a = b (2)": ["a = b (2)"],
    r"a = b\,(2)": ["a = b (2)"],
    r"a = b\;\;\;(c)": ["a = b (c)"],
    r"A: \frac{a}{b} = 2": ["{a}/{b} = 2"],
    r"\textcircled{1} a = b": ["a = b"],
    r"x: M \times 1": [r"x : M \times 1"],
    r"a \! = \displaystyle \sum\limits_{t=1}^T \bigl( b \, c \bigr) \mathstrut": [r"a = \sum_{t = 1}^T<(b c)>"],
    r"a \stackrel{\text{def}}{=} b \overset{!}{=} c": ["a := b = c"],
    r"a = b \quad (\text{the loss})": ["a = b"],
    "a = b.\r\n": ["a = b"],
    "\ufeffa = b": ["a = b"],
    r"a . b = c .": [r"a \cdot b = c"],
}

LINES = {
    r"a &= b & c &= d \\ e &= f": ["a = b", "c = d", "e = f"],
    r"a &=& b \\ &=& c \\ &+& d": ["a = b = +c +d"],
    r"a = b, \quad c = d \text{ and } e = f; g = h": ["a = b", "c = d", "e = f", "g = h"],
    r"a = \quad \sum_{t=1}^T b": [r"a = \sum_{t = 1}^T<b>"],
    r"a = \sum_{t=1}^{T} \\ b": ["!! the equation ends too early", "b"],
    r"a = b \quad c": ["!! behind a wide gap this may be a factor or a remark"],
    r"a \quad b = c": ["!! behind a wide gap this may be a factor or a remark"],
    r"a = b, c": ["a = b", "c"],
    r"a, b = c": ["!! a list on the left of a relation is not read"],
    r"\begin{multline} a = b \\ c \\ + d \end{multline}": ["a = +b c +d"],
    r"a =& b \\ & c": ["a = b c"],
    r"a = f(b, \\ c)": ["a = f (b, c)"],
    r"a = b \\ \quad - c": ["a = +b -c"],
    r"a = b \times \\ c": [r"a = b \times c"],
    r"\foo = 2, \quad b = \tanhh x \\ c = d": [
        r"!! the command `\foo` is not known",
        r"!! the command `\tanhh` is not known",
        "c = d",
    ],
    r"a = \int b = c + d": ["a = +c +d", r"!! `\int` (an integral) is not read"],
    r"a = b = \foo": ["a = b", r"!! the command `\foo` is not known"],
    r"a = \foo": [r"!! the command `\foo` is not known"],
    r"a \le \foo = b": [r"!! the command `\foo` is not known"],
    r"x = a = b \quad c": ["!! behind a wide gap this may be a factor or a remark"],
    r"a = (b = c": ["!! `(` is opened here and never closed"],
    r"a = b = = c": ["!! `=` fits nowhere here"],
    r"a = b \quad (k < t)": ["a = b", "k < t"],
    r"a = \mathbf 1(k < t)": [r"a = \mathbf{1} (k < t)"],
    r"a = b, \quad t = 1, \dots, T": ["a = b", r"1 \le t \le T"],
    r"a = b, \quad t = 1, 2, \ldots, T-1, \quad c = d": ["a = b", r"1 \le t \le +T -1", "c = d"],
    r"a = b \quad \forall k \in \{1, \dots, t-1\}": ["a = b", r"1 \le k \le +t -1"],
    r"a = b \quad (t = T-1, \dots, 1)": ["a = b", r"1 \le t \le +T -1"],
    r"a = b, \quad t = 4, 3, \dots, 1": ["a = b", r"1 \le t \le 4"],
    r"a = b, \quad t = k, k-1, \dots, n": ["a = b", r"n \le t \le k"],
    r"a = b, \quad t = k+1, k, \dots, n": ["a = b", "n \\le t \\le +k +1"],
    r"a = b, \quad t = k, \dots, T": ["a = b", r"k \le t \le T"],
    r"a = b, \quad t = T, \dots, k+1": ["a = b", r"+k +1 \le t \le T"],
    r"a = b, \quad i = t, \dots, k": ["a = b", "i = t", r"\dots", "k"],
    r"a = b, \quad i \in \{t, \dots, 1\}": ["a = b", r"i \in \{t, \dots, 1\}"],
    r"a \not= b": [r"a \ne b"],
    r"a = \begin{aligned}[t] &b \\ &+ c \end{aligned}": ["a = +b +c"],
    r"k \in \{1, 3\}": [r"k \in \{1, 3\}"],
    r"a = b \to c = d": ["a = b", "c = d"],
    r"a \to b": [r"a \to b"],
}

LETTERS = {
    "∂ℒ/∂ψ = ∑_{t=1}^T hₜ · xₜᵀ": [r"\partial \mathcal{L} / \partial \psi = \sum_{t = 1}^T<h_{t} \cdot x_{t}^{T}>"],
    "a ＝ （b ＋ c），d ≤ 2": ["a = (+b +c)", r"d \le 2"],
    "ŷ = h̃ − 𝐖 ℝ 𝓛 θ": [r"\hat{y} = +\tilde{h} -\mathbf{W} \mathbb{R} \mathcal{L} \theta"],
    "a\u200b = b\u00a0c": ["a = b c"],
    "а = b": ["!! `а` (U+0430, cyrillic small letter a) looks like the letter `a` and is another one"],
    "a = ν": ["!! `ν` (U+03BD, greek small letter nu) looks like the letter `v` and is another one"],
    r"a = \hat{у}": ["!! `у` (U+0443, cyrillic small letter u) looks like the letter `y` and is another one"],
    "a = 😀": ["!! `😀` (U+1F600, grinning face) is not read"],
}


@pytest.mark.parametrize("text", [*NAMES, *NORMS, *ORNAMENTS, *LINES, *LETTERS])
def test_displays_are_read_as_people_write_them(text: str) -> None:
    """Words that are names, norms, labels and ornaments, rows and lines, letters beyond ASCII."""
    assert read(text) == {**NAMES, **NORMS, **ORNAMENTS, **LINES, **LETTERS}[text]


def test_an_unknown_command_names_the_nearest_one() -> None:
    """The smallest place, and what may have been meant."""
    text = r"a = \tanhh(x)"
    (line,) = read_display(text)
    assert line.failure is not None
    assert line.failure.span is not None
    assert text[line.failure.span.start : line.failure.span.end] == r"\tanhh"
    assert line.failure.expected == r"`\tanh`"
