"""Every public function is documented the same way; links and commands in the pages are right."""

import importlib
import inspect
import pkgutil
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from nbgrader.apps import DbApp, NbGraderApp
from nbgrader.utils import is_grade, is_solution
from numpydoc.validate import validate

import cs231n_lib
from grading.__main__ import _parser
from grading.collect import Collector
from grading.course import Course

MODULES = [
    importlib.import_module(info.name)
    for info in pkgutil.walk_packages(cs231n_lib.__path__, "cs231n_lib.")
    if not info.name.endswith("__main__")
]
FUNCTIONS = sorted(
    {
        f"{module.__name__}.{name}"
        for module in MODULES
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }
)
SETTINGS = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
ALLOWED = SETTINGS["tool"]["numpydoc_validation"]["checks"][1:]


def test_there_are_functions_to_check():
    assert "cs231n_lib.layers.affine.affine_forward" in FUNCTIONS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_documents_every_argument_and_result(name):
    errors = [f"{code}: {text}" for code, text in validate(name)["errors"] if code not in ALLOWED]
    assert errors == []


LAYERS = [name for name in FUNCTIONS if ".layers." in name]
# Compositions name their parts, which have the sources.
OWN_IDEAS = [name for name in LAYERS if ".sandwich." not in name and ".im2col." not in name]


def docstring(name):
    module, function = name.rsplit(".", 1)
    return getattr(importlib.import_module(module), function).__doc__


@pytest.mark.parametrize("name", OWN_IDEAS)
def test_a_layer_names_its_source(name):
    assert "    References\n    ----------\n    .. [1] " in docstring(name)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_a_shape_for_every_array(name):
    for line in docstring(name).splitlines():
        if " : ndarray" in line:
            assert "shape" in line, line


# Pages

ROOT = Path(__file__).parent.parent
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "assignments/README.md",
    "docs/glossary.md",
    "docs/instructors.md",
    "datasets/README.md",
]
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")


def commands(page, program):
    """Find the commands of a page that begin with these words, in blocks and in the text."""
    text = read(page)
    blocks = [block for kind, block in FENCE.findall(text) if kind == ""]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    lines = [re.sub(r"^([A-Z0-9_]+=\S+ |nice )+", "", line) for line in lines]
    return sorted({line for line in lines if line.startswith(f"{program} ")})


def anchor(heading):
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_to_a_file_or_a_heading(page):
    text = FENCE.sub("", read(page))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"https?:", target):
            path, _, name = target.partition("#")
            file = (ROOT / page).parent / path if path else ROOT / page
            assert file.exists(), target
            if name:
                headings = re.findall(r"(?m)^#+ (.*)$", file.read_text(encoding="utf-8"))
                assert name in map(anchor, headings), target


@pytest.mark.parametrize("page", PAGES)
def test_a_command_of_the_instructor_is_understood(page):
    for line in commands(page, "python -m grading"):
        words = shlex.split(line.partition("(")[0], comments=True)[3:]
        if "|" in words or "..." in words:  # a list of commands, or one without its arguments
            continue
        if len(words) == 1 and words[0] in ("grade", "feedback", "report"):  # named in a sentence
            continue
        options = _parser().parse_args(words)
        named = getattr(options, "assignment", [])
        named = {named} if isinstance(named, str) else set(named)
        assert named <= {*Course().assignments()}, line


@pytest.mark.parametrize("page", PAGES)
def test_a_make_target_and_an_nbgrader_command_exist(page):
    targets = re.findall(r"(?m)^([a-z-]+):", read("Makefile"))
    for line in commands(page, "make"):
        target = shlex.split(line, comments=True)[1]
        assert target in targets or "=" in target, line
    for line in commands(page, "nbgrader"):
        words = shlex.split(line, comments=True)[1:]
        known = NbGraderApp.subcommands
        assert words[0] in known, line
        if words[0] == "db":
            group = DbApp.subcommands[words[1]][0]
            assert words[2] in group.subcommands, line


def test_the_pages_have_commands_to_check():
    assert len(commands("docs/instructors.md", "python -m grading")) >= 8
    assert len(commands("docs/instructors.md", "nbgrader")) >= 8
    assert len(commands("README.md", "make")) >= 4


def test_each_pattern_for_files_of_an_lms_fits_its_example():
    found = {}
    for kind, block in FENCE.findall(read("docs/instructors.md")):
        if kind == "python" and "named_regexp" in block:
            lms, example = re.match(r"# (\w+): (.+?\.ipynb)", block).groups()
            collector = Collector(named_regexp=re.search(r'r"(.*)"', block)[1])
            found[lms] = collector.collect(f"/downloaded/01_backprop/extracted/{example}")
    assert {lms: (info["student_id"], info["file_id"]) for lms, info in found.items()} == {
        "Blackboard": ("amal", "backprop"),
        "Canvas": ("haddadamal", "backprop"),
        "Moodle": ("Amal Haddad", "backprop"),
    }
    assert found["Blackboard"]["timestamp"] == "2026-11-16 08:00:00"


@pytest.mark.parametrize("assignment", Course().assignments())
def test_the_pages_count_the_exercises_and_points_of_an_assignment(assignment):
    graded = [cell for cell in Course().read_source(assignment).cells if is_grade(cell)]
    points = sum(cell.metadata.nbgrader.points for cell in graded)
    exercises = sum(map(is_solution, Course().read_source(assignment).cells))
    row = re.search(rf"(?m)^\| \[{assignment}\].*$", (ROOT / "README.md").read_text())[0]
    assert row.endswith(f"| {exercises} | {points} |")
    number = assignment.partition("_")[0]
    line = re.search(rf"Assignment {number}, .*", (ROOT / "CHANGELOG.md").read_text())[0]
    assert f"{exercises} exercises, {points} points" in line
