"""Keywords that have been renamed: journeys that still use the old name work, with a warning."""

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class RenamedKeyword(DeprecationWarning):
    """A journey uses a keyword by its old name; `./tend check` lists where."""


def renamed_keyword(old: str, new: str) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Decorate a function so that it also takes its keyword `new` under the name `old`.

    A call by the old name gives the warning RenamedKeyword, which says what to write. Raises TypeError for a call with
    both names.
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @wraps(function)
        def call(*arguments: Any, **keywords: Any) -> Result:
            if old in keywords:
                _rename(keywords, function.__name__, old, new)
            return function(*arguments, **keywords)

        return call

    return decorate


def _rename(keywords: dict[str, Any], function: str, old: str, new: str) -> None:
    if new in keywords:
        raise TypeError(f"{function}() got both {new}= and {old}=, its older name. Leave {old}= out.")
    warnings.warn(f"{function}({old}=...) is now {function}({new}=...).", RenamedKeyword, stacklevel=3)
    keywords[new] = keywords.pop(old)


WRAPPER_CODE = renamed_keyword("", "")(lambda: None).__code__
"""The code that stands between a caller and a function that is decorated so."""
