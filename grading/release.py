"""From the instructor's notebook to what students get: it, and an edition of the library."""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from nbformat import NotebookNode

from grading.checks import CHECK, record_checks
from grading.course import ROOT, Course, CourseError, last_error
from grading.edition import LIBRARY, withheld_names, write_edition
from grading.leaks import find_leaks, find_unmarked
from grading.misconceptions import read_bank

PICTURES = {".png", ".svg"}
STORED = "cs231n_lib/verdict/stored.json"
GLOSSARY = "glossary.md"
README = """\
# {title}

Python 3.11 or newer is needed. In a terminal, in this folder:

```
python -m venv .venv
source .venv/bin/activate           (Windows: .venv\\Scripts\\activate)
python -m pip install -r requirements.txt
jupyter lab {notebook}
```

Work from top to bottom. A check cell says what is wrong; run it as often as you like. To run all
tests that you see, and to get a hint, in a terminal:

```
python -m cs231n_lib check {notebook}
python -m cs231n_lib hint {exercise}
```

Hand in `{notebook}`, and nothing else. `cs231n_lib/` is the course's library, without what you are
asked to write: such a name says so when it is called.
"""


def release(course: Course, assignment: str) -> Path:
    """Write what students get: a folder, and the same as a zip file.

    Both have the notebook without solutions and hidden tests, the student edition of the library,
    a list of requirements, a short README, and the notebook's part of the glossary, if it has one.
    The same sources give the same bytes.

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
        If the assignment is unknown, nbgrader fails, something would leak, or another process
        grades in this classroom; then an earlier release stays as it was.
    """
    name = course.source_notebook(assignment).name
    source, bank = course.read_source(assignment), read_bank(assignment)
    problems = find_unmarked(source)
    if problems:
        raise CourseError(f"{assignment} is not released: {name}: {'; '.join(problems)}.")
    classroom = course.release.parent
    classroom.mkdir(parents=True, exist_ok=True)
    with course.lock(), TemporaryDirectory(prefix=".release-", dir=classroom) as temporary:
        for left_over in classroom.glob(".release-*"):  # by a release that was killed
            if left_over != Path(temporary):
                shutil.rmtree(left_over)
        folder = Path(temporary) / assignment
        _generate(course, assignment, Path(temporary))
        write_edition(assignment, folder / "cs231n_lib")
        stored = record_checks(source, bank.misconceptions)
        text = json.dumps(stored, separators=(",", ":"), ensure_ascii=False)
        (folder / STORED).write_text(text + "\n", encoding="utf-8")
        _write_how_to_begin(source, name, folder)
        _write_glossary(assignment, folder)
        expected = _expected_files(course, assignment)
        leaks = find_leaks(folder, expected, source, withheld_names(assignment), bank)
        if leaks:
            raise CourseError(f"{assignment} is not released: {'; '.join(leaks)}.")
        packed = Path(temporary) / f"{assignment}.zip"
        _pack(folder, packed)
        final = course.release / assignment
        final.parent.mkdir(parents=True, exist_ok=True)
        if final.exists():
            final.rename(Path(temporary) / "earlier")
        folder.rename(final)
        course.bundles.mkdir(parents=True, exist_ok=True)
        os.replace(packed, course.bundles / packed.name)
    return final / name


def _generate(course: Course, assignment: str, into: Path) -> None:
    """Let nbgrader take out solutions and hidden tests."""
    result = course.nbgrader(release_directory=str(into)).generate_assignment(
        assignment, force=True, create=True
    )
    if not result["success"]:
        reason = last_error(result["log"])
        if "Cannot add or remove cells" in reason:
            reason = (
                "its tests have changed, and there are marks for the old ones. Grade the class "
                "with the notebook it was given, or set CS231N_CLASSROOM to another folder"
            )
        raise CourseError(f"{assignment} can't be released: {reason}")


def _write_how_to_begin(source: NotebookNode, name: str, folder: Path) -> None:
    """Write what to install, and what to do with it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [*project["dependencies"], "jupyter>=1.1"]
    (folder / "requirements.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
    title = source.cells[0].source.splitlines()[0].removeprefix("# ")
    check = next(cell.id for cell in source.cells if cell.id.startswith(CHECK))
    text = README.format(title=title, notebook=name, exercise=check.removeprefix(CHECK))
    (folder / "README.md").write_text(text, encoding="utf-8")


def _write_glossary(assignment: str, folder: Path) -> None:
    """Write the terms of this notebook alone, and name the file in the README."""
    text = (ROOT / "docs" / GLOSSARY).read_text(encoding="utf-8")
    beginning, *sections = re.split(r"(?m)^## ", text)
    for section in sections:
        name, _, terms = section.partition("\n")
        if name == assignment:
            (folder / GLOSSARY).write_text(beginning + terms.strip() + "\n", encoding="utf-8")
            with (folder / "README.md").open("a", encoding="utf-8") as readme:
                readme.write(f"`{GLOSSARY}` has the terms of the notebook in Chinese and Korean.\n")


def _expected_files(course: Course, assignment: str) -> set[str]:
    source = course.source_notebook(assignment)
    pictures = {path.name for path in source.parent.iterdir() if path.suffix in PICTURES}
    library = {
        f"cs231n_lib/{path.relative_to(LIBRARY).as_posix()}"
        for path in LIBRARY.rglob("*")
        if path.suffix in (".py", ".toml")
    }
    return {source.name, *pictures, "README.md", "requirements.txt", GLOSSARY, STORED, *library}


def _pack(folder: Path, target: Path) -> None:
    """Write a zip file with nothing in it that depends on when and where it is made."""
    with zipfile.ZipFile(target, "w") as bundle:  # not compressed: zlib's versions differ
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                path.chmod(0o644)  # nbgrader writes the notebook read-only
                name = path.relative_to(folder.parent).as_posix()
                entry = zipfile.ZipInfo(name)  # with zip's own first date
                entry.external_attr = 0o644 << 16
                bundle.writestr(entry, path.read_bytes())
