"""What a salesperson needs to know before picking up the phone."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from models.access.work_link import REP_OF_TASK
from models.database import id_list
from models.display_name import DISPLAY_NAME, PHONE_TO_DIAL
from models.leads.unread import field_label, open_unread
from models.playbook import current_playbook
from models.response.promise import DUE, PROMISED, PROMISED_AT
from models.tasks.open_tasks import LAST_WORDS
from models.tasks.past import PastInteraction, data_for_assignee, past_interactions
from models.tasks.requests import Request, requests_of_task

TASK = text(f"""
    SELECT task.id, task.contact_id, task.run_id, task.rep_id, rep.id AS whose_id, contact.owner_id,
           task.journey, task.name, task.kind, task.template, task.assignee,
           task.emit_at, task.report -> 'draft' AS draft, task.report_keys,
           task.mails, task.outcomes, task.form, {data_for_assignee()} AS data, task.created_at,
           {DUE} AS due_at, {PROMISED_AT} AS promised_at, given.by AS given_by, given.reason,
           task.done_at, task.closed_at, task.outcome, task.notes, task.answers, rep.name AS rep_name,
           coalesce(task.report ->> 'by',
                    (SELECT data ->> 'by' FROM event WHERE key = 'task:' || task.id)) AS reported_by,
           coalesce(rep.time_zone, team.time_zone) AS rep_zone, run.ending AS run_ending, {DISPLAY_NAME} AS who,
           contact.company, contact.job_title, contact.email, {PHONE_TO_DIAL} AS phone, contact.mobile_phone,
           contact.preferred_time, contact.time_zone,
           concat_ws(', ', contact.city, contact.state, contact.country) AS place, contact.stage, contact.score,
           moved.at AS moved_at, before.name AS previous_rep_name
    FROM task
    JOIN contact ON contact.id = task.contact_id
    JOIN journey_run run ON run.id = task.run_id
    LEFT JOIN rep ON rep.id = {REP_OF_TASK}
    LEFT JOIN team ON team.id = rep.team_id
    LEFT JOIN LATERAL {LAST_WORDS} given ON true {PROMISED}
    -- Whoever had it before keeps the link to this page.
    LEFT JOIN LATERAL (
        SELECT a.at, a.previous_rep_id FROM assignment a
        WHERE a.contact_id = task.contact_id AND a.rep_id = task.rep_id AND a.at > task.created_at
        ORDER BY a.id DESC LIMIT 1) moved ON true
    LEFT JOIN rep before ON before.id = moved.previous_rep_id
    WHERE task.id = :id
""")

SUBMITTED = text("""
    -- The forms by which they asked again, and the newest of the others.
    SELECT topic, data, at FROM event
    WHERE contact_id = :contact_id AND name = 'form_submitted' AND (id = ANY(CAST(:requests AS bigint[])) OR id = (
        SELECT id FROM event WHERE contact_id = :contact_id AND name = 'form_submitted'
          AND id <> ALL(CAST(:requests AS bigint[])) ORDER BY at DESC, id DESC LIMIT 1))
    ORDER BY at DESC, id DESC LIMIT 5
""")

PAST_AT_ONCE, LETTERS = 20, 10_000

FORM_CONTROLS = ("form", "redirect", "event_id")


@dataclass(frozen=True)
class Submission:
    """A form that the person sent."""

    topic: str | None
    data: dict[str, Any]
    at: datetime

    @property
    def answers(self) -> dict[str, Any]:
        """What they filled in, without what steers the form and without what they left empty."""
        return {
            name: given for name, given in self.data.items() if name not in FORM_CONTROLS and given not in ("", None)
        }


@dataclass(frozen=True)
class TaskPage:
    """One task with its person and past talks."""

    id: int
    contact_id: int
    run_id: int
    rep_id: int | None
    whose_id: int | None
    """The salesperson whose task it is, by number or by address; None for an office."""
    owner_id: int | None
    """Who has the lead now."""
    journey: str
    name: str
    kind: str | None
    template: str
    assignee: str
    emit_at: datetime | None
    """Until when the report can be taken back."""
    draft: dict[str, Any] | None
    """What had been reported before it was taken back: outcome, notes and answers."""
    report_keys: list[str]
    mails: dict[str, list[str]]
    """Outcome -> the templates of the mails that go out after it."""
    outcomes: list[str]
    form: list[str]
    data: dict[str, Any]
    created_at: datetime
    due_at: datetime
    """The earlier of its own due time and the response that is promised."""
    promised_at: datetime | None
    """By when the service level wants somebody to try, where that makes it due."""
    given_by: str | None
    """The colleague who gave it to them; null where it was put off."""
    reason: str | None
    """Why it was given to them or put off."""
    done_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    notes: str | None
    answers: dict[str, Any]
    rep_name: str | None
    reported_by: str | None
    """Who reported it, where somebody did in place of whoever has it; else an address, or nothing."""
    rep_zone: str | None
    run_ending: str | None
    who: str
    company: str | None
    job_title: str | None
    email: str | None
    phone: str | None
    mobile_phone: str | None
    preferred_time: str | None
    time_zone: str | None
    place: str
    stage: str
    score: Decimal
    moved_at: datetime | None
    """When it was moved to its present assignee."""
    previous_rep_name: str | None
    submissions: list[Submission]
    """The form that they sent last, and those by which they asked again, the newest first."""
    requests: list[Request]
    """By what they asked again, the oldest first: what waits for an answer, or what this task has answered."""
    past_interactions: list[PastInteraction]
    unread: list[tuple[str, str]]
    """What they gave that could not be read: the field, and what stands there."""

    @property
    def seen_request(self) -> int:
        """The newest of the requests that the page shows; 0 without any."""
        return max((request.event_id for request in self.requests), default=0)

    @property
    def reporter(self) -> str:
        """Who reported it, as people read it."""
        by = self.reported_by
        return by if by and "@" not in by else self.rep_name or self.assignee

    def has_taken(self, key: str) -> bool:
        """Whether a report with this key has been taken, be it taken back since."""
        return bool(key) and key in self.report_keys

    @property
    def is_open(self) -> bool:
        """Whether the journey still waits for the outcome."""
        return self.done_at is None and self.closed_at is None


def task_page(connection: Connection, task_id: int, reader: int | None) -> TaskPage | None:
    """Everything for the page of one task, as far as this salesperson may read it (None: an office, or ops).

    None when there is no such task any more.
    """
    found = connection.execute(TASK, {"id": task_id}).mappings().one_or_none()
    if found is None:
        return None
    requests = requests_of_task(connection, task_id)
    about = {"id": task_id, "contact_id": found["contact_id"]}
    submitted = connection.execute(SUBMITTED, about | {"requests": id_list(one.event_id for one in requests)})
    past = past_interactions(
        connection, [found["contact_id"]], reader, at_most=PAST_AT_ONCE, letters=LETTERS, without_task=task_id
    )
    return TaskPage(
        **found,
        submissions=[Submission(**form) for form in submitted.mappings()],
        requests=requests,
        past_interactions=past.get(found["contact_id"], []),
        unread=_unread(connection, found["contact_id"]),
    )


def _unread(connection: Connection, contact_id: int) -> list[tuple[str, str]]:
    values = [one for one in open_unread(connection, [contact_id]).get(contact_id, []) if one.found]
    playbook = current_playbook(connection) if values else None
    return [(field_label(one.field, playbook), one.found) for one in values if playbook]
