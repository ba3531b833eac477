"""What an import would do, by a dry run: it does all of it, and takes it back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from models.database import engine
from models.values.sanitize import Problem, problems_text
from models.wording import counted

FIRST_ROWS = 10
MOST_REASONS = 10
LONGEST = 60
"""Characters of a row, or of a reason, that a line shows."""


@dataclass(frozen=True)
class PlannedRow:
    """What would become of one row."""

    number: int
    """1 is the first one below the names of the columns."""
    outcome: str
    contact_id: int | None
    """Whom it would join."""
    reason: str
    """Why it would be rejected, with what stands in the file."""
    values: Mapping[str, Any]

    @property
    def excerpt(self) -> str:
        """The beginning of the row."""
        given = ", ".join(str(value) for value in self.values.values() if value not in (None, ""))
        return given if len(given) <= LONGEST else f"{given[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


@dataclass
class ImportPlan:
    """The first rows of a file one by one, and why rows would be rejected."""

    first: list[PlannedRow] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why -> how many rows; without what stands in the file."""

    @property
    def wants_rows(self) -> bool:
        """Whether rows are still looked at one by one."""
        return len(self.first) < FIRST_ROWS

    def reject(self, problems: Iterable[Problem]) -> str:
        """Count a rejected row; gives its reason with what stands in the file."""
        problems = list(problems)
        self.reasons["; ".join(f"{one['field']}: not {one['expected']}" for one in problems)] += 1
        return problems_text(problems)

    def add(self, values: Mapping[str, Any], outcome: str, contact_id: int | None = None, reason: str = "") -> None:
        """The next of the first rows."""
        self.first.append(PlannedRow(len(self.first) + 1, outcome, contact_id, reason, values))

    def why(self) -> list[str]:
        """The commonest reasons, each with how many rows, as sentences."""
        lines = [f"{counted(count, 'row')}: {reason}." for reason, count in self.reasons.most_common(MOST_REASONS)]
        left = sum(self.reasons.values()) - sum(count for _, count in self.reasons.most_common(MOST_REASONS))
        return [*lines, f"{counted(left, 'row')} for other reasons."] if left else lines


@contextmanager
def within(connection: Connection) -> Iterator[Connection]:
    """A part of a transaction, in place of one of its own."""
    with connection.begin_nested():
        yield connection


@contextmanager
def taken_back() -> Iterator[Connection]:
    """A transaction of which nothing stays."""
    with engine().connect() as connection, connection.begin() as transaction:
        try:
            yield connection
        finally:
            transaction.rollback()
