r"""The sum form: nested sums over the steps at which a path leaves one block of states for the next.

    \frac{\partial L}{\partial\psi} = \sum_{t=1}^{T}\sum_{k=1}^{t}\frac{\partial L}{\partial h_t}
        \biggl(\prod_{t-1\ge i\ge k}\frac{\partial h_{i+1}}{\partial h_i}\biggr)\frac{\partial^{+}h_k}{\partial\psi}

It holds for any number of steps. A product states its order, and an empty one is the identity.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from bpttsym.blocks import Block, Blocks
from bpttsym.expansion import weighted
from bpttsym.expr import (
    Concatenate,
    Derivative,
    Expr,
    Product,
    Relation,
    Symbol,
    add,
    integer,
    multiply,
    shifted,
    walk,
)
from bpttsym.limits import Entry, Variable, arranged
from bpttsym.patterns import Patterns
from bpttsym.records import dataclass
from bpttsym.rewriting import substitute
from bpttsym.structure import Binder, NotDerived, Step, Structure, Words, merged_steps
from bpttsym.summation import PRODUCT_LETTERS, SUM_LETTERS, offset_of, summed, total
from bpttsym.ways import Way

GENERIC = "\0"
"""The letter of the step that a way begins at; every result has another in its place."""


@dataclass(frozen=True, slots=True)
class Stay:
    """What a path does in one block: it enters at a step, and leaves along a way that begins at another.

    ``enter`` is relative to the generic step at which the block before was left, or a step by itself.
    """

    block: Block
    enter: Expr
    way: Way


class Nested:
    """The derivative of one quantity by another, summed over the paths by the steps at which they leave a block."""

    def __init__(self, structure: Structure, of: Symbol, by: Symbol) -> None:
        structure.refuse_start(by)
        self.structure = structure
        self.of, self.by = of, by
        self.walker = Patterns(structure, by, GENERIC)
        self.blocks = Blocks(structure, self.walker, of)
        self.by_step = self.walker.step_of(by)
        if not self.walker.leads(of):
            raise NotDerived(f"`{of.name}` does not depend on `{by.name}`")
        self.taken = set(structure.names)
        self.taken |= {part.name for one in (of, by) for part in walk(one) if isinstance(part, Symbol)}
        self.starts = [Way((), of)] if self.walker.is_state(of) else list(map(self._renamed, self.walker.ways(of)))

    @cached_property
    def through(self) -> list[Way]:
        """The ways from the quantity that end in a block; their last factor is by the whole of it."""
        found = [self._entering(way) for way in self.starts if self.walker.is_state(way.end)]
        return list(dict.fromkeys(found))

    @property
    def reads_states(self) -> bool:
        """Whether the quantity is computed from the states of every step themselves, the start excepted."""
        return any(way.binder is not None and len(way.factors) == 1 for way in self.starts)

    @property
    def late(self) -> int:
        """By how many steps at least the variable acts on the quantity later than at its own step."""
        direct = len(self.through) < len(self.starts)
        ways = [stays for way in self.through for stays in self._itineraries(way.end)]
        return 0 if direct or not ways else min(map(self._lag, ways))

    def _lag(self, stays: tuple[Stay, ...]) -> int:
        steps = [stay.enter for stay in stays[1:]]
        inside = [step for step in steps if any(part == Symbol(GENERIC) for part in walk(step))]
        return -sum(offset_of(step, Symbol(GENERIC)) for step in inside)

    def terms(self) -> list[Expr]:
        """The addends of the sum form."""
        found = [self._direct(way) for way in self.starts if not self.walker.is_state(way.end)]
        for way in self.through:
            found += [self._term(way, stays) for stays in self._itineraries(way.end)]
        return found

    def _entering(self, way: Way) -> Way:
        """A way to a state as one to its block: by all of its states together where there are several."""
        block, step = self.blocks.block(way.end), self.walker.step_of(way.end)
        if len(block.members) == 1 or step is None:
            return Way(way.factors, way.end, way.weight, way.binder)
        together = self.blocks.node(block, step)
        for count, factor in enumerate(way.factors[1:], 1):
            assert isinstance(factor, Derivative)
            assert isinstance(factor.of, Symbol)
            ends = [other.end for other in self.walker.ways(factor.of)]
            if isinstance(together, Concatenate) and set(ends) <= set(together.parts):
                factors = (*way.factors[:count], self.blocks.whole(factor.of, together))
                return Way(factors, self._first(together), way.weight, way.binder)
        return Way((*way.factors, self.blocks.whole(way.end, together)), self._first(together), way.weight, way.binder)

    @staticmethod
    def _first(together: Expr) -> Symbol:
        first = together.parts[0] if isinstance(together, Concatenate) else together
        assert isinstance(first, Symbol)
        return first

    def _itineraries(self, state: Symbol) -> Iterator[tuple[Stay, ...]]:
        """The blocks that lie on a path from a state to the variable, each with the way it is left by."""
        block, enter = self.blocks.block(state), self.walker.step_of(state)
        assert enter is not None
        if self.walker.target in block.members:
            own = self.walker.at(self.walker.target, Symbol(GENERIC))
            node = self.blocks.node(block, Symbol(GENERIC))
            yield (Stay(block, enter, Way(() if own == node else (self.blocks.whole(node, own),), own)),)
            return
        for way in self.exits(block):
            if not self.walker.is_state(way.end):
                yield (Stay(block, enter, way),)
                continue
            for rest in self._itineraries(way.end):
                yield (Stay(block, enter, way), *rest)

    def exits(self, block: Block) -> list[Way]:
        """The ways from a block at the generic step to the variable, or to the next block."""
        found: list[Way] = []
        for member in block.members:
            for way in self.blocks.ways(member):
                if self.walker.is_state(way.end) and self.walker.pattern(way.end) in block.members:
                    continue
                if way.binder is not None:
                    raise NotDerived(f"`{way.end.name}` is read at many steps at once")
                found.append(self._leaving(block, self.walker.at(member, Symbol(GENERIC)), way))
        return list(dict.fromkeys(found))

    def _leaving(self, block: Block, member: Symbol, way: Way) -> Way:
        """A way from a member of a block as one from the block, in as few factors as say the same."""
        node = self.blocks.node(block, Symbol(GENERIC))
        members = node.parts if isinstance(node, Concatenate) else (node,)
        sources = [part for part in members if isinstance(part, Symbol)]
        step = self.walker.step_of(way.end)
        if self.walker.is_state(way.end) and step is not None:
            target = self.blocks.node(self.blocks.block(way.end), step)
            if self.blocks.covers(sources, target):
                return Way((self.blocks.whole(node, target),), self._first(target))
            way = self._entering(way)
        elif step is not None and self._ends_often(block, way.end) and self.blocks.covers(sources, way.end):
            return Way((self.blocks.whole(node, way.end),), way.end)
        if len(members) == 1:
            return Way(way.factors, way.end, way.weight)
        last = way.factors[-1] if way.factors else None
        if isinstance(last, Derivative) and isinstance(last.of, Symbol) and last.of != member:
            near = self.walker.step_of(last.of) == Symbol(GENERIC)
            if near and last.by == way.end and self.blocks.covers(sources, last.of):
                return Way((self.blocks.whole(node, last.of), last), way.end)
        return Way((self.blocks.whole(node, member), *way.factors), way.end, way.weight)

    def _ends_often(self, block: Block, end: Symbol) -> bool:
        """Whether several ways from a block end at one node."""
        return sum(way.end == end for member in block.members for way in self.blocks.ways(member)) > 1

    def _direct(self, way: Way) -> Expr:
        """An addend that no state lies on."""
        if self.by_step is None:
            return summed(weighted(way.weight, *way.factors), way.binder)
        end = self.walker.step_of(way.end)
        if way.binder is None or end is None:
            if way.end != self.by:
                raise NotDerived(f"single steps of `{self.by.name}` are used, so there is no formula for any step")
            return weighted(way.weight, *way.factors)
        letter = Symbol(way.binder.letter)
        solved = {letter.name: shifted(self.by_step, -offset_of(end, letter))}
        return weighted(way.weight, *(merged_steps(substitute(factor, solved)) for factor in way.factors))

    def _renamed(self, way: Way) -> Way:
        """The way with a letter for its sum that says nothing else here."""
        if way.binder is None or way.binder.letter not in self.taken:
            return way
        letter = self._letters((), 1)[0]
        swap = {way.binder.letter: Symbol(letter)}
        binder = Binder(letter, way.binder.lower, way.binder.upper)
        factors = tuple(substitute(factor, swap) for factor in way.factors)
        end = substitute(way.end, swap)
        assert isinstance(end, Symbol)
        return Way(factors, end, way.weight, binder)

    def _letters(self, used: Sequence[str], count: int) -> list[str]:
        free = [letter for letter in SUM_LETTERS if letter not in self.taken and letter not in used]
        if len(free) < count:
            raise NotDerived("there are not enough letters for so many sums")
        return free[:count]

    def _term(self, way: Way, stays: tuple[Stay, ...]) -> Expr:
        """The addend of all paths with one itinerary: a sum for each step that is not given."""
        own = [] if way.binder is None else [way.binder.letter]
        letters = [*own, *self._letters(own, len(stays))]
        variables, entries = self._variables(way, stays)
        bounds, values = arranged(variables, entries, letters)
        names = (*letters, *self.taken)
        running = next(letter for letter in PRODUCT_LETTERS if letter not in names)
        before = values[0] if own else None
        factors = [substitute(factor, dict(zip(own, values, strict=False))) for factor in way.factors]
        weight = way.weight
        for stay, entry, value in zip(stays, entries, values[len(own) :], strict=True):
            factors += self._product(stay.block, entry.at(before), value, running)
            factors += [self._at(factor, value) for factor in stay.way.factors]
            weight *= stay.way.weight
            before = value
        body = weighted(weight, *map(merged_steps, factors))
        for binder in reversed(bounds):
            body = summed(body, binder)
        return body

    def _variables(self, way: Way, stays: tuple[Stay, ...]) -> tuple[list[Variable], list[Entry]]:
        """The steps at which the blocks are left, and how each is entered; the step of the sum of the way first."""
        variables: list[Variable] = []
        entries: list[Entry] = []
        letter = None if way.binder is None else Symbol(way.binder.letter)
        if way.binder is not None:
            lower = self.walker.least(way, letter, way.binder.lower)
            variables.append(Variable(None, lower, way.binder.upper))
        for position, stay in enumerate(stays):
            entries.append(Entry(*self._relative(stay.enter, letter), stay.block.offset))
            letter = Symbol(GENERIC)
            first, last = self.blocks.ends(stay.block)
            fixed = self._fixed(stay.way) if position == len(stays) - 1 else None
            variables.append(Variable(fixed, self.walker.least(stay.way, letter, first), last))
        return variables, entries

    @staticmethod
    def _relative(step: Expr, letter: Symbol | None) -> tuple[Expr | None, int]:
        """A step by itself, or how far it is from the one before."""
        inside = letter is not None and any(part == letter for part in walk(step))
        return (None, offset_of(step, letter)) if inside and letter is not None else (step, 0)

    def _fixed(self, way: Way) -> Expr | None:
        """The step at which the last block is left, where the step of the variable says it."""
        if self.by_step is None:
            return None
        end = self.walker.step_of(way.end)
        assert end is not None
        return shifted(self.by_step, -offset_of(end, Symbol(GENERIC)))

    def _product(self, block: Block, enter: Expr, leave: Expr, letter: str) -> tuple[Expr, ...]:
        """The factors that lead from a block at one step to it at another; none where they are one."""
        if enter == leave:
            return ()
        lower, upper = (leave, shifted(enter, -1)) if block.offset < 0 else (enter, shifted(leave, -1))
        if lower == upper:
            return (self.blocks.jacobian(block, lower),)
        jacobian = self.blocks.jacobian(block, Symbol(letter))
        return (Product(jacobian, letter, lower, upper, "decreasing" if block.offset < 0 else "increasing"),)

    def by_itself(self) -> list[Step]:
        """A block by a parameter: from the step next to it, and with that put in again and again.

        None where paths lead through several blocks, or leave one at some of its steps only.
        """
        blocks = {self.blocks.block(way.end) for way in self.through}
        exits = [way for block in blocks for way in self.exits(block)]
        first = integer(self.structure.model.first)
        late = any(self.walker.least(way, Symbol(GENERIC), first) != first for way in exits)
        if len(blocks) != 1 or self.by.index or self.walker.is_state(self.of) or late:
            return []
        if any(self.walker.is_state(way.end) for way in exits):
            return []
        block, letter = blocks.pop(), Symbol(self._letters((), 1)[0])
        node, near = (self.blocks.node(block, step) for step in (letter, shifted(letter, block.offset)))
        first_step, last_step = self.blocks.ends(block)
        last, edge = (last_step, letter) if block.offset > 0 else (first_step, shifted(letter, -1))
        now = [weighted(way.weight, *(self._at(factor, letter) for factor in way.factors)) for way in exits]
        beside = multiply(self.blocks.jacobian(block, edge), Derivative(near, self.by, "total"))
        self.taken.add(letter.name)
        put_in = [self._term(Way((), self._first(node)), (Stay(block, letter, way),)) for way in exits]
        self.taken.discard(letter.name)
        which, verb = "before" if block.offset < 0 else "after", "depends" if isinstance(node, Symbol) else "depend"
        shown = _listed(node.parts if isinstance(node, Concatenate) else (node,))
        left = Derivative(node, self.by, "total")
        reason = f" through their own step and through the states {which} it"
        own = f" through its own step and through the state {which}"
        return [
            Step(
                "step",
                (*shown, f" {verb} on ", self.by, own if verb == "depends" else reason),
                Relation(left, "=", add(*now, beside)),
            ),
            Step(
                "unrolled",
                (f"the step {which} put in again and again, {'down' if which == 'before' else 'up'} to step ", last),
                Relation(left, "=", total(put_in)),
            ),
        ]

    @staticmethod
    def _at(factor: Expr, step: Expr) -> Expr:
        """A factor of a way from the generic step, at another."""
        return merged_steps(substitute(factor, {GENERIC: step}))


def _listed(parts: tuple[Expr, ...]) -> Words:
    """Some quantities in running text."""
    words: list[str | Expr] = [parts[0]]
    for part in parts[1:]:
        words += [" and " if part is parts[-1] else ", ", part]
    return tuple(words)
