r"""What an operator is applied to that stands before its product (a part of the notation): ``\nabla_{h} \frac12 h^2``.

Nobody differentiates a number, so what cannot depend on the variable is passed over: the operator takes it together
with the factor behind it. ``\nabla_{h_t} L\, h_{t-1}^\top`` is the gradient of a loss, times something. Where both
are possible, nothing is taken: parentheses would say it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, cast

from bpttsym import notation_parts as parts
from bpttsym.census import ACTIVATIONS, base_name
from bpttsym.errors import NotRead
from bpttsym.expr import Divide, Expr, Multiply, ProductOperator, names
from bpttsym.records import dataclass
from bpttsym.scripts import TRANSPOSES, spelled
from bpttsym.shape_words import is_capital
from bpttsym.signature import Signature
from bpttsym.surface import Big, Fence, Fraction, Scripted, Surface, Term, Word, below
from bpttsym.weighted import LOSS_LETTERS, SCALAR_LETTERS

APPLIED = frozenset((*parts.EXPECTATIONS, *parts.INDICATORS, r"\max", r"\min", r"\binom"))
DOTS = frozenset((r"\cdot", r"\times", "*"))


class Reader(parts.Reader, Protocol):
    """What reads the factors of a product: the reader of the notation."""

    def factor(self, cursor: Cursor) -> Expr: ...


@dataclass(slots=True)
class Cursor:
    """The factors of a term, taken from the left."""

    factors: list[Surface]
    operators: list[str]
    at: int = 0
    more: bool = False  # whether another term of the sum follows

    def peek(self, ahead: int = 0) -> Surface | None:
        return self.factors[self.at + ahead] if self.at + ahead < len(self.factors) else None

    def joined(self, ahead: int = 0) -> bool:
        """Whether the factor ``ahead`` is juxtaposed to the one before it."""
        place = self.at + ahead
        return place < len(self.factors) and self.operators[place] == ""


def operand(reader: Reader, cursor: Cursor, by: Expr, fraction: bool) -> Expr:
    r"""What ``\nabla_{by}``, or a ``fraction`` with nothing above but the differential, is applied to.

    Raises NotRead where it may be the next factor or the whole product, and these differ.
    """
    variables = {name.partition("_{")[0] for name in names(by)}
    start = cursor.at
    while cursor.at + 1 < len(cursor.factors) and _is_constant(cursor.factors[cursor.at], reader.signature, variables):
        cursor.at += 1
    if _takes_all(reader.signature, cursor, variables, fraction):
        rest = _part(cursor, start, len(cursor.factors))
        cursor.at = len(cursor.factors)
        return reader.expression(rest)
    if cursor.at == start:
        return reader.factor(cursor)
    weight, operator = reader.expression(_part(cursor, start, cursor.at)), cursor.operators[cursor.at]
    last = reader.factor(cursor)
    span = weight.span.join(last.span) if weight.span and last.span else None
    if operator == "/":
        return Divide(weight, last, span=span)
    return Multiply((weight, last), (cast(ProductOperator, operator),), span=span)


def argument(reader: Reader, cursor: Cursor, function: Surface) -> Expr:
    r"""What a function without parentheses is applied to: the next factor, or the product that a matrix begins.

    ``\tanh W h_{t-1}`` is no product with the matrix ``\tanh W``. Raises NotRead where a factor or a term that
    follows may belong to it or not.
    """
    start = cursor.at
    first = cursor.factors[start]
    weight, end = _is_weight(first, reader.signature), start + 1
    while weight and end < len(cursor.factors) and _goes_on(reader.signature, cursor, end):
        end += 1
    if end == start + 1:
        found = reader.factor(cursor)
    else:
        found = reader.expression(_part(cursor, start, end))
        cursor.at = end
    following = cursor.peek()
    more = cursor.more and following is None and end > start + 1 and is_capital(base_name(first))
    if following is not None:
        operator = cursor.operators[cursor.at]
        dotted = weight and end == start + 1 and operator in DOTS
        more = dotted or (
            operator == "" and (_goes_on(reader.signature, cursor, cursor.at) or isinstance(following, Fence))
        )
    if more:
        raise NotRead(
            "how far the argument of a function without parentheses goes is not said",
            function.span.join(following.span if following is not None else cursor.factors[-1].span),
            "parentheses around the argument",
        )
    return found


def refuse_letter_before_product(signature: Signature, node: Surface, cursor: Cursor) -> None:
    r"""Raises NotRead for ``\sigma W h``: the letter of a function, which nothing defines, before a product."""
    name = base_name(node)
    if name not in ACTIVATIONS or name in signature.given or not isinstance(node, Word):
        return
    following, second = cursor.peek(), cursor.peek(1)
    if following is None or second is None or not (cursor.joined() and cursor.joined(1)):
        return
    if is_capital(base_name(following)) and base_name(second) and base_name(following) not in LOSS_LETTERS:
        words = f"`{name}` stands before a product, and whether it is a function of that or a factor is not said"
        raise NotRead(words, node.span.join(second.span), "parentheses around the argument")


def refuse_divisor(signature: Signature, divisor: Surface, cursor: Cursor) -> None:
    """Raises NotRead for ``1/2T``, which may be a half of T or one over 2 T."""
    following = cursor.peek()
    number = isinstance(divisor, Word) and divisor.kind == "NUMBER"
    if number and following is not None and cursor.joined() and base_name(following) == signature.horizon:
        words = f"whether `{signature.horizon}` stands below this stroke is not said"
        raise NotRead(words, divisor.span.join(following.span), "a fraction or parentheses")


def _is_weight(node: Surface, signature: Signature) -> bool:
    """Whether it is what stands before something else: a number or a matrix, by its form."""
    name = base_name(node)
    if isinstance(node, Word) and node.kind == "NUMBER":
        return True
    return name in SCALAR_LETTERS or (is_capital(name) and name not in LOSS_LETTERS and name not in signature.functions)


def _goes_on(signature: Signature, cursor: Cursor, place: int) -> bool:
    """Whether a juxtaposed factor may belong to the argument of a function: it begins nothing of its own."""
    node = cursor.factors[place]
    if cursor.operators[place] or _is_differential(node) or isinstance(node, Big | Fence):
        return False
    return not (signature.builtin(base_name(node)) or signature.applies(base_name(node)))


def _part(cursor: Cursor, start: int, end: int) -> Surface:
    factors = cursor.factors[start:end]
    span = factors[0].span.join(factors[-1].span)
    return Term(span, factors, ["", *cursor.operators[start + 1 : end]]) if len(factors) > 1 else factors[0]


def _takes_all(signature: Signature, cursor: Cursor, variables: set[str], fraction: bool) -> bool:
    """Whether the operator takes the product up to its end, from its first factor that may depend on a variable."""
    first = cursor.factors[cursor.at]
    name = base_name(first)
    following = cursor.peek(1)
    applied = isinstance(following, Fence) and cursor.joined(1) and _is_applied(name, signature)
    rest = cursor.factors[cursor.at + 1 + bool(applied) :]
    if not rest or name in LOSS_LETTERS or isinstance(first, Fence) or _is_differential(first):
        return False
    moving = {word for node in _before_derivatives(rest) for word in _words(node)}
    row = _is_transposed(first)
    if _is_differential(rest[0]):
        return False
    if (row or is_capital(name)) and (moving | {name}) & variables:
        return True
    if not any(_may_depend(word, signature, variables) for word in moving) and (applied or name not in variables):
        return row
    if name and not applied and not row and not fraction:
        return False
    raise NotRead(
        "a derivative stands before a product, and whether it is that of the first factor or of all is not said",
        first.span.join(rest[-1].span),
        "parentheses around what is differentiated",
    )


def _is_constant(node: Surface, signature: Signature, variables: set[str]) -> bool:
    """Whether a factor cannot depend on a variable: numbers, and names of which the document says nothing more."""
    return not _is_differential(node) and not any(_may_depend(word, signature, variables) for word in _words(node))


def _may_depend(word: str, signature: Signature, variables: set[str]) -> bool:
    known = word in signature.given or word in LOSS_LETTERS or _is_applied(word, signature)
    return known or word in variables or word == ""


def _is_applied(name: str, signature: Signature) -> bool:
    """Whether a name takes what stands in parentheses behind it: a function, a mean, a probability."""
    known = name in signature.chances or name in APPLIED
    return known or bool(signature.builtin(name)) or signature.applies(name)


def _words(node: Surface) -> Iterator[str]:
    """The names in a factor, without what stands in scripts; an empty one where there is more than names tell."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        match part:
            case Word(_, "NAME", text):
                yield text
            case Word(_, "NUMBER"):
                pass
            case Word():
                yield ""
            case Scripted(_, base):
                waiting.append(base)
            case _:
                inside = below(part)
                waiting += inside
                yield from () if inside else ("",)


def _before_derivatives(nodes: list[Surface]) -> list[Surface]:
    """The factors before the first derivative, which is the next of a chain."""
    place = next((place for place, node in enumerate(nodes) if _is_differential(node)), len(nodes))
    return nodes[:place]


def _is_differential(node: Surface) -> bool:
    r"""Whether a factor is a derivative: ``\nabla``, ``\partial``, or a fraction of differentials."""
    base = node.base if isinstance(node, Scripted) else node
    if isinstance(base, Fraction):
        above = base.numerator
        while isinstance(above, Fence) and len(above.items) == 1:
            above = above.items[0]
        base = above.factors[0] if isinstance(above, Term) else above
        base = base.base if isinstance(base, Scripted) else base
        return isinstance(base, Word) and (base.kind == "SPECIAL" or base.text in ("d", r"\mathrm{d}"))
    return isinstance(base, Word) and base.kind == "SPECIAL"


def _is_transposed(node: Surface) -> bool:
    scripts = node.scripts if isinstance(node, Scripted) else []
    return any(kind == "sup" and script is not None and spelled(script) in TRANSPOSES for kind, script in scripts)
