"""The facts about PyTorch that the table of claims rests on, measured again where PyTorch is installed."""

from __future__ import annotations

import inspect
from itertools import product

import numpy as np
import pytest

from bpttsym import claims_torch
from bpttsym.claims_tools import BATCH, HIDDEN, INPUT, cell, last_states, outputs, sequence, stack

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


def network(layers: int, bidirectional: bool, **options: object) -> object:
    """The class that the facts are about."""
    return torch.nn.RNN(INPUT, HIDDEN, num_layers=layers, bidirectional=bidirectional, dtype=torch.float64, **options)


def test_the_defaults_are_those_of_the_class() -> None:
    """What the class takes if nothing is said."""
    made = torch.nn.RNN(INPUT, HIDDEN)
    assert {name: getattr(made, name) for name in claims_torch.DEFAULTS} == claims_torch.DEFAULTS
    assert "nonlinearity" in inspect.getsource(torch.nn.RNN)


@pytest.mark.parametrize("key", claims_torch.PARAMETERS)
def test_the_numbers_of_arrays_are_those_of_the_class(key: tuple[int, bool, bool]) -> None:
    """For layers, directions and biases."""
    layers, bidirectional, bias = key
    made = network(layers, bidirectional, bias=bias)
    assert len(list(made.parameters())) == claims_torch.PARAMETERS[key]  # type: ignore[attr-defined]


@pytest.mark.parametrize("call", claims_torch.CALLS)
def test_the_shapes_are_those_of_the_calls(call: claims_torch.Call) -> None:
    """Inputs and first states as recorded give outputs and last states as recorded."""
    made = torch.nn.RNN(
        call.input[-1],
        call.initial[-1],
        num_layers=call.layers,
        bidirectional=call.directions == 2,
        batch_first=call.batch_first,
    )
    output, last = made(torch.zeros(call.input), torch.zeros(call.initial))
    assert (tuple(output.shape), tuple(last.shape)) == (call.output, call.last)


@pytest.mark.parametrize("call", claims_torch.CALLS[-2:])
def test_the_calls_of_the_slides_fail_with_the_batch_first(call: claims_torch.Call) -> None:
    """The slides put the batch first elsewhere; here it does not fit."""
    made = torch.nn.RNN(4, 4, num_layers=2, bidirectional=call.directions == 2, batch_first=True)
    with pytest.raises(RuntimeError, match="Expected hidden size"):
        made(torch.zeros(call.input), torch.zeros(call.initial))


@pytest.mark.parametrize("name", claims_torch.DROPPED)
def test_dropout_acts_as_recorded(name: str) -> None:
    """Only between layers, in training."""
    layers = {"one layer": 1, "two layers": 2}[name]
    torch.manual_seed(0)
    made = network(layers, False)
    x = torch.from_numpy(sequence())
    whole = made(x)[0]  # type: ignore[operator]
    made.dropout = 0.5  # type: ignore[attr-defined]
    changed = not torch.equal(made(x)[0], whole)  # type: ignore[operator]
    assert changed == claims_torch.DROPPED[name]


@pytest.mark.parametrize(("layers", "directions", "activation"), list(product((1, 2, 3), (1, 2), ("tanh", "relu"))))
def test_the_hand_written_network_is_that_of_the_class(layers: int, directions: int, activation: str) -> None:
    """With the same weights, the outputs and last states of the checks are those of PyTorch."""
    made = network(layers, directions == 2, nonlinearity=activation)
    with torch.no_grad():
        for layer, direction in product(range(layers), range(directions)):
            ours = cell(10 * (layer + 1) + 5 * direction, INPUT if layer == 0 else directions * HIDDEN)
            for name, value in ours.parameters.items():
                suffix = f"{name}_l{layer}" + ("_reverse" if direction else "")
                getattr(made, suffix).copy_(torch.from_numpy(value))
        output, last = made(torch.from_numpy(sequence()))  # type: ignore[operator]
    ours_stack = stack(layers, directions, activation)
    np.testing.assert_allclose(outputs(ours_stack, sequence()), output.numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(last_states(ours_stack, sequence()), last.numpy(), rtol=0, atol=1e-12)
    assert output.shape[1] == BATCH
