r"""Losses that a document uses and does not define, as functions that nothing is known of.

    L = \sum_{t=1}^{T} L_t        is completed by        L_t = \ell(\hat{y}_t)

One that nothing at all is said of, where each step has an output, is taken for such a sum, too. What is derived then
holds for every loss that can be differentiated; the definition stands in the text.
"""

from __future__ import annotations

from typing import NamedTuple

from bpttsym.expr import Call, Expr, Number, Sum, Symbol, integer, walk
from bpttsym.guesses import LOSS_FUNCTION, STEP, outputs_of, ways_written
from bpttsym.latex import unicode_line
from bpttsym.model import Definition, Model
from bpttsym.records import replace
from bpttsym.shapes import LOSS_LETTERS

ADDED_UP = "over all steps"
"""In the words about a loss that is taken for a sum."""


class Completed(NamedTuple):
    """A model in which every loss has a definition, and what was assumed for that in words."""

    model: Model
    words: tuple[str, ...]


def completed(model: Model, asked: Symbol | None = None) -> Completed:
    """The model with a definition for each loss that it uses, or that is ``asked`` for, and does not define."""
    words: list[str] = []
    for name, count in _undefined(model, asked):
        arguments = _arguments(name, count, model)
        if arguments:
            loss = Symbol(name, (STEP,) if count else ())
            added = Definition(name, loss.index, _any(model, arguments))
            model = replace(model, definitions=(*model.definitions, added))
            shown = " and ".join(unicode_line(argument) for argument in arguments)
            words.append(f"{unicode_line(loss)} is not defined, and is taken for any function of {shown}")
        elif asked == Symbol(name) and (added_up := _added_up(name, model)):
            model, told = added_up
            words.append(told)
    return Completed(model, tuple(words))


def _undefined(model: Model, asked: Symbol | None) -> list[tuple[str, int]]:
    """The losses without a definition, with or without a step."""
    defined = {(definition.name, len(definition.index)) for definition in model.definitions}
    used: dict[tuple[str, int], None] = {}
    for definition in model.definitions:
        for part in walk(definition.body):
            if isinstance(part, Symbol) and part.name in LOSS_LETTERS and part.name not in model.axes.ends:
                used[part.name, len(part.index)] = None
    if asked is not None and asked.name in LOSS_LETTERS:
        used[asked.name, len(asked.index)] = None
    found = [(name, count) for name, count in used if (name, count) not in defined and count < 2]
    places = {(d.name, len(d.index)) for d in model.definitions for part in d.index if isinstance(part, Number)}
    return [one for one in found if one not in places]


def _arguments(name: str, count: int, model: Model) -> tuple[Expr, ...]:
    """What a loss is written with, else the outputs of its step, or those that have none."""
    ways = ways_written(name, count, model)
    if ways is None:
        return ()
    if ways:
        return ways[0]
    outputs = [output for output in outputs_of(model) if len(output.index) in (0, count)]
    return tuple(Symbol(output.name, (STEP,) * len(output.index)) for output in outputs)


def _added_up(name: str, model: Model) -> tuple[Model, str] | None:
    """A loss with nothing behind it as a sum over the steps, where each has an output or a loss of its own."""
    if name in model.unread or ways_written(name, 0, model) != ():
        return None
    own = Symbol(name, (STEP,))
    outputs = [one for one in outputs_of(model) if len(one.index) == 1 and one.general]
    known = [one for one in model.definitions if one.name == name and len(one.index) == 1 and one.general]
    total = Definition(name, (), Sum(own, STEP.name, integer(model.first), Symbol(model.horizon)))
    if known:
        shown = unicode_line(Symbol(name, known[0].index))
        told = f"the sum of {shown} {ADDED_UP}"
        return replace(
            model, definitions=(*model.definitions, total)
        ), f"{unicode_line(Symbol(name))} is not defined, and is taken for {told}"
    if not outputs:
        return None
    arguments = tuple(Symbol(one.name, (STEP,)) for one in outputs)
    each = Definition(name, (STEP,), _any(model, arguments))
    shown = " and ".join(map(unicode_line, arguments))
    told = f"{unicode_line(Symbol(name))} is not defined, and is taken for a sum {ADDED_UP} of any function of {shown}"
    return replace(model, definitions=(*model.definitions, each, total)), told


def _any(model: Model, arguments: tuple[Expr, ...]) -> Expr:
    """A function of its own that nothing is known of."""
    taken = {part.function for d in model.definitions for part in walk(d.body) if isinstance(part, Call)}
    taken |= set(model.arities) | {name for name, _, _ in model.functions}
    free = next(name for name in (LOSS_FUNCTION, "g", "q", "e", "f", "r") if name not in taken)
    return Call(free, arguments)
