"""The verb check: evaluate a condition on the contact or the run now, and record the answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Column, ColumnElement, Connection, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.types import BigInteger
from sqlmodel import col

from flows.runtime.contract.ask import Answered, Ask, Asked, StepResult, Turn
from models import Contact, JourneyRun

RUNS = col(JourneyRun.id) == bindparam("runs", type_=ARRAY(BigInteger)).any_()


@dataclass(slots=True)
class CheckStep(Ask):
    """Answers true or false; unknown values count as false."""

    condition: ColumnElement[bool]
    before: bool | None = None

    verb: ClassVar[str] = "check"

    def possible_answers(self) -> tuple[bool, ...]:
        """True and false."""
        return (True, False)

    def answer_for_older_runs(self) -> bool | None:
        """The answer that holds for everybody who passed here before there was this check."""
        return self.before

    @classmethod
    def execute(cls, turn: Turn, asked: Sequence[Asked]) -> Sequence[StepResult]:
        """One query per condition."""
        answers: dict[int, Answered] = {}
        for group in _by_condition(asked):
            answers.update(_look_up(turn.connection, group[0].step.condition, group))
        return [answers[one.run_id] for one in asked]


def _by_condition(asked: Sequence[Asked]) -> Iterable[list[Asked]]:
    """Group runs by condition. Not by name: a journey may give one name to conditions that differ."""
    groups: list[list[Asked]] = []
    for one in asked:
        for group in groups:
            known = group[0].step.condition
            if known is one.step.condition or known.compare(one.step.condition):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _look_up(
    connection: Connection, condition: ColumnElement[bool], group: Iterable[Asked]
) -> Iterable[tuple[int, Answered]]:
    columns = _columns(condition)
    query = select(col(JourneyRun.id), condition, *columns).join(Contact, col(Contact.id) == JourneyRun.contact_id)
    for run_id, answer, *values in connection.execute(query.where(RUNS), {"runs": [one.run_id for one in group]}):
        fact = {column.name: value for column, value in zip(columns, values, strict=True)}
        yield run_id, Answered(bool(answer), fact)


def _columns(condition: ColumnElement[bool]) -> list[Column[Any]]:
    """The columns of contact and run that a condition reads: their values are recorded as the fact."""
    tables = (Contact.__table__, JourneyRun.__table__)  # type: ignore[attr-defined]
    found = {part.name: part for part in iterate(condition) if isinstance(part, Column) and part.table in tables}
    # Ids only join tables; their values explain nothing.
    return [column for name, column in found.items() if name not in ("id", "owner_id")]
