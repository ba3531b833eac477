"""What is known of leads without asking: by tasks, orders, opportunities, and what was said before."""

from dataclasses import dataclass

from models.response.first_contact import NO_LEAD_OUTCOME
from models.tables.feedback import FeedbackLevel
from models.tables.sales import STANDS, DealStage


@dataclass(frozen=True)
class Sign:
    """Rows that tell something of a lead since its owner got it."""

    level: FeedbackLevel
    table: str
    """With the name that the rest uses for it."""
    moment: str | None
    """What says when it was; None where it counts whenever it was."""
    condition: str
    """SQL over the row and `lead`."""

    @property
    def rows(self) -> str:
        """SQL that goes on after FROM, over `lead` (contact_id, rep_id, since)."""
        since = f" AND {self.moment} >= lead.since" if self.moment else ""
        return f"{self.table} WHERE {self.table.split()[-1]}.contact_id = lead.contact_id{since} AND {self.condition}"

    def found(self) -> str:
        """SQL: each lead of the table `lead` of which such a row tells, with the level, as often as there are rows.

        Binds `since`, before which nobody of the table got their lead.
        """
        bound = f" AND {self.moment} >= :since" if self.moment else ""
        return f"SELECT lead.contact_id, lead.rep_id, {self.level:d} AS level FROM lead, {self.rows}{bound}"


SIGNS = (
    Sign(FeedbackLevel.RESULT, '"order" o', "o.placed_at", STANDS),
    Sign(
        FeedbackLevel.RESULT,
        "opportunity p",
        "p.closed_at",
        f"""NOT EXISTS (SELECT FROM opportunity other
                        WHERE other.contact_id = lead.contact_id AND other.stage = '{DealStage.OPEN}')""",
    ),
    Sign(
        FeedbackLevel.RESULT,
        "event e",
        "e.at",
        f"""(e.name = 'turned_us_down'
             OR e.name = 'task_done' AND starts_with(e.data ->> 'outcome', '{NO_LEAD_OUTCOME}'))""",
    ),
    Sign(FeedbackLevel.STATUS, "opportunity p", None, f"p.stage = '{DealStage.OPEN}'"),
    Sign(FeedbackLevel.ACTION, "task t", "t.done_at", "t.rep_id = lead.rep_id"),
    Sign(FeedbackLevel.ACTION, "event e", "e.at", "e.name = 'call_connected'"),
)
"""What tells of a lead, the highest level first. A report on a task is an action, a deal that is open a status, and one
that is closed a result, unless another one is open still. Old deals and orders say nothing of it: they were closed
before."""

TOLD_LEVEL = f"""(CASE {" ".join(f"WHEN EXISTS (SELECT FROM {sign.rows}) THEN {sign.level:d}" for sign in SIGNS)}
     ELSE {FeedbackLevel.NOTHING:d} END)"""
"""SQL over `lead` (contact_id, rep_id, since): the level that tasks, orders and opportunities tell."""

TOLD_LEVELS = " UNION ALL ".join(sign.found() for sign in SIGNS)
"""SQL over a table `lead`: the same for many leads at once, each with every level that is told; binds `since`."""

NEWEST_FEEDBACK = """(SELECT f.* FROM feedback f
     WHERE f.contact_id = lead.contact_id AND f.rep_id = lead.rep_id
       AND f.said_at >= coalesce((SELECT max(a.at) FROM assignment a WHERE a.contact_id = lead.contact_id), '-infinity')
     ORDER BY f.id DESC LIMIT 1)"""
"""SQL over `lead`: what its owner said last of it since they got it; what was said before it went to others and came
back says nothing any more."""

IS_ASKED = """(q.settled_at IS NULL AND q.asked_at IS NOT NULL
     AND EXISTS (SELECT FROM journey_run r WHERE r.id = q.run_id AND r.ended_at IS NULL))"""
"""SQL over a request `q`: its owner is asked at this moment. An order that ended the run is an answer as well."""
