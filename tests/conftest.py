"""What several test files need: the course's notebooks, and a class that has been graded once."""

import functools
import os
import shutil

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def no_interactive_figures():
    """Draw figures into memory: a test needs no screen."""
    import matplotlib as mpl

    mpl.use("Agg")


@pytest.fixture(scope="session")
def gradebooks():
    """Ask once which version a new gradebook has; nbgrader starts a process for each, of 5 s."""
    from nbgrader import api

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(api, "get_alembic_version", functools.cache(api.get_alembic_version))
        yield


@pytest.fixture(scope="session")
def recorded():
    """A function from an assignment to what a release stores for its checks, computed once."""
    from grading.checks import record_checks
    from grading.course import Course
    from grading.misconceptions import read_bank

    @functools.cache
    def record(assignment):
        return record_checks(Course().read_source(assignment), read_bank(assignment).misconceptions)

    return record


@pytest.fixture
def classroom(tmp_path, monkeypatch, gradebooks):
    """A course whose classroom is an empty temporary folder."""
    from grading.course import Course

    monkeypatch.setenv("CS231N_CLASSROOM", str(tmp_path / "classroom"))
    return Course()


@pytest.fixture(scope="session")
def new_classroom(tmp_path_factory, gradebooks, recorded):
    """Make courses in which 01_backprop is released, and nobody has handed in yet."""
    from grading.course import Course
    from grading.release import release

    def at(folder):
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setenv("CS231N_CLASSROOM", str(folder))
            return Course()

    released = tmp_path_factory.mktemp("released")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("grading.release.record_checks", lambda *_: recorded("01_backprop"))
        release(at(released), "01_backprop")

    def make():
        folder = tmp_path_factory.mktemp("classroom")
        shutil.copytree(released, folder, dirs_exist_ok=True)
        return at(folder)

    return make


@pytest.fixture(scope="session")
def graded_class(new_classroom):
    """The sample class of 01_backprop: released, handed in, graded, with feedback."""
    from grading.feedback import generate_feedback
    from grading.grade import grade
    from grading.sample_class import hand_in

    assignment = "01_backprop"
    course = new_classroom()
    students = {student.name: student for student in hand_in(course, assignment)}
    results = {result.student: result for result in grade(course, assignment)}
    pages = generate_feedback(course, assignment)
    released = course.release / assignment / course.source_notebook(assignment).name
    return SimpleNamespace(
        course=course,
        assignment=assignment,
        source=course.read_source(assignment),
        released=nbformat.read(released, as_version=4),
        students=students,
        results=results,
        pages={Path(page).parts[-3]: Path(page) for page in pages},
    )


@pytest.fixture
def built_in(tmp_path, monkeypatch):
    """Neither CIFAR-10 nor anything in the cache; returns the cache's folder."""
    from cs231n_lib.data import cifar10, load

    monkeypatch.delenv("CS231N_DATA", raising=False)
    monkeypatch.setattr(cifar10, "DEFAULT_ROOT", tmp_path / "datasets" / "cifar-10-batches-py")
    monkeypatch.setattr(load, "cache_folder", lambda: tmp_path / "cache" / "deep")
    return tmp_path / "cache" / "deep"
