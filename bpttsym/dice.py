"""Random numbers by name: the same on every machine, without a library that takes time to load."""

from __future__ import annotations

MASK = 2**64 - 1


class Dice:
    """Random numbers by name, the same on every machine (splitmix64)."""

    def __init__(self, name: object) -> None:
        self.state = 0xCBF29CE484222325
        for byte in repr(name).encode():
            self.state = (self.state ^ byte) * 0x100000001B3 & MASK

    def integer(self) -> int:
        """A number of 64 bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = (self.state ^ self.state >> 30) * 0xBF58476D1CE4E5B9 & MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & MASK
        return mixed ^ mixed >> 31

    def uniform(self, scale: float) -> float:
        """A number between ``-scale`` and ``scale``."""
        return scale * (self.integer() / 2**63 - 1)
