r"""The forms for any number of steps: sums over the steps, products of step Jacobians, and the recursion.

    \frac{\partial L}{\partial\psi} = \sum_{t=1}^{T}\sum_{k=1}^{t}\frac{\partial L}{\partial h_t}
        \biggl(\prod_{t-1\ge i\ge k}\frac{\partial h_{i+1}}{\partial h_i}\biggr)\frac{\partial^{+}h_k}{\partial\psi}

They need a model with one state that depends on nothing but its own step before; every other model has its
expanded form only. The product states its order, and an empty one is the identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bpttsym.expansion import weighted
from bpttsym.expr import Add, Expr, Negate, Number, Product, Sum, Symbol, add, integer, shifted, substitute, walk
from bpttsym.structure import Binder, NotDerived, Structure
from bpttsym.ways import Folded, Way

SUM_LETTERS = ("t", "k", "s", "r", "n", "m", "j", "l", "u", "i")
PRODUCT_LETTERS = ("i", "j", *SUM_LETTERS)
"""Letters for the steps that a sum or a product runs over, in the order they are taken."""


@dataclass(frozen=True)
class Exit:
    """A way from the state at a step ``k`` to the variable; ``step`` is what k must be, None for every k."""

    way: Way
    step: Expr | None


class Chain:
    """A model with one state, seen by the derivative of one quantity by another, for any number of steps."""

    def __init__(self, structure: Structure, of: Symbol, by: Symbol) -> None:
        self.structure = structure
        self.of = of
        self.by = by
        self.folded = Folded(structure, by)
        self.taken = set(structure.model.arities) | {part.name for part in walk(by) if isinstance(part, Symbol)}
        self.taken |= {part.name for part in walk(of) if isinstance(part, Symbol)} | {structure.model.horizon}
        structure.refuse_start(by)
        if not self.folded.leads(of):
            raise NotDerived(f"`{of.name}` does not depend on `{by.name}`")

    def letters(self, *used: str) -> tuple[str, str]:
        """A letter for a sum and one for a product, that nothing in the model and none of ``used`` is called."""
        taken = self.taken | set(used)
        k = next(letter for letter in SUM_LETTERS if letter not in taken)
        return k, next(letter for letter in PRODUCT_LETTERS if letter not in taken | {k})

    @cached_property
    def starts(self) -> list[Way]:
        """The ways from the quantity down to the state, or to the variable where no state lies between."""
        if self.structure.is_state(self.of):
            return [Way((), self.of)]
        return [self._renamed(way) for way in self.folded.ways(self.of)]

    def _renamed(self, way: Way) -> Way:
        """The way with a letter for its sum that says nothing else here."""
        if way.binder is None or way.binder.letter not in self.taken:
            return way
        letter = self.letters()[0]
        swap = {way.binder.letter: Symbol(letter)}
        return Way(
            tuple(substitute(factor, swap) for factor in way.factors),
            _moved(way.end, swap),
            way.weight,
            Binder(letter, way.binder.lower, way.binder.upper),
        )

    @cached_property
    def through(self) -> list[Way]:
        """The ways that end in the state."""
        return [way for way in self.starts if self.structure.is_state(way.end)]

    @cached_property
    def direct(self) -> list[Way]:
        """The ways that reach the variable without the state."""
        return [way for way in self.starts if not self.structure.is_state(way.end)]

    @cached_property
    def state(self) -> str:
        """The name of the one state; NotDerived where there are more."""
        names = {way.end.name for way in self.through}
        if len(names) != 1:
            shown = ", ".join(f"`{name}`" for name in sorted(names))
            raise NotDerived(f"a sum over steps needs one state, and here are {shown}")
        state = names.pop()
        step = Symbol("\0")
        for way in self.folded.ways(Symbol(state, (step,))):
            before = way.end.name == state and way.end.index == (shifted(step, -1),)
            if self.structure.is_state(way.end) and not before:
                raise NotDerived(
                    f"`{state}` does not depend on its own step before alone, so there is no product of step Jacobians"
                )
        return state

    @cached_property
    def reads_states(self) -> bool:
        """Whether the quantity is computed from the states of every step themselves, the start excepted."""
        return any(way.binder is not None and len(way.factors) == 1 for way in self.through)

    def exits(self, step: Expr) -> list[Exit]:
        """The ways from the state at a step to the variable, before any earlier state."""
        if self.by.name == self.state:
            return [Exit(Way((), self.by), self.by.index[0])]
        found = []
        for way in self.folded.ways(Symbol(self.state, (step,))):
            if not self.structure.is_state(way.end):
                found.append(Exit(way, self._solved(way.end, step)))
        return found

    def _solved(self, end: Symbol, letter: Expr) -> Expr | None:
        """The step at which a way ends at the variable; None where it does at every step."""
        if not self.by.index:
            return None
        if len(self.by.index) != 1 or not isinstance(letter, Symbol):
            raise NotDerived(f"`{self.by.name}` has more than one index")
        offset = offset_of(end.index[0], letter)
        return shifted(self.by.index[0], -offset)

    def jacobian(self, step: Expr) -> Expr:
        """The derivative of the state by the state before: of step + 1 by step."""
        of, by = Symbol(self.state, (shifted(step, 1),)), Symbol(self.state, (step,))
        return self.structure.whole(of, by)

    def product(self, last: Expr, first: Expr, letter: str) -> tuple[Expr, ...]:
        """The factors that lead from the state at ``last`` to that at ``first``; none where they are one."""
        if last == first:
            return ()
        upper = shifted(last, -1)
        if upper == first:
            return (self.jacobian(first),)
        return (Product(self.jacobian(Symbol(letter)), letter, first, upper, "decreasing"),)

    def terms(self) -> list[Expr]:
        """The addends of the sum form."""
        found = self.direct_terms()
        for way in self.through:
            found += self._through(way)
        return found

    def direct_terms(self) -> list[Expr]:
        """The addends that no state lies on."""
        return [self._direct(way) for way in self.direct]

    def _direct(self, way: Way) -> Expr:
        if not self.by.index:
            return summed(weighted(way.weight, *way.factors), way.binder)
        if way.binder is None:
            if way.end.index != self.by.index:
                raise NotDerived(f"single steps of `{self.by.name}` are used, so there is no formula for any step")
            return weighted(way.weight, *way.factors)
        letter = Symbol(way.binder.letter)
        solved = {letter.name: shifted(self.by.index[0], -offset_of(way.end.index[0], letter))}
        return weighted(way.weight, *(substitute(factor, solved) for factor in way.factors))

    def _through(self, way: Way) -> list[Expr]:
        bound = () if way.binder is None else (way.binder.letter,)
        k, i = self.letters(*bound)
        last = way.end.index[0]
        found = []
        for exit_ in self.exits(Symbol(k)):
            if exit_.step is None:
                factors = (*way.factors, *self.product(last, Symbol(k), i), *exit_.way.factors)
                body = weighted(way.weight * exit_.way.weight, *factors)
                first = integer(self.structure.model.first)
                found.append(summed(summed(body, Binder(k, first, last)), way.binder))
            else:
                found.append(self._to_step(way, exit_.step, (k, i), exit_.way))
        return found

    def _to_step(self, way: Way, step: Expr, letters: tuple[str, str], exit_: Way) -> Expr:
        """The paths to one given step of the variable: no sum over where they end."""
        binder, last = way.binder, way.end.index[0]
        ending = tuple(substitute(factor, {letters[0]: step}) for factor in exit_.factors)
        weight = way.weight * exit_.weight
        if binder is None:
            return weighted(weight, *way.factors, *self.product(last, step, letters[1]), *ending)
        letter = Symbol(binder.letter)
        lower = shifted(step, -offset_of(last, letter))
        lower = binder.lower if _before(lower, binder.lower) else lower
        if lower == binder.upper:
            start = tuple(substitute(factor, {letter.name: lower}) for factor in way.factors)
            return weighted(weight, *start, *ending)
        body = weighted(weight, *way.factors, *self.product(last, step, letters[1]), *ending)
        return summed(body, Binder(binder.letter, lower, binder.upper))


def summed(body: Expr, binder: Binder | None) -> Expr:
    """The sum over a binder; a minus goes before the sum."""
    if binder is None:
        return body
    if isinstance(body, Negate):
        return Negate(summed(body.body, binder))
    return Sum(body, binder.letter, binder.lower, binder.upper)


def total(terms: Sequence[Expr]) -> Expr:
    """The sum of some terms, those of a sum among them taken as they are."""
    flat: list[Expr] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Add) else (term,))
    return add(*flat)


def _moved(symbol: Symbol, values: Mapping[str, Expr]) -> Symbol:
    moved = substitute(symbol, values)
    assert isinstance(moved, Symbol)
    return moved


def offset_of(index: Expr, letter: Symbol) -> int:
    """How far an index lies from a letter: 1 for ``t + 1``."""
    for offset in range(-4, 5):
        if index == shifted(letter, offset):
            return offset
    raise NotDerived("an index that is no letter with a number is not derived")


def _before(step: Expr, other: Expr) -> bool:
    """Whether a literal step lies before another."""
    return isinstance(step, Number) and isinstance(other, Number) and step.value < other.value
