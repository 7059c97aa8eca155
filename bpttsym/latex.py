r"""Prints a tree as LaTeX, or as one line of Unicode for a terminal.

    \sum_{t=1}^{T}\frac{\partial L}{\partial h_t} h_{t-1}        Σ_{t=1..T} ∂L/∂h_t · h_{t-1}

Both come from one walk, which decides what stands in parentheses; how a fraction, a script or the gap between
two factors looks is a row of a table. What is printed reads back as the same tree: a sum or product extends to
the end of its term, a minus binds weaker than a product, a product within a product is in parentheses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache
from string import ascii_letters, ascii_uppercase, digits
from types import MappingProxyType

from bpttsym import expr as tree
from bpttsym.expr import Expr


def latex(expr: Expr) -> str:
    """The tree as LaTeX for mathematics mode, of commands that KaTeX, MathJax and amsmath all know."""
    return "".join(latex_pieces(expr))


def latex_pieces(expr: Expr) -> Iterator[str]:
    """The text of :func:`latex`, a piece for each term of a sum that stands alone or beside a relation."""
    return (piece.text for piece in _pieces(expr, _LATEX))


def unicode_line(expr: Expr) -> str:
    r"""The tree as one line of plain text, for people: ``a \cdot b`` and a juxtaposition may look the same."""
    return "".join(piece.text for piece in _pieces(expr, _UNICODE))


def aligned(chain_left: Expr, chain: Iterable[tuple[str, Expr]], break_terms: int | None = None) -> str:
    r"""A chain of relations, ``(operator, right side)`` each, as an ``aligned`` block with a row for each.

    A right side that is a sum of more than ``break_terms`` terms is broken into rows of at most so many.
    """
    if break_terms is not None and break_terms < 1:
        raise ValueError(f"a row holds at least one term, not {break_terms}")
    rows = []
    for operator, right in chain:
        terms = [piece.text for piece in _side(right, _LATEX)]
        size = break_terms or len(terms)
        for start in range(0, len(terms), size):
            head = r"&\quad" if start else f"&{operator} "
            rows.append(head + "".join(terms[start : start + size]))
    body = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{latex(chain_left)} {body}\n\\end{{aligned}}"


class _Level(IntEnum):
    """How tightly a printed tree holds together; what is looser than its place asks for gets parentheses."""

    RELATION = 0
    SUM = 1
    MINUS = 2
    PRODUCT = 3
    OPEN = 4  # would take in the factors that follow: a big sum or product, a gradient
    QUOTIENT = 5
    SCRIPTED = 6  # takes no second superscript
    ATOM = 7


@dataclass(frozen=True, slots=True)
class _Piece:
    """A printed tree, and whether it is taller than a line."""

    text: str
    level: _Level
    tall: bool = False


@dataclass(frozen=True, slots=True)
class _Style:
    """How a tree looks; ``fences`` are for what is flat, for what is tall, and for a big operator."""

    shapes: Mapping[str, str]
    fences: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    in_quotient: _Level
    name: Callable[[str], str]
    index: Callable[[str], str]
    lower: Callable[[str], str]
    upper: Callable[[str], str]
    juxtapose: Callable[[_Piece, _Piece], str]
    script: _Style | None = None


def _pieces(node: Expr, style: _Style) -> Iterator[_Piece]:
    """The pieces of a relation, or of one side."""
    if not isinstance(node, tree.Relation):
        yield from _side(node, style)
        return
    yield from _side(node.left, style)
    yield _Piece(f" {style.name(node.operator)} ", _Level.RELATION)
    yield from _side(node.right, style)


def _side(node: Expr, style: _Style) -> Iterator[_Piece]:
    """The terms of a sum, each with its sign, or the one piece of anything else."""
    first, *others = node.terms if isinstance(node, tree.Add) else (node,)
    yield _held(first, _Level.MINUS if others else _Level.SUM, style)
    for term in others:
        match term:
            case tree.Negate(body):
                sign = "minus"
            case tree.Number(value) if value < 0:
                sign, body = "minus", tree.Number(-value)
            case _:
                sign, body = "plus", term
        piece = _held(body, _Level.PRODUCT, style)
        yield replace(piece, text=style.shapes[sign] + piece.text)


def _held(node: Expr, level: _Level, style: _Style) -> _Piece:
    """A tree in a place that asks for a level."""
    piece = _print(node, style)
    return piece if piece.level >= level else _fenced(piece, style)


def _fenced(piece: _Piece, style: _Style, before: str = "") -> _Piece:
    opening, closing = style.fences[piece.tall + (piece.tall and piece.level is _Level.OPEN)]
    return _Piece(f"{before}{opening}{piece.text}{closing}", _Level.ATOM, piece.tall)


def _shaped(template: str, level: _Level, **parts: _Piece) -> _Piece:
    text = template % {place: piece.text for place, piece in parts.items()}
    return _Piece(text, level, level is _Level.QUOTIENT or any(piece.tall for piece in parts.values()))


def _joined(pieces: Iterable[_Piece], level: _Level, separator: str = "") -> _Piece:
    held = tuple(pieces)
    return _Piece(separator.join(piece.text for piece in held), level, any(piece.tall for piece in held))


def _print(node: Expr, style: _Style) -> _Piece:
    """The text of a tree and how tightly it holds together."""
    shapes, script = style.shapes, style.script or style
    match node:
        case tree.Number(value):
            return _number(value, style)
        case tree.Symbol(name, index):
            base, labels, rest, level = _parts(name)
            if not index and len(labels) < 2:
                return _Piece(style.name(name), level)
            items = [style.name(label) for label in labels] + [_print(item, script).text for item in index]
            return _Piece(style.name(base) + style.index(",".join(items)) + style.name(rest), level)
        case tree.Call("abs", (argument,), (), 0):
            return _shaped(shapes["abs"], _Level.ATOM, of=_print(argument, style))
        case tree.Call(function, arguments, parameters, primes):
            groups = (arguments, parameters) if parameters else (arguments,)
            inside = _joined((_list(group, style) for group in groups), _Level.RELATION, "; ")
            return _fenced(inside, style, style.name(function) + shapes["prime"] * primes)
        case tree.Add():
            return _joined(_side(node, style), _Level.SUM)
        case tree.Negate(body):
            return _shaped("-%(of)s", _Level.MINUS, of=_held(body, _Level.PRODUCT, style))
        case tree.Multiply((*factors, last), operators):
            pieces = [_held(factor, _Level.QUOTIENT, style) for factor in factors]
            pieces.append(_held(last, _Level.OPEN, style))
            texts = [pieces[0].text]
            for left, operator, right in zip(pieces, operators, pieces[1:], strict=False):
                dotted = f" {style.name(operator)} {right.text}"
                texts.append(dotted if operator else style.juxtapose(left, right))
            return _Piece("".join(texts), _Level.PRODUCT, any(piece.tall for piece in pieces))
        case tree.Divide(numerator, denominator):
            of, by = (_held(part, style.in_quotient, style) for part in (numerator, denominator))
            return _shaped(shapes["quotient"], _Level.QUOTIENT, of=of, by=by)
        case tree.Power(base, exponent):
            power = _Piece(style.upper(_print(exponent, script).text), _Level.SCRIPTED)
            return _joined((_held(base, _Level.ATOM, style), power), _Level.SCRIPTED)
        case tree.Transpose(body):
            return _shaped(shapes["transpose"], _Level.SCRIPTED, of=_held(body, _Level.ATOM, style))
        case tree.Norm(body, order):
            below = style.lower(style.name(order)) if order else ""
            return _shaped(shapes["norm"] + below, _Level.ATOM, of=_print(body, style))
        case tree.Sum(_, _, None, None):
            return _big(node, "sum", "everywhere", style)
        case tree.Sum():
            return _big(node, "sum", "written", style)
        case tree.Product():
            return _big(node, "product", node.direction, style)
        case tree.Derivative(of, by, "gradient"):
            below = _Piece(style.lower(_print(by, script).text), _Level.ATOM)
            return _shaped(shapes["gradient"], _Level.OPEN, of=_alone(of, style, tree.Symbol), by=below)
        case tree.Derivative(of, by, kind):
            above, under = (_alone(part, style, tree.Symbol, tree.Call, tree.Norm) for part in (of, by))
            return _shaped(shapes[kind], _Level.QUOTIENT, of=above, by=under)
        case tree.SetOf(items):
            return _shaped(shapes["set"], _Level.ATOM, of=_list(items, style))
        case tree.Hole():
            return _Piece("?", _Level.ATOM)
        case tree.Relation():
            return _joined(_pieces(node, style), _Level.RELATION)
        case _:
            raise TypeError(f"no rule prints {node!r}")


def _number(value: Fraction, style: _Style) -> _Piece:
    """A natural number or a decimal; a minus or a quotient where the value is neither."""
    if value < 0:
        return _print(tree.Negate(tree.Number(-value)), style)
    places = next((n for n in range(value.denominator.bit_length()) if 10**n % value.denominator == 0), None)
    if places is None:
        return _print(tree.Divide(tree.integer(value.numerator), tree.integer(value.denominator)), style)
    figures = str(value.numerator * 10**places // value.denominator).rjust(places + 1, "0")
    return _Piece(f"{figures[:-places]}.{figures[-places:]}" if places else figures, _Level.ATOM)


def _list(items: Iterable[Expr], style: _Style) -> _Piece:
    return _joined((_print(item, style) for item in items), _Level.RELATION, ", ")


def _alone(node: Expr, style: _Style, *plain: type[Expr]) -> _Piece:
    """What is differentiated: a name, or what is as closed as a name; all else in parentheses."""
    piece = _print(node, style)
    return piece if isinstance(node, plain) else _fenced(piece, style)


def _big(node: tree.Sum | tree.Product, sign: str, span: str, style: _Style) -> _Piece:
    """A big operator, its range and all of the term that it extends over."""
    bounds = {"lower": node.lower, "upper": node.upper}
    ends = {place: _held(end, _Level.SUM, style.script or style).text for place, end in bounds.items() if end}
    mark = style.shapes[sign] + style.shapes[span] % {"index": style.name(node.index), **ends}
    body = _held(node.body, _Level.PRODUCT, style)
    return _Piece(mark + style.juxtapose(_Piece(mark, _Level.OPEN), body), _Level.OPEN, tall=True)


@lru_cache(maxsize=4096)
def _units(name: str) -> tuple[str, ...]:
    """The commands, letters and groups in braces that a name is written with."""
    return tuple(re.findall(r"\\[A-Za-z]+\s*|\\.|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\S", name))


def _bare(unit: str) -> str:
    return unit[1:-1] if unit.startswith("{") else unit


@lru_cache(maxsize=4096)
def _parts(name: str) -> tuple[str, tuple[str, ...], str, _Level]:
    r"""A name up to its first label, its labels, what follows, and its level: ``W``, ``hh``, ``'`` of ``W_{hh}'``."""
    base, labels, rest = [], [], []
    units = iter(_units(name))
    for unit in units:
        if unit == "_":
            labels.append(_bare(next(units, "")))
        else:
            (rest if labels else base).append(unit)
    level = _Level.SCRIPTED if "^" in base + rest else _Level.ATOM
    return "".join(base), tuple(labels), "".join(rest), level


def _latex_index(text: str) -> str:
    return f"_{text}" if len(text) == 1 else f"_{{{text}}}"


def _latex_juxtapose(left: _Piece, right: _Piece) -> str:
    """A factor that follows another: two numbers never meet, and a name keeps its distance from a parenthesis."""
    if left.text[-1:].isdigit() and right.text[:1].isdigit():
        return rf"\,({right.text})"
    if right.text.startswith(("(", r"\left(", r"\biggl(")):
        return rf"\,{right.text}" if left.level is _Level.ATOM and left.text[-1:] != ")" else right.text
    glued = left.text[-1:] in ("}", ")") and right.text.startswith(r"\frac")
    return right.text if glued else f" {right.text}"


def _unicode_juxtapose(left: _Piece, right: _Piece) -> str:
    """A factor that follows another: names stand side by side, all that is longer is parted by a dot."""
    names = left.level >= _Level.SCRIPTED <= right.level and left.text[-1:] != ")"
    close = names and right.text[:1] != "(" and not right.text[:1].isdigit()
    return f" {right.text}" if close or left.level is _Level.OPEN else f" · {right.text}"


@lru_cache(maxsize=4096)
def _unicode_name(name: str) -> str:
    """A name, function or operator in letters and signs; a command that no table knows becomes its word."""
    letters = ""
    units = (unit.strip() for unit in _units(name))
    for unit in units:
        if unit in _ACCENTS:
            body = _unicode_name(_bare(next(units, "")))
            letters += body[:1] + _ACCENTS[unit] + body[1:]
        elif unit in _ALPHABETS:
            letters += _unicode_name(_bare(next(units, ""))).translate(_ALPHABETS[unit])
        elif unit == "_":
            letters += _unicode_lower(_unicode_name(_bare(next(units, ""))))
        elif unit.startswith("{"):
            letters += _unicode_name(_bare(unit))
        else:
            letters += _SIGNS.get(unit, unit.removeprefix("\\"))
    return unicodedata.normalize("NFC", letters)
