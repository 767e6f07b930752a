"""A computational graph: gates, with values flowing forward and gradients flowing backward.

A graph is data: named nodes, each an input or a gate applied to earlier nodes. `Graph.forward`
computes every value in order; `Graph.backward` walks the same nodes in reverse and applies the
chain rule at each. Values are numbers or arrays.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cs231n_lib.contracts import check_array, check_labels, check_shape, format_shape


@dataclass(frozen=True)
class Gate:
    """An operation: how to compute it, and how to send a gradient back through it.

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
        TypeError, ValueError
            If the graph has no nodes, an input is missing or unknown, or a gate refuses what it
            reads.
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
                try:
                    out, caches[name] = node.gate.forward(*read)
                except (TypeError, ValueError) as error:  # its gate names other things than nodes
                    kind = TypeError if isinstance(error, TypeError) else ValueError
                    raise kind(f"node {name!r} reads {', '.join(node.inputs)}: {error}") from error
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


def multiply_forward(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, tuple]:
    """Multiply two values, entry by entry.

    Parameters
    ----------
    x, y : ndarray of any shape, both the same
        Values.

    Returns
    -------
    out : ndarray, shape of ``x``
        ``x * y``.
    cache : tuple
        ``(x, y)``, for `multiply_backward`.
    """
    _check_same_shape(x, y)
    return x * y, (x, y)


def multiply_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Multiply the upstream gradient by the *other* input.

    Parameters
    ----------
    dout : ndarray of any shape
        Upstream gradient.
    cache : tuple
        ``(x, y)`` from `multiply_forward`.

    Returns
    -------
    dx, dy : ndarray, shape of ``dout``
        Gradients with respect to ``x`` and ``y``.
    """
    x, y = cache
    return dout * y, dout * x


def maximum_forward(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take the larger of two values, entry by entry.

    Parameters
    ----------
    x, y : ndarray of any shape, both the same
        Values.

    Returns
    -------
    out : ndarray, shape of ``x``
        The larger values.
    cache : ndarray of bool, shape of ``x``
        Where ``x`` is at least ``y``, for `maximum_backward`.
    """
    _check_same_shape(x, y)
    return np.maximum(x, y), x >= y


def maximum_backward(dout: np.ndarray, cache: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Route the upstream gradient to the input that was larger; to the first where they tie.

    Parameters
    ----------
    dout : ndarray of any shape
        Upstream gradient.
    cache : ndarray of bool, shape of ``dout``
        Where the first input won, from `maximum_forward`.

    Returns
    -------
    dx, dy : ndarray, shape of ``dout``
        Gradients with respect to ``x`` and ``y``.
    """
    x_won = cache
    return dout * x_won, dout * ~x_won


def exp_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Raise e to the power of each entry.

    Parameters
    ----------
    x : ndarray of any shape
        Value.

    Returns
    -------
    out : ndarray, shape of ``x``
        ``e**x``.
    cache : ndarray
        ``out``, for `exp_backward`.
    """
    out = np.exp(x)
    return out, out


def exp_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Multiply the upstream gradient by the output, which is the derivative of exp.

    Parameters
    ----------
    dout : ndarray of any shape
        Upstream gradient.
    cache : ndarray, shape of ``dout``
        The output of `exp_forward`.

    Returns
    -------
    dx : ndarray, shape of ``dout``
        Gradient with respect to ``x``.
    """
    return dout * cache


def reciprocal_forward(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Divide one by each entry.

    Parameters
    ----------
    x : ndarray of any shape
        Value.

    Returns
    -------
    out : ndarray, shape of ``x``
        ``1 / x``.
    cache : ndarray
        ``out``, for `reciprocal_backward`.
    """
    out = 1 / x
    return out, out


def reciprocal_backward(dout: np.ndarray, cache: np.ndarray) -> np.ndarray:
    """Multiply the upstream gradient by ``-1 / x**2``.

    Parameters
    ----------
    dout : ndarray of any shape
        Upstream gradient.
    cache : ndarray, shape of ``dout``
        The output of `reciprocal_forward`.

    Returns
    -------
    dx : ndarray, shape of ``dout``
        Gradient with respect to ``x``.
    """
    return -dout * cache * cache


def matmul_forward(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, tuple]:
    """Multiply two matrices.

    Parameters
    ----------
    x : ndarray of shape (N, D)
        Left factor.
    w : ndarray of shape (D, M)
        Right factor.

    Returns
    -------
    out : ndarray of shape (N, M)
        ``x @ w``.
    cache : tuple
        ``(x, w)``, for `matmul_backward`.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    check_array("x", x, "ND")
    check_shape("w", w, (x.shape[1], "M"), f"x has {x.shape[1]} columns")
    return x @ w, (x, w)


def matmul_backward(dout: np.ndarray, cache: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Send the upstream gradient back to both matrices.

    Parameters
    ----------
    dout : ndarray of shape (N, M)
        Upstream gradient.
    cache : tuple
        ``(x, w)`` from `matmul_forward`.

    Returns
    -------
    dx : ndarray of shape (N, D)
        Gradient with respect to ``x``.
    dw : ndarray of shape (D, M)
        Gradient with respect to ``w``.
    """
    x, w = cache
    return dout @ w.T, x.T @ dout


def hinge_forward(scores: np.ndarray, y: np.ndarray) -> tuple[float, tuple]:
    """Compute the multiclass SVM (hinge) loss with margin 1, averaged over the minibatch.

    Parameters
    ----------
    scores : ndarray of shape (N, C)
        ``scores[i, j]`` is the score of class j for example i.
    y : ndarray of shape (N,)
        Integer labels, from 0 to C - 1.

    Returns
    -------
    loss : float
        What all classes pay, summed, divided by N.
    cache : tuple
        ``(margins, y)``, for `hinge_backward`: what each class pays, 0 for the right one, in an
        array of shape (N, C).

    Raises
    ------
    TypeError
        If ``y`` does not hold integers.
    ValueError
        If a shape is wrong or a label is out of range.

    References
    ----------
    .. [1] CS231n course notes, "Linear Classification", "Multiclass SVM loss".

    Examples
    --------
    >>> hinge_forward(np.array([[3.0, 5.0, 2.5]]), np.array([0]))[0]
    3.5
    """
    check_array("scores", scores, "NC")
    check_labels(y, *scores.shape, "scores")
    right = np.take_along_axis(scores, y[:, None], axis=1)  # (N, 1)
    margins = np.maximum(scores - right + 1, 0)
    np.put_along_axis(margins, y[:, None], 0, axis=1)  # the right class pays nothing
    return float(margins.sum() / len(scores)), (margins, y)


def hinge_backward(dout: float, cache: tuple) -> np.ndarray:
    """Send the upstream gradient of the hinge loss back to the scores.

    Parameters
    ----------
    dout : number
        Upstream gradient of the loss.
    cache : tuple
        ``(margins, y)`` from `hinge_forward`.

    Returns
    -------
    dscores : ndarray of shape (N, C)
        Gradient with respect to ``scores``; a margin of exactly 0 gives none.
    """
    margins, y = cache
    pays = np.sign(margins)
    np.put_along_axis(pays, y[:, None], -pays.sum(axis=1, keepdims=True), axis=1)
    return dout / len(margins) * pays


def half_squares_forward(w: np.ndarray) -> tuple[float, np.ndarray]:
    """Add up the squares of all entries, and halve the sum.

    Parameters
    ----------
    w : ndarray of any shape
        Weights.

    Returns
    -------
    out : float
        ``0.5 * sum(w**2)``.
    cache : ndarray
        ``w``, for `half_squares_backward`.
    """
    return 0.5 * np.sum(w * w), w


def half_squares_backward(dout: float, cache: np.ndarray) -> np.ndarray:
    """Multiply the upstream gradient by the weights: the half cancels the 2 of the square.

    Parameters
    ----------
    dout : number
        Upstream gradient of the sum.
    cache : ndarray of any shape
        ``w`` from `half_squares_forward`.

    Returns
    -------
    dw : ndarray, shape of ``w``
        Gradient with respect to ``w``.
    """
    return dout * cache


def _add(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, None]:
    _check_same_shape(x, y)
    return x + y, None


def _check_same_shape(x: np.ndarray, y: np.ndarray) -> None:
    if np.shape(x) != np.shape(y):
        raise ValueError(
            f"x and y should have the same shape, but x has shape {format_shape(np.shape(x))} "
            f"and y has shape {format_shape(np.shape(y))}."
        )


ADD = Gate("+", _add, lambda dout, cache: (dout, dout))
MULTIPLY = Gate("×", multiply_forward, multiply_backward)
MAXIMUM = Gate("max", maximum_forward, maximum_backward)
NEGATE = Gate("×(-1)", lambda x: (-x, None), lambda dout, cache: -dout)
EXP = Gate("exp", exp_forward, exp_backward)
ADD_ONE = Gate("+1", lambda x: (x + 1, None), lambda dout, cache: dout)
RECIPROCAL = Gate("1/x", reciprocal_forward, reciprocal_backward)
MATMUL = Gate("matmul", matmul_forward, matmul_backward)
HALF_SQUARES = Gate("½ Σ w²", half_squares_forward, half_squares_backward)
