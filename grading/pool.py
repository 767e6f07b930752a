"""Processes that work side by side, each job with a time limit, each loss costing one job only."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from grading.course import process_context

MEMORY = 12 * 2**30  # bytes of address space of each process


class JobError(Exception):
    """A job has no result; the message says why."""


@dataclass
class _Process:
    process: BaseProcess
    pipe: Connection
    job: Any = None
    deadline: float = 0.0

    def stop(self) -> None:
        self.process.kill()  # a student's process ends with it
        self.process.join()
        self.pipe.close()


class Pool:
    """Runs jobs in several processes.

    A process that crashes, or takes too long over a job, is replaced. Ctrl-C reaches the parent
    alone. All of them end with the parent, however that ends.

    Parameters
    ----------
    prepare : callable
        Called once in each process, at its first job; returns the function that does a job.
    size : int
        How many processes.
    seconds : float
        How long a job may take.
    """

    def __init__(
        self, prepare: Callable[[], Callable[[Any], Any]], size: int, seconds: float
    ) -> None:
        self._prepare, self._size, self._seconds = prepare, size, seconds
        self._processes: list[_Process] = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        while self._processes:
            self._processes.pop().stop()

    def run(self, jobs: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """Do jobs, and yield each with its result as soon as it is there.

        Parameters
        ----------
        jobs : iterable
            They are taken when a process is free.

        Yields
        ------
        job : object
            The job.
        result : object
            What came of it; a `JobError` where nothing did.
        """
        waiting = iter(jobs)
        busy: list[_Process] = []
        while True:
            while len(busy) < self._size:
                for job in waiting:
                    busy.append(self._begin(job))
                    break
                else:
                    break
            if not busy:
                return
            soonest = min(process.deadline for process in busy)
            ready = wait([p.pipe for p in busy], max(0.0, soonest - time.monotonic()))
            for process in list(busy):
                if process.pipe in ready or time.monotonic() >= process.deadline:
                    busy.remove(process)
                    yield process.job, self._result(process, process.pipe in ready)

    def _begin(self, job: Any) -> _Process:
        free = [process for process in self._processes if process.job is None]
        process = free[0] if free else self._start()
        process.job, process.deadline = job, time.monotonic() + self._seconds
        with suppress(OSError):  # it has ended meanwhile, which its pipe will tell
            process.pipe.send(job)
        return process

    def _result(self, process: _Process, is_ready: bool) -> Any:
        result: Any = JobError(f"this took longer than {self._seconds:g} s in all.")
        if is_ready:
            try:
                result = process.pipe.recv()
            except (EOFError, OSError):
                result = JobError("grading ended without a result; is memory short?")
        if isinstance(result, JobError):
            self._processes.remove(process)
            process.stop()
        process.job = None
        return result

    def _start(self) -> _Process:
        context = process_context()
        pipe, other_end = context.Pipe()
        known = [process.pipe for process in self._processes]  # which a fork would hold open
        arguments = (self._prepare, other_end, [*known, pipe], os.getpid())
        made = context.Process(target=_work, args=arguments)
        made.start()
        other_end.close()
        self._processes.append(_Process(made, pipe))
        return self._processes[-1]


def _work(
    prepare: Callable[[], Callable[[Any], Any]],
    pipe: Connection,
    parents: list[Connection],
    parent: int,
) -> None:
    """Do each job that arrives."""
    for end in parents:
        end.close()
    _end_with(parent)
    if sys.platform != "win32":
        import resource

        with suppress(ValueError, OSError):  # macOS has this limit in name only
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C goes to the parent alone
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    warnings.simplefilter("ignore")
    work = None
    with suppress(EOFError):
        while True:
            job = pipe.recv()
            try:
                work = work or prepare()
                result = work(job)
            except Exception as error:  # one job must not end the others
                result = JobError(f"{type(error).__name__}: {error}")
            pipe.send(result)


def _end_with(parent: int) -> None:
    """Let this process end with its parent, even where that is killed in the middle."""
    if sys.platform == "linux":
        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
        if os.getppid() != parent:  # it has ended already
            os._exit(1)
