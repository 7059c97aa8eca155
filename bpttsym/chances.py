r"""Probabilities, by what a conditional one is: p(a | b) = p(a, b) / p(b) (a part of evaluate).

    \log p(y_1, y_2 \mid x) = \log p(y_2 \mid y_1, x) + \log p(y_1 \mid x)

Two worlds: in one a joint probability is a letter, and sides that are the same product of letters are equal for every
distribution; in the other the distribution is a random one of quantities with two values each.
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Generic, TypeVar

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Divide,
    Expr,
    Multiply,
    Negate,
    Number,
    Power,
    Probability,
    Product,
    Steps,
    Sum,
    Symbol,
    children,
    walk,
)
from bpttsym.latex import unicode_line
from bpttsym.records import dataclass, replace
from bpttsym.sides import range_of
from bpttsym.whole_numbers import Bindings, index_value

MOST_QUANTITIES = 11
PLAIN = frozenset(("", r"\cdot", r"\times", "*"))
FIRST, LAST = "first step", "last step"
"""The names of the ends of time among the values of the indices."""

V = TypeVar("V")
Atom = tuple[str, tuple[int, ...]]
Atoms = frozenset[Atom]
Key = tuple[str, Atoms]


class Absent(Exception):
    """A range of steps ends before it begins, at these values of the indices."""


class NoForm(Exception):
    """What is no product of joint probabilities, nor a sum of logarithms of such."""


class World(ABC, Generic[V]):
    """What a probability is, and what is done with several."""

    @abstractmethod
    def number(self, value: Fraction) -> V: ...
    @abstractmethod
    def chance(self, name: str, asked: Atoms, given: Atoms) -> V: ...
    @abstractmethod
    def multiply(self, factors: Sequence[V]) -> V: ...
    @abstractmethod
    def power(self, base: V, exponent: int) -> V: ...
    @abstractmethod
    def add(self, terms: Sequence[V]) -> V: ...
    @abstractmethod
    def logarithm(self, value: V) -> V: ...
    @abstractmethod
    def total(self, atom: Atom, value: Callable[[World[V]], V]) -> V: ...


@dataclass(frozen=True)
class Form:
    """A product of powers of joint probabilities with a factor, or the logarithm of one."""

    powers: Mapping[Key, Fraction]
    factor: Fraction
    logarithm: bool = False


class Formal(World[Form]):
    """Joint probabilities as letters."""

    def number(self, value: Fraction) -> Form:
        return Form({}, value)

    def chance(self, name: str, asked: Atoms, given: Atoms) -> Form:
        return Form(_known([((name, asked | given), Fraction(1)), ((name, given), Fraction(-1))]), Fraction(1))

    def multiply(self, factors: Sequence[Form]) -> Form:
        numbers = [one for one in factors if not one.powers and not one.logarithm]
        logs = [one for one in factors if one.logarithm]
        if logs:
            if len(logs) > 1 or len(numbers) + 1 < len(factors):
                raise NoForm
            scale = math.prod(one.factor for one in numbers)
            return replace(logs[0], powers=_known((key, value * scale) for key, value in logs[0].powers.items()))
        powers = _known(pair for one in factors for pair in one.powers.items())
        return Form(powers, math.prod((one.factor for one in factors), start=Fraction(1)))

    def power(self, base: Form, exponent: int) -> Form:
        if base.logarithm or (base.factor == 0 and exponent < 0):
            raise NoForm
        return Form(_known((key, value * exponent) for key, value in base.powers.items()), base.factor**exponent)

    def add(self, terms: Sequence[Form]) -> Form:
        if not all(term.logarithm for term in terms):
            raise NoForm
        return replace(self.multiply([replace(term, logarithm=False) for term in terms]), logarithm=True)

    def logarithm(self, value: Form) -> Form:
        if value.logarithm or value.factor != 1:
            raise NoForm
        return replace(value, logarithm=True)

    def total(self, atom: Atom, value: Callable[[World[Form]], Form]) -> Form:
        raise NoForm


def _known(pairs: Iterable[tuple[Key, Fraction]]) -> dict[Key, Fraction]:
    """The sum of powers, without what cancels and without the probability of nothing, which is one."""
    found: dict[Key, Fraction] = {}
    for key, value in pairs:
        found[key] = found.get(key, Fraction(0)) + value
    return {key: value for key, value in found.items() if value and key[1]}


class Numbers(World[float]):
    """A random distribution of quantities with two values each, at one choice of values."""

    def __init__(self, atoms: Sequence[Atom], seed: int, independent: bool, chosen: int) -> None:
        self.atoms, self.seed, self.independent, self.chosen = atoms, seed, independent, chosen
        self.tables: dict[str, list[float]] = {}

    def number(self, value: Fraction) -> float:
        return float(value)

    def chance(self, name: str, asked: Atoms, given: Atoms) -> float:
        return self._joint(name, asked | given) / self._joint(name, given)

    def _joint(self, name: str, atoms: Atoms) -> float:
        table = self.tables[name] if name in self.tables else self.tables.setdefault(name, self._table(name))
        mask = sum(1 << at for at, atom in enumerate(self.atoms) if atom in atoms)
        return sum(weight for at, weight in enumerate(table) if at & mask == self.chosen & mask)

    def _table(self, name: str) -> list[float]:
        """The probabilities of all values together."""
        dice, count = random.Random(f"{name} {self.seed}"), len(self.atoms)
        weights = [dice.uniform(0.1, 1) for _ in range(1 << count)]
        if self.independent:
            single = [dice.uniform(0.1, 0.9) for _ in range(count)]
            weights = [
                math.prod(single[at] if place >> at & 1 else 1 - single[at] for at in range(count))
                for place in range(1 << count)
            ]
        return [weight / sum(weights) for weight in weights]

    def multiply(self, factors: Sequence[float]) -> float:
        return math.prod(factors)

    def power(self, base: float, exponent: int) -> float:
        return base**exponent

    def add(self, terms: Sequence[float]) -> float:
        return sum(terms)

    def logarithm(self, value: float) -> float:
        if value <= 0:
            raise NotRead("this is the logarithm of what is not above zero")
        return math.log(value)

    def total(self, atom: Atom, value: Callable[[World[float]], float]) -> float:
        """The sum over the values of one quantity."""
        bit = 1 << self.atoms.index(atom)
        kept, found = self.chosen, 0.0
        for chosen in (kept & ~bit, kept | bit):
            self.chosen = chosen
            found += value(self)
        self.chosen = kept
        return found


def value_of(expr: Expr, bindings: Bindings, world: World[V]) -> V:
    """The value of an expression of probabilities. Raises NotRead for anything else."""

    def each(node: Sum | Product) -> list[V]:
        return [value_of(node.body, inner, world) for inner in inside(node, bindings)]

    match expr:
        case Number(value):
            return world.number(value)
        case Probability(name, asked, given):
            return world.chance(name, _atoms(asked, bindings), _atoms(given, bindings))
        case Multiply(factors, operators) if set(operators) <= PLAIN:
            return world.multiply([value_of(factor, bindings, world) for factor in factors])
        case Divide(above, below):
            return world.multiply([value_of(above, bindings, world), world.power(value_of(below, bindings, world), -1)])
        case Power(base, Number(value)) if value.denominator == 1:
            return world.power(value_of(base, bindings, world), int(value))
        case Negate(body):
            return world.multiply([world.number(Fraction(-1)), value_of(body, bindings, world)])
        case Add(terms):
            return world.add([value_of(term, bindings, world) for term in terms])
        case Call(r"\log", (argument,)):
            return world.logarithm(value_of(argument, bindings, world))
        case Sum(body, letter) if counts_values(expr):
            return world.total((letter, ()), lambda inner: value_of(body, bindings, inner))
        case Sum():
            return world.add(each(expr))
        case Product():
            return world.multiply(each(expr))
        case _:
            message = f"`{unicode_line(expr)}` is no probability, and what it has to do with them is not said"
            raise NotRead(message, expr.span)


def inside(node: Sum | Product, bindings: Bindings) -> Iterator[dict[str, int]]:
    """The index values over which a sum or a product runs: all steps where it does not say."""
    lower = index_value(node.lower, bindings) if node.lower is not None else bindings[FIRST]
    upper = index_value(node.upper, bindings) if node.upper is not None else bindings[LAST]
    if upper - lower > MOST_QUANTITIES:
        raise NotRead("this range is too long for probabilities", node.span)
    yield from ({**bindings, node.index: value} for value in range(lower, upper + 1))


def mentioned(expr: Expr, bindings: Bindings) -> Atoms:
    """The quantities whose probabilities an expression speaks of."""
    match expr:
        case Probability(_, asked, given):
            return _atoms((*asked, *given), bindings)
        case Sum(body) if counts_values(expr):
            return mentioned(body, bindings)
        case Sum(body) | Product(body):
            return frozenset().union(*(mentioned(body, inner) for inner in inside(expr, bindings)))
        case _:
            return frozenset().union(*(mentioned(child, bindings) for child in children(expr)))


def counts_values(node: Sum) -> bool:
    """Whether a sum runs over the values of a quantity."""
    chances = (part for part in walk(node.body) if isinstance(part, Probability))
    open_ended = node.lower is None and node.upper is None
    return open_ended and any(Symbol(node.index) in (*chance.of, *chance.given) for chance in chances)


def _atoms(items: Sequence[Expr], bindings: Mapping[str, int]) -> Atoms:
    """The quantities at their steps."""
    found: set[Atom] = set()
    for item in items:
        match item:
            case Symbol(name, index):
                found.add((name, tuple(index_value(part, bindings) for part in index)))
            case Steps(Symbol(name, index)):
                ends = range_of(item)
                low, high = (index_value(end, bindings) for end in ends)
                if high < low - 1 or high - low > MOST_QUANTITIES:
                    raise Absent
                at = next(place for place, part in enumerate(index) if part in ends)
                for step in range(low, high + 1):
                    values = [step if place == at else index_value(part, bindings) for place, part in enumerate(index)]
                    found.add((name, tuple(values)))
            case _:
                raise NotRead(f"`{unicode_line(item)}` is no quantity", item.span)
    return frozenset(found)
