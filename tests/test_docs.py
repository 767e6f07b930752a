"""Every public function of the library is documented the same way."""

import importlib
import inspect
import pkgutil
import tomllib
from pathlib import Path

import pytest
from numpydoc.validate import validate

import cs231n_lib

MODULES = [
    importlib.import_module(info.name)
    for info in pkgutil.walk_packages(cs231n_lib.__path__, "cs231n_lib.")
    if not info.name.endswith("__main__")
]
FUNCTIONS = sorted(
    {
        f"{module.__name__}.{name}"
        for module in MODULES
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }
)
SETTINGS = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
ALLOWED = SETTINGS["tool"]["numpydoc_validation"]["checks"][1:]


def test_there_are_functions_to_check():
    assert "cs231n_lib.layers.affine.affine_forward" in FUNCTIONS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_documents_every_argument_and_result(name):
    errors = [f"{code}: {text}" for code, text in validate(name)["errors"] if code not in ALLOWED]
    assert errors == []


LAYERS = [name for name in FUNCTIONS if ".layers." in name]
# Compositions name their parts, which have the sources.
OWN_IDEAS = [name for name in LAYERS if ".sandwich." not in name and ".im2col." not in name]


def docstring(name):
    module, function = name.rsplit(".", 1)
    return getattr(importlib.import_module(module), function).__doc__


@pytest.mark.parametrize("name", OWN_IDEAS)
def test_a_layer_names_its_source(name):
    assert "    References\n    ----------\n    .. [1] " in docstring(name)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_a_shape_for_every_array(name):
    for line in docstring(name).splitlines():
        if " : ndarray" in line:
            assert "shape" in line, line
