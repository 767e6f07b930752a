"""Grading that is killed at any moment loses no mark, and goes on where it was."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import nbformat
import pytest

from grading.course import ROOT, Course
from grading.grade import grade
from grading.release import release
from grading.sample_class import fill, hand_in, read_class, solutions

pytestmark = pytest.mark.slow
ASSIGNMENT = "01_backprop"
ROUNDS, KILLS = 4, 5


def marks(folder):
    """Read the marks and the records as another program would, and that the file is sound."""
    with sqlite3.connect(folder / "gradebook.db") as db:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
        exists = "select 1 from sqlite_master where name = 'workbook_records'"
        if not db.execute(exists).fetchall():
            return {}, {}
        query = """
            select s.student_id, c.name, g.auto_score from grade g
            join base_cell c on c.id = g.cell_id
            join submitted_notebook n on n.id = g.notebook_id
            join submitted_assignment s on s.id = n.assignment_id"""
        found = {(student, cell): score for student, cell, score in db.execute(query)}
        query = "select student, status, points, reason from workbook_records"
        return found, {row[0]: row[1:] for row in db.execute(query)}


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """The sample class, handed in and not graded."""
    folder = tmp_path_factory.mktemp("class") / "classroom"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CS231N_CLASSROOM", str(folder))
        course = Course()
        released = release(course, ASSIGNMENT)
        hand_in(course, ASSIGNMENT)
        answers = solutions(course.read_source(ASSIGNMENT))
        right = fill(nbformat.read(released, as_version=4), answers)
        for k in range(20):
            mine = course.submitted / f"right{k:02}" / ASSIGNMENT
            mine.mkdir(parents=True)
            nbformat.write(right, mine / released.name)
    return folder


def test_a_grader_that_is_killed_twenty_times_loses_no_mark(classroom, tmp_path, monkeypatch):
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(classroom, undisturbed)
    monkeypatch.setenv("CS231N_CLASSROOM", str(undisturbed))
    list(grade(Course(), ASSIGNMENT))
    expected = marks(undisturbed)
    assert len(expected[1]) == len(read_class(ASSIGNMENT)) + 20
    moments = random.Random(7)
    unfinished = 0
    for round_ in range(ROUNDS):
        folder = tmp_path / f"round{round_}"
        shutil.copytree(classroom, folder)
        environment = {**os.environ, "CS231N_CLASSROOM": str(folder)}
        command = [sys.executable, "-m", "grading", "grade", ASSIGNMENT]
        options = {"cwd": ROOT, "env": environment}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        before = {}, {}
        for _ in range(KILLS):
            grader = subprocess.Popen(command, **options, **quiet)
            time.sleep(moments.uniform(2.0, 7.0))
            unfinished += grader.poll() is None
            grader.send_signal(signal.SIGKILL)
            grader.wait()
            after = marks(folder)
            for kind in (0, 1):
                assert before[kind].items() <= after[kind].items()
                assert after[kind].items() <= expected[kind].items()
            before = after
        last = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        assert last.returncode == 1  # june's file is refused
        assert "another process" not in last.stderr
        assert marks(folder) == expected
    assert unfinished > ROUNDS * KILLS // 2
