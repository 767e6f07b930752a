"""Faults: each is contained, costs what it breaks and no more, and has a reason of one line."""

import contextlib
import json
import os
import random
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

import nbformat
import psutil
import pytest
from rooms import (
    ASSIGNMENT,
    FULL,
    MARKS,
    NAME,
    ROOT,
    Room,
    add,
    cell_of,
    code,
    left_over,
    save,
    slug,
)

from grading.course import CourseError
from grading.grade import grade

pytestmark = MARKS


@dataclass
class Fault:
    """What goes wrong, how it is written, and how grading ends."""

    sentence: str
    write: Any
    reason: str = ""  # a part of it
    points: float | None = FULL - 1  # of exp_backward; None where it is refused

    def __str__(self):
        return slug(self.sentence)


def edited(edit, **answers):
    def write(room, folder):
        notebook = room.solved(**answers)
        edit(notebook)
        save(notebook, folder)

    return write


def answer(body):
    """Break one answer."""
    return edited(lambda notebook: None, exp_backward=body)


def cell(source):
    """Break a cell that the student added before all answers."""
    return edited(lambda notebook: add(notebook, code(source), after="setup"))


def file(content, name=NAME):
    """Hand in some other file."""

    def write(room, folder):
        data = content(nbformat.writes(room.solved())) if callable(content) else content
        data = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
        (folder / name).write_bytes(data)

    return write


# Code that does not end, or ends too much

CATCHES_ALL = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
PASSED = "dx = dout * out\n"
RIGHT = "def exp_backward(dout, cache):\n    return dout * cache\n\n\n"


def at_import(source):
    return edited(lambda nb: cell_of(nb, "exp_backward").update(source=RIGHT + source))


RECURSION = "return exp_backward(dout, cache)"
STACK = "import sys\nsys.setrecursionlimit(10**9)\ndef f(x):\n    return f([x]) + f([x])\ndx = f(1)"
BOMB = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
DISK = """
for k in range(1000):
    with open(f"/tmp/{k}", "wb") as file:
        for _ in range(15):
            file.write(bytes(2**20))
dx = dout * out
"""
TOUCHED = "kept = []\nwhile True:\n    kept.append(np.ones(2**24))"
LOCKED = "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()"
THREADS = """
import threading, time
for _ in range(1000):
    threading.Thread(target=time.sleep, args=(600,)).start()
dx = dout * out
"""
MANY_THREADS = """
import threading, time
for _ in range(5):
    threading.Thread(target=time.sleep, args=(600,)).start()
"""
SMALL = "dx = [float(k) for k in range(2_000_000)]"
TIMEOUT = "exp_backward: took longer than"
CRASH = "Crash: this ended its own Python process"

RUNS = [
    Fault("an endless loop", answer("while True:\n    pass"), TIMEOUT),
    Fault("an endless loop that catches everything", answer(CATCHES_ALL), TIMEOUT),
    Fault("an endless loop below an answer", at_import("while True:\n    pass"), "exp_backward"),
    Fault("an endless loop in a cell", cell("while True:\n    pass"), "all tests pass", FULL),
    Fault("a sleep", answer("import time\ntime.sleep(3600)"), TIMEOUT),
    Fault("a deadlock", answer(LOCKED), TIMEOUT),
    Fault("a recursion without end", answer(RECURSION), "RecursionError"),
    Fault("a recursion through the stack's end", answer(STACK), "exp_backward"),
    Fault("a segmentation fault", answer("import ctypes\nctypes.string_at(0)"), CRASH),
    Fault("sys.exit", answer("import sys\nsys.exit(0)"), "SystemExit"),
    Fault("sys.exit in a cell", cell("import sys\nsys.exit(1)"), "all tests pass", FULL),
    Fault("quit", answer("quit()\n" + PASSED), "all tests pass", FULL),
    Fault("os.abort", answer("import os\nos.abort()"), CRASH),
    Fault("a crash in a cell", cell("import os\nos.abort()"), "all tests pass", FULL),
    Fault("a kill of itself", answer("import os\nos.kill(os.getpid(), 9)"), CRASH),
    Fault("a kill of everything", answer("import os\nos.kill(-1, 9)\nos._exit(3)"), "exp_backward"),
    Fault("a KeyboardInterrupt", answer("raise KeyboardInterrupt"), "KeyboardInterrupt"),
    Fault("50 GB of memory at once", answer("dx = np.ones(50 * 2**27)"), "MemoryError"),
    Fault("more and more memory", answer(TOUCHED), "exp_backward: "),
    Fault("a fork bomb", answer(BOMB), "exp_backward: "),
    Fault("a full disk of its own", answer(DISK), "No space left on device"),
    Fault("a thousand threads", answer(THREADS), "exp_backward: RuntimeError"),
    Fault("threads that are left", cell(MANY_THREADS), "all tests pass", FULL),
    Fault("all files closed", answer("import os\nos.closerange(0, 100)\n" + PASSED), CRASH),
    Fault("a question to the user", answer("name = input('name? ')\n" + PASSED), "EOFError"),
    Fault("its own folder removed", cell("import shutil\nshutil.rmtree('/tmp', True)"), "", FULL),
]

# What is printed, shown, returned and raised

BAD_REPR = "class Bad:\n    def __repr__(self):\n        return {}\n\n\nBad()"
ENDLESS_REPR = BAD_REPR.format("'x' * 10**8")
NO_TEXT = "class Bad:\n    def __repr__(self):\n        raise SystemExit\n\n\nprint(Bad())\nBad()"


def raising(name, message="''", text=""):
    body = f"lambda self: {text}" if text else f"lambda self: {message}"
    return answer(f"raise type({name!r}, (Exception,), {{'__str__': {body}}})()")


VALUES = [
    Fault("100 MB printed", answer("print('x' * 10**8)\n" + PASSED), "all tests pass", FULL),
    Fault("endless prints", answer("while True:\n    print('again')"), TIMEOUT),
    Fault("100 MB shown", cell(ENDLESS_REPR), "all tests pass", FULL),
    Fault("a repr that is no text", cell(BAD_REPR.format("5")), "all tests pass", FULL),
    Fault("a repr that exits", cell(NO_TEXT), "all tests pass", FULL),
    Fault("a huge array returned", answer("dx = np.zeros(5 * 10**7)"), "exp_backward: "),
    Fault(
        "an array without end",
        answer("dx = np.broadcast_to(1.0, (10**6, 10**6))"),
        "too much data",
    ),
    Fault("a list of millions", answer(SMALL), "exp_backward: "),
    Fault("a list that holds itself", answer("dx = []\ndx.append(dx)"), "exp_backward: "),
    Fault("a list 10,000 deep", answer("dx = []\nfor _ in range(10**4):\n    dx = [dx]"), ": "),
    Fault("a generator", answer("dx = (one for one in dout * out)"), "exp_backward: "),
    Fault("a function that yields", answer("yield dout\ndx = 1"), "exp_backward: "),
    Fault("nan", answer("dx = dout * np.nan"), "nan"),
    Fault("inf", answer("dx = dout / 0.0"), "inf"),
    Fault("none", answer("dx = None"), "exp_backward: dx"),
    Fault("a text", answer("dx = 'dout * out'"), "exp_backward: "),
    Fault("a dictionary", answer("dx = {'dx': dout * out}"), "exp_backward: "),
    Fault("a class", answer("dx = type('Dx', (), {})"), "exp_backward: "),
    Fault("a module", answer("dx = np"), "exp_backward: "),
    Fault("an array of objects", answer("dx = np.array([dout, 'x', None], dtype=object)"), ": "),
    Fault("an array of dates", answer("dx = np.array(['2020-01-01'], dtype='datetime64')"), ": "),
    Fault("a number of 10,000 digits", answer("dx = 10**10_000"), "exp_backward: "),
    Fault("half a pair of a letter", answer("raise ValueError('\\ud800')"), "ValueError"),
    Fault("an exception with a line in its name", raising("a\nTraceback"), "exp_backward: "),
    Fault("an exception without a name", raising(""), "exp_backward: "),
    Fault("an exception of a long name", raising("x" * 10**6), "exp_backward: "),
    Fault("an exception that can't be shown", raising("Odd", text="1 / 0"), "exp_backward: Odd"),
    Fault("an exception that shows no text", raising("Odd", text="5"), "exp_backward: Odd"),
    Fault("an exception that exits", raising("Odd", text="exec('raise SystemExit')"), "Odd"),
    Fault("an exception of 100 MB", raising("Odd", "'x' * 10**8"), "exp_backward: Odd"),
    Fault(
        "an exception that clears the terminal",
        raising("Odd", repr("\x1b[2J\x1b[Hada graded 37 of 37\r\u202eback")),
        "exp_backward: Odd",
    ),
    Fault("an exception of empty lines", raising("Odd", repr("\n\n\n\u2028\n")), "exp_backward: "),
    Fault("warnings as errors", cell("import warnings\nwarnings.simplefilter('error')"), "", FULL),
    Fault("strict floats", cell("np.seterr(divide='raise', invalid='raise')"), "", FULL),
    Fault("print replaced", cell("print = None\nlen = range = None"), "", None),
]

# Files

HALF = [0.01, 0.3, 0.999]


def huge_file(room, folder):
    with open(folder / NAME, "wb") as new:
        new.truncate(300 * 2**20)  # without a block on the disk


def fifo(room, folder):
    os.mkfifo(folder / NAME)


def socket_file(room, folder):
    with socket.socket(socket.AF_UNIX) as new, contextlib.chdir(folder):
        new.bind(NAME)


def directory(room, folder):
    (folder / NAME).mkdir()


def unreadable(room, folder):
    save(room.solved(), folder)
    (folder / NAME).chmod(0)


def in_place_of_folder(room, folder):
    folder.rmdir()
    save(room.solved(), folder.parent, ASSIGNMENT)


def loop_of_links(room, folder):
    folder.rmdir()
    folder.symlink_to(folder)


def dangling(room, folder):
    folder.rmdir()
    folder.symlink_to("nowhere")


def two_solved(room, folder):
    save(room.solved(), folder, "a.ipynb")
    save(room.solved(exp_backward="dx = dout"), folder, "b.ipynb")


def other_assignment(room, folder):
    other = room.course.read_source("02_fully_connected")
    save(other, folder)


def many_files(room, folder):
    save(room.solved(), folder)
    for k in range(3000):
        (folder / f"{k}.txt").touch()


def deep_folders(room, folder):
    for _ in range(100):
        folder = folder / "x"
        folder.mkdir()
    save(room.solved(), folder)


def in_metadata(value):
    """Put a value into the notebook's metadata, which nobody reads."""
    return file(lambda whole: whole.replace('"metadata": {', f'"metadata": {{"x": {value}, ', 1))


BROKEN = "is not a notebook, or was cut off"
GARBAGE = random.Random(0).randbytes(10_000)

FILES = [
    Fault("an empty file", file(b""), "backprop.ipynb is empty", None),
    Fault("10 KB of zeros", file(bytes(10_000)), "backprop.ipynb is empty", None),
    Fault("random bytes", file(GARBAGE), BROKEN, None),
    Fault("random bytes in JSON", file(b'{"cells": "' + GARBAGE), BROKEN, None),
    *[
        Fault(f"{part:.1%} of a file", file(lambda x, p=part: x[: int(p * len(x))]), BROKEN, None)
        for part in HALF
    ],
    Fault("a zip archive", file(b"PK\x03\x04" + GARBAGE), "is a zip archive", None),
    Fault("a page of the web", file("<!DOCTYPE html><p>404"), "is a web page", None),
    Fault("a program", file("def chain_rule(): pass", "backprop.py"), "there is no backprop", None),
    Fault("a folder of the notebook's name", directory, "there is no backprop.ipynb", None),
    Fault("a pipe of the notebook's name", fifo, "there is no backprop.ipynb", None),
    Fault("a socket of the notebook's name", socket_file, "there is no backprop.ipynb", None),
    Fault("300 MB", huge_file, "is larger than 200 MB", None),
    Fault("100,000 lists in one another", file("[" * 100_000), BROKEN, None),
    Fault("closed lists in one another", file("[" * 50_000 + "]" * 50_000), "", None),
    Fault("a number of 5000 digits", in_metadata("1" * 5000), BROKEN, None),
    Fault("not a number", in_metadata("NaN"), "all tests pass", FULL),
    Fault("infinite numbers", in_metadata("[1e999, -Infinity]"), "all tests pass", FULL),
    Fault("the notebook of another assignment", other_assignment, "answer cells", None),
    Fault("two solved notebooks", two_solved, "which notebook counts", None),
    Fault("3000 files", many_files, "more than 2000 files", None),
    Fault("100 folders in one another", deep_folders, "all tests pass", FULL),
    Fault("a file in the folder's place", in_place_of_folder, "is a file", None),
    Fault("a loop of links", loop_of_links, "is a link", None),
    Fault("a link to nowhere", dangling, "is a link", None),
    Fault("a broken file with a line in its name", file(b"{", "a\nb.ipynb"), BROKEN, None),
    Fault(
        "a solved file with a line in its name",
        file(lambda whole: whole, "a\nTraceback\x1b[2J.ipynb"),
        "all tests pass",
        FULL,
    ),
]

# Cells

TERMS = "dx = dout * out" + " + 0.0" * 600
MORE_TERMS = "dx = dout * out" + " + 0.0" * 20_000
SIGNS = "dx = dout * out * " + "-" * 100_000 + "1"
NESTED = "\n".join(" " * k + "if True:" for k in range(99)) + "\n" + " " * 99 + "pass"


def thousands(notebook):
    notebook.cells += [code(f"x{k} = {k}") for k in range(10_000)]


def odd_ids(notebook):
    for one, name in zip(notebook.cells, ["a\nb", "", "\ud800", "x" * 10**5], strict=False):
        one["id"] = name


def odd_marks(notebook):
    for k, one in enumerate(notebook.cells):
        if one.metadata.get("nbgrader"):
            marks = one.metadata.nbgrader
            marks.update([{"points": "x"}, {"grade_id": []}, {"checksum": 5}, {"grade": {}}][k % 4])


def written(source):
    return edited(lambda notebook: None, reflect_branch=source)


CELLS = [
    Fault("half a pair of a letter in code", cell("'\ud800'"), "all tests pass", FULL),
    Fault("half a pair of a letter in a text", written("I see \ud800."), "all tests pass", FULL),
    Fault("a zero byte in an answer", answer("dx = '\0'"), "exp_backward"),
    Fault("a zero byte in a cell", cell("x = '\0'"), "all tests pass", FULL),
    Fault("an answer of 20 MB", answer("x = '" + "x" * 20_000_000 + "'\n" + PASSED), ""),
    Fault("10,000 cells", edited(thousands), "all tests pass", FULL),
    Fault("a sum of 600 terms", answer(TERMS), "all tests pass", FULL),
    Fault("a sum of 1200 terms", answer(TERMS + " + 0.0" * 600), "exp_backward"),
    Fault("a sum of 20,000 terms", answer(MORE_TERMS), "exp_backward: "),
    Fault("100,000 signs", answer(SIGNS), "exp_backward: "),
    Fault("100,000 brackets", answer("dx = " + "(" * 100_000), "exp_backward: "),
    Fault("99 conditions in one another", cell(NESTED), "all tests pass", FULL),
    Fault("100,000 empty lines in code", cell("\n" * 100_000 + "x = 1"), "all tests pass", FULL),
    Fault("100,000 brackets in a text", written("![" * 100_000), "all tests pass", FULL),
    Fault("100,000 links in a text", written("[a](" * 100_000), "all tests pass", FULL),
    Fault("a text of 5 MB", written("so " * 1_700_000), "all tests pass", FULL),
    Fault("odd ids", edited(odd_ids), "all tests pass", FULL),
    Fault("odd marks", edited(odd_marks), "all tests pass", FULL),
]

CASES = RUNS + VALUES + FILES + CELLS
EITHER = {"print-replaced", "an-answer-of-20-mb"}  # what it costs is the student's to bear


@pytest.fixture(scope="module")
def room(new_classroom):
    room = Room(new_classroom())
    save(room.solved(), room.folder("earlier"))
    save(room.solved(exp_backward="dx = dout"), room.folder("earlier too"))
    room.grade()
    # every loop takes as long as it is given
    room.course.config.Execute.seconds_per_test = 2.5
    room.course.config.Execute.seconds_per_cell = 3.0
    room.good = []
    for k, case in enumerate(CASES):
        case.write(room, room.folder(str(case)))
        if k % 6 == 0:  # the names decide the order, so that these are spread among them
            room.good.append(f"{case}-next")
            save(room.solved(), room.folder(room.good[-1]))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("grading.grade.SECONDS", 60)
        room.grade()
    yield room
    for path in room.course.submitted.glob(f"*/{ASSIGNMENT}/{NAME}"):
        path.chmod(0o644)


def test_no_two_faults_have_one_name():
    assert len({str(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_costs_what_it_breaks(room, case):
    result = room.results[str(case)]
    if str(case) in EITHER:
        assert result.status in ("graded", "refused"), result.reason
    else:
        status = "refused" if case.points is None else "graded"
        assert (result.status, result.points) == (status, case.points), result.reason
    assert case.reason in result.reason


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_fault_has_a_reason_of_one_line(room, case):
    result = room.results[str(case)]
    assert 3 < len(result.reason) < 1000
    for line in (result.reason, *result.repairs, *result.concerns):
        assert line.isprintable(), line
        assert not line.startswith("Traceback")


def test_whoever_comes_next_gets_full_marks(room):
    marks = {name: (room.results[name].status, room.results[name].points) for name in room.good}
    assert marks == dict.fromkeys(room.good, ("graded", FULL))
    assert len(marks) > 15


def test_earlier_marks_are_as_they_were(room):
    assert sum(filter(None, room.scores("earlier").values())) == FULL
    assert sum(filter(None, room.scores("earlier too").values())) == FULL - 1


def test_after_all_faults_nothing_runs_and_the_gradebook_is_whole(room):
    assert left_over() == []
    assert room.is_gradebook_intact()


def test_an_unreadable_file_is_refused_or_graded(new_classroom):
    room = Room(new_classroom())
    unreadable(room, room.folder("a"))
    result = room.grade()["a"]
    assert result.status == ("graded" if os.geteuid() == 0 else "refused")
    assert result.reason.isprintable()


# What happens to the grader itself

SLOW = "import time\ntime.sleep(2)\ndx = dout * out"


@pytest.fixture
def three(new_classroom):
    room = Room(new_classroom())
    for name in "abc":
        save(room.solved(), room.folder(name))
    return room


@pytest.fixture
def one_slow(three):
    """Three students; the second one's answer takes a while."""
    save(three.solved(exp_backward=SLOW), three.folder("b"))
    return three


def statuses(results):
    return {name: (result.status, result.points) for name, result in results.items()}


ALL_GRADED = dict.fromkeys("abc", ("graded", FULL))


def test_a_killed_grader_costs_one_submission_until_the_next_run(one_slow):
    def kill():
        while not done.is_set():
            for process in psutil.Process().children():
                with contextlib.suppress(psutil.Error):
                    # the student's answer sleeps in a worker of this one
                    if process.children() and not (one_slow.course.autograded / "b").exists():
                        time.sleep(1.5)
                        process.kill()
                        return
            time.sleep(0.02)

    done = threading.Event()
    thread = threading.Thread(target=kill)
    thread.start()
    try:
        results = one_slow.grade(processes=1)
    finally:
        done.set()
        thread.join()
    failed = [result for result in results.values() if result.status == "failed"]
    assert len(failed) == 1
    assert failed[0].reason == "grading ended without a result; is memory short?"
    assert [result.points for result in results.values() if result not in failed] == [FULL, FULL]
    assert left_over() == []
    assert statuses(one_slow.grade()) == ALL_GRADED


def test_a_gradebook_in_use_for_some_seconds_is_waited_for(three):
    taken, given_back = threading.Event(), threading.Event()

    def use():
        with contextlib.closing(sqlite3.connect(three.course.gradebook_file)) as db:
            db.isolation_level = None
            db.execute("BEGIN IMMEDIATE")
            taken.set()
            given_back.wait(3)
            db.execute("ROLLBACK")

    thread = threading.Thread(target=use)
    thread.start()
    try:
        taken.wait(10)
        assert statuses(three.grade()) == ALL_GRADED
    finally:
        given_back.set()
        thread.join()
    assert three.is_gradebook_intact()


def test_a_gradebook_in_use_all_the_time_is_a_reason_and_no_crash(three):
    assert three.grade("a")["a"].points == FULL
    with contextlib.closing(sqlite3.connect(three.course.gradebook_file)) as db:
        db.isolation_level = None
        db.execute("BEGIN IMMEDIATE")
        results = three.grade("c")
        db.execute("ROLLBACK")
    assert statuses(results) == {"c": ("failed", None)}
    assert results["c"].reason == "not written: database is locked."
    assert statuses(three.grade()) == ALL_GRADED


FULL_DISK = """
import json, resource, sys
from grading.course import Course
from grading.grade import grade
for k, result in enumerate(grade(Course(), "01_backprop", processes=1)):
    print(json.dumps([result.student, result.status, result.points, result.reason]), flush=True)
    if k == 0:  # from now on, as on a full disk, no file can be written to its end
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
"""


def run(room, *command, **options):
    environment = {**os.environ, "CS231N_CLASSROOM": str(room.course.gradebook_file.parent)}
    environment["PYTHONPATH"] = str(ROOT)
    return subprocess.Popen(
        [sys.executable, *command],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def test_a_full_disk_is_a_reason_and_a_later_run_finishes(three):
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    process = run(three, "-W", "ignore", "-c", FULL_DISK)
    printed, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    first, *others = map(json.loads, printed.splitlines())
    assert first[1:3] == ["graded", FULL]
    assert len(others) == 2
    for _, status, points, reason in others:
        assert (status, points) == ("failed", None)
        assert reason.startswith("not written: ")
        assert "\n" not in reason
    assert sum(filter(None, three.scores(first[0]).values())) == FULL
    assert three.is_gradebook_intact()
    assert statuses(three.grade()) == ALL_GRADED


def test_a_folder_that_can_not_be_written_is_a_reason(three):
    three.course.autograded.mkdir(parents=True)
    (three.course.autograded / "b").write_text("in the way")
    results = three.grade()
    assert statuses(results) == ALL_GRADED | {"b": ("failed", None)}
    assert results["b"].reason.startswith("not written: ")
    (three.course.autograded / "b").unlink()
    assert statuses(three.grade()) == ALL_GRADED


def test_two_graders_at_a_time_are_one_too_many(three):
    with three.course.lock(), pytest.raises(CourseError) as error:
        next(grade(three.course, ASSIGNMENT))
    assert str(error.value).startswith("this classroom is being graded or released to by another")
    assert "\n" not in str(error.value)
    assert statuses(three.grade()) == ALL_GRADED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_goes_on_where_it_was(one_slow, number):
    process = run(one_slow, "-m", "grading", "grade", ASSIGNMENT)
    book = "SELECT count(*) FROM workbook_records WHERE student = 'a'"
    end = time.monotonic() + 60
    while time.monotonic() < end:
        database = contextlib.closing(sqlite3.connect(one_slow.course.gradebook_file))
        with database as db, contextlib.suppress(sqlite3.Error):
            if db.execute(book).fetchone() == (1,):
                break
        time.sleep(0.05)
    started = psutil.Process(process.pid).children(recursive=True)
    assert started
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=20)
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert errors.startswith("stopped; what is graded so far is kept.")
        assert errors.count("\n") == 1
    assert psutil.wait_procs(started, timeout=10)[1] == []
    assert one_slow.is_gradebook_intact()
    assert statuses(one_slow.grade()) == ALL_GRADED
