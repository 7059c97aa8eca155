r"""The steps of a quantity one after another, and how large they are together (a part of document).

    |h_t| = (B, H)        h_{1:n} = [h_1; \dots; h_n]        |h_{1:n}| = (B, n, H)

The steps get an axis of their own, wherever it stands, or stand as blocks along one that is there. Names of sizes are
compared with names: different ones are different sizes as long as the document uses both for something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from bpttsym.declarations import Declared, Labels, Refusal
from bpttsym.dots import distance
from bpttsym.expr import Expr, Listing, Number, Relation, Span, Steps, Symbol, shifted
from bpttsym.latex import unicode_line
from bpttsym.model import Model
from bpttsym.records import dataclass, field
from bpttsym.sides import range_of, steps_of

Readings = tuple[tuple[str, str], tuple[str, str]]
Key = tuple[str, int]
"""A quantity at steps: its name and how many indices it has."""


@dataclass(frozen=True)
class Stack:
    """Sizes that are said of several steps together; ``name`` is how the document writes them.

    ``place`` is the later one of where that is said and of where the name is given to the steps.
    """

    steps: Steps
    labels: Labels
    span: Span
    name: str
    place: Span


@dataclass
class Findings:
    """What became of what a document says: why it is not taken in, words about it, and the sizes of single steps.

    ``readings`` are the meanings that a list may have, the one that holds first, each with what comes of it.
    """

    refused: dict[Span, Refusal] = field(default_factory=dict)
    words: dict[Span, str] = field(default_factory=dict)
    readings: dict[Span, Readings] = field(default_factory=dict)
    implied: list[Declared] = field(default_factory=list)


def looked_at(
    declared: Iterable[Declared],
    stacked: Mapping[Span, tuple[Steps, Labels]],
    listed: Mapping[Span, Relation],
    own: Collection[Span],
    model: Model,
) -> Findings:
    """Compare what is said of steps and of their sizes, in the order of the document; ``own`` is said in this scope."""
    found = Findings()
    known = list(declared)
    quantities = {*(model.arities if listed else ()), *(one.name for one in known if one.index)}
    runs = dict(_named_runs(listed, model, quantities, found))
    stacks = [Stack(steps, labels, span, unicode_line(steps), span) for span, (steps, labels) in stacked.items()]
    for one in known:
        if one.name in runs and not one.index and one.span:
            steps, span = runs[one.name]
            place = max(span, one.span, key=lambda place: place.start)
            stacks.append(Stack(steps, one.labels, one.span, one.name, place))
    elements = [one for one in known if one.index and one.labels and one.span]
    used = [*((one.span, one.labels) for one in known), *((stack.span, stack.labels) for stack in stacks)]
    fixed = {model.horizon: str(model.length)} if model.length else {}
    sizes = _Sizes(found, own, used, fixed)
    sizes.run(elements, stacks)
    for span, relation in listed.items():
        said = (steps_of(relation.left), steps_of(relation.right))
        stack = next((stack for stack in stacks if stack.steps in said and stack.span not in found.refused), None)
        if stack is not None and span not in found.refused:
            readings = sizes.readings(relation, stack)
            found.readings.update({span: readings} if readings else {})
    return found


def _named_runs(
    listed: Mapping[Span, Relation], model: Model, quantities: set[str], found: Findings
) -> Iterator[tuple[str, tuple[Steps, Span]]]:
    """The names that stand for steps; what says of steps what is not so is told."""
    given: dict[str, Steps] = {}
    defined = {definition.name for definition in (*model.definitions, *model.abbreviations)}
    for span, relation in listed.items():
        ends = [steps_of(side) for side in (relation.left, relation.right)]
        names = [side.name for side in (relation.left, relation.right) if isinstance(side, Symbol)]
        match ends:
            case [Steps() as left, Steps() as right]:
                refusal = _compared(left, right, quantities)
                quantities |= {part.name for part in (left.first, right.first) if isinstance(part, Symbol)}
            case _ if names[0] in defined or (names[0] in given and given[names[0]] not in ends):
                refusal = Refusal(f"`{names[0]}` has another meaning already", False)
            case _:
                refusal = None
                given[names[0]] = next(end for end in ends if end is not None)
                yield names[0], (given[names[0]], span)
        if refusal is not None:
            found.refused[span] = refusal


def _compared(left: Steps, right: Steps, known: Collection[str]) -> Refusal | None:
    """Why steps are not those of a list; None where they are, or where the list says what is new."""
    if left == right:
        return None
    names = [end.first.name for end in (left, right) if isinstance(end.first, Symbol)]
    shown = [f"{unicode_line(end.first)} to {unicode_line(end.last)}" for end in (left, right)]
    if names[0] != names[1]:
        return (
            None
            if names[0] not in known and _range(left) == _range(right)
            else Refusal(f"{shown[0]} is not {shown[1]}", False)
        )
    message = f"`{unicode_line(left)}` runs from {shown[0]}, and {shown[1]} is said here"
    half = left.first == right.first and _moved(left, -1) == right.last
    if half or (right.first == left.first and _moved(right, -1) == left.last):
        return Refusal(f"{message}; it holds only if a range leaves its end out", False)
    return Refusal(message, _is_other(left, right))


def _range(steps: Steps) -> tuple[Expr, Expr]:
    """The one index in which the first and the last step differ, at both."""
    assert isinstance(steps.first, Symbol)
    assert isinstance(steps.last, Symbol)
    pairs = zip(steps.first.index, steps.last.index, strict=True)
    return next(((a, b) for a, b in pairs if a != b), (steps.first.index[-1], steps.last.index[-1]))


def _moved(steps: Steps, by: int) -> Expr:
    """The last step, moved."""
    assert isinstance(steps.last, Symbol)
    first, last = _range(steps)
    index = tuple(shifted(b, by) if b == last and first != last else b for b in steps.last.index)
    return Symbol(steps.last.name, index)


def _is_other(left: Steps, right: Steps) -> bool:
    """Whether two runs cannot be the same: an end differs by a number, or they run the other way round."""
    ends = list(zip(_range(left), _range(right), strict=True))
    turned = _range(left) == _range(right)[::-1]
    return turned or any((apart := distance(a, b)) is not None and apart != 0 for a, b in ends)


def length(steps: Steps) -> str:
    """How many steps they are, in letters: ``n`` of ``1:n``, ``n + 1`` of ``0:n``."""
    low, high = range_of(steps)
    if isinstance(low, Number):
        return unicode_line(shifted(high, 1 - int(low.value)))
    return f"{unicode_line(high)} - {unicode_line(low)} + 1"


class _Sizes:
    """Compares the sizes of single steps with those of several together; ``used`` holds all sizes, by place."""

    def __init__(
        self,
        found: Findings,
        own: Collection[Span],
        used: Sequence[tuple[Span | None, Labels]],
        fixed: Mapping[str, str],
    ) -> None:
        self.found, self.own, self.used, self.fixed = found, own, used, fixed
        self.elements: dict[Key, Declared] = {}
        self.stacks: dict[Key, list[Stack]] = {}

    def run(self, elements: Iterable[Declared], stacks: Iterable[Stack]) -> None:
        """Take in what is said, in order."""
        said: list[tuple[Span, Declared | Stack]] = [(stack.span, stack) for stack in stacks]
        said += [(one.span, one) for one in elements if one.span is not None]
        for span, one in sorted(said, key=lambda pair: pair[0].start):
            if isinstance(one, Stack):
                self._stack(one)
            else:
                self._element(span, one)
        for key, found in self.stacks.items():
            for stack in found if key not in self.elements else ():
                self._alone(stack)

    def _element(self, span: Span, one: Declared) -> None:
        key = (one.name, len(one.index))
        before = self.elements.get(key)
        if before is not None and before.span in self.own and len(before.labels) + len(one.labels) > 3:
            if before.labels != one.labels:
                words = f"`{one.name}` is {_shown(before.labels)} above, and {_shown(one.labels)} is said here"
                sizes = self._all_fixed(before.labels), self._all_fixed(one.labels)
                self._refuse(span, words, self._differ(*sizes, span))
                return
        self.elements[key] = one
        for stack in self.stacks.get(key, []):
            self._compare(one, stack, max(span, stack.place, key=lambda place: place.start))

    def _stack(self, stack: Stack) -> None:
        assert isinstance(stack.steps.first, Symbol)
        key = (stack.steps.first.name, len(stack.steps.first.index))
        self.stacks.setdefault(key, []).append(stack)
        if key in self.elements:
            self._compare(self.elements[key], stack, stack.place)

    def _compare(self, one: Declared, stack: Stack, place: Span) -> None:
        """Whether steps of a size make a stack of a size."""
        count = self._fixed(length(stack.steps))
        single, whole = self._all_fixed(one.labels), self._all_fixed(stack.labels)
        axes = [(*single[:at], count, *single[at:]) for at in range(len(single) + 1)]
        blocks = [(*single[:at], _times(count, single[at]), *single[at + 1 :]) for at in range(len(single))]
        if whole in axes:
            words = f"the {count} steps {_shown(single)} have an axis of their own in {_shown(whole)}"
            self.found.words[stack.span] = words
        elif tuple(map(_sorted, whole)) in [tuple(map(_sorted, block)) for block in blocks]:
            self.found.words[stack.span] = f"the {count} steps {_shown(single)} stand as blocks in {_shown(whole)}"
        elif self._adds_samples(single, whole, count):
            self.found.words[stack.span] = f"one axis of {_shown(whole)} counts samples of {_shown(single)}"
        else:
            ways = ", ".join(_shown(way) for way in axes)
            words = f"{count} steps {_shown(single)} of `{one.name}` make {ways}"
            words += f", and {_shown(whole)} is said of `{stack.name}`"
            together = one.span in self.own and stack.span in self.own
            self._refuse(place, words, together and self._differ((count, *single), whole, place))

    def readings(self, relation: Relation, stack: Stack) -> Readings | None:
        r"""What a list may mean where sizes are said: ``[h_1; \\dots; h_n]`` are blocks, ``\\{...\\}`` has no order."""
        listing = next((side for side in (relation.left, relation.right) if isinstance(side, Listing)), None)
        whole = self._all_fixed(stack.labels)
        if listing is not None and listing.opening == r"\{":
            return ("the steps stand in order", "holds"), ("they are a set", f"fails: a set is not {_shown(whole)}")
        assert isinstance(stack.steps.first, Symbol)
        one = self.elements.get((stack.steps.first.name, len(stack.steps.first.index)))
        if listing is None or listing.opening != "[" or one is None:
            return None
        single, count = self._all_fixed(one.labels), self._fixed(length(stack.steps))
        rows, columns = (_times(count, single[0]), *single[1:]), (*single[:-1], _times(count, single[-1]))
        side_by_side = listing.sign == "," and whole == (*single, count) and len(single) == 1
        if side_by_side or whole not in [(*single[:at], count, *single[at:]) for at in range(len(single) + 1)]:
            return None
        where = "one below the other" if listing.sign == ";" else "side by side"
        blocks = rows if listing.sign == ";" else columns
        result = f"fails: they would be {_shown(blocks)}, and {_shown(whole)} is said"
        return ("the steps stand on an axis of their own", "holds"), (f"they are blocks {where}", result)

    def _adds_samples(self, single: Labels, whole: Labels, count: str) -> bool:
        """Whether a stack of what is said of one sample has one axis more, of a size that is of nothing else."""
        if len(single) != 1 or len(whole) != 3 or whole.count(count) != 1:
            return False
        rest = [label for label in whole if label not in (count, *single)]
        others = {label for _, labels in self.used if len(labels) < 3 for label in labels}
        return len(rest) == 1 and whole.count(single[0]) == 1 and rest[0] not in others

    def _alone(self, stack: Stack) -> None:
        """What the sizes of several steps say of one, of which nothing else is said."""
        count, whole = self._fixed(length(stack.steps)), self._all_fixed(stack.labels)
        if not any(set(_sorted(count)) <= set(_sorted(label)) for label in whole):
            self._refuse(stack.place, f"none of the sizes {_shown(whole)} of `{stack.name}` is {count}", False)
        elif whole.count(count) == 1 and isinstance(stack.steps.first, Symbol) and len(whole) <= 3:
            rest = tuple(label for label in whole if label != count)
            self.found.implied.append(Declared(stack.steps.first.name, stack.steps.first.index, rest, stack.span))

    def _differ(self, one: Labels, other: Labels, place: Span) -> bool:
        """Whether sizes are others for sure: in another order, other numbers, or names that are in use elsewhere."""
        more, less = Counter(other) - Counter(one), Counter(one) - Counter(other)
        known = {self._fixed(label) for span, used in self.used if span != place for label in used if " " not in label}
        numbers = {label.isdigit() for label in (*more, *less)}
        return numbers <= {True} or (numbers == {False} and set(more) <= {*known, *one})

    def _refuse(self, span: Span, words: str, false: bool) -> None:
        hint = "" if false else "; whether these are names for the same sizes is not said"
        self.found.refused[span] = Refusal(words + hint, false)

    def _fixed(self, label: str) -> str:
        return self.fixed.get(label, label)

    def _all_fixed(self, labels: Labels) -> Labels:
        return tuple(map(self._fixed, labels))


def _times(count: str, label: str) -> str:
    return f"{count} {label}"


def _sorted(label: str) -> tuple[str, ...]:
    """The factors of a product of sizes, in any order."""
    return tuple(sorted(label.replace("·", " ").replace("×", " ").split()))


def _shown(labels: Labels) -> str:
    return f"({', '.join(labels)})"
