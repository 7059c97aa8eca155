r"""The plainest network of which a document writes the chain rule without defining it: any functions, named as such.

    h_t = f(h_{t-1}, x_t; W),    \hat{y}_t = g(h_t; V),    L_t = \ell(\hat{y}_t)

What holds for it holds on that condition. What fails is refuted only if the derivatives leave no other plain network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Expr,
    Multiply,
    Norm,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    children,
    names,
    shifted,
    walk,
)
from bpttsym.guesses import LOSS_FUNCTION, outputs_of, ways_written
from bpttsym.model import Definition, Model, has_derivative, index_letters
from bpttsym.records import dataclass, replace
from bpttsym.shapes import LOSS_LETTERS
from bpttsym.sketch import Part, Sketch, sketch
from bpttsym.totals import completions
from bpttsym.variants import EQUALITIES, Variant, fit

STEP = Symbol("t")
FUNCTIONS = ("f", "g", "q", "r", "p", "u", "v", *(f"f_{{{number}}}" for number in range(20)))
INPUTS = ("x", "u", "z", r"\xi", r"\zeta")


@dataclass(frozen=True)
class Supposed:
    """A model with the definitions that were ``added``; ``sure`` if the derivatives leave no other plain one.

    ``words`` say what else was supposed, of a loss of which the document differentiates in an abbreviation.
    """

    model: Model
    added: tuple[Definition, ...]
    sure: bool
    words: str = ""


def networks(claims: Sequence[Relation], model: Model) -> list[Supposed]:
    """The networks of which the claims of a section are chain rules, the plainest first, where nothing defines one.

    Another one has more direct paths.
    """
    chains = [claim for claim in claims if all(_is_derived(side, model) for side in (claim.left, claim.right))]
    if not chains or not _is_open(model):
        return []
    roots = [*chains, *(known.body for known in model.abbreviations)]
    found: dict[tuple[Definition, ...], Supposed] = {}
    for direct in (False, True):
        drawn = sketch(roots, model.horizon, direct)
        if drawn is not None and _has_room(drawn, model):
            quantities = _quantities(drawn, model)
            ready = replace(model, definitions=(*quantities, *model.definitions))
            added = (*quantities, *_losses(roots, drawn, ready))
            ready = replace(model, definitions=(*added, *model.definitions))
            found.setdefault(added, Supposed(ready, added, drawn.sure))
    return [one for known in found.values() for one in _with_totals(known)]


def _with_totals(known: Supposed) -> Iterator[Supposed]:
    r"""A network with the loss made of others that an abbreviation names: ``\delta_t = \partial L / \partial h_t``."""
    named = names_in(part.body for part in known.model.abbreviations)
    defined = {(d.name, len(d.index)) for d in known.model.definitions}
    totals = [(name, 0) for name in sorted(named & LOSS_LETTERS) if (name, 0) not in defined]
    if len(totals) != 1:
        yield known
        return
    for ready in completions(totals[0], {totals[0]}, known.model):
        yield replace(known, model=ready.model, words=ready.condition)


def supposed_variants(relation: Relation, known: Sequence[Supposed]) -> list[Variant]:
    """The networks for one of the claims; what they make of it is tried in turn."""
    if relation.operator not in EQUALITIES:
        return []
    groups = [group for one in known if (group := list(_under(relation, one)))]
    if not groups:
        return []
    (first, *more), *rest = groups
    later = tuple(variant for group in rest for variant in group)
    return [replace(first, otherwise=(*first.otherwise, *later)), *more]


def names_in(roots: Iterable[Expr]) -> set[str]:
    """All names in some formulas."""
    return {name for root in roots for name in names(root)}


def _is_open(model: Model) -> bool:
    """Whether a model says of losses only what they are."""
    return all(known.name in model.losses for known in model.definitions) and not model.functions and not model.sets


def _has_room(drawn: Sketch, model: Model) -> bool:
    """Whether nothing that is supposed has another sense."""
    supposed = {part.name for part in drawn.parts}
    named = supposed.union(*((*part.inputs, *part.parameters) for part in drawn.parts))
    return not (supposed & {known.name for known in model.abbreviations} or named & model.unread)


def _is_chain(relation: Relation, model: Model) -> bool:
    """Whether it is a chain rule by its form, and no property of some functions (that one step is the identity)."""
    parts = [part for side in (relation.left, relation.right) for part in walk(side)]
    composed = any(isinstance(part, Multiply | Sum | Product | Add) for part in parts if _is_derived(part, model))
    plain = not any(isinstance(part, Power | Norm | Call) for part in parts)
    return composed and plain and all(_is_derived(side, model) for side in (relation.left, relation.right))


def _is_derived(side: Expr, model: Model) -> bool:
    """Whether a side holds a derivative, or what stands for one."""
    return has_derivative(side) or not names(side).isdisjoint(model.abbreviated)


def _outside(node: Expr) -> Iterator[Symbol]:
    """The symbols that are not differentiated, nor differentiated by."""
    if isinstance(node, Symbol):
        yield node
    elif not isinstance(node, Derivative):
        for child in children(node):
            yield from _outside(child)


def _under(relation: Relation, known: Supposed) -> Iterator[Variant]:
    """A supposed network with what the loss of all steps may be; none if a claim needs more than chain rules."""
    model = known.model
    given = {d.name for d in (*model.definitions, *model.abbreviations) if d not in known.added}
    letters = index_letters(relation) | {model.horizon}
    bare = {part.name for side in (relation.left, relation.right) for part in _outside(side)} - letters
    if bare - given - model.losses:
        return
    sure = known.sure and _is_chain(relation, model)
    for variant in fit(relation, model):
        said = " and ".join(filter(None, (known.words, variant.condition)))
        yield replace(
            variant, condition=said, supposed=True, suggested=not sure, network=tuple(map(_line, known.added))
        )


def _line(definition: Definition) -> Relation:
    """A definition as one writes it, a loss without its name in its function."""
    body = definition.body
    if isinstance(body, Call) and body.function.startswith(f"{LOSS_FUNCTION}_"):
        body = replace(body, function=LOSS_FUNCTION)
    return Relation(Symbol(definition.name, definition.index), "=", body)


def _quantities(drawn: Sketch, model: Model) -> tuple[Definition, ...]:
    """Each quantity as a function without a formula of what it is computed from."""
    taken = {name for part in drawn.parts for name in (part.name, *part.now, *part.inputs, *part.parameters)}
    taken |= drawn.losses.union(*(names(known.body) | {known.name} for known in model.definitions))
    free = (letter for letter in FUNCTIONS if letter not in taken)
    input_ = next(letter for letter in INPUTS if letter not in taken)
    wholes = {part.name for part in drawn.parts if part.whole}
    return tuple(_quantity(part, next(free), input_, model.horizon, wholes) for part in drawn.parts)


def _quantity(part: Part, function: str, input_: str, horizon: str, wholes: set[str]) -> Definition:
    step = Symbol(horizon) if part.whole else STEP
    before = tuple(Symbol(name, (shifted(step, -1),)) for name in part.before)
    own = (*part.inputs, *((input_,) if part.before and not part.inputs else ()))
    here = tuple(Symbol(name, () if name in wholes else (step,)) for name in (*part.now, *own))
    body = Call(function, (*before, *here), tuple(map(Symbol, part.parameters)))
    return Definition(part.name, () if part.whole else (STEP,), body)


def _losses(roots: Sequence[Expr], drawn: Sketch, model: Model) -> Iterator[Definition]:
    """The losses that the document does not define, as any functions of the outputs of their step, or of all."""
    defined = {(known.name, len(known.index)): known.body for known in model.definitions}
    outputs = outputs_of(model)
    used = {(p.name, len(p.index)) for root in roots for p in walk(root) if isinstance(p, Symbol)}
    used |= {(p.name, len(p.index)) for body in defined.values() for p in walk(body) if isinstance(p, Symbol)}
    for loss in sorted((name, count) for name in drawn.losses for count in (0, 1)):
        name, count = loss
        index = (STEP,) * count
        if loss not in used or loss in defined or ways_written(name, count, model) != ():
            continue
        total = defined.get((name, 0))
        if all(output.index == index for output in outputs) and (total is None or name in names(total)):
            arguments = tuple(Symbol(output.name, output.index) for output in outputs)
            yield Definition(name, index, Call(f"{LOSS_FUNCTION}_{{{name}}}", arguments))
