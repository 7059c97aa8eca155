"""Every hand-written network again, forward only, as a textbook defines it: sample by sample, step by step, vectors.

A case is a network with its numbers: ``definition`` is the loss as a function of named arrays, for HIPS autograd or a
complex step, and ``ours`` gives the loss and the derivatives by the same names from `bpttsym.rnn_*`. Arrays named
``nudge ...`` are zeros added to what a step computes, so that the derivative by them is the total derivative by it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple

import autograd.numpy as anp
import numpy as np

from bpttsym.rnn_cells import Cell, Memoryless, Plain, TorchRNN
from bpttsym.rnn_encoder_decoder import EncoderDecoder
from bpttsym.rnn_feedback import FedNetwork
from bpttsym.rnn_gated import GRU, LSTM, ResetBeforeGRU
from bpttsym.rnn_head import Head
from bpttsym.rnn_layers import Layer, Stack

Arrays = dict[str, np.ndarray]
BATCH, INPUT, OUTPUT = 5, 2, 4


class Case(NamedTuple):
    """A network with its numbers."""

    arrays: Arrays
    definition: Callable[[Any], Any]
    ours: Callable[[Arrays], tuple[float, Arrays]]


# One step of each cell: parameters, state before, input, and what is added to the new state.


def logistic(a: Any) -> Any:
    """1 / (1 + e^{-a})."""
    return 1 / (1 + anp.exp(-a))


def plain(p: Any, state: Any, x: Any, nudge: Any) -> Any:
    """h_t = tanh(W h_{t-1} + U x_t + b)."""
    return (anp.tanh(p["W"] @ state[0] + p["U"] @ x + p["b"]) + nudge[0],)


def sigmoid_plain(p: Any, state: Any, x: Any, nudge: Any) -> Any:
    """The same with the logistic function."""
    return (logistic(p["W"] @ state[0] + p["U"] @ x + p["b"]) + nudge[0],)


def torch_rnn(p: Any, state: Any, x: Any, nudge: Any) -> Any:
    """In rows: x W_ih^T + b_ih + h W_hh^T + b_hh."""
    a = x @ p["weight_ih"].T + p["bias_ih"] + state[0] @ p["weight_hh"].T + p["bias_hh"]
    return (anp.tanh(a) + nudge[0],)


def memoryless(p: Any, state: Any, x: Any, nudge: Any) -> Any:
    """h_t = tanh(U x_t + b)."""
    return (anp.tanh(p["U"] @ x + p["b"]) + nudge[0],)


def lstm(p: Any, state: Any, x: Any, nudge: Any) -> Any:
    """Gates i, f, g, o; c_t = f c_{t-1} + i g; h_t = o tanh(c_t)."""
    h, c = state
    i, f, o = (logistic(p["W"][k] @ h + p["U"][k] @ x + p["b"][k]) for k in (0, 1, 3))
    g = anp.tanh(p["W"][2] @ h + p["U"][2] @ x + p["b"][2])
    c = f * c + i * g + nudge[1]
    return o * anp.tanh(c) + nudge[0], c


def gru(p: Any, state: Any, x: Any, nudge: Any) -> Any:
    """The reset gate multiplies W_n h + d."""
    (h,) = state
    r, z = (logistic(p["W"][k] @ h + p["U"][k] @ x + p["b"][k]) for k in (0, 1))
    n = anp.tanh(p["U"][2] @ x + p["b"][2] + r * (p["W"][2] @ h + p["d"]))
    return ((1 - z) * n + z * h + nudge[0],)


def reset_before_gru(p: Any, state: Any, x: Any, nudge: Any) -> Any:
    """The reset gate multiplies h."""
    (h,) = state
    r, z = (logistic(p["W"][k] @ h + p["U"][k] @ x + p["b"][k]) for k in (0, 1))
    n = anp.tanh(p["U"][2] @ x + p["b"][2] + p["W"][2] @ (r * h))
    return ((1 - z) * n + z * h + nudge[0],)


class Kind(NamedTuple):
    """A cell as it is defined, what builds ours, and the shapes of its parameters from (hidden, input)."""

    step: Callable[[Any, Any, Any, Any], Any]
    build: Callable[..., Cell]
    shapes: Callable[[int, int], dict[str, tuple[int, ...]]]
    passed: tuple[str, ...] = ("h",)


def one_matrix(h: int, i: int) -> dict[str, tuple[int, ...]]:
    """The shapes of a plain cell."""
    return {"W": (h, h), "U": (h, i), "b": (h,)}


def gates(count: int) -> Callable[[int, int], dict[str, tuple[int, ...]]]:
    """The shapes of a cell with gates."""
    return lambda h, i: {name: (count, *shape) for name, shape in one_matrix(h, i).items()}


KINDS = {
    "plain": Kind(plain, Plain, one_matrix),
    "sigmoid": Kind(sigmoid_plain, lambda **p: Plain(**p, activation="sigmoid"), one_matrix),
    "torch": Kind(
        torch_rnn,
        TorchRNN,
        lambda h, i: {"weight_ih": (h, i), "weight_hh": (h, h), "bias_ih": (h,), "bias_hh": (h,)},
    ),
    "memoryless": Kind(memoryless, Memoryless, lambda h, i: {"U": (h, i), "b": (h,)}),
    "lstm": Kind(lstm, LSTM, gates(4), ("h", "c")),
    "gru": Kind(gru, GRU, lambda h, i: gates(3)(h, i) | {"d": (h,)}),
    "reset before": Kind(reset_before_gru, ResetBeforeGRU, gates(3)),
}


class Part(NamedTuple):
    """One cell of a network: its kind and sizes, under the name that its arrays begin with."""

    name: str
    kind: Kind
    hidden: int
    input: int

    def numbers(self, generator: np.random.Generator, T: int) -> Arrays:
        """Random parameters and first state, and zeros for nudges."""
        shapes = self.kind.shapes(self.hidden, self.input)
        found = {name: generator.normal(size=shape) / np.sqrt(self.hidden) for name, shape in shapes.items()}
        for passed in self.kind.passed:
            found[f"first {passed}"] = generator.normal(size=(BATCH, self.hidden))
            found[f"nudge {passed}"] = np.zeros((T, BATCH, self.hidden))
        return {f"{self.name} {name}": array for name, array in found.items()}

    def own(self, arrays: Any) -> dict[str, Any]:
        """The arrays of this cell, without the name of the cell."""
        length = len(self.name) + 1
        return {name[length:]: arrays[name] for name in arrays if name.startswith(self.name + " ")}

    def build(self, arrays: Arrays) -> Cell:
        """Our cell with these numbers."""
        own = self.own(arrays)
        return self.kind.build(**{name: own[name] for name in self.kind.shapes(1, 1)})

    def first(self, arrays: Any) -> list[Any]:
        """The state that the walk begins with: (batch, hidden) each."""
        own = self.own(arrays)
        return [own[f"first {passed}"] for passed in self.kind.passed]

    def step(self, arrays: Any, state: Any, x: Any, t: int, sample: int) -> Any:
        """The state after step t, numbered from 0, of one sample."""
        own = self.own(arrays)
        return self.kind.step(own, state, x, [own[f"nudge {name}"][t, sample] for name in self.kind.passed])

    def walk(self, arrays: Any, inputs: list[Any], order: range, sample: int) -> dict[int, Any]:
        """The h of every step of one sample, met in this order."""
        state = [array[sample] for array in self.first(arrays)]
        found = {}
        for t in order:
            state = self.step(arrays, state, inputs[t], t, sample)
            found[t] = state[0]
        return found

    def named(self, parameters: Arrays, initial: Any, states: Any) -> Arrays:
        """Gradients of this cell by the names of the arrays."""
        found = dict(parameters)
        for passed, first, nudge in zip(self.kind.passed, initial, states, strict=True):
            found |= {f"first {passed}": first, f"nudge {passed}": nudge}
        return {f"{self.name} {name}": array for name, array in found.items()}


# Readouts and losses.

READOUTS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda z: z,
    "tanh": anp.tanh,
    "softmax": lambda z: anp.exp(z) / anp.sum(anp.exp(z)),
}
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "norm": lambda o, y: anp.sqrt(anp.sum((o - y) ** 2)),
    "squared_error": lambda o, y: anp.sum((o - y) ** 2),
    "cross_entropy": lambda o, y: -anp.sum(y * anp.log(o)),
}


def head_numbers(generator: np.random.Generator, hidden: int, targets: tuple[int, ...], loss: str) -> Arrays:
    """Readout and targets; positive targets for a cross entropy."""
    y = generator.normal(size=targets)
    return {
        "V": generator.normal(size=(OUTPUT, hidden)) / np.sqrt(hidden),
        "c": generator.normal(size=OUTPUT),
        "y": np.exp(y) if loss == "cross_entropy" else y,
    }


# Layers and directions.


def stack_case(
    T: int, seed: int, layers: list[list[tuple[str, int]]], merge: str = "concatenated", head: tuple[str, ...] = ()
) -> Case:
    """Each layer is a list of its directions, each (kind, hidden)."""
    generator = np.random.default_rng([seed, T, 21])
    readout, loss, form = (*head, "linear", "squared_error", "many_to_many")[-3:] if len(head) < 3 else head
    parts, width = [], INPUT
    for number, directions in enumerate(layers):
        parts.append([Part(f"{number}.{d}", KINDS[kind], size, width) for d, (kind, size) in enumerate(directions)])
        width = sum(size for _, size in directions) if merge == "concatenated" else directions[0][1]
    arrays = {"x": generator.normal(size=(T, BATCH, INPUT))}
    for part in chain(*parts):
        arrays |= part.numbers(generator, T)
    targets = (T, BATCH, OUTPUT) if form == "many_to_many" else (BATCH, OUTPUT)
    numbers = head_numbers(generator, width, targets, loss)
    y = numbers.pop("y")
    arrays |= numbers

    def definition(arrays: Any) -> Any:
        total = 0.0
        for sample in range(BATCH):
            values = [arrays["x"][t, sample] for t in range(T)]
            for directions in parts:
                orders = (range(T), range(T - 1, -1, -1))
                walks = [part.walk(arrays, values, order, sample) for part, order in zip(directions, orders)]  # noqa: B905
                joined = [[walk[t] for walk in walks] for t in range(T)]
                values = [anp.concatenate(each) if merge == "concatenated" else sum(each) for each in joined]
            for t in range(T) if form == "many_to_many" else [T - 1]:
                output = READOUTS[readout](arrays["V"] @ values[t] + arrays["c"])
                total = total + LOSSES[loss](output, y[t, sample] if form == "many_to_many" else y[sample])
        return total

    def ours(arrays: Arrays) -> tuple[float, Arrays]:
        stack = Stack(tuple(Layer(tuple(p.build(arrays) for p in directions), merge) for directions in parts))  # type: ignore[arg-type]
        top = Head(arrays["V"], arrays["c"], readout, loss, form)  # type: ignore[arg-type]
        tape = stack.forward(arrays["x"], [[p.first(arrays) for p in directions] for directions in parts])
        read = top.forward(tape.outputs, y)
        by_head = top.backward(read)
        found = stack.backward(tape, by_head.states)
        gradients = {"x": found.inputs, **by_head.parameters}
        for directions, ways in zip(parts, found.layers, strict=True):
            for direction, (part, way) in enumerate(zip(directions, ways, strict=True)):
                turned = [state[::-1] if direction else state for state in way.states]
                gradients |= part.named(way.parameters, way.initial, turned)
        return read.loss, gradients

    return Case(arrays, definition, ours)


# Feedback and encoder-decoder.


def fed_definition(
    part: Part, arrays: Any, inputs: Any, state: Any, free: Any, fed: Any, y: Any, head: tuple[str, str], sample: int
) -> Any:
    """The loss of one sample of a network that reads [x_t; o_{t-1}], or x_t alone if ``fed`` is empty."""
    total = 0.0
    for t in range(len(y)):
        state = part.step(arrays, state, anp.concatenate([inputs[t], fed]), t, sample)
        output = READOUTS[head[0]](arrays["V"] @ state[0] + arrays["c"])
        total = total + LOSSES[head[1]](output, y[t, sample])
        if len(fed):
            fed = output if free[t] else y[t, sample]
    return total


def every_step(free: Any, T: int) -> Any:
    """Whether step t + 1 reads the output of step t, for each t."""
    return [*free, False] if isinstance(free, tuple) else [bool(free)] * T


def fed_case(
    T: int, seed: int, kind: str, free: Any = True, width: int = INPUT, head: tuple[str, str] = ("tanh", "norm")
) -> Case:
    """A network that reads what it wrote; ``free`` as `FedNetwork` wants it, or "alternating"."""
    generator = np.random.default_rng([seed, T, 22])
    choice = tuple(bool(t % 2) for t in range(T - 1)) if free == "alternating" else free
    part = Part("cell", KINDS[kind], 3, width + OUTPUT)
    arrays = part.numbers(generator, T) | {"first output": generator.normal(size=(BATCH, OUTPUT))}
    arrays["x"] = generator.normal(size=(T, BATCH, width))
    numbers = head_numbers(generator, 3, (T, BATCH, OUTPUT), head[1])
    y = numbers.pop("y")
    arrays |= numbers

    def definition(arrays: Any) -> Any:
        total = 0.0
        for sample in range(BATCH):
            state = [array[sample] for array in part.first(arrays)]
            fed = arrays["first output"][sample]
            inputs = arrays["x"][:, sample]
            total = total + fed_definition(part, arrays, inputs, state, every_step(choice, T), fed, y, head, sample)
        return total

    def ours(arrays: Arrays) -> tuple[float, Arrays]:
        network = FedNetwork(part.build(arrays), Head(arrays["V"], arrays["c"], *head), choice)  # type: ignore[arg-type]
        tape = network.forward(arrays["x"] if width else None, part.first(arrays), arrays["first output"], y)
        found = network.backward(tape)
        gradients = part.named(found.cell, found.initial, found.states) | found.head
        return tape.loss, gradients | {"x": found.inputs, "first output": found.first_output}

    return Case(arrays, definition, ours)


def encoder_decoder_case(
    T: int, seed: int, kind: str, context: str, free: Any = None, width: int = 0, reads: tuple[str, int] | None = None
) -> Case:
    """Reads T steps, writes T + 1; ``width`` is the size of the decoder's own inputs, ``reads`` another encoder."""
    generator = np.random.default_rng([seed, T, 23])
    steps, head = T + 1, ("softmax", "cross_entropy")
    encoder_kind, size = reads or (kind, 3)
    fed_size = 0 if free is None else OUTPUT
    encoder = Part("encoder", KINDS[encoder_kind], size, INPUT)
    decoder = Part("decoder", KINDS[kind], 3, width + (size if context != "initial" else 0) + fed_size)
    arrays = encoder.numbers(generator, T) | decoder.numbers(generator, steps)
    arrays["x"] = generator.normal(size=(T, BATCH, INPUT))
    arrays["d"] = generator.normal(size=(steps, BATCH, width))
    arrays["first output"] = generator.normal(size=(BATCH, fed_size))
    numbers = head_numbers(generator, 3, (steps, BATCH, OUTPUT), head[1])
    y = numbers.pop("y")
    arrays |= numbers
    if context != "input":
        arrays = {name: array for name, array in arrays.items() if not name.startswith("decoder first")}

    def definition(arrays: Any) -> Any:
        total = 0.0
        for sample in range(BATCH):
            state = [array[sample] for array in encoder.first(arrays)]
            for t in range(T):
                state = encoder.step(arrays, state, arrays["x"][t, sample], t, sample)
            own = [arrays["d"][t, sample] for t in range(steps)]
            inputs = own if context == "initial" else [anp.concatenate([d, state[0]]) for d in own]
            begin = [array[sample] for array in decoder.first(arrays)] if context == "input" else state
            fed = arrays["first output"][sample]
            chosen = every_step(free, steps)
            total = total + fed_definition(decoder, arrays, inputs, begin, chosen, fed, y, head, sample)
        return total

    def ours(arrays: Arrays) -> tuple[float, Arrays]:
        writer = FedNetwork(decoder.build(arrays), Head(arrays["V"], arrays["c"], *head), free)  # type: ignore[arg-type]
        network = EncoderDecoder(encoder.build(arrays), writer, context)  # type: ignore[arg-type]
        tape = network.forward(
            arrays["x"],
            encoder.first(arrays),
            y,
            first_output=arrays["first output"] if fed_size else None,
            decoder_inputs=arrays["d"] if width else None,
            decoder_initial=decoder.first(arrays) if context == "input" else None,
        )
        found = network.backward(tape)
        reader, writer_found = found.encoder, found.decoder
        gradients = encoder.named(reader.parameters, reader.initial, reader.states)
        gradients |= decoder.named(writer_found.cell, writer_found.initial, writer_found.states)
        gradients |= writer_found.head
        gradients |= {"x": reader.inputs, "d": found.inputs, "first output": writer_found.first_output}
        return tape.loss, {name: gradients[name] for name in arrays}

    return Case(arrays, definition, ours)


STACKS: dict[str, dict[str, Any]] = {
    "plain, two layers": {"layers": [[("plain", 3)], [("plain", 6)]]},
    "plain, three layers": {
        "layers": [[("plain", 3)], [("sigmoid", 6)], [("torch", 7)]],
        "head": ("softmax", "cross_entropy", "many_to_one"),
    },
    "torch, both directions": {"layers": [[("torch", 3), ("torch", 6)]], "head": ("tanh", "norm", "many_to_many")},
    "plain, both directions, two layers": {
        "layers": [[("plain", 3), ("plain", 6)], [("plain", 7), ("plain", 8)]],
        "head": ("softmax", "cross_entropy", "many_to_many"),
    },
    "plain, both directions summed, two layers": {
        "layers": [[("plain", 3), ("plain", 3)], [("plain", 6), ("plain", 6)]],
        "merge": "summed",
    },
    "both directions, last step read": {
        "layers": [[("plain", 3), ("gru", 6)]],
        "head": ("linear", "squared_error", "many_to_one"),
    },
    "lstm": {"layers": [[("lstm", 3)]], "head": ("tanh", "norm", "many_to_one")},
    "lstm, both directions, two layers": {"layers": [[("lstm", 3), ("lstm", 6)], [("lstm", 7)]]},
    "gru": {"layers": [[("gru", 3)]], "head": ("softmax", "cross_entropy", "many_to_many")},
    "gru, both directions, two layers": {"layers": [[("gru", 3)], [("gru", 6), ("gru", 7)]]},
    "reset before": {"layers": [[("reset before", 3)]], "head": ("linear", "norm", "many_to_many")},
    "reset before, two layers": {"layers": [[("reset before", 6)], [("reset before", 3)]]},
    "every kind": {"layers": [[("lstm", 3)], [("gru", 6), ("memoryless", 7)], [("reset before", 8)]]},
}

FED: dict[str, dict[str, Any]] = {
    "free running": {"kind": "plain"},
    "free running, no other input": {"kind": "plain", "width": 0, "head": ("linear", "squared_error")},
    "free running, softmax": {"kind": "plain", "head": ("softmax", "cross_entropy")},
    "teacher forcing": {"kind": "plain", "free": False, "head": ("softmax", "cross_entropy")},
    "alternating": {"kind": "plain", "free": "alternating", "head": ("softmax", "squared_error")},
    "recurrence from the output only": {"kind": "memoryless"},
    "recurrence from the output only, taught": {"kind": "memoryless", "free": False},
    "free running lstm": {"kind": "lstm", "head": ("linear", "norm")},
    "free running gru": {"kind": "gru", "width": 0},
}

ENCODER_DECODERS: dict[str, dict[str, Any]] = {
    "context as first state": {"kind": "plain", "context": "initial", "width": 6},
    "context as input": {"kind": "plain", "context": "input", "reads": ("plain", 6)},
    "context as both": {"kind": "gru", "context": "both"},
    "context as first state, lstm": {"kind": "lstm", "context": "initial", "free": False},
    "context as input, lstm reads": {"kind": "plain", "context": "input", "reads": ("lstm", 6), "width": 7},
    "context as both, free running": {"kind": "reset before", "context": "both", "free": True, "width": 6},
}

CASES: dict[str, Callable[[int, int], Case]] = (
    {name: lambda T, seed, row=row: stack_case(T, seed, **row) for name, row in STACKS.items()}
    | {name: lambda T, seed, row=row: fed_case(T, seed, **row) for name, row in FED.items()}
    | {name: lambda T, seed, row=row: encoder_decoder_case(T, seed, **row) for name, row in ENCODER_DECODERS.items()}
)
