"""Small changes that a machine makes to a right answer: the tests should notice nearly all."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import NamedTuple

from nbformat import NotebookNode

SWAPS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
}
COMPARISONS = {
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
NAMES = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "maximum": "minimum",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "all": "any",
    "argmax": "argmin",
}


class Mutant(NamedTuple):
    """A changed answer.

    Attributes
    ----------
    change : str
        The statement before and after, as ``db = dout.sum(axis=0) -> db = dout.sum(axis=1)``.
    source : str
        The whole cell.
    """

    change: str
    source: str


def mutants(cell: NotebookNode) -> list[Mutant]:
    """Make every mutant of an answer cell.

    Operators, constants, comparisons, axes and signs are changed, and terms, factors, arguments
    and statements are dropped, one at a time, between the marks of the solution.

    Parameters
    ----------
    cell : NotebookNode
        The answer cell, with its solution.

    Returns
    -------
    list of Mutant
        Each change once.
    """
    lines = [line.strip() for line in cell.source.splitlines()]
    begins = [n + 1 for n, line in enumerate(lines) if line == "### BEGIN SOLUTION"]
    ends = [n + 1 for n, line in enumerate(lines) if line == "### END SOLUTION"]
    regions = list(zip(begins, ends, strict=True))
    tree = ast.parse(cell.source)
    found: dict[str, Mutant] = {}
    for block, place in _statements(tree):
        statement = block[place]
        if not any(first < statement.lineno < last for first, last in regions):
            continue
        before = _first_line(statement)
        for mutated in map(ast.fix_missing_locations, _changed_statements(statement)):
            change = f"{before} -> {_first_line(mutated)}"
            if change not in found:
                block[place] = mutated  # for a moment: a copy of the whole tree takes long
                found[change] = Mutant(change, ast.unparse(tree))
        block[place] = statement
    return list(found.values())


def _first_line(statement: ast.stmt) -> str:
    return ast.unparse(statement).splitlines()[0]


def _statements(tree: ast.AST) -> list[tuple[list[ast.stmt], int]]:
    """Find each statement: the block that it stands in, and its place there."""
    return [
        (block, place)
        for node in ast.walk(tree)
        for block in (getattr(node, "body", None), getattr(node, "orelse", None))
        if isinstance(block, list)
        for place in range(len(block))
    ]


def _changed_statements(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Make every changed copy of a statement; of a loop or a condition, of its first line."""
    if isinstance(statement, ast.AugAssign):
        yield ast.Assign([statement.target], statement.value)
        yield ast.Pass()
        swapped = SWAPS.get(type(statement.op))
        if swapped:
            yield ast.AugAssign(statement.target, swapped(), statement.value)
    is_entry = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript)
    if is_entry:
        yield ast.Pass()
    yield from _changed_below(statement)


def _changed_below(node: ast.AST) -> Iterator[ast.AST]:
    """Make every copy of a node with one change in an expression below it."""
    for field, value in ast.iter_fields(node):
        if isinstance(node, ast.stmt) and field in ("body", "orelse"):
            continue  # statements of their own
        for number, part in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(part, ast.AST):
                continue
            for new in [*_changed_top(part), *_changed_below(part)]:
                changed = copy.deepcopy(node)
                if isinstance(value, list):
                    getattr(changed, field)[number] = new
                else:
                    setattr(changed, field, new)
                yield changed


def _changed_top(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.BinOp(left, op, right):
            if type(op) in SWAPS:
                yield ast.BinOp(left, SWAPS[type(op)](), right)
                yield left
                yield right
        case ast.UnaryOp(ast.USub() | ast.Invert() | ast.Not(), operand):
            yield operand
        case ast.Compare(left, [op], [right]) if type(op) in COMPARISONS:
            for other in COMPARISONS[type(op)]:
                yield ast.Compare(left, [other()], [right])
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)
            if value:
                yield ast.Constant(value - 1)
        case ast.Constant(float() as value):
            yield ast.Constant(2 * value)
        case ast.Attribute(value, "T"):
            yield value
        case ast.Attribute(value, name, context) if name in NAMES:
            yield ast.Attribute(value, NAMES[name], context)
        case ast.Name(name, context) if name in NAMES:
            yield ast.Name(NAMES[name], context)
        case ast.Call(function, arguments, keywords):
            for number in range(len(keywords)):
                others = [*keywords[:number], *keywords[number + 1 :]]
                yield ast.Call(function, arguments, others)
