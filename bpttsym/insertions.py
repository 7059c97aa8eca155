r"""Equations from which something was left out, mended: a link of a chain, a factor, a diagonal.

    \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial W}   of   \frac{\partial L_t}{\partial h_t} ...

What is put in is a link between what stands on either side of a gap, or a factor that the equation or its model knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from bpttsym.edits import Edit
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    DerivativeKind,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Product,
    ProductOperator,
    Relation,
    Sum,
    Symbol,
    Transpose,
    children,
    integer,
    shifted,
    walk,
)
from bpttsym.latex import unicode_line
from bpttsym.model import Model, index_letters
from bpttsym.positions import Path, replace_at
from bpttsym.rewriting import substitute
from bpttsym.structure import tidy

DIAG = r"\mathrm{diag}"
SLOPES = (r"\tanh", r"\sigma")
Chain = tuple[Path, tuple[Expr, ...], tuple[ProductOperator, ...]]


def insertions(relation: Relation, model: Model) -> Iterator[Edit]:
    """The equations that come of one factor more, or of one diagonal more; links of chains first."""
    chains = list(_chains(relation))
    seen = {relation}
    for kind, words, found in (
        ("missing-link", "the link {} put in", _links(relation, chains)),
        ("add-diag", "a diag around {}", _diagonals(relation, chains)),
        ("missing-factor", "the factor {} put in", _factors(relation, chains, model)),
    ):
        for path, changed, new in found:
            whole = replace_at(relation, path, changed)
            assert isinstance(whole, Relation)
            if whole not in seen:
                seen.add(whole)
                yield Edit(kind, path, whole, words.format(new))


_Found = Iterator[tuple[Path, Expr, str]]


def _chains(relation: Relation) -> Iterator[Chain]:
    """Every product, and every factor that stands alone where a product may stand, but the lone left side."""

    def visit(node: Expr, path: Path) -> Iterator[Chain]:
        match node:
            case Multiply(factors, operators):
                yield path, factors, operators
            case Symbol() | Derivative() | Call() | Transpose() | Product() | Power():
                yield path, (node,), ()
        inner = () if isinstance(node, Symbol | Derivative | Transpose | Power) else children(node)
        for position, child in enumerate(inner[:1] if isinstance(node, Sum | Product) else inner):
            if isinstance(node, Multiply) and not isinstance(child, Multiply | Add | Sum | Negate):
                continue
            yield from visit(child, (*path, position))

    sides = (0, 1) if not isinstance(relation.left, Derivative) else (1,)
    for side in sides:
        yield from visit(children(relation)[side], (side,))


def _inserted(chain: Chain, position: int, new: Expr) -> Expr:
    _, factors, operators = chain
    put: tuple[ProductOperator, ...] = (*operators[:position], "", *operators[position:])
    return Multiply((*factors[:position], new, *factors[position:]), put)


def _links(relation: Relation, chains: list[Chain]) -> _Found:
    r"""``\partial b/\partial c`` between ``\partial a/\partial b`` and ``\partial c/\partial d``."""
    lone = relation.left if isinstance(relation.left, Derivative) else None
    for chain in chains:
        factors = chain[1]
        ends = [_ends(factor) for factor in factors]
        if all(end is None for end in ends):
            continue
        kinds = _kinds(relation)
        for position in range(len(factors) + 1):
            before = ends[position - 1] if position else None
            after = ends[position] if position < len(factors) else None
            upper = before[1] if before else lone.of if lone is not None and position == 0 else None
            lower = after[0] if after else lone.by if lone is not None and position == len(factors) else None
            if isinstance(upper, Symbol) and isinstance(lower, Symbol) and upper != lower:
                for kind in kinds:
                    link = Derivative(upper, lower, kind)
                    yield chain[0], _inserted(chain, position, link), unicode_line(link)


def _kinds(relation: Relation) -> tuple[DerivativeKind, ...]:
    met: list[DerivativeKind] = [node.kind for node in walk(relation) if isinstance(node, Derivative)]
    order: list[DerivativeKind] = ["partial", "total", "immediate"]
    return tuple(kind for kind in order if kind in met or kind == "immediate")


def _ends(factor: Expr) -> tuple[Expr, Expr] | None:
    """What a factor differentiates, and by what; of a product over steps its two ends."""
    match factor:
        case Derivative(of, by):
            return of, by
        case Product(Derivative(of, by), index, lower, upper, direction):
            last, first = (lower, upper) if direction == "increasing" else (upper, lower)
            return _at(of, index, last), _at(by, index, first)
        case _:
            return None


def _at(symbol: Expr, index: str, value: Expr) -> Expr:
    if not isinstance(symbol, Symbol):
        return symbol
    return Symbol(symbol.name, tuple(tidy(substitute(part, {index: value})) for part in symbol.index))


def _diagonals(relation: Relation, chains: list[Chain]) -> _Found:
    for path, factors, operators in chains:
        for position, factor in enumerate(factors):
            if isinstance(factor, Add | Symbol | Power) or (isinstance(factor, Call) and factor.function != DIAG):
                new = Call(DIAG, (factor,))
                put = (*factors[:position], new, *factors[position + 1 :])
                yield path, Multiply(put, operators) if operators else new, unicode_line(factor)


def _factors(relation: Relation, chains: list[Chain], model: Model) -> _Found:
    """Factors of the equation itself, slopes of its states, and the parameters of the model, upright and transposed."""
    candidates = list(dict.fromkeys(_candidates(relation, chains, model)))
    for new in candidates:
        words = unicode_line(new)
        for chain in chains:
            for position in range(len(chain[1]) + 1):
                if isinstance(new, Number) and position:
                    break
                neighbours = chain[1][max(position - 1, 0) : position + 1]
                if new not in neighbours:
                    yield chain[0], _inserted(chain, position, new), words


def _candidates(relation: Relation, chains: list[Chain], model: Model) -> Iterator[Expr]:
    yield integer(2)
    states = list(dict.fromkeys(node for node in walk(relation) if isinstance(node, Symbol) and node.index))
    letters = index_letters(relation) | {model.horizon}
    defined = {d.name: d.body for d in model.definitions}
    for state in states:
        body = defined.get(state.name)
        if isinstance(body, Call) and body.function in SLOPES:
            yield slope(body.function, state)
        if isinstance(relation.left, Derivative) and relation.left.by != state:
            yield Derivative(relation.left.of, state, relation.left.kind)
    for name, counts in sorted(model.arities.items()):
        if 0 in counts and name not in defined and name not in letters:
            yield Symbol(name)
            yield Transpose(Symbol(name))
    yield from (part.body for body in defined.values() for part in walk(body) if isinstance(part, Norm))
    indices = dict.fromkeys(state.index for state in states)
    for index in (*indices, *(_before(index) for index in indices)):
        for name, counts in sorted(model.arities.items()):
            if len(index) in counts:
                yield Symbol(name, index)
                yield Transpose(Symbol(name, index))
    for _, factors, _ in chains:
        yield from (factor for factor in factors if not isinstance(factor, Number | Product))


def _before(index: tuple[Expr, ...]) -> tuple[Expr, ...]:
    return (shifted(index[0], -1), *index[1:])


def slope(function: str, state: Symbol) -> Expr:
    """The diagonal of the slopes of an activation by its own value: ``diag(1 - h^2)``, ``diag(h (1 - h))``."""
    one = integer(1)
    if function == r"\tanh":
        return Call(DIAG, (Add((one, Negate(Power(state, integer(2))))),))
    return Call(DIAG, (Multiply((state, Add((one, Negate(state)))), (r"\odot",)),))
