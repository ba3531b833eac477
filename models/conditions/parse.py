"""Conditions that people write as text in the playbook, turned into the expressions that journeys write in Python.

`state == "CA" and employees >= 50` · `challenge in ["Customer loyalty", "Other"]` · `"ceo" in job_title` (the whole
word, in any case) · `contains(job_title, "intern")` (also inside a word) · `phone is not None` · `not (score > 3)`. A
field that is not known equals nothing and is neither more nor less than anything, so `!=` and `not` hold for it.
"""

import ast
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import CompileError

from models.conditions.compiler import BadCondition, ConditionCompiler, shortened
from models.conditions.fields import ContactFields, DataFields
from models.values.custom_field import CustomField

__all__ = ["BadCondition", "expression_text", "fields_in", "parse_condition", "parse_data_condition", "syntax_tree"]

LONGEST = 1_000


def parse_condition(text: str, fields: Mapping[str, CustomField]) -> ColumnElement[bool]:
    """The expression over Contact (custom fields included) that a text stands for, or BadCondition."""
    return ConditionCompiler(text, ContactFields(fields)).compile(syntax_tree(text), depth=0)


def parse_data_condition(text: str) -> ColumnElement[bool]:
    """The expression over Event.data that a text such as `amount >= 100 and paid` stands for, or BadCondition."""
    return ConditionCompiler(text, DataFields()).compile(syntax_tree(text), depth=0)


def fields_in(text: str) -> set[str]:
    """The fields that a condition looks at; BadCondition when it cannot be read."""
    tree = syntax_tree(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


def syntax_tree(text: str) -> ast.expr:
    """What the text says, as Python reads it; BadCondition when Python cannot."""
    if len(text) > LONGEST:
        raise BadCondition(f"A condition of {len(text):,} characters was found; write it in at most {LONGEST:,}.")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise BadCondition(_syntax(text, error)) from None
    except (ValueError, RecursionError, MemoryError):
        raise BadCondition(
            f"Condition {shortened(text)!r} cannot be read: write comparisons joined by and, or, not."
        ) from None


def _syntax(text: str, error: SyntaxError) -> str:
    hint = 'write == to compare, as in state == "CA"' if re.search(r"(?<![=!<>])=(?!=)", text) else error.msg
    return f"Condition {shortened(text)!r}, at character {error.offset or 1}: {hint}."


# Bounded by the expressions it keeps alive; those of journeys are made once, when their module is loaded.
@lru_cache(maxsize=1_000)
def expression_text(expression: ColumnElement[Any]) -> str:
    """How people read an expression on the models: `Contact.score >= 30` is `score >= 30`."""
    dialect = postgresql.dialect(paramstyle="named")
    plain = {"include_table": False}
    try:
        text = str(expression.compile(dialect=dialect, compile_kwargs=plain | {"literal_binds": True}))
    except (CompileError, NotImplementedError):
        # A value that has no literal form in SQL: its name has to do.
        text = str(expression.compile(dialect=dialect, compile_kwargs=plain))
    return re.sub(r"\(?custom ->> '(\w+)'\)?", r"\1", " ".join(text.split()))
