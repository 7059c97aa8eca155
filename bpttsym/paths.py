"""The world of paths: polynomials in noncommuting local Jacobians, exact for every differentiable function.

The value of a total derivative is the sum over the paths of the unrolled graph of the products of local
Jacobians along them: the expanded form itself. If two values are equal here, the equation holds for all
functions, sizes and points; if they differ, nothing is said (two different sums may still have one value).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import NoReturn

from bpttsym.errors import LimitExceeded
from bpttsym.expr import Add, Expr, Multiply, Negate, Number, Sum, Symbol
from bpttsym.model import Graph, Key, index_value, sum_range
from bpttsym.reckoner import names_within
from bpttsym.records import dataclass
from bpttsym.shapes import Shape
from bpttsym.world import SILENT, CannotSay, World

MAXIMUM_WORDS, MAXIMUM_LETTERS = 100_000, 500_000


@dataclass(frozen=True, slots=True)
class Letter:
    """A generator of the ring: the local Jacobian of ``of`` by ``by``, or the value of ``of`` if by is None."""

    of: Key
    by: Key | None = None


Word = str
"""A product of letters, a character of its own for each: a text is joined, compared and found again fast."""

Rational = Fraction | int


@dataclass(frozen=True, slots=True)
class Ring:
    """A matrix over the free ring: words with rational coefficients."""

    size: Shape
    words: Mapping[Word, Rational]


class Alphabet:
    """A character for each letter; that of its transpose is known as well."""

    def __init__(self) -> None:
        self.characters: dict[Letter, str] = {}
        self.turned: dict[int, str] = {}

    def spelled(self, letter: Letter, number: bool) -> str:
        """The character of a letter; one that stands for a ``number`` is its own transpose."""
        found = self.characters.get(letter)
        if found is None:
            if len(self.characters) >= MAXIMUM_LETTERS:
                raise LimitExceeded(f"there are over {MAXIMUM_LETTERS} different local Jacobians")
            found = self.characters[letter] = chr(2 * len(self.characters) + 1)
            other = found if number else chr(ord(found) + 1)
            self.turned |= {ord(found): other, ord(other): found}
        return found


class PathWorld:
    """Free-ring values on one unrolled graph.

    A definition that is a sum of nodes has Jacobians that are numbers (``L = L_1 + L_2``); every other
    definition is opaque. Elementwise products, functions and divisions have no value here.
    """

    def __init__(self, graph: Graph, shapes: Mapping[str, Shape]) -> None:
        self.graph = graph
        self.shapes = shapes
        self.alphabet = Alphabet()
        self._totals: dict[Key, dict[Key, Ring]] = {}
        self._locals: dict[tuple[Key, Key], Ring] = {}

    def quiet(self) -> AbstractContextManager[object]:
        return SILENT

    def shape(self, value: Ring) -> Shape:
        return value.size

    def number(self, value: Fraction) -> Ring:
        return Ring((1, 1), {"": _plain(value)} if value else {})

    def zeros(self, shape: Shape) -> Ring:
        return Ring(shape, {})

    def identity(self, size: int) -> Ring:
        return Ring((size, size), {"": 1})

    def node(self, key: Key) -> Ring:
        shape = self.shapes[key[0]]
        return Ring(shape, {self.alphabet.spelled(Letter(key), shape == (1, 1)): 1})

    def letters(self, word: Word) -> tuple[Letter, ...]:
        """The local Jacobians that a word is a product of, where none of them is transposed."""
        names = {character: letter for letter, character in self.alphabet.characters.items()}
        return tuple(names[character] for character in word)

    def _count(self, key: Key) -> int:
        rows, columns = self.shapes[key[0]]
        return rows * columns

    def local(self, of: Key, by: Key) -> Ring:
        """The local Jacobian of a node by one of its parents."""
        if (of, by) not in self._locals:
            self._locals[of, by] = self._local(of, by)
        return self._locals[of, by]

    def _local(self, of: Key, by: Key) -> Ring:
        node = self.graph.nodes[of]
        size = (self._count(of), self._count(by))
        if by not in node.parents or node.body is None:
            return self.zeros(size)
        number = self._coefficient(node.body, node.bindings, by)
        if number is not None:
            return Ring(size, {"": _plain(number)} if number else {})
        return Ring(size, {self.alphabet.spelled(Letter(of, by), size == (1, 1)): 1})

    def _coefficient(self, body: Expr, bindings: Mapping[str, int], by: Key) -> Fraction | None:
        """The number in front of a node in a sum of nodes; None where the node stands anywhere else."""
        if by[0] not in names_within(body) and not self.graph.model.sets:
            return Fraction(0)
        match body:
            case Symbol(name, index) if not (not index and name in bindings):
                same = name == by[0] and tuple(index_value(part, bindings) for part in index) == by[1]
                return Fraction(int(same))
            case Negate(inner):
                found = self._coefficient(inner, bindings, by)
                return None if found is None else -found
            case Add(terms):
                return self._total([self._coefficient(term, bindings, by) for term in terms])
            case Sum(inner, letter, components=False):
                steps = sum_range(body, bindings, self.graph.model, self.graph.length)
                return self._total([self._coefficient(inner, {**bindings, letter: step}, by) for step in steps])
            case Multiply((Number(number), inner)):
                found = self._coefficient(inner, bindings, by)
                return None if found is None else number * found
            case _:
                return None if by in set(self.graph.references(body, bindings)) else Fraction(0)

    @staticmethod
    def _total(parts: list[Fraction | None]) -> Fraction | None:
        known = [part for part in parts if part is not None]
        return sum(known, Fraction(0)) if len(known) == len(parts) else None

    def derivative(self, of: Key, by: tuple[Key, ...], immediate: bool) -> Ring:
        if len(by) != 1:
            raise CannotSay("a derivative by several parameters at once has no single path sum")
        if immediate:
            return self.identity(self._count(of)) if of == by[0] else self.local(of, by[0])
        return self.total(of, by[0])

    def total(self, of: Key, by: Key) -> Ring:
        """The sum over all paths from ``by`` to ``of``, the factor nearest to ``of`` leftmost."""
        known = self._totals.get(by)
        if known is None:
            known = self._totals[by] = {by: self.identity(self._count(by))}
        if of not in known:
            between = self.graph.dependents((by,))
            for node in self.graph.missing(of, known, between):
                known[node] = self._one_total(node, by, known)
        return known[of]

    def _one_total(self, of: Key, by: Key, known: Mapping[Key, Ring]) -> Ring:
        """The sum over the parents, whose own sums are known."""
        between = self.graph.dependents((by,))
        result = self.zeros((self._count(of), self._count(by)))
        for parent in self.graph.nodes[of].parents:
            if parent == by or parent in between:
                step = self.matrix_product(self.local(of, parent), known[parent])
                result = self.add(result, step)
        return result

    def derivative_of(self, of: Callable[[World], Ring], by: tuple[Key, ...], frozen: bool) -> Ring:
        raise CannotSay("the derivative of an expression is no sum over paths")

    def add(self, first: Ring, second: Ring) -> Ring:
        words = dict(first.words)
        for word, number in second.words.items():
            total = words.get(word, 0) + number
            if total:
                words[word] = total
            else:
                words.pop(word, None)
        return Ring(first.size, words)

    def negate(self, value: Ring) -> Ring:
        return Ring(value.size, {word: -number for word, number in value.words.items()})

    def scale(self, number: Ring, value: Ring) -> Ring:
        return self._product(number, value, value.size)

    def matrix_product(self, first: Ring, second: Ring) -> Ring:
        return self._product(first, second, (first.size[0], second.size[1]))

    def _product(self, first: Ring, second: Ring, size: Shape) -> Ring:
        if len(first.words) * len(second.words) > MAXIMUM_WORDS:
            raise LimitExceeded(f"the expanded form is over the limit of {MAXIMUM_WORDS} terms")
        words: dict[Word, Rational] = {}
        for left, a in first.words.items():
            for right, b in second.words.items():
                word = left + right
                total = words.get(word, 0) + a * b
                if total:
                    words[word] = total
                else:
                    words.pop(word, None)
        return Ring(size, words)

    def transpose(self, value: Ring) -> Ring:
        words = {word[::-1].translate(self.alphabet.turned): number for word, number in value.words.items()}
        return Ring((value.size[1], value.size[0]), words)

    def reshape(self, value: Ring, shape: Shape) -> Ring:
        if value.size == shape:
            return value
        if value.size == (shape[1], shape[0]) and 1 in shape:
            return self.transpose(value)
        raise CannotSay("a gradient in the shape of a matrix is no element of the free ring")

    def _none(self, *_: object) -> NoReturn:
        raise CannotSay("this operation has no value in the free ring")

    unit = entry = elementwise = reciprocal = power = broadcast = diagonal = norm = inverse = determinant = spectral = (
        apply
    ) = _none

    def is_zero(self, value: Ring) -> bool:
        return not value.words

    def equal(self, first: Ring, second: Ring) -> bool:
        """Whether two values are the same polynomial: then the equation holds for all functions."""
        return first.size == second.size and dict(first.words) == dict(second.words)


def _plain(number: Fraction) -> Rational:
    """A whole number as an integer, with which Python reckons faster."""
    return number.numerator if number.denominator == 1 else number
