"""Marks and how each grading ended are written together, and kept."""

import json
import sqlite3
from datetime import datetime

import pytest

from grading.course import Course, CourseError
from grading.grade import grade
from grading.records import Graded, Records, Result

ASSIGNMENT = "01_backprop"
TEST, WRITTEN = "test_exp_backward", "reflect_branch"


@pytest.fixture
def course(new_classroom, monkeypatch):
    """A course with a released assignment and nobody in it."""
    course = new_classroom()
    monkeypatch.setenv("CS231N_CLASSROOM", str(course.gradebook_file.parent))
    return course


def graded(student="ada", points=1.0, **changes):
    result = Result(
        student, "graded", points, 37.0, "all tests pass.", True, ("repaired",), ("odd",)
    )
    values = {"scores": {TEST: points, WRITTEN: None}, "text": json.dumps({"cells": []})}
    return Graded(result, **{**values, **changes})


def grades(course, student="ada"):
    with course.gradebook() as gradebook:
        notebook = gradebook.find_submission_notebook("backprop", ASSIGNMENT, student)
        return {
            grade.name: (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for grade in notebook.grades
        }


def mark_by_hand(course, student="ada", points=2.0):
    with course.gradebook() as gradebook:
        grade = gradebook.find_grade(WRITTEN, "backprop", ASSIGNMENT, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.db.commit()


def test_marks_and_result_are_there_after_saving(course):
    with Records(course, ASSIGNMENT) as records:
        records.save(graded(), "files")
    assert grades(course)[TEST] == (1.0, None, False)
    assert grades(course)[WRITTEN] == (None, None, True)
    with Records(course, ASSIGNMENT) as records:
        assert records.find("ada", "files") == graded().result
        assert records.mark("ada") == 1.0
        assert records.roster() == {"ada"}


def test_a_result_of_other_files_is_not_found(course):
    with Records(course, ASSIGNMENT) as records:
        records.save(graded(), "files")
        assert records.find("ada", "other files") is None
        assert records.find("ben", "files") is None


def test_a_result_whose_notebook_is_lost_is_not_found(course):
    with Records(course, ASSIGNMENT) as records:
        records.save(graded(), "files")
        (course.autograded / "ada" / ASSIGNMENT / "backprop.ipynb").unlink()
        assert records.find("ada", "files") is None


def test_a_result_of_other_tests_is_not_found(course, monkeypatch):
    with Records(course, ASSIGNMENT) as records:
        records.save(graded(), "files")
    monkeypatch.setattr(course, "version", lambda _: "newer tests")
    with Records(course, ASSIGNMENT) as records:
        assert records.find("ada", "files") is None


def test_a_mark_by_hand_stands_when_tests_change_and_is_asked_for_again_with_new_files(course):
    with Records(course, ASSIGNMENT) as records:
        records.save(graded(), "files")
        mark_by_hand(course)
        records.save(graded(points=0.0), "files")
        assert grades(course)[WRITTEN] == (None, 2.0, False)
        assert not records.find("ada", "files").by_hand
        records.save(graded(), "other files")
        assert grades(course)[WRITTEN] == (None, 2.0, True)


def test_when_the_notebook_can_not_be_written_the_marks_stay(course, monkeypatch):
    with Records(course, ASSIGNMENT) as records:
        records.save(graded(), "files")

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("grading.records.write_whole", full)
        with pytest.raises(OSError, match="No space left"):
            records.save(graded(points=0.0), "other files")
        assert records.find("ada", "files") == graded().result
    assert grades(course)[TEST] == (1.0, None, False)


def test_when_the_gradebook_can_not_be_written_nothing_of_it_is_there(course, monkeypatch):
    with Records(course, ASSIGNMENT) as records:
        monkeypatch.setattr("grading.records.json.dumps", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            records.save(graded(), "files")
        assert records.mark("ada") is None
        assert records.roster() == set()


def test_a_refused_submission_has_a_result_and_no_marks(course):
    result = Result("june", "refused", None, 37.0, "it is empty.")
    with Records(course, ASSIGNMENT) as records:
        records.save(Graded(result), "files")
        assert records.find("june", "files") == result
        assert records.mark("june") is None


def test_a_late_submission_pays_what_the_courses_setting_says(course):
    course.config.LateSubmissionPlugin.penalty_method = "zero"
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-01-01 12:00:00 UTC")
    with Records(course, ASSIGNMENT) as records:
        records.save(graded("late", timestamp=datetime(2026, 1, 1, 12, 1)), "files")
        records.save(graded("early", timestamp=datetime(2026, 1, 1, 11, 59)), "files")
    with course.gradebook() as gradebook:
        penalties = {
            name: gradebook.find_submission(ASSIGNMENT, name).late_submission_penalty
            for name in ("late", "early")
        }
    assert penalties == {"late": 1.0, "early": 0.0}


def test_nbgraders_own_tables_stay_as_they_are(course):
    def tables():
        with sqlite3.connect(course.gradebook_file) as db:
            found = db.execute("select name, sql from sqlite_master where type = 'table'")
            return dict(found.fetchall())

    before = tables()
    with Records(course, ASSIGNMENT) as records:
        records.save(graded(), "files")
    after = tables()
    assert after.keys() - before.keys() <= {"workbook_records"}
    assert {name: sql for name, sql in after.items() if name in before} == before


def test_while_one_process_grades_another_is_told_to_wait(course):
    (course.submitted / "ada" / ASSIGNMENT).mkdir(parents=True)
    with course.lock(), pytest.raises(CourseError, match="by another process; wait for its end"):
        list(grade(Course(), ASSIGNMENT))


def test_cells_that_changed_since_the_release_are_noticed(course):
    with course.gradebook() as gradebook:
        cell = gradebook.find_graded_cell(TEST, "backprop", ASSIGNMENT)
        cell.max_score += 1
        gradebook.db.commit()
    (course.submitted / "ada" / ASSIGNMENT).mkdir(parents=True)
    with pytest.raises(CourseError, match=r"changed since it was released\. Run: .* release 01_"):
        list(grade(course, ASSIGNMENT))
