"""What students get wrong in 01_backprop, and what they get right in unusual ways."""

from grading.misconceptions import then, unusual, wrong

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
    wrong(
        "numerical_gradient",
        "difference_to_the_other_side",
        (
            "grad is the difference to one side: f at x minus f at x - h, divided by h. Which two "
            "points does the centered difference compare?"
        ),
        ("x[index] = kept + h", "x[index] = kept"),
        ("/ (2 * h)", "/ h"),
    ),
    # ---- step_downhill
    wrong(
        "step_downhill",
        "uphill",
        (
            "The step goes the right distance, but uphill: f would rise. In which direction does "
            "the gradient point?"
        ),
        ("x - length", "x + length"),
    ),
    wrong(
        "step_downhill",
        "not_normalized",
        (
            "The step is length times grad, so how far it goes depends on how steep it is. How "
            "long should the arrow be before you multiply it by length?"
        ),
        (" / size", ""),
    ),
    wrong(
        "step_downhill",
        "by_the_largest_entry",
        (
            "grad is divided by its largest entry, without its sign. Is the arrow (3, 4) 4 long? "
            "Think of a triangle with a right angle."
        ),
        ("np.sqrt(np.sum(grad**2))", "np.max(np.abs(grad))"),
    ),
    wrong(
        "step_downhill",
        "by_the_sum_of_absolute_values",
        (
            "grad is divided by the sum of its absolute values. That is the way along the axes; "
            "how long is the straight way?"
        ),
        ("np.sqrt(np.sum(grad**2))", "np.sum(np.abs(grad))"),
    ),
    wrong(
        "step_downhill",
        "by_the_sum",
        (
            "grad is divided by the sum of its entries, in which positive and negative ones "
            "cancel. Can a length be negative, or 0 for the arrow (1, -1)?"
        ),
        ("np.sqrt(np.sum(grad**2))", "np.sum(grad)"),
    ),
    wrong(
        "step_downhill",
        "by_the_squared_length",
        (
            "grad is divided by its squared length. So a steeper place gives a shorter step. What "
            "is missing after the sum of the squares?"
        ),
        ("np.sqrt(np.sum(grad**2))", "np.sum(grad**2)"),
    ),
    wrong(
        "step_downhill",
        "by_the_root_mean_square",
        (
            "grad is divided by the root of the mean of its squares. So more entries give a "
            "longer step. Is it a mean that measures a length?"
        ),
        ("np.sum(grad**2)", "np.mean(grad**2)"),
    ),
    wrong(
        "step_downhill",
        "row_by_row",
        (
            "Each row of grad is divided by its own length, so each row goes the whole distance. "
            "How many arrows is grad?"
        ),
        ("np.sum(grad**2)", "np.sum(grad**2, axis=-1, keepdims=True)"),
    ),
    wrong(
        "step_downhill",
        "column_by_column",
        (
            "Each column of grad is divided by its own length, so each column goes the whole "
            "distance. How many arrows is grad?"
        ),
        ("np.sum(grad**2)", "np.sum(grad**2, axis=0)"),
    ),
    wrong(
        "step_downhill",
        "matrix_norm",
        (
            "With rows and columns, grad is divided by another size than the root of the sum of "
            "all squares. What does np.linalg.norm(grad, 2) mean for a matrix?"
        ),
        ("np.sqrt(np.sum(grad**2))", "np.linalg.norm(grad, 2)"),
    ),
    wrong(
        "step_downhill",
        "sign_only",
        (
            "Every entry moves by the whole length, and only the sign of grad counts. Should an "
            "entry with a small slope move as far as one with a large slope?"
        ),
        ("grad / size", "np.sign(grad)"),
    ),
    wrong(
        "step_downhill",
        "always_one_long",
        "The step is 1 long, whatever length says. Where does length enter?",
        ("x - length * grad", "x - grad"),
    ),
    wrong(
        "step_downhill",
        "the_step_alone",
        "This is the step, and not the point where it ends. From where does it start?",
        ("x - length", "-length"),
    ),
    wrong(
        "step_downhill",
        "moves_x",
        (
            "x itself has moved: it is changed in place. Does -= make a new array, or change the "
            "old one?"
        ),
        ("reached = x - length * grad / size", "x -= length * grad / size\n    reached = x"),
    ),
    wrong(
        "step_downhill",
        "changes_grad",
        (
            "grad is changed in place: after the call it is 1 long. Does /= make a new array, or "
            "change the old one?"
        ),
        ("reached = x - length * grad / size", "grad /= size\n    reached = x - length * grad"),
    ),
    # ---- repaired_gradient
    wrong(
        "repaired_gradient",
        "still_the_mean",
        (
            "db is N times too small, as the planted one was. When b grows by 0.01, how many of "
            "the scores grow, and by how much?"
        ),
        ("db = d.sum()", "db = d.mean()"),
    ),
    wrong(
        "repaired_gradient",
        "slopes_of_the_sum",
        (
            "dw and db are N times too large: they belong to the sum over the examples. What is "
            "the loss: a sum or a mean?"
        ),
        ("d = (p - t) / len(x)", "d = p - t"),
    ),
    wrong(
        "repaired_gradient",
        "dw_of_the_sum",
        "dw is N times too large. It was right before the repair: which line has to change?",
        ("dw = x.T @ d", "dw = x.T @ d * len(x)"),
    ),
    wrong(
        "repaired_gradient",
        "db_of_the_sum",
        (
            "db is N times too large: it belongs to the sum over the examples. The loss is their "
            "mean; where is it divided by N?"
        ),
        ("db = d.sum()", "db = d.sum() * len(x)"),
    ),
    wrong(
        "repaired_gradient",
        "dw_divided_twice",
        "dw is N times too small: it is divided by N twice. Which line has done it already?",
        ("dw = x.T @ d", "dw = x.T @ d / len(x)"),
    ),
    wrong(
        "repaired_gradient",
        "mean_over_features",
        "d is divided by D, the number of features. Over what is the loss a mean?",
        ("/ len(x)", "/ len(w)"),
    ),
    wrong(
        "repaired_gradient",
        "db_for_each_example",
        (
            "db has one number for each example. There is one b, and all examples read it: what "
            "do their shares make together?"
        ),
        ("db = d.sum()", "db = d"),
    ),
    wrong(
        "repaired_gradient",
        "db_is_an_array",
        "db has the right number, in an array of one entry. b is a number; what should db be?",
        ("db = d.sum()", "db = d.sum(keepdims=True)"),
    ),
    wrong(
        "repaired_gradient",
        "db_from_dw",
        (
            "db is the sum of dw. dw depends on the features, but b is added to each score "
            "whatever the features are. Which numbers belong to the scores?"
        ),
        ("db = d.sum()", "db = dw.sum()"),
    ),
    wrong(
        "repaired_gradient",
        "db_is_the_mean_of_dw",
        (
            "db is the mean of dw, so the features are in it. How does a score change when b "
            "grows, whatever the features are?"
        ),
        ("db = d.sum()", "db = dw.mean()"),
    ),
    wrong(
        "repaired_gradient",
        "labels_minus_probabilities",
        (
            "dw and db have the wrong sign: a step against them would raise the loss. If p is "
            "above its label, should the score grow or fall?"
        ),
        ("(p - t)", "(t - p)"),
    ),
    wrong(
        "repaired_gradient",
        "db_has_the_wrong_sign",
        (
            "db has the right size, but the wrong sign. If all probabilities are too high, should "
            "b grow or fall?"
        ),
        ("db = d.sum()", "db = -d.sum()"),
    ),
    wrong(
        "repaired_gradient",
        "squared_error",
        (
            "d has an extra factor p (1 - p), as if the loss were a squared error. Does the "
            "logarithm in this loss leave that factor in place?"
        ),
        ("(p - t) / len(x)", "(p - t) * p * (1 - p) / len(x)"),
    ),
    wrong(
        "repaired_gradient",
        "loss_is_a_sum",
        "The loss is N times too large: it is the sum over the examples. Line 2 was right before.",
        ("-np.mean", "-np.sum"),
    ),
    wrong(
        "repaired_gradient",
        "loss_is_negative",
        (
            "The loss is negative. A logarithm of a probability is below 0: what makes the loss "
            "positive? Line 2 was right before."
        ),
        ("-np.mean", "np.mean"),
    ),
    wrong(
        "repaired_gradient",
        "loss_of_class_one_only",
        (
            "The loss counts only the examples of class 1. What do the examples of class 0 add to "
            "it? Line 2 was right before."
        ),
        (" + (1 - t) * np.log(1 - p)", ""),
    ),
    wrong(
        "repaired_gradient",
        "score_without_b",
        (
            "The results are those of b = 0: b is not in the scores. Line 1 was right before; "
            "compare yours with it."
        ),
        ("(x @ w + b)", "(x @ w)"),
    ),
    # ---- chain_rule
    wrong(
        "chain_rule",
        "own_factor",
        (
            "Here the gradient of a factor is its own value: that of q is q, or that of z is z. "
            "In f = q * z, how much does f change when q grows by 1?"
        ),
        ("dq = z", "dq = q"),
        ("dz = q", "dz = z"),
    ),
    wrong(
        "chain_rule",
        "dz_is_z",
        "dz is z itself. In f = q * z, how much does f change when z grows by 1?",
        ("dz = q", "dz = z"),
    ),
    wrong(
        "chain_rule",
        "local_slope_only",
        (
            "This is 1: that is how q changes with x and y, not how f changes. What does the "
            "chain rule multiply it by?"
        ),
        ("dx = dq", "dx = 1.0"),
        ("dy = dq", "dy = 1.0"),
    ),
    wrong(
        "chain_rule",
        "sum_as_product",
        (
            "This is a product of z with x or y, as if f were x * y * z. How much does q = x + y "
            "change when only x grows?"
        ),
        ("dx = dq", "dx = dq * y"),
        ("dy = dq", "dy = dq * x"),
    ),
    wrong(
        "chain_rule",
        "times_own_value",
        (
            "The value of x is a factor of dx, or that of y a factor of dy. Does the slope of q = "
            "x + y depend on x or y?"
        ),
        ("dx = dq", "dx = dq * x"),
        ("dy = dq", "dy = dq * y"),
    ),
    wrong(
        "chain_rule",
        "halves_at_the_sum",
        (
            "dx and dy are only half of dq each. If x grows by 1 and y stays, by how much does q "
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
        (
            "dz has the value of z, which is that of f too at this point. When only z grows by 1, "
            "by how much does q * z grow?"
        ),
        ("dz = q", "dz = dq * q"),
    ),
    wrong(
        "chain_rule",
        "no_brackets",
        "f is x + y * z: the product takes only y. What should be computed first?",
        ("f = q * z", "f = x + y * z"),
    ),
    wrong(
        "chain_rule",
        "dx_is_the_local_slope",
        (
            "dx is 1: that is how q changes when x grows, not how f changes. What does the chain "
            "rule multiply it by?"
        ),
        ("dx = dq", "dx = 1.0"),
    ),
    wrong(
        "chain_rule",
        "dy_is_the_local_slope",
        (
            "dy is 1: that is how q changes when y grows, not how f changes. What does the chain "
            "rule multiply it by?"
        ),
        ("dy = dq", "dy = 1.0"),
    ),
    wrong(
        "chain_rule",
        "dx_times_x",
        "dx is multiplied by the value of x. Does the slope of q = x + y depend on x?",
        ("dx = dq", "dx = dq * x"),
    ),
    wrong(
        "chain_rule",
        "dy_times_y",
        "dy is multiplied by the value of y. Does the slope of q = x + y depend on y?",
        ("dy = dq", "dy = dq * y"),
    ),
    wrong(
        "chain_rule",
        "dz_is_x_times_y",
        "dz is x times y. Which number does z multiply in f: a product of x and y?",
        ("dz = q", "dz = x * y"),
    ),
    wrong(
        "chain_rule",
        "difference_for_sum",
        "The results are those of f = (x - y) * z. What does the first gate do with x and y?",
        ("q = x + y", "q = x - y"),
        ("dy = dq", "dy = -dq"),
    ),
    wrong(
        "chain_rule",
        "dy_has_the_wrong_sign",
        "dy has the wrong sign. When y grows by 1, does q = x + y grow or fall?",
        ("dy = dq", "dy = -dq"),
    ),
    wrong(
        "chain_rule",
        "q_is_a_difference",
        (
            "f and dz are those of q = x - y, but dx and dy are not. What does the first gate do "
            "with x and y?"
        ),
        ("q = x + y", "q = x - y"),
    ),
    wrong(
        "chain_rule",
        "f_is_a_product",
        "f is x * y * z. Which of the two gates is not a product?",
        ("f = q * z", "f = x * y * z"),
    ),
    wrong(
        "chain_rule",
        "f_is_a_sum",
        "f is x + y + z. Which of the two gates is not a sum?",
        ("f = q * z", "f = q + z"),
    ),
    # ---- multiply_backward
    wrong(
        "multiply_backward",
        "own_input",
        (
            "Each gradient has its own input as a factor: x in dx, or y in dy. If x grows by 1, "
            "by how much does x * y grow?"
        ),
        ("dx = dout * y", "dx = dout * x"),
        ("dy = dout * x", "dy = dout * y"),
    ),
    wrong(
        "multiply_backward",
        "no_upstream",
        (
            "This is the local gradient alone: it does not depend on dout. Where does the "
            "upstream gradient enter?"
        ),
        then("dx, dy = dx / dout, dy / dout"),
    ),
    wrong(
        "multiply_backward",
        "passes_dout_on",
        (
            "This is dout alone: the local gradient is missing. What is the derivative of x * y "
            "with respect to one of them?"
        ),
        ("dx = dout * y", "dx = dout * 1.0"),
        ("dy = dout * x", "dy = dout * 1.0"),
    ),
    wrong(
        "multiply_backward",
        "dy_with_both_inputs",
        (
            "In dy, dout is multiplied by x and by y. When only y moves, by how much does x * y "
            "change?"
        ),
        ("dy = dout * x", "dy = dout * y * x"),
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
    wrong(
        "multiply_backward",
        "no_upstream_in_dx",
        (
            "dx is the local gradient alone: the upstream gradient is missing in it. How does the "
            "chain rule combine the two?"
        ),
        then("dx = dx / dout"),
    ),
    wrong(
        "multiply_backward",
        "no_upstream_in_dy",
        (
            "dy is the local gradient alone: the upstream gradient is missing in it. How does the "
            "chain rule combine the two?"
        ),
        then("dy = dy / dout"),
    ),
    wrong(
        "multiply_backward",
        "own_input_in_dx",
        "dx has x as a factor. If x grows by 1, by how much does x * y grow: by x or by y?",
        ("dx = dout * y", "dx = dout * x"),
    ),
    wrong(
        "multiply_backward",
        "own_input_in_dy",
        "dy has y as a factor. If y grows by 1, by how much does x * y grow: by x or by y?",
        ("dy = dout * x", "dy = dout * y"),
    ),
    wrong(
        "multiply_backward",
        "dx_has_the_wrong_sign",
        "dx has the wrong sign. Where does a minus come in, if the gate only multiplies?",
        then("dx = -dx"),
    ),
    wrong(
        "multiply_backward",
        "dy_has_the_wrong_sign",
        "dy has the wrong sign. Where does a minus come in, if the gate only multiplies?",
        then("dy = -dy"),
    ),
    wrong(
        "multiply_backward",
        "sum_of_both",
        (
            "dx and dy are both dout times (x + y). When only x moves, which one of the two "
            "inputs is the slope of x * y?"
        ),
        ("dx = dout * y", "dx = dout * (x + y)"),
        ("dy = dout * x", "dy = dout * (x + y)"),
    ),
    wrong(
        "multiply_backward",
        "upstream_twice",
        "The upstream gradient is a factor twice. How often does the chain rule multiply by it?",
        ("dx = dout * y", "dx = dout * dout * y"),
        ("dy = dout * x", "dy = dout * dout * x"),
    ),
    wrong(
        "multiply_backward",
        "times_the_output",
        (
            "dout is multiplied by x * y, the output of the gate. Is the output of a gate also "
            "its slope?"
        ),
        ("dx = dout * y", "dx = dout * x * y"),
        ("dy = dout * x", "dy = dout * y * x"),
    ),
    # ---- maximum_backward
    wrong(
        "maximum_backward",
        "to_the_loser",
        (
            "The upstream gradient is at the places where the input lost. Which input can change "
            "the output: the larger or the smaller?"
        ),
        ("dx = dout * x_won", "dx = dout * ~x_won"),
        ("dy = dout * ~x_won", "dy = dout * x_won"),
    ),
    wrong(
        "maximum_backward",
        "no_upstream",
        (
            "This holds only ones and zeros: the local gradient. Where does the upstream gradient "
            "enter?"
        ),
        ("dx = dout * x_won", "dx = 1.0 * x_won"),
        ("dy = dout * ~x_won", "dy = 1.0 * ~x_won"),
    ),
    wrong(
        "maximum_backward",
        "both_get_all",
        (
            "This is the whole of dout, as from an add gate. Does the smaller input change the "
            "output when it moves a little?"
        ),
        ("dx = dout * x_won", "dx = dout"),
        ("dy = dout * ~x_won", "dy = dout"),
    ),
    wrong(
        "maximum_backward",
        "same_mask_twice",
        "dy is dout at the places where x won. Where does y get the upstream gradient?",
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
        "dy is 0 everywhere. Is dout still complete when dy is computed from it?",
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
    wrong(
        "maximum_backward",
        "no_upstream_in_dx",
        (
            "dx is only the local gradient: it does not depend on dout. Where does the upstream "
            "gradient enter?"
        ),
        ("dx = dout * x_won", "dx = 1.0 * x_won"),
    ),
    wrong(
        "maximum_backward",
        "no_upstream_in_dy",
        (
            "dy is only the local gradient: it does not depend on dout. Where does the upstream "
            "gradient enter?"
        ),
        ("dy = dout * ~x_won", "dy = 1.0 * ~x_won"),
    ),
    wrong(
        "maximum_backward",
        "dx_gets_all",
        (
            "dx is dout everywhere, also where y won. Does x change the output there when it "
            "moves a little?"
        ),
        ("dx = dout * x_won", "dx = 1.0 * dout"),
    ),
    wrong(
        "maximum_backward",
        "dy_gets_all",
        (
            "dy is dout everywhere, also where x won. Does y change the output there when it "
            "moves a little?"
        ),
        ("dy = dout * ~x_won", "dy = 1.0 * dout"),
    ),
    wrong(
        "maximum_backward",
        "dx_where_y_won",
        "dx is dout at the places where y won. Where does x get the upstream gradient?",
        ("dout * x_won", "dout * ~x_won"),
    ),
    wrong(
        "maximum_backward",
        "dout_zeroed_before_dx",
        "dx is 0 everywhere. Is dout still complete when dx is computed from it?",
        answer="""
dy = dout
dy[x_won] = 0
dx = dout * x_won
""",
    ),
    wrong(
        "maximum_backward",
        "shared_equally",
        (
            "dx and dy are half of dout everywhere. Does the smaller input change the output when "
            "it moves a little?"
        ),
        ("dx = dout * x_won", "dx = dout / 2"),
        ("dy = dout * ~x_won", "dy = dout / 2"),
    ),
    wrong(
        "maximum_backward",
        "only_a_half",
        (
            "Only half of the upstream gradient comes through. If the larger input grows by 1, by "
            "how much does the output grow?"
        ),
        then("dx, dy = dx / 2, dy / 2"),
    ),
    wrong(
        "maximum_backward",
        "sign_of_dout",
        (
            "dx has the positive entries of dout, and dy the negative ones. Is it the sign of "
            "dout or of something else that decides who gets it?"
        ),
        ("dx = dout * x_won", "dx = np.maximum(dout, 0)"),
        ("dy = dout * ~x_won", "dy = np.minimum(dout, 0)"),
    ),
    wrong(
        "maximum_backward",
        "minus_instead_of_not",
        (
            "dy is minus dout where x won, and 0 where y won. What does a minus do to a mask, and "
            "what should happen to it?"
        ),
        ("dout * ~x_won", "dout * -1.0 * x_won"),
    ),
    wrong(
        "maximum_backward",
        "dx_has_the_wrong_sign",
        (
            "dx has the wrong sign. Where x wins, the output is x itself: if x grows by 1, does "
            "the output grow or fall?"
        ),
        then("dx = -dx"),
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
            "This is what comes back if every gate gets the dout of the last node. Which gradient "
            "is the upstream gradient of a gate in the middle of the graph?"
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
            "This is what comes back if the upstream gradient of each gate is 1. What has already "
            "been collected for a node when you reach it?"
        ),
        ("node.backward(grads[name], ", "node.backward(np.ones_like(grads[name]), "),
    ),
    wrong(
        "backward_sweep",
        "added_to_the_node_itself",
        (
            "The nodes before the last one keep 0. Does the last node send something back, and is "
            "it added under the names of the nodes that it reads?"
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
            "The gradient of d has changed after it was complete: it equals that of t. An add "
            "gate gives the same array to both inputs; what does adding to it in place do?"
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
    wrong(
        "backward_sweep",
        "starts_from_one",
        (
            "The gradients are those for a dout of 1. Which gradient does the last node of the "
            "graph have at the start?"
        ),
        ("np.asarray(dout)", "np.ones_like(graph.values[graph.output])"),
    ),
    wrong(
        "backward_sweep",
        "values_as_upstream",
        (
            "This is what comes back if each gate gets the value of its node as the upstream "
            "gradient. What does backward expect instead of a value?"
        ),
        ("node.backward(grads[name], ", "node.backward(graph.values[name], "),
    ),
    wrong(
        "backward_sweep",
        "only_the_first_input",
        (
            "The second input of a gate gets nothing. How many gradients does a gate return, and "
            "for which names?"
        ),
        ("zip(node.inputs, gradients", "zip(node.inputs[:1], gradients[:1]"),
    ),
    wrong(
        "backward_sweep",
        "all_gradients_to_each_input",
        (
            "Each input of a gate gets the sum of all gradients that the gate returns. Which one "
            "of them belongs to which name?"
        ),
        ("grads[source] + gradient", "grads[source] + sum(gradients)"),
    ),
    wrong(
        "backward_sweep",
        "multiplied_at_a_branch",
        (
            "Gradients that come back along several paths are multiplied by one another. What "
            "does the chain rule do with several paths?"
        ),
        ("np.zeros_like(value)", "np.ones_like(value)"),
        ("grads[source] + gradient", "grads[source] * gradient"),
    ),
    wrong(
        "backward_sweep",
        "subtracted_at_a_branch",
        (
            "What comes back is subtracted from the gradient of the node. How are gradients from "
            "several paths put together?"
        ),
        ("grads[source] + gradient", "grads[source] - gradient"),
    ),
    # ---- exp_backward
    wrong(
        "exp_backward",
        "no_upstream",
        (
            "dx does not depend on dout: it is a local gradient alone. Where does the upstream "
            "gradient enter?"
        ),
        then("dx = dx / dout"),
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
    wrong(
        "exp_backward",
        "power_rule",
        (
            "The local gradient is x * exp(x - 1), as for a power of x. Is x the base or the "
            "exponent here?"
        ),
        ("dx = dout * out", "dx = dout * np.log(out) * out / np.e"),
    ),
    wrong(
        "exp_backward",
        "times_x",
        "The local gradient has x as a factor. What is the derivative of exp(x)?",
        ("dout * out", "dout * out * np.log(out)"),
    ),
    wrong(
        "exp_backward",
        "dout_squared",
        (
            "dx contains the square of dout. How often does the chain rule multiply by the "
            "upstream gradient?"
        ),
        ("dx = dout * out", "dx = dout**2 * out"),
    ),
    # ---- reciprocal_backward
    wrong(
        "reciprocal_backward",
        "no_minus",
        ("dx has the wrong sign. If x grows, does 1 / x grow or fall?"),
        ("dx = -dout", "dx = dout"),
    ),
    wrong(
        "reciprocal_backward",
        "cache_taken_for_x",
        (
            "The local gradient has x where 1 / x belongs: it is -x**2. Does the cache hold x, or "
            "1 / x?"
        ),
        ("* out**2", "/ out**2"),
    ),
    wrong(
        "reciprocal_backward",
        "no_square",
        ("The local gradient is -1 / x: a square is missing. What is the derivative of 1 / x?"),
        ("* out**2", "* out"),
    ),
    wrong(
        "reciprocal_backward",
        "no_upstream",
        (
            "dx does not depend on dout: it is a local gradient alone. Where does the upstream "
            "gradient enter?"
        ),
        then("dx = dx / dout"),
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
        ("The local gradient is 1 / x. That is what this gate computes; what is its derivative?"),
        ("-dout * out**2", "dout * out"),
    ),
    wrong(
        "reciprocal_backward",
        "integral_for_derivative",
        (
            "The local gradient is a logarithm: that is what you get by integrating 1 / x. What "
            "is the derivative of 1 / x?"
        ),
        ("* out**2", "* np.log(out)"),
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
            "The slope is x * (1 - x), with the input x. Which array stands in s * (1 - s): the "
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
            "dx does not depend on dout: it is a local gradient alone. Where does the upstream "
            "gradient enter?"
        ),
        then("dx = dx / dout"),
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
            "The slope is 1 minus the sigmoid: one factor is missing. Is the slope small on both "
            "sides?"
        ),
        ("dout * out * (1 - out)", "dout * (1 - out)"),
    ),
    wrong(
        "sigmoid_backward",
        "out_only",
        (
            "The slope is the sigmoid itself, as in the exp gate. What happens to the slope when "
            "out comes near 1?"
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
        then("dx = -dx"),
    ),
    wrong(
        "sigmoid_backward",
        "slope_of_tanh",
        ("The slope is 1 - out**2: that of tanh. How does the sigmoid's differ?"),
        ("dout * out * (1 - out)", "dout * (1 - out**2)"),
    ),
    wrong(
        "sigmoid_backward",
        "plus_for_minus",
        "The slope is s * (1 + s), so it is largest where the sigmoid is flat. Which sign does the"
        " derivation of the slope give?",
        ("(1 - out)", "(1 + out)"),
    ),
    wrong(
        "sigmoid_backward",
        "one_minus_out_squared",
        (
            "The slope is the square of (1 - sigmoid). Is the slope of the sigmoid small on both "
            "sides?"
        ),
        ("dout * out * (1 - out)", "dout * (1 - out) ** 2"),
    ),
    wrong(
        "sigmoid_backward",
        "out_squared",
        (
            "The slope is the square of the sigmoid. Is the slope of the sigmoid small on both "
            "sides?"
        ),
        ("dout * out * (1 - out)", "dout * out**2"),
    ),
    # ---- cube_forward
    wrong(
        "cube_forward",
        "three_calls",
        (
            "slow is called for every factor of the cube, and returns the same each time. How can "
            "you use the result of one call three times?"
        ),
        ("out = v**3", "out = slow(x) * slow(x) * v"),
    ),
    wrong(
        "cube_forward",
        "a_call_for_the_cache",
        (
            "slow is called once more for the cache. The result of an earlier call is still there: "
            "where else can you use it?"
        ),
        ("cache = v", "cache = slow(x)"),
    ),
    wrong(
        "cube_forward",
        "square",
        "out is the square of v. How often is v a factor of its cube?",
        ("v**3", "v**2"),
    ),
    wrong(
        "cube_forward",
        "three_times_v",
        "out is three times v: at v = 2 that is 6. What is the cube of 2?",
        ("v**3", "3 * v"),
    ),
    wrong(
        "cube_forward",
        "slope_for_value",
        "out is the slope of the cube, not the cube. Which of the two functions needs the slope?",
        ("out = v**3", "out = 3 * v**2"),
    ),
    wrong(
        "cube_forward",
        "cube_of_x",
        "out is the cube of x, and slow is never called. What is it that the layer cubes?",
        ("v = slow(x)", "v = 1 * x"),
    ),
    wrong(
        "cube_forward",
        "not_cubed",
        "out is what slow returns. What does the layer do with it?",
        ("v**3", "1 * v"),
    ),
    wrong(
        "cube_forward",
        "slow_of_the_cube",
        "out is slow of the cube of x. Which of the two comes first: slow, or the cube?",
        ("v = slow(x)", "v = slow(x**3)"),
        ("out = v**3", "out = 1 * v"),
    ),
    wrong(
        "cube_forward",
        "multiplied_by_x",
        "out is the square of v times x. Is x a factor of the cube of v?",
        ("v**3", "v**2 * x"),
    ),
    # ---- cube_backward
    wrong(
        "cube_backward",
        "no_upstream",
        (
            "This is the local gradient alone: it does not depend on dout. Where does the "
            "upstream gradient enter?"
        ),
        ("dout * 3", "3"),
    ),
    wrong(
        "cube_backward",
        "passes_dout_on",
        "This is dout alone: the local gradient is missing. How steep is a cube at v?",
        ("dout * 3 * v**2", "1.0 * dout"),
    ),
    wrong(
        "cube_backward",
        "not_squared",
        (
            "The slope used here is 3 v: negative for negative v. Does a cube ever fall when v "
            "grows?"
        ),
        ("v**2", "v"),
    ),
    wrong(
        "cube_backward",
        "factor_missing",
        "Every slope is three times too small. What does the exponent become in the derivative?",
        ("dout * 3", "dout"),
    ),
    wrong(
        "cube_backward",
        "factor_two",
        "The slope used here is 2 v squared. Which number comes down from the exponent of a cube?",
        ("dout * 3", "dout * 2"),
    ),
    wrong(
        "cube_backward",
        "slope_of_the_square",
        "The slope used here is 2 v: that of a square. What does forward compute?",
        ("3 * v**2", "2 * v"),
    ),
    wrong(
        "cube_backward",
        "times_the_output",
        "dout is multiplied by the cube of v, which is out. Is an output also the slope?",
        ("3 * v**2", "v**3"),
    ),
    wrong(
        "cube_backward",
        "exponent_stays",
        (
            "The slope used here is 3 times the cube of v. What happens to the exponent in the "
            "derivative?"
        ),
        ("v**2", "v**3"),
    ),
    wrong(
        "cube_backward",
        "all_is_squared",
        "The 3 is squared together with v: the slope is three times too large. What is squared?",
        ("3 * v**2", "(3 * v) ** 2"),
    ),
    wrong(
        "cube_backward",
        "upstream_squared",
        "dout is squared too. How often does the chain rule multiply by the upstream gradient?",
        ("dout * 3", "dout * dout * 3"),
    ),
    wrong(
        "cube_backward",
        "wrong_sign",
        "The sign is wrong. When v grows, does its cube grow or fall?",
        ("dout * 3", "-dout * 3"),
    ),
    wrong(
        "cube_backward",
        "adds_dout",
        (
            "dout is added to the slope. How does the chain rule combine the upstream gradient "
            "with the local gradient?"
        ),
        ("dout * 3", "dout + 3"),
    ),
    wrong(
        "cube_backward",
        "sums_the_entries",
        "dv is one number: all entries are added up. Which shape has v?",
        ("dout * 3 * v**2", "np.sum(dout * 3 * v**2)"),
    ),
    # ---- caffe_sigmoid_backward
    wrong(
        "caffe_sigmoid_backward",
        "data_of_bottom",
        (
            "The slope is computed from the data of bottom, the input of the layer, as if it were "
            "the output. Which blob holds the output?"
        ),
        ('top["data"]', 'bottom["data"]'),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "always_writes",
        (
            "The diff of bottom is overwritten also when propagate_down is False. What should "
            "happen to it then?"
        ),
        ("if propagate_down:", "if True:"),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "never_writes",
        "The diff of bottom still holds its old numbers, even when propagate_down is True.",
        ("if propagate_down:", "if False:"),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "condition_reversed",
        (
            "The diff of bottom is written when propagate_down is False, and left when it is "
            "True. Which way round should it be?"
        ),
        ("if propagate_down:", "if not propagate_down:"),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "zeros_when_not_needed",
        (
            "Without propagate_down, the diff of bottom becomes 0. Leaving it as it is means: no "
            "assignment at all."
        ),
        then('bottom["diff"] = bottom["diff"] * bool(propagate_down)'),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "adds_to_the_old",
        (
            "The gradient is added to what the diff of bottom held before. Those are numbers from "
            "the last step: should they count?"
        ),
        ('bottom["diff"] = ', 'bottom["diff"] = bottom["diff"] + '),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "no_upstream",
        (
            "The diff of bottom is the slope alone: it does not depend on the diff of top. Where "
            "does the upstream gradient enter?"
        ),
        ('top["diff"] * s', "s"),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "passes_the_diff_on",
        "The diff of bottom is that of top, unchanged. What does the layer multiply it by?",
        ('top["diff"] * s * (1 - s)', '1.0 * top["diff"]'),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "old_diff_as_upstream",
        (
            "The slope is multiplied by the old diff of bottom. Which blob does the upstream "
            "gradient come with?"
        ),
        ('top["diff"]', 'bottom["diff"]'),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "one_minus_missing",
        "The slope used here is the output itself. Is the sigmoid steepest where it is near 1?",
        ("s * (1 - s)", "s"),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "output_missing",
        "The slope used here is 1 minus the output. Is the sigmoid steepest where it is near 0?",
        ('top["diff"] * s', 'top["diff"]'),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "slope_of_tanh",
        (
            "The slope used here is 1 minus the square of the output: that of tanh. What is the "
            "slope of the sigmoid where its output is 1/2?"
        ),
        ("s * (1 - s)", "(1 - s**2)"),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "sigmoid_twice",
        (
            "The data of top goes through the sigmoid once more before the slope is computed. "
            "What does it hold already?"
        ),
        ('s = top["data"]', 's = 1 / (1 + np.exp(-top["data"]))'),
    ),
    wrong(
        "caffe_sigmoid_backward",
        "wrong_sign",
        "The sign is wrong. When the input grows, does the sigmoid grow or fall?",
        ("(1 - s)", "(s - 1)"),
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
            "A matrix has its entries in the wrong places. reshape keeps the order of the "
            "entries; what does a transpose do?"
        ),
        ("w.T", "w.reshape(w.shape[1], w.shape[0])"),
        ("x.T", "x.reshape(x.shape[1], x.shape[0])"),
    ),
    wrong(
        "matmul_backward",
        "no_upstream",
        (
            "This is a transposed w or x alone, without dout. Where does the upstream gradient "
            "enter?"
        ),
        ("dx = dout @ w.T", "dx = w.T"),
        ("dw = x.T @ dout", "dw = x.T"),
    ),
    wrong(
        "matmul_backward",
        "upstream_of_ones",
        (
            "This does not depend on dout, as if every entry of dout were 1. Where does the "
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
    wrong(
        "matmul_backward",
        "no_upstream_in_dx",
        "dx is w transposed, without dout. Where does the upstream gradient enter?",
        ("dx = dout @ w.T", "dx = w.T"),
    ),
    wrong(
        "matmul_backward",
        "no_upstream_in_dw",
        "dw is x transposed, without dout. Where does the upstream gradient enter?",
        ("dw = x.T @ dout", "dw = x.T"),
    ),
    wrong(
        "matmul_backward",
        "dx_with_upstream_of_ones",
        (
            "dx does not depend on dout: all its rows are equal. Where does the upstream gradient "
            "enter?"
        ),
        ("dx = dout @ w.T", "dx = np.ones_like(dout) @ w.T"),
    ),
    wrong(
        "matmul_backward",
        "dw_with_upstream_of_ones",
        (
            "dw does not depend on dout: all its columns are equal. Where does the upstream "
            "gradient enter?"
        ),
        ("dw = x.T @ dout", "dw = x.T @ np.ones_like(dout)"),
    ),
    wrong(
        "matmul_backward",
        "w_reshaped_not_transposed",
        (
            "In dx, the entries of w stand in the wrong places. reshape keeps the order of the "
            "entries; what does a transpose do?"
        ),
        ("w.T", "w.reshape(w.shape[1], w.shape[0])"),
    ),
    wrong(
        "matmul_backward",
        "x_reshaped_not_transposed",
        (
            "In dw, the entries of x stand in the wrong places. reshape keeps the order of the "
            "entries; what does a transpose do?"
        ),
        ("x.T", "x.reshape(x.shape[1], x.shape[0])"),
    ),
    wrong(
        "matmul_backward",
        "dx_divided_by_n",
        (
            "dx is N times too small. Does a row of dx collect from several examples, or belong "
            "to one of them?"
        ),
        ("dx = dout @ w.T", "dx = dout @ w.T / len(x)"),
    ),
    wrong(
        "matmul_backward",
        "dx_has_the_wrong_sign",
        (
            "dx has the wrong sign. Where does a minus come in, if the gate only multiplies and "
            "adds?"
        ),
        then("dx = -dx"),
    ),
    wrong(
        "matmul_backward",
        "dw_has_the_wrong_sign",
        (
            "dw has the wrong sign. Where does a minus come in, if the gate only multiplies and "
            "adds?"
        ),
        then("dw = -dw"),
    ),
    wrong(
        "matmul_backward",
        "dx_from_the_first_score",
        (
            "dx contains only the path through the first of the M scores. Which scores does an "
            "entry of x change?"
        ),
        ("dx = dout @ w.T", "dx = np.outer(dout[:, 0], w[:, 0])"),
    ),
    wrong(
        "matmul_backward",
        "dw_of_the_first_example",
        "dw contains only the first of the N examples. Which examples read w?",
        ("dw = x.T @ dout", "dw = np.outer(x[0], dout[0])"),
    ),
    # ---- jacobian
    wrong(
        "jacobian",
        "transposed",
        (
            "J is transposed: a row of it belongs to one input, and a column to one output. Which "
            "of the two indices of J is the output's?"
        ),
        then("J = J.T"),
    ),
    wrong(
        "jacobian",
        "difference_to_one_side",
        (
            "J is the difference to one side: f at x + h minus f at x, divided by h. Which two "
            "points does the centered difference compare?"
        ),
        ("x[j] = kept - h", "x[j] = kept"),
        ("/ (2 * h)", "/ h"),
    ),
    wrong(
        "jacobian",
        "difference_to_the_other_side",
        (
            "J is the difference to one side: f at x minus f at x - h, divided by h. Which two "
            "points does the centered difference compare?"
        ),
        ("x[j] = kept + h", "x[j] = kept"),
        ("/ (2 * h)", "/ h"),
    ),
    wrong(
        "jacobian",
        "divides_by_h",
        (
            "Every slope in J is two times too large. How far apart are the two points at which f "
            "is compared?"
        ),
        ("/ (2 * h)", "/ h"),
    ),
    wrong(
        "jacobian",
        "multiplies_by_h",
        (
            "Each slope is off by a factor of h * h, as if the difference of f were multiplied by "
            "h instead of divided. In which order does Python compute a / b * c?"
        ),
        ("/ (2 * h)", "/ 2 * h"),
    ),
    wrong(
        "jacobian",
        "does_not_divide_by_h",
        (
            "J is half of the difference of f, without the step h. A slope says how much f "
            "changes per step: where does h enter?"
        ),
        ("/ (2 * h)", "/ 2"),
    ),
    wrong(
        "jacobian",
        "half_a_step_back",
        (
            "J holds half of a difference to one side. When the entry stands at x + h, how far "
            "must it move to reach x - h?"
        ),
        ("x[j] = kept - h", "x[j] -= h"),
    ),
    wrong(
        "jacobian",
        "own_step",
        (
            "J comes from a step of 1e-5 and not from the h that is passed in. It looks right "
            "only while h has its default value."
        ),
        ("kept + h", "kept + 1e-5"),
        ("kept - h", "kept - 1e-5"),
        ("(2 * h)", "2e-5"),
    ),
    wrong(
        "jacobian",
        "below_minus_above",
        (
            "Every slope in J has the wrong sign. Which of the two values of f is subtracted from "
            "the other?"
        ),
        ("(above - below)", "(below - above)"),
    ),
    wrong(
        "jacobian",
        "all_entries_move",
        (
            "All columns of J are the same: the slopes when all entries of x move together. Which "
            "entries may move for one column?"
        ),
        answer="""
J = np.zeros((len(f(x)), len(x)))
for j in range(len(x)):
    J[:, j] = (f(x + h) - f(x - h)) / (2 * h)
""",
    ),
    wrong(
        "jacobian",
        "only_the_diagonal",
        (
            "J is 0 off the diagonal: only output j is looked at when input j moves. Which "
            "outputs may change when one input moves?"
        ),
        ("J[:, j] = (above - below)", "J[j, j] = (above[j] - below[j])"),
    ),
    wrong(
        "jacobian",
        "outputs_added_up",
        (
            "All rows of J are the same: the slopes of the sum of all outputs. Row i should have "
            "the slopes of one output; which one?"
        ),
        ("(above - below)", "np.sum(above - below)"),
    ),
    wrong(
        "jacobian",
        "gradient_of_the_sum",
        (
            "J has one number for each input: the slope of the sum of all outputs. How many "
            "slopes are there when f returns M numbers?"
        ),
        then("J = J.sum(axis=0)"),
    ),
    wrong(
        "jacobian",
        "first_output_only",
        (
            "Every row of J has the slopes of the first output. Where do the changes of the other "
            "outputs go?"
        ),
        ("(above - below)", "(above[0] - below[0])"),
    ),
    wrong(
        "jacobian",
        "not_put_back",
        (
            "After the call, each entry of x is smaller by h. What should happen to an entry "
            "before the next one is moved?"
        ),
        ("x[j] = kept\n        J", "J"),
    ),
    wrong(
        "jacobian",
        "left_above",
        (
            "After the call, each entry of x is larger by h. Is the entry put back after the last "
            "call of f?"
        ),
        answer="""
J = np.zeros((len(f(x)), len(x)))
for j in range(len(x)):
    x[j] -= h
    below = f(x)
    x[j] += 2 * h
    above = f(x)
    J[:, j] = (above - below) / (2 * h)
""",
    ),
    wrong(
        "jacobian",
        "put_back_by_arithmetic",
        (
            "J is right, but x is not exactly what it was: adding and subtracting h rounds. What "
            "could you store before the entry moves?"
        ),
        answer="""
J = np.zeros((len(f(x)), len(x)))
for j in range(len(x)):
    x[j] += h
    above = f(x)
    x[j] -= 2 * h
    below = f(x)
    x[j] += h
    J[:, j] = (above - below) / (2 * h)
""",
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
        "no_shift_on_the_log",
        "Large scores overflow: their exponential is inf. What can you subtract from a row without"
        " changing its probabilities?",
        ("shifted = x - x.max(axis=1, keepdims=True)", "shifted = x"),
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
        "one_maximum_for_all_on_the_log",
        "In a row with scores far below those of another row, all exponentials are 0. What was"
        " subtracted from that row?",
        ("x.max(axis=1, keepdims=True)", "x.max()"),
    ),
    wrong(
        "softmax_loss",
        "loss_is_the_sum",
        (
            "The loss is N times too large. Is it a sum and not a mean? Or do shapes (N, 1) and "
            "(N,) make N * N numbers from N losses?"
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
            "The division by N is missing in dx: it is the gradient of a sum over the examples. "
            "What does the mean change in dx?"
        ),
        ("dx = dx / N", "dx = dx / 1"),
    ),
    wrong(
        "softmax_loss",
        "sum_everywhere",
        (
            "This belongs to a sum over the examples. A gradient check finds nothing if loss and "
            "dx are both sums; but the loss of a minibatch is a mean."
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
        then("loss = -loss"),
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
        "largest_probability",
        "The loss is that of the most probable class, whatever the label is. Which class should be"
        " probable?",
        ("shifted[np.arange(N), y]", "shifted.max(axis=1)"),
    ),
    wrong(
        "softmax_loss",
        "classes_from_one",
        "The class before the label is taken as the right one. From which number do the labels"
        " count?",
        then("loss, dx = loss_and_dx(shifted, y - 1)"),
        (
            "    N = len(x)\n",
            "    loss_and_dx = lambda s, k: (\n"
            "        (np.log(np.exp(s).sum(1)) - s[np.arange(len(s)), k]).mean(),\n"
            "        (np.exp(s) / np.exp(s).sum(1)[:, None] - np.eye(s.shape[1])[k]) / len(s),\n"
            "    )\n    N = len(x)\n",
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
        (
            "In dx, the right class is treated like all others: nothing is subtracted there. What "
            "does the score of the right class do to the loss?"
        ),
        ("dx[np.arange(N), y] -= 1", "pass"),
    ),
    wrong(
        "softmax_loss",
        "dx_has_the_wrong_sign",
        (
            "dx has the wrong sign. If the score of the right class grows, does the loss grow or "
            "fall?"
        ),
        then("dx = -dx"),
    ),
    wrong(
        "softmax_loss",
        "one_after_the_division",
        (
            "At the right class, the 1 is subtracted without dividing it by N. What belongs to "
            "the gradient of the mean?"
        ),
        ("dx[np.arange(N), y] -= 1", "dx[np.arange(N), y] -= N"),
    ),
    wrong(
        "softmax_loss",
        "one_at_every_class",
        (
            "In dx, 1 is subtracted at every class. With [:, y] you get whole columns; how do you "
            "pick one entry from each row?"
        ),
        ("dx[np.arange(N), y] -= 1", "dx -= 1"),
    ),
    wrong(
        "softmax_loss",
        "one_is_added",
        (
            "In dx, 1 is added to the probability of the right class. If the score of the right "
            "class grows, does the loss grow or fall?"
        ),
        ("dx[np.arange(N), y] -= 1", "dx[np.arange(N), y] += 1"),
    ),
    wrong(
        "softmax_loss",
        "loss_of_whole_columns",
        (
            "The loss is a mean over all pairs of a row and a right class, also that of another "
            "example. How do you pick one entry from each row?"
        ),
        (
            "(np.log(sums[:, 0]) - shifted[np.arange(N), y]).mean()",
            "-np.log(exps / sums)[:, y].mean()",
        ),
    ),
    wrong(
        "softmax_loss",
        "dx_divided_by_the_classes",
        "dx is divided by the number of classes, C, and not by N. Over what is the loss a mean?",
        ("dx = dx / N", "dx = dx / x.shape[1]"),
    ),
    wrong(
        "softmax_loss",
        "dx_divided_twice",
        "dx is divided by N twice. How often does the mean divide by it?",
        ("dx = dx / N", "dx = dx / N / N"),
    ),
    wrong(
        "softmax_loss",
        "dx_is_zero",
        "dx is 0 everywhere. Is the result of your computation written into it?",
        ("dx = dx / N", "dx = np.zeros_like(x)"),
    ),
    wrong(
        "softmax_loss",
        "base_ten",
        "The loss is in logarithms of base 10. Which logarithm belongs to the exponential?",
        then("loss = loss / np.log(10)"),
    ),
    wrong(
        "softmax_loss",
        "base_two",
        "The loss is in logarithms of base 2. Which logarithm belongs to the exponential?",
        then("loss = loss / np.log(2)"),
    ),
    wrong(
        "softmax_loss",
        "squared_error",
        (
            "The loss adds the squares of probability minus one-hot label. Which function of one "
            "probability is the softmax loss?"
        ),
        (
            "(np.log(sums[:, 0]) - shifted[np.arange(N), y]).mean()",
            "((exps / sums - np.eye(x.shape[1])[y]) ** 2).sum() / N",
        ),
    ),
    wrong(
        "softmax_loss",
        "dx_times_two",
        (
            "dx has an extra factor 2, as from the derivative of a square. Is there a square in "
            "the softmax loss?"
        ),
        ("dx = dx / N", "dx = 2 * dx / N"),
    ),
    # ---- hinge_backward
    wrong(
        "hinge_backward",
        "nothing_for_the_right_class",
        (
            "The gradient is 0 at every right class. What does the loss do when the score of the "
            "right class grows?"
        ),
        ("dscores[np.arange(N), y] = -dscores.sum(axis=1)", "pass"),
    ),
    wrong(
        "hinge_backward",
        "minus_one_once",
        (
            "The right class is treated as if exactly one class paid in every example. How many "
            "classes pay less when the score of the right class grows?"
        ),
        ("= -dscores.sum(axis=1)", "= -1"),
    ),
    wrong(
        "hinge_backward",
        "minus_one_where_any_pays",
        (
            "The right class is treated as if one class paid, also where several do. How many "
            "classes pay less when the score of the right class grows?"
        ),
        ("= -dscores.sum(axis=1)", "= -dscores.max(axis=1)"),
    ),
    wrong(
        "hinge_backward",
        "minus_all_other_classes",
        (
            "The right class is treated as if every other class paid. Which classes pay in this "
            "example?"
        ),
        ("= -dscores.sum(axis=1)", "= 1 - margins.shape[1]"),
    ),
    wrong(
        "hinge_backward",
        "plus_for_the_right_class",
        (
            "The gradient of the right class has the wrong sign. If its score grows, does the "
            "loss grow or fall?"
        ),
        ("= -dscores.sum(axis=1)", "= dscores.sum(axis=1)"),
    ),
    wrong(
        "hinge_backward",
        "no_mean",
        (
            "Every entry is N times too large, with N the number of examples. Is the data loss a "
            "sum or a mean over the examples?"
        ),
        ("dout * dscores / N", "dout * dscores"),
    ),
    wrong(
        "hinge_backward",
        "divided_by_the_classes",
        (
            "The gradient is divided by the number of classes, C, and not by N. Over what is the "
            "data loss a mean?"
        ),
        ("dout * dscores / N", "dout * dscores / margins.shape[1]"),
    ),
    wrong(
        "hinge_backward",
        "divided_by_all_entries",
        (
            "The gradient is divided by N times C. The classes of one example are added up; over "
            "what is the data loss a mean?"
        ),
        ("dout * dscores / N", "dout * dscores / margins.size"),
    ),
    wrong(
        "hinge_backward",
        "divided_twice",
        "The gradient is divided by N twice. How often does the mean divide by it?",
        ("dout * dscores / N", "dout * dscores / N / N"),
    ),
    wrong(
        "hinge_backward",
        "margins_instead_of_slopes",
        (
            "The gradient grows with the margins. When a score grows by a little, does it matter "
            "how much its class pays already?"
        ),
        ("(margins > 0).astype(float)", "margins.copy()"),
    ),
    wrong(
        "hinge_backward",
        "margins_at_the_right_class",
        (
            "The right class gets minus the sum of the margins: that is what is paid. How much "
            "less is paid when its score grows by 1?"
        ),
        ("= -dscores.sum(axis=1)", "= -margins.sum(axis=1)"),
    ),
    wrong(
        "hinge_backward",
        "no_upstream",
        (
            "This does not depend on dout: it is the gradient of the data loss itself. What does "
            "the chain rule multiply it by?"
        ),
        ("dout * dscores / N", "dscores / N"),
    ),
    wrong(
        "hinge_backward",
        "every_class_pays",
        (
            "Every wrong class gets a gradient, also those that pay nothing. Does a small move of "
            "such a score change the loss?"
        ),
        (
            "dscores = (margins > 0).astype(float)",
            "dscores = np.ones_like(margins)\n    dscores[np.arange(N), y] = 0",
        ),
    ),
    wrong(
        "hinge_backward",
        "those_that_do_not_pay",
        (
            "The classes that pay nothing get a gradient, and those that pay get none. What does "
            "a margin of 0 say about its class?"
        ),
        (
            "dscores = (margins > 0).astype(float)",
            "dscores = (margins == 0).astype(float)\n    dscores[np.arange(N), y] = 0",
        ),
    ),
    wrong(
        "hinge_backward",
        "the_wrong_sign",
        (
            "Every entry has the wrong sign. If the score of a class that pays grows, does the "
            "loss grow or fall?"
        ),
        then("dscores = -dscores"),
    ),
    wrong(
        "hinge_backward",
        "one_too_many_for_the_right_class",
        (
            "The right class gets one minus too many in every example. Its own margin is 0: is it "
            "counted as a class that pays?"
        ),
        ("= -dscores.sum(axis=1)", "-= dscores.sum(axis=1) + 1"),
    ),
    # ---- half_squares_backward
    wrong(
        "half_squares_backward",
        "no_upstream",
        (
            "dw does not depend on dout: it is the local gradient alone. Where does the upstream "
            "gradient enter?"
        ),
        ("dw = dout * w", "dw = 1.0 * w"),
    ),
    wrong(
        "half_squares_backward",
        "factor_two",
        (
            "Every entry is two times too large. The square brings a factor 2; what does the half "
            "do with it?"
        ),
        ("dw = dout * w", "dw = 2 * dout * w"),
    ),
    wrong(
        "half_squares_backward",
        "still_halved",
        (
            "Every entry is half of what it should be. The half is there in R; what happens to it "
            "when a square is differentiated?"
        ),
        ("dw = dout * w", "dw = 0.5 * dout * w"),
    ),
    wrong(
        "half_squares_backward",
        "squares",
        (
            "dw has the squares of the weights: no entry has a sign of its own. What is the slope "
            "of a square where the weight is negative?"
        ),
        ("dw = dout * w", "dw = dout * w**2"),
    ),
    wrong(
        "half_squares_backward",
        "half_of_the_squares",
        (
            "dw has the terms of R, half of each square. How much does such a term grow when its "
            "weight grows by a little?"
        ),
        ("dw = dout * w", "dw = 0.5 * dout * w**2"),
    ),
    wrong(
        "half_squares_backward",
        "one_number",
        (
            "dw is a single number: the entries are added up. R has one slope for each weight; "
            "which shape has dw?"
        ),
        ("dw = dout * w", "dw = np.sum(dout * w)"),
    ),
    wrong(
        "half_squares_backward",
        "mean",
        ("Every entry is divided by the number of weights. Is R a sum over the weights or a mean?"),
        ("dw = dout * w", "dw = dout * w / w.size"),
    ),
    wrong(
        "half_squares_backward",
        "only_dout",
        (
            "Every entry is dout: the local gradient is missing. Does a large weight change R as "
            "much as a small one?"
        ),
        ("dw = dout * w", "dw = dout * np.ones_like(w)"),
    ),
    wrong(
        "half_squares_backward",
        "sign_of_the_weight",
        (
            "Every entry has the same size, only the sign of its weight is left. Does a large "
            "weight change R as much as a small one?"
        ),
        ("dw = dout * w", "dw = dout * np.sign(w)"),
    ),
    wrong(
        "half_squares_backward",
        "the_wrong_sign",
        ("dw has the wrong sign. Does R grow or fall when a positive weight grows?"),
        ("dw = dout * w", "dw = -dout * w"),
    ),
    wrong(
        "half_squares_backward",
        "adds_dout",
        (
            "dw is dout plus w. How does the chain rule combine the upstream gradient with the "
            "local one?"
        ),
        ("dw = dout * w", "dw = dout + w"),
    ),
    # ---- loss_graph
    wrong(
        "loss_graph",
        "price_for_the_examples",
        (
            "R is half the sum of squares of the examples, x. For whose size should the loss "
            "charge a price?"
        ),
        ('half_squares, "w"', 'half_squares, "x"'),
    ),
    wrong(
        "loss_graph",
        "price_for_the_scores",
        (
            "R is half the sum of squares of the scores. For whose size should the loss charge a "
            "price?"
        ),
        ('half_squares, "w"', 'half_squares, "scores"'),
    ),
    wrong(
        "loss_graph",
        "loss_of_the_examples",
        (
            "data_loss treats the features in x as scores; the weights play no part in it. Which "
            "node has the scores?"
        ),
        ('hinge, "scores"', 'hinge, "x"'),
    ),
    wrong(
        "loss_graph",
        "product_of_both",
        ("loss is the product of its two parts. When one part is 0, should the other still count?"),
        ('"loss", ADD', '"loss", multiply'),
    ),
    wrong(
        "loss_graph",
        "reg_added",
        ("reg_loss is R plus reg. When reg is 0, how much of R should be left in the loss?"),
        ('"reg_loss", multiply', '"reg_loss", ADD'),
    ),
    wrong(
        "loss_graph",
        "without_reg",
        (
            "loss adds R itself to the data loss: reg makes no difference to it. Which node has "
            "what the regularization costs?"
        ),
        ('"data_loss", "reg_loss"', '"data_loss", "R"'),
    ),
    wrong(
        "loss_graph",
        "data_loss_twice",
        "loss is two times the data loss. Where does the regularization enter?",
        ('"data_loss", "reg_loss"', '"data_loss", "data_loss"'),
    ),
    wrong(
        "loss_graph",
        "reg_loss_twice",
        "loss is two times reg_loss. Where do the scores enter?",
        ('"data_loss", "reg_loss"', '"reg_loss", "reg_loss"'),
    ),
    wrong(
        "loss_graph",
        "reg_itself_added",
        (
            "loss is the data loss plus the number reg. What does the table multiply by reg before "
            "it is added?"
        ),
        ('"data_loss", "reg_loss"', '"data_loss", "reg"'),
    ),
    wrong(
        "loss_graph",
        "reg_times_the_data_loss",
        (
            "reg_loss is reg times the data loss. Which of the two parts of the loss does reg "
            "belong to?"
        ),
        ('multiply, "R", "reg"', 'multiply, "data_loss", "reg"'),
    ),
    wrong(
        "loss_graph",
        "R_squared",
        "reg_loss is R times R. By what does the table multiply R?",
        ('multiply, "R", "reg"', 'multiply, "R", "R"'),
    ),
    wrong(
        "loss_graph",
        "reg_squared",
        "reg_loss is reg times reg. What does the table multiply by reg?",
        ('multiply, "R", "reg"', 'multiply, "reg", "reg"'),
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
        "downhill: a loop over the entries, results as lists",
        step_downhill="""
total = 0.0
for index in np.ndindex(grad.shape):
    total += float(grad[index]) ** 2
reached = np.empty(x.shape)
for index in np.ndindex(x.shape):
    reached[index] = x[index] - grad[index] * (length / total**0.5)
reached = reached.tolist()
""",
    ),
    unusual(
        "downhill: norm of the flat array, in float32",
        step_downhill="""
uphill = grad.ravel() / np.linalg.norm(grad.ravel())
reached = (x + -length * uphill.reshape(x.shape)).astype(np.float32)
""",
    ),
    unusual(
        "downhill: norm without axes, work in place on a copy",
        step_downhill="""
reached = np.copy(x)
reached -= np.multiply(length, grad) / np.linalg.norm(grad)
""",
    ),
    unusual(
        "repaired gradient: one example after the other",
        repaired_gradient="""
N, D = x.shape
loss, dw, db = 0.0, [0.0] * D, 0.0
for i in range(N):
    score = sum(x[i, j] * w[j] for j in range(D)) + b
    p = 1.0 / (1.0 + np.exp(-score))
    loss -= np.log(p if t[i] == 1 else 1 - p) / N
    for j in range(D):
        dw[j] += (p - t[i]) * x[i, j] / N
    db += (p - t[i]) / N
""",
    ),
    unusual(
        "repaired gradient: the bias as a column of ones",
        repaired_gradient="""
ones = np.ones((len(x), 1))
scores = np.hstack([x, ones]) @ np.append(w, b)
loss = (np.logaddexp(0, scores) - t * scores).mean()
both = np.hstack([x, ones]).T @ (np.tanh(scores / 2) / 2 + 0.5 - t) / t.size
dw, db = both[:-1], both[-1]
""",
    ),
    unusual(
        "repaired gradient: means, in float32",
        repaired_gradient="""
p = np.exp(x @ w + b) / (1 + np.exp(x @ w + b))
loss = np.average(-np.log(np.where(t == 1, p, 1 - p)))
dw = np.float32(((p - t)[:, None] * x).mean(axis=0))
db = np.float32(np.mean(p - t))
""",
    ),
    unusual(
        "cube: the output is cached, and its root is taken",
        cube_forward="out = slow(x)\nout = out * out * out\ncache = out",
        cube_backward="root = np.cbrt(cache)\ndv = root * root * dout * 3",
    ),
    unusual(
        "cube: the slope is cached in a dictionary, work in place on dout",
        cube_forward="""
value = np.array(slow(x))
cache = {"slope": 3 * np.square(value), "x": x}
out = np.power(value, 3)
""",
        cube_backward='dout *= cache["slope"]\ndv = dout',
    ),
    unusual(
        "cube: loops, a long tuple, float32 and lists",
        cube_forward="""
v = slow(x)
out = np.zeros(v.shape, dtype=np.float32)
for index in np.ndindex(v.shape):
    out[index] = v[index] ** 3
cache = (x, v, out, slow)
""",
        cube_backward="""
_, v, out, _ = cache
dv = np.zeros_like(dout)
for index in np.ndindex(v.shape):
    dv[index] = 3 * v[index] * v[index] * dout[index]
dv = dv.tolist()
""",
    ),
    unusual(
        "Caffe: in place, into the array that is there",
        caffe_sigmoid_backward="""
if not propagate_down:
    return bottom
np.subtract(1, top["data"], out=bottom["diff"])
bottom["diff"] *= top["data"]
bottom["diff"][...] *= top["diff"]
""",
    ),
    unusual(
        "Caffe: the output computed again from the input, in float32",
        caffe_sigmoid_backward="""
if propagate_down is True:
    again = 1 / (1 + np.exp(-bottom["data"]))
    bottom = dict(bottom, diff=(top["diff"] * (again - again**2)).astype(np.float32))
""",
    ),
    unusual(
        "Caffe: a loop, work in place on top, the result as lists",
        caffe_sigmoid_backward="""
result = bottom["diff"]
if propagate_down:
    top["diff"] *= top["data"]
    top["data"] *= -1
    top["data"] += 1
    result = [list(a * b) for a, b in zip(np.atleast_2d(top["diff"]), np.atleast_2d(top["data"]))]
    result = np.reshape(result, bottom["diff"].shape).tolist()
bottom["diff"] = result
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
        "Jacobian: one row after the other, by the numerical gradient of each output",
        jacobian="""
rows = []
for i in range(len(f(x))):
    rows.append(numerical_gradient(lambda x: f(x)[i], x, h))
J = np.array(rows)
""",
    ),
    unusual(
        "Jacobian: unit vectors, copies of x, nested lists",
        jacobian="""
columns = [(f(x + h * unit) - f(x - h * unit)) / h / 2 for unit in np.eye(x.size)]
J = [list(row) for row in zip(*columns)]
""",
    ),
    unusual(
        "Jacobian: first down, then up, entry by entry, in float32",
        jacobian="""
before = np.array(x)
J = np.empty((np.size(f(x)), np.size(x)), dtype=np.float32)
for j, value in enumerate(before):
    x[j] = value - h
    below = np.array(f(x))
    x[j] = value + h
    above = np.array(f(x))
    for i in range(J.shape[0]):
        J[i][j] = 0.5 * (above[i] - below[i]) / h
    x[:] = before
""",
    ),
    unusual(
        "Jacobian: columns stacked at the end",
        jacobian="""
columns = []
for j in range(x.shape[0]):
    old = float(x[j])
    ends = []
    for step in (h, -h):
        x[j] = old + step
        ends += [f(x)]
    x[j] = old
    columns += [np.subtract(*ends) / (h + h)]
J = np.stack(columns).T
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
total = np.exp(s).sum(1)[:, np.newaxis]
p = np.exp(s) / total
loss = -np.float32(1 / N) * np.sum(right * (s - np.log(total)))
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
    unusual(
        "hinge: loops over examples and classes, results as lists",
        hinge_backward="""
N, C = np.shape(margins)
dscores = [[0.0] * C for _ in range(N)]
for i in range(N):
    for j in range(C):
        if j != y[i] and margins[i][j] > 0:
            dscores[i][j] += dout / N
            dscores[i][y[i]] -= dout / N
""",
    ),
    unusual(
        "hinge: one-hot rows, signs of the margins, in float32",
        hinge_backward="""
pays = np.sign(margins).astype(np.float32)
right = (np.asarray(y)[:, None] == np.arange(margins.shape[1])).astype(np.float32)
dscores = (pays - right * np.sum(pays, 1, keepdims=True)) * np.float32(dout / len(pays))
""",
    ),
    unusual(
        "hinge: work in place on the margins",
        hinge_backward="""
margins[margins > 0] = dout / margins.shape[0]
margins[range(len(y)), y] -= margins.sum(axis=1)
dscores = margins
""",
    ),
    unusual(
        "half squares: a loop, results as lists",
        half_squares_backward="""
dw = np.zeros(np.shape(w))
for index in np.ndindex(np.shape(w)):
    dw[index] = 0.5 * dout * (w[index] + w[index])
dw = dw.tolist()
""",
    ),
    unusual(
        "half squares: work in place on w",
        half_squares_backward="w *= dout\ndw = w",
    ),
    unusual(
        "half squares: in float32",
        half_squares_backward="dw = np.einsum(',...->...', dout, w).astype(np.float32)",
    ),
    unusual(
        "loss graph: the price first, factors and terms exchanged",
        loss_graph="""
graph.add_node("R", half_squares, "w")
graph.add_node("reg_loss", multiply, "reg", "R")
graph.add_node("scores", matmul, "x", "w")
graph.add_node("data_loss", hinge, "scores")
graph.add_node("loss", ADD, "reg_loss", "data_loss")
""",
    ),
    unusual(
        "loss graph: gates of one's own, from a list, with a node more",
        loss_graph="""
product = Gate("@", lambda x, w: (x @ w, (x, w)), matmul_backward)
copy = Gate("=", lambda x: (1 * x, None), lambda dout, cache: dout)
for name, gate, *reads in [
    ("scores", product, "x", "w"),
    ("same_scores", copy, "scores"),
    ("data_loss", hinge, "same_scores"),
    ("R", half_squares, "w"),
    ("reg_loss", multiply, "R", "reg"),
    ("loss", ADD, "data_loss", "reg_loss"),
]:
    graph.add_node(name, gate, *reads)
""",
    ),
    unusual(
        "loss graph: a graph of one's own",
        loss_graph="""
graph = Graph()
for name in ("w", "reg", "x"):
    graph.add_input(name)
graph.add_node("scores", matmul, *"xw")
graph.add_node("data_loss", hinge, "scores")
graph.add_node("R", half_squares, "w")
graph.add_node("reg_loss", multiply, "R", "reg")
graph.add_node("loss", ADD, "data_loss", "reg_loss")
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
        "jacobian",
        "J = np.zeros((len(f(x)), len(x))) -> J = np.ones((len(f(x)), len(x)))",
    ): "every column is set",
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
