r"""What an index counts: steps, layers, or the steps of a second sequence, each from 1 to a last one of its own.

The places of indices are joined where one letter stands in both: ``h_t^{(l)} = f(h_t^{(l-1)})`` joins the second
place of ``h`` with the letter ``l``, and ``\hat{y}_t = g(h_t^{(L)})`` says that its last one is called ``L``. An
axis that the horizon ends, or that nothing ends, is that of the steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from bpttsym.expr import Call, Expr, Number, Product, Sum, Symbol, children, integer, shifted, walk
from bpttsym.memo import of_node, of_nodes
from bpttsym.records import dataclass, field, replace

LAYER_LETTERS = frozenset(("l", r"\ell"))
"""Letters that count layers where another letter counts the steps."""

STEP_LETTERS = frozenset(("t", "s", r"\tau", "k", "i", "j", "u"))
"""Letters whose last one is a later step of another sequence, not a number of layers."""

LAST_BUT_ONE = "T-1"
"""The end of the steps where all sums run from 0 to it."""

DEFAULT_LAYERS = 2
LAYERS = "layers"
"""What a number of layers is counted under where the document does not use its name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an index stands: the name, how many indices it has, and which one of them."""

    name: str
    count: int
    position: int


class Head(Protocol):
    """A definition as the axes see it."""

    @property
    def name(self) -> str: ...
    @property
    def index(self) -> tuple[Expr, ...]: ...
    @property
    def body(self) -> Expr: ...


@dataclass(frozen=True, slots=True)
class End:
    """How far an axis is counted: to a ``fixed`` number, or to the number of steps and ``number`` more.

    ``steps`` says whether it counts steps, not layers.
    """

    steps: bool
    number: int
    fixed: bool = False


@dataclass(frozen=True)
class Axes:
    """The last index of every place; ``ends`` holds, for every name of a last one, how far it is counted.

    At a ``lettered`` place more than numbers stand; ``from_zero`` says that sums over the steps begin at 0. ``numbers``
    are other letters of indices with a number of their own, such as the length of a window.
    """

    horizon: str
    places: Mapping[Place, str]
    ends: Mapping[str, End]
    lettered: frozenset[Place] = frozenset()
    from_zero: bool = False
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def aliases(self) -> frozenset[str]:
        """Other names of the horizon."""
        return frozenset(self.ends) - frozenset(self.places.values())

    def bindings(self, length: int) -> dict[str, int]:
        """The value of the name of every last index, in a network of ``length`` steps, and of every other number."""
        found = {name: end.number if end.fixed else length + end.number for name, end in self.ends.items()}
        return {**self.numbers, **found, self.horizon: length}

    def end(self, place: Place, length: int) -> int:
        """The last index of a place."""
        return self.bindings(length)[self.places.get(place, self.horizon)]

    def counts_steps(self, place: Place) -> bool:
        """Whether an index at this place is a step of the first sequence or of another one."""
        return self._counts_steps(self.places.get(place, self.horizon))

    def _counts_steps(self, name: str) -> bool:
        return name not in self.ends or self.ends[name].steps

    def runs(self, place: Place) -> bool:
        """Whether a step stands at a place, not a layer, and not only a number (``U_2``)."""
        return place in self.lettered and self.counts_steps(place)

    def letter_end(self, letter: str, expr: Expr) -> str:
        """The name of the last index of a letter, by the places where it stands in an expression."""
        for place, letters in _lettered_places(expr):
            if letter in letters and place in self.places:
                return self.places[place]
        return self.horizon

    def letter_range(self, letter: str, expr: Expr, length: int) -> tuple[bool, int]:
        """Whether a letter counts steps, and how far, by the places where it stands in an expression."""
        name = self.letter_end(letter, expr)
        return self._counts_steps(name), self.bindings(length)[name]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all last indices, and of other numbers."""
        return frozenset(self.ends) | frozenset(self.numbers) | {self.horizon}


@of_node
def letters_of(index: Expr) -> frozenset[str]:
    """The letters in an index: the names without an index of their own."""
    return frozenset(part.name for part in walk(index) if isinstance(part, Symbol) and not part.index)


@of_node
def _lettered_places(expr: Expr) -> tuple[tuple[Place, frozenset[str]], ...]:
    """The places of an expression where letters stand, from left to right."""
    found = ((place, letters_of(index)) for part in walk(expr) for place, index in _indices(part))
    return tuple((place, letters) for place, letters in found if letters)


def _indices(part: Expr) -> Iterator[tuple[Place, Expr]]:
    match part:
        case Symbol(name, index):
            for position, one in enumerate(index):
                yield Place(name, len(index), position), one
        case Call(function, index=index):
            for position, one in enumerate(index):
                yield Place(f"{function}()", len(index), position), one
        case _:
            return


class _Classes:
    """Places and letters joined into axes."""

    def __init__(self) -> None:
        self.parent: dict[object, object] = {}

    def find(self, item: object) -> object:
        while self.parent.setdefault(item, item) != item:
            self.parent[item] = self.parent[self.parent[item]]
            item = self.parent[item]
        return item

    def join(self, first: object, second: object) -> None:
        self.parent[self.find(first)] = self.find(second)


@of_nodes
def find_axes(heads: Sequence[Head], horizon: str, counts: tuple[tuple[str, int], ...]) -> Axes:
    """The axes of some definitions; ``counts`` are numbers that the document gives to names of last indices."""
    classes = _Classes()
    marks: list[tuple[object, str]] = []
    zeros: list[tuple[object, bool]] = []
    lasts: list[object] = []
    letters: list[tuple[object, str]] = []
    places: dict[Place, None] = {}
    for number, head in enumerate(heads):
        running = {name for one in head.index for name in letters_of(one)} - {horizon}
        own = Symbol(head.name, head.index)
        for part, bound in _bound_within(head.body, frozenset(running)):
            if isinstance(part, Sum | Product) and not getattr(part, "components", False):
                _note_range(part, number, bound, classes, marks)
                lasts += [(number, part.index)] if part.upper == Symbol(horizon) else []
                if part.lower == integer(0) and _stands_bare(part) and letters_of(part.upper or part) == {horizon}:
                    zeros.append(((number, part.index), part.upper == shifted(Symbol(horizon), -1)))
            for place, index in _indices(part):
                lasts += [place] if index == Symbol(horizon) else []
                _note_index(place, index, number, bound, classes, marks, letters, places)
        for place, index in _indices(own):
            _note_index(place, index, number, frozenset(running), classes, marks, letters, places)
        _join_numbers(own, head.body, classes)
    return _ended(classes, marks, letters, places, horizon, dict(counts), zeros, lasts)


def _stands_bare(part: Sum | Product) -> bool:
    """Whether the letter of a sum is itself an index of what is summed: a step, not a distance between two."""
    return any(index == Symbol(part.index) for inner in walk(part.body) for _, index in _indices(inner))


def _join_numbers(own: Symbol, body: Expr, classes: _Classes) -> None:
    """A number beside a letter, as in the name of a derivative by ``h_{t,2}``, counts what it counts in the body."""
    if not any(isinstance(index, Symbol) for index in own.index):
        return
    given = [(place, index) for place, index in _indices(own) if isinstance(index, Number)]
    for part in walk(body):
        for place, index in _indices(part):
            for mine, number in given:
                if index == number and place.count > 1:
                    classes.join(mine, place)


def _bound_within(expr: Expr, bound: frozenset[str]) -> Iterator[tuple[Expr, frozenset[str]]]:
    """All parts of an expression, each with the letters that run there."""
    inner = bound | {expr.index} if isinstance(expr, Sum | Product) else bound
    yield expr, inner
    for child in children(expr):
        yield from _bound_within(child, inner)


def _note_range(
    part: Sum | Product, number: int, bound: frozenset[str], classes: _Classes, marks: list[tuple[object, str]]
) -> None:
    for limit in (part.lower, part.upper):
        for name in letters_of(limit) if limit is not None else ():
            if name in bound:
                classes.join((number, part.index), (number, name))
            elif limit is part.upper:
                marks.append(((number, part.index), name))


def _note_index(
    place: Place,
    index: Expr,
    number: int,
    bound: frozenset[str],
    classes: _Classes,
    marks: list[tuple[object, str]],
    letters: list[tuple[object, str]],
    places: dict[Place, None],
) -> None:
    places[place] = None
    classes.find(place)
    for name in letters_of(index):
        if name in bound:
            classes.join(place, (number, name))
            letters.append((place, name))
        else:
            marks.append((place, name))


def _ended(
    classes: _Classes,
    marks: list[tuple[object, str]],
    letters: list[tuple[object, str]],
    places: dict[Place, None],
    horizon: str,
    counts: Mapping[str, int],
    zeros: list[tuple[object, bool]],
    lasts: list[object],
) -> Axes:
    """Each axis with its end: the horizon, a name of its own, or the horizon where nothing says so."""
    named: dict[object, list[str]] = {}
    for item, name in marks:
        named.setdefault(classes.find(item), []).append(name)
    spelled: dict[object, set[str]] = {}
    for item, letter in letters:
        spelled.setdefault(classes.find(item), set()).add(letter)
    roots = list(dict.fromkeys(classes.find(place) for place in places))
    first = _steps(roots, named, spelled, horizon)
    ends: dict[str, End] = {}
    of_root: dict[object, str] = {}
    for root in roots:
        names, used = named.get(root, []), spelled.get(root, set())
        of_root[root] = horizon
        if root == first or horizon in names:
            ends.update({name: End(True, 0) for name in names if name != horizon and name not in ends})
        elif names or (used & LAYER_LETTERS and first is not None):
            name = names[0] if names else "L"
            of_root[root] = name
            other = bool(used & STEP_LETTERS) and name[0] in "TSN\\"
            layers = counts.get(LAYERS, DEFAULT_LAYERS)
            ends.update(dict.fromkeys(names or ["L"], End(True, 1) if other else End(False, layers, True)))
    for name, number in counts.items():
        if name in ends and name in of_root.values():
            ends[name] = replace(ends[name], number=number, fixed=True)
    short = [steps_less for item, steps_less in zeros if classes.find(item) == first]
    if short and all(short) and first not in map(classes.find, lasts):
        of_root = {root: LAST_BUT_ONE if name == horizon else name for root, name in of_root.items()}
        ends[LAST_BUT_ONE] = End(True, -1)
    lettered = frozenset(
        place for place in places if spelled.get(classes.find(place)) or named.get(classes.find(place))
    )
    places_to = {place: of_root[classes.find(place)] for place in places}
    numbers = {name: number for name, number in counts.items() if name not in ends and name != LAYERS}
    return Axes(horizon, places_to, ends, lettered, bool(short), numbers)


def _steps(
    roots: list[object], named: Mapping[object, list[str]], spelled: Mapping[object, set[str]], horizon: str
) -> object | None:
    """The axis of the steps: that of the horizon, else the first one with the letter t, else the first one."""
    for root in roots:
        if horizon in named.get(root, []):
            return root
    for root in roots:
        if "t" in spelled.get(root, set()):
            return root
    return roots[0] if roots else None
