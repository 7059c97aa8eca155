"""``python -m bpttsym`` is the command line."""

from bpttsym.cli import run

run()
