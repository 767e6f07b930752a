"""From the instructor's notebook to the one that students get."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import is_solution

from grading.course import Course, CourseError, last_error
from grading.repair import grade_id

# Marks that only an instructor's notebook may hold.
INSTRUCTORS_MARKS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN")


def release(course: Course, assignment: str) -> Path:
    """Write the student's version of an assignment, without solutions and hidden tests.

    Parameters
    ----------
    course : Course
        The course.
    assignment : str
        The assignment's name.

    Returns
    -------
    Path
        The released notebook.

    Raises
    ------
    CourseError
        If the assignment is unknown, nbgrader fails, or something would leak; then nothing
        is left in the release folder.
    """
    source = course.source_notebook(assignment)
    result = course.nbgrader().generate_assignment(assignment, force=True, create=True)
    if not result["success"]:
        reason = last_error(result["log"])
        if "Cannot add or remove cells" in reason:
            reason = (
                "its tests have changed, and there are marks for the old ones. Grade the class "
                "with the notebook it was given, or set CS231N_CLASSROOM to another folder"
            )
        raise CourseError(f"{assignment} can't be released: {reason}")
    path = course.release / assignment / source.name
    leaks = find_leaks(nbformat.read(path, as_version=4), course.read_source(assignment))
    if leaks:
        path.unlink()
        raise CourseError(f"{assignment} is not released: {'; '.join(leaks)}.")
    path.chmod(0o644)  # nbgrader writes it read-only, and a student's copy would be so too
    return path


def find_leaks(released: NotebookNode, source: NotebookNode) -> list[str]:
    """Name every cell of a released notebook that holds what only the instructor may see.

    Parameters
    ----------
    released : NotebookNode
        The notebook that would go to students.
    source : NotebookNode
        The notebook it was made from.

    Returns
    -------
    list of str
        One entry for each leak, with the cell's id; empty when there is none.
    """
    originals = {cell.id: cell for cell in source.cells}
    leaks = []
    for cell in released.cells:
        name = grade_id(cell) or cell.id
        if any(mark in cell.source for mark in INSTRUCTORS_MARKS):
            leaks.append(f"cell {name!r} still has the marks of a solution or a hidden test")
        if cell.get("outputs") or cell.get("execution_count"):
            leaks.append(f"cell {name!r} has outputs")
        if is_solution(cell) and cell.source == originals[cell.id].source:
            leaks.append(f"cell {name!r} is solved")
    return leaks
