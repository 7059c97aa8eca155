r"""Recurrent networks side by side, and how the norms of their Jacobians fall or grow.

    h_t = f(W h_{t-1} + s x_t + b),    ||dh_T/dh_t||_2 <= (gamma sigma_max(W))^(T-t),    gamma = sup |f'|

(Pascanu, Mikolov and Bengio 2013.) gamma sigma_max < 1 is sufficient for vanishing, and gamma sigma_max > 1 is
necessary for exploding; neither is the converse. Norms are base-10 logarithms, and products are rescaled as they are
multiplied, so that 10^-400 is as good a number as any; a product that is exactly zero has the logarithm -inf.

Arrays have the axes (step, network, unit); Jacobians are in numerator layout. All numbers come from seeds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bpttsym.errors import UsageError
from bpttsym.records import dataclass

Array = NDArray[np.float64]

LARGEST = 1e150
"""States and sums beyond it could overflow, and then nothing would be known of their slopes."""

_erf = np.vectorize(math.erf, otypes=[np.float64])


def _sigmoid(a: Array) -> Array:
    return np.asarray(np.exp(-np.logaddexp(0.0, -a)))


def _tanh_slope(a: Array) -> Array:
    """1 - tanh(a)^2, right to the last digit where tanh is nearly 1."""
    return np.asarray(np.cosh(np.clip(a, -350.0, 350.0)) ** -2.0)


def _normal(a: Array) -> Array:
    return np.asarray(0.5 * (1.0 + _erf(a / math.sqrt(2.0))))


class Activation(NamedTuple):
    """f, f' and gamma, the supremum of |f'|."""

    value: Callable[[Array], Any]
    derivative: Callable[[Array], Any]
    gamma: float


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation(np.tanh, _tanh_slope, 1.0),
    "sigmoid": Activation(_sigmoid, lambda a: _sigmoid(a) * _sigmoid(-a), 0.25),
    "relu": Activation(lambda a: np.maximum(a, 0.0), lambda a: (a > 0.0).astype(float), 1.0),
    "identity": Activation(lambda a: a, np.ones_like, 1.0),
    "gelu": Activation(
        lambda a: a * _normal(a),
        lambda a: _normal(a) + a * np.exp(-0.5 * a * a) / math.sqrt(2.0 * math.pi),
        0.5 * (1.0 + math.erf(1.0)) + math.exp(-1.0) / math.sqrt(math.pi),
    ),
    "silu": Activation(
        lambda a: a * _sigmoid(a),
        lambda a: _sigmoid(a) * (1.0 + a * _sigmoid(-a)),
        1.0998393201288276,
    ),
}
"""GELU' is largest at sqrt(2), SiLU' at 2.3994; for both of them gamma = 1 would be wrong."""


class Setting(NamedTuple):
    """A family of networks: f, what W is a multiple of, the bias b, and the scale s of the inputs."""

    activation: str
    weights: str
    bias: float
    inputs: float


SETTINGS: dict[str, Setting] = {
    "orthogonal": Setting("tanh", "orthogonal", 0.0, 0.1),
    "driven": Setting("tanh", "orthogonal", 0.0, 1.0),
    "saturated": Setting("tanh", "identity", 2.0, 0.1),
    "sigmoid": Setting("sigmoid", "orthogonal", 0.0, 1.0),
    "gaussian": Setting("tanh", "gaussian", 0.0, 0.1),
    "relu": Setting("relu", "orthogonal", 0.0, 1.0),
    "identity": Setting("identity", "orthogonal", 0.0, 1.0),
}
"""An orthogonal matrix has only the singular value 1; a Gaussian one is divided by its largest."""


@dataclass(frozen=True, slots=True, eq=False)
class Networks:
    """Networks side by side: ``drive`` is s x_t + b at t = 1, ..., T, ``start`` is h_0."""

    activation: Activation
    weights: Array  # (network, unit, unit)
    inputs: Array  # (T, network, unit): x_1, ..., x_T
    drive: Array  # (T, network, unit)
    start: Array  # (network, unit)


def unit_weights(kind: str, seeds: Sequence[int], hidden: int) -> Array:
    """One matrix with largest singular value 1 for each seed: orthogonal, Gaussian, or the identity."""
    draws = np.stack([np.random.default_rng([seed, 0]).standard_normal((hidden, hidden)) for seed in seeds])
    if kind == "orthogonal":
        q, r = np.linalg.qr(draws)
        return np.asarray(q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, np.newaxis, :])
    if kind == "gaussian":
        return np.asarray(draws / np.linalg.norm(draws, 2, axis=(1, 2))[:, np.newaxis, np.newaxis])
    return np.broadcast_to(np.eye(hidden), draws.shape).copy()


def networks(setting: Setting, sigma: float, hidden: int, steps: int, seeds: int) -> Networks:
    """The networks of a setting with sigma_max(W) = ``sigma``, one for each seed."""
    numbers = range(seeds)
    weights = sigma * unit_weights(setting.weights, numbers, hidden)
    inputs = np.stack([np.random.default_rng([seed, 1]).standard_normal((steps, hidden)) for seed in numbers], axis=1)
    start = np.stack([np.random.default_rng([seed, 2]).uniform(-0.1, 0.1, hidden) for seed in numbers])
    return Networks(ACTIVATIONS[setting.activation], weights, inputs, setting.inputs * inputs + setting.bias, start)


def trajectory(networks: Networks) -> tuple[Array, Array]:
    """The states h_0, ..., h_T, and the slopes f'(a_1), ..., f'(a_T); a UsageError if a state grows out of range."""
    states: list[Array] = [networks.start]
    slopes: list[Array] = []
    for drive in networks.drive:
        a = np.matmul(networks.weights, states[-1][..., np.newaxis])[..., 0] + drive
        if np.abs(a).max() > LARGEST:
            raise UsageError(
                f"after {len(slopes)} steps a state is beyond {LARGEST:g}: take fewer steps or a smaller sigma"
            )
        states.append(np.asarray(networks.activation.value(a)))
        slopes.append(np.asarray(networks.activation.derivative(a)))
    return np.stack(states), np.stack(slopes)


def _log10(values: Array) -> Array:
    """The base-10 logarithm, with -inf for 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(values))


def _rescaled(values: Array, norms: Array) -> Array:
    return np.asarray(values / np.where(norms > 0.0, norms, 1.0)[:, np.newaxis, np.newaxis])


def product_log_norms(networks: Networks) -> Array:
    """log10 ||dh_T/dh_t||_2 by distance T-t = 0, ..., T: shape (T + 1, network)."""
    _, slopes = trajectory(networks)
    product = np.broadcast_to(np.eye(networks.weights.shape[-1]), networks.weights.shape)
    found = [np.zeros(len(product))]
    for slope in slopes[::-1]:
        product = np.matmul(product * slope[:, np.newaxis, :], networks.weights)
        norms = np.linalg.norm(product, 2, axis=(1, 2))
        product = _rescaled(product, norms)
        found.append(found[-1] + _log10(norms))
    return np.stack(found)


def step_log_norms(networks: Networks) -> Array:
    """log10 ||dh_{t+1}/dh_t||_2 for t = 0, ..., T-1: shape (T, network)."""
    _, slopes = trajectory(networks)
    jacobians = slopes[..., np.newaxis] * networks.weights
    return _log10(np.linalg.norm(jacobians, 2, axis=(2, 3)))


def final_log_norms(networks: Networks) -> Array:
    """log10 ||dh_T/dh_0||_2 of each network; the norms on the way are those that are cheap."""
    _, slopes = trajectory(networks)
    product = np.broadcast_to(np.eye(networks.weights.shape[-1]), networks.weights.shape)
    scale = np.zeros(len(product))
    for slope in slopes[::-1]:
        product = np.matmul(product * slope[:, np.newaxis, :], networks.weights)
        norms = np.sqrt(np.square(product).sum(axis=(1, 2)))
        product = _rescaled(product, norms)
        scale = scale + _log10(norms)
    return np.asarray(scale + _log10(np.linalg.norm(product, 2, axis=(1, 2))))


def term_log_norms(networks: Networks, seeds: int) -> tuple[Array, Array]:
    """log10 of the norm of each term of dL/d(W, U, b), t = 1, ..., T, shape (T, network), and of their sum.

    The loss is ||V h_T - y||^2 / 2 with one output and V, y from the seed; U is s times the identity. A term is the
    outer product of alpha_t, the gradient by a_t through the later steps, and (h_{t-1}, x_t, 1).
    """
    states, slopes = trajectory(networks)
    hidden = states.shape[-1]
    readouts = np.stack([np.random.default_rng([seed, 3]).standard_normal(hidden) for seed in range(seeds)])
    targets = np.array([np.random.default_rng([seed, 4]).standard_normal() for seed in range(seeds)])
    errors = (readouts * states[-1]).sum(-1) - targets
    rows = (errors[:, np.newaxis] * readouts)[:, np.newaxis, :]
    scale = np.zeros(seeds)
    terms, total = [], np.zeros((seeds, hidden, 2 * hidden + 1))
    for t in range(len(slopes), 0, -1):
        alpha = rows * slopes[t - 1][:, np.newaxis, :]
        others = np.concatenate([states[t - 1], networks.inputs[t - 1], np.ones((seeds, 1))], axis=1)[:, np.newaxis, :]
        norms = np.linalg.norm(alpha, axis=(1, 2))
        terms.append(scale + _log10(norms * np.linalg.norm(others, axis=(1, 2))))
        total += 10.0 ** scale[:, np.newaxis, np.newaxis] * np.swapaxes(alpha, 1, 2) * others
        rows = np.matmul(_rescaled(alpha, norms), networks.weights)
        scale = scale + _log10(norms)
    return np.stack(terms[::-1]), _log10(np.linalg.norm(total, axis=(1, 2)))
