"""Hidden inputs differ between students, and are the same again."""

import stat
from concurrent.futures import ThreadPoolExecutor

from grading.fresh import fresh_rng, inputs_for, read_secret


def numbers(*names, secret=b"secret"):
    with inputs_for(secret, *names):
        return tuple(fresh_rng().integers(10**9, size=4))


def test_the_same_student_gets_the_same_numbers_again():
    assert numbers("ada", "01", "exp") == numbers("ada", "01", "exp")


def test_another_student_assignment_exercise_or_secret_gives_others():
    drawn = {
        numbers("ada", "01", "exp"),
        numbers("ben", "01", "exp"),
        numbers("ada", "02", "exp"),
        numbers("ada", "01", "relu"),
        numbers("ada", "01", "exp", secret=b"another"),
        numbers("ad", "a01", "exp"),
    }
    assert len(drawn) == 6


def test_outside_of_grading_the_numbers_are_always_the_same():
    assert fresh_rng().normal() == fresh_rng().normal()
    numbers("ada")
    assert fresh_rng().normal() == fresh_rng().normal()


def test_a_secret_is_made_once_and_is_for_its_owner_only(tmp_path):
    path = tmp_path / "classroom" / "secret"
    first = read_secret(path)
    assert len(first) == 32
    assert read_secret(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret"]


def test_two_graders_that_start_together_share_one_secret(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda n: read_secret(tmp_path / "secret"), range(8)))
    assert len(secrets) == 1
