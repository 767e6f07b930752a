"""What a student gets back."""

from __future__ import annotations

import html
import logging
import os
import warnings
from collections.abc import Iterable

from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor

from grading.course import Course, CourseError, process_context, processors, write_whole
from grading.records import Records, Result
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


REFUSED = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="font: 16px/1.5 sans-serif; max-width: 40em; margin: 3em auto">
<h1>{title}</h1>
<p>This could not be graded: {reason}</p>{repairs}
<p>Hand in the notebook again, or ask your instructor.</p>
</body></html>
"""


def generate_feedback(course: Course, assignment: str, students: Iterable[str] = ()) -> list[str]:
    """Write a feedback page for every submission that was graded or refused.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        The assignment's name.
    students : iterable of str, optional
        For whom; for all when left out.

    Returns
    -------
    list of str
        The pages' paths.

    Raises
    ------
    CourseError
        If nothing has been graded, or nbgrader fails.
    """
    with Records(course, assignment) as records:
        results = [result for result, _ in records.all()]
        graded = sorted(
            path.parts[-3] for path in course.autograded.glob(f"*/{assignment}/*.ipynb")
        )
        marked = [student for student in graded if records.mark(student) is not None]
    refused = [result for result in results if result.status == "refused"]
    refused = [result for result in refused if result.student not in marked]
    if students := list(students):
        for student in students:
            if student not in [*marked, *(result.student for result in refused)]:
                raise CourseError(f"{student!r} has no result for {assignment}.")
        marked = [student for student in marked if student in students]
        refused = [result for result in refused if result.student in students]
    if not marked and not refused:
        raise CourseError(f"nothing is graded yet. Run: python -m grading grade {assignment}")
    for result in refused:
        _write_refusal(course, assignment, result)
    # pages only read the gradebook, so that they can be written side by side
    with process_context().Pool(max(min(processors(), len(marked)), 1)) as pool:
        failures = pool.starmap(_write_page, [(course, assignment, who) for who in marked])
    for who, failure in zip(marked, failures, strict=True):
        if failure:
            raise CourseError(f"nbgrader could not write the feedback for {who}: {failure}")
    name = course.source_notebook(assignment).with_suffix(".html").name
    written = sorted([*marked, *(result.student for result in refused)])
    return [str(course.feedback / who / assignment / name) for who in written]


class _Feedback(GenerateFeedback):
    """nbgrader's converter, for one student whose name may hold any character."""

    def init_notebooks(self) -> None:
        """Name the notebook, where nbgrader would look for a pattern."""
        names = self.coursedir
        folder = self._format_source(names.assignment_id, names.student_id)
        self.assignments = {folder: [os.path.join(folder, f"{names.notebook_id}.ipynb")]}


def _write_page(course: Course, assignment: str, student: str) -> str:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    api = course.nbgrader()
    api.coursedir.assignment_id, api.coursedir.student_id = assignment, student
    api.coursedir.notebook_id = course.source_notebook(assignment).stem
    converter = _Feedback(coursedir=api.coursedir, parent=api)
    converter.force = True
    try:
        converter.start()
    except Exception as error:  # whatever nbgrader fails at, the command says it in one line
        return f"{type(error).__name__}: {error}"
    return ""


def _write_refusal(course: Course, assignment: str, result: Result) -> None:
    """Tell a student whose file could not be graded why."""
    folder = course.feedback / result.student / assignment
    folder.mkdir(parents=True, exist_ok=True)
    repairs = "".join(f"<p>{html.escape(text)}</p>" for text in result.repairs)
    page = REFUSED.format(
        title=html.escape(assignment), reason=html.escape(result.reason), repairs=repairs
    )
    name = course.source_notebook(assignment).with_suffix(".html").name
    write_whole(folder / name, page.encode())
