r"""Definitions in which every index is a step or an entry: a definition by components becomes that of a vector.

    h_{t,i} = \tanh(\sum_j W_{ij} h_{t-1,j})    is    h_t = (\tanh(\sum_j W_{ij} h_{t-1,j}))_i    for all i at once

What defines a quantity as a whole goes before what says it again by its entries (a part of document).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from bpttsym.components import Rewriting, in_order
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Call,
    Cases,
    Component,
    Entries,
    Expr,
    Indicator,
    Relation,
    Span,
    Sum,
    Symbol,
    Unread,
    names,
    walk,
)
from bpttsym.kinds import ONES, Kinds, is_line, labelled, last_steps, letters_in, letters_of_entry, step_letters
from bpttsym.memo import of_nodes
from bpttsym.model import Definition
from bpttsym.records import replace


@of_nodes
def resolved_definitions(definitions: Sequence[Definition], horizon: str) -> tuple[Definition | None, ...]:
    """Definitions in which every index is a step or an entry; None for one that says again what another says.

    One by components (``h_{t,i} = ...``) becomes that of a vector, by its ``Entries``. Where an index is both, the body
    says why it is not read.
    """
    if not any(len(d.index) > 1 or needs_resolving(d.body) for d in definitions):
        return tuple(definitions)
    steps = step_letters(definitions)
    turned = [_definition_in_order(definition, steps) for definition in definitions]
    if turned != list(definitions):
        found = _resolved_as_written(turned, horizon)
        if not any(isinstance(part, Symbol) and len(part.index) == 2 for d in found if d for part in _symbols(d)):
            return found
    return _resolved_as_written(definitions, horizon)


def _symbols(definition: Definition) -> Iterator[Expr]:
    yield Symbol(definition.name, definition.index)
    yield from walk(definition.body)


def _resolved_as_written(definitions: Sequence[Definition], horizon: str) -> tuple[Definition | None, ...]:
    kinds, ranks, families = Kinds(), _used_ranks(definitions), _families(definitions)
    lasts = last_steps(definitions)
    walkers = []
    for place, definition in enumerate(definitions):
        walker = Rewriting(place, ranks, horizon, kinds, False, families, lasts=lasts)
        walker.prepare(definition.body)
        walker.bound |= {name for part in definition.index for name in letters_in(part)} - {horizon}
        walker.look(Symbol(definition.name, definition.index), {})
        walker.look(definition.body, {})
        walkers.append(walker)
    found = [_rewritten(definition, walker) for definition, walker in zip(definitions, walkers, strict=True)]
    whole = {(d.name, len(d.index)) for d in found if not isinstance(d.body, Entries)}
    return tuple(None if isinstance(d.body, Entries) and (d.name, len(d.index)) in whole else d for d in found)


def understood(
    definitions: Sequence[Definition], horizon: str, own: Collection[Span | None]
) -> tuple[list[Definition | None], dict[str, str]]:
    """Definitions resolved, None for one that is left out, and the names of which nothing may be assumed, and why.

    Left out are those that say again what another says, those without a meaning, and those that use such a one. Where
    definitions do not go together, those that were made in an earlier scope are left out first.
    """
    kept: list[Definition | None] = list(definitions)
    while True:
        given = [d for d in kept if d is not None]
        found = dict(zip(map(id, given), resolved_definitions(given, horizon), strict=True))
        bad = [i for i, d in enumerate(kept) if d is not None and _is_unread(found[id(d)])]
        old = [i for i in bad if definitions[i].span not in own]
        for i in old:
            kept[i] = None
        if not old:
            break
    read = [found[id(d)] if d is not None else None for d in kept]
    lost = {definitions[i].name for i, d in enumerate(kept) if d is None or i in bad}
    while more := {d.name for d in read if d is not None and d.name not in lost and names(d.body) & lost}:
        lost |= more
    lost -= {d.name for d in read if d is not None and not _is_unread(d) and not names(d.body) & lost}
    reasons = [d.body.reason for d in read if d is not None and isinstance(d.body, Unread)]
    left = [None if d is not None and (d.name in lost or _is_unread(d)) else d for d in read]
    return left, dict.fromkeys(lost, reasons[0] if reasons else "")


def of_entries(definitions: Iterable[Definition | None]) -> set[str]:
    """The functions of one argument that give an entry from entries, ``h_i = f(a_i)``: they act on each of them."""
    bodies = [one.body for one in definitions if one is not None and isinstance(one.body, Entries)]
    return {
        call.function
        for body in bodies
        for call in walk(body)
        if isinstance(call, Call) and len(call.arguments) == 1
        for part in walk(call.arguments[0])
        if isinstance(part, Component) and Symbol(body.index) in part.index
    }


def _is_unread(definition: Definition | None) -> bool:
    return definition is not None and isinstance(definition.body, Unread)


def _definition_in_order(definition: Definition, steps: frozenset[str]) -> Definition:
    whole = Relation(Symbol(definition.name, definition.index), "=", definition.body)
    read = in_order(whole, steps, {})
    if read is whole or not isinstance(read, Relation) or not isinstance(read.left, Symbol):
        return definition
    return replace(definition, index=read.left.index, body=read.right)


def needs_resolving(expr: Expr) -> bool:
    """Whether something stands inside that may count entries: a second index, two letters, a comparison."""
    return any(
        isinstance(part, Component | Indicator | Cases)
        or (isinstance(part, Symbol) and (len(part.index) > 1 or labelled(part) is not None or part.name == ONES))
        or (isinstance(part, Sum) and not part.components)
        for part in walk(expr)
    )


def _used_ranks(definitions: Sequence[Definition]) -> dict[str, frozenset[int]]:
    """The numbers of indices with which names are defined, and used where they are not defined."""
    ranks: dict[str, set[int]] = {}
    for definition in definitions:
        ranks.setdefault(definition.name, set()).add(len(definition.index))
    heads = set(ranks)
    for definition in definitions:
        indices = {name for part in walk(definition.body) if isinstance(part, Symbol) for name in _index_names(part)}
        for part in walk(definition.body):
            lettered = isinstance(part, Symbol) and (letters_of_entry(part) if part.index else labelled(part))
            if isinstance(part, Symbol) and part.name not in heads | indices | {ONES} and not lettered:
                ranks.setdefault(part.name, set()).add(len(part.index) - 2 * is_line(part.index))
    return {name: frozenset(counts) for name, counts in ranks.items()}


def _families(definitions: Sequence[Definition]) -> frozenset[tuple[str, int]]:
    """Names with the numbers of indices under which their own definition adds them up: ``E = \\sum_t E_t``."""
    return frozenset(
        (part.name, len(part.index))
        for definition in definitions
        for part in walk(definition.body)
        if isinstance(part, Symbol) and part.name == definition.name and len(part.index) > len(definition.index)
    )


def _index_names(symbol: Symbol) -> set[str]:
    return {name for part in symbol.index for name in letters_in(part)}


def _rewritten(definition: Definition, walker: Rewriting) -> Definition:
    walker.counter = 0
    try:
        head = walker.rewrite(Symbol(definition.name, definition.index, span=definition.span), {})
        body = walker.rewrite(definition.body, {})
    except NotRead as failure:
        return replace(definition, body=Unread(str(failure), span=failure.span or definition.span))
    match head:
        case Component(Symbol(_, index), (Symbol(letter, ()),)):
            return replace(definition, index=index, body=Entries(body, letter, span=definition.body.span))
        case Component():
            message = "a definition by two components is not read"
            return replace(definition, body=Unread(message, span=definition.span))
        case _:
            return definition if body is definition.body else replace(definition, body=body)
