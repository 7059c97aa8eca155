"""``bpttsym plot KIND``: draw one figure into one file, or list the figures there are."""

from __future__ import annotations

import argparse
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``bpttsym plot``."""
    parser.add_argument("kind", metavar="KIND", nargs="?", help="the figure; --list tells which there are")
    parser.add_argument(
        "rest",
        metavar="FILE|NAME|OPTION=VALUE",
        nargs="*",
        help="for a graph, a document or a named model; options of the figure, such as `sigma=0.5,3` or `k=2`",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write; the ending says the format (KIND.png)")
    parser.add_argument("-T", metavar="N", help="number of steps of a graph")
    parser.add_argument("--lang", default="en", metavar="LANGUAGE", help="language of the labels: en or ko")
    parser.add_argument("--list", action="store_true", dest="listing", help="list the figures and their options")


def main(namespace: argparse.Namespace) -> int:
    """Run ``bpttsym plot`` and return the exit status: 2 for a wish that cannot be met, 3 for a broken bound."""
    from bpttsym.errors import BpttsymError, Contradiction
    from bpttsym.plot_job import listing, plot

    try:
        if namespace.listing:
            print("\n".join(listing()))
            return 0
        rest = [*namespace.rest, *([] if namespace.T is None else [f"T={namespace.T}"])]
        path, remarks = plot(namespace.kind, rest, namespace.output, namespace.lang)
    except BpttsymError as error:
        print(f"bpttsym: {error}", file=sys.stderr)
        return 3 if isinstance(error, Contradiction) else 2
    for remark in remarks:
        print(f"bpttsym: {remark}", file=sys.stderr)
    print(path)
    return 0
