"""Truncated backpropagation through time is what PyTorch's `detach` gives, and what the double sum says."""

from __future__ import annotations

from typing import Any

import autograd
import numpy as np
import pytest

from bpttsym import rnn_truncated
from bpttsym.rnn_cells import Plain
from bpttsym.rnn_head import Head
from bpttsym.rnn_truncated import chunks, relative_errors, truncated, window
from tests.planting import plant
from tests.rnn_by_definition import BATCH, INPUT, KINDS, OUTPUT, Arrays, Part
from tests.test_rnn_family import differences

CELLS = ("plain", "lstm", "gru", "reset before")
SEEDS, STEPS = (0, 1, 2), (4, 7)


class Problem:
    """A cell and a head with numbers, walked once."""

    def __init__(self, kind: str, T: int, seed: int, scale: float = 1.0) -> None:
        generator = np.random.default_rng([seed, T, 31])
        self.T = T
        self.part = Part("cell", KINDS[kind], 3, INPUT)
        self.arrays = self.part.numbers(generator, T)
        for name in {"cell W", "cell weight_hh"} & set(self.arrays):
            self.arrays[name] *= scale
        self.x = generator.normal(size=(T, BATCH, INPUT))
        self.y = generator.normal(size=(T, BATCH, OUTPUT))
        self.head = Head(generator.normal(size=(OUTPUT, 3)), generator.normal(size=OUTPUT), "tanh")
        self.cell = self.part.build(self.arrays)
        self.tape = self.cell.forward(self.x, self.part.first(self.arrays))
        self.by_outputs = self.head.backward(self.head.forward(self.tape.outputs, self.y)).states

    def losses(self, arrays: Any, begin: int, counted: range) -> Any:
        """The losses of some steps, as a function of the parameters, from the state before step ``begin`` as it is."""
        total = 0.0
        for sample in range(BATCH):
            state = [array[begin, sample] for array in self.tape.states]
            for t in range(begin, counted.stop):
                state = self.part.step(arrays, state, self.x[t, sample], t, sample)
                if t in counted:
                    error = autograd.numpy.tanh(self.head.V @ state[0] + self.head.c) - self.y[t, sample]
                    total = total + error @ error
        return total

    def by_autograd(self, pieces: list[tuple[int, range]]) -> Arrays:
        """The sum of the derivatives of pieces, each with a constant state before it."""
        parts = [autograd.grad(self.losses)(self.arrays, *piece) for piece in pieces]
        return {name: np.sum([part[f"cell {name}"] for part in parts], axis=0) for name in self.cell.parameters}


@pytest.mark.campaign(quick=1)
@pytest.mark.parametrize("T", STEPS)
@pytest.mark.parametrize("kind", CELLS)
def test_a_window_is_each_loss_from_a_constant_state(kind: str, T: int) -> None:
    """Step t's loss is followed back through the last n steps; the state before them is a constant."""
    for seed in SEEDS:
        problem = Problem(kind, T, seed)
        for n in (1, 2, 3, T - 1, T, T + 1):
            expected = problem.by_autograd([(max(0, t - n + 1), range(t, t + 1)) for t in range(T)])
            assert differences(window(problem.cell, problem.tape, problem.by_outputs, n), expected) == []


@pytest.mark.campaign(quick=1)
@pytest.mark.parametrize("T", STEPS)
@pytest.mark.parametrize("kind", CELLS)
def test_chunks_begin_with_constant_states(kind: str, T: int) -> None:
    """The state between two chunks is a constant; the last chunk may be shorter."""
    for seed in SEEDS:
        problem = Problem(kind, T, seed)
        for n in (1, 2, 3, T - 1, T, T + 1):
            expected = problem.by_autograd([(first, range(first, min(first + n, T))) for first in range(0, T, n)])
            assert differences(chunks(problem.cell, problem.tape, problem.by_outputs, n), expected) == []


@pytest.mark.parametrize(("every", "back"), [(1, 3), (2, 3), (2, 5), (3, 4), (4, 7), (7, 13)])
def test_both_numbers_at_once(every: int, back: int) -> None:
    """Every so many steps their losses go back through more steps, but never beyond the first."""
    problem = Problem("plain", 7, 0)
    pieces = [(max(0, f + every - back), range(f, min(f + every, 7))) for f in range(0, 7, every)]
    found = truncated(problem.cell, problem.tape, problem.by_outputs, every, back)
    assert differences(found, problem.by_autograd(pieces)) == []


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7])
def test_the_double_sum_of_jacobians(n: int) -> None:
    r"""\sum_t \sum_k dL_t/dh_t (\prod_{i=k}^{t-1} dh_{i+1}/dh_i) d^+h_k/db, with first(t) as the module says it."""
    problem = Problem("plain", 7, 1)
    cell = problem.cell
    assert isinstance(cell, Plain)
    slopes = 1 - problem.tape.outputs**2
    for truncate, first in ((window, lambda t: max(1, t - n + 1)), (chunks, lambda t: n * ((t - 1) // n) + 1)):
        total = np.zeros(3)
        for sample in range(BATCH):
            for t in range(1, 8):
                for k in range(first(t), t + 1):
                    row = problem.by_outputs[t - 1, sample]
                    for i in range(t - 1, k - 1, -1):
                        row = row @ (slopes[i, sample][:, None] * cell.W)
                    total += row @ np.diag(slopes[k - 1, sample])
        assert differences({"b": truncate(cell, problem.tape, problem.by_outputs, n)["b"]}, {"b": total}) == []


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_chunks_are_what_detach_gives(kind: str) -> None:
    """PyTorch, run chunk by chunk with its states detached, has the same gradients."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed (extra `torch`)")
    T, n = 7, 3
    for seed in SEEDS:
        problem = Problem({"RNN": "torch", "LSTM": "lstm", "GRU": "gru"}[kind], T, seed)
        own = {name: torch.tensor(array, requires_grad=True) for name, array in problem.cell.parameters.items()}
        if kind == "RNN":
            weights = {f"{name}_l0": own[name] for name in own}
        else:
            d = torch.zeros(3, 3, dtype=torch.float64)
            weights = {"weight_ih_l0": own["U"].reshape(-1, INPUT), "weight_hh_l0": own["W"].reshape(-1, 3)}
            if kind == "GRU":
                b_hh = torch.cat([d[:2].ravel(), own["d"]])
            weights |= {"bias_ih_l0": own["b"].ravel()}
            weights["bias_hh_l0"] = b_hh if kind == "GRU" else torch.zeros(12, dtype=torch.float64)
        module = getattr(torch.nn, kind)(INPUT, 3, dtype=torch.float64)
        state = tuple(torch.tensor(array)[None] for array in problem.part.first(problem.arrays))
        loss = torch.zeros((), dtype=torch.float64)
        V, c, y = (torch.tensor(array) for array in (problem.head.V, problem.head.c, problem.y))
        for first in range(0, T, n):
            x = torch.tensor(problem.x[first : first + n])
            given = state if len(state) == 2 else state[0]
            outputs, last = torch.func.functional_call(module, weights, (x, given))
            state = tuple(part.detach() for part in (last if len(state) == 2 else (last,)))
            loss = loss + ((torch.tanh(outputs @ V.T + c) - y[first : first + n]) ** 2).sum()
        gradients = torch.autograd.grad(loss, list(own.values()))
        expected = dict(zip(own, (gradient.numpy() for gradient in gradients), strict=True))
        assert differences(chunks(problem.cell, problem.tape, problem.by_outputs, n), expected) == []


@pytest.mark.parametrize("kind", ["window", "chunks"])
def test_the_error_shrinks_to_nothing(kind: Any) -> None:
    """With n = T nothing is cut off; with n = 1 much is; and where Jacobians are small the error decays."""
    problem = Problem("plain", 20, 0, scale=0.4)
    errors = relative_errors(problem.cell, problem.tape, problem.by_outputs, kind)
    assert errors.shape == (20,)
    assert errors[0] > 1e-2
    assert errors[-1] < 1e-14
    assert errors[9] < errors[0] / 10


def test_a_window_and_a_chunk_of_the_same_length_differ() -> None:
    """Only the lengths 1 and T have the same result: a chunk cuts off more."""
    problem = Problem("plain", 7, 0)
    windows, pieces = (
        relative_errors(problem.cell, problem.tape, problem.by_outputs, kind) for kind in ("window", "chunks")
    )
    assert windows[0] == pieces[0]
    assert all(windows[n] != pieces[n] for n in range(1, 6))


PLANTED = {
    "a step more in the window": ("max(0, first + every - back)", "max(0, first + every - back - 1)"),
    "a step less in the window": ("max(0, first + every - back)", "max(0, first + every - back + 1)"),
    "losses that are counted twice": ("piece[: first - begin] = 0.0", "pass"),
    "from the first step always": ("max(0, first + every - back)", "0"),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_error_is_found(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that is too long or too short, or a loss that is counted twice, is found."""
    problem = Problem("plain", 7, 0)
    expected = problem.by_autograd([(max(0, t - 2), range(t, t + 1)) for t in range(7)])
    plant(monkeypatch, rnn_truncated, "truncated", *PLANTED[planted])
    found = rnn_truncated.truncated(problem.cell, problem.tape, problem.by_outputs, 1, 3)
    assert differences(found, expected) != []


@pytest.mark.parametrize(("every", "back"), [(0, 1), (3, 2)])
def test_the_two_numbers_are_checked(every: int, back: int) -> None:
    """A way back that does not reach all the losses it is for is an error."""
    problem = Problem("plain", 4, 0)
    with pytest.raises(ValueError, match=rf"^needs 1 <= every <= back, got every = {every}, back = {back}$"):
        truncated(problem.cell, problem.tape, problem.by_outputs, every, back)
