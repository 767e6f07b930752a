"""The drawing of a graph shows every number."""

import ast
import re
from pathlib import Path

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


def test_gates_of_one_column_stand_apart():
    # w is read by two gates, which would stand half a row from each other
    graph = g.Graph()
    graph.add_input("x", "w", "reg")
    graph.add_node("scores", g.MATMUL, "x", "w")
    graph.add_node("R", g.HALF_SQUARES, "w")
    graph.add_node("price", g.MULTIPLY, "R", "reg")
    column, row = plots._place_nodes(graph)
    for depth in set(column.values()):
        rows = sorted(row[name] for name in graph.nodes if column[name] == depth)
        assert all(np.diff(rows) >= 1)


def test_a_highlighted_gate_and_what_it_reads_are_thick():
    graph = small_graph()
    graph.forward(x=2, y=-3)
    ax = plots.draw_graph(graph, graph.backward(), highlight="p")
    labels = {text.get_text(): text for text in ax.texts}
    assert labels["×"].get_bbox_patch().get_linewidth() == 3
    assert labels["+"].get_bbox_patch().get_linewidth() == 1
    assert labels["y = -3\ngrad = 2"].get_fontweight() == "bold"
    assert labels["p = -6\ngrad = 1"].get_fontweight() == "normal"


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
    assert "http" not in html
    assert "<link" not in html


def test_every_button_of_an_animation_has_a_sign_that_needs_no_icons():
    fig, _ = plt.subplots(figsize=(2, 2))
    html = plots.animate(fig, lambda frame: None, num_frames=1).html
    buttons = re.findall(r'<button title="([^"]+)".*?>\s*([^<\s]+)\s*</button>', html, re.DOTALL)
    assert dict(buttons)["Next frame"] == "&gt;"
    assert len(buttons) == html.count("<button") == len(plots.SIGNS)


def test_only_pyplot_is_imported_at_the_top_because_a_worker_loads_that_late():
    tree = ast.parse(Path(plots.__file__).read_text(encoding="utf-8"))
    names = [
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    ]
    names += [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert [name for name in names if "matplotlib" in name] == ["matplotlib.pyplot"]


def test_the_text_form_of_an_animation_is_short():
    fig, _ = plt.subplots(figsize=(2, 2))
    assert repr(plots.animate(fig, lambda frame: None, num_frames=1)) == "Animation()"


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


def test_stepping_backward_highlights_the_gate_visited_and_keeps_every_node_in_its_place(
    monkeypatch,
):
    seen, draw = [], plots.draw_graph

    def drawing(graph, known, **options):
        ax = draw(graph, known, **options)
        ax.figure.canvas.draw()
        places = [ax.transData.transform(text.get_position()).tolist() for text in ax.texts]
        seen.append((options["highlight"], options["title"], places))
        return ax

    monkeypatch.setattr(plots, "draw_graph", drawing)
    graph = small_graph()
    graph.forward(x=2, y=-3)
    with plt.rc_context(plots.STYLE):
        plots.step_backward(graph, graph.backward())
    assert {highlight for highlight, _, _ in seen} == {None, "f", "p"}
    assert "Step 2 of 2: back through ×, the gate that made p" in {title for _, title, _ in seen}
    assert all(places == seen[0][2] for _, _, places in seen)
