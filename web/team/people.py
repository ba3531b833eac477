"""How each salesperson does, today and in the last 30 days, and what a number of theirs is made of."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, RowMapping, TextClause, text

from models.display_name import DISPLAY_NAME
from models.feedback.levels import FeedbackLevels, feedback_levels
from models.playbook.routing import Overload
from models.response.promise import promises
from models.wording import clock_zone

DAYS = 30
AT_ONCE = 200
MONTH = timedelta(days=DAYS)

OPEN = "t.done_at IS NULL AND t.closed_at IS NULL"

ASKED_FOR = "(CAST(:rep AS bigint) IS NULL OR {}.rep_id = CAST(:rep AS bigint))"
"""SQL over a table with rep_id: whether the row is about one who is asked about; the page of one adds up no others."""

PEOPLE = text(f"""
WITH promised AS (
    SELECT rep_id, count(*) AS late FROM {promises(ASKED_FOR.format("task"))} AS promise
    WHERE due_at < :now GROUP BY rep_id),
answered AS (
    SELECT f.rep_id, count(*) AS received, count(f.first_contact_at) AS followed_up,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY f.first_contact_at - f.received_at)
               FILTER (WHERE f.first_contact_at IS NOT NULL) AS response_time,
           count(*) FILTER (WHERE f.received_at >= :midnight) AS received_today,
           count(f.first_contact_at) FILTER (WHERE f.received_at >= :midnight) AS followed_up_today
    FROM follow_up f WHERE f.rep_id IS NOT NULL AND f.received_at >= :since AND {ASKED_FOR.format("f")}
    GROUP BY f.rep_id),
work AS (
    SELECT t.rep_id, count(*) AS open, count(*) FILTER (WHERE t.due_at < :now) AS overdue,
           count(*) FILTER (WHERE t.delegated_at IS NOT NULL) AS delegated
    FROM task t WHERE {OPEN} AND t.rep_id IS NOT NULL AND {ASKED_FOR.format("t")} GROUP BY t.rep_id),
missed AS (
    SELECT o.rep_id, count(*) AS missed FROM offer o
    WHERE o.answer = 'expired' AND o.offered_at >= :since AND {ASKED_FOR.format("o")} GROUP BY o.rep_id)
SELECT rep.id, rep.name, rep.email, rep.active, team.name AS team, coalesce(team.partner, false) AS is_partner,
       coalesce(rep.time_zone, team.time_zone) AS zone, rep.link_renewed_at,
       rep.overloaded_at IS NOT NULL AS is_flagged,
       coalesce(a.received, 0) AS received, coalesce(a.followed_up, 0) AS followed_up, a.response_time,
       coalesce(a.received_today, 0) AS received_today, coalesce(a.followed_up_today, 0) AS followed_up_today,
       coalesce(w.open, 0) AS open, coalesce(w.overdue, 0) + coalesce(p.late, 0) AS overdue,
       coalesce(m.missed, 0) AS missed,
       coalesce(w.delegated, 0) AS delegated,
       away.last_day AS away_until
FROM rep LEFT JOIN team ON team.id = rep.team_id
LEFT JOIN answered a ON a.rep_id = rep.id LEFT JOIN work w ON w.rep_id = rep.id
LEFT JOIN missed m ON m.rep_id = rep.id LEFT JOIN promised p ON p.rep_id = rep.id
LEFT JOIN LATERAL (SELECT max(last_day) AS last_day FROM absence b
                   WHERE b.rep_id = rep.id AND b.first_day <= :today AND b.last_day >= :today) away ON true
WHERE (CAST(:rep AS bigint) IS NULL OR rep.id = :rep) AND (CAST(:team AS text) IS NULL OR team.name = :team)
  AND (rep.active OR CAST(:rep AS bigint) IS NOT NULL OR w.open > 0
       OR rep.email NOT LIKE '%.invalid' AND EXISTS (SELECT FROM contact WHERE contact.owner_id = rep.id))
ORDER BY team.name NULLS LAST, rep.active DESC, rep.name, rep.id
""")


def _list(what: str, found: str, order: str) -> TextClause:
    return text(f"""
        SELECT contact.id AS contact_id, {DISPLAY_NAME} AS who, contact.company, {what}
        FROM {found} ORDER BY {order} LIMIT {AT_ONCE}
    """)


ASKED = "follow_up f JOIN contact ON contact.id = f.contact_id WHERE f.rep_id = :rep AND f.received_at >= :since"
ASKED_TODAY = ASKED.replace(":since", ":midnight")
CALLED = "f.received_at AS at, f.first_contact_at AS then"


def _leads(title: str, found: str) -> tuple[str, TextClause]:
    return title, _list(CALLED, found, "f.received_at DESC")


LISTS = {
    "received_today": _leads("Leads received today", ASKED_TODAY),
    "followed_up_today": _leads("Leads of today followed up", f"{ASKED_TODAY} AND f.first_contact_at IS NOT NULL"),
    "received": _leads("Leads received", ASKED),
    "followed_up": _leads("Leads followed up", f"{ASKED} AND f.first_contact_at IS NOT NULL"),
    "not_followed_up": _leads("Leads not followed up", f"{ASKED} AND f.first_contact_at IS NULL"),
    "missed": (
        "Offers missed",
        _list(
            "o.offered_at AS at, o.expires_at AS then",
            """offer o JOIN contact ON contact.id = o.contact_id
               WHERE o.rep_id = :rep AND o.answer = 'expired' AND o.offered_at >= :since""",
            "o.offered_at DESC",
        ),
    ),
}
"""Number -> what the list of those behind it is called, and the query."""
MOMENTS = {"missed": ("Offered", "Until")}
"""What the two moments of a list are; those of leads are when they came and when they were first called."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """A salesperson with their numbers."""

    id: int
    name: str
    email: str
    active: bool
    team: str | None
    is_partner: bool
    zone: str | None
    link_renewed_at: datetime | None
    received: int
    """Leads in 30 days that asked for a person."""
    followed_up: int
    response_time: timedelta | None
    """The median, by the clock on the wall."""
    received_today: int
    followed_up_today: int
    open: int
    overdue: int
    missed: int
    delegated: int
    """Of the open tasks: about leads of colleagues, who asked for it."""
    away_until: date | None
    is_flagged: bool
    """Their manager was told that they have fallen behind."""
    is_overloaded: bool = False
    feedback: FeedbackLevels | None = None
    """How much is known of the leads that they got in 30 days; None where they got none and are asked nothing."""

    @property
    def zone_is_unknown(self) -> bool:
        """Whether the time zone that stands for them is none: the company's is gone by."""
        return self.zone is not None and clock_zone(self.zone).key != self.zone


@dataclass(frozen=True)
class Line:
    """Somebody behind a number."""

    contact_id: int
    who: str
    company: str | None
    at: datetime
    then: datetime | None


def read_people(
    connection: Connection,
    now: datetime,
    zone: str,
    *,
    rep: int | None = None,
    team: str | None = None,
    overload: Overload | None = None,
) -> list[Person]:
    """Everybody who is active or still has leads or tasks, by team; or one person, or one team.

    `overload` says how many tasks are too many.
    """
    midnight = _midnight(now, zone)
    days = {"since": now - MONTH, "midnight": midnight, "today": midnight.date()}
    about = {"now": now, "rep": rep, "team": team} | days
    levels = {one.rep_id: one for one in feedback_levels(connection, now - MONTH, now, rep=rep)}
    return [
        Person(**row, is_overloaded=_has_fallen_behind(row, overload), feedback=levels.get(row["id"]))
        for row in connection.execute(PEOPLE, about).mappings()
    ]


def _has_fallen_behind(row: RowMapping, overload: Overload | None) -> bool:
    """As the routers count, and for as long as they were flagged and have not caught up."""
    if overload is None:
        return False
    most = overload.open_tasks
    return row["is_flagged"] or row["overdue"] >= overload.overdue_tasks or (most is not None and row["open"] >= most)


def read_list(connection: Connection, rep: int, number: str, now: datetime, zone: str) -> list[Line]:
    """Those behind a number of somebody's, as many as fit on a page."""
    query = LISTS[number][1]
    about = {"rep": rep, "now": now, "since": now - MONTH, "midnight": _midnight(now, zone)}
    given = {name: value for name, value in about.items() if name in query.compile().params}
    return [Line(**row) for row in connection.execute(query, given).mappings()]


def _midnight(now: datetime, zone: str) -> datetime:
    """When today began by the company's clock."""
    clock = clock_zone(zone)
    return datetime.combine(now.astimezone(clock).date(), time(), clock)
