r"""What is shared between numbers of steps and between documents: the same values, and nothing that is not the same.

A value that is shared where it should not be would make a false equation true in every world at once, so each way in
which two nodes may differ is planted here, and the values with sharing are compared with those without.
"""

from __future__ import annotations

import numpy as np
import pytest

from bpttsym.common import Common, Shelf
from bpttsym.document import load_preset, read_document
from bpttsym.exact import ExactWorld
from bpttsym.ground import Ground, make_ground, prepare
from bpttsym.model import Model
from bpttsym.numeric import NumericWorld
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

RECURRENCE = r"h_t = \tanh(W h_{t-1} + U x_t)"
SUM = r"L = \sum_{t=1}^{T} h_t^\top h_t"


def model_of(*definitions: str, front: str = "") -> Model:
    """The model of a document with some definitions."""
    text = "".join(f"$$\n{one}\n$$\n\n" for one in definitions)
    return read_document(source_from_text(f"---\n{front}\n---\n{text}" if front else text)).models[-1]


def grounds(model: Model, *lengths: int) -> list[Ground]:
    """A model at several numbers of steps, prepared once."""
    ready = prepare(model)
    return [make_ground(model, length, ready=ready) for length in lengths]


PRESETS = ("many_to_one", "many_to_many", "lstm", "bidirectional", "encoder_decoder", "multi_layer")


@pytest.mark.campaign(quick=4)
@pytest.mark.parametrize("name", PRESETS)
def test_values_and_derivatives_are_those_of_worlds_that_share_nothing(name: str) -> None:
    """Every node and derivative, with what other numbers of steps have left on the shelf and without."""
    common = Common()
    for ground in grounds(load_preset(name).models[-1], 4, 3):
        graph, shapes = ground.graph, ground.shapes
        alone, shared = NumericWorld(graph, shapes), NumericWorld(graph, shapes, kept=common.kept("n", graph, shapes))
        by = [key for key in graph.nodes if graph.dependents((key,))]
        for key in graph.nodes:
            assert np.array_equal(alone.node(key), shared.node(key)), key
            for start in by:
                for immediate in (False, True):
                    asked = key, (start,), immediate
                    assert np.allclose(alone.derivative(*asked), shared.derivative(*asked), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["many_to_one", "lstm"])
def test_the_field_shares_its_oracle_and_says_the_same(name: str) -> None:
    """The same residues, since one oracle answers the same question alike at every number of steps."""
    common = Common()
    oracle = None
    for ground in grounds(load_preset(name).models[-1], 4, 3):
        graph, shapes = ground.graph, ground.shapes
        alone = ExactWorld(graph, shapes)
        shared = ExactWorld(graph, shapes, kept=common.kept("e", graph, shapes), oracle=oracle)
        oracle = shared.oracle
        last = next(reversed(graph.nodes))
        for key in graph.nodes:
            assert np.array_equal(alone.node(key).entries, shared.node(key).entries), key
            one, other = alone.derivative(last, (key,), False), shared.derivative(last, (key,), False)
            assert np.array_equal(one.entries, other.entries), key
            assert one.degree == other.degree, key


def test_a_state_is_shared_and_a_sum_to_the_end_is_not() -> None:
    """The first states are the same nodes at T = 3 and T = 5; the loss of all steps is another one."""
    common = Common()
    three, five = (common.numbered(ground.graph) for ground in grounds(model_of(RECURRENCE, SUM), 3, 5))
    assert all(three["h", (step,)] == five["h", (step,)] for step in (0, 1, 2, 3))
    assert three["L", ()] != five["L", ()]


ENDS = {
    "the last step by its name": (RECURRENCE, r"L = h_T^\top h_T"),
    "the number of steps as a factor": (RECURRENCE, r"g_t = T h_t", r"L = \sum_{t=1}^{T} g_t^\top g_t"),
    "a sum without bounds": (RECURRENCE, r"g_t = \sum_{s} h_s + h_t", r"L = \sum_{t=1}^{T} g_t^\top g_t"),
    "a state that runs back": (r"h_t = \tanh(W h_{t+1} + U x_t)", SUM),
}


@pytest.mark.parametrize("which", ENDS)
def test_what_knows_where_the_steps_end_is_not_shared(which: str) -> None:
    """Such a node has another value at another number of steps, and so another number."""
    common = Common()
    short, long = grounds(model_of(*ENDS[which]), 3, 4)
    first, second = common.numbered(short.graph), common.numbered(long.graph)
    worlds = [NumericWorld(ground.graph, ground.shapes) for ground in (short, long)]
    for key in set(first) & set(second):
        if first[key] == second[key]:
            assert np.array_equal(worlds[0].node(key), worlds[1].node(key)), key
    assert first["L", ()] != second["L", ()]


OTHER_MODELS = {
    "another formula": ((r"h_t = \tanh(W h_{t-1} - U x_t)", SUM), ""),
    "another function": ((r"h_t = \sigma(W h_{t-1} + U x_t)", SUM), ""),
    "a start that is zero": ((RECURRENCE, SUM), "h_0: zero"),
    "numbers for vectors": ((RECURRENCE, SUM), "state: scalar"),
    "steps from zero": ((RECURRENCE, SUM), "first: 0"),
    "a transpose": ((r"h_t = \tanh(W^\top h_{t-1} + U x_t)", SUM), ""),
}


@pytest.mark.parametrize("which", OTHER_MODELS)
def test_models_that_compute_something_else_share_nothing(which: str) -> None:
    """Each difference that changes a value gives a place of its own on the shelf."""
    shelf = Shelf()
    definitions, front = OTHER_MODELS[which]
    own, other = prepare(model_of(RECURRENCE, SUM))[0], prepare(model_of(*definitions, front=front))[0]
    assert shelf.common(own) is not shelf.common(other)


def test_a_model_that_is_read_again_is_the_same() -> None:
    """Where it stands in a text, and what is abbreviated besides, changes nothing that is computed."""
    shelf = Shelf()
    own = prepare(model_of(RECURRENCE, SUM))[0]
    again = prepare(model_of(RECURRENCE, SUM, r"\delta_t = \frac{\partial L}{\partial h_t}"))[0]
    assert again.abbreviations
    assert shelf.common(own) is shelf.common(again)


def test_a_shelf_with_one_model_does_not_help_a_false_claim_about_another() -> None:
    """What is true of a sum and false of a difference stays false after the sum was judged on the same shelf."""
    shelf = Shelf()
    claim = r"\frac{\partial h_t}{\partial x_t} = \mathrm{diag}(1 - h_t^2) U"
    for definition, expected in ((RECURRENCE, "proved"), (RECURRENCE.replace("+ U", "- U"), "refuted")):
        text = f"---\nlayout: numerator\n---\n$$\n{definition}\n$$\n\n$$\n{claim}\n$$\n"
        verdict = judge(read_document(source_from_text(text)), shelf=shelf)[-1]
        assert verdict.status == expected
