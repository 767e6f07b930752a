"""The student edition: what is still to be learned is not in it, and all the rest works."""

import ast
import functools
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from cs231n_lib import layers, models, optim
from grading.edition import COURSE, LIBRARY, withheld_names, withhold, write_edition

ENTRIES = tomllib.loads(COURSE.read_text(encoding="utf-8"))["assignment"]
ASSIGNMENTS = [entry["name"] for entry in ENTRIES]
TAUGHT = {name for entry in ENTRIES for name in entry["teaches"]}
DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

# Public layers, rules and models that every edition has, and why.
OPEN = {
    "elu_forward": "02 gives it, and asks for its backward",
    "sgd": "the statement of 03 shows it; every solver needs a rule",
}


@functools.cache
def definitions(folder):
    return list(find_definitions(folder))


def find_definitions(folder):
    for path in sorted(Path(folder).rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, DEFINITION):
                yield path.relative_to(folder), node, source


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """A function from an assignment to the folder of its edition, written once."""

    @functools.cache
    def write(assignment):
        folder = tmp_path_factory.mktemp(assignment)
        write_edition(assignment, folder / "cs231n_lib")
        return folder

    return write


def run(folder, code):
    """Run Python with the edition, and no other copy of the library, on its path."""
    program = f"""
import sys
sys.path[:] = [p for p in sys.path if not p.endswith(".pth")]
sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in repr(f)]
sys.path.insert(0, {str(folder)!r})
import cs231n_lib
assert cs231n_lib.__file__.startswith({str(folder)!r}), cs231n_lib.__file__
{code}
"""
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", program],
        capture_output=True,
        text=True,
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin",
            "OPENBLAS_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def normal(line):
    return re.sub(r"\s+", " ", line.split("  #")[0]).strip()


# course.toml


def test_every_name_of_the_course_is_defined_once_and_public():
    defined = Counter(node.name for _, node, _ in definitions(LIBRARY))
    assert {name: defined[name] for name in TAUGHT if defined[name] != 1} == {}
    assert not [name for name in TAUGHT if name.startswith("_")]


def test_no_assignment_teaches_a_name_twice_and_none_is_unnamed():
    for entry in ENTRIES:
        assert len(entry["teaches"]) == len(set(entry["teaches"])), entry["name"]
    assert sorted(set(ASSIGNMENTS)) == ASSIGNMENTS


def test_every_public_layer_rule_and_model_is_taught_or_open_for_a_reason():
    public = {*layers.__all__, *models.__all__, *optim.RULES}
    assert public - TAUGHT == set(OPEN)


def test_every_definition_in_the_layers_files_is_taught():
    public = {
        node.name
        for path, node, _ in definitions(LIBRARY)
        if path.parts[0] == "layers" and not node.name.startswith("_")
    }
    assert public <= TAUGHT | set(OPEN)


# What is withheld


def test_an_assignment_withholds_what_it_and_later_ones_teach():
    names = withheld_names("04_batch_norm")
    assert names["batchnorm_forward"] == "04_batch_norm"
    assert names["FullyConnectedNet"] == "05_dropout"
    assert names["conv_forward_fast"] == "05_dropout"
    assert not {"affine_forward", "adam", "TwoLayerNet"} & names.keys()


def test_a_name_of_two_assignments_is_withheld_until_the_last_of_them():
    assert withheld_names("01_backprop")["softmax_loss"] == "01_backprop"
    assert withheld_names("02_fully_connected")["softmax_loss"] == "02_fully_connected"
    assert "softmax_loss" not in withheld_names("03_update_rules")


def test_what_everybody_needs_is_never_withheld():
    names = withheld_names("01_backprop")
    files = {node.name: path.name for path, node, _ in definitions(LIBRARY)}
    never = {name for name, file in files.items() if file == "gradient_check.py"}
    assert never | {"sgd", "Solver", "Graph", "compare"} <= files.keys() - names.keys()


def test_an_unknown_assignment_withholds_everything():
    assert withheld_names("99_unknown") == withheld_names(ASSIGNMENTS[0])
    assert withheld_names("99_unknown").keys() == TAUGHT


# The written edition


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_an_edition_imports_whole(edition, assignment):
    folder = edition(assignment)
    files = sorted((folder / "cs231n_lib").rglob("*.py"))
    modules = [".".join(path.relative_to(folder).with_suffix("").parts) for path in files]
    modules = [name.removesuffix(".__init__") for name in modules if "__main__" not in name]
    assert len(modules) > 20
    run(
        folder, "import importlib\n" + "\n".join(f"importlib.import_module({m!r})" for m in modules)
    )


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_what_is_withheld_says_so_and_everything_else_has_its_body(edition, assignment):
    withheld = withheld_names(assignment)
    folder = edition(assignment)
    text = {(path, node.name): ast.unparse(node) for path, node, _ in definitions(LIBRARY)}
    modules = {}
    for path, node, _ in definitions(folder / "cs231n_lib"):
        if node.name in withheld:
            modules[node.name] = ".".join(["cs231n_lib", *path.with_suffix("").parts])
        else:
            assert ast.unparse(node) == text[path, node.name], node.name
    assert modules.keys() == withheld.keys()
    run(
        folder,
        f"""
import importlib
from cs231n_lib.contracts import WithheldError
withheld = {withheld!r}
for name, module in {modules!r}.items():
    for arguments in ((), (1, 2, 3)):
        try:
            getattr(importlib.import_module(module), name)(*arguments, x=1)
        except WithheldError as error:
            wanted = f"{{name}} is what assignment {{withheld[name]}} asks you to write; "
            assert str(error).startswith(wanted), error
        else:
            raise SystemExit(name)
""",
    )


def test_what_was_learned_earlier_works(edition):
    out = run(
        edition("03_update_rules"),
        """
import numpy as np
from cs231n_lib import optim
from cs231n_lib.layers import softmax_loss
from cs231n_lib.models import TwoLayerNet
from cs231n_lib.solver import Solver
X, y = np.tile(np.eye(2), (10, 1)), np.tile([0, 1], 10)
data = {"X_train": X, "y_train": y, "X_val": X, "y_val": y}
solver = Solver(TwoLayerNet(2, 5, 2, seed=0, weight_scale=0.1), data, verbose=False, rng=0,
                optim_config={"learning_rate": 1.0})
solver.train()
print(solver.best_val_acc, round(softmax_loss(np.zeros((1, 4)), np.array([0]))[0], 3))
try:
    Solver(TwoLayerNet(2, 5, 2), data, update_rule="adam", verbose=False, rng=0).train()
except Exception as error:
    print(error)
""",
    )
    assert out.splitlines()[0] == "1.0 1.386"
    assert out.splitlines()[1].startswith("adam is what assignment 03_update_rules asks")


@pytest.mark.parametrize("assignment", [*ASSIGNMENTS, "99_unknown"])
def test_no_line_of_a_withheld_body_remains(edition, assignment):
    folder = edition(assignment) / "cs231n_lib"
    withheld = withheld_names(assignment)
    original = list(definitions(LIBRARY))
    kept_names = {(path, node.name) for path, node, _ in definitions(folder)} - {
        (path, node.name) for path, node, _ in original if node.name in withheld
    }
    secret, shared = set(), set()
    for path, node, source in original:
        lines = {normal(line) for line in source.splitlines()[node.lineno - 1 : node.end_lineno]}
        (shared if (path, node.name) in kept_names else secret).update(lines)
    for path in LIBRARY.rglob("*.py"):  # what stands outside of all definitions
        source = path.read_text(encoding="utf-8")
        inside = {
            number
            for node in ast.parse(source).body
            if isinstance(node, DEFINITION)
            for number in range(node.lineno, node.end_lineno + 1)
        }
        lines = enumerate(source.splitlines(), 1)
        shared |= {normal(line) for number, line in lines if number not in inside}
    secret = {line for line in secret - shared if len(line) >= 30}
    assert len(secret) > 50
    for path in folder.rglob("*"):
        if path.is_file():
            lines = {normal(line) for line in path.read_text(encoding="utf-8").splitlines()}
            assert not secret & lines, path


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_nothing_but_text_is_copied(edition, assignment):
    suffixes = {path.suffix for path in edition(assignment).rglob("*") if path.is_file()}
    assert suffixes == {".py", ".toml"}  # the hints


@pytest.mark.parametrize(
    ("assignment", "gone", "stays"),
    [
        ("05_dropout", {"_make_rng", "_correlate", "_tap", "_count_patches"}, {"_float_type"}),
        ("06_cnn", {"_pixels_as_rows"}, {"_correlate", "_float_type", "_make_rng"}),
        ("01_backprop", {"_pad", "_float_type", "_prepare_nothing"}, {"_add", "_prepare"}),
    ],
)
def test_helpers_of_withheld_definitions_alone_are_gone(edition, assignment, gone, stays):
    names = {node.name for _, node, _ in definitions(edition(assignment) / "cs231n_lib")}
    assert not gone & names
    assert stays <= names


def test_a_helper_of_a_helper_stays_only_with_its_user():
    source = (
        "def _a():\n    return _b()\n\n"
        "def _b():\n    return 1\n\n"
        "def _c():\n    return _d()\n\n"
        "def _d():\n    return 2\n\n"
        "def secret():\n    return _c() + _b()\n\n"
        "def open_one():\n    return _a()\n"
    )
    kept = {node.name for node in ast.parse(withhold(source, {"secret": "05"})).body}
    assert kept == {"_a", "_b", "secret", "open_one"}


def test_decorators_and_methods_of_a_withheld_class_are_gone():
    source = (
        "import os\n\n@os.wraps(\n    str\n)\nclass Net:\n    def loss(self):\n        return 7\n"
    )
    text = withhold(source, {"Net": "05_dropout"})
    assert "loss" not in text
    assert "@" not in text
    assert "raise WithheldError('Net', '05_dropout')" in text


def test_a_module_without_anything_withheld_is_copied_as_it_is():
    source = "def _unused():\n    pass\n"
    assert withhold(source, {"other": "05"}) == source


def test_the_test_reads_the_library_of_this_course():
    assert Path(importlib.util.find_spec("cs231n_lib").origin).parent == LIBRARY
