"""Columns, and keys of stored documents, by the field's words."""

from alembic import op

revision = "0004"
down_revision = "0003"

RENAMED = (
    ("absence", "why", "reason"),
    ("assignment", "because", "reason"),
    ("contact", "probability_because", "probability_reasons"),
    ("follow_up", "alarm_at", "alert_at"),
    ("follow_up", "alarmed_at", "alerted_at"),
    ("inbound_mail", "because", "reason"),
    ("inbound_mail", "settled_at", "reviewed_at"),
    ("journey_run", "stuck_because", "stuck_reason"),
    ("journey_run", "wake_at", "resume_at"),
    ("journey_run", "woken_by", "resumed_by"),
    ("mail_event", "because", "reason"),
    ("mail_event", "counted_at", "processed_at"),
    ("message", "asked_at", "notified_at"),
    ("message", "because", "reason"),
    ("message", "good_for", "expires_after"),
    ("message", "was_due_at", "first_due_at"),
    ("offer", "because", "reason"),
    ("offer", "turn", "router_number"),
    ("placement", "asked_at", "queued_at"),
    ("placement", "because", "reason"),
    ("placement", "must_be_given", "assign_if_exhausted"),
    ("placement", "settled_at", "closed_at"),
    ("router", "given", "assigned_count"),
    ("score_entry", "why", "reason"),
    ("split_test", "winner_because", "winner_reason"),
)
"""Table, column, its new name. Indexes and constraints follow by themselves."""

# Readers of the stream and of runs know one spelling, so what is stored is brought to it.
DOCUMENTS = """
UPDATE event SET data = data - 'because' || jsonb_build_object('reason', data -> 'because') WHERE data ? 'because';
UPDATE event SET data = data - 'why' || jsonb_build_object('reason', data -> 'why')
WHERE name = 'points_added' AND data ? 'why';
UPDATE step SET fact = fact - 'because' || jsonb_build_object('reason', fact -> 'because') WHERE fact ? 'because';
"""

# Mail to colleagues that still waits to be rendered names its data as the templates do now.
QUEUED_DATA = (
    ("%", "because", "reason"),
    ("team/lead_check", "says", "problem"),
    ("team/daily_check", "talked", "connected"),
    ("team/daily_check", "share", "percent_followed_up"),
    ("team/daily_check", "share_in_time", "percent_in_time"),
    ("team/daily_check", "until_contact", "time_to_contact"),
    ("team/daily_check", "worked_until_contact", "working_time_to_contact"),
    ("team/daily_check", "until_talk", "time_to_conversation"),
    ("team/daily_check", "worked_until_talk", "working_time_to_conversation"),
)

RENAME_QUEUED = """
UPDATE message SET data = CAST(replace(CAST(data AS text), '"{old}": ', '"{new}": ') AS jsonb)
WHERE state = 'queued' AND kind = 'team' AND template LIKE '{template}' AND CAST(data AS text) LIKE '%"{old}": %'
"""


def upgrade() -> None:
    for table, column, name in RENAMED:
        op.alter_column(table, column, new_column_name=name)
    op.execute(DOCUMENTS)
    for template, old, new in QUEUED_DATA:
        statement = RENAME_QUEUED.format(template=template, old=old, new=new).replace(": ", r"\: ")
        op.execute(statement)
