r"""Which index letters count steps and which count the entries of vectors and matrices, and trees that say so.

    \hat{y}_{t,j}   W_{ij}   \sum_{j=1}^{V} y_{t,j} \log \hat{y}_{t,j}   \delta_{ij}   \mathbf{1}_{[i=j]}

A letter has one kind wherever one sum, or the equation as a whole, binds it. It counts steps by the horizon, by a
step beside it (``t-1``), or by a place that is a step of the model; it counts entries by an index more than the model
gives a name, by a matrix with two letters, or by a sum up to a number of classes. Both at once is not read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Cases,
    Component,
    Entries,
    Expr,
    Indicator,
    Negate,
    Ones,
    Product,
    Relation,
    SetOf,
    Span,
    Sum,
    Symbol,
    Transpose,
    Unread,
    children,
    integer,
    names,
    walk,
    with_children,
)
from bpttsym.model import Definition

COUNTS = frozenset(("K", "V", "D", "C", "M", "N", "n", "m", "d", "H"))
"""Names for a number of classes or components where they are the upper bound of a sum."""

ENTRY_LETTERS = frozenset("ijklmnpqrs")
"""Letters that count entries where two of them stand at the name of a matrix."""

KRONECKER = r"\delta"
ONES = r"\mathbf{1}"
Kind = Literal["step", "entry"]
Evidence = Literal["step", "entry", "more"]
"""Of what kind a letter is; an index more than the model gives a name is one of entries unless it is a step."""

Mark = tuple[object, ...]
"""What has a kind: a letter where it is bound, or a place in the index of a name."""

_LABEL = re.compile(r"(.*)_\{((?:[A-Za-z]|\\[a-z]+ ?){2})\}")
_LETTER = re.compile(r"[A-Za-z]|\\[a-z]+")


@dataclass
class _Kinds:
    """Marks of one kind, united; ``known`` holds the kinds for which there is evidence, by representative."""

    parent: dict[Mark, Mark] = field(default_factory=dict)
    known: dict[Mark, set[Evidence]] = field(default_factory=dict)

    def find(self, mark: Mark) -> Mark:
        while (above := self.parent.get(mark, mark)) != mark:
            mark = above
        return mark

    def unite(self, first: Mark, second: Mark) -> None:
        a, b = self.find(first), self.find(second)
        if a != b:
            self.parent[b] = a
            self.known.setdefault(a, set()).update(self.known.pop(b, set()))

    def note(self, mark: Mark, kind: Evidence) -> None:
        self.known.setdefault(self.find(mark), set()).add(kind)

    def of(self, mark: Mark, span: Span | None = None, letter: str = "") -> Kind:
        """The kind of a mark, steps where nothing says; raises NotRead where it is both."""
        found = self.known.get(self.find(mark), set())
        if {"step", "entry"} <= found:
            what = f"the index `{letter}`" if letter else "this index"
            raise NotRead(f"{what} counts steps and components at once", span)
        return "entry" if "entry" in found or found == {"more"} else "step"


def labelled(symbol: Symbol) -> tuple[str, tuple[str, ...]] | None:
    """The name and the two letters of ``W_{ij}``, which the reader holds for a label; None for any other."""
    found = _LABEL.fullmatch(symbol.name) if not symbol.index else None
    return (found[1], tuple(_LETTER.findall(found[2]))) if found else None


def _letters(expr: Expr) -> set[str]:
    return {part.name for part in walk(expr) if isinstance(part, Symbol) and not part.index}


class _Walk:
    """One relation or definition: binds its letters, and unites or rewrites what it meets."""

    def __init__(
        self,
        place: int,
        ranks: Mapping[str, frozenset[int]],
        horizon: str,
        kinds: _Kinds,
        certain: bool = True,
        families: frozenset[tuple[str, int]] = frozenset(),
    ) -> None:
        self.place = place
        self.certain = certain
        self.families = families
        self.ranks = ranks
        self.horizon = horizon
        self.kinds = kinds
        self.bound: set[str] = set()
        self.counter = 0

    def letter(self, name: str, scope: Mapping[str, Mark]) -> Mark:
        return scope.get(name, ("letter", self.place, name))

    def enter(self, node: Sum | Product, scope: Mapping[str, Mark]) -> dict[str, Mark]:
        self.counter += 1
        return {**scope, node.index: ("bound", self.place, self.counter)}

    def prepare(self, root: Expr) -> None:
        """Find the letters that are indices anywhere in the root."""
        for part in walk(root):
            if isinstance(part, Sum | Product):
                self.bound.add(part.index)
            elif isinstance(part, Symbol | Component):
                self.bound |= {name for index in part.index for name in _letters(index)}
            elif isinstance(part, Indicator):
                self.bound |= _letters(part.condition)
            elif isinstance(part, Cases):
                self.bound |= {name for condition in part.conditions for name in _letters(condition)}

    def entry_letters(self, symbol: Symbol) -> tuple[str, tuple[str, ...]] | None:
        """The matrix and the letters of an entry: letters that are indices elsewhere, or of a matrix that is known."""
        found = labelled(symbol)
        if found is None or symbol.name in self.ranks:
            return None
        known = 0 in self.ranks.get(found[0], ()) and set(found[1]) <= ENTRY_LETTERS
        return found if known or set(found[1]) <= self.bound else None

    def is_kronecker(self, symbol: Symbol) -> bool:
        if symbol.name == KRONECKER and len(symbol.index) == 2:
            return not self.ranks.get(KRONECKER)
        found = labelled(symbol)
        return found is not None and found[0] == KRONECKER and symbol.name not in self.ranks

    # ---------------------------------------------------------------------------------------------------- evidence

    def look(self, node: Expr, scope: Mapping[str, Mark]) -> None:
        match node:
            case Symbol() if self.is_kronecker(node):
                found = labelled(node)
                self._together([Symbol(name) for name in found[1]] if found else node.index, scope)
            case Symbol(name, index):
                entry = self.entry_letters(node)
                for letter in entry[1] if entry else ():
                    self.kinds.note(self.letter(letter, scope), "entry")
                self._places(name, index, scope)
            case Component(of, index):
                self.look(of, scope)
                for part in index:
                    if isinstance(part, Symbol) and part.index:
                        self.look(part, scope)
                        continue
                    for name in _letters(part):
                        self.kinds.note(self.letter(name, scope), "entry")
            case Indicator(condition):
                self._together((condition,), scope)
            case Cases(values, conditions):
                for value in values:
                    self.look(value, scope)
                self._together(conditions, scope)
            case Sum(body) | Product(body):
                inner = self.enter(node, scope)
                self._range(node, inner[node.index], scope)
                self.look(body, inner)
            case Entries(body, letter):
                self.kinds.note(self.letter(letter, scope), "entry")
                self.look(body, scope)
            case _:
                for child in children(node):
                    self.look(child, scope)

    def _steps(self, name: str, count: int) -> int:
        """How many of some indices of a name are steps as far as the model says; the others are more than it gives."""
        known = self.ranks.get(name, frozenset())
        fewer = max((rank for rank in known if rank < count), default=None)
        sure = (self.certain and count in known) or (name, count) in self.families
        return count if fewer is None or sure else fewer

    def _place(self, name: str, count: int, position: int) -> Mark:
        steps = self._steps(name, count)
        return ("place", name, count if position >= steps else steps, position)

    def _places(self, name: str, index: tuple[Expr, ...], scope: Mapping[str, Mark]) -> None:
        """Unite the letters of an index with its places; what a name has beyond its steps are entries."""
        steps = self._steps(name, len(index))
        for position, part in enumerate(index):
            place = self._place(name, len(index), position)
            if position >= steps and any(_letters(other) for other in index):
                self.kinds.note(place, "more")
            elif self.certain and steps in self.ranks.get(name, ()):
                self.kinds.note(place, "step")
            if _is_target(part):
                self.kinds.note(place, "entry")
                self.look(part, scope)
            else:
                self._index(part, place, scope)

    def _index(self, part: Expr, place: Mark, scope: Mapping[str, Mark]) -> None:
        names = _letters(part)
        for name in names - {self.horizon}:
            self.kinds.unite(place, self.letter(name, scope))
        if self.horizon in names or (names and not isinstance(part, Symbol)):
            self.kinds.note(place, "step")

    def _together(self, parts: Iterable[Expr], scope: Mapping[str, Mark]) -> None:
        """Indices that are compared are of one kind."""
        self.counter += 1
        mark: Mark = ("compared", self.place, self.counter)
        for part in parts:
            if isinstance(part, SetOf):
                self._together(part.items, scope)
                continue
            sides = (part.left, part.right) if isinstance(part, Relation) else (part,)
            for side in sides:
                if isinstance(side, Symbol) and side.index:
                    self.kinds.note(mark, "entry")
                    self.look(side, scope)
                else:
                    self._index(side, mark, scope)

    def _range(self, node: Sum | Product, mark: Mark, scope: Mapping[str, Mark]) -> None:
        if isinstance(node, Sum) and node.components:
            self.kinds.note(mark, "entry")
        if isinstance(node, Product):
            self.kinds.note(mark, "step")
        for limit in (node.lower, node.upper):
            for name in _letters(limit) if limit is not None else ():
                if name == self.horizon:
                    self.kinds.note(mark, "step")
                elif name in self.bound:
                    self.kinds.unite(mark, self.letter(name, scope))
                    if not isinstance(limit, Symbol):
                        self.kinds.note(mark, "step")
                elif limit is node.upper and name in COUNTS:
                    self.kinds.note(mark, "entry")

    # --------------------------------------------------------------------------------------------------- rewriting

    def rewrite(self, node: Expr, scope: Mapping[str, Mark]) -> Expr:
        match node:
            case Symbol() if self.is_kronecker(node):
                return self._kronecker(node, scope)
            case Symbol(name, ()) if name == ONES and name not in self.ranks:
                return Ones(span=node.span)
            case Symbol():
                return self._symbol(node, scope)
            case Add(terms):
                new = tuple(self.rewrite(term, scope) for term in terms)
                return replace(node, terms=tuple(_plain_one(term) for term in new)) if new != terms else node
            case Transpose(body):
                inner_body = self.rewrite(body, scope)
                if isinstance(inner_body, Component) and len(inner_body.index) == 2:
                    return replace(inner_body, of=replace(node, body=inner_body.of))
                return node if inner_body is body else replace(node, body=inner_body)
            case Indicator(Relation(left, "=", right)) if _is_target(left) != _is_target(right):
                target, letter = (left, right) if _is_target(left) else (right, left)
                return Component(self.rewrite(target, scope), (letter,), span=node.span)
            case Indicator(condition):
                return replace(node, components=self._compares_entries((condition,), scope, node))
            case Cases(values, conditions):
                new = tuple(self.rewrite(value, scope) for value in values)
                return replace(node, values=new, components=self._compares_entries(conditions, scope, node))
            case Sum() | Product():
                inner = self.enter(node, scope)
                body = self.rewrite(node.body, inner)
                changed = replace(node, body=body)
                entry = self.kinds.of(inner[node.index], node.span, node.index) == "entry"
                return replace(changed, components=entry) if isinstance(changed, Sum) else changed
            case Component(of, index):
                inside = tuple(self.rewrite(part, scope) if _is_target(part) else part for part in index)
                return replace(node, of=self.rewrite(of, scope), index=inside)
            case _:
                below = children(node)
                new = tuple(self.rewrite(child, scope) for child in below)
                return with_children(node, new) if any(a is not b for a, b in zip(below, new, strict=True)) else node

    def _compares_entries(self, conditions: tuple[Expr, ...], scope: Mapping[str, Mark], node: Expr) -> bool:
        names = {name for condition in conditions for name in _letters(condition)}
        return {self._kind(name, scope, node) for name in names} == {"entry"}

    def _kind(self, name: str, scope: Mapping[str, Mark], node: Expr) -> Kind:
        if name == self.horizon:
            return "step"
        return self.kinds.of(self.letter(name, scope), node.span, name)

    def _kronecker(self, node: Symbol, scope: Mapping[str, Mark]) -> Expr:
        found = labelled(node)
        left, right = (Symbol(found[1][0]), Symbol(found[1][1])) if found else node.index
        kinds = {self._kind(name, scope, node) for side in (left, right) for name in _letters(side)}
        return Indicator(Relation(left, "=", right, span=node.span), components="entry" in kinds, span=node.span)

    def _symbol(self, node: Symbol, scope: Mapping[str, Mark]) -> Expr:
        entry = self.entry_letters(node)
        if entry is not None:
            for letter in entry[1]:
                self._kind(letter, scope, node)
            return Component(Symbol(entry[0], span=node.span), tuple(map(Symbol, entry[1])), span=node.span)
        counting = []
        for position, part in enumerate(node.index):
            place = self._place(node.name, len(node.index), position)
            shown = part.name if isinstance(part, Symbol) else ""
            if self.kinds.of(place, node.span, shown) == "entry":
                counting.append(position)
        if not counting:
            return node
        index = tuple(part for position, part in enumerate(node.index) if position not in counting)
        entries = tuple(self.rewrite(node.index[position], scope) for position in counting)
        return Component(Symbol(node.name, index, span=node.span), entries, span=node.span)


def _plain_one(term: Expr) -> Expr:
    r"""In a sum ``\mathbf{1}`` is a one for every entry, as a 1 beside a vector is."""
    match term:
        case Ones():
            return integer(1, term.span)
        case Negate(Ones()):
            return Negate(integer(1, term.span), span=term.span)
        case _:
            return term


def _is_target(part: Expr) -> bool:
    return isinstance(part, Symbol) and bool(part.index)


def has_components(expr: Expr) -> bool:
    """Whether an entry of a vector or a matrix, or a sum over entries, stands anywhere inside."""
    return any(
        isinstance(part, Component | Entries | Indicator | Cases) or (isinstance(part, Sum) and part.components)
        for part in walk(expr)
    )


def resolved(relation: Relation, ranks: Mapping[str, frozenset[int]], horizon: str) -> Relation:
    """A relation in which every index is a step or an entry; ``ranks`` are the numbers of steps of known names.

    Raises NotRead where a letter is both.
    """
    kinds = _Kinds()
    walker = _Walk(0, ranks, horizon, kinds)
    walker.prepare(relation)
    walker.look(relation, {})
    walker.counter = 0
    left, right = (walker.rewrite(side, {}) for side in (relation.left, relation.right))
    if left is relation.left and right is relation.right:
        return relation
    return replace(relation, left=left, right=right)


def says_again(relation: Relation, ranks: Mapping[str, frozenset[int]], horizon: str) -> bool:
    """Whether a relation gives by its entries what the model has as a whole (``h_{t,i} = ...`` after ``h_t = ...``)."""
    left = relation.left
    if not isinstance(left, Symbol) or not any(count < len(left.index) for count in ranks.get(left.name, ())):
        return False
    try:
        read = resolved(relation, ranks, horizon)
    except NotRead:
        return False
    return isinstance(read.left, Component) and has_components(read.right)


def resolved_definitions(definitions: Sequence[Definition], horizon: str) -> tuple[Definition | None, ...]:
    """Definitions in which every index is a step or an entry; None for one that says again what another says.

    One by components (``h_{t,i} = ...``) becomes that of a vector, by its ``Entries``. Where an index is both, the body
    says why it is not read.
    """
    if not any(len(d.index) > 1 or needs_resolving(d.body) for d in definitions):
        return tuple(definitions)
    kinds, ranks, families = _Kinds(), _used_ranks(definitions), _families(definitions)
    walkers = []
    for place, definition in enumerate(definitions):
        walker = _Walk(place, ranks, horizon, kinds, False, families)
        walker.prepare(definition.body)
        walker.bound |= {name for part in definition.index for name in _letters(part)} - {horizon}
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


def _is_unread(definition: Definition | None) -> bool:
    return definition is not None and isinstance(definition.body, Unread)


def targets(expr: Expr) -> set[str]:
    """The names of quantities that name an entry: one-hot targets."""
    found: set[str] = set()
    for node in walk(expr):
        match node:
            case Symbol(_, index) | Component(_, index):
                parts = index
            case Indicator(Relation(left, _, right)):
                parts = (left, right)
            case _:
                continue
        found |= {part.name for part in parts if isinstance(part, Symbol) and part.index}
    return found


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
            if isinstance(part, Symbol) and part.name not in heads | indices and labelled(part) is None:
                ranks.setdefault(part.name, set()).add(len(part.index))
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
    return {name for part in symbol.index for name in _letters(part)}


def _rewritten(definition: Definition, walker: _Walk) -> Definition:
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
