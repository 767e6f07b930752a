"""The made-up students of every assignment: each one's mistake costs the tests it names.

Here their answers run in this process. A test that fails is tried once more with right versions of
all other answers, so that a mistake costs points only where it was made. A forward function stays
with its backward function: what is in the cache is between the two.
"""

import functools
import warnings

import nbformat
import pytest
from nbgrader.preprocessors import ClearSolutions
from nbgrader.utils import is_grade, is_solution

from grading.course import Course
from grading.sample_class import BEGIN, END, fill, read_class, solutions

COURSE = Course()
SOURCES = {name: COURSE.read_source(name) for name in COURSE.assignments()}
ENDS_THE_PROCESS = "ctypes"
STUDENTS = [
    pytest.param(assignment, student, id=f"{assignment}-{student.name}")
    for assignment in SOURCES
    for student in read_class(assignment)
    if student.raw is None and ENDS_THE_PROCESS not in "".join(student.answers.values())
]
each_assignment = pytest.mark.parametrize("assignment", SOURCES)
each_student = pytest.mark.parametrize(("assignment", "student"), STUDENTS)


def blank(assignment):
    """Clear the solutions, as in a release."""
    notebook = nbformat.from_dict(SOURCES[assignment])
    return ClearSolutions().preprocess(notebook, {})[0]


def code_answers(notebook):
    """Collect the answer cells that hold code, by their ids, without the marks of a solution."""
    answers = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_solution(cell):
            lines = cell.source.splitlines()
            answers[cell.id] = "\n".join(line for line in lines if line.strip() not in (BEGIN, END))
    return answers


def layer(name):
    return name.removesuffix("_forward").removesuffix("_backward")


def lost_tests(assignment, answers):
    """Name the tests that fail with all answers, and with one layer of the student's alone."""
    right = code_answers(SOURCES[assignment])
    lost = set()
    for test in SOURCES[assignment].cells:
        if not is_grade(test) or is_solution(test):
            continue
        exercise = max((name for name in right if test.id.startswith(f"test_{name}")), key=len)
        same_layer = [name for name in answers if layer(name) == layer(exercise)]
        alone = right | {name: answers[name] for name in same_layer}
        if not any(
            passes(assignment, test.source, tuple(each.items())) for each in (alone, answers)
        ):
            lost.add(test.id)
    return lost


@functools.cache  # many students have the same right answers
def passes(assignment, test, answers):
    names = {}
    exec(next(c.source for c in SOURCES[assignment].cells if c.id == "setup"), names)
    try:
        for name, answer in answers:
            try:
                exec(answer, names)
            except SyntaxError:
                names.pop(name, None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(test, names)
    except Exception:
        return False
    return True


@each_assignment
def test_right_answers_filled_into_a_blank_notebook_are_the_source_without_its_marks(assignment):
    filled = fill(blank(assignment), solutions(SOURCES[assignment]))
    assert code_answers(filled) == code_answers(SOURCES[assignment])


@each_assignment
def test_ten_students_hand_in_and_name_answers_and_tests_that_there_are(assignment):
    students = read_class(assignment)
    assert len(students) >= 10
    ids = {cell.id for cell in SOURCES[assignment].cells}
    for student in students:
        assert student.answers.keys() <= ids
        assert set(student.loses) <= ids | {"all"}


@each_student
def test_a_students_mistake_costs_the_tests_it_names_and_no_other(assignment, student):
    right = solutions(SOURCES[assignment]) if student.start == "right" else {}
    lost = lost_tests(assignment, code_answers(fill(blank(assignment), right | student.answers)))
    if student.loses == ("all",):
        assert lost == {c.id for c in SOURCES[assignment].cells if c.id.startswith("test_")}
    else:
        assert lost == set(student.loses)
