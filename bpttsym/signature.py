r"""What the names of a document are, found before any equation is read: functions, indices, the horizon.

``f(x_t, h_{t-1}; \psi)`` is an application because ``f`` never stands alone; ``\mathcal{L}(\theta)`` is the
symbol ``\mathcal{L}``; the subscript of ``W_{hh}`` is a label and that of ``h_{t-1}`` is an index.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence

from bpttsym.census import (
    ACTIVATIONS,
    BOLD,
    BUILTIN_FUNCTIONS,
    FUNCTION_LETTERS,
    INDEX_LETTERS,
    Census,
    count_chain,
)
from bpttsym.last_steps import USUAL, backwards, last_step
from bpttsym.numbered import WORDS, lettered, numbered
from bpttsym.records import dataclass, field
from bpttsym.stepwise import named_step, twofold
from bpttsym.surface import Chain, Scripted, Word
from bpttsym.weight_shapes import IDENTITIES
from bpttsym.weighted import LOSS_LETTERS, SCALAR_LETTERS

NEIGHBOURS = {"prev": -1, "previous": -1, "next": 1}
"""Labels that say which step: the one that is computed is the next one where no other has an index."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The names of a document by what they are.

    ``functions`` are applied to arguments; ``quantities`` may be followed by arguments that say nothing new
    (``L(\\theta)``); ``indices`` may stand in a subscript as an index; ``horizon`` is the last step's name;
    ``aliases`` are names given to known functions (``g = \\mathrm{softmax}``); over ``running`` a sum or a
    recursion runs. What is ``stepped`` has its step in parentheses: ``h(t)``. ``lone`` names stand without scripts
    somewhere, ``counted`` ones have an index somewhere, ``stacked`` ones have it in brackets above: ``h^{(l)}``. What
    is ``timed`` has its step there, before any entry below: ``o^{(t)}_j``. The ``identities`` are identity matrices,
    whatever stands below them (``I_n``); ``neighbours`` are named by their step (``a_{prev}``), those of them that have
    an index elsewhere are ``counted_alone``. ``implied`` holds the letter of the step of names that never show it;
    what is ``given`` stands on the left of a relation; ``raised`` names have their step above without brackets. Values
    have the name of their function where it is ``named_after`` (``\\ell_t = \\ell(h_t, y_t)``); a ``twofold`` loss is a
    number, and a function where it is applied to something of a step. Numbers above ``numbered`` names count layers;
    those above ``doubtful`` ones may be layers or powers. Above ``lettered`` names stands the letter of an entry.
    The ``chances`` are probabilities, ``p(a \\mid b)``. By name, ``backwards`` says whether it is computed from a later
    step of its own. Up to the ``ends`` run sums, of entries mostly.
    By plain name, ``unbold`` holds the bold one of which it names entries: ``h_i^{(t)}`` beside ``\\mathbf{h}^{(t)}``.
    """

    functions: frozenset[str] = frozenset()
    quantities: frozenset[str] = frozenset()
    indices: frozenset[str] = INDEX_LETTERS
    horizon: str = USUAL
    aliases: tuple[tuple[str, str], ...] = ()
    running: frozenset[str] = frozenset()
    first: int = 1
    stepped: frozenset[str] = frozenset()
    lone: frozenset[str] = frozenset()
    counted: frozenset[str] = frozenset()
    stacked: frozenset[str] = frozenset()
    timed: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    neighbours: frozenset[str] = frozenset()
    counted_alone: frozenset[str] = frozenset()
    implied: tuple[tuple[str, str], ...] = ()
    given: frozenset[str] = frozenset()
    raised: frozenset[str] = frozenset()
    named_after: frozenset[str] = frozenset()
    chances: frozenset[str] = frozenset()
    twofold: frozenset[str] = frozenset()
    numbered: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    lettered: frozenset[str] = frozenset()
    backwards: Mapping[str, frozenset[bool]] = field(default_factory=dict)
    ends: frozenset[str] = frozenset()
    unbold: Mapping[str, str] = field(default_factory=dict)

    def joined(self, other: Signature) -> Signature:
        """What either of two documents says of its names."""
        return Signature(
            self.functions | other.functions,
            self.quantities | other.quantities,
            self.indices & other.indices,
            self.horizon,
            (*self.aliases, *other.aliases),
            self.running | other.running,
            self.first,
            self.stepped | other.stepped,
            self.lone | other.lone,
            self.counted | other.counted,
            self.stacked | other.stacked,
            self.timed | other.timed,
            self.identities & other.identities,
            self.neighbours | other.neighbours,
            self.counted_alone | other.counted_alone,
            self.implied,
            self.given | other.given,
            self.raised | other.raised,
            self.named_after | other.named_after,
            self.chances | other.chances,
            self.twofold | other.twofold,
            self.numbered | other.numbered,
            self.doubtful | other.doubtful,
            self.lettered | other.lettered,
            {**other.backwards, **self.backwards},
            self.ends | other.ends,
            {**other.unbold, **self.unbold},
        )

    def applies(self, function: str) -> bool:
        """Whether a name, with a label or without, is that of a function of the document."""
        return function.partition("_{")[0] in self.functions | self.twofold

    def is_last(self, name: str) -> bool:
        """Whether a letter may name the last index of an axis: a capital or a usual name over which nothing runs."""
        return name not in self.running and (name in self.ends or name in ("n", r"\tau") or name[:1].isupper())

    def is_label(self, name: str, letters: Sequence[str], bracketed: bool) -> bool:
        r"""Whether letters above a name are a part of it: ``W^{(hh)}``, ``W^{(S)}``, ``W^{\mathrm{rec}}``, ``W^{hh}``.

        In brackets stands a step where it is a letter of an index; without brackets a power, except of quantities
        that have a step wherever they stand.
        """
        if all(letter.startswith(r"\mathrm{") for letter in letters):
            return True
        counting = [letter in self.indices or letter == self.horizon for letter in letters]
        alone = [letter in self.lone for letter in letters]
        if "".join(letters) in WORDS:
            return True
        if not bracketed:
            return all(letter in self.counted for letter in letters) and not any(counting) and not any(alone)
        last = len(letters) == 1 and self.is_last(letters[0]) and name in self.stacked
        return not all(counting) and not all(alone) and not last

    def builtin(self, name: str) -> str:
        """The known function that a name stands for, in its canonical spelling; empty if it is none."""
        return BUILTIN_FUNCTIONS.get(name) or dict(self.aliases).get(name, "")


def signature(chains: Iterable[Chain], spoken: Container[str] = frozenset()) -> Signature:
    """The signature of a document, from all of its chains; a formula without a relation says nothing.

    What is ``spoken`` of as a function is one where it is applied.
    """
    census = Census()
    aliases: dict[str, str] = {}
    known = list(chains)
    for chain in known:
        alias = alias_of(chain)
        if alias is not None:
            aliases.setdefault(*alias)
        elif chain.relations and chain.relations[0] != ":":  # what a name is declared to be is no use of it
            count_chain(chain, census)
    functions = {
        name
        for name in census.applied
        if name in census.several - census.heads
        or (name in census.several and name.startswith(r"\mathrm{"))  # a word that is given a formula and applied
        or (name not in census.bare and name in FUNCTION_LETTERS | (census.primed - set(BUILTIN_FUNCTIONS)))
    }
    functions |= {name for name in census.applied - census.bare if name in aliases or name in spoken or is_word(name)}
    functions -= census.differentiated - FUNCTION_LETTERS - (census.named_after & census.several)
    losses = (census.applied & census.bare & LOSS_LETTERS) - FUNCTION_LETTERS  # L = \sum_t L_t(\hat{y}_t, y_t)
    functions -= losses
    stepped = frozenset(
        name for name, seen in census.steps.items() if {True} <= seen and None not in seen and name not in ACTIVATIONS
    )
    values = named_step(known, census)
    three = lettered(known)
    signals = census.heads - census.lone - ACTIVATIONS - set(BUILTIN_FUNCTIONS)
    for name in signals:  # ``s_k(t+1) = ...``, and ``h(t) = \tanh(W h(t-1))``
        seen = census.head_steps.get(name, set()) | census.steps.get(name, set())
        sure = False in seen or (name in three and True in seen)
        stepped |= {name} if sure and None not in seen else set()
    functions -= stepped | (census.valued - census.named_after - {"f", "g"} - values)
    quantities = (census.heads | census.numerators | census.differentiated | losses) - functions
    used = census.subscripted | {name[len(BOLD) : -1] for name in census.subscripted if name.startswith(BOLD)}
    counted = used | {name for name, above in census.above.items() if above & {"", *INDEX_LETTERS}}
    above = (census.raised_heads & census.raised_shifts & INDEX_LETTERS) - {"T"}
    census.shifted |= above
    over = above | (census.bound & INDEX_LETTERS if above else set())
    raised = {name for name, found in census.raised.items() if found & over}
    raised -= census.lone | census.unraised | SCALAR_LETTERS
    raised |= {name for name in LOSS_LETTERS & census.given if census.raised.get(name, set()) & above}
    primed = {name.rstrip("'") for name in census.bound if name.endswith("'")} - counted
    letters = (INDEX_LETTERS - (counted - census.shifted)) | census.bound | census.shifted | primed
    letters -= _marks(census)
    layers, doubtful = numbered(known)
    stacked = {name for name, above in census.above.items() if above & {"", *letters}}
    running = frozenset(census.bound | census.shifted)
    named = tuple(
        sorted((name, function) for name, function in aliases.items() if name.partition("_{")[0] in functions)
    )
    own = frozenset(functions) - set(aliases)
    last = last_step(known)
    steps = census.shifted | {last}
    timed = {
        name for name, above in census.above.items() if above & steps and not census.below.get(name, set()) & steps
    }
    running_below = {name for name, below in census.below.items() if below & (running | {last})}
    identities = IDENTITIES - census.given - running_below
    moved = {name for name, labels in census.labels.items() if any(is_neighbour(label) for label in labels)}
    neighbours = moved if any("t" in letters for letters in (*census.below.values(), *census.above.values())) else set()
    return Signature(
        functions=own,
        quantities=frozenset(quantities),
        indices=frozenset(letters),
        horizon=last,
        aliases=named,
        running=running,
        stepped=stepped,
        lone=frozenset(census.lone),
        counted=frozenset(counted),
        stacked=frozenset(stacked),
        timed=frozenset(timed | raised),
        raised=frozenset(raised),
        identities=frozenset(identities),
        neighbours=frozenset(neighbours),
        counted_alone=frozenset(neighbours & running_below),
        given=frozenset(census.given),
        named_after=frozenset(census.named_after | values),
        twofold=twofold(known, census) - functions,
        chances=frozenset(census.chances),
        numbered=layers - raised,
        doubtful=doubtful - raised,
        lettered=three - raised - SCALAR_LETTERS,
        backwards=backwards(known),
        ends=frozenset(census.ends - (INDEX_LETTERS - {"m"})),
        unbold=_unbold(census),
    )


def _unbold(census: Census) -> dict[str, str]:
    """Plain names that are given no meaning and stand nowhere alone, each with the bold one that has a formula."""
    bold = {re.sub(r"\\mathbf\{([^{}]*)\}", r"\1", name): name for name in census.given if BOLD in name}
    return {
        plain: name
        for plain, name in bold.items()
        if plain != name and plain in census.subscripted - census.given - census.lone
    }


def _marks(census: Census) -> set[str]:
    r"""Letters of indices that are a part of one name, which never stands without: the time constant ``\tau_m``.

    What is given a meaning with a letter below it has that as an index.
    """
    places: dict[str, set[str]] = {}
    for name, found in (*census.below.items(), *census.above.items(), *census.raised.items()):
        for letter in found:
            places.setdefault(letter, set()).add(name)
    free = INDEX_LETTERS - census.bound - census.shifted - {"t", "T"}
    alone = {letter: next(iter(names)) for letter, names in places.items() if letter in free and len(names) == 1}
    stepped = {name for found in (census.above, census.raised) for name, letters in found.items() if letters}
    known = census.given | census.lone | stepped | set(_unbold(census))
    return {letter for letter, name in alone.items() if census.below.get(name) == {letter} and name not in known}


def is_word(name: str) -> bool:
    """Whether a name is a word in upright letters, which is the name of a function where it is applied."""
    return re.fullmatch(r"\\mathrm\{[A-Za-z]{2,}\}", name) is not None and name not in LOSS_LETTERS | set(
        BUILTIN_FUNCTIONS
    )


def is_neighbour(label: str) -> bool:
    """Whether a label names the step before or behind the present one."""
    return label.removeprefix(r"\mathrm{").removesuffix("}") in NEIGHBOURS


def alias_of(chain: Chain) -> tuple[str, str] | None:
    """The name and the known function of ``g = \\mathrm{softmax}`` or ``\\sigma_h = \\tanh``; None for others."""
    if len(chain.sides) == 2 and chain.relations[0] in ("=", ":="):
        left, right = chain.sides
        if isinstance(right, Word) and right.text in BUILTIN_FUNCTIONS:
            match left:
                case Word(_, _, name):
                    return name, BUILTIN_FUNCTIONS[right.text]
                case Scripted(_, Word(_, _, name), [("sub", Word(_, "NAME", label))]) if name in FUNCTION_LETTERS:
                    return f"{name}_{{{label}}}", BUILTIN_FUNCTIONS[right.text]
    return None
