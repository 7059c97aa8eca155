"""How displays are read: each row of a table is a display as people write it, and what the reader makes of it."""

from __future__ import annotations

import pytest

from bpttsym.parse import read_display
from bpttsym.surface import (
    Big,
    Chain,
    Condition,
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

CLOSING = {"{": "}", "(": ")", "[": "]", r"\{": r"\}", "|": "|", "||": "||"}
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
