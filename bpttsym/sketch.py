r"""What chain rules say of a network that a document does not define: what each quantity in them is computed from.

    \frac{\partial L_t}{\partial W} = \sum_{k=1}^{t} \frac{\partial L_t}{\partial \hat{y}_t}
        \frac{\partial \hat{y}_t}{\partial h_t} \frac{\partial h_t}{\partial h_k} \frac{\partial h_k}{\partial W}

``h`` is differentiated by itself at another step: it is the state. ``\hat{y}_t`` is differentiated by ``h_t``: it is
computed from it. ``W`` belongs to the state, since nothing below the state is differentiated by it. Whoever writes the
chain rule of another network writes other derivatives; where they fit no single plain network, there is no sketch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bpttsym.dots import distance
from bpttsym.expr import Derivative, Expr, Number, Product, Sum, Symbol, integer, names, walk
from bpttsym.records import dataclass, field
from bpttsym.shapes import LOSS_LETTERS

OUTPUT = re.compile(r"(?:\\(?:mathbf|boldsymbol|mathrm)\{)*(?:[oyp]|\\hat\{.*\})\}*")
"""How outputs are called where nothing else tells them from a state."""

Pairs = dict[str, dict[str, None]]
"""By name, the names that it is differentiated by, in the order in which they are met."""


@dataclass(frozen=True)
class Part:
    """One quantity: what it is computed from at its own step, one step before, among inputs and among parameters.

    A ``whole`` one stands once, behind the last step.
    """

    name: str
    whole: bool
    now: tuple[str, ...]
    before: tuple[str, ...]
    inputs: tuple[str, ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Sketch:
    """The quantities of a network, each after those of its own step; ``sure`` if no other plain one is in question."""

    parts: tuple[Part, ...]
    losses: frozenset[str]
    sure: bool


def derivatives_of(roots: Iterable[Expr]) -> Iterator[Derivative]:
    """All derivatives in some formulas."""
    return (part for root in roots for part in walk(root) if isinstance(part, Derivative))


def losses_in(roots: Sequence[Expr]) -> frozenset[str]:
    """Letters of losses by which nothing is differentiated."""
    below = {part.by.name for part in derivatives_of(roots) if isinstance(part.by, Symbol)}
    above = {part.of.name for part in derivatives_of(roots) if isinstance(part.of, Symbol)}
    return frozenset((above & LOSS_LETTERS) - below)


def sketch(roots: Sequence[Expr], horizon: str, direct: bool = False) -> Sketch | None:
    """The network of which some formulas are chain rules; None where they do not say one that is plain.

    With ``direct`` everything is computed from all by which it is differentiated, also where a path leads there.
    """
    found = _Evidence(losses_in(roots), horizon)
    for derivative in derivatives_of(roots):
        found.take(derivative)
    if not found.place():
        return None
    sure = found.sure and _counts_all(roots, horizon)
    parts = tuple(found.parts(direct))
    return Sketch(parts, found.losses, sure) if all(part.now or part.before for part in parts) else None


def _counts_all(roots: Sequence[Expr], horizon: str) -> bool:
    """Whether nothing hints at steps that are counted in another way than from 1 to the horizon."""
    sums = [part for root in roots for part in walk(root) if isinstance(part, Sum | Product)]
    lows = {part.lower for part in sums if isinstance(part.lower, Number)}
    highs = {part.upper for part in sums if part.upper is not None and horizon in names(part.upper)}
    return integer(0) not in lows and all(
        not ends or end in ends for ends, end in ((lows, integer(1)), (highs, Symbol(horizon)))
    )


@dataclass
class _Evidence:
    """Who is differentiated by whom: at the same step (``now``), at the step before, or at any other (``far``)."""

    losses: frozenset[str]
    horizon: str
    sure: bool = True
    backward: set[str] = field(default_factory=set)
    state: str = ""
    stepped: dict[str, None] = field(default_factory=dict)
    above: dict[str, None] = field(default_factory=dict)
    whole: dict[str, None] = field(default_factory=dict)
    now: Pairs = field(default_factory=dict)
    before: Pairs = field(default_factory=dict)
    far: Pairs = field(default_factory=dict)
    single: Pairs = field(default_factory=dict)
    of_losses: dict[str, None] = field(default_factory=dict)

    def take(self, derivative: Derivative) -> None:
        """Take a derivative in; one of anything else than a single quantity by a single one leaves doubts."""
        of, by = derivative.of, derivative.by
        if not isinstance(of, Symbol) or not isinstance(by, Symbol) or len(of.index) > 1 or len(by.index) > 1:
            self.sure = False
            return
        for end in (of, by):
            if end.index:
                self.stepped[end.name] = None
        if of.name in self.losses:
            (self.of_losses if by.index else self.single.setdefault("", {}))[by.name] = None
            return
        (self.above if of.index else self.whole)[of.name] = None
        if not by.index:
            self.single.setdefault(of.name, {})[by.name] = None
        elif not of.index:
            last = by.index[0] in (Symbol(self.horizon),) or isinstance(by.index[0], Number)
            (self.now if last else self.far).setdefault(of.name, {})[by.name] = None
        else:
            self._place_in_time(of, by, derivative.kind == "immediate")

    def _place_in_time(self, of: Symbol, by: Symbol, immediate: bool) -> None:
        apart = distance(of.index[0], by.index[0])
        literal = isinstance(of.index[0], Number)
        match apart:
            case 0 if of.name == by.name:
                return
            case 0:
                self.now.setdefault(of.name, {})[by.name] = None
            case 1:
                self.before.setdefault(of.name, {})[by.name] = None
            case _:
                self.far.setdefault(of.name, {})[by.name] = None
                if apart is not None and apart < 0:
                    self.backward.add(of.name)
                # two steps or more at once: the network may be one that reaches so far
                self.sure &= apart is None or apart < 0 or (literal and not immediate)

    def place(self) -> bool:
        """Find the state and what nothing is said of; False where the derivatives fit no plain network."""
        mixed = {name for name in self.stepped if name in self.whole and name not in self.losses}
        singles = {name for names in self.single.values() for name in names}
        if mixed or self.backward - self.before.keys() or any(name not in singles for name in self.whole):
            return False
        for name, below in self.single.items():
            for one in below.keys() & self.whole.keys() if name else ():
                if name not in self.whole:
                    return False
                self.now.setdefault(name, {})[one] = None
        self._take_copies(singles)
        computed = [name for name in self.above if name not in self.losses]
        outputs = [n for n in self.of_losses if n not in self.above and n not in singles]
        used = {name for pairs in (self.now, self.before, self.far) for names in pairs.values() for name in names}
        unplaced = [name for name in outputs if name not in used]
        if _is_circular(self.now) or not self._find_state(computed, unplaced):
            return False
        self.sure &= not unplaced
        for name in (*computed, *unplaced, *self.whole):
            self.above[name] = None
            said = self.now.get(name, {}).keys() | self.before.get(name, {}).keys()
            if name != self.state and not any(other in self.above for other in said):
                self.sure &= not self.far.get(name)
                self.now.setdefault(name, {})[self.state] = None
        return not _is_circular(self.now)

    def _take_copies(self, singles: set[str]) -> None:
        r"""``\partial h_t / \partial W_t`` is by the copy of a parameter that stands without a step elsewhere."""
        copies = [name for name in self.stepped if name in singles and name not in self.above]
        for pairs in (self.now, self.before, self.far):
            for name, below in pairs.items():
                for copy in copies:
                    if copy in below:
                        del below[copy]
                        self.single.setdefault(name, {})[copy] = None

    def _find_state(self, computed: Sequence[str], unplaced: Sequence[str]) -> bool:
        """The one quantity that comes back: by itself, or through others that are computed from it a step later."""
        returns = [name for name in computed if name in self.far.get(name, {}) or name in self.before.get(name, {})]
        circles = [
            target
            for name in computed
            for target in self.before.get(name, {})
            if target != name and name in _reached(self.now, target)
        ]
        if circles:
            self.state = circles[0]
            return len(set(circles)) == 1 and set(returns) <= {self.state, *_reached(self.now, self.state)}
        if not returns:
            lowest = [name for name in computed if not any(n in self.above for n in self.now.get(name, {}))]
            returns = lowest or list(unplaced)
            if not returns or all(map(OUTPUT.fullmatch, returns)):
                returns = self._unnamed()
            self.sure = False
        if len(returns) == 1:
            (self.state,) = returns
            self.before.setdefault(self.state, {})[self.state] = None
        return len(returns) == 1

    def _unnamed(self) -> list[str]:
        """A state that no equation names."""
        taken = {*self.stepped, *self.whole, *(n for names in self.single.values() for n in names)}
        found = [letter for letter in ("h", "s", "z") if letter not in taken and letter not in self.losses][:1]
        self.above.update(dict.fromkeys(found))
        return found

    def parts(self, direct: bool) -> Iterator[Part]:
        """The quantities, each after those of its own step."""
        names = [name for name in self.above if name not in self.losses]
        owners = self._owners(names, direct)
        for name in sorted(names, key=lambda one: (len(_reached(self.now, one)), names.index(one))):
            now, before = (list(pairs.get(name, {})) for pairs in (self.now, self.before))
            computed = [one for one in now if one in self.above]
            late = [one for one in before if one in self.above]
            if not direct:
                below = {other for one in computed for other in _reached(self.now, one)}
                arrived = {other for one in {*computed, *below} for other in self.before.get(one, {})}
                computed = [one for one in computed if one not in below]
                late = [one for one in late if one not in arrived]
            inputs = [one for one in (*now, *before) if one not in self.above]
            own = tuple(parameter for parameter, where in owners.items() if name in where)
            yield Part(name, name in self.whole, tuple(computed), tuple(late), tuple(dict.fromkeys(inputs)), own)

    def _owners(self, names: Sequence[str], direct: bool) -> dict[str, list[str]]:
        """By parameter, the quantities that use it: the lowest that are differentiated by it, or all if none is."""
        parameters = dict.fromkeys(
            one
            for found in self.single.values()
            for one in found
            if one not in self.whole and one not in self.losses and one not in self.above
        )
        found = {}
        for parameter in parameters:
            said = [name for name in names if parameter in self.single.get(name, {})]
            lowest = [name for name in said if not set(said) & _reached(self.now, name)]
            found[parameter] = (said if direct else lowest) or list(names)
        return found


def _reached(pairs: Pairs, name: str) -> set[str]:
    """All names below a name."""
    found: set[str] = set()
    coming = list(pairs.get(name, {}))
    while coming:
        one = coming.pop()
        if one not in found:
            found.add(one)
            coming.extend(pairs.get(one, {}))
    return found


def _is_circular(pairs: Pairs) -> bool:
    return any(name in _reached(pairs, name) for name in pairs)
