"""Which models a claim may be about: its scope, another scope that fits, and what stays undefined tried in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bpttsym.expr import (
    Call,
    Component,
    Derivative,
    Entries,
    Expr,
    Multiply,
    Norm,
    Number,
    Relation,
    Sum,
    Symbol,
    Transpose,
    integer,
    names,
    transform,
    walk,
)
from bpttsym.ground import used_symbols
from bpttsym.model import Definition, Model, free_letters
from bpttsym.reckoner import IDENTITIES
from bpttsym.shapes import ELEMENTWISE, LOSS_LETTERS

LOSS_FUNCTION = r"\ell"


@dataclass(frozen=True)
class Variant:
    """A model for a claim at any horizon; ``condition`` names what was assumed, empty if nothing was.

    A ``suggested`` model is read off the claim itself; under a ``loose`` one a quantity is assumed that the
    document ties to nothing, so that a failure there refutes nothing. An ``earlier`` one is that of a section before.
    """

    condition: str
    label: str
    base: Model
    build: Callable[[int], Model]
    suggested: bool = False
    loose: bool = False
    earlier: bool = False


def _fixed(model: Model) -> Callable[[int], Model]:
    return lambda length: model


def unknown_symbols(relation: Relation, model: Model) -> set[tuple[str, int]]:
    """The names of a relation that a model does not have."""
    arities = model.arities
    return {
        (name, count)
        for name, count in used_symbols(relation, model.horizon)
        if count not in arities.get(name, ()) and not (count == 0 and name in IDENTITIES)
    }


def variants(relation: Relation, scope: int, models: Sequence[Model]) -> list[Variant]:
    """The models under which a claim is tried; empty if its symbols are defined nowhere.

    The scope of the claim comes first; if it does not fit, every scope before it that does, the nearest first.
    """
    order = range(scope, -1, -1)
    fitting: list[list[Variant]] = []
    for position in order:
        found = list(_fit(relation, models[position]))
        if found:
            fitting.append(found)
            if position == scope:
                break
            found[:] = [replace(variant, earlier=True) for variant in found]
    if not fitting:
        identity = _identity(relation, models[scope])
        if identity is not None:
            return [identity]
        suggested = suggested_model(relation, models[scope])
        return [] if suggested is None else [suggested]
    distinct: list[Variant] = []
    for group in fitting:
        for variant in group:
            if not any(variant.base == other.base and variant.condition == other.condition for other in distinct):
                distinct.append(variant)
    if len(fitting) > 1 and len({variant.label for variant in distinct}) > 1:
        return [
            replace(v, condition=" and ".join(filter(None, (f"the model of {v.label}", v.condition)))) for v in distinct
        ]
    return distinct


def _fit(relation: Relation, model: Model) -> Iterator[Variant]:
    missing = unknown_symbols(relation, model)
    numerators = {
        (part.of.name, len(part.of.index))
        for part in walk(relation)
        if isinstance(part, Derivative) and isinstance(part.of, Symbol)
    }
    defined = {(d.name, len(d.index)) for d in (*model.definitions, *model.abbreviations)}
    leaves = {
        (name, count)
        for name, counts in model.arities.items()
        for count in counts
        if name in model.losses and (name, count) not in defined
    }
    losses = {entry for entry in missing if entry in numerators and entry[0] in LOSS_LETTERS}
    if missing - losses or not model.definitions or any(name in model.unread for name, _ in losses):
        return
    model = folded(relation, model)
    loose = any((name, 0) in defined for name, _ in losses)
    losses |= {entry for entry in leaves if entry[1] == 1}
    if not losses:
        yield Variant("", model.label, model, _fixed(model))
        return
    yield from (replace(variant, loose=loose) for variant in _loss_variants(losses, model))


def _identity(relation: Relation, scope: Model) -> Variant | None:
    """A claim about known functions of variables that nothing defines (``\\tanh(x) = ...``): true of every number."""
    symbols = used_symbols(relation, scope.horizon)
    known = any(isinstance(part, Call) and part.function in ELEMENTWISE for part in walk(relation))
    if not known or not symbols or any(count or 0 in scope.arities.get(name, ()) for name, count in symbols):
        return None
    if any(isinstance(part, Call) and part.function not in ELEMENTWISE for part in walk(relation)):
        return None
    model = Model(horizon=scope.horizon, variables=tuple(sorted(name for name, _ in symbols)))
    return Variant("", "", model, _fixed(model))


def scalar_variant(relation: Relation, variant: Variant) -> Variant | None:
    """The same model with scalar states, where nothing in the claim or its definitions marks a vector."""
    if any(_marks_vector(part) for root in (relation, *formulas_used(relation, variant.base)) for part in walk(root)):
        return None
    build = variant.build
    condition = " and ".join(filter(None, (variant.condition, "the states are scalars")))
    return replace(
        variant,
        condition=condition,
        base=replace(variant.base, scalar=True),
        build=lambda length: replace(build(length), scalar=True),
    )


def formulas_used(relation: Relation, model: Model) -> list[Expr]:
    """The formulas that a relation uses, those that they use, and so on."""
    wanted = names(relation)
    found: list[Expr] = []
    while True:
        more = [d.body for d in model.definitions if d.name in wanted and d.body not in found]
        if not more:
            return found
        found.extend(more)
        wanted = wanted.union(*(names(body) for body in more))


def _marks_vector(part: Expr) -> bool:
    match part:
        case Transpose() | Norm() | Component() | Entries() | Sum(components=True):
            return True
        case Multiply(_, operators):
            return any(operator in (r"\odot", r"\otimes", r"\circ") for operator in operators)
        case Derivative(kind="gradient"):
            return True
        case Call(function):
            return function in (r"\mathrm{diag}", r"\mathrm{softmax}", r"\sigma_{\max}")
        case Symbol(name):
            return r"\mathbf" in name
        case _:
            return False


def folded(relation: Relation, model: Model) -> Model:
    """The model with a side definition (``z_t = V h_t``) put into the formulas that contain what it names.

    Only where the claim differentiates by it and no other definition uses it: otherwise it would be on no path.
    """
    by = {part.by.name for part in walk(relation) if isinstance(part, Derivative) and isinstance(part.by, Symbol)}
    used = {part.name for d in model.definitions for part in walk(d.body) if isinstance(part, Symbol)}
    for side in model.definitions:
        if side.name in by - used and len(side.index) == 1 and not isinstance(side.body, Symbol | Number):
            general, others = _named_within(side, model)
            if others != tuple(d for d in model.definitions if d != side):
                model = replace(model, definitions=(*others, general))
    return model


def _named_within(side: Definition, model: Model) -> tuple[Definition, tuple[Definition, ...]]:
    """A side definition, and all others with its name wherever they hold its formula."""
    general = replace(side, index=(STEP,), body=_reindexed(side.body, side.index[0], STEP))
    return general, tuple(replace(d, body=_with_name(d.body, general)) for d in model.definitions if d != side)


STEP = Symbol("t")


def _reindexed(body: Expr, old: Expr, new: Expr) -> Expr:
    def change(node: Expr) -> Expr:
        if isinstance(node, Symbol) and node.index:
            return replace(node, index=tuple(new if part == old else part for part in node.index))
        return node

    return transform(body, change)


def _with_name(body: Expr, side: Definition) -> Expr:
    """A body with the formula of a side definition replaced by its name, at any index letter."""
    for letter in sorted(free_letters(body) | {STEP.name}):
        pattern = _reindexed(side.body, STEP, Symbol(letter))
        name = Symbol(side.name, (Symbol(letter),))
        body = transform(body, partial(_replaced, pattern, name))
    return body


def _replaced(old: Expr, new: Expr, node: Expr) -> Expr:
    return new if node == old else node


def _outputs(model: Model) -> list[Definition]:
    """The last quantities that the model computes: those that no other definition uses, nor holds the formula of."""
    inner = [d for d in model.definitions if d.name not in model.losses]
    used = {part.name for d in inner for part in walk(d.body) if isinstance(part, Symbol) and part.name != d.name}
    last = [d for d in inner if d.name not in used and not _on_the_side(d, model)]
    states = [d for d in model.definitions if d.general and d.index]
    return last or states


def _on_the_side(quantity: Definition, model: Model) -> bool:
    """Whether a quantity only names a part of another's formula (``z_t`` beside ``h_t = \\phi(W h_{t-1} + U x_t)``)."""
    if len(quantity.index) != 1 or isinstance(quantity.body, Symbol | Number):
        return False
    _, others = _named_within(quantity, model)
    return others != tuple(d for d in model.definitions if d != quantity)


def _loss_variants(losses: set[tuple[str, int]], model: Model) -> Iterator[Variant]:
    """An undefined loss as any function of every output, and of the last output only."""
    outputs = _outputs(model)
    stepwise = any(output.index for output in outputs)
    single = [(name, count) for name, count in losses if count == 0]

    def build(last_only: bool) -> Callable[[int], Model]:
        def at(length: int) -> Model:
            added = [_loss(name, count, outputs, model, length, last_only) for name, count in sorted(losses)]
            return replace(model, definitions=(*model.definitions, *added))

        return at

    if single and stepwise:
        names = ", ".join(f"`{name}`" for name, _ in sorted(single))
        yield Variant(f"{names} depends on the outputs of every step", model.label, model, build(False))
        yield Variant(f"{names} depends on the last output only", model.label, model, build(True))
    else:
        yield Variant("", model.label, model, build(False))


def _loss(name: str, count: int, outputs: list[Definition], model: Model, length: int, last_only: bool) -> Definition:
    arguments: list[Expr] = []
    for output in outputs:
        if not output.index:
            arguments.append(Symbol(output.name))
        elif count == 1:
            arguments.append(Symbol(output.name, (Symbol("t"),)))
        else:
            steps = [length] if last_only else range(model.first, length + 1)
            arguments.extend(Symbol(output.name, (integer(step),)) for step in steps)
    index = (Symbol("t"),) if count == 1 else ()
    return Definition(name, index, Call(f"{LOSS_FUNCTION}_{{{name}}}", tuple(arguments)))


def suggested_model(relation: Relation, scope: Model) -> Variant | None:
    """The graph whose edges are the factors of a product of derivatives, for a claim with no definitions.

    Only for literal symbols: each ``\\partial a/\\partial b`` that is a factor makes ``a`` a function of ``b``.
    """
    if any(not isinstance(part.by, Symbol) or not isinstance(part.of, Symbol) for part in _derivatives(relation)):
        return None
    factors = [
        factor
        for part in walk(relation)
        if isinstance(part, Multiply)
        for factor in part.factors
        if isinstance(factor, Derivative)
    ]
    symbols = used_symbols(relation, scope.horizon)
    if not factors or any(isinstance(part, Symbol) and not _literal(part) for part in walk(relation)):
        return None
    parents: dict[Symbol, list[Symbol]] = {}
    for factor in factors:
        assert isinstance(factor.of, Symbol) and isinstance(factor.by, Symbol)
        below = parents.setdefault(factor.of, [])
        if factor.by not in below:
            below.append(factor.by)
    known = {(symbol.name, len(symbol.index)) for symbol in (*parents, *(p for ps in parents.values() for p in ps))}
    if symbols - known or _circular(parents) or any(name in scope.unread for name, _ in known):
        return None
    definitions = tuple(
        Definition(of.name, of.index, Call(f"f_{{{of.name}{_shown(of)}}}", tuple(below)))
        for of, below in parents.items()
    )
    model = Model(definitions, horizon=scope.horizon, length=scope.length, label="")
    condition = "each quantity depends only on those by which the factors differentiate it"
    return Variant(condition, "", model, _fixed(model), suggested=True)


def _circular(parents: dict[Symbol, list[Symbol]]) -> bool:
    done: set[Symbol] = set()

    def visit(node: Symbol, open_: frozenset[Symbol]) -> bool:
        if node in open_:
            return True
        if node in done:
            return False
        circular = any(visit(parent, open_ | {node}) for parent in parents.get(node, ()))
        done.add(node)
        return circular

    return any(visit(node, frozenset()) for node in parents)


def _derivatives(relation: Relation) -> Iterator[Derivative]:
    return (part for part in walk(relation) if isinstance(part, Derivative))


def _literal(symbol: Symbol) -> bool:
    return not any(isinstance(part, Symbol) for index in symbol.index for part in walk(index))


def _shown(symbol: Symbol) -> str:
    return ",".join(str(part.value) for part in symbol.index if hasattr(part, "value"))
