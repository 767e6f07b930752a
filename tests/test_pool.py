"""Jobs run side by side, and a lost one costs nothing but itself."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grading.pool import JobError, Pool

ROOT = Path(__file__).resolve().parent.parent


def prepare():
    """Make what does a job; at the top of a module, for systems that can't fork."""
    return do


def do(job):
    kind, value = job
    if kind == "end":
        os._exit(value)
    if kind == "raise":
        raise ValueError(value)
    if kind == "sleep":
        time.sleep(value)
    return os.getpid() if kind == "pid" else value


def fail_to_prepare():
    """Fail at what every job needs."""
    raise OSError("no worker")


def run(jobs, size=2, seconds=20):
    with Pool(prepare, size, seconds) as pool:
        return dict(pool.run(jobs))


def test_each_job_comes_back_with_its_result():
    jobs = [("value", k) for k in range(20)]
    assert run(jobs) == {job: job[1] for job in jobs}


def test_no_jobs_need_no_process():
    assert run([]) == {}


def test_two_jobs_run_at_the_same_time():
    started = time.monotonic()
    run([("sleep", 1.0), ("sleep", 1.01)])
    assert time.monotonic() - started < 1.9


def test_processes_are_used_again():
    assert len(set(run([("pid", k) for k in range(10)]).values())) <= 2


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (("end", 3), "grading ended without a result; is memory short?"),
        (("raise", "no"), "ValueError: no"),
        (("sleep", 30), "this took longer than 1 s in all."),
    ],
)
def test_a_job_without_a_result_costs_nothing_but_itself(job, message):
    results = run([("value", 1), job, ("value", 2), ("value", 3)], seconds=1)
    error = results.pop(job)
    assert isinstance(error, JobError)
    assert str(error) == message
    assert list(results.values()) == [1, 2, 3]


def test_a_late_job_is_found_while_others_come_and_go():
    jobs = [("sleep", 30), *(("sleep", 0.3 + k / 1000) for k in range(8))]
    results = run(jobs, seconds=1)
    assert isinstance(results.pop(jobs[0]), JobError)
    assert not any(isinstance(result, JobError) for result in results.values())


def test_nothing_runs_on_after_the_pool():
    with Pool(prepare, 2, 20) as pool:
        jobs = pool.run([("pid", 0), ("pid", 1), ("sleep", 20)])
        pids = [next(jobs)[1], next(jobs)[1]]
    assert not any(psutil.pid_exists(pid) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they end after their job")
def test_the_processes_end_with_a_parent_that_is_killed():
    program = (
        "from tests.test_pool import *\n"
        "with Pool(prepare, 2, 60) as pool:\n"
        "    for job, pid in pool.run([('pid', 0), ('pid', 1), ('sleep', 50), ('sleep', 51)]):\n"
        "        print(pid, flush=True)\n"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        pids = {int(parent.stdout.readline()) for _ in range(2)}
        parent.send_signal(signal.SIGKILL)
    end = time.monotonic() + 5
    while any(psutil.pid_exists(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_what_every_job_needs_and_is_not_there_is_said_for_each():
    with Pool(fail_to_prepare, 2, 20) as pool:
        results = dict(pool.run([1, 2, 3]))
    assert {job: str(error) for job, error in results.items()} == dict.fromkeys(
        [1, 2, 3], "OSError: no worker"
    )
