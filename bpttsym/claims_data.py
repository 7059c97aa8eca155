"""The data file of the claims: what sources say, where, and in which scope each is to be judged.

A claim is an equation as LaTeX, a statement in words, or both. A scope is LaTeX text too: the definitions on which
the equations of one place of a source rest. There is no place for a verdict: that is computed (see `claims`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bpttsym.errors import UsageError
from bpttsym.records import dataclass, fields

FILE = "claims.toml"


@dataclass(frozen=True)
class Origin:
    """A source: the name of its file, and what it is in a few words."""

    file: str
    about: str


@dataclass(frozen=True)
class Context:
    """The scope of some claims: definitions as a Markdown text with LaTeX, and what it is in a few words."""

    about: str
    text: str = ""


@dataclass(frozen=True)
class Claim:
    """One claim.

    ``section`` puts a heading before the equation, ``joined`` continues the display of the claim before, and
    ``within`` names the claim whose equation this one is a piece of. ``intended`` is what a malformed equation was
    meant to be, judged in ``intended_context``. ``check`` names what computes a statement, and ``reason`` says why
    nothing can. ``document`` is where it is treated.
    """

    id: str
    place: str
    latex: str = ""
    statement: str = ""
    context: str = ""
    section: str = ""
    joined: bool = False
    within: str = ""
    intended: str = ""
    intended_context: str = ""
    check: str = ""
    reason: str = ""
    document: str = ""
    note: str = ""

    @property
    def origin(self) -> str:
        """The key of its source: what stands before the dash."""
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class Claims:
    """All of the file, in its order."""

    origins: Mapping[str, Origin]
    contexts: Mapping[str, Context]
    claims: tuple[Claim, ...]


def read_claims(path: Path) -> Claims:
    """The claims of a file; raises UsageError, which names the claim, for one that is not as it must be."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None
    unknown = sorted(set(data) - {"source", "context", "claim"})
    if unknown:
        raise UsageError(f"{path} holds `{unknown[0]}`; known are source, context and claim")
    origins = {key: Origin(**_known(Origin, row, key)) for key, row in data.get("source", {}).items()}
    contexts = {key: Context(**_known(Context, row, key)) for key, row in data.get("context", {}).items()}
    claims = tuple(Claim(**_known(Claim, row, str(row.get("id", "a claim")))) for row in data.get("claim", []))
    seen: set[str] = set()
    for claim in claims:
        trouble = _trouble(claim, origins, contexts, seen)
        if trouble:
            raise UsageError(f"claim {claim.id} {trouble}")
        seen.add(claim.id)
    return Claims(origins, contexts, claims)


def _known(kind: type, row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A row whose keys are those of its kind, and whose values are of the right type."""
    known = {field.name: field.type for field in fields(kind)}
    for key, value in row.items():
        if key not in known:
            raise UsageError(f"{name} has a `{key}`; known are {', '.join(known)}")
        wanted = bool if known[key] == "bool" else str
        if not isinstance(value, wanted):
            raise UsageError(f"`{key}` of {name} must be a {'text' if wanted is str else 'boolean'}")
    return {key: value.strip("\n") if isinstance(value, str) else value for key, value in row.items()}


def _trouble(
    claim: Claim, origins: Mapping[str, Origin], contexts: Mapping[str, Context], seen: set[str]
) -> str | None:
    """What is wrong with a claim; None if nothing is."""
    if claim.id in seen:
        return "stands there twice"
    if claim.origin not in origins:
        return f"is of no known source; known are {', '.join(origins)}"
    if not (claim.latex or claim.statement):
        return "says nothing: it needs a `latex` or a `statement`"
    if claim.latex and not claim.within and claim.context not in contexts:
        return f"is judged in `{claim.context}`, which is no context"
    if claim.intended_context and claim.intended_context not in contexts:
        return f"is meant in `{claim.intended_context}`, which is no context"
    if claim.within and claim.within not in seen:
        return f"is a piece of `{claim.within}`, which does not stand before it"
    if not (claim.latex or claim.check or claim.reason):
        return "is judged by nothing: it needs a `latex`, a `check` or a `reason`"
    return None
