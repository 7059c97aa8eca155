"""What is true of a document of the corpus, in plain NumPy: it shares nothing with the package.

A document ``x.md`` has a module ``x.py`` beside it: its networks as ``Numbers``, and in ``CLAIMS`` for each equation,
named by its display and its part, the two sides as its author means them. Derivatives perturb the definitions by a
complex step, and no chain rule is known here.
"""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from brute_force import BruteModel, opaque, softmax

__all__ = [
    "Numbers",
    "bound",
    "diag",
    "each",
    "kron",
    "opaque",
    "ordered",
    "per_step",
    "same",
    "sigmoid",
    "softmax",
    "targets",
    "tr",
]

HERE = Path(__file__).parent
TOLERANCE = 1e-8
Key = str | tuple[Any, ...]


class Numbers:
    """A forward graph with random leaves, asked for values and derivatives; everything is (seed, row, column)."""

    def __init__(self, T: int, leaves: Mapping, nodes: Mapping, values: Mapping | None = None) -> None:
        self.model = BruteModel(T, leaves, nodes, values)
        self.T = T

    def __call__(self, *node: Any) -> np.ndarray:
        """The value of a node: ``n("h", 3)``."""
        return self.model.base[node].real[:, 0] + np.zeros((3, 1, 1))

    def d(self, of: Key, by: Key) -> np.ndarray:
        """The total derivative: a row for each entry of ``of``, a column for each entry of ``by``."""
        return self.model.derivative(_node(of), _node(by), False)

    def own(self, of: Key, by: Key) -> np.ndarray:
        """The immediate derivative: only the formula of ``of`` itself is moved."""
        return self.model.derivative(_node(of), _node(by), True)

    def grad(self, of: Key, by: Key) -> np.ndarray:
        """The derivative of a number, in the shape of its variable."""
        return self.d(of, by).reshape(3, *self.model.shape[_node(by)])


def _node(key: Key) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def tr(a: np.ndarray) -> np.ndarray:
    """The transpose."""
    return a.swapaxes(1, 2)


def diag(a: np.ndarray) -> np.ndarray:
    """The diagonal matrix of a row or column."""
    return a.reshape(len(a), -1, 1) * np.eye(a[0].size)


def kron(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Kronecker's product for each seed."""
    return np.stack([np.kron(x, y) for x, y in zip(a, b, strict=True)])


def ordered(factors: Iterable[np.ndarray], size: int) -> np.ndarray:
    """The matrix product from left to right; of nothing, the identity."""
    product = np.broadcast_to(np.eye(size), (3, size, size))
    for factor in factors:
        product = product @ factor
    return product


def sigmoid(a: np.ndarray) -> np.ndarray:
    """The logistic function."""
    return 1 / (1 + np.exp(-a))


def same(left: Any, right: Any) -> bool:
    """The sides agree, with a shape that clashes counted as false."""
    left, right = np.asarray(left), np.asarray(right)
    if left.ndim and right.ndim and left.shape != right.shape:
        return False
    size = max(abs(left).max(), abs(right).max())
    return bool(abs(left - right).max() <= TOLERANCE * size + 1e-11)


def targets(name: str, T: int, size: int) -> dict[Key, np.ndarray]:
    """A target for each step, whose entries are positive and sum to one."""
    return {(name, t): softmax(np.random.default_rng([5, t]).normal(size=(3, 1, size, 1))) for t in range(1, T + 1)}


def per_step(T: int, **sizes: tuple[int, int]) -> dict[Key, tuple[int, int]]:
    """A leaf for each step: ``per_step(4, x=(2, 1))``."""
    return {(name, t): size for name, size in sizes.items() for t in range(1, T + 1)}


def bound(left: Any, right: Any) -> bool:
    """The left side is at most the right."""
    return bool((np.asarray(left) <= np.asarray(right) + TOLERANCE).all())


def each(steps: Iterable[Any], holds: Callable[[Any], bool]) -> bool:
    """The law holds at each step; at no step at all it says nothing, and that is an error of the corpus."""
    found = [holds(step) for step in steps]
    assert found, "a law without a case"
    return all(found)


@dataclass(frozen=True)
class Entry:
    """One equation of a document with its truth: ``holds``, ``false`` or ``conditional``, and why."""

    document: Path
    display: int
    part: int
    truth: str
    why: str
    best: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.document.parent.name}/{self.document.stem} {self.display}.{self.part}"


BEST = {"holds": ("proved",), "false": ("refuted",), "conditional": ("conditional",)}


def entries(part: str) -> list[Entry]:
    """The equations of one part of the corpus, as ``truth.toml`` records them: ``"false: W for its transpose"``;
    in brackets, the verdicts that are as good as can be, where that is another one."""
    found = []
    for stem, table in tomllib.loads((HERE / part / "truth.toml").read_text("utf-8")).items():
        (document,) = (path for path in (HERE / part).glob(f"{stem}.*") if path.suffix in (".md", ".tex", ".ipynb"))
        for place, text in table.items():
            words, _, why = text.partition(": ")
            truth, _, best = words.partition(" [")
            display, number = (int(figure) for figure in place.split("."))
            chosen = tuple(best.rstrip("]").split(", ")) if best else BEST[truth]
            found.append(Entry(document, display, number, truth, why, chosen))
    return found


def claims(document: Path) -> dict[str, Callable[[], Any]]:
    """The table ``CLAIMS`` of the module beside a document."""
    module = _module(document)
    return module.CLAIMS


def _module(document: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"corpus_{document.stem}", document.with_suffix(".py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
