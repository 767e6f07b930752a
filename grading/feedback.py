"""What a student gets back."""

from __future__ import annotations

import logging
import os
import warnings

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor

from grading.course import Course, CourseError, last_error, process_context
from grading.repair import is_test


class HideHiddenTests(NbGraderPreprocessor):
    """nbgrader's step that takes hidden tests out of feedback.

    No output quotes one: tests run in another process than the student's code, and what an error
    keeps of them is its message.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Cut the hidden part of every test cell."""
        for cell in nb.cells:
            if cell.cell_type == "code" and is_test(cell):
                ClearHiddenTests().preprocess_cell(cell, resources, 0)
        return nb, resources


def generate_feedback(course: Course, assignment: str) -> list[str]:
    """Write a feedback page for every graded submission.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        The assignment's name.

    Returns
    -------
    list of str
        The pages' paths.

    Raises
    ------
    CourseError
        If nothing has been graded, or nbgrader fails.
    """
    name = course.source_notebook(assignment).with_suffix(".html").name
    graded = sorted(path.parts[-3] for path in course.autograded.glob(f"*/{assignment}/*.ipynb"))
    if not graded:
        raise CourseError(f"nothing is graded yet. Run: python -m grading grade {assignment}")
    # pages only read the gradebook, so that they can be written side by side
    with process_context().Pool(min(os.cpu_count() or 1, len(graded))) as pool:
        failures = pool.starmap(_write_page, [(course, assignment, who) for who in graded])
    for who, failure in zip(graded, failures, strict=True):
        if failure:
            raise CourseError(f"nbgrader could not write the feedback for {who}: {failure}")
    return [str(course.feedback / who / assignment / name) for who in graded]


def _write_page(course: Course, assignment: str, student: str) -> str:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    result = course.nbgrader().generate_feedback(assignment, student)
    return "" if result["success"] else last_error(result["log"])
