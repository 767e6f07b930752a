"""Update rules: one step and many by hand, PyTorch as a second opinion, and every promise kept."""

import copy
import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from cs231n_lib import optim
from cs231n_lib.optim import RULES

EVERY_RULE = pytest.mark.parametrize("name", RULES)

DEFAULTS = {
    "sgd": {"learning_rate": 1e-2},
    "sgd_momentum": {"learning_rate": 1e-2, "momentum": 0.9},
    "sgd_nesterov": {"learning_rate": 1e-2, "momentum": 0.9},
    "adagrad": {"learning_rate": 1e-2, "epsilon": 1e-7},
    "rmsprop": {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
}
STATE = {
    "sgd": (),
    "sgd_momentum": ("velocity",),
    "sgd_nesterov": ("velocity",),
    "adagrad": ("cache",),
    "rmsprop": ("cache",),
    "adam": ("m", "v"),
}

# name, config, w, dw, next w, what the config then holds; no factor is 0.5, no epsilon negligible
ONE_STEP = [
    ("sgd", {"learning_rate": 0.1}, [1, 2], [10, -10], [0, 3], {}),
    (
        "sgd_momentum",
        {"learning_rate": 0.1, "momentum": 0.7, "velocity": [1, -2]},
        [1, 2],
        [10, 20],
        [0.7, -1.4],
        {"velocity": [-0.3, -3.4]},  # 0.7 * 1 - 0.1 * 10, 0.7 * -2 - 0.1 * 20
    ),
    (
        "sgd_nesterov",
        {"learning_rate": 0.1, "momentum": 0.7, "velocity": [1, -2]},
        [1, 2],
        [10, 20],
        [-0.21, -2.38],  # 1 - 0.7 * 1 + 1.7 * -0.3, 2 - 0.7 * -2 + 1.7 * -3.4
        {"velocity": [-0.3, -3.4]},
    ),
    (
        "adagrad",
        {"learning_rate": 0.5, "epsilon": 1, "cache": [7, 0]},
        [1, 2],
        [3, -4],
        [0.7, 2.4],  # 1 - 0.5 * 3 / (4 + 1), 2 + 0.5 * 4 / (4 + 1)
        {"cache": [16, 16]},
    ),
    (
        "rmsprop",
        {"learning_rate": 0.5, "decay_rate": 0.75, "epsilon": 1, "cache": [20, 0]},
        [1, 2],
        [2, -4],
        [0.8, 2 + 2 / 3],  # 1 - 0.5 * 2 / (4 + 1), 2 + 0.5 * 4 / (2 + 1)
        {"cache": [16, 4]},
    ),
    (
        "adam",
        {"learning_rate": 0.1, "beta1": 0.75, "beta2": 0.6, "epsilon": 1, "t": 1}
        | {"m": [2], "v": [8.9333333333333333]},
        [1],
        [1],
        [0.9],  # m_hat = 1.75 / (1 - 0.75**2) = 4, v_hat = 5.76 / (1 - 0.6**2) = 9
        {"m": [1.75], "v": [5.76], "t": 2},
    ),
]


@pytest.mark.parametrize(("name", "config", "w", "dw", "next_w", "state"), ONE_STEP)
def test_one_step_is_as_worked_out_by_hand(name, config, w, dw, next_w, state):
    arrays = {k: np.array(v, dtype=float) for k, v in config.items() if isinstance(v, list)}
    found, found_config = RULES[name](
        np.array(w, dtype=float), np.array(dw, dtype=float), config | arrays
    )
    assert_allclose(found, next_w, rtol=1e-14)
    for key, value in state.items():
        assert_allclose(found_config[key], value, rtol=1e-14)


# With the same gradient g at every step each rule has a closed form: where w is after n steps.
@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("sgd", lambda g, n: -0.1 * g * n),
        ("sgd_momentum", lambda g, n: -0.1 * g * sum((1 - 0.9**k) / 0.1 for k in range(1, n + 1))),
        ("adagrad", lambda g, n: -0.1 * np.sign(g) * sum(k**-0.5 for k in range(1, n + 1))),
        (
            "rmsprop",
            lambda g, n: -0.1 * np.sign(g) * sum((1 - 0.99**k) ** -0.5 for k in range(1, n + 1)),
        ),
        ("adam", lambda g, n: -0.1 * np.sign(g) * n),  # bias correction undoes both averages
    ],
)
def test_many_steps_along_a_constant_gradient_follow_the_closed_form(name, where):
    g, w, config = np.array([[3.0, -0.5, 7.0]]), np.zeros((1, 3)), {"learning_rate": 0.1}
    for n in range(1, 13):
        w, config = RULES[name](w, g, config)
        assert_allclose(w, where(g, n), rtol=1e-6)


def run(rule, w, grad, config, num_steps):
    path = [w]
    for _ in range(num_steps):
        w, config = rule(w, grad(w), config)
        path.append(w)
    return np.array(path)


@pytest.mark.parametrize(
    ("name", "config", "make"),
    [
        ("sgd", {}, lambda torch, p: torch.optim.SGD(p, lr=0.03)),
        ("sgd_momentum", {"momentum": 0.8}, lambda t, p: t.optim.SGD(p, lr=0.03, momentum=0.8)),
        (
            "sgd_nesterov",
            {"momentum": 0.8},
            lambda torch, p: torch.optim.SGD(p, lr=0.03, momentum=0.8, nesterov=True),
        ),
        ("adagrad", {"epsilon": 0.1}, lambda t, p: t.optim.Adagrad(p, lr=0.03, eps=0.1)),
        (
            "rmsprop",
            {"decay_rate": 0.7, "epsilon": 0.1},
            lambda torch, p: torch.optim.RMSprop(p, lr=0.03, alpha=0.7, eps=0.1),
        ),
        (
            "adam",
            {"beta1": 0.7, "beta2": 0.8, "epsilon": 0.1},
            lambda torch, p: torch.optim.Adam(p, lr=0.03, betas=(0.7, 0.8), eps=0.1),
        ),
    ],
)
def test_fifty_steps_agree_with_pytorch(name, config, make):
    torch = pytest.importorskip("torch", reason="PyTorch gives the second opinion")
    start = np.random.default_rng(0).standard_normal((3, 4))
    p = torch.tensor(start, requires_grad=True)
    optimizer = make(torch, [p])
    w, config = start, config | {"learning_rate": 0.03}
    for _ in range(50):
        w, config = RULES[name](w, np.cos(w) + w**3, config)
        optimizer.zero_grad()
        (torch.sin(p) + p**4 / 4).sum().backward()
        optimizer.step()
        assert_allclose(w, p.detach().numpy(), rtol=1e-10, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(momentum=st.floats(0, 0.95), learning_rate=st.floats(1e-4, 0.1))
def test_both_forms_of_nesterov_walk_the_same_path_one_velocity_apart(momentum, learning_rate):
    def grad(w):
        return np.array([w[0] + np.sin(w[1]), 5 * w[1] + np.cos(w[0])])

    ahead = behind = np.array([2.0, -1.0])  # with no velocity yet, the two points are one
    config = config_ahead = {"momentum": momentum, "learning_rate": learning_rate}
    for _ in range(100):
        behind, config = optim.sgd_nesterov_lookahead(behind, grad, config)
        ahead, config_ahead = optim.sgd_nesterov(ahead, grad(ahead), config_ahead)
        assert_allclose(ahead, behind + momentum * config["velocity"], rtol=1e-9, atol=1e-12)


def test_the_lookahead_takes_its_gradient_where_the_velocity_leads():
    asked = []
    config = {"learning_rate": 0.1, "momentum": 0.7, "velocity": np.array([10.0])}
    w, config = optim.sgd_nesterov_lookahead(
        np.array([1.0]), lambda w: asked.append(w) or 2 * w, config
    )
    assert_allclose(asked, [[8.0]])
    assert_allclose(config["velocity"], [5.4])  # 0.7 * 10 - 0.1 * 16
    assert_allclose(w, [6.4])


def test_nesterov_overshoots_less_than_momentum():
    overshoot = [
        -run(RULES[name], np.array([1.0]), lambda w: w, {"learning_rate": 0.1}, 60).min()
        for name in ("sgd_momentum", "sgd_nesterov")
    ]
    assert overshoot[1] < 0.8 * overshoot[0]


@EVERY_RULE
def test_every_rule_finds_the_bottom_of_every_bowl(name):
    rates = {"adagrad": 1.0, "rmsprop": 0.01, "adam": 0.02}
    config = {"learning_rate": rates.get(name, 0.05)}
    start, steepness = np.meshgrid(np.linspace(-3, 3, 12), np.geomspace(0.5, 20, 10))
    path = run(RULES[name], start, lambda w: steepness * w, config, 800)
    assert np.abs(path[-20:]).max() < 0.05


@EVERY_RULE
def test_a_step_changes_nothing_that_was_passed(name):
    rng = np.random.default_rng(1)
    w, dw = rng.standard_normal((2, 3, 4))
    config = {"learning_rate": 0.3} | {key: rng.random((3, 4)) for key in STATE[name]}
    before = copy.deepcopy((w, dw, config))
    next_w, next_config = RULES[name](w, dw, config)
    for after, old in zip((w, dw), before[:2], strict=True):
        np.testing.assert_array_equal(after, old)
    assert config.keys() == before[2].keys()
    for key, value in before[2].items():
        np.testing.assert_array_equal(config[key], value)
    assert next_w is not w
    assert next_config is not config
    assert not np.shares_memory(next_w, w)
    assert not any(np.shares_memory(next_config[key], config[key]) for key in STATE[name])


@EVERY_RULE
def test_a_fresh_config_is_filled_with_the_defaults_and_nothing_else(name):
    _, config = RULES[name](np.ones((2, 3)), np.ones((2, 3)))
    extra = {"t": 1} if name == "adam" else {}
    assert {k: v for k, v in config.items() if k not in STATE[name]} == DEFAULTS[name] | extra
    assert config.keys() == {*DEFAULTS[name], *STATE[name], *extra}
    for key in STATE[name]:
        assert config[key].shape == (2, 3)


@EVERY_RULE
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_and_state_keep_the_dtype_of_the_weights(name, dtype):
    w = np.ones((2, 3), dtype)
    config = {"learning_rate": np.float64(0.1)}  # as rng.uniform returns it
    config |= {key: np.zeros((2, 3)) for key in STATE[name]}
    for dw in (np.ones((2, 3)), np.ones((2, 3), np.float32), np.ones((2, 3), dtype)):
        w, config = RULES[name](w, dw, config)
        assert w.dtype == dtype
        assert all(config[key].dtype == dtype for key in STATE[name])


@EVERY_RULE
def test_state_is_kept_from_step_to_step(name):
    w, dw = np.array([1.0, 2.0]), np.array([3.0, -4.0])
    _, config = RULES[name](w, dw)
    first = {key: config[key] for key in STATE[name]}
    _, config = RULES[name](w, dw, config)
    assert all(np.all(config[key] != first[key]) for key in STATE[name])
    assert config.get("t", 2) == 2


@EVERY_RULE
def test_a_misspelt_setting_is_named_with_the_close_match(name):
    with pytest.raises(ValueError, match=r"'learning_rat'; did you mean 'learning_rate'\?"):
        RULES[name](np.ones(2), np.ones(2), {"learning_rat": 0.1})


@EVERY_RULE
def test_a_gradient_of_another_shape_is_refused(name):
    with pytest.raises(
        ValueError, match=r"dw should have shape \(3, 2\) because that is the shape"
    ):
        RULES[name](np.ones((3, 2)), np.ones((1, 2)))


@EVERY_RULE
def test_what_is_no_array_of_floats_is_refused(name):
    with pytest.raises(TypeError, match="w should be a NumPy array, but it is a list"):
        RULES[name]([1.0], np.ones(1))
    with pytest.raises(TypeError, match="dw should be a NumPy array, but it is None"):
        RULES[name](np.ones(1), None)
    with pytest.raises(TypeError, match=r"w should hold floating-point numbers, .* int64"):
        RULES[name](np.ones(1, np.int64), np.ones(1))
    with pytest.raises(TypeError, match="config should be a dictionary, but it is a float"):
        RULES[name](np.ones(1), np.ones(1), 0.1)


@pytest.mark.parametrize("name", [name for name in RULES if STATE[name]])
def test_state_of_another_shape_is_refused(name):
    key = STATE[name][0]
    with pytest.raises(ValueError, match=rf"config\['{key}'\] should have shape \(2,\)"):
        RULES[name](np.ones(2), np.ones(2), {key: np.ones((1, 2))})


def test_the_lookahead_says_that_it_takes_a_function():
    with pytest.raises(TypeError, match=r"grad should be a function .* sgd_nesterov takes an arr"):
        optim.sgd_nesterov_lookahead(np.ones(2), np.ones(2))
    with pytest.raises(ValueError, match=r"dw should have shape \(2,\)"):
        optim.sgd_nesterov_lookahead(np.ones(2), lambda w: np.ones((2, 1)))


@pytest.mark.parametrize(
    ("schedule", "expected"),  # after 0, 1, 2, 3, 4 epochs
    [
        (functools.partial(optim.step_decay, drop=0.1, every=3), [1, 1, 1, 0.1, 0.1]),
        (functools.partial(optim.exponential_decay, decay=0.9), [1, 0.9, 0.81, 0.729, 0.6561]),
        (functools.partial(optim.inverse_decay, rate=0.25), [1, 4 / 5, 4 / 6, 4 / 7, 4 / 8]),
        (functools.partial(optim.cosine_decay, num_epochs=3), [1, 0.75, 0.25, 0, 0]),
    ],
)
def test_a_schedule_says_what_is_left_of_the_learning_rate(schedule, expected):
    assert_allclose([schedule(epoch) for epoch in range(5)], expected, atol=1e-15)
