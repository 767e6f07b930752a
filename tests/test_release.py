"""What students get: a folder and a zip file that run where nothing else is."""

import hashlib
import json
import os
import subprocess
import sys
import time
import zipfile

import matplotlib as mpl
import nbformat
import pytest

from grading.course import Course, CourseError
from grading.release import release
from grading.repair import is_test
from grading.sample_class import fill, solutions
from grading.submission import RELEASED

ASSIGNMENT, NAME = "01_backprop", "backprop.ipynb"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, new_classroom):
    """The unzipped bundle of 01, in a folder of its own."""
    course = new_classroom()
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(course.bundles / f"{ASSIGNMENT}.zip") as archive:
        archive.extractall(folder)
    return folder / ASSIGNMENT


def python(bundle, *arguments):
    """Run Python in the bundle, with no other copy of the library in sight."""
    program = (
        "import runpy, sys\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in repr(f)]\n"
        f"sys.argv = {['', *arguments[1:]]!r}\n"
    )
    program += (
        arguments[1]
        if arguments[0] == "-c"
        else f"runpy.run_module({arguments[0]!r}, run_name='__main__')"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(bundle.parent),
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": mpl.get_cachedir(),  # has the list of fonts, which takes 4 s to make
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=bundle,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_bundle_holds_the_notebook_the_edition_and_how_to_begin(bundle):
    names = {path.name for path in bundle.iterdir()} - {"__pycache__"}
    assert names == {NAME, "cs231n_lib", *RELEASED}  # handed in with the notebook, they are no news
    readme = (bundle / "README.md").read_text()
    assert readme.startswith("# Assignment 1: Backpropagation\n")
    assert f"jupyter lab {NAME}" in readme
    needed = (bundle / "requirements.txt").read_text()
    assert {"numpy", "matplotlib", "jupyter", "tqdm", "platformdirs"} <= {
        line.split(">")[0] for line in needed.splitlines()
    }
    assert "-e" not in needed
    assert "nbgrader" not in needed


def test_a_bundle_has_the_terms_of_its_own_notebook(bundle):
    text = (bundle / "glossary.md").read_text(encoding="utf-8")
    assert text.startswith("# Glossary\n")
    assert "| chain rule | 链式法则 | 연쇄 법칙 |" in text
    assert "| hinge loss |" not in text
    assert "02_fully_connected" not in text
    assert "glossary.md" in (bundle / "README.md").read_text(encoding="utf-8")


def test_what_was_learned_earlier_is_there_and_what_is_asked_explains_itself(bundle):
    code = (
        "import numpy as np, cs231n_lib, os\n"
        "assert os.path.dirname(cs231n_lib.__file__) == os.path.abspath('cs231n_lib')\n"
        "from cs231n_lib.graph import exp_forward, exp_backward\n"
        "print(exp_forward(np.zeros(2))[0])\n"
        "exp_backward(1, 2)"
    )
    done = python(bundle, "-c", code)
    assert done.stdout == "[1. 1.]\n"
    assert "WithheldError: exp_backward is what assignment 01_backprop asks you to write" in (
        done.stderr
    )


def test_a_hint_and_a_known_mistake_reach_the_student_without_the_repository(bundle):
    assert "Idea:" in python(bundle, "cs231n_lib", "hint", "matmul_backward").stdout
    code = (
        "import nbformat\n"
        f"cells = nbformat.read({NAME!r}, 4).cells\n"
        "names = {}\n"
        "for cell in cells:\n"
        "    if cell.id == 'setup': exec(cell.source, names)\n"
        "    if cell.id == 'check_multiply_backward':\n"
        "        exec('multiply_backward = lambda dout, cache: (cache[1], cache[0])', names)\n"
        "        exec(cell.source + '\\nprint(check_multiply_backward())', names)\n"
    )
    done = python(bundle, "-c", code)
    assert "dx and dy: " in done.stdout, done.stderr
    assert "upstream" in done.stdout


@pytest.mark.slow
def test_a_solved_notebook_passes_its_check_in_the_bundle(bundle):
    released = nbformat.read(bundle / NAME, as_version=4)
    answers = solutions(Course().read_source(ASSIGNMENT))
    nbformat.write(fill(released, answers), bundle / "solved.ipynb")
    done = python(bundle, "cs231n_lib", "check", "solved.ipynb")
    (bundle / "solved.ipynb").unlink()
    assert done.returncode == 0, done.stdout + done.stderr
    total = sum(map(is_test, released.cells))
    assert f"{total} of {total} tests pass." in done.stdout


@pytest.fixture
def quick(classroom, monkeypatch):
    """A course whose releases store no outputs of checks, which take a while to compute."""
    monkeypatch.setattr("grading.release.record_checks", lambda *_: {})
    return classroom


def digest(course):
    return hashlib.sha256((course.bundles / f"{ASSIGNMENT}.zip").read_bytes()).hexdigest()


def test_the_same_sources_give_the_same_bytes(classroom):
    release(classroom, ASSIGNMENT)
    first = digest(classroom)
    time.sleep(1.1)  # another second on the clock
    release(classroom, ASSIGNMENT)
    assert digest(classroom) == first


def test_a_release_that_would_leak_leaves_the_earlier_one_as_it_was(quick, monkeypatch):
    path = release(quick, ASSIGNMENT)
    before = digest(quick), path.read_bytes()
    monkeypatch.setattr("grading.release.find_leaks", lambda *_: ["x.py: has an answer"])
    with pytest.raises(CourseError, match=r"01_backprop is not released: x.py: has an answer\."):
        release(quick, ASSIGNMENT)
    assert (digest(quick), path.read_bytes()) == before
    assert list(quick.release.parent.glob(".release-*")) == []


def test_the_first_release_that_would_leak_leaves_nothing(quick, monkeypatch):
    monkeypatch.setattr("grading.release.find_leaks", lambda *_: ["cell 'x' is solved"])
    with pytest.raises(CourseError):
        release(quick, ASSIGNMENT)
    assert not quick.release.exists()
    assert not quick.bundles.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_a_release_that_is_interrupted_leaves_nothing_half_done(quick, monkeypatch, error):
    def stop(*_):
        raise error

    monkeypatch.setattr("grading.release._pack", stop)
    with pytest.raises(error):
        release(quick, ASSIGNMENT)
    assert not quick.release.exists()
    assert list(quick.release.parent.glob(".release-*")) == []


def test_a_solution_that_an_author_left_in_a_check_is_refused(quick, monkeypatch):
    def generate(course, assignment, into):
        original(course, assignment, into)
        path = into / assignment / NAME
        notebook = nbformat.read(path, as_version=4)
        check = next(cell for cell in notebook.cells if cell.id == "check_softmax_loss")
        check.source += "\nshifted = x - x.max(axis=1, keepdims=True)"
        path.chmod(0o644)
        nbformat.write(notebook, path)

    original = sys.modules["grading.release"]._generate
    monkeypatch.setattr("grading.release._generate", generate)
    with pytest.raises(CourseError, match=r"backprop.ipynb: cell 'check_softmax_loss' has a line"):
        release(quick, ASSIGNMENT)


def test_stored_outputs_are_plain_json(bundle):
    stored = json.loads((bundle / "cs231n_lib" / "verdict" / "stored.json").read_text())
    assert {"softmax_loss", "matmul_backward"} <= stored.keys()
