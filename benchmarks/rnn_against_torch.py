r"""The hand-written NumPy RNN against PyTorch's autograd on one CPU thread: time of ours divided by time of theirs.

    python benchmarks/rnn_against_torch.py [--cell RNN|LSTM|GRU] [--repetitions N] [--relu] [--many-to-one]
                                           [--parameters-only]

One measurement is a forward and a backward pass. Both sides use float64, the same numbers, a linear readout and the
squared error, and give the derivatives by W, U, b, V, c, h_0 and every x_t (ours gives those by every h_t besides).
PyTorch runs `torch.nn.RNN`, with its second, redundant bias held at zero, then `linear`, then `autograd.grad`. With
`--parameters-only` PyTorch is spared the derivatives by h_0 and x_t, ours is not. Repetitions of the two sides
alternate, so that a noisy neighbour meets both, and a cell shows the median of each side's time and their ratio.
The gradients of both sides are compared before anything is timed. `--cell LSTM` and `--cell GRU` run the cells with
gates against `torch.nn.LSTM` and `torch.nn.GRU`; the goal is stated for the plain cell alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from itertools import product

# read when NumPy and PyTorch are imported, so it must come before that
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import torch

from bpttsym import rnn
from bpttsym.rnn_gated import GRU, LSTM
from bpttsym.rnn_head import Head

HIDDEN, STEPS, BATCH = (16, 64, 256), (4, 32, 128, 512), (1, 32)
INPUT, OUTPUT = 24, 10

# runs forward and backward, and returns the time that the backward pass took, and the gradients
Pass = Callable[[], tuple[float, list[np.ndarray]]]


def passes(
    sizes: rnn.Sizes, T: int, batch: int, configuration: rnn.Configuration, parameters_only: bool
) -> tuple[Pass, Pass]:
    """Our pass and PyTorch's for one and the same problem."""
    generator = np.random.default_rng(0)
    parameters = rnn.initial_parameters(0, sizes)
    x = generator.normal(size=(T, batch, sizes.input))
    h_0 = generator.normal(size=(batch, sizes.hidden))
    many_to_one = configuration.form == "many_to_one"
    y = generator.normal(size=(batch, sizes.output) if many_to_one else (T, batch, sizes.output))

    def ours() -> tuple[float, list[np.ndarray]]:
        trajectory = rnn.forward(parameters, x, h_0, y, configuration)
        start = time.perf_counter()
        gradients = rnn.backward(parameters, trajectory)
        elapsed = time.perf_counter() - start
        wanted = [gradients.W, gradients.U, gradients.b, gradients.V, gradients.c]
        return elapsed, wanted if parameters_only else [*wanted, gradients.initial_state, gradients.inputs]

    cell = torch.nn.RNN(sizes.input, sizes.hidden, nonlinearity=configuration.activation, dtype=torch.float64)
    with torch.no_grad():
        cell.weight_hh_l0.copy_(torch.from_numpy(parameters.W))
        cell.weight_ih_l0.copy_(torch.from_numpy(parameters.U))
        cell.bias_ih_l0.copy_(torch.from_numpy(parameters.b))
        cell.bias_hh_l0.zero_()
    cell.bias_hh_l0.requires_grad_(False)
    V, c = (torch.tensor(value, requires_grad=True) for value in (parameters.V, parameters.c))
    start_state, inputs = (torch.tensor(value, requires_grad=not parameters_only) for value in (h_0[None], x))
    targets = torch.from_numpy(y)
    leaves = [cell.weight_hh_l0, cell.weight_ih_l0, cell.bias_ih_l0, V, c]
    leaves += [] if parameters_only else [start_state, inputs]

    def theirs() -> tuple[float, list[np.ndarray]]:
        states, last = cell(inputs, start_state)
        outputs = torch.nn.functional.linear(last[0] if many_to_one else states, V, c)
        loss = ((outputs - targets) ** 2).sum()
        start = time.perf_counter()
        gradients = torch.autograd.grad(loss, leaves)
        return time.perf_counter() - start, [gradient.numpy() for gradient in gradients]

    return ours, theirs


def gated_passes(
    kind: str, sizes: rnn.Sizes, T: int, batch: int, configuration: rnn.Configuration, parameters_only: bool
) -> tuple[Pass, Pass]:
    """The same for a cell with gates; the redundant biases of PyTorch are held at zero."""
    generator = np.random.default_rng(0)
    hidden, gates = sizes.hidden, {"LSTM": 4, "GRU": 3}[kind]
    shapes = {"W": (gates, hidden, hidden), "U": (gates, hidden, sizes.input), "b": (gates, hidden)}
    arrays = {name: generator.uniform(-1, 1, shape) / np.sqrt(hidden) for name, shape in shapes.items()}
    d = generator.uniform(-1, 1, hidden) / np.sqrt(hidden)
    cell = LSTM(**arrays) if kind == "LSTM" else GRU(**arrays, d=d)
    readout = rnn.initial_parameters(0, sizes)
    head = Head(readout.V, readout.c, configuration.readout, configuration.loss, configuration.form)
    x = generator.normal(size=(T, batch, sizes.input))
    first = tuple(generator.normal(size=(batch, hidden)) for _ in cell.passed)
    many_to_one = configuration.form == "many_to_one"
    y = generator.normal(size=(batch, sizes.output) if many_to_one else (T, batch, sizes.output))

    def ours() -> tuple[float, list[np.ndarray]]:
        walk = cell.forward(x, first)
        read = head.forward(walk.outputs, y)
        start = time.perf_counter()
        by_head = head.backward(read)
        found = cell.backward(walk, by_head.states)
        elapsed = time.perf_counter() - start
        wanted = [found.parameters[name] for name in ("W", "U", "b")] + [by_head.parameters[name] for name in "Vc"]
        wanted += [found.parameters["d"]] if kind == "GRU" else []
        return elapsed, wanted if parameters_only else [*wanted, *found.initial, found.inputs]

    module = getattr(torch.nn, kind)(sizes.input, hidden, dtype=torch.float64)
    with torch.no_grad():
        module.weight_hh_l0.copy_(torch.from_numpy(arrays["W"].reshape(-1, hidden)))
        module.weight_ih_l0.copy_(torch.from_numpy(arrays["U"].reshape(-1, sizes.input)))
        module.bias_ih_l0.copy_(torch.from_numpy(arrays["b"].ravel()))
        module.bias_hh_l0.zero_()
        if kind == "GRU":
            module.bias_hh_l0[2 * hidden :] = torch.from_numpy(d)
    module.bias_hh_l0.requires_grad_(kind == "GRU")
    V, c = (torch.tensor(value, requires_grad=True) for value in (head.V, head.c))
    start_state = [torch.tensor(value[None], requires_grad=not parameters_only) for value in first]
    inputs = torch.tensor(x, requires_grad=not parameters_only)
    targets = torch.from_numpy(y)
    leaves = [module.weight_hh_l0, module.weight_ih_l0, module.bias_ih_l0, V, c]
    leaves += [module.bias_hh_l0] if kind == "GRU" else []
    leaves += [] if parameters_only else [*start_state, inputs]

    def theirs() -> tuple[float, list[np.ndarray]]:
        states, last = module(inputs, tuple(start_state) if kind == "LSTM" else start_state[0])
        final = last[0][0] if kind == "LSTM" else last[0]
        loss = ((torch.nn.functional.linear(final if many_to_one else states, V, c) - targets) ** 2).sum()
        start = time.perf_counter()
        gradients = [gradient.numpy() for gradient in torch.autograd.grad(loss, leaves)]
        if kind == "GRU":
            gradients[5] = gradients[5][2 * hidden :]
        return time.perf_counter() - start, gradients

    return ours, theirs


def measure(ours: Pass, theirs: Pass, repetitions: int) -> tuple[float, float, float]:
    """Median times of both sides for forward and backward, and the ratio of the medians for backward alone."""
    for mine, other in zip(ours()[1], theirs()[1], strict=True):
        np.testing.assert_allclose(mine, other.reshape(mine.shape), rtol=1e-9, atol=1e-9 * np.abs(mine).max())
    whole: tuple[list[float], list[float]] = ([], [])
    backward: tuple[list[float], list[float]] = ([], [])
    for repetition in range(repetitions):
        for side in (0, 1) if repetition % 2 else (1, 0):
            start = time.perf_counter()
            elapsed, _ = (ours, theirs)[side]()
            whole[side].append(time.perf_counter() - start)
            backward[side].append(elapsed)
    return (
        statistics.median(whole[0]),
        statistics.median(whole[1]),
        statistics.median(backward[0]) / statistics.median(backward[1]),
    )


def main() -> None:
    """Print the table and its largest ratios."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repetitions", type=int, default=0, help="of each side and cell; 0 chooses by the size")
    options.add_argument("--cell", choices=("RNN", "LSTM", "GRU"), default="RNN")
    options.add_argument("--relu", action="store_true", help="instead of tanh")
    options.add_argument("--many-to-one", action="store_true", help="instead of many-to-many")
    options.add_argument("--parameters-only", action="store_true", help="PyTorch leaves out h_0 and x_t")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    configuration = rnn.Configuration(
        activation="relu" if chosen.relu else "tanh", form="many_to_one" if chosen.many_to_one else "many_to_many"
    )
    print(f"NumPy {np.__version__}, PyTorch {torch.__version__}, one thread, float64, input {INPUT}, output {OUTPUT}")
    print(f"{chosen.cell}, {configuration}{', PyTorch without h_0 and x_t' if chosen.parameters_only else ''}")
    print("hidden    T  batch  |  ours, ms  PyTorch, ms  ratio of forward and backward  |  ratio of backward alone")
    largest = largest_backward = 0.0
    for hidden, T, batch in product(HIDDEN, STEPS, BATCH):
        problem = (rnn.Sizes(hidden, INPUT, OUTPUT), T, batch, configuration, chosen.parameters_only)
        sides = passes(*problem) if chosen.cell == "RNN" else gated_passes(chosen.cell, *problem)
        repetitions = chosen.repetitions or max(9, min(201, 20_000_000 // (hidden * hidden * T * batch)))
        ours, theirs, backward = measure(*sides, repetitions)
        ratio = ours / theirs
        largest, largest_backward = max(largest, ratio), max(largest_backward, backward)
        print(f"{hidden:6} {T:4} {batch:6}  | {ours * 1e3:9.3f} {theirs * 1e3:12.3f} {ratio:31.2f}  | {backward:24.2f}")
    print(f"largest ratio: {largest:.2f} for forward and backward, {largest_backward:.2f} for backward alone")
    if chosen.cell == "RNN":
        print("goal: at most 1.00 in every cell")


if __name__ == "__main__":
    main()
