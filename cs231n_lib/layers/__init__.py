"""Reference layers: each is a ``<layer>_forward`` and a ``<layer>_backward`` function.

A forward function returns ``(out, cache)``; its backward function takes ``(dout, cache)`` and
returns the gradient of every input, in the order of the forward arguments.
"""

from cs231n_lib.layers.activations import (
    elu_backward,
    elu_forward,
    leaky_relu_backward,
    leaky_relu_forward,
    maxout_backward,
    maxout_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from cs231n_lib.layers.affine import affine_backward, affine_forward
from cs231n_lib.layers.losses import softmax_loss, svm_loss

__all__ = [
    "affine_backward",
    "affine_forward",
    "elu_backward",
    "elu_forward",
    "leaky_relu_backward",
    "leaky_relu_forward",
    "maxout_backward",
    "maxout_forward",
    "relu_backward",
    "relu_forward",
    "sigmoid_backward",
    "sigmoid_forward",
    "softmax_loss",
    "svm_loss",
    "tanh_backward",
    "tanh_forward",
]
