"""The assignment log of one router: which rep got which lead, out of which candidates, and why."""

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME
from web.frame.pagination import AT_ONCE

NEWEST_ASSIGNMENTS = text(f"""
    SELECT a.id, a.at, a.number, a.contact_id, {DISPLAY_NAME} AS who, rep.name AS rep_name, a.previous_rep_id,
           before.name AS previous_name, a.how, a.reason, a.draw, s.candidates
    FROM assignment a JOIN contact ON contact.id = a.contact_id JOIN rep ON rep.id = a.rep_id
    LEFT JOIN rep before ON before.id = a.previous_rep_id LEFT JOIN candidate_set s ON s.id = a.candidate_set_id
    WHERE a.router = :router AND (CAST(:before AS bigint) IS NULL OR a.id < :before)
    ORDER BY a.id DESC LIMIT :at_once + 1
""")

ALL_ASSIGNMENTS = text(f"""
    SELECT a.number, a.at, a.contact_id, {DISPLAY_NAME} AS who, rep.name AS rep_name, rep.email AS rep_email,
           before.name AS previous_name, a.how, a.reason, a.draw, s.candidates::text AS candidates
    FROM assignment a JOIN contact ON contact.id = a.contact_id JOIN rep ON rep.id = a.rep_id
    LEFT JOIN rep before ON before.id = a.previous_rep_id LEFT JOIN candidate_set s ON s.id = a.candidate_set_id
    WHERE a.router = :router ORDER BY a.id
""")

HEADINGS = {
    "number": "Number",
    "at": "At",
    "contact_id": "Contact",
    "who": "Lead",
    "rep_name": "Salesperson",
    "rep_email": "Email",
    "previous_name": "Had it before",
    "how": "How",
    "reason": "Because",
    "draw": "Drawn",
    "candidates": "Candidates",
}


@dataclass(frozen=True)
class AssignmentLogLine:
    """One line of the log."""

    id: int
    at: datetime
    number: int | None
    contact_id: int
    who: str
    rep_name: str
    previous_rep_id: int | None
    previous_name: str | None
    how: str
    reason: str
    draw: float | None
    candidates: list[dict[str, Any]] | None

    @property
    def available(self) -> list[dict[str, Any]]:
        """Who could get it, with their shares."""
        return [one for one in self.candidates or () if "share" in one]

    @property
    def left_out(self) -> list[dict[str, Any]]:
        """Who could not, and why."""
        return [one for one in self.candidates or () if "share" not in one]

    @property
    def draw_explanation(self) -> str | None:
        """How the draw fell, so that anybody can follow it."""
        return explain_draw(self.draw, self.available, self.previous_rep_id) if self.draw is not None else None


def explain_draw(draw: float, candidates: list[dict[str, Any]], passed_over: int | None) -> str:
    """`drawn 0.4132: John (25%) up to 0.2500, Sarah (75%) up to 1.0000`; whoever had the lead before is left out."""
    among = [one for one in candidates if one["rep"] != passed_over] or candidates
    parts = [one["share"] / sum(each["share"] for each in among) for one in among]
    parts_of_draw = [
        f"{one['name']} ({100 * part:.4g}%) up to {limit:.4f}"
        for one, part, limit in zip(among, parts, accumulate(parts), strict=True)
    ]
    return f"drawn {draw:.4f}: {', '.join(parts_of_draw)}"


def newest_assignments(connection: Connection, router: str, before: int | None) -> list[AssignmentLogLine]:
    """The newest lines of a router, one more than a page holds, or those before a line."""
    about = {"router": router, "before": before, "at_once": AT_ONCE}
    return [AssignmentLogLine(**line) for line in connection.execute(NEWEST_ASSIGNMENTS, about).mappings()]
