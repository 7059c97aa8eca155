r"""The one evaluator of trees, over a world that says what a leaf, a sum, a product and a derivative are.

Here, and only here, stand the rules of SEMANTICS about ranges, juxtaposition, layout, products and readings.
Values are matrices: a column vector is (n, 1), a scalar (1, 1), a derivative in numerator layout is
(size of the numerator, size of the denominator), parameters flattened row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from bpttsym.abbreviations import abbreviated, ends
from bpttsym.arithmetic import product, quotient, show, total_of
from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    Divide,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    Transpose,
    walk,
)
from bpttsym.model import Key, index_letters, index_value, inlined, sum_range
from bpttsym.readings import Readings
from bpttsym.shapes import ELEMENTWISE, Shape, ShapeClash
from bpttsym.world import CannotSay, MissingNode, V, World

MAXIMUM_STEPS = 400_000
MAXIMUM_MATRIX_POWER = 64
IDENTITIES = frozenset(("I", r"\mathbf{I}", r"\mathbb{I}"))
BindingKey = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Vanished:
    """A part of an equation that is zero on every sample at some value of its indices."""

    part: Expr
    bindings: BindingKey


@dataclass(frozen=True, slots=True)
class Lone:
    """The derivatives that stand alone as a side, and whether one of them recurs inside the other side."""

    sides: tuple[Derivative, ...] = ()
    recurs: bool = False


NONE_ALONE = Lone()


def lone_sides(relation: Relation) -> Lone:
    """The derivatives that stand alone as a side of a relation."""
    sides = tuple(side for side in (relation.left, relation.right) if isinstance(side, Derivative))
    inside = (part for side in (relation.left, relation.right) if side not in sides for part in walk(side))
    return Lone(sides, bool(sides) and any(part == side for part in inside for side in sides))


class Evaluator:
    """Values of expressions in one world under one reading.

    ``lone`` holds the derivatives that stand alone as a side of the relation under judgement. With
    ``observe`` every factor, addend and derivative that vanishes is recorded in ``vanished``; derivatives of
    leaves, which vanish by definition, in ``told``.
    """

    def __init__(self, world: World, readings: Readings, lone: Lone = NONE_ALONE, observe: bool = False) -> None:
        self.world = world
        self.graph = world.graph
        self.model = world.graph.model
        self.readings = readings
        self.formulas = frozenset(name for name, _, _ in world.graph.model.functions)
        self.lone = lone.sides
        self.recurs = lone.recurs
        self.observe = observe
        self.vanished: dict[tuple[int, BindingKey], Vanished] = {}
        self.told: set[tuple[int, BindingKey]] = set()
        self.empty: set[tuple[int, BindingKey]] = set()
        self.memory: dict[tuple[int, BindingKey], tuple[Expr, V]] = {}
        self.steps = 0
        self.open: set[tuple[str, tuple[int, ...]]] = set()

    def value(self, expr: Expr, bindings: Mapping[str, int], bound: frozenset[str] = frozenset()) -> V:
        """The value of an expression at the given values of its index letters."""
        key = (id(expr), tuple(bindings.items()))
        found = self.memory.get(key)
        if found is not None:
            return found[1]
        self.steps += 1
        if self.steps > MAXIMUM_STEPS:
            raise LimitExceeded(f"evaluation is over the limit of {MAXIMUM_STEPS} steps", expr.span)
        result = self._value(expr, bindings, bound)
        if self.observe:
            self._look(expr, key, result)
        self.memory[key] = (expr, result)
        return result

    def node(self, key: Key) -> V:
        """The value of a node from its definition; a number stands for a vector of equal entries."""
        node = self.graph.nodes[key]
        assert node.body is not None
        try:
            value = self.value(node.body, node.bindings)
        except ShapeClash as clash:
            raise NotRead(f"in the definition of `{key[0]}` {clash}", clash.span) from None
        shape = self.world.shapes[key[0]]
        if self.world.shape(value) == shape:
            return value
        if self.world.shape(value) == (1, 1):
            return self.world.broadcast(value, shape)
        found = show(self.world.shape(value))
        raise NotRead(f"`{key[0]}` is {show(shape)} where it is used and {found} by its definition", node.body.span)

    def _look(self, expr: Expr, key: tuple[int, BindingKey], result: V) -> None:
        """Record a part that vanishes, unless a derivative of a leaf inside makes it vanish by definition."""
        if isinstance(expr, Number) or not self.world.is_zero(result):
            return
        if key in self.empty:
            self.told.add(key)
            return
        match expr:
            case Symbol() if self._is_abbreviated(expr):
                self.told.add(key)
            case Derivative(of) if self._of_leaves(of, dict(key[1])):
                self.told.add(key)
            case Multiply(parts) if any((id(part), key[1]) in self.told for part in parts):
                self.told.add(key)
            case Negate(part) | Transpose(part) if (id(part), key[1]) in self.told:
                self.told.add(key)
            case Add(parts) if all((id(part), key[1]) in self.told for part in parts):
                self.told.add(key)
            case _:
                self.vanished[key] = Vanished(expr, key[1])

    def _of_leaves(self, expr: Expr, bindings: Mapping[str, int]) -> bool:
        """Whether an expression is made of leaves only, so that its derivative by another leaf is zero."""
        try:
            keys = set(self.graph.references(expr, bindings))
        except NotRead:
            return False
        return bool(keys) and all(key in self.graph.nodes and self.graph.is_leaf(key) for key in keys)

    def _value(self, expr: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        match expr:
            case Number(number):
                return self.world.number(number)
            case Symbol():
                return self._symbol(expr, bindings, bound)
            case Negate(body):
                return self.world.negate(self.value(body, bindings, bound))
            case Add(terms):
                return self._add(terms, expr, bindings, bound)
            case Multiply(factors, operators):
                return self._multiply(factors, operators, bindings, bound)
            case Divide(numerator, denominator):
                below = self.world.reciprocal(self.value(denominator, bindings, bound))
                return quotient(self.world, self.value(numerator, bindings, bound), below, expr)
            case Power(base, exponent):
                return self._power(base, exponent, bindings, bound)
            case Transpose(body):
                value = self.value(body, bindings, bound)
                if expr.letter and self.world.shape(value) == (1, 1) and not self.model.scalar:
                    return self.world.power(value, Fraction(self.graph.length))
                return self.world.transpose(value)
            case Norm(body, order):
                return self.world.norm(self.value(body, bindings, bound), order)
            case Sum(body, index):
                return self._big_sum(expr, body, index, bindings, bound)
            case Product(body, index):
                return self._big_product(expr, body, index, bindings, bound)
            case Derivative():
                return self._derivative(expr, bindings, bound)
            case Call(function) if function in self.formulas:
                return self._formula(expr, bindings, bound)
            case Call(function, arguments, parameters, primes):
                return self._call(expr, function, (*arguments, *parameters), primes, bindings, bound)
            case _:
                raise NotRead("this part of an equation has no value", expr.span)

    def sides(self, relation: Relation, bindings: Mapping[str, int]) -> tuple[V, V]:
        """The values of both sides; an identity that is a whole side has the size of the other."""
        try:
            return self._sides(relation, bindings)
        except RecursionError:
            raise LimitExceeded("this is nested too deeply to be evaluated", relation.span) from None

    def _sides(self, relation: Relation, bindings: Mapping[str, int]) -> tuple[V, V]:
        if self.is_identity(relation.left) or self.is_identity(relation.right):
            other = relation.right if self.is_identity(relation.left) else relation.left
            value = self.value(other, bindings)
            identity = self.world.identity(self.world.shape(value)[0])
            return (identity, value) if other is relation.right else (value, identity)
        return self.value(relation.left, bindings), self.value(relation.right, bindings)

    def key(self, symbol: Symbol, bindings: Mapping[str, int], bound: frozenset[str]) -> Key:
        """The node that a symbol names; MissingNode where there is none."""
        index = tuple(index_value(part, bindings) for part in symbol.index)
        key = (symbol.name, index)
        if key in self.graph.nodes:
            return key
        if len(index) not in self.model.arities.get(symbol.name, ()):
            raise NotRead(f"`{symbol.name}` with {len(index)} indices is not defined", symbol.span)
        letters = index_letters(symbol) & bound
        letter = min(letters) if letters else ""
        raise MissingNode(key, letter, bindings.get(letter, 0), symbol.span)

    def _symbol(self, symbol: Symbol, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        if not symbol.index and symbol.name in bindings and not self.graph.is_quantity(symbol.name):
            return self.world.number(Fraction(bindings[symbol.name]))
        abbreviation = abbreviated(self, symbol, bindings)
        if abbreviation is not None:
            return abbreviation
        return self.world.node(self.key(symbol, bindings, bound))

    def is_identity(self, expr: Expr) -> bool:
        """Whether it is the identity matrix, whose size its surroundings give."""
        return isinstance(expr, Symbol) and expr.name in IDENTITIES and expr.name not in self.model.arities

    def _add(self, terms: tuple[Expr, ...], expr: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        """A sum, in which the identity has the size of the other terms; terms past the end are left out."""
        terms = tuple(term for term in terms if not ends(self, term, bindings)) or terms
        sized = [term for term in terms if not self.is_identity(term.body if isinstance(term, Negate) else term)]
        if not sized:
            raise NotRead("the size of this identity matrix is not known", expr.span)
        total = total_of(self.world, [self.value(term, bindings, bound) for term in sized], expr)
        for term in terms:
            if term not in sized:
                rows, columns = self.world.shape(total)
                if rows != columns:
                    raise ShapeClash(f"the identity is added to {show((rows, columns))}", term.span)
                one = self.world.identity(rows)
                total = self.world.add(total, self.world.negate(one) if isinstance(term, Negate) else one)
        return total

    def _multiply(
        self, factors: tuple[Expr, ...], operators: tuple[str, ...], bindings: Mapping[str, int], bound: frozenset[str]
    ) -> V:
        parts = _between_elementwise(factors, operators)
        if 1 < len(parts) < len(factors):
            try:
                values = [self._multiply(part, inner, bindings, bound) for part, inner in parts]
                total = values[0]
                for value in values[1:]:
                    total = product(self.world, self.readings, total, value, r"\odot")
                return total
            except ShapeClash:
                pass
        return self._in_order(factors, operators, bindings, bound)

    def _in_order(
        self, factors: tuple[Expr, ...], operators: tuple[str, ...], bindings: Mapping[str, int], bound: frozenset[str]
    ) -> V:
        """A product taken from left to right."""
        total: V | None = None
        before: Expr | None = None
        operator = ""
        for position, factor in enumerate(factors):
            if position:
                operator = operators[position - 1] or operator if total is None else operators[position - 1]
            if self.is_identity(factor):
                continue
            value = self.value(factor, bindings, bound)
            total = (
                value if total is None else product(self.world, self.readings, total, value, operator, before, factor)
            )
            before = factor
        identity = any(self.is_identity(factor) for factor in factors)
        if total is None or (identity and self.world.shape(total) == (1, 1)):
            raise NotRead("the size of this identity matrix is not known", factors[0].span)
        return total

    def _power(self, base: Expr, exponent: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        match exponent:
            case Number(value):
                power = value
            case _:
                power = Fraction(index_value(exponent, bindings))
        if power == 2 and isinstance(base, Norm) and base.order in ("", "2"):
            inner = self.value(base.body, bindings, bound)
            if 1 in self.world.shape(inner):
                flat = self.world.reshape(inner, (max(self.world.shape(inner)), 1))
                return self.world.matrix_product(self.world.transpose(flat), flat)
        found = self.value(base, bindings, bound)
        rows, columns = self.world.shape(found)
        if 1 in (rows, columns) and rows != columns and index_letters(Symbol("", (exponent,))) & bound:
            raise NotRead("this superscript may count components, which are not judged", exponent.span)
        if rows > 1 and columns > 1:
            return self._matrix_power(found, power, base, exponent, bindings, bound)
        return self.world.power(found, power)

    def _matrix_power(
        self, value: V, power: Fraction, base: Expr, exponent: Expr, bindings: Mapping[str, int], bound: frozenset[str]
    ) -> V:
        rows, columns = self.world.shape(value)
        if rows != columns:
            raise ShapeClash(f"a matrix {show((rows, columns))} cannot be raised to a power", base.span)
        if power < 0 and not index_letters(Symbol("", (exponent,))) & bound:
            raise MissingNode((str(power), ()), "", int(power), exponent.span)
        if power.denominator != 1 or not 0 <= power <= MAXIMUM_MATRIX_POWER:
            raise CannotSay("this power of a matrix is not read", exponent.span)
        total = self.world.identity(rows)
        for _ in range(int(power)):
            total = self.world.matrix_product(total, value)
        return total

    def _big_sum(self, node: Sum, body: Expr, index: str, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        values = [
            self.value(body, {**bindings, index: value}, bound | {index})
            for value in sum_range(node, bindings, self.model, self.graph.length)
        ]
        if values:
            return total_of(self.world, values, node)
        self.empty.add((id(node), tuple(bindings.items())))
        return self.world.zeros(self._shape_elsewhere(node, bindings, bound))

    def _big_product(
        self, node: Product, body: Expr, index: str, bindings: Mapping[str, int], bound: frozenset[str]
    ) -> V:
        steps = list(sum_range(node, bindings, self.model, self.graph.length))
        self._check_order(node, bindings, bound)
        values = [self.value(body, {**bindings, index: value}, bound | {index}) for value in steps]
        if not values:
            rows, columns = self._shape_elsewhere(node, bindings, bound)
            if rows != columns:
                raise ShapeClash(f"an empty product of factors {show((rows, columns))}", node.span)
            return self.world.identity(rows)
        direction = node.direction
        if direction == "written":
            if len(values) == 1 or self.world.shape(values[0]) == (1, 1):
                direction = "increasing"
            else:
                direction = "decreasing" if self.readings.ask("product", node) == "decreasing" else "increasing"
        if direction == "decreasing":
            values.reverse()
        total = values[0]
        for value in values[1:]:
            total = product(self.world, self.readings, total, value, "", None, body)
        return total

    def _check_order(self, node: Product, bindings: Mapping[str, int], bound: frozenset[str]) -> None:
        """A product whose free bounds stand the wrong way round (``k > t``) says nothing at these indices."""
        lower, upper = index_value(node.lower, bindings), index_value(node.upper, bindings)
        letters = index_letters(Symbol("", (node.lower, node.upper)))
        if upper < lower - 1 and not letters & bound:
            raise MissingNode((node.index, (upper,)), "", upper, node.span)

    def _shape_elsewhere(self, node: Sum | Product, bindings: Mapping[str, int], bound: frozenset[str]) -> Shape:
        """The shape that the body has at an index where it exists, for an empty sum or product."""
        other = Evaluator(self.world, self.readings, Lone(self.lone, self.recurs))
        for value in range(self.model.first - 1, self.graph.length + 1):
            try:
                return self.world.shape(other.value(node.body, {**bindings, node.index: value}, bound | {node.index}))
            except MissingNode:
                continue
        raise NotRead("the body of this empty range exists nowhere", node.span)

    def _derivative(self, node: Derivative, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        if not isinstance(node.by, Symbol):
            raise NotRead("a derivative by something that is no symbol", node.by.span)
        by = self._variables(node.by, bindings, bound)
        if isinstance(node.of, Symbol) and not self._is_abbreviated(node.of):
            of = self.key(node.of, bindings, bound)
            immediate = node.kind == "immediate" or (node.kind == "partial" and self._immediate(node, of, by))
            jacobian = self.world.derivative(of, by, immediate)
            scalar = self.world.shapes[of[0]] == (1, 1)
        else:
            frozen = node.kind == "immediate" or _is_argument(node.of, node.by)
            inner = node.of

            def evaluate(world: World) -> V:
                return Evaluator(world, self.readings).value(inner, bindings, bound)

            jacobian = self.world.derivative_of(evaluate, by, frozen)
            scalar = self.world.shape(jacobian)[0] == 1
        return self.laid_out(node, jacobian, by, scalar)

    def _is_abbreviated(self, symbol: Symbol) -> bool:
        return any(entry.name == symbol.name for entry in self.model.abbreviations)

    def _variables(self, by: Symbol, bindings: Mapping[str, int], bound: frozenset[str]) -> tuple[Key, ...]:
        members = self.model.set_members.get(by.name)
        if members and not by.index and (by.name, ()) not in self.graph.nodes:
            return tuple((member, ()) for member in members if (member, ()) in self.graph.nodes)
        if self._is_abbreviated(by):
            raise NotRead(f"a derivative by the abbreviation `{by.name}`", by.span)
        return (self.key(by, bindings, bound),)

    def _immediate(self, node: Derivative, of: Key, by: tuple[Key, ...]) -> bool:
        """Whether an unmarked derivative is immediate under the reading; asked only where it matters."""
        if not any(self.graph.ambiguous(of, variable) for variable in by):
            return False
        if any(variable[1] for variable in by):
            return self.readings.ask("states", node) == "immediate"
        option = self.readings.ask("partial", node, () if self.recurs else ("total", "immediate"))
        if option == "total" or any(node is side for side in self.lone):
            return False
        return option == "immediate" or any(node == side for side in self.lone)

    def laid_out(self, node: Derivative, jacobian: V, by: tuple[Key, ...], scalar: bool) -> V:
        """A Jacobian in numerator layout as the reading lays it out."""
        world = self.world
        variable = world.shapes[by[0][0]]
        if world.shape(jacobian) == (1, 1):
            return jacobian
        in_shape = scalar and len(by) == 1
        if node.kind == "gradient":
            if not in_shape:
                raise NotRead(r"`\nabla` of something that is no scalar", node.span)
            return world.reshape(jacobian, variable)
        layout = self.readings.ask("layout", node)
        if layout == "numerator" or (layout == "mixed" and not scalar):
            return jacobian
        return world.reshape(jacobian, variable) if in_shape else world.transpose(jacobian)

    def _formula(self, node: Call, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        """The value of a function that the document gives a formula."""
        expanded = inlined(node, self.model)
        if expanded is node or (isinstance(expanded, Call) and expanded.function == node.function):
            raise NotRead(f"`{node.function}` is not applied as its formula defines it", node.span)
        return self.value(expanded, bindings, bound)

    def _call(
        self,
        node: Call,
        function: str,
        arguments: tuple[Expr, ...],
        primes: int,
        bindings: Mapping[str, int],
        bound: frozenset[str],
    ) -> V:
        values = tuple(self.value(argument, bindings, bound) for argument in arguments)
        if len(values) > 1 and (function in ELEMENTWISE or function in (r"\mathrm{diag}", r"\sigma_{\max}")):
            raise NotRead(f"`{function}` has one argument, not {len(values)}", node.span)
        if function == r"\mathrm{diag}":
            if 1 not in self.world.shape(values[0]):
                raise ShapeClash(f"diag of a matrix {show(self.world.shape(values[0]))}", node.span)
            return self.world.diagonal(values[0])
        if function == r"\sigma_{\max}":
            return self.world.largest_singular_value(values[0])
        shape = self.world.shapes.get(f"{function}()", self.world.shape(values[0]))
        which = ",".join(str(index_value(part, bindings)) for part in node.index)
        return self.world.apply(f"{function}_{{{which}}}" if which else function, values, primes, shape)


def _between_elementwise(
    factors: tuple[Expr, ...], operators: tuple[str, ...]
) -> list[tuple[tuple[Expr, ...], tuple[str, ...]]]:
    """The parts between elementwise products, which bind less than a matrix product written without a sign."""
    starts = [0, *(i + 1 for i, operator in enumerate(operators) if operator in (r"\odot", r"\circ"))]
    ends = [*starts[1:], len(factors)]
    return [(factors[a:b], operators[a : b - 1]) for a, b in zip(starts, ends, strict=True)]


def _is_argument(of: Expr, by: Symbol) -> bool:
    """A derivative of a function by its own argument is immediate by its form."""
    return isinstance(of, Call) and any(argument == by for argument in (*of.arguments, *of.parameters))
