r"""Which definitions by later steps are nodes of the network, and which only help with its gradients.

``\\overleftarrow{h}_t = f(x_t, \\overleftarrow{h}_{t+1})`` is a state that runs back: the loss is computed from it.
``\\delta_t = W^\\top \\delta_{t+1}`` is not: it only abbreviates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bpttsym.definitions import Definition, has_derivative
from bpttsym.expr import Call, names, walk
from bpttsym.shapes import ELEMENTWISE, LOSS_LETTERS

Slot = tuple[str, int, str]
"""What a definition is kept under: name, number of indices, and the index itself where it is a literal."""


def nodes_among(
    definitions: Mapping[Slot, Definition],
    abbreviations: Mapping[Slot, Definition],
    differentiated: Collection[str],
    functions: Collection[str],
) -> list[Slot]:
    """The abbreviations without derivatives that are nodes.

    They are if a loss is computed from them, if something is differentiated by them or they by something, if an
    unknown function (one of ``functions``) gives them, or if they stand in an activation: a gradient is linear in the
    gradients behind it.
    """
    plain = {slot: known for slot, known in abbreviations.items() if not has_derivative(known.body)}
    if not plain:
        return []
    needed = _needed(definitions, plain, {slot[0] for slot in definitions if slot[0] in LOSS_LETTERS})
    wanted = needed | set(differentiated)
    applied = ((slot[0], known.body) for slot, known in plain.items() if isinstance(known.body, Call))
    wanted |= {name for name, body in applied if body.function in functions}
    wanted |= {slot[0] for slot, known in plain.items() if _is_activated(known)}
    return [slot for slot in plain if slot[0] in wanted]


def _is_activated(known: Definition) -> bool:
    """Whether a quantity stands in an activation in its own formula."""
    calls = (part for part in walk(known.body) if isinstance(part, Call) and part.function in ELEMENTWISE)
    return any(known.name in names(call) for call in calls)


def helpers_among(
    definitions: Mapping[Slot, Definition], abbreviations: Mapping[Slot, Definition], differentiated: Collection[str]
) -> list[Slot]:
    """The definitions in terms of abbreviations (``\\alpha_t = (1 - h_t^2) \\odot \\delta_t``): they abbreviate too."""
    short = {slot[0] for slot in abbreviations}
    kept = _needed(definitions, {}, {slot[0] for slot in definitions if slot[0] in LOSS_LETTERS}) | set(differentiated)
    found: list[Slot] = []
    while True:
        others = {slot: known for slot, known in definitions.items() if slot not in found and slot[0] not in kept}
        more = [slot for slot, known in others.items() if names(known.body) & short]
        if not more:
            return found
        found += more
        short |= {slot[0] for slot in more}


def _needed(definitions: Mapping[Slot, Definition], plain: Mapping[Slot, Definition], start: set[str]) -> set[str]:
    """The names from which some names are computed, those included."""
    bodies: dict[str, set[str]] = {}
    for known in (*definitions.values(), *plain.values()):
        bodies.setdefault(known.name, set()).update(names(known.body))
    needed, coming = set(start), list(start)
    while coming:
        more = bodies.get(coming.pop(), set()) - needed
        needed |= more
        coming.extend(more)
    return needed
