"""Regular expressions that are compiled when they are first used: a command needs half of those that it loads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

__all__ = ["pattern"]


class _Pattern:
    """Stands for a regular expression; what is asked of it is kept, so that it is found at once from then on."""

    def __init__(self, text: str, flags: int = 0) -> None:
        self.text = text
        self.kinds = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.text, self.kinds), name)
        setattr(self, name, found)
        return found


if TYPE_CHECKING:

    def pattern(text: str, flags: int = 0) -> re.Pattern[str]: ...
else:
    pattern = _Pattern
