"""How much is known of the leads that each person got: the feedback level reached, per person and team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME
from models.feedback.known import IS_ASKED, TOLD_LEVELS
from models.tables.feedback import FeedbackLevel

REACHED = f"""lead AS MATERIALIZED (
    SELECT DISTINCT ON (a.contact_id, a.rep_id) a.contact_id, a.rep_id, a.at AS since,
           c.owner_id = a.rep_id AS is_theirs
    FROM assignment a JOIN contact c ON c.id = a.contact_id
    WHERE a.at >= :since AND a.at < :until AND (CAST(:rep AS bigint) IS NULL OR a.rep_id = CAST(:rep AS bigint))
    ORDER BY a.contact_id, a.rep_id, a.id DESC
), told AS (
    SELECT contact_id, rep_id, max(level) AS level FROM ({TOLD_LEVELS}) AS sign GROUP BY contact_id, rep_id
), said AS (
    SELECT DISTINCT ON (f.contact_id, f.rep_id) f.contact_id, f.rep_id, f.level
    FROM lead JOIN feedback f ON f.contact_id = lead.contact_id AND f.rep_id = lead.rep_id AND f.said_at >= lead.since
    WHERE f.said_at >= :since
    ORDER BY f.contact_id, f.rep_id, f.id DESC
), asked AS (
    SELECT q.contact_id, q.rep_id, max(q.asked_at) AS asked_at
    FROM lead JOIN feedback_request q
      ON q.contact_id = lead.contact_id AND q.rep_id = lead.rep_id AND q.asked_at >= lead.since
    WHERE q.asked_at >= :since GROUP BY q.contact_id, q.rep_id
), reached AS (
    SELECT lead.contact_id, lead.rep_id, lead.since, asked.asked_at,
           greatest(CASE WHEN lead.is_theirs THEN coalesce(told.level, 0) ELSE 0 END, said.level) AS level
    FROM lead LEFT JOIN told USING (contact_id, rep_id) LEFT JOIN said USING (contact_id, rep_id)
         LEFT JOIN asked USING (contact_id, rep_id)
    WHERE lead.is_theirs OR asked.asked_at IS NOT NULL OR said.level IS NOT NULL
)"""
"""SQL: tables of a WITH. `lead` has the leads that people got, `reached` the level that is known of each.

What happened after a lead went to somebody else says nothing of whoever had it before, but what they said does: without
a word of theirs, and before they were asked, it is not among their leads any more.
"""

LEVELS = text(f"""
WITH {REACHED}, waiting AS (
    SELECT q.rep_id, count(*) AS unanswered FROM feedback_request q
    WHERE {IS_ASKED} AND (CAST(:rep AS bigint) IS NULL OR q.rep_id = CAST(:rep AS bigint)) GROUP BY q.rep_id
)
SELECT rep.id AS rep_id, rep.name, team.name AS team, coalesce(r.received, 0) AS received,
       coalesce(r.at_least_1, 0) AS action, coalesce(r.at_least_2, 0) AS status, coalesce(r.at_least_3, 0) AS result,
       coalesce(r.not_asked, 0) AS not_asked, coalesce(waiting.unanswered, 0) AS unanswered
FROM rep LEFT JOIN team ON team.id = rep.team_id
LEFT JOIN (
    SELECT rep_id, count(*) AS received, count(*) FILTER (WHERE level >= 1) AS at_least_1,
           count(*) FILTER (WHERE level >= 2) AS at_least_2, count(*) FILTER (WHERE level >= 3) AS at_least_3,
           count(*) FILTER (WHERE level < 1 AND asked_at IS NULL) AS not_asked
    FROM reached GROUP BY rep_id
) r ON r.rep_id = rep.id
LEFT JOIN waiting ON waiting.rep_id = rep.id
WHERE r.received > 0 OR waiting.unanswered > 0
ORDER BY team.name NULLS LAST, rep.name, rep.id
""")

LEADS = text(f"""
WITH {REACHED}
SELECT contact.id AS contact_id, {DISPLAY_NAME} AS who, contact.company, reached.since, reached.level, reached.asked_at
FROM reached JOIN contact ON contact.id = reached.contact_id
WHERE NOT CAST(:not_asked AS bool) OR reached.level < 1 AND reached.asked_at IS NULL
ORDER BY reached.level, reached.since, contact.id LIMIT :at_most
""")

UNANSWERED = text(f"""
SELECT contact.id AS contact_id, {DISPLAY_NAME} AS who, contact.company, q.since, NULL AS level, q.asked_at
FROM feedback_request q JOIN contact ON contact.id = q.contact_id
WHERE q.rep_id = :rep AND {IS_ASKED} ORDER BY q.asked_at, q.id LIMIT :at_most
""")


@dataclass(frozen=True)
class LeadLevel:
    """A lead of somebody's, and how much is known of it."""

    contact_id: int
    who: str
    company: str | None
    since: datetime
    """When they got it."""
    level: int | None
    """None where they are asked at this moment."""
    asked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class FeedbackLevels:
    """The leads that somebody, or a team, got within a time, by how much is known of them now."""

    rep_id: int | None
    """None: a whole team."""
    name: str
    team: str | None
    received: int
    action: int
    """At level 1 or above: something was done."""
    status: int
    """At level 2 or above: it is known how it stands."""
    result: int
    """At level 3: won or lost."""
    not_asked: int
    """Nothing is known of them, and nobody has asked yet."""
    unanswered: int
    """Leads about which they are asked at this moment, whenever they got them."""

    def share(self, level: FeedbackLevel) -> float | None:
        """The share of the leads that reached a level; None without leads."""
        reached = {FeedbackLevel.ACTION: self.action, FeedbackLevel.STATUS: self.status}.get(level, self.result)
        return reached / self.received if self.received else None


def feedback_levels(
    connection: Connection, since: datetime, until: datetime, rep: int | None = None
) -> list[FeedbackLevels]:
    """Each person who got a lead from `since` until before `until`, or is asked now, by team and name.

    Levels are those that tasks, orders and opportunities tell, and what was said. A lead that came twice counts once.
    `rep` names one person.
    """
    rows = connection.execute(LEVELS, {"since": since, "until": until, "rep": rep}).mappings()
    return [FeedbackLevels(**row) for row in rows]


def leads_by_level(
    connection: Connection, rep: int, since: datetime, until: datetime, *, not_asked: bool = False, at_most: int = 200
) -> list[LeadLevel]:
    """The leads that somebody got within a time, those of which least is known first; or those nobody asked about."""
    about = {"rep": rep, "since": since, "until": until, "not_asked": not_asked, "at_most": at_most}
    return [LeadLevel(**row) for row in connection.execute(LEADS, about).mappings()]


def unanswered_leads(connection: Connection, rep: int, at_most: int = 200) -> list[LeadLevel]:
    """The leads that somebody is asked about at this moment, the longest first."""
    return [LeadLevel(**row) for row in connection.execute(UNANSWERED, {"rep": rep, "at_most": at_most}).mappings()]


def by_team(people: Sequence[FeedbackLevels]) -> list[FeedbackLevels]:
    """The same added up for each team, in the order in which they come."""
    teams = {one.team: [other for other in people if other.team == one.team] for one in people}
    return [
        FeedbackLevels(
            rep_id=None,
            name=team or "Without a team",
            team=team,
            **{name: sum(getattr(one, name) for one in members) for name in COUNTS},
        )
        for team, members in teams.items()
    ]


COUNTS = ("received", "action", "status", "result", "not_asked", "unanswered")
