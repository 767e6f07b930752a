"""Networks put together from the layers.

A model has a dictionary ``params`` of arrays; ``loss(X)`` returns scores, and ``loss(X, y)`` the
loss and a dictionary of gradients with the same keys.
"""

from cs231n_lib.models.convnet import ThreeLayerConvNet
from cs231n_lib.models.fully_connected import FullyConnectedNet, TwoLayerNet

__all__ = ["FullyConnectedNet", "ThreeLayerConvNet", "TwoLayerNet"]
