"""The model that a product of derivatives suggests where a document defines nothing of what stands in it."""

from __future__ import annotations

from collections.abc import Iterator

from bpttsym.expr import Call, Derivative, Multiply, Relation, Symbol, walk
from bpttsym.ground import used_symbols
from bpttsym.model import Definition, Model

ONLY_THE_FACTORS = "each quantity depends only on those by which the factors differentiate it"
"""The condition under which a claim is about the suggested model."""


def suggested_model(relation: Relation, scope: Model) -> Model | None:
    """The graph whose edges are the factors of a product of derivatives, for a claim with no definitions.

    Only for literal symbols: each ``\\partial a/\\partial b`` that is a factor makes ``a`` a function of ``b``.
    """
    if any(not isinstance(part.by, Symbol) or not isinstance(part.of, Symbol) for part in _derivatives(relation)):
        return None
    factors = [
        factor
        for part in walk(relation)
        if isinstance(part, Multiply)
        for factor in part.factors
        if isinstance(factor, Derivative)
    ]
    symbols = used_symbols(relation, scope.horizon)
    if not factors or any(isinstance(part, Symbol) and not _literal(part) for part in walk(relation)):
        return None
    parents: dict[Symbol, list[Symbol]] = {}
    for factor in factors:
        assert isinstance(factor.of, Symbol) and isinstance(factor.by, Symbol)
        below = parents.setdefault(factor.of, [])
        if factor.by not in below:
            below.append(factor.by)
    known = {(symbol.name, len(symbol.index)) for symbol in (*parents, *(p for ps in parents.values() for p in ps))}
    if symbols - known or _circular(parents) or any(name in scope.unread for name, _ in known):
        return None
    definitions = tuple(
        Definition(of.name, of.index, Call(f"f_{{{of.name}{_shown(of)}}}", tuple(below)))
        for of, below in parents.items()
    )
    return Model(definitions, horizon=scope.horizon, length=scope.length, label="")


def _circular(parents: dict[Symbol, list[Symbol]]) -> bool:
    done: set[Symbol] = set()

    def visit(node: Symbol, open_: frozenset[Symbol]) -> bool:
        if node in open_:
            return True
        if node in done:
            return False
        circular = any(visit(parent, open_ | {node}) for parent in parents.get(node, ()))
        done.add(node)
        return circular

    return any(visit(node, frozenset()) for node in parents)


def _derivatives(relation: Relation) -> Iterator[Derivative]:
    return (part for part in walk(relation) if isinstance(part, Derivative))


def _literal(symbol: Symbol) -> bool:
    return not any(isinstance(part, Symbol) for index in symbol.index for part in walk(index))


def _shown(symbol: Symbol) -> str:
    return ",".join(str(part.value) for part in symbol.index if hasattr(part, "value"))
