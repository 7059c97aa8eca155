r"""The recursive form of a model with several states: the derivative by each from those by the states after it.

\delta_t = \frac{\partial L}{\partial h_t},    \lambda_t = \frac{\partial L}{\partial c_t}
         = \delta_t\frac{\partial^{+} h_t}{\partial c_t} + \lambda_{t+1}\frac{\partial^{+} c_{t+1}}{\partial c_t}

A layer is a state of its own, and one that runs back takes what the step before it hands on.
"""

from __future__ import annotations

from dataclasses import dataclass

from bpttsym.expansion import weighted
from bpttsym.expr import Expr, Number, Relation, Symbol, add, integer, shifted, substitute
from bpttsym.patterns import Pattern, Patterns
from bpttsym.recursion import short_names
from bpttsym.structure import Binder, NotDerived, Step, Structure, merged_steps
from bpttsym.summation import SUM_LETTERS, offset_of, summed, total
from bpttsym.ways import Way


@dataclass(frozen=True, slots=True)
class Hand:
    """A way that hands a derivative to a state; ``source`` is the state it comes from, None for the quantity derived.

    The source is at the step of the state minus ``offset``; ``last`` ways reach the last step only.
    """

    source: Pattern | None
    way: Way
    offset: int
    last: bool = False


class Adjoint:
    """The steps of the recursive form for any states that each depend on steps next to their own."""

    def __init__(self, structure: Structure, of: Symbol, by: Symbol) -> None:
        if of.index or structure.is_state(of):
            raise NotDerived(f"the recursive form begins at a loss, and `{of.name}` is none")
        structure.refuse_start(by)
        taken = set(structure.model.arities) | {structure.model.horizon, *structure.model.axes.ends}
        self.letter = Symbol(next(name for name in SUM_LETTERS if name not in taken))
        self.structure = structure
        self.of, self.by = of, by
        self.walker = Patterns(structure, by, self.letter.name)
        if not self.walker.leads(of):
            raise NotDerived(f"`{of.name}` does not depend on `{by.name}`")
        self.first, self.last = integer(structure.model.first), Symbol(structure.model.horizon)
        self.states = self.walker.states_below(of)
        names = list(dict.fromkeys(name for name, _ in self.states))
        self.names = short_names(structure, names)

    def delta(self, state: Pattern, step: Expr) -> Symbol:
        """The short name of the derivative by a state at a step."""
        node = self.walker.at(state, step)
        return Symbol(self.names[state[0]], node.index)

    def steps(self) -> tuple[Step, ...]:
        """Names, recursions from the last state to the first, and what reaches the variable."""
        of, letter = self.of, self.letter
        if not self.states:
            raise NotDerived("no state lies between")
        found = []
        for state in self.states:
            node = self.walker.at(state, letter)
            named = Relation(self.delta(state, letter), ":=", self.structure.whole(of, node))
            found.append(Step("name", ("a short name for the derivative of ", of, " by ", node), named))
        for state in self.states:
            found += self._recursion(state)
        left = self.structure.whole(of, self.by)
        reason = ("what reaches each state is passed on to ", self.by)
        found.append(Step("gradient", reason, Relation(left, "=", total(self._gradient()))))
        return tuple(found)

    def hands(self, state: Pattern) -> list[Hand]:
        """All that hands a derivative to a state, the quantity derived first."""
        found = []
        for way in self.walker.ways(self.of):
            if self.walker.pattern(way.end) == state:
                found.append(self._from_top(way))
        for source in self.states:
            for way in self.walker.ways(self.walker.at(source, self.letter)):
                step = self.walker.step_of(way.end)
                if self.walker.pattern(way.end) == state and self.walker.is_state(way.end) and step is not None:
                    if way.binder is not None or step == self.last:
                        raise NotDerived(f"`{state[0]}` is read at many steps at once")
                    offset = offset_of(step, self.letter)
                    if abs(offset) > 1:
                        raise NotDerived(f"`{source[0]}` reaches back over several steps")
                    found.append(Hand(source, way, offset))
        return found

    def _from_top(self, way: Way) -> Hand:
        step = self.walker.step_of(way.end)
        if way.binder is None:
            if step != self.last:
                raise NotDerived(f"`{way.end.name}` is read at a step that is not the last one")
            return Hand(None, way, 0, last=True)
        if step != Symbol(way.binder.letter) or (way.binder.lower, way.binder.upper) != (self.first, self.last):
            raise NotDerived(f"`{way.end.name}` is not read once at every step")
        return Hand(None, way, 0)

    def _handed(self, hand: Hand, step: Expr) -> Expr:
        """What a way hands to a state at a step."""
        if hand.source is None:
            letter = hand.way.binder.letter if hand.way.binder is not None else self.letter.name
            return weighted(hand.way.weight, *(substitute(factor, {letter: step}) for factor in hand.way.factors))
        before = shifted(step, -hand.offset)
        factors = (substitute(factor, {self.letter.name: before}) for factor in hand.way.factors)
        return weighted(hand.way.weight, self.delta(hand.source, before), *map(merged_steps, factors))

    def _recursion(self, state: Pattern) -> list[Step]:
        """The derivative by a state at the end that nothing follows, and at every other step."""
        hands = self.hands(state)
        onward = [hand for hand in hands if hand.offset < 0]
        back = [hand for hand in hands if hand.offset > 0]
        if onward and back:
            raise NotDerived(f"`{state[0]}` acts on the steps before it and on those after it")
        everywhere = [hand for hand in hands if not hand.last]
        node = self.walker.at(state, self.letter)
        if not onward and not back and not any(hand.last for hand in hands):
            terms = add(*(self._handed(hand, self.letter) for hand in hands))
            return [Step("recursion", (node, " acts at its own step only"), self._says(state, self.letter, terms))]
        end = self.first if back else self.last
        here = [self._handed(hand, end) for hand in hands if hand.offset == 0 and (end == self.last or not hand.last)]
        if not here:
            raise NotDerived(f"nothing reads `{state[0]}` at its end")
        which = "first" if back else "last"
        words = f"the {which} state hands on nothing to another step"
        steps = [Step("last", (words,), self._says(state, end, add(*here)))]
        after = "after" if onward else "before"
        reason = (node, f" also acts through the states {after} it" if here else f" acts through the states {after} it")
        terms = add(*(self._handed(hand, self.letter) for hand in everywhere))
        return [*steps, Step("recursion", reason, self._says(state, self.letter, terms))]

    def _says(self, state: Pattern, step: Expr, terms: Expr) -> Relation:
        return Relation(self.delta(state, step), "=", terms)

    def _gradient(self) -> list[Expr]:
        """The addends of the derivative by the variable."""
        if self.walker.is_state(self.by) and self.walker.target in self.states:
            return self._of_state(self.by)
        found = [self._direct(way) for way in self.walker.ways(self.of) if self.walker.is_end(way.end)]
        for state in self.states:
            for way in self.walker.ways(self.walker.at(state, self.letter)):
                if self.walker.is_end(way.end):
                    found.append(self._leaving(state, way))
        return found

    def _of_state(self, by: Symbol) -> list[Expr]:
        step = self.walker.step_of(by)
        before = isinstance(step, Number) and step.value < self.structure.model.first
        after = step == shifted(self.last, 1)
        if step is None or not (before or after):
            return [self.delta(self.walker.target, step or self.letter)]
        hands = [hand for hand in self.hands(self.walker.target) if hand.source is not None]
        return [self._handed(hand, step) for hand in hands if (hand.offset < 0) == before and hand.offset]

    def _direct(self, way: Way) -> Expr:
        step = self.walker.step_of(self.by)
        if step is None:
            return summed(weighted(way.weight, *way.factors), way.binder)
        end = self.walker.step_of(way.end)
        if way.binder is None or end is None:
            raise NotDerived(f"single steps of `{self.by.name}` are used, so there is no formula for any step")
        letter = Symbol(way.binder.letter)
        solved = {letter.name: shifted(step, -offset_of(end, letter))}
        return weighted(way.weight, *(merged_steps(substitute(factor, solved)) for factor in way.factors))

    def _leaving(self, state: Pattern, way: Way) -> Expr:
        """From a state to the variable: at every step, or at the one that the variable names."""
        body = weighted(way.weight, self.delta(state, self.letter), *way.factors)
        step = self.walker.step_of(self.by)
        if step is None:
            return summed(body, Binder(self.letter.name, self.first, self.last))
        end = self.walker.step_of(way.end)
        if end is None:
            raise NotDerived(f"`{self.by.name}` has no step here")
        return merged_steps(substitute(body, {self.letter.name: shifted(step, -offset_of(end, self.letter))}))
