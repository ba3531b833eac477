"""The first screen of a contact's page: what is to be done, money, mail, and when they were heard of last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from models.access.token import sign_token
from models.response.promise import DUE, IS_OPEN, PROMISED
from models.scoring.explanation import Explanation
from models.tables.event import CONTACT_ACTION
from models.tables.sales import NET, STANDS, DealStage
from models.titles import title_of_event
from models.wording import counted, money, number

REASONS = 2
"""Of the score, those that count most."""

TASKS = text(f"""
SELECT task.id, task.name, task.kind, coalesce(rep.name, task.assignee) AS who, {DUE} AS due_at
FROM task LEFT JOIN rep ON rep.id = task.rep_id {PROMISED}
WHERE task.contact_id = :contact AND {IS_OPEN} ORDER BY due_at, task.id LIMIT 50
""")

ORDERED = text(f"""
SELECT o.currency, sum({NET}) AS amount, count(*) AS orders FROM "order" o
WHERE o.contact_id = :contact AND {STANDS} GROUP BY o.currency ORDER BY amount DESC
""")

DEALS = text(f"""
SELECT currency, sum(amount) AS amount, count(*) AS deals FROM opportunity
WHERE contact_id = :contact AND stage = '{DealStage.OPEN}' GROUP BY currency ORDER BY amount DESC NULLS LAST
""")

LAST_HEARD = text(f"""
SELECT name, topic, at FROM event WHERE contact_id = :contact AND {CONTACT_ACTION} ORDER BY at DESC, id DESC LIMIT 1
""")

LAST_ANSWER = text("""
SELECT id, received_at FROM inbound_mail
WHERE contact_id = :contact AND kind IN ('reply', 'unsubscribe and reply', 'privacy request')
ORDER BY received_at DESC, id DESC LIMIT 1
""")

LAST_TALK = text("""
SELECT max(at) FROM event WHERE contact_id = :contact AND name = 'call_connected'
""")


@dataclass(frozen=True)
class GlanceTask:
    """An open task about the contact."""

    id: int
    name: str
    kind: str | None
    who: str
    due_at: datetime
    """The earlier of its own due time and the response that is promised."""

    @property
    def link(self) -> str:
        """The path of its page."""
        return f"/tasks/{sign_token('task', self.id)}"


@dataclass(frozen=True)
class Glance:
    """What one wants to know first."""

    tasks: Sequence[GlanceTask]
    ordered: Sequence[str]
    """What they have bought, for each currency."""
    deals: Sequence[str]
    """What open deals may bring."""
    heard: str | None
    """What they did last."""
    heard_at: datetime | None
    answer: int | None
    """The number of the mail that they wrote last."""
    answered_at: datetime | None
    talked_at: datetime | None


def glance(connection: Connection, contact: int) -> Glance:
    """Read it for one contact."""
    about = {"contact": contact}
    heard = connection.execute(LAST_HEARD, about).one_or_none()
    answer = connection.execute(LAST_ANSWER, about).one_or_none()
    return Glance(
        tasks=[GlanceTask(*row) for row in connection.execute(TASKS, about)],
        ordered=[
            f"{money(row.amount, row.currency)} in {counted(row.orders, 'order')}"
            for row in connection.execute(ORDERED, about)
        ],
        deals=[
            f"{money(row.amount, row.currency)} in {counted(row.deals, 'open deal')}"
            if row.amount is not None
            else f"{counted(row.deals, 'open deal')}, value not known"
            for row in connection.execute(DEALS, about)
        ],
        heard=title_of_event(heard.name, heard.topic) if heard else None,
        heard_at=heard.at if heard else None,
        answer=answer.id if answer else None,
        answered_at=answer.received_at if answer else None,
        talked_at=connection.execute(LAST_TALK, about).scalar(),
    )


def main_reasons(explanation: Explanation) -> str:
    """`large order +20, size that we help +5`: what counts most in a score."""
    lines = sorted(explanation.lines, key=lambda line: -abs(line.counted))[:REASONS]
    more = len(explanation.lines) - len(lines)
    return ", ".join(
        [f"{line.name} {line.counted:+.0f}" for line in lines] + ([f"{number(more)} more"] if more else [])
    )
