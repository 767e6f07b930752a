"""The made-up students of every assignment hand in what their files say."""

import nbformat
import pytest
from nbgrader.preprocessors import ClearSolutions
from nbgrader.utils import is_solution

from grading.course import Course
from grading.sample_class import BEGIN, END, fill, read_class, solutions

COURSE = Course()
SOURCES = {name: COURSE.read_source(name) for name in COURSE.assignments()}
each_assignment = pytest.mark.parametrize("assignment", SOURCES)


def code_answers(notebook):
    """Collect the answer cells that hold code, by their ids, without the marks of a solution."""
    answers = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_solution(cell):
            lines = cell.source.splitlines()
            answers[cell.id] = "\n".join(line for line in lines if line.strip() not in (BEGIN, END))
    return answers


@each_assignment
def test_right_answers_filled_into_a_blank_notebook_are_the_source_without_its_marks(assignment):
    blank, _ = ClearSolutions().preprocess(nbformat.from_dict(SOURCES[assignment]), {})
    filled = fill(blank, solutions(SOURCES[assignment]))
    assert code_answers(filled) == code_answers(SOURCES[assignment])


@each_assignment
def test_ten_students_hand_in_and_name_answers_and_tests_that_there_are(assignment):
    students = read_class(assignment)
    assert len(students) >= 10
    ids = {cell.id for cell in SOURCES[assignment].cells}
    for student in students:
        assert student.answers.keys() <= ids
        assert set(student.loses) <= ids | {"all"}
