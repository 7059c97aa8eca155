"""Checks of what is said of training: what it costs, what is fed back, and which probabilities are meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bpttsym.claims_cases import Case, error_words
from bpttsym.claims_tools import HIDDEN, OUTPUT, SAME, Numbers, T, derivative, difference, random, softmax, walk

LENGTHS = (16, 64, 256)


def scan_depth(steps: int) -> tuple[int, float]:
    """A linear recurrence by doubling: how many rounds one after the other, and how far off the last state is."""
    W = 0.5 * random(30, HIDDEN, HIDDEN)
    inputs = random(31, steps, HIDDEN)
    maps = [(W, x) for x in inputs]
    rounds = 0
    reach = 1
    while reach < steps:
        maps = [
            (maps[t][0] @ maps[t - reach][0], maps[t][0] @ maps[t - reach][1] + maps[t][1]) if t >= reach else maps[t]
            for t in range(steps)
        ]
        reach, rounds = 2 * reach, rounds + 1
    h = np.zeros(HIDDEN)
    for x in inputs:
        h = W @ h + x
    return rounds, difference(maps[-1][1], h)


class Counted:
    """A recurrent network that counts its matrix products one after the other, and the states it holds."""

    def __init__(self, steps: int) -> None:
        self.W = random(32, HIDDEN, HIDDEN)
        self.x = random(33, steps, HIDDEN)
        self.products = 0

    def step(self, h: Numbers, t: int) -> Numbers:
        """One step, with one product."""
        self.products += 1
        found: Numbers = np.tanh(self.W @ h + self.x[t])
        return found

    def forward(self, every: int = 1) -> list[Numbers]:
        """The states that are kept: one of every few."""
        h = np.zeros(HIDDEN)
        kept = [h]
        for t in range(len(self.x)):
            h = self.step(h, t)
            if (t + 1) % every == 0:
                kept.append(h)
        return kept


def time_is_linear() -> Iterator[Case]:
    """How many products must wait for each other."""
    found = []
    for steps in LENGTHS:
        net = Counted(steps)
        net.forward()
        found.append(net.products)
    yield Case(
        "for a walk step by step", found == list(LENGTHS), f"{_listed(found)} products for T = {_listed(LENGTHS)}"
    )
    rounds = [scan_depth(steps) for steps in LENGTHS]
    worst = max(error for _, error in rounds)
    words = f"{_listed([depth for depth, _ in rounds])} rounds, {error_words(worst)}"
    yield Case("for a linear recurrence in parallel", [depth for depth, _ in rounds] == list(LENGTHS), words)


def memory_is_linear() -> Iterator[Case]:
    """How many states are held, if all are kept and if one of every few is kept and the others are computed again."""
    all_kept = [len(Counted(steps).forward()) - 1 for steps in LENGTHS]
    yield Case(
        "if every state is kept", all_kept == list(LENGTHS), f"{_listed(all_kept)} states for T = {_listed(LENGTHS)}"
    )
    some = [len(Counted(steps).forward(int(steps**0.5))) - 1 for steps in LENGTHS]
    held = [kept + int(steps**0.5) for kept, steps in zip(some, LENGTHS, strict=True)]
    words = f"{_listed(held)} states, at the price of a second walk"
    yield Case("if one of every few states is kept", held == list(LENGTHS), words)


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers)


# ----------------------------------------------------------------------------------------------------- what is fed back


def fed_states(free: bool, hidden: bool, back: list[Numbers]) -> list[Numbers]:
    """States of a network that reads its last output, or the target in its place; ``back`` has a copy for each step."""
    net = walk()
    h, out = net.h_0, softmax(net.V @ net.h_0)
    found = []
    for t in range(T):
        h = np.tanh((net.W @ h if hidden else 0.0) + net.U @ net.x[t] + back[t] @ out)
        found.append(h)
        out = softmax(net.V @ h) if free else net.y[t]
    return found


def earlier_copies_matter(free: bool, hidden: bool) -> float:
    """The largest derivative of an error by a copy of the fed-back matrix that an earlier step uses."""
    net = walk()
    back = random(40, HIDDEN, OUTPUT)
    largest = 0.0
    for t in range(T):
        for copy in range(t):

            def error(value: Numbers, t: int = t, copy: int = copy) -> Any:
                states = fed_states(free, hidden, [value if k == copy else back for k in range(T)])
                return -(net.y[t] @ np.log(softmax(net.V @ states[t])))

            largest = max(largest, float(np.abs(derivative(error, back)).max()))
    return largest


def steps_stand_alone() -> Iterator[Case]:
    """Whether an error reaches the copies of the parameters that earlier steps use."""
    for words, free, hidden in (
        ("without such connections, with teacher forcing", False, False),
        ("without such connections, free running", True, False),
        ("with them, with teacher forcing", False, True),
    ):
        largest = earlier_copies_matter(free, hidden)
        yield Case(words, largest == 0.0, "" if largest == 0.0 else f"an earlier use counts {largest:.2g}")


def _fed(free: bool) -> Numbers:
    """What a network reads beside its inputs from step 2 on."""
    net = walk()
    states = fed_states(free, True, [random(40, HIDDEN, OUTPUT)] * T)
    found: Numbers = np.stack([softmax(net.V @ h) if free else y for h, y in zip(states, net.y, strict=True)])[:-1]
    return found


def teacher_forcing_feeds_outputs() -> Iterator[Case]:
    """Under teacher forcing the next state is that of the target, not that of the output."""
    yield Case("the output of the step before", _reproduced(free=True), "the state that follows is another one")
    yield Case("the target of the step before", _reproduced(free=False), role="right")


def teacher_forcing_feeds_targets() -> Iterator[Case]:
    """The states of teacher forcing from targets and inputs alone, and what later inputs change."""
    yield Case("the target of the step before, and the inputs up to now", _reproduced(free=False))
    yield Case("the output of the step before", _reproduced(free=True), role="wrong")


def _reproduced(free: bool) -> bool:
    """Whether the states of teacher forcing are what comes of feeding outputs (free) or targets."""
    back = [random(40, HIDDEN, OUTPUT)] * T
    forced = np.stack(fed_states(False, True, back))
    net = walk()
    h, fed = net.h_0, softmax(net.V @ net.h_0)
    found = []
    for t in range(T):
        h = np.tanh(net.W @ h + net.U @ net.x[t] + back[t] @ fed)
        fed = softmax(net.V @ h) if free else net.y[t]
        found.append(h)
    return difference(np.stack(found), forced) <= SAME


def next_input_is_the_output() -> Iterator[Case]:
    """What the next step reads."""
    net = walk()
    out = np.stack([softmax(net.V @ h) for h in fed_states(True, True, [random(40, HIDDEN, OUTPUT)] * T)])[:-1]
    yield Case("free running", difference(_fed(True), out) <= SAME)
    yield Case("with teacher forcing", difference(_fed(False), out) <= SAME, "the target comes in its place")


# ---------------------------------------------------------------------------------------------------------- likelihoods


def joint() -> Numbers:
    """Probabilities of two answers and two questions, of 2, 3, 2 and 3 values."""
    found: Numbers = softmax(random(50, 36)).reshape(2, 3, 2, 3)
    return found


def likelihood_factors() -> Iterator[Case]:
    """The chain rule of probabilities, and what a network without a view of the future computes."""
    p = joint()
    given = p.sum(axis=(0, 1), keepdims=True)
    both, first = p / given, p.sum(axis=1, keepdims=True) / given
    second = p / p.sum(axis=1, keepdims=True)
    error = difference(np.log(second) + np.log(first), np.log(both))
    yield Case("for random probabilities", error <= SAME, error_words(error))
    causal = p.sum(axis=(1, 3), keepdims=True) / p.sum(axis=(0, 1, 3), keepdims=True)
    error = difference(np.log(second) + np.log(causal), np.log(both))
    yield Case("with the first answer given the first question alone", error <= SAME, error_words(error), role="wrong")


def likelihood_of_the_label() -> Iterator[Case]:
    """The probability that the model gives to the label, against cross entropies."""
    net = walk()
    labels = [1, 0, 3, 2]
    out = [softmax(net.V @ h) for h in net.states()[1:]]
    loss = -sum(np.log(y[label]) for y, label in zip(out, labels, strict=True))
    wanted = np.array([-(np.eye(OUTPUT)[label] @ np.log(y)) for y, label in zip(out, labels, strict=True)]).sum()
    error = difference(np.array([loss]), np.array([wanted]))
    yield Case("with the output at the label as the probability", error <= SAME, error_words(error))
    scores = [net.V @ h for h in net.states()[1:]]
    unscaled = -sum(z[label] for z, label in zip(scores, labels, strict=True))
    error = difference(np.array([unscaled]), np.array([wanted]))
    yield Case("with what the softmax reads in place of the logarithm", error <= SAME, error_words(error))
