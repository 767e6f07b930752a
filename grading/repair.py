"""A submission as it arrived, made into a notebook that can be graded."""

from __future__ import annotations

import json
import re
import warnings
from itertools import chain
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution


class UngradableError(Exception):
    """A submission that no repair makes gradable; the message is the reason for the student."""


def grade_id(cell: NotebookNode) -> str | None:
    """Name a cell of the assignment by its nbgrader id, or None for any other cell."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def cell_name(cell: NotebookNode) -> str | None:
    """Name a cell by its nbgrader id; by its own id, which is the same, where that was lost."""
    return grade_id(cell) or cell.get("id")


def is_test(cell: NotebookNode) -> bool:
    """Tell whether a cell is a test with points."""
    return is_grade(cell) and not is_solution(cell)


def read_submission(folder: Path, name: str, source: NotebookNode) -> NotebookNode:
    """Read the notebook that a student handed in.

    Parameters
    ----------
    folder : Path
        The student's folder for the assignment.
    name : str
        The file name that the assignment's notebook has.
    source : NotebookNode
        The assignment, with solutions.

    Returns
    -------
    NotebookNode
        The notebook, as it arrived.

    Raises
    ------
    UngradableError
        If there is no such file, it is not a notebook, or it is another notebook.
    """
    path = folder / name
    if path.is_symlink() or not path.is_file():
        others = sorted(other.name for other in folder.iterdir()) if folder.is_dir() else []
        found = f"found {', '.join(map(repr, others))}" if others else "the folder is empty"
        raise UngradableError(f"there is no {name} in the folder; {found}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, OSError) as error:
        raise UngradableError(f"{name} can't be read as text; it is not a notebook.") from error
    if not text.strip():
        raise UngradableError(f"{name} is empty.")
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:  # also a number with thousands of digits
        raise UngradableError(f"{name} is not a notebook, or was cut off: {error}.") from error
    try:
        with warnings.catch_warnings(action="ignore"):  # odd cell ids are repaired below
            notebook = nbformat.reads(text, as_version=4)
        given = {cell_name(cell) for cell in notebook.cells if isinstance(cell.source, str)}
    except Exception as error:  # a wrong structure fails in many ways, all with one meaning here
        raise UngradableError(f"{name} is JSON, but not a notebook.") from error
    if not given & {cell_name(cell) for cell in source.cells if is_solution(cell)}:
        raise UngradableError(f"{name} has none of the assignment's answer cells.")
    return notebook


def rebuild(submitted: NotebookNode, source: NotebookNode) -> NotebookNode:
    """Put a student's answers into the assignment's own notebook.

    Only the text of answer cells, and cells that the student added, come from the submission.
    Tests, points, tags and order come from the source, so it does not matter what became of them.
    An answer cell that is missing becomes the empty one that was released; of two with one id,
    the last that was changed counts.

    Parameters
    ----------
    submitted : NotebookNode
        The notebook as it arrived.
    source : NotebookNode
        The assignment, with solutions and all tests.

    Returns
    -------
    NotebookNode
        The notebook to be executed.
    """
    base, _ = ClearSolutions().preprocess(nbformat.from_dict(source), {})
    released = {cell.id: cell.source for cell in base.cells}
    # each cell of the assignment, followed by the cells that the student added after it
    groups: dict[str | None, list[NotebookNode]] = {None: []}
    groups |= {cell.id: [cell] for cell in base.cells}
    previous = None
    for position, cell in enumerate(submitted.cells):
        name = cell_name(cell)
        if name not in released:
            if isinstance(cell.source, str):
                new_cell = new_code_cell if cell.cell_type == "code" else new_markdown_cell
                added = new_cell(writable(cell.source), id=f"added-{position}")
                groups[previous].append(_without_markup(added))
            continue
        previous = name
        own = groups[name][0]
        # a second copy that was left as released does not undo an answer
        changed = isinstance(cell.source, str) and cell.source != released[name]
        if (is_solution(own) or grade_id(own) is None) and changed:
            own.source = writable(cell.source)
            _without_markup(own)
    base.cells = list(chain.from_iterable(groups.values()))
    return base


def _without_markup(cell: NotebookNode) -> NotebookNode:
    """Show HTML in a student's text as text: whoever grades it reads it in a browser.

    A space without width makes a tag no tag, in formulas and code too. Links lead to the web only.
    """
    if cell.cell_type != "code":
        text = re.sub(r"<(?=[a-zA-Z/!?])", "<\u200b", cell.source)
        text = re.sub(r"!\[([^\]]*)\]\(attachment:[^)]*\)", r"(picture: \1)", text)
        cell.source = re.sub(r"\](\(|:)\s*([^\s)]*)", _link, text)
        cell.cell_type = "markdown"
        cell.pop("attachments", None)
    return cell


def _link(match: re.Match) -> str:
    """Keep a link to the web; take the others apart, as they may run a script."""
    target = match[2].strip("<>\u200b")
    is_web = re.match(r"(https?://|mailto:|#)", target, re.IGNORECASE)
    is_plain = not re.search(r"[:&\\]", target)
    return match[0] if is_web or is_plain else f"] {match[1]}{match[2]}"


def writable(text: str) -> str:
    """Replace what UTF-8 does not have, as half of a pair: no notebook can be saved with it."""
    return text.encode("utf-8", "replace").decode()


class RebuildFromSource(NbGraderPreprocessor):
    """nbgrader's step that replaces a submission by the rebuilt notebook."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Rebuild the submission from the course's source of the same assignment."""
        names = resources["nbgrader"]
        directory = CourseDirectory(config=self.config)
        folder = directory.format_path(directory.source_directory, ".", names["assignment"])
        source = nbformat.read(Path(folder) / f"{names['notebook']}.ipynb", as_version=4)
        return rebuild(nb, source), resources
