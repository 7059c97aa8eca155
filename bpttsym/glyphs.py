"""How the shapes of an expression look in LaTeX and as plain text: the tables of the printer (a part of latex)."""

from __future__ import annotations

from collections.abc import Mapping

GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
FIGURES = {"_": str.maketrans("-0123456789", "₋₀₁₂₃₄₅₆₇₈₉"), "^": str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")}
_COMMANDS = (
    "hat tilde bar dot ddot check breve vec overrightarrow overleftarrow alpha beta gamma delta epsilon zeta eta theta"
    " iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega varepsilon vartheta varrho varphi Gamma"
    " Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell infty top partial nabla cdot times odot circ otimes le"
    " ge ne approx sim propto equiv in ll gg leftarrow to Rightarrow Leftrightarrow succ succeq prec preceq"
)
_GLYPHS = (
    "\u0302\u0303\u0304\u0307\u0308\u030c\u0306\u20d7\u20d7\u20d6αβγδεζηθικλμνξπρστυφχψωεϑϱϕΓΔΘΛΞΠΣΥΦΨΩ"
    "ℓ∞⊤∂∇·×⊙∘⊗≤≥≠≈∼∝≡∈≪≫←→⇒⇔≻≽≺≼"
)
SIGNS: Mapping[str, str] = dict(zip([rf"\{word}" for word in _COMMANDS.split()], _GLYPHS, strict=True))
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BOLD = "".join(map(chr, (*range(0x1D400, 0x1D434), *range(0x1D7CE, 0x1D7D8))))
ALPHABETS: Mapping[str, dict[int, int]] = {
    r"\mathcal": str.maketrans(_UPPER, "𝒜ℬ𝒞𝒟ℰℱ𝒢ℋℐ𝒥𝒦ℒℳ𝒩𝒪𝒫𝒬ℛ𝒮𝒯𝒰𝒱𝒲𝒳𝒴𝒵"),
    r"\mathbb": str.maketrans(_UPPER, "𝔸𝔹ℂ𝔻𝔼𝔽𝔾ℍ𝕀𝕁𝕂𝕃𝕄ℕ𝕆ℙℚℝ𝕊𝕋𝕌𝕍𝕎𝕏𝕐ℤ"),
    r"\mathbf": str.maketrans(_UPPER + _UPPER.lower() + "0123456789", _BOLD),
}
SHAPES: Mapping[str, tuple[str, str]] = {
    "plus": (" + ", " + "),
    "minus": (" - ", " - "),
    "prime": ("'", "′"),
    "partial": (r"\frac{\partial %s}{\partial %s}", "∂%s/∂%s"),
    "total": (r"\frac{\mathrm{d} %s}{\mathrm{d} %s}", "d%s/d%s"),
    "immediate": (r"\frac{\partial^{+} %s}{\partial %s}", "∂⁺%s/∂%s"),
    "nabla": (r"\nabla", "∇"),
    "quotient": (r"\frac{%s}{%s}", "%s/%s"),
    "transpose": (r"^{\top}", "ᵀ"),
    "norm": (r"\left\lVert %s \right\rVert", "‖%s‖"),
    "abs": (r"\left|%s\right|", "|%s|"),
    "set": (r"\{%s\}", "{%s}"),
    "given": (r" \mid ", " | "),
    "dots": (r"\dots", "…"),
    "unread": (r"\text{(not read)}", "(not read)"),
    "indicator": (r"\mathbf{1}_{[%s]}", "1[%s]"),
    "cases": (r"\begin{cases} %s \end{cases}", "{%s}"),
    "row": (r" \\ ", "; "),
    "if": (r" & %s", " if %s"),
    "and": (r" \text{ and } ", " and "),
    "otherwise": (r" & \text{otherwise}", " otherwise"),
    "sum": (r"\sum", "Σ"),
    "product": (r"\prod", "∏"),
    "paths": (r"\sum_{\pi : %s \to %s} ", "Σ_{π: %s→%s} "),
    "along": (r"\prod_{(u \to v) \in \pi} \frac{\partial v}{\partial u}", "∏_{(u→v)∈π} ∂v/∂u"),
    "counted": ("1", "1"),
    "binomial": (r"\binom{%s}{%s}", "binom(%s, %s)"),
    "floor": (r"\left\lfloor %s \right\rfloor", "⌊%s⌋"),
    "ceiling": (r"\left\lceil %s \right\rceil", "⌈%s⌉"),
    "everywhere": ("_{%(index)s}", "_%(index)s"),
    "written": ("_{%(index)s=%(lower)s}^{%(upper)s}", "_{%(index)s=%(lower)s..%(upper)s}"),
    "decreasing": (r"_{%(upper)s \ge %(index)s \ge %(lower)s}", "_{%(index)s=%(upper)s down to %(lower)s}"),
    "increasing": (r"_{%(lower)s \le %(index)s \le %(upper)s}", "_{%(index)s=%(lower)s up to %(upper)s}"),
}
BRACKETS = {"(": "(%s)", "[": "[%s]"}
