r"""Sizes that a document declares: ``W \in \mathbb{R}^{n \times d}``, ``x_t \in \mathbb{R}^d``, ``x: M \times 1``.

They are used where they agree with the definitions. Different names are different sizes: a declaration that makes two
of them equal, or a size one, contradicts the definitions and the declarations before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from bpttsym.expr import Call, Expr, Listing, Multiply, Number, Power, Relation, Span, Symbol
from bpttsym.latex import unicode_line
from bpttsym.records import dataclass, field, replace
from bpttsym.shape_words import is_capital
from bpttsym.shapes import Sizes
from bpttsym.sides import is_sized

REALS = frozenset((r"\mathbb{R}", r"\mathbf{R}", r"\mathrm{R}", r"\mathcal{R}", "R", r"\Re"))
MOST_AXES = 6
SPARE = "pqrsuv"
"""Letters for sizes without a name."""

Labels = tuple[str, ...]
Infer = Callable[[Sequence["Declared"]], Sizes]


@dataclass(frozen=True, slots=True)
class Declared:
    """The sizes of a name: two for a matrix, one for a vector, none for a number; more are of several steps or samples.

    ``samples`` is the size of an axis that was taken away: there are so many of what is declared.
    """

    name: str
    index: tuple[Expr, ...]
    labels: Labels
    span: Span | None = field(default=None, compare=False)
    samples: str = ""

    @property
    def indexed(self) -> bool:
        """Whether it is said of a quantity with steps."""
        return bool(self.index)


def declared_sizes(relation: Relation) -> Labels | None:
    """The sizes that a relation gives to its left side; None if it is no such declaration."""
    match relation.operator, relation.right:
        case r"\in", Symbol(name, ()) if name in REALS:
            return ()
        case r"\in", Power(Symbol(name, ()), exponent) if name in REALS:
            return _labels(exponent)
        case ":", Multiply(_, operators) if set(operators) == {r"\times"}:
            return _labels(relation.right)
        case _ if is_sized(relation.left, relation.right):
            return tuple(map(_spelled, relation.right.items)) if isinstance(relation.right, Listing) else None
        case _:
            return None


def sized(relation: Relation) -> Expr:
    """What sizes are said of: the left side, without the bars of ``|X|``."""
    left = relation.left
    return left.arguments[0] if isinstance(left, Call) and is_sized(left, relation.right) else left


def _labels(expr: Expr) -> Labels | None:
    factors = expr.factors if isinstance(expr, Multiply) and set(expr.operators) == {r"\times"} else (expr,)
    if len(factors) > MOST_AXES or any(isinstance(part, Number) and part.value.denominator != 1 for part in factors):
        return None
    return tuple(map(_spelled, factors))


def _spelled(size: Expr) -> str:
    return unicode_line(size).replace(r"\_", "_")


def shown(labels: Labels) -> str:
    """A shape in words: ``n×d``; a vector has one column."""
    return "×".join(labels if len(labels) > 1 else (*labels, "1")) if labels else "1×1"


@dataclass(frozen=True)
class Refusal:
    """Why a declaration is not used, and whether it is false."""

    message: str
    false: bool


@dataclass(frozen=True)
class Known:
    """What declarations are compared with.

    ``infer`` gives the sizes of the definitions under some declarations; ``states`` are the quantities with an index
    that they define, ``weights`` the leaves without one in their formulas, ``parameters`` the leaves whose index counts
    no steps; ``equal`` are names of sizes of which something else is said.
    """

    infer: Infer
    states: Collection[str]
    weights: Collection[str]
    parameters: Collection[str]
    equal: Collection[str]


def accepted(declarations: Collection[Declared], known: Known) -> tuple[tuple[Declared, ...], dict[Declared, Refusal]]:
    """The declarations that agree with the definitions and with each other, and why the others do not.

    Vectors come first: they are seldom written wrong.
    """
    if not declarations:
        return (), {}
    kept: list[Declared] = []
    refused: dict[Declared, Refusal] = {}
    plain = before = known.infer(())
    numbers = {one.name for one in declarations if not one.labels}
    all_numbers = set(known.weights) <= numbers
    states = known.states
    capitals = [name for name in known.weights if is_capital(name)]
    for one in sorted(declarations, key=lambda one: (not one.indexed, len(one.labels) == 2)):
        one, as_said = _as_row(one, before), one
        if _is_left_out(one, before, known):
            continue
        sizes = known.infer((*kept, one))
        clash = contradiction(one, sizes, before, known.equal)
        ours = names_of(before, one.name)
        said = f"`{one.name}` is {shown(ours)} by the definitions, and {shown(one.labels)} is said here"
        if one != as_said:
            said = f"`{one.name}` has {ours[1]} entries by the definitions, and {as_said.labels[0]} is said here"
        said += f" of each of {one.samples}" if one.samples else ""
        if clash:
            false = clash == "names" or _is_smaller(names_of(plain, one.name), one.labels)
            refused[one] = Refusal(said, false)
        elif _is_turned(one, before):
            refused[one] = Refusal(said, False)
        elif not (one.indexed or one.labels or all_numbers) and _ones(sizes, states) - _ones(before, states):
            refused[one] = Refusal(f"`{one.name}` is a number by its declaration and stands beside vectors", False)
        elif matrices := sorted(_ones(sizes, capitals) - _ones(before, capitals) - numbers):
            refused[one] = Refusal(f"`{one.name}` is a number by its declaration, and `{matrices[0]}` then too", False)
        else:
            kept.append(one)
            before = sizes
    return tuple(kept), refused


def _as_row(one: Declared, sizes: Sizes) -> Declared:
    r"""``b \in \mathbb R^H`` of what the definitions make a row, as that row."""
    shape = sizes.shape_of(one.name)
    if one.indexed or len(one.labels) != 1 or shape is None or not sizes.is_row_wise:
        return one
    is_row = sizes.find(shape[0]) == 0 != sizes.find(shape[1])
    return replace(one, labels=("1", *one.labels)) if is_row else one


def _is_left_out(one: Declared, sizes: Sizes, known: Known) -> bool:
    """A batch, of which the equations are judged row by row; a vector among rows that may be a column."""
    if sizes.shape_of(one.name) is None:
        return True
    wide = len(one.labels) == 2 and "1" not in one.labels
    batch = one.indexed and wide and one.name not in known.parameters
    return batch or (sizes.is_row_wise and not one.indexed and len(one.labels) == 1)


def contradiction(one: Declared, sizes: Sizes, before: Sizes, equal: Collection[str]) -> str:
    """``names`` where a declaration makes two sizes one, ``one`` where it makes a size one; empty if it may stand.

    A name that is new may be another one for a size that has a name.
    """
    called, known = sizes.called(), before.labels
    for root, (names, numbers) in called.items():
        apart = {before.find(known[name]) if name in known else name for name in names - set(equal)}
        old = {place for place in apart if isinstance(place, int)}
        clash = (
            len(old) > 1 or len(apart & {*one.labels, *(before.find(known[n]) for n in one.labels if n in known)}) > 1
        )
        if root and (len(numbers) > 1 or (clash and not numbers)):
            return "names"
    return "one" if 0 in called else ""


def names_of(sizes: Sizes, name: str) -> Labels:
    """The shape of a name in the names of its sizes; letters for those that have none."""
    called = sizes.called()
    spare: dict[int, str] = {}
    found = []
    for dimension in sizes.shape_of(name) or ():
        root = sizes.find(dimension)
        names, numbers = called.get(root, (set(), set()))
        first = next((label for label in sizes.labels if label in names), min(numbers, default=""))
        label = first or spare.setdefault(root, SPARE[len(spare) % len(SPARE)])
        found.append("1" if root == 0 else label)
    return tuple(found)


def _ones(sizes: Sizes, names: Collection[str]) -> set[str]:
    return {name for name in names if (shape := sizes.shape_of(name)) is not None and sizes.is_one(shape)}


def _is_smaller(plain: Labels, labels: Labels) -> bool:
    """Whether the definitions alone make a number of what is said to have more entries."""
    return plain == ("1", "1") and any(label != "1" for label in labels)


def _is_turned(one: Declared, sizes: Sizes) -> bool:
    """Whether a vector with a step is said to be a row where the definitions are in columns, or the other way round."""
    if not one.indexed or len(one.labels) != 2:
        return False
    row = one.labels[0] == "1" != one.labels[1]
    column = one.labels[1] == "1" != one.labels[0]
    return column if sizes.is_row_wise else row
