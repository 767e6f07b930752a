"""What a student gets back."""

from __future__ import annotations

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor

from cs231n_lib.verdict import describe_error
from grading.course import Course, CourseError, last_error
from grading.repair import is_test


class HideHiddenTests(NbGraderPreprocessor):
    """nbgrader's step that takes hidden tests, and tracebacks that quote them, out of feedback."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Cut the hidden part of every test cell; keep of an error its name and its message."""
        for cell in nb.cells:
            if cell.cell_type != "code" or not is_test(cell):
                continue
            cell, _ = ClearHiddenTests().preprocess_cell(cell, resources, 0)
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [describe_error(output.ename, output.evalue)]
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
    if not list(course.autograded.glob(f"*/{assignment}/*.ipynb")):
        raise CourseError(f"nothing is graded yet. Run: python -m grading grade {assignment}")
    result = course.nbgrader().generate_feedback(assignment)
    if not result["success"]:
        raise CourseError(f"nbgrader could not write the feedback: {last_error(result['log'])}")
    return [str(page) for page in sorted(course.feedback.glob(f"*/{assignment}/{name}"))]
