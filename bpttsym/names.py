r"""Names of a model as people type them: ``psi``, ``W_hh``, ``h_0``, ``y_hat_2`` or LaTeX as it stands.

A name that the model does not have raises UsageError and tells the nearest that it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bpttsym.axes import Place
from bpttsym.errors import UsageError
from bpttsym.expr import Expr, Number, Symbol, integer, shifted, walk
from bpttsym.model import Model, index_letters, index_value
from bpttsym.records import replace
from bpttsym.regular import pattern

STEP_LETTERS = ("t", "k", "s", "n", "i", "j")
STEP = r"[A-Za-z0-9]+(?:\+1)?"
"""A step as one types it: ``t``, ``3``, ``T``, and ``T+1``, where a state that runs back begins."""

_FONT = pattern(r"\\(?:mathcal|mathbf|mathrm|mathbb|boldsymbol|text)\s*\{([^{}]*)\}")
ACCENTS = "hat|tilde|bar|vec|dot|overrightarrow|overleftarrow"
_ACCENT = pattern(rf"\\({ACCENTS})\s*(?:\{{([^{{}}]*)\}}|(\w))")


def plain(name: str) -> str:
    r"""A name without LaTeX: ``\hat{y}`` is ``y_hat``, ``W_{hh}`` is ``W_hh``, ``\mathcal{L}`` is ``L``."""
    text = _FONT.sub(r"\1", name)
    text = _ACCENT.sub(lambda found: f"{found[2] or found[3]}_{found[1]}", text)
    return re.sub(r"[\\{}\s]", "", text)


def _spellings(name: str) -> set[str]:
    spelled = plain(name)
    found = {spelled, spelled.replace("_", "")}
    if (match := re.fullmatch(rf"(\w+)_({ACCENTS})", spelled)) is not None:
        found |= {f"{match[2]}_{match[1]}", f"{match[2]}{match[1]}"}
    return found


def typed(symbol: Symbol) -> str:
    """A quantity as one types it: ``h_2`` for a literal step."""
    steps = [str(part.value) if isinstance(part, Number) else getattr(part, "name", "") for part in symbol.index]
    return "_".join([plain(symbol.name), *steps])


def known_names(model: Model) -> dict[str, frozenset[int]]:
    """The names of a model with the numbers of indices they carry, functions and sets left out."""
    applied = {name for name, _ in model.sets} | {model.horizon}
    letters = set().union(*(index_letters(definition.body) for definition in model.definitions), ())
    return {
        name: counts
        for name, counts in model.arities.items()
        if name not in applied and not (counts == frozenset((0,)) and name in letters)
    }


def of_number(model: Model, text: str | Symbol) -> Symbol:
    """The quantity that a text names; raises UsageError with the nearest names where there is none."""
    if isinstance(text, Symbol):
        return text
    names = known_names(model)
    for name, index in _readings(text, model):
        exact = [known for known in names if known == name and len(index) in names[known]]
        near = [known for known in names if plain(name) in _spellings(known) and len(index) in names[known]]
        for known in exact or near:
            return Symbol(known, index)
    if text == "L" and (losses := loss_names(model)):
        return Symbol(losses[0])
    raise UsageError(unknown("quantity", text, shown_names(model)))


def _readings(text: str, model: Model) -> Iterator[tuple[str, tuple[Expr, ...]]]:
    """The text as a name, and as a name with one index or two."""
    yield text.strip(), ()
    for form in (rf"\s*(.+)_\{{?({STEP})\}}?\s*", rf"\s*(.+)_\{{?({STEP})[,_]\s*({STEP})\}}?\s*"):
        found = re.fullmatch(form, text)
        index = [_step(step, model) for step in found.groups()[1:]] if found is not None else []
        if found is not None and None not in index:
            yield found[1], tuple(filter(None, index))


def _step(text: str, model: Model) -> Expr | None:
    """An index as one types it; None for what is none."""
    if text.isdecimal():
        return integer(int(text))
    if text.endswith("+1"):
        before = _step(text.removesuffix("+1"), model)
        return None if before is None else shifted(before, 1)
    return Symbol(text) if text in {model.horizon, *STEP_LETTERS, *model.axes.ends} else None


def loss_names(model: Model) -> list[str]:
    """The numbers that a model defines and that no other definition uses: what it is about."""
    parts = (part for definition in model.definitions for part in walk(definition.body))
    used = {part.name for part in parts if isinstance(part, Symbol) and not part.index}
    return [d.name for d in model.definitions if not d.index and d.name in model.losses and d.name not in used]


def relevant(model: Model, name: str) -> Model:
    """The model without the definitions that a quantity is not computed from."""
    needed, open_ = {name}, [name]
    while open_:
        below = open_.pop()
        for definition in model.definitions:
            if definition.name == below:
                parts = {part.name for part in walk(definition.body) if isinstance(part, Symbol)}
                open_ += parts - needed
                needed |= parts
    kept = tuple(definition for definition in model.definitions if definition.name in needed)
    return replace(model, definitions=kept, abbreviations=(), label="")


def parameters(model: Model) -> list[str]:
    r"""The leaves without steps that the model computes with, targets left out, in the order they are met.

    Those of layers are named one by one: ``\psi_1``, ``\psi_2``.
    """
    defined = {definition.name for definition in model.definitions}
    letters = set().union(*(index_letters(definition.body) for definition in model.definitions), ())
    found: dict[str, None] = {}
    for definition in model.definitions:
        if definition.name in model.losses:
            continue
        for part in walk(definition.body):
            if not isinstance(part, Symbol) or part.name in defined:
                continue
            if part.index:
                found.update(dict.fromkeys(f"{part.name}_{layer}" for layer in _layers(model, part)))
            elif part.name not in letters | {model.horizon}:
                found.update(dict.fromkeys(model.set_members.get(part.name, (part.name,))))
    return [name for name in found if name not in defined]


def _layers(model: Model, part: Symbol) -> list[int]:
    """The layers of a quantity that has nothing but a layer; none for any other."""
    place = Place(part.name, len(part.index), 0)
    if len(part.index) != 1 or model.axes.counts_steps(place) or part.name not in model.parameters:
        return []
    (index,) = part.index
    if isinstance(index, Symbol) and index.name not in model.axes.ends:
        return list(range(1, model.axes.end(place, model.length or 1) + 1))
    return [index_value(index, model.axes.bindings(model.length or 1))]


def shown_names(model: Model) -> list[str]:
    """The names of a model as one types them: a step letter for those that have steps, and each of their layers."""
    found = []
    for name, counts in known_names(model).items():
        for count in sorted(counts):
            places = [Place(name, count, position) for position in range(count)]
            steps = ["_t" for place in places if model.axes.counts_steps(place)]
            layers = [place for place in places if not model.axes.counts_steps(place)]
            ends = range(1, model.axes.end(layers[0], model.length or 1) + 1) if len(layers) == 1 else ()
            if len(steps) + len(layers) < 2 or (len(steps) == len(layers) == 1):
                found += [plain(name) + "".join(steps) + part for part in ([f"_{n}" for n in ends] or [""])]
    return sorted(found)


def unknown(kind: str, text: str, known: Iterable[str]) -> str:
    """One sentence that names the nearest right thing."""
    listed = list(known)
    folded = {name.casefold(): name for name in listed}
    import difflib

    near = difflib.get_close_matches(text.casefold(), folded, 1, 0.3)
    if near:
        return f"there is no {kind} `{text}`; the nearest is `{folded[near[0]]}` (there are {', '.join(listed)})"
    return f"there is no {kind} `{text}`; there are {', '.join(listed)}"
