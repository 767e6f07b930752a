"""Where a student's code runs: a process that sees its own work and nothing else."""

from __future__ import annotations

import atexit
import compileall
import functools
import itertools
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import suppress
from pathlib import Path
from py_compile import PycInvalidationMode

import matplotlib as mpl
import psutil
from filelock import FileLock, Timeout

from grading.edition import write_edition

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WORK_BYTES = 128 * 2**20
WORKBOOK, WORK = "/workbook", "/tmp"  # as a student's code sees them
PREFIX, IN_USE = "workbook-", "in-use"
PACKAGES = sysconfig.get_path("purelib")


_users = itertools.count()


class SandboxError(Exception):
    """Submissions can't be kept apart on this machine; the message says what would help."""


@functools.cache
def workbook(assignment: str) -> Path:
    """Make the folder that a student's process gets: the wire, and the student edition.

    Parameters
    ----------
    assignment : str
        The assignment's name.

    Returns
    -------
    Path
        A folder that is removed when this process ends.
    """
    _remove_left_over()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    in_use = FileLock(folder / IN_USE)
    in_use.acquire()  # for as long as this process, or one that it forked, is there
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # a forked process must not remove what the first one still uses
            in_use.release()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    (folder / "grading").mkdir()
    for name in ("__init__.py", "wire.py", "worker.py"):
        shutil.copyfile(HERE / name, folder / "grading" / name)
    write_edition(assignment, folder / "cs231n_lib", grading=True)
    fonts = folder / "fonts"
    fonts.mkdir()
    for path in Path(mpl.get_cachedir()).glob("fontlist-*.json"):
        shutil.copyfile(path, fonts / path.name)
    # each worker would compile it all anew
    compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
    for path in [folder, *folder.rglob("*")]:  # another user has to read it
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def _remove_left_over() -> None:
    """Remove the folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, Timeout):  # another user's, or still in use
            if (folder / IN_USE).exists():
                with FileLock(folder / IN_USE, blocking=False):
                    shutil.rmtree(folder, ignore_errors=True)


def launch(assignment: str, trusted: bool = False) -> subprocess.Popen:
    """Start a worker, ready to be spoken to through its pipes.

    Parameters
    ----------
    assignment : str
        The assignment's name.
    trusted : bool, default False
        Run it without a sandbox, with the rights of whoever grades.

    Returns
    -------
    subprocess.Popen
        The process; when it is killed, everything that it started ends too.

    Raises
    ------
    SandboxError
        If there is no sandbox on this machine.
    """
    folder = workbook(assignment)
    if trusted:
        work = tempfile.mkdtemp(dir=folder)  # removed with the folder
        return _TrustedProcess(
            [sys.executable, "-P", "-m", "grading.worker"],
            env={**os.environ, **_environment(str(folder), work)},
            cwd=work,
            start_new_session=True,
            **_PIPES,
        )
    check()
    return subprocess.Popen(_command(folder), env={}, start_new_session=True, **_PIPES)


@functools.cache
def check() -> None:
    """Try whether a process can be kept apart on this machine.

    Raises
    ------
    SandboxError
        If not; the message names what would help.
    """
    if sys.platform != "linux":
        raise SandboxError(
            "strangers' notebooks can be graded safely on Linux only. For notebooks that you would "
            "run anyway, add --trust-submissions"
        )
    if shutil.which("bwrap") is None:
        raise SandboxError(
            "bubblewrap is not installed. Run: sudo apt install bubblewrap (or: dnf install "
            "bubblewrap). For notebooks that you would run anyway, add --trust-submissions"
        )
    command = [*_namespaces(), *_system(), "true"]
    tried = subprocess.run(command, env={}, capture_output=True, text=True, timeout=30)
    if tried.returncode != 0:
        raise SandboxError(
            "this machine refuses the namespaces that keep a student's code apart "
            f"({tried.stderr.strip() or 'no reason given'}). On Ubuntu, allow them with: "
            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 ; in a container, start it "
            "with the right to make namespaces. For notebooks that you would run anyway, add "
            "--trust-submissions"
        )


class _TrustedProcess(subprocess.Popen):
    """A process that takes those that it started with it, as far as that goes without a sandbox."""

    def kill(self) -> None:
        with suppress(psutil.Error):
            started = []
            if self.returncode is None:  # else its number may be another's by now
                started = psutil.Process(self.pid).children(recursive=True)
            for child in started:
                with suppress(psutil.Error):
                    child.kill()
        if hasattr(os, "killpg"):
            with suppress(OSError):  # nothing of it is left
                os.killpg(self.pid, signal.SIGKILL)
        super().kill()


_PIPES = {
    "stdin": subprocess.PIPE,
    "stdout": subprocess.PIPE,
    "stderr": subprocess.PIPE,  # why it did not start; the worker itself closes it
}


def _environment(path: str, work: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": work,
        "LANG": "C.UTF-8",
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONWARNINGS": "ignore",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": f"{work}/matplotlib",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _namespaces() -> list[str]:
    """Have namespaces of its own for everything; root has no need of one for users."""
    options = ["--unshare-all"]
    if os.geteuid() == 0:
        options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
        options += ["--unshare-cgroup-try", "--cap-drop", "ALL"]
        # to become another user, which ends these two as well
        options += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [shutil.which("bwrap"), *options, "--die-with-parent", "--new-session"]


def _system() -> list[str]:
    """Show the operating system and Python, read-only, and nothing of the course."""
    options = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    options += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    options += ["--ro-bind-try", "/etc/alternatives", "/etc/alternatives"]
    # no /proc: nothing needs it, and some containers refuse it
    options += ["--dev", "/dev", "--remount-ro", "/dev"]  # /dev/shm would have no limit
    options += ["--perms", "1777", "--size", str(WORK_BYTES), "--tmpfs", WORK]
    if not Path(sys.base_prefix).is_relative_to("/usr"):
        options += _bind(sys.base_prefix)
    # where the course lies inside of what is shown, it is covered
    for path in (ROOT, (ROOT / os.environ.get("CS231N_CLASSROOM", "")).resolve()):
        if any(path.is_relative_to(folder) for folder in ("/usr", sys.base_prefix)):
            options += ["--tmpfs", str(path)]
    options += ["--ro-bind", PACKAGES, "/packages"]  # its own place would tell where the course is
    for name in ("cs231n_lib", "grading"):
        if Path(PACKAGES, name).is_dir():
            options += ["--tmpfs", f"/packages/{name}"]
    return options


def _bind(path: str) -> list[str]:
    """Show a folder at its own place; the folders above it have to be open to another user."""
    options = []
    for above in [*Path(path).parents][-2::-1]:
        options += ["--perms", "0755", "--dir", str(above)]
    return [*options, "--ro-bind", path, path]


def _command(folder: Path) -> list[str]:
    options = ["--ro-bind", str(folder), WORKBOOK, "--chdir", WORK]
    for name, value in _environment(f"{WORKBOOK}:/packages", WORK).items():
        options += ["--setenv", name, value]
    options += ["--remount-ro", "/"]
    python = str(Path(sys.executable).resolve())
    command = [python, "-P", "-S", "-m", "grading.worker"]
    if os.geteuid() == 0:
        # a user that no one else is, not even another worker of this process
        command.append(str(1_000_000_000 + 64 * os.getpid() + next(_users) % 64))
    return [*_namespaces(), *_system(), *options, *command]
