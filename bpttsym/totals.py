r"""The loss of all steps and the losses of single steps, where a document defines one of them and speaks of both.

``L_t`` beside ``L = \sum_t \ell(o_t, y_t)`` is the summand; ``L`` beside ``L_t = \ell(o_t, y_t)`` is the sum, the mean,
or the last of them, which is for the document to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Set

from bpttsym.expr import Add, Call, Divide, Expr, Multiply, Negate, Sum, Symbol, integer, multiply, names, walk
from bpttsym.latex import unicode_line
from bpttsym.model import Definition, Model
from bpttsym.records import dataclass, replace
from bpttsym.rewriting import substitute
from bpttsym.weighted import is_weight

STEP = Symbol("t")
Loss = tuple[str, int]


@dataclass(frozen=True)
class Completion:
    """A model with one more loss; a ``condition`` is for the document to say, what is ``told`` goes without saying.

    What is ``supposed`` is a condition even if nothing else was tried.
    """

    model: Model
    condition: str = ""
    told: str = ""
    supposed: bool = False


def completions(loss: Loss, missing: Set[Loss], model: Model, named: Set[str] = frozenset()) -> tuple[Completion, ...]:
    """The ways in which a loss that is not defined hangs together with others; empty where there is none.

    The losses of single steps of which it is made may be ``missing`` as well. One of a letter of its own is a part of
    the only loss that is ``named`` beside it.
    """
    name, count = loss
    if count == 1:
        own = tuple(_as_value(name, model)) or tuple(_as_summand(name, name, model))
        return own or tuple(_as_part(name, named, model))
    return tuple(_as_total(name, missing, model)) if count == 0 else ()


def _as_value(name: str, model: Model) -> Iterator[Completion]:
    r"""``\ell_t`` beside ``L = \sum_t \ell(o_t, y_t)``: the value that the function of its name has at a step."""
    applied = {part for d in model.definitions for part in walk(d.body) if isinstance(part, Call) and not part.primes}
    values = {_at_step(part) for part in applied if part.function == name and not part.index}
    found = min(values, key=repr) if len(values) == 1 else None
    if found is not None:
        added = replace(model, definitions=(*model.definitions, Definition(name, (STEP,), found)))
        yield Completion(added, told=f"`{unicode_line(Symbol(name, (STEP,)))}` is `{unicode_line(found)}`")


def _at_step(call: Call) -> Call | None:
    """A function of quantities of one step, with the letter of that step; None for any other."""
    letters = {part for argument in call.arguments for part in walk(argument) if isinstance(part, Symbol)}
    steps = {step for part in letters for step in part.index}
    letter = min(steps, key=repr) if len(steps) == 1 else None
    if not isinstance(letter, Symbol) or letter.index:
        return None
    moved = substitute(call, {letter.name: STEP})
    assert isinstance(moved, Call)
    return moved


def _as_part(name: str, named: Set[str], model: Model) -> Iterator[Completion]:
    r"""``\ell_t`` beside ``L = \sum_t L_t`` has another letter: that it is the part of a step is a condition."""
    known = {d.name for d in model.definitions}
    totals = {d.name for d in model.definitions if not d.index and d.name in model.losses & named}
    if name not in known and len(totals) == 1:
        for found in _as_summand(name, min(totals), model):
            yield replace(found, condition=found.condition or found.told, told="", supposed=True)


def _as_summand(name: str, of: str, model: Model) -> Iterator[Completion]:
    total = next((d for d in model.definitions if d.name == of and not d.index), None)
    parts = _weighted_sum(total.body) if total is not None else None
    if parts is None or name in names(parts[1]):
        return  # the whole says nothing of what its parts are
    weights, part, letter = parts
    if name in names(part):
        return  # ``L = \\sum_t L_t`` gives the summand its name and nothing more
    shown = unicode_line(Symbol(name, (Symbol(letter),)))
    ways = [(part, "")] if not weights else [(part, "without"), (multiply(*weights, part), "with")]
    for found, way in ways:
        words = f"`{shown}` is the part of step {letter} of `{unicode_line(Symbol(of))}`"
        added = replace(model, definitions=(*model.definitions, Definition(name, (Symbol(letter),), found)))
        if way:
            yield Completion(added, condition=f"{words}, {way} the factor before the sum")
        else:
            yield Completion(added, told=words)


def _weighted_sum(body: Expr) -> tuple[tuple[Expr, ...], Expr, str] | None:
    """The weights before a sum over steps, what is summed, with its sign, and the letter; None for anything else."""
    weight: tuple[Expr, ...] = ()
    match body:
        case Sum(inner, letter, components=False):
            return (), inner, letter
        case Negate(inner):
            found = _weighted_sum(inner)
            return None if found is None else (found[0], Negate(found[1]), found[2])
        case Divide(inner, below):
            weight = (Divide(integer(1), below),)
        case Multiply((*before, inner)) if all(is_weight(factor) for factor in before):
            weight = tuple(before)
        case _:
            return None
    found = _weighted_sum(inner)
    return None if found is None else ((*weight, *found[0]), found[1], found[2])


def _as_total(name: str, missing: Set[Loss], model: Model) -> Iterator[Completion]:
    steps = _steps_of(name, missing, model)
    if not steps:
        return
    each = Symbol(steps, (STEP,))
    summed = Sum(each, STEP.name, None, None)
    count: Expr = Symbol(model.horizon)
    count = count if model.first == 1 else Add((count, integer(1 - model.first)))
    shown, total = unicode_line(each), unicode_line(Symbol(name))
    for body, words in (
        (summed, "the sum"),
        (Divide(summed, count), "the mean"),
        (Symbol(steps, (Symbol(model.horizon),)), "the last"),
    ):
        added = replace(model, definitions=(*model.definitions, Definition(name, (), body)))
        yield Completion(added, condition=f"`{total}` is {words} of the `{shown}`")


def _steps_of(total: str, missing: Set[Loss], model: Model) -> str:
    """The losses of single steps of which a total may be made: those of its own letter, else the only ones."""
    known = {name for name, counts in model.arities.items() if 1 in counts and name in model.losses}
    known |= {name for name, count in missing if count == 1}
    if total in known:
        return total
    return min(known) if len(known) == 1 else ""
