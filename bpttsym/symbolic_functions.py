"""What SymPy's matrix expressions lack for a network: functions of every entry, softmax, functions without a formula.

``Elementwise`` stands beside SymPy's ElementwiseApplyFunction, whose bound variable ``cse`` pulls out of its function.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import sympy
from sympy.core.symbol import Str
from sympy.matrices.expressions import MatrixExpr

Sym = Any
"""A value of SymPy, which has no types of its own: a scalar or a matrix expression."""

U = sympy.Symbol("u", real=True)
V = sympy.Symbol("v", real=True)


class Scalar(NamedTuple):
    """A function of a number: its formula in u, and u in terms of the value v where that makes the slope simpler."""

    word: str
    formula: Sym
    inverse: Sym | None = None


# relu has the slope 0 at 0, as in PyTorch; wherever its slope is asked, u may be taken for v, for u > 0 where v > 0
FUNCTIONS: dict[str, Scalar] = {
    r"\tanh": Scalar("tanh", sympy.tanh(U), sympy.atanh(V)),
    r"\sigma": Scalar("sigma", 1 / (1 + sympy.exp(-U)), sympy.log(V / (1 - V))),
    r"\mathrm{relu}": Scalar("relu", sympy.Piecewise((U, U > 0), (0, True)), V),
    r"\mathrm{id}": Scalar("id", U),
    r"\exp": Scalar("exp", sympy.exp(U), sympy.log(V)),
    r"\log": Scalar("log", sympy.log(U)),
    r"\sinh": Scalar("sinh", sympy.sinh(U)),
    r"\cosh": Scalar("cosh", sympy.cosh(U)),
    r"\mathrm{softplus}": Scalar("softplus", sympy.log(1 + sympy.exp(U)), sympy.log(sympy.exp(V) - 1)),
    "abs": Scalar("Abs", sympy.Abs(U)),
}
SLOPES: dict[str, Sym] = {"sign": sympy.sign(U), "step": sympy.Piecewise((1, U > 0), (0, True))}
"""Functions that only derivatives of the others need."""

WORDS: dict[str, Sym] = {row.word: row.formula for row in FUNCTIONS.values()} | SLOPES


class Slope(NamedTuple):
    """A derivative in terms of the value v, or of the argument u where ``by_value`` is false."""

    formula: Sym
    by_value: bool


def slope(function: str) -> Slope:
    """The derivative of a function of a number, by ``diff``, in terms of the value where the row has an inverse."""
    row = FUNCTIONS[function]
    return _slope(row.formula, row.inverse)


@cache
def _slope(formula: Sym, inverse: Sym | None) -> Slope:
    derivative = sympy.diff(formula, U)
    if inverse is None:
        return Slope(derivative, False)
    return Slope(sympy.cancel(derivative.subs(U, inverse)), True)


class _OfMatrix(MatrixExpr):  # type: ignore[misc]
    """A matrix that is a function of others; ``args`` ends with the one whose shape it has."""

    is_commutative = False

    @property
    def shape(self) -> Any:
        return self.args[-1].shape

    def doit(self, **hints: Any) -> Sym:
        """With explicit arguments an explicit matrix."""
        args = [arg.doit(**hints) if hints.get("deep", True) else arg for arg in self.args]
        new = self.func(*args)
        return new.as_explicit() if getattr(args[-1], "is_Matrix", False) and _is_explicit(args[-1]) else new


def _is_explicit(value: Sym) -> bool:
    return isinstance(value, sympy.MatrixBase)


class Elementwise(_OfMatrix):
    """A function of a number applied to every entry: ``tanh.(a)``; printed by the word of its row in FUNCTIONS."""

    def __new__(cls, word: Any, argument: Sym) -> Elementwise:
        return MatrixExpr.__new__(cls, Str(str(word)), argument)  # type: ignore[no-any-return]

    @property
    def word(self) -> str:
        return str(self.args[0].name)

    def _entry(self, i: Any, j: Any, **_: Any) -> Sym:
        return WORDS[self.word].subs(U, self.args[1][i, j])

    def _sympystr(self, printer: Any) -> str:
        return f"{self.word}.({printer._print(self.args[1])})"

    def _latex(self, printer: Any) -> str:
        words = {row.word: name for name, row in FUNCTIONS.items()} | {
            "Abs": r"\mathrm{abs}",
            "step": r"\mathbb{1}_{>0}",
        }
        return words.get(self.word, self.word) + rf"\left({printer._print(self.args[1])}\right)"


class Softmax(_OfMatrix):
    """exp(z_i) / sum_k exp(z_k) of a column z; of several columns, of each by itself."""

    def __new__(cls, argument: Sym) -> Softmax:
        return MatrixExpr.__new__(cls, argument)  # type: ignore[no-any-return]

    def _entry(self, i: Any, j: Any, **_: Any) -> Sym:
        z = self.args[0]
        return sympy.exp(z[i, j]) / sympy.Add(*(sympy.exp(z[k, j]) for k in range(int(z.shape[0]))))

    def _sympystr(self, printer: Any) -> str:
        return f"softmax({printer._print(self.args[0])})"

    def _latex(self, printer: Any) -> str:
        return rf"\mathrm{{softmax}}\left({printer._print(self.args[0])}\right)"


class Unknown(MatrixExpr):  # type: ignore[misc]
    """A function without a formula, of matrices and scalars, whose value is a matrix of a given shape."""

    is_commutative = False

    def __new__(cls, name: Any, rows: Any, columns: Any, *arguments: Sym) -> Unknown:
        return MatrixExpr.__new__(  # type: ignore[no-any-return]
            cls, Str(str(name)), rows, columns, *arguments
        )

    @property
    def shape(self) -> Any:
        return self.args[1:3]

    @property
    def arguments(self) -> tuple[Sym, ...]:
        return tuple(self.args[3:])

    def _entry(self, i: Any, j: Any, **_: Any) -> Sym:
        return sympy.MatrixElement(self, i, j)

    def _sympystr(self, printer: Any) -> str:
        return f"{self.args[0].name}({', '.join(printer._print(argument) for argument in self.arguments)})"

    def _latex(self, printer: Any) -> str:
        inside = ", ".join(printer._print(argument) for argument in self.arguments)
        return rf"{printer._print(sympy.Symbol(self.args[0].name))}\left({inside}\right)"
