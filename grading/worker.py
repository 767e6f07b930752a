"""The student's side of the wire: runs their cells and answers calls, and has nothing to hide.

It starts as ``python -m grading.worker [UID]`` with the wire on its standard input and output.
With a user id, it gives up root's rights before anything of the student arrives.
"""

from __future__ import annotations

import ast
import builtins
import io
import linecache
import os
import re
import shutil
import sys
import types
from collections import Counter
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from cs231n_lib.graph import Gate, Graph, Node
from grading.wire import Remote, Wire, describe, identical

LIMITS = {
    "RLIMIT_AS": 6 * 2**30,  # a larger array is a MemoryError, not the end of the process
    "RLIMIT_FSIZE": 16 * 2**20,
    "RLIMIT_NOFILE": 64,
    "RLIMIT_NPROC": 16,
    "RLIMIT_CORE": 0,
}
OUTPUT = 20_000  # characters of what a cell prints
FIGURES, FIGURE_BYTES = 4, 400_000
MISSING = object()
LIBRARY = {"Graph": Graph, "Gate": Gate, "Node": Node}


class _LazyFinder:
    """Import matplotlib when it is first used: most submissions import it, and few draw."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        spec = None
        if name in ("matplotlib", "matplotlib.pyplot"):
            spec = PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = _LazyLoader(spec.loader)
        return spec


class _LazyLoader:
    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: Any) -> Any:
        return self.loader.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__class__ = _LazyModule


class _LazyModule(types.ModuleType):
    at_first_use: ClassVar[list] = []

    def __getattr__(self, name: str) -> Any:
        self.__class__ = types.ModuleType
        self.__spec__.loader.loader.exec_module(self)
        if self.__name__ == "matplotlib.pyplot":
            for action in _LazyModule.at_first_use:
                action()
        return getattr(self, name)


def _import_matplotlib_later() -> None:
    sys.meta_path.insert(0, _LazyFinder())
    from cs231n_lib import plots

    # the setup cell of a notebook sets the style; that alone is no use of matplotlib
    set_style, is_lazy = plots.use_style, lambda: type(plots.plt) is _LazyModule
    plots.use_style = lambda: (
        _LazyModule.at_first_use.append(set_style) if is_lazy() else set_style()
    )


class _Bounded(io.TextIOBase):
    """What a cell prints, up to a limit."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.left = OUTPUT

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.left > 0:
            self.parts.append(text[: self.left])
            self.left -= len(text)
            if self.left <= 0:
                self.parts.append("\n(The rest is left out.)\n")
        return len(text)


class Worker:
    """A student's names; each public method is something that the grader may do with them."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        self.names = main.__dict__
        self.names.update(display=print, get_ipython=lambda: None)
        self.replaced: dict[str, Any] = {}
        self.seen: dict[int, dict[str, np.ndarray]] = {}  # networks' parameters, as last sent
        self.calls: Counter[str] = Counter()  # of the student's functions, during one call
        self.most = ["", 0]  # the largest of them, since the last test

    def run_cell(self, source: str, name: str) -> dict:
        """Run a cell as a notebook does; return what it printed, showed and raised."""
        out = sys.stdout = sys.stderr = _Bounded()
        shown, error = None, None
        try:
            tree, source = _parse(source, f"<answer {name}>")
            linecache.cache[f"<answer {name}>"] = (len(source), None, source.splitlines(True), name)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, f"<answer {name}>", "exec"), self.names)
            if last is not None:
                code = compile(ast.Expression(last.value), f"<answer {name}>", "eval")
                value = eval(code, self.names)
                ends_quietly = source.rstrip().endswith(";")
                shown = None if value is None or ends_quietly else repr(value)[:OUTPUT]
        except BaseException as raised:
            error = describe(raised)
        finally:
            sys.stdout = sys.stderr = _Bounded()
        return {
            "printed": "".join(out.parts),
            "shown": shown,
            "error": error,
            "figures": _figures(),
        }

    def look_up(self, names: list) -> dict:
        """Find those of the names that the student has defined; a test begins with it."""
        sys.setprofile(self._count)
        return {name: self.names[name] for name in names if name in self.names}

    def replace(self, names: dict) -> None:
        """Put other things in the place of the student's own, for a while."""
        for name, value in names.items():
            self.replaced[name] = self.names.get(name, MISSING)
            self.names[name] = value

    def restore(self) -> list:
        """Put the student's own things back, and let go of what the last test was given.

        Return which of the student's functions one call of the test made run most often.
        """
        for name, value in self.replaced.items():
            self.names[name] = value
            if value is MISSING:
                del self.names[name]
        self.replaced = {}
        self.seen = {}
        sys.setprofile(None)
        self.wire.forget(after=len(ACTIONS))
        most, self.most = self.most, ["", 0]
        return most

    def _count(self, frame: types.FrameType, event: str, _: Any) -> None:
        """Count a call that the student's code makes: a difference quotient needs very many."""
        code = frame.f_code
        if event == "call" and code.co_filename.startswith("<answer "):
            if frame.f_back is not None and frame.f_back.f_code in FROM_OUTSIDE:
                self.calls.clear()
            elif code.co_name == "<lambda>" or code.co_name[0] != "<":  # no comprehension
                self.calls[code.co_name] += 1
                if self.calls[code.co_name] > self.most[1]:
                    self.most = [code.co_name, self.calls[code.co_name]]

    def disable(self, name: str, error: str, message: str) -> None:
        """Let a function that ended the process once fail at once."""

        def disabled(*_: Any, **__: Any) -> None:
            raise type(error, (Exception,), {})(message)

        self.names[name] = disabled

    def get(self, thing: Any, name: str) -> tuple[bool, Any]:
        """Read an attribute; a method is only announced."""
        value = getattr(thing, name)
        return (True, None) if callable(value) else (False, value)

    def set(self, thing: Any, name: str, value: Any) -> None:
        """Write an attribute."""
        setattr(thing, name, value)

    def call_method(
        self, thing: Any, name: str, args: list, kwargs: dict, pushed: list | None
    ) -> tuple[Any, list | None]:
        """Call a method of a network whose parameters both sides have.

        `pushed` has the parameters that the other side changed, each as (key, array, whether the
        array is a new one), and its keys; what is returned has those that this side changed.
        """
        if pushed is not None:
            self._push(thing, *pushed)
        result = getattr(thing, name)(*args, **kwargs)
        return result, self.parameters(thing)

    def parameters(self, net: Any, from_the_start: bool = False) -> list | None:
        """Collect the parameters that have changed since they were last exchanged."""
        params = getattr(net, "params", None)
        if not isinstance(params, dict) or not all(
            type(key) is str and isinstance(value, np.ndarray) and value.dtype.kind in "fiub"
            for key, value in params.items()
        ):
            return None
        seen = {} if from_the_start else self.seen.get(id(net), {})
        changed = {
            key: value
            for key, value in params.items()
            if key not in seen or not identical(seen[key], value)
        }
        self.seen[id(net)] = {**seen, **{key: value.copy() for key, value in changed.items()}}
        return [changed, list(params)]

    def _push(self, net: Any, changed: list, keys: list) -> None:
        params, seen = net.params, self.seen.setdefault(id(net), {})
        for key, value, is_new in changed:
            old = params.get(key)
            fits = isinstance(old, np.ndarray) and isinstance(value, np.ndarray)
            if fits and not is_new and old.shape == value.shape and old.dtype == value.dtype:
                old[...] = value
            else:
                params[key] = value
            if isinstance(value, np.ndarray):
                seen[key] = value.copy()
        for key in [key for key in params if key not in keys]:
            del params[key]


# Who calls the student's code for a test.
FROM_OUTSIDE = {Wire._serve.__code__, Worker.call_method.__code__}

# In the order in which the other side numbers them.
ACTIONS = [
    name for name, value in vars(Worker).items() if not name.startswith("_") and callable(value)
]


def _parse(source: str, filename: str) -> tuple[ast.Module, str]:
    """Parse a cell; where that fails, once more without lines that only IPython understands."""
    try:
        return ast.parse(source, filename), source
    except SyntaxError:
        plain = re.sub(r"(?m)^([ \t]*)[%!?].*$", r"\1pass", source)
        if plain == source:
            raise
        return ast.parse(plain, filename), plain


def _figures() -> list[np.ndarray]:
    """Save the figures that a cell left open, as PNG."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or type(pyplot) is _LazyModule:
        return []
    pictures = []
    try:
        for number in pyplot.get_fignums()[:FIGURES]:
            file = io.BytesIO()
            pyplot.figure(number).savefig(file, format="png")
            if file.tell() <= FIGURE_BYTES:
                pictures.append(np.frombuffer(file.getvalue(), np.uint8))
        pyplot.close("all")
    except Exception:  # whatever a figure of a student fails at, it earns no marks
        return []
    return pictures


def _make_remote(wire: Wire, number: int, name: str) -> Remote:
    """Make what stands here for a thing of the grader's, with its name for messages."""
    return type(name.replace("\0", ""), (Remote,), {})(wire, number, name)


def _limit_itself() -> None:
    try:
        import resource
    except ImportError:  # Windows, where only trusted submissions are graded
        return
    for name, most in LIMITS.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with suppress(ValueError, OSError):  # macOS has some of them in name only
            resource.setrlimit(kind, (value, value))


def main(user: str | None = None) -> None:
    """Serve the grader until it closes the wire."""
    if user is not None:
        os.setgroups([])
        os.setgid(int(user))
        os.setuid(int(user))
    _limit_itself()
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a student's print must not write into the wire
        os.dup2(nothing, stream)
    if hasattr(os, "register_at_fork"):  # nor may a process that a student forks hold it open
        ends = reader.fileno(), writer.fileno()
        os.register_at_fork(after_in_child=lambda: [os.dup2(nothing, end) for end in ends])
    builtins.exit = builtins.quit = lambda *_: None  # in a notebook they end the session
    _import_matplotlib_later()
    fonts = Path(__file__).parent.with_name("fonts")  # read-only; matplotlib wants a place to write
    shutil.copytree(fonts, os.environ["MPLCONFIGDIR"])
    Wire.catches = BaseException  # also sys.exit, which must not end this process
    wire = Wire(reader, writer, _make_remote, library=LIBRARY)
    worker = Worker(wire)
    for name in ACTIONS:
        wire.give(getattr(worker, name))
    try:
        wire.serve_forever()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
