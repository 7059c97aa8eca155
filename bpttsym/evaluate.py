r"""The one evaluator of trees, over a world that says what a leaf, a sum, a product and a derivative are.

Here, and only here, stand the rules of SEMANTICS about ranges, juxtaposition, layout, products and readings.
Values are matrices: a column vector is (n, 1), a scalar (1, 1), a derivative in numerator layout is
(size of the numerator, size of the denominator), parameters flattened row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

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
)
from bpttsym.extents import entry_letters, extent
from bpttsym.model import Key, index_value, inlined
from bpttsym.moves import check_moves, differential
from bpttsym.ones import as_identity, beside, holds_sizeless, in_order, is_ones, sum_with_sizeless
from bpttsym.over_paths import over_paths, whole_number
from bpttsym.ranges import big_product, big_sum, matrix_power, power_of
from bpttsym.reckoner import Lone, Reckoner
from bpttsym.shape_words import DIFFERENTIAL, PART, SQUARE
from bpttsym.shapes import ELEMENTWISE, SPECTRAL, ShapeClash
from bpttsym.square import of_square
from bpttsym.weight_shapes import between_elementwise
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
            if holds_sizeless(node.body):
                identity = as_identity(self, node.body, shape[0], node.bindings, frozenset())
                if identity is not None and shape[0] == shape[1]:
                    return identity
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
        found = VALUES.get(type(expr))
        if found is None:
            raise NotRead("this part of an equation has no value", expr.span)
        return found(self, expr, bindings, bound)

    def _transpose(self, expr: Transpose, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        value = self.value(expr.body, bindings, bound)
        if expr.letter and self.world.shape(value) == (1, 1) and not self._is_transposed(expr):
            return self.world.power(value, Fraction(self.graph.length))
        if expr.letter and self._is_power(expr, value):
            return matrix_power(self, value, Fraction(self.graph.length), expr.body, expr, bindings, bound)
        return self.world.transpose(value)

    def _norm(self, expr: Norm, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        inner = self.value(expr.body, bindings, bound)
        return self.world.norm(inner, expr.order or self._order(expr, inner))

    def _divide(self, expr: Divide, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        below = self.world.reciprocal(self.value(expr.denominator, bindings, bound))
        return quotient(self.world, self.value(expr.numerator, bindings, bound), below, expr)

    def _sum(self, expr: Sum, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        return (sum_over if expr.components else big_sum)(self, expr, bindings, bound)

    def _entries(self, expr: Entries, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        return listed(self, expr, bindings, (extent(self.world.shapes, expr.body, expr.index, expr), 1))

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
        if holds_sizeless(relation):
            for side, other in ((relation.left, relation.right), (relation.right, relation.left)):
                value, fit = beside(self, side, other, bindings)
                if fit is not None:
                    return (fit, value) if other is relation.right else (value, fit)
        return self.value(relation.left, bindings), self.value(relation.right, bindings)

    def _symbol(self, symbol: Symbol, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        if not symbol.index and symbol.name in bindings and not self.graph.is_quantity(symbol.name):
            return self.world.number(Fraction(bindings[symbol.name]))
        if symbol.name in self.model.stand_ins:
            counted = self.model.entry_counts.get(symbol.name) if not symbol.index else None
            if counted is not None:
                return self.world.number(Fraction(count_of(self, symbol, counted)))
            abbreviation = abbreviated(self, symbol, bindings)
            if abbreviation is not None:
                return abbreviation
        return self.world.node(self.key(symbol, bindings, bound))

    def _add(self, expr: Add, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        """A sum; terms past the end are left out."""
        terms = expr.terms
        if may_end(self.model, expr):
            terms = tuple(term for term in terms if not ends(self, term, bindings)) or terms
        if holds_sizeless(expr):
            return sum_with_sizeless(self, terms, expr, bindings, bound)
        return total_of(self.world, [self.value(term, bindings, bound) for term in terms], expr)

    def _multiply(self, expr: Multiply, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        """A product of factors that have a size each, from left to right; any other is taken with care."""
        factors, operators = expr.factors, expr.operators
        if holds_sizeless(expr) or (len(factors) > 2 and self._is_grouped(operators)):
            return self._grouped(expr, bindings, bound)
        before = factors[0]
        total = self.value(before, bindings, bound)
        for operator, factor in zip(operators, factors[1:], strict=False):
            value = self.value(factor, bindings, bound)
            total = product(self.world, self.readings, total, value, operator, before, factor)
            before = factor
        return total

    def _is_grouped(self, operators: tuple[str, ...]) -> bool:
        """Whether some factors may be taken together before others."""
        signs = r"\odot" in operators or r"\circ" in operators
        return signs or self.readings.fixed.get("grouping", "written") != "written"

    def _grouped(self, expr: Multiply, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        factors, operators = expr.factors, expr.operators
        if len(factors) > 2 and self.readings.fixed.get("grouping", "written") != "written":
            return self._regrouped(expr, factors, operators, bindings, bound)
        return self._between_signs(factors, operators, bindings, bound)

    def _between_signs(
        self, factors: tuple[Expr, ...], operators: tuple[str, ...], bindings: Mapping[str, int], bound: frozenset[str]
    ) -> V:
        """A product in which those entry by entry bind less than a product without a sign."""
        parts = between_elementwise(factors, operators)
        if 1 < len(parts) < len(factors):
            try:
                values = [self._between_signs(part, inner, bindings, bound) for part, inner in parts]
                total = values[0]
                for value in values[1:]:
                    total = product(self.world, self.readings, total, value, r"\odot")
                return total
            except ShapeClash:
                pass
        return in_order(self, factors, operators, bindings, bound)

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
            return self._between_signs(factors, operators, bindings, bound)
        values = [self.value(factors[n], bindings, bound) for n in kept]
        before = [operators[n - 1] if n else "" for n in kept]
        return regrouped(self.world, self.readings, values, [factors[n] for n in kept], before, run)

    def _formula(self, node: Call, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        """The value of a function that the document gives a formula."""
        expanded = inlined(node, self.model)
        if expanded is node or (isinstance(expanded, Call) and expanded.function == node.function):
            raise NotRead(f"`{node.function}` is not applied as its formula defines it", node.span)
        return self.value(expanded, bindings, bound)

    def _call(self, node: Call, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
        function, primes = node.function, node.primes
        if function in self.formulas:
            return self._formula(node, bindings, bound)
        if function == DIFFERENTIAL:
            return differential(self, node, bindings, bound)
        arguments = (*node.arguments, *node.parameters)
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


VALUES: dict[type[Expr], Callable[[Evaluator, Any, Mapping[str, int], frozenset[str]], V]] = {
    Symbol: Evaluator._symbol,
    Derivative: derivative,
    Multiply: Evaluator._multiply,
    Add: Evaluator._add,
    Call: Evaluator._call,
    Negate: lambda self, expr, bindings, bound: self.world.negate(self.value(expr.body, bindings, bound)),
    Number: lambda self, expr, bindings, bound: self.world.number(expr.value),
    Divide: Evaluator._divide,
    Power: power_of,
    Transpose: Evaluator._transpose,
    Norm: Evaluator._norm,
    Component: entry,
    Entries: Evaluator._entries,
    Sum: Evaluator._sum,
    Product: big_product,
    Indicator: lambda self, expr, bindings, bound: indicated(self, expr, bindings),
    Cases: lambda self, expr, bindings, bound: self.value(chosen(self, expr, bindings), bindings, bound),
    Concatenate: concatenated,
    Paths: over_paths,
    Whole: whole_number,
}
"""How a node of each kind has a value; any other has none."""
