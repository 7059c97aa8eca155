"""Which models a claim may be about: its scope, another scope that fits, and what stays undefined tried in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bpttsym.copies import with_copies
from bpttsym.expr import (
    Call,
    Component,
    Concatenate,
    Derivative,
    Entries,
    Expr,
    Multiply,
    Norm,
    Number,
    Ones,
    Power,
    Relation,
    Sum,
    Symbol,
    Transpose,
    names,
    walk,
)
from bpttsym.ground import power_letters, used_symbols
from bpttsym.guesses import folded, formulas_used, loss_models, narrow_loss_models
from bpttsym.latex import unicode_line
from bpttsym.loss_forms import Form, are_targets, forms
from bpttsym.model import Model, moved_by
from bpttsym.naming import ARGUMENT
from bpttsym.parameter_sets import only_differentiated_by, with_sets
from bpttsym.records import dataclass, replace
from bpttsym.shape_words import EXTREMA, PART, SQUARE
from bpttsym.shapes import ELEMENTWISE, LOSS_LETTERS, SCALAR_LETTERS, SPECTRAL
from bpttsym.suggested import ONLY_THE_FACTORS, suggested_model
from bpttsym.totals import completions
from bpttsym.weight_shapes import IDENTITIES

EQUALITIES = frozenset(("=", ":="))


@dataclass(frozen=True)
class Variant:
    """A model for a claim at any horizon; ``condition`` names what was assumed, empty if nothing was.

    A ``suggested`` model is read off the claim itself; under a ``loose`` one a quantity is assumed that the
    document ties to nothing, so that a failure there refutes nothing. An ``earlier`` one is that of a section before.
    ``told`` is what goes without saying, and is said all the same. ``form`` says what was assumed of a loss that no
    equation may contradict that is judged later. ``otherwise`` is what is tried in turn where the model does not do.
    What is ``supposed`` is named as a condition, though nothing else was tried. A ``network`` holds definitions that
    the document does not have, and of which its chain rules speak: all of it is a condition of its own. A ``deeper``
    one has more layers than another beside it.
    """

    condition: str
    label: str
    base: Model
    build: Callable[[int], Model]
    suggested: bool = False
    loose: bool = False
    earlier: bool = False
    told: tuple[str, ...] = ()
    doubtful: bool = False
    form: Form | None = None
    otherwise: tuple[Variant, ...] = ()
    supposed: bool = False
    network: tuple[Relation, ...] = ()
    deeper: bool = False


def _fixed(model: Model) -> Callable[[int], Model]:
    return lambda length: model


def unknown_symbols(relation: Relation, model: Model) -> set[tuple[str, int]]:
    """The names of a relation that a model does not have."""
    arities = model.arities
    letters = power_letters(relation, model)
    return {
        (name, count)
        for name, count in used_symbols(relation, model.horizon)
        if count not in arities.get(name, ()) and not (count == 0 and name in IDENTITIES | letters)
    }


def variants(relation: Relation, scope: int, models: Sequence[Model]) -> list[Variant]:
    """The models under which a claim is tried; empty if its symbols are defined nowhere.

    The scope of the claim comes first; if it does not fit, every scope before it that does, the nearest first. What
    the claim's own scope says of a name and is not understood is not what an earlier one says of it.
    """
    used = names(relation)
    fitting: list[list[Variant]] = []
    for position in range(scope, -1, -1):
        lost = models[scope].unread - models[position].unread
        found = list(fit(relation, models[position])) if not lost & used else []
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
        return (
            [] if suggested is None else [Variant(ONLY_THE_FACTORS, "", suggested, _fixed(suggested), suggested=True)]
        )
    distinct: list[Variant] = []
    for group in fitting:
        for variant in group:
            if not any(variant.base == other.base and variant.condition == other.condition for other in distinct):
                distinct.append(variant)
    if len(fitting) > 1 and len({variant.label for variant in distinct}) > 1:
        distinct = _named(distinct)
    return [_with_free_targets(relation, _told_of_moves(variant)) for variant in distinct]


def _told_of_moves(variant: Variant) -> Variant:
    """A claim of differentials says nothing of what has none in it."""
    still = ("what has no differential here is held still",) if variant.base.moved else ()
    return replace(variant, told=(*variant.told, *still))


def _with_free_targets(relation: Relation, variant: Variant) -> Variant:
    r"""A claim that collects the entries of a target, ``\sum_j y_j``, is about any, else about such as sum to 1."""
    collected = {name for part in walk(relation) if (name := collected_target(part, variant.base))}
    if not collected:
        return variant

    def free(model: Model) -> Model:
        return replace(model, distributions=tuple(name for name in model.distributions if name not in collected))

    shown = ", ".join(unicode_line(Symbol(name)) for name in sorted(collected))
    condition = " and ".join(filter(None, (variant.condition, f"the entries of each {shown} sum to 1")))
    build = variant.build
    return replace(
        variant,
        base=free(variant.base),
        build=lambda length: free(build(length)),
        otherwise=(replace(variant, condition=condition), *variant.otherwise),
    )


def collected_target(part: Expr, model: Model) -> str:
    """The target whose entries a sum collects; empty for anything else."""
    body = part.body if isinstance(part, Sum) else None
    body = body.of if isinstance(body, Component) else body
    return body.name if isinstance(body, Symbol) and body.name in model.distributions else ""


def _named(found: Sequence[Variant]) -> list[Variant]:
    """Models that are told apart by their places."""
    return [replace(v, condition=" and ".join(filter(None, (f"the model of {v.label}", v.condition)))) for v in found]


def narrow_variants(relation: Relation, scope: int, models: Sequence[Model]) -> list[Variant]:
    """The model of a claim with a loss that is not defined as a function of one output alone, for each of several."""
    return list(fit(relation, models[scope], True))


def given_function(variant: Variant, unknown: Sequence[str], known: str) -> Variant:
    """The same model with the functions that have no formula as a known one."""
    argument = Symbol(ARGUMENT)
    formulas = tuple((name, (ARGUMENT,), Call(known, (argument,))) for name in unknown)
    shown = " and ".join(unicode_line(Call(name, (argument,))).partition("(")[0] for name in unknown)
    words = f"{shown} {'is' if len(unknown) == 1 else 'are'} {unicode_line(Call(known, (argument,))).partition('(')[0]}"
    build = variant.build

    def given(model: Model) -> Model:
        return replace(model, functions=(*model.functions, *formulas))

    return replace(
        variant,
        condition=" and ".join(filter(None, (variant.condition, words))),
        base=given(variant.base),
        build=lambda length: given(build(length)),
        suggested=True,
    )


def from_zero(variant: Variant) -> Variant:
    """The same model whose states before the first step are zero."""
    build = variant.build
    return replace(
        variant,
        condition=" and ".join(filter(None, (variant.condition, "the states before the first step are 0"))),
        base=replace(variant.base, initial_zero=True),
        build=lambda length: replace(build(length), initial_zero=True),
        suggested=True,
    )


def supposing(variant: Variant, words: str) -> Variant:
    """The same model on a condition more that is only tried; itself where there is none."""
    return replace(on_condition(variant, words), suggested=True) if words else variant


def on_condition(variant: Variant, words: str) -> Variant:
    """The same model on a condition more."""
    return replace(variant, condition=" and ".join(filter(None, (variant.condition, words))))


def either(first: list[Variant], second: list[Variant]) -> list[Variant]:
    """Two models that a claim may be about, each one reading of it."""
    same = [one.base for one in first] == [other.base for other in second]
    return first or second if same or not first or not second else _named([*first, *second])


def fit(relation: Relation, model: Model, narrow: bool = False) -> Iterator[Variant]:
    model = with_copies(relation, model)
    if model.moved != (moved := moved_by(relation)):
        model = replace(model, moved=moved)
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
    if not model.definitions or any(name in model.unread for name, _ in losses):
        return
    letter = only_differentiated_by(relation, missing - losses)
    if letter:
        yield from _of_sets(relation, letter, model, narrow)
        return
    targets = missing - losses
    loose = any((name, 0) in defined for name, _ in losses)
    losses |= {entry for entry in leaves if entry[1] == 1}
    if targets:
        yield from _formed(losses, targets, folded(relation, model)) if not narrow else ()
        return
    model = folded(relation, model)
    tied = False
    for loss in sorted(losses):
        for ready in completions(loss, losses, model, names(relation)):
            tied = tied or loss[1] == 1
            for variant in _completed(losses - {loss}, ready.model, narrow):
                condition = " and ".join(filter(None, (ready.condition, variant.condition)))
                told = (ready.told,) if ready.told else ()
                yield replace(variant, condition=condition, told=told, supposed=ready.supposed)
    if not tied:
        yield from (replace(variant, loose=loose or variant.loose) for variant in _completed(losses, model, narrow))


def _of_sets(relation: Relation, letter: str, model: Model, narrow: bool) -> Iterator[Variant]:
    """The model with each set of parameters that a letter may stand for, one tried after the other."""
    groups: list[list[Variant]] = []
    for words, ready in with_sets(letter, model):
        found = fit(relation, ready, narrow)
        groups.append(
            [
                replace(variant, condition=" and ".join(filter(None, (words, variant.condition))), supposed=True)
                for variant in found
            ]
        )
    if groups and groups[0]:
        first, *others = groups[0]
        yield replace(first, otherwise=tuple(variant for group in groups[1:] for variant in group))
        yield from others


def _completed(losses: set[tuple[str, int]], model: Model, narrow: bool = False) -> Iterator[Variant]:
    """The model with every loss that is not defined as a function of what it may depend on."""
    if losses:
        for guess in (narrow_loss_models if narrow else loss_models)(losses, model):
            yield Variant(guess.words, model.label, model, guess.build, guess.assumed, guess.unsure)
    elif not narrow:
        yield Variant("", model.label, model, _fixed(model))


def arguments_of_known(relation: Relation) -> set[str]:
    """The names within the arguments of known functions."""
    called = [part for part in walk(relation) if isinstance(part, Call) and part.function in ELEMENTWISE]
    return {name for call in called for argument in call.arguments for name in names(argument)}


def _identity(relation: Relation, scope: Model) -> Variant | None:
    """A claim about known functions of variables that nothing defines (``\\tanh(x) = ...``): true of every number."""
    symbols = used_symbols(relation, scope.horizon)
    known = any(isinstance(part, Call) and part.function in ELEMENTWISE for part in walk(relation))
    if any(name.partition("_")[0] in EXTREMA for name, _ in symbols):
        return None  # a maximum over a variable is no number of it
    if not known or not symbols or any(count or 0 in scope.arities.get(name, ()) for name, count in symbols):
        return None
    if any(isinstance(part, Call) and part.function not in ELEMENTWISE for part in walk(relation)):
        return None
    if relation.operator not in EQUALITIES and not names(relation) <= arguments_of_known(relation):
        return None  # it says something of a number that is not defined
    model = Model(horizon=scope.horizon, variables=tuple(sorted(name for name, _ in symbols)))
    return Variant("", "", model, _fixed(model))


def scalar_variant(relation: Relation, variant: Variant) -> Variant | None:
    """The same model with scalar states, where nothing in the claim or its definitions marks a vector."""
    powers = (part for part in walk(relation) if isinstance(part, Power) and not isinstance(part.exponent, Number))
    powered = frozenset(part.base.name for part in powers if isinstance(part.base, Symbol) and not part.base.index)
    roots = (relation, *formulas_used(relation, variant.base))
    if any(_marks_vector(part, powered) for root in roots for part in walk(root)):
        return None
    build = variant.build
    condition = " and ".join(filter(None, (variant.condition, "the states are scalars")))
    return replace(
        variant,
        condition=condition,
        base=replace(variant.base, scalar=True),
        build=lambda length: replace(build(length), scalar=True),
    )


def _marks_vector(part: Expr, powered: frozenset[str]) -> bool:
    match part:
        case Transpose(Symbol(name, ()), letter=True) if name in SCALAR_LETTERS | powered:
            return False  # a power
        case Transpose() | Norm() | Component() | Entries() | Sum(components=True) | Concatenate() | Ones():
            return True
        case Multiply(_, operators):
            return any(operator in (r"\odot", r"\otimes", r"\circ") for operator in operators)
        case Derivative(kind="gradient"):
            return True
        case Call(function):
            return function in (r"\mathrm{diag}", r"\mathrm{softmax}", PART, *SPECTRAL, *SQUARE)
        case Symbol(name):
            return r"\mathbf" in name
        case _:
            return False


def _formed(losses: set[tuple[str, int]], targets: set[tuple[str, int]], model: Model) -> Iterator[Variant]:
    """The model with an undefined loss as one of the usual functions of an output and of a target in the claim."""
    for form in forms(losses, min(targets), model) if losses and are_targets(targets) else ():
        yield Variant(form.words, model.label, model, _fixed(form.model), True, True, form=form)
