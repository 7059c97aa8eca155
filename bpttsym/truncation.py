"""What truncation keeps of a gradient, and how far off it is: the numbers of one figure, as plain data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bpttsym.networks import unit_weights
from bpttsym.rnn_cells import Plain
from bpttsym.rnn_truncated import TRUNCATIONS, relative_errors

Numbers = tuple[float, ...]

SCALE = 0.1
"""Of the inputs: small, so that the slopes of tanh are near one and W alone decides."""


class Kept(NamedTuple):
    """For each step t the first step that its loss sees."""

    name: str
    first: tuple[int, ...]


class Errors(NamedTuple):
    """The relative error for each length n = 1, 2, ...: the median over the seeds, and the 10 % and 90 % quantiles."""

    name: str
    sigma: float
    median: Numbers
    low: Numbers
    high: Numbers


class Truncations(NamedTuple):
    """The data of the figure: what a window and chunks of ``length`` steps keep, and the error for every length."""

    steps: int
    length: int
    seeds: int
    hidden: int
    kept: tuple[Kept, ...]
    errors: tuple[Errors, ...]


def truncations(steps: int, length: int, sigma: tuple[float, ...], seeds: int, hidden: int) -> Truncations:
    """What is kept, and how far off it is, for tanh networks with W = sigma_max Q, Q orthogonal."""
    numbers = range(1, steps + 1)
    kept = (
        Kept("window", tuple(max(1, t - length + 1) for t in numbers)),
        Kept("chunks", tuple(length * ((t - 1) // length) + 1 for t in numbers)),
    )
    errors = [_errors(name, value, steps, seeds, hidden) for value in sigma for name in TRUNCATIONS]
    return Truncations(steps, length, seeds, hidden, kept, tuple(errors))


def _errors(name: str, sigma: float, steps: int, seeds: int, hidden: int) -> Errors:
    """How far off one way of truncation is, in networks that differ in nothing but their seed."""
    found = []
    for seed, weights in enumerate(unit_weights("orthogonal", range(seeds), hidden)):
        generator = np.random.default_rng([seed, 2])
        inputs, targets = generator.standard_normal((2, steps, 1, hidden))
        cell = Plain(sigma * weights, np.eye(hidden), np.zeros(hidden))
        tape = cell.forward(SCALE * inputs, (np.zeros((1, hidden)),))
        found.append(relative_errors(cell, tape, 2 * (tape.outputs - targets), name))
    low, median, high = np.quantile(found, [0.1, 0.5, 0.9], axis=0, method="nearest").tolist()
    return Errors(name, sigma, tuple(median), tuple(low), tuple(high))
