"""The evidence of what index letters count: steps, or the entries of vectors and matrices (a part of components)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Cases,
    Component,
    Entries,
    Every,
    Expr,
    Indicator,
    Product,
    Relation,
    SetOf,
    Span,
    Sum,
    Symbol,
    children,
    walk,
)
from bpttsym.memo import MAXIMUM_KNOWN
from bpttsym.model import Definition
from bpttsym.numbered import WORDS
from bpttsym.records import dataclass, field
from bpttsym.regular import pattern

COUNTS = frozenset(("K", "V", "D", "C", "M", "N", "n", "m", "d", "H"))
"""Names for a number of classes or components where they are the upper bound of a sum."""

ENTRY_LETTERS = frozenset(letter + primes for letter in "ijklmnpqrs" for primes in ("", "'", "''"))
"""Letters that count entries where two of them stand at the name of a matrix."""

KRONECKER = r"\delta"
ONES = r"\mathbf{1}"
Kind = Literal["step", "entry"]
Sign = Literal["step", "entry", "more"]
"""Of what kind a letter is; an index more than the model gives a name is one of entries unless it is a step."""

Mark = tuple[object, ...]
"""What has a kind: a letter where it is bound, or a place in the index of a name."""

_LABEL = pattern(r"(.*)_\{((?:[A-Za-z]'*|\\[a-z]+ ?){2})\}")
_LETTER = pattern(r"[A-Za-z]'*|\\[a-z]+")


@dataclass
class Kinds:
    """Marks of one kind, united; ``known`` holds the kinds for which there is evidence, by representative."""

    parent: dict[Mark, Mark] = field(default_factory=dict)
    known: dict[Mark, set[Sign]] = field(default_factory=dict)

    def find(self, mark: Mark) -> Mark:
        while (above := self.parent.get(mark, mark)) != mark:
            mark = above
        return mark

    def unite(self, first: Mark, second: Mark) -> None:
        a, b = self.find(first), self.find(second)
        if a != b:
            self.parent[b] = a
            self.known.setdefault(a, set()).update(self.known.pop(b, set()))

    def note(self, mark: Mark, kind: Sign) -> None:
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
    return _label(symbol.name)


@lru_cache(maxsize=MAXIMUM_KNOWN)
def _label(name: str) -> tuple[str, tuple[str, ...]] | None:
    found = _LABEL.fullmatch(name)
    return (found[1], tuple(_LETTER.findall(found[2]))) if found else None


def letters_in(expr: Expr) -> set[str]:
    return {part.name for part in walk(expr) if isinstance(part, Symbol) and not part.index}


def is_line(index: Sequence[Expr]) -> bool:
    """Whether the last two indices are those of a row or a column of a matrix: ``W_{i,:}``."""
    return len(index) > 1 and any(isinstance(part, Every) for part in index[-2:])


def is_target(part: Expr) -> bool:
    return isinstance(part, Symbol) and bool(part.index)


def letters_of_entry(symbol: Symbol) -> tuple[str, ...]:
    """The two letters below a name that may be those of an entry; none of a label that is a word."""
    found = labelled(symbol)
    may = found is not None and set(found[1]) <= ENTRY_LETTERS and "".join(found[1]) not in WORDS
    return found[1] if found is not None and may else ()


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


class Survey:
    """One relation or definition: binds its letters, and unites or rewrites what it meets."""

    def __init__(
        self,
        place: int,
        ranks: Mapping[str, frozenset[int]],
        horizon: str,
        kinds: Kinds,
        certain: bool = True,
        families: frozenset[tuple[str, int]] = frozenset(),
        steps: frozenset[str] = frozenset(),
        lasts: frozenset[str] = frozenset(),
    ) -> None:
        self.place = place
        self.certain = certain
        self.families = families
        self.steps = steps
        self.lasts = lasts
        self.ranks = ranks
        self.horizon = horizon
        self.kinds = kinds
        self.bound: set[str] = set()
        self.summed: set[str] = set()
        self.counter = 0  # of sums and products, which are met in the same order when they are rewritten
        self.comparisons = 0

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
                self.summed |= {part.index} if isinstance(part, Sum) else set()
            elif isinstance(part, Symbol | Component):
                self.bound |= {name for index in part.index for name in letters_in(index)}
            elif isinstance(part, Indicator):
                self.bound |= letters_in(part.condition)
            elif isinstance(part, Cases):
                self.bound |= {name for condition in part.conditions for name in letters_in(condition)}

    def entry_letters(self, symbol: Symbol) -> tuple[str, tuple[str, ...]] | None:
        """The matrix and the letters of an entry: letters that are indices elsewhere, or of a matrix that is known.

        A definition has no letters of entries that stand nowhere else in it: ``W_{in}`` beside ``W`` is a name.
        """
        found = labelled(symbol)
        if found is None or symbol.name in self.ranks:
            return None
        known = self.certain and len(symbol.index) in self.ranks.get(found[0], ()) and set(found[1]) <= ENTRY_LETTERS
        return found if known or set(found[1]) <= self.bound or self.summed & {*letters_of_entry(symbol)} else None

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
            case Symbol(name, index) if is_line(index):
                self.look(Component(Symbol(name, index[:-2], span=node.span), index[-2:]), scope)
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
                    for name in letters_in(part):
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
            lettered = any(letters_in(other) for other in index)
            if position >= steps and len(index) == 1 and letters_in(part) & self.steps:
                self.kinds.note(place, "step")  # a copy of a parameter: one entry of a matrix has two letters
            elif position >= steps and (lettered or (steps == 0 and len(index) == 2)):
                self.kinds.note(place, "more")
            elif self.certain and steps in self.ranks.get(name, ()):
                self.kinds.note(place, "step")
            if is_target(part):
                self.kinds.note(place, "entry")
                self.look(part, scope)
            else:
                self._index(part, place, scope)

    def _index(self, part: Expr, place: Mark, scope: Mapping[str, Mark]) -> None:
        names = letters_in(part)
        for name in names - {self.horizon}:
            self.kinds.unite(place, self.letter(name, scope))
        if self.horizon in names or (names and not isinstance(part, Symbol)):
            self.kinds.note(place, "step")

    def _together(self, parts: Iterable[Expr], scope: Mapping[str, Mark]) -> None:
        """Indices that are compared are of one kind."""
        self.comparisons += 1
        mark: Mark = ("compared", self.place, self.comparisons)
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
            for name in letters_in(limit) if limit is not None else ():
                if name == self.horizon:
                    self.kinds.note(mark, "step")
                elif name in self.bound:
                    self.kinds.unite(mark, self.letter(name, scope))
                    if not isinstance(limit, Symbol):
                        self.kinds.note(mark, "step")
                elif limit is node.upper and name in COUNTS - self.lasts:
                    self.kinds.note(mark, "entry")


def step_letters(definitions: Sequence[Definition]) -> frozenset[str]:
    """The letters that name steps for sure: those that stand with a step beside them, as in ``t-1``."""
    found: set[str] = set()
    for definition in definitions:
        for part in walk(definition.body):
            for index in part.index if isinstance(part, Symbol) else ():
                if isinstance(index, Add):
                    found |= letters_in(index)
    return frozenset(found)


def last_steps(definitions: Sequence[Definition]) -> frozenset[str]:
    """The names up to which a sum over the letter of a recursion runs: last steps, not numbers of classes."""
    running = {name for d in definitions for part in d.index for name in letters_in(part) & step_letters([d])}
    sums = (part for d in definitions for part in walk(d.body) if isinstance(part, Sum) and part.index in running)
    return frozenset(part.upper.name for part in sums if isinstance(part.upper, Symbol))
