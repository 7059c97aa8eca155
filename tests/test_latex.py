"""What the printers promise: the strings of the source sheet, parentheses where needed and only there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpttsym.expr import (
    Add,
    Call,
    Cases,
    Component,
    Concatenate,
    Derivative,
    DerivativeKind,
    Divide,
    Entries,
    Every,
    Expr,
    Hole,
    Indicator,
    Listing,
    Multiply,
    Negate,
    Norm,
    Number,
    Ones,
    Paths,
    Power,
    Probability,
    Product,
    ProductOperator,
    Relation,
    SetOf,
    Span,
    Steps,
    Sum,
    Symbol,
    Transpose,
    Unread,
    Whole,
    integer,
    multiply,
    shifted,
    walk,
)
from bpttsym.latex import aligned, latex, latex_pieces, unicode_line


def name(text: str, *index: Expr | int) -> Symbol:
    """A symbol with its indices."""
    return Symbol(text, tuple(integer(item) if isinstance(item, int) else item for item in index))


def d(of: Expr, by: Expr, kind: DerivativeKind = "partial") -> Derivative:
    """The derivative of one tree by another."""
    return Derivative(of, by, kind)


def chain(*nodes: Expr) -> Expr:
    """The product of the derivatives of each node by the next."""
    return multiply(*(d(upper, lower) for upper, lower in pairwise(nodes)))


def dotted(operator: ProductOperator, *factors: Expr) -> Multiply:
    """A product with one operator written between all factors."""
    return Multiply(factors, (operator,) * (len(factors) - 1))


def h(step: Expr | int) -> Symbol:
    """The state of a step."""
    return name("h", step)


def y_hat(*step: Expr | int) -> Symbol:
    """The output, of a step if one is given."""
    return name(r"\hat{y}", *step)


a, b, c, t, i, j, k, x, y, L, T, U, W = (name(letter) for letter in "abctijkxyLTUW")
phi, psi, theta = name(r"\phi"), name(r"\psi"), name(r"\theta")
one, two, three = integer(1), integer(2), integer(3)
state, before = h(t), h(shifted(t, -1))
loss = Call(r"\mathcal{L}", (theta,))
f = Call("f", (name("x", t), before), (psi,))
path = Product(d(h(shifted(i, 1)), h(i)), "i", t, shifted(T, -1))
path_to_t = Product(d(h(shifted(i, 1)), h(i)), "i", k, shifted(t, -1))
expansion = Add(tuple(chain(loss, y_hat(), *(h(4 - back) for back in range(steps)), psi) for steps in (1, 2, 3, 4)))
gradient = d(L, W, "gradient")
sum_of_a = Sum(name("a", t), "t", None, None)
many_to_one = Sum(multiply(d(loss, y_hat()), d(y_hat(), h(4)), path, d(state, psi)), "t", one, T)
steps_to_t = Sum(multiply(d(loss, y_hat(t)), d(y_hat(t), state), path_to_t, d(h(k), psi)), "k", one, t)
many_to_many = Sum(steps_to_t, "t", one, T)

SHEET: list[tuple[Expr, str, str]] = [
    (Relation(state, "=", f), r"h_t = f(x_t, h_{t-1}; \psi)", "h_t = f(x_t, h_{t-1}; ψ)"),
    (Relation(y_hat(), "=", Call("g", (h(T),), (phi,))), r"\hat{y} = g(h_T; \phi)", "ŷ = g(h_T; φ)"),
    (Relation(theta, "=", SetOf((phi, psi))), r"\theta = \{\phi, \psi\}", "θ = {φ, ψ}"),
    (
        Relation(loss, "=", Norm(Add((y_hat(), Negate(y))))),
        r"\mathcal{L}(\theta) = \left\lVert \hat{y} - y \right\rVert",
        "ℒ(θ) = ‖ŷ - y‖",
    ),
    (Relation(T, "=", integer(4)), "T = 4", "T = 4"),
    (
        Relation(d(loss, phi), "=", chain(loss, y_hat(), phi)),
        r"\frac{\partial \mathcal{L}(\theta)}{\partial \phi} ="
        r" \frac{\partial \mathcal{L}(\theta)}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial \phi}",
        "∂ℒ(θ)/∂φ = ∂ℒ(θ)/∂ŷ · ∂ŷ/∂φ",
    ),
    (
        Relation(d(loss, psi), "=", expansion),
        r"\frac{\partial \mathcal{L}(\theta)}{\partial \psi} ="
        r" \frac{\partial \mathcal{L}(\theta)}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial h_4}"
        r"\,\frac{\partial h_4}{\partial \psi}"
        r" + \frac{\partial \mathcal{L}(\theta)}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial h_4}"
        r"\,\frac{\partial h_4}{\partial h_3}\,\frac{\partial h_3}{\partial \psi}"
        r" + \frac{\partial \mathcal{L}(\theta)}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial h_4}"
        r"\,\frac{\partial h_4}{\partial h_3}\,\frac{\partial h_3}{\partial h_2}\,\frac{\partial h_2}{\partial \psi}"
        r" + \frac{\partial \mathcal{L}(\theta)}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial h_4}"
        r"\,\frac{\partial h_4}{\partial h_3}\,\frac{\partial h_3}{\partial h_2}\,\frac{\partial h_2}{\partial h_1}"
        r"\,\frac{\partial h_1}{\partial \psi}",
        "∂ℒ(θ)/∂ψ = ∂ℒ(θ)/∂ŷ · ∂ŷ/∂h₄ · ∂h₄/∂ψ"
        " + ∂ℒ(θ)/∂ŷ · ∂ŷ/∂h₄ · ∂h₄/∂h₃ · ∂h₃/∂ψ"
        " + ∂ℒ(θ)/∂ŷ · ∂ŷ/∂h₄ · ∂h₄/∂h₃ · ∂h₃/∂h₂ · ∂h₂/∂ψ"
        " + ∂ℒ(θ)/∂ŷ · ∂ŷ/∂h₄ · ∂h₄/∂h₃ · ∂h₃/∂h₂ · ∂h₂/∂h₁ · ∂h₁/∂ψ",
    ),
    (
        Relation(d(loss, psi), "=", many_to_one),
        r"\frac{\partial \mathcal{L}(\theta)}{\partial \psi} = \sum_{t=1}^{T}"
        r"\frac{\partial \mathcal{L}(\theta)}{\partial \hat{y}}\,\frac{\partial \hat{y}}{\partial h_4}"
        r"\biggl(\prod_{i=t}^{T-1}\frac{\partial h_{i+1}}{\partial h_i}\biggr)\frac{\partial h_t}{\partial \psi}",
        "∂ℒ(θ)/∂ψ = Σ_{t=1..T} ∂ℒ(θ)/∂ŷ · ∂ŷ/∂h₄ · (∏_{i=t..T-1} ∂h_{i+1}/∂h_i) · ∂h_t/∂ψ",
    ),
    (
        Relation(loss, "=", Sum(Norm(Add((y_hat(t), Negate(name("y", t))))), "t", one, T)),
        r"\mathcal{L}(\theta) = \sum_{t=1}^{T} \left\lVert \hat{y}_t - y_t \right\rVert",
        "ℒ(θ) = Σ_{t=1..T} ‖ŷ_t - y_t‖",
    ),
    (
        Relation(d(loss, psi), "=", many_to_many),
        r"\frac{\partial \mathcal{L}(\theta)}{\partial \psi} = \sum_{t=1}^{T} \sum_{k=1}^{t}"
        r"\frac{\partial \mathcal{L}(\theta)}{\partial \hat{y}_t}\,\frac{\partial \hat{y}_t}{\partial h_t}"
        r"\biggl(\prod_{i=k}^{t-1}\frac{\partial h_{i+1}}{\partial h_i}\biggr)\frac{\partial h_k}{\partial \psi}",
        "∂ℒ(θ)/∂ψ = Σ_{t=1..T} Σ_{k=1..t} ∂ℒ(θ)/∂ŷ_t · ∂ŷ_t/∂h_t · (∏_{i=k..t-1} ∂h_{i+1}/∂h_i) · ∂h_k/∂ψ",
    ),
    (
        Relation(d(h(shifted(t, 1)), state), r"\le", one),
        r"\frac{\partial h_{t+1}}{\partial h_t} \le 1",
        "∂h_{t+1}/∂h_t ≤ 1",
    ),
]

NAMES: list[tuple[Expr, str, str]] = [
    (state, "h_t", "h_t"),
    (before, "h_{t-1}", "h_{t-1}"),
    (h(4), "h_4", "h₄"),
    (h(10), "h_{10}", "h₁₀"),
    (h(Negate(one)), "h_{-1}", "h₋₁"),
    (name("h", 2, 1), "h_{2,1}", "h_{2,1}"),
    (name("h", name(r"\tau")), r"h_{\tau}", "h_τ"),
    (name("h", name("t", 1)), "h_{t_1}", "h_{t₁}"),
    (name("x", multiply(two, t)), "x_{2 t}", "x_{2 t}"),
    (name("W_{hh}"), "W_{hh}", "W_hh"),
    (name("W_{hh}", t), "W_{hh,t}", "W_{hh,t}"),
    (name("W_{hh}'", t), "W_{hh,t}'", "W_{hh,t}'"),
    (name("W_{x}_{h}", t), "W_{x,h,t}", "W_{x,h,t}"),
    (name("W_{x}_{h}"), "W_{x,h}", "W_{x,h}"),
    (name(r"\psi_{\mathrm{dec}}"), r"\psi_{\mathrm{dec}}", "ψ_dec"),
    (name(r"\sigma_{\max}"), r"\sigma_{\max}", "σ_max"),
    (y_hat(t), r"\hat{y}_t", "ŷ_t"),
    (name(r"\overleftarrow{h}", t), r"\overleftarrow{h}_t", "h⃖_t"),
    (name(r"\hat{\mathbf{h}}", t), r"\hat{\mathbf{h}}_t", "𝐡̂_t"),
    (name(r"\mathbf{1}", Relation(t, "<", T)), r"\mathbf{1}_{t < T}", "𝟏_{t < T}"),
    (name(r"\mathbb{R}"), r"\mathbb{R}", "ℝ"),
    (name("h'", t), "h'_t", "h'_t"),
    (name("h^{(l)}", t), "h^{(l)}_t", "h^{(l)}_t"),
    (Transpose(name("h^{(l)}", t)), r"(h^{(l)}_t)^{\top}", "(h^{(l)}_t)ᵀ"),
]

NUMBERS: list[tuple[Expr, str, str]] = [
    (integer(12), "12", "12"),
    (Number(Fraction(1, 2)), "0.5", "0.5"),
    (Number(Fraction(25, 2)), "12.5", "12.5"),
    (Number(Fraction(-1, 8)), "-0.125", "-0.125"),
    (Number(Fraction(1, 3)), r"\frac{1}{3}", "1/3"),
    (multiply(two, three), r"2\,(3)", "2 · 3"),
    (multiply(two, three, x), r"2\,(3) x", "2 · 3 x"),
    (multiply(two, Power(three, k)), r"2\,(3^{k})", "2 · 3^k"),
    (multiply(h(4), two), r"h_4\,(2)", "h₄ · 2"),
    (multiply(two, state), "2 h_t", "2 h_t"),
    (dotted(r"\cdot", two, three), r"2 \cdot 3", "2 · 3"),
    (multiply(integer(-2), x), "(-2) x", "(-2) · x"),
    (Power(integer(-2), two), "(-2)^{2}", "(-2)²"),
]

CALLS: list[tuple[Expr, str, str]] = [
    (f, r"f(x_t, h_{t-1}; \psi)", "f(x_t, h_{t-1}; ψ)"),
    (Call(r"\tanh", (a,)), r"\tanh(a)", "tanh(a)"),
    (Call("f", (a,), primes=1), "f'(a)", "f′(a)"),
    (Call(r"\tanh", (a,), primes=2), r"\tanh''(a)", "tanh′′(a)"),
    (Call(r"\sigma", (a,)), r"\sigma(a)", "σ(a)"),
    (Call(r"\mathrm{softmax}", (Add((a, b)),)), r"\mathrm{softmax}(a + b)", "softmax(a + b)"),
    (Call(r"\mathrm{diag}", (Divide(a, b),)), r"\mathrm{diag}\left(\frac{a}{b}\right)", "diag(a/b)"),
    (Call(r"\exp", (sum_of_a,)), r"\exp\left(\sum_{t} a_t\right)", "exp(Σ_t a_t)"),
    (Call("abs", (x,)), r"\left|x\right|", "|x|"),
    (Power(Call("abs", (Divide(a, b),)), two), r"\left|\frac{a}{b}\right|^{2}", "|a/b|²"),
    (multiply(Call(r"\tanh", (a,)), Call(r"\tanh", (b,))), r"\tanh(a) \tanh(b)", "tanh(a) · tanh(b)"),
]

SUMS: list[tuple[Expr, str, str]] = [
    (Add((a, Negate(b), c)), "a - b + c", "a - b + c"),
    (Add((Negate(a), b)), "-a + b", "-a + b"),
    (Add((a, Negate(Negate(b)))), "a - (-b)", "a - (-b)"),
    (Add((a, integer(-2))), "a + (-2)", "a + (-2)"),
    (Add((Add((a, b)), c)), "(a + b) + c", "(a + b) + c"),
    (Add((a, Add((b, c)))), "a + (b + c)", "a + (b + c)"),
    (Add((a, Negate(Add((b, c))))), "a - (b + c)", "a - (b + c)"),
    (Negate(Add((a, b))), "-(a + b)", "-(a + b)"),
    (Negate(Negate(a)), "-(-a)", "-(-a)"),
    (Negate(multiply(a, b)), "-a b", "-a b"),
    (Negate(sum_of_a), r"-\sum_{t} a_t", "-Σ_t a_t"),
    (Add((sum_of_a, b)), r"\sum_{t} a_t + b", "Σ_t a_t + b"),
    (Add((a, Negate(sum_of_a))), r"a - \sum_{t} a_t", "a - Σ_t a_t"),
]

PRODUCTS: list[tuple[Expr, str, str]] = [
    (multiply(W, state), "W h_t", "W h_t"),
    (multiply(psi, state), r"\psi h_t", "ψ h_t"),
    (multiply(a, multiply(b, c)), r"a\,(b c)", "a · (b c)"),
    (multiply(multiply(a, b), c), "(a b) c", "(a b) · c"),
    (multiply(W, Add((a, b))), r"W\,(a + b)", "W · (a + b)"),
    (multiply(Add((a, b)), W), "(a + b) W", "(a + b) · W"),
    (multiply(Transpose(W), Add((a, b))), r"W^{\top}(a + b)", "Wᵀ · (a + b)"),
    (multiply(Add((Divide(a, b), c)), x), r"\left(\frac{a}{b} + c\right) x", "(a/b + c) · x"),
    (multiply(Negate(a), b), "(-a) b", "(-a) · b"),
    (multiply(a, Negate(b)), r"a\,(-b)", "a · (-b)"),
    (multiply(Relation(a, "=", b), c), "(a = b) c", "(a = b) · c"),
    (dotted(r"\odot", a, b, c), r"a \odot b \odot c", "a ⊙ b ⊙ c"),
    (dotted("*", a, b), "a * b", "a * b"),
    (Multiply((a, b, c), ("", r"\otimes")), r"a b \otimes c", "a b ⊗ c"),
    (multiply(sum_of_a, b), r"\biggl(\sum_{t} a_t\biggr) b", "(Σ_t a_t) · b"),
    (dotted(r"\cdot", sum_of_a, b), r"\biggl(\sum_{t} a_t\biggr) \cdot b", "(Σ_t a_t) · b"),
    (multiply(a, sum_of_a), r"a \sum_{t} a_t", "a · Σ_t a_t"),
    (
        multiply(d(L, state), path, d(state, psi)),
        r"\frac{\partial L}{\partial h_t}\biggl(\prod_{i=t}^{T-1}\frac{\partial h_{i+1}}{\partial h_i}\biggr)"
        r"\frac{\partial h_t}{\partial \psi}",
        "∂L/∂h_t · (∏_{i=t..T-1} ∂h_{i+1}/∂h_i) · ∂h_t/∂ψ",
    ),
    (multiply(gradient, Transpose(before)), r"(\nabla_{W} L) h_{t-1}^{\top}", "(∇_W L) · h_{t-1}ᵀ"),
    (multiply(a, gradient), r"a \nabla_{W} L", "a · ∇_W L"),
    (Sum(multiply(a, b), "t", one, T), r"\sum_{t=1}^{T} a b", "Σ_{t=1..T} a b"),
    (Sum(Add((a, b)), "t", one, T), r"\sum_{t=1}^{T}(a + b)", "Σ_{t=1..T} (a + b)"),
    (Sum(Negate(a), r"\tau", shifted(k, 1), T), r"\sum_{\tau=k+1}^{T}(-a)", "Σ_{τ=k+1..T} (-a)"),
    (Product(a, "i", t, shifted(T, -1)), r"\prod_{i=t}^{T-1} a", "∏_{i=t..T-1} a"),
    (
        Product(a, "i", t, shifted(T, -1), "decreasing"),
        r"\prod_{T-1 \ge i \ge t} a",
        "∏_{i=T-1 down to t} a",
    ),
    (
        Product(a, "i", t, shifted(T, -1), "increasing"),
        r"\prod_{t \le i \le T-1} a",
        "∏_{i=t up to T-1} a",
    ),
]

DERIVATIVES: list[tuple[Expr, str, str]] = [
    (d(L, state), r"\frac{\partial L}{\partial h_t}", "∂L/∂h_t"),
    (d(state, psi, "total"), r"\frac{\mathrm{d} h_t}{\mathrm{d} \psi}", "dh_t/dψ"),
    (d(state, psi, "immediate"), r"\frac{\partial^{+} h_t}{\partial \psi}", "∂⁺h_t/∂ψ"),
    (gradient, r"\nabla_{W} L", "∇_W L"),
    (d(L, state, "gradient"), r"\nabla_{h_t} L", "∇_{h_t} L"),
    (d(Call("f", (x,)), W, "gradient"), r"\nabla_{W} (f(x))", "∇_W (f(x))"),
    (d(multiply(a, b), W, "gradient"), r"\nabla_{W} (a b)", "∇_W (a b)"),
    (d(Call("f", (x,), (name("w"),)), x), r"\frac{\partial f(x; w)}{\partial x}", "∂f(x; w)/∂x"),
    (d(Call(r"\tanh", (x,)), x), r"\frac{\partial \tanh(x)}{\partial x}", "∂tanh(x)/∂x"),
    (d(Norm(x), x), r"\frac{\partial \left\lVert x \right\rVert}{\partial x}", "∂‖x‖/∂x"),
    (d(multiply(W, h(t)), U), r"\frac{\partial (W h_t)}{\partial U}", "∂(W h_t)/∂U"),
    (d(Add((a, b)), x), r"\frac{\partial (a + b)}{\partial x}", "∂(a + b)/∂x"),
    (d(L, Transpose(W)), r"\frac{\partial L}{\partial (W^{\top})}", "∂L/∂(Wᵀ)"),
    (
        d(d(L, W), U),
        r"\frac{\partial \left(\frac{\partial L}{\partial W}\right)}{\partial U}",
        "∂(∂L/∂W)/∂U",
    ),
]

SCRIPTS: list[tuple[Expr, str, str]] = [
    (Transpose(W), r"W^{\top}", "Wᵀ"),
    (Transpose(before), r"h_{t-1}^{\top}", "h_{t-1}ᵀ"),
    (Transpose(multiply(W, state)), r"(W h_t)^{\top}", "(W h_t)ᵀ"),
    (Transpose(Add((Divide(a, b), c))), r"\left(\frac{a}{b} + c\right)^{\top}", "(a/b + c)ᵀ"),
    (Transpose(Transpose(W)), r"(W^{\top})^{\top}", "(Wᵀ)ᵀ"),
    (Power(state, two), "h_t^{2}", "h_t²"),
    (Power(h(2), two), "h_2^{2}", "h₂²"),
    (Power(W, Add((T, Negate(t)))), "W^{T-t}", "W^{T-t}"),
    (Power(a, Negate(one)), "a^{-1}", "a⁻¹"),
    (Power(a, k), "a^{k}", "a^k"),
    (Power(Call(r"\tanh", (a,)), two), r"\tanh(a)^{2}", "tanh(a)²"),
    (Power(Add((a, b)), two), "(a + b)^{2}", "(a + b)²"),
    (Power(Negate(a), two), "(-a)^{2}", "(-a)²"),
    (Power(Transpose(W), two), r"(W^{\top})^{2}", "(Wᵀ)²"),
    (Transpose(Power(W, two)), r"(W^{2})^{\top}", "(W²)ᵀ"),
    (Power(Power(a, two), three), "(a^{2})^{3}", "(a²)³"),
    (Power(Divide(a, b), two), r"\left(\frac{a}{b}\right)^{2}", "(a/b)²"),
    (Power(d(L, W), two), r"\left(\frac{\partial L}{\partial W}\right)^{2}", "(∂L/∂W)²"),
    (Power(gradient, two), r"(\nabla_{W} L)^{2}", "(∇_W L)²"),
    (Power(sum_of_a, two), r"\biggl(\sum_{t} a_t\biggr)^{2}", "(Σ_t a_t)²"),
    (Power(Norm(x, "2"), two), r"\left\lVert x \right\rVert_{2}^{2}", "‖x‖₂²"),
]

OTHERS: list[tuple[Expr, str, str]] = [
    (Norm(x), r"\left\lVert x \right\rVert", "‖x‖"),
    (Norm(x, "F"), r"\left\lVert x \right\rVert_{F}", "‖x‖_F"),
    (Norm(x, r"\infty"), r"\left\lVert x \right\rVert_{\infty}", "‖x‖_∞"),
    (Divide(Add((a, b)), c), r"\frac{a + b}{c}", "(a + b)/c"),
    (Divide(a, multiply(b, c)), r"\frac{a}{b c}", "a/(b c)"),
    (Divide(Divide(a, b), c), r"\frac{\frac{a}{b}}{c}", "(a/b)/c"),
    (Relation(d(L, psi), "=", Hole()), r"\frac{\partial L}{\partial \psi} = ?", "∂L/∂ψ = ?"),
    (Relation(a, ":=", b), "a := b", "a := b"),
    (Relation(Relation(a, "=", b), "=", c), "(a = b) = c", "(a = b) = c"),
]

ENTRIES: list[tuple[Expr, str, str]] = [
    (Component(h(t), (i,)), "h_{t,i}", "h_{t,i}"),
    (Component(W, (i, j)), "W_{i,j}", "W_{i,j}"),
    (Component(W, (i, Every())), "W_{i,:}", "W_{i,:}"),
    (Component(multiply(W, x), (i,)), "(W x)_{i}", "(W x)_i"),
    (Component(Transpose(W), (i, j)), r"(W^{\top})_{i,j}", "(Wᵀ)_{i,j}"),
    (Indicator(Relation(i, "=", j)), r"\mathbf{1}_{[i = j]}", "1[i = j]"),
    (
        Cases((a, b), (Relation(i, "=", j),)),
        r"\begin{cases} a & i = j \\ b & \text{otherwise} \end{cases}",
        "{a if i = j; b otherwise}",
    ),
    (Concatenate((h(t), x)), "[h_t; x]", "[h_t; x]"),
    (Entries(Component(a, (i,)), "i"), "(a_i)_i", "(a_i)_i"),
    (Ones(), r"\mathbf{1}", "𝟏"),
    (Steps(name("h", 1), h(T)), "h_{1:T}", "h_{1:T}"),
    (Listing((Steps(name("h", 1), h(T)),), "[", ";"), r"[h_1; \dots; h_T]", "[h₁; …; h_T]"),
    (Listing((Steps(h(i), h(T)),)), r"(h_i, h_{i+1}, \dots, h_T)", "(h_i, h_{i+1}, …, h_T)"),
    (Listing((Steps(h(T), name("h", 1)),), r"\{"), r"\{h_T, \dots, h_1\}", "{h_T, …, h₁}"),
    (Listing((a, integer(3), T)), "(a, 3, T)", "(a, 3, T)"),
    (Probability("p", (a, b), (Steps(name("h", 1), h(T)),)), r"p(a, b \mid h_{1:T})", "p(a, b | h_{1:T})"),
    (Probability("p", (a,)), "p(a)", "p(a)"),
    (Paths(name("h", 1), name("h", 3), True), r"\sum_{\pi : h_1 \to h_3} 1", "Σ_{π: h₁→h₃} 1"),
    (
        Paths(name("h", 1), name("h", 3)),
        r"\sum_{\pi : h_1 \to h_3} \prod_{(u \to v) \in \pi} \frac{\partial v}{\partial u}",
        "Σ_{π: h₁→h₃} ∏_{(u→v)∈π} ∂v/∂u",
    ),
    (Whole("binomial", (t, integer(2))), r"\binom{t}{2}", "binom(t, 2)"),
    (Whole("floor", (Divide(t, integer(2)),)), r"\left\lfloor \frac{t}{2} \right\rfloor", "⌊t/2⌋"),
    (Whole("ceiling", (Divide(t, integer(2)),)), r"\left\lceil \frac{t}{2} \right\rceil", "⌈t/2⌉"),
    (Unread("the index counts two things"), r"\text{(not read)}", "(not read)"),
]

GOLDEN = [*SHEET, *NAMES, *NUMBERS, *CALLS, *SUMS, *PRODUCTS, *DERIVATIVES, *SCRIPTS, *OTHERS, *ENTRIES]


@pytest.mark.parametrize(("expr", "printed", "line"), GOLDEN, ids=[line for _, _, line in GOLDEN])
def test_each_tree_is_printed_as_written_here(expr: Expr, printed: str, line: str) -> None:
    """The same tree gives the same two strings, with parentheses where a reader needs them and only there."""
    assert latex(expr) == printed
    assert unicode_line(expr) == line


def test_a_letter_above_a_number_is_a_power() -> None:
    """A number has no transpose, so that the sign of one would puzzle."""
    half = Divide(Norm(Symbol("W")), Number(Fraction(2)))
    for body, line in ((Norm(Symbol("W")), "‖W‖^T"), (half, "(‖W‖/2)^T"), (Symbol("W"), "Wᵀ")):
        assert unicode_line(Transpose(body, letter=True)) == line
        assert unicode_line(Transpose(body)).endswith("ᵀ")


def test_different_trees_are_printed_differently() -> None:
    """LaTeX reads back as one tree, so no two of the trees above share their text."""
    assert len({latex(expr) for expr, _, _ in GOLDEN}) == len({expr for expr, _, _ in GOLDEN}) == len(GOLDEN)


def test_every_node_class_is_printed_by_both() -> None:
    """No node class is without a rule: each stands in one of the trees above."""
    printed = {type(part).__name__ for expr, _, _ in GOLDEN for part in walk(expr)}
    assert printed == {kind.__name__ for kind in Expr.__subclasses__()}


def test_an_unknown_node_is_refused() -> None:
    """What no rule prints raises, and the message names it."""
    for printer in (latex, unicode_line):
        with pytest.raises(TypeError, match=r"^no rule prints Expr\(\)$"):
            printer(Expr())
        with pytest.raises(TypeError, match=r"^no rule prints Sum\("):
            printer(Sum(a, "t", one, None))


def test_spans_do_not_show() -> None:
    """Where a tree was read from changes nothing in how it is printed."""
    assert latex(Symbol("h", (t,), span=Span(3, 8))) == "h_t"


@pytest.mark.parametrize("expr", [expr for expr, _, _ in GOLDEN], ids=[line for _, _, line in GOLDEN])
def test_the_stream_is_the_whole(expr: Expr) -> None:
    """The pieces joined are the text."""
    assert "".join(latex_pieces(expr)) == latex(expr)


def test_the_stream_has_a_piece_for_each_term() -> None:
    """A sum, alone or as a side of a relation, is streamed term by term."""
    assert list(latex_pieces(Add((Negate(a), Negate(b), c)))) == ["-a", " - b", " + c"]
    assert list(latex_pieces(Relation(L, "=", Add((a, b))))) == ["L", " = ", "a", " + b"]
    assert len(list(latex_pieces(expansion))) == 4


def test_a_chain_is_aligned_at_its_relations() -> None:
    """Each relation begins a row, and a long sum goes on in rows of its own."""
    chained = [("=", Add((a, Negate(b), Negate(c), x, y))), (r"\le", multiply(W, x)), ("=", Add((a, b)))]
    assert aligned(d(L, W), chained, break_terms=2) == (
        "\\begin{aligned}\n"
        "\\frac{\\partial L}{\\partial W} &= a - b \\\\\n"
        "&\\quad - c + x \\\\\n"
        "&\\quad + y \\\\\n"
        "&\\le W x \\\\\n"
        "&= a + b\n"
        "\\end{aligned}"
    )


def test_a_chain_that_is_not_broken_has_a_row_for_each_relation() -> None:
    """Without a limit nothing is broken, and the rows hold what ``latex`` prints."""
    assert aligned(L, [("=", expansion)]) == f"\\begin{{aligned}}\nL &= {latex(expansion)}\n\\end{{aligned}}"


@pytest.mark.parametrize("terms", [0, -1])
def test_a_row_without_terms_is_refused(terms: int) -> None:
    """A row must hold something."""
    with pytest.raises(ValueError, match=f"^a row holds at least one term, not {terms}$"):
        aligned(L, [("=", a)], break_terms=terms)


def calls_to_print(expr: Expr) -> int:
    """How many Python functions are entered while a tree is printed."""
    entered = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal entered
        entered += event == "call"

    before_us = sys.getprofile()
    sys.setprofile(count)
    try:
        latex(expr)
    finally:
        sys.setprofile(before_us)
    return entered


def long_sum(terms: int, factors: int) -> Add:
    """A sum of products of local Jacobians."""
    steps = [d(h(step + 1), h(step)) for step in range(factors)]
    return Add((multiply(*reversed(steps)),) * terms)


def test_the_work_is_linear_in_the_size_of_a_sum() -> None:
    """Twice the terms, or twice the factors, are twice the work."""
    work = calls_to_print(long_sum(20, 50))
    assert calls_to_print(long_sum(40, 50)) < 2.02 * work
    assert calls_to_print(long_sum(20, 100)) < 2.02 * work


def test_a_sum_of_a_hundred_thousand_factors_is_streamed() -> None:
    """No piece of a huge sum is longer than its term, and all of them come."""
    pieces = list(latex_pieces(long_sum(10_000, 10)))
    assert len(pieces) == 10_000
    assert {len(piece) for piece in pieces[1:]} == {len(pieces[1])}
    assert unicode_line(long_sum(10_000, 10)).count("∂h₁/∂h₀") == 10_000


INDICES = st.sampled_from([t, k, integer(4), integer(12), shifted(t, -1), shifted(i, 2), Negate(one)])
OPERATORS: list[ProductOperator] = ["", r"\cdot", r"\times", "*", r"\odot", r"\circ", r"\otimes"]
LEAVES = st.one_of(
    st.builds(name, st.sampled_from(["a", "W_{hh}", r"\psi", r"\hat{y}", r"\mathbf{h}", "h'", "h^{(l)}"])),
    st.builds(name, st.sampled_from(["h", "W_{hh}", r"\hat{y}", r"\mathcal{L}"]), INDICES),
    st.builds(name, st.just("h"), INDICES, INDICES),
    st.builds(Number, st.fractions(min_value=-3, max_value=30, max_denominator=8)),
    st.just(Hole()),
)


def wider(trees: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """All nodes over the given trees."""
    many = st.lists(trees, min_size=2, max_size=4).map(tuple)
    few = st.lists(trees, min_size=1, max_size=2).map(tuple)
    bound = st.sampled_from(["t", r"\tau"])
    functions = st.sampled_from(["f", r"\tanh", r"\mathrm{diag}", "abs"])
    kinds: list[DerivativeKind] = ["partial", "total", "immediate", "gradient"]
    return st.one_of(
        many.map(Add),
        trees.map(Negate),
        st.builds(dotted, st.sampled_from(OPERATORS), trees, trees, trees),
        many.map(lambda factors: multiply(*factors)),
        st.builds(Divide, trees, trees),
        st.builds(Power, trees, trees),
        trees.map(Transpose),
        st.builds(Norm, trees, st.sampled_from(["", "2", "1", "F", r"\infty"])),
        st.builds(Sum, trees, bound, st.none(), st.none()),
        st.builds(Sum, trees, bound, INDICES, INDICES),
        st.builds(Product, trees, bound, INDICES, INDICES, st.sampled_from(["written", "increasing", "decreasing"])),
        st.builds(Derivative, trees, trees, st.sampled_from(kinds)),
        st.builds(Call, functions, few, st.one_of(st.just(()), few), st.integers(0, 2)),
        many.map(SetOf),
        st.builds(Relation, trees, st.sampled_from(["=", r"\le", ":="]), trees),
    )


TREES = st.recursive(LEAVES, wider, max_leaves=12)
ARTEFACTS = re.compile(r"\+ *-|- *-|  |\{ | \}|\(\)| $|^ |\\,\)|,,")
KNOWN_COMMANDS = frozenset(
    r"\frac \partial \mathrm \nabla \top \left \right \biggl \biggr \lVert \rVert \sum \prod \le \ge \infty \hat"
    r" \mathbf \mathcal \mathbb \psi \tau \tanh \cdot \times \odot \circ \otimes \begin \end \quad".split()
)


def balanced(text: str, opening: str, closing: str) -> bool:
    """Whether every opening mark is closed, and none is closed before it is opened."""
    depth = 0
    for mark in re.findall(f"{opening}|{closing}", text):
        depth += 1 if re.fullmatch(opening, mark) else -1
        if depth < 0:
            return False
    return depth == 0


@given(TREES)
def test_any_tree_is_printed_without_artefacts(expr: Expr) -> None:
    """No tree is refused, and no text holds doubled signs or spaces, or braces that do not match."""
    for text in (latex(expr), unicode_line(expr)):
        assert text
        assert not ARTEFACTS.search(text), text
        assert "\n" not in text
        assert balanced(text, r"\{", r"\}")
        assert balanced(text, r"\(", r"\)")
    assert balanced(latex(expr), r"\\left(?![A-Za-z])", r"\\right(?![A-Za-z])")
    assert "\\" not in unicode_line(expr)


@given(TREES, st.lists(TREES, max_size=3), st.integers(1, 3))
def test_any_chain_is_aligned_without_artefacts(left: Expr, rights: list[Expr], terms: int) -> None:
    """Every row of a chain but the first begins at the alignment, none is empty, and only the last has no end."""
    text = aligned(left, [("=", right) for right in rights], terms)
    begin, *rows, end = text.split("\n")
    assert (begin, end) == (r"\begin{aligned}", r"\end{aligned}")
    assert all(row.count("&") == 1 for row in rows) == bool(rights)
    assert all(row.startswith(("&= ", r"&\quad + ", r"&\quad - ")) for row in rows[1:])
    assert all(row.endswith(r" \\") for row in rows[:-1])
    assert not rows[-1].endswith("\\\\")
    assert not any(ARTEFACTS.search(row) for row in rows if rights)


@given(TREES)
def test_only_commands_that_every_renderer_knows_are_printed(expr: Expr) -> None:
    """KaTeX, MathJax and amsmath all know every command, apart from those that the names bring along."""
    assert set(re.findall(r"\\[A-Za-z]+", latex(expr))) <= KNOWN_COMMANDS


PAGE = [printed for _, printed, _ in GOLDEN] + [
    aligned(d(loss, psi), [("=", expansion), ("=", many_to_one)], break_terms=2),
    aligned(L, [(r"\le", Add((a, Negate(b), c)))], break_terms=1),
]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_everything_printed_compiles_with_tex(tmp_path: Path) -> None:
    """A document of all strings above goes through pdflatex without an error or an overprinted script."""
    displays = "\n".join(f"\\[ {printed} \\]" for printed in PAGE)
    source = f"\\documentclass{{article}}\\usepackage{{amsmath,amssymb}}\\begin{{document}}{displays}\\end{{document}}"
    (tmp_path / "page.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, errors="replace", timeout=120, check=False
    )
    assert run.returncode == 0, run.stdout[-2000:]
    assert (tmp_path / "page.pdf").stat().st_size > 10_000


KATEX = Path(os.environ.get("KATEX_DIR", Path(__file__).parents[1] / ".venv" / "katex")) / "node_modules" / "katex"
RENDER = """
const katex = require(process.argv[1]);
for (const text of JSON.parse(require("fs").readFileSync(0, "utf8")))
    katex.renderToString(text, {displayMode: true, throwOnError: true, strict: "error"});
"""


@pytest.mark.skipif(shutil.which("node") is None or not KATEX.exists(), reason="node or KaTeX is not installed")
def test_everything_printed_renders_with_katex() -> None:
    """KaTeX at its strictest renders all strings above."""
    command = ["node", "-e", RENDER, str(KATEX)]
    run = subprocess.run(command, input=json.dumps(PAGE), capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
