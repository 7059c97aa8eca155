r"""The closed expression tree: what an equation says, exactly as it was written.

    \frac{\partial L}{\partial W} = \sum_{t=1}^{T} \frac{\partial L}{\partial h_t} h_{t-1}

is ``Relation(Derivative(L, W), "=", Sum(Multiply((Derivative(L, h_t), h_{t-1})), "t", 1, T))``.

Nodes are frozen, ordered and never simplified by themselves, so that a wrong equation can be held as
written. Every node may carry the span of the text it was read from; spans do not count in equality.
Everything that is done with a tree (print, evaluate, prove, edit) is a module of its own: a ``match``
with one case for a node class and a last case that raises.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from bpttsym.records import dataclass, field
from bpttsym.walking import Expr as Expr
from bpttsym.walking import Span as Span
from bpttsym.walking import child_fields as child_fields
from bpttsym.walking import children as children
from bpttsym.walking import walk as walk

DerivativeKind = Literal["partial", "total", "immediate", "gradient"]
Direction = Literal["written", "increasing", "decreasing"]
ProductOperator = Literal["", r"\cdot", r"\times", "*", r"\odot", r"\circ", r"\otimes"]


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A literal number; a fraction only where a decimal was written (``0.5``)."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Symbol(Expr):
    r"""A quantity, parameter, index or horizon: ``h_{t-1}`` is ``Symbol("h", (t - 1,))``.

    ``name`` is canonical LaTeX with accents and labels (``\hat{y}``, ``W_{hh}``, ``\mathcal{L}``);
    ``index`` holds the step (and layer) indices in the order they were written as subscripts.
    """

    name: str
    index: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Call(Expr):
    r"""A function of arguments: ``f(x_t, h_{t-1}; \psi)``, ``\tanh(a)``, ``\mathrm{diag}(v)``.

    ``parameters`` are the arguments after a semicolon; ``primes`` counts derivative marks (``f'(a)``); ``index``
    says which of several functions it is (``f_l(x)``).
    """

    function: str
    arguments: tuple[Expr, ...]
    parameters: tuple[Expr, ...] = ()
    primes: int = 0
    index: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Add(Expr):
    """A sum of two or more terms; ``a - b`` is ``Add((a, Negate(b)))``."""

    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Negate(Expr):
    """Minus a term."""

    body: Expr


@dataclass(frozen=True, slots=True)
class Multiply(Expr):
    """Two or more factors in the written order; ``operators[i]`` stands between factors i and i+1."""

    factors: tuple[Expr, ...]
    operators: tuple[ProductOperator, ...]


@dataclass(frozen=True, slots=True)
class Divide(Expr):
    """A quotient that is not a derivative."""

    numerator: Expr
    denominator: Expr


@dataclass(frozen=True, slots=True)
class Power(Expr):
    """A base raised to an exponent (elementwise for a vector)."""

    base: Expr
    exponent: Expr


@dataclass(frozen=True, slots=True)
class Transpose(Expr):
    """The transpose of a matrix or vector; ``letter`` says that it was written as ``T``, which may be a power."""

    body: Expr
    letter: bool = field(default=False, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Component(Expr):
    r"""An entry of a vector or a matrix, ``(h_t)_i`` or ``W_{ij}``; entries are counted from 1.

    An index that is a quantity with an index of its own (``\hat{y}_{t,y_t}``) is the class that a one-hot target names.
    """

    of: Expr
    index: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Every(Expr):
    """The colon in the place of an index: ``W_{i,:}`` is a row of a matrix, ``W_{:,j}`` a column."""


@dataclass(frozen=True, slots=True)
class Entries(Expr):
    """The column vector whose entries are the body at index = 1, 2, ...: a definition by components."""

    body: Expr
    index: str


@dataclass(frozen=True, slots=True)
class Indicator(Expr):
    r"""``\mathbf{1}_{[i=j]}``, also written ``\delta_{ij}``: 1 where the relation between indices holds, else 0."""

    condition: Expr
    components: bool = field(default=False, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Cases(Expr):
    r"""``\begin{cases}``: the first value whose condition holds; a last value without one stands for all the rest.

    A condition is a relation between indices, or a set of relations that all hold.
    """

    values: tuple[Expr, ...]
    conditions: tuple[Expr, ...]
    components: bool = field(default=False, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Ones(Expr):
    r"""``\mathbf{1}``: a column of ones as long as what stands beside it asks for."""


@dataclass(frozen=True, slots=True)
class Concatenate(Expr):
    """Columns one below the other, ``[h_{t-1}; x_t]``; ``comma`` says that matrices and rows stand side by side."""

    parts: tuple[Expr, ...]
    comma: bool = field(default=False, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Norm(Expr):
    r"""``\lVert body \rVert_{order}``; order is ``""`` (none written), ``"2"``, ``"1"``, ``"F"`` or ``"\infty"``."""

    body: Expr
    order: str = ""


@dataclass(frozen=True, slots=True)
class Sum(Expr):
    r"""``\sum_{index=lower}^{upper} body``; both bounds are None where only the index is written.

    ``components`` says that the index counts the entries of a vector or a matrix, not steps.
    """

    body: Expr
    index: str
    lower: Expr | None
    upper: Expr | None
    components: bool = field(default=False, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Product(Expr):
    r"""``\prod_{index=lower}^{upper} body`` with its factors in a direction from left to right.

    ``"written"`` is a plain ``\prod`` that states no direction; ``"decreasing"`` is
    ``\prod_{upper \ge index \ge lower}``, whose leftmost factor has the largest index, and
    ``"increasing"`` is ``\prod_{lower \le index \le upper}``. ``listed`` says that its factors were written out, with
    dots, so that their order is no matter of reading.
    """

    body: Expr
    index: str
    lower: Expr
    upper: Expr
    direction: Direction = "written"
    listed: bool = field(default=False, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Whole(Expr):
    r"""A whole number reckoned from indices: ``\binom{n}{k}``, ``\lfloor x \rfloor`` or ``\lceil x \rceil``."""

    operation: Literal["binomial", "floor", "ceiling"]
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Paths(Expr):
    r"""``\sum_{\pi : start \to end}`` over the paths of the graph: of the Jacobians along them, or of 1."""

    start: Expr
    end: Expr
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Derivative(Expr):
    r"""The derivative of ``of`` by ``by``.

    ``partial`` is ``\partial``, ``total`` is ``\mathrm{d}``, ``immediate`` is ``\partial^{+}`` (the node's
    own definition with every other node held fixed), ``gradient`` is ``\nabla_{by} of``.
    """

    of: Expr
    by: Expr
    kind: DerivativeKind = "partial"


@dataclass(frozen=True, slots=True)
class SetOf(Expr):
    r"""A set of symbols, ``\{\phi, \psi\}``."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Steps(Expr):
    r"""A quantity at one step after another, ``h_{1:n}``: at its first, at its last and at all between them.

    The two differ in one index. Neither this nor a listing stands inside of a formula, only on a side of a relation.
    """

    first: Expr
    last: Expr


@dataclass(frozen=True, slots=True)
class Listing(Expr):
    r"""A list that is no vector: of sizes, ``(B, n, d)``, or of steps, ``[h_1; \dots; h_n]``.

    ``opening`` is its bracket and ``sign`` stands between its items.
    """

    items: tuple[Expr, ...]
    opening: str = "("
    sign: str = ","


@dataclass(frozen=True, slots=True)
class Probability(Expr):
    r"""``p(a, b \mid c)``: how probable values are where others are given; ``name`` says of which distribution."""

    name: str
    of: tuple[Expr, ...]
    given: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Hole(Expr):
    """The question mark of an equation that asks (``= ?``)."""


@dataclass(frozen=True, slots=True)
class Unread(Expr):
    """A formula that has no meaning, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Relation(Expr):
    r"""Two sides and the relation between them; ``operator`` is canonical LaTeX (``=``, ``\le``, ``:=``)."""

    left: Expr
    operator: str
    right: Expr


def integer(value: int, span: Span | None = None) -> Number:
    """The literal integer ``value``."""
    return Number(Fraction(value), span=span)


def add(*terms: Expr) -> Expr:
    """The sum of the terms; one term stands for itself."""
    return terms[0] if len(terms) == 1 else Add(terms)


def multiply(*factors: Expr) -> Expr:
    """The juxtaposition of the factors; one factor stands for itself."""
    juxtaposed: list[ProductOperator] = ["" for _ in factors[1:]]
    return factors[0] if len(factors) == 1 else Multiply(factors, tuple(juxtaposed))


def shifted(index: Expr, offset: int) -> Expr:
    """The index moved by ``offset``, with a trailing integer merged (``t+1`` moved by -1 is ``t``)."""
    if offset == 0:
        return index
    match index:
        case Number(value):
            return Number(value + offset)
        case Add((*terms, Number(value))):
            return shifted(add(*terms), int(value) + offset)
        case Add((*terms, Negate(Number(value)))):
            return shifted(add(*terms), offset - int(value))
        case _:
            step = integer(abs(offset))
            terms = list(index.terms) if isinstance(index, Add) else [index]
            return add(*terms, step if offset > 0 else Negate(step))


def names(node: Expr) -> set[str]:
    """The names of all symbols in the tree, indices and horizon included."""
    return {part.name for part in walk(node) if isinstance(part, Symbol)}
