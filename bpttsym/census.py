r"""How the names of a document are used, counted over all of its chains (a part of the notation).

What stands alone, before parentheses, with scripts, below a sum or in a derivative: the evidence from which
signature.py says what each name is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bpttsym.index_ranges import GIVEN
from bpttsym.records import dataclass, field
from bpttsym.shape_words import PART
from bpttsym.surface import (
    Big,
    Chain,
    Condition,
    Evaluated,
    Fence,
    Fraction,
    Root,
    Scripted,
    Sums,
    Surface,
    Table,
    Term,
    Word,
)

BUILTIN_FUNCTIONS = {
    r"\tanh": r"\tanh",
    r"\mathrm{tanh}": r"\tanh",
    r"\sinh": r"\sinh",
    r"\cosh": r"\cosh",
    r"\exp": r"\exp",
    r"\mathrm{exp}": r"\exp",
    r"\log": r"\log",
    r"\ln": r"\log",
    r"\mathrm{log}": r"\log",
    r"\mathrm{softmax}": r"\mathrm{softmax}",
    r"\mathrm{Softmax}": r"\mathrm{softmax}",
    r"\mathrm{sigmoid}": r"\sigma",
    r"\mathrm{sigm}": r"\sigma",
    r"\mathrm{relu}": r"\mathrm{relu}",
    r"\mathrm{ReLU}": r"\mathrm{relu}",
    r"\mathrm{softplus}": r"\mathrm{softplus}",
    r"\mathrm{id}": r"\mathrm{id}",
    r"\mathrm{diag}": r"\mathrm{diag}",
    r"\mathrm{Diag}": r"\mathrm{diag}",
    r"\mathrm{tr}": r"\mathrm{tr}",
    r"\mathrm{Tr}": r"\mathrm{tr}",
    r"\mathrm{trace}": r"\mathrm{tr}",
    r"\det": r"\det",
    r"\mathrm{det}": r"\det",
    PART: PART,
}
"""Names that are functions wherever they stand, with the one canonical spelling of each."""

FUNCTION_LETTERS = frozenset(("f", "g", "F", "G", r"\sigma", r"\phi", r"\varphi", r"\psi", r"\ell")) | frozenset(
    (r"\mathbf{f}", r"\mathbf{g}", r"\mathbf{\sigma}", r"\mathbf{\phi}", r"\mathcal{F}", r"\mathcal{G}", r"\mathcal{H}")
)
"""Letters that may be a function of one argument if they never stand alone."""

ACTIVATIONS = frozenset((r"\sigma", r"\phi", r"\varphi", r"\psi", r"\mathbf{\sigma}", r"\mathbf{\phi}"))
"""Letters of functions of a unit, which are no signals: what stands behind them is no step."""

SPECTRAL_LETTERS = frozenset((r"\rho", r"\lambda"))
"""Letters of numbers of a matrix."""

INDEX_LETTERS = frozenset(("t", "k", "i", "j", "s", "n", "m", "l", "r", "u", r"\tau", "T", "N", "K", "L"))
"""Letters that may be an index where the document does not use them as a quantity with scripts."""


CHANCES = frozenset(("p", "q", "P", "Q", r"\pi", r"\Pr")) | {
    rf"\{font}{{{letter}}}" for font in ("mathbb", "mathrm", "mathcal") for letter in ("p", "q", "P", "Q", "Pr")
}
"""Letters of probabilities, where a bar stands in parentheses behind them."""

BOLD = r"\mathbf{"
BOUNDING = frozenset(("<", ">", r"\le", r"\ge"))
STEPS = frozenset(("t", "T", "k", "s", "n", "N", r"\tau"))
"""What may stand for a step in parentheses behind a name: ``h(t)``."""


@dataclass(slots=True)
class Census:
    """What was counted.

    ``lone`` are names that stand without scripts and arguments outside of all scripts; ``below`` and ``above`` hold
    for each name the letters of its subscripts and of the brackets in its superscripts, an empty one for numbers and
    sums; ``raised`` holds the letters of superscripts without brackets, ``raised_shifts`` those in sums there, and
    ``raised_heads`` those of names that are given a meaning; ``unraised`` are names without any. ``labels`` hold what
    is spelled below. What is ``valued`` is differentiated with an index and no arguments;
    ``chances`` stand before a bar with what is given; what is ``named_after`` has its values named with its own letter,
    as in ``\\ell_t = \\ell(h_t, y_t)``; ``ends`` stand alone above a sum or product.
    """

    lone: set[str] = field(default_factory=set)
    unraised: set[str] = field(default_factory=set)
    raised: dict[str, set[str]] = field(default_factory=dict)
    raised_heads: set[str] = field(default_factory=set)
    raised_shifts: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    labels: dict[str, set[str]] = field(default_factory=dict)
    valued: set[str] = field(default_factory=set)
    named_after: set[str] = field(default_factory=set)
    chances: set[str] = field(default_factory=set)
    below: dict[str, set[str]] = field(default_factory=dict)
    above: dict[str, set[str]] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)
    heads: set[str] = field(default_factory=set)
    numerators: set[str] = field(default_factory=set)
    applied: set[str] = field(default_factory=set)
    primed: set[str] = field(default_factory=set)
    several: set[str] = field(default_factory=set)
    steps: dict[str, set[bool | None]] = field(default_factory=dict)
    head_steps: dict[str, set[bool | None]] = field(default_factory=dict)
    subscripted: set[str] = field(default_factory=set)
    differentiated: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    shifted: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)


def base_name(node: Surface) -> str:
    """The name a factor begins with, without scripts; empty for anything else."""
    while isinstance(node, Scripted):
        node = node.base
    return node.text if isinstance(node, Word) and node.kind == "NAME" else ""


def _is_fence(node: Surface) -> bool:
    """Parentheses that may hold arguments, also with a power behind them; a list in brackets is a vector."""
    inner = node.base if isinstance(node, Scripted) else node
    return isinstance(inner, Fence) and (inner.opening == "(" or (inner.opening == "[" and len(inner.items) == 1))


def count_chain(chain: Chain, census: Census) -> None:
    """Count all that stands in a chain; what stands left of its first relation is ``given`` a meaning."""
    if chain.relations and chain.sides[0] is not None:
        census.given.add(base_name(chain.sides[0]))
        scripts = chain.sides[0].scripts if isinstance(chain.sides[0], Scripted) else []
        census.raised_heads.update(part.text for kind, s in scripts if kind == "sup" for part in _plain(s))
        name = base_name(chain.sides[0])
        census.named_after |= {name} if any(_applies(name, side) for side in chain.sides[1:]) else set()
    for position, side in enumerate(chain.sides):
        if side is None:
            continue
        last = position == len(chain.sides) - 1
        head = isinstance(side, Term) and len(side.factors) == 2 and _is_fence(side.factors[1])
        if head and not last and isinstance(side, Term) and not _is_said_backwards(side, chain.sides[position + 1]):
            name = base_name(side.factors[0])
            defined = position == 0 and not _is_said_of(side.factors[0], chain.relations[0], chain.sides[1])
            (census.heads if defined else census.applied).add(name)
            if defined and isinstance(side.factors[1], Fence) and name not in BUILTIN_FUNCTIONS:
                census.head_steps.setdefault(name, set()).add(_step(side.factors[1]))
            if position > 0 or _is_conditional(side.factors[1]):
                _note_arguments(name, side.factors[1], census)
            _count(side.factors[0], census, applied=True)
            _count(side.factors[1], census)
        else:
            _count(side, census)


def _applies(name: str, side: Surface | None) -> bool:
    """Whether a side is a bare name with arguments behind it."""
    applied = isinstance(side, Term) and len(side.factors) == 2 and _is_fence(side.factors[1])
    return applied and isinstance(side, Term) and isinstance(side.factors[0], Word) and side.factors[0].text == name


def _is_said_backwards(head: Term, other: Surface | None) -> bool:
    """``f(x_t, h_{t-1}; \\psi) = h_t``: an application with parameters, and then the name of its value."""
    fence = head.factors[1]
    return isinstance(fence, Fence) and ";" in fence.separators and isinstance(other, Scripted | Word)


def _is_said_of(head: Surface, relation: str, other: Surface | None) -> bool:
    r"""Whether a relation says something of a function that it does not define: ``\sigma'(x) \le \frac14``.

    The spectral radius is not defined by the eigenvalues: it is the largest of them anyway.
    """
    primed = isinstance(head, Scripted) and any(kind == "prime" for kind, _ in head.scripts)
    if base_name(head) in SPECTRAL_LETTERS:
        return relation in BOUNDING or _holds_eigenvalue(other)
    return base_name(head) in FUNCTION_LETTERS and (primed or relation in BOUNDING)


def _holds_eigenvalue(node: Surface | None) -> bool:
    match node:
        case Word(_, _, text):
            return text in SPECTRAL_LETTERS
        case Scripted(_, base):
            return _holds_eigenvalue(base)
        case Term(_, factors):
            return any(map(_holds_eigenvalue, factors))
        case Fence(_, _, items):
            return any(map(_holds_eigenvalue, items))
        case _:
            return False


def _is_another(name: str, scripts: Sequence[tuple[str, Surface | None]]) -> bool:
    r"""Whether what stands below the letter of a function makes another name: ``\sigma_{\max}``, ``f_{\max}``.

    A letter of an index does so below an activation only, which is no signal.
    """
    below = [script for kind, script in scripts if kind == "sub" and script is not None]
    letters = {word.text for script in below for part in _parts(script) for word in _words(part) if word.kind == "NAME"}
    return bool(below) and (name in ACTIVATIONS or (name in FUNCTION_LETTERS and not letters & (INDEX_LETTERS | STEPS)))


def _is_conditional(fence: Surface) -> bool:
    return isinstance(fence, Fence) and GIVEN in fence.separators


def _note_arguments(name: str, fence: Surface, census: Census) -> None:
    inner = fence.base if isinstance(fence, Scripted) else fence
    census.chances.update([name] if name in CHANCES and _is_conditional(fence) else [])
    if isinstance(inner, Fence) and len(inner.items) > 1:
        census.several.add(name)
    if isinstance(inner, Fence) and name not in BUILTIN_FUNCTIONS:
        census.steps.setdefault(name, set()).add(_step(inner))


def _step(fence: Fence) -> bool | None:
    """Whether parentheses hold a letter of a step, or (False) a step that is a sum or a number; None for all else."""
    only = fence.items[0] if len(fence.items) == 1 else None
    if isinstance(only, Word) and only.text in STEPS:
        return True
    whole = not isinstance(only, Sums) or all(isinstance(term, Word) for term in only.terms)
    words = list(_words(only)) if only is not None and not isinstance(only, Term) and whole else []
    known = all(word.kind == "NUMBER" or word.text in INDEX_LETTERS | STEPS for word in words)
    return False if words and known and isinstance(only, Word | Sums) else None


def _count(node: Surface | None, census: Census, applied: bool = False) -> None:
    match node:
        case None:
            return
        case Word(_, "NAME", text):
            if not applied:
                census.bare.add(text)
                census.lone.add(text)
        case Word():
            return
        case Scripted(_, base, scripts):
            primed = any(kind == "prime" for kind, _ in scripts)
            if isinstance(base, Word):
                variance = base.text == r"\sigma" and any(kind == "sup" for kind, _ in scripts)  # is no function's use
                plain = base.kind == "NAME" and not (applied or primed or variance or _is_another(base.text, scripts))
                census.bare.update([base.text] if plain else [])
            else:
                _count(base, census, applied or primed)
            if not any(kind == "sup" for kind, _ in scripts):
                census.unraised.add(base_name(base))
            for kind, script in scripts:
                _count_script(base_name(base), kind, script, census)
        case Term(_, factors, operators):
            _count_term(factors, operators, census)
        case Fraction(_, numerator, denominator):
            _count_numerator(numerator, census)
            _count(denominator, census)
        case Big(_, _, scripts, body):
            for kind, script in scripts:
                _count_bound(kind, script, census)
            _count(body, census)
        case Chain():
            count_chain(node, census)
        case Fence(_, _, items):
            for item in items:
                _count(item, census)
        case Sums(_, _, terms):
            for term in terms:
                _count(term, census)
        case Root(_, body) | Evaluated(_, body):
            _count(body, census)
        case Table(_, _, rows):
            for row in rows:
                for cell in row:
                    _count(cell, census)
        case Condition(_, relations):
            for relation in relations:
                _count(relation, census)
        case _:
            raise TypeError(f"no rule for the surface node {type(node).__name__}")


def _count_term(factors: list[Surface], operators: list[str], census: Census) -> None:
    for position, factor in enumerate(factors):
        following = factors[position + 1] if position + 1 < len(factors) else None
        applied = (
            following is not None and _is_fence(following) and operators[position + 1] == "" and base_name(factor) != ""
        )
        if applied and following is not None:
            census.applied.add(base_name(factor))
            if isinstance(factor, Scripted) and any(kind == "prime" for kind, _ in factor.scripts):
                census.primed.add(base_name(factor))
            _note_arguments(base_name(factor), following, census)
        _count(factor, census, applied)


def _count_numerator(numerator: Surface, census: Census) -> None:
    inner = numerator.items[0] if isinstance(numerator, Fence) and len(numerator.items) == 1 else numerator
    if isinstance(inner, Term) and len(inner.factors) == 3 and _is_fence(inner.factors[2]):
        census.numerators.add(base_name(inner.factors[1]))
        _count(inner.factors[1], census, applied=True)
        _count(inner.factors[2], census)
    else:
        if isinstance(inner, Term) and len(inner.factors) == 2 and _is_differential(inner.factors[0]):
            census.differentiated.add(base_name(inner.factors[1]))
            if isinstance(inner.factors[1], Scripted) and inner.factors[1].scripts[0][0] == "sub":
                census.valued.add(base_name(inner.factors[1]))
        _count(inner, census)


def _is_differential(node: Surface) -> bool:
    base = node.base if isinstance(node, Scripted) else node
    return isinstance(base, Word) and base.text in (r"\partial", r"\mathrm{d}", "d")


def _count_script(name: str, kind: str, script: Surface | None, census: Census) -> None:
    if script is None:
        return
    held = _bracketed(script) if kind == "sup" else [script]
    if kind == "sup":
        inner = _parts(script)[0] if len(_parts(script)) == 1 else script
        raised = (
            {word.text for word in _words(inner) if word.kind == "NAME"} if isinstance(inner, Word | Sums) else set()
        )
        census.raised.setdefault(name, set()).update(raised)
        census.unraised.update([name] if len(raised) > 1 else [])  # a difference of two steps is a power
        census.raised_shifts.update(raised if isinstance(inner, Sums) and len(raised) == 1 else ())
    if kind == "sub":
        census.subscripted.add(name)
    where = census.above if kind == "sup" else census.below
    for part in (inner for one in held for inner in _parts(one)):
        words = [word for word in _words(part) if word.kind in {"NAME", "NUMBER"}] if not isinstance(part, Term) else []
        letters = {word.text for word in words if word.kind == "NAME"}
        if kind == "sub":
            census.labels.setdefault(name, set()).add("".join(word.text for word in _words(part)))
        where.setdefault(name, set()).update(letters, [""] if len(letters) < len(words) else [])
        if isinstance(part, Sums):  # a capital above is a last layer more often than a step
            census.shifted.update(letter for letter in letters if kind == "sub" or not letter[:1].isupper())


def _plain(script: Surface | None) -> list[Word]:
    """The one letter that a superscript is, if it is one."""
    inner = _parts(script)[0] if script is not None and len(_parts(script)) == 1 else script
    return [inner] if isinstance(inner, Word) and inner.kind == "NAME" else []


def _bracketed(script: Surface) -> list[Surface]:
    """What stands in the brackets of a superscript: ``h^{(t-1)}``, ``h^{<t>}``, ``a^{[l](t)}``."""
    inner = script
    while isinstance(inner, Fence) and inner.opening == "{" and len(inner.items) == 1:
        inner = inner.items[0]
    factors = inner.factors if isinstance(inner, Term) and not any(inner.operators) else [inner]
    return [item for part in factors if isinstance(part, Fence) and part.opening in "([<" for item in part.items]


def _parts(script: Surface) -> list[Surface]:
    return script.items if isinstance(script, Fence) and script.opening == "{" else [script]


def _words(node: Surface) -> Iterator[Word]:
    match node:
        case Word():
            yield node
        case Sums(_, _, terms):
            for term in terms:
                yield from _words(term)
        case Term(_, factors):
            for factor in factors:
                yield from _words(factor)
        case _:
            return


def _count_bound(kind: str, script: Surface | None, census: Census) -> None:
    if script is None:
        return
    for part in _parts(script):
        if isinstance(part, Chain):
            for side in part.sides[1:-1] or part.sides[:1]:
                if side is not None:
                    census.bound.update(word.text for word in _words(side) if word.kind == "NAME")
        elif kind == "sub":
            census.bound.update(word.text for word in _words(part) if word.kind == "NAME")
        elif isinstance(part, Word) and part.kind == "NAME":
            census.ends.add(part.text)
