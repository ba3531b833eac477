"""The version of a journey's code: the same for code that does the same, whatever its comments and docstrings say."""

import ast
import hashlib
from functools import cache
from pathlib import Path


def code_version(source: str) -> str:
    """The first twelve hexadecimal digits of the SHA-256 of a file's code. Raises SyntaxError."""
    code = _WithoutTexts().visit(ast.parse(source))
    return hashlib.sha256(ast.unparse(code).encode()).hexdigest()[:12]


class _WithoutTexts(ast.NodeTransformer):
    """Takes out docstrings and other texts that stand alone."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """A text that is an expression of its own does nothing."""
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return ast.copy_location(ast.Pass(), node) if is_text else node


@cache
def source_of(file: str) -> str:
    """The text of a file as it was when its journey was loaded; empty for code that came from no file."""
    try:
        return Path(file).read_text()
    except (OSError, UnicodeDecodeError):
        return ""
