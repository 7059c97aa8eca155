r"""The one evaluator of trees, over a world that says what a leaf, a sum, a product and a derivative are.

Here, and only here, stand the rules of SEMANTICS about ranges, juxtaposition, layout, products and readings.
Values are matrices: a column vector is (n, 1), a scalar (1, 1), a derivative in numerator layout is
(size of the numerator, size of the denominator), parameters flattened row by row.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from bpttsym.abbreviations import abbreviated, ends, may_end
from bpttsym.arithmetic import product, quotient, regrouped, show, total_of
from bpttsym.derivatives import derivative
from bpttsym.entries import chosen, concatenated, count_of, entry, indicated, listed, part, sum_over
from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import (
    Add,
    Call,
    Cases,
    Component,
    Concatenate,
    Derivative,
    Divide,
    Entries,
    Expr,
    Indicator,
    Multiply,
    Negate,
    Norm,
    Number,
    Paths,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    Transpose,
    Whole,
    walk,
)
from bpttsym.extents import entry_letters, extent
from bpttsym.memo import of_node
from bpttsym.model import Key, index_value, inlined
from bpttsym.moves import check_moves, differential
from bpttsym.ones import add_repeated, fitted, has_no_size, is_ones, is_repeated, ones
from bpttsym.over_paths import over_paths, whole_number
from bpttsym.ranges import big_product, big_sum, matrix_power, power_of
from bpttsym.reckoner import Lone, Reckoner
from bpttsym.shape_words import DIFFERENTIAL, PART, SQUARE
from bpttsym.shapes import ELEMENTWISE, SPECTRAL, ShapeClash
from bpttsym.square import of_square
from bpttsym.weight_shapes import IDENTITIES, between_elementwise
from bpttsym.world import V, World


class Evaluator(Reckoner):
    """Values of expressions in one world under one reading."""

    def on(self, world: World) -> Evaluator:
        return Evaluator(world, self.readings, Lone(self.lone, self.recurs))

    def node(self, key: Key) -> V:
        """The value of a node from its definition; a number stands for a vector of equal entries."""
        node = self.graph.nodes[key]
        assert node.body is not None
        shape = self.world.shapes[key[0]]
        try:
            if isinstance(node.body, Entries):
                return listed(self, node.body, node.bindings, shape)
            share = self._of_identity(node.body, node.bindings, frozenset())
            if share is not None and shape[0] == shape[1]:
                return self._identity(shape[0], node.body, share)
            value = self.value(node.body, node.bindings)
        except ShapeClash as clash:
            raise NotRead(f"in the definition of `{key[0]}` {clash}", clash.span) from None
        if self.world.shape(value) == shape:
            return value
        if self.world.shape(value) == (1, 1):
            return self.world.broadcast(value, shape)
        found = show(self.world.shape(value))
        raise NotRead(f"`{key[0]}` is {show(shape)} where it is used and {found} by its definition", node.body.span)

    def _value(self, expr: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        match expr:
            case Symbol():
                return self._symbol(expr, bindings, bound)
            case Derivative():
                return derivative(self, expr, bindings, bound)
            case Multiply(factors, operators):
                if len(factors) > 2 and self.readings.fixed.get("grouping", "written") != "written":
                    return self._regrouped(expr, factors, operators, bindings, bound)
                return self._multiply(factors, operators, bindings, bound)
            case Add(terms):
                return self._add(terms, expr, bindings, bound)
            case Call(function) if function in self.formulas:
                return self._formula(expr, bindings, bound)
            case Call(function, arguments, parameters, primes):
                return self._call(expr, function, (*arguments, *parameters), primes, bindings, bound)
            case Negate(body):
                return self.world.negate(self.value(body, bindings, bound))
            case Number(number):
                return self.world.number(number)
            case Divide(numerator, denominator):
                below = self.world.reciprocal(self.value(denominator, bindings, bound))
                return quotient(self.world, self.value(numerator, bindings, bound), below, expr)
            case Power(base, exponent):
                return power_of(self, base, exponent, bindings, bound)
            case Transpose(body):
                value = self.value(body, bindings, bound)
                if expr.letter and self.world.shape(value) == (1, 1) and not self._is_transposed(expr):
                    return self.world.power(value, Fraction(self.graph.length))
                if expr.letter and self._is_power(expr, value):
                    return matrix_power(self, value, Fraction(self.graph.length), body, expr, bindings, bound)
                return self.world.transpose(value)
            case Norm(body, order):
                inner = self.value(body, bindings, bound)
                return self.world.norm(inner, order or self._order(expr, inner))
            case Component():
                return entry(self, expr, bindings, bound)
            case Entries(body, letter):
                return listed(self, expr, bindings, (extent(self.world.shapes, body, letter, expr), 1))
            case Sum(components=True):
                return sum_over(self, expr, bindings, bound)
            case Indicator():
                return indicated(self, expr, bindings)
            case Cases():
                return self.value(chosen(self, expr, bindings), bindings, bound)
            case Concatenate():
                return concatenated(self, expr, bindings, bound)
            case Sum(body, index):
                return big_sum(self, expr, body, index, bindings, bound)
            case Product(body, index):
                return big_product(self, expr, body, index, bindings, bound)
            case Paths():
                return over_paths(self, expr, bindings, bound)
            case Whole():
                return whole_number(self, expr, bindings, bound)
            case _:
                raise NotRead("this part of an equation has no value", expr.span)

    def _order(self, expr: Expr, value: V) -> str:
        """The order of a norm without a mark, of a matrix where the reading says so: the norm of its entries."""
        marked = self.readings.fixed.get("norm") == "Frobenius" and min(self.world.shape(value)) > 1
        return "F" if marked and self.readings.ask("norm", expr) == "Frobenius" else ""

    def _is_transposed(self, expr: Transpose) -> bool:
        """Whether the letter T on a number of a model of numbers is read as a transpose all the same."""
        fixed = self.model.scalar and self.readings.fixed.get("superscript") == "transpose"
        return fixed and self.readings.ask("superscript", expr) == "transpose"

    def _is_power(self, expr: Transpose, value: V) -> bool:
        """Whether the letter T on a square matrix is read as the number of steps."""
        rows, columns = self.world.shape(value)
        fixed = self.readings.fixed.get("superscript") == "power" and self.model.horizon == "T"
        return fixed and rows == columns > 1 and self.readings.ask("superscript", expr) == "power"

    def sides(self, relation: Relation, bindings: Mapping[str, int]) -> tuple[V, V]:
        """The values of both sides; an identity that is a whole side has the size of the other."""
        if self.counting is None:
            self.counting = frozenset(entry_letters(relation))
        try:
            with self.world.quiet():
                return self._sides(relation, bindings)
        except RecursionError:
            raise LimitExceeded("this is nested too deeply to be evaluated", relation.span) from None

    def _sides(self, relation: Relation, bindings: Mapping[str, int]) -> tuple[V, V]:
        if self.model.moved:
            check_moves(self, relation, bindings)
        for side, other in ((relation.left, relation.right), (relation.right, relation.left)):
            if has_no_size(side) and not has_no_size(other):
                value = self.value(other, bindings)
                fit = fitted(self, side, self.world.shape(value), bindings, frozenset())
                if fit is not None:
                    return (fit, value) if other is relation.right else (value, fit)
            share = self._of_identity(side, bindings, frozenset())
            if share is not None:
                value = self.value(other, bindings)
                identity = self._identity(self.world.shape(value)[0], side, share)
                return (identity, value) if other is relation.right else (value, identity)
        return self.value(relation.left, bindings), self.value(relation.right, bindings)

    def _symbol(self, symbol: Symbol, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        if not symbol.index and symbol.name in bindings and not self.graph.is_quantity(symbol.name):
            return self.world.number(Fraction(bindings[symbol.name]))
        counted = self.model.entry_counts.get(symbol.name) if not symbol.index else None
        if counted is not None:
            return self.world.number(Fraction(count_of(self, symbol, counted)))
        abbreviation = abbreviated(self, symbol, bindings)
        if abbreviation is not None:
            return abbreviation
        return self.world.node(self.key(symbol, bindings, bound))

    def _add(self, terms: tuple[Expr, ...], expr: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        """A sum, in which the identity has the size of the other terms; terms past the end are left out."""
        if may_end(self.model, expr):
            terms = tuple(term for term in terms if not ends(self, term, bindings)) or terms
        repeated = tuple(term for term in terms if is_repeated(self, term, bindings, bound))
        if repeated and len(repeated) < len(terms):
            others = tuple(term for term in terms if term not in repeated)
            return add_repeated(self, self._add(others, expr, bindings, bound), repeated, bindings, bound)
        if not any(map(_names_identity, terms)):
            return total_of(self.world, [self.value(term, bindings, bound) for term in terms], expr)
        shares = {place: self._of_identity(term, bindings, bound) for place, term in enumerate(terms)}
        sized = [term for place, term in enumerate(terms) if shares[place] is None]
        if not sized:
            raise NotRead("the size of this identity matrix is not known", expr.span)
        total = total_of(self.world, [self.value(term, bindings, bound) for term in sized], expr)
        for place, share in shares.items():
            if share is not None:
                rows, columns = self.world.shape(total)
                if rows != columns:
                    raise ShapeClash(f"the identity is added to {show((rows, columns))}", terms[place].span)
                total = self.world.add(total, self._identity(rows, terms[place], share))
        return total

    def _identity(self, size: int, term: Expr, share: V) -> V:
        one = self.world.identity(size)
        if self.is_identity(term):
            return one
        plain = isinstance(term, Negate) and self.is_identity(term.body)
        return self.world.negate(one) if plain else self.world.scale(share, one)

    def _of_identity(self, term: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> V | None:
        """The number by which an identity without a size is multiplied; None where it is no multiple of one."""
        if self.is_identity(term):
            return self.world.number(Fraction(1))
        match term:
            case Negate(body):
                inner = self._of_identity(body, bindings, bound)
                return None if inner is None else self.world.negate(inner)
            case Divide(numerator, denominator):
                above = self._of_identity(numerator, bindings, bound)
                below = self.value(denominator, bindings, bound) if above is not None else None
                if above is None or self.world.shape(below) != (1, 1):
                    return None
                return self.world.scale(above, self.world.reciprocal(below))
            case Multiply(factors) if any(map(self.is_identity, factors)):
                share = self.world.number(Fraction(1))
                for factor in factors:
                    if not self.is_identity(factor):
                        value = self.value(factor, bindings, bound)
                        if self.world.shape(value) != (1, 1):
                            return None
                        share = self.world.scale(share, value)
                return share
            case _:
                return None

    def _multiply(
        self, factors: tuple[Expr, ...], operators: tuple[str, ...], bindings: Mapping[str, int], bound: frozenset[str]
    ) -> V:
        if r"\odot" not in operators and r"\circ" not in operators:
            return self._in_order(factors, operators, bindings, bound)
        parts = between_elementwise(factors, operators)
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

    def _regrouped(
        self,
        run: Expr,
        factors: tuple[Expr, ...],
        operators: tuple[str, ...],
        bindings: Mapping[str, int],
        bound: frozenset[str],
    ) -> V:
        """A product whose factors are grouped as the reading says."""
        kept = [n for n, factor in enumerate(factors) if not self.is_identity(factor)]
        if len(kept) < 3 or any(is_ones(factor) for factor in factors) or is_settled(operators):
            return self._multiply(factors, operators, bindings, bound)
        values = [self.value(factors[n], bindings, bound) for n in kept]
        before = [operators[n - 1] if n else "" for n in kept]
        return regrouped(self.world, self.readings, values, [factors[n] for n in kept], before, run)

    def _in_order(
        self, factors: tuple[Expr, ...], operators: tuple[str, ...], bindings: Mapping[str, int], bound: frozenset[str]
    ) -> V:
        """A product taken from left to right."""
        total: V | None = None
        before: Expr | None = None
        operator, identity = "", False
        for position, factor in enumerate(factors):
            if position:
                operator = operators[position - 1] or operator if total is None else operators[position - 1]
            if self.is_identity(factor):
                identity = True
                continue
            if is_ones(factor):
                value = ones(self, factors, position, bindings, bound)
            else:
                value = self._fitting(factor, total, factors[position + 1 :], bindings, bound)
            total = (
                value if total is None else product(self.world, self.readings, total, value, operator, before, factor)
            )
            before = factor
        if total is None or (identity and self.world.shape(total) == (1, 1)):
            raise NotRead("the size of this identity matrix is not known", factors[0].span)
        return total

    def _fitting(
        self,
        factor: Expr,
        before: V | None,
        after: tuple[Expr, ...],
        bindings: Mapping[str, int],
        bound: frozenset[str],
    ) -> V:
        """The value of a factor; one without a size is as large as what stands beside it asks for."""
        if not isinstance(factor, Add) or not has_no_size(factor):
            return self.value(factor, bindings, bound)
        near = self.value(after[0], bindings, bound) if before is None and after else before
        size = 1 if near is None else self.world.shape(near)[0 if before is None else 1]
        found = fitted(self, factor, (size, size), bindings, bound) if size > 1 else None
        return self.value(factor, bindings, bound) if found is None else found

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
        if function == DIFFERENTIAL:
            return differential(self, node, bindings, bound)
        if function in SQUARE and len(arguments) == 1 and not primes:
            return of_square(self, node, bindings, bound)
        values = tuple(self.value(argument, bindings, bound) for argument in arguments)
        if function == PART:
            return part(self, node, values[0])
        if len(values) > 1 and (function in ELEMENTWISE or function in (r"\mathrm{diag}", *SPECTRAL)):
            raise NotRead(f"`{function}` has one argument, not {len(values)}", node.span)
        if function == r"\mathrm{diag}":
            if 1 not in self.world.shape(values[0]):
                raise ShapeClash(f"diag of a matrix {show(self.world.shape(values[0]))}", node.span)
            return self.world.diagonal(values[0])
        rows, columns = self.world.shape(values[0])
        if function == r"\exp" and rows == columns > 1:
            raise NotRead("whether this is the exponential of a matrix or of its entries is not said", node.span)
        if function == r"\mathrm{softmax}" and rows > 1 and columns > 1:
            raise NotRead("whether the softmax of a matrix is taken of its rows or its columns is not said", node.span)
        if function in SPECTRAL:
            rows, columns = self.world.shape(values[0])
            if rows != columns and not function.startswith(r"\sigma"):
                raise ShapeClash(f"the eigenvalues of a matrix {show((rows, columns))}", node.span)
            return self.world.spectral(function, values[0])
        shape = self.world.shapes.get(f"{function}()", self.world.shape(values[0]))
        which = ",".join(str(index_value(part, bindings)) for part in node.index)
        return self.world.apply(f"{function}_{{{which}}}" if which else function, values, primes, shape)


def is_settled(operators: tuple[str, ...]) -> bool:
    """Whether a run is grouped by its signs: those entry by entry bind less than a product without a sign."""
    signs = set(operators)
    return bool(signs & {r"\odot", r"\circ"}) and signs <= {r"\odot", r"\circ", ""}


@of_node
def _names_identity(expr: Expr) -> bool:
    """Whether the name of an identity matrix stands anywhere inside."""
    return any(isinstance(part, Symbol) and part.name in IDENTITIES for part in walk(expr))
