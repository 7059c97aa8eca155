"""The left side of a relation: which symbol it is about, at which steps, and whether it can be a definition of it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Component,
    Concatenate,
    Divide,
    Every,
    Expr,
    Hole,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Relation,
    Sum,
    Symbol,
    Transpose,
    children,
    names,
    shifted,
    walk,
)
from bpttsym.model import MAXIMUM_RANGE, Definition, free_letters, has_derivative, index_letters, index_value
from bpttsym.records import replace
from bpttsym.rewriting import substitute, transform, with_children
from bpttsym.shape_words import ELEMENTWISE
from bpttsym.weight_shapes import is_small


def horizon_value(relation: Relation) -> int:
    """The number of steps that ``T = 4`` says; raises NotRead for a number that counts no steps."""
    match relation.right:
        case Number(value):
            pass
        case _:
            value = Fraction(-1)
    if value.denominator != 1 or value < 1:
        raise NotRead("this is no number of steps", relation.span, "a whole number of at least 1")
    if value > MAXIMUM_RANGE:
        raise NotRead(f"{int(value)} steps are over the limit of {MAXIMUM_RANGE}", relation.span, "a smaller number")
    return int(value)


def names_itself(left: Expr, right: Expr) -> bool:
    """Whether the right side names the very node of the left side: that says something of it and defines nothing."""
    if isinstance(left, Symbol) and any(_is_line_of(left, part) for part in walk(right)):
        return True
    wanted = transform(left, merged_indices)
    return any(transform(part, merged_indices) == wanted for part in walk(right) if type(part) is type(left))


def _is_line_of(left: Symbol, part: Expr) -> bool:
    """Whether it is a row or a column of a matrix: ``W_{:,j}``."""
    return isinstance(part, Symbol) and part.name == left.name and any(isinstance(one, Every) for one in part.index)


def unshifted(left: Symbol, right: Expr, horizon: str) -> tuple[Symbol, Expr, int, int] | None:
    """``h_{t+1} = f(h_t)`` said of ``h_t``, with the number of first steps for which it says nothing.

    The second number is that where the steps begin at 0.

    A state has a value before the first step, so that its formula holds from the first one on; any other
    quantity (an input that is the output before it) is free there. None where no index is shifted.
    """
    index: list[Expr] = []
    moves: dict[str, Expr] = {}
    skip = 0
    for part in left.index:
        letters = sorted(index_letters(Symbol("", (part,))))
        if isinstance(part, Symbol | Number) or len(letters) != 1 or letters[0] == horizon or letters[0] in moves:
            index.append(part)
            continue
        offset = index_value(part, {letters[0]: 0})
        if index_value(part, {letters[0]: 1}) != offset + 1:
            return None
        moves[letters[0]] = shifted(Symbol(letters[0]), -offset)
        skip = max(skip, offset)
        index.append(Symbol(letters[0]))
    if not moves:
        return None
    recursive = any(isinstance(part, Symbol) and part.name == left.name for part in walk(right))
    body = transform(substitute(right, moves), merged_indices)
    return replace(left, index=tuple(index)), body, 0 if recursive else skip, skip


def merged_indices(node: Expr) -> Expr:
    """Index sums in one form: ``(t-1)-1`` is ``t-2``."""
    if isinstance(node, Symbol) and node.index:
        return Symbol(node.name, tuple(_merged(part) for part in node.index), span=node.span)
    return node


def _merged(index: Expr) -> Expr:
    match index:
        case Add((Add(inner), *rest)):
            return _merged(Add((*inner, *rest)))
        case Add((*terms, last)) if len(terms) > 1 and not index_letters(Symbol("", (last,))):
            return shifted(_merged(Add(tuple(terms))), index_value(last, {}))
        case Add((term, last)) if not index_letters(Symbol("", (last,))):
            return shifted(term, index_value(last, {}))
        case _:
            return index


def is_later(left: Symbol, right: Expr) -> bool:
    """Whether the right side names a step after that of the left side."""
    for part in walk(right):
        if isinstance(part, Symbol):
            for own, other in zip(left.index, part.index, strict=False):
                if isinstance(own, Symbol) and other == shifted(own, 1):
                    return True
    return False


def written(definition: Definition) -> Relation:
    """A definition as a relation; one that says nothing of the first steps is written that many steps later."""
    left, body = Symbol(definition.name, definition.index), definition.body
    if definition.skip:
        letters = {part.name: shifted(part, definition.skip) for part in definition.index if isinstance(part, Symbol)}
        left = replace(left, index=tuple(substitute(part, letters) for part in left.index))
        body = transform(substitute(body, letters), merged_indices)
    return Relation(left, "=", body)


def closes(left: Symbol, right: Expr) -> bool:
    """A closed form (``h_t = W^t h_0``) of what is defined step by step: it names a single step of itself."""
    named = [part for part in walk(right) if isinstance(part, Symbol) and part.name == left.name]
    own = [part for part in named if part.index and len(part.index) == len(left.index)]
    return bool(own) and not any(free_letters(part) for part in own)


def at_no_step(left: Call, right: Expr) -> tuple[Call, Expr]:
    r"""``\ell(\hat y_t, y_t) = ...`` as what the function is of any arguments, where it names nothing else of a step.

    Both as they are where it is no formula of the function alone.
    """
    arguments = [part for part in (*left.arguments, *left.parameters) if isinstance(part, Symbol)]
    stepped = {part.name: part for part in arguments if part.index}
    letters = {name for part in stepped.values() for name in free_letters(part)}
    plain = len({part.name for part in arguments}) == len(left.arguments) + len(left.parameters)
    if (
        not stepped
        or not plain
        or any(isinstance(part, Symbol) and not part.index and part.name in stepped for part in walk(right))
    ):
        return left, right

    def change(node: Expr) -> Expr:
        formal = isinstance(node, Symbol) and stepped.get(node.name) == node
        return Symbol(node.name, span=node.span) if formal and isinstance(node, Symbol) else node

    read, formula = transform(left, change), transform(right, change)
    of_formals = all(not part.index for part in walk(formula) if isinstance(part, Symbol) and part.name in stepped)
    assert isinstance(read, Call)
    return (read, formula) if of_formals and not names(formula) & letters else (left, right)


def another_layer(left: Symbol, kept: Definition) -> bool:
    """Whether two definitions run over the same steps, each at a number of its own (``\\delta_{t,1}``)."""
    pairs = list(zip(left.index, kept.index, strict=True))
    numbers = [(one, other) for one, other in pairs if isinstance(one, Number) and isinstance(other, Number)]
    running = [one for one, other in pairs if isinstance(one, Symbol) and isinstance(other, Symbol)]
    apart = any(one.value != other.value for one, other in numbers)
    return apart and bool(running) and len(numbers) + len(running) == len(pairs)


def named_part(known: Definition, left: Symbol, right: Expr) -> Relation | None:
    r"""What ``h_t = \tanh(z_t)`` says of ``z_t`` where ``h_t = \tanh(W h_{t-1} + U x_t)`` is known; None if nothing.

    The two formulas agree but for one symbol that has the index of the whole, and that stands for more than a name.
    """
    letters = {o.name: n for o, n in zip(known.index, left.index, strict=True) if isinstance(o, Symbol)}
    body = transform(substitute(known.body, letters), merged_indices)
    found: dict[Symbol, Expr] = {}
    if not _fits(right, body, left.index, found) or len(found) != 1:
        return None
    ((symbol, value),) = found.items()
    if isinstance(value, Symbol):
        return None
    return Relation(symbol, "=", value, span=value.span)


def _fits(pattern: Expr, body: Expr, index: tuple[Expr, ...], found: dict[Symbol, Expr]) -> bool:
    if pattern == body:
        return True
    if isinstance(pattern, Symbol):
        return pattern.index == index and found.setdefault(pattern, body) == body
    inner, other = children(pattern), children(body)
    if type(pattern) is not type(body) or len(inner) != len(other) or with_children(pattern, other) != body:
        return False
    return all(_fits(one, part, index, found) for one, part in zip(inner, other, strict=True))


def upright(relation: Relation) -> Relation | None:
    r"""``h_t^\top = \tanh(h_{t-1}^\top W)`` said of ``h_t``; None for any other left side, and of derivatives."""
    match relation.left:
        case Transpose(Symbol(_, index) as symbol, letter=letter) if index or not letter:
            if not has_derivative(relation.right) and not names_itself(symbol, relation.right):
                return replace(relation, left=symbol, right=transposed(relation.right))
    return None


def transposed(expr: Expr) -> Expr:
    """The transpose of a formula, taken as far inside as it goes."""
    match expr:
        case Transpose(body):
            return body
        case Number() | Norm() | Component() | Hole():
            return expr
        case Add() | Negate() | Sum():
            return with_children(expr, (transposed(children(expr)[0]), *map(_turned_term(expr), children(expr)[1:])))
        case Divide(numerator):
            return replace(expr, numerator=transposed(numerator))
        case Power(base):
            return replace(expr, base=transposed(base))
        case Call(function, (argument,), ()) if function in ELEMENTWISE:
            return replace(expr, arguments=(transposed(argument),))
        case Concatenate(parts):
            return replace(expr, parts=tuple(map(transposed, parts)), comma=not expr.comma)
        case Multiply(factors, operators) if set(operators) <= {r"\odot", r"\circ"}:
            return replace(expr, factors=tuple(map(transposed, factors)))
        case Multiply(factors, operators) if set(operators) <= {"", r"\cdot"}:
            count = next((n for n, factor in enumerate(factors) if not is_small(factor)), 0)
            turned = (*factors[:count], *(transposed(factor) for factor in reversed(factors[count:])))
            return replace(expr, factors=turned, operators=(*operators[:count], *reversed(operators[count:])))
        case _:
            return Transpose(expr, span=expr.span)


def _turned_term(expr: Expr) -> Callable[[Expr], Expr]:
    """What becomes of the other parts of a formula: further terms are transposed, bounds of a sum are not."""
    return transposed if isinstance(expr, Add) else lambda part: part
