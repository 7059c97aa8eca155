r"""Surface nodes to trees: which juxtaposition is an application, a derivative, an index, a power.

The signature says which names are functions and indices; nothing here knows a model. What is read and what
is not stands in the tables of this module and of signature.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction as Rational
from typing import cast

from bpttsym import dots, listings
from bpttsym import matrix_parts as matrices
from bpttsym import notation_parts as parts
from bpttsym.census import base_name
from bpttsym.differentials import differential, fraction, held, joint_name, on_one_line
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Divide,
    Every,
    Expr,
    Hole,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    ProductOperator,
    Relation,
    SetOf,
    Span,
    Symbol,
    children,
)
from bpttsym.inverse_functions import inverse, is_minus_one
from bpttsym.naming import UNSAID
from bpttsym.operands import Cursor, argument, refuse_divisor, refuse_letter_before_product
from bpttsym.path_ranges import read_paths
from bpttsym.scripts import is_index, label_of, labelled, scripted, stepped, superscript
from bpttsym.shape_words import EXPECTATION, PART, is_capital
from bpttsym.sides import check
from bpttsym.signature import Signature
from bpttsym.stepwise import formulas_of_step, names_step
from bpttsym.sums import read_big
from bpttsym.surface import Big, Chain, Evaluated, Fence, Fraction, Root, Scripted, Sums, Surface, Table, Term, Word

MAXIMUM_DEPTH = 80
TOO_DEEP = f"parts of this equation stand more than {MAXIMUM_DEPTH} deep in one another"
Written = tuple[Symbol, tuple[Expr, ...]]
"""A quantity and the arguments that stand behind it."""

SPECTRAL = {
    (letter, label): f"{letter}_{{\\{side}}}"
    for letter in (r"\sigma", r"\lambda")
    for side in ("max", "min")
    for label in (f"\\{side}", f"\\mathrm{{{side}}}", side)
}
"""Numbers of a matrix by the letter and its subscript."""

RADIUS = r"\rho"
r"""The letter of the spectral radius, ``\rho(W)``, where the document says nothing else of it."""


def read_chain(
    chain: Chain, signature: Signature, written: list[Written] | None = None
) -> tuple[list[Expr | None], list[str]]:
    """The sides of a chain as trees (None for a missing first side) and the relations between them.

    To ``written`` goes what stands with arguments and is a quantity, which the trees do not show.
    """
    chain = listings.with_interval(chain)
    reader = _Reader(signature)
    reader.formulas = formulas_of_step(chain) & signature.twofold
    try:
        joint = joint_name(reader, chain)
        sides = joint or [None if side is None else reader.side(side, chain) for side in chain.sides]
    except RecursionError:
        raise NotRead(TOO_DEEP, chain.span) from None
    for side in sides:
        if side is not None and _depth(side) > MAXIMUM_DEPTH:
            raise NotRead(TOO_DEEP, side.span)
        if side is not None and reader.dotted:
            dots.refuse(side)
    check(sides, chain.relations)
    if written is not None:
        written.extend(reader.written)
    return sides, chain.relations


def read_relation(chain: Chain, signature: Signature) -> Relation:
    """A chain of exactly two sides as a relation."""
    sides, relations = read_chain(chain, signature)
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        raise NotRead("this is not one relation between two sides", chain.span)
    return Relation(sides[0], relations[0], sides[1], span=chain.span)


class _Reader:
    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.written: list[Written] = []
        self.formulas: frozenset[str] = frozenset()  # losses of which the chain says what they are as functions
        self.dotted = False  # whether dots were read, which stand for something or are told

    def side(self, node: Surface, chain: Chain) -> Expr:
        r"""A whole side: ``V = [V_f \; V_b]``, where brackets would group nothing, is a block of matrices."""
        return listings.side(self, node) or matrices.whole_side(self, node, chain) or self.expression(node)

    def expression(self, node: Surface) -> Expr:
        match node:
            case Sums(span, signs, terms):
                found = []
                for place, (sign, term) in enumerate(zip(signs, terms, strict=True), start=1):
                    if isinstance(term, Term):
                        cursor = Cursor(term.factors, term.operators, more=place < len(terms))
                        part = self.term(cursor, term.span)
                    else:
                        part = self.expression(term)
                    found.append(Negate(part, span=part.span) if sign == "-" else part)
                if self.dotted and any(dots.is_dots(part.body if isinstance(part, Negate) else part) for part in found):
                    found = dots.total(found, span)
                return found[0] if len(found) == 1 else Add(tuple(found), span=span)
            case Term(span, factors, operators):
                return self.term(Cursor(factors, operators), span)
            case Big():
                return self.big(node)
            case Table():
                return parts.cases(self, node)
            case Evaluated():
                return held(self, node)
            case Chain(span):
                raise NotRead("a relation stands inside an expression", span)
            case _:
                return self.term(Cursor([node], [""]), node.span)

    def term(self, cursor: Cursor, span: Span) -> Expr:
        factors: list[Expr] = []
        operators: list[str] = []
        while (node := cursor.peek()) is not None:
            operator = cursor.operators[cursor.at]
            factor = self.factor(cursor)
            if operator == "/" and factors:
                refuse_divisor(self.signature, node, cursor)
                numerator = factors.pop()
                if operators:
                    operator = operators.pop()
                    operators.append(operator)
                factors.append(Divide(numerator, factor, span=self._hull(numerator, factor)))
                continue
            if factors:
                operators.append(operator)
            elif operator:
                raise NotRead(f"`{operator}` has nothing on its left", node.span)
            factors.append(factor)
        if self.dotted and len(factors) > 1 and any(dots.is_dots(factor) for factor in factors):
            factors, operators = dots.product(factors, operators, span)
        if len(factors) == 1:
            return factors[0]
        if matrices.ENTRYWISE in operators:
            return matrices.divided(factors, operators, span)
        return Multiply(tuple(factors), tuple(cast(ProductOperator, o) for o in operators), span=span)

    @staticmethod
    def _hull(first: Expr, last: Expr) -> Span | None:
        return first.span.join(last.span) if first.span and last.span else None

    def factor(self, cursor: Cursor) -> Expr:
        """The next factor, with the arguments that belong to it."""
        node = cursor.peek()
        assert node is not None
        cursor.at += 1
        base = node.base if isinstance(node, Scripted) else node
        if isinstance(base, Word) and (base.kind == "SPECIAL" or on_one_line(node, cursor, self.signature.given)):
            return differential(self, node, base, cursor)
        name = base_name(node)
        following = cursor.peek()
        if name in parts.EXPECTATIONS:
            return self.average(node, cursor)
        if name in self.signature.chances and isinstance(following, Fence) and cursor.joined():
            cursor.at += 1
            return listings.chance(self, self.atom(node), following)
        if cursor.joined() and matrices.stands_before_a_block(node, following):
            return matrices.side_by_side(self, node) or self.atom(node)
        if isinstance(following, Fence) and cursor.joined() and isinstance(node, Word):
            if name == r"\binom":
                cursor.at += 1
                return parts.binomial(self, following, node.span.join(following.span))
            if name in parts.INDICATORS and parts.is_comparison(following):
                cursor.at += 1
                return parts.indicator(self, following, node.span.join(following.span))
            if name == r"\max" and len(following.items) > 1:
                cursor.at += 1
                return parts.rectifier(name, self.arguments(following)[0], node.span.join(following.span))
        if name == r"\max" and isinstance(node, Scripted) and isinstance(following, Fence):
            largest = parts.largest_entry(self, node, following)
            cursor.at += largest is not None
            if largest is not None:
                return largest
        if name in self.signature.stepped and cursor.joined() and parts.is_fence(following):
            cursor.at += 1
            return stepped(self, node, following)  # type: ignore[arg-type]
        applied = cursor.joined() and parts.is_fence(following)
        called = applied and isinstance(node, Word)
        another = not applied and isinstance(node, Scripted) and node.scripts[0][0] == "sub"  # ``\\sigma_{\\max}``
        own = name in self.signature.functions and not another and (called or name not in self.signature.named_after)
        if self.signature.builtin(name) or own or (cursor.joined() and self._spectral(node, following)):
            return self.application(node, name, cursor)
        if isinstance(node, Fraction):
            return fraction(self, node, cursor)
        if name in self.signature.twofold and isinstance(following, Fence) and called:
            if names_step(following) or (name in self.formulas and len(following.items) > 1):
                return self.application(node, name, cursor)
        refuse_letter_before_product(self.signature, node, cursor)
        value = self.atom(node)
        if name in self.signature.quantities and cursor.joined() and isinstance(following, Fence):
            return self.with_arguments(value, following, cursor)
        return value

    def with_arguments(self, value: Expr, fence: Fence, cursor: Cursor) -> Expr:
        r"""A quantity with arguments that say nothing new, ``L(\theta)``, or with its step, ``L(t+1)``."""
        if fence.opening != "(" or not isinstance(value, Symbol):
            return value
        listings.refuse_condition(fence)
        if len(fence.items) == 1 and parts.is_running(fence.items[0], self.signature.running):
            cursor.at += 1
            span = fence.span.join(value.span) if value.span else fence.span
            return Symbol(value.name, (self.index(fence.items[0]), *value.index), span=span)
        if all(base_name(item) or (isinstance(item, Word) and item.kind == "DOTS") for item in fence.items):
            cursor.at += 1
            self.written.append((value, parts.readable(self, fence.items)))
        return value

    def average(self, node: Surface, cursor: Cursor) -> Expr:
        r"""``\mathbb{E}_{(x,y) \sim D}[L]``: the mean over the data."""
        following = cursor.peek()
        fence = following.base if isinstance(following, Scripted) else following
        if not isinstance(fence, Fence) or not cursor.joined() or len(fence.items) != 1 or not parts.is_over_data(node):
            raise NotRead("this expectation is not read", node.span, r"`\mathbb{E}[L]` over data")
        cursor.at += 1
        value: Expr = Call(EXPECTATION, (self.expression(fence.items[0]),), span=node.span.join(fence.span))
        for kind, script in following.scripts if isinstance(following, Scripted) else []:
            if kind != "sup" or script is None:
                raise NotRead("a subscript of an expectation is not read", fence.span)
            value = superscript(self, value, script)
        return value

    def _spectral(self, node: Surface, following: Surface | None) -> str:
        r"""The number of the matrix that follows in parentheses, ``\sigma_{\max}(W)`` or ``\rho(W)``; else empty."""
        name = base_name(node)
        if isinstance(node, Word) and parts.is_matrix(following) and name not in self.signature.quantities:
            return name if name == RADIUS else ""
        if isinstance(node, Scripted) and node.scripts[0][0] == "sub" and parts.is_fence(following):
            return SPECTRAL.get((name, label_of(self, node.scripts[0][1])), "")
        return ""

    def application(self, node: Surface, name: str, cursor: Cursor) -> Expr:
        """A function with its arguments; ``\\tanh x`` takes the next factor."""
        special = self._spectral(node, cursor.peek())
        function = special or self.signature.builtin(name) or name
        scripts = node.scripts[1 if special else 0 :] if isinstance(node, Scripted) else []
        primes = sum(kind == "prime" for kind, _ in scripts)
        following = cursor.peek()
        if following is None or not cursor.joined():
            return self._unsaid(node, name, function, scripts, bool(special))
        trailing: list[tuple[str, Surface | None]] = []
        fence = following.base if isinstance(following, Scripted) else following
        if isinstance(fence, Fence) and fence.opening in "([":
            cursor.at += 1
            trailing = following.scripts if isinstance(following, Scripted) else []
            arguments, parameters = self.arguments(fence)
        elif self.signature.builtin(name) and not (primes and is_capital(base_name(following) or "")):
            arguments, parameters = (argument(self, cursor, node),), ()
            fence = following
        else:
            return self._unsaid(node, name, function, scripts, bool(special))
        span = node.span.join(fence.span)
        which: tuple[Expr, ...] = ()
        for kind, script in scripts:
            if kind == "sub" and self.signature.builtin(name) and name != PART:
                raise NotRead(f"a subscript of the function `{name}` is not read", node.span)
            if kind == "sub" and script is not None:
                function, which = labelled(self, function, which, script)
                function = self.signature.builtin(function) or function
        value: Expr = Call(function, arguments, parameters, primes, which, span=span)
        if (
            not special
            and function != r"\mathrm{diag}"
            and any(kind == "sup" and is_minus_one(script) for kind, script in scripts)
        ):
            value, scripts = inverse(function, name, arguments, span), []
        for kind, script in scripts:
            if kind == "sup" and script is not None:
                value = superscript(self, value, script)
        for kind, script in trailing:
            if script is None:
                raise NotRead("a prime behind an application is not read", following.span)
            value = superscript(self, value, script) if kind == "sup" else parts.entry(self, value, script, span)
        return value

    def _unsaid(
        self, node: Surface, name: str, function: str, scripts: Sequence[tuple[str, Surface | None]], special: bool
    ) -> Expr:
        """A function without an argument: one with a derivative mark may be meant where the document applies it."""
        if special or not scripts or any(kind != "prime" for kind, _ in scripts):
            raise NotRead(f"the function `{name}` has no argument", node.span, "its argument in parentheses")
        return Call(function, (Symbol(UNSAID),), (), len(scripts), span=node.span)

    def arguments(self, fence: Fence) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
        listings.refuse_condition(fence)
        groups: list[list[Expr]] = [[]]
        for position, item in enumerate(fence.items):
            if position and fence.separators[position - 1] == ";":
                groups.append([])
            groups[-1].append(self.expression(item))
        if len(groups) > 2:
            groups = [[argument for group in groups[:-1] for argument in group], groups[-1]]
        if not groups[0]:
            raise NotRead("a function without arguments", fence.span)
        return tuple(groups[0]), tuple(groups[1]) if len(groups) > 1 else ()

    def atom(self, node: Surface) -> Expr:
        match node:
            case Word(span, "NUMBER", text):
                return Number(Rational(text), span=span)
            case Word(span, "NAME", ":"):
                return Every(span=span)
            case Word(span, "NAME", text):
                return Symbol(text, span=span)
            case Word(span, "HOLE"):
                return Hole(span=span)
            case Word(span, "DOTS"):
                self.dotted = True
                return Symbol(dots.MARK, span=span)
            case Word(span, _, text):
                raise NotRead(f"`{text}` is not read here", span)
            case Scripted():
                return scripted(self, node)
            case Root(span, body):
                return Power(self.expression(body), Number(Rational(1, 2)), span=span)
            case Fence(span, opening, items, separators):
                if opening in parts.ROUNDING:
                    return parts.rounded(self, node)
                if opening == r"\{" and (grouped := parts.grouped(self, node)) is not None:
                    return grouped
                if opening == r"\{":
                    return SetOf(tuple(self.expression(item) for item in items), span=span)
                if opening == "[" and (separators or parts.is_comparison(node)):
                    return parts.listed(self, node)
                if opening == "<" and (joined := parts.inner(self, node)) is not None:
                    return joined
                if len(items) != 1 or separators:
                    raise NotRead("a list stands where one expression is expected", span)
                inner = self.expression(items[0])
                if opening == "<":
                    raise NotRead("angle brackets are not read here", span, r"a step in a superscript, `h^{<t>}`")
                if opening == "||":
                    return Norm(inner, span=span)
                if opening == "|":
                    return Call("abs", (inner,), span=span)
                return inner
            case Fraction():
                return fraction(self, node, Cursor([], []))
            case _:
                return self.expression(node)

    def index(self, node: Surface) -> Expr:
        value = self.expression(node)
        target = isinstance(value, Symbol) and all(is_index(part) for part in value.index)
        if not target and not is_index(value):
            raise NotRead("this subscript is no index", node.span, "steps, numbers, `+` and `-`")
        return value

    def big(self, node: Big) -> Expr:
        paths = read_paths(node, self.expression)
        if paths is not None:
            return paths
        return read_big(node, self.expression(node.body), self.expression, self.signature.horizon, self.signature.first)


def _depth(node: Expr) -> int:
    """How many nodes stand one inside the other at the deepest place."""
    deepest, level = 0, [node]
    while level:
        deepest, level = deepest + 1, [child for one in level for child in children(one)]
    return deepest
