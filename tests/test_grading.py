"""Release, hand in, grade, return: the whole way, with the sample class."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import MissingEntry
from nbgrader.utils import is_grade, is_solution

from grading.course import Course, CourseError
from grading.feedback import generate_feedback
from grading.grade import grade
from grading.release import release
from grading.repair import Template, is_test, read_submission, rebuild
from grading.sample_class import fill, read_class, solutions
from grading.submission import Notes, UngradableError

ASSIGNMENT = "01_backprop"
NAME = "backprop.ipynb"
STUDENTS = read_class(ASSIGNMENT)
FULL = sum(
    cell.metadata.nbgrader.points
    for cell in Course().read_source(ASSIGNMENT).cells
    if is_test(cell)
)


@pytest.fixture(scope="module")
def source():
    return Course().read_source(ASSIGNMENT)


def scores(graded_class, student):
    with graded_class.course.gradebook() as gradebook:
        notebook = gradebook.find_submission_notebook("backprop", ASSIGNMENT, student)
        return {grade.name: grade.auto_score for grade in notebook.grades}


# Release


def test_a_release_holds_no_solution_and_no_hidden_test(graded_class):
    text = json.dumps(graded_class.released)
    assert "SOLUTION" not in text
    assert "HIDDEN" not in text
    answers = solutions(graded_class.source)
    assert answers["reflect_branch"] not in text


def test_a_release_keeps_every_cell_and_its_points(graded_class):
    def outline(notebook):
        return [
            (cell.id, cell.metadata.get("nbgrader", {}).get("points")) for cell in notebook.cells
        ]

    assert outline(graded_class.released) == outline(graded_class.source)


def test_a_released_notebook_can_be_written_to(graded_class):
    path = graded_class.course.release / ASSIGNMENT / NAME
    assert path.stat().st_mode & stat.S_IWUSR


def test_an_unknown_assignment_is_named(classroom):
    with pytest.raises(CourseError, match="no assignment '01_backdrop'; there is 01_backprop"):
        release(classroom, "01_backdrop")


# The sample class


def test_the_right_answers_fill_the_release_to_what_the_source_is(graded_class):
    def without_marks(notebook):
        return [
            [line for line in cell.source.splitlines() if "### " not in line]
            for cell in notebook.cells
            if is_solution(cell)
        ]

    filled = fill(graded_class.released, solutions(graded_class.source))
    assert without_marks(filled) == without_marks(graded_class.source)


def test_the_sample_class_has_at_least_eight_different_students():
    assert len(STUDENTS) >= 8
    assert len(
        {str(student.answers) + str(student.raw) + student.start for student in STUDENTS}
    ) == len(STUDENTS)


def test_everybody_has_a_result_with_a_reason_of_one_line(graded_class):
    assert graded_class.results.keys() == graded_class.students.keys()
    for result in graded_class.results.values():
        assert result.reason
        assert "\n" not in result.reason
        assert "Traceback" not in result.reason


def test_the_reference_gets_every_point(graded_class):
    result = graded_class.results["ada"]
    assert (result.status, result.points) == ("graded", result.max_points)
    assert result.max_points == FULL


def test_the_blank_release_gets_no_point_and_is_called_blank(graded_class):
    result = graded_class.results["ben"]
    assert (result.status, result.points) == ("blank", 0)
    assert set(scores(graded_class, "ben").values()) == {0}


@pytest.mark.parametrize("name", [s.name for s in STUDENTS if s.loses and s.loses != ("all",)])
def test_a_mistake_loses_the_points_of_its_own_exercise_and_no_other(graded_class, name):
    student = graded_class.students[name]
    full, mine = scores(graded_class, "ada"), scores(graded_class, name)
    assert {test for test in full if mine[test] != full[test]} == set(student.loses)
    assert all(mine[test] == 0 for test in student.loses)
    assert graded_class.results[name].points == sum(filter(None, mine.values()))


def test_a_written_answer_waits_for_a_person(graded_class):
    assert scores(graded_class, "ada")["reflect_branch"] is None
    assert graded_class.results["ada"].by_hand
    assert not graded_class.results["ben"].by_hand


def test_an_answer_that_ends_its_process_costs_its_own_points_and_says_so(graded_class):
    result = graded_class.results["ivan"]
    assert (result.status, result.points) == ("graded", FULL - 1)
    assert "exp_backward: Crash: this ended its own Python process" in result.reason


def test_a_file_that_is_no_notebook_is_refused(graded_class):
    result = graded_class.results["june"]
    assert (result.status, result.points) == ("refused", None)
    assert result.reason.startswith("backprop.ipynb is not a notebook, or was cut off")


def test_answers_above_a_line_left_from_the_release_are_not_called_blank(graded_class):
    course = graded_class.course
    answers = {
        name: f"{text}\nraise NotImplementedError()"
        for name, text in solutions(graded_class.source).items()
    }
    folder = course.submitted / "lea" / ASSIGNMENT
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(fill(graded_class.released, answers), folder / NAME)
    [result] = grade(course, ASSIGNMENT, ["lea"])
    assert (result.status, result.points) == ("graded", 0)
    assert "the line `raise NotImplementedError()` is still there" in result.reason


def test_grading_again_gives_the_same_marks(graded_class):
    [again] = grade(graded_class.course, ASSIGNMENT, ["goran"])
    assert again == graded_class.results["goran"]


# Feedback


def test_feedback_is_there_for_everybody_and_tells_why_a_file_was_refused(graded_class):
    assert graded_class.pages.keys() == graded_class.results.keys()
    page = graded_class.pages["june"].read_text(encoding="utf-8")
    assert "This could not be graded: backprop.ipynb is not a notebook" in page


def test_feedback_has_the_message_and_no_line_of_a_hidden_test(graded_class):
    page = graded_class.pages["goran"].read_text(encoding="utf-8")
    assert "It is the transpose of the right answer." in page
    hidden = {
        line.strip()
        for cell in graded_class.source.cells
        if is_test(cell)
        for line in cell.source.split("### BEGIN HIDDEN TESTS")[1].splitlines()
        if len(line.strip()) > 25
    }
    visible = json.dumps(graded_class.released)
    for name, path in graded_class.pages.items():
        text = path.read_text(encoding="utf-8")
        for line in hidden:
            assert line not in text or json.dumps(line)[1:-1] in visible, (name, line)
        assert "HIDDEN" not in text


def test_feedback_before_grading_says_what_to_run(classroom):
    with pytest.raises(CourseError, match="Run: python -m grading grade 01_backprop"):
        generate_feedback(classroom, ASSIGNMENT)


def test_feedback_for_somebody_without_a_result_names_them(graded_class):
    with pytest.raises(CourseError, match="'nobody' has no result for 01_backprop"):
        generate_feedback(graded_class.course, ASSIGNMENT, ["nobody"])


# Bad input


def hand_in(folder, content):
    folder.mkdir(exist_ok=True)
    if isinstance(content, bytes):
        (folder / NAME).write_bytes(content)
    elif content is not None:
        (folder / NAME).write_text(content, encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "backprop.ipynb is empty."),
        (b" \n", "backprop.ipynb is empty."),
        (b"%PDF-1.7 \xff\xfe", "backprop.ipynb is a PDF, not a notebook; hand in the .ipynb file."),
        (b"PK\x03\x04 \xff", "backprop.ipynb is a zip archive, not a notebook; "),
        (b"<!DOCTYPE html>", "backprop.ipynb is a web page, not a notebook; "),
        ("print('hello')", "backprop.ipynb is not a notebook, or was cut off: "),
        ('{"cells": [', "backprop.ipynb is not a notebook, or was cut off: "),
        ("[]", "backprop.ipynb is JSON, but not a notebook."),
        ('{"cells": 3}', "backprop.ipynb is JSON, but not a notebook."),
        ("[" * 100_000, "backprop.ipynb is not a notebook, or was cut off: "),
        (
            json.dumps(nbformat.v4.new_notebook()),
            "backprop.ipynb has none of the assignment's answer cells.",
        ),
        (None, "there is no backprop.ipynb in the folder; the folder is empty."),
    ],
)
def test_what_is_no_submission_gets_one_clear_reason(tmp_path, source, content, reason):
    hand_in(tmp_path / "s", content)
    with pytest.raises(UngradableError) as error:
        read_submission(tmp_path / "s", NAME, Template(source), Notes())
    assert str(error.value).startswith(reason)
    assert "\n" not in str(error.value)


def test_a_symlink_is_not_followed(tmp_path, source):
    (tmp_path / "other.ipynb").write_text(json.dumps(source))
    (tmp_path / NAME).symlink_to(tmp_path / "other.ipynb")
    with pytest.raises(UngradableError, match=r"backprop\.ipynb is a link; hand in the file"):
        read_submission(tmp_path, NAME, Template(source), Notes())


def test_bad_files_leave_the_gradebook_and_the_others_alone(classroom):
    release(classroom, ASSIGNMENT)
    for name, content in {"empty": b"", "other": json.dumps(nbformat.v4.new_notebook())}.items():
        folder = classroom.submitted / name / ASSIGNMENT
        folder.mkdir(parents=True)
        hand_in(folder, content)
    results = list(grade(classroom, ASSIGNMENT))
    assert [result.status for result in results] == ["refused", "refused"]
    with classroom.gradebook() as gradebook:
        assert not gradebook.students


def test_grading_before_a_release_says_what_to_run(classroom):
    with pytest.raises(CourseError, match="Run: python -m grading release 01_backprop"):
        next(grade(classroom, ASSIGNMENT))


def test_grading_an_empty_class_says_where_submissions_belong(classroom):
    release(classroom, ASSIGNMENT)
    with pytest.raises(CourseError, match="nobody has handed in 01_backprop"):
        next(grade(classroom, ASSIGNMENT))


def test_a_student_who_has_not_handed_in_is_named(graded_class):
    with pytest.raises(CourseError, match="'nobody' has not handed in 01_backprop"):
        next(grade(graded_class.course, ASSIGNMENT, ["nobody"]))


# Oddities that cost nothing


def as_version_3(notebook):
    return json.dumps(nbformat.convert(nbformat.from_dict(notebook), 3))


def with_ids_in_version_4_4(notebook):
    return json.dumps({**notebook, "nbformat_minor": 4})


def without_metadata(notebook):
    cells = [{**cell, "metadata": {}} for cell in notebook.cells]
    return json.dumps({**notebook, "cells": cells, "metadata": {}})


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda notebook: "\ufeff" + json.dumps(notebook), id="byte order mark"),
        pytest.param(as_version_3, id="version 3"),
        pytest.param(with_ids_in_version_4_4, id="version 4.4 with ids"),
        pytest.param(without_metadata, id="metadata lost"),
    ],
)
def test_a_notebook_from_another_program_keeps_its_answers(graded_class, tmp_path, write):
    hand_in(tmp_path / "s", write(submission(graded_class)))
    template = Template(graded_class.source)
    rebuilt = by_id(read_submission(tmp_path / "s", NAME, template, Notes()))
    for name, cell in by_id(submission(graded_class)).items():
        if is_solution(cell):
            assert rebuilt[name].source == cell.source


# Rebuilding a submission from the source


def by_id(notebook):
    return {cell.id: cell for cell in notebook.cells}


def submission(graded_class):
    return fill(graded_class.released, solutions(graded_class.source))


def test_tests_points_and_tags_come_from_the_source(graded_class):
    submitted = submission(graded_class)
    for cell in submitted.cells:
        if is_test(cell):
            cell.source = "print('full marks, please')"
            cell.metadata.nbgrader.points = 1000
        cell.metadata.tags = ["skip-execution"]
    rebuilt = rebuild(submitted, Template(graded_class.source))
    for cell in graded_class.source.cells:
        if is_test(cell):
            assert by_id(rebuilt)[cell.id] == cell
    assert "skip-execution" not in json.dumps(rebuilt)


def test_missing_tests_come_back_and_a_missing_answer_is_a_blank_one(graded_class):
    submitted = submission(graded_class)
    submitted.cells = [c for c in submitted.cells if not is_grade(c) and c.id != "chain_rule"]
    rebuilt = by_id(rebuild(submitted, Template(graded_class.source)))
    assert rebuilt.keys() == by_id(graded_class.source).keys()
    assert "raise NotImplementedError()" in rebuilt["chain_rule"].source
    assert rebuilt["exp_backward"].source == by_id(submitted)["exp_backward"].source


def test_cells_that_the_student_added_stay_in_their_place_without_metadata(graded_class):
    submitted = submission(graded_class)
    helper = nbformat.v4.new_code_cell("helper = 1", metadata={"tags": ["experiment"]})
    top = nbformat.v4.new_markdown_cell("my notes")
    place = [cell.id for cell in submitted.cells].index("exp_backward")
    submitted.cells.insert(place + 1, helper)
    submitted.cells.insert(0, top)
    rebuilt = rebuild(submitted, Template(graded_class.source))
    nbformat.validate(rebuilt)
    sources = [cell.source for cell in rebuilt.cells]
    assert sources[0] == "my notes"
    assert sources.index("helper = 1") == [c.id for c in rebuilt.cells].index("exp_backward") + 1
    assert rebuilt.cells[sources.index("helper = 1")].metadata == {}


@pytest.mark.parametrize("copy_first", [True, False])
def test_a_copied_answer_cell_left_blank_does_not_undo_the_answer(graded_class, copy_first):
    submitted = submission(graded_class)
    place = [cell.id for cell in submitted.cells].index("exp_backward")
    blank = nbformat.from_dict(by_id(graded_class.released)["exp_backward"])
    blank.id = "copy"
    submitted.cells.insert(place + (0 if copy_first else 1), blank)
    rebuilt = rebuild(submitted, Template(graded_class.source))
    answer = by_id(submission(graded_class))["exp_backward"].source
    assert by_id(rebuilt)["exp_backward"].source == answer
    assert [cell.id for cell in rebuilt.cells].count("exp_backward") == 1


def test_rebuilding_changes_neither_the_submission_nor_the_source(graded_class):
    submitted = submission(graded_class)
    before = json.dumps([submitted, graded_class.source])
    rebuild(submitted, Template(graded_class.source))
    assert json.dumps([submitted, graded_class.source]) == before


# Execution


def grade_answers(graded_class, student, changed, extra=()):
    """Grade the right answers with some of them changed, and cells added at the end."""
    course = graded_class.course
    folder = course.submitted / student / ASSIGNMENT
    folder.mkdir(parents=True, exist_ok=True)
    notebook = fill(graded_class.released, solutions(graded_class.source) | changed)
    notebook.cells += extra
    nbformat.write(notebook, folder / NAME)
    [result] = grade(course, ASSIGNMENT, [student])
    return result


def test_calls_of_a_function_that_a_test_passes_in_are_counted_in_grading_too(graded_class):
    computed_again = {
        "cube_forward": "out = slow(x) ** 3\ncache = (x, slow)",
        "cube_backward": "x, slow = cache\ndv = dout * 3 * slow(x) ** 2",
    }
    result = grade_answers(graded_class, "kira", computed_again)
    assert result.points == FULL - 1
    assert "calls of slow in backward: found 1, expected 0" in result.reason


def test_a_notebook_that_takes_too_long_in_all_fails_with_that_reason(graded_class, monkeypatch):
    monkeypatch.setattr("grading.grade.SECONDS", 4)
    slow = {"exp_backward": "import time\ntime.sleep(20)\ndx = dout * out"}
    result = grade_answers(graded_class, "nele", slow)
    assert (result.status, result.reason) == ("failed", "this took longer than 4 s in all.")
    with pytest.raises(MissingEntry):
        scores(graded_class, "nele")


def test_a_later_file_that_fails_keeps_the_mark_of_an_earlier_one(graded_class, monkeypatch):
    assert grade_answers(graded_class, "max", {}).points == FULL
    monkeypatch.setattr("grading.grade.SECONDS", 0)
    result = grade_answers(graded_class, "max", {})
    assert result.status == "failed"
    assert result.reason.endswith(f"The mark of an earlier file stays: {FULL}.")


def test_ctrl_c_stops_grading_at_once_and_prints_the_marks_so_far(graded_class):
    course = graded_class.course
    grade_answers(graded_class, "olga", {})
    slow = {"exp_backward": "import time\ntime.sleep(25)\ndx = dout * out"}
    for name in ("yara", "zoe"):
        folder = course.submitted / name / ASSIGNMENT
        folder.mkdir(parents=True)
        answers = solutions(graded_class.source) | slow
        nbformat.write(fill(graded_class.released, answers), folder / NAME)
    classroom = str(course.gradebook_file.parent)
    process = subprocess.Popen(
        [sys.executable, "-m", "grading", "grade", ASSIGNMENT, "olga", "zoe", "yara"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "CS231N_CLASSROOM": classroom},
        start_new_session=True,
    )
    path = course.autograded / "olga" / ASSIGNMENT / NAME
    written = path.stat().st_mtime_ns
    end = time.monotonic() + 60
    while path.stat().st_mtime_ns == written and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors == "stopped; what is graded so far is kept. The same command goes on.\n"
    assert f"olga         graded   {FULL} of {FULL}  all tests pass." in out
    assert "zoe" not in out
    assert sum(filter(None, scores(graded_class, "olga").values())) == FULL
    assert not (course.autograded / "zoe" / ASSIGNMENT).exists()
    with pytest.raises(MissingEntry):
        scores(graded_class, "zoe")
    for name in ("yara", "zoe"):  # what others grade in this class need not wait for them
        shutil.rmtree(course.submitted / name)


def test_a_backward_that_can_not_be_tested_waits_in_the_gradebook_for_a_person(graded_class):
    changed = {
        "sigmoid_forward": "raise ValueError('not finished')",
        "sigmoid_backward": "dx = dout * cache['out'] * (1 - cache['out'])",
    }
    result = grade_answers(graded_class, "sven", changed)
    assert result.status == "graded"
    assert result.reason.startswith("sigmoid_forward: ValueError: not finished")
    assert result.reason.endswith("; 3 points wait for a person: sigmoid_backward.")
    with graded_class.course.gradebook() as gradebook:
        notebook = gradebook.find_submission_notebook("backprop", ASSIGNMENT, "sven")
        grades = {grade.name: grade for grade in notebook.grades}
    assert grades["test_sigmoid_forward"].auto_score == 0
    assert not grades["test_sigmoid_forward"].needs_manual_grade
    assert grades["test_sigmoid_backward"].auto_score is None
    assert grades["test_sigmoid_backward"].needs_manual_grade


def test_a_student_who_prints_all_there_is_to_see_shows_no_hidden_test(graded_class):
    peek = nbformat.v4.new_code_cell(
        "import gc, sys\n"
        "print([x for x in gc.get_objects() if isinstance(x, (str, dict))])\n"
        "print([f.f_code for f in sys._current_frames().values()], globals())"
    )
    tell = {"chain_rule": "import traceback\nraise ValueError(''.join(traceback.format_stack()))"}
    grade_answers(graded_class, "piet", tell, extra=[peek])
    [page] = generate_feedback(graded_class.course, ASSIGNMENT, ["piet"])
    text = Path(page).read_text(encoding="utf-8")
    for cell in graded_class.source.cells:
        _, _, hidden = cell.source.partition("### BEGIN HIDDEN TESTS")
        visible = cell.source.partition("### BEGIN HIDDEN TESTS")[0]
        for line in map(str.strip, hidden.splitlines()):
            if len(line) > 30 and line not in visible:
                assert line not in text


def test_a_script_in_a_students_text_does_not_reach_the_page(graded_class):
    script = nbformat.v4.new_markdown_cell("<script>alert('mine')</script><b>bold</b>")
    shown = nbformat.v4.new_code_cell(
        "from IPython.display import HTML, Javascript, display\n"
        "display(HTML('<i>see</i><img src=x onerror=alert(2)>'), Javascript('alert(3)'))"
    )
    grade_answers(graded_class, "quin", {}, extra=[script, shown])
    [page] = generate_feedback(graded_class.course, ASSIGNMENT, ["quin"])
    text = Path(page).read_text(encoding="utf-8")
    for danger in ("<script>alert('mine')", "<img src=x", "<script>alert(3)"):
        assert danger not in text


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JavaScript&colon;alert(1)",
        "&#106;avascript:alert(1)",
        "vbscript:x",
        "data:text/html,x",
        "java\\script:alert(1)",
        "<javascript:alert(1)>",
    ],
)
def test_a_link_that_may_run_a_script_is_no_link(graded_class, target):
    submitted = submission(graded_class)
    by_id(submitted)["reflect_branch"].source = f"[a]({target}) and\n\n[b]: {target}"
    text = by_id(rebuild(submitted, Template(graded_class.source)))["reflect_branch"].source
    assert text.startswith("[a] (")
    assert "[b] :" in text


def test_a_link_to_the_web_stays_and_a_pasted_picture_is_named(graded_class):
    submitted = submission(graded_class)
    text = "[a](https://example.org/x?y=1&z=2) [b](#part) ![fig](attachment:image.png)"
    by_id(submitted)["reflect_branch"].source = text
    text = by_id(rebuild(submitted, Template(graded_class.source)))["reflect_branch"].source
    assert text == "[a](https://example.org/x?y=1&z=2) [b](#part) (picture: fig)"


def added(kind, source):
    """Make a cell as a program writes it that knows little of notebooks."""
    return {"cell_type": kind, "source": source, "metadata": {}}


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        (lambda nb: nb["metadata"].update(number=int("1" * 4000)), "graded"),
        (lambda nb: nb["cells"].append(added("code", "x = 1")), "graded"),
        (lambda nb: nb["cells"].append(added("markdown", 5)), "graded"),
        (lambda nb: nb["cells"].append(added("code", "'\ud800'")), "graded"),
        (lambda nb: nb.update(cells={"a": 1}), "refused"),
    ],
)
def test_an_odd_file_ends_with_a_status_and_stops_nobody(graded_class, spoil, status):
    course = graded_class.course
    notebook = json.loads(nbformat.writes(submission(graded_class)))
    spoil(notebook)
    folder = course.submitted / "odd" / ASSIGNMENT
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text(json.dumps(notebook), encoding="utf-8")
    results = {result.student: result for result in grade(course, ASSIGNMENT, ["odd", "ben"])}
    assert results["odd"].status == status
    assert results["ben"].status == "blank"


def test_a_number_with_thousands_of_digits_is_refused_in_one_line(graded_class):
    course = graded_class.course
    folder = course.submitted / "digits" / ASSIGNMENT
    folder.mkdir(parents=True, exist_ok=True)
    text = nbformat.writes(submission(graded_class))
    text = text.replace('"nbformat": 4,', '"nbformat": 4, "x": ' + "1" * 5000 + ",")
    (folder / NAME).write_text(text, encoding="utf-8")
    [result] = grade(course, ASSIGNMENT, ["digits"])
    assert (result.status, result.points) == ("refused", None)


def test_a_cell_whose_name_is_no_text_stops_nobody(graded_class):
    course = graded_class.course
    notebook = json.loads(nbformat.writes(submission(graded_class)))
    notebook["cells"][0]["metadata"]["nbgrader"] = {"grade_id": ["a"], "grade": True}
    folder = course.submitted / "listed" / ASSIGNMENT
    folder.mkdir(parents=True)
    (folder / NAME).write_text(json.dumps(notebook), encoding="utf-8")
    [result] = grade(course, ASSIGNMENT, ["listed"])
    assert (result.status, result.points) == ("graded", FULL)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a name has to be text")
def test_a_folder_whose_name_is_no_text_is_refused_and_stops_nobody(graded_class):
    course = graded_class.course
    name = os.fsdecode(b"o\xff")
    (course.submitted / name / ASSIGNMENT).mkdir(parents=True)
    first, second = grade(course, ASSIGNMENT, [name, "ben"])
    shutil.rmtree(course.submitted / name)
    assert (first.student, first.status) == (r"o\udcff", "refused")
    assert first.reason == "the folder's name has a character that can't be printed; rename it."
    assert second.status == "blank"


def test_a_folder_whose_name_ends_with_a_space_is_graded(graded_class):
    assert grade_answers(graded_class, "ida ", {}).points == FULL


def test_a_file_that_may_not_be_read_is_refused_and_stops_nobody(graded_class, monkeypatch):
    course = graded_class.course
    folder = course.submitted / "shut" / ASSIGNMENT
    folder.mkdir(parents=True)
    (folder / NAME).write_text("{}")

    def denied(self, *arguments):
        if "shut" in self.parts:
            raise PermissionError(13, "Permission denied")
        return read(self, *arguments)

    def opened(path, *arguments, **options):
        if "shut" in str(path):
            raise PermissionError(13, "Permission denied")
        return open(path, *arguments, **options)

    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", denied)
    monkeypatch.setattr("grading.submission.open", opened, raising=False)
    results = {result.student: result for result in grade(course, ASSIGNMENT, ["shut", "ben"])}
    first, second = results["shut"], results["ben"]
    assert first.reason == "backprop.ipynb can't be read: Permission denied."
    assert {first.status, second.status} == {"refused", "blank"}


def test_a_written_answer_keeps_its_text_but_for_tags(graded_class):
    submitted = submission(graded_class)
    template = Template(graded_class.source)
    by_id(submitted)["reflect_branch"].source = "> x < 3 & y, $a<b$, `g < 1` <script>"
    rebuilt = rebuild(rebuild(submitted, template), template)
    text = by_id(rebuilt)["reflect_branch"].source
    assert text == "> x < 3 & y, $a<\u200bb$, `g < 1` <\u200bscript>"


def test_a_students_own_compare_and_require_change_no_mark(graded_class):
    own = nbformat.v4.new_code_cell("def compare(a, b):\n    return a - b\n\nrequire = print")
    course = graded_class.course
    notebook = fill(graded_class.released, solutions(graded_class.source))
    place = [cell.id for cell in notebook.cells].index("setup")
    notebook.cells.insert(place + 1, own)
    folder = course.submitted / "sam" / ASSIGNMENT
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / NAME)
    [result] = grade(course, ASSIGNMENT, ["sam"])
    assert result.points == result.max_points


def test_a_warning_costs_nothing_and_a_bare_number_is_no_mark(graded_class):
    course = graded_class.course
    answers = solutions(graded_class.source)
    answers["exp_backward"] = (
        "import warnings\nwarnings.warn('look out')\n" + answers["exp_backward"]
    )
    answers["multiply_backward"] = "import sys\nprint('hm', file=sys.stderr)\ndx, dy = 0 * x, 0 * y"
    folder = course.submitted / "kai" / ASSIGNMENT
    folder.mkdir(parents=True)
    nbformat.write(fill(graded_class.released, answers), folder / NAME)
    [result] = grade(course, ASSIGNMENT, ["kai"])
    full = scores(graded_class, "ada")
    lost = {test for test, score in scores(graded_class, "kai").items() if score != full[test]}
    assert lost == {"test_multiply_backward"}
    assert result.points == FULL - 2
