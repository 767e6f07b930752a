"""The trusted side of the wire: a student's functions and networks, as a test cell sees them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from subprocess import Popen
from typing import Any

import numpy as np
import psutil

from grading.wire import PeerGone, Remote, Wire, WireError, identical
from grading.worker import ACTIONS, LIBRARY

MEMORY = 4 * 2**30  # bytes of all processes of a student together
PROCESSES = 32  # the worker itself is allowed 16; this is for where that does not hold


class WorkerError(Exception):
    """A worker does not start; the message has what it said."""


class Stub(Remote):
    """A student's function, class or object.

    It is called as the thing itself. If it is a network, `params` is a real dictionary of arrays:
    what either side changes in it is exchanged with the next call.
    """

    def __getattr__(self, name: str) -> Any:
        """Read an attribute in the student's process."""
        if name.startswith("__"):  # NumPy and others ask for many of them
            raise AttributeError(name)
        if name == "params":
            if "_params" not in self.__dict__:
                self._take(self._wire.act("parameters", self, True))
            if self._params is not None:
                return self._params
        is_method, value = self._wire.act("get", self, name)
        if is_method:
            return lambda *args, **kwargs: self._call_method(name, args, kwargs)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        """Write an attribute; new parameters are sent with the next call."""
        if name == "params" and self.params is not None and type(value) is dict:
            self.__dict__["_params"] = value
        else:
            self._wire.act("set", self, name, value)

    def _call_method(self, name: str, args: tuple, kwargs: dict) -> Any:
        pushed = None
        if self.__dict__.get("_params") is not None:
            changed = []
            for key, value in self._params.items():
                known, copy = self._known.get(key, (None, None))
                if value is not known or not identical(value, copy):
                    changed.append((key, value, value is not known))
                    self._known[key] = (value, np.array(value))
            pushed = [changed, list(self._params)]
        result, pulled = self._wire.act("call_method", self, name, list(args), kwargs, pushed)
        if pushed is not None:
            self._take(pulled)
        return result

    def _take(self, pulled: list | None) -> None:
        """Put the parameters that the student's side has changed into the dictionary here."""
        if pulled is None:
            self.__dict__.update(_params=None)
            return
        changed, keys = pulled
        params = self.__dict__.setdefault("_params", {})
        known = self.__dict__.setdefault("_known", {})
        for key, value in changed.items():
            old = params.get(key)
            if isinstance(old, np.ndarray) and (old.shape, old.dtype) == (value.shape, value.dtype):
                old[...] = value
            else:
                params[key] = value
            known[key] = (params[key], params[key].copy())
        for key in [key for key in params if key not in keys]:
            del params[key]


def _make_stub(wire: Wire, number: int, name: str) -> Stub:
    """Make a stub whose type has the name of the student's, for messages."""
    return type(name if name.isidentifier() else "object", (Stub,), {})(wire, number, name)


class StudentWire(Wire):
    """The trusted end of the wire."""

    left = float("inf")  # seconds that the student's side may still take
    deadline = float("inf")
    _depth = 0

    def call(self, function: Remote, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the other side, on its time: what the test itself does is not."""
        started = time.monotonic()
        if self._depth == 0:
            self.deadline = started + self.left
        self._depth += 1
        try:
            return super().call(function, *args, **kwargs)
        finally:
            self._depth -= 1
            if self._depth == 0:
                self.deadline = float("inf")
                self.left -= time.monotonic() - started

    def act(self, action: str, *args: Any) -> Any:
        """Let the worker do something with the student's things; it raises what they raise."""
        return self.call(Remote(self, ACTIONS.index(action) + 1, action), *args)

    def order(self, action: str, *args: Any) -> Any:
        """Let the worker do something of its own; that never fails, unless it was tampered with."""
        try:
            return self.act(action, *args)
        except (PeerGone, WireError):
            raise
        except Exception as error:
            raise WireError(f"it was disturbed ({error}).") from error

    def look_up(self, names: list[str]) -> dict[str, Any]:
        """Get those of the names that the student has defined, and no other name."""
        found = self.order("look_up", names)
        if type(found) is not dict:
            raise WireError("the names of the answers are incomplete.")
        return {name: found[name] for name in names if name in found}

    def most_calls(self, told: Any) -> tuple[int, str]:
        """Take how often a function of the student was called, in the types it must have."""
        if type(told) is list and [type(part) for part in told] == [str, int]:
            return told[1], told[0][:100]
        raise WireError("it was disturbed (no count of calls).")


class StudentProcess:
    """A worker for one submission, which is started anew when the student's code ends it.

    Parameters
    ----------
    launch : callable
        Starts a worker; returns its process, with pipes.
    """

    def __init__(self, launch: Callable[[], Popen]) -> None:
        self._launch = launch
        self._process: Popen | None = None
        self._reason: tuple[str, str] | str = ""
        self._cells: list[tuple[str, str]] = []
        self._disabled: dict[str, tuple[str, str]] = {}

    @property
    def is_alive(self) -> bool:
        """Whether the process still answers."""
        return self._process is not None and self._process.poll() is None and not self._reason

    def run_cell(self, source: str, name: str, seconds: float) -> dict:
        """Run one of the student's cells.

        Parameters
        ----------
        source : str
            The cell's text.
        name : str
            The cell's id.
        seconds : float
            How long it may take.

        Returns
        -------
        dict
            ``printed``, ``shown``, ``error`` and ``figures``.
        """
        try:
            with self.limit(seconds) as wire:
                outcome = _checked_outcome(wire.order("run_cell", source, name))
        except (PeerGone, WireError) as error:
            return {"printed": "", "shown": None, "figures": [], "error": [*self.end(error), ""]}
        self._cells.append((source, name))
        return outcome

    @contextmanager
    def limit(self, seconds: float) -> Iterator[StudentWire]:
        """Have a living worker; it is ended when its answers have taken so many seconds."""
        if not self.is_alive:
            self._start()
        self._seconds = self._wire.left = seconds
        yield self._wire

    def end(self, error: Exception) -> tuple[str, str]:
        """Say why the process is of no use any more, and make sure that it has ended."""
        process, reason = self._process, self._reason
        self.close()
        if reason:
            kind, message = reason
        elif isinstance(error, PeerGone):
            process.wait()
            kind, message = "Crash", "this ended its own Python process (a crash, or os._exit)."
        else:
            kind, message = "Unreadable", f"what came back can't be graded: {error}"
        return kind, message

    def disable(self, name: str, kind: str, message: str) -> None:
        """Let a function fail at once from now on, as it has already cost the process once."""
        self._disabled[name] = (kind, f"{name}: {message} (in an earlier test)")

    def close(self) -> None:
        """End the process, and with it everything that it has started."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
                with suppress(OSError):  # what was still to be sent can't be
                    pipe.close()
            self._process = None

    def _start(self) -> None:
        """Start a worker and run there what had run in the one before."""
        self.close()
        self._process, self._reason = self._launch(), ""
        self._wire = StudentWire(
            self._process.stdout, self._process.stdin, make_remote=_make_stub, library=LIBRARY
        )
        self._seconds = self._wire.left = 60.0
        watched = self._process
        threading.Thread(target=self._watch, args=(watched,), daemon=True).start()
        try:
            self._wire.order("look_up", [])
        except PeerGone as error:
            said = watched.stderr.read().decode(errors="replace").strip().splitlines()
            raise WorkerError(f"a worker does not start: {(said or ['?'])[-1]}") from error
        for source, name in self._cells:
            self._wire.order("run_cell", source, name)
        for name, (kind, message) in self._disabled.items():
            self._wire.order("disable", name, kind, message)

    def _watch(self, process: Popen) -> None:
        """End the process when it takes too long or grows too large."""
        ticks = 0
        while process.poll() is None:
            time.sleep(0.05)
            ticks += 1
            reason = _too_large(process.pid) if ticks % 4 == 0 else ""
            if time.monotonic() > self._wire.deadline:
                loop = "is there a loop that never ends?"
                reason = "Timeout", f"took longer than {self._seconds:g} s; {loop}"
            if self._process is not process:  # it has been replaced meanwhile
                return
            if reason:
                self._reason = reason
                process.kill()
                return


def _too_large(pid: int) -> tuple[str, str] | str:
    try:
        processes = psutil.Process(pid).children(recursive=True)
        memory = sum(process.memory_info().rss for process in processes)
    except psutil.Error:
        return ""
    if memory > MEMORY:
        return "OutOfMemory", f"this needed more than {MEMORY // 2**30} GB of memory."
    if len(processes) > PROCESSES:
        return "TooManyProcesses", f"this started more than {PROCESSES} processes."
    return ""


def _checked_outcome(outcome: Any) -> dict:
    """Take a cell's outcome as the worker tells it, in the types it must have."""
    try:
        error = outcome["error"]
        return {
            "printed": str(outcome["printed"])[:30_000],
            "shown": None if outcome["shown"] is None else str(outcome["shown"])[:30_000],
            "error": None if error is None else [str(text)[:10_000] for text in error[:3]],
            "figures": [
                figure.tobytes()
                for figure in outcome["figures"][:4]
                if figure.nbytes < 500_000 and figure.tobytes()[:8] == b"\x89PNG\r\n\x1a\n"
            ],
        }
    except (PeerGone, WireError):
        raise
    except Exception as wrong:  # what stands for a thing of the student's may raise anything
        raise WireError("a cell's outcome is incomplete.") from wrong
