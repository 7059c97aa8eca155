r"""The derivative of one quantity of a model by another, in named steps that each make a claim.

    \frac{\partial L}{\partial\psi} = \sum_{t=1}^{T}\sum_{k=1}^{t}\frac{\partial L}{\partial h_t}\cdots

A derivation judges nothing: a step is a relation with a reason in words, and whether it is true is for
``check`` to find out. What a form is called is a row of ``FORMS``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property

from bpttsym.axes import Place
from bpttsym.errors import NotRead, UsageError
from bpttsym.expansion import count_paths, expanded, numbered, steps_of, weighted
from bpttsym.expr import Derivative, Expr, Number, Relation, Symbol, add, children, shifted, walk
from bpttsym.joint import joint_names
from bpttsym.model import Definition, Model, index_value
from bpttsym.names import of_number, plain, relevant, typed, unknown
from bpttsym.records import dataclass, field, replace
from bpttsym.structure import NotDerived, Step, Structure, Words
from bpttsym.ways import Unrolled

MAXIMUM_FACTORS = 100_000
"""An expansion of more factors is not made as a tree; it can be written out term by term."""


class TooLong(NotDerived):
    """An expansion that is not made as a tree."""

    def __init__(self, terms: int, factors: int) -> None:
        super().__init__(f"the expanded form has {terms} terms with {factors} factors; its sum form is one line")


@dataclass(frozen=True)
class Derivation:
    """The derivative of ``of`` by ``by`` in a model, unrolled over ``length`` steps where a form needs a number."""

    model: Model
    of: Symbol
    by: Symbol
    length: int
    _made: dict[str, tuple[Step, ...]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def structure(self) -> Structure:
        """The model made ready, with its graph over ``length`` steps; it is that of all derivatives in the model."""
        key = Structure, self.length
        if key not in self.model.kept:
            self.model.kept[key] = Structure(self.model, self.length)
        known: Structure = self.model.kept[key]
        return known

    @property
    def left(self) -> Derivative:
        """What is derived."""
        return self.structure.whole(self.of, self.by)

    def steps(self, form: str) -> tuple[Step, ...]:
        """The steps of a form, the one that says the derivative itself last."""
        if form not in FORMS:
            raise UsageError(unknown("form", form, FORMS))
        if form not in self._made:
            self._refuse_missing()
            self._made[form] = FORMS[form].steps(self)
        return self._made[form]

    def _refuse_missing(self) -> None:
        """Raise NotDerived where the variable has no such step (the state before the first of one that runs back)."""
        try:
            index = tuple(index_value(part, self.structure.graph.ends) for part in self.by.index)
        except NotRead:
            return  # a letter stands for every step
        if index and (self.by.name, index) not in self.structure.graph.nodes:
            raise NotDerived(f"`{self.by.name}` has no step {', '.join(map(str, index))} in this model")

    def fixed(self, form: str) -> bool:
        """Whether a form is about one number of steps."""
        return FORMS[form].fixed or has_literal_steps(self.model)


@dataclass(frozen=True, slots=True)
class Form:
    """How a form is made, what it is in words, and whether it is about one number of steps.

    ``results`` are the names of the steps that are the form itself and not the way to it; all where there are none.
    """

    title: str
    steps: Callable[[Derivation], tuple[Step, ...]]
    fixed: bool
    results: tuple[str, ...] = ()


def derivation(model: Model, of: str | Symbol, by: str | Symbol, length: int | None = None) -> Derivation:
    """The derivation of a derivative in a model; names may be LaTeX or plain (``psi``, ``W_hh``, ``h_0``).

    Without a length, the model's own or 4. Raises UsageError for a name that the model does not have.
    """
    if length is not None and length < 1:
        raise UsageError(f"there is no model of {length} steps; the number of steps is at least 1")
    steps = length or model.length or 4
    if length is not None and model.length not in (None, length) and has_literal_steps(model):
        raise NotDerived(f"the definitions name single steps of {model.horizon} = {model.length}, not of {length}")
    what = of_number(model, of)
    key = Derivation, what.name, steps
    if key not in model.kept:
        ready = _with_any_start(relevant(model, what.name))
        model.kept[key] = replace(ready, length=steps if has_literal_steps(ready) else None)
    variable = of_number(model, by)
    if variable.name in joint_names(model):
        members = " and ".join(map(plain, _parts(joint_names(model)[variable.name].body)))
        raise NotDerived(f"`{plain(variable.name)}` is a name for {members} taken as one; derive by each of them")
    return Derivation(model.kept[key], what, variable, steps)


def each_of(model: Model, by: str) -> list[str]:
    """What is typed for several at once, ``W, U`` or ``(h_t, c_t)``, and each of what a name takes as one."""
    inner = by.strip()
    inner = inner[1:-1] if inner.startswith("(") and inner.endswith(")") else inner
    found: list[str] = []
    for name in re.split(r",(?![^{]*})", inner):
        symbol = of_number(model, name.strip() or by)
        joint = joint_names(model).get(symbol.name)
        parts = [name.strip()] if joint is None else [typed(Symbol(part, symbol.index)) for part in _parts(joint.body)]
        found += [part for part in parts if part not in found]
    return found


def _parts(body: Expr) -> Iterator[str]:
    return (part.name for part in children(body) if isinstance(part, Symbol))


def _with_any_start(model: Model) -> Model:
    """The model without numbers for the states before the first step: what holds for all of them holds for zero."""

    def is_start(definition: Definition) -> bool:
        steps = [part.value for part in definition.index if isinstance(part, Number)]
        return isinstance(definition.body, Number) and bool(steps) and max(steps) < model.first

    kept = tuple(definition for definition in model.definitions if not is_start(definition))
    return replace(model, definitions=kept, initial_zero=False)


def has_literal_steps(model: Model) -> bool:
    """Whether a definition names a step after the first by its number, so that it fits one horizon only."""
    for definition in model.definitions:
        for part in walk(definition.body):
            if not isinstance(part, Symbol):
                continue
            for position, index in enumerate(part.index):
                steps = model.axes.counts_steps(Place(part.name, len(part.index), position))
                if steps and isinstance(index, Number) and index.value > model.first:
                    return True
    return False


def _expanded(derivation: Derivation) -> tuple[Step, ...]:
    """One term for each path of the graph with a number of steps; for a variable at any step, at each one."""
    structure = derivation.structure
    derivation = replace(derivation, of=numbered(structure, derivation.of))
    found: list[Step] = []
    for by in steps_of(structure, derivation.by):
        terms, factors = count_paths(structure, derivation.of, by)
        if factors > MAXIMUM_FACTORS:
            raise TooLong(terms, factors)
        left = structure.whole(derivation.of, by)
        outputs = _outputs(derivation, by)
        if outputs is not None:
            found.append(outputs)
        groups = expanded(structure, derivation.of, by)
        right = add(*(term for group in groups for term in group))
        rows = tuple(map(len, groups)) if any(len(group) > 1 for group in groups) else ()
        found.append(Step("paths", paths_reason(derivation, by), Relation(left, "=", right), rows))
    return tuple(found)


def paths_reason(derivation: Derivation, by: Symbol) -> Words:
    """Why the expanded form holds, and in which order its terms stand."""
    return (
        *("one term for each path from ", by, " to ", derivation.of, f" in the graph of {steps_words(derivation)}: "),
        "the local Jacobians along it, the last output first, short paths before long",
    )


def steps_words(derivation: Derivation) -> str:
    """How many steps there are, in words."""
    count = derivation.length - derivation.model.first + 1
    return "one step" if count == 1 else f"{count} steps"


def _outputs(derivation: Derivation, by: Symbol) -> Step | None:
    """The chain rule through the states that the quantity reads, before any state is unrolled."""
    structure = derivation.structure
    if by.index or structure.is_state(derivation.of):
        return None
    walker = Unrolled(structure, by)
    ways = sorted(walker.ways(derivation.of), key=lambda way: walker.key(way.end)[1], reverse=True)
    if not any(structure.is_state(way.end) for way in ways):
        return None
    terms = [
        weighted(way.weight, *way.factors, *(() if way.end == by else (structure.whole(way.end, by),))) for way in ways
    ]
    reason = ("the chain rule through the states that ", derivation.of, " is computed from")
    return Step("outputs", reason, Relation(structure.whole(derivation.of, by), "=", add(*terms)))


def _sum(derivation: Derivation) -> tuple[Step, ...]:
    """Sums over the steps with products of step Jacobians, for any number of steps."""
    from bpttsym.nested import Nested
    from bpttsym.summation import total

    structure, by = derivation.structure, derivation.by
    nested = Nested(structure, derivation.of, by)
    reason = "the sum over all paths, with the states between two steps as an ordered product"
    reason = reason if nested.through else "the chain rule; no state lies between"
    where = None
    free = [part for part in by.index if isinstance(part, Symbol) and part.name not in derivation.model.axes.names]
    if free and nested.late > 0:
        where = Relation(free[0], r"\le", shifted(Symbol(derivation.model.horizon), -nested.late))
    elif free and structure.is_state(by) and nested.reads_states:
        where = structure.from_first(free[0])
    step = Step("sum", (reason,), Relation(derivation.left, "=", total(nested.terms())), where=where)
    return (*nested.by_itself(), step)


def _recursive(derivation: Derivation) -> tuple[Step, ...]:
    """The derivative by each state from that by the next one, or by the next ones where there are several."""
    from bpttsym.adjoint import Adjoint

    return Adjoint(derivation.structure, derivation.of, derivation.by).steps()


def _matrix(derivation: Derivation) -> tuple[Step, ...]:
    """Gradients as columns and matrices, with the local Jacobians opened."""
    from bpttsym.gradients import Gradients

    return Gradients(derivation.structure, derivation.of, derivation.by).steps()


FORMS: dict[str, Form] = {
    "expanded": Form("path by path", _expanded, True, ("paths",)),
    "sum": Form("as a sum over steps", _sum, False, ("sum",)),
    "recursive": Form("from the last step down", _recursive, False),
    "matrix": Form("in matrices", _matrix, False),
}
"""The forms that a derivative can be given in."""
