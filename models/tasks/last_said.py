"""What was said last to or about a lead: whoever gets the task of a colleague reads it in the mail."""

from models.tasks.past import WRITER, may_read

LONGEST = 600
"""Characters of it that stand in a mail."""


def last_said(contact: str, reader: str) -> str:
    """SQL: a JSON object with `said`: who, the outcome of their report if it was one, and the words; empty when nobody
    has written anything that the reader may read. `contact` and `reader` are SQL for the numbers of the contact and of
    the salesperson who gets it.
    """
    return f"""coalesce((
    SELECT jsonb_build_object('said', jsonb_strip_nulls(jsonb_build_object(
        'by', words.by, 'outcome', words.outcome, 'text', left(words.said, {LONGEST}))))
    FROM (
        (SELECT done.done_at AS at, coalesce(rep.name, done.assignee) AS by, done.outcome, done.notes AS said
         FROM task done LEFT JOIN rep ON rep.id = done.rep_id
         WHERE done.contact_id = {contact} AND done.done_at IS NOT NULL AND done.notes <> ''
           AND {may_read(reader, "done.rep_id")}
         ORDER BY done.done_at DESC LIMIT 1)
        UNION ALL
        (SELECT e.at, e.data ->> 'by', NULL, e.data ->> 'text' FROM event e
         WHERE e.contact_id = {contact} AND e.name = 'note_added' AND e.source = 'person'
           AND {may_read(reader, WRITER)}
         ORDER BY e.id DESC LIMIT 1)
    ) AS words ORDER BY words.at DESC LIMIT 1), '{{}}')"""
