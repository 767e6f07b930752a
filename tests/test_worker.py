"""A student's cells in a worker: what a notebook does, and nothing that costs the grader."""

import json
import struct
import sys
import time

import pytest

from grading.execute import _outputs
from grading.sandbox import launch
from grading.stubs import StudentProcess

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals are POSIX's")


@pytest.fixture(scope="module")
def process():
    student = StudentProcess(lambda: launch("01_backprop", trusted=True))
    yield student
    student.close()


@pytest.fixture
def run(process):
    """A function that runs a cell; the worker is the same, and must be so afterwards."""
    process.run_cell("", "start", 20)
    before = process._process.pid

    def cell(source, name="answer", seconds=10):
        return process.run_cell(source, name, seconds)

    yield cell
    assert process.is_alive
    assert process._process.pid == before


def quiet(outcome):
    return outcome == {"printed": "", "shown": None, "error": None, "figures": []}


def test_what_a_cell_prints_is_kept(run):
    outcome = run("import sys\nprint('one', 2)\nprint('three', file=sys.stderr)")
    assert outcome["printed"] == "one 2\nthree\n"
    assert outcome["shown"] is None


def test_names_stay_from_cell_to_cell(run):
    assert quiet(run("a = 5"))
    assert run("a + 1")["shown"] == "6"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("1 + 1", "2"),
        ("1 + 1;", None),
        ("1 + 1 ;  \n", None),
        ("x = 3", None),
        ("None", None),
        ("'text'", "'text'"),
        ("5\nx = 1", None),
        ("# nothing", None),
        ("", None),
        ("1 + 1  # two; or more", "2"),
    ],
)
def test_the_last_expression_is_shown_unless_it_ends_quietly(run, source, shown):
    outcome = run(source)
    assert outcome["shown"] == shown
    assert outcome["error"] is None


def test_display_prints(run):
    assert run("display([1])")["printed"] == "[1]\n"


def test_an_error_names_its_line_in_the_answer(run):
    outcome = run("x = 1\ny = 2\nx / 0\nprint('no')", "exp_backward")
    assert outcome["error"] == ["ZeroDivisionError", "division by zero", "exp_backward, line 3"]
    assert outcome["printed"] == ""


def test_an_error_inside_of_a_library_names_the_line_that_called_it(run):
    outcome = run("import json\n\njson.loads('{')", "a")
    assert outcome["error"][0] == "JSONDecodeError"
    assert outcome["error"][2] == "a, line 3"


def test_an_error_in_an_earlier_cells_function_names_both_cells(run):
    run("def f():\n    raise KeyError('W1')", "first")
    assert run("f()", "second")["error"][2] == "second, line 1; first, line 2"


def test_what_was_printed_before_an_error_is_kept(run):
    assert run("print('before')\n1 / 0")["printed"] == "before\n"


@pytest.mark.parametrize("source", ["def f(:", "x = ", "  x = 1", "return 5", "'", "f(\n", "x\0"])
def test_a_syntax_error_is_an_error_of_its_cell(run, source):
    error = run(source)["error"]
    assert error[0] in ("SyntaxError", "IndentationError", "ValueError")
    assert error[1]


def test_lines_for_ipython_are_passed_over(run):
    source = "%matplotlib inline\n!ls\n?print\nif True:\n    %timeit 1\nx = 4\nx"
    outcome = run(source)
    assert outcome["error"] is None
    assert outcome["shown"] == "4"


def test_a_line_number_stays_right_where_lines_were_passed_over(run):
    assert run("%load_ext autoreload\n\n1 / 0", "a")["error"][2] == "a, line 3"


def test_a_percent_sign_at_the_start_of_a_line_of_an_expression_stays(run):
    assert run("x = (17\n% 5)\nx")["shown"] == "2"
    assert run("text = '''\n%s!\n''' % 3\ntext")["shown"] == "'\\n3!\\n'"


def test_get_ipython_is_no_error(run):
    assert run("get_ipython()")["error"] is None


@pytest.mark.parametrize("source", ["import sys\nsys.exit(0)", "raise SystemExit"])
def test_leaving_python_is_an_error_and_not_the_end(run, source):
    assert run(source)["error"][0] == "SystemExit"
    assert run("1")["shown"] == "1"


@pytest.mark.parametrize("source", ["exit()", "quit()", "exit(1)"])
def test_exit_and_quit_are_not_the_end(run, source):
    run(source)
    assert run("1")["shown"] == "1"


@pytest.mark.parametrize("source", ["raise KeyboardInterrupt", "raise GeneratorExit('x')"])
def test_whatever_is_raised_is_an_error_of_its_cell(run, source):
    assert run(source)["error"][0] in ("KeyboardInterrupt", "GeneratorExit")


def test_an_exception_that_cannot_be_printed_is_an_error_of_its_cell(run):
    outcome = run("class Odd(Exception):\n    def __str__(self):\n        1 / 0\nraise Odd")
    assert outcome["error"][:2] == ["Odd", ""]


def test_a_value_that_cannot_be_shown_is_an_error_of_its_cell(run):
    outcome = run("class Odd:\n    def __repr__(self):\n        return 1 / 0\nOdd()")
    assert outcome["error"][0] == "ZeroDivisionError"


def test_endless_recursion_is_an_error_of_its_cell(run):
    assert run("def f():\n    return f()\nf()")["error"][0] == "RecursionError"


def test_much_output_is_cut(run):
    outcome = run("print('x' * 50_000_000)")
    assert len(outcome["printed"]) < 30_000
    assert outcome["printed"].endswith("(The rest is left out.)\n")
    assert outcome["error"] is None


def test_many_lines_of_output_are_cut(run):
    outcome = run("for k in range(200_000):\n    print(k)")
    assert len(outcome["printed"]) < 30_000
    assert outcome["printed"].startswith("0\n1\n2\n")


def test_a_long_value_is_cut(run):
    assert len(run("'x' * 50_000_000")["shown"]) <= 30_000


def test_a_long_message_is_cut(run):
    assert len(run("raise ValueError('x' * 50_000_000)")["error"][1]) <= 10_000


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nsys.stdout.close()\nsys.stderr.close()",
        "import sys, io\nsys.stdout = io.StringIO()\nprint('caught')",
        "import sys\nsys.stdout = None\nprint('nowhere')",
        "import sys\ndel sys.stdout",
        "import os\nos.write(1, b'x' * 100)\nos.write(2, b'x' * 100)",
        "import sys\nsys.__stdout__.write('x' * 100)\nsys.__stdout__.flush()",
        "import os\nos.system('echo much; echo more >&2')",
        "import sys\nsys.stdin.read()",
    ],
)
def test_a_cell_may_do_with_its_streams_what_it_likes(run, source):
    assert run(source)["error"] is None
    assert run("print('back')")["printed"] == "back\n"


@pytest.mark.parametrize(
    "source",
    [
        "print('\\ud800')",
        "class A:\n    __repr__ = lambda _: '\\ud800'\nA()",
        "1 / len('\\ud800'[1:])",
    ],
)
def test_what_utf8_does_not_have_can_be_saved(run, source):
    text = json.dumps(_outputs(run(source)), ensure_ascii=False)
    assert text.encode("utf-8")


def test_a_message_that_utf8_does_not_have_can_be_saved(run):
    text = json.dumps(_outputs(run("raise ValueError('\\ud800')")), ensure_ascii=False)
    assert "ValueError: ?" in text.encode("utf-8").decode()


def test_input_is_an_error_and_does_not_wait(run):
    start = time.monotonic()
    assert run("input('Your name? ')")["error"][0] == "EOFError"
    assert time.monotonic() - start < 5


def test_warnings_cost_nothing(run):
    outcome = run("import warnings\nimport numpy as np\nwarnings.warn('no')\nnp.log(0.0)")
    assert outcome["error"] is None
    assert outcome["printed"] == ""


def test_a_student_may_turn_warnings_into_errors_for_themselves(run):
    source = (
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('error')\n"
    )
    assert run(source + "    warnings.warn('yes')")["error"][0] == "UserWarning"


# What code does that asks where it is


def test_a_cell_is_the_main_module(run):
    assert run("if __name__ == '__main__':\n    print('yes')")["printed"] == "yes\n"
    assert run("import __main__\nzeta = 3\n__main__.zeta")["shown"] == "3"


def test_inspect_finds_the_source_of_an_answer(run):
    run("x = 1\n\ndef g(x):\n    # a comment\n    return x", "g")
    assert run("import inspect\ninspect.getsource(g)")["shown"] == repr(
        "def g(x):\n    # a comment\n    return x"
    )


def test_classes_of_a_cell_work_with_the_standard_library(run):
    source = """
import copy
import enum
import pickle
from dataclasses import dataclass, field
from typing import NamedTuple

@dataclass
class Point:
    x: float
    others: list["Point"] = field(default_factory=list)

class Pair(NamedTuple):
    a: int
    b: int

class Color(enum.Enum):
    RED = 1

back = pickle.loads(pickle.dumps([Point(1.0, [Point(2.0)]), Pair(1, 2), Color.RED]))
back == copy.deepcopy(back) and type(back[0]) is Point and back[2] is Color.RED
"""
    assert run(source)["shown"] == "True"


def test_generators_closures_and_comprehensions_see_the_cells_names(run):
    source = "n = 3\ndef f():\n    return [n * k for k in range(n)]\nlist(f() for _ in range(2))"
    assert run(source)["shown"] == "[[0, 3, 6], [0, 3, 6]]"


def test_future_annotations_and_global_statements_work(run):
    source = "from __future__ import annotations\ndef f(x: Unknown):\n    global n\n    n = 8\n"
    assert run(source + "f(1)\nn")["shown"] == "8"


def test_what_is_to_be_learned_is_withheld(run):
    error = run("from cs231n_lib.graph import exp_backward\nexp_backward(1, 2)")["error"]
    assert error[0] == "WithheldError"


# Figures


def fresh():
    return StudentProcess(lambda: launch("01_backprop", trusted=True))


@pytest.fixture(scope="module")
def artist():
    student = fresh()
    yield student
    student.close()


SETUP = """
import sys
import matplotlib.pyplot as plt
from cs231n_lib import plots
%matplotlib inline
plots.use_style()
"""


def test_matplotlib_is_loaded_when_something_is_drawn_and_has_the_style_then(artist):
    assert artist.run_cell(SETUP, "setup", 20)["error"] is None
    loaded = "'matplotlib.figure' in sys.modules"
    assert artist.run_cell(loaded, "a", 20)["shown"] == "False"
    outcome = artist.run_cell("fig, ax = plt.subplots()\nax.plot([1, 2])", "b", 20)
    assert artist.run_cell(loaded, "c", 20)["shown"] == "True"
    assert outcome["error"] is None
    [png] = outcome["figures"]
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == (700, 400)
    assert artist.run_cell("plt.rcParams['axes.titlelocation']", "d", 20)["shown"] == "'left'"


def test_a_figure_belongs_to_the_cell_that_drew_it(artist):
    artist.run_cell(SETUP, "setup", 20)
    assert len(artist.run_cell("plt.plot([1])\nplt.show()", "a", 20)["figures"]) == 1
    assert artist.run_cell("x = 1", "b", 20)["figures"] == []


def test_figures_are_bounded_in_number_and_size(artist):
    artist.run_cell(SETUP, "setup", 20)
    many = "for k in range(8):\n    plt.figure(figsize=(1, 1))"
    assert len(artist.run_cell(many, "a", 20)["figures"]) == 4
    large = """
import numpy as np
plt.figure(figsize=(20, 20))
plt.imshow(np.random.default_rng(0).random((2000, 2000)))
"""
    outcome = artist.run_cell(large, "b", 20)
    assert outcome["figures"] == []
    assert outcome["error"] is None


def test_a_figure_that_cannot_be_drawn_is_no_error(artist):
    artist.run_cell(SETUP, "setup", 20)
    outcome = artist.run_cell("plt.title('$\\\\frac{')\nplt.plot([1]);", "a", 20)
    assert outcome["error"] is None
    assert artist.run_cell("plt.plot([1]);", "b", 20)["figures"]


def test_import_star_and_submodules_of_matplotlib_work():
    student = fresh()
    try:
        source = """
import matplotlib
from matplotlib import cm, pyplot as plt
from matplotlib.colors import ListedColormap
import matplotlib.ticker
matplotlib.use("Agg")
plt.imshow([[1, 2]], cmap=ListedColormap(["r", "g"]));
"""
        outcome = student.run_cell(source, "a", 20)
        assert outcome["error"] is None
        assert len(outcome["figures"]) == 1
    finally:
        student.close()
