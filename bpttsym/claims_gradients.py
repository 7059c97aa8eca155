"""Checks of what is said of gradients through time: which paths there are, what is added, what fades and what grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import comb
from typing import Any

import numpy as np

from bpttsym.claims_cases import Case, error_words
from bpttsym.claims_tools import (
    HIDDEN,
    SAME,
    Numbers,
    T,
    Walk,
    derivative,
    difference,
    orthogonal,
    random,
    softmax,
    spectral,
    walk,
)


def identity(a: Numbers) -> Numbers:
    """No activation."""
    return a


def by_copy(net: Walk, step: int, copy: int) -> Numbers:
    """The gradient of the error of a step by the copy of W that is used in a step, both counted from 0."""
    if copy > step:
        return np.zeros_like(net.W)

    def error(W: Numbers) -> Any:
        copies = [W if number == copy else net.W for number in range(len(net.x))]
        return net.errors(net.states(copies))[step]

    return derivative(error, net.W)


def by_state(net: Walk, step: int, read: int) -> Numbers:
    """The gradient of the error of a step by the state after a number of steps."""

    def error(h: Numbers) -> Any:
        rest = net.changed(x=net.x[read:], y=net.y[read:], h_0=h)
        if step < read:
            return -(net.y[step] @ np.log(softmax(net.V @ h)))
        return rest.every_error()[step - read]

    return derivative(error, net.states()[read])


# -------------------------------------------------------------------------------------------------- what must be added


def shared_weights_add() -> Iterator[Case]:
    """Copies of W that are not shared: their gradients add up to that of the shared one."""
    net = walk()
    parts = [sum((by_copy(net, t, k) for t in range(T)), np.zeros_like(net.W)) for k in range(T)]
    error = difference(np.sum(parts, axis=0), net.gradient("W"))
    yield Case("the sum over the copies of all steps", error <= SAME, error_words(error))
    error = difference(parts[-1], net.gradient("W"))
    yield Case("the copy of the last step alone", error <= SAME, error_words(error), role="wrong")


def unshared_weights_do_not_add() -> Iterator[Case]:
    """Where every layer has its own matrix, there is one term for each."""
    net = walk()
    uses = [sum(by_copy(net, T - 1, k).any() for k in range(T) if k == own) for own in range(T)]
    yield Case("one term for the matrix of each layer", all(count == 1 for count in uses))
    shared = sum(bool(by_copy(net, T - 1, k).any()) for k in range(T))
    yield Case("one term for a matrix that all layers share", shared == 1, f"there are {shared}", role="wrong")


def unrolled_is_a_perceptron() -> Iterator[Case]:
    """The gradients agree as long as the layers share their weights and each has an input of its own."""
    net = walk()
    tied = np.sum([by_copy(net, T - 1, k) for k in range(T)], axis=0)
    whole = net.gradient_of_last("W")
    error = difference(tied, whole)
    yield Case("with weights that all layers share, and an input to each", error <= SAME, error_words(error))
    error = difference(by_copy(net, T - 1, 0), whole)
    yield Case("with weights and an input of the first layer alone", error <= SAME, error_words(error))


def _paths_out(t: int) -> tuple[float, float, float]:
    """How far the sum of both ways out of a state, the way up and the way on are from the gradient by it."""
    net = walk()
    whole = np.sum([by_state(net, step, t) for step in range(t - 1, T)], axis=0)
    up = by_state(net, t - 1, t)
    on = np.sum([by_state(net, step, t) for step in range(t, T)], axis=0) if t < T else np.zeros_like(up)
    jacobian = derivative(lambda h: net.f(net.W @ h + net.U @ net.x[t] + net.b), net.states()[t]) if t < T else None
    if jacobian is not None:
        on = np.sum([by_state(net, step, t + 1) for step in range(t, T)], axis=0) @ jacobian
    return difference(up + on, whole), difference(up, whole), difference(on, whole)


def two_paths_out_of_a_state() -> Iterator[Case]:
    """Up to the output of the step and on to the next state."""
    both, up, on = _paths_out(2)
    yield Case("in step 2 of 4", both <= SAME < min(up, on), f"both {error_words(both)}, up alone {error_words(up)}")


def both_paths_are_added() -> Iterator[Case]:
    """In every step there are two ways, but for the last."""
    for t in (1, 2, 3, 4):
        both, up, on = _paths_out(t)
        yield Case(
            f"in step {t} of 4", both <= SAME < min(up, on), "" if t < T else f"the way up alone {error_words(up)}"
        )


def lattice_paths(steps: int, layers: int) -> int:
    """How many ways lead from the parameters of a layer in a step to a loss, counted one edge at a time."""
    total = 0
    for layer in range(layers):
        for first in range(steps):
            ways = np.zeros((steps, layers), dtype=object)
            for t in range(first, steps):
                for level in range(layer, layers):
                    before = ways[t - 1, level] if t > first else 0
                    below = ways[t, level - 1] if level > layer else 0
                    ways[t, level] = 1 if (t, level) == (first, layer) else before + below
            total += sum(ways[:, layers - 1])
    return total


def paths_through_layers() -> Iterator[Case]:
    """How many paths there are, and how many products a recursion needs."""
    for layers in (1, 2, 3, 4):
        closed = sum(
            comb(t - k + layers - level, layers - level)
            for t in range(1, T + 1)
            for k in range(1, t + 1)
            for level in range(1, layers + 1)
        )
        assert closed == lattice_paths(T, layers)
    paths, edges = lattice_paths(20, 4), 2 * 20 * 4 - 20 - 4
    yield Case("path by path the terms multiply", paths > 100 * edges, f"{paths} for T = 20 and 4 layers")
    out = {1 + (t < T) for t in range(1, T + 1)}
    yield Case("two ways lead out of every state", out == {2}, "at the last step there is one")
    yield Case("with the recursion they are too many", edges > 10 * 20 * 4, f"{edges} products of an edge each")


# ------------------------------------------------------------------------------------------------ U, V, W and one error


def V_depends_on_its_step_only() -> Iterator[Case]:
    """Another past with the same last state: the gradient by V stays, that by W does not."""
    net = walk().changed(U=random(60, HIDDEN, HIDDEN), x=random(61, T, HIDDEN))
    other = net.changed(x=random(62, T, HIDDEN), h_0=random(63, HIDDEN))
    before = np.arctanh(net.states()[-1]) - net.W @ other.states()[-2] - net.b
    other.x[-1] = np.linalg.solve(net.U, before)
    error = difference(other.gradient_of_last("V"), net.gradient_of_last("V"))
    yield Case("by V, with another past and the same last state", error <= SAME, error_words(error))
    error = difference(other.gradient_of_last("W"), net.gradient_of_last("W"))
    yield Case("by W", error <= SAME, error_words(error), role="wrong")


def V_is_a_matrix_product() -> Iterator[Case]:
    """Column times row of the three values."""
    net = walk()
    h, y = net.states()[-1], net.y[-1]
    by_V = derivative(lambda V: -(y @ np.log(softmax(V @ h))), net.V)
    error = difference((softmax(net.V @ h) - y)[:, None] @ h[None, :], by_V)
    yield Case("a column times a row", error <= SAME, error_words(error))
    error = difference((y - softmax(net.V @ h))[:, None] @ h[None, :], by_V)
    yield Case("with the other sign", error <= SAME, error_words(error), role="wrong")


def earlier_states_are_no_constants() -> Iterator[Case]:
    """The gradient of the last error by W, with the state before held constant."""
    net = walk()
    error = difference(by_copy(net, T - 1, T - 1), net.gradient_of_last("W"))
    yield Case("with the state before as a constant the gradient is wrong", error > SAME, error_words(error))


def back_to_the_first_step() -> Iterator[Case]:
    """Whether the term of the first step may be left out."""
    for words, zero, name in (
        ("for W, if the state before the first step is not zero", False, "W"),
        ("for U", True, "U"),
        ("for W, if the state before the first step is zero", True, "W"),
    ):
        net = walk(zero=zero)
        start = net.changed(x=net.x[1:], y=net.y[1:], h_0=net.states()[1])
        whole, short = net.gradient_of_last(name), start.gradient_of_last(name)
        error = difference(short, whole)
        yield Case(words, error > SAME, f"without it {error_words(error)}")


def descent_lowers_the_error() -> Iterator[Case]:
    """One step against the gradient, short and long."""
    net = walk()
    gradients = {name: net.gradient(name) for name in "UVW"}
    before = float(net.every_error().sum())
    for words, rate in (("for a small rate, 0.01", 0.01), ("for a large rate, 100", 100.0)):
        after = float(
            net.changed(**{name: getattr(net, name) - rate * gradients[name] for name in "UVW"}).every_error().sum()
        )
        yield Case(words, after < before, f"from {before:.3g} to {after:.3g}")


def _depends_through_time(name: str, zero: bool) -> list[bool]:
    """For h_0 to h_{T-1}: whether a state depends on a parameter."""
    net = walk(zero=zero)
    found = derivative(lambda value: np.stack(net.changed(**{name: value}).states()), getattr(net, name))
    return [bool(np.abs(by).max() > 0.0) for by in found[:T]]


def earlier_state_depends_on_w() -> Iterator[Case]:
    """From which step on the state before depends on the recurrent weight."""
    yield from _earlier("W", zero=True, words="with zeros before the first step")


def earlier_state_depends_on_U() -> Iterator[Case]:
    """From which step on the state before depends on the weight of the inputs."""
    yield from _earlier("U", zero=False, words="")


def _earlier(name: str, zero: bool, words: str) -> Iterator[Case]:
    depends = _depends_through_time(name, zero)
    first = depends.index(True) + 1
    beside = f", {words}" if words else ""
    yield Case(f"for t >= {first}{beside}", all(depends[first - 1 :]))
    yield Case(f"for t < {first}{beside}", any(depends[: first - 1]))


def three_gradients_suffice() -> Iterator[Case]:
    """What a step along these three leaves as it is."""
    net = walk()
    for words, bias in (("in a network without a bias", False), ("with the bias that the model has", True)):
        left = [name for name in ("b",) if bias and np.abs(net.gradient(name)).max() > SAME]
        yield Case(words, not left, "the gradient by b is not zero" if left else "")


# ---------------------------------------------------------------------------------------------- vanishing and exploding


def norms(W: Numbers, steps: int, f: Callable[[Numbers], Numbers] = np.tanh, small: float = 1.0) -> list[float]:
    """The norms of the gradients of one last error by h_1 to h_T, scaled so that the last one is 1."""
    size = len(W)
    x = small * random(4, steps, size)
    states = [np.zeros(size)]
    for x_t in x:
        states.append(f(W @ states[-1] + x_t))
    gradient = np.ones(size) / np.sqrt(size)
    found = [1.0]
    for h in states[:1:-1]:
        slope = 1.0 - h**2 if f is np.tanh else np.ones(size)
        gradient = W.T @ (slope * gradient)
        found.append(float(np.linalg.norm(gradient)))
    return found[::-1]


SIZE, LONG = 16, 20
REGIMES: tuple[tuple[str, float, Callable[[Numbers], Numbers], float], ...] = (
    ("tanh, singular values 0.5", 0.5, np.tanh, 1.0),
    ("tanh, singular values 3", 3.0, np.tanh, 1.0),
    ("no activation, orthogonal W", 1.0, identity, 1.0),
)


def gradient_size_changes() -> Iterator[Case]:
    """The gradient by the first state against that by the last."""
    for words, scale, f, small in REGIMES:
        ratio = norms(scale * orthogonal(3, SIZE), LONG, f, small)[0]
        yield Case(words, abs(ratio - 1.0) > 1e-6, f"first over last {ratio:.2g}")


def gradients_can_explode() -> Iterator[Case]:
    """A network in which they do."""
    ratio = norms(3.0 * orthogonal(3, SIZE), LONG, small=0.01)[0]
    yield Case("tanh, singular values 3, 20 steps, small inputs", ratio > 100, f"first over last {ratio:.2g}")
    ratio = norms(0.5 * orthogonal(3, SIZE), LONG)[0]
    yield Case("singular values 0.5", ratio > 100, role="wrong")


def tanh_slope_below_one() -> Iterator[Case]:
    """On a grid that holds 0, away from where rounding hides the difference."""
    a = np.concatenate([-np.geomspace(10.0, 1e-6, 400), np.geomspace(1e-6, 10.0, 400)])
    slopes = 1.0 / np.cosh(a) ** 2
    yield Case("1 at 0", 1.0 - np.tanh(0.0) ** 2 == 1.0)
    yield Case("below 1 at 800 other points", bool((slopes < 1.0).all()), f"at most 1 - {1.0 - slopes.max():.0e}")
    yield Case("below 1 at 0 too", 1.0 - np.tanh(0.0) ** 2 < 1.0, role="wrong")


def gradient_shrinks() -> Iterator[Case]:
    """One slope never stretches; a step is a slope times W."""
    a = random(6, SIZE)
    yield Case("by the slopes of tanh alone", spectral(np.diag(1.0 / np.cosh(a) ** 2)) < 1.0)
    for scale, words in ((0.9, "by whole steps, singular values 0.9"), (1.5, "by whole steps, singular values 1.5")):
        ratio = norms(scale * orthogonal(3, SIZE), LONG, small=0.0)[0]
        yield Case(words, ratio < 1.0, f"first over last {ratio:.2g}")


def early_states_fade() -> Iterator[Case]:
    """What early states weigh in the gradient."""
    for scale in (0.5, 3.0):
        ratio = norms(scale * orthogonal(3, SIZE), LONG)[0]
        yield Case(f"tanh, singular values {scale:g}", ratio < 1e-3, f"first over last {ratio:.2g}")


def diag_stands_left() -> Iterator[Case]:
    """The Jacobian of a step."""
    net = walk()
    h = net.states()[1]
    found = derivative(lambda h: net.f(net.W @ h + net.U @ net.x[1] + net.b), h)
    slopes = np.diag(1.0 - net.states()[2] ** 2)
    error = difference(slopes @ net.W, found)
    yield Case("the slopes of the later state, left of W", error <= SAME, error_words(error))
    error = difference(net.W @ slopes, found)
    yield Case("right of W", error <= SAME, error_words(error), role="wrong")
