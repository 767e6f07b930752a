"""A computational graph: gates, with values flowing forward and gradients flowing backward.

A graph is data: named nodes, each an input or a gate applied to earlier nodes. `Graph.forward`
computes every value in order; `Graph.backward` walks the same nodes in reverse and applies the
chain rule at each. Values are numbers or arrays; what a node passes on has one gradient, the sum
of what comes back from every node that reads it.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cs231n_lib.contracts import format_shape


@dataclass(frozen=True)
class Gate:
    """One kind of operation: how to compute it, and how to send a gradient back through it.

    Parameters
    ----------
    symbol : str
        What a drawing shows in the node.
    forward : callable
        ``forward(*values) -> (out, cache)``.
    backward : callable
        ``backward(dout, cache) -> gradients``: one for each input, as a tuple, or the gradient
        itself where there is one input.
    """

    symbol: str
    forward: Callable[..., tuple[Any, Any]]
    backward: Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Node:
    """One node of a graph: an input when `gate` is None, else a gate applied to earlier nodes.

    Parameters
    ----------
    name : str
        The node's name, which is also the name of its value.
    gate : Gate or None
        The operation, or None for an input.
    inputs : tuple of str
        The names of the nodes it reads, in the order of the gate's arguments.
    """

    name: str
    gate: Gate | None = None
    inputs: tuple[str, ...] = ()

    def backward(self, dout: Any, cache: Any) -> tuple:
        """Send an upstream gradient back through the gate.

        Parameters
        ----------
        dout : number or ndarray, shape of the node's value
            Upstream gradient.
        cache : object
            What the gate's forward stored.

        Returns
        -------
        tuple
            One gradient for each name in `inputs`, in that order; empty for an input.

        Raises
        ------
        ValueError
            If the gate returns another number of gradients.
        """
        if self.gate is None:
            return ()
        gradients = self.gate.backward(dout, cache)
        if not isinstance(gradients, tuple):
            gradients = (gradients,)
        if len(gradients) != len(self.inputs):
            raise ValueError(
                f"node {self.name!r} reads {len(self.inputs)} values, "
                f"but its gate's backward returned {len(gradients)} gradients."
            )
        return gradients


@dataclass
class Graph:
    """Named nodes, in an order in which each comes after the nodes it reads.

    Attributes
    ----------
    nodes : dict of str to Node
        Every node by name. The order is topological; the last node is the output.
    values : dict of str to ndarray
        Every node's value, filled by `forward`.
    caches : dict of str to object
        What each node's gate stored for its backward pass, None for an input; filled by `forward`.

    References
    ----------
    .. [1] CS231n lecture 4, "Backpropagation and Neural Networks", computational graphs.

    Examples
    --------
    >>> graph = Graph()
    >>> graph.add_input("x", "y", "z")
    >>> graph.add_node("q", ADD, "x", "y")
    >>> graph.add_node("f", MULTIPLY, "q", "z")
    >>> float(graph.forward(x=-2.0, y=5.0, z=-4.0))
    -12.0
    >>> {name: float(grad) for name, grad in graph.backward().items()}
    {'x': -4.0, 'y': -4.0, 'z': 3.0, 'q': -4.0, 'f': 1.0}
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    values: dict[str, np.ndarray] = field(default_factory=dict)
    caches: dict[str, Any] = field(default_factory=dict)

    def add_input(self, *names: str) -> None:
        """Add one input node for each name.

        Parameters
        ----------
        *names : str
            New names.

        Raises
        ------
        ValueError
            If a name is taken.
        """
        for name in names:
            self._add(Node(name))

    def add_node(self, name: str, gate: Gate, *inputs: str) -> None:
        """Add a node that applies `gate` to the values of earlier nodes.

        Parameters
        ----------
        name : str
            A new name.
        gate : Gate
            The operation.
        *inputs : str
            Names of nodes that the graph has already, in the order of the gate's arguments.

        Raises
        ------
        ValueError
            If `name` is taken, or an input is not in the graph yet.
        """
        for source in inputs:
            if source not in self.nodes:
                close = difflib.get_close_matches(source, self.nodes, n=1)
                guess = f"; did you mean {close[0]!r}?" if close else "."
                raise ValueError(
                    f"node {name!r} reads {source!r}, which is not in the graph{guess} "
                    "Add a node before the nodes that read it."
                )
        self._add(Node(name, gate, inputs))

    def _add(self, node: Node) -> None:
        if node.name in self.nodes:
            raise ValueError(f"the graph already has a node {node.name!r}; choose another name.")
        self.nodes[node.name] = node

    @property
    def output(self) -> str:
        """The name of the last node."""
        return next(reversed(self.nodes))

    def forward(self, **inputs: Any) -> np.ndarray:
        """Compute the value of every node, in order.

        Parameters
        ----------
        **inputs : number or ndarray
            One value for each input node.

        Returns
        -------
        ndarray
            The value of the last node.

        Raises
        ------
        ValueError
            If the graph has no nodes, or an input is missing or unknown.
        """
        names = [name for name, node in self.nodes.items() if node.gate is None]
        if not self.nodes:
            raise ValueError("the graph has no nodes yet.")
        if set(inputs) != set(names):
            raise ValueError(
                f"the graph's inputs are {', '.join(names)}, "
                f"but the values given are for {', '.join(inputs) or 'none'}."
            )
        # only a pass that ran to its end is kept: a gate that fails leaves the last good one
        values, caches = {}, {}
        for name, node in self.nodes.items():
            if node.gate is None:
                value = np.asarray(inputs[name])
                values[name] = value if value.dtype.kind == "f" else value.astype(float)
                caches[name] = None
            else:
                read = [values[source] for source in node.inputs]
                out, caches[name] = node.gate.forward(*read)
                values[name] = np.asarray(out)
        self.values, self.caches = values, caches
        return values[self.output]

    def backward(self, dout: Any = 1.0) -> dict[str, np.ndarray]:
        """Compute the gradient of the output with respect to every node.

        Parameters
        ----------
        dout : number or ndarray, shape of the output, default 1.0
            Upstream gradient of the last node.

        Returns
        -------
        dict of str to ndarray
            One gradient for each node, in the shape of its value.

        Raises
        ------
        ValueError
            If `forward` has not run, `dout` has the wrong shape, or a gate returns the wrong
            number of gradients.
        """
        return backward_sweep(self, dout)


def backward_sweep(graph: Graph, dout: Any = 1.0) -> dict[str, np.ndarray]:
    """Walk a graph's nodes in reverse and apply the chain rule at each.

    Parameters
    ----------
    graph : Graph
        A graph on which `Graph.forward` has run.
    dout : number or ndarray, shape of the output, default 1.0
        Upstream gradient of the last node.

    Returns
    -------
    dict of str to ndarray
        One gradient for each node, in the shape of its value; zero for a node that the output
        does not depend on.

    Raises
    ------
    ValueError
        If the forward pass has not run, `dout` has the wrong shape, or a gate returns the wrong
        number of gradients.

    References
    ----------
    .. [1] CS231n lecture 4, "Backpropagation and Neural Networks", forward and backward API.
    """
    if graph.values.keys() != graph.nodes.keys():
        raise ValueError("run the graph's forward pass first; backward needs what it stored.")
    out = graph.values[graph.output]
    if np.shape(dout) != out.shape:
        raise ValueError(
            f"dout should have shape {format_shape(out.shape)} because the output has that shape, "
            f"but it has shape {format_shape(np.shape(dout))}."
        )
    grads = {name: np.zeros_like(value) for name, value in graph.values.items()}
    grads[graph.output] = np.asarray(dout, dtype=out.dtype)
    for name, node in reversed(graph.nodes.items()):
        gradients = node.backward(grads[name], graph.caches[name])
        for source, gradient in zip(node.inputs, gradients, strict=True):
            grads[source] = grads[source] + gradient  # a value read twice gets both gradients
    return grads


def _check_same_shape(x: np.ndarray, y: np.ndarray) -> None:
    if np.shape(x) != np.shape(y):
        raise ValueError(
            f"x and y should have the same shape, but x has shape {format_shape(np.shape(x))} "
            f"and y has shape {format_shape(np.shape(y))}."
        )


def add_forward(x, y):
    """Add two values of the same shape."""
    _check_same_shape(x, y)
    return x + y, None


def add_backward(dout, cache):
    """Pass the upstream gradient to both inputs."""
    return dout, dout


def multiply_forward(x, y):
    """Multiply two values of the same shape, entry by entry."""
    _check_same_shape(x, y)
    return x * y, (x, y)


def multiply_backward(dout, cache):
    """Multiply the upstream gradient by the *other* input."""
    x, y = cache
    return dout * y, dout * x


def maximum_forward(x, y):
    """Take the larger of two values of the same shape, entry by entry."""
    _check_same_shape(x, y)
    return np.maximum(x, y), x >= y


def maximum_backward(dout, cache):
    """Route the upstream gradient to the input that was larger; to the first where they tie."""
    x_won = cache
    return dout * x_won, dout * ~x_won


def negate_forward(x):
    """Change the sign."""
    return -x, None


def negate_backward(dout, cache):
    """Change the sign of the upstream gradient."""
    return -dout


def exp_forward(x):
    """Raise e to the power of `x`, entry by entry."""
    out = np.exp(x)
    return out, out


def exp_backward(dout, cache):
    """Multiply the upstream gradient by the output, which is the derivative of exp."""
    return dout * cache


def add_one_forward(x):
    """Add one."""
    return x + 1, None


def add_one_backward(dout, cache):
    """Pass the upstream gradient on: a constant changes no slope."""
    return dout


def reciprocal_forward(x):
    """Compute ``1 / x``, entry by entry."""
    out = 1 / x
    return out, out


def reciprocal_backward(dout, cache):
    """Multiply the upstream gradient by ``-1 / x**2``."""
    return -dout * cache * cache


def matmul_forward(x, w):
    """Multiply two matrices of shapes (N, D) and (D, M)."""
    if np.ndim(x) != 2 or np.ndim(w) != 2 or x.shape[1] != w.shape[0]:
        raise ValueError(
            f"x should have shape (N, D) and w shape (D, M), but x has shape "
            f"{format_shape(np.shape(x))} and w has shape {format_shape(np.shape(w))}."
        )
    return x @ w, (x, w)


def matmul_backward(dout, cache):
    """Send the upstream gradient of shape (N, M) back to both matrices."""
    x, w = cache
    return dout @ w.T, x.T @ dout


ADD = Gate("+", add_forward, add_backward)
MULTIPLY = Gate("×", multiply_forward, multiply_backward)
MAXIMUM = Gate("max", maximum_forward, maximum_backward)
NEGATE = Gate("×(-1)", negate_forward, negate_backward)
EXP = Gate("exp", exp_forward, exp_backward)
ADD_ONE = Gate("+1", add_one_forward, add_one_backward)
RECIPROCAL = Gate("1/x", reciprocal_forward, reciprocal_backward)
MATMUL = Gate("matmul", matmul_forward, matmul_backward)
