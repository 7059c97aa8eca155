"""Names for SymPy and for code: made here from a small alphabet, never taken from a document.

    \\hat{y}_4 -> y_hat_4        W_{hh} -> W_hh        \\mathcal{L} -> L        \\psi -> psi

Whatever a document writes, a name made here is a letter followed by letters, digits and underscores, is no word of
Python and no function of the code we write, and no two quantities share one. Text of documents reaches SymPy,
``lambdify`` and printed code in no other way.
"""

from __future__ import annotations

import builtins
import keyword
import re
from difflib import get_close_matches

from bpttsym.errors import UsageError
from bpttsym.model import Graph, Key

SAFE = re.compile(r"[A-Za-z](?:[A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)_*")
"""What a name may look like."""

STYLES = frozenset("mathcal mathbf mathrm mathbb mathsf mathfrak boldsymbol text operatorname left right".split())
"""Commands that only say how a letter is drawn; accents (``\\hat``) and Greek letters are words of the name."""

RESERVED = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "numpy", "sympy", "softmax", "T", "N"))
"""Names that mean something else in the code we write."""

LONGEST = 40


def identifier(latex: str, index: tuple[int, ...] = ()) -> str:
    """A readable name for a LaTeX name: its letters, the accent after the letter, then the indices."""
    moved = latex.replace("'", " prime")
    for _ in range(2):
        moved = re.sub(r"\\([A-Za-z]+)\s*\{([^{}]*)\}", lambda found: f"{found[2]}_{found[1]}", moved)
    words = [word for word in re.findall(r"[A-Za-z]+|[0-9]+", moved) if word not in STYLES]
    words += [str(value) if value >= 0 else f"m{-value}" for value in index]
    text = "_".join(words)[:LONGEST].strip("_")
    return text if text[:1].isalpha() else f"q_{text}".rstrip("_")


class Names:
    """One name for each quantity of a graph, and the LaTeX that each stands for."""

    def __init__(self) -> None:
        self._of_key: dict[Key, str] = {}
        self._functions: dict[str, str] = {}
        self.latex: dict[str, str] = {}

    def fresh(self, wanted: str, latex: str) -> str:
        """A name that nothing else has, like the one wanted; ``latex`` is how a person reads it."""
        name = wanted
        while name in RESERVED or name in self.latex:
            name += "_"
        assert SAFE.fullmatch(name), name
        self.latex[name] = latex
        return name

    def of(self, key: Key) -> str:
        """The name of a quantity of the graph."""
        if key not in self._of_key:
            name = self.fresh(identifier(*key), shown(key))
            self._of_key[key] = name
        return self._of_key[key]

    def of_function(self, function: str) -> str:
        """The name of a function without a formula."""
        if function not in self._functions:
            self._functions[function] = self.fresh(identifier(function), function)
        return self._functions[function]

    def key(self, text: str | Key, graph: Graph) -> Key:
        """The quantity that a person means: by its name here, with the horizon for the last step, or by its LaTeX.

        Raises UsageError, with the nearest names there are, for one that is not in the graph.
        """
        wanted = text if isinstance(text, str) else shown(text)
        spelled = {shown(key): key for key in graph.nodes} | {
            f"{identifier(name)}_{graph.model.horizon}": (name, index)
            for name, index in graph.nodes
            if index == (graph.length,)
        }
        spelled |= {self.of(key): key for key in graph.nodes}
        if wanted not in spelled:
            own = [self.of(key) for key in graph.nodes]
            near = get_close_matches(wanted, own, 3, 0.5) or own[:8]
            raise UsageError(f"the model has no `{wanted}`; near it are {', '.join(near)}")
        return spelled[wanted]


def shown(key: Key) -> str:
    """The LaTeX of a quantity of the graph: ``h_{4}``."""
    name, index = key
    return f"{name}_{{{','.join(map(str, index))}}}" if index else name
