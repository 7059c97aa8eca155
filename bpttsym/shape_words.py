r"""The sizes of the samples, and functions whose values have sizes that are known (a part of shapes)."""

from __future__ import annotations

DEFAULT_SIZES = (3, 2, 4, 5, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19)
"""Sizes in the order in which dimensions are met: all different."""

ELEMENTWISE = frozenset(
    (r"\tanh", r"\sinh", r"\cosh", r"\exp", r"\log", r"\sigma", r"\mathrm{relu}", r"\mathrm{softplus}", r"\mathrm{id}")
) | {r"\mathrm{softmax}", "abs"}

LARGEST = frozenset((r"\max", r"\sup", r"\operatorname{sup}", r"\mathrm{max}", r"\mathrm{sup}"))
EXTREMA = LARGEST | {r"\min", r"\inf", r"\mathrm{min}", r"\mathrm{inf}"}

EXPECTATION = r"\mathbb{E}"
"""The mean over the data."""

DIFFERENTIAL = r"\mathrm{d}"
"""How much a quantity changes in some direction of what is moved."""

SQUARE = frozenset((r"\mathrm{tr}", r"\det"))
"""Numbers of a square matrix that are polynomials of its entries."""

PART = r"\mathrm{part}"
r"""``\mathrm{part}_{k,n}(v)``: the part of a vector that the k-th of n quantities is, one below the other."""

SPECTRAL = frozenset((r"\sigma_{\max}", r"\sigma_{\min}", r"\rho", r"\lambda_{\max}", r"\lambda_{\min}"))
"""Numbers of a matrix: its singular values, its spectral radius, its eigenvalues."""


def is_capital(name: str) -> bool:
    """A capital letter, perhaps in bold, under an accent or with a label, which stands for a matrix."""
    return name.partition("_")[0].rpartition("{")[2].lstrip("\\")[:1].isupper()
