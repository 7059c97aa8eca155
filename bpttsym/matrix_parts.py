r"""Products and blocks of matrices that are written without commas or with other signs (a part of the notation).

a \oslash b    [V_f \; V_b]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from bpttsym.errors import NotRead
from bpttsym.expr import Concatenate, Divide, Expr, Multiply, ProductOperator, Span
from bpttsym.notation_parts import BLOCKS, Reader, holds_matrix
from bpttsym.surface import Chain, Fence, Scripted, Surface, Table, Term, Word

ENTRYWISE = r"\oslash"
"""Division entry by entry."""


def divided(factors: Sequence[Expr], operators: Sequence[str], span: Span) -> Expr:
    r"""``a \odot b \oslash W c``: from left to right; products without a sign bind more than these."""
    runs: list[tuple[str, list[Expr], list[ProductOperator]]] = [("", [factors[0]], [])]
    for operator, factor in zip(operators, factors[1:], strict=True):
        if operator in (ENTRYWISE, r"\odot", r"\circ"):
            runs.append((operator, [factor], []))
        else:
            runs[-1][1].append(factor)
            runs[-1][2].append(cast(ProductOperator, operator))
    total: Expr | None = None
    for sign, inner, between in runs:
        part = inner[0] if len(inner) == 1 else Multiply(tuple(inner), tuple(between), span=span)
        if total is None:
            total = part
        elif sign == ENTRYWISE:
            total = Divide(total, part, span=span)
        else:
            total = Multiply((total, part), (cast(ProductOperator, sign),), span=span)
    assert total is not None
    return total


def side_by_side(reader: Reader, node: Surface) -> Expr | None:
    r"""``[V_f \; V_b]``, matrices side by side without commas; None for anything else."""
    match node:
        case Fence(span, "[", [Term(_, factors, operators)], []) if not any(operators) and len(factors) > 1:
            if all(isinstance(factor, Word | Scripted) and holds_matrix(factor) for factor in factors):
                return Concatenate(tuple(reader.expression(factor) for factor in factors), comma=True, span=span)
    return None


def whole_side(reader: Reader, node: Surface, chain: Chain) -> Expr | None:
    """Matrices side by side that a name stands for; brackets around a product may be meant anywhere else."""
    found = side_by_side(reader, node)
    if found is not None and not isinstance(chain.sides[0], Word | Scripted):
        raise NotRead("whether these matrices are multiplied is not said", node.span, "a comma between them")
    return found


def stands_before_a_block(node: Surface, following: Surface | None) -> bool:
    """Whether brackets hold as many matrices as the block of vectors behind them has rows."""
    match node, following:
        case Fence(_, "[", [Term(_, factors)], []), Fence(_, "[" | "(", items) if len(items) > 1:
            return len(factors) == len(items)
        case Fence(_, "[", [Term(_, factors)], []), Table(_, environment, rows) if environment in BLOCKS:
            return len(factors) == len(rows) and all(len(row) == 1 for row in rows)
        case _:
            return False
