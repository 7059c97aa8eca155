r"""The limits of nested sums over steps that lie before or after each other.

    \sum_{t=1}^{T}\sum_{k=1}^{t}        or, where the last of them is given,        \sum_{k=s}^{T}\sum_{t=k}^{T}

Each step is tied to the one before it alone, so that the sums can be nested from either end of the chain.
"""

from __future__ import annotations

from collections.abc import Sequence

from bpttsym.expr import Expr, Number, Symbol, shifted
from bpttsym.records import dataclass, replace
from bpttsym.structure import Binder, NotDerived


@dataclass(frozen=True, slots=True)
class Variable:
    """A step: ``given``, or one that a sum runs over; between ``lower`` and ``upper`` in any case."""

    given: Expr | None
    lower: Expr
    upper: Expr


@dataclass(frozen=True, slots=True)
class Entry:
    """The step at which a block is entered: one by itself, or ``shift`` after the step before in the chain.

    The block is left at a step that is not after it where ``offset`` is -1, and not before it where it is 1.
    """

    step: Expr | None
    shift: int
    offset: int

    def at(self, before: Expr | None) -> Expr:
        """The step, where the one before it is known."""
        if self.step is not None:
            return self.step
        assert before is not None
        return shifted(before, self.shift)


def arranged(
    variables: Sequence[Variable], entries: Sequence[Entry], letters: Sequence[str]
) -> tuple[list[Binder], list[Expr]]:
    """The sums from the outermost on, and the value of each step.

    A block has an entry; a step before all blocks, with the first letter, has none.
    """
    return _Arrangement(variables, entries, letters).made()


class _Arrangement:
    def __init__(self, variables: Sequence[Variable], entries: Sequence[Entry], letters: Sequence[str]) -> None:
        self.entries: list[Entry | None] = [*[None] * (len(variables) - len(entries)), *entries]
        self.variables = self._reached(variables)
        self.own = letters[0] if self.entries[0] is None else None
        self.letters = iter(letters[1:] if self.own else letters)
        self.values: list[Expr | None] = [variable.given for variable in variables]
        self.sums: list[Binder] = []

    def _reached(self, variables: Sequence[Variable]) -> list[Variable]:
        """Each step from where on something comes after it in the chain (a state that is read one step late)."""
        found = list(variables)
        for position in reversed(range(len(found) - 1)):
            own, entry, after = found[position], self.entries[position + 1], found[position + 1]
            if entry is not None and entry.step is None and entry.offset < 0 and after.given is None:
                found[position] = replace(own, lower=_later(own.lower, shifted(after.lower, -entry.shift)))
        return found

    def made(self) -> tuple[list[Binder], list[Expr]]:
        heads = [n for n, entry in enumerate(self.entries) if entry is None or entry.step is not None]
        for head, end in zip(heads, [*heads[1:], len(self.variables)], strict=True):
            if self.values[end - 1] is None:
                for position in range(head, end):
                    self._run(position, *self._after(position))
            else:
                for position in reversed(range(head, end - 1)):
                    self._run(position, *self._before(position, position == head))
        return self.sums, [value for value in self.values if value is not None]

    def _run(self, position: int, lower: Expr, upper: Expr) -> None:
        """Let a sum run over a step, unless there is one value only."""
        if lower == upper:
            self.values[position] = lower
            return
        letter = self.own if position == 0 and self.own else next(self.letters)
        self.values[position] = Symbol(letter)
        self.sums.append(Binder(letter, lower, upper))

    def _after(self, position: int) -> tuple[Expr, Expr]:
        """The limits of a step by the one before it."""
        own, entry = self.variables[position], self.entries[position]
        if entry is None:
            return own.lower, own.upper
        enter = entry.at(self.values[position - 1] if position else None)
        return (own.lower, enter) if entry.offset < 0 else (enter, own.upper)

    def _before(self, position: int, head: bool) -> tuple[Expr, Expr]:
        """The limits of a step by the one after it, and by the step at which its own block is entered."""
        own, following = self.variables[position], self.entries[position + 1]
        value = self.values[position + 1]
        assert following is not None
        assert value is not None
        edge = shifted(value, -following.shift)
        lower, upper = own.lower, own.upper
        if following.offset < 0:
            lower = _later(edge, lower)
        else:
            upper = upper if edge == shifted(upper, 1) else edge
        entry = self.entries[position]
        if not head or entry is None:
            return lower, upper
        enter = entry.at(None)
        if entry.offset < 0 and enter != own.upper:
            if upper != own.upper:
                raise NotDerived("a path has two ends that no sum over its steps can have as its limits")
            upper = enter
        elif entry.offset > 0 and enter != own.lower:
            if lower != own.lower:
                raise NotDerived("a path has two ends that no sum over its steps can have as its limits")
            lower = enter
        return lower, upper


def _later(step: Expr, other: Expr) -> Expr:
    """The later one of two literal steps; else the first of them."""
    literal = isinstance(step, Number) and isinstance(other, Number) and step.value < other.value
    return other if literal else step
