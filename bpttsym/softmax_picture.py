"""A softmax in numbers: its outputs, its Jacobian, and the gradient of the cross entropy by the scores."""

from __future__ import annotations

from math import exp
from typing import NamedTuple


class Softmax(NamedTuple):
    """A softmax of some scores, and the class that was right, counted from 1."""

    scores: tuple[float, ...]
    outputs: tuple[float, ...]
    jacobian: tuple[tuple[float, ...], ...]
    right: int
    gradient: tuple[float, ...]


def softmax(scores: tuple[float, ...], right: int) -> Softmax:
    """Its outputs, the derivative of each of them by each score, and the gradient of the cross entropy."""
    powers = [exp(score - max(scores)) for score in scores]
    outputs = tuple(power / sum(powers) for power in powers)
    jacobian = tuple(tuple(p * ((i == k) - q) for k, q in enumerate(outputs)) for i, p in enumerate(outputs))
    gradient = tuple(p - (i == right) for i, p in enumerate(outputs, 1))
    return Softmax(scores, outputs, jacobian, right, gradient)
