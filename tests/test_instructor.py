"""What an instructor does around grading: collect, late work, marks by hand, a new name."""

import shutil

import nbformat
import pytest
from nbgrader.utils import compute_checksum, is_grade, is_solution

from grading.__main__ import main
from grading.collect import Collector
from grading.course import Course
from grading.feedback import generate_feedback
from grading.grade import grade
from grading.records import Records
from grading.release import release
from grading.repair import Template, rebuild
from grading.sample_class import fill, solutions
from grading.submission import Notes

ASSIGNMENT = "01_backprop"
NAME = "backprop.ipynb"
GRADED = [cell for cell in Course().read_source(ASSIGNMENT).cells if is_grade(cell)]
FULL = sum(cell.metadata.nbgrader.points for cell in GRADED if not is_solution(cell))
MARK = FULL + 2 * sum(map(is_solution, GRADED))  # with 2 points for each written answer


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A class of two, graded, whose written answers have 2 points each by hand."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CS231N_CLASSROOM", str(tmp_path_factory.mktemp("classroom")))
        course = Course()
        released = nbformat.read(release(course, ASSIGNMENT), as_version=4)
        solved = fill(released, solutions(course.read_source(ASSIGNMENT)))
        for student in ("amal", "fay"):
            folder = course.submitted / student / ASSIGNMENT
            folder.mkdir(parents=True)
            nbformat.write(solved, folder / NAME)
            (folder / "timestamp.txt").write_text("2026-11-16 08:00:00")
        list(grade(course, ASSIGNMENT))
        with course.gradebook() as gradebook:
            for student in ("amal", "fay"):
                found = gradebook.find_submission(ASSIGNMENT, student)
                for mark in found.notebooks[0].grades:
                    if mark.needs_manual_grade:
                        mark.manual_score, mark.needs_manual_grade = 2.0, False
            gradebook.db.commit()
        yield course


@pytest.fixture
def course(marked, tmp_path, monkeypatch):
    """A copy of that class."""
    shutil.copytree(marked.submitted.parent, tmp_path / "classroom")
    monkeypatch.setenv("CS231N_CLASSROOM", str(tmp_path / "classroom"))
    return Course()


def set_due_date(course, date):
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate=date)


def penalty(course, student):
    with course.gradebook() as gradebook:
        return gradebook.find_submission(ASSIGNMENT, student).late_submission_penalty


# Collecting


@pytest.mark.parametrize(
    ("told", "time"),
    [
        ("2026-11-15-23-59-07", "2026-11-15 23:59:07"),
        ("2026-11-15-23-59", "2026-11-15 23:59"),
        ("2026-11-15", "2026-11-15"),
        ("20261115235907", "20261115235907"),
    ],
)
def test_the_time_in_a_files_name_is_read_as_it_stands(told, time):
    name = r"(?P<student_id>\w+)_attempt_(?P<timestamp>[-\d]+)_(?P<file_id>\w+)\.ipynb"
    collector = Collector(named_regexp=name)
    info = collector.collect(f"amal_attempt_{told}_backprop.ipynb")
    assert (info["student_id"], info["file_id"], info["timestamp"]) == ("amal", "backprop", time)
    assert collector.collect("notes.pdf") is None


# Late work


@pytest.mark.parametrize("how", ["due date", "extension"])
def test_what_being_late_costs_follows_the_dates_without_grading_again(course, how):
    course.config.LateSubmissionPlugin.penalty_method = "zero"
    graded = course.autograded / "amal" / ASSIGNMENT / NAME
    written = graded.stat().st_mtime_ns
    set_due_date(course, "2026-11-15 23:59:59")
    list(grade(course, ASSIGNMENT))
    assert penalty(course, "amal") == MARK
    if how == "due date":
        set_due_date(course, "2026-11-16 12:00")
    else:
        with course.gradebook() as gradebook:
            gradebook.grant_extension(ASSIGNMENT, "amal", hours=12)
    list(grade(course, ASSIGNMENT))
    assert penalty(course, "amal") == 0
    assert penalty(course, "fay") == (0 if how == "due date" else MARK)
    assert graded.stat().st_mtime_ns == written


def test_the_settings_may_hold_a_class_of_their_own(course):
    class TenPercent:  # cannot be sent to another process
        pass

    course.config.AssignLatePenalties.own = TenPercent
    assert len(generate_feedback(course, ASSIGNMENT)) == 2


# A mended test


def test_points_of_an_earlier_release_are_no_concern_and_others_are(marked):
    source = marked.read_source(ASSIGNMENT)
    released = nbformat.read(marked.release / ASSIGNMENT / NAME, as_version=4)
    [test] = [cell for cell in released.cells if cell.id == "test_chain_rule"]
    test.metadata.nbgrader.points = 50
    notes = Notes()
    rebuild(released, Template(source), notes)
    assert notes.concerns == ["test_chain_rule: 'points' was set to 50."]
    test.metadata.nbgrader.checksum = compute_checksum(test)  # as nbgrader does
    notes = Notes()
    rebuild(released, Template(source), notes)
    assert notes.concerns == []


# Marks by hand, and names


def test_marks_by_hand_stay_when_a_submission_is_graded_again_and_nothing_waits(course):
    [result] = grade(course, ASSIGNMENT, ["amal"])
    assert (result.status, result.points, result.by_hand) == ("graded", FULL, False)
    with course.gradebook() as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "amal").score == MARK


def test_a_resubmission_keeps_marks_by_hand_and_asks_for_a_look(course):
    path = course.submitted / "amal" / ASSIGNMENT / NAME
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source = "A new text."
    nbformat.write(notebook, path)
    [result] = grade(course, ASSIGNMENT, ["amal"])
    assert result.by_hand
    with course.gradebook() as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "amal").score == MARK


def test_a_student_under_a_wrong_name_can_be_renamed_and_is_forgotten(course):
    (course.submitted / "fay").rename(course.submitted / "Fay Lee")
    names = [result.student for result in grade(course, ASSIGNMENT)]
    assert names == ["amal", "Fay Lee"]
    with course.gradebook() as gradebook:
        gradebook.remove_student("fay")
    list(grade(course, ASSIGNMENT))
    with Records(course, ASSIGNMENT) as records:
        assert [result.student for result, _ in records.all()] == ["Fay Lee", "amal"]
        assert "fay" not in records.roster()


def test_a_gradebook_that_cannot_be_read_is_told_in_one_line(course, capsys):
    course.gradebook_file.write_bytes(b"not a database" * 100)
    assert main(["report", ASSIGNMENT]) == 1
    assert capsys.readouterr().err == "error: the gradebook: file is not a database\n"
