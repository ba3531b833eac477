"""Candidate sets of the assignment log; a new row is written only when the available reps or their shares changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json
from models.routing.assignment.distribute import Candidates

LAST_CANDIDATE_SET = text("SELECT id, candidates FROM candidate_set WHERE router = :router ORDER BY id DESC LIMIT 1")

INSERT_CANDIDATE_SET = text("""
INSERT INTO candidate_set (router, made_at, candidates) VALUES (:router, :now, CAST(:candidates AS jsonb)) RETURNING id
""")


@dataclass(frozen=True, slots=True)
class LastCandidateSet:
    """The newest set of a router, which holds until another one is written."""

    id: int | None
    candidates: Candidates

    def rep_ids(self) -> list[int]:
        """Who was there when it was made."""
        return [one["rep"] for one in self.candidates if "share" in one]


def last_candidate_set(connection: Connection, router: str) -> LastCandidateSet:
    """The set of the router's last lead; an empty one before the first."""
    row = connection.execute(LAST_CANDIDATE_SET, {"router": router}).one_or_none()
    return LastCandidateSet(*row) if row else LastCandidateSet(None, [])


def store_candidate_sets(
    connection: Connection, router: str, before: LastCandidateSet, sets: Sequence[Candidates], now: datetime
) -> list[int | None]:
    """Store each set that differs from the one before it; returns the candidate set id of each."""
    numbers: list[int | None] = []
    for candidates in sets:
        if candidates != before.candidates:
            values = {"router": router, "now": now, "candidates": to_json(candidates)}
            before = LastCandidateSet(connection.execute(INSERT_CANDIDATE_SET, values).scalar_one(), candidates)
        numbers.append(before.id)
    return numbers
