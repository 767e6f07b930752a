"""Images drawn in code, in the form of CIFAR-10: ten classes of shapes and textures.

A class is a function of two coordinates that is negative inside the form. All else is drawn at
random for each image: place, size, tilt, colors, background, light and noise. In part of the images
the color tells the class as well; that is what a linear classifier can see.
"""

from __future__ import annotations

import numpy as np

from cs231n_lib.contracts import check_integer

VERSION = 1  # of the images; part of the name under which they are cached
SIZE = 32  # pixels
BLOCK = 100  # images drawn at once, with a generator of their own

JITTER = 5.0  # how far a center lies from the middle, at most, in pixels: more is harder
TILT = 0.4  # how far a form is turned to either side, at most, in radians
RADII = 6.5, 11.0  # half the size of a form, in pixels
HUE_BIAS = 0.4  # the share of images whose color tells the class


def _disk(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.hypot(u, v) - 0.9


def _ring(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.abs(np.hypot(u, v) - 0.75) - 0.22


def _square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(u), np.abs(v)) - 0.8


def _triangle(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(0.87 * np.abs(u) - 0.5 * v, v) - 0.5


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    u, v = np.abs(u), np.abs(v)
    return np.maximum(np.maximum(u, v) - 0.95, np.minimum(u, v) - 0.28)


def _star(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.hypot(u, v) - 0.68 - 0.3 * np.cos(5 * np.arctan2(u, -v))


def _stripes(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return 0.12 * np.cos(7 * u)


def _checkerboard(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return 0.2 * np.sin(4.5 * u) * np.sin(4.5 * v)


def _dots(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return 0.55 - 0.4 * np.cos(5 * u) - 0.4 * np.cos(5 * v)


def _waves(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return 0.12 * np.cos(7 * (v + 0.3 * np.sin(3 * u)))


# In the order of the labels; coordinates are in units of the form's size, v points down.
FORMS = {
    "disk": _disk,
    "ring": _ring,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "star": _star,
    "stripes": _stripes,
    "checkerboard": _checkerboard,
    "dots": _dots,
    "waves": _waves,
}
IMAGE_CLASSES = list(FORMS)


def make_images(num: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw images of ten classes of shapes and textures, the same ones for the same seed.

    More images begin with the same ones: ``make_images(200)[0][:100]`` are ``make_images(100)[0]``.
    Each hundred has ten images of every class, in random order.

    Parameters
    ----------
    num : int
        Images, N.
    seed : int, default 0
        Which images. `load_images` takes 0 for training, 1 for validation and 2 for test.

    Returns
    -------
    X : ndarray of shape (N, 32, 32, 3)
        Images, uint8, red, green and blue last.
    y : ndarray of shape (N,)
        Labels, int64, in the order of `IMAGE_CLASSES`.

    Raises
    ------
    TypeError
        If `num` or `seed` is not an integer.
    ValueError
        If `num` is less than 1, or `seed` less than 0.

    Examples
    --------
    >>> X, y = make_images(50)
    >>> X.shape, X.dtype, IMAGE_CLASSES[y[0]]
    ((50, 32, 32, 3), dtype('uint8'), 'square')
    """
    check_integer("num", num, 1)
    check_integer("seed", seed, 0)
    X, y = np.empty((num, SIZE, SIZE, 3), np.uint8), np.empty(num, np.int64)
    for block, start in enumerate(range(0, num, BLOCK)):
        part = slice(start, start + BLOCK)
        images, labels = _draw_block(np.random.default_rng([seed, block]))
        X[part], y[part] = images[: len(X[part])], labels[: len(y[part])]
    return X, y


def _draw_block(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    def uniform(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, (BLOCK, 1, 1))

    y = rng.permutation(np.arange(BLOCK) % len(FORMS))
    right, down = (axis - (SIZE - 1) / 2 for axis in np.mgrid[:SIZE, :SIZE][::-1])

    # coordinates of each pixel as the form sees them
    radius, tilt = uniform(*RADII), uniform(-TILT, TILT)
    x, z = right - uniform(-JITTER, JITTER), down - uniform(-JITTER, JITTER)
    u = (np.cos(tilt) * x + np.sin(tilt) * z) / radius
    v = (np.cos(tilt) * z - np.sin(tilt) * x) / radius
    distance = np.empty((BLOCK, SIZE, SIZE))  # in pixels, negative inside
    for label, form in enumerate(FORMS.values()):
        own = y == label
        distance[own] = radius[own] * form(u[own], v[own])
    cover = np.clip(0.5 - distance, 0, 1)[..., None]  # of a pixel by the form; smooth at the rim

    tells = rng.random(BLOCK) < HUE_BIAS
    hue = np.where(tells, y / len(FORMS) + rng.normal(0, 0.04, BLOCK), rng.random(BLOCK))
    light = rng.uniform(0.25, 0.9, BLOCK)
    step = rng.uniform(0.3, 0.6, BLOCK) * rng.choice([-1, 1], BLOCK)  # lighter or darker behind
    behind = np.where((light + step < 0.05) | (light + step > 1), light - step, light + step)
    front = _color(hue, rng.uniform(0.4, 0.9, BLOCK), light)
    back = _color(rng.random(BLOCK), rng.uniform(0.1, 0.7, BLOCK), np.clip(behind, 0.05, 1))

    # light that falls from one side, and soft waves on the background
    side, way = uniform(0, 2 * np.pi), uniform(0, 2 * np.pi)
    slope = uniform(0, 0.012) * (np.cos(side) * right + np.sin(side) * down)
    phase = uniform(0.1, 0.4) * (np.cos(way) * right + np.sin(way) * down) + uniform(0, 2 * np.pi)
    shade = (slope + uniform(0, 0.1) * np.sin(phase))[..., None]
    image = back * (1 + shade) * (1 - cover) + front * (1 + 0.5 * shade) * cover
    image += uniform(0.01, 0.06)[..., None] * rng.standard_normal(image.shape)
    return np.clip(255 * image + 0.5, 0, 255).astype(np.uint8), y


def _color(hue: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Turn hues (0 to 1, around the color wheel) into red, green and blue: (N, 1, 1, 3)."""
    wheel = np.abs((6 * hue[:, None] + np.array([0, 4, 2])) % 6 - 3) - 1
    rgb = value[:, None] * (1 - saturation[:, None] * (1 - np.clip(wheel, 0, 1)))
    return rgb[:, None, None, :]
