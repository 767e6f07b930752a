"""CIFAR-10 read safely, and the switch where it is found."""

import os
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cs231n_lib import data
from cs231n_lib.data import cifar10

OFFICIAL = os.environ.get("CS231N_DATA")
needs_official = pytest.mark.skipif(
    not OFFICIAL, reason="CS231N_DATA names no folder of official CIFAR-10 batches"
)


def write_batch(path, num, first=0, **changes):
    """Write a batch in the official form, with images of one gray each."""
    number = np.arange(first, first + num)
    batch = {
        "data": np.repeat(number.astype(np.uint8)[:, None], 3072, axis=1),
        "labels": [int(label) % 10 for label in number],
        "batch_label": "a batch",
        "filenames": ["x.png"] * num,
    }
    path.write_bytes(pickle.dumps(batch | changes, protocol=2))


@pytest.fixture
def batches(tmp_path, monkeypatch):
    """Find a folder with two training batches of 20 images and a test batch of 10."""
    root = tmp_path / "batches"
    root.mkdir()
    write_batch(root / "data_batch_1", 20)
    write_batch(root / "data_batch_2", 20, first=20)
    write_batch(root / "test_batch", 10, first=40)
    monkeypatch.setenv("CS231N_DATA", str(root))
    return root


def test_a_batch_is_read_with_its_colors_last(tmp_path):
    pixels = np.zeros((2, 3, 32, 32), np.uint8)
    pixels[1, 2, 3, 4] = 255
    write_batch(tmp_path / "batch", 2, data=pixels.reshape(2, 3072), labels=[3, 9])
    X, y = data.load_CIFAR_batch(tmp_path / "batch")
    assert (X.shape, X.dtype, y.dtype) == ((2, 32, 32, 3), np.float32, np.int64)
    assert X[1, 3, 4, 2] == 255
    assert X.sum() == 255
    assert y.tolist() == [3, 9]


def test_the_training_batches_that_are_there_are_read_in_their_order(batches):
    X_train, y_train, X_test, y_test = data.load_CIFAR10(batches)
    np.testing.assert_array_equal(X_train[:, 0, 0, 0], np.arange(40))
    np.testing.assert_array_equal(y_train, np.arange(40) % 10)
    np.testing.assert_array_equal(X_test[:, 31, 31, 2], np.arange(40, 50))
    assert len(y_test) == 10


def test_validation_images_follow_the_training_images(batches):
    loaded = data.get_CIFAR10_data(25, 5, 3, subtract_mean=False)
    assert list(loaded) == ["X_train", "y_train", "X_val", "y_val", "X_test", "y_test"]
    np.testing.assert_array_equal(loaded["X_train"][:, 0, 0, 0], np.arange(25))
    np.testing.assert_array_equal(loaded["X_val"][:, 2, 0, 0], np.arange(25, 30))
    np.testing.assert_array_equal(loaded["X_test"][:, 1, 9, 0], np.arange(40, 43))
    centered = data.get_CIFAR10_data(25, 5, 3)
    np.testing.assert_allclose(centered["X_val"], loaded["X_val"] - 12)  # the mean of 0 to 24


def test_the_switch_takes_cifar_10_where_it_is_and_says_so(batches, built_in, monkeypatch, capsys):
    monkeypatch.setenv("CS231N_DATA", str(batches))
    loaded = data.load_images(10, 5, 5)
    assert loaded["class_names"] == data.CIFAR10_CLASSES
    numbers = "10 training, 5 validation and 5 test images."
    assert capsys.readouterr().out == f"CIFAR-10 from {batches}: {numbers}\n"
    monkeypatch.delenv("CS231N_DATA")
    monkeypatch.setattr(cifar10, "DEFAULT_ROOT", batches)
    assert data.load_images(10, 5, 5)["class_names"] == data.CIFAR10_CLASSES


def test_a_batch_that_is_not_needed_is_not_read(batches):
    (batches / "data_batch_2").write_bytes(b"broken")
    assert len(data.load_images(15, 5, 5)["X_train"]) == 15
    with pytest.raises(ValueError, match="data_batch_2 is not a CIFAR-10 batch"):
        data.load_images(16, 5, 5)


def test_more_images_than_there_are_are_refused_with_their_number(batches):
    with pytest.raises(ValueError, match=r"at most 40 .* has 40 training images, .* 41"):
        data.load_images(36, 5, 5)
    with pytest.raises(ValueError, match=r"num_test should be at most 10 .* but it is 11"):
        data.get_CIFAR10_data(10, 10, 11)


def test_a_folder_that_lacks_a_batch_is_refused(batches):
    (batches / "test_batch").unlink()
    with pytest.raises(FileNotFoundError, match="no file test_batch in"):
        data.load_images(10, 5, 5)
    write_batch(batches / "test_batch", 10)
    for name in ("data_batch_1", "data_batch_2"):
        (batches / name).unlink()
    with pytest.raises(FileNotFoundError, match="no training batch, such as data_batch_1, in"):
        data.load_CIFAR10(batches)


def test_a_broken_folder_is_an_error_and_never_replaced_by_the_built_in_images(built_in):
    cifar10.DEFAULT_ROOT.mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="no training batch"):
        data.load_images(40, 30, 20)
    write_batch(cifar10.DEFAULT_ROOT / "data_batch_1", 90)
    (cifar10.DEFAULT_ROOT / "test_batch").write_bytes(b"broken")
    with pytest.raises(ValueError, match="test_batch is not a CIFAR-10 batch"):
        data.load_images(40, 30, 20)


def test_cs231n_data_without_batches_is_refused(built_in, tmp_path, monkeypatch):
    monkeypatch.setenv("CS231N_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"CS231N_DATA should name a folder .*nowhere\.$"):
        data.load_images(40, 30, 20)
    monkeypatch.setenv("CS231N_DATA", "")  # set to nothing is not set
    assert data.load_images(40, 30, 20)["class_names"] == data.IMAGE_CLASSES


def test_without_cifar_10_its_own_loader_says_how_to_get_it(built_in):
    with pytest.raises(FileNotFoundError, match=r"python datasets/download\.py cifar10$"):
        data.get_CIFAR10_data()


class Bomb:
    """Unpickled by a trusting reader, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


class Called:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def refused(path):
    """Return the one sentence with which a batch is refused."""
    with pytest.raises(ValueError) as caught:
        data.load_CIFAR_batch(path)
    message = str(caught.value)
    assert message.startswith(f"{path} is not a CIFAR-10 batch: ")
    assert message.count("\n") == 0
    return message


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_hostile_pickle_runs_nothing(tmp_path, protocol):
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps({"data": Bomb(tmp_path / "ran"), "labels": [1]}, protocol))
    message = refused(path)
    assert message.endswith("; nothing was loaded.") or message.endswith("it was cut off.")
    assert not (tmp_path / "ran").exists()
    pickle.loads(path.read_bytes())  # the test's own bomb is a real one
    assert (tmp_path / "ran").exists()


def test_functions_of_numpy_and_builtins_are_not_called_either(tmp_path):
    path = tmp_path / "batch"
    for function, argument in [
        (eval, "1"),
        (np.load, "x"),
        (np.zeros, 9),
        (getattr, "x"),
        (open, "x"),
    ]:
        write_batch(path, 3, data=Called(function, argument))
        assert refused(path).endswith("; nothing was loaded.")


def test_a_file_cannot_change_what_reads_it(tmp_path):
    path, before = tmp_path / "batch", dict(vars(cifar10._Note))
    for name in cifar10.ALLOWED:  # the instruction BUILD sets attributes of what it is given
        path.write_bytes(
            b"\x80\x02c%sN}U\x07__doc__U\x01xs\x86b."
            % b"".join(part.encode() + b"\n" for part in name.split())
        )
        assert "cut off" in refused(path)
    assert vars(cifar10._Note) == before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        # remembers an object under a number of four billion
        (b"\x80\x02r\xff\xff\xff\xff.", "numbers an object 4294967295"),
        # a text of eight exabytes, and an array of bytes as long
        (b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.", "broken"),
        (b"\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x7f.", "broken"),
        # an array of two billion numbers
        (b"\x80\x02cnumpy\nndarray\n(J\xff\xff\xff\x7ftR.", "a dictionary"),
        (b"\x80\x02" + b"]" * 10**6, "more than 100000 instructions"),
        (b"(" * 10**6 + b"t" * 10**6 + b".", "more than 100000 instructions"),
    ],
    ids=["memo", "text", "bytes", "array", "no end", "nested"],
)
def test_a_pickle_that_asks_for_much_memory_is_refused(tmp_path, content, reason):
    path = tmp_path / "batch"
    path.write_bytes(content)
    tracemalloc.start()
    assert reason in refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e8


def test_a_large_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "batch"
    with path.open("wb") as file:
        file.truncate(10**11)  # takes no room on the disk
    assert refused(path).endswith(f"it is larger than {cifar10.MAX_BYTES} bytes.")


def test_a_folder_in_place_of_a_batch_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file"):
        data.load_CIFAR_batch(tmp_path)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_a_batch_cut_off_or_changed_anywhere_is_read_or_refused(tmp_path_factory, drawn):
    path = tmp_path_factory.mktemp("data") / "batch"
    write_batch(path, 2)
    content = bytearray(path.read_bytes())
    place = drawn.draw(st.integers(0, len(content) - 1))
    if drawn.draw(st.booleans()):
        path.write_bytes(content[:place])
        assert "broken or was cut off" in refused(path)
    else:
        content[place] = drawn.draw(st.integers(0, 255))
        path.write_bytes(content)
        try:
            X, y = data.load_CIFAR_batch(path)
        except ValueError:
            refused(path)
        else:
            assert X.shape == (2, 32, 32, 3)
            assert y.shape == (2,)


PIXELS = np.zeros((3, 3072), np.uint8)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"labels": [0, 1, 10]}, "labels should be from 0 to 9"),
        ({"labels": [0, -1, 1]}, "labels should be from 0 to 9"),
        ({"labels": []}, "labels should be from 0 to 9"),
        ({"labels": [0, 1, True]}, "labels should be a list of integers"),
        ({"labels": ["0", "1", "2"]}, "labels should be a list of integers"),
        ({"labels": {}}, "labels should be a list of integers"),
        ({"labels": [0, 1]}, r"data should have shape \(2, 3072\)"),
        ({"data": PIXELS[:, :-1].copy()}, r"data should have shape \(3, 3072\)"),
        ({"data": PIXELS.reshape(3072, 3)}, r"data should have shape \(3, 3072\)"),
        ({"data": PIXELS.astype(np.float32)}, "data should be an array of uint8"),
        ({"data": PIXELS.astype(np.int8)}, "data should be an array of uint8"),
        ({"data": np.asfortranarray(PIXELS)}, "data should be an array of uint8"),
        ({"data": [0, 1, 2]}, "data should be an array"),
        ({"data": np.dtype("u1")}, "data should be an array"),
        ({"data": None}, "data should be an array"),
    ],
)
def test_a_batch_of_the_wrong_form_is_refused_with_the_reason(tmp_path, changes, reason):
    path = tmp_path / "batch"
    write_batch(path, 3, **changes)
    with pytest.raises(ValueError, match=reason):
        data.load_CIFAR_batch(path)
    refused(path)


@pytest.mark.parametrize("content", [[], {"data": 1}, {}, "text", 3])
def test_a_pickle_that_is_no_batch_is_refused(tmp_path, content):
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps(content, protocol=2))
    assert "keys 'data' and 'labels'" in refused(path)


@needs_official
def test_the_official_batches_are_read():
    X_train, y_train, X_test, y_test = data.load_CIFAR10(OFFICIAL)
    assert len(X_train) % 10000 == 0
    assert X_test.shape == (10000, 32, 32, 3)
    assert (np.bincount(y_test) == 1000).all()
    names = [data.CIFAR10_CLASSES[label] for label in y_train[:5]]
    assert names == ["frog", "truck", "truck", "deer", "automobile"]
    assert X_train[0, 0, 0].tolist() == [59, 62, 63]
    assert y_train.max() == 9


@needs_official
def test_the_official_batches_pass_through_the_switch(capsys):
    loaded = data.load_images(9000, 1000, 1000)
    assert loaded["X_train"].shape == (9000, 3, 32, 32)
    assert np.abs(loaded["X_train"].mean(axis=0, dtype=np.float64)).max() < 1e-3
    assert "CIFAR-10 from" in capsys.readouterr().out


@needs_official
@pytest.mark.parametrize("keep", [0, 1, 1000, 31_000_000, -1])
def test_an_official_batch_that_was_cut_off_is_refused(tmp_path, keep):
    path = tmp_path / "data_batch_1"
    path.write_bytes((Path(OFFICIAL) / "data_batch_1").read_bytes()[:keep])
    assert "broken or was cut off" in refused(path)
