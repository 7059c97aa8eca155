r"""What running text says of functions in words (a part of document).

    where $f$ is the hyperbolic tangent        $\sigma_h$ denotes tanh        a nonlinearity such as $\tanh$

    where $Q$ is symmetric        an orthogonal matrix $W$

The first two give a function its formula. The third gives none, but an equation that holds for such a function is true
on that condition. The last ones forbid to call an equation false that samples refute which are no such matrices.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

from bpttsym.asides import CONDITIONAL, PARAGRAPH, SUPPOSING, sentence
from bpttsym.census import BUILTIN_FUNCTIONS, base_name
from bpttsym.errors import NotRead
from bpttsym.expr import Symbol
from bpttsym.notation import read_chain
from bpttsym.parse import read_display
from bpttsym.records import dataclass
from bpttsym.regular import pattern
from bpttsym.signature import Signature
from bpttsym.source import Maths, Source
from bpttsym.surface import Chain
from bpttsym.weighted import LOSS_LETTERS

_KNOWN = {
    r"\tanh": r"\$?\\?tanh\$?|hyperbolic tangents?|쌍곡 ?탄젠트|하이퍼볼릭 ?탄젠트",
    r"\mathrm{sigmoid}": r"(?:logistic )?sigmoid|logistic(?: function)?|시그모이드|로지스틱",
    r"\mathrm{relu}": r"ReLU|rectif\w+(?: linear)?(?: unit)?",
    r"\mathrm{id}": r"identity|항등",
    r"\mathrm{softmax}": r"softmax|소프트맥스",
    r"\mathrm{softplus}": r"softplus",
}
"""The known functions, as they are called in words."""
_VERB = (  # %s is one of them
    r"\$\s*(?:(?:is|denotes|stands for|represents|equals)\s+(?:the\s+)?(?:(?:element-?wise|point-?wise)\s+)?"
    r"|(?:은|는|이|가)\s*)"
    r"(?:%s)(?!\w*\s*(?:or|및|또는)\b)"
)
_SAYING = r"\$\s*(?P<name>\\?[A-Za-z]+(?:_\{?[A-Za-z]\}?)?)\s*(?:\((?:\\cdot|[a-z])\)\s*)?" + _VERB
_SAYS_ANY = pattern(_VERB % "|".join(_KNOWN.values()), re.IGNORECASE)
_NAME = r"\$\s*(?P<name>\\?[A-Za-z]+(?:\s*\{[A-Za-z]\}|\s+[A-Za-z])?(?:_(?:\{[^{}$]*\}|\w))?)\s*\$"
_PROPERTY = (
    r"(?P<words>(?:skew-?|anti-?)?symmetric|(?:semi-?)?orthogonal|unitary|orthonormal|diagonal(?:is\w+|iz\w+)?|idempotent"
    r"|nilpotent|positive|stochastic|one-?hot|binary|normali[sz]ed|normal|triangular|circulant|Hermitian|rank-one|low-rank"
    r"|대칭|직교|대각|원-?핫|one hot)"
)
_FUNCTION = pattern(
    rf"{_NAME}\s*(?:is|are|be|being|denotes|represents|은|는|이|가)\s+(?:(?!matri|vector|weight|loss|cost)[\w-]+\s+){{0,4}}"
    r"(?:functions?|non-?linearit(?:y|ies)|activation|함수)",
    re.IGNORECASE,
)
"""A letter of which the text says that it is a function."""
_ZERO = pattern(
    r"(?:initial|starting|first)\s+(?:hidden\s+)?(?:state|activation|memory|cell)s?[^.]{0,60}?\b(?:zeros?|0)\b"
    r"|zero\s+initial|(?:start|initiali[sz]ed?)[^.]{0,30}\b(?:zeros?|0)\b|초기[^.]{0,20}?(?:0|영)",
    re.IGNORECASE,
)
_DENIES = pattern(r"\b(?:not|need not|never|no longer|non-?zero|neither)\b|n't\b|않|아니", re.IGNORECASE)
_LOOSELY = pattern(
    r"approximat\w+|ignor(?:e|ed|ing)|neglect\w*|stop[- ]gradient|drop(?:ping|ped)? the (?:non-?linearity|activation)"
    r"|treat\w*[^.]{1,60}as (?:an? )?constants?|lineari[sz]\w+|at the (?:optimum|minimum)|stationary point"
    r"|근사\w*|무시\w*",
    re.IGNORECASE,
)
"""Words that say of a display that it holds in some sense only."""
_BETWEEN = r"(?:(?:an?|the|also|always|chosen|assumed|to|be|real|square)\s+)*"
_BEHIND = r"(?:[\s-]+(?:definite|matrix|matrices|vector|weights?|recurrent|행렬))*\s*"
_OF = pattern(
    rf"{_NAME}\s*(?:is|are|be|being|remains?|은|는|이|가)\s+{_BETWEEN}{_PROPERTY}"
    + rf"|{_PROPERTY}{_BEHIND}{_NAME}".replace("words", "before").replace("name", "of"),
    re.IGNORECASE,
)
"""A matrix or vector of which the text says what kind it is."""
_SAYS = pattern(r"[=<>]|\\(?:frac|le|ge)")
"""What makes a formula a statement, which is judged or taken in."""


def named_functions(source: Source) -> list[Chain]:
    """What the text says of functions in words, as ``f = \\tanh``."""
    found: list[Chain] = []
    named = [said.group() for said in _SAYS_ANY.finditer(source.text)]
    for function, words in _KNOWN.items():
        if not any(re.search(words, one, re.IGNORECASE) for one in named):
            continue  # the whole expression takes long to compile
        for said in re.finditer(_SAYING % words, source.text, re.IGNORECASE):
            lines = read_display(f"{said['name']} = {function}", said.start(), {}, "")
            found += [line.chain for line in lines if line.chain is not None]
    return found


def functions_in_words(source: Source) -> set[str]:
    """The names of which the text says that they are functions, whatever they do."""
    found: set[str] = set()
    for said in _FUNCTION.finditer(source.text):
        for line in read_display(said["name"], said.start(), {}, ""):
            found |= {base_name(side) for side in (line.chain.sides if line.chain is not None else ()) if side}
    return found - LOSS_LETTERS


class Property(NamedTuple):
    """What the text says of a name, and from where to where in the document it counts."""

    name: str
    words: str
    begin: int
    end: int


@dataclass
class Prose:
    """What the running text of a document says in words."""

    source: Source
    signature: Signature

    @cached_property
    def functions(self) -> tuple[str, ...]:
        """The known functions of which it speaks, in words or in formulas that say nothing."""
        kept, at, text = [], 0, self.source.text
        for item in self.source.items:
            if isinstance(item, Maths):
                formula = text[item.start : item.end]
                kept += [text[at : item.start], "" if _SAYS.search(formula) else formula]
                at = item.end
        words = " ".join((*kept, text[at:]))
        return tuple(BUILTIN_FUNCTIONS.get(name, name) for name, said in _KNOWN.items() if re.search(said, words, re.I))

    @cached_property
    def starts_at_zero(self) -> bool:
        """Whether it says that the states before the first step are zero."""
        return any(self._plainly(said) for said in _ZERO.finditer(self.source.text))

    @cached_property
    def properties(self) -> tuple[Property, ...]:
        """What it says of the kind of matrix or vector that a name is; what it says of a case, or denies, is none."""
        found: list[Property] = []
        for said in _OF.finditer(self.source.text):
            if not self._plainly(said):
                continue
            name, words = (said["name"], said["words"]) if said["name"] else (said["of"], said["before"])
            begin, end = self._reach(said)
            chains = (line.chain for line in read_display(name, said.start(), {}, ""))
            for chain in (one for one in chains if one is not None):
                with suppress(NotRead):
                    sides, _ = read_chain(chain, self.signature)
                    found += [Property(side.name, words, begin, end) for side in sides if isinstance(side, Symbol)]
        return tuple(found)

    def _plainly(self, said: re.Match[str]) -> bool:
        """Whether the sentence around some words says what they say: of no case, and not that it is otherwise."""
        around = sentence(self.source.text, said.start(), said.end())
        return re.search(CONDITIONAL, around) is None and _DENIES.search(around) is None

    def _reach(self, said: re.Match[str]) -> tuple[int, int]:
        """From where to where it counts: from the display before on, and only near it where nothing is assumed."""
        displays = [item for item in self.source.items if isinstance(item, Maths) and not item.inline]
        begin = max((item.start for item in displays if item.end <= said.start()), default=0)
        if said["name"] or re.search(SUPPOSING, sentence(self.source.text, said.start(), said.end())):
            return begin, len(self.source.text)
        paragraph = PARAGRAPH.search(self.source.text, said.end())
        behind = [item.end for item in displays if paragraph and item.start <= paragraph.end() + 2]
        return begin, max((*behind, said.end()))

    def loosely(self, start: int) -> str:
        """The words of the paragraph before a display by which it says that the display is no equation; or nothing."""
        before = [item for item in self.source.items if isinstance(item, Maths) and not item.inline]
        between = ""
        for item in reversed([one for one in before if one.end <= start]):
            between = self.source.text[item.end : start].strip("$[]\\ \n")
            if between:
                break
            start = item.start
        paragraph = re.split(r"\n\s*\n\s*(?=\S)", between or self.source.text[:start].rstrip("$ \n["))[-1]
        found = _LOOSELY.search(paragraph)
        return " ".join(found.group().split()) if found else ""
