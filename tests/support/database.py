"""What lies in the tables, and putting something there: SQL for tests."""

from typing import Any

from sqlalchemy import text

from models.database import engine


def rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    """All rows that a query gives."""
    with engine().connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def write(statement: str, **values: Any) -> None:
    """Run a statement and commit."""
    with engine().begin() as connection:
        connection.execute(text(statement), values)
