"""nbgrader's own commands work from the course's folder, unchanged."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.utils import is_grade, is_solution

from grading.course import Course
from grading.sample_class import fill, solutions

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow
ASSIGNMENT = "01_backprop"


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """Run an nbgrader command on a classroom of its own."""
    classroom = tmp_path_factory.mktemp("classroom")
    tools = Path(sys.executable).parent

    def run(*arguments, cwd=ROOT):
        return subprocess.run(
            [tools / "nbgrader", *map(str, arguments)],
            cwd=cwd,
            env={
                **os.environ,
                "CS231N_CLASSROOM": str(classroom),
                "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    run.classroom = classroom
    return run


def test_generate_assignment_autograde_and_generate_feedback(nbgrader):
    made = nbgrader("generate_assignment", ASSIGNMENT)
    assert made.returncode == 0, made.stderr
    released = nbgrader.classroom / "release" / ASSIGNMENT / "backprop.ipynb"
    notebook = nbformat.read(released, as_version=4)
    answers = solutions(Course().read_source(ASSIGNMENT))
    folder = nbgrader.classroom / "submitted" / "ada" / ASSIGNMENT
    folder.mkdir(parents=True)
    nbformat.write(fill(notebook, answers), folder / "backprop.ipynb")

    graded = nbgrader("autograde", ASSIGNMENT)
    assert graded.returncode == 0, graded.stderr
    returned = nbgrader("generate_feedback", ASSIGNMENT)
    assert returned.returncode == 0, returned.stderr
    page = nbgrader.classroom / "feedback" / "ada" / ASSIGNMENT / "backprop.html"
    assert "HIDDEN" not in page.read_text(encoding="utf-8")

    exported = nbgrader("export", "--to", nbgrader.classroom / "grades.csv")
    assert exported.returncode == 0, exported.stderr
    graded = [cell for cell in Course().read_source(ASSIGNMENT).cells if is_grade(cell)]
    total = sum(cell.metadata.nbgrader.points for cell in graded)
    by_hand = sum(cell.metadata.nbgrader.points for cell in graded if is_solution(cell))
    marks = (nbgrader.classroom / "grades.csv").read_text()
    assert f",{total - by_hand:.1f},{total:.1f}" in marks


@pytest.mark.parametrize(("student", "verdict"), [("ada", "Success!"), ("ben", "failed")])
def test_validate(graded_class, nbgrader, student, verdict):
    folder = graded_class.course.submitted / student / ASSIGNMENT
    result = nbgrader("validate", folder / "backprop.ipynb", cwd=folder)
    assert verdict in result.stdout
