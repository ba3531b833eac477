"""The candidate sets of the ledger: a new row only when somebody came, left, or got another share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json
from models.routing.distribute import Candidates

NEWEST = text("SELECT id, candidates FROM candidate_set WHERE router = :router ORDER BY id DESC LIMIT 1")

WRITE = text("""
INSERT INTO candidate_set (router, made_at, candidates) VALUES (:router, :now, CAST(:candidates AS jsonb)) RETURNING id
""")


@dataclass(frozen=True, slots=True)
class CandidatesNow:
    """The newest set of a router, which holds until another one is written."""

    id: int | None
    candidates: Candidates

    def stayed(self) -> list[int]:
        """Who was there when it was made."""
        return [one["rep"] for one in self.candidates if "share" in one]


def newest(connection: Connection, router: str) -> CandidatesNow:
    """The set of the router's last lead; an empty one before the first."""
    row = connection.execute(NEWEST, {"router": router}).one_or_none()
    return CandidatesNow(*row) if row else CandidatesNow(None, [])


def keep(
    connection: Connection, router: str, before: CandidatesNow, sets: Sequence[Candidates], now: datetime
) -> list[int | None]:
    """Write those that differ from the one before them; gives the number of each."""
    numbers: list[int | None] = []
    for candidates in sets:
        if candidates != before.candidates:
            values = {"router": router, "now": now, "candidates": to_json(candidates)}
            before = CandidatesNow(connection.execute(WRITE, values).scalar_one(), candidates)
        numbers.append(before.id)
    return numbers
