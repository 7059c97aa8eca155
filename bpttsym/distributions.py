r"""Which targets are distributions: their entries sum to one unless the document says otherwise (a part of document).

-\sum_k y_k \log p_k        of y they do        -y \log p - (1-y) \log(1-p)        of y they need not
"""

from __future__ import annotations

from typing import TypeGuard

from bpttsym.expr import Add, Call, Expr, Multiply, Symbol, integer, walk
from bpttsym.scope import Scope


def distributions(scope: Scope) -> tuple[str, ...]:
    """Targets that stand before the logarithm of an output, or are mixed into what does: their entries sum to one."""
    found: set[str] = set()
    for definition in scope.definitions.values():
        for part in walk(definition.body):
            factors = getattr(part, "factors", ())
            logs = [f for f in factors if _is_log(f)]
            if logs:
                found |= {leaf.name for f in factors if f not in logs for leaf in walk(f) if isinstance(leaf, Symbol)}
    found -= _of_two_classes(scope)
    mixed = (known.body for (name, _, _), known in scope.definitions.items() if name in found)
    found |= {leaf.name for body in mixed if not _holds_call(body) for leaf in walk(body) if _is_indexed(leaf)}
    indices = scope.signature.indices
    return tuple(sorted(found - {name for name, _, _ in scope.definitions} - indices))


def _of_two_classes(scope: Scope) -> set[str]:
    """Targets that stand before a logarithm as ``1 - y`` too: each entry is a probability of its own."""
    products = (part for known in scope.definitions.values() for part in walk(known.body) if isinstance(part, Multiply))
    others = (f for part in products if any(map(_is_log, part.factors)) for f in part.factors if isinstance(f, Add))
    return {leaf.name for f in others if integer(1) in f.terms for leaf in walk(f) if isinstance(leaf, Symbol)}


def _is_log(factor: Expr) -> bool:
    return isinstance(factor, Call) and factor.function == r"\log"


def _holds_call(body: Expr) -> bool:
    return any(isinstance(part, Call) for part in walk(body))


def _is_indexed(part: Expr) -> TypeGuard[Symbol]:
    return isinstance(part, Symbol) and bool(part.index)
