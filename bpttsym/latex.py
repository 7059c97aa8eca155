r"""Prints a tree as LaTeX, or as one line of Unicode for a terminal.

    \sum_{t=1}^{T}\frac{\partial L}{\partial h_t} h_{t-1}        Σ_{t=1..T} ∂L/∂h_t · h_{t-1}

Both come from one walk, which decides what stands in parentheses, so that LaTeX reads back as the same tree; how
a shape looks is a row of a table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import IntEnum
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from bpttsym import expr as tree
from bpttsym.expr import Expr
from bpttsym.glyphs import ALPHABETS, BRACKETS, FIGURES, GROUP, SHAPES, SIGNS
from bpttsym.regular import pattern
from bpttsym.sides import with_dots


def latex(expr: Expr) -> str:
    """The tree as LaTeX for mathematics mode, of commands that KaTeX, MathJax and amsmath all know."""
    return "".join(latex_pieces(expr))


def latex_pieces(expr: Expr) -> Iterator[str]:
    """The text of :func:`latex`, a piece for each term of a sum that stands alone or beside a relation."""
    return _pieces(expr, _LATEX)


def unicode_line(expr: Expr) -> str:
    r"""The tree as one line of plain text, for people: ``a \cdot b`` and a juxtaposition may look the same."""
    return "".join(_pieces(expr, _UNICODE))


def aligned(chain_left: Expr, chain: Iterable[tuple[str, Expr]], break_terms: int | None = None) -> str:
    r"""A chain of relations, ``(operator, right side)`` each, as an ``aligned`` block with a row for each.

    A right side that is a sum of more than ``break_terms`` terms is broken into rows of at most so many.
    """
    if break_terms is not None and break_terms < 1:
        raise ValueError(f"a row holds at least one term, not {break_terms}")
    rows = []
    for operator, right in chain:
        terms = list(_side(right, _LATEX))
        size = break_terms or len(terms)
        for start in range(0, len(terms), size):
            rows.append((r"&\quad" if start else f"&{operator} ") + "".join(terms[start : start + size]))
    body = " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{latex(chain_left)} {body}\n\\end{{aligned}}"


# How tightly a printed tree holds together, loosest first; what is looser than its place asks for gets parentheses.
# OPEN would take in the factors that follow (a big sum, a gradient); SCRIPTED takes no second superscript.
_Level = IntEnum("_Level", "RELATION SUM MINUS PRODUCT OPEN QUOTIENT SCRIPTED ATOM NAME")


class _Piece(NamedTuple):
    """A printed tree and how tightly it holds together."""

    text: str
    level: _Level


def _pieces(node: Expr, style: _Latex) -> Iterator[str]:
    """The pieces of a relation, or of one side."""
    if isinstance(node, tree.Relation):
        yield from _side(node.left, style)
        yield f" {style.name(node.operator)} "
        node = node.right
    yield from _side(node, style)


def _side(node: Expr, style: _Latex) -> Iterator[str]:
    """The terms of a sum, each with its sign, or the one piece of anything else."""
    first, *others = node.terms if isinstance(node, tree.Add) else (node,)
    yield _held(first, _Level.MINUS if others else _Level.SUM, style).text
    for term in others:
        sign, body = ("minus", term.body) if isinstance(term, tree.Negate) else ("plus", term)
        yield style.shapes[sign] + _held(body, _Level.PRODUCT, style).text


def _held(node: Expr, level: _Level, style: _Latex) -> _Piece:
    """A tree in a place that asks for a level."""
    piece = _print(node, style)
    return piece if piece.level >= level else _Piece(style.fenced(piece), _Level.ATOM)


def _list(items: Iterable[Expr], style: _Latex) -> str:
    return ", ".join(_print(item, style).text for item in items)


def _is_surely_a_number(node: Expr) -> bool:
    """Whether a part is a number by its form alone, which has no transpose: a ``T`` above it is a power."""
    match node:
        case tree.Norm() | tree.Number() | tree.Call("abs"):
            return True
        case tree.Divide() | tree.Multiply() | tree.Negate() | tree.Add():
            return all(map(_is_surely_a_number, tree.children(node)))
        case _:
            return False


def _print(node: Expr, style: _Latex) -> _Piece:
    """The text of a tree and how tightly it holds together."""
    shapes, tight = style.shapes, style.tight
    match node:
        case tree.Number(value):
            return _number(value, style)
        case tree.Symbol(name, index) if (mark := _KIND.search(name)) is not None:
            plain = name[: mark.start()] + name[mark.end() :]
            letters = {one.rstrip("'") for part in index for one in tree.names(part)}
            shown = mark.end() < len(name) or bool(letters & {*mark[1]})
            label = "" if shown else f"_{{{mark[1]}}}"
            return _print(tree.Symbol(plain + label, index, span=node.span), style)
        case tree.Symbol(name, index):
            base, labels, rest, level = _parts(name)
            if not index and len(labels) < 2:
                return _Piece(style.name(name), level)
            items = [*map(style.name, labels), *(_print(item, tight).text for item in index)]
            return _Piece(style.name(base) + style.script("_", ",".join(items), short=True) + style.name(rest), level)
        case tree.Call(function, ()):
            return _Piece(style.name(function), _Level.ATOM)
        case tree.Call("abs", (argument,), (), 0):
            return _Piece(shapes["abs"] % _print(argument, style).text, _Level.ATOM)
        case tree.Call(function, arguments, parameters, primes, index):
            inside = _list(arguments, style) + ("; " + _list(parameters, style) if parameters else "")
            which = ",".join(_print(item, tight).text for item in index)
            head = style.name(function) + (style.script("_", which, short=True) if which else "")
            head += shapes["prime"] * primes
            return _Piece(head + style.fenced(_Piece(inside, _Level.RELATION)), _Level.ATOM)
        case tree.Add():
            return _Piece("".join(_side(node, style)), _Level.SUM)
        case tree.Negate(body):
            return _Piece("-" + _held(body, _Level.PRODUCT, style).text, _Level.MINUS)
        case tree.Multiply((*factors, last), operators):
            pieces = [*(_held(factor, _Level.QUOTIENT, style) for factor in factors), _held(last, _Level.OPEN, style)]
            texts = [pieces[0].text]
            for left, operator, right in zip(pieces, operators, pieces[1:], strict=False):
                texts.append(f" {style.name(operator)} {right.text}" if operator else style.juxtapose(left, right))
            return _Piece("".join(texts), _Level.PRODUCT)
        case tree.Divide(numerator, denominator):
            above, below = (_held(part, style.in_quotient, style).text for part in (numerator, denominator))
            return _Piece(shapes["quotient"] % (above, below), _Level.QUOTIENT)
        case tree.Power(base, exponent):
            power = style.script("^", _print(exponent, tight).text)
            return _Piece(_held(base, _Level.ATOM, style).text + power, _Level.SCRIPTED)
        case tree.Transpose(body) if node.letter and _is_surely_a_number(body):
            return _Piece(_held(body, _Level.ATOM, style).text + style.script("^", "T"), _Level.SCRIPTED)
        case tree.Transpose(body):
            return _Piece(_held(body, _Level.ATOM, style).text + shapes["transpose"], _Level.SCRIPTED)
        case tree.Norm(tree.Entries(body, letter), r"\infty"):
            head = style.name(r"\max") + style.script("_", style.name(letter), short=True)
            return _Piece(f"{head} {shapes['abs'] % _print(body, style).text}", _Level.QUOTIENT)
        case tree.Norm(body, order):
            below = style.script("_", style.name(order)) if order else ""
            return _Piece(shapes["norm"] % _print(body, style).text + below, _Level.ATOM)
        case tree.Sum(_, _, lower, upper) if (lower is None) == (upper is None):
            return _big(node, "sum", "everywhere" if lower is None else "written", style)
        case tree.Product():
            return _big(node, "product", node.direction, style)
        case tree.Derivative(of, by, "gradient"):
            below = style.script("_", _print(by, tight).text)
            return _Piece(f"{shapes['nabla']}{below} {_held(of, _Level.NAME, style).text}", _Level.OPEN)
        case tree.Derivative(of, by, kind):
            above, below = (_differentiated(part, style) for part in (of, by))
            return _Piece(shapes[kind] % (above, below), _Level.QUOTIENT)
        case tree.Paths(start, end, counted):
            ends = tuple(_print(end, tight).text for end in (start, end))
            return _Piece(shapes["paths"] % ends + shapes["counted" if counted else "along"], _Level.OPEN)
        case tree.Whole(operation, arguments):
            return _Piece(shapes[operation] % tuple(_print(part, style).text for part in arguments), _Level.ATOM)
        case tree.Component(tree.Symbol(name, index, span=span), entry):
            return _print(tree.Symbol(name, (*index, *entry), span=span), style)
        case tree.Component(of, entry):
            below = style.script("_", ",".join(_print(item, tight).text for item in entry))
            return _Piece(style.fenced(_print(of, style)) + below, _Level.SCRIPTED)
        case tree.Entries(body, letter):
            inside = style.fenced(_print(body, style))
            return _Piece(inside + style.script("_", style.name(letter), short=True), _Level.SCRIPTED)
        case tree.Indicator(condition):
            return _Piece(shapes["indicator"] % _print(condition, tight).text, _Level.SCRIPTED)
        case tree.Cases(values, conditions):
            rows = [_print(value, style).text for value in values]
            for place, condition in enumerate(conditions):
                held = condition.items if isinstance(condition, tree.SetOf) else (condition,)
                rows[place] += shapes["if"] % shapes["and"].join(_print(one, style).text for one in held)
            if len(values) > len(conditions):
                rows[-1] += shapes["otherwise"]
            return _Piece(shapes["cases"] % shapes["row"].join(rows), _Level.ATOM)
        case tree.Concatenate(parts):
            sign = ", " if node.comma else "; "
            return _Piece(f"[{sign.join(_print(part, style).text for part in parts)}]", _Level.ATOM)
        case tree.Every():
            return _Piece(":", _Level.ATOM)
        case tree.Ones():
            return _Piece(style.name(r"\mathbf{1}"), _Level.NAME)
        case tree.Unread():
            return _Piece(shapes["unread"], _Level.ATOM)
        case tree.SetOf(items):
            return _Piece(shapes["set"] % _list(items, style), _Level.ATOM)
        case tree.Steps(tree.Symbol(name, index), tree.Symbol(_, ends)):
            pairs = ((_print(a, tight).text, _print(b, tight).text) for a, b in zip(index, ends, strict=True))
            ranges = tuple(tree.Symbol(a if a == b else f"{a}:{b}") for a, b in pairs)
            return _Piece(_print(tree.Symbol(name, ranges), style).text, _Level.ATOM)
        case tree.Listing(items, opening, sign):
            written = with_dots(items[0]) if isinstance(items[0], tree.Steps) else items
            inside = f"{sign} ".join(shapes["dots"] if one is None else _print(one, style).text for one in written)
            return _Piece(shapes["set"] % inside if opening == r"\{" else BRACKETS[opening] % inside, _Level.ATOM)
        case tree.Probability(name, asked, given):
            behind = shapes["given"] + _list(given, style) if given else ""
            return _Piece(f"{style.name(name)}({_list(asked, style)}{behind})", _Level.ATOM)
        case tree.Hole():
            return _Piece("?", _Level.ATOM)
        case tree.Relation():
            return _Piece("".join(_pieces(node, style)), _Level.RELATION)
        case _:
            raise TypeError(f"no rule prints {node!r}")


def _differentiated(node: Expr, style: _Latex) -> str:
    """What stands behind a differential; several quantities in parentheses."""
    if isinstance(node, tree.Concatenate):
        return f"({_list(node.parts, style)})"
    return _held(node, _Level.SCRIPTED if isinstance(node, tree.Symbol) else _Level.ATOM, style).text


def _number(value: Fraction, style: _Latex) -> _Piece:
    """A natural number or a decimal; a minus or a quotient where the value is neither."""
    if value < 0:
        return _print(tree.Negate(tree.Number(-value)), style)
    places = next((n for n in range(value.denominator.bit_length()) if 10**n % value.denominator == 0), None)
    if places is None:
        return _print(tree.Divide(tree.integer(value.numerator), tree.integer(value.denominator)), style)
    figures = str(value.numerator * 10**places // value.denominator).rjust(places + 1, "0")
    return _Piece(f"{figures[:-places]}.{figures[-places:]}" if places else figures, _Level.ATOM)


def _big(node: tree.Sum | tree.Product, sign: str, extent: str, style: _Latex) -> _Piece:
    """A big operator, its range and all of the term that it extends over."""
    bounds = {"lower": node.lower, "upper": node.upper}
    ends = {place: _held(end, _Level.SUM, style.tight).text for place, end in bounds.items() if end is not None}
    mark = style.shapes[sign] + style.shapes[extent] % {"index": style.name(node.index), **ends}
    body = _held(node.body, _Level.PRODUCT, style)
    return _Piece(mark + style.juxtapose(_Piece(mark, _Level.OPEN), body), _Level.OPEN)


@lru_cache(maxsize=4096)
def _parts(name: str) -> tuple[str, list[str], str, _Level]:
    r"""A name up to its first label, its labels, what follows, and its level: ``W``, ``hh``, ``'`` of ``W_{hh}'``."""
    if "_" not in name and "^" not in name:
        return name, [], "", _Level.NAME
    parts: tuple[list[str], list[str]] = ([], [])
    labels: list[str] = []
    for label, other in re.findall(rf"_({GROUP}|\\[A-Za-z]+|\S)|({GROUP}|.)", name):
        labels += [label[1:-1] if label[0] == "{" else label] if label else []
        parts[bool(labels)].append(other)
    base, rest = "".join(parts[0]), "".join(parts[1])
    return base, labels, rest, _Level.SCRIPTED if "^" in parts[0] + parts[1] else _Level.NAME


class _Latex:
    """How a tree looks in LaTeX; ``tight`` is how it looks in a script, where signs stand without spaces."""

    column = 0
    in_quotient = _Level.SUM

    def __init__(self, tight: bool = False) -> None:
        self.shapes = {shape: row[self.column] for shape, row in SHAPES.items()}
        self.shapes |= {"plus": "+", "minus": "-"} if tight else {}
        self.tight: _Latex = self if tight else type(self)(tight=True)

    def name(self, name: str) -> str:
        return name

    def script(self, mark: str, text: str, short: bool = False) -> str:
        return mark + (text if short and len(text) == 1 else f"{{{text}}}")

    def fenced(self, piece: _Piece) -> str:
        """Parentheses as high as what they hold, except that they do not cover the limits of a big operator."""
        if not any(mark in piece.text for mark in (r"\frac", r"\sum", r"\prod")):
            return f"({piece.text})"
        return rf"\biggl({piece.text}\biggr)" if piece.level is _Level.OPEN else rf"\left({piece.text}\right)"

    def juxtapose(self, left: _Piece, right: _Piece) -> str:
        """A factor that follows another: numbers never meet; fractions, and a name and a parenthesis, keep apart."""
        text = f"({right.text})" if left.text[-1:].isdigit() and right.text[:1].isdigit() else right.text
        fence = text.startswith(("(", r"\left(", r"\biggl("))
        named = left.level >= _Level.ATOM and left.text[-1:] != ")"
        if left.level is right.level is _Level.QUOTIENT or (fence and named):
            return rf"\,{text}"
        return text if fence or (text.startswith(r"\frac") and left.text[-1:] in ("}", ")")) else f" {text}"


class _Unicode(_Latex):
    """How a tree looks in one line of a terminal."""

    column = 1
    in_quotient = _Level.SCRIPTED

    def name(self, name: str) -> str:
        return _spelled(name)

    def script(self, mark: str, text: str, short: bool = True) -> str:
        if re.fullmatch(r"-?\d+", text):
            return text.translate(FIGURES[mark])
        return super().script(mark, text, short) if not text.isalpha() else mark + text

    def juxtapose(self, left: _Piece, right: _Piece) -> str:
        """A factor that follows another: names stand side by side, all that is longer is parted by a dot."""
        names = min(left.level, right.level) >= _Level.SCRIPTED
        close = names and left.text[-1:] != ")" and not re.match(r"[\d(]", right.text)
        return f" {right.text}" if close or left.level is _Level.OPEN else f" · {right.text}"


@lru_cache(maxsize=4096)
def _spelled(name: str) -> str:
    """A name, function or operator in letters and signs; a command that no table knows becomes its word."""
    signs = re.sub(rf"(\\[A-Za-z]+|[_^]|)\s*({GROUP})|(\\[A-Za-z]+)", _spelled_unit, name)
    return unicodedata.normalize("NFC", signs)


def _spelled_unit(found: re.Match[str]) -> str:
    """A group with the accent, font or script before it, or a command alone."""
    command, group = found[1] or found[3] or "", _spelled((found[2] or "")[1:-1])
    if command in ("_", "^"):
        return _UNICODE.script(command, group)
    sign = SIGNS.get(command, "" if group else command.removeprefix("\\"))
    if unicodedata.combining(sign[:1] or " "):
        return group[:1] + sign + group[1:]
    return sign + group.translate(ALPHABETS.get(command, {}))


_KIND = pattern(r"_\{\[([^\]]*)\]\}")
"""The mark of a kind of units, which the letters of the entries show: `unit_kinds`."""

_LATEX = _Latex()
_UNICODE = _Unicode()
