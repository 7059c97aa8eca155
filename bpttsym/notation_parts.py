r"""Surface nodes of entries, cases, indicators, lists and second derivatives to trees (a part of the notation).

(W h_t)_i    \mathbf{1}_{[i=j]}    \begin{cases} ... \end{cases}    [h_{t-1}; x_t]    \max(0, a)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Cases,
    Component,
    Concatenate,
    Derivative,
    Entries,
    Every,
    Expr,
    Indicator,
    Multiply,
    Negate,
    Norm,
    Number,
    Relation,
    SetOf,
    Span,
    Symbol,
    Transpose,
    Whole,
    integer,
    names,
    walk,
)
from bpttsym.regular import pattern
from bpttsym.signature import Signature
from bpttsym.surface import Chain, Condition, Fence, Fraction, Scripted, Sums, Surface, Table, Term, Word, within
from bpttsym.whole_numbers import is_whole

CAPITAL = pattern(r"(?:\\[a-z]+\{)*(?:[A-Z]|\\(?:Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega))")
"""A name that begins with a capital letter in any font."""

LABEL = pattern(r"_\{((?:[a-z]'*){2})\}$")
"""What may be the two letters of an entry, ``W_{ij}``."""

ONES = r"\mathbf{1}"
INDICATORS = frozenset((ONES, r"\mathbb{I}"))
EXCEEDING = frozenset(("<", ">", r"\le", r"\ge"))
COMPARISONS = frozenset(("=", r"\ne", "<", ">", r"\le", r"\ge"))


EXPECTATIONS = frozenset((r"\mathbb{E}", r"\mathrm{E}", r"\mathsf{E}", r"\operatorname{E}"))
DATA = frozenset(
    (r"\mathcal{D}", r"\mathbb{D}", "D", "p", "P", r"\mathcal{P}", r"\mathbb{P}", r"\mathcal{S}", r"\mathrm{data}")
)
"""Letters of distributions that depend on no parameter."""

SMALL = pattern(r"[a-z]|,")


class Reader(Protocol):
    """What reads the parts: the reader of the notation."""

    signature: Signature

    def expression(self, node: Surface) -> Expr: ...
    def index(self, node: Surface) -> Expr: ...


def is_comparison(node: Surface | None) -> bool:
    """Whether a script or the inside of brackets compares indices."""
    inner = node
    while isinstance(inner, Fence) and len(inner.items) == 1:
        inner = inner.items[0]
    return isinstance(inner, Chain) and bool(inner.relations)


ROUNDING: dict[str, Literal["floor", "ceiling"]] = {r"\lfloor": "floor", r"\lceil": "ceiling"}
"""Brackets that round what they hold down or up."""


def is_over_data(node: Surface) -> bool:
    r"""Whether an expectation says nothing of what it is over, or names the data: ``\mathbb{E}_{x \sim D}``."""
    scripts = node.scripts if isinstance(node, Scripted) else []
    if any(kind != "sub" for kind, _ in scripts) or len(scripts) > 1:
        return False
    script = scripts[0][1] if scripts else None
    parts = [part for part in within(script) if not isinstance(part, Fence | Scripted)] if script is not None else []
    if all(isinstance(part, Word) for part in parts):
        return all(part.text in DATA or SMALL.fullmatch(part.text) for part in parts if isinstance(part, Word))
    chains = [part for part in parts if isinstance(part, Chain)]
    law = chains[0].sides[-1] if len(chains) == 1 and chains[0].relations == [r"\sim"] else None
    named = [part for part in within(law) if not isinstance(part, Fence | Scripted)] if law is not None else []
    return bool(named) and all(isinstance(part, Word) and part.text in DATA for part in named)


def rounded(reader: Reader, node: Fence) -> Expr:
    r"""``\lfloor (t-1)/3 \rfloor``: a quotient of indices that is rounded."""
    if len(node.items) == 1:
        found = Whole(ROUNDING[node.opening], (reader.expression(node.items[0]),), span=node.span)
        if is_whole(found) and _counts(reader, found):
            return found
    raise NotRead(f"what stands in `{node.opening}` is no quotient of indices", node.span, r"`\lfloor (t-1)/2 \rfloor`")


def grouped(reader: Reader, node: Fence) -> Expr | None:
    r"""What ``\{ a - b \}`` groups: braces around one formula are parentheses, around names they make a set."""
    found = reader.expression(node.items[0]) if len(node.items) == 1 and not node.separators else None
    return None if isinstance(found, Symbol | Number) else found


def binomial(reader: Reader, pair: Fence, span: Span) -> Expr:
    r"""``\binom{n}{k}`` of whole numbers."""
    found = Whole("binomial", tuple(reader.expression(item) for item in pair.items), span=span)
    if not is_whole(found) or not _counts(reader, found):
        raise NotRead("a binomial coefficient of anything but indices is not read", span, r"`\binom{t-k}{2}`")
    return found


def _counts(reader: Reader, number: Whole) -> bool:
    """Whether all letters of a number are indices of the document."""
    return names(number) <= reader.signature.indices | {reader.signature.horizon}


def is_running(node: Surface, letters: frozenset[str]) -> bool:
    """Whether a node is a step: a letter over which something runs, with or without a number added."""
    terms = node.terms if isinstance(node, Sums) else [node]
    words = [term for term in terms if isinstance(term, Word)]
    steps = [word.text in letters for word in words if word.kind == "NAME"]
    return len(words) == len(terms) and steps == [True] and all(word.kind in {"NAME", "NUMBER"} for word in words)


def readable(reader: Reader, nodes: Iterable[Surface]) -> tuple[Expr, ...]:
    """The arguments behind a quantity; none where one of them is not read."""
    try:
        return tuple(reader.expression(node) for node in nodes)
    except NotRead:
        return ()


def inner(reader: Reader, fence: Fence) -> Expr | None:
    r"""``\\langle a, b \\rangle`` of two vectors; None of anything else, also of matrices."""
    if len(fence.items) != 2 or fence.separators != [","]:
        return None
    first, second = (reader.expression(item) for item in fence.items)
    if any(map(_is_shaped_as_matrix, (first, second))):
        return None
    return Multiply((Transpose(first, span=first.span), second), ("",), span=fence.span)


def _is_shaped_as_matrix(side: Expr) -> bool:
    """A matrix by its letter, or a derivative by one."""
    last = side.factors[-1] if isinstance(side, Multiply) else side
    last = last.body if isinstance(last, Negate | Transpose) else last
    last = last.by if isinstance(last, Derivative) else last
    return isinstance(last, Symbol) and not last.index and CAPITAL.match(last.name) is not None


def indicator(reader: Reader, node: Surface, span: Span) -> Expr:
    """The indicator of one comparison: of indices, or of quantities by their size, entry by entry."""
    inner = node
    while isinstance(inner, Fence) and len(inner.items) == 1:
        inner = inner.items[0]
    if not isinstance(inner, Chain) or len(inner.relations) != 1:
        raise NotRead("this indicator is not one comparison of indices", span, r"`\mathbf{1}_{[i=j]}`")
    return _exceeding(reader, inner, span) or Indicator(comparisons(reader, inner)[0], span=span)


def _exceeding(reader: Reader, chain: Chain, span: Span) -> Expr | None:
    r"""``\mathbf{1}[h_t > 0]``: the slope of a rectifier; None where indices are compared."""
    (left, right), operator = chain.sides, chain.relations[0]
    if operator not in EXCEEDING or left is None or right is None:
        return None
    high, low = reader.expression(left), reader.expression(right)
    if not any(isinstance(p, Call) or (isinstance(p, Symbol) and p.index) for side in (low, high) for p in walk(side)):
        return None
    if operator in ("<", r"\le"):
        low, high = high, low
    above, below = (high, low) if operator in "<>" else (low, high)  # at least as large: not below
    zero = integer(0)
    over = above if below == zero else Negate(below) if above == zero else Add((above, Negate(below)))
    slope = Call(r"\mathrm{relu}", (over,), (), 1, span=span)
    return slope if operator in "<>" else Add((integer(1), Negate(slope)), span=span)


def comparisons(reader: Reader, chain: Chain) -> list[Expr]:
    """The comparisons of neighbours in a chain of indices."""
    found: list[Expr] = []
    for left, operator, right in zip(chain.sides, chain.relations, chain.sides[1:], strict=False):
        if left is None or right is None or operator not in COMPARISONS:
            raise NotRead("this is no comparison of indices", chain.span)
        found.append(Relation(reader.index(left), operator, reader.index(right), span=chain.span))
    return found


BLOCKS = frozenset(("matrix", "pmatrix", "bmatrix", "smallmatrix"))


def block(reader: Reader, table: Table) -> Expr:
    r"""A block of vectors and matrices, ``\begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix}``; rows of it have commas."""
    if len({len(row) for row in table.rows}) > 1:
        raise NotRead("the rows of this block differ in length", table.span)
    rows = []
    for row in table.rows:
        cells = tuple(reader.expression(cell) for cell in row)
        if any(isinstance(cell, Number) for cell in cells):
            raise NotRead("a number in a block of matrices has no size", table.span)
        rows.append(cells[0] if len(cells) == 1 else Concatenate(cells, comma=True, span=table.span))
    return rows[0] if len(rows) == 1 else Concatenate(tuple(rows), span=table.span)


def cases(reader: Reader, table: Table) -> Expr:
    """``cases`` whose conditions compare indices; the row without a condition comes last."""
    if table.environment in BLOCKS:
        return block(reader, table)
    if table.environment != "cases":
        raise NotRead(f"a `{table.environment}` block is not read here", table.span)
    values: list[Expr] = []
    conditions: list[Expr] = []
    for position, row in enumerate(table.rows):
        last = position == len(table.rows) - 1
        values.append(reader.expression(row[0]))
        written = row[1].relations if len(row) > 1 and isinstance(row[1], Condition) else ()
        if written and isinstance(row[1], Condition):
            conditions.append(_condition(reader, row[1]))
        elif not last:
            raise NotRead("a case without a condition is not the last", row[0].span, "a condition such as `i = j`")
    return Cases(tuple(values), tuple(conditions), span=table.span)


def _condition(reader: Reader, condition: Condition) -> Expr:
    found = [one for chain in condition.relations if isinstance(chain, Chain) for one in comparisons(reader, chain)]
    if len(found) == 1:
        return found[0]
    if condition.connective != "and":
        raise NotRead("cases with `or` between conditions are not read", condition.span)
    return SetOf(tuple(found), span=condition.span)


def listed(reader: Reader, fence: Fence) -> Expr:
    """``[h_{t-1}; x_t]``: columns one below the other, matrices as the sign says; ``[i = j]`` is an indicator."""
    if len(fence.items) == 1:
        return indicator(reader, fence, fence.span)
    comma = ";" not in fence.separators
    return Concatenate(tuple(reader.expression(item) for item in fence.items), comma=comma, span=fence.span)


def entry(reader: Reader, value: Expr, script: Surface, span: Span) -> Expr:
    """A subscript of something that is no name: an entry of it."""
    items = script.items if isinstance(script, Fence) and script.opening == "{" else [script]
    index: list[Expr] = []
    for item in items:
        if isinstance(item, Term) and not any(item.operators) and all(isinstance(f, Word) for f in item.factors):
            index.extend(reader.index(factor) for factor in item.factors)
        else:
            index.append(reader.index(item))
    if len(index) > 2 or any(not isinstance(part, Symbol | Number | Every) for part in index):
        raise NotRead("this subscript names no entry", script.span, "one or two indices")
    return Component(value, tuple(index), span=span)


def largest_entry(reader: Reader, node: Scripted, fence: Fence) -> Expr | None:
    r"""``\max_i |h_{t,i}|``: the largest of all entries; None of any other maximum."""
    letter = _flat(node.scripts[0][1])[0] if len(node.scripts) == 1 and node.scripts[0][1] is not None else None
    if not isinstance(letter, Word) or letter.text not in reader.signature.indices or fence.opening != "|":
        return None
    body = reader.expression(fence.items[0])
    symbols = [part for part in walk(body) if isinstance(part, Symbol)]
    labels = "".join(found[1] for part in symbols if (found := LABEL.search(part.name)))
    if Symbol(letter.text) not in (index for part in symbols for index in part.index) and letter.text not in labels:
        return None
    return Norm(Entries(body, letter.text, span=body.span), r"\infty", span=node.span.join(fence.span))


def rectifier(name: str, arguments: tuple[Expr, ...], span: Span) -> Expr:
    r"""``\max(0, a)``, entry by entry."""
    rest = [argument for argument in arguments if argument != integer(0)]
    if len(arguments) != 2 or len(rest) != 1:
        raise NotRead(f"`{name}` is read of zero and one expression only", span, r"`\max(0, a)`")
    return Call(r"\mathrm{relu}", (rest[0],), span=span)


def second_derivative(reader: Reader, node: Fraction) -> Expr | None:
    r"""``\frac{\partial^2 L}{\partial a \partial b}`` and ``\frac{\partial^2 L}{\partial a^2}``; None for any other.

    The derivative by ``b`` comes first, then that by ``a``.
    """
    above, below = _flat(node.numerator), _flat(node.denominator)
    if not above or not _is_second(above[0]) or len(above) < 2:
        return None
    of = reader.expression(Term(node.numerator.span, above[1:], [""] * (len(above) - 1)))
    marks = [position for position, part in enumerate(below) if _is_partial(part)]
    if marks == [0] and len(below) == 2 and isinstance(below[1], Scripted):
        kind, script = below[1].scripts[-1]
        if kind == "sup" and script is not None and reader.expression(script) == integer(2):
            base = (
                Scripted(below[1].span, below[1].base, below[1].scripts[:-1]) if below[1].scripts[1:] else below[1].base
            )
            by = reader.expression(base)
            return Derivative(Derivative(of, by, span=node.span), by, span=node.span)
    if len(marks) == 2 and marks[0] == 0 and 1 < marks[1] < len(below) - 1:
        parts = below[1 : marks[1]], below[marks[1] + 1 :]
        first, second = (reader.expression(Term(node.denominator.span, list(p), [""] * len(p))) for p in parts)
        match first, second:
            case (Transpose(row), Symbol() as column) | (Symbol() as column, Transpose(row)):
                return hessian(of, column, row, node.span)
            case _:
                pass
        return Derivative(Derivative(of, second, span=node.span), first, span=node.span)
    raise NotRead("the denominator of this second derivative is not read", node.denominator.span)


def hessian(of: Expr, column: Expr, row: Expr, span: Span) -> Expr:
    r"""``\frac{\partial^2 L}{\partial a \partial b^\top}``: a row for each entry of ``a``, in every layout."""
    return Derivative(Derivative(of, column, "gradient", span=span), Transpose(row, span=row.span), span=span)


def _flat(node: Surface) -> list[Surface]:
    inner = node
    while isinstance(inner, Fence) and inner.opening == "{" and len(inner.items) == 1:
        inner = inner.items[0]
    return list(inner.factors) if isinstance(inner, Term) and not any(inner.operators) else [inner]


def _is_partial(node: Surface) -> bool:
    return isinstance(node, Word) and node.text in (r"\partial", "d", r"\mathrm{d}")


def _is_second(node: Surface) -> bool:
    if not isinstance(node, Scripted) or not _is_partial(node.base) or len(node.scripts) != 1:
        return False
    kind, script = node.scripts[0]
    inner = _flat(script) if script is not None else []
    return kind == "sup" and len(inner) == 1 and isinstance(inner[0], Word) and inner[0].text == "2"


def is_matrix(node: Surface | None) -> bool:
    """Whether parentheses hold a matrix: capital letters, absolute values of them, their products, or a Jacobian."""
    inner = node.base if isinstance(node, Scripted) else node
    match inner:
        case Fence(_, opening, [only]) if opening in "([":
            return holds_matrix(only)
        case _:
            return False


def holds_matrix(node: Surface) -> bool:
    match node:
        case Word(_, "NAME", text):
            return CAPITAL.match(text) is not None
        case Scripted(_, base):
            return holds_matrix(base)
        case Fence(_, "(" | "|" | "{", [only]):
            return holds_matrix(only)
        case Term(_, factors):
            return all(map(holds_matrix, factors))
        case Fraction(_, numerator):
            while isinstance(numerator, Fence) and len(numerator.items) == 1:
                numerator = numerator.items[0]
            first = numerator.factors[0] if isinstance(numerator, Term) else numerator
            base = first.base if isinstance(first, Scripted) else first
            return isinstance(base, Word) and base.kind == "SPECIAL"
        case _:
            return False


def is_fence(node: Surface | None) -> bool:
    """Parentheses or brackets, also with a power behind them."""
    inner = node.base if isinstance(node, Scripted) else node
    return isinstance(inner, Fence) and inner.opening in "(["
