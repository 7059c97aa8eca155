r"""Parameters of which a document assumes a structure, ``W^\top W = I``, as formulas of free parameters.

    W = W^\top             W = S + S^\top
    W^\top = -W            W = S - S^\top
    W^\top W = I           W = H_1 ... H_n    with reflections H = I - 2 v v^\top / (v^\top v)
    0 < a < 1              a = e^s/(1 + e^s)

Every orthogonal matrix of size n is a product of at most n reflections, and the number of them, even or odd, says
which of two kinds it is. A product of reflections is rational, so it exists in every world.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from fractions import Fraction

from bpttsym.declarations import Declared
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Divide,
    Expr,
    Multiply,
    Negate,
    Number,
    Relation,
    Symbol,
    Transpose,
    integer,
    multiply,
    names,
)
from bpttsym.ground import make_ground
from bpttsym.hypotheses import number
from bpttsym.model import Definition, Model
from bpttsym.records import dataclass, replace
from bpttsym.weight_shapes import IDENTITIES

SOME_STEPS = 3
MANY = 99

Free = Callable[[int], Symbol]
"""A free parameter: a vector or a matrix, by the number of its sizes."""

Structure = Callable[[Free, int, int], Expr]
"""A formula from what gives free parameters, the size, and which of the kinds of matrices is wanted."""


def structure_of(relation: Relation) -> tuple[str, Structure] | None:
    """The parameter that a relation is about and its structure; None for an assumption of another form."""
    for one, other in ((relation.left, relation.right), (relation.right, relation.left)):
        match one, other:
            case Symbol(name, ()), Transpose(Symbol(same, ())) if name == same:
                return name, _symmetric
            case Symbol(name, ()), Negate(Transpose(Symbol(same, ()))) if name == same:
                return name, _skew
            case Negate(Symbol(name, ())), Transpose(Symbol(same, ())) if name == same:
                return name, _skew
            case Multiply((first, second)), Symbol(identity, ()) if identity in IDENTITIES:
                pair = (first, second) if isinstance(second, Symbol) else (second, first)
                match pair:
                    case Transpose(Symbol(same, ())), Symbol(name, ()) if name == same:
                        return name, _orthogonal
    return None


def _symmetric(free: Free, size: int, kind: int) -> Expr:
    letter = free(2)
    return Add((letter, Transpose(letter)))


def _skew(free: Free, size: int, kind: int) -> Expr:
    letter = free(2)
    return Add((letter, Negate(Transpose(letter))))


def _orthogonal(free: Free, size: int, kind: int) -> Expr:
    return multiply(*(_reflection(free(1)) for _ in range(max(1, size - kind))))


NAMED: dict[str, Structure] = {
    **dict.fromkeys(("orthogonal", "orthonormal", "unitary"), _orthogonal),
    "symmetric": _symmetric,
    **dict.fromkeys(("skew-symmetric", "antisymmetric", "skew"), _skew),
}
"""Structures of real matrices that have a name in running text."""


def _reflection(vector: Symbol) -> Expr:
    row = Transpose(vector)
    share = Divide(multiply(vector, row), multiply(row, vector))
    return Add((Symbol("I"), Negate(multiply(integer(2), share))))


@dataclass(frozen=True)
class Between:
    r"""The structure of a number that is larger than one and smaller than another: ``a + (b - a)/(1 + e^{-s})``."""

    low: Fraction | None
    high: Fraction | None

    def __call__(self, free: Free, size: int, kind: int) -> Expr:
        grown = Call(r"\exp", (free(0),))
        if self.low is None:
            assert self.high is not None
            return Add((Number(self.high), Negate(grown)))
        if self.high is None:
            return Add((Number(self.low), grown))
        share = Divide(grown, Add((integer(1), grown)))
        return Add((Number(self.low), multiply(Number(self.high - self.low), share)))


def between(relations: Iterable[Relation], name: str) -> Between | None:
    """The structure of a number that relations compare with numbers; None for another form, and where none is left."""
    ends: dict[bool, list[Fraction]] = {True: [], False: []}
    for relation in relations:
        above = relation.left if relation.operator in (">", r"\ge") else relation.right
        below = relation.right if above is relation.left else relation.left
        for side, other in ((above, below), (below, above)):
            if side == Symbol(name):
                value = None if names(other) else number(other, {})
                if value is None:
                    return None
                ends[side is above].append(value)
        if Symbol(name) not in (above, below):
            return None
    low, high = max(ends[True], default=None), min(ends[False], default=None)
    return None if low is not None and high is not None and low >= high else Between(low, high)


def structured(model: Model, wanted: Mapping[str, Structure]) -> Iterator[Model]:
    """The model with each of some parameters as a formula, for each kind of matrices.

    None where one of them is not square or has a formula.
    """
    try:
        shapes = make_ground(model, SOME_STEPS).shapes
    except NotRead:
        return
    known = {*model.arities, *shapes}
    wanted = {name: make for name, make in wanted.items() if name in known}
    sizes = {name: shapes.get(name, (0, 1)) for name in wanted}
    given = any(definition.name in wanted for definition in model.definitions)
    fitting = all(
        size == (1, 1) if isinstance(wanted[name], Between) else size[0] == size[1] > 1 for name, size in sizes.items()
    )
    matrices = not all(isinstance(make, Between) for make in wanted.values())
    if not fitting or given or (matrices and "I" in known):
        return
    for kind in (0, 1) if matrices else (0,):
        free = _Free(known)
        bodies = [
            (name, make(free.of(name, isinstance(make, Between)), sizes[name][0], kind))
            for name, make in wanted.items()
        ]
        definitions = (*(Definition(name, (), body) for name, body in bodies), *model.definitions)
        yield replace(model, definitions=definitions, declared=(*model.declared, *free.declared))


class _Free:
    """Free parameters under names that a model does not have, as large as what they make."""

    def __init__(self, known: Container[str]) -> None:
        self.letters = (letter for number in range(1, MANY) if (letter := f"S_{{{number}}}") not in known)
        self.declared: list[Declared] = []

    def of(self, name: str, number: bool) -> Free:
        """What gives the free parameters of one that is square, or a number."""
        size = f"n_{name}"
        self.declared.append(Declared(name, (), () if number else (size, size)))

        def free(sizes: int) -> Symbol:
            letter = next(self.letters)
            self.declared.append(Declared(letter, (), (size,) * sizes))
            return Symbol(letter)

        return free
