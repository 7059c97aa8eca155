r"""Which models the hand-written network can run, told by the structure of their definitions and not by their names.

    a_t = W h_{t-1} + U x_t + b,  h_t = f(a_t),  z_t = V h_t + c,  \hat{y}_t = g(z_t),  L = \sum_t l(\hat{y}_t, y_t)

with f, g and l among those that the network has, any of U, b and c left out, and the quantities between written out
or put in; the same with one answer after the last step.
"""

from __future__ import annotations

from typing import NamedTuple

from bpttsym.expr import (
    Add,
    Call,
    Expr,
    Multiply,
    Negate,
    Norm,
    Number,
    Power,
    Sum,
    Symbol,
    Transpose,
    integer,
    shifted,
    walk,
)
from bpttsym.model import Definition, Model
from bpttsym.rewriting import substitute, transform

ACTIVATIONS = {r"\tanh": "tanh", r"\sigma": "sigmoid", r"\mathrm{relu}": "relu", r"\mathrm{id}": "identity"}
READOUTS = {r"\tanh": "tanh", r"\mathrm{softmax}": "softmax"}
DEEPEST = 12
"""How many definitions may be put one into the other."""


class Recurrent(NamedTuple):
    """A model as the hand-written network: the names of its parts (None: left out), and which f, g and l."""

    state: str
    names: dict[str, str | None]  # by role: W, U, b, V, c, x, y
    activation: str
    readout: str
    loss: str
    form: str


def recurrent(model: Model, of: Symbol) -> Recurrent | None:
    """The model as the hand-written network whose loss is ``of``; None where it is another."""
    definitions = {definition.name: definition for definition in model.definitions}
    if len(definitions) != len(model.definitions) or model.functions or model.sets or model.scalar:
        return None
    states = {
        part.name
        for definition in model.definitions
        for part in walk(definition.body)
        if isinstance(part, Symbol) and part.name in definitions and part == _before(definitions[part.name])
    }
    if len(states) != 1 or of.name not in definitions or of.index:
        return None
    state = definitions[states.pop()]
    cell = _cell(state, definitions)
    head = _head(_opened(definitions[of.name].body, definitions, state.name), state.name, model)
    if cell is None or head is None:
        return None
    (by_cell, activation), (by_head, readout, loss, form) = cell, head
    names = by_cell | by_head
    given = [name for name in names.values() if name is not None]
    if len(set(given)) != len(given) or not {*given}.isdisjoint(definitions):
        return None
    return Recurrent(state.name, names, activation, readout, loss, form)


def _before(definition: Definition) -> Symbol | None:
    """The quantity one step before."""
    match definition.index:
        case (Symbol() as letter,):
            return Symbol(definition.name, (shifted(letter, -1),))
        case _:
            return None


def _opened(body: Expr, definitions: dict[str, Definition], state: str) -> Expr:
    """A formula with the definitions of what stands in it put in, but for those of the state."""

    def put_in(node: Expr) -> Expr:
        if not isinstance(node, Symbol) or node.name == state or node.name not in definitions:
            return node
        match definitions[node.name].index, node.index:
            case (), ():
                return definitions[node.name].body
            case (Symbol(letter),), (step,):
                return substitute(definitions[node.name].body, {letter: step})
            case _:
                return node

    for _ in range(DEEPEST):
        opened = transform(body, put_in)
        if opened == body:
            break
        body = opened
    return body


def _affine(expr: Expr) -> list[tuple[str, Symbol | None]] | None:
    """The terms of ``W h + U x + b``: the name of a matrix with what it is applied to, or of a vector."""
    found: list[tuple[str, Symbol | None]] = []
    for term in expr.terms if isinstance(expr, Add) else (expr,):
        match term:
            case Multiply((Symbol(matrix, ()), Symbol() as vector), ("" | r"\cdot",)):
                found.append((matrix, vector))
            case Symbol(vector_name, ()):
                found.append((vector_name, None))
            case _:
                return None
    return found


def _cell(definition: Definition, definitions: dict[str, Definition]) -> tuple[dict[str, str | None], str] | None:
    """W, U, b and x of a state, and its activation."""
    body = _opened(definition.body, definitions, definition.name)
    activation = "identity"
    if isinstance(body, Call) and body.function in ACTIVATIONS and len(body.arguments) == 1 and not body.primes:
        activation, body = ACTIVATIONS[body.function], body.arguments[0]
    terms = _affine(body)
    if terms is None:
        return None
    names: dict[str, str | None] = {"W": None, "U": None, "b": None, "x": None}
    for name, vector in terms:
        if vector == _before(definition):
            role = "W"
        elif vector is None:
            role = "b"
        elif vector.index == definition.index and vector.name != definition.name:
            role = "U"
        else:
            return None
        if names[role] is not None:
            return None
        names[role] = name
        if role == "U" and vector is not None:
            names["x"] = vector.name
    return (names, activation) if names["W"] is not None else None


def _head(loss: Expr, state: str, model: Model) -> tuple[dict[str, str | None], str, str, str] | None:
    """V, c and y of a loss that reads a state, its readout, its kind and its form."""
    sign, form, step = 1, "many_to_one", Symbol(model.horizon)
    while isinstance(loss, Negate | Sum):
        if isinstance(loss, Negate):
            sign, loss = -sign, loss.body
            continue
        everywhere = loss.lower in (None, integer(model.first)) and loss.upper in (None, Symbol(model.horizon))
        if form == "many_to_many" or not everywhere:
            return None
        form, step, loss = "many_to_many", Symbol(loss.index), loss.body
    target = () if form == "many_to_one" else (step,)
    match loss:
        case Norm(Add((first, Negate(second))), "" | "2") if sign == 1:
            kind, answer = "norm", (first, second)
        case Power(Norm(Add((first, Negate(second))), "" | "2"), Number(two)) if sign == 1 and two == 2:
            kind, answer = "squared_error", (first, second)
        case Multiply((Transpose(second), Call(r"\log", (first,))), ("" | r"\cdot",)) if sign == -1:
            kind, answer = "cross_entropy", (first, second)
        case _:
            return None
    if kind != "cross_entropy" and isinstance(answer[0], Symbol):
        answer = (answer[1], answer[0])
    output, aim = answer
    if not isinstance(aim, Symbol) or aim.index != target:
        return None
    readout = "linear"
    if isinstance(output, Call) and output.function in READOUTS and len(output.arguments) == 1 and not output.primes:
        readout, output = READOUTS[output.function], output.arguments[0]
    names: dict[str, str | None] = {"V": None, "c": None, "y": aim.name}
    for name, vector in _affine(output) or []:
        role = "c" if vector is None else "V" if vector == Symbol(state, (step,)) else ""
        if not role or names[role] is not None:
            return None
        names[role] = name
    return (names, readout, kind, form) if names["V"] is not None else None
