"""The arrows between modules point one way."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = sorted((ROOT / "cs231n_lib").rglob("*.py"))
GRADING = sorted((ROOT / "grading").rglob("*.py"))

# For each part of the library, the parts that it may use; gradient_check judges everyone.
ALLOWED = {
    "contracts": set(),
    "gradient_check": set(),
    "graph": {"contracts"},
    "optim": {"contracts"},
    "data": {"contracts", "data"},
    "layers": {"contracts", "layers"},
    "models": {"contracts", "layers", "models"},
    "checkpoints": {"contracts"},
    "solver": {"contracts", "optim", "checkpoints"},
    "plots": {"graph"},
    "verdict": {"contracts", "verdict"},
    "__main__": {"verdict"},
    "__init__": set(),
}
FRAMEWORKS = {"torch", "jax", "tensorflow", "keras"}


def imported_modules(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            if node.module == "cs231n_lib":
                yield from (f"cs231n_lib.{alias.name}" for alias in node.names)
            else:
                yield node.module


def part(path):
    return path.relative_to(ROOT / "cs231n_lib").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_library_module_imports_only_what_stands_below_it(path):
    used = {name.split(".")[1] for name in imported_modules(path) if name.startswith("cs231n_lib.")}
    assert used <= ALLOWED[part(path)]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_knows_neither_grading_nor_a_framework(path):
    roots = {name.split(".")[0] for name in imported_modules(path)}
    assert not roots & (FRAMEWORKS | {"grading", "nbgrader"})


def test_the_gradient_checker_imports_numpy_and_the_standard_library_only():
    import sys

    roots = {name.split(".")[0] for name in imported_modules(ROOT / "cs231n_lib/gradient_check.py")}
    assert roots - set(sys.stdlib_module_names) == {"numpy"}


@pytest.mark.parametrize("path", GRADING, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_framework_is_imported_by_the_grader(path):
    assert not {name.split(".")[0] for name in imported_modules(path)} & FRAMEWORKS


def test_every_part_of_the_library_has_its_rule():
    assert {part(path) for path in LIBRARY} <= ALLOWED.keys()
