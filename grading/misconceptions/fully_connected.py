"""What students get wrong in 02_fully_connected, and what they get right in unusual ways."""

from grading.misconceptions import backprop, then, unusual, wrong

AFFINE = [
    wrong(
        "affine_forward",
        "no_bias",
        "The biases b are missing in out. What does each output get besides its weighted sum?",
        ("@ w + b", "@ w"),
    ),
    wrong(
        "affine_forward",
        "reshaped_instead_of_transposed",
        "A row of out mixes numbers of several examples. In which order does reshape read the"
        " numbers of x, and which of them are one example?",
        ("x.reshape(len(x), -1)", "x.reshape(-1, len(x)).T"),
    ),
    wrong(
        "affine_forward",
        "axes_in_reverse_order",
        "Each example is flattened with its axes in reverse order, so its numbers meet the wrong"
        " rows of w. Which axis should change fastest?",
        ("x.reshape(len(x), -1)", "x.T.reshape(-1, len(x)).T"),
    ),
    wrong(
        "affine_forward",
        "relu_applied",
        "out is never negative: what is below 0 has been set to 0. Is that part of the affine"
        " layer, or of the layer after it?",
        ("x.reshape(len(x), -1) @ w + b", "np.maximum(x.reshape(len(x), -1) @ w + b, 0)"),
    ),
    wrong(
        "affine_forward",
        "last_example_only",
        "out holds the outputs of the last example only. Where do those of the other examples go?",
        ("x.reshape(len(x), -1) @ w + b", "x[-1].reshape(-1) @ w + b"),
    ),
    wrong(
        "affine_forward",
        "out_transposed",
        "out has the shape (M, N): one row for each output. The table above asks for one row for"
        " each example.",
        ("x.reshape(len(x), -1) @ w + b", "(x.reshape(len(x), -1) @ w + b).T"),
    ),
    wrong(
        "affine_forward",
        "bias_twice",
        "The bias b is in out twice. How often does the formula add it?",
        ("@ w + b", "@ w + b + b"),
    ),
    wrong(
        "affine_forward",
        "biases_summed",
        "out is the weighted sum plus the same number in every column, the sum of all biases."
        " Which bias belongs to which column?",
        ("@ w + b", "@ w + b.sum()"),
    ),
    wrong(
        "affine_forward",
        "w_reshaped",
        "The weights are at other places than in w, as after a reshape and a transpose. Which"
        " shape does w have already?",
        ("@ w + b", "@ w.reshape(w.shape[1], w.shape[0]).T + b"),
    ),
    wrong(
        "affine_forward",
        "bias_subtracted",
        "The biases are subtracted. Which sign do they have in the formula?",
        ("@ w + b", "@ w - b"),
    ),
    wrong(
        "affine_backward",
        "dx_flat",
        "The numbers of dx are right, but they are left flat, as rows of D numbers. Which shape"
        " did x have before it was flattened?",
        ("dx = (dout @ w.T).reshape(x.shape)", "dx = dout @ w.T"),
    ),
    wrong(
        "affine_backward",
        "dx_reshaped_instead_of_transposed",
        "The right products are in dx, but at wrong places: a row mixes several examples. Is"
        " reshape the same as a transpose?",
        ("dx = (dout @ w.T).reshape(x.shape)", "dx = (w @ dout.T).reshape(x.shape)"),
    ),
    wrong(
        "affine_backward",
        "dx_without_dout",
        "dx does not depend on dout: every example has the same row. What does the chain rule"
        " multiply the local gradient by?",
        ("(dout @ w.T)", "(np.ones_like(dout) @ w.T)"),
    ),
    wrong(
        "affine_backward",
        "dw_is_the_mean",
        "dw is the mean over the minibatch. What happens to the gradients of weights that all N"
        " examples share?",
        ("dw = x.reshape(len(x), -1).T @ dout", "dw = x.reshape(len(x), -1).T @ dout / len(x)"),
    ),
    wrong(
        "affine_backward",
        "dw_reshaped_instead_of_transposed",
        "dw multiplies numbers of x by the dout of another example. Is reshape the same as a"
        " transpose?",
        ("dw = x.reshape(len(x), -1).T @ dout", "dw = x.reshape(-1, len(x)) @ dout"),
    ),
    wrong(
        "affine_backward",
        "dw_transposed",
        "dw has the shape (M, D). The shape of w is (D, M); let the shapes lead.",
        ("dw = x.reshape(len(x), -1).T @ dout", "dw = dout.T @ x.reshape(len(x), -1)"),
    ),
    wrong(
        "affine_backward",
        "dw_without_dout",
        "dw does not depend on dout: all its columns are equal. Where does the upstream gradient"
        " come in?",
        (
            "dw = x.reshape(len(x), -1).T @ dout",
            "dw = x.reshape(len(x), -1).T @ np.ones_like(dout)",
        ),
    ),
    wrong(
        "affine_backward",
        "last_example_only",
        "This is what the last example alone sends back. What happens to gradients that come"
        " back from N rows?",
        (
            "dw = x.reshape(len(x), -1).T @ dout",
            "dw = np.outer(x[-1], dout[-1])",
        ),
        ("db = dout.sum(axis=0)", "db = dout[-1]"),
    ),
    wrong(
        "affine_backward",
        "db_is_the_mean",
        "db is the mean over the minibatch. Every example adds b once, so what does each of them"
        " add to db?",
        ("db = dout.sum(axis=0)", "db = dout.mean(axis=0)"),
    ),
    wrong(
        "affine_backward",
        "db_of_the_other_axis",
        "db has one number for each example: the sum runs over the outputs. Along which axis of"
        " dout are the examples that share b?",
        ("db = dout.sum(axis=0)", "db = dout.sum(axis=1)"),
    ),
    wrong(
        "affine_backward",
        "db_with_two_axes",
        "The numbers of db are right, but it has the shape (1, M). What shape should b have?",
        ("db = dout.sum(axis=0)", "db = dout.sum(axis=0, keepdims=True)"),
    ),
    wrong(
        "affine_backward",
        "db_is_one_number",
        "db is one number, the sum of all of dout. Each output has a bias of its own: what comes"
        " back to each of them?",
        ("db = dout.sum(axis=0)", "db = dout.sum()"),
    ),
    wrong(
        "affine_backward",
        "db_not_summed",
        "db still has one row for each example. One bias is added to N rows: how do N gradients"
        " become one?",
        ("db = dout.sum(axis=0)", "db = dout"),
    ),
    wrong(
        "affine_backward",
        "db_without_dout",
        "db is 1 everywhere, whatever dout is. That is the slope for one example; what becomes of"
        " the upstream gradient?",
        ("db = dout.sum(axis=0)", "db = np.ones(dout.shape[1])"),
    ),
    wrong(
        "affine_backward",
        "dw_of_the_last_example",
        "dw holds what the last example alone sends back. What happens to the gradients of"
        " the examples before it?",
        ("dw = x.reshape(len(x), -1).T @ dout", "dw = np.outer(x[-1], dout[-1])"),
    ),
    wrong(
        "affine_backward",
        "db_of_the_last_example",
        "db holds what the last example alone sends back. What happens to the gradients of"
        " the examples before it?",
        ("db = dout.sum(axis=0)", "db = dout[-1]"),
    ),
    wrong(
        "affine_backward",
        "db_counts_the_examples",
        "db is N everywhere, the number of examples. Where does the upstream gradient come in?",
        ("db = dout.sum(axis=0)", "db = np.full(dout.shape[1], 1.0 * len(dout))"),
    ),
    wrong(
        "affine_backward",
        "no_upstream_gradient",
        "This does not depend on dout. Where does the upstream gradient come in?",
        ("(dout @ w.T)", "(np.ones_like(dout) @ w.T)"),
        (
            "dw = x.reshape(len(x), -1).T @ dout",
            "dw = x.reshape(len(x), -1).T @ np.ones_like(dout)",
        ),
        ("db = dout.sum(axis=0)", "db = np.full(dout.shape[1], 1.0 * len(dout))"),
    ),
    wrong(
        "affine_backward",
        "dx_is_the_mean",
        "dx is N times too small. Each example has a row of its own in dx: is there anything"
        " to average?",
        ("(dout @ w.T)", "(dout @ w.T / len(dout))"),
    ),
    wrong(
        "affine_backward",
        "all_divided_by_n",
        "This is divided by N. Where does the mean of the loss come in: here, or in the dout"
        " that arrives?",
        ("(dout @ w.T)", "(dout @ w.T / len(dout))"),
        ("dw = x.reshape(len(x), -1).T @ dout", "dw = x.reshape(len(x), -1).T @ dout / len(x)"),
        ("db = dout.sum(axis=0)", "db = dout.mean(axis=0)"),
    ),
    wrong(
        "affine_backward",
        "dx_in_another_order",
        "The numbers of dx are right, but within an example they stand at other places. In"
        " which order did you flatten x?",
        (".reshape(x.shape)", '.reshape(x.shape, order="F")'),
    ),
    wrong(
        "affine_backward",
        "w_reshaped_instead_of_transposed",
        "In dx, the weights are at wrong places. Is reshape the same as a transpose?",
        ("(dout @ w.T)", "(dout @ w.reshape(w.shape[1], w.shape[0]))"),
    ),
    wrong(
        "affine_backward",
        "dx_sign",
        "dx has the wrong sign. Which sign have x and w in the formula?",
        then("dx = -dx"),
    ),
    wrong(
        "affine_backward",
        "dw_sign",
        "dw has the wrong sign. Which sign have x and w in the formula?",
        then("dw = -dw"),
    ),
    wrong(
        "affine_backward",
        "db_sign",
        "db has the wrong sign. Which sign has b in the formula?",
        then("db = -db"),
    ),
    wrong(
        "affine_backward",
        "dx_doubled",
        "dx is two times too large. How often is each product added?",
        then("dx = 2 * dx"),
    ),
    wrong(
        "affine_backward",
        "db_doubled",
        "db is two times too large. How often does the formula add b?",
        then("db = 2 * db"),
    ),
    wrong(
        "affine_backward",
        "dx_and_dw_exchanged",
        "dx holds what belongs in dw, and dw what belongs in dx. In which order should the"
        " results be returned?",
        ("return dx, dw, db", "return dw, dx, db"),
    ),
    wrong(
        "affine_backward",
        "order_reversed",
        "The results are in reverse order: db, dw, dx. In which order should they be returned?",
        ("return dx, dw, db", "return db, dw, dx"),
    ),
]

ACTIVATIONS = [
    wrong(
        "relu_forward",
        "x_changed",
        "out is right, but the x of the caller has changed too: its negative entries are 0 now."
        " Do out and x share one array?",
        answer="""
x[x < 0] = 0
out = x
cache = x
""",
    ),
    wrong(
        "relu_forward",
        "largest_of_each_column",
        "out is the largest entry along the first axis, so an axis is lost. np.max and np.maximum"
        " are not the same: which one compares entry by entry?",
        ("np.maximum(x, 0)", "np.max(x, 0)"),
    ),
    wrong(
        "relu_forward",
        "absolute_value",
        "Negative entries come out as positive ones: out is the absolute value. What should be"
        " left of a negative entry?",
        ("np.maximum(x, 0)", "np.abs(x)"),
    ),
    wrong(
        "relu_forward",
        "keeps_the_negative_side",
        "out keeps the negative entries and sets the positive ones to 0. Which side does ReLU"
        " keep?",
        ("np.maximum(x, 0)", "np.minimum(x, 0)"),
    ),
    wrong(
        "relu_forward",
        "mask_instead_of_values",
        "out only tells where x is positive: it is 1 there. That is the slope of ReLU; what is its"
        " value?",
        ("np.maximum(x, 0)", "(x > 0).astype(float)"),
    ),
    wrong(
        "relu_forward",
        "positive_entries_in_a_row",
        "out holds the positive entries in one long row, and the zeros are gone. Which shape"
        " should out have?",
        ("np.maximum(x, 0)", "x[x > 0]"),
    ),
    wrong(
        "relu_forward",
        "leaks",
        "Negative entries come out multiplied by 0.01. That is leaky ReLU; what does the plain"
        " ReLU do with them?",
        ("np.maximum(x, 0)", "np.where(x > 0, x, 0.01 * x)"),
    ),
    wrong(
        "relu_forward",
        "limited_to_one",
        "out is never above 1. Does ReLU change entries that are positive?",
        ("np.maximum(x, 0)", "np.clip(x, 0, 1)"),
    ),
    wrong(
        "relu_backward",
        "no_upstream_gradient",
        "dx is only the slope, 0 or 1. What does the chain rule do with a slope and the upstream"
        " gradient?",
        ("dout * (x > 0)", "(x > 0).astype(float)"),
    ),
    wrong(
        "relu_backward",
        "sign_of_dout",
        "dx is 0 where dout is negative. Is it the sign of dout or of something else that decides"
        " what passes?",
        ("dout * (x > 0)", "dout * (dout > 0)"),
    ),
    wrong(
        "relu_backward",
        "everything_passes",
        "dx is dout everywhere. What is the slope of ReLU where its input is negative?",
        ("dout * (x > 0)", "dout * 1.0"),
    ),
    wrong(
        "relu_backward",
        "wrong_side",
        "The upstream gradient passes where x is negative and stops where x is positive. On which"
        " side does out change with x?",
        ("(x > 0)", "(x < 0)"),
    ),
    wrong(
        "relu_backward",
        "value_instead_of_slope",
        "The upstream gradient is multiplied by the output of ReLU. The chain rule needs its"
        " slope: how large is that?",
        ("dout * (x > 0)", "dout * np.maximum(x, 0)"),
    ),
    wrong(
        "relu_backward",
        "multiplied_by_x",
        "dx is dout times x. Which function of x has x as its slope, and what is the slope of"
        " ReLU?",
        ("dout * (x > 0)", "dout * x"),
    ),
    wrong(
        "relu_backward",
        "minus_on_the_negative_side",
        "Where x is negative, dx is minus dout: a slope of -1. How does the output change there if"
        " x changes a little?",
        ("dout * (x > 0)", "dout * np.sign(x)"),
    ),
    wrong(
        "relu_backward",
        "passing_entries_in_a_row",
        "dx holds only the gradients that pass, in one long row. Which shape does it need, and what"
        " stands at the other places?",
        ("dout * (x > 0)", "dout[x > 0]"),
    ),
    wrong(
        "relu_backward",
        "absolute_value_of_dout",
        "No entry of dx is negative: what passes is the absolute value of dout. What should"
        " happen to a negative upstream gradient?",
        ("dout * (x > 0)", "np.abs(dout) * (x > 0)"),
    ),
    wrong(
        "relu_backward",
        "relu_of_the_product",
        "dx is dout times x where this is positive, and else 0. Which one of the two decides,"
        " and what is the slope?",
        ("dout * (x > 0)", "np.maximum(dout * x, 0)"),
    ),
    wrong(
        "relu_backward",
        "positive_dout_only",
        "Only positive entries of dout pass, and only where x is positive. Does the slope"
        " depend on dout?",
        ("dout * (x > 0)", "np.maximum(dout, 0) * (x > 0)"),
    ),
    wrong(
        "relu_backward",
        "sign",
        "dx has the wrong sign. Does the output rise or fall when a positive x rises?",
        then("dx = -dx"),
    ),
    wrong(
        "leaky_relu_forward",
        "alpha_fixed",
        "The slope for negative inputs is 0.01, whatever alpha is passed in. Where do you use the"
        " argument?",
        ("alpha * x)", "0.01 * x)"),
    ),
    wrong(
        "leaky_relu_forward",
        "plain_relu",
        "Negative inputs come out as 0: that is the plain ReLU. What should be left of them?",
        ("alpha * x)", "0)"),
    ),
    wrong(
        "leaky_relu_forward",
        "sign_lost",
        "Negative inputs come out positive. The table above gives their output; which sign does it"
        " have?",
        ("alpha * x)", "-alpha * x)"),
    ),
    wrong(
        "leaky_relu_forward",
        "alpha_itself",
        "Negative inputs all come out as alpha. alpha is a slope: what is the height of a line with"
        " this slope at x?",
        ("alpha * x)", "alpha)"),
    ),
    wrong(
        "leaky_relu_forward",
        "sides_exchanged",
        "Positive inputs are multiplied by alpha, negative ones stay. Which side should be kept as"
        " it is?",
        ("np.where(x > 0, x, alpha * x)", "np.where(x > 0, alpha * x, x)"),
    ),
    wrong(
        "leaky_relu_forward",
        "alpha_on_both_sides",
        "Positive inputs are multiplied by alpha as well. What should happen to them?",
        ("np.where(x > 0, x, alpha * x)", "alpha * x"),
    ),
    wrong(
        "leaky_relu_forward",
        "positive_side_too_steep",
        "Positive inputs come out as (1 + alpha) times x. Two parts are added there; which of them"
        " is meant for the negative side only?",
        ("np.where(x > 0, x, alpha * x)", "np.maximum(x, 0) + alpha * x"),
    ),
    wrong(
        "leaky_relu_forward",
        "elu",
        "Negative inputs follow a curve with an exponential: that is ELU. Which line of the table"
        " is leaky ReLU?",
        ("alpha * x)", "alpha * np.expm1(x))"),
    ),
    wrong(
        "leaky_relu_forward",
        "alpha_added",
        "Negative inputs come out as x + alpha. alpha is a slope: what does a slope do with x?",
        ("alpha * x)", "alpha + x)"),
    ),
    wrong(
        "leaky_relu_backward",
        "alpha_fixed",
        "The slope for negative inputs is 0.01, whatever alpha the forward was given. How does"
        " alpha get from forward to backward?",
        ("alpha * dout)", "0.01 * dout)"),
    ),
    wrong(
        "leaky_relu_backward",
        "plain_relu",
        "No gradient passes where x is negative: that is the plain ReLU. What is the slope here?",
        ("alpha * dout)", "0.0)"),
    ),
    wrong(
        "leaky_relu_backward",
        "no_upstream_gradient",
        (
            "dx does not depend on dout: it is a slope alone. What does the chain rule do with a "
            "slope and the upstream gradient?"
        ),
        then("dx = dx / dout"),
    ),
    wrong(
        "leaky_relu_backward",
        "alpha_without_dout",
        "Where x is negative, dx is alpha itself. What happened to the upstream gradient on this"
        " side?",
        ("alpha * dout)", "alpha)"),
    ),
    wrong(
        "leaky_relu_backward",
        "sign_of_dout",
        "The slope is alpha where dout is negative. Is it dout or the input of the forward that"
        " decides on the slope?",
        ("np.where(x > 0,", "np.where(dout > 0,"),
    ),
    wrong(
        "leaky_relu_backward",
        "sides_exchanged",
        "The slope is alpha where x is positive and 1 where x is negative. Which side is the flat"
        " one?",
        ("np.where(x > 0, dout, alpha * dout)", "np.where(x > 0, alpha * dout, dout)"),
    ),
    wrong(
        "leaky_relu_backward",
        "value_instead_of_slope",
        "dout is multiplied by the output of leaky ReLU. The chain rule needs its slope: what is it"
        " on each side?",
        ("np.where(x > 0, dout, alpha * dout)", "dout * np.where(x > 0, x, alpha * x)"),
    ),
    wrong(
        "leaky_relu_backward",
        "sign_lost",
        "Where x is negative, the slope is minus alpha. Does the output rise or fall there, if x"
        " rises?",
        ("alpha * dout)", "-alpha * dout)"),
    ),
    wrong(
        "leaky_relu_backward",
        "multiplied_by_x",
        "Where x is negative, the gradient is multiplied by x as well. That is the output;"
        " what is the slope there?",
        ("alpha * dout)", "alpha * x * dout)"),
    ),
    wrong(
        "leaky_relu_backward",
        "alpha_on_both_sides",
        "The slope is alpha on both sides. What is it where x is positive?",
        ("np.where(x > 0, dout, alpha * dout)", "alpha * dout"),
    ),
    wrong(
        "leaky_relu_backward",
        "everything_passes",
        "dx is dout everywhere. What is the slope where x is negative?",
        ("alpha * dout)", "dout)"),
    ),
    wrong(
        "leaky_relu_backward",
        "no_upstream_gradient_above_zero",
        "Where x is positive, dx is 1: only the slope. What happened to the upstream gradient"
        " on this side?",
        ("0, dout,", "0, 1.0,"),
    ),
    wrong(
        "tanh_forward",
        "sigmoid",
        "out is the sigmoid of x: between 0 and 1, and 0.5 at 0. What is tanh at 0?",
        ("np.tanh(x)", "1 / (1 + np.exp(-x))"),
    ),
    wrong(
        "tanh_forward",
        "half_the_input",
        "out is tanh of half of x. tanh is a stretched sigmoid: how much wider is the sigmoid than"
        " tanh?",
        ("np.tanh(x)", "2 / (1 + np.exp(-x)) - 1"),
    ),
    wrong(
        "tanh_forward",
        "not_stretched",
        "out is the sigmoid of 2 x, from 0 to 1. tanh goes from -1 to 1: what is left to do?",
        ("np.tanh(x)", "1 / (1 + np.exp(-2 * x))"),
    ),
    wrong(
        "tanh_forward",
        "missing_brackets",
        "Only exp(-x) is divided by exp(x); the rest stands outside the fraction. Where are"
        " brackets needed?",
        ("np.tanh(x)", "np.exp(x) - np.exp(-x) / np.exp(x) + np.exp(-x)"),
    ),
    wrong(
        "tanh_forward",
        "tangent",
        "out is the tangent, a function of angles. Which function does the h in tanh stand for?",
        ("np.tanh(x)", "np.tan(x)"),
    ),
    wrong(
        "tanh_forward",
        "denominator_missing",
        "out is half the difference of the two exponentials, and grows without limit. By what is"
        " the difference divided in tanh?",
        ("np.tanh(x)", "np.sinh(x)"),
    ),
    wrong(
        "tanh_backward",
        "no_upstream_gradient",
        (
            "dx does not depend on dout: it is a slope alone. What does the chain rule do with a "
            "slope and the upstream gradient?"
        ),
        then("dx = dx / dout"),
    ),
    wrong(
        "tanh_backward",
        "square_missing",
        (
            "The slope is 1 - out. Test it: is tanh steeper at an output of -0.8 than at an "
            "output of 0?"
        ),
        ("(1 - out**2)", "(1 - out)"),
    ),
    wrong(
        "tanh_backward",
        "slope_of_the_sigmoid",
        "The slope is out times (1 - out), that of the sigmoid. At an output of 0 it would be 0;"
        " what is the slope of tanh there?",
        ("(1 - out**2)", "out * (1 - out)"),
    ),
    wrong(
        "tanh_backward",
        "input_for_output",
        "The slope is 1 minus the square of the input. Is the derivative of tanh written with the"
        " input or with the output?",
        ("(1 - out**2)", "(1 - np.arctanh(out) ** 2)"),
    ),
    wrong(
        "tanh_backward",
        "tanh_twice",
        "tanh is applied twice: the slope is taken with tanh of the output. What does your cache"
        " hold, input or output?",
        ("(1 - out**2)", "(1 - np.tanh(out) ** 2)"),
    ),
    wrong(
        "tanh_backward",
        "sign",
        "dx has the wrong sign everywhere: the slope comes out negative. Does tanh rise or fall?",
        ("(1 - out**2)", "(out**2 - 1)"),
    ),
    wrong(
        "tanh_backward",
        "plus_the_square",
        "The slope is 1 plus the square of the output, so it is largest where tanh is flat. Which"
        " sign does the quotient rule give?",
        ("(1 - out**2)", "(1 + out**2)"),
    ),
    wrong(
        "tanh_backward",
        "output_itself",
        (
            "The slope is the output of tanh itself. How steep is tanh at 0, and what is its "
            "output there?"
        ),
        ("(1 - out**2)", "out"),
    ),
    wrong(
        "tanh_backward",
        "square_outside",
        "The slope is the square of (1 - out). What exactly is squared in the formula?",
        ("(1 - out**2)", "(1 - out) ** 2"),
    ),
    wrong(
        "tanh_backward",
        "everything_passes",
        "dx is dout: the slope is missing. How steep is tanh far from 0?",
        ("(1 - out**2)", "1.0"),
    ),
    wrong(
        "elu_backward",
        "output_for_slope",
        "Where x is negative, dout is multiplied by out. But out is alpha * exp(x) minus something:"
        " how do you get the exponential alone?",
        ("dout * (out + alpha)", "dout * out"),
    ),
    wrong(
        "elu_backward",
        "alpha_missing",
        "Where x is negative, the slope is exp(x) without alpha. What is the derivative of a"
        " function times a constant?",
        ("dout * (out + alpha)", "dout * np.exp(x)"),
    ),
    wrong(
        "elu_backward",
        "one_for_alpha",
        "Where x is negative, the slope is out plus 1. That is right only for alpha = 1: what does"
        " out lack in general?",
        ("(out + alpha)", "(out + 1)"),
    ),
    wrong(
        "elu_backward",
        "exponential_of_the_output",
        "Where x is negative, the slope is taken with the exponential of out. out is already the"
        " result of one: which number belongs in the exponent?",
        ("dout * (out + alpha)", "dout * alpha * np.exp(out)"),
    ),
    wrong(
        "elu_backward",
        "alpha_twice",
        "Where x is negative, the slope has alpha as a factor once too often. Does out contain"
        " alpha already?",
        ("dout * (out + alpha)", "dout * alpha * (out + alpha)"),
    ),
    wrong(
        "elu_backward",
        "no_upstream_gradient",
        (
            "dx does not depend on dout: it is a slope alone. What does the chain rule do with a "
            "slope and the upstream gradient?"
        ),
        then("dx = dx / dout"),
    ),
    wrong(
        "elu_backward",
        "negative_side_everywhere",
        "The slope of the negative side is used for positive inputs too, taken from the output."
        " Which slope has a straight line?",
        ("np.where(x > 0, dout, dout * (out + alpha))", "dout * (out + alpha)"),
    ),
    wrong(
        "elu_backward",
        "exponential_everywhere",
        "The slope is alpha * exp(x) for positive inputs too. What is ELU where its input is"
        " positive?",
        ("np.where(x > 0, dout, dout * (out + alpha))", "dout * alpha * np.exp(x)"),
    ),
    wrong(
        "elu_backward",
        "no_upstream_gradient_below_zero",
        "Where x is negative, dx is only the slope. What happened to the upstream gradient on this"
        " side?",
        ("dout * (out + alpha)", "out + alpha"),
    ),
    wrong(
        "elu_backward",
        "plain_relu",
        "No gradient passes where x is negative: that is the plain ReLU. Is ELU flat there?",
        ("dout * (out + alpha)", "0.0"),
    ),
    wrong(
        "elu_backward",
        "slope_of_leaky_relu",
        "Where x is negative, the slope is alpha everywhere, as in leaky ReLU. Is ELU a straight"
        " line there?",
        ("dout * (out + alpha)", "dout * alpha"),
    ),
    wrong(
        "elu_backward",
        "input_for_output",
        "Where x is negative, the slope is x + alpha. Is the slope written with the input or"
        " with the output?",
        ("(out + alpha)", "(x + alpha)"),
    ),
    wrong(
        "elu_backward",
        "sign_of_dout",
        "Which slope is taken depends on the sign of dout. Is it dout or something else that"
        " decides?",
        ("where(x", "where(dout"),
    ),
    wrong(
        "elu_backward",
        "positive_side_times_x",
        "Where x is positive, dx is dout times x. What is the slope of the straight side?",
        ("0, dout,", "0, dout * x,"),
    ),
    wrong(
        "elu_backward",
        "no_upstream_gradient_above_zero",
        "On the straight side, dx is 1: only the slope. What happened to the upstream"
        " gradient on this side?",
        ("0, dout,", "0, 1.0,"),
    ),
    wrong(
        "maxout_forward",
        "pieces_far_apart",
        "A unit takes the largest of columns that are not neighbors. Which columns does the first"
        " unit read?",
        (
            "x.reshape(len(x), -1, num_pieces)",
            "x.reshape(len(x), num_pieces, -1).transpose(0, 2, 1)",
        ),
    ),
    wrong(
        "maxout_forward",
        "always_two_pieces",
        "Two neighboring columns make a unit, whatever num_pieces is. Where do you use the"
        " argument?",
        ("x.reshape(len(x), -1, num_pieces)", "x.reshape(len(x), -1, 2)"),
    ),
    wrong(
        "maxout_forward",
        "sum_of_pieces",
        "out is the sum of the pieces. What does a maxout unit do with them?",
        ("pieces.max(axis=2)", "pieces.sum(axis=2)"),
    ),
    wrong(
        "maxout_forward",
        "smallest_piece",
        "The smallest piece of each unit wins. Which one should?",
        ("pieces.max(axis=2)", "pieces.min(axis=2)"),
    ),
    wrong(
        "maxout_forward",
        "number_of_the_winner",
        "out tells which piece wins: 0 for the first, 1 for the second. What should it hold instead"
        " of the place?",
        ("pieces.max(axis=2)", "pieces.argmax(axis=2)"),
    ),
    wrong(
        "maxout_forward",
        "one_winner_per_example",
        "out has one number for each example: the largest of its whole row. How many units share"
        " this row?",
        ("pieces.max(axis=2)", "pieces.max(axis=(1, 2))"),
    ),
    wrong(
        "maxout_forward",
        "relu_on_top",
        "out is never negative: a unit whose pieces are all negative gives 0. Is there a 0 among"
        " the pieces of maxout?",
        ("pieces.max(axis=2)", "np.maximum(pieces.max(axis=2), 0)"),
    ),
    wrong(
        "maxout_forward",
        "largest_size",
        "out is the largest absolute value of the pieces. Is -7 larger than -3?",
        ("pieces.max(axis=2)", "np.abs(pieces).max(axis=2)"),
    ),
    wrong(
        "maxout_forward",
        "axis_kept",
        "The numbers of out are right, but it has an extra axis of length 1. Which shape does the"
        " table ask for?",
        ("pieces.max(axis=2)", "pieces.max(axis=2, keepdims=True)"),
    ),
    wrong(
        "maxout_forward",
        "mean_of_pieces",
        "out is the mean of the pieces. What does a maxout unit do with them?",
        ("pieces.max(axis=2)", "pieces.mean(axis=2)"),
    ),
    wrong(
        "maxout_backward",
        "no_upstream_gradient",
        "dx is 1 where a piece won and 0 elsewhere. Where does the upstream gradient come in?",
        ("(won * dout[:, :, None])", "(won * 1.0)"),
    ),
    wrong(
        "maxout_backward",
        "every_piece_gets_it",
        "Every piece gets the whole upstream gradient. What did the pieces that lost add to out?",
        ("(won * dout[:, :, None])", "(np.ones(won.shape) * dout[:, :, None])"),
    ),
    wrong(
        "maxout_backward",
        "shared_equally",
        "The upstream gradient is shared equally among the pieces. Does out change if a piece that"
        " lost changes a little?",
        (
            "(won * dout[:, :, None])",
            "(np.ones(won.shape) * dout[:, :, None] / won.shape[2])",
        ),
    ),
    wrong(
        "maxout_backward",
        "losers_get_it",
        "The pieces that lost get the upstream gradient, and the one that won gets 0. Which piece"
        " decides on out?",
        ("pieces == out", "pieces != out"),
    ),
    wrong(
        "maxout_backward",
        "value_instead_of_slope",
        "The upstream gradient is multiplied by the piece that won. The chain rule needs a slope:"
        " how does out change with this piece?",
        ("(won * dout[:, :, None])", "(won * pieces * dout[:, :, None])"),
    ),
    wrong(
        "maxout_backward",
        "one_winner_per_example",
        "Only one entry of each row gets a gradient. How many units are in a row, and how many of"
        " their pieces win?",
        ("pieces == out[:, :, None]", "pieces == pieces.max(axis=(1, 2), keepdims=True)"),
    ),
    wrong(
        "maxout_backward",
        "columns_in_another_order",
        "The gradients are right, but they stand at wrong columns: all first pieces, then all"
        " second pieces. In which order are the columns of x?",
        (
            "(won * dout[:, :, None]).reshape(len(out), -1)",
            "(won * dout[:, :, None]).transpose(0, 2, 1).reshape(len(out), -1)",
        ),
    ),
    wrong(
        "maxout_backward",
        "three_axes_left",
        "The numbers of dx are right, but it still has three axes. What shape should dx have?",
        ("(won * dout[:, :, None]).reshape(len(out), -1)", "won * dout[:, :, None]"),
    ),
    wrong(
        "maxout_backward",
        "first_piece_gets_it",
        "The first piece of each unit gets the upstream gradient, whoever won. What must the"
        " forward tell the backward?",
        ("won = pieces == out[:, :, None]", "won = np.arange(pieces.shape[2]) == 0 * pieces"),
    ),
    wrong(
        "dead_units",
        "any_for_all",
        "The count includes units that put out 0 for at least one example. For how many examples"
        " must a dead unit be 0?",
        ("np.all(hidden == 0, axis=0)", "np.any(hidden == 0, axis=0)"),
    ),
    wrong(
        "dead_units",
        "weights_only",
        "The count does not depend on the biases or the examples: it is about the weights alone."
        " What must be 0 for a unit to be dead?",
        answer="count = int(np.sum(np.all(w <= 0, axis=0)))",
    ),
    wrong(
        "dead_units",
        "examples_counted",
        "The count is that of examples for which all units are 0. Which axis of the activations"
        " stands for the units?",
        ("np.all(hidden == 0, axis=0)", "np.all(hidden == 0, axis=1)"),
    ),
    wrong(
        "dead_units",
        "zeros_counted",
        "The count is that of all zeros, over all units and examples. When is a whole unit dead?",
        ("np.sum(np.all(hidden == 0, axis=0))", "np.sum(hidden == 0)"),
    ),
    wrong(
        "dead_units",
        "living_counted",
        "The count is that of the units that are not dead. Which ones are asked for?",
        ("np.sum(np.all(hidden == 0, axis=0))", "np.sum(np.any(hidden != 0, axis=0))"),
    ),
    wrong(
        "dead_units",
        "bias_ignored",
        "The biases have no effect on the count. What do they do to the input of the ReLU?",
        ("affine_forward(x, w, b)", "affine_forward(x, w, 0 * b)"),
    ),
    wrong(
        "dead_units",
        "negative_on_average",
        "The count includes units whose input is negative on average. Can such a unit still be"
        " active for one example?",
        (
            "hidden, _ = relu_forward(affine_forward(x, w, b)[0])",
            "hidden = np.maximum(affine_forward(x, w, b)[0].mean(axis=0, keepdims=True), 0)",
        ),
    ),
    wrong(
        "dead_units",
        "relu_missing",
        "The count is 0: the outputs of the affine layer are hardly ever exactly 0. Which layer"
        " turns negative numbers into 0?",
        (
            "hidden, _ = relu_forward(affine_forward(x, w, b)[0])",
            "hidden = affine_forward(x, w, b)[0]",
        ),
    ),
    wrong(
        "dead_units",
        "fraction",
        "The result is the fraction of dead units. The number of them is asked for.",
        ("int(np.sum(np.all(hidden == 0, axis=0)))", "np.mean(np.all(hidden == 0, axis=0))"),
    ),
]

COMPOSED = [
    wrong(
        "collapse_affine",
        "first_bias_lost",
        "b is b2 alone: nothing in it comes from b1. What does the second layer do with everything"
        " that the first puts out?",
        ("b = b1 @ w2 + b2", "b = b2 * 1.0"),
    ),
    wrong(
        "collapse_affine",
        "second_bias_lost",
        "b is what the second layer makes of b1; b2 is lost. What is left over when you multiply"
        " the brackets?",
        ("b = b1 @ w2 + b2", "b = b1 @ w2"),
    ),
    wrong(
        "collapse_affine",
        "first_bias_summed",
        "Every entry of b gets the sum of b1. Do all entries of b1 reach each output with the"
        " weight 1?",
        ("b = b1 @ w2 + b2", "b = b1.sum() + b2"),
    ),
    wrong(
        "collapse_affine",
        "first_bias_in_the_weights",
        "What comes from b1 is in w, in every row, and not in b. Is b1 multiplied by x?",
        ("w = w1 @ w2", "w = (w1 + b1) @ w2"),
        ("b = b1 @ w2 + b2", "b = b2 * 1.0"),
    ),
    wrong(
        "collapse_affine",
        "biases_multiplied",
        "b is a product with b2. The second layer multiplies by w2: what does it do with b2?",
        ("b = b1 @ w2 + b2", "b = (b1 @ w2) * b2"),
    ),
    wrong(
        "collapse_affine",
        "relu_between",
        "Negative numbers of the first layer are set to 0 before w2 acts on them. What is between"
        " the two layers here?",
        ("w = w1 @ w2", "w = np.maximum(w1, 0) @ w2"),
        ("b = b1 @ w2 + b2", "b = np.maximum(b1, 0) @ w2 + b2"),
    ),
    wrong(
        "collapse_affine",
        "b_with_two_axes",
        "The numbers of b are right, but it has the shape (1, M). Which shape is asked for?",
        ("b = b1 @ w2 + b2", "b = b1[None, :] @ w2 + b2"),
    ),
    wrong(
        "collapse_affine",
        "w_transposed",
        "w has the shape (M, D). Which of its axes belongs to the inputs?",
        ("w = w1 @ w2", "w = w2.T @ w1.T"),
    ),
    wrong(
        "collapse_affine",
        "relu_on_w1",
        "In w, the negative numbers of w1 are set to 0. What is between the two layers here?",
        ("w = w1 @ w2", "w = np.maximum(w1, 0) @ w2"),
    ),
    wrong(
        "collapse_affine",
        "relu_on_b1",
        "In b, the negative numbers of b1 are set to 0. What is between the two layers here?",
        ("b = b1 @ w2 + b2", "b = np.maximum(b1, 0) @ w2 + b2"),
    ),
    wrong(
        "collapse_affine",
        "second_bias_in_the_weights",
        "b2 is added to w, in every row. Is b2 multiplied by x?",
        ("w = w1 @ w2", "w = w1 @ w2 + b2"),
    ),
    wrong(
        "affine_relu_forward",
        "relu_first",
        "The ReLU acts on x, before the affine layer. Which of the two layers comes first?",
        ("scores, affine_cache = affine_forward(x, w, b)", "x, relu_cache = relu_forward(x)"),
        (
            "out, relu_cache = relu_forward(scores)",
            "out, affine_cache = affine_forward(x, w, b)",
        ),
    ),
    wrong(
        "affine_relu_forward",
        "no_relu",
        "out has negative entries: it is what the affine layer puts out. What is still missing?",
        ("out, relu_cache = relu_forward(scores)", "out, relu_cache = scores, scores"),
    ),
    wrong(
        "affine_relu_forward",
        "bias_after_relu",
        "The bias is added after the ReLU. Which layer does the bias belong to?",
        ("affine_forward(x, w, b)", "affine_forward(x, w, 0 * b)"),
        (
            "cache = (affine_cache, relu_cache)",
            "out = out + b\n    cache = (affine_cache, relu_cache)",
        ),
    ),
    wrong(
        "affine_relu_forward",
        "no_bias",
        "out is that of a layer without biases. Where does b go?",
        ("affine_forward(x, w, b)", "affine_forward(x, w, 0 * b)"),
    ),
    wrong(
        "affine_relu_forward",
        "relu_on_both_sides",
        "out is what comes when negative numbers of x are 0 before the affine layer, too. How"
        " many ReLUs are in this sandwich, and where?",
        ("affine_forward(x, w, b)", "affine_forward(relu_forward(x)[0], w, b)"),
    ),
    wrong(
        "affine_relu_backward",
        "relu_skipped",
        "The affine layer gets the whole of dout: nothing is stopped where the ReLU put out 0."
        " Which layer is missing on the way back?",
        ("dscores = relu_backward(dout, relu_cache)", "dscores = dout"),
    ),
    wrong(
        "affine_relu_backward",
        "dw_and_db_from_dout",
        "dw and db are computed from dout itself. Which gradient arrives at the"
        " output of the affine layer?",
        (
            "dx, dw, db = affine_backward(dscores, affine_cache)",
            "dx = affine_backward(dscores, affine_cache)[0]\n"
            "    dw, db = affine_backward(dout, affine_cache)[1:]",
        ),
    ),
    wrong(
        "affine_relu_backward",
        "dx_from_dout",
        "dx is computed from dout itself. Which gradient arrives at the"
        " output of the affine layer?",
        (
            "dx, dw, db = affine_backward(dscores, affine_cache)",
            "dx = affine_backward(dout, affine_cache)[0]\n"
            "    dw, db = affine_backward(dscores, affine_cache)[1:]",
        ),
    ),
    wrong(
        "affine_relu_backward",
        "db_from_dout",
        "db is the sum of dout itself. Is the bias added before or after the ReLU?",
        (
            "dx, dw, db = affine_backward(dscores, affine_cache)",
            "dx, dw, db = affine_backward(dscores, affine_cache)\n    db = dout.sum(axis=0)",
        ),
    ),
    wrong(
        "affine_relu_backward",
        "no_upstream_gradient",
        "The gradients do not depend on dout: they are those of an upstream gradient of 1. Where"
        " should dout go first?",
        ("relu_backward(dout, relu_cache)", "relu_backward(np.ones_like(dout), relu_cache)"),
    ),
    wrong(
        "affine_relu_backward",
        "value_instead_of_slope",
        "dout is multiplied by the output of the ReLU, and then goes to the affine layer. Is the"
        " output of a ReLU also its slope?",
        (
            "relu_backward(dout, relu_cache)",
            "relu_backward(dout * relu_cache, relu_cache)",
        ),
    ),
    wrong(
        "affine_relu_backward",
        "dx_and_dw_exchanged",
        "dx holds what belongs in dw, and dw what belongs in dx. In which order does"
        " affine_backward return its results?",
        ("dx, dw, db = affine_backward", "dw, dx, db = affine_backward"),
    ),
    wrong(
        "affine_relu_backward",
        "dw_from_dout",
        "dw is computed from dout itself. Which gradient arrives at the output of the affine"
        " layer?",
        (
            "dx, dw, db = affine_backward(dscores, affine_cache)",
            "dx, dw, db = affine_backward(dscores, affine_cache)\n"
            "    dw = affine_backward(dout, affine_cache)[1]",
        ),
    ),
    wrong(
        "affine_relu_backward",
        "order_reversed",
        "The results are in reverse order: db, dw, dx. In which order should they be returned?",
        ("return dx, dw, db", "return db, dw, dx"),
    ),
    wrong(
        "affine_relu_backward",
        "dw_and_db_exchanged",
        "dw holds what belongs in db, and db what belongs in dw. In which order should the"
        " results be returned?",
        ("return dx, dw, db", "return dx, db, dw"),
    ),
    wrong(
        "affine_relu_backward",
        "relu_on_dx",
        "No entry of dx is negative: a ReLU was applied to it. Which array does the mask of"
        " the ReLU belong to?",
        then("dx = np.maximum(dx, 0)"),
    ),
]

LOSSES = [
    wrong(
        "svm_loss",
        "right_class_pays",
        "The right class itself counts as one of those that pay. Which j does the sum leave out?",
        ("    margins[np.arange(N), y] = 0\n", ""),
    ),
    wrong(
        "svm_loss",
        "loss_is_the_sum",
        "loss is the sum over the examples. What does the text ask for?",
        ("loss = margins.sum() / N", "loss = margins.sum()"),
    ),
    wrong(
        "svm_loss",
        "mean_over_classes_too",
        "loss is a mean over examples and classes. Over how many of these numbers should it be"
        " averaged?",
        ("loss = margins.sum() / N", "loss = margins.mean()"),
    ),
    wrong(
        "svm_loss",
        "no_margin",
        "This fits a loss in which a class pays only for being above the right class. By how"
        " much should the right score be larger?",
        ("[:, None] + 1, 0)", "[:, None], 0)"),
    ),
    wrong(
        "svm_loss",
        "margin_subtracted",
        "This fits a loss in which a class pays only for being more than 1 above the right"
        " class. Who should be 1 ahead of whom?",
        ("[:, None] + 1, 0)", "[:, None] - 1, 0)"),
    ),
    wrong(
        "svm_loss",
        "scores_exchanged",
        "Classes with a low score pay, those with a high score do not. Which of the two scores is"
        " subtracted from the other?",
        (
            "np.maximum(x - x[np.arange(N), y][:, None] + 1, 0)",
            "np.maximum(x[np.arange(N), y][:, None] - x + 1, 0)",
        ),
    ),
    wrong(
        "svm_loss",
        "negative_terms_counted",
        "Classes that are far behind make the loss smaller: negative terms are added too. What does"
        " the max in the formula do with them?",
        (
            "loss = margins.sum() / N",
            "loss = (x - x[np.arange(N), y][:, None] + 1).sum() / N - 1",
        ),
    ),
    wrong(
        "svm_loss",
        "only_the_worst_class",
        "In each example, only one wrong class counts: the one with the highest score. What"
        " about others that come too close?",
        ("loss = margins.sum() / N", "loss = margins.max(axis=1).sum() / N"),
        ("(margins > 0)", "((margins > 0) & (margins == margins.max(axis=1, keepdims=True)))"),
    ),
    wrong(
        "svm_loss",
        "squared_hinge",
        "loss adds the squares of what is missing. What does each class pay in the formula above?",
        ("loss = margins.sum() / N", "loss = (margins**2).sum() / N"),
    ),
    wrong(
        "svm_loss",
        "dx_is_the_sum",
        "dx is the gradient of the sum over the examples. What changes when the loss is a mean?",
        ("dx = dx / N", "dx = dx * 1.0"),
    ),
    wrong(
        "svm_loss",
        "right_class_minus_one",
        "The right class gets a single -1 in dx, before dividing by N. In how many terms of the"
        " sum does its score appear?",
        ("dx[np.arange(N), y] = -dx.sum(axis=1)", "dx[np.arange(N), y] = -1"),
    ),
    wrong(
        "svm_loss",
        "right_class_left_out",
        "dx is 0 at the right class. What happens to the loss when its score rises a little?",
        ("dx[np.arange(N), y] = -dx.sum(axis=1)", "dx[np.arange(N), y] = 0"),
    ),
    wrong(
        "svm_loss",
        "right_class_minus_all",
        "The right class collects a -1 from every other class, also from those that pay nothing."
        " Which classes should count?",
        ("dx[np.arange(N), y] = -dx.sum(axis=1)", "dx[np.arange(N), y] = 1 - x.shape[1]"),
    ),
    wrong(
        "svm_loss",
        "every_class_pays_in_dx",
        "In dx, classes that pay nothing count as well: every term gives a 1, and the right class"
        " collects C times -1. Which terms of the sum are positive?",
        ("(margins > 0)", "(margins >= 0)"),
    ),
    wrong(
        "svm_loss",
        "margins_in_dx",
        "dx holds the margins themselves. What is the slope of one positive term, however large it"
        " is?",
        ("dx = (margins > 0).astype(float)", "dx = margins.copy()"),
    ),
    wrong(
        "svm_loss",
        "dx_sign",
        "All signs of dx are wrong: it points the way in which the loss falls. Which way"
        " should a gradient point?",
        then("dx = -dx"),
    ),
    wrong(
        "svm_loss",
        "right_class_in_the_loss",
        "The loss is 1 too large: the right class counts as one that pays. Which j does the"
        " sum leave out?",
        ("    margins[np.arange(N), y] = 0\n", ""),
        ("    dx = (margins", "    margins[np.arange(N), y] = 0\n    dx = (margins"),
    ),
    wrong(
        "svm_loss",
        "right_class_in_dx",
        "At the right class, dx counts one class too many, the right class itself. Which j"
        " does the sum leave out?",
        ("    dx = (margins", "    margins[np.arange(N), y] = 1\n    dx = (margins"),
    ),
    wrong(
        "svm_loss",
        "right_class_plus",
        "At the right class, dx has the wrong sign. What happens to the loss when the score"
        " of the right class rises a little?",
        ("-dx.sum(axis=1)", "dx.sum(axis=1)"),
    ),
    wrong(
        "svm_loss",
        "absolute_value",
        "The loss adds absolute values. What should a class pay that is far behind the right"
        " class?",
        (
            "np.maximum(x - x[np.arange(N), y][:, None] + 1, 0)",
            "x - x[np.arange(N), y][:, None] + 1",
        ),
        ("loss = margins.sum() / N", "loss = np.abs(margins).sum() / N"),
        ("(margins > 0).astype(float)", "np.sign(margins)"),
    ),
    wrong(
        "svm_loss",
        "only_the_worst_class_in_the_loss",
        "The loss has only the largest term of each example. What about the other positive terms?",
        ("loss = margins.sum() / N", "loss = margins.max(axis=1).sum() / N"),
    ),
    wrong(
        "svm_loss",
        "squared_hinge_everywhere",
        "This fits the squares of what is missing, in the loss or in its gradient. What does"
        " each class pay in the formula above?",
        ("loss = margins.sum() / N", "loss = (margins**2).sum() / N"),
        ("dx = (margins > 0).astype(float)", "dx = 2 * margins"),
    ),
    wrong(
        "svm_loss",
        "loss_sign",
        "The loss has the wrong sign: it is negative. Which of the terms in the formula can"
        " be below 0?",
        then("loss = -loss"),
    ),
    wrong(
        "svm_loss",
        "dx_divided_by_the_classes",
        "dx is divided by the number of classes, C, and not by N. Over what is the loss a mean?",
        ("dx = dx / N", "dx = dx / x.shape[1]"),
    ),
    wrong(
        "svm_loss",
        "dx_divided_twice",
        "dx is divided by N twice. How often does the mean divide by it?",
        ("dx = dx / N", "dx = dx / N / N"),
    ),
    wrong(
        "svm_loss",
        "dx_is_zero",
        "dx is 0 everywhere. Is the result of your computation written into it?",
        ("dx = dx / N", "dx = np.zeros_like(x)"),
    ),
]

COUNTING = [
    wrong(
        "count_parameters",
        "no_biases",
        "Only weights are counted. What else does a layer learn?",
        ("(dims[i] + 1)", "dims[i]"),
    ),
    wrong(
        "count_parameters",
        "one_bias_per_layer",
        "Each layer is counted with a single bias. How many outputs of a layer have a bias of their"
        " own?",
        ("(dims[i] + 1) * dims[i + 1]", "dims[i] * dims[i + 1] + 1"),
    ),
    wrong(
        "count_parameters",
        "biases_of_the_inputs",
        "A layer is counted with one bias for each of its inputs. To which numbers is b added?",
        ("(dims[i] + 1) * dims[i + 1]", "dims[i] * (dims[i + 1] + 1)"),
    ),
    wrong(
        "count_parameters",
        "inputs_have_biases_too",
        "One bias is counted for each input of the network as well, besides those of the units. Is"
        " the input a layer?",
        (
            "count = sum((dims[i] + 1) * dims[i + 1] for i in range(len(dims) - 1))",
            "count = sum(dims) + sum(dims[i] * dims[i + 1] for i in range(len(dims) - 1))",
        ),
    ),
    wrong(
        "count_parameters",
        "first_layer_only",
        "Only the first layer is counted. Where do the others come in?",
        ("range(len(dims) - 1)", "range(1)"),
    ),
    wrong(
        "count_parameters",
        "last_layer_missing",
        "The layer that gives the scores is not counted. Between how many pairs of neighbors in"
        " dims is there a layer?",
        ("range(len(dims) - 1)", "range(len(dims) - 2)"),
    ),
    wrong(
        "count_parameters",
        "last_biases_missing",
        "The biases of the last layer are not counted. Do the scores have biases?",
        (
            "count = sum((dims[i] + 1) * dims[i + 1] for i in range(len(dims) - 1))",
            "count = sum((dims[i] + 1) * dims[i + 1] for i in range(len(dims) - 1)) - dims[-1]",
        ),
    ),
    wrong(
        "count_parameters",
        "neurons_counted",
        "The numbers in dims are added: these are inputs and neurons. How many weights join two"
        " layers?",
        (
            "count = sum((dims[i] + 1) * dims[i + 1] for i in range(len(dims) - 1))",
            "count = sum(dims)",
        ),
    ),
    wrong(
        "count_parameters",
        "units_counted",
        "The count is the number of units: all numbers in dims but the first are added. How"
        " many weights join two layers?",
        (
            "count = sum((dims[i] + 1) * dims[i + 1] for i in range(len(dims) - 1))",
            "count = sum(dims[1:])",
        ),
    ),
    wrong(
        "count_parameters",
        "one_product",
        "The count is the product of all numbers in dims, with biases added. Between which"
        " numbers is there a matrix?",
        (
            "count = sum((dims[i] + 1) * dims[i + 1] for i in range(len(dims) - 1))",
            "count = int(np.prod(dims)) + sum(dims[1:])",
        ),
    ),
    wrong(
        "expected_first_loss",
        "scale_not_squared",
        "The regularization part has weight_scale itself. What is the mean of the square of a"
        " weight?",
        ("weight_scale**2", "weight_scale"),
    ),
    wrong(
        "expected_first_loss",
        "half_missing",
        "The regularization part is twice as large as the formula says. Which factor is missing?",
        ("0.5 * reg", "reg"),
    ),
    wrong(
        "expected_first_loss",
        "biases_counted",
        "The biases are counted among the weights. Are they regularized, and what are their first"
        " values?",
        ("dims[i] * dims[i + 1]", "(dims[i] + 1) * dims[i + 1]"),
    ),
    wrong(
        "expected_first_loss",
        "first_layer_only",
        "Only the weights of the first layer are in the regularization part. Which weight matrices"
        " are regularized?",
        ("range(len(dims) - 1)", "range(1)"),
    ),
    wrong(
        "expected_first_loss",
        "last_layer_missing",
        "The weights of the last layer are missing in the regularization part. How many weight"
        " matrices has the network?",
        ("range(len(dims) - 1)", "range(len(dims) - 2)"),
    ),
    wrong(
        "expected_first_loss",
        "mean_of_squares",
        "The regularization part counts a single weight. How many squares are in the sum?",
        (" * weights", ""),
    ),
    wrong(
        "expected_first_loss",
        "no_regularization",
        "The result is the data loss alone. What does reg add to it?",
        (" + 0.5 * reg * weight_scale**2 * weights", ""),
    ),
    wrong(
        "expected_first_loss",
        "no_data_loss",
        "The result is the regularization part alone. What is the loss of equal scores?",
        ("np.log(dims[-1]) + ", ""),
    ),
    wrong(
        "expected_first_loss",
        "data_loss_of_the_svm",
        "The data loss is C - 1, that of the SVM loss. Which loss ends these networks?",
        ("np.log(dims[-1])", "(dims[-1] - 1)"),
    ),
    wrong(
        "expected_first_loss",
        "logarithm_of_the_inputs",
        "The data loss is the logarithm of the number of inputs. Among how many things does the"
        " softmax share its probability?",
        ("np.log(dims[-1])", "np.log(dims[0])"),
    ),
    wrong(
        "expected_first_loss",
        "sign_of_the_logarithm",
        "The data loss is negative: the logarithm of 1/C. What stands in front of the logarithm in"
        " the softmax loss?",
        ("np.log(dims[-1])", "-np.log(dims[-1])"),
    ),
]

SCORES = 'scores, scores_cache = affine_forward(hidden, W2, self.params["b2"])'
HIDDEN = 'hidden, hidden_cache = affine_relu_forward(X, W1, self.params["b1"])'
REG = "0.5 * self.reg * (np.sum(W1**2) + np.sum(W2**2))"
GRAD1 = 'grads["W1"] = grads["W1"] + self.reg * W1'
GRAD2 = 'grads["W2"] = grads["W2"] + self.reg * W2'

TWO_LAYERS = [
    wrong(
        "TwoLayerNet",
        "last_weights_not_scaled",
        "W2 has the standard deviation 1: it is not multiplied by weight_scale. Which weights does"
        " the table scale?",
        ("weight_scale * rng.normal(size=(hidden_dim,", "rng.normal(size=(hidden_dim,"),
    ),
    wrong(
        "TwoLayerNet",
        "uniform_weights",
        "W1 and W2 are uniform random numbers, all of them positive. Which kind of random numbers"
        " does the table ask for?",
        (
            "weight_scale * rng.normal(size=(input_dim,",
            "weight_scale * rng.random(size=(input_dim,",
        ),
        (
            "weight_scale * rng.normal(size=(hidden_dim,",
            "weight_scale * rng.random(size=(hidden_dim,",
        ),
    ),
    wrong(
        "TwoLayerNet",
        "scale_is_a_variance",
        "The variance of the weights is weight_scale. Which measure of spread should it be?",
        (
            "weight_scale * rng.normal(size=(input_dim,",
            "weight_scale**0.5 * rng.normal(size=(input_dim,",
        ),
        (
            "weight_scale * rng.normal(size=(hidden_dim,",
            "weight_scale**0.5 * rng.normal(size=(hidden_dim,",
        ),
    ),
    wrong(
        "TwoLayerNet",
        "weights_transposed",
        "W1 and W2 have their axes exchanged. Does a column or a row of W1 belong to one hidden"
        " unit?",
        ("rng.normal(size=(input_dim, hidden_dim))", "rng.normal(size=(hidden_dim, input_dim))"),
        (
            "rng.normal(size=(hidden_dim, num_classes))",
            "rng.normal(size=(num_classes, hidden_dim))",
        ),
    ),
    wrong(
        "TwoLayerNet",
        "biases_with_two_axes",
        "b1 and b2 have two axes: their shapes are (1, H) and (1, C). Which shape does the table"
        " give a bias?",
        ("np.zeros(hidden_dim)", "np.zeros((1, hidden_dim))"),
        ("np.zeros(num_classes)", "np.zeros((1, num_classes))"),
    ),
    wrong(
        "TwoLayerNet",
        "biases_are_one",
        "The biases start at 1. Which first value does the table give them?",
        ("np.zeros(hidden_dim)", "np.ones(hidden_dim)"),
        ("np.zeros(num_classes)", "np.ones(num_classes)"),
    ),
    wrong(
        "TwoLayerNet",
        "same_numbers_in_both",
        "W1 and W2 start with the same random numbers. How often does the generator begin anew with"
        " the seed?",
        (
            "weight_scale * rng.normal(size=(hidden_dim,",
            "weight_scale * np.random.default_rng(seed).normal(size=(hidden_dim,",
        ),
    ),
    wrong(
        "TwoLayerNet",
        "first_params_used",
        "The scores come from the first weights, although params was changed since then. When does"
        " your loss look into params?",
        (
            'self.params["b2"] = np.zeros(num_classes)',
            'self.params["b2"] = np.zeros(num_classes)\n        self.first = dict(self.params)',
        ),
        (
            'W1, W2 = self.params["W1"], self.params["W2"]',
            'W1, W2 = self.first["W1"], self.first["W2"]',
        ),
        (HIDDEN, HIDDEN.replace("params", "first")),
        (SCORES, SCORES.replace("params", "first")),
    ),
    wrong(
        "TwoLayerNet",
        "relu_on_the_scores",
        "A ReLU is applied to the scores: none is negative. Does anything come after the last"
        " affine layer?",
        (
            SCORES,
            'scores, scores_cache = affine_relu_forward(hidden, W2, self.params["b2"])',
        ),
        ("affine_backward(dscores, scores_cache)", "affine_relu_backward(dscores, scores_cache)"),
    ),
    wrong(
        "TwoLayerNet",
        "no_relu",
        "The scores are those of two affine layers with nothing between them. What did section 3"
        " say about such a network?",
        (HIDDEN, 'hidden, hidden_cache = affine_forward(X, W1, self.params["b1"])'),
        ("affine_relu_backward(dhidden, hidden_cache)", "affine_backward(dhidden, hidden_cache)"),
    ),
    wrong(
        "TwoLayerNet",
        "relu_after_the_wrong_layer",
        "The ReLU acts on the scores, and the hidden units have none. Between which two layers does"
        " it stand?",
        (HIDDEN, 'hidden, hidden_cache = affine_forward(X, W1, self.params["b1"])'),
        (
            SCORES,
            'scores, scores_cache = affine_relu_forward(hidden, W2, self.params["b2"])',
        ),
        ("affine_backward(dscores, scores_cache)", "affine_relu_backward(dscores, scores_cache)"),
        ("affine_relu_backward(dhidden, hidden_cache)", "affine_backward(dhidden, hidden_cache)"),
    ),
    wrong(
        "TwoLayerNet",
        "last_bias_missing",
        "The scores lack the bias b2. What is in the last affine layer besides W2?",
        (SCORES, 'scores, scores_cache = affine_forward(hidden, W2, 0 * self.params["b2"])'),
    ),
    wrong(
        "TwoLayerNet",
        "first_bias_missing",
        "The hidden units work without the bias b1. What is added before the ReLU?",
        (HIDDEN, 'hidden, hidden_cache = affine_relu_forward(X, W1, 0 * self.params["b1"])'),
    ),
    wrong(
        "TwoLayerNet",
        "probabilities_returned",
        "loss(X) returns probabilities: each row adds up to 1. Which numbers does it return before"
        " the softmax?",
        (
            "return scores",
            "exps = np.exp(scores - scores.max(axis=1, keepdims=True))\n"
            "            return exps / exps.sum(axis=1, keepdims=True)",
        ),
    ),
    wrong(
        "TwoLayerNet",
        "svm_for_softmax",
        "The data loss is the SVM loss. With which loss does this network end?",
        ("softmax_loss(scores, y)", "svm_loss(scores, y)"),
    ),
    wrong(
        "TwoLayerNet",
        "loss_without_regularization",
        "reg has no effect on the loss. Which part does regularization add?",
        (f"        loss += {REG}\n", ""),
    ),
    wrong(
        "TwoLayerNet",
        "half_missing_in_loss",
        "The regularization part of the loss is twice as large as it should be. Which factor does"
        " the formula have besides reg?",
        (REG, REG.replace("0.5 * ", "")),
    ),
    wrong(
        "TwoLayerNet",
        "gradient_twice",
        "The regularization part of the gradients is twice as large as it should be. Derive it from"
        " the loss, with its factor one half.",
        (GRAD1, GRAD1.replace("self", "2 * self")),
        (GRAD2, GRAD2.replace("self", "2 * self")),
    ),
    wrong(
        "TwoLayerNet",
        "half_missing_in_both",
        "The regularization part is twice as large as it should be. A gradient check does not see"
        " it if loss and gradients agree: compare with the formula.",
        (REG, REG.replace("0.5 * ", "")),
        (GRAD1, GRAD1.replace("self", "2 * self")),
        (GRAD2, GRAD2.replace("self", "2 * self")),
    ),
    wrong(
        "TwoLayerNet",
        "half_left_in_gradient",
        "The regularization part of the gradients is half as large as it should be. What becomes of"
        " the exponent 2 in the derivative?",
        (GRAD1, GRAD1.replace("self", "0.5 * self")),
        (GRAD2, GRAD2.replace("self", "0.5 * self")),
    ),
    wrong(
        "TwoLayerNet",
        "last_weights_not_regularized",
        "W2 is missing in the regularization part. Over which matrices does the formula add?",
        (REG, "0.5 * self.reg * np.sum(W1**2)"),
        (GRAD2, 'grads["W2"] = grads["W2"] + 0.0'),
    ),
    wrong(
        "TwoLayerNet",
        "first_weights_not_regularized",
        "W1 is missing in the regularization part. Over which matrices does the formula add?",
        (REG, "0.5 * self.reg * np.sum(W2**2)"),
        (GRAD1, 'grads["W1"] = grads["W1"] + 0.0'),
    ),
    wrong(
        "TwoLayerNet",
        "brackets_missing",
        "The squares of W2 are added to the loss even when reg is 0. What does 0.5 * reg multiply"
        " in your code?",
        (REG, "0.5 * self.reg * np.sum(W1**2) + np.sum(W2**2)"),
    ),
    wrong(
        "TwoLayerNet",
        "biases_regularized",
        "The biases are regularized too. Which parameters does the text leave out?",
        (
            REG,
            "0.5 * self.reg * sum(np.sum(param**2) for param in self.params.values())",
        ),
        (
            GRAD1,
            GRAD1 + "\n"
            '        grads["b1"] = grads["b1"] + self.reg * self.params["b1"]\n'
            '        grads["b2"] = grads["b2"] + self.reg * self.params["b2"]',
        ),
    ),
    wrong(
        "TwoLayerNet",
        "weights_not_squared",
        "The regularization part of the loss adds the weights themselves, so positive and negative"
        " ones cancel. What is done to each weight first?",
        (REG, "0.5 * self.reg * (np.sum(W1) + np.sum(W2))"),
    ),
    wrong(
        "TwoLayerNet",
        "mean_of_squares",
        "The regularization part of the loss has the mean of the squares of each matrix. How does"
        " the formula put them together?",
        (REG, "0.5 * self.reg * (np.mean(W1**2) + np.mean(W2**2))"),
    ),
    wrong(
        "TwoLayerNet",
        "gradients_squared",
        "The regularization part of the loss has the squares of the gradients. Which arrays should"
        " be small?",
        (f"        loss += {REG}\n", ""),
        (
            GRAD1,
            'loss += 0.5 * self.reg * (np.sum(grads["W1"] ** 2) + np.sum(grads["W2"] ** 2))\n'
            f"        {GRAD1}",
        ),
    ),
    wrong(
        "TwoLayerNet",
        "data_loss_overwritten",
        "loss is the regularization part alone; the softmax loss is lost. Is one added to the"
        " other, or put in its place?",
        (f"loss += {REG}", f"loss = {REG}"),
    ),
    wrong(
        "TwoLayerNet",
        "gradients_without_regularization",
        "reg has no effect on the gradients of the weights. What does the regularization part of"
        " the loss add to them?",
        (f"        {GRAD1}\n        {GRAD2}\n", ""),
    ),
    wrong(
        "TwoLayerNet",
        "gradients_overwritten",
        "The gradients of W1 and W2 are those of the regularization part alone. What happened to"
        " the gradients that came back from the layers?",
        (GRAD1, 'grads["W1"] = self.reg * W1'),
        (GRAD2, 'grads["W2"] = self.reg * W2'),
    ),
    wrong(
        "TwoLayerNet",
        "relu_skipped_on_the_way_back",
        "W1 and b1 get gradients also from hidden units that were 0. Which layer is missing on the"
        " way back?",
        (
            "affine_relu_backward(dhidden, hidden_cache)",
            "affine_backward(dhidden, hidden_cache[0])",
        ),
    ),
    wrong(
        "TwoLayerNet",
        "divided_by_n_twice",
        "All gradients are divided by N once too often. What does your softmax_loss do already?",
        (f"loss += {REG}", f"dscores = dscores / len(X)\n        loss += {REG}"),
    ),
    wrong(
        "TwoLayerNet",
        "scores_cut_at_zero",
        "The scores are cut at 0, so none is negative; on the way back, nothing is stopped"
        " there. Does anything come after the last affine layer?",
        (SCORES, SCORES + "\n        scores = np.maximum(scores, 0)"),
    ),
    wrong(
        "TwoLayerNet",
        "last_weights_not_in_loss",
        "W2 is missing in the regularization part of the loss. Over which matrices does the"
        " formula add?",
        (REG, "0.5 * self.reg * np.sum(W1**2)"),
    ),
    wrong(
        "TwoLayerNet",
        "first_weights_not_in_loss",
        "W1 is missing in the regularization part of the loss. Over which matrices does the"
        " formula add?",
        (REG, "0.5 * self.reg * np.sum(W2**2)"),
    ),
    wrong(
        "TwoLayerNet",
        "last_gradient_without_regularization",
        "The gradient of W2 lacks the regularization part. Which weights are in the loss"
        " besides W1?",
        (GRAD2, 'grads["W2"] = grads["W2"] + 0.0'),
    ),
    wrong(
        "TwoLayerNet",
        "first_gradient_without_regularization",
        "The gradient of W1 lacks the regularization part. Which weights are in the loss"
        " besides W2?",
        (GRAD1, 'grads["W1"] = grads["W1"] + 0.0'),
    ),
    wrong(
        "TwoLayerNet",
        "first_gradient_twice",
        "The regularization part of the gradient of W1 is twice as large as it should be."
        " What becomes of the factor one half?",
        (GRAD1, GRAD1.replace("self", "2 * self")),
    ),
    wrong(
        "TwoLayerNet",
        "last_gradient_twice",
        "The regularization part of the gradient of W2 is twice as large as it should be."
        " What becomes of the factor one half?",
        (GRAD2, GRAD2.replace("self", "2 * self")),
    ),
    wrong(
        "TwoLayerNet",
        "first_gradient_overwritten",
        "The gradient of W1 is that of the regularization part alone. What happened to the"
        " gradient that came back from the layer?",
        (GRAD1, 'grads["W1"] = self.reg * W1'),
    ),
    wrong(
        "TwoLayerNet",
        "last_gradient_overwritten",
        "The gradient of W2 is that of the regularization part alone. What happened to the"
        " gradient that came back from the layer?",
        (GRAD2, 'grads["W2"] = self.reg * W2'),
    ),
    wrong(
        "TwoLayerNet",
        "regularization_subtracted_in_gradients",
        "The regularization part of the gradients has the wrong sign. Should it make large"
        " weights larger or smaller?",
        (GRAD1, GRAD1.replace("+ self", "- self")),
        (GRAD2, GRAD2.replace("+ self", "- self")),
    ),
    wrong(
        "TwoLayerNet",
        "regularization_subtracted_in_first_gradient",
        "The regularization part of the gradient of W1 has the wrong sign. Should it make"
        " large weights larger or smaller?",
        (GRAD1, GRAD1.replace("+ self", "- self")),
    ),
    wrong(
        "TwoLayerNet",
        "regularization_subtracted_in_loss",
        "The regularization part is subtracted from the loss. Should large weights cost"
        " something, or be rewarded?",
        (f"loss += {REG}", f"loss -= {REG}"),
    ),
    wrong(
        "TwoLayerNet",
        "biases_in_the_loss",
        "The squares of the biases are in the loss. Which parameters does the text leave out?",
        (
            REG,
            "0.5 * self.reg * sum(np.sum(param**2) for param in self.params.values())",
        ),
    ),
    wrong(
        "TwoLayerNet",
        "biases_in_the_gradients",
        "The gradients of the biases have a regularization part. Which parameters does the"
        " text leave out?",
        (
            "        return loss, grads",
            '        grads["b1"] = grads["b1"] + self.reg * self.params["b1"]\n'
            '        grads["b2"] = grads["b2"] + self.reg * self.params["b2"]\n'
            "        return loss, grads",
        ),
    ),
    wrong(
        "TwoLayerNet",
        "regularization_divided_by_n",
        "The regularization part is divided by N. Is it in the mean over the examples, or"
        " beside it?",
        (REG, f"{REG} / len(X)"),
        (GRAD1, GRAD1 + " / len(X)"),
        (GRAD2, GRAD2 + " / len(X)"),
    ),
    wrong(
        "TwoLayerNet",
        "loss_regularization_divided_by_n",
        "The regularization part of the loss is divided by N. Is it in the mean over the"
        " examples, or beside it?",
        (REG, f"{REG} / len(X)"),
    ),
    wrong(
        "TwoLayerNet",
        "gradient_regularization_divided_by_n",
        "The regularization part of the gradients is divided by N. Is it in the mean over the"
        " examples, or beside it?",
        (GRAD1, GRAD1 + " / len(X)"),
        (GRAD2, GRAD2 + " / len(X)"),
    ),
    wrong(
        "TwoLayerNet",
        "norm_not_squared",
        "The regularization part of the loss has the norm of each matrix: a square root was"
        " taken. What does the formula add up?",
        (REG, "0.5 * self.reg * (np.linalg.norm(W1) + np.linalg.norm(W2))"),
    ),
    wrong(
        "TwoLayerNet",
        "absolute_values",
        "The regularization part of the loss adds absolute values of the weights. What does"
        " the formula do with each weight?",
        (REG, "0.5 * self.reg * (np.sum(np.abs(W1)) + np.sum(np.abs(W2)))"),
    ),
    wrong(
        "TwoLayerNet",
        "absolute_values_everywhere",
        "The regularization part is that of absolute values: their sum, or their signs. What"
        " does the formula do with each weight?",
        (REG, "0.5 * self.reg * (np.sum(np.abs(W1)) + np.sum(np.abs(W2)))"),
        (GRAD1, GRAD1.replace("self.reg * W1", "0.5 * self.reg * np.sign(W1)")),
        (GRAD2, GRAD2.replace("self.reg * W2", "0.5 * self.reg * np.sign(W2)")),
    ),
    wrong(
        "TwoLayerNet",
        "hidden_before_the_relu",
        "The gradient of W2 is computed with the hidden units before their ReLU. Which"
        " numbers does W2 multiply?",
        (
            "affine_backward(dscores, scores_cache)",
            "affine_backward(dscores, (hidden_cache[1], W2))",
        ),
    ),
]

STEP = [
    wrong(
        "sgd_step",
        "uphill",
        "The step goes along the gradient, so the loss rises. Which way does a gradient point?",
        ("- learning_rate", "+ learning_rate"),
    ),
    wrong(
        "sgd_step",
        "no_learning_rate",
        "The step is as long as the gradient itself. What decides how far to go?",
        ("- learning_rate * grads", "- grads"),
    ),
    wrong(
        "sgd_step",
        "divided_by_learning_rate",
        "The gradient is divided by learning_rate. A small rate should give a small step.",
        ("- learning_rate * grads[name]", "- grads[name] / learning_rate"),
    ),
    wrong(
        "sgd_step",
        "only_the_step",
        "The result is the step alone: the values before it are lost. From where does the step"
        " start?",
        ("params[name] - learning_rate", "-learning_rate"),
    ),
    wrong(
        "sgd_step",
        "biases_stay",
        "w moves, but b stays where it was. Are all parameters updated: is there a condition"
        " on the name, or does the loop end early?",
        ("for name in params:", 'for name in [name for name in params if name[0] in "wW"]:'),
    ),
    wrong(
        "sgd_step",
        "paired_by_order",
        "A parameter moves by the gradient of another one. What do the two dictionaries share:"
        " their keys, or their order?",
        (
            "for name in params:",
            "for name, gradient in zip(list(params), list(grads.values())):",
        ),
        ("learning_rate * grads[name]", "learning_rate * gradient"),
    ),
    wrong(
        "sgd_step",
        "grads_changed",
        "The second step is too short: it uses gradients that the first step multiplied by"
        " learning_rate. What does the text say about grads?",
        (
            "params[name] = params[name] - learning_rate * grads[name]",
            "grads[name] = learning_rate * grads[name]\n"
            "        params[name] = params[name] - grads[name]",
        ),
    ),
    wrong(
        "sgd_step",
        "sign_of_the_gradient",
        "The step has the size of learning_rate, however large the gradient is. What should"
        " it be proportional to?",
        ("learning_rate * grads[name]", "learning_rate * np.sign(grads[name])"),
    ),
    wrong(
        "sgd_step",
        "scaled_by_learning_rate",
        "The value before the step is multiplied by learning_rate as well. What should it"
        " multiply?",
        (
            "params[name] - learning_rate * grads[name]",
            "learning_rate * (params[name] - grads[name])",
        ),
    ),
    wrong(
        "sgd_step",
        "weights_stay",
        "b moves, but w stays where it was. Is the line that makes the step inside the loop,"
        " and does it run for every name?",
        ("for name in params:", 'for name in [name for name in params if name[0] not in "wW"]:'),
    ),
    wrong(
        "sgd_step",
        "nothing_moves",
        "No parameter has moved. Does the result of the step get into the dictionary that you"
        " return, for every name?",
        ("params[name] = ", "moved = "),
    ),
    wrong(
        "sgd_step",
        "gradient_of_length_one",
        "The step of each parameter has the length learning_rate, however long its gradient"
        " is. What should it be proportional to?",
        ("* grads[name]", "* grads[name] / np.linalg.norm(grads[name])"),
    ),
    wrong(
        "sgd_step",
        "learning_rate_twice",
        "The step is multiplied by learning_rate twice. How often should it be?",
        ("- learning_rate", "- learning_rate * learning_rate"),
    ),
    wrong(
        "sgd_step",
        "values_shrink_too",
        "Besides the step, the value itself is made smaller by the factor (1 -"
        " learning_rate). What should learning_rate multiply?",
        ("params[name] - ", "(1 - learning_rate) * params[name] - "),
    ),
]

INIT_W = 'self.params[f"W{layer}"] = (weight_scale * rng.normal(size=shape)).astype(dtype)'
INIT_B = 'self.params[f"b{layer}"] = np.zeros(dims[layer], dtype)'
PICK = "forward = affine_relu_forward if layer < self.num_layers else affine_forward"
CALL = 'out, caches[layer] = forward(out, self.params[f"W{layer}"], self.params[f"b{layer}"])'
PICK_BACK = "backward = affine_relu_backward if layer < self.num_layers else affine_backward"
DEEP_REG = "loss += 0.5 * self.reg * np.sum(W**2)"
DEEP_GRAD = "dw + self.reg * W"

DEEP = [
    wrong(
        "FullyConnectedNet",
        "last_weights_not_scaled",
        "The weights of the last layer are not multiplied by weight_scale. Is the last layer filled"
        " in a place of its own?",
        (
            INIT_W,
            "scale = weight_scale if layer < self.num_layers else 1.0\n"
            '            self.params[f"W{layer}"] = (scale * rng.normal(size=shape)).astype(dtype)',
        ),
    ),
    wrong(
        "FullyConnectedNet",
        "names_from_zero",
        'The layers are counted from 0: there is a "W0". Which number has the first layer in the'
        " table?",
        (INIT_W, INIT_W.replace("{layer}", "{layer - 1}")),
        (INIT_B, INIT_B.replace("{layer}", "{layer - 1}")),
        (CALL, CALL.replace("{layer}", "{layer - 1}")),
        (
            'dout, dw, grads[f"b{layer}"] = backward',
            'dout, dw, grads[f"b{layer - 1}"] = backward',
        ),
        ('W = self.params[f"W{layer}"]', 'W = self.params[f"W{layer - 1}"]'),
        ('grads[f"W{layer}"] = dw', 'grads[f"W{layer - 1}"] = dw'),
    ),
    wrong(
        "FullyConnectedNet",
        "biases_with_two_axes",
        "The biases have two axes: their shape is (1, H). Which shape does the table give them?",
        (
            INIT_B,
            INIT_B.replace("np.zeros(dims[layer], dtype)", "np.zeros((1, dims[layer]), dtype)"),
        ),
    ),
    wrong(
        "FullyConnectedNet",
        "biases_random",
        "The biases are random numbers. Which first value does the text give them?",
        (
            INIT_B,
            INIT_B.replace(
                "np.zeros(dims[layer], dtype)",
                "(weight_scale * rng.normal(size=dims[layer])).astype(dtype)",
            ),
        ),
    ),
    wrong(
        "FullyConnectedNet",
        "always_float64",
        "The parameters are float64, whatever dtype says. What does NumPy give you if you don't ask"
        " for a type?",
        (INIT_W, INIT_W.replace(".astype(dtype)", "")),
        (INIT_B, INIT_B.replace(", dtype)", ")")),
    ),
    wrong(
        "FullyConnectedNet",
        "biases_always_float64",
        "The weights have the type dtype, but the biases are float64. Which parameters should have"
        " this type?",
        (INIT_B, INIT_B.replace(", dtype)", ")")),
    ),
    wrong(
        "FullyConnectedNet",
        "same_numbers_in_all_layers",
        "Every layer starts with the same random numbers. How often does the generator begin anew"
        " with the seed?",
        (INIT_W, INIT_W.replace("rng.normal", "np.random.default_rng(seed).normal")),
    ),
    wrong(
        "FullyConnectedNet",
        "relu_on_the_scores",
        "A ReLU is applied to the scores: none is negative. In which layer should your loop do"
        " something else?",
        (PICK, "forward = affine_relu_forward"),
        (PICK_BACK, "backward = affine_relu_backward"),
    ),
    wrong(
        "FullyConnectedNet",
        "no_relu",
        "No layer has a ReLU, so the scores are an affine function of X. What is between the layers"
        " in the architecture?",
        (PICK, "forward = affine_forward"),
        (PICK_BACK, "backward = affine_backward"),
    ),
    wrong(
        "FullyConnectedNet",
        "last_hidden_layer_without_relu",
        "The last hidden layer has no ReLU. Which layer alone goes without, and where does your"
        " loop change over to it?",
        (PICK, PICK.replace("self.num_layers", "self.num_layers - 1")),
        (PICK_BACK, PICK_BACK.replace("self.num_layers", "self.num_layers - 1")),
    ),
    wrong(
        "FullyConnectedNet",
        "only_the_first_relu",
        "Only the first layer has a ReLU. After which layers does the architecture put one?",
        (PICK, PICK.replace("layer < self.num_layers", "layer == 1 < self.num_layers")),
        (PICK_BACK, PICK_BACK.replace("layer < self.num_layers", "layer == 1 < self.num_layers")),
    ),
    wrong(
        "FullyConnectedNet",
        "last_bias_missing",
        "The scores lack the bias of the last layer. What is in the last layer besides its"
        " weights?",
        (
            CALL,
            'b = self.params[f"b{layer}"] * (layer < self.num_layers)\n'
            '            out, caches[layer] = forward(out, self.params[f"W{layer}"], b)',
        ),
    ),
    wrong(
        "FullyConnectedNet",
        "no_biases",
        "The scores don't depend on the biases. What is in an affine layer besides the weights?",
        (CALL, CALL.replace('self.params[f"b{layer}"]', '0 * self.params[f"b{layer}"]')),
    ),
    wrong(
        "FullyConnectedNet",
        "probabilities_returned",
        "loss(X) returns probabilities: each row adds up to 1. Which numbers does it return before"
        " the softmax?",
        (
            "return scores",
            "exps = np.exp(scores - scores.max(axis=1, keepdims=True))\n"
            "            return exps / exps.sum(axis=1, keepdims=True)",
        ),
    ),
    wrong(
        "FullyConnectedNet",
        "svm_for_softmax",
        "The data loss is the SVM loss. With which loss does the architecture end?",
        ("softmax_loss(scores, y)", "svm_loss(scores, y)"),
    ),
    wrong(
        "FullyConnectedNet",
        "loss_without_regularization",
        "reg has no effect on the loss. Which part does regularization add?",
        (DEEP_REG, "loss += 0.0"),
    ),
    wrong(
        "FullyConnectedNet",
        "half_missing_in_loss",
        "The regularization part of the loss is twice as large as it should be. Which factor does"
        " the formula have besides reg?",
        (DEEP_REG, "loss += self.reg * np.sum(W**2)"),
    ),
    wrong(
        "FullyConnectedNet",
        "gradient_twice",
        "The regularization part of the gradients is twice as large as it should be. Derive it from"
        " the loss, with its factor one half.",
        (DEEP_GRAD, "dw + 2 * self.reg * W"),
    ),
    wrong(
        "FullyConnectedNet",
        "half_missing_in_both",
        "The regularization part is twice as large as it should be. A gradient check does not see"
        " it if loss and gradients agree: compare with the formula.",
        (DEEP_REG, "loss += self.reg * np.sum(W**2)"),
        (DEEP_GRAD, "dw + 2 * self.reg * W"),
    ),
    wrong(
        "FullyConnectedNet",
        "half_left_in_gradient",
        "The regularization part of the gradients is half as large as it should be. What becomes of"
        " the exponent 2 in the derivative?",
        (DEEP_GRAD, "dw + 0.5 * self.reg * W"),
    ),
    wrong(
        "FullyConnectedNet",
        "last_weights_not_regularized",
        "The weights of the last layer are missing in the regularization part. Which layers"
        " does your sum visit?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.sum(W**2) * (layer < self.num_layers)"),
        (DEEP_GRAD, "dw + self.reg * W * (layer < self.num_layers)"),
    ),
    wrong(
        "FullyConnectedNet",
        "first_weights_not_regularized",
        "The weights of the first layer are missing in the regularization part. Where does"
        " the sum over the layers begin and end?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.sum(W**2) * (layer > 1)"),
        (DEEP_GRAD, "dw + self.reg * W * (layer > 1)"),
    ),
    wrong(
        "FullyConnectedNet",
        "only_first_weights_in_loss",
        "Only W1 is in the regularization part of the loss. How many matrices should be"
        " added, and is each one added to what is there?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.sum(W**2) * (layer == 1)"),
    ),
    wrong(
        "FullyConnectedNet",
        "only_last_weights_in_loss",
        "Only the weights of the last layer are in the regularization part of the loss. What about"
        " the other layers?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.sum(W**2) * (layer == self.num_layers)"),
    ),
    wrong(
        "FullyConnectedNet",
        "biases_regularized",
        "The biases are regularized too. Which parameters does the text name?",
        (
            DEEP_REG,
            'b = self.params[f"b{layer}"]\n'
            '            grads[f"b{layer}"] = grads[f"b{layer}"] + self.reg * b\n'
            "            loss += 0.5 * self.reg * (np.sum(W**2) + np.sum(b**2))",
        ),
    ),
    wrong(
        "FullyConnectedNet",
        "gradients_squared",
        "The regularization part of the loss has the squares of the gradients. Which arrays should"
        " be small?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.sum(dw**2)"),
    ),
    wrong(
        "FullyConnectedNet",
        "gradients_without_regularization",
        "reg has no effect on the gradients of the weights. What does the regularization part of"
        " the loss add to them?",
        (DEEP_GRAD, "dw"),
    ),
    wrong(
        "FullyConnectedNet",
        "gradients_overwritten",
        "The gradient of each W is that of the regularization part alone. What happened to the one"
        " that came back from the layer?",
        (DEEP_GRAD, "self.reg * W"),
    ),
    wrong(
        "FullyConnectedNet",
        "relu_skipped_on_the_way_back",
        "The hidden layers get gradients also from units that were 0. Which layers are missing on"
        " the way back?",
        (
            "backward(dout, caches[layer])",
            "affine_backward(\n"
            "                dout,\n"
            "                caches[layer][0] if layer < self.num_layers else caches[layer],\n"
            "            )",
        ),
    ),
    wrong(
        "FullyConnectedNet",
        "divided_by_n_twice",
        "All gradients are divided by N once too often. What does your softmax_loss do already?",
        ("        grads = {}\n", "        grads = {}\n        dout = dout / len(X)\n"),
    ),
    wrong(
        "FullyConnectedNet",
        "scores_cut_at_zero",
        "The scores are cut at 0, so none is negative; on the way back, nothing is stopped"
        " there. Does anything come after the last layer?",
        ("scores = out\n", "scores = np.maximum(out, 0)\n"),
    ),
    wrong(
        "FullyConnectedNet",
        "last_weights_not_in_loss",
        "The weights of the last layer are missing in the regularization part of the loss."
        " Where does the sum over the layers end?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.sum(W**2) * (layer < self.num_layers)"),
    ),
    wrong(
        "FullyConnectedNet",
        "first_weights_not_in_loss",
        "The weights of the first layer are missing in the regularization part of the loss."
        " Where does the sum over the layers begin?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.sum(W**2) * (layer > 1)"),
    ),
    wrong(
        "FullyConnectedNet",
        "last_gradient_without_regularization",
        "The gradient of the last W lacks the regularization part. Which weights are in the loss?",
        (DEEP_GRAD, "dw + self.reg * W * (layer < self.num_layers)"),
    ),
    wrong(
        "FullyConnectedNet",
        "first_gradient_without_regularization",
        "The gradient of W1 lacks the regularization part. Which weights are in the loss?",
        (DEEP_GRAD, "dw + self.reg * W * (layer > 1)"),
    ),
    wrong(
        "FullyConnectedNet",
        "only_last_gradient_with_regularization",
        "Only the gradient of the last W has the regularization part. Which weights are in"
        " the loss?",
        (DEEP_GRAD, "dw + self.reg * W * (layer == self.num_layers)"),
    ),
    wrong(
        "FullyConnectedNet",
        "only_first_gradient_with_regularization",
        "Only the gradient of W1 has the regularization part. Which weights are in the loss?",
        (DEEP_GRAD, "dw + self.reg * W * (layer == 1)"),
    ),
    wrong(
        "FullyConnectedNet",
        "regularization_subtracted_in_gradients",
        "The regularization part of the gradients has the wrong sign. Should it make large"
        " weights larger or smaller?",
        (DEEP_GRAD, "dw - self.reg * W"),
    ),
    wrong(
        "FullyConnectedNet",
        "regularization_subtracted_in_loss",
        "The regularization part is subtracted from the loss. Should large weights cost"
        " something, or be rewarded?",
        (DEEP_REG, "loss -= 0.5 * self.reg * np.sum(W**2)"),
    ),
    wrong(
        "FullyConnectedNet",
        "biases_in_the_loss",
        "The squares of the biases are in the loss. Which parameters does the text name?",
        (
            DEEP_REG,
            "loss += 0.5 * self.reg * (np.sum(W**2) + np.sum(self.params[f'b{layer}'] ** 2))",
        ),
    ),
    wrong(
        "FullyConnectedNet",
        "biases_in_the_gradients",
        "The gradients of the biases have a regularization part. Which parameters does the"
        " text name?",
        (
            'W = self.params[f"W{layer}"]\n',
            'W, b = self.params[f"W{layer}"], self.params[f"b{layer}"]\n'
            '            grads[f"b{layer}"] = grads[f"b{layer}"] + self.reg * b\n',
        ),
    ),
    wrong(
        "FullyConnectedNet",
        "regularization_divided_by_n",
        "The regularization part is divided by N. Is it in the mean over the examples, or"
        " beside it?",
        (DEEP_REG, DEEP_REG + " / len(X)"),
        (DEEP_GRAD, DEEP_GRAD + " / len(X)"),
    ),
    wrong(
        "FullyConnectedNet",
        "loss_regularization_divided_by_n",
        "The regularization part of the loss is divided by N. Is it in the mean over the"
        " examples, or beside it?",
        (DEEP_REG, DEEP_REG + " / len(X)"),
    ),
    wrong(
        "FullyConnectedNet",
        "gradient_regularization_divided_by_n",
        "The regularization part of the gradients is divided by N. Is it in the mean over the"
        " examples, or beside it?",
        (DEEP_GRAD, DEEP_GRAD + " / len(X)"),
    ),
    wrong(
        "FullyConnectedNet",
        "norm_not_squared",
        "The regularization part of the loss has the norm of each matrix: a square root was"
        " taken. What does the formula add up?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.linalg.norm(W)"),
    ),
    wrong(
        "FullyConnectedNet",
        "absolute_values",
        "The regularization part of the loss adds absolute values of the weights. What does"
        " the formula do with each weight?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.sum(np.abs(W))"),
    ),
    wrong(
        "FullyConnectedNet",
        "weights_not_squared",
        "The regularization part of the loss adds the weights themselves, so positive and"
        " negative ones cancel. What is done to each weight first?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.sum(W)"),
    ),
    wrong(
        "FullyConnectedNet",
        "mean_of_squares",
        "The regularization part of the loss has the mean of the squares of each matrix. How"
        " does the formula put them together?",
        (DEEP_REG, "loss += 0.5 * self.reg * np.mean(W**2)"),
    ),
    wrong(
        "FullyConnectedNet",
        "first_relu_skipped_on_the_way_back",
        "The first layer gets gradients also from units that were 0. Is its ReLU missing on"
        " the way back?",
        (
            PICK_BACK,
            PICK_BACK + "\n            if layer == 1 < self.num_layers:\n"
            "                backward, caches[1] = affine_backward, caches[1][0]",
        ),
    ),
    wrong(
        "FullyConnectedNet",
        "relu_too_late_on_the_way_back",
        "In hidden layers, W and b get gradients also from units that were 0; only the layers"
        " below don't. Where is the gradient stopped first?",
        (
            'W = self.params[f"W{layer}"]\n',
            'W = self.params[f"W{layer}"]\n'
            "            if layer < self.num_layers:\n"
            "                _, dw, db = affine_backward(unmasked, caches[layer][0])\n"
            '                grads[f"b{layer}"] = db\n',
        ),
        (PICK_BACK, PICK_BACK + "\n            unmasked = dout"),
    ),
    wrong(
        "FullyConnectedNet",
        "hidden_before_the_relu",
        "Gradients of weights are computed with the hidden units before their ReLU. Which"
        " numbers does the next W multiply?",
        (
            PICK_BACK,
            PICK_BACK + "\n            if layer > 1:\n"
            '                below = caches[layer - 1][1], self.params[f"W{layer}"]\n'
            "                hidden = layer < self.num_layers\n"
            "                caches[layer] = (below, caches[layer][1]) if hidden else below",
        ),
    ),
]

# 01 asks for the same softmax loss.
SOFTMAX = [m for m in backprop.MISCONCEPTIONS if m.exercise == "softmax_loss"]
SOFTMAX_UNUSUAL = [u for u in backprop.UNUSUAL if "softmax_loss" in u.changes]

MISCONCEPTIONS = [
    *AFFINE,
    *ACTIVATIONS,
    *COMPOSED,
    *LOSSES,
    *SOFTMAX,
    *COUNTING,
    *TWO_LAYERS,
    *STEP,
    *DEEP,
]

UNUSUAL = [
    *SOFTMAX_UNUSUAL,
    unusual("ReLU: slope 1 at 0", relu_backward=(("(x > 0)", "(x >= 0)"),)),
    unusual(
        "affine: loops, cache is a dictionary",
        affine_forward="""
N, M = x.shape[0], w.shape[1]
out = np.zeros((N, M))
for i in range(N):
    row = x[i].flatten()
    for j in range(M):
        out[i, j] = b[j]
        for k in range(len(row)):
            out[i, j] += row[k] * w[k, j]
cache = {"x": x, "w": w, "b": b}
""",
        affine_backward="""
x, w, b = cache["x"], cache["w"], cache["b"]
dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(b.shape)
for i in range(dout.shape[0]):
    for j in range(dout.shape[1]):
        dx[i] += (dout[i, j] * w[:, j]).reshape(x.shape[1:])
        dw[:, j] += dout[i, j] * x[i].ravel()
        db[j] += dout[i, j]
""",
    ),
    unusual(
        "affine: einsum, cache is a list with the flattened x",
        affine_forward="""
rows = x.reshape(x.shape[0], np.prod(x.shape[1:]))
out = np.einsum("nd,dm->nm", rows, w) + b[np.newaxis, :]
cache = [x.shape, rows, w, b, out]
""",
        affine_backward="""
shape, rows, w = cache[:3]
dx = np.einsum("nm,dm->nd", dout, w).reshape(shape)
dw = np.einsum("nd,nm->dm", rows, dout)
db = np.ones(len(dout)) @ dout
""",
    ),
    unusual(
        "affine: gradients in float32",
        affine_backward="""
x, w = cache
dx = (dout @ w.T).reshape(x.shape).astype(np.float32)
dw = (x.reshape(len(x), -1).T @ dout).astype(np.float32)
db = dout.sum(axis=0).astype(np.float32)
""",
    ),
    unusual(
        "ReLU: cache is the mask in a dictionary, backward writes into dout",
        relu_forward="""
mask = x > 0
out = x * mask
cache = {"mask": mask}
""",
        relu_backward="""
dout[~cache["mask"]] = 0
dx = dout
""",
    ),
    unusual(
        "ReLU: works on a copy, cache is out",
        relu_forward="""
out = x.copy()
out[out < 0] = 0
cache = out
""",
        relu_backward="""
dx = np.zeros(dout.shape)
dx[cache > 0] = dout[cache > 0]
""",
    ),
    unusual(
        "leaky ReLU: maximum forward, array of slopes in the cache",
        leaky_relu_forward="""
out = np.maximum(alpha * x, x)
slope = np.ones_like(x)
slope[x <= 0] = alpha
cache = [slope]
""",
        leaky_relu_backward="""
dout *= cache[0]
dx = dout
""",
    ),
    unusual(
        "tanh: exponentials, cache is x",
        tanh_forward="""
up, down = np.exp(x), np.exp(-x)
out = (up - down) / (up + down)
cache = x
""",
        tanh_backward="""
up, down = np.exp(cache), np.exp(-cache)
dx = 4 * dout / (up + down) ** 2
""",
    ),
    unusual(
        "ELU: exponential of x, backward writes into dout",
        elu_backward="""
negative = x <= 0
dout[negative] *= alpha * np.exp(x[negative])
dx = dout
""",
    ),
    unusual(
        "maxout: slices with a stride, loop over the pieces",
        maxout_forward="""
out = x[:, ::num_pieces].copy()
for piece in range(1, num_pieces):
    out = np.maximum(out, x[:, piece::num_pieces])
cache = {"x": x, "num_pieces": num_pieces, "out": out}
""",
        maxout_backward="""
x, num_pieces, out = cache["x"], cache["num_pieces"], cache["out"]
dx = np.zeros(x.shape)
for piece in range(num_pieces):
    dx[:, piece::num_pieces] = np.where(x[:, piece::num_pieces] == out, dout, 0)
""",
    ),
    unusual(
        "maxout: argmax, fancy indices",
        maxout_forward="""
N = x.shape[0]
M = x.shape[1] // num_pieces
pieces = x.reshape(N, M, num_pieces)
winner = np.argmax(pieces, axis=-1)
out = np.take_along_axis(pieces, winner[..., None], axis=-1)[..., 0]
cache = (winner, x.shape, num_pieces)
""",
        maxout_backward="""
winner, shape, num_pieces = cache
dx = np.zeros(shape)
columns = np.arange(dout.shape[1]) * num_pieces + winner
dx[np.arange(len(dout))[:, None], columns] = dout
""",
    ),
    unusual(
        "dead units: largest input of each unit, count as a NumPy number",
        dead_units="""
count = np.count_nonzero((x @ w + b).max(axis=0) <= 0)
count = np.array(count)
""",
    ),
    unusual(
        "collapsed layers: unit vectors are sent through both",
        collapse_affine="""
x = np.vstack([np.zeros(len(w1)), np.eye(len(w1))])
out = affine_forward(affine_forward(x, w1, b1)[0], w2, b2)[0]
b = out[0]
w = out[1:] - b
""",
    ),
    unusual(
        "collapsed layers: loops, results are lists",
        collapse_affine="""
D, H, M = w1.shape[0], w1.shape[1], w2.shape[1]
w = [[sum(w1[d, h] * w2[h, m] for h in range(H)) for m in range(M)] for d in range(D)]
b = [b2[m] + sum(b1[h] * w2[h, m] for h in range(H)) for m in range(M)]
""",
    ),
    unusual(
        "sandwich: written out, without the four functions",
        affine_relu_forward="""
rows = x.reshape(x.shape[0], -1)
scores = rows @ w + b
out = scores * (scores > 0)
cache = [x.shape, rows, w, scores > 0]
""",
        affine_relu_backward="""
shape, rows, w, mask = cache
dscores = dout * mask
dx = dscores.dot(w.T).reshape(*shape)
dw = np.dot(rows.T, dscores)
db = np.sum(dscores, 0)
""",
    ),
    unusual(
        "sandwich: backward calls forward again, cache is a dictionary",
        affine_relu_forward="""
out = relu_forward(affine_forward(x, w, b)[0])[0]
cache = dict(x=x, w=w, b=b)
""",
        affine_relu_backward="""
scores, affine_cache = affine_forward(cache["x"], cache["w"], cache["b"])
relu_cache = relu_forward(scores)[1]
dx, dw, db = affine_backward(relu_backward(dout, relu_cache), affine_cache)
""",
    ),
    unusual(
        "SVM loss: two loops",
        svm_loss="""
loss, dx = 0.0, np.zeros(x.shape)
for i in range(x.shape[0]):
    for j in range(x.shape[1]):
        if j == y[i]:
            continue
        margin = x[i, j] - x[i, y[i]] + 1
        if margin > 0:
            loss += margin / x.shape[0]
            dx[i, j] += 1 / x.shape[0]
            dx[i, y[i]] -= 1 / x.shape[0]
""",
    ),
    unusual(
        "SVM loss: one-hot matrix, right class removed by minus 1, loss as an array of shape ()",
        svm_loss="""
right = np.eye(x.shape[1])[y]
margins = np.maximum(0, x - (x * right).sum(axis=1, keepdims=True) + 1)
loss = np.array(np.mean(np.sum(margins, axis=1) - 1))
pays = (margins > 0) * (1 - right)
dx = (pays - right * pays.sum(axis=1, keepdims=True)) / len(y)
""",
    ),
    unusual(
        "counting: loop with two counters, a NumPy number",
        count_parameters="""
weights, biases = np.int64(0), 0
for inputs, outputs in zip(dims[:-1], dims[1:], strict=True):
    weights += inputs * outputs
    biases += outputs
count = weights + biases
""",
    ),
    unusual(
        "TwoLayerNet: helper methods, params and grads in another order",
        TwoLayerNet="""
class TwoLayerNet:
    def __init__(
        self,
        input_dim=3 * 32 * 32,
        hidden_dim=100,
        num_classes=10,
        weight_scale=1e-3,
        reg=0.0,
        seed=None,
    ):
        self.params = {}
        self.reg = reg
        rng = np.random.default_rng(seed)
        self.params["b2"] = np.zeros((num_classes,))
        self.params["W2"] = rng.normal(0, weight_scale, (hidden_dim, num_classes))
        self.params["b1"] = np.zeros((hidden_dim,))
        self.params["W1"] = rng.normal(0, weight_scale, (input_dim, hidden_dim))

    def scores(self, X):
        p = self.params
        out, self.first = affine_forward(X, p["W1"], p["b1"])
        out, self.relu = relu_forward(out)
        out, self.second = affine_forward(out, p["W2"], p["b2"])
        return out

    def penalty(self):
        return self.reg / 2 * sum((self.params[name] ** 2).sum() for name in ("W2", "W1"))

    def loss(self, X, y=None):
        scores = self.scores(X)
        if y is None:
            return scores
        loss, dout = softmax_loss(scores, y)
        grads = {}
        dout, grads["W2"], grads["b2"] = affine_backward(dout, self.second)
        dout = relu_backward(dout, self.relu)
        dout, grads["W1"], grads["b1"] = affine_backward(dout, self.first)
        for name in ("W2", "W1"):
            grads[name] += self.reg * self.params[name]
        return np.array(loss + self.penalty()), grads
""",
    ),
    unusual(
        "TwoLayerNet: matrix products, without the layers",
        TwoLayerNet=(
            (
                'hidden, hidden_cache = affine_relu_forward(X, W1, self.params["b1"])',
                'rows = X.reshape(len(X), -1)\n        hidden = rows @ W1 + self.params["b1"]\n'
                "        hidden[hidden < 0] = 0",
            ),
            (
                'scores, scores_cache = affine_forward(hidden, W2, self.params["b2"])',
                'scores = hidden @ W2 + self.params["b2"]',
            ),
            (
                'dhidden, grads["W2"], grads["b2"] = affine_backward(dscores, scores_cache)',
                'grads["W2"], grads["b2"] = hidden.T @ dscores, dscores.sum(0)',
            ),
            (
                '_, grads["W1"], grads["b1"] = affine_relu_backward(dhidden, hidden_cache)',
                "dhidden = dscores @ W2.T * (hidden > 0)\n"
                '        grads["W1"], grads["b1"] = rows.T @ dhidden, dhidden.sum(0)',
            ),
        ),
    ),
    unusual(
        "step: a new dictionary in another order",
        sgd_step="""
params = {name: params[name] + -learning_rate * grads[name] for name in sorted(grads)}
""",
    ),
    unusual(
        "step: in place",
        sgd_step="""
for name, gradient in grads.items():
    params[name] -= np.multiply(gradient, learning_rate)
""",
    ),
    unusual(
        "FullyConnectedNet: lists of caches, all weights before all biases",
        FullyConnectedNet=(
            (
                """        for layer in range(1, self.num_layers + 1):
            shape = dims[layer - 1], dims[layer]
""",
                """        for layer in range(self.num_layers, 0, -1):
            shape = dims[layer - 1], dims[layer]
""",
            ),
            (
                'self.params[f"b{layer}"] = np.zeros(dims[layer], dtype)',
                "pass\n        for layer in range(1, len(dims)):\n"
                '            self.params["b" + str(layer)] = np.zeros(dims[layer]).astype(dtype)',
            ),
            (
                """        out, caches = X, {}
        for layer in range(1, self.num_layers + 1):
            forward = affine_relu_forward if layer < self.num_layers else affine_forward
            out, caches[layer] = forward(out, self.params[f"W{layer}"], self.params[f"b{layer}"])
        scores = out
""",
                """        p, L, out, caches = self.params, self.num_layers, X, []
        for layer in range(1, L):
            out, cache = affine_forward(out, p[f"W{layer}"], p[f"b{layer}"])
            out, mask = relu_forward(out)
            caches.append((cache, mask))
        scores, last = affine_forward(out, p[f"W{L}"], p[f"b{L}"])
""",
            ),
            (
                """        grads = {}
        for layer in range(self.num_layers, 0, -1):
            backward = affine_relu_backward if layer < self.num_layers else affine_backward
            dout, dw, grads[f"b{layer}"] = backward(dout, caches[layer])
            W = self.params[f"W{layer}"]
            grads[f"W{layer}"] = dw + self.reg * W
            loss += 0.5 * self.reg * np.sum(W**2)
""",
                """        grads = {}
        dout, grads[f"W{L}"], grads[f"b{L}"] = affine_backward(dout, last)
        while caches:
            layer = len(caches)
            cache, mask = caches.pop()
            dout = relu_backward(dout, mask)
            dout, grads[f"W{layer}"], grads[f"b{layer}"] = affine_backward(dout, cache)
        for name, param in p.items():
            if name.startswith("W"):
                loss = loss + self.reg * np.linalg.norm(param) ** 2 / 2
                grads[name] = grads[name] + self.reg * param
""",
            ),
        ),
    ),
    unusual(
        "FullyConnectedNet: recursion over the layers, loss as an array of shape ()",
        FullyConnectedNet="""
class FullyConnectedNet:
    def __init__(
        self,
        hidden_dims,
        input_dim=3 * 32 * 32,
        num_classes=10,
        reg=0.0,
        weight_scale=1e-2,
        dtype=np.float32,
        seed=None,
    ):
        self.params = {}
        self.reg = reg
        self.dtype = dtype
        self.num_layers = len(hidden_dims) + 1
        rng = np.random.default_rng(seed)
        before = input_dim
        for layer, after in enumerate(list(hidden_dims) + [num_classes], start=1):
            self.params["W%d" % layer] = rng.standard_normal((before, after)) * weight_scale
            self.params["b%d" % layer] = np.zeros(after)
            before = after
        for name in self.params:
            self.params[name] = self.params[name].astype(dtype)

    def run(self, out, layer, caches):
        out, cache = affine_forward(out, self.params["W%d" % layer], self.params["b%d" % layer])
        caches.append(cache)
        if layer == self.num_layers:
            return out
        out, cache = relu_forward(out)
        caches.append(cache)
        return self.run(out, layer + 1, caches)

    def loss(self, X, y=None):
        caches = []
        scores = self.run(X.astype(self.dtype), 1, caches)
        if y is None:
            return scores
        loss, dout = softmax_loss(scores, y)
        weights = [self.params["W%d" % (i + 1)] for i in range(self.num_layers)]
        squares = np.sum([np.sum(W**2) for W in weights])
        grads = {}
        for layer in reversed(range(1, self.num_layers + 1)):
            if layer != self.num_layers:
                dout = relu_backward(dout, caches.pop())
            dout, dw, db = affine_backward(dout, caches.pop())
            dw += self.reg * self.params["W%d" % layer]
            grads["b%d" % layer], grads["W%d" % layer] = db, dw
        return np.asarray(loss + 0.5 * self.reg * squares), grads
""",
    ),
    unusual(
        "first loss: loop, minus the log of 1/C, as an array of shape ()",
        expected_first_loss="""
loss = np.array(-np.log(1 / dims[len(dims) - 1]))
for before, after in zip(dims, dims[1:]):
    for _ in range(before):
        loss = loss + reg / 2 * after * weight_scale**2
""",
    ),
]

SLOPE = "at a kink either slope is right"
SIZE = "any negative number stands for the length that is left over"
EQUIVALENT = {
    (
        "affine_forward",
        "out = x.reshape(len(x), -1) @ w + b -> out = x.reshape(len(x), -2) @ w + b",
    ): SIZE,
    (
        "affine_backward",
        "dw = x.reshape(len(x), -1).T @ dout -> dw = x.reshape(len(x), -2).T @ dout",
    ): SIZE,
    ("relu_backward", "dx = dout * (x > 0) -> dx = dout * (x >= 0)"): SLOPE,
    (
        "leaky_relu_forward",
        "out = np.where(x > 0, x, alpha * x) -> out = np.where(x >= 0, x, alpha * x)",
    ): "at 0 both are 0",
    (
        "leaky_relu_backward",
        "dx = np.where(x > 0, dout, alpha * dout) -> dx = np.where(x >= 0, dout, alpha * dout)",
    ): SLOPE,
    (
        "elu_backward",
        "dx = np.where(x > 0, dout, dout * (out + alpha)) -> "
        "dx = np.where(x >= 0, dout, dout * (out + alpha))",
    ): SLOPE,
    (
        "maxout_forward",
        "pieces = x.reshape(len(x), -1, num_pieces) -> pieces = x.reshape(len(x), -2, num_pieces)",
    ): SIZE,
    (
        "maxout_backward",
        "dx = (won * dout[:, :, None]).reshape(len(out), -1) -> "
        "dx = (won * dout[:, :, None]).reshape(len(out), -2)",
    ): SIZE,
}
