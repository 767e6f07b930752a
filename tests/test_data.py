"""Points in the plane, the built-in images, their cache, and the switch without CIFAR-10."""

import errno
import hashlib
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cs231n_lib import data
from cs231n_lib.data import images, load

POINTS = [data.circles, data.moons, data.spiral, data.xor, data.blobs]


# --- points in the plane


@pytest.mark.parametrize("draw", POINTS)
def test_points_have_the_form_of_a_data_set(draw):
    X, y = draw(31)
    assert (X.shape, X.dtype, y.shape, y.dtype) == ((31, 2), np.float64, (31,), np.int64)
    counts = np.bincount(y)
    assert counts.max() - counts.min() <= 1
    assert np.isfinite(X).all()
    assert np.abs(X).max() < 2.5


@pytest.mark.parametrize("draw", POINTS)
def test_points_come_from_the_generator_alone(draw):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = draw(20), draw(20, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert not np.array_equal(first[0], draw(20, rng=np.random.default_rng(1))[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("draw", [data.spiral, data.blobs])
@given(num=st.integers(1, 200), num_classes=st.integers(1, 9))
def test_points_have_as_many_classes_as_asked_for(draw, num, num_classes):
    _, y = draw(num, num_classes=num_classes)
    assert set(y) == set(range(min(num, num_classes)))


def test_points_without_noise_lie_where_their_documentation_says():
    X, y = data.circles(50, noise=0)
    np.testing.assert_allclose(np.hypot(*X.T), np.where(y == 0, 1, 0.5))
    X, y = data.xor(50, noise=0)
    np.testing.assert_array_equal(y, (X[:, 0] > 0) != (X[:, 1] > 0))
    X, y = data.blobs(50, noise=0, num_classes=4)
    assert len(np.unique(X.round(9), axis=0)) == 4
    X, y = data.moons(50, noise=0)
    upper = np.where((y == 0)[:, None], X, -X)  # turned by half a circle, the moons coincide
    np.testing.assert_allclose(np.hypot(upper[:, 0] + 0.5, upper[:, 1] + 0.25), 1)
    X, y = data.spiral(50, noise=0)
    radius = np.hypot(*X.T)
    turn = np.arctan2(X[:, 0], X[:, 1]) - 4 * radius - 2 * np.pi * y / 3
    np.testing.assert_allclose(np.cos(turn), 1)


@pytest.mark.parametrize("draw", POINTS)
def test_a_number_of_points_that_is_none_is_refused(draw):
    with pytest.raises(ValueError, match="num should be at least 1, but it is 0"):
        draw(0)
    with pytest.raises(TypeError, match="num should be an integer, but it is a float"):
        draw(10.0)


# --- the built-in images


def test_images_have_the_form_of_cifar_10_and_equal_classes():
    X, y = data.make_images(200)
    assert (X.shape, X.dtype, y.shape, y.dtype) == ((200, 32, 32, 3), np.uint8, (200,), np.int64)
    assert (np.bincount(y) == 20).all()
    assert len(data.IMAGE_CLASSES) == 10


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 250), st.integers(1, 250), st.integers(0, 5))
@example(100, 101, 0)
def test_more_images_begin_with_the_same_ones(num, other, seed):
    (fewer, fewer_y), (more, more_y) = (data.make_images(n, seed) for n in sorted((num, other)))
    np.testing.assert_array_equal(more[: len(fewer)], fewer)
    np.testing.assert_array_equal(more_y[: len(fewer)], fewer_y)


def test_the_images_of_this_version_have_the_checksum_of_the_documentation():
    """Where this fails, raise `VERSION`: cached images are no longer the ones that are made."""
    checksum = hashlib.md5(data.make_images(1000)[0].tobytes()).hexdigest()
    text = (Path(__file__).resolve().parent.parent / "datasets" / "README.md").read_text("utf-8")
    assert f"version {images.VERSION}, MD5 `{checksum}`" in text


def test_no_image_is_drawn_twice_within_a_seed_or_across_seeds():
    drawn = np.concatenate([data.make_images(300, seed)[0] for seed in (0, 1, 2)])
    assert len({image.tobytes() for image in drawn}) == 900


def test_images_do_not_touch_the_global_random_state():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    data.make_images(10)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_five_thousand_images_take_less_than_five_seconds():
    start = time.process_time()
    data.make_images(5000)
    assert time.process_time() - start < 5


def test_a_wrong_number_of_images_or_seed_is_refused():
    with pytest.raises(ValueError, match="num should be at least 1"):
        data.make_images(0)
    with pytest.raises(ValueError, match="seed should be at least 0"):
        data.make_images(1, seed=-1)


# --- the switch and the cache


def load_few(**settings):
    return data.load_images(40, 30, 20, **settings)


def test_without_cifar_10_the_built_in_images_come_and_one_line_says_so(built_in, capsys):
    loaded = load_few()
    assert capsys.readouterr().out == (
        "Built-in images: 40 training, 30 validation and 20 test images. "
        "For CIFAR-10: python datasets/download.py cifar10\n"
    )
    for name, num in (("train", 40), ("val", 30), ("test", 20)):
        X, y = loaded[f"X_{name}"], loaded[f"y_{name}"]
        assert (X.shape, X.dtype, y.shape, y.dtype) == ((num, 3, 32, 32), np.float32, (num,), int)
        assert X.flags.c_contiguous
        assert X.flags.writeable
        assert y.flags.writeable
    assert loaded["class_names"] == data.IMAGE_CLASSES


def test_the_mean_of_the_training_images_is_taken_away_from_all(built_in):
    with_mean, without = load_few(subtract_mean=False, dtype=np.float64), load_few(dtype=np.float64)
    np.testing.assert_allclose(without["X_train"].mean(axis=0), 0, atol=1e-10)
    for name in ("X_train", "X_val", "X_test"):
        np.testing.assert_allclose(without[name] + without["mean_image"], with_mean[name])
    first = data.make_images(40, seed=0)[0].transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(with_mean["X_train"], first)


def test_training_validation_and_test_images_are_different_ones(built_in):
    loaded = load_few(subtract_mean=False)
    parts = (loaded[f"X_{name}"] for name in ("train", "val", "test"))
    assert len({image.tobytes() for part in parts for image in part}) == 90


def test_images_of_integers_are_refused(built_in):
    with pytest.raises(TypeError, match="dtype should be float32 or float64, but it is uint8"):
        load_few(dtype=np.uint8)


@pytest.mark.parametrize("argument", ["num_training", "num_validation", "num_test"])
def test_no_images_of_a_kind_are_refused(built_in, argument):
    with pytest.raises(ValueError, match=f"{argument} should be at least 1, but it is 0"):
        data.load_images(**{argument: 0})


def test_images_are_made_once_and_then_come_from_the_cache(built_in, monkeypatch):
    first = load_few()
    monkeypatch.setattr(load, "make_images", None)  # a second call would fail
    second = load_few()
    np.testing.assert_array_equal(first["X_train"], second["X_train"])
    np.testing.assert_array_equal(data.load_images(7, 7, 7, False)["y_train"], first["y_train"][:7])
    names = sorted(path.name for path in built_in.iterdir())
    assert names == [f"images_v{images.VERSION}_seed{seed}.npz" for seed in (0, 1, 2)]


def test_more_images_than_the_cache_has_are_made_and_kept(built_in):
    few, more = load_few(subtract_mean=False), data.load_images(50, 30, 20, subtract_mean=False)
    np.testing.assert_array_equal(more["X_train"][:40], few["X_train"])
    with np.load(built_in / f"images_v{images.VERSION}_seed0.npz") as arrays:
        assert len(arrays["y"]) == 50


class Bomb:
    """Unpickled by a trusting reader, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "pickled", "misshapen", "folder"])
def test_a_damaged_cache_is_made_anew(built_in, capsys, damage):
    right = load_few()
    path = built_in / f"images_v{images.VERSION}_seed0.npz"
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[:-1000])
    elif damage == "flipped":
        path.write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "pickled":
        np.savez(path, X=np.array([Bomb(built_in / "ran")] * 40, object), y=np.arange(40))
    elif damage == "misshapen":
        np.savez(path, X=np.zeros((40, 3, 32, 32), np.uint8), y=np.arange(40))
    else:
        path.unlink()
        path.mkdir()
    capsys.readouterr()
    np.testing.assert_array_equal(load_few()["X_train"], right["X_train"])
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert not (built_in / "ran").exists()
    if damage != "folder":
        assert len(np.load(path)["X"]) == 40


def test_a_cache_folder_that_cannot_be_made_is_no_error(built_in, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert len(load_few()["X_train"]) == 40


def test_a_user_without_a_home_folder_gets_images_too(monkeypatch):
    def no_home(name):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(load, "find_cifar10", lambda: None)
    for answer in (no_home, lambda name: Path("~/.cache") / name):
        monkeypatch.setattr(load, "user_cache_path", answer)
        assert load.cache_folder() is None
        assert len(load_few()["X_train"]) == 40


def test_a_full_disk_is_no_error_and_leaves_no_half_written_file(built_in, monkeypatch):
    def write_half(file, **arrays):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(load.np, "savez", write_half)
    assert len(load_few()["X_train"]) == 40
    assert list(built_in.iterdir()) == []


def test_the_cache_lies_outside_of_the_repository():
    assert not load.cache_folder().is_relative_to(Path(load.__file__).resolve().parents[2])
