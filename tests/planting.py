"""Plant an error: a comparison that cannot fail says nothing."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

import pytest


def plant(monkeypatch: pytest.MonkeyPatch, owner: Any, function: str, fragment: str, replacement: str) -> None:
    """Put a copy of a function of a class or module, changed in one place, in its stead."""
    right = getattr(owner, function)
    source = textwrap.dedent(inspect.getsource(right))
    assert source.count(fragment) == 1, f"{fragment!r} occurs {source.count(fragment)} times in {function}"
    namespace = dict(vars(inspect.getmodule(right)))
    exec(compile(source.replace(fragment, replacement), f"<{function}, with an error>", "exec"), namespace)
    monkeypatch.setattr(owner, function, namespace[function])
