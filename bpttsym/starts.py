"""Where the search for a violation of a bound begins: values of all leaves, over scales and structures of weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bpttsym.ground import Ground
from bpttsym.leaves import Array, constant, scaled_identity
from bpttsym.model import Key
from bpttsym.shapes import Shape

Values = Mapping[Key, Array]
"""The leaves of a graph, each as an array (candidates, rows, columns)."""

Random = np.random.Generator
IDENTITY_SCALES = (2.0, 3.0, 1.0, 0.5, -2.0)
WEIGHT_SCALES = (1.0, 0.5, 2.0, 0.9, 0.1, 5.0, 1.0, 0.5, 1e-3, 1e3, 1e-7, 1e7)
OTHER_SCALES = (0.0, 0.3, 1.0, 1e-3, 3.0, 10.0, 1e-7, 1e3, 1e7)


def _normal(random: Random, shape: Shape) -> Array:
    return random.standard_normal(shape)


def _identity(random: Random, shape: Shape) -> Array:
    return np.eye(*shape)


def _orthogonal(random: Random, shape: Shape) -> Array:
    wide = max(shape)
    return np.asarray(np.linalg.qr(random.standard_normal((wide, wide)))[0][: shape[0], : shape[1]])


def _rank_one(random: Random, shape: Shape) -> Array:
    return np.outer(random.standard_normal(shape[0]), random.standard_normal(shape[1]))


def _nilpotent(random: Random, shape: Shape) -> Array:
    """A square that is zero: the column space lies in the kernel."""
    left, right = random.standard_normal(shape[0]), random.standard_normal(shape[1])
    if shape[0] == shape[1] and shape[0] > 1:
        left -= right * (left @ right) / (right @ right)
    return np.outer(left, right)


def _shift(random: Random, shape: Shape) -> Array:
    """Nilpotent and far from normal: each entry moves to the next place."""
    return np.eye(*shape, k=1) * random.uniform(0.5, 3.0)


def _non_normal(random: Random, shape: Shape) -> Array:
    """Small eigenvalues on the diagonal beside large entries above it."""
    return 0.5 * np.eye(*shape) + np.triu(random.standard_normal(shape), 1) * 4.0


def _diagonal(random: Random, shape: Shape) -> Array:
    return np.eye(*shape) * random.standard_normal(shape)


def _ones(random: Random, shape: Shape) -> Array:
    return np.ones(shape)


STRUCTURES: tuple[Callable[[Random, Shape], Array], ...] = (
    *(_normal, _identity, _orthogonal, _rank_one, _nilpotent, _shift, _non_normal, _diagonal, _ones),
)
"""Kinds of weights: each is where some bound that is false of all weights still holds of random ones, or fails."""


def leaves(ground: Ground) -> dict[Key, Shape]:
    """The leaves of a graph with their shapes."""
    return {key: ground.shapes[key[0]] for key, node in ground.graph.nodes.items() if node.body is None}


def simple_starts(ground: Ground, recurrent: frozenset[str]) -> Values:
    """Few values that a person can redo: recurrent weights a multiple of the identity and all else zero, or ones."""
    found = {}
    for key, shape in leaves(ground).items():
        plain = [scaled_identity(scale, recurrent)(*key, shape) for scale in IDENTITY_SCALES]
        found[key] = np.concatenate([*plain, constant(*key, shape)])
    return found


def wide_starts(ground: Ground, count: int, seed: int = 0) -> Values:
    """Weights of every structure and all leaves in every scale, one scale for all or one for each name."""
    random = np.random.default_rng([seed, count])
    shapes = leaves(ground)
    names = sorted({name for name, _ in shapes})
    found = {key: np.empty((count, *shape)) for key, shape in shapes.items()}
    for candidate in range(count):
        common = _scales(random)
        scales = {name: common if candidate % 2 else _scales(random) for name in names}
        for key, shape in shapes.items():
            weight, other = scales[key[0]]
            matrix = min(shape) > 1
            structure = STRUCTURES[candidate % len(STRUCTURES)] if matrix and not key[1] else _normal
            found[key][candidate] = structure(random, shape) * (weight if not key[1] and matrix else other)
    return found


def _scales(random: Random) -> tuple[float, float]:
    return _one_of(WEIGHT_SCALES, random), _one_of(OTHER_SCALES, random)


def _one_of(scales: tuple[float, ...], random: Random) -> float:
    """One of some numbers, the same as of ``random.choice``, which makes an array of them each time."""
    return scales[random.integers(0, len(scales))]


def chosen(values: Values, candidates: Array) -> Values:
    """Some candidates, a candidate as often as it is named."""
    return {key: array[candidates] for key, array in values.items()}


def mutated(values: Values, random: Random, step: float) -> Values:
    """Each candidate moved: its leaves by a share of their size, some of them scaled as a whole, some left alone."""
    found = {}
    for key, array in values.items():
        lead = (len(array), 1, 1)
        size = np.abs(array).max(axis=(-2, -1), keepdims=True)
        moved = array + step * np.where(size > 0, size, 1.0) * random.standard_normal(array.shape)
        scaled = moved * 10.0 ** (step * random.standard_normal(lead))
        found[key] = np.where(random.random(lead) < 0.6, scaled, array)
    return found


def rescaled(values: Values, farthest: int) -> Values:
    """The first candidate with all leaves, or those of one name, scaled by up to a power of ten."""
    powers = (-farthest, -2, -1, 1, 2, farthest)
    names = sorted({name for name, _ in values})
    groups = [set(names), *({name} for name in names)]
    found = {}
    for key, array in values.items():
        factors = [10.0**power if key[0] in group else 1.0 for group in groups for power in powers]
        found[key] = array[:1] * np.array(factors)[:, None, None]
    return found
