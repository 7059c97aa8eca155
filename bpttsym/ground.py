"""A model made ready for judging: definitions of numbers rewritten, sizes known, unrolled over T steps."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from math import prod
from typing import Any

from bpttsym.axes import letters_of
from bpttsym.errors import LimitExceeded, NotRead
from bpttsym.expr import (
    Derivative,
    Expr,
    Number,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    children,
    walk,
)
from bpttsym.extents import free_extents, short_shapes
from bpttsym.horizons import LONG as LONG
from bpttsym.horizons import lengths as lengths
from bpttsym.horizons import literal_steps as literal_steps
from bpttsym.inner_products import scalar_form, with_penalties
from bpttsym.joint import with_opened
from bpttsym.latex import unicode_line
from bpttsym.memo import of_node
from bpttsym.model import (
    Definition,
    Graph,
    Key,
    Model,
    differential_of,
    free_letters,
    has_derivative,
    index_letters,
    index_value,
    inlined,
)
from bpttsym.readings import Readings
from bpttsym.records import dataclass, replace
from bpttsym.rewriting import transform
from bpttsym.shapes import (
    DEFAULT_SIZES,
    Shape,
    SizedDefinition,
    Sizes,
    infer_sizes,
)
from bpttsym.weight_shapes import is_capital


def _sized(model: Model) -> list[SizedDefinition]:
    return [SizedDefinition(d.name, bool(d.index), d.body, d.name in model.losses) for d in model.definitions]


def _inferred(model: Model) -> Sizes:
    declared = [(one.name, one.labels) for one in model.declared]
    kinds = (model.elementwise, model.losses, model.parameters)
    return infer_sizes(_sized(model), model.horizon, model.scalar, *kinds, declared)


def is_column(sizes: Sizes, expr: Expr) -> bool:
    """Whether an expression without derivatives is a column vector."""
    if has_derivative(expr):
        return False
    shape = sizes.infer(expr, None)
    return shape is not None and sizes.find(shape[1]) == 0 and sizes.find(shape[0]) != 0


def prepare(model: Model) -> tuple[Model, Sizes]:
    """The model with inner products written out where a number is defined by vectors, and its sizes.

    Raises ShapeClash where the definitions cannot stand together.
    """
    model = with_opened(model)
    read = tuple(_with_body(d, with_penalties(inlined(d.body, model))) for d in model.definitions)
    model = replace(model, definitions=read)
    sizes = _inferred(model)
    if model.scalar:
        return model, sizes
    _refuse_numbers(model, sizes)

    def is_vector(expr: Expr) -> bool:
        return is_column(sizes, expr)

    changed = tuple(
        _with_body(d, scalar_form(d.body, is_vector)) if d.name in model.losses else d for d in model.definitions
    )
    if changed == model.definitions:
        return model, sizes
    rewritten = replace(model, definitions=changed)
    return rewritten, _inferred(rewritten)


def _with_body(definition: Definition, body: Expr) -> Definition:
    return definition if body is definition.body else replace(definition, body=body)


def _refuse_numbers(model: Model, sizes: Sizes) -> None:
    """Raises NotRead where a state is a number beside a matrix that is one too, and nothing declares it.

    With numbers for matrices every order of factors and every transpose would hold.
    """
    declared = {one.name for one in model.declared} | model.losses
    for state in model.definitions:
        shape = sizes.shape_of(state.name)
        inside = [part.name for part in walk(state.body) if isinstance(part, Symbol)]
        if state.index and state.name in inside and shape and sizes.is_one(shape) and state.name not in declared:
            matrices = [
                name for name in inside if is_capital(name) and (one := sizes.shape_of(name)) and sizes.is_one(one)
            ]
            if matrices and not declared & set(matrices):
                message = f"its definitions make a number of `{state.name}`, and of `{matrices[0]}`"
                cause = _of_no_size(model, state.name)
                if cause is not None:
                    shown = unicode_line(Symbol(cause.name, cause.index)), unicode_line(cause.body)
                    message = f"{message}, because `{' = '.join(shown)}` is one"
                    raise NotRead(message, cause.span, f"a size of `{shown[0]}`")
                raise NotRead(message, state.span, "`state: scalar` if that is meant")


def _of_no_size(model: Model, state: str) -> Definition | None:
    """The definition by a number without which a state would be none; None if there is no such one."""
    for known in model.definitions:
        if isinstance(known.body, Number):
            rest = tuple(other for other in model.definitions if other is not known)
            sizes = _inferred(replace(model, definitions=rest))
            shape = sizes.shape_of(state)
            if shape is not None and not sizes.is_one(shape):
                return known
    return None


def default_size(position: int) -> int:
    """The size of the n-th free dimension in the samples: all different."""
    return DEFAULT_SIZES[position] if position < len(DEFAULT_SIZES) else position + 2


@dataclass(frozen=True)
class Ground:
    """A model unrolled over ``length`` steps, with a shape for every name."""

    model: Model
    graph: Graph
    shapes: Mapping[str, Shape]
    sizes: Sizes

    @property
    def index_names(self) -> frozenset[str]:
        """The letters over which the definitions run."""
        return frozenset(
            part.name
            for definition in (*self.model.definitions, *self.model.abbreviations)
            for part in definition.index
            if isinstance(part, Symbol)
        )

    def scalar_side(self, side: Expr, inside: bool = False) -> Expr:
        """A side whose products and squares of vectors are numbers: its own, and those that it differentiates.

        With ``inside`` only those that it differentiates.
        """
        if inside and not _differentiates_formula(side):
            return side

        def number(expr: Expr) -> Expr:
            return scalar_form(expr, lambda part: is_column(self.sizes, part))

        def differentiated(node: Expr) -> Expr:
            return replace(node, of=number(node.of)) if isinstance(node, Derivative) else node

        return transform(side if inside else number(side), differentiated)

    @property
    def length(self) -> int:
        """The number of the last step."""
        return self.graph.length


def make_ground(
    model: Model,
    length: int,
    size: Callable[[int], int] = default_size,
    ready: tuple[Model, Sizes] | None = None,
) -> Ground:
    """Unroll a model over ``length`` steps; ``size`` gives the size of the n-th free dimension.

    ``ready`` is the model as it was prepared before, for another number of steps.
    """
    prepared, sizes = ready or prepare(model)
    graph = Graph(prepared, length)
    shapes = sizes.assign(size)
    shapes.update(dict.fromkeys(prepared.variables, (1, 1)))
    for name, _ in graph.moved:
        shapes[differential_of(name)] = shapes[name]
    for name, _ in graph.nodes:
        if name not in shapes:
            shapes[name] = (size(len(set(shapes.values()))), 1)
    return Ground(prepared, graph, short_shapes(shapes, prepared.abbreviations), sizes)


def free_indices(relation: Relation, model: Model) -> list[str]:
    """The index letters of a relation that nothing binds, in the order of their names."""
    return sorted((free_letters(relation) | power_letters(relation, model)) - model.axes.names)


def power_letters(relation: Relation, model: Model) -> frozenset[str]:
    r"""The letters of steps in the powers of a relation, ``W^t = Q \Lambda^t Q^{-1}``."""
    letters, bound = exponent_letters(relation)
    return letters & (model.letters - set(model.arities) - bound) if letters else letters


@of_node
def exponent_letters(expr: Expr) -> tuple[frozenset[str], frozenset[str]]:
    """The letters in the exponents of an expression, and those that its sums and products bind."""
    inside = [exponent_letters(part) for part in children(expr)]
    letters = letters_of(expr.exponent) if isinstance(expr, Power) else frozenset()
    bound = frozenset((expr.index,)) if isinstance(expr, Sum | Product) else frozenset()
    return letters.union(*(one for one, _ in inside)), bound.union(*(one for _, one in inside))


@of_node
def _differentiates_formula(expr: Expr) -> bool:
    """Whether something is differentiated that is more than a symbol."""
    own = isinstance(expr, Derivative) and not isinstance(expr.of, Symbol)
    return own or any(map(_differentiates_formula, children(expr)))


MAXIMUM_INSTANCES = 20_000
LAST_STEPS = frozenset((r"\tau", "T_{y}", "T_{x}", "n", "N"))
"""Letters that may name the last step where no definition runs over them."""


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    r"\le": operator.le,
    r"\ge": operator.ge,
    r"\ne": operator.ne,
}


def satisfies(where: tuple[Relation, ...], bindings: Mapping[str, int]) -> bool:
    """Whether index values fulfil the conditions that stand behind an equation (``t < T``).

    Raises NotRead for a condition that is no comparison of step numbers.
    """
    for condition in where:
        compare = COMPARISONS.get(condition.operator)
        if compare is None:
            raise NotRead("this condition on the indices is not read", condition.span)
        if not compare(index_value(condition.left, bindings), index_value(condition.right, bindings)):
            return False
    return True


def instances(relation: Relation, ground: Ground, readings: Readings) -> Iterator[dict[str, int]]:
    """The values of the free indices that are tried; those that reach a missing node are left out later.

    A letter over which no definition runs may be read as the last step.
    """
    letters = free_indices(relation, ground.model)
    fixed = dict(ground.graph.ends)
    for letter in [letter for letter in letters if letter in LAST_STEPS and letter not in ground.index_names]:
        if readings.ask("last", Symbol(letter)) == "last":
            letters.remove(letter)
            fixed[letter] = ground.length
    ranges = [_values(letter, relation, ground) for letter in letters]
    entries = free_extents(ground.shapes, relation)
    ranges.extend(range(1, size + 1) for size in entries.values())
    if prod(map(len, ranges)) > MAXIMUM_INSTANCES:
        raise LimitExceeded(f"{len(ranges)} free indices have over {MAXIMUM_INSTANCES} values together", relation.span)
    for values in product(*ranges):
        bindings = {**fixed, **dict(zip((*letters, *entries), values, strict=True))}
        if satisfies(readings.where, bindings):
            yield bindings


def _values(letter: str, relation: Relation, ground: Ground) -> range:
    """The values of a free index: its axis, and the place before it."""
    steps, last = ground.model.axes.letter_range(letter, relation, ground.length)
    return range((ground.model.first if steps else 1) - 1, last + 1)


def runs_back(relation: Relation, ground: Ground, bindings: Mapping[str, int]) -> bool:
    """Whether a derivative at two free steps is by a later one than that of what is differentiated (``k > t``)."""
    for part in walk(relation):
        match part:
            case Derivative(Symbol(of, above) as one, Symbol(by, below) as other) if above and below and one != other:
                if free_letters(part) <= set(bindings) and index_letters(one) != index_letters(other):
                    key, start = (
                        (n, tuple(index_value(i, bindings) for i in x)) for n, x in ((of, above), (by, below))
                    )
                    known = key in ground.graph.nodes and start in ground.graph.nodes
                    if known and key != start and start not in ground.graph.ancestors(key):
                        return True
    return False


def beyond_the_edge(relation: Relation, ground: Ground, bindings: Mapping[str, int]) -> bool:
    """Whether a free index leads beyond the steps: an abbreviation after the last, any quantity before the start.

    The value of an abbreviation there is a matter of convention, and so are the states of a recursion that reaches
    back over several steps.
    """
    named = {definition.name for definition in ground.model.abbreviations}
    for part in walk(relation):
        if isinstance(part, Symbol) and free_letters(part) <= set(bindings):
            steps = [index_value(index, bindings) for index in part.index]
            if part.name in named and any(step > ground.length for step in steps):
                return True
            if any(step < ground.model.first - 1 for step in steps):
                return True
    return _between_starts(relation, ground, bindings)


def _between_starts(relation: Relation, ground: Ground, bindings: Mapping[str, int]) -> bool:
    """Whether a derivative by a state before the first step stands beside the value of another such state.

    Its paths run through that other state, which is computed at every later step and a leaf of its own at the start.
    So do they where what is differentiated depends on such a state.
    """
    derivatives = [part for part in walk(relation) if isinstance(part, Derivative)]
    ends = [end for derivative in derivatives for end in (derivative.of, derivative.by)]
    by = {key for derivative in derivatives for key in _starts(derivative.by, ground, bindings)}
    inside = {id(part) for end in ends for part in walk(end)}
    values = (part for part in walk(relation) if id(part) not in inside)
    if by and any(_starts(part, ground, bindings) - by for part in values):
        return True
    return any(_is_cut(part, start, ground, bindings) for part in derivatives for start in by)


def _is_cut(derivative: Derivative, start: Key, ground: Ground, bindings: Mapping[str, int]) -> bool:
    """Whether a path from a state before the first step is cut at another, which follows from it at later steps."""
    graph, of = ground.graph, derivative.of
    if not isinstance(of, Symbol) or not free_letters(of) <= set(bindings):
        return False
    if start not in _starts(derivative.by, ground, bindings):
        return False
    key = of.name, tuple(index_value(index, bindings) for index in of.index)
    others = (other for other in graph.nodes if other != start and graph.starts_at(other))
    return any(key in graph.dependents((o,)) and graph.later(start) in graph.ancestors(graph.later(o)) for o in others)


def _starts(part: Expr, ground: Ground, bindings: Mapping[str, int]) -> set[Key]:
    """The node of a symbol, if it is a state just before the first step."""
    if not isinstance(part, Symbol) or not part.index or not free_letters(part) <= set(bindings):
        return set()
    key = part.name, tuple(index_value(index, bindings) for index in part.index)
    return {key} if ground.graph.starts_at(key) else set()


def used_symbols(relation: Relation, horizon: str) -> set[tuple[str, int]]:
    """The names of a relation that are no indices, each with its number of indices."""
    letters = index_letters(relation) | {horizon}
    return {
        (part.name, len(part.index))
        for part in walk(relation)
        if isinstance(part, Symbol) and (part.index or part.name not in letters)
    }
