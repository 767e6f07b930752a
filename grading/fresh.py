"""Fresh random inputs for the hidden part of a test: others for every student, the same again.

A course's secret, the student, the assignment and the exercise determine them, so that grading
once more repeats them, and nobody can write an answer that knows them.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

_seed: ContextVar[bytes] = ContextVar("seed", default=b"")


def fresh_rng() -> np.random.Generator:
    """Make a generator for the test that is running.

    Returns
    -------
    Generator
        The same for each call of one test of one student; outside of grading always the same.
    """
    return np.random.default_rng(list(_seed.get()))


@contextmanager
def inputs_for(secret: bytes, *names: str) -> Iterator[None]:
    """Let `fresh_rng` depend on a secret and on names while a test runs."""
    token = _seed.set(hmac.digest(secret, "\n".join(names).encode(), hashlib.sha256))
    try:
        yield
    finally:
        _seed.reset(token)


def read_secret(path: Path) -> bytes:
    """Read a course's secret; make one at the first time."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent) as new, suppress(FileExistsError):
            new.write(secrets.token_bytes(32))
            new.flush()
            os.link(new.name, path)  # it appears whole, and only once
    return path.read_bytes()
