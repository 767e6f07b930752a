"""What a test sees of a student's code: stubs that behave as the thing itself, and never worse."""

import contextlib
import gc
import os
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from cs231n_lib.gradient_check import eval_numerical_gradient
from cs231n_lib.solver import Solver
from cs231n_lib.verdict import compare
from grading import stubs
from grading.sandbox import launch
from grading.stubs import StudentProcess, WorkerError, _checked_outcome
from grading.wire import PeerGone, WireError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals are POSIX's")

NET = '''
import numpy as np

class Net:
    """A network of two layers, with everything that students do to one."""

    def __init__(self, scale=0.1, dtype=np.float64):
        rng = np.random.default_rng(0)
        self.reg, self.calls = 0.1, 0
        self.params = {
            "W1": rng.normal(scale=scale, size=(4, 7)).astype(dtype), "b1": np.zeros(7, dtype),
            "W2": rng.normal(scale=scale, size=(7, 3)).astype(dtype), "b2": np.zeros(3, dtype),
        }

    def loss(self, X, y=None):
        self.calls += 1
        p = self.params
        h = np.maximum(0, X @ p["W1"] + p["b1"])
        s = h @ p["W2"] + p["b2"]
        if y is None:
            return s
        e = np.exp(s - s.max(axis=1, keepdims=True))
        e /= e.sum(axis=1, keepdims=True)
        N = len(X)
        value = -np.log(e[np.arange(N), y]).mean()
        value += 0.5 * self.reg * ((p["W1"] ** 2).sum() + (p["W2"] ** 2).sum())
        e[np.arange(N), y] -= 1
        e /= N
        dh = e @ p["W2"].T * (h > 0)
        return value, {
            "W1": X.T @ dh + self.reg * p["W1"], "b1": dh.sum(axis=0),
            "W2": h.T @ e + self.reg * p["W2"], "b2": e.sum(axis=0),
        }

    def step(self, X, y, rate):
        _, grads = self.loss(X, y)
        for k in grads:
            self.params[k] -= rate * grads[k]

    def total(self):
        return float(sum(value.sum() for value in self.params.values()))

    def keys(self):
        return sorted(self.params)

    def grow(self):
        self.params["gamma"] = np.ones(2)
        del self.params["b1"]

    def renew(self):
        self.params = {k: v + 1 for k, v in self.params.items()}
'''


@contextlib.contextmanager
def student_of(*cells):
    student = StudentProcess(lambda: launch("07_nothing_withheld", trusted=True))
    try:
        for k, source in enumerate(cells):
            outcome = student.run_cell(source, f"cell{k}", 20)
            assert outcome["error"] is None, outcome["error"]
        yield student
    finally:
        student.close()


@contextlib.contextmanager
def look_up(student, *names, seconds=20):
    with student.limit(seconds) as wire:
        yield SimpleNamespace(**wire.look_up(list(names)))


@pytest.fixture(scope="module")
def networks():
    with student_of(NET) as student:
        yield student


@pytest.fixture
def net(networks):
    with look_up(networks, "Net") as names:
        yield names.Net()


def examples():
    rng = np.random.default_rng(1)
    return rng.normal(size=(5, 4)), np.array([0, 2, 1, 1, 0])


# Functions


def test_a_function_is_called_with_its_arguments_and_keywords():
    cell = "def f(x, w, *, scale=1.0, **more):\n    return x @ w * scale, sorted(more)"
    with student_of(cell) as student, look_up(student, "f", "missing") as names:
        assert not hasattr(names, "missing")
        out, more = names.f(np.ones((2, 3)), w=np.ones((3, 4)), scale=2.0, a=1, b=None)
    assert np.array_equal(out, np.full((2, 4), 6.0))
    assert more == ["a", "b"]


def test_what_a_function_changes_in_place_is_changed_here():
    cell = "def f(x, bn_param):\n    x *= 2\n    bn_param['running_mean'] = x.mean()"
    x, bn_param = np.ones(3), {"mode": "train"}
    with student_of(cell) as student, look_up(student, "f") as names:
        assert names.f(x, bn_param) is None
    assert x.tolist() == [2, 2, 2]
    assert bn_param == {"mode": "train", "running_mean": 2.0}


def test_an_exception_says_where_in_the_answer_it_was_raised():
    cell = "def f(x):\n    y = x\n    return {}[y]"
    with (
        student_of(cell) as student,
        look_up(student, "f") as names,
        pytest.raises(KeyError) as caught,
    ):
        names.f("W1")
    assert str(caught.value) == "'W1'"
    assert caught.value.where == "cell0, line 3"


@pytest.mark.parametrize("name", ["StopIteration", "StopAsyncIteration", "GeneratorExit"])
def test_an_exception_that_ends_loops_elsewhere_is_a_plain_error_here(name):
    with (
        student_of(f"def f(x):\n    raise {name}") as student,
        look_up(student, "f") as names,
        pytest.raises(Exception, match=r"^$") as caught,
    ):
        list(map(names.f, [1, 2]))
    assert type(caught.value).__name__ == name


# Networks


def test_a_stub_is_named_as_what_it_stands_for(net):
    assert type(net).__name__ == "Net"
    assert repr(net) == "<Net>"


def test_the_numerical_gradient_of_a_network_is_taken_over_the_stub(net):
    X, y = examples()
    _, grads = net.loss(X, y)
    for k in sorted(grads):
        numerical = eval_numerical_gradient(lambda _: net.loss(X, y)[0], net.params[k], False)
        assert np.allclose(grads[k], numerical, atol=1e-7)
        keyword = eval_numerical_gradient(lambda _: net.loss(X, y)[0], net.params[k], verbose=False)
        assert np.array_equal(keyword, numerical)


def test_parameters_written_in_place_here_arrive_there(net):
    before = net.total()
    net.params["b2"][:] = 7
    assert net.total() == pytest.approx(before + 21)
    assert (net.params["b2"] == 7).all()


def test_a_parameter_may_be_replaced_added_and_removed_here(net):
    net.params["W1"] = np.zeros((4, 7))
    net.params["W2"] = np.zeros((7, 3))
    net.params["gamma"] = np.full(2, 5.0)
    del net.params["b1"]
    assert net.total() == 10
    assert net.keys() == ["W1", "W2", "b2", "gamma"]


def test_a_parameter_may_get_another_shape_here(net):
    net.params = {"only": np.arange(3.0)}
    assert net.total() == 3
    net.params["only"] = np.ones((2, 2))
    assert net.total() == 4
    assert net.keys() == ["only"]


def test_two_names_of_one_array_and_a_swap_arrive(net):
    net.params = {"a": np.zeros(2), "b": np.ones(2)}
    net.total()
    net.params["a"], net.params["b"] = net.params["b"], net.params["a"]
    assert net.total() == 2
    assert net.params["a"].tolist() == [1, 1]
    assert net.params["b"].tolist() == [0, 0]
    net.params["a"][0] = 9
    assert net.total() == 10
    assert net.params["b"].tolist() == [0, 0]


def test_an_update_inside_a_method_arrives_here_in_the_same_array(net):
    X, y = examples()
    W1, first = net.params["W1"], net.loss(X, y)[0]
    for _ in range(20):
        net.step(X, y, 0.5)
    assert net.params["W1"] is W1
    assert net.loss(X, y)[0] < first
    net.params["W1"][:] = 0
    net.step(X, y, 0.0)
    assert not net.params["W1"].any()


def test_keys_that_a_method_adds_and_removes_arrive(net):
    net.params["b2"][:] = 1
    net.grow()
    assert sorted(net.params) == ["W1", "W2", "b2", "gamma"]
    assert net.params["gamma"].tolist() == [1, 1]
    net.renew()
    assert net.params["gamma"].tolist() == [2, 2]
    assert net.params["b2"].tolist() == [2, 2, 2]


def test_nan_in_a_parameter_is_exchanged_as_any_number(net):
    net.params["b2"][0] = np.nan
    assert np.isnan(net.total())
    net.params["b2"][0] = 0
    assert not np.isnan(net.total())


def test_float32_parameters_stay_float32(networks):
    with look_up(networks, "Net") as names:
        net = names.Net(dtype="float32")
        net.params["b2"][:] = 1
        net.renew()
        assert {value.dtype for value in net.params.values()} == {np.dtype(np.float32)}


def test_attributes_are_read_and_written(net):
    X, y = examples()
    assert net.reg == 0.1
    net.loss(X, y)
    assert net.calls == 1
    with_reg = net.loss(X, y)[0]
    net.reg = 0.0
    assert net.loss(X, y)[0] < with_reg
    with pytest.raises(AttributeError, match="momentum"):
        _ = net.momentum


def test_training_over_a_stub_is_training_in_one_process(net):
    names = {}
    exec(NET, names)
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(60, 4)), rng.integers(3, size=60)
    data = {"X_train": X[:50], "y_train": y[:50], "X_val": X[50:], "y_val": y[50:]}

    def train(model):
        settings = {"optim_config": {"learning_rate": 0.5}, "batch_size": 10, "num_epochs": 3}
        solver = Solver(model, data, **settings, verbose=False, rng=3)
        solver.train()
        return solver

    here, there = train(names["Net"]()), train(net)
    assert there.loss_history == here.loss_history
    assert there.val_acc_history == here.val_acc_history
    assert all(np.array_equal(net.params[k], v) for k, v in here.best_params.items())


@pytest.mark.parametrize(
    "params",
    ["[np.ones(2)]", "None", "{'W1': [1.0]}", "{1: np.ones(2)}", "{'W1': np.array([None])}", "{}"],
)
def test_a_network_whose_params_are_no_arrays_is_read_as_it_is(params):
    cell = f"""
import numpy as np

class Net:
    def __init__(self):
        self.params = {params}

    def loss(self, X):
        return float(X.sum())
"""
    with student_of(cell) as student, look_up(student, "Net") as names:
        net = names.Net()
        wanted = eval(params)
        assert type(net.params) is type(wanted)
        assert net.loss(np.ones(3)) == 3.0
        assert str(compare("W1", net.params, np.ones(2))).startswith("W1: ")


def test_a_class_without_params_says_so():
    with student_of("class Net:\n    pass") as student, look_up(student, "Net") as names:
        net = names.Net()
        with pytest.raises(AttributeError, match="params"):
            _ = net.params


def test_an_object_in_the_place_of_numbers_gets_a_sensible_verdict(net):
    assert np.asarray(net).shape == ()
    assert str(compare("dx", net, np.ones(3))) == "dx: has type Net, expected numbers."
    assert "expected numbers" in str(compare("dx", net.loss, np.ones(3)))
    assert "expected numbers" in str(compare("dx", [net, net], np.ones(2)))


# One bad answer costs only itself


BAD = {
    "Timeout": "while True:\n        pass",
    "Crash": "import os\n    os._exit(0)",
    "TooManyProcesses": """import os, time
    for _ in range(6):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    time.sleep(60)""",
}


@pytest.mark.parametrize("kind", BAD)
def test_after_an_answer_has_ended_its_process_the_others_are_back(kind, monkeypatch):
    monkeypatch.setattr(stubs, "PROCESSES", 5)
    cells = [f"def bad(x):\n    {BAD[kind]}", "seen = []\ndef good(x):\n    return 2 * x"]
    with student_of(*cells) as student:
        with pytest.raises(PeerGone) as caught, look_up(student, "bad", seconds=1.5) as names:
            names.bad(1)
        assert not student.is_alive or kind == "Crash"
        found, message = student.end(caught.value)
        assert found == kind, message
        student.disable("bad", found, message)
        with look_up(student, "bad", "good") as names:
            assert names.good(4) == 8
            start = time.monotonic()
            with pytest.raises(Exception, match="in an earlier test") as caught:
                names.bad(1)
            assert type(caught.value).__name__ == kind
            assert time.monotonic() - start < 0.5


def test_a_crash_inside_of_a_callback_is_a_crash():
    cell = "def f(g):\n    g(1)\n    import os\n    os._exit(3)"
    with student_of(cell) as student:
        with pytest.raises(PeerGone) as caught, look_up(student, "f") as names:
            names.f(lambda x: x)
        assert student.end(caught.value)[0] == "Crash"


def test_an_array_that_is_too_large_is_a_memory_error_and_not_the_end():
    cell = "import numpy as np\ndef f(n):\n    return np.ones(n).sum()"
    with student_of(cell) as student, look_up(student, "f") as names:
        with pytest.raises(MemoryError):
            names.f(10**12)
        assert names.f(3) == 3
        assert student.is_alive


def test_much_memory_of_many_processes_is_too_much(monkeypatch):
    monkeypatch.setattr(stubs, "MEMORY", 100 * 2**20)
    cell = """
import os, time
def f():
    if os.fork() == 0:
        x = b"1" * (200 * 2**20)
        time.sleep(60)
        os._exit(0)
    time.sleep(60)
"""
    with student_of(cell) as student:
        with pytest.raises(PeerGone) as caught, look_up(student, "f") as names:
            names.f()
        assert student.end(caught.value)[0] == "OutOfMemory"


def test_a_cell_that_ends_its_process_costs_only_itself():
    with student_of("x = 5") as student:
        crash = student.run_cell("import os\nos._exit(1)", "crash", 10)
        assert crash["error"][0] == "Crash"
        loop = student.run_cell("while True: pass", "loop", 0.5)
        assert loop["error"][:2] == [
            "Timeout",
            "took longer than 0.5 s; is there a loop that never ends?",
        ]
        assert student.run_cell("x", "x", 10)["shown"] == "5"


def test_nothing_is_left_running():
    cell = """
import os, time, subprocess, threading
def f():
    threading.Thread(target=time.sleep, args=(60,)).start()
    pids = [subprocess.Popen(["sleep", "60"]).pid]
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    return os.getpid(), *pids, pid
"""
    with student_of(cell) as student, look_up(student, "f") as names:
        pids = names.f()
        assert all(psutil.pid_exists(pid) for pid in pids)
    assert not running(pids)


def running(pids):
    """Those that still run, after a moment in which the system may collect the others."""
    for _ in range(40):
        left = [
            pid
            for pid in pids
            if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        ]
        if not left:
            break
        time.sleep(0.05)
    return left


def test_a_process_that_outlives_the_worker_does_not_hold_the_grader_up():
    cell = """
import os, time
def f():
    if os.fork() == 0:
        os.setsid()
        time.sleep(20)
        os._exit(0)
    os._exit(0)
"""
    with student_of(cell) as student:
        start = time.monotonic()
        with pytest.raises(PeerGone), look_up(student, "f", seconds=4) as names:
            names.f()
        assert time.monotonic() - start < 3


def test_a_copy_of_the_process_has_no_say():
    cell = """
import os, time
def f():
    if os.fork() == 0:
        return "copy"
    time.sleep(0.3)
    return "original"
"""
    with student_of(cell) as student, look_up(student, "f") as names:
        assert names.f() == "original"
        assert names.f() == "original"


def test_a_worker_that_does_not_start_is_named():
    command = [sys.executable, "-c", "import sys; sys.exit('no module named numpy')"]

    def broken():
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen(command, **pipes)

    student = StudentProcess(broken)
    with pytest.raises(WorkerError, match="does not start: no module named numpy"):
        student.run_cell("1", "a", 5)
    student.close()


# A process that has been tampered with

FIND = """
import gc, os, struct, sys, threading, time
[wire] = [o for o in gc.get_objects() if type(o).__name__ == "Wire"]
"""


def test_only_the_names_that_were_asked_for_come_from_the_student():
    forge = """
fake = lambda *a, **k: None
wire.own[2] = lambda names: {"f": fake, "require": fake, "__builtins__": {"__import__": fake}}
"""
    with student_of("def f(): pass", FIND + forge) as student, student.limit(5) as wire:
        assert set(wire.look_up(["f", "g"])) == {"f"}


@pytest.mark.parametrize("answer", ["None", "[1, 2]", "7", "'f'", "[['f', 1]]", "object()"])
def test_an_answer_that_names_nothing_is_refused(answer):
    with (
        student_of(FIND + f"wire.own[2] = lambda names: {answer}") as student,
        student.limit(5) as wire,
        pytest.raises(WireError),
    ):
        wire.look_up(["f"])


HOSTILE = {
    "nothing": "time.sleep(60)",
    "a part of a frame": "os.write(4, struct.pack('<Q', 1000) + b'{'); time.sleep(60)",
    "a part of a size": "os.write(4, b'123'); time.sleep(60)",
    "noise": "os.write(4, b'x' * 1000); time.sleep(60)",
    "a size beyond all limits": "os.write(4, b'\\xff' * 8); time.sleep(60)",
    "calls without end": """
    text = b'{"kind": "call", "call": 1, "content": [1, [], []], "arrays": [], "forget": []}'
    while True:
        os.write(4, struct.pack('<Q', len(text)) + text)""",
    "a closed wire": "os.close(3); os.close(4); time.sleep(60)",
    "a reply to another call": "wire._send = old_send(wire)",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_worker_that_sends(what):
    cell = f"""
def old_send(wire):
    send = wire._send
    return lambda kind, call, *rest: send(kind, call + 1, *rest)

def f():
    {HOSTILE[what]}
"""
    with student_of(FIND + cell, "def g(): return 1") as student:
        start = time.monotonic()
        with pytest.raises((PeerGone, WireError)) as caught, look_up(student, "f", seconds=1) as n:
            n.f()
        kind, _ = student.end(caught.value)
        assert time.monotonic() - start < 3
        assert kind in ("Timeout", "Unreadable", "Crash")
        with look_up(student, "g") as names:
            assert names.g() == 1


def test_a_thread_that_writes_into_the_wire_spoils_only_its_own_submission():
    cell = """
def spoil():
    while True:
        os.write(4, b"nonsense")

def f(k):
    threading.Thread(target=spoil, daemon=True).start()
    time.sleep(0.2)
    return 1
"""
    with student_of(FIND + cell, "def g(): return 1") as student:
        with pytest.raises((PeerGone, WireError)) as caught, look_up(student, "f", seconds=3) as n:
            list(map(n.f, range(10)))
        student.end(caught.value)
        with look_up(student, "g") as names:
            assert names.g() == 1


def test_calls_within_calls_without_end_are_an_error():
    cell = "def f(g):\n    return g()"
    with student_of(cell) as student:
        start = time.monotonic()
        with (
            look_up(student, "f", seconds=15) as names,
            pytest.raises(Exception),  # noqa: B017  whatever it is called
        ):
            nested(names.f)
        assert time.monotonic() - start < 10


def nested(f):
    return f(lambda: nested(f))


@pytest.mark.parametrize(
    "outcome",
    [
        None,
        7,
        {},
        {"printed": "", "shown": None, "error": 5, "figures": []},
        {"printed": "", "shown": None, "error": None, "figures": 5},
        {"printed": "", "shown": None, "error": None, "figures": [b"x"]},
        {"printed": "", "shown": None, "error": {}, "figures": []},
    ],
)
def test_a_forged_outcome_is_refused(outcome):
    with pytest.raises(WireError):
        _checked_outcome(outcome)


def test_a_figure_that_raises_is_refused():
    forge = """
class Figure:
    @property
    def nbytes(self):
        raise ValueError("no")

old = wire.own[1]
wire.own[1] = lambda *a: {**old(*a), "figures": [Figure()]}
"""
    with student_of(FIND + forge) as student:
        outcome = student.run_cell("1", "a", 5)
        assert outcome["error"][0] == "Unreadable"


def test_a_picture_is_a_png_and_nothing_else():
    png = np.frombuffer(b"\x89PNG\r\n\x1a\n" + b"x" * 10, np.uint8)
    page = np.frombuffer(b"<script>alert(1)</script>", np.uint8)
    outcome = {"printed": "", "shown": None, "error": None, "figures": [page, png, png[:4]]}
    assert _checked_outcome(outcome)["figures"] == [png.tobytes()]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="no list of open files here")
def test_the_test_process_owns_no_open_pipe_of_an_ended_worker():
    def pipes():
        gc.collect()
        kept = set()
        for name in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                target = os.readlink(f"/proc/self/fd/{name}")
                if target.startswith("pipe:"):
                    kept.add(target)
        return kept

    before = pipes()
    for _ in range(3):
        with student_of("x = 1"):
            pass
    assert pipes() <= before
