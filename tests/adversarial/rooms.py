"""A classroom for made-up students: notebooks to spoil, handed in and graded together."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import nbformat
import psutil
import pytest
from nbgrader.utils import is_solution

from grading.course import Course
from grading.feedback import generate_feedback
from grading.grade import class_concerns, grade
from grading.repair import is_test
from grading.sample_class import fill, solutions
from grading.sandbox import SandboxError, check

ASSIGNMENT, NAME = "01_backprop", "backprop.ipynb"
ROOT = Path(__file__).resolve().parents[2]
FULL = sum(  # points that tests give
    cell.metadata.nbgrader.points
    for cell in Course().read_source(ASSIGNMENT).cells
    if is_test(cell)
)


def _why_no_sandbox():
    try:
        check()
    except SandboxError as error:
        return str(error)
    return ""


WHY = _why_no_sandbox()
MARKS = [pytest.mark.adversarial, pytest.mark.skipif(bool(WHY), reason=WHY or "none")]


class Room:
    """A classroom, and what its students can start from."""

    def __init__(self, course):
        self.course = course
        self.source = course.read_source(ASSIGNMENT)
        self.released = nbformat.read(course.release / ASSIGNMENT / NAME, as_version=4)
        self.answers = solutions(self.source)
        self.points = {
            cell.id: cell.metadata.nbgrader.points for cell in self.source.cells if is_test(cell)
        }
        self.results = {}

    def solved(self, **changed):
        """Fill in the right answers, but for some; an answer that is None stays blank."""
        answers = {k: v for k, v in (self.answers | changed).items() if v is not None}
        notebook = json.loads(json.dumps(fill(self.released, answers)))
        return nbformat.from_dict(notebook)

    def blank(self, **answers):
        """Fill in some answers only."""
        return nbformat.from_dict(json.loads(json.dumps(fill(self.released, answers))))

    def folder(self, student):
        """Make a student's folder."""
        folder = self.course.submitted / student / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def grade(self, *students, **options):
        """Grade all that was handed in, or some."""
        results = {r.student: r for r in grade(self.course, ASSIGNMENT, students, **options)}
        self.results |= results
        return results

    def write_pages(self, students=()):
        """Write feedback for all, or some."""
        generate_feedback(self.course, ASSIGNMENT, students)

    def scores(self, student):
        """Read the points of each test from the gradebook."""
        with self.course.gradebook() as gradebook:
            notebook = gradebook.find_submission_notebook("backprop", ASSIGNMENT, student)
            return {grade.name: grade.auto_score for grade in notebook.grades}

    def page(self, student):
        """Read a student's page of feedback."""
        path = self.course.feedback / student / ASSIGNMENT / "backprop.html"
        return path.read_text(encoding="utf-8")

    def autograded(self, student):
        """Read a student's graded notebook."""
        return nbformat.read(self.course.autograded / student / ASSIGNMENT / NAME, as_version=4)

    def class_report(self):
        """Say what is suspicious about the class as a whole."""
        return class_concerns(self.course, ASSIGNMENT)

    def is_gradebook_intact(self):
        """Let SQLite look at its own file."""
        with closing(sqlite3.connect(self.course.gradebook_file)) as db:
            return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def save(notebook, folder, name=NAME):
    """Write a notebook as a program writes it that checks nothing."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def where(notebook, name):
    """Find the place of a cell."""
    return [cell.get("id") for cell in notebook.cells].index(name)


def cell_of(notebook, name):
    """Find a cell."""
    return notebook.cells[where(notebook, name)]


def code(source, **metadata):
    """Make a cell that a student adds."""
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def text(source):
    """Make a text that a student adds."""
    return nbformat.v4.new_markdown_cell(source)


def add(notebook, cell, after=None, before=None):
    """Add a cell beside another one, or at the end."""
    place = len(notebook.cells)
    if after is not None:
        place = where(notebook, after) + 1
    elif before is not None:
        place = where(notebook, before)
    notebook.cells.insert(place, cell)


def remove(notebook, *names):
    """Delete cells."""
    notebook.cells = [cell for cell in notebook.cells if cell.get("id") not in names]


def slug(sentence):
    """Make a folder's name of a sentence."""
    return re.sub(r"[^a-z0-9]+", "-", sentence.lower()).strip("-")[:60]


def telling_lines(room):
    """List the lines of hidden tests and of solutions that a release does not show.

    Short lines stand in many a text by chance.
    """
    shown = "\n".join(cell.source for cell in room.released.cells)
    lines = set()
    for cell in room.source.cells:
        if cell.cell_type == "code" and is_test(cell):
            secret = cell.source.partition("### BEGIN HIDDEN TESTS")[2]
        elif cell.cell_type == "code" and is_solution(cell):
            secret = cell.source.partition("### BEGIN SOLUTION")[2]
        else:
            continue
        lines |= {line.strip() for line in secret.splitlines()}
    return {line for line in lines if len(line) > 30 and line not in shown}


def left_over():
    """List the processes that tests have started and that still run, but for helpers of Python."""
    children = psutil.Process().children(recursive=True)
    return [c for c in children if c.is_running() and "resource_tracker" not in _command(c)]


def _command(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
