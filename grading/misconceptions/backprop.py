"""What students get wrong in 01_backprop, and what they get right in unusual ways."""

from grading.misconceptions import unusual, wrong

MISCONCEPTIONS = [
    # ---- numerical_gradient
    wrong(
        "numerical_gradient",
        "difference_to_one_side",
        (
            "grad is the difference to one side: f at x + h minus f at x, divided by h. Which two "
            "points does the centered difference compare?"
        ),
        ("x[index] = kept - h", "x[index] = kept"),
        ("/ (2 * h)", "/ h"),
    ),
    wrong(
        "numerical_gradient",
        "divides_by_h",
        (
            "Every slope in grad is two times too large. How far apart are the two points at "
            "which f is compared?"
        ),
        ("/ (2 * h)", "/ h"),
    ),
    wrong(
        "numerical_gradient",
        "half_a_step_back",
        (
            "The slopes in grad are about half of what they should be. When the entry stands at x "
            "+ h, how far must it move to reach x - h?"
        ),
        ("x[index] = kept - h", "x[index] -= h"),
    ),
    wrong(
        "numerical_gradient",
        "multiplies_by_h",
        (
            "Each slope is off by a factor of h * h, as if the difference of f were multiplied by "
            "h instead of divided. In which order does Python compute a / b * c?"
        ),
        ("/ (2 * h)", "/ 2 * h"),
    ),
    wrong(
        "numerical_gradient",
        "does_not_divide_by_h",
        (
            "grad is half of the difference of f, without the step h. A slope says how much f "
            "changes per step: where does h enter?"
        ),
        ("/ (2 * h)", "/ 2"),
    ),
    wrong(
        "numerical_gradient",
        "below_minus_above",
        (
            "grad points downhill: each slope has the wrong sign. Which of the two values of f is "
            "subtracted from the other?"
        ),
        ("(above - below)", "(below - above)"),
    ),
    wrong(
        "numerical_gradient",
        "all_entries_move",
        (
            "Every entry of grad holds the same number: the slope when all entries of x move "
            "together. Which entries may move for one slope?"
        ),
        answer="""
grad = np.zeros_like(x)
for index in np.ndindex(x.shape):
    grad[index] = (f(x + h) - f(x - h)) / (2 * h)
""",
    ),
    wrong(
        "numerical_gradient",
        "a_whole_row_moves",
        (
            "All entries of a row of grad are equal: they hold the slope when the whole row of x "
            "moves. Does your loop visit rows, or single entries?"
        ),
        ("np.ndindex(x.shape)", "range(len(x))"),
        ("kept = x[index]", "kept = np.copy(x[index])"),
    ),
    wrong(
        "numerical_gradient",
        "own_step",
        (
            "grad comes from a step of 1e-5 and not from the h that is passed in. It looks right "
            "only while h has its default value."
        ),
        ("kept + h", "kept + 1e-5"),
        ("kept - h", "kept - 1e-5"),
        ("(2 * h)", "2e-5"),
    ),
    wrong(
        "numerical_gradient",
        "not_put_back",
        (
            "After the call, each entry of x is smaller by h. What should happen to an entry "
            "before the next one is moved?"
        ),
        ("x[index] = kept\n        grad", "grad"),
    ),
    wrong(
        "numerical_gradient",
        "left_above",
        (
            "After the call, each entry of x is larger by h. Is the entry put back after the last "
            "call of f?"
        ),
        answer="""
grad = np.zeros_like(x)
for index in np.ndindex(x.shape):
    x[index] -= h
    below = f(x)
    x[index] += 2 * h
    above = f(x)
    grad[index] = (above - below) / (2 * h)
""",
    ),
    wrong(
        "numerical_gradient",
        "put_back_by_arithmetic",
        (
            "grad is right, but x is not exactly what it was: adding and subtracting h rounds. "
            "What could you store before the entry moves?"
        ),
        answer="""
grad = np.zeros_like(x)
for index in np.ndindex(x.shape):
    x[index] += h
    above = f(x)
    x[index] -= 2 * h
    below = f(x)
    x[index] += h
    grad[index] = (above - below) / (2 * h)
""",
    ),
    wrong(
        "numerical_gradient",
        "flat",
        (
            "grad is one long row of slopes. Which shape should it have, so that grad[index] "
            "belongs to x[index]?"
        ),
        answer="""
slopes = []
for index in np.ndindex(x.shape):
    kept = x[index]
    x[index] = kept + h
    above = f(x)
    x[index] = kept - h
    slopes.append((above - f(x)) / (2 * h))
    x[index] = kept
grad = np.array(slopes)
""",
    ),
    # ---- chain_rule
    wrong(
        "chain_rule",
        "own_factor",
        (
            "dx and dy hold q, and dz holds z. In f = q * z, how much does f change when q grows "
            "by 1: by q or by z?"
        ),
        ("dq = z", "dq = q"),
        ("dz = q", "dz = z"),
    ),
    wrong(
        "chain_rule",
        "local_slope_only",
        (
            "dx and dy are 1: that is how q changes, not how f changes. What does the chain rule "
            "multiply it by?"
        ),
        ("dx = dq", "dx = 1.0"),
        ("dy = dq", "dy = 1.0"),
    ),
    wrong(
        "chain_rule",
        "sum_as_product",
        (
            "dx is y times z, and dy is x times z, as if f were x * y * z. How much does q = x + "
            "y change when only x grows?"
        ),
        ("dx = dq", "dx = dq * y"),
        ("dy = dq", "dy = dq * x"),
    ),
    wrong(
        "chain_rule",
        "times_own_value",
        (
            "dx is multiplied by the value of x, and dy by the value of y. Does the slope of q = "
            "x + y depend on x or y?"
        ),
        ("dx = dq", "dx = dq * x"),
        ("dy = dq", "dy = dq * y"),
    ),
    wrong(
        "chain_rule",
        "halves_at_the_sum",
        (
            "dx and dy get only half of dq each. If x grows by 1 and y stays, by how much does q "
            "grow?"
        ),
        ("dx = dq", "dx = dq / 2"),
        ("dy = dq", "dy = dq / 2"),
    ),
    wrong(
        "chain_rule",
        "starts_from_f",
        (
            "dx, dy and dz are multiplied by f, as if the backward pass started from the value of "
            "f. What is the gradient of f with respect to f itself?"
        ),
        ("dq = z", "dq = f * z"),
        ("dz = q", "dz = f * q"),
    ),
    wrong(
        "chain_rule",
        "dz_is_f",
        "dz equals f: it is q * z. When only z grows by 1, by how much does q * z grow?",
        ("dz = q", "dz = dq * q"),
    ),
    wrong(
        "chain_rule",
        "no_brackets",
        "f is x + y * z: the product takes only y. What should be computed first?",
        ("f = q * z", "f = x + y * z"),
    ),
    # ---- multiply_backward
    wrong(
        "multiply_backward",
        "own_input",
        (
            "dx is dout times x, and dy is dout times y. If x grows by 1, by how much does x * y "
            "grow?"
        ),
        ("dx = dout * y", "dx = dout * x"),
        ("dy = dout * x", "dy = dout * y"),
    ),
    wrong(
        "multiply_backward",
        "no_upstream",
        (
            "dx is y and dy is x: these are the local gradients alone. Where does the upstream "
            "gradient enter?"
        ),
        ("dx = dout * y", "dx = y"),
        ("dy = dout * x", "dy = x"),
    ),
    wrong(
        "multiply_backward",
        "passes_dout_on",
        (
            "dx and dy both equal dout: the local gradient is missing. What is the derivative of "
            "x * y with respect to x?"
        ),
        ("dx = dout * y", "dx = dout"),
        ("dy = dout * x", "dy = dout"),
    ),
    wrong(
        "multiply_backward",
        "dy_with_both_inputs",
        (
            "dy is dout times x times y. When only y moves, by how much does x * y change? Each "
            "input gets its own product with dout."
        ),
        ("dy = dout * x", "dy = dx * x"),
    ),
    wrong(
        "multiply_backward",
        "adds_dout",
        (
            "dx is dout plus y, and dy is dout plus x. How does the chain rule combine the "
            "upstream gradient with the local gradient?"
        ),
        ("dx = dout * y", "dx = dout + y"),
        ("dy = dout * x", "dy = dout + x"),
    ),
    wrong(
        "multiply_backward",
        "sums_the_entries",
        (
            "dx and dy are single numbers: the products of all entries are added up. The gate "
            "works entry by entry; what shape has x?"
        ),
        ("dx = dout * y", "dx = np.sum(dout * y)"),
        ("dy = dout * x", "dy = np.sum(dout * x)"),
    ),
    # ---- maximum_backward
    wrong(
        "maximum_backward",
        "to_the_loser",
        (
            "dx gets dout where y won, and dy gets it where x won. Which input can change the "
            "output: the larger or the smaller?"
        ),
        ("dx = dout * x_won", "dx = dout * ~x_won"),
        ("dy = dout * ~x_won", "dy = dout * x_won"),
    ),
    wrong(
        "maximum_backward",
        "no_upstream",
        (
            "dx and dy hold only ones and zeros: the local gradients. Where does the upstream "
            "gradient enter?"
        ),
        ("dx = dout * x_won", "dx = 1.0 * x_won"),
        ("dy = dout * ~x_won", "dy = 1.0 * ~x_won"),
    ),
    wrong(
        "maximum_backward",
        "both_get_all",
        (
            "dx and dy both equal dout, as from an add gate. Does the smaller input change the "
            "output when it moves a little?"
        ),
        ("dx = dout * x_won", "dx = dout"),
        ("dy = dout * ~x_won", "dy = dout"),
    ),
    wrong(
        "maximum_backward",
        "same_mask_twice",
        "dy equals dx: both are dout where x won. Where does y get the upstream gradient?",
        ("dout * ~x_won", "dout * x_won"),
    ),
    wrong(
        "maximum_backward",
        "one_array_for_all",
        (
            "dx and dy are 0 everywhere. If dx and dy are only two more names for dout, what does "
            "setting some of their entries to 0 do to the others?"
        ),
        answer="""
dx = dout
dx[~x_won] = 0
dy = dout
dy[x_won] = 0
""",
    ),
    wrong(
        "maximum_backward",
        "dout_zeroed_before_dy",
        "dx is right, but dy is 0 everywhere. Is dout still complete when dy is computed from it?",
        answer="""
dx = dout
dx[~x_won] = 0
dy = dout * ~x_won
""",
    ),
    wrong(
        "maximum_backward",
        "not_of_integers",
        (
            "dy is minus dout where y won, and -2 times dout where x won. ~ means not for "
            "booleans only; what does it do to the integers 0 and 1?"
        ),
        ("dout * ~x_won", "dout * ~x_won.astype(int)"),
    ),
    wrong(
        "maximum_backward",
        "dy_has_the_wrong_sign",
        (
            "dy has the wrong sign where y won. There the output is y itself: if y grows by 1, "
            "does the output grow or fall?"
        ),
        ("dout * ~x_won", "dout * (x_won - 1.0)"),
    ),
    wrong(
        "maximum_backward",
        "only_the_winning_entries",
        (
            "dx and dy hold only the entries that won, one after the other. What shape should "
            "they have, and what stands where an input lost?"
        ),
        ("dx = dout * x_won", "dx = dout[x_won]"),
        ("dy = dout * ~x_won", "dy = dout[~x_won]"),
    ),
    # ---- backward_sweep
    wrong(
        "backward_sweep",
        "assigns_at_a_branch",
        (
            "At a branch, only one of the gradients is kept: the later one replaces the earlier "
            "one. What happens to gradients that come back along several paths?"
        ),
        ("grads[source] = grads[source] + gradient", "grads[source] = gradient"),
    ),
    wrong(
        "backward_sweep",
        "stops_after_the_last_node",
        (
            "Only the nodes that the last node reads get a gradient; behind them all is 0. Are "
            "all nodes visited, and each one after everything that reads it?"
        ),
        ("reversed(graph.nodes)", "graph.nodes"),
    ),
    wrong(
        "backward_sweep",
        "same_dout_for_all",
        (
            "Every gate receives the dout of the last node. Which gradient is the upstream "
            "gradient of a gate in the middle of the graph?"
        ),
        ("node.backward(grads[name], ", "node.backward(dout, "),
    ),
    wrong(
        "backward_sweep",
        "inputs_exchanged",
        (
            "The gradients of a gate go to its inputs in the opposite order. To which name in "
            "node.inputs does the first gradient belong?"
        ),
        ("zip(node.inputs, gradients", "zip(reversed(node.inputs), gradients"),
    ),
    wrong(
        "backward_sweep",
        "first_gradient_for_all",
        (
            "All inputs of a gate get its first gradient. The gate returns one gradient for each "
            "input: where does the second one go?"
        ),
        (
            "for source, gradient in zip(node.inputs, gradients, strict=True):",
            "for source in node.inputs:",
        ),
        ("grads[source] + gradient", "grads[source] + gradients[0]"),
    ),
    wrong(
        "backward_sweep",
        "upstream_twice",
        (
            "Each gradient is multiplied by the upstream gradient twice. What has node.backward "
            "done with its dout already?"
        ),
        ("grads[source] + gradient", "grads[source] + gradient * grads[name]"),
    ),
    wrong(
        "backward_sweep",
        "ones_instead_of_upstream",
        (
            "Every gate receives 1 as its upstream gradient, so only local gradients come back. "
            "What has already been collected for a node when you reach it?"
        ),
        ("node.backward(grads[name], ", "node.backward(np.ones_like(grads[name]), "),
    ),
    wrong(
        "backward_sweep",
        "added_to_the_node_itself",
        (
            "The gradients from a gate are added to the gate's own node, and the nodes it reads "
            "keep 0. For which names does node.backward return gradients?"
        ),
        ("grads[source] = grads[source] + gradient", "grads[name] = grads[name] + gradient"),
    ),
    wrong(
        "backward_sweep",
        "one_gradient_per_name",
        (
            "When a gate reads the same node twice, only the second gradient is added. How many "
            "gradients does this gate return, and whose are they?"
        ),
        (
            "in zip(node.inputs, gradients, strict=True):",
            "in dict(zip(node.inputs, gradients, strict=True)).items():",
        ),
    ),
    wrong(
        "backward_sweep",
        "first_place_of_the_name",
        (
            "When a gate reads the same node twice, its first gradient is added twice and the "
            "second one is lost. Which gradient belongs to the second place?"
        ),
        (
            "for source, gradient in zip(node.inputs, gradients, strict=True):",
            "for source in node.inputs:",
        ),
        ("grads[source] + gradient", "grads[source] + gradients[node.inputs.index(source)]"),
    ),
    wrong(
        "backward_sweep",
        "shared_array",
        (
            "Some gradients change after their node was visited: several names share one array. "
            "An add gate hands the same array to both inputs; what does adding to it in place do?"
        ),
        answer="""
seen = set()
for name in reversed(graph.nodes):
    node = graph.nodes[name]
    for source, gradient in zip(node.inputs, node.backward(grads[name], graph.caches[name])):
        if source in seen:
            grads[source] += gradient
        else:
            grads[source] = gradient
            seen.add(source)
""",
    ),
    wrong(
        "backward_sweep",
        "visits_again_and_again",
        (
            "A node that is read twice sends its gradient back twice, first while it is "
            "incomplete. How often should each node be visited, and when?"
        ),
        answer="""
todo = [graph.output]

def visit(name):
    gradients = graph.nodes[name].backward(grads[name], graph.caches[name])
    for source, gradient in zip(graph.nodes[name].inputs, gradients):
        grads[source] = grads[source] + gradient
        visit(source)

visit(todo[0])
""",
    ),
    # ---- exp_backward
    wrong(
        "exp_backward",
        "no_upstream",
        (
            "dx is the local gradient alone: it does not depend on dout. Where does the upstream "
            "gradient enter?"
        ),
        ("dx = dout * out", "dx = out"),
    ),
    wrong(
        "exp_backward",
        "exp_twice",
        (
            "dx contains the exponential of the exponential. What does the cache hold: x, or the "
            "output?"
        ),
        ("dx = dout * out", "dx = dout * np.exp(out)"),
    ),
    wrong(
        "exp_backward",
        "passes_dout_on",
        "dx equals dout: the local gradient is missing. What is the derivative of exp?",
        ("dx = dout * out", "dx = dout * 1.0"),
    ),
    wrong(
        "exp_backward",
        "minus",
        (
            "dx has the wrong sign. This gate computes exp(x), not exp(-x): the change of sign is "
            "a gate of its own."
        ),
        ("dx = dout * out", "dx = -dout * out"),
    ),
    # ---- reciprocal_backward
    wrong(
        "reciprocal_backward",
        "no_minus",
        (
            "dx has the wrong sign. If x grows, does 1 / x grow or fall? A minus inside a square "
            "is lost."
        ),
        ("dx = -dout", "dx = dout"),
    ),
    wrong(
        "reciprocal_backward",
        "cache_taken_for_x",
        (
            "dx is -dout * x**2, but the local gradient is -1 / x**2. Does the cache hold x, or 1 "
            "/ x?"
        ),
        ("* out**2", "/ out**2"),
    ),
    wrong(
        "reciprocal_backward",
        "no_square",
        "dx is -dout / x: a square is missing. What is the derivative of 1 / x?",
        ("* out**2", "* out"),
    ),
    wrong(
        "reciprocal_backward",
        "no_upstream",
        (
            "dx is the local gradient alone: it does not depend on dout. Where does the upstream "
            "gradient enter?"
        ),
        ("dx = -dout * out**2", "dx = -(out**2)"),
    ),
    wrong(
        "reciprocal_backward",
        "dout_squared",
        (
            "dx contains the square of dout. Only the local gradient has a square; what do your "
            "brackets hold?"
        ),
        ("-dout * out**2", "-((dout * out) ** 2)"),
    ),
    wrong(
        "reciprocal_backward",
        "slope_of_the_logarithm",
        (
            "dx is dout / x. 1 / x is what this gate computes, not its local gradient: what is "
            "the derivative of 1 / x?"
        ),
        ("-dout * out**2", "dout * out"),
    ),
    # ---- sigmoid_forward
    wrong(
        "sigmoid_forward",
        "sign_of_the_exponent",
        (
            "out falls while x grows: it is 1 minus the sigmoid. For a large x, should the "
            "exponential be large or small?"
        ),
        ("np.exp(-x)", "np.exp(x)"),
    ),
    wrong(
        "sigmoid_forward",
        "no_brackets",
        (
            "out is 1 + exp(-x), always more than 1. Which part of the formula stands below the "
            "fraction line?"
        ),
        ("1 / (1 + np.exp(-x))", "1 / 1 + np.exp(-x)"),
    ),
    wrong(
        "sigmoid_forward",
        "no_plus_one",
        "out is exp(x), which has no upper limit. One of the four gates is missing: which one?",
        ("1 / (1 + np.exp(-x))", "1 / np.exp(-x)"),
    ),
    wrong(
        "sigmoid_forward",
        "tanh",
        "out is the tanh, which runs from -1 to 1. Which range should the sigmoid have?",
        ("1 / (1 + np.exp(-x))", "np.tanh(x)"),
    ),
    wrong(
        "sigmoid_forward",
        "the_slope",
        (
            "out is the slope of the sigmoid, at most 0.25. The forward pass returns the value "
            "itself."
        ),
        ("1 / (1 + np.exp(-x))", "np.exp(-x) / (1 + np.exp(-x)) ** 2"),
    ),
    wrong(
        "sigmoid_forward",
        "normalized_over_the_array",
        (
            "The entries of out add up to 1, so each of them depends on all others. The sigmoid "
            "works on every entry of x alone."
        ),
        ("1 / (1 + np.exp(-x))", "np.exp(x) / np.sum(np.exp(x))"),
    ),
    # ---- sigmoid_backward
    wrong(
        "sigmoid_backward",
        "input_for_output",
        (
            "dx is dout * x * (1 - x), with the input x. Which array stands in s * (1 - s): the "
            "input or the output?"
        ),
        # x from the output: a student's own cache would hold it
        answer="""
x = np.log(cache / (1 - cache))
dx = dout * x * (1 - x)
""",
    ),
    wrong(
        "sigmoid_backward",
        "sigmoid_twice",
        (
            "dx is computed from the sigmoid of the sigmoid. What does your forward store in the "
            "cache: x, or out?"
        ),
        ("out = cache", "out = 1 / (1 + np.exp(-cache))"),
    ),
    wrong(
        "sigmoid_backward",
        "no_upstream",
        (
            "dx is the slope of the sigmoid alone: it does not depend on dout. Where does the "
            "upstream gradient enter?"
        ),
        ("dx = dout * out * (1 - out)", "dx = out * (1 - out)"),
    ),
    wrong(
        "sigmoid_backward",
        "no_brackets",
        (
            "dx is dout * out - out. In the local gradient, what is 1 - out multiplied by, and "
            "what do the brackets hold?"
        ),
        ("out * (1 - out)", "out * 1 - out"),
    ),
    wrong(
        "sigmoid_backward",
        "one_minus_out_only",
        (
            "dx is dout * (1 - out): one factor of the slope is missing. Is the slope small on "
            "both sides?"
        ),
        ("dout * out * (1 - out)", "dout * (1 - out)"),
    ),
    wrong(
        "sigmoid_backward",
        "out_only",
        (
            "dx is dout * out, the rule of the exp gate. What happens to the slope of the sigmoid "
            "when out comes near 1?"
        ),
        ("dout * out * (1 - out)", "dout * out"),
    ),
    wrong(
        "sigmoid_backward",
        "wrong_sign",
        (
            "dx has the wrong sign: the sigmoid rises everywhere, so its slope is positive. Two "
            "of the four gates change the sign; are both counted?"
        ),
        ("dx = dout", "dx = -dout"),
    ),
    wrong(
        "sigmoid_backward",
        "slope_of_tanh",
        "dx is dout * (1 - out**2). That is the slope of tanh; how does the sigmoid's differ?",
        ("dout * out * (1 - out)", "dout * (1 - out**2)"),
    ),
    # ---- matmul_backward
    wrong(
        "matmul_backward",
        "dw_is_transposed",
        (
            "dw has shape (M, D): it is the transpose of the gradient. Which order of the factors "
            "gives the shape of w?"
        ),
        ("dw = x.T @ dout", "dw = dout.T @ x"),
    ),
    wrong(
        "matmul_backward",
        "dx_is_transposed",
        (
            "dx has shape (D, N): it is the transpose of the gradient. Which order of the factors "
            "gives the shape of x?"
        ),
        ("dx = dout @ w.T", "dx = w @ dout.T"),
    ),
    wrong(
        "matmul_backward",
        "exchanged",
        (
            "dx holds the gradient of w, and dw holds the gradient of x. Compare their shapes "
            "with those of x and w."
        ),
        ("dx = dout @ w.T", "dx = x.T @ dout"),
        ("dw = x.T @ dout", "dw = dout @ w.T"),
    ),
    wrong(
        "matmul_backward",
        "reshaped_not_transposed",
        (
            "dx is computed from a w whose entries stand in the wrong places. reshape keeps the "
            "order of the entries; what does a transpose do?"
        ),
        ("w.T", "w.reshape(w.shape[1], w.shape[0])"),
        ("x.T", "x.reshape(x.shape[1], x.shape[0])"),
    ),
    wrong(
        "matmul_backward",
        "no_upstream",
        (
            "dx is the transpose of w, and dw the transpose of x. Local gradients alone: where "
            "does the upstream gradient enter?"
        ),
        ("dx = dout @ w.T", "dx = w.T"),
        ("dw = x.T @ dout", "dw = x.T"),
    ),
    wrong(
        "matmul_backward",
        "upstream_of_ones",
        (
            "dx and dw do not depend on dout, as if every entry of dout were 1. Where does the "
            "upstream gradient enter?"
        ),
        ("dx = dout @ w.T", "dx = np.ones_like(dout) @ w.T"),
        ("dw = x.T @ dout", "dw = x.T @ np.ones_like(dout)"),
    ),
    wrong(
        "matmul_backward",
        "dw_is_the_mean",
        (
            "dw is a mean over the N examples. All of them read the same w: what happens to "
            "gradients at a branch?"
        ),
        ("dw = x.T @ dout", "dw = x.T @ dout / len(x)"),
    ),
    wrong(
        "matmul_backward",
        "dw_of_the_last_example",
        (
            "dw contains only the last of the N examples. All of them read the same w: what "
            "happens to gradients at a branch?"
        ),
        ("dw = x.T @ dout", "dw = np.outer(x[-1], dout[-1])"),
    ),
    wrong(
        "matmul_backward",
        "dx_from_the_last_score",
        (
            "dx contains only the path through the last of the M scores. Each entry of x is read "
            "by every score of its example."
        ),
        ("dx = dout @ w.T", "dx = np.outer(dout[:, -1], w[:, -1])"),
    ),
    # ---- softmax_loss
    wrong(
        "softmax_loss",
        "no_shift",
        (
            "Large scores give NaN: their exponential is too large for a float. What can you "
            "subtract from a row without changing its probabilities?"
        ),
        answer="""
N = len(x)
exps = np.exp(x)
probs = exps / exps.sum(axis=1, keepdims=True)
loss = -np.log(probs[np.arange(N), y]).mean()
dx = probs.copy()
dx[np.arange(N), y] -= 1
dx /= N
""",
    ),
    wrong(
        "softmax_loss",
        "one_maximum_for_all",
        (
            "The largest of all scores is subtracted from every row, so a row far below it turns "
            "into 0 / 0. Whose largest score should a row lose?"
        ),
        answer="""
N = len(x)
exps = np.exp(x - x.max())
probs = exps / exps.sum(axis=1, keepdims=True)
loss = -np.log(probs[np.arange(N), y]).mean()
dx = probs.copy()
dx[np.arange(N), y] -= 1
dx /= N
""",
    ),
    wrong(
        "softmax_loss",
        "loss_is_the_sum",
        (
            "The loss is a sum over the examples, N times too large. How should it depend on the "
            "size of the minibatch?"
        ),
        ("y]).mean()", "y]).sum()"),
    ),
    wrong(
        "softmax_loss",
        "loss_for_each_example",
        (
            "The loss is an array with one number for each example. How do N losses become the "
            "loss of the minibatch?"
        ),
        ("y]).mean()", "y])"),
    ),
    wrong(
        "softmax_loss",
        "loss_of_the_last_example",
        (
            "The loss contains only the last example, divided by N. What happened to the losses "
            "of the examples before it?"
        ),
        ("y]).mean()", "y])[-1] / N"),
    ),
    wrong(
        "softmax_loss",
        "mean_over_the_classes_too",
        (
            "The loss is C times too small: the sum is divided by N * C. Over how many examples "
            "is the mean taken?"
        ),
        ("y]).mean()", "y]).sum() / x.size"),
    ),
    wrong(
        "softmax_loss",
        "dx_of_the_sum",
        (
            "dx is N times too large: it is the gradient of a sum over the examples. The loss is "
            "their mean; what does that change in dx?"
        ),
        ("dx = dx / N", "dx = dx / 1"),
    ),
    wrong(
        "softmax_loss",
        "sum_everywhere",
        (
            "The loss and dx are both N times too large. They agree with each other, so a "
            "gradient check finds nothing; but the loss of a minibatch is a mean."
        ),
        ("y]).mean()", "y]).sum()"),
        ("dx = dx / N", "dx = dx / 1"),
    ),
    wrong(
        "softmax_loss",
        "loss_is_negative",
        (
            "The loss has the wrong sign. The log of a probability is at most 0: what makes a "
            "loss of it?"
        ),
        ("y]).mean()", "y]).mean() * -1"),
    ),
    wrong(
        "softmax_loss",
        "no_log",
        (
            "The loss is minus the mean probability of the right class: the logarithm is missing. "
            "Which loss should a probability of 1 give?"
        ),
        (
            "(np.log(sums[:, 0]) - shifted[np.arange(N), y]).mean()",
            "-(exps / sums)[np.arange(N), y].mean()",
        ),
    ),
    wrong(
        "softmax_loss",
        "log_of_the_mean",
        (
            "The loss is minus the log of the mean probability. Which comes first: the log of "
            "each example, or the mean?"
        ),
        (
            "(np.log(sums[:, 0]) - shifted[np.arange(N), y]).mean()",
            "-np.log((exps / sums)[np.arange(N), y].mean())",
        ),
    ),
    wrong(
        "softmax_loss",
        "log_of_every_class",
        (
            "The loss adds up -log p over all classes. Which one of the probabilities of an "
            "example counts?"
        ),
        (
            "(np.log(sums[:, 0]) - shifted[np.arange(N), y]).mean()",
            "-np.log(exps / sums).sum() / N",
        ),
    ),
    wrong(
        "softmax_loss",
        "half_shifted",
        (
            "The loss mixes shifted scores with unshifted ones: each example is off by its "
            "largest score. Are both terms of the loss shifted?"
        ),
        ("- shifted[np.arange(N), y]", "- x[np.arange(N), y]"),
    ),
    wrong(
        "softmax_loss",
        "constant_in_the_log",
        (
            "The loss is a little too small, as if 1e-5 were added to each probability before the "
            "log. Which loss does a probability of 1 then give?"
        ),
        (
            "(np.log(sums[:, 0]) - shifted[np.arange(N), y]).mean()",
            "-np.log((exps / sums)[np.arange(N), y] + 1e-5).mean()",
        ),
    ),
    wrong(
        "softmax_loss",
        "normalized_down_the_columns",
        (
            "The probabilities of each class add up to 1 over the examples. Which numbers should "
            "add up to 1: a row or a column?"
        ),
        answer="""
N = len(x)
exps = np.exp(x - x.max(axis=0))
probs = exps / exps.sum(axis=0)
loss = -np.log(probs[np.arange(N), y]).mean()
dx = probs.copy()
dx[np.arange(N), y] -= 1
dx /= N
""",
    ),
    wrong(
        "softmax_loss",
        "normalized_over_all",
        (
            "The probabilities of all examples together add up to 1. Over which of them should "
            "the sum of the exponentials run?"
        ),
        answer="""
N = len(x)
exps = np.exp(x - x.max())
probs = exps / exps.sum()
loss = -np.log(probs[np.arange(N), y]).mean()
dx = probs.copy()
dx[np.arange(N), y] -= 1
dx /= N
""",
    ),
    wrong(
        "softmax_loss",
        "columns_instead_of_pairs",
        (
            "Every row is read at the right classes of all N examples. With [:, y] you get N "
            "columns; how do you pick one entry from each row?"
        ),
        answer="""
N = len(x)
shifted = x - x.max(axis=1, keepdims=True)
probs = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
loss = -np.log(probs[:, y]).mean()
dx = probs.copy()
dx[:, y] -= 1
dx /= N
""",
    ),
    wrong(
        "softmax_loss",
        "dx_is_the_probabilities",
        "dx is the probabilities divided by N. At the right class, something is still missing.",
        ("dx[np.arange(N), y] -= 1", "pass"),
    ),
    wrong(
        "softmax_loss",
        "dx_has_the_wrong_sign",
        (
            "dx has the wrong sign. If the score of the right class grows, does the loss grow or "
            "fall?"
        ),
        ("dx = dx / N", "dx = -dx / N"),
    ),
    wrong(
        "softmax_loss",
        "one_after_the_division",
        (
            "At the right class, dx is p / N - 1: only the probability is divided by N. What else "
            "belongs to the gradient of the mean?"
        ),
        ("dx[np.arange(N), y] -= 1", "dx[np.arange(N), y] -= N"),
    ),
    wrong(
        "softmax_loss",
        "one_at_every_class",
        "dx is (p - 1) / N at every class. For which class of an example is 1 subtracted?",
        ("dx[np.arange(N), y] -= 1", "dx -= 1"),
    ),
]

UNUSUAL = [
    unusual(
        "numerical gradient: moves a copy, and returns nested lists",
        numerical_gradient="""
grad = np.zeros(x.shape)
for index, _ in np.ndenumerate(x):
    higher, lower = x.copy(), x.copy()
    higher[index] += h
    lower[index] -= h
    grad[index] = f(higher) / (2 * h) - f(lower) / (2 * h)
grad = grad.tolist()
""",
    ),
    unusual(
        "numerical gradient: over a flat view, first down, then up, in float32",
        numerical_gradient="""
flat = x.reshape(-1)
old = flat.copy()
grad = []
for i in range(flat.size):
    flat[i] = old[i] - h
    below = f(x)
    flat[i] = old[i] + h
    grad.append(0.5 * (f(x) - below) / h)
    flat[i] = old[i]
grad = np.array(grad, dtype=np.float32).reshape(x.shape)
""",
    ),
    unusual(
        "numerical gradient: unit vectors, everything put back at the end",
        numerical_gradient="""
before = x.copy()
slopes = []
for unit in np.eye(x.size):
    x[...] = before + h * unit.reshape(x.shape)
    up = f(x)
    x[...] = before - h * unit.reshape(x.shape)
    slopes += [(up - f(x)) / h / 2]
x[...] = before
grad = np.reshape(slopes, x.shape)
""",
    ),
    unusual(
        "chain rule: expanded by hand, results as arrays",
        chain_rule="""
f = np.array([x * z + y * z]).sum()
dx, dy = np.array(z), np.asarray([z, z])[1]
dz = np.array(x) + np.array(y)
""",
    ),
    unusual(
        "chain rule: a dictionary of gradients and a start of 1",
        chain_rule="""
grads = {"f": 1}
q = y + x
f = z * q
grads["z"] = q * grads["f"]
grads["q"] = z * grads["f"]
for name in "xy":
    grads[name] = 1 * grads["q"]
dx, dy, dz = grads["x"], grads["y"], grads["z"]
""",
    ),
    unusual(
        "multiply: a loop over the entries, results as lists",
        multiply_backward="""
dx, dy = np.zeros(np.shape(x)), np.empty(np.shape(y))
for index in np.ndindex(np.shape(dout)):
    dx[index], dy[index] = y[index] * dout[index], x[index] * dout[index]
dx, dy = dx.tolist(), dy.tolist()
""",
    ),
    unusual(
        "multiply: work in place on dout",
        multiply_backward="""
dy = np.einsum("...,...->...", x, dout)
dout *= y
dx = dout
""",
    ),
    unusual(
        "maximum: where, and the rest by a difference",
        maximum_backward="""
dx = np.where(x_won, dout, 0)
dy = dout - dx
""",
    ),
    unusual(
        "maximum: masks assigned, work in place on dout",
        maximum_backward="""
dy = np.zeros_like(dout)
dy[x_won == False] = dout[x_won == False]
dout[np.logical_not(x_won)] = 0
dx = dout
""",
    ),
    unusual(
        "maximum: integers instead of booleans, in float32",
        maximum_backward="""
won = np.array(x_won, dtype=int)
dx = (dout * won).astype(np.float32)
dy = (dout * (1 - won)).astype(np.float32)
""",
    ),
    unusual(
        "sweep: sums in place, nodes by number",
        backward_sweep="""
names = list(graph.nodes.keys())
for i in range(len(names) - 1, -1, -1):
    back = graph.nodes[names[i]].backward(grads[names[i]], graph.caches[names[i]])
    for j in range(len(back)):
        grads[graph.nodes[names[i]].inputs[j]] += back[j]
""",
    ),
    unusual(
        "sweep: each node asks all its readers",
        backward_sweep="""
sent = {}
for name in list(graph.nodes)[::-1]:
    parts = [
        part
        for reader, back in sent.items()
        for source, part in zip(graph.nodes[reader].inputs, back)
        if source == name
    ]
    if parts:
        grads[name] = np.sum(parts, axis=0)
    sent[name] = graph.nodes[name].backward(grads[name], graph.caches[name])
""",
    ),
    unusual(
        "sweep: recursion, and the gate called directly",
        backward_sweep="""
todo = list(graph.nodes)

def visit(names):
    if not names:
        return
    *rest, name = names
    node = graph.nodes[name]
    if node.gate is not None:
        result = node.gate.backward(grads[name], graph.caches[name])
        result = result if isinstance(result, tuple) else (result,)
        for source, part in zip(node.inputs, result):
            grads.update({source: part + grads[source]})
    visit(rest)

visit(todo)
""",
    ),
    unusual(
        "sweep: every path on its own, from a stack",
        backward_sweep="""
top = np.asarray(dout)
grads = {name: np.zeros_like(value) for name, value in graph.values.items()}
stack = [(graph.output, top)]
while stack:
    name, along = stack.pop()
    grads[name] = grads[name] + along
    node = graph.nodes[name]
    stack.extend(zip(node.inputs, node.backward(along, graph.caches[name])))
""",
    ),
    unusual(
        "exp and reciprocal: through x again",
        exp_backward="x = np.log(out)\ndx = np.multiply(np.exp(x), dout)",
        reciprocal_backward="x = 1 / out\ndx = dout * (-1 / x**2)",
    ),
    unusual(
        "exp: work in place on dout",
        exp_backward="dout *= out\ndx = dout",
    ),
    unusual(
        "reciprocal: work in place on dout",
        reciprocal_backward="dout *= -out\ndout *= out\ndx = dout",
    ),
    unusual(
        "exp and reciprocal: loops, results as lists and in float32",
        exp_backward="""
dx = np.zeros_like(dout)
for index in np.ndindex(dout.shape):
    dx[index] = out[index] * dout[index]
dx = dx.tolist()
""",
        reciprocal_backward="dx = np.float32(np.negative(dout) * np.power(out, 2))",
    ),
    unusual(
        "sigmoid: the cache is x, recomputed backward",
        sigmoid_forward="out = np.exp(x) / (np.exp(x) + 1)\ncache = x",
        sigmoid_backward="""
x = cache
dx = dout * np.exp(-x) / (1 + np.exp(-x)) ** 2
""",
    ),
    unusual(
        "sigmoid: the cache is a dictionary, tanh instead of exp",
        sigmoid_forward="""
t = np.tanh(x / 2)
out = (t + 1) / 2
cache = {"tanh": t, "x": x}
""",
        sigmoid_backward="dx = dout * (1 - cache['tanh'] ** 2) / 4",
    ),
    unusual(
        "sigmoid: four gates, the cache is a list",
        sigmoid_forward="""
a = -x
b, cache_b = exp_forward(a)
c = b + 1
out, cache_c = reciprocal_forward(c)
cache = [cache_b, cache_c, x.shape]
""",
        sigmoid_backward="""
d = dout * -(cache[1] ** 2)
d = d * cache[0]
dx = (-d).reshape(cache[2])
""",
    ),
    unusual(
        "sigmoid: stable for both signs, a longer tuple, the slope stored, in float32",
        sigmoid_forward="""
small = np.exp(-np.abs(x))
out = np.where(x < 0, small / (1 + small), 1 / (1 + small)).astype(np.float32)
cache = (x, out, out - out * out, "sigmoid")
""",
        sigmoid_backward="""
_, _, slope, _ = cache
dout *= slope
dx = dout
""",
    ),
    unusual(
        "matrix product: einsum",
        matmul_backward="""
dx = np.einsum("nm,dm->nd", dout, w)
dw = np.einsum("nd,nm->dm", x, dout, optimize=True)
""",
    ),
    unusual(
        "matrix product: three loops, results as lists",
        matmul_backward="""
(N, D), M = x.shape, w.shape[1]
dx, dw = np.zeros((N, D)), np.zeros((D, M))
for n in range(N):
    for d in range(D):
        for m in range(M):
            dx[n, d] += dout[n, m] * w[d, m]
            dw[d, m] += dout[n, m] * x[n, d]
dx, dw = dx.tolist(), [list(row) for row in dw]
""",
    ),
    unusual(
        "matrix product: sums over outer products, other order, float32",
        matmul_backward="""
dw = sum(np.outer(row, d) for row, d in zip(x, dout)).astype(np.float32)
dx = (w @ dout.T).T.astype(np.float32)
""",
    ),
    unusual(
        "softmax: double loops, the loss a 0-d array",
        softmax_loss="""
N, C = x.shape
loss, dx = np.zeros(()), np.zeros((N, C))
for i in range(N):
    top = max(x[i])
    total = 0.0
    for j in range(C):
        total += np.exp(x[i, j] - top)
    loss += (np.log(total) + top - x[i, y[i]]) / N
    for j in range(C):
        dx[i, j] = (np.exp(x[i, j] - top) / total - (j == y[i])) / N
""",
    ),
    unusual(
        "softmax: loss infinite on underflow, probabilities changed in place",
        softmax_loss="""
N = x.shape[0]
x -= np.max(x, axis=1).reshape(-1, 1)
np.exp(x, out=x)
x /= np.sum(x, axis=1).reshape(N, 1)
loss = np.sum(-np.log(x[range(N), y])) / N
x[range(N), y] -= 1
x /= N
dx = x
""",
    ),
    unusual(
        "softmax: one-hot rows, in float32",
        softmax_loss="""
N, C = x.shape
right = (y[:, None] == np.arange(C)).astype(np.float32)
s = (x - np.amax(x, 1)[:, np.newaxis]).astype(np.float32)
p = np.exp(s) / np.exp(s).sum(1)[:, np.newaxis]
loss = -np.float32(1 / N) * np.sum(right * np.log(np.maximum(p, 1e-30)))
dx = (p - right) / np.float32(N)
""",
    ),
    unusual(
        "softmax: log-sum-exp by logaddexp, gradient as lists",
        softmax_loss="""
logs = x - np.logaddexp.reduce(x, axis=1)[:, None]
loss = float(np.average([-row[k] for row, k in zip(logs, y)]))
dx = ((np.exp(logs) - np.eye(x.shape[1])[y]) / len(y)).tolist()
""",
    ),
    unusual(
        "softmax: transposed, scores sorted for the maximum, a 0-d array",
        softmax_loss="""
s = x.T - np.sort(x, axis=1)[:, -1]
p = np.exp(s) / np.exp(s).sum(axis=0)
pairs = (y, np.arange(len(y)))
loss = np.array(np.mean(np.log(1 / p[pairs])))
grad = p / len(y)
np.subtract.at(grad, pairs, 1 / len(y))
dx = grad.T
""",
    ),
]

EQUIVALENT = {
    ("predict_step", "n = 5 -> n = 6"): "one off on either side is accepted",
    ("predict_step", "n = 5 -> n = 4"): "one off on either side is accepted",
    (
        "numerical_gradient",
        "grad = np.zeros_like(x) -> grad = np.ones_like(x)",
    ): "every entry is set",
    (
        "backward_sweep",
        "for source, gradient in zip(node.inputs, gradients, strict=True): -> "
        "for source, gradient in zip(node.inputs, gradients):",
    ): "a gate gives as many gradients as it has inputs",
    (
        "backward_sweep",
        "for source, gradient in zip(node.inputs, gradients, strict=True): -> "
        "for source, gradient in zip(node.inputs, gradients, strict=False):",
    ): "a gate gives as many gradients as it has inputs",
}
