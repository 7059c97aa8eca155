r"""A mark before a quantity that stands for a gradient by it, put in full (a part of the notation).

    \delta c_t = \frac{\partial L}{\partial c_t}      dh_t := \nabla_{h_t} L

Behind either of them ``\delta W`` and ``dW`` are the derivatives of the same loss by ``W``. This is done before
anything else is read: a ``\delta`` that stands alone would be taken for a quantity, and ``d`` for a differential.
A mark is put in full only where a document says what it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bpttsym.expr import Span
from bpttsym.records import fields, replace
from bpttsym.surface import Big, Chain, Evaluated, Fence, Fraction, Root, Scripted, Sums, Surface, Table, Term, Word

MARKS = frozenset((r"\delta", r"\Delta", "d", r"\mathrm{d}"))
DIFFERENTIALS = frozenset((r"\partial", "d", r"\mathrm{d}"))
EQUALITIES = frozenset(("=", ":=", r"\equiv"))
TRANSPOSES = frozenset(("T", r"\top", r"\intercal", r"\mathsf{T}", r"\mathrm{T}"))

Template = tuple[Surface, Surface]
"""A derivative, and the quantity in it that it is taken by."""


def marks(chains: Iterable[Chain]) -> dict[str, Template]:
    """What each mark stands for that some chain explains; one that is explained in two ways is left out."""
    found: dict[str, list[Template]] = {}
    for chain in chains:
        if (said := _explained(chain)) is not None:
            found.setdefault(said[0], []).append(said[1])
    return {mark: said[0] for mark, said in found.items() if len({_loss(*one) for one in said}) == 1}


def in_full(chain: Chain, known: Mapping[str, Template]) -> Chain:
    """A chain with the derivative in the place of every mark and the quantity behind it."""
    sides = [_opened(side, known) if side is not None else None for side in chain.sides] if known else chain.sides
    return chain if all(a is b for a, b in zip(sides, chain.sides, strict=True)) else replace(chain, sides=sides)


def explains(chain: Chain) -> bool:
    """Whether a chain says what a mark stands for."""
    return _explained(chain) is not None


def _explained(chain: Chain) -> tuple[str, Template] | None:
    if len(chain.sides) < 2 or chain.relations[0] not in EQUALITIES:
        return None
    match chain.sides[:2]:
        case [Term(_, [Word(_, _, mark), quantity], ["", ""]), Surface() as right] if mark in MARKS:
            right = _upright(right)
            known = _is_quantity(quantity) and _is_derivative(right, quantity)
            return (mark, (right, quantity)) if known else None
        case _:
            return None


def _upright(node: Surface) -> Surface:
    """``\\partial L/\\partial h_t`` on one line as a fraction; anything else as it is."""
    match node:
        case Term(span, [first, upper, second, lower], [start, "", "/", ""]) if _begins(first) and _begins(second):
            return Fraction(span, Term(span, [first, upper], [start, ""]), Term(span, [second, lower], ["", ""]))
        case _:
            return node


def _is_quantity(node: Surface) -> bool:
    base = node.base if isinstance(node, Scripted) else node
    return isinstance(base, Word) and base.kind == "NAME"


def _is_derivative(node: Surface, by: Surface) -> bool:
    """Whether it is the derivative of one loss, without an index, by a quantity."""
    match _bare(node):
        case Fraction(_, above, below):
            upper, lower = _bare(above), _bare(below)
            match upper, lower:
                case (
                    Term(_, [Word(_, _, first), Word(_, "NAME")], ["", ""]),
                    Term(_, [Word(_, _, second), quantity], ["", ""]),
                ):
                    return {first, second} <= DIFFERENTIALS and bool(_form(quantity) == _form(by))
        case Term(_, [Scripted(_, Word(_, _, r"\nabla"), [("sub", Surface() as script)]), Word(_, "NAME")], ["", ""]):
            return bool(_form(_bare(script)) == _form(by))
    return False


def _bare(node: Surface) -> Surface:
    """A node without braces around it."""
    while isinstance(node, Fence) and node.opening == "{" and len(node.items) == 1:
        node = node.items[0]
    return node


def _form(node: Any) -> Any:
    """What a node is, wherever it stands."""
    match node:
        case Fence(_, "{", [inner]):
            return _form(inner)
        case Surface():
            parts = (_form(getattr(node, one.name)) for one in fields(node) if one.name != "span")
            return (type(node).__name__, *parts)
        case list() | tuple():
            return tuple(map(_form, node))
        case _:
            return node


def _loss(derivative: Surface, by: Surface) -> Any:
    """What a derivative is but for the quantity that it is taken by."""
    return _form(_put(derivative, _form(by), Word(derivative.span, "NAME", ""), derivative.span))


def _put(node: Surface, old: Any, new: Surface, span: Span) -> Surface:
    """A derivative with one quantity in the place of another, as if it stood at ``span``."""
    if _form(node) == old:
        return new
    match node:
        case Fence(_, opening, [inner], separators):
            return Fence(span, opening, [_put(inner, old, new, span)], separators)
        case Fraction(_, above, below):
            return Fraction(span, _put(above, old, new, span), _put(below, old, new, span))
        case Term(_, factors, operators):
            return Term(span, [_put(factor, old, new, span) for factor in factors], operators)
        case Scripted(_, base, scripts):
            raised = [(kind, _put(script, old, new, span) if script else None) for kind, script in scripts]
            return Scripted(span, _put(base, old, new, span), raised)
        case _:
            return replace(node, span=span)


def _opened(node: Surface, known: Mapping[str, Template]) -> Surface:
    """A node with every mark in it put in full; a fraction of differentials has none."""
    match node:
        case Term():
            return _term(node, known)
        case Fraction(_, above, below):
            if _begins(above) and _begins(below):
                return node
            return replace(node, numerator=_opened(above, known), denominator=_opened(below, known))
        case Scripted(_, base):
            return replace(node, base=_opened(base, known))
        case Fence(_, _, items):
            return replace(node, items=[_opened(item, known) for item in items])
        case Sums(_, _, terms):
            return replace(node, terms=[_opened(term, known) for term in terms])
        case Big(_, _, _, body) | Root(_, body) | Evaluated(_, body):
            return replace(node, body=_opened(body, known))
        case Table(_, _, rows):
            return replace(node, rows=tuple(tuple(_opened(cell, known) for cell in row) for row in rows))
        case _:
            return node


def _begins(node: Surface) -> bool:
    """Whether it is a differential or begins with one."""
    inner = _bare(node)
    first = inner.factors[0] if isinstance(inner, Term) else inner
    first = first.base if isinstance(first, Scripted) else first
    return isinstance(first, Word) and first.text in DIFFERENTIALS


def _term(node: Term, known: Mapping[str, Template]) -> Term:
    factors: list[Surface] = []
    operators: list[str] = []
    place = 0
    while place < len(node.factors):
        factor, after = node.factors[place], node.factors[place + 1 : place + 2]
        operators.append(node.operators[place])
        if _marks(node, place, known):
            assert isinstance(factor, Word)
            factors.append(_gradient(known[factor.text], after[0], factor.span.join(after[0].span)))
            place += 2
        else:
            factors.append(_opened(factor, known))
            place += 1
    if len(factors) == len(node.factors) and all(a is b for a, b in zip(factors, node.factors, strict=True)):
        return node
    return replace(node, factors=factors, operators=operators)


def _marks(node: Term, place: int, known: Mapping[str, Template]) -> bool:
    """Whether a factor is a mark with a quantity behind it; ``dL/dh`` on one line is a fraction."""
    factor, behind = node.factors[place], node.factors[place + 1 : place + 2]
    if not (isinstance(factor, Word) and factor.text in known and behind and node.operators[place + 1] == ""):
        return False
    return _is_quantity(behind[0]) and "/" not in (node.operators[place], *node.operators[place + 2 : place + 3])


def _gradient(template: Template, quantity: Surface, span: Span) -> Surface:
    """The derivative by a quantity; a transpose above the quantity is one of the derivative."""
    derivative, by = template
    outer: list[tuple[str, Surface | None]] = []
    if isinstance(quantity, Scripted):
        outer = [one for one in quantity.scripts if _transposes(*one)]
        inner = [one for one in quantity.scripts if not _transposes(*one)]
        quantity = replace(quantity, scripts=inner) if inner else quantity.base
    found = _put(derivative, _form(by), quantity, span)
    return Scripted(span, Fence(span, "(", [found], []), outer) if outer else found


def _transposes(kind: str, script: Surface | None) -> bool:
    inner = _bare(script) if script is not None else None
    return kind == "sup" and isinstance(inner, Word) and inner.text in TRANSPOSES
