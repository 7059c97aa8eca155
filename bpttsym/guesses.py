r"""What an undefined loss depends on: what it is written with (``L_t(o_t, y_t)``), else the outputs of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product

from bpttsym.expr import (
    Call,
    Component,
    Derivative,
    Expr,
    Number,
    Relation,
    Symbol,
    integer,
    names,
    walk,
)
from bpttsym.latex import unicode_line
from bpttsym.model import Definition, Model, free_letters
from bpttsym.records import dataclass, replace
from bpttsym.rewriting import substitute, transform

LOSS_FUNCTION = r"\ell"
STEP = Symbol("t")
Arguments = tuple[Expr, ...]


@dataclass(frozen=True)
class Guess:
    """What was assumed of the losses, whether what they depend on is not known at all, and the model with them.

    An ``assumed`` one is a condition even if nothing else was tried.
    """

    words: str
    unsure: bool
    build: Callable[[int], Model]
    assumed: bool = False


def ways_written(name: str, count: int, model: Model) -> tuple[Arguments, ...] | None:
    """Every list of computed quantities that stands behind a loss; empty if only parameters and targets do, or none.

    None where one of them is not at the step of the loss, so that what the loss depends on is not known.
    """
    found: dict[Arguments, None] = {}
    for symbol, arguments in model.written:
        if symbol.name != name or len(symbol.index) != count:
            continue
        computed = [part for part in arguments if _is_computed(part, model)]
        moved = tuple(_at_own_step(symbol, computed, model))
        if any(free_letters(part) - {model.horizon} - ({STEP.name} if count else set()) for part in moved):
            return None
        if moved:
            found[moved] = None
    return tuple(found)


def _is_computed(part: Expr, model: Model) -> bool:
    return isinstance(part, Symbol) and any(
        d.name == part.name and len(d.index) == len(part.index) for d in model.definitions
    )


def _at_own_step(symbol: Symbol, arguments: list[Expr], model: Model) -> Iterator[Expr]:
    """The arguments with the letter of the step of a loss renamed to that of its definition."""
    match symbol.index:
        case (Symbol(letter),):
            yield from (substitute(part, {letter: STEP}) for part in arguments)
        case (Number() as number,):
            for part in arguments:
                assert isinstance(part, Symbol)
                yield Symbol(part.name, tuple(STEP if index == number else index for index in part.index))
        case _:
            yield from arguments


def loss_models(losses: set[tuple[str, int]], model: Model) -> Iterator[Guess]:
    """An undefined loss as any function of what it is written with, else of every output, and of the last one only."""
    yield from _guesses(losses, outputs_of(model), model)


def narrow_loss_models(losses: set[tuple[str, int]], model: Model) -> Iterator[Guess]:
    """An undefined loss as any function of one of several outputs alone."""
    outputs = outputs_of(model)
    shown = ", ".join(f"`{unicode_line(Symbol(name, (STEP,) * count))}`" for name, count in sorted(losses))
    for output in outputs if len(outputs) > 1 else ():
        alone = f"{shown} depends on `{unicode_line(Symbol(output.name, output.index))}` alone"
        for guess in _guesses(losses, [output], model):
            yield replace(guess, words=" and ".join(filter(None, (guess.words, alone))), assumed=True)


def _guesses(losses: set[tuple[str, int]], outputs: list[Definition], model: Model) -> Iterator[Guess]:
    known = {loss: ways_written(*loss, model) for loss in sorted(losses)}
    unsure = any(ways is None for ways in known.values())
    unsure |= any(count for _, count in losses) and not all(output.index for output in outputs)
    choices = [[(loss, way) for way in _with_outputs(ways or (), outputs, model)] for loss, ways in known.items()]
    guessed = [name for (name, count), ways in known.items() if count == 0 and not ways]
    spread = (False, True) if guessed and any(output.index for output in outputs) else (False,)
    for chosen in product(*choices):
        words = [_depends(loss, way) for (loss, way), ways in zip(chosen, choices, strict=True) if len(ways) > 1]
        for last_only in spread:
            which = "the last output only" if last_only else "the outputs of every step"
            guess = [f"{', '.join(f'`{name}`' for name in guessed)} depends on {which}"] if len(spread) > 1 else []
            build = partial(_with_losses, model, chosen, outputs, last_only)
            yield Guess(" and ".join((*guess, *words)), unsure, build)


def _with_outputs(ways: tuple[Arguments, ...], outputs: list[Definition], model: Model) -> list[Arguments]:
    """The ways to read a loss, and also as a function of the outputs that follow from what it is written with."""
    found = list(ways)
    for way in ways:
        written = {part.name: part.index for part in way if isinstance(part, Symbol)}
        step = next(filter(None, written.values()), ())
        behind = [d for d in outputs if d.name not in written and set(written) & _needed(d, model)]
        later = tuple(Symbol(d.name, step[: len(d.index)]) for d in behind if len(d.index) in (0, len(step)))
        if later and later not in found:
            found.append(later)
    return found or [()]


def _needed(quantity: Definition, model: Model) -> set[str]:
    return {name for body in (quantity.body, *formulas_used(quantity.body, model)) for name in names(body)}


def _depends(loss: tuple[str, int], way: Arguments) -> str:
    name, count = loss
    shown = ", ".join(f"`{unicode_line(part)}`" for part in way)
    return f"`{unicode_line(Symbol(name, (STEP,) * count))}` depends on {shown}"


def _with_losses(
    model: Model,
    chosen: Sequence[tuple[tuple[str, int], Arguments]],
    outputs: list[Definition],
    last_only: bool,
    length: int,
) -> Model:
    added = [
        _loss(name, count, way or _guessed(count, outputs, model, length, last_only)) for (name, count), way in chosen
    ]
    return replace(model, definitions=(*model.definitions, *added))


def _guessed(count: int, outputs: list[Definition], model: Model, length: int, last_only: bool) -> Arguments:
    """What a loss depends on that is written with nothing: the outputs of its step, of every step or of the last."""
    arguments: list[Expr] = []
    for output in outputs:
        if not output.index:
            arguments.append(Symbol(output.name))
        elif count == 1:
            arguments.append(Symbol(output.name, (STEP,)))
        else:
            steps = [length] if last_only else range(model.first, length + 1)
            arguments.extend(Symbol(output.name, (integer(step),)) for step in steps)
    return tuple(arguments)


def _loss(name: str, count: int, arguments: Arguments) -> Definition:
    return Definition(name, (STEP,) if count == 1 else (), Call(f"{LOSS_FUNCTION}_{{{name}}}", arguments))


def formulas_used(relation: Expr, model: Model) -> list[Expr]:
    """The formulas that a relation uses, those that they use, and so on."""
    wanted = names(relation)
    found: list[Expr] = []
    while True:
        more = [d.body for d in model.definitions if d.name in wanted and d.body not in found]
        if not more:
            return found
        found.extend(more)
        wanted = wanted.union(*(names(body) for body in more))


def folded(relation: Relation, model: Model) -> Model:
    """The model with a side definition (``z_t = V h_t``) put into the formulas that contain what it names.

    Only where the claim differentiates by it and no other definition uses it: otherwise it would be on no path.
    """
    below = [part.by for part in walk(relation) if isinstance(part, Derivative)]
    whole = [part.of if isinstance(part, Component) else part for part in below]
    by = {part.name for part in whole if isinstance(part, Symbol)}
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


def outputs_of(model: Model) -> list[Definition]:
    """The last quantities that the model computes: those that no other definition uses, nor holds the formula of.

    Where each is used by another, as outputs are that are fed back, those that nothing uses in their own step.
    """
    inner = [d for d in model.definitions if d.name not in model.losses]
    used = {part.name for d in inner for part in walk(d.body) if isinstance(part, Symbol) and part.name != d.name}
    last = [d for d in inner if d.name not in used and not _on_the_side(d, model)]
    if last:
        return last
    now = {
        part.name
        for d in inner
        for part in walk(d.body)
        if isinstance(part, Symbol) and not _is_of_another_step(part, d)
    }
    late = [d for d in inner if d.general and d.index and d.name not in now]
    return late or [d for d in model.definitions if d.general and d.index]


def _is_of_another_step(part: Symbol, user: Definition) -> bool:
    """Whether a quantity is used one step later, or fed back, as ``h_{t-1}`` is in the formula of ``h_t``."""
    return len(part.index) == len(user.index) > 0 and part.index != user.index and bool(free_letters(part))


def _on_the_side(quantity: Definition, model: Model) -> bool:
    """Whether a quantity only names a part of another's formula (``z_t`` beside ``h_t = \\phi(W h_{t-1} + U x_t)``)."""
    if len(quantity.index) != 1 or isinstance(quantity.body, Symbol | Number):
        return False
    _, others = _named_within(quantity, model)
    return others != tuple(d for d in model.definitions if d != quantity)
