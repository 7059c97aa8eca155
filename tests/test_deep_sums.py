"""Sums over entries, many in one another: judged as NumPy judges them, in a number of steps that does not multiply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_components import ALL, CLASSES, DEFINITIONS, H, N, P, T, last

from bpttsym import reckoner

Array = Any
Row = tuple[str, Callable[[int], tuple[Array, Array]]]


def w(power: int) -> Array:
    return np.linalg.matrix_power(N("W"), power)


SIX = r"\sum_i\sum_j\sum_k\sum_l\sum_m\sum_n "

ROWS: dict[str, Row] = {
    "five matrices and a vector": (
        SIX + r"W_{ij}W_{jk}W_{kl}W_{lm}W_{mn}h_{t,n} = \mathbf 1^\top W W W W W h_t",
        lambda t: ((w(5) @ H(t)).sum(), np.einsum("ij,jk,kl,lm,mn,n->", *[N("W")] * 5, H(t))),
    ),
    "five matrices, one of them transposed": (
        SIX + r"W_{ij}W_{jk}W_{lk}W_{lm}W_{mn}h_{t,n} = \mathbf 1^\top W W W W W h_t",
        lambda t: ((w(5) @ H(t)).sum(), np.einsum("ij,jk,lk,lm,mn,n->", *[N("W")] * 5, H(t))),
    ),
    "five matrices, two letters exchanged": (
        SIX + r"W_{ij}W_{jk}W_{kl}W_{lm}W_{nm}h_{t,n} = \mathbf 1^\top W W W W W h_t",
        lambda t: ((w(5) @ H(t)).sum(), np.einsum("ij,jk,kl,lm,nm,n->", *[N("W")] * 5, H(t))),
    ),
    "four matrices instead of five": (
        SIX + r"W_{ij}W_{jk}W_{kl}W_{lm}W_{mn}h_{t,n} = \mathbf 1^\top W W W W h_t",
        lambda t: ((w(4) @ H(t)).sum(), (w(5) @ H(t)).sum()),
    ),
    "a sum inside": (
        r"\sum_j\sum_k\sum_l W_{ij}(W_{jk} + V_{lj})h_{t,k}\hat y_{t,l} = (W (W h_t))_i + (W (V^\top \hat y_t))_i"
        r"\mathbf 1^\top h_t",
        lambda t: (
            np.einsum("ij,jk,k,l->i", N("W"), N("W"), H(t), P(t))
            + np.einsum("ij,lj,k,l->i", N("W"), N("V"), H(t), P(t)),
            w(2) @ H(t) + N("W") @ N("V").T @ P(t) * H(t).sum(),
        ),
    ),
    "a sum inside, without its second term": (
        r"\sum_j\sum_k\sum_l W_{ij}(W_{jk} + V_{lj})h_{t,k}\hat y_{t,l} = (W (W h_t))_i",
        lambda t: (
            np.einsum("ij,jk,k,l->i", N("W"), N("W"), H(t), P(t))
            + np.einsum("ij,lj,k,l->i", N("W"), N("V"), H(t), P(t)),
            w(2) @ H(t),
        ),
    ),
    "Jacobians along three steps": (
        r"\frac{\partial h_{t+2,i}}{\partial h_{t-1,l}} = \sum_j\sum_k\frac{\partial h_{t+2,i}}{\partial h_{t+1,j}}"
        r"\frac{\partial h_{t+1,j}}{\partial h_{t,k}}\frac{\partial h_{t,k}}{\partial h_{t-1,l}}",
        lambda t: (
            N.d(("h", 3), ("h", 0)),
            N.d(("h", 3), ("h", 2)) @ N.d(("h", 2), ("h", 1)) @ N.d(("h", 1), ("h", 0)),
        ),
    ),
    "a Kronecker delta between": (
        r"\sum_i\sum_j\sum_k W_{ij}\delta_{jk}h_{t,k} = \mathbf 1^\top W h_t",
        lambda t: (np.einsum("ij,jk,k->", N("W"), np.eye(3), H(t)), (N("W") @ H(t)).sum()),
    ),
    "a Kronecker delta that denies": (
        r"\sum_i\sum_j\sum_k W_{ij}(1-\delta_{jk})h_{t,k} = \mathbf 1^\top W h_t",
        lambda t: (np.einsum("ij,jk,k->", N("W"), 1 - np.eye(3), H(t)), (N("W") @ H(t)).sum()),
    ),
    "vectors beside entries": (
        r"\sum_i\sum_j\sum_k V_{ij}W_{jk}h_{t,k}\,h_t = (\mathbf 1^\top V W h_t) h_t",
        lambda t: ((N("V") @ N("W") @ H(t)).sum() * H(t), np.ones(CLASSES) @ N("V") @ N("W") @ H(t) * H(t)),
    ),
    "vectors beside entries of the transpose": (
        r"\sum_i\sum_j\sum_k V_{ij}W_{kj}h_{t,k}\,h_t = (\mathbf 1^\top V W h_t) h_t",
        lambda t: ((N("V") @ N("W").T @ H(t)).sum() * H(t), np.ones(CLASSES) @ N("V") @ N("W") @ H(t) * H(t)),
    ),
}


@pytest.mark.campaign(quick=6)
@pytest.mark.parametrize("name", ROWS)
def test_deep_sums_are_what_numpy_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """True: proved or verified; false: refuted; each in few steps of evaluation, where 3^6 terms would not fit."""
    monkeypatch.setattr(reckoner, "MAXIMUM_STEPS", 3000)
    claim, sides = ROWS[name]
    gaps = [np.abs(np.subtract(*sides(t))).max() for t in ALL]
    assert max(gaps) < 1e-9 or max(gaps) > 1e-3
    status, message = last(DEFINITIONS, claim)
    assert status in ({"proved", "verified", "conditional"} if max(gaps) < 1e-9 else {"refuted"}), message


def test_the_axis_of_a_letter_in_deep_sums_is_checked() -> None:
    """One letter at axes of two sizes is impossible, however the factors are sorted."""
    status, _ = last(DEFINITIONS, r"\sum_i\sum_j\sum_k V_{ij}W_{jk}h_{t,i} = h_{t,1}")
    assert status == "refuted"
    assert T > 1
