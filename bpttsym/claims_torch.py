"""Checks of what is said of PyTorch's own class, from facts that were measured with PyTorch and are kept here.

A build must give the same page with and without PyTorch, so it does not ask PyTorch itself; the tests do, where it is
installed, and compare every fact of this file with what they measure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bpttsym.claims_cases import Case, error_words
from bpttsym.claims_tools import BATCH, HIDDEN, SAME, T, difference, outputs, sequence, stack, weights

VERSION = "2.13.0"
"""Of the PyTorch with which the facts were measured."""

DEFAULTS: dict[str, object] = {
    "num_layers": 1,
    "nonlinearity": "tanh",
    "bias": True,
    "batch_first": False,
    "dropout": 0.0,
    "bidirectional": False,
}
"""The arguments that need not be given, with what they are then."""

PARAMETERS: dict[tuple[int, bool, bool], int] = {
    (1, False, True): 4,
    (2, False, True): 8,
    (3, False, True): 12,
    (1, True, True): 8,
    (1, False, False): 2,
}
"""How many arrays a class of some layers has, in one direction or two, with biases or without."""

Shape = tuple[int, ...]


class Call(NamedTuple):
    """The shapes of a call: of its inputs, its first states, its outputs and its last states."""

    layers: int
    directions: int
    batch_first: bool
    input: Shape
    initial: Shape
    output: Shape
    last: Shape


CALLS: tuple[Call, ...] = (
    Call(1, 1, False, (4, 5, 2), (1, 5, 3), (4, 5, 3), (1, 5, 3)),
    Call(1, 1, True, (5, 4, 2), (1, 5, 3), (5, 4, 3), (1, 5, 3)),
    Call(1, 1, False, (4, 2), (1, 3), (4, 3), (1, 3)),
    Call(2, 1, False, (4, 5, 2), (2, 5, 3), (4, 5, 3), (2, 5, 3)),
    Call(3, 1, True, (5, 4, 2), (3, 5, 3), (5, 4, 3), (3, 5, 3)),
    Call(1, 2, False, (4, 5, 2), (2, 5, 3), (4, 5, 6), (2, 5, 3)),
    Call(2, 2, True, (5, 4, 2), (4, 5, 3), (5, 4, 6), (4, 5, 3)),
    Call(3, 2, False, (4, 2), (6, 3), (4, 6), (6, 3)),
    Call(2, 1, False, (5, 3, 4), (2, 3, 4), (5, 3, 4), (2, 3, 4)),
    Call(2, 2, False, (5, 3, 4), (4, 3, 4), (5, 3, 8), (4, 3, 4)),
)
"""Calls that were made; the last two are those of the slides."""

DROPPED = {"one layer": False, "two layers": True}
"""Whether dropout changes what a network in training gives."""


def documented(call: Call) -> tuple[Shape, Shape]:
    """The shapes of outputs and last states that the documentation gives for a call."""
    hidden = call.initial[-1]
    return (*call.input[:-1], call.directions * hidden), (call.layers * call.directions, *call.initial[1:])


def torch_shapes() -> Iterator[Case]:
    """The rule of the documentation against the calls, and the hand-written network against both."""
    yield Case(f"{len(CALLS)} calls", all(documented(c) == (c.output, c.last) for c in CALLS), f"PyTorch {VERSION}")
    found = {(n, d): outputs(stack(n, d), sequence()).shape for n in (1, 2, 3) for d in (1, 2)}
    yield Case("the hand-written network", all(shape == (T, BATCH, d * HIDDEN) for (_, d), shape in found.items()))
    narrow = all(call.output[-1] == call.initial[-1] for call in CALLS)
    yield Case("outputs as wide as the state in both directions", narrow, role="wrong")


def torch_makes_the_layers() -> Iterator[Case]:
    """The arrays that there are."""
    counts = [PARAMETERS[layers, False, True] for layers in (1, 2, 3)]
    yield Case("1, 2 and 3 layers", counts == [4, 8, 12], f"{counts} arrays, PyTorch {VERSION}")
    yield Case("the same arrays for any number", len(set(counts)) == 1, role="wrong")


def torch_defaults() -> Iterator[Case]:
    """The documented defaults, the biases that can be left out, and the dropout between layers."""
    documented_values = (1, "tanh", True, False, 0, False)
    yield Case("the defaults", tuple(DEFAULTS.values()) == documented_values, f"PyTorch {VERSION}")
    both = PARAMETERS[1, False, True] - PARAMETERS[1, False, False]
    yield Case("both biases go together", both == 2)
    yield Case("dropout acts between layers", DROPPED == {"one layer": False, "two layers": True})
    yield Case("dropout after the last layer", DROPPED["one layer"], role="wrong")


def _runs(call: Call) -> Iterator[Case]:
    yield Case(f"inputs {call.input}, first states {call.initial}", documented(call) == (call.output, call.last))
    swapped = call._replace(initial=(call.initial[0], call.input[0], call.initial[2]))
    yield Case("with the batch first", swapped.initial == call.initial, role="wrong")


def torch_call_two_layers() -> Iterator[Case]:
    """Steps first: 5 steps, 3 samples."""
    yield from _runs(CALLS[-2])


def torch_call_bidirectional() -> Iterator[Case]:
    """The same in two directions."""
    yield from _runs(CALLS[-1])


def torch_relu() -> Iterator[Case]:
    """The hand-written network with the other nonlinearity against its formula."""
    network, x = stack(activation="relu"), sequence()
    layer = weights(network)
    h = 0.0 * outputs(network, x)[0]
    for x_t in x:
        h = (x_t @ layer.weight_ih.T + layer.bias_ih + h @ layer.weight_hh.T + layer.bias_hh).clip(min=0.0)
    error = difference(h, outputs(network, x)[-1])
    yield Case("the last state", error <= SAME, error_words(error))
    error = difference(h, outputs(stack(), x)[-1])
    yield Case("with tanh left in place", error <= SAME, error_words(error), role="wrong")
