"""Checks of what is said of cells, layers, directions and batches: a sample in a row, steps on the first axis."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bpttsym.claims_cases import Case, error_words
from bpttsym.claims_tools import (
    BATCH,
    HIDDEN,
    INPUT,
    OUTPUT,
    SAME,
    Numbers,
    T,
    cell,
    depends,
    difference,
    last_states,
    outputs,
    random,
    sequence,
    stack,
    walk,
    weights,
    zeros,
)


def scratch(x: Numbers, h: Numbers) -> tuple[Numbers, Numbers]:
    """One step of a network from scratch, in rows: a linear readout of the new state, and that state."""
    layer = cell(10, INPUT)
    state = np.tanh(x @ layer.weight_ih.T + h @ layer.weight_hh.T + layer.bias_ih + layer.bias_hh)
    return state @ random(90, OUTPUT, HIDDEN).T + random(91, OUTPUT), state


def looped(x: Numbers) -> tuple[Numbers, Numbers]:
    """The network from scratch over all steps: outputs and states."""
    state = np.zeros((x.shape[1], HIDDEN))
    found = []
    for x_t in x:
        found.append(scratch(x_t, state))
        state = found[-1][1]
    return np.stack([out for out, _ in found]), np.stack([h for _, h in found])


def output_is_the_state() -> Iterator[Case]:
    """The output of `torch.nn.RNN` is the state; that of a network with a readout is not."""
    network, x = stack(), sequence()
    (tape,) = network.forward(x, zeros(network)).layers[0]
    yield Case("where the state is handed out, as by nn.RNN", difference(outputs(network, x), tape.outputs) <= SAME)
    out, states = looped(x)
    yield Case("where a readout follows", out.shape == states.shape, f"{out.shape[-1]} numbers for {HIDDEN}")


def a_step_reads_the_previous_output() -> Iterator[Case]:
    """The state goes on from the state before; that is the output before only where the output is the state."""
    net = walk()
    for words, readout in (("where the output is the state", np.eye(HIDDEN)), ("with a readout", random(8, 3, 3))):
        states = net.states()
        fed = net.h_0
        for x_t, h_t in zip(net.x, states[1:], strict=True):
            reached = net.f(net.W @ fed + net.U @ x_t + net.b)
            fed = readout @ h_t
        error = difference(reached, states[-1])
        yield Case(words, error <= SAME, error_words(error))


def parameters_stay() -> Iterator[Case]:
    """Forward and backward leave the parameters as they are, bit by bit; an update changes them."""
    network, x = stack(), sequence()
    layer = weights(network)
    former = {name: value.copy() for name, value in layer.parameters.items()}
    tape = network.forward(x, zeros(network))
    gradients = network.backward(tape, np.ones_like(tape.outputs)).layers[0][0].parameters
    yield Case(
        "after a forward and a backward walk", all(np.array_equal(layer.parameters[n], former[n]) for n in former)
    )
    updated = {name: value - 0.1 * gradients[name] for name, value in former.items()}
    yield Case("after an update", all(np.array_equal(updated[n], former[n]) for n in former), role="wrong")


def all_inputs_enter_at_once() -> Iterator[Case]:
    """The first outputs are there before the last inputs are."""
    x = sequence()
    for t in range(T - 1):
        late = any(depends(lambda x: outputs(stack(), x), x, t, s) for s in range(t + 1, T))
        yield Case(f"the output of step {t + 1} waits for a later input", late)


def batch_comes_first() -> Iterator[Case]:
    """The convention decides which axis counts samples and which counts steps."""
    x = sequence().swapaxes(0, 1)
    for words, read in (("with the setting that puts the batch first", x.swapaxes(0, 1)), ("by default", x)):
        steps = len(outputs(stack(), read))
        yield Case(words, steps == T, f"{steps} steps are walked for n = {T}")


def the_input_is_a_set() -> Iterator[Case]:
    """The order of the inputs matters."""
    x = sequence()
    error = difference(outputs(stack(), x[::-1])[-1], outputs(stack(), x)[-1])
    yield Case("as a sequence", difference(outputs(stack(), x.copy())[-1], outputs(stack(), x)[-1]) <= SAME)
    yield Case("as a set without an order", error <= SAME, f"the last state changes, {error_words(error)}")


def state_has_a_row_for_each_sample() -> Iterator[Case]:
    """The state of one step, for a batch."""
    found = outputs(stack(), sequence())[0]
    yield Case("one layer in one direction", found.shape == (BATCH, HIDDEN), f"{found.shape}")


def n_is_a_step() -> Iterator[Case]:
    """n is the length of the axis of steps."""
    lengths = [outputs(stack(), random(1, n, BATCH, INPUT)).shape[0] == n for n in (2, 4, 7)]
    yield Case("as the number of steps", all(lengths), "tried 2, 4, 7")
    yield Case(
        "as the number of one step", len({outputs(stack(), random(1, n, 1, INPUT)).shape[0] for n in (2, 4)}) == 1
    )


def states_are_stacked() -> Iterator[Case]:
    """The states of all steps, on an axis of their own or one below the other."""
    states = outputs(stack(), sequence())
    wanted = (BATCH, T, HIDDEN)
    for words, found in (
        ("stacked on a new axis", np.stack(list(states), axis=1)),
        ("as blocks one below the other, which is what the semicolon says", np.concatenate(list(states))),
    ):
        yield Case(words, found.shape == wanted, f"{found.shape}")


def states_of_all_layers() -> Iterator[Case]:
    """What a second half of a sequence needs to go on from."""
    network, x = stack(2), random(3, 2 * T, BATCH, INPUT)
    whole = outputs(network, x)[T:]
    last = last_states(network, x[:T])
    for words, states in (("stacked, one for each layer", list(last)), ("added up", [last.sum(axis=0)] * 2)):
        error = difference(outputs(network, x[T:], [[(state,)] for state in states]), whole)
        yield Case(words, error <= SAME, error_words(error))


def last_layer_is_the_output() -> Iterator[Case]:
    """For one, two and three layers."""
    x = sequence()
    same = all(difference(outputs(stack(n), x)[-1], last_states(stack(n), x)[-1]) <= SAME for n in (1, 2, 3))
    yield Case("where the state is handed out, with 1, 2, 3 layers", same)
    yield Case("where a readout follows", looped(x)[0].shape[-1] == HIDDEN, f"{OUTPUT} numbers for {HIDDEN}")


def layers_read_the_same_input() -> Iterator[Case]:
    """The same inputs fit networks of one, two and three layers."""
    shapes = {outputs(stack(n), sequence()).shape for n in (1, 2, 3)}
    yield Case("1, 2 and 3 layers", shapes == {(T, BATCH, HIDDEN)}, f"inputs {sequence().shape}")


def layers_read_layers() -> Iterator[Case]:
    """One layer after the other, and with a part of what passes between them dropped."""
    network, x = stack(3), sequence()
    whole = outputs(network, x)
    for words, share in (("without dropout", 0.0), ("with dropout 0.5 in training", 0.5)):
        passed = x
        for number, layer in enumerate(network.layers):
            if number:
                kept = np.random.default_rng(number).random(passed.shape) >= share
                passed = passed * kept / (1.0 - share)
            passed = layer.cells[0].forward(passed, (np.zeros((BATCH, HIDDEN)),)).outputs
        error = difference(passed, whole)
        yield Case(words, error <= SAME, error_words(error))


def layer_by_loop(network_layer: int, layers: int, literal: bool) -> float:
    """How far a formula for a layer is from the network: its state before, or literally that of the layer below."""
    network, x = stack(layers), sequence()
    tape = network.forward(x, zeros(network))
    below = x if network_layer == 0 else tape.layers[network_layer - 1][0].outputs
    layer = weights(network, network_layer)
    before = np.zeros((BATCH, HIDDEN))
    found = []
    for t in range(T):
        if literal and t:
            before = below[t - 1]
        before = np.tanh(below[t] @ layer.weight_ih.T + layer.bias_ih + before @ layer.weight_hh.T + layer.bias_hh)
        found.append(before)
    return difference(np.stack(found), tape.layers[network_layer][0].outputs)


def torch_formula() -> Iterator[Case]:
    """The formula in columns, sample by sample, against the network."""
    network, x = stack(), sequence()
    layer = weights(network)
    found = np.zeros((T, BATCH, HIDDEN))
    for sample in range(BATCH):
        h = np.zeros(HIDDEN)
        for t in range(T):
            h = np.tanh(layer.weight_ih @ x[t, sample] + layer.bias_ih + layer.weight_hh @ h + layer.bias_hh)
            found[t, sample] = h
    error = difference(found, outputs(network, x))
    yield Case("in columns, one sample at a time", error <= SAME, error_words(error))


def torch_formula_in_every_layer() -> Iterator[Case]:
    """The formula with x_t in each layer, and with the state of the layer below in its place."""
    error = layer_by_loop(0, 2, False)
    yield Case("in the first layer", error <= SAME, error_words(error))
    error = layer_by_loop(1, 2, False)
    yield Case("in a second layer, with the state of the first in the place of x_t", error <= SAME, error_words(error))
    fits = stack(2).layers[1].input == INPUT
    yield Case("in a second layer as it stands", fits, f"it reads {HIDDEN} numbers and x_t has {INPUT}")


def previous_layer_at_previous_step() -> Iterator[Case]:
    """Which state before a layer uses."""
    error = layer_by_loop(1, 2, True)
    yield Case("the state of the layer below at the step before", error <= SAME, error_words(error))
    error = layer_by_loop(1, 2, False)
    yield Case("the state of the same layer at the step before", error <= SAME, error_words(error), role="right")


def bidirectional_output() -> Iterator[Case]:
    """Forward and backward states side by side, and where the last backward state stands."""
    network, x = stack(2, 2), sequence()
    found = outputs(network, x)
    forward, backward = network.forward(x, zeros(network)).layers[-1]
    wanted = np.concatenate([forward.outputs, backward.outputs[::-1]], axis=-1)
    error = difference(found, wanted)
    yield Case("two layers", error <= SAME, f"shape {found.shape}, {error_words(error)}")
    error = difference(found[-1, :, HIDDEN:], last_states(network, x)[-1])
    yield Case("the last backward state at the last step", error <= SAME, error_words(error), role="wrong")


def class_reads_only_its_arguments() -> Iterator[Case]:
    """The names that the printed constructor reads against those that it is given."""
    given = {"input_size", "hidden_size", "output_size"}
    read = {"input_size", "hidden_size", "output_size", "batch_size"}
    yield Case("as printed", read <= given, f"nothing gives it `{min(read - given)}`")


def scratch_is_the_formula() -> Iterator[Case]:
    """Step by step, and on all steps at once."""
    network, x = stack(), sequence()
    error = difference(looped(x)[1], outputs(network, x))
    yield Case("called step by step, its one bias for the sum of the two", error <= SAME, error_words(error))
    error = difference(scratch(x, np.zeros((BATCH, HIDDEN)))[1], outputs(network, x))
    yield Case("called once on the whole sequence", error <= SAME, error_words(error))


def scratch_output_is_affine() -> Iterator[Case]:
    """Between two states the output moves along a line; the state itself does not follow its input so."""
    x, h = sequence()[0], random(5, BATCH, HIDDEN)
    V, c = random(90, OUTPUT, HIDDEN), random(91, OUTPUT)
    out, state = scratch(x, h)
    yield Case("the output in the state", difference(out, state @ V.T + c) <= SAME)
    halves = [scratch(x, s * h)[1] for s in (0.0, 0.5, 1.0)]
    curved = difference(halves[1], (halves[0] + halves[2]) / 2) <= SAME
    yield Case("the state in the state before", curved, role="wrong")


def zero_state_fits() -> Iterator[Case]:
    """For a batch and for one sample."""
    shapes = [scratch(sequence()[0][:batch], np.zeros((batch, HIDDEN)))[1].shape for batch in (BATCH, 1)]
    yield Case("for a batch and for one sample", shapes == [(BATCH, HIDDEN), (1, HIDDEN)], f"{shapes[0]}, {shapes[1]}")


def scratch_is_one_layer() -> Iterator[Case]:
    """Against networks of one layer and of two."""
    states = looped(sequence())[1]
    yield Case("one layer", difference(states, outputs(stack(), sequence())) <= SAME)
    yield Case("two layers", difference(states, outputs(stack(2), sequence())) <= SAME, role="wrong")


def _two_halves(x: Numbers) -> Numbers:
    """Two cells that are both called step by step from the first step to the last."""
    walks = [walked.forward(x, (np.zeros((x.shape[1], HIDDEN)),)) for walked in stack(1, 2).layers[0].cells]
    return np.concatenate([walked.outputs for walked in walks], axis=-1)


def stepwise_is_bidirectional() -> Iterator[Case]:
    """The half that is called backward sees the same past as the other, and nothing of what comes after."""
    x = sequence()
    error = difference(_two_halves(x)[..., HIDDEN:], outputs(stack(1, 2), x)[..., HIDDEN:])
    yield Case("the second half of the outputs is that of a bidirectional network", error <= SAME, error_words(error))
    yield Case("a step depends on a later input", any(depends(_two_halves, x, 0, s) for s in range(1, T)))


def _one_step_of_both(x: Numbers, states: tuple[Numbers, Numbers]) -> tuple[Numbers, tuple[Numbers, Numbers]]:
    """One step of the class for two directions: the outputs of both side by side, and both states."""
    found = [scratch(x, state) for state in states]
    return np.concatenate([out for out, _ in found], axis=-1), (found[0][1], found[1][1])


def bidirectional_returns() -> Iterator[Case]:
    """What comes back when both directions are run for one step."""
    zero = np.zeros((BATCH, HIDDEN))
    out, states = _one_step_of_both(sequence()[0], (zero, zero))
    yield Case("the second value is a tensor", isinstance(states, np.ndarray), f"it holds {len(states)}")
    yield Case("the output has the stated size", out.shape[-1] == OUTPUT, f"{out.shape[-1]} numbers for {OUTPUT}")
    single = scratch(sequence()[0], zero)[1]
    yield Case("the second value of the class for one direction", isinstance(single, np.ndarray), "", role="right")


def both_sides_are_seen() -> Iterator[Case]:
    """Every output of a bidirectional network depends on every input; in one direction only on earlier ones."""
    x = sequence()
    pairs = [(t, s) for t in range(T) for s in range(T)]
    yield Case("all outputs on all inputs", all(depends(lambda x: outputs(stack(1, 2), x), x, t, s) for t, s in pairs))
    one = all(depends(lambda x: outputs(stack(1, 1), x), x, t, s) for t, s in pairs)
    yield Case("in a network of one direction", one, role="wrong")


def generators_look_ahead() -> Iterator[Case]:
    """What the first output needs, against the inputs that are there: one for a generator, all for an encoder."""
    x = sequence()
    needed = {s for s in range(T) if depends(lambda x: outputs(stack(1, 2), x), x, 0, s)}
    yield Case(
        "for what writes its own next input", not needed <= {0}, f"step 1 needs the inputs of {len(needed)} steps"
    )
    yield Case("for an encoder, whose inputs are all there", not needed <= set(range(T)))
