"""What a student handed in: the notebook among the files, read however it was saved."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from nbgrader.utils import parse_utc

MOST_BYTES = 200 * 2**20  # of one file; outputs of 50 MB do occur
MOST_FILES = 2000
TIMESTAMP = "timestamp.txt"
# what programs leave beside a notebook, and the student edition, which grading has itself
NOT_THEIRS = {".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git", ".venv", "cs231n_lib"}
RELEASED = {"README.md", "glossary.md", "requirements.txt"}
EXPECTED = {TIMESTAMP, *RELEASED, ".DS_Store", "Thumbs.db", "desktop.ini"}
OTHER_FILES = {b"PK": "a zip archive", b"%PDF": "a PDF", b"<": "a web page"}
# a file of such a name would be imported in the place of what the course imports
SHADOWS = {"numpy", "matplotlib", "cs231n_lib", "grading", "nbgrader", "IPython", "sitecustomize"}


class UngradableError(Exception):
    """A submission that no repair makes gradable; the message is the reason for the student."""


@dataclass
class Notes:
    """What there is to say about a submission, beside its mark.

    Attributes
    ----------
    repairs : list of str
        What was repaired, for the student and the instructor.
    concerns : list of str
        What a person should look at, for the instructor alone; no mark depends on it.
    """

    repairs: list[str] = field(default_factory=list)
    concerns: list[str] = field(default_factory=list)


def listed(names: list[str], most: int = 5) -> str:
    """List some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def list_files(folder: Path) -> list[Path]:
    """List a student's files; no links, and nothing that is no file."""
    found: list[Path] = []
    for above, inner, names in os.walk(folder) if not folder.is_symlink() else ():
        inner[:] = sorted(name for name in inner if name not in NOT_THEIRS)
        for name in sorted(names):
            path = Path(above, name)
            if stat.S_ISREG(path.lstat().st_mode) and not name.startswith("._"):
                found.append(path)
        if len(found) > MOST_FILES:
            raise UngradableError(f"the folder has more than {MOST_FILES} files.")
    return found


def digest(folder: Path) -> str:
    """Make a short text that changes when what a student handed in changes."""
    sums = hashlib.sha256()
    try:
        for path in list_files(folder):
            sums.update(repr(str(path.relative_to(folder))).encode())
            if _may_be_notebook(path) or path.name == TIMESTAMP:
                with open(path, "rb") as file:
                    sums.update(hashlib.file_digest(file, "sha256").digest())
    except (UngradableError, OSError):
        return ""  # what can't be read is looked at each time
    return sums.hexdigest()


def read_timestamp(folder: Path, notes: Notes) -> datetime | None:
    """Read when a student handed in, where nbgrader or a person has noted it."""
    path = folder / TIMESTAMP
    if path.is_symlink() or not path.is_file():
        return None
    try:
        text = path.read_bytes()[:200].decode("utf-8-sig").strip()
        return parse_utc(text) if text else None
    except (ValueError, OverflowError, OSError):
        notes.repairs.append(f"{TIMESTAMP} has no time that can be read; it counts as in time.")
        return None


def find_notebooks(folder: Path, name: str, notes: Notes) -> Iterator[tuple[str, Path]]:
    """Find what may be the notebook in a student's folder, likely ones first.

    Parameters
    ----------
    folder : Path
        The student's folder for the assignment.
    name : str
        The file name that the assignment's notebook has.
    notes : Notes
        Says which other files are not used.

    Yields
    ------
    name : str
        The path inside of the folder.
    path : Path
        Where it is.

    Raises
    ------
    UngradableError
        If there is none; the message says what is there instead.
    """
    for link in (folder.parent, folder, folder / name):
        if link.is_symlink():
            raise UngradableError(f"{link.name} is a link; hand in the file itself.")
    if not folder.is_dir():
        raise UngradableError(f"{folder.name} is a file; {name} belongs in a folder of this name.")
    files = list_files(folder)
    notebooks = [path for path in files if _may_be_notebook(path)]
    if not notebooks:
        others = sorted(repr(other.name) for other in folder.iterdir())
        found = f"found {listed(others)}" if others else "the folder is empty"
        raise UngradableError(f"there is no {name} in the folder; {found}.")
    others = [path for path in files if path not in notebooks and path.name not in EXPECTED]
    unused = [path for path in others if path.suffix not in (".png", ".svg", ".jpg", ".gif")]
    if unused:
        names = listed([repr(str(path.relative_to(folder))) for path in unused])
        notes.repairs.append(f"Not used, since an answer stands in the notebook: {names}.")
    for path in others:
        relative = path.relative_to(folder)
        module = relative.parts[0].partition(".")[0]
        if path.suffix in (".py", ".so") and module in SHADOWS | sys.stdlib_module_names:
            notes.concerns.append(f"{str(relative)!r} has the name of a module that is imported.")
    for path in sorted(notebooks, key=lambda path: (path != folder / name, path)):
        yield str(path.relative_to(folder)), path


def _may_be_notebook(path: Path) -> bool:
    return ".ipynb" in path.name.lower() or path.suffix.lower() == ".json"


def read_notebook(path: Path, name: str, notes: Notes) -> NotebookNode:
    """Read a notebook file of any version.

    nbformat would refuse much that is odd and harmless, so only cells are taken, one by one.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        How to call it.
    notes : Notes
        Says what had to be repaired.

    Returns
    -------
    NotebookNode
        Cells with ``cell_type``, ``source``, ``metadata`` and, where it had one, ``id``.

    Raises
    ------
    UngradableError
        If it is no notebook.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UngradableError(f"{name} is larger than {MOST_BYTES // 2**20} MB.")
        data = path.read_bytes()
    except OSError as error:
        raise UngradableError(f"{name} can't be read: {error.strerror}.") from error
    if not data.strip(b"\x00 \r\n\t\xef\xbb\xbf"):
        raise UngradableError(f"{name} is empty.")
    for begin, what in OTHER_FILES.items():
        if data.lstrip().startswith(begin):
            raise UngradableError(f"{name} is {what}, not a notebook; hand in the .ipynb file.")
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "latin-1"
        text = data.decode(encoding)
    if not encoding.startswith("utf-8"):
        how = encoding.replace("utf", "UTF").replace("latin", "Latin")
        notes.repairs.append(f"{name} was not saved as UTF-8; it was read as {how}.")
    try:
        content = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:  # also a number with thousands of digits
        raise UngradableError(f"{name} is not a notebook, or was cut off: {error}.") from error
    try:
        cells = content.get("cells")
        if cells is None:  # before version 4
            cells = [cell for sheet in content["worksheets"] for cell in sheet["cells"]]
            notes.repairs.append(f"{name} was saved in an old version of the notebook format.")
        read = [cell for cell in map(_read_cell, cells) if cell is not None]
    except (AttributeError, KeyError, TypeError) as error:
        raise UngradableError(f"{name} is JSON, but not a notebook.") from error
    if len(read) < len(cells):
        lost = len(cells) - len(read)
        cells_had = "1 cell had" if lost == 1 else f"{lost} cells had"
        notes.repairs.append(f"{cells_had} no text that can be read.")
    return NotebookNode(cells=read)


def _read_cell(cell: Any) -> NotebookNode | None:
    """Take from a cell what grading needs, in the types that it needs."""
    if not isinstance(cell, dict):
        return None
    source = cell.get("source", cell.get("input"))  # called "input" before version 4
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    tags, marks = metadata.get("tags"), metadata.get("nbgrader")
    read = NotebookNode(
        cell_type="code" if cell.get("cell_type") == "code" else "markdown",
        source=writable(re.sub(r"\r\n?", "\n", source)),
        metadata=NotebookNode(
            tags=[tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
            nbgrader=from_dict(marks if isinstance(marks, dict) else {}),
        ),
    )
    if isinstance(cell.get("id"), str):
        read.id = cell["id"]
    return read


def writable(text: str) -> str:
    """Replace what UTF-8 does not have, as half of a pair: no notebook can be saved with it."""
    return text.encode("utf-8", "replace").decode()
