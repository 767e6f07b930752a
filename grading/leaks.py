"""What must not leave the instructor's machine, looked for in all that a release would carry."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import is_solution

from grading.edition import LIBRARY
from grading.misconceptions import Bank
from grading.repair import grade_id, is_test

# Marks that only an instructor's notebook may hold.
SOLUTION, HIDDEN = ("BEGIN SOLUTION", "END SOLUTION"), ("BEGIN HIDDEN", "END HIDDEN")
COMPILED = {".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib"}
LONG = 30  # characters of a line that says something; a shorter one stands in many places
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def find_leaks(
    folder: Path, expected: Iterable[str], source: NotebookNode, withheld: Iterable[str], bank: Bank
) -> list[str]:
    """Name every file, and every cell, that would give away what only the instructor may see.

    Parameters
    ----------
    folder : Path
        All that would go to students.
    expected : iterable of str
        The files that should be there.
    source : NotebookNode
        The assignment, with solutions.
    withheld : iterable of str
        The names of the library whose definitions are still to be learned.
    bank : Bank
        What is known about wrong answers.

    Returns
    -------
    list of str
        One entry for each leak; empty when there is none.
    """
    expected = set(expected)
    secrets = _Secrets(source, set(withheld), bank)
    leaks = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            leaks.append(f"{name} is a link")
        elif path.is_dir():
            continue
        elif path.suffix in COMPILED:
            leaks.append(f"{name} is compiled")
        elif name not in expected:
            leaks.append(f"{name} is not a file that a release has")
        elif path.suffix == ".ipynb":
            notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
            leaks += [f"{name}: {leak}" for leak in _notebook_leaks(notebook, source, secrets)]
        elif path.suffix in (".py", ".md", ".txt", ".toml", ".json"):
            text = path.read_text(encoding="utf-8")
            leaks += [f"{name}: {leak}" for leak in secrets.found_in(text, path.suffix == ".py")]
    return leaks


def _notebook_leaks(
    released: NotebookNode, source: NotebookNode, secrets: _Secrets
) -> Iterator[str]:
    originals = {cell.id: cell for cell in source.cells}
    for cell in released.cells:
        name = f"cell {grade_id(cell) or cell.id!r}"
        if any(mark in cell.source for mark in (*SOLUTION, *HIDDEN)):
            yield f"{name} still has the marks of a solution or a hidden test"
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"{name} has outputs"
        if is_solution(cell) and cell.source == originals[cell.id].source:
            yield f"{name} is solved"
        is_code = cell.cell_type == "code"
        if is_code and not is_test(cell) and _defines_a_test(cell.source):
            yield f"{name} looks like a test, but is not marked as one"
        for leak in secrets.found_in(cell.source, is_code):
            yield f"{name} {leak}"


class _Secrets:
    """Lines and syntax trees of solutions, hidden tests, withheld definitions and the bank."""

    def __init__(self, source: NotebookNode, withheld: set[str], bank: Bank) -> None:
        texts: list[str] = []
        visible: set[str] = set()  # of the notebook's code: hidden tests repeat some of it
        self.bodies: dict[str, str] = {}
        self.kinds: set[tuple] = set()
        for cell in source.cells:
            if cell.cell_type != "code":
                continue
            parts = _regions(cell.source, SOLUTION if is_solution(cell) else HIDDEN)
            texts += parts
            if is_solution(cell):
                self._add_bodies(ast.parse(cell.source), cell.id)
            rest = cell.source
            for part in parts:
                rest = rest.replace(part, "")
            visible |= lines_of(rest)
        for path in sorted(LIBRARY.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            rest = text
            for node in ast.parse(text).body:
                if isinstance(node, DEFINITIONS) and node.name in withheld:
                    segment = ast.get_source_segment(text, node) or ""
                    texts.append(segment)
                    rest = rest.replace(segment, "")
                    self._add_bodies(node, node.name)
            visible |= lines_of(rest)
        for change in [m.change for m in bank.misconceptions] + [
            change for unusual in bank.unusual for change in unusual.changes.values()
        ]:
            texts += [change] if isinstance(change, str) else [text for e in change for text in e]
        self.lines = set().union(*map(lines_of, texts)) - visible

    def _add_bodies(self, tree: ast.AST, name: str) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _says_something(node):
                self.bodies.setdefault(_shape_of(node), name)
                self.kinds.add(_kinds_in(node))

    def found_in(self, text: str, is_code: bool) -> Iterator[str]:
        """Name what a text gives away."""
        for line in sorted(lines_of(text) & self.lines):
            yield f"has a line of an answer, {line!r}"
        for node in ast.walk(ast.parse(text)) if is_code else ():
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and _kinds_in(node) in self.kinds:  # quick to compare
                answered = self.bodies.get(_shape_of(node))
                if answered:
                    yield f"has the body of {answered} in {node.name}"


def lines_of(text: str) -> set[str]:
    """Collect the lines of a text that are long enough to say something, without their spaces."""
    lines = {" ".join(line.split()) for line in text.splitlines()}
    return {line for line in lines if len(line) >= LONG}


def _regions(source: str, marks: tuple[str, str]) -> list[str]:
    """Collect what stands between pairs of marks."""
    parts = source.split(f"### {marks[0]}")[1:]
    return [part.split(f"### {marks[1]}")[0].partition("\n")[2] for part in parts]


def _defines_a_test(source: str) -> bool:
    return any(
        isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for node in ast.parse(source).body
    )


def _statements(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    return node.body[1:] if ast.get_docstring(node) is not None else node.body


def _says_something(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a body is more than one short line, which any two functions may share."""
    text = "\n".join(map(ast.unparse, _statements(node)))
    return len(_statements(node)) > 1 and len(text) >= 2 * LONG


def _kinds_in(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple:
    return tuple(type(part) for statement in _statements(node) for part in ast.walk(statement))


def _shape_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Write down a body without what may be renamed: its arguments and variables."""
    arguments = [argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)]
    stored = {
        name.id
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    own, numbers = {*arguments, *stored}, {}

    class Rename(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.Name:
            if name.id not in own:
                return name
            number = numbers.setdefault(name.id, len(numbers))
            return ast.Name(f"name{number}", name.ctx)

    body = [ast.parse(ast.unparse(statement)) for statement in _statements(node)]
    return "\n".join(ast.dump(Rename().visit(statement)) for statement in body)
