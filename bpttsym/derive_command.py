"""``bpttsym derive MODEL|FILE``: the derivative of one quantity by another, proved and printed in a format."""

from __future__ import annotations

import argparse
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``bpttsym derive``."""
    parser.add_argument(
        "model", metavar="MODEL|FILE", help="a named model, or a document whose definitions are the model"
    )
    parser.add_argument("--of", metavar="L", help="what is differentiated (the loss)")
    parser.add_argument(
        "--by",
        metavar="psi",
        help="by what; as in plain text: psi, W_hh, h_0; several with commas (psi, or every parameter)",
    )
    parser.add_argument("-T", dest="length", metavar="N", help="number of steps (that of the document, or 4)")
    parser.add_argument("--form", metavar="FORM", help="expanded, sum, recursive or matrix (all of them)")
    parser.add_argument(
        "--format", metavar="FORMAT", help="tex, markdown, unicode, sympy or python (by the ending of FILE)"
    )
    parser.add_argument("-o", dest="output", metavar="FILE", help="where to write (standard output)")


def main(namespace: argparse.Namespace) -> int:
    """Run ``bpttsym derive`` and return the exit status: 1 for what is not proved, 2 for a wish that cannot be met."""
    from bpttsym.check import NotProved
    from bpttsym.derive_job import Wish, text, write
    from bpttsym.errors import BpttsymError, Contradiction

    wish = Wish(
        namespace.model,
        namespace.of,
        namespace.by,
        namespace.length,
        namespace.form,
        namespace.format,
        namespace.output,
    )
    try:
        write(text(wish, lambda remark: print(f"bpttsym: {remark}", file=sys.stderr)), namespace.output)
    except BpttsymError as error:
        print(f"bpttsym: {error}", file=sys.stderr)
        return 3 if isinstance(error, Contradiction) else 1 if isinstance(error, NotProved) else 2
    return 0
