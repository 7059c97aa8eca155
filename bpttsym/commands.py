r"""The commands of LaTeX that the reader knows, by what they are; everything else is named with its nearest neighbour.

A command is a row of one of these tables, and the tables are all that the tokenizer knows of LaTeX.
"""

from __future__ import annotations

import re
from functools import cache

GREEK = frozenset(
    r"\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa \lambda \mu \nu \xi"
    r" \pi \rho \varrho \sigma \tau \upsilon \phi \varphi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi"
    r" \Sigma \Upsilon \Phi \Psi \Omega \ell".split()
)
FUNCTIONS = frozenset(r"\tanh \sinh \cosh \exp \log \ln \max \min \sup \inf \det \arg".split())
RELATIONS = {
    "=": "=",
    ":=": ":=",
    r"\coloneqq": ":=",
    r"\coloneq": ":=",
    r"\triangleq": ":=",
    r"\equiv": "=",
    "<": "<",
    ">": ">",
    r"\succ": r"\succ",
    r"\succeq": r"\succeq",
    r"\prec": r"\prec",
    r"\preceq": r"\preceq",
    r"\lt": "<",
    r"\gt": ">",
    "<=": r"\le",
    ">=": r"\ge",
    r"\le": r"\le",
    r"\leq": r"\le",
    r"\leqslant": r"\le",
    r"\ge": r"\ge",
    r"\geq": r"\ge",
    r"\geqslant": r"\ge",
    r"\ne": r"\ne",
    r"\neq": r"\ne",
    r"\approx": r"\approx",
    r"\simeq": r"\approx",
    r"\sim": r"\sim",
    r"\propto": r"\propto",
    r"\in": r"\in",
    r"\leftarrow": r"\leftarrow",
    r"\gets": r"\leftarrow",
    r"\to": r"\to",
    r"\rightarrow": r"\to",
    r"\longrightarrow": r"\to",
    r"\Rightarrow": r"\Rightarrow",
    r"\Longrightarrow": r"\Rightarrow",
    r"\implies": r"\Rightarrow",
    r"\Leftrightarrow": r"\Leftrightarrow",
    r"\Longleftrightarrow": r"\Leftrightarrow",
    r"\iff": r"\Leftrightarrow",
    r"\ll": r"\ll",
    r"\gg": r"\gg",
}
ARROWS = frozenset((r"\to", r"\Rightarrow", r"\Leftrightarrow"))
"""Relations that may stand between two equations."""

OPERATORS = {
    r"\cdot": r"\cdot",
    r"\times": r"\times",
    "*": "*",
    ".": r"\cdot",
    r"\ast": "*",
    r"\odot": r"\odot",
    r"\circ": r"\circ",
    r"\otimes": r"\otimes",
    r"\oslash": r"\oslash",
    "/": "/",
}
ACCENTS = frozenset(
    r"\hat \widehat \bar \overline \tilde \widetilde \vec \dot \ddot \check \breve \underline"
    r" \overrightarrow \overleftarrow".split()
)
FONTS = frozenset(
    r"\mathcal \mathscr \mathbf \boldsymbol \bm \bf \pmb \mathbb \mathsf \mathit \mathfrak \mathrm \operatorname"
    r" \text \textrm \textbf \textit \textsf \texttt \textnormal \textup \mbox \mathop \rm \mathnormal \mathtt".split()
)
WORD_FONTS = frozenset(
    r"\mathrm \operatorname \text \textrm \textit \textsf \texttt \textnormal \textup \mbox \rm \mathop".split()
)
PLAIN_FONTS = frozenset((r"\mathit", r"\mathop", r"\mathnormal"))
BOLD = frozenset((r"\mathbf", r"\boldsymbol", r"\bm", r"\bf", r"\textbf", r"\pmb"))
SAME_FONTS = {
    **dict.fromkeys(WORD_FONTS - PLAIN_FONTS, r"\mathrm"),
    r"\widehat": r"\hat",
    r"\overline": r"\bar",
    r"\widetilde": r"\tilde",
    r"\mathscr": r"\mathcal",
    r"\mathtt": r"\mathrm",
}
FUNCTION_WORDS = frozenset(
    "softmax diag tanh sigmoid relu ReLU vec tr log exp Softmax Diag softplus id max min rank sign".split()
)
CONNECTIVES = frozenset(
    "if when where whenever for and or with otherwise else elsewhere since because so thus then hence as is are let"
    " define by from to in of all each every any here but also therefore assume assuming we have note given using on"
    " at it this that such the a an not i.e. e.g. where, i.e., s.t. st subject".split()
)
"""Words that join equations and are never the name of a quantity."""

SPACING = frozenset(
    r"\, \; \: \! \> \limits \nolimits \displaylimits \displaystyle \textstyle \scriptstyle \scriptscriptstyle"
    r" \nonumber \notag \hline \smallskip \medskip \bigskip \noindent \centering \thinspace \medspace \thickspace"
    r" \negthinspace \negmedspace \negthickspace \mathstrut \strut \allowbreak \nobreak \relax \null \par"
    r" \allowdisplaybreaks \displaybreak \normalsize \small \footnotesize \scriptsize \tiny \large \Large \qed \qedhere"
    r" \nolinebreak \linebreak \pagebreak \break \hfil \unskip \/ \- \protect".split()
) | {"\\ ", "\\\n", "\\\t"}
GAPS = frozenset((r"\quad", r"\qquad", r"\enspace", r"\enskip", r"\hfill"))
WITH_LENGTH = frozenset((r"\hspace", r"\vspace", r"\hspace*", r"\vspace*", r"\mspace"))
LENGTHS = frozenset(r"\kern \mkern \hskip \mskip \vskip".split())
DROPPED_WITH_ARGUMENT = frozenset(r"\label \tag \tag* \color \phantom \hphantom \vphantom \cite \footnote".split())
TRANSPARENT = frozenset(r"\boxed \fbox \mathstrut \smash \ensuremath \mathord \mathinner \vcenter \mathpunct".split())
SPLICED = frozenset((r"\mathrel", r"\mathbin", r"\mathopen", r"\mathclose"))
COLOURED = frozenset((r"\textcolor", r"\mathcolor", r"\colorbox"))
BRACES = {r"\underbrace": "_", r"\overbrace": "^", r"\underbracket": "_", r"\overbracket": "^"}
STACKED = frozenset((r"\stackrel", r"\overset"))
STARRED = frozenset((r"\operatorname*", r"\tag*", r"\hspace*", r"\vspace*"))
KINDS = {
    **dict.fromkeys(GREEK | FUNCTIONS | {r"\top", r"\intercal", r"\infty", r"\prime"}, "NAME"),
    **dict.fromkeys((r"\partial", r"\nabla"), "SPECIAL"),
    **dict.fromkeys((r"\sum", r"\prod"), "BIG"),
    **dict.fromkeys((r"\frac", r"\dfrac", r"\tfrac", r"\cfrac", r"\nicefrac", r"\sfrac"), "FRAC"),
    **dict.fromkeys((r"\binom", r"\dbinom", r"\tbinom"), "FRAC"),
    r"\sqrt": "ROOT",
    **dict.fromkeys((r"\cdots", r"\dots", r"\ldots", r"\vdots", r"\ddots", r"\dotsc", r"\dotsb", r"\dotsm"), "DOTS"),
}
"""The kind of token that a command without arguments of its own is."""

SAYING = {r"\forall": "for all", r"\therefore": "therefore", r"\because": "because", r"\exists": "there is"}
"""Signs that are words."""

OPENING = {"(": "(", "[": "[", r"\{": r"\{", r"\lbrace": r"\{", r"\lbrack": "[", r"\langle": "<"}
CLOSING = {")": "(", "]": "[", r"\}": r"\{", r"\rbrace": r"\{", r"\rbrack": "[", r"\rangle": "<"}
OPENING |= {r"\lfloor": r"\lfloor", r"\lceil": r"\lceil"}
CLOSING |= {r"\rfloor": r"\lfloor", r"\rceil": r"\lceil"}
BARS = {"|": "|", r"\vert": "|", r"\|": "||", r"\Vert": "||", "||": "||"}
FORCED_BARS = {r"\lVert": ("||", True), r"\rVert": ("||", False), r"\lvert": ("|", True), r"\rvert": ("|", False)}

_ROWS = frozenset(("\\\\", r"\newline", r"\cr", r"\tabularnewline"))
ROW_ENDS = _ROWS
UNREAD = {
    r"\int": "an integral",
    r"\lim": "a limit",
    r"\mid": "a condition behind a bar",
    r"\pm": "a sign with two meanings",
    r"\mp": "a sign with two meanings",
    r"\oplus": "the operator",
    r"\bigoplus": "the operator",
    r"\coprod": "the operator",
    r"\star": "the operator",
    r"\dagger": "the mark",
    r"\cancel": "what is struck out",
    r"\emptyset": "a set without a rule",
    **dict.fromkeys(r"\sin \cos \tan \cot \arctan \arcsin \arccos \coth".split(), "a function without a rule"),
    r"\over": r"a fraction written with `\over`",
}
"""Commands of LaTeX that are known and mean something that is not read."""


@cache
def known() -> tuple[str, ...]:
    """All commands that are read, in order."""
    tables = (KINDS, RELATIONS, OPERATORS, ACCENTS, FONTS, SAYING, BRACES, BARS, OPENING, CLOSING, TRANSPARENT, STACKED)
    commands = {command for table in tables for command in table} | SPACING | GAPS | DROPPED_WITH_ARGUMENT
    commands |= {r"\left", r"\right", r"\big", r"\Big", r"\begin", r"\end", r"\substack", r"\textcolor"}
    return tuple(sorted(command for command in commands if re.fullmatch(r"\\[a-zA-Z]+", command)))


def nearest(command: str) -> str:
    """The command that is read and looks most like one that is not known; empty if none does."""
    from difflib import get_close_matches

    same = [other for other in known() if other.casefold() == command.casefold()]
    near = same or get_close_matches(command, known(), 1, 0.7)
    return near[0] if near else ""
