"""The drawing of a graph shows every number."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cs231n_lib import graph as g
from cs231n_lib import plots


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def texts(ax):
    return {text.get_text() for text in ax.texts if text.get_text()}


def small_graph():
    graph = g.Graph()
    graph.add_input("x", "y")
    graph.add_node("p", g.MULTIPLY, "x", "y")
    graph.add_node("f", g.ADD, "p", "x")
    return graph


def test_every_edge_has_its_value_and_gradient():
    graph = small_graph()
    graph.forward(x=2, y=-3)
    ax = plots.draw_graph(graph, graph.backward(), title="a finding")
    assert {
        "x = 2\ngrad = -2",
        "y = -3\ngrad = 2",
        "p = -6\ngrad = 1",
        "f = -4\ngrad = 1",
    } <= texts(ax)
    assert {"x", "y", "×", "+"} <= texts(ax)
    assert ax.get_title(loc="left") == "a finding" or ax.get_title() == "a finding"


def test_a_graph_without_values_shows_its_structure():
    assert texts(plots.draw_graph(small_graph())) == {"x", "y", "×", "+"}


def test_gradients_may_be_missing_and_arrays_show_their_shape():
    graph = small_graph()
    graph.forward(x=np.ones((2, 3)), y=np.ones((2, 3)))
    assert "x = array (2, 3)" in texts(plots.draw_graph(graph, {"f": 1.0}))


def test_nodes_do_not_stand_on_one_another():
    graph = small_graph()
    graph.add_input("z")
    graph.add_node("m", g.MAXIMUM, "f", "z")
    graph.add_node("n", g.MULTIPLY, "m", "p")
    column, row = plots._place_nodes(graph)
    places = [(column[name], row[name]) for name in graph.nodes]
    assert len(set(places)) == len(places)


def test_lines_of_the_style_differ_without_color():
    cycle = plots.LINES
    assert len(set(cycle["linestyle"])) == len(cycle["linestyle"])
    assert len(set(cycle["marker"])) == len(cycle["marker"])


def test_a_figure_is_followed_by_its_text_line(capsys, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: print("the figure"))
    plots.show("The loss falls.")
    assert capsys.readouterr().out == "the figure\nThe loss falls.\n"


def test_an_animation_draws_each_frame_and_keeps_the_last_for_print():
    fig, _ = plt.subplots(figsize=(2, 2))
    drawn = []
    film = plots.animate(fig, drawn.append, num_frames=3)
    assert set(drawn) == {0, 1, 2}
    assert drawn[0] == 2, "the last frame lays out the figure"
    bundle = film._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/html"].count("data:image/png;base64") == 3
    assert not plt.fignum_exists(fig.number)


def test_an_animation_needs_no_network():
    fig, _ = plt.subplots(figsize=(2, 2))
    html = plots.animate(fig, lambda frame: None, num_frames=1).html
    assert not re.search(r"<script[^>]* src=", html)


def test_stepping_backward_shows_a_gradient_once_all_its_readers_were_visited(monkeypatch):
    frames = []
    draw = plots.draw_graph
    monkeypatch.setattr(
        plots,
        "draw_graph",
        lambda graph, known, **options: (frames.append(set(known)), draw(graph, known, **options)),
    )
    graph = small_graph()
    graph.forward(x=2, y=-3)
    plots.step_backward(graph, graph.backward())
    # x is read by both gates, so it comes last
    assert {"f"} in frames
    assert {"f", "p"} in frames
    assert {"f", "p", "x", "y"} in frames
    assert {"f", "p", "x"} not in frames
