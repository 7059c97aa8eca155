r"""Parts that name nothing that moves take their values from where nothing moves; derivatives stay what they are.

A part that is held still although it moves would lose a path in every world at once, so values with and without this
are compared entry by entry, and a rule that forgets what moves is shown to be seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from bpttsym.document import load_preset, read_document
from bpttsym.exact import ExactWorld
from bpttsym.ground import Ground, make_ground, prepare
from bpttsym.model import Key, Model
from bpttsym.numeric import NumericWorld
from bpttsym.plain import PlainWorld
from bpttsym.plain_exact import PlainExact
from bpttsym.reckoner import Reckoner
from bpttsym.source import source_from_text

FORMULA = r"""
$$f(x) = W x$$
$$h_t = \tanh(f(h_{t-1}) + U x_t)$$
$$L = \sum_{t=1}^{T} h_t^\top h_t$$
"""
"""The formula of a function names a parameter that its argument does not."""

COPIES = r"""
$$g_t = U x_t + b$$
$$h_t = \tanh(W h_{t-1} + g_t)$$
$$s_t = h_t + g_t$$
$$L = \sum_{t=1}^{T} s_t^\top s_t$$
"""
"""Two paths from ``b``, one through a helper alone."""

WORLDS = {
    "numbers": NumericWorld,
    "field": ExactWorld,
    "plain numbers": PlainWorld,
    "plain field": PlainExact,
}


def model_of(name: str) -> Model:
    """A preset, or one of the documents above."""
    texts = {"formula": FORMULA, "copies": COPIES}
    document = read_document(source_from_text(texts[name])) if name in texts else load_preset(name)
    return document.models[-1]


def entries(value: Any) -> Any:
    """The numbers of a value, of whichever world."""
    return getattr(value, "entries", getattr(value, "rows", value))


def jacobians(kind: str, ground: Ground) -> dict[tuple[Key, bool], Any]:
    """All derivatives of the last node, total and immediate, in a new world."""
    world: Any = WORLDS[kind](ground.graph, ground.shapes)
    last = next(reversed(ground.graph.nodes))
    by = [key for key in ground.graph.nodes if ground.graph.dependents((key,))]
    return {(key, frozen): entries(world.derivative(last, (key,), frozen)) for key in by for frozen in (False, True)}


def alike(first: dict[tuple[Key, bool], Any], second: dict[tuple[Key, bool], Any]) -> bool:
    """Whether two worlds say the same of every derivative, to the last bit."""
    return all(np.array_equal(first[asked], second[asked]) for asked in first)


def ground_of(name: str) -> Ground:
    """A model at three steps."""
    model = model_of(name)
    return make_ground(model, 3, ready=prepare(model))


@pytest.mark.campaign(quick=8)
@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize("name", ["copies", "formula", "many_to_many", "gru"])
def test_derivatives_are_those_without_it(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every derivative of the loss is the same, to the last bit, where each part is evaluated anew."""
    ground = ground_of(name)
    leaning = jacobians(kind, ground)
    monkeypatch.setattr(Reckoner, "lean_on", lambda self, still, moved: None)
    assert alike(leaning, jacobians(kind, ground))


@pytest.mark.parametrize("kind", WORLDS)
def test_a_part_that_is_wrongly_held_still_is_seen(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that knows what is moved, and not what depends on it, loses the paths through states."""
    ground = ground_of("copies")
    right, whole = jacobians(kind, ground), Reckoner.lean_on

    def forgetful(self: Reckoner, still: Reckoner, moved: Iterable[Key]) -> None:
        whole(self, still, list(moved)[:1])

    monkeypatch.setattr(Reckoner, "lean_on", forgetful)
    assert not alike(right, jacobians(kind, ground))
