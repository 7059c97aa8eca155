"""A gradient as a program to keep: text in NumPy or SymPy that runs by itself and checks itself.

Run, it computes the gradients at random numbers and compares them with central differences of the loss; it ends with
status 1 if they differ. For a function without a formula tanh of a linear function stands in. Nothing of a document but
the names made from it gets into the text.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence

import sympy

from bpttsym.model import Key
from bpttsym.shapes import DEFAULT_SIZES
from bpttsym.symbolic_batch import N
from bpttsym.symbolic_functions import WORDS, Elementwise, Softmax, Sym, U
from bpttsym.symbolic_matrices import is_matrix, shape
from bpttsym.symbolic_numpy import SOFTMAX, bare, closed, printer
from bpttsym.symbolic_program import make_program
from bpttsym.symbolic_world import SymbolicWorld

WIDTH = 110


def numpy_program(world: SymbolicWorld, of: Key, by: Sequence[Key]) -> str:
    """A program in NumPy: the loss forward, and the gradients from the last step back. Vectors are columns."""
    text = _Text(world, of, by)
    code = printer().doprint
    steps, wanted = text.program.shared(text.program.wanted)
    forward = [f"{name} = {_shifted(name, code(body), name in text.moved)}" for name, body in text.forward]
    forward.append(f"return {bare(code(world.body(of)))}")
    back = [f"{symbol.name} = {code(body)}" for symbol, body in steps]
    result = _dictionary("", dict(zip(text.by, map(code, wanted), strict=True)))
    shifts = [f"shift_{name}=0" for name in text.moved]
    parts = [
        text.title("NumPy", "every entry is compared with central differences of the loss"),
        "import sys\n\nimport numpy",
        text.sizes,
        _dictionary("shapes", {name: _shape(symbol) for name, symbol in text.leaves}),
        SOFTMAX if any("softmax(" in line for line in forward) else "",
        _function("loss", [*text.given, *shifts], f"{text.of}, forward.", forward),
        _function("gradients", text.given, f"The gradients of {text.of}, in their own shapes.", [*back, result]),
        _NUMPY_CHECK,
    ]
    return _joined(parts)


def sympy_program(world: SymbolicWorld, of: Key, by: Sequence[Key]) -> str:
    """A program in SymPy: the unrolled graph, and the gradients as sums of matrix products. Vectors are columns."""
    text = _Text(world, of, by)
    symbols = [*text.leaves, *((symbol.name, symbol) for symbol in text.program.steps)]
    steps = [(symbol.name, body) for symbol, body in text.program.steps.items() if symbol not in text.computed]
    graph = {name: _sympy_value(body) for name, body in text.forward}
    back = {name: _sympy_value(body) for name, body in steps}
    wanted = {name: _sympy_value(value) for name, value in zip(text.by, text.program.wanted, strict=True)}
    loss = sympy_text(world.body(of))
    whole = " ".join((*graph.values(), loss, *back.values(), *wanted.values()))
    parts = [
        text.title("SymPy", "a gradient is compared along three directions with central differences of the loss"),
        "import random\nimport sys\n\nimport sympy",
        text.sizes,
        "\n".join(f"{name} = {_symbol(symbol)}" for name, symbol in symbols),
        'u = sympy.Symbol("u", real=True)' if "sympy.Lambda(u" in whole else "",
        _SYMPY_SOFTMAX if "softmax(" in whole else "",
        f"# what is computed from the leaves, in order, and the loss\n{_dictionary('graph', graph, mark='')}",
        _broken(f"loss = {loss}"),
        f"# the gradients of {text.of} by what is computed, from the last step back, and those that are wanted\n"
        + _dictionary("back", back, mark=""),
        _dictionary("gradients", wanted, mark=""),
        f"leaves = [{', '.join(name for name, _ in text.leaves)}]",
        _SYMPY_CHECK,
    ]
    return _joined(parts)


class _Text:
    """What both programs say: names, sizes, and what is computed."""

    def __init__(self, world: SymbolicWorld, of: Key, by: Sequence[Key]) -> None:
        graph = world.graph
        used = [key for key in graph.nodes if key == of or key in graph.ancestors(of) or key in by]
        leaves = [key for key in used if graph.is_leaf(key)]
        self.program = make_program(world, of, leaves, by)
        self.world = world
        self.of = world.names.of(of)
        self.by = [world.names.of(key) for key in by]
        self.moved = [world.names.of(key) for key in by if not graph.is_leaf(key)]
        self.computed = {world.node(key) for key in world.computed(of)}
        self.forward = [(world.names.of(key), world.body(key)) for key in world.computed(of) if key != of]
        others = {*world.dimensions, N}
        self.leaves = [(symbol.name, symbol) for symbol in self.program.given if symbol not in others]
        self.given = [name for name, _ in self.leaves]

    @property
    def sizes(self) -> str:
        """The sizes in numbers, all different."""
        symbols = self.world.dimensions
        names, numbers = [symbol.name for symbol in symbols], DEFAULT_SIZES[: len(symbols)]
        return f"{', '.join(names)} = {', '.join(map(str, numbers))}" if names else ""

    def title(self, library: str, check: str) -> str:
        """The first lines of a program."""
        steps = self.world.graph.length
        told = f"The gradients of {self.of} by {', '.join(self.by)} over T = {steps} steps, in {library}."
        rows = any(is_matrix(symbol) and shape(symbol)[0] == 1 != shape(symbol)[1] for _, symbol in self.leaves)
        lines = textwrap.wrap(f"{told} Vectors are {'rows' if rows else 'columns'}.", WIDTH - 3)
        stand_ins = sorted({symbol.name.rsplit("_", 1)[0] for symbol in self.world.stand_ins.values()})
        if stand_ins:
            told = "A function f without a formula is taken to be tanh of A_f_1 a + A_f_2 b + ..."
            lines += ["", *textwrap.wrap(f"{told} (here {', '.join(stand_ins)}).", WIDTH)]
        lines += ["", f"Run this file to check it: {check}."]
        return '"""' + "\n".join(lines) + '\n"""'


def _broken(line: str) -> str:
    """A line ``name = sum``, ``key: sum,`` or ``return sum`` that is too long, with its terms under each other."""
    found = re.match(r"(\w+ = |return |\"?\w+\"?: )(.*?)(,?)$", line)
    if found is None or len(line) <= WIDTH:
        return line
    head, code, tail = found.groups()
    terms = _terms(code)
    body = "\n    ".join(terms)
    return f"{head}(\n    {body}\n){tail}" if len(terms) > 1 else line


def _terms(code: str) -> list[str]:
    """The terms of a sum, each but the first with its sign."""
    depth, start, found = 0, 0, []
    for place, sign in enumerate(code):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if depth == 0 and code[place : place + 3] in (" + ", " - "):
            found.append(code[start:place])
            start = place + 1
    return [*found, code[start:]]


def _shifted(name: str, code: str, moved: bool) -> str:
    return f"{closed(code)} + shift_{name}" if moved else code


def _shape(symbol: Sym) -> str:
    return f"({', '.join(map(str, shape(symbol)))})"


def _symbol(symbol: Sym) -> str:
    if not is_matrix(symbol):
        return f'sympy.Symbol("{symbol.name}", real=True)'
    return f'sympy.MatrixSymbol("{symbol.name}", {", ".join(map(str, symbol.shape))})'


def _dictionary(name: str, items: Mapping[str, str], mark: str = '"') -> str:
    """A dictionary over several lines, assigned to a name, or returned if there is none."""
    lines = [_broken(f"{mark}{key}{mark}: {code},") for key, code in items.items()]
    return f"{f'{name} =' if name else 'return'} {{\n{textwrap.indent(chr(10).join(lines), '    ')}\n}}"


def _function(name: str, arguments: Sequence[str], told: str, lines: Iterable[str]) -> str:
    opening = f"def {name}({', '.join(arguments)}):"
    if len(opening) > WIDTH:
        rows = textwrap.indent("\n".join(textwrap.wrap(", ".join(arguments), WIDTH - 4)), "    ")
        opening = f"def {name}(\n{rows}\n):"
    return f'{opening}\n    """{told}"""\n' + textwrap.indent("\n".join(map(_broken, lines)), "    ")


def _joined(parts: Iterable[str]) -> str:
    """The parts of a program, functions two lines apart."""
    text, before = "", ""
    for part in filter(None, (part.strip("\n") for part in parts)):
        apart = part.startswith("def ") or before.startswith("def ")
        text += ("\n\n\n" if apart else "\n\n" if before else "") + part
        before = part
    return text + "\n"


def _sympy_value(expr: Sym) -> str:
    """The code of a whole expression, which is no number of Python."""
    return f"sympy.Integer({expr})" if expr.is_Integer else sympy_text(expr)


def sympy_text(expr: Sym) -> str:
    """A SymPy expression as code that makes it, with ``sympy.`` before every name but those of symbols."""
    held: Callable[[Sym], str] = lambda part: closed(sympy_text(part))  # noqa: E731
    match expr:
        case sympy.MatrixSymbol() | sympy.Symbol():
            return str(expr.name)
        case sympy.Integer():
            return str(expr)
        case sympy.Rational():
            return f"sympy.Rational({expr.p}, {expr.q})"
        case sympy.Transpose():
            return f"{held(expr.args[0])}.T"
        case sympy.MatMul():
            number, factors = expr.as_coeff_matrices()
            front = [] if number in (1, -1) else [held(number)]
            return ("-" if number == -1 else "") + "*".join([*front, *map(held, factors)])
        case sympy.Mul() if expr.args[0] == -1:
            return "-" + "*".join(held(factor) for factor in expr.args[1:])
        case sympy.Mul():
            return "*".join(held(factor) for factor in expr.args)
        case sympy.MatAdd() | sympy.Add():
            return _signed([sympy_text(term) for term in expr.args])
        case sympy.Pow() if expr.base == sympy.E:
            return f"sympy.exp({sympy_text(expr.exp)})"
        case sympy.Pow() if expr.exp in (sympy.Rational(1, 2), sympy.Rational(-1, 2)):
            root = f"sympy.sqrt({sympy_text(expr.base)})"
            return root if expr.exp > 0 else f"1/{root}"
        case sympy.Pow():
            return f"{held(expr.base)}**{held(expr.exp)}"
        case Elementwise():
            return f"{held(expr.args[1])}.applyfunc({_scalar_function(expr.word)})"
        case Softmax():
            return f"softmax({sympy_text(expr.args[0])})"
        case sympy.Piecewise():
            cases = ", ".join(f"({sympy_text(value)}, {_condition(condition)})" for value, condition in expr.args)
            return f"sympy.Piecewise({cases})"
        case _:
            return f"sympy.{type(expr).__name__}({', '.join(map(sympy_text, expr.args))})"


def _signed(terms: Sequence[str]) -> str:
    """Terms joined by their signs."""
    first, *others = terms
    return first + "".join(f" - {term[1:]}" if term.startswith("-") else f" + {term}" for term in others)


def _condition(condition: Sym) -> str:
    if condition == sympy.true:
        return "True"
    return f"{sympy_text(condition.lhs)} {condition.rel_op} {sympy_text(condition.rhs)}"


def _scalar_function(word: str) -> str:
    formula = WORDS[word]
    if formula.args == (U,):
        return f"sympy.{type(formula).__name__}"
    return f"sympy.Lambda(u, {sympy_text(formula)})"


_NUMPY_CHECK = '''
def check():
    """Every gradient against central differences; whether they agree."""
    random = numpy.random.default_rng(0)
    values = {name: random.uniform(0.1, 0.6, shape) for name, shape in shapes.items()}
    agree = True
    for name, gradient in gradients(**values).items():
        argument = name if name in values else f"shift_{name}"
        differences = numpy.zeros(numpy.shape(gradient))
        for place in numpy.ndindex(differences.shape):
            step = numpy.zeros(differences.shape)
            step[place] = 1e-5
            above, below = (loss(**{**values, argument: values.get(name, 0) + move}) for move in (step, -step))
            differences[place] = numpy.squeeze(above - below)/2e-5
        gap = abs(gradient - differences).max()
        agree &= bool(gap <= 1e-7*abs(differences).max() + 1e-10)
        print(f"{name}: entries up to {abs(differences).max():.3g}, off from central differences by {gap:.1e}")
    return agree


if __name__ == "__main__":
    sys.exit(0 if check() else "the gradients are wrong")
'''

_SYMPY_SOFTMAX = '''
def softmax(z):
    """exp(z_i) / sum_k exp(z_k) of a column."""
    powers = z.applyfunc(sympy.exp)
    return 1/sympy.Trace(sympy.OneMatrix(1, z.shape[0])*powers)*powers
'''

_SYMPY_CHECK = '''
def number(expression, values):
    """An expression with numbers for its symbols: a matrix or a number."""
    ones = {part: sympy.ones(*part.shape).as_immutable() for part in expression.atoms(sympy.OneMatrix)}
    found = expression.xreplace({**values, **ones}).doit()
    return found.as_explicit().as_immutable() if found.is_Matrix else found


def computed(definitions, values, shift):
    """The values with those of some definitions, in order; one of all of them may be shifted."""
    values = {symbol: value + shift[symbol] if symbol in shift else value for symbol, value in values.items()}
    for symbol, expression in definitions.items():
        values[symbol] = number(expression, values)
        if symbol in shift:
            values[symbol] += shift[symbol]
    return values


def drawn(symbol, low, high, random):
    """Random numbers in the shape of a symbol."""
    if symbol.is_Matrix:
        return sympy.ImmutableMatrix(*symbol.shape, lambda i, j: random.uniform(low, high))
    return sympy.Float(random.uniform(low, high))


def check():
    """Every gradient along three random directions against central differences; whether they agree."""
    numbers = random.Random(0)
    values = {symbol: drawn(symbol, 0.1, 0.6, numbers) for symbol in leaves}
    known = computed({**graph, **back}, values, {})
    agree = True
    for symbol, expression in gradients.items():
        gradient, largest, gap = number(expression, known), 0, 0
        for _ in range(3):
            way = drawn(symbol, -1, 1, numbers)
            ends = [number(loss, computed(graph, values, {symbol: size*way})) for size in (1e-5, -1e-5)]
            difference = (ends[0] - ends[1])/2e-5
            slope = sum(a*b for a, b in zip(gradient, way)) if symbol.is_Matrix else gradient*way
            largest, gap = max(largest, abs(difference)), max(gap, abs(slope - difference))
        agree &= bool(gap <= 1e-7*largest + 1e-10)
        print(f"{symbol}: slopes up to {float(largest):.3g}, off from central differences by {float(gap):.1e}")
    return agree


if __name__ == "__main__":
    sys.exit(0 if check() else "the gradients are wrong")
'''
