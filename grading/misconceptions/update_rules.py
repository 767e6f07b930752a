"""What students get wrong in 03_update_rules, and what they get right in unusual ways."""

from grading.misconceptions import unusual, wrong

MISCONCEPTIONS = [
    # ---- train
    wrong(
        "train",
        "uphill",
        (
            "The losses grow: each step goes along the gradient, uphill. In which direction does "
            "the loss fall?"
        ),
        ("params[name] - learning_rate", "params[name] + learning_rate"),
    ),
    wrong(
        "train",
        "no_update",
        (
            "The loss is the same in every step, and the parameters are those of the start. Which "
            "of the four steps is missing?"
        ),
        ("params[name] - learning_rate * grads[name]", "params[name]"),
    ),
    wrong(
        "train",
        "labels_drawn_apart",
        (
            "Some examples come with the label of another row. X and y have to be taken at the "
            "same row numbers: how often do you draw?"
        ),
        ("y[rows]", "y[rng.choice(len(X), batch_size, replace=False)]"),
    ),
    wrong(
        "train",
        "one_minibatch_for_all",
        (
            "All steps use the same minibatch. The other examples are never seen. When is a new "
            "minibatch drawn?"
        ),
        ("for _ in range(num_steps):\n        rows =", "rows ="),
        ("\n        value,", "\n    for _ in range(num_steps):\n        value,"),
    ),
    wrong(
        "train",
        "whole_set",
        "Every step uses all examples, not a minibatch of batch_size of them.",
        ("rng.choice(len(X), batch_size, replace=False)", "rng.permutation(len(X))"),
    ),
    wrong(
        "train",
        "gradients_of_the_start",
        (
            "The loss is the same in every step, although the parameters move: every loss, and "
            "every gradient, is taken at the start. At which parameters should it be taken?"
        ),
        (
            "    for _ in range(num_steps):",
            "    start = dict(params)\n    for _ in range(num_steps):",
        ),
        ("loss(params, X[rows]", "loss(start, X[rows]"),
    ),
    wrong(
        "train",
        "loss_after_the_step",
        (
            "The losses begin one step too late: the first one should be the loss at the start, "
            "before any update."
        ),
        ("losses.append(value)", "losses.append(loss(params, X[rows], y[rows])[0])"),
    ),
    wrong(
        "train",
        "one_parameter",
        (
            "w has not moved the whole way: after a step some parameters are not updated. How many "
            "parameters does each round of the loop move?"
        ),
        (
            "params[name] = params[name] - learning_rate * grads[name]",
            "params[name] = params[name] - learning_rate * grads[name]\n            break",
        ),
    ),
    wrong(
        "train",
        "no_learning_rate",
        (
            "Each step is as long as the gradient itself, and training diverges. Where does the "
            "learning rate enter?"
        ),
        ("learning_rate * grads[name]", "grads[name]"),
    ),
    wrong(
        "train",
        "divided_by_the_batch",
        (
            "The steps are batch_size times too short. The loss is a mean already, and so is its "
            "gradient."
        ),
        ("learning_rate * grads[name]", "learning_rate * grads[name] / batch_size"),
    ),
    wrong(
        "train",
        "no_losses",
        "losses is empty. What did each round see?",
        ("        losses.append(value)\n", ""),
    ),
    wrong(
        "train",
        "short_last_minibatch",
        (
            "Some minibatches are smaller than batch_size: what was left at the end of the set. "
            "Every minibatch has batch_size examples: what can you do with a rest?"
        ),
        answer="""
step = 0
while step < num_steps:
    order = rng.permutation(len(X))
    for first in range(0, len(X), batch_size):
        if step == num_steps:
            break
        rows = order[first : first + batch_size]
        value, grads = loss(params, X[rows], y[rows])
        for name in params:
            params[name] = params[name] - learning_rate * grads[name]
        losses.append(value)
        step += 1
""",
    ),
    wrong(
        "train",
        "in_order",
        "Every training sees the examples in the same order: nothing is random. What is rng for?",
        ("for _ in range(num_steps):", "for step in range(num_steps):"),
        (
            "rng.choice(len(X), batch_size, replace=False)",
            "(np.arange(batch_size) + step * batch_size) % len(X)",
        ),
    ),
    wrong(
        "train",
        "own_generator",
        (
            "An rng in the same state should give the same minibatches. Where do your random "
            "numbers come from?"
        ),
        ("rng.choice(", "np.random.default_rng().choice("),
    ),
    # ---- gradient_descent
    wrong(
        "gradient_descent",
        "uphill",
        "The path climbs: it moves along the gradient. In which direction does the loss fall?",
        ("w - learning_rate", "w + learning_rate"),
    ),
    wrong(
        "gradient_descent",
        "no_start",
        (
            "The path has one row too few: row 0 should be the place where it starts, before any "
            "step."
        ),
        ("path = [w]", "path = []"),
    ),
    wrong(
        "gradient_descent",
        "one_array_for_all",
        (
            "All rows of the path are the last place. A list keeps the array itself, not a copy of "
            "it: what does a change in place do to the rows before?"
        ),
        (
            "w = w - learning_rate * gradient(w)",
            "w -= learning_rate * gradient(w)",
        ),
    ),
    wrong(
        "gradient_descent",
        "gradient_of_the_start",
        (
            "The path is a straight line with equal steps: the gradient is always the one at the "
            "start. At which place does each step need it?"
        ),
        ("path = [w]", "path = [w]\n    slope = gradient(w)"),
        ("learning_rate * gradient(w)", "learning_rate * slope"),
    ),
    wrong(
        "gradient_descent",
        "steps_from_the_start",
        (
            "Every row after the first is the same place: one step away from the start. Where does "
            "a step begin?"
        ),
        ("w = w - learning_rate * gradient(w)", "moved = w - learning_rate * gradient(w)"),
        ("path.append(w)", "path.append(moved)"),
    ),
    wrong(
        "gradient_descent",
        "no_learning_rate",
        "Each step is as long as the gradient itself. Where does the learning rate enter?",
        ("learning_rate * gradient(w)", "gradient(w)"),
    ),
    wrong(
        "gradient_descent",
        "one_step_less",
        "The path has one row too few: it should have the start and num_steps more.",
        ("range(num_steps)", "range(num_steps - 1)"),
    ),
    wrong(
        "gradient_descent",
        "only_the_end",
        "Only the place where the path ends came back. It should have a row for each step as well.",
        ("path.append(w)", "path = w"),
    ),
    wrong(
        "gradient_descent",
        "unit_steps",
        (
            "All steps have the same length. A step is the learning rate times the gradient: where "
            "the slope is small, so is the step."
        ),
        (
            "learning_rate * gradient(w)",
            "learning_rate * gradient(w) / np.linalg.norm(gradient(w))",
        ),
    ),
    # ---- shrinkage
    wrong(
        "shrinkage",
        "one_step",
        (
            "The factor is that of one step, for any number of steps. What do two steps do to a "
            "weight that each of them multiplies?"
        ),
        (" ** num_steps", ""),
    ),
    wrong(
        "shrinkage",
        "times_the_steps",
        (
            "The factor of one step is multiplied by the number of steps. But each step multiplies "
            "what the one before has left."
        ),
        (" ** num_steps", " * num_steps"),
    ),
    wrong(
        "shrinkage",
        "power_of_the_wrong_part",
        (
            "The power is taken of what one step removes, and not of what it leaves. Which of "
            "the two is multiplied from step to step?"
        ),
        (
            "(1 - learning_rate * curvatures) ** num_steps",
            "1 - (learning_rate * curvatures) ** num_steps",
        ),
    ),
    wrong(
        "shrinkage",
        "sum_of_steps",
        (
            "The weight falls along a straight line here, as if every step had the gradient of the "
            "start. But the gradient gets smaller along the way."
        ),
        (
            "(1 - learning_rate * curvatures) ** num_steps",
            "1 - learning_rate * curvatures * num_steps",
        ),
    ),
    wrong(
        "shrinkage",
        "sign_lost",
        (
            "A factor that should be negative came out positive. After one step too long, on which "
            "side of the valley is the weight?"
        ),
        (
            "(1 - learning_rate * curvatures) ** num_steps",
            "np.abs(1 - learning_rate * curvatures) ** num_steps",
        ),
    ),
    wrong(
        "shrinkage",
        "exponential",
        (
            "These are exponentials, as if the steps were infinitely short. With steps of this "
            "size, what is left after one of them?"
        ),
        (
            "(1 - learning_rate * curvatures) ** num_steps",
            "np.exp(-learning_rate * curvatures * num_steps)",
        ),
    ),
    wrong(
        "shrinkage",
        "what_is_gone",
        "This is the share that is gone. The factor says what is left.",
        (
            "(1 - learning_rate * curvatures) ** num_steps",
            "1 - (1 - learning_rate * curvatures) ** num_steps",
        ),
    ),
    wrong(
        "shrinkage",
        "no_curvature",
        "All weights have the same factor. How do the curvatures enter?",
        (
            "(1 - learning_rate * curvatures) ** num_steps",
            "(1 - learning_rate) ** num_steps * np.ones_like(curvatures)",
        ),
    ),
    # ---- sgd_momentum
    wrong(
        "sgd_momentum",
        "plus_gradient",
        ("The gradient pushes the velocity uphill. What sign does it need?"),
        ('- config["learning_rate"] * dw', '+ config["learning_rate"] * dw'),
    ),
    wrong(
        "sgd_momentum",
        "weights_against_velocity",
        ("w moves against it. The velocity points downhill already: what does w do with it?"),
        ("w + velocity", "w - velocity"),
    ),
    wrong(
        "sgd_momentum",
        "old_velocity",
        ("w moved with the old one. Which comes first: the push, or the move?"),
        ("    next_w = w + velocity\n", ""),
        (
            '    velocity = config["momentum"]',
            '    next_w = w + velocity\n    velocity = config["momentum"]',
        ),
    ),
    wrong(
        "sgd_momentum",
        "nesterov",
        (
            "w also looks ahead by another share of it. That is another "
            "rule, Nesterov momentum. Here w moves by the new velocity."
        ),
        (
            "next_w = w + velocity",
            'next_w = w + config["momentum"] * velocity - config["learning_rate"] * dw',
        ),
    ),
    wrong(
        "sgd_momentum",
        "average",
        (
            "The gradient counts for a share of 1 - momentum only, as in an average. In this rule "
            "the whole push is added to the velocity."
        ),
        (
            '- config["learning_rate"] * dw',
            '- (1 - config["momentum"]) * config["learning_rate"] * dw',
        ),
    ),
    wrong(
        "sgd_momentum",
        "friction_on_all",
        (
            "Friction acts on the new push too. It should act on the old velocity alone, before "
            "the push is added."
        ),
        (
            'config["momentum"] * velocity - config["learning_rate"] * dw',
            'config["momentum"] * (velocity - config["learning_rate"] * dw)',
        ),
    ),
    wrong(
        "sgd_momentum",
        "shares_exchanged",
        (
            "The old velocity keeps a share of 1 - momentum. Which share does friction leave, when "
            "the momentum is 0.9?"
        ),
        ('config["momentum"] * velocity', '(1 - config["momentum"]) * velocity'),
    ),
    wrong(
        "sgd_momentum",
        "no_friction",
        "The old velocity stays as it is: nothing brakes the ball. Where does momentum enter?",
        ('config["momentum"] * velocity', "velocity"),
    ),
    wrong(
        "sgd_momentum",
        "plain_sgd",
        (
            "The velocity holds nothing from the steps before: each step is one of plain gradient "
            "descent. What share of the old velocity stays?"
        ),
        ('config["momentum"] * velocity - ', "-"),
    ),
    wrong(
        "sgd_momentum",
        "rate_at_the_end",
        (
            "The velocity is larger than it should be, by one over the learning rate, where there "
            "was none before. In this rule the learning rate is in the push, not in the move."
        ),
        ('config["learning_rate"] * dw', "dw"),
        ("w + velocity", 'w + config["learning_rate"] * velocity'),
    ),
    wrong(
        "sgd_momentum",
        "own_settings",
        (
            "The settings in config are not used: with the default ones the step is right, with "
            "others it is not."
        ),
        (
            'config["momentum"] * velocity - config["learning_rate"] * dw',
            "0.9 * velocity - 1e-2 * dw",
        ),
    ),
    wrong(
        "sgd_momentum",
        "settings_exchanged",
        (
            "The learning rate and the momentum are exchanged. Which one is the share of the old "
            "velocity?"
        ),
        (
            'config["momentum"] * velocity - config["learning_rate"] * dw',
            'config["learning_rate"] * velocity - config["momentum"] * dw',
        ),
    ),
    wrong(
        "sgd_momentum",
        "old_velocity_kept",
        (
            "The config that comes back has the velocity from before the step. What does the "
            "next step need?"
        ),
        ('velocity = config["momentum"] * velocity -', 'pushed = config["momentum"] * velocity -'),
        ("w + velocity", "w + pushed"),
    ),
    wrong(
        "sgd_momentum",
        "points_uphill",
        (
            "The velocity points uphill, and w moves against it. Here the velocity itself points "
            "downhill: which sign has the push?"
        ),
        ('- config["learning_rate"] * dw', '+ config["learning_rate"] * dw'),
        ("w + velocity", "w - velocity"),
    ),
    wrong(
        "sgd_momentum",
        "rate_at_the_end_uphill",
        (
            "The velocity adds up gradients as they are, uphill and without the learning rate. "
            "In this rule the push has the rate and a minus sign in it."
        ),
        ('- config["learning_rate"] * dw', "+ dw"),
        ("w + velocity", 'w - config["learning_rate"] * velocity'),
    ),
    # ---- follow
    wrong(
        "follow",
        "config_thrown_away",
        (
            "What the rule remembers is thrown away: each step gets the first config again. What "
            "does the next step need from this one?"
        ),
        ("w, config = rule(w, gradient", "w, _ = rule(w, gradient"),
    ),
    wrong(
        "follow",
        "no_start",
        "The path has one row too few: row 0 should be the place where it starts.",
        ("path = [w.copy()]", "path = []"),
    ),
    wrong(
        "follow",
        "gradient_of_the_start",
        (
            "Every step has the gradient of the start. At which place should it be taken, once w "
            "has moved?"
        ),
        ("path = [w.copy()]", "path = [w.copy()]\n    slope = gradient(w)"),
        ("rule(w, gradient(w), config)", "rule(w, slope, config)"),
    ),
    wrong(
        "follow",
        "one_step_less",
        "There is one step too few: num_steps steps make num_steps + 1 rows.",
        ("range(num_steps)", "range(num_steps - 1)"),
    ),
    wrong(
        "follow",
        "one_step_more",
        "There is one step too many: num_steps steps make num_steps + 1 rows.",
        ("range(num_steps)", "range(num_steps + 1)"),
    ),
    wrong(
        "follow",
        "weights_for_gradient",
        (
            "The rule gets the weights in place of their gradient. Here both have the same signs, "
            "but not the same size."
        ),
        ("gradient(w)", "w"),
    ),
    wrong(
        "follow",
        "steps_from_the_start",
        "Each step begins at the start again. It should begin where the last one ended.",
        ("path = [w.copy()]", "path, start = [w.copy()], w"),
        ("rule(w, gradient(w), config)", "rule(start, gradient(start), config)"),
    ),
    # ---- sgd_nesterov_lookahead
    wrong(
        "sgd_nesterov_lookahead",
        "gradient_here",
        (
            "The gradient is asked for at w itself. So this is plain momentum. Where does the "
            "velocity lead?"
        ),
        ('w + config["momentum"] * velocity', "w"),
    ),
    wrong(
        "sgd_nesterov_lookahead",
        "whole_velocity_ahead",
        (
            "The gradient is asked for a whole velocity ahead. But friction leaves only a share of "
            "it: how far will the old velocity carry the ball?"
        ),
        ('w + config["momentum"] * velocity', "w + velocity"),
    ),
    wrong(
        "sgd_nesterov_lookahead",
        "behind",
        "The gradient is asked for behind w. Which sign does looking ahead need?",
        ('w + config["momentum"] * velocity', 'w - config["momentum"] * velocity'),
    ),
    wrong(
        "sgd_nesterov_lookahead",
        "step_from_ahead",
        (
            "The step begins at the look-ahead point. It was only "
            "looked at: from where does the ball move?"
        ),
        ("next_w = w + velocity", "next_w = ahead + velocity"),
    ),
    wrong(
        "sgd_nesterov_lookahead",
        "ahead_with_the_new_velocity",
        ("w moves by another share of it besides. In this form w moves by the new velocity alone."),
        ("next_w = w + velocity", 'next_w = w + (1 + config["momentum"]) * velocity'),
    ),
    wrong(
        "sgd_nesterov_lookahead",
        "plus_gradient",
        "The gradient pushes the velocity uphill. What sign does it need?",
        ('- config["learning_rate"] * grad', '+ config["learning_rate"] * grad'),
    ),
    wrong(
        "sgd_nesterov_lookahead",
        "no_friction",
        (
            "The gradient is asked for at the right place, but the old velocity stays as it is in "
            "the new one. Which share of it does friction leave?"
        ),
        (
            'velocity = config["momentum"] * velocity - config["learning_rate"] * grad',
            'velocity = velocity - config["learning_rate"] * grad',
        ),
    ),
    # ---- sgd_nesterov
    wrong(
        "sgd_nesterov",
        "plain_momentum",
        (
            "w moves by the velocity alone: this is plain momentum. The look-ahead point moves by "
            "more than that."
        ),
        (
            'w - config["momentum"] * old + (1 + config["momentum"]) * velocity',
            "w + velocity",
        ),
    ),
    wrong(
        "sgd_nesterov",
        "plus_old",
        (
            "In the step, the share of the old velocity has the wrong sign: "
            "does it lead back to the old weights, or away from them?"
        ),
        ('w - config["momentum"] * old', 'w + config["momentum"] * old'),
    ),
    wrong(
        "sgd_nesterov",
        "old_forgotten",
        (
            "The step does not go back from the look-ahead point first: the "
            "term with the old velocity is missing."
        ),
        ('w - config["momentum"] * old + ', "w + "),
    ),
    wrong(
        "sgd_nesterov",
        "old_for_new",
        ("The step uses the old velocity alone. Which of the two terms needs the new one?"),
        ('(1 + config["momentum"]) * velocity', '(1 + config["momentum"]) * old'),
    ),
    wrong(
        "sgd_nesterov",
        "no_step",
        (
            "The step only corrects how far it looks ahead: the velocity "
            "itself has to move w too, so it counts more than a share of momentum."
        ),
        ('(1 + config["momentum"]) * velocity', 'config["momentum"] * velocity'),
    ),
    wrong(
        "sgd_nesterov",
        "plus_gradient",
        "The gradient pushes the velocity uphill. What sign does it need?",
        ('- config["learning_rate"] * dw', '+ config["learning_rate"] * dw'),
    ),
    wrong(
        "sgd_nesterov",
        "no_new_look",
        (
            "The step goes back to the old weights and moves by the new velocity, and ends "
            "there: it does not look ahead again."
        ),
        ('(1 + config["momentum"]) * velocity', "velocity"),
    ),
    wrong(
        "sgd_nesterov",
        "velocities_exchanged",
        (
            "The two velocities are exchanged in the step. Which of the two terms goes back, and "
            "which one goes forward?"
        ),
        (
            'config["momentum"] * old + (1 + config["momentum"]) * velocity',
            'config["momentum"] * velocity + (1 + config["momentum"]) * old',
        ),
    ),
    # ---- adagrad
    wrong(
        "adagrad",
        "no_root",
        (
            "The step is divided by the cache itself, not by its root. "
            "Then a large gradient gives a short step."
        ),
        ("np.sqrt(cache)", "cache"),
    ),
    wrong(
        "adagrad",
        "epsilon_inside",
        ("Epsilon is added before the root is taken; the formula adds it after that."),
        ('np.sqrt(cache) + config["epsilon"]', 'np.sqrt(cache + config["epsilon"])'),
    ),
    wrong(
        "adagrad",
        "no_epsilon",
        "Where is epsilon in your step?",
        ('(np.sqrt(cache) + config["epsilon"])', "np.sqrt(cache)"),
    ),
    wrong(
        "adagrad",
        "forgets",
        ("The cache holds the last squared gradient only. What about those of the steps before?"),
        ("cache = cache + dw**2", "cache = dw**2"),
    ),
    wrong(
        "adagrad",
        "not_squared",
        (
            "The cache adds up the gradients as they are. With the square, would a negative "
            "gradient make it smaller?"
        ),
        ("cache + dw**2", "cache + np.abs(dw)"),
    ),
    wrong(
        "adagrad",
        "old_cache",
        ("The step is divided by the one from before this gradient. Which comes first?"),
        ("np.sqrt(cache)", "np.sqrt(np.maximum(cache - dw**2, 1e-300))"),
    ),
    wrong(
        "adagrad",
        "uphill",
        "The step goes uphill. What sign does it need?",
        ("w - config", "w + config"),
    ),
    wrong(
        "adagrad",
        "one_cache_for_all",
        (
            "All weights share one cache, the sum over all entries. Every weight should have its "
            "own."
        ),
        ("cache + dw**2", "cache + np.sum(dw**2)"),
    ),
    wrong(
        "adagrad",
        "no_square",
        (
            "The cache adds up the gradients as they are, and a negative sum has no root. What "
            "should be added up?"
        ),
        ("cache + dw**2", "cache + dw"),
    ),
    wrong(
        "adagrad",
        "brackets",
        (
            "Epsilon is added to the whole step, because a division comes before a sum. What "
            "belongs under the fraction bar?"
        ),
        ('(np.sqrt(cache) + config["epsilon"])', 'np.sqrt(cache) + config["epsilon"]'),
    ),
    wrong(
        "adagrad",
        "old_cache_kept",
        (
            "The cache that comes back does not have this gradient in it. What does the next "
            "step need?"
        ),
        ("cache = cache + dw**2", "total = cache + dw**2"),
        ("np.sqrt(cache)", "np.sqrt(total)"),
    ),
    wrong(
        "adagrad",
        "root_kept",
        (
            "The cache that comes back has the root taken already. The next step would add a "
            "square to a root."
        ),
        ("cache = cache + dw**2", "cache = np.sqrt(cache + dw**2)"),
        ("np.sqrt(cache)", "cache"),
    ),
    # ---- rmsprop
    wrong(
        "rmsprop",
        "shares_exchanged",
        (
            "The old cache keeps a share of 1 - decay_rate, and the new square gets the rest. With "
            "a decay rate of 0.99, how much of the old average should stay?"
        ),
        (
            'config["decay_rate"] * cache + (1 - config["decay_rate"]) * dw**2',
            '(1 - config["decay_rate"]) * cache + config["decay_rate"] * dw**2',
        ),
    ),
    wrong(
        "rmsprop",
        "adagrad",
        "The cache only adds up, as in AdaGrad. Which share of the old cache should stay?",
        (
            'config["decay_rate"] * cache + (1 - config["decay_rate"]) * dw**2',
            "cache + dw**2",
        ),
    ),
    wrong(
        "rmsprop",
        "whole_square",
        (
            "The new square counts in full. The two shares of an average add up to 1: which one is "
            "left for the new square?"
        ),
        ('(1 - config["decay_rate"]) * dw**2', "dw**2"),
    ),
    wrong(
        "rmsprop",
        "not_squared",
        "The cache averages the gradients without squaring them.",
        ("* dw**2", "* np.abs(dw)"),
    ),
    wrong(
        "rmsprop",
        "no_root",
        "The step is divided by the cache itself, not by its root.",
        ("np.sqrt(cache)", "cache"),
    ),
    wrong(
        "rmsprop",
        "epsilon_inside",
        ("Epsilon is added before the root is taken; the formula adds it after that."),
        ('np.sqrt(cache) + config["epsilon"]', 'np.sqrt(cache + config["epsilon"])'),
    ),
    wrong(
        "rmsprop",
        "no_epsilon",
        "Where is epsilon in your step?",
        ('(np.sqrt(cache) + config["epsilon"])', "np.sqrt(cache)"),
    ),
    wrong(
        "rmsprop",
        "uphill",
        "The step goes uphill. What sign does it need?",
        ("w - config", "w + config"),
    ),
    wrong(
        "rmsprop",
        "no_square",
        (
            "The cache averages the gradients as they are. With the square, would a negative "
            "gradient make it smaller?"
        ),
        ("* dw**2", "* dw"),
        ("np.sqrt(cache)", "np.sqrt(np.abs(cache))"),
    ),
    wrong(
        "rmsprop",
        "brackets",
        (
            "Epsilon is added to the whole step, because a division comes before a sum. What "
            "belongs under the fraction bar?"
        ),
        ('(np.sqrt(cache) + config["epsilon"])', 'np.sqrt(cache) + config["epsilon"]'),
    ),
    # ---- adam
    wrong(
        "adam",
        "no_correction",
        (
            "The step uses the moments as they are. In the first steps "
            "both are too small: what corrects them?"
        ),
        ('m / (1 - config["beta1"] ** t)', "m"),
        ('v / (1 - config["beta2"] ** t)', "v"),
    ),
    wrong(
        "adam",
        "only_m_corrected",
        "The step corrects the first moment only; v starts at zero as well.",
        ('v / (1 - config["beta2"] ** t)', "v"),
    ),
    wrong(
        "adam",
        "only_v_corrected",
        "The step corrects the second moment only; m starts at zero as well.",
        ('m / (1 - config["beta1"] ** t)', "m"),
    ),
    wrong(
        "adam",
        "no_power",
        (
            "m, v and t are right, and the first step too. After it the correction should fade: "
            "beta has the power t."
        ),
        ('config["beta1"] ** t', 'config["beta1"]'),
        ('config["beta2"] ** t', 'config["beta2"]'),
    ),
    wrong(
        "adam",
        "t_never_raised",
        (
            "t is still what it was before the step. Each step has to raise it, or the next one "
            "will take itself for the same."
        ),
        ("    t = t + 1\n", ""),
        ('config["beta1"] ** t)', 'config["beta1"] ** (t + 1))'),
        ('config["beta2"] ** t)', 'config["beta2"] ** (t + 1))'),
    ),
    wrong(
        "adam",
        "t_raised_too_late",
        (
            "t is right after the step, but the correction used it before it was raised. In the "
            "first step it is 0 then, and the correction divides by zero."
        ),
        ("    t = t + 1\n", ""),
        ("    next_w = w", "    t = t + 1\n    next_w = w"),
    ),
    wrong(
        "adam",
        "corrected_moments_kept",
        (
            "The first step is right, but m and v come back with the correction in them. The next "
            "step would correct them again."
        ),
        ("m_hat = m /", "m_hat = m = m /"),
        ("v_hat = v /", "v_hat = v = v /"),
    ),
    wrong(
        "adam",
        "v_not_squared",
        "v averages the sizes of the gradients, without squaring them.",
        ("* dw**2", "* np.abs(dw)"),
    ),
    wrong(
        "adam",
        "no_root",
        "The step is divided by the second moment, not by its root.",
        ("np.sqrt(v_hat)", "v_hat"),
    ),
    wrong(
        "adam",
        "betas_exchanged",
        "m is averaged with beta2, and v with beta1. Which moment forgets faster?",
        (
            'm = config["beta1"] * m + (1 - config["beta1"])',
            'm = config["beta2"] * m + (1 - config["beta2"])',
        ),
        (
            'v = config["beta2"] * v + (1 - config["beta2"])',
            'v = config["beta1"] * v + (1 - config["beta1"])',
        ),
    ),
    wrong(
        "adam",
        "shares_exchanged",
        (
            "The old averages keep a share of 1 - beta, and the new gradient gets the rest. With a "
            "beta of 0.9, how much of the old average should stay?"
        ),
        (
            'config["beta1"] * m + (1 - config["beta1"]) * dw',
            '(1 - config["beta1"]) * m + config["beta1"] * dw',
        ),
        (
            'config["beta2"] * v + (1 - config["beta2"]) * dw**2',
            '(1 - config["beta2"]) * v + config["beta2"] * dw**2',
        ),
    ),
    wrong(
        "adam",
        "gradient_in_the_step",
        ("The step uses the gradient itself: the first moment is computed and then not used."),
        ("* m_hat /", "* dw /"),
    ),
    wrong(
        "adam",
        "uphill",
        "The step goes uphill. What sign does it need?",
        ("w - config", "w + config"),
    ),
    wrong(
        "adam",
        "epsilon_inside",
        (
            "Epsilon is added before the root is taken; the formula adds it after that. With a "
            "tiny epsilon nobody sees the difference."
        ),
        ('np.sqrt(v_hat) + config["epsilon"]', 'np.sqrt(v_hat + config["epsilon"])'),
    ),
    wrong(
        "adam",
        "no_epsilon",
        "Where is epsilon in your step? With a tiny one nobody sees the difference.",
        ('(np.sqrt(v_hat) + config["epsilon"])', "np.sqrt(v_hat)"),
    ),
    wrong(
        "adam",
        "times_t",
        (
            "The correction takes beta times t. The share that is left of the start after t "
            "steps is a power: what does each step multiply by?"
        ),
        ('config["beta1"] ** t', 'config["beta1"] * t'),
        ('config["beta2"] ** t)', 'config["beta2"] * t + 1e-300)'),
        ("np.sqrt(v_hat)", "np.sqrt(np.abs(v_hat))"),
    ),
    wrong(
        "adam",
        "v_from_m",
        "v averages the square of m. It should average the square of the gradient itself.",
        ("* dw**2", "* m**2"),
    ),
    # ---- step_decay
    wrong(
        "step_decay",
        "smooth",
        (
            "The factor falls a little in every epoch. It should stay the same between two falls: "
            "how many *full* spans are over?"
        ),
        ("epoch // every", "epoch / every"),
    ),
    wrong(
        "step_decay",
        "every_epoch",
        "The factor falls by drop in every epoch. How long should it stay the same?",
        ("(epoch // every)", "epoch"),
    ),
    wrong(
        "step_decay",
        "multiplied",
        (
            "The factor grows with the number of falls, and is 0 at the start. Each fall "
            "multiplies what is left: what do two falls do?"
        ),
        ("drop ** (epoch // every)", "drop * (epoch // every)"),
    ),
    wrong(
        "step_decay",
        "one_epoch_early",
        "The falls come one epoch early. Epochs count from 0: in which one is the first fall?",
        ("epoch // every", "(epoch + 1) // every"),
    ),
    wrong(
        "step_decay",
        "one_epoch_late",
        "The falls come one epoch late. Epochs count from 0: in which one is the first fall?",
        ("epoch // every", "max(epoch - 1, 0) // every"),
    ),
    wrong(
        "step_decay",
        "one_fall_only",
        "There is only one fall. After twice as many epochs there should be a second one.",
        ("drop ** (epoch // every)", "drop if epoch >= every else 1.0"),
    ),
    wrong(
        "step_decay",
        "only_at_the_fall",
        (
            "The factor goes back to 1 in the epochs between two falls. What has fallen should "
            "stay down."
        ),
        ("drop ** (epoch // every)", "drop ** (epoch // every) if epoch % every == 0 else 1.0"),
    ),
    wrong(
        "step_decay",
        "what_is_lost",
        "Each fall leaves 1 - drop of the rate. What should it leave?",
        ("drop ** (epoch // every)", "(1 - drop) ** (epoch // every)"),
    ),
    wrong(
        "step_decay",
        "straight_line",
        "The factor falls by the same amount each time. It should fall by the same factor.",
        ("drop ** (epoch // every)", "1 - (1 - drop) * (epoch // every)"),
    ),
    # ---- loss_spread
    wrong(
        "loss_spread",
        "over_widths",
        (
            "There is a number for each seed. There should be one for each width: which axis has "
            "the seeds?"
        ),
        ("losses.min(axis=1)", "losses.min(axis=0)"),
        ("losses.max(axis=1)", "losses.max(axis=0)"),
    ),
    wrong(
        "loss_spread",
        "over_all",
        "There is one number for all widths together. Each width has its own 20 networks.",
        ("losses.min(axis=1)", "losses.min()"),
        ("losses.max(axis=1)", "losses.max()"),
    ),
    wrong(
        "loss_spread",
        "best_is_largest",
        "best and worst are exchanged, and the gap has the wrong sign. Is a large loss good?",
        ("losses.min(axis=1)", "losses.max(axis=1)"),
        ("worst = losses.max(axis=1)", "worst = losses.min(axis=1)"),
    ),
    wrong(
        "loss_spread",
        "standard_deviation",
        "The gap is a standard deviation, not the distance of the two.",
        ("worst - best", "losses.std(axis=1)"),
    ),
    wrong(
        "loss_spread",
        "best_minus_worst",
        "The gap has the wrong sign. Which of the two losses is larger?",
        ("worst - best", "best - worst"),
    ),
    wrong(
        "loss_spread",
        "relative",
        "The gap is divided by the best loss; here it is a difference.",
        ("worst - best", "(worst - best) / best"),
    ),
    wrong(
        "loss_spread",
        "first_and_last",
        (
            "best and worst are the first and the last seed. The seeds are in no order: which "
            "loss is the lowest?"
        ),
        ("losses.min(axis=1)", "losses[:, 0]"),
        ("losses.max(axis=1)", "losses[:, -1]"),
    ),
    wrong(
        "loss_spread",
        "exchanged",
        "best and worst are exchanged. Is a large loss good?",
        ("losses.min(axis=1)", "losses.max(axis=1)"),
        ("worst = losses.max(axis=1)", "worst = losses.min(axis=1)"),
        ("worst - best", "best - worst"),
    ),
    wrong(
        "loss_spread",
        "places",
        "These are the places of the losses, not the losses themselves.",
        ("losses.min(axis=1)", "losses.argmin(axis=1)"),
        ("losses.max(axis=1)", "losses.argmax(axis=1)"),
    ),
    # ---- ensemble_accuracy
    wrong(
        "ensemble_accuracy",
        "mean_of_scores",
        (
            "This is what an average of the scores gives, or a product of the probabilities. One "
            "network that is sure a class is wrong then decides alone. What should be averaged?"
        ),
        ("probs.mean(axis=0).argmax(axis=1)", "scores.mean(axis=0).argmax(axis=1)"),
    ),
    wrong(
        "ensemble_accuracy",
        "vote",
        (
            "This is what a vote gives: each network counts the same, however sure it is. What "
            "should be averaged?"
        ),
        (
            "np.mean(probs.mean(axis=0).argmax(axis=1) == y)",
            "np.mean([np.bincount(v).argmax() == c for v, c in zip(probs.argmax(axis=2).T, y)])",
        ),
    ),
    wrong(
        "ensemble_accuracy",
        "mean_of_accuracies",
        (
            "This is the mean of the networks' own accuracies. An ensemble gives one answer for "
            "each example, and that is right or wrong."
        ),
        ("probs.mean(axis=0).argmax(axis=1) == y", "probs.argmax(axis=2) == y"),
    ),
    wrong(
        "ensemble_accuracy",
        "one_network",
        "Only one of the networks is asked.",
        ("probs.mean(axis=0)", "probs[0]"),
    ),
    wrong(
        "ensemble_accuracy",
        "not_normalized",
        (
            "The exponentials of the scores themselves are averaged. Do the probabilities of each "
            "network add up to 1?"
        ),
        ("exps / exps.sum(axis=2, keepdims=True)", "np.exp(np.minimum(scores, 700))"),
    ),
    wrong(
        "ensemble_accuracy",
        "overflow",
        (
            "The exponentials of large scores overflow, and infinity divided by infinity is no "
            "probability. What can be subtracted from each row first?"
        ),
        (
            "np.exp(scores - scores.max(axis=2, keepdims=True))",
            "np.exp(np.array(scores), where=np.ones(scores.shape, dtype=bool))",
        ),
    ),
    wrong(
        "ensemble_accuracy",
        "number_right",
        "This is the number of right answers. The accuracy is their share of all examples.",
        ("np.mean(probs", "np.sum(probs"),
    ),
    wrong(
        "ensemble_accuracy",
        "not_divided",
        (
            "The exponentials are not divided by their sum, so the probabilities of a row do not "
            "add up to 1."
        ),
        ("exps / exps.sum(axis=2, keepdims=True)", "1 * exps"),
    ),
    wrong(
        "ensemble_accuracy",
        "softmax_over_networks",
        (
            "The softmax sums over the networks. The probabilities of one network, for one "
            "example, should add up to 1."
        ),
        ("exps.sum(axis=2, keepdims=True)", "exps.sum(axis=0, keepdims=True)"),
    ),
    wrong(
        "ensemble_accuracy",
        "one_maximum_for_all",
        (
            "One maximum is subtracted from all scores, and rows far below it become 0 / 0. "
            "Which maximum belongs to a row?"
        ),
        ("scores.max(axis=2, keepdims=True)", "scores.max()"),
    ),
    wrong(
        "ensemble_accuracy",
        "percent",
        "This is the accuracy in percent. Return a share from 0 to 1.",
        ("accuracy = np.mean", "accuracy = 100 * np.mean"),
    ),
    wrong(
        "ensemble_accuracy",
        "most_sure",
        "This is what the network that is most sure says. An ensemble takes an average.",
        ("probs.mean(axis=0)", "probs.max(axis=0)"),
    ),
    wrong(
        "ensemble_accuracy",
        "wrong_axis",
        (
            "The probabilities of one row do not add up to 1. Over which of the three axes does "
            "the softmax sum?"
        ),
        ("exps.sum(axis=2, keepdims=True)", "exps.sum(axis=1, keepdims=True)"),
    ),
]

UNUSUAL = [
    unusual(
        "loops, walks through a shuffled set, work in place",
        train="""
losses = []
params = {name: np.array(param, dtype=float) for name, param in params.items()}
order = []
for step in range(num_steps):
    if len(order) < batch_size:
        order = list(rng.permutation(len(y)))
    batch = [order.pop() for _ in range(batch_size)]
    value, grads = loss(params, X[batch], y[batch])
    losses += [float(value)]
    for name, grad in grads.items():
        params[name] -= learning_rate * grad
""",
        gradient_descent="""
path = np.zeros((num_steps + 1, len(w)))
path[0] = w
for t in range(num_steps):
    for i, slope in enumerate(gradient(path[t])):
        path[t + 1, i] = path[t, i] - learning_rate * slope
""",
        shrinkage="""
factor = [1.0 for _ in curvatures]
for _ in range(num_steps):
    factor = [f - learning_rate * c * f for f, c in zip(factor, curvatures)]
""",
        sgd_momentum="""
velocity *= config["momentum"]
velocity -= config["learning_rate"] * dw
w += velocity
next_w = w
""",
        follow="""
path = []
for step in range(num_steps + 1):
    path.append(np.array(w, copy=True))
    if step < num_steps:
        dw = gradient(w)
        step, config = rule(w, dw, config)
        w = step
""",
        sgd_nesterov_lookahead="""
mu, rate = config["momentum"], config["learning_rate"]
dw = grad(mu * velocity + w)
velocity = -rate * dw + mu * velocity
next_w = velocity + w
""",
        sgd_nesterov="""
mu, rate = config["momentum"], config["learning_rate"]
velocity = mu * velocity - rate * dw
next_w = w + mu * velocity - rate * dw
""",
        adagrad="""
cache += dw * dw
dw /= cache**0.5 + config["epsilon"]
w -= config["learning_rate"] * dw
next_w = w
""",
        rmsprop="""
cache += (1 - config["decay_rate"]) * (np.square(dw) - cache)
next_w = w - config["learning_rate"] / (np.sqrt(cache) + config["epsilon"]) * dw
""",
        adam="""
t += 1
b1, b2 = config["beta1"], config["beta2"]
m = m + (1 - b1) * (dw - m)
v = v + (1 - b2) * (dw * dw - v)
rate = config["learning_rate"] * np.sqrt(1 - b2**t) / (1 - b1**t)
next_w = w - rate * m / (np.sqrt(v) + config["epsilon"])
""",
        step_decay="""
factor = 1
while epoch >= every:
    factor = factor * drop
    epoch = epoch - every
""",
        loss_spread="""
best = [min(row) for row in losses]
worst = [max(row) for row in losses]
gap = [np.ptp(row) for row in losses]
""",
        ensemble_accuracy="""
K, N, C = scores.shape
right = 0
for n in range(N):
    total = np.zeros(C)
    for k in range(K):
        e = np.exp(scores[k, n] - np.max(scores[k, n]))
        total += e / e.sum()
    right += int(np.argmax(total) == y[n])
accuracy = right / N
""",
    ),
    unusual(
        "float32, minibatches drawn with replacement",
        train="""
for step in range(num_steps):
    rows = rng.integers(len(X), size=batch_size)
    value, grads = loss(params, X[rows], y[rows])
    losses.append(value)
    params = {name: params[name] - learning_rate * grads[name] for name in params}
""",
        gradient_descent="""
path = np.tile(w, (num_steps + 1, 1)).astype(np.float32)
for t in range(num_steps):
    path[t + 1] = path[t] - learning_rate * gradient(path[t])
""",
        adam="""
t = t + 1
m = config["beta1"] * m + (1 - config["beta1"]) * dw
v = config["beta2"] * v + (1 - config["beta2"]) * dw**2
first = m / (1 - config["beta1"] ** t)
second = v / (1 - config["beta2"] ** t)
next_w = (w - config["learning_rate"] * first / (second**0.5 + config["epsilon"])).astype("f4")
""",
    ),
]

DRAWN = "rows = rng.choice(len(X), batch_size, replace=False)"
REPLACED = "an example may be drawn twice: the text says so"
SCALED = "a factor that all classes share does not change which one is largest"
EQUIVALENT = {
    ("train", f"{DRAWN} -> rows = rng.choice(len(X), batch_size)"): REPLACED,
    ("train", f"{DRAWN} -> rows = rng.choice(len(X), batch_size, replace=True)"): REPLACED,
    (
        "ensemble_accuracy",
        "probs = exps / exps.sum(axis=2, keepdims=True) -> "
        "probs = exps / exps.mean(axis=2, keepdims=True)",
    ): SCALED,
    (
        "ensemble_accuracy",
        "accuracy = np.mean(probs.mean(axis=0).argmax(axis=1) == y) -> "
        "accuracy = np.mean(probs.sum(axis=0).argmax(axis=1) == y)",
    ): SCALED,
}
