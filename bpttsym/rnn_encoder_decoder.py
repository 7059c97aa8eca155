r"""Encoder-decoder: one network reads a sequence, another writes one; forward, and backward by hand.

The last state of the encoder is the context c = h_T of the decoder, as the state s_0 that it begins with, or as a part
of its input in every step, or both:

    h_t = f(h_{t-1}, x_t),    c = h_T,    s_t = f'(s_{t-1}, [d_t; c; o_{t-1}]),    \hat y_t = g(V s_t + c_V),

where d_t are other inputs of the decoder and o_{t-1} what is fed back; either may be missing. dL/dc is the sum over all
its uses, and it is all that the encoder gets:

    dL/dc = \sum_t (d^+ s_t / dc)^T dL/ds_t,    dL/dh_T = dL/dc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bpttsym.rnn_cells import Cell, CellGradients, State, Tape
from bpttsym.rnn_feedback import FedGradients, FedNetwork, FedTape
from bpttsym.rnn_functions import Array, ShapeError

Context = Literal["initial", "input", "both"]


@dataclass(frozen=True, slots=True, eq=False)
class EncoderDecoderTape:
    """The tapes of both halves."""

    encoder: Tape
    decoder: FedTape

    @property
    def loss(self) -> float:
        """Summed over the batch and over the steps of the decoder."""
        return self.decoder.loss


@dataclass(frozen=True, slots=True, eq=False)
class EncoderDecoderGradients:
    """The derivatives of the loss; those of the decoder by c and by its other inputs are told apart."""

    encoder: CellGradients
    decoder: FedGradients  # its ``inputs`` and ``initial`` include what belongs to c
    context: State  # by the last state of the encoder, from all its uses
    inputs: Array  # (steps of the decoder, batch, size of d_t)


@dataclass(frozen=True, slots=True)
class EncoderDecoder:
    """An encoder and a decoder, and how the context passes from one to the other."""

    encoder: Cell
    decoder: FedNetwork
    context: Context = "initial"

    def __post_init__(self) -> None:
        if self.context not in ("initial", "input", "both"):
            raise ValueError(f"context must be one of initial, input, both, got {self.context!r}")
        cell = self.decoder.cell
        if self.context != "input" and (self.encoder.passed, self.encoder.hidden) != (cell.passed, cell.hidden):
            raise ShapeError(
                f"the decoder begins with a state ({', '.join(cell.passed)}) of size {cell.hidden}, "
                f"got ({', '.join(self.encoder.passed)}) of size {self.encoder.hidden}"
            )

    def forward(
        self,
        inputs: ArrayLike,
        initial: Sequence[ArrayLike],
        targets: ArrayLike,
        first_output: ArrayLike | None = None,
        decoder_inputs: ArrayLike | None = None,
        decoder_initial: Sequence[ArrayLike] | None = None,
    ) -> EncoderDecoderTape:
        """Read ``inputs`` (T, batch, input), then write; ``decoder_initial`` is s_0 where it is not the context."""
        if (decoder_initial is None) != (self.context != "input"):
            raise ValueError("decoder_initial is needed exactly if the context is given as input only")
        walk = self.encoder.forward(inputs, initial)
        parts = [] if decoder_inputs is None else [np.asarray(decoder_inputs)]
        if self.context != "initial":
            c = walk.last[0]
            parts.append(np.broadcast_to(c, (len(np.asarray(targets)), *c.shape)))
        begin = walk.last if decoder_initial is None else decoder_initial
        fed = np.concatenate(parts, axis=-1) if parts else None
        return EncoderDecoderTape(walk, self.decoder.forward(fed, begin, first_output, targets))

    def backward(self, tape: EncoderDecoderTape) -> EncoderDecoderGradients:
        """The derivatives: first through the decoder, then, from dL/dc, through the encoder."""
        decoder = self.decoder.backward(tape.decoder)
        context = tuple(np.zeros_like(state) for state in tape.encoder.last)
        own = decoder.inputs
        if self.context != "initial":
            width = decoder.inputs.shape[-1] - self.encoder.hidden
            own = decoder.inputs[..., :width]
            context[0][...] += decoder.inputs[..., width:].sum(axis=0)
        if self.context != "input":
            for total, part in zip(context, decoder.initial, strict=True):
                total[...] += part
        encoder = self.encoder.backward(tape.encoder, np.zeros_like(tape.encoder.outputs), context)
        return EncoderDecoderGradients(encoder, decoder, context, own)
