r"""Prints a tree as LaTeX, or as one line of Unicode for a terminal.

    \sum_{t=1}^{T} \frac{\partial L}{\partial h_t}h_{t-1}        Σ_{t=1..T} ∂L/∂h_t · h_{t-1}

Both come from one walk, which decides what needs parentheses; how a fraction, a subscript or a gap between two
factors looks is a row of a table. What is printed reads back as the same tree: a sum or product extends to the
end of its term, a minus binds weaker than a product, and a product within a product stays in parentheses.
LaTeX uses only commands that KaTeX, MathJax and amsmath all know.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate, chain
from types import MappingProxyType

from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Divide,
    Expr,
    Hole,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Product,
    Relation,
    SetOf,
    Sum,
    Symbol,
    Transpose,
    integer,
)


def latex(expr: Expr) -> str:
    """The tree as LaTeX for mathematics mode."""
    return "".join(latex_pieces(expr))


def latex_pieces(expr: Expr) -> Iterator[str]:
    """The text of :func:`latex` in pieces: one for a term of a sum that stands alone or as a side of a relation."""
    return (piece.text for piece in _stream(expr, _LATEX))


def unicode_line(expr: Expr) -> str:
    """The tree as one line of plain text, for a reader of a terminal; it is not meant to be read back."""
    return "".join(piece.text for piece in _stream(expr, _UNICODE))


def aligned(left: Expr, chain: Iterable[tuple[str, Expr]], break_terms: int | None = None) -> str:
    r"""A chain of relations as an ``aligned`` block: a row for each ``(operator, right side)``.

    With ``break_terms``, a right side that is a sum is broken into rows of at most so many terms.
    """
    if break_terms is not None and break_terms < 1:
        raise ValueError(f"a row holds one term or more, not {break_terms}")
    rows = []
    for operator, right in chain:
        texts = [piece.text for piece in _stream(right, _LATEX, _Level.SUM)]
        size = break_terms or len(texts)
        heads = chain_heads = [f"&{operator} "]
        heads = chain_heads + [r"&\quad"] * ((len(texts) - 1) // size)
        rows += [head + "".join(texts[i * size : (i + 1) * size]) for i, head in enumerate(heads)]
    body = f"{latex(left)} " + " \\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"
