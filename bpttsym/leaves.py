"""Numbers for the leaves of a graph, and the functions that are known by name, on arrays real or complex."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bpttsym.shapes import Shape
from bpttsym.world import CannotSay

Array = NDArray[Any]
SINGULAR = 1e12
"""The condition of a matrix that has no inverse in floats."""

ROUNDING = 1e-9
"""Matrices that are symmetric but for this share of their entries are symmetric."""


@cache
def identity(size: int) -> Array:
    """An identity matrix, made once."""
    found = np.eye(size)
    found.flags.writeable = False
    return found


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _softmax(x: Array) -> Array:
    shifted = np.exp(x - x.real.max(axis=(-2, -1), keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=(-2, -1), keepdims=True))


def where_positive(x: Array, value: Array) -> Array:
    """No number, in both parts, where a logarithm or a root has no real value."""
    return np.where(x.real > 0, value, complex(np.nan, np.nan) if np.iscomplexobj(x) else np.nan)


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    r"\tanh": np.tanh,
    r"\sinh": np.sinh,
    r"\cosh": np.cosh,
    r"\exp": np.exp,
    r"\log": lambda x: where_positive(x, np.log(x)),
    r"\sigma": _sigmoid,
    r"\mathrm{softmax}": _softmax,
    r"\mathrm{relu}": lambda x: np.where(x.real > 0, x, 0 * x),
    r"\mathrm{softplus}": lambda x: np.log(1 + np.exp(x)),
    r"\mathrm{id}": lambda x: x,
    "abs": lambda x: np.where(x.real < 0, -x, x),
}

ASYMMETRIC = "the eigenvalues of a matrix that is not symmetric may be complex: none is the largest or smallest"


def _eigenvalues(x: Array) -> Array:
    """The eigenvalues of symmetric matrices, from the smallest up."""
    if np.abs(x - np.swapaxes(x, -1, -2)).max(initial=0.0) > ROUNDING * np.abs(x).max(initial=0.0):
        raise CannotSay(ASYMMETRIC)
    return np.linalg.eigvalsh(x)


SPECTRA: dict[str, Callable[[Array], Array]] = {
    r"\sigma_{\max}": lambda x: np.linalg.svd(x, compute_uv=False)[..., 0],
    r"\sigma_{\min}": lambda x: np.linalg.svd(x, compute_uv=False)[..., -1],
    r"\rho": lambda x: np.abs(np.linalg.eigvals(x)).max(axis=-1),
    r"\lambda_{\max}": lambda x: _eigenvalues(x)[..., -1],
    r"\lambda_{\min}": lambda x: _eigenvalues(x)[..., 0],
}
"""Numbers of a matrix: singular values, the spectral radius, eigenvalues of what is symmetric."""


def inverses(value: Array) -> Array:
    """The inverse of each matrix; no number where one is so nearly singular that it is none but for rounding."""
    try:
        found = np.linalg.inv(value)
    except np.linalg.LinAlgError:
        return np.full(value.shape, np.nan)
    condition = np.abs(value).sum(axis=-1).max(axis=-1) * np.abs(found).sum(axis=-1).max(axis=-1)
    return np.where((condition < SINGULAR)[..., None, None], found, np.nan)


LeafRule = Callable[[str, tuple[int, ...], Shape], Array]
"""The value of a leaf by name, index and shape, as an array (samples, rows, columns)."""


def constant(name: str, index: tuple[int, ...], shape: Shape) -> Array:
    """Parameters and inputs 1, targets and the state before the first step 0: the simplest numbers."""
    low = name == "y" or (index and min(index) < 1) or name in ("b", "c")
    return np.full((1, *shape), 0.0 if low else 1.0)


def gentle(name: str, index: tuple[int, ...], shape: Shape) -> Array:
    """Parameters 1 and all else a hundredth: what happens long before a step still reaches it."""
    return np.full((1, *shape), 0.01 if index else 1.0)


def patterned(name: str, index: tuple[int, ...], shape: Shape) -> Array:
    """Small numbers that differ from entry to entry: 1, 1/2, -1, 2, ... begun at a place by the name."""
    pool = (1.0, 0.5, -1.0, 2.0, -0.5, 1.5)
    start = zlib.crc32(repr((name, index)).encode())
    count = shape[0] * shape[1]
    return np.array([pool[(start + i * 5 + i * i) % len(pool)] for i in range(count)]).reshape(1, *shape)


def scaled_identity(scale: float, names: frozenset[str]) -> LeafRule:
    """The named matrices are a multiple of the identity, everything else is zero."""

    def rule(name: str, index: tuple[int, ...], shape: Shape) -> Array:
        return np.asarray((scale * np.eye(*shape) if name in names else np.zeros(shape))[None])

    return rule


def nilpotent(names: frozenset[str], seed: int) -> LeafRule:
    """The named matrices have a square of zero and are large; everything else is drawn as usual."""
    usual = scaled_random(1.0, seed)

    def rule(name: str, index: tuple[int, ...], shape: Shape) -> Array:
        if name not in names or shape[0] != shape[1] or shape[0] < 2:
            return usual(name, index, shape)
        random = np.random.default_rng([seed, zlib.crc32(name.encode())])
        right = random.standard_normal(shape[0])
        left = random.standard_normal(shape[0])
        left -= right * (left @ right) / (right @ right)
        return np.asarray(2.0 * np.outer(left, right)[None])

    return rule


def scaled_random(scale: float, seed: int) -> LeafRule:
    """Normal entries, those of parameters multiplied by ``scale``."""

    def rule(name: str, index: tuple[int, ...], shape: Shape) -> Array:
        random = np.random.default_rng([seed, zlib.crc32(repr((name, index)).encode())])
        return np.asarray(random.standard_normal((1, *shape)) * (1.0 if index else scale))

    return rule
