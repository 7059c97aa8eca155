r"""Derivatives and quotients to trees (a part of the notation): which differentials form a derivative.

\frac{\partial L}{\partial W}    \frac{\partial}{\partial W} L    \partial L / \partial W    \nabla_{W} L
"""

from __future__ import annotations

from collections.abc import Container
from typing import cast

from bpttsym import notation_parts as parts
from bpttsym.errors import NotRead
from bpttsym.expr import Call, Concatenate, Derivative, DerivativeKind, Divide, Expr, Symbol, Transpose
from bpttsym.operands import Cursor, Reader, operand
from bpttsym.records import replace
from bpttsym.scripts import TRANSPOSES, spelled, ungroup
from bpttsym.shape_words import DIFFERENTIAL
from bpttsym.surface import Chain, Evaluated, Fence, Fraction, Scripted, Sums, Surface, Term, Word

FIXED = r"\mathrm{fixed}"
DIFFERENTIALS = {r"\partial": "partial", r"\mathrm{d}": "total", "d": "total"}


def differential(reader: Reader, node: Surface, base: Word, cursor: Cursor) -> Expr:
    r"""``\nabla_{W} L``, ``\partial_{W} L`` and ``\partial a / \partial b`` on one line."""
    by: Expr | None = None
    immediate = twice = turned = False
    if isinstance(node, Scripted):
        for kind, script in node.scripts:
            if kind == "sub" and script is not None:
                by = reader.expression(script)
            elif base.text == r"\nabla" and script is not None and spelled(script) == "2":
                twice = True
            elif base.text == r"\nabla" and script is not None and spelled(script) in TRANSPOSES:
                turned = True
            elif _is_plus(script):
                immediate = True
            else:
                raise NotRead("a derivative of second or higher order is not read", node.span)
    if cursor.peek() is None:
        raise NotRead(f"`{base.text}` has nothing to differentiate", node.span)
    of = operand(reader, cursor, by, fraction=False) if by is not None else reader.factor(cursor)
    if twice and not turned and by is not None:
        return parts.hessian(of, by, by, node.span.join(of.span or node.span))
    if by is not None and not twice:
        kind_: DerivativeKind = "gradient" if base.text == r"\nabla" else "partial"
        span = node.span.join(of.span or node.span)
        outer = of if kind_ == "gradient" and isinstance(of, Transpose) else None
        if outer is None:
            found = Derivative(of, by, kind_, span=span)
            return Transpose(found, span=span) if turned else found
        found = Derivative(outer.body, by, kind_, span=span)  # `\nabla_a L^\top`: no one transposes a number
        return found if turned else Transpose(found, letter=outer.letter, span=span)
    if base.text == r"\nabla":
        raise NotRead(r"`\nabla` does not say by what", node.span, r"`\nabla_{W}`")
    following = cursor.peek()
    if following is None or cursor.operators[cursor.at] != "/" or _mark(following) is None:
        if base.text == DIFFERENTIAL and node is base and isinstance(of, Symbol):
            return Call(DIFFERENTIAL, (of,), span=node.span.join(of.span or node.span))
        raise NotRead(f"`{base.text}` stands outside of a fraction", node.span, "a fraction of differentials")
    cursor.at += 1
    below = reader.factor(cursor) if cursor.peek() is not None else None
    if below is None:
        raise NotRead("the denominator of a derivative is empty", following.span)
    kind = "immediate" if immediate else DIFFERENTIALS[base.text]
    return Derivative(of, below, cast(DerivativeKind, kind), span=node.span.join(below.span or node.span))


def on_one_line(node: Surface, cursor: Cursor, given: Container[str]) -> bool:
    """Whether ``dL/dh_t`` begins with this factor, in a document that says of no quantity that it is called ``d``."""
    if not isinstance(node, Word) or node.text not in DIFFERENTIALS or node.text in given:
        return False
    below = cursor.peek(1)
    parts_of = cursor.joined() and cursor.at + 1 < len(cursor.operators) and cursor.operators[cursor.at + 1] == "/"
    return parts_of and isinstance(below, Word) and below.text == node.text and cursor.joined(2)


def fraction(reader: Reader, node: Fraction, cursor: Cursor) -> Expr:
    """A fraction: a derivative of what stands in it or behind it, else a quotient."""
    second = parts.second_derivative(reader, node)
    if second is not None:
        return second
    above = _factors(node.numerator)
    below = _factors(node.denominator)
    mark = _mark(above.factors[0]) if above.factors else None
    place = next((at for at, factor in enumerate(below.factors) if _mark(factor) is not None), 0) if mark else 0
    if place and mark == (r"\partial", False) and set(below.operators[: place + 1]) <= {"", r"\cdot"}:
        weight = Term(node.denominator.span, below.factors[:place], below.operators[:place])
        rest = Term(node.denominator.span, below.factors[place:], ["", *below.operators[place + 1 :]])
        quotient = fraction(reader, Fraction(node.span, node.numerator, rest), cursor)
        return Divide(quotient, reader.expression(weight), span=node.span)
    if mark is None or not below.factors or _mark(below.factors[0]) is None:
        if mark is not None and mark[0] != "d":
            raise NotRead("only one half of this fraction is a differential", node.span)
        numerator, denominator = reader.expression(node.numerator), reader.expression(node.denominator)
        return Divide(numerator, denominator, span=node.span)
    operator = len(above.factors) == 1 and _is_by_a_name(below) and cursor.peek() is not None and cursor.joined()
    short = min(len(above.factors), len(below.factors)) < 2 and not operator
    if (mark[0] == "d" or _mark(below.factors[0])[0] == "d") and short:  # type: ignore[index]
        return Divide(reader.expression(node.numerator), reader.expression(node.denominator), span=node.span)
    kind = "immediate" if mark[1] else DIFFERENTIALS[mark[0]]
    below.at = 1
    if below.peek() is None:
        raise NotRead("the denominator of a derivative is empty", node.denominator.span)
    by = _several(reader, below.factors[1:]) or reader.factor(below)
    below.at = max(below.at, 2) if isinstance(by, Concatenate) else below.at
    if below.peek() is not None:
        raise NotRead("this derivative has more than one variable", node.denominator.span, "one variable")
    above.at = 1
    if above.peek() is None:
        if cursor.peek() is None or not cursor.joined():
            raise NotRead("this derivative has nothing to differentiate", node.numerator.span)
        of = operand(reader, cursor, by, fraction=True)
        return Derivative(of, by, cast(DerivativeKind, kind), span=node.span.join(of.span or node.span))
    rest = Term(node.numerator.span, above.factors[1:], ["", *above.operators[2:]])
    of = _several(reader, above.factors[1:]) or reader.expression(rest)
    return Derivative(of, by, cast(DerivativeKind, kind), span=node.span)


def _is_by_a_name(below: Cursor) -> bool:
    r"""``d z`` below ``d``: what follows is differentiated, for no number would be written so."""
    base = below.factors[1].base if len(below.factors) == 2 and isinstance(below.factors[1], Scripted) else None
    return len(below.factors) == 2 and isinstance(base or below.factors[1], Word)


def _several(reader: Reader, factors: list[Surface]) -> Concatenate | None:
    r"""Quantities in parentheses, ``\partial (h_t, c_t)``: all of them together, as one column."""
    match factors:
        case [Fence(span, "(", [_, _, *_] as items)]:
            return Concatenate(tuple(reader.expression(item) for item in items), span=span)
        case _:
            return None


def joint_name(reader: Reader, chain: Chain) -> list[Expr | None] | None:
    r"""The sides of ``s_t := (h_t, c_t)``, a name for quantities of one step taken as one; None for another chain."""
    match chain.sides, chain.relations:
        case [Scripted() as name, Fence(span, "(", [_, _, *_] as items)], [":=" | "="]:
            left, members = reader.expression(name), tuple(reader.expression(item) for item in items)
        case _:
            return None
    if not isinstance(left, Symbol) or not left.index:
        return None
    if not all(isinstance(part, Symbol) and part.index == left.index for part in members):
        return None
    return [left, Concatenate(members, span=span)]


def held(reader: Reader, node: Evaluated) -> Expr:
    r"""``\left.\frac{\partial h_t}{\partial W}\right|_{h_{t-1}}``: the step before is held, so it is immediate."""
    value = reader.expression(node.body)
    inner = ungroup(node.at)
    if isinstance(inner, Fence) and inner.opening == "(" and len(inner.items) == 1 and node.upper is None:
        if isinstance(value, Derivative) and isinstance(value.by, Symbol) and not value.by.index:
            step = reader.index(inner.items[0])  # what one step uses of a parameter
            return replace(value, by=replace(value.by, index=(step,)), span=node.span)
    sides = inner.sides if isinstance(inner, Chain) and inner.relations == ["="] else [inner]
    items = [item for side in sides if side is not None for item in _listed(side)]
    names = [item for item in items if not (isinstance(item, Word) and item.text == FIXED)]
    said = len(names) < len(items)
    if isinstance(value, Derivative) and node.upper is None and (said or (len(sides) == 1 and _is_of_step(value))):
        if any(map(_is_shifted, names)) and all(said or _is_shifted(name) for name in names):
            return replace(value, kind="immediate", span=node.span)
    raise NotRead("an expression with something put into it (`|_{...}`) is not read", node.span)


def _is_of_step(value: Derivative) -> bool:
    """Whether a quantity of a step is differentiated by a parameter: nothing can be put into that."""
    return isinstance(value.of, Symbol) and bool(value.of.index) and isinstance(value.by, Symbol) and not value.by.index


def _listed(node: Surface) -> list[Surface]:
    """What stands side by side or in a list."""
    match node:
        case Fence(_, "{", items):
            return [part for item in items for part in _listed(item)]
        case Term(_, factors, operators) if not any(operators):
            return factors
        case _:
            return [node]


def _is_shifted(node: Surface) -> bool:
    """Whether a name has the step before or behind another one as its index: ``h_{t-1}``."""
    scripts = node.scripts if isinstance(node, Scripted) else []
    inside = [part for _, script in scripts if script is not None for part in _listed(script)]
    return any(
        isinstance(part, Sums) or (isinstance(part, Fence) and isinstance(part.items[0], Sums)) for part in inside
    )


def _factors(node: Surface) -> Cursor:
    inner = ungroup(node)
    if isinstance(inner, Term):
        return Cursor(inner.factors, inner.operators)
    return Cursor([inner], [""])


def _is_plus(script: Surface | None) -> bool:
    inner = ungroup(script) if script is not None else None
    return isinstance(inner, Word) and inner.kind == "SIGN" and inner.text == "+"


def _mark(node: Surface) -> tuple[str, bool] | None:
    """The differential that a factor is (``\\partial``, ``d``), and whether it is marked immediate."""
    base = node.base if isinstance(node, Scripted) else node
    if not isinstance(base, Word) or base.text not in DIFFERENTIALS:
        return None
    if isinstance(node, Scripted):
        if [kind for kind, _ in node.scripts] != ["sup"]:
            return None
        if not _is_plus(node.scripts[0][1]):
            raise NotRead("a derivative of second or higher order is not read", node.span)
        return base.text, True
    return base.text, False
