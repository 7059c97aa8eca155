r"""Surface nodes: how a line of LaTeX is built, with a span on every node, and nothing of what a name means.

``f(x)`` and ``W(x)`` look the same here; notation.py tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bpttsym.expr import Span
from bpttsym.records import dataclass


@dataclass(slots=True)
class Surface:
    """A node of the surface; only its subclasses are made."""

    span: Span


@dataclass(slots=True)
class Word(Surface):
    r"""A name, number, or special mark; kind is NAME, NUMBER, SPECIAL, HOLE, SIGN, OP, DOTS or EMPTY."""

    kind: str
    text: str


@dataclass(slots=True)
class Scripted(Surface):
    """A base with its scripts in the written order: ``("sub", node)``, ``("sup", node)``, ``("prime", None)``."""

    base: Surface
    scripts: list[tuple[str, Surface | None]]


@dataclass(slots=True)
class Fence(Surface):
    r"""Items between ``{``, ``(``, ``[``, ``\{``, ``<``, ``|`` or ``||``; ``separators[i]`` follows item i."""

    opening: str
    items: list[Surface]
    separators: list[str]


@dataclass(slots=True)
class Fraction(Surface):
    """A written fraction."""

    numerator: Surface
    denominator: Surface


@dataclass(slots=True)
class Root(Surface):
    """A square root."""

    body: Surface


@dataclass(slots=True)
class Big(Surface):
    r"""``\sum`` or ``\prod`` with its scripts over the term that follows."""

    operator: str
    scripts: list[tuple[str, Surface | None]]
    body: Surface


@dataclass(slots=True)
class Term(Surface):
    """Factors in the written order; ``operators[i]`` stands before factor i ("" is juxtaposition)."""

    factors: list[Surface]
    operators: list[str]


@dataclass(slots=True)
class Sums(Surface):
    """Signed terms."""

    signs: list[str]
    terms: list[Surface]


@dataclass(slots=True)
class Evaluated(Surface):
    r"""``\left. body \right|_{at}^{upper}``: an expression with something put into it, or between two ends."""

    body: Surface
    at: Surface
    upper: Surface | None


@dataclass(slots=True)
class Table(Surface):
    r"""A block with rows and cells: a matrix, a list of cases, or the conditions of ``\substack``.

    ``environment`` is the name without a star: ``cases``, ``array``, ``matrix``, ``pmatrix``, ``bmatrix``,
    ``Bmatrix``, ``vmatrix``, ``Vmatrix``, ``smallmatrix`` or ``substack``.

    - In ``cases`` every row is ``(value, Condition)``, or ``(value,)`` where no condition is written. A block
      with one brace on its left, ``\left\{\begin{array}{l} a, \quad t \ne k \\ ... \end{array}\right.``, arrives
      as ``cases`` too. A block of relations that is a whole line is no table: its rows are lines of the display.
    - In all others a cell is what stands in it; rows may differ in length. Dots are ``Word(kind="DOTS")``, and an
      empty cell is ``Word(kind="EMPTY", text="")``. In ``substack`` each row holds one relation, a ``Chain``.
    """

    environment: str
    rows: tuple[tuple[Surface, ...], ...]


@dataclass(slots=True)
class Condition(Surface):
    r"""When a row of ``cases`` is taken: ``\text{if } i = j``, ``t \ne k``, ``\text{otherwise}``.

    ``relations`` are chains (``0 < i < t`` is one); all of them hold (``connective`` is ``"and"``) or one does
    (``"or"``). A condition without relations is ``otherwise``. The words around relations are gone: ones that no
    table knows (``\text{if $i$ is odd}``) make the whole line unread, so what arrives here is complete.
    """

    relations: tuple[Surface, ...]
    connective: str = "and"


@dataclass(slots=True)
class Chain(Surface):
    """Sides and the relations between them; ``sides[0]`` is None where a display continues the one before."""

    sides: list[Surface | None]
    relations: list[str]
    relation_spans: list[Span]


def below(node: Surface) -> Sequence[Surface]:
    """The nodes right below a node, of formulas: what stands in tables and conditions is not among them."""
    found = _BELOW.get(type(node))
    return found(node) if found is not None else ()


_BELOW: dict[type[Surface], Callable[[Any], Sequence[Surface]]] = {
    Big: lambda node: [node.body, *_scripts(node)],
    Evaluated: lambda node: [node.body, node.at, *([] if node.upper is None else [node.upper])],
    Scripted: lambda node: [node.base, *_scripts(node)],
    Fence: lambda node: node.items,
    Term: lambda node: node.factors,
    Sums: lambda node: node.terms,
    Fraction: lambda node: [node.numerator, node.denominator],
    Root: lambda node: [node.body],
    Chain: lambda node: [side for side in node.sides if side is not None],
}


def _scripts(node: Scripted | Big) -> list[Surface]:
    return [script for _, script in node.scripts if script is not None]


def everywhere(node: Surface) -> Iterator[Surface]:
    """A node and all below it, in tables and conditions as well."""
    waiting: list[Surface] = [node]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(below(part))
        if isinstance(part, Table):
            waiting.extend(cell for row in part.rows for cell in row)
        elif isinstance(part, Condition):
            waiting.extend(part.relations)


def within(node: Surface) -> Iterator[Surface]:
    """A node and all below it, of formulas."""
    waiting: list[Surface] = [node]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(below(part))


def nesting(node: Surface) -> int:
    """How many big operators and expressions with something put into them stand in one another, at most."""
    deepest = 0
    waiting: list[tuple[Surface, int]] = [(node, 0)]
    while waiting:
        part, level = waiting.pop()
        deepest = max(deepest, level)
        inside = level + isinstance(part, Big | Evaluated)
        waiting += [(inner, inside) for inner in below(part)]
    return deepest
