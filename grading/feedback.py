"""What a student gets back."""

from __future__ import annotations

import json
import logging
import os
import warnings

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor

from cs231n_lib.verdict import describe_error
from grading.course import Course, CourseError, last_error, process_context
from grading.repair import is_test


class HideHiddenTests(NbGraderPreprocessor):
    """nbgrader's step that takes hidden tests, and tracebacks that quote them, out of feedback."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Cut the hidden part of every test cell, and every output that quotes from one."""
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        hidden = {line for cell in code if is_test(cell) for line in _hidden_lines(cell)}
        for cell in code:
            if is_test(cell):
                cell, _ = ClearHiddenTests().preprocess_cell(cell, resources, 0)
            for output in cell.outputs:
                if output.output_type == "error" and is_test(cell):
                    output.traceback = [describe_error(output.ename, output.evalue)]
            cell.outputs = [_without(hidden, output) for output in cell.outputs]
        return nb, resources


def _hidden_lines(cell: NotebookNode) -> list[str]:
    _, _, hidden = cell.source.partition("### BEGIN HIDDEN TESTS")
    lines = [line.strip() for line in hidden.partition("### END HIDDEN TESTS")[0].splitlines()]
    visible = cell.source.partition("### BEGIN HIDDEN TESTS")[0]
    return [line for line in lines if len(line) >= 15 and line not in visible]


def _without(hidden: set[str], output: NotebookNode) -> NotebookNode:
    text = json.dumps(output, ensure_ascii=False)
    if not any(json.dumps(line, ensure_ascii=False)[1:-1] in text for line in hidden):
        return output
    return new_output("stream", text="(This output is left out: it quotes a hidden test.)")


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
