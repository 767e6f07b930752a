"""A classroom that is released once, and copied for each class that is graded."""

import shutil

import pytest
from rooms import ASSIGNMENT, Room

from grading.course import Course
from grading.release import release


@pytest.fixture(scope="session")
def released_folder(tmp_path_factory):
    """A classroom in which the assignment is released, and nobody has handed in."""
    folder = tmp_path_factory.mktemp("released")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CS231N_CLASSROOM", str(folder))
        release(Course(), ASSIGNMENT)
    return folder


@pytest.fixture(scope="module")
def new_room(released_folder, tmp_path_factory):
    """Make classrooms in which nobody has handed in yet."""

    def make():
        folder = tmp_path_factory.mktemp("classroom")
        shutil.copytree(released_folder, folder, dirs_exist_ok=True)
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setenv("CS231N_CLASSROOM", str(folder))
            return Room(Course())

    return make
