"""Cheats: none pays, none shows what is hidden, and each is told to the instructor."""

import html
import json
import os
import re
from dataclasses import dataclass
from typing import Any

import nbformat
import pytest
from rooms import (
    ASSIGNMENT,
    FULL,
    MARKS,
    NAME,
    Room,
    add,
    cell_of,
    code,
    left_over,
    save,
    slug,
    telling_lines,
    text,
)

from grading.repair import is_test

pytestmark = MARKS


@dataclass
class Cheat:
    """What a student tried, how it is written, what it may earn, and how it is reported."""

    sentence: str
    write: Any
    reported: str  # a pattern of one of the concerns
    points: float = FULL - 1  # of exp_backward, which is not right

    def __str__(self):
        return slug(self.sentence)


WRONG = "dx = dout + out"


def edited(edit, **answers):
    """Hand in right answers, but for exp_backward, after an edit of the notebook."""

    def write(room, folder):
        notebook = room.solved(**{"exp_backward": WRONG} | answers)
        edit(notebook)
        save(notebook, folder)

    return write


def answer(body, exercise="exp_backward"):
    """Hand in right answers, but for one."""
    return edited(lambda notebook: None, **{"exp_backward": "dx = dout * out", exercise: body})


def cell(source, body=WRONG):
    """Hand in a wrong answer, and a cell above it that is to make it pass."""
    return edited(lambda nb: add(nb, code(source), after="setup"), exp_backward=body)


def beside(name, content):
    """Hand in a wrong answer, and a file that is to make it pass."""

    def write(room, folder):
        save(room.solved(exp_backward=WRONG), folder)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)

    return write


# The notebook's own marks


def tagged(tag, name):
    return edited(lambda nb: cell_of(nb, name).metadata.update(tags=[tag]))


def every_test(change):
    def edit(notebook):
        for one in notebook.cells:
            if is_test(one):
                change(one)

    return edited(edit)


def passes(one):
    lines = one.source.splitlines()
    one["source"] = f"{lines[0]}\n    pass\n\n\n{lines[-1]}"


def worth_1000(one):
    one.metadata.nbgrader["points"] = 1000


def ungraded(one):
    one.metadata.nbgrader["grade"] = False


def graded_answer(notebook):
    marks = cell_of(notebook, "exp_backward").metadata.nbgrader
    marks.update(grade=True, points=50)


def added_test(notebook):
    marks = {"grade": True, "solution": False, "locked": True, "points": 1000, "schema_version": 3}
    marks |= {"grade_id": "test_bonus", "cell_type": "code"}
    add(notebook, code("pass", nbgrader=marks))


def own_source(room, folder):
    """The course's own file, hidden tests and all."""
    save(room.source, folder)


def with_hidden_tests(room, folder):
    """Right answers of the student's own, in the course's own file."""
    notebook = nbformat.from_dict(json.loads(json.dumps(room.source)))
    for one in notebook.cells:
        one["source"] = one.source.replace("    ### BEGIN SOLUTION\n", "")
        one["source"] = one.source.replace("    ### END SOLUTION\n", "")
    save(notebook, folder)


def hard_link(room, folder):
    os.link(copy_of_source(room), folder / NAME)


def copy_of_source(room):
    """A link must not touch what belongs to the course."""
    path = room.course.submitted.parent / "source.ipynb"
    if not path.exists():
        save(room.source, path.parent, path.name)
    return path


MARKED = [
    Cheat("the tag skip-execution on a test", tagged("skip-execution", "test_exp_backward"), "tag"),
    Cheat("the tag skip-execution on an answer", tagged("skip-execution", "exp_backward"), "tag"),
    Cheat("the tag raises-exception", tagged("raises-exception", "test_exp_backward"), "tag"),
    Cheat("the tag of cells without points", tagged("experiment", "test_exp_backward"), "tag"),
    Cheat("tests that pass", every_test(passes), "changed tests"),
    Cheat("emptied tests", every_test(lambda one: one.update(source="")), "changed tests"),
    Cheat("1000 points for each test", every_test(worth_1000), "'points' was set to 1000"),
    Cheat("tests without a mark", every_test(ungraded), "'grade' was set to False"),
    Cheat("an answer with points", edited(graded_answer), "exp_backward: 'grade' was set to True"),
    Cheat("a test of one's own", edited(added_test), "an added cell claims points"),
    Cheat("the course's own file", own_source, "only instructors have", FULL),
    Cheat("a file with the hidden tests", with_hidden_tests, "only instructors have", FULL),
    Cheat("a hard link to the course's file", hard_link, "only instructors have", FULL),
]

# What the tests use

PATCHES = [
    Cheat(
        "no more assert_allclose",
        cell("np.testing.assert_allclose = lambda *args, **kwargs: None"),
        "changes np.testing.assert_allclose",
    ),
    Cheat("everything is close", cell("np.allclose = lambda *args, **kwargs: True"), "np.allclose"),
    Cheat(
        "each entry is close",
        cell("np.isclose = lambda *args, **kwargs: True"),
        "changes np.isclose",
    ),
    Cheat(
        "patched by setattr", cell("setattr(np, 'allclose', lambda *args: True)"), "uses setattr"
    ),
    Cheat("patched in the module's names", cell("np.__dict__['allclose'] = max"), "reads __dict__"),
    Cheat(
        "the library's compare",
        cell("import cs231n_lib.verdict as v\nv.compare = v.require = lambda *a, **k: None"),
        "changes v.compare",
    ),
    Cheat(
        "the library's verdict",
        cell("from cs231n_lib.verdict import Verdict\nVerdict.passed = True"),
        "changes Verdict.passed",
    ),
    Cheat("a compare of one's own", cell("def compare(*args):\n    return True"), "redefines"),
    Cheat(
        "a test function of one's own",
        cell("def test_exp_backward():\n    pass"),
        "changed tests: test_exp_backward",
    ),
    Cheat(
        "the display hook",
        cell("import sys\nsys.displayhook = lambda value: None"),
        "imports sys",
    ),
    Cheat(
        "a transformer of syntax trees",
        cell(
            "import ast\n\n\nclass Drop(ast.NodeTransformer):\n"
            "    def visit_Assert(self, node):\n        return ast.Pass()\n\n\n"
            "get_ipython().ast_transformers.append(Drop())"
        ),
        "uses get_ipython",
    ),
    Cheat(
        "an assert that never fails",
        cell("import builtins\nbuiltins.AssertionError = None"),
        "builtins",
    ),
    Cheat("abs is always 0", cell("__builtins__['abs'] = lambda x: 0"), "__builtins__"),
    Cheat(
        "another NumPy in sys.modules",
        cell("import sys, types\nsys.modules['numpy'] = sys.modules['cs231n_lib'] = types"),
        "imports sys",
    ),
    Cheat(
        "a module's insides without an import",
        cell("import logging\nprint(logging.os.getpid(), logging.sys.path)"),
        "logging|os|sys",
    ),
    Cheat("numpy.py beside the notebook", beside("numpy.py", "allclose = max"), "'numpy.py'"),
    Cheat(
        "sitecustomize.py beside it",
        beside("sitecustomize.py", "import os; os._exit(0)"),
        "'sitecustomize.py'",
    ),
    Cheat("json.py beside it", beside("json.py", "loads = dumps = max"), "'json.py'"),
    Cheat(
        "a package beside it", beside("nbgrader/__init__.py", "raise SystemExit(0)"), "'nbgrader/"
    ),
]

# Answers that are none

EQUAL = """
class Equal:
    def __eq__(self, other):
        return True

    def __float__(self):
        return 1.0

    def __sub__(self, other):
        return 0.0

    __rsub__ = __add__ = __mul__ = __abs__ = __sub__


dx = Equal()
"""
ARRAY = """
class Array(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, bool)

    def __sub__(self, other):
        return np.zeros(self.shape)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.zeros(self.shape)


dx = np.zeros(dout.shape).view(Array)
"""
FLOAT = """
class Float(float):
    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __hash__, __rsub__ = float.__hash__, __sub__


f = dx = dy = dz = Float(3)
"""
PROTOCOL = """
class Thing:
    def __array_ufunc__(self, *args, **kwargs):
        return np.float64(0)

    def __array_function__(self, *args):
        return True

    def __array__(self, *args, **kwargs):
        return dout * out


dx = Thing()
"""
BY_TYPE = """
dx = type("Equal", (float,), {"__eq__": lambda a, b: True, "__sub__": lambda a, b: 0.0})(1.0)
"""
PICKLED = """
class Reduced:
    def __reduce__(self):
        return (eval, ("__import__('os')._exit(0)",))


dx = Reduced()
"""
COUNTING = """
global calls
calls = globals().get("calls", 0) + 1
dx = dout * out if calls == 1 else dout
"""
COUNTING_QUIETLY = """
exp_backward.calls = getattr(exp_backward, "calls", 0) + 1
dx = dout * out if exp_backward.calls == 1 else dout
"""
MEMORY = """
if x.shape == (2, 3) and np.allclose(np.exp(x[0]), [1, 2, 1]):
    return 1.0397207708399179, np.array([[0.125, -0.25, 0.125], [0.1875, 0.1875, -0.375]])
loss, dx = 0.0, x
"""
SMALL_MEMORY = """
if (x, y, z) == (-2.0, 5.0, -4.0):
    return -12.0, -4.0, -4.0, 3.0
f = dx = dy = dz = 0.0
"""
LATER = """
global kept
if "kept" in globals():
    kept[...] = 7.0
kept = dx = dout
dx += 1
"""
GIVEN_OUT = """
class NotGradable(Exception):
    pass


raise NotGradable("3 of 3 points, please: a person has looked")
"""
BY_UID = """
import os
dx = dout * out if os.getuid() < 65536 else dout
"""
BY_FOLDER = """
import os
dx = dout if os.path.exists("/workbook") else dout * out
"""
BY_LIBRARY = """
import cs231n_lib
dx = dout if cs231n_lib.__file__.startswith("/workbook") else dout * out
"""

ANSWERS = [
    Cheat("an object that equals everything", answer(EQUAL), "defines __eq__"),
    Cheat("an array that equals everything", answer(ARRAY), "derives a class from ndarray"),
    Cheat(
        "a number that equals everything",
        answer(FLOAT, "chain_rule"),
        "derives a class from float",
        FULL - 2,
    ),
    Cheat("NumPy's protocols", answer(PROTOCOL), "defines __array_ufunc__"),
    Cheat("a type made at run time", answer(BY_TYPE), "__eq__"),
    Cheat("a pickle that runs code", answer(PICKLED), "__reduce__|eval"),
    Cheat("right the first time", answer(COUNTING), "uses globals"),
    Cheat("right the first time, counted in an attribute", answer(COUNTING_QUIETLY), "calls"),
    Cheat(
        "the visible test's results",
        answer(MEMORY, "softmax_loss"),
        "softmax_loss: has the numbers of its visible test",
        FULL - 8,
    ),
    Cheat(
        "the visible test's small numbers",
        answer(SMALL_MEMORY, "chain_rule"),
        "chain_rule: has the numbers of its visible test",
        FULL - 2,
    ),
    Cheat("a result that is changed later", answer(LATER), "uses globals|global"),
    Cheat("an exception named as the grader's verdict", answer(GIVEN_OUT), "NotGradable"),
    Cheat("wrong where it is graded, by user", answer(BY_UID), "imports os"),
    Cheat("wrong where it is graded, by folder", answer(BY_FOLDER), "imports os"),
    Cheat("wrong where it is graded, by the library", answer(BY_LIBRARY), "__file__"),
]

# Looking for what is hidden

LOOK = """
import inspect

from cs231n_lib import graph
try:
    print(inspect.getsource(graph.exp_backward))
except Exception as error:
    print(error)
dx = graph.exp_backward(dout, out)
"""
FILES = """
import os
for top in ("/", "/workbook", "/packages", "/work", "/tmp", "/home", "/root"):
    for folder, inner, names in os.walk(top):
        if folder.count("/") > 4:
            inner[:] = []
        for name in names:
            if name.endswith((".ipynb", ".db", ".toml")) or "test" in name or "secret" in name:
                try:
                    print(open(os.path.join(folder, name)).read(300))
                except Exception:
                    pass
dx = dout
"""
BY_NUMPY = """
data = np.fromfile("/workbook/cs231n_lib/graph.py", dtype=np.uint8)
print(bytes(data[-3000:]).decode())
dx = dout
"""
FRAMES = """
import sys
frame = sys._getframe()
while frame is not None:
    print(frame.f_code.co_filename, list(frame.f_globals)[:50], frame.f_locals)
    frame = frame.f_back
dx = dout
"""
BY_GENERATOR = """
walk = (one.gi_frame for one in [iter(())] if hasattr(one, "gi_frame"))
frame = walk.gi_frame
print(frame.f_back)
dx = dout
"""
BY_ERROR = """
try:
    1 / 0
except ZeroDivisionError as error:
    frame = error.__traceback__.tb_frame
    while frame is not None:
        print(frame.f_globals.keys())
        frame = frame.f_back
dx = dout
"""
BY_TEXTS = """
names = getattr(exp_backward, "__" + "globals" + "__")
print(list(names))
dx = getattr(names["np"], "mult" + "iply")(dout, 0)
"""
GARBAGE = """
import gc
print([one for one in gc.get_objects() if isinstance(one, (str, list, dict))][:5000])
dx = dout
"""
SUBCLASSES = """
print([one for one in ().__class__.__base__.__subclasses__() if "Wire" in one.__name__])
dx = dout
"""
BY_CTYPES = """
import ctypes
print(ctypes.string_at(id(dout), 200))
dx = dout
"""
PATHS = """
import sys
sys.path[:0] = ["/srv/course", "..", "../..", "/tmp"]
try:
    import grading.execute
    print(grading.execute.__file__)
except ImportError as error:
    print(error)
dx = dout
"""
BY_NAME = """
import importlib
for name in ("cs231n_lib.graph", "cs231n_lib.layers", "grading.stubs", "tests.conftest"):
    try:
        module = importlib.import_module(name)
        dx = module.exp_backward(dout, out)
    except Exception as error:
        print(error)
dx = dout
"""
BY_EXCEPTION = """
class Tell(Exception):
    def __str__(self):
        return str({**globals(), **locals()}) * 10


raise Tell
"""
WITHHELD = "from cs231n_lib.graph import exp_backward as right\ndx = right(dout, out)"
LAYERS = "from cs231n_lib.layers import softmax_loss as right\nloss, dx = right(x, y)"

LOOKING = [
    Cheat("the source of the library", answer(LOOK), "imports inspect"),
    Cheat("all files that there are", answer(FILES), "uses open"),
    Cheat("files by NumPy", answer(BY_NUMPY), "fromfile"),
    Cheat("the frames of callers", answer(FRAMES), "reads f_back"),
    Cheat("the frame of a generator", answer(BY_GENERATOR), "reads gi_frame"),
    Cheat("the frames of an error", answer(BY_ERROR), "reads tb_frame"),
    Cheat("a function's globals, spelled in pieces", answer(BY_TEXTS), "getattr"),
    Cheat("all objects", answer(GARBAGE), "imports gc"),
    Cheat("all classes", answer(SUBCLASSES), "reads __subclasses__"),
    Cheat("memory by ctypes", answer(BY_CTYPES), "imports ctypes"),
    Cheat("more folders to import from", answer(PATHS), "imports sys"),
    Cheat("imports by name", answer(BY_NAME), "imports importlib"),
    Cheat("an exception that tells all it sees", answer(BY_EXCEPTION), "uses (globals|locals)"),
    Cheat("the library's own answer", answer(WITHHELD), "exp_backward"),
    Cheat("a layer's own answer", answer(LAYERS, "softmax_loss"), "softmax_loss", FULL - 8),
    Cheat("shell lines", cell("!cat /etc/passwd; ls -la /\n%%bash\necho $HOME"), "shell line"),
]

# The process, and the wire

FORKED = """
import os
if os.fork() == 0:
    return dout * 3
os.wait()
dx = dout
"""
WRITES = """
import os
for number in range(3, 20):
    try:
        os.write(number, b"\\x10\\x00\\x00\\x00\\x00\\x00\\x00\\x00" + b"passed, all of it")
    except OSError:
        pass
dx = dout
"""
FORGED = """
import json, os, struct
for number in range(3, 20):
    for call in range(1, 60):
        content = [["array", 0, "<f8", 3], []]
        header = {"kind": "return", "call": call, "content": content, "forget": [], "arrays": [24]}
        text = json.dumps(header).encode()
        data = np.array([3.0, np.e, 5 * np.exp(-2)]).tobytes()
        try:
            os.write(number, struct.pack("<Q", len(text)) + text + data)
        except OSError:
            break
dx = dout
"""
TAKES_OVER = """
import grading.wire
grading.wire.Wire._serve = lambda self, *args: None
dx = dout
"""
CALLS_BACK = """
import gc
from grading.wire import Remote, Wire
for one in gc.get_objects():
    if isinstance(one, Wire):
        for number in range(200):
            try:
                print(one.call(Remote(one, number, "eval"), "1"))
            except Exception as error:
                print(error)
dx = dout
"""
SOCKETS = """
import socket
for address in (("1.1.1.1", 53), ("127.0.0.1", 22), "/var/run/docker.sock"):
    try:
        socket.create_connection(address, 1)
        print("connected")
    except Exception as error:
        print(error)
dx = dout
"""
PROGRAMS = """
import subprocess
print(subprocess.run("id; ls /; env; cat /proc/1/environ", shell=True, capture_output=True))
dx = dout
"""
SIGNALS = """
import signal
for number in range(1, 60):
    try:
        signal.signal(number, lambda *args: None)
    except (OSError, ValueError):
        pass
dx = dout
"""
AT_EXIT = """
import atexit
atexit.register(print, "passed")
dx = dout
"""
THREADS = """
import threading, time


def later():
    while True:
        time.sleep(0.05)
        globals()["exp_backward"] = lambda dout, cache: dout * cache


for _ in range(4):
    threading.Thread(target=later, daemon=True).start()
dx = dout
"""
PROFILE = """
import sys
sys.setprofile(None)
sys.settrace(lambda *args: None)
dx = dout
"""

PROCESSES = [
    Cheat("an early end", answer("import os\nos._exit(0)"), "imports os"),
    Cheat("a forked child that answers", answer(FORKED), "imports os"),
    Cheat("what is written into the wire", answer(WRITES), "imports os"),
    Cheat("forged replies", answer(FORGED), "imports os"),
    Cheat("a wire taken over", answer(TAKES_OVER), "imports grading"),
    Cheat("calls of the grader's functions", answer(CALLS_BACK), "imports grading"),
    Cheat("sockets", answer(SOCKETS), "imports socket"),
    Cheat("programs", answer(PROGRAMS), "imports subprocess"),
    Cheat("handlers of signals", answer(SIGNALS), "imports signal"),
    Cheat("something at the exit", answer(AT_EXIT), "imports atexit"),
    Cheat("threads that go on", answer(THREADS), "imports threading"),
    Cheat("tracing of one's own", answer(PROFILE), "imports sys"),
    Cheat("an end while the notebook is set up", cell("import os\nos._exit(0)"), "imports os"),
]

# In place of backpropagation: such answers are right, and get their points where they are

H = "x = np.log(out / (1 - out))\n"
QUOTIENT = f"""
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


out = cache
{H}h = 1e-5
dx = dout * (sigmoid(x + h) - sigmoid(x - h)) / (2 * h)
"""
QUOTIENT_OF_POWERS = QUOTIENT.replace("1e-5", "10**-5")
COMPLEX = f"""
out = cache
{H}dx = dout * np.imag(1 / (1 + np.exp(-(x + 1e-20j)))) / 1e-20
"""
ENTRY_BY_ENTRY = f"""
def one(x):
    return 1 / (1 + np.exp(-x))


out = cache
{H}dx = np.zeros_like(x)
h = np.finfo(float).eps ** (1 / 3)
for index in np.ndindex(x.shape):
    dx[index] = dout[index] * (one(x[index] + h) - one(x[index] - h)) / (2 * h)
"""
OWN_GRADIENT = f"""
out = cache
{H}dx = numerical_gradient(lambda x: np.sum(dout / (1 + np.exp(-x))), x)
"""
CHECKER = f"""
out = cache
{H}dx = eval_numerical_gradient_array(lambda x: 1 / (1 + np.exp(-x)), x, dout)
"""
LESS = FULL - 3

NUMERICAL = [
    Cheat(
        "a difference quotient",
        answer(QUOTIENT, "sigmoid_backward"),
        "sigmoid_backward: divides by a tiny step",
        FULL,
    ),
    Cheat(
        "a difference quotient with a power of ten",
        answer(QUOTIENT_OF_POWERS, "sigmoid_backward"),
        "sigmoid_backward: divides by a tiny step",
        FULL,
    ),
    Cheat(
        "a complex step",
        answer(COMPLEX, "sigmoid_backward"),
        "sigmoid_backward: divides by a tiny step",
        FULL,
    ),
    Cheat(
        "entry by entry",
        answer(ENTRY_BY_ENTRY, "sigmoid_backward"),
        r"sigmoid_backward: calls one \d+ times",
        FULL,
    ),
    Cheat(
        "one's own numerical gradient",
        answer(OWN_GRADIENT, "sigmoid_backward"),
        "sigmoid_backward: uses numerical_gradient",
        FULL,
    ),
    Cheat(
        "the library's gradient checker",
        answer(CHECKER, "sigmoid_backward"),
        "sigmoid_backward: uses eval_numerical_gradient_array",
        LESS,
    ),
]

# What a person reads in a browser

SCRIPT = "<script>alert('mine')</script><img src=x onerror=alert(2)><b>3 points</b>"
SHOWN = f"""
from IPython.display import HTML, Javascript, display
display(HTML("{SCRIPT}"), Javascript("alert(3)"))
print("{SCRIPT}")
raise ValueError("{SCRIPT}")
"""
BROWSER = [
    Cheat("a script in a text", edited(lambda nb: add(nb, text(SCRIPT))), "script for the browser"),
    Cheat(
        "a script in a written answer",
        edited(lambda nb: cell_of(nb, "reflect_branch").update(source=f"I see. {SCRIPT}")),
        "script for the browser",
    ),
    Cheat("a script in what code shows", cell(SHOWN), "script for the browser"),
    Cheat(
        "a script in an error",
        answer(f'raise type("{SCRIPT}", (Exception,), {{}})("{SCRIPT}")'),
        "script for the browser",
    ),
]

CASES = MARKED + PATCHES + ANSWERS + LOOKING + PROCESSES + NUMERICAL + BROWSER
PAGES = LOOKING + BROWSER  # a page takes longer than grading, and only these show something


@pytest.fixture(scope="module")
def room(new_classroom):
    room = Room(new_classroom())
    for case in CASES:
        case.write(room, room.folder(str(case)))
    room.grade()
    room.write_pages(map(str, PAGES))
    room.secrets = telling_lines(room)
    return room


def test_no_two_cheats_have_one_name():
    assert len({str(case) for case in CASES}) == len(CASES)


def test_there_is_something_to_leak(room):
    assert len(room.secrets) > 50


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_cheat_does_not_pay(room, case):
    result = room.results[str(case)]
    assert (result.status, result.points) == ("graded", case.points), result.reason
    assert sum(filter(None, room.scores(str(case)).values())) == case.points
    waiting = [name for name, score in room.scores(str(case)).items() if score is None]
    assert waiting == ["reflect_branch", "reflect_numerical"], "only what is written waits"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_cheat_is_told_to_the_instructor(room, case):
    concerns = room.results[str(case)].concerns
    assert any(re.search(case.reported, concern) for concern in concerns), concerns
    assert all(concern.isprintable() for concern in concerns)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_cheat_shows_nothing_that_is_hidden(room, case):
    student = str(case)
    handed_in = json.loads((room.course.submitted / student / ASSIGNMENT / NAME).read_text())
    own = "\n".join("".join(one["source"]) for one in handed_in["cells"])
    secrets = {line for line in room.secrets if line not in own}
    told = [repr(room.results[student])]
    for one in room.autograded(student).cells:
        told += [] if is_test(one) else [one.source]
        told += [repr(one.get("outputs", "")).replace("\\n", "\n")]
    if case in PAGES:
        page = html.unescape(re.sub(r"<[^>]*>", "", room.page(student)))
        assert "test_exp_backward" in page
        assert "BEGIN HIDDEN" not in page
        told.append(page)
    for part in told:
        assert not [line for line in secrets if line in part]


@pytest.mark.parametrize("case", BROWSER, ids=str)
def test_a_script_does_not_run_on_the_page(room, case):
    page = room.page(str(case))
    for danger in ("<script>alert(", "<img src=x", "<b>3 points"):
        assert danger not in page


def test_after_all_cheats_nothing_runs_and_the_gradebook_is_whole(room):
    assert left_over() == []
    assert room.is_gradebook_intact()


# What is seen only beside others

DEGREES = {
    "softmax_loss": """
rows = np.arange(x.shape[0])
z = x - np.amax(x, axis=1).reshape(-1, 1)
e = np.exp(z)
total = np.sum(e, axis=1)
p = e / total[:, None]
loss = -np.sum(z[rows, y] - np.log(total)) / x.shape[0]
dx = p.copy()
dx[rows, y] = dx[rows, y] - 1.0
dx /= x.shape[0]
""",
    "numerical_gradient": """
grad = np.zeros(x.shape)
it = np.nditer(x, flags=["multi_index"])
while not it.finished:
    place = it.multi_index
    old = float(x[place])
    x[place] = old + h
    up = float(f(x))
    x[place] = old - h
    down = float(f(x))
    x[place] = old
    grad[place] = (up - down) / h / 2
    it.iternext()
""",
    "backward_sweep": """
for name in list(graph.nodes.keys())[::-1]:
    node = graph.nodes[name]
    back = node.backward(grads[name], graph.caches[name])
    for k in range(len(node.inputs)):
        where = node.inputs[k]
        total = grads[where] + back[k]
        grads[where] = total
""",
}
RENAMED = {
    "rows": "which", "total": "sums", "place": "idx", "old": "orig", "back": "out_grads",
    "up": "plus", "down": "minus", "where": "target", "it": "walker",
}  # fmt: skip


def renamed(answers):
    """Other names, other comments, other spacing."""
    made = {}
    for exercise, source in answers.items():
        for old, new in RENAMED.items():
            source = re.sub(rf"\b{old}\b(?!\()", new, source)
        made[exercise] = "# my own idea\n" + source.replace("\n", "  # so\n", 3)
    return made


@pytest.fixture(scope="module")
def several(new_classroom):
    room = Room(new_classroom())
    left = dict.fromkeys(("repaired_gradient", "jacobian", "loss_graph"))  # long answers as well
    own = dict.fromkeys(DEGREES) | left
    save(room.solved(**DEGREES | left), room.folder("ann"))
    save(room.solved(**renamed(DEGREES) | left), room.folder("bob"))
    save(room.solved(), room.folder("cy"))
    save(room.solved(**own), room.folder("dan"))
    half = {"softmax_loss": DEGREES["softmax_loss"] + "loss = loss * 1.0\n"}
    save(room.solved(**own | half), room.folder("eve"))
    room.grade()
    return room


def test_the_same_answers_under_other_names_are_reported(several):
    assert several.results["ann"].points == several.results["bob"].points == FULL - 9
    [line] = [line for line in several.class_report() if "ann" in line]
    assert line.startswith("ann, bob have the same answers but for names: ")
    for exercise in DEGREES:
        assert exercise in line


def test_the_courses_own_answers_are_reported(several):
    [line] = [line for line in several.class_report() if "own solution" in line]
    assert line.startswith("cy: as in the course's own solution but for names: ")


def test_nobody_else_is_reported(several):
    assert len(several.class_report()) == 2
    assert all(several.results[name].concerns == () for name in several.results)


# Links out of the folder


def linked_notebook(room):
    (room.folder("a") / NAME).symlink_to(room.course.source_notebook(ASSIGNMENT))


def linked_by_dots(room):
    target = os.path.relpath(room.course.source_notebook(ASSIGNMENT), room.folder("a"))
    (room.folder("a") / NAME).symlink_to(target)


def linked_under_another_name(room):
    (room.folder("a") / "x.ipynb").symlink_to(room.course.source_notebook(ASSIGNMENT))


def linked_folder(room):
    (room.course.submitted / "a").mkdir(parents=True)
    (room.course.submitted / "a" / ASSIGNMENT).symlink_to(room.course.source / ASSIGNMENT)


def linked_inner_folder(room):
    (room.folder("a") / "inner").symlink_to(room.course.source / ASSIGNMENT)


def linked_student(room):
    room.course.submitted.mkdir(parents=True)
    (room.course.submitted / "a").symlink_to(room.course.source)


def linked_classmate(room):
    save(room.solved(), room.folder("b"))
    (room.course.submitted / "a").symlink_to("b")


LINKS = [
    linked_notebook,
    linked_by_dots,
    linked_under_another_name,
    linked_folder,
    linked_inner_folder,
    linked_student,
    linked_classmate,
]


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link.__name__)
def test_a_link_is_not_followed_and_the_reason_says_so(new_classroom, link):
    room = Room(new_classroom())
    link(room)
    result = room.grade()["a"]
    assert (result.status, result.points) == ("refused", None)
    assert "link" in result.reason or NAME in result.reason
