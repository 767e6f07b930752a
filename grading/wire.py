"""Plain data between two processes that do not trust each other: the grader and a student's code.

One side calls a function of the other; arguments and results travel as JSON and raw arrays, never
as pickles. What is not plain data stays where it is: the other side gets a `Remote` that it can
pass back, or call if it is a function. Both ends are the same, so a function passed as an argument
is called back over the same wire while the first call waits.

What the caller passed and the callee changed in place (arrays, lists, dictionaries, Generators) is
changed on the caller's side too, and a result that *is* an argument comes back as that argument.
So code behaves as if both sides were one process. Everything that arrives is checked and bounded.
"""

from __future__ import annotations

import builtins
import json
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any, BinaryIO

import numpy as np

MAX_JSON = 16 * 2**20  # bytes of one message without its arrays
MAX_ARRAYS = 256 * 2**20  # bytes of all arrays of one message
MAX_DEPTH = 30  # lists in lists
MAX_ITEMS = 10**6  # of lists, dictionaries and so on in one message, arrays counted as one
MAX_KEYS = 10_000  # of dictionaries and sets in one message, texts not counted
LARGE = 2**20  # bytes; such an array is sent once, and named when it is sent again unchanged
KEPT = 4  # how many of them the other side keeps
TOO_MUCH = f"this is too much data: a test takes arrays up to {MAX_ARRAYS // 2**20} MB."
TEXT = 10_000  # characters of an error's message
DTYPES = {np.dtype(code).str for code in "?bhilqBHILQefd"}
LONG = np.dtype("g").str if np.dtype("g").itemsize > 8 else None  # on some systems it is float64


class WireError(Exception):
    """What arrived is not what this wire carries; the message says how."""


class PeerGone(Exception):  # noqa: N818  a state of the other process, not a mistake of this one
    """The other process has ended."""


class Remote:
    """Something that lives in the other process.

    Parameters
    ----------
    wire : Wire
        How to reach it.
    number : int
        Its number there.
    name : str
        The name of the function, or of the type.
    """

    def __init__(self, wire: Wire, number: int, name: str) -> None:
        self.__dict__.update(_wire=wire, _number=number, _name=name)

    def __repr__(self) -> str:
        return f"<{self._name}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it there."""
        return self._wire.call(self, *args, **kwargs)


class Wire:
    """One end of the connection.

    Parameters
    ----------
    reader, writer : binary file
        What the other side sends, and where to send to.
    make_remote : callable, default Remote
        ``make_remote(wire, number, name)``: what stands here for a thing of the other side.
    library : dict of str to type, optional
        Dataclasses that both sides have, by name; they travel as their fields.
    """

    catches: type[BaseException] = Exception  # what a function that is called may raise

    def __init__(
        self,
        reader: BinaryIO,
        writer: BinaryIO,
        make_remote: Callable[[Wire, int, str], Any] = Remote,
        library: dict[str, type] | None = None,
    ) -> None:
        self.reader, self.writer = reader, writer
        self.make_remote = make_remote
        self.library = library or {}
        self.own: dict[int, Any] = {}  # what the other side may name, by number
        self.next_number = 0
        self.calls = 0  # how often this side called the other; a reply names its call
        self.process = os.getpid()
        self.sent: dict[int, tuple[Any, np.ndarray]] = {}  # large arrays the other side keeps
        self.received: dict[int, np.ndarray] = {}

    def give(self, value: Any) -> int:
        """Let the other side name a thing of this side.

        Parameters
        ----------
        value : object
            Anything; if it is callable, the other side may call it.

        Returns
        -------
        int
            Its number.
        """
        self.next_number += 1
        self.own[self.next_number] = value
        return self.next_number

    def forget(self, after: int = 0) -> None:
        """Take back everything that was given after the number `after`.

        Parameters
        ----------
        after : int, default 0
            What was given up to this number stays.
        """
        self.own = {number: value for number, value in self.own.items() if number <= after}

    def call(self, function: Remote, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the other side, and serve what it calls here meanwhile.

        Parameters
        ----------
        function : Remote
            The function.
        *args, **kwargs : object
            Its arguments; what changes there in place changes here too.

        Returns
        -------
        object
            What it returned.

        Raises
        ------
        Exception
            What it raised, by name and text, as the built-in exception where there is one.
        WireError
            If what arrives is not what this wire carries.
        PeerGone
            If the other process has ended.
        """
        self.calls += 1
        memo: list[Any] = []
        encoder = _Encoder(self, memo)
        call = self.calls
        request = [function._number, [encoder.encode(value) for value in args]]
        request.append([[key, encoder.encode(value)] for key, value in kwargs.items()])
        self._send("call", call, request, encoder)
        while True:
            kind, number, content, arrays = self._receive()
            if kind != "call":
                break
            self._serve(number, content, arrays)
        if number != call:
            raise WireError("a reply came to another call.")
        decoder = _Decoder(self, arrays, memo)
        with _checking():
            if kind == "raise":
                name, message, where = content
                if [type(text) for text in content] != [str] * 3:
                    raise WireError("this is no exception.")
                error = _error(name[:100], message[:TEXT], where[:TEXT])
            elif kind == "return":
                encoded, changes = content
                result = decoder.decode(encoded)
                for place, change in changes:
                    _change(memo[place], decoder.content(change))
            else:
                raise WireError(f"a reply can't be {kind!r}.")
        if kind == "raise":
            raise error
        return result

    def serve_forever(self) -> None:
        """Answer calls until the other side has ended."""
        while True:
            kind, number, content, arrays = self._receive()
            if kind != "call":
                raise WireError(f"expected a call, got {kind!r}.")
            self._serve(number, content, arrays)

    def _serve(self, call: int, content: Any, arrays: list[np.ndarray]) -> None:
        memo: list[Any] = []
        decoder = _Decoder(self, arrays, memo)
        with _checking():
            number, encoded, pairs = content
            args = [decoder.decode(value) for value in encoded]
            kwargs = {key[:100]: decoder.decode(value) for key, value in pairs}
            function = self.own.get(number)
        before = [_snapshot(value) for value in memo]
        try:
            if not callable(function):
                raise RuntimeError("this function may not be called any more.")
            result = function(*args, **kwargs)
            if _name(function).endswith("_forward") and type(result) is tuple and len(result) == 2:
                result = (result[0], Kept(result[1]))  # a cache is its owner's
            encoder = _Encoder(self, memo)
            reply = [encoder.encode(result), []]
            for place, old in enumerate(before):
                if not _same(memo[place], old):
                    reply[1].append([place, encoder.content(memo[place])])
            self._send("return", call, reply, encoder)
        except PeerGone:
            raise
        except self.catches as error:
            self._send("raise", call, describe(error), _Encoder(self, []))

    def _send(self, kind: str, call: int, content: Any, encoder: _Encoder) -> None:
        if os.getpid() != self.process:
            os._exit(0)  # a copy of this process that a student has made has no say here
        header = {"kind": kind, "call": call, "content": content, "forget": encoder.forgotten}
        header["arrays"] = [array.nbytes for array in encoder.arrays]
        text = json.dumps(header).encode()
        if len(text) > MAX_JSON or sum(header["arrays"]) > MAX_ARRAYS:
            raise WireError(TOO_MUCH)
        try:
            self.writer.write(struct.pack("<Q", len(text)) + text)
            for array in encoder.arrays:
                self.writer.write(array.reshape(-1).view(np.uint8))
            self.writer.flush()
        except (OSError, ValueError) as error:
            raise PeerGone("the other process has ended.") from error

    def _receive(self) -> tuple[str, int, Any, list[np.ndarray]]:
        (size,) = struct.unpack("<Q", self._read(8))
        if size > MAX_JSON:
            raise WireError("the message is too long.")
        with _checking():
            header = json.loads(self._read(size))
            sizes, kind, content = header["arrays"], header["kind"], header["content"]
            call = header["call"]
            if any(type(size) is not int or size < 0 for size in sizes):
                raise WireError("an array has no size.")
            if sum(sizes) > MAX_ARRAYS:
                raise WireError(f"the arrays are larger than {MAX_ARRAYS // 2**20} MB in all.")
            for number in header["forget"]:
                self.received.pop(number, None)
        arrays = [np.frombuffer(self._read(size), dtype=np.uint8) for size in sizes]
        return kind, call, content, arrays

    def _read(self, size: int) -> bytes:
        try:
            data = self.reader.read(size)
        except (OSError, ValueError) as error:
            raise PeerGone("the other process has ended.") from error
        if len(data) < size:
            raise PeerGone("the other process has ended.")
        return data


class Kept:
    """A result that stays where it is, even if it could be sent."""

    def __init__(self, value: Any) -> None:
        self.value = value


def describe(error: BaseException) -> list[str]:
    """Put an exception into words: its name, its message, and where it came from.

    Parameters
    ----------
    error : BaseException
        The exception.

    Returns
    -------
    list of str
        Name, message, and the lines of code that led to it, those of the workbook left out.
    """
    where = []
    trace = error.__traceback__
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if filename.startswith("<answer "):
            where.append(f"{filename[8:-1]}, line {trace.tb_lineno}")
        trace = trace.tb_next
    try:
        message = str(error)[:TEXT]
    except BaseException:  # a student's own exception class may fail at this too
        message = ""
    return [type(error).__name__[:100], message, "; ".join(where[-3:])]


def _error(name: str, message: str, where: str) -> Exception:
    """Make an exception like one of the other side: an `except ValueError` here catches it."""
    base = getattr(builtins, name, Exception)
    ends_a_loop = StopIteration, StopAsyncIteration  # and with it a test, as if it had passed
    if not (isinstance(base, type) and issubclass(base, Exception)) or base in ends_a_loop:
        base = Exception
    made = type(name, (base,), {"__str__": lambda self: message, "__init__": lambda self: None})()
    made.where = where
    return made


def _name(value: Any) -> str:
    name = getattr(value, "__name__", None) if callable(value) else None
    return name if type(name) is str else type(value).__name__


def identical(a: Any, b: np.ndarray) -> bool:
    """Tell whether something is an array of the same type, shape and numbers, NaN included."""
    same = isinstance(a, np.ndarray) and a.shape == b.shape and a.dtype == b.dtype
    return same and bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))


def _snapshot(value: Any) -> Any:
    """Remember what a mutable argument held before the call."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    return list(value.items()) if isinstance(value, dict) else list(value)


def _same(value: Any, before: Any) -> bool:
    if isinstance(value, np.ndarray):
        return identical(value, before)
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state == before
    now = list(value.items()) if isinstance(value, dict) else value
    if len(now) != len(before):
        return False
    pairs = zip(now, before, strict=True)
    if isinstance(value, dict):
        return all(a[0] == b[0] and _equal(a[1], b[1]) for a, b in pairs)
    return all(_equal(a, b) for a, b in pairs)


def _equal(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and isinstance(a, int | float | str) and a == b)


def _change(value: Any, content: Any) -> None:
    """Do to an argument on this side what was done to it on the other."""
    if isinstance(value, np.ndarray):
        if value.shape == content.shape and value.flags.writeable:
            value[...] = content
    elif isinstance(value, np.random.Generator):
        value.bit_generator.state = content.bit_generator.state
    elif isinstance(value, list):
        value[:] = content
    else:
        value.clear()
        value.update(content)


@contextmanager
def _checking() -> Iterator[None]:
    """Whatever goes wrong while data is unpacked means that the data was wrong."""
    try:
        yield
    except (WireError, PeerGone):
        raise
    except Exception as error:
        raise WireError("the message is not what this wire carries.") from error


def _generator(state: list) -> np.random.Generator:
    """Make a Generator from the numbers of its state."""
    inner, increment, has_uint32, uinteger = state
    for number, bits in zip(state, (128, 128, 1, 32), strict=True):
        if type(number) is not int or not 0 <= number < 2**bits:
            raise WireError("this is no state of a Generator.")
    generator = np.random.Generator(np.random.PCG64())
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": inner, "inc": increment},
        "has_uint32": has_uint32,
        "uinteger": uinteger,
    }
    return generator


class _Encoder:
    """Python values to JSON, with the arrays beside it.

    A value is itself if it is None, a truth value, a number or a text; else a list that starts
    with what it is. `memo` has every mutable value so far, in the order in which both sides met
    them, so that one that comes again is named by its place.
    """

    def __init__(self, wire: Wire, memo: list[Any]) -> None:
        self.wire, self.memo = wire, memo
        self.places = {id(value): place for place, value in enumerate(memo)}
        self.arrays: list[np.ndarray] = []
        self.forgotten: list[int] = []

    def encode(self, value: Any, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise WireError(f"there are more than {MAX_DEPTH} containers in one another.")
        kind = type(value)
        if kind is str and len(value) > MAX_JSON:
            raise WireError(TOO_MUCH)
        if value is None or kind in (bool, int, float, str):
            return value
        if isinstance(value, Remote) and value._wire is self.wire:
            return ["yours", value._number]
        if id(value) in self.places:
            return ["same", self.places[id(value)]]
        if isinstance(value, np.ndarray | np.generic) and value.dtype.str == LONG:
            value = np.asarray(value, np.float64)[()]  # no type that is sent holds all its digits
        if isinstance(value, np.generic) and value.dtype.str in DTYPES:
            return ["scalar", *self._array(np.asarray(value))]
        for plain in (int, float, str):  # a subclass is its value
            if isinstance(value, plain) and not isinstance(value, np.generic):
                return self.encode(plain(value), depth)
        if isinstance(value, tuple | set | frozenset):
            items = [self.encode(item, depth + 1) for item in value]
            return ["tuple" if isinstance(value, tuple) else "set", *items]
        if self.wire.library.get(kind.__name__) is kind:
            fields = [getattr(value, field) for field in kind.__dataclass_fields__]
            return ["library", kind.__name__, *[self.encode(field, depth + 1) for field in fields]]
        if _is_mutable_data(value):
            self.places[id(value)] = len(self.memo)
            self.memo.append(value)
            return self.content(value, depth)
        if kind is Kept:
            return None if value.value is None else ["mine", self.wire.give(value.value), "cache"]
        return ["mine", self.wire.give(value), _name(value)[:100]]

    def content(self, value: Any, depth: int = 0) -> list:
        """Encode what a mutable value holds."""
        if isinstance(value, np.ndarray):
            return ["array", *self._array(value)]
        if isinstance(value, np.random.Generator):
            state = value.bit_generator.state
            rest = [state["has_uint32"], state["uinteger"]]
            return ["generator", state["state"]["state"], state["state"]["inc"], *rest]
        if isinstance(value, list):
            return ["list", *[self.encode(item, depth + 1) for item in value]]
        items = [[self.encode(x, depth + 1) for x in pair] for pair in value.items()]
        return ["dict", *items]

    def _array(self, value: np.ndarray) -> list:
        if value.nbytes > MAX_ARRAYS:  # an array with a stride of 0 may be larger than memory
            raise WireError(TOO_MUCH)
        plain = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("="))
        about = [plain.dtype.str, *value.shape]
        if plain.nbytes < LARGE:
            self.arrays.append(plain)
            return [0, *about]
        for number, (array, copy) in self.wire.sent.items():
            if array is value and identical(copy, plain):
                return [number, *about]
        self.wire.next_number += 1
        number = self.wire.next_number
        self.wire.sent[number] = (value, plain.copy())
        while len(self.wire.sent) > KEPT:
            self.forgotten.append(next(iter(self.wire.sent)))
            del self.wire.sent[self.forgotten[-1]]
        self.arrays.append(plain)
        return [-number, *about]


class _Decoder:
    """JSON to Python values; everything is checked, for the other side may send anything."""

    def __init__(self, wire: Wire, arrays: list[np.ndarray], memo: list[Any]) -> None:
        self.wire, self.memo = wire, memo
        self.arrays = iter(arrays)
        self.keys = self.items = self.bytes = 0
        self.sizes: dict[int, int] = {}  # items of each container, by its place

    def decode(self, data: Any, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise WireError(f"there are more than {MAX_DEPTH} containers in one another.")
        self._count(1)
        if data is None or type(data) in (bool, int, float, str):
            return data
        match data:
            case ["yours", int(number)]:
                return self.wire.own[number]
            case ["mine", int(number), str(name)]:
                return self.wire.make_remote(self.wire, number, name[:100])
            case ["same", int(place)] if place >= 0:
                value = self.memo[place]
                if isinstance(value, list | dict):
                    self._count(self.sizes.get(place, len(value)))
                return value
            case ["scalar", *about]:
                return self._array(*about)[()]
            case ["tuple", *items]:
                return tuple(self.decode(item, depth + 1) for item in items)
            case ["set", *items]:
                return {self._key(item, depth) for item in items}
            case ["library", str(name), *fields]:
                return self.wire.library[name](*[self.decode(field, depth + 1) for field in fields])
            case ["list", *_] | ["dict", *_]:
                value = [] if data[0] == "list" else {}
                place, before = len(self.memo), self.items
                self.memo.append(value)
                self.sizes[place] = MAX_ITEMS  # one that holds itself has no end
                content = self.content(data, depth)
                value.extend(content) if data[0] == "list" else value.update(content)
                self.sizes[place] = self.items - before
                return value
        self.memo.append(self.content(data, depth))
        return self.memo[-1]

    def content(self, data: Any, depth: int = 0) -> Any:
        """Decode what a mutable value holds."""
        match data:
            case ["array", *about]:
                return self._array(*about)
            case ["generator", *state]:
                return _generator(state)
            case ["list", *items]:
                return [self.decode(item, depth + 1) for item in items]
            case ["dict", *pairs]:
                return {self._key(k, depth): self.decode(v, depth + 1) for k, v in pairs}
        raise WireError("the message is not what this wire carries.")

    def _count(self, items: int) -> None:
        """Count what arrives as if every container were written out where it comes again."""
        self.items += items
        if self.items >= MAX_ITEMS:
            raise WireError("there are too many items, or a list holds itself.")

    def _key(self, data: Any, depth: int) -> Any:
        if type(data) is not str:  # numbers can be chosen so that all of them have one hash
            self.keys += 1
            if self.keys > MAX_KEYS:
                raise WireError(f"there are more than {MAX_KEYS} keys that are no text.")
        return self.decode(data, depth + 1)

    def _array(self, number: int, dtype: str, *shape: int) -> np.ndarray:
        if len(shape) > MAX_DEPTH or any(type(n) is not int or not 0 <= n < 2**40 for n in shape):
            raise WireError("this is no shape of an array.")
        if dtype not in DTYPES:
            raise WireError("this is no array of numbers.")
        data = self.wire.received[number] if number > 0 else next(self.arrays)
        self.bytes += data.nbytes  # one that is kept may come many times
        if self.bytes > MAX_ARRAYS:
            raise WireError(TOO_MUCH)
        if data.nbytes != prod(shape) * np.dtype(dtype).itemsize:
            raise WireError("an array's size is not that of its shape.")
        if number < 0:
            self.wire.received[-number] = data
            if len(self.wire.received) > KEPT:
                raise WireError("too many large arrays are kept.")
        return data.view(dtype).reshape(shape).copy()


def _is_mutable_data(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.newbyteorder("=").str in DTYPES
    plain = type(value) is list or isinstance(value, dict)
    is_generator = type(value) is np.random.Generator
    return plain or (is_generator and type(value.bit_generator) is np.random.PCG64)
