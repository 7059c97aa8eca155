r"""Sizes by unification over the definitions of a model, never over the equation under judgement.

Every value is a matrix: a column vector is (n, 1), a scalar (1, 1). A quantity with a step index is a column
vector unless its definition makes it a scalar; a parameter that stands on the left of a vector is a matrix.
Dimensions that nothing ties together get different sizes, so that a wrong order of factors shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bpttsym.dimensions import Dimensions
from bpttsym.entry_shapes import infer_entries, infer_parts, join_sums, part_name, part_numbers, with_sums
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Divide,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    Transpose,
    Whole,
)
from bpttsym.records import dataclass
from bpttsym.row_shapes import multiply_rows
from bpttsym.shape_words import DEFAULT_SIZES as DEFAULT_SIZES
from bpttsym.shape_words import ELEMENTWISE as ELEMENTWISE
from bpttsym.shape_words import PART, SQUARE
from bpttsym.shape_words import SPECTRAL as SPECTRAL
from bpttsym.sum_shapes import infer_sum, multiplied, with_entries
from bpttsym.weight_shapes import (
    IDENTITIES,
    Run,
    beside_ones,
    between_elementwise,
    expect_rates,
    has_batch_bias,
    has_row_states,
    impose,
    infer_quotient,
    infer_square,
    inner_names,
    is_applied,
    is_constant,
    is_of_matrices,
    is_row_of_letter,
    is_small,
    weights,
)
from bpttsym.weighted import LOSS_LETTERS as LOSS_LETTERS
from bpttsym.weighted import SCALAR_LETTERS as SCALAR_LETTERS
from bpttsym.weighted import is_opaque

Shape = tuple[int, int]
"""Rows and columns."""


def result_name(function: str) -> str:
    """The name under which the shape of a function's value is kept."""
    return f"{function}()"


class ShapeClash(NotRead):
    """Two shapes that cannot stand together; the message names both."""


@dataclass(frozen=True, slots=True)
class SizedDefinition:
    """A definition as the inference sees it: name, body, whether it is a number by its use."""

    name: str
    indexed: bool
    body: Expr
    scalar: bool


class Sizes(Dimensions):
    """Dimensions of names, unified; read with :meth:`shape` after all definitions are seen."""

    def __init__(
        self,
        horizon: str,
        scalar: bool = False,
        elementwise: frozenset[str] = frozenset(),
        rows: bool = False,
        parameters: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__()
        self._rows = rows
        self._parameters = parameters
        self._elementwise = ELEMENTWISE | elementwise
        self._names: dict[str, tuple[int, int]] = {}
        self._scalar = scalar
        self._horizon = horizon
        self._number = False
        self._last = False
        self.batch = 0
        self.single = frozenset[str]()
        self.listed = frozenset[str]()
        self.multiplied = frozenset[str]()
        self.letters: dict[str, int] = {}
        self.sums: dict[int, tuple[int, ...]] = {}
        self.parted: dict[Expr, tuple[int, ...]] = {}

    @property
    def is_row_wise(self) -> bool:
        """Whether the definitions write states as rows."""
        return self._rows

    def declare(self, name: str, labels: Sequence[str]) -> None:
        """Take in the sizes that a document gives to a name: two, one for a vector, or none for a number."""
        match [self.labelled(label) for label in labels]:
            case [size]:
                shape = (0, size) if self._rows else (size, 0)
            case [rows, columns]:
                shape = (rows, columns)
            case _:
                shape = (0, 0)
        self.give(name, shape)

    def give(self, name: str, shape: tuple[int, int]) -> None:
        """Take in the shape of a name."""
        self.same(self._names.setdefault(name, shape), shape)

    def shape_of(self, name: str) -> tuple[int, int] | None:
        """The dimensions of a name; None if nothing says what they are."""
        return self._names.get(name)

    def of_name(self, name: str, indexed: bool) -> tuple[int, int] | None:
        """The shape of a name; None for a parameter whose use has not said yet."""
        if name in self._names:
            return self._names[name]
        if self._scalar or (not indexed and name in SCALAR_LETTERS):
            self._names[name] = (0, 0)
        elif indexed and name not in self._parameters:
            self._names[name] = self.state()
        return self._names.get(name)

    def is_known(self, name: str) -> bool:
        """Whether something was said of the shape of a name."""
        return name in self._names

    def conclude(self, last: bool) -> None:
        """Whether nothing more will be said of a parameter in a norm."""
        self._last = last

    def vector(self) -> tuple[int, int]:
        """The shape of a new vector: a column, or a row where the definitions write states as rows."""
        return (0, self.fresh()) if self._rows else (self.fresh(), 0)

    def is_vector(self, shape: tuple[int, int]) -> bool:
        """Whether a shape has one row or one column."""
        return 0 in (self.find(shape[0]), self.find(shape[1]))

    def state(self) -> tuple[int, int]:
        """The shape of a new quantity with a step: a vector, or one for each sample of a batch, side by side."""
        return (self.batch, self.fresh()) if self._rows else (self.fresh(), self.batch)

    def define(self, definition: SizedDefinition, matrix: bool = False) -> None:
        """Take in one definition, of a matrix if its use says so."""
        if definition.scalar or self._scalar:
            self.same(self._names.setdefault(definition.name, (0, 0)), (0, 0))
        self._number = definition.scalar
        if matrix and definition.name in self._names:
            impose(self, definition.body, self._names[definition.name])
        found = self.infer(definition.body, None)
        self._number = False
        if found is None:
            new = self.state if definition.indexed else self.vector
            found = self._names.setdefault(definition.name, (0, 0) if definition.scalar else new())
            self.expect(definition.body, found)
        if definition.name not in self._names:
            self._names[definition.name] = found
        elif matrix and self.is_one(found):
            return  # a multiple of the identity
        elif not definition.scalar or self.is_one(found) or is_opaque(definition.body, SIZED_BY_ARGUMENTS):
            self.same(self._names[definition.name], found)

    def expect(self, expr: Expr, shape: tuple[int, int]) -> None:
        """Give a shape to an expression whose own form does not say."""
        match expr:
            case Symbol(name, ()) if name in IDENTITIES and name not in self._names:
                return  # it has the size of its surroundings, another one each time
            case Symbol(name, index) if not index or name in self._parameters:
                self.give(name, shape)
            case Transpose(body):
                self.expect(body, (shape[1], shape[0]))
            case Negate(body):
                self.expect(body, shape)
            case _:
                return

    def infer(self, expr: Expr, hint: tuple[int, int] | None) -> tuple[int, int] | None:
        """The shape of an expression; None where only a bare parameter stands."""
        match expr:
            case Number() | Whole():
                return (0, 0)
            case Symbol(name, ()) if name in IDENTITIES and name not in self._names:
                return None
            case Symbol(name, index):
                return self.of_name(name, bool(index))
            case Sum(components=True):
                return infer_entries(self, expr, hint)
            case Negate(body) | Sum(body) | Product(body):
                return self.infer(body, hint)
            case Add(terms):
                return infer_sum(self, terms, hint, SCALAR_LETTERS)
            case Multiply(factors, operators):
                return self._multiply(factors, operators)
            case Transpose(body):
                found = self.infer(body, None)
                return None if found is None else (found[1], found[0])
            case Norm(body):
                (self._settle if self._last else self.inside)(body, None)
                return (0, 0)
            case Power(base, Negate(Number())) if is_of_matrices(base):
                side = self.fresh()
                square = self.same(self.infer(base, hint) or (side, side), (side, side))
                impose(self, base, square)
                return square
            case Power(base):
                return self.infer(base, hint)
            case Divide(above, below):
                return infer_quotient(self, above, below, hint)
            case Call(function, arguments):
                return self._call(function, arguments, expr, hint)
            case _:
                return infer_entries(self, expr, hint)

    def inside(self, expr: Expr, hint: tuple[int, int] | None) -> tuple[int, int] | None:
        """The shape of what stands inside of a number and need be none itself."""
        number, self._number = self._number, False
        found = self.infer(expr, hint)
        self._number = number
        return found

    def _settle(self, expr: Expr, hint: tuple[int, int] | None = None) -> tuple[int, int]:
        """The shape of an expression, a bare parameter becoming a vector."""
        found = self.inside(expr, hint)
        if found is None:
            found = self.vector()
            self.expect(expr, found)
        return found

    def _multiply(self, factors: tuple[Expr, ...], operators: tuple[str, ...]) -> tuple[int, int] | None:
        if self._rows:
            return multiply_rows(self, factors, operators)
        if isinstance(factors[-1], Symbol) and factors[-1].name in IDENTITIES and len(factors) > 1:
            others = self._multiply(factors[:-1], operators[:-1]) if len(factors) > 2 else self.infer(factors[0], None)
            return None if others is None or self.is_one(others) else others
        parts = between_elementwise(factors, operators)
        if 1 < len(parts) < len(factors):
            return self._entrywise(parts)
        expect_rates(self, factors, operators)
        right = self._settle(factors[-1])
        for factor, operator in zip(reversed(factors[:-1]), reversed(operators), strict=True):
            if not operator and is_applied(factor) and self.find(right[1]) == 0 != self.find(right[0]):
                impose(self, factor, (self.fresh(), right[0]))
            left = self.infer(factor, None)
            if operator in (r"\odot", r"\circ"):
                if left is None:
                    self.expect(factor, right)
                elif not self.is_one(left) and not self.is_one(right):
                    self.same(left, right)
                right = right if left is None or self.is_one(left) else left
            elif operator == r"\otimes":
                left = left or self._settle(factor)
                right = (left[0], right[0])
            elif left is None and self._number and is_small(factor) and not self.is_one(right):
                self.expect(factor, right)
            elif left is None:
                row = is_row_of_letter(factor) or (self._number and (factor is factors[0] or self.is_one(right)))
                left = (0 if row else self.fresh(), right[0])
                self.expect(factor, left)
                right = (left[0], right[1])
            elif self.is_one(left):
                continue
            elif self.is_one(right):
                weight = self._number and isinstance(factor, Symbol) and bool(factor.index) and factor is factors[0]
                right = self.same(left, (0, 0)) if weight else left  # of a sum of numbers
            elif self.find(left[1]) == self.find(right[0]) or not self.find(left[1]) == self.find(right[1]) == 0:
                join_sums(self, left[1], right[0])
                self.unify(left[1], right[0])
                right = (left[0], right[1])
            else:
                right = self.same(left, right)
        return right

    def _entrywise(self, parts: list[Run]) -> tuple[int, int] | None:
        """The shape of a product of entries, whose parts are products themselves."""
        shapes = [self._multiply(*part) if part[1] else self.infer(part[0][0], None) for part in parts]
        found = next((shape for shape in shapes if shape is not None and not self.is_one(shape)), None)
        for shape, (factors, _) in zip(shapes, parts, strict=True):
            if found is None:
                found = shape
            elif shape is None:
                self.expect(factors[0], found)
            elif not self.is_one(shape):
                self.same(found, shape)
        return found

    def _call(
        self, function: str, arguments: tuple[Expr, ...], expr: Call, hint: tuple[int, int] | None
    ) -> tuple[int, int] | None:
        if function in self._elementwise and len(arguments) == 1 and not expr.parameters:
            found = self.inside(arguments[0], hint)
            return found if found is not None else self._settle(arguments[0])
        if function == r"\mathrm{diag}":
            if isinstance(arguments[0], Symbol) and not arguments[0].index and not self._scalar:
                self._names.setdefault(arguments[0].name, self.vector())  # also of a letter that is a number elsewhere
            rows = self._settle(arguments[0])[0]
            return (rows, rows)
        if function in SQUARE:
            return infer_square(self, arguments[0])
        if function in SPECTRAL:
            self._settle(arguments[0])
            return (0, 0)
        if function == PART:
            parts = infer_parts(self, arguments[0], expr.index)
            self._names.update((part_name(arguments[0], number + 1), part) for number, part in enumerate(parts))
            return parts[part_numbers(expr.index)[0] - 1]
        for argument in (*arguments, *expr.parameters):
            self._settle(argument)
        name = result_name(function)
        if self.batch and not self.is_known(name):
            self._names[name] = (self.fresh(), self.fresh())  # a number for a batch, or one value for each sample
        return self.of_name(name, True)

    def assign(self, choose: Callable[[int], int]) -> dict[str, Shape]:
        """Sizes in numbers: ``choose(n)`` is the size of the n-th free dimension in the order they were met."""
        roots = (self.find(dimension) for shape in self._names.values() for dimension in shape)
        met = [root for root in dict.fromkeys(roots) if root != 0]
        parts = (self.find(part) for whole in self.sums.values() for part in whole)
        order = [*met, *(part for part in dict.fromkeys(parts) if part not in met and part != 0)]
        sizes = with_sums(order, self.sums, self.find, choose)
        return {
            name: (sizes[self.find(rows)], sizes[self.find(columns)]) for name, (rows, columns) in self._names.items()
        }


SIZED_BY_ARGUMENTS = ELEMENTWISE | SPECTRAL | {r"\mathrm{diag}", PART}


def infer_sizes(
    definitions: Iterable[SizedDefinition],
    horizon: str,
    scalar: bool,
    elementwise: Iterable[str] = (),
    numbers: frozenset[str] = frozenset(),
    parameters: frozenset[str] = frozenset(),
    declared: Iterable[tuple[str, Sequence[str]]] = (),
) -> Sizes:
    """The sizes of every name in the definitions, in passes so that order does not matter.

    A norm says least of what stands in it: only in the last passes does it make a vector of a parameter.
    ``numbers`` are names of losses, ``parameters`` leaves whose index counts no steps; ``declared`` are names of sizes.
    """
    given = list(definitions)
    computed = {d.name for d in given if not is_constant(d.body)}
    listed = [d for d in given if d.scalar or d.name not in computed or not is_constant(d.body)]  # `h_0 = 0`: a vector
    rows = any(has_row_states(d.body, numbers, parameters, SCALAR_LETTERS) for d in listed)
    sizes = Sizes(horizon, scalar, frozenset(elementwise), rows, parameters)
    for name, labels in (*declared, *beside_ones((d.body for d in listed), rows)):
        sizes.declare(name, labels)
    sizes.batch = sizes.fresh() if any(d.indexed and has_batch_bias(d.body, rows) for d in listed) else 0
    sizes.multiplied = multiplied(definition.body for definition in listed)
    for definition in listed:
        if definition.scalar:
            sizes.define(definition)
    matrices = weights((d.name, d.indexed or d.scalar, d.body) for d in listed)
    inner = sizes.single = inner_names((d.name, d.body) for d in listed)
    sizes.listed = with_entries(d.body for d in listed) - inner
    listed.sort(key=lambda d: (d.name in matrices, d.name not in inner))  # numbers first; weights by their use
    for last in (False, True, True):
        sizes.conclude(last)
        for definition in listed:
            sizes.define(definition, definition.name in matrices)
    return sizes
