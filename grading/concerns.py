"""What a person should look at in a submission; no mark depends on it.

Everything here reads the student's text. The sandbox and the tests are what keeps cheats from
paying; this tells an instructor that somebody tried.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress

from nbformat import NotebookNode
from nbgrader.utils import is_solution

from grading.submission import listed

# What answers and experiments are made of.
HARMLESS = re.compile(
    r"__future__|IPython|abc|bisect|cmath|collections|contextlib|copy|cs231n_lib|"
    r"dataclasses|datetime|decimal|enum|fractions|functools|heapq|itertools|logging|math|"
    r"matplotlib|mpl_toolkits|numbers|numpy|operator|platform|pprint|random|re|statistics|"
    r"string|textwrap|time|timeit|tqdm|traceback|typing|warnings"
)
REACHING = re.compile(
    r"open|exec|eval|compile|__import__|globals|locals|vars|setattr|delattr|get_ipython|"
    r"breakpoint|input|memoryview|getattr|NotGradable|__builtins__|__file__"
)
INNER = re.compile(
    r"__globals__|__code__|__dict__|__subclasses__|__bases__|__mro__|__builtins__|"
    r"__closure__|__loader__|__spec__|__wrapped__|__class__|f_back|f_locals|f_globals|"
    r"f_code|tb_frame|gi_frame|_getframe|_current_frames|__reduce__|__getattribute__|"
    r"__array_interface__|__file__|displayhook|_?(os|sys|builtins|subprocess)|"
    r"fromfile|memmap|loadtxt|genfromtxt"
)
TRICKS = re.compile(
    r"__eq__|__ne__|__lt__|__le__|__gt__|__ge__|__bool__|__float__|__array__|"
    r"__array_ufunc__|__array_function__|__array_interface__|__getattr__|__getattribute__|"
    r"__class__|__reduce__|__instancecheck__|__format__"
)
NUMERICAL = re.compile(r"(eval_)?numerical_gradient\w*|check_gradient\w*|num_grad\w*")
SHELL = re.compile(  # but for what installs packages
    r"(?m)^[ \t]*(!(?! *pip3? +install [^;&|\n]*$)|"
    r"%%?(bash|sh|script|system|sx|run|perl|ruby|cmd)\b).*$"
)
DIFFERENTIATION = ": numerical differentiation"
LONG = 80  # nodes of a syntax tree; shorter answers are alike by nature


class Usual:
    """What an assignment itself does: so much is nothing unusual in an answer.

    Parameters
    ----------
    source : NotebookNode
        The assignment, with solutions and all tests.
    released : mapping of str to str
        The texts that students were given, by the ids of the cells.
    """

    def __init__(self, source: NotebookNode, released: Mapping[str, str]) -> None:
        cells = [cell for cell in source.cells if cell.cell_type == "code"]
        trees = {cell.id: _parse(cell.source) for cell in cells}
        tests = {x: _parse(text) for x, text in released.items() if x.startswith("test_")}
        given = [trees[cell.id] for cell in cells if not is_solution(cell)]
        asked = [cell for cell in cells if is_solution(cell)]
        self.tests = {ast.dump(node) for tree in tests.values() for node in tree.body}
        self.names = {name for tree in given for name in _functions_and_imports(tree)}
        # a function too can be given attributes, and a call be counted there
        self.modules = {cell.id for cell in asked}.union(*map(_imported, trees.values()))
        self.answers, self.numbers, self.sequences = {}, {}, {}
        for cell in asked:
            tree = trees[cell.id]
            found = set(_unusual(cell.source, tree, self.modules, self.names))
            if any(what.endswith(DIFFERENTIATION) for what in found):
                # what has to be differentiated so may call an earlier answer that does it
                found |= {f"uses {other.id}{DIFFERENTIATION}" for other in asked}
            self.answers[cell.id] = found
            shown = [test for x, test in tests.items() if x.startswith(f"test_{cell.id}")]
            self.numbers[cell.id] = set().union(*map(_numbers, shown)) - _numbers(tree)
            self.sequences[cell.id] = set().union(*map(_sequences, shown)) - _sequences(tree)


def find_concerns(notebook: NotebookNode, usual: Usual, answered: Iterable[str]) -> list[str]:
    """Find what is unusual in a student's code.

    Parameters
    ----------
    notebook : NotebookNode
        The rebuilt notebook.
    usual : Usual
        What the assignment itself does.
    answered : iterable of str
        The answer cells, and those that the student added.

    Returns
    -------
    list of str
        What, and where.
    """
    places: defaultdict[str, list[str]] = defaultdict(list)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.id in answered:
            where = cell.id if cell.id in usual.answers else "an added cell"
            try:
                tree = _parse(cell.source)  # without tests that were merged into an answer
                tree.body = [node for node in tree.body if ast.dump(node) not in usual.tests]
                found = list(_unusual(cell.source, tree, usual.modules, usual.names))
                found += _borrowed(tree, usual.answers.keys())
                numbers = usual.numbers.get(cell.id, set()) & _numbers(tree)
                if len(numbers) >= 2 or usual.sequences.get(cell.id, set()) & _sequences(tree):
                    found.append("has the numbers of its visible test")
            except RecursionError:
                found = ["is too deep to be looked through"]
            for what in dict.fromkeys(found):
                if what not in usual.answers.get(cell.id, ()):
                    places[what].append(where)
    return [f"{listed([*dict.fromkeys(where)])}: {what}." for what, where in places.items()]


def _parse(source: str) -> ast.Module:
    try:
        return ast.parse(re.sub(r"(?m)^([ \t]*)[%!?].*$", r"\1pass", source))
    except (SyntaxError, ValueError):
        return ast.Module([], [])
    except MemoryError as error:  # how it says that there are too many brackets
        raise RecursionError from error


def _functions_and_imports(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
    yield from _imported(tree)


def _imported(tree: ast.AST) -> set[str]:
    return {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }


def _unusual(source: str, tree: ast.Module, modules: set[str], course: set[str]) -> Iterator[str]:
    modules = modules | _imported(tree)
    yield from (f"runs the shell line {m[0].strip()[:60]!r}" for m in SHELL.finditer(source))
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                roots = [alias.name.partition(".")[0] for alias in names]
                yield from (f"imports {root}" for root in roots if not HARMLESS.fullmatch(root))
            case ast.ImportFrom(module=str(module)) if not HARMLESS.fullmatch(module.split(".")[0]):
                yield f"imports {module.split('.')[0]}"
            case ast.Name(id=name) if REACHING.fullmatch(name):
                yield f"uses {name}"
            case ast.Name(id=name) | ast.Attribute(attr=name) if NUMERICAL.fullmatch(name):
                yield f"uses {name}{DIFFERENTIATION}"
            case ast.Attribute(attr=name) if INNER.fullmatch(name):
                yield f"reads {name}"
            case ast.Constant(value=str(name)) if INNER.fullmatch(name) or TRICKS.fullmatch(name):
                yield f"names {name}"
            case ast.Global(names=names):
                yield f"keeps {listed(names)} between calls"
            case ast.ClassDef(bases=bases, body=body):
                names = [method.name for method in body if isinstance(method, ast.FunctionDef)]
                yield from (f"defines {name}" for name in names if TRICKS.fullmatch(name))
                kinds = [getattr(base, "attr", getattr(base, "id", "")) for base in bases]
                kinds = [kind for kind in kinds if kind in ("ndarray", "float", "int", "str")]
                yield from (f"derives a class from {kind}" for kind in kinds)
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        for target in targets if isinstance(node, (ast.Assign, ast.AugAssign, ast.Delete)) else []:
            if isinstance(target, ast.Attribute) and _root(target) in modules:
                yield f"changes {ast.unparse(target)}"
    for node in tree.body:
        names = [target.id for target in getattr(node, "targets", []) if hasattr(target, "id")]
        names += [node.name] if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else []
        yield from (f"redefines {name}" for name in names if name in course)
    if _has_difference_quotient(tree):
        yield f"divides by a tiny step{DIFFERENTIATION}"


def _borrowed(tree: ast.Module, asked: Collection[str]) -> Iterator[str]:
    """Find what is asked for, and is taken from the library; grading's own has no bodies."""
    modules = _imported(tree)
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names) if module.startswith("cs231n_lib"):
                found = [alias.name for alias in names if alias.name in asked]
                yield from (f"takes {name} from the library" for name in found)
            case ast.Attribute(attr=name) if name in asked and _root(node) in modules:
                yield f"takes {name} from the library"


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _has_difference_quotient(tree: ast.AST) -> bool:
    """Tell whether something is divided by a tiny number, or by a multiple of it."""
    tiny: set[str] = set()  # names of tiny numbers
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_tiny(value, set()):
                tiny.add(name)
            case ast.arguments(args=arguments, defaults=defaults):
                named = zip(arguments[::-1], defaults[::-1], strict=False)
                tiny |= {argument.arg for argument, value in named if _is_tiny(value, set())}
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(op=ast.Div(), right=by) | ast.AugAssign(op=ast.Div(), value=by):
                if _is_tiny(by, tiny):
                    return True
    return False


def _is_tiny(node: ast.AST | None, names: set[str]) -> bool:
    """Tell whether an expression is a tiny number, one of these names, or a multiple of either."""
    match node:
        case ast.Constant(value=float(value)):
            return 0 < value <= 1e-3
        case ast.Name(id=name):
            return name in names
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            return _is_tiny(left, names) or _is_tiny(right, names)
        case ast.BinOp(op=ast.Pow(), left=ast.Constant(), right=ast.UnaryOp(op=ast.USub())):
            return True  # 10**-5, 2.0**-20
        case ast.BinOp(op=ast.Div(), left=ast.Constant(value=1), right=ast.Constant(value=below)):
            return isinstance(below, int | float) and below >= 1000
    return False


def _numbers(tree: ast.AST) -> set[float]:
    """Collect the numbers that nobody writes by chance."""
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {x for x in values if isinstance(x, float) and len(repr(x).strip("0.")) >= 3}


def _sequences(tree: ast.AST) -> set[tuple[float, ...]]:
    """Collect the lists, tuples and arguments of three or more different numbers."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Call(args=items):
                with suppress(ValueError, TypeError):  # not all of them are numbers
                    values = [ast.literal_eval(item) for item in items]
                    if len(set(values)) >= 3:
                        found.add(tuple(map(float, values)))
    return found


# Answers that are alike


def shapes_of(answers: Mapping[str, str]) -> dict[str, str]:
    """Sum up each long answer so that names, comments and spacing make no difference.

    Parameters
    ----------
    answers : mapping of str to str
        The texts by exercise.

    Returns
    -------
    dict of str to str
        A short text for each answer of at least `LONG` nodes of its syntax tree.
    """
    shapes = {name: _shape_of(answer) for name, answer in answers.items()}
    return {name: shape for name, shape in shapes.items() if shape}


def _shape_of(answer: str) -> str:
    try:
        return _shape(_parse(answer))
    except RecursionError:  # too deep; nobody writes that twice
        return hashlib.sha256(answer.encode()).hexdigest()[:16]


def _shape(tree: ast.Module) -> str:
    kept = _imported(tree) | set(dir(builtins)) | {"np", "plt"}
    names: dict[str, str] = {}
    nodes = 0
    for node in ast.walk(tree):
        nodes += 1
        for key in ("id", "arg", "name"):
            name = getattr(node, key, None)
            if isinstance(name, str) and name not in kept:
                setattr(node, key, names.setdefault(name, f"name{len(names)}"))
        body = getattr(node, "body", None)
        if isinstance(body, list):  # without texts that do nothing
            node.body = [
                line
                for line in body
                if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
            ]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16] if nodes >= LONG else ""


def similar_answers(
    answers: Mapping[str, Mapping[str, str]], solutions: Mapping[str, str]
) -> list[str]:
    """Find long answers that are the same but for names, and that few students share.

    Parameters
    ----------
    answers : mapping of str to mapping of str to str
        For each student what `shapes_of` found.
    solutions : mapping of str to str
        The same for the course's own answers.

    Returns
    -------
    list of str
        Who shares what.
    """
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for student, shapes in answers.items():
        for exercise, shape in shapes.items():
            groups[exercise, shape].append(student)
    most = max(3, len(answers) // 20)  # what many write is the usual way to write it
    shared: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    copied: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for (exercise, shape), students in groups.items():
        if shape == solutions.get(exercise):
            copied[tuple(students)].append(exercise)
        elif 2 <= len(students) <= most:
            shared[tuple(students)].append(exercise)
    lines = [
        f"{listed(list(students))} have the same answers but for names: {listed(exercises)}."
        for students, exercises in shared.items()
        if len(exercises) > 1 or min(len(answers[student]) for student in students) < 3
    ]
    lines += [
        f"{listed(list(students))}: as in the course's own solution but for names: "
        f"{listed(exercises)}."
        for students, exercises in copied.items()
        if len(exercises) > 2  # some can hardly be written in another way
    ]
    return lines
