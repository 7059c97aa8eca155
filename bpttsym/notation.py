r"""Surface nodes to trees: which juxtaposition is an application, a derivative, an index, a power.

The signature says which names are functions and indices; nothing here knows a model. What is read and what
is not stands in the tables of this module and of signature.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction as Rational
from typing import cast

from bpttsym import dots
from bpttsym import notation_parts as parts
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Derivative,
    DerivativeKind,
    Divide,
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
    Transpose,
    depth,
    walk,
)
from bpttsym.signature import Signature, base_name
from bpttsym.sums import read_big
from bpttsym.surface import Big, Chain, Evaluated, Fence, Fraction, Root, Scripted, Sums, Surface, Table, Term, Word

MAXIMUM_DEPTH = 80
TOO_DEEP = f"parts of this equation stand more than {MAXIMUM_DEPTH} deep in one another"
TRANSPOSES = frozenset((r"\top", r"\intercal", "T", r"\mathrm{T}", r"\mathsf{T}"))
NORM_ORDERS = {"2": "2", "1": "1", "F": "F", r"\mathrm{F}": "F", r"\infty": r"\infty"}
DIFFERENTIALS = {r"\partial": "partial", r"\mathrm{d}": "total", "d": "total"}
SUBSCRIPTED_FUNCTIONS = {(r"\sigma", r"\max"): r"\sigma_{\max}", (r"\sigma", r"\mathrm{max}"): r"\sigma_{\max}"}


def read_chain(chain: Chain, signature: Signature) -> tuple[list[Expr | None], list[str]]:
    """The sides of a chain as trees (None for a missing first side) and the relations between them."""
    reader = _Reader(signature)
    try:
        sides = [None if side is None else reader.expression(side) for side in chain.sides]
    except RecursionError:
        raise NotRead(TOO_DEEP, chain.span) from None
    for side in sides:
        if side is not None and depth(side) > MAXIMUM_DEPTH:
            raise NotRead(TOO_DEEP, side.span)
        if side is not None and reader.dotted:
            dots.refuse(side)
    return sides, chain.relations


def read_relation(chain: Chain, signature: Signature) -> Relation:
    """A chain of exactly two sides as a relation."""
    sides, relations = read_chain(chain, signature)
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        raise NotRead("this is not one relation between two sides", chain.span)
    return Relation(sides[0], relations[0], sides[1], span=chain.span)


@dataclass(slots=True)
class _Cursor:
    """The factors of a term, taken from the left."""

    factors: list[Surface]
    operators: list[str]
    at: int = 0

    def peek(self, ahead: int = 0) -> Surface | None:
        return self.factors[self.at + ahead] if self.at + ahead < len(self.factors) else None

    def joined(self, ahead: int = 0) -> bool:
        """Whether the factor ``ahead`` is juxtaposed to the one before it."""
        place = self.at + ahead
        return place < len(self.factors) and self.operators[place] == ""


class _Reader:
    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.dotted = False  # whether dots were read, which stand for something or are told

    def expression(self, node: Surface) -> Expr:
        match node:
            case Sums(span, signs, terms):
                found = []
                for sign, term in zip(signs, terms, strict=True):
                    part = self.expression(term)
                    found.append(Negate(part, span=part.span) if sign == "-" else part)
                if self.dotted and any(dots.is_dots(part.body if isinstance(part, Negate) else part) for part in found):
                    found = dots.total(found, span)
                return found[0] if len(found) == 1 else Add(tuple(found), span=span)
            case Term(span, factors, operators):
                return self.term(_Cursor(factors, operators), span)
            case Big():
                return self.big(node)
            case Table():
                return parts.cases(self, node)
            case Evaluated(span):
                raise NotRead("an expression with something put into it (`|_{...}`) is not read", span)
            case Chain(span):
                raise NotRead("a relation stands inside an expression", span)
            case _:
                return self.term(_Cursor([node], [""]), node.span)

    def term(self, cursor: _Cursor, span: Span) -> Expr:
        factors: list[Expr] = []
        operators: list[str] = []
        while (node := cursor.peek()) is not None:
            operator = cursor.operators[cursor.at]
            factor = self.factor(cursor)
            if operator == "/":
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
        return Multiply(tuple(factors), tuple(cast(ProductOperator, o) for o in operators), span=span)

    @staticmethod
    def _hull(first: Expr, last: Expr) -> Span | None:
        return first.span.join(last.span) if first.span and last.span else None

    def factor(self, cursor: _Cursor) -> Expr:
        """The next factor, with the arguments that belong to it."""
        node = cursor.peek()
        assert node is not None
        cursor.at += 1
        base = node.base if isinstance(node, Scripted) else node
        if isinstance(base, Word) and base.kind == "SPECIAL":
            return self.differential(node, base, cursor)
        name = base_name(node)
        following = cursor.peek()
        if isinstance(following, Fence) and cursor.joined() and isinstance(node, Word):
            if name == parts.ONES and parts.is_comparison(following):
                cursor.at += 1
                return parts.indicator(self, following, node.span.join(following.span))
            if name == r"\max" and len(following.items) > 1:
                cursor.at += 1
                return parts.rectifier(name, self.arguments(following)[0], node.span.join(following.span))
        if name in self.signature.stepped and cursor.joined() and parts.is_fence(following):
            cursor.at += 1
            return self.stepped(node, following)  # type: ignore[arg-type]
        if self.signature.builtin(name) or name in self.signature.functions or self._subscripted_function(node):
            return self.application(node, name, cursor)
        if isinstance(node, Fraction):
            return self.fraction(node, cursor)
        value = self.atom(node)
        applied = name in self.signature.quantities and cursor.joined() and isinstance(following, Fence)
        if applied and following.opening == "(" and all(base_name(item) for item in following.items):  # type: ignore[union-attr]
            cursor.at += 1
        return value

    def stepped(self, node: Surface, following: Surface) -> Expr:
        """``h(t)``, ``h_i(t)^2``: a quantity with its step in parentheses."""
        value = self.atom(node)
        fence = following.base if isinstance(following, Scripted) else following
        power = value.exponent if isinstance(value, Power) else None
        symbol = value.base if isinstance(value, Power) else value
        if not isinstance(symbol, Symbol) or not isinstance(fence, Fence) or len(fence.items) != 1:
            raise NotRead("this step in parentheses is not read", following.span)
        span = node.span.join(following.span)
        value = Symbol(symbol.name, (self.index(fence.items[0]), *symbol.index), span=span)
        if power is not None:
            value = Power(value, power, span=span)
        for kind, script in following.scripts if isinstance(following, Scripted) else []:
            if kind != "sup" or script is None:
                raise NotRead("a subscript of a step in parentheses is not read", following.span)
            value = self.superscript(value, script)
        return value

    def _subscripted_function(self, node: Surface) -> str:
        if isinstance(node, Scripted) and node.scripts[0][0] == "sub":
            label = self._label(node.scripts[0][1])
            return SUBSCRIPTED_FUNCTIONS.get((base_name(node), label), "")
        return ""

    def application(self, node: Surface, name: str, cursor: _Cursor) -> Expr:
        """A function with its arguments; ``\\tanh x`` takes the next factor."""
        special = self._subscripted_function(node)
        function = special or self.signature.builtin(name) or name
        scripts = node.scripts[1 if special else 0 :] if isinstance(node, Scripted) else []
        primes = sum(kind == "prime" for kind, _ in scripts)
        following = cursor.peek()
        if following is None or not cursor.joined():
            raise NotRead(f"the function `{name}` has no argument", node.span, "its argument in parentheses")
        trailing: list[tuple[str, Surface | None]] = []
        fence = following.base if isinstance(following, Scripted) else following
        if isinstance(fence, Fence) and fence.opening in "([":
            cursor.at += 1
            trailing = following.scripts if isinstance(following, Scripted) else []
            arguments, parameters = self.arguments(fence)
        elif self.signature.builtin(name):
            arguments, parameters = (self.factor(cursor),), ()
            fence = following
        else:
            raise NotRead(f"the function `{name}` has no argument", node.span, "its argument in parentheses")
        span = node.span.join(fence.span)
        which: tuple[Expr, ...] = ()
        for kind, script in scripts:
            if kind == "sub" and self.signature.builtin(name):
                raise NotRead(f"a subscript of the function `{name}` is not read", node.span)
            if kind == "sub" and script is not None:
                function, which = self.labelled(function, which, script)
        value: Expr = Call(function, arguments, parameters, primes, which, span=span)
        for kind, script in scripts:
            if kind == "sup" and script is not None:
                value = self.superscript(value, script)
        for kind, script in trailing:
            if script is None:
                raise NotRead("a prime behind an application is not read", following.span)
            value = self.superscript(value, script) if kind == "sup" else parts.entry(self, value, script, span)
        return value

    def arguments(self, fence: Fence) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
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

    def differential(self, node: Surface, base: Word, cursor: _Cursor) -> Expr:
        r"""``\nabla_{W} L``, ``\partial_{W} L`` and ``\partial a / \partial b`` on one line."""
        by: Expr | None = None
        immediate = False
        if isinstance(node, Scripted):
            for kind, script in node.scripts:
                if kind == "sub" and script is not None:
                    by = self.expression(script)
                elif _is_plus(script):
                    immediate = True
                else:
                    raise NotRead("a derivative of second or higher order is not read", node.span)
        if cursor.peek() is None:
            raise NotRead(f"`{base.text}` has nothing to differentiate", node.span)
        of = self.factor(cursor)
        if by is not None:
            kind_: DerivativeKind = "gradient" if base.text == r"\nabla" else "partial"
            return Derivative(of, by, kind_, span=node.span.join(of.span or node.span))
        if base.text == r"\nabla":
            raise NotRead(r"`\nabla` does not say by what", node.span, r"`\nabla_{W}`")
        following = cursor.peek()
        if following is None or cursor.operators[cursor.at] != "/" or _mark(following) is None:
            raise NotRead(f"`{base.text}` stands outside of a fraction", node.span, "a fraction of differentials")
        cursor.at += 1
        below = self.factor(cursor) if cursor.peek() is not None else None
        if below is None:
            raise NotRead("the denominator of a derivative is empty", following.span)
        kind = "immediate" if immediate else DIFFERENTIALS[base.text]
        return Derivative(of, below, cast(DerivativeKind, kind), span=node.span.join(below.span or node.span))

    def fraction(self, node: Fraction, cursor: _Cursor) -> Expr:
        second = parts.second_derivative(self, node)
        if second is not None:
            return second
        above = _factors(node.numerator)
        below = _factors(node.denominator)
        mark = _mark(above.factors[0]) if above.factors else None
        if mark is None or not below.factors or _mark(below.factors[0]) is None:
            if mark is not None and mark[0] != "d":
                raise NotRead("only one half of this fraction is a differential", node.span)
            numerator, denominator = self.expression(node.numerator), self.expression(node.denominator)
            return Divide(numerator, denominator, span=node.span)
        if (mark[0] == "d" or _mark(below.factors[0])[0] == "d") and min(len(above.factors), len(below.factors)) < 2:  # type: ignore[index]
            return Divide(self.expression(node.numerator), self.expression(node.denominator), span=node.span)
        kind = "immediate" if mark[1] else DIFFERENTIALS[mark[0]]
        below.at = 1
        if below.peek() is None:
            raise NotRead("the denominator of a derivative is empty", node.denominator.span)
        by = self.factor(below)
        if below.peek() is not None:
            raise NotRead("this derivative has more than one variable", node.denominator.span, "one variable")
        above.at = 1
        if above.peek() is None:
            if cursor.peek() is None or not cursor.joined():
                raise NotRead("this derivative has nothing to differentiate", node.numerator.span)
            of = self.factor(cursor)
            return Derivative(of, by, cast(DerivativeKind, kind), span=node.span.join(of.span or node.span))
        rest = Term(node.numerator.span, above.factors[1:], ["", *above.operators[2:]])
        return Derivative(self.expression(rest), by, cast(DerivativeKind, kind), span=node.span)

    def atom(self, node: Surface) -> Expr:
        match node:
            case Word(span, "NUMBER", text):
                return Number(Rational(text), span=span)
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
                return self.scripted(node)
            case Root(span, body):
                return Power(self.expression(body), Number(Rational(1, 2)), span=span)
            case Fence(span, opening, items, separators):
                if opening == r"\{":
                    return SetOf(tuple(self.expression(item) for item in items), span=span)
                if opening == "[" and (separators or parts.is_comparison(node)):
                    return parts.listed(self, node)
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
                return self.fraction(node, _Cursor([], []))
            case _:
                return self.expression(node)

    def scripted(self, node: Scripted) -> Expr:
        """A base with scripts: an index, a label, a power, a transpose."""
        if isinstance(node.base, Fence) and node.base.opening == "||":
            return self.norm(node)
        if base_name(node.base) == "e" and [kind for kind, _ in node.scripts] == ["sup"]:
            script = node.scripts[0][1]
            assert script is not None
            return Call(r"\exp", (self.expression(script),), span=node.span)
        value = self.atom(node.base)
        for kind, script in sorted(node.scripts, key=lambda pair: pair[0] == "sup"):
            if kind == "prime":
                if not isinstance(value, Symbol):
                    raise NotRead("a prime stands on something that is no name", node.span)
                value = Symbol(value.name + "'", value.index, span=node.span)
            elif kind == "sub":
                assert script is not None
                value = self.subscript(value, script, node.span)
            else:
                assert script is not None
                value = self.superscript(value, script)
        return value

    def norm(self, node: Scripted) -> Expr:
        assert isinstance(node.base, Fence)
        value: Expr = Norm(self.expression(node.base.items[0]), span=node.base.span)
        for kind, script in node.scripts:
            if kind == "sub" and isinstance(value, Norm):
                order = NORM_ORDERS.get(_text(script))
                if order is None:
                    raise NotRead("this norm is not read", node.span, "2, 1, F or \\infty")
                value = Norm(value.body, order, span=node.span)
            elif script is not None:
                value = self.superscript(value, script)
        return value

    def subscript(self, value: Expr, script: Surface, span: Span) -> Expr:
        if not isinstance(value, Symbol):
            return parts.entry(self, value, script, span)
        if value.name == parts.ONES and parts.is_comparison(script):
            return parts.indicator(self, script, span)
        name, index = self.labelled(value.name, value.index, script)
        return Symbol(name, index, span=span)

    def labelled(self, name: str, index: tuple[Expr, ...], script: Surface) -> tuple[str, tuple[Expr, ...]]:
        """A name and its indices with what a subscript adds to one or the other."""
        items = script.items if isinstance(script, Fence) and script.opening == "{" else [script]
        for item in items:
            label = self._label(item)
            if label:
                name = f"{name}_{{{label}}}"
            else:
                index = (*index, self.index(item))
        return name, index

    def _label(self, node: Surface | None) -> str:
        """The label that a subscript spells (``hh``, ``\\max``); empty for an index."""
        if isinstance(node, Fence) and node.opening == "{" and len(node.items) == 1:
            return self._label(node.items[0])
        if isinstance(node, Word) and node.kind in {"NAME", "NUMBER"}:
            is_index = node.text in self.signature.indices or node.text == self.signature.horizon
            return "" if is_index or node.kind == "NUMBER" else node.text
        if isinstance(node, Term) and all(isinstance(f, Word) and f.kind in {"NAME", "NUMBER"} for f in node.factors):
            if not any(node.operators) and isinstance(node.factors[0], Word) and node.factors[0].kind == "NAME":
                return "".join(cast(Word, factor).text for factor in node.factors)
        return ""

    def index(self, node: Surface) -> Expr:
        value = self.expression(node)
        target = isinstance(value, Symbol) and all(_is_index(part) for part in value.index)
        if not target and not _is_index(value):
            raise NotRead("this subscript is no index", node.span, "steps, numbers, `+` and `-`")
        return value

    def superscript(self, value: Expr, script: Surface) -> Expr:
        span = value.span.join(script.span) if value.span else script.span
        inner = script
        while isinstance(inner, Fence) and inner.opening == "{" and len(inner.items) == 1:
            inner = inner.items[0]
        if isinstance(inner, Term) and not any(inner.operators) and self._are_marks(value, inner.factors):
            for part in inner.factors:
                value = self.superscript(value, part)
            return value
        if isinstance(inner, Word) and inner.text in TRANSPOSES:
            return Transpose(value, letter=inner.text == "T", span=span)
        if self._is_step(inner) and isinstance(inner, Fence) and isinstance(value, Symbol):
            return Symbol(value.name, (*value.index, self.index(inner.items[0])), span=span)
        if isinstance(inner, Word) and inner.text == r"\prime" and isinstance(value, Symbol):
            return Symbol(value.name + "'", value.index, span=span)
        if isinstance(inner, Word) and inner.kind in {"SIGN", "OP"}:
            raise NotRead(f"the superscript `{inner.text}` is not read here", inner.span)
        return Power(value, self.expression(inner), span=span)

    def _are_marks(self, value: Expr, factors: list[Surface]) -> bool:
        """Whether each part of a superscript stands for itself: a transpose, a prime, a step in parentheses."""
        steps = [self._is_step(factor) for factor in factors]
        turned = [_text(factor) in TRANSPOSES or _text(factor) == r"\prime" for factor in factors]
        if any(steps) and not all(step or turn for step, turn in zip(steps, turned, strict=True)):
            return False
        words = all(step or isinstance(factor, Word) for step, factor in zip(steps, factors, strict=True))
        named = isinstance(value, Symbol) or (isinstance(value, Transpose) and isinstance(value.body, Symbol))
        return words and (named or not any(steps)) and (any(steps) or any(turned))

    def _is_step(self, node: Surface) -> bool:
        """Brackets that hold an index of the document: ``h^{(t)}``, ``h^{<t>}``, ``h^{[2]}``, not ``x^{(a)}``."""
        if not isinstance(node, Fence) or node.opening not in ("(", "<", "[") or len(node.items) != 1:
            return False
        if node.opening == "<":
            return True
        letters = self.signature.indices | {self.signature.horizon}
        try:
            value = self.expression(node.items[0])
        except NotRead:
            return False
        named = (part.name for part in walk(value) if isinstance(part, Symbol))
        return _is_index(value) and all(name in letters or self.signature.is_last(name) for name in named)

    def big(self, node: Big) -> Expr:
        return read_big(node, self.expression(node.body), self.index, self.signature.horizon, self.signature.first)


def _ungroup(node: Surface) -> Surface:
    return node.items[0] if isinstance(node, Fence) and node.opening == "{" and len(node.items) == 1 else node


def _factors(node: Surface) -> _Cursor:
    inner = _ungroup(node)
    if isinstance(inner, Term):
        return _Cursor(inner.factors, inner.operators)
    return _Cursor([inner], [""])


def _text(script: Surface | None) -> str:
    """The one word that a script is; empty for anything else."""
    inner = _ungroup(script) if script is not None else None
    return inner.text if isinstance(inner, Word) else ""


def _is_plus(script: Surface | None) -> bool:
    inner = _ungroup(script) if script is not None else None
    return isinstance(inner, Word) and inner.kind == "SIGN" and inner.text == "+"


def _mark(node: Surface) -> tuple[str, bool] | None:
    """The differential that a factor is (``\\partial``, ``d``), and whether it is marked immediate."""
    base = node.base if isinstance(node, Scripted) else node
    if not isinstance(base, Word) or base.text not in DIFFERENTIALS:
        return None
    if isinstance(node, Scripted):
        if [kind for kind, _ in node.scripts] != ["sup"]:
            return None
        if not _is_plus(node.scripts[0][1]):
            raise NotRead("a derivative of second or higher order is not read", node.span)
        return base.text, True
    return base.text, False


def _is_index(value: Expr) -> bool:
    match value:
        case Number(number):
            return number.denominator == 1
        case Symbol(_, ()):
            return True
        case Negate(body):
            return _is_index(body)
        case Add(terms):
            return all(_is_index(term) for term in terms)
        case _:
            return False
