"""The student edition of cs231n_lib: the library without what is still to be learned."""

from __future__ import annotations

import ast
import shutil
import tomllib
from pathlib import Path

import cs231n_lib

LIBRARY = Path(cs231n_lib.__file__).parent
COURSE = Path(__file__).with_name("course.toml")


def withheld_names(assignment: str, grading: bool = False) -> dict[str, str]:
    """Collect the names that the edition of an assignment must not answer.

    Parameters
    ----------
    assignment : str
        The assignment's name.
    grading : bool, default False
        Also those that students have, but that would be an answer.

    Returns
    -------
    dict of str to str
        For each public name, the first assignment from this one on that teaches it. An assignment
        that ``course.toml`` does not have withholds everything.
    """
    assignments = tomllib.loads(COURSE.read_text(encoding="utf-8"))["assignment"]
    names = [entry["name"] for entry in assignments]
    first = names.index(assignment) if assignment in names else 0
    withheld: dict[str, str] = {}
    for entry in assignments[first:]:
        for name in entry["teaches"]:
            withheld.setdefault(name, entry["name"])
    if grading and assignment in names:
        absent = assignments[first].get("absent_in_grading", [])
        withheld |= dict.fromkeys(absent, assignment)
    return withheld


def write_edition(assignment: str, folder: Path, grading: bool = False) -> None:
    """Write the student edition of an assignment.

    Parameters
    ----------
    assignment : str
        The assignment's name.
    folder : Path
        Where ``cs231n_lib`` is to be; it must not exist yet.
    grading : bool, default False
        For a worker that grades, instead of for a student.
    """
    withheld = withheld_names(assignment, grading)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(LIBRARY, folder, symlinks=True, ignore=ignored)
    for path in sorted(folder.rglob("*.py")):
        if path.is_symlink():  # a release refuses it
            continue
        source = path.read_text(encoding="utf-8")
        path.write_text(withhold(source, withheld), encoding="utf-8")


def withhold(source: str, withheld: dict[str, str]) -> str:
    """Take the bodies of definitions out of a module.

    Parameters
    ----------
    source : str
        The module's text.
    withheld : dict of str to str
        Names, and the assignment that teaches each.

    Returns
    -------
    str
        The same text, in which each withheld function or class raises `WithheldError` when it is
        called, and private helpers that only they use are gone.
    """
    tree = ast.parse(source)
    defined = {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    closed = {name for name in defined if name in withheld}
    if not closed:
        return source
    unused = _private_helpers(tree, defined, closed)
    lines = source.splitlines(keepends=True)
    for name in sorted(closed | unused, key=lambda name: -defined[name].lineno):
        node = defined[name]
        start = min([node.lineno, *[item.lineno for item in node.decorator_list]])
        lines[start - 1 : node.end_lineno] = (
            [] if name in unused else [_replacement(name, withheld)]
        )
    return "".join(lines)


def _replacement(name: str, withheld: dict[str, str]) -> str:
    return (
        f"def {name}(*_, **__):\n"
        f'    """Withheld until {withheld[name]} is over."""\n'
        f"    from cs231n_lib.contracts import WithheldError\n\n"
        f"    raise WithheldError({name!r}, {withheld[name]!r})\n"
    )


def _private_helpers(tree: ast.Module, defined: dict, closed: set[str]) -> set[str]:
    """Find the private definitions that nothing but withheld ones uses."""
    private = {name for name in defined if name.startswith("_")}
    open_nodes = [node for node in tree.body if getattr(node, "name", None) not in closed | private]
    used: set[str] = set()
    while open_nodes:
        names = {node.id for node in ast.walk(open_nodes.pop()) if isinstance(node, ast.Name)}
        new = (names & private) - used
        used |= new
        open_nodes += [defined[name] for name in new]
    return private - used
