"""Which errors of the database a retry or a smaller batch can mend."""

from psycopg import DataError, IntegrityError, InterfaceError, OperationalError

PROGRAM_LIMIT_EXCEEDED = "54"
"""Class of SQLSTATEs for values that are too large. psycopg counts them as operational errors."""


def is_transient(error: Exception) -> bool:
    """Whether a retry may succeed: the database is away, full or busy, or ended a deadlock."""
    cause = getattr(error, "orig", None) or error
    return isinstance(cause, OperationalError | InterfaceError) and not is_value_error(error)


def is_value_error(error: Exception) -> bool:
    """Whether Postgres rejected one of the values (too large, wrong, or against a constraint); the statement works
    without it.
    """
    cause = getattr(error, "orig", None) or error
    too_large = isinstance(cause, OperationalError) and (cause.sqlstate or "").startswith(PROGRAM_LIMIT_EXCEEDED)
    return too_large or isinstance(cause, DataError | IntegrityError)


def describe_error(error: Exception) -> str:
    """An error as one line: its class and the first line of its message."""
    return ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
