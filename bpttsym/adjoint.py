r"""The recursive form: the derivative by each state from those by the states that are computed from it.

\delta_T = \frac{\partial L}{\partial h_T},    \delta_t = \delta_{t+1}\frac{\partial h_{t+1}}{\partial h_t},
\frac{\partial L}{\partial\psi} = \sum_{t=1}^{T}\delta_t\frac{\partial^{+} h_t}{\partial\psi}

A model may have several: gates with a cell, layers, each a state of its own; one that runs back takes what the step
before it hands on, and one that is read at its end alone takes what all steps of another hand to it.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from bpttsym.blocks import Blocks
from bpttsym.expansion import weighted
from bpttsym.expr import (
    Expr,
    Number,
    Relation,
    Symbol,
    add,
    shifted,
    walk,
)
from bpttsym.patterns import Pattern, Patterns
from bpttsym.records import dataclass, replace
from bpttsym.rewriting import substitute
from bpttsym.structure import Binder, NotDerived, Step, Structure, Words, merged_steps
from bpttsym.summation import SUM_LETTERS, offset_of, summed, total
from bpttsym.ways import Way

NAMES = (r"\delta", r"\lambda", r"\eta", r"\epsilon", r"\zeta", r"\kappa", r"\mu", r"\xi")
"""What the derivative by a state may be called, the first that the model does not use."""


def short_names(structure: Structure, wanted: Collection[str]) -> dict[str, str]:
    """A short name for the derivative by each of some states: the same in every derivation that one text may hold."""
    free = [name for name in NAMES if name not in structure.names]
    named = dict(zip(sorted({name for name, _ in structure.states}), free, strict=False))
    found = {state: named[state] for state in wanted if state in named}
    if len(found) < len(set(wanted)):
        raise NotDerived(f"there are more than {len(free)} kinds of states")
    return found


@dataclass(frozen=True, slots=True)
class Hand:
    """A way that hands a derivative to a state; ``source`` is the state it comes from, None for the quantity derived.

    The source is at the step of the state minus ``offset``. A way that is ``once`` reaches only the step at which the
    recursion begins: from the quantity derived, or from each step of the source.
    """

    source: Pattern | None
    way: Way
    offset: int
    once: bool = False


class Adjoint:
    """The steps of the recursive form for any states that each depend on steps next to their own."""

    def __init__(self, structure: Structure, of: Symbol, by: Symbol) -> None:
        if of.index or structure.is_state(of):
            raise NotDerived(f"the recursive form begins at a loss, and `{of.name}` is none")
        structure.refuse_start(by)
        self.letter = Symbol(next(name for name in SUM_LETTERS if name not in structure.names))
        self.structure = structure
        self.of, self.by = of, by
        self.walker = Patterns(structure, by, self.letter.name)
        if not self.walker.leads(of):
            raise NotDerived(f"`{of.name}` does not depend on `{by.name}`")
        self.blocks = Blocks(structure, self.walker, of)
        self.states = self.walker.states_below(of)
        self.names = short_names(structure, list(dict.fromkeys(name for name, _ in self.states)))

    def delta(self, state: Pattern, step: Expr) -> Symbol:
        """The short name of the derivative by a state at a step."""
        node = self.walker.at(state, step)
        return Symbol(self.names[state[0]], node.index)

    def steps(self) -> tuple[Step, ...]:
        """Names, recursions from the last state to the first, and what reaches the variable."""
        of, letter = self.of, self.letter
        found = []
        for state in self.states:
            node = self.walker.at(state, letter)
            named = Relation(self.delta(state, letter), ":=", self.structure.whole(of, node))
            found.append(Step("name", ("a short name for the derivative of ", of, " by ", node), named))
        for state in self.states:
            found += self._recursion(state)
        passed: Words = ("what reaches each state is passed on to ", self.by)
        reason = passed if self.states else ("the chain rule; no state lies between",)
        left = self.structure.whole(of, self.by)
        found.append(Step("gradient", reason, Relation(left, "=", total(self._gradient()))))
        return tuple(found)

    @cached_property
    def _tops(self) -> list[Way]:
        return self.walker.ways(self.of)

    def hands(self, state: Pattern) -> list[Hand]:
        """All that hands a derivative to a state, the quantity derived first."""
        found = []
        for way in self._tops:
            if self.walker.pattern(way.end) == state:
                found.append(self._from_top(way))
        for source in self.states:
            for way in self.blocks.ways(source):
                if self.walker.pattern(way.end) == state and self.walker.is_state(way.end):
                    found.append(self._from_state(source, way))
        return list(dict.fromkeys(found))

    def _from_state(self, source: Pattern, way: Way) -> Hand:
        """What a way from another state hands on; those that are all that lies between two states as one."""
        step = self.walker.step_of(way.end)
        if way.binder is not None or step is None:
            raise NotDerived(f"`{way.end.name}` is read at many steps at once")
        if all(part != self.letter for part in walk(step)):
            self._refuse_other(way.end, step)
            return Hand(source, way, 0, once=True)
        offset = offset_of(step, self.letter)
        if abs(offset) > 1:
            raise NotDerived(f"`{source[0]}` reaches back over several steps")
        node = self.walker.at(source, self.letter)
        if self.blocks.covers([node], way.end):
            way = Way((self.structure.whole(node, way.end),), way.end)
        return Hand(source, replace(way, first=None), offset)

    def _from_top(self, way: Way) -> Hand:
        step = self.walker.step_of(way.end)
        first, last = self._ends(self.walker.pattern(way.end))
        if way.binder is None:
            self._refuse_other(way.end, step)
            return Hand(None, way, 0, once=True)
        if step != Symbol(way.binder.letter) or (way.binder.lower, way.binder.upper) != (first, last):
            raise NotDerived(f"`{way.end.name}` is not read once at every step")
        return Hand(None, way, 0)

    def _refuse_other(self, state: Symbol, step: Expr | None) -> None:
        """Raise NotDerived where a state is read at a single step that is not the one the recursion begins at."""
        block = self.blocks.block(state)
        first, last = self.blocks.ends(block)
        if step != (first if block.offset > 0 else last):
            which = "first" if block.offset > 0 else "last"
            raise NotDerived(f"`{state.name}` is read at a single step that is not the {which} one")

    def _ends(self, state: Pattern) -> tuple[Expr, Expr]:
        """The first and the last step of a state."""
        return self.blocks.ends(self.blocks.block(self.walker.at(state, self.letter)))

    def _handed(self, hand: Hand, step: Expr) -> Expr:
        """What a way hands to a state at a step."""
        if hand.source is None:
            letter = hand.way.binder.letter if hand.way.binder is not None else self.letter.name
            return weighted(hand.way.weight, *(substitute(factor, {letter: step}) for factor in hand.way.factors))
        if hand.once:
            body = weighted(hand.way.weight, self.delta(hand.source, self.letter), *hand.way.factors)
            return summed(body, Binder(self.letter.name, *self._ends(hand.source)))
        before = shifted(step, -hand.offset)
        factors = (substitute(factor, {self.letter.name: before}) for factor in hand.way.factors)
        return weighted(hand.way.weight, self.delta(hand.source, before), *map(merged_steps, factors))

    def _recursion(self, state: Pattern) -> list[Step]:
        """The derivative by a state at the end that nothing follows, and at every other step."""
        hands = self.hands(state)
        back = [hand for hand in hands if hand.offset > 0]
        if back and any(hand.offset < 0 for hand in hands):
            raise NotDerived(f"`{state[0]}` acts on the steps before it and on those after it")
        everywhere = [hand for hand in hands if not hand.once]
        node, (first, last) = self.walker.at(state, self.letter), self._ends(state)
        if not any(hand.offset or hand.once for hand in hands):
            terms = add(*(self._handed(hand, self.letter) for hand in hands))
            return [Step("recursion", (node, " acts at its own step only"), self._says(state, self.letter, terms))]
        end = first if back else last
        here = [self._handed(hand, end) for hand in hands if hand.offset == 0]
        if not here:
            raise NotDerived(f"nothing reads `{state[0]}` at its end")
        after = "before" if back else "after"
        ended = (self.walker.at(state, end), f" hands on nothing to a step {after} it")
        steps = [Step("last", ended, self._says(state, end, add(*here)))]
        also = " also acts" if any(not hand.offset for hand in everywhere) else " acts"
        reason = (node, f"{also} through what is computed from it in the step {after} it")
        terms = add(*(self._handed(hand, self.letter) for hand in everywhere))
        read = any(hand.source is None and len(hand.way.factors) == 1 for hand in everywhere)
        where = self.structure.from_first(self.letter) if read and not back else None
        return [*steps, Step("recursion", reason, self._says(state, self.letter, terms), where=where)]

    def _says(self, state: Pattern, step: Expr, terms: Expr) -> Relation:
        return Relation(self.delta(state, step), "=", terms)

    def _gradient(self) -> list[Expr]:
        """The addends of the derivative by the variable."""
        if self.walker.target in self.states:
            return self._of_state(self.by)
        found = [self._direct(way) for way in self._tops if self.walker.is_end(way.end)]
        for state in self.states:
            for way in self.blocks.ways(state):
                if self.walker.is_end(way.end):
                    found.append(self._leaving(state, way))
        return found

    def _of_state(self, by: Symbol) -> list[Expr]:
        step, (_, last) = self.walker.step_of(by), self._ends(self.walker.target)
        before = isinstance(step, Number) and step.value < self.structure.model.first
        after = step == shifted(last, 1)
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
            first, last = self._ends(state)
            return summed(body, Binder(self.letter.name, self.walker.least(way, self.letter, first), last))
        end = self.walker.step_of(way.end)
        if end is None:
            raise NotDerived(f"`{self.by.name}` has no step here")
        return merged_steps(substitute(body, {self.letter.name: shifted(step, -offset_of(end, self.letter))}))
