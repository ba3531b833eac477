"""What lies in the tables, and putting something there: SQL for tests."""

from typing import Any

from sqlalchemy import text

from models.database import engine


def rows(query: str, **values: Any) -> list[Any]:
    """All rows that a query gives; each compares as a tuple and has its columns by name."""
    with engine().connect() as connection:
        return list(connection.execute(text(query), values).all())


def write(statement: str, **values: Any) -> None:
    """Run a statement and commit."""
    with engine().begin() as connection:
        connection.execute(text(statement), values)
