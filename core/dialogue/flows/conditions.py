"""Conditions such as `people > 8 and room == "blue"`: simpleeval, with nothing in it that could do harm.

Names, numbers, texts, comparisons, `and`, `or`, `not`, `in`, arithmetic and lists. No calls, attributes or
indexing: what is not among these parts of the grammar is refused when the file is read.
"""

import ast
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

from simpleeval import EvalWithCompoundTypes, InvalidExpression

Value = str | int | float | bool | None
GIVEN = frozenset(("today", "tomorrow", "true", "false"))
"""Names that are always known; the days as slots hold them."""
LONGEST = 500
_ALLOWED = (
    *(ast.Expression, ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple),
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.IfExp),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot),
)
_RAISED = (InvalidExpression, SyntaxError, TypeError, ValueError, ArithmeticError, KeyError, RecursionError)


def checked(condition: str) -> str:
    """The same condition.

    Raises:
        ValueError: it is none.
    """
    _tree(condition)
    return condition


@cache
def names(condition: str) -> frozenset[str]:
    """The slots that a condition asks for."""
    nodes = ast.walk(_tree(condition))
    return frozenset(each.id for each in nodes if isinstance(each, ast.Name))


def value(condition: str, slots: Mapping[str, Value], today: date) -> Value:
    """What a condition comes to; slots that are not filled are None, and comparing with those is false."""
    known: dict[str, Value] = {name: slots.get(name) for name in names(condition)}
    known |= {"today": today.isoformat(), "tomorrow": (today + timedelta(days=1)).isoformat()}
    known |= {"true": True, "false": False}
    try:
        found = EvalWithCompoundTypes(names=known, functions={}).eval(checked(condition).strip())
    except _RAISED:
        return None
    return found if isinstance(found, str | int | float | bool) else None


def holds(condition: str, slots: Mapping[str, Value], today: date) -> bool:
    """Whether a condition is met."""
    return bool(value(condition, slots, today))


@cache
def _tree(condition: str) -> ast.Expression:
    if len(condition) > LONGEST:
        raise ValueError(f"a condition has {LONGEST} characters at most")
    try:
        tree = ast.parse(condition.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        raise ValueError(f"{condition!r} is no condition") from None
    for each in ast.walk(tree):
        if not isinstance(each, _ALLOWED):
            raise ValueError(f"{condition!r}: conditions compare slots, and do nothing else")  # noqa: TRY004
    return tree
