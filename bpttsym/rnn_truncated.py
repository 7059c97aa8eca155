r"""Truncated backpropagation through time: the forward walk is whole, the ways back are short.

Every ``every`` steps, the losses of those steps are followed back, but through no more than ``back`` steps counted from
the last of them (Williams and Peng, 1990, write BPTT(back; every)). With d^+ for the use in one step alone, dL/d\psi is
replaced by

    \sum_t \sum_{k = first(t)}^{t} (dL_t/dh_t) (\prod_{i=k}^{t-1} dh_{i+1}/dh_i) (d^+ h_k / d\psi).

The two usual ways are not the same algorithm:

    window of n steps   every = 1, back = n    first(t) = max(1, t - n + 1): each loss sees n steps
    chunks of n steps   every = back = n       first(t) = n floor((t - 1)/n) + 1: a state enters a chunk as a constant

With back >= T + every - 1 nothing is cut off, and the gradient is the full one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bpttsym.rnn_cells import Cell, Tape, added
from bpttsym.rnn_functions import Array


def truncated(cell: Cell, tape: Tape, outputs: Array, every: int, back: int) -> dict[str, Array]:
    """The truncated derivatives by the parameters of a cell, from the derivatives by h_1, ..., h_T in ``outputs``."""
    if not 1 <= every <= back:
        raise ValueError(f"needs 1 <= every <= back, got every = {every}, back = {back}")
    parts = []
    T = len(outputs)
    for first in range(0, T, every):
        stop = min(first + every, T)
        begin = max(0, first + every - back)
        piece = outputs[begin:stop].copy()
        piece[: first - begin] = 0.0  # these losses have had their turn
        parts.append(cell.backward(tape.steps(begin, stop), piece).parameters)
    return added(parts)


def window(cell: Cell, tape: Tape, outputs: Array, n: int) -> dict[str, Array]:
    """Each loss is followed back through the last n steps."""
    return truncated(cell, tape, outputs, every=1, back=n)


def chunks(cell: Cell, tape: Tape, outputs: Array, n: int) -> dict[str, Array]:
    """The steps are cut into chunks of n, and no derivative passes from one chunk to another."""
    return truncated(cell, tape, outputs, every=n, back=n)


TRUNCATIONS: dict[str, Callable[[Cell, Tape, Array, int], dict[str, Array]]] = {"window": window, "chunks": chunks}


def relative_errors(cell: Cell, tape: Tape, outputs: Array, kind: str) -> Array:
    """||truncated - full|| / ||full|| over all parameters of the cell, for n = 1, ..., T."""
    truncate = TRUNCATIONS[kind]
    full = cell.backward(tape, outputs).parameters
    size = np.sqrt(sum(np.sum(np.square(gradient)) for gradient in full.values()))
    errors = []
    for n in range(1, len(outputs) + 1):
        short = truncate(cell, tape, outputs, n)
        errors.append(np.sqrt(sum(np.sum(np.square(short[name] - full[name])) for name in full)) / size)
    return np.array(errors)
