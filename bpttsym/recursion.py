r"""The recursive form: the derivative by the state of one step from that by the state of the next.

\delta_T = \frac{\partial L}{\partial h_T},    \delta_t = \delta_{t+1}\frac{\partial h_{t+1}}{\partial h_t},
\frac{\partial L}{\partial\psi} = \sum_{t=1}^{T}\delta_t\frac{\partial^{+} h_t}{\partial\psi}
"""

from __future__ import annotations

from collections.abc import Collection

from bpttsym.expansion import weighted
from bpttsym.expr import Expr, Number, Relation, Symbol, add, integer, multiply, shifted, substitute
from bpttsym.structure import Binder, NotDerived, Step, Structure
from bpttsym.summation import Chain, summed, total
from bpttsym.ways import Way

NAMES = (r"\delta", r"\lambda", r"\eta", r"\epsilon", r"\zeta", r"\kappa", r"\mu", r"\xi")
"""What the derivative by a state may be called, the first that the model does not use."""


def short_names(structure: Structure, wanted: Collection[str]) -> dict[str, str]:
    """A short name for the derivative by each of some states: the same in every derivation that one text may hold."""
    taken = set(structure.model.arities) | {structure.model.horizon, *structure.model.axes.ends}
    free = [name for name in NAMES if name not in taken]
    named = dict(zip(sorted({name for name, _ in structure.states}), free, strict=False))
    found = {state: named[state] for state in wanted if state in named}
    if len(found) < len(set(wanted)):
        raise NotDerived(f"there are more than {len(free)} kinds of states")
    return found


class Recursion:
    """The steps from the last state down, and from each state to the variable."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.model = chain.structure.model
        if chain.structure.is_state(chain.of):
            raise NotDerived(f"the recursive form begins at a loss, and `{chain.of.name}` is a state itself")
        self.letter = Symbol(chain.letters()[0])
        self.last = Symbol(self.model.horizon)
        self.name = short_names(chain.structure, [chain.state])[chain.state] if chain.through else ""

    def delta(self, step: Expr) -> Symbol:
        """The short name of the derivative by the state at a step."""
        return Symbol(self.name, (step,))

    def steps(self) -> tuple[Step, ...]:
        """All steps; where no state lies between, the chain rule alone."""
        chain, letter = self.chain, self.letter
        left = chain.structure.whole(chain.of, chain.by)
        if not chain.through:
            reason = ("the chain rule; no state lies between",)
            return (Step("gradient", reason, Relation(left, "=", total(chain.terms()))),)
        state = Symbol(chain.state, (letter,))
        named = Relation(self.delta(letter), ":=", chain.structure.whole(chain.of, state))
        onward = multiply(self.delta(shifted(letter, 1)), chain.jacobian(letter))
        return (
            Step("name", ("a short name for the derivative of ", chain.of, " by ", state), named),
            Step(
                "last",
                ("the last state reaches ", chain.of, " through what is read from it alone"),
                Relation(self.delta(self.last), "=", add(*self._read(self.last))),
            ),
            Step(
                "recursion",
                ("every state before it also acts through the state after it",),
                Relation(self.delta(letter), "=", add(*self._read(letter), onward)),
                where=chain.structure.from_first(letter) if chain.reads_states else None,
            ),
            Step(
                "gradient",
                ("what reaches each state is passed on to ", chain.by),
                Relation(left, "=", total([*chain.direct_terms(), *self._leavings()])),
            ),
        )

    def _read(self, step: Expr) -> list[Expr]:
        """The ways from the quantity to the state at a step that no later state lies on."""
        found = []
        for way in self.chain.through:
            if way.binder is None:
                if way.end.index != (self.last,):
                    raise NotDerived(f"`{self.chain.state}` is read at a step that is not the last one")
                if step == self.last:
                    found.append(weighted(way.weight, *way.factors))
            else:
                found.append(weighted(way.weight, *self._at(way, way.binder, step)))
        return found

    def _at(self, way: Way, binder: Binder, step: Expr) -> tuple[Expr, ...]:
        everywhere = (integer(self.model.first), self.last)
        if way.end.index != (Symbol(binder.letter),) or (binder.lower, binder.upper) != everywhere:
            raise NotDerived(f"`{self.chain.state}` is not read once at every step")
        return tuple(substitute(factor, {binder.letter: step}) for factor in way.factors)

    def _leavings(self) -> list[Expr]:
        """From each state to the variable, before any earlier state."""
        chain, letter = self.chain, self.letter
        if chain.by.name == chain.state:
            step = chain.by.index[0]
            if isinstance(step, Number) and step.value < self.model.first:
                return [multiply(self.delta(shifted(step, 1)), chain.jacobian(step))]
            return [self.delta(step)]
        found = []
        for exit_ in chain.exits(letter):
            body = weighted(exit_.way.weight, self.delta(letter), *exit_.way.factors)
            if exit_.step is None:
                found.append(summed(body, Binder(letter.name, integer(self.model.first), self.last)))
            else:
                found.append(substitute(body, {letter.name: exit_.step}))
        return found
