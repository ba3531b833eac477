"""How much is known of the leads that each person got: the feedback level reached, per person and team."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME
from models.feedback.known import IS_ASKED, TOLD_LEVEL
from models.tables.feedback import FeedbackLevel

REACHED = f"""lead AS (
    SELECT DISTINCT ON (a.contact_id, a.rep_id) a.contact_id, a.rep_id, a.at AS since,
           c.owner_id = a.rep_id AS is_theirs
    FROM assignment a JOIN contact c ON c.id = a.contact_id
    WHERE a.at >= :since AND a.at < :until AND (CAST(:rep AS bigint) IS NULL OR a.rep_id = CAST(:rep AS bigint))
    ORDER BY a.contact_id, a.rep_id, a.id DESC
), reached AS (
    SELECT lead.contact_id, lead.rep_id, lead.since, lead.is_theirs,
           EXISTS (SELECT FROM feedback_request q WHERE q.contact_id = lead.contact_id AND q.rep_id = lead.rep_id
                   AND q.asked_at >= lead.since) AS was_asked,
           (SELECT max(f.id) FROM feedback f WHERE f.contact_id = lead.contact_id AND f.rep_id = lead.rep_id
            AND f.said_at >= lead.since) AS said,
           greatest(CASE WHEN lead.is_theirs THEN {TOLD_LEVEL} ELSE 0 END,
                    (SELECT f.level FROM feedback f WHERE f.contact_id = lead.contact_id AND f.rep_id = lead.rep_id
                     AND f.said_at >= lead.since ORDER BY f.id DESC LIMIT 1)) AS level
    FROM lead
)"""
"""SQL: two tables of a WITH, of the leads that people got, and of the level that is known of each."""

COUNTS_FOR = "(is_theirs OR was_asked OR said IS NOT NULL)"

LEVELS = text(f"""
-- What happened after a lead went to somebody else says nothing of whoever had it before, but what they said does:
-- without a word of theirs, and before they were asked, it is not among their leads any more.
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
           count(*) FILTER (WHERE coalesce(level, 0) < 1 AND NOT was_asked) AS not_asked
    FROM reached WHERE {COUNTS_FOR} GROUP BY rep_id
) r ON r.rep_id = rep.id
LEFT JOIN waiting ON waiting.rep_id = rep.id
WHERE r.received > 0 OR waiting.unanswered > 0
ORDER BY team.name NULLS LAST, rep.name, rep.id
""")

LEADS = text(f"""
WITH {REACHED}
SELECT contact.id AS contact_id, {DISPLAY_NAME} AS who, contact.company, reached.since, coalesce(level, 0) AS level,
       (SELECT max(q.asked_at) FROM feedback_request q WHERE q.contact_id = reached.contact_id
        AND q.rep_id = reached.rep_id AND q.asked_at >= reached.since) AS asked_at
FROM reached JOIN contact ON contact.id = reached.contact_id
WHERE {COUNTS_FOR} AND (NOT CAST(:not_asked AS bool) OR coalesce(level, 0) < 1 AND NOT was_asked)
ORDER BY coalesce(level, 0), reached.since LIMIT :at_most
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
