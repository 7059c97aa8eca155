r"""Proof that a long sum of products of Jacobians is a total derivative, in one pass over its terms.

Each edge of the graph gets a random number of a prime field. A product of Jacobians, of which each begins where the
one before ends, then has the sum over its paths of the products along them as its value. A path is known by the set
of its edges, so two sums of paths that differ are different polynomials, of a degree below the number of nodes, and
they have one value at a random point with a chance below 2^-100. If ``finish`` returns, the sum is the derivative
for every choice of differentiable functions; the numbers of one such choice are compared as well.

It keeps a few products, so that a sum of millions of factors needs little memory. It knows the graph and the
perturbed definitions, and nothing of the rules that made the terms.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from bpttsym.dice import Dice
from bpttsym.errors import NotRead
from bpttsym.expr import Derivative, Expr, Multiply, Negate, Number, Symbol
from bpttsym.ground import Ground
from bpttsym.model import Key, index_value
from bpttsym.paths import PathWorld, Rational
from bpttsym.records import dataclass
from bpttsym.world import RELATIVE

PRIME = 2**127 - 1


class Numbers(Protocol):
    """What a world of numbers must say; it perturbs the definitions, and knows no chain rule."""

    def node(self, key: Key) -> Any: ...
    def derivative(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Any: ...
    def number(self, value: Fraction) -> Any: ...
    def scale(self, number: Any, value: Any) -> Any: ...
    def matrix_product(self, first: Any, second: Any) -> Any: ...
    def add(self, first: Any, second: Any) -> Any: ...
    def difference(self, first: Any, second: Any) -> tuple[float, int]: ...


class NoPathSum(NotRead):
    """A sum that is not shown to be the sum over all paths; the message says where it fails."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a step: ``proved``, or ``definition`` where it only gives a name."""

    status: str
    method: str
    scope: str
    samples: int
    max_error: float


class _Factor(NamedTuple):
    """A Jacobian: the nodes it leads between, its value in the field, and in numbers."""

    of: Key
    by: Key
    value: int
    numbers: Any
    derivative: Expr  # kept, so that no other tree gets its identity


class PathSum:
    """Takes the terms of a sum one after another; ``finish`` tells whether they are the derivative ``left``.

    ``forget`` is called when a Jacobian has its numbers, for a world that keeps more than it needs.
    """

    def __init__(
        self,
        ground: Ground,
        left: Derivative,
        numbers: Numbers,
        forget: Callable[[], None] = lambda: None,
        seed: int = 0,
    ) -> None:
        self.graph = ground.graph
        self.horizon = ground.model.horizon
        self.numbers = numbers
        self.forget = forget
        self.terms = 0
        self.of, self.by = self._key(left.of), self._key(left.by)
        if left.kind not in ("partial", "total") or (left.kind == "partial" and self.graph.ambiguous(self.of, self.by)):
            raise NoPathSum(f"the derivative of `{self.of[0]}` is not marked as total")
        self.ring = PathWorld(ground.graph, ground.shapes)
        self._dice = Dice(seed)
        self._edges: dict[tuple[Key, Key], int] = {}
        self._factors: dict[int, _Factor] = {}
        self._before: tuple[Expr, ...] = ()  # of the term before, whose beginning often comes again
        self._stack: list[tuple[Key, int, Any]] = []
        self._value = 0
        self._total: Any = None
        for key in self.graph.nodes:  # one after another, so that a long graph needs no deep recursion
            self.numbers.node(key)

    def take(self, term: Expr) -> None:
        """One more term; raises NoPathSum where its factors do not lead from one node to the next."""
        weight, factors = _parts(term)
        self.terms += 1
        shared = max(len(self._before) - 1, 0)
        if factors[:shared] != self._before[:shared]:
            shared = 0
        self._before = factors
        del self._stack[shared:]
        node = self._stack[-1][0] if self._stack else self.of
        for tree in factors[shared:]:
            factor = self._factors.get(id(tree)) or self._factor(tree)
            self._leap(node, factor.of)
            node = factor.by
            value, numbers = factor.value, factor.numbers
            if self._stack:
                value = self._stack[-1][1] * value % PRIME
                numbers = self.numbers.matrix_product(self._stack[-1][2], numbers)
            self._stack.append((node, value, numbers))
        self._leap(node, self.by)
        _, value, numbers = self._stack[-1]
        self._value += _residue(weight) * value
        numbers = numbers if weight == 1 else self.numbers.scale(self.numbers.number(weight), numbers)
        self._total = numbers if self._total is None else self.numbers.add(self._total, numbers)

    def _leap(self, of: Key, by: Key) -> None:
        """Between two factors nothing may be left out but a Jacobian that is a number."""
        if of == by:
            return
        words = self.ring.local(of, by).words
        if self.ring.shapes[of[0]] != (1, 1) or self.ring.shapes[by[0]] != (1, 1) or list(words) != [""]:
            raise NoPathSum(f"term {self.terms} leaps from `{of[0]}` to `{by[0]}`")

    def _factor(self, tree: Expr) -> _Factor:
        if not isinstance(tree, Derivative) or tree.kind == "gradient":
            raise NoPathSum(f"a factor of term {self.terms} is no derivative")
        of, by = self._key(tree.of), self._key(tree.by)
        immediate = tree.kind == "immediate"
        if tree.kind == "partial" and self.graph.ambiguous(of, by):
            raise NoPathSum(f"the derivative of `{of[0]}` by `{by[0]}` is not marked")
        if immediate and by not in self.graph.nodes[of].parents:
            raise NoPathSum(f"`{of[0]}` is not computed from `{by[0]}` itself")
        value = self._edge(of, by) if immediate else self._paths(of, by)
        numbers = self.numbers.derivative(of, (by,), immediate)
        self.forget()
        factor = _Factor(of, by, value, numbers, tree)
        self._factors[id(tree)] = factor
        return factor

    def _key(self, symbol: Expr) -> Key:
        if not isinstance(symbol, Symbol):
            raise NoPathSum(f"term {self.terms} differentiates something that is no quantity")
        key = (symbol.name, tuple(index_value(part, self.graph.ends) for part in symbol.index))
        if key not in self.graph.nodes:
            raise NoPathSum(f"`{symbol.name}` of term {self.terms} has no such step")
        return key

    def _edge(self, of: Key, by: Key) -> int:
        """The value of an edge: the number it is, or a random one."""
        if (of, by) not in self._edges:
            words = self.ring.local(of, by).words
            number = self.ring.shapes[of[0]] == self.ring.shapes[by[0]] == (1, 1) and list(words) == [""]
            self._edges[of, by] = (
                _residue(words[""]) if number else (self._dice.integer() << 64 | self._dice.integer()) % (PRIME - 1) + 1
            )
        return self._edges[of, by]

    def _paths(self, of: Key, by: Key) -> int:
        """The sum over the paths between two nodes of the products of their edges."""
        known: dict[Key, int] = {by: 1}
        waiting = [of]
        while waiting:
            node = waiting[-1]
            parents = [p for p in self.graph.nodes[node].parents if p == by or by in self.graph.ancestors(p)]
            missing = [parent for parent in parents if parent not in known]
            if node in known or not missing:
                waiting.pop()
                known.setdefault(node, sum(self._edge(node, parent) * known[parent] for parent in parents) % PRIME)
            else:
                waiting.extend(missing)
        return known[of]

    def finish(self) -> float:
        """The relative error of the numbers; raises NoPathSum if a path is missing or counted twice."""
        if (self._value - self._paths(self.of, self.by)) % PRIME != 0:
            raise NoPathSum("the terms are not the paths of the graph, each of them once")
        for key in self.graph.nodes:
            if self.by in self.graph.ancestors(key):
                self.numbers.derivative(key, (self.by,), False)
        error, _ = self.numbers.difference(self.numbers.derivative(self.of, (self.by,), False), self._total)
        if error > RELATIVE:
            raise NoPathSum("the numbers differ")
        return error


def _residue(number: Rational) -> int:
    return number.numerator * pow(number.denominator, -1, PRIME) % PRIME


def _parts(term: Expr) -> tuple[Fraction, tuple[Expr, ...]]:
    """The number before a term, and its factors."""
    match term:
        case Negate(body):
            weight, factors = _parts(body)
            return -weight, factors
        case Multiply((Number(weight), *rest), operators) if not any(operators):
            return weight, tuple(rest)
        case Multiply(factors, operators) if not any(operators):
            return Fraction(1), factors
        case _:
            return Fraction(1), (term,)
