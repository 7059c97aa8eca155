r"""Letters and signs beyond ASCII: read as the LaTeX that they stand for, or named as a look-alike.

``∂``, ``∑``, ``≤``, ``ℒ``, ``ŷ``, ``ₜ`` and full-width punctuation say what they are. A Cyrillic ``а`` in a name says
something else than it shows: it is never read, and told with the letter that it looks like.
"""

from __future__ import annotations

import re
import unicodedata

from bpttsym.commands import GREEK

_PAIRS = (
    ("∂∇∑∏√∞∫±", r"\partial \nabla \sum \prod \sqrt \infty \int \pm"),
    ("≤≥≠≈∼∝≡∈≪≫⩽⩾", r"\le \ge \ne \approx \sim \propto \equiv \in \ll \gg \le \ge"),
    ("≔≜←→⇒⇔⟹⟶", r":= \triangleq \leftarrow \to \Rightarrow \iff \implies \to"),
    ("·⋅×⊙⊗∘∗∙⨀", r"\cdot \cdot \times \odot \otimes \circ \ast \cdot \odot"),
    ("−–‖∥∣…⋯⋮⋱", r"- - \| \| | \dots \cdots \vdots \ddots"),
    ("′⟨⟩∀∴∵⊤ℓ", r"' \langle \rangle \forall \therefore \because \top \ell"),
    ("⌊⌋⌈⌉", r"\lfloor \rfloor \lceil \rceil"),
)
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u2061\u2062\u2063"
SIGNS = {
    sign: command for signs, line in _PAIRS for sign, command in zip(signs, line.split(), strict=True)
} | dict.fromkeys(_UNSEEN, "")
"""Signs and the LaTeX that they stand for; marks that nobody can see stand for nothing."""

_BLANK = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_GREEK = dict(
    zip("αβγδεζηθικλμξπρστφχψωΓΔΘΛΞΠΣΦΨΩϵϑϱϕ", (
        r"\alpha \beta \gamma \delta \varepsilon \zeta \eta \theta \iota \kappa \lambda \mu \xi \pi \rho \sigma \tau"
        r" \varphi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Phi \Psi \Omega \epsilon \vartheta"
        r" \varrho \phi"
    ).split(), strict=True)
)  # fmt: skip
_LOOKALIKES = dict(
    zip(
        "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅνουΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɡɑ",
        "aeopcyxijshdqwABEKMHOPCTYXIJSvouABEZHIKMNOPTYXiga",
        strict=True,
    )
)
_FONTS = {
    "BOLD SCRIPT": r"\mathcal",
    "SCRIPT": r"\mathcal",
    "DOUBLE-STRUCK": r"\mathbb",
    "FRAKTUR": r"\mathfrak",
    "BLACK-LETTER": r"\mathfrak",
    "BOLD": r"\mathbf",
    "SANS-SERIF": r"\mathsf",
    "ITALIC": "",
}
_MARKS = {
    "\u0302": r"\hat",
    "\u0303": r"\tilde",
    "\u0304": r"\bar",
    "\u0305": r"\bar",
    "\u0307": r"\dot",
    "\u0308": r"\ddot",
    "\u030c": r"\check",
    "\u0306": r"\breve",
    "\u20d7": r"\vec",
}
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # as in ``string``, which is slow to load
MARKS = "".join(_MARKS)
LOWERED = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ"


def plain(script: str) -> str:
    """The characters of a raised or lowered run as they stand on the line."""
    return unicodedata.normalize("NFKC", script).replace("−", "-")


def spelling(character: str) -> str | None:
    """The LaTeX that a character beyond ASCII stands for (blanks are one space); None if it is not read."""
    if character in SIGNS:
        return SIGNS[character]
    if character in _BLANK:
        return " "
    if character in _GREEK:
        return _GREEK[character]
    return accented(unicodedata.normalize("NFD", character)) or _in_a_font(character)


def _in_a_font(character: str) -> str | None:
    """A mathematical or full-width letter, figure or punctuation mark."""
    flat = unicodedata.normalize("NFKC", character)
    name = unicodedata.name(character, "")
    if len(flat) != 1 or flat == character:
        return None
    letter = flat if flat.isascii() else _GREEK.get(flat)
    if letter is None:
        return None
    if name.startswith("FULLWIDTH") or "IDEOGRAPHIC" in name:
        return letter
    if name.startswith("MATHEMATICAL") or "SCRIPT" in name or "DOUBLE-STRUCK" in name or "BLACK-LETTER" in name:
        font = next((command for words, command in _FONTS.items() if words in name), "")
        return f"{font}{{{letter}}}" if font else letter
    return None


def accented(letter: str) -> str | None:
    """A letter with combining marks behind it, such as ``h`` and U+0302, in LaTeX."""
    base, marks = letter[0], letter[1:]
    inner = base if base in LETTERS else _GREEK.get(base)
    if inner is None or not marks or any(mark not in _MARKS for mark in marks):
        return None
    for mark in marks:
        inner = f"{_MARKS[mark]}{{{inner}}}"
    return inner


def refusal(character: str) -> tuple[str, str]:
    """Why a character is not read, and what would be read in its place (may be empty)."""
    point = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "a character without a name").lower()
    if character in _LOOKALIKES:
        twin = _LOOKALIKES[character]
        command = rf"\{re.sub('greek (?:small|capital) letter ', '', name)}"
        choice = f"`{twin}` or `{command}`" if command in GREEK else f"`{twin}`"
        return f"`{character}` ({point}, {name}) looks like the letter `{twin}` and is another one", choice
    return f"`{character}` ({point}, {name}) is not read", ""
