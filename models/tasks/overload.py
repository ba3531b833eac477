"""Overload: who has fallen behind on their tasks is flagged, and their manager is told once."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.mail.gather import queue_manager_mails
from models.mail.staff_mail import StaffMail
from models.playbook import current_playbook
from models.playbook.routing import Overload

HAS_FALLEN_BEHIND = """(count(*) FILTER (WHERE due_at < :now) >= :overdue
    OR count(*) >= coalesce(CAST(:open AS bigint), 9000000000))"""
"""SQL over a group of open tasks: whether they are more than the limits, which are bound as `limits` gives them."""

HAS_CAUGHT_UP = """(count(task.id) FILTER (WHERE due_at < :now) <= 0.8 * :overdue
    AND count(task.id) <= 0.8 * coalesce(CAST(:open AS bigint), 9000000000))"""
"""Well below the limits, so that nobody is flagged anew with every task that comes and goes."""

FLAG = text(f"""
WITH behind AS (
    SELECT rep_id, count(*) AS open, count(*) FILTER (WHERE due_at < :now) AS overdue
    FROM task WHERE rep_id IS NOT NULL AND done_at IS NULL AND closed_at IS NULL
    GROUP BY rep_id HAVING {HAS_FALLEN_BEHIND}),
flagged AS (
    UPDATE rep SET overloaded_at = :now FROM behind
    WHERE rep.id = behind.rep_id AND rep.active AND rep.overloaded_at IS NULL
    RETURNING rep.id, rep.name, rep.team_id, behind.open, behind.overdue)
SELECT flagged.*, coalesce(team.manager_email, :company) AS manager
FROM flagged LEFT JOIN team ON team.id = flagged.team_id ORDER BY flagged.name, flagged.id
""")

UNFLAG = text(f"""
UPDATE rep SET overloaded_at = NULL WHERE overloaded_at IS NOT NULL AND (NOT active OR id IN (
    SELECT rep.id FROM rep LEFT JOIN task ON task.rep_id = rep.id AND task.done_at IS NULL AND task.closed_at IS NULL
    WHERE rep.overloaded_at IS NOT NULL GROUP BY rep.id HAVING {HAS_CAUGHT_UP}))
""")

UNFLAG_ALL = text("UPDATE rep SET overloaded_at = NULL WHERE overloaded_at IS NOT NULL")


def limits(overload: Overload) -> dict[str, Any]:
    """What the SQL of this module binds."""
    return {"overdue": overload.overdue_tasks, "open": overload.open_tasks}


def flag_overloaded(connection: Connection, now: datetime) -> int:
    """Flag who has fallen behind, take the flag from who has caught up, and tell each manager of those who are new.

    Gives how many are new. Doing it again, or two at once, tells nobody twice. The caller commits.
    """
    playbook = current_playbook(connection)
    overload = playbook.routing.overload
    if overload is None:
        connection.execute(UNFLAG_ALL)
        return 0
    about = limits(overload) | {"now": now}
    connection.execute(UNFLAG, about)
    flagged = connection.execute(FLAG, about | {"company": playbook.company.inbox}).all()
    by_manager: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for person in flagged:
        by_manager[person.manager].append(person)
    queue_manager_mails(connection, [_mail(manager, people, now) for manager, people in by_manager.items()], now)
    return len(flagged)


def _mail(manager: str, people: list[Row[Any]], now: datetime) -> StaffMail:
    return StaffMail(
        key=f"overload:{people[0].id}:{now.timestamp():.0f}",
        to_address=manager,
        template="team/overload",
        data={
            "people": [{"name": one.name, "open": one.open, "overdue": one.overdue} for one in people],
            "page": "/tasks",
        },
    )
