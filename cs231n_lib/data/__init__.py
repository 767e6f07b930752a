"""Data sets: CIFAR-10, images drawn in code that take its place, and points in the plane.

Notebooks call `load_images`, which takes CIFAR-10 where it is found and otherwise the built-in
images. Nothing here needs a network, and nothing touches NumPy's global random state.
"""

from cs231n_lib.data.cifar10 import (
    CIFAR10_CLASSES,
    get_CIFAR10_data,
    load_CIFAR10,
    load_CIFAR_batch,
)
from cs231n_lib.data.images import IMAGE_CLASSES, make_images
from cs231n_lib.data.load import load_images
from cs231n_lib.data.points import blobs, circles, moons, spiral, xor

__all__ = [
    "CIFAR10_CLASSES",
    "IMAGE_CLASSES",
    "blobs",
    "circles",
    "get_CIFAR10_data",
    "load_CIFAR10",
    "load_CIFAR_batch",
    "load_images",
    "make_images",
    "moons",
    "spiral",
    "xor",
]
