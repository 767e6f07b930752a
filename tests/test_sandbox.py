"""Nothing gets out of the sandbox, and nothing of the course gets in."""

import contextlib
import functools
import inspect
import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import matplotlib as mpl
import psutil
import pytest

from cs231n_lib.layers import softmax_loss
from grading import sandbox
from grading.sandbox import ROOT, SandboxError, launch
from grading.stubs import StudentProcess

ASSIGNMENT = "01_backprop"


def why_no_sandbox():
    try:
        sandbox.check()
    except SandboxError as error:
        return str(error)
    return ""


needs_sandbox = pytest.mark.skipif(bool(why_no_sandbox()), reason=why_no_sandbox() or "it is there")

# Runs the cells that stand on a line of its standard input in a worker of their own.
RUNNER = """
import json, sys
from grading.sandbox import launch
from grading.stubs import StudentProcess
for line in sys.stdin:
    student = StudentProcess(lambda: launch("01_backprop"))
    outcomes = []
    for cell in json.loads(line):
        outcomes.append({**student.run_cell(cell, "cell", 60), "figures": []})
        if cell.endswith("# tell"):
            print("waiting", flush=True)
    student.close()
    print(json.dumps(outcomes), flush=True)
"""


def as_nobody():
    """Start a command of root's as an ordinary user, who can read Python but no home folder."""
    if os.geteuid() != 0:
        return []
    options = ["--bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    made = set()
    for prefix in (sys.base_prefix, sys.prefix, str(ROOT)):
        closed = [p for p in [*Path(prefix).parents][-2::-1] if not p.stat().st_mode & 0o001]
        if not closed:
            continue
        if closed[0] not in made:
            options += ["--perms", "0755", "--tmpfs", str(closed[0])]
            made.add(closed[0])
        for above in [p for p in [*Path(prefix).parents][-2::-1] if closed[0] in p.parents]:
            options += ["--perms", "0755", "--dir", str(above)]
        options += ["--ro-bind", prefix, prefix]
    drop = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    return ["bwrap", *options, *drop]


class Cells:
    """Runs cells in a sandbox that was started by some user."""

    def __init__(self, user, folder):
        self.user, self.folder = user, folder

    def command(self):
        return [*(as_nobody() if self.user == "nobody" else []), sys.executable, "-c", RUNNER]

    def environment(self):
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "MPLCONFIGDIR": str(self.folder),
            "CS231N_COURSE_SECRET": "do-not-tell",
        }

    def start(self):
        return subprocess.Popen(
            self.command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environment(),
            cwd=self.folder,
            text=True,
        )

    @functools.cached_property
    def grader(self):
        return self.start()

    def close(self):
        if "grader" in vars(self):
            self.grader.communicate(timeout=20)

    def __call__(self, *cells):
        cells = [textwrap.dedent(cell) for cell in cells]
        self.grader.stdin.write(json.dumps(cells) + "\n")
        self.grader.stdin.flush()
        return json.loads(self.grader.stdout.readline())

    def printed(self, cell):
        [outcome] = self(cell)
        assert outcome["error"] is None, outcome["error"]
        return outcome["printed"].splitlines()


@pytest.fixture(scope="module", params=["me", "nobody"])
def inside(request, tmp_path_factory):
    if request.param == "nobody" and os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("setpriv, which starts it as another user, is missing")
    if request.param == "nobody" and os.geteuid() != 0:
        pytest.skip("the tests run as an ordinary user already")
    folder = Path(tmp_path_factory.mktemp("grader"))
    for path in Path(mpl.get_cachedir()).glob("fontlist-*.json"):  # else it is made each time
        shutil.copyfile(path, folder / path.name)
        (folder / path.name).chmod(0o644)
    for path in (folder, folder.parent, folder.parent.parent):
        path.chmod(0o777 if path == folder else 0o755)
    cells = Cells(request.param, folder)
    yield cells
    cells.close()


@pytest.fixture
def secrets(tmp_path_factory):
    """Files of the grader's, some of which everybody on this machine may read."""
    places = [Path("/tmp"), ROOT.parent, ROOT, tmp_path_factory.mktemp("submissions")]
    files = []
    for k, place in enumerate(places):
        for mode in (0o600, 0o644):
            path = place / f"secret-{os.getpid()}-{k}-{mode:o}.txt"
            try:
                path.write_text("the hidden tests", encoding="utf-8")
            except OSError:  # a folder above the course may be read-only
                continue
            path.chmod(mode)
            files.append(path)
    yield files
    for path in files:
        path.unlink()


@needs_sandbox
def test_a_student_is_nobody_and_cannot_become_anybody(inside):
    lines = inside.printed(
        """
        import ctypes, os
        print(os.getuid() != 0 and os.geteuid() != 0 and os.getgid() != 0, os.getgroups())
        for become in (os.setuid, os.setgid, os.seteuid, os.setegid):
            try:
                become(0)
                print("became root")
            except OSError:
                print("refused")
        try:
            os.setgroups([0])
            print("joined root")
        except OSError:
            print("refused")
        libc = ctypes.CDLL(None, use_errno=True)
        header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        print(libc.capget(header, data), data[0], data[1], data[3], data[4])
        print(libc.prctl(39, 0, 0, 0, 0))
        """
    )
    assert lines[0] == "True []"
    assert lines[1:6] == ["refused"] * 5
    assert lines[6] == "0 0 0 0 0"  # neither effective nor permitted
    assert lines[7] == "1"  # and no program can give any


@needs_sandbox
def test_nothing_of_the_grader_can_be_read(inside, secrets):
    assert len(secrets) >= 4
    planted = [str(path) for path in secrets]
    others = ["/etc/passwd", "/etc/shadow", "/etc/hostname", "/proc/1/environ", "/sys", "/run"]
    others += [str(Path.home() / ".bashrc"), "/home", "/var", "/mnt", "/old_root"]
    others += [str(ROOT / name) for name in ("assignments", "tests", "grading", "cs231n_lib")]
    others += [str(ROOT / "classroom" / "gradebook.db"), str(inside.folder)]
    lines = inside.printed(
        f"""
        import os
        for path in {planted + others!r}:
            try:
                found = os.listdir(path) if os.path.isdir(path) else open(path).read()
                if found:
                    print(path, found)
            except OSError:
                pass
        """
    )
    assert lines == []


@needs_sandbox
def test_no_answer_and_no_test_stands_anywhere_inside(inside):
    body = inspect.getsource(softmax_loss).splitlines()
    answer = max((line.strip() for line in body if "=" in line), key=len)
    [outcome] = inside(
        f"""
        import os, sys
        parts = [{answer[:15]!r}, {answer[15:]!r}]
        names = ("### BEGIN " + "HIDDEN", "".join(parts), "def " + "test_stubs_")
        seen = 0
        folders = [path for path in ["/workbook", *sys.path] if os.path.isdir(path)]
        for top in folders:
            for folder, inner, files in os.walk(top):
                if "site-packages" in folder:
                    inner[:] = [n for n in inner if n in ("grading", "cs231n_lib", "tests")]
                for name in files:
                    if name.endswith((".py", ".ipynb", ".toml", ".pyc")):
                        seen += 1
                        with open(os.path.join(folder, name), "rb") as file:
                            data = file.read()
                        for text in names:
                            if text.encode() in data and "/nbgrader/" not in folder:
                                print(folder, name, text)
        seen > 100, os.path.isdir("/workbook/cs231n_lib")
        """
    )
    assert outcome["error"] is None
    assert outcome["printed"] == ""
    assert outcome["shown"] == "(True, True)"


@needs_sandbox
def test_the_library_inside_is_the_edition_and_the_grader_is_not_there(inside):
    lines = inside.printed(
        """
        import importlib, cs231n_lib, grading
        print(cs231n_lib.__file__, grading.__file__)
        for name in ("grading.execute", "grading.stubs", "grading.sandbox", "tests.conftest"):
            try:
                importlib.import_module(name)
                print("imported", name)
            except ImportError:
                pass
        """
    )
    assert lines == ["/workbook/cs231n_lib/__init__.py /workbook/grading/__init__.py"]


@needs_sandbox
def test_there_is_no_network(inside):
    with socket.create_server(("127.0.0.1", 0)) as server:
        lines = inside.printed(
            f"""
            import socket
            print([name for _, name in socket.if_nameindex()])
            for address in (("127.0.0.1", {server.getsockname()[1]}), ("1.1.1.1", 53)):
                try:
                    socket.create_connection(address, 2)
                    print("connected")
                except OSError:
                    print("refused")
            """
        )
    assert lines == ["['lo']", "refused", "refused"]


@needs_sandbox
def test_no_other_process_can_be_seen_or_ended(inside):
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        lines = inside.printed(
            f"""
            import os, signal
            print(os.path.exists("/proc/self"), os.getpid() < 10, os.getppid() < 10)
            for pid in ({os.getpid()}, {bystander.pid}, {os.getppid()}):
                for number in (0, signal.SIGKILL):
                    try:
                        os.kill(pid, number)
                        print("reached", pid)
                    except OSError:
                        pass
            """
        )
        assert lines == ["False True True"]
        # all that it can reach is its own
        inside("import os, signal\nos.kill(-1, signal.SIGKILL)", "1")
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


@needs_sandbox
def test_only_its_own_folder_can_be_written_and_that_is_bounded(inside):
    lines = inside.printed(
        """
        import os, sys
        writable = set()
        for folder, inner, _ in os.walk("/"):
            if folder.count("/") > 3 or "site-packages" in folder:
                inner[:] = []
            try:
                path = os.path.join(folder, "written")
                open(path, "wb").close()
                os.unlink(path)
                writable.add("/" + folder.split("/")[1])
            except OSError:
                pass
        print(sorted(writable))
        total, block = 0, b"x" * 2**20
        try:
            for k in range(40):
                with open(f"/tmp/fill{k}", "wb") as file:
                    for _ in range(10):
                        total += file.write(block)
        except OSError as error:
            print(error.strerror)
        print(total < 200 * 2**20)
        try:
            with open("/tmp/long", "wb") as file:
                file.truncate(2**40)
        except OSError as error:
            print(error.strerror)
        """
    )
    assert lines == ["['/tmp']", "No space left on device", "True", "File too large"]


@needs_sandbox
def test_no_memory_disk_of_its_own_can_be_had(inside):
    """A user namespace may be made, but what is mounted in it can't be written."""
    lines = inside.printed(
        """
        import ctypes, os
        os.mkdir("/tmp/here")
        if os.fork() == 0:
            libc = ctypes.CDLL(None, use_errno=True)
            libc.unshare(0x10000000 | 0x00020000)
            if libc.mount(b"none", b"/tmp/here", b"tmpfs", 0, None) == 0:
                try:
                    open("/tmp/here/file", "wb").write(b"x")
                    os._exit(7)
                except OSError:
                    pass
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.wait()[1]))
        """
    )
    assert lines == ["0"]


@needs_sandbox
def test_the_environment_tells_nothing_of_the_grader(inside):
    lines = inside.printed("import os\nfor item in sorted(os.environ.items()):\n    print(*item)")
    names = {line.split()[0] for line in lines}
    assert names <= {*sandbox._environment("", ""), "PWD"}
    assert not [line for line in lines if str(ROOT) in line or "do-not-tell" in line]


@needs_sandbox
def test_no_file_is_open_but_the_wire(inside):
    lines = inside.printed(
        """
        import os, stat
        for fd in range(256):
            try:
                mode = os.fstat(fd).st_mode
                kinds = {stat.S_IFIFO: "pipe", stat.S_IFCHR: "device"}
                kind = kinds.get(stat.S_IFMT(mode), "other")
                null = os.path.samestat(os.fstat(fd), os.stat("/dev/null"))
                print(kind, null)
            except OSError:
                pass
        """
    )
    assert lines.count("pipe False") == 2
    assert set(lines) == {"pipe False", "device True"}


@needs_sandbox
def test_two_submissions_do_not_see_each_other():
    first, second = (StudentProcess(lambda: launch(ASSIGNMENT)) for _ in range(2))
    try:
        assert first.run_cell("open('/tmp/answers', 'w').write('42')", "a", 20)["error"] is None
        outcome = second.run_cell("import os\nos.path.exists('/tmp/answers')", "a", 20)
        assert outcome["shown"] == "False"
    finally:
        first.close()
        second.close()


DAEMONS = """
import os, subprocess, time
subprocess.Popen(["sleep", "987.25"], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv("/bin/sleep", ["sleep", "987.5"])
    os._exit(0)
os.wait()
time.sleep(0.3)
"""


def daemons():
    found = []
    for process in psutil.process_iter():
        try:
            if process.cmdline()[1:] in (["987.25"], ["987.5"]):
                found.append(process)
        except (psutil.Error, IndexError):
            pass
    return found


@needs_sandbox
@pytest.mark.parametrize("way", ["close", "crash", "timeout"])
def test_with_the_worker_everything_ends_that_it_started(way):
    student = StudentProcess(lambda: launch(ASSIGNMENT))
    try:
        assert student.run_cell(DAEMONS, "a", 20)["error"] is None
        assert len(daemons()) >= 2
        if way == "crash":
            assert student.run_cell("os._exit(1)", "b", 20)["error"][0] == "Crash"
        elif way == "timeout":
            assert student.run_cell("while True: pass", "b", 0.5)["error"][0] == "Timeout"
    finally:
        student.close()
    end = time.monotonic() + 5
    while daemons() and time.monotonic() < end:
        time.sleep(0.05)
    assert not daemons()


@needs_sandbox
def test_a_worker_ends_with_the_grader(inside):
    cells = [DAEMONS + "# tell", "import time; time.sleep(60)"]
    with inside.start() as grader:
        grader.stdin.write(json.dumps(cells) + "\n")
        grader.stdin.flush()
        grader.stdout.readline()
        assert len(daemons()) >= 2
        for child in psutil.Process(grader.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has ended with another one
                if child.name().startswith("python"):  # the grader itself, below setpriv
                    child.kill()
        grader.kill()
    end = time.monotonic() + 5
    while daemons() and time.monotonic() < end:
        time.sleep(0.05)
    assert not daemons()


@needs_sandbox
def test_a_worker_is_there_soon():
    start = time.monotonic()
    student = StudentProcess(lambda: launch(ASSIGNMENT))
    student.run_cell("1", "a", 20)
    student.close()
    assert time.monotonic() - start < 5


@needs_sandbox
def test_workers_can_be_started_from_threads():
    found = []

    def run():
        student = StudentProcess(lambda: launch(ASSIGNMENT))
        found.append(student.run_cell("6 * 7", "a", 30)["shown"])
        student.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == ["42"] * 3


# Where there is no sandbox


@pytest.fixture
def unchecked():
    sandbox.check.cache_clear()
    yield
    sandbox.check.cache_clear()


@pytest.mark.skipif(sys.platform != "linux", reason="the message is Linux's")
def test_without_bubblewrap_the_command_that_installs_it_is_named(unchecked, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="Run: sudo apt install bubblewrap"):
        launch(ASSIGNMENT)


@pytest.mark.skipif(sys.platform != "linux", reason="the message is Linux's")
def test_where_namespaces_are_refused_the_setting_is_named(unchecked, monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: no' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(SandboxError) as caught:
        launch(ASSIGNMENT)
    message = str(caught.value)
    assert "(bwrap: setting up uid map: no)" in message
    assert "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0" in message
    assert "--trust-submissions" in message


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_on_another_system_it_says_what_is_left(unchecked, monkeypatch, platform):
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(SandboxError, match=r"on Linux only\..*--trust-submissions"):
        launch(ASSIGNMENT)


def test_a_refusal_is_not_remembered(unchecked, monkeypatch, tmp_path):
    with monkeypatch.context() as patched:
        patched.setattr(sys, "platform", "darwin")
        with pytest.raises(SandboxError, match="Linux only"):
            sandbox.check()
    if why_no_sandbox():
        pytest.skip("there is no sandbox on this machine")
    sandbox.check()
