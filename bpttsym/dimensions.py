"""Dimensions that turn out to be the same, and the names that a document gives them (a part of shapes)."""

from __future__ import annotations


class Dimensions:
    """Numbers that stand for dimensions; 0 is the size one."""

    def __init__(self) -> None:
        self._parent: list[int] = [0]
        self.labels: dict[str, int] = {}
        self.numbered: dict[int, str] = {}

    def fresh(self) -> int:
        """A new dimension."""
        self._parent.append(len(self._parent))
        return len(self._parent) - 1

    def find(self, dimension: int) -> int:
        """The representative of a dimension; 0 is the size one."""
        while self._parent[dimension] != dimension:
            self._parent[dimension] = self._parent[self._parent[dimension]]
            dimension = self._parent[dimension]
        return dimension

    def unify(self, first: int, second: int) -> None:
        """Make two dimensions the same."""
        a, b = self.find(first), self.find(second)
        if a != b:
            low, high = min(a, b), max(a, b)
            self._parent[high] = low

    def same(self, first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int]:
        """Make two shapes the same."""
        self.unify(first[0], second[0])
        self.unify(first[1], second[1])
        return first

    def is_one(self, shape: tuple[int, int]) -> bool:
        """Whether a shape is known to be a number's."""
        return self.find(shape[0]) == 0 and self.find(shape[1]) == 0

    def labelled(self, label: str) -> int:
        """The dimension of a size: each number may stand for several, a name for one."""
        if label == "1":
            return 0
        if not label.isdigit():
            return self.labels[label] if label in self.labels else self.labels.setdefault(label, self.fresh())
        dimension = self.fresh()
        self.numbered[dimension] = label
        return dimension

    def called(self) -> dict[int, tuple[set[str], set[str]]]:
        """The names and the numbers of every dimension that was given one."""
        found: dict[int, tuple[set[str], set[str]]] = {}
        for label, dimension in self.labels.items():
            found.setdefault(self.find(dimension), (set(), set()))[0].add(label)
        for dimension, number in self.numbered.items():
            found.setdefault(self.find(dimension), (set(), set()))[1].add(number)
        return found
