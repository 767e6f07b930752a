"""What must not leave the instructor's machine, looked for in all that a release would carry."""

from __future__ import annotations

import ast
import re
import textwrap
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import is_solution

from grading.edition import LIBRARY
from grading.misconceptions import Bank
from grading.repair import grade_id, is_test

# Marks that only an instructor's notebook may hold.
MARK = re.compile(r"###\s*(BEGIN|END)\b.*")
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
        elif path.suffix == ".png" and path.read_bytes()[:8] != b"\x89PNG\r\n\x1a\n":
            leaks.append(f"{name} is no picture")
        elif path.suffix == ".ipynb":
            notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
            leaks += [f"{name}: {leak}" for leak in _notebook_leaks(notebook, source, secrets)]
        elif path.suffix in (".py", ".md", ".txt", ".toml", ".json", ".svg"):
            text = path.read_text(encoding="utf-8")
            leaks += [f"{name}: {leak}" for leak in secrets.found_in(text, path.suffix == ".py")]
    return leaks


def find_unmarked(source: NotebookNode) -> list[str]:
    """Name every cell of an assignment whose marks would not take out what they should.

    Parameters
    ----------
    source : NotebookNode
        The assignment, with solutions.

    Returns
    -------
    list of str
        One entry for each cell; empty when all is well.
    """
    problems = []
    for cell in source.cells:
        name = f"cell {grade_id(cell) or cell.id!r}"
        marks = [match[0].strip() for match in MARK.finditer(cell.source)]
        if cell.cell_type != "code":
            continue
        if is_test(cell):
            begin, end = (f"### {mark} TESTS" for mark in HIDDEN)
            if marks != [begin, end]:
                problems.append(f"{name} should have one hidden part, between {begin} and {end}")
        elif is_solution(cell):
            begin, end = (f"### {mark}" for mark in SOLUTION)
            if not marks or marks != [begin, end] * (len(marks) // 2):
                problems.append(f"{name} should have its answer between {begin} and {end}")
        elif marks:
            problems.append(f"{name} has marks, but is not marked as an answer or a test")
        elif _defines_a_test(cell.source):
            problems.append(f"{name} looks like a test, but is not marked as one")
    return problems


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
        open_code: list[str] = []  # an answer or a hidden test repeats some of it
        self.bodies: dict[tuple, list[tuple[ast.AST, str]]] = {}
        for cell in source.cells:
            if cell.cell_type != "code":
                continue
            parts = _regions(cell.source, SOLUTION if is_solution(cell) else HIDDEN)
            texts += [code_of(part) for part in parts]
            if is_solution(cell):
                self._add_bodies(ast.parse(cell.source), cell.id)
            rest = cell.source
            for part in parts:
                rest = rest.replace(part, "")
            open_code.append(code_of(rest))
        for path in sorted(LIBRARY.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            lines = text.splitlines(keepends=True)
            for node in ast.parse(text).body:
                if isinstance(node, DEFINITIONS) and node.name in withheld:
                    texts += [code_of(body) for body in _bodies(text, node)]
                    empty = ["\n"] * (node.end_lineno - node.lineno + 1)
                    lines[node.lineno - 1 : node.end_lineno] = empty
                    self._add_bodies(node, node.name)
            rest = "".join(lines)
            open_code.append(code_of(rest))
        for change in [m.change for m in bank.misconceptions] + [
            change for unusual in bank.unusual for change in unusual.changes.values()
        ]:
            texts += [change] if isinstance(change, str) else [text for e in change for text in e]
        words = " ".join("\n".join(open_code).split())
        self.lines = {line for text in texts for line in lines_of(text) if line not in words}

    def _add_bodies(self, tree: ast.AST, name: str) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _says_something(node):
                self.bodies.setdefault(_kinds_in(node), []).append((node, name))

    def found_in(self, text: str, is_code: bool) -> Iterator[str]:
        """Name what a text gives away."""
        words = " ".join(text.split())
        for line in sorted(line for line in self.lines if line in words):
            yield f"has a line of an answer, {line!r}"
        for node in ast.walk(ast.parse(text)) if is_code else ():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for secret, name in self.bodies.get(_kinds_in(node), []):  # quick to compare
                    if _shape_of(secret) == _shape_of(node):
                        yield f"has the body of {name} in {node.name}"
                        break


def code_of(text: str) -> str:
    """Blank the comments and long strings of a piece of Python: what they say is no answer."""
    lines = textwrap.dedent(text).splitlines(keepends=True)
    code = [list(line) for line in lines]
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            (first, start), (last, end) = token.start, token.end
            if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and last > first):
                for row in range(first - 1, last):
                    left = start if row == first - 1 else 0
                    right = end if row == last - 1 else len(lines[row])
                    code[row][left:right] = " " * (right - left)
    except (tokenize.TokenError, IndentationError, StopIteration):
        pass  # a part of a cell, which ends in the middle
    return "\n".join("".join(line) for line in code)


def lines_of(text: str) -> set[str]:
    """Collect the lines of a text that are long enough to say something, without their spaces."""
    lines = {" ".join(line.split()) for line in text.splitlines()}
    return {line for line in lines if len(line) >= LONG}


def _bodies(text: str, definition: ast.AST) -> list[str]:
    """Take the bodies of a definition's functions out of a module's text."""
    lines = text.splitlines(keepends=True)
    return [
        "".join(lines[node.body[0].lineno - 1 : node.end_lineno])
        for node in ast.walk(definition)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


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
