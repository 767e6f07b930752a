"""Where the course's files are, and nbgrader with the course's settings."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from multiprocessing.context import BaseContext
from pathlib import Path

import nbformat
from filelock import FileLock, Timeout
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config, PyFileConfigLoader

from grading.fresh import read_secret

ROOT = Path(__file__).resolve().parent.parent


class CourseError(Exception):
    """Something that the instructor has to put right; the message says what."""


class BusyError(CourseError):
    """Another process works in this classroom."""


class Course:
    """The course's folders, its assignments and its gradebook, as nbgrader_config.py has them."""

    def __init__(self) -> None:
        self.config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
        folders = self.config.CourseDirectory
        self.source = ROOT / folders.source_directory
        self.release = ROOT / folders.release_directory
        self.bundles = self.release.with_name("bundles")
        self.submitted = ROOT / folders.submitted_directory
        self.autograded = ROOT / folders.autograded_directory
        self.feedback = ROOT / folders.feedback_directory
        self.gradebook_file = Path(folders.db_url.removeprefix("sqlite:///"))

    def __reduce__(self) -> tuple:
        """Let another process read the settings itself: a class in them can't be sent there."""
        return _read_course, (str(self.gradebook_file.parent),)

    def assignments(self) -> list[str]:
        """Name every assignment that has a notebook, in order."""
        return sorted(path.parent.name for path in self.source.glob("*/*.ipynb"))

    def source_notebook(self, assignment: str) -> Path:
        """Find the notebook of an assignment, with its solutions.

        Raises
        ------
        CourseError
            If there is no such assignment.
        """
        if assignment not in self.assignments():
            raise CourseError(
                f"there is no assignment {assignment!r}; there is {', '.join(self.assignments())}."
            )
        return next((self.source / assignment).glob("*.ipynb"))

    def read_source(self, assignment: str) -> NotebookNode:
        """Read an assignment's notebook, with its solutions."""
        return nbformat.read(self.source_notebook(assignment), as_version=4)

    def secret(self) -> bytes:
        """Read the secret that the random inputs of hidden tests depend on."""
        return read_secret(self.gradebook_file.with_name("secret"))

    def nbgrader(self, **folders: str) -> NbGraderAPI:
        """Make nbgrader's API with the course's settings, and with other folders where given."""
        # nbgrader starts `alembic` by name, also where the environment is not activated
        tools = str(Path(sys.executable).parent)
        if tools not in os.environ["PATH"].split(os.pathsep):
            os.environ["PATH"] = tools + os.pathsep + os.environ["PATH"]
        config = deepcopy(self.config)
        config.CourseDirectory.update(folders)
        return NbGraderAPI(config=config)

    def gradebook(self) -> Gradebook:
        """Open the gradebook; it is closed by `with` or by its method `close`."""
        return Gradebook(self.config.CourseDirectory.db_url, "cs231n")

    def version(self, assignment: str) -> str:
        """Make a short text that changes when marks may: with the notebook, or what grades it."""
        sums = hashlib.sha256(self.source_notebook(assignment).read_bytes() + self.secret())
        grading = ROOT / "grading"
        files = [*(ROOT / "cs231n_lib").rglob("*.py"), *grading.glob("*.py")]
        for path in sorted([*files, grading / "course.toml", ROOT / "nbgrader_config.py"]):
            sums.update(path.read_bytes())
        return sums.hexdigest()

    def submissions(self, assignment: str) -> tuple[list[str], list[str]]:
        """Look through the folder of what was handed in.

        Parameters
        ----------
        assignment : str
            The assignment's name.

        Returns
        -------
        handed_in : list of str
            The students who handed in this assignment.
        others : list of str
            What else lies there: students without it, and what is no student's folder.
        """
        handed_in, others = [], []
        for entry in sorted(self.submitted.iterdir() if self.submitted.is_dir() else []):
            mine = os.path.lexists(entry / assignment)
            (handed_in if mine else others).append(entry.name)
        return handed_in, others

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let no other process grade or release in this classroom meanwhile.

        Raises
        ------
        BusyError
            If another one does.
        """
        path = self.gradebook_file.with_name("grading.lock")
        try:
            # a killed process may take a moment to let go
            with FileLock(path, timeout=2):
                yield
        except Timeout as error:
            raise BusyError(
                "this classroom is being graded or released to by another process; wait for its "
                "end, or stop it."
            ) from error


def _read_course(classroom: str) -> Course:
    os.environ["CS231N_CLASSROOM"] = classroom
    return Course()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there in full, or as it was before."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def process_context() -> BaseContext:
    """Choose how to start a process: by a fork, which has everything imported already.

    macOS and Windows can't fork safely.
    """
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def last_error(log: str) -> str:
    """Pick from nbgrader's log the line that says what went wrong."""
    lines = [line.strip() for line in log.splitlines()]
    exceptions = [line for line in lines if re.match(r"[\w.]*(Error|Exception|Entry): ", line)]
    errors = [line.split("]", 1)[-1].strip() for line in lines if "ERROR]" in line]
    return (exceptions or errors or ["it gave no reason."])[-1]
