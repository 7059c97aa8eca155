"""What is shipped: the wheel holds the whole package and nothing else, the repository what its README promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import bpttsym

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "bpttsym"

PROMISED = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "benchmarks",
    "bpttsym",
    "derivations",
    "docs",
    "output",
    "pyproject.toml",
    "tests",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The wheel that hatchling builds from this checkout, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr
    [path] = folder.glob("*.whl")
    return ZipFile(path)


def test_the_wheel_holds_every_file_of_the_package(wheel: ZipFile) -> None:
    """Grammar, presets and the typing marker are installed with the modules."""
    files = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"bpttsym/py.typed", "bpttsym/__main__.py"} <= files
    assert {name for name in wheel.namelist() if name.startswith("bpttsym/")} == files


def test_the_wheel_holds_nothing_but_the_package(wheel: ZipFile) -> None:
    """No tests, documents or benchmarks land in a user's site-packages."""
    assert {name.split("/")[0] for name in wheel.namelist()} == {"bpttsym", f"bpttsym-{bpttsym.__version__}.dist-info"}


def test_the_wheel_says_who_it_is(wheel: ZipFile) -> None:
    """Version, licence and the command are in the wheel's own data."""
    about = f"bpttsym-{bpttsym.__version__}.dist-info"
    metadata = wheel.read(f"{about}/METADATA").decode()
    assert f"\nVersion: {bpttsym.__version__}\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert "bpttsym = bpttsym.cli:run" in wheel.read(f"{about}/entry_points.txt").decode()


def test_the_wheel_shows_the_readme(wheel: ZipFile) -> None:
    """The README is the description that a package index shows; pyproject.toml names it."""
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("there is no README.md yet")
    metadata = wheel.read(f"bpttsym-{bpttsym.__version__}.dist-info/METADATA").decode()
    assert metadata.endswith(readme.read_text(encoding="utf-8"))


def test_the_top_level_is_what_is_promised() -> None:
    """The repository's top level holds these names and no others."""
    run = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    if run.returncode != 0 or not run.stdout:
        pytest.skip("this is not a checkout that git can list")
    assert {name.split("/")[0] for name in run.stdout.splitlines()} == PROMISED
