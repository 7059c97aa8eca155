"""Prints matrix expressions as NumPy code; a product is multiplied from the end that is a vector."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sympy
from sympy.printing.numpy import NumPyPrinter

from bpttsym.symbolic_functions import WORDS, Sym, U

_PLACE = sympy.Symbol("PLACE")


def closed(code: str) -> str:
    """Code in parentheses, unless it is a name, a number or one call, which need none."""
    name = re.match(r"[\w.]*", code)
    rest = code[name.end() :] if name else code
    if not rest or (rest[0] == "(" and _end(rest) in (len(rest), len(rest) - 2) and rest.endswith((")", ").T"))):
        return code
    return f"({code})"


def bare(code: str) -> str:
    """Code without parentheses around the whole of it."""
    return code[1:-1] if code.startswith("(") and _end(code) == len(code) else code


def _end(code: str) -> int:
    """The place after the parenthesis that closes the first one."""
    depth = 0
    for place, sign in enumerate(code):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return place + 1
    return -1


class MatrixPrinter(NumPyPrinter):  # type: ignore[misc]
    """Expressions of ``symbolic_matrices`` as code with ``numpy.`` before every function."""

    def _held(self, expr: Sym) -> str:
        return closed(str(self._print(expr)))

    def _print_MatMul(self, expr: Sym) -> str:  # noqa: N802
        number, factors = expr.as_coeff_matrices()
        from_left = factors[0].shape[0] == 1 and factors[-1].shape[1] != 1
        code = self._from_left(factors) if from_left else self._from_right(factors)
        if number == 1:
            return code
        return f"-{closed(code)}" if number == -1 else f"{self._held(number)}*{closed(code)}"

    def _from_left(self, factors: Sequence[Sym]) -> str:
        code = str(self._print(factors[0]))
        for factor in factors[1:]:
            if isinstance(factor, sympy.DiagMatrix):
                code = f"{closed(code)}*{self._held(factor.args[0])}.T"
            else:
                code = f"{closed(code)} @ {self._held(factor)}"
        return code

    def _from_right(self, factors: Sequence[Sym]) -> str:
        code = str(self._print(factors[-1]))
        for factor in reversed(factors[:-1]):
            if isinstance(factor, sympy.DiagMatrix):
                code = f"{self._held(factor.args[0])}*{closed(code)}"
            else:
                code = f"{self._held(factor)} @ {closed(code)}"
        return code

    def _print_MatAdd(self, expr: Sym) -> str:  # noqa: N802
        code = ""
        others = any(not isinstance(term, sympy.OneMatrix) for term in expr.args)
        for term in expr.args:
            if others and isinstance(term, sympy.OneMatrix):
                code += " + 1"
                continue
            number, factors = term.as_coeff_matrices() if isinstance(term, sympy.MatMul) else (sympy.S.One, [term])
            negative = bool(number.is_Rational and number < 0)
            body = sympy.MatMul(-number, *factors) if negative and (number != -1 or len(factors) > 1) else factors[0]
            held = str(self._print(body if negative else term))
            code += (" - " if negative else " + ") + (f"({held})" if isinstance(body, sympy.MatAdd) else held)
        return code[3:] if code.startswith(" + ") else f"-{code[3:]}"

    def _print_Transpose(self, expr: Sym) -> str:  # noqa: N802
        return f"{self._held(expr.args[0])}.T"

    def _print_HadamardProduct(self, expr: Sym) -> str:  # noqa: N802
        return "*".join(self._held(factor) for factor in expr.args)

    def _print_HadamardPower(self, expr: Sym) -> str:  # noqa: N802
        return self._power(str(self._print(expr.args[0])), expr.args[1])

    def _print_Pow(self, expr: Sym, rational: bool = False) -> str:  # noqa: N802
        if expr.base == sympy.E:
            return f"numpy.exp({self._print(expr.exp)})"
        return self._power(str(self._print(expr.base)), expr.exp)

    def _power(self, base: str, exponent: Sym) -> str:
        """A power; closed, since a quotient is not as tight as a power."""
        if exponent == sympy.Rational(1, 2):
            return f"numpy.sqrt({bare(base)})"
        if exponent == sympy.Rational(-1, 2):
            return f"(1/numpy.sqrt({bare(base)}))"
        return f"(1/{closed(base)})" if exponent == -1 else f"{closed(base)}**{closed(str(self._print(exponent)))}"

    def _print_Elementwise(self, expr: Sym) -> str:  # noqa: N802
        argument = str(self._print(expr.args[1]))
        if expr.word == "relu":
            return f"numpy.maximum({argument}, 0)"
        code = str(self._print(WORDS[expr.word].xreplace({U: _PLACE})))
        whole = f"({_PLACE.name})"  # the one argument of a call needs no parentheses of its own
        return code.replace(whole, f"({argument})").replace(_PLACE.name, closed(argument))

    def _print_Softmax(self, expr: Sym) -> str:  # noqa: N802
        return f"softmax({self._print(expr.args[0])})"

    def _print_Piecewise(self, expr: Sym) -> str:  # noqa: N802
        (value, condition), (otherwise, _) = expr.args
        return f"numpy.where({self._print(condition)}, {self._print(value)}, {self._print(otherwise)})"

    def _print_Relational(self, expr: Sym) -> str:  # noqa: N802
        return f"{self._held(expr.lhs)} {expr.rel_op} {self._held(expr.rhs)}"

    def _print_Trace(self, expr: Sym) -> str:  # noqa: N802
        code = self._print(expr.args[0])
        return f"({code})" if expr.args[0].shape == (1, 1) else f"numpy.trace({code})"

    def _print_DiagMatrix(self, expr: Sym) -> str:  # noqa: N802
        return f"numpy.diagflat({self._print(expr.args[0])})"

    def _print_Identity(self, expr: Sym) -> str:  # noqa: N802
        return f"numpy.eye({self._print(expr.shape[0])})"


SOFTMAX = '''def softmax(z):
    """exp(z_i) / sum_k exp(z_k), for every column."""
    e = numpy.exp(z - z.max(0))
    return e/e.sum(0)
'''
"""What the printed name ``softmax`` means."""


def printer() -> MatrixPrinter:
    """A printer that names the module of every function."""
    return MatrixPrinter({"fully_qualified_modules": True, "inline": True, "allow_unknown_functions": True})
