r"""The matrix form: gradients as columns and matrices, with every local Jacobian opened that has a formula.

    \nabla_{h_t} L = V^{\top}\nabla_{\hat{y}_t} L + W^{\top}\,\mathrm{diag}(1 - h_{t+1}^2)\,\nabla_{h_{t+1}} L
    \nabla_{W} L = \sum_{t=1}^{T} \mathrm{diag}(1 - h_t^2)\,(\nabla_{h_t} L)\,h_{t-1}^{\top}

Every quantity gathers what those computed from it hand back, from the loss down to the variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bpttsym.axes import Place
from bpttsym.entrywise import without_entries
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Divide,
    Expr,
    Negate,
    Number,
    Relation,
    Sum,
    Symbol,
    add,
    integer,
    shifted,
    walk,
)
from bpttsym.flattened import flattened
from bpttsym.model import Definition
from bpttsym.pullback import Pullback
from bpttsym.records import replace
from bpttsym.structure import Binder, Kind, NotDerived, Step, Structure, at_step, kind_of
from bpttsym.summation import SUM_LETTERS, offset_of, summed


class Use(NamedTuple):
    """A quantity that is computed from another, with its definition at the step that concerns the other.

    ``when``: a use by the quantity of the same step stands for ``every`` step, one by that of the step after it for
    those that have a ``next`` one, one by that of the step before it for those that have a step ``before`` them, and
    one by a quantity without steps may be of the ``last`` step alone, or of the ``first``.
    """

    node: Symbol
    body: Expr
    when: str = "every"
    binder: Binder | None = None


class Gradients:
    """The gradient of one number by a quantity, with the gradients that it needs before it."""

    def __init__(self, structure: Structure, of: Symbol, by: Symbol) -> None:
        self.flat = flattened(structure.model, structure.length)
        self.structure = Structure(self.flat.model, structure.length) if self.flat.named else structure
        self.model = self.structure.model
        self.of, self.by = self._quantity(of), self._quantity(by)
        if not self.structure.is_number(self.of):
            raise NotDerived(f"the matrix form is for the gradient of a number, and `{of.name}` is none")
        self.structure.refuse_start(self.by)
        if not self.structure.reaches(self.of, self.by):
            raise NotDerived(f"`{of.name}` does not depend on `{by.name}`")
        if any(len(definition.index) > 1 for definition in self.model.definitions):
            raise NotDerived("there is no matrix form for quantities with two steps")
        self.first = integer(self.model.first)
        self._read_once: dict[Kind, str] = {}
        taken = self.structure.names | {part.name for part in walk(of) if isinstance(part, Symbol)}
        own = [part for part in self.by.index if isinstance(part, Symbol) and part != self.last(self.by)]
        self.letter = own[0] if own else Symbol(next(letter for letter in SUM_LETTERS if letter not in taken))

    def _quantity(self, symbol: Symbol) -> Symbol:
        flat = self.flat.flat(symbol)
        assert isinstance(flat, Symbol)
        return flat

    def last(self, quantity: Symbol) -> Expr:
        """The last step of a quantity."""
        model = self.model
        name = model.axes.places.get(Place(quantity.name, len(quantity.index), 0), model.horizon)
        return self.structure.last_step(name)

    def steps(self) -> tuple[Step, ...]:
        """The gradients from the number down; the one that is asked for comes last."""
        found: list[Step] = []
        for node in self._between():
            if self._own_gradient(node) is not None:
                found += self.gathered(node)
        found += self.gathered(self.by)
        kept = [step for n, step in enumerate(found) if step.relation not in [s.relation for s in found[n + 1 :]]]
        return tuple(map(self._told, kept))

    def _told(self, step: Step) -> Step:
        """A step about the model as it was given."""
        reason = tuple(part if isinstance(part, str) else self.flat.given(part) for part in step.reason)
        relation = self.flat.given(step.relation)
        assert isinstance(relation, Relation)
        return replace(step, reason=reason, relation=relation)

    def _between(self) -> list[Symbol]:
        """The quantities between the number and the variable, those that hand something back before their parts."""
        order: list[Kind] = []

        def visit(kind: Kind, above: tuple[Kind, ...]) -> None:
            for user in self.structure.uses:
                new = user not in (*order, *above, kind, kind_of(self.of))
                if new and kind in self.structure.uses[user] and self.structure.reaches(self.of, self._any(user)):
                    visit(user, (*above, kind))
            order.append(kind)

        visit(kind_of(self.by), ())
        return [self._any(kind) for kind in order if kind != kind_of(self.by) or self.structure.is_state(self.by)]

    def _any(self, kind: Kind) -> Symbol:
        """The quantity of a kind, at any step if it has steps."""
        return Symbol(kind[0], (self.letter,) * kind[1])

    def gathered(self, node: Symbol) -> list[Step]:
        """What a quantity gathers: one equation, or two where the step at its end differs from all others."""
        uses = sorted(self.uses(node), key=lambda use: use.when in ("next", "before"))
        step = node.index[0] if node.index else None
        if step is None or all(use.when == "every" for use in uses):
            return [self._step(node, uses), *self._cancelled(node, uses)]
        back = any(use.when in ("before", "first") for use in uses)
        if back and any(use.when in ("next", "last") for use in uses):
            raise NotDerived(
                f"`{node.name}` is used by steps after it and by steps before it, each with an end of its own"
            )
        beside, once = ("before", "first") if back else ("next", "last")
        if self._is_outside(step, node):
            return [self._step(node, [use for use in uses if use.when == beside])]
        end = self.first if back else self.last(node)
        later = [use for use in uses if use.when != once]
        if later and step != self.letter and step != end:
            return [self._step(node, later)]
        at_end = Symbol(node.name, (end,))
        found = [self._step(at_end, [use for use in self.uses(at_end) if use.when != beside])]
        return found if step == end or not later else [*found, self._step(node, later)]

    def _is_outside(self, step: Expr, node: Symbol) -> bool:
        """Whether it is the step before the first, or after the last."""
        before = isinstance(step, Number) and step.value < self.model.first
        return before or step == shifted(self.last(node), 1)

    def _cancelled(self, node: Symbol, uses: list[Use]) -> Iterator[Step]:
        """Softmax and cross entropy in one: the output minus the target, whose entries sum to one."""
        match uses:
            case [Use(output, Call(r"\mathrm{softmax}", (argument,)))] if argument == node:
                (one, *others) = self.gathered(output)
                match one.relation.right:
                    case Negate(Divide(Symbol(name) as target, below)) if (
                        below == output and not others and name in self.model.distributions
                    ):
                        reason = ("softmax and cross entropy together, as the entries of ", target, " sum to one")
                        left = Derivative(self.of, node, "gradient")
                        yield Step("gradient", reason, Relation(left, "=", Add((output, Negate(target)))))
            case _:
                return

    def _step(self, node: Symbol, uses: list[Use]) -> Step:
        terms = [summed(term, use.binder) for use in uses for term in self._terms(node, use)]
        if not terms:
            raise NotDerived(f"nothing that `{self.of.name}` depends on is computed from `{node.name}`")
        users: list[str | Expr] = []
        for user in dict.fromkeys(use.node for use in uses):
            users += [" and ", user] if users else [user]
        reason = (node, " gathers what ", *users, " hands back" if len(users) == 1 else " hand back")
        return Step("gradient", reason, Relation(Derivative(self.of, node, "gradient"), "=", add(*terms)))

    def _terms(self, node: Symbol, use: Use) -> list[Expr]:
        rules = Pullback(self.structure.ground.shapes, node, use.node, self.structure.local(use.node, node))
        return rules.of_definition(without_entries(use.body), self._own_gradient(use.node))

    def _own_gradient(self, node: Symbol) -> Expr | None:
        """The gradient by a quantity as it is handed back; None where it is one."""
        if node == self.of:
            return None
        if self.structure.is_number(node) and not self.structure.is_state(node):
            terms = [term for use in self.uses(node) for term in self._terms(node, use)]
            if terms == [integer(1)]:
                return None
        return Derivative(self.of, node, "gradient")

    def _once(self, quantity: Symbol) -> str:
        """The one step of a quantity that is read, ``first`` or ``last``; empty where all are."""
        kind = kind_of(quantity)
        if kind not in self._read_once:
            self._read_once[kind] = ""
            found = {use.when for use in self.uses(self._any(kind))}
            self._read_once[kind] = found.pop() if found in ({"last"}, {"first"}) else ""
        return self._read_once[kind]

    def uses(self, node: Symbol) -> Iterator[Use]:
        """The definitions that mention a quantity, each at the steps that concern it."""
        for definition in self.model.definitions:
            user = Symbol(definition.name, definition.index)
            reached = kind_of(user) == kind_of(self.of) or self.structure.reaches(self.of, user)
            start = self.structure.is_start(definition)
            if reached and not start and kind_of(node) in map(kind_of, self.structure.mentions(definition)):
                if not definition.general:
                    raise NotDerived(f"`{user.name}` is defined for single steps, so there is no matrix form")
                yield from self._use(definition, node)

    def _use(self, definition: Definition, node: Symbol) -> Iterator[Use]:
        name, body = definition.name, definition.body
        mentioned = (part for part in walk(body) if isinstance(part, Symbol) and part.name == node.name)
        indices = {part.index[0] for part in mentioned if part.index}
        user = Symbol(name, definition.index)
        match definition.index, node.index:
            case (), ():
                yield Use(Symbol(name), body)
            case (Symbol(own),), ():
                if self._once(user):
                    end = self.first if self._once(user) == "first" else self.last(user)
                    yield Use(Symbol(name, (end,)), at_step(body, own, end))
                else:
                    begin = shifted(self.first, definition.skip)
                    everywhere = Binder(self.letter.name, begin, self.last(user))
                    yield Use(Symbol(name, (self.letter,)), at_step(body, own, self.letter), binder=everywhere)
            case (), _:
                letters = {part.index for part in walk(body) if isinstance(part, Sum)}
                if indices == {self.last(node)}:
                    yield Use(Symbol(name), body, "last")
                elif indices == {self.first}:
                    yield Use(Symbol(name), body, "first")
                elif all(isinstance(index, Symbol) and index.name in letters for index in indices):
                    yield Use(Symbol(name), body)
                else:
                    raise NotDerived(f"`{name}` uses `{node.name}` at single steps, so there is no matrix form")
            case (Symbol(own),), (step,):
                for offset in sorted({offset_of(index, Symbol(own)) for index in indices}, key=abs):
                    if offset not in (0, -1, 1):
                        raise NotDerived(f"`{name}` uses `{node.name}` at a step that no rule is for")
                    at = shifted(step, -offset)
                    when = {0: self._once(user) or "every", -1: "next", 1: "before"}[offset]
                    yield Use(Symbol(name, (at,)), at_step(body, own, at), when)
            case _:
                raise NotDerived(f"no rule says at which steps `{name}` uses `{node.name}`")
