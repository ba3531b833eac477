"""What was said about a lead before a task: reports, calls, notes, and what they wrote to us.

People of a partner organisation, to whom leads are offered, read what was written in their own team and what the lead
wrote; what anybody else noted down is not for them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.contacts.interactions import NOT_REACHED, TALKED
from models.database import id_list


def may_read(reader: str, writer: str) -> str:
    """SQL: whether one person may read what another wrote about a lead.

    Both are SQL for the number of a salesperson. A null reader is an office or ops, who read all; a null writer is
    nobody in the playbook, such as ops, a journey or an import, whom people of a partner do not read.
    """
    return f"""NOT EXISTS (
        SELECT FROM rep reader JOIN team partner ON partner.id = reader.team_id AND partner.partner
        WHERE reader.id = {reader}
          AND reader.team_id IS DISTINCT FROM (SELECT writer.team_id FROM rep writer WHERE writer.id = {writer}))"""


# As text, for what stands in the data of older events may be no number.
WRITER = "(SELECT by_number.id FROM rep by_number WHERE CAST(by_number.id AS text) = e.data ->> 'rep_id')"
"""SQL over event e: the salesperson who wrote it; null for ops, journeys and imports."""


def data_for_assignee(task: str = "task") -> str:
    """SQL over a task, by its alias: its data, as far as whoever has it may read it.

    What a colleague asked for in their own words was meant for whoever was named, or had the lead then. People of a
    partner, to whom the lead came later, get the task without them.
    """
    named = f"(SELECT named.id FROM rep named WHERE CAST(named.id AS text) = {task}.data ->> 'rep_id')"
    return f"""CASE WHEN NOT {task}.data ? 'note' OR {may_read(f"{task}.rep_id", named)}
        OR NOT {task}.data ? 'rep_id' AND {task}.delegated_at IS NULL AND NOT EXISTS (
            SELECT FROM assignment since WHERE since.contact_id = {task}.contact_id AND since.at > {task}.created_at
              AND since.previous_rep_id IS NOT NULL)
    THEN {task}.data ELSE {task}.data - 'note' END"""


NOTE_OF_CALL = r"regexp_replace(e.key, '[^:]*$', 'note')"
"""SQL over event e, a call that was logged by hand: the key of the note with its words."""

PAST = text(f"""
SELECT lead.id AS contact_id, past.* FROM unnest(CAST(:contacts AS bigint[])) AS lead (id)
CROSS JOIN LATERAL (
    SELECT * FROM (
        (SELECT task.name, task.outcome, left(task.notes, :letters) AS notes, task.form, task.answers,
                task.done_at AS at, coalesce(rep.name, task.assignee) AS by
         FROM task LEFT JOIN rep ON rep.id = task.rep_id
         WHERE task.contact_id = lead.id AND task.done_at IS NOT NULL
           AND task.id IS DISTINCT FROM CAST(:without_task AS bigint)
           AND {may_read("CAST(:reader AS bigint)", "task.rep_id")}
         ORDER BY task.done_at DESC LIMIT :at_most)
        UNION ALL
        (SELECT 'note', NULL, left(e.data ->> 'text', :letters), '[]', '{{}}', e.at, e.data ->> 'by' FROM event e
         WHERE e.contact_id = lead.id AND e.name = 'note_added'
           AND {may_read("CAST(:reader AS bigint)", WRITER)}
         ORDER BY e.at DESC LIMIT :at_most)
        UNION ALL
        -- A call with words is the note of them, and one that a task asked for is its report.
        (SELECT 'call', coalesce(e.data ->> 'outcome',
                                 CASE e.name WHEN 'call_connected' THEN '{TALKED}' ELSE '{NOT_REACHED}' END),
                NULL, '[]', '{{}}', e.at, e.data ->> 'by' FROM event e
         WHERE e.contact_id = lead.id AND e.name IN ('call_connected', 'call_tried') AND e.source <> 'task'
           AND {may_read("CAST(:reader AS bigint)", WRITER)}
           AND NOT (e.source = 'person' AND EXISTS (SELECT FROM event words WHERE words.key = {NOTE_OF_CALL}))
         ORDER BY e.at DESC LIMIT :at_most)
        UNION ALL
        (SELECT 'mail to us', subject, left(body, :letters), '[]', '{{}}', received_at, from_address FROM inbound_mail
         WHERE contact_id = lead.id AND kind IN ('reply', 'unsubscribe and reply', 'privacy request')
         ORDER BY received_at DESC LIMIT :at_most)
    ) AS one ORDER BY at DESC LIMIT :at_most) AS past
ORDER BY past.at DESC
""")


@dataclass(frozen=True)
class PastInteraction:
    """An earlier task for the same person and what came of it, a call, a note, or a mail of theirs."""

    name: str
    outcome: str | None
    notes: str | None
    form: list[str]
    answers: dict[str, Any]
    at: datetime
    by: str | None

    @property
    def filled_in(self) -> dict[str, Any]:
        """What was filled in, in the order of the form."""
        return {name: self.answers[name] for name in self.form if name in self.answers}


def past_interactions(
    connection: Connection,
    contacts: Iterable[int],
    reader: int | None,
    *,
    at_most: int,
    letters: int,
    without_task: int | None = None,
) -> dict[int, list[PastInteraction]]:
    """Contact -> the newest things that were said, as far as this salesperson may read them; None for all.

    At most so many of each contact, the newest first, and of each text so many `letters`.
    """
    about = {
        "contacts": id_list(contacts),
        "reader": reader,
        "at_most": at_most,
        "letters": letters,
        "without_task": without_task,
    }
    found: defaultdict[int, list[PastInteraction]] = defaultdict(list)
    for contact, *past in connection.execute(PAST, about):
        found[contact].append(PastInteraction(*past))
    return found
