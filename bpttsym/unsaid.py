r"""A derivative mark without an argument, ``\mathrm{diag}(f') W``: taken where the document applies the function.

It is known which argument is meant where there is one formula that applies the function; another step of it where the
equation is about that: ``\partial h_k/\partial h_{k-1} = \mathrm{diag}(f') W`` is about step k.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bpttsym.errors import NotRead
from bpttsym.expr import Add, Call, Derivative, Expr, Negate, Number, Product, Sum, Symbol, shifted, walk
from bpttsym.latex import unicode_line
from bpttsym.model import Definition
from bpttsym.naming import UNSAID
from bpttsym.records import replace
from bpttsym.rewriting import substitute, transform

MARK = Symbol(UNSAID)
SOFTMAX = r"\mathrm{softmax}"


def is_unsaid(node: Expr) -> bool:
    """Whether it is a function with a derivative mark and without an argument."""
    return isinstance(node, Call) and node.arguments == (MARK,)


def with_arguments(
    sides: Sequence[Expr | None], definitions: Iterable[Definition]
) -> tuple[list[Expr | None], dict[Expr, str]]:
    """The sides of a chain with the arguments that were not written, and in words what was put where.

    Raises NotRead where it is not known which argument is meant.
    """
    whole = [side for side in sides if side is not None]
    bare = {part for side in whole for part in walk(side) if isinstance(part, Call) and is_unsaid(part)}
    if not bare:
        return list(sides), {}
    known = list(definitions)
    put = {call: _meant(call, whole, known) for call in bare}

    def change(node: Expr) -> Expr:
        return put.get(node, node) if isinstance(node, Call) else node

    new = [None if side is None else transform(side, change) for side in sides]
    return new, {value: f"{_name(call)} is {unicode_line(value)}" for call, value in put.items()}


def _name(call: Call) -> str:
    return unicode_line(Call(call.function, call.arguments, (), call.primes)).partition("(")[0]


def _meant(call: Call, sides: Sequence[Expr], known: Sequence[Definition]) -> Expr:
    refused = NotRead(f"the function `{call.function}` has no argument", call.span, "its argument in parentheses")
    if any(isinstance(part, Sum | Product) and call in walk(part) for side in sides for part in walk(side)):
        raise refused  # at which of its steps it is meant is not said
    places = [(d, found) for d in known for found in dict.fromkeys(_applications(call.function, d.body))]
    if len(places) != 1 or call.primes != 1:
        raise refused
    definition, applied = places[0]
    indices = dict.fromkeys(_differentiated(definition, sides[:1])) or dict.fromkeys(_differentiated(definition, sides))
    if len(indices) > 1:
        raise refused
    steps = _steps(definition, next(iter(indices), definition.index))
    argument = _moved(applied.arguments[0], steps)
    if call.function != SOFTMAX:
        return Call(call.function, (argument,), (), call.primes, span=call.span)
    value, scores = _moved(definition.body, steps), _named(argument, known)
    if value != Call(SOFTMAX, (argument,)) or scores is None:
        raise refused
    head = _moved(Symbol(definition.name, definition.index), steps)
    return Derivative(head, scores, span=call.span)


def _applications(function: str, body: Expr) -> Iterator[Call]:
    for part in walk(body):
        if isinstance(part, Call) and part.function == function and len(part.arguments) == 1 and not part.primes:
            yield part


def _differentiated(definition: Definition, sides: Sequence[Expr]) -> Iterator[tuple[Expr, ...]]:
    """The indices at which the sides differentiate what a formula defines."""
    for side in sides:
        for part in walk(side):
            if isinstance(part, Derivative) and isinstance(part.of, Symbol) and part.of.name == definition.name:
                yield part.of.index


def _steps(definition: Definition, index: tuple[Expr, ...]) -> Mapping[str, Expr]:
    pairs = zip(definition.index, index, strict=False)
    return {old.name: new for old, new in pairs if isinstance(old, Symbol) and old != new}


def _moved(body: Expr, steps: Mapping[str, Expr]) -> Expr:
    """A formula at another step; the step before it, ``t-1``, is written without a sum of sums."""

    def change(index: Expr) -> Expr:
        match index:
            case Symbol(letter, ()) if letter in steps:
                return steps[letter]
            case Add((Symbol(letter, ()), Number(value))) if letter in steps:
                return shifted(steps[letter], int(value))
            case Add((Symbol(letter, ()), Negate(Number(value)))) if letter in steps:
                return shifted(steps[letter], -int(value))
            case _:
                return substitute(index, steps)

    def move(node: Expr) -> Expr:
        if isinstance(node, Symbol) and node.index:
            return replace(node, index=tuple(map(change, node.index)))
        return node

    return transform(body, move) if steps else body


def _named(argument: Expr, known: Sequence[Definition]) -> Expr | None:
    """The symbol of an argument, or of what is defined as it."""
    if isinstance(argument, Symbol):
        return argument
    return next((Symbol(d.name, d.index) for d in known if d.body == argument), None)
