r"""A brute-force judge of one LaTeX equation on one random model; it shares nothing with the package.

    holds(r"\frac{\partial\mathcal{L}}{\partial\phi} = ...", many_to_one(4), {"partial": "immediate"})

A value is an array (seed, row, column), vectors being columns, or a float: a literal, which beside a square matrix is
that multiple of the identity. Derivatives perturb the definitions by a complex step: nothing here knows a chain rule.
A new model is ``BruteModel(T, leaves, nodes)``: the shapes of the leaves, and for each node in topological order a
function of ``v``, where ``v("W")`` and ``v("h", 3)`` are other values: analytic, and batched over leading axes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial, reduce
from typing import Any

import numpy as np

SEEDS, STEP, RELATIVE, FLOOR = 3, 1e-30, 1e-7, 1e-12
READINGS = {
    "partial": ("total", "immediate", "lone"),
    "product": ("increasing", "decreasing"),
    "layout": ("numerator",),
}
Key = tuple  # a node: its LaTeX name and its steps, ("W",) or ("h", 3)
At = dict[str, int]  # the values of index letters


class NoValue(Exception):
    """Why an equation has no truth value here: ``shape: ...``, ``range: ...`` or ``unreadable: ...``."""


class OutOfRange(NoValue):
    """An index leaves the graph."""


# ------------------------------------------------------------------------------------------------------------ models


class BruteModel:
    """A forward graph with random leaves; ``values`` may give arrays (seed, 1, row, column) for some of them."""

    def __init__(self, T: int, leaves: Mapping, nodes: Mapping, values: Mapping | None = None) -> None:
        def keyed(table: Mapping) -> dict[Key, Any]:
            return {key if isinstance(key, tuple) else (key,): value for key, value in table.items()}

        rng = np.random.default_rng(7)
        self.T, self.rules = T, keyed(nodes)
        self.base = {key: rng.normal(size=(SEEDS, 1, *shape)) for key, shape in keyed(leaves).items()}
        self.base |= keyed(values or {})
        self.parents: dict[Key, set] = {key: set() for key in self.base}
        self.above = dict(self.parents)  # all that a node depends on, directly or not
        for key, rule in self.rules.items():
            asked: set[Key] = set()
            self.base[key] = rule(lambda *node, asked=asked: asked.add(node) or self.base[node])
            self.parents[key], self.above[key] = asked, asked.union(*(self.above[parent] for parent in asked))
        self.shape = {key: value.shape[2:] for key, value in self.base.items()}
        self.moved: dict[tuple, dict] = {}
        self.judge = Judge(self)

    def derivative(self, of: Key, by: Key, immediate: bool) -> np.ndarray:
        """(seed, size of ``of``, size of ``by``): ``by`` is moved, and all below it, or ``of`` alone, computed anew."""
        if immediate and of == by:
            raise NoValue("unreadable: the immediate derivative of a node by itself")
        size, case = int(np.prod(self.shape[by])), (immediate and of, by)
        if case not in self.moved:
            steps = np.eye(size).reshape(size, *self.shape[by])
            moved = self.moved[case] = {**self.base, by: self.base[by] + 1j * STEP * steps}
            for node, rule in self.rules.items():
                if by in self.above[node] and (not immediate or node == of):
                    moved[node] = rule(lambda *key, moved=moved: moved[key])
        slope = np.imag(self.moved[case][of]) / STEP
        return np.broadcast_to(slope, (SEEDS, size, *self.shape[of])).reshape(SEEDS, size, -1).swapaxes(1, 2)

    def ambiguous(self, of: Key, by: Key) -> bool:
        """``of`` mentions the parameter ``by`` itself and depends on it through other nodes as well."""
        parents = self.parents[of]
        return len(by) == 1 and by in parents - set(self.rules) and any(by in self.above[parent] for parent in parents)


def opaque(rng: np.random.Generator, rows: int, *sizes: int) -> Callable:
    """A random smooth function of columns of these sizes that mixes all of them and is linear in none."""
    mixers = 0.8 * rng.normal(size=(3, rows + 2, sum(sizes)))
    parts = [np.split(mixer, np.cumsum(sizes)[:-1], axis=1) for mixer in mixers]
    out = 0.7 * rng.normal(size=(rows, rows + 2))

    def function(*columns: np.ndarray) -> np.ndarray:
        a, b, c = (sum(m @ v for m, v in zip(part, columns, strict=True)) for part in parts)
        return out @ (np.tanh(a) + np.tanh(b) * np.sin(c))

    return function


def softmax(a: np.ndarray) -> np.ndarray:
    return np.exp(a) / np.exp(a).sum(-2, keepdims=True)


LOSSES: dict[str, Callable] = {
    "norm": lambda p, y: np.sqrt(((p - y) ** 2).sum(-2, keepdims=True)),
    "squared": lambda p, y: ((p - y) ** 2).sum(-2, keepdims=True),
    "half": lambda p, y: ((p - y) ** 2).sum(-2, keepdims=True) / 2,
    "cross": lambda p, y: -(y * np.log(p)).sum(-2, keepdims=True),  # of a softmax; targets sum to 1
}


def recurrent(T: int, many: bool, cell: Callable, readout: Callable, leaves: Mapping, loss: str) -> BruteModel:
    r"""States from ``h_0``, outputs ``\hat{y}_t`` (or one ``\hat{y}`` of the last state), and ``\mathcal{L}``."""
    ends = [(t,) for t in range(1, T + 1)] if many else [()]
    targets = {("y", *end): softmax(np.random.default_rng([3, *end]).normal(size=(SEEDS, 1, 4, 1))) for end in ends}
    nodes = {("h", t): partial(cell, t=t) for t in range(1, T + 1)}
    nodes |= {(r"\hat{y}", *end): partial(readout, t=end[0] if many else T) for end in ends}
    nodes[r"\mathcal{L}",] = lambda v: sum(LOSSES[loss](v(r"\hat{y}", *end), v("y", *end)) for end in ends)
    inputs = {("x", t): (2, 1) for t in range(1, T + 1)}
    return BruteModel(T, {**leaves, ("h", 0): (3, 1), **inputs}, nodes, targets)


@cache
def many_to_many(T: int, loss: str = "norm", many: bool = True) -> BruteModel:
    r"""h_t=f(x_t,h_{t-1};\psi), \hat{y}_t=g(h_t;\phi), and the loss of each step added up; f and g opaque."""
    rng = np.random.default_rng(11)
    f, g, end = opaque(rng, 3, 2, 3, 5), opaque(rng, 4, 3, 7), softmax if loss == "cross" else np.positive

    def cell(v: Callable, t: int) -> np.ndarray:
        return f(v("x", t), v("h", t - 1), v(r"\psi"))

    def readout(v: Callable, t: int) -> np.ndarray:
        return end(g(v("h", t), v(r"\phi")))

    return recurrent(T, many, cell, readout, {r"\psi": (5, 1), r"\phi": (7, 1)}, loss)


@cache
def tanh_many_to_many(T: int, loss: str = "squared", bias: bool = False, many: bool = True) -> BruteModel:
    r"""h_t=\tanh(W h_{t-1}+U x_t+b), \hat{y}_t=V h_t (plus c, with ``bias``), its softmax for the cross entropy."""
    end, leaves = softmax if loss == "cross" else np.positive, {"W": (3, 3), "U": (3, 2), "b": (3, 1), "V": (4, 3)}

    def cell(v: Callable, t: int) -> np.ndarray:
        return np.tanh(v("W") @ v("h", t - 1) + v("U") @ v("x", t) + v("b"))

    def readout(v: Callable, t: int) -> np.ndarray:
        return end(v("V") @ v("h", t) + (v("c") if bias else 0))

    return recurrent(T, many, cell, readout, leaves | ({"c": (4, 1)} if bias else {}), loss)


many_to_one = partial(many_to_many, many=False)  # one output, of the last state
tanh_many_to_one = partial(tanh_many_to_many, loss="norm", many=False)


# ------------------------------------------------------------------------------------------------------------- text

ARG = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\\[a-zA-Z]+|\w"
SPACE = re.compile(r"\\(?:left|right|[bB]igg?[lrm]?|q?quad|limits)(?![a-zA-Z])|\\[,;:!> \\]|[~&]")
TOKEN = re.compile(
    rf"(?P<big>(?P<op>\\sum|\\prod)(?![a-zA-Z])(?:\s*_\s*(?P<low>{ARG}))?(?:\s*\^\s*(?P<high>{ARG}))?)"
    rf"|(?P<nabla>\\nabla\s*_\s*(?P<by>{ARG}))|(?P<frac>\\frac(?![a-zA-Z]))"
    r"|(?P<partial>\\partial(?![a-zA-Z])(?P<plus>\s*\^\s*(?:\{\s*\+\s*\}|\+))?)"
    rf"|\^\s*(?P<power>{ARG})|(?P<number>\d+(?:\.\d+)?)|(?P<bar>(?:\|\||\\\||\\[lr]?Vert)(?:\s*_\s*(?:2|\{{2\}}))?)"
    r"|(?P<symbol>(?P<name>\\(?P<accent>hat|bar|tilde|mathcal|mathbf|mathrm|text|operatorname)(?![a-zA-Z])"
    rf"\s*(?P<inside>{ARG})|\\[a-zA-Z]+|[a-zA-Z])(?:\s*_\s*(?P<sub>{ARG}))?)|(?P<sign>\S)"
)
PARTS = {"big": ("op", "low", "high"), "nabla": ("nabla", "by"), "partial": ("partial", "plus")}
PAIRS = {"(": ")", "{": "}", "[": "]", "||": "||"}
LOOSE = {r"\odot", r"\circ", r"\otimes"}
OPERATORS = LOOSE | {r"\cdot", r"\times", "*"}
ATOM = r"(\d+|[a-zA-Z]|\\[a-z]+)"
RELATION = re.compile(r"\s*(=|<|>|\\[lg]eq?(?:slant)?(?![a-zA-Z]))\s*")


def bare(argument: str) -> str:
    return argument[1:-1].strip() if argument[:1] == "{" else argument


def lex(text: str) -> tuple:
    """Items ``(kind, text, ...)``; a bracketed group is one item that holds its own."""
    stack: list[tuple[str, list]] = [("", [])]
    for found in TOKEN.finditer(re.sub(r"\(\s*\\theta\s*\)", "", SPACE.sub(" ", text))):
        kind = str(found.lastgroup)
        mark = "||" if kind == "bar" else found[kind]
        if PAIRS.get(stack[-1][0]) == mark:
            opening, items = stack.pop()
            stack[-1][1].append(("group", opening, tuple(items)))
        elif mark in PAIRS:
            stack.append((mark, []))
        elif mark in PAIRS.values():
            raise NoValue(f"unreadable: {mark} closes nothing")
        elif kind == "symbol":
            accent, name = found["accent"], found["name"]
            if accent:
                name = rf"\{'mathrm' if accent in ('text', 'operatorname') else accent}{{{bare(found['inside'])}}}"
            stack[-1][1].append(("sign", name) if name in OPERATORS else ("symbol", name, found["sub"]))
        else:
            stack[-1][1].append((kind, *(found[part] for part in PARTS.get(kind, (kind,)))))
    if len(stack) > 1:
        raise NoValue(f"unreadable: {stack[-1][0]} is not closed")
    return tuple(stack[0][1])


def index(text: str) -> tuple:
    """An index such as ``t-1`` as a sum of ``(sign, number or letter)``."""
    text = re.sub(r"[\s{}]", "", text)
    if not re.fullmatch(rf"-?{ATOM}([+-]{ATOM})*", text):
        raise NoValue(f"unreadable: index {text}")
    return tuple((-1 if s == "-" else 1, int(a) if a.isdigit() else a) for s, a in re.findall(rf"([+-]?){ATOM}", text))


def letters(indices: tuple) -> set[str]:
    return {atom for parts in indices for _, atom in parts if isinstance(atom, str) and atom != "T"}


def limits(op: str, low: str | None, high: str | None) -> tuple[str, tuple, tuple, str]:
    """Bound letter, first and last step, and the order of the factors (``<`` or ``>``) if it is written."""
    pieces, order = RELATION.split(bare(low or "")), ""
    kinds = "".join({"l": "<", "g": ">"}.get(mark[1:2], mark) for mark in pieces[1::2])
    if kinds in ("<<", ">>") and not high:
        order, pieces = kinds[0], pieces if kinds == "<<" else pieces[::-1]
        ends = (*index(pieces[0]), (len(pieces[1]) == 1, 1)), (*index(pieces[4]), (-(len(pieces[3]) == 1), 1))
        pieces = pieces[2:]
    elif kinds == "=" and high:
        ends = index(pieces[2]), index(high)
    elif not kinds and not high:
        ends = ((1, 1),), ((1, "T"),)
    else:
        pieces = [""]
    if not re.fullmatch(r"[a-zA-SU-Z]|\\[a-z]+", pieces[0]):
        raise NoValue(f"unreadable: limits of {op}")
    return pieces[0], *ends, order


# ------------------------------------------------------------------------------------------------------- arithmetic


def need(fits: bool, what: str, *values: Any) -> None:
    if not fits:
        raise NoValue(f"shape: {what} of " + " and ".join(str(np.shape(value)[1:] or "a literal") for value in values))


def is_literal(value: Any) -> bool:
    return np.ndim(value) == 0


def is_scalar(value: Any) -> bool:
    return np.shape(value)[1:] in ((), (1, 1))


def is_vector(value: Any) -> bool:
    return 1 in np.shape(value)[1:]


def plus(a: Any, b: Any) -> Any:
    a, b = (a, b) if is_literal(a) else (b, a)
    if is_literal(a) and a != 0 and not is_literal(b) and not is_vector(b):
        need(b.shape[1] == b.shape[2], "sum", a, b)
        return a * np.eye(b.shape[1]) + b
    need(is_literal(a) or np.shape(a) == np.shape(b), "sum", a, b)
    return a + b


def times(operator: str, a: Any, b: Any) -> Any:
    if is_scalar(a) or is_scalar(b):
        return a * b
    if operator == r"\otimes":
        need(a.shape[2] == b.shape[2] == 1, "outer product", a, b)
        return a @ b.swapaxes(1, 2)
    if operator not in LOOSE and a.shape[2] == b.shape[1]:
        return a @ b
    need(a.shape == b.shape and (operator in LOOSE or is_vector(a)), "product", a, b)
    return a * b


def fold(operators: list[str], values: Any) -> Any:
    """From left to right; ``operators[i]`` stands before value i."""
    return reduce(lambda left, i: times(operators[i], left, values[i]), range(1, len(values)), values[0])


def product(operators: list[str], *values: Any) -> Any:
    r"""Juxtaposition binds tighter than ``\odot`` and ``\otimes``, unless only left to right conforms."""
    cuts = [0, *(at for at, operator in enumerate(operators) if operator in LOOSE), len(values)]
    with suppress(NoValue):
        blocks = [fold(operators[a:b], values[a:b]) for a, b in itertools.pairwise(cuts)]
        return fold([operators[cut] for cut in cuts[:-1]], blocks)
    return fold(operators, values)


def divide(a: Any, b: Any) -> Any:
    need(is_scalar(b) or (is_vector(a) and np.shape(a) == np.shape(b)), "quotient", a, b)
    return np.true_divide(a, b)


def power(base: Any, exponent: Any) -> Any:
    need(is_literal(exponent) and (is_scalar(base) or is_vector(base)), "power", base, exponent)
    return np.power(base, exponent)


def transpose(mark: str, a: Any) -> Any:
    need(not is_scalar(a) or (mark == r"\top" and not is_literal(a)), "transpose", a)
    return a.swapaxes(1, 2)


def diagonal(a: Any) -> Any:
    need(is_vector(a), "diagonal", a)
    return a.reshape(SEEDS, -1, 1) * np.eye(a[0].size)


def softmax_of_column(a: Any) -> Any:
    need(np.shape(a)[2:] == (1,), "softmax", a)
    return softmax(a)


FUNCTIONS: dict[str, Callable] = {
    r"\tanh": np.tanh,
    r"\exp": np.exp,
    r"\log": np.log,
    r"\sigma": lambda a: 1 / (1 + np.exp(-a)),
    r"\mathrm{softmax}": softmax_of_column,
    r"\mathrm{diag}": diagonal,
    "||": lambda a: abs(a) if is_literal(a) else np.linalg.norm(a, 2, (1, 2), keepdims=True),
}


# ---------------------------------------------------------------------------------------------------------- meaning


class Tree:
    """A piece of an equation: what computes it, the (name, indices) it uses (limits of sums have no name), and, if it
    is a derivative, of what and by what."""

    def __init__(self, run: Callable[[At], Any], uses: set, pair: tuple = ()) -> None:
        self.run, self.uses, self.pair = run, uses, pair


def apply(function: Callable, *trees: Tree) -> Tree:
    return Tree(lambda at: function(*(tree.run(at) for tree in trees)), set().union(*(tree.uses for tree in trees)))


class Judge:
    """Recursive descent over items; ``immediate`` (derivatives, or ``*``) and ``decreasing`` are a side's reading."""

    def __init__(self, model: BruteModel) -> None:
        self.model, self.immediate, self.decreasing = model, frozenset[object](), False
        self.terms: dict[tuple, Tree] = {}  # the same text is read once
        self.arities, self.names = {(key[0], len(key) - 1) for key in model.base}, {key[0] for key in model.base}

    def step(self, parts: tuple, at: At) -> int:
        return sum(sign * (atom if isinstance(atom, int) else {"T": self.model.T, **at}[atom]) for sign, atom in parts)

    def key(self, symbol: tuple, at: At) -> Key:
        key = (symbol[0], *(self.step(parts, at) for parts in symbol[1]))
        if key not in self.model.base:
            raise OutOfRange(f"range: there is no {key[0]} at {key[1:]}")
        return key

    def expression(self, items: tuple) -> Tree:
        cuts = [at for at, item in enumerate(items) if item in (("sign", "+"), ("sign", "-"))]
        cuts = cuts if cuts[:1] == [0] else [-1, *cuts]
        terms = [self.term(items[a + 1 : b]) for a, b in itertools.pairwise([*cuts, len(items)])]
        signs = [-1.0 if cut >= 0 and items[cut] == ("sign", "-") else 1.0 for cut in cuts]
        return terms[0] if signs == [1] else apply(lambda *v: reduce(plus, map(np.multiply, signs, v)), *terms)

    def term(self, items: tuple) -> Tree:
        if items not in self.terms:
            operators, factors, at = [], [], 0
            while at < len(items) or not factors:
                operators.append(items[at][1] if factors and items[at][1] in OPERATORS else "")
                factor, at = self.factor(items, at + bool(operators[-1]))
                factors.append(factor)
            self.terms[items] = factors[0] if len(factors) == 1 else apply(partial(product, operators), *factors)
        return self.terms[items]

    def factor(self, items: tuple, at: int) -> tuple[Tree, int]:
        kind, mark, *more = items[at] if at < len(items) else ("", "the end")
        after, at = items[at + 1 :], at + 1
        if kind == "big":
            return self.big(mark, *limits(mark, *more), self.term(after)), len(items)
        if kind == "group":
            base = self.expression(more[0])
            base = apply(FUNCTIONS[mark], base) if mark == "||" else base
        elif kind == "number":
            base = Tree(lambda at: float(mark), set())
        elif kind == "frac" and len(after) > 1 and not re.match(r"\d\d", after[0][1]):
            sides = [item[2] if item[:2] == ("group", "{") else (item,) for item in after[:2]]
            base, at = self.fraction(*sides), at + 2
        elif kind == "nabla":
            base, at = self.derivative("gradient", self.node(after[:1]), self.node(lex(more[0]))), at + 1
        elif kind == "symbol" and mark in FUNCTIONS:
            above, at = self.powers(items, at)
            inside = items[at][2] if items[at : at + 1] and items[at][:2] == ("group", "(") else None
            argument, at = (self.expression(inside), at + 1) if inside else self.factor(items, at)
            base = reduce(self.raised, above, apply(FUNCTIONS[mark], argument))
        elif kind == "symbol" and not more[0] and mark in {"I", "T"} - self.names:
            base = Tree(lambda at: 1.0 if mark == "I" else float(self.model.T), set())
        elif kind == "symbol":
            symbol = self.symbol(mark, *more)
            base = Tree(lambda at: self.model.base[self.key(symbol, at)][:, 0], {symbol})
        else:
            raise NoValue(f"unreadable: {mark}")
        above, at = self.powers(items, at)
        return reduce(self.raised, above, base), at

    @staticmethod
    def powers(items: tuple, at: int) -> tuple[list[str], int]:
        found = [bare(item[1]) for item in itertools.takewhile(lambda item: item[0] == "power", items[at:])]
        return found, at + len(found)

    def raised(self, base: Tree, mark: str) -> Tree:
        if mark in (r"\top", "T"):
            return apply(partial(transpose, mark), base)
        return apply(power, base, self.expression(lex(mark)))

    def symbol(self, name: str, sub: str | None) -> tuple:
        """The name and indices of a symbol of the model; a subscript may belong to the name."""
        for label in (bare(sub), f"{{{bare(sub)}}}") if sub else ():
            name, sub = (f"{name}_{label}", None) if sub and f"{name}_{label}" in self.names else (name, sub)
        symbol = name, tuple(index(part) for part in bare(sub).split(",")) if sub else ()
        if (name, len(symbol[1])) not in self.arities:
            raise NoValue(f"unreadable: the model has no {name}{'_' + sub if sub else ''}")
        return symbol

    def node(self, items: tuple) -> tuple:
        items = items[1:] if items[:1] == (("symbol", r"\mathrm{vec}", None),) else items
        if len(items) == 1 and items[0][0] == "symbol":
            return self.symbol(*items[0][1:])
        if len(items) == 1 and items[0][0] == "group" and items[0][1] != "||":
            return self.node(items[0][2])
        raise NoValue("unreadable: a derivative of or by something that is no node")

    def fraction(self, above: tuple, below: tuple) -> Tree:
        kinds = []
        for side in (above, below):
            kind, mark, *more = side[0] if side else ("", "")
            total = len(side) > 1 and mark in ("d", r"\mathrm{d}")
            kinds.append(("immediate" if more[0] else "partial") if kind == "partial" else "total" * total)
        if kinds in (["partial"] * 2, ["immediate", "partial"], ["total"] * 2):
            return self.derivative(kinds[0], self.node(above[1:]), self.node(below[1:]))
        return apply(divide, self.expression(above), self.expression(below))

    def derivative(self, kind: str, of: tuple, by: tuple) -> Tree:
        def run(at: At) -> np.ndarray:
            top, bottom = self.key(of, at), self.key(by, at)
            chosen = kind == "partial" and self.immediate & {"*", (of, by)} and self.model.ambiguous(top, bottom)
            slope = self.model.derivative(top, bottom, bool(chosen or kind == "immediate"))
            need(kind != "gradient" or slope.shape[1] == 1, "gradient", self.model.base[top][:, 0])
            return slope.reshape(SEEDS, *self.model.shape[bottom]) if kind == "gradient" else slope

        return Tree(run, {of, by}, (of, by))

    def big(self, op: str, name: str, low: tuple, high: tuple, order: str, body: Tree) -> Tree:
        def run(at: At) -> Any:
            steps = range(self.step(low, at), self.step(high, at) + 1)
            if len(steps) > 100:
                raise OutOfRange(f"range: {name} takes {len(steps)} values")
            steps = steps[::-1] if order == ">" or (not order and self.decreasing) else steps
            values = [body.run({**at, name: step}) for step in steps]
            if op == r"\sum":
                return reduce(plus, values, 0.0)
            return fold([""] * len(values), values) if values else identity(at)

        def identity(at: At) -> Any:
            """Of the size of the body, wherever that exists; otherwise the literal 1, sized by its neighbours."""
            for step in range(self.model.T + 1):
                with suppress(OutOfRange):
                    like = body.run({**at, name: step})
                    need(is_literal(like) or like.shape[1] == like.shape[2], "empty product", like)
                    return 1.0 if is_literal(like) else np.eye(like.shape[1])[None].repeat(SEEDS, 0)
            return 1.0

        uses = {("", (low, high))}
        for mentioned, indices in body.uses:  # whether the bound letter leaves the graph is seen when it gets there
            others = tuple((1, other) for other in sorted(letters(indices) - {name}))
            uses.add(("", (others,)) if name in letters(indices) else (mentioned, indices))
        return Tree(run, uses)

    def instances(self, uses: set) -> list[At]:
        """The values of the free letters for which every node exists that no bound letter reaches."""
        nodes, T, found, why = [use for use in uses if use[0]], self.model.T, [], None
        named = set().union(*(letters(indices) for _, indices in nodes))
        free = sorted(set().union(*(letters(indices) for _, indices in uses)))
        for steps in itertools.product(*(range(-2, T + 3) if letter in named else range(1, T + 1) for letter in free)):
            at = dict(zip(free, steps, strict=True))
            try:
                found.append((at, [self.key(node, at) for node in nodes])[0])
            except OutOfRange as missing:
                why = missing
        if why and not found:
            raise why
        return found

    def equal(self, sides: tuple[Tree, Tree], values: list, at: At) -> bool:
        """A literal 0 fits everything; a lone gradient of a scalar may stand as a row or in its variable's shape."""
        sizes = [np.shape(value) or (SEEDS, 1, 1) for value in values]
        sizes = [sizes[1 - i] if is_literal(value) and value == 0 else sizes[i] for i, value in enumerate(values)]
        a, b = (np.broadcast_to(value, size) for value, size in zip(values, sizes, strict=True))
        for side in sides:
            of, by = (self.model.shape[self.key(symbol, at)] for symbol in side.pair) if side.pair else ((), ())
            if of == (1, 1) and {a.shape[1:], b.shape[1:]} == {by, (1, by[0] * by[1])}:
                a, b = a.reshape(SEEDS, *by), b.reshape(SEEDS, *by)
        need(a.shape == b.shape, "the sides", a, b)
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            raise NoValue("unreadable: a value is not finite")
        error, size = (value.reshape(SEEDS, -1).max(1) for value in (abs(a - b), np.maximum(abs(a), abs(b))))
        return bool((error <= RELATIVE * size + FLOOR).all())


def holds(equation: str, model: BruteModel, reading: Mapping[str, str]) -> bool | str:
    """Whether the two sides agree for all free indices and seeds, or why the equation has no value.

    ``partial``: every unmarked derivative is ``total``; or each ambiguous one by a parameter is ``immediate`` unless it
    is a whole side; or (``lone``) only where the very derivative that the other side is recurs.
    ``product``: an unmarked product is ``increasing`` from left to right, or ``decreasing``. Layout is ``numerator``.
    A free index takes every step at which all nodes exist; step 0 has states only and counts if there is no other.
    """
    for name, value in reading.items():
        if value not in READINGS.get(name, ()):
            raise ValueError(f"no such reading: {name} {value}")
    judge, choice = model.judge, reading.get("partial", "total")
    judge.decreasing = reading.get("product") == "decreasing"

    def side_value(side: Tree, other: Tree, at: At) -> Any:
        names = {"total": (), "immediate": ("*",), "lone": other.pair and (other.pair,)}[choice]
        judge.immediate = frozenset(() if side.pair else names)
        with np.errstate(all="ignore"):
            return side.run(at)

    def verdict(at: At) -> bool | str:
        try:
            return judge.equal(sides, [side_value(*sides, at), side_value(*sides[::-1], at)], at)
        except NoValue as why:
            return str(why)

    try:
        items = lex(equation)
        cuts = [at for at, item in enumerate(items) if item == ("sign", "=")]
        if len(cuts) != 1:
            raise NoValue(f"unreadable: {len(cuts)} equality signs")
        sides = judge.expression(items[: cuts[0]]), judge.expression(items[cuts[0] + 1 :])
        instances = judge.instances(sides[0].uses | sides[1].uses)
    except NoValue as why:
        return str(why)
    within = [at for at in instances if all(step > 0 for step in at.values())]
    verdicts = [verdict(at) for at in within or instances]
    return next((found for found in verdicts if isinstance(found, str)), all(verdicts))
