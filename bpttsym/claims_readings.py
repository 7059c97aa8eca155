"""Checks of equations that are true in one layout, with one kind of target, or with their sum: where they hold.

The table proves them where their source settles which of these is meant; here it is measured what hangs on that.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from bpttsym.claims_cases import Case, error_words
from bpttsym.claims_gradients import by_state
from bpttsym.claims_tools import OUTPUT, SAME, Numbers, T, Walk, derivative, difference, random, softmax, walk


def _case(words: str, left: Numbers, right: Numbers) -> Case:
    error = difference(left, right)
    return Case(words, error <= SAME, error_words(error))


def _times(left: Numbers, right: Numbers) -> Numbers:
    """A product where there is one, else something of no shape that is wanted."""
    return left @ right if left.shape[-1] == right.shape[0] else np.empty((0, 0))


def _scores(net: Walk, states: list[Numbers]) -> list[Numbers]:
    return [net.V @ h_t for h_t in states[1:]]


def _readout(net: Walk, step: int) -> tuple[Numbers, Numbers]:
    """The gradient of the error of a step by its output, and the Jacobian of that output by V, in numerator layout."""
    h = net.states()[step + 1]
    output = softmax(net.V @ h)
    gradient = derivative(lambda p: np.array(-(net.y[step] @ np.log(p))), output)
    jacobian = derivative(lambda V: softmax(V @ h), net.V).reshape(OUTPUT, -1)
    return gradient[np.newaxis], jacobian


def readout_as_rows() -> Iterator[Case]:
    """The chain rule by the readout: with gradients as rows, and with columns in the same order."""
    net = walk()
    gradient, jacobian = _readout(net, T - 1)
    whole = net.gradient_of_last("V").reshape(1, -1)
    yield _case("with gradients as rows", _times(gradient, jacobian), whole)
    yield _case("with gradients as columns, in this order", _times(gradient.T, jacobian.T), whole.T)


def readout_without_feedback() -> Iterator[Case]:
    """The sum over the answers by the readout: whether an answer is read in the next step decides."""
    for words, back in (("where no answer is read again", 0.0), ("where an answer is an input of the next step", 1.0)):
        net, again = walk(), back * random(31, 3, OUTPUT)
        whole = derivative(partial(_error_of_readouts, net, again), net.V)
        terms = derivative(partial(_error_of_readouts, net, again, net.V), net.V)
        yield _case(words, terms, whole)


def _error_of_readouts(net: Walk, again: Numbers, carried: Numbers, own: Numbers | None = None) -> Numbers:
    """All errors, where what is read again comes from one copy of V, and what is compared from another."""
    h, before, total = net.h_0, np.zeros(OUTPUT), np.array(0.0)
    for x_t, y_t in zip(net.x, net.y, strict=True):
        h = np.tanh(net.W @ h + net.U @ x_t + net.b + again @ before)
        before = softmax(carried @ h)
        total = total - y_t @ np.log(softmax((carried if own is None else own) @ h))
    return total


def update_in_shape() -> Iterator[Case]:
    """What is taken from a parameter must have its shape."""
    net = walk()
    gradient = net.gradient("W")
    row = gradient.reshape(1, -1)
    yield Case("with the gradient in the shape of the parameter", gradient.shape == net.W.shape)
    yield Case("with the gradient as a row", row.shape == net.W.shape, f"its shape is {row.shape}")


def shifted_cell() -> Iterator[Case]:
    """The cell at the step before needs the state before that."""
    for t in (1, 2, 3):
        yield Case(f"for t = {t}", t - 2 >= 0, "" if t >= 2 else "there is no step -1")


def softmax_pair() -> Iterator[Case]:
    """The output minus the target, times the state: for targets whose entries sum to one."""
    targets = np.exp(random(5, T, OUTPUT))
    normal = targets / targets.sum(axis=1, keepdims=True)
    for words, y in (("for targets that sum to one", normal), ("for targets that sum to two", 2 * normal)):
        net = walk().changed(y=y)
        h = net.states()
        found = np.sum([np.outer(softmax(net.V @ h[t + 1]) - y[t], h[t + 1]) for t in range(T)], axis=0)
        yield _case(words, found, net.gradient("V"))


def entropy_by_output() -> Iterator[Case]:
    """The gradient of the cross entropy by the output: entry by entry, and as a row."""
    net = walk()
    gradient, _ = _readout(net, T - 1)
    quotient = -net.y[-1] / softmax(_scores(net, net.states())[-1])
    yield _case("as a row, or entry by entry", quotient[np.newaxis], gradient)
    yield _case("as a column", quotient[:, np.newaxis], gradient)


def readout_transposed() -> Iterator[Case]:
    """The last state: its gradient is the transpose of V times that of the scores."""
    net = walk()
    scores = (softmax(_scores(net, net.states())[-1]) - net.y[-1])[:, np.newaxis]
    whole = by_state(net, T - 1, T)[:, np.newaxis]
    yield _case("with the transpose of V", _times(net.V.T, scores), whole)
    yield _case("with V itself, as the words have it", _times(net.V, scores), whole)


def _inside(net: Walk) -> list[Numbers]:
    """The gradient of all errors by what stands inside of the hyperbolic tangent, for each step."""
    h = net.states()
    by_h = [np.sum([by_state(net, step, t) for step in range(t - 1, T)], axis=0) for t in range(1, T + 1)]
    return [(1 - h[t] ** 2) * by_h[t - 1] for t in range(1, T + 1)]


def _summed(terms: list[Numbers], whole: Numbers) -> Iterator[Case]:
    yield _case("summed over the steps", np.sum(terms, axis=0), whole)
    yield _case("for the last step alone, as the words have it", terms[-1], whole)


def bias_summed() -> Iterator[Case]:
    """The gradient by b."""
    net = walk()
    yield from _summed(_inside(net), net.gradient("b"))


def recurrent_summed() -> Iterator[Case]:
    """The gradient by W."""
    net = walk()
    h = net.states()
    yield from _summed([np.outer(a, h[t]) for t, a in enumerate(_inside(net))], net.gradient("W"))


def inputs_summed() -> Iterator[Case]:
    """The gradient by U."""
    net = walk()
    yield from _summed([np.outer(a, x_t) for a, x_t in zip(_inside(net), net.x, strict=True)], net.gradient("U"))


def readout_summed() -> Iterator[Case]:
    """The gradient by V."""
    net = walk()
    h = net.states()
    terms = [np.outer(softmax(net.V @ h[t + 1]) - net.y[t], h[t + 1]) for t in range(T)]
    yield from _summed(terms, net.gradient("V"))


def output_bias_summed() -> Iterator[Case]:
    """The gradient by the bias of the scores."""
    net = walk()
    h = net.states()
    errors = [softmax(net.V @ h[t + 1]) - net.y[t] for t in range(T)]

    def loss(c: Numbers) -> Numbers:
        found = [-(y_t @ np.log(softmax(net.V @ h_t + c))) for h_t, y_t in zip(h[1:], net.y, strict=True)]
        return np.array(sum(found))

    yield from _summed(errors, derivative(loss, np.zeros(OUTPUT)))


def scores_have_no_readout() -> Iterator[Case]:
    """The Jacobian of the softmax by the scores, and with the readout behind it."""
    net = walk()
    z = _scores(net, net.states())[-1]
    jacobian = derivative(softmax, z)
    yield _case("by the scores, with V behind it", jacobian @ net.V, jacobian)
    by_h = derivative(lambda h: softmax(net.V @ h), net.states()[-1])
    error = difference(jacobian @ net.V, by_h)
    yield Case("by the state, with V behind it", error <= SAME, error_words(error), role="right")
