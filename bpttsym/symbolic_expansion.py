r"""The chain rule expanded by SymPy: sums and products of noncommutative Jacobians, asserted equal to ``paths``.

With one state h_t that each step makes from the one before, every derivative is

    D + \sum_t \sum_{k <= t} C(t) \prod_{t >= s > k} J(s) B(k),        J(s) = dh_s/dh_{s-1}, largest s leftmost

where C(t) leads from the state to the numerator, B(k) from the denominator to the state, and D passes no state. A
state that runs backwards in time has its product in increasing order. The parts are read off the graph; SymPy writes
out the ranges and multiplies. Any other graph (LSTM, several layers) is the sum over n of the entries of A^n, where A
holds the local Jacobian of every quantity by every other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

import sympy
from sympy.matrices.expressions.matexpr import MatrixElement

from bpttsym.errors import Contradiction, LimitExceeded
from bpttsym.model import Graph, Key
from bpttsym.paths import Letter, PathWorld, Rational, Word
from bpttsym.records import dataclass
from bpttsym.symbolic_functions import Sym
from bpttsym.symbolic_letters import STEP, Alphabet, Run, Way, base_step, runs

MAXIMUM_TERMS = 5_000

_K, _I, _N = sympy.symbols("k i n", integer=True)


@dataclass(frozen=True)
class Expansion:
    """A derivative as SymPy expands it.

    ``form`` holds the sums and products as written; ``expanded`` is the sum of products of noncommutative symbols,
    each a local Jacobian: ``letters`` says of what by what. ``words`` are the products with their factors in order.
    """

    form: Sym
    expanded: Sym
    letters: Mapping[Sym, Letter]
    words: Mapping[tuple[Letter, ...], Rational]


@dataclass(frozen=True)
class _Chain:
    """The states of one name, ``forward`` if each is made from the one before it in time."""

    name: str
    steps: range
    forward: bool

    def states(self) -> list[Key]:
        """The quantities of the chain."""
        return [(self.name, (step,)) for step in self.steps]


class _Expander:
    """One derivative in one graph."""

    def __init__(self, graph: Graph, paths: PathWorld, of: Key, by: Key) -> None:
        self.graph = graph
        self.alphabet = Alphabet(paths)
        self.of = of
        self.by = by
        self.between = {key for key in {of, *graph.ancestors(of)} if key == by or by in graph.ancestors(key)}

    def expand(self) -> tuple[Sym, Sym]:
        """The derivative with its sums and products as written, and with all ranges written out and multiplied."""
        if self.of not in self.between:
            return sympy.S.Zero, sympy.S.Zero
        if self.of == self.by:
            return sympy.S.One, sympy.S.One
        self._count()
        chains = self._chains()
        form = None if chains is None else self._chained(chains)
        if form is None:
            return self._powers()
        return form, sympy.Add(*map(_written_out, sympy.Add.make_args(form))).expand()

    def _count(self) -> None:
        """Refuse what has too many paths."""
        counts = {self.by: 1}
        for key in self.graph.nodes:
            if key in self.between and key != self.by:
                counts[key] = sum(counts[parent] for parent in self._parents(key))
        if counts[self.of] > MAXIMUM_TERMS:
            raise LimitExceeded(
                f"an expansion of {counts[self.of]} terms is over the limit of {MAXIMUM_TERMS} in SymPy"
            )

    def _parents(self, key: Key) -> list[Key]:
        return [parent for parent in self.graph.nodes[key].parents if parent in self.between]

    def _chains(self) -> list[_Chain] | None:
        """The states that recur; None if the steps of one are not in a row."""
        found = []
        for name in sorted({key[0] for key in self.between}):
            steps = sorted(index[0] for other, index in self.between if other == name and len(index) == 1)
            for forward in (True, False):
                follows = [
                    low for low in steps if self._follows((name, (low + forward,)), (name, (low + (not forward),)))
                ]
                if follows:
                    if follows != list(range(steps[0], steps[-1])):
                        return None
                    found.append(_Chain(name, range(steps[0], steps[-1] + 1), forward))
        return found

    def _follows(self, above: Key, below: Key) -> bool:
        return above in self.between and below in self.between and below in self.graph.nodes[above].parents

    def _ways(self, start: Key, stops: set[Key]) -> Iterator[tuple[Key, Way]]:
        """The ways down from a quantity to the first stop on each, with that stop."""
        open_ways: list[tuple[Key, Way]] = [(start, ())]
        while open_ways:
            key, way = open_ways.pop()
            for parent in reversed(self._parents(key)):
                longer = (*way, (key, parent))
                if parent in stops:
                    yield parent, longer
                else:
                    open_ways.append((parent, longer))

    def _chained(self, chains: list[_Chain]) -> Sym | None:
        """The sum over the states at which a path leaves and enters a chain; None if a path changes its chain."""
        states = {key for chain in chains for key in chain.states()}
        stops = {*states, self.by}
        exits: dict[Key, list[Way]] = {self.of: [()]} if self.of in states else {}
        direct: dict[int, list[Way]] = {}
        for stop, way in self._ways(self.of, stops) if self.of not in states else ():
            if stop in states:
                exits.setdefault(stop, []).append(way)
            else:
                base = next((base for edge in way if (base := base_step(edge)) is not None), 0)
                direct.setdefault(base, []).append(way)
        found = [_summed(run, run.first, run.last) for run in runs(direct, self.alphabet)]
        for chain in chains:
            part = self._through(chain, states, exits)
            if part is None:
                return None
            found += part
        return sympy.Add(*found)

    def _through(self, chain: _Chain, states: set[Key], exits: Mapping[Key, list[Way]]) -> list[Sym] | None:
        steps: dict[int, list[Way]] = {}
        entries: dict[int, list[Way]] = {}
        for key in chain.states():
            step = key[1][0]
            if key == self.by:
                entries[step] = [()]
                continue
            before = (chain.name, (step - 1 if chain.forward else step + 1,))
            for stop, way in self._ways(key, {*states, self.by}):
                if stop == self.by and stop not in states:
                    entries.setdefault(step, []).append(way)
                elif stop == before:
                    steps.setdefault(step, []).append(way)
                else:
                    return None
        inner = runs(steps, self.alphabet)
        if len(inner) > 1:
            return None
        leaving = runs({key[1][0]: exits[key] for key in chain.states() if key in exits}, self.alphabet)
        entering = runs(entries, self.alphabet)
        step_of = inner[0].at if inner else None
        pairs = (_between(out, into, step_of, chain.forward) for out in leaving for into in entering)
        return [pair for pair in pairs if pair != 0]

    def _powers(self) -> tuple[Sym, Sym]:
        """The sum of the powers of the matrix of all local Jacobians, one entry of each, as written and multiplied."""
        order = [key for key in self.graph.nodes if key in self.between]
        place = {key: number for number, key in enumerate(order)}
        edges = [(key, parent) for key in order for parent in self._parents(key)]
        entries = {(place[key], place[parent]): self.alphabet.factor((key, parent)) for key, parent in edges}
        matrix = sympy.SparseMatrix(len(order), len(order), entries)
        size, row, column = sympy.Integer(len(order)), place[self.of], place[self.by]
        power = MatrixElement(sympy.MatPow(sympy.MatrixSymbol("A", size, size), _N), row, column)
        values = matrix[row, :]
        found = [values[column]]
        while any(value != 0 for value in values):
            values = (values * matrix).applyfunc(sympy.expand)
            found.append(values[column])
        return sympy.Sum(power, (_N, 1, size - 1)), sympy.Add(*found)


def _summed(run: Run, first: int, last: int) -> Sym:
    """The sum of a run over its steps; a single step stands for itself."""
    return run.at(sympy.Integer(first)) if first == last else sympy.Sum(run.expression, (STEP, first, last))


def _between(out: Run, into: Run, step: Callable[[Sym], Sym] | None, forward: bool) -> Sym:
    """The sum over the states t at which paths leave the chain, and k from which they come; 0 if there are none."""
    if forward:
        first, last = max(out.first, into.first), out.last
        ends = (sympy.Integer(into.first), STEP if into.last >= last else sympy.Min(into.last, STEP))
        size = STEP - _K
    else:
        first, last = out.first, min(out.last, into.last)
        ends = (STEP if into.first <= first else sympy.Max(into.first, STEP), sympy.Integer(into.last))
        size = _K - STEP
    if first > last:
        return sympy.S.Zero
    if step is None:
        steps = range(max(first, into.first), min(last, into.last) + 1)
        return sympy.Add(*(out.at(sympy.Integer(t)) * into.at(sympy.Integer(t)) for t in steps))
    middle = sympy.Product(step(STEP - _I if forward else STEP + _I), (_I, 0, size - 1))
    inside = out.expression * middle * into.at(_K)
    limits = []
    if into.first == into.last:
        inside = inside.subs(_K, into.first)
    else:
        limits.append((_K, *ends))
    if first == last:
        return _single(inside, limits, first)
    return sympy.Sum(inside, *limits, (STEP, first, last))


def _single(inside: Sym, limits: list[tuple[Sym, ...]], step: int) -> Sym:
    inside = inside.subs(STEP, step)
    if not limits:
        return inside
    letter, low, high = limits[0]
    return sympy.Sum(inside, (letter, low.subs(STEP, step), high.subs(STEP, step)))


def _written_out(part: Sym) -> Sym:
    """A sum with its ranges written out, the outermost first: bounds inside depend on it, which ``doit`` cannot do."""
    if not isinstance(part, sympy.Sum):
        return part.doit()
    *inner, (letter, low, high) = part.limits
    body = sympy.Sum(part.function, *inner) if inner else part.function
    steps = range(int(low), int(high) + 1)
    return sympy.Add(*(_written_out(body.subs(letter, step)) for step in steps))


def expand(graph: Graph, paths: PathWorld, of: Key, by: Key) -> Expansion:
    """The total derivative of one quantity by another, expanded by SymPy.

    Raises Contradiction if it is not the sum over paths of ``paths``, word for word.
    """
    expander = _Expander(graph, paths, of, by)
    form, expanded = expander.expand()
    letters = expander.alphabet.letters
    words: dict[Word, Rational] = {}
    for term in sympy.Add.make_args(expanded):
        numbers, factors = term.args_cnc()
        number = sympy.Mul(*numbers)
        if number != 0:
            word = "".join(letters[factor] for factor in factors)
            words[word] = words.get(word, Fraction(0)) + Fraction(int(number.p), int(number.q))
    if words != dict(paths.total(of, by).words):
        raise Contradiction("the chain rule as SymPy expands it is not the sum over the paths of the graph")
    meant = {symbol: paths.letters(one)[0] for symbol, one in letters.items()}
    return Expansion(form, expanded, meant, {paths.letters(word): number for word, number in words.items()})
