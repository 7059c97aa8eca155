"""Writes bpttsym/latex_table.py: the table of states that lark makes of bpttsym/latex.lark.

python -m docs.make_table            writes the table; to be run after every change of the grammar
python -m docs.make_table --check    only says whether it is up to date
"""

from __future__ import annotations

import sys
from pathlib import Path

from bpttsym.grammar import grammar_text, made_table

FILE = Path(__file__).parents[1] / "bpttsym" / "latex_table.py"
HEAD = '''"""The table of latex.lark, made by `python -m docs.make_table`; not to be changed by hand."""

# ruff: noqa: E501
# fmt: off
'''


def content() -> str:
    """The file as it has to be."""
    grammar = grammar_text()
    made = made_table(grammar)
    lines = "".join(f"    {state!r},\n" for state in made.states)
    rules = "".join(f"    {rule!r},\n" for rule in made.rules)
    return (
        f"{HEAD}\nGRAMMAR = {grammar!r}\nFIRST = {made.first}\nLAST = {made.last}\n"
        f"RULES: tuple[tuple[str, str, int], ...] = (\n{rules})\n"
        f"STATES: tuple[dict[str, int], ...] = (\n{lines})\n"
    )


def main() -> int:
    """Write the table, or compare it."""
    if "--check" not in sys.argv[1:]:
        FILE.write_text(content(), encoding="utf-8")
    elif FILE.read_text(encoding="utf-8") != content():
        print(f"{FILE.name} is not the table of latex.lark: run python -m docs.make_table")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
