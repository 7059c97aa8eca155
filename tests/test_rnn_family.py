"""Layers, directions, gates, feedback and encoder-decoders agree with their definitions and with PyTorch."""

from __future__ import annotations

from functools import cache
from typing import Any

import autograd
import numpy as np
import pytest

from bpttsym.rnn_cells import Memoryless, Plain, TorchRNN
from bpttsym.rnn_encoder_decoder import EncoderDecoder
from bpttsym.rnn_feedback import FedNetwork
from bpttsym.rnn_functions import ShapeError
from bpttsym.rnn_gated import GRU, LSTM, GatedCell, ResetBeforeGRU
from bpttsym.rnn_head import Head
from bpttsym.rnn_layers import Layer, Stack
from tests.planting import plant
from tests.rnn_by_definition import BATCH, CASES, INPUT, Arrays

SEEDS, STEPS = (0, 1, 2), (4, 7)


def differences(ours: Arrays, theirs: Arrays, relative: float = 1e-12, floor: float = 1e-13) -> list[str]:
    """The names under which two sets of arrays differ by more than a relative error, or a floor near zero."""
    assert {name: ours[name].shape for name in ours} == {name: theirs[name].shape for name in theirs}
    return [
        name
        for name in theirs
        if not np.all(np.abs(ours[name] - theirs[name]) <= relative * np.abs(theirs[name]) + floor)
    ]


@cache
def by_autograd(name: str, T: int, seed: int) -> Arrays:
    """Loss and gradients by HIPS autograd on the definition."""
    case = CASES[name](T, seed)
    loss, gradients = autograd.value_and_grad(case.definition)(case.arrays)
    return gradients | {"loss": np.array(loss)}


def disagreements(name: str, T: int, seed: int) -> list[str]:
    """What ours and HIPS autograd do not agree on: names of arrays, or ``loss``."""
    case = CASES[name](T, seed)
    loss, gradients = case.ours(case.arrays)
    return differences(gradients | {"loss": np.array(loss)}, by_autograd(name, T, seed))


@pytest.mark.campaign(quick=9)
@pytest.mark.parametrize("T", STEPS)
@pytest.mark.parametrize("name", CASES)
def test_autograd_of_the_definition_agrees(name: str, T: int) -> None:
    """Loss and every gradient are those of HIPS autograd on the definition."""
    assert [disagreements(name, T, seed) for seed in SEEDS] == [[] for _ in SEEDS]


@pytest.mark.campaign(quick=3)
@pytest.mark.parametrize("name", CASES)
def test_complex_step_on_the_definition_agrees(name: str) -> None:
    """Every entry of every gradient is the imaginary part of the loss after a tiny imaginary step of that entry."""
    case = CASES[name](4, 3)
    gradients = case.ours(case.arrays)[1]
    expected = {array: np.zeros_like(value) for array, value in case.arrays.items()}
    for array, value in case.arrays.items():
        for entry in np.ndindex(value.shape):
            step = np.zeros(value.shape, complex)
            step[entry] = 1e-30j
            expected[array][entry] = case.definition(case.arrays | {array: value + step}).imag / 1e-30
    assert differences(gradients, expected) == []


@pytest.mark.campaign(quick=9)
@pytest.mark.parametrize("name", CASES)
def test_the_numbers_are_no_trifle(name: str) -> None:
    """Every gradient has entries far above the floor, except by a first state that nobody reads."""
    unread = {"cell first h"} if "from the output only" in name else {"2.0 first h", "1.1 first h"}
    for array, gradient in by_autograd(name, 7, 0).items():
        assert not gradient.size or np.abs(gradient).max() > 1e-8 or array in unread, array


# PyTorch.

TORCH = [
    (kind, layers, both)
    for kind in ("RNN", "RNN relu", "LSTM", "GRU")
    for layers in (1, 2, 3)
    for both in (False, True)
]


def our_cell(kind: str, weights: Any, suffix: str) -> Any:
    """Our cell with PyTorch's weights of one layer and direction."""
    ih, hh, b_ih, b_hh = (
        weights[f"{name}_{suffix}"].detach().numpy() for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    hidden = hh.shape[1]
    U, W = ih.reshape(-1, hidden, ih.shape[1]), hh.reshape(-1, hidden, hidden)
    b_U, b_W = b_ih.reshape(-1, hidden), b_hh.reshape(-1, hidden)
    match kind:
        case "LSTM":
            return LSTM(W, U, b_U + b_W)
        case "GRU":
            return GRU(W, U, b_U + b_W * [[1], [1], [0]], b_W[2])
        case _:
            return TorchRNN(ih, hh, b_ih, b_hh, "relu" if "relu" in kind else "tanh")


def as_torch(kind: str, parameters: Arrays, suffix: str) -> Arrays:
    """Our gradients in the shapes and under the names of PyTorch."""
    if kind.startswith("RNN"):
        return {f"{name}_{suffix}": array for name, array in parameters.items()}
    hidden = parameters["b"].shape[1]
    b_hh = parameters["b"].copy()
    if kind == "GRU":
        b_hh[2] = parameters["d"]
    return {
        f"weight_ih_{suffix}": parameters["U"].reshape(-1, parameters["U"].shape[2]),
        f"weight_hh_{suffix}": parameters["W"].reshape(-1, hidden),
        f"bias_ih_{suffix}": parameters["b"].ravel(),
        f"bias_hh_{suffix}": b_hh.ravel(),
    }


@pytest.mark.parametrize("T", STEPS)
@pytest.mark.parametrize(("kind", "layers", "both"), TORCH)
def test_torch_agrees(kind: str, layers: int, both: bool, T: int) -> None:
    """Outputs, last states and every gradient are those of `torch.nn.RNN`, `LSTM` and `GRU`; last states are read."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra `torch`)")
    hidden, directions = 3, 1 + both
    options = {"nonlinearity": "relu"} if "relu" in kind else {}
    for seed in SEEDS:
        generator = np.random.default_rng([seed, T])
        torch.manual_seed(seed)
        module = getattr(torch.nn, kind.split()[0])(
            INPUT, hidden, num_layers=layers, bidirectional=both, dtype=torch.float64, **options
        )
        weights = dict(module.named_parameters())
        count = 2 if kind == "LSTM" else 1
        x = generator.normal(size=(T, BATCH, INPUT))
        first = [generator.normal(size=(layers * directions, BATCH, hidden)) for _ in range(count)]
        by_outputs = generator.normal(size=(T, BATCH, hidden * directions))
        by_last = [generator.normal(size=(layers * directions, BATCH, hidden)) for _ in range(count)]

        leaves = [torch.tensor(array, requires_grad=True) for array in (x, *first)]
        outputs, last = module(leaves[0], tuple(leaves[1:]) if count == 2 else leaves[1])
        lasts = last if count == 2 else (last,)
        loss = (outputs * torch.tensor(by_outputs)).sum()
        loss = loss + sum((end * torch.tensor(by)).sum() for end, by in zip(lasts, by_last, strict=True))
        found = torch.autograd.grad(loss, [*leaves, *weights.values()])
        names = ["x", *(f"first {k}" for k in range(count)), *weights]
        theirs = dict(zip(names, (gradient.numpy() for gradient in found), strict=True))

        suffixes = [[f"l{n}{'_reverse' if d else ''}" for d in range(directions)] for n in range(layers)]
        stack = Stack(tuple(Layer(tuple(our_cell(kind, weights, suffix) for suffix in row)) for row in suffixes))
        number = [[n * directions + d for d in range(directions)] for n in range(layers)]
        tape = stack.forward(x, [[[state[k] for state in first] for k in row] for row in number])
        gradients = stack.backward(tape, by_outputs, [[tuple(by[k] for by in by_last) for k in row] for row in number])
        walks = [walk for row in tape.layers for walk in row]
        seen = {f"last {k}": np.stack([walk.last[k] for walk in walks]) for k in range(count)}
        expected = {f"last {k}": end.detach().numpy() for k, end in enumerate(lasts)}
        assert differences(seen | {"outputs": tape.outputs}, expected | {"outputs": outputs.detach().numpy()}) == []

        ways = [way for row in gradients.layers for way in row]
        ours = {"x": gradients.inputs}
        ours |= {f"first {k}": np.stack([way.initial[k] for way in ways]) for k in range(count)}
        for suffix, way in zip([suffix for row in suffixes for suffix in row], ways, strict=True):
            ours |= as_torch(kind, way.parameters, suffix)
        assert differences(ours, theirs) == []


# The comparisons can fail.

PLANTED: dict[str, tuple[Any, str, str, str, str]] = {
    "torch: the biases get no gradient of b": (TorchRNN, "backward", "b.copy()", "0 * b", "torch, both directions"),
    "torch: U for W": (TorchRNN, "backward", '"weight_ih": U', '"weight_ih": 2 * U', "torch, both directions"),
    "plain: the last state's derivative is lost": (
        *(Plain, "backward", "self.turn(tape, outputs, last)", "self.turn(tape, outputs, None)"),
        "context as first state",
    ),
    "memoryless: f' forgotten": (
        *(Memoryless, "backward", "delta * ACTIVATIONS", "delta + 0 * ACTIVATIONS"),
        "recurrence from the output only",
    ),
    "gates: x for h in dL/dW": (GatedCell, "uses", "rows(h[:-1])", "rows(h[1:])", "gru"),
    "gates: beta for alpha in dL/db": (GatedCell, "uses", "alphas.sum", "betas.sum", "gru"),
    "gates: beta for alpha in dL/dx": (GatedCell, "uses", "(alphas @ rows", "(betas @ rows", "gru"),
    "gates: beta for alpha in dL/dU": (GatedCell, "uses", "(alphas.T @", "(betas.T @", "gru"),
    "gates: alpha for beta in dL/dW": (GatedCell, "uses", "(betas.T @", "(alphas.T @", "gru"),
    "lstm: i and f exchanged": (LSTM, "forward", "i, f, g, o", "f, i, g, o", "lstm"),
    "lstm: o and g exchanged, back": (LSTM, "backward", "i, f, g, o", "i, f, o, g", "lstm"),
    "lstm: c_t for c_{t-1}": (LSTM, "backward", "c[:-1] * f", "c[1:] * f", "lstm"),
    "lstm: the path from c to c is lost": (LSTM, "backward", "by_c = f[t] * gamma[t]", "by_c = 0 * gamma[t]", "lstm"),
    "lstm: the forget gate is forgotten": (LSTM, "backward", "by_c = f[t] * gamma[t]", "by_c = gamma[t]", "lstm"),
    "lstm: the forget gate of the step before": (LSTM, "backward", "f[t] * gamma[t]", "f[t - 1] * gamma[t]", "lstm"),
    "lstm: the path from h to the gates is lost": (
        LSTM,
        "backward",
        ".reshape(len(by_h), -1) @ W",
        ".sum(1) * 0",
        "lstm",
    ),
    "lstm: tanh' of c forgotten": (LSTM, "backward", "o * (1.0 - tanh_c * tanh_c)", "o * (1.0 + 0 * tanh_c)", "lstm"),
    "lstm: sigma' of i forgotten": (LSTM, "backward", "g * i * (1.0 - i)", "g * i", "lstm"),
    "lstm: tanh' for sigma' of f": (LSTM, "backward", "f * (1.0 - f)", "(1.0 - f * f)", "lstm"),
    "lstm: sigma' for tanh' of g": (LSTM, "backward", "i * (1.0 - g * g)", "i * g * (1.0 - g)", "lstm"),
    "lstm: c for tanh c in o": (LSTM, "backward", "tanh_c * o * (1.0 - o)", "c[1:] * o * (1.0 - o)", "lstm"),
    "lstm: delta for gamma": (LSTM, "backward", "*= gamma[t][:, np.newaxis]", "*= delta[t][:, np.newaxis]", "lstm"),
    "lstm: gamma for delta in o": (LSTM, "backward", "3] *= delta[t]", "3] *= gamma[t]", "lstm"),
    "lstm: a gate without its slope by h": (LSTM, "backward", "[t, :, :3]", "[t, :, :2]", "lstm"),
    "gru: z and 1 - z exchanged": (GRU, "forward", "n + z * (h[t] - n)", "h[t] + z * (n - h[t])", "gru"),
    "gru: r and z exchanged": (GRU, "forward", "r, z, n", "z, r, n", "gru"),
    "gru: the reset before the product": (GRU, "forward", "n + r * m[t]", "n + m[t]", "gru"),
    "gru: d outside of the reset": (GRU, "forward", "n + r * m[t]", "n + r * (m[t] - self.d) + self.d", "gru"),
    "gru: the path by z is lost": (GRU, "backward", "delta[t] * z[t] + ", "", "gru"),
    "gru: h_{t-1} - n without n": (GRU, "backward", "(h[:-1] - n)", "h[:-1]", "gru"),
    "gru: m forgotten": (GRU, "backward", "slope_n * m * r", "slope_n * r", "gru"),
    "gru: r forgotten in dL/dm": (GRU, "backward", "slope_n * r\n", "slope_n\n", "gru"),
    "gru: 1 - z forgotten": (GRU, "backward", "(1.0 - z) * (1.0 - n * n)", "(1.0 - n * n)", "gru"),
    "gru: alpha for beta in dL/dd": (GRU, "backward", "rows(beta[:, :, 2])", "rows(alpha[:, :, 2])", "gru"),
    "before: the reset after the product": (
        *(ResetBeforeGRU, "forward", "(r * h[t]) @ W_n", "r * (h[t] @ W_n)"),
        "reset before",
    ),
    "before: r forgotten in dL/dW_n": (ResetBeforeGRU, "backward", "rows(r * h[:-1])", "rows(h[:-1])", "reset before"),
    "before: r forgotten by h": (ResetBeforeGRU, "backward", "u * r[t]", "u", "reset before"),
    "before: delta for u": (ResetBeforeGRU, "backward", "0] *= u", "0] *= delta[t]", "reset before"),
    "before: W_n transposed": (ResetBeforeGRU, "backward", "2] @ W_n", "2] @ W_n.T", "reset before"),
    "head: nothing by the outputs that are fed back": (
        *(Head, "backward", "dz + readout(tape.outputs, elsewhere)", "dz"),
        "free running",
    ),
    "head: the readout's slope is forgotten": (
        *(Head, "backward", "dz + readout(tape.outputs, elsewhere)", "dz + elsewhere"),
        "free running, softmax",
    ),
    "layers: the second direction walks forwards": (
        *(Stack, "forward", "cell.forward(turned(x, direction)", "cell.forward(turned(x, 0)"),
        "plain, both directions, two layers",
    ),
    "layers: its derivatives are not turned": (
        *(Stack, "backward", "turned(part, direction)", "part"),
        "plain, both directions, two layers",
    ),
    "layers: by the inputs, one direction only": (
        *(
            Stack,
            "backward",
            "np.sum([turned(way.inputs, direction) for direction, way in enumerate(ways_back)], axis=0)",
        ),
        *("ways_back[0].inputs", "plain, both directions, two layers"),
    ),
    "fed: the target for the output": (FedNetwork, "forward", "if free[t]", "if not free[t]", "alternating"),
    "fed: the taught step passes something back": (FedNetwork, "backward", " if free else None", "", "alternating"),
    "fed: nothing by the state after": (FedNetwork, "backward", "later = by_cell[-1].initial", "pass", "free running"),
    "encoder-decoder: the last use of c only": (
        *(EncoderDecoder, "backward", "width:].sum(axis=0)", "width:][-1]"),
        "context as input",
    ),
    "encoder-decoder: the first state passes nothing back": (
        *(EncoderDecoder, "backward", "total[...] += part", "pass"),
        "context as both",
    ),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_error_is_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One dropped term, wrong gate, order or factor, and the comparison with the definition fails."""
    owner, function, fragment, replacement, case = PLANTED[planted]
    assert disagreements(case, 4, 0) == []
    plant(monkeypatch, owner, function, fragment, replacement)
    assert disagreements(case, 4, 0) != []


# Arguments.

ONES = np.ones((3, 3))
PLAIN = Plain(ONES, np.ones((3, 2)), np.ones(3))
WIDE = Plain(ONES, np.ones((3, 6)), np.ones(3))
MEMORY = LSTM(np.ones((4, 3, 3)), np.ones((4, 3, 2)), np.ones((4, 3)))
HEAD = Head(np.ones((4, 3)), np.ones(4))
X, H, Y = np.ones((7, 5, 2)), np.ones((5, 3)), np.ones((7, 5, 4))

BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "a gate too few": (
        lambda: LSTM(np.ones((3, 3, 3)), np.ones((4, 3, 2)), np.ones((4, 3))),
        *(ShapeError, "W must have the shape (gates = 4, hidden = 3, hidden_before = 3), got (3, 3, 3)"),
    ),
    "a state without its memory": (
        lambda: MEMORY.forward(X, (H,)),
        *(ShapeError, "the initial state must be (h, c), got 1 arrays"),
    ),
    "a memory of another size": (
        lambda: MEMORY.forward(X, (H, H[:, :2])),
        *(ShapeError, "initial c must have the shape (batch = 5, hidden = 3), got (5, 2)"),
    ),
    "an unknown activation": (
        lambda: Plain(ONES, ONES, np.ones(3), "gelu"),  # type: ignore[arg-type]
        *(ValueError, "activation must be one of tanh, sigmoid, relu, identity, got 'gelu'"),
    ),
    "derivatives without their steps": (
        lambda: PLAIN.backward(PLAIN.forward(X, (H,)), H),
        *(ShapeError, "derivatives by outputs must have the shape (T = 7, batch = 5, hidden = 3), got (5, 3)"),
    ),
    "a last state of another size": (
        lambda: PLAIN.backward(PLAIN.forward(X, (H,)), np.ones((7, 5, 3)), (H[:, :2],)),
        *(ShapeError, "derivative by the last h must have the shape (batch = 5, hidden = 3), got (5, 2)"),
    ),
    "layers that do not fit": (
        lambda: Stack((Layer((PLAIN,)), Layer((PLAIN,)))),
        *(ShapeError, "layer 2 must read inputs of size 3, got 2"),
    ),
    "directions that read different inputs": (
        lambda: Layer((PLAIN, WIDE)),
        *(ShapeError, "both directions must read the same inputs, got sizes [2, 6]"),
    ),
    "states of different size, summed": (
        lambda: Layer((PLAIN, Plain(np.ones((4, 4)), np.ones((4, 2)), np.ones(4))), "summed"),
        *(ShapeError, "states that are added must be equal in size, got [3, 4]"),
    ),
    "three directions": (lambda: Layer((PLAIN,) * 3), ValueError, "a layer has one cell or two, got 3"),
    "an unknown way to join": (
        lambda: Layer((PLAIN,), "product"),  # type: ignore[arg-type]
        *(ValueError, "merge must be one of concatenated, summed, got 'product'"),
    ),
    "no room for what is fed back": (
        lambda: FedNetwork(PLAIN, HEAD),
        *(ShapeError, "the cell must read inputs of at least the 4 outputs, got 2"),
    ),
    "a fed network that answers once": (
        lambda: FedNetwork(WIDE, Head(np.ones((4, 3)), np.ones(4), form="many_to_one")),
        *(ValueError, "a fed network has a loss in every step; its head must be many_to_many"),
    ),
    "inputs of another size": (
        lambda: FedNetwork(WIDE, HEAD).forward(np.ones((7, 5, 3)), (H,), Y[0], Y),
        *(ShapeError, "inputs must have the shape (T = 7, batch = 5, input = 2), got (7, 5, 3)"),
    ),
    "no first output": (
        lambda: FedNetwork(WIDE, HEAD).forward(X, (H,), None, Y),
        *(ShapeError, "first_output must have the shape (batch = 5, output = 4), got none"),
    ),
    "a first output that nobody reads": (
        lambda: FedNetwork(PLAIN, HEAD, None).forward(X, (H,), Y[0], Y),
        *(ShapeError, "first_output must be left out where nothing is fed back"),
    ),
    "a word too few": (
        lambda: FedNetwork(WIDE, HEAD, (True,)).forward(X, (H,), Y[0], Y),
        *(ShapeError, "free must say it for the steps 2 to 7, got 1 words"),
    ),
    "a context that is no first state": (
        lambda: EncoderDecoder(MEMORY, FedNetwork(WIDE, HEAD)),
        *(ShapeError, "the decoder begins with a state (h) of size 3, got (h, c) of size 3"),
    ),
    "two first states": (
        lambda: EncoderDecoder(PLAIN, FedNetwork(WIDE, HEAD)).forward(X, (H,), Y, Y[0], decoder_initial=(H,)),
        *(ValueError, "decoder_initial is needed exactly if the context is given as input only"),
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_argument_is_named(case: str) -> None:
    """One sentence says what does not fit, what was wanted and what was got."""
    call, kind, message = BAD[case]
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message
