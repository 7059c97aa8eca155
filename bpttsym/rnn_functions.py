r"""What every hand-written network is made of: activations, readouts and losses with their derivatives, and shapes.

A sample is a row: arrays have the axes (step, batch, unit), so that W h becomes ``h @ W.T``. Numbers are float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


class ShapeError(ValueError):
    """An array whose shape does not fit; the text names the array, the shape wanted and the shape got."""


class Rule(NamedTuple):
    """A function and its derivative, in NumPy; each table below says which arguments they take."""

    value: Callable[..., Any]
    derivative: Callable[..., Any]


def sigmoid(a: Array, h: Array) -> None:
    """1 / (1 + exp(-a)); where exp overflows, the quotient is rightly 0."""
    np.negative(a, h)
    with np.errstate(over="ignore"):
        np.exp(h, h)
    np.divide(1.0, h + 1.0, h)


def _softmax(z: Array) -> Array:
    powers: Array = np.exp(z - z.max(-1, keepdims=True))
    powers /= powers.sum(-1, keepdims=True)
    return powers


def _norm_gradient(y_hat: Array, y: Array) -> Array:
    r"""(\hat y - y) / ||\hat y - y||, and the subgradient 0 where the norm is 0."""
    error: Array = y_hat - y
    norms = np.linalg.norm(error, axis=-1, keepdims=True)
    return error / np.where(norms > 0.0, norms, 1.0)


def _cross_entropy(y_hat: Array, y: Array) -> float:
    if not (y_hat > 0.0).all():
        raise ValueError(f"cross_entropy needs positive outputs, got {y_hat.min():.6g}; the softmax readout gives them")
    return float(-np.vdot(y, np.log(y_hat)))


def _logits_cross_entropy(z: Array, y: Array) -> float:
    """-y^T log softmax(z), finite even where the softmax underflows to 0."""
    shifted = z - z.max(-1, keepdims=True)
    return float(np.vdot(y, np.log(np.exp(shifted).sum(-1, keepdims=True)) - shifted))


# f(a), written into the array h, and f'(a) as a new array, from a and h = f(a)
ACTIVATIONS = {
    "tanh": Rule(np.tanh, lambda a, h: 1.0 - h * h),
    "sigmoid": Rule(sigmoid, lambda a, h: h * (1.0 - h)),
    "relu": Rule(lambda a, h: np.maximum(a, 0.0, out=h), lambda a, h: (a > 0.0).astype(float)),
    "identity": Rule(lambda a, h: np.copyto(h, a), lambda a, h: np.ones_like(a)),
}

# \hat y = g(z), and dL/dz from \hat y and e = dL/d\hat y
READOUTS = {
    "linear": Rule(lambda z: z, lambda y_hat, e: e),
    "tanh": Rule(np.tanh, lambda y_hat, e: e * (1.0 - y_hat * y_hat)),
    "softmax": Rule(_softmax, lambda y_hat, e: y_hat * (e - (y_hat * e).sum(-1, keepdims=True))),
}

# l(\hat y, y) summed over all rows, and dL/d\hat y
LOSSES = {
    "norm": Rule(lambda y_hat, y: float(np.linalg.norm(y_hat - y, axis=-1).sum()), _norm_gradient),
    "squared_error": Rule(lambda y_hat, y: float(np.square(y_hat - y).sum()), lambda y_hat, y: 2.0 * (y_hat - y)),
    "cross_entropy": Rule(_cross_entropy, lambda y_hat, y: -y / y_hat),
}

# readout and loss in one where apart they would divide by 0: l from the logits z, and dL/dz from \hat y
TOGETHER = {
    ("softmax", "cross_entropy"): Rule(_logits_cross_entropy, lambda y_hat, y: y.sum(-1, keepdims=True) * y_hat - y),
}


def checked_array(name: str, value: ArrayLike, **axes: int | None) -> Array:
    """``value`` as floats, or a ShapeError if its axes are not those named; None stands for any size but 0."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold real numbers, got {array.dtype}")
    fits = (got == size if size is not None else got > 0 for got, size in zip(array.shape, axes.values(), strict=True))
    if array.ndim != len(axes) or not all(fits):
        wanted = ", ".join(axis if size is None else f"{axis} = {size}" for axis, size in axes.items())
        raise ShapeError(f"{name} must have the shape ({wanted}), got {array.shape}")
    return array.astype(np.float64, copy=False)


def rows(array: Array) -> Array:
    """The steps and the batch as one axis: a view of shape (steps * batch, unit)."""
    return array.reshape(-1, array.shape[-1])
