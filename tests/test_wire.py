"""Plain data over the wire: what arrives is what was sent, and what is forged is refused."""

import io
import os
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grading import wire as wire_module
from grading.wire import PeerGone, Remote, Wire, WireError


@dataclass
class Pair:
    first: object
    second: object


class Ends:
    """Two ends of a wire in one process; `far` serves in a thread."""

    def __init__(self):
        to_far, from_near = os.pipe()
        to_near, from_far = os.pipe()
        library = {"Pair": Pair}
        self.near = Wire(os.fdopen(to_near, "rb"), os.fdopen(from_near, "wb"), library=library)
        self.far = Wire(os.fdopen(to_far, "rb"), os.fdopen(from_far, "wb"), library=library)
        self.far.catches = BaseException
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        with suppress(PeerGone, WireError):
            self.far.serve_forever()

    def call(self, function, *args, **kwargs):
        number = self.far.give(function)
        return self.near.call(Remote(self.near, number, function.__name__), *args, **kwargs)

    def close(self):
        self.near.writer.close()
        self.thread.join(5)
        for file in (self.near.reader, self.far.reader, self.far.writer):
            file.close()


@pytest.fixture
def ends():
    pair = Ends()
    yield pair
    pair.close()


def same(value):
    return value


def alike(a, b):
    if isinstance(a, np.ndarray | np.generic):
        equal = np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and equal
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(alike(a[k], b[k]) for k in a)
    return type(a) is type(b) and (a == b or a != a)


numbers = st.one_of(st.integers(-(2**70), 2**70), st.floats(), st.booleans())
arrays = hnp.arrays(
    dtype=st.sampled_from([np.float64, np.float32, np.int64, np.int8, np.bool_, np.uint16]),
    shape=hnp.array_shapes(min_dims=0, min_side=0),
)
plain = st.recursive(
    st.one_of(st.none(), numbers, st.text(), arrays, arrays.map(lambda a: a.dtype.type(1))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.text(), st.integers()), inner, max_size=4),
        st.tuples(inner, inner),
    ),
    max_leaves=10,
)


@given(plain)
@settings(max_examples=150, deadline=None)
def test_plain_data_arrives_as_it_was_sent(value):
    pair = Ends()
    try:
        [result] = pair.call(lambda x: [x], value)
        copy = pair.call(lambda: value)
    finally:
        pair.close()
    assert alike(value, result)
    assert alike(value, copy)


def test_a_result_that_is_an_argument_comes_back_as_that_argument(ends):
    x = np.ones(3)
    assert ends.call(same, x) is x
    options = {"mode": "train"}
    assert ends.call(lambda a, b: (b, a), x, options)[0] is options


def test_what_is_changed_in_place_there_is_changed_here(ends):
    def change(x, options, items, rng, *, more):
        x[0] = 7
        options["running_mean"] = x
        items.append(options)
        more["deep"]["y"][...] = -1
        return rng.normal()

    x, options, items, y = np.zeros(3), {"eps": 1e-5}, [1], np.ones((2, 2))
    rng, twin = np.random.default_rng(3), np.random.default_rng(3)
    assert ends.call(change, x, options, items, rng, more={"deep": {"y": y}}) == twin.normal()
    assert x[0] == 7
    assert options["running_mean"] is x
    assert items[1] is options
    assert (y == -1).all()
    assert rng.normal() == twin.normal()


def test_what_is_not_changed_is_not_touched(ends):
    x = np.ones(3)
    x.flags.writeable = False
    assert ends.call(lambda x: x.sum(), x) == 3


def test_an_array_that_comes_twice_is_one_array_there(ends):
    x = np.ones(2)
    assert ends.call(lambda a, b: a is b, x, x)


def test_a_view_in_another_order_arrives_with_its_values(ends):
    x = np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)[::-1]
    assert np.array_equal(ends.call(lambda x: x + 0, x), x)
    swapped = np.arange(3, dtype=">f8")
    assert np.array_equal(ends.call(lambda x: x + 0, swapped), swapped)


def test_functions_are_called_back_and_see_each_call(ends):
    seen = []

    def f(x):
        seen.append(x.copy())
        return float((x**2).sum())

    def slope(f, x):
        x[0] += 1
        return f(x) - f(x - 1)

    assert ends.call(slope, f, np.zeros(2)) == 0.0
    assert [list(x) for x in seen] == [[1, 0], [0, -1]]


def test_a_function_can_be_called_back_only_until_it_is_taken_back(ends):
    kept = []
    ends.call(kept.append, lambda: 1)
    ends.near.forget()
    with pytest.raises(Exception, match="may not be called any more"):
        ends.call(lambda: kept[0]())


def test_a_cache_stays_where_it_was_made(ends):
    caches = []

    def layer_forward(x):
        caches.append((x, x + 1))
        return x * 2, caches[-1]

    out, cache = ends.call(layer_forward, np.ones(2))
    assert isinstance(cache, Remote)
    assert (out == 2).all()
    assert ends.call(lambda c: c is caches[0], cache)


def test_what_is_not_plain_data_stays_where_it_is_and_can_be_passed_back(ends):
    thing = SimpleNamespace(a=1)
    remote = ends.call(lambda: thing)
    assert isinstance(remote, Remote)
    assert ends.call(lambda t: t is thing, remote)
    assert isinstance(ends.call(lambda: np.array([object()])), Remote)


def test_a_subclass_of_an_array_arrives_as_an_array(ends):
    class Sub(np.ndarray):
        pass

    assert type(ends.call(lambda: np.ones(2).view(Sub))) is np.ndarray


def test_a_dataclass_of_the_library_travels_as_its_fields(ends):
    x = np.ones(2)

    def spoil(pair):
        pair.first["x"][0] = 5
        return Pair(pair.second, pair.first["x"])

    result = ends.call(spoil, Pair({"x": x}, None))
    assert x[0] == 5
    assert type(result) is Pair
    assert result.second is x


@pytest.mark.parametrize("error", [ValueError("no"), KeyError("W1"), NotImplementedError()])
def test_an_exception_arrives_by_name_and_text(ends, error):
    def fail():
        raise error

    with pytest.raises(type(error)) as caught:
        ends.call(fail)
    assert str(caught.value) == str(error)


def test_an_exception_that_is_not_built_in_keeps_its_name_and_ends_nothing(ends):
    class Odd(BaseException):
        def __str__(self):
            raise SystemExit

    def fail():
        raise Odd

    with pytest.raises(Exception, match=r"^$") as caught:
        ends.call(fail)
    assert type(caught.value).__name__ == "Odd"
    with pytest.raises(Exception, match="3") as caught:
        ends.call(lambda: (_ for _ in ()).throw(SystemExit(3)))
    assert not isinstance(caught.value, SystemExit)
    assert ends.call(same, 1) == 1


def test_a_large_array_is_sent_once_while_it_stays_the_same(ends):
    x = np.random.default_rng(0).normal(size=(500, 600))
    written = []
    write = ends.near.writer.write
    ends.near.writer = SimpleNamespace(
        write=lambda data: written.append(len(data)) or write(data),
        flush=ends.near.writer.flush,
        close=ends.near.writer.close,
    )
    assert ends.call(np.sum, x) == x.sum()
    first = sum(written)
    assert ends.call(np.sum, x) == x.sum()
    assert sum(written) - first < 1000
    x[0, 0] += 1
    assert ends.call(np.sum, x) == x.sum()


def test_many_large_arrays_are_forgotten_on_both_sides(ends):
    arrays = [np.full(200_000, float(k)) for k in range(10)]
    for x in [*arrays, *arrays]:
        assert ends.call(lambda x: x[0], x) == x[0]
    assert len(ends.near.sent) <= wire_module.KEPT
    assert len(ends.far.received) <= wire_module.KEPT


def test_a_student_who_changes_a_large_array_changes_only_that_call(ends):
    x = np.zeros(200_000)

    def spoil(x):
        x[:] = 1
        return None

    ends.call(spoil, x)
    assert (x == 1).all()
    assert ends.call(lambda x: x.sum(), x) == 200_000


@pytest.mark.parametrize(
    "result",
    [
        lambda: np.broadcast_to(0.0, (10**5, 10**5)),
        lambda: "x" * (wire_module.MAX_JSON + 1),
        lambda: [[] for _ in range(5)] and deep(100),
    ],
    ids=["array", "text", "depth"],
)
def test_too_much_is_an_error_and_not_the_end(ends, result):
    with pytest.raises(Exception, match=r"too much data|containers in one another"):
        ends.call(result)
    assert ends.call(same, 1) == 1


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def test_a_list_that_holds_itself_or_doubles_for_ever_is_refused():
    for spoil in (lambda a: a, lambda a: [a, [a, a]]):
        pair = Ends()
        loop = []
        loop.append(spoil(loop))
        double = [0] * 20
        for _ in range(25):
            double = [double, double]
        for value in (loop, double):
            with pytest.raises(WireError, match="too many items, or a list holds itself"):
                pair.call(lambda value=value: value)
        pair.close()


def test_a_list_that_comes_twice_is_one_list():
    pair = Ends()
    shared = [1]
    first, second = pair.call(lambda: (shared, shared))
    assert first is second
    pair.close()


def test_the_end_of_the_other_process_is_noticed():
    reader, writer = os.pipe()
    wire = Wire(os.fdopen(reader, "rb"), io.BytesIO())
    os.close(writer)
    with pytest.raises(PeerGone), wire.reader:
        wire.call(Remote(wire, 1, "f"))


def answer(data):
    """What a call makes of these bytes as its reply."""
    wire = Wire(io.BytesIO(data), io.BytesIO(), library={"Pair": Pair})
    return wire.call(Remote(wire, 1, "f"), np.ones(3), {"a": 1}, np.random.default_rng(0))


def framed(text, arrays=b""):
    return struct.pack("<Q", len(text)) + text.encode() + arrays


def reply(content, sizes="[]", call=1, kind="return"):
    head = f'"kind": "{kind}", "call": {call}, "content": {content}'
    return framed(f'{{{head}, "arrays": {sizes}, "forget": []}}')


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<Q", 2**60),
        framed("[]"),
        framed("{"),
        framed("[" * 100_000),
        reply("[1, []]", call=2),
        reply("[1, []]", kind="dance"),
        reply("7"),
        reply('["no", 1, 2]', kind="raise, x"),
        reply("[1, 2]", kind="raise"),
        reply('[["object", 1], []]'),
        reply('[["yours", 99], []]'),
        reply('[["same", 99], []]'),
        reply('[["same", -1], []]'),
        reply('[["library", "Popen", "true"], []]'),
        reply('[["library", "Pair", 1, 2, 3], []]'),
        reply('[["array", 0, "|O8", 1], []]', "[8]") + bytes(8),
        reply('[["array", 0, "<f8", 5], []]', "[8]") + bytes(8),
        reply('[["array", 0, "<f8", -1], []]', "[8]") + bytes(8),
        reply('[["array", 5, "<f8", 1], []]'),
        reply('[["array", 0, "<f8", 1], []]', "[-8]"),
        reply('[["array", 0, "<f8", 1], []]', f"[{2**40}]"),
        reply('[["generator", 1, 2, 3, 4], []]'),
        reply('[["dict", [["list"], 1]], []]'),
        reply("[1, [[7, 1]]]"),
        reply('[1, [[0, ["list"]]]]'),
        reply('[1, [[1, ["array", 0, "<f8", 1]]]]', "[8]") + bytes(8),
        reply('[1, [[2, ["list", 1]]]]'),
    ],
)
def test_a_forged_reply_is_refused(data):
    with pytest.raises((WireError, PeerGone)):
        answer(data)


P = 2**61 - 1  # the hash of each of its multiples is 0


@pytest.mark.parametrize(
    "data",
    [
        reply(f'[["set", {", ".join(str(k * P) for k in range(200_000))}], []]'),
        reply(f'[["dict", {", ".join(f"[{k * P}, 0]" for k in range(200_000))}], []]'),
        reply(
            '[["list", '
            + ", ".join(
                f'["set", {", ".join(str((j * 2000 + k) * P) for k in range(2000))}]'
                for j in range(100)
            )
            + "], []]"
        ),
        reply(f'[["array", 0, "<f8", {", ".join(["9"] * 1_000_000)}], []]', "[8]") + bytes(8),
        reply(f'[["array", 0, "<f8", {", ".join(["9" * 4000] * 30)}], []]', "[8]") + bytes(8),
    ],
    ids=["set", "dict", "many sets", "many axes", "long axes"],
)
def test_a_reply_that_takes_long_to_read_is_refused_soon(data):
    start = time.monotonic()
    with pytest.raises(WireError):
        answer(data)
    assert time.monotonic() - start < 5


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_random_bytes_are_refused(data):
    with pytest.raises((WireError, PeerGone)):
        answer(struct.pack("<Q", len(data)) + data)


def test_an_array_that_is_kept_counts_each_time_that_it_comes(monkeypatch):
    monkeypatch.setattr(wire_module, "MAX_ARRAYS", 3 * 2**20)
    x = np.zeros(2**17)  # one megabyte
    large = bytes(2**20)
    first = '["array", -7, "<f8", 131072]'
    again = '["array", 7, "<f8", 131072]'
    with pytest.raises(WireError, match="too much data"):
        answer(reply(f'[["list", {first}, {again}, {again}, {again}], []]', "[1048576]") + large)
    assert x.nbytes == len(large)


def test_a_cache_is_called_so_in_messages(ends):
    def layer_forward(x):
        return x, (x, x)

    _, cache = ends.call(layer_forward, np.ones(2))
    assert repr(cache) == "<cache>"


def test_a_right_answer_in_long_double_comes_as_float64(ends):
    assert ends.call(lambda: np.ones(2, np.longdouble)).dtype == np.float64
