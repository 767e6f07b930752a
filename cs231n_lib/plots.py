"""Figures in the workbook's one style: readable in grey, a finding as the title."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np

from cs231n_lib.graph import Graph

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Lines differ by dash and marker as well as by color, so that a figure printed in grey still reads.
STYLE = {
    "figure.figsize": (7, 4),
    "figure.constrained_layout.use": True,
    "axes.titlesize": "large",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
}
LINES = {
    "color": ["#1b4f72", "#c0392b", "#7d8b2a", "#6c3483", "#000000", "#b9770e"],
    "linestyle": ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1))],
    "marker": ["o", "s", "^", "D", "v", "P"],
}
# What stands on the buttons of an animation, by the name of the icon that Matplotlib loads from a
# server. They are signs that every font has, so that the buttons can be read without a network.
SIGNS = {
    "minus": "-",
    "fast-backward": "|&lt;",
    "step-backward": "&lt;",
    "play fa-flip-horizontal": "&#9664;&#xFE0E;",
    "pause": "||",
    "play": "&#9654;&#xFE0E;",
    "step-forward": "&gt;",
    "fast-forward": "&gt;|",
    "plus": "+",
}


def use_style() -> None:
    """Set the workbook's style for all figures that follow in this session."""
    plt.rcParams.update(STYLE | {"axes.prop_cycle": plt.cycler(**LINES)})


def show(text: str) -> None:
    """Show the figures drawn so far, and below them a line for readers who can't see them.

    Parameters
    ----------
    text : str
        What the figure shows, in a sentence or two with its numbers.
    """
    plt.show()
    print(text)


@dataclass(frozen=True)
class Animation:
    """Pictures one after the other, with buttons in a notebook; in print, one of them.

    Attributes
    ----------
    html : str
        The pictures with buttons to play and to step forward and back; it needs no network.
    still : bytes
        The picture for print, as PNG.
    """

    html: str = field(repr=False)  # the text form would be as long as all pictures together
    still: bytes = field(repr=False)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self.html, "image/png": self.still}


def animate(
    fig: Figure, draw: Callable[[int], Any], num_frames: int, frames_per_second: float = 10
) -> Animation:
    """Draw a figure again and again; the last picture is the one for print.

    Parameters
    ----------
    fig : Figure
        What is drawn on; it is closed, so that it is not shown a second time.
    draw : callable
        Takes the number of a frame, from 0, and draws it on `fig`. It clears what has to go.
    num_frames : int
        How many pictures; each takes about 0.1 s and 30 kB.
    frames_per_second : float, default 10
        How fast it plays.

    Returns
    -------
    Animation
        Shown by Jupyter when it is a cell's last value; elsewhere by ``display``.
    """
    # here, since a worker that grades would load all of matplotlib for it
    from matplotlib.animation import FuncAnimation

    draw(num_frames - 1)
    fig.canvas.draw()
    fig.set_layout_engine("none")  # laid out once, by the last frame: nothing moves, and it is fast
    still = BytesIO()
    fig.savefig(still, format="png")
    film = FuncAnimation(fig, draw, frames=num_frames)
    html = _without_icons(film.to_jshtml(fps=frames_per_second, default_mode="once"))
    plt.close(fig)
    return Animation(html, still.getvalue())


def _without_icons(html: str) -> str:
    """Put signs on an animation's buttons, where Matplotlib would load icons from a server."""
    html = re.sub(r"<link\b[^>]*>", "", html)
    return re.sub(r'<i class="fa fa-([a-z -]+)"></i>', lambda icon: SIGNS[icon[1]], html)


def draw_graph(
    graph: Graph,
    gradients: Mapping[str, Any] | None = None,
    title: str = "",
    ax: Axes | None = None,
    highlight: str | None = None,
) -> Axes:
    """Draw a computational graph, with the value and the gradient on every edge.

    Parameters
    ----------
    graph : Graph
        The graph; values are shown once `Graph.forward` has run.
    gradients : mapping of str to number or ndarray, optional
        Gradients by node name, such as `Graph.backward` returns. Nodes may be missing.
    title : str, optional
        What the picture shows.
    ax : Axes, optional
        Where to draw; a new figure when left out.
    highlight : str, optional
        A node that is drawn with a thick border, and the edges that it reads with thick lines.

    Returns
    -------
    Axes
        What was drawn on.
    """
    gradients = gradients or {}
    column, row = _place_nodes(graph)
    width, height = max(column.values()) + 2, max(row.values()) + 1
    if ax is None:
        _, ax = plt.subplots(figsize=_graph_size(graph))
    edges = {(source, name) for name, node in graph.nodes.items() for source in node.inputs}
    place = {name: (column[name], row[name]) for name in graph.nodes}
    for source, name in sorted(edges):
        label = _edge_label(source, graph.values, gradients)
        room = 13 + 2.4 * len(graph.nodes[name].gate.symbol)  # a longer symbol has a larger circle
        _draw_edge(ax, place[source], place[name], label, room, thick=name == highlight)
    end = (width - 1, row[graph.output])
    _draw_edge(ax, place[graph.output], end, _edge_label(graph.output, graph.values, gradients))
    for name, node in graph.nodes.items():
        shape, fill = ("square", "#e8e8e8") if node.gate is None else ("circle", "white")
        box = {"boxstyle": f"{shape},pad=0.35", "facecolor": fill, "edgecolor": "black"}
        box["linewidth"] = 3.0 if name == highlight else 1.0
        label = name if node.gate is None else node.gate.symbol
        ax.text(*place[name], label, ha="center", va="center", bbox=box, zorder=3)
    ax.set(xlim=(-0.4, width - 0.8), ylim=(height - 0.4, -0.6), title=title)
    ax.axis("off")
    return ax


def step_backward(graph: Graph, gradients: Mapping[str, Any]) -> Animation:
    """Draw a backward pass step by step: each picture adds what one more gate sends back.

    Parameters
    ----------
    graph : Graph
        The graph, after `Graph.forward`.
    gradients : mapping of str to number or ndarray
        The gradient of every node, such as `Graph.backward` returns. A node's gradient is shown
        once everything that reads it has been visited.

    Returns
    -------
    Animation
        One picture more than there are gates; the gate visited last has a thick border. The last
        picture has all gradients.
    """
    gates = [name for name in reversed(graph.nodes) if graph.nodes[name].gate is not None]
    fig, ax = plt.subplots(figsize=_graph_size(graph))

    def draw(frame: int) -> None:
        ax.clear()
        to_come = gates[frame:]
        waiting = {source for name in to_come for source in graph.nodes[name].inputs}
        known = {name: grad for name, grad in gradients.items() if name not in waiting}
        last = gates[frame - 1] if frame else None
        what = "the upstream gradient arrives"
        if last is not None:
            what = f"back through {graph.nodes[last].gate.symbol}, the gate that made {last}"
        title = f"Step {frame} of {len(gates)}: {what}"
        draw_graph(graph, known, title=title, ax=ax, highlight=last)

    return animate(fig, draw, len(gates) + 1, frames_per_second=1)


def _graph_size(graph: Graph) -> tuple[float, float]:
    """Choose the size of a drawing, in inches; what an array is called needs more room."""
    column, row = _place_nodes(graph)
    wide = any(np.size(value) > 1 for value in graph.values.values())
    return (2.1 if wide else 1.8) * (max(column.values()) + 2), 1.2 * (max(row.values()) + 1) + 0.6


def _place_nodes(graph: Graph) -> tuple[dict[str, float], dict[str, float]]:
    """Give every node a column (its depth) and a row (the middle of what it reads)."""
    column: dict[str, float] = {}
    for name, node in graph.nodes.items():
        column[name] = max((column[source] + 1 for source in node.inputs), default=0)
    readers: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for name, node in graph.nodes.items():
        for source in node.inputs:
            readers[source].append(name)
    for name, node in graph.nodes.items():
        if node.gate is None and readers[name]:  # an input stands just before its first reader
            column[name] = min(column[reader] for reader in readers[name]) - 1
    # inputs are taken in the order of the graph; a gate stands between what it reads, and lower
    # if another node of its column is too close
    inputs = [name for name, node in graph.nodes.items() if node.gate is None]
    row: dict[str, float] = {name: float(place) for place, name in enumerate(inputs)}
    for depth in sorted(set(column.values())):
        for name in [name for name in graph.nodes if column[name] == depth]:
            sources = graph.nodes[name].inputs
            if sources:
                row[name] = float(np.mean([row[source] for source in sources]))
        above = -1.0
        for name in sorted((name for name in graph.nodes if column[name] == depth), key=row.get):
            row[name] = above = max(row[name], above + 1)
    return column, row


def _draw_edge(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    label: str,
    room: float = 16,
    thick: bool = False,
) -> None:
    arrow = {"arrowstyle": "->", "shrinkA": 12, "shrinkB": room, "linewidth": 2.5 if thick else 1}
    ax.annotate("", end, start, arrowprops=arrow, zorder=1)
    middle = np.mean([start, end], axis=0)
    white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    weight = "bold" if thick else "normal"
    place = {"ha": "center", "va": "center", "zorder": 2}
    ax.text(*middle, label, fontsize=9, fontweight=weight, bbox=white, **place)


def _edge_label(name: str, values: Mapping[str, Any], gradients: Mapping[str, Any]) -> str:
    lines = [f"{name} = {_short(values[name])}"] if name in values else []
    if name in gradients:
        lines.append(f"grad = {_short(gradients[name])}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    """Write a number with three digits, an array as its shape."""
    array = np.asarray(value)
    return f"{array.item():.3g}" if array.size == 1 else f"array {array.shape}"
