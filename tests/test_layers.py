"""The import table: a module imports only from rows above it, and each heavy library has its own few doors.

The table below is the architecture. A new file needs a place in it; a new import between rows needs none.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "bpttsym"

ROWS: tuple[tuple[str, ...], ...] = (
    ("records", "regular"),
    ("expr", "rewriting", "errors", "sides", "whole_numbers", "source", "rnn", "memo"),
    ("parse", "latex", "shapes", "edits", "vanishing"),
    ("notation", "model"),
    ("joint",),
    ("document", "readings", "ground"),
    ("evaluate",),
    ("numeric", "exact", "paths", "plain", "plain_exact", "precise", "symbolic"),
    ("derivation",),
    ("verdict",),
    ("check",),
    ("wording",),
    ("report", "figures"),
    ("claims", "figure_options"),
    ("build", "cli", "__init__", "__main__"),
)

# A module that is too long for one file keeps its row with its parts; each part imports only from parts before it.
PARTS: dict[str, tuple[str, ...]] = {
    "rnn": (
        *("rnn_functions", "rnn_cells", "rnn_gated", "rnn_head", "rnn_layers", "rnn_truncated"),
        *("rnn_feedback", "rnn_encoder_decoder"),
    ),
    "expr": ("walking",),
    "latex": ("glyphs",),
    "source": ("macros", "hidden"),
    "parse": (
        *("surface", "commands", "letters", "naming", "scanner", "specials", "tokens", "words"),
        *("tables", "index_ranges", "memberships", "rows", "latex_table", "grammar"),
    ),
    "notation": (
        *(
            "dots",
            "last_steps",
            "census",
            "numbered",
            "stepwise",
            "signature",
            "pointwise",
            "stacked",
            "prefixed",
            "notation_parts",
            "listings",
            "matrix_parts",
            "sums",
            "scripts",
            "path_ranges",
            "inverse_functions",
            "operands",
            "differentials",
        ),
    ),
    "shapes": (
        *("dimensions", "shape_words", "entry_shapes", "weighted", "weight_shapes"),
        *("inner_products", "row_shapes", "sum_shapes"),
    ),
    "edits": ("positions", "places"),
    "model": ("axes", "losses", "declarations", "slopes", "definitions"),
    "document": (
        "averages",
        "conclusions",
        "implied",
        "joined_letters",
        "named_losses",
        "kinds",
        "opened",
        "repeated",
        "components",
        "numbered_entries",
        "component_definitions",
        "heads",
        "forward",
        "in_force",
        "scope",
        "distributions",
        "asides",
        "prose",
        "corners",
        "unit_kinds",
        "text_cases",
        "unsaid",
        "displayed",
        "displays",
        "named_derivatives",
        "sized",
        "runs",
        "settings",
    ),
    "ground": (
        "horizons",
        "extents",
    ),
    "evaluate": (
        *("world", "dice", "arithmetic", "reckoner", "square", "grid", "ranges", "entries", "derivatives"),
        *("over_paths", "abbreviations", "common", "ones", "moves", "chances"),
    ),
    "numeric": ("leaves", "opaque", "samples"),
    "exact": ("field",),
    "symbolic": (
        *("symbolic_names", "symbolic_functions", "symbolic_matrices", "symbolic_jacobians", "symbolic_values"),
        *("symbolic_world", "symbolic_batch", "symbolic_program", "symbolic_numpy", "symbolic_lambdify"),
        *("symbolic_letters", "symbolic_expansion", "symbolic_code"),
    ),
    "verdict": (
        *(
            "totals",
            "guesses",
            "loss_forms",
            "copies",
            "parameter_sets",
            "suggested",
            "variants",
            "sketch",
            "supposed",
            "scrutiny",
            "trial",
            "guard",
            "witness",
            "stand_ins",
        ),
        *("starts", "attack", "bounds"),
        *("conditions", "ruling", "rephrased", "bench", "shape_claims", "insertions", "repairs"),
        *("remarks", "doubts", "gated_numbers", "layered", "candidates", "monomials", "spread", "exact_norms"),
        *("estimates", "norms", "hypotheses", "inequalities", "structured", "aftermath"),
        *("likelihoods", "givens", "attempts"),
    ),
    "derivation": (
        *("names", "structure", "ways", "expansion", "summation"),
        *("patterns", "blocks", "limits", "nested", "adjoint", "flattened", "entrywise", "pullback", "gradients"),
    ),
    "check": ("path_sum", "manuscript", "stream", "quick", "recognise", "oracles", "undefined"),
    "build": ("report_page", "swap", "jobs", "document_figures"),
    "wording": ("evidence", "advice"),
    "claims": (
        *(
            "claims_links",
            "claims_data",
            "claims_cases",
            "claims_tools",
            "claims_layers",
            "claims_torch",
            "claims_gradients",
        ),
        *("claims_classes", "claims_training", "claims_readings", "claims_checks"),
    ),
    "vanishing": ("networks", "truncation"),
    "figures": (
        *(
            "figure_words",
            "graph_term",
            "graph_parts",
            "graph_labels",
            "graph_layout",
            "path_picture",
            "cell_picture",
            "softmax_picture",
            "tikz",
        ),
        *("figure_data", "figure_paint", "truncation_paint", "softmax_paint"),
    ),
    "cli": ("plot_job", "plot_command", "answer", "derive_job", "derive_command"),
}

# Imports within one row, each with its reason. `rnn` has none: it is an oracle, and imports nothing of ours.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("rewriting", "expr"): "a tree is made of another",
    ("errors", "expr"): "an error points at a Span",
    ("sides", "expr"): "a side is a tree",
    ("sides", "errors"): "a list in a formula is NotRead",
    ("whole_numbers", "expr"): "an index is a tree",
    ("whole_numbers", "errors"): "what is no index is NotRead",
    ("whole_numbers", "memo"): "an index is looked at once",
    ("source", "expr"): "a place in a text is a Span",
    ("macros", "expr"): "a place in a text is a Span",
    ("macros", "errors"): "commands that call each other without end are a LimitExceeded",
    ("source", "errors"): "a file that cannot be read is an UnreadableSource",
    ("plain_exact", "plain"): "the functions whose values are known are the same",
    ("symbolic_letters", "paths"): "letters are those of the sum over paths",
    ("symbolic_expansion", "paths"): "the expansion is asserted equal to the sum over paths",
    ("symbolic", "paths"): "the expansion is asserted equal to the sum over paths",
    ("ground", "readings"): "the conditions behind an equation narrow the indices that are tried",
    ("cli", "build"): "`bpttsym build` is one of the commands",
    ("cli", "__init__"): "`bpttsym --version` tells the version of the package",
    ("__main__", "cli"): "`python -m bpttsym` is the command line",
}

DOORS: dict[str, frozenset[str]] = {
    "numpy": frozenset(
        {"rnn", *PARTS["rnn"], "numeric", "leaves", "opaque", "samples", "field", "exact", "symbolic_lambdify"}
    )
    | {"oracles", "figures", "networks", "truncation", "vanishing", "starts", "attack"}
    | {"claims_tools", "claims_layers", "claims_gradients", "claims_classes", "claims_training", "claims_readings"},
    "sympy": frozenset({"symbolic", *PARTS["symbolic"]} - {"symbolic_names"}),
    "matplotlib": frozenset({"figures", "figure_paint", "truncation_paint", "softmax_paint"}),
    "lark": frozenset({"grammar"}),
    "mpmath": frozenset({"precise"}),
}

# What is slow to load has a quick stand-in of ours; the oracles, which import nothing of ours, go without.
STAND_INS: dict[str, tuple[str, frozenset[str]]] = {
    "dataclasses": ("records", frozenset({"rnn", *PARTS["rnn"]})),
}

# Only the lazy public names may be imported under a name that is computed.
COMPUTED_IMPORTS = frozenset({"__init__"})
COMPUTED = "a computed name"


def places() -> dict[str, tuple[int, int]]:
    """Row and rank of every module of the table; the rank orders a module after its parts."""
    found = {}
    for row, modules in enumerate(ROWS):
        for module in modules:
            for rank, part in enumerate((*PARTS.get(module, ()), module)):
                found[part] = (row, rank)
    return found


def family(module: str) -> str:
    """The module that this file is a part of, or the module itself."""
    return next((whole for whole, parts in PARTS.items() if module in parts), module)


def may_import(importer: str, imported: str) -> bool:
    """Whether the table lets one of our modules import another."""
    (row, rank), (other_row, other_rank) = places()[importer], places()[imported]
    if other_row != row:
        return other_row < row
    same_module = family(importer) == family(imported)
    return (same_module and other_rank < rank) or (importer, imported) in EXCEPTIONS


def modules_of(package: Path) -> dict[str, Path]:
    """Every Python file of a package, by dotted name within it; a package is named by its ``__init__``."""
    return {".".join(path.relative_to(package).with_suffix("").parts): path for path in sorted(package.rglob("*.py"))}


def imported_names(tree: ast.Module, package: list[str]) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import: at the top, in functions, for type checkers only, by ``importlib``."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = package[: len(package) - level + 1] if level else []
                stem = ".".join([*base, *([module] if module else [])])
                yield from ((node.lineno, f"{stem}.{alias.name}") for alias in names)
            case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[name, *_]) if called in (
                "import_module",
                "__import__",
            ):
                text = name.value if isinstance(name, ast.Constant) else COMPUTED
                yield node.lineno, str(text)


def imports_of(package: Path) -> Iterator[tuple[str, int, str]]:
    """Module, line and dotted name of every import in a package."""
    for module, path in modules_of(package).items():
        holder = [package.name, *module.split(".")[:-1]]
        for line, dotted in imported_names(ast.parse(path.read_text(encoding="utf-8")), holder):
            yield module, line, dotted


def our_module(dotted: str, known: set[str]) -> str:
    """The module of ours that ``bpttsym.a.b`` imports: the longest prefix that is one, else the package itself."""
    parts = dotted.split(".")[1:]
    prefixes = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((prefix for prefix in prefixes if prefix in known), "__init__")


def violations(package: Path) -> list[str]:
    """What breaks the table, one sentence each; none if the package keeps it."""
    modules = set(modules_of(package))
    placed = set(places())
    found = [f"{module}: has no row in the table" for module in sorted(modules - placed)]
    for module, line, dotted in imports_of(package):
        library = dotted.split(".")[0]
        trouble = None
        if dotted == COMPUTED:
            trouble = None if module in COMPUTED_IMPORTS else f"imports {COMPUTED}"
        elif library == package.name:
            imported = our_module(dotted, modules | placed)
            if {module, imported} <= placed and not may_import(module, imported):
                trouble = f"{imported} is not in a row above"
        elif library in STAND_INS:
            stand_in, without = STAND_INS[library]
            trouble = None if module in {stand_in, *without} else f"takes from {library} what {stand_in} has"
        elif library in DOORS:
            trouble = None if module in DOORS[library] else f"is no door of {library}"
        elif library not in sys.stdlib_module_names:
            trouble = f"{library} is no dependency"
        if trouble:
            found.append(f"{module}:{line}: {trouble}")
    return found


def test_the_package_keeps_the_table() -> None:
    """Every import of every module goes up the table, and heavy libraries come in by their doors."""
    assert violations(PACKAGE) == []


def test_the_table_names_each_module_once() -> None:
    """A module has one row, and the parts of a module stand with it."""
    named = [module for row in ROWS for module in row] + [part for parts in PARTS.values() for part in parts]
    assert len(named) == len(set(named)) == len(places())


def test_every_exception_is_used() -> None:
    """An exception that no import needs any more is taken out of the table."""
    written, ours = set(modules_of(PACKAGE)), set(places())
    used = {
        (module, our_module(dotted, ours)) for module, _, dotted in imports_of(PACKAGE) if dotted.startswith("bpttsym")
    }
    assert {pair for pair in EXCEPTIONS if pair[0] in written} - used == set()


def test_every_dependency_has_a_door() -> None:
    """What pip installs for us is exactly what the table has doors for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {re.split(r"[<>=~!; ]", line)[0] for line in project["dependencies"]} == set(DOORS)


PLANTED: dict[str, tuple[dict[str, str], str]] = {
    "a row below": ({"parse": "from bpttsym.verdict import judge"}, "parse:1: verdict is not in a row above"),
    "the same row": ({"numeric": "import bpttsym.exact"}, "numeric:1: exact is not in a row above"),
    "as a name of the package": ({"model": "from bpttsym import report"}, "model:1: report is not in a row above"),
    "the package itself": ({"model": "from bpttsym import derive"}, "model:1: __init__ is not in a row above"),
    "relative": ({"shapes": "from .notation import read"}, "shapes:1: notation is not in a row above"),
    "relative name": ({"shapes": "from . import notation"}, "shapes:1: notation is not in a row above"),
    "inside a function": ({"edits": "def f():\n    from bpttsym import cli"}, "edits:2: cli is not in a row above"),
    "for type checkers": (
        {"latex": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bpttsym.model import Model"},
        "latex:3: model is not in a row above",
    ),
    "by importlib": (
        {"paths": "import importlib\nimportlib.import_module('bpttsym.check')"},
        "paths:2: check is not in a row above",
    ),
    "under a computed name": (
        {"paths": "from importlib import import_module\nimport_module('bpttsym.' + 'check')"},
        "paths:2: imports a computed name",
    ),
    "a part, its whole": ({"tokens": "from bpttsym.parse import parse"}, "tokens:1: parse is not in a row above"),
    "the oracle, of ours": ({"rnn": "from bpttsym.expr import Expr"}, "rnn:1: expr is not in a row above"),
    "NumPy in verdict": ({"verdict": "import numpy as np"}, "verdict:1: is no door of numpy"),
    "SymPy in numeric": ({"numeric": "from sympy.core import Symbol"}, "numeric:1: is no door of sympy"),
    "SymPy in a function": ({"check": "def f():\n    import sympy"}, "check:2: is no door of sympy"),
    "matplotlib in cli": ({"cli": "import matplotlib.pyplot as plt"}, "cli:1: is no door of matplotlib"),
    "lark in a part of parse": ({"rows": "import lark"}, "rows:1: is no door of lark"),
    "the slow data classes": (
        {"model": "from dataclasses import dataclass"},
        "model:1: takes from dataclasses what records has",
    ),
    "another library": ({"figures": "import networkx"}, "figures:1: networkx is no dependency"),
    "a file without a row": ({"helpers": ""}, "helpers: has no row in the table"),
    "a package without a row": ({"extra/__init__": ""}, "extra.__init__: has no row in the table"),
}


def plant(folder: Path, files: dict[str, str]) -> Path:
    """A package called bpttsym that holds these files."""
    package = folder / "bpttsym"
    for name, text in files.items():
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return package


@pytest.mark.parametrize("plant_name", PLANTED)
def test_a_planted_violation_is_found(plant_name: str, tmp_path: Path) -> None:
    """The checker of the table can fail: it names the file, the line and the import."""
    files, expected = PLANTED[plant_name]
    assert violations(plant(tmp_path, files)) == [expected]


def test_a_package_that_keeps_the_table_is_clean(tmp_path: Path) -> None:
    """Imports up the table, exceptions, doors and the standard library are no violations."""
    files = {
        "errors": "from bpttsym.expr import Span",
        "grammar": "import lark",
        "parse": "from bpttsym.tokens import tokenize\nfrom .surface import Word",
        "verdict": "import json\nfrom bpttsym import numeric, model\nimport bpttsym.readings",
        "figures": "def draw():\n    import matplotlib.pyplot\n    import numpy",
        "__init__": "import importlib\ndef __getattr__(name):\n    return importlib.import_module(name)",
        "__main__": "from bpttsym.cli import main",
    }
    assert violations(plant(tmp_path, files)) == []


def test_the_rows_are_what_is_read_from_top_to_bottom() -> None:
    """In the table as printed, no module may import one that stands in a later row."""
    for above, below in pairwise(ROWS):
        assert all(may_import(low, high) and not may_import(high, low) for high in above for low in below)


def loaded_libraries(*arguments: str) -> set[str]:
    """The heavy libraries that a fresh interpreter loads when run with these arguments; it must end well."""
    command = [sys.executable, "-X", "importtime", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)
    own_words = [line for line in run.stderr.splitlines() if not line.startswith("import time:")]
    assert run.returncode == 0, "\n".join(own_words)
    loaded = re.findall(r"^import time:.*\|\s*([\w.]+)$", run.stderr, flags=re.MULTILINE)
    return {name.split(".")[0] for name in loaded} & set(DOORS)


def test_the_detector_of_loaded_libraries_can_find_one() -> None:
    """The test of lazy imports can fail: a library that is loaded is seen."""
    assert loaded_libraries("-c", "import bpttsym, lark") == {"lark"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    """``import bpttsym`` is instant: each library is loaded only when it is used."""
    assert loaded_libraries("-c", "import bpttsym") == set()


needs_the_command_line = pytest.mark.skipif(not (PACKAGE / "cli.py").exists(), reason="there is no bpttsym/cli.py yet")


@needs_the_command_line
@pytest.mark.parametrize("option", ["--version", "--help"])
def test_asking_the_command_line_loads_nothing_heavy(option: str) -> None:
    """``python -m bpttsym --version`` and ``--help`` answer without any heavy library."""
    assert loaded_libraries("-m", "bpttsym", option) == set()


@needs_the_command_line
def test_verifying_loads_neither_sympy_nor_matplotlib() -> None:
    """Equations are judged by our own tree and by NumPy; SymPy and matplotlib have no part in it."""
    sheet = ROOT / "tests" / "data" / "sheet.md"
    if not sheet.exists():
        pytest.skip("there is no tests/data/sheet.md yet")
    assert loaded_libraries("-c", f"from bpttsym.cli import main; main(['verify', {str(sheet)!r}])") <= {
        "numpy",
        "lark",
    }
