"""How the quantities of a model hang together over the steps, as the proof of a bound needs it.

The answers are of the formulas alone, for every horizon: ``state`` is the only quantity by which one step knows of the
step before it, and a step knows of no other than that.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from bpttsym.expr import (
    Add,
    Call,
    Expr,
    Multiply,
    Negate,
    Number,
    Power,
    Symbol,
    shifted,
    walk,
)
from bpttsym.heads import merged_indices
from bpttsym.model import Definition, Model, inlined
from bpttsym.monomials import Linear, Unproved, constant, is_constant, linear, plus, value_of
from bpttsym.rewriting import substitute, transform
from bpttsym.stand_ins import GAMMA

MAXIMUM_OFFSET = 3
Key = tuple[str, tuple[Linear, ...]]
Slope = tuple[str, object]
"""The function, and the node whose slope it is or the formula in which it stands."""


class Spread:
    """The definitions of one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        general = [d for d in model.definitions if d.general]
        self.definitions = {d.name: d for d in general}
        single = all(isinstance(d.body, Number) for d in model.definitions if not d.general)
        self.simple = single and len(self.definitions) == len(general) and all(len(d.index) < 2 for d in general)

    @cached_property
    def state(self) -> str | None:
        """The one quantity that is used a step later, and itself computed from what it was."""
        late = {part.name for d in self.definitions.values() for part, steps in self._uses(d) if steps}
        if not self.simple or len(late) != 1:
            return None
        offsets = {steps for d in self.definitions.values() for _, steps in self._uses(d)}
        return min(late) if offsets <= {0, -1} else None

    def _uses(self, definition: Definition) -> Iterator[tuple[Symbol, int]]:
        """The computed quantities in a formula with a step, each with how much later it is; far off where unknown."""
        for part in walk(self._body(definition)):
            if isinstance(part, Symbol) and part.index and self.is_computed(part):
                own, other = [linear(i) for i in definition.index], [linear(i) for i in part.index]
                if len(own) == len(other) == 1 and own[0] is not None and other[0] is not None:
                    gap = plus(other[0], own[0], -1)
                    yield part, int(value_of(gap)) if is_constant(gap) else 2 * MAXIMUM_OFFSET
                elif definition.index:
                    yield part, 2 * MAXIMUM_OFFSET

    def _body(self, definition: Definition) -> Expr:
        return inlined(definition.body, self.model)

    def is_computed(self, symbol: Symbol) -> bool:
        known = self.definitions.get(symbol.name)
        return known is not None and len(known.index) == len(symbol.index)

    def formula(self, symbol: Symbol) -> Expr | None:
        """The formula of a quantity at its step; None for a leaf."""
        if not self.is_computed(symbol):
            return None
        definition = self.definitions[symbol.name]
        letters = [part.name for part in definition.index if isinstance(part, Symbol)]
        return transform(
            substitute(self._body(definition), dict(zip(letters, symbol.index, strict=True))), merged_indices
        )

    def key(self, symbol: Symbol) -> Key:
        found = tuple(linear(part) for part in symbol.index)
        if any(part is None for part in found):
            raise Unproved
        return symbol.name, tuple(part for part in found if part is not None)

    def same(self, first: Symbol, second: Symbol) -> bool:
        return self.key(first) == self.key(second)

    def _later(self, first: Symbol, second: Symbol) -> int:
        """How many steps the first stands behind the second; Unproved where that is no number."""
        one, other = self.key(first)[1], self.key(second)[1]
        gap = plus(one[0], other[0], -1) if len(one) == len(other) == 1 else None
        if gap is None or not is_constant(gap):
            raise Unproved
        return int(value_of(gap))

    def is_near(self, of: Symbol, by: Symbol) -> bool:
        """Whether a derivative is over so few steps that its formulas can be put into each other."""
        return self.simple and self.forward and bool(by.index) and 0 <= self._later(of, by) <= MAXIMUM_OFFSET

    @cached_property
    def forward(self) -> bool:
        return all(steps <= 0 for d in self.definitions.values() for _, steps in self._uses(d))

    def depends(self, expr: Expr, by: Symbol) -> bool:
        """Whether an expression holds a quantity or is computed from it."""
        for part in walk(expr):
            if not isinstance(part, Symbol) or (not part.index and not self.is_computed(part)):
                continue
            if part.name == by.name and self.same(part, by):
                return True
            formula = self.formula(part)
            if formula is not None and self._later(part, by) >= 0 and self.depends(formula, by):
                return True
        return False

    def last_reached(self, of: Symbol) -> Linear | None:
        """The one step of the state from which a quantity is computed; None where there are several, or none."""
        found: set[Linear] = set()
        coming: list[Symbol] = [of]
        while coming:
            symbol = coming.pop()
            if symbol.name == self.state:
                found.add(self.key(symbol)[1][0])
                continue
            formula = self.formula(symbol)
            parts = list(walk(formula)) if formula is not None else []
            if any(hasattr(part, "lower") for part in parts):
                return None  # a sum or product over steps
            coming += [part for part in parts if isinstance(part, Symbol) and self.is_computed(part)]
        return min(found) if len(found) == 1 else None

    @cached_property
    def activations(self) -> frozenset[str]:
        """The functions that act on each entry, and have a largest slope."""
        return frozenset(GAMMA) | frozenset(self.model.elementwise)

    @cached_property
    def used(self) -> frozenset[str]:
        """The activations that the definitions apply."""
        calls = (part for d in self.definitions.values() for part in walk(self._body(d)) if isinstance(part, Call))
        return frozenset(call.function for call in calls) & self.activations

    def is_used_once(self, function: str) -> bool:
        calls = [part for d in self.definitions.values() for part in walk(self._body(d)) if isinstance(part, Call)]
        return sum(call.function == function for call in calls) == 1

    # ---------------------------------------------------------------------------------------------------------- slopes

    def slope(self, vector: Expr) -> Slope | None:
        r"""The activation whose slopes a vector holds, and its node: ``1 - h_t^2``, ``h_t (1 - h_t)``, ``f'(a)``."""
        match vector:
            case Call(function, (argument,), (), 1) if function in self.activations:
                return function, self._node_of(function, argument) or argument
            case Add((Number(one), Negate(square))) if one == 1:
                node = _squared(square)
                return self._known(node, r"\tanh")
            case Multiply((Symbol() as node, rest)) if rest == _rest_of(node):
                return self._known(node, r"\sigma")
            case Multiply((rest, Symbol() as node)) if rest == _rest_of(node):
                return self._known(node, r"\sigma")
            case Add((Symbol() as node, Negate(square))) if _squared(square) == node:
                return self._known(node, r"\sigma")
            case _:
                return None

    def _known(self, node: Expr | None, function: str) -> Slope | None:
        """The slope of a node that a function gives, or of the function where it is applied there and then."""
        if isinstance(node, Call) and node.function == function and len(node.arguments) == 1 and not node.primes:
            return function, self._node_of(function, node.arguments[0]) or node.arguments[0]
        formula = self.formula(node) if isinstance(node, Symbol) else None
        given = isinstance(formula, Call) and formula.function == function and not formula.primes
        return (function, self.key(node)) if given and isinstance(node, Symbol) else None

    def _node_of(self, function: str, argument: Expr) -> Key | None:
        """The node that a function gives of an argument."""
        steps = {i for part in walk(argument) if isinstance(part, Symbol) for i in part.index}
        for definition in self.definitions.values():
            for index in [shifted(step, offset) for step in steps for offset in (-1, 0, 1)] if definition.index else []:
                node = Symbol(definition.name, (index,))
                formula = self.formula(node)
                if isinstance(formula, Call) and formula.function == function and formula.arguments == (argument,):
                    return self.key(node)
        return None


def _squared(square: Expr) -> Expr | None:
    match square:
        case Power(base, Number(two)) if two == 2:
            return base
        case Multiply((first, second)) if first == second:
            return first
        case _:
            return None


def _rest_of(node: Expr) -> Expr:
    return Add((Number(constant(1)[0][1]), Negate(node)))
