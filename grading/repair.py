"""A submission as it arrived, made into a notebook that can be graded."""

from __future__ import annotations

import ast
import re
from copy import deepcopy
from itertools import chain
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions, NbGraderPreprocessor
from nbgrader.utils import compute_checksum, is_grade, is_solution

from grading.submission import (
    Notes,
    UngradableError,
    find_notebooks,
    listed,
    read_notebook,
    writable,
)

SECRET = "### BEGIN HIDDEN TESTS", "### BEGIN SOLUTION"  # what a release does not have
SCRIPT = re.compile(
    r"<\s*(script|iframe|object|embed)\b|javascript:|<[a-z][^<>\n]*\son\w+\s*=", re.IGNORECASE
)
# What programs do with tagged cells, or the grader does: a student has no reason to set them.
TELLING_TAGS = {"skip-execution", "raises-exception", "experiment"}


def grade_id(cell: NotebookNode) -> str | None:
    """Name a cell of the assignment by its nbgrader id, or None for any other cell."""
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name if isinstance(name, str) else None


def is_test(cell: NotebookNode) -> bool:
    """Tell whether a cell is a test with points."""
    return is_grade(cell) and not is_solution(cell)


def read_submission(folder: Path, name: str, template: Template, notes: Notes) -> NotebookNode:
    """Read the notebook that a student handed in, and rebuild it.

    Parameters
    ----------
    folder : Path
        The student's folder for the assignment.
    name : str
        The file name that the assignment's notebook has.
    template : Template
        The assignment.
    notes : Notes
        Says what was repaired.

    Returns
    -------
    NotebookNode
        The notebook to be executed.

    Raises
    ------
    UngradableError
        If there is no notebook of this assignment, or nobody can know which one counts.
    """
    found: dict[str, tuple[NotebookNode, Notes]] = {}
    refusals = []
    for file, path in find_notebooks(folder, name, notes):
        own = Notes()
        try:
            rebuilding = _Rebuilding(read_notebook(path, file, own), template, own)
            if not rebuilding.belongs():
                raise UngradableError(f"{file} has none of the assignment's answer cells.")
            found[file] = rebuilding.notebook(), own
        except UngradableError as error:
            refusals.append(error)
    if not found:
        raise refusals[0]
    notes.repairs += map(str, refusals)
    blank = _texts(template.base)
    answered = [file for file in found if _texts(found[file][0]) != blank] or [*found]
    file = name if name in answered else answered[0]
    others = [other for other in answered if found[other][0] != found[file][0]]
    if others and file != name:
        both = listed([repr(one) for one in (file, *others)])
        raise UngradableError(f"which notebook counts? There are {both}; hand in one {name}.")
    if file != name:
        notes.repairs.append(f"The notebook was found as {file!r}; it should be called {name}.")
    if others:
        notes.repairs.append(f"{name} was graded, and not {listed(others)}.")
    notes.repairs += found[file][1].repairs
    notes.concerns += found[file][1].concerns
    return found[file][0]


class Template:
    """An assignment, prepared to take many students' answers.

    Parameters
    ----------
    source : NotebookNode
        The assignment, with solutions and all tests.

    Attributes
    ----------
    base : NotebookNode
        The assignment without solutions, with all tests.
    released : dict of str to str
        The texts that students were given, by the ids of the cells.
    answers : set of str
        The ids of the cells to be answered.
    """

    def __init__(self, source: NotebookNode) -> None:
        self.base, _ = ClearSolutions().preprocess(nbformat.from_dict(source), {})
        released, _ = ClearHiddenTests().preprocess(deepcopy(self.base), {})
        self.released = {cell.id: cell.source for cell in released.cells}
        self.answers = {cell.id for cell in self.base.cells if is_solution(cell)}
        self.by_text = {_plain(text): name for name, text in self.released.items() if text.strip()}
        self.by_function = {
            function: cell.id
            for cell in released.cells
            if cell.cell_type == "code" and not is_solution(cell)
            for function in definitions(cell.source)
        }


def rebuild(
    submitted: NotebookNode, template: Template, notes: Notes | None = None
) -> NotebookNode:
    """Put a student's answers into the assignment's own notebook.

    Only the text of answer cells, and cells that the student added, come from the submission.
    Tests, points, tags and order come from the source, so it does not matter what became of them.
    An answer is looked for by the id of its cell, then by the name of its function.

    Parameters
    ----------
    submitted : NotebookNode
        The notebook as it arrived.
    template : Template
        The assignment.
    notes : Notes, optional
        Says what was repaired.

    Returns
    -------
    NotebookNode
        The notebook to be executed.
    """
    return _Rebuilding(submitted, template, notes or Notes()).notebook()


class _Rebuilding:
    """The cells of a submission, and the cells of the assignment that they belong to."""

    def __init__(self, submitted: NotebookNode, template: Template, notes: Notes) -> None:
        self.template, self.notes = template, notes
        self.base = deepcopy(template.base)
        self.own = {cell.id: cell for cell in self.base.cells}
        self.released, self.answers = template.released, template.answers
        self.cells = submitted.cells
        self.defined = [
            definitions(cell.source) if cell.cell_type == "code" else {} for cell in self.cells
        ]
        self.names = self._names()
        self.taken: set[int] = set()  # positions of cells whose text has found its place
        self.chosen: dict[str, int] = {}  # and where the answers were found that have their cell

    def belongs(self) -> bool:
        """Tell whether this is a notebook of the assignment, and not of another one."""
        mine = {name for name in self.names if name is not None}
        mine |= self.answers.intersection(chain.from_iterable(self.defined))
        strangers = {grade_id(cell) for cell in self.cells if grade_id(cell)} - self.own.keys()
        return bool(mine & self.answers) and len(strangers) <= len(mine)

    def notebook(self) -> NotebookNode:
        """Rebuild it."""
        self._note_what_was_changed()
        recovered, missing = [], []
        for name in self.own:
            if name in self.answers and self.own[name].cell_type == "code":
                self._answer(name, recovered, missing)
        groups = self._groups()
        for before, name in zip([None, *self.own], self.own, strict=False):
            if name in self.answers and self.own[name].cell_type != "code":
                self._written_answer(name, groups[before], recovered, missing)
        if recovered:
            self.notes.repairs.append(f"Answers found in other cells: {listed(recovered)}.")
        if missing:
            text = f"Answers that are missing, and count as not attempted: {listed(missing)}."
            self.notes.repairs.append(text)
        self.base.cells = list(chain.from_iterable(groups.values()))
        return self.base

    def _names(self) -> list[str | None]:
        """Tell for each cell which one of the assignment it is: by id, text, or what it defines."""
        names = []
        for cell, defined in zip(self.cells, self.defined, strict=True):
            by_function = self.template.by_function
            known = {by_function[function] for function in defined if function in by_function}
            by_text = self.template.by_text.get(_plain(cell.source))
            choices = [grade_id(cell), cell.get("id"), by_text]
            choices += known if len(known) == 1 else []
            names.append(next((name for name in choices if name in self.own), None))
        return names

    def _copies(self, name: str) -> list[int]:
        return [k for k, other in enumerate(self.names) if other == name]

    def _is_changed(self, k: int) -> bool:
        name = self.names[k]
        return name is None or _plain(self.cells[k].source) != _plain(self.released[name])

    def _answer(self, name: str, recovered: list[str], missing: list[str]) -> None:
        """Find the text of an answer of code: what running all cells would leave."""
        own, copies = self.own[name], self._copies(name)
        changed = [k for k in copies if self._is_changed(k)]
        defining = [k for k in changed if name in self.defined[k]]
        elsewhere = [
            k
            for k, defined in enumerate(self.defined)
            if name in defined and self.names[k] != name and self._is_changed(k)
        ]
        if defining:
            own.source = self.cells[defining[-1]].source
            self.taken.update(defining)  # an older version does not come back below
            self.chosen[name] = defining[-1]
            if len(copies) > 1:
                text = f"{name}: its cell is there {len(copies)} times; the last answer counts."
                self.notes.repairs.append(text)
        elif elsewhere:
            k = elsewhere[-1]
            own.source = self.cells[k].source
            if self.names[k] is not None or len(self.answers & self.defined[k].keys()) > 1:
                own.source = self.defined[k][name]
            else:
                self.taken.add(k)
            recovered.append(name)
        elif changed:
            own.source = self.cells[changed[-1]].source
            self.taken.add(changed[-1])
        elif not copies:
            missing.append(name)
        own.source = writable(own.source)

    def _groups(self) -> dict[str | None, list[NotebookNode]]:
        """Put each cell of the assignment before the cells that the student added after it."""
        groups: dict[str | None, list[NotebookNode]] = {None: []}
        groups |= {name: [cell] for name, cell in self.own.items()}
        previous = None
        for k, (cell, name) in enumerate(zip(self.cells, self.names, strict=True)):
            previous = name or previous
            if k in self.taken or not self._is_changed(k):
                continue
            own, is_answer = self.own.get(name), name in self.answers
            if own is not None and (
                grade_id(own) is None or (is_answer and own.cell_type != "code")
            ):
                own.source = writable(cell.source)
                _without_markup(own)
            elif own is None or is_answer:
                new_cell = new_code_cell if cell.cell_type == "code" else new_markdown_cell
                added = new_cell(writable(cell.source), id=f"added-{k}")
                group = groups[previous]
                # the upper part of an answer's cell that was split stays above it
                is_above = k < self.chosen.get(name, -1)
                group.insert(group.index(own) if is_above else len(group), _without_markup(added))
        return groups

    def _written_answer(
        self, name: str, before: list[NotebookNode], recovered: list[str], missing: list[str]
    ) -> None:
        """Take a text that stands where a written answer belongs, if the answer's cell is lost."""
        if self._copies(name):
            return
        texts = [cell for cell in before[1:] if cell.cell_type != "code"]
        if texts:
            self.own[name].source = texts[0].source
            before.remove(texts[0])
            recovered.append(name)
        else:
            missing.append(name)

    # What a person should know

    def _note_what_was_changed(self) -> None:
        repairs, concerns = self.notes.repairs, self.notes.concerns
        tests = [name for name, cell in self.own.items() if is_test(cell)]
        lost = [name for name in tests if not self._copies(name)]
        if lost:
            repairs.append(f"Tests that were missing, and were put back: {listed(lost)}.")
        altered = {
            (name, _change(self.released[name], self.cells[k]))
            for name in tests
            for k in self._copies(name)
        }
        for kind, text in (
            ("added to", "Tests with lines of your own; the course's were run"),
            ("released", "Tests of another release; the newest were run"),
            ("changed", "Tests that were changed; the course's were run"),
        ):
            names = [name for name in tests if (name, kind) in altered]
            if names:
                repairs.append(f"{text}: {listed(names)}.")
                if kind == "changed":
                    concerns.append(f"changed tests: {listed(names)}.")
        order = [list(self.own).index(name) for name in dict.fromkeys(self.names) if name]
        if order != sorted(order):
            repairs.append("The cells were in another order; the assignment's order counts.")
        secret = [line for line in SECRET if any(line in cell.source for cell in self.cells)]
        if secret:
            concerns.append(f"this is a copy of what only instructors have: {listed(secret)}.")
        for cell, name in zip(self.cells, self.names, strict=True):
            self._note_marks(cell, name)

    def _note_marks(self, cell: NotebookNode, name: str | None) -> None:
        """Note what nobody changes by accident: points, marks and tags that steer grading."""
        marks = cell.metadata.get("nbgrader", {})
        where = name or "an added cell"
        if name is None:
            if marks.get("grade") is True:
                self.notes.concerns.append(f"an added cell claims points ({grade_id(cell)!r}).")
        elif marks and grade_id(cell) == name and not _is_as_released(cell):
            own = self.own[name].metadata.get("nbgrader", {})
            for key in ("points", "grade", "solution", "locked"):
                if key in own and marks.get(key) != own[key]:
                    self.notes.concerns.append(f"{name}: {key!r} was set to {marks.get(key)!r}.")
        own_tags = self.own[name].metadata.get("tags", []) if name else []
        for tag in TELLING_TAGS.intersection(cell.metadata.get("tags", [])).difference(own_tags):
            self.notes.concerns.append(f"{where} has the tag {tag!r}.")
        if SCRIPT.search(cell.source):
            self.notes.concerns.append(f"there is a script for the browser: {where}.")


def _texts(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells]


def _plain(text: str) -> str:
    """Leave out white space at the ends of lines, and empty lines at the end."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _change(released: str, cell: NotebookNode) -> str:
    """Tell how a test cell differs from the released one."""
    lines, text = _plain(released).splitlines(), _plain(cell.source)
    if text == "\n".join(lines) or _tree(text) == _tree(released):
        return ""
    rest = iter(text.splitlines())
    if all(line in rest for line in lines if line):  # in this order
        return "added to"
    return "released" if _is_as_released(cell) else "changed"


def _is_as_released(cell: NotebookNode) -> bool:
    """Tell whether a cell has the sum that a release gave it, also an earlier one."""
    try:
        return cell.metadata.nbgrader.checksum == compute_checksum(cell)
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def _tree(source: str) -> str | None:
    try:
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def definitions(source: str) -> dict[str, str]:
    """Find what a cell defines at its top level, each with its own piece of the text.

    Where the cell is no Python, as with a line for IPython or a slip, lines that begin a function
    or a class are looked for.
    """
    lines = source.splitlines(keepends=True)
    found: dict[str, str] = {}
    try:
        nodes = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        begin = r"(?m)^(?:async +)?(?:def|class) +(\w+).*\n?(?:(?:[ \t#)].*)?\n)*(?:[ \t].*)?"
        return {match[1]: match[0] for match in re.finditer(begin, source)}
    for node in nodes:
        names = []
        first = node.lineno
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = [node.name]
            first = min([first, *(decorator.lineno for decorator in node.decorator_list)])
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        for name in names:
            found[name] = "".join(lines[first - 1 : node.end_lineno])
    return found


def _without_markup(cell: NotebookNode) -> NotebookNode:
    """Show HTML in a student's text as text: whoever grades it reads it in a browser.

    A space without width makes a tag no tag, in formulas and code too. Links lead to the web only.
    """
    if cell.cell_type != "code":
        text = re.sub(r"<(?=[a-zA-Z/!?])", "<\u200b", cell.source)
        text = re.sub(r"!\[([^\[\]]*)\]\(attachment:[^()]*\)", r"(picture: \1)", text)
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


class RebuildFromSource(NbGraderPreprocessor):
    """nbgrader's step that replaces a submission by the rebuilt notebook."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Rebuild the submission from the course's source of the same assignment."""
        names = resources["nbgrader"]
        directory = CourseDirectory(config=self.config)
        folder = directory.format_path(directory.source_directory, ".", names["assignment"])
        source = nbformat.read(Path(folder) / f"{names['notebook']}.ipynb", as_version=4)
        return rebuild(nb, Template(source)), resources
