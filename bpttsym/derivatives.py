"""Derivatives of nodes, of entries and of expressions, and how a reading lays them out (a part of the evaluator)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from bpttsym.entries import below_one_another, line
from bpttsym.errors import NotRead
from bpttsym.expr import (
    Call,
    Component,
    Concatenate,
    Derivative,
    Expr,
    Number,
    Symbol,
    Transpose,
    integer,
)
from bpttsym.extents import is_line
from bpttsym.model import Key
from bpttsym.reckoner import Reckoner
from bpttsym.rewriting import substitute, transform
from bpttsym.shapes import Shape
from bpttsym.world import V, World


def derivative(reckoner: Reckoner, node: Derivative, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    """The derivative of a node, of an entry or of an expression by a node or by an entry of one."""
    by = node.by.of if isinstance(node.by, Component) else node.by
    if isinstance(by, Transpose):
        return _by_row(reckoner, node, by.body, bindings, bound)
    variables = _variables(reckoner, by, bindings, bound)
    jacobian, scalar = jacobian_of(reckoner, node, by, variables, bindings, bound)
    if isinstance(node.by, Component):
        columns = _flat(node.by, reckoner.world.shapes[variables[0][0]], bindings, bound)
        return _laid_out_columns(reckoner, node, jacobian, columns)
    return laid_out(reckoner, node, jacobian, variables, scalar)


def jacobian_of(
    reckoner: Reckoner,
    node: Derivative,
    by: Expr,
    variables: tuple[Key, ...],
    bindings: Mapping[str, int],
    bound: frozenset[str],
) -> tuple[V, bool]:
    """A row for each entry of what is differentiated and a column for each of what moves; whether it is a number."""
    of: Expr = node.of
    row: Component | None = None
    if isinstance(of, Component) and _is_node(reckoner, of.of) and not is_line(of):
        row = of
        of = row.of
    if isinstance(of, Symbol) and of.name not in reckoner.model.abbreviated:
        key = reckoner.key(of, bindings, bound)
        if node.kind == "immediate" or (node.kind == "partial" and _immediate(reckoner, node, key, variables)):
            jacobian = _immediate_jacobian(reckoner, key, variables)
        else:
            jacobian = reckoner.world.derivative(key, variables, False)
        shape = reckoner.world.shapes[key[0]]
        if row is None:
            return jacobian, shape == (1, 1)
        return _row(reckoner, jacobian, _flat(row, shape, bindings, bound)[0]), True
    if isinstance(of, Concatenate) and all(_is_node(reckoner, part) for part in of.parts):
        return _stacked(reckoner, node, of, variables, bindings, bound), False
    frozen = node.kind == "immediate" or _is_argument(of, by)
    inner = _named(reckoner, of, by)

    def evaluate(world: World) -> V:
        return reckoner.on(world).value(inner, bindings, bound)

    jacobian = reckoner.world.derivative_of(evaluate, variables, frozen)
    return jacobian, reckoner.world.shape(jacobian)[0] == 1


def _immediate_jacobian(reckoner: Reckoner, of: Key, by: tuple[Key, ...]) -> V:
    """How a node depends on some others by its own definition, its helpers written out where it needs them."""
    variables = tuple(reckoner.graph.copy(of, variable) for variable in by)
    if not _is_through_helpers(reckoner, of, variables):
        return reckoner.world.derivative(of, variables, True)
    whole = reckoner.graph.written_out(of)
    return reckoner.world.derivative_of(lambda world: reckoner.on(world).value(whole, {}, frozenset()), variables, True)


def _by_row(reckoner: Reckoner, node: Derivative, by: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> V:
    r"""``\partial v / \partial b^\top``: a row for each entry of a column, in every layout; of a number, a row."""
    shapes, of = reckoner.world.shapes, node.of
    variables = _variables(reckoner, by, bindings, bound)
    columns = [shapes[variable[0]] for variable in variables]
    if isinstance(of, Symbol) and _is_node(reckoner, of):
        columns.append(shapes[of.name])
    elif not isinstance(of, Derivative) or of.kind != "gradient" or not isinstance(of.by, Symbol):
        raise NotRead("a derivative by a transpose is read of a quantity and of a gradient only", node.span)
    else:
        columns.append(shapes[of.by.name])
    if any(shape[1] > 1 for shape in columns):
        raise NotRead("a derivative by a transpose is read of columns by columns only", node.span)
    return jacobian_of(reckoner, node, by, variables, bindings, bound)[0]


def _named(reckoner: Reckoner, of: Expr, by: Expr) -> Expr:
    """An expression in which the formula of what it is differentiated by is that quantity: ``g(V h_t)`` by ``z_t``."""
    for known in reckoner.model.definitions if isinstance(by, Symbol) else ():
        if isinstance(by, Symbol) and known.name == by.name and known.general and len(known.index) == len(by.index):
            letters = dict(zip((part.name for part in known.index if isinstance(part, Symbol)), by.index, strict=True))
            formula = substitute(known.body, letters)
            if not isinstance(formula, Symbol | Number):
                of = transform(of, partial(_replaced, formula, by))
    return of


def _replaced(formula: Expr, name: Expr, part: Expr) -> Expr:
    return name if part == formula else part


def _is_through_helpers(reckoner: Reckoner, of: Key, by: tuple[Key, ...]) -> bool:
    """Whether a node names none of some variables itself, but one where its helpers are written out."""
    parents = reckoner.graph.nodes[of].parents
    return not any(one == of or one in parents for one in by) and any(one in reckoner.graph.mentioned(of) for one in by)


def _stacked(
    reckoner: Reckoner,
    node: Derivative,
    of: Concatenate,
    variables: tuple[Key, ...],
    bindings: Mapping[str, int],
    bound: frozenset[str],
) -> V:
    """The derivatives of several nodes, one below the other: of ``(h_t, c_t)`` as one quantity."""
    world = reckoner.world
    keys = [reckoner.key(part, bindings, bound) for part in of.parts if isinstance(part, Symbol)]
    if node.kind != "immediate" and not (
        node.kind == "partial" and _immediate_together(reckoner, node, keys, variables)
    ):
        return below_one_another(world, [world.derivative(key, variables, False) for key in keys])
    formulas = _own_formulas(reckoner, node, keys, variables)

    def evaluate(world: World) -> V:
        return below_one_another(world, [reckoner.on(world).value(one, {}, frozenset()) for one in formulas])

    return world.derivative_of(evaluate, variables, True)


def _own_formulas(reckoner: Reckoner, node: Derivative, keys: list[Key], variables: tuple[Key, ...]) -> list[Expr]:
    """What several quantities of one step are computed by: each other and their helpers written out.

    Taken as one, ``(h_t, c_t)`` uses a parameter in ``h_t`` through ``c_t``, too. Raises NotRead where a member names
    a variable itself and by a helper, of which the immediate derivative of that member alone counts only the first.
    """
    graph = reckoner.graph
    if len({key[1] for key in keys}) > 1 or not set(keys).isdisjoint(variables):
        raise NotRead("an immediate derivative of several quantities is read at one step, by others", node.span)
    if any(graph.copy(key, variable) != variable for key in keys for variable in variables):
        raise NotRead("an immediate derivative of several quantities by copies of a parameter is not read", node.span)
    for key in keys:
        direct = set(graph.nodes[key].parents)
        others = {one for helper in graph.helpers(key) if helper not in keys for one in graph.mentioned(helper)}
        if not direct.isdisjoint(variables) and not others.isdisjoint(variables):
            message = f"`{key[0]}` names what it is differentiated by itself and through another quantity of its step"
            raise NotRead(f"{message}, so its part in the immediate derivative is not clear", node.span)
    return [
        Symbol(key[0], tuple(map(integer, key[1])))
        if graph.nodes[key].body is None
        else graph.written_out(key, keys, variables)
        for key in keys
    ]


def _is_node(reckoner: Reckoner, of: Expr) -> bool:
    return isinstance(of, Symbol) and not reckoner.is_abbreviated(of)


def _flat(node: Component, shape: Shape, bindings: Mapping[str, int], bound: frozenset[str]) -> Sequence[int]:
    """The place of an entry, or the places of a row or a column, among all entries, taken row by row."""
    if any(isinstance(part, Symbol) and part.index for part in node.index):
        raise NotRead("a derivative of or by the entry that a target names is not read", node.span)
    return line(node, shape, bindings, bound)


def _row(reckoner: Reckoner, jacobian: V, row: int) -> V:
    world = reckoner.world
    return world.matrix_product(world.unit((1, world.shape(jacobian)[0]), 0, row), jacobian)


def _laid_out_columns(reckoner: Reckoner, node: Derivative, jacobian: V, columns: Sequence[int]) -> V:
    """The derivative by one entry, a column, which is a row in denominator layout; or by a row or a column."""
    world = reckoner.world
    rows, count = world.shape(jacobian)
    if rows == 1 and len(columns) == 1:
        return world.entry(jacobian, 0, columns[0])
    if len(columns) == 1:
        value = world.matrix_product(jacobian, world.unit((count, 1), columns[0], 0))
        return world.transpose(value) if reckoner.readings.ask("layout", node) == "denominator" else value
    units = [world.unit((1, count), 0, column) for column in columns]
    value = world.matrix_product(jacobian, world.transpose(below_one_another(world, units)))
    if node.kind == "gradient" and rows > 1:
        raise NotRead(r"`\nabla` of something that is no scalar", node.span)
    layout = "column" if node.kind == "gradient" else reckoner.readings.ask("layout", node)
    return value if layout == "numerator" or (layout == "mixed" and rows > 1) else world.transpose(value)


def _variables(reckoner: Reckoner, by: Expr, bindings: Mapping[str, int], bound: frozenset[str]) -> tuple[Key, ...]:
    """The nodes that are moved; those of ``(h_t, c_t)`` each on its own, whatever the others do."""
    if isinstance(by, Concatenate):
        return tuple(key for part in by.parts for key in _variables(reckoner, part, bindings, bound))
    if not isinstance(by, Symbol):
        raise NotRead("a derivative by something that is no symbol", by.span)
    members = reckoner.model.set_members.get(by.name)
    if members and not by.index and (by.name, ()) not in reckoner.graph.nodes:
        return tuple((member, ()) for member in members if (member, ()) in reckoner.graph.nodes)
    if reckoner.is_abbreviated(by):
        raise NotRead(f"a derivative by the abbreviation `{by.name}`", by.span)
    return (reckoner.key(by, bindings, bound),)


def _immediate(reckoner: Reckoner, node: Derivative, of: Key, by: tuple[Key, ...]) -> bool:
    """Whether an unmarked derivative is immediate under the reading; asked only where it matters."""
    graph, together = reckoner.graph, isinstance(node.by, Concatenate)
    differ = graph.ambiguous_together(of, by) if together else any(graph.ambiguous(of, variable) for variable in by)
    if not differ:
        return False
    if any(variable[1] for variable in by):
        return reckoner.readings.ask("states", node) == "immediate"
    return _as_parameters(reckoner, node)


def _immediate_together(reckoner: Reckoner, node: Derivative, of: list[Key], by: tuple[Key, ...]) -> bool:
    """The same for several quantities taken as one, by parameters; by states of other steps it is total."""
    if any(variable[1] for variable in by):
        return False
    graph = reckoner.graph
    named = {one for key in of for one in graph.mentioned(key)} - set(of)
    through = any(variable in graph.ancestors(one) for one in named - set(by) for variable in by)
    return through and not named.isdisjoint(by) and _as_parameters(reckoner, node)


def _as_parameters(reckoner: Reckoner, node: Derivative) -> bool:
    """Whether the reading makes an unmarked derivative by a parameter immediate."""
    option = reckoner.readings.ask("partial", node, () if reckoner.recurs else ("total", "immediate"))
    if option == "total" or any(node is side for side in reckoner.lone):
        return False
    return option == "immediate" or any(node == side for side in reckoner.lone)


def laid_out(reckoner: Reckoner, node: Derivative, jacobian: V, by: tuple[Key, ...], scalar: bool) -> V:
    """A Jacobian in numerator layout as the reading lays it out."""
    world = reckoner.world
    variable = world.shapes[by[0][0]]
    if world.shape(jacobian) == (1, 1):
        return jacobian
    in_shape = scalar and len(by) == 1
    if node.kind == "gradient":
        if not in_shape:
            raise NotRead(r"`\nabla` of something that is no scalar", node.span)
        return world.reshape(jacobian, variable)
    layout = reckoner.readings.ask("layout", node)
    if layout == "numerator" or (layout == "mixed" and not scalar):
        return jacobian
    return world.reshape(jacobian, variable) if in_shape else world.transpose(jacobian)


def _is_argument(of: Expr, by: Expr) -> bool:
    """A derivative of a function by its own argument is immediate by its form."""
    return isinstance(of, Call) and any(argument == by for argument in (*of.arguments, *of.parameters))
