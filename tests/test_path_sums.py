r"""Sums over paths, binomial coefficients, and ranges whose ends are rounded: judged as they are reckoned here by hand.

The paths of a network of layers are walked one by one in this file, its Jacobians come from a formula in NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import comb

import numpy as np
import pytest

from bpttsym.document import read_document
from bpttsym.latex import latex
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

T, L, H = 4, 2, 3

LAYERS = r"""---
layout: numerator
---
$$
\begin{gathered}
h_t^{(0)} = x_t \\
h_t^{(l)} = \tanh(W_l h_{t-1}^{(l)} + U_l h_t^{(l-1)}) \\
\hat{y}_t = g(h_t^{(L)}; \phi) \\
\mathcal{L} = \sum_{t=1}^{T} \lVert \hat{y}_t - y_t \rVert
\end{gathered}
$$

$$T = 4, \quad L = 2$$
"""

ONE = r"""---
T: 6
layout: numerator
---
$$h_t = \tanh(W h_{t-1} + U x_t), \quad \hat{y}_t = V h_t$$

$$\mathcal{L}_t = \lVert \hat{y}_t - y_t \rVert^2, \quad \mathcal{L} = \sum_{t=1}^{T} \mathcal{L}_t$$

$$\tau = 3$$
"""

Point = tuple[int, int]


def verdicts(definitions: str, *equations: str) -> list[str]:
    """The words for some equations, each in a display of its own."""
    text = definitions + "".join(f"\n$${equation}$$\n" for equation in equations)
    return [verdict.status for verdict in judge(read_document(source_from_text(text)), mend=False)][-len(equations) :]


def walks(start: Point, end: Point) -> Iterator[tuple[Point, ...]]:
    """All ways from one state to another: one step on, or one layer up, at a time."""
    if start == end:
        yield (end,)
    for after in ((start[0] + 1, start[1]), (start[0], start[1] + 1)):
        if after[0] <= end[0] and after[1] <= end[1]:
            yield from ((start, *way) for way in walks(after, end))


def test_the_closed_form_counts_the_ways_of_a_lattice() -> None:
    """The binomial coefficient is the number of ways that are walked here one by one."""
    for t in range(1, T + 1):
        for k in range(1, t + 1):
            for layer in range(1, L + 1):
                assert len(list(walks((k, layer), (t, L)))) == comb(t - k + L - layer, L - layer)


def test_the_sum_over_ways_is_the_jacobian() -> None:
    """The products along the ways that are walked here add up to the derivative by central differences."""
    random = np.random.default_rng(5)
    W, U = random.normal(size=(2, L + 1, H, H))
    x = random.normal(size=(T + 1, H))

    def run(moved: dict[Point, np.ndarray]) -> dict[Point, np.ndarray]:
        h = {(0, layer): np.zeros(H) for layer in range(L + 1)} | {(t, 0): x[t] for t in range(1, T + 1)}
        for t in range(1, T + 1):
            for layer in range(1, L + 1):
                value = np.tanh(W[layer] @ h[t - 1, layer] + U[layer] @ h[t, layer - 1])
                h[t, layer] = moved.get((t, layer), value)
        return h

    h = run({})

    def edge(u: Point, v: Point) -> np.ndarray:
        return (1 - h[v] ** 2)[:, None] * (W if u[1] == v[1] else U)[v[1]]

    total = np.zeros((H, H))
    for way in walks((1, 1), (T, L)):
        product = np.eye(H)
        for u, v in pairwise(way):
            product = edge(u, v) @ product
        total += product
    step = 1e-5
    columns = [
        (run({(1, 1): h[1, 1] + step * unit})[T, L] - run({(1, 1): h[1, 1] - step * unit})[T, L]) / (2 * step)
        for unit in np.eye(H)
    ]
    assert np.allclose(total, np.stack(columns, axis=1), atol=1e-8)
    assert verdicts(
        LAYERS,
        r"\frac{\mathrm{d} h_4^{(2)}}{\mathrm{d} h_1^{(1)}}"
        r" = \sum_{\pi : h_1^{(1)} \to h_4^{(2)}} \prod_{(u \to v) \in \pi} \frac{\partial v}{\partial u}",
    ) == ["proved"]


PATHS = r"\sum_{\pi : h_k^{(l)} \to h_t^{(L)}} \prod_{(u \to v) \in \pi} \frac{\partial v}{\partial u}"
COORDINATES = r"\sum_{\pi : (k, l) \to (t, L)} \prod_{(u \to v) \in \pi} \frac{\partial h_v}{\partial h_u}"
COUNTED = r"\sum_{\pi : h_k^{(l)} \to h_t^{(L)}} 1"
TOTAL = r"\frac{\mathrm{d} h_t^{(L)}}{\mathrm{d} h_k^{(l)}}"
GRADIENT = (
    r"\frac{\partial \mathcal{L}}{\partial W_l} = \sum_{t=1}^{T} \sum_{k=1}^{t}"
    r" \frac{\partial \mathcal{L}}{\partial \hat{y}_t} \frac{\partial \hat{y}_t}{\partial h_t^{(L)}}"
    r" \biggl( %s \biggr) \frac{\partial^{+} h_k^{(l)}}{\partial W_l}"
)


@pytest.mark.parametrize(
    ("equation", "word"),
    [
        (f"{TOTAL} = {PATHS}, \\quad k \\le t", "proved"),
        (f"{TOTAL} = {COORDINATES}, \\quad k \\le t", "proved"),
        (GRADIENT % PATHS, "proved"),
        (GRADIENT % PATHS.replace("h_k", "h_{k+1}"), "refuted"),
        (GRADIENT % PATHS.replace("(L)", "(l)"), "refuted"),
        (f"{TOTAL} = {PATHS.replace('h_k', 'h_{k-1}')}, \\quad k \\le t", "refuted"),
        (f"{COUNTED} = \\binom{{t-k+L-l}}{{L-l}}, \\quad k \\le t", "proved"),
        (f"{COUNTED} = \\binom{{t-k+L-l}}{{t-k}}, \\quad k \\le t", "proved"),
        (f"{COUNTED} = \\binom{{t-k+L-l+1}}{{L-l}}, \\quad k \\le t", "refuted"),
        (f"{COUNTED} = \\binom{{t-k+L-l}}{{L-l+1}}, \\quad k \\le t", "refuted"),
        (f"{COUNTED} = \\binom{{t-k}}{{L-l}}, \\quad k \\le t", "refuted"),
        (f"\\sum_{{t=1}}^{{T}} \\sum_{{k=1}}^{{t}} \\sum_{{l=1}}^{{L}} {COUNTED} = 30", "proved"),
        (f"\\sum_{{t=1}}^{{T}} \\sum_{{k=1}}^{{t}} \\sum_{{l=1}}^{{L}} {COUNTED} = 20", "refuted"),
        (f"{TOTAL} = {PATHS.replace('partial v', 'partial u')}, \\quad k \\le t", "unchecked"),
        (f"{TOTAL} = {PATHS.replace('partial', 'mathrm{d} ')}, \\quad k \\le t", "unchecked"),
    ],
)
def test_equations_about_paths(equation: str, word: str) -> None:
    """The closed form is proved; an end that is moved, or another number, is refuted; the rest is not read."""
    assert verdicts(LAYERS, equation) == [word]


CHUNK = (
    r"\sum_{t=1}^{T} \sum_{k=%s}^{%s} \frac{\partial \mathcal{L}_t}{\partial h_t}"
    r" \frac{\partial h_t}{\partial h_k} \frac{\partial^{+} h_k}{\partial W}"
)


def total(first: str, last: str = "t") -> str:
    """The sum over uses from a first to a last step."""
    return CHUNK % (first, last)


@pytest.mark.parametrize(
    ("first", "alike", "word"),
    [
        (r"3\lfloor (t-1)/3 \rfloor+1", r"\tau\left\lfloor \frac{t-1}{\tau} \right\rfloor+1", "proved"),
        (r"3\lfloor (t-1)/3 \rfloor+1", r"3\lceil t/3 \rceil-2", "proved"),
        (r"3\lfloor (t-1)/3 \rfloor+1", r"3\lfloor t/3 \rfloor+1", "refuted"),
        (r"3\lfloor (t-1)/3 \rfloor+1", r"2\lfloor (t-1)/2 \rfloor+1", "refuted"),
        (r"3\lfloor (t-1)/3 \rfloor+1", r"\max(1, t-2)", "refuted"),
        (r"\max(1, t-\tau+1)", r"\max(1, t-2)", "proved"),
        (r"\max(1, t-\tau+1)", r"\max(1, t-\tau)", "refuted"),
    ],
)
def test_ranges_that_are_reckoned(first: str, alike: str, word: str) -> None:
    """Windows and chunks of a written length, and near misses of them."""
    assert verdicts(ONE, f"{total(first)} = {total(alike)}") == [word]


def test_a_chunk_and_what_it_leaves_out_make_the_gradient() -> None:
    """The terms on both sides of the cut are all terms; those on one side are not."""
    whole = r"\frac{\partial \mathcal{L}}{\partial W}"
    first = r"\tau\lfloor (t-1)/\tau \rfloor"
    late = total("1", first).replace(r"\sum_{t=1}", r"\sum_{t=\tau+1}")
    assert verdicts(ONE, f"{whole} = {total(first + '+1')} + {late}", f"{whole} = {total(first + '+1')}") == [
        "proved",
        "refuted",
    ]


@pytest.mark.parametrize(
    ("equation", "word"),
    [
        (r"\binom{T}{2} = \frac{T(T-1)}{2}", "proved"),
        (r"\binom{T}{2} = \frac{T(T+1)}{2}", "refuted"),
        (r"\lfloor \frac{T}{2} \rfloor + \lceil \frac{T}{2} \rceil = T", "proved"),
        (r"\lfloor \frac{T+1}{2} \rfloor = \frac{T}{2}", "unchecked"),  # the one on the left may be left out
        (r"\lfloor \frac{T+2}{2} \rfloor = \frac{T}{2}", "refuted"),
        (r"\lfloor h_t \rfloor = h_t", "unchecked"),
        (r"\binom{V}{2} = 3", "unchecked"),
    ],
)
def test_whole_numbers(equation: str, word: str) -> None:
    """Numbers of indices are reckoned; of anything else there is no such number."""
    assert verdicts(ONE, equation) == [word]


@pytest.mark.parametrize("side", [PATHS, COUNTED, r"\binom{t-k}{2}", r"\left\lfloor \frac{t-1}{3} \right\rfloor"])
def test_what_is_printed_reads_back(side: str) -> None:
    """A tree that is printed is read as the same tree."""
    document = read_document(source_from_text(f"{LAYERS}\n$${TOTAL} = {side}$$\n"))
    relation = document.entries[-1].relation
    assert relation is not None
    again = read_document(source_from_text(f"{LAYERS}\n$${latex(relation)}$$\n")).entries[-1].relation
    assert relation.right == again.right  # type: ignore[union-attr]


def test_a_number_of_layers_behind_a_comma_counts() -> None:
    """``T = 4, \\quad L = 3`` says two things, and neither is a condition of the other."""
    three = LAYERS.replace("L = 2", "L = 3")
    first = r"\sum_{\pi : h_1^{(1)} \to h_4^{(L)}} 1"
    assert verdicts(three, f"{first} = 10", f"{first} = 4") == ["proved", "refuted"]
    assert verdicts(LAYERS, f"{first} = 10", f"{first} = 4") == ["refuted", "proved"]
