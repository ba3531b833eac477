"""Requests for a person that came while something was under way: which are open, and what they do to tasks.

A repeated request is open until a person has reported on a task about the contact that showed it, or spoke to them.
Every task about the contact shows it meanwhile, so it goes along wherever the task goes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.database import id_list, lock_contacts, to_json
from models.events.emit import emit_from
from models.mail.queue import queue_from
from models.playbook import Playbook
from models.response.sla_clocks import sla_clocks
from models.tasks.past import data_for_assignee
from models.wording import moment

ASKED_AGAIN = "asked_again"
"""What a request that lay unanswered becomes; as a fallback trigger, any request that nothing else takes up."""

OF_OWNER = "(task.rep_id IS NOT NULL AND NOT (task.journey = 'follow_up_task' AND task.delegated_at IS NOT NULL))"
"""SQL: a task of the contact's salesperson, who talks to them. One for an address, or that a colleague was asked for by
name, is about something else."""

OPEN_TASK = f"task.done_at IS NULL AND task.closed_at IS NULL AND {OF_OWNER}"
"""SQL: one of these that is open."""

LONGEST_WORDS = 300

# What they wrote stands under one of these names, the first that is filled in.
WORDS = "left(coalesce(nullif(e.data ->> 'request', ''), nullif(e.data ->> 'message', ''), " + (
    f"nullif(e.data ->> 'text', ''), nullif(e.data ->> 'notes', '')), {LONGEST_WORDS})"
)

UNDER_NAME = """(SELECT other.data ->> 'name' FROM event other WHERE other.contact_id = e.contact_id
    AND other.name = 'other_name_given' AND other.data ->> 'event' = CAST(e.id AS text) LIMIT 1)"""
"""SQL: the name that they gave where it is plainly not the contact's; null where it is."""

ADD = text("INSERT INTO repeated_request (event_id) SELECT unnest(CAST(:events AS bigint[])) ON CONFLICT DO NOTHING")

REOPEN = text("""
UPDATE repeated_request SET answered_at = NULL
WHERE event_id = ANY(CAST(:events AS bigint[])) AND task_id IS NULL
""")

SAME_AGAIN = text("""
-- A double click: the same form with the same answers, within minutes. What was asked is with somebody already. It
-- looks at the last few events of the contact, by its index: by the form's name there may be a million others.
SELECT e.id FROM event e
WHERE e.id = ANY(CAST(:events AS bigint[])) AND e.name = 'form_submitted' AND (
    SELECT bool_or(b.name = e.name AND b.topic IS NOT DISTINCT FROM e.topic AND b.data = e.data
                   AND b.received_at > e.received_at - interval '10 minutes')
    FROM (SELECT * FROM event WHERE contact_id = e.contact_id AND id < e.id ORDER BY id DESC LIMIT 20) AS b)
""")

TASK_TO_SHOW_IT = text(f"""
-- Of several open tasks about a contact the one that is due first.
SELECT DISTINCT ON (e.id) e.id AS event_id, task.id AS task_id, task.contact_id, task.rep_id
FROM event e JOIN task ON task.contact_id = e.contact_id
WHERE e.id = ANY(CAST(:events AS bigint[])) AND {OPEN_TASK}
ORDER BY e.id, task.due_at, task.id
""")

MAILS = """
SELECT format('task:%s:asked:%s', task_id, event_id), contact_id, run_id, task_id, 'task', template, assignee,
       data || asked
FROM moved
"""

MOVE_UP = text(f"""
-- A task that is overdue stays so. Where it is due earlier, its reminders begin anew.
WITH asked AS (
    SELECT n.* FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS n (task_id bigint, event_id bigint, due_at timestamptz, asked jsonb)),
locked AS (SELECT task.id FROM task JOIN asked ON asked.task_id = task.id ORDER BY task.id FOR UPDATE OF task),
moved AS (
    UPDATE task SET due_at = least(task.due_at, asked.due_at),
        reminders = CASE WHEN asked.due_at < task.due_at THEN 0 ELSE task.reminders END,
        remind_at = CASE WHEN asked.due_at < task.due_at THEN asked.due_at ELSE task.remind_at END
    FROM asked JOIN locked ON locked.id = asked.task_id
    WHERE task.id = asked.task_id AND {OPEN_TASK}
    RETURNING task.id AS task_id, asked.event_id, task.contact_id, task.run_id, task.template, task.assignee,
              {data_for_assignee()} AS data, asked.asked)
{queue_from(MAILS)}
""")

OPEN_REQUESTS = text(f"""
SELECT e.contact_id, e.id, e.name, e.topic, {WORDS} AS words, e.at, {UNDER_NAME} AS under_name
FROM repeated_request q JOIN event e ON e.id = q.event_id
WHERE q.answered_at IS NULL AND e.contact_id = ANY(CAST(:contacts AS bigint[])) ORDER BY e.at, e.id
""")

OF_TASK = text(f"""
SELECT e.id, e.name, e.topic, {WORDS} AS words, e.at, {UNDER_NAME} AS under_name
FROM task JOIN event e ON e.contact_id = task.contact_id JOIN repeated_request q ON q.event_id = e.id
WHERE task.id = :task AND (q.task_id = task.id OR q.answered_at IS NULL AND {OPEN_TASK}) ORDER BY e.at, e.id
""")

ANSWER = text(f"""
UPDATE repeated_request q SET answered_at = :now, task_id = task.id
FROM event e, task
WHERE task.id = :task AND {OF_OWNER} AND e.contact_id = task.contact_id AND q.event_id = e.id
  AND q.answered_at IS NULL AND (CAST(:seen AS bigint) IS NULL OR e.id <= :seen)
""")

ANSWER_BY_CALLS = text("""
-- A report on a task says itself what it has answered.
UPDATE repeated_request q SET answered_at = :now
FROM event c JOIN event e ON e.contact_id = c.contact_id
WHERE c.id = ANY(CAST(:events AS bigint[])) AND c.name = 'call_connected' AND c.source IS DISTINCT FROM 'task'
  AND q.event_id = e.id AND q.answered_at IS NULL AND e.at <= c.at
""")

ANSWER_OF_RUNS = text(f"""
-- They bought, said no, or a person ended the run: with their last task goes what it was to answer.
UPDATE repeated_request q SET answered_at = :now
FROM task closed JOIN event e ON e.contact_id = closed.contact_id
WHERE closed.run_id = ANY(CAST(:runs AS bigint[])) AND closed.closed_at = :now AND closed.rep_id IS NOT NULL
  AND NOT (closed.journey = 'follow_up_task' AND closed.delegated_at IS NOT NULL)
  AND q.event_id = e.id AND q.answered_at IS NULL
  AND NOT EXISTS (SELECT FROM task WHERE task.contact_id = closed.contact_id AND {OPEN_TASK})
""")

CLOSE = text("""
UPDATE repeated_request SET answered_at = :now WHERE event_id = ANY(CAST(:events AS bigint[])) AND answered_at IS NULL
""")

STILL_UNANSWERED = f"""
SELECT '{ASKED_AGAIN}', NULL, contact_id, 'task', format('asked again:%s:%s', max(task_id), max(event_id)),
       jsonb_build_object('request', max(event_id), 'task', max(task_id)), CAST(:now AS timestamptz)
FROM (SELECT task.contact_id, task.id AS task_id, q.event_id
      FROM task JOIN event e ON e.contact_id = task.contact_id JOIN repeated_request q ON q.event_id = e.id
      WHERE q.answered_at IS NULL AND {OF_OWNER}
        AND (task.id = :task AND task.done_at IS NOT NULL
             OR task.run_id = ANY(CAST(:runs AS bigint[])) AND (task.done_at = :now OR task.closed_at = :now))
        AND NOT EXISTS (SELECT FROM task o WHERE o.contact_id = task.contact_id AND o.done_at IS NULL
                        AND o.closed_at IS NULL AND o.rep_id IS NOT NULL
                        AND NOT (o.journey = 'follow_up_task' AND o.delegated_at IS NOT NULL))) AS left_over
GROUP BY contact_id
"""

ASK_AGAIN = text(emit_from(STILL_UNANSWERED))

UNANSWERED_WITHOUT_TASK = f"""
SELECT '{ASKED_AGAIN}', NULL, e.contact_id, CAST(:source AS text),
       format('asked again:%s:%s', CAST(:key AS text), max(e.id)),
       jsonb_build_object('request', max(e.id)), CAST(:now AS timestamptz)
FROM repeated_request q JOIN event e ON e.id = q.event_id
WHERE q.answered_at IS NULL AND e.contact_id = ANY(CAST(:contacts AS bigint[]))
  AND NOT EXISTS (SELECT FROM task WHERE task.contact_id = e.contact_id AND {OPEN_TASK})
GROUP BY e.contact_id
"""

ASK_AGAIN_WITHOUT_TASK = text(emit_from(UNANSWERED_WITHOUT_TASK))


@dataclass(frozen=True)
class Request:
    """One request for a person, as the people who answer it read it."""

    event_id: int
    name: str
    topic: str | None
    words: str | None
    """What they wrote with it, the beginning of it."""
    at: datetime
    under_name: str | None = None
    """Who they said they are, where that is plainly somebody else than the contact."""

    @property
    def title(self) -> str:
        """What they did: sent the form “request call”, called, wrote."""
        match self.name:
            case "form_submitted":
                form = f"the form “{self.topic.replace('-', ' ')}”" if self.topic else "a form without a name"
                return f"sent {form} as {self.under_name}" if self.under_name else f"sent {form}"
            case "call_received":
                return "called us"
            case "replied":
                return "wrote to us"
            case _:
                return self.name.replace("_", " ")

    def for_mail(self, zone: str) -> dict[str, object]:
        """What the mail about a task says of it; moments by this time zone."""
        return {"title": self.title, "at": moment(self.at, zone), "words": self.words}


def without_double_clicks(connection: Connection, events: Sequence[int]) -> list[int]:
    """Those of these events that are not the same form, sent again with the same answers within minutes."""
    same = set(connection.execute(SAME_AGAIN, {"events": id_list(events)}).scalars())
    return [event for event in events if event not in same]


def add_requests(connection: Connection, events: Sequence[int]) -> None:
    """Record that a contact asked again by each of these events; a second time changes nothing."""
    connection.execute(ADD, {"events": id_list(events)})


def close_requests(connection: Connection, events: Sequence[int], now: datetime) -> None:
    """Note that nothing is to answer about these events, such as what was no request."""
    connection.execute(CLOSE, {"events": id_list(events), "now": now})


def reopen_requests(connection: Connection, events: Sequence[int]) -> None:
    """Let those of these requests count as open again that no report has answered, after a merge ended their run."""
    connection.execute(REOPEN, {"events": id_list(events)})


def show_on_open_tasks(connection: Connection, playbook: Playbook, events: Sequence[int], now: datetime) -> list[int]:
    """Put each of these events, one per contact, on the open task of its contact; gives those that have one.

    The task is due by the service level, if not earlier, and its assignee is mailed. The caller commits.
    """
    found = connection.execute(TASK_TO_SHOW_IT, {"events": id_list(events)}).all()
    if not found:
        return []
    lock_contacts(connection, {row.contact_id for row in found})
    shown = [row.event_id for row in found]
    add_requests(connection, shown)
    asked = open_requests(connection, [row.contact_id for row in found])
    sla = sla_clocks(connection, playbook, [row.rep_id for row in found])
    zone = playbook.company.time_zone
    rows = [_move(row, asked[row.contact_id], sla.due_at(row.rep_id, now), zone) for row in found]
    connection.execute(MOVE_UP, {"rows": to_json(rows), "now": now})
    return shown


def _move(row: Row[Any], asked: Sequence[Request], due_at: datetime, zone: str) -> dict[str, object]:
    """What a task learns: when it is due at the latest, and what its mail says."""
    return {"task_id": row.task_id, "event_id": row.event_id, "due_at": due_at, "asked": mail_data(asked, zone)}


def mail_data(asked: Sequence[Request], zone: str) -> dict[str, object]:
    """What the mail about a task is given beside its own data; nothing when nobody asked again."""
    return {"asked_again": [request.for_mail(zone) for request in asked]} if asked else {}


def open_requests(connection: Connection, contacts: Sequence[int]) -> dict[int, list[Request]]:
    """Contact -> its repeated requests that nobody has answered yet, the oldest first; contacts without are missing."""
    found: defaultdict[int, list[Request]] = defaultdict(list)
    for contact, *request in connection.execute(OPEN_REQUESTS, {"contacts": id_list(contacts)}):
        found[contact].append(Request(*request))
    return dict(found)


def requests_of_task(connection: Connection, task_id: int) -> list[Request]:
    """What an open task shows, all that its contact waits for; or what one that is done has answered. Oldest first."""
    return [Request(*row) for row in connection.execute(OF_TASK, {"task": task_id})]


def answer_requests(connection: Connection, task_id: int, seen: int | None, now: datetime) -> None:
    """Mark what a report on a task has answered: the requests up to the event `seen`, which its page showed last.

    None: all of them. What came while the page was open becomes an event `asked_again`, unless another task shows it.
    """
    connection.execute(ANSWER, {"task": task_id, "seen": seen, "now": now})
    connection.execute(ASK_AGAIN, {"task": task_id, "runs": "{}", "now": now})


def answer_by_calls(connection: Connection, events: Sequence[int], now: datetime) -> None:
    """Mark the requests of contacts with whom somebody spoke, by the calls among these events."""
    connection.execute(ANSWER_BY_CALLS, {"events": id_list(events), "now": now})


def answer_of_ended_runs(connection: Connection, runs: Iterable[int], now: datetime) -> None:
    """Mark the requests that nothing is to answer any more, as the runs of their tasks were ended at this moment."""
    if ids := list(runs):
        connection.execute(ANSWER_OF_RUNS, {"runs": id_list(ids), "now": now})


def ask_again(connection: Connection, runs: Iterable[int], now: datetime) -> None:
    """Emit `asked_again` for requests whose task these runs gave up at this moment without a report, unless another
    task shows them.
    """
    if ids := list(runs):
        connection.execute(ASK_AGAIN, {"task": None, "runs": id_list(ids), "now": now})


def ask_again_without_task(
    connection: Connection, contacts: Iterable[int], source: str, key: str, now: datetime
) -> None:
    """Emit `asked_again` for those of these contacts whose open requests no task shows; `key` says what has left them
    so, and a second time changes nothing.
    """
    about = {"contacts": id_list(contacts), "source": source, "key": key, "now": now}
    connection.execute(ASK_AGAIN_WITHOUT_TASK, about)
