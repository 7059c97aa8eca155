r"""Scripts to trees (a part of the notation): an index, a label, a power, a transpose, the order of a norm.

h_{t-1}    W_{hh}    h_t^2    W^\top    h^{(t)}    \lVert v \rVert_2
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, cast

from bpttsym import notation_parts as parts
from bpttsym.census import base_name
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Add,
    Call,
    Every,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    ProductOperator,
    Span,
    Symbol,
    Transpose,
    integer,
    shifted,
    walk,
)
from bpttsym.listings import run
from bpttsym.signature import NEIGHBOURS
from bpttsym.surface import Fence, Scripted, Sums, Surface, Term, Word

TRANSPOSES = frozenset((r"\top", r"\intercal", "T", r"\mathrm{T}", r"\mathsf{T}"))
SIZES = frozenset("nmdpqrkhDHKMN")
"""Letters of the number of rows of an identity matrix."""

SAMPLES = frozenset("nmdhHDMNB")
"""Letters of the number of entries of a vector of ones; other letters may name the one entry that is not zero."""

LARGEST_ENTRYWISE = 5
NORM_ORDERS = {"2": "2", "1": "1", "F": "F", r"\mathrm{F}": "F", r"\infty": r"\infty"}


class Reader(parts.Reader, Protocol):
    """What reads what stands in the scripts: the reader of the notation."""

    def atom(self, node: Surface) -> Expr: ...


def scripted(reader: Reader, node: Scripted) -> Expr:
    """A base with scripts: an index, a label, a power, a transpose."""
    if isinstance(node.base, Fence) and node.base.opening == "||":
        return norm(reader, node)
    alone = [kind for kind, _ in node.scripts] == ["sup"]
    if base_name(node.base) == "e" and alone and not _is_quantity(reader, node):
        script = node.scripts[0][1]
        assert script is not None
        return Call(r"\exp", (reader.expression(script),), span=node.span)
    value = reader.atom(node.base)
    for kind, script in _in_order(reader, node):
        if kind == "prime":
            if not isinstance(value, Symbol):
                raise NotRead("a prime stands on something that is no name", node.span)
            value = Symbol(value.name + "'", value.index, span=node.span)
        elif kind == "sub":
            assert script is not None
            value = subscript(reader, value, script, node.span)
        else:
            assert script is not None
            value = superscript(reader, value, script, isinstance(node.base, Word))
    return value


def _is_quantity(reader: Reader, node: Scripted) -> bool:
    """Whether a name that has a meaning of its own, ``e^{(t)} = E x^{(t)}``, stands with its step above.

    Beside ``h^{(t)}`` it is one without a formula, too.
    """
    name, script = base_name(node.base), node.scripts[0][1]
    inner = ungroup(script) if script is not None else None
    others = reader.signature.stacked - {name}
    if inner is None or (name not in reader.signature.given and not others):
        return False
    return _is_step(reader, inner) or (name in reader.signature.raised and _counts(reader, inner))


def _in_order(reader: Reader, node: Scripted) -> list[tuple[str, Surface | None]]:
    """The scripts as they are taken: those below, then those above; a step above comes first where it is the step."""
    scripts = node.scripts
    timed = base_name(node.base) in reader.signature.timed
    if timed:
        scripts = [(kind, part) for kind, script in scripts for part in (_marks(script) if kind == "sup" else [script])]

    def is_above(part: Surface) -> bool:
        raised = base_name(node.base) in reader.signature.raised
        return _is_step(reader, part) or (raised and _counts(reader, part))

    def turn(script: tuple[str, Surface | None]) -> int:
        kind, part = script
        return 1 if kind != "sup" else 0 if timed and part is not None and is_above(ungroup(part)) else 2

    return sorted(scripts, key=turn)


def _marks(script: Surface | None) -> Sequence[Surface | None]:
    """The parts of a superscript with brackets in it: ``{(t)\\top}``, and ``{(t)^\\top}``, which says the same."""
    inner = ungroup(script) if script is not None else None
    if isinstance(inner, Scripted) and isinstance(inner.base, Fence):
        return [inner.base, *(above for kind, above in inner.scripts if kind == "sup")]
    factors = inner.factors if isinstance(inner, Term) and not any(inner.operators) else []
    return factors if any(isinstance(part, Fence) for part in factors) else [script]


def norm(reader: Reader, node: Scripted) -> Expr:
    """A norm with its order and a power."""
    assert isinstance(node.base, Fence)
    value: Expr = Norm(reader.expression(node.base.items[0]), span=node.base.span)
    for kind, script in node.scripts:
        if kind == "sub" and isinstance(value, Norm):
            order = NORM_ORDERS.get(spelled(script))
            if order is None:
                raise NotRead("this norm is not read", node.span, "2, 1, F or \\infty")
            value = Norm(value.body, order, span=node.span)
        elif script is not None:
            value = superscript(reader, value, script)
    return value


def subscript(reader: Reader, value: Expr, script: Surface, span: Span) -> Expr:
    """A subscript: indices and labels of a name, a comparison of an indicator, an entry of anything else."""
    if not isinstance(value, Symbol):
        return parts.entry(reader, value, script, span)
    if value.name in parts.INDICATORS and parts.is_comparison(script):
        return parts.indicator(reader, script, span)
    if value.name in reader.signature.identities and _is_size(script):
        return value
    steps = run(reader, value.name, value.index, script, span)
    if steps is not None:
        return steps
    if value.name == parts.ONES and spelled(script) in SAMPLES - reader.signature.running:
        return value
    name, index = labelled(reader, value.name, value.index, script)
    return Symbol(name, index, span=span)


def _is_size(script: Surface) -> bool:
    r"""Whether a subscript says how large an identity is: ``n``, ``d``, ``3``, ``n \times n``."""
    inner = ungroup(script)
    parts = inner.factors if isinstance(inner, Term) and set(inner.operators[1:]) == {r"\times"} else [inner]
    words = [part.text for part in parts if isinstance(part, Word) and (part.kind == "NUMBER" or part.text in SIZES)]
    return len(words) == len(parts) and len(set(words)) == 1


def labelled(reader: Reader, name: str, index: tuple[Expr, ...], script: Surface) -> tuple[str, tuple[Expr, ...]]:
    """A name and its indices with what a subscript adds to one or the other."""
    items = script.items if isinstance(script, Fence) and script.opening == "{" else [script]
    for item in items:
        label = label_of(reader, item)
        step = neighbour(reader, name, label, item.span)
        if step is not None:
            index = (*index, step)
        elif label:
            name = f"{name}_{{{label}}}"
        else:
            index = (*index, reader.index(item))
    return name, index


def neighbour(reader: Reader, name: str, label: str, span: Span) -> Expr | None:
    """The step that a label names beside the present one: ``a_{prev}``, ``a_{next}``; None for any other label."""
    offset = NEIGHBOURS.get(label.removeprefix(r"\mathrm{").removesuffix("}"))
    if offset is None or name not in reader.signature.neighbours:
        return None
    if offset > 0 and name in reader.signature.counted_alone:
        raise NotRead(f"whether `{name}` with `{label}` is of step t or t+1 is not said", span, "an index")
    return shifted(Symbol("t", span=span), min(offset, 0))


def label_of(reader: Reader, node: Surface | None) -> str:
    """The label that a subscript spells (``hh``, ``\\max``); empty for an index."""
    if isinstance(node, Fence) and node.opening == "{" and len(node.items) == 1:
        return label_of(reader, node.items[0])
    if isinstance(node, Word) and node.kind in {"NAME", "NUMBER"}:
        counts = node.text.rstrip("'") in reader.signature.indices or node.text == reader.signature.horizon
        return "" if counts or node.kind == "NUMBER" or node.text == ":" else node.text
    if isinstance(node, Term) and all(isinstance(f, Word) and f.kind in {"NAME", "NUMBER"} for f in node.factors):
        if not any(node.operators) and isinstance(node.factors[0], Word) and node.factors[0].kind == "NAME":
            return joined(cast(Word, factor).text for factor in node.factors)
    return ""


def joined(words: Iterable[str]) -> str:
    r"""Names written together, with a space where a command would swallow the next one: ``\phi h``."""
    return re.sub(r"(\\[a-zA-Z]+)\0(?=[a-zA-Z])", r"\1 ", "\0".join(words)).replace("\0", "")


def label_above(reader: Reader, name: str, script: Surface) -> str:
    r"""The label that a superscript spells, with its brackets: ``(hh)`` of ``W^{(hh)}``; empty for anything else."""
    fence = script if isinstance(script, Fence) and script.opening in ("(", "[") else None
    if isinstance(script, Fence) and fence is None:
        return ""
    inner = fence.items if fence is not None else [script]
    groups = [part.factors if isinstance(part, Term) and not any(part.operators) else [part] for part in inner]
    words = [part for group in groups for part in group if isinstance(part, Word) and part.kind == "NAME"]
    letters = [word.text for word in words]
    if (
        len(words) < sum(map(len, groups))
        or not words
        or any(letter in TRANSPOSES or letter == r"\prime" for letter in letters)
    ):
        return ""
    if not reader.signature.is_label(name, letters, fence is not None):
        return ""
    text = ",".join(joined(word.text for word in group if isinstance(word, Word)) for group in groups)
    return text if fence is None else f"({text})" if fence.opening == "(" else f"[{text}]"


def superscript(reader: Reader, value: Expr, script: Surface, bare: bool = False) -> Expr:
    """A superscript: a transpose, a step in brackets, a layer of a ``bare`` name, a prime, else a power."""
    span = value.span.join(script.span) if value.span else script.span
    inner = script
    while isinstance(inner, Fence) and inner.opening == "{" and len(inner.items) == 1:
        inner = inner.items[0]
    raised = isinstance(value, Symbol) and value.name in reader.signature.raised and not value.index
    if raised and isinstance(value, Symbol) and _counts(reader, inner):
        return Symbol(value.name, (*value.index, reader.index(inner)), span=span)
    if bare and isinstance(value, Symbol) and isinstance(inner, Word) and inner.kind == "NUMBER":
        name = value.name.partition("_{")[0]
        if name in reader.signature.doubtful:
            words = f"whether the {inner.text} above `{name}` is a layer or a power is not said"
            raise NotRead(words, span, f"`{name}^{{({inner.text})}}` for a layer")
        if name in reader.signature.numbered:
            return Symbol(value.name, (*value.index, reader.index(inner)), span=span)
    if bare and isinstance(value, Symbol) and isinstance(inner, Word) and inner.kind == "NAME":
        if value.name.partition("_{")[0] in reader.signature.lettered:
            return Symbol(value.name, (*value.index, reader.index(inner)), span=span)
    if isinstance(value, Symbol) and isinstance(inner, Term) and value.name in reader.signature.lettered:
        return Symbol(
            f"{value.name}_{{{''.join(spelled(factor) for factor in inner.factors)}}}", value.index, span=span
        )
    if isinstance(inner, Term) and len(inner.factors) == 1 and inner.operators[0]:
        return _entrywise(reader, value, inner, span)
    label = label_above(reader, value.name, inner) if isinstance(value, Symbol) else ""
    if label and isinstance(value, Symbol):
        return Symbol(f"{value.name}^{{{label}}}", value.index, span=span)
    if isinstance(inner, Term) and not any(inner.operators) and _are_marks(reader, value, inner.factors):
        for part in inner.factors:
            value = superscript(reader, value, part, bare)
        return value
    if _is_inverse_transpose(inner):
        return Transpose(Power(value, Negate(integer(1, script.span), span=script.span), span=span), span=span)
    if isinstance(inner, Word) and inner.text in TRANSPOSES:
        return Transpose(value, letter=inner.text == "T", span=span)
    if _is_step(reader, inner) and isinstance(inner, Fence) and isinstance(value, Symbol):
        return Symbol(value.name, (*value.index, *map(reader.index, inner.items)), span=span)
    if isinstance(inner, Word) and inner.text == r"\prime" and isinstance(value, Symbol):
        return Symbol(value.name + "'", value.index, span=span)
    if isinstance(inner, Word) and inner.text == "*" and isinstance(value, Symbol):
        return Symbol(f"{value.name}^{{*}}", value.index, span=span)
    if isinstance(inner, Word) and inner.kind in {"SIGN", "OP"}:
        raise NotRead(f"the superscript `{inner.text}` is not read here", inner.span)
    return Power(value, reader.expression(inner), span=span)


def _is_inverse_transpose(script: Surface) -> bool:
    r"""``W^{-\top}``; the letter T may be the number of steps."""
    match script:
        case Sums(_, ["-"], [Word(_, _, text)]):
            return text in TRANSPOSES and text != "T"
        case _:
            return False


def _entrywise(reader: Reader, value: Expr, script: Term, span: Span) -> Expr:
    r"""``h^{\odot 2}``: a power entry by entry, also of a matrix."""
    exponent = reader.expression(script.factors[0])
    count = int(exponent.value) if isinstance(exponent, Number) and exponent.value.denominator == 1 else 0
    if script.operators[0] not in (r"\odot", r"\circ") or not 1 < count <= LARGEST_ENTRYWISE:
        raise NotRead(f"the superscript `{script.operators[0]}` is not read here", script.span, r"`\odot 2`")
    between: list[ProductOperator] = [r"\odot"] * (count - 1)
    return Multiply((value,) * count, tuple(between), span=span)


def _are_marks(reader: Reader, value: Expr, factors: list[Surface]) -> bool:
    """Whether each part of a superscript stands for itself: a transpose, a prime, a step in parentheses."""
    name = value.name if isinstance(value, Symbol) else ""
    steps = [_is_step(reader, f) or (isinstance(f, Fence) and bool(label_above(reader, name, f))) for f in factors]
    turned = [spelled(factor) in TRANSPOSES or spelled(factor) == r"\prime" for factor in factors]
    if any(steps) and not all(step or turn for step, turn in zip(steps, turned, strict=True)):
        return False
    words = all(step or isinstance(factor, Word) for step, factor in zip(steps, factors, strict=True))
    named = isinstance(value, Symbol) or (isinstance(value, Transpose) and isinstance(value.body, Symbol))
    return words and (named or not any(steps)) and (any(steps) or any(turned))


def _is_step(reader: Reader, node: Surface) -> bool:
    """Brackets that hold an index of the document: ``h^{(t)}``, ``h^{<t>}``, ``h^{[2]}``, not ``x^{(a)}``."""
    if not isinstance(node, Fence) or node.opening not in ("(", "<", "[") or not node.items:
        return False
    if node.opening == "<":
        return True
    letters = reader.signature.indices | {reader.signature.horizon}
    try:
        values = [reader.expression(item) for item in node.items]
    except NotRead:
        return False
    named = (part.name for value in values for part in walk(value) if isinstance(part, Symbol))
    return all(map(is_index, values)) and all(name in letters or reader.signature.is_last(name) for name in named)


def _counts(reader: Reader, node: Surface) -> bool:
    """Whether a superscript without brackets is a step, for a name that has its step there: ``x^{t-1}``, ``h^T``."""
    if not isinstance(node, Word | Sums):
        return False
    letters = reader.signature.indices | {reader.signature.horizon}
    try:
        value = reader.expression(node)
    except NotRead:
        return False
    return is_index(value) and all(part.name in letters for part in walk(value) if isinstance(part, Symbol))


def stepped(reader: Reader, node: Surface, following: Surface) -> Expr:
    """``h(t)``, ``h_i(t)^2``: a quantity with its step in parentheses."""
    value: Expr = reader.atom(node)
    fence = following.base if isinstance(following, Scripted) else following
    power = value.exponent if isinstance(value, Power) else None
    turned = isinstance(value, Transpose)
    symbol = value.base if isinstance(value, Power) else value.body if isinstance(value, Transpose) else value
    if not isinstance(symbol, Symbol) or not isinstance(fence, Fence) or len(fence.items) != 1:
        raise NotRead("this step in parentheses is not read", following.span)
    span = node.span.join(following.span)
    value = Symbol(symbol.name, (reader.index(fence.items[0]), *symbol.index), span=span)
    if power is not None:
        value = Power(value, power, span=span)
    if turned:
        value = Transpose(value, span=span)
    for kind, script in following.scripts if isinstance(following, Scripted) else []:
        if kind != "sup" or script is None:
            raise NotRead("a subscript of a step in parentheses is not read", following.span)
        value = superscript(reader, value, script)
    return value


def ungroup(node: Surface) -> Surface:
    """What stands in braces that hold one thing; anything else as it is."""
    return node.items[0] if isinstance(node, Fence) and node.opening == "{" and len(node.items) == 1 else node


def spelled(script: Surface | None) -> str:
    """The one word that a script is; empty for anything else."""
    inner = ungroup(script) if script is not None else None
    return inner.text if isinstance(inner, Word) else ""


def is_index(value: Expr) -> bool:
    """Whether a tree counts steps: whole numbers, names without an index, `+` and `-`."""
    match value:
        case Number(number):
            return number.denominator == 1
        case Symbol(_, ()) | Every():
            return True
        case Negate(body):
            return is_index(body)
        case Add(terms):
            return all(is_index(term) for term in terms)
        case _:
            return False
