"""Asks, reminds, tells managers and gives up: what is due about requests, all of a person's in one mail."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.database import id_list, locking_contacts, to_json
from models.display_name import DISPLAY_NAME
from models.events.emit import NewEvent, emit
from models.feedback.known import TOLD_LEVEL
from models.feedback.outcomes import ENOUGH, NO_ANSWER, NOBODY, ROUTE_AGAIN, RUN_ENDED, SETTLED
from models.feedback.owners import Owner, owners
from models.feedback.silence import Step, TimedStep, moment_of_next, step_number, steps_of
from models.mail.gather import queue_manager_mails
from models.mail.managers import LINES_IN_A_MAIL
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import current_playbook
from models.playbook.feedback import FeedbackTerms
from models.wording import day_of, full_date

ASKED_IN_A_MAIL = 10
"""Leads that a mail to an owner names, the oldest; all of them are behind one link."""
REQUEST_TEMPLATE = "team/feedback_request"
UNANSWERED_TEMPLATE = "team/feedback_unanswered"

TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtext('tend feedback'))")

NEXT_DUE = text("SELECT min(next_at) FROM feedback_request WHERE next_at IS NOT NULL")

LOCK_CONTACTS = text(
    # A lead about which somebody reports at this moment is looked at the next time.
    locking_contacts(
        """SELECT contact.id FROM contact
           WHERE id IN (SELECT contact_id FROM feedback_request WHERE next_at <= :now)""",
        skip_locked=True,
    )
)

DUE = text(f"""
SELECT lead.*, {TOLD_LEVEL} AS told FROM (
    SELECT q.id, q.contact_id, contact.owner_id AS rep_id, q.rep_id AS asked_rep, q.since, q.wanted_level, q.due_at,
           q.asked_at, q.steps, r.ended_at, {DISPLAY_NAME} AS who, contact.company
    FROM feedback_request q JOIN journey_run r ON r.id = q.run_id
    JOIN contact ON contact.id = q.contact_id
    WHERE q.next_at <= :now AND q.contact_id = ANY(CAST(:contacts AS bigint[]))
) lead ORDER BY lead.due_at, lead.id
""")

STORE = text("""
UPDATE feedback_request q
SET rep_id = n.rep_id, steps = n.steps, asked_at = n.asked_at, next_at = n.next_at, outcome = n.outcome,
    manager_notified_at = CASE WHEN n.notified THEN CAST(:now AS timestamptz) ELSE q.manager_notified_at END,
    settled_at = CASE WHEN n.outcome IS NOT NULL THEN CAST(:now AS timestamptz) END
FROM json_to_recordset(CAST(:rows AS json))
     AS n (id bigint, rep_id bigint, steps int, asked_at timestamptz, next_at timestamptz, outcome text, notified bool)
WHERE q.id = n.id
""")


@dataclass
class SentFeedback:
    """What was done about requests."""

    asked: int = 0
    """Leads about which their owner was asked or reminded."""
    notified: int = 0
    """Leads about which a manager was told."""
    settled: int = 0
    """Requests that are no longer waited for."""

    def __str__(self) -> str:
        return f"asked about {self.asked} leads, managers told of {self.notified}, {self.settled} requests settled"

    def in_words(self) -> dict[str, int]:
        """What was done -> about how many leads."""
        done = (self.asked, self.notified, self.settled)
        return dict(zip(("owners asked or reminded", "managers told", "no longer waited for"), done, strict=True))


@dataclass
class _Work:
    """What is to be written, gathered over all requests that are due."""

    now: datetime
    terms: FeedbackTerms | None
    steps: list[TimedStep]
    moments: dict[tuple[object, ...], datetime | None] = field(default_factory=dict)
    """Moments that were looked up in somebody's hours: a hundred leads of theirs ask for the same ones."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)
    to_owner: defaultdict[int, list[Row[Any]]] = field(default_factory=lambda: defaultdict(list))
    to_manager: defaultdict[str, list[Row[Any]]] = field(default_factory=lambda: defaultdict(list))


def next_feedback_due(connection: Connection) -> datetime | None:
    """The moment from which `send_feedback_requests` has something to do."""
    return connection.execute(NEXT_DUE).scalar()


def send_feedback_requests(connection: Connection, now: datetime) -> SentFeedback:
    """Do what is due about requests, in a few statements for all of them. The caller commits.

    Nobody is asked what a task, an order or an opportunity has told already, nor outside their hours. Two at once take
    turns: each request is looked at once, and all leads of a person come in one mail.
    """
    connection.execute(TAKE_TURNS)
    contacts = connection.execute(LOCK_CONTACTS, {"now": now}).scalars().all()
    due = connection.execute(DUE, {"now": now, "contacts": id_list(contacts)}).all() if contacts else []
    if not due:
        return SentFeedback()
    playbook = current_playbook(connection)
    people = owners(connection, playbook, (row.rep_id for row in due if row.rep_id is not None))
    work = _Work(now, playbook.feedback, steps_of(playbook.feedback) if playbook.feedback else [])
    for row in due:
        _look_at(work, row, people.get(row.rep_id))
    connection.execute(STORE, {"rows": to_json(work.rows), "now": now})
    emit(connection, work.events, now)
    queue_staff_mail(connection, list(_mails_to_owners(work, people, now)), now)
    queue_manager_mails(connection, list(_mails_to_managers(work, people, now)), now)
    return SentFeedback(
        sum(map(len, work.to_owner.values())),
        sum(map(len, work.to_manager.values())),
        sum(row["outcome"] is not None for row in work.rows),
    )


def _look_at(work: _Work, row: Row[Any], owner: Owner | None) -> None:
    if row.ended_at is not None:
        work.rows.append(_changed(row, outcome=RUN_ENDED, next_at=None))
    elif work.terms is None or row.told >= row.wanted_level:
        _settle(work, row, ENOUGH)
    elif owner is None or not owner.active:
        _settle(work, row, NOBODY)
    elif (opens_at := _opens_at(work, owner)) is not None and opens_at > work.now:
        work.rows.append(_changed(row, next_at=opens_at))
    elif row.rep_id != row.asked_rep:
        # The lead came to somebody else without being assigned anew, as by a merge: they are asked from the beginning.
        _take_step(work, work.terms, row, owner, 0, None)
    else:
        _take_step(work, work.terms, row, owner, row.steps, row.asked_at)


def _opens_at(work: _Work, owner: Owner) -> datetime | None:
    key = (owner.id,)
    if key not in work.moments:
        work.moments[key] = owner.hours.next_open(work.now)
    return work.moments[key]


def _take_step(
    work: _Work, terms: FeedbackTerms, row: Row[Any], owner: Owner, done: int, asked_at: datetime | None
) -> None:
    place = step_number(work.steps, done)
    step = work.steps[place].step
    if step is Step.GIVE_UP:
        _settle(work, row, ROUTE_AGAIN if terms.route_again else NO_ANSWER)
        return
    if step is Step.NOTIFY_MANAGER:
        work.to_manager[owner.manager].append(row)
    else:
        work.to_owner[owner.id].append(row)
    asked_at = asked_at or work.now
    key = (owner.id, place, asked_at)
    if key not in work.moments:
        work.moments[key] = moment_of_next(work.steps, place, asked_at, owner.hours, work.now)
    notified = step is Step.NOTIFY_MANAGER
    work.rows.append(
        _changed(row, rep_id=owner.id, steps=place + 1, asked_at=asked_at, next_at=work.moments[key], notified=notified)
    )


def _settle(work: _Work, row: Row[Any], outcome: str) -> None:
    work.rows.append(_changed(row, outcome=outcome, next_at=None))
    work.events.append(settled_event(row.id, row.contact_id, outcome))


def settled_event(request: int, contact: int, outcome: str) -> NewEvent:
    """The event that resumes the journey which waits for the request."""
    return NewEvent(
        name=SETTLED,
        topic=str(request),
        contact_id=contact,
        source="feedback",
        key=f"feedback:{request}:settled",
        data={"outcome": outcome},
    )


def _changed(row: Row[Any], **changes: Any) -> dict[str, Any]:
    as_it_was = {
        "id": row.id,
        "rep_id": row.asked_rep,
        "steps": row.steps,
        "asked_at": row.asked_at,
        "outcome": None,
        "notified": False,
    }
    return as_it_was | changes


def _mails_to_owners(work: _Work, people: Mapping[int, Owner], now: datetime) -> Iterable[StaffMail]:
    for rep, rows in work.to_owner.items():
        owner = people[rep]
        lines = [_line(row, owner.path(row.id)) for row in rows[:ASKED_IN_A_MAIL]]
        yield _mail(
            REQUEST_TEMPLATE,
            owner.email,
            rows,
            now,
            {
                "first_name": owner.first_name,
                "again": all(row.steps > 0 and row.rep_id == row.asked_rep for row in rows),
                **_excerpt(lines, len(rows), owner.list_path),
            },
        )


def _mails_to_managers(work: _Work, people: Mapping[int, Owner], now: datetime) -> Iterable[StaffMail]:
    for manager, rows in work.to_manager.items():
        rows.sort(key=lambda row: (people[row.rep_id].name, row.due_at, row.id))
        lines = [
            _line(row, f"/contacts/{row.contact_id}")
            | {
                "person": people[row.rep_id].name,
                "asked_on": full_date(day_of(row.asked_at, people[row.rep_id].zone)),
            }
            for row in rows[:LINES_IN_A_MAIL]
        ]
        yield _mail(UNANSWERED_TEMPLATE, manager, rows, now, _excerpt(lines, len(rows), "/contacts"))


def _mail(template: str, to_address: str, rows: Sequence[Row[Any]], now: datetime, data: dict[str, Any]) -> StaffMail:
    first = min(rows, key=lambda row: row.id)
    return StaffMail(
        # Each step of a request is taken once, so the first of these is in no other such mail; a lead that comes back
        # to an owner is asked about anew.
        key=f"{template}:{first.id}:{first.rep_id}:{first.steps}:{now:%Y-%m-%d}",
        to_address=to_address,
        template=template,
        data=data,
        contact_id=first.contact_id if len(rows) == 1 else None,
    )


def _excerpt(lines: list[dict[str, object]], count: int, page: str) -> dict[str, object]:
    """Only the lines that the mail shows are made: each has a signed link."""
    return {"lines": lines, "count": count, "more": count - len(lines), "page": page}


def _line(row: Row[Any], path: str) -> dict[str, object]:
    return {"path": path, "who": row.who, "company": row.company if row.company != row.who else None}
