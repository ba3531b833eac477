"""What needs a person now: what waits, how much of it, and the button that deals with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, RowMapping, TextClause, text

from models.display_name import DISPLAY_NAME
from models.playbook import NoPlaybook, current_playbook
from models.response.promise import IS_OPEN, late_tasks
from models.tasks.overload import HAS_FALLEN_BEHIND, limits
from models.titles import title_of_journey, title_of_mail
from models.wording import counted, duration, number

AT_MOST = 1000
"""Counting ends there: nobody reads more than that there is much to do."""
EXAMPLES = 3
LOOK_BACK = timedelta(days=30)

ORPHANED = """
    FROM follow_up f JOIN contact ON contact.id = f.contact_id
    WHERE f.connected_at IS NULL AND f.first_contact_at IS NULL AND f.received_at > :since AND contact.owner_id IS NULL
      AND NOT EXISTS (SELECT FROM placement p WHERE p.contact_id = f.contact_id AND p.closed_at IS NULL)"""
ALERTED = "follow_up f WHERE f.alerted_at IS NOT NULL AND f.first_contact_at IS NULL"

WAITING = {
    "stuck": "FROM journey_run WHERE status = 'stuck'",
    "failed": "FROM message WHERE state = 'failed'",
    "unknown": "FROM message WHERE state = 'unknown' AND notified_at IS NOT NULL",
    "alerted": f"FROM {ALERTED}",
    "orphaned": ORPHANED,
    "untaken": "FROM placement WHERE closed_at IS NULL AND (NOT offered OR escalated_at IS NOT NULL)",
    "rejected": "FROM rejected_lead WHERE repaired_at IS NULL AND held_reason IS NULL",
    "held": "FROM rejected_lead WHERE repaired_at IS NULL AND held_reason IS NOT NULL",
    "bounces": "FROM mail_event WHERE decision = 'held'",
    "overdue": f"FROM {late_tasks(AT_MOST)}",
    "replies": "FROM inbound_mail WHERE contact_id IS NULL AND reviewed_at IS NULL",
    "unread": "FROM unread_value WHERE repaired_at IS NULL",
    "duplicates": "FROM likely_duplicate WHERE decided_at IS NULL",
    "conflicts": "FROM identity_conflict WHERE decided_at IS NULL",
    "feedback": "FROM feedback_request WHERE settled_at IS NULL AND manager_notified_at IS NOT NULL",
}
"""Name -> the rows that a person has to deal with."""

COUNT = text(
    "SELECT "
    + ", ".join(
        f"(SELECT count(*) FROM (SELECT 1 {rows} LIMIT {AT_MOST}) AS w) AS {name}" for name, rows in WAITING.items()
    )
)

OVERLOADED = text(f"""
    SELECT rep.id, rep.name, count(*) AS tasks, count(*) FILTER (WHERE due_at < :now) AS late
    FROM task JOIN rep ON rep.id = task.rep_id WHERE {IS_OPEN} AND rep.active
    GROUP BY rep.id HAVING {HAS_FALLEN_BEHIND} ORDER BY count(*) DESC, rep.id LIMIT {AT_MOST}
""")

LEFT = text("""
    SELECT rep.id, rep.name, count(*) AS leads FROM rep JOIN contact ON contact.owner_id = rep.id
    WHERE NOT rep.active AND rep.email NOT LIKE '%.invalid' GROUP BY rep.id ORDER BY count(*) DESC LIMIT 100
""")

STUCK = text(f"""
    SELECT min(id) AS id, journey, stuck_reason AS reason, count(*) AS alike
    FROM (SELECT id, journey, stuck_reason {WAITING["stuck"]} LIMIT {AT_MOST}) AS stuck
    GROUP BY journey, stuck_reason ORDER BY count(*) DESC, min(id) LIMIT {EXAMPLES}
""")

FAILED = text(f"""
    SELECT min(id) AS id, min(template) AS template, reason, count(*) AS alike
    FROM (SELECT id, template, reason {WAITING["failed"]} LIMIT {AT_MOST}) AS failed
    GROUP BY reason ORDER BY count(*) DESC, min(id) LIMIT {EXAMPLES}
""")

ALERTED_LEADS = text(f"""
    -- Whoever has the task is to call, which need not be the owner.
    SELECT contact.id AS contact_id, {DISPLAY_NAME} AS who, coalesce(task.name, rep.name) AS owner, late.due_at,
           task.due_at AS task_due_at
    FROM (SELECT f.contact_id, f.rep_id, f.due_at, f.alerted_at FROM {ALERTED}
          ORDER BY f.alerted_at DESC LIMIT {EXAMPLES}) AS late
    JOIN contact ON contact.id = late.contact_id LEFT JOIN rep ON rep.id = late.rep_id
    LEFT JOIN LATERAL (
        SELECT doer.name, t.due_at FROM task t JOIN rep doer ON doer.id = t.rep_id
        WHERE t.contact_id = late.contact_id AND t.done_at IS NULL AND t.closed_at IS NULL
        ORDER BY t.due_at, t.id LIMIT 1) AS task ON true
    ORDER BY late.alerted_at DESC
""")

ORPHANED_LEADS = text(f"""
    SELECT contact.id AS contact_id, {DISPLAY_NAME} AS who, f.received_at {ORPHANED}
    ORDER BY f.received_at DESC LIMIT {EXAMPLES}
""")

UNTAKEN_LEADS = text(f"""
    SELECT placement.contact_id, {DISPLAY_NAME} AS who, placement.router, placement.queued_at
    FROM placement JOIN contact ON contact.id = placement.contact_id
    WHERE placement.closed_at IS NULL AND (NOT placement.offered OR placement.escalated_at IS NOT NULL)
    ORDER BY placement.queued_at LIMIT {EXAMPLES}
""")

SILENT_OWNERS = text(f"""
    SELECT rep.id, rep.name, count(*) AS leads
    FROM (SELECT rep_id {WAITING["feedback"]} LIMIT {AT_MOST}) AS waiting JOIN rep ON rep.id = waiting.rep_id
    GROUP BY rep.id ORDER BY count(*) DESC, rep.id LIMIT {EXAMPLES}
""")


@dataclass(frozen=True, kw_only=True)
class NeedLine:
    """One of those that wait, with the button that deals with it where one click is enough."""

    title: str
    path: str
    about: str = ""
    button: str = ""
    post: str = ""
    """Where the button posts to; empty without one."""
    fields: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Need:
    """Something that waits for a person."""

    count: int
    one: str
    more: str
    button: str
    path: str
    """The page that the button opens: where it is dealt with."""
    tone: str = "warn"
    """`bad`: somebody outside waits, or something is lost meanwhile."""
    lines: tuple[NeedLine, ...] = ()

    @property
    def figure(self) -> str:
        """How many; `1,000+` where counting ended."""
        return f"{number(AT_MOST)}+" if self.count >= AT_MOST else number(self.count)

    @property
    def says(self) -> str:
        """What they are."""
        return self.one if self.count == 1 else self.more


NEEDS = {
    "alerted": Need(
        count=0,
        one="lead nobody has called, although its manager was alerted",
        more="leads nobody has called, although their managers were alerted",
        button="Follow-up",
        path="/follow-up",
        tone="bad",
    ),
    "orphaned": Need(
        count=0,
        one="lead without an owner asked for a person",
        more="leads without an owner asked for a person",
        button="Contacts",
        path="/contacts",
        tone="bad",
    ),
    "untaken": Need(
        count=0,
        one="lead that nobody took",
        more="leads that nobody took",
        button="Assign",
        path="/routers",
        tone="bad",
    ),
    "stuck": Need(
        count=0, one="journey is stuck", more="journeys are stuck", button="Move on", path="/runs#stuck", tone="bad"
    ),
    "failed": Need(
        count=0,
        one="mail did not go out",
        more="mails did not go out",
        button="Decide",
        path="/messages?state=failed",
        tone="bad",
    ),
    "unknown": Need(
        count=0,
        one="mail may or may not have gone out",
        more="mails may or may not have gone out",
        button="Decide",
        path="/messages?state=unknown",
    ),
    "bounces": Need(
        count=0,
        one="bounce is held, with many others at once",
        more="bounces are held, many at once",
        button="Decide",
        path="/bounces",
        tone="bad",
    ),
    "rejected": Need(
        count=0, one="lead to repair", more="leads to repair", button="Repair", path="/rejected", tone="bad"
    ),
    "held": Need(
        count=0,
        one="lead held as possible spam",
        more="leads held as possible spam",
        button="Look through",
        path="/rejected?held=true",
        tone="bad",
    ),
    "overdue": Need(
        count=0, one="task is overdue", more="tasks are overdue", button="Deal with them", path="/tasks?overdue=true"
    ),
    "replies": Need(
        count=0,
        one="reply from nobody we know",
        more="replies from nobody we know",
        button="Read and assign",
        path="/replies",
    ),
    "unread": Need(
        count=0, one="value that could not be read", more="values that could not be read", button="Read", path="/unread"
    ),
    "duplicates": Need(
        count=0,
        one="pair that may be one person",
        more="pairs that may be one person",
        button="Compare",
        path="/duplicates",
    ),
    "conflicts": Need(
        count=0,
        one="address or number that two contacts claim",
        more="addresses or numbers that two contacts claim",
        button="Decide",
        path="/duplicates",
    ),
    "feedback": Need(
        count=0,
        one="lead of which its owner does not tell, though asked again",
        more="leads of which their owners do not tell, though asked again",
        button="Who",
        path="/feedback",
    ),
}
"""In the order of the page, without their counts."""


def read_needs(connection: Connection, now: datetime) -> list[Need]:
    """All that waits, the most pressing first; nothing is left of what nobody has to do."""
    about = {"now": now, "since": now - LOOK_BACK}
    counts = connection.execute(COUNT, about).mappings().one()
    waiting = [
        replace(need, count=counts[name], lines=_lines(connection, name, now))
        for name, need in NEEDS.items()
        if counts[name]
    ]
    return waiting + _overloaded(connection, now) + _leavers(connection)


def _overloaded(connection: Connection, now: datetime) -> list[Need]:
    """People with as many late tasks as the playbook takes for too many."""
    try:
        overload = current_playbook(connection).routing.overload
    except NoPlaybook:
        return []
    if overload is None:
        return []
    people = list(connection.execute(OVERLOADED, limits(overload) | {"now": now}).mappings())
    lines = tuple(
        NeedLine(title=one["name"], path=f"/tasks?person={one['id']}", about=_workload(one))
        for one in people[:EXAMPLES]
    )
    need = Need(
        count=len(people),
        one="person is overloaded",
        more="people are overloaded",
        button="See the team",
        path="/team",
        lines=lines,
    )
    return [need] if people else []


def _workload(row: RowMapping) -> str:
    return f"{counted(row['tasks'], 'open task')}, {number(row['late'])} of them overdue"


def _leavers(connection: Connection) -> list[Need]:
    people = list(connection.execute(LEFT).mappings())
    lines = tuple(
        NeedLine(title=one["name"], path=f"/team/person/{one['id']}", about=f"{number(one['leads'])} leads")
        for one in people[:EXAMPLES]
    )
    need = Need(
        count=len(people),
        one="person has left and still has leads",
        more="people have left and still have leads",
        button="Reassign",
        path="/team",
        lines=lines,
    )
    return [need] if people else []


def _lines(connection: Connection, name: str, now: datetime) -> tuple[NeedLine, ...]:
    if name not in LINES:
        return ()
    query, line = LINES[name]
    about = {"now": now, "since": now - LOOK_BACK}
    given = {key: value for key, value in about.items() if key in query.compile().params}
    return tuple(line(row, now) for row in connection.execute(query, given).mappings())


def _stuck(row: RowMapping, _: datetime) -> NeedLine:
    return NeedLine(
        title=f"{title_of_journey(row['journey'])}: {_of(row['alike'])}",
        path="/runs#stuck",
        about=row["reason"] or "",
        button="Try again",
        post=f"/runs/{row['id']}/move",
        fields={"action": "retry", "alike": "true"},
    )


def _failed(row: RowMapping, _: datetime) -> NeedLine:
    return NeedLine(
        title=f"{title_of_mail(row['template']) if row['alike'] == 1 else 'Mails'}: {_of(row['alike'])}",
        path="/messages?state=failed",
        about=row["reason"] or "",
        button="Send again",
        post=f"/messages/{row['id']}/decide",
        fields={"decision": "again", "alike": "true", "back": "/"},
    )


def _alerted(row: RowMapping, now: datetime) -> NeedLine:
    """One clock: what was to be done first, by name."""
    due_at, task_due_at = row["due_at"], row["task_due_at"]
    is_task = task_due_at is not None and task_due_at < due_at
    says = f"{row['owner'] or 'nobody'} should have called {duration(now - min(due_at, task_due_at or due_at))} ago"
    about = f"{says}: {'their task was due' if is_task else 'the response was promised'} by then"
    return NeedLine(title=row["who"], path=f"/contacts/{row['contact_id']}", about=about)


def _orphaned(row: RowMapping, now: datetime) -> NeedLine:
    about = f"asked {duration(now - row['received_at'])} ago"
    return NeedLine(title=row["who"], path=f"/contacts/{row['contact_id']}", about=about)


def _untaken(row: RowMapping, now: datetime) -> NeedLine:
    return NeedLine(
        title=row["who"],
        path=f"/routers/{quote(row['router'], safe='')}",
        about=f"waits in {row['router']} for {duration(now - row['queued_at'])}",
    )


def _silent(row: RowMapping, _: datetime) -> NeedLine:
    about = f"{number(row['leads'])} {'lead' if row['leads'] == 1 else 'leads'}"
    return NeedLine(title=row["name"], path=f"/feedback/person/{row['id']}?show=unanswered", about=about)


def _of(count: int) -> str:
    return "one" if count == 1 else f"{number(count)} alike"


LINES: dict[str, tuple[TextClause, Callable[[Any, datetime], NeedLine]]] = {
    "stuck": (STUCK, _stuck),
    "failed": (FAILED, _failed),
    "alerted": (ALERTED_LEADS, _alerted),
    "orphaned": (ORPHANED_LEADS, _orphaned),
    "untaken": (UNTAKEN_LEADS, _untaken),
    "feedback": (SILENT_OWNERS, _silent),
}
"""Those of which the first are shown, with the query for them."""
